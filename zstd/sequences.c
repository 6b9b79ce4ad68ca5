/* sequences.c: the sequences of a zstd block (RFC 8878 sections 3.1.1.3.2 and 3.1.1.5).
 *
 *   1 to 3 bytes    number of sequences; 0 ends the section: the block is its literals
 *   1 byte          modes of the tables, two bits each: predefined, RLE, FSE, repeat; 2 bits 0
 *   0 or more       the tables, of literals lengths, offsets and match lengths
 *   the rest        bits, read from the end: the first states; then for each sequence
 *     extra bits    of offset, match length, literals length
 *     next states   of literals length, match length, offset; not after the last sequence
 *
 * A sequence copies some literals, then a match: bytes that stand `offset` back in the output. What
 * literals are left end the block. About 130 instructions a sequence, most of them for the bits.
 */
#include "zstd.h"

enum {
	PREDEFINED_MODE,
	RLE_MODE,
	FSE_MODE,
	REPEAT_MODE,
	LITERALS_LENGTHS = 0,
	OFFSETS,
	MATCH_LENGTHS,

	MATCH_MIN = 3,

	/* A copy of n bytes may write up to n + COPY_SLACK. */
	COPY_SLACK = 32,
};

_Static_assert(3 * FSE_LOG_MAX <= (int)BITS_PEEKED, "all states move with one peek");
_Static_assert(16 + 16 <= (int)BITS_PEEKED && 31 <= (int)BITS_PEEKED, "two peeks for extra bits");
_Static_assert((int)COPY_SLACK <= (int)LITERALS_SLACK, "literals are copied wide");

/* Section 3.1.1.3.2.1.1: the codes of each table. Section 3.1.1.3.2.2: the predefined table. */
static const struct kind {
	struct fse_codes codes;
	uint8_t default_log;
	int8_t default_probability[FSE_SYMBOLS_MAX];
} kinds[SEQUENCE_TABLES] = {
	[LITERALS_LENGTHS] = {
		{ 0, 36, 9, {
		  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8,
		  9, 10, 11, 12, 13, 14, 15, 16 } },
		6,
		{ 4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1,
		  1, 1, 1, 1, -1, -1, -1, -1 },
	},
	[OFFSETS] = {
		{ 1, 32, 8, {
		  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
		  23, 24, 25, 26, 27, 28, 29, 30, 31 } },
		5,
		{ 1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1,
		  -1, -1 },
	},
	[MATCH_LENGTHS] = {
		{ MATCH_MIN, 53, 9, {
		  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } },
		6,
		{ 1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1 },
	},
};

static void copy_16(uint8_t *to, const uint8_t *from)
{
	memcpy(to, from, 16);
}

/* Copies 16 bytes at a time, at least once, each before the copy may write over it. */
static inline void copy_wide(uint8_t *to, const uint8_t *from, size_t size)
{
	copy_16(to, from);
	for (size_t done = 16; done < size; done += 16)
		copy_16(to + done, from + done);
}

/* A match less than 16 bytes back repeats what it writes: at most 8 bytes at a time. */
static void copy_near(uint8_t *to, size_t offset, size_t size)
{
	const uint8_t *end = to + size;

	if (offset < 8) {
		copy_repeating(to, offset, end);
		return;
	}
	for (; to < end; to += 8)
		memcpy(to, to - offset, 8);
}

struct sequence {
	size_t literals, match, offset;
};

/* The sequence near the end of the room: one byte after another, nothing behind its last. */
static void copy_exactly(uint8_t *to, const uint8_t *literals, struct sequence s)
{
	const uint8_t *from;

	memcpy(to, literals, s.literals);
	to += s.literals;
	from = to - s.offset;
	for (size_t i = 0; i < s.match; i++)
		to[i] = from[i];
}

static inline void copy_sequence(uint8_t *to, const uint8_t *literals, struct sequence s)
{
	copy_wide(to, literals, s.literals);
	to += s.literals;
	if (s.offset >= 16)
		copy_wide(to, to - s.offset, s.match);
	else
		copy_near(to, s.offset, s.match);
}

/* Section 3.1.1.5. Values 1 to 3 are the latest offsets; after no literals, 1 and 2 are the second
 * and the third, and 3 is the latest less 1. */
static inline uint32_t repeat_offset(uint32_t *repeat, uint32_t value, bool no_literals)
{
	uint32_t which = value - 1 + no_literals;
	uint32_t offset = which == REPEAT_OFFSETS ? repeat[0] - 1 : repeat[which];

	if (which > 1)
		repeat[2] = repeat[1];
	if (which > 0)
		repeat[1] = repeat[0];
	repeat[0] = offset;
	return offset;
}

static inline uint32_t new_offset(uint32_t *repeat, uint32_t value)
{
	repeat[2] = repeat[1];
	repeat[1] = repeat[0];
	repeat[0] = value - REPEAT_OFFSETS;
	return repeat[0];
}

/* What the sequences of a block work on. */
struct block {
	uint8_t *to;
	size_t wide_room;     /* how many bytes from `to` on wide copies may fill */
	struct span literals; /* those not yet used */
	struct bits bits;
	const struct fse_cell *ll, *of, *ml;
};

COLD void check_room(const struct frame_output *out, const uint8_t *to, size_t size)
{
	if (size > out->block_max - (size_t)(to - out->next))
		bad("block too large");
	if (size > (size_t)(out->end - to))
		bad("output too large");
}

/* Sections 3.1.1.3.2.1.2 and 4.1: each sequence's extra bits stand in the order offset, match
 * length, literals length. */
static inline struct sequence read_sequence(struct block *b, uint32_t *repeat)
{
	const struct fse_cell *ll = b->ll, *of = b->of, *ml = b->ml;
	ptrdiff_t lengths = ll->extra_bits + ml->extra_bits;
	uint64_t window = bits_peek(b->bits);
	struct sequence s;
	uint32_t value;

	b->bits.left -= lengths + of->extra_bits;
	if (b->bits.left < 0)
		bad("bit stream too short");
	value = of->base + bits_next(&window, of->extra_bits);
	if (of->extra_bits > 1)
		s.offset = new_offset(repeat, value);
	else
		s.offset = repeat_offset(repeat, value, ll->base == 0);
	s.match = ml->base;
	s.literals = ll->base;
	if (lengths > 0) {
		window = bits_peek((struct bits){ b->bits.start, b->bits.left + lengths });
		s.match += bits_next(&window, ml->extra_bits);
		s.literals += bits_next(&window, ll->extra_bits);
	}
	return s;
}

static inline const struct fse_cell *next_cell(const struct fse_table *table, const struct fse_cell *cell,
					       uint64_t *window, struct bits *bits)
{
	bits->left -= cell->state_bits;
	return &table->cell[cell->next + bits_next(window, cell->state_bits)];
}

/* Section 4.1: the states move in the order literals length, match length, offset. */
static inline void next_states(struct block *b, const struct fse_table *table)
{
	uint64_t window = bits_peek(b->bits);

	b->ll = next_cell(&table[LITERALS_LENGTHS], b->ll, &window, &b->bits);
	b->ml = next_cell(&table[MATCH_LENGTHS], b->ml, &window, &b->bits);
	b->of = next_cell(&table[OFFSETS], b->of, &window, &b->bits);
	if (b->bits.left < 0)
		bad("bit stream too short");
}

static inline const struct fse_cell *first_cell(const struct fse_table *table, uint64_t *window, struct bits *bits)
{
	bits->left -= (ptrdiff_t)table->log;
	return &table->cell[bits_next(window, table->log)];
}

static inline void first_states(struct block *b, const struct fse_table *table)
{
	uint64_t window = bits_peek(b->bits);

	b->ll = first_cell(&table[LITERALS_LENGTHS], &window, &b->bits);
	b->of = first_cell(&table[OFFSETS], &window, &b->bits);
	b->ml = first_cell(&table[MATCH_LENGTHS], &window, &b->bits);
	if (b->bits.left < 0)
		bad("bit stream too short");
}

/* Section 3.1.1.5. Inside the room less COPY_SLACK copies may be wide; LITERALS_SLACK covers their
 * source. */
static inline void execute(const struct frame_output *out, struct block *b, struct sequence s)
{
	size_t before = (size_t)(b->to - out->start) + s.literals;
	size_t size = s.literals + s.match;

	if (s.literals > (size_t)(b->literals.end - b->literals.p))
		bad("more literals used than there are");
	if (s.offset - 1 >= before || s.offset > out->window)
		bad(s.offset ? "offset beyond the window" : "offset 0");
	if (size <= b->wide_room) {
		copy_sequence(b->to, b->literals.p, s);
		b->wide_room -= size;
	} else {
		check_room(out, b->to, size);
		copy_exactly(b->to, b->literals.p, s);
		b->wide_room = 0;
	}
	b->literals.p += s.literals;
	b->to += size;
}

HOT static void run(struct sequences *sequences, const struct frame_output *out, struct block *block, unsigned count)
{
	struct block b = *block;
	uint32_t repeat[REPEAT_OFFSETS];

	memcpy(repeat, sequences->repeat, sizeof(repeat));
	first_states(&b, sequences->table);
	do {
		struct sequence s = read_sequence(&b, repeat);

		if (--count > 0)
			next_states(&b, sequences->table);
		execute(out, &b, s);
	} while (count > 0);
	memcpy(sequences->repeat, repeat, sizeof(repeat));
	*block = b;
}

/* Section 3.1.1.3.2.1: which table the mode asks for. */
static void read_table(struct fse_table *table, struct span *s, const struct kind *kind, unsigned mode, bool has_table)
{
	int16_t probability[FSE_SYMBOLS_MAX] = { 0 };
	unsigned log = 0, symbol;

	switch (mode) {
	case PREDEFINED_MODE:
		for (unsigned i = 0; i < FSE_SYMBOLS_MAX; i++)
			probability[i] = (int16_t)kind->default_probability[i];
		log = kind->default_log;
		break;
	case RLE_MODE: /* a table of one cell, which takes no bits */
		symbol = (unsigned)read_field(s, 1);
		if (symbol >= kind->codes.count)
			bad("unknown sequence code");
		probability[symbol] = 1;
		break;
	case FSE_MODE: log = fse_read(s, &kind->codes, probability); break;
	case REPEAT_MODE:
		if (!has_table)
			bad("no earlier sequences table");
		return;
	}
	fse_build(table, log, probability, &kind->codes);
}

static unsigned read_count(struct span *s)
{
	unsigned first = (unsigned)read_field(s, 1);

	if (first < 128)
		return first;
	if (first < 255)
		return (first - 128) << 8 | (unsigned)read_field(s, 1);
	return 0x7F00 + (unsigned)read_field(s, 2);
}

/* Section 3.1.1.5, the end: the repeat offsets a frame begins with. */
COLD void sequences_begin(struct sequences *sequences)
{
	sequences->has_tables = false;
	sequences->repeat[0] = 1;
	sequences->repeat[1] = 4;
	sequences->repeat[2] = 8;
}

COLD void sequences_run(struct sequences *sequences, struct frame_output *out, struct span section,
			struct span literals)
{
	size_t room = (size_t)(out->end - out->next);
	size_t wide = room < COPY_SLACK ? 0 : room - COPY_SLACK, rest;
	struct block b = { .to = out->next, .literals = literals };
	unsigned count = read_count(&section);

	if (count > 0) {
		unsigned modes = (unsigned)read_field(&section, 1);

		if (modes & 3)
			bad("reserved bits are set");
		for (int i = 0; i < SEQUENCE_TABLES; i++)
			read_table(&sequences->table[i], &section, &kinds[i], modes >> (6 - 2 * i) & 3,
				   sequences->has_tables);
		sequences->has_tables = true;
		b.wide_room = wide < out->block_max ? wide : out->block_max;
		b.bits = bits_from_end(section);
		run(sequences, out, &b, count);
		if (b.bits.left != 0)
			bad("bits left over after the sequences");
	} else if (span_size(section) > 0) {
		bad("bytes left over after the block");
	}
	rest = span_size(b.literals);
	check_room(out, b.to, rest);
	memcpy(b.to, b.literals.p, rest);
	out->next = b.to + rest;
}
