/* path.c: paths, and the names that modules have by them. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

bool ends_in(const char *string, size_t length, const char *end)
{
	size_t n = strlen(end);

	return length > n && memcmp(string + length - n, end, n) == 0;
}

size_t plain_length(const char *name)
{
	static const char compressed[][5] = { "", ".gz", ".xz", ".zst" };
	size_t length = strlen(name);

	for (size_t i = 0; *name != '.' && i < COUNT_OF(compressed); i++) {
		size_t plain = length - strlen(compressed[i]);

		if (ends_in(name, length, compressed[i]) && ends_in(name, plain, ".ko"))
			return plain;
	}
	return 0;
}

bool is_object(const char *path)
{
	size_t length = strlen(path);

	return ends_in(path, length, ".o") || ends_in(path, length, ".o.gz");
}

const char *absolute_path(struct arena *memory, const char *path)
{
	enum { LONGEST = 4096 };
	char *directory;

	if (*path == '/')
		return path;
	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	directory = arena_take(memory, LONGEST, 1, 1);
	/* The system call itself: the library's brings malloc along. */
	if (syscall(SYS_getcwd, directory, LONGEST) < 0)
		bad_in("working directory", error_text(errno));
	return join_path(memory, directory, path);
}

bool normalize(char *name)
{
	bool inside = false;

	for (; *name; name++) {
		if (*name == '-' && !inside)
			*name = '_';
		else if (*name == ']' && !inside)
			return false;
		else if (*name == '[' || *name == ']')
			inside = *name == '[';
	}
	return !inside;
}

const char *base_name(const char *path)
{
	const char *name = path + strlen(path);

	while (name > path && name[-1] != '/')
		name--;
	return name;
}

size_t stem_length(const char *name)
{
	size_t length = 0;

	while (name[length] && name[length] != '.')
		length++;
	return length;
}

size_t unslashed_length(const char *path)
{
	size_t length = strlen(path);

	while (length && path[length - 1] == '/')
		length--;
	return length;
}

char *join_path(struct arena *memory, const char *directory, const char *name)
{
	size_t head = strlen(directory), tail = strlen(name);
	char *path = arena_take(memory, head + tail + 2, 1, 1);

	memcpy(path, directory, head); /* NOLINT(bugprone-not-null-terminated-result): the name follows */
	if (head && path[head - 1] != '/')
		path[head++] = '/';
	memcpy(path + head, name, tail + 1);
	return path;
}

const char *module_name(struct arena *memory, const char *path)
{
	const char *name = base_name(path);
	char *copy = arena_string(memory, name, stem_length(name));

	for (char *p = copy; *p; p++)
		if (*p == '-')
			*p = '_';
	return copy;
}
