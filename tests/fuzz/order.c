/* order.c: a tree of files, a path a line, then an empty line and modules.order. The modules and their order must be
 * those of a simpler reader, however the directories list them. */
#include <stdlib.h>

#include "fuzz.h"

enum { PATHS_MAX = 256 };

struct input {
	char *paths[PATHS_MAX];
	size_t count;
	struct span order;
};

/* What a directory can hold: components that are not empty, nor . or .. */
static bool possible(const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (!length || length > 255 || (length <= 2 && strspn(path, ".") >= length))
			return false;
		path += length;
		if (*path == '/' && !*++path)
			return false;
	}
	return true;
}

/* No path may be another one's directory, or the same. */
static bool in_the_way(const struct input *in, const char *path)
{
	for (size_t i = 0; i < in->count; i++) {
		const char *other = in->paths[i];
		size_t shorter = strlen(path) < strlen(other) ? strlen(path) : strlen(other);

		if (strncmp(path, other, shorter) == 0 && strchr("/", path[shorter]) && strchr("/", other[shorter]))
			return true;
	}
	return false;
}

static char *string_of(struct span s)
{
	size_t size = span_size(s);
	char *string = malloc(size + 1);

	CHECK(string);
	memcpy(string, s.p, size);
	string[size] = 0;
	return string;
}

static void split(struct input *in, struct span bytes)
{
	struct span line;

	in->count = 0;
	while (next_line(&bytes, &line) && line.p < line.end && in->count < PATHS_MAX) {
		char *path = string_of(line);

		if (*path && possible(path) && !in_the_way(in, path))
			in->paths[in->count++] = path;
		else
			free(path);
	}
	in->order = bytes;
}

static void scan_it(struct input *in, bool backwards)
{
	static const struct config config;
	struct arena memory = memory_for("memory"), scratch = memory_for("scratch");
	struct root root = { .name = "/", .directory = -1 };
	struct tree tree = { .roots = &root, .root_count = 1, .key = run_key() };

	serve_tree((const char *const *)in->paths, in->count, backwards);
	serve("modules.order", in->order);
	CHECK(scan(&tree, &config, NULL, true, &memory, &scratch) == 0);
	serve_nothing();
	CHECK(!tree.unread);
	for (uint32_t i = 0; i < tree.count; i++) {
		const struct module *m = &tree.modules[i];

		CHECK(strlen(m->path) == m->path_length && strlen(m->name) == m->name_length);
		say("%s %s\n", m->name, m->path);
	}
}

static void scan_forwards(void *in)
{
	scan_it(in, false);
}

static void scan_backwards(void *in)
{
	scan_it(in, true);
}

/* ---- the simpler reader ---- */

struct module_file {
	const char *path;
	char name[256];
	size_t place;
};

/* The length up to and with .ko. */
static size_t without_compression(const char *path)
{
	static const char *const suffixes[] = { ".ko", ".ko.gz", ".ko.xz", ".ko.zst" };
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	for (size_t i = 0; i < COUNT_OF(suffixes) && *name != '.'; i++) {
		size_t length = strlen(name), n = strlen(suffixes[i]);

		if (length > n && strcmp(name + length - n, suffixes[i]) == 0)
			return strlen(path) - n + 3;
	}
	return 0;
}

/* Neither below build or source, nor with characters that modules.dep cannot have. */
static bool is_module(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((uint8_t)*p <= ' ' || *p == 0x7f || *p == ':')
			return false;
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if ((strncmp(p, "build", 5) == 0 && strchr("/", p[5])) ||
		    (strncmp(p, "source", 6) == 0 && strchr("/", p[6])))
			return false;
	}
	return without_compression(path);
}

static size_t place_of(struct span order, const char *path)
{
	size_t place = SIZE_MAX, length = without_compression(path);
	struct span line;

	for (size_t number = 0; next_line(&order, &line); number++)
		if (span_size(line) == length && memcmp(line.p, path, length) == 0)
			place = number;
	return place;
}

static int by_place(const void *a, const void *b)
{
	const struct module_file *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return strcmp(x->path, y->path);
}

static void scan_simply(struct input *in)
{
	static struct module_file list[PATHS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < in->count; i++) {
		const char *path = in->paths[i], *slash = strrchr(path, '/');
		struct module_file file = { .path = path }, *same = list;

		if (!is_module(path))
			continue;
		strcpy(file.name, slash ? slash + 1 : path);
		file.name[strcspn(file.name, ".")] = 0;
		for (char *p = file.name; *p; p++)
			*p = (char)(*p == '-' ? '_' : *p);
		file.place = place_of(in->order, path);
		while (same < list + count && strcmp(same->name, file.name) != 0)
			same++;
		if (same == list + count || strcmp(path, same->path) < 0)
			*same = file;
		count += same == list + count;
	}
	qsort(list, count, sizeof(list[0]), by_place);
	for (size_t i = 0; i < count; i++)
		say("%s %s\n", list[i].name, list[i].path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	split(&in, span_of(data, size));
	run_twice(scan_forwards, &in);
	hear_messages = false;
	begin_input();
	scan_simply(&in);
	begin_second_run();
	scan_backwards(&in);
	check_same_runs();
	hear_messages = true;
	while (in.count)
		free(in.paths[--in.count]);
	return 0;
}
