/* index.c and modprobe/trie.c: an index is read back by a reader that trusts no offset, and byte for byte where they are known. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../modprobe/modprobe.h"

static uint64_t random_state = 1;

static unsigned below(unsigned limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % limit;
}

/* ---- writing ------------------------------------------------------------------------------ */

enum { ROOM = 16 << 20 };

struct pair {
	const char *key, *value;
	uint32_t key_length, value_length, priority;
};

struct written {
	struct text text;
	struct index index;
	struct index_value *values;
	struct fault fault;
};

static void write_it(void *argument)
{
	struct written *w = argument;

	index_write(&w->text, &w->index);
}

/* Room for keys has the exact size. */
static bool write_index(struct written *w, const struct pair *pairs, uint32_t n, size_t room)
{
	*w = (struct written){ .text = { .start = malloc(room), .capacity = room, .fd = -1 } };
	w->values = malloc(n * sizeof(*w->values) + !n);
	w->index = (struct index){
		.keys = malloc(n * sizeof(struct key) + !n), .count = n,
		.spare = malloc(n * sizeof(struct key) + !n), .values = w->values,
	};
	for (uint32_t i = 0; i < n; i++) {
		w->index.keys[i] = (struct key){ .string = pairs[i].key, .length = pairs[i].key_length, .item = i };
		w->values[i] = (struct index_value){ pairs[i].value, pairs[i].value_length, pairs[i].priority };
	}
	return attempt(write_it, w, &w->fault);
}

static void free_index(struct written *w)
{
	free(w->text.start);
	free(w->index.keys);
	free(w->index.spare);
	free(w->values);
}

/* ---- reading ------------------------------------------------------------------------------ */

enum { PREFIX = 8, VALUES = 4, CHILDREN = 2 };

struct reader {
	const uint8_t *bytes;
	size_t size, at;
	char *key;                  /* the path to where the reader is */
	size_t depth, deepest;
	struct pair *found;
	uint32_t count, room, nodes;
};

static uint8_t read_byte(struct reader *r)
{
	assert_true(r->at < r->size);
	return r->bytes[r->at++];
}

static uint32_t read_number(struct reader *r)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 8 | read_byte(r);
	return value;
}

static void push(struct reader *r, uint8_t byte)
{
	assert_in_range(byte, 1, 127);
	assert_true(r->depth < r->deepest);
	r->key[r->depth++] = (char)byte;
}

static void read_prefix(struct reader *r)
{
	uint8_t byte;

	assert_true(r->depth > 0);
	assert_int_not_equal(r->bytes[r->at], 0);
	while ((byte = read_byte(r)))
		push(r, byte);
}

static char *copy(const void *bytes, size_t size)
{
	char *string = malloc(size + 1);

	memcpy(string, bytes, size);
	string[size] = '\0';
	return string;
}

static void read_values(struct reader *r)
{
	uint32_t count = read_number(r);

	assert_true(count > 0);
	while (count--) {
		struct pair *pair = &r->found[r->count++];
		size_t start;

		assert_true(r->count <= r->room);
		pair->priority = read_number(r);
		start = r->at;
		while (read_byte(r))
			;
		pair->value_length = (uint32_t)(r->at - start - 1);
		pair->value = copy(r->bytes + start, pair->value_length);
		pair->key = copy(r->key, r->depth);
	}
}

static void read_node(struct reader *r, uint32_t offset);

/* The table is not wider than it must be, and not empty. */
static void read_children(struct reader *r, size_t table, uint8_t first, uint8_t last)
{
	for (unsigned byte = first; byte <= last; byte++) {
		struct reader entry = *r;
		uint32_t offset;

		entry.at = table + 4 * (byte - first);
		offset = read_number(&entry);
		if (!offset) {
			assert_true(byte != first && byte != last);
			continue;
		}
		push(r, (uint8_t)byte);
		read_node(r, offset);
		r->depth--;
	}
}

/* The node must stand where the one before it ended: that is pre-order, and without gaps. */
static void read_node(struct reader *r, uint32_t offset)
{
	uint32_t flags = offset >> 28;
	size_t depth = r->depth, table = 0;
	uint8_t first = 1, last = 0;

	r->nodes++;
	assert_int_equal(flags & 1, 0);
	assert_true(flags & (VALUES | CHILDREN));
	assert_int_equal(offset & 0x0fffffff, r->at);
	if (flags & PREFIX)
		read_prefix(r);
	if (flags & CHILDREN) {
		first = read_byte(r);
		last = read_byte(r);
		assert_in_range(first, 1, last);
		assert_in_range(last, first, 127);
		assert_true(depth == 0 || (flags & VALUES) || last > first);
		table = r->at;
		r->at += 4u * (last - first + 1u);
	}
	if (flags & VALUES)
		read_values(r);
	if (flags & CHILDREN)
		read_children(r, table, first, last);
	r->depth = depth;
}

static void read_index(struct reader *r, const struct text *text, uint32_t room, size_t deepest)
{
	uint32_t root;

	*r = (struct reader){ .bytes = (const uint8_t *)text->start, .size = text->size,
			      .room = room };
	r->found = malloc((room + 1) * sizeof(*r->found));
	r->key = malloc(deepest + 1);
	r->deepest = deepest;
	assert_true(read_number(r) == 0xb007f457);
	assert_int_equal(read_number(r), 0x00020001);
	root = read_number(r);
	if (root != 12)
		read_node(r, root);
	assert_int_equal(r->at, r->size);
}

static void free_reader(struct reader *r)
{
	for (uint32_t i = 0; i < r->count; i++) {
		free((void *)(uintptr_t)r->found[i].key);
		free((void *)(uintptr_t)r->found[i].value);
	}
	free(r->found);
	free(r->key);
}

/* ---- both --------------------------------------------------------------------------------- */

static const struct pair *base;

/* By key, then as they came. */
static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(base[x].key, base[y].key);

	return order ? order : (x > y) - (x < y);
}

static uint32_t *sorted(const struct pair *pairs, uint32_t n)
{
	uint32_t *order = malloc(n * sizeof(*order) + !n);

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	base = pairs;
	if (n)
		qsort(order, n, sizeof(*order), compare);
	return order;
}

static void check_pair(const struct pair *found, const struct pair *expected)
{
	assert_string_equal(found->key, expected->key);
	assert_int_equal(found->priority, expected->priority);
	assert_int_equal(found->value_length, expected->value_length);
	assert_memory_equal(found->value, expected->value, expected->value_length);
}

static size_t longest_key(const struct pair *pairs, uint32_t n)
{
	size_t longest = 0;

	for (uint32_t i = 0; i < n; i++)
		if (strlen(pairs[i].key) > longest)
			longest = strlen(pairs[i].key);
	return longest;
}

/* Returns how many nodes there are. */
static uint32_t round_trip(const struct pair *pairs, uint32_t n)
{
	struct written w;
	struct reader r;
	uint32_t *order = sorted(pairs, n);

	assert_true(write_index(&w, pairs, n, ROOM));
	read_index(&r, &w.text, n, longest_key(pairs, n));
	assert_int_equal(r.count, n);
	for (uint32_t i = 0; i < n; i++) {
		check_pair(&r.found[i], &pairs[order[i]]);
		assert_int_equal(w.index.keys[i].item, order[i]);
	}
	free_reader(&r);
	free_index(&w);
	free(order);
	return r.nodes;
}

static void check_bytes(const struct pair *pairs, uint32_t n, const char *hex)
{
	struct written w;
	size_t size = 0;

	assert_true(write_index(&w, pairs, n, ROOM));
	for (; *hex; hex += 2) {
		char digits[3] = { hex[0], hex[1], '\0' };

		assert_true(size < w.text.size);
		if ((uint8_t)w.text.start[size] != strtoul(digits, NULL, 16))
			fail_msg("byte %zu is %02x, not %s", size, (uint8_t)w.text.start[size],
				 digits);
		size++;
	}
	assert_int_equal(w.text.size, size);
	free_index(&w);
}

#define PAIR(key, value, priority) \
	{ key, value, sizeof(key) - 1, sizeof(value) - 1, priority }

/* ---- known bytes -------------------------------------------------------------------------- */

static void no_keys_make_the_header_alone(void **state)
{
	(void)state;
	check_bytes(NULL, 0, "b007f457" "00020001" "0000000c");
}

/* The example of index.c's comment, in another order; keys are values, places priorities. */
static void the_example_of_the_source(void **state)
{
	static const struct pair pairs[] = {
		PAIR("x", "x", 3), PAIR("abd", "abd", 2), PAIR("ab", "ab", 0),
		PAIR("abc", "abc", 1),
	};

	(void)state;
	check_bytes(pairs, COUNT_OF(pairs),
		    "b007f457" "00020001" "2000000c"
		    /* 12: a to x, the children at 110 and 157, none between */
		    "61" "78" "e000006e"
		    "00000000" "00000000" "00000000" "00000000" "00000000" "00000000" "00000000"
		    "00000000" "00000000" "00000000" "00000000" "00000000" "00000000" "00000000"
		    "00000000" "00000000" "00000000" "00000000" "00000000" "00000000" "00000000"
		    "00000000" "4000009d"
		    /* 110: a, prefix b: c to d, the children at 133 and 145; one value, ab */
		    "6200" "63" "64" "40000085" "40000091" "00000001" "00000000" "616200"
		    /* 133: abc */
		    "00000001" "00000001" "61626300"
		    /* 145: abd */
		    "00000001" "00000002" "61626400"
		    /* 157: x */
		    "00000001" "00000003" "7800");
}

static void five_keys_by_hand(void **state)
{
	static const struct pair pairs[] = {
		PAIR("", "root", 1), PAIR("kvm_amd", "late", 0x01020304),
		PAIR("kvm", "v", UINT32_MAX),
		PAIR("kvm", "", 7), PAIR("kvm_intel", "i", 0),
	};

	(void)state;
	check_bytes(pairs, COUNT_OF(pairs),
		    "b007f457" "00020001" "6000000c"
		    /* 12: k alone, at 31; one value */
		    "6b" "6b" "e000001f" "00000001" "00000001" "726f6f7400"
		    /* 31: k, prefix vm: _ alone, at 55; two values */
		    "766d00" "5f" "5f" "20000037" "00000002" "ffffffff" "7600" "00000007" "00"
		    /* 55: kvm_, a to i */
		    "61" "69" "c000005d"
		    "00000000" "00000000" "00000000" "00000000" "00000000" "00000000" "00000000"
		    "c000006d"
		    /* 93: kvm_a, prefix md */
		    "6d6400" "00000001" "01020304" "6c61746500"
		    /* 109: kvm_i, prefix ntel */
		    "6e74656c00" "00000001" "00000000" "6900");
}

static void one_key_is_one_child_and_a_prefix(void **state)
{
	static const struct pair pair = PAIR("fs-ext4", "ext4", 5);

	(void)state;
	check_bytes(&pair, 1, "b007f457" "00020001" "2000000c" "66" "66" "c0000012"
		    "732d6578743400" "00000001" "00000005" "6578743400");
}

static void an_empty_key_is_a_root_with_values(void **state)
{
	static const struct pair pair = PAIR("", "v", 2);

	(void)state;
	check_bytes(&pair, 1, "b007f457" "00020001" "4000000c" "00000001" "00000002" "7600");
}

/* ---- round trips -------------------------------------------------------------------------- */

static void keys_that_begin_others(void **state)
{
	static const struct pair pairs[] = {
		PAIR("abcdef", "6", 6), PAIR("abc", "3", 3), PAIR("a", "1", 1),
		PAIR("abcd", "4", 4),
		PAIR("", "0", 0), PAIR("ab", "2", 2), PAIR("abcde", "5", 5), PAIR("abx", "x", 7),
	};

	(void)state;
	assert_int_equal(round_trip(pairs, COUNT_OF(pairs)), COUNT_OF(pairs));
	assert_int_equal(round_trip(pairs, 3), 4);
}

static void values_of_one_key_keep_their_order(void **state)
{
	static const struct pair pairs[] = {
		PAIR("a", "second", 9), PAIR("b", "x", 0), PAIR("a", "first", 1),
		PAIR("a", "second", 9),
		PAIR("", "x", 1), PAIR("a", "", 0), PAIR("", "w", 1), PAIR("b", "x", 0),
	};

	(void)state;
	assert_int_equal(round_trip(pairs, COUNT_OF(pairs)), 3);
}

static void every_byte_that_a_key_may_hold(void **state)
{
	static struct pair pairs[127 * 2];
	static char keys[127][2];

	(void)state;
	for (uint32_t i = 0; i < 127; i++) {
		keys[i][0] = (char)(127 - i);
		pairs[2 * i] = (struct pair){ keys[i], "one", 1, 3, i };
		pairs[2 * i + 1] = (struct pair){ keys[i], "other", 1, 5, i };
	}
	assert_int_equal(round_trip(pairs, COUNT_OF(pairs)), 128);
	for (uint32_t n = 0; n < COUNT_OF(pairs); n++)
		round_trip(pairs, n);
}

static void values_may_hold_any_byte_but_nul(void **state)
{
	static const struct pair pairs[] = {
		PAIR("a", "\xff\x80\x01 \n", 0), PAIR("b", "", UINT32_MAX),
	};

	(void)state;
	assert_int_equal(round_trip(pairs, COUNT_OF(pairs)), 3);
}

static void random_pairs(uint32_t n, unsigned longest, unsigned first, unsigned alphabet)
{
	struct pair *pairs = malloc(n * sizeof(*pairs));
	char *bytes = malloc(n * (longest + 2u)), *key = bytes;

	for (uint32_t i = 0; i < n; i++) {
		unsigned length = below(longest + 1);

		pairs[i] = (struct pair){ key, "value", length, below(6), below(UINT32_MAX) };
		pairs[i].value = &"value"[5 - pairs[i].value_length];
		while (length--)
			*key++ = (char)(first + below(alphabet));
		*key++ = '\0';
	}
	round_trip(pairs, n);
	free(pairs);
	free(bytes);
}

static void ten_thousand_random_keys(void **state)
{
	(void)state;
	random_pairs(10000, 40, 1, 127);
	random_pairs(10000, 40, 'a', 2);
	random_pairs(10000, 10, 'a', 3);
	random_pairs(10000, 3, 1, 127);
	random_pairs(10000, 500, 'a', 1);
	for (uint32_t n = 1; n < 300; n++)
		random_pairs(n, 1 + n % 7, 'a', 1 + n % 3);
}

/* Each key begins the next: as deep as an index can be. */
static void a_path_of_four_thousand_nodes(void **state)
{
	enum { DEPTH = 4000 };
	static struct pair pairs[DEPTH];
	static char longest[DEPTH + 1];

	(void)state;
	memset(longest, 'a', DEPTH);
	for (uint32_t i = 0; i < DEPTH; i++)
		pairs[i] = (struct pair){ longest + i, "v", (uint32_t)strlen(longest + i), 1, i };
	assert_int_equal(round_trip(pairs, DEPTH), DEPTH + 1);
}

static void no_room_is_a_reason(void **state)
{
	static const struct pair pairs[] = { PAIR("a", "value", 1), PAIR("ab", "value", 2) };
	struct written w;
	size_t whole;

	(void)state;
	assert_true(write_index(&w, pairs, 2, ROOM));
	whole = w.text.size;
	free_index(&w);
	for (size_t room = 0; room <= whole; room++) {
		assert_int_equal(write_index(&w, pairs, 2, room), room == whole);
		if (room < whole)
			assert_string_equal(w.fault.why, "grows too large");
		free_index(&w);
	}
}

/* 128 values of 2 MiB, then one node more. */
static void an_offset_beyond_28_bits_is_a_reason(void **state)
{
	enum { LENGTH = (2 << 20) + 1, COUNT = 129 };
	static struct pair pairs[COUNT];
	char *value = malloc(LENGTH);
	struct written w;

	(void)state;
	memset(value, 'v', LENGTH);
	for (uint32_t i = 0; i < COUNT; i++)
		pairs[i] = (struct pair){ i == COUNT - 1 ? "b" : "a", value, 1, LENGTH, i };
	assert_false(write_index(&w, pairs, COUNT, (size_t)300 << 20));
	assert_string_equal(w.fault.what, "index");
	assert_string_equal(w.fault.why, "larger than 256 MiB");
	free_index(&w);
	assert_true(write_index(&w, pairs, COUNT - 1, (size_t)300 << 20));
	free_index(&w);
	free(value);
}

/* ---- the program's own reader ------------------------------------------------------------- */

/* An index, a question, and what is found: how often, and a sum that does not depend on the order. */
struct question {
	struct index_file *file;
	const char *key;            /* NULL: everything */
	bool patterns;
	uint32_t count;
	uint64_t sum;
};

static uint64_t hash_string(uint64_t hash, const char *string)
{
	do
		hash = (hash ^ (uint8_t)*string) * 0x100000001b3;
	while (*string++);
	return hash;
}

static uint64_t hash_entry(const char *key, uint32_t priority, const char *value)
{
	uint64_t hash = hash_string(hash_string(priority * UINT64_C(0x9e3779b97f4a7c15), value), key);

	return hash ^ hash >> 29;
}

/* Only where all is asked for does each come with its key. */
static void note(void *context, struct span key, uint32_t priority, struct span value)
{
	struct question *q = context;

	assert_int_equal(*value.end, 0);
	assert_int_equal(strlen((const char *)value.p), span_size(value));
	if (!q->key)
		assert_int_equal(strlen((const char *)key.p), span_size(key));
	q->count++;
	q->sum += hash_entry(q->key ? "" : (const char *)key.p, priority, (const char *)value.p);
}

/* As if nothing of the file had been read; other bytes stand in its place. */
static void forget(struct index_file *file)
{
	memset(file->bytes, 0xa5, file->size);
	memset(file->read, 0, file->size / INDEX_PIECE + 1);
	file->whole = false;
}

static void ask(void *context)
{
	struct question *q = context;

	if (q->file->whole)
		forget(q->file);
	if (!q->key)
		index_each(q->file, note, q);
	else
		index_find(q->file, q->key, q->patterns, note, q);
}

/* What is right, by a look at each of the pairs. */
static void check_answer(struct index_file *file, const struct pair *pairs, uint32_t n, const char *key, bool patterns)
{
	struct question q = { .file = file, .key = key, .patterns = patterns };
	struct fault fault;
	uint32_t count = 0;
	uint64_t sum = 0;

	assert_true(attempt(ask, &q, &fault));
	for (uint32_t i = 0; i < n; i++) {
		char *value;

		if (key && !(patterns ? glob_matches(pairs[i].key, key) : strcmp(pairs[i].key, key) == 0))
			continue;
		value = copy(pairs[i].value, pairs[i].value_length);
		count++;
		sum += hash_entry(key ? "" : pairs[i].key, pairs[i].priority, value);
		free(value);
	}
	if (q.count != count)
		fail_msg("%u found for %s, not %u", q.count, key ? key : "all", count);
	assert_true(q.sum == sum);
}

/* A file in memory. One at a time. */
static struct index_file *file_of(const void *bytes, size_t size)
{
	static struct index_file file;
	static struct arena memory;

	if (!memory.start)
		arena_reserve(&memory, "memory", 4 << 20, false);
	memory.used = 0;
	index_open(&file, &memory, memfd_create("index", 0), size);
	forget(&file);
	assert_true(file.fd >= 0);
	assert_int_equal(write(file.fd, bytes, size), size);
	return &file;
}

static struct index_file *written_index(const struct pair *pairs, uint32_t n)
{
	struct index_file *file;
	struct written w;

	assert_true(write_index(&w, pairs, n, ROOM));
	file = file_of(w.text.start, w.text.size);
	free_index(&w);
	return file;
}

static void what_is_found(void **state)
{
	static const struct pair pairs[] = {
		PAIR("", "root", 1), PAIR("kvm", "a", 2), PAIR("kvm", "b", 1), PAIR("kvm_amd", "c", 0),
		PAIR("kvm_intel", "d", 0), PAIR("pci:v1*d*", "e", 5), PAIR("pci:v1*", "f", 4),
		PAIR("pci:v[0-9]d7", "g", 3), PAIR("pci:v1d7", "h", 9), PAIR("*", "i", 8), PAIR("pci:v?d7", "j", 7),
		PAIR("pci:v1d7*", "k", 6), PAIR("pci:v2*", "l", 6), PAIR("?vm", "m", 6), PAIR("[j-l]v*", "n", 1),
		PAIR("kv*_amd", "o", 1), PAIR("\x01\x7f", "p", 1), PAIR("pci:v1d7\x01", "q", 1), PAIR("x*b", "r", 1),
	};
	static const char *const questions[] = {
		"", "k", "kv", "kvm", "kvm_", "kvm_amd", "kvm_amd2", "pci:v1d7", "pci:v1d8", "pci:v", "x", "\x01\x7f",
		"\x01", "\xff", "kvm\xff", "pci:v1", "pci:v12d7", "pci:v3d7", "lv", "x*ab",
	};
	struct index_file *file = written_index(pairs, COUNT_OF(pairs));

	(void)state;
	check_answer(file, pairs, COUNT_OF(pairs), NULL, false);
	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		check_answer(file, pairs, COUNT_OF(pairs), questions[i], false);
		check_answer(file, pairs, COUNT_OF(pairs), questions[i], true);
	}
	close(file->fd);
}

static void nothing_is_found_where_nothing_is(void **state)
{
	struct index_file *file = written_index(NULL, 0);

	(void)state;
	check_answer(file, NULL, 0, NULL, false);
	check_answer(file, NULL, 0, "", false);
	check_answer(file, NULL, 0, "", true);
	check_answer(file, NULL, 0, "a", true);
	close(file->fd);
}

/* Patterns and questions of few letters, so that they meet. */
static void ask_at_random(uint32_t n, unsigned longest, const char *letters)
{
	struct pair *pairs = malloc(n * sizeof(*pairs));
	char *bytes = malloc(n * (longest + 1u)), *key = bytes, asked[32];
	struct index_file *file;

	for (uint32_t i = 0; i < n; i++) {
		unsigned length = below(longest + 1);

		pairs[i] = (struct pair){ key, &"value"[below(5)], length, 0, below(9) };
		pairs[i].value_length = (uint32_t)strlen(pairs[i].value);
		while (length--)
			*key++ = letters[below((unsigned)strlen(letters))];
		*key++ = '\0';
	}
	file = written_index(pairs, n);
	check_answer(file, pairs, n, NULL, false);
	for (unsigned i = 0; i < 100; i++) {
		unsigned length = below(longest + 2);

		for (unsigned j = 0; j < length; j++)
			asked[j] = "ab-"[below(3)];
		asked[length] = '\0';
		check_answer(file, pairs, n, asked, true);
		check_answer(file, pairs, n, asked, false);
		check_answer(file, pairs, n, pairs[below(n)].key, false);
	}
	close(file->fd);
	free(pairs);
	free(bytes);
}

static void random_questions(void **state)
{
	(void)state;
	for (uint32_t n = 1; n < 60; n++) {
		ask_at_random(n, 1 + n % 9, "ab");
		ask_at_random(n * 3, 1 + n % 6, "ab*?");
		ask_at_random(n * 5, 2 + n % 7, "ab-[]*?");
		ask_at_random(n * 5, 3 + n % 9, "ab*?*[a-]");
	}
}

/* Each node leads on: the reader goes as deep as a key may be long. */
static void the_longest_keys(void **state)
{
	static struct pair pairs[INDEX_KEY_MAX];
	static char longest[INDEX_KEY_MAX + 1];
	struct question q = { 0 };
	struct fault fault;

	(void)state;
	memset(longest, '*', INDEX_KEY_MAX);
	for (uint32_t i = 0; i < INDEX_KEY_MAX; i++)
		pairs[i] = (struct pair){ longest + 1 + i, "v", INDEX_KEY_MAX - 1 - i, 1, i };
	q.file = written_index(pairs, INDEX_KEY_MAX);
	assert_true(attempt(ask, &q, &fault));
	assert_int_equal(q.count, INDEX_KEY_MAX);
	close(q.file->fd);
	pairs[0].key = longest;
	pairs[0].key_length = INDEX_KEY_MAX;
	q.file = written_index(pairs, 1);
	assert_false(attempt(ask, &q, &fault));
	assert_string_equal(fault.why, "a key is too long");
	close(q.file->fd);
}

/* ---- pieces ------------------------------------------------------------------------------- */

/* A value in front of all others moves them on, byte by byte, so that a border of two pieces comes to stand at each byte
 * of a prefix, a range of children, their offsets, a count, a priority and a value. */
static void a_border_anywhere(void **state)
{
	static char filling[INDEX_PIECE + 1];
	static struct pair pairs[] = {
		{ "\x01", filling, 1, 0, 0 }, PAIR("abcdefgh", "one", 1), PAIR("abcdefgh*ijk", "two", 2),
		PAIR("abcdefghz", "three", 3), PAIR("[a]b*", "four", 4), PAIR("abc", "five", UINT32_MAX),
	};
	static const char *const questions[] = { "abcdefgh", "abcdefghijk", "abcdefghz", "abc", "ab", "abcdefghy", "" };

	(void)state;
	for (uint32_t length = 0; length < INDEX_PIECE; length++) {
		struct index_file *file;

		memset(filling, 'v', length);
		pairs[0].value_length = length;
		file = written_index(pairs, COUNT_OF(pairs));
		check_answer(file, pairs, COUNT_OF(pairs), NULL, false);
		for (size_t i = 0; i < COUNT_OF(questions); i++) {
			check_answer(file, pairs, COUNT_OF(pairs), questions[i], false);
			check_answer(file, pairs, COUNT_OF(pairs), questions[i], true);
		}
		close(file->fd);
	}
}

/* Keys and values that many pieces have parts of. */
static void strings_of_many_pieces(void **state)
{
	enum { LONG = INDEX_PIECE * 18 };
	static char value[LONG + 1], key[INDEX_KEY_MAX];
	static struct pair pairs[] = {
		PAIR("a", "short", 1), { "b", value, 1, LONG, 2 }, { key, "long", INDEX_KEY_MAX - 1, 4, 3 },
		PAIR("ca", "z", 4),
	};
	struct index_file *file;

	(void)state;
	memset(value, 'v', LONG);
	memset(key, 'c', INDEX_KEY_MAX - 1);
	file = written_index(pairs, COUNT_OF(pairs));
	check_answer(file, pairs, COUNT_OF(pairs), NULL, false);
	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		check_answer(file, pairs, COUNT_OF(pairs), pairs[i].key, i % 2);
	close(file->fd);
}

/* A question reads the pieces that it needs, and they are not read again. */
static void each_piece_is_read_once(void **state)
{
	enum { COUNT = 26 };
	static struct pair pairs[COUNT];
	static char keys[COUNT][2], value[INDEX_PIECE];
	struct index_file *file;
	size_t read = 0;

	(void)state;
	memset(value, 'v', INDEX_PIECE);
	for (uint32_t i = 0; i < COUNT; i++) {
		keys[i][0] = (char)('a' + i);
		pairs[i] = (struct pair){ keys[i], value, 1, INDEX_PIECE, i };
	}
	file = written_index(pairs, COUNT);
	check_answer(file, pairs, COUNT, "m", false);
	for (size_t i = 0; i <= file->size / INDEX_PIECE; i++)
		read += file->read[i];
	assert_in_range(read, 2, 5);
	assert_int_equal(ftruncate(file->fd, 0), 0);
	check_answer(file, pairs, COUNT, "m", true);
	close(file->fd);
}

/* It becomes shorter while it is open. What is gone cannot be found. */
static void a_file_that_shrinks(void **state)
{
	enum { COUNT = 26 };
	static struct pair pairs[COUNT];
	static char keys[COUNT][2], value[INDEX_PIECE];
	struct index_file *file;
	struct fault fault;

	(void)state;
	memset(value, 'v', INDEX_PIECE);
	for (uint32_t i = 0; i < COUNT; i++) {
		keys[i][0] = (char)('a' + i);
		pairs[i] = (struct pair){ keys[i], value, 1, INDEX_PIECE, i };
	}
	file = written_index(pairs, COUNT);
	for (off_t size = (off_t)file->size - 1; size > 0; size -= 1 + INDEX_PIECE / 7) {
		struct question q = { .file = file };

		assert_int_equal(ftruncate(file->fd, size), 0);
		assert_false(attempt(ask, &q, &fault));
		assert_string_equal(fault.why, "the file has become shorter");
		assert_int_equal(q.count, 0);
		for (size_t i = 0; i < COUNT; i++) {
			forget(file);
			q.key = keys[i];
			if (!attempt(ask, &q, &fault))
				assert_string_equal(fault.why, "the file has become shorter");
		}
		assert_true(q.count <= (size_t)size / INDEX_PIECE);
	}
	close(file->fd);
}

static void a_disk_that_fails(void **state)
{
	static const struct pair pair = PAIR("a", "value", 1);
	struct index_file *file = written_index(&pair, 1);
	struct question q = { .file = file };
	struct fault fault;

	(void)state;
	close(file->fd);
	assert_false(attempt(ask, &q, &fault));
	assert_string_equal(fault.why, "Bad file descriptor");
}

/* ---- damage ------------------------------------------------------------------------------- */

static const struct pair damaged[] = {
	PAIR("", "r", 1), PAIR("ab", "v", 0), PAIR("abc", "w", 1), PAIR("abd*e", "x", 2), PAIR("*b", "y", 3),
	PAIR("b?[c-d]", "z", 4),
};

/* Whatever comes of it, it ends, within the file. */
static void survive(const uint8_t *bytes, size_t size)
{
	static const char *const keys[] = { NULL, "abc", "bxc", "" };
	struct index_file *file = file_of(bytes, size);
	struct fault fault;

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct question q = { .file = file, .key = keys[i] };

		attempt(ask, &q, &fault);
		assert_true(q.count <= size * size);
		q.patterns = true;
		attempt(ask, &q, &fault);
	}
	close(file->fd);
}

static struct written damaged_index(void)
{
	struct written w;

	assert_true(write_index(&w, damaged, COUNT_OF(damaged), ROOM));
	return w;
}

static void any_byte_may_be_another(void **state)
{
	struct written w = damaged_index();
	uint8_t *bytes = (uint8_t *)w.text.start;

	(void)state;
	for (size_t at = 0; at < w.text.size; at++) {
		uint8_t was = bytes[at];

		for (unsigned other = 1; other < 256; other++) {
			bytes[at] = (uint8_t)(was ^ other);
			survive(bytes, w.text.size);
		}
		bytes[at] = was;
	}
	free_index(&w);
}

static void any_offset_may_lead_anywhere(void **state)
{
	struct written w = damaged_index();
	uint8_t *bytes = (uint8_t *)w.text.start, was[4];
	size_t size = w.text.size;

	(void)state;
	for (size_t at = 8; at + 4 <= size; at++) {
		memcpy(was, bytes + at, 4);
		for (uint32_t place = 0; place <= size; place++)
			for (uint32_t flags = 0; flags < 16; flags += 2) {
				bytes[at] = (uint8_t)(flags << 4);
				bytes[at + 1] = 0;
				bytes[at + 2] = (uint8_t)(place >> 8);
				bytes[at + 3] = (uint8_t)place;
				if (below(4) == 0)
					survive(bytes, size);
			}
		memcpy(bytes + at, was, 4);
	}
	free_index(&w);
}

/* Less of the file is less to find, or a fault; never more. */
static void it_may_break_off_anywhere(void **state)
{
	struct written w = damaged_index();

	(void)state;
	for (size_t size = 0; size < w.text.size; size++) {
		struct question q = { .file = file_of(w.text.start, size) };
		struct fault fault;

		assert_false(attempt(ask, &q, &fault));
		assert_true(q.count < COUNT_OF(damaged));
		close(q.file->fd);
		survive((uint8_t *)w.text.start, size);
	}
	free_index(&w);
}

static void each_fault_has_its_reason(void **state)
{
	static const struct {
		const char *hex, *reason;
	} cases[] = {
		{ "", "not a binary index of version 2" },
		{ "b007f457" "00020001" "000000", "not a binary index of version 2" },
		{ "b007f458" "00020001" "0000000c", "not a binary index of version 2" },
		{ "b007f457" "00030001" "0000000c", "not a binary index of version 2" },
		{ "b007f457" "00020001" "0000000d", "a node beyond the end" },
		{ "b007f457" "00020001" "8000000c" "6162", "a string without an end" },
		{ "b007f457" "00020001" "2000000c" "61", "a node that breaks off" },
		{ "b007f457" "00020001" "2000000c" "6261" "00000000", "children from a later to an earlier byte" },
		{ "b007f457" "00020001" "2000000c" "0000" "00000000", "children from a later to an earlier byte" },
		{ "b007f457" "00020001" "2000000c" "6162" "00000000", "a node that breaks off" },
		{ "b007f457" "00020001" "4000000c" "000000", "a node that breaks off" },
		{ "b007f457" "00020001" "4000000c" "00000001" "0000", "a value that breaks off" },
		{ "b007f457" "00020001" "4000000c" "00000001" "00000000" "61", "a string without an end" },
		{ "b007f457" "00020001" "4000000c" "ffffffff" "00000000" "6100", "a value that breaks off" },
		/* a node that is its own child; two that are each other's */
		{ "b007f457" "00020001" "2000000c" "6161" "2000000c", "nodes that lead in a circle" },
		{ "b007f457" "00020001" "2000000c" "6161" "20000012" "6162" "2000000c" "20000012",
		  "nodes that lead in a circle" },
		/* and one whose key grows with each turn */
		{ "b007f457" "00020001" "a000000c" "616100" "6161" "a000000c", "nodes that lead in a circle" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t bytes[128];
		size_t size = strlen(cases[i].hex) / 2;
		struct question q = { 0 };
		struct fault fault;

		for (size_t at = 0; at < size; at++)
			bytes[at] = (uint8_t)strtoul((char[]){ cases[i].hex[2 * at], cases[i].hex[2 * at + 1], 0 },
						     NULL, 16);
		q.file = file_of(bytes, size);
		assert_false(attempt(ask, &q, &fault));
		assert_string_equal(fault.why, cases[i].reason);
		close(q.file->fd);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_keys_make_the_header_alone),
		cmocka_unit_test(the_example_of_the_source),
		cmocka_unit_test(five_keys_by_hand),
		cmocka_unit_test(one_key_is_one_child_and_a_prefix),
		cmocka_unit_test(an_empty_key_is_a_root_with_values),
		cmocka_unit_test(keys_that_begin_others),
		cmocka_unit_test(values_of_one_key_keep_their_order),
		cmocka_unit_test(every_byte_that_a_key_may_hold),
		cmocka_unit_test(values_may_hold_any_byte_but_nul),
		cmocka_unit_test(ten_thousand_random_keys),
		cmocka_unit_test(a_path_of_four_thousand_nodes),
		cmocka_unit_test(no_room_is_a_reason),
		cmocka_unit_test(an_offset_beyond_28_bits_is_a_reason),
		cmocka_unit_test(what_is_found),
		cmocka_unit_test(nothing_is_found_where_nothing_is),
		cmocka_unit_test(random_questions),
		cmocka_unit_test(the_longest_keys),
		cmocka_unit_test(a_border_anywhere),
		cmocka_unit_test(strings_of_many_pieces),
		cmocka_unit_test(each_piece_is_read_once),
		cmocka_unit_test(a_file_that_shrinks),
		cmocka_unit_test(a_disk_that_fails),
		cmocka_unit_test(any_byte_may_be_another),
		cmocka_unit_test(any_offset_may_lead_anywhere),
		cmocka_unit_test(it_may_break_off_anywhere),
		cmocka_unit_test(each_fault_has_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
