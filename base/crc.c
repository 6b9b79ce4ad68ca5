/* crc.c: CRC-32 as gzip, xz and Ethernet use it (RFC 1952 section 8).
 *
 * Anywhere, eight bytes a step from eight tables ("slices"). Where an x86-64 has carry-less
 * multiplication, 64 bytes a step are folded; that is about six times as fast, and only the first
 * table is made then. A "remainder" below is a CRC without the complements at both ends.
 */
#include "base.h"

/* Bit-reversed: the lowest bit belongs to the highest power of x. */
static const uint32_t polynomial = 0xedb88320;

enum {
	SLICES = 8,
	MARK = 256, /* a 1 here tells a table made for folding; in others it is a remainder, 0 */
};

_Static_assert(CRC32_TABLE_SIZE >= SLICES * 256, "the tables must fit");

enum { LANES = 4, LANE_BYTES = 16, FOLD_MIN = LANES * LANE_BYTES };

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

/* Asking costs up to 10 microseconds in a virtual machine, so it is done once. */
static bool can_fold(void)
{
	static enum { UNKNOWN, NO, YES } answer;

	if (answer == UNKNOWN) {
		unsigned a, b, c, d;

		__cpuid(1, a, b, c, d);
		answer = (c & bit_PCLMUL) ? YES : NO;
	}
	return answer == YES;
}

/* Moves `lane` on by the distance of `factors` and adds the data found there. */
__attribute__((target("pclmul"))) static inline __m128i fold(__m128i lane, __m128i factors, __m128i data)
{
	const __m128i low = _mm_clmulepi64_si128(lane, factors, 0x00);
	const __m128i high = _mm_clmulepi64_si128(lane, factors, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), data);
}

/* Folds the whole lanes of *bytes, FOLD_MIN bytes at least, into one of the same remainder. The
 * factors are x^(distance + 32) and x^(distance - 32) modulo the polynomial, bit-reversed, where
 * the distance is in bits. */
__attribute__((target("pclmul"))) static void fold_all(uint8_t *result, uint32_t crc, struct span *bytes)
{
	const __m128i by_64_bytes = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
	const __m128i by_16_bytes = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
	const __m128i *data = (const __m128i *)(const void *)bytes->p;
	size_t left = span_size(*bytes) / LANE_BYTES - LANES;
	__m128i lane[LANES];

	for (int i = 0; i < LANES; i++)
		lane[i] = _mm_loadu_si128(data++);
	lane[0] = _mm_xor_si128(lane[0], _mm_cvtsi32_si128((int)crc));
	for (; left >= LANES; left -= LANES)
		for (int i = 0; i < LANES; i++)
			lane[i] = fold(lane[i], by_64_bytes, _mm_loadu_si128(data++));
	for (int i = 1; i < LANES; i++)
		lane[i] = fold(lane[i - 1], by_16_bytes, lane[i]);
	for (; left; left--)
		lane[LANES - 1] = fold(lane[LANES - 1], by_16_bytes, _mm_loadu_si128(data++));
	_mm_storeu_si128((__m128i *)(void *)result, lane[LANES - 1]);
	bytes->p = (const uint8_t *)data;
}
#else
static bool can_fold(void)
{
	return false;
}

static void fold_all(uint8_t *result, uint32_t crc, struct span *bytes)
{
	(void)result, (void)crc, (void)bytes;
}
#endif

/* table[256 * k + b] is the remainder of byte b followed by k zero bytes. That of a bit comes from
 * the bit above it, that of a byte is the sum of its bits. */
void crc32_make_table(uint32_t *table)
{
	table[0] = 0;
	for (uint32_t bit = 128, crc = 1; bit; bit >>= 1) {
		crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
		for (uint32_t b = 0; b < 256; b += 2 * bit)
			table[b + bit] = table[b] ^ crc;
	}
	table[MARK] = can_fold();
	if (table[MARK]) /* cppcheck-suppress knownConditionTrueFalse; true on some machines */
		return;
	for (unsigned i = 256; i < SLICES * 256; i++)
		table[i] = table[i - 256] >> 8 ^ table[table[i - 256] & 255];
}

static uint32_t by_bytes(const uint32_t *table, uint32_t crc, struct span bytes)
{
	while (bytes.p < bytes.end)
		crc = crc >> 8 ^ table[(crc ^ *bytes.p++) & 255];
	return crc;
}

static uint32_t by_slices(const uint32_t *table, uint32_t crc, struct span *bytes)
{
	for (; bytes->end - bytes->p >= SLICES; bytes->p += SLICES) {
		const uint32_t low = crc ^ le32(bytes->p), high = le32(bytes->p + 4);

		crc = table[7 * 256 + (low & 255)] ^ table[6 * 256 + (low >> 8 & 255)] ^
		      table[5 * 256 + (low >> 16 & 255)] ^ table[4 * 256 + (low >> 24)] ^
		      table[3 * 256 + (high & 255)] ^ table[2 * 256 + (high >> 8 & 255)] ^
		      table[256 + (high >> 16 & 255)] ^ table[high >> 24];
	}
	return crc;
}

uint32_t crc32(const uint32_t *table, uint32_t crc, const uint8_t *bytes, size_t size)
{
	struct span left = span_of(bytes, size);
	uint8_t lane[LANE_BYTES];

	crc = ~crc;
	if (!table[MARK]) {
		crc = by_slices(table, crc, &left);
	} else if (size >= FOLD_MIN) {
		fold_all(lane, crc, &left);
		crc = by_bytes(table, 0, span_of(lane, sizeof lane));
	}
	return ~by_bytes(table, crc, left);
}
