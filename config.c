/* config.c: depmod.d, the directories and files that say what is searched and who wins. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>

#include "depmod.h"

static const char *const standard_paths[] = {
	"/etc/depmod.d", "/run/depmod.d", "/usr/local/lib/depmod.d", "/usr/lib/depmod.d", "/lib/depmod.d",
	NULL,
};

struct reading {
	struct config *config;
	struct arena *memory;
	const char *release;
	const char *path;          /* the file being read */
	uint32_t line;
};

/* A file of a directory; `name` is the last part of `path`. */
struct candidate {
	const char *path, *name;
};

static void append(struct arena *memory, struct words **list, const char *word)
{
	struct words *entry = arena_take(memory, 1, sizeof(*entry), sizeof(void *));

	while (*list)
		list = &(*list)->next;
	*entry = (struct words){ .word = word };
	*list = entry;
}

static const char *keep(struct reading *r, struct span word)
{
	return arena_string(r->memory, (const char *)word.p, span_size(word));
}

static void append_all(struct reading *r, struct words **list, struct span rest)
{
	struct span word;

	while (next_word(&rest, &word))
		append(r->memory, list, keep(r, word));
}

static void say(const struct reading *r, enum level level, const char *what, const char *word)
{
	struct number line;

	report(level, (const char *const[]){ r->path, ":", decimal(&line, r->line), ": ", what, word, NULL });
}

static bool for_this_kernel(const struct reading *r, const char *pattern)
{
	bool valid = true;

	if (strcmp(pattern, "*") == 0 || regex_matches(pattern, r->release, &valid))
		return true;
	if (!valid)
		say(r, ERROR, "not a regular expression: ", pattern);
	else
		say(r, INFO, "not for this kernel: ", pattern);
	return false;
}

static void read_override(struct reading *r, struct span rest)
{
	struct span name, kernel, directory;
	struct words *entry;

	if (!next_word(&rest, &name) || !next_word(&rest, &kernel) || !next_word(&rest, &directory)) {
		say(r, ERROR, "override needs NAME KERNEL SUBDIR", "");
		return;
	}
	if (!for_this_kernel(r, keep(r, kernel)))
		return;
	entry = arena_take(r->memory, 1, sizeof(*entry), sizeof(void *));
	*entry = (struct words){ join_path(r->memory, keep(r, directory), keep(r, name)),
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
		say(r, ERROR, "external needs KERNEL DIR", "");
	else if (*directory.p != '/')
		say(r, ERROR, "external directory is not absolute: ", keep(r, directory));
	else if (for_this_kernel(r, keep(r, kernel)))
		append(r->memory, &r->config->external, keep(r, without_slashes(directory)));
}

static void read_line(struct reading *r, struct span line)
{
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
		say(r, INFO, "not supported, ignored: ", keep(r, command));
	else
		say(r, ERROR, "ignoring a line that begins with ", keep(r, command));
}

/* A backslash at the end of a line joins the next one to it. */
static struct span join_lines(struct reading *r, struct span *rest, struct span line)
{
	struct span joined = { r->memory->start + r->memory->used, NULL };
	struct span next = line;

	for (;;) {
		bool more = next.p < next.end && next.end[-1] == '\\';

		memcpy(arena_take(r->memory, span_size(next) - more, 1, 1), next.p,
		       span_size(next) - more);
		if (!more || !next_line(rest, &next))
			break;
		r->line++;
	}
	joined.end = r->memory->start + r->memory->used;
	return joined;
}

static void read_file(struct reading *r)
{
	struct span content, line;
	int failed = file_read(r->memory, CURRENT_DIRECTORY, r->path, ANY_FILE, &content);

	if (failed) {
		error("cannot read ", r->path, ": ", error_text(failed));
		return;
	}
	for (r->line = 0; next_line(&content, &line);) {
		r->line++;
		if (line.p < line.end && line.end[-1] == '\\')
			line = join_lines(r, &content, line);
		read_line(r, line);
	}
}

static bool is_configuration(const char *directory, const char *name)
{
	size_t length = strlen(name);

	if (*name == '.')
		return false;
	if (length > 5 && strcmp(name + length - 5, ".conf") == 0)
		return true;
	report(INFO, (const char *const[]){ "not read, as it does not end in .conf: ", directory, "/",
					    name, NULL });
	return false;
}

/* Names keep their order; a name that a higher directory has already stays hidden. */
static void add_candidate(struct candidate *files, uint32_t *count, struct candidate file)
{
	uint32_t at = *count;

	for (uint32_t i = 0; i < *count; i++)
		if (strcmp(files[i].name, file.name) == 0)
			return;
	for (; at && strcmp(files[at - 1].name, file.name) > 0; at--)
		files[at] = files[at - 1];
	files[at] = file;
	++*count;
}

static void list_directory(struct reading *r, const char *path, struct candidate *files,
			   uint32_t *count)
{
	struct directory directory;
	unsigned char type;
	const char *name;

	if (directory_open(&directory, CURRENT_DIRECTORY, path)) {
		error("cannot read directory ", path, ": ", error_text(directory.error));
		return;
	}
	while ((name = directory_next(&directory, &type))) {
		const char *file;
		struct stat st;

		if (!is_configuration(path, name))
			continue;
		file = join_path(r->memory, path, name);
		if (stat_again(CURRENT_DIRECTORY, file, &st) == 0 && S_ISDIR(st.st_mode))
			error("directories inside directories are not supported: ", file);
		else if (*count < CONFIG_FILES_MAX)
			add_candidate(files, count, (struct candidate){ file, base_name(file) });
		else
			error("too many files, not read: ", file);
	}
	if (directory.error)
		error("cannot read all of directory ", path, ": ", error_text(directory.error));
}

void config_read(struct config *config, struct arena *memory, const char *const *paths, const char *release)
{
	struct reading r = { .config = config, .memory = memory, .release = release };
	struct candidate *files = arena_take(memory, CONFIG_FILES_MAX, sizeof(*files), sizeof(void *));
	uint32_t count = 0;

	*config = (struct config){ 0 };
	for (paths = paths ? paths : standard_paths; *paths; paths++) {
		struct stat st;
		int failed = stat_again(CURRENT_DIRECTORY, *paths, &st);

		if (failed && failed != ENOENT && failed != ENOTDIR)
			error("cannot read ", *paths, ": ", error_text(failed));
		if (failed == EIO)
			bad_in("configuration", error_text(failed));
		if (failed)
			continue;
		if (S_ISDIR(st.st_mode))
			list_directory(&r, *paths, files, &count);
		else if (count < CONFIG_FILES_MAX)
			add_candidate(files, &count,
				      (struct candidate){ *paths, base_name(*paths) });
	}
	for (uint32_t i = 0; i < count; i++) {
		r.path = files[i].path;
		read_file(&r);
	}
	if (!config->search) {
		append(memory, &config->search, "updates");
		append(memory, &config->search, "built-in");
	}
}
