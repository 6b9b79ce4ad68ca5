/* old/modulesconf.c: a modules.conf of the 2.4 series, which may include itself. All paths must be below the base directory and
 * such that modules.dep can hold them. */
#include "../../old/old.h"
#include "fuzz.h"

static void check_path(const char *path, const char *base)
{
	CHECK(strncmp(path, base, strlen(base)) == 0 && path[strlen(base)] == '/');
	CHECK(!path[strcspn(path, " \t\n`$")]);
	say("%s\n", path);
}

static void read_it(void *input)
{
	static const char *const tree[] = { "usr/lib/x", "usr/share/y", "etc/z" };
	struct arena memory = memory_for("memory");
	struct modulesconf conf = { .release = "2.4.20-x", .base = "", .output = "/out", .modules = "/lib/modules/" };

	serve("/dev/null", *(struct span *)input);
	serve_tree(tree, COUNT_OF(tree), false);
	CHECK(modulesconf_read(&conf, &memory, "/dev/null"));
	CHECK(was_read("/dev/null"));
	serve_nothing();
	for (uint32_t i = 0; i < OLD_FILES; i++)
		if (conf.files[i])
			check_path(conf.files[i], conf.output);
	for (const struct words *w = conf.paths; w; w = w->next)
		check_path(w->word, conf.base);
	for (const struct words *w = conf.prune; w; w = w->next)
		say("%s\n", w->word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);

	run_twice(read_it, &in);
	return 0;
}
