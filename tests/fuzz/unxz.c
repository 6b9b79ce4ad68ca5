/* xz/unxz.c: xz files, against liblzma. Most of a file stands behind CRC32s, which are put right after a mutation; the
 * check of the content, which comes when all is decoded, is not. */
#define _DEFAULT_SOURCE
#define WORK_SIZE UNXZ_WORK_SIZE
#include "../../xz/xz.h"
#include "decoder.h"
#include "liblzma.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static size_t ours(struct span in, uint8_t *out, size_t capacity, void *work)
{
	return unxz(in, out, capacity, work);
}

static enum answer theirs(struct span in, uint8_t *out, size_t capacity, size_t *size)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret status;

	s.allocator = liblzma_allocator();
	CHECK(lzma_stream_decoder(&s, LIBLZMA_LIMIT, LZMA_CONCATENATED) == LZMA_OK);
	s.next_in = in.p;
	s.avail_in = span_size(in);
	s.next_out = out;
	s.avail_out = capacity;
	status = lzma_code(&s, LZMA_FINISH);
	*size = capacity - s.avail_out;
	return status == LZMA_STREAM_END ? ACCEPTED : status == LZMA_MEMLIMIT_ERROR ? UNKNOWN : DENIED;
}

static bool may_refuse(const char *why)
{
	(void)why;
	return false;
}

/* The filter for RISC-V is of liblzma 5.6. */
static bool may_accept(struct span in)
{
	enum { RISCV = 0x0b };

	return !lzma_filter_decoder_is_supported(RISCV) && memchr(in.p, RISCV, span_size(in));
}

static bool parts_alike(const char *why)
{
	return one_of(why, (const char *const[]){ "wrong check of the content",
						  "index does not match the blocks",
						  "wrong CRC32 of header, index or footer", NULL });
}

/* ---- mending: each function returns where what it mended ends, or `end` ---- */

static void mend_crc(uint8_t *from, size_t size, uint8_t *crc)
{
	static uint32_t table[CRC32_TABLE_SIZE];
	uint32_t value;

	if (!table[1])
		crc32_make_table(table);
	value = crc32(table, 0, from, size);
	for (int i = 0; i < 4; i++)
		crc[i] = (uint8_t)(value >> 8 * i);
}

static uint8_t *skip(uint8_t *p, uint8_t *end, size_t size)
{
	return size < (size_t)(end - p) ? p + size : end;
}

static uint8_t *skip_chunks(uint8_t *p, uint8_t *end)
{
	while (end - p > 5 && *p) {
		size_t header = *p < 0x80 ? 3 : *p < 0xc0 ? 5 : 6;

		p = skip(p, end, header + be16(p + (*p < 0x80 ? 1 : 3)) + 1);
	}
	return skip(p, end, 1);
}

static uint8_t *mend_block(uint8_t *p, uint8_t *end, unsigned check)
{
	uint8_t *start = p;
	size_t size = (*p + 1u) * 4;

	if (size > (size_t)(end - p))
		return end;
	mend_crc(p, size - 4, p + size - 4);
	p = skip_chunks(p + size, end);
	return skip(p, end, ((size_t)(start - p) & 3) + (check ? (size_t)4 << (check - 1) / 3 : 0));
}

static uint8_t *skip_number(uint8_t *p, uint8_t *end)
{
	while (p < end && *p & 0x80)
		p++;
	return skip(p, end, 1);
}

/* The index, of less than 128 blocks. */
static uint8_t *mend_index(uint8_t *p, uint8_t *end)
{
	uint8_t *start = p;
	unsigned numbers;

	if (end - p < 2)
		return end;
	numbers = p[1] * 2u;
	for (p += 2; numbers--;)
		p = skip_number(p, end);
	p = skip(p, end, (size_t)(start - p) & 3);
	if (end - p < 4)
		return end;
	mend_crc(start, (size_t)(p - start), p);
	return p + 4;
}

static uint8_t *mend_stream(uint8_t *p, uint8_t *end)
{
	unsigned check = p[7] & 15;

	mend_crc(p + 6, 2, p + 8);
	p += 12;
	while (p < end && *p)
		p = mend_block(p, end, check);
	p = mend_index(p, end);
	if (end - p < 12)
		return end;
	mend_crc(p + 4, 6, p);
	return p + 12;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	uint8_t *p = data, *end;

	size = LLVMFuzzerMutate(data, size, max_size);
	end = data + size;
	while (seed % 8 && end - p >= 12) {
		p = mend_stream(p, end);
		while (p < end && !*p)
			p++;
	}
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	compare(span_of(data, size));
	return 0;
}
