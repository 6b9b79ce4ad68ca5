/* ahead.c: which files are asked for, and that there is an end to it. The disk is made up: readahead() only counts, and
 * getrusage() tells of as many blocks as that has asked for. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../depmod.h"

enum { FILES = 100, MEBIBYTE = 1 << 20, BLOCKS_OF_MEBIBYTE = MEBIBYTE / 512 };

ssize_t __wrap_readahead(int fd, off64_t offset, size_t size);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
long __real_syscall(long number, ...);

static struct {
	uint32_t asked;     /* number of calls */
	size_t size[FILES]; /* how much was asked for in each */
	long blocks;        /* read so far */
	long each;          /* blocks that a call makes the disk read; 0: all is in memory */
	bool broken;        /* nothing works */
} disk;

ssize_t __wrap_readahead(int fd, off64_t offset, size_t size)
{
	assert_true(fcntl(fd, F_GETFD) >= 0);
	assert_int_equal(offset, 0);
	assert_true(disk.asked < FILES);
	disk.size[disk.asked++] = size;
	disk.blocks += disk.each;
	return disk.broken ? -1 : 0;
}

/* The sanitizers' runtime, where it is linked in, makes its system calls by this, too, before it can watch anything. */
__attribute__((no_sanitize("address", "undefined"))) long __wrap_syscall(long number, long a, long b, long c, long d,
									 long e, long f)
{
	struct rusage *usage = (struct rusage *)b;

	if (number != SYS_getrusage)
		return __real_syscall(number, a, b, c, d, e, f);
	assert_int_equal(a, RUSAGE_SELF);
	if (disk.broken)
		return -1;
	usage->ru_inblock = disk.blocks;
	return 0;
}

/* Asks for so many files of that name, on a disk where each is so many blocks; returns how many it was asked for. */
static uint32_t ask(const char *name, uint32_t files, long each)
{
	char paths[FILES * 64] = "", *end = paths;

	disk = (__typeof__(disk)){ .each = each, .blocks = 12345 };
	for (uint32_t i = 0; i < files; i++)
		end = stpcpy(end, name) + 1;
	ask_ahead(AT_FDCWD, paths);
	return disk.asked;
}

static void what_is_in_memory_has_no_window(void **state)
{
	(void)state;
	assert_int_equal(ask("/dev/null", FILES, 0), FILES);
	assert_int_equal(ask("/dev/null", 0, 0), 0);
}

static void a_disk_is_asked_for_two_mebibytes_at_once(void **state)
{
	(void)state;
	assert_int_equal(ask("/dev/null", FILES, BLOCKS_OF_MEBIBYTE / 8), 16);
	assert_int_equal(ask("/dev/null", FILES, BLOCKS_OF_MEBIBYTE / 8 + 1), 16);
	assert_int_equal(ask("/dev/null", FILES, 5 * BLOCKS_OF_MEBIBYTE), 1);
	assert_int_equal(ask("/dev/null", 7, BLOCKS_OF_MEBIBYTE / 8), 7);
}

static void a_file_that_is_not_there_is_passed_over(void **state)
{
	static const char paths[] = "/nowhere/a.ko\0/dev/null\0/nowhere/b.ko\0/dev/null\0";

	(void)state;
	disk = (__typeof__(disk)){ 0 };
	ask_ahead(AT_FDCWD, paths);
	assert_int_equal(disk.asked, 2);
}

static void of_a_plain_module_less_is_asked_for(void **state)
{
	static const char *const names[] = { "m.ko", "m.ko.gz", "m.ko.xz", "m.ko.zst" };
	char directory[] = "/tmp/ahead-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		close(open(names[i], O_CREAT | O_WRONLY, 0600));
		assert_int_equal(ask(names[i], 1, 1), 1);
		if (i == 0)
			assert_int_equal(disk.size[0], 128 << 10);
		else
			assert_true(disk.size[0] >= MEBIBYTE);
		unlink(names[i]);
	}
	assert_int_equal(chdir("/"), 0);
	rmdir(directory);
}

/* Such a module cannot be had in a tree, but may take a module's place at any time. */
static void a_fifo_is_not_waited_for(void **state)
{
	char path[] = "/tmp/ahead-XXXXXX";

	(void)state;
	close(mkstemp(path));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(ask(path, 3, 0), 3);
	unlink(path);
}

static void nothing_comes_of_a_failure(void **state)
{
	(void)state;
	disk = (__typeof__(disk)){ .broken = true };
	assert_int_equal(disk_blocks(), 0);
	ask_ahead(AT_FDCWD, "/dev/null\0/dev/null\0");
	assert_int_equal(disk.asked, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_memory_has_no_window),
		cmocka_unit_test(a_disk_is_asked_for_two_mebibytes_at_once),
		cmocka_unit_test(a_file_that_is_not_there_is_passed_over),
		cmocka_unit_test(of_a_plain_module_less_is_asked_for),
		cmocka_unit_test(a_fifo_is_not_waited_for),
		cmocka_unit_test(nothing_comes_of_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
