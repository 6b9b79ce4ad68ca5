/* index.c: the binary index, modules.*.bin, version 2.1: a radix trie of keys. All integers are big-endian.
 *
 *     magic B007F457, version 00020001, root              (12 bytes)
 *     node: [prefix bytes, NUL]                           if its offset has the flag PREFIX
 *           [first byte, last byte, a child offset each]  CHILDREN; offset 0 means no such child
 *           [count, then count times: priority, value bytes, NUL]  VALUES
 *
 * An offset keeps its node's flags in the high four bits and the place in the file in the others.
 * A node's key is its parent's, the child byte that leads to it, and its prefix; the root has no prefix.
 * Nodes stand in pre-order. With the keys ab, abc, abd, x:
 *
 *     root {a..x} -> a: "b" {c..d} "ab" -> c: "abc", d: "abd"
 *                    x: "x"
 *
 * Sorted keys need no tree in memory: a node is a run of keys that share their first bytes, and the
 * run's shortest common prefix with a neighbour tells where it branches. */
#include "depmod.h"

enum { HEADER = 12, ROOT_AT = 8, LONGEST_FILE = 0x0fffffff };
enum flag { PREFIX = 8, VALUES = 4, CHILDREN = 2 };

static const uint8_t magic[ROOT_AT] = { 0xb0, 0x07, 0xf4, 0x57, 0, 2, 0, 1 };

struct writer {
	struct text *out;
	const struct key *keys;      /* sorted */
	const struct pair *pairs;
	const uint32_t *shared;      /* of each key: how many bytes it begins with as the one before it */
};

/* Keys [from, to) whose first `depth` bytes are the same and already written. */
struct run {
	uint32_t from, to, depth;
};

static void put32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

static void add32(struct text *out, uint32_t value)
{
	uint8_t bytes[4];

	put32(bytes, value);
	text_put(out, (const char *)bytes, sizeof(bytes));
}

static uint32_t common_length(const struct key *a, const struct key *b)
{
	uint32_t length = a->length < b->length ? a->length : b->length, n = 0;

	while (n + 8 <= length && any64(a->string + n) == any64(b->string + n))
		n += 8;
	while (n < length && a->string[n] == b->string[n])
		n++;
	return n;
}

/* How many bytes all keys of the run begin with. */
static uint32_t branching_depth(const struct writer *w, struct run run)
{
	uint32_t depth;

	if (run.to - run.from == 1)
		return w->keys[run.from].length;
	depth = w->shared[run.from + 1];
	for (uint32_t i = run.from + 2; i < run.to; i++)
		if (w->shared[i] < depth)
			depth = w->shared[i];
	return depth;
}

/* The keys of the run that end at `depth`; sorted, they stand first. */
static uint32_t ending_here(const struct writer *w, struct run run, uint32_t depth)
{
	uint32_t to = run.from;

	while (to < run.to && w->keys[to].length == depth)
		to++;
	return to;
}

static void add_values(const struct writer *w, uint32_t from, uint32_t to)
{
	add32(w->out, to - from);
	for (; from < to; from++) {
		const struct pair *pair = &w->pairs[w->keys[from].item];

		add32(w->out, pair->priority);
		text_put(w->out, pair->value, pair->value_length);
		text_put(w->out, "", 1);
	}
}

static uint32_t add_node(const struct writer *w, struct run run);

static void add_children(const struct writer *w, uint32_t from, uint32_t to, uint32_t depth,
			 size_t table)
{
	uint8_t first = (uint8_t)w->keys[from].string[depth];

	while (from < to) {
		uint8_t byte = (uint8_t)w->keys[from].string[depth];
		uint32_t next = from + 1;
		uint32_t offset;

		while (next < to && w->shared[next] > depth)
			next++;
		offset = add_node(w, (struct run){ from, next, depth + 1 });
		put32((uint8_t *)w->out->start + table + 4u * (byte - first), offset);
		from = next;
	}
}

/* Writes the node and all below it; its flags and place are returned as an offset. Recursion follows the
 * branches of the trie, of which there are not more on a path than keys. */
static uint32_t add_node(const struct writer *w, struct run run)
{
	size_t at = w->out->size, table = 0;
	uint32_t depth = run.depth ? branching_depth(w, run) : 0;
	uint32_t children = ending_here(w, run, depth);
	uint32_t flags = 0;

	if (at > LONGEST_FILE)
		bad_in("index", "larger than 256 MiB");
	if (depth > run.depth) {
		flags |= PREFIX;
		text_put(w->out, w->keys[run.from].string + run.depth, depth - run.depth);
		text_put(w->out, "", 1);
	}
	if (children < run.to) {
		char first = w->keys[children].string[depth], last = w->keys[run.to - 1].string[depth];

		flags |= CHILDREN;
		text_put(w->out, &first, 1);
		text_put(w->out, &last, 1);
		table = w->out->size;
		text_zeros(w->out, 4u * (uint32_t)(last - first + 1));
	}
	if (children > run.from) {
		flags |= VALUES;
		add_values(w, run.from, children);
	}
	if (children < run.to)
		add_children(w, children, run.to, depth, table);
	return flags << 28 | (uint32_t)at;
}

void index_write(struct text *out, struct index *index)
{
	struct writer w = { out, index->keys, index->pairs, index->shared };
	uint32_t root = HEADER;

	for (uint32_t i = 0; i < index->count; i++)
		index->keys[i] = (struct key){ .string = index->pairs[i].key,
					       .length = index->pairs[i].key_length, .item = i };
	if (!index->sorted)
		sort_strings(index->keys, index->spare, index->count);
	for (uint32_t i = 1; i < index->count; i++)
		index->shared[i] = common_length(&index->keys[i - 1], &index->keys[i]);

	text_add(out, magic, sizeof(magic));
	add32(out, root);
	if (index->count)
		root = add_node(&w, (struct run){ 0, index->count, 0 });
	put32((uint8_t *)out->start + ROOT_AT, root);
}
