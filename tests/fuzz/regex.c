/* base/regex.c: a pattern, NUL, a text, against regcomp() of the C library, which is meant to be glibc. */
#include <ctype.h>
#include <regex.h>
#include <stdlib.h>

#include "fuzz.h"

/* Whether glibc may take long, which copies what is repeated, and looks again and again at what may be empty; or we
 * say that the pattern is too large. */
static bool may_be_large(const char *pattern)
{
	unsigned long copies = 1, empty = 1, open = 0, brackets = 0, number;

	for (const char *p = pattern; *p && copies < 16; p++) {
		open += *p == '(';
		brackets += *p == '[';
		empty += strchr("*?{|^$", *p) != NULL;
		copies *= *p == '+' ? 2 : 1;
		number = strchr("{,", *p) && isdigit((unsigned char)p[1]) ? strtoul(p + 1, NULL, 10) : 0;
		copies *= number < 16 ? number + 1 : 16;
	}
	return copies * empty >= 16 || open > 60 || brackets > 60;
}

/* Where we differ by design: a backslash before a letter, a digit or one of < > ` ' is an error, and before the comma
 * of {m,n}. */
static bool differs_by_design(const char *pattern)
{
	bool brace = false;

	for (const char *p = pattern; *p; p++) {
		brace |= *p == '{';
		if (*p != '\\')
			continue;
		if (!*++p)
			return false;
		if (strchr("0123456789<>`'", *p) || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') || (brace && *p == ','))
			return true;
	}
	return false;
}

/* glibc takes an anchor inside of a pattern for one at a newline. */
static bool has_newline(const char *text)
{
	return strchr(text, '\n');
}

/* glibc loses anchors where it copies what is repeated: to it, (.$){2} matches what (.$)(.$) does not. */
static bool copies_anchors(const char *pattern)
{
	return strchr(pattern, '{') && strpbrk(pattern, "^$");
}

static void compare(const char *pattern, const char *text)
{
	regex_t theirs;
	bool valid, matches = regex_matches(pattern, text, &valid);
	int status;

	if (may_be_large(pattern) || differs_by_design(pattern) || copies_anchors(pattern) || has_newline(text))
		return;
	status = regcomp(&theirs, pattern, REG_EXTENDED | REG_NOSUB);
	CHECK(valid == !status);
	if (status)
		return;
	CHECK(matches == !regexec(&theirs, text, 0, NULL, 0));
	regfree(&theirs);
}

/* A string in a block of its own size. */
static char *string_of(const uint8_t *bytes, size_t size)
{
	char *string = malloc(size + 1);

	CHECK(string);
	memcpy(string, bytes, size);
	string[size] = 0;
	return string;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	size_t length = nul ? (size_t)(nul - data) : size, rest = nul ? size - length - 1 : 0;
	char *pattern = string_of(data, length), *text = string_of(data + size - rest, rest);

	compare(pattern, text);
	free(text);
	free(pattern);
	return 0;
}
