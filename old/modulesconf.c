/* modulesconf.c: modules.conf, which told the tools of the 2.4 series where modules were, and where to write files.
 * Lines that only modprobe needed are passed over. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>

#include "old.h"

enum { INCLUDES_MAX = 64 };

/* Directories of a version that have precedence over its others; in early kernels they stood in /lib/modules itself. */
static const char old_directories[] = "kernel\0"
				      "fs\0"
				      "net\0"
				      "scsi\0"
				      "block\0"
				      "cdrom\0"
				      "ipv4\0"
				      "ipv6\0"
				      "sound\0"
				      "fc4\0"
				      "video\0"
				      "misc\0"
				      "pcmcia\0"
				      "atm\0"
				      "usb\0"
				      "ide\0"
				      "ieee1394\0"
				      "mtd\0";

/* modules.conf being read. */
struct reading {
	struct conf conf;
	struct modulesconf *result;
	struct words **first;     /* in result->paths: where the directories that the present line adds begin */
	struct words **prune_end; /* where result->prune goes on */
	uint32_t includes;        /* `include` lines so far */
	uint32_t ifs;             /* `if` lines that enclose the present line */
	bool keep;                /* paths are added to those so far; else the next one replaces the default paths */
};

const char *old_file_name(uint32_t number)
{
	return number ? map_name(old_maps[number - 1]) : "modules.dep";
}

bool is_old_directory(const char *name, size_t length)
{
	for (const char *p = old_directories; *p; p += strlen(p) + 1)
		if (strlen(p) == length && memcmp(p, name, length) == 0)
			return true;
	return false;
}

/* ---- paths ---- */

/* Adds the path when it is a directory; the directories that one line adds are in byte order. */
static void add_path(struct reading *r, const char *path)
{
	struct words **list = r->first, *entry;
	struct stat st;

	if (stat_again(CURRENT_DIRECTORY, path, &st) || !S_ISDIR(st.st_mode))
		return;
	while (*list && strcmp((*list)->word, path) < 0)
		list = &(*list)->next;
	entry = arena_take(r->conf.memory, 1, sizeof(*entry), sizeof(void *));
	*entry = (struct words){ path, *list };
	*list = entry;
}

static const char *join(struct arena *memory, const char *a, const char *b, const char *c)
{
	struct text text;

	text_open(&text, memory);
	text_string(&text, a);
	text_string(&text, b);
	text_string(&text, c);
	return arena_text(memory, &text);
}

/* The names in the directory that match the pattern. A wildcard does not match a dot at the beginning of a name. */
static struct words *matching(struct arena *memory, const char *path, const char *pattern)
{
	struct directory *directory = arena_take(memory, 1, sizeof(*directory), 8);
	struct words *names = NULL, **end = &names;
	unsigned char type;
	const char *name;

	if (directory_open(directory, CURRENT_DIRECTORY, path))
		return NULL;
	while ((name = directory_next(directory, &type)))
		if ((*name != '.' || *pattern == '.') && glob_matches(pattern, name))
			append_word(memory, &end, arena_string(memory, name, strlen(name)));
	return names;
}

/* Adds all directories that the path stands for: the first name with a wildcard is replaced by each name that matches,
 * and the rest expanded in turn. */
static void expand(struct reading *r, const char *path)
{
	size_t length = strcspn(path, "*?["), start = length;
	struct arena *memory = r->conf.memory;
	const char *pattern, *rest;

	if (!path[length]) {
		add_path(r, path);
		return;
	}
	while (start && path[start - 1] != '/')
		start--;
	rest = path + start + strcspn(path + start, "/");
	pattern = arena_string(memory, path + start, (size_t)(rest - path) - start);
	path = arena_string(memory, path, start);
	for (const struct words *name = matching(memory, path, pattern); name; name = name->next)
		expand(r, join(memory, path, name->word, rest));
}

/* Directories that are added from here on go to the end of the list. */
static void start_paths(struct reading *r)
{
	if (!r->result->paths)
		r->first = &r->result->paths;
	while (*r->first)
		r->first = &(*r->first)->next;
}

/* The first two numbers of the release, which the command kernelversion printed. */
static const char *kernel_version(const struct reading *r)
{
	const char *release = r->result->release;
	size_t length = strcspn(release, ".");

	length += release[length] == '.';
	length += strcspn(release + length, ".");
	return arena_string(r->conf.memory, release, length);
}

static void add_default(struct reading *r, const char *name)
{
	start_paths(r);
	add_path(r, join(r->conf.memory, r->result->modules, name, ""));
}

/* Adds the directories that hold modules unless modules.conf says otherwise. */
static void add_defaults(struct reading *r)
{
	add_default(r, "boot");
	add_default(r, r->result->release);
	add_default(r, kernel_version(r));
	for (const char *p = old_directories; *p; p += strlen(p) + 1)
		add_default(r, p);
}

/* ---- lines ---- */

/* The value as a path below the base directory; NULL after an error message. modutils had a shell expand values; here
 * only two commands in them are replaced by what they print, the two that everybody used. */
static const char *path_of(struct reading *r, const char *base, const char *value)
{
	value = replace_all(r->conf.memory, value, "`uname -r`", r->result->release);
	value = replace_all(r->conf.memory, value, "`kernelversion`", kernel_version(r));
	if (*value == '/' && !value[strcspn(value, "`$\"'\\ \t")])
		return join(r->conf.memory, base, value, "");
	conf_say(&r->conf, ERROR, "not an absolute path: ", value);
	return NULL;
}

static void read_path(struct reading *r, const char *value)
{
	const char *path = path_of(r, r->result->base, value);

	if (!path)
		return;
	if (!r->keep)
		r->result->paths = NULL;
	r->keep = true;
	start_paths(r);
	expand(r, path);
}

/* NAMEfile=PATH says where modules.NAME is written. The first line about a file counts. */
static void read_file(struct reading *r, struct span key, const char *value)
{
	for (uint32_t i = 0; i < OLD_FILES; i++) {
		const char *name = old_file_name(i) + sizeof("modules");
		size_t length = strlen(name);

		if (span_size(key) == length + 4 && memcmp(key.p, name, length) == 0 &&
		    memcmp(key.p + length, "file", 4) == 0 && !r->result->files[i])
			r->result->files[i] = path_of(r, r->result->output, value);
	}
}

static void read_setting(struct reading *r, struct span key, const char *value)
{
	if (span_is(key, "path") || (span_size(key) > 5 && memcmp(key.p, "path[", 5) == 0))
		read_path(r, value);
	else
		read_file(r, key, value);
}

static void read_include(struct reading *r, const char *path)
{
	uint32_t line = r->conf.line;
	const char *here = r->conf.path;

	if (r->includes == INCLUDES_MAX) {
		conf_say(&r->conf, ERROR, "too many files are included: ", path);
		return;
	}
	r->includes++;
	conf_read(&r->conf, (const char *const[]){ path, NULL });
	r->conf.path = here;
	r->conf.line = line;
}

static void read_command(struct reading *r, struct span command, struct span rest)
{
	struct span word;

	if (span_is(command, "keep"))
		r->keep = true;
	else if (span_is(command, "if"))
		conf_say(&r->conf, WARNING, "conditions are not understood: passed over up to endif", "");
	else if (span_is(command, "include") && next_word(&rest, &word))
		read_include(r, arena_copy(r->conf.memory, word));
	while (span_is(command, "prune") && next_word(&rest, &word))
		append_word(r->conf.memory, &r->prune_end, arena_copy(r->conf.memory, word));
	r->ifs += span_is(command, "if");
}

static const char *trimmed(struct reading *r, struct span value)
{
	while (value.p < value.end && *value.p <= ' ')
		value.p++;
	while (value.p < value.end && value.end[-1] <= ' ')
		value.end--;
	return arena_copy(r->conf.memory, value);
}

/* A line is NAME=VALUE, or a command and its words. `add` before it made a list longer; prune does so anyway. */
static void read_line(struct conf *conf, struct span line)
{
	struct reading *r = (struct reading *)conf;
	const uint8_t *sign;
	struct span word;

	if (!next_word(&line, &word) || (span_is(word, "add") && !next_word(&line, &word)))
		return;
	sign = memchr(word.p, '=', span_size(word));
	if (r->ifs)
		r->ifs += (uint32_t)span_is(word, "if") - span_is(word, "endif");
	else if (sign)
		read_setting(r, span_of(word.p, (size_t)(sign - word.p)),
			     trimmed(r, (struct span){ sign + 1, line.end }));
	else
		read_command(r, word, line);
}

/* ---- the file ---- */

static bool is_there(const char *path)
{
	struct stat st;

	return stat_again(CURRENT_DIRECTORY, path, &st) == 0;
}

/* The manuals call the variable MODULECONF, the tools MODULECONFIG. */
static const char *file_to_read(const char *named)
{
	if (!named)
		named = environment_value("MODULECONF=");
	if (!*named)
		named = environment_value("MODULECONFIG=");
	if (!*named)
		named = is_there("/etc/modules.conf") ? "/etc/modules.conf" : "/etc/conf.modules";
	return named;
}

/* Cuts off a comment, and then blanks at the end: a backslash before them joins the line to the next one. */
static void trim(struct span *line)
{
	const uint8_t *comment = memchr(line->p, '#', span_size(*line));

	if (comment)
		line->end = comment;
	while (line->p < line->end && line->end[-1] <= ' ')
		line->end--;
}

bool modulesconf_read(struct modulesconf *result, struct arena *memory, const char *named)
{
	struct reading r = { .conf = { .memory = memory, .read_line = read_line, .trim = trim }, .result = result };

	r.first = &result->paths;
	r.prune_end = &result->prune;
	add_defaults(&r);
	result->path = file_to_read(named);
	if (is_there(result->path)) {
		conf_read(&r.conf, (const char *const[]){ result->path, NULL });
		return true;
	}
	if (strcmp(result->path, "/etc/conf.modules") != 0) {
		error("cannot read ", result->path, ": ", error_text(ENOENT));
		return false;
	}
	result->path = NULL;
	return true;
}
