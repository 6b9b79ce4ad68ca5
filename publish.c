/* publish.c: replacing a set of files in a directory. Each is written whole under a temporary name; only when all
 * are there do they take their real names, back to back. Until then the old files are untouched. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "depmod.h"

/* Room for a temporary name. */
struct temporary {
	char name[64];
};

static bool failed(const struct publication *p, const char *what, const char *name)
{
	error("could not ", what, " ", p->path, "/", name, ": ", strerror(errno));
	return false;
}

static const char *temporary_name(struct temporary *buffer, const char *name)
{
	struct text text = { .start = buffer->name, .capacity = sizeof(buffer->name), .fd = -1 };

	text_string(&text, ".");
	text_string(&text, name);
	text_add(&text, ".new", sizeof(".new"));
	return buffer->name;
}

static int make_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) && mkdir(path, 0755) && errno != EEXIST ? -1 : 0;
}

/* Each missing directory of the path in turn. */
static int make_directories(char *path)
{
	for (char *p = path + 1; *p; p++) {
		int failed;

		if (*p != '/')
			continue;
		*p = 0;
		failed = make_directory(path);
		*p = '/';
		if (failed)
			return -1;
	}
	return make_directory(path);
}

bool publish_begin(struct publication *p, char *path)
{
	int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	*p = (struct publication){ .path = path };
	p->directory = open(path, how);
	if (p->directory < 0 && errno == ENOENT && make_directories(path) == 0)
		p->directory = open(path, how);
	if (p->directory < 0) {
		error("could not open directory ", path, ": ", strerror(errno));
		return false;
	}
	while (flock(p->directory, LOCK_EX))
		if (errno != EINTR)
			break;  /* a file system without locks: go on without */
	return true;
}

void publish_adopt(struct publication *p, const char *name)
{
	p->names[p->count++] = name;
}

bool publish_file(struct publication *p, const char *name, struct span content)
{
	struct temporary buffer;
	const char *temporary = temporary_name(&buffer, name);
	struct text text = { .start = (char *)content.p, .size = span_size(content) };

	if (unlinkat(p->directory, temporary, 0) && errno != ENOENT)
		return failed(p, "remove", temporary);
	text.fd = openat(p->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 0644);
	if (text.fd < 0)
		return failed(p, "create", temporary);
	publish_adopt(p, name);
	text_flush(&text);
	if (close(text.fd) && !text.error)
		text.error = errno;
	errno = text.error;
	return !text.error || failed(p, "write", name);
}

/* A rename fails on a directory: better to know before the first one. */
static bool can_replace(const struct publication *p, const char *name)
{
	struct stat st;

	if (fstatat(p->directory, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
		return true;
	errno = EISDIR;
	return false;
}

bool publish_commit(struct publication *p)
{
	struct temporary buffer;

	for (uint32_t i = 0; i < p->count; i++)
		if (!can_replace(p, p->names[i]))
			return failed(p, "replace", p->names[i]);
	for (uint32_t i = 0; i < p->count; i++)
		if (renameat(p->directory, temporary_name(&buffer, p->names[i]), p->directory, p->names[i]))
			return failed(p, "replace", p->names[i]);
	p->count = 0;
	close(p->directory);
	return true;
}

void publish_abandon(struct publication *p)
{
	struct temporary buffer;

	for (uint32_t i = 0; i < p->count; i++)
		unlinkat(p->directory, temporary_name(&buffer, p->names[i]), 0);
	close(p->directory);
}
