/* Unit tests of gunzip.c, inflate.c and base/crc.c.
 *
 * Input and output are malloc'ed to their exact sizes, so that AddressSanitizer sees one byte too
 * many. Each stream is decoded twice: bare, which decode_carefully does, and with bytes behind it
 * and room for the output, which lets decode_fast do it. STREAMS names a directory of NAME.gz
 * beside NAME, as made by make-gunzip-streams.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../depmod.h"
#define DECODER gunzip
#define WORK_SIZE GUNZIP_WORK_SIZE
#include "decoding.h"

/* A header without flags. */
#define HEAD "1f8b08 00 00000000 00 03 "
#define ABC_STORED "01 0300 fcff 616263 c2412435 03000000 "
#define ABC_FIXED "4b4c4a0600 c2412435 03000000 "

enum { HEX_MAX = 1024, BEHIND = 64, ROOM = 1024 };

/* ---- good streams ---------------------------------------------------------------------------- */

struct good {
	const char *what, *hex, *text;
};

static const struct good good[] = {
	{ "stored block", HEAD ABC_STORED, "abc" },
	{ "empty stored block", HEAD "01 0000 ffff 00000000 00000000", "" },
	{ "stored block, then fixed", HEAD "00 0100 feff 61 0300 43beb7e8 01000000", "a" },
	{ "fixed codes, empty", HEAD "0300 00000000 00000000", "" },
	{ "fixed codes of 8 bits", HEAD ABC_FIXED, "abc" },
	{ "dynamic codes, none for distances",
	  HEAD "05e0010900000000106cf5ff8408 d7198a07 02000000", "aa" },
	{ "only the end of block has a code",
	  HEAD "05e001090000000010fc7f2d 00000000 00000000", "" },
	{ "one distance code", HEAD "0de0010900000080206cf5ff89d202 45e598ad 04000000", "aaaa" },
	{ "literal codes of 1 to 15 bits",
	  HEAD "05e001a96ddbb66d5b6a4db9d4d6c75cfbdcf7c33f0004fa7fffdfffefff0f fbf42395 05000000",
	  "abmno" },
	{ "distance codes of 12 bits",
	  HEAD "0def01a96ddbb66d5b6a4dfe4de49c72a9ad8fb9f6b9ef471800000000000000fc3ff8ff20 "
	       "4381812b 46000000",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "FTEXT", "1f8b08 01 00000000 00 03 " ABC_FIXED, "abc" },
	{ "FHCRC", "1f8b08 02 00000000 00 03 a777 " ABC_FIXED, "abc" },
	{ "FEXTRA", "1f8b08 04 00000000 00 03 0300 58595a " ABC_FIXED, "abc" },
	{ "empty FEXTRA", "1f8b08 04 00000000 00 03 0000 " ABC_FIXED, "abc" },
	{ "FNAME", "1f8b08 08 00000000 00 03 6e616d6500 " ABC_FIXED, "abc" },
	{ "FCOMMENT", "1f8b08 10 00000000 00 03 00 " ABC_FIXED, "abc" },
	{ "all flags", "1f8b08 1f 00000000 00 03 0300 58595a 6e00 6300 69f1 " ABC_FIXED, "abc" },
	{ "any time, XFL and OS", "1f8b08 00 12345678 04 ff " ABC_FIXED, "abc" },
	{ "two members", HEAD ABC_FIXED HEAD ABC_STORED, "abcabc" },
	{ "an empty member between",
	  HEAD ABC_FIXED HEAD "0300 00000000 00000000" HEAD ABC_FIXED, "abcabc" },
	{ "zero padding", HEAD ABC_FIXED "00 00000000", "abc" },
	{ "garbage behind", HEAD ABC_FIXED "78797a", "abc" },
	{ "garbage that begins like a member", HEAD ABC_FIXED "1f8a08", "abc" },
};

static void test_good_streams(void **state)
{
	uint8_t bytes[HEX_MAX + BEHIND] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const size_t size = from_hex(bytes, good[i].hex), text_size = strlen(good[i].text);
		const char *why = decode_to(bytes, size, text_size, good[i].text, text_size);

		memset(bytes + size, 0, BEHIND);
		if (!why)
			why = decode_to(bytes, size + BEHIND, text_size + ROOM, good[i].text,
			                text_size);
		if (why)
			fail_msg("%s: %s", good[i].what, why);
	}
}

/* 258 bytes that repeat the 1 to 7 before. */
static void test_short_distances(void **state)
{
	static const char *const hex[] = {
		HEAD "4b1c0500 56fac234 03010000",
		HEAD "4b4c1a8500 c311573f 04010000",
		HEAD "4b4c4a1e4500 da6c0b11 05010000",
		HEAD "4b4c4a4e19c500 5dc86661 06010000",
		HEAD "4b4c4a4e491d2500 5ad78216 07010000",
		HEAD "4b4c4a4e494d1b2501 8cb03517 08010000",
		HEAD "4b4c4a4e494d4b1fa500 c16eac08 09010000",
	};
	uint8_t bytes[HEX_MAX + BEHIND] = { 0 }, text[300];

	(void)state;
	for (size_t distance = 1; distance <= COUNT_OF(hex); distance++) {
		const size_t size = from_hex(bytes, hex[distance - 1]), text_size = 258 + distance;

		for (size_t i = 0; i < text_size; i++)
			text[i] = (uint8_t)('a' + i % distance);
		memset(bytes + size, 0, BEHIND);
		assert_null(decode_to(bytes, size, text_size, text, text_size));
		assert_null(decode_to(bytes, size + BEHIND, text_size + ROOM, text, text_size));
	}
}

/* ---- bad streams ----------------------------------------------------------------------------- */

struct malformed {
	const char *hex, *why;
};

/* Whatever comes behind these. */
static const struct malformed malformed[] = {
	{ "1f8a08 00 00000000 00 03 ", "not gzip" },
	{ "50 4b0304 00000000 00 03 ", "not gzip" },
	{ "1f8b07 00 00000000 00 03 ", "unknown gzip method" },
	{ "1f8b08 20 00000000 00 03 ", "reserved gzip flags" },
	{ "1f8b08 80 00000000 00 03 ", "reserved gzip flags" },
	{ "1f8b08 02 00000000 00 03 a877 " ABC_FIXED, "wrong gzip header CRC" },
	{ HEAD ABC_FIXED "1f8b07 00 00000000 00 03 ", "unknown gzip method" },
	{ HEAD "4b4c4a0600 c2412436 03000000", "wrong CRC" },
	{ HEAD "4b4c4a0600 c2412435 03000001", "wrong length" },
	{ HEAD ABC_FIXED HEAD "4b4c4a0600 c2412435 06000000", "wrong length" },
	{ HEAD "07", "reserved block type" },
	{ HEAD "01 0300 fcfe 616263", "stored length does not match its complement" },
	/* fixed codes: length symbols 286, 287; distance symbols 30, 31 */
	{ HEAD "1b03", "invalid code" },
	{ HEAD "1b07", "invalid code" },
	{ HEAD "4b043e", "invalid code" },
	{ HEAD "4b047e", "invalid code" },
	/* the unused half of the only literal code, of the only distance code; no distance code */
	{ HEAD "05e001090000000010fc7fad", "invalid code" },
	{ HEAD "0de0010900000080206cf5ff89d203", "invalid code" },
	{ HEAD "0de0010900000080206cf5ff89c200", "invalid code" },
	/* distance 1 with no byte before it, 2 with one, and 1 into the member before */
	{ HEAD "030200", "distance too far back" },
	{ HEAD "4b044200", "distance too far back" },
	{ HEAD ABC_FIXED HEAD "030200", "distance too far back" },
	{ HEAD "f5e00109000000001000", "too many literal and length codes" },
	{ HEAD "05fe0109000000001000", "too many distance codes" },
	/* precode lengths 1, 1, 1; 2, 2, 2; a single 1; none */
	{ HEAD "05e00104000000401000", "more codes than their lengths allow" },
	{ HEAD "05e00108000000802000", "incomplete code" },
	{ HEAD "05e00104000000000000", "incomplete code" },
	{ HEAD "05e00100000000000000", "incomplete code" },
	{ HEAD "05e00308000000002000", "no code length to repeat" },
	{ HEAD "05e001090000000010fcff0f", "too many code lengths" },
	{ HEAD "05e001090000000010fc9f0d", "no code for the end of block" },
	/* literals' lengths 1, 1, 1, 1; 2, 2, 2; a single 2; then the same for distances, with
	 * 1, 1, 1 */
	{ HEAD "05e001090000000010e0ff6801", "more codes than their lengths allow" },
	{ HEAD "05e001090000008020d4ffd301", "incomplete code" },
	{ HEAD "05e001090000008020fc7f1d", "incomplete code" },
	{ HEAD "05e201090000000010f8bf1a00", "more codes than their lengths allow" },
	{ HEAD "05e201090000008020f87fb515", "incomplete code" },
	{ HEAD "05e201090000008020f87fb501", "incomplete code" },
};

/* Only if nothing comes behind. */
static const struct malformed cut_off[] = {
	{ "", "compressed data ends too early" },
	{ "1f8b", "compressed data ends too early" },
	{ "1f8b08 00 00000000 00", "compressed data ends too early" },
	{ "1f8b08 04 00000000 00 03 03", "compressed data ends too early" },
	{ "1f8b08 04 00000000 00 03 0300 5859", "compressed data ends too early" },
	{ "1f8b08 08 00000000 00 03", "compressed data ends too early" },
	{ "1f8b08 08 00000000 00 03 6e616d65", "compressed data ends too early" },
	{ "1f8b08 10 00000000 00 03 63", "compressed data ends too early" },
	{ "1f8b08 02 00000000 00 03 a7", "compressed data ends too early" },
	{ HEAD ABC_FIXED "1f", "compressed data ends too early" },
	{ HEAD ABC_FIXED "1f8b", "compressed data ends too early" },
	{ HEAD, "compressed data ends too early" },
	{ HEAD "01 0300 fc", "compressed data ends too early" },
	{ HEAD "01 0300 fcff 6162", "compressed data ends too early" },
	{ HEAD "4b4c4a", "compressed data ends too early" },
	{ HEAD "4b4c4a0600 c2412435 030000", "compressed data ends too early" },
	/* within a code of 15 bits */
	{ HEAD "05e001a96ddbb66d5b6a4db9d4d6c75cfbdcf7c33f0004fa7f",
	  "compressed data ends too early" },
};

static void expect_reason(const uint8_t *bytes, size_t size, const struct malformed *expected)
{
	const char *why = decode_to(bytes, size, ROOM, NULL, 0);

	if (!why)
		fail_msg("%s: decoded", expected->hex);
	if (strcmp(why, expected->why) != 0)
		fail_msg("%s: %s, not %s", expected->hex, why, expected->why);
}

static void test_malformed_streams(void **state)
{
	uint8_t bytes[HEX_MAX + BEHIND];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		const size_t size = from_hex(bytes, malformed[i].hex);

		expect_reason(bytes, size, &malformed[i]);
		memset(bytes + size, 0, BEHIND);
		expect_reason(bytes, size + BEHIND, &malformed[i]);
	}
	for (size_t i = 0; i < COUNT_OF(cut_off); i++)
		expect_reason(bytes, from_hex(bytes, cut_off[i].hex), &cut_off[i]);
}

/* Stored, literals, a match: any capacity below the size is refused, and nothing written beyond
 * it. */
static void test_output_too_large(void **state)
{
	static const struct {
		const char *hex;
		size_t size;
	} streams[] = {
		{ HEAD ABC_STORED, 3 },
		{ HEAD ABC_FIXED, 3 },
		{ HEAD "4b1c0500 56fac234 03010000", 259 },
		{ HEAD ABC_FIXED HEAD ABC_STORED, 6 },
	};
	uint8_t bytes[HEX_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(streams); i++) {
		const size_t size = from_hex(bytes, streams[i].hex);

		for (size_t capacity = 0; capacity < streams[i].size; capacity++)
			assert_string_equal(decode_to(bytes, size, capacity, NULL, 0),
			                    "output too large");
		assert_null(decode_to(bytes, size, streams[i].size, NULL, 0));
	}
}

/* All header fields and a dynamic block. */
static const char whole[] = "1f8b08 1f 00000000 00 03 0300 58595a 6e00 6300 69f1 "
                            "0de0010900000080206cf5ff89d202 45e598ad 04000000";

static void test_truncation_everywhere(void **state)
{
	uint8_t bytes[HEX_MAX];
	const size_t size = from_hex(bytes, whole);

	(void)state;
	for (size_t cut = 0; cut < size; cut++)
		assert_non_null(decode_to(bytes, cut, 4, NULL, 0));
	assert_null(decode_to(bytes, size, 4, "aaaa", 4));
}

/* Corrupted bytes may go unseen (a name, a time), but then the text is right. */
static void test_corruption_everywhere(void **state)
{
	uint8_t bytes[HEX_MAX + BEHIND] = { 0 };
	const size_t size = from_hex(bytes, whole);

	(void)state;
	for (size_t i = 0; i < size; i++)
		for (unsigned change = 1; change < 256; change++) {
			bytes[i] = (uint8_t)(bytes[i] ^ change);
			decode_to(bytes, size, 4, "aaaa", 4);
			decode_to(bytes, size + BEHIND, ROOM, "aaaa", 4);
			bytes[i] = (uint8_t)(bytes[i] ^ change);
		}
}

/* ---- streams of real tools ------------------------------------------------------------------- */

static void test_streams_of_real_tools(void **state)
{
	(void)state;
	each_stream(".gz", check_real_stream);
}

/* ---- CRC ------------------------------------------------------------------------------------- */

/* One bit at a time, as the specification has it. */
static uint32_t crc_by_bits(uint32_t crc, const uint8_t *bytes, size_t size)
{
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void check_crcs(const uint32_t *table)
{
	uint8_t bytes[400];

	assert_int_equal(crc32(table, 0, (const uint8_t *)"123456789", 9), 0xcbf43926);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)((i * i + 7 * i) >> 2);
	for (size_t begin = 0; begin < 17; begin++)
		for (size_t size = 0; size <= sizeof bytes - begin; size++) {
			uint8_t *const exact = copy_of(bytes, begin + size);

			assert_int_equal(crc32(table, 0x12345678, exact + begin, size),
			                 crc_by_bits(0x12345678, exact + begin, size));
			free(exact);
		}
}

static void test_crc(void **state)
{
	uint32_t table[CRC32_TABLE_SIZE];

	(void)state;
	crc32_make_table(table);
	check_crcs(table);
}

/* The table as machines make it that cannot multiply without carry. */
static void test_crc_without_folding(void **state)
{
	uint32_t table[CRC32_TABLE_SIZE];

	(void)state;
	crc32_make_table(table);
	for (size_t i = 256; i < 8 * 256; i++)
		table[i] = table[i - 256] >> 8 ^ table[table[i - 256] & 255];
	check_crcs(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_streams),
		cmocka_unit_test(test_short_distances),
		cmocka_unit_test(test_malformed_streams),
		cmocka_unit_test(test_output_too_large),
		cmocka_unit_test(test_truncation_everywhere),
		cmocka_unit_test(test_corruption_everywhere),
		cmocka_unit_test(test_streams_of_real_tools),
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_crc_without_folding),
	};

	return cmocka_run_group_tests_name("gunzip", tests, NULL, NULL);
}
