/* depmod.c: the command. Options, then the five steps: scan, load, resolve, output, publish. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "depmod.h"

#define VERSION "0.1"

struct options {
	const char *base, *module_directory, *output_directory, *release;
	const char *symvers, *system_map;
	const char **configs;      /* ended by NULL; NULL when none was named */
	const char **files;        /* likewise */
	uint32_t config_count, file_count, jobs;
	char prefix;
	bool all, quick, errors, dry_run, quiet, verbose, warn, strict;
	bool unresolved_fails;
	bool sync, no_sync;
};

struct run {
	struct options options;
	int count;
	char **arguments;
	int status;
	struct arena memory, scratch, shared, crcs;
	struct config config;
	struct tree tree;
	struct loaded loaded;
	struct graph graph;
	uint32_t kernel_symbols;
	struct publication publication;
	char output[4096];         /* text that goes to standard output */
	struct text standard_output;
};

static const char help_text[] =
	"Usage: depmod [OPTION]... [VERSION]\n"
	"       depmod [OPTION]... VERSION FILE...\n"
	"\n"
	"Writes modules.dep and the maps and indexes that go with it for the kernel\n"
	"VERSION (default: the running one). With FILE..., only for these modules.\n"
	"\n"
	"What is done\n"
	"  -a, --all               all modules; the default when no FILE is named\n"
	"  -A, --quick             nothing when no module is newer than modules.dep\n"
	"  -n, --dry-run, --show   text files to standard output; nothing is written\n"
	"      --jobs N            N worker processes (default: one for each usable core)\n"
	"      --sync, --no-sync   wait, or not, until all is on the disk (default: only\n"
	"                          without -b and -o)\n"
	"\n"
	"Where\n"
	"  -b, --basedir DIR       look for the module directory below DIR\n"
	"  -m, --moduledir DIR     module directory (default: lib/modules)\n"
	"  -o, --outdir DIR        write below DIR instead\n"
	"  -C, --config PATH       file or directory in place of the standard depmod.d\n"
	"\n"
	"Checks\n"
	"  -e, --errsyms           report symbols that nothing supplies; needs -F or -E\n"
	"  -F, --filesyms FILE     the kernel's symbols from System.map\n"
	"  -E, --symvers FILE      the kernel's symbols and CRCs from Module.symvers\n"
	"  -P, --symbol-prefix C   ignore the character C at the beginning of symbols\n"
	"  -u, --unresolved-error  exit 1 when -e had something to report\n"
	"      --strict            exit 1 when a module could not be read\n"
	"\n"
	"What is said\n"
	"  -v, --verbose           each dependency and the symbol it comes from\n"
	"  -w, --warn              duplicate modules, symbols and aliases\n"
	"  -q, --quiet             no warnings\n"
	"  -V, --version           version and supported compressions\n"
	"  -h, --help              this text\n"
	"\n"
	"Accepted for older callers: --map, -r --root, -s --syslog\n";

static const char version_text[] = "depmod " VERSION "\n+GZIP +XZ +ZSTD\n";

/* ---- options ---- */

enum takes { NO_VALUE, TAKES_VALUE };

struct option {
	char letter;
	const char *name;
	enum takes takes;
};

/* Letters beyond ASCII stand for options that have only a name. */
enum { OPTION_JOBS = 1, OPTION_STRICT, OPTION_SYNC, OPTION_NO_SYNC, OPTION_MAP };

static const struct option known[] = {
	{ 'a', "all", NO_VALUE }, { 'A', "quick", NO_VALUE },
	{ 'b', "basedir", TAKES_VALUE }, { 'm', "moduledir", TAKES_VALUE },
	{ 'o', "outdir", TAKES_VALUE }, { 'C', "config", TAKES_VALUE },
	{ 'e', "errsyms", NO_VALUE }, { 'E', "symvers", TAKES_VALUE },
	{ 'F', "filesyms", TAKES_VALUE }, { 'n', "show", NO_VALUE }, { 'n', "dry-run", NO_VALUE },
	{ 'P', "symbol-prefix", TAKES_VALUE }, { 'q', "quiet", NO_VALUE }, { 'r', "root", NO_VALUE },
	{ 's', "syslog", NO_VALUE }, { 'u', "unresolved-error", NO_VALUE },
	{ 'v', "verbose", NO_VALUE }, { 'w', "warn", NO_VALUE },
	{ 'V', "version", NO_VALUE }, { 'h', "help", NO_VALUE },
	{ OPTION_JOBS, "jobs", TAKES_VALUE }, { OPTION_STRICT, "strict", NO_VALUE },
	{ OPTION_SYNC, "sync", NO_VALUE }, { OPTION_NO_SYNC, "no-sync", NO_VALUE },
	{ OPTION_MAP, "map", NO_VALUE },
};

/* What parsing the command line comes to. */
enum verdict { GO_ON, WRONG_USAGE, DONE };

static enum verdict wrong_usage(const char *what, const char *word)
{
	error(what, word, " (depmod --help lists the options)");
	return WRONG_USAGE;
}

static enum verdict print(struct run *run, const char *text)
{
	text_string(&run->standard_output, text);
	return DONE;
}

static enum verdict set_jobs(struct options *o, const char *value)
{
	const char *p = value;

	if (!parse_unsigned(&p, &o->jobs) || *p || !o->jobs)
		return wrong_usage("--jobs needs a number from 1 on, not ", value);
	return GO_ON;
}

static enum verdict set_prefix(struct options *o, const char *value)
{
	if (!*value || value[1])
		return wrong_usage("-P takes a single character, not ", value);
	o->prefix = *value;
	return GO_ON;
}

static enum verdict apply(struct run *run, char letter, const char *value)
{
	struct options *o = &run->options;

	switch (letter) {
	case 'a': o->all = true; break;
	case 'A': o->quick = true; break;
	case 'b': o->base = value; break;
	case 'm': o->module_directory = value; break;
	case 'o': o->output_directory = value; break;
	case 'C': o->configs[o->config_count++] = value; break;
	case 'e': o->errors = true; break;
	case 'E': o->symvers = value; break;
	case 'F': o->system_map = value; break;
	case 'n': o->dry_run = true; break;
	case 'P': return set_prefix(o, value);
	case 'q': o->quiet = true; break;
	case 'u': o->unresolved_fails = true; break;
	case 'v': o->verbose = true; break;
	case 'w': o->warn = true; break;
	case 'V': return print(run, version_text);
	case 'h': return print(run, help_text);
	case OPTION_JOBS: return set_jobs(o, value);
	case OPTION_STRICT: o->strict = true; break;
	case OPTION_SYNC: o->sync = true; o->no_sync = false; break;
	case OPTION_NO_SYNC: o->sync = false; o->no_sync = true; break;
	default: break;  /* accepted, and nothing to do */
	}
	return GO_ON;
}

/* The option of that name, or the only one that begins so; NULL when there is none, or more than one. */
static const struct option *find_long(const char *name, size_t length)
{
	const struct option *match = NULL;
	bool several = false;

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (strncmp(known[i].name, name, length) != 0)
			continue;
		if (!known[i].name[length])
			return &known[i];
		several = match != NULL;
		match = &known[i];
	}
	return several ? NULL : match;
}

static enum verdict parse_long(struct run *run, char ***next)
{
	const char *name = *(*next)++ + 2, *value = NULL;
	size_t length = strcspn(name, "=");
	const struct option *option = find_long(name, length);

	if (!length || !option)
		return wrong_usage("unknown or ambiguous option --", name);
	if (name[length] && option->takes == NO_VALUE)
		return wrong_usage("this option takes no value: --", name);
	if (name[length])
		value = name + length + 1;
	else if (option->takes == TAKES_VALUE && !(value = *(*next)++))
		return wrong_usage("a value is missing for --", name);
	return apply(run, option->letter, value);
}

/* A bundle of letters; what follows one that takes a value is the value. */
static enum verdict parse_short(struct run *run, char ***next)
{
	const char *letters = *(*next)++ + 1;
	enum verdict verdict = GO_ON;

	for (; *letters && verdict == GO_ON; letters++) {
		const struct option *option = known;
		const char *value = NULL;

		while (option < known + COUNT_OF(known) && option->letter != *letters)
			option++;
		if (option == known + COUNT_OF(known) || *letters <= OPTION_MAP)
			return wrong_usage("unknown option -", (char[]){ *letters, 0 });
		if (option->takes == TAKES_VALUE) {
			value = letters[1] ? letters + 1 : *(*next)++;
			if (!value)
				return wrong_usage("a value is missing for -", (char[]){ *letters, 0 });
			return apply(run, *letters, value);
		}
		verdict = apply(run, *letters, NULL);
	}
	return verdict;
}

/* number.number, and whatever follows */
static bool is_release(const char *word)
{
	uint32_t number;

	return parse_unsigned(&word, &number) && *word++ == '.' && parse_unsigned(&word, &number) &&
	       !strchr(word, '/');
}

static enum verdict parse_operand(struct options *o, const char *word)
{
	if (!o->release) {
		if (!is_release(word))
			return wrong_usage("Bad version passed ", word);
		o->release = word;
	} else {
		o->files[o->file_count++] = word;
	}
	return GO_ON;
}

static enum verdict check_options(struct options *o)
{
	if (o->symvers && o->system_map)
		return wrong_usage("-E and -F exclude each other", "");
	/* The live system's files must survive a power failure. */
	if (!o->base && !o->output_directory && !o->no_sync)
		o->sync = true;
	if (o->errors && !o->symvers && !o->system_map) {
		warning("-e needs -E or -F");
		o->errors = false;
	}
	return GO_ON;
}

static enum verdict parse(struct run *run)
{
	struct options *o = &run->options;
	enum verdict verdict = GO_ON;
	bool options_end = false;

	o->configs = arena_take(&run->memory, (size_t)run->count + 1, sizeof(*o->configs), sizeof(void *));
	o->files = arena_take(&run->memory, (size_t)run->count + 1, sizeof(*o->files), sizeof(void *));
	for (char **next = run->arguments + 1; *next && verdict == GO_ON;) {
		const char *word = *next;

		if (options_end || word[0] != '-' || !word[1]) {
			verdict = parse_operand(o, *next++);
		} else if (strcmp(word, "--") == 0) {
			options_end = true;
			next++;
		} else {
			verdict = word[1] == '-' ? parse_long(run, &next) : parse_short(run, &next);
		}
	}
	o->configs[o->config_count] = NULL;
	o->files[o->file_count] = NULL;
	return verdict == GO_ON ? check_options(o) : verdict;
}

/* ---- the steps ---- */

static const char *running_release(struct run *run)
{
	struct utsname name;

	if (uname(&name))
		return NULL;
	return arena_string(&run->memory, name.release, strlen(name.release));
}

static const char *absolute(struct run *run, const char *path)
{
	char *joined = arena_take(&run->memory, 4096 + strlen(path) + 2, 1, 1);
	size_t length;

	/* The system call itself: the library's brings malloc along. */
	if (*path == '/' || syscall(SYS_getcwd, joined, 4096) < 0)
		return path;
	length = strlen(joined);
	joined[length++] = '/';
	memcpy(joined + length, path, strlen(path) + 1);
	return joined;
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
		o->files[i] = absolute(run, o->files[i]);
	if (o->file_count && !o->all)
		failed = scan_named(&run->tree, &run->config, o->files, tell, &run->memory, &run->scratch);
	else
		failed = scan(&run->tree, &run->config, tell, &run->memory, &run->scratch);
	if (failed && run->tree.directory < 0)
		error("could not open directory ", run->tree.name, ": ", error_text(failed));
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
		report(FATAL, (const char *const[]){ "could not load ", path, ": ", error_text(failed), NULL });
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
	for (uint32_t i = 0; i < run->tree.count; i++) {
		const struct facts *facts = &run->loaded.facts[i];
		const char *path = run->tree.modules[i].path;

		if (facts->fault.passing)
			bad_fault((struct fault){ .what = path, .why = facts->fault.why });
		if (facts->fault.why) {
			report_fault(ERROR, path, &facts->fault);
			if (run->options.strict)
				run->status = 1;
		}
		if (facts->refused)
			report_refused(path, facts);
	}
}

static uint64_t random_key(void)
{
	uint64_t key = 0;
	unsigned long at = getauxval(AT_RANDOM);

	if (at)
		memcpy(&key, (const void *)at, sizeof(key));
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

/* The files that only modinfo decides need not wait for the graph: a process of their own writes them, unless they
 * are to be printed, or have warnings that belong between others. Returns 0 when there is none. */
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

static bool finish_values(struct run *run, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	adopt_outputs(&run->publication, VALUE_FILES);
	if (WIFSIGNALED(status))
		error("the process that wrote modules.alias died");
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
	pid_t values = start_values(run);
	bool written;

	resolve_all(run);
	written = write_part(run, values ? OTHER_FILES : ALL_FILES);
	if (values && !finish_values(run, values))
		return false;
	/* A cycle leaves modules out that were there when their values were written. */
	if (written && values && run->graph.cyclic)
		written = write_part(run, VALUE_FILES);
	return written;
}

static bool index_version(struct run *run)
{
	struct options *o = &run->options;
	const char *out = o->output_directory ? o->output_directory : o->base;
	struct load_options how = {
		.jobs = o->jobs, .wants_crcs = o->symvers != NULL, .key = run->graph.symbols.key,
	};

	if (!read_kernel(run))
		return false;
	run->kernel_symbols = run->graph.symbols.count;
	load(&run->loaded, &run->tree, &how, &run->shared);
	report_damaged(run);
	graph_begin(&run->graph, &run->tree, &run->loaded, &run->memory);
	if (o->dry_run)
		return write_files(run);
	if (!publish_begin(&run->publication, version_directory(run, out), o->sync))
		return false;
	if (write_files(run) && publish_commit(&run->publication))
		return true;
	publish_abandon(&run->publication);
	return false;
}

static bool nothing_to_do(struct run *run)
{
	struct options *o = &run->options;
	const char *directory = version_directory(run, o->output_directory ? o->output_directory : o->base);
	struct text file;

	text_open(&file, &run->scratch);
	text_string(&file, directory);
	text_add(&file, "modules.dep", sizeof("modules.dep"));
	return up_to_date(&run->tree, &run->config, file.start, &run->memory);
}

static void run_command(void *context)
{
	struct run *run = context;
	struct options *o = &run->options;
	enum verdict verdict;

	arena_reserve(&run->memory, "memory", RUN_MEMORY, false);
	arena_reserve(&run->scratch, "scratch memory", SCRATCH_MEMORY, false);
	arena_reserve(&run->shared, "shared memory", SHARED_MEMORY, true);
	arena_reserve(&run->crcs, "CRCs", SHARED_MEMORY, false);
	verdict = parse(run);
	if (verdict != GO_ON) {
		run->status = verdict == WRONG_USAGE;
		return;
	}
	report_setup((struct report_settings){ .quiet = o->quiet, .verbose = o->verbose });
	if (!o->release)
		o->release = running_release(run);
	if (o->base)
		o->base = absolute(run, o->base);
	run->tree.name = version_directory(run, o->base);
	config_read(&run->config, &run->memory, o->config_count ? o->configs : NULL, o->release);
	if (o->quick && nothing_to_do(run))
		return;
	names_init(&run->graph.symbols, &run->memory, SYMBOLS_MAX, SYMBOLS_MAX * (size_t)16, random_key());
	if (!find_modules(run) || !index_version(run))
		run->status = 1;
}

int main(int count, char **arguments)
{
	static struct run run;
	struct fault fault;

	run.options.module_directory = "lib/modules";
	run.count = count;
	run.arguments = arguments;
	run.standard_output = (struct text){ .start = run.output, .capacity = sizeof(run.output), .fd = 1 };
	if (!attempt(run_command, &run, &fault)) {
		report_fault(FATAL, "cannot go on", &fault);
		run.status = 1;
	}
	text_flush(&run.standard_output);
	if (run.standard_output.error) {
		error("could not write to standard output: ", error_text(run.standard_output.error));
		run.status = 1;
	}
	return run.status;
}
