/* elf.c: reading a module, an ELF relocatable file (System V gABI, chapter 4) of either word size and byte order,
 * whatever the host's own are. These sections are read, for these output files:
 *
 *     .modinfo             strings KEY=VALUE                          modules.alias, .softdep, .weakdep, .devname
 *     .modalias            aliases of early 2.6                       modules.alias
 *     .symtab, .strtab     undefined: a need; __crc_NAME: an export   modules.dep, .symbols
 *     __ksymtab_strings    exports, when there is no __crc_ symbol    modules.dep, .symbols
 *     __versions           CRCs of needs, and more needs              modules.dep
 *     __version_ext_crcs, __version_ext_names    the same since Linux 6.14
 *
 * Bytes come from a source, piece by piece, so that a caller can have the whole file in memory, or read only the pieces
 * that are asked for. A signature behind the last section is never read. */
#include "elffile.h"

static const struct layout layout32 = {
	.header_size = 52,
	.section_size = 40,
	.symbol_size = 16,
	.word = 4,
	.e_shoff = { 32, 4 },
	.e_shentsize = { 46, 2 },
	.e_shnum = { 48, 2 },
	.e_shstrndx = { 50, 2 },
	.sh_name = { 0, 4 },
	.sh_type = { 4, 4 },
	.sh_offset = { 16, 4 },
	.sh_size = { 20, 4 },
	.sh_link = { 24, 4 },
	.sh_info = { 28, 4 },
	.st_name = { 0, 4 },
	.st_value = { 4, 4 },
	.st_size = { 8, 4 },
	.st_info = { 12, 1 },
	.st_shndx = { 14, 2 },
};

static const struct layout layout64 = {
	.header_size = 64,
	.section_size = 64,
	.symbol_size = 24,
	.word = 8,
	.e_shoff = { 40, 8 },
	.e_shentsize = { 58, 2 },
	.e_shnum = { 60, 2 },
	.e_shstrndx = { 62, 2 },
	.sh_name = { 0, 4 },
	.sh_type = { 4, 4 },
	.sh_offset = { 24, 8 },
	.sh_size = { 32, 8 },
	.sh_link = { 40, 4 },
	.sh_info = { 44, 4 },
	.st_name = { 0, 4 },
	.st_value = { 8, 8 },
	.st_size = { 16, 8 },
	.st_info = { 4, 1 },
	.st_shndx = { 6, 2 },
};

/* Modules of the host's own word size and byte order are by far the most common. */
#define HOST_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
#define HOST_LAYOUT (sizeof(void *) == 8 ? &layout64 : &layout32)

enum {
	E_TYPE = 16,
	E_MACHINE = 18,
	SMALLEST_HEADER = 20,
	CLASS_AT = 4,
	CLASS_32 = 1,
	CLASS_64 = 2,
	ORDER_AT = 5,
	ORDER_LITTLE = 1,
	ORDER_BIG = 2,
	ET_REL = 1,
	EM_SPARC = 2,
	EM_SPARC32PLUS = 18,
	EM_SPARCV9 = 43,
	SHT_NOBITS = 8,
	SHN_UNDEF = 0,
	SHN_ABS = 0xfff1,
	SHN_XINDEX = 0xffff,
	STT_REGISTER = 13,
	STB_WEAK = 2,
	VERSION_RECORD = 64,
	EXTENDED_CRC = 4,
};

static const char section_name[WANTED_COUNT][20] = {
	".modinfo",
	".symtab",
	".strtab",
	"__ksymtab_strings",
	"__versions",
	"__version_ext_crcs",
	"__version_ext_names",
	".symtab_shndx",
	".modalias",
};

/* Two sections with at most so many bytes between them are read at once. */
enum { NEAR = 4096 };

static inline uint64_t get(bool big, const uint8_t *record, struct field field)
{
	return integer_at(record + field.at, field.size, big);
}

static uint64_t elf_get(const struct elf *elf, const uint8_t *record, struct field field)
{
	return get(elf->big, record, field);
}

COLD static struct section section_of(const struct elf *elf, const uint8_t *header)
{
	const struct layout *l = elf->layout;
	struct section section = {
		.header = header,
		.offset = elf_get(elf, header, l->sh_offset),
		.size = elf_get(elf, header, l->sh_size),
		.info = (uint32_t)elf_get(elf, header, l->sh_info),
		.present = true,
	};

	if (elf_get(elf, header, l->sh_type) == SHT_NOBITS)
		section.size = 0;
	return section;
}

/* An empty section is not read, as its offset may be anything. */
COLD static struct span read_section(const struct elf *elf, struct section section, const char *what)
{
	if (!section.size)
		return span_of("", 0);
	return elf->source->read(elf->source, section.offset, section.size, what);
}

COLD static struct span wanted_section(const struct elf *elf, enum wanted wanted)
{
	return elf->sections[wanted].present ? read_section(elf, elf->sections[wanted], section_name[wanted])
					     : (struct span){ 0 };
}

/* Tells the source of two sections that will both be read, if they are neighbours. */
COLD static void expect_both(const struct elf *elf, struct section a, struct section b)
{
	struct section first = a.offset < b.offset ? a : b, second = a.offset < b.offset ? b : a;

	if (!a.present || !b.present || first.size > INT32_MAX || second.size > INT32_MAX)
		return;
	if (second.offset - first.offset <= first.size + NEAR)
		elf->source->expect(elf->source, first.offset, second.offset - first.offset + second.size);
}

static bool is_elf(struct span start)
{
	return span_size(start) >= 4 && memcmp(start.p, "\177ELF", 4) == 0;
}

/* Class, byte order and type (gABI, "ELF Header" and "ELF Identification") tell whether this is a file that can be read
 * at all. */
COLD static void read_ident(struct elf *elf)
{
	struct source *source = elf->source;
	struct span header;
	uint8_t class;
	bool big;

	if (!is_elf(source->head))
		bad(source->otherwise);
	header = source->read(source, 0, SMALLEST_HEADER, "ELF header");
	class = header.p[CLASS_AT];
	big = header.p[ORDER_AT] == ORDER_BIG;

	if (class != CLASS_32 && class != CLASS_64)
		bad_at("ELF class is neither 32 nor 64 bits", CLASS_AT);
	if (!big && header.p[ORDER_AT] != ORDER_LITTLE)
		bad_at("ELF byte order is neither little nor big", ORDER_AT);
	elf->big = big;
	elf->layout = class == CLASS_64 ? &layout64 : &layout32;
	if (get(big, header.p, (struct field){ E_TYPE, 2 }) != ET_REL)
		bad_at("not a relocatable ELF file", E_TYPE);
	elf->machine = (uint16_t)get(big, header.p, (struct field){ E_MACHINE, 2 });
}

/* Returns the index of the section that holds the sections' names. With SHN_LORESERVE sections or more, section header
 * 0 has the number of sections and this index (gABI, "Sections", e_shnum and e_shstrndx). */
COLD static uint32_t read_section_table(struct elf *elf)
{
	const struct layout *l = elf->layout;
	struct span header = elf->source->read(elf->source, 0, l->header_size, "ELF header");
	uint64_t offset = elf_get(elf, header.p, l->e_shoff);
	uint64_t count = elf_get(elf, header.p, l->e_shnum);
	uint32_t names = (uint32_t)elf_get(elf, header.p, l->e_shstrndx);

	if (!offset)
		bad_at("no section table", l->e_shoff.at);
	if (elf_get(elf, header.p, l->e_shentsize) != l->section_size)
		bad_at("wrong size of section headers", l->e_shentsize.at);
	if (!count || names == SHN_XINDEX) {
		struct span first = elf->source->read(elf->source, offset, l->section_size, "section table");

		if (!count)
			count = elf_get(elf, first.p, l->sh_size);
		if (names == SHN_XINDEX)
			names = (uint32_t)elf_get(elf, first.p, l->sh_link);
	}
	if (count > UINT32_MAX)
		bad_at("too many sections", offset);
	elf->table = elf->source->read(elf->source, offset, count * l->section_size, "section table");
	elf->section_count = (uint32_t)count;
	return names;
}

COLD static const uint8_t *section_header(const struct elf *elf, uint32_t index, const char *why)
{
	uint8_t size = elf->layout->section_size;

	if (index >= elf->section_count)
		bad(why);
	return elf->table.p + (size_t)index * size;
}

/* A table of strings must end in NUL: then there is a string at every offset inside it. */
COLD static struct span string_table(struct span span, const char *why)
{
	if (span.p < span.end && span.end[-1])
		bad(why);
	return span;
}

/* Whether the section may be a wanted one: the first letters rule out nearly all others. */
static inline bool worth_a_look(const char *name)
{
	if (name[0] == '.')
		return name[1] == 'm' || (name[1] == 's' && (name[2] == 'y' || name[2] == 't'));
	return name[0] == '_' && name[1] == '_' && (name[2] == 'k' || name[2] == 'v');
}

/* The third letter rules out most of the remaining names before they are compared. */
static void note_section(struct elf *elf, const uint8_t *header, const char *name)
{
	for (int i = 0; i < WANTED_COUNT; i++)
		if (section_name[i][2] == name[2] && !elf->sections[i].present && strcmp(name, section_name[i]) == 0) {
			elf->sections[i] = section_of(elf, header);
			return;
		}
}

static bool is_of_host(const struct elf *elf)
{
#ifdef __OPTIMIZE_SIZE__
	(void)elf;
	return false; /* one copy of the loops has to do */
#else
	return elf->big == HOST_BIG && elf->layout == HOST_LAYOUT;
#endif
}

/* Notes all wanted sections. This function and each_symbol() run for every section and symbol of every module, so both
 * are compiled twice: to fast code for modules of the host's own kind, with the numbers of their layout as constants,
 * and to small code for all others. */
INLINE void each_section(struct elf *elf, const struct layout *l, bool big)
{
	const char *names = (const char *)elf->names.p;
	size_t size = span_size(elf->names);

	for (const uint8_t *header = elf->table.p + l->section_size; header < elf->table.end;
	     header += l->section_size) {
		uint32_t name = (uint32_t)get(big, header, l->sh_name);

		if (name >= size)
			bad_at("section name beyond the section names", name);
		if (worth_a_look(names + name))
			note_section(elf, header, names + name);
	}
}

HOT static void each_host_section(struct elf *elf)
{
	each_section(elf, HOST_LAYOUT, HOST_BIG);
}

COLD static void each_foreign_section(struct elf *elf)
{
	each_section(elf, elf->layout, elf->big);
}

COLD static void find_sections(struct elf *elf)
{
	uint32_t index = read_section_table(elf);
	const uint8_t *header = section_header(elf, index, "no section holds the section names");

	elf->names = string_table(read_section(elf, section_of(elf, header), "section names"),
				  "section names without an end");
	if (is_of_host(elf))
		each_host_section(elf);
	else
		each_foreign_section(elf);
}

COLD static void read_modinfo(const struct elf *elf)
{
	struct span strings = wanted_section(elf, MODINFO);

	if (strings.p < strings.end && elf->sink->modinfo)
		elf->sink->modinfo(elf->sink->context, strings);
	if (elf->sections[MODALIAS].present && elf->sink->aliases)
		elf->sink->aliases(elf->sink->context, wanted_section(elf, MODALIAS));
}

struct symbols {
	struct span table, strings, indices;
	uint32_t first; /* number of the table's first symbol */
	bool sparc;
	bool exports; /* a __crc_ symbol was seen */
};

/* The CRC that a __crc_ symbol stands for: its value, or the 32 bits that it points to. */
COLD static uint32_t crc_of(const struct elf *elf, const struct symbols *s, uint32_t number, uint64_t value,
			    uint32_t section)
{
	struct section place;
	struct span crc;

	if (!elf->sink->wants_crcs || section == SHN_UNDEF || section == SHN_ABS)
		return (uint32_t)value;
	if (section == SHN_XINDEX) {
		struct span index = cut(s->indices, (uint64_t)number * 4, 4, ".symtab_shndx is too short");

		section = (uint32_t)elf_get(elf, index.p, (struct field){ 0, 4 });
	}
	place = section_of(elf, section_header(elf, section, "CRC in a section that does not exist"));
	if (value > place.size || place.size - value < 4 || place.offset > UINT64_MAX - value)
		bad_at("CRC outside its section", value);
	crc = elf->source->read(elf->source, place.offset + value, 4, "CRC");
	return (uint32_t)elf_get(elf, crc.p, (struct field){ 0, 4 });
}

static void note_need(const struct elf *elf, const struct symbols *s, const char *name, uint8_t info)
{
	if (s->sparc && (info & 15) == STT_REGISTER)
		return;
	if (*name && elf->sink->need)
		elf->sink->need(elf->sink->context, name, length_within(name, s->strings.end), info >> 4 == STB_WEAK);
}

/* The number in .symtab of the symbol whose record this is. */
static uint32_t number_of(const struct symbols *s, const struct layout *l, const uint8_t *symbol)
{
	return s->first + (uint32_t)((size_t)(symbol - s->table.p) / l->symbol_size);
}

enum { CRC_PREFIX = 6 };

/* Whether the name begins with "__crc_". At least six bytes must be readable. */
static inline bool is_crc(const uint8_t *name)
{
	return le32(name) == 0x72635f5f && le16(name + 4) == 0x5f63;
}

INLINE void each_symbol(const struct elf *elf, struct symbols *s, const struct layout *l, bool big)
{
	size_t string_size = span_size(s->strings);
	size_t crc_limit = string_size > CRC_PREFIX ? string_size - CRC_PREFIX : 0;

	for (const uint8_t *p = s->table.p; p < s->table.end; p += l->symbol_size) {
		uint32_t at = (uint32_t)get(big, p, l->st_name);
		uint32_t section = (uint32_t)get(big, p, l->st_shndx);
		const char *name;

		if (at >= string_size)
			bad_at("symbol name beyond .strtab", (uint64_t)number_of(s, l, p) * l->symbol_size);
		name = (const char *)s->strings.p + at;
		if (section == SHN_UNDEF)
			note_need(elf, s, name, (uint8_t)get(big, p, l->st_info));
		if (at < crc_limit && is_crc(s->strings.p + at) && name[CRC_PREFIX]) {
			name += CRC_PREFIX;
			s->exports = true;
			if (elf->sink->export)
				elf->sink->export(
					elf->sink->context, name, length_within(name, s->strings.end),
					crc_of(elf, s, number_of(s, l, p), get(big, p, l->st_value), section));
		}
	}
}

HOT static void each_host_symbol(const struct elf *elf, struct symbols *s)
{
	each_symbol(elf, s, HOST_LAYOUT, HOST_BIG);
}

COLD static void each_foreign_symbol(const struct elf *elf, struct symbols *s)
{
	each_symbol(elf, s, elf->layout, elf->big);
}

COLD static void read_exported_names(const struct elf *elf)
{
	struct span strings = string_table(wanted_section(elf, KSYMTAB_STRINGS), "__ksymtab_strings without an end");

	while (strings.p < strings.end) {
		size_t length = strlen((const char *)strings.p);

		if (length && elf->sink->export)
			elf->sink->export(elf->sink->context, (const char *)strings.p, length, 0);
		strings.p += length + 1;
	}
}

/* The part of .symtab that has to be read; *first is the number of its first symbol. Local symbols, which are first in
 * the table (sh_info is their number), cannot be needs. They can be __crc_ symbols, but not in a module that exports
 * nothing. */
COLD static struct section symbols_that_matter(const struct elf *elf, uint32_t *first)
{
	struct section symtab = elf->sections[SYMTAB];
	uint64_t size = elf->layout->symbol_size, skip;

	if (!elf->sections[SYMTAB].present || !elf->sections[STRTAB].present)
		bad("no symbol table");
	if (symtab.size % size)
		bad(".symtab does not hold whole symbols");
	*first = elf->sections[KSYMTAB_STRINGS].present || !symtab.info ? 1 : symtab.info;
	skip = *first * size;
	if (skip > symtab.size || symtab.offset > UINT64_MAX - skip)
		*first = 0, skip = 0;
	symtab.offset += skip;
	symtab.size -= skip;
	return symtab;
}

COLD static void read_symbols(const struct elf *elf)
{
	struct symbols s = {
		.sparc = elf->machine == EM_SPARC || elf->machine == EM_SPARC32PLUS || elf->machine == EM_SPARCV9,
	};
	struct section symtab = symbols_that_matter(elf, &s.first);

	expect_both(elf, symtab, elf->sections[STRTAB]);
	s.table = read_section(elf, symtab, ".symtab");
	s.strings = string_table(wanted_section(elf, STRTAB), ".strtab without an end");
	if (elf->sink->wants_crcs)
		s.indices = wanted_section(elf, SYMTAB_SHNDX);
	if (is_of_host(elf))
		each_host_symbol(elf, &s);
	else
		each_foreign_symbol(elf, &s);
	if (!s.exports)
		read_exported_names(elf);
}

/* A record has 64 bytes: a CRC as wide as the file's words, of which only the low 32 bits are used, then a name. */
HOT static void read_versions(const struct elf *elf, struct span records)
{
	uint8_t word = elf->layout->word, low = elf->big ? (uint8_t)(word - 4) : 0;

	if (span_size(records) % VERSION_RECORD)
		bad("__versions does not hold whole records");
	for (; records.p < records.end; records.p += VERSION_RECORD) {
		const char *name = (const char *)records.p + word;
		const uint8_t *last = records.p + VERSION_RECORD - 1;

		if (*last && !memchr(name, 0, (size_t)VERSION_RECORD - word))
			bad("__versions has a name without an end");
		if (*name && elf->sink->version)
			elf->sink->version(elf->sink->context, name, length_within(name, last),
					   (uint32_t)get(elf->big, records.p, (struct field){ low, 4 }));
	}
}

/* One section has CRCs of 32 bits, the other as many names, in the same order. */
COLD static void read_extended_versions(const struct elf *elf)
{
	struct span crcs = wanted_section(elf, EXTENDED_CRCS);
	struct span names = string_table(wanted_section(elf, EXTENDED_NAMES), "__version_ext_names without an end");

	while (span_size(crcs) >= EXTENDED_CRC && names.p < names.end) {
		struct span crc = take(&crcs, EXTENDED_CRC, "");
		size_t length = strlen((const char *)names.p);

		if (length && elf->sink->version)
			elf->sink->version(elf->sink->context, (const char *)names.p, length,
					   (uint32_t)elf_get(elf, crc.p, (struct field){ 0, 4 }));
		names.p += length + 1;
	}
	if (crcs.p < crcs.end || names.p < names.end)
		bad("__version_ext_crcs and __version_ext_names differ in number");
}

COLD struct elf_form elf_form(struct span start)
{
	const uint8_t *p = cut(start, 0, SMALLEST_HEADER, "no ELF header").p;
	bool big = p[ORDER_AT] == ORDER_BIG;

	return (struct elf_form){
		.wide = p[CLASS_AT] == CLASS_64,
		.big = big,
		.machine = big ? be16(p + E_MACHINE) : le16(p + E_MACHINE),
	};
}

COLD void elf_read(struct source *source, const struct elf_sink *sink)
{
	struct elf elf = { .source = source, .sink = sink };
	struct span versions;

	read_ident(&elf);
	find_sections(&elf);
	expect_both(&elf, elf.sections[MODINFO], elf.sections[VERSIONS]);
	read_modinfo(&elf);
	versions = wanted_section(&elf, VERSIONS);
	read_symbols(&elf);
	read_versions(&elf, versions);
	read_extended_versions(&elf);
}

COLD void elf_open(struct elf *elf, struct source *source)
{
	*elf = (struct elf){ .source = source };
	read_ident(elf);
	find_sections(elf);
}

COLD struct section elf_section(const struct elf *elf, uint32_t number, const char *why)
{
	return section_of(elf, section_header(elf, number, why));
}

COLD struct span elf_bytes(const struct elf *elf, struct section section, const char *what)
{
	return read_section(elf, section, what);
}

/* Hides a section from the kernel, which takes no notice of sections without SHF_ALLOC. This flag is in the lowest
 * byte of the word sh_flags. */
COLD static void hide(const struct elf *elf, struct section section)
{
	enum { SH_FLAGS = 8, SHF_ALLOC = 2 };
	uint8_t *flags = (uint8_t *)(uintptr_t)section.header + SH_FLAGS;

	if (section.present)
		flags[elf->big ? elf->layout->word - 1 : 0] &= (uint8_t)~SHF_ALLOC;
}

/* Overwrites the string with NULs: the kernel finds no vermagic then. */
COLD static void erase_vermagic(struct span strings)
{
	for (struct span one; next_string(&strings, &one);)
		if (span_size(one) >= 9 && memcmp(one.p, "vermagic=", 9) == 0)
			memset((uint8_t *)(uintptr_t)one.p, 0, span_size(one));
}

COLD void elf_force(struct source *source, bool no_versions, bool no_vermagic)
{
	struct elf elf;

	elf_open(&elf, source);
	if (no_versions) {
		hide(&elf, elf.sections[VERSIONS]);
		hide(&elf, elf.sections[EXTENDED_CRCS]);
		hide(&elf, elf.sections[EXTENDED_NAMES]);
	}
	if (no_vermagic)
		erase_vermagic(wanted_section(&elf, MODINFO));
}
