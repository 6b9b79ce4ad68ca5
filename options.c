/* options.c: the command line of depmod, and of depmod.old. */
#include "depmod.h"

/* ---- options ---- */

/* Each line is the option's letter, ` ` or `=` (it takes a value), and its long name. An option without a letter has a
 * control character in its place, one of those below. */
/* clang-format off */
static const char known[] =
	"a all\n" "A quick\n" "b=basedir\n" "m=moduledir\n" "o=outdir\n" "C=config\n" "e errsyms\n"
	"E=symvers\n" "F=filesyms\n" "n show\n" "n dry-run\n" "P=symbol-prefix\n" "q quiet\n" "r root\n"
	"s syslog\n" "u unresolved-error\n" "v verbose\n" "w warn\n" "V version\n" "h help\n"
	"\1=jobs\n" "\2 strict\n" "\3 sync\n" "\4 no-sync\n" "\5 map\n" "\6=explain\n" "\7 dot\n" "\10 all-versions\n"
	"\11 config-from-base\n";
/* clang-format on */

enum {
	OPTION_JOBS = 1,
	OPTION_STRICT,
	OPTION_SYNC,
	OPTION_NO_SYNC,
	OPTION_MAP,
	OPTION_EXPLAIN,
	OPTION_DOT,
	OPTION_ALL_VERSIONS,
	OPTION_CONFIG_FROM_BASE,
};

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

#define FIELD(name) offsetof(struct options, name)

struct setting {
	char letter;
	uint8_t field; /* offset in struct options, in bytes */
};

/* `flags`: options that do no more than set a bool; `values`: those that do no more than keep a string. */
static const struct setting flags[] = {
	{ 'a', FIELD(all) },
	{ 'A', FIELD(quick) },
	{ 'e', FIELD(errors) },
	{ 'n', FIELD(dry_run) },
	{ 'q', FIELD(quiet) },
	{ 's', FIELD(syslog) },
	{ 'u', FIELD(unresolved_fails) },
	{ 'v', FIELD(verbose) },
	{ 'w', FIELD(warn) },
	{ OPTION_STRICT, FIELD(strict) },
	{ OPTION_MAP, FIELD(maps) },
	{ OPTION_ALL_VERSIONS, FIELD(all_versions) },
	{ OPTION_CONFIG_FROM_BASE, FIELD(config_from_base) },
};
static const struct setting values[] = {
	{ 'm', FIELD(module_directory) },
	{ 'o', FIELD(output_directory) },
	{ 'E', FIELD(symvers) },
	{ 'F', FIELD(system_map) },
};

static void set_field(struct options *o, char letter, const char *value)
{
	static const bool given = true;

	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if (flags[i].letter == letter)
			memcpy((char *)o + flags[i].field, &given, sizeof(given));
	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (values[i].letter == letter)
			memcpy((char *)o + values[i].field, &value, sizeof(value));
}

static enum verdict apply(void *context, char letter, const char *value)
{
	struct options *o = context;

	set_field(o, letter, value);
	switch (letter) {
	case 'b': o->bases[o->base_count++] = value; break;
	case 'C': o->configs[o->config_count++] = value; break;
	case 'P': return set_prefix(o, value);
	case 'V':
	case 'h': o->print = letter; return DONE;
	case OPTION_JOBS: return set_jobs(o, value);
	case OPTION_SYNC:
	case OPTION_NO_SYNC:
		o->sync = letter == OPTION_SYNC;
		o->no_sync = !o->sync;
		break;
	case OPTION_EXPLAIN:
		o->question |= EXPLAIN;
		o->module = value;
		break;
	case OPTION_DOT: o->question |= DOT; break;
	default: break;
	}
	return GO_ON;
}

static enum verdict parse_operand(void *context, char *word)
{
	struct options *o = context;
	bool may_be_version = !o->release && !is_object(word);

	/* A shell that completes the name of a version's directory leaves a slash at its end. */
	if (!o->release)
		word[unslashed_length(word)] = 0;
	if (may_be_version && is_release(word))
		o->release = word;
	else if (may_be_version && !o->no_version)
		o->no_version = word;
	else
		o->files[o->file_count++] = word;
	return GO_ON;
}

/* An error message for an operand that is no VERSION, but may be the path of a version's directory. */
static enum verdict bad_version(const char *word)
{
	const char *release = base_name(word), *meant = release;

	if (!*word)
		return wrong_usage("Bad version passed: an empty one", "");
	if (strncmp(release + stem_length(release), ".ko", 3) == 0)
		meant = "VERSION FILE...";
	else if (!is_release(release))
		return wrong_usage("Bad version passed ", word);
	error("Bad version passed ", word, ", did you mean ", meant, "?", " (--help lists the options)");
	return WRONG_USAGE;
}

/* The first operand that is no .o file must be VERSION; with --dot, MODULE may stand before VERSION or after it. */
static enum verdict check_operands(struct options *o)
{
	if (o->question == DOT) {
		o->module = o->no_version;
		if (!o->module && o->file_count) {
			o->module = *o->files++;
			o->file_count--;
		}
		o->no_version = o->release ? NULL : *o->files;
	}
	for (const char **file = o->files; *file; file++)
		if (is_release(*file) && !strchr(*file, 'o'))
			return wrong_usage("one run is for one VERSION (or --all-versions), not also for ", *file);
	return o->no_version ? bad_version(o->no_version) : GO_ON;
}

static enum verdict check_options(struct options *o)
{
	o->all |= o->quick;
	if (o->symvers && o->system_map)
		return wrong_usage("-E and -F exclude each other", "");
	if (o->question == BOTH)
		return wrong_usage("--explain and --dot exclude each other", "");
	if (o->all_versions && o->release && !o->in_depmod_old)
		return wrong_usage("--all-versions takes no version, and so not ", o->release);
	if (o->base_count > 1 && !o->output_directory && !o->question)
		return wrong_usage("more than one -b needs -o", "");
	/* The live system's files must survive a power failure. */
	if (!o->base_count && !o->output_directory && !o->no_sync)
		o->sync = true;
	if (o->question) {
		o->dry_run = true;
		o->quick = false;
	}
	return check_operands(o);
}

enum verdict parse_options(struct options *o, int count, char **arguments, struct arena *memory)
{
	struct arguments line = { arguments + 1, known, apply, parse_operand, o };
	enum verdict verdict;

	o->bases = arena_take(memory, (size_t)count + 1, sizeof(*o->bases), sizeof(void *));
	o->configs = arena_take(memory, (size_t)count + 1, sizeof(*o->configs), sizeof(void *));
	o->files = arena_take(memory, (size_t)count + 1, sizeof(*o->files), sizeof(void *));
	verdict = parse_arguments(&line);
	o->bases[o->base_count] = NULL;
	o->configs[o->config_count] = NULL;
	o->files[o->file_count] = NULL;
	return verdict == GO_ON ? check_options(o) : verdict;
}
