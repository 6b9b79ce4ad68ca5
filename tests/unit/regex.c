/* regex.c: every construct of regex.c by a line of pattern, text and answer; its limits; its time;
 * and random patterns against regcomp() of the C library, which is meant to be glibc. */
#define _POSIX_C_SOURCE 200809L
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../../base/base.h"

enum answer { NO, YES, MALFORMED };

static const char *const answer_names[] = { "no", "yes", "malformed" };

struct line {
	const char *pattern, *text;
	enum answer answer;
};

static enum answer ours(const char *pattern, const char *text)
{
	bool valid, matches = regex_matches(pattern, text, &valid);

	return !valid ? MALFORMED : matches ? YES : NO;
}

static void check(const char *pattern, const char *text, enum answer expected)
{
	enum answer answer = ours(pattern, text);

	if (answer != expected)
		fail_msg("'%.200s' against '%.40s': %s, expected %s", pattern, text,
		         answer_names[answer], answer_names[expected]);
}

static void check_lines(const struct line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(lines[i].pattern, lines[i].text, lines[i].answer);
}

static void kernel_releases(void **state)
{
	static const struct line lines[] = {
		{ "6.1.0-18-amd64", "6.1.0-18-amd64", YES },
		{ "^6\\.1\\.", "6.1.0-18-amd64", YES },
		{ "^6\\.1\\.", "6.10.0", NO },
		{ "-(amd|arm)64$", "6.1.0-18-amd64", YES },
		{ "-(amd|arm)64$", "6.1.0-18-amd64-dbg", NO },
		{ "^[0-9]+(\\.[0-9]+){2}(-|$)", "6.1.0", YES },
		{ "^[0-9]+(\\.[0-9]+){2}(-|$)", "6.1", NO },
		{ ".*", "6.1.0", YES },
		{ "2\\.6\\.32-.*\\.el6", "2.6.32-754.el6.x86_64", YES },
	};

	(void)state;
	check_lines(lines, COUNT_OF(lines));
}

static void plain_bytes(void **state)
{
	static const struct line lines[] = {
		{ "", "", YES },
		{ "", "a", YES },
		{ "b", "abc", YES },
		{ "d", "abc", NO },
		{ "abc", "ab", NO },
		{ "aab", "aaab", YES },
		{ ".", "", NO },
		{ "a.c", "abc", YES },
		{ ".", "\n", YES },
		{ ".", "\xff", YES },
		{ "\xfe", "a\xfe", YES },
		{ "]", "]", YES },
		{ "}", "}", YES },
		{ ")", ")", YES },
		{ "a)", "a", NO },
		{ "a,b", "a,b", YES },
		{ "\\.", "a", NO },
		{ "\\.\\*\\[\\]\\(\\)\\{\\}\\|\\^\\$\\+\\?\\\\", ".*[](){}|^$+?\\", YES },
		{ "\\-\\/\\ \\\"", "-/ \"", YES },
		{ "\\\xe4", "\xe4", YES },
	};

	(void)state;
	check_lines(lines, COUNT_OF(lines));
}

static void anchors(void **state)
{
	static const struct line lines[] = {
		{ "^a", "ab", YES },
		{ "^b", "ab", NO },
		{ "b$", "ab", YES },
		{ "a$", "ab", NO },
		{ "^$", "", YES },
		{ "^$", "a", NO },
		{ "^", "a", YES },
		{ "$", "a", YES },
		{ "^^a$$", "a", YES },
		{ "a^b", "a^b", NO },
		{ "a$b", "a$b", NO },
		{ "(^a|b$)", "cb", YES },
		{ "(^|-)b", "a-b", YES },
		{ "(^|-)b", "ab", NO },
		{ "(^a)*b", "ab", YES },
		{ "x*^a", "a", YES },
		{ "a$|^b", "ba", YES },
		{ "^b", "a\nb", NO },
		{ "a$", "a\n", NO },
		{ "(^)*", "a", YES },
		{ "($)+b", "b", NO },
	};

	(void)state;
	check_lines(lines, COUNT_OF(lines));
}

static void repetitions(void **state)
{
	static const struct line lines[] = {
		{ "^a*$", "", YES },
		{ "^a*$", "aaa", YES },
		{ "^a*$", "aba", NO },
		{ "^a+$", "", NO },
		{ "^a+$", "aa", YES },
		{ "^ab?c$", "ac", YES },
		{ "^ab?c$", "abc", YES },
		{ "^ab?c$", "abbc", NO },
		{ "^a{3}$", "aaa", YES },
		{ "^a{3}$", "aa", NO },
		{ "^a{3}$", "aaaa", NO },
		{ "^a{2,}$", "a", NO },
		{ "^a{2,}$", "aaaaa", YES },
		{ "^a{1,3}$", "", NO },
		{ "^a{1,3}$", "aaa", YES },
		{ "^a{1,3}$", "aaaa", NO },
		{ "^a{0,2}$", "", YES },
		{ "^a{0,2}$", "aaa", NO },
		{ "^a{,2}$", "aa", YES },
		{ "^a{,2}$", "aaa", NO },
		{ "^a{,}$", "aaa", YES },
		{ "^a{0}$", "", YES },
		{ "^a{0}$", "a", NO },
		{ "^a{0,0}b$", "b", YES },
		{ "^a{0,}$", "aaaa", YES },
		{ "^a{002}$", "aa", YES },
		{ "^a**$", "aa", YES },
		{ "^a+?$", "", YES },
		{ "^a{2}{2}$", "aaaa", YES },
		{ "^a{2}{2}$", "aaa", NO },
		{ "^(ab){2}$", "abab", YES },
		{ "^(ab*){2,3}c$", "abbac", YES },
		{ "^(a|b)*c$", "abbac", YES },
		{ "^(a*)*$", "aaa", YES },
		{ "^(a*)+b$", "aab", YES },
		{ "^()*$", "", YES },
		{ "^(){5,}a$", "a", YES },
		{ "^(a|){3}$", "aa", YES },
		{ "^[ab]{2}$", "ba", YES },
		{ "^.{2}$", "ba", YES },
	};

	(void)state;
	check_lines(lines, COUNT_OF(lines));
}

static void groups_and_alternatives(void **state)
{
	static const struct line lines[] = {
		{ "a|b", "b", YES },
		{ "^(a|b|cd)$", "cd", YES },
		{ "^(a|b|cd)$", "bd", NO },
		{ "^a|b$", "ac", YES },
		{ "ab|cd", "ad", NO },
		{ "()", "", YES },
		{ "|", "", YES },
		{ "^(|a)$", "", YES },
		{ "^(a|)$", "", YES },
		{ "^(a||b)$", "", YES },
		{ "^(a||b)$", "b", YES },
		{ "|a", "x", YES },
		{ "^((a)(b(c)))$", "abc", YES },
		{ "^(a|(b|c)d)e$", "cde", YES },
		{ "^(a|(b|c)d)e$", "ce", NO },
		{ "(a))", "a)", YES },
	};

	(void)state;
	check_lines(lines, COUNT_OF(lines));
}

static void bracket_expressions(void **state)
{
	static const struct line lines[] = {
		{ "^[abc]$", "b", YES },
		{ "^[abc]$", "d", NO },
		{ "^[^abc]$", "b", NO },
		{ "^[^abc]$", "d", YES },
		{ "^[^a]$", "\xe4", YES },
		{ "^[^a]$", "\n", YES },
		{ "[^a]", "", NO },
		{ "^[a-c]$", "b", YES },
		{ "^[a-c]$", "d", NO },
		{ "^[a-a]$", "a", YES },
		{ "^[a-cx-z]$", "y", YES },
		{ "^[\x80-\xff]$", "\xe4", YES },
		{ "^[]]$", "]", YES },
		{ "^[^]]$", "]", NO },
		{ "^[]a]$", "a", YES },
		{ "^[]-a]$", "_", YES },
		{ "^[a]]$", "a]", YES },
		{ "^[-a]$", "-", YES },
		{ "^[a-]$", "-", YES },
		{ "^[^-a]$", "-", NO },
		{ "^[a-c-]$", "-", YES },
		{ "^[--/]$", ".", YES },
		{ "^[%--]$", "*", YES },
		{ "^[a^]$", "^", YES },
		{ "^[*.$]+$", ".*$", YES },
		{ "^[\\]$", "\\", YES },
		{ "^[\\a]$", "\\", YES },
		{ "^[[]$", "[", YES },
		{ "^[[a]$", "[", YES },
		{ "^[a[]$", "[", YES },
		{ "^[[.a.]]$", "a", YES },
		{ "^[[.-.]]$", "-", YES },
		{ "^[[.].]]$", "]", YES },
		{ "^[[...]]$", ".", YES },
		{ "^[[.a.]-c]$", "b", YES },
		{ "^[a-[.c.]]$", "b", YES },
		{ "^[+-[.-.]]$", ",", YES },
		{ "^[[=a=]]$", "a", YES },
		{ "^[[=a=]]$", "b", NO },
		{ "^[[===]]$", "=", YES },
		{ "^[[=a=]-]$", "-", YES },
		{ "^[x[:digit:]y]+$", "x1y2", YES },
		{ "^[^[:digit:]]$", "1", NO },
		{ "^[[:digit:][:upper:]]+$", "A1", YES },
		{ "^[[:digit:]-]+$", "1-2", YES },
		{ "^[:digit:]$", "g", YES },
	};

	(void)state;
	check_lines(lines, COUNT_OF(lines));
}

/* Each class against the C library's, over all bytes. */
static void classes(void **state)
{
	static const char *const names[] = {
		"alnum", "alpha", "blank", "cntrl", "digit", "graph",
		"lower", "print", "punct", "space", "upper", "xdigit",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char pattern[32];
		regex_t theirs;

		snprintf(pattern, sizeof pattern, "^[[:%s:]]$", names[i]);
		assert_int_equal(regcomp(&theirs, pattern, REG_EXTENDED | REG_NOSUB), 0);
		for (int byte = 1; byte < 256; byte++) {
			char text[2] = { (char)byte };

			check(pattern, text, regexec(&theirs, text, 0, NULL, 0) == 0 ? YES : NO);
		}
		regfree(&theirs);
	}
}

static void malformed(void **state)
{
	static const char *const patterns[] = {
		"*", "+", "?", "*a", "(*a)", "a|*b", "(+)", "^*", "a$*", "^+a", "(^?)", "(|*)",
		"{1}", "{", "a|{1}", "({1})", "^{1}",
		"a{", "a{1", "a{1,", "a{1,2", "a{}", "a{x}", "a{1x}", "a{1,x}", "a{ 1}", "a{1,2,3}",
		"a{-1}", "a{2,1}", "a{1}}{", "a{,", "a{,x}",
		"(", "(a", "((a)", "a(", "(a|", "(a|b", "a|(",
		"\\", "a\\", "(a\\",
		"\\1", "(a)\\1", "\\w", "\\d", "\\B", "\\Z", "\\<", "\\>", "\\`", "\\'",
		"[", "[a", "[]", "[^]", "[^", "[a-", "[]a", "[a-z", "[z-a]", "[a-c-e]", "[a--]",
		"[[.", "[[.a", "[[.a.", "[[.a.]", "[[..]]", "[[.ab.]]", "[[.a]]", "[[.hyphen.]]",
		"[[=", "[[=a", "[[=a=", "[[=a=]", "[[==]]", "[[=ab=]]", "[[=a=]-z]", "[a-[=z=]]",
		"[[:", "[[:alpha", "[[:alpha:", "[[:alpha:]", "[[:x:]]", "[[::]]", "[[:ALPHA:]]",
		"[[:alphax:]]", "[[:alph:]]", "[[:alpha:]-z]", "[a-[:alpha:]]", "[a-[.", "[a-[.c",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		check(patterns[i], "", MALFORMED);
		check(patterns[i], patterns[i], MALFORMED);
	}
}

/* `text`, `count` times. The last two results stay. */
static const char *times(const char *text, size_t count)
{
	static char results[2][1 << 17];
	static unsigned calls;
	char *result = results[calls++ % 2];
	size_t length = strlen(text);

	result[count * length] = '\0';
	for (size_t i = 0; i < count; i++)
		memcpy(result + i * length, text, length);
	return result;
}

static void limits(void **state)
{
	(void)state;
	check("^a{255}$", times("a", 255), YES);
	check("^a{255}$", times("a", 254), NO);
	check("^a{0,255}$", times("a", 256), NO);
	check("a{256}", "", MALFORMED);
	check("a{1,256}", "", MALFORMED);
	check("a{256,}", "", MALFORMED);
	check("a{99999999999999999999}", "", MALFORMED);
	check("a{4294967297}", "", MALFORMED);
	check("(a{255}){8}", "", NO);
	check("(a{255}){9}", "", MALFORMED);
	check("((((((((()*)*)*)*)*)*){255}){255}){255}", "", MALFORMED);
	check("((((){255}){255}){255}){255}", "", YES);
	check("(((a{255}){0}){255}){255}", "", YES);
	check(times("a", 2047), times("a", 2047), YES);
	check(times("a", 2048), "", MALFORMED);
	check(times("|", 1023), "", YES);
	check(times("|", 1024), "", MALFORMED);
	check(times("a*****", 20000), "", MALFORMED);
	check(times("[a]", 64), times("a", 64), YES);
	check(times("[a]", 65), "", MALFORMED);
	check("[a]{255}", "", NO);
}

static void nesting(void **state)
{
	char pattern[200];

	(void)state;
	for (size_t depth = 1; depth <= 65; depth++) {
		memset(pattern, '(', depth);
		pattern[depth] = 'a';
		memset(pattern + depth + 1, ')', depth);
		pattern[2 * depth + 1] = '\0';
		check(pattern, "ba", depth <= 64 ? YES : MALFORMED);
	}
	check(times("(", 100000), "", MALFORMED);
	check(times("(a)", 500), "", NO);
}

/* A backtracking matcher would need longer than anyone waits. */
static void time_is_bounded(void **state)
{
	static const char *const patterns[] = {
		"(a*)*b", "(a|aa)+b", "(a|a)*b", "((a*)*)*b", "(a?){100}a{100}b", "(.*.*.*.*)*b",
		"(a*a*)*$b", "([a-z]+)*b", "(|a|aa)*b", "((a{1,9}){1,9}){1,9}b",
	};
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(patterns); i++)
		check(patterns[i], times("a", 10000), NO);
	check(times("(a{0,255}b{255}){0}", 4000), "", YES);
	check(times("a|", 50000), "", MALFORMED);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 60);
}

/* ---- against the C library ------------------------------------------------------------------ */

static uint64_t random_state = 1;

static unsigned below(unsigned limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % limit;
}

static void random_text(char *text, size_t most, const char *alphabet)
{
	size_t length = below((unsigned)most + 1);

	for (size_t i = 0; i < length; i++)
		text[i] = alphabet[below((unsigned)strlen(alphabet))];
	text[length] = '\0';
}

/* A pattern that is mostly well formed, of pieces strewn over open and closed parentheses. */
static void random_pattern(char *pattern)
{
	static const char *const pieces[] = {
		"a", "b", "a", "b", "c", ".", "(", "(", ")", ")", "|", "^", "$", "*", "+", "?",
		"{2}", "{,1}", "{1,}", "{0,2}", "{0}", "[ab]", "[^a]", "[b-c]", "[]-]",
		"[[:alpha:]]", "[[.b.]-c]", "\\.", "()", "(a|b)", "(|b)", "-", "]", "}",
	};
	unsigned count = below(9), open = 0;

	*pattern = '\0';
	while (count--) {
		const char *piece = pieces[below(COUNT_OF(pieces))];

		if (strcmp(piece, ")") == 0 && open == 0 && below(8))
			continue;
		open += strcmp(piece, "(") == 0;
		open -= strcmp(piece, ")") == 0 && open > 0;
		strcat(pattern, piece);
	}
	while (open-- && below(16))
		strcat(pattern, ")");
}

/* Where we differ by design: we refuse a backslash before a letter, a digit or one of < > ` ', to
 * glibc a back-reference, operator or plain character; we also refuse \, in place of the comma
 * of {m,n}, which POSIX leaves undefined. */
static bool documented_corner(const char *pattern)
{
	bool brace = false;

	for (; *pattern; pattern++) {
		brace |= *pattern == '{';
		if (*pattern != '\\')
			continue;
		if (!*++pattern)
			return false;
		if (strchr("0123456789ab<>`'", *pattern) || (brace && *pattern == ','))
			return true;
	}
	return false;
}

static enum answer glibc(const regex_t *compiled, const char *text)
{
	return regexec(compiled, text, 0, NULL, 0) == 0 ? YES : NO;
}

static void compare(const char *pattern)
{
	regex_t compiled;
	char text[12];

	if (documented_corner(pattern))
		return;
	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		check(pattern, "a", MALFORMED);
		return;
	}
	for (int i = 0; i < 6; i++) {
		random_text(text, 8, "aabbc-]");
		check(pattern, text, glibc(&compiled, text));
	}
	regfree(&compiled);
}

static void same_as_glibc_on_pieces(void **state)
{
	char pattern[200];

	(void)state;
	for (int i = 0; i < 150000; i++) {
		random_pattern(pattern);
		compare(pattern);
	}
}

static void same_as_glibc_on_noise(void **state)
{
	char pattern[16];

	(void)state;
	for (int i = 0; i < 150000; i++) {
		random_text(pattern, 10, "aab-|.*+?^$()[]{},012\\:=");
		compare(pattern);
	}
}

static void same_as_glibc_on_brackets(void **state)
{
	char pattern[24] = "[";

	(void)state;
	for (int i = 0; i < 100000; i++) {
		random_text(pattern + 1, 10, "aab-]]^[.=:");
		compare(pattern);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_releases),
		cmocka_unit_test(plain_bytes),
		cmocka_unit_test(anchors),
		cmocka_unit_test(repetitions),
		cmocka_unit_test(groups_and_alternatives),
		cmocka_unit_test(bracket_expressions),
		cmocka_unit_test(classes),
		cmocka_unit_test(malformed),
		cmocka_unit_test(limits),
		cmocka_unit_test(nesting),
		cmocka_unit_test(time_is_bounded),
		cmocka_unit_test(same_as_glibc_on_pieces),
		cmocka_unit_test(same_as_glibc_on_noise),
		cmocka_unit_test(same_as_glibc_on_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
