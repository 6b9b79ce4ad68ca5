/* index.c and modprobe/trie.c: a question, a NUL, and bytes that are an index or lines of which one is made. Whatever is
 * found by a question must be what a look at all there is finds. The file's size may be less than what the reader was told,
 * as if it had become shorter since. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../modprobe/modprobe.h"
#include "fuzz.h"

enum { ENTRIES_MAX = 4096, PAIRS_MAX = 256 };

struct entry {
	char key[256], value[64]; /* value: how it begins */
	uint32_t priority;
};

struct answer {
	struct entry *entries;
	uint32_t count;
	bool incomplete;           /* longer or more than there is room for */
};

struct question {
	struct index_file *file;
	const char *key;
	bool patterns;
	struct answer answer;
};

static void note(void *context, struct span key_bytes, uint32_t priority, struct span value_bytes)
{
	const char *key = (const char *)key_bytes.p, *value = (const char *)value_bytes.p;
	struct answer *a = context;

	CHECK(strlen(key) < INDEX_KEY_MAX);
	CHECK(strlen(value) == span_size(value_bytes));
	say("%s %u %s\n", key, priority, value);
	if (a->count == ENTRIES_MAX || strlen(key) >= sizeof(a->entries->key)) {
		a->incomplete = true;
		return;
	}
	a->entries[a->count].priority = priority;
	strncpy(a->entries[a->count].value, value, sizeof(a->entries->value) - 1);
	strcpy(a->entries[a->count++].key, key);
}

static void ask(void *context)
{
	struct question *q = context;

	q->answer.count = 0;
	if (!q->key)
		index_each(q->file, note, &q->answer);
	else
		index_find(q->file, q->key, q->patterns, note, &q->answer);
}

/* ---- the same by a look at all ---- */

static bool fits(const struct question *q, const struct entry *e)
{
	return q->patterns ? glob_matches(e->key, q->key) : strcmp(e->key, q->key) == 0;
}

static bool same_entry(const struct entry *a, const struct entry *b)
{
	return strcmp(a->value, b->value) == 0 && a->priority == b->priority;
}

static uint32_t times(const struct answer *a, const struct entry *e)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->count; i++)
		n += same_entry(&a->entries[i], e);
	return n;
}

/* Below a pattern's first wildcard the walk meets it again where the question has the wildcard, too; and in the index a
 * backslash is itself. */
static bool is_plain(const char *string)
{
	return !strpbrk(string, "*?[\\");
}

static void check_question(struct question *q, const struct answer *all)
{
	uint32_t fitting = 0;
	struct fault fault;
	bool plain = is_plain(q->key);

	CHECK(attempt(ask, q, &fault) || !plain);
	for (uint32_t i = 0; i < all->count; i++) {
		if (q->patterns && strchr(all->entries[i].key, '\\'))
			return;
		fitting += fits(q, &all->entries[i]);
	}
	if (!plain || q->answer.incomplete)
		return;
	CHECK(q->answer.count == fitting);
	for (uint32_t i = 0; i < q->answer.count; i++)
		CHECK(times(all, &q->answer.entries[i]));
}

/* As if nothing of the file had been read; other bytes stand in its place. */
static void forget(struct index_file *file)
{
	memset(file->bytes, 0xa5, file->size);
	memset(file->read, 0, file->size / INDEX_PIECE + 1);
	file->whole = false;
}

static void ask_all(void *input)
{
	static struct entry entries[2][ENTRIES_MAX];
	struct question *q = input;
	const char *key = q->key;
	struct question all = { .file = q->file, .answer.entries = entries[0] };
	struct fault fault;
	bool sound = attempt(ask, &all, &fault);

	if (!sound)
		say_fault(&fault);
	q->answer.entries = entries[1];
	for (int patterns = 0; patterns < 2; patterns++) {
		q->patterns = patterns;
		q->answer.incomplete = false;
		forget(q->file);
		if (sound && !all.answer.incomplete)
			check_question(q, &all.answer);
		else if (!attempt(ask, q, &fault))
			say_fault(&fault);
	}
	q->key = key;
}

/* ---- an index of lines, each a key ---- */

struct writing {
	struct index index;
	struct text text;
};

static void write_it(void *context)
{
	struct writing *w = context;

	index_write(&w->text, &w->index);
}

static bool is_key(struct span line)
{
	for (const uint8_t *p = line.p; p < line.end; p++)
		if (!*p || *p > 127)
			return false;
	return span_size(line) < sizeof(((struct entry *)0)->key);
}

static struct span index_of(struct span lines, struct arena *memory)
{
	static struct key keys[PAIRS_MAX];
	static struct index_value values[PAIRS_MAX];
	struct writing w = { .index = { .keys = keys, .values = values } };
	struct span line, file;
	struct fault fault;

	while (w.index.count < PAIRS_MAX && next_line(&lines, &line)) {
		uint32_t n = w.index.count;

		if (!is_key(line))
			continue;
		keys[n] = (struct key){ .string = arena_string(memory, (const char *)line.p, span_size(line)),
					.length = (uint32_t)span_size(line), .item = n };
		values[n] = (struct index_value){ "value", n % 6, n };
		w.index.count++;
	}
	w.index.spare = arena_take(memory, w.index.count, sizeof(*keys), sizeof(void *));
	text_open(&w.text, memory);
	CHECK(attempt(write_it, &w, &fault));
	check_index(span_of(w.text.start, w.text.size));
	file = span_of(malloc(w.text.size), w.text.size);
	CHECK(file.p);
	memcpy((void *)(uintptr_t)file.p, w.text.start, w.text.size);
	return file;
}

/* A file of these bytes, of which the reader is told that there are `more`. Its room ends where the file does. */
static struct index_file file_of(struct span bytes, size_t more)
{
	size_t size = span_size(bytes) + more;
	struct index_file file = {
		memfd_create("index", 0), size, malloc(size), malloc(size / INDEX_PIECE + 1), false,
	};

	CHECK(file.fd >= 0 && file.bytes && file.read);
	CHECK(write(file.fd, bytes.p, span_size(bytes)) == (ssize_t)span_size(bytes));
	forget(&file);
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	struct question q = { .key = (const char *)data };
	struct index_file file;
	struct arena memory;
	struct span bytes;
	bool lines, shrunk;

	if (!end || data == end)
		return 0;
	lines = *data == '+';      /* else an index */
	shrunk = *data == '-';
	q.key += lines || shrunk;
	bytes = span_of(end + 1, size - (size_t)(end + 1 - data));
	begin_input();
	memory = memory_for("memory");
	if (lines)
		bytes = index_of(bytes, &memory);
	file = file_of(bytes, shrunk ? size % 3000 : 0);
	q.file = &file;
	run_twice(ask_all, &q);
	close(file.fd);
	free(file.bytes);
	free(file.read);
	if (lines)
		free((void *)(uintptr_t)bytes.p);
	return 0;
}
