/* relro.c: makes the segment PT_GNU_RELRO read-only: data that is not written any more once the program has been
 * relocated. A dynamic loader does that for other programs, but a static program has none, and musl's startup code does
 * not do it. Only in the release build, whose layout (release/program.ld) gives the segment whole pages of its own. */
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

__attribute__((constructor)) static void end_relocation(void)
{
	/* The linker defines this name. NOLINTNEXTLINE(bugprone-reserved-identifier) */
	extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
	const uint8_t *base = (const void *)&__ehdr_start;
	const ElfW(Phdr) *segment = (const void *)(base + __ehdr_start.e_phoff);
	uintptr_t page = getauxval(AT_PAGESZ);

	for (size_t i = 0; i < __ehdr_start.e_phnum; i++, segment++)
		if (segment->p_type == PT_GNU_RELRO) {
			uintptr_t start = (uintptr_t)base + segment->p_vaddr, end = start + segment->p_memsz;

			start &= -page;
			(void)mprotect((void *)start, ((end + page - 1) & -page) - start, PROT_READ);
		}
}
