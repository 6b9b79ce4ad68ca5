/* oldtree.c: which files are modules of a kernel of the 2.4 series: every .o and .o.gz below some directories, even
 * those of one name. In pcmcia/ of a version stand links to modules of kernel/: each file counts once, as what it
 * really is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "old.h"

struct found {
	const char *path, *key; /* `key` is what the file is sorted by */
	uint64_t place[3];      /* device and inode: which file it is; a number of its name */
	bool linked;            /* it is a symbolic link, or stands behind one */
	bool again;             /* found before */
};

struct finding {
	struct arena *memory, *files; /* `files` holds what was found */
	const char *directory;        /* directory being searched */
	uint32_t number;              /* number of that directory */
	size_t base;                  /* the length of the base directory */
};

/* Directories in which 2.4 kept modules come before others, files come last. Below, byte order counts, of the entries
 * of one directory at a time: a slash comes before all other characters. No byte may be 0. */
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
		if (lstat(arena_string(f->memory, path, length), &st) == 0 && S_ISLNK(st.st_mode))
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

/* Whether it is new to the table. */
static bool is_new(struct names *names, const void *bytes, size_t size)
{
	uint32_t known = names->count;

	return names_borrow(names, bytes, size) == known;
}

/* Whether the file was found before: by the same name or, for a link, by any. The table has names, and places, in which
 * are bytes of 0, with them and without. */
static bool is_again(struct found *file, struct names *known)
{
	const char *name = base_name(file->path);

	file->place[2] = names_borrow(known, name, strlen(name));
	if (!is_new(known, file->place, sizeof(file->place)))
		return true;
	return !is_new(known, file->place, 2 * sizeof(*file->place)) && file->linked;
}

/* Links come after all others. */
static void mark_duplicates(struct found *files, const struct key *keys, uint32_t count, struct arena *scratch)
{
	struct names known;

	names_init(&known, scratch, 3 * count, 0, 0);
	for (int links = 0; links < 2; links++)
		for (uint32_t i = 0; i < count; i++) {
			struct found *file = &files[keys[i].item];

			if (file->linked == links)
				file->again = is_again(file, &known);
		}
}

const char **old_modules(const struct modulesconf *conf, bool *unread, struct arena *memory, struct arena *scratch)
{
	const struct config config = { .exclude = conf->prune };
	struct finding f = { .memory = memory, .files = scratch, .base = strlen(conf->base) };
	struct found *files = arena_take(scratch, 0, 1, sizeof(void *));
	const char **paths;
	struct key *keys;
	uint32_t count;

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
		if (!files[keys[i].item].again)
			paths[f.number++] = files[keys[i].item].path;
	paths[f.number] = NULL;
	arena_rewind(scratch, 0, 0);
	return paths;
}
