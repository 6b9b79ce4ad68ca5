/* arguments.c: a command line of the getopt_long kind. Options stand before or after operands; short ones may be
 * bundled, long ones cut short while they stay unique. */
#include "base.h"

enum verdict wrong_usage(const char *what, const char *word)
{
	error(what, word, " (--help lists the options)");
	return WRONG_USAGE;
}

static bool takes_value(const char *entry)
{
	return entry[1] == '=';
}

static const char *next_entry(const char *entry)
{
	return strchr(entry, '\n') + 1;
}

/* The option of that name, or the only one that begins so; NULL when there is none, or more than one. Those that have
 * a letter are looked at first: what was once short enough for one of these stays so. */
static const char *find_long(const char *known, const char *name, size_t length)
{
	const char *match[2] = { NULL };
	bool several[2] = { false }, no_letter;

	for (; *known; known = next_entry(known)) {
		if (strncmp(known + 2, name, length) != 0)
			continue;
		if (known[2 + length] == '\n')
			return known;
		no_letter = *known < ' ';
		several[no_letter] = match[no_letter] != NULL;
		match[no_letter] = known;
	}
	no_letter = !match[false];
	return several[no_letter] ? NULL : match[no_letter];
}

/* Adds the names of all options that begin so. */
static void list_options(struct text *text, const char *known, const char *name, size_t length)
{
	for (; *known; known = next_entry(known))
		if (strncmp(known + 2, name, length) == 0) {
			text_string(text, text->size ? ", --" : "--");
			text_add(text, known + 2, strcspn(known + 2, "\n"));
		}
}

/* Says which options may be meant: all that begin so, or else the one that is most alike. */
static enum verdict unknown_long(const char *known, const char *name, size_t length)
{
	struct nearest nearest = { .word = span_of(name, length) };
	char meant[1024]; /* more than the names of all options take */
	struct text text = { .start = meant, .capacity = sizeof(meant), .fd = -1 };
	const char *what = "ambiguous";

	if (length)
		list_options(&text, known, name, length);
	if (!text.size) {
		what = "unknown";
		for (const char *entry = known; *entry; entry = next_entry(entry))
			nearest_try(&nearest, span_of(entry + 2, strcspn(entry + 2, "\n")));
		if (nearest.found.p)
			list_options(&text, known, (const char *)nearest.found.p, span_size(nearest.found) + 1);
	}
	text_add(&text, "", 1);
	/* cppcheck-suppress uninitvar; the text is in there */
	error(what, " option --", name, *meant ? ", did you mean " : "", meant, *meant ? "?" : "",
	      " (--help lists the options)");
	return WRONG_USAGE;
}

static enum verdict parse_long(struct arguments *a)
{
	const char *name = *a->next++ + 2, *value = "";
	size_t length = strcspn(name, "=");
	const char *option = find_long(a->known, name, length);

	if (!length || !option)
		return unknown_long(a->known, name, length);
	if (name[length] && !takes_value(option))
		return wrong_usage("this option takes no value: --", name);
	if (name[length])
		value = name + length + 1;
	else if (takes_value(option) && !(value = *a->next++))
		return wrong_usage("a value is missing for --", name);
	return a->option(a->context, *option, value);
}

/* A bundle of letters; what follows one that takes a value is the value. */
static enum verdict parse_short(struct arguments *a)
{
	const char *letters = *a->next++ + 1;
	enum verdict verdict = GO_ON;

	for (; *letters && verdict == GO_ON; letters++) {
		const char *option = a->known;

		while (*option && *option != *letters)
			option = next_entry(option);
		if (!*option || *letters < ' ')
			return wrong_usage("unknown option -", (char[]){ *letters, 0 });
		if (takes_value(option)) {
			const char *value = letters[1] ? letters + 1 : *a->next++;

			if (!value)
				return wrong_usage("a value is missing for -", (char[]){ *letters, 0 });
			return a->option(a->context, *letters, value);
		}
		verdict = a->option(a->context, *letters, "");
	}
	return verdict;
}

enum verdict parse_arguments(struct arguments *a)
{
	enum verdict verdict = GO_ON;
	bool options_end = false;

	while (*a->next && verdict == GO_ON) {
		char *word = *a->next;

		if (options_end || word[0] != '-' || !word[1]) {
			a->next++;
			verdict = a->operand(a->context, word);
		} else if (strcmp(word, "--") == 0) {
			options_end = true;
			a->next++;
		} else {
			verdict = word[1] == '-' ? parse_long(a) : parse_short(a);
		}
	}
	return verdict;
}
