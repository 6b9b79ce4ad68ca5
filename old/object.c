/* object.c: any symbol, section and relocation of an ELF file (System V gABI, chapter 4). Modules of older kernels have
 * their symbols and device tables in places where elf.c does not look. */
#include "old.h"

enum {
	SH_TYPE = 4,
	SHT_RELA = 4,
	SHT_REL = 9,
	SHN_LORESERVE = 0xff00,
	SHN_XINDEX = 0xffff,
	INDEX_SIZE = 4,
	EM_MIPS = 8,
	RELOCATIONS_MAX = 1 << 20, /* more than any module has; in a damaged file, many tables may share their bytes */
};

/* Kept out of line: inlined copies would be larger than the calls. */
COLD uint64_t elf_integer(const struct elf *elf, const uint8_t *p, unsigned size)
{
	return integer_at(p, size, elf->big);
}

/* The bytes of a section; none when there is no such section. */
static struct span bytes_of(const struct elf *elf, enum wanted which, const char *name)
{
	return elf->sections[which].present ? elf_bytes(elf, elf->sections[which], name) : span_of("", 0);
}

/* The string at that offset. The last one is known to end with NUL. */
static const char *string_in(struct span strings, uint64_t at, const char *why)
{
	if (at >= span_size(strings))
		bad_at(why, at);
	return (const char *)strings.p + at;
}

void object_open(struct object *o, const struct elf *elf)
{
	*o = (struct object){
		.elf = elf,
		.symbols = bytes_of(elf, SYMTAB, ".symtab"),
		.strings = bytes_of(elf, STRTAB, ".strtab"),
		.indices = bytes_of(elf, SYMTAB_SHNDX, ".symtab_shndx"),
	};
	if (span_size(o->symbols) / elf->layout->symbol_size >= NONE)
		bad(".symtab is too large");
	if (o->strings.p < o->strings.end && o->strings.end[-1])
		bad(".strtab without an end");
	o->symbol_count = (uint32_t)(span_size(o->symbols) / elf->layout->symbol_size);
}

/* The number of a symbol's section, of which `section` is st_shndx. From SHN_LORESERVE on, that is no number of a
 * section; SHN_XINDEX means that the number is in .symtab_shndx. */
static uint32_t section_of_symbol(const struct object *o, uint32_t number, uint32_t section)
{
	if (section == SHN_XINDEX) {
		struct span index =
			cut(o->indices, (uint64_t)number * INDEX_SIZE, INDEX_SIZE, ".symtab_shndx is too short");

		return (uint32_t)elf_integer(o->elf, index.p, INDEX_SIZE);
	}
	return section < SHN_LORESERVE ? section : NONE;
}

static uint64_t get(const struct elf *elf, const uint8_t *record, struct field field)
{
	return elf_integer(elf, record + field.at, field.size);
}

struct symbol object_symbol(const struct object *o, uint32_t number)
{
	const struct elf *elf = o->elf;
	const struct layout *l = elf->layout;
	struct span record =
		cut(o->symbols, (uint64_t)number * l->symbol_size, l->symbol_size, "symbol beyond .symtab");
	uint64_t info = get(elf, record.p, l->st_info);

	return (struct symbol){
		.name = string_in(o->strings, get(elf, record.p, l->st_name), "symbol name beyond .strtab"),
		.value = get(elf, record.p, l->st_value),
		.size = get(elf, record.p, l->st_size),
		.section = section_of_symbol(o, number, (uint32_t)get(elf, record.p, l->st_shndx)),
		.binding = (uint8_t)(info >> 4),
		.type = info & 15,
	};
}

uint32_t section_named(const struct elf *elf, const char *name)
{
	const struct layout *l = elf->layout;

	for (uint32_t i = 1; i < elf->section_count; i++) {
		uint64_t at = get(elf, elf->table.p + (size_t)i * l->section_size, l->sh_name);

		if (strcmp(string_in(elf->names, at, "section name beyond the section names"), name) == 0)
			return i;
	}
	return 0;
}

/* A record is r_offset, r_info and maybe r_addend, each a word. The symbol's number is the upper part of r_info; on
 * 64-bit MIPS it is the first four bytes of r_info, whatever the byte order. */
static struct relocation relocation_of(const struct elf *elf, const uint8_t *record, bool in_place)
{
	uint8_t word = elf->layout->word;
	uint64_t info = elf_integer(elf, record + word, word);

	if (word == 4)
		info >>= 8;
	else if (elf->big || elf->machine != EM_MIPS)
		info >>= 32;
	return (struct relocation){
		.offset = elf_integer(elf, record, word),
		.addend = in_place ? 0 : elf_integer(elf, record + word + word, word),
		.symbol = (uint32_t)info,
		.in_place = in_place,
	};
}

void each_relocation(const struct elf *elf, uint32_t section,
		     void (*tell)(void *context, const struct relocation *relocation), void *context)
{
	uint32_t count = 0;

	for (uint32_t i = 1; i < elf->section_count; i++) {
		struct section table = elf_section(elf, i, "");
		uint64_t type = elf_integer(elf, table.header + SH_TYPE, 4);
		size_t size = (size_t)elf->layout->word * (type == SHT_RELA ? 3 : 2);
		struct span records;

		if ((type != SHT_REL && type != SHT_RELA) || (section && table.info != section))
			continue;
		for (records = elf_bytes(elf, table, "relocations"); span_size(records) >= size; records.p += size) {
			struct relocation relocation = relocation_of(elf, records.p, type == SHT_REL);

			if (++count > RELOCATIONS_MAX)
				bad("too many relocations");
			relocation.section = table.info;
			tell(context, &relocation);
		}
	}
}
