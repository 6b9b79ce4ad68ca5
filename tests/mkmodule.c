/* mkmodule.c: writes a synthetic kernel module, an ELF relocatable file of either class and order.
 *
 *   mkmodule [option]... FILE
 *
 * With --defect NAME one thing in the file is wrong, everything else stays as it was. The same
 * options always give the same bytes. A test tool: it leaves most freeing to exit.
 * The steps: read the options, build the sections, lay them out, apply the defects, write.
 */
#define _POSIX_C_SOURCE 200809L
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
	"  --ksymtab NAME        export of a 2.4 module: __ksymtab_NAME in a section __ksymtab\n"
	"  --no-symbols          __ksymtab without any, as EXPORT_NO_SYMBOLS made it\n"
	"  --global NAME  --local NAME  --global-weak NAME  --common NAME   defined in .text, or a common symbol\n"
	"  --use NAME  --use-weak NAME   undefined symbol that a relocation uses\n"
	"  --rel  --rela         relocations without or with addends; default: without in class 32\n"
	"  --modinfo KEY=VALUE  --alias X  --softdep X  --weakdep X  with \\n \\\\ \\xHH in them\n"
	"  --modalias X          in the section .modalias;  --modstring X  in .modstring\n"
	"  --device TYPE=FIELD,...  entry of a device table: numbers, strings, N+N+... for bits; what is missing is 0\n"
	"  --repeat N            each --device N times\n"
	"  --tables 2.6|rel|rela    symbols lead to tables (default), or to pointers with such relocations, as in 2.4\n"
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
	"table-endless",        /* device tables without the last, empty entry; no NUL behind the last pattern */
	"table-beyond",         /* device tables begin beyond the end of their section */
	"table-nowhere",        /* device tables in a section whose number is the number of sections */
	"table-unsized",        /* st_size of device tables is 0; harmless */
	"pointer-unrelocated",  /* no relocations for pointers to device tables */
	"pointer-nowhere",      /* their symbol's number is the number of symbols */
	"entry-size-zero",      /* of device tables of 2.4 */
	"entry-size-huge",
	"entry-size-missing",   /* no __module_TYPE_device_size */
	"relocation-symbol",    /* the last relocation's symbol is number 0xffffff */
	"relocation-outside",   /* sh_offset of the relocations is the size of the file */
};

enum { DEFECT_COUNT = sizeof defect_names / sizeof defect_names[0] };
enum { NAMES_MAX = 4096, SECTIONS_MAX = 24, DEVICES_MAX = 512, TABLES_MAX = 16 };
enum { ET_REL = 1, ET_EXEC = 2 };
enum { SHT_PROGBITS = 1, SHT_SYMTAB = 2, SHT_STRTAB = 3, SHT_RELA = 4, SHT_REL = 9, SHT_SYMTAB_SHNDX = 18, SHF_ALLOC = 2 };
enum { SHN_LORESERVE = 0xff00, SHN_ABS = 0xfff1, SHN_COMMON = 0xfff2, SHN_XINDEX = 0xffff };
enum { STB_LOCAL = 0, STB_GLOBAL = 1, STB_WEAK = 2, STT_NOTYPE = 0, STT_OBJECT = 1, STT_SECTION = 3, STT_REGISTER = 13 };
enum { EM_MIPS = 8 };
enum { VERSION_SIZE = 64 };

struct bytes {
	uint8_t *p;
	size_t size, capacity;
};

enum kind { EXPORT, NEED, WEAK, REGISTER, VERSION, KSYMTAB, GLOBAL, LOCAL, GLOBAL_WEAK, COMMON, USE, USE_WEAK, KIND_COUNT };

/* One --export, --need and so on. */
struct name {
	enum kind kind;
	const char *text;
	bool has_crc;
	uint32_t crc;
};

struct options {
	const char *file;
	bool wide, big, crc_section, long_versions, signature, no_symbols;
	bool defect[DEFECT_COUNT];
	uint64_t machine, padding_sections, text_size, repeat;
	struct name names[NAMES_MAX];
	size_t name_count;
	struct bytes modinfo, modalias, modstring;
	const char *devices[DEVICES_MAX];  /* TYPE=FIELD,... */
	size_t device_count;
	bool old_tables;
	uint64_t relocation_type;
};

/* A pointer in .data, and where in there it leads to: as an offset from the start, or from a symbol. */
struct pointer {
	uint64_t at, to, symbol;
};

struct table {
	const char *type;
	uint64_t offset, size, entry_size, pointer;  /* in .data */
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
	struct table tables[TABLES_MAX];
	struct pointer pointers[DEVICES_MAX];
	size_t device_tables, pointer_count;
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

static void add_string(struct bytes *b, const char *value)
{
	append_unescaped(b, value);
	append_fill(b, 0, 1);
}

static void add_device(struct options *o, const char *device)
{
	if (o->device_count == DEVICES_MAX)
		die(device, "too many devices");
	o->devices[o->device_count++] = device;
}

static void set_tables(struct options *o, const char *kind)
{
	o->old_tables = strcmp(kind, "2.6") != 0;
	o->relocation_type = strcmp(kind, "rela") == 0 ? SHT_RELA : SHT_REL;
}

static void add_modinfo(struct options *o, const char *key, const char *value)
{
	append_unescaped(&o->modinfo, key);
	add_string(&o->modinfo, value);
}

static bool read_flag(struct options *o, const char *option)
{
	if (strcmp(option, "--crc-section") == 0)
		o->crc_section = true;
	else if (strcmp(option, "--long-versions") == 0)
		o->long_versions = true;
	else if (strcmp(option, "--signature") == 0)
		o->signature = true;
	else if (strcmp(option, "--no-symbols") == 0)
		o->no_symbols = true;
	else if (strcmp(option, "--rel") == 0)
		o->relocation_type = SHT_REL;
	else if (strcmp(option, "--rela") == 0)
		o->relocation_type = SHT_RELA;
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
	else if (strcmp(option, "--modalias") == 0)
		add_string(&o->modalias, value);
	else if (strcmp(option, "--modstring") == 0)
		add_string(&o->modstring, value);
	else if (strcmp(option, "--device") == 0)
		add_device(o, value);
	else if (strcmp(option, "--repeat") == 0)
		o->repeat = number(value);
	else if (strcmp(option, "--tables") == 0)
		set_tables(o, value);
	else
		return false;
	return true;
}

static bool read_content(struct options *o, const char *option, char *value)
{
	static const char *const names[] = {
		[EXPORT] = "--export", [NEED] = "--need", [WEAK] = "--weak",
		[REGISTER] = "--register", [VERSION] = "--version", [KSYMTAB] = "--ksymtab", [GLOBAL] = "--global",
		[LOCAL] = "--local", [GLOBAL_WEAK] = "--global-weak", [COMMON] = "--common", [USE] = "--use", [USE_WEAK] = "--use-weak",
	};
	static const char *const modinfo[][2] = {
		{ "--modinfo", "" }, { "--alias", "alias=" },
		{ "--softdep", "softdep=" }, { "--weakdep", "weakdep=" },
	};

	for (enum kind kind = EXPORT; kind < KIND_COUNT; kind++)
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

/* ---- device tables -------------------------------------------------------------------------- */

/* <linux/mod_devicetable.h> of 2.6 and 2.4: C, S, I, L are unsigned char, short, int and long, P is char *, digits are the
 * length of an array of char, and a number of bits stands in brackets. */
static const struct {
	const char *type, *fields;
} structures[] = {
	{ "pci", "I I I I I I L" },
	{ "usb", "S S S S S C C C C C C L" },
	{ "ccw", "S S S C C L" },
	{ "ieee1394", "I I I I I L" },
	{ "pnp", "8 L" },
	{ "pnp_card", "8 L 8 8 8 8 8 8 8 8" },
	{ "input", "L S S S S [1 [512 [1 [64 [1 [1 [1 [128 [1 L" },
	{ "input-before-2.6.14", "L S S S S [1 [512 [1 [64 [1 [1 [1 [128 L" },
	{ "serio", "C C C C" },
	{ "of", "32 32 128 L" },
	{ "isapnp", "S S S S L" },
	{ "isapnp_card", "L S S S S S S S S S S S S S S S S S S" },
	{ "parport", "P L" },
	{ "pnpbios", "8 L" },
};

static void align(struct bytes *b, size_t size)
{
	append_fill(b, 0, -b->size % size);
}

/* N+N+... */
static void append_bits(struct bytes *b, const struct options *o, size_t count, const char *text)
{
	size_t word = o->wide ? 64 : 32;

	for (size_t i = 0; i < count; i += word) {
		uint64_t value = 0;
		const char *p = text;

		while (*p) {
			char *end;
			uint64_t bit = strtoull(p, &end, 0);

			if (end == p)
				die(text, "not numbers of bits");
			if (bit / word == i / word)
				value |= UINT64_C(1) << bit % word;
			p = *end ? end + 1 : end;
		}
		align(b, word / 8);
		append_word(b, o, value);
	}
}

static void append_field(struct module *m, struct bytes *b, const char *field, const char *text)
{
	const struct options *o = m->options;
	int size = *field == 'C' ? 1 : *field == 'S' ? 2 : *field == 'I' ? 4 : o->wide ? 8 : 4;

	if (*field == '[') {
		append_bits(b, o, strtoull(field + 1, NULL, 10), text);
	} else if (*field >= '0' && *field <= '9') {
		size_t length = strtoull(field, NULL, 10), used = strlen(text);

		append(b, text, used < length ? used : length);
		append_fill(b, 0, used < length ? length - used : 0);
	} else {
		align(b, (size_t)size);
		if (*field == 'P' && *text)
			m->pointers[m->pointer_count++] = (struct pointer){ b->size, (uint64_t)(uintptr_t)text, 0 };
		append_integer(b, o, *field == 'P' || !*text ? 0 : strtoull(text, NULL, 0), size);
	}
}

static const char *fields_of(const char *type)
{
	for (size_t i = 0; i < sizeof structures / sizeof structures[0]; i++)
		if (strcmp(structures[i].type, type) == 0)
			return structures[i].fields;
	die(type, "no such type of device");
}

/* One structure; `values` are separated by commas. */
static void append_device(struct module *m, struct bytes *b, const char *type, const char *values)
{
	size_t word = m->options->wide ? 8 : 4;

	for (const char *field = fields_of(type); field; field = strchr(field, ' ')) {
		size_t length = strcspn(values, ",");
		char *text = strndup(values, length);

		field += *field == ' ';
		append_field(m, b, field, text);
		values += length + (values[length] == ',');
	}
	if (strpbrk(fields_of(type), "LP"))
		align(b, word);
}

/* All entries of a type, and an empty one. */
static void append_table(struct module *m, struct bytes *data, const char *type)
{
	const struct options *o = m->options;
	struct table *table = &m->tables[m->device_tables++];
	size_t length = strlen(type);

	align(data, 16);
	*table = (struct table){ .type = type, .offset = data->size };
	for (size_t i = 0; i < o->device_count; i++) {
		const char *device = o->devices[i];

		if (strncmp(device, type, length) != 0 || device[length] != '=')
			continue;
		for (uint64_t n = 0; n < o->repeat; n++) {
			append_device(m, data, type, device + length + 1);
			if (!table->entry_size)
				table->entry_size = data->size - table->offset;
		}
	}
	if (!has_defect(o, "table-endless"))
		append_device(m, data, type, "");
	table->size = data->size - table->offset;
}

static bool has_table(const struct module *m, const char *type)
{
	for (size_t i = 0; i < m->device_tables; i++)
		if (strcmp(m->tables[i].type, type) == 0)
			return true;
	return false;
}

/* Patterns, and the pointers that lead to tables. */
static void append_pointers(struct module *m, struct bytes *data)
{
	const struct options *o = m->options;

	for (size_t i = 0; i < m->device_tables; i++) {
		struct table *table = &m->tables[i];

		align(data, 8);
		table->pointer = data->size;
		m->pointers[m->pointer_count++] = (struct pointer){ data->size, table->offset, i % 2 ? 2 + 3 * i : 0 };
		append_word(data, o, 0);
	}
	for (size_t i = 0; i < m->pointer_count - m->device_tables; i++) {
		const char *pattern = (const char *)(uintptr_t)m->pointers[i].to;

		m->pointers[i].to = append_string(data, pattern);
	}
	if (has_defect(o, "table-endless") && m->pointer_count > m->device_tables)
		data->size--;
}

/* A relocation's symbol, and type 1. */
static void append_r_info(struct bytes *b, const struct options *o, uint64_t symbol)
{
	bool mips = o->wide && !o->big && o->machine == EM_MIPS;

	append_word(b, o, mips ? symbol : symbol << (o->wide ? 32 : 8) | 1);
}

/* Symbol 1 is the section's; three for each table come behind it. */
static void add_relocations(struct module *m, struct section *data)
{
	const struct options *o = m->options;
	bool rela = o->relocation_type == SHT_RELA;
	struct section *s = add_section(m, rela ? ".rela.data" : ".rel.data", o->relocation_type);

	s->sh_info = section_number(m, data);
	for (size_t i = 0; i < m->pointer_count; i++) {
		struct pointer *p = &m->pointers[i];
		uint64_t symbol = p->symbol ? p->symbol : 1, addend = p->symbol ? 0 : p->to;
		struct bytes in_place = { 0 };

		if (has_defect(o, "pointer-nowhere"))
			symbol = 3 * m->device_tables + 2;
		append_word(&s->content, o, p->at);
		append_r_info(&s->content, o, symbol);
		if (rela)
			append_word(&s->content, o, addend);
		append_word(&in_place, o, rela ? 0x55 : addend);
		memcpy(data->content.p + p->at, in_place.p, in_place.size);
	}
}

static void add_tables(struct module *m)
{
	const struct options *o = m->options;
	struct section *data = add_section(m, ".data", SHT_PROGBITS);

	data->sh_flags = SHF_ALLOC;
	append_fill(&data->content, 0xee, 16);
	for (size_t i = 0; i < o->device_count; i++) {
		char *type = strndup(o->devices[i], strcspn(o->devices[i], "="));

		if (!has_table(m, type))
			append_table(m, &data->content, type);
	}
	if (!o->old_tables)
		return;
	append_pointers(m, &data->content);
	struct section *sizes = add_section(m, ".rodata", SHT_PROGBITS);
	for (size_t i = 0; i < m->device_tables; i++)
		append_word(&sizes->content, o, has_defect(o, "entry-size-zero") ? 0
						: has_defect(o, "entry-size-huge") ? 0x60000000
						: m->tables[i].entry_size);
	if (!has_defect(o, "pointer-unrelocated"))
		add_relocations(m, data);
}

static void add_strings(struct module *m, const char *name, struct bytes strings)
{
	if (strings.size)
		add_section(m, name, SHT_PROGBITS)->content = strings;
}

/* ---- symbols -------------------------------------------------------------------------------- */

struct symbol {
	uint64_t st_name, st_value, st_size, section;
	int binding, type;
	bool absolute, common;
};

static void append_symbol(struct module *m, const struct symbol *symbol)
{
	const struct options *o = m->options;
	struct bytes *table = &find_section(m, ".symtab")->content;
	struct section *shndx = find_section(m, ".symtab_shndx");
	bool extended = symbol->section >= SHN_LORESERVE;
	uint64_t st_shndx = symbol->absolute ? SHN_ABS : symbol->common ? SHN_COMMON : extended ? SHN_XINDEX : symbol->section;

	append_integer(table, o, symbol->st_name, 4);
	if (!o->wide) {
		append_integer(table, o, symbol->st_value, 4);
		append_integer(table, o, symbol->st_size, 4);
	}
	append_integer(table, o, (uint64_t)(symbol->binding << 4 | symbol->type), 1);
	append_integer(table, o, 0, 1);
	append_integer(table, o, st_shndx, 2);
	if (o->wide) {
		append_integer(table, o, symbol->st_value, 8);
		append_integer(table, o, symbol->st_size, 8);
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

static void append_table_symbol(struct module *m, struct bytes *strings, const char *name, const char *section,
				uint64_t value, uint64_t size)
{
	struct symbol symbol = { .st_name = append_string(strings, name), .st_value = value, .st_size = size,
				 .section = section_number(m, find_section(m, section)), .type = STT_OBJECT };

	if (has_defect(m->options, "table-nowhere"))
		symbol.section = m->table_count;
	if (has_defect(m->options, "table-beyond"))
		symbol.st_value += 0x100000;
	append_symbol(m, &symbol);
}

/* Cards of ISA Plug and Play have names of their own in 2.4. */
static const char *old_type(const char *type)
{
	static char name[64];

	snprintf(name, sizeof name, "%s%s", type, strcmp(type, "isapnp_card") == 0 ? "" : "_device");
	return name;
}

/* All are local; returns how many. */
static uint64_t append_table_symbols(struct module *m, struct bytes *strings)
{
	const struct options *o = m->options;
	uint64_t word = o->wide ? 8 : 4;
	char name[96];

	append_symbol(m, &(struct symbol){ .section = section_number(m, find_section(m, ".data")), .type = STT_SECTION });
	for (size_t i = 0; i < m->device_tables; i++) {
		const struct table *t = &m->tables[i];
		uint64_t size = has_defect(o, "table-unsized") ? 0 : t->size;

		if (!o->old_tables) {
			snprintf(name, sizeof name, "__mod_%.*s_device_table", (int)strcspn(t->type, "-"), t->type);
			append_table_symbol(m, strings, name, ".data", t->offset, size);
			continue;
		}
		append_table_symbol(m, strings, "ids", ".data", t->offset, size);
		snprintf(name, sizeof name, "__module_%s_table", old_type(t->type));
		append_table_symbol(m, strings, name, ".data", t->pointer, word);
		snprintf(name, sizeof name, "__module_%s_%s", old_type(t->type), has_defect(o, "entry-size-missing") ? "" : "size");
		append_table_symbol(m, strings, name, ".rodata", i * word, word);
	}
	return 1 + m->device_tables * (o->old_tables ? 3 : 1);
}

static bool is_ksymtab(const struct name *name)
{
	return name->kind == KSYMTAB;
}

static bool is_used(const struct name *name)
{
	return name->kind == USE || name->kind == USE_WEAK;
}

static bool is_defined(const struct name *name)
{
	return name->kind == GLOBAL || name->kind == LOCAL || name->kind == GLOBAL_WEAK;
}

static bool stands_in_text(const struct name *name)
{
	return is_defined(name) || is_used(name);
}

static struct section *relocation_section(struct module *m)
{
	struct section *s = find_section(m, ".rel.text");

	return s ? s : find_section(m, ".rela.text");
}

/* At offset 0 of .text; it uses the next symbol. */
static void append_relocation(struct module *m, struct section *relocations)
{
	const struct options *o = m->options;
	struct section *table = find_section(m, ".symtab");
	uint64_t symbol = table->content.size / table->sh_entsize;

	if (has_defect(o, "relocation-symbol"))
		symbol = 0xffffff;
	append_word(&relocations->content, o, 0);
	append_r_info(&relocations->content, o, symbol);
	if (relocations->sh_type == SHT_RELA)
		append_word(&relocations->content, o, 0);
}

/* __ksymtab_NAME: the next pair of words in __ksymtab. */
static struct symbol ksymtab_symbol(struct module *m, struct bytes *strings, const struct name *name)
{
	struct section *table = find_section(m, "__ksymtab");
	struct symbol symbol = {
		.st_name = strings->size, .st_value = table->content.size, .section = section_number(m, table),
		.binding = STB_GLOBAL,
	};

	append(strings, "__ksymtab_", 10);
	append_string(strings, name->text);
	append_word(&table->content, m->options, 0);
	append_word(&table->content, m->options, 0);
	return symbol;
}

/* Symbols of 2.4 modules. */
static struct symbol old_symbol(struct module *m, struct bytes *strings, const struct name *name)
{
	struct symbol symbol = { 0 };

	if (is_ksymtab(name))
		return ksymtab_symbol(m, strings, name);
	if (is_used(name))
		append_relocation(m, relocation_section(m));
	symbol.st_name = append_string(strings, name->text);
	symbol.binding = name->kind == LOCAL ? STB_LOCAL
			 : name->kind == USE_WEAK || name->kind == GLOBAL_WEAK ? STB_WEAK : STB_GLOBAL;
	if (is_defined(name))
		symbol.section = section_number(m, find_section(m, ".text"));
	symbol.common = name->kind == COMMON;
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
	if (m->device_tables)
		find_section(m, ".symtab")->sh_info += append_table_symbols(m, &strings);
	for (size_t i = 0; i < o->name_count; i++) {
		const struct name *name = &o->names[i];

		if (name->kind == VERSION || (name->kind == EXPORT && !name->has_crc))
			continue;
		if (name->kind == EXPORT) {
			symbol = crc_symbol(m, &strings, name, crc_count++);
		} else if (name->kind > VERSION) {
			symbol = old_symbol(m, &strings, name);
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
	if (relocation_section(m))
		relocation_section(m)->sh_link = section_number(m, table);
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

/* Both are filled with the symbols. */
static void add_old_sections(struct module *m)
{
	const struct options *o = m->options;
	bool rela = o->relocation_type ? o->relocation_type == SHT_RELA : o->wide;
	struct section *s;

	if (any_name(o, is_ksymtab) || o->no_symbols)
		add_section(m, "__ksymtab", SHT_PROGBITS)->sh_flags = SHF_ALLOC;
	if (!any_name(o, is_used))
		return;
	s = add_section(m, rela ? ".rela.text" : ".rel.text", rela ? SHT_RELA : SHT_REL);
	s->sh_info = section_number(m, find_section(m, ".text"));
	s->sh_entsize = (rela ? 3u : 2u) * (o->wide ? 8u : 4u);
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
	if (o->text_size || any_name(o, stands_in_text)) {
		struct section *text = add_section(m, ".text", SHT_PROGBITS);
		text->sh_flags = SHF_ALLOC | 4;
		append_fill(&text->content, 0x90, o->text_size);
	}
	add_modinfo_section(m);
	add_strings(m, ".modalias", o->modalias);
	add_strings(m, ".modstring", o->modstring);
	if (o->device_count)
		add_tables(m);
	if (any_name(o, has_version) && o->long_versions)
		add_long_versions(m);
	else if (any_name(o, has_version))
		add_versions(m);
	if (any_name(o, is_export))
		add_exports(m);
	add_old_sections(m);
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
	struct section *relocations = relocation_section(m);

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
	if (has_defect(o, "relocation-outside") && relocations)
		relocations->sh_offset = file_size;
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
	static struct options options = { .wide = true, .machine = 62, .repeat = 1 };
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
