/* ahead.c: keeping a disk busy. Who reads file after file waits for the disk once and again for each, and the disk waits
 * for him. When files that will be read soon are asked for together, the disk always has something to do. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "depmod.h"

enum {
	USAGE_WORDS = 18, /* of struct rusage, as the kernel fills it; */
	IN_BLOCKS = 11,   /* which of them ru_inblock is, */
	BLOCK = 512,      /* and the bytes that it counts as one */
	WINDOW = 2 << 20, /* bytes after which nothing more is asked for: little, as memory may be small */
	/* Bytes that are asked for of one file. All of a compressed file is read. Of a plain one, some pages here and
	 * there are; nine in ten are not larger than this, and a disk gives all of it sooner than a few pieces. */
	PACKED_SIZE = 8 << 20,
	PLAIN_SIZE = 128 << 10,
};

/* The system call itself: the library's function is larger. */
uint32_t disk_blocks(void)
{
	long usage[USAGE_WORDS];

	usage[IN_BLOCKS] = 0;
	syscall(SYS_getrusage, RUSAGE_SELF, usage);
	return (uint32_t)usage[IN_BLOCKS];
}

void ask_ahead(int directory, const char *paths)
{
	uint32_t before = disk_blocks();
	size_t length;

	for (; (length = strlen(paths)) && disk_blocks() - before < WINDOW / BLOCK; paths += length + 1) {
		int fd = module_open(directory, paths);

		if (fd >= 0) {
			readahead(fd, 0, ends_in(paths, length, ".ko") ? PLAIN_SIZE : PACKED_SIZE);
			close(fd);
		}
	}
}
