/* lzma2.c: the compressed data of an xz block -> memory.
 *
 * All of LZMA2: every lc, lp and pb, dictionary size, kind of chunk and of reset. The output is the
 * dictionary. A bit that is easily foretold costs a branch, any other is decoded without one: wrong
 * guesses cost more than all else. About 90 instructions a byte, 28 KB of probabilities.
 *
 * LZMA2 data is a list of chunks, each opened by a control byte; sizes are big endian, less one:
 *
 *   00              end of the data
 *   01, 02          size (2), that many bytes as they are; 01 resets the dictionary first
 *   80-FF           low 5 bits and size (2), compressed size (2), [properties], range coded data.
 *                   Bits 5-6 tell what is reset: 0 nothing, 1 state, 2 state and properties, 3
 *                   those and the dictionary
 */
#include "xz.h"

/* ---- LZMA: bits ------------------------------------------------------------------------------ */

enum {
	STATES = 12,
	LITERAL_STATES = 7,   /* states below this one follow a literal */
	POSITION_STATES = 16, /* 1 << pb at most */
	LITERAL_CODERS = 16,  /* 1 << (lc + lp) at most */
	LITERAL_SIZE = 0x300, /* 0x100 plain, 0x200 beside a match byte */
	SHORTEST_MATCH = 2,
	LENGTH_STATES = 4, /* lengths 2, 3, 4 and more have distance slots of their own */
	SLOT_BITS = 6,
	FIRST_MODELLED_SLOT = 4,  /* a slot below is the distance */
	FIRST_DIRECT_SLOT = 14,   /* slots from here on have direct bits, and align bits */
	MODELLED_DISTANCES = 128, /* 1 << FIRST_DIRECT_SLOT / 2 */
	ALIGN_BITS = 4,

	TOTAL_BITS = 11, /* of a probability */
	MOVE_BITS = 5,
	HALF = 1 << (TOTAL_BITS - 1),
	TOP = 1 << 24,    /* a smaller range gets another byte before it is used */
	RANGE_HEADER = 5, /* bytes that start the range decoder */

	/* No symbol has more than 22 modelled bits (2 that tell a match, 10 of length, 6 of slot,
	 * 4 of align) and 26 direct ones, and each reads one byte at most. */
	SYMBOL_INPUT = 22 + 26,
};

/* Probabilities of a 0, of 1 << TOTAL_BITS. Trees of n bits begin at 1 and have 1 << n. */
struct length_coder {
	uint16_t choice[2];
	uint16_t low_middle[2][POSITION_STATES][8];
	uint16_t high[256];
};

struct probabilities {
	uint16_t is_match[STATES][POSITION_STATES];
	uint16_t is_rep[STATES];
	uint16_t is_rep0[STATES];
	uint16_t is_rep0_long[STATES][POSITION_STATES];
	uint16_t is_rep1[STATES];
	uint16_t is_rep2[STATES];
	uint16_t slot[LENGTH_STATES][1 << SLOT_BITS];
	uint16_t distance[MODELLED_DISTANCES];
	uint16_t align[1 << ALIGN_BITS];
	struct length_coder match_length, rep_length;
	uint16_t literal[LITERAL_CODERS][LITERAL_SIZE];
};

/* The same for whoever resets them all. */
union model {
	struct probabilities p;
	uint16_t all[sizeof(struct probabilities) / sizeof(uint16_t)];
};
_Static_assert(sizeof(union model) == sizeof(struct probabilities), "nothing but probabilities");

/* The range decoder. */
struct range {
	uint32_t range, code; /* code < range, unless the data is damaged */
	const uint8_t *in;
};

struct lzma {
	struct range r;
	uint8_t *out;
	const uint8_t *capacity_end; /* nothing is written from here on */
	const uint8_t *dictionary;   /* its first byte: no match begins before it */
	uint32_t dictionary_size;
	uint32_t rep0, rep1, rep2, rep3; /* the last distances, less one */
	unsigned state;
	unsigned lc, lp_mask, pb_mask;
	struct probabilities *p;
	struct work *work;
};

/* Makes the range a byte longer when it is short. Branch-free, as it is hard to foretell which
 * bit does it. */
INLINE void normalise(struct range *r)
{
	uint32_t is_short = 0 - (uint32_t)(r->range < TOP);
	uint32_t shift = is_short & 8;

	r->code = r->code << shift | (*r->in & is_short);
	r->range <<= shift;
	r->in += is_short & 1;
}

/* A bit that is easily foretold, decoded by a branch. */
INLINE bool bit(struct range *r, uint16_t *probability)
{
	uint32_t p = *probability, bound;

	if (r->range < TOP) {
		r->range <<= 8;
		r->code = r->code << 8 | *r->in++;
	}
	bound = (r->range >> TOTAL_BITS) * p;
	if (r->code < bound) {
		r->range = bound;
		*probability = (uint16_t)(p + (((1u << TOTAL_BITS) - p) >> MOVE_BITS));
		return false;
	}
	r->range -= bound;
	r->code -= bound;
	*probability = (uint16_t)(p - (p >> MOVE_BITS));
	return true;
}

/* The same where one more copy of the code does not pay. */
HOT static bool seldom_bit(struct range *r, uint16_t *probability)
{
	return bit(r, probability);
}

/* A bit that is not, decoded without a branch: `zero` is a mask, all ones when the bit is 0. The
 * probability falls by p >> 5, or rises by (2048 - p) >> 5, which is to fall by (p - 2017) >> 5. */
INLINE uint32_t even_bit(struct range *r, uint16_t *probability)
{
	uint32_t p = *probability, bound, rest, zero;
	uint64_t above;

	normalise(r);
	bound = (r->range >> TOTAL_BITS) * p;
	rest = r->range - bound;
	above = (uint64_t)r->code - bound;
	zero = (uint32_t)(above >> 32);
	r->range = rest ^ (zero & (bound ^ rest));
	r->code = (uint32_t)above + (zero & bound);
	*probability = (uint16_t)(p - (uint32_t)((int32_t)(p - (zero & 2017)) >> MOVE_BITS));
	return 1 + zero;
}
_Static_assert((1 << TOTAL_BITS) - (1 << MOVE_BITS) + 1 == 2017, "so that it rounds alike");
_Static_assert(FIRST_DIRECT_SLOT / 2 == 7 && MODELLED_DISTANCES == 1 << 7, "a tree for each slot");

/* `count` bits, the highest first, each with a probability for what came before it. */
INLINE uint32_t tree(struct range *r, uint16_t *probabilities, unsigned count)
{
	uint32_t at = 1;

	for (unsigned i = 0; i < count; i++)
		at = at * 2 + even_bit(r, &probabilities[at]);
	return at - (1u << count);
}

/* The trees of matches, which are several: one copy of the code, in which the range decoder is in registers. */
HOT static uint32_t match_tree(struct range *saved, uint16_t *probabilities, unsigned count)
{
	struct range r = *saved;
	uint32_t value = tree(&r, probabilities, count);

	*saved = r;
	return value;
}

HOT static uint32_t reverse_tree(struct range *saved, uint16_t *probabilities, unsigned count)
{
	struct range own = *saved, *r = &own;
	uint32_t at = 1, value = 0;

	for (unsigned i = 0; i < count; i++) {
		uint32_t one = even_bit(r, &probabilities[at]);

		at = at * 2 + one;
		value |= one << i;
	}
	*saved = own;
	return value;
}

/* Bits without a model: 0 and 1 are equally likely. */
INLINE uint32_t direct_bits(struct range *saved, unsigned count)
{
	struct range own = *saved, *r = &own;
	uint32_t value = 0;

	while (count--) {
		uint32_t zero;

		normalise(r);
		r->range >>= 1;
		r->code -= r->range;
		zero = 0 - (r->code >> 31);
		r->code += r->range & zero;
		value = value * 2 + 1 + zero;
	}
	*saved = own;
	return value;
}

/* ---- LZMA: symbols --------------------------------------------------------------------------- */

/* Each bit of the match byte picks the tree for as long as the literal's bits equal it. */
INLINE uint8_t matched_literal(struct range *r, uint16_t *probabilities, uint32_t match)
{
	uint32_t at = 1, equal = 0x100;

	for (int i = 0; i < 8; i++) {
		uint32_t one, branch;

		match <<= 1;
		branch = match & equal;
		one = even_bit(r, &probabilities[equal + branch + at]);
		at = at * 2 + one;
		equal &= match ^ (one - 1);
	}
	return (uint8_t)at;
}

INLINE uint8_t literal(struct lzma *z, uint32_t position, uint8_t previous)
{
	static const uint8_t next[STATES] = { 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5 };
	uint32_t coder = ((position & z->lp_mask) << z->lc) + ((uint32_t)previous >> (8 - z->lc));
	uint16_t *probabilities = z->p->literal[coder];
	bool matched = z->state >= LITERAL_STATES;
	struct range r = z->r;
	uint8_t byte;

	z->state = next[z->state];
	if (matched)
		byte = matched_literal(&r, probabilities, *(z->out - z->rep0 - 1));
	else
		byte = (uint8_t)tree(&r, probabilities, 8);
	z->r = r;
	return byte;
}

INLINE uint32_t length(struct lzma *z, struct length_coder *coder, uint32_t position_state)
{
	uint32_t middle = 0;

	if (bit(&z->r, &coder->choice[0])) {
		if (seldom_bit(&z->r, &coder->choice[1]))
			return SHORTEST_MATCH + 16 + match_tree(&z->r, coder->high, 8);
		middle = 1;
	}
	return SHORTEST_MATCH + 8 * middle + match_tree(&z->r, coder->low_middle[middle][position_state], 3);
}

/* How far back a match begins, less one. */
INLINE uint32_t distance(struct lzma *z, uint32_t length)
{
	uint32_t longer = length - SHORTEST_MATCH;
	uint32_t state = longer < LENGTH_STATES ? longer : LENGTH_STATES - 1;
	uint32_t slot = match_tree(&z->r, z->p->slot[state], SLOT_BITS);
	uint32_t first, bits;

	if (slot < FIRST_MODELLED_SLOT)
		return slot;
	bits = slot / 2 - 1;
	first = (2 | (slot & 1)) << bits;
	if (slot < FIRST_DIRECT_SLOT)
		return first + reverse_tree(&z->r, &z->p->distance[first - slot], bits);
	first += direct_bits(&z->r, bits - ALIGN_BITS) << ALIGN_BITS;
	return first + reverse_tree(&z->r, z->p->align, ALIGN_BITS);
}

/* Makes the repeated distance rep0. True when the match is that one byte. */
INLINE bool repeat(struct lzma *z, uint32_t position_state)
{
	uint32_t chosen;

	if (!seldom_bit(&z->r, &z->p->is_rep0[z->state]))
		return !seldom_bit(&z->r, &z->p->is_rep0_long[z->state][position_state]);
	if (!seldom_bit(&z->r, &z->p->is_rep1[z->state])) {
		chosen = z->rep1;
	} else {
		if (!seldom_bit(&z->r, &z->p->is_rep2[z->state])) {
			chosen = z->rep2;
		} else {
			chosen = z->rep3;
			z->rep3 = z->rep2;
		}
		z->rep2 = z->rep1;
	}
	z->rep1 = z->rep0;
	z->rep0 = chosen;
	return false;
}

/* Leaves the distance in rep0 and returns the length. */
INLINE uint32_t match(struct lzma *z, uint32_t position_state)
{
	unsigned after = z->state < LITERAL_STATES ? 0 : 3;
	bool repeated = bit(&z->r, &z->p->is_rep[z->state]);
	struct length_coder *coder = &z->p->match_length;
	uint32_t size;

	if (repeated) {
		if (repeat(z, position_state)) {
			z->state = after ? 11 : 9;
			return 1;
		}
		z->state = after ? 11 : 8;
		coder = &z->p->rep_length;
	} else {
		z->state = 7 + after;
		z->rep3 = z->rep2;
		z->rep2 = z->rep1;
		z->rep1 = z->rep0;
	}
	size = length(z, coder, position_state);
	if (!repeated)
		z->rep0 = distance(z, size);
	return size;
}

/* Copies `size` bytes from `distance` before, by 16 at a time where there is room to write past
 * the end. */
INLINE void copy(uint8_t *out, size_t distance, size_t size, size_t room)
{
	const uint8_t *from = out - distance;
	uint8_t *end = out + size;

	if (distance >= 8 && room >= size + 16) {
		for (; out < end; out += 16, from += 16) {
			memcpy(out, from, 8);
			memcpy(out + 8, from + 8, 8);
		}
	} else {
		while (out < end)
			*out++ = *from++;
	}
}

/* Decodes symbols until the output reaches `out_end` or the input is past `in_end`; SYMBOL_INPUT
 * bytes more must be readable there. */
HOT static void symbols(struct lzma *saved, const uint8_t *in_end, const uint8_t *out_end)
{
	struct lzma z = *saved;
	uint8_t previous = z.out == z.dictionary ? 0 : z.out[-1];

	while (z.out < out_end && z.r.in <= in_end) {
		size_t position = (size_t)(z.out - z.dictionary);
		uint32_t position_state = (uint32_t)position & z.pb_mask;
		uint32_t size;

		if (!bit(&z.r, &z.p->is_match[z.state][position_state])) {
			previous = literal(&z, (uint32_t)position, previous);
			*z.out++ = previous;
			continue;
		}
		size = match(&z, position_state);
		if (z.rep0 >= position || z.rep0 >= z.dictionary_size)
			bad("distance beyond the dictionary");
		if (size > (size_t)(out_end - z.out))
			bad("match beyond the end of its chunk");
		copy(z.out, (size_t)z.rep0 + 1, size, (size_t)(z.capacity_end - z.out));
		z.out += size;
		previous = z.out[-1];
	}
	*saved = z;
}

/* ---- LZMA2 ----------------------------------------------------------------------------------- */

struct work {
	union model model;
	uint8_t tail[2 * SYMBOL_INPUT + 1]; /* a last normalise() looks at the byte behind */
};
_Static_assert(sizeof(struct work) <= LZMA2_WORK_SIZE, "the work area holds it");

/* The symbols of a chunk. The last of them are decoded from a copy with zeros behind it, so that
 * no symbol needs to look where the input ends; what was read too far shows afterwards. */
static void lzma_chunk(struct lzma *z, struct span in, size_t size)
{
	const uint8_t *out_end = z->out + size, *header = take(&in, RANGE_HEADER, "compressed chunk too short").p;
	uint8_t *tail = z->work->tail;
	size_t rest;

	if (*header != 0)
		bad("range coded data does not begin with 0");
	z->r.code = be32(header + 1);
	z->r.range = 0xFFFFFFFF;
	z->r.in = in.p;
	if (span_size(in) >= SYMBOL_INPUT)
		symbols(z, in.end - SYMBOL_INPUT, out_end);
	rest = (size_t)(in.end - z->r.in);
	if (rest > SYMBOL_INPUT)
		bad("compressed chunk too long");
	memset(tail, 0, sizeof(z->work->tail));
	memcpy(tail, z->r.in, rest);
	z->r.in = tail;
	symbols(z, tail + rest, out_end);
	normalise(&z->r);
	if (z->out < out_end || z->r.in > tail + rest)
		bad("compressed chunk too short");
	if (z->r.in < tail + rest)
		bad("compressed chunk too long");
	if (z->r.code != 0)
		bad("range coded data does not end with 0");
}

/* lc + 9 * (lp + 5 * pb) */
static void set_properties(struct lzma *z, uint8_t properties)
{
	unsigned lc = properties % 9, lp = properties / 9 % 5, pb = properties / 45;

	if (pb > 4 || lc + lp > 4)
		bad("wrong LZMA properties");
	z->lc = lc;
	z->lp_mask = (1u << lp) - 1;
	z->pb_mask = (1u << pb) - 1;
}

static void reset_state(struct lzma *z)
{
	union model *model = &z->work->model;

	z->state = 0;
	z->rep0 = z->rep1 = z->rep2 = z->rep3 = 0;
	for (size_t i = 0; i < COUNT_OF(model->all); i++)
		model->all[i] = HALF;
}

static size_t checked_size(const struct lzma *z, uint32_t size)
{
	if (size > (size_t)(z->capacity_end - z->out))
		bad("output too large");
	return size;
}

enum reset { RESET_NOTHING, RESET_STATE, RESET_PROPERTIES, RESET_DICTIONARY };

static void compressed_chunk(struct lzma *z, struct span *in, uint8_t control, enum reset reset)
{
	const uint8_t *sizes = take_data(in, 4).p;
	size_t size = checked_size(z, ((control & 0x1Fu) << 16) + be16(sizes) + 1);

	if (reset >= RESET_PROPERTIES)
		set_properties(z, *take_data(in, 1).p);
	if (reset >= RESET_STATE)
		reset_state(z);
	lzma_chunk(z, take_data(in, be16(sizes + 2) + 1u), size);
}

static void uncompressed_chunk(struct lzma *z, struct span *in)
{
	size_t size = checked_size(z, be16(take_data(in, 2).p) + 1u);

	memcpy(z->out, take_data(in, size).p, size);
	z->out += size;
}

static enum reset reset_of(uint8_t control)
{
	if (control & 0x80)
		return control >> 5 & 3;
	return control == 1 ? RESET_DICTIONARY : RESET_NOTHING;
}

/* `needed` is the least a chunk has to reset. Uncompressed chunks leave the state as it is. */
COLD uint8_t *lzma2(struct span *in, uint8_t *out, const uint8_t *end, uint32_t dictionary_size, void *work)
{
	struct lzma z = { .out = out, .capacity_end = end, .dictionary_size = dictionary_size };
	enum reset needed = RESET_DICTIONARY;
	uint8_t control;

	z.work = work;
	z.p = &z.work->model.p;
	while ((control = *take_data(in, 1).p) != 0) {
		enum reset reset = reset_of(control);

		if (needed == RESET_DICTIONARY && reset < needed)
			bad("first chunk does not reset the dictionary");
		if (reset == RESET_DICTIONARY) {
			z.dictionary = z.out;
			needed = RESET_PROPERTIES;
		}
		if (control & 0x80) {
			if (reset < needed)
				bad("chunk without properties");
			needed = RESET_NOTHING;
			compressed_chunk(&z, in, control, reset);
		} else if (control <= 2) {
			uncompressed_chunk(&z, in);
		} else {
			bad("unknown kind of chunk");
		}
	}
	return z.out;
}
