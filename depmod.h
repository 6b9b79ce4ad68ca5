/* depmod.h: what depmod does, from a command line to the files that it writes:
 *
 * options + depmod.d  ->  scan  ->  load (per module, in parallel)  ->  resolve  ->  output  ->  publish
 *                          paths     bytes -> facts                      graph       file bytes   files replaced
 *
 * Each section is one room (a .c file) with the functions that it offers; all its other functions are static. A room
 * calls only rooms whose sections stand further down, and those of three folders: base/ (bytes, memory, text, files,
 * messages), xz/ and zstd/ (decoders). The folders modprobe/ and old/ are programs of their own, which use rooms of
 * this header.
 *
 * The words: a module is a .ko file, compressed or not; an export is a symbol that a module supplies, a need is a
 * symbol that it leaves undefined; the owner of a symbol is the module that supplies it; an index is a binary file,
 * modules.*.bin, which holds a trie. */
#ifndef DEPMOD_H
#define DEPMOD_H

#include "base/base.h"
#include "sizes.h"

/* ---- words ----------------------------------------------------------------------------------- */

/* A string of a table of names. Its number in the table is its id; see hash.c. */
struct name {
	const char *string; /* `length` bytes; a NUL follows, unless the string was borrowed */
	uint32_t length, hash;
};

/* An empty slot of the hash table is 0. In any other, the low SLOT_ID_BITS bits are the id + 1 of an entry, and the
 * rest are the same bits of the entry's hash. */
enum { SLOT_ID_BITS = 24 };

struct names {
	struct name *entries; /* by id */
	uint32_t count, capacity;
	uint32_t *slots;
	uint32_t mask;     /* number of slots in use, a power of two, minus 1 */
	uint64_t keys[2];  /* of the hash */
	char *bytes;       /* copied strings, one after another */
	size_t used, size; /* of .bytes */
};

/* One file of the tree. */
struct module {
	const char *path; /* as in modules.dep: relative to the root, or absolute when the module is external */
	const char *name; /* file name up to its first dot, with `_` in place of `-` */
	uint32_t path_length, name_length, root;
	uint32_t file;    /* number that load_offer() returned */
	const char *real; /* absolute path to open in place of .path, where that has links inside a base; else NULL */
};

/* A path below a base directory. */
struct location {
	const struct base *base;
	const char *path; /* begins with a slash */
};

/* The directory of the kernel release below one base directory (-b). */
struct root {
	const char *name;      /* absolute path, with a `/` at the end */
	int directory;         /* open file descriptor */
	struct location place; /* the same directory; with a base, all links are followed inside of this */
};

/* A file that is not used, because another file with the same module name is. */
struct shadowed {
	struct module module;
	struct shadowed *next;
};

struct tree {
	struct root *roots; /* files of a later root add to those of earlier roots, or replace them */
	uint32_t root_count;
	bool whole_paths;       /* messages show absolute paths, because others would not tell which root is meant */
	uint64_t key;           /* random, for hashes of names */
	bool unread;            /* some directory could not be read */
	bool lost;              /* a link with the name of a module leads nowhere */
	struct module *modules; /* in module order; a module's number is its index here */
	uint32_t count;
	struct loading *loading;   /* gets each file as soon as it is found; may be NULL */
	bool keeps_shadowed;       /* whether shadowed files are kept */
	struct shadowed *shadowed; /* in no particular order */
};

/* What the ELF header says of a module. */
struct elf_form {
	uint8_t wide, big; /* a word has 64 bits; the most significant byte is first */
	uint16_t machine;  /* e_machine */
};

/* For next_value(): what is left of a module's values, and the kind that is looked for. A value is stored as its kind
 * (a character), its bytes and a NUL. */
struct values {
	const char *p, *end;
	char kind;
};

/* ---- options.c: the command line of depmod, and of depmod.old --------------------------------- */

enum question_kind { NO_QUESTION, EXPLAIN, DOT, BOTH };

struct options {
	const char *module_directory, *output_directory, *release;
	const char *symvers, *system_map;
	const char *module;          /* the question is about this one; NULL: about all modules */
	const char *no_version;      /* operand that is no version where one is expected; NULL when all is well */
	const char **bases;          /* ended by NULL */
	const char **configs;        /* ended by NULL */
	const char **files;          /* ended by NULL */
	enum question_kind question; /* answered instead of writing files */
	char print;                  /* 'h' (help) or 'V' (version): nothing else is done; else 0 */
	uint32_t base_count, config_count, file_count;
	uint32_t jobs; /* number of workers; 0: one for each usable core */
	char prefix;   /* first character of symbols that is ignored (-P); 0: none */
	bool all, quick, errors, dry_run, quiet, verbose, warn, strict, unresolved_fails;
	bool sync, no_sync, syslog, maps, all_versions, config_from_base;
	bool in_depmod_old; /* set by depmod.old, which gets a VERSION even with --all-versions */
};

/* Fills *options from the command line; all but .in_depmod_old must be 0 before. Lists are kept in `memory`. Returns
 * GO_ON, WRONG_USAGE after an error message, or DONE when options->print is all there is to do. */
enum verdict parse_options(struct options *options, int count, char **arguments, struct arena *memory);

/* ---- about.c: --help and --version ------------------------------------------------------------- */

/* Prints the help text ('h'), or name and version ('V') of the command. `help` is a gzip file of texts, each ended by
 * NUL; `number` tells which one. */
void print_about(struct text *out, char what, const char *name, struct span help, unsigned number);

/* ---- older.c: kernels before 2.6, and map files: work for the program depmod.old --------------- */

/* Whether the release is of a kernel before 2.6, or a file that was named is a module of such a kernel. Release 0.x
 * is a placeholder, not an old kernel. */
bool is_old(const struct options *options);

/* Returns the path of depmod.old: in the directory of this program, which was started as `own_name`, or else in PATH.
 * NULL after an error message. */
const char *find_depmod_old(struct arena *memory, const char *own_name);

/* Replaces this program by depmod.old, with the same arguments and then `release`, unless it is NULL. Returns only
 * when that fails, after an error message. */
void become_depmod_old(const char *program, char **arguments, const char *release, struct arena *memory);

struct tree;
struct graph;
struct publication;

enum { MAP_FILES_MAX = 8 };

/* Takes over an output file, by its name and content. Returning false ends the work. */
typedef bool publish_function(void *context, const char *name, struct span content);

/* Has depmod.old (at path `program`) make the map files of all modules that are not left out, and hands each file to
 * publish(). False after an error message. Sets *damaged when device tables of a module could not be read, of which
 * depmod.old tells. */
bool make_map_files(const char *program, const struct options *options, const struct tree *tree,
		    const struct graph *graph, struct arena *memory, publish_function *publish, void *context,
		    bool *damaged);

/* Removes map files that a killed run left in the directory under their temporary names. */
void forget_map_files(const struct publication *publication, struct arena *memory);

/* ---- explain.c: answers about a tree, for a person --------------------------------------------- */

struct inquiry {
	const char *module; /* a module's name, path (absolute, or relative to a root) or alias; NULL: all modules */
	const struct config *config;
	const struct tree *tree; /* shadowed files included */
	const struct loaded *loaded;
	const struct graph *graph;
	bool kernel_known; /* whether the kernel's own symbols were read */
	struct text *out;
	struct arena *memory, *scratch;
};

/* Prints a graph in Graphviz's language: of all modules, or of inquiry->module with all modules that it needs or that
 * need it. False after an error message. */
bool dot(const struct inquiry *inquiry);

/* Prints what is known of the module, and why its file is the one that counts. False after an error message. */
bool explain(const struct inquiry *inquiry);

/* Returns the number of the module. *shadowed becomes the file that inquiry->module names, where that file is
 * shadowed, else NULL. NONE after an error message, which tells whether the module is built into the kernel, or which
 * module has a similar name. */
uint32_t find_module(const struct inquiry *inquiry, const struct module **shadowed);

/* ---- releases.c: directories of modules, and the kernel releases that they are for -------------- */

struct releases {
	const struct options *options;
	struct arena *memory, *scratch;
	struct location *directories; /* MODULEDIR of each base */
	uint32_t count;
	const char *below; /* MODULEDIR, for output below another base (-o) */
};

/* Whether the word begins as releases do, with number.number, and has no slash. */
bool is_release(const char *word);

/* The release of the running kernel, as `uname -r` prints it. */
const char *running_release(struct arena *memory);

/* The directory of modules below the base: /lib/modules, or /usr/lib/modules where only this one exists. */
const char *module_directory(const struct base *base);

/* Fills *releases: the module directory of each base is that of the options (-m), or that of module_directory(). */
void releases_locate(struct releases *releases, const struct options *options, struct arena *memory,
		     struct arena *scratch);

/* All releases whose directory counts, each once, in byte order, ended by NULL. When there are none, an error message says
 * so. */
typedef bool release_filter(struct location place, struct arena *memory);
const char *const *releases_list(const struct releases *releases, release_filter *counts);

/* Opens the roots of the release's tree: of several roots, one must exist, unless only named files are to be looked at;
 * without roots, tree->roots[0] can be used for absolute paths. False after an error message, which lists the existing
 * releases where this release has no root. */
bool releases_open(const struct releases *releases, const char *release, struct tree *tree);

/* The directory that the release's files are written to, with a `/` at its end. */
struct location releases_output(const struct releases *releases, const char *release);

/* ---- scan.c: which files are modules, and which of them counts ------------------------------- */

/* Fills tree->modules: finds the files below the roots and in external directories, decides which of several files
 * with one module name counts, and puts modules into their order. Unless `paths` is NULL, the files are those at these
 * absolute paths instead, which the person named. With `tell_shadowed`, warns of each file that is shadowed. A
 * directory that cannot be read is an error message. Returns 0, or an errno for a root that cannot be read or a named
 * file that cannot be used. */
int scan(struct tree *tree, const struct config *config, const char *const *paths, bool tell_shadowed,
	 struct arena *memory, struct arena *scratch);

/* Whether the path can be written to modules.dep, which separates paths by blanks, colons and newlines, and cannot
 * quote them. */
bool can_be_listed(const char *path);

/* Whether there is any module in the directory, be it a .o file. */
bool has_modules(struct location place, struct arena *memory);

/* Calls found() for each .o and .o.gz file below the absolute directory `path`. The first `hidden` bytes of their paths
 * will not be written to modules.dep. False when some directory could not be read. */
typedef void object_found(void *context, const char *path);
bool scan_objects(const char *path, size_t hidden, const struct config *config, object_found *found, void *context,
		  struct arena *memory);

/* Whether no module of the tree is newer than the file in the open directory; false, too, where that cannot be told. */
bool up_to_date(struct tree *tree, const struct config *config, int directory, const char *file, struct arena *memory);

/* ---- config.c: depmod.d ---------------------------------------------------------------------- */

/* Lists are in the order of the configuration, but .override has the last line first. */
struct config {
	struct words *search;    /* directories below a root, and the keywords built-in and external */
	struct words *override;  /* SUBDIR/NAME of files that count whatever .search says */
	struct words *external;  /* absolute directories outside the tree */
	struct words *exclude;   /* names of directories that are never entered */
	struct names overrides;  /* the words of .override: of two, that with the smaller id counts */
	struct names excludes;   /* those of .exclude */
	const struct base *base; /* where directories of .external are */
};

/* Reads the configuration from `paths`, as conf_read() does, or from the standard places in the base. Lines for kernels
 * other than `release` do not count. Nor do bad lines, for which there are error messages. */
void config_read(struct config *config, struct arena *memory, const struct base *base, const char *const *paths,
		 const char *release);

/* Makes the tables of names from the lists, as config_read() does, too. */
void config_index(struct config *config, struct arena *memory);

/* Why one of two files with the same module name counts. */
struct rule_of_choice {
	const char *name, *word, *other_word;
};

/* Whether `module` counts and not `rival`, and by which rule: "override" or "search", commands of the configuration;
 * "byte order" of paths; or "later tree", where both have one path. For a command, rule->word is its argument that
 * covers `module`; for "search", rule->other_word is the argument that covers `rival`. Else they are NULL. */
bool wins(const struct config *config, const struct module *module, const struct module *rival,
	  struct rule_of_choice *rule);

/* ---- load.c: workers that turn files into facts ---------------------------------------------- */

/* Added to the number of a need: the symbol is weak, so that it may be missing. */
#define WEAK_NEED (UINT32_C(1) << 31)

/* Kinds of values. A REFUSED value is the beginning of one that was not kept. */
enum { ALIAS = 'a', SOFTDEP = 's', WEAKDEP = 'w', REFUSED = 'r' };

/* Longest alias, soft dependency or exported name in bytes. An index is written with a stack frame of some 200 bytes
 * for each branch on the way to a key, so this limits the stack, too. */
enum { VALUE_MAX = 8192 };

/* What was read from one module. Exports and needs are ids in the table of names of the worker that read it; a CRC is
 * the symbol's version, and NULL stands for CRCs that are not wanted. */
struct facts {
	const char *values;                   /* from modinfo, in the file's order: kind, value, NUL */
	uint32_t values_size;                 /* in bytes */
	uint32_t aliases, softdeps, weakdeps; /* numbers of such values */
	uint32_t worker;                      /* number of the worker */
	uint32_t export_count, need_count;
	const uint32_t *exports, *export_crcs;
	const uint32_t *needs, *need_crcs; /* WEAK_NEED may be added to a need */
	/* No bools, as a hostile worker may leave any byte here. */
	struct elf_form form;
	uint8_t compression;       /* of the file, for compression_name() */
	uint8_t has_devname;       /* an alias begins with devname: */
	uint8_t refused;           /* there are REFUSED values: too long, or with control characters */
	uint8_t begun, done;       /* reading the module has begun, has ended; .done stays 0 when the worker dies */
	uint8_t failed, transient; /* the module could not be read; the cause was the system, not the module */
};

struct loaded {
	const struct facts **facts; /* by module */
	struct reason *reasons;     /* by file: why it could not be read, where .failed is set */
	struct keeper *keepers;     /* by worker: has the table of names that facts refer to */
	uint32_t workers;
};

struct load_options {
	uint32_t jobs; /* number of workers, from worker_count() */
	uint64_t key;  /* for hashes of names */
	bool wants_crcs;
	bool show_progress; /* where standard error is a terminal */
};

/* How many workers to start when the person asks for so many. 0 asks for one on each usable core. */
uint32_t worker_count(uint32_t asked);

/* Starts workers, which wait for files of the tree; its roots must be open. `shared` is memory that the processes have
 * in common. */
struct loading *load_begin(const struct tree *tree, const struct load_options *options, struct arena *shared,
			   struct arena *memory);

/* Passes a file to the workers before it is known whether it counts as a module. `linked`: a link may lead there. Returns
 * the file's number. */
uint32_t load_offer(struct loading *loading, uint32_t root, const char *path, bool linked);

/* Waits until every module of the tree has been read; the tree must be complete. Where a module cannot be read, or its
 * worker dies, its facts say .failed, and there is a reason. All that workers leave in shared memory is checked, as a
 * hostile module may have taken a worker over. */
void load_end(struct loading *loading, struct loaded *loaded, struct arena *memory);

/* ---- symbols.c: the kernel's own symbols ------------------------------------------------------- */

/* For symbols_read(): a file with the kernel's symbols, and where they go. They become the first names of the table. */
struct kernel_symbols {
	struct names *names; /* must be empty at first */
	struct arena *crcs;  /* gets a uint32_t for each name; NULL: CRCs are not wanted */
	struct arena *scratch;
	const char *path;  /* NULL: no file; only symbols that every kernel has are added */
	char prefix;       /* left out at the beginning of each symbol; 0: none */
	uint32_t line;     /* number of the line being read, from 1 on */
	uint32_t exported; /* afterwards: how many symbols the file has */
};

/* A function that reads a line that is not empty. Each form of file has a function of its own. */
typedef void symbol_line(struct kernel_symbols *symbols, struct span line);

/* For System.map, in the form of nm and /proc/kallsyms; and for Module.symvers. */
void read_map_line(struct kernel_symbols *symbols, struct span line);
void read_symvers_line(struct kernel_symbols *symbols, struct span line);

/* Reads the file; bad lines are error messages. Returns 0 or an errno. */
int symbols_read(struct kernel_symbols *symbols, symbol_line *read_line);

/* For functions that read a line: symbols_add() adds its symbol; symbols_complain() is an error message about it. */
void symbols_add(struct kernel_symbols *symbols, const void *name, size_t length, uint32_t crc);
void symbols_complain(const struct kernel_symbols *symbols, const char *what);

/* ---- output.c: the content of each output file ----------------------------------------------- */

/* VALUE_FILES are made of values from modinfo alone: of aliases, soft and weak dependencies. */
enum file_set { ALL_FILES, VALUE_FILES, OTHER_FILES };

struct output_options {
	enum file_set set;
	bool text_only; /* -n: no .bin files */
	bool warn;      /* of duplicate aliases */
	/* Called after modules.dep.bin, to hand on files that come before all others; may be NULL. */
	bool (*after_dependencies)(void *context);
};

/* Makes each file of the set in turn and hands it to publish(). Ends early and returns false when publish() or
 * after_dependencies() does. */
bool write_outputs(const struct output_options *options, const struct tree *tree, const struct loaded *loaded,
		   const struct graph *graph, publish_function *publish, void *context);

/* Whether all files are in the open directory. */
bool outputs_complete(int directory);

/* Adds the files of the set to the publication, after another process has written them; see publish_adopt(). */
void adopt_outputs(struct publication *publication, enum file_set set);

/* ---- resolve.c: owners, dependencies, order -------------------------------------------------- */

/* In place of a module's number: the kernel itself owns the symbol. */
#define OWNER_KERNEL (UINT32_MAX - 1)

struct graph {
	struct names symbols; /* all symbols; the kernel's own are first */
	uint32_t *owner;      /* by symbol: a module, OWNER_KERNEL, or NONE */
	uint32_t **supplier;  /* by worker and id in its table of names: the owner, where a module needs that name */
	uint32_t *first;      /* by module m: its dependencies are .direct[first[m]] up to .direct[first[m + 1] - 1] */
	uint32_t *direct;     /* modules that are needed directly */
	uint32_t *number;     /* by module: its place in the order of dependencies, from 0 on */
	bool *left_out;       /* by module: unreadable, in a cycle, or in need of a module in a cycle */
	uint32_t cyclic;      /* number of modules in cycles */
	uint32_t unresolved;  /* number of messages that -e asked for */
};

struct resolve_options {
	uint32_t kernel_symbols;     /* how many of graph->symbols are the kernel's */
	const uint32_t *kernel_crcs; /* by symbol; NULL: CRCs are not compared */
	struct text *show;           /* gets a line for each dependency; may be NULL */
	bool report_unresolved;      /* -e */
	bool warn;                   /* of duplicate symbols */
	char prefix;                 /* first character of symbols that is ignored (-P); 0: none */
};

/* graph_begin() must come first, and leaves out modules that could not be read. resolve() fills the rest of the graph,
 * where kernel symbols may be there already, and may leave out more. */
void graph_begin(struct graph *graph, const struct tree *tree, const struct loaded *loaded, struct arena *arena);
void resolve(struct graph *graph, const struct tree *tree, const struct loaded *loaded,
	     const struct resolve_options *options, struct arena *arena);

/* Memory for all_dependencies(), which may be called again and again. */
struct closure {
	uint32_t round, *seen;    /* .seen[m] is .round, or .round + 1 if direct, where the last call found module m */
	struct key *list, *spare; /* room for every module */
};

void closure_init(struct closure *closure, uint32_t modules, struct arena *arena);

/* Puts all modules that the module needs, directly or not, into closure->list[].item, sorted by graph->number. Returns
 * how many there are. */
uint32_t all_dependencies(const struct graph *graph, uint32_t module, struct closure *closure);

/* How the module needs the other one, if at all. */
enum need { NOT, DIRECTLY, INDIRECTLY };
enum need needs(const struct graph *graph, uint32_t module, uint32_t other, struct closure *closure);

/* ---- cycles.c: modules that need each other -------------------------------------------------- */

/* Reports each cycle, and each module that is in a cycle or needs such a module, and marks these modules in
 * graph->left_out. Returns how many modules are in cycles. */
uint32_t leave_out_cycles(struct graph *graph, const struct tree *tree, struct arena *arena);

/* ---- publish.c: replacing a set of files ----------------------------------------------------- */

enum { OUTPUT_FILES_MAX = 24 };

struct publication {
	const char *path; /* of the directory, with a `/` at the end */
	int directory;    /* open file descriptor */
	int lock;         /* open file that keeps other runs out */
	struct made made; /* directories that were missing */
	bool sync;        /* files are written through to the disk */
	const char *names[OUTPUT_FILES_MAX];
	uint32_t count;
};

/* All return false after an error message. publish_begin() makes the directory if it is missing, and locks it;
 * publish_file() writes a file under a temporary name; publish_commit() puts all files in place. When one of the last
 * two fails, publish_abandon() must follow: it removes temporary files and directories that were made, and the old files
 * are what they were. */
bool publish_begin(struct publication *publication, struct location place, bool sync, struct arena *memory);
bool publish_file(struct publication *publication, const char *name, struct span content);
bool publish_commit(struct publication *publication);
void publish_abandon(struct publication *publication);

/* Whether a run in that directory was killed, or is still at work. */
bool publish_unfinished(int directory);

/* Adds a file that another process wrote under its temporary name, with a copy of the publication. */
void publish_adopt(struct publication *publication, const char *name);

/* ---- index.c: the binary trie ---------------------------------------------------------------- */

/* What a key leads to. */
struct index_value {
	const char *string;
	uint32_t length, priority; /* of the values of one key, that of the lowest priority is tried first */
};

struct index {
	struct key *keys; /* .string: .length bytes of 1 to 127 each; .item: the number of the key's value */
	uint32_t count;
	void *spare; /* room for as many keys */
	const struct index_value *values;
	bool sorted; /* whether keys are as sort_strings() leaves them */
};

/* Sorts the keys, and writes the index to `out`, which must be empty. Values of equal keys keep their order. */
void index_write(struct text *out, const struct index *index);

/* ---- facts.c: what is kept of a module ------------------------------------------------------- */

/* Memory of one worker: .names and .facts are shared with the parent process, the rest is the worker's own. */
struct keeper {
	struct names names;
	struct arena facts, scratch;
	struct mark *marks;                                  /* by id of a name: the module that needed it last */
	struct spelling *spellings;                          /* of the needs of the module being read */
	uint32_t *needs, *need_crcs, *exports, *export_crcs; /* of the module being read */
	uint32_t room;                                       /* for how many needs, and exports, there is memory */
};

/* Reserve memory or end in bad(): keeper_share(), called by the parent, the part that is shared; keeper_prepare(),
 * called by the worker, its own. */
void keeper_share(struct keeper *keeper, uint64_t key);
void keeper_prepare(struct keeper *keeper);

/* Reads the module in the open file and fills *facts, which must be cleared; `module` is any number that no other file
 * has. Ends in bad() when the module cannot be read. */
void keep_module(struct keeper *keeper, int fd, uint32_t module, const struct load_options *options,
		 struct facts *facts);

/* Whether the facts are such as keep_module() leaves: pointers and ids valid in the keeper's memory, no control
 * characters in what will be written. A hostile module may have left any. */
bool facts_sound(const struct facts *facts, const struct keeper *keeper);

/* All values of that kind, for next_value(). */
struct values values_of(const struct facts *facts, char kind);

/* Returns the next value, and its length in *length; NULL when there is no more. */
const char *next_value(struct values *values, size_t *length);

/* ---- beside.c: roots of a tree, and other files in them ---------------------------------------- */

/* What messages put before the module's path: the path of its root, where tree->whole_paths or `always` asks for it;
 * "" otherwise, and where the module's path is absolute. */
const char *root_of(const struct tree *tree, const struct module *module, bool always);

/* The path by which to open the module from the directory of its root. */
const char *path_to_open(const struct module *module);

/* Reads a file of that name in a root. Returns 0 or, with empty content, an errno. */
int find_beside(const struct tree *tree, uint32_t root, const char *name, struct arena *arena, struct span *content);

/* The same. Where it cannot be read, warns and returns false with empty content; without a
 * warning where a root other than the first has no such file. */
bool read_beside(const struct tree *tree, uint32_t root, const char *name, struct arena *arena, struct span *content);

/* ---- ahead.c: keeping a disk busy ------------------------------------------------------------- */

/* How many blocks have been read from a disk for this process, or asked for by it, since it began. What was in memory
 * already does not count. */
uint32_t disk_blocks(void);

/* Asks for files that will be read soon, or for those parts of them, as far as memory allows. `paths` are relative to
 * the open directory, one after another, up to an empty one. A file that cannot be had is passed over. */
void ask_ahead(int directory, const char *paths);

/* ---- module.c: one module's bytes ------------------------------------------------------------ */

/* Bytes of a module, read piece by piece. read() returns `size` bytes at `offset`, valid until the scratch memory is
 * wound back; where the file ends before, it ends in bad_fault(), which says that `what` is not all there. expect()
 * announces that most of a range will be read soon. */
struct source {
	struct span (*read)(struct source *source, uint64_t offset, uint64_t size, const char *what);
	void (*expect)(struct source *source, uint64_t offset, uint64_t size);
	struct span head;      /* the first bytes: up to 64 */
	const char *otherwise; /* the reason to give when they do not begin an ELF file */
	uint8_t compression;   /* of the file, for compression_name() */
};

/* A source whose bytes are all in memory. */
struct memory_source {
	struct source source;
	struct span bytes;
};

/* Opens a file as open_again() does, but never waits for a FIFO. confine.c must allow the flags. */
int module_open(int directory, const char *path);

/* The source of the module in the open file, decompressed in `scratch` if need be; bad() where that fails. A plain
 * file is read piece by piece, unless all of it is wanted `at_once`. */
struct source *module_source(int fd, struct arena *scratch, bool at_once);

/* All bytes of the module in the open file, decompressed; the caller may change them. bad() where that fails. */
struct span module_bytes(int fd, struct arena *scratch);

/* A source of bytes in memory. */
struct memory_source source_of(struct span bytes);

/* The number of the open file's compression, and the name that the kernel has for it: "gzip", "xz" or "zstd", or "" where
 * there is none. */
uint8_t module_compression(int fd);
const char *compression_name(uint8_t number);

/* ---- gunzip.c: gzip -------------------------------------------------------------------------- */

enum { GUNZIP_WORK_SIZE = 26 * 1024 };

/* A decoder (see base.h) of gzip members (RFC 1952), one after another. The CRC and length of each are checked. */
size_t gunzip(struct span in, uint8_t *out, size_t capacity, void *work);

/* ---- inflate.c: deflate, the compressed data of a gzip member -------------------------------- */

enum { INFLATE_WORK_SIZE = 17 * 1024 };

/* Decodes the blocks (RFC 1951) that *in begins with, and cuts them off *in. The output goes to out[0] up to end[-1];
 * returns its end. `work` is as for a decoder, of INFLATE_WORK_SIZE bytes. */
uint8_t *inflate_stream(struct span *in, uint8_t *out, uint8_t *end, void *work);

/* ---- elf.c: what a module says --------------------------------------------------------------- */

/* Functions that elf_read() calls for what it finds, in the order of the file; any may be NULL. Names end in NUL.
 * version() gives the CRC of a need: one that need() told of before, or a new one. */
struct elf_sink {
	void *context;
	bool wants_crcs; /* export() is to get true CRCs; else it may get any number */
	void (*modinfo)(void *context, struct span strings);
	void (*export)(void *context, const char *name, size_t length, uint32_t crc);
	void (*need)(void *context, const char *name, size_t length, bool weak);
	void (*version)(void *context, const char *name, size_t length, uint32_t crc);
	void (*aliases)(void *context, struct span strings); /* from .modalias: values without "alias=" */
};

/* The form of the file that begins so; bad() when it has no ELF header. */
struct elf_form elf_form(struct span start);

/* Reads the module and calls the functions of the sink; bad() when it is damaged. */
void elf_read(struct source *source, const struct elf_sink *sink);

/* Changes the module so that the kernel checks neither the versions of its symbols (`no_versions`) nor the kernel that
 * it was made for (`no_vermagic`). The source must read from writable memory without copying. */
void elf_force(struct source *source, bool no_versions, bool no_vermagic);

/* For rooms that look for more in the file; elffile.h has the structures. elf_open() reads the headers and fills
 * elf->sections; elf_section() returns the section of that number, and elf_bytes() its bytes. All end in bad() when
 * that is impossible: for the reason `why`, or with a message that names `what`. */
struct elf;
void elf_open(struct elf *elf, struct source *source);
struct section elf_section(const struct elf *elf, uint32_t number, const char *why);
struct span elf_bytes(const struct elf *elf, struct section section, const char *what);

/* ---- hash.c: names and their numbers --------------------------------------------------------- */

/* Makes an empty table for up to `capacity` names, whose copied strings take up to `bytes` bytes in all; adding more
 * ends in bad(). `key` should be random, so that nobody can choose names whose hashes are equal. */
void names_init(struct names *names, struct arena *arena, uint32_t capacity, size_t bytes, uint64_t key);

/* The id of a name, or NONE. A table that is all zeros has no names. */
uint32_t names_find(const struct names *names, const char *name, size_t length);

/* The id of a name, which is added if it is new. names_add() then copies the string; names_borrow() keeps a pointer to
 * it. */
uint32_t names_add(struct names *names, const char *name, size_t length);
uint32_t names_borrow(struct names *names, const char *name, size_t length);

/* As names_borrow(), for an entry of another table with the same key. */
uint32_t names_share(struct names *names, const struct name *name);

/* Forgets all names but the first `count`, whose strings take `used` bytes. */
void names_rewind(struct names *names, uint32_t count, size_t used);

/* names_adopt() takes over `count` names, whose strings take `used` bytes, that another process added to this table in
 * shared memory. Damaged entries are refused: then the table is empty. Only .entries may be read after that, until
 * names_reopen() has made the table whole. */
void names_adopt(struct names *names, uint32_t count, size_t used);
void names_reopen(struct names *names);

#endif
