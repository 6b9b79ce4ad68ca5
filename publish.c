/* publish.c: replacing a set of files in a directory, all or none. Each is written whole under a temporary
 * name; only when all are there do they change places with the old ones, back to back. If one cannot, those
 * before it change back, where the file system can exchange names (not on vfat, NFS). Temporary names are
 * always the same, so what a killed run left behind, the next one removes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "depmod.h"

enum { LOCK_SECONDS = 120, LOCK_TRIES_A_SECOND = 50 };
enum { EXCHANGE = 2 }; /* RENAME_EXCHANGE of renameat2(2), Linux 3.15 */

/* Room for a temporary name. */
struct temporary {
	char name[64];
};

static bool failed(const struct publication *p, const char *what, const char *name)
{
	error("could not ", what, " ", p->path, name, ": ", error_text(errno));
	return false;
}

static void remove_file(const struct publication *p, const char *name)
{
	if (unlinkat(p->directory, name, 0) && errno != ENOENT)
		warning("could not remove ", p->path, name, ": ", error_text(errno));
}

static const char *temporary_name(struct temporary *buffer, const char *name)
{
	/* cppcheck-suppress ctuuninitvar; it is about to be written */
	struct text text = { .start = buffer->name, .capacity = sizeof(buffer->name), .fd = -1 };

	text_string(&text, ".");
	text_string(&text, name);
	text_add(&text, ".new", sizeof(".new"));
	return buffer->name;
}

/* As faccessat(2): the system call itself, as the library's function is larger. */
static bool may(int directory, const char *path, int what)
{
	return syscall(SYS_faccessat, directory, path, what) == 0;
}

/* A file that runs lock, and remove when they end. Only who may write to the directory can make it, and only its owner
 * can open it: nobody else can hold up a run. */
static const char lock_name[] = ".modules.lock";

bool publish_unfinished(int directory)
{
	return may(directory, lock_name, F_OK);
}

/* Opens and locks the file. False when another run holds it, or it cannot be opened, for which there is an errno. */
static bool try_lock(struct publication *p)
{
	struct stat st;

	p->lock = openat(p->directory, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (p->lock < 0)
		return false;
	/* A file system without locks has no answer of this kind: the run goes on without. */
	if (flock(p->lock, LOCK_EX | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR)) {
		if (!fstat(p->lock, &st) && st.st_nlink)
			return true;
		errno = EWOULDBLOCK; /* the run that held it has just removed it */
	}
	close(p->lock);
	return false;
}

/* Of another user's lock, only that it is there can be known. There is an end to waiting. */
static bool lock(struct publication *p)
{
	for (int tries = 0; !try_lock(p); tries++) {
		if (errno != EWOULDBLOCK && errno != EINTR && errno != EACCES)
			return failed(p, "create", lock_name);
		if (tries == LOCK_TRIES_A_SECOND)
			warning("waiting for another run to end in ", p->path);
		if (tries == LOCK_SECONDS * LOCK_TRIES_A_SECOND)
			return failed(p, "lock", "");
		poll(NULL, 0, 1000 / LOCK_TRIES_A_SECOND);
	}
	return true;
}

static void unlock(const struct publication *p)
{
	remove_file(p, lock_name);
	close(p->lock);
}

bool publish_begin(struct publication *p, struct location place, bool sync, struct arena *memory)
{
	/* Whoever looks for a module reads the files, so they can be read by everybody whatever the umask says. */
	(void)umask(S_IWGRP | S_IWOTH);
	*p = (struct publication){ .path = below_base(memory, place.base, place.path), .sync = sync };
	p->directory = open_inside(place.base, place.path, DIRECTORY_FLAGS);
	if (p->directory < 0 && errno != ENOENT)
		return failed(p, "open directory", "");
	if (p->directory < 0)
		p->directory = make_inside(place.base, place.path, DIRECTORY_FLAGS, memory, &p->made);
	if (p->directory < 0)
		return failed(p, "make directory", "");
	if (may(p->directory, ".", W_OK) ? lock(p)
					 : failed(p, "write to directory", " (-o DIR writes below DIR instead)"))
		return true;
	close(p->directory);
	unmake(&p->made);
	return false;
}

void publish_adopt(struct publication *p, const char *name)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (strcmp(p->names[i], name) == 0)
			return; /* written again */
	p->names[p->count++] = name;
}

static int create(const struct publication *p, const char *name)
{
	return openat(p->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

bool publish_file(struct publication *p, const char *name, struct span content)
{
	struct temporary buffer;
	const char *temporary = temporary_name(&buffer, name);
	struct text text = { .start = (char *)content.p, .size = span_size(content) };

	text.fd = create(p, temporary);
	if (text.fd < 0 && errno == EEXIST) {
		unlinkat(p->directory, temporary, 0); /* of a killed run */
		text.fd = create(p, temporary);
	}
	if (text.fd < 0)
		return failed(p, "create", temporary);
	publish_adopt(p, name);
	text_flush(&text);
	if (p->sync && !text.error && fsync(text.fd))
		text.error = errno;
	if (close(text.fd) && !text.error)
		text.error = errno;
	errno = text.error;
	return !text.error || failed(p, "write", name);
}

/* RENAME_EXCHANGE would let a file change places with a directory, which is refused here. */
static bool can_replace(const struct publication *p, const char *name)
{
	struct stat st;

	if (fstatat(p->directory, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
		return true;
	errno = EISDIR;
	return false;
}

enum swap { EXCHANGED, MOVED, REPLACED, NOT_DONE };

/* The system call itself, as C libraries do not all have it. */
static int rename_with(const struct publication *p, const char *from, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, p->directory, from, p->directory, to, flags);
}

/* The old file keeps the temporary name, where there is an old file and the file system can do that. */
static enum swap swap_in(const struct publication *p, const char *temporary, const char *name)
{
	if (rename_with(p, temporary, name, EXCHANGE) == 0)
		return EXCHANGED;
	if (errno == ENOENT)
		return rename_with(p, temporary, name, 0) == 0 ? MOVED : NOT_DONE;
	/* These are the answers of file systems and seccomp filters that do not know exchanging; for other reasons,
	 * a plain rename tells the true one. */
	if (errno != EINVAL && errno != ENOSYS && errno != EPERM && errno != EOPNOTSUPP)
		return NOT_DONE;
	return renameat(p->directory, temporary, p->directory, name) == 0 ? REPLACED : NOT_DONE;
}

static void swap_back(const struct publication *p, const char *temporary, const char *name, enum swap swap)
{
	if (swap == EXCHANGED)
		(void)rename_with(p, temporary, name, EXCHANGE);
	else if (swap == MOVED)
		(void)rename_with(p, name, temporary, 0);
}

/* From the last file to the first, modules.dep: its age tells -A whether there is work to do. */
static bool swap_all(const struct publication *p)
{
	enum swap done[OUTPUT_FILES_MAX];
	struct temporary buffer;

	for (uint32_t i = p->count; i--;) {
		done[i] = swap_in(p, temporary_name(&buffer, p->names[i]), p->names[i]);
		if (done[i] != NOT_DONE)
			continue;
		failed(p, "replace", p->names[i]);
		while (++i < p->count)
			swap_back(p, temporary_name(&buffer, p->names[i]), p->names[i], done[i]);
		return false;
	}
	return true;
}

/* Removes what stands under temporary names: new files before the commit, old ones after it. The temporary file of
 * the first name goes last: while it is there, a run has not finished. */
static void remove_temporaries(const struct publication *p)
{
	struct temporary buffer;

	for (uint32_t i = p->count; i--;)
		remove_file(p, temporary_name(&buffer, p->names[i]));
}

bool publish_commit(struct publication *p)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (!can_replace(p, p->names[i]))
			return failed(p, "replace", p->names[i]);
	if (!swap_all(p))
		return false;
	remove_temporaries(p);
	p->count = 0;
	unlock(p);
	if (p->sync && fsync(p->directory))
		return failed(p, "sync", "");
	close(p->directory);
	return true;
}

void publish_abandon(struct publication *p)
{
	remove_temporaries(p);
	unlock(p);
	close(p->directory);
	unmake(&p->made);
}
