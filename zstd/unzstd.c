/* unzstd.c: zstd to memory in one call (RFC 8878): the frames and the blocks. What a compressed
 * block holds is for literals.c and sequences.c.
 *
 *   frame             magic, header, blocks until one is marked the last, checksum
 *     4 bytes         magic FD2FB528; 184D2A50 to 184D2A5F: skip 4 bytes of size, and that many
 *     1 byte          bits 7-6 content size field, 5 single segment, 3 reserved, 2 checksum,
 *                     1-0 dictionary ID field
 *     0 or 1 byte     window size, unless single segment: the window is the content then
 *     0, 1, 2, 4      dictionary ID
 *     0, 1, 2, 4, 8   content size; of 2 bytes: less 256
 *     blocks          3 bytes: bit 0 last, bits 2-1 type, the rest size; then
 *       0 raw         the bytes
 *       1 RLE         1 byte that stands `size` times
 *       2 compressed  literals section, sequences section
 *     0 or 4 bytes    low half of the content's XXH64
 *
 * The output is the window. Dictionaries: no; checksum verified: yes. Work: 148 KB, most of it the
 * literals of one block. About 13 instructions a byte of a kernel module.
 */
#include "zstd.h"

enum {
	MAGIC_SIZE = 4,
	SKIPPABLE_SIZE = 4, /* the field, not what it says */
	BLOCK_HEADER_SIZE = 3,
	CHECKSUM_SIZE = 4,
	WINDOW_MAX = 128 << 20, /* what the zstd program allows unless told otherwise */

	RAW_BLOCK = 0,
	RLE_BLOCK,
	COMPRESSED_BLOCK,
};

#define MAGIC UINT32_C(0xFD2FB528)
#define SKIPPABLE_MAGIC UINT32_C(0x184D2A50)

struct work {
	struct literals literals;
	struct sequences sequences;
};

_Static_assert(sizeof(struct work) <= UNZSTD_WORK_SIZE, "UNZSTD_WORK_SIZE");

struct frame {
	struct span in;
	struct frame_output out;
	uint64_t content_size;
	bool has_content_size, has_checksum;
	struct xxh64 hash;
	const uint8_t *hashed; /* the end of the output the hash has taken */
	struct work *work;
};

/* ---- blocks: section 3.1.1.2 ---- */

/* Returns whether it was the last one. */
static bool read_block(struct frame *f)
{
	unsigned fields = (unsigned)read_field(&f->in, BLOCK_HEADER_SIZE);
	unsigned type = fields >> 1 & 3, size = fields >> 3;
	struct span s;

	if (size > f->out.block_max)
		bad("block too large");
	s = take_data(&f->in, type == RLE_BLOCK ? 1 : size);
	if (type == COMPRESSED_BLOCK) {
		struct span literals = literals_read(&f->work->literals, &s, f->out.block_max);

		sequences_run(&f->work->sequences, &f->out, s, literals);
	} else {
		check_room(&f->out, f->out.next, size);
		if (type == RAW_BLOCK)
			memcpy(f->out.next, s.p, size);
		else if (type == RLE_BLOCK)
			memset(f->out.next, *s.p, size);
		else
			bad("unknown block type");
		f->out.next += size;
	}
	if (f->has_checksum)
		f->hashed += xxh64_stripes(&f->hash, f->hashed, (size_t)(f->out.next - f->hashed));
	return fields & 1;
}

/* ---- frames: section 3.1 ---- */

/* Section 3.1.1.1.2: an exponent and eighths of the power of two. */
static uint64_t read_window(struct span *s)
{
	unsigned byte = (unsigned)read_field(s, 1);
	uint64_t base = UINT64_C(1) << (10 + (byte >> 3));

	return base + base / 8 * (byte & 7);
}

/* Section 3.1.1.1. Only a single segment has a content size of 1 byte. */
static void read_header(struct frame *f)
{
	unsigned descriptor = (unsigned)read_field(&f->in, 1);
	unsigned size_field = 1u << (descriptor >> 6);
	bool single_segment = descriptor >> 5 & 1;

	if (descriptor & 8)
		bad("reserved bits are set");
	f->has_checksum = descriptor & 4;
	if (size_field == 1 && !single_segment)
		size_field = 0;
	f->has_content_size = size_field > 0;
	f->out.window = single_segment ? 0 : read_window(&f->in);
	if (read_field(&f->in, (1u << (descriptor & 3)) / 2) != 0)
		bad("needs a dictionary");
	f->content_size = read_field(&f->in, size_field) + (size_field == 2 ? 256 : 0);
	if (single_segment)
		f->out.window = f->content_size;
	if (f->out.window > WINDOW_MAX)
		bad("window larger than 128 MiB");
	f->out.block_max = f->out.window < ZSTD_BLOCK_MAX ? (size_t)f->out.window : ZSTD_BLOCK_MAX;
}

static void verify(struct frame *f)
{
	uint64_t size = (uint64_t)(f->out.next - f->out.start);

	if (f->has_content_size && size != f->content_size)
		bad("content size does not match");
	if (f->has_checksum) {
		uint32_t sum = (uint32_t)read_field(&f->in, CHECKSUM_SIZE);

		if (sum != (uint32_t)xxh64_end(&f->hash, f->hashed, size))
			bad("checksum does not match");
	}
}

static void read_frame(struct frame *f)
{
	f->out.start = f->out.next;
	f->hashed = f->out.next;
	f->work->literals.has_table = false;
	sequences_begin(&f->work->sequences);
	xxh64_begin(&f->hash);
	read_header(f);
	while (!read_block(f))
		;
	verify(f);
}

/* Section 3.1.2. */
static void skip_frame(struct span *s)
{
	take_data(s, read_field(s, SKIPPABLE_SIZE));
}

COLD size_t unzstd(struct span in, uint8_t *out, size_t capacity, void *work)
{
	struct frame f = { .in = in, .out = { .next = out, .end = out + capacity }, .work = work };

	f.work->literals.in = in;
	do {
		uint32_t magic = le32(take(&f.in, MAGIC_SIZE, "not a zstd frame").p);

		if (magic == MAGIC)
			read_frame(&f);
		else if ((magic & ~UINT32_C(15)) == SKIPPABLE_MAGIC)
			skip_frame(&f.in);
		else
			bad("not a zstd frame");
	} while (span_size(f.in) > 0);
	return (size_t)(f.out.next - out);
}
