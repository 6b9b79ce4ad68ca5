/* Unit tests of zstd/: unzstd.c, sequences.c, literals.c, fse.c and xxh64.c.
 *
 * Input and output are malloc'ed to their exact sizes, so that AddressSanitizer sees one byte too
 * many. Verdicts are compared with libzstd's: `by_design` lists where they may differ, and why.
 * STREAMS names a directory of NAME.zst beside NAME, as made by make-unzstd-streams.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zstd.h>

#include "../../zstd/zstd.h"
#define DECODER unzstd
#define WORK_SIZE UNZSTD_WORK_SIZE
#include "decoding.h"

#define MAGIC "28b52ffd "
/* No content size, no checksum, a window of 2 MiB. Then 3 bytes begin each block: size << 3, type
 * << 1 (0 raw, 1 RLE, 2 compressed), 1 for the last one. */
#define FRAME MAGIC "00 58 "

enum { HEX_MAX = 1024, ROOM = 1 << 20 };

/* ---- good streams -------------------------------------------------------------------------- */

struct good {
	const char *what, *hex, *text;
};

static const struct good good[] = {
	{ "raw literals, no sequences", FRAME "2d00001861626300", "abc" },
	{ "no literals, no sequences: an empty block", FRAME "1500000000", "" },
	{ "RLE literals", FRAME "1d0000496100", "aaaaaaaaa" },
	{ "RLE literals, 12 bits",
	  FRAME "25000085026100",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "RLE literals, 20 bits",
	  FRAME "2d0000bd02006100",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "raw literals, 20 bits", FRAME "3d00003c000061626300", "abc" },
	{ "RLE tables", FRAME "55000018616263015403020006", "abcabc" },
	{ "RLE tables, two sequences, literals left",
	  FRAME "650000286162636465025402020115",
	  "abababcdcdcde" },
	{ "predefined tables", FRAME "4d0000186162630100026e08", "abcabc" },
	{ "repeated tables",
	  FRAME "540000186162630154030200063d00001878797a01fc06",
	  "abcabcxyzxyz" },
	{ "repeat offset 1 is 1 at first", FRAME "4500000861015401000001", "aaaa" },
	{ "repeat offset 2 is 4 at first", FRAME "5d00002061626364015404010002", "abcdabc" },
	{ "repeat offset 3 is 8 at first",
	  FRAME "7d0000406162636465666768015408010003",
	  "abcdefghabc" },
	{ "repeat offset 1 without literals is the second",
	  FRAME "200000616263643d000000015400000001",
	  "abcdabc" },
	{ "repeat offset 2 without literals is the third",
	  FRAME "40000061626364656667683d000000015400010002",
	  "abcdefghabc" },
	{ "repeat offset 3 without literals is the first less 1",
	  FRAME "540000186162630154030200063d000000015400010003",
	  "abcabcbcb" },
	{ "number of sequences in two bytes", FRAME "5d00001861626380015403020006", "abcabc" },
	{ "number of sequences 0 in two bytes", FRAME "350000186162638000", "abc" },
	{ "match 1 back",
	  FRAME "4500000861015401022008",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "match 2 back",
	  FRAME "4d000010616201540202200a",
	  "ababababababababababababababababababa" },
	{ "match 3 back",
	  FRAME "5500001861626301540302200c",
	  "abcabcabcabcabcabcabcabcabcabcabcabcab" },
	{ "match 4 back",
	  FRAME "5d0000206162636401540402200e",
	  "abcdabcdabcdabcdabcdabcdabcdabcdabcdabc" },
	{ "match 5 back",
	  FRAME "650000286162636465015405032010",
	  "abcdeabcdeabcdeabcdeabcdeabcdeabcdeabcde" },
	{ "match 6 back",
	  FRAME "6d000030616263646566015406032012",
	  "abcdefabcdefabcdefabcdefabcdefabcdefabcde" },
	{ "match 7 back",
	  FRAME "7500003861626364656667015407032014",
	  "abcdefgabcdefgabcdefgabcdefgabcdefgabcdefg" },
	{ "Huffman, direct weights, one stream",
	  FRAME "cd010072400de20000000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000210630c00",
	  "abcabca" },
	{ "Huffman, four streams",
	  FRAME "0d0200f6400fe20000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000002100100010001006347474500",
	  "abcabcaabcaabcc" },
	{ "Huffman, four streams, the last one empty",
	  FRAME "0d020066400fe20000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000002100100010001000c0b110100",
	  "abcabc" },
	{ "Huffman, treeless",
	  FRAME "c4010032000de20000000000000000000000000000000000000000000000000000000000000000"
	    "00000000000000000000000000000000021031002d0000434000a900",
	  "abcccba" },
	{ "Huffman, no literals",
	  FRAME "c5010002000de20000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000002100100",
	  "" },
	{ "Huffman, sizes of 14 bits",
	  FRAME "1502007a00f400e200000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000002100100010001000c0b110300",
	  "abcabca" },
	{ "Huffman, sizes of 18 bits",
	  FRAME "1d02007e00400f00e2000000000000000000000000000000000000000000000000000000000000"
	    "00000000000000000000000000000000000002100100010001000c0b110300",
	  "abcabca" },
	{ "Huffman, FSE weights", FRAME "65000072000205d16f656219630c00", "abcabca" },
	{ "FSE tables", FRAME "8d00001861626301a810f40710f207e003020002", "abcabc" },
	{ "content size of 1 byte, single segment", MAGIC "2003190000616263", "abc" },
	{ "content size of 2 bytes",
	  MAGIC "60000003080061",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaa" },
	{ "content size of 4 bytes", MAGIC "a003000000190000616263", "abc" },
	{ "content size of 8 bytes", MAGIC "e00300000000000000190000616263", "abc" },
	{ "content size and window", MAGIC "805803000000190000616263", "abc" },
	{ "dictionary ID 0 of 1 byte", MAGIC "015800190000616263", "abc" },
	{ "dictionary ID 0 of 2 bytes", MAGIC "02580000190000616263", "abc" },
	{ "dictionary ID 0 of 4 bytes", MAGIC "035800000000190000616263", "abc" },
	{ "the unused bit of the descriptor", MAGIC "1058190000616263", "abc" },
	{ "single segment of nothing", MAGIC "2000010000", "" },
	{ "no window at all, nothing", MAGIC "0000010000", "" },
	{ "smallest window", MAGIC "0000190000616263", "abc" },
	{ "largest window", MAGIC "0088190000616263", "abc" },
	{ "empty blocks", FRAME "00000002000078100000616200000009000063", "abc" },
	{ "RLE block", FRAME "3b000061", "aaaaaaa" },
	{ "two frames", FRAME "110000616228b52ffd005809000063", "abc" },
	{ "an empty frame between",
	  FRAME "110000616228b52ffd005801000028b52ffd005809000063",
	  "abc" },
	{ "skippable frames",
	  "502a4d180000000028b52ffd00581900006162635f2a4d1803000000787978",
	  "abc" },
	{ "checksum", MAGIC "0458190000616263990977ad", "abc" },
	{ "checksum of nothing", MAGIC "240001000099e9d851", "" },
};

static void test_good_streams(void **state)
{
	uint8_t bytes[HEX_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const size_t size = from_hex(bytes, good[i].hex), text_size = strlen(good[i].text);
		const char *why = decode_to(bytes, size, text_size, good[i].text, text_size);

		if (!why)
			why = decode_to(bytes, size, ROOM, good[i].text, text_size);
		if (why)
			fail_msg("%s: %s", good[i].what, why);
	}
}

static void test_all_skippable_magics(void **state)
{
	uint8_t bytes[HEX_MAX];

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		const size_t size =
			from_hex(bytes, "502a4d18 03000000 ffffff " FRAME "190000 616263");

		bytes[0] = (uint8_t)(bytes[0] + i);
		assert_null(decode_to(bytes, size, ROOM, "abc", 3));
		assert_null(decode_to(bytes, 11, ROOM, "", 0));
	}
}

static const char *decode_block(uint8_t *bytes, unsigned type, unsigned block_size, size_t in_size,
                                size_t text_size)
{
	static const uint8_t zeros[ROOM];

	for (int i = 0; i < 3; i++)
		bytes[from_hex(bytes, FRAME) + (size_t)i] =
			(uint8_t)((block_size << 3 | type << 1 | 1) >> 8 * i);
	return decode_to(bytes, in_size, ROOM, zeros, text_size);
}

/* A block of each type of the largest size, and of one byte more. The compressed one is a header of
 * 3 bytes, raw literals, and a 0 for no sequences. */
static void test_largest_blocks(void **state)
{
	enum { MAX = 128 * 1024, BEFORE = 9, LITERALS = MAX - 4 };
	uint8_t *const bytes = calloc(1, BEFORE + MAX + 1);

	(void)state;
	assert_non_null(bytes);
	assert_null(decode_block(bytes, 0, MAX, BEFORE + MAX, MAX));
	assert_null(decode_block(bytes, 1, MAX, BEFORE + 1, MAX));
	assert_string_equal(decode_block(bytes, 0, MAX + 1, BEFORE + MAX + 1, 0),
	                    "block too large");
	assert_string_equal(decode_block(bytes, 1, MAX + 1, BEFORE + 1, 0), "block too large");
	bytes[BEFORE] = (uint8_t)(LITERALS << 4 & 255) | 12;
	bytes[BEFORE + 1] = LITERALS >> 4 & 255;
	bytes[BEFORE + 2] = LITERALS >> 12;
	assert_null(decode_block(bytes, 2, MAX, BEFORE + MAX, LITERALS));
	assert_string_equal(decode_block(bytes, 2, MAX + 1, BEFORE + MAX + 1, 0),
	                    "block too large");
	free(bytes);
}

/* ---- bad streams --------------------------------------------------------------------------- */

struct malformed {
	const char *hex, *why;
};

static const struct malformed malformed[] = {
	/* nothing */
	{ "", "not a zstd frame" },
	{ "28b52f", "not a zstd frame" },
	/* an older format */
	{ "27b52ffd0058010000", "not a zstd frame" },
	/* bytes behind a frame */
	{ FRAME "19000061626300", "not a zstd frame" },
	{ FRAME "190000616263000000000000000000", "not a zstd frame" },
	{ "4f2a4d1800000000", "not a zstd frame" },
	{ "602a4d1800000000", "not a zstd frame" },
	{ "502a4d18000000", "compressed data ends too early" },
	{ "502a4d1801000000", "compressed data ends too early" },
	{ "502a4d18ffffffff00", "compressed data ends too early" },
	{ MAGIC "", "compressed data ends too early" },
	{ MAGIC "00", "compressed data ends too early" },
	{ MAGIC "0158", "compressed data ends too early" },
	{ MAGIC "e000000000000000", "compressed data ends too early" },
	/* in the descriptor */
	{ MAGIC "0858190000616263", "reserved bits are set" },
	{ MAGIC "015801190000616263", "needs a dictionary" },
	{ MAGIC "02580001190000616263", "needs a dictionary" },
	{ MAGIC "035800000001190000616263", "needs a dictionary" },
	{ MAGIC "0089190000616263", "window larger than 128 MiB" },
	{ MAGIC "00ff190000616263", "window larger than 128 MiB" },
	{ MAGIC "a001000008190000616263", "window larger than 128 MiB" },
	{ MAGIC "2004190000616263", "content size does not match" },
	{ MAGIC "805802000000190000616263", "content size does not match" },
	{ FRAME "", "compressed data ends too early" },
	{ FRAME "180000616263", "compressed data ends too early" },
	{ FRAME "1900006162", "compressed data ends too early" },
	{ FRAME "1b0000", "compressed data ends too early" },
	{ FRAME "1d000000", "compressed data ends too early" },
	{ FRAME "1f0000616263", "unknown block type" },
	/* raw, RLE, compressed */
	{ FRAME "090010", "block too large" },
	{ FRAME "0b001061", "block too large" },
	{ FRAME "0d0010", "block too large" },
	/* larger than the content */
	{ MAGIC "2002190000616263", "block too large" },
	{ MAGIC "00000b200061", "block too large" },
	/* literals */
	{ MAGIC "20085d00004861626364656667686900", "block too large" },
	/* a match */
	{ MAGIC "2010450000396101540302200d", "block too large" },
	/* literals */
	{ MAGIC "20101d0000a16100", "block too large" },
	/* literals behind the last match */
	{ MAGIC "200a7d0000406162636162636162015403020006", "block too large" },
	{ MAGIC "0458190000616263", "compressed data ends too early" },
	{ MAGIC "0458190000616263000000", "compressed data ends too early" },
	{ MAGIC "045819000061626300000000", "checksum does not match" },
	/* header */
	{ FRAME "050000", "compressed data ends too early" },
	{ FRAME "0d000004", "compressed data ends too early" },
	{ FRAME "2500000e000000", "compressed data ends too early" },
	/* raw, RLE */
	{ FRAME "1d0000186162", "compressed data ends too early" },
	{ FRAME "0d000019", "compressed data ends too early" },
	/* compressed */
	{ FRAME "3d0000324001e2000000", "compressed data ends too early" },
	{ FRAME "0d020056400fe20000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000002100100010001000101010100",
	  "too few literals for four streams" },
	/* jump table */
	{ FRAME "e5010076000ee20000000000000000000000000000000000000000000000000000000000000000"
	  "000000000000000000000000000000000210010001000100",
	  "compressed data ends too early" },
	/* stream 3 */
	{ FRAME "0d020076400fe20000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000002100100010003000101010100",
	  "compressed data ends too early" },
	{ FRAME "2d00003340003100", "no earlier Huffman tree" },
	/* of this frame */
	{ FRAME "c5010032000de20000000000000000000000000000000000000000000000000000000000000000"
	  "000000000000000000000000000000000210310028b52ffd00582d00003340003100",
	  "no earlier Huffman tree" },
	/* Huffman stream: empty, zero */
	{ FRAME "bd010032c00ce20000000000000000000000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000021000",
	  "bit stream without an end mark" },
	{ FRAME "c5010032000de20000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000002100000",
	  "bit stream without an end mark" },
	{ FRAME "05020076000fe20000000000000000000000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000021001000000010001010100",
	  "bit stream without an end mark" },
	/* too few, too many bits */
	{ FRAME "c5010032000de20000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000002100300",
	  "literals do not end with their stream" },
	{ FRAME "c5010012000de20000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000002100700",
	  "literals do not end with their stream" },
	{ FRAME "c5010002000de20000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000002100200",
	  "literals do not end with their stream" },
	{ FRAME "0d020076400fe20000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000002100100010001000f07070300",
	  "literals do not end with their stream" },
	{ FRAME "25000032000000", "compressed data ends too early" },
	{ FRAME "2d00003240008100", "compressed data ends too early" },
	{ FRAME "350000328000020000", "compressed data ends too early" },
	/* none */
	{ FRAME "3d000032c00081000100", "Huffman weights out of range" },
	/* 2048 */
	{ FRAME "3d000032c00081bb0100", "Huffman weights out of range" },
	{ FRAME "3d000032c00081c10100", "Huffman code too long" },
	/* a rest of 3 */
	{ FRAME "3d000032c00081310100", "Huffman weights do not add up" },
	/* 1 and the rest, 2 */
	{ FRAME "3d000032c00080200100", "Huffman weights do not add up" },
	{ FRAME "4500003200018222200100", "Huffman weights do not add up" },
	{ FRAME "4500003200010202010100", "FSE table too large" },
	{ FRAME "4d000032400103103f040100", "bit stream too short" },
	/* of weights */
	{ FRAME "45000032000102103f0100", "bit stream without an end mark" },
	{ FRAME "55000032800104f00300080100", "too many Huffman weights" },
	/* a weight of 12 */
	{ FRAME "7d000032c00209208410424444443e010100", "FSE table with too many symbols" },
	{ FRAME "3d000032c00001100100", "compressed data ends too early" },
	{ FRAME "4d0000324001032108820100", "compressed data ends too early" },
	/* number */
	{ FRAME "25000018616263", "compressed data ends too early" },
	{ FRAME "2d00001861626380", "compressed data ends too early" },
	{ FRAME "35000018616263ff00", "compressed data ends too early" },
	{ FRAME "350000186162630000", "bytes left over after the block" },
	{ FRAME "3d000018616263800000", "bytes left over after the block" },
	/* modes */
	{ FRAME "2d00001861626301", "compressed data ends too early" },
	/* tables */
	{ FRAME "3d000018616263015403", "compressed data ends too early" },
	{ FRAME "55000018616263015503020006", "reserved bits are set" },
	/* each of the three */
	{ FRAME "55000018616263015424020006", "unknown sequence code" },
	{ FRAME "55000018616263015403200006", "unknown sequence code" },
	{ FRAME "55000018616263015403023506", "unknown sequence code" },
	/* each of the three */
	{ FRAME "4d00001861626301d4020006", "no earlier sequences table" },
	{ FRAME "4d0000186162630174030006", "no earlier sequences table" },
	{ FRAME "4d000018616263015c030206", "no earlier sequences table" },
	/* of this frame */
	{ FRAME "5500001861626301540302000628b52ffd00583d00001861626301fc06",
	  "no earlier sequences table" },
	/* each of the three: 10, 9, 10 */
	{ FRAME "55000018616263019405020006", "FSE table too large" },
	{ FRAME "55000018616263016403040006", "FSE table too large" },
	{ FRAME "55000018616263015803020506", "FSE table too large" },
	{ FRAME "1501001861626301942108822008218410420821841042082184104208218410e203020006",
	  "FSE table with too many symbols" },
	/* zeros */
	{ FRAME "850000186162630194e0f7ffffffff3b020006", "FSE table with too many symbols" },
	{ FRAME "350000186162630194", "compressed data ends too early" },
	{ FRAME "4d0000186162630194210882", "compressed data ends too early" },
	/* empty, zero */
	{ FRAME "4d0000186162630154030200", "bit stream without an end mark" },
	{ FRAME "55000018616263015403020000", "bit stream without an end mark" },
	/* first states */
	{ FRAME "3d000018616263010001", "bit stream too short" },
	/* extra bits */
	{ FRAME "55000018616263015403020003", "bit stream too short" },
	/* next states */
	{ FRAME "4d000018616263020004dc10", "bit stream too short" },
	{ FRAME "5500001861626301540302000c", "bits left over after the sequences" },
	{ FRAME "5d0000186162630154030200000c", "bits left over after the sequences" },
	{ FRAME "55000018616263015404020006", "more literals used than there are" },
	/* 4 back of 3 */
	{ FRAME "55000018616263015403020007", "offset beyond the window" },
	/* 4, the second repeat offset */
	{ FRAME "55000018616263015400000001", "offset beyond the window" },
	/* into the frame before */
	{ FRAME "410000616263646566676828b52ffd005855000018616263015403020007",
	  "offset beyond the window" },
	/* 1025 back, window 1024 */
	{ MAGIC "000002200061022000625d0000186162630154000a000404", "offset beyond the window" },
	/* the farthest */
	{ FRAME "6d0000186162630154031f00ffffffff", "offset beyond the window" },
	{ FRAME "44000008610154010000013d000000015400010003", "offset 0" },
};

static void test_malformed_streams(void **state)
{
	uint8_t bytes[HEX_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		const size_t size = from_hex(bytes, malformed[i].hex);
		const char *why = decode_to(bytes, size, ROOM, NULL, 0);

		if (!why)
			fail_msg("%s: decoded", malformed[i].hex);
		if (strcmp(why, malformed[i].why) != 0)
			fail_msg("%s: %s, not %s", malformed[i].hex, why, malformed[i].why);
	}
}

/* ---- the verdict of libzstd ---------------------------------------------------------------- */

static const struct design {
	const char *why, *explanation;
} by_design[] = {
	/* libzstd accepts, we refuse */
	{ "not a zstd frame", "no input at all is no frame; so says the zstd program. libzstd also "
	                      "knows formats before the RFC" },
	{ "window larger than 128 MiB", "the zstd program's limit; one call of libzstd has none" },
	{ "block too large", "in one call libzstd does not look; the zstd program does" },
	{ "offset beyond the window", "libzstd only looks whether there is such a byte" },
	{ "offset 0", "libzstd before 1.5.6 takes it for 1; the format says corrupt" },
	{ "bit stream too short", "libzstd does not see it of weights, before 1.5.6 nor of sequences" },
	{ "bits left over after the sequences", "libzstd before 1.5.6 moves the states once more" },
	{ "bytes left over after the block", "libzstd before 1.5.6 looks if the count is 1 byte" },
	{ "literals do not end with their stream", "libzstd's fast loop over four streams only "
	                                           "counts the literals" },
	{ "bit stream without an end mark", "nor does that loop miss the mark of a stream" },
	{ "reserved bits are set", "of the modes: libzstd before 1.5.6 does not look" },
	{ "Huffman code too long", "libzstd takes 12 bits, the format says 11" },
	{ "Huffman weights out of range", "libzstd takes 12 bits, the format says 11" },
};

/* libzstd refuses, we accept: */
static const char *const decoded_by_design[] = {
	"number of sequences 0 in two bytes", /* libzstd before 1.5.6: not as the format says */
};

static bool differs_by_design(const char *why)
{
	for (size_t i = 0; i < COUNT_OF(by_design); i++)
		if (strcmp(why, by_design[i].why) == 0)
			return true;
	return false;
}

/* Fails unless libzstd agrees on the bytes of the stream, or that it is malformed. */
static void compare_verdicts(const char *what, const void *bytes, size_t size)
{
	static uint8_t ours[ROOM], theirs[ROOM];
	const size_t their_size = ZSTD_decompress(theirs, ROOM, bytes, size);
	size_t our_size;
	const char *why = decode(bytes, size, ours, ROOM, &our_size);

	if (!why && ZSTD_isError(their_size))
		fail_msg("%s: libzstd refuses: %s", what, ZSTD_getErrorName(their_size));
	if (why && !ZSTD_isError(their_size) && !differs_by_design(why))
		fail_msg("%s: libzstd accepts, we do not: %s", what, why);
	if (!why) {
		assert_int_equal(our_size, their_size);
		assert_memory_equal(ours, theirs, our_size);
	}
}

static void test_verdicts_on_good_streams(void **state)
{
	uint8_t bytes[HEX_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (strcmp(good[i].what, decoded_by_design[0]) != 0)
			compare_verdicts(good[i].what, bytes, from_hex(bytes, good[i].hex));
}

static void test_verdicts_on_malformed_streams(void **state)
{
	uint8_t bytes[HEX_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++)
		compare_verdicts(malformed[i].hex, bytes, from_hex(bytes, malformed[i].hex));
}

/* Small streams of libzstd that between them have all that it writes. */
enum { SMALL_TEXT = 2000, SMALL_MAX = 4000, SMALL_STREAMS = 16 };

/* Text with matches near and far, and bytes of unlike frequency. */
static void small_text(uint8_t *text, size_t size, unsigned seed)
{
	static const char words[] = "the module needs a symbol another exports, 0000000000 ";

	for (size_t i = 0; i < size; i++) {
		seed = seed * 1103515245 + 12345;
		if (seed >> 16 & 7 && i > 40)
			text[i] = text[i - 1 - (seed >> 22 & 3) * 9];
		else
			text[i] = (uint8_t)words[(seed >> 19) % (sizeof words - 1)];
	}
}

static size_t small_stream(uint8_t *bytes, unsigned n)
{
	static const int levels[] = { 1, 3, 7, 12, 16, 19, 22, -5 };
	uint8_t text[SMALL_TEXT];
	const size_t text_size = n < 4 ? 40 + 20 * n : n < 12 ? 300 : SMALL_TEXT;
	ZSTD_CCtx *const context = ZSTD_createCCtx();
	size_t size;

	small_text(text, text_size, n);
	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, levels[n % COUNT_OF(levels)]);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, n % 5 == 0);
	ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, n % 3 == 0);
	size = ZSTD_compress2(context, bytes, SMALL_MAX, text, text_size);
	assert_false(ZSTD_isError(size));
	ZSTD_freeCCtx(context);
	return size;
}

static void truncate_everywhere(const char *what, const uint8_t *bytes, size_t size)
{
	for (size_t cut = 0; cut <= size; cut++)
		compare_verdicts(what, bytes, cut);
}

static void flip_everywhere(const char *what, uint8_t *bytes, size_t size)
{
	for (size_t bit = 0; bit < size * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		compare_verdicts(what, bytes, size);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_verdicts_on_damaged_hand_made_streams(void **state)
{
	uint8_t bytes[HEX_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const size_t size = from_hex(bytes, good[i].hex);

		if (strcmp(good[i].what, decoded_by_design[0]) == 0)
			continue;
		truncate_everywhere(good[i].what, bytes, size);
		flip_everywhere(good[i].what, bytes, size);
	}
}

static void test_verdicts_on_damaged_small_streams(void **state)
{
	uint8_t bytes[SMALL_MAX];

	(void)state;
	for (unsigned n = 0; n < SMALL_STREAMS; n++) {
		const size_t size = small_stream(bytes, n);

		truncate_everywhere("small stream", bytes, size);
		flip_everywhere("small stream", bytes, size);
	}
}

/* ---- the capacity -------------------------------------------------------------------------- */

/* Any capacity below the size is refused, and nothing written beyond it. */
static void test_output_too_large(void **state)
{
	uint8_t bytes[SMALL_MAX], text[SMALL_MAX];

	(void)state;
	for (unsigned n = 0; n < SMALL_STREAMS; n++) {
		const size_t size = small_stream(bytes, n);
		const size_t text_size = ZSTD_decompress(text, SMALL_MAX, bytes, size);

		for (size_t capacity = 0; capacity < text_size; capacity++)
			assert_string_equal(decode_to(bytes, size, capacity, NULL, 0),
			                    "output too large");
		for (size_t more = 0; more < 64; more++)
			assert_null(decode_to(bytes, size, text_size + more, text, text_size));
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const size_t size = from_hex(bytes, good[i].hex);

		for (size_t capacity = 0; capacity < strlen(good[i].text); capacity++)
			assert_string_equal(decode_to(bytes, size, capacity, NULL, 0),
			                    "output too large");
	}
}

/* ---- streams of real tools ----------------------------------------------------------------- */

static void test_streams_of_real_tools(void **state)
{
	(void)state;
	each_stream(".zst", check_real_stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_streams),
		cmocka_unit_test(test_all_skippable_magics),
		cmocka_unit_test(test_largest_blocks),
		cmocka_unit_test(test_malformed_streams),
		cmocka_unit_test(test_verdicts_on_good_streams),
		cmocka_unit_test(test_verdicts_on_malformed_streams),
		cmocka_unit_test(test_verdicts_on_damaged_hand_made_streams),
		cmocka_unit_test(test_verdicts_on_damaged_small_streams),
		cmocka_unit_test(test_output_too_large),
		cmocka_unit_test(test_streams_of_real_tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
