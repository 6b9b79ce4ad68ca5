/* unpack.c: the executable of the release build: the program, compressed, and what puts it into memory and starts it as the
 * kernel would have done (ELF gABI, chapter 5, and the ABI supplements of the processors for the initial stack).
 * No page is ever writable and executable at once. */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <stdalign.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "depmod.h"

/* In place of the C library's, which are made for speed and take a kilobyte where they are not written in assembler. */
#if !defined(__x86_64__) && !defined(__i386__)
#define OWN __attribute__((used))

OWN void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

OWN void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = (uint8_t)byte;
	return to;
}

OWN size_t strlen(const char *string)
{
	size_t length = 0;

	while (string[length])
		length++;
	return length;
}
#endif

/* Address space behind the end of the program's file for what the file does not hold. */
enum { BEYOND_FILE = 1 << 20 };

/* packed[], and PROGRAM_SIZE, the size of what is in it. */
#include "build/program.inc"

struct program {
	uint8_t *base;             /* where address 0 of the file is */
	const ElfW(Phdr) *segments;
	size_t count;
};

static void decompress(uint8_t *to)
{
	struct span in = span_of(packed, sizeof(packed));
	uint8_t *end = to + PROGRAM_SIZE;
#ifdef PACKED_AS_LZMA2
	enum { DICTIONARY = 1 << 26 };
	static alignas(64) uint8_t work[LZMA2_WORK_SIZE];

	if (lzma2(&in, to, end, DICTIONARY, work) != end)
#else
	static alignas(64) uint8_t work[INFLATE_WORK_SIZE];

	if (inflate_stream(&in, to, end, work) != end)
#endif
		bad(DATA_ENDS);
}

static void unpack(struct program *program)
{
	const ElfW(Ehdr) *header;

	program->base = mmap(NULL, PROGRAM_SIZE + BEYOND_FILE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (program->base == MAP_FAILED)
		bad("Out of memory");
	decompress(program->base);
	header = (const void *)program->base;
	program->segments = (const void *)(program->base + header->e_phoff);
	program->count = header->e_phnum;
}

/* Moves each segment from its place in the file to that in memory, which is never a lower one: so the last goes first,
 * and each from its end on. There is little to move, and the library's functions would be larger. */
static void spread(const struct program *program)
{
	for (size_t i = program->count; i--;) {
		const ElfW(Phdr) *s = &program->segments[i];
		uint8_t *place = program->base + s->p_vaddr;
		const uint8_t *from = program->base + s->p_offset;

		if (s->p_type != PT_LOAD)
			continue;
		for (size_t n = s->p_memsz; n-- > s->p_filesz;)
			place[n] = 0;
		for (size_t n = s->p_filesz; place != from && n--;)
			place[n] = from[n];
		if (s->p_flags & PF_X)
			__builtin___clear_cache((void *)place, (void *)(place + s->p_filesz));
	}
}

/* Where what was writable may never become executable (PR_SET_MDWE, systemd's MemoryDenyWriteExecute=), a file still may:
 * one that only we have, in memory. Whether the pages at `start` could be replaced by such a file's. */
static bool map_code(uint8_t *start, size_t size, int rights)
{
	enum { CLOSE_ON_EXEC = 1 };  /* MFD_CLOEXEC; Linux 3.17 */
	int fd = (int)syscall(SYS_memfd_create, "code", CLOSE_ON_EXEC);
	bool mapped = fd >= 0 && write(fd, start, size) == (ssize_t)size &&
		      mmap(start, size, rights, MAP_PRIVATE | MAP_FIXED, fd, 0) == start;

	close(fd);
	return mapped;
}

static void protect(const struct program *program, size_t page)
{
	for (size_t i = 0; i < program->count; i++) {
		const ElfW(Phdr) *s = &program->segments[i];
		size_t before = s->p_vaddr & (page - 1), size = s->p_memsz + before;
		uint8_t *start = program->base + s->p_vaddr - before;
		int rights = (s->p_flags & PF_R ? PROT_READ : 0) | (s->p_flags & PF_W ? PROT_WRITE : 0) |
			     (s->p_flags & PF_X ? PROT_EXEC : 0);

		if (s->p_type == PT_LOAD && mprotect(start, size, rights) && !map_code(start, size, rights))
			bad("this system lets no program make code");
	}
}

/* What the kernel says of the file it started, is to be said of the one that was unpacked. Returns the size of a page. */
static size_t introduce(const struct program *program, uintptr_t entry, ElfW(auxv_t) *said)
{
	size_t page = 4096;

	for (; said->a_type != AT_NULL; said++)
		switch (said->a_type) {
		case AT_PHDR: said->a_un.a_val = (uintptr_t)program->segments; break;
		case AT_PHNUM: said->a_un.a_val = program->count; break;
		case AT_ENTRY: said->a_un.a_val = entry; break;
		case AT_PAGESZ: page = said->a_un.a_val; break;
		}
	return page;
}

/* The compressed copy stands among code (one page of padding less); nobody is to find something to execute in it. */
static void forget_packed(size_t page)
{
	uintptr_t start = (uintptr_t)packed + page - 1, end = (uintptr_t)packed + sizeof(packed);

	(void)munmap((void *)(start & -page), (end & -page) - (start & -page));
}

/* Jumps, with the stack as it was at our own start. */
static _Noreturn void enter(uintptr_t entry, void *stack)
{
#if defined(__x86_64__)
	__asm__ volatile("mov %1, %%rsp; jmp *%0" : : "r"(entry), "r"(stack), "d"(0) : "memory");
#elif defined(__i386__)
	__asm__ volatile("mov %1, %%esp; jmp *%0" : : "r"(entry), "r"(stack), "d"(0) : "memory");
#elif defined(__aarch64__)
	__asm__ volatile("mov sp, %1; br %0" : : "r"(entry), "r"(stack) : "memory");
#elif defined(__arm__)
	__asm__ volatile("mov sp, %1; bx %0" : : "r"(entry), "r"(stack) : "memory");
#elif defined(__s390x__)
	__asm__ volatile("lgr %%r15, %1; br %0" : : "a"(entry), "a"(stack) : "memory");
#elif defined(__mips__)
	__asm__ volatile("move $sp, %1; move $25, %0; jr $25; nop" : : "r"(entry), "r"(stack) : "memory");
#elif defined(__powerpc64__)
	__asm__ volatile("mr 1, %1; mr 12, %0; mtctr 12; bctr" : : "b"(entry), "b"(stack) : "memory");
#elif defined(__riscv)
	__asm__ volatile("mv sp, %1; jr %0" : : "r"(entry), "r"(stack) : "memory");
#else
#error "how a program is entered on this processor is not known here; see PACKED in the Makefile"
#endif
	__builtin_unreachable();
}

/* `arguments` stand where the kernel put them: behind their number, before the environment and what else it has to say. */
static void start(void *arguments)
{
	char **end = arguments;
	struct program program;
	uintptr_t entry;
	size_t page;

	unpack(&program);
	while (*end++)
		;
	while (*end++)
		;
	entry = (uintptr_t)program.base + ((const ElfW(Ehdr) *)(const void *)program.base)->e_entry;
	spread(&program);
	page = introduce(&program, entry, (void *)end);
	protect(&program, page);
	forget_packed(page);
	enter(entry, (uintptr_t *)arguments - 1);
}

int main(int count, char **arguments)
{
	struct fault fault;

	(void)count;
	if (!attempt(start, arguments, &fault)) {
		static const char what[] = "depmod: FATAL: cannot be unpacked: ";

		(void)!write(2, what, sizeof(what) - 1);
		(void)!write(2, fault.why, strlen(fault.why));
		(void)!write(2, "\n", 1);
	}
	return 1;
}
