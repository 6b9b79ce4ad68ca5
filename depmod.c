/* depmod.c: the command. It reads the options, then runs the five steps: scan, load, resolve, output, publish. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

#include "depmod.h"

static const uint8_t help[] = {
#include "build/help/depmod.inc"
};

struct run {
	struct options options;
	int argument_count;
	char **arguments;
	int status;
	struct arena words, memory, scratch, shared, crcs;
	struct releases releases;
	struct config config;
	struct tree tree;
	struct loaded loaded;
	struct graph graph;
	uint32_t kernel_symbols; /* how many of graph.symbols are the kernel's own */
	const char *depmod_old;  /* path of the program depmod.old, where this run needs it */
	struct publication publication;
	pid_t values; /* process that writes VALUE_FILES; 0: there is none */
	bool published;
	uint32_t begun;    /* when the run began, in hundredths of a second */
	char output[4096]; /* buffer of standard_output */
	struct text standard_output;
};

/* The path of a file that the person named: from the working directory or, where no file is there, as modules.dep
 * has it. */
static const char *named_file(struct run *run, const char *word)
{
	const char *path = absolute_path(&run->memory, word);
	struct stat st;

	if (path == word || stat_again(CURRENT_DIRECTORY, path, &st) != ENOENT)
		return path;
	for (uint32_t root = run->tree.root_count; root--;)
		if (!stat_again(run->tree.roots[root].directory, word, &st))
			return join_path(&run->memory, run->tree.roots[root].name, word);
	return path;
}

static bool find_modules(struct run *run)
{
	struct options *o = &run->options;
	bool tell = o->warn || o->verbose;

	run->tree.keeps_shadowed = o->question != NO_QUESTION;
	for (uint32_t i = 0; i < o->file_count; i++)
		o->files[i] = named_file(run, o->files[i]);
	if (scan(&run->tree, &run->config, o->file_count && !o->all ? o->files : NULL, tell, &run->memory,
		 &run->scratch))
		return false;
	/* Without that directory's modules, the files would be worse than the old ones. */
	if (run->tree.unread)
		error("nothing is written, as not all of the tree could be read");
	return !run->tree.unread;
}

static bool read_kernel(struct run *run)
{
	struct options *o = &run->options;
	const char *path = o->symvers ? o->symvers : o->system_map;
	struct kernel_symbols symbols;
	int failed;

	if (!path)
		return true;
	symbols = (struct kernel_symbols){
		.names = &run->graph.symbols,
		.crcs = &run->crcs,
		.scratch = &run->scratch,
		.path = path,
		.prefix = o->prefix,
	};
	failed = symbols_read(&symbols, o->symvers ? read_symvers_line : read_map_line);
	if (failed) {
		REPORT(FATAL, "could not load ", path, ": ", error_text(failed));
	} else if (o->errors && o->system_map && !symbols.exported) {
		warning(path, " holds no exported symbol, so that -e can tell nothing");
		o->errors = false;
	}
	return !failed;
}

/* Warns of values and symbols of the module that were not kept. */
static void report_refused(struct run *run, const struct module *module, const struct facts *facts)
{
	struct values values = values_of(facts, REFUSED);
	size_t length;

	for (const char *value; (value = next_value(&values, &length));)
		warning(root_of(&run->tree, module, false), module->path,
			": left out, as it is too long or holds control characters: ", value);
}

static void report_damaged(struct run *run)
{
	if (run->tree.lost && run->options.strict)
		run->status = 1;
	for (uint32_t i = 0; i < run->tree.count; i++) {
		const struct facts *facts = run->loaded.facts[i];
		const struct module *module = &run->tree.modules[i];
		const char *reason = run->loaded.reasons[module->file].text;

		if (facts->transient)
			bad_in(module->path, reason);
		if (facts->failed) {
			error(root_of(&run->tree, module, false), module->path, ": ", reason);
			if (run->options.strict)
				run->status = 1;
		}
		if (facts->refused)
			report_refused(run, module, facts);
	}
}

static bool print_file(struct run *run, struct span content)
{
	text_add(&run->standard_output, content.p, span_size(content));
	return !run->standard_output.error;
}

/* Prints the file (-n), or writes it under its temporary name. */
static bool publish(void *context, const char *name, struct span content)
{
	struct run *run = context;

	return run->options.dry_run ? print_file(run, content) : publish_file(&run->publication, name, content);
}

static bool write_maps(void *context)
{
	struct run *run = context;
	bool damaged = false, written = make_map_files(run->depmod_old, &run->options, &run->tree, &run->graph,
						       &run->memory, publish, run, &damaged);

	run->status |= damaged && run->options.strict;
	return written;
}

static bool write_part(struct run *run, enum file_set set)
{
	struct options *o = &run->options;
	struct output_options how = {
		.set = set,
		.text_only = o->dry_run,
		.warn = o->warn,
		.after_dependencies = o->maps && set != VALUE_FILES ? write_maps : NULL,
	};

	return write_outputs(&how, &run->tree, &run->loaded, &run->graph, publish, run);
}

/* Says why the run ends. Where the system grants little address space, memory may be too small for that reason
 * alone. */
static void report_end(const struct fault *fault)
{
	report_fault(FATAL, arena_share(2) < 2 ? "cannot go on (address space is short)" : "cannot go on", fault);
}

static void write_values(void *context)
{
	struct run *run = context;

	run->status = !write_part(run, VALUE_FILES);
}

/* Starts a process that writes VALUE_FILES, which do not depend on the graph. Does not start it where files are printed
 * or warnings have to come in order. Returns the id of the process, or 0 when there is none. */
static pid_t start_values(struct run *run)
{
	struct fault fault = { 0 };
	pid_t pid;

	if (run->options.jobs < 2 || run->options.dry_run || run->options.warn)
		return 0;
	pid = fork_bound();
	if (pid == 0) {
		if (!attempt(write_values, run, &fault))
			report_end(&fault);
		_exit(run->status || fault.why);
	}
	if (pid < 0)
		return 0;
	run_elsewhere(pid);
	return pid;
}

/* Waits for a process that may show progress on the terminal. */
static bool await_showing(pid_t pid, int *status)
{
	bool waited;

	progress_hold(true);
	waited = await_process(pid, status);
	progress_hold(false);
	return waited;
}

/* Waits for the process that writes VALUE_FILES, if there is one. */
static bool finish_values(struct run *run)
{
	int status = 0;

	if (run->values && await_process(run->values, &status))
		adopt_outputs(&run->publication, VALUE_FILES);
	if (status > 0 && WIFSIGNALED(status))
		error("the process that wrote modules.alias died");
	run->values = 0;
	return status == 0;
}

static void resolve_all(struct run *run)
{
	struct options *o = &run->options;
	struct resolve_options how = {
		.report_unresolved = o->errors,
		.warn = o->warn,
		.prefix = o->prefix,
		.show = o->verbose && !o->question ? &run->standard_output : NULL,
		.kernel_symbols = run->kernel_symbols,
		.kernel_crcs = o->symvers ? (const uint32_t *)(const void *)run->crcs.start : NULL,
	};

	resolve(&run->graph, &run->tree, &run->loaded, &how, &run->memory);
	if (run->graph.cyclic || (run->graph.unresolved && o->unresolved_fails))
		run->status = 1;
}

static bool write_files(struct run *run)
{
	bool written;

	resolve_all(run);
	/* Modules in a cycle are left out, but the other process may have written their values already: VALUE_FILES
	 * are written again. */
	if (run->graph.cyclic && !finish_values(run))
		return false;
	written = write_part(run, run->values ? OTHER_FILES : ALL_FILES);
	return finish_values(run) && written;
}

/* Prints the sums that -v ends with. */
static void tell_sums(struct run *run, uint32_t files)
{
	const struct graph *graph = &run->graph;
	uint32_t modules = 0, symbols = 0, aliases = 0;

	for (uint32_t m = 0; m < run->tree.count; m++)
		if (!graph->left_out[m]) {
			modules++;
			aliases += run->loaded.facts[m]->aliases;
		}
	for (uint32_t s = 0; s < graph->symbols.count; s++)
		symbols += graph->owner[s] < run->tree.count && !graph->left_out[graph->owner[s]];
	text_flush(&run->standard_output);
	report_sums(modules, symbols, aliases, files, run->begun);
}

static bool answer(struct run *run)
{
	struct inquiry inquiry = {
		.module = run->options.module,
		.config = &run->config,
		.tree = &run->tree,
		.loaded = &run->loaded,
		.graph = &run->graph,
		.kernel_known = run->kernel_symbols != 0,
		.out = &run->standard_output,
		.memory = &run->memory,
		.scratch = &run->scratch,
	};

	resolve_all(run);
	return run->options.question == DOT ? dot(&inquiry) : explain(&inquiry);
}

static bool index_tree(struct run *run)
{
	uint32_t files;
	struct load_options how = {
		.jobs = run->options.jobs,
		.wants_crcs = run->options.symvers != NULL,
		.key = run->tree.key,
		.show_progress = !run->options.quiet,
	};

	run->tree.loading = load_begin(&run->tree, &how, &run->shared, &run->memory);
	if (!find_modules(run) || !read_kernel(run))
		return false;
	run->kernel_symbols = run->graph.symbols.count;
	load_end(run->tree.loading, &run->loaded, &run->memory);
	/* The line of progress goes before anything is printed: standard output may be the same terminal. */
	if (run->options.dry_run || run->options.verbose)
		progress_end();
	report_damaged(run);
	graph_begin(&run->graph, &run->tree, &run->loaded, &run->memory);
	if (run->options.question)
		return answer(run);
	run->values = start_values(run);
	if (!write_files(run))
		return false;
	files = run->publication.count;
	if (!run->options.dry_run && !publish_commit(&run->publication))
		return false;
	if (run->options.verbose)
		tell_sums(run, files);
	return true;
}

static bool nothing_to_do(struct run *run)
{
	const struct location place = releases_output(&run->releases, run->options.release);
	int directory = open_inside(place.base, place.path, DIRECTORY_FLAGS);
	bool nothing = directory >= 0 && !publish_unfinished(directory) && outputs_complete(directory) &&
		       up_to_date(&run->tree, &run->config, directory, "modules.dep", &run->memory);

	if (directory >= 0)
		close(directory);
	return nothing;
}

static void index_and_publish(void *context)
{
	struct run *run = context;

	run->published = index_tree(run);
}

/* The directory is locked before the first look at the tree, so that the later of two runs sees all modules.
 * Whatever fails, no temporary file stays behind. */
static bool index_locked(struct run *run)
{
	bool writes = !run->options.dry_run;
	struct fault fault;

	if (writes && !publish_begin(&run->publication, releases_output(&run->releases, run->options.release),
				     run->options.sync, &run->memory))
		return false;
	if (!attempt(index_and_publish, run, &fault))
		report_end(&fault);
	finish_values(run);
	progress_end();
	if (writes && !run->published) {
		adopt_outputs(&run->publication, ALL_FILES); /* temporary files of a killed run, too */
		forget_map_files(&run->publication, &run->memory);
		publish_abandon(&run->publication);
	}
	return run->published;
}

static void reserve_memory(struct run *run)
{
	arena_plan(RUN_MEMORY + SCRATCH_MEMORY + 2 * SHARED_MEMORY + 4 * OUTPUT_MEMORY +
		   run->options.jobs * (WORKER_FACTS + WORKER_SCRATCH + WORKER_SYMBOLS));
	arena_reserve(&run->memory, "memory", RUN_MEMORY, false);
	arena_reserve(&run->scratch, "scratch memory", SCRATCH_MEMORY, false);
}

/* Indexes the modules of one kernel release. */
static void index_release(void *context)
{
	struct run *run = context;
	struct options *o = &run->options;
	bool old = is_old(o);
	uint32_t symbols;

	if (old || (o->maps && !o->question)) {
		run->depmod_old = find_depmod_old(&run->memory, *run->arguments);
		run->status = !run->depmod_old;
		if (run->status)
			return;
	}
	if (old) {
		become_depmod_old(run->depmod_old, run->arguments, o->all_versions ? o->release : NULL, &run->memory);
		run->status = 1;
		return;
	}
	if (o->errors && !o->symvers && !o->system_map) {
		warning("-e needs -E or -F");
		o->errors = false;
	}
	if (o->verbose)
		run->begun = (uint32_t)times(NULL);
	config_read(&run->config, &run->memory, o->config_from_base ? run->releases.directories->base : NULL,
		    o->config_count ? o->configs : NULL, o->release);
	if (!releases_open(&run->releases, o->release, &run->tree)) {
		run->status = 1;
		return;
	}
	if (o->quick && nothing_to_do(run))
		return;
	/* With --all-versions each release has a process of its own by now, so its memory is shared with its own
	 * workers alone. */
	arena_reserve(&run->shared, "shared memory", SHARED_MEMORY, true);
	arena_reserve(&run->crcs, "CRCs", SHARED_MEMORY, false);
	symbols = (uint32_t)arena_share(SYMBOLS_MAX);
	names_init(&run->graph.symbols, &run->memory, symbols, symbols * (size_t)16, run->tree.key);
	if (!index_locked(run))
		run->status = 1;
}

/* Runs work(), and writes out standard output even when work() fails. Returns the exit status. */
static int carry_out(struct run *run, void (*work)(void *))
{
	struct fault fault;

	if (!attempt(work, run, &fault)) {
		report_end(&fault);
		run->status = 1;
	}
	return command_end(&run->standard_output, run->status);
}

/* Indexes each release in a process of its own, so that a failure costs that release alone. */
static void index_all_releases(struct run *run)
{
	const char *const *release = releases_list(&run->releases, has_modules);

	run->status = !*release;
	for (; *release; release++) {
		int status = -1;
		pid_t pid = fork_bound();

		if (pid == 0) {
			run->options.release = *release;
			_exit(carry_out(run, index_release));
		}
		if (pid < 0)
			error("could not begin with ", *release, ": ", error_text(errno));
		else if (await_showing(pid, &status) && WIFSIGNALED(status))
			error("the process for ", *release, " died");
		run->status |= status != 0;
	}
}

static void run_command(void *context)
{
	struct run *run = context;
	struct options *o = &run->options;
	enum verdict verdict;

	progress_clock();
	arena_reserve(&run->words, "arguments", ((size_t)run->argument_count + 1) * 3 * sizeof(void *) + 64, false);
	verdict = parse_options(o, run->argument_count, run->arguments, &run->words);
	if (verdict != GO_ON) {
		run->status = verdict == WRONG_USAGE;
		if (o->print)
			print_about(&run->standard_output, o->print, "depmod", span_of(help, sizeof(help)), 0);
		return;
	}
	o->jobs = worker_count(o->jobs);
	reserve_memory(run);
	report_setup((struct report_settings){ .quiet = o->quiet, .verbose = o->verbose, .syslog = o->syslog });
	run->tree.key = random_key();
	releases_locate(&run->releases, o, &run->memory, &run->scratch);
	if (o->all_versions) {
		index_all_releases(run);
		return;
	}
	if (!o->release)
		o->release = running_release(&run->memory);
	index_release(run);
}

int main(int count, char **arguments)
{
	static struct run run;

	command_begin("depmod");
	/* A link may be meant for modprobe, which has more commands. The file of a release has a longer name. */
	if (count && **arguments && strncmp(base_name(*arguments), "depmod", 6) != 0) {
		error("'", base_name(*arguments),
		      "' is no name of depmod; modinfo, insmod, rmmod, lsmod and kmod are links to modprobe");
		return 1;
	}
	run.argument_count = count;
	run.arguments = arguments;
	run.standard_output = (struct text){ .start = run.output, .capacity = sizeof(run.output), .fd = 1 };
	return carry_out(&run, run_command);
}
