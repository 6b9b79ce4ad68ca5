/* checks.c: the integrity checks of xz beside CRC32: CRC64 (ECMA-182) and SHA-256 (FIPS 180-4).
 *
 * CRC64 takes four bytes a step from 8 KB of tables. SHA-256 is rare in modules: it is small.
 */
#include "xz.h"

enum { SLICES = 4 };
_Static_assert(CRC64_TABLE_SIZE == SLICES * 256, "a table of 256 for each byte of a step");

/* table[256 * n + b]: what a byte b does to the CRC when n zero bytes follow it. */
void crc64_make_table(uint64_t *table)
{
	const uint64_t polynomial = 0xC96C5795D7870F42;

	for (unsigned i = 0; i < CRC64_TABLE_SIZE; i++) {
		uint64_t crc = i < 256 ? i : table[i - 256];

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (polynomial & (0 - (crc & 1)));
		table[i] = crc;
	}
}

uint64_t crc64(const uint64_t *table, struct span bytes)
{
	const uint8_t *p = bytes.p;
	uint64_t crc = ~(uint64_t)0;

	for (; bytes.end - p >= SLICES; p += SLICES) {
		uint32_t word = (uint32_t)crc ^ le32(p);

		crc = crc >> 32 ^ table[768 + (word & 255)] ^ table[512 + (word >> 8 & 255)] ^
		      table[256 + (word >> 16 & 255)] ^ table[word >> 24];
	}
	while (p < bytes.end)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 255];
	return ~crc;
}

enum { SHA256_BLOCK = 64, SHA256_LENGTH = 8, SHA256_ROUNDS = 64 };

static uint32_t rotate(uint32_t x, unsigned bits)
{
	return x >> bits | x << (32 - bits);
}

/* Section 4.2.2. */
static const uint32_t k[SHA256_ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Section 6.2.2. a-h of the text are v[0]-v[7], moved on by one place each round. */
static void sha256_block(uint32_t *state, const uint8_t *block)
{
	uint32_t w[SHA256_ROUNDS], v[8];

	for (size_t i = 0; i < 16; i++)
		w[i] = be32(block + 4 * i);
	for (int i = 16; i < SHA256_ROUNDS; i++)
		w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < SHA256_ROUNDS; i++) {
		uint32_t sum1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
		uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t t1 = v[7] + sum1 + choice + k[i] + w[i];
		uint32_t sum0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
		uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + sum0 + majority;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

/* Section 5.1.1: a bit 1, zeros, and the length in bits (8 bytes) fill the last block, or two. */
void sha256(uint8_t *digest, struct span bytes)
{
	uint32_t state[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};
	uint8_t last[2 * SHA256_BLOCK] = { 0 };
	const uint64_t bits = (uint64_t)span_size(bytes) * 8;
	size_t rest, padded;

	for (; span_size(bytes) >= SHA256_BLOCK; bytes.p += SHA256_BLOCK)
		sha256_block(state, bytes.p);
	rest = span_size(bytes);
	padded = rest + 1 + SHA256_LENGTH <= SHA256_BLOCK ? SHA256_BLOCK : 2 * SHA256_BLOCK;
	memcpy(last, bytes.p, rest);
	last[rest] = 0x80;
	put_be32(last + padded - 8, (uint32_t)(bits >> 32));
	put_be32(last + padded - 4, (uint32_t)bits);
	for (size_t i = 0; i < padded; i += SHA256_BLOCK)
		sha256_block(state, last + i);
	for (size_t i = 0; i < SHA256_SIZE / 4; i++)
		put_be32(digest + 4 * i, state[i]);
}
