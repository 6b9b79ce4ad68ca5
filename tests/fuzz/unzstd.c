/* zstd/unzstd.c: zstd files, against libzstd. The one checksum stands at a frame's end, when all is decoded. */
#define _GNU_SOURCE
#include <string.h>
#include <zstd.h>

#define WORK_SIZE UNZSTD_WORK_SIZE
#include "../../zstd/zstd.h"
#include "decoder.h"

static size_t ours(struct span in, uint8_t *out, size_t capacity, void *work)
{
	return unzstd(in, out, capacity, work);
}

/* libzstd also knows what was before the RFC. */
static bool has_magic(struct span in)
{
	return span_size(in) >= 4 && (le32(in.p) == ZSTD_MAGICNUMBER ||
				      (le32(in.p) & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START);
}

static enum answer theirs(struct span in, uint8_t *out, size_t capacity, size_t *size)
{
	static ZSTD_DCtx *context;
	size_t frame, n;

	if (!context)
		context = ZSTD_createDCtx();
	CHECK(context);
	*size = 0;
	do {
		frame = ZSTD_findFrameCompressedSize(in.p, span_size(in));
		if (ZSTD_isError(frame) || !has_magic(in))
			return DENIED;
		n = ZSTD_decompressDCtx(context, out + *size, capacity - *size, in.p, frame);
		if (ZSTD_isError(n))
			return DENIED;
		*size += n;
		in.p += frame;
	} while (in.p < in.end);
	return ACCEPTED;
}

/* In one call libzstd looks neither at a block's size nor at the window. Before 1.5.6, it takes offset 0 for 1, looks
 * for bytes left over only if the number of sequences is 1 byte, does not look at reserved bits of the modes, does
 * not see that a sequence's bits ran out, and moves the states once more. It takes Huffman codes of 12 bits, does not
 * see that the weights' bits ran out, and of four streams at a time it only counts the literals. */
static bool may_refuse(const char *why)
{
	return one_of(why, (const char *const[]){
		"block too large", "window larger than 128 MiB", "offset beyond the window", "offset 0",
		"bytes left over after the block", "reserved bits are set", "bit stream too short",
		"bits left over after the sequences", "Huffman code too long", "Huffman weights out of range",
		"literals do not end with their stream",
		"bit stream without an end mark", NULL });
}

/* Before 1.5.6 libzstd wants tables for no sequences where 0 is written in two bytes. */
static bool may_accept(struct span in)
{
	return memmem(in.p, span_size(in), "\200", 2);
}

static bool parts_alike(const char *why)
{
	(void)why;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	compare(span_of(data, size));
	return 0;
}
