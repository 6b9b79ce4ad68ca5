/* elffile.h: an ELF file as elf.c sees it, for rooms that look for more in it than elf_read() tells. */
#ifndef ELFFILE_H
#define ELFFILE_H

#include "depmod.h"

/* Where a field stands in its record, and its size in bytes. */
struct field {
	uint8_t at, size;
};

/* The two word sizes differ only in these numbers. */
struct layout {
	uint8_t header_size, section_size, symbol_size, word;
	struct field e_shoff, e_shentsize, e_shnum, e_shstrndx;
	struct field sh_name, sh_type, sh_offset, sh_size, sh_link, sh_info;
	struct field st_name, st_value, st_size, st_info, st_shndx;
};

/* The sections that elf.c reads; the rest of the table is passed over. */
enum wanted {
	MODINFO,
	SYMTAB,
	STRTAB,
	KSYMTAB_STRINGS,
	VERSIONS,
	EXTENDED_CRCS,
	EXTENDED_NAMES,
	SYMTAB_SHNDX,
	MODALIAS,
	WANTED_COUNT
};

struct section {
	const uint8_t *header;
	uint64_t offset, size;
	uint32_t info;
	bool present;
};

struct elf {
	struct source *source;
	const struct elf_sink *sink;
	const struct layout *layout;
	bool big;
	uint16_t machine;
	struct span table; /* the section headers */
	struct span names; /* of the sections; ends in NUL */
	uint32_t section_count;
	struct section sections[WANTED_COUNT];
};

#endif
