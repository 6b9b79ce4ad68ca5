/* ahead.c: keeping a disk busy. Who reads file after file waits for the disk once for each, and the disk waits for him.
 * Where reading turns out to need the disk at all, files are asked for some time before they are read. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "depmod.h"

enum {
	BLOCK = 512,            /* bytes: the unit of ru_inblock, */
	IN_BLOCKS = 11,         /* which is this word of struct rusage as the kernel fills it, */
	USAGE_WORDS = 18,       /* of so many */
	WINDOW = 2 << 20,       /* bytes that one worker asks for at once: little for a small machine's memory */
	PLAIN_SIZE = 128 << 10, /* bytes of a plain module: all of most, as what is read of it lies at both ends */
	PACKED_SIZE = 1 << 20,  /* bytes of a compressed module, of which all is read */
};

uint32_t disk_blocks(void)
{
	static long before;
	long usage[USAGE_WORDS], more;

	usage[IN_BLOCKS] = before;
	/* The system call itself: the library's function is larger. */
	syscall(SYS_getrusage, RUSAGE_SELF, usage);
	more = usage[IN_BLOCKS] - before;
	before = usage[IN_BLOCKS];
	return more > 0 ? (uint32_t)more : 0; /* a new process counts from 0 */
}

uint32_t ask_ahead(int directory, const char *paths)
{
	uint32_t blocks = disk_blocks();
	size_t length;

	for (; (length = strlen(paths)) && blocks < WINDOW / BLOCK; paths += length + 1) {
		int fd = module_open(directory, paths);

		if (fd < 0)
			continue;
		readahead(fd, 0, ends_in(paths, length, ".ko") ? PLAIN_SIZE : PACKED_SIZE);
		close(fd);
		blocks += disk_blocks();
	}
	return blocks;
}
