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
static void pass_on(struct probe *p, char letter, const char *value)
{
	const char option[] = { '-', letter, 0 }, *quote = strchr(value, '"') ? "'" : "\"";
	const char *parts[] = { " ", quote, value, quote };

	if (p->from_environment)
		return;
	text_string(&p->passed_on, p->passed_on.size ? " " : "");
	text_string(&p->passed_on, option);
	for (size_t i = 0; letter == CONFIG && i < COUNT_OF(parts); i++)
		text_string(&p->passed_on, parts[i]);
}

static enum verdict apply(void *context, char letter, const char *value)
{
	struct probe *p = context;

	if (letter == CONFIG)
		p->configs[p->config_count++] = value;
	if (letter == CONFIG || letter == QUIET || letter == SYSLOG || letter == VERBOSE)
		pass_on(p, letter, value);
	if (letter == WAIT && !parse_number(value, &p->wait))
		return wrong_usage("--wait needs milliseconds, not ", value);
	return note_option(p, letter, value);
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
	struct arguments line = { environment_arguments(p, &count), known, apply, note_operand, p };
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
	if (verdict == GO_ON && !p->name_count && !p->given[LIST_FILES] &&
	    (!p->given[SHOW_CONFIG] || p->given[SHOW_VERSIONS] || p->given[SHOW_EXPORTS]))
		verdict = wrong_usage("no module is named", "");
	return verdict;
}

/* ---- the command ---- */

void modprobe(struct probe *p)
{
	enum verdict verdict;

	verdict = read_options(p);
	p->status = verdict == WRONG_USAGE;
	if (verdict != GO_ON)
		return;
	report_setup((struct report_settings){
		.verbose = p->given[VERBOSE],
		.silent = p->given[QUIET],
		.syslog = p->given[SYSLOG],
	});
	p->given[FORCE_VERSIONS] |= p->given[FORCE];
	p->given[FORCE_VERMAGIC] |= p->given[FORCE];
	set_place(p, BASE_DIRECTORY, RELEASE);
	open_catalog(p, p->given[CONFIG_FROM_BASE] ? p->base : NULL, p->config_count ? p->configs : NULL);
	if (p->given[SHOW_VERSIONS] || p->given[SHOW_EXPORTS])
		show_symbols(p);
	else if (p->given[LIST_FILES])
		list_files(p);
	else if (p->given[SHOW_CONFIG])
		show_configuration(p);
	else if (p->given[REMOVE_THEM] || p->given[REMOVE_HOLDERS])
		remove_named(p);
	else
		load_named(p);
}
