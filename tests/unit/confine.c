/* confine.c: what a worker still can do, and that it can do nothing else. Each attempt is made by a process of its
 * own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../base/base.h"

enum { X32 = 0x40000000, BEYOND_ALL = 1024 };

struct call {
	long number, arguments[6];
};

static long make(const struct call *call)
{
	const long *a = call->arguments;

	return syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

typedef int work(const void *context);

/* What becomes of a process that does task(context): it ends with what that returns, if it may. */
static int in_a_process(work *task, const void *context)
{
	struct rlimit no_core = { 0, 0 };
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		syscall(SYS_exit_group, task(context));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The same of one that ends by itself: what task() returned. */
static int result_of(work *task, const void *context)
{
	int status = in_a_process(task, context);

	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct confined {
	work *task;
	const void *context;
};

static int confine_and_work(const void *context)
{
	const struct confined *confined = context;

	confine(-1);
	return confined->task(confined->context);
}

/* What becomes of a process that is confined first. */
static int confined(work *task, const void *context)
{
	return in_a_process(confine_and_work, &(struct confined){ task, context });
}

static int try(const void *context)
{
	make(context);
	return 0;
}

static bool forbidden(struct call call)
{
	int status = confined(try, &call);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static void check_forbidden(const char *what, struct call call)
{
	if (!forbidden(call))
		fail_msg("not forbidden: %s", what);
}

static void needs_filters(void)
{
	if (!forbidden((struct call){ .number = SYS_getppid }))
		skip();  /* not here: another architecture, or an emulator */
}

/* ---- what is left ---- */

static int read_as_workers_do(const void *context)
{
	static _Alignas(65536) char page[65536];
	struct rusage usage;
	char bytes[4];
	int fd = openat(*(const int *)context, "self/exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd >= 0 && read(fd, bytes, 4) == 4 && memcmp(bytes, "\177ELF", 4) == 0 &&
	       pread(fd, bytes, 3, 1) == 3 && memcmp(bytes, "ELF", 3) == 0 &&
	       madvise(page, sizeof(page), MADV_DONTNEED) == 0 && readahead(fd, 0, 1) == 0 &&
	       getrusage(RUSAGE_SELF, &usage) == 0 && close(fd) == 0;
}

static void files_can_be_read(void **state)
{
	int directory = open("/proc", O_RDONLY | O_DIRECTORY);
	int status = confined(read_as_workers_do, &directory);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	close(directory);
}

/* ---- what is not ---- */

/* On x86-64, 335 and 336 are what the kernel itself puts into programs that are traced, so no filter may stop
 * them; without that they do nothing. */
static bool is_left(long number)
{
#ifdef __x86_64__
	if (number == 335 || number == 336)
		return true;
#endif
	return number == SYS_openat || number == SYS_read || number == SYS_pread64 || number == SYS_close ||
	       number == SYS_madvise || number == SYS_readahead || number == SYS_getrusage || number == SYS_exit_group;
}

static void no_other_system_call(void **state)
{
	char what[64];

	(void)state;
	needs_filters();
	for (long number = 0; number < BEYOND_ALL; number++) {
		snprintf(what, sizeof(what), "system call %ld", number);
		if (!is_left(number))
			check_forbidden(what, (struct call){ number, { 0 } });
	}
}

/* The names of the worst of them; some have other arguments than zeros. */
static void nothing_that_does_harm(void **state)
{
	static char name[] = "/tmp/confined", program[] = "/bin/true";
	static char *none[] = { NULL };
	long path = (long)name, start = (long)program, list = (long)none, here = AT_FDCWD;

	(void)state;
	needs_filters();
	check_forbidden("write", (struct call){ SYS_write, { 2, path, 1 } });
	check_forbidden("pwrite64", (struct call){ SYS_pwrite64, { 2, path, 1 } });
	check_forbidden("renameat2", (struct call){ SYS_renameat2, { here, path, here, path } });
	check_forbidden("unlinkat", (struct call){ SYS_unlinkat, { here, path } });
	check_forbidden("mkdirat", (struct call){ SYS_mkdirat, { here, path } });
	check_forbidden("ftruncate", (struct call){ SYS_ftruncate, { 2, 0 } });
	check_forbidden("execve", (struct call){ SYS_execve, { start, list, list } });
	check_forbidden("execveat", (struct call){ SYS_execveat, { here, start, list, list } });
	check_forbidden("clone", (struct call){ SYS_clone, { SIGCHLD } });
	check_forbidden("socket", (struct call){ SYS_socket, { 1, 1 } });
	check_forbidden("connect", (struct call){ SYS_connect, { 0, path, 16 } });
	check_forbidden("kill", (struct call){ SYS_kill, { getpid(), 0 } });
	check_forbidden("ptrace", (struct call){ SYS_ptrace, { 16, getpid() } });
	check_forbidden("mmap", (struct call){ SYS_mmap, { 0, 4096, 7, 0x22, -1 } });
	check_forbidden("mprotect", (struct call){ SYS_mprotect, { 0, 4096, 7 } });
	check_forbidden("prctl", (struct call){ SYS_prctl, { 38 } });
	check_forbidden("ioctl", (struct call){ SYS_ioctl, { 0, 0x5412, path } });
	assert_int_equal(access(name, F_OK), -1);
}

/* Each flag by itself: those that only tell how to read are let through, others not. */
static void no_file_is_opened_to_be_written(void **state)
{
	static const char path[] = "/nowhere/to/be/found";
	const long harmless = O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_LARGEFILE | O_NOATIME;
	char what[64];

	(void)state;
	needs_filters();
	for (int bit = 0; bit < 32; bit++) {
		long flag = (long)(UINT32_C(1) << bit);
		struct call call = { SYS_openat, { AT_FDCWD, (long)path, flag } };

		snprintf(what, sizeof(what), "flag %#lo", (unsigned long)flag);
		if (!(flag & harmless))
			check_forbidden(what, call);
		else if (forbidden(call))
			fail_msg("forbidden: %s", what);
	}
	check_forbidden("O_RDWR | O_CREAT", (struct call){ SYS_openat, { AT_FDCWD, (long)path, O_RDWR | O_CREAT } });
	check_forbidden("O_TMPFILE", (struct call){ SYS_openat, { AT_FDCWD, (long)"/tmp", O_TMPFILE | O_WRONLY } });
}

#ifdef __x86_64__

static int call_as_32_bit(const void *context)
{
	long result = 3;  /* here, read(); for 64-bit programs, close(), which is left to them */

	(void)context;
	__asm__ volatile("int $0x80" : "+a"(result) : "b"(-1L) : "memory", "r8", "r9", "r10", "r11");
	return 0;
}

static void no_call_in_another_architecture(void **state)
{
	int status;

	(void)state;
	needs_filters();
	check_forbidden("x32", (struct call){ .number = X32 | SYS_getppid });
	check_forbidden("read() of x32", (struct call){ .number = X32 | SYS_read });
	status = confined(call_as_32_bit, NULL);
	assert_true(WIFSIGNALED(status));
}

#endif

/* ---- how the process stands ---- */

static int read_status(const void *context)
{
	static char text[8192];
	int fd = openat(AT_FDCWD, "/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, text, sizeof(text) - 1);

	(void)context;
	return size > 0 && strstr(text, "\nNoNewPrivs:\t1\n") && strstr(text, "\nSeccomp:\t2\n");
}

static void privileges_and_filter_stay(void **state)
{
	int status;

	(void)state;
	needs_filters();
	status = confined(read_status, NULL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

/* ---- which files are read ---- */

/* Paths of files that a process with a list tries to read, and which of them it must be able to. */
static const struct {
	const char *path;
	bool permitted;
} listed[] = {
	{ "tree/module", true },
	{ "tree/below/module", true },
	{ "outside/named", true },
	{ "outside/other", false },
	{ "tree/link", false },    /* to outside/other */
	{ "tree/permitted", true } /* to outside/named */
};

static char lists[] = "/tmp/confine-XXXXXX";

struct list {
	int permissions, directory;
};

/* The number of the first file for which that is not so, + 1; 0 when there is none. */
static int try_listed(const void *context)
{
	const struct list *list = context;

	confine(list->permissions);
	for (int i = 0; i < (int)COUNT_OF(listed); i++) {
		int fd = openat(list->directory, listed[i].path, O_RDONLY | O_CLOEXEC);

		if ((fd >= 0) != listed[i].permitted)
			return i + 1;
		close(fd);
	}
	return 0;
}

static int make_files(void **state)
{
	char command[512];

	(void)state;
	memset(lists + sizeof(lists) - 7, 'X', 6);
	assert_non_null(mkdtemp(lists));
	snprintf(command, sizeof(command), "cd %s && mkdir -p tree/below outside && touch tree/module tree/below/module && "
		 "touch outside/named outside/other && ln -s ../outside/other tree/link && "
		 "ln -s ../outside/named tree/permitted && ln -s ../outside tree/directory", lists);
	return system(command);
}

static int remove_files(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", lists);
	return system(command);
}

static void only_listed_files_are_read(void **state)
{
	int permissions = permissions_begin(false), here = open(lists, O_RDONLY | O_DIRECTORY), tree, wrong;

	(void)state;
	if (permissions < 0)
		skip();  /* a kernel without Landlock */
	tree = openat(here, "tree", O_RDONLY | O_DIRECTORY);
	permit(permissions, tree);
	permit_file(permissions, here, "outside/missing");
	permit_file(permissions, here, "tree/permitted");
	permit_file(permissions, here, "tree/directory");  /* no file: permits nothing */
	wrong = result_of(try_listed, &(struct list){ permissions, here });
	if (wrong)
		fail_msg("%s: should be %d", listed[wrong - 1].path, listed[wrong - 1].permitted);
	close(permissions);
	close(tree);
	close(here);
}

/* ---- a root directory ---- */

/* Ways out of the tree, each of which leads to a file where there is no other root directory. */
static const char *const ways_out[] = {
	"../outside/named", "below/../../outside/named", "link", "absolute", "/proc/self/status", "/../etc/passwd",
	"directory/named",
};

enum { NOT_ENTERED = 98, NOT_READ = 99 };

/* 0 when the module can be read, but nothing outside; else the number of the first way out, + 1, or one of these. */
static int try_ways_out(int tree)
{
	confine(permissions_begin(true));
	for (int i = 0; i < (int)COUNT_OF(ways_out); i++)
		if (openat(tree, ways_out[i], O_RDONLY | O_CLOEXEC) >= 0)
			return i + 1;
	return openat(tree, "below/module", O_RDONLY | O_CLOEXEC) < 0 ? NOT_READ : 0;
}

static int stay(const void *tree)
{
	return try_ways_out(*(const int *)tree);
}

static int enter(const void *tree)
{
	return enter_for_good(*(const int *)tree) ? try_ways_out(*(const int *)tree) : NOT_ENTERED;
}

static int make_ways_out(void **state)
{
	char path[256], target[256];

	if (make_files(state))
		return 1;
	snprintf(path, sizeof(path), "%s/tree/absolute", lists);
	snprintf(target, sizeof(target), "%s/outside/named", lists);
	return symlink(target, path);
}

static void nothing_leads_out_of_a_root_directory(void **state)
{
	char path[256];
	int tree, way;

	(void)state;
	if (geteuid())
		skip();  /* only root may have another root directory */
	snprintf(path, sizeof(path), "%s/tree", lists);
	tree = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(result_of(stay, &tree), 1);
	way = result_of(enter, &tree);
	if (way)
		fail_msg("%d: %s", way, way <= (int)COUNT_OF(ways_out) ? ways_out[way - 1] : "the module cannot be read");
	close(tree);
}

/* 0 when it cannot enter, as it should be. */
static int enter_without_rights(const void *directory)
{
	if (!geteuid() && (setgid(65534) || setuid(65534)))
		return 2;
	return enter_for_good(*(const int *)directory);
}

static void who_has_no_right_to_it_stays_outside(void **state)
{
	int directory = open("/tmp", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(result_of(enter_without_rights, &directory), 0);
	close(directory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_can_be_read),
		cmocka_unit_test(no_other_system_call),
		cmocka_unit_test(nothing_that_does_harm),
		cmocka_unit_test(no_file_is_opened_to_be_written),
#ifdef __x86_64__
		cmocka_unit_test(no_call_in_another_architecture),
#endif
		cmocka_unit_test(privileges_and_filter_stay),
		cmocka_unit_test_setup_teardown(only_listed_files_are_read, make_files, remove_files),
		cmocka_unit_test_setup_teardown(nothing_leads_out_of_a_root_directory, make_ways_out, remove_files),
		cmocka_unit_test(who_has_no_right_to_it_stays_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
