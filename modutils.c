/* modutils.c: depmod for kernels of the 2.4 series and older, as modutils had it. Modules are .o files then; modules.dep
 * has their paths from the root and only direct dependencies; map files tell of devices, and there are no indexes. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <unistd.h>

#include "depmod.h"

/* Of one module, ten times and more what any real one has. */
enum { NAMES_SIZE = 16 << 20, LINES_MAX = 1 << 16 };

#define EXPORTED (UINT32_C(1) << 31)       /* in the list of a module's symbols; the others are needs */

struct object_file {
	const char *path, *shown;  /* the second as modules.dep has it */
	uint32_t first, count;     /* its symbols among all */
	bool left_out;
};

/* A module that exports a symbol, and the number of the next one that does. */
struct exporter {
	uint32_t module, next;
};

struct run {
	const struct options *options;
	const struct kernels *kernels;
	uint64_t key;
	const char *output;
	struct arena *memory, *scratch;
	struct text *standard_output;
	struct modulesconf conf;
	struct object_file *modules;
	uint32_t count;
	struct names names;        /* of symbols; the kernel's come first */
	uint32_t kernel_symbols;
	struct arena symbols;      /* numbers of names */
	uint32_t modules_read, symbols_known, begun;  /* for -v */
	struct exporter *exporters;
	uint32_t *first_exporter;  /* by name */
	struct text files[OLD_FILES];
	struct publication places[OLD_FILES];  /* their directories */
	uint32_t place[OLD_FILES], place_count;
	bool named;                /* modules were, and the files are to be printed */
	int status;
};

bool is_old(const struct options *o)
{
	const char *p = o->release;
	uint32_t major, minor;

	for (const char **file = o->files; *file && !o->all; file++)
		if (is_object(*file))
			return true;
	return parse_unsigned(&p, &major) && *p++ == '.' && parse_unsigned(&p, &minor) &&
	       (major < 2 || (major == 2 && minor <= 4));
}

/* ---- modules ---- */

static const char **modules_to_read(struct run *run)
{
	const struct options *o = run->options;
	const char **paths = o->files;
	bool unread = false;

	if (!run->named)
		paths = old_modules(&run->conf, &unread, run->memory, run->scratch);
	run->status |= unread && o->strict;
	return paths;
}

/* The path that is meant: one that is not there may be one as modules.dep has it. */
static const char *path_meant(const struct run *run, const char *word)
{
	const char *path = absolute_path(run->memory, word), *below = below_base(run->memory, run->conf.base, path);
	struct stat st;

	return stat_again(CURRENT_DIRECTORY, path, &st) == ENOENT && !stat_again(CURRENT_DIRECTORY, below, &st) ? below : path;
}

static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat_again(CURRENT_DIRECTORY, a, &x) == 0 && stat_again(CURRENT_DIRECTORY, b, &y) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Less the base directory, by whatever name a person calls it. */
static const char *path_shown(const struct run *run, const char *path)
{
	size_t length = strlen(path);

	if (!run->named)
		return path + strlen(run->conf.base);
	while (length && (path[length] != '/' || !is_same(arena_string(run->memory, path, length), run->conf.base)))
		length--;
	return path + length;
}

static void find_modules(struct run *run)
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

/* ---- reading ---- */

/* One module being read. */
struct reading {
	struct run *run;
	struct object_file *module;
	const struct elf *elf;
	size_t names_used;         /* before it */
	uint32_t lines;
	int fd;
};

static void add_symbol(void *context, const char *name, bool export)
{
	struct reading *r = context;
	struct run *run = r->run;

	if (++r->module->count > SYMBOLS_OF_MODULE || run->names.used - r->names_used > NAMES_SIZE)
		bad("too many symbols");
	new_words(&run->symbols, 1, names_add(&run->names, name, strlen(name)) | (export ? EXPORTED : 0));
}

static void add_line(void *context, enum map map, const char *line, size_t length)
{
	struct reading *r = context;
	uint32_t file = 0;

	(void)length;
	if (++r->lines > LINES_MAX)
		bad("too many entries in device tables");
	while (old_maps[file] != map)
		file++;
	map_add(&r->run->files[file + 1], r->module->path, line);
}

static void tell_damage(struct run *run, const struct object_file *module, const struct fault *fault)
{
	if (fault->passing)
		bad_in(module->path, fault->why);
	report_fault(ERROR, module->path, fault);
	run->status |= run->named || run->options->strict;
}

static void read_tables(void *context)
{
	struct reading *r = context;

	old_map_lines(r->elf, add_line, r);
}

/* Tables that are damaged, or of another kernel's layout, cost their lines only. */
static void read_elf(void *context, const struct elf *elf)
{
	struct reading *r = context;
	struct text files[OLD_FILES];
	struct fault fault;

	r->elf = elf;
	ksymtab_read(elf, r->run->scratch, add_symbol, r);
	memcpy(files, r->run->files, sizeof(files));
	if (attempt(read_tables, r, &fault))
		return;
	memcpy(r->run->files, files, sizeof(files));
	tell_damage(r->run, r->module, &fault);
}

static void read_module(void *context)
{
	struct reading *r = context;

	if (r->fd < 0)
		bad_fault(system_fault(errno));
	module_examine(module_bytes(r->fd, r->run->scratch), read_elf, r);
}

static void try_module(struct run *run, struct object_file *module)
{
	struct names names = run->names;
	struct reading r = { .run = run, .module = module, .names_used = names.used };
	size_t symbols = run->symbols.used;
	struct fault fault;

	module->first = (uint32_t)(symbols / sizeof(uint32_t));
	r.fd = module_open(CURRENT_DIRECTORY, module->path);
	if (!attempt(read_module, &r, &fault)) {
		tell_damage(run, module, &fault);
		names_rewind(&run->names, names.count, names.used);
		run->symbols.used = symbols;
		module->count = 0;
		module->left_out = true;
	}
	if (r.fd >= 0)
		close(r.fd);
	arena_rewind(run->scratch, 0, 1 << 20);
}

static void read_modules(struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++) {
		if (run->options->verbose)
			text_line(run->standard_output, run->modules[i].shown, (char *)NULL);
		try_module(run, &run->modules[i]);
	}
}

/* ---- symbols ---- */

static bool read_kernel(struct run *run)
{
	static const char running[] = "/proc/ksyms";
	const struct options *o = run->options;
	const char *path = o->symvers ? o->symvers : o->system_map;
	uint32_t capacity = (uint32_t)arena_share(SYMBOLS_MAX);
	struct stat st;
	int failed;

	names_init(&run->names, run->memory, capacity, capacity * (size_t)32, run->key);
	if (!path && stat_again(CURRENT_DIRECTORY, running, &st) == 0)
		path = running;
	if (!path)
		warning("the kernel's symbols are not known: no -F, and no ", running);
	failed = kernel_read(path, o->symvers ? MODULE_SYMVERS : OLD_SYMBOLS, o->prefix, &run->names, NULL, run->scratch);
	if (failed)
		REPORT(FATAL, "could not load ", path, ": ", error_text(failed));
	run->kernel_symbols = run->names.count;
	return !failed;
}

static const uint32_t *symbols_of(const struct run *run, const struct object_file *module)
{
	return (const uint32_t *)(const void *)run->symbols.start + module->first;
}

/* Those of one symbol stand in the order of modules. */
static void list_exporters(struct run *run)
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

/* The kernel, or a module in the same directory, or the first module; NONE when nobody exports it. */
static uint32_t owner_of(const struct run *run, uint32_t name, const struct object_file *module)
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

/* Of a name with a version: _R and at least eight characters, of which the last eight are hexadecimal digits. Without one,
 * the whole length. */
static size_t unversioned_length(const char *name, size_t length)
{
	for (size_t at = length; at--;) {
		if (name[at] != '_' || name[at + 1] != 'R')
			continue;
		return length - at >= 10 && strspn(name + length - 8, "0123456789abcdefABCDEF") == 8 ? at : length;
	}
	return length;
}

/* Where functions have descriptors, .NAME is the code of NAME. */
static uint32_t find_owner(const struct run *run, uint32_t need, const struct object_file *module)
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

static void report_missing(struct run *run, const struct object_file *module, uint32_t need, bool first)
{
	const struct options *o = run->options;

	run->status |= o->unresolved_fails;
	if (first && !o->quiet)
		REPORT(PLAIN, "*** Unresolved symbols in ", module->path);
	if (o->errors && !o->quiet)
		REPORT(INDENTED, run->names.entries[need].string);
}

/* PATH: and, each behind a tab, what it needs, a line for each but the first; then an empty line. */
static void write_module(struct run *run, uint32_t number, uint32_t *seen)
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

static void resolve_modules(struct run *run)
{
	uint32_t *seen = new_words(run->memory, run->count, NONE);

	list_exporters(run);
	for (uint32_t i = 0; i < run->count; i++)
		if (!run->modules[i].left_out) {
			write_module(run, i, seen);
			run->modules_read++;
		}
}

/* ---- files ---- */

static void begin_files(struct run *run)
{
	for (uint32_t i = 0; i < OLD_FILES; i++) {
		struct arena arena;

		arena_reserve(&arena, "output", OUTPUT_MEMORY / OLD_FILES, false);
		text_open(&run->files[i], &arena);
		if (i)
			map_begin(&run->files[i], old_maps[i - 1]);
	}
	arena_reserve(&run->symbols, "symbols", OUTPUT_MEMORY / OLD_FILES, false);
}

static const char *file_name(const struct run *run, uint32_t number)
{
	return run->conf.files[number] ? base_name(run->conf.files[number]) : old_file_name(number);
}

static char *file_directory(const struct run *run, uint32_t number)
{
	const char *path = run->conf.files[number] ? run->conf.files[number] : run->output;

	return arena_string(run->memory, path, (size_t)(base_name(path) - path));
}

/* Each directory is locked once, by whatever name it goes. */
static bool begin_places(struct run *run)
{
	for (uint32_t i = 0; i < OLD_FILES; i++) {
		char *path = file_directory(run, i);
		uint32_t place = 0;

		while (place < run->place_count && !is_same(run->places[place].path, path))
			place++;
		run->place[i] = place;
		if (place < run->place_count)
			continue;
		if (!publish_begin(&run->places[place], path, run->options->sync))
			return false;
		run->place_count++;
	}
	return true;
}

/* That of modules.dep is the last one to be replaced. */
static bool publish_files(struct run *run)
{
	for (uint32_t i = 0; i < OLD_FILES; i++) {
		struct publication *place = &run->places[run->place[i]];
		uint32_t before = place->count;

		if (!publish_file(place, file_name(run, i), span_of(run->files[i].start, run->files[i].size)))
			return false;
		if (place->count == before) {
			error("two files would be one: ", place->path, file_name(run, i));
			return false;
		}
	}
	for (; run->place_count; run->place_count--)
		if (!publish_commit(&run->places[run->place_count - 1]))
			return false;
	return true;
}

/* What a killed run left goes, too. */
static void abandon_places(struct run *run)
{
	for (uint32_t i = 0; i < OLD_FILES; i++)
		if (run->place[i] < run->place_count)
			publish_adopt(&run->places[run->place[i]], file_name(run, i));
	while (run->place_count)
		publish_abandon(&run->places[--run->place_count]);
}

static void print_files(struct run *run)
{
	for (uint32_t i = 0; i < OLD_FILES; i++)
		text_add(run->standard_output, run->files[i].start, run->files[i].size);
}

/* ---- the whole ---- */

/* Whether all files are there, and no module nor the configuration is newer than the oldest one. */
static bool nothing_to_do(struct run *run)
{
	const char **modules = modules_to_read(run), *path;
	struct timespec oldest;
	struct stat st;

	if (publish_unfinished(file_directory(run, 0), file_name(run, 0), run->memory))
		return false;
	for (uint32_t i = 0; i < OLD_FILES; i++) {
		path = join_path(run->memory, file_directory(run, i), file_name(run, i));
		if (stat_again(CURRENT_DIRECTORY, path, &st))
			return false;
		if (i == 0 || newer(&oldest, &st.st_mtim))
			oldest = st.st_mtim;
	}
	for (path = run->conf.path ? run->conf.path : *modules++; path; path = *modules++)
		if (stat_again(CURRENT_DIRECTORY, path, &st) || newer(&st.st_mtim, &oldest))
			return false;
	return true;
}

static bool is_there(const struct run *run)
{
	struct tree tree = { 0 };

	return kernels_open(run->kernels, run->conf.release, &tree);
}

static bool index_modules(struct run *run)
{
	begin_files(run);
	find_modules(run);
	if (!read_kernel(run))
		return false;
	read_modules(run);
	resolve_modules(run);
	if (run->named || run->options->dry_run)
		print_files(run);
	else if (!publish_files(run))
		return false;
	text_flush(run->standard_output);
	report_sums(run->modules_read, run->symbols_known, 0, OLD_FILES, run->begun);
	return true;
}

static void work(void *context)
{
	struct run *run = context;
	const struct options *o = run->options;
	const char *config = o->config_count ? o->configs[o->config_count - 1] : NULL;
	bool prints = run->named || o->dry_run;

	if (!run->named && (!modulesconf_read(&run->conf, run->memory, config) || (!run->conf.files[0] && !is_there(run)))) {
		run->status = 1;
		return;
	}
	if (o->quick && nothing_to_do(run))
		return;
	if ((!prints && !begin_places(run)) || !index_modules(run))
		run->status = 1;
}

/* The absolute path without slashes at its end; "" for none. */
static const char *base_of(struct arena *memory, const char *path)
{
	if (!path)
		return "";
	path = absolute_path(memory, path);
	return arena_string(memory, path, unslashed_length(path));
}

int modutils(const struct kernels *kernels, const char *release, uint64_t key, struct arena *memory,
	     struct arena *scratch, struct text *standard_output)
{
	static struct run run;
	const struct options *o = kernels->options;
	struct fault fault;

	if (o->question || o->base_count > 1) {
		error(o->question ? "--explain and --dot are" : "several -b are", " not for kernels of the 2.4 series");
		return 1;
	}
	run = (struct run){
		.options = o, .kernels = kernels, .key = key, .output = kernels_output(kernels, release),
		.memory = memory, .scratch = scratch, .standard_output = standard_output,
		.named = o->file_count && !o->all, .begun = (uint32_t)times(NULL),
	};
	run.conf.release = release;
	run.conf.base = base_of(memory, o->bases[0]);
	run.conf.output = o->output_directory ? base_of(memory, o->output_directory) : run.conf.base;
	run.conf.modules = join_path(memory, kernels->directories[0], "");
	if (!attempt(work, &run, &fault)) {
		report_fault(FATAL, "cannot go on", &fault);
		run.status = 1;
	}
	abandon_places(&run);
	return run.status;
}
