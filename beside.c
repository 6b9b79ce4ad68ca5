/* beside.c: files like modules.order, which stand beside the modules of a tree, in any of its roots. */
#include <errno.h>

#include "depmod.h"

const char *root_of(const struct tree *tree, const struct module *module, bool always)
{
	return (always || tree->whole_paths) && *module->path != '/' ? tree->roots[module->root].name : "";
}

const char *path_to_open(const struct module *module)
{
	return module->real ? module->real : module->path;
}

int find_beside(const struct tree *tree, uint32_t root, const char *name, struct arena *arena, struct span *content)
{
	const struct root *r = &tree->roots[root];

	*content = (struct span){ 0 };
	if (!r->place.base)
		return file_read(arena, r->directory, name, REGULAR_FILE, content);
	return read_inside(arena, r->place.base, join_path(arena, r->place.path, name), REGULAR_FILE, content);
}

bool read_beside(const struct tree *tree, uint32_t root, const char *name, struct arena *arena, struct span *content)
{
	int failed = find_beside(tree, root, name, arena, content);

	if (failed && (!root || failed != ENOENT))
		warning("could not open ", tree->roots[root].name, name, ": ", error_text(failed));
	return !failed;
}
