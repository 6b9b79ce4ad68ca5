/* modprobe.h: modprobe, which has the running kernel load and remove modules. A section is a room, which calls only
 * rooms whose sections stand below its own, and those of depmod.h. */
#ifndef MODPROBE_H
#define MODPROBE_H

#include "../depmod.h"

/* What modprobe.d says of modules. */
enum rule_kind { BLACKLIST, INSTALL, REMOVE, ALIAS_OF, PARAMETERS, SOFT_RULE, WEAK_RULE, RULE_KINDS };

/* ---- lookup.c: modules by name, alias or file, and what belongs to them ---------------------- */

enum { KOS_MAX = 1 << 17 }; /* modules that one run has to do with */

/* A module as the rules and the database know it; `ko` is what its file's name ends in. */
struct ko {
	const char *name, *alias;  /* the second when that was asked for */
	const char *path;          /* NULL: none is known */
	struct item *dependencies; /* as they are to be loaded */
	bool known;                /* path and dependencies are */
	bool builtin_known, builtin;
	bool planned, required; /* in the plan; not only by a soft dependency */
	bool plain;             /* its install command does not count */
	bool leaving;           /* it is being removed, or was */
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
	uint32_t depth; /* of soft dependencies, while a plan is made */
};

void catalog_open(struct catalog *catalog, struct arena *memory, const char *directory,
		  const char *const *configuration);

/* All modules that a name or alias stands for; NULL when there is none. The second: the one in a file. */
struct item *look_up(struct catalog *catalog, const char *asked);
struct item *look_up_path(struct catalog *catalog, const char *path);

/* What is to be loaded, in order: dependencies, each with its soft ones, and the module. `plain`: without its own
 * soft dependencies and install command. */
struct item *plan_loading(struct catalog *catalog, struct ko *ko, bool plain);

const char *ko_path(struct catalog *catalog, struct ko *ko); /* or NULL */
bool ko_is_builtin(struct catalog *catalog, struct ko *ko);
bool ko_is_blacklisted(const struct catalog *catalog, const struct ko *ko);
void ko_soft(struct catalog *catalog, const struct ko *ko, struct item **before, struct item **after);

/* Its INSTALL, REMOVE or SOFT_RULE, the first that there is; or NULL. */
const char *ko_command(const struct catalog *catalog, const struct ko *ko, enum rule_kind kind);

/* Its parameters by the rules, and then those of `more`, which may be NULL. */
const char *ko_parameters(const struct catalog *catalog, const struct ko *ko, const char *more);

/* ---- database.c: looking up what depmod wrote ------------------------------------------------ */

enum lookup_table {
	TABLE_DEPENDENCIES,
	TABLE_SYMBOLS,
	TABLE_ALIASES,
	TABLE_BUILTINS,
	TABLE_BUILTIN_ALIASES,
	TABLE_COUNT
};

struct match {
	const char *value; /* of TABLE_DEPENDENCIES the line of modules.dep, else a module's name */
	uint32_t priority;
	const struct match *next;
};

/* Files are read when they are first needed. */
struct database {
	const char *directory; /* of the kernel's modules */
	struct arena *memory;
	struct span content[TABLE_COUNT];
	enum { UNREAD, INDEX, TEXT, NOTHING } form[TABLE_COUNT];
};

/* What the table has for a key: a module's name, or what an alias may match. By priority; NULL when there is
 * nothing. An index that is missing or damaged is a warning when the text file in its place can be read. */
const struct match *database_find(struct database *database, enum lookup_table table, const char *key);

/* Prints `alias KEY VALUE` for all there is in TABLE_ALIASES or TABLE_SYMBOLS. */
void database_print(struct database *database, enum lookup_table table, struct text *out);

/* ---- trie.c: reading a binary index -------------------------------------------------------------- */

/* What a search finds, in no particular order. */
enum { INDEX_KEY_MAX = VALUE_MAX + 16 };
typedef void index_found(void *context, const char *key, uint32_t priority, const char *value);

/* The values of a key; those of all patterns (see glob.c) that match the key, where found() gets no key; all values
 * with their keys. A file that is no index, or a damaged one, ends in bad(). */
void index_find(struct span file, const char *key, index_found *found, void *context);
void index_match(struct span file, const char *key, index_found *found, void *context);
void index_each(struct span file, index_found *found, void *context);

/* ---- rules.c: modprobe.d --------------------------------------------------------------------- */

struct rule {
	enum rule_kind kind;
	const char *name, *value; /* the first normalized; BLACKLIST has no value */
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
int running_insert(struct arena *scratch, const char *path, const char *parameters, bool no_versions, bool no_vermagic);
int running_remove(const char *name, bool force);

/* ---- shell.c: commands that the configuration names ------------------------------------------- */

/* Runs the command by /bin/sh, in the environment with `options` added to MODPROBE_OPTIONS. False after an error
 * message: it failed, or it is being run already, further up among those who called us. */
bool shell_run(struct arena *memory, const char *kind, const char *module, const char *command, const char *options);

#endif
