/* trie.c: looking up keys in a binary index. index.c, which writes indexes for depmod, draws the format. Of the file only
 * those pieces are read that the nodes on the way to the key stand in: one of a distribution's indexes has a megabyte,
 * and a question needs ten kilobytes. The file may be damaged, so no offset is followed before it has been checked. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "modprobe.h"

/* CHECKED bytes of the header say what the file is (any version 2.x); PLACE are the bits of an offset without flags. */
enum { HEADER = 12, ROOT_AT = 8, CHECKED = 6, PLACE = 0x0fffffff };
enum flag { PREFIX = 8, VALUES = 4, CHILDREN = 2 };

_Static_assert(INDEX_PIECE >= HEADER, "the header is in one piece");

static const uint8_t magic[CHECKED] = { 0xb0, 0x07, 0xf4, 0x57, 0, 2 };
static const char no_index[] = "not a binary index of version 2";

struct search {
	struct index_file *file;
	const char *key; /* what patterns must match from their first wildcard on; NULL: every entry counts */
	index_found *found;
	void *context;
	size_t budget;   /* nodes and values that may still be visited: each takes a byte, so more are a circle */
	uint32_t length; /* of the key in `path` without the prefix of its node */
	char path[INDEX_KEY_MAX]; /* key of the node; index_match(): from its first wildcard on */
};

struct node {
	size_t children, values; /* their offsets; children: 4 bytes of offset each */
	uint32_t child_count, value_count;
	uint32_t length; /* of its key with its prefix, which stand in s->path */
	uint8_t first;   /* byte that leads to the first child */
};

/* ---- bytes of the file ---- */

/* The file may become shorter, and the disk may fail, at any time. */
static void read_piece(const struct index_file *file, uint8_t *to, size_t size, size_t from)
{
	while (size) {
		ssize_t n = pread(file->fd, to, size, (off_t)from);

		if (n < 0 && errno != EINTR)
			bad(error_text(errno));
		if (n == 0)
			bad("the file has become shorter");
		if (n > 0) {
			to += n;
			from += (size_t)n;
			size -= (size_t)n;
		}
	}
}

/* The bytes from the offset, which is inside the file, to the end of their piece: one at least. They stay in place until
 * the next call. */
static struct span bytes_at(struct index_file *file, size_t at)
{
	struct pieces *pieces = file->pieces;
	size_t number = at / INDEX_PIECE, place = number % INDEX_PIECES, left = file->size - number * INDEX_PIECE;
	size_t size = left < INDEX_PIECE ? left : INDEX_PIECE;
	uint8_t *bytes = pieces->bytes[place];

	if (pieces->numbers[place] != number + 1 || pieces->files[place] != file) {
		pieces->numbers[place] = 0;
		read_piece(file, bytes, size, number * INDEX_PIECE);
		pieces->numbers[place] = number + 1;
		pieces->files[place] = file;
	}
	return (struct span){ bytes + at % INDEX_PIECE, bytes + size };
}

/* A place in the file, from which on bytes are read one after the other. */
struct place {
	size_t at;
	struct span bytes; /* what is left of the piece; empty when it has to be looked up */
};

/* Ends in bad(why) when the file has not so many bytes there. */
static void expect(const struct search *s, const struct place *p, size_t size, const char *why)
{
	if (size > s->file->size - p->at)
		bad(why);
}

static void look(const struct search *s, struct place *p)
{
	if (p->bytes.p == p->bytes.end)
		p->bytes = bytes_at(s->file, p->at);
}

/* A number of so many bytes, big-endian. */
static uint32_t take_number(const struct search *s, struct place *p, size_t size, const char *why)
{
	uint32_t value = 0;

	expect(s, p, size, why);
	p->at += size;
	if (size == 4 && span_size(p->bytes) >= 4) {
		p->bytes.p += 4;
		return be32(p->bytes.p - 4);
	}
	for (; size; size--) {
		if (p->bytes.p == p->bytes.end)
			p->bytes = bytes_at(s->file, p->at - size);
		value = value << 8 | *p->bytes.p++;
	}
	return value;
}

/* Takes what the piece has of a string, with its NUL when that is there. */
static struct span take_part(const struct search *s, struct place *p, bool *whole)
{
	struct span part;
	const uint8_t *end;

	expect(s, p, 1, "a string without an end");
	look(s, p);
	part = p->bytes;
	end = memchr(part.p, 0, span_size(part));
	*whole = end != NULL;
	if (end)
		part.end = end + 1;
	p->bytes.p = part.end;
	p->at += span_size(part);
	return part;
}

/* A string of which two pieces or more have parts is put together in memory. */
static const char *take_string(const struct search *s, struct place *p)
{
	struct arena *memory = s->file->memory;
	const char *string = (const char *)memory->start + memory->used;
	bool whole;
	struct span part = take_part(s, p, &whole);

	if (whole)
		return (const char *)part.p;
	for (;; part = take_part(s, p, &whole)) {
		memcpy(arena_take(memory, span_size(part), 1, 1), part.p, span_size(part));
		if (whole)
			return string;
	}
}

/* ---- nodes ---- */

static void spend(struct search *s)
{
	if (!s->budget--)
		bad("nodes that lead in a circle");
}

/* Puts the prefix behind the key in s->path. Returns the length of both. */
static uint32_t take_prefix(struct search *s, struct place *p)
{
	size_t length = s->length;
	bool whole;

	do {
		struct span part = take_part(s, p, &whole);

		if (span_size(part) > INDEX_KEY_MAX - length)
			bad("a key is too long");
		memcpy(s->path + length, part.p, span_size(part));
		length += span_size(part);
	} while (!whole);
	return (uint32_t)length - 1;
}

static struct node read_node(struct search *s, uint32_t offset)
{
	static const char breaks_off[] = "a node that breaks off";
	uint32_t flags = offset >> 28;
	struct node node = { .length = s->length };
	struct place p = { .at = offset & PLACE };

	if (p.at > s->file->size)
		bad_at("a node beyond the end", p.at);
	spend(s);
	s->path[s->length] = 0;
	if (flags & PREFIX)
		node.length = take_prefix(s, &p);
	if (flags & CHILDREN) {
		uint32_t range = take_number(s, &p, 2, breaks_off);

		node.first = (uint8_t)(range >> 8);
		if (!node.first || (range & 255) < node.first)
			bad_at("children from a later to an earlier byte", offset & PLACE);
		node.child_count = (range & 255) - node.first + 1;
		expect(s, &p, 4 * (size_t)node.child_count, breaks_off);
		node.children = p.at;
		p = (struct place){ .at = p.at + 4 * (size_t)node.child_count };
	}
	if (flags & VALUES)
		node.value_count = take_number(s, &p, 4, breaks_off);
	node.values = p.at;
	return node;
}

/* The offset of the first child from that number on; 0 when there is none. *number becomes that of the next one. */
static uint32_t next_child(const struct search *s, const struct node *node, uint32_t *number)
{
	struct place p = { .at = node->children + 4 * (size_t)*number };
	uint32_t offset = 0;

	for (; !offset && *number < node->child_count; ++*number)
		offset = take_number(s, &p, 4, "");
	return offset;
}

/* The offset of the child that the byte leads to; 0 when there is none. */
static uint32_t child_of(const struct search *s, const struct node *node, uint8_t byte)
{
	uint32_t number = (uint32_t)byte - node->first;
	struct place p = { .at = node->children + 4 * (size_t)number };

	return number < node->child_count ? take_number(s, &p, 4, "") : 0;
}

static void tell_values(struct search *s, const struct node *node)
{
	struct place p = { .at = node->values };

	for (uint32_t i = 0; i < node->value_count; i++) {
		uint32_t priority = take_number(s, &p, 4, "a value that breaks off");

		spend(s);
		s->found(s->context, s->path, priority, take_string(s, &p));
	}
}

/* ---- searches ---- */

/* Reads the child that the byte leads to. */
static struct node read_child(struct search *s, char byte, uint32_t offset)
{
	if (s->length == INDEX_KEY_MAX - 1)
		bad("a key is too long");
	s->path[s->length++] = byte;
	return read_node(s, offset);
}

/* Tells the values of the node and of all nodes below it. The recursion is no deeper than a key is long. */
static void search_below(struct search *s, const struct node *node)
{
	if (!s->key || glob_matches(s->path, s->key))
		tell_values(s, node);
	for (uint32_t number = 0, offset; (offset = next_child(s, node, &number));) {
		struct node child;

		s->length = node->length;
		child = read_child(s, (char)(node->first + number - 1), offset);
		search_below(s, &child);
	}
}

/* The offset of the root, from the header. */
static uint32_t begin(struct search *s, struct index_file *file, index_found *found, void *context)
{
	struct span header;

	s->file = file;
	s->key = NULL;
	s->found = found;
	s->context = context;
	s->budget = file->size;
	s->length = 0;
	if (file->size < HEADER)
		bad(no_index);
	header = bytes_at(file, 0);
	if (memcmp(header.p, magic, CHECKED) != 0)
		bad(no_index);
	return be32(header.p + ROOT_AT);
}

void index_each(struct index_file *file, index_found *found, void *context)
{
	struct search s;
	uint32_t root = begin(&s, file, found, context);
	struct node node = read_node(&s, root);

	search_below(&s, &node);
}

/* Searches below the child that the wildcard leads to; `key` is what is left of the key at this node. */
static void search_wildcard(struct search *s, const struct node *node, char wildcard, const char *key)
{
	uint32_t offset = child_of(s, node, (uint8_t)wildcard);
	struct node child;

	if (!offset)
		return;
	s->key = key;
	child = read_child(s, wildcard, offset);
	search_below(s, &child);
	s->length = 0;
}

static bool is_wildcard(char c)
{
	return c == '*' || c == '?' || c == '[';
}

/* How many bytes of the node's prefix and the key are equal; when `patterns`, only up to a wildcard in the prefix. */
static size_t common_part(const char *prefix, const char *key, bool patterns)
{
	size_t n = 0;

	while (prefix[n] && prefix[n] == key[n] && !(patterns && is_wildcard(prefix[n])))
		n++;
	return n;
}

/* Follows the key down from the root; when `patterns`, tries all patterns whose first wildcard is met on the way. */
static void search(struct search *s, uint32_t offset, const char *key, bool patterns)
{
	while (offset) {
		struct node node = read_node(s, offset);
		size_t n = common_part(s->path, key, patterns);
		const char *rest = s->path + n;

		key += n;
		if (*rest) {
			s->key = key;
			node.length = (uint32_t)strlen(rest);
			memmove(s->path, rest, node.length + 1);
			if (patterns && is_wildcard(*s->path))
				search_below(s, &node);
			return;
		}
		for (const char *w = "*?["; patterns && *w; w++)
			search_wildcard(s, &node, *w, key);
		if (!*key) {
			tell_values(s, &node);
			return;
		}
		offset = child_of(s, &node, (uint8_t)*key++);
	}
}

void index_find(struct index_file *file, const char *key, index_found *found, void *context)
{
	struct search s;
	uint32_t root = begin(&s, file, found, context);

	search(&s, root, key, false);
}

void index_match(struct index_file *file, const char *key, index_found *found, void *context)
{
	struct search s;
	uint32_t root = begin(&s, file, found, context);

	search(&s, root, key, true);
}
