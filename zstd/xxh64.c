/* xxh64.c: the checksum of zstd frames (RFC 8878 section 3.1.1; the xxHash specification, XXH64,
 * seed 0).
 *
 * Four lanes each take 8 bytes of every 32-byte stripe; they do not depend on each other, so that a
 * processor runs their multiplications side by side. What is shorter than a stripe waits for the
 * end, where it is folded in by 8, 4 and 1 bytes. About 0.7 instructions a byte.
 */
#include "zstd.h"

static const uint64_t prime1 = 0x9E3779B185EBCA87;
static const uint64_t prime2 = 0xC2B2AE3D27D4EB4F;
static const uint64_t prime3 = 0x165667B19E3779F9;
static const uint64_t prime4 = 0x85EBCA77C2B2AE63;
static const uint64_t prime5 = 0x27D4EB2F165667C5;

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (-bits & 63);
}

static inline uint64_t mix(uint64_t lane, uint64_t input)
{
	return rotate(lane + input * prime2, 31) * prime1;
}

/* A lane, or eight bytes of the tail, into the hash. */
COLD static uint64_t fold(uint64_t h, uint64_t input, unsigned bits)
{
	return rotate(h ^ mix(0, input), bits) * prime1 + prime4;
}

COLD void xxh64_begin(struct xxh64 *hash)
{
	hash->lane[0] = prime1 + prime2;
	hash->lane[1] = prime2;
	hash->lane[2] = 0;
	hash->lane[3] = 0 - prime1;
}

HOT size_t xxh64_stripes(struct xxh64 *hash, const uint8_t *bytes, size_t size)
{
	uint64_t a = hash->lane[0], b = hash->lane[1], c = hash->lane[2], d = hash->lane[3];
	size_t stripes = size / 32;

	for (size_t i = 0; i < stripes; i++, bytes += 32) {
		a = mix(a, le64(bytes));
		b = mix(b, le64(bytes + 8));
		c = mix(c, le64(bytes + 16));
		d = mix(d, le64(bytes + 24));
	}
	*hash = (struct xxh64){ { a, b, c, d } };
	return stripes * 32;
}

COLD uint64_t xxh64_end(const struct xxh64 *hash, const uint8_t *tail, uint64_t total)
{
	static const uint8_t rotations[4] = { 1, 7, 12, 18 };
	uint64_t h = prime5;
	unsigned size = total % 32;

	if (total >= 32) {
		h = 0;
		for (int i = 0; i < 4; i++)
			h += rotate(hash->lane[i], rotations[i]);
		for (int i = 0; i < 4; i++)
			h = fold(h, hash->lane[i], 0);
	}
	h += total;
	for (; size >= 8; size -= 8, tail += 8)
		h = fold(h, le64(tail), 27);
	if (size >= 4) {
		h = rotate(h ^ le32(tail) * prime1, 23) * prime2 + prime3;
		size -= 4;
		tail += 4;
	}
	for (; size; size--, tail++)
		h = rotate(h ^ *tail * prime5, 11) * prime1;
	h = (h ^ h >> 33) * prime2;
	h = (h ^ h >> 29) * prime3;
	return h ^ h >> 32;
}
