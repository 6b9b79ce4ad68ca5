/* depmod.h: depmod's own way, from a command line to the files that it writes:
 *
 * options + depmod.d  ->  scan  ->  load (per module, in parallel)  ->  resolve  ->  output  ->  publish
 *                          paths     bytes -> facts                      graph       file bytes   files replaced
 *
 * A section is a room (a .c file), which calls only rooms whose sections stand below its own, and those of the folders
 * below this one: base/ (bytes, memory, text, files, messages), xz/ and zstd/ (decoders). What a section does not
 * offer is static in its file. Two folders stand above: modprobe/ and old/, programs of their own that use rooms of
 * this one.
 *
 * The words: a module is a .ko file, compressed or not; an export is a symbol it supplies, a need one it leaves
 * undefined; the owner of a symbol is the module that supplies it; an index is a modules.*.bin trie. */
#ifndef DEPMOD_H
#define DEPMOD_H

#include "base/base.h"
#include "sizes.h"

/* ---- words ----------------------------------------------------------------------------------- */

/* Distinct strings with small numbers, their ids; see hash.c. */
struct name {
	const char *string; /* `length` bytes; a NUL follows unless it was borrowed */
	uint32_t length, hash;
};

/* A slot: the entry's id + 1, or 0, below some high bits of its hash. */
enum { SLOT_ID_BITS = 24 };

struct names {
	struct name *entries; /* by id */
	uint32_t count, capacity;
	uint32_t *slots;
	uint32_t mask;    /* so many slots are in use, and one more: a power of two */
	uint64_t keys[2]; /* of the hash */
	char *bytes;      /* of copied names */
	size_t used, size;
};

/* One file of the tree. */
struct module {
	const char *path; /* as modules.dep has it: below the root, or absolute when external */
	const char *name; /* file name up to its first dot, with `_` for `-` */
	uint32_t path_length, name_length, root;
	uint32_t file; /* the number that load_offer() gave it */
};

/* The version's directory below one base. */
struct root {
	const char *name; /* absolute path, with a `/` at the end */
	int directory;    /* open */
};

/* A file that does not count, because of another with the same module name. */
struct shadowed {
	struct module module;
	struct shadowed *next;
};

struct tree {
	struct root *roots; /* what is in a later one adds to the earlier ones', or replaces it */
	uint32_t root_count;
	bool whole_paths;       /* in messages, because a path below a root would not tell which */
	uint64_t key;           /* for hashes of names */
	bool unread;            /* a part of it could not be read */
	struct module *modules; /* in module order; a module's number is its place here */
	uint32_t count;
	struct loading *loading;   /* to which each file is offered as soon as it is found; may be NULL */
	bool keeps_shadowed;       /* files that do not count are kept, too: */
	struct shadowed *shadowed; /* in no particular order */
};

/* What was kept of a module, being gone through: each value after its kind, which is a character. */
struct values {
	const char *p, *end;
	char kind;
};

/* ---- options.c: the command line of depmod, and of depmod.old --------------------------------- */

enum question_kind { NO_QUESTION, EXPLAIN, DOT, BOTH };

struct options {
	const char *module_directory, *output_directory, *release;
	const char *symvers, *system_map;
	const char *module;          /* that the question is about; NULL: all */
	const char *no_version;      /* an operand where VERSION is expected; NULL in the end */
	const char **bases;          /* ended by NULL */
	const char **configs;        /* likewise; NULL when none was named */
	const char **files;          /* likewise */
	enum question_kind question; /* to be answered instead of writing anything */
	char print;                  /* 'h' or 'V': to be printed instead of doing anything */
	uint32_t base_count, config_count, file_count;
	uint32_t jobs; /* 0: as many as cores may be used */
	char prefix;
	bool all, quick, errors, dry_run, quiet, verbose, warn, strict, unresolved_fails;
	bool sync, no_sync, syslog, maps, all_versions;
	bool in_depmod_old; /* which is given a VERSION with --all-versions, too */
};

/* Fills *options, which is 0 but for .in_depmod_old, from the command line; lists are kept in `memory`. WRONG_USAGE
 * after an error message; DONE when there is only something to print. */
enum verdict parse_options(struct options *options, int count, char **arguments, struct arena *memory);

/* ---- older.c: what older systems want, which the program depmod.old does ---------------------- */

/* Whether the release is of a kernel before 2.6, or a file was named that is a module of such a kernel. 0.x is no
 * kernel but a placeholder, and not old. */
bool is_old(const struct options *options);

/* The path of depmod.old: beside this program, which was started as `own_name`, or in PATH. NULL after an error
 * message. */
const char *find_depmod_old(struct arena *memory, const char *own_name);

/* Goes on as depmod.old, with the same arguments and `release`, which may be NULL. Returns only after an error
 * message. */
void become_depmod_old(const char *program, char **arguments, const char *release, struct arena *memory);

struct tree;
struct graph;
struct publication;

enum { MAP_FILES_MAX = 8 };

/* How a file is handed on: false ends the work. */
typedef bool publish_function(void *context, const char *name, struct span content);

/* Has depmod.old make the map files of the modules that are not left out, and hands each to publish(). False after an
 * error message. *damaged is set when a module's device tables could not be read, which is an error message as well. */
bool make_map_files(const char *program, const struct options *options, const struct tree *tree,
		    const struct graph *graph, struct arena *memory, publish_function *publish, void *context,
		    bool *damaged);

/* Removes new map files that a killed run left in the directory under their temporary names. */
void forget_map_files(const struct publication *publication);

/* ---- explain.c: answers about a tree, for a person --------------------------------------------- */

struct inquiry {
	const char *module; /* a name, or a path: absolute or below the tree; NULL: all */
	const struct config *config;
	const struct tree *tree; /* with the shadowed */
	const struct loaded *loaded;
	const struct graph *graph;
	bool kernel_known; /* its symbols are */
	struct text *out;
	struct arena *memory, *scratch;
};

/* The graph of all modules, or of one, what it needs and what needs it, in Graphviz's language. */
bool dot(const struct inquiry *inquiry);

/* What is known of the module, and why. Both return false after an error message. */
bool explain(const struct inquiry *inquiry);

/* The number of the module; *shadowed is the file that was asked for, where that is one that does not count, else NULL.
 * NONE after an error message, which knows what is built into the kernel, and a name that is near. */
uint32_t find_module(const struct inquiry *inquiry, const struct module **shadowed);

/* ---- releases.c: where modules stand, and of which kernel releases ------------------------------ */

struct releases {
	const struct options *options;
	struct arena *memory, *scratch;
	const char **directories; /* BASE/MODULEDIR of each base, absolute */
	uint32_t count;
	const char *below; /* MODULEDIR, for what is written elsewhere */
};

/* What a release begins with: number.number. */
bool is_release(const char *word);

/* What `uname -r` says. */
const char *running_release(struct arena *memory);

/* BASE/BELOW, each without the slashes where they meet. */
char *below_base(struct arena *memory, const char *base, const char *below);

/* Where modules are below the base: lib/modules; or usr/lib/modules, where that is there and the other is not. */
const char *module_directory(struct arena *memory, const char *base);

/* Finds each base's module directory, the one that was asked for or that of module_directory(). */
void releases_locate(struct releases *releases, const struct options *options, struct arena *memory,
		     struct arena *scratch);

/* All there are, each once, in byte order, ended by NULL. None is an error message. */
const char *const *releases_list(const struct releases *releases);

/* Opens the roots of the release's tree. Of several, not all need be there. False after an error message; it names
 * the releases that are there when this one is not. */
bool releases_open(const struct releases *releases, const char *release, struct tree *tree);

/* The directory that the release's files go to, with a `/` at the end. */
char *releases_output(const struct releases *releases, const char *release);

/* ---- scan.c: which files are modules, and which of them counts ------------------------------- */

/* Finds the modules below the tree's roots and in the external directories, settles which of equal names counts, and
 * orders them. What cannot be read is an error message and the walk goes on; shadowed are warned about if
 * `tell_shadowed`. Returns 0, or the errno that kept a root itself from being read. Or, unless `paths` is NULL, does
 * that with the files that the person named, given with absolute paths; 0 or an errno. */
int scan(struct tree *tree, const struct config *config, const char *const *paths, bool tell_shadowed,
	 struct arena *memory, struct arena *scratch);

/* What settles which of two files with one module name counts: the command of the configuration (or the byte order
 * of their paths, or which tree is the later one where several have the path), its word for the one that counts, and
 * where they differ that for the other; else NULL. */
struct rule_of_choice {
	const char *name, *word, *other_word;
};

/* Whether `module` counts and not `rival`. */
bool wins(const struct config *config, const struct module *module, const struct module *rival,
	  struct rule_of_choice *rule);

/* modules.dep separates by blanks, colons and newlines, and has no way to quote one. */
bool can_be_listed(const char *path);

/* Tells of each .o and .o.gz below the absolute directory `path`, of which the files will not say the first `hidden`
 * bytes; false when a part of it could not be read. */
typedef void object_found(void *context, const char *path);
bool scan_objects(const char *path, size_t hidden, const struct config *config, object_found *found, void *context,
		  struct arena *memory);

/* Whether no module of the tree is newer than `file`. */
bool up_to_date(struct tree *tree, const struct config *config, const char *file, struct arena *memory);

/* ---- config.c: depmod.d ---------------------------------------------------------------------- */

/* Every list stands in the order of the configuration. */
struct config {
	struct words *search;   /* directory below the tree, or one of the keywords built-in and external */
	struct words *override; /* SUBDIR/NAME of a file that wins whatever search says; a later one goes first */
	struct words *external; /* absolute directories outside the tree */
	struct words *exclude;  /* names of directories that are never entered */
};

/* As conf_read(), for the kernel `release`. A bad line is an error message; the rest counts. */
void config_read(struct config *config, struct arena *memory, const char *const *paths, const char *release);

/* ---- load.c: workers that turn files into facts ---------------------------------------------- */

#define WEAK_NEED (UINT32_C(1) << 31)

/* The first character of a kept value. */
enum { ALIAS = 'a', SOFTDEP = 's', WEAKDEP = 'w', REFUSED = 'r' };

/* Bytes of an alias, a soft dependency or an exported name. An index is written with a stack frame of some
 * 200 bytes for each branch on the way to a key, so this bounds the stack, too. */
enum { VALUE_MAX = 8192 };

/* What was read from one module. Numbers of names are those of the worker's table. */
struct facts {
	const char *values; /* of modinfo, in the file's order: kind, value, NUL */
	uint32_t values_size;
	uint32_t aliases, softdeps, weakdeps; /* how many of them */
	uint32_t worker;
	uint32_t export_count, need_count;
	const uint32_t *exports, *export_crcs;
	const uint32_t *needs, *need_crcs; /* a need is a name, with WEAK_NEED where it is weak */
	bool has_devname;                  /* an alias begins with devname: */
	bool refused;           /* there are REFUSED values or symbols: too long, or with control characters */
	bool begun, done;       /* a worker that dies leaves the second unsaid */
	bool failed, transient; /* the module could not be read; not for its bytes, as in struct fault */
};

struct loaded {
	struct facts *facts;    /* by module */
	struct reason *reasons; /* by file, where it failed */
	struct keeper *keepers; /* by worker, for their names */
	uint32_t workers;
};

struct load_options {
	uint32_t jobs; /* workers, as worker_count() says */
	uint64_t key;  /* for the hash of names */
	bool wants_crcs;
	bool show_progress; /* on a terminal */
};

/* How many workers there will be where so many are asked for; 0: as many as cores may be used. */
uint32_t worker_count(uint32_t asked);

/* Has workers ready for the files of the tree, whose roots are known. */
struct loading *load_begin(const struct tree *tree, const struct load_options *options, struct arena *shared,
			   struct arena *memory);

/* A file that the tree may have as a module, for whoever is ready; returns its number. */
uint32_t load_offer(struct loading *loading, uint32_t root, const char *path);

/* Waits until every module of the tree, which is complete now, has been read. One that cannot be read has failed, for
 * a reason; so has one that a worker died on. What workers leave in shared memory is checked before it is believed. */
void load_end(struct loading *loading, struct loaded *loaded, struct arena *memory);

/* ---- symbols.c: the kernel's own symbols ------------------------------------------------------- */

/* A file with the kernel's symbols, being read: they are the first names of the table, and a CRC stands beside each. */
struct kernel_symbols {
	struct names *names; /* empty at first */
	struct arena *crcs;  /* NULL: they are not wanted */
	struct arena *scratch;
	const char *path; /* NULL: no file; then only those that every kernel has */
	char prefix;      /* left out at the beginning of each symbol */
	uint32_t line;
};

/* What is done with a line that is not empty: each form of file has its own. */
typedef void symbol_line(struct kernel_symbols *symbols, struct span line);

/* System.map, as nm and /proc/kallsyms print it; Module.symvers. */
void read_map_line(struct kernel_symbols *symbols, struct span line);
void read_symvers_line(struct kernel_symbols *symbols, struct span line);

/* Reads the file; bad lines are error messages. Returns 0 or an errno. */
int symbols_read(struct kernel_symbols *symbols, symbol_line *read_line);

/* For functions that read a line: the symbol it has; and what is wrong with it, which is an error message. */
void symbols_add(struct kernel_symbols *symbols, const void *name, size_t length, uint32_t crc);
void symbols_complain(const struct kernel_symbols *symbols, const char *what);

/* ---- output.c: the content of each output file ----------------------------------------------- */

/* Values are what modinfo alone decides: aliases and soft dependencies. */
enum file_set { ALL_FILES, VALUE_FILES, OTHER_FILES };

struct output_options {
	enum file_set set;
	bool text_only; /* -n */
	bool warn;      /* of duplicate aliases */
	bool (*after_dependencies)(
		void *context); /* writes what comes between modules.dep.bin and the rest; may be NULL */
};

/* Makes each file in turn and hands it to publish(); ends early, with false, when that or after_dependencies() returns
 * false. */
bool write_outputs(const struct output_options *options, const struct tree *tree, const struct loaded *loaded,
		   const struct graph *graph, publish_function *publish, void *context);

struct publication;

/* Adopts the files of a set that another process wrote. */
void adopt_outputs(struct publication *publication, enum file_set set);

/* ---- resolve.c: owners, dependencies, order -------------------------------------------------- */

#define OWNER_KERNEL (UINT32_MAX - 1)

struct graph {
	struct names symbols; /* all names; the kernel's are first */
	uint32_t *owner;      /* by symbol: a module, OWNER_KERNEL, or NONE */
	uint32_t **supplier;  /* by worker, by its name: the owner that a need of it leads to */
	uint32_t *first;      /* by module: where its direct dependencies begin; count + 1 of them */
	uint32_t *direct;
	uint32_t *number;    /* by module: its place in the order of dependencies */
	bool *left_out;      /* by module: damaged, in a cycle, or in need of one that is */
	uint32_t cyclic;     /* modules in cycles */
	uint32_t unresolved; /* reports made for -e */
};

struct resolve_options {
	uint32_t kernel_symbols;     /* the first so many of graph->symbols */
	const uint32_t *kernel_crcs; /* theirs; NULL when CRCs are not to be compared */
	struct text *show;           /* gets a line for each dependency; may be NULL */
	bool report_unresolved;      /* -e */
	bool warn;                   /* of duplicate symbols */
	char prefix;                 /* -P, or 0 */
};

/* Leaves out what could not be read; resolve() comes after it, and may leave out more. */
void graph_begin(struct graph *graph, const struct tree *tree, const struct loaded *loaded, struct arena *arena);
void resolve(struct graph *graph, const struct tree *tree, const struct loaded *loaded,
	     const struct resolve_options *options, struct arena *arena);

/* For all_dependencies(): room for every module. */
struct closure {
	uint32_t round, *seen; /* in which round a module was last met; one more where it was a direct dependency */
	struct key *list, *spare;
};

void closure_init(struct closure *closure, uint32_t modules, struct arena *arena);

/* Puts all that the module needs, directly or not, into closure->list[].item, sorted by number; returns how
 * many. */
uint32_t all_dependencies(const struct graph *graph, uint32_t module, struct closure *closure);

/* Whether the module needs that other one, and how. */
enum need { NOT, DIRECTLY, INDIRECTLY };
enum need needs(const struct graph *graph, uint32_t module, uint32_t other, struct closure *closure);

/* ---- cycles.c: modules that need each other -------------------------------------------------- */

/* Names each cycle and each module that is in one or needs one, marks those in graph->left_out, and
 * returns how many are in one. */
uint32_t leave_out_cycles(struct graph *graph, const struct tree *tree, struct arena *arena);

/* ---- publish.c: replacing a set of files ----------------------------------------------------- */

enum { OUTPUT_FILES_MAX = 24 };

struct publication {
	const char *path;
	int directory;
	bool sync; /* to the disk, before the end */
	const char *names[OUTPUT_FILES_MAX];
	uint32_t count;
};

/* Each returns false after an error message. The directory is made if it is missing, and locked. After any
 * false but that of publish_begin(), publish_abandon() must follow: then nothing is left behind, and the old
 * files are what they were. */
bool publish_begin(struct publication *publication, char *path, bool sync);
bool publish_file(struct publication *publication, const char *name, struct span content);
bool publish_commit(struct publication *publication);
void publish_abandon(struct publication *publication);

/* Whether a run in that directory was killed, or is still at work: files are replaced from the last written
 * to the first, and until all are, the first has its temporary file. */
bool publish_unfinished(const char *path, const char *first, struct arena *scratch);

/* Counts a file as written that another process wrote by a copy of the publication. */
void publish_adopt(struct publication *publication, const char *name);

/* ---- index.c: the binary trie ---------------------------------------------------------------- */

/* What a key stands for. */
struct index_value {
	const char *string;
	uint32_t length, priority;
};

struct index {
	struct key *keys; /* .string: bytes 1 to 127, .length of them; .item: the number of the key's value */
	uint32_t count;
	void *spare; /* room for as many keys */
	const struct index_value *values;
	bool sorted; /* the keys are */
};

/* Appends the index to `out`, which is empty. Values of equal keys keep the order of the keys, which are sorted
 * afterwards. */
void index_write(struct text *out, const struct index *index);

/* ---- facts.c: what is kept of a module ------------------------------------------------------- */

/* What one worker owns; names and facts are shared with the parent, the rest is its own. */
struct keeper {
	struct names names;
	struct arena facts, scratch;
	struct mark *marks;                                  /* by name */
	struct spelling *spellings;                          /* of the needs */
	uint32_t *needs, *need_crcs, *exports, *export_crcs; /* of the module being read */
	uint32_t room;                                       /* for so many each */
};

/* The first is called by the parent, the second by the worker. Both may end in bad(). */
void keeper_share(struct keeper *keeper, uint64_t key);
void keeper_prepare(struct keeper *keeper);

/* Reads the module in the open file and fills *facts, which is cleared; ends in bad() when it cannot be
 * read. */
void keep_module(struct keeper *keeper, int fd, uint32_t module, const struct load_options *options,
		 struct facts *facts);

/* Whether all that the facts of a module point to is in the memory of that keeper, whoever wrote them. */
bool facts_sound(const struct facts *facts, const struct keeper *keeper);

struct values values_of(const struct facts *facts, char kind);

/* The next value of that kind and its length; NULL when there is no more. */
const char *next_value(struct values *values, size_t *length);

/* ---- beside.c: what stands beside the modules of a tree --------------------------------------- */

/* What is said before a module's path: the root's name where the path alone would not tell which tree is meant, or
 * `always`; nothing before a path that is absolute. */
const char *root_of(const struct tree *tree, const struct module *module, bool always);

/* Reads a file that stands beside the modules of a root. False, and no content, after a warning; none is given where
 * a later root does not have it. */
bool read_beside(const struct tree *tree, uint32_t root, const char *name, struct arena *arena, struct span *content);

/* ---- module.c: one module's bytes ------------------------------------------------------------ */

/* Where bytes come from, piece by piece: read() gives `size` bytes at `offset`, good until the scratch memory is wound
 * back, or ends in bad_fault() about `what`. expect() says that much of a range will be read soon. */
struct source {
	struct span (*read)(struct source *source, uint64_t offset, uint64_t size, const char *what);
	void (*expect)(struct source *source, uint64_t offset, uint64_t size);
	struct span head;      /* the first bytes, as many as are there */
	const char *otherwise; /* what to say of them when they are not what was expected */
};

struct memory_source {
	struct source source;
	struct span bytes;
};

/* As open_again(), without waiting for a FIFO: confine.c has the same flags. */
int module_open(int directory, const char *path);

/* The bytes of the module in the open file, decompressed if need be, with `scratch` as room; bad() when they cannot
 * be. A plain file is read piece by piece, unless all of it is wanted `at_once`. */
struct source *module_source(int fd, struct arena *scratch, bool at_once);

/* All of them at once, which may be changed; and a source of such bytes. */
struct span module_bytes(int fd, struct arena *scratch);
struct memory_source source_of(struct span bytes);

/* Its compression as the kernel calls it: "gzip", "xz", "zstd", or "". */
const char *module_form(int fd);

/* ---- gunzip.c: gzip -------------------------------------------------------------------------- */

enum { GUNZIP_WORK_SIZE = 26 * 1024 };

/* A decoder (see base.h) of RFC 1952 members, one after another: each RFC 1951 data, CRC and length verified. */
size_t gunzip(struct span in, uint8_t *out, size_t capacity, void *work);

/* ---- inflate.c: deflate, the compressed data of a gzip member -------------------------------- */

enum { INFLATE_WORK_SIZE = 17 * 1024 };

/* Decodes the blocks at *in (RFC 1951), and cuts them off, to out[0] up to end[-1]. Returns the end of the output. */
uint8_t *inflate_stream(struct span *in, uint8_t *out, uint8_t *end, void *work);

/* ---- elf.c: what a module says --------------------------------------------------------------- */

/* What is done with what is found, in the order of the file; NULL: nothing. Names end in NUL. A version() may name a
 * need that need() told before, or a new one. */
struct elf_sink {
	void *context;
	bool wants_crcs; /* of exports; else they come as anything */
	void (*modinfo)(void *context, struct span strings);
	void (*export)(void *context, const char *name, size_t length, uint32_t crc);
	void (*need)(void *context, const char *name, size_t length, bool weak);
	void (*version)(void *context, const char *name, size_t length, uint32_t crc);
	void (*aliases)(void *context, struct span strings); /* of .modalias: values without alias= */
};

struct elf_form {
	bool wide, big; /* 64 bits; the most significant byte first */
	uint16_t machine;
};

/* Of the whole file, or its beginning. */
struct elf_form elf_form(struct span start);

void elf_read(struct source *source, const struct elf_sink *sink);

/* Makes the kernel take the module without a look at its symbols' versions, or at the kernel it was made for. What
 * the source reads must be the bytes themselves, writable. */
void elf_force(struct source *source, bool no_versions, bool no_vermagic);

/* For rooms that look for more in the file; elffile.h has the structures. elf_open() reads the headers, and finds the
 * sections that have a place in elf->sections. elf_section() is a section by its number, bad(why) when there is none;
 * elf_bytes() are its bytes. */
struct elf;
void elf_open(struct elf *elf, struct source *source);
struct section elf_section(const struct elf *elf, uint32_t number, const char *why);
struct span elf_bytes(const struct elf *elf, struct section section, const char *what);

/* ---- hash.c: names and their numbers --------------------------------------------------------- */

/* An empty table for up to `capacity` names, of which copied ones take up to `bytes` together. More ends in
 * bad(). */
void names_init(struct names *names, struct arena *arena, uint32_t capacity, size_t bytes, uint64_t key);

/* The id of a name, or NONE. */
uint32_t names_find(const struct names *names, const char *name, size_t length);

/* The id of a name, new or known; a new one is copied, or borrowed: the string must then stay. */
uint32_t names_add(struct names *names, const char *name, size_t length);
uint32_t names_borrow(struct names *names, const char *name, size_t length);

/* The same for an entry of another table with the same key. */
uint32_t names_share(struct names *names, const struct name *name);

/* Forgets all names but the first `count`, which took `used` bytes. */
void names_rewind(struct names *names, uint32_t count, size_t used);

/* Takes over what another process did with its copy of the table, in memory shared with this one: that many
 * names, which took `used` bytes. Whatever it did, there are entries then, none if need be. For more than a look at
 * them, the table has to be reopened. */
void names_adopt(struct names *names, uint32_t count, size_t used);
void names_reopen(struct names *names);

#endif
