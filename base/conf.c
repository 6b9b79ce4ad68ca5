/* conf.c: configuration in directories like depmod.d and modprobe.d: which files count, and their lines. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base.h"

/* Highest precedence first. */
static const char standard_places[][16] = { "/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib" };

struct candidate {
	const struct base *base;
	const char *path;
	int fd; /* -1: not open yet */
};

/* Files in the order of the last parts of their paths. */
struct candidates {
	struct candidate *files;
	uint32_t count;
	struct directory *directory; /* for each directory in turn */
};

void conf_say(const struct conf *conf, enum level level, const char *what, const char *word)
{
	struct number line;

	REPORT(level, conf->path, ":", decimal(&line, conf->line), ": ", what, word);
}

static void cannot_read(const char *what, const char *path, int why)
{
	error("cannot read ", what, path, ": ", error_text(why));
}

static bool next_part(struct conf *conf, struct span *rest, struct span *line)
{
	if (!next_line(rest, line))
		return false;
	conf->line++;
	/* An editor of another system may have put CR before the newline. */
	while (line->p < line->end && line->end[-1] == '\r')
		line->end--;
	if (conf->trim)
		conf->trim(line);
	return true;
}

/* Whether a backslash at its end joins the next line to this one. After another backslash, it stands for itself. */
static bool goes_on(struct span line)
{
	const uint8_t *p = line.end;

	while (p > line.p && p[-1] == '\\')
		p--;
	return (line.end - p) % 2;
}

static void join_lines(struct conf *conf, struct span *rest, struct span *line)
{
	struct arena *memory = conf->memory;
	struct span part = *line;
	bool more;

	line->p = memory->start + memory->used;
	do {
		size_t size = span_size(part);

		more = goes_on(part);
		size -= more;
		memcpy(arena_take(memory, size, 1, 1), part.p, size);
	} while (more && next_part(conf, rest, &part));
	line->end = memory->start + memory->used;
}

/* A FIFO counts only where the person named it: one that stands in a base may wait for ever. */
static void read_file(struct conf *conf, const struct candidate *file)
{
	struct span content, line;
	enum file_kind kind = file->base ? REGULAR_FILE : ANY_FILE;
	int failed = file->fd < 0 ? read_inside(conf->memory, file->base, file->path, kind, &content)
				  : file_take(conf->memory, file->fd, file->path, kind, &content);

	conf->path = below_base(conf->memory, file->base, file->path);
	if (failed) {
		cannot_read("", conf->path, failed);
		return;
	}
	for (conf->line = 0; next_part(conf, &content, &line);) {
		if (goes_on(line))
			join_lines(conf, &content, &line);
		conf->read_line(conf, line);
	}
}

static bool is_configuration(const struct conf *conf, const char *directory, const char *name)
{
	size_t length = strlen(name);

	if (*name == '.')
		return false;
	if (ends_in(name, length, ".conf") || (conf->aliases && ends_in(name, length, ".alias")))
		return true;
	info("not read, as it does not end in .conf: ", directory, "/", name);
	return false;
}

/* Names keep their order; a name that a higher directory has already stays hidden. */
static void add_candidate(struct candidates *c, const struct base *base, const char *path, int fd)
{
	uint32_t at = c->count;
	int order = 1;

	while (at && (order = strcmp(base_name(c->files[at - 1].path), base_name(path))) > 0)
		at--;
	if (order == 0)
		return;
	if (c->count == CONFIG_FILES_MAX) {
		error("too many files, not read: ", path);
		return;
	}
	memmove(c->files + at + 1, c->files + at, (c->count++ - at) * sizeof(*c->files));
	c->files[at] = (struct candidate){ base, path, fd };
}

/* Lists the directory that is open in c->directory. */
static void list_directory(struct conf *conf, const struct base *base, const char *path, struct candidates *c)
{
	unsigned char type;
	const char *name;

	while ((name = directory_next(c->directory, &type))) {
		const char *file;
		struct stat st;

		if (!is_configuration(conf, path, name))
			continue;
		file = join_path(conf->memory, path, name);
		if (type != DT_REG && stat_inside(base, file, &st) == 0 && S_ISDIR(st.st_mode))
			error("directories inside directories are not supported: ", file);
		else
			add_candidate(c, base, file, -1);
	}
	if (c->directory->error)
		cannot_read("all of directory ", path, c->directory->error);
}

/* What the path leads to is no directory that can be opened. Returns 0 or an errno. */
static int list_file(const struct base *base, const char *path, struct candidates *c)
{
	struct stat st;
	int failed = stat_inside(base, path, &st);

	if (failed == EIO)
		bad_in(path, error_text(failed));
	if (failed && failed != ENOENT && failed != ENOTDIR)
		cannot_read("", path, failed);
	else if (!failed && S_ISDIR(st.st_mode))
		cannot_read("directory ", path, c->directory->error);
	else if (!failed)
		add_candidate(c, base, path, -1);
	return failed;
}

/* Whether there is something. Most paths are directories, or lead nowhere: opening one tells both at once. */
static bool list_path(struct conf *conf, const struct base *base, const char *path, struct candidates *c)
{
	int failed = list_inside(c->directory, base, path);

	if (!failed)
		list_directory(conf, base, path, c);
	else if (failed != ENOENT)
		failed = list_file(base, path, c);
	return failed != ENOENT;
}

/* A file of conf->more. Why it cannot be opened is said when it is read. */
static void list_more(const struct base *base, const char *path, struct candidates *c)
{
	int fd = open_inside(base, path, FILE_FLAGS(REGULAR_FILE));

	if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR))
		add_candidate(c, base, path, fd);
}

void conf_read(struct conf *conf, const char *const *paths)
{
	struct candidates c = {
		.files = arena_take(conf->memory, CONFIG_FILES_MAX, sizeof(*c.files), sizeof(void *)),
		.directory = arena_take(conf->memory, 1, sizeof(*c.directory), 8),
	};

	for (const char *const *path = conf->more; path && *path; path++)
		list_more(conf->more_base, *path, &c);
	for (const char *const *path = paths; path && *path; path++)
		if (!list_path(conf, NULL, *path, &c))
			info("no such configuration: ", *path);
	for (size_t i = 0; !paths && i < COUNT_OF(standard_places); i++)
		list_path(conf, conf->base, join_path(conf->memory, standard_places[i], conf->directory), &c);
	for (uint32_t i = 0; i < c.count; i++)
		read_file(conf, &c.files[i]);
}
