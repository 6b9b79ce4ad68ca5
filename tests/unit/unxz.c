/* Unit tests of xz/: unxz.c, lzma2.c, filters.c and checks.c.
 *
 * Input and output are malloc'ed to their exact sizes, so that AddressSanitizer sees one byte too
 * many. liblzma is asked for its verdict on the same bytes. Small streams are built from parts,
 * with right sizes and CRCs where a test does not state others. STREAMS names a directory of
 * NAME.xz beside NAME, as made by make-unxz-streams.
 *
 * The verdicts differ by design only where liblzma is older than 5.6 and does not know the RISC-V
 * filter; no test asks for its verdict there.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <lzma.h>

#include "../../xz/xz.h"
#include "streams.h"

enum { STREAM_MAX = 4096, ROOM = 16384, PARTS = 8 };

struct run {
	struct span in;
	uint8_t *out;
	size_t capacity, size;
	void *work;
};

static void run_unxz(void *argument)
{
	struct run *run = argument;

	run->size = unxz(run->in, run->out, run->capacity, run->work);
}

static void *allocate(size_t size)
{
	void *memory = malloc(size ? size : 1);

	assert_non_null(memory);
	return memory;
}

/* Returns the reason why not, or NULL. The caller frees run->out. */
static const char *decode(struct run *run, const uint8_t *in, size_t in_size, size_t capacity)
{
	uint8_t *input = allocate(in_size);
	struct fault fault;
	bool good;

	memcpy(input, in, in_size);
	*run = (struct run){ .in = span_of(input, in_size), .capacity = capacity };
	run->out = allocate(capacity);
	run->work = aligned_alloc(64, UNXZ_WORK_SIZE);
	assert_non_null(run->work);
	memset(run->work, 0xA5, UNXZ_WORK_SIZE);
	good = attempt(run_unxz, run, &fault);
	free(run->work);
	free(input);
	return good ? NULL : fault.why;
}

/* Whether liblzma takes it; then *size is the size of the output. */
static bool reference(
	const uint8_t *in, size_t in_size, uint8_t *out, size_t capacity, size_t *size)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret result;

	assert_int_equal(lzma_stream_decoder(&s, UINT64_MAX, LZMA_CONCATENATED), LZMA_OK);
	s.next_in = in;
	s.avail_in = in_size;
	s.next_out = out;
	s.avail_out = capacity;
	result = lzma_code(&s, LZMA_FINISH);
	*size = capacity - s.avail_out;
	lzma_end(&s);
	return result == LZMA_STREAM_END;
}

/* ---- streams from parts ---------------------------------------------------------------------- */

struct bytes {
	uint8_t at[STREAM_MAX];
	size_t size;
};

/* Hex; NULL stands for what is usual. */
struct parts {
	const char *flags;              /* "0000": no check */
	const char *header; /* of the block, from its flags on; padded to a multiple of 4 */
	const char *data;               /* compressed data, with its end */
	const char *padding;            /* of the block */
	const char *check;              /* none */
	const char *index;              /* after 00; padded */
	const char *backward;
	const char *footer_flags;
	const char *magic;              /* of the footer */
	const char *behind;             /* the stream */
	size_t text_size;               /* 3 */
	bool too_large_for_liblzma;     /* which allocates the whole dictionary */
};

/* Where the CRCs stand of what begins at `from`, so that they can be put right after a change. */
struct mend {
	size_t from[PARTS], crc[PARTS], size[PARTS];
	size_t count;
};

static void add(struct bytes *b, const void *bytes, size_t size)
{
	assert_true(b->size + size <= STREAM_MAX);
	memcpy(b->at + b->size, bytes, size);
	b->size += size;
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static void add_hex(struct bytes *b, const char *hex)
{
	for (; *hex; hex++) {
		if (*hex != ' ') {
			uint8_t byte = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));

			add(b, &byte, 1);
			hex++;
		}
	}
}

static void pad(struct bytes *b, size_t multiple)
{
	while (b->size % multiple)
		add(b, "", 1);
}

static void add_le32(struct bytes *b, uint32_t value)
{
	uint8_t le[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
		(uint8_t)(value >> 24) };

	add(b, le, 4);
}

static void put_crc(struct bytes *b, size_t from, size_t size, size_t at)
{
	uint32_t crc = lzma_crc32(b->at + from, size, 0);

	for (int i = 0; i < 4; i++)
		b->at[at + (size_t)i] = (uint8_t)(crc >> 8 * i);
}

/* A CRC32 at b's end of what began at `from`. */
static void add_crc(struct bytes *b, size_t from, struct mend *mend)
{
	size_t i = mend->count++;

	mend->from[i] = from;
	mend->size[i] = b->size - from;
	mend->crc[i] = b->size;
	add_le32(b, 0);
	put_crc(b, from, mend->size[i], mend->crc[i]);
}

static void add_number(struct bytes *b, size_t value)
{
	uint8_t byte;

	do {
		byte = (uint8_t)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
		add(b, &byte, 1);
		value >>= 7;
	} while (value);
}

static const char *or(const char *given, const char *usual)
{
	return given ? given : usual;
}

#define DICTIONARY_4K "2101 00"
#define ABC "01 0002 616263 00"

/* Returns the unpadded size. */
static size_t add_block(struct bytes *b, const struct parts *p, struct mend *mend)
{
	size_t start = b->size, unpadded;

	add(b, "", 1);
	add_hex(b, or(p->header, "00 " DICTIONARY_4K));
	pad(b, 4);
	b->at[start] = (uint8_t)((b->size - start) / 4);
	add_crc(b, start, mend);
	add_hex(b, or(p->data, ABC));
	unpadded = b->size - start;
	if (p->padding)
		add_hex(b, p->padding);
	pad(b, 4);
	add_hex(b, or(p->check, ""));
	return unpadded + (p->check ? b->size - start - (unpadded + 3) / 4 * 4 : 0);
}

static void build(struct bytes *b, const struct parts *p, struct mend *mend)
{
	size_t start, unpadded;

	*b = (struct bytes){ 0 };
	*mend = (struct mend){ 0 };
	add(b, "\3757zXZ", 6);
	add_hex(b, or(p->flags, "0000"));
	add_crc(b, 6, mend);
	unpadded = add_block(b, p, mend);
	start = b->size;
	if (p->index) {
		add_hex(b, "00");
		add_hex(b, p->index);
	} else {
		add_hex(b, "00 01");
		add_number(b, unpadded);
		add_number(b, p->text_size ? p->text_size : 3);
	}
	pad(b, 4);
	add_crc(b, start, mend);
	unpadded = b->size - start;
	start = b->size;
	add_le32(b, 0);
	if (p->backward)
		add_hex(b, p->backward);
	else
		add_le32(b, (uint32_t)unpadded / 4 - 1);
	add_hex(b, or(p->footer_flags, or(p->flags, "0000")));
	put_crc(b, start + 4, 6, start);
	mend->from[mend->count] = start + 4;
	mend->size[mend->count] = 6;
	mend->crc[mend->count++] = start;
	add_hex(b, or(p->magic, "595A"));
	add_hex(b, or(p->behind, ""));
}

/* ---- good streams ---------------------------------------------------------------------------- */

static void expect_text(const struct bytes *b, const char *text, size_t size)
{
	struct run run;
	const char *why = decode(&run, b->at, b->size, size);

	if (why)
		print_error("%s\n", why);
	assert_null(why);
	assert_int_equal(run.size, size);
	assert_memory_equal(run.out, text, size);
	free(run.out);
}

static void expect_abc(struct parts parts)
{
	uint8_t out[3];
	struct bytes b;
	struct mend mend;
	size_t size;

	build(&b, &parts, &mend);
	if (!parts.too_large_for_liblzma)
		assert_true(reference(b.at, b.size, out, sizeof(out), &size));
	expect_text(&b, "abc", 3);
}

static void test_no_check(void **state)
{
	(void)state;
	expect_abc((struct parts){ 0 });
}

static void test_crc32(void **state)
{
	(void)state;
	expect_abc((struct parts){ .flags = "0001", .check = "c2412435" });
}

static void test_crc64(void **state)
{
	(void)state;
	expect_abc((struct parts){ .flags = "0004", .check = "2776271a4a09d82c" });
}

static void test_sha256(void **state)
{
	(void)state;
	expect_abc((struct parts){ .flags = "000a",
		.check = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" });
}

static void test_unknown_checks_are_skipped(void **state)
{
	static const char any[] = "0123456789abcdef";

	(void)state;
	for (unsigned id = 0; id < 16; id++) {
		unsigned size = id ? 4u << (id - 1) / 3 : 0;
		char flags[8], check[2 * 64 + 1] = "";

		if (id == 1 || id == 4 || id == 10)
			continue;
		snprintf(flags, sizeof(flags), "00%02x", id);
		while (strlen(check) < 2 * size)
			strcat(check, any + 8);
		expect_abc((struct parts){ .flags = flags, .check = id ? check : NULL });
	}
}

static void test_sizes_in_the_block_header(void **state)
{
	(void)state;
	expect_abc((struct parts){ .header = "40 07 " DICTIONARY_4K });
	expect_abc((struct parts){ .header = "80 03 " DICTIONARY_4K });
	expect_abc((struct parts){ .header = "c0 07 03 " DICTIONARY_4K });
}

static void test_largest_block_header(void **state)
{
	struct parts parts = { 0 };
	char header[2 * 1020 + 1] = "00 " DICTIONARY_4K;

	(void)state;
	while (strlen(header) < 2 * 1018)
		strcat(header, "00");
	parts.header = header;
	expect_abc(parts);
}

static void test_stream_padding_and_second_stream(void **state)
{
	struct bytes one, two;
	struct mend mend;

	(void)state;
	build(&one, &(struct parts){ .behind = "00000000" }, &mend);
	two = one;
	add(&two, one.at, one.size);
	expect_text(&two, "abcabc", 6);
}

static void test_uncompressed_chunks(void **state)
{
	(void)state;
	expect_abc((struct parts){ .data = "01 0000 61 02 0001 6263 00" });
	expect_abc((struct parts){ .data = "01 0000 61 01 0001 6263 00" });
}

/* The largest dictionary, and the smallest, are declared; neither is needed. */
static void test_dictionary_sizes(void **state)
{
	char header[16];

	(void)state;
	for (unsigned bits = 0; bits <= 40; bits++) {
		snprintf(header, sizeof(header), "00 2101 %02x", bits);
		expect_abc((struct parts){ .header = header, .too_large_for_liblzma = sizeof(size_t) == 4 && bits > 38 });
	}
}

static size_t find(const struct bytes *b, const char *three)
{
	size_t at = 0;

	while (memcmp(b->at + at, three, 3) != 0)
		assert_true(++at + 3 <= b->size);
	return at;
}

/* A match may begin at the first byte of the dictionary, 4096 before, and not at the one before
 * it. */
static void test_distance_is_limited_by_the_dictionary_size(void **state)
{
	enum { REACH = 6000 };
	lzma_options_lzma options;
	lzma_filter filters[] = { { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };
	struct bytes b = { 0 };
	uint8_t text[2 * REACH];
	size_t property, crc;
	struct run run;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i % REACH < 64 ? i % REACH : 0);
	lzma_lzma_preset(&options, 6);
	options.dict_size = 8192;
	assert_int_equal(lzma_stream_buffer_encode(filters, LZMA_CHECK_NONE, NULL, text,
				 sizeof(text), b.at, &b.size, STREAM_MAX),
		LZMA_OK);
	expect_text(&b, (const char *)text, sizeof(text));
	property = find(&b, "\x21\1\2");         /* LZMA2, one byte: 8 KiB */
	b.at[property + 2] = 0;
	crc = 12 + (b.at[12] + 1u) * 4 - 4;             /* behind the stream header */
	put_crc(&b, 12, crc - 12, crc);
	assert_string_equal(
		decode(&run, b.at, b.size, sizeof(text)), "distance beyond the dictionary");
	free(run.out);
}

static void test_exact_capacity_is_enough_and_less_is_not(void **state)
{
	struct bytes b;
	struct mend mend;
	struct run run;

	(void)state;
	build(&b, &(struct parts){ 0 }, &mend);
	expect_text(&b, "abc", 3);
	for (size_t capacity = 0; capacity < 3; capacity++) {
		assert_string_equal(decode(&run, b.at, b.size, capacity), "output too large");
		free(run.out);
	}
}

/* ---- bad streams ----------------------------------------------------------------------------- */

struct malformed {
	const char *why;
	struct parts parts;
	int flip;                       /* this byte, from the end when negative; 0 for none */
};

/* A header of 120 bytes, and so an index with padding. */
#define ZEROS_16 "00000000000000000000000000000000"
#define LONG_HEADER                                                                                \
	"00 " DICTIONARY_4K ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16

/* LZMA data of all ones decodes to a repeated match, of rep3, of 273 bytes; of all zeros, to
 * zeros. */
static const struct malformed malformed[] = {
	{ "not an xz stream", .parts = { .behind = "00000000 61" }, .flip = 1 },
	{ "padding is not zero", .parts = { .behind = "00000001" } },
	{ "not an xz stream", .parts = { .behind = "616263646566676869707172" } },
	{ "stream padding is not a multiple of 4", .parts = { .behind = "00" } },
	{ "stream padding is not a multiple of 4", .parts = { .behind = "0000000000" } },
	{ "compressed data ends too early", .parts = { .behind = "61" } },
	{ "wrong CRC32 of header, index or footer", .flip = 8 },
	{ "unsupported flags", .parts = { .flags = "0100" } },
	{ "unsupported flags", .parts = { .flags = "0010" } },

	{ "wrong CRC32 of header, index or footer", .flip = 21 },
	{ "unsupported flags", .parts = { .header = "04 " DICTIONARY_4K } },
	{ "unsupported flags", .parts = { .header = "20 " DICTIONARY_4K } },
	{ "padding is not zero",
		.parts = { .header = "00 " DICTIONARY_4K " 000001" } },
	{ "compressed data ends too early", .parts = { .header = "02 030100 0400 21" } },
	{ "compressed data ends too early", .parts = { .header = "40 808080808080" } },
	{ "malformed number", .parts = { .header = "40 8700 " DICTIONARY_4K } },
	{ "malformed number", .parts = { .header = "40 87808080808080808001 " DICTIONARY_4K } },
	{ "compressed data ends too early", .parts = { .header = "00 2108 00" } },
	{ "size differs from the block header",
		.parts = { .header = "40 06 " DICTIONARY_4K } },
	{ "size differs from the block header",
		.parts = { .header = "40 00 " DICTIONARY_4K } },
	{ "size differs from the block header",
		.parts = { .header = "40 ffffffffffffffff7f " DICTIONARY_4K } },
	{ "size differs from the block header",
		.parts = { .header = "80 04 " DICTIONARY_4K } },
	{ "size differs from the block header",
		.parts = { .header = "80 00 " DICTIONARY_4K } },
	{ "padding is not zero",
		.parts = { .data = "01 0001 6162 00", .padding = "0001", .text_size = 2 } },

	{ "unsupported filter", .parts = { .header = "00 0200" } },
	{ "unsupported filter", .parts = { .header = "00 030100" } },
	{ "unsupported filter", .parts = { .header = "01 " DICTIONARY_4K DICTIONARY_4K } },
	{ "unsupported filter", .parts = { .header = "01 " DICTIONARY_4K " 030100" } },
	{ "unsupported filter", .parts = { .header = "01 0c00 " DICTIONARY_4K } },
	{ "unsupported filter", .parts = { .header = "01 808080808080808040 00 " DICTIONARY_4K } },
	{ "dictionary too large", .parts = { .header = "00 2101 29" } },
	{ "properties of the wrong size", .parts = { .header = "00 2100" } },
	{ "properties of the wrong size", .parts = { .header = "00 2102 0000" } },
	{ "properties of the wrong size", .parts = { .header = "01 0300 " DICTIONARY_4K } },
	{ "properties of the wrong size", .parts = { .header = "01 0401 00 " DICTIONARY_4K } },
	{ "start offset not aligned", .parts = { .header = "01 0504 02000000 " DICTIONARY_4K } },
	{ "start offset not aligned", .parts = { .header = "01 0604 08000000 " DICTIONARY_4K } },
	{ "start offset not aligned", .parts = { .header = "01 0804 01000000 " DICTIONARY_4K } },
	{ "start offset not aligned", .parts = { .header = "01 0b04 01000000 " DICTIONARY_4K } },

	{ "first chunk does not reset the dictionary", .parts = { .data = "02 0002 616263 00" } },
	{ "first chunk does not reset the dictionary",
		.parts = { .data = "c0 0000 0004 00 0000000000 00" } },
	{ "chunk without properties",
		.parts = { .data = "01 0000 61 a0 0000 0004 0000000000 00" } },
	{ "chunk without properties",
		.parts = { .data = "01 0000 61 80 0000 0004 0000000000 00" } },
	{ "unknown kind of chunk", .parts = { .data = "01 0000 61 03 0000 61 00" } },
	{ "unknown kind of chunk", .parts = { .data = "01 0000 61 7f 0000 61 00" } },
	{ "wrong LZMA properties", .parts = { .data = "e0 0000 0004 e1 0000000000 00" } },
	{ "wrong LZMA properties", .parts = { .data = "e0 0000 0004 0d 0000000000 00" } },
	{ "range coded data does not begin with 0",
		.parts = { .data = "e0 0000 0004 00 0100000000 00" } },
	{ "range coded data does not end with 0",
		.parts = { .data = "e0 0000 0005 00 000000000001 00" } },
	{ "compressed chunk too short", .parts = { .data = "e0 0000 0003 00 00000000 00" } },
	{ "compressed chunk too short", .parts = { .data = "e0 0fff 0004 00 0000000000 00" } },
	{ "compressed chunk too long",
		.parts = { .data = "e0 0000 0008 00 0000000000000000 00 00" } },
	{ "compressed chunk too long",
		.parts = { .data = "e0 0000 004f 00 "
				   "000000000000000000000000000000000000000000000000000000000000000"
				   "00000000000000000"
				   "000000000000000000000000000000000000000000000000000000000000000"
				   "00000000000000000 00" } },
	{ "distance beyond the dictionary",
		.parts = { .data = "e0 0000 0006 00 00fffffffeffff 00" } },
	{ "match beyond the end of its chunk",
		.parts = { .data = "01 0000 61 c0 0000 000f 00 "
				   "00fffffffeffffffffffffffffffffff 00" } },

	{ "wrong check of the content", .parts = { .flags = "0001", .check = "c2412436" } },
	{ "wrong check of the content", .parts = { .flags = "0004", .check = "2776271a4a09d82d" } },
	{ "wrong check of the content", .parts = { .flags = "000a",
						.check = "ba7816bf8f01cfea414140de5dae2223b00361a39"
							 "6177a9cb410ff61f20015ae" } },

	{ "index does not match the blocks", .parts = { .index = "00" } },
	{ "index does not match the blocks", .parts = { .index = "02 13 03 13 03" } },
	{ "index does not match the blocks", .parts = { .index = "01 14 03" } },
	{ "index does not match the blocks", .parts = { .index = "01 13 04" } },
	{ "malformed number", .parts = { .index = "8100 13 03" } },
	{ "padding is not zero",
		.parts = { .header = LONG_HEADER, .index = "01 8301 03 000001" } },
	{ "wrong CRC32 of header, index or footer", .flip = -13 },
	{ "wrong magic bytes of the footer", .parts = { .magic = "595B" } },
	{ "wrong CRC32 of header, index or footer", .flip = -12 },
	{ "backward size differs from the index", .parts = { .backward = "02000000" } },
	{ "backward size differs from the index", .parts = { .backward = "ffffffff" } },
	{ "footer differs from the stream header", .parts = { .footer_flags = "0001" } },
};

static void test_malformed_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		const struct malformed *m = &malformed[i];
		uint8_t out[ROOM];
		struct bytes b;
		struct mend mend;
		struct run run;
		const char *why;
		size_t size;

		build(&b, &m->parts, &mend);
		if (m->flip)
			b.at[m->flip > 0 ? (size_t)m->flip : b.size - (size_t)-m->flip] ^= 1;
		why = decode(&run, b.at, b.size, ROOM);
		free(run.out);
		if (!why || strcmp(why, m->why) != 0)
			print_error("line %zu: expected \"%s\", got \"%s\"\n", i, m->why,
				why ? why : "acceptance");
		assert_non_null(why);
		assert_string_equal(why, m->why);
		assert_false(reference(b.at, b.size, out, ROOM, &size));
	}
}

static void test_empty_file_is_refused(void **state)
{
	struct run run;

	(void)state;
	assert_string_equal(
		decode(&run, (const uint8_t *)"", 0, 0), "compressed data ends too early");
	free(run.out);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static size_t encode(
	struct bytes *b, lzma_filter *filters, lzma_check check, const void *text, size_t size)
{
	b->size = 0;
	assert_int_equal(lzma_stream_buffer_encode(
				 filters, check, NULL, text, size, b->at, &b->size, STREAM_MAX),
		LZMA_OK);
	return size;
}

/* The n-th of some small streams of different shape; false behind the last. */
static bool small_stream(unsigned n, struct bytes *b, struct mend *mend)
{
	static const char text[] =
		"abcabcabcabdabcabcabcabd the end \xE8\0\0\0\0\xE8\1\0\0\0xxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxx the end of the end, then abcabcabcabd, abcabcabcabd";
	static const lzma_check checks[] = { LZMA_CHECK_NONE, LZMA_CHECK_CRC32, LZMA_CHECK_CRC64,
		LZMA_CHECK_SHA256 };
	lzma_options_lzma options;
	lzma_options_delta delta = { .type = LZMA_DELTA_TYPE_BYTE, .dist = 2 };
	lzma_filter plain[] = { { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };
	lzma_filter filtered[] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_DELTA, &delta },
		{ LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };

	*mend = (struct mend){ 0 };
	lzma_lzma_preset(&options, 6);
	options.dict_size = 4096;
	if (n < 4) {
		encode(b, plain, checks[n], text, sizeof(text));
	} else if (n == 4) {
		encode(b, filtered, LZMA_CHECK_CRC32, text, sizeof(text));
	} else if (n == 5) {
		options.lc = 0;
		options.lp = 4;
		options.pb = 0;
		encode(b, plain, LZMA_CHECK_NONE, text, sizeof(text));
	} else if (n == 6) {
		build(b,
			&(struct parts){ .header = "c2 07 03 0400 030100 " DICTIONARY_4K,
				.behind = "00000000" },
			mend);
	} else if (n == 7) {
		build(b,
			&(struct parts){
				.data = "e0 0000 0005 5d 000000000000 01 0000 61 02 0000 62 00" },
			mend);
	} else if (n == 8) {
		build(b, &(struct parts){ .flags = "0003", .check = "01020304" }, mend);
	} else {
		return false;
	}
	return true;
}

static void test_truncation_is_refused(void **state)
{
	struct bytes b;
	struct mend mend;
	struct run run;

	(void)state;
	for (unsigned n = 0; small_stream(n, &b, &mend); n++) {
		size_t end = b.size - (n == 6 ? 4 : 0);         /* without stream padding */

		for (size_t size = 0; size < end; size++) {
			assert_non_null(decode(&run, b.at, size, ROOM));
			free(run.out);
		}
	}
}

static void expect_same_verdict(const struct bytes *b)
{
	uint8_t out[ROOM];
	size_t size;
	struct run run;
	bool good = reference(b->at, b->size, out, ROOM, &size);
	const char *why = decode(&run, b->at, b->size, ROOM);

	if (good != !why)
		print_error("liblzma %s, unxz %s\n", good ? "accepts" : "refuses",
			why ? why : "accepts");
	assert_true(good == !why);
	if (good) {
		assert_int_equal(run.size, size);
		assert_memory_equal(run.out, out, size);
	}
	free(run.out);
}

static void test_bit_flips_get_the_verdict_of_liblzma(void **state)
{
	struct bytes b;
	struct mend mend;

	(void)state;
	for (unsigned n = 0; small_stream(n, &b, &mend); n++) {
		for (size_t bit = 0; bit < 8 * b.size; bit++) {
			b.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
			expect_same_verdict(&b);
			b.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* The same where the CRC32s are put right after the change. */
static void test_mended_bit_flips_get_the_verdict_of_liblzma(void **state)
{
	struct bytes good, b;
	struct mend mend;

	(void)state;
	for (unsigned n = 0; small_stream(n, &good, &mend); n++) {
		for (size_t bit = 0; bit < 8 * good.size && mend.count; bit++) {
			b = good;
			b.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
			for (size_t i = 0; i < mend.count; i++)
				put_crc(&b, mend.from[i], mend.size[i], mend.crc[i]);
			expect_same_verdict(&b);
		}
	}
}

/* Bytes of the range coded data at random, so that decoding goes on in it for as long as it can. */
static void test_random_data_gets_the_verdict_of_liblzma(void **state)
{
	struct bytes good, b;
	struct mend mend;
	uint32_t random = 1;

	(void)state;
	for (unsigned n = 0; small_stream(n, &good, &mend); n++) {
		for (unsigned round = 0; round < 2000; round++) {
			b = good;
			for (unsigned i = 0; i < 1 + round % 3; i++) {
				random = random * 1664525 + 1013904223;
				b.at[24 + (random >> 8) % (b.size - 24)] = (uint8_t)(random >> 24);
			}
			expect_same_verdict(&b);
		}
	}
}

/* ---- RISC-V: the filter is newer than the xz program at hand --------------------------------- */

struct vector {
	const char *filtered, *plain;
	uint32_t start;
};

/* Made by an encoder of its own, written after the description in xz 5.6: the program at hand
 * does not know the filter. */
static const struct vector riscv[] = {
	/* jal ra, 0x12344 */
	{ "ef0091a2 00000000", "ef204134 00000000", 0 },
	/* jal ra, 0x12344 from 0x100 */
	{ "ef009222 00000000", "ef204134 00000000", 0x100 },
	/* jal t0, -2 from 0x1000 */
	{ "ef0207ff 00000000", "eff2ffff 00000000", 0x1000 },
	/* jal ra, -2 from 0: modulo 2 MiB */
	{ "eff0ffff 00000000", "eff0ffff 00000000", 0 },
	/* jal a0: left alone */
	{ "6f254134 00000000", "6f254134 00000000", 0 },
	/* jal ra in the last six bytes: left alone */
	{ "00000000 ef204134", "00000000 ef204134", 0x2 },
	/* auipc ra, 0x12345; jalr ra, 0x678(ra) */
	{ "17710e08 12345678", "97503412 e7808067", 0 },
	/* auipc ra, 0x12346; jalr ra, -8(ra) from 0x1000 */
	{ "17710e08 12346ff8", "97603412 e78080ff", 0x1000 },
	/* auipc a0, 0xfffff; ld a1, -1(a0) from 0xfffffff0 */
	{ "17315853 ffffefef", "17f5ffff 8335f5ff", 0xfffffff0 },
	/* what looks like the special form in the plain bytes is swapped for an unconverted pair */
	{ "97503412 83808067", "17310808 78563412", 0x1000 },
	/* auipc x0 (a landing pad): left alone */
	{ "17503412 e7008067", "17503412 e7008067", 0 },
	/* auipc x2 that is not in the special form */
	{ "17513412 e7008167", "17513412 e7008167", 0 },
	/* an auipc that is no pair: six bytes are passed over */
	{ "97503412 0000ef00 02033412 00000000", "97503412 0000ef00 00403412 00000000", 0 },
	/* two pairs and jumps in a row */
	{ "17312908 123657ff ef100404 0100ef02 00000000",
		"97503412 9382f07f ef001000 0100ef02 00000000", 0x20000 },
};

static void test_riscv_filter(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(riscv); i++) {
		struct bytes filtered = { 0 }, plain = { 0 };
		uint8_t start[4];
		struct filter filter;

		for (int k = 0; k < 4; k++)
			start[k] = (uint8_t)(riscv[i].start >> 8 * k);
		add_hex(&filtered, riscv[i].filtered);
		add_hex(&plain, riscv[i].plain);
		filter = filter_of(0x0B, span_of(start, sizeof(start)));
		filter_undo(filter, filtered.at, filtered.size);
		if (memcmp(filtered.at, plain.at, plain.size) != 0)
			print_error("vector %zu: %08x %08x\n", i, be32(filtered.at),
				be32(filtered.at + 4));
		assert_memory_equal(filtered.at, plain.at, plain.size);
	}
}

/* ---- the streams of the xz program ----------------------------------------------------------- */

static void check_xz_stream(const char *name, const uint8_t *bytes, size_t size, const uint8_t *plain,
			    size_t plain_size)
{
	struct run run;
	const char *why = decode(&run, bytes, size, plain_size);

	if (why || run.size != plain_size || memcmp(run.out, plain, plain_size) != 0)
		fail_msg("%s: %s", name, why ? why : "other bytes");
	free(run.out);
}

static void test_streams_of_the_xz_program(void **state)
{
	(void)state;
	each_stream(".xz", check_xz_stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_check),
		cmocka_unit_test(test_crc32),
		cmocka_unit_test(test_crc64),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_unknown_checks_are_skipped),
		cmocka_unit_test(test_sizes_in_the_block_header),
		cmocka_unit_test(test_largest_block_header),
		cmocka_unit_test(test_stream_padding_and_second_stream),
		cmocka_unit_test(test_uncompressed_chunks),
		cmocka_unit_test(test_dictionary_sizes),
		cmocka_unit_test(test_distance_is_limited_by_the_dictionary_size),
		cmocka_unit_test(test_exact_capacity_is_enough_and_less_is_not),
		cmocka_unit_test(test_malformed_streams),
		cmocka_unit_test(test_empty_file_is_refused),
		cmocka_unit_test(test_truncation_is_refused),
		cmocka_unit_test(test_bit_flips_get_the_verdict_of_liblzma),
		cmocka_unit_test(test_mended_bit_flips_get_the_verdict_of_liblzma),
		cmocka_unit_test(test_random_data_gets_the_verdict_of_liblzma),
		cmocka_unit_test(test_riscv_filter),
		cmocka_unit_test(test_streams_of_the_xz_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
