/* trie.c: looking up keys in a binary index. index.c, which writes indexes for depmod, draws the format. Of the file only
 * those pieces are read that the nodes on the way to the key stand in: one of a distribution's indexes has a megabyte,
 * and a question needs ten kilobytes. Each goes to its own place in memory that all of the file has room in, which costs
 * nothing where no piece goes. The file may be damaged, so no offset is followed before it has been checked. */
#include "modprobe.h"

/* CHECKED bytes of the header say what the file is (any version 2.x); PLACE are the bits of an offset without flags. */
enum { HEADER = 12, ROOT_AT = 8, CHECKED = 6, PLACE = 0x0fffffff };
enum { PAGE = 4096 };
enum flag { PREFIX = 8, VALUES = 4, CHILDREN = 2 };

static const uint8_t magic[CHECKED] = { 0xb0, 0x07, 0xf4, 0x57, 0, 2 };
static const char no_index[] = "not a binary index of version 2";

struct search {
	struct index_file *file;
	const char *key; /* what patterns must match from their first wildcard on; NULL: every entry counts */
	index_found *found;
	void *context;
	size_t budget;   /* nodes and values that may still be visited: each takes a byte, so more are a circle */
	uint32_t length; /* of the key in `path` without the prefix of its node */
	char path[INDEX_KEY_MAX + 1]; /* key of the node; of a pattern, from its first wildcard on */
};

struct node {
	const uint8_t *children; /* 4 bytes of offset each */
	size_t values;           /* their offset */
	uint32_t child_count, value_count;
	uint32_t length; /* of its key with its prefix, which stand in s->path */
	uint8_t first;   /* byte that leads to the first child */
};

/* ---- bytes of the file ---- */

/* Reads bytes into their place. The file may become shorter, and the disk may fail, at any time. */
static void read_bytes(const struct index_file *file, size_t from, size_t size)
{
	if (read_at(file->fd, file->bytes + from, size, from) < size)
		bad("the file has become shorter");
}

/* Reads the piece that the offset is in, unless that has been done. Returns the offset of its end. */
static size_t read_piece(struct index_file *file, size_t at)
{
	size_t number = at / INDEX_PIECE, start = number * INDEX_PIECE, left = file->size - start;
	size_t size = left < INDEX_PIECE ? left : INDEX_PIECE;

	if (!file->read[number]) {
		read_bytes(file, start, size);
		file->read[number] = true;
	}
	return start + size;
}

/* The bytes at the offset, which is not beyond the end; bad(why) when the file has not so many there. */
static const uint8_t *bytes_at(const struct search *s, size_t at, size_t size, const char *why)
{
	struct index_file *file = s->file;

	if (size > file->size - at)
		bad(why);
	for (size_t known = file->whole ? SIZE_MAX : at; known < at + size;)
		known = read_piece(file, known);
	return file->bytes + at;
}

/* The string at the offset, without its NUL. *at becomes that of what stands behind it. */
static struct span take_string(const struct search *s, size_t *at)
{
	struct index_file *file = s->file;
	const uint8_t *start = file->bytes + *at;
	struct span part;

	do {
		size_t end = file->whole ? file->size : read_piece(file, *at);
		struct span rest = { file->bytes + *at, file->bytes + end };

		if (!next_string(&rest, &part))
			bad("a string without an end");
		*at = (size_t)(rest.p - file->bytes);
	} while (part.end == file->bytes + *at);
	return (struct span){ start, part.end };
}

/* ---- nodes ---- */

static void spend(struct search *s)
{
	if (!s->budget--)
		bad("nodes that lead in a circle");
}

/* Puts the prefix behind the key in s->path. Returns the length of both. */
static uint32_t take_prefix(struct search *s, size_t *at)
{
	struct span prefix = take_string(s, at);

	if (span_size(prefix) >= INDEX_KEY_MAX - s->length)
		bad("a key is too long");
	copy_bytes(s->path + s->length, (const char *)prefix.p, span_size(prefix) + 1);
	return s->length + (uint32_t)span_size(prefix);
}

/* Members of a node are set one by one: to clear all of them first takes longer. */
static void read_node(struct search *s, uint32_t offset, struct node *node)
{
	static const char breaks_off[] = "a node that breaks off";
	uint32_t flags = offset >> 28;
	size_t at = offset & PLACE;

	if (at > s->file->size)
		bad_at("a node beyond the end", at);
	spend(s);
	s->path[s->length] = 0;
	node->length = flags & PREFIX ? take_prefix(s, &at) : s->length;
	node->first = 0;
	node->child_count = 0;
	node->value_count = 0;
	if (flags & CHILDREN) {
		const uint8_t *range = bytes_at(s, at, 2, breaks_off);

		node->first = range[0];
		if (!range[0] || range[1] < range[0])
			bad_at("children from a later to an earlier byte", offset & PLACE);
		node->child_count = range[1] - range[0] + 1u;
		node->children = bytes_at(s, at + 2, 4 * (size_t)node->child_count, breaks_off);
		at += 2 + 4 * (size_t)node->child_count;
	}
	if (flags & VALUES) {
		node->value_count = be32(bytes_at(s, at, 4, breaks_off));
		at += 4;
	}
	node->values = at;
}

/* The offset of the child that the byte leads to; 0 when there is none. Where there are children, .children is set. */
static uint32_t child_of(const struct node *node, uint8_t byte)
{
	uint32_t number = (uint32_t)byte - node->first;

	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	return number < node->child_count ? be32(node->children + 4 * (size_t)number) : 0;
}

static void tell_values(struct search *s, const struct node *node)
{
	struct span key = span_of(s->path, node->length);
	size_t at = node->values;

	for (uint32_t i = 0; i < node->value_count; i++) {
		uint32_t priority = be32(bytes_at(s, at, 4, "a value that breaks off"));

		at += 4;
		spend(s);
		s->found(s->context, key, priority, take_string(s, &at));
	}
}

/* ---- searches ---- */

/* Reads the child that the byte leads to. */
static void read_child(struct search *s, char byte, uint32_t offset, struct node *node)
{
	if (s->length == INDEX_KEY_MAX - 1)
		bad("a key is too long");
	s->path[s->length++] = byte;
	read_node(s, offset, node);
}

/* Whether a longer pattern that begins like that of the node may match the key. Of brackets and of what a backslash
 * protects, the node may have a part only. */
static bool may_match_below(struct search *s, const struct node *node)
{
	if (strchr(s->path, '[') || strchr(s->path, '\\'))
		return true;
	memcpy(s->path + node->length, "*", 2);
	return glob_matches(s->path, s->key);
}

/* Tells the values of the node and of all nodes below it. The recursion is no deeper than a key is long. */
static void search_below(struct search *s, const struct node *node)
{
	if (node->value_count && (!s->key || glob_matches(s->path, s->key)))
		tell_values(s, node);
	if (!node->child_count || (s->key && !may_match_below(s, node)))
		return;
	for (uint32_t i = 0; i < node->child_count; i++) {
		uint32_t offset = be32(node->children + 4 * (size_t)i);
		struct node child;

		if (!offset)
			continue;
		s->length = node->length;
		read_child(s, (char)(node->first + i), offset, &child);
		search_below(s, &child);
	}
}

/* Reads the root. Members of *s are set one by one, too. */
static void begin(struct search *s, struct index_file *file, index_found *found, void *context, struct node *root)
{
	const uint8_t *header;

	s->file = file;
	s->key = NULL;
	s->found = found;
	s->context = context;
	s->budget = file->size;
	s->length = 0;
	header = bytes_at(s, 0, HEADER, no_index);
	if (memcmp(header, magic, CHECKED) != 0)
		bad(no_index);
	read_node(s, be32(header + ROOT_AT), root);
}

void index_open(struct index_file *file, struct arena *memory, int fd, size_t size)
{
	size_t pieces = size / INDEX_PIECE + 1;

	*file = (struct index_file){ .fd = fd, .size = size };
	file->read = arena_take(memory, pieces, sizeof(*file->read), 1);
	memset(file->read, 0, pieces);
	file->bytes = arena_take(memory, size, 1, PAGE);
}

void index_each(struct index_file *file, index_found *found, void *context)
{
	struct search s;
	struct node root;

	read_bytes(file, 0, file->size);
	file->whole = true;
	begin(&s, file, found, context, &root);
	search_below(&s, &root);
}

/* Searches below the child that the wildcard leads to; `key` is what is left of the key at this node. */
static void search_wildcard(struct search *s, const struct node *node, char wildcard, const char *key)
{
	uint32_t offset = child_of(node, (uint8_t)wildcard);
	struct node child;

	if (!offset)
		return;
	s->key = key;
	read_child(s, wildcard, offset, &child);
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

void index_find(struct index_file *file, const char *key, bool patterns, index_found *found, void *context)
{
	struct search s;
	struct node node;

	for (begin(&s, file, found, context, &node);; key++) {
		size_t n = common_part(s.path, key, patterns);
		const char *rest = s.path + n;
		uint32_t offset;

		key += n;
		if (*rest) {
			s.key = key;
			node.length = (uint32_t)strlen(rest);
			memmove(s.path, rest, node.length + 1);
			if (patterns && is_wildcard(*s.path))
				search_below(&s, &node);
			return;
		}
		for (const char *w = "*?["; patterns && *w; w++)
			search_wildcard(&s, &node, *w, key);
		if (!*key) {
			tell_values(&s, &node);
			return;
		}
		offset = child_of(&node, (uint8_t)*key);
		if (!offset)
			return;
		read_node(&s, offset, &node);
	}
}
