/* depmod.h: the one header. Read from top to bottom it is the architecture:
 *
 *   options + depmod.d  ->  scan  ->  load (per module, in parallel)  ->  resolve  ->  output  ->  publish
 *                          paths     bytes -> facts                      graph       file bytes   files replaced
 *
 * A section a room (a .c file); a room calls only rooms that stand below it, and bad(), the one way out of
 * bad data, from anywhere. What a section does not offer is static in its file.
 *
 * The words: a module is a .ko file, compressed or not; an export is a symbol it supplies, a need one it
 * leaves undefined; the owner of a symbol is the module that supplies it; an index is a modules.*.bin trie.
 */
#ifndef DEPMOD_H
#define DEPMOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- words every room uses ------------------------------------------------------------------- */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Untrusted bytes: p <= end always. */
struct span {
	const uint8_t *p, *end;
};

/* No module, no symbol, no place. */
#define NONE UINT32_MAX

/* Why some work on untrusted bytes ended: "WHAT: WHY at offset N", the first and last part where known. */
struct fault {
	const char *what;
	const char *why;
	uint64_t offset;
	bool has_offset;
	bool passing;              /* not the bytes' fault but the system's, which may do better next time */
};

/* A fault in words, cut off where it does not fit. */
enum { REASON_SIZE = 128 };

struct reason {
	char text[REASON_SIZE];
};

/* A piece of memory that is handed out in order; see arena.c. */
struct arena {
	const char *name;
	uint8_t *start;
	size_t used, size;
	bool shared;               /* by all modules: one that finds it full has not filled it alone */
	char limit[40];            /* what is said when it is full */
};

/* Bytes being written; see text.c. */
struct text {
	char *start;
	size_t size, capacity;
	int fd;                    /* where they go when there is no more room; -1: nowhere */
	int error;                 /* errno of the first write that failed */
};

/* Distinct strings with small numbers, their ids; see hash.c. */
struct name {
	const char *string;        /* `length` bytes; a NUL follows unless it was borrowed */
	uint32_t length, hash;
};

/* A slot: the entry's id + 1, or 0, below some high bits of its hash. */
enum { SLOT_ID_BITS = 24 };

struct names {
	struct name *entries;      /* by id */
	uint32_t count, capacity;
	uint32_t *slots;
	uint32_t mask;             /* so many slots are in use, and one more: a power of two */
	uint64_t keys[2];          /* of the hash */
	char *bytes;               /* of copied names */
	size_t used, size;
};

/* For sorting: a string, what it stands for, and the part of it that is being compared. */
struct key {
	uint64_t chunk;
	const char *string;
	uint32_t length, item;
};

/* What reading a command line leads to. */
enum verdict { GO_ON, WRONG_USAGE, DONE };

/* How a message begins, and who wants it. */
enum level { FATAL, ERROR, WARNING, UNRESOLVED, PLAIN, INDENTED, INFO };

/* A file like those of depmod.d, being read. */
struct conf {
	struct arena *memory;
	const char *directory;     /* depmod.d, below the standard places */
	const char *first;         /* a file that counts, too, or NULL */
	bool aliases;              /* files that end in .alias count, too */
	bool old;                  /* modules.conf: comments end before lines are joined, blanks may follow a backslash */
	void (*read_line)(struct conf *conf, struct span line);
	const char *path;          /* of the line being read */
	uint32_t line;
};

/* What modprobe.d says of modules. */
enum rule_kind { BLACKLIST, INSTALL, REMOVE, ALIAS_OF, PARAMETERS, SOFT_RULE, WEAK_RULE, RULE_KINDS };

/* One file of the tree. */
struct module {
	const char *path;          /* as modules.dep has it: below the root, or absolute when external */
	const char *name;          /* file name up to its first dot, with `_` for `-` */
	uint32_t path_length, name_length, root;
	uint32_t file;             /* the number that load_offer() gave it */
};

/* The version's directory below one base. */
struct root {
	const char *name;          /* absolute path, with a `/` at the end */
	int directory;             /* open */
};

/* A file that does not count, because of another with the same module name. */
struct loser {
	struct module module;
	struct loser *next;
};

struct tree {
	struct root *roots;        /* what is in a later one adds to the earlier ones', or replaces it */
	uint32_t root_count;
	bool whole_paths;          /* in messages, because a path below a root would not tell which */
	uint64_t key;              /* for hashes of names */
	bool unread;               /* a part of it could not be read */
	struct module *modules;    /* in module order; a module's number is its place here */
	uint32_t count;
	struct loading *loading;   /* to which each file is offered as soon as it is found; may be NULL */
	bool keeps_losers;
	struct loser *losers;      /* in no particular order; only where they are to be kept */
};

/* What was kept of a module, being gone through: each value after its kind, which is a character. */
struct values {
	const char *p, *end;
	char kind;
};

/* ---- sizes ---------------------------------------------------------------------------------------
 * Address space, taken once and touched as needed; for 100,000 modules on a 64-bit host. */

/* A mark for each name of a worker; a spelling and four words, and a fifth to align, for each symbol. */
#define WORKER_SYMBOLS (WORKER_FACTS / 256 * 8 + SYMBOLS_OF_MODULE * (size_t)(5 * 4 + 16))

#if SIZE_MAX > UINT32_MAX
enum { JOBS_MAX = 64, MODULES_MAX = 1 << 20 };
#define SYMBOLS_MAX (UINT32_C(4) << 20)
#define SYMBOLS_OF_MODULE (UINT32_C(1) << 18)  /* needs, or exports, of one module */
#define RUN_MEMORY ((size_t)4 << 30)       /* tree, graph, configuration */
#define SCRATCH_MEMORY ((size_t)1 << 30)   /* input files, tables for a while */
#define SHARED_MEMORY ((size_t)256 << 20)  /* what all workers share */
#define OUTPUT_MEMORY ((size_t)1 << 30)    /* each of four: a file, the keys of an index, its values, strings */
#define WORKER_FACTS ((size_t)1 << 30)     /* what one worker learns */
#define WORKER_SCRATCH ((size_t)1 << 30)   /* one module: file, decoded, sections */
#define DECODED_LIMIT ((size_t)512 << 20)  /* a module larger than this is no module; */
#define FILE_LIMIT ((size_t)256 << 20)     /* nor is a compressed file */
#else
enum { JOBS_MAX = 4, MODULES_MAX = 1 << 17 };
#define SYMBOLS_MAX (UINT32_C(1) << 20)
#define SYMBOLS_OF_MODULE (UINT32_C(1) << 18)
#define RUN_MEMORY ((size_t)256 << 20)
#define SCRATCH_MEMORY ((size_t)128 << 20)
#define SHARED_MEMORY ((size_t)32 << 20)
#define OUTPUT_MEMORY ((size_t)128 << 20)
#define WORKER_FACTS ((size_t)128 << 20)
#define WORKER_SCRATCH ((size_t)320 << 20)
#define DECODED_LIMIT ((size_t)192 << 20)
#define FILE_LIMIT ((size_t)96 << 20)
#endif

/* ---- main.c, depmod.c, modprobe.c: the commands ---------------------------------------------- */

/* `arguments` is a command line, its own name first, ended by NULL. Both return the exit status. */
int depmod(char **arguments);
int modprobe(char **arguments);

/* ---- help.c ---------------------------------------------------------------------------------- */

/* Prints the help ('h') of the command, which counts as main.c has them, or the version ('V'). */
void print_about(struct text *out, char what, uint32_t command);

/* ---- options.c: the command line of depmod ------------------------------------------------------------- */

enum question_kind { NO_QUESTION, EXPLAIN, DOT, BOTH };

struct options {
	const char *module_directory, *output_directory, *release;
	const char *symvers, *system_map;
	const char *module;        /* that the question is about; NULL: all */
	const char *no_version;    /* an operand where VERSION is expected; NULL in the end */
	const char **bases;        /* ended by NULL */
	const char **configs;      /* likewise; NULL when none was named */
	const char **files;        /* likewise */
	enum question_kind question;    /* to be answered instead of writing anything */
	char print;                /* 'h' or 'V': to be printed instead of doing anything */
	uint32_t base_count, config_count, file_count;
	uint32_t jobs;             /* 0: as many as cores may be used */
	char prefix;
	bool all, quick, errors, dry_run, quiet, verbose, warn, strict, unresolved_fails;
	bool sync, no_sync, syslog, maps, all_versions;
};

/* Fills *options from the command line; lists are kept in `memory`. WRONG_USAGE after an error message; DONE
 * when there is only something to print. */
enum verdict parse_options(struct options *options, int count, char **arguments, struct arena *memory);

/* ---- arguments.c: command lines ------------------------------------------------------------- */

struct arguments {
	char **next;               /* ended by NULL */
	const char *known;         /* for each option "l name\n", or "l=name\n" when it takes a value */
	enum verdict (*option)(void *context, char letter, const char *value);
	enum verdict (*operand)(void *context, char *word);
	void *context;
};

/* Tells of every option and operand, until one of them is not GO_ON. A letter below ' ' cannot be typed, only
 * its name. */
enum verdict parse_arguments(struct arguments *arguments);

/* An error message of the two parts; returns WRONG_USAGE. */
enum verdict wrong_usage(const char *what, const char *word);

/* ---- modutils.c: depmod for kernels of the 2.4 series and older ------------------------------- */

/* Whether the release is that old, or a file was named that is a module of such a kernel. */
bool is_old(const struct options *options);

struct kernels;

/* Does what depmod of modutils did, for that release; `key` is for hashes of names. Returns the exit status. */
int modutils(const struct kernels *kernels, const char *release, uint64_t key, struct arena *memory,
	     struct arena *scratch, struct text *standard_output);

/* ---- dot.c, explain.c: answers about a tree, for a person ------------------------------------ */

struct inquiry {
	const char *module;        /* a name, or a path: absolute or below the tree; NULL: all */
	const struct config *config;
	const struct tree *tree;   /* with the losers */
	const struct loaded *loaded;
	const struct graph *graph;
	bool kernel_known;         /* its symbols are */
	struct text *out;
	struct arena *memory, *scratch;
};

/* The graph of all modules, or of one, what it needs and what needs it, in Graphviz's language. */
bool dot(const struct inquiry *inquiry);

/* What is known of the module, and why. Both return false after an error message. */
bool explain(const struct inquiry *inquiry);

/* The number of the module; *loser is the file that was asked for, where that is one that does not count, else NULL.
 * NONE after an error message, which knows what is built into the kernel, and a name that is near. */
uint32_t find_module(const struct inquiry *inquiry, const struct module **loser);

/* ---- lookup.c: modules by name, alias or file, and what belongs to them ---------------------- */

enum { KOS_MAX = 1 << 17 };    /* modules that one run has to do with */

/* A module as the rules and the database know it; `ko` is what its file's name ends in. */
struct ko {
	const char *name, *alias;  /* the second when that was asked for */
	const char *path;          /* NULL: none is known */
	struct item *dependencies;  /* as they are to be loaded */
	bool known;                /* path and dependencies are */
	bool builtin_known, builtin;
	bool planned, required;    /* in the plan; not only by a soft dependency */
	bool plain;                /* its install command does not count */
	bool leaving;              /* it is being removed, or was */
};

struct item {
	struct ko *ko;
	struct item *next;
};

struct catalog {
	struct arena *memory;
	struct database *database;
	struct rules *rules;
	struct names names;
	struct ko *kos;
	uint32_t depth;            /* of soft dependencies, while a plan is made */
};

void catalog_open(struct catalog *catalog, struct arena *memory, const char *directory,
		  const char *const *configuration);

/* All modules that a name or alias stands for; NULL when there is none. The second: the one in a file. */
struct item *look_up(struct catalog *catalog, const char *asked);
struct item *look_up_path(struct catalog *catalog, const char *path);

/* What is to be loaded, in order: dependencies, each with its soft ones, and the module. `plain`: without its own
 * soft dependencies and install command. */
struct item *plan_loading(struct catalog *catalog, struct ko *ko, bool plain);

const char *ko_path(struct catalog *catalog, struct ko *ko);  /* or NULL */
bool ko_is_builtin(struct catalog *catalog, struct ko *ko);
bool ko_is_blacklisted(const struct catalog *catalog, const struct ko *ko);
void ko_soft(struct catalog *catalog, const struct ko *ko, struct item **before, struct item **after);

/* Its INSTALL, REMOVE or SOFT_RULE, the first that there is; or NULL. */
const char *ko_command(const struct catalog *catalog, const struct ko *ko, enum rule_kind kind);

/* Its parameters by the rules, and then those of `more`, which may be NULL. */
const char *ko_parameters(const struct catalog *catalog, const struct ko *ko, const char *more);

/* ---- database.c: looking up what depmod wrote ------------------------------------------------ */

enum lookup_table {
	TABLE_DEPENDENCIES, TABLE_SYMBOLS, TABLE_ALIASES, TABLE_BUILTINS, TABLE_BUILTIN_ALIASES, TABLE_COUNT
};

struct match {
	const char *value;         /* of TABLE_DEPENDENCIES the line of modules.dep, else a module's name */
	uint32_t priority;
	const struct match *next;
};

/* Files are read when they are first needed. */
struct database {
	const char *directory;     /* of the kernel's modules */
	struct arena *memory;
	struct span content[TABLE_COUNT];
	enum { UNREAD, INDEX, TEXT, NOTHING } form[TABLE_COUNT];
};

/* What the table has for a key: a module's name, or what an alias may match. By priority; NULL when there is
 * nothing. An index that is missing or damaged is a warning when the text file in its place can be read. */
const struct match *database_find(struct database *database, enum lookup_table table, const char *key);

/* Prints `alias KEY VALUE` for all there is in TABLE_ALIASES or TABLE_SYMBOLS. */
void database_print(struct database *database, enum lookup_table table, struct text *out);

/* ---- rules.c: modprobe.d --------------------------------------------------------------------- */

struct rule {
	enum rule_kind kind;
	const char *name, *value;  /* the first normalized; BLACKLIST has no value */
	struct rule *next;
};

struct rules {
	struct conf conf;
	struct rule *rules, **last;
};

/* Reads all of modprobe.d as conf_read() does, with `first`, and then the kernel's command line. */
void rules_read(struct rules *rules, struct arena *memory, const char *const *paths, const char *first);

/* The first rule of that kind from this one on, or NULL; and the word that the kind's lines begin with. */
const struct rule *next_rule(const struct rule *rule, enum rule_kind kind);
const char *rule_command(enum rule_kind kind);

/* ---- running.c: the running kernel ----------------------------------------------------------- */

enum module_state { ABSENT, CHANGING, LIVE };

enum module_state running_state(struct arena *scratch, const char *name);
uint32_t running_uses(struct arena *scratch, const char *name);
struct words *running_holders(struct arena *memory, const char *name);

/* Both return 0 or an errno. A file that cannot be opened or decompressed is an error message as well. */
int running_insert(struct arena *scratch, const char *path, const char *parameters, bool no_versions,
		   bool no_vermagic);
int running_remove(const char *name, bool force);

/* ---- kernels.c: where modules stand, and of which kernels ------------------------------------ */

struct kernels {
	const struct options *options;
	struct arena *memory, *scratch;
	const char **directories;  /* BASE/MODULEDIR of each base, absolute */
	uint32_t count;
	const char *below;         /* MODULEDIR, for what is written elsewhere */
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
void kernels_locate(struct kernels *kernels, const struct options *options, struct arena *memory,
		    struct arena *scratch);

/* All there are, each once, in byte order, ended by NULL. None is an error message. */
const char *const *kernels_list(const struct kernels *kernels);

/* Opens the roots of the release's tree. Of several, not all need be there. False after an error message; it names
 * the releases that are there when this one is not. */
bool kernels_open(const struct kernels *kernels, const char *release, struct tree *tree);

/* The directory that the release's files go to, with a `/` at the end. */
char *kernels_output(const struct kernels *kernels, const char *release);

/* ---- oldtree.c: which files are modules of the 2.4 series -------------------------------------- */

struct modulesconf;

/* Absolute paths, ended by NULL, of all modules below the paths of the configuration, in the order in which they count;
 * each file once, however many links lead to it. *unread is set when a part could not be read. */
const char **old_modules(const struct modulesconf *conf, bool *unread, struct arena *memory, struct arena *scratch);

/* ---- scan.c: which files are modules, and which of them counts ------------------------------- */

/* Finds the modules below the tree's roots and in the external directories, settles which of equal names
 * counts, and orders them. What cannot be read is an error message and the walk goes on; losers are
 * warned about if `tell_losers`. Returns 0, or the errno that kept a root itself from being read. */
int scan(struct tree *tree, const struct config *config, bool tell_losers, struct arena *memory,
	 struct arena *scratch);

/* The same for files that the person named, given with absolute paths; 0 or an errno. */
int scan_named(struct tree *tree, const struct config *config, const char *const *paths, bool tell_losers,
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

struct timespec;
bool newer(const struct timespec *a, const struct timespec *b);

/* modules.dep separates by blanks, colons and newlines, and has no way to quote one. */
bool can_be_listed(const char *path);

/* Tells of each .o and .o.gz below the absolute directory `path`, of which the files will not say the first `hidden`
 * bytes; false when a part of it could not be read. */
typedef void object_found(void *context, const char *path);
bool scan_objects(const char *path, size_t hidden, const struct config *config, object_found *found, void *context,
		  struct arena *memory);

/* Whether no module of the tree is newer than `file`. */
bool up_to_date(struct tree *tree, const struct config *config, const char *file, struct arena *memory);

/* ---- modulesconf.c: modules.conf of the 2.4 series -------------------------------------------- */

enum { OLD_FILES = 8 };

/* The names of the files that are written, in the order in which they are shown; modules.dep comes first. */
const char *old_file_name(uint32_t number);

struct modulesconf {
	/* Given: the release; what begins each path of a module and of a file that is written; the directory of all
	 * versions, with a `/` at its end. */
	const char *release, *base, *output, *modules;

	const char *path;          /* of the file; NULL: there is none */
	const char *files[OLD_FILES];  /* where they go; NULL: to the version's directory */
	struct words *paths;       /* directories that there are, those that count more first */
	struct words *prune;       /* names that are passed over */
};

/* Reads the file `named`, which may be NULL, or the one that the environment or the system has. False after an error
 * message: there is no file of that name. */
bool modulesconf_read(struct modulesconf *conf, struct arena *memory, const char *named);

/* Whether a directory of that name, of a version, comes before others. */
bool is_old_directory(const char *name, size_t length);

/* ---- shell.c: commands that the configuration names ------------------------------------------- */

/* Runs the command by /bin/sh, in the environment with `options` added to MODPROBE_OPTIONS. False after an error
 * message: it failed, or it is being run already, further up among those who called us. */
bool shell_run(struct arena *memory, const char *kind, const char *module, const char *command,
	       const char *options);

/* The value of the environment variable `NAME=`, or "". */
const char *environment_value(const char *name);

/* A copy with `with` in place of every `what`. */
const char *replace_all(struct arena *memory, const char *string, const char *what, const char *with);

/* ---- config.c: depmod.d ---------------------------------------------------------------------- */

struct words {
	const char *word;
	struct words *next;
};

void append_word(struct arena *memory, struct words **list, const char *word);

/* Every list stands in the order of the configuration. */
struct config {
	struct words *search;    /* directory below the tree, or one of the keywords built-in and external */
	struct words *override;  /* SUBDIR/NAME of a file that wins whatever search says; a later one goes first */
	struct words *external;  /* absolute directories outside the tree */
	struct words *exclude;   /* names of directories that are never entered */
};

/* As conf_read(), for the kernel `release`. A bad line is an error message; the rest counts. */
void config_read(struct config *config, struct arena *memory, const char *const *paths, const char *release);

/* ---- conf.c: files like those of depmod.d ---------------------------------------------------- */

enum { CONFIG_FILES_MAX = 1024 };

/* Reads the files and directories of `paths` (ended by NULL), or the standard ones when `paths` is NULL,
 * highest precedence first, in the order of their names. A file that cannot be read is an error message; one
 * that is not there is nothing. */
void conf_read(struct conf *conf, const char *const *paths);

/* A message about the line being read. */
void conf_say(const struct conf *conf, enum level level, const char *what, const char *word);

/* ---- load.c: workers that turn files into facts ---------------------------------------------- */

#define WEAK_NEED (UINT32_C(1) << 31)

/* The first character of a kept value. */
enum {
	ALIAS = 'a', SOFTDEP = 's', WEAKDEP = 'w', REFUSED = 'r',
	TABLES_FAULT = 't',        /* why device tables could not be read */
	MAP_LINE = '0',            /* + enum map */
};

/* Bytes of an alias, a soft dependency or an exported name. An index is written with a stack frame of some
 * 200 bytes for each branch on the way to a key, so this bounds the stack, too. */
enum { VALUE_MAX = 8192 };

/* What was read from one module. Numbers of names are those of the worker's table. */
struct facts {
	const char *values;        /* of modinfo, in the file's order: kind, value, NUL */
	uint32_t values_size;
	uint32_t aliases, softdeps, weakdeps;  /* how many of them */
	uint32_t worker;
	uint32_t export_count, need_count;
	const uint32_t *exports, *export_crcs;
	const uint32_t *needs, *need_crcs;  /* a need is a name, with WEAK_NEED where it is weak */
	bool has_devname;          /* an alias begins with devname: */
	bool refused;              /* there are REFUSED values or symbols (too long, or with control characters), or
	                              a TABLES_FAULT */
	bool begun, done;          /* a worker that dies leaves the second unsaid */
	bool failed, passing;      /* the module could not be read; not for its bytes, as in struct fault */
};

struct loaded {
	struct facts *facts;       /* by module */
	struct reason *reasons;    /* by file, where it failed */
	struct keeper *keepers;    /* by worker, for their names */
	uint32_t workers;
};

struct load_options {
	uint32_t jobs;             /* workers, as worker_count() has them */
	uint64_t key;              /* for the hash of names */
	bool wants_crcs, wants_maps;
	bool show_progress;        /* on a terminal */
};

/* How many workers there will be where so many are asked for; 0: as many as cores may be used. */
uint32_t worker_count(uint32_t asked);

/* Has the process go on on any core but this one, where there is another. Left to itself, a system whose idle cores look
 * busy (a virtual machine) may keep a new process waiting behind its parent for milliseconds. */
void run_elsewhere(int pid);

/* Has workers ready for the files of the tree, whose roots are known. */
struct loading *load_begin(const struct tree *tree, const struct load_options *options, struct arena *shared,
			   struct arena *memory);

/* A file that the tree may have as a module, for whoever is ready; returns its number. */
uint32_t load_offer(struct loading *loading, uint32_t root, const char *path);

/* Waits until every module of the tree, which is complete now, has been read. One that cannot be read has failed, for
 * a reason; so has one that a worker died on. What workers leave in shared memory is checked before it is believed. */
void load_end(struct loading *loading, struct loaded *loaded, struct arena *memory);

/* ---- kernel.c: the kernel's own symbols ------------------------------------------------------ */

enum kernel_file { SYSTEM_MAP, MODULE_SYMVERS, OLD_SYMBOLS };

/* Adds what the file (NULL: none) exports to `names`, which is empty, less the character `prefix` at their beginning,
 * and a CRC for each to `crcs`, which may be NULL. OLD_SYMBOLS is a System.map or /proc/ksyms of the 2.4 series. Bad lines
 * are error messages. Returns 0 or an errno. */
int kernel_read(const char *path, enum kernel_file kind, char prefix, struct names *names,
		struct arena *crcs, struct arena *scratch);

/* ---- resolve.c: owners, dependencies, order -------------------------------------------------- */

#define OWNER_KERNEL (UINT32_MAX - 1)

struct graph {
	struct names symbols;      /* all names; the kernel's are first */
	uint32_t *owner;           /* by symbol: a module, OWNER_KERNEL, or NONE */
	uint32_t **supplier;       /* by worker, by its name: the owner that a need of it leads to */
	uint32_t *first;           /* by module: where its direct dependencies begin; count + 1 of them */
	uint32_t *direct;
	uint32_t *number;          /* by module: its place in the order of dependencies */
	bool *left_out;            /* by module: damaged, in a cycle, or in need of one that is */
	uint32_t cyclic;           /* modules in cycles */
	uint32_t unresolved;       /* reports made for -e */
};

struct resolve_options {
	uint32_t kernel_symbols;   /* the first so many of graph->symbols */
	const uint32_t *kernel_crcs;  /* theirs; NULL when CRCs are not to be compared */
	struct text *show;         /* gets a line for each dependency; may be NULL */
	bool report_unresolved;    /* -e */
	bool warn;                 /* of duplicate symbols */
	char prefix;               /* -P, or 0 */
};

/* Leaves out what could not be read; resolve() comes after it, and may leave out more. */
void graph_begin(struct graph *graph, const struct tree *tree, const struct loaded *loaded,
		 struct arena *arena);
void resolve(struct graph *graph, const struct tree *tree, const struct loaded *loaded,
	     const struct resolve_options *options, struct arena *arena);

/* ---- cycles.c: modules that need each other -------------------------------------------------- */

/* Names each cycle and each module that is in one or needs one, marks those in graph->left_out, and
 * returns how many are in one. */
uint32_t leave_out_cycles(struct graph *graph, const struct tree *tree, struct arena *arena);

/* ---- output.c: the content of each output file ----------------------------------------------- */

/* Values are what modinfo alone decides: aliases and soft dependencies. */
enum file_set { ALL_FILES, VALUE_FILES, OTHER_FILES };

struct output_options {
	enum file_set set;
	bool text_only;            /* -n */
	bool maps;
	bool warn;                 /* of duplicate aliases */
};

/* Makes each file in turn and hands it to publish(); ends early, with false, when that returns false. */
bool write_outputs(const struct output_options *options, const struct tree *tree,
		   const struct loaded *loaded, const struct graph *graph,
		   bool (*publish)(void *context, const char *name, struct span content), void *context);

struct publication;

/* Adopts the files of a set that another process wrote. */
void adopt_outputs(struct publication *publication, enum file_set set);

/* ---- closure.c: all that a module needs ------------------------------------------------------ */

/* For all_dependencies(): room for every module. */
struct closure {
	uint32_t round, *seen;     /* in which round a module was last met */
	struct key *list, *spare;
};

void closure_init(struct closure *closure, uint32_t modules, struct arena *arena);

/* Puts all that the module needs, directly or not, into closure->list[].item, sorted by number; returns how
 * many. */
uint32_t all_dependencies(const struct graph *graph, uint32_t module, struct closure *closure);

/* Whether the module needs that other one, directly or not; and directly. */
bool needs(const struct graph *graph, uint32_t module, uint32_t other, struct closure *closure);
bool needs_directly(const struct graph *graph, uint32_t module, uint32_t other);

/* ---- publish.c: replacing a set of files ----------------------------------------------------- */

enum { OUTPUT_FILES_MAX = 24 };

struct publication {
	const char *path;
	int directory;
	bool sync;                 /* to the disk, before the end */
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
	struct key *keys;          /* .string: bytes 1 to 127, .length of them; .item: the number of the key's value */
	uint32_t count;
	void *spare;               /* room for as many keys */
	const struct index_value *values;
	bool sorted;               /* the keys are */
};

/* Appends the index to `out`, which is empty. Values of equal keys keep the order of the keys, which are sorted
 * afterwards. */
void index_write(struct text *out, const struct index *index);

/* What a search finds, in no particular order. */
enum { INDEX_KEY_MAX = VALUE_MAX + 16 };
typedef void index_found(void *context, const char *key, uint32_t priority, const char *value);

/* The values of a key; those of all patterns (see glob.c) that match the key, where found() gets no key; all values
 * with their keys. A file that is no index, or a damaged one, ends in bad(). */
void index_find(struct span file, const char *key, index_found *found, void *context);
void index_match(struct span file, const char *key, index_found *found, void *context);
void index_each(struct span file, index_found *found, void *context);

/* ---- facts.c: what is kept of a module ------------------------------------------------------- */

/* What one worker owns; names and facts are shared with the parent, the rest is its own. */
struct keeper {
	struct names names;
	struct arena facts, scratch;
	struct mark *marks;        /* by name */
	struct spelling *spellings;  /* of the needs */
	uint32_t *needs, *need_crcs, *exports, *export_crcs;  /* of the module being read */
	uint32_t room;             /* for so many each */
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

/* ---- confine.c: a worker's rights ------------------------------------------------------------ */

/* From here on the process can only read files and end; where the kernel has no such thing, nothing
 * changes. */
void confine(void);

/* ---- maps.c: files by which older systems find modules for devices ---------------------------- */

struct elf;

/* The first MAPS_NOW are those of the 2.6 series, in the order in which they are written. */
enum map {
	PCIMAP, USBMAP, CCWMAP, IEEE1394MAP, ISAPNPMAP, INPUTMAP, OFMAP, SERIOMAP,
	GENERIC_STRING, PARPORTMAP, PNPBIOSMAP,
	MAPS_NOW = GENERIC_STRING, MAPS_OLD = 7
};

/* Those of the 2.4 series, in their order. */
extern const uint8_t old_maps[MAPS_OLD];

const char *map_name(enum map map);

/* The header line of a map file; and a line of it, for the module in the file `path`. */
void map_begin(struct text *text, enum map map);
void map_add(struct text *text, const char *path, const char *line);

/* Tells the lines of a module, less its name: from its aliases, and for buses that it has none for from its device
 * tables; or as it was in the 2.4 series. Damaged tables end in bad(). */
typedef void map_line(void *context, enum map map, const char *line, size_t length);
void map_lines(const struct elf *elf, struct values aliases, map_line *tell, void *context);
void old_map_lines(const struct elf *elf, map_line *tell, void *context);

/* ---- modalias.c: what aliases say of devices --------------------------------------------------- */

/* The first ones are those of the 2.6 series, the last ones from PCI on those of 2.4. */
enum device_type {
	CCW, PNP, PNP_CARD, INPUT, SERIO, OF, PCI, USB, IEEE1394, ISAPNP, ISAPNP_CARD, PARPORT, PNPBIOS, DEVICE_TYPES
};

enum { DEVICE_NUMBERS = 20, INPUT_ARRAYS = 9, INPUT_WORDS = 12 };

/* What an entry says. Its numbers stand in the order of its fields, an EISA id as two. */
struct device {
	enum device_type type;
	unsigned word;             /* bytes of a long */
	bool old;                  /* of the 2.4 series */
	uint64_t numbers[DEVICE_NUMBERS];
	struct span strings[3];
	uint64_t bits[INPUT_ARRAYS][INPUT_WORDS];  /* INPUT: evbit, keybit and so on; */
	uint32_t arrays;           /* so many of them */
};

/* Fills in what the alias says; the rest, but for .word, must be 0. False when it is none of a device, or malformed. */
bool modalias_read(const char *alias, struct device *device);

/* ---- tables.c: device tables ------------------------------------------------------------------ */

typedef void device_found(void *context, const struct device *device);

/* Tells all entries of the tables of these types (bits 1 << TYPE), of the 2.4 series or the 2.6 series. Damage ends in
 * bad(). */
void tables_read(const struct elf *elf, uint32_t types, bool old, device_found *tell, void *context);

/* Packs an id of three letters (or `@`) and four hexadecimal digits, which may be followed by more. An empty one is 0, 0;
 * one that stands for any device 0xffff, 0xffff; false when it is none of these. */
bool eisa_id(struct span id, uint64_t *vendor, uint64_t *device);

/* ---- ksymtab.c: what a module of the 2.4 series exports and needs ------------------------------ */

typedef void ksymtab_found(void *context, const char *name, bool export);
void ksymtab_read(const struct elf *elf, struct arena *scratch, ksymtab_found *tell, void *context);

/* ---- object.c: any symbol, section and relocation of an ELF file ------------------------------ */

struct object {
	const struct elf *elf;
	struct span symbols, strings, indices;
	uint32_t symbol_count;
};

struct symbol {
	const char *name;
	uint64_t value, size;
	uint32_t section;          /* 0: undefined; NONE: defined, but in no section */
	uint8_t binding, type;     /* STB_ and STT_ */
};

struct relocation {
	uint64_t offset;           /* in the section that is relocated */
	uint64_t addend;           /* unless it stands in place */
	uint32_t section;          /* which that is */
	uint32_t symbol;
	bool in_place;
};

/* An integer of 1, 2, 4 or 8 bytes in the file's byte order. */
uint64_t elf_integer(const struct elf *elf, const uint8_t *p, unsigned size);

/* A damaged symbol table ends in bad(); none is an empty one. The ELF file must stay. */
void object_open(struct object *object, const struct elf *elf);
struct symbol object_symbol(const struct object *object, uint32_t number);

/* The first section of that name, or 0. */
uint32_t section_named(const struct elf *elf, const char *name);

/* Tells all relocations of a section, or of all sections (0). */
void each_relocation(const struct elf *elf, uint32_t section,
		     void (*tell)(void *context, const struct relocation *relocation), void *context);

/* ---- module.c: one module's bytes ------------------------------------------------------------ */

struct elf_sink;

/* As open_again(), without waiting for a FIFO: confine.c has the same flags. */
int module_open(int directory, const char *path);

/* Has the module in the open file parsed, decompressed if need be, with `scratch` as room. Ends in bad() when
 * it cannot be. */
void module_read(int fd, struct arena *scratch, const struct elf_sink *sink);

/* All of the module, decompressed if need be. Ends in bad() when it is none. */
struct span module_bytes(int fd, struct arena *scratch);

/* Its compression as the kernel calls it: "gzip", "xz", "zstd", or "". */
const char *module_form(int fd);

/* work(context, elf) on the ELF file that these bytes are. */
void module_examine(struct span bytes, void (*work)(void *context, const struct elf *elf), void *context);

/* elf_force() on bytes from module_bytes(), which are changed in place. */
void module_force(struct span bytes, bool no_versions, bool no_vermagic);

/* ---- gunzip.c: gzip -------------------------------------------------------------------------- */

/* The three decoders share one contract. The whole input comes in one span; the output goes to out[0] up to
 * out[capacity - 1], and is its own window; the number of bytes produced is returned. Nothing outside `in`
 * is read and nothing outside the capacity is written, not even by a wide copy. `work` is uninitialised
 * memory of the stated size, aligned to 64 bytes, and holds nothing between calls. Damaged or
 * unsupported input ends in bad(); so does output that would exceed the capacity. */

enum { GUNZIP_WORK_SIZE = 26 * 1024 };

/* Decodes RFC 1952 members one after another, each RFC 1951 data, CRC and length verified. */
size_t gunzip(struct span in, uint8_t *out, size_t capacity, void *work);

/* ---- inflate.c: deflate, the compressed data of a gzip member -------------------------------- */

enum { INFLATE_WORK_SIZE = 17 * 1024 };

/* Decodes the blocks at *in (RFC 1951), and cuts them off, to out[0] up to end[-1]. Returns the end of the output. */
uint8_t *inflate_stream(struct span *in, uint8_t *out, uint8_t *end, void *work);

/* ---- unxz.c: xz ------------------------------------------------------------------------------ */

enum { UNXZ_WORK_SIZE = 46 * 1024 };

/* Decodes the streams of The .xz File Format 1.2.0 one after another, everything verified. */
size_t unxz(struct span in, uint8_t *out, size_t capacity, void *work);

/* ---- lzma2.c: the compressed data of an xz block --------------------------------------------- */

enum { LZMA2_WORK_SIZE = 29 * 1024 };

/* Decodes the chunks at *in, and cuts them and their end mark off, to out[0] up to end[-1]. Returns the end
 * of the output. No distance may exceed the dictionary size. `work` is for 16-bit integers. */
uint8_t *lzma2(struct span *in, uint8_t *out, const uint8_t *end, uint32_t dictionary_size, void *work);

/* ---- bcj.c: the filters of xz that may come before LZMA2 ------------------------------------- */

struct filter {
	uint32_t id;
	uint32_t property;      /* start offset, or distance */
};

/* The filter with that ID; bad() when it is unknown or the properties are not fit for it. */
struct filter filter_of(uint64_t id, struct span properties);

/* Turns all the content of a block back, in place. */
void filter_undo(struct filter filter, uint8_t *bytes, size_t size);

/* ---- check.c: the integrity checks of xz beside CRC32 ---------------------------------------- */

enum { CRC64_TABLE_SIZE = 4 * 256, SHA256_SIZE = 32 };

void crc64_make_table(uint64_t *table);
uint64_t crc64(const uint64_t *table, struct span bytes);
void sha256(uint8_t *digest, struct span bytes);

/* ---- unzstd.c: zstd -------------------------------------------------------------------------- */

enum { UNZSTD_WORK_SIZE = 148 * 1024 };

/* Decodes RFC 8878 frames one after another and skips skippable ones; content size and checksum
 * verified. The contract is that of gunzip(). A frame that needs a dictionary or a window over 128
 * MiB is bad. */
size_t unzstd(struct span in, uint8_t *out, size_t capacity, void *work);

/* ---- literals.c: the literals of a zstd block ------------------------------------------------ */

enum {
	ZSTD_BLOCK_MAX = 128 * 1024,
	LITERALS_SLACK = 32,         /* bytes that may be read, not used, behind the last literal */
	HUFFMAN_BITS_MAX = 11,
};

/* Holds from block to block of a frame: the Huffman table, which later blocks may use again. */
struct literals {
	struct span in; /* the whole input, room to read on both sides of a block */
	bool has_table;
	uint16_t table[(1 << HUFFMAN_BITS_MAX) + 3]; /* 3: stores are of 4 entries */
	uint8_t buffer[ZSTD_BLOCK_MAX + LITERALS_SLACK];
};

/* Cuts the literals section off the block and decodes it. The literals stand in the input or in
 * `buffer`. */
struct span literals_read(struct literals *literals, struct span *block, size_t block_max);

/* ---- sequences.c: the sequences of a zstd block ---------------------------------------------- */

enum { FSE_LOG_MAX = 9, FSE_SYMBOLS_MAX = 53 };

/* What fse.c builds. A symbol is a code for the numbers base to base + (1 << extra_bits) - 1. The
 * next cell is number `next` plus `state_bits` bits of the stream. */
struct fse_cell {
	uint32_t base;
	uint16_t next;
	uint8_t extra_bits, state_bits;
};

struct fse_table {
	unsigned log;
	struct fse_cell cell[1 << FSE_LOG_MAX];
};

enum { SEQUENCE_TABLES = 3, REPEAT_OFFSETS = 3 };

/* What a block adds to. The frame's output stands at start to next - 1; it may grow up to `end`. */
struct frame_output {
	uint8_t *start, *next, *end;
	uint64_t window;  /* how far back a match may begin */
	size_t block_max; /* how much a block may add */
};

/* Holds from block to block of a frame: tables and offsets that later blocks may use again. */
struct sequences {
	bool has_tables;
	uint32_t repeat[REPEAT_OFFSETS]; /* the latest first */
	struct fse_table table[SEQUENCE_TABLES];
};

/* Before the first block of a frame. */
void sequences_begin(struct sequences *sequences);

/* Decodes a sequences section; with it and the literals, appends the block to the output. */
void sequences_run(struct sequences *sequences, struct frame_output *out, struct span section,
                   struct span literals);

/* bad() unless `size` bytes at `to` fit the block that begins at out->next, and the capacity. */
void check_room(const struct frame_output *out, const uint8_t *to, size_t size);

/* ---- fse.c: finite state entropy, the coding of zstd's sequences and Huffman weights --------- */

/* What symbols stand for: symbol 0 has the base `first`, each other one the number after its
 * predecessor's last. */
struct fse_codes {
	uint32_t first;
	unsigned count;
	const uint8_t *extra_bits;
};

/* Cuts a table description off s and builds the table. */
void fse_read(struct fse_table *table, struct span *s, unsigned log_max, struct fse_codes codes);

/* Builds a table from probabilities that sum up to 1 << log, -1 standing for a single cell. */
void fse_build(struct fse_table *table, unsigned log, const int16_t *probability,
               struct fse_codes codes);

/* Builds the table of one cell, which takes no bits. */
void fse_build_single(struct fse_table *table, unsigned symbol, struct fse_codes codes);

/* A stream of bits that is read from its end: `left` bits of those that begin at `start` are to be
 * read. Reading too much is not an error at once; it leaves `left` negative. */
struct bits {
	const uint8_t *start;
	ptrdiff_t left;
};

/* Its last 1 bit is a mark and none of the stream. bad() when there is no such bit in the last
 * byte. */
struct bits bits_from_end(struct span s);

enum { BITS_PEEKED = 57 };

/* The next BITS_PEEKED bits or more, in the high bits. `left` must not be negative. The 8 bytes
 * before `start` are read too; every stream has as many before it, because the magic and the
 * headers of frame and block have 9. */
static inline uint64_t bits_peek(struct bits b);

/* The highest `count` bits of what bits_peek() gave, 0 to 31 of them; the next ones move up. */
static inline uint32_t bits_next(uint64_t *window, unsigned count);

/* The number of the highest 1 bit of x, which is not 0. */
static inline unsigned highest_bit(unsigned x) { return (unsigned)__builtin_clz(x) ^ 31; }

/* ---- xxh64.c: XXH64 with seed 0, the checksum of zstd frames --------------------------------- */

struct xxh64 {
	uint64_t lane[4];
};

void xxh64_begin(struct xxh64 *hash);

/* Takes the whole 32-byte stripes there are in `bytes`; returns how many bytes they are. */
size_t xxh64_stripes(struct xxh64 *hash, const uint8_t *bytes, size_t size);

/* The hash after all stripes and a `tail` of total % 32 bytes. */
uint64_t xxh64_end(const struct xxh64 *hash, const uint8_t *tail, uint64_t total);

/* ---- crc.c: CRC-32 as gzip, xz and Ethernet use it (RFC 1952 section 8) ---------------------- */

enum { CRC32_TABLE_SIZE = 8 * 256 };

void crc32_make_table(uint32_t *table);

/* The CRC of `size` bytes that follow bytes with the CRC `crc`; 0 to begin. */
uint32_t crc32(const uint32_t *table, uint32_t crc, const uint8_t *bytes, size_t size);

/* ---- elf.c: what a module says --------------------------------------------------------------- */

/* Where a module's bytes come from: read() gives `size` bytes at `offset`, good until elf_read() returns,
 * or ends in bad_fault() about `what`. expect() tells that much of what is there will be read soon. */
struct source {
	struct span (*read)(struct source *source, uint64_t offset, uint64_t size, const char *what);
	void (*expect)(struct source *source, uint64_t offset, uint64_t size);
};

/* What is done with what is found, in the order of the file. Names end in NUL. A version() may name a need
 * that need() told before, or a new one. */
struct elf_sink {
	void *context;
	bool wants_crcs;           /* of exports; else they come as anything */
	void (*modinfo)(void *context, struct span strings);
	void (*export)(void *context, const char *name, size_t length, uint32_t crc);
	void (*need)(void *context, const char *name, size_t length, bool weak);
	void (*version)(void *context, const char *name, size_t length, uint32_t crc);
	void (*aliases)(void *context, struct span strings);  /* of .modalias: values without alias= */
	void (*more)(void *context, const struct elf *elf);  /* at the end; NULL: nothing more is wanted */
};

bool is_elf(struct span start);

struct elf_form {
	bool wide, big;            /* 64 bits; the most significant byte first */
	uint16_t machine;
};

/* Of the whole file, or its beginning. */
struct elf_form elf_form(struct span start);

void elf_read(struct source *source, const struct elf_sink *sink);

/* Makes the kernel take the module without a look at its symbols' versions, or at the kernel it was made for. What
 * the source reads must be the bytes themselves, writable. */
void elf_force(struct source *source, bool no_versions, bool no_vermagic);

/* The rest is for those who look for more in the file: object.c. */

/* Where a field stands in its record, and its size in bytes. */
struct field {
	uint8_t at, size;
};

/* The two word sizes differ only in these numbers. */
struct layout {
	uint8_t header_size, section_size, symbol_size, word;
	struct field e_shoff, e_shentsize, e_shnum, e_shstrndx;
	struct field sh_name, sh_type, sh_offset, sh_size, sh_link, sh_info;
	struct field st_name, st_value, st_size, st_info, st_shndx;
};

/* The sections that elf.c reads; the rest of the table is passed over. */
enum wanted {
	MODINFO, SYMTAB, STRTAB, KSYMTAB_STRINGS, VERSIONS, EXTENDED_CRCS, EXTENDED_NAMES, SYMTAB_SHNDX, MODALIAS,
	WANTED_COUNT
};

struct section {
	const uint8_t *header;
	uint64_t offset, size;
	uint32_t info;
	bool present;
};

struct elf {
	struct source *source;
	const struct elf_sink *sink;
	const struct layout *layout;
	bool big;
	uint16_t machine;
	struct span table;         /* the section headers */
	struct span names;         /* of the sections; ends in NUL */
	uint32_t section_count;
	struct section sections[WANTED_COUNT];
};

/* Reads the headers, and finds those sections. */
void elf_open(struct elf *elf, struct source *source);

/* A section by its number, bad(why) when there is none; and its bytes. */
struct section elf_section(const struct elf *elf, uint32_t number, const char *why);
struct span elf_bytes(const struct elf *elf, struct section section, const char *what);

/* ---- nearest.c: what a misspelt word was meant to be ------------------------------------------ */

struct nearest {
	struct span word;
	struct span found;         /* .p is NULL: nothing is near */
	unsigned distance;
};

/* Keeps the candidate in nearest->found when it is nearer to the word than all before, and at most a third of the
 * word wrong. */
void nearest_try(struct nearest *nearest, struct span candidate);

/* ---- glob.c: shell patterns, for aliases ----------------------------------------------------- */

bool glob_matches(const char *pattern, const char *text);

/* ---- regex.c: POSIX extended regular expressions, for KERNEL patterns ------------------------ */

/* Whether `pattern` matches anywhere in `text` (both NUL-ended), as POSIX.1-2017 chapter 9.4 says, in the C
 * locale, without back-references. *valid tells whether the pattern is well formed; a malformed one, or
 * one beyond the matcher's limits, matches nothing. Time is bounded by pattern size times text length. */
bool regex_matches(const char *pattern, const char *text, bool *valid);

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

/* ---- path.c: paths and names of modules ------------------------------------------------------ */

const char *base_name(const char *path);

/* How much of a file's name stands before its suffixes: what is up to the first dot. */
size_t stem_length(const char *name);
bool ends_in(const char *string, const char *end);  /* and is longer */
bool is_object(const char *path);  /* .o or .o.gz, a module of the 2.4 series */

/* As it is when it begins with a slash; else below the working directory. */
const char *absolute_path(struct arena *memory, const char *path);

/* As names and aliases are compared and stored in indexes: with `_` for `-`, but for those in `[...]`. False
 * when a bracket has no partner. */
bool normalize(char *name);

/* Without the slashes at the end. */
size_t unslashed_length(const char *path);

/* DIRECTORY/NAME with one slash between them, or NAME alone when the directory is "". */
char *join_path(struct arena *memory, const char *directory, const char *name);

/* The file name up to its first dot, with `_` for `-`. */
const char *module_name(struct arena *memory, const char *path);

/* ---- tree.c: what stands beside the modules of a tree ------------------------------------------ */

/* What stands before the module's path in messages. */
const char *told_root(const struct tree *tree, const struct module *module);

/* Reads a file that stands beside the modules of a root. False, and no content, after a warning; none is given where
 * a later root does not have it. */
bool read_beside(const struct tree *tree, uint32_t root, const char *name, struct arena *arena,
		 struct span *content);

/* ---- file.c: reading files and directories --------------------------------------------------- */

enum { CURRENT_DIRECTORY = -100 };  /* AT_FDCWD */
enum file_kind { REGULAR_FILE, ANY_FILE };

/* What an errno says of a file. The system's own trouble (out of memory or of descriptors) is `passing`.
 * Where it meets the functions below, it ends the whole work in bad(): to go on would be to lose something
 * for nothing. */
struct fault system_fault(int error);

/* openat(2), for reading without a trace where that may be, and stat(2), tried again when a signal came between. The
 * second returns 0 or an errno. */
int open_again(int directory, const char *path, int flags);
struct stat;
int stat_again(int directory, const char *path, struct stat *st);

/* The whole file into `arena`. REGULAR_FILE refuses a FIFO, a device or a directory without waiting for it.
 * Returns 0 or an errno; a file that is there but breaks off (EIO) ends the work, too. */
int file_read(struct arena *arena, int directory, const char *path, enum file_kind kind,
	      struct span *content);

enum { DIRECTORY_BUFFER = 32768, SMALLEST_ENTRY = 24 };

struct directory {
	const char *path;
	int fd, error;
	uint32_t at, count;        /* of the entries in hand */
	struct key entries[DIRECTORY_BUFFER / SMALLEST_ENTRY], spare[DIRECTORY_BUFFER / SMALLEST_ENTRY];
	uint8_t records[DIRECTORY_BUFFER];
};

int directory_open(struct directory *directory, int at, const char *path);
void directory_close(struct directory *directory);

/* The next name but . and .., good until the next call, and its type as in <dirent.h>; NULL at the end, or
 * when directory->error tells why not; then it is closed. As far as they come at once, names are in the order of
 * inodes: what stands there is read from a disk faster than in the order of a directory. */
const char *directory_next(struct directory *directory, unsigned char *type);

/* ---- sort.c ---------------------------------------------------------------------------------- */

/* Both are stable; `spare` is room for n keys. By the strings' bytes (of which none is 0), or by .chunk. */
void sort_strings(struct key *keys, struct key *spare, size_t n);
void sort_chunks(struct key *keys, struct key *spare, size_t n);

/* ---- report.c: messages ---------------------------------------------------------------------- */

struct report_settings {
	const char *program;       /* what messages begin with; NULL: as before, depmod at first */
	bool quiet, verbose;
	bool silent;               /* nothing at all */
	bool syslog;               /* to /dev/log, where it is */
};

void report_setup(struct report_settings settings);

/* One message of several parts, ended by NULL. */
void report(enum level level, const char *const *parts);
void report_fault(enum level level, const char *subject, const struct fault *fault);
const char *fault_text(struct reason *reason, const struct fault *fault);

/* The end of what -v tells; `begun` is what times(2) said then. */
void report_sums(uint32_t modules, uint32_t symbols, uint32_t aliases, uint32_t files, uint32_t begun);

/* What an errno means. */
const char *error_text(int number);

/* The parts as arguments, which take fewer bytes than an array; REPORT_PARTS_MAX at most. */
enum { REPORT_PARTS_MAX = 16 };
void report_parts(enum level level, ...) __attribute__((sentinel));

#define REPORT(level, ...) report_parts(level, __VA_ARGS__, (char *)NULL)
#define error(...) REPORT(ERROR, __VA_ARGS__)
#define warning(...) REPORT(WARNING, __VA_ARGS__)
#define info(...) REPORT(INFO, __VA_ARGS__)

/* At the end of standard output: whether any of it could not be written, which is an error message. */
bool text_close(struct text *text);

/* ---- progress.c: a line on a terminal while the work takes its time -------------------------- */

/* What the run and the process that shows its progress have in common. */
struct progress {
	uint32_t found;            /* modules, while there may be more */
	uint32_t total;            /* all of them; 0: not known */
};

/* The run begins: its first second is silent, however many kernels it is for. */
void progress_clock(void);

/* From then on, when standard error is a terminal, one line tells how many of the modules are done(), until
 * progress_end(), or a message, after which it may begin again. done() is called by another process; *progress is in memory
 * shared with that. Does nothing when there is a line already. Ctrl-C, of which the run dies, erases the line, too. */
void progress_begin(uint32_t (*done)(const void *context), const void *context, const struct progress *progress);
void progress_end(void);

/* In a process that will never say anything: the line is none of its business, on Ctrl-C neither, when one that is confined
 * would die of asking whether it is. */
void progress_leave(void);

/* For whoever waits for a process that may have a line: Ctrl-C ends the one who waits after that, not before. */
void progress_hold(bool held);

/* ---- arena.c: memory ------------------------------------------------------------------------- */

/* Finds out whether the system grants `total` bytes of address space; where not, all sizes become a half, a
 * quarter and so on: arena_share() of what they are meant to be. */
void arena_plan(size_t total);
size_t arena_share(size_t size);

/* Address space of arena_share(size) bytes, `shared` with processes forked later. None to be had ends in
 * bad(). */
void arena_reserve(struct arena *arena, const char *name, size_t size, bool shared);

/* Room for `count` objects of `size` bytes, not cleared. `alignment` is a power of two, 64 at most. */
void *arena_take(struct arena *arena, size_t count, size_t size, size_t alignment);

/* The text, which was opened with the arena's room, with a NUL behind: it stays. */
char *arena_text(struct arena *arena, struct text *text);

/* A copy of the bytes, with a NUL behind; and words that all have one value. */
char *arena_string(struct arena *arena, const char *string, size_t length);
char *arena_copy(struct arena *arena, struct span bytes);
uint32_t *new_words(struct arena *arena, size_t count, uint32_t value);

/* Back to where `used` was; pages beyond `keep` more bytes go back to the system. */
void arena_rewind(struct arena *arena, size_t used, size_t keep);

/* ---- text.c: bytes being written, lines and words being read --------------------------------- */

/* An empty text with all of the arena's room; nothing else may be taken from it until it is done. */
void text_open(struct text *text, struct arena *arena);

void text_add(struct text *text, const void *bytes, size_t size);

/* Room for so many bytes, which the caller fills, in a text that goes nowhere (fd is -1). */
char *text_room(struct text *text, size_t size);

void text_string(struct text *text, const char *string);

/* With `?` for what would steer a terminal or forge a line. */
void text_harmless(struct text *text, const char *bytes, size_t size);
/* The strings, ended by NULL, and a newline. */
void text_line(struct text *text, ...) __attribute__((sentinel));
void text_flush(struct text *text);

struct number {
	char digits[24];
};

const char *decimal(struct number *buffer, uint64_t value);

/* Reads digits from *string on and moves it behind them; false when there are none, or too many. */
bool parse_unsigned(const char **string, uint32_t *value);

/* Cut the next line (without its newline) or word off; false when there is none. */
bool next_line(struct span *rest, struct span *line);
bool next_word(struct span *line, struct span *word);
bool span_is(struct span s, const char *string);
/* Whether among the bytes is a control character; one of three; none beyond ASCII. */
bool has_control(const char *string, size_t length);
bool has_any(const char *string, size_t length, char a, char b, char c);
bool is_ascii(const char *string, size_t length);

/* The next value of that kind and its length; NULL when there is no more. */
const char *next_value(struct values *values, size_t *length);

/* ---- span.c: untrusted bytes ----------------------------------------------------------------- */

/* Runs work(argument). Whatever it runs may call bad(), which ends it at once and only it: attempt()
 * then returns false and says why in *fault. Attempts nest; the innermost one is left. */
bool attempt(void (*work)(void *), void *argument, struct fault *fault);

_Noreturn void bad(const char *why);
_Noreturn void bad_at(const char *why, uint64_t offset);
_Noreturn void bad_in(const char *what, const char *why);
_Noreturn void bad_fault(struct fault fault);

struct span span_of(const void *bytes, size_t size);

static inline size_t span_size(struct span s) { return (size_t)(s.end - s.p); }

/* Cuts the first `size` bytes off s; bad(why) when it has fewer. */
struct span take(struct span *s, uint64_t size, const char *why);

/* The same for compressed data. */
#define DATA_ENDS "compressed data ends too early"
struct span take_data(struct span *s, uint64_t size);

/* The `size` bytes at `offset` of s; bad_at(why, offset) when they are not all inside. */
struct span cut(struct span s, uint64_t offset, uint64_t size, const char *why);

/* The string at `offset` of s, proven to end inside it; else bad_at(why, offset). */
const char *string_at(struct span s, uint64_t offset, const char *why);

/* Eight bytes as they lie in memory: for comparing and hashing, where order does not matter. */
static inline uint64_t any64(const void *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* memcmp() and strlen() are calls, and names are short and many. */
static inline bool same_bytes(const char *a, const char *b, size_t size)
{
	size_t i = 0;

	if (size < 8) {
		while (i < size && a[i] == b[i])
			i++;
		return i == size;
	}
	for (; i + 8 <= size; i += 8)
		if (any64(a + i) != any64(b + i))
			return false;
	return any64(a + size - 8) == any64(b + size - 8);
}

static inline void copy_bytes(char *to, const char *from, size_t size)
{
	size_t i = 0;
	uint64_t last;

	if (size < 8) {
		for (; i < size; i++)
			to[i] = from[i];
		return;
	}
	last = any64(from + size - 8);
	for (; i + 8 <= size; i += 8)
		memcpy(to + i, from + i, 8);
	memcpy(to + size - 8, &last, 8);
}

/* Integers from bytes, whatever the host's own order and alignment. Each becomes one load, so none is a
 * call. */
#define INLINE static inline __attribute__((always_inline))
/* Not worth many bytes, nor copies: what runs seldom in rooms that are built for speed. */
#define COLD __attribute__((cold, noinline))
/* The loops that such rooms are about. They call nothing that is COLD, which would make them cold, too. */
#define HOT __attribute__((hot, noinline))

INLINE uint16_t le16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
INLINE uint32_t le32(const uint8_t *p) { return le16(p) | (uint32_t)le16(p + 2) << 16; }
INLINE uint64_t le64(const uint8_t *p) { return le32(p) | (uint64_t)le32(p + 4) << 32; }
INLINE uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
INLINE uint32_t be32(const uint8_t *p) { return (uint32_t)be16(p) << 16 | be16(p + 2); }
INLINE uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }

/* Written out, compilers make one store of it. */
INLINE void put_le64(uint8_t *p, uint64_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
	p[2] = (uint8_t)(value >> 16);
	p[3] = (uint8_t)(value >> 24);
	p[4] = (uint8_t)(value >> 32);
	p[5] = (uint8_t)(value >> 40);
	p[6] = (uint8_t)(value >> 48);
	p[7] = (uint8_t)(value >> 56);
}

/* A number for eight bytes at once: the byte 1 in each, and the high bit of each. */
#define ONES UINT64_C(0x0101010101010101)
#define HIGH (ONES << 7)

/* Not 0 when one of the eight bytes is zero: there subtracting one borrows, and the byte itself has no high bit. Of the high
 * bits that are set then, the lowest is that of the first such byte. */
INLINE uint64_t zero_byte(uint64_t word)
{
	return (word - ONES) & ~word & HIGH;
}

/* The length of a string that ends with NUL, or else with `end`; eight bytes at a time while there are as many. */
static inline size_t length_within(const char *string, const uint8_t *end)
{
	const uint8_t *p = (const uint8_t *)string;

	for (; (size_t)(end - p) >= 8; p += 8) {
		uint64_t zero = zero_byte(le64(p));

		if (zero)
			return (size_t)(p - (const uint8_t *)string) + (size_t)__builtin_ctzll(zero) / 8;
	}
	while (p < end && *p)
		p++;
	return (size_t)(p - (const uint8_t *)string);
}

/* Cuts the next string off, without its NUL; false when there is none. */
static inline bool next_string(struct span *rest, struct span *string)
{
	if (rest->p == rest->end)
		return false;
	string->p = rest->p;
	string->end = rest->p + length_within((const char *)rest->p, rest->end);
	rest->p = string->end + (string->end < rest->end);
	return true;
}

/* Of 1, 2, 4 or 8 bytes. */
INLINE uint64_t integer_at(const uint8_t *p, unsigned size, bool big)
{
	switch (size) {
	case 1: return *p;
	case 2: return big ? be16(p) : le16(p);
	case 4: return big ? be32(p) : le32(p);
	default: return big ? be64(p) : le64(p);
	}
}

static inline uint64_t bits_peek(struct bits b)
{
	return le64(b.start + ((b.left + 7) >> 3) - 8) << (-b.left & 7);
}

static inline uint32_t bits_next(uint64_t *window, unsigned count)
{
	*window = *window << count | *window >> (-count & 63);
	return (uint32_t)*window & ((UINT32_C(1) << count) - 1);
}

#endif
