/* lookup.c: finds the modules that a name, alias or path stands for, and plans which modules are to be loaded with a
 * module, in which order. */
#include <sys/stat.h>

#include "modprobe.h"

enum {
	DEEPEST = 4096,        /* modules that a chain of soft dependencies may have */
	NAME_MAX_ASKED = 4096, /* bytes of a name: no device has a longer one */
};

/* Adds the module at the end of a list: *end is where its next entry goes. */
static void append(struct catalog *c, struct item ***end, struct ko *ko)
{
	struct item *item = arena_take(c->memory, 1, sizeof(*item), sizeof(void *));

	*item = (struct item){ ko, NULL };
	**end = item;
	*end = &item->next;
}

/* The record of the module, a new one for each name or pair of a name and the alias that led to it. */
static struct ko *ko_of(struct catalog *c, const char *name, const char *alias)
{
	const char *key = alias ? join_path(c->memory, name, alias) : name;
	uint32_t count = c->names.count, id = names_borrow(&c->names, key, strlen(key));
	struct ko *ko = &c->kos[id];

	if (id == count)
		*ko = (struct ko){ .name = name, .alias = alias };
	return ko;
}

/* ---- dependencies ---- */

static const char *absolute(struct catalog *c, const char *path)
{
	return *path == '/' ? path : join_path(c->memory, c->database->directory, path);
}

/* Reads `PATH: PATH...`, the module and its dependencies, of which the last one is loaded first. */
static void read_dependencies(struct catalog *c, struct ko *ko, const char *line)
{
	struct span rest = span_of(line, strlen(line)), word;

	if (ko->known)
		return;
	ko->known = true;
	for (bool first = true; next_word(&rest, &word); first = false) {
		size_t length = span_size(word) - (first && word.end[-1] == ':');
		const char *path = absolute(c, arena_string(c->memory, (const char *)word.p, length));
		struct ko *dependency = first ? ko : ko_of(c, module_name(c->memory, path), NULL);
		struct item *item;

		if (!dependency->path)
			dependency->path = path;
		if (first)
			continue;
		item = arena_take(c->memory, 1, sizeof(*item), sizeof(void *));
		*item = (struct item){ dependency, ko->dependencies };
		ko->dependencies = item;
	}
}

static void look_up_dependencies(struct catalog *c, struct ko *ko)
{
	const struct match *match = ko->known ? NULL : database_find(c->database, TABLE_DEPENDENCIES, ko->name);

	if (match)
		read_dependencies(c, ko, match->value);
	ko->known = true;
}

const char *ko_path(struct catalog *c, struct ko *ko)
{
	if (!ko->path)
		look_up_dependencies(c, ko);
	return ko->path;
}

bool ko_is_builtin(struct catalog *c, struct ko *ko)
{
	if (!ko->builtin_known)
		ko->builtin = database_find(c->database, TABLE_BUILTINS, ko->name) != NULL;
	ko->builtin_known = true;
	return ko->builtin;
}

/* ---- names and aliases ---- */

static void add_alias_of(struct catalog *c, const char *asked, struct item ***end)
{
	struct matches matches = rules_for(c->rules, ALIAS_OF, asked, NULL);

	for (const struct rule *r; (r = next_match(&matches));)
		append(c, end, ko_of(c, r->value, r->name));
}

static void add_name(struct catalog *c, const char *name, struct item ***end)
{
	const struct match *match = strchr(name, ':') ? NULL : database_find(c->database, TABLE_DEPENDENCIES, name);
	struct ko *ko;

	if (!match)
		return;
	ko = ko_of(c, name, NULL);
	read_dependencies(c, ko, match->value);
	append(c, end, ko);
}

static void add_matches(struct catalog *c, enum lookup_table table, const char *alias, struct item ***end)
{
	for (const struct match *match = database_find(c->database, table, alias); match; match = match->next) {
		struct ko *ko = ko_of(c, match->value, alias);

		if (table == TABLE_BUILTIN_ALIASES)
			ko->builtin = ko->builtin_known = true;
		append(c, end, ko);
	}
}

/* A name without a module, for which there is an install or remove command. */
static void add_command(struct catalog *c, const char *name, struct item ***end)
{
	for (enum rule_kind kind = INSTALL; kind <= REMOVE; kind++)
		if (rules_for(c->rules, kind, name, NULL).exact) {
			append(c, end, ko_of(c, name, NULL));
			return;
		}
}

static void add_builtin(struct catalog *c, const char *name, struct item ***end)
{
	struct ko *ko;

	if (!database_find(c->database, TABLE_BUILTINS, name))
		return;
	ko = ko_of(c, name, NULL);
	ko->builtin = ko->builtin_known = true;
	append(c, end, ko);
}

struct item *look_up(struct catalog *c, const char *asked)
{
	char *name = arena_string(c->memory, asked, strlen(asked));
	struct item *list = NULL, **end = &list;

	if (strlen(name) > NAME_MAX_ASKED || !normalize(name))
		return NULL;
	add_alias_of(c, name, &end);
	if (end == &list)
		add_name(c, name, &end);
	if (end == &list && strncmp(name, "symbol:", 7) == 0)
		add_matches(c, TABLE_SYMBOLS, name, &end);
	if (end == &list)
		add_command(c, name, &end);
	if (end == &list)
		add_matches(c, TABLE_ALIASES, name, &end);
	if (end == &list)
		add_builtin(c, name, &end);
	if (end == &list)
		add_matches(c, TABLE_BUILTIN_ALIASES, name, &end);
	return list;
}

struct ko *ko_named(struct catalog *c, const char *name)
{
	return ko_of(c, name, NULL);
}

struct item *look_up_path(struct catalog *c, const char *path)
{
	struct item *list = NULL, **end = &list;
	struct stat st;
	struct ko *ko;

	if (stat_again(CURRENT_DIRECTORY, path, &st) || !S_ISREG(st.st_mode))
		return NULL;
	ko = ko_of(c, module_name(c->memory, path), NULL);
	ko->path = absolute_path(c->memory, path);
	ko->builtin_known = true;
	append(c, &end, ko);
	return list;
}

struct item *look_up_listed(struct catalog *c, const char *path)
{
	struct ko *ko = ko_of(c, module_name(c->memory, path), NULL);
	const char *listed = ko_path(c, ko);
	struct item *list = NULL, **end = &list;

	if (listed && strcmp(listed, absolute(c, path)) == 0)
		append(c, &end, ko);
	return list;
}

/* ---- rules about a module ---- */

const char *ko_command(const struct catalog *c, const struct ko *ko, enum rule_kind kind)
{
	struct matches matches = rules_for(c->rules, kind, ko->name, NULL);
	const struct rule *r = next_match(&matches);

	return r ? r->value : NULL;
}

bool ko_is_blacklisted(const struct catalog *c, const struct ko *ko)
{
	rules_complete(c->rules);
	return rules_for(c->rules, BLACKLIST, ko->name, NULL).exact != NULL;
}

const char *ko_parameters(const struct catalog *c, const struct ko *ko, const char *more)
{
	struct matches matches;
	struct text text;

	rules_complete(c->rules);
	matches = rules_for(c->rules, PARAMETERS, ko->name, ko->alias);
	text_open(&text, c->memory);
	for (const struct rule *r; (r = next_match(&matches));) {
		if (text.size)
			text_string(&text, " ");
		text_string(&text, r->value);
	}
	if (text.size)
		text_string(&text, " ");
	text_string(&text, more ? more : "");
	return arena_text(c->memory, &text);
}

void ko_soft(struct catalog *c, const struct ko *ko, struct item **before, struct item **after)
{
	const char *words = ko_command(c, ko, SOFT_RULE);
	struct span rest = span_of(words ? words : "", words ? strlen(words) : 0), word;
	struct item **ends[] = { before, after }, ***end = NULL;

	*before = *after = NULL;
	while (next_word(&rest, &word)) {
		if (span_is(word, "pre:"))
			end = &ends[0];
		else if (span_is(word, "post:"))
			end = &ends[1];
		else if (end)
			for (**end = look_up(c, arena_copy(c->memory, word)); **end; *end = &(**end)->next)
				;
	}
}

/* ---- plans for loading ---- */

static void plan(struct catalog *c, struct ko *ko, bool required, bool plain, struct item ***end);

/* What the record says of plans belongs to an earlier one, until the module turns up in this one. */
static void begin_plan(const struct catalog *c, struct ko *ko)
{
	if (ko->plan == c->plan)
		return;
	ko->plan = c->plan;
	ko->planned = ko->required = false;
}

/* Adds the module to the plan, between its soft dependencies. These are planned with dependencies of their own. */
static void plan_softly(struct catalog *c, struct ko *ko, struct item ***end)
{
	struct item *before, *after;

	ko_soft(c, ko, &before, &after);
	if ((before || after) && ko_command(c, ko, INSTALL))
		info(ko->name, " has soft dependencies and an install command, which is run in place of loading it");
	for (const struct item *i = before; i; i = i->next)
		plan(c, i->ko, false, false, end);
	append(c, end, ko);
	for (const struct item *i = after; i; i = i->next)
		plan(c, i->ko, false, false, end);
}

/* Adds dependencies and then the module to the plan. `required`: loading fails when one of them cannot be loaded. */
static void plan(struct catalog *c, struct ko *ko, bool required, bool plain, struct item ***end)
{
	begin_plan(c, ko);
	if (ko->planned || c->depth == DEEPEST)
		return;
	c->depth++;
	ko->planned = true;
	look_up_dependencies(c, ko);
	ko->required |= required;
	for (const struct item *i = ko->dependencies; i; i = i->next) {
		begin_plan(c, i->ko);
		i->ko->required |= required;
	}
	for (const struct item *i = ko->dependencies; i; i = i->next)
		plan_softly(c, i->ko, end);
	if (plain) {
		append(c, end, ko);
		ko->plain = true;
	} else {
		plan_softly(c, ko, end);
	}
	c->depth--;
}

struct item *plan_loading(struct catalog *c, struct ko *ko, bool plain)
{
	struct item *list = NULL, **end = &list;

	c->plan++;
	plan(c, ko, true, plain, &end);
	return list;
}

void catalog_open(struct catalog *c, struct arena *memory, struct location place, const struct base *base,
		  const char *const *configuration, bool soft)
{
	uint32_t room = (uint32_t)arena_share(KOS_MAX);

	*c = (struct catalog){
		.memory = memory,
		.rules = arena_take(memory, 1, sizeof(*c->rules), sizeof(void *)),
		.database = arena_take(memory, 1, sizeof(*c->database), sizeof(void *)),
	};
	*c->database = (struct database){
		.place = place,
		.directory = below_base(memory, place.base, place.path),
		.memory = memory,
	};
	names_init(&c->names, memory, room, 0, 0);
	c->kos = arena_take(memory, room, sizeof(*c->kos), 64);
	rules_read(c->rules, memory, base, configuration, place, soft);
}
