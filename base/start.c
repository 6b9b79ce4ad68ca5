/* start.c: the beginning of the process, up to main(), and the way into the system. The C library's own takes three
 * kilobytes: it prepares for threads, for libraries, and for functions that run before and after main(), of which there
 * is none here. Only in the release build, whose layout (release/program.ld) says where the relocations are, and gives
 * the segment PT_GNU_RELRO whole pages of its own. This room is built without the stack guard, whose number it chooses,
 * and without optimisation across rooms, which does not see names that assembly defines. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

/* The linker, the compiler and the C library have such names. NOLINTBEGIN(bugprone-reserved-identifier) */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Makes the segment PT_GNU_RELRO read-only: data that is not written any more. A dynamic loader does that for other
 * programs, but the C library does not do it for a static one. */
static void end_relocation(uintptr_t page)
{
	const uint8_t *base = (const void *)&__ehdr_start;
	const ElfW(Phdr) *segment = (const void *)(base + __ehdr_start.e_phoff);

	for (size_t i = 0; i < __ehdr_start.e_phnum; i++, segment++)
		if (segment->p_type == PT_GNU_RELRO) {
			uintptr_t start = (uintptr_t)base + segment->p_vaddr, end = start + segment->p_memsz;

			start &= -page;
			(void)mprotect((void *)start, ((end + page - 1) & -page) - start, PROT_READ);
		}
}

#ifndef OWN_START

/* On other processors, the C library begins. */
__attribute__((constructor)) static void begin(void)
{
	end_relocation(getauxval(AT_PAGESZ));
}

#else

/* _start, where the system begins, with a stack that holds the arguments: calls begin() with their address.
 * syscall() moves its arguments to where the system looks for them. */
#ifdef __thumb__
#define FUNCTION(name) ".globl " name "\n.type " name ",%function\n.thumb_func\n" name ":\n"
#else
#define FUNCTION(name) ".globl " name "\n.type " name ",%function\n" name ":\n"
#endif

/* clang-format off */
#if defined(__x86_64__)
__asm__(FUNCTION("_start")
	"xor %ebp, %ebp\n" "mov %rsp, %rdi\n" "call begin\n"
	FUNCTION("syscall")
	"mov %rdi, %rax\n" "mov %rsi, %rdi\n" "mov %rdx, %rsi\n" "mov %rcx, %rdx\n" "mov %r8, %r10\n" "mov %r9, %r8\n"
	"mov 8(%rsp), %r9\n" "syscall\n" "mov %rax, %rdi\n" "jmp __syscall_ret\n");
#elif defined(__i386__)
__asm__(FUNCTION("_start")
	"xor %ebp, %ebp\n" "push %esp\n" "call begin\n"
	FUNCTION("syscall")
	"push %ebx\n" "push %esi\n" "push %edi\n" "push %ebp\n"
	"mov 20(%esp), %eax\n" "mov 24(%esp), %ebx\n" "mov 28(%esp), %ecx\n" "mov 32(%esp), %edx\n"
	"mov 36(%esp), %esi\n" "mov 40(%esp), %edi\n" "mov 44(%esp), %ebp\n" "call *%gs:16\n"
	"pop %ebp\n" "pop %edi\n" "pop %esi\n" "pop %ebx\n"
	"push %eax\n" "call __syscall_ret\n" "pop %edx\n" "ret\n");
#elif defined(__aarch64__)
__asm__(FUNCTION("_start")
	"mov x29, #0\n" "mov x30, #0\n" "mov x0, sp\n" "b begin\n"
	FUNCTION("syscall")
	"mov x8, x0\n" "mov x0, x1\n" "mov x1, x2\n" "mov x2, x3\n" "mov x3, x4\n" "mov x4, x5\n" "mov x5, x6\n"
	"svc #0\n" "b __syscall_ret\n");
#elif defined(__arm__)
__asm__(FUNCTION("_start")
	"mov r0, sp\n" "b begin\n"
	FUNCTION("syscall")
	"mov ip, sp\n" "push {r4-r7, lr}\n" "mov r7, r0\n" "mov r0, r1\n" "mov r1, r2\n" "mov r2, r3\n"
	"ldm ip, {r3-r5}\n" "svc #0\n" "pop {r4-r7, lr}\n" "b __syscall_ret\n");
#else
__asm__(FUNCTION("_start")
	"mv a0, sp\n" "tail begin\n"
	FUNCTION("syscall")
	"mv a7, a0\n" "mv a0, a1\n" "mv a1, a2\n" "mv a2, a3\n" "mv a3, a4\n" "mv a4, a5\n" "mv a5, a6\n"
	"ecall\n" "tail __syscall_ret\n");
#endif
/* clang-format on */

char **environ;

/* With 64 bits there are enough without one byte, which becomes 0, so that no string can hold the number. */
#define NO_STRING ~(UINTPTR_MAX > UINT32_MAX ? (uintptr_t)0xff00 : 0)

#if defined(__x86_64__) || defined(__i386__)

/* The thread's block of memory. Compiled code looks there for the number that guards the stack; on i386, the C library
 * looks there for the way into the system. */
enum { SELF = 0, SYSTEM = 4, GUARD = 5 };
static uintptr_t block[GUARD + 1];

int __set_thread_area(void *block);
extern uintptr_t __sysinfo; /* on i386: the way into any system */

static void set_guard(uintptr_t guard)
{
	block[SELF] = (uintptr_t)block;
	block[GUARD] = guard & NO_STRING;
	__set_thread_area(block);
}

#else

uintptr_t __stack_chk_guard;

static void set_guard(uintptr_t guard)
{
	__stack_chk_guard = guard & NO_STRING;
}

#endif

_Noreturn void __stack_chk_fail(void)
{
	__builtin_trap();
}

#ifdef __i386__
__attribute__((alias("__stack_chk_fail"), visibility("hidden"))) _Noreturn void __stack_chk_fail_local(void);
#endif

/* The value of that type in the auxiliary vector, or 0. */
static uintptr_t auxiliary(const ElfW(auxv_t) * vector, unsigned type)
{
	for (; vector->a_type; vector++)
		if (vector->a_type == type)
			return vector->a_un.a_val;
	return 0;
}

/* Adds the address of the program to all pointers in its data. */
static void relocate(void)
{
	const uintptr_t base = (uintptr_t)&__ehdr_start;
#if __SIZEOF_POINTER__ == 4
	extern const ElfW(Rel) relocations[] __attribute__((visibility("hidden")));
	extern const ElfW(Rel) relocations_end[] __attribute__((visibility("hidden")));

	for (const ElfW(Rel) *r = relocations; r < relocations_end; r++)
		*(uintptr_t *)(base + r->r_offset) += base;
#else
	extern const ElfW(Rela) relocations[] __attribute__((visibility("hidden")));
	extern const ElfW(Rela) relocations_end[] __attribute__((visibility("hidden")));

	for (const ElfW(Rela) *r = relocations; r < relocations_end; r++)
		*(uintptr_t *)(base + r->r_offset) = base + (uintptr_t)r->r_addend;
#endif
}

/* A program with more rights than its caller finds something behind the descriptors 0 to 2. */
static void fill_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		/* cppcheck-suppress leakReturnValNotUsed; it is fd */
		if (syscall(SYS_fcntl, fd, F_GETFD) < 0 && openat(CURRENT_DIRECTORY, "/dev/null", O_RDWR) != fd)
			__builtin_trap();
}

int main(int argc, char **argv);

/* What is on the stack: the number of arguments, the arguments, NULL, the environment, NULL, the auxiliary vector. */
__attribute__((used)) _Noreturn void begin(uintptr_t *stack)
{
	char **words = (char **)(stack + 1), **end;
	const ElfW(auxv_t) * vector;
	const uintptr_t *random;

	relocate();
	for (end = environ = words + *stack + 1; *end; end++)
		;
	vector = (const void *)(end + 1);
	random = (const uintptr_t *)auxiliary(vector, AT_RANDOM);
	set_guard(random ? *random : (uintptr_t)stack * 1103515245);
#ifdef __i386__
	block[SYSTEM] = auxiliary(vector, AT_SYSINFO);
	if (!block[SYSTEM])
		block[SYSTEM] = __sysinfo;
#endif
	end_relocation(auxiliary(vector, AT_PAGESZ));
	if (auxiliary(vector, AT_SECURE))
		fill_descriptors();
	_exit(main((int)*stack, words));
}

#endif

/* NOLINTEND(bugprone-reserved-identifier) */
