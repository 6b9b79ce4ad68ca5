/* file.c: reading whole files and directories. A file is read to its end, whatever size it claims;
 * nothing here waits for a FIFO or a device that a hostile tree put in the way. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

/* Offsets in a directory entry of Linux, as getdents64(2) describes it. */
enum { RECORD_INODE = 0, RECORD_LENGTH = 16, RECORD_TYPE = 18, RECORD_NAME = 19 };

struct fault system_fault(int error)
{
	return (struct fault){
		.why = error_text(error),
		.transient = error == ENOMEM || error == EMFILE || error == ENFILE || error == EAGAIN,
	};
}

int check_transient(const char *path, int error)
{
	struct fault fault;

	if (!error)
		return 0;
	fault = system_fault(error);
	fault.what = path;
	if (fault.transient)
		bad_fault(fault);
	return error;
}

int stat_again(int directory, const char *path, struct stat *st)
{
	int failed;

	do
		failed = fstatat(directory, path, st, 0);
	while (failed && errno == EINTR);
	return failed ? check_transient(path, errno) : 0;
}

bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

bool is_same_file(int directory, const char *a, const char *b, int flags)
{
	struct stat x, y;

	return !fstatat(directory, a, &x, flags) && !fstatat(directory, b, &y, flags) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static int not_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;
	return S_ISREG(st.st_mode) ? 0 : EINVAL;
}

int open_again(int directory, const char *path, int flags)
{
	/* O_NOATIME saves the write of an access time. The system grants it only to the file's owner and to root;
	 * elsewhere it is left out. */
	static int unnoticed = O_NOATIME;
	int fd;

	while ((fd = openat(directory, path, flags | unnoticed)) < 0 &&
	       (errno == EINTR || (errno == EPERM && unnoticed)))
		if (errno == EPERM)
			unnoticed = 0;
	return fd;
}

static ssize_t read_again(int fd, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	return n;
}

int read_all(struct arena *arena, int fd, struct span *content)
{
	uint8_t *start = arena->start + arena->used;
	size_t room = arena->size - arena->used, size = 0;

	for (;;) {
		ssize_t n = size < room ? read_again(fd, start + size, room - size) : -1;

		if (n < 0)
			return size < room ? errno : EFBIG;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	arena_take(arena, size, 1, 1);
	*content = span_of(start, size);
	return 0;
}

size_t read_at(int fd, uint8_t *to, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, to + done, size - done, (off_t)(offset + done));

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			bad_fault(system_fault(errno));
		if (n > 0)
			done += (size_t)n;
	}
	return done;
}

int file_take(struct arena *arena, int fd, const char *path, enum file_kind kind, struct span *content)
{
	int error = fd < 0 ? errno : kind == REGULAR_FILE ? not_regular(fd) : 0;

	if (!error)
		error = read_all(arena, fd, content);
	if (fd >= 0)
		close(fd);
	if (error == EIO)
		bad_in(path, error_text(error));
	return check_transient(path, error);
}

int file_read(struct arena *arena, int directory, const char *path, enum file_kind kind, struct span *content)
{
	return file_take(arena, open_again(directory, path, FILE_FLAGS(kind)), path, kind, content);
}

int directory_begin(struct directory *directory, int fd, const char *path)
{
	directory->path = path;
	directory->fd = fd;
	directory->as_told = false;
	directory->at = directory->count = 0;
	directory->error = directory->fd < 0 ? errno : 0;
	return check_transient(path, directory->error);
}

int directory_open(struct directory *directory, int at, const char *path)
{
	return directory_begin(directory, open_again(at, path, DIRECTORY_FLAGS), path);
}

void directory_close(struct directory *directory)
{
	close(directory->fd);
}

static void note_entries(struct directory *directory, size_t size)
{
	uint16_t length;

	directory->at = directory->count = 0;
	for (size_t at = 0; at < size; at += length) {
		const uint8_t *record = directory->records + at;
		const char *name = (const char *)record + RECORD_NAME;
		struct key *entry = &directory->entries[directory->count];

		memcpy(&length, record + RECORD_LENGTH, sizeof(length));
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		memcpy(&entry->chunk, record + RECORD_INODE, sizeof(entry->chunk));
		entry->string = name;
		directory->count++;
	}
	if (!directory->as_told)
		sort_chunks(directory->entries, directory->spare, directory->count);
}

static bool refill(struct directory *directory)
{
	long n;

	do
		n = syscall(SYS_getdents64, directory->fd, directory->records, sizeof(directory->records));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		directory->error = check_transient(directory->path, errno);
	note_entries(directory, n > 0 ? (size_t)n : 0);
	return n > 0;
}

/* The type of what the name stands for: as the directory tells it or, where it does not, as the file itself does. */
static unsigned char type_of(const struct directory *directory, const char *name)
{
	unsigned char told = (unsigned char)name[RECORD_TYPE - RECORD_NAME];
	struct stat st;

	if (told != DT_UNKNOWN || fstatat(directory->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return told;
	return (unsigned char)IFTODT(st.st_mode);
}

const char *directory_next(struct directory *directory, unsigned char *type)
{
	const char *name;

	while (directory->at == directory->count)
		if (!refill(directory)) {
			directory_close(directory);
			return NULL;
		}
	name = directory->entries[directory->at++].string;
	*type = type_of(directory, name);
	return name;
}
