/* trie.c: looking up keys in a binary index. index.c, which writes indexes for depmod, draws the format. The file may
 * be damaged, so no offset is followed before it has been checked. */
#include "modprobe.h"

/* CHECKED bytes of the header say what the file is (any version 2.x); PLACE are the bits of an offset without flags. */
enum { HEADER = 12, ROOT_AT = 8, CHECKED = 6, PLACE = 0x0fffffff };
enum flag { PREFIX = 8, VALUES = 4, CHILDREN = 2 };

static const uint8_t magic[CHECKED] = { 0xb0, 0x07, 0xf4, 0x57, 0, 2 };

struct search {
	struct span file;
	const char *key; /* what patterns must match from their first wildcard on; NULL: every entry counts */
	index_found *found;
	void *context;
	size_t budget;   /* nodes and values that may still be visited: each takes a byte, so more are a circle */
	uint32_t length; /* of `path` */
	char path[INDEX_KEY_MAX]; /* key of the node; index_match(): from its first wildcard on */
};

struct node {
	const char *prefix;
	uint8_t first;                /* byte that leads to the first child */
	struct span children, values; /* children: 4 bytes of offset each; values: up to the end of the file */
	uint32_t value_count;
};

static const char *take_string(struct span *s)
{
	const char *string = string_at(*s, 0, "a string without an end");

	s->p += strlen(string) + 1;
	return string;
}

static void spend(struct search *s)
{
	if (!s->budget--)
		bad("nodes that lead in a circle");
}

static struct node read_node(struct search *s, uint32_t offset)
{
	uint32_t at = offset & PLACE, flags = offset >> 28;
	struct span rest = cut(s->file, at, 0, "a node beyond the end");
	struct node node = { .prefix = "" };

	rest.end = s->file.end;
	spend(s);
	if (flags & PREFIX)
		node.prefix = take_string(&rest);
	if (flags & CHILDREN) {
		struct span range = take(&rest, 2, "a node that breaks off");

		if (!range.p[0] || range.p[1] < range.p[0])
			bad_at("children from a later to an earlier byte", at);
		node.first = range.p[0];
		node.children = take(&rest, 4 * (uint64_t)(range.p[1] - range.p[0] + 1), "a node that breaks off");
	}
	if (flags & VALUES)
		node.value_count = be32(take(&rest, 4, "a node that breaks off").p);
	node.values = rest;
	return node;
}

/* The offset of the child that the byte leads to; 0 when there is none. */
static uint32_t child_of(const struct node *node, uint8_t byte)
{
	size_t at = 4 * (size_t)(byte - node->first);

	return byte >= node->first && at < span_size(node->children) ? be32(node->children.p + at) : 0;
}

static void tell_values(struct search *s, const struct node *node)
{
	struct span rest = node->values;

	for (uint32_t i = 0; i < node->value_count; i++) {
		uint32_t priority = be32(take(&rest, 4, "a value that breaks off").p);

		spend(s);
		s->found(s->context, s->path, priority, take_string(&rest));
	}
}

static void push(struct search *s, char byte)
{
	if (s->length == INDEX_KEY_MAX - 1)
		bad("a key is too long");
	s->path[s->length++] = byte;
	s->path[s->length] = 0;
}

/* Tells the values of the node and of all nodes below it. `prefix` is the part of the node's prefix that is not in
 * s->path yet. The recursion is no deeper than a key is long. */
static void search_below(struct search *s, const struct node *node, const char *prefix)
{
	uint32_t length = s->length;

	while (*prefix)
		push(s, *prefix++);
	if (!s->key || glob_matches(s->path, s->key))
		tell_values(s, node);
	for (size_t i = 0; i < span_size(node->children) / 4; i++) {
		uint32_t offset = be32(node->children.p + 4 * i);
		struct node child;

		if (!offset)
			continue;
		push(s, (char)(node->first + i));
		child = read_node(s, offset);
		search_below(s, &child, child.prefix);
		s->path[--s->length] = 0;
	}
	s->length = length;
	s->path[length] = 0;
}

static struct search begin(struct span file, index_found *found, void *context)
{
	if (span_size(file) < HEADER || memcmp(file.p, magic, CHECKED) != 0)
		bad("not a binary index of version 2");
	return (struct search){ .file = file, .found = found, .context = context, .budget = span_size(file) };
}

void index_each(struct span file, index_found *found, void *context)
{
	struct search s = begin(file, found, context);
	struct node root = read_node(&s, be32(file.p + ROOT_AT));

	search_below(&s, &root, root.prefix);
}

/* Searches below the child that the wildcard leads to; `key` is what is left of the key at this node. */
static void search_wildcard(struct search *s, const struct node *node, char wildcard, const char *key)
{
	uint32_t offset = child_of(node, (uint8_t)wildcard);
	struct node child;

	if (!offset)
		return;
	child = read_node(s, offset);
	s->key = key;
	push(s, wildcard);
	search_below(s, &child, child.prefix);
	s->length = 0;
}

/* How many bytes of the node's prefix and the key are equal; when `patterns`, only up to a wildcard in the prefix. */
static size_t common_part(const char *prefix, const char *key, bool patterns)
{
	size_t n = 0;

	while (prefix[n] && prefix[n] == key[n] && !(patterns && strchr("*?[", prefix[n])))
		n++;
	return n;
}

/* Follows the key down from the root; when `patterns`, tries all patterns whose first wildcard is met on the way. */
static void search(struct search *s, const char *key, bool patterns)
{
	uint32_t offset = be32(s->file.p + ROOT_AT);

	while (offset) {
		struct node node = read_node(s, offset);
		size_t n = common_part(node.prefix, key, patterns);

		key += n;
		if (patterns && node.prefix[n] && strchr("*?[", node.prefix[n])) {
			s->key = key;
			search_below(s, &node, node.prefix + n);
		}
		if (node.prefix[n])
			return;
		for (const char *w = "*?["; patterns && *w; w++)
			search_wildcard(s, &node, *w, key);
		if (!*key) {
			tell_values(s, &node);
			return;
		}
		offset = child_of(&node, (uint8_t)*key++);
	}
}

void index_find(struct span file, const char *key, index_found *found, void *context)
{
	struct search s = begin(file, found, context);

	search(&s, key, false);
}

void index_match(struct span file, const char *key, index_found *found, void *context)
{
	struct search s = begin(file, found, context);

	search(&s, key, true);
}
