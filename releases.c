/* releases.c: the directories of modules, one for each kernel release: BASE/lib/modules/RELEASE, or on a system without
 * lib/modules, BASE/usr/lib/modules/RELEASE. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "depmod.h"

bool is_release(const char *word)
{
	uint32_t number;

	return parse_unsigned(&word, &number) && *word++ == '.' && parse_unsigned(&word, &number) && !strchr(word, '/');
}

const char *running_release(struct arena *memory)
{
	struct utsname name;

	if (uname(&name))
		bad_in("uname", error_text(errno));
	return arena_string(memory, name.release, strlen(name.release));
}

const char *module_directory(const struct base *base)
{
	static const char usual[] = "/lib/modules", other[] = "/usr/lib/modules";
	struct stat st;

	return stat_inside(base, usual, &st) == ENOENT && !stat_inside(base, other, &st) ? other : usual;
}

void releases_locate(struct releases *k, const struct options *o, struct arena *memory, struct arena *scratch)
{
	*k = (struct releases){ .options = o, .memory = memory, .scratch = scratch };
	k->directories = arena_take(memory, (size_t)o->base_count + 1, sizeof(*k->directories), sizeof(void *));
	do {
		const struct base *base = o->base_count ? base_open(memory, o->bases[k->count]) : NULL;
		const char *below =
			o->module_directory ? join_path(memory, "/", o->module_directory) : module_directory(base);

		k->directories[k->count++] = (struct location){ base, below };
		/* Where any base has /usr/lib/modules, files are written to a directory of that name: /lib is a link to
		 * /usr/lib there, or will become one. */
		if (!k->below || below[1] == 'u')
			k->below = below;
	} while (k->count < o->base_count);
}

/* MODULEDIR/RELEASE/ */
static struct location release_place(const struct releases *k, struct location directory, const char *release)
{
	const char *path = join_path(k->memory, directory.path, release);

	return (struct location){ directory.base, join_path(k->memory, path, "") };
}

struct location releases_output(const struct releases *k, const char *release)
{
	const char *out = k->options->output_directory;
	struct location place = *k->directories;

	if (out) {
		place = (struct location){ base_open(k->memory, out), k->below };
		/* A directory that is to be made has no links yet. */
		if (place.base && place.base->error == ENOENT)
			place = (struct location){ NULL, below_base(k->memory, place.base, place.path) };
	}
	return release_place(k, place, release);
}

/* ---- the releases that are there ---- */

/* Adds a key for each release in the directory to the scratch memory. Whoever asks says what counts: packages of headers
 * leave directories without modules. */
static void find_releases(const struct releases *k, struct location place, release_filter *counts)
{
	struct directory *directory = arena_take(k->memory, 1, sizeof(*directory), 8);
	unsigned char type;
	const char *name;

	list_inside(directory, place.base, place.path);
	while (!directory->error && (name = directory_next(directory, &type)))
		if (is_release(name) && counts(release_place(k, place, name), k->memory)) {
			struct key *key = arena_take(k->scratch, 1, sizeof(*key), 8);

			key->length = (uint32_t)strlen(name);
			key->string = arena_string(k->memory, name, key->length);
		}
	if (directory->error && directory->error != ENOENT)
		bad_in(below_base(k->memory, place.base, place.path), error_text(directory->error));
}

const char *const *releases_list(const struct releases *k, release_filter *counts)
{
	size_t kept = k->scratch->used, count, n = 0;
	struct key *keys = arena_take(k->scratch, 0, sizeof(*keys), 8), *end;
	const char **list;

	for (uint32_t i = 0; i < k->count; i++)
		find_releases(k, k->directories[i], counts);
	end = arena_take(k->scratch, 0, sizeof(*keys), 8);
	count = (size_t)(end - keys);
	sort_strings(keys, arena_take(k->scratch, count, sizeof(*keys), 8), count);
	list = arena_take(k->memory, count + 1, sizeof(*list), sizeof(void *));
	for (size_t i = 0; i < count; i++)
		if (!n || strcmp(list[n - 1], keys[i].string) != 0)
			list[n++] = keys[i].string;
	list[n] = NULL;
	for (uint32_t i = 0; !n && i < k->count; i++)
		error("no kernel's modules are in ",
		      below_base(k->memory, k->directories[i].base, k->directories[i].path));
	arena_rewind(k->scratch, kept, 0);
	return list;
}

/* ---- opening the release that is asked for ---- */

/* Appends the option and the word, quoted for a shell where needed, as directories on a foreign disk may have any
 * names. For a word that is NULL nothing is appended. */
static void put_word(struct text *text, const char *option, const char *word)
{
	bool plain;

	if (!word)
		return;
	plain = *word;
	for (const char *p = word; *p; p++)
		plain &= (*p >= '+' && *p <= '9' && *p != ',') || (*p >= 'A' && *p <= 'Z') || *p == '_' ||
			 (*p >= 'a' && *p <= 'z');
	text_string(text, option);
	text_string(text, plain ? "" : "'");
	for (; *word; word++)
		text_string(text, *word == '\'' ? "'\\''" : (char[]){ *word, 0 });
	text_string(text, plain ? "" : "'");
}

/* Tells the person which command would work: the same one for a release that is there. Where the person asked only to
 * look (-n, --explain, --dot), that command writes nothing either. */
static void tell_command(const struct releases *k, const char *release)
{
	static const char looks[][11] = { " -n", [EXPLAIN] = " --explain", [DOT] = " --dot" };
	const struct options *o = k->options;
	struct text text;

	text_open(&text, k->memory);
	for (const char **base = o->bases; *base; base++)
		put_word(&text, " -b ", *base);
	put_word(&text, " -m ", o->module_directory);
	put_word(&text, " -o ", o->output_directory);
	for (const char **config = o->configs; *config; config++)
		put_word(&text, " -C ", *config);
	if (o->dry_run)
		text_string(&text, looks[o->question]);
	put_word(&text, " ", o->module);
	put_word(&text, " ", release);
	text_add(&text, "", 1);
	REPORT(PLAIN, o->dry_run ? "to look at" : "to index", " what is there: depmod", text.start);
}

/* Tells the person that -b names the directory of modules itself, where it does. False where it does not. */
static bool tell_base(const struct releases *k, struct location place, const char *release)
{
	const char *name = place.base ? place.base->name : "";
	size_t length = strlen(name), below = strlen(place.path);
	struct stat st;

	if (length < below || strcmp(name + length - below, place.path) != 0 ||
	    stat_inside(place.base, join_path(k->memory, "/", release), &st))
		return false;
	length -= below;
	REPORT(PLAIN, "did you mean -b ", length ? arena_string(k->memory, name, length) : "/", "?");
	return true;
}

static void tell_what_is_there(const struct releases *k, const char *release)
{
	for (uint32_t i = 0; i < k->count; i++)
		if (tell_base(k, k->directories[i], release))
			return;
	for (const char *const *other = releases_list(k, has_modules); *other; other++)
		tell_command(k, *other);
}

/* Whether the person only wants to see what depmod would say of files, which need no tree. */
static bool needs_no_root(const struct options *o)
{
	return o->file_count && !o->all && o->dry_run && !o->question;
}

bool releases_open(const struct releases *k, const char *release, struct tree *tree)
{
	bool all = k->options->all_versions, needless = needs_no_root(k->options);

	*tree = (struct tree){ .key = tree->key, .whole_paths = all || k->count > 1 };
	tree->roots = arena_take(k->memory, k->count, sizeof(*tree->roots), sizeof(void *));
	for (uint32_t i = 0; i < k->count; i++) {
		struct root *root = &tree->roots[tree->root_count];
		bool missing;

		root->place = release_place(k, k->directories[i], release);
		root->name = below_base(k->memory, root->place.base, root->place.path);
		root->directory = open_inside(root->place.base, root->place.path, DIRECTORY_FLAGS);
		tree->root_count += root->directory >= 0;
		if (root->directory >= 0)
			continue;
		missing = errno == ENOENT;
		REPORT(!missing || (k->count == 1 && !needless) ? ERROR
		       : all                                    ? INFO
								: WARNING,
		       "could not open directory ", root->name, ": ", error_text(errno));
		if (!missing)
			return false;
	}
	if (tree->root_count || needless)
		return true;
	tell_what_is_there(k, release);
	return false;
}
