/* modprobe.h: the program modprobe, which has the running kernel load and remove modules, and its other commands. Each section describes a room
 * (a .c file), which calls only rooms described below it, and rooms of depmod.h. */
#ifndef MODPROBE_H
#define MODPROBE_H

#include "../depmod.h"

/* Kinds of lines in modprobe.d; the words they begin with are in rules.c. */
enum rule_kind { BLACKLIST, INSTALL, REMOVE, ALIAS_OF, PARAMETERS, SOFT_RULE, WEAK_RULE, RULE_KINDS };

/* Called for each value that a search finds, in no particular order. Behind the bytes of the key and of the value stands
 * NUL; they may be gone after the call. */
typedef void index_found(void *context, struct span key, uint32_t priority, struct span value);

/* How many bytes a piece of an index has. Of a small one, borders are met more often, so fuzz targets choose their own. */
#ifndef INDEX_PIECE
#define INDEX_PIECE 2048
#endif

/* A binary index that is being read, piece by piece. */
struct index_file {
	int fd;
	size_t size;
	uint8_t *bytes; /* room for all of the file */
	bool *read;     /* by number of the piece: it stands in its place in .bytes */
	bool whole;     /* all pieces do */
};

struct ko;
struct item;
struct catalog;

/* The commands. Up to COMMAND_KMOD, the program's own name may be one of them; those behind it stand behind kmod. */
enum command {
	COMMAND_MODPROBE,
	COMMAND_MODINFO,
	COMMAND_INSMOD,
	COMMAND_RMMOD,
	COMMAND_LSMOD,
	COMMAND_KMOD,
	COMMAND_LIST,
	COMMAND_STATIC_NODES,
	COMMAND_COUNT
};

/* Options of modprobe by their letters, or what stands in place of one. */
enum option {
	REMOVE_HOLDERS = 1,
	FIRST_TIME,
	FORCE_VERSIONS,
	FORCE_VERMAGIC,
	SHOW_VERSIONS,
	SHOW_EXPORTS,
	CONFIG_FROM_BASE,
	ALL = 'a',
	USE_BLACKLIST = 'b',
	CONFIG = 'C',
	SHOW_CONFIG = 'c',
	BASE_DIRECTORY = 'd',
	SHOW_DEPENDS = 'D',
	FORCE = 'f',
	IGNORE_COMMANDS = 'i',
	LIST_FILES = 'l',
	DRY_RUN = 'n',
	QUIET = 'q',
	REMOVE_THEM = 'r',
	RESOLVE = 'R',
	RELEASE = 'S',
	SYSLOG = 's',
	VERBOSE = 'v',
	WAIT = 'w',
};

/* One run of a command: its options, and what it works with. */
struct probe {
	bool given[128]; /* by letter: the option was given */
	enum command command;
	const struct base *base; /* -d; of modinfo: -b */
	const char *release;
	const char **configs, **names;           /* -C; operands; both ended by NULL */
	uint32_t config_count, name_count, wait; /* wait: milliseconds */
	bool from_environment;                   /* the options being read come from MODPROBE_OPTIONS */
	struct text passed_on;                   /* options that go to any modprobe that our commands call */
	char **arguments;
	struct arena memory, scratch;
	struct catalog *catalog;
	struct text out;         /* standard output */
	int status;              /* exit status */
	const char *values[128]; /* of options, for value_of() */
	char output[16384];
};

/* ---- modprobe.c: the command modprobe ----------------------------------------------------------- */

void modprobe(struct probe *p);

/* ---- modinfo.c: the command modinfo -------------------------------------------------------------- */

void modinfo(struct probe *p);

/* Writes what modinfo shows of the module, or of the part of the kernel, in the open file. */
struct view {
	struct text *out;
	const char *field;   /* -F: only its values; NULL: all */
	const char *builtin; /* the name of what is part of the kernel; NULL: the file is a module */
	char separator;      /* behind each value */
	uint32_t count;      /* of parameters of the module */
};

void view_bytes(struct view *view, struct span bytes);

/* ---- insmod.c, rmmod.c, lsmod.c, nodes.c: small commands ---------------------------------------- */

void insmod(struct probe *p);
void rmmod(struct probe *p);
void lsmod(struct probe *p);
void static_nodes(struct probe *p);

/* ---- showing.c: the configuration, and the symbols of modules ---------------------------------- */

/* Prints the configuration, and the aliases and symbols of all modules. */
void show_configuration(struct probe *p);

/* Prints the paths of all modules whose names match one of those that were named, or of all modules. */
void list_files(struct probe *p);

/* Prints the symbols that the modules which were named need or export, with their CRCs. */
void show_symbols(struct probe *p);

/* ---- loading.c: loading modules ----------------------------------------------------------------- */

/* Loads the modules that the command line names, or shows what they are. */
void load_named(struct probe *p);

/* What stands behind the first name, separated by blanks. */
const char *given_parameters(struct probe *p);

/* ---- removing.c: removing modules --------------------------------------------------------------- */

/* Removes the modules that the command line names. */
void remove_named(struct probe *p);

/* Removes the module, and nothing else. False after a message. */
bool remove_one(struct probe *p, const char *name);

/* ---- finding.c: what a name on the command line means -------------------------------------------- */

/* Whether the name says that it is a file's: it begins with a slash, ./ or ../ */
bool is_path(const char *name);

/* The modules that a name, an alias or a path means; NULL, after a message, when there are none. */
struct item *find_modules(struct probe *p, const char *name);

/* Says that a module is not there, and what may be the reason. */
void not_found(struct probe *p, const char *name);

/* ---- reading.c: what modules' files hold ---------------------------------------------------------- */

/* A file, and what is to be done with it. */
struct reading {
	const char *name; /* path of the module, or name of a part of the kernel */
	const char *path; /* NULL: the file is modules.builtin.modinfo */
	int fd, failed;   /* for read(): the open file; or -1, and the errno */
	void (*read)(struct probe *p, const struct reading *file); /* prints to p->out; may end in bad() */
};

/* Opens the file, and has read() called in a process that has no rights, at finish_reading() at the latest. What
 * read() printed goes to standard output, with ? in place of characters that could steer a terminal. When it ended in
 * bad(), or the process died, that is an error message, and the exit status will be 1. */
void begin_reading(struct probe *p, struct reading file);
void finish_reading(struct probe *p);

/* ---- steps.c: a step of loading or removing ------------------------------------------------------ */

/* Prints a step like `insmod PATH PARAMETERS` for -v, -n and -D. */
void show_step(struct probe *p, const char *what, const char *object, const char *more);

/* Has the shell run the command of the configuration; returns 0 or an errno. */
int run_rule(struct probe *p, const char *kind, const struct ko *ko, const char *command, const char *parameters);

/* ---- run.c: what the commands have in common ------------------------------------------------------ */

const char *command_name(enum command command);

/* COMMAND_COUNT where there is none of that name. */
enum command command_named(const char *name);

/* For parse_arguments(). note_option() prints the help or the version when it is asked to. */
enum verdict note_option(struct probe *p, char letter, const char *value);
enum verdict note_operand(void *context, char *word);

/* The value that the option was given; NULL when it was not given. */
const char *value_of(const struct probe *p, char letter);

/* Reads the options of a small command, see parse_arguments(). False when there is nothing more to do. */
bool begin_command(struct probe *p, const char *known);

/* False, after a message that begins with `what`, when the command line has no operand. */
bool needs_name(struct probe *p, const char *what);

/* Reports the errno; returns false, and the exit status will be 1. */
bool fails(struct probe *p, const char *what, int failed);

/* Adds bytes of a file, with ? in place of characters that could steer a terminal: all control characters but newlines,
 * tabs and NUL. */
void add_span(struct text *text, struct span bytes);

/* Adds blanks to a text of `size` bytes until it is `width` bytes wide. */
void pad(struct text *text, size_t size, size_t width);

/* The directory of the modules of the release and the base that were asked for. */
struct location modules_place(struct probe *p);

/* Sets p->base and p->release to what the options of these letters say. */
void set_place(struct probe *p, char base, char release);

/* Opens p->catalog with the configuration that catalog_open() is told of. Soft dependencies are left out where the
 * command only finds modules. */
void open_catalog(struct probe *p, const struct base *base, const char *const *configuration);
extern const char *const no_configuration[];

/* ---- lookup.c: modules by name, alias or file, and what belongs to them ---------------------- */

enum { KOS_MAX = 1 << 17 }; /* records of modules in one run */

/* Record of a module, named after the .ko at the end of file names. Where several aliases lead to one module, each has
 * a record of its own, as parameters may be given for an alias. */
struct ko {
	const char *name, *alias;    /* alias, or its pattern in modprobe.d, that led to the module; NULL: none */
	const char *path;            /* absolute path of the file; NULL: not known */
	struct item *dependencies;   /* modules that this one needs, in the order of loading */
	bool known;                  /* `dependencies` has been looked up */
	bool builtin_known, builtin; /* `builtin` has been looked up; the module is built into the kernel */
	uint32_t plan;               /* number of the last plan that the module was in */
	bool planned, required;      /* in that plan; and not only as a soft dependency */
	bool plain;                  /* -i: its install command is not to be run */
	bool leaving;                /* this run is removing it, or has done so */
};

/* A list of modules. */
struct item {
	struct ko *ko;
	struct item *next;
};

/* All that one run knows of modules. */
struct catalog {
	struct arena *memory;
	struct database *database;
	struct rules *rules;
	struct names names; /* NAME or NAME/ALIAS of each record */
	struct ko *kos;     /* records, by the id of their name */
	uint32_t plan;      /* number of the plan that is being made, or was made last */
	uint32_t depth;     /* calls of plan() inside each other */
};

/* Reads the configuration from the files and directories of `configuration` (ended by NULL), or from the standard ones
 * in the base when that is NULL. `place` is the directory of the kernel's modules. What depmod wrote about soft and weak
 * dependencies is read when `soft`. */
void catalog_open(struct catalog *catalog, struct arena *memory, struct location place, const struct base *base,
		  const char *const *configuration, bool soft);

/* All modules that a name or alias stands for; NULL when there is none, or the name is malformed. */
struct item *look_up(struct catalog *catalog, const char *asked);

/* The module of exactly that name; only the running kernel may know it. */
struct ko *ko_named(struct catalog *catalog, const char *name);

/* A list of one: the module in the file. NULL when there is no such file. */
struct item *look_up_path(struct catalog *catalog, const char *path);

/* A list of one: the module whose file modules.dep has at that path. NULL when it has none. */
struct item *look_up_listed(struct catalog *catalog, const char *path);

/* The modules to load, in order: the dependencies of `ko`, each among its own soft dependencies, then `ko`. When
 * `plain`, the soft dependencies and the install command of `ko` itself do not count. */
struct item *plan_loading(struct catalog *catalog, struct ko *ko, bool plain);

/* The absolute path of the module's file, or NULL. */
const char *ko_path(struct catalog *catalog, struct ko *ko);

bool ko_is_builtin(struct catalog *catalog, struct ko *ko);
bool ko_is_blacklisted(const struct catalog *catalog, const struct ko *ko);

/* The module's soft dependencies: those to load before it, and those to load after it. */
void ko_soft(struct catalog *catalog, const struct ko *ko, struct item **before, struct item **after);

/* The value of the first rule for the module of this kind: INSTALL, REMOVE or SOFT_RULE. NULL when there is none. */
const char *ko_command(const struct catalog *catalog, const struct ko *ko, enum rule_kind kind);

/* The module's parameters, separated by blanks: those of all rules, then those of `more`, which may be NULL. */
const char *ko_parameters(const struct catalog *catalog, const struct ko *ko, const char *more);

/* ---- database.c: looking up what depmod wrote ------------------------------------------------ */

/* What can be looked up: an index, and the text file with the same content. */
enum lookup_table {
	TABLE_DEPENDENCIES,
	TABLE_SYMBOLS,
	TABLE_ALIASES,
	TABLE_BUILTINS,
	TABLE_BUILTIN_ALIASES,
	TABLE_COUNT
};

/* A list of what was found for one key. */
struct match {
	const char *value; /* TABLE_DEPENDENCIES: a line as in modules.dep; symbols and aliases: a module's name */
	uint32_t priority; /* the lowest comes first */
	const struct match *next;
};

/* The files that depmod wrote, each opened when it is first needed. */
struct database {
	struct location place; /* directory of the kernel's modules */
	const char *directory; /* its absolute path */
	struct arena *memory;
	enum { UNOPENED, INDEX, TEXT, NOTHING } form[TABLE_COUNT];
	struct index_file indexes[TABLE_COUNT];
	struct span texts[TABLE_COUNT];
};

/* What the table has for a key: a module's name or, in tables whose keys are patterns, a string that they may match. By
 * priority; NULL when there is nothing. Where an index is missing or damaged, its text file is read, with a warning. */
const struct match *database_find(struct database *database, enum lookup_table table, const char *key);

/* Tells each() all entries of the table, with their keys. False when there is neither an index nor a text file. */
bool database_each(struct database *database, enum lookup_table table, index_found *each, void *context);

/* ---- trie.c: reading a binary index -------------------------------------------------------------- */

enum { INDEX_KEY_MAX = VALUE_MAX + 16 }; /* bytes of a key, with its NUL */

/* Begins to read the index in the open file. */
void index_open(struct index_file *file, struct arena *memory, int fd, size_t size);

/* index_find() tells the values of a key or, when `patterns`, those of all patterns (see glob.c) that match the key;
 * index_each(), all values. Only the last one gives found() whole keys. A file that is no index, is damaged or cannot be
 * read ends in bad(). */
void index_find(struct index_file *file, const char *key, bool patterns, index_found *found, void *context);
void index_each(struct index_file *file, index_found *found, void *context);

/* ---- rules.c: modprobe.d --------------------------------------------------------------------- */

/* A line of modprobe.d. */
struct rule {
	enum rule_kind kind;
	const char *name, *value; /* name: normalized; value: NULL in a BLACKLIST rule */
	struct rule *next;
	const struct rule *same; /* the next one of the same kind and name */
	uint32_t number;         /* place in the order of the configuration */
};

struct rules {
	struct conf conf;
	struct rule *rules, **last; /* the list, and where its next rule goes */
	bool complete;              /* with those of the kernel's command line */
	uint32_t count;
	struct names keys;         /* of rules with the same kind and name */
	const struct rule **first; /* by id of the key */
};

/* For next_match(): rules that are left, in two lists. */
struct matches {
	const struct rule *exact, *other;
	const char *text; /* what the names of .other are compared with as patterns; NULL: all of them match */
};

/* Reads modprobe.d from `paths`, as conf_read() does, or from the standard places in the base; and, when `soft`, what
 * depmod wrote about soft and weak dependencies into the directory. */
void rules_read(struct rules *rules, struct arena *memory, const struct base *base, const char *const *paths,
		struct location directory, bool soft);

/* Adds what the kernel's command line says of modules, their PARAMETERS and BLACKLIST, unless that has been done: no other
 * kind of rule stands there, and to find modules none is needed. */
void rules_complete(struct rules *rules);

/* The first rule of that kind in the list that begins with `rule`; NULL when there is none. */
const struct rule *next_rule(const struct rule *rule, enum rule_kind kind);

/* The rules of that kind for the name: those with a pattern that matches it; or, for BLACKLIST and PARAMETERS, those
 * with this very name, or with `alias`, which may be NULL. */
struct matches rules_for(const struct rules *rules, enum rule_kind kind, const char *name, const char *alias);

/* The next of these rules, in the order of the configuration; NULL at the end. */
const struct rule *next_match(struct matches *matches);

/* The word that lines of that kind begin with. */
const char *rule_command(enum rule_kind kind);

/* ---- running.c: the running kernel ----------------------------------------------------------- */

/* CHANGING: being loaded or removed, or nobody knows. */
enum module_state { ABSENT, CHANGING, LIVE };

enum module_state running_state(struct arena *scratch, const char *name);

/* How many users a loaded module has, other modules among them; 0 where that is not known. */
uint32_t running_uses(struct arena *scratch, const char *name);

/* The content of /proc/modules. Returns 0 or an errno. */
int running_modules(struct arena *memory, struct span *list);

/* Cuts the next line off *list, and its words, of which the last ones may be empty; false when there is none. */
enum { MODULE_NAME, MODULE_SIZE, MODULE_USES, MODULE_HOLDERS, MODULE_STATE, MODULE_COLUMNS };
bool next_module(struct span *list, struct span *columns);

/* The names of the loaded modules that use this one. */
struct words *running_holders(struct arena *memory, const char *name);

/* Opens the module in the file, whose path may begin with that of the base: then links are followed in it. Returns a
 * descriptor, or -1 and errno. */
int running_open(const struct base *base, const char *path);

/* Loads the module in the open file, and closes the file. On request the kernel compares neither symbol versions nor
 * vermagic. Returns 0 or an errno; a file that cannot be read or decompressed is an error message, too. */
int running_insert(struct arena *scratch, int fd, const char *path, const char *parameters, bool no_versions,
		   bool no_vermagic);

/* What such an errno means and, behind a colon or a comma, what may be the reason. */
const char *insertion_error(int failed);

/* Removes the module; with `force`, even while it is in use. Returns 0 or an errno. */
int running_remove(const char *name, bool force);

/* ---- shell.c: commands that the configuration names ------------------------------------------- */

/* Has /bin/sh run the module's command of that kind ("install" or "remove"), with `options` added to MODPROBE_OPTIONS.
 * False after an error message: the command failed, or this modprobe was called by that same command. */
bool shell_run(struct arena *memory, const char *kind, const char *module, const char *command, const char *options);

/* ---- signature.c: who signed a module ------------------------------------------------------------- */

/* What the signature behind a module says; all but `id` are bytes of the file. */
struct signature {
	const char *id, *algorithm; /* the form of the signature, and how the module was hashed */
	struct span signer, key, value;
};

/* Cuts the mark off the end of a module that says that a signature stands before it. False when there is none. */
bool cut_mark(struct span *module);

/* Reads the signature of the module; false where it has none, or one that cannot be read. */
bool signature_read(struct span module, struct signature *signature);

#endif
