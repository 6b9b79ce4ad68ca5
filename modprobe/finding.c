/* finding.c: the modules that a name on the command line means; and what is said when there are none. */
#include <errno.h>
#include <sys/stat.h>

#include "modprobe.h"

/* What is known of modules that are there, for not_found(). */
struct guess {
	struct nearest nearest;
	char meant[256]; /* a copy of .nearest.found, which has no more than 63 bytes */
	bool any;
};

static void guess_name(void *context, struct span key, uint32_t priority, struct span value)
{
	struct guess *guess = context;
	const uint8_t *before = guess->nearest.found.p;

	(void)priority, (void)value;
	guess->any = true;
	nearest_try(&guess->nearest, key);
	if (guess->nearest.found.p != before) {
		memcpy(guess->meant, key.p, span_size(key) + 1);
		guess->nearest.found.p = (const uint8_t *)guess->meant;
	}
}

static bool is_there(struct location place, struct arena *memory, const char *name)
{
	struct stat st;

	return !stat_inside(place.base, join_path(memory, place.path, name), &st);
}

/* Whether the directory is that of a kernel: depmod has run there, or can do so. Nothing is opened: not to be had is as
 * good as not there. */
static bool has_kernel(struct location place, struct arena *memory)
{
	return is_there(place, memory, "modules.dep") || is_there(place, memory, "kernel");
}

/* Names the kernels that have modules. */
static void tell_releases(struct probe *p)
{
	struct location directory = { p->base, module_directory(p->base) };
	const struct releases releases = {
		.memory = &p->memory,
		.scratch = &p->scratch,
		.directories = &directory,
		.count = 1,
	};
	const char *const *release = releases_list(&releases, has_kernel);
	struct text text;

	text_open(&text, &p->memory);
	for (; *release; release++) {
		text_string(&text, text.size ? ", " : "");
		text_string(&text, *release);
	}
	if (text.size)
		REPORT(PLAIN, "there are modules for ", arena_text(&p->memory, &text));
}

void not_found(struct probe *p, const char *name)
{
	struct guess guess = { .nearest.word = span_of(name, strlen(name)) };
	struct database *database = p->catalog->database;
	const char *why = NULL, *meant;
	struct stat st;
	bool gone;

	p->status = 1;
	if (p->given[QUIET])
		return;
	gone = stat_inside(database->place.base, database->place.path, &st) == ENOENT;
	if (gone)
		why = ", which is not there";
	else if (!database_each(database, TABLE_DEPENDENCIES, guess_name, &guess))
		why = ", where depmod has not run";
	else if (!guess.any)
		why = ", as this kernel has no modules";
	meant = guess.nearest.found.p ? guess.meant : NULL;
	/* A part that is NULL ends the message. */
	REPORT(p->given[ALL] ? WARNING : FATAL, "Module ", name, " not found in directory ", database->directory,
	       meant ? ", did you mean " : why, meant, "?");
	if (gone)
		tell_releases(p);
}

bool is_path(const char *name)
{
	return *name == '/' || strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0;
}

/* Whether a person means a file. The kernel calls modprobe with names that anybody may have chosen, but always with -q;
 * and no name of a device or protocol looks so. */
static bool is_module_file(const struct probe *p, const char *path)
{
	size_t length = strlen(path);

	return is_path(path) && !p->given[QUIET] && !strstr(path, "../") && !ends_in(path, length, "/..") &&
	       plain_length(base_name(path));
}

struct item *find_modules(struct probe *p, const char *name)
{
	struct item *list = is_module_file(p, name) ? look_up_path(p->catalog, name) : look_up(p->catalog, name);

	if (!list && strchr(name, '/'))
		list = look_up_listed(p->catalog, name);
	if (!list)
		not_found(p, name);
	return list;
}
