/* literals.c: the literals of a zstd block, Huffman coding included (RFC 8878 sections 3.1.1.3.1
 * and 4.2).
 *
 *   2 bits            type: 0 raw, 1 RLE, 2 compressed, 3 treeless (the tree is an earlier block's)
 *   1 or 2 bits       size format
 *   5 to 36 bits      regenerated size; for types 2 and 3 compressed size
 *   type 0            the literals
 *   type 1            one byte, repeated
 *   type 2            tree description, then streams
 *   type 3            streams
 *
 *   streams           1 stream, or 3 times 2 bytes of size and 4 streams; read from their ends
 *   tree description  1 byte h, then the weights of all symbols but the last one with a weight:
 *     h < 128         h bytes: FSE table and stream, two states in turn
 *     h >= 128        h - 127 weights of 4 bits
 *
 * A code is at most 11 bits long, so one table of 2048 entries decodes any: 4 KB. The four streams
 * are decoded side by side, 5 symbols of each from one load of 8 bytes. About 7 instructions a
 * literal.
 */
#include "zstd.h"

enum {
	RAW,
	RLE,
	COMPRESSED,
	TREELESS,

	WEIGHTS_LOG_MAX = 6,
	WEIGHT_MAX = HUFFMAN_BITS_MAX,
	SYMBOLS = 256,

	STREAMS = 4,
	JUMP_TABLE_SIZE = 6,
	FOUR_STREAMS_MIN = 6, /* fewer literals are never cut into four */

	PER_LOAD = 5,   /* symbols */
	LOAD_BYTES = 7, /* that PER_LOAD symbols use up at most */
};

_Static_assert(8 + PER_LOAD * HUFFMAN_BITS_MAX + 1 <= 64, "used bits, symbols and mark fit");
_Static_assert(PER_LOAD *HUFFMAN_BITS_MAX <= LOAD_BYTES * 8, "LOAD_BYTES");
_Static_assert((int)WEIGHT_MAX < (int)FSE_SYMBOLS_MAX, "a table of weights is a table");

/* ---- the tree: section 4.2.1 ---- */

/* Section 4.2.1.2: two states take turns until the bits run out; each cell that one comes to gives a weight. The first
 * cell of each is chosen by as many bits as the table's log. */
static unsigned read_fse_weights(struct span s, uint8_t *weight)
{
	static const struct fse_codes weights = { 0, WEIGHT_MAX + 1, WEIGHTS_LOG_MAX, { 0 } };
	int16_t probability[FSE_SYMBOLS_MAX] = { 0 };
	struct fse_table table;
	struct fse_cell start = { 0 };
	const struct fse_cell *cell[2] = { &start, &start };
	struct bits bits;

	fse_build(&table, fse_read(&s, &weights, probability), probability, &weights);
	start.state_bits = (uint8_t)table.log;
	bits = bits_from_end(s);
	for (unsigned count = 0;; count++) {
		const struct fse_cell *now = cell[count & 1];
		uint64_t window = bits_peek(bits);

		bits.left -= now->state_bits;
		if (bits.left < 0 && count < 2)
			bad("bit stream too short");
		if (bits.left < 0)
			return count;
		if (count == SYMBOLS - 1)
			bad("too many Huffman weights");
		now = &table.cell[now->next + bits_next(&window, now->state_bits)];
		weight[count] = (uint8_t)now->base;
		cell[count & 1] = now;
	}
}

static unsigned read_direct_weights(struct span s, unsigned count, uint8_t *weight)
{
	for (unsigned i = 0; i < count; i++) {
		weight[i] = s.p[i / 2] >> (i & 1 ? 0 : 4) & 15;
		if (weight[i] > WEIGHT_MAX)
			bad("Huffman code too long");
	}
	return count;
}

/* A symbol of weight w has 1 << (w - 1) of the places in the code space. The last symbol has what
 * the others leave of the next power of two. Counts the symbols of each weight; returns the longest
 * code's bits. */
static unsigned complete_weights(uint8_t *weight, unsigned count, unsigned *symbols)
{
	unsigned sum = 0, rest, bits;

	for (unsigned i = 0; i < count; i++) {
		symbols[weight[i]]++;
		sum += (1u << weight[i]) / 2;
	}
	if (sum == 0 || sum >= 1u << HUFFMAN_BITS_MAX)
		bad("Huffman weights out of range");
	bits = highest_bit(sum) + 1;
	rest = (1u << bits) - sum;
	if (rest & (rest - 1))
		bad("Huffman weights do not add up");
	weight[count] = (uint8_t)(highest_bit(rest) + 1);
	symbols[weight[count]]++;
	if (symbols[1] < 2 || symbols[1] & 1)
		bad("Huffman weights do not add up");
	return bits;
}

/* Section 4.2.1.3: codes in the order of weights, of one weight in the order of symbols. An entry
 * is a symbol and, in its low byte, the bits of the symbol's code; a shorter code has more entries:
 * one, two, or a multiple of four, which are stored four at a time. */
static void build_table(uint16_t *table, uint8_t *weight, unsigned count)
{
	unsigned symbols[WEIGHT_MAX + 1] = { 0 };
	unsigned bits = complete_weights(weight, count, symbols), unused = HUFFMAN_BITS_MAX - bits;
	uint16_t *next[WEIGHT_MAX + 1];

	for (unsigned w = 1; w <= WEIGHT_MAX; w++) {
		next[w] = table;
		table += symbols[w] << (w - 1) << unused;
	}
	for (unsigned symbol = 0; symbol <= count; symbol++) {
		unsigned w = weight[symbol], places = (1u << w << unused) / 2;
		uint64_t entry = symbol << 8 | (bits + 1 - w);

		entry *= UINT64_C(0x0001000100010001);
		if (w == 0)
			continue;
		if (places < 4)
			next[w][0] = next[w][places - 1] = (uint16_t)entry;
		else
			for (unsigned i = 0; i < places; i += 4)
				memcpy(next[w] + i, &entry, sizeof(entry));
		next[w] += places;
	}
}

static void read_tree(uint16_t *table, struct span *s)
{
	uint8_t weight[SYMBOLS];
	unsigned header = (unsigned)read_field(s, 1);
	unsigned size = header < 128 ? header : (header - 127 + 1) / 2;
	struct span description = take_data(s, size);
	unsigned count = header < 128 ? read_fse_weights(description, weight)
				      : read_direct_weights(description, header - 127, weight);

	build_table(table, weight, count);
}

/* ---- the streams: section 4.2.2 ---- */

/* `window` holds the 8 bytes at `p`, what is used up shifted out at the top. Its lowest bit was
 * made 1 before the shift, so the zeros below the lowest 1 are as many as the bits used up. */
struct stream {
	uint64_t window;
	const uint8_t *p, *start;
};

static struct stream open_stream(struct span s)
{
	struct bits bits = bits_from_end(s);

	return (struct stream){ (le64(s.end - 8) | 1) << (8 - (bits.left & 7)), s.end - 8, s.p };
}

static inline void refill(struct stream *s)
{
	unsigned used = (unsigned)__builtin_ctzll(s->window);

	s->p -= used / 8;
	s->window = (le64(s->p) | 1) << used % 8;
}

static inline void decode_symbol(const uint16_t *table, uint64_t *window, uint8_t *out)
{
	unsigned entry = table[*window >> (64 - HUFFMAN_BITS_MAX)];

	*window <<= entry & 63;
	*out = (uint8_t)(entry >> 8);
}

/* The rest of a stream, which must end with the last of `count` literals. */
static void finish_stream(const uint16_t *table, const struct stream *s, uint8_t *out, size_t count)
{
	struct bits bits = { s->start, (s->p - s->start) * 8 + 64 - __builtin_ctzll(s->window) };

	for (; count > 0 && bits.left >= 0; count--) {
		unsigned entry = table[bits_peek(bits) >> (64 - HUFFMAN_BITS_MAX)];

		bits.left -= (ptrdiff_t)(entry & 63);
		*out++ = (uint8_t)(entry >> 8);
	}
	if (bits.left != 0)
		bad("literals do not end with their stream");
}

/* How many loads each stream has for certain, and room for, when the fastest uses LOAD_BYTES each
 * time: a load is whole while it begins at or after the stream's start. */
static size_t safe_loads(const struct stream *s, size_t room)
{
	size_t loads = room / PER_LOAD;

	for (int i = 0; i < STREAMS; i++) {
		/* cppcheck-suppress uninitvar; of four streams, all are open */
		size_t bytes = s[i].p < s[i].start ? 0 : (size_t)(s[i].p - s[i].start) + LOAD_BYTES;

		if (bytes / LOAD_BYTES < loads)
			loads = bytes / LOAD_BYTES;
	}
	return loads;
}

/* So many loads of each stream; their output begins `quarter` literals apart. */
HOT static void decode_loads(const uint16_t *table, struct stream *stream, uint8_t *out, size_t quarter, size_t loads)
{
	struct stream a = stream[0], b = stream[1], c = stream[2], d = stream[3];

	for (; loads > 0; loads--) {
		for (const uint8_t *end = out + PER_LOAD; out != end; out++) {
			decode_symbol(table, &a.window, out);
			decode_symbol(table, &b.window, out + quarter);
			decode_symbol(table, &c.window, out + 2 * quarter);
			decode_symbol(table, &d.window, out + 3 * quarter);
		}
		refill(&a);
		refill(&b);
		refill(&c);
		refill(&d);
	}
	stream[0] = a, stream[1] = b, stream[2] = c, stream[3] = d;
}

/* The first three streams have as many literals each, the fourth has the rest, not more. A lone
 * stream is like a fourth. */
COLD static void decode_streams(const uint16_t *table, struct span s, uint8_t *out, size_t count, bool four)
{
	size_t quarter = four ? (count + 3) / 4 : 0, last = count - 3 * quarter, done = 0;
	size_t first = four ? 0 : STREAMS - 1;
	const uint8_t *sizes = take_data(&s, four ? JUMP_TABLE_SIZE : 0).p;
	struct stream stream[STREAMS];

	for (size_t i = first; i < STREAMS; i++)
		stream[i] = open_stream(take_data(&s, i < STREAMS - 1 ? le16(sizes + 2 * i) : span_size(s)));
	for (size_t loads; four && (loads = safe_loads(stream, last - done)) > 0; done += loads * PER_LOAD)
		decode_loads(table, stream, out + done, quarter, loads);
	for (size_t i = first; i < STREAMS; i++)
		finish_stream(table, &stream[i], out + i * quarter + done, (i < STREAMS - 1 ? quarter : last) - done);
}

/* ---- the section: section 3.1.1.3.1 ---- */

static struct span raw_literals(struct literals *literals, struct span *block, size_t size)
{
	struct span raw = take_data(block, size);

	if (literals->in.end - raw.end >= LITERALS_SLACK)
		return raw;
	memcpy(literals->buffer, raw.p, size);
	return span_of(literals->buffer, size);
}

static struct span compressed_literals(struct literals *literals, struct span *block, size_t size,
				       size_t compressed_size, bool four, bool treeless)
{
	struct span s = take_data(block, compressed_size);

	if (four && size < FOUR_STREAMS_MIN)
		bad("too few literals for four streams");
	if (treeless && !literals->has_table)
		bad("no earlier Huffman tree");
	if (!treeless)
		read_tree(literals->table, &s);
	literals->has_table = true;
	decode_streams(literals->table, s, literals->buffer, size, four);
	return span_of(literals->buffer, size);
}

/* Raw and RLE literals have one size, of 5, 12 or 20 bits, the others two, of 10, 10, 14 or 18
 * bits. */
COLD struct span literals_read(struct literals *literals, struct span *block, size_t block_max)
{
	static const uint8_t size_bits[2][4] = { { 5, 12, 5, 20 }, { 10, 10, 14, 18 } };
	unsigned first = span_size(*block) > 0 ? *block->p : 0;
	unsigned type = first & 3, format = first >> 2 & 3, coded = type >= COMPRESSED;
	unsigned bits = size_bits[coded][format], mask = (1u << bits) - 1;
	uint64_t sizes = read_field(block, (4 + (bits << coded)) / 8) >> (bits == 5 ? 3 : 4);
	size_t size = (unsigned)sizes & mask, coded_size = (unsigned)(sizes >> bits) & mask;
	if (size > block_max)
		bad("block too large");
	if (type == RAW)
		return raw_literals(literals, block, size);
	if (type == RLE) {
		memset(literals->buffer, (int)read_field(block, 1), size);
		return span_of(literals->buffer, size);
	}
	return compressed_literals(literals, block, size, coded_size, format > 0, type == TREELESS);
}
