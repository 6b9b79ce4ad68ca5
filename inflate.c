/* inflate.c: deflate (RFC 1951), memory to memory in one call.
 *
 * Cost: about 1.2 times libdeflate's; 17 KB of work memory. The speed comes from one table lookup a
 * symbol, several symbols an 8-byte load of input, and matches copied 16 bytes at a time. Far from
 * the ends of input and output decode_fast runs unchecked; near them decode_carefully checks every
 * symbol.
 */
#include "depmod.h"

enum {
	MAX_CODE_BITS = 15,
	/* Literals, the end of block, lengths; and distances. Of each the last two are invalid. */
	LITLEN_SYMBOLS = 288,
	DISTANCE_SYMBOLS = 32,
	PRECODE_SYMBOLS = 19,
	REPEATS = 16, /* the first of the precode's symbols that is no length */
	LITERALS = 256,
	END_OF_BLOCK = 256,
	MAX_MATCH = 258,
	LONGEST_MATCH = 285,                 /* the symbol; it has no extra bits */
	NO_PREFIX = 1 << MAX_CODE_BITS,      /* of a code in a subtable */
	MAX_LENGTH_BITS = MAX_CODE_BITS + 5, /* with the extra bits */
	MAX_DISTANCE_BITS = MAX_CODE_BITS + 13,
};

/* A code is decoded by 1 << bits entries, indexed by the next `bits` bits of input. Longer codes go
 * on in subtables, which lie behind. An entry, from its lowest bit:
 *
 *    6 bits  size of the code and the extra bits, together
 *    2 bits  0
 *    6 bits  size of the code alone; of the subtable's index
 *    1 bit   SUBTABLE: the code goes on; the value tells where its subtable begins
 *    1 bit   SPECIAL: the end of block, whose value is 0; INVALID; a subtable
 *   15 bits  value: the literal; or what the extra bits add to for the length or distance
 *    1 bit   LITERAL
 *
 * In a subtable the sizes are without the bits of the main table's index.
 */
#define CODE_SIZE(bits) ((uint32_t)(bits)*0x101)
#define VALUE(base, extra_bits) ((uint32_t)(base) << 16 | (extra_bits))
#define SUBTABLE UINT32_C(0x4000)
#define SPECIAL UINT32_C(0x8000)
#define LITERAL UINT32_C(0x80000000)
#define INVALID (VALUE(1, 0) | SPECIAL)

/* A subtable indexed by k bits holds at least k + 1 codes, as it is just deep enough and the code
 * complete. So it takes at most 2^k / (k + 1) entries a code: 16/5 for the k <= 15 - 11 of literals
 * and lengths, 128/8 for the k <= 15 - 8 of distances. */
enum {
	LITLEN_BITS = 11,
	DISTANCE_BITS = 8,
	PRECODE_BITS = 7,
	LITLEN_ENTRIES = (1 << LITLEN_BITS) + LITLEN_SYMBOLS * 16 / 5,
	DISTANCE_ENTRIES = (1 << DISTANCE_BITS) + DISTANCE_SYMBOLS * 128 / 8,
};

_Static_assert(MAX_CODE_BITS - LITLEN_BITS == 4 && MAX_CODE_BITS - DISTANCE_BITS == 7, "see above");
_Static_assert(PRECODE_BITS <= DISTANCE_BITS, "the precode borrows the distance code's entries");

struct code {
	unsigned bits;
	uint32_t *entries;
};

/* The input as bits, lowest first. The next `count` bits are the low ones of `hold`; above them are
 * zeros or the bits that follow anyway. In decode_fast only the low 6 bits of `count` matter. */
struct bit_input {
	uint64_t hold;
	uint32_t count;
	struct span left;
};

struct inflate {
	struct bit_input in;
	uint8_t *begin; /* of the stream's output */
	uint8_t *out, *end;
	struct code litlen, distance;
	bool fixed; /* the codes are the fixed ones */

	uint32_t litlen_entries[LITLEN_ENTRIES];
	uint32_t distance_entries[DISTANCE_ENTRIES];
	uint8_t lengths[LITLEN_SYMBOLS + DISTANCE_SYMBOLS];
};

_Static_assert(sizeof(struct inflate) <= INFLATE_WORK_SIZE, "it lies in the caller's memory");

/* ---- bits ------------------------------------------------------------------------------------ */

/* Needs 8 bytes of input. Leaves 56 to 63 bits. */
static inline void refill_wide(struct bit_input *in)
{
	in->hold |= le64(in->left.p) << (in->count & 63);
	in->left.p += ~in->count >> 3 & 7;
	in->count |= 56;
}

/* Leaves at least 56 bits, or all there are with zeros above. */
static void refill(struct bit_input *in)
{
	if (in->left.end - in->left.p >= 8) {
		refill_wide(in);
		return;
	}
	for (; in->count < 56 && in->left.p < in->left.end; in->count += 8)
		in->hold |= (uint64_t)*in->left.p++ << in->count;
}

/* Consumes the bits of a table entry; there must be as many. */
static inline void skip(struct bit_input *in, uint32_t entry)
{
	in->hold >>= entry & 63;
	in->count -= entry;
}

static void skip_checked(struct bit_input *in, uint32_t bits)
{
	if (bits > in->count)
		bad(DATA_ENDS);
	in->hold >>= bits;
	in->count -= bits;
}

static uint32_t get(struct bit_input *in, unsigned bits)
{
	uint32_t value;

	refill(in);
	value = (uint32_t)in->hold & ((1U << bits) - 1);
	skip_checked(in, bits);
	return value;
}

/* Goes to the next byte boundary and gives the whole bytes in `hold` back. */
static void align(struct bit_input *in)
{
	in->left.p -= in->count / 8;
	in->count = 0;
	in->hold = 0;
}

/* ---- codes ----------------------------------------------------------------------------------- */

/* RFC 1951 section 3.2.5: the first symbols of an alphabet are literals, then perhaps comes the end of
 * block; the others stand for numbers. Those go up by 1 at first. After 2 << steps of them there is
 * one more extra bit for every 1 << steps. */
struct alphabet {
	uint16_t literals, numbers, end; /* where the numbers begin; and where invalid ones do */
	uint8_t first, steps;            /* the least number */
	uint8_t bits;                    /* of the main table's index, at most */
	bool may_be_incomplete;
};

static const struct alphabet litlen_alphabet = {
	LITERALS, END_OF_BLOCK + 1, LONGEST_MATCH + 1, 3, 2, LITLEN_BITS, true
};
static const struct alphabet distance_alphabet = { 0, 0, 30, 1, 1, DISTANCE_BITS, true };
static const struct alphabet precode_alphabet = { PRECODE_SYMBOLS, 0, 0, 0, 0, PRECODE_BITS, false };

static uint32_t value_of(const struct alphabet *alphabet, unsigned symbol)
{
	const unsigned steps = alphabet->steps;
	unsigned number = symbol - alphabet->numbers, extra_bits = 0;

	if (symbol < alphabet->literals)
		return VALUE(symbol, 0) | LITERAL;
	if (symbol < alphabet->numbers)
		return SPECIAL;
	if (symbol >= alphabet->end)
		return INVALID;
	if (symbol == LONGEST_MATCH)
		return VALUE(MAX_MATCH, 0);
	if (number >> steps > 1) {
		extra_bits = (number >> steps) - 1;
		number = (number - (extra_bits << steps)) << extra_bits;
	}
	return VALUE(alphabet->first + number, extra_bits);
}

/* How many codes each length has, and the symbols with a code in the order of their codes. */
struct order {
	uint16_t count[MAX_CODE_BITS + 1];
	unsigned longest;
	const uint16_t *symbols;
};

/* Returns whether every sequence of bits begins with a code. If not, there is no code or one, of
 * one bit (section 3.2.7 has that for distances; zlib takes it for literals and lengths too). */
static bool sort_symbols(struct order *order, uint16_t *symbols, const uint8_t *lengths, unsigned size,
			 bool may_be_incomplete)
{
	uint16_t at[MAX_CODE_BITS + 2];
	int unused = 1;

	memset(order, 0, sizeof *order);
	for (unsigned symbol = 0; symbol < size; symbol++)
		order->count[lengths[symbol]]++;
	order->symbols = symbols;
	at[1] = 0;
	for (unsigned length = 1; length <= MAX_CODE_BITS; length++) {
		at[length + 1] = (uint16_t)(at[length] + order->count[length]);
		if (order->count[length])
			order->longest = length;
		unused = unused * 2 - order->count[length];
		if (unused < 0)
			bad("more codes than their lengths allow");
	}
	if (unused && (!may_be_incomplete || order->longest > 1))
		bad("incomplete code");
	for (unsigned symbol = 0; symbol < size; symbol++)
		if (lengths[symbol])
			symbols[at[lengths[symbol]]++] = (uint16_t)symbol;
	return !unused;
}

/* The code of `length` bits after `code`. They come highest bit first, so are kept reversed. */
static inline unsigned next_code(unsigned code, unsigned length)
{
	unsigned bit = 1U << (length - 1);

	for (; code & bit; bit >>= 1)
		code ^= bit;
	return code | bit;
}

/* The bits that index a subtable whose first code has `length` bits: enough for its longest code,
 * which leaves no room. `count` is of the codes that have no entry yet. */
static unsigned subtable_bits(const uint16_t *count, unsigned main_bits, unsigned length)
{
	unsigned bits = length - main_bits;
	int room = (1 << bits) - count[length];

	for (; room > 0; room = room * 2 - count[main_bits + bits])
		bits++;
	return bits;
}

/* Makes the table of the canonical code that has these lengths (section 3.2.2). The main table
 * begins with one entry and doubles for every bit of length: shorter codes go on in both halves,
 * whatever that bit. In a subtable, a code stands once for each end the index may have. */
COLD static void make_code(struct code *code, const struct alphabet *alphabet, const uint8_t *lengths, unsigned size)
{
	uint16_t symbols[LITLEN_SYMBOLS] = { 0 };
	struct order order;
	unsigned word = 0, begin = 0, end = 1, prefix = NO_PREFIX;
	const bool complete = sort_symbols(&order, symbols, lengths, size, alphabet->may_be_incomplete);

	code->bits = order.longest < alphabet->bits ? order.longest : alphabet->bits;
	if (!complete) {
		code->bits = 1;
		code->entries[0] = code->entries[1] = INVALID + CODE_SIZE(1);
	}
	for (unsigned length = 1; length <= order.longest; length++) {
		const unsigned used = length > code->bits ? code->bits : 0, rest = length - used;

		if (!used) {
			if (word)
				memcpy(code->entries + end, code->entries, end * sizeof *code->entries);
			end *= 2;
		}
		for (; order.count[length]; order.count[length]--) {
			const uint32_t entry = value_of(alphabet, *order.symbols++) + CODE_SIZE(rest);

			if (used && (word & ((1U << used) - 1)) != prefix) {
				unsigned bits = subtable_bits(order.count, used, length);

				prefix = word & ((1U << used) - 1);
				begin = end;
				end += 1U << bits;
				code->entries[prefix] = SUBTABLE | SPECIAL | bits << 8 | VALUE(begin, used);
			}
			for (unsigned i = begin + (word >> used); i < end; i += 1U << rest)
				code->entries[i] = entry;
			word = next_code(word, length);
		}
	}
}

static inline uint32_t lookup(const struct code *code, const struct bit_input *in)
{
	return code->entries[in->hold & ((1U << code->bits) - 1)];
}

/* Goes on in the subtable where `entry` says so. */
static inline uint32_t lookup_further(const struct code *code, struct bit_input *in, uint32_t entry)
{
	if (entry & SUBTABLE) {
		const uint32_t begin = entry >> 16, index_bits = entry >> 8 & 15;

		skip(in, entry & 63);
		entry = code->entries[begin + ((uint32_t)in->hold & ((1U << index_bits) - 1))];
	}
	return entry;
}

/* The length or distance of an entry whose code and extra bits `hold` begins with. */
static inline uint32_t with_extra_bits(uint64_t hold, uint32_t entry)
{
	const uint32_t code_and_extra = (uint32_t)hold & ((1U << (entry & 63)) - 1);

	return (entry >> 16) + (code_and_extra >> (entry >> 8 & 63));
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static inline bool is_end_of_block(uint32_t entry)
{
	if (entry & SPECIAL && entry >> 16)
		bad("invalid code");
	return entry & SPECIAL;
}

static inline void check_distance(const struct inflate *s, const uint8_t *out, uint32_t entry, uint32_t distance)
{
	if (entry & SPECIAL)
		bad("invalid code");
	if (distance > (size_t)(out - s->begin))
		bad("distance too far back");
}

/* Copies a match to `out` from `distance` bytes before, and up to 15 more; returns its end. */
static inline uint8_t *copy_match(uint8_t *out, size_t distance, size_t length)
{
	uint8_t *const end = out + length;

	if (distance >= 16) {
		do {
			memcpy(out, out - distance, 16);
			out += 16;
		} while (out < end);
	} else if (distance >= 8) {
		do {
			memcpy(out, out - distance, 8);
			out += 8;
		} while (out < end);
	} else {
		copy_repeating(out, distance, end);
	}
	return end;
}

/* What one turn of decode_fast needs at most. Input: its first wide refill moves on by 7 bytes, its
 * second one reads 8 from there. Output: two literals, a match, and its copy's excess. */
enum {
	FAST_INPUT = 7 + 8,
	FAST_OUTPUT = 2 + MAX_MATCH + 15,
};

/* A refill suffices for two literals of the main table and a length, and for a distance. */
_Static_assert(2 * LITLEN_BITS + MAX_LENGTH_BITS <= 56 && MAX_DISTANCE_BITS <= 56, "see above");

/* Decodes while both ends are far away; returns whether the block ended. */
HOT static bool decode_fast(struct inflate *s)
{
	const struct code litlen = s->litlen, distances = s->distance;
	struct bit_input in = s->in;
	uint8_t *out = s->out;
	uint32_t entry;
	bool ended = false;

	if (in.left.end - in.left.p < FAST_INPUT || s->end - out < FAST_OUTPUT)
		return false;
	const uint8_t *const last_in = in.left.end - FAST_INPUT;
	uint8_t *const last_out = s->end - FAST_OUTPUT;

	refill_wide(&in);
	entry = lookup(&litlen, &in);
	while (in.left.p <= last_in && out <= last_out) {
		for (int i = 0; i < 2 && entry & LITERAL; i++) {
			*out++ = (uint8_t)(entry >> 16);
			skip(&in, entry);
			entry = lookup(&litlen, &in);
		}
		entry = lookup_further(&litlen, &in, entry);
		const uint32_t length = with_extra_bits(in.hold, entry);

		skip(&in, entry);
		if (entry & LITERAL) {
			*out++ = (uint8_t)length;
			refill_wide(&in);
			entry = lookup(&litlen, &in);
			continue;
		}
		ended = is_end_of_block(entry);
		if (ended)
			break;
		if ((in.count & 63) < MAX_DISTANCE_BITS)
			refill_wide(&in);
		entry = lookup_further(&distances, &in, lookup(&distances, &in));
		const uint32_t distance = with_extra_bits(in.hold, entry);

		check_distance(s, out, entry, distance);
		skip(&in, entry);
		refill_wide(&in);
		entry = lookup(&litlen, &in);
		out = copy_match(out, distance, length);
	}
	in.count &= 63;
	s->in = in;
	s->out = out;
	return ended;
}

/* The entry of the next symbol; what the symbol stands for is in *value. */
static uint32_t decode_symbol(const struct code *code, struct bit_input *in, uint32_t *value)
{
	uint32_t entry;

	refill(in);
	entry = lookup(code, in);
	if (entry & SUBTABLE) {
		if (in->count < code->bits)
			bad(DATA_ENDS);
		entry = lookup_further(code, in, entry);
	}
	*value = with_extra_bits(in->hold, entry & ~LITERAL);
	skip_checked(in, entry & 63);
	return entry;
}

/* Decodes the rest of a block. */
static void decode_carefully(struct inflate *s)
{
	uint32_t value, distance;

	for (;;) {
		uint32_t entry = decode_symbol(&s->litlen, &s->in, &value);

		if (entry & LITERAL) {
			if (s->out == s->end)
				bad("output too large");
			*s->out++ = (uint8_t)value;
			continue;
		}
		if (is_end_of_block(entry))
			return;
		entry = decode_symbol(&s->distance, &s->in, &distance);
		check_distance(s, s->out, entry, distance);
		if (value > (size_t)(s->end - s->out))
			bad("output too large");
		for (; value; value--, s->out++)
			*s->out = *(s->out - distance);
	}
}

/* Section 3.2.4: LEN, its complement, LEN bytes; all from the next byte boundary. */
static void stored_block(struct inflate *s)
{
	const uint8_t *head;
	unsigned size;

	align(&s->in);
	head = take_data(&s->in.left, 4).p;
	size = le16(head);
	if ((size ^ le16(head + 2)) != 0xffff)
		bad("stored length does not match its complement");
	if (size > (size_t)(s->end - s->out))
		bad("output too large");
	memcpy(s->out, take_data(&s->in.left, size).p, size);
	s->out += size;
}

static void make_codes(struct inflate *s, unsigned litlens, unsigned distances)
{
	make_code(&s->litlen, &litlen_alphabet, s->lengths, litlens);
	make_code(&s->distance, &distance_alphabet, s->lengths + litlens, distances);
}

/* Section 3.2.6 */
static void make_fixed_codes(struct inflate *s)
{
	static const struct {
		uint8_t symbols, length;
	} runs[] = { { 144, 8 }, { 112, 9 }, { 24, 7 }, { 8, 8 }, { DISTANCE_SYMBOLS, 5 } };
	uint8_t *lengths = s->lengths;

	if (s->fixed)
		return;
	for (size_t i = 0; i < COUNT_OF(runs); lengths += runs[i++].symbols)
		memset(lengths, runs[i].length, runs[i].symbols);
	make_codes(s, LITLEN_SYMBOLS, DISTANCE_SYMBOLS);
	s->fixed = true;
}

/* Section 3.2.7: `size` code lengths, coded by the precode, which stands in s->distance. Its last three symbols
 * repeat the length before, or 0. */
static void read_code_lengths(struct inflate *s, unsigned size)
{
	static const uint8_t least[] = { 3, 3, 11 }, extra_bits[] = { 2, 3, 7 };

	for (unsigned i = 0, repeat; i < size; i += repeat) {
		uint32_t symbol;
		uint8_t length = 0;

		decode_symbol(&s->distance, &s->in, &symbol);
		if (symbol < REPEATS) {
			length = (uint8_t)symbol;
			repeat = 1;
		} else {
			if (symbol == REPEATS && !i)
				bad("no code length to repeat");
			if (symbol == REPEATS)
				length = s->lengths[i - 1];
			repeat = least[symbol - REPEATS] + get(&s->in, extra_bits[symbol - REPEATS]);
		}
		if (repeat > size - i)
			bad("too many code lengths");
		memset(s->lengths + i, length, repeat);
	}
}

/* Section 3.2.7: HLIT, HDIST, HCLEN; lengths of the precode; those of both codes, in one run. */
static void read_dynamic_codes(struct inflate *s)
{
	static const uint8_t places[PRECODE_SYMBOLS] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
	};
	uint8_t precode_lengths[PRECODE_SYMBOLS] = { 0 };
	unsigned counts, litlens, distances, precodes;

	s->fixed = false;
	counts = get(&s->in, 5 + 5 + 4);
	litlens = 257 + (counts & 31);
	distances = 1 + (counts >> 5 & 31);
	precodes = 4 + (counts >> 10);
	if (litlens > 286)
		bad("too many literal and length codes");
	if (distances > 30)
		bad("too many distance codes");
	for (unsigned i = 0; i < precodes; i++)
		precode_lengths[places[i]] = (uint8_t)get(&s->in, 3);
	make_code(&s->distance, &precode_alphabet, precode_lengths, PRECODE_SYMBOLS);
	read_code_lengths(s, litlens + distances);
	if (!s->lengths[END_OF_BLOCK])
		bad("no code for the end of block");
	make_codes(s, litlens, distances);
}

/* Section 3.2.3: BFINAL, BTYPE, then by type. Returns whether this was the final block. */
static bool block(struct inflate *s)
{
	const unsigned header = get(&s->in, 3);
	const bool final = header & 1;

	switch (header >> 1) {
	case 0: stored_block(s); return final;
	case 1: make_fixed_codes(s); break;
	case 2: read_dynamic_codes(s); break;
	default: bad("reserved block type");
	}
	if (!decode_fast(s))
		decode_carefully(s);
	return final;
}

COLD uint8_t *inflate_stream(struct span *in, uint8_t *out, uint8_t *end, void *work)
{
	struct inflate *const s = work;

	s->in = (struct bit_input){ .left = *in };
	s->begin = s->out = out;
	s->end = end;
	s->litlen.entries = s->litlen_entries;
	s->distance.entries = s->distance_entries;
	s->fixed = false;
	while (!block(s))
		;
	align(&s->in);
	*in = s->in.left;
	return s->out;
}
