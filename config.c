/* config.c: depmod.d, the directories and files that say what is searched and who wins. */
#include "depmod.h"

struct reading {
	struct conf conf;
	struct config *config;
	const char *release;
};

static const char *keep(struct reading *r, struct span word)
{
	return arena_copy(r->conf.memory, word);
}

static void append_all(struct reading *r, struct words **list, struct span rest)
{
	struct span word;

	while (next_word(&rest, &word))
		append_word(r->conf.memory, list, keep(r, word));
}

static bool for_this_kernel(const struct reading *r, const char *pattern)
{
	bool valid = true;

	if (strcmp(pattern, "*") == 0 || regex_matches(pattern, r->release, &valid))
		return true;
	if (!valid)
		conf_say(&r->conf, ERROR, "not a regular expression: ", pattern);
	else
		conf_say(&r->conf, INFO, "not for this kernel: ", pattern);
	return false;
}

static void read_override(struct reading *r, struct span rest)
{
	struct span name, kernel, directory;
	struct words *entry;

	if (!next_word(&rest, &name) || !next_word(&rest, &kernel) || !next_word(&rest, &directory)) {
		conf_say(&r->conf, ERROR, "override needs NAME KERNEL SUBDIR", "");
		return;
	}
	if (!for_this_kernel(r, keep(r, kernel)))
		return;
	entry = arena_take(r->conf.memory, 1, sizeof(*entry), sizeof(void *));
	*entry = (struct words){ join_path(r->conf.memory, keep(r, directory), keep(r, name)),
				  r->config->override };
	r->config->override = entry;
}

static struct span without_slashes(struct span path)
{
	while (span_size(path) > 1 && path.end[-1] == '/')
		path.end--;
	return path;
}

static void read_external(struct reading *r, struct span rest)
{
	struct span kernel, directory;

	if (!next_word(&rest, &kernel) || !next_word(&rest, &directory))
		conf_say(&r->conf, ERROR, "external needs KERNEL DIR", "");
	else if (*directory.p != '/')
		conf_say(&r->conf, ERROR, "external directory is not absolute: ", keep(r, directory));
	else if (for_this_kernel(r, keep(r, kernel)))
		append_word(r->conf.memory, &r->config->external, keep(r, without_slashes(directory)));
}

static void read_line(struct conf *conf, struct span line)
{
	struct reading *r = (struct reading *)conf;
	struct span command;

	if (!next_word(&line, &command) || *command.p == '#')
		return;
	if (span_is(command, "search"))
		append_all(r, &r->config->search, line);
	else if (span_is(command, "override"))
		read_override(r, line);
	else if (span_is(command, "external"))
		read_external(r, line);
	else if (span_is(command, "exclude"))
		append_all(r, &r->config->exclude, line);
	else if (span_is(command, "include") || span_is(command, "make_map_files"))
		conf_say(&r->conf, INFO, "not supported, ignored: ", keep(r, command));
	else
		conf_say(&r->conf, ERROR, "ignoring a line that begins with ", keep(r, command));
}

void config_read(struct config *config, struct arena *memory, const char *const *paths, const char *release)
{
	struct reading r = {
		.conf = { .memory = memory, .directory = "depmod.d", .read_line = read_line },
		.config = config, .release = release,
	};

	*config = (struct config){ 0 };
	conf_read(&r.conf, paths);
	if (!config->search) {
		append_word(memory, &config->search, "updates");
		append_word(memory, &config->search, "built-in");
	}
}
