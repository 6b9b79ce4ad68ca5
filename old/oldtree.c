/* oldtree.c: which files are modules of a kernel of the 2.4 series: every .o and .o.gz below the directories of the
 * configuration, even when several have one name. A version's directory pcmcia/ has symbolic links to modules below
 * kernel/: each file counts once, by its own path. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "old.h"

/* A file that was found. */
struct found {
	const char *path, *key; /* key: files are sorted by it */
	uint64_t place[3];      /* device and inode, which tell files apart; id of the file's name */
	bool linked;            /* a part of its path is a symbolic link */
	bool duplicate;         /* found before, by another path */
};

/* The search for files. */
struct finding {
	struct arena *memory, *files; /* files: an array of struct found */
	const char *directory;        /* being searched */
	uint32_t number;              /* of that directory */
	size_t base;                  /* bytes of the base directory's path */
};

/* A string by which the file is sorted:
 *     2 bytes     the number of the directory that is searched
 *     1 byte      the entry below it: `1` a directory with precedence, `2` another directory, `3` the file itself
 *     the rest    the path, with \1 for `/`: so a directory's files come before those of one with a longer name
 * No byte may be 0, which ends the string. */
static const char *sort_key(struct finding *f, const char *path)
{
	size_t length = strcspn(path, "/");
	char *key = arena_take(f->memory, strlen(path) + 4, 1, 1);

	key[0] = (char)(1 + f->number / 127 % 127);
	key[1] = (char)(1 + f->number % 127);
	key[2] = "321"[(path[length] != 0) + is_old_directory(path, length)];
	memcpy(key + 3, path, strlen(path) + 1);
	for (char *p = key; (p = strchr(p, '/'));)
		*p = '\1';
	return key;
}

/* Whether a part of the path, below the base directory, is a symbolic link. */
static bool is_linked(const struct finding *f, const char *path)
{
	size_t length = f->base;
	struct stat st;

	do {
		length += 1 + strcspn(path + length + 1, "/");
		/* cppcheck-suppress invalidFunctionArg; it is AT_FDCWD */
		if (fstatat(CURRENT_DIRECTORY, arena_string(f->memory, path, length), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISLNK(st.st_mode))
			return true;
	} while (path[length]);
	return false;
}

static void add_file(void *context, const char *path)
{
	struct finding *f = context;
	struct stat st;

	if (stat_again(CURRENT_DIRECTORY, path, &st))
		return; /* the file has gone since the directory was read */
	*(struct found *)arena_take(f->files, 1, sizeof(struct found), sizeof(void *)) = (struct found){
		.path = path,
		.key = sort_key(f, path + strlen(f->directory) + 1),
		.place = { st.st_dev, st.st_ino },
		.linked = is_linked(f, path),
	};
}

static struct key *sorted(const struct found *files, uint32_t count, struct arena *scratch)
{
	struct key *keys = arena_take(scratch, 2 * (size_t)count, sizeof(*keys), 8);

	for (uint32_t i = 0; i < count; i++)
		keys[i] = (struct key){ .string = files[i].key, .length = (uint32_t)strlen(files[i].key), .item = i };
	sort_strings(keys, keys + count, count);
	return keys;
}

/* Adds the bytes to the table; false when it has them already. */
static bool is_new(struct names *names, const void *bytes, size_t size)
{
	uint32_t known = names->count;

	return names_borrow(names, bytes, size) == known;
}

/* Whether the file was found before: under the same file name or, for a link, under any. The table has file names, and
 * places with the id of a name and without. A name cannot be taken for a place, which has bytes of 0. */
static bool is_duplicate(struct found *file, struct names *known)
{
	const char *name = base_name(file->path);

	file->place[2] = names_borrow(known, name, strlen(name));
	if (!is_new(known, file->place, sizeof(file->place)))
		return true;
	return !is_new(known, file->place, 2 * sizeof(*file->place)) && file->linked;
}

/* Symbolic links come after all other files, so that a link is the duplicate, and not the file that it leads to. */
static void mark_duplicates(struct found *files, const struct key *keys, uint32_t count, struct arena *scratch)
{
	struct names known;

	names_init(&known, scratch, 3 * count, 0, 0);
	for (int links = 0; links < 2; links++)
		for (uint32_t i = 0; i < count; i++) {
			struct found *file = &files[keys[i].item];

			if (file->linked == links)
				file->duplicate = is_duplicate(file, &known);
		}
}

const char **old_modules(const struct modulesconf *conf, bool *unread, struct arena *memory, struct arena *scratch)
{
	struct config config = { .exclude = conf->prune };
	struct finding f = { .memory = memory, .files = scratch, .base = strlen(conf->base) };
	struct found *files = arena_take(scratch, 0, 1, sizeof(void *));
	const char **paths;
	struct key *keys;
	uint32_t count;

	config_index(&config, memory);
	for (const struct words *w = conf->paths; w; w = w->next, f.number++) {
		f.directory = w->word;
		*unread |= !scan_objects(w->word, f.base, &config, add_file, &f, memory);
	}
	count = (uint32_t)((struct found *)(void *)(scratch->start + scratch->used) - files);
	keys = sorted(files, count, scratch);
	mark_duplicates(files, keys, count, scratch);
	paths = arena_take(memory, (size_t)count + 1, sizeof(*paths), sizeof(void *));
	f.number = 0;
	for (uint32_t i = 0; i < count; i++)
		if (!files[keys[i].item].duplicate)
			paths[f.number++] = files[keys[i].item].path;
	paths[f.number] = NULL;
	arena_rewind(scratch, 0, 0);
	return paths;
}
