/* unxz.c: xz -> memory, one call.
 *
 * The whole .xz format 1.2.0: streams and stream padding, blocks, every check, LZMA2 with all its
 * properties, the filters of filters.c. What can be verified is verified, as the xz program does; a
 * check of an unknown kind is skipped. Cost: that of lzma2.c, and a pass over each block's content
 * for its check and each filter; work memory for that and the tables of two CRCs.
 *
 * A file (The .xz File Format section 2). Integers are little endian; a "number" is 7 bits a byte:
 *
 *   stream header   FD "7zXZ" 00, stream flags (2 bytes: 00, check ID), CRC32 of the flags (4)
 *   block           header, compressed data, 0-3 zero bytes up to a multiple of 4, check
 *     header        size (1: in words, less one), flags (1), [compressed size] (number),
 *                   [uncompressed size] (number), 1-4 filters (numbers: ID, size of properties;
 *                   properties), zero bytes, CRC32 (4)
 *   ...             more blocks
 *   index           00, number of blocks, for each: unpadded size, uncompressed size (numbers),
 *                   0-3 zero bytes up to a multiple of 4, CRC32 (4)
 *   stream footer   CRC32 of the next two (4), size of the index (4: in words, less one),
 *                   stream flags (2), "YZ"
 *   stream padding  zero bytes, a multiple of 4; then perhaps another stream
 */
#include "xz.h"

enum {
	STREAM_HEADER_SIZE = 12,
	FOOTER_SIZE = 12,
	MAGIC_SIZE = 6,
	FILTERS_MAX = 4,
	LZMA2 = 0x21,
	CHECK_CRC32 = 1,
	CHECK_CRC64 = 4,
	CHECK_SHA256 = 10,
};

struct tables {
	uint32_t crc32[CRC32_TABLE_SIZE];
	uint64_t crc64[CRC64_TABLE_SIZE];
};
_Static_assert(sizeof(struct tables) + LZMA2_WORK_SIZE <= UNXZ_WORK_SIZE, "it holds both");

struct xz {
	struct span in; /* what is left of the file */
	uint8_t *out;   /* where its next byte goes */
	const uint8_t *capacity_end;
	struct tables *tables; /* the work of lzma2() stands behind them */
	unsigned check;        /* the stream's check ID */
	bool has_crc64_table;
};

static const uint64_t unknown = UINT64_MAX;

struct block {
	uint64_t compressed, uncompressed; /* or unknown */
	uint32_t dictionary_size;
	struct filter filters[FILTERS_MAX - 1];
	size_t filter_count; /* without LZMA2 */
};

/* What the blocks were, and what the index says they were. A hash stands for the list of sizes. */
struct records {
	uint64_t count, hash;
};

static void add_record(struct records *r, uint64_t unpadded, uint64_t uncompressed)
{
	const uint64_t prime = 0x100000001B3;

	r->count++;
	r->hash = ((r->hash ^ unpadded) * prime ^ uncompressed) * prime;
	r->hash ^= r->hash >> 29;
}

/* The last four bytes of s are the CRC32 of those before: cuts them off. */
static struct span verified(const struct xz *x, struct span s)
{
	s.end -= 4;
	if (crc32(x->tables->crc32, 0, s.p, span_size(s)) != le32(s.end))
		bad("wrong CRC32 of header, index or footer");
	return s;
}

/* Section 1.2: 7 bits a byte, the lowest first, bit 7 set in all but the last; at most 9 bytes,
 * no more than needed. */
static uint64_t number(struct span *s)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t byte = *take_data(s, 1).p;

		value |= (uint64_t)(byte & 0x7F) << shift;
		if (byte == 0 && shift)
			break;
		if (byte < 0x80)
			return value;
	}
	bad("malformed number");
}

static void zeros(struct span s)
{
	while (s.p < s.end)
		if (*s.p++)
			bad("padding is not zero");
}

/* Up to a multiple of 4 bytes from `start`. */
static void padding(struct xz *x, const uint8_t *start)
{
	zeros(take_data(&x->in, (size_t)(start - x->in.p) & 3));
}

/* Section 5.3.1: bits 0-4 and 5 are exponent and mantissa. */
static uint32_t lzma2_dictionary_size(struct span properties)
{
	unsigned bits;

	if (span_size(properties) != 1)
		bad("properties of the wrong size");
	bits = *properties.p;
	if (bits > 40)
		bad("dictionary too large");
	return bits == 40 ? UINT32_MAX : (2 | (uint32_t)(bits & 1)) << (bits / 2 + 11);
}

/* Section 5.3: LZMA2 is last and only last. */
static void filter_chain(struct block *b, struct span *header, size_t others)
{
	struct span properties;
	uint64_t id;

	for (b->filter_count = 0;; b->filter_count++) {
		id = number(header);
		properties = take_data(header, number(header));
		if (b->filter_count == others)
			break;
		b->filters[b->filter_count] = filter_of(id, properties);
	}
	if (id != LZMA2)
		bad("unsupported filter");
	b->dictionary_size = lzma2_dictionary_size(properties);
}

/* Section 3.1. */
static void block_header(struct xz *x, struct block *b)
{
	size_t size = ((size_t)*x->in.p + 1) * 4;
	struct span header = verified(x, take_data(&x->in, size));
	uint8_t flags = header.p[1];

	header.p += 2;
	if (flags & 0x3C)
		bad("unsupported flags");
	b->compressed = flags & 0x40 ? number(&header) : unknown;
	b->uncompressed = flags & 0x80 ? number(&header) : unknown;
	filter_chain(b, &header, flags & 3);
	zeros(header);
}

static size_t check_size(unsigned check)
{
	return check ? (size_t)4 << (check - 1) / 3 : 0;
}

/* Section 3.4. The stored check comes next in the file. */
static void verify_check(struct xz *x, struct span content)
{
	struct span stored = take_data(&x->in, check_size(x->check));
	uint8_t check[SHA256_SIZE];

	if (x->check == CHECK_CRC32) {
		put_le32(check, crc32(x->tables->crc32, 0, content.p, span_size(content)));
	} else if (x->check == CHECK_CRC64) {
		if (!x->has_crc64_table)
			crc64_make_table(x->tables->crc64);
		x->has_crc64_table = true;
		put_le64(check, crc64(x->tables->crc64, content));
	} else if (x->check == CHECK_SHA256) {
		sha256(check, content);
	} else {
		return;
	}
	if (memcmp(check, stored.p, span_size(stored)) != 0)
		bad("wrong check of the content");
}

/* Section 3. */
static void block(struct xz *x, struct records *blocks)
{
	const uint8_t *start = x->in.p, *data;
	uint8_t *content = x->out;
	struct block b;
	size_t unpadded, size;

	block_header(x, &b);
	data = x->in.p;
	x->out = lzma2(&x->in, content, x->capacity_end, b.dictionary_size, x->tables + 1);
	unpadded = (size_t)(x->in.p - start) + check_size(x->check);
	size = (size_t)(x->out - content);
	if ((b.compressed != unknown && b.compressed != (size_t)(x->in.p - data)) ||
	    (b.uncompressed != unknown && b.uncompressed != size))
		bad("size differs from the block header");
	padding(x, start);
	while (b.filter_count--)
		filter_undo(b.filters[b.filter_count], content, size);
	verify_check(x, span_of(content, size));
	add_record(blocks, unpadded, size);
}

/* Section 4. Returns its size. */
static size_t index_of(struct xz *x, const struct records *blocks)
{
	const uint8_t *start = x->in.p++;
	struct records listed = { 0 };
	uint64_t count = number(&x->in);
	size_t size;

	if (count != blocks->count)
		bad("index does not match the blocks");
	while (count--) {
		uint64_t unpadded = number(&x->in);

		add_record(&listed, unpadded, number(&x->in));
	}
	if (listed.hash != blocks->hash)
		bad("index does not match the blocks");
	padding(x, start);
	take_data(&x->in, 4);
	size = (size_t)(x->in.p - start);
	verified(x, span_of(start, size));
	return size;
}

/* Section 2.1.2. */
static void footer(struct xz *x, const uint8_t *flags, size_t index_size)
{
	const uint8_t *p = take_data(&x->in, FOOTER_SIZE).p;

	if (memcmp(p + 10, "YZ", 2) != 0)
		bad("wrong magic bytes of the footer");
	if (crc32(x->tables->crc32, 0, p + 4, 6) != le32(p))
		bad("wrong CRC32 of header, index or footer");
	if (((uint64_t)le32(p + 4) + 1) * 4 != index_size)
		bad("backward size differs from the index");
	if (memcmp(p + 8, flags, 2) != 0)
		bad("footer differs from the stream header");
}

/* Section 2.1. A block begins with its size, an index with 0. */
static void stream(struct xz *x)
{
	struct span header = take_data(&x->in, STREAM_HEADER_SIZE);
	const uint8_t *flags = header.p + MAGIC_SIZE;
	struct records blocks = { 0 };

	if (memcmp(header.p, "\3757zXZ", MAGIC_SIZE) != 0)
		bad("not an xz stream");
	header.p = flags;
	verified(x, header);
	if (flags[0] != 0 || flags[1] > 15)
		bad("unsupported flags");
	x->check = flags[1];
	while (*cut(x->in, 0, 1, DATA_ENDS).p != 0)
		block(x, &blocks);
	footer(x, flags, index_of(x, &blocks));
}

size_t unxz(struct span in, uint8_t *out, size_t capacity, void *work)
{
	struct xz x = { .in = in, .out = out, .capacity_end = out + capacity, .tables = work };

	crc32_make_table(x.tables->crc32);
	do {
		stream(&x);
		while (x.in.p < x.in.end && *x.in.p == 0)
			zeros(take(&x.in, 4, "stream padding is not a multiple of 4"));
	} while (x.in.p < x.in.end);
	return (size_t)(x.out - out);
}
