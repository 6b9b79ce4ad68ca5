/* relro.c: what a dynamic loader does at the end of relocation, and musl does not where there is no loader: what nobody has to
 * write any more (PT_GNU_RELRO) becomes read-only. Only in the release build. */
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

__attribute__((constructor)) static void end_relocation(void)
{
	/* The linker's name. NOLINTNEXTLINE(bugprone-reserved-identifier) */
	extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
	const uint8_t *base = (const void *)&__ehdr_start;
	const ElfW(Phdr) *segment = (const void *)(base + __ehdr_start.e_phoff);
	uintptr_t page = getauxval(AT_PAGESZ);

	for (size_t i = 0; i < __ehdr_start.e_phnum; i++, segment++)
		if (segment->p_type == PT_GNU_RELRO) {
			uintptr_t start = (uintptr_t)base + segment->p_vaddr, end = start + segment->p_memsz;

			start &= -page;
			(void)mprotect((void *)start, (end & -page) - start, PROT_READ);
		}
}
