/* pieces.h: a module in memory, of which each piece that is asked for stands in a block of its own size. */
#ifndef PIECES_H
#define PIECES_H

#include <stdlib.h>

#include "fuzz.h"

enum { PIECES_MAX = 100000, HEAD = 64 };

/* What is no ELF file is left to others: most random bytes are none. */
static inline bool begins_elf(struct span bytes)
{
	return span_size(bytes) >= 4 && memcmp(bytes.p, "\177ELF", 4) == 0;
}

struct pieces {
	struct source source;
	struct span bytes;
	void *block[PIECES_MAX];
	size_t count;
};

static struct span read_piece(struct source *source, uint64_t offset, uint64_t size, const char *what)
{
	struct pieces *pieces = (struct pieces *)source;
	struct span bytes = pieces->bytes;
	void *block;

	if (offset > span_size(bytes) || size > span_size(bytes) - offset)
		bad_fault((struct fault){ .what = what, .why = "reaches beyond the end of the file",
					  .offset = offset, .has_offset = true });
	CHECK(pieces->count < PIECES_MAX);
	block = malloc((size_t)size + !size);
	pieces->block[pieces->count++] = block;
	CHECK(block);
	memcpy(block, bytes.p + offset, (size_t)size);
	return span_of(block, (size_t)size);
}

static void expect_nothing(struct source *source, uint64_t offset, uint64_t size)
{
	(void)source, (void)offset, (void)size;
}

static struct pieces *pieces_of(struct span bytes)
{
	static struct pieces pieces;

	pieces = (struct pieces){ .source = { .read = read_piece, .expect = expect_nothing }, .bytes = bytes };
	pieces.source.head = read_piece(&pieces.source, 0, span_size(bytes) < HEAD ? span_size(bytes) : HEAD, "head");
	pieces.source.otherwise = "no ELF file";
	return &pieces;
}

static void free_pieces(struct pieces *pieces)
{
	while (pieces->count)
		free(pieces->block[--pieces->count]);
}

#endif
