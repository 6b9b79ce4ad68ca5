/* beside.c: files like modules.order, which stand beside the modules of a tree, in any of its roots. */
#include <errno.h>

#include "depmod.h"

const char *root_of(const struct tree *tree, const struct module *module, bool always)
{
	return (always || tree->whole_paths) && *module->path != '/' ? tree->roots[module->root].name : "";
}

bool read_beside(const struct tree *tree, uint32_t root, const char *name, struct arena *arena, struct span *content)
{
	int failed = file_read(arena, tree->roots[root].directory, name, REGULAR_FILE, content);

	if (!failed)
		return true;
	*content = (struct span){ 0 };
	if (!root || failed != ENOENT)
		warning("could not open ", tree->whole_paths ? tree->roots[root].name : "", name, ": ",
			error_text(failed));
	return false;
}
