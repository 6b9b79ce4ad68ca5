/* inside.c: paths below a base directory, as if that directory were the root: no link and no `..` leads out of it. The
 * base may be the disk of another system, whose links to /usr/lib mean its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

enum { PATH_ROOM = 4096, NAME_ROOM = 256, TURNS_MAX = 255 };

/* Of openat2(2), Linux 5.6: links and `..` stay below the directory. */
enum { RESOLVE_IN_ROOT = 16 };

const struct base *base_open(struct arena *memory, const char *path)
{
	struct base *base = arena_take(memory, 1, sizeof(*base), sizeof(void *));

	path = absolute_path(memory, path);
	base->name = arena_string(memory, path, unslashed_length(path));
	base->directory = open_again(CURRENT_DIRECTORY, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	base->error = base->directory < 0 ? errno : 0;
	return *base->name ? base : NULL;
}

const char *below_base(struct arena *memory, const struct base *base, const char *path)
{
	return base ? join_path(memory, base->name, path + strspn(path, "/")) : path;
}

/* A walk along a path, component by component. The kernel itself is never asked to follow a link, so that one which is
 * put in place meanwhile leads nowhere. */
struct walk {
	int base, at;         /* open directories: the base, and the one that has been reached */
	char path[PATH_ROOM]; /* below the base */
	size_t done;          /* bytes of the path up to that directory; no component of them is a link */
	unsigned turns;       /* how often a link or `..` changed the path */
	size_t makes;         /* bytes at the end of the path of which directories are made where they are missing */
	unsigned made;        /* number of directories that were made */
	int opened, flags;    /* what the path leads to, once it is open; how to open it */
};

static void begin_again(struct walk *w)
{
	if (w->at != w->base)
		close(w->at);
	w->at = w->base;
	w->done = 0;
	w->made = 0; /* a path that turns is not undone */
}

/* Replaces the bytes of the path from `from` up to `to`. Returns 0 or an errno. */
static int replace(struct walk *w, size_t from, size_t to, const char *with)
{
	size_t size = strlen(with), rest = strlen(w->path + to) + 1;

	if (++w->turns > TURNS_MAX)
		return ELOOP;
	if (from + size + rest > PATH_ROOM)
		return ENAMETOOLONG;
	memmove(w->path + from + size, w->path + to, rest);
	memcpy(w->path + from, with, size);
	return 0;
}

/* Takes `..`, which ends at `end`, out of the path, with the component before it. */
static int go_up(struct walk *w, size_t end)
{
	size_t parent = w->done;

	while (parent && w->path[--parent] != '/')
		;
	begin_again(w);
	return replace(w, parent, end, "");
}

/* Puts the link's target in place of the link, which ends at `end`. */
static int follow(struct walk *w, size_t end, char *target)
{
	size_t from = w->done, rest = strlen(w->path + end);

	if (w->makes > rest)
		w->makes = rest; /* what a link leads to is not made */
	*target = '/';
	if (target[1] == '/') {
		from = 0;
		begin_again(w);
	}
	return replace(w, from, end, target);
}

/* Goes into the directory; makes it if it is missing and `make` is set, unless another run does so at the same time.
 * Returns 0 or an errno. */
static int enter(struct walk *w, const char *name, bool make)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int next = open_again(w->at, name, flags);
	bool made = false;

	if (next < 0 && errno == ENOENT && make) {
		made = mkdirat(w->at, name, 0755) == 0;
		if (made || errno == EEXIST)
			next = open_again(w->at, name, flags);
	}
	if (next < 0)
		return errno;
	w->made = made ? w->made + 1 : 0;
	if (w->at != w->base)
		close(w->at);
	w->at = next;
	return 0;
}

/* Opens what the path leads to. Returns 0 or an errno. */
static int open_last(struct walk *w, const char *name)
{
	w->opened = open_again(w->at, name, w->flags | O_NOFOLLOW);
	return w->opened < 0 ? errno : 0;
}

/* Walks one component further, which ends at `end`. Returns 0 or an errno. */
static int step(struct walk *w, const char *name, size_t end)
{
	char target[PATH_ROOM];
	long length;
	int failed;

	if (strcmp(name, ".") == 0)
		return replace(w, w->done, end, "");
	if (strcmp(name, "..") == 0)
		return go_up(w, end);
	/* The library's function is larger. */
	length = syscall(SYS_readlinkat, w->at, name, target + 1, sizeof(target) - 2);
	if (length >= 0) {
		target[length + 1] = 0;
		return follow(w, end, target);
	}
	if (errno != EINVAL && errno != ENOENT)
		return errno;
	if (!w->path[end] && !w->makes)
		return open_last(w, name);
	failed = enter(w, name, strlen(name) + strlen(w->path + end) <= w->makes);
	if (!failed)
		w->done = end;
	return failed;
}

/* Returns 0 or an errno. */
static int walk_all(struct walk *w)
{
	char name[NAME_ROOM];
	int failed = 0;

	while (!failed && w->opened < 0) {
		size_t start = w->done + strspn(w->path + w->done, "/"), length = strcspn(w->path + start, "/");

		if (length >= sizeof(name))
			return ENAMETOOLONG;
		memcpy(name, w->path + start, length);
		name[length] = 0;
		failed = length ? step(w, name, start + length) : open_last(w, ".");
	}
	return failed;
}

/* Returns a descriptor, or -1 and an errno. */
static int walk(struct walk *w, const struct base *base, const char *path)
{
	int failed = 0;

	w->base = w->at = base ? base->directory : open_again(CURRENT_DIRECTORY, "/", O_PATH | O_CLOEXEC);
	w->opened = -1;
	if (w->base < 0)
		failed = base ? base->error : errno;
	if (!failed)
		failed = replace(w, 0, 0, path);
	if (!failed)
		failed = walk_all(w);
	if (w->at != w->base)
		close(w->at);
	if (!base)
		close(w->base);
	errno = failed;
	return w->opened;
}

int open_real(const struct base *base, const char *path, int flags, struct arena *memory, const char **real)
{
	struct walk w = { .flags = flags };
	int fd = walk(&w, base, path);

	if (fd >= 0)
		*real = below_base(memory, base, w.path);
	return fd;
}

static int open_by_hand(const struct base *base, const char *path, int flags)
{
	struct walk w = { .flags = flags };

	return walk(&w, base, path);
}

int open_inside(const struct base *base, const char *path, int flags)
{
	const int unnoticed = (flags & O_PATH) ? 0 : O_NOATIME;
	const uint64_t how[] = { (unsigned)(flags | unnoticed), 0, RESOLVE_IN_ROOT }; /* flags, mode, resolve */
	int fd = -1;

	if (!base)
		return open_again(CURRENT_DIRECTORY, path, flags);
	errno = base->error;
	if (!base->error)
		fd = (int)syscall(SYS_openat2, base->directory, path, how, sizeof(how));
	/* The kernel does not know this call, or does not permit it, or a directory was moved meanwhile. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
		fd = open_by_hand(base, path, flags);
	return fd;
}

int stat_inside(const struct base *base, const char *path, struct stat *st)
{
	int fd, failed;

	if (!base)
		return stat_again(CURRENT_DIRECTORY, path, st);
	fd = open_inside(base, path, O_PATH | O_CLOEXEC);
	failed = fd < 0 || fstat(fd, st) ? check_transient(path, errno) : 0;
	if (fd >= 0)
		close(fd);
	return failed;
}

int read_inside(struct arena *arena, const struct base *base, const char *path, enum file_kind kind,
		struct span *content)
{
	return file_take(arena, open_inside(base, path, FILE_FLAGS(kind)), path, kind, content);
}

int list_inside(struct directory *directory, const struct base *base, const char *path)
{
	return directory_begin(directory, open_inside(base, path, DIRECTORY_FLAGS), path);
}

void unmake(const struct made *made)
{
	char *path = made->path;

	for (unsigned i = made->count; i--; path[base_name(path) - path - 1] = 0)
		unlinkat(made->base ? made->base->directory : CURRENT_DIRECTORY, path + (made->base != NULL),
			 AT_REMOVEDIR);
}

int make_inside(const struct base *base, const char *path, int flags, struct arena *memory, struct made *made)
{
	struct walk w = { .flags = flags, .makes = strlen(path) };
	int fd = walk(&w, base, path), failed = errno;

	w.path[w.done] = 0;
	*made = (struct made){ base, w.made, arena_string(memory, w.path, w.done) };
	if (fd < 0)
		unmake(made);
	errno = failed;
	return fd;
}
