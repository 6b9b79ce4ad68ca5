/* libc.c: small versions of functions for which the C library needs kilobytes: string functions whose speed does not
 * matter here, and system calls without the library's support for threads and for handlers that return. Only in the
 * release build: linked before the library, they replace its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"

char *strchr(const char *s, int c)
{
	while (*s != (char)c)
		if (!*s++)
			return NULL;
	return (char *)(uintptr_t)s;
}

__attribute__((used)) char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do
		if (*s == (char)c)
			last = s;
	while (*s++);
	return (char *)(uintptr_t)last;
}

__attribute__((used)) size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

__attribute__((used)) int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *p = a, *q = b;

	for (; size && *p == *q; size--)
		p++, q++;
	return size ? *p - *q : 0;
}

__attribute__((used)) int strcmp(const char *a, const char *b)
{
	for (; *a == *b && *a; a++)
		b++;
	return (uint8_t)*a - (uint8_t)*b;
}

static size_t span(const char *s, const char *set, bool in)
{
	size_t n = 0;

	while (s[n] && (strchr(set, s[n]) != NULL) == in)
		n++;
	return n;
}

size_t strspn(const char *s, const char *set)
{
	return span(s, set, true);
}

size_t strcspn(const char *s, const char *set)
{
	return span(s, set, false);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a == *b && *a; n--)
		a++, b++;
	return n ? (uint8_t)*a - (uint8_t)*b : 0;
}

char *strstr(const char *s, const char *part)
{
	size_t length = strlen(part);

	for (; strncmp(s, part, length) != 0; s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}

/* Handlers must not return: x86_64 would call a restorer then, which is NULL here. The kernel's struct sigaction begins
 * with the handler and then the flags; on MIPS, flags come first, and sets of signals are larger. */
void (*signal(int number, void (*handler)(int)))(int)
{
#ifdef __mips__
	enum { HANDLER = 1, FLAGS = 0, SET_SIZE = 16 };
#else
	enum { HANDLER = 0, FLAGS = 1, SET_SIZE = 8 };
#endif
	enum { NOT_BLOCKED_MEANWHILE = 0x40000000, HAS_RESTORER = 0x04000000 };
	uintptr_t action[16] = { [FLAGS] = NOT_BLOCKED_MEANWHILE | HAS_RESTORER }, before[16] = { 0 };

	action[HANDLER] = (uintptr_t)handler;
	syscall(SYS_rt_sigaction, number, action, before, SET_SIZE);
	return (void (*)(int))before[HANDLER];
}

/* Eight bytes at a time, as long as none of them is c, because System.map has seven million bytes. */
void *memchr(const void *bytes, int c, size_t n)
{
	const uint64_t all = ONES * (uint8_t)c;
	const uint8_t *p = bytes;

	while (n >= 8 && !zero_byte(le64(p) ^ all)) {
		n -= 8;
		p += 8;
	}
	for (; n--; p++)
		if (*p == (uint8_t)c)
			return (uint8_t *)(uintptr_t)p;
	return NULL;
}

int openat(int directory, const char *path, int flags, ...)
{
	va_list list;
	int mode = 0;

	va_start(list, flags);
	if (flags & O_CREAT)
		mode = va_arg(list, int);
	va_end(list);
	return (int)syscall(SYS_openat, directory, path, flags | O_LARGEFILE, mode);
}

/* The system call alone: the library also prepares its threads, of which there are none here. */
pid_t _Fork(void)
{
#ifdef SYS_fork
	return (pid_t)syscall(SYS_fork);
#else
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
}

#ifdef OWN_START

/* There are no threads. */
int *__errno_location(void)
{
	static int number;

	return &number;
}

/* The system returns a negative errno after an error. NOLINTNEXTLINE(bugprone-reserved-identifier) */
__attribute__((used)) long __syscall_ret(unsigned long result)
{
	if (result <= -4096UL)
		return (long)result;
	errno = (int)-result;
	return -1;
}

/* System calls that the library makes in such a way that a thread can be ended meanwhile. */
ssize_t read(int fd, void *bytes, size_t size)
{
	return syscall(SYS_read, fd, bytes, size);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	return syscall(SYS_write, fd, bytes, size);
}

/* A 64-bit number is given in two registers of 32 bits; on arm, the first one has an even number. */
ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
#if __SIZEOF_POINTER__ == 8
	return syscall(SYS_pread64, fd, bytes, size, offset);
#elif defined(__arm__)
	return syscall(SYS_pread64, fd, bytes, size, 0, (long)offset, (long)(offset >> 32));
#else
	return syscall(SYS_pread64, fd, bytes, size, (long)offset, (long)(offset >> 32));
#endif
}

int close(int fd)
{
	/* When a signal comes meanwhile, the file is closed all the same. */
	return syscall(SYS_close, fd) && errno != EINTR ? -1 : 0;
}

int fsync(int fd)
{
	return (int)syscall(SYS_fsync, fd);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
}

int poll(struct pollfd *files, nfds_t count, int milliseconds)
{
#ifdef SYS_poll
	return (int)syscall(SYS_poll, files, count, milliseconds);
#else
	const struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	return (int)syscall(SYS_ppoll, files, count, milliseconds < 0 ? NULL : &time, NULL, 8);
#endif
}

/* Memory and files of a size that an off_t of this processor cannot hold are no use here. */
void *mmap(void *start, size_t size, int rights, int flags, int fd, off_t offset)
{
#ifdef SYS_mmap2
	return (void *)syscall(SYS_mmap2, start, size, rights, flags, fd, (long)(offset / 4096));
#else
	return (void *)syscall(SYS_mmap, start, size, rights, flags, fd, offset);
#endif
}

int mprotect(void *start, size_t size, int rights)
{
	return (int)syscall(SYS_mprotect, start, size, rights);
}

int munmap(void *start, size_t size)
{
	return (int)syscall(SYS_munmap, start, size);
}

int uname(struct utsname *name)
{
	return (int)syscall(SYS_uname, name);
}

int madvise(void *start, size_t size, int advice)
{
	return (int)syscall(SYS_madvise, start, size, advice);
}

int execve(const char *path, char *const *arguments, char *const *environment)
{
	return (int)syscall(SYS_execve, path, arguments, environment);
}

int flock(int fd, int operation)
{
	return (int)syscall(SYS_flock, fd, operation);
}

int kill(pid_t pid, int number)
{
	return (int)syscall(SYS_kill, pid, number);
}

int mkdirat(int directory, const char *path, mode_t mode)
{
	return (int)syscall(SYS_mkdirat, directory, path, mode);
}

mode_t umask(mode_t mode)
{
	return (mode_t)syscall(SYS_umask, mode);
}

int access(const char *path, int mode)
{
	return (int)syscall(SYS_faccessat, CURRENT_DIRECTORY, path, mode);
}

int unlinkat(int directory, const char *path, int flags)
{
	return (int)syscall(SYS_unlinkat, directory, path, flags);
}

pid_t getpid(void)
{
	return (pid_t)syscall(SYS_getpid);
}

pid_t getppid(void)
{
	return (pid_t)syscall(SYS_getppid);
}

_Noreturn void _exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}
#endif

/* With 64 bits, struct stat is what the kernel fills. */
#if defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)
int fstatat(int directory, const char *restrict path, struct stat *restrict st, int flags)
{
	return (int)syscall(SYS_newfstatat, directory, path, st, flags);
}

int fstat(int fd, struct stat *st)
{
	return (int)syscall(SYS_fstat, fd, st);
}

/* With 32 bits, struct stat begins with what the kernel fills. That has 32 bits of the number of seconds: without a
 * sign, they last until 2106. */
#elif defined(__i386__) || defined(__arm__)
static struct timespec long_time(long seconds, long nanoseconds)
{
	return (struct timespec){ .tv_sec = (unsigned long)seconds, .tv_nsec = nanoseconds };
}

static int lengthen(struct stat *st, long result)
{
	st->st_atim = long_time(st->__st_atim32.tv_sec, st->__st_atim32.tv_nsec);
	st->st_mtim = long_time(st->__st_mtim32.tv_sec, st->__st_mtim32.tv_nsec);
	st->st_ctim = long_time(st->__st_ctim32.tv_sec, st->__st_ctim32.tv_nsec);
	return (int)result;
}

int fstatat(int directory, const char *restrict path, struct stat *restrict st, int flags)
{
	return lengthen(st, syscall(SYS_fstatat64, directory, path, st, flags));
}

int fstat(int fd, struct stat *st)
{
	return lengthen(st, syscall(SYS_fstat64, fd, st));
}
#endif

/* The compiler's library divides fast, and in two kilobytes. Here, it takes a step for each bit of the result. `used`
 * keeps functions that only the compiler calls: with optimisation across rooms, it makes calls to them only after it has
 * dropped functions that are not called. */
#ifdef __i386__
static uint64_t divide(uint64_t number, uint64_t by, uint64_t *rest)
{
	uint64_t bit = 1, result = 0;

	for (; by < number && !(by >> 63); by <<= 1)
		bit <<= 1;
	for (; bit; bit >>= 1, by >>= 1)
		if (number >= by) {
			number -= by;
			result |= bit;
		}
	*rest = number;
	return result;
}

__attribute__((used)) uint64_t __udivdi3(uint64_t number, uint64_t by)
{
	uint64_t rest;

	return divide(number, by, &rest);
}

__attribute__((used)) uint64_t __umoddi3(uint64_t number, uint64_t by)
{
	uint64_t rest;

	divide(number, by, &rest);
	return rest;
}
#endif

/* The library's functions are made for speed and take a kilobyte. On aarch64, loads and stores of eight bytes are fast,
 * aligned or not. */
#ifdef __aarch64__
__attribute__((used)) void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	uint8_t *p = to;
	const uint8_t *q = from;

	for (; size >= 8; size -= 8, p += 8, q += 8)
		put_le64(p, le64(q));
	while (size--)
		*p++ = *q++;
	return to;
}

__attribute__((used)) void *memmove(void *to, const void *from, size_t size)
{
	uint8_t *p = to;
	const uint8_t *q = from;

	if (p <= q)
		return memcpy(to, from, size);
	while (size--)
		p[size] = q[size];
	return to;
}

__attribute__((used)) void *memset(void *to, int byte, size_t size)
{
	uint8_t *p = to;

	for (; size >= 8; size -= 8, p += 8)
		put_le64(p, ONES * (uint8_t)byte);
	while (size--)
		*p++ = (uint8_t)byte;
	return to;
}
#endif
