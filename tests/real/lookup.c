/*
 * lookup DIRECTORY FILE|MEMORY: what libkmod finds in the indexes of a module directory, read as files, or mapped into memory
 * at once, for each alias, symbol or name on standard input: modules, their files, all they need, and soft dependencies.
 */
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_names(const char *what, struct kmod_list *list)
{
	struct kmod_list *entry;

	kmod_list_foreach(entry, list) {
		struct kmod_module *module = kmod_module_get_module(entry);

		printf("\t\t%s %s\n", what, kmod_module_get_name(module));
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
}

static void print_module(struct kmod_module *module)
{
	struct kmod_list *before = NULL, *after = NULL;
	const char *path = kmod_module_get_path(module);

	printf("\t%s %s\n", kmod_module_get_name(module), path ? path : "without a file");
	print_names("needs", kmod_module_get_dependencies(module));
	if (kmod_module_get_softdeps(module, &before, &after) < 0)
		printf("\t\tsoft dependencies cannot be told\n");
	print_names("after", before);
	print_names("before", after);
}

static int look_up(struct kmod_ctx *kmod, const char *alias)
{
	struct kmod_list *found = NULL, *entry;
	int status = kmod_module_new_from_lookup(kmod, alias, &found);

	printf("%s\n", alias);
	kmod_list_foreach(entry, found) {
		struct kmod_module *module = kmod_module_get_module(entry);

		print_module(module);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(found);
	return status;
}

int main(int argc, char **argv)
{
	const char *no_configuration = NULL;
	struct kmod_ctx *kmod = argc == 3 ? kmod_new(argv[1], &no_configuration) : NULL;
	char line[4096];

	if (!kmod || (!strcmp(argv[2], "MEMORY") && kmod_load_resources(kmod) < 0)) {
		fprintf(stderr, "lookup: nothing can be looked up\n");
		return 1;
	}
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (look_up(kmod, line) < 0) {
			fprintf(stderr, "lookup: %s cannot be looked up\n", line);
			return 1;
		}
	}
	kmod_unref(kmod);
	return 0;
}
