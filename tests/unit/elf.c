/* elf.c: a small module, built here from the System V gABI's tables for either word size and byte
 * order; what is said of it in which order; what is tolerated; every reason that elf.c can give,
 * by a line of what was changed; truncation at every byte, and every change of one byte. Each piece
 * that the parser asks for is a heap block of its own, so that the sanitizer sees a step beyond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../depmod.h"

/* ---- a module in memory ------------------------------------------------------------------- */

enum { NULL_SECTION, PROGBITS, SYMBOLS, STRINGS, NOBITS = 8, SHNDX = 18 };
enum { UNDEFINED = 0, ABSOLUTE = 0xfff1, IN_TABLE = 0xffff, GLOBAL = 0x10, WEAK = 0x20,
       REGISTER = 13 };
enum { PARTS_MAX = 20, IMAGE_MAX = 5 << 20 };

struct header_field {
	const char *name;
	uint8_t at32, size32, at64, size64;
};

static const struct header_field fields[] = {
	{ "class", 4, 1, 4, 1 },        { "order", 5, 1, 5, 1 },
	{ "e_type", 16, 2, 16, 2 },     { "e_machine", 18, 2, 18, 2 },
	{ "e_shoff", 32, 4, 40, 8 },    { "e_shentsize", 46, 2, 58, 2 },
	{ "e_shnum", 48, 2, 60, 2 },    { "e_shstrndx", 50, 2, 62, 2 },
	{ "sh_name", 0, 4, 0, 4 },      { "sh_type", 4, 4, 4, 4 },
	{ "sh_offset", 16, 4, 24, 8 },  { "sh_size", 20, 4, 32, 8 },
	{ "sh_link", 24, 4, 40, 4 },
	{ "st_name", 0, 4, 0, 4 },      { "st_value", 4, 4, 8, 8 },
	{ "st_info", 12, 1, 4, 1 },     { "st_shndx", 14, 2, 6, 2 },
};

struct part {
	const char *name;
	uint32_t type;
	size_t at, size;
};

struct image {
	bool wide, big;
	size_t size, table;
	uint32_t count;
	struct part parts[PARTS_MAX];
	uint8_t bytes[IMAGE_MAX];
};

/* The four forms: word size is bit 0 of the number, byte order bit 1. */
enum { FORMS = 4 };

static void put(struct image *m, size_t at, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		m->bytes[at + i] = (uint8_t)(value >> 8 * (m->big ? size - 1 - i : i));
}

static void set(struct image *m, size_t record, const char *name, uint64_t value)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const struct header_field *f = &fields[i];

		if (strcmp(f->name, name) == 0) {
			put(m, record + (m->wide ? f->at64 : f->at32),
			    m->wide ? f->size64 : f->size32,
			    value);
			return;
		}
	}
	fail_msg("no field %s", name);
}

static void begin(struct image *m, unsigned form)
{
	m->wide = form & 1;
	m->big = form & 2;
	m->count = 1;
	m->parts[0] = (struct part){ .name = "" };
	m->size = m->wide ? 64 : 52;
	memset(m->bytes, 0, m->size);
	memcpy(m->bytes, "\177ELF", 4);
	set(m, 0, "class", m->wide ? 2 : 1);
	set(m, 0, "order", m->big ? 2 : 1);
	set(m, 0, "e_type", 1);
	set(m, 0, "e_machine", 62);
	set(m, 0, "e_shentsize", m->wide ? 64 : 40);
}

static void section(struct image *m, const char *name, uint32_t type)
{
	m->parts[m->count++] = (struct part){ name, type, m->size, 0 };
}

static void add(struct image *m, const void *bytes, size_t size)
{
	memcpy(m->bytes + m->size, bytes, size);
	m->size += size;
	m->parts[m->count - 1].size += size;
}

static void add_number(struct image *m, unsigned size, uint64_t value)
{
	uint8_t zeros[8] = { 0 };

	add(m, zeros, size);
	put(m, m->size - size, size, value);
}

static const struct part *find(const struct image *m, const char *name)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (strcmp(m->parts[i].name, name) == 0)
			return &m->parts[i];
	fail_msg("no section %s", name);
	return NULL;
}

static size_t header_of(const struct image *m, uint32_t index)
{
	return m->table + index * (m->wide ? 64u : 40u);
}

static void write_header(struct image *m, uint32_t index, const struct part *part, uint32_t name)
{
	size_t at = header_of(m, index);

	set(m, at, "sh_name", name);
	set(m, at, "sh_type", part->type);
	set(m, at, "sh_offset", part->at);
	set(m, at, "sh_size", part->size);
}

/* Adds the section names, `extra` nameless sections before them, and the section table. */
static void finish(struct image *m, uint32_t extra)
{
	uint32_t name = 0, last = m->count + extra;

	section(m, ".shstrtab", STRINGS);
	for (uint32_t i = 0; i < m->count; i++)
		add(m, m->parts[i].name, strlen(m->parts[i].name) + 1);
	m->table = m->size;
	m->size = header_of(m, last + 1);
	memset(m->bytes + m->table, 0, m->size - m->table);
	for (uint32_t i = 0; i < m->count; i++) {
		write_header(m, i + 1 == m->count ? last : i, &m->parts[i], name);
		name += (uint32_t)strlen(m->parts[i].name) + 1;
	}
	set(m, 0, "e_shoff", m->table);
	set(m, 0, "e_shnum", last < 0xff00 ? last + 1 : 0);
	set(m, 0, "e_shstrndx", last < 0xff00 ? last : 0xffff);
	if (last >= 0xff00) {
		set(m, m->table, "sh_size", last + 1);
		set(m, m->table, "sh_link", last);
	}
}

static const char names[] = "\0need_a\0weak_b\0__crc_by_value\0__crc_by_place\0__crc_by_index\0"
			    "__crc_by_nothing\0local";

static uint32_t name_of(const char *name)
{
	for (uint32_t at = 0; at < sizeof(names); at++)
		if (strcmp(names + at, name) == 0)
			return at;
	fail_msg("no name %s", name);
	return 0;
}

static void symbol(struct image *m, const char *name, uint64_t value, uint8_t info, uint16_t place)
{
	size_t at = m->size;

	for (int i = 0; i < (m->wide ? 24 : 16); i++)
		add(m, "", 1);
	set(m, at, "st_name", name_of(name));
	set(m, at, "st_value", value);
	set(m, at, "st_info", info);
	set(m, at, "st_shndx", place);
}

static void version(struct image *m, const char *name, uint32_t crc)
{
	unsigned width = m->wide ? 8 : 4;
	char record[64] = { 0 };

	strcpy(record, name);
	add_number(m, width, crc);
	add(m, record, 64 - width);
}

/* The sample's parts; the CRCs are section 1. */
static void add_crcs(struct image *m)
{
	section(m, "__kcrctab", PROGBITS);
	add_number(m, 4, 0xdeadbeef);
	add_number(m, 4, 0x01020304);
}

static void add_symbols(struct image *m, bool exports)
{
	section(m, ".symtab", SYMBOLS);
	symbol(m, "", 0, 0, 0);
	symbol(m, "need_a", 0, GLOBAL, UNDEFINED);
	symbol(m, "weak_b", 0, WEAK, UNDEFINED);
	symbol(m, "local", 0, 0, 2);
	if (exports) {
		symbol(m, "__crc_by_value", 0x11223344, GLOBAL, ABSOLUTE);
		symbol(m, "__crc_by_place", 4, GLOBAL, 1);
		symbol(m, "__crc_by_index", 0, GLOBAL, IN_TABLE);
		symbol(m, "__crc_by_nothing", 0xabcd, WEAK, UNDEFINED);
	}
	section(m, ".strtab", STRINGS);
	add(m, names, sizeof(names));
	section(m, ".symtab_shndx", SHNDX);
	for (int i = 0; i < 8; i++)
		add_number(m, 4, i == 6);
}

static void add_versions(struct image *m)
{
	section(m, "__versions", PROGBITS);
	version(m, "module_layout", 0x8badf00d);
	version(m, "need_a", 7);
	section(m, "__version_ext_crcs", PROGBITS);
	add_number(m, 4, 0xcafe0001);
	add_number(m, 4, 2);
	section(m, "__version_ext_names", PROGBITS);
	add(m, "need_a\0long", sizeof("need_a\0long"));
}

static void sample_parts(struct image *m, unsigned form, bool exports)
{
	begin(m, form);
	add_crcs(m);
	section(m, ".modinfo", PROGBITS);
	add(m, "alias=a\0license=GPL", sizeof("alias=a\0license=GPL"));
	add_symbols(m, exports);
	section(m, "__ksymtab_strings", PROGBITS);
	add(m, "old_a\0\0old_b\0", sizeof("old_a\0\0old_b\0"));
	add_versions(m);
	section(m, ".modalias", PROGBITS);
	add(m, "b", sizeof("b"));
}

static struct image *sample(unsigned form, bool exports)
{
	static struct image image;

	sample_parts(&image, form, exports);
	finish(&image, 0);
	return &image;
}

/* ---- what elf_read() says of it ----------------------------------------------------------- */

enum { PIECES_MAX = 64, SAID_MAX = 4096, HEAD = 64 };

#define OTHERWISE "something else"

static char said[SAID_MAX];
static size_t said_size;

static void say(const char *kind, const char *name, size_t length, uint32_t crc)
{
	if (said_size < SAID_MAX)
		said_size += (size_t)snprintf(said + said_size, SAID_MAX - said_size,
					      "%s %.*s %x\n", kind,
					      (int)length, name, crc);
}

static void say_strings(const char *kind, struct span strings)
{
	char copy[256] = "";

	for (size_t i = 0; i < span_size(strings) && i < sizeof(copy) - 1; i++)
		copy[i] = (char)(strings.p[i] ? strings.p[i] : '|');
	say(kind, copy, strlen(copy), (uint32_t)span_size(strings));
}

static void say_modinfo(void *context, struct span strings)
{
	(void)context;
	say_strings("modinfo", strings);
}

static void say_aliases(void *context, struct span strings)
{
	(void)context;
	say_strings("aliases", strings);
}

static void say_export(void *context, const char *name, size_t length, uint32_t crc)
{
	(void)context;
	assert_int_equal(strlen(name), length);
	say("export", name, length, crc);
}

static void say_need(void *context, const char *name, size_t length, bool weak)
{
	(void)context;
	assert_int_equal(strlen(name), length);
	say(weak ? "weak" : "need", name, length, 0);
}

static void say_version(void *context, const char *name, size_t length, uint32_t crc)
{
	(void)context;
	assert_int_equal(strlen(name), length);
	say("version", name, length, crc);
}

/* Exports come without their CRCs being looked up: said as zero. */
static void say_name(void *context, const char *name, size_t length, uint32_t crc)
{
	(void)crc;
	say_export(context, name, length, 0);
}

static const struct elf_sink with_crcs = {
	.wants_crcs = true, .modinfo = say_modinfo, .aliases = say_aliases, .export = say_export, .need = say_need,
	.version = say_version,
};
static const struct elf_sink without_crcs = {
	.modinfo = say_modinfo, .aliases = say_aliases, .export = say_name, .need = say_need, .version = say_version,
};

struct pieces {
	struct source source;
	const uint8_t *bytes;
	size_t size, count;
	void *held[PIECES_MAX];
};

static struct span read_piece(struct source *source, uint64_t offset, uint64_t size,
			      const char *what)
{
	struct pieces *p = (struct pieces *)source;

	if (offset > p->size || size > p->size - offset)
		bad_fault((struct fault){ what, "reaches beyond the end of the file", offset,
					  true, false });
	if (p->count == PIECES_MAX)
		bad("too many pieces for this test");
	p->held[p->count] = malloc((size_t)size + !size);
	memcpy(p->held[p->count], p->bytes + offset, (size_t)size);
	return span_of(p->held[p->count++], (size_t)size);
}

static void expect_pieces(struct source *source, uint64_t offset, uint64_t size)
{
	(void)source, (void)offset, (void)size;
}

struct parse {
	struct pieces pieces;
	const struct elf_sink *sink;
};

static void parse(void *argument)
{
	struct parse *p = argument;

	elf_read(&p->pieces.source, p->sink);
}

/* The reason why the bytes are refused, or "" when they are a module. */
static const char *reason_of(const uint8_t *bytes, size_t size, const struct elf_sink *sink)
{
	static char reason[200];
	struct parse p = { { { read_piece, expect_pieces, { 0 }, OTHERWISE, 0 }, bytes, size, 0, { NULL } }, sink };
	struct fault fault = { 0 };
	bool fine;

	p.pieces.source.head = read_piece(&p.pieces.source, 0, size < HEAD ? size : HEAD, NULL);
	fine = attempt(parse, &p, &fault);
	while (p.pieces.count)
		free(p.pieces.held[--p.pieces.count]);
	if (fine)
		return "";
	snprintf(reason, sizeof(reason), "%s%s%s", fault.what ? fault.what : "",
		 fault.what ? ": " : "",
		 fault.why);
	if (fault.has_offset)
		snprintf(reason + strlen(reason), sizeof(reason) - strlen(reason), " at %llu",
			 (unsigned long long)fault.offset);
	return reason;
}

static const char *outcome(const struct image *m, const struct elf_sink *sink)
{
	said_size = 0;
	*said = '\0';
	return reason_of(m->bytes, m->size, sink);
}

static void expect(const struct image *m, const struct elf_sink *sink, const char *expected)
{
	assert_string_equal(outcome(m, sink), "");
	assert_string_equal(said, expected);
}

#define MODINFO_SAID "modinfo alias=a|license=GPL| 14\naliases b| 2\n"
#define NEEDS_SAID "need need_a 0\nweak weak_b 0\n"
#define EXPORTS_SAID "export by_value 11223344\nexport by_place 1020304\n" \
		     "export by_index deadbeef\n" \
		     "weak __crc_by_nothing 0\nexport by_nothing abcd\n"
#define VERSIONS_SAID "version module_layout 8badf00d\nversion need_a 7\n"
#define EXTENDED_SAID "version need_a cafe0001\nversion long 2\n"
#define ALL_SAID MODINFO_SAID NEEDS_SAID EXPORTS_SAID VERSIONS_SAID EXTENDED_SAID

/* ---- good modules ------------------------------------------------------------------------- */

static void a_module_is_told_in_order_in_all_four_forms(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++)
		expect(sample(form, true), &with_crcs, ALL_SAID);
}

static void each_part_of_a_sink_may_be_missing(void **state)
{
	static const struct {
		struct elf_sink sink;
		const char *said;
	} sinks[] = {
		{ { .wants_crcs = true }, "" },
		{ { .modinfo = say_modinfo }, "modinfo alias=a|license=GPL| 14\n" },
		{ { .aliases = say_aliases }, "aliases b| 2\n" },
		{ { .need = say_need }, NEEDS_SAID "weak __crc_by_nothing 0\n" },
		{ { .wants_crcs = true, .export = say_export },
		  "export by_value 11223344\nexport by_place 1020304\nexport by_index deadbeef\nexport by_nothing abcd\n" },
		{ { .version = say_version }, VERSIONS_SAID EXTENDED_SAID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sinks); i++)
		for (unsigned form = 0; form < FORMS; form++) {
			expect(sample(form, true), &sinks[i].sink, sinks[i].said);
			assert_string_equal(outcome(sample(form, false), &sinks[i].sink), "");
		}
}

static void without_crc_symbols_the_old_list_of_exports_counts(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++)
		expect(sample(form, false), &with_crcs,
		       MODINFO_SAID NEEDS_SAID "export old_a 0\nexport old_b 0\n" VERSIONS_SAID
		       EXTENDED_SAID);
}

static void set_in_symbol(struct image *m, uint32_t number, const char *name, uint64_t value)
{
	set(m, find(m, ".symtab")->at + number * (m->wide ? 24u : 16u), name, value);
}

static void crcs_that_nobody_wants_are_not_looked_up(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = sample(form, true);

		set_in_symbol(m, 5, "st_shndx", 0xabc);
		set(m, header_of(m, 5), "sh_offset", 0x7fffffff);
		expect(m, &without_crcs,
		       MODINFO_SAID NEEDS_SAID "export by_value 0\nexport by_place 0\n"
		       "export by_index 0\nweak __crc_by_nothing 0\nexport by_nothing 0\n"
		       VERSIONS_SAID EXTENDED_SAID);
	}
}

static void a_wide_value_gives_its_lower_32_bits_as_crc(void **state)
{
	(void)state;
	for (unsigned form = 1; form < FORMS; form += 2) {
		struct image *m = sample(form, true);

		set_in_symbol(m, 4, "st_value", UINT64_C(0xffffffff11223344));
		expect(m, &with_crcs, ALL_SAID);
	}
}

static void what_stands_behind_the_section_table_is_not_looked_at(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = sample(form, true);

		memcpy(m->bytes + m->size, "~Module signature appended~\n", 28);
		m->size += 28;
		expect(m, &with_crcs, ALL_SAID);
	}
}

static void registers_are_no_needs_on_sparc_only(void **state)
{
	static const struct { unsigned machine; bool skips; } lines[] = {
		{ 2, true }, { 18, true }, { 43, true }, { 62, false }, { 0, false },
		{ 0x0200, false }, { 0x2b00, false },
	};

	(void)state;
	for (unsigned i = 0; i < FORMS * COUNT_OF(lines); i++) {
		struct image *m = sample(i % FORMS, true);

		set(m, 0, "e_machine", lines[i / FORMS].machine);
		set_in_symbol(m, 1, "st_info", GLOBAL | REGISTER);
		assert_string_equal(outcome(m, &with_crcs), "");
		assert_int_equal(!strstr(said, "need need_a"), lines[i / FORMS].skips);
		assert_non_null(strstr(said, "weak weak_b"));
	}
}

static void only_undefined_symbols_with_a_name_are_needs(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = sample(form, true);

		set_in_symbol(m, 1, "st_name", 0);
		set_in_symbol(m, 2, "st_shndx", 0xfff2);
		expect(m, &with_crcs, MODINFO_SAID EXPORTS_SAID VERSIONS_SAID EXTENDED_SAID);
	}
}

static void symbol_zero_is_passed_over(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = sample(form, true);

		set_in_symbol(m, 0, "st_name", 0x7fffffff);
		expect(m, &with_crcs, ALL_SAID);
	}
}

static void more_than_65280_sections_are_counted_in_section_zero(void **state)
{
	static struct image m;

	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		sample_parts(&m, form, true);
		finish(&m, 0xff00);
		expect(&m, &with_crcs, ALL_SAID);
	}
}

static void section_zero_may_give_count_or_names_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS * 2; i++) {
		struct image *m = sample(i % FORMS, true);

		if (i < FORMS) {
			set(m, 0, "e_shnum", 0);
			set(m, m->table, "sh_size", m->count);
		} else {
			set(m, 0, "e_shstrndx", 0xffff);
			set(m, m->table, "sh_link", m->count - 1);
		}
		expect(m, &with_crcs, ALL_SAID);
	}
}

/* ---- oddities ----------------------------------------------------------------------------- */

static struct image *odd(unsigned form)
{
	static struct image m;

	begin(&m, form);
	add_crcs(&m);
	return &m;
}

static void the_last_string_of_modinfo_may_lack_its_end(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = odd(form);

		section(m, ".modinfo", PROGBITS);
		add(m, "alias=a\0\0\0alias=b", 17);
		add_symbols(m, false);
		finish(m, 0);
		expect(m, &with_crcs, "modinfo alias=a|||alias=b 11\n" NEEDS_SAID);
	}
}

static void aliases_may_stand_in_a_section_of_their_own(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = odd(form);

		section(m, ".modalias", PROGBITS);
		add(m, "b\0\0c", 5);
		section(m, ".modinfo", PROGBITS);
		add(m, "alias=a", 8);
		add_symbols(m, false);
		finish(m, 0);
		expect(m, &with_crcs, "modinfo alias=a| 8\naliases b||c| 5\n" NEEDS_SAID);
	}
}

static void sections_may_be_empty_missing_or_without_bits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS * 3; i++) {
		static const char *const empty[] = {
			".modinfo", "__ksymtab_strings", "__versions", "__version_ext_crcs",
			"__version_ext_names",
		};
		struct image *m = odd(i % FORMS);

		for (size_t j = 0; i >= FORMS && j < COUNT_OF(empty); j++) {
			section(m, empty[j], i < FORMS * 2 ? PROGBITS : NOBITS);
			m->parts[m->count - 1].size = i < FORMS * 2 ? 0 : 1000001;
		}
		add_symbols(m, false);
		finish(m, 0);
		expect(m, &with_crcs, NEEDS_SAID);
	}
}

static void a_symbol_table_may_hold_no_symbols(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS * 2; i++) {
		struct image *m = odd(i % FORMS);

		section(m, ".symtab", SYMBOLS);
		if (i < FORMS)
			symbol(m, "", 0, 0, 0);
		section(m, ".strtab", STRINGS);
		finish(m, 0);
		expect(m, &with_crcs, "");
	}
}

static void unknown_sections_are_passed_over(void **state)
{
	static const char *const unknown[] = {
		"", ".", "_", "__", ".modinf", ".modinfos", "modinfo", "__version", "__versionss",
		".rela.modinfo", ".gnu.linkonce.this_module", "\xff",
	};

	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = odd(form);

		for (size_t i = 0; i < COUNT_OF(unknown); i++) {
			section(m, unknown[i], PROGBITS);
			add(m, "x", 1);
		}
		add_symbols(m, false);
		finish(m, 0);
		set(m, header_of(m, 3), "sh_offset", 0x7fffffff);
		expect(m, &with_crcs, NEEDS_SAID);
	}
}

static void of_sections_with_one_name_the_first_counts(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = odd(form);

		section(m, ".modinfo", PROGBITS);
		add(m, "alias=a", 8);
		section(m, ".modinfo", PROGBITS);
		add(m, "alias=b", 8);
		add_symbols(m, false);
		section(m, ".symtab", SYMBOLS);
		add(m, "x", 1);
		finish(m, 0);
		expect(m, &with_crcs, "modinfo alias=a| 8\n" NEEDS_SAID);
	}
}

static void a_section_may_be_its_neighbour_too(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = sample(form, true);

		set(m, header_of(m, 2), "sh_offset", find(m, ".strtab")->at);
		set(m, header_of(m, 2), "sh_size", 8);
		expect(m, &with_crcs, "modinfo |need_a| 8\naliases b| 2\n" NEEDS_SAID EXPORTS_SAID VERSIONS_SAID
		       EXTENDED_SAID);
	}
}

static void zeros_and_waste_around_names_are_tolerated(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = odd(form);

		add_symbols(m, false);
		section(m, "__ksymtab_strings", PROGBITS);
		add(m, "\0\0a\0\0\0\0b\0\0\0", 11);
		section(m, "__versions", PROGBITS);
		version(m, "", 5);
		version(m, "a", 6);
		m->bytes[m->size - 1] = 'x';
		section(m, "__version_ext_crcs", PROGBITS);
		add(m, "\1\1\1\1\2\2\2\2", 8);
		section(m, "__version_ext_names", PROGBITS);
		add(m, "\0c", 3);
		finish(m, 0);
		expect(m, &with_crcs,
		       NEEDS_SAID "export a 0\nexport b 0\nversion a 6\nversion c 2020202\n");
	}
}

static void names_may_fill_all_of_a_version_record_but_one_byte(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		char name[60] = "", expected[100];
		struct image *m = odd(form);

		memset(name, 'n', m->wide ? 55 : 59);
		add_symbols(m, false);
		section(m, "__versions", PROGBITS);
		version(m, name, 1);
		finish(m, 0);
		snprintf(expected, sizeof(expected), NEEDS_SAID "version %s 1\n", name);
		expect(m, &with_crcs, expected);
	}
}

/* ---- defects ------------------------------------------------------------------------------ */

/* "": the ELF header; "file": all of it, whose size is set; else a section. A field of a section's
 * header, of symbol `number`, or bytes of its content: "first" name of a version, "last" byte. */
struct change {
	const char *where, *field;
	uint64_t value;
	uint32_t number;
};

/* `at32` and `at64`: the offset given with the reason, if any. */
struct defect {
	const char *reason;
	struct change change, also;
	uint64_t at32, at64;
	enum { ANY, NO_EXPORTS, WIDE } only;
};

#define BEYOND "reaches beyond the end of the file"
#define FAR 0x7ffffff0

static const struct defect defects[] = {
	{ OTHERWISE, { "file", "", 0, 0 }, .only = ANY },
	{ OTHERWISE, { "file", "", 3, 0 }, .only = ANY },
	{ "ELF header: " BEYOND, { "file", "", 4, 0 }, .only = ANY },
	{ "ELF header: " BEYOND, { "file", "", 19, 0 }, .only = ANY },
	{ "ELF header: " BEYOND, { "file", "", 51, 0 }, .only = ANY },
	{ "ELF class is neither 32 nor 64 bits", { "", "class", 0, 0 }, .at32 = 4, .at64 = 4 },
	{ "ELF class is neither 32 nor 64 bits", { "", "class", 3, 0 }, .at32 = 4, .at64 = 4 },
	{ "ELF byte order is neither little nor big", { "", "order", 0, 0 }, .at32 = 5, .at64 = 5 },
	{ "ELF byte order is neither little nor big", { "", "order", 3, 0 }, .at32 = 5, .at64 = 5 },
	{ "not a relocatable ELF file", { "", "e_type", 0, 0 }, .at32 = 16, .at64 = 16 },
	{ "not a relocatable ELF file", { "", "e_type", 3, 0 }, .at32 = 16, .at64 = 16 },
	{ "not a relocatable ELF file", { "", "e_type", 0x0100, 0 }, .at32 = 16, .at64 = 16 },
	{ "no section table", { "", "e_shoff", 0, 0 }, .at32 = 32, .at64 = 40 },
	{ "wrong size of section headers", { "", "e_shentsize", 0, 0 }, .at32 = 46, .at64 = 58 },
	{ "wrong size of section headers", { "", "e_shentsize", 65, 0 }, .at32 = 46, .at64 = 58 },
	{ "section table: " BEYOND, { "", "e_shoff", FAR, 0 }, .at32 = FAR, .at64 = FAR },
	{ "section table: " BEYOND, { "", "e_shoff", FAR, 0 }, { "", "e_shnum", 0, 0 }, FAR, FAR,
	  ANY },
	{ "section table: " BEYOND, { "", "e_shoff", UINT64_MAX, 0 }, .at64 = UINT64_MAX,
	  .only = WIDE },
	{ "too many sections", { "", "e_shnum", 0, 0 }, { "NULL", "sh_size", UINT64_C(1) << 32, 0 },
	  .only = WIDE },
	{ "too many sections", { "", "e_shnum", 0, 0 }, { "NULL", "sh_size", UINT64_MAX, 0 },
	  .only = WIDE },
	{ "no section holds the section names", { "", "e_shnum", 0, 0 }, .only = ANY },
	{ "no section holds the section names", { "", "e_shstrndx", 0xfffe, 0 }, .only = ANY },
	{ "no section holds the section names", { "", "e_shstrndx", 0xffff, 0 },
	  { "NULL", "sh_link", UINT32_MAX, 0 }, .only = ANY },
	{ "section names: " BEYOND, { ".shstrtab", "sh_offset", FAR, 0 }, .at32 = FAR,
	  .at64 = FAR },
	{ "section names without an end", { ".shstrtab", "last", 'x', 0 }, .only = ANY },
	{ "section name beyond the section names", { ".modinfo", "sh_name", FAR, 0 },
	  .at32 = FAR, .at64 = FAR },
	{ "section name beyond the section names", { ".shstrtab", "sh_type", NOBITS, 0 },
	  .at32 = 1, .at64 = 1 },
	{ "section name beyond the section names", { "", "e_shstrndx", 0, 0 }, .at32 = 1,
	  .at64 = 1 },
	{ ".modalias: " BEYOND, { ".modalias", "sh_offset", FAR, 0 }, .at32 = FAR, .at64 = FAR },
	{ ".modinfo: " BEYOND, { ".modinfo", "sh_offset", FAR, 0 }, .at32 = FAR, .at64 = FAR },
	/* The local symbol is not asked for. */
	{ ".symtab: " BEYOND, { ".symtab", "sh_offset", FAR, 0 }, .only = NO_EXPORTS,
	  .at32 = FAR + UINT64_C(16), .at64 = FAR + UINT64_C(24) },
	{ ".strtab: " BEYOND, { ".strtab", "sh_offset", FAR, 0 }, .at32 = FAR, .at64 = FAR },
	{ ".symtab_shndx: " BEYOND, { ".symtab_shndx", "sh_offset", FAR, 0 }, .at32 = FAR,
	  .at64 = FAR },
	{ "__versions: " BEYOND, { "__versions", "sh_offset", FAR, 0 }, .at32 = FAR, .at64 = FAR },
	{ "__version_ext_crcs: " BEYOND, { "__version_ext_crcs", "sh_offset", FAR, 0 },
	  .at32 = FAR, .at64 = FAR },
	{ "__version_ext_names: " BEYOND, { "__version_ext_names", "sh_offset", FAR, 0 },
	  .at32 = FAR, .at64 = FAR },
	{ "__ksymtab_strings: " BEYOND, { "__ksymtab_strings", "sh_offset", FAR, 0 },
	  .at32 = FAR, .at64 = FAR, .only = NO_EXPORTS },
	{ "no symbol table", { ".symtab", "sh_name", 0, 0 }, .only = ANY },
	{ "no symbol table", { ".strtab", "sh_name", 0, 0 }, .only = ANY },
	{ ".strtab without an end", { ".strtab", "last", 'x', 0 }, .only = ANY },
	{ ".symtab does not hold whole symbols", { ".symtab", "sh_size", 25, 0 }, .only = ANY },
	{ ".symtab does not hold whole symbols", { ".symtab", "sh_size", 1, 0 }, .only = ANY },
	{ "symbol name beyond .strtab", { ".symtab", "st_name", FAR, 1 }, .at32 = 16, .at64 = 24 },
	{ "symbol name beyond .strtab", { ".symtab", "st_name", sizeof(names), 7 },
	  .at32 = 7 * 16, .at64 = 7 * 24 },
	{ "symbol name beyond .strtab", { ".strtab", "sh_type", NOBITS, 0 }, .at32 = 16,
	  .at64 = 24 },
	{ ".symtab_shndx is too short", { ".symtab_shndx", "sh_size", 27, 0 }, .at32 = 24,
	  .at64 = 24 },
	{ ".symtab_shndx is too short", { ".symtab_shndx", "sh_name", 0, 0 }, .at32 = 24,
	  .at64 = 24 },
	{ "CRC in a section that does not exist", { ".symtab", "st_shndx", 0xfff2, 5 },
	  .only = ANY },
	{ "CRC in a section that does not exist", { ".symtab", "st_shndx", 12, 5 }, .only = ANY },
	{ "CRC outside its section", { ".symtab", "st_value", 5, 5 }, .at32 = 5, .at64 = 5 },
	{ "CRC outside its section", { ".symtab", "st_value", UINT32_MAX, 5 },
	  .at32 = UINT32_MAX, .at64 = UINT32_MAX },
	{ "CRC outside its section", { "__kcrctab", "sh_type", NOBITS, 0 }, .at32 = 4, .at64 = 4 },
	{ "CRC outside its section", { "__kcrctab", "sh_offset", UINT64_MAX, 0 }, .at64 = 4,
	  .only = WIDE },
	{ "CRC: " BEYOND, { "__kcrctab", "sh_offset", FAR, 0 }, .at32 = FAR + 4, .at64 = FAR + 4 },
	{ "__ksymtab_strings without an end", { "__ksymtab_strings", "last", 'x', 0 },
	  .only = NO_EXPORTS },
	{ "__versions does not hold whole records", { "__versions", "sh_size", 65, 0 },
	  .only = ANY },
	{ "__versions has a name without an end", { "__versions", "first", 'x', 0 }, .only = ANY },
	{ "__version_ext_names without an end", { "__version_ext_names", "last", 'x', 0 },
	  .only = ANY },
	{ "__version_ext_crcs and __version_ext_names differ in number",
	  { "__version_ext_crcs", "sh_size", 4, 0 }, .only = ANY },
	{ "__version_ext_crcs and __version_ext_names differ in number",
	  { "__version_ext_crcs", "sh_size", 7, 0 }, .only = ANY },
	{ "__version_ext_crcs and __version_ext_names differ in number",
	  { "__version_ext_names", "sh_size", 7, 0 }, .only = ANY },
	{ "__version_ext_crcs and __version_ext_names differ in number",
	  { "__version_ext_names", "sh_size", 0, 0 }, .only = ANY },
	{ "__version_ext_crcs and __version_ext_names differ in number",
	  { "__version_ext_crcs", "sh_name", 0, 0 }, .only = ANY },
};

static void apply_to_section(struct image *m, const struct change *c, const struct part *part)
{
	if (strncmp(c->field, "sh_", 3) == 0)
		set(m, header_of(m, (uint32_t)(part - m->parts)), c->field, c->value);
	else if (strncmp(c->field, "st_", 3) == 0)
		set_in_symbol(m, c->number, c->field, c->value);
	else if (strcmp(c->field, "first") == 0)
		memset(m->bytes + part->at + 8, (int)c->value, 56);
	else
		m->bytes[part->at + part->size - 1] = (uint8_t)c->value;
}

static void apply(struct image *m, const struct change *c)
{
	if (!c->where)
		return;
	if (!*c->where)
		set(m, 0, c->field, c->value);
	else if (strcmp(c->where, "file") == 0)
		m->size = (size_t)c->value;
	else
		apply_to_section(m, c, find(m, strcmp(c->where, "NULL") == 0 ? "" : c->where));
}

static void check_defect(const struct defect *d, unsigned form)
{
	struct image *m = sample(form, d->only != NO_EXPORTS);
	uint64_t at = m->wide ? d->at64 : d->at32;
	char expected[200];

	snprintf(expected, sizeof(expected), "%s", d->reason);
	if (strcmp(d->reason, "too many sections") == 0)
		at = m->table;
	if (at || strstr(d->reason, BEYOND))
		snprintf(expected + strlen(expected), 30, " at %llu", (unsigned long long)at);
	apply(m, &d->change);
	apply(m, &d->also);
	assert_string_equal(outcome(m, &with_crcs), expected);
}

static void every_defect_is_refused_for_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(defects); i++)
		for (unsigned form = 0; form < FORMS; form++)
			if (defects[i].only != WIDE || form & 1)
				check_defect(&defects[i], form);
}

static bool has_line(const char *string)
{
	for (size_t i = 0; i < COUNT_OF(defects); i++) {
		const char *reason = defects[i].reason, *colon = strstr(reason, ": ");
		size_t length = colon ? (size_t)(colon - reason) : strlen(reason);

		if (strlen(string) == length && memcmp(string, reason, length) == 0)
			return true;
	}
	return false;
}

/* Comments, #include lines and what is shorter than two bytes are passed over. */
static const char *next_literal(const char *source, char *string, size_t room)
{
	for (; *source; source++) {
		if (strncmp(source, "/*", 2) == 0)
			source = strstr(source, "*/") + 1;
		else if (*source == '#')
			source = strchr(source, '\n');
		else if (*source == '"') {
			size_t length = strcspn(++source, "\"");

			assert_true(length < room);
			memcpy(string, source, length);
			string[length] = '\0';
			source += length;
			if (length > 1)
				return source + 1;
		}
	}
	return NULL;
}

/* Whatever elf.c has as a string is a reason or what a reason is about, save what it looks for. */
static void no_reason_in_the_source_lacks_a_line(void **state)
{
	static char source[100000];
	FILE *file = fopen("elf.c", "r");
	const char *rest = source;
	char string[200];
	unsigned count = 0;

	(void)state;
	if (!file)
		fail_msg("elf.c is not here: run this from the directory of the sources");
	source[fread(source, 1, sizeof(source) - 1, file)] = '\0';
	fclose(file);
	while ((rest = next_literal(rest, string, sizeof(string))))
		if (strcmp(string, "\\177ELF") != 0 && strcmp(string, "vermagic=") != 0 &&
		    strcmp(string, "no ELF header") != 0) {
			if (!has_line(string))
				fail_msg("no line for: %s", string);
			count++;
		}
	assert_true(count > 25);
}

static const char *reason_of_string(const char *bytes)
{
	return reason_of((const uint8_t *)bytes, strlen(bytes), &with_crcs);
}

static void four_bytes_tell_an_elf_file(void **state)
{
	(void)state;
	assert_non_null(strstr(reason_of_string("\177ELF"), BEYOND));
	assert_non_null(strstr(reason_of_string("\177ELFx"), BEYOND));
	assert_string_equal(reason_of_string("\177EL"), OTHERWISE);
	assert_string_equal(reason_of_string("\177ELf"), OTHERWISE);
	assert_string_equal(reason_of_string(""), OTHERWISE);
}

static struct elf_form told;

static void ask_for_form(void *start)
{
	told = elf_form(*(struct span *)start);
}

static void a_form_is_told_by_a_whole_header_only(void **state)
{
	uint8_t header[64] = "\177ELF\2\2\1";
	struct span start = span_of(header, sizeof(header));
	struct fault fault;

	(void)state;
	header[18] = 0x12;
	header[19] = 0x34;
	assert_true(attempt(ask_for_form, &start, &fault));
	assert_true(told.wide && told.big && told.machine == 0x1234);
	start.end = header + 19;
	assert_false(attempt(ask_for_form, &start, &fault));
	assert_string_equal(fault.why, "no ELF header");
}

/* ---- damage ------------------------------------------------------------------------------- */

static uint32_t sum;

static void touch(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += (uint8_t)name[i];
}

static void touch_modinfo(void *context, struct span strings)
{
	(void)context;
	touch((const char *)strings.p, span_size(strings));
}

static void touch_crc(void *context, const char *name, size_t length, uint32_t crc)
{
	(void)context;
	touch(name, length + 1);
	sum += crc;
}

static void touch_need(void *context, const char *name, size_t length, bool weak)
{
	(void)context;
	touch(name, length + 1);
	sum += weak;
}

static const struct elf_sink touching = {
	.wants_crcs = true, .modinfo = touch_modinfo, .aliases = touch_modinfo, .export = touch_crc, .need = touch_need,
	.version = touch_crc,
};

static void a_module_cut_at_any_byte_is_refused(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = sample(form, true);

		for (size_t size = 0; size < m->size; size++)
			assert_non_null(strstr(reason_of(m->bytes, size, &touching), size < 4 ? OTHERWISE : BEYOND));
		assert_string_equal(reason_of(m->bytes, m->size, &touching), "");
	}
}

static void change_byte(struct image *m, size_t at, size_t *accepted, size_t *refused)
{
	uint8_t good = m->bytes[at];

	for (unsigned value = 0; value < 256; value++) {
		m->bytes[at] = (uint8_t)value;
		++*(*reason_of(m->bytes, m->size, &touching) ? refused : accepted);
	}
	m->bytes[at] = good;
}

static void any_change_of_one_byte_is_survived(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = sample(form, true);
		size_t accepted = 0, refused = 0;

		for (size_t at = 0; at < m->size; at++)
			change_byte(m, at, &accepted, &refused);
		assert_true(accepted > 1000);
		assert_true(refused > 1000);
	}
}

static void any_change_of_one_byte_is_survived_without_crc_symbols(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		struct image *m = sample(form, false);
		const struct part *part = find(m, "__ksymtab_strings");
		size_t accepted = 0, refused = 0;

		for (size_t at = part->at; at < part->at + part->size; at++)
			change_byte(m, at, &accepted, &refused);
		for (size_t at = m->table; at < m->size; at++)
			change_byte(m, at, &accepted, &refused);
		assert_true(refused > 1000);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_is_told_in_order_in_all_four_forms),
		cmocka_unit_test(each_part_of_a_sink_may_be_missing),
		cmocka_unit_test(without_crc_symbols_the_old_list_of_exports_counts),
		cmocka_unit_test(crcs_that_nobody_wants_are_not_looked_up),
		cmocka_unit_test(a_wide_value_gives_its_lower_32_bits_as_crc),
		cmocka_unit_test(what_stands_behind_the_section_table_is_not_looked_at),
		cmocka_unit_test(registers_are_no_needs_on_sparc_only),
		cmocka_unit_test(only_undefined_symbols_with_a_name_are_needs),
		cmocka_unit_test(symbol_zero_is_passed_over),
		cmocka_unit_test(more_than_65280_sections_are_counted_in_section_zero),
		cmocka_unit_test(section_zero_may_give_count_or_names_alone),
		cmocka_unit_test(the_last_string_of_modinfo_may_lack_its_end),
		cmocka_unit_test(aliases_may_stand_in_a_section_of_their_own),
		cmocka_unit_test(sections_may_be_empty_missing_or_without_bits),
		cmocka_unit_test(a_symbol_table_may_hold_no_symbols),
		cmocka_unit_test(unknown_sections_are_passed_over),
		cmocka_unit_test(of_sections_with_one_name_the_first_counts),
		cmocka_unit_test(a_section_may_be_its_neighbour_too),
		cmocka_unit_test(zeros_and_waste_around_names_are_tolerated),
		cmocka_unit_test(names_may_fill_all_of_a_version_record_but_one_byte),
		cmocka_unit_test(every_defect_is_refused_for_its_reason),
		cmocka_unit_test(no_reason_in_the_source_lacks_a_line),
		cmocka_unit_test(four_bytes_tell_an_elf_file),
		cmocka_unit_test(a_form_is_told_by_a_whole_header_only),
		cmocka_unit_test(a_module_cut_at_any_byte_is_refused),
		cmocka_unit_test(any_change_of_one_byte_is_survived),
		cmocka_unit_test(any_change_of_one_byte_is_survived_without_crc_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
