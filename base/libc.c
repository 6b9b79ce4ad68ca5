/* libc.c: small versions of functions for which the C library needs kilobytes: string functions whose speed does not
 * matter here, and system calls without the library's support for threads and for handlers that return. Only in the
 * release build: linked before the library, they replace its own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

char *strchr(const char *s, int c)
{
	while (*s != (char)c)
		if (!*s++)
			return NULL;
	return (char *)(uintptr_t)s;
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

/* On these processors, struct stat is what the kernel fills. The library has code for others, too. */
#if defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)
int fstatat(int directory, const char *restrict path, struct stat *restrict st, int flags)
{
	return (int)syscall(SYS_newfstatat, directory, path, st, flags);
}

int fstat(int fd, struct stat *st)
{
	return (int)syscall(SYS_fstat, fd, st);
}
#endif

/* The library's functions are made for speed and take a kilobyte. On aarch64, loads and stores of eight bytes are fast,
 * aligned or not. `used` keeps these functions: with optimisation across rooms, the compiler makes calls to them only
 * after it has dropped functions that are not called. */
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
