/* old.c: the command depmod.old: depmod for kernels before 2.6, as modutils had it, and the map files of later kernels.
 * It writes modules.dep and map files, but no indexes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <unistd.h>

#include "old.h"

/* ---- files ---- */

static void begin_files(struct old_run *run)
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

static const char *file_name(const struct old_run *run, uint32_t number)
{
	return run->conf.files[number] ? base_name(run->conf.files[number]) : old_file_name(number);
}

static struct location file_directory(const struct old_run *run, uint32_t number)
{
	const char *path = run->conf.files[number];

	if (!path)
		return run->output;
	path += run->output.base ? strlen(run->conf.output) : 0;
	return (struct location){ run->output.base, arena_string(run->memory, path, (size_t)(base_name(path) - path)) };
}

static bool leads_to(struct location place, int directory)
{
	struct stat x, y;

	return !stat_inside(place.base, place.path, &x) && !fstat(directory, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Locks the directories of all files, each one once, even if several paths lead to it. False after an error message. */
static bool begin_places(struct old_run *run)
{
	for (uint32_t i = 0; i < OLD_FILES; i++) {
		struct location path = file_directory(run, i);
		uint32_t place = 0;

		while (place < run->place_count && !leads_to(path, run->places[place].directory))
			place++;
		run->place[i] = place;
		if (place < run->place_count)
			continue;
		if (!publish_begin(&run->places[place], path, run->options->sync, run->memory))
			return false;
		run->place_count++;
	}
	return true;
}

/* Writes all files; the directory of modules.dep, which is the first one, is committed last. False after an error
 * message. */
static bool publish_files(struct old_run *run)
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

/* Removes temporary files, those of a killed run included. */
static void abandon_places(struct old_run *run)
{
	for (uint32_t i = 0; i < OLD_FILES; i++)
		if (run->place[i] < run->place_count)
			publish_adopt(&run->places[run->place[i]], file_name(run, i));
	while (run->place_count)
		publish_abandon(&run->places[--run->place_count]);
}

static void print_files(struct old_run *run)
{
	for (uint32_t i = 0; i < OLD_FILES; i++)
		text_add(run->out, run->files[i].start, run->files[i].size);
}

/* ---- a run for one release ---- */

/* Whether all files are there, and neither a module nor the configuration is newer than the oldest of them. */
static bool nothing_to_do(struct old_run *run)
{
	const char **modules = modules_to_read(run), *path;
	struct location place = file_directory(run, 0);
	int directory = open_inside(place.base, place.path, DIRECTORY_FLAGS);
	struct timespec oldest;
	struct stat st;

	if (directory < 0 || publish_unfinished(directory))
		return false;
	for (uint32_t i = 0; i < OLD_FILES; i++) {
		place = file_directory(run, i);
		if (stat_inside(place.base, join_path(run->memory, place.path, file_name(run, i)), &st))
			return false;
		if (i == 0 || is_newer(&oldest, &st.st_mtim))
			oldest = st.st_mtim;
	}
	for (path = run->conf.path ? run->conf.path : *modules++; path; path = *modules++)
		if (stat_again(CURRENT_DIRECTORY, path, &st) || is_newer(&st.st_mtim, &oldest))
			return false;
	return true;
}

/* False after an error message: the version's directory is not there. */
static bool has_directory(const struct old_run *run)
{
	struct tree tree = { 0 };

	return releases_open(run->releases, run->conf.release, &tree);
}

/* False after an error message: the files are not written. */
static bool index_modules(struct old_run *run)
{
	begin_files(run);
	find_old_modules(run);
	if (!read_old_kernel(run))
		return false;
	if (!read_old_modules(run))
		return false;
	resolve_old_modules(run);
	if (run->named || run->options->dry_run)
		print_files(run);
	else if (!publish_files(run))
		return false;
	text_flush(run->out);
	report_sums(run->modules_read, run->symbols_known, 0, OLD_FILES, run->begun);
	return true;
}

static void index_old(void *context)
{
	struct old_run *run = context;
	const struct options *o = run->options;
	const char *config = o->config_count ? o->configs[o->config_count - 1] : NULL;
	bool prints = run->named || o->dry_run;

	if (!run->named &&
	    (!modulesconf_read(&run->conf, run->memory, config) || (!run->conf.files[0] && !has_directory(run)))) {
		run->status = 1;
		return;
	}
	if (o->quick && nothing_to_do(run))
		return;
	if ((!prints && !begin_places(run)) || !index_modules(run))
		run->status = 1;
}

/* The absolute path without slashes at its end; "" for NULL. */
static const char *base_of(struct arena *memory, const char *path)
{
	if (!path)
		return "";
	path = absolute_path(memory, path);
	return arena_string(memory, path, unslashed_length(path));
}

static int index_release(struct old_run *run)
{
	const struct releases *releases = run->releases;
	const struct location modules = *releases->directories;
	const struct options *o = run->options;
	struct arena *memory = run->memory;
	struct fault fault;

	run->output = releases_output(releases, o->release);
	run->named = o->file_count && !o->all;
	run->begun = (uint32_t)times(NULL);
	run->conf.release = o->release;
	run->conf.base = base_of(memory, o->bases[0]);
	run->conf.output = o->output_directory ? base_of(memory, o->output_directory) : run->conf.base;
	run->conf.modules = join_path(memory, below_base(memory, modules.base, modules.path), "");
	if (!attempt(index_old, run, &fault)) {
		report_fault(FATAL, "cannot go on", &fault);
		run->status = 1;
	}
	abandon_places(run);
	return run->status;
}

/* ---- the command ---- */

static const uint8_t help[] = {
#include "../build/help/depmod.old.inc"
};

struct command {
	int count;
	char **arguments;
	struct arena words, memory, scratch;
	struct options options;
	struct releases releases;
	struct old_run run;
	int status;
	char output[4096];
	struct text out; /* standard output */
};

/* False after an error message: the options ask for what depmod.old does not do. */
static bool is_for_us(const struct options *o)
{
	if (!is_old(o))
		error("kernels since 2.6 are depmod's; --map reads the paths of their modules from standard input");
	else if (o->question || o->base_count > 1)
		error(o->question ? "--explain and --dot are" : "several -b are", " not for kernels of the 2.4 series");
	else
		return true;
	return false;
}

static void run_options(struct command *c)
{
	struct options *o = &c->options;

	if (o->maps && !o->release && !o->file_count) {
		c->status = print_map_files(worker_count(o->jobs), &c->memory, &c->scratch, &c->out);
		return;
	}
	releases_locate(&c->releases, o, &c->memory, &c->scratch);
	if (!o->release)
		o->release = running_release(&c->memory);
	c->run = (struct old_run){
		.options = o,
		.releases = &c->releases,
		.key = random_key(),
		.memory = &c->memory,
		.scratch = &c->scratch,
		.out = &c->out,
	};
	c->status = is_for_us(o) ? index_release(&c->run) : 1;
}

static void run_command(void *context)
{
	struct command *c = context;
	struct options *o = &c->options;
	enum verdict verdict;

	o->in_depmod_old = true;
	arena_reserve(&c->words, "arguments", ((size_t)c->count + 1) * 3 * sizeof(void *) + 64, false);
	verdict = parse_options(o, c->count, c->arguments, &c->words);
	c->status = verdict == WRONG_USAGE;
	if (o->print)
		print_about(&c->out, o->print, "depmod.old", span_of(help, sizeof(help)), 0);
	if (verdict != GO_ON)
		return;
	arena_plan(RUN_MEMORY + SCRATCH_MEMORY + SHARED_MEMORY + 2 * OUTPUT_MEMORY);
	arena_reserve(&c->memory, "memory", RUN_MEMORY, false);
	arena_reserve(&c->scratch, "scratch memory", SCRATCH_MEMORY, false);
	report_setup((struct report_settings){ .quiet = o->quiet, .verbose = o->verbose, .syslog = o->syslog });
	run_options(c);
}

int main(int count, char **arguments)
{
	static struct command c;
	struct fault fault;

	command_begin("depmod");
	c.count = count;
	c.arguments = arguments;
	c.out = (struct text){ .start = c.output, .capacity = sizeof(c.output), .fd = 1 };
	if (!attempt(run_command, &c, &fault)) {
		report_fault(FATAL, "cannot go on", &fault);
		c.status = 1;
	}
	return command_end(&c.out, c.status);
}
