/* sort.c: sorting strings into byte order: a merge sort by eight bytes of each string, taken as one big-endian number;
 * then the same by the next eight bytes, for each run of keys whose numbers are equal. Stable; at most n log n
 * comparisons for a run of n keys; and quick on long strings that begin alike. */
#include "base.h"

enum { CHUNK = 8, SMALL = 20 };

/* Eight bytes of the string from `depth` on, with zeros behind its end. `depth` is not beyond the end. */
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

/* Merges two sorted halves. The first half is copied away, as the result is written over it. */
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

/* Sorts a run of keys whose strings have the same bytes before `depth`, and notes in all but the first how many bytes
 * they share with the key before. Runs inside it are sorted by recursion only when they are shorter, so the recursion is
 * not deeper than the run is long. */
static void sort_from(struct key *keys, struct key *spare, size_t n, size_t depth)
{
	uint64_t before = 0;
	size_t next;

	for (;; depth += CHUNK) {
		for (size_t i = 0; i < n; i++)
			keys[i].chunk = chunk_at(&keys[i], depth);
		merge_sort(keys, spare, n);
		if (keys[0].chunk != keys[n - 1].chunk || !(uint8_t)keys[0].chunk)
			break;
	}
	for (size_t run = 0; run < n; run = next) {
		uint64_t chunk = keys[run].chunk;

		for (next = run + 1; next < n && keys[next].chunk == chunk; next++)
			keys[next].chunk = keys[next].length; /* right if the strings end here */
		if (next - run > 1 && (uint8_t)chunk)
			sort_from(keys + run, spare, next - run, depth + CHUNK);
		if (run)
			keys[run].chunk = depth + (size_t)__builtin_clzll(before ^ chunk) / 8;
		before = chunk;
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
