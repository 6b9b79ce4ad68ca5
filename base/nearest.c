/* nearest.c: what a misspelt word was probably meant to be. */
#include "base.h"

enum { WORD_MAX = 63 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many bytes must be left out, put in, replaced, or change places with their neighbour to make one word the other:
 * R. A. Wagner and M. J. Fischer, The String-to-String Correction Problem, with neighbours. table[i][j] is that number
 * for the first i bytes of a and the first j of b. */
static unsigned distance(struct span a, struct span b)
{
	size_t m = span_size(a), n = span_size(b);
	uint8_t table[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= m; i++)
		for (size_t j = 0; j <= n; j++) {
			unsigned d = (unsigned)(i + j);

			if (i && j) {
				d = least(table[i - 1][j], table[i][j - 1]) + 1U;
				d = least(d, table[i - 1][j - 1] + (unsigned)(a.p[i - 1] != b.p[j - 1]));
			}
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				d = least(d, table[i - 2][j - 2] + 1U);
			table[i][j] = (uint8_t)d;
		}
	return table[m][n];
}

void nearest_try(struct nearest *nearest, struct span candidate)
{
	size_t length = span_size(nearest->word);
	unsigned limit = nearest->found.p ? nearest->distance : (unsigned)length / 3 + 1, d;

	if (length > WORD_MAX || span_size(candidate) > WORD_MAX)
		return;
	d = distance(nearest->word, candidate);
	if (d >= limit)
		return;
	nearest->distance = d;
	nearest->found = candidate;
}
