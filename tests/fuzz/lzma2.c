/* xz/lzma2.c: the data of an xz block, against liblzma. The first byte of the input is the dictionary size as a block
 * header has it. Nothing but the data's own end tells where it ends: that must be the same, too. */
#define _DEFAULT_SOURCE
#define WORK_SIZE LZMA2_WORK_SIZE
#include "../../xz/xz.h"
#include "decoder.h"
#include "liblzma.h"

static struct span left;

static uint32_t dictionary_size(struct span in)
{
	unsigned bits = *in.p % 41;

	return bits == 40 ? UINT32_MAX : (2 | (uint32_t)(bits & 1)) << (bits / 2 + 11);
}

static size_t ours(struct span in, uint8_t *out, size_t capacity, void *work)
{
	left = span_of(in.p + 1, span_size(in) - 1);
	return (size_t)(lzma2(&left, out, out + capacity, dictionary_size(in), work) - out);
}

static enum answer theirs(struct span in, uint8_t *out, size_t capacity, size_t *size)
{
	/* A dictionary larger than any output makes no difference, but would have to be there. */
	uint32_t dictionary = dictionary_size(in);
	lzma_options_lzma options = { .dict_size = dictionary < CAPACITY ? dictionary : CAPACITY };
	lzma_filter filters[] = { { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret status;

	*size = 0;
	s.allocator = liblzma_allocator();
	CHECK(lzma_raw_decoder(&s, filters) == LZMA_OK);
	s.next_in = in.p + 1;
	s.avail_in = span_size(in) - 1;
	s.next_out = out;
	s.avail_out = capacity;
	status = lzma_code(&s, LZMA_FINISH);
	*size = capacity - s.avail_out;
	CHECK(status != LZMA_STREAM_END || s.next_in == left.p);
	return status == LZMA_STREAM_END ? ACCEPTED : DENIED;
}

static bool may_refuse(const char *why)
{
	(void)why;
	return false;
}

static bool may_accept(struct span in)
{
	(void)in;
	return false;
}

/* Ours stops where the chunk's input ends; liblzma reads on in what follows, and then refuses. */
static bool parts_alike(const char *why)
{
	return strcmp(why, "compressed chunk too short") != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		compare(span_of(data, size));
	return 0;
}
