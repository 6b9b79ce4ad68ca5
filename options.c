/* options.c: the command line of depmod. Options stand before or after operands; short ones may be bundled,
 * long ones cut short while they stay unique. */
#include "depmod.h"

#define VERSION "0.1"

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

static enum verdict wrong_usage(const char *what, const char *word)
{
	error(what, word, " (depmod --help lists the options)");
	return WRONG_USAGE;
}

static enum verdict print(struct options *o, const char *text)
{
	o->print = text;
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

static enum verdict apply(struct options *o, char letter, const char *value)
{
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
	case 'V': return print(o, version_text);
	case 'h': return print(o, help_text);
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

static enum verdict parse_long(struct options *o, char ***next)
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
	return apply(o, option->letter, value);
}

/* A bundle of letters; what follows one that takes a value is the value. */
static enum verdict parse_short(struct options *o, char ***next)
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
			return apply(o, *letters, value);
		}
		verdict = apply(o, *letters, NULL);
	}
	return verdict;
}

/* number.number, and whatever follows; a slash at the end is what completing a directory's name leaves. */
static bool is_release(char *word)
{
	size_t length = strlen(word);
	const char *p = word;
	uint32_t number;

	while (length && word[length - 1] == '/')
		word[--length] = 0;
	return parse_unsigned(&p, &number) && *p++ == '.' && parse_unsigned(&p, &number) && !strchr(p, '/');
}

static enum verdict parse_operand(struct options *o, char *word)
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
	return GO_ON;
}

enum verdict parse_options(struct options *o, int count, char **arguments, struct arena *memory)
{
	enum verdict verdict = GO_ON;
	bool options_end = false;

	*o = (struct options){ .module_directory = "lib/modules" };
	o->configs = arena_take(memory, (size_t)count + 1, sizeof(*o->configs), sizeof(void *));
	o->files = arena_take(memory, (size_t)count + 1, sizeof(*o->files), sizeof(void *));
	for (char **next = arguments + 1; *next && verdict == GO_ON;) {
		char *word = *next;

		if (options_end || word[0] != '-' || !word[1]) {
			verdict = parse_operand(o, *next++);
		} else if (strcmp(word, "--") == 0) {
			options_end = true;
			next++;
		} else {
			verdict = word[1] == '-' ? parse_long(o, &next) : parse_short(o, &next);
		}
	}
	o->configs[o->config_count] = NULL;
	o->files[o->file_count] = NULL;
	return verdict == GO_ON ? check_options(o) : verdict;
}
