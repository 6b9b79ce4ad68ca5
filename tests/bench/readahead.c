/* readahead.c: how fast a disk gives the files of a tree, at best: all of them are asked for at once, then each is read,
 * by one process that does nothing else.
 *
 *     readahead LIST        names of files, each ended by NUL */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

static void die(const char *what)
{
	fprintf(stderr, "readahead: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_file(const char *name)
{
	int fd = open(name, O_RDONLY | O_NOATIME);

	if (fd < 0)
		die(name);
	return fd;
}

static void ask(const char *name)
{
	int fd = open_file(name);

	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
	if (errno)
		die(name);
	close(fd);
}

static void read_file(const char *name)
{
	static char buffer[PIECE];
	int fd = open_file(name);
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		;
	if (n < 0)
		die(name);
	close(fd);
}

int main(int count, char **arguments)
{
	static void (*const steps[])(const char *) = { ask, read_file };
	char *name = NULL;
	size_t room = 0;
	FILE *list;

	if (count != 2 || !(list = fopen(arguments[1], "r")))
		die(count == 2 ? arguments[1] : "LIST");
	for (int i = 0; i < 2; i++, rewind(list))
		while (getdelim(&name, &room, 0, list) > 0)
			steps[i](name);
	if (ferror(list))
		die(arguments[1]);
	free(name);
	return fclose(list) != 0;
}
