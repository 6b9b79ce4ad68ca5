/* modutils.c: modules of kernels before 2.6, as modutils read them: finds them, reads what they export and need, and
 * makes the content of modules.dep. That has absolute paths, and only direct dependencies. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>

#include "old.h"

/* Limits for one module, ten times and more what any real one has: bytes of names, lines of map files. */
enum { NAMES_SIZE = 16 << 20, LINES_MAX = 1 << 16 };

#define EXPORTED (UINT32_C(1) << 31) /* marks an export in the list of a module's symbols; others are needs */

/* ---- modules ---- */

const char **modules_to_read(struct old_run *run)
{
	const struct options *o = run->options;
	const char **paths = o->files;
	bool unread = false;

	if (!run->named)
		paths = old_modules(&run->conf, &unread, run->memory, run->scratch);
	run->status |= unread && o->strict;
	return paths;
}

/* The absolute path of a file that a person named. Where there is no such file, the word may be a path from
 * modules.dep, which begins at the base directory. */
static const char *path_meant(const struct old_run *run, const char *word)
{
	const char *path = absolute_path(run->memory, word), *below = join_path(run->memory, run->conf.base, path + 1);
	struct stat st;

	return stat_again(CURRENT_DIRECTORY, path, &st) == ENOENT && !stat_again(CURRENT_DIRECTORY, below, &st) ? below
														: path;
}

/* The path as modules.dep has it, without the base directory. In a path that a person named, a link may lead to that
 * directory. */
static const char *path_shown(const struct old_run *run, const char *path)
{
	size_t length = strlen(path);

	if (!run->named)
		return path + strlen(run->conf.base);
	while (length && (path[length] != '/' ||
			  !is_same_file(CURRENT_DIRECTORY, arena_string(run->memory, path, length), run->conf.base, 0)))
		length--;
	return path + length;
}

void find_old_modules(struct old_run *run)
{
	const char **paths = modules_to_read(run);
	uint32_t count = 0;

	while (paths[count])
		count++;
	run->modules = arena_take(run->memory, count, sizeof(*run->modules), sizeof(void *));
	for (uint32_t i = 0; i < count; i++) {
		const char *path = run->named ? path_meant(run, paths[i]) : paths[i], *shown = path_shown(run, path);

		if (can_be_listed(shown)) {
			run->modules[run->count++] = (struct object_file){ .path = path, .shown = shown };
			continue;
		}
		error("left out, as its name cannot be written to modules.dep: ", path);
		run->status = 1;
	}
}

/* ---- reading, in a process of its own ---- */

/* Kinds of values of a module: a symbol; what is wrong with its device tables; a line of a map is '0' + enum map. */
enum { EXPORT = 'x', NEED = 'n', DAMAGE = 'd' };

static void put_symbol(void *context, const char *name, bool export)
{
	put_value(context, export ? EXPORT : NEED, name, strlen(name));
}

static void put_line(void *context, enum map map, const char *line, size_t length)
{
	put_value(context, (char)('0' + map), line, length);
}

struct tables {
	struct reader *reader;
	const struct elf *elf;
};

static void read_tables(void *context)
{
	struct tables *tables = context;

	old_map_lines(tables->elf, put_line, tables->reader);
}

/* A module whose device tables are damaged, or of another kernel's layout, is only left out of map files. */
static void read_values(struct reader *reader, const struct elf *elf)
{
	struct tables tables = { reader, elf };
	struct reason reason;
	struct fault fault;
	size_t used;

	ksymtab_read(elf, reader->scratch, put_symbol, reader);
	used = reader->values->used;
	if (attempt(read_tables, &tables, &fault))
		return;
	if (fault.transient)
		bad_fault(fault);
	reader->values->used = used;
	fault_text(&reason, &fault);
	put_value(reader, DAMAGE, reason.text, strlen(reason.text));
}

/* ---- reading, in the parent ---- */

/* What was read from one module, being taken over. */
struct taking {
	struct old_run *run;
	struct object_file *module;
	uint32_t number;
	size_t names_used; /* bytes of names that earlier modules took */
	uint32_t lines;    /* of map files */
};

/* The next value. One with control characters could forge a line: only a process that its module took over leaves it. */
static const char *take_value(struct values *values, size_t *length)
{
	const char *value = next_value(values, length);

	if (value && has_control(value, *length))
		bad("the process that read it left nonsense");
	return value;
}

static void take_symbols(struct taking *t, char kind)
{
	struct old_run *run = t->run;
	struct values values = values_read(run->readings, t->number, kind);
	size_t length;

	for (const char *name; (name = take_value(&values, &length));) {
		if (++t->module->count > SYMBOLS_OF_MODULE || run->names.used - t->names_used > NAMES_SIZE)
			bad("too many symbols");
		new_words(&run->symbols, 1, names_add(&run->names, name, length) | (kind == EXPORT ? EXPORTED : 0));
	}
}

static void take_lines(struct taking *t)
{
	for (uint32_t file = 0; file < MAPS_OLD; file++) {
		struct values values = values_read(t->run->readings, t->number, (char)('0' + old_maps[file]));
		size_t length;

		for (const char *line; (line = take_value(&values, &length));) {
			if (++t->lines > LINES_MAX)
				bad("too many entries in device tables");
			map_add(&t->run->files[file + 1], t->module->path, line);
		}
	}
}

static void tell_damage(struct old_run *run, const struct object_file *module, const char *reason)
{
	error(module->path, ": ", reason);
	run->status |= run->named || run->options->strict;
}

static void take_values(void *context)
{
	struct taking *t = context;

	take_symbols(t, EXPORT);
	take_symbols(t, NEED);
	take_lines(t);
}

/* Takes over what was read from one module. A damaged module is left out, with all that was read from it. */
static void take_module(struct old_run *run, uint32_t number)
{
	struct object_file *module = &run->modules[number];
	struct names names = run->names;
	struct taking t = { .run = run, .module = module, .number = number, .names_used = names.used };
	struct values damage = values_read(run->readings, number, DAMAGE);
	size_t symbols = run->symbols.used, length;
	struct text files[OLD_FILES];
	struct reason text;
	struct fault fault;
	bool transient;
	const char *reason = reading_failed(run->readings, number, &transient);

	if (reason && transient)
		bad_in(module->path, reason);
	module->first = (uint32_t)(symbols / sizeof(uint32_t));
	memcpy(files, run->files, sizeof(files));
	if (!reason && !attempt(take_values, &t, &fault)) {
		reason = fault_text(&text, &fault);
		memcpy(run->files, files, sizeof(files));
		names_rewind(&run->names, names.count, names.used);
		run->symbols.used = symbols;
		module->count = 0;
	}
	module->left_out = reason != NULL;
	if (!reason)
		reason = next_value(&damage, &length);
	if (reason)
		tell_damage(run, module, reason);
}

bool read_old_modules(struct old_run *run)
{
	struct readings *readings = arena_take(run->memory, 1, sizeof(*readings), 64);

	run->readings = readings;
	*readings = (struct readings){
		.files = arena_take(run->memory, run->count, sizeof(*readings->files), sizeof(void *)),
		.count = run->count,
		.read = read_values,
		.scratch = run->scratch,
	};
	for (uint32_t i = 0; i < run->count; i++)
		readings->files[i] = run->modules[i].path;
	if (!read_objects(readings, worker_count(run->options->jobs)))
		return false;
	for (uint32_t i = 0; i < run->count; i++) {
		if (run->options->verbose)
			text_line(run->out, run->modules[i].shown, (char *)NULL);
		take_module(run, i);
	}
	return true;
}

/* ---- symbols ---- */

bool read_old_kernel(struct old_run *run)
{
	static const char running[] = "/proc/ksyms", use_count[] = "mod_use_count_";
	const struct options *o = run->options;
	const char *path = o->symvers ? o->symvers : o->system_map;
	uint32_t capacity = (uint32_t)arena_share(SYMBOLS_MAX);
	struct kernel_symbols symbols;
	struct stat st;
	int failed;

	names_init(&run->names, run->memory, capacity, capacity * (size_t)32, run->key);
	if (!path && stat_again(CURRENT_DIRECTORY, running, &st) == 0)
		path = running;
	if (!path)
		warning("the kernel's symbols are not known: no -F, and no ", running);
	symbols = (struct kernel_symbols){
		.names = &run->names, .scratch = run->scratch, .path = path, .prefix = o->prefix
	};
	failed = symbols_read(&symbols, o->symvers ? read_symvers_line : read_ksyms_line);
	symbols_add(&symbols, use_count, sizeof(use_count) - 1, 0);
	if (failed)
		REPORT(FATAL, "could not load ", path, ": ", error_text(failed));
	run->kernel_symbols = run->names.count;
	return !failed;
}

static const uint32_t *symbols_of(const struct old_run *run, const struct object_file *module)
{
	return (const uint32_t *)(const void *)run->symbols.start + module->first;
}

/* Makes a list for each symbol of the modules that export it, in the order of modules. */
static void list_exporters(struct old_run *run)
{
	uint32_t count = (uint32_t)(run->symbols.used / sizeof(uint32_t));

	run->exporters = arena_take(run->memory, count, sizeof(*run->exporters), sizeof(uint32_t));
	run->first_exporter = new_words(run->memory, run->names.count, NONE);
	for (uint32_t i = run->count; i--;) {
		const uint32_t *symbols = symbols_of(run, &run->modules[i]);

		for (uint32_t s = run->modules[i].count; s--;) {
			uint32_t *first = &run->first_exporter[symbols[s] & ~EXPORTED];

			if (!(symbols[s] & EXPORTED))
				continue;
			run->symbols_known += *first == NONE;
			run->exporters[--count] = (struct exporter){ i, *first };
			*first = count;
		}
	}
}

static bool are_neighbours(const char *a, const char *b)
{
	size_t length = (size_t)(base_name(a) - a);

	return (size_t)(base_name(b) - b) == length && memcmp(a, b, length) == 0;
}

/* The owner of a name: the kernel, else a module in the same directory, else the first one of all that export it. NONE
 * when nobody does. */
static uint32_t owner_of(const struct old_run *run, uint32_t name, const struct object_file *module)
{
	uint32_t first;

	if (name == NONE)
		return NONE;
	if (name < run->kernel_symbols)
		return OWNER_KERNEL;
	first = run->first_exporter[name];
	for (uint32_t e = first; e != NONE; e = run->exporters[e].next)
		if (are_neighbours(run->modules[run->exporters[e].module].path, module->path))
			return run->exporters[e].module;
	return first == NONE ? NONE : run->exporters[first].module;
}

/* The length of a symbol's name without its version: _R and at least eight characters, the last eight of which are
 * hexadecimal digits. The whole length when there is no version. */
static size_t unversioned_length(const char *name, size_t length)
{
	for (size_t at = length; at--;) {
		if (name[at] != '_' || name[at + 1] != 'R')
			continue;
		return length - at >= 10 && strspn(name + length - 8, "0123456789abcdefABCDEF") == 8 ? at : length;
	}
	return length;
}

/* The owner of a need; where there is none, of its name without the version or without a dot at the beginning: on
 * processors where a function has a descriptor NAME, its code is .NAME. */
static uint32_t find_owner(const struct old_run *run, uint32_t need, const struct object_file *module)
{
	const char *name = run->names.entries[need].string;
	size_t length = run->names.entries[need].length;
	size_t plain = run->options->system_map ? unversioned_length(name, length) : length;
	uint32_t owner = owner_of(run, need, module);

	if (owner == NONE && plain < length)
		owner = owner_of(run, names_find(&run->names, name, plain), module);
	if (owner == NONE && *name == '.')
		owner = owner_of(run, names_find(&run->names, name + 1, plain - 1), module);
	return owner;
}

/* ---- modules.dep ---- */

static void report_missing(struct old_run *run, const struct object_file *module, uint32_t need, bool first)
{
	const struct options *o = run->options;

	run->status |= o->unresolved_fails;
	if (first && !o->quiet)
		REPORT(PLAIN, "*** Unresolved symbols in ", module->path);
	if (o->errors && !o->quiet)
		REPORT(INDENTED, run->names.entries[need].string);
}

/* Writes `PATH:`, then the paths of the modules that it needs, each behind a tab; from the second one on, each on a
 * line of its own. An empty line follows. seen[m] is the number of the last module that module m was written for. */
static void write_module(struct old_run *run, uint32_t number, uint32_t *seen)
{
	const struct object_file *module = &run->modules[number];
	const uint32_t *symbols = symbols_of(run, module);
	const char *before = "\t";
	bool first = true;

	seen[number] = number;
	text_string(&run->files[0], module->shown);
	text_string(&run->files[0], ":");
	for (uint32_t i = 0; i < module->count; i++) {
		uint32_t owner = (symbols[i] & EXPORTED) ? OWNER_KERNEL : find_owner(run, symbols[i], module);

		if (owner == NONE) {
			report_missing(run, module, symbols[i], first);
			first = false;
		} else if (owner != OWNER_KERNEL && seen[owner] != number) {
			seen[owner] = number;
			text_string(&run->files[0], before);
			text_string(&run->files[0], run->modules[owner].shown);
			before = " \\\n\t";
		}
	}
	text_string(&run->files[0], "\n\n");
}

void resolve_old_modules(struct old_run *run)
{
	uint32_t *seen = new_words(run->memory, run->count, NONE);

	list_exporters(run);
	for (uint32_t i = 0; i < run->count; i++)
		if (!run->modules[i].left_out) {
			write_module(run, i, seen);
			run->modules_read++;
		}
}
