/* glob.c: against a table, and against fnmatch(3) of the C library. */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../../base/base.h"

static uint64_t random_state = 1;

static unsigned below(unsigned limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % limit;
}

static void check(const char *pattern, const char *text, bool expected)
{
	if (glob_matches(pattern, text) != expected)
		fail_msg("%s %s %s", pattern, expected ? "does not fit" : "fits", text);
}

/* In memory of just its size, so that a step beyond it is seen. */
static char *exactly(const char *string)
{
	size_t size = strlen(string) + 1;

	return memcpy(malloc(size), string, size);
}

static void check_like_fnmatch(const char *pattern, const char *text)
{
	char *p = exactly(pattern), *t = exactly(text);

	check(p, t, fnmatch(p, t, 0) == 0);
	free(p);
	free(t);
}

static void a_table(void **state)
{
	static const struct {
		const char *pattern, *fits, *fits_not;  /* words */
	} cases[] = {
		{ "abc", "abc", "ab abcd Abc xabc" },
		{ "a?c", "abc a?c a*c a/c a.c", "ac abbc" },
		{ "a*", "a ab a*", "b ba" },
		{ "*a", "a ba aaaa", "b ab" },
		{ "*", "a .a /a *", "" },
		{ "**", "a ab", "" },
		{ "*a*b*", "ab xaybz aabb", "ba a b" },
		{ "a*b*c", "abc aXbYc abbc abcbc", "ab ac abcd" },
		{ "*ab", "ab aab abab", "aba" },
		{ "[abc]", "a b c", "d ab [abc]" },
		{ "[a-c]x", "ax cx", "dx -x" },
		{ "[!a-c]", "d - !", "a b" },
		{ "[^a]", "b ^", "a" },
		{ "[]a]", "] a", "b" },
		{ "[!]a]", "b", "] a" },
		{ "[a-]", "a -", "b" },
		{ "[-a]", "a -", "b" },
		{ "[a-c-e]", "a c - e", "d" },
		{ "[c-a]", "", "a b c" },
		{ "[a", "[a", "a" },
		{ "x[", "x[", "x" },
		{ "[*]", "*", "a" },
		{ "[?]", "?", "a" },
		{ "[[]", "[", "a" },
		{ "\\*", "*", "a \\*" },
		{ "\\a", "a", "\\a" },
		{ "[\\]a]", "] a", "\\" },
		{ "pci:v*d*sv*sd*bc03sc*i*", "pci:v00008086d0000sv1sd2bc03sc00i00", "pci:v00008086d0000sv1sd2bc04sc00i00" },
		{ "usb:v04B8p01[0-2]*", "usb:v04B8p011 usb:v04B8p0100", "usb:v04B8p013" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (int fits = 0; fits < 2; fits++) {
			char *words = exactly(fits ? cases[i].fits : cases[i].fits_not), *word;

			for (word = strtok(words, " "); word; word = strtok(NULL, " ")) {
				check(cases[i].pattern, word, fits);
				check_like_fnmatch(cases[i].pattern, word);
			}
			free(words);
		}
	check("", "", true);
	check("*", "", true);
	check("?", "", false);
	check("", "a", false);
	check("[a]", "", false);
}

static void fill(char *string, unsigned longest, const char *letters)
{
	unsigned length = below(longest + 1);

	for (unsigned i = 0; i < length; i++)
		string[i] = letters[below((unsigned)strlen(letters))];
	string[length] = '\0';
}

/* What stands in brackets is left to the table where implementations differ: classes, a backslash, a range that ends
 * in one, a bracket without a partner. */
static bool all_agree(const char *pattern)
{
	for (; *pattern; pattern++)
		if (*pattern == '\\' && !pattern[1])
			return false;
		else if (*pattern == '\\')
			pattern++;
		else if (*pattern == '[') {
			const char *end;

			pattern += 1 + (pattern[1] == '!' || pattern[1] == '^');
			end = *pattern ? strchr(pattern + 1, ']') : NULL;
			if (!end)
				return false;
			for (; pattern < end; pattern++)
				if (*pattern == '\\' || *pattern == '[')
					return false;
		}
	return true;
}

static void random_pairs(void **state)
{
	static const char *const alphabets[] = { "ab*", "ab*?", "abc[]-!*", "a-c[[]]]]*?", "ab[]^!-\\*", "a*" };
	char pattern[32], text[32];
	uint32_t fit = 0, count = 0;

	(void)state;
	while (count < 400000) {
		fill(pattern, 1 + below(12), alphabets[below(COUNT_OF(alphabets))]);
		fill(text, 8, below(4) ? "ab" : "abc-]![");
		if (!all_agree(pattern))
			continue;
		check_like_fnmatch(pattern, text);
		count++;
		fit += glob_matches(pattern, text);
	}
	assert_true(fit > count / 50);
}

/* Patterns that would take a simple matcher longer than anybody waits. */
static void many_stars_take_no_time(void **state)
{
	enum { STARS = 2000, LENGTH = 20000 };
	static char pattern[2 * STARS + 2], text[LENGTH + 1];
	clock_t begin = clock();

	(void)state;
	for (int i = 0; i < STARS; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	memset(text, 'a', LENGTH);
	check(pattern, text, true);
	pattern[2 * STARS] = 'b';
	check(pattern, text, false);
	assert_true((clock() - begin) / CLOCKS_PER_SEC < 10);
}

static void every_byte(void **state)
{
	(void)state;
	for (int i = 1; i < 256; i++) {
		char text[] = { (char)i, 0 }, protected[] = { '\\', (char)i, 0 }, range[] = "[\x01-\xff]";

		check("?", text, true);
		check(protected, text, true);
		check(range, text, true);
		check("[\x80-\xff]", text, i >= 128);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table),
		cmocka_unit_test(random_pairs),
		cmocka_unit_test(many_stars_take_no_time),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
