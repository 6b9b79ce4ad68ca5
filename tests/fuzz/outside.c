/* outside.c: what stands around the rooms while they are fuzzed. A function __wrap_NAME is what other rooms get when
 * they call NAME. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

_Noreturn void broken(const char *file, int line, const char *rule)
{
	fprintf(stderr, "%s:%d: broken: %s\n", file, line, rule);
	abort();
}

/* Memory that was freed is kept from use for a while, but not for half of what a target may take. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=32";
}

/* ---- what a run says ---- */

enum { SAID_MAX = 1 << 20 };

static struct saying {
	char text[SAID_MAX];
	size_t size;
} runs[2];
static int run;

bool hear_messages = true;

void begin_input(void)
{
	run = 0;
	runs[0].size = 0;
}

void begin_second_run(void)
{
	run = 1;
	runs[1].size = 0;
}

uint64_t run_key(void)
{
	return run ? UINT64_C(0x123456789abcdef1) : 0;
}

void check_same_runs(void)
{
	bool same = runs[0].size == runs[1].size && memcmp(runs[0].text, runs[1].text, runs[0].size) == 0;

	if (!same)
		fprintf(stderr, "first run:\n%.3000s\nsecond run:\n%.3000s\n", runs[0].text, runs[1].text);
	CHECK(same);
}

void say(const char *format, ...)
{
	struct saying *s = &runs[run];
	size_t room = SAID_MAX - s->size;
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(s->text + s->size, room, format, values);
	va_end(values);
	CHECK(length >= 0);
	s->size += (size_t)length < room ? (size_t)length : 0; /* what does not fit is not said */
}

void say_fault(const struct fault *fault)
{
	say("fault: %s: %s at %llu\n", fault->what ? fault->what : "", fault->why,
	    (unsigned long long)(fault->has_offset ? fault->offset : 0));
}

void run_twice(void (*work)(void *), void *input)
{
	struct fault fault;

	begin_input();
	if (!attempt(work, input, &fault))
		say_fault(&fault);
	begin_second_run();
	if (!attempt(work, input, &fault))
		say_fault(&fault);
	check_same_runs();
}

void __wrap_report(enum level level, const char *const *parts);
void __wrap_report(enum level level, const char *const *parts)
{
	if (!hear_messages)
		return;
	say("message %d: ", level);
	for (; *parts; parts++)
		say("%s", *parts);
	say("\n");
}

void __wrap_report_parts(enum level level, ...);
void __wrap_report_parts(enum level level, ...)
{
	const char *parts[REPORT_PARTS_MAX + 1] = { NULL };
	va_list list;

	va_start(list, level);
	for (size_t i = 0; i < REPORT_PARTS_MAX && (parts[i] = va_arg(list, const char *)); i++)
		;
	va_end(list);
	__wrap_report(level, parts);
}

void __wrap_report_fault(enum level level, const char *subject, const struct fault *fault);
void __wrap_report_fault(enum level level, const char *subject, const struct fault *fault)
{
	__wrap_report_parts(level, subject, (char *)NULL);
	if (hear_messages)
		say_fault(fault);
}

/* ---- memory ---- */

enum { POOL = 16, FILLED = 16 << 10 };

void __real_arena_reserve(struct arena *arena, const char *name, size_t size, bool shared);
void __wrap_arena_reserve(struct arena *arena, const char *name, size_t size, bool shared);
void __wrap_arena_reserve(struct arena *arena, const char *name, size_t size, bool shared)
{
	static struct arena pool[POOL];
	struct arena *a = pool;

	while (a->name && strcmp(a->name, name) != 0)
		a++;
	CHECK(a < pool + POOL);
	if (!a->name)
		__real_arena_reserve(a, name, size, shared);
	memset(a->start, run ? 0xa5 : 0, FILLED);
	*arena = *a;
}

struct arena memory_for(const char *name)
{
	struct arena arena;

	arena_reserve(&arena, name, 64 << 20, false);
	return arena;
}

/* ---- files ---- */

enum { FILES = 4 };

static struct file {
	const char *path;
	struct span content;
	bool read;
} files[FILES];
static size_t file_count;

void serve(const char *path, struct span content)
{
	CHECK(file_count < FILES);
	files[file_count++] = (struct file){ path, content, false };
}

void serve_nothing(void)
{
	file_count = 0;
}

static struct file *served(const char *path)
{
	for (size_t i = 0; i < file_count; i++)
		if (strcmp(files[i].path, path) == 0)
			return files + i;
	return NULL;
}

bool was_read(const char *path)
{
	struct file *file = served(path);

	return file && file->read;
}

static int read_served(const char *path, struct span *content)
{
	struct file *file = served(path);

	if (!file)
		return ENOENT;
	*content = file->content;
	file->read = true;
	return 0;
}

bool joins_next_line(struct span in)
{
	in.end -= in.p < in.end && in.end[-1] == '\n';
	while (in.p < in.end && in.end[-1] == '\r')
		in.end--;
	return in.p < in.end && in.end[-1] == '\\';
}

int __wrap_file_read(struct arena *arena, int directory, const char *path, enum file_kind kind, struct span *content);
int __wrap_file_read(struct arena *arena, int directory, const char *path, enum file_kind kind, struct span *content)
{
	(void)arena, (void)directory, (void)kind;
	return read_served(path, content);
}

int __wrap_read_inside(struct arena *arena, const struct base *base, const char *path, enum file_kind kind,
		       struct span *content);
int __wrap_read_inside(struct arena *arena, const struct base *base, const char *path, enum file_kind kind,
		       struct span *content)
{
	(void)arena, (void)base, (void)kind;
	return read_served(path, content);
}

/* ---- directories ---- */

static struct {
	const char *const *paths;
	size_t count;
	bool backwards;
} tree;

void serve_tree(const char *const *paths, size_t count, bool backwards)
{
	tree.paths = paths;
	tree.count = count;
	tree.backwards = backwards;
}

static const char *path_number(size_t i)
{
	return tree.paths[tree.backwards ? tree.count - 1 - i : i];
}

/* What of path number i stands below the directory, whose name begins directory->records; NULL when nothing. */
static const char *rest_below(const struct directory *directory, size_t i)
{
	const char *name = (const char *)directory->records, *path = path_number(i);
	size_t length = strlen(name);

	if (!length)
		return path;
	return strncmp(path, name, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

/* Whether a directory was listed already, for a path before number i. */
static bool listed(const struct directory *directory, const char *rest, size_t length, size_t i)
{
	while (i--) {
		const char *other = rest_below(directory, i);

		if (other && strncmp(other, rest, length + 1) == 0)
			return true;
	}
	return false;
}

int __wrap_directory_open(struct directory *directory, int at, const char *path);
int __wrap_directory_open(struct directory *directory, int at, const char *path)
{
	(void)at;
	CHECK(strlen(path) < sizeof(directory->records) / 2);
	strcpy((char *)directory->records, strcmp(path, ".") == 0 ? "" : path);
	directory->fd = -1;
	directory->error = 0;
	directory->at = 0;
	return 0;
}

int __wrap_list_inside(struct directory *directory, const struct base *base, const char *path);
int __wrap_list_inside(struct directory *directory, const struct base *base, const char *path)
{
	(void)base;
	return served(path) ? ENOTDIR : __wrap_directory_open(directory, CURRENT_DIRECTORY, path);
}

void __wrap_directory_close(struct directory *directory);
void __wrap_directory_close(struct directory *directory)
{
	CHECK(directory->fd == -1);
}

const char *__wrap_directory_next(struct directory *directory, unsigned char *type);
const char *__wrap_directory_next(struct directory *directory, unsigned char *type)
{
	char *name = (char *)directory->records + sizeof(directory->records) / 2;

	while (directory->at < tree.count) {
		size_t i = directory->at++, length;
		const char *rest = rest_below(directory, i);

		if (!rest)
			continue;
		length = strcspn(rest, "/");
		*type = rest[length] ? DT_DIR : DT_REG;
		if (*type == DT_DIR && listed(directory, rest, length, i))
			continue;
		memcpy(name, rest, length);
		name[length] = 0;
		return name;
	}
	return NULL;
}

/* ---- indexes ---- */

struct walk {
	struct span index;
	size_t at; /* nodes stand in pre-order without gaps: where the next one must */
	char key[2 * VALUE_MAX], last[2 * VALUE_MAX];
	uint32_t length;
	bool any;
};

static uint32_t number_at(struct walk *w, size_t at)
{
	CHECK(at + 4 <= span_size(w->index));
	return be32(w->index.p + at);
}

static const char *text_at(struct walk *w, size_t at)
{
	CHECK(at < span_size(w->index) && memchr(w->index.p + at, 0, span_size(w->index) - at));
	return (const char *)w->index.p + at;
}

static void extend_key(struct walk *w, const char *bytes, size_t size)
{
	CHECK(w->length + size < sizeof(w->key));
	memcpy(w->key + w->length, bytes, size);
	w->length += (uint32_t)size;
	w->key[w->length] = 0;
	CHECK(is_ascii(bytes, size));
}

static void walk_values(struct walk *w)
{
	uint32_t count = number_at(w, w->at), last = 0;

	CHECK(count > 0 && (!w->any || strcmp(w->last, w->key) < 0));
	strcpy(w->last, w->key);
	w->any = true;
	w->at += 4;
	while (count--) {
		uint32_t priority = number_at(w, w->at);
		const char *value = text_at(w, w->at + 4);

		CHECK(priority >= last);
		last = priority;
		w->at += 4 + strlen(value) + 1;
		say("%s %u %s\n", w->key, priority, value);
	}
}

static void walk_node(struct walk *w, uint32_t offset)
{
	enum { PREFIX = 8, VALUES = 4, CHILDREN = 2 };
	uint32_t flags = offset >> 28, length = w->length;
	size_t table = 0;
	uint8_t first = 1, last = 0;

	CHECK((offset & 0x0fffffff) == w->at && !(flags & 1) && flags & (VALUES | CHILDREN));
	if (flags & PREFIX) {
		const char *prefix = text_at(w, w->at);

		CHECK(*prefix);
		extend_key(w, prefix, strlen(prefix));
		w->at += strlen(prefix) + 1;
	}
	if (flags & CHILDREN) {
		CHECK(w->at + 2 <= span_size(w->index));
		first = w->index.p[w->at];
		last = w->index.p[w->at + 1];
		CHECK(first && first <= last && last < 128);
		table = w->at + 2;
		w->at = table + 4u * (last - first + 1u);
		CHECK(number_at(w, table) && number_at(w, w->at - 4));
	}
	if (flags & VALUES)
		walk_values(w);
	for (unsigned byte = first; byte <= last; byte++) {
		uint32_t child = number_at(w, table + 4u * (byte - first)), above = w->length;
		char letter = (char)byte;

		if (!child)
			continue;
		extend_key(w, &letter, 1);
		walk_node(w, child);
		w->length = above;
		w->key[above] = 0;
	}
	w->length = length;
	w->key[length] = 0;
}

void check_index(struct span index)
{
	static struct walk w;

	w.index = index;
	w.at = 12;
	w.length = 0;
	w.key[0] = w.last[0] = 0;
	w.any = false;
	CHECK(number_at(&w, 0) == 0xb007f457 && number_at(&w, 4) == 0x00020001);
	if (number_at(&w, 8) != 12)
		walk_node(&w, number_at(&w, 8));
	CHECK(w.at == span_size(index));
}
