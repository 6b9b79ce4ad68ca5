/* path.c: paths, and the names that modules have by them. */
#include "depmod.h"

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *join_path(struct arena *memory, const char *directory, const char *name)
{
	size_t head = strlen(directory), tail = strlen(name);
	char *path = arena_take(memory, head + tail + 2, 1, 1);

	memcpy(path, directory, head);
	if (head)
		path[head++] = '/';
	memcpy(path + head, name, tail + 1);
	return path;
}

const char *module_name(struct arena *memory, const char *path)
{
	const char *name = base_name(path);
	char *copy = arena_string(memory, name, strcspn(name, "."));

	for (char *p = copy; *p; p++)
		if (*p == '-')
			*p = '_';
	return copy;
}
