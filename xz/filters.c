/* filters.c: undoes the filters an xz block may have had before LZMA2, in place.
 *
 * A BCJ filter (branch, call, jump; The .xz File Format section 5.3.2) made the relative targets of
 * one machine's branches absolute, so that calls of one function look alike; here the position is
 * subtracted again. `pc` is the position of the first byte: the filter's start offset property. All
 * arithmetic is modulo 2^32, on bytes, so any host undoes any machine's filter. An instruction cut
 * off by the end was left alone by the encoder. Cost: one pass over the content for each filter.
 */
#include "xz.h"

enum { DELTA = 3, X86, POWERPC, IA64, ARM, ARM_THUMB, SPARC, ARM64, RISCV, FILTERS };

static bool is_sign_byte(uint32_t byte)
{
	return byte == 0 || byte == 0xFF;
}

/* E8 (CALL) and E9 (JMP) with a 32-bit operand whose top byte is a sign extension. `before` has
 * bit n set when the byte n + 1 before this one is such an opcode left as it was: then its
 * operand overlaps this one. With two of them, or one whose operand could have been meant, the
 * encoder kept off; with one, it turned over the bits of a result that would have looked like an
 * operand at the earlier opcode. */
static bool x86_branch(uint8_t *p, uint32_t next_pc, unsigned before)
{
	unsigned back = before >= 4 ? 3 : before; /* bytes to the opcode before, 0 for none */
	unsigned shift = 24 - 8 * back;
	uint32_t target;

	if (!is_sign_byte(p[4]) || (before & (before - 1)))
		return false;
	if (back && is_sign_byte(*(p + 4 - back)))
		return false;
	target = le32(p + 1) - next_pc;
	if (back && is_sign_byte(target >> shift & 0xFF))
		target = (target ^ ((1u << (shift + 8)) - 1)) - next_pc;
	put_le32(p + 1, (target & 0x01FFFFFF) | (0 - (target & 0x01000000)));
	return true;
}

static void x86(uint8_t *p, size_t size, uint32_t pc)
{
	unsigned before = 0;

	for (size_t i = 0; i + 5 <= size; i++) {
		bool opcode = (p[i] & 0xFE) == 0xE8;

		if (opcode && x86_branch(p + i, pc + (uint32_t)i + 5, before)) {
			before = 0;
			i += 4;
		} else {
			before = (before << 1 | opcode) & 7;
		}
	}
}

/* bl: opcode 18 (6 bits), target in words (24), AA = 0, LK = 1; big endian. */
static uint32_t powerpc(uint32_t word, uint32_t pc)
{
	if ((word & 0xFC000003) == 0x48000001)
		word = 0x48000001 | ((word - pc) & 0x03FFFFFC);
	return word;
}

/* One 41-bit instruction: IP-relative branches (opcode 5 in bits 37-40, type 0 in bits 9-11) have the target, in
 * bundles, in bits 13-32 and its sign in bit 36. Bit 13 is bit `target_bit` of the bundle: 18, 59 or 100. */
static void ia64_slot(uint8_t *p, unsigned target_bit, uint32_t pc)
{
	uint8_t *bytes = p + target_bit / 8;
	unsigned shift = target_bit % 8;
	uint32_t word = le32(bytes), high = word >> shift, target;

	if ((high >> 24 & 15) != 5 || (le16(bytes - 1) >> (shift + 4) & 7) != 0)
		return;
	target = ((high & 0xFFFFF) | (high >> 3 & 0x100000)) - (pc >> 4);
	target = (target & 0xFFFFF) | (target & 0x100000) << 3;
	put_le32(bytes, (word & ~(0x8FFFFFu << shift)) | target << shift);
}

/* A bundle is 16 bytes: a template (5 bits), which says what kind of unit each slot is for, and
 * three slots. */
static void ia64(uint8_t *p, size_t size, uint32_t pc)
{
	static const uint8_t branch_slots[32] = {
		[16] = 4, 4, 6, 6, 0, 0, 7, 7, 4, 4, 0, 0, 4, 4,
	};

	for (; size >= 16; size -= 16, p += 16, pc += 16)
		for (unsigned slot = 0, slots = branch_slots[p[0] & 31]; slot < 3; slot++)
			if (slots >> slot & 1)
				ia64_slot(p, 18 + 41 * slot, pc);
}

/* BL, condition "always": target in words (24 bits) from 8 bytes on; little endian. */
static uint32_t arm(uint32_t word, uint32_t pc)
{
	if (word >> 24 == 0xEB)
		word = 0xEB000000 | ((word - ((pc + 8) >> 2)) & 0xFFFFFF);
	return word;
}

/* BL: two half-words, each with 11 bits of the target in half-words, from 4 bytes on. */
static void arm_thumb(uint8_t *p, size_t size, uint32_t pc)
{
	for (size_t i = 0; i + 4 <= size; i += 2) {
		uint32_t high = le16(p + i), low = le16(p + i + 2), target;

		if ((high & 0xF800) != 0xF000 || (low & 0xF800) != 0xF800)
			continue;
		target = ((high & 0x7FF) << 11 | (low & 0x7FF)) - ((pc + (uint32_t)i + 4) >> 1);
		put_le32(p + i, 0xF800F000 | (target & 0x7FF) << 16 | (target >> 11 & 0x7FF));
		i += 2;
	}
}

/* call, target in words (30 bits) within +-8 MiB of zero; big endian. */
static uint32_t sparc(uint32_t word, uint32_t pc)
{
	uint32_t top = word >> 22, target = word - (pc >> 2);

	if (top == 0x100 || top == 0x1FF)
		word = 0x40000000 | (target & 0x3FFFFF) | ((0 - (target >> 22 & 1)) & 0x3FC00000);
	return word;
}

/* BL: target in words (26 bits). ADRP: target in pages, its low 2 bits at 29, its high 19 at 5;
 * only where it is within 512 MiB, of which 18 bits are kept, the sign extended. */
static uint32_t arm64(uint32_t word, uint32_t pc)
{
	uint32_t page = (word >> 29 & 3) | (word >> 3 & 0x1FFFFC);

	if (word >> 26 == 0x25) {
		word = 0x94000000 | ((word - (pc >> 2)) & 0x03FFFFFF);
	} else if ((word & 0x9F000000) == 0x90000000 && !((page + 0x20000) & 0x1C0000)) {
		page -= pc >> 12;
		word = (word & 0x9000001F) | (page & 3) << 29 | (page & 0x3FFFC) << 3 |
		       ((0 - (page >> 17 & 1)) & 0xE00000);
	}
	return word;
}

/* The machines whose instructions are words. */
static void words(unsigned id, uint8_t *p, size_t size, uint32_t pc)
{
	const bool big_endian = id == POWERPC || id == SPARC;

	for (; size >= 4; size -= 4, p += 4, pc += 4) {
		uint32_t word = big_endian ? be32(p) : le32(p);

		if (id == POWERPC)
			word = powerpc(word, pc);
		else if (id == SPARC)
			word = sparc(word, pc);
		else if (id == ARM)
			word = arm(word, pc);
		else
			word = arm64(word, pc);
		put_le32(p, big_endian ? __builtin_bswap32(word) : word);
	}
}

/* JAL to x1 or x5: the encoder wrote the target's bits 20-1 in order, big endian, in place of
 * their scattering over the instruction. */
static void riscv_jal(uint8_t *p, uint32_t pc)
{
	uint32_t target = ((uint32_t)(p[1] & 0xF0) << 13 | (uint32_t)p[2] << 9 | (uint32_t)p[3] << 1) - pc;

	put_le32(p, (le32(p) & 0xFFF) | (target & 0xFF000) | (target >> 11 & 1) << 20 | (target >> 1 & 0x3FF) << 21 |
			    (target >> 20 & 1) << 31);
}

/* AUIPC and the instruction that uses its result (in I-type: 12 more bits of the target, at the
 * top). The encoder wrote such a pair as an AUIPC to x2 that holds the second instruction's
 * lower 20 bits, then the target, big endian; and what already looked so as a pair without
 * conversion. Returns the bytes dealt with. */
static size_t riscv_auipc(uint8_t *p, uint32_t pc)
{
	uint32_t first = le32(p), second = le32(p + 4), target, source;

	if (first >> 7 & 0x1D) { /* not to x0 or x2 */
		if ((second & 3) != 3 || (second >> 15 & 31) != (first >> 7 & 31))
			return 6;
		put_le32(p, 0x117 | second << 12);
		put_le32(p + 4, (first & 0xFFFFF000) + (second >> 20));
		return 8;
	}
	source = first >> 27; /* the second's register, the first's result */
	if ((first & 0x3F80) != 0x3100 || !(source & 0x1D))
		return 4;
	target = be32(p + 4) - pc;
	put_le32(p, 0x17 | source << 7 | ((target + 0x800) & 0xFFFFF000));
	put_le32(p + 4, first >> 12 | target << 20);
	return 8;
}

static void riscv(uint8_t *p, size_t size, uint32_t pc)
{
	for (size_t i = 0, step; i + 8 <= size; i += step) {
		step = 2;
		if (p[i] == 0xEF && !(p[i + 1] & 0x0D)) {
			riscv_jal(p + i, pc + (uint32_t)i);
			step = 4;
		} else if ((p[i] & 0x7F) == 0x17) {
			step = riscv_auipc(p + i, pc + (uint32_t)i);
		}
	}
}

static void delta(uint8_t *p, size_t size, uint32_t distance)
{
	for (size_t i = distance; i < size; i++)
		p[i] = (uint8_t)(p[i] + p[i - distance]);
}

COLD void filter_undo(struct filter filter, uint8_t *bytes, size_t size)
{
	switch (filter.id) {
	case DELTA: delta(bytes, size, filter.property); break;
	case X86: x86(bytes, size, filter.property); break;
	case IA64: ia64(bytes, size, filter.property); break;
	case ARM_THUMB: arm_thumb(bytes, size, filter.property); break;
	case RISCV: riscv(bytes, size, filter.property); break;
	default: words(filter.id, bytes, size, filter.property);
	}
}

struct filter filter_of(uint64_t id, struct span properties)
{
	/* Of the start offset; for delta, of nothing. */
	static const uint8_t alignment[FILTERS] = { 0, 0, 0, 1, 1, 4, 16, 4, 2, 4, 4, 2 };
	struct filter filter = { 0 };
	size_t size = span_size(properties);

	if (id < DELTA || id >= FILTERS)
		bad("unsupported filter");
	filter.id = (uint32_t)id;
	if (size != (id == DELTA ? 1 : 4) && (size != 0 || id == DELTA))
		bad("properties of the wrong size");
	if (id == DELTA)
		filter.property = *properties.p + 1u;
	else if (size > 0)
		filter.property = le32(properties.p);
	if (filter.property % alignment[id])
		bad("start offset not aligned");
	return filter;
}
