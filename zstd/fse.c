/* fse.c: finite state entropy, the coding of zstd's sequences and Huffman weights (RFC 8878 section
 * 4.1).
 *
 * A table has 1 << accuracy log cells. A cell stands for one symbol; leaving it takes some bits of
 * the stream, which choose the next cell. A symbol of probability p has p cells, so a frequent
 * symbol costs few bits. A description is the list of probabilities:
 *
 *   4 bits            accuracy log - 5
 *   then, symbol by symbol, until the probabilities sum up to the number of cells:
 *   variable bits     probability + 1; -1 stands for "less than 1" and has one cell
 *   2 bits, repeated  after a probability 0: how many more zeros follow; 3 means "and go on"
 *
 * Bits of a description are read from low to high, bits of a stream from its end to its start.
 */
#include "zstd.h"

enum {
	LOG_MIN = 5,
	/* Per symbol one probability of at most FSE_LOG_MAX + 1 bits and one repeat flag. */
	DESCRIPTION_MAX = (4 + FSE_SYMBOLS_MAX * (FSE_LOG_MAX + 1 + 2) + 7) / 8,
};

COLD struct bits bits_from_end(struct span s)
{
	ptrdiff_t size = s.end - s.p;

	if (size == 0 || s.end[-1] == 0)
		bad("bit stream without an end mark");
	return (struct bits){ s.p, (size - 1) * 8 + (ptrdiff_t)highest_bit(s.end[-1]) };
}

COLD uint64_t read_field(struct span *s, unsigned bytes)
{
	const uint8_t *field = take_data(s, bytes).p;
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | field[bytes];
	return value;
}

/* Section 4.1.1. A probability takes as few bits as the highest value still possible needs, and the
 * lowest values one bit less where that leaves codes unused. */
static int read_probability(const uint8_t *bytes, unsigned *position, unsigned remaining)
{
	unsigned window = le32(bytes + *position / 8) >> *position % 8;
	unsigned bits = highest_bit(remaining + 1);
	unsigned short_codes = (2u << bits) - 2 - remaining;
	unsigned value = window & ((1u << bits) - 1);

	*position += bits;
	if (value >= short_codes) {
		value = window & ((2u << bits) - 1);
		*position += 1;
		if (value >= 1u << bits)
			value -= short_codes;
	}
	return (int)value - 1;
}

static unsigned read_repeat(const uint8_t *bytes, unsigned *position)
{
	unsigned flag = le16(bytes + *position / 8) >> *position % 8 & 3;

	*position += 2;
	return flag;
}

COLD unsigned fse_read(struct span *s, const struct fse_codes *codes, int16_t *probability)
{
	uint8_t bytes[DESCRIPTION_MAX + 4] = { 0 };
	size_t size = span_size(*s) < DESCRIPTION_MAX ? span_size(*s) : DESCRIPTION_MAX;
	unsigned position = 4, symbol = 0, log, remaining;

	memcpy(bytes, s->p, size);
	log = (bytes[0] & 15) + LOG_MIN;
	if (log > codes->log_max)
		bad("FSE table too large");
	remaining = 1u << log;
	while (remaining > 0 && symbol < codes->count) {
		int p = read_probability(bytes, &position, remaining);

		probability[symbol++] = (int16_t)p;
		remaining -= (unsigned)(p < 0 ? 1 : p);
		for (unsigned more = p ? 0 : 3; more == 3;) {
			more = read_repeat(bytes, &position);
			symbol += more;
			if (symbol >= codes->count)
				break;
		}
	}
	take_data(s, (position + 7) / 8);
	if (remaining > 0)
		bad("FSE table with too many symbols");
	return log;
}

/* Stores `symbol` p times, and a little more, as the caller allows. */
static uint8_t *put_run(uint8_t *to, unsigned symbol, int p)
{
	uint64_t run = symbol * UINT64_C(0x0101010101010101);

	for (int i = 0; i < p; i += 8)
		memcpy(to + i, &run, 8);
	return to + p;
}

/* Section 4.1.1, the end: symbols less probable than 1 get the last cells, the others are spread
 * over the rest by a step that visits every cell once. */
static inline void spread(uint8_t *symbol_of, unsigned size, const int16_t *probability, unsigned symbols)
{
	uint8_t line[(1 << FSE_LOG_MAX) + 8], *end = line;
	unsigned high = size, position = 0, step = size / 2 + size / 8 + 3;

	for (unsigned symbol = 0; symbol < symbols; symbol++) {
		if (probability[symbol] < 0)
			symbol_of[--high] = (uint8_t)symbol;
		else
			end = put_run(end, symbol, probability[symbol]);
	}
	for (const uint8_t *symbol = line; symbol < end; symbol++) {
		symbol_of[position] = *symbol;
		do
			position = (position + step) & (size - 1);
		while (position >= high);
	}
}

HOT void fse_build(struct fse_table *table, unsigned log, const int16_t *probability, const struct fse_codes *codes)
{
	uint8_t symbol_of[1 << FSE_LOG_MAX];
	uint32_t base[FSE_SYMBOLS_MAX], next_base = codes->first;
	uint16_t next_state[FSE_SYMBOLS_MAX];
	unsigned size = 1u << log;

	table->log = log;
	spread(symbol_of, size, probability, codes->count);
	for (unsigned i = 0; i < codes->count; i++) {
		base[i] = next_base;
		next_base += (uint32_t)1 << codes->extra_bits[i];
		next_state[i] = (uint16_t)(probability[i] < 0 ? 1 : probability[i]);
	}
	for (unsigned i = 0; i < size; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): probabilities fill the table */
		unsigned symbol = symbol_of[i];
		unsigned state = next_state[symbol]++;
		unsigned bits = log - highest_bit(state);

		table->cell[i].base = base[symbol]; /* cppcheck-suppress uninitvar; codes->count is not 0 */
		table->cell[i].next = (uint16_t)((state << bits) - size);
		table->cell[i].extra_bits = codes->extra_bits[symbol];
		table->cell[i].state_bits = (uint8_t)bits;
	}
}
