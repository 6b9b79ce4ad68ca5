/* zstd.h: the decoder of zstd files. Damaged ones end in bad(). */
#ifndef ZSTD_H
#define ZSTD_H

#include "../base/base.h"

/* ---- unzstd.c: zstd -------------------------------------------------------------------------- */

enum { UNZSTD_WORK_SIZE = 148 * 1024 };

/* A decoder (see base.h) of RFC 8878 frames, one after another; skippable ones are skipped, content size and checksum
 * verified. A frame that needs a dictionary or a window over 128 MiB is bad. */
size_t unzstd(struct span in, uint8_t *out, size_t capacity, void *work);

/* ---- literals.c: the literals of a zstd block ------------------------------------------------ */

enum {
	ZSTD_BLOCK_MAX = 128 * 1024,
	LITERALS_SLACK = 32, /* bytes that may be read, not used, behind the last literal */
	HUFFMAN_BITS_MAX = 11,
};

/* Holds from block to block of a frame: the Huffman table, which later blocks may use again. */
struct literals {
	struct span in; /* the whole input, room to read on both sides of a block */
	bool has_table;
	uint16_t table[1 << HUFFMAN_BITS_MAX];
	uint8_t buffer[ZSTD_BLOCK_MAX + LITERALS_SLACK];
};

/* Cuts the literals section off the block and decodes it. The literals stand in the input or in
 * `buffer`. */
struct span literals_read(struct literals *literals, struct span *block, size_t block_max);

/* ---- sequences.c: the sequences of a zstd block ---------------------------------------------- */

enum { FSE_LOG_MAX = 9, FSE_SYMBOLS_MAX = 53 };

/* What fse.c builds. A symbol is a code for the numbers base to base + (1 << extra_bits) - 1. The
 * next cell is number `next` plus `state_bits` bits of the stream. */
struct fse_cell {
	uint32_t base;
	uint16_t next;
	uint8_t extra_bits, state_bits;
};

struct fse_table {
	unsigned log;
	struct fse_cell cell[1 << FSE_LOG_MAX];
};

enum { SEQUENCE_TABLES = 3, REPEAT_OFFSETS = 3 };

/* What a block adds to. The frame's output stands at start to next - 1; it may grow up to `end`. */
struct frame_output {
	uint8_t *start, *next, *end;
	uint64_t window;  /* how far back a match may begin */
	size_t block_max; /* how much a block may add */
};

/* Holds from block to block of a frame: tables and offsets that later blocks may use again. */
struct sequences {
	bool has_tables;
	uint32_t repeat[REPEAT_OFFSETS]; /* the latest first */
	struct fse_table table[SEQUENCE_TABLES];
};

/* Before the first block of a frame. */
void sequences_begin(struct sequences *sequences);

/* Decodes a sequences section; with it and the literals, appends the block to the output. */
void sequences_run(struct sequences *sequences, struct frame_output *out, struct span section, struct span literals);

/* bad() unless `size` bytes at `to` fit the block that begins at out->next, and the capacity. */
void check_room(const struct frame_output *out, const uint8_t *to, size_t size);

/* ---- fse.c: finite state entropy, the coding of zstd's sequences and Huffman weights --------- */

/* What symbols stand for: symbol 0 has the base `first`, each other one the number after its
 * predecessor's last. A table of them has at most 1 << log_max cells. */
struct fse_codes {
	uint8_t first, count, log_max;
	uint8_t extra_bits[FSE_SYMBOLS_MAX];
};

/* Cuts a table description off s: fills in the probabilities, all 0 so far, and returns the table's log. */
unsigned fse_read(struct span *s, const struct fse_codes *codes, int16_t *probability);

/* Builds a table from probabilities that sum up to 1 << log, -1 standing for a single cell. */
void fse_build(struct fse_table *table, unsigned log, const int16_t *probability, const struct fse_codes *codes);

/* A stream of bits that is read from its end: `left` bits of those that begin at `start` are to be
 * read. Reading too much is not an error at once; it leaves `left` negative. */
struct bits {
	const uint8_t *start;
	ptrdiff_t left;
};

/* Its last 1 bit is a mark and none of the stream. bad() when there is no such bit in the last
 * byte. */
struct bits bits_from_end(struct span s);

/* Cuts an integer of so many bytes, 8 at most, off s. */
uint64_t read_field(struct span *s, unsigned bytes);

enum { BITS_PEEKED = 57 };

/* The next BITS_PEEKED bits or more, in the high bits. `left` must not be negative. The 8 bytes
 * before `start` are read too; every stream has as many before it, because the magic and the
 * headers of frame and block have 9. */
static inline uint64_t bits_peek(struct bits b);

/* The highest `count` bits of what bits_peek() gave, 0 to 31 of them; the next ones move up. */
static inline uint32_t bits_next(uint64_t *window, unsigned count);

/* The number of the highest 1 bit of x, which is not 0. */
static inline unsigned highest_bit(unsigned x)
{
	return (unsigned)__builtin_clz(x) ^ 31;
}

/* ---- xxh64.c: XXH64 with seed 0, the checksum of zstd frames --------------------------------- */

struct xxh64 {
	uint64_t lane[4];
};

void xxh64_begin(struct xxh64 *hash);

/* Takes the whole 32-byte stripes there are in `bytes`; returns how many bytes they are. */
size_t xxh64_stripes(struct xxh64 *hash, const uint8_t *bytes, size_t size);

/* The hash after all stripes and a `tail` of total % 32 bytes. */
uint64_t xxh64_end(const struct xxh64 *hash, const uint8_t *tail, uint64_t total);

static inline uint64_t bits_peek(struct bits b)
{
	return le64(b.start + ((b.left + 7) >> 3) - 8) << (-b.left & 7);
}

static inline uint32_t bits_next(uint64_t *window, unsigned count)
{
	*window = *window << count | *window >> (-count & 63);
	return (uint32_t)*window & ((UINT32_C(1) << count) - 1);
}

#endif
