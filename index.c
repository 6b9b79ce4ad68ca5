/* index.c: the binary index, modules.*.bin, version 2.1: a radix trie of keys. All integers are big-endian.
 *
 *     magic B007F457, version 00020001, root              (12 bytes)
 *     node: [prefix bytes, NUL]                           if its offset has the flag PREFIX
 *           [first byte, last byte, a child offset each]  CHILDREN; offset 0 means no such child
 *           [count, then count times: priority, value bytes, NUL]  VALUES
 *
 * An offset keeps its node's flags in the high four bits and the place in the file in the others. A node's key is its
 * parent's, the child byte that leads to it, and its prefix; the root has no prefix. Nodes stand in pre-order. With
 * the keys ab, abc, abd, x:
 *
 *     root {a..x} -> a: "b" {c..d} "ab" -> c: "abc", d: "abd"
 *                    x: "x"
 *
 * Sorted keys need no tree in memory: a node is a run of neighbouring keys that share their first bytes. Where the run
 * branches is told by its seams: how many bytes each key shares with the key before it. A seam also leads to the next
 * one that shares no more bytes, so that the branches of a run are found without a look at each of its keys. */
#include "depmod.h"

enum { HEADER = 12, ROOT_AT = 8, LONGEST_FILE = 0x0fffffff };
enum flag { PREFIX = 8, VALUES = 4, CHILDREN = 2 };

static const uint8_t magic[ROOT_AT] = { 0xb0, 0x07, 0xf4, 0x57, 0, 2, 0, 1 };

/* Stands between a key and the key before it. */
struct seam {
	uint32_t shared; /* how many bytes both keys begin with */
	uint32_t next;   /* number of the next key whose seam shares no more; else the number of keys */
};

struct writer {
	struct text *out;
	const struct key *keys; /* sorted */
	uint32_t count;
	struct seam *seams;
	const struct index_value *values;
};

static void add32(struct text *out, uint32_t value)
{
	put_be32((uint8_t *)text_room(out, 4), value);
}

static void add_string(struct text *out, const char *string, size_t length)
{
	char *room = text_room(out, length + 1);

	copy_bytes(room, string, length);
	room[length] = 0;
}

/* How many bytes all keys of the run [from, to), two or more, begin with. */
static uint32_t branching_depth(const struct writer *w, uint32_t from, uint32_t to)
{
	uint32_t at = from + 1;

	while (w->seams[at].next < to)
		at = w->seams[at].next;
	return w->seams[at].shared;
}

/* Where the keys of the run that end at `depth` come to an end; sorted, they stand first. */
static uint32_t ending_here(const struct writer *w, uint32_t from, uint32_t to, uint32_t depth)
{
	while (from < to && w->keys[from].length == depth)
		from++;
	return from;
}

static size_t value_size(const struct index_value *value)
{
	return sizeof(uint32_t) + value->length + 1;
}

static void put_value(char *room, const struct index_value *value)
{
	put_be32((uint8_t *)room, value->priority);
	copy_bytes(room + sizeof(uint32_t), value->string, value->length);
	room[sizeof(uint32_t) + value->length] = 0;
}

/* Most nodes are of one key: its end, and its value. */
static uint32_t add_leaf(const struct writer *w, const struct key *key, uint32_t depth)
{
	const struct index_value *value = &w->values[key->item];
	uint32_t at = (uint32_t)w->out->size, length = key->length - depth, flags = VALUES;
	char *room = text_room(w->out, (size_t)length + (length > 0) + sizeof(uint32_t) + value_size(value));

	if (length) {
		flags |= PREFIX;
		copy_bytes(room, key->string + depth, length);
		room += length;
		*room++ = 0;
	}
	put_be32((uint8_t *)room, 1);
	put_value(room + sizeof(uint32_t), value);
	return flags << 28 | at;
}

static void add_values(const struct writer *w, uint32_t from, uint32_t to)
{
	add32(w->out, to - from);
	for (; from < to; from++) {
		const struct index_value *value = &w->values[w->keys[from].item];

		put_value(text_room(w->out, value_size(value)), value);
	}
}

static uint32_t add_node(const struct writer *w, uint32_t from, uint32_t to, uint32_t depth);

static void add_children(const struct writer *w, uint32_t from, uint32_t to, uint32_t depth, size_t table)
{
	uint8_t first = (uint8_t)w->keys[from].string[depth];

	while (from < to) {
		uint8_t byte = (uint8_t)w->keys[from].string[depth];
		uint32_t next = from + 1;
		uint32_t offset;

		while (next < to && w->seams[next].shared > depth)
			next = w->seams[next].next;
		offset = add_node(w, from, next, depth + 1);
		put_be32((uint8_t *)w->out->start + table + 4 * (size_t)(byte - first), offset);
		from = next;
	}
}

/* Returns the place of the offsets, which are 0 still. */
static size_t add_table(struct text *out, char first, char last)
{
	size_t size = 4 * (size_t)(last - first + 1);
	char *room = text_room(out, 2 + size);

	*room++ = first;
	*room++ = last;
	memset(room, 0, size);
	return (size_t)(room - out->start);
}

/* The node of a run of keys whose first `written` bytes are the same and already written. */
static uint32_t add_branch(const struct writer *w, uint32_t from, uint32_t to, uint32_t written)
{
	size_t at = w->out->size, table = 0;
	uint32_t depth = written ? branching_depth(w, from, to) : 0;
	uint32_t children = ending_here(w, from, to, depth);
	uint32_t flags = 0;

	if (depth > written) {
		flags |= PREFIX;
		add_string(w->out, w->keys[from].string + written, depth - written);
	}
	if (children < to) {
		flags |= CHILDREN;
		table = add_table(w->out, w->keys[children].string[depth], w->keys[to - 1].string[depth]);
	}
	if (children > from) {
		flags |= VALUES;
		add_values(w, from, children);
	}
	if (children < to)
		add_children(w, children, to, depth, table);
	return flags << 28 | (uint32_t)at;
}

/* Writes the node and all below it; its flags and place are returned as an offset. Recursion follows the
 * branches of the trie, of which there are not more on a path than keys. */
static uint32_t add_node(const struct writer *w, uint32_t from, uint32_t to, uint32_t depth)
{
	if (w->out->size > LONGEST_FILE)
		bad_in("index", "larger than 256 MiB");
	return to - from == 1 ? add_leaf(w, &w->keys[from], depth) : add_branch(w, from, to, depth);
}

/* Fills in the seams from the last to the first: the links of those behind skip all that share more bytes. */
static void note_seams(const struct writer *w)
{
	for (uint32_t i = w->count; i-- > 1;) {
		struct seam *seam = &w->seams[i];

		seam->shared = (uint32_t)w->keys[i].chunk;
		seam->next = i + 1;
		while (seam->next < w->count && w->seams[seam->next].shared > seam->shared)
			seam->next = w->seams[seam->next].next;
	}
}

_Static_assert(sizeof(struct seam) <= sizeof(struct key), "where keys were sorted there is room for seams");

void index_write(struct text *out, const struct index *index)
{
	struct writer w = { out, index->keys, index->count, index->spare, index->values };
	uint32_t root = HEADER;

	if (!index->sorted)
		sort_strings(index->keys, index->spare, index->count);
	note_seams(&w);

	text_add(out, magic, sizeof(magic));
	add32(out, root);
	if (index->count)
		root = add_branch(&w, 0, index->count, 0);
	put_be32((uint8_t *)out->start + ROOT_AT, root);
}
