/* gunzip.c: gzip (RFC 1952) around deflate, memory to memory in one call.
 *
 * All of the format: any number of members, every header field; header CRC, CRC and length are
 * verified. What follows the last member and does not begin like another is padding or garbage, and
 * ignored as gzip(1) does. No allocation, nothing kept between calls.
 */
#include "depmod.h"

struct gunzip {
	_Alignas(64) uint8_t inflate[INFLATE_WORK_SIZE];
	uint32_t crc_table[CRC32_TABLE_SIZE];
};

_Static_assert(sizeof(struct gunzip) <= GUNZIP_WORK_SIZE, "it lies in the caller's memory");

/* RFC 1952 section 2.3: ID1 ID2 CM FLG MTIME(4) XFL OS, then what FLG tells of: an extra field
 * after its size, a name and a comment that end in NUL, the low half of the CRC of all this. */
static void skip_header(const uint32_t *crc_table, struct span *in)
{
	enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };
	const uint8_t *const head = take_data(in, 10).p;
	const unsigned flags = head[3];

	if (head[0] != 0x1f || head[1] != 0x8b)
		bad("not gzip");
	if (head[2] != 8)
		bad("unknown gzip method");
	if (flags & RESERVED)
		bad("reserved gzip flags");
	if (flags & FEXTRA)
		take_data(in, le16(take_data(in, 2).p));
	for (int texts = !!(flags & FNAME) + !!(flags & FCOMMENT); texts; texts--)
		take_data(in, strlen(string_at(*in, 0, DATA_ENDS)) + 1);
	if (flags & FHCRC) {
		const uint16_t crc = (uint16_t)crc32(crc_table, 0, head, (size_t)(in->p - head));

		if (le16(take_data(in, 2).p) != crc)
			bad("wrong gzip header CRC");
	}
}

/* RFC 1952 section 2.2: header, compressed data, CRC32, ISIZE. Returns the end of the output. */
static uint8_t *member(struct gunzip *s, struct span *in, uint8_t *out, uint8_t *end)
{
	const uint8_t *const begin = out, *trailer;

	skip_header(s->crc_table, in);
	out = inflate_stream(in, out, end, s->inflate);
	trailer = take_data(in, 8).p;
	if (le32(trailer) != crc32(s->crc_table, 0, begin, (size_t)(out - begin)))
		bad("wrong CRC");
	if (le32(trailer + 4) != (uint32_t)(out - begin))
		bad("wrong length");
	return out;
}

/* A lone ID1 is taken for the start of a member, cut off. */
static bool begins_member(struct span in)
{
	return in.p < in.end && in.p[0] == 0x1f && (span_size(in) < 2 || in.p[1] == 0x8b);
}

size_t gunzip(struct span in, uint8_t *out, size_t capacity, void *work)
{
	struct gunzip *const s = work;
	uint8_t *const end = out + capacity, *next = out;

	crc32_make_table(s->crc_table);
	do {
		next = member(s, &in, next, end);
	} while (begins_member(in));
	return (size_t)(next - out);
}
