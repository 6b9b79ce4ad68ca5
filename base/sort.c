/* sort.c: strings into byte order. A merge sort by the next eight bytes of each string, held as one
 * big-endian number; then the same for each run of equal numbers. Stable, never worse than n log n
 * comparisons a run, and quick on long strings that begin alike. */
#include "base.h"

enum { CHUNK = 8, SMALL = 12 };

/* The eight bytes of the string from `depth` on, zero from its end on. `depth` is not beyond the end. */
static uint64_t chunk_at(const struct key *key, size_t depth)
{
	const uint8_t *p = (const uint8_t *)key->string + depth;
	size_t left = key->length - depth;
	uint64_t chunk = 0;

	if (left >= CHUNK)
		return be64(p);
	for (size_t i = 0; i < CHUNK; i++)
		chunk = chunk << 8 | (i < left ? p[i] : 0);
	return chunk;
}

static void insertion_sort(struct key *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct key key = keys[i];
		size_t at = i;

		for (; at && keys[at - 1].chunk > key.chunk; at--)
			keys[at] = keys[at - 1];
		keys[at] = key;
	}
}

/* The first half is copied, as what is merged is written over it. */
static void merge(struct key *keys, struct key *spare, size_t half, size_t n)
{
	const struct key *left = spare, *left_end = spare + half, *right = keys + half, *right_end = keys + n;

	memcpy(spare, keys, half * sizeof(*keys));
	while (left < left_end && right < right_end)
		*keys++ = right->chunk < left->chunk ? *right++ : *left++;
	memcpy(keys, left, (size_t)(left_end - left) * sizeof(*keys));
}

static void merge_sort(struct key *keys, struct key *spare, size_t n)
{
	size_t half = n / 2;

	if (n <= SMALL) {
		insertion_sort(keys, n);
		return;
	}
	merge_sort(keys, spare, half);
	merge_sort(keys + half, spare, n - half);
	if (keys[half - 1].chunk > keys[half].chunk)
		merge(keys, spare, half, n);
}

/* A run shares all bytes before `depth`. Runs inside it are sorted by recursion only where they are
 * shorter than it, so the recursion is not deeper than the run is long. */
static void sort_from(struct key *keys, struct key *spare, size_t n, size_t depth)
{
	for (;; depth += CHUNK) {
		for (size_t i = 0; i < n; i++)
			keys[i].chunk = chunk_at(&keys[i], depth);
		merge_sort(keys, spare, n);
		if (keys[0].chunk != keys[n - 1].chunk) {
			size_t run = 0;

			for (size_t i = 1; i <= n; i++) {
				if (i < n && keys[i].chunk == keys[run].chunk)
					continue;
				if (i - run > 1 && (uint8_t)keys[run].chunk)
					sort_from(keys + run, spare, i - run, depth + CHUNK);
				run = i;
			}
			return;
		}
		if (!(uint8_t)keys[0].chunk)
			return;
	}
}

void sort_chunks(struct key *keys, struct key *spare, size_t n)
{
	merge_sort(keys, spare, n);
}

void sort_strings(struct key *keys, struct key *spare, size_t n)
{
	if (n > 1)
		sort_from(keys, spare, n, 0);
}
