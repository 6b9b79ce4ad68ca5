/* builtin.c: modules.builtin.modinfo or modules.builtin, as the first byte of the input says. The index made of it
 * must hold what a simpler reader finds, of equal keys the last one first. */
#include <stdlib.h>

#include "fuzz.h"

enum { BUILTIN_MODINFO, BUILTIN, ENTRIES_MAX = 8192 };

static const char *const input_name[] = { "modules.builtin.modinfo", "modules.builtin" };
static const char *const index_name[] = { "modules.builtin.alias.bin", "modules.builtin.bin" };

struct input {
	int kind;
	struct span content;
};

static bool say_file(void *context, const char *name, struct span content)
{
	const struct input *in = context;

	if (strcmp(name, index_name[in->kind]) == 0)
		check_index(content);
	return true;
}

static void write_it(void *argument)
{
	struct input *in = argument;
	struct root root = { .name = "/", .directory = -1 };
	struct tree tree = { .roots = &root, .root_count = 1, .key = run_key() };
	struct loaded loaded = { 0 };
	struct graph graph = { 0 };
	struct output_options how = { .set = OTHER_FILES };

	serve(input_name[in->kind], in->content);
	serve(input_name[!in->kind], (struct span){ 0 });
	write_outputs(&how, &tree, &loaded, &graph, say_file, in);
	serve_nothing();
}

/* ---- the simpler reader ---- */

struct entry {
	char *key;
	const char *value;
	size_t number;
};

struct entries {
	struct entry list[ENTRIES_MAX];
	size_t count;
};

static void add_entry(struct entries *e, char *key, const char *value)
{
	if (strlen(key) > VALUE_MAX)
		return;
	for (const char *p = key; *p; p++)
		if (*p & 0x80)
			return;
	CHECK(e->count < ENTRIES_MAX);
	e->list[e->count] = (struct entry){ key, value, e->count };
	e->count++;
}

static void underscore(char *p, bool brackets)
{
	bool inside = false;

	for (; *p; p++) {
		inside = brackets && (*p == '[' || (inside && *p != ']'));
		if (*p == '-' && !inside)
			*p = '_';
	}
}

/* Not one [ within another, which is nonsense, but not an error. */
static bool brackets_match(const char *p)
{
	for (;;) {
		p += strcspn(p, "[]");
		if (!*p)
			return true;
		if (*p == ']')
			return false;
		p = strchr(p, ']');
		if (!p)
			return false;
		p++;
	}
}

static void simple_builtin(struct entries *e, char *line)
{
	char *name = strrchr(line, '/');

	if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", *line) || !*line)
		return;
	name = name ? name + 1 : line;
	name[strcspn(name, ".")] = 0;
	underscore(name, false);
	add_entry(e, name, "");
}

static void simple_modinfo(struct entries *e, char *string)
{
	char *dot = strchr(string, '.');

	if (!dot || strncmp(dot, ".alias=", 7) != 0 || !brackets_match(dot + 7))
		return;
	*dot = 0;
	underscore(dot + 7, true);
	add_entry(e, dot + 7, string);
}

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : x->number < y->number ? 1 : -1;
}

static void read_simply(const struct input *in)
{
	static struct entries e;
	size_t size = span_size(in->content);
	char *copy = malloc(size + 1), *end;

	CHECK(copy);
	memcpy(copy, in->content.p, size);
	copy[size] = 0;
	for (char *p = copy; p < copy + size; p = end + 1) {
		end = memchr(p, in->kind == BUILTIN ? '\n' : 0, (size_t)(copy + size - p));
		if (!end && in->kind == BUILTIN_MODINFO)
			break;
		end = end ? end : copy + size;
		*end = 0;
		in->kind == BUILTIN ? simple_builtin(&e, p) : simple_modinfo(&e, p);
	}
	qsort(e.list, e.count, sizeof(e.list[0]), by_key);
	for (size_t i = 0; i < e.count; i++)
		say("%s 0 %s\n", e.list[i].key, e.list[i].value);
	e.count = 0;
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	if (!size)
		return 0;
	in.kind = data[0] & 1;
	in.content = span_of(data + 1, size - 1);
	run_twice(write_it, &in);
	hear_messages = false;
	begin_input();
	write_it(&in);
	begin_second_run();
	read_simply(&in);
	check_same_runs();
	hear_messages = true;
	return 0;
}
