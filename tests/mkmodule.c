/* mkmodule.c: writes a synthetic kernel module, an ELF relocatable file of either class and order.
 *
 *   mkmodule [option]... FILE
 *
 * With --defect NAME one thing in the file is wrong, everything else stays as it was. The same
 * options always give the same bytes. A test tool: it leaves most freeing to exit.
 * The steps: read the options, build the sections, lay them out, apply the defects, write.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: mkmodule [option]... FILE\n"
	"  --class 32|64  --order little|big  --machine N    default 64, little, 62 (x86-64)\n"
	"  --export NAME[=CRC]   name in __ksymtab_strings; with CRC an absolute __crc_NAME\n"
	"  --crc-section         __crc_ symbols are offsets into a section __kcrctab\n"
	"  --need NAME[=CRC]     undefined symbol; with CRC also in __versions\n"
	"  --weak NAME[=CRC]     the same, weak\n"
	"  --register NAME       undefined symbol of type STT_REGISTER (SPARC)\n"
	"  --version NAME=CRC    only in __versions\n"
	"  --long-versions       __version_ext_crcs and __version_ext_names instead of __versions\n"
	"  --modinfo KEY=VALUE  --alias X  --softdep X  --weakdep X  with \\n \\\\ \\xHH in them\n"
	"  --sections N          N empty sections before the others\n"
	"  --pad N               .text of N bytes\n"
	"  --signature           append something like a signature\n"
	"  --defect NAME         repeatable; --defect list names them\n";

static const char *const defect_names[] = {
	"truncated",            /* only the first half of the file */
	"short-header",         /* only its first 40 bytes */
	"no-magic",             /* e_ident does not begin with 7f 45 4c 46 */
	"bad-class",            /* EI_CLASS 3 */
	"bad-order",            /* EI_DATA 3 */
	"bad-type",             /* ET_EXEC */
	"no-sections",          /* e_shoff 0 */
	"table-outside",        /* e_shoff is the size of the file */
	"table-overflow",       /* e_shoff + size of the table wraps */
	"entry-size",           /* e_shentsize 4 too large */
	"section-outside",      /* sh_offset of .symtab is the size of the file */
	"section-overflow",     /* sh_offset + sh_size of .symtab wraps */
	"strings-unterminated", /* .strtab does not end in NUL */
	"names-unterminated",   /* .shstrtab does not end in NUL */
	"name-outside",         /* st_name of the last symbol is the size of .strtab */
	"shstrndx-outside",     /* e_shstrndx is the number of sections */
	"link-outside",         /* sh_link of .symtab is the number of sections */
	"symtab-size",          /* sh_size of .symtab 1 too small */
	"versions-size",        /* sh_size of __versions (__version_ext_crcs) 1 too small */
	"versions-unterminated", /* no NUL in the last name of __versions (__version_ext_names) */
	"crc-outside",          /* the last __crc_ symbol's CRC ends 2 bytes past its section */
	"crc-section-outside",  /* the last __crc_ symbol's section is the number of sections */
	"modinfo-unterminated", /* .modinfo does not end in NUL; harmless */
	"modinfo-empty",        /* .modinfo of 0 bytes; harmless */
	"no-symtab",            /* neither .symtab nor .strtab */
	"no-strtab",            /* .symtab, its sh_link 0 */
};

enum { DEFECT_COUNT = sizeof defect_names / sizeof defect_names[0] };
enum { NAMES_MAX = 4096, SECTIONS_MAX = 16 };
enum { ET_REL = 1, ET_EXEC = 2 };
enum { SHT_PROGBITS = 1, SHT_SYMTAB = 2, SHT_STRTAB = 3, SHT_SYMTAB_SHNDX = 18, SHF_ALLOC = 2 };
enum { SHN_LORESERVE = 0xff00, SHN_ABS = 0xfff1, SHN_XINDEX = 0xffff };
enum { STB_GLOBAL = 1, STB_WEAK = 2, STT_NOTYPE = 0, STT_REGISTER = 13 };
enum { VERSION_SIZE = 64 };

struct bytes {
	uint8_t *p;
	size_t size, capacity;
};

enum kind { EXPORT, NEED, WEAK, REGISTER, VERSION };

/* One --export, --need, --weak, --register or --version. */
struct name {
	enum kind kind;
	const char *text;
	bool has_crc;
	uint32_t crc;
};

struct options {
	const char *file;
	bool wide, big, crc_section, long_versions, signature;
	bool defect[DEFECT_COUNT];
	uint64_t machine, padding_sections, text_size;
	struct name names[NAMES_MAX];
	size_t name_count;
	struct bytes modinfo;
};

struct section {
	const char *name;
	struct bytes content;
	/* The fields of its header. */
	uint64_t sh_name, sh_type, sh_flags, sh_offset, sh_size;
	uint64_t sh_link, sh_info, sh_align, sh_entsize;
};

/* sections[0] is number first of the table; before it stand the null section and the empty ones. */
struct module {
	const struct options *options;
	struct section sections[SECTIONS_MAX];
	size_t section_count;
	uint64_t first, table_offset, table_count, names_section, entry_size, type;
};

_Noreturn static void die(const char *what, const char *why)
{
	fprintf(stderr, "mkmodule: %s: %s\n", what, why);
	exit(2);
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static void append(struct bytes *b, const void *data, size_t size)
{
	if (b->capacity - b->size < size) {
		b->capacity = (b->size + size) * 2;
		b->p = realloc(b->p, b->capacity);
		if (!b->p)
			die("memory", "exhausted");
	}
	if (size)
		memcpy(b->p + b->size, data, size);
	b->size += size;
}

static void append_fill(struct bytes *b, uint8_t value, size_t count)
{
	while (count--)
		append(b, &value, 1);
}

/* Appends text and its NUL; returns the text's offset. */
static uint64_t append_string(struct bytes *b, const char *text)
{
	size_t offset = b->size;

	append(b, text, strlen(text) + 1);
	return offset;
}

static void append_integer(struct bytes *b, const struct options *o, uint64_t value, int size)
{
	for (int i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)(value >> 8 * (o->big ? size - 1 - i : i));
		append(b, &byte, 1);
	}
}

/* A field that is 8 bytes in class 64 and 4 bytes in class 32. */
static void append_word(struct bytes *b, const struct options *o, uint64_t value)
{
	append_integer(b, o, value, o->wide ? 8 : 4);
}

/* ---- options -------------------------------------------------------------------------------- */

static bool has_defect(const struct options *o, const char *name)
{
	for (size_t i = 0; i < DEFECT_COUNT; i++)
		if (strcmp(defect_names[i], name) == 0)
			return o->defect[i];
	die(name, "no such defect");
}

static void add_defect(struct options *o, const char *name)
{
	if (strcmp(name, "list") == 0) {
		for (size_t i = 0; i < DEFECT_COUNT; i++)
			puts(defect_names[i]);
		exit(0);
	}
	has_defect(o, name);
	for (size_t i = 0; i < DEFECT_COUNT; i++)
		o->defect[i] |= strcmp(defect_names[i], name) == 0;
	o->crc_section |= has_defect(o, "crc-outside") || has_defect(o, "crc-section-outside");
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (end == text || *end)
		die(text, "not a number");
	return value;
}

/* Takes NAME or NAME=CRC. */
static void add_name(struct options *o, enum kind kind, char *text)
{
	struct name *name = &o->names[o->name_count++];
	char *crc = strrchr(text, '=');

	if (o->name_count >= NAMES_MAX)
		die(text, "too many names");
	name->kind = kind;
	name->text = text;
	if (crc) {
		*crc = '\0';
		name->has_crc = true;
		name->crc = (uint32_t)number(crc + 1);
	}
	if (kind == VERSION && !crc)
		die(text, "--version needs a CRC");
}

static void append_unescaped(struct bytes *b, const char *text)
{
	for (; *text; text++) {
		unsigned value = (unsigned char)*text;

		if (*text == '\\') {
			text++;
			value = *text == 'n' ? '\n' : (unsigned char)*text;
			if (*text == 'x' && sscanf(text + 1, "%2x", &value) == 1 && text[2])
				text += 2;
			else if (*text != 'n' && *text != '\\')
				die(text, "unknown escape");
		}
		append_fill(b, (uint8_t)value, 1);
	}
}

static void add_modinfo(struct options *o, const char *key, const char *value)
{
	append_unescaped(&o->modinfo, key);
	append_unescaped(&o->modinfo, value);
	append_fill(&o->modinfo, 0, 1);
}

static bool read_flag(struct options *o, const char *option)
{
	if (strcmp(option, "--crc-section") == 0)
		o->crc_section = true;
	else if (strcmp(option, "--long-versions") == 0)
		o->long_versions = true;
	else if (strcmp(option, "--signature") == 0)
		o->signature = true;
	else
		return false;
	return true;
}

static bool read_setting(struct options *o, const char *option, const char *value)
{
	if (strcmp(option, "--class") == 0)
		o->wide = number(value) != 32;
	else if (strcmp(option, "--order") == 0)
		o->big = strcmp(value, "big") == 0;
	else if (strcmp(option, "--machine") == 0)
		o->machine = number(value);
	else if (strcmp(option, "--sections") == 0)
		o->padding_sections = number(value);
	else if (strcmp(option, "--pad") == 0)
		o->text_size = number(value);
	else if (strcmp(option, "--defect") == 0)
		add_defect(o, value);
	else
		return false;
	return true;
}

static bool read_content(struct options *o, const char *option, char *value)
{
	static const char *const names[] = {
		[EXPORT] = "--export", [NEED] = "--need", [WEAK] = "--weak",
		[REGISTER] = "--register", [VERSION] = "--version",
	};
	static const char *const modinfo[][2] = {
		{ "--modinfo", "" }, { "--alias", "alias=" },
		{ "--softdep", "softdep=" }, { "--weakdep", "weakdep=" },
	};

	for (enum kind kind = EXPORT; kind <= VERSION; kind++)
		if (strcmp(option, names[kind]) == 0)
			return add_name(o, kind, value), true;
	for (size_t i = 0; i < sizeof modinfo / sizeof modinfo[0]; i++)
		if (strcmp(option, modinfo[i][0]) == 0)
			return add_modinfo(o, modinfo[i][1], value), true;
	return false;
}

static void read_options(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-') {
			o->file = argv[i];
		} else if (!read_flag(o, argv[i])) {
			if (i + 1 == argc)
				die(argv[i], "unknown option, or its value is missing");
			if (!read_setting(o, argv[i], argv[i + 1]) &&
			    !read_content(o, argv[i], argv[i + 1]))
				die(argv[i], "unknown option");
			i++;
		}
	}
	if (!o->file) {
		fputs(usage, stderr);
		exit(2);
	}
}

/* ---- sections ------------------------------------------------------------------------------- */

static struct section *add_section(struct module *m, const char *name, uint64_t type)
{
	struct section *s = &m->sections[m->section_count++];

	s->name = name;
	s->sh_type = type;
	s->sh_align = 1;
	return s;
}

static struct section *find_section(struct module *m, const char *name)
{
	for (size_t i = 0; i < m->section_count; i++)
		if (strcmp(m->sections[i].name, name) == 0)
			return &m->sections[i];
	return NULL;
}

static uint64_t section_number(const struct module *m, const struct section *s)
{
	return m->first + (uint64_t)(s - m->sections);
}

static void drop_last_byte(struct section *s)
{
	if (s && s->content.size)
		s->content.size--;
}

static void add_modinfo_section(struct module *m)
{
	const struct options *o = m->options;
	bool empty = has_defect(o, "modinfo-empty");

	if (o->modinfo.size == 0 && !empty)
		return;
	struct section *s = add_section(m, ".modinfo", SHT_PROGBITS);
	s->sh_flags = SHF_ALLOC;
	if (!empty)
		s->content = o->modinfo;
	if (has_defect(o, "modinfo-unterminated"))
		drop_last_byte(s);
}

static bool is_export(const struct name *name)
{
	return name->kind == EXPORT;
}

static bool has_version(const struct name *name)
{
	return name->has_crc && name->kind != EXPORT;
}

static bool any_name(const struct options *o, bool (*is)(const struct name *))
{
	for (size_t i = 0; i < o->name_count; i++)
		if (is(&o->names[i]))
			return true;
	return false;
}

/* __versions: records of a CRC, as wide as a word, and a name. */
static void add_versions(struct module *m)
{
	const struct options *o = m->options;
	struct section *s = add_section(m, "__versions", SHT_PROGBITS);
	size_t name_size = VERSION_SIZE - (o->wide ? 8 : 4);

	s->sh_flags = SHF_ALLOC;
	for (size_t i = 0; i < o->name_count; i++) {
		if (!has_version(&o->names[i]))
			continue;
		if (strlen(o->names[i].text) >= name_size)
			die(o->names[i].text, "too long for __versions: use --long-versions");
		append_word(&s->content, o, o->names[i].crc);
		append_string(&s->content, o->names[i].text);
		append_fill(&s->content, 0, -s->content.size % VERSION_SIZE);
	}
	if (has_defect(o, "versions-unterminated"))
		for (size_t i = s->content.size; i > 0 && s->content.p[i - 1] == 0; i--)
			s->content.p[i - 1] = 'x';
}

static void add_long_versions(struct module *m)
{
	const struct options *o = m->options;
	struct section *crcs = add_section(m, "__version_ext_crcs", SHT_PROGBITS);
	struct section *names = add_section(m, "__version_ext_names", SHT_PROGBITS);

	crcs->sh_flags = names->sh_flags = SHF_ALLOC;
	for (size_t i = 0; i < o->name_count; i++) {
		if (!has_version(&o->names[i]))
			continue;
		append_integer(&crcs->content, o, o->names[i].crc, 4);
		append_string(&names->content, o->names[i].text);
	}
	if (has_defect(o, "versions-unterminated"))
		drop_last_byte(names);
}

static void add_exports(struct module *m)
{
	const struct options *o = m->options;
	struct section *strings = add_section(m, "__ksymtab_strings", SHT_PROGBITS);
	struct section *crcs = o->crc_section ? add_section(m, "__kcrctab", SHT_PROGBITS) : NULL;

	strings->sh_flags = SHF_ALLOC;
	for (size_t i = 0; i < o->name_count; i++) {
		if (!is_export(&o->names[i]))
			continue;
		append_string(&strings->content, o->names[i].text);
		if (crcs && o->names[i].has_crc)
			append_integer(&crcs->content, o, o->names[i].crc, 4);
	}
	if (crcs)
		crcs->sh_flags = SHF_ALLOC, crcs->sh_align = 4;
}

/* ---- symbols -------------------------------------------------------------------------------- */

struct symbol {
	uint64_t st_name, st_value, section;
	int binding, type;
	bool absolute;
};

static void append_symbol(struct module *m, const struct symbol *symbol)
{
	const struct options *o = m->options;
	struct bytes *table = &find_section(m, ".symtab")->content;
	struct section *shndx = find_section(m, ".symtab_shndx");
	bool extended = symbol->section >= SHN_LORESERVE;
	uint64_t st_shndx = symbol->absolute ? SHN_ABS : extended ? SHN_XINDEX : symbol->section;

	append_integer(table, o, symbol->st_name, 4);
	if (!o->wide) {
		append_integer(table, o, symbol->st_value, 4);
		append_integer(table, o, 0, 4);
	}
	append_integer(table, o, (uint64_t)(symbol->binding << 4 | symbol->type), 1);
	append_integer(table, o, 0, 1);
	append_integer(table, o, st_shndx, 2);
	if (o->wide) {
		append_integer(table, o, symbol->st_value, 8);
		append_integer(table, o, 0, 8);
	}
	if (shndx)
		append_integer(&shndx->content, o, extended ? symbol->section : 0, 4);
}

/* The symbol __crc_NAME: the CRC itself, or the offset of CRC number `index` in __kcrctab. */
static struct symbol crc_symbol(struct module *m, struct bytes *strings, const struct name *name,
                                size_t index)
{
	struct symbol symbol = { .st_name = strings->size, .binding = STB_GLOBAL };
	struct section *crcs = find_section(m, "__kcrctab");

	append(strings, "__crc_", 6);
	append_string(strings, name->text);
	symbol.absolute = crcs == NULL;
	symbol.st_value = crcs ? 4 * index : name->crc;
	if (crcs) {
		bool last = 4 * (index + 1) == crcs->content.size;
		bool outside = has_defect(m->options, "crc-section-outside");

		symbol.section = last && outside ? m->table_count : section_number(m, crcs);
		if (last && has_defect(m->options, "crc-outside"))
			symbol.st_value += 2;
	}
	return symbol;
}

/* Fills .symtab and returns the names for .strtab. table_count must be known. */
static struct bytes fill_symbols(struct module *m)
{
	const struct options *o = m->options;
	struct symbol symbol = { 0 };
	struct bytes strings = { 0 };
	size_t crc_count = 0;

	append_string(&strings, "");
	append_symbol(m, &symbol);
	for (size_t i = 0; i < o->name_count; i++) {
		const struct name *name = &o->names[i];

		if (name->kind == VERSION || (name->kind == EXPORT && !name->has_crc))
			continue;
		if (name->kind == EXPORT) {
			symbol = crc_symbol(m, &strings, name, crc_count++);
		} else {
			symbol = (struct symbol){ .st_name = append_string(&strings, name->text) };
			symbol.binding = name->kind == WEAK ? STB_WEAK : STB_GLOBAL;
			symbol.type = name->kind == REGISTER ? STT_REGISTER : STT_NOTYPE;
		}
		append_symbol(m, &symbol);
	}
	return strings;
}

static void add_symbols(struct module *m)
{
	const struct options *o = m->options;
	struct section *table = add_section(m, ".symtab", SHT_SYMTAB);
	bool extended = m->first + SECTIONS_MAX >= SHN_LORESERVE;
	struct section *shndx = extended ? add_section(m, ".symtab_shndx", SHT_SYMTAB_SHNDX) : NULL;
	struct section *names = NULL;

	table->sh_align = o->wide ? 8 : 4;
	table->sh_entsize = o->wide ? 24 : 16;
	table->sh_info = 1;
	if (!has_defect(o, "no-strtab")) {
		names = add_section(m, ".strtab", SHT_STRTAB);
		table->sh_link = section_number(m, names);
	}
	if (shndx) {
		shndx->sh_link = section_number(m, table);
		shndx->sh_align = shndx->sh_entsize = 4;
	}
	m->table_count = m->first + m->section_count + 1; /* .shstrtab is still to come */
	struct bytes strings = fill_symbols(m);
	if (names)
		names->content = strings;
	else
		free(strings.p);
}

static void name_sections(struct module *m)
{
	struct section *names = add_section(m, ".shstrtab", SHT_STRTAB);

	append_string(&names->content, "");
	for (size_t i = 0; i < m->section_count; i++)
		m->sections[i].sh_name = append_string(&names->content, m->sections[i].name);
	m->names_section = section_number(m, names);
	m->table_count = m->first + m->section_count;
}

static void build_sections(struct module *m)
{
	const struct options *o = m->options;

	m->first = 1 + o->padding_sections;
	if (o->text_size) {
		struct section *text = add_section(m, ".text", SHT_PROGBITS);
		text->sh_flags = SHF_ALLOC | 4;
		append_fill(&text->content, 0x90, o->text_size);
	}
	add_modinfo_section(m);
	if (any_name(o, has_version) && o->long_versions)
		add_long_versions(m);
	else if (any_name(o, has_version))
		add_versions(m);
	if (any_name(o, is_export))
		add_exports(m);
	if (!has_defect(o, "no-symtab"))
		add_symbols(m);
	name_sections(m);
	if (has_defect(o, "strings-unterminated"))
		drop_last_byte(find_section(m, ".strtab"));
	if (has_defect(o, "names-unterminated"))
		drop_last_byte(find_section(m, ".shstrtab"));
}

/* ---- file ----------------------------------------------------------------------------------- */

static void lay_out(struct module *m)
{
	uint64_t offset = m->options->wide ? 64 : 52;

	for (size_t i = 0; i < m->section_count; i++) {
		struct section *s = &m->sections[i];

		offset = (offset + 15) / 16 * 16;
		s->sh_offset = offset;
		s->sh_size = s->content.size;
		offset += s->sh_size;
	}
	m->table_offset = (offset + 15) / 16 * 16;
	m->entry_size = m->options->wide ? 64 : 40;
	m->type = ET_REL;
}

/* The defects of header fields; those of contents were made with the contents. */
static void apply_defects(struct module *m)
{
	const struct options *o = m->options;
	uint64_t file_size = m->table_offset + m->table_count * m->entry_size;
	struct section *symbols = find_section(m, ".symtab");
	const char *versions_name = o->long_versions ? "__version_ext_crcs" : "__versions";
	struct section *versions = find_section(m, versions_name);

	if (has_defect(o, "bad-type"))
		m->type = ET_EXEC;
	if (has_defect(o, "no-sections"))
		m->table_offset = 0;
	if (has_defect(o, "table-outside"))
		m->table_offset = file_size;
	if (has_defect(o, "table-overflow"))
		m->table_offset = (uint64_t)-32;
	if (has_defect(o, "entry-size"))
		m->entry_size += 4;
	if (has_defect(o, "shstrndx-outside"))
		m->names_section = m->table_count;
	if (has_defect(o, "versions-size") && versions)
		versions->sh_size--;
	if (!symbols)
		return;
	if (has_defect(o, "section-outside"))
		symbols->sh_offset = file_size;
	if (has_defect(o, "section-overflow"))
		symbols->sh_offset = (uint64_t)-8;
	if (has_defect(o, "link-outside"))
		symbols->sh_link = m->table_count;
	if (has_defect(o, "symtab-size"))
		symbols->sh_size--;
}

static void append_elf_header(struct bytes *b, const struct module *m)
{
	const struct options *o = m->options;
	bool many = m->table_count >= SHN_LORESERVE, far = m->names_section >= SHN_LORESERVE;
	uint8_t e_ident[16] = { 0x7f, 'E', 'L', 'F', o->wide ? 2 : 1, o->big ? 2 : 1, 1 };

	if (has_defect(o, "no-magic"))
		e_ident[0] = 0;
	if (has_defect(o, "bad-class"))
		e_ident[4] = 3;
	if (has_defect(o, "bad-order"))
		e_ident[5] = 3;
	append(b, e_ident, sizeof e_ident);
	append_integer(b, o, m->type, 2);
	append_integer(b, o, o->machine, 2);
	append_integer(b, o, 1, 4);                                  /* e_version */
	append_word(b, o, 0);                                        /* e_entry */
	append_word(b, o, 0);                                        /* e_phoff */
	append_word(b, o, m->table_offset);
	append_integer(b, o, 0, 4);                                  /* e_flags */
	append_integer(b, o, o->wide ? 64 : 52, 2);                  /* e_ehsize */
	append_integer(b, o, 0, 4);                                  /* e_phentsize, e_phnum */
	append_integer(b, o, m->entry_size, 2);
	append_integer(b, o, many ? 0 : m->table_count, 2);          /* e_shnum */
	append_integer(b, o, far ? SHN_XINDEX : m->names_section, 2); /* e_shstrndx */
}

static void append_section_header(struct bytes *b, const struct options *o, const struct section *s)
{
	append_integer(b, o, s->sh_name, 4);
	append_integer(b, o, s->sh_type, 4);
	append_word(b, o, s->sh_flags);
	append_word(b, o, 0); /* sh_addr */
	append_word(b, o, s->sh_offset);
	append_word(b, o, s->sh_size);
	append_integer(b, o, s->sh_link, 4);
	append_integer(b, o, s->sh_info, 4);
	append_word(b, o, s->sh_align);
	append_word(b, o, s->sh_entsize);
}

/* Header 0 keeps the numbers that are too large for the ELF header's 16 bits. */
static void append_section_table(struct bytes *b, const struct module *m)
{
	struct section null = { 0 };
	struct section empty = { .sh_type = SHT_PROGBITS, .sh_align = 1 };

	if (m->table_count >= SHN_LORESERVE)
		null.sh_size = m->table_count;
	if (m->names_section >= SHN_LORESERVE)
		null.sh_link = m->names_section;
	append_section_header(b, m->options, &null);
	for (uint64_t i = 1; i < m->first; i++)
		append_section_header(b, m->options, &empty);
	for (size_t i = 0; i < m->section_count; i++)
		append_section_header(b, m->options, &m->sections[i]);
}

/* What scripts/sign-file appends: the signature, struct module_signature, the marker. */
static void append_signature(struct bytes *b)
{
	static const uint8_t trailer[12] = { [2] = 2, [11] = 64 }; /* PKCS#7, length 64 */

	append_fill(b, 0x30, 64);
	append(b, trailer, sizeof trailer);
	append(b, "~Module signature appended~\n", 28);
}

/* Makes st_name of the last symbol point to the end of .strtab. */
static void spoil_last_name(struct module *m)
{
	struct section *table = find_section(m, ".symtab"), *names = find_section(m, ".strtab");
	struct bytes st_name = { 0 };

	if (!table || !names)
		return;
	append_integer(&st_name, m->options, names->content.size, 4);
	memcpy(table->content.p + table->content.size - table->sh_entsize, st_name.p, 4);
	free(st_name.p);
}

static struct bytes file_image(const struct module *m, uint64_t table_offset)
{
	struct bytes b = { 0 };

	append_elf_header(&b, m);
	for (size_t i = 0; i < m->section_count; i++) {
		append_fill(&b, 0, -b.size % 16);
		append(&b, m->sections[i].content.p, m->sections[i].content.size);
	}
	append_fill(&b, 0, table_offset - b.size);
	append_section_table(&b, m);
	if (m->options->signature)
		append_signature(&b);
	if (has_defect(m->options, "truncated"))
		b.size /= 2;
	if (has_defect(m->options, "short-header"))
		b.size = 40;
	return b;
}

static void write_file(const char *path, const struct bytes *b)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(b->p, 1, b->size, file) != b->size || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static struct options options = { .wide = true, .machine = 62 };
	static struct module module = { .options = &options };

	read_options(&options, argc, argv);
	build_sections(&module);
	lay_out(&module);
	uint64_t table_offset = module.table_offset;
	if (has_defect(&options, "name-outside"))
		spoil_last_name(&module);
	apply_defects(&module);
	struct bytes image = file_image(&module, table_offset);
	write_file(options.file, &image);
	free(image.p);
	return 0;
}
