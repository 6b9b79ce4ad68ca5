/* database.c: looking things up in what depmod wrote about a kernel's modules: in a binary index or, where that is
 * missing or damaged, in the text file with the same content. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "modprobe.h"

static const struct {
	char index[28], text[24];
	bool patterns; /* keys of the index are patterns, not names */
} files[TABLE_COUNT] = {
	[TABLE_DEPENDENCIES] = { "modules.dep.bin", "modules.dep", false },
	[TABLE_SYMBOLS] = { "modules.symbols.bin", "modules.symbols", true },
	[TABLE_ALIASES] = { "modules.alias.bin", "modules.alias", true },
	[TABLE_BUILTINS] = { "modules.builtin.bin", "modules.builtin", false },
	[TABLE_BUILTIN_ALIASES] = { "modules.builtin.alias.bin", "modules.builtin.modinfo", true },
};

/* One search. */
struct lookup {
	struct database *database;
	enum lookup_table table;
	const char *key;    /* NULL: all entries count */
	index_found *found; /* told what was found */
	void *context;      /* of found() */
	const struct match *matches;
	struct match *last; /* of the matches; most come in order */
	bool kept;          /* the line being looked at gave a match */
};

/* Keeps matches in the order of their priorities; among equal ones, the match found last comes first. */
static void add_match(void *context, struct span key, uint32_t priority, struct span value)
{
	struct lookup *l = context;
	const struct match **place = l->last && l->last->priority < priority ? &l->last->next : &l->matches;
	struct match *match = arena_take(l->database->memory, 1, sizeof(*match), sizeof(void *));

	(void)key;
	while (*place && (*place)->priority < priority)
		place = (const struct match **)&(*place)->next;
	*match = (struct match){ arena_copy(l->database->memory, value), priority, *place };
	*place = match;
	if (!match->next)
		l->last = match;
	l->kept = true;
}

/* ---- searching text files ---- */

static void tell(struct lookup *l, const char *key, uint32_t number, const char *value)
{
	l->found(l->context, span_of(key, strlen(key)), number, span_of(value, strlen(value)));
}

static void match_alias(struct lookup *l, char *pattern, const char *module, uint32_t number)
{
	if (normalize(pattern) && (!l->key || glob_matches(pattern, l->key)))
		tell(l, pattern, number, module);
}

/* `alias PATTERN MODULE`. The pattern is what stands between two blanks, and may have more of them. */
static void match_alias_line(struct lookup *l, struct span line, uint32_t number)
{
	static const char command[] = "alias ";
	size_t length = sizeof(command) - 1;
	char *pattern, *module;

	if (span_size(line) <= length || memcmp(line.p, command, length) != 0)
		return;
	line.p += length;
	pattern = arena_copy(l->database->memory, line);
	module = strrchr(pattern, ' ');
	if (!module)
		return;
	*module++ = 0;
	match_alias(l, pattern, module, number);
}

/* `PATH: PATH...` of modules.dep, `PATH` of modules.builtin */
static void match_path_line(struct lookup *l, struct span line)
{
	const char *whole = arena_copy(l->database->memory, line);
	const char *colon = strchr(whole, ':');
	const char *path = colon ? arena_string(l->database->memory, whole, (size_t)(colon - whole)) : whole;
	const char *name = module_name(l->database->memory, path);

	if (!l->key || strcmp(name, l->key) == 0)
		tell(l, name, 0, whole);
}

/* `MODULE.alias=PATTERN` */
static void match_builtin_alias(struct lookup *l, const char *string, size_t length)
{
	const char *point = memchr(string, '.', length);
	struct arena *memory = l->database->memory;

	if (point && strncmp(point, ".alias=", 7) == 0)
		match_alias(l, arena_string(memory, point + 7, (size_t)(string + length - point - 7)),
			    arena_string(memory, string, (size_t)(point - string)), 0);
}

/* Gives memory back when the line has no match. */
static void search_line(struct lookup *l, struct span line, uint32_t number)
{
	size_t used = l->database->memory->used;

	l->kept = false;
	if (l->table == TABLE_BUILTIN_ALIASES)
		match_builtin_alias(l, (const char *)line.p, span_size(line));
	else if (files[l->table].patterns)
		match_alias_line(l, line, number);
	else
		match_path_line(l, line);
	if (!l->kept)
		l->database->memory->used = used;
}

/* Strings of modules.builtin.modinfo end with NUL, lines of the other files with a newline. An alias has the number of
 * its line as priority. */
static void search_text(struct lookup *l, struct span text)
{
	struct span line;

	if (l->table != TABLE_BUILTIN_ALIASES)
		for (uint32_t number = 1; next_line(&text, &line); number++)
			search_line(l, line, number);
	else
		while (next_string(&text, &line) && line.end < text.end)
			search_line(l, line, 0);
}

/* ---- tables ---- */

static const char *path_of(const struct database *d, const char *name)
{
	return join_path(d->memory, d->place.path, name);
}

static void use_text(struct database *d, enum lookup_table table, const char *why)
{
	const char *index = files[table].index, *text = files[table].text;
	int failed = read_inside(d->memory, d->place.base, path_of(d, text), REGULAR_FILE, &d->texts[table]);

	d->form[table] = failed ? NOTHING : TEXT;
	if (!failed)
		warning(d->directory, "/", index, ": ", why, "; reading ", text, " instead");
	else if (failed != ENOENT)
		warning(d->directory, "/", text, ": ", error_text(failed));
}

/* Returns 0 or an errno. */
static int open_index(struct database *d, enum lookup_table table)
{
	const char *path = path_of(d, files[table].index);
	int fd = open_inside(d->place.base, path, FILE_FLAGS(REGULAR_FILE));
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return check_transient(path, errno);
	/* The other tables and what is found in them have to fit in, too. */
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > (d->memory->size - d->memory->used) / 2)
		return EINVAL;
	index_open(&d->indexes[table], d->memory, fd, (size_t)st.st_size);
	return 0;
}

static void open_table(struct database *d, enum lookup_table table)
{
	int failed = open_index(d, table);

	d->form[table] = INDEX;
	if (failed)
		use_text(d, table, error_text(failed));
}

static void search_index(void *context)
{
	struct lookup *l = context;
	struct index_file *file = &l->database->indexes[l->table];

	if (l->key)
		index_find(file, l->key, files[l->table].patterns, l->found, l->context);
	else
		index_each(file, l->found, l->context);
}

/* What was found in an index before it turned out to be damaged does not count. */
static void search(struct lookup *l)
{
	struct database *d = l->database;
	enum lookup_table table = l->table;
	struct fault fault;
	struct reason reason;
	size_t used;

	if (d->form[table] == UNOPENED)
		open_table(d, table);
	used = d->memory->used;
	if (d->form[table] == INDEX && !attempt(search_index, l, &fault)) {
		l->matches = l->last = NULL;
		d->memory->used = used;
		use_text(d, table, fault_text(&reason, &fault));
	}
	if (d->form[table] == TEXT)
		search_text(l, d->texts[table]);
}

const struct match *database_find(struct database *d, enum lookup_table table, const char *key)
{
	struct lookup l = { .database = d, .table = table, .key = key, .found = add_match, .context = &l };

	search(&l);
	return l.matches;
}

bool database_each(struct database *d, enum lookup_table table, index_found *each, void *context)
{
	struct lookup l = { .database = d, .table = table, .found = each, .context = context };

	search(&l);
	return d->form[table] != NOTHING;
}
