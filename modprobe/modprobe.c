/* modprobe.c: the command modprobe, which loads and removes modules together with the modules that they depend on. */
#include "modprobe.h"

/* Each line is the option's letter, ` ` or `=` (it takes a value), and its long name. An option without a letter has a
 * control character in its place, one of those below. */
/* clang-format off */
static const char known[] =
	"a all\n" "r remove\n" "\1 remove-holders\n" "\1 remove-dependencies\n" "w=wait\n" "R resolve-alias\n"
	"R show-alias\n" "\2 first-time\n" "i ignore-install\n" "i ignore-remove\n" "b use-blacklist\n" "f force\n"
	"\3 force-modversion\n" "\4 force-vermagic\n" "D show-depends\n" "c show-config\n" "c showconfig\n" "l list\n"
	"\5 show-modversions\n" "\5 dump-modversions\n" "\6 show-exports\n" "n dry-run\n" "n show\n"
	"C=config\n" "\7 config-from-base\n" "d=dirname\n" "S=set-version\n" "s syslog\n" "q quiet\n" "v verbose\n"
	"V version\n" "h help\n";
/* clang-format on */

enum { REMOVE_HOLDERS = 1, FIRST_TIME, FORCE_VERSIONS, FORCE_VERMAGIC, SHOW_VERSIONS, SHOW_EXPORTS, CONFIG_FROM_BASE };

/* ---- options ---- */

/* Reads a number as C writes it: decimal, or after 0x hexadecimal, or after 0 octal. One that is too large becomes the
 * largest. */
static bool parse_number(const char *digits, uint32_t *number)
{
	unsigned base = *digits != '0' ? 10 : (digits[1] | 32) == 'x' ? 16 : 8;
	uint64_t sum = 0;

	digits += base == 16 ? 2 : 0;
	if (!*digits)
		return false;
	for (; *digits; digits++) {
		unsigned digit = hex_digit((uint8_t)*digits);

		if (digit >= base)
			return false;
		sum = sum * base + digit;
		if (sum > UINT32_MAX)
			sum = UINT32_MAX;
	}
	*number = (uint32_t)sum;
	return true;
}

/* Notes an option of the command line for the modprobes that commands call. Options of MODPROBE_OPTIONS reach them
 * anyway, in the environment. */
static void pass_on(struct probe *p, const char *option, const char *value)
{
	const char *quote = value && strchr(value, '"') ? "'" : "\"", *parts[] = { " ", quote, value, quote };

	if (p->from_environment)
		return;
	text_string(&p->passed_on, p->passed_on.size ? " " : "");
	text_string(&p->passed_on, option);
	for (size_t i = 0; value && i < COUNT_OF(parts); i++)
		text_string(&p->passed_on, parts[i]);
}

static enum verdict apply(void *context, char letter, const char *value)
{
	struct probe *p = context;

	switch (letter) {
	case 'a': p->all = true; break;
	case 'b': p->use_blacklist = true; break;
	case 'c': p->show_config = true; break;
	case 'C':
		p->configs[p->config_count++] = value;
		pass_on(p, "-C", value);
		break;
	case 'd': p->base = base_open(&p->memory, value); break;
	case 'D': p->show_depends = true; break;
	case 'f': p->force_versions = p->force_vermagic = true; break;
	case 'l': p->list = true; break;
	case 'i': p->ignore_commands = true; break;
	case 'n': p->dry_run = true; break;
	case 'q':
		p->quiet = true;
		pass_on(p, "-q", NULL);
		break;
	case 'r': p->remove = true; break;
	case 'R': p->resolve = true; break;
	case 's':
		p->syslog = true;
		pass_on(p, "-s", NULL);
		break;
	case 'S': p->release = value; break;
	case 'v':
		p->verbose = true;
		pass_on(p, "-v", NULL);
		break;
	case 'w':
		if (!parse_number(value, &p->wait))
			return wrong_usage("--wait needs milliseconds, not ", value);
		break;
	case REMOVE_HOLDERS: p->remove = p->remove_holders = true; break;
	case FIRST_TIME: p->first_time = true; break;
	case FORCE_VERSIONS: p->force_versions = true; break;
	case FORCE_VERMAGIC: p->force_vermagic = true; break;
	case SHOW_VERSIONS: p->show_versions = true; break;
	case SHOW_EXPORTS: p->show_exports = true; break;
	case CONFIG_FROM_BASE: p->config_from_base = true; break;
	default: p->print = letter; return DONE;
	}
	return GO_ON;
}

static enum verdict add_operand(void *context, char *word)
{
	struct probe *p = context;

	p->names[p->name_count++] = word;
	return GO_ON;
}

/* Cuts the next word off, without its quotes; a blank inside quotes does not end the word. NULL at the end. */
static char *next_option(char **rest)
{
	char *word = *rest += strspn(*rest, " "), *to = word, quote = 0;

	if (!*word)
		return NULL;
	for (; **rest && (quote || **rest != ' '); ++*rest) {
		if (!quote && (**rest == '"' || **rest == '\''))
			quote = **rest;
		else if (quote == **rest)
			quote = 0;
		else
			*to++ = **rest;
	}
	*rest += **rest != 0;
	*to = 0;
	return word;
}

/* The options of MODPROBE_OPTIONS, ended by NULL; *count is raised by their number. */
static char **environment_arguments(struct probe *p, size_t *count)
{
	const char *given = environment_value("MODPROBE_OPTIONS=");
	char *rest = arena_string(&p->memory, given, strlen(given)), *word;
	char **list = arena_take(&p->memory, strlen(given) + 1, sizeof(*list), sizeof(void *)), **next = list;

	while ((word = next_option(&rest)))
		*next++ = word;
	*next = NULL;
	*count += (size_t)(next - list);
	return list;
}

static enum verdict read_options(struct probe *p)
{
	size_t count = 0, size = 1;
	struct arguments line = { environment_arguments(p, &count), known, apply, add_operand, p };
	enum verdict verdict;

	for (char **argument = p->arguments; *argument; argument++, count++)
		size += 3 * strlen(*argument) + sizeof(" -C \"\"");
	p->configs = arena_take(&p->memory, count + 1, sizeof(*p->configs), sizeof(void *));
	p->names = arena_take(&p->memory, count + 1, sizeof(*p->names), sizeof(void *));
	p->passed_on = (struct text){ .start = arena_take(&p->memory, size, 1, 1), .capacity = size, .fd = -1 };
	p->from_environment = true;
	verdict = parse_arguments(&line);
	p->from_environment = false;
	line.next = p->arguments + 1;
	if (verdict == GO_ON)
		verdict = parse_arguments(&line);
	p->configs[p->config_count] = p->names[p->name_count] = NULL;
	text_add(&p->passed_on, "", 1);
	if (verdict == GO_ON && !p->name_count && !p->list && (!p->show_config || p->show_versions || p->show_exports))
		verdict = wrong_usage("no module is named", "");
	return verdict;
}

/* ---- the command ---- */

void modprobe(struct probe *p)
{
	enum verdict verdict;

	verdict = read_options(p);
	p->status = verdict == WRONG_USAGE;
	if (p->print)
		print_help(p, p->print);
	if (verdict != GO_ON)
		return;
	report_setup((struct report_settings){
		.verbose = p->verbose,
		.silent = p->quiet,
		.syslog = p->syslog,
	});
	open_catalog(p, p->config_from_base ? p->base : NULL, p->config_count ? p->configs : NULL);
	if (p->show_versions || p->show_exports)
		for (const char **name = p->names; *name; name++)
			show_symbols_of(p, *name);
	else if (p->list)
		list_files(p);
	else if (p->show_config)
		show_configuration(p);
	else if (p->remove)
		remove_named(p);
	else
		load_named(p);
}
