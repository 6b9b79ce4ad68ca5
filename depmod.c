/* depmod.c: the command. Options, then the five steps: scan, load, resolve, output, publish. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "depmod.h"

struct run {
	struct options options;
	int argument_count;
	char **arguments;
	int status;
	struct arena words, memory, scratch, shared, crcs;
	struct config config;
	struct tree tree;
	struct loaded loaded;
	struct graph graph;
	uint32_t kernel_symbols;
	struct publication publication;
	pid_t values;              /* the process that writes VALUE_FILES, or 0 */
	bool published;
	char output[4096];         /* text that goes to standard output */
	struct text standard_output;
};

static const char *running_release(struct run *run)
{
	struct utsname name;

	if (uname(&name))
		bad_in("uname", error_text(errno));
	return arena_string(&run->memory, name.release, strlen(name.release));
}

/* BASE/MODULEDIR/VERSION/ */
static char *version_directory(struct run *run, const char *base)
{
	struct text text;

	text_open(&text, &run->memory);
	if (base) {
		text_string(&text, base);
		while (text.size && text.start[text.size - 1] == '/')
			text.size--;
	}
	text_add(&text, "/", 1);
	text_string(&text, run->options.module_directory + strspn(run->options.module_directory, "/"));
	text_add(&text, "/", 1);
	text_string(&text, run->options.release);
	text_add(&text, "/", 2);
	return arena_take(&run->memory, text.size, 1, 1);
}

static bool find_modules(struct run *run)
{
	struct options *o = &run->options;
	bool tell = o->warn || o->verbose;
	int failed;

	for (uint32_t i = 0; i < o->file_count; i++)
		o->files[i] = absolute_path(&run->memory, o->files[i]);
	if (o->file_count && !o->all)
		failed = scan_named(&run->tree, &run->config, o->files, tell, &run->memory, &run->scratch);
	else
		failed = scan(&run->tree, &run->config, tell, &run->memory, &run->scratch);
	return !failed;
}

static bool read_kernel(struct run *run)
{
	struct options *o = &run->options;
	const char *path = o->symvers ? o->symvers : o->system_map;
	int failed;

	if (!path)
		return true;
	failed = kernel_read(path, o->symvers ? MODULE_SYMVERS : SYSTEM_MAP, o->prefix,
			     &run->graph.symbols, &run->crcs, &run->scratch);
	if (failed)
		REPORT(FATAL, "could not load ", path, ": ", error_text(failed));
	return !failed;
}

/* What a module holds that could not be kept. */
static void report_refused(const char *path, const struct facts *facts)
{
	struct values values = values_of(facts, REFUSED);
	size_t length;

	for (const char *value; (value = next_value(&values, &length));)
		warning(path, ": left out, as it is too long or holds control characters: ", value);
}

static void report_damaged(struct run *run)
{
	if (run->tree.unread && run->options.strict)
		run->status = 1;
	for (uint32_t i = 0; i < run->tree.count; i++) {
		const struct facts *facts = &run->loaded.facts[i];
		const char *path = run->tree.modules[i].path;

		if (facts->passing)
			bad_in(path, run->loaded.reasons[i].text);
		if (facts->failed) {
			error(path, ": ", run->loaded.reasons[i].text);
			if (run->options.strict)
				run->status = 1;
		}
		if (facts->refused)
			report_refused(path, facts);
	}
}

static uint64_t random_key(void)
{
	uint64_t key;

	/* Without it, where the system put the stack is the best there is. */
	if (syscall(SYS_getrandom, &key, sizeof(key), 1) != sizeof(key))
		key = (uintptr_t)__builtin_frame_address(0);
	return key;
}

static bool print_file(void *context, const char *name, struct span content)
{
	struct run *run = context;

	(void)name;
	text_add(&run->standard_output, content.p, span_size(content));
	return !run->standard_output.error;
}

static bool replace_file(void *context, const char *name, struct span content)
{
	return publish_file(context, name, content);
}

static bool write_part(struct run *run, enum file_set set)
{
	struct options *o = &run->options;
	struct output_options how = { .set = set, .text_only = o->dry_run, .warn = o->warn };

	return write_outputs(&how, &run->tree, &run->loaded, &run->graph,
			     o->dry_run ? print_file : replace_file,
			     o->dry_run ? (void *)run : &run->publication);
}

static void write_values(void *context)
{
	struct run *run = context;

	run->status = !write_part(run, VALUE_FILES);
}

/* The files that only modinfo decides need not wait for the graph: a process of their own writes them,
 * unless they are to be printed, or have warnings that belong between others. Returns 0 when there is
 * none. */
static pid_t start_values(struct run *run)
{
	struct fault fault = { 0 };
	pid_t pid;

	if (run->loaded.workers < 2 || run->options.dry_run || run->options.warn)
		return 0;
	pid = _Fork();
	if (pid == 0) {
		if (!attempt(write_values, run, &fault))
			report_fault(FATAL, "cannot go on", &fault);
		_exit(run->status || fault.why);
	}
	return pid < 0 ? 0 : pid;
}

/* Waits for that process, if there is one. */
static bool finish_values(struct run *run)
{
	int status = 0;

	while (run->values && waitpid(run->values, &status, 0) < 0)
		if (errno != EINTR) {
			error("could not wait for a process: ", error_text(errno));
			status = -1;
			break;
		}
	if (run->values)
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
		.report_unresolved = o->errors, .warn = o->warn, .prefix = o->prefix,
		.show = o->verbose ? &run->standard_output : NULL,
		.kernel_symbols = run->kernel_symbols,
		.kernel_crcs = o->symvers ? (const uint32_t *)(const void *)run->crcs.start : NULL,
	};

	resolve(&run->graph, &run->tree, &run->loaded, &how, &run->memory);
	if (run->graph.cyclic || (run->graph.unresolved && o->unresolved_fails))
		run->status = 1;
}

static bool write_files(struct run *run)
{
	bool apart = run->values != 0, written;

	resolve_all(run);
	written = write_part(run, apart ? OTHER_FILES : ALL_FILES);
	if (!finish_values(run) || !written)
		return false;
	/* A cycle leaves modules out that were there when their values were written. */
	return !apart || !run->graph.cyclic || write_part(run, VALUE_FILES);
}

static bool index_tree(struct run *run)
{
	struct load_options how = {
		.jobs = run->options.jobs, .wants_crcs = run->options.symvers != NULL, .key = run->tree.key,
	};

	if (!find_modules(run) || !read_kernel(run))
		return false;
	run->kernel_symbols = run->graph.symbols.count;
	load(&run->loaded, &run->tree, &how, &run->shared, &run->memory);
	report_damaged(run);
	graph_begin(&run->graph, &run->tree, &run->loaded, &run->memory);
	run->values = start_values(run);
	return write_files(run) && (run->options.dry_run || publish_commit(&run->publication));
}

static char *output_directory(struct run *run)
{
	struct options *o = &run->options;

	return version_directory(run, o->output_directory ? o->output_directory : o->base);
}

static bool nothing_to_do(struct run *run)
{
	const char *directory = output_directory(run), *first = "modules.dep";

	return !publish_unfinished(directory, first, &run->memory) &&
	       up_to_date(&run->tree, &run->config, join_path(&run->memory, directory, first), &run->memory);
}

static void index_and_publish(void *context)
{
	struct run *run = context;

	run->published = index_tree(run);
}

/* The lock comes before the first look at the tree, so that of two runs the later one knows all. Whatever
 * happens on the way, nothing half done stays behind. */
static bool index_locked(struct run *run)
{
	bool writes = !run->options.dry_run;
	struct fault fault;

	if (writes && !publish_begin(&run->publication, output_directory(run), run->options.sync))
		return false;
	if (!attempt(index_and_publish, run, &fault))
		report_fault(FATAL, "cannot go on", &fault);
	finish_values(run);
	if (writes && !run->published) {
		adopt_outputs(&run->publication, ALL_FILES);  /* a killed run's, too */
		publish_abandon(&run->publication);
	}
	return run->published;
}

static void reserve_memory(struct run *run)
{
	uint32_t jobs = run->options.jobs ? run->options.jobs : usable_cores();

	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	arena_plan(RUN_MEMORY + SCRATCH_MEMORY + 2 * SHARED_MEMORY + 4 * OUTPUT_MEMORY +
		   jobs * (WORKER_FACTS + WORKER_SCRATCH + WORKER_SYMBOLS));
	arena_reserve(&run->memory, "memory", RUN_MEMORY, false);
	arena_reserve(&run->scratch, "scratch memory", SCRATCH_MEMORY, false);
	arena_reserve(&run->shared, "shared memory", SHARED_MEMORY, true);
	arena_reserve(&run->crcs, "CRCs", SHARED_MEMORY, false);
}

static void run_command(void *context)
{
	struct run *run = context;
	struct options *o = &run->options;
	enum verdict verdict;
	uint32_t symbols;
	int failed;

	arena_reserve(&run->words, "arguments", ((size_t)run->argument_count + 1) * 2 * sizeof(void *) + 64,
		      false);
	reserve_memory(run);
	verdict = parse_options(o, run->argument_count, run->arguments, &run->words);
	if (verdict != GO_ON) {
		run->status = verdict == WRONG_USAGE;
		if (o->print)
			print_about(&run->standard_output, o->print, 0, &run->scratch);
		return;
	}
	report_setup((struct report_settings){ .quiet = o->quiet, .verbose = o->verbose });
	if (o->errors && !o->symvers && !o->system_map) {
		warning("-e needs -E or -F");
		o->errors = false;
	}
	if (!o->release)
		o->release = running_release(run);
	if (o->base)
		o->base = absolute_path(&run->memory, o->base);
	if (o->output_directory)
		o->output_directory = absolute_path(&run->memory, o->output_directory);
	run->tree.name = version_directory(run, o->base);
	run->tree.key = random_key();
	config_read(&run->config, &run->memory, o->config_count ? o->configs : NULL, o->release);
	failed = open_tree(&run->tree);
	if (failed) {
		error("could not open directory ", run->tree.name, ": ", error_text(failed));
		run->status = 1;
		return;
	}
	if (o->quick && nothing_to_do(run))
		return;
	symbols = (uint32_t)arena_share(SYMBOLS_MAX);
	names_init(&run->graph.symbols, &run->memory, symbols, symbols * (size_t)16, run->tree.key);
	if (!index_locked(run))
		run->status = 1;
}

int depmod(char **arguments)
{
	static struct run run;
	struct fault fault;

	while (arguments[run.argument_count])
		run.argument_count++;
	run.arguments = arguments;
	run.standard_output = (struct text){ .start = run.output, .capacity = sizeof(run.output), .fd = 1 };
	if (!attempt(run_command, &run, &fault)) {
		report_fault(FATAL, "cannot go on", &fault);
		run.status = 1;
	}
	return text_close(&run.standard_output) || run.status;
}
