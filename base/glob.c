/* glob.c: shell patterns as fnmatch(3) without flags has them: `*`, `?`, `[...]`, and `\` before a plain character. */
#include "base.h"

/* The character at *p, which a backslash may protect; moves behind it. */
static uint8_t take_character(const char **p)
{
	*p += **p == '\\' && (*p)[1];
	(*p)++;
	return (uint8_t)(*p)[-1];
}

/* `p` stands behind `[`. Returns the place behind `]`, or NULL when `c` is not among what stands between. A bracket
 * without a partner is itself, and so are all that follow it: *plain is where they begin, so that none is read to the end
 * of the pattern again and again. */
static const char *match_bracket(const char *p, uint8_t c, const char **plain)
{
	const char *start = p;
	bool negated = *p == '!' || *p == '^', found = false;

	p += negated;
	for (bool first = true; first || *p != ']'; first = false) {
		uint8_t from, to;

		if (!*p) {
			*plain = start - 1;
			return c == '[' ? start : NULL;
		}
		from = to = take_character(&p);
		if (p[0] == '-' && p[1] && p[1] != ']') {
			p++;
			to = take_character(&p);
		}
		found |= from <= c && c <= to;
	}
	return found != negated ? p + 1 : NULL;
}

/* Where the pattern goes on when its first part, which is no `*`, takes `c`; else NULL. */
static const char *match_one(const char *p, uint8_t c, const char **plain)
{
	if (*p == '?')
		return p + 1;
	if (*p == '[' && (!*plain || p < *plain))
		return match_bracket(p + 1, c, plain);
	return *p && take_character(&p) == c ? p : NULL;
}

/* Only the last `*` is ever tried again: what an earlier one could take more, a later one can. */
bool glob_matches(const char *p, const char *text)
{
	const char *star = NULL, *retry = NULL, *plain = NULL;

	for (;;) {
		const char *next;

		if (*p == '*') {
			star = ++p;
			retry = text;
		} else if (*text && (next = match_one(p, (uint8_t)*text, &plain))) {
			p = next;
			text++;
		} else if (!*text && !*p) {
			return true;
		} else if (!star || !*retry) {
			return false;
		} else {
			p = star;
			text = ++retry;
		}
	}
}
