/* tables.c: device tables, by which a module says what devices it is for: arrays of structures as the C compiler laid
 * them out (<linux/mod_devicetable.h>), of which the last one is all zeros. Each table has a symbol:
 *
 *     2.6    __mod_TYPE_device_table       is the table
 *     2.4    __module_TYPE_device_table    is a pointer to it: a relocation tells where to
 *            __module_TYPE_device_size     is a long: the size of an entry
 *
 * Later kernels have other layouts and other symbols, but there the aliases of modules say the same. */
#include "old.h"

/* Bytes of an EISA id; entries of a table of patterns; bytes of an entry; all match flags that input devices have. */
enum { EISA_ID = 8, PATTERNS_MAX = 256, ENTRY_MAX = 4096, MATCH_FLAGS = 0x1fff };

/* `layout` has a letter for each field:
 *     1 2 4 l    integer of so many bytes; long          i      EISA id, two numbers
 *     b a f k    bits: a long, 64, 128, 512              s c    string of 32, of 128 bytes
 *     p          pointer to a string
 *
 * `end` tells which numbers (a: the first) are all 0 in the entry that ends the table, and only there. For a string or
 * pointer, the number is whether it is there and not empty. */
struct kind {
	char type[16], layout[20], end[6];
};

static const struct kind kinds[DEVICE_TYPES] = {
	[CCW] = { "ccw_device", "22211l", "bcde" },
	[PNP] = { "pnp_device", "il", "a" },
	[PNP_CARD] = { "pnp_card_device", "iliiiiiiii", "a" },
	[INPUT] = { "input_device", "l2222bkbabbbfbl", "af" },
	[SERIO] = { "serio_device", "1111", "ad" },
	[OF] = { "of_device", "sscl", "abc" },
	[PCI] = { "pci_device", "444444l", "a" },
	[USB] = { "usb_device", "22222111111l", "lbfi" }, /* the first l: only in 2.4 */
	[IEEE1394] = { "ieee1394_device", "44444l", "a" },
	[ISAPNP] = { "isapnp_device", "2222l", "a" },
	[ISAPNP_CARD] = { "isapnp_card", "l222222222222222222", "b" },
	[PARPORT] = { "parport_device", "p", "a" },
	[PNPBIOS] = { "pnpbios_device", "il", "a" },
};

/* Before Linux 2.6.14, input devices had no switches. */
static const struct kind old_input = { "input_device", "l2222bkbabbbfl", "af" };

/* The tables of one module being read. */
struct reading {
	struct object object;
	bool old; /* a module of the 2.4 series */
	device_found *tell;
	void *context;
};

/* A place in a section. */
struct place {
	struct span bytes; /* from there to the end of the section, or of the table */
	uint32_t section;  /* number of the section */
	uint64_t offset;   /* in the section */
};

static struct place place_of(const struct reading *r, uint32_t section, uint64_t offset)
{
	struct section holder = elf_section(r->object.elf, section, "device table in a section that does not exist");
	struct span bytes = elf_bytes(r->object.elf, holder, "device table");

	if (section && !holder.size)
		offset = 0; /* .bss, which has no bytes in the file */
	if (!section || offset > span_size(bytes))
		bad_at("device table outside its section", offset);
	bytes.p += offset;
	return (struct place){ bytes, section, offset };
}

/* ---- pointers ---- */

/* The search for the relocation at an offset. */
struct search {
	uint64_t offset;
	bool found;
	struct relocation relocation;
};

static void compare_offset(void *context, const struct relocation *relocation)
{
	struct search *search = context;

	if (search->found || relocation->offset != search->offset)
		return;
	search->found = true;
	search->relocation = *relocation;
}

static uint64_t word_at(const struct reading *r, const struct place *place)
{
	const struct elf *elf = r->object.elf;

	return elf_integer(elf, cut(place->bytes, 0, elf->layout->word, "device table ends too early").p,
			   elf->layout->word);
}

/* Finds the place that the pointer at `place` leads to; false when it leads nowhere. */
static bool follow(const struct reading *r, const struct place *place, struct place *to)
{
	struct search search = { .offset = place->offset };
	struct symbol symbol;

	each_relocation(r->object.elf, place->section, compare_offset, &search);
	if (!search.found)
		return false;
	symbol = object_symbol(&r->object, search.relocation.symbol);
	*to = place_of(r, symbol.section,
		       symbol.value + (search.relocation.in_place ? word_at(r, place) : search.relocation.addend));
	return true;
}

/* ---- entries ---- */

static unsigned size_of(char field, unsigned word)
{
	static const char fields[] = "124ilbafkscp";
	static const uint8_t sizes[] = { 1, 2, 4, EISA_ID, 0, 0, 8, 16, 64, 32, 128, 0 };
	unsigned size = sizes[strchr(fields, field) - fields];

	return size ? size : word;
}

static size_t align(size_t offset, char field, unsigned word)
{
	size_t size = strchr("isc", field) ? 1 : strchr("124", field) ? size_of(field, word) : word;

	return (offset + size - 1) & ~(size - 1);
}

/* The size of an entry as a compiler lays it out: a structure with a long in it is as aligned as the long. */
static size_t entry_size(const struct kind *kind, unsigned word)
{
	size_t size = 0;

	for (const char *p = kind->layout; *p; p++)
		size = align(size, *p, word) + size_of(*p, word);
	return strchr(kind->layout, 'l') ? align(size, 'l', word) : size;
}

/* Three letters take 5 bits each, from 0 for `@` and 1 for A on; four digits take 4 bits each. Both numbers are
 * big-endian in an EISA id (Plug and Play ISA Specification 1.0a, 6.1), but little-endian in map files. */
bool eisa_id(struct span id, uint64_t *vendor, uint64_t *device)
{
	unsigned letters = 0, digits = 0;

	*vendor = *device = 0;
	if (!span_size(id) || !*id.p)
		return true;
	if (span_size(id) < 7)
		return false;
	*vendor = *device = 0xffff;
	if (memcmp(id.p, "ANYDEVS", 7) == 0)
		return true;
	for (int i = 0; i < 3; i++) {
		if (id.p[i] < '@' || id.p[i] > 'Z')
			return false;
		letters = letters << 5 | (id.p[i] - (unsigned)'@');
	}
	for (int i = 3; i < 7; i++) {
		if (hex_digit(id.p[i]) > 15)
			return false;
		digits = digits << 4 | hex_digit(id.p[i]);
	}
	*vendor = (letters & 255) << 8 | letters >> 8;
	*device = (digits & 255) << 8 | digits >> 8;
	return true;
}

/* An entry being read. */
struct entry {
	const struct reading *r;
	const struct place *place;
	struct device *device;
	const uint8_t *p;          /* the field being read */
	uint32_t numbers, strings; /* how many device->numbers and device->strings are filled */
};

static void read_string(struct entry *e, size_t size)
{
	struct span string = span_of(e->p, length_within((const char *)e->p, e->p + size));

	if (e->strings < COUNT_OF(e->device->strings))
		e->device->strings[e->strings++] = string;
	e->device->numbers[e->numbers++] = span_size(string) != 0;
}

/* A string that is no EISA id gets the vendor NONE. */
static void read_id(struct entry *e)
{
	uint64_t *numbers = &e->device->numbers[e->numbers];

	read_string(e, EISA_ID);
	if (!eisa_id(span_of(e->p, EISA_ID), &numbers[0], &numbers[1]))
		numbers[0] = NONE;
	e->numbers++;
}

/* A pointer to a string; a null pointer leaves the number 0. */
static void read_pattern(struct entry *e)
{
	struct place string;

	if (!follow(e->r, e->place, &string))
		return;
	e->device->strings[0] = span_of(string_at(string.bytes, 0, "pattern without an end"),
					length_within((const char *)string.bytes.p, string.bytes.end));
	e->device->numbers[0] = 1;
}

/* An array of bits: longs in the file become words of 64 bits; in both, the lowest word comes first. */
static void read_bits(struct entry *e, size_t size)
{
	const struct elf *elf = e->r->object.elf;
	uint8_t word = elf->layout->word;
	uint64_t *bits = e->device->bits[e->device->arrays++];

	for (size_t i = 0; i < size; i += word)
		bits[i / 8] |= elf_integer(elf, e->p + i, word) << i % 8 * 8;
}

static void read_field(struct entry *e, char field, unsigned size)
{
	if (strchr("124l", field))
		e->device->numbers[e->numbers++] = elf_integer(e->r->object.elf, e->p, size);
	else if (strchr("sc", field))
		read_string(e, size);
	else if (field == 'i')
		read_id(e);
	else if (field == 'p')
		read_pattern(e);
	else
		read_bits(e, size);
}

/* Reads the entry at `place`. False when it is the one that ends the table. */
static bool read_entry(const struct reading *r, const struct kind *kind, const struct place *place,
		       struct device *device)
{
	struct entry e = { .r = r, .place = place, .device = device };
	size_t at = 0;

	for (const char *p = kind->layout; *p; p++) {
		at = align(at, *p, device->word);
		e.p = place->bytes.p + at;
		read_field(&e, *p, size_of(*p, device->word));
		at += size_of(*p, device->word);
	}
	for (const char *p = kind->end + (device->type == USB && !device->old); *p; p++)
		if (device->numbers[*p - 'a'])
			return true;
	return false;
}

/* Tells all entries of the table at `place`, which follow each other at a distance of `stride` bytes. */
static void read_table(const struct reading *r, enum device_type type, const struct kind *kind, struct place place,
		       uint64_t stride)
{
	unsigned word = r->object.elf->layout->word;
	size_t size = entry_size(kind, word);
	uint32_t count = 0;

	if (stride < size || stride > ENTRY_MAX)
		bad_at("device table with entries of an impossible size", stride);
	if (place.bytes.p == place.bytes.end)
		return; /* in .bss: all zeros */
	for (;;) {
		struct device device = { .type = type, .word = word, .old = r->old };

		if (span_size(place.bytes) < size)
			bad_at("device table without an end", place.offset);
		if (!read_entry(r, kind, &place, &device))
			return;
		if (type == PARPORT && ++count > PATTERNS_MAX)
			bad("too many patterns");
		r->tell(r->context, &device);
		if (span_size(place.bytes) < stride)
			bad_at("device table without an end", place.offset);
		place.bytes.p += stride;
		place.offset += stride;
	}
}

/* ---- tables ---- */

/* The symbols that belong to a table; where there is none, its section is 0. */
struct found {
	struct symbol table, size;
};

/* Whether the name is PREFIX TYPE SUFFIX. */
static bool is_name(const char *name, const char *prefix, const char *type, const char *suffix)
{
	size_t before = strlen(prefix), length = strlen(type);

	return strncmp(name, prefix, before) == 0 && strncmp(name + before, type, length) == 0 &&
	       strcmp(name + before + length, suffix) == 0;
}

static void note_symbol(struct found *found, const struct symbol *symbol, const char *prefix)
{
	for (int type = 0; type < DEVICE_TYPES; type++) {
		if (!found[type].table.section && is_name(symbol->name, prefix, kinds[type].type, "_table"))
			found[type].table = *symbol;
		if (!found[type].size.section && is_name(symbol->name, prefix, kinds[type].type, "_size"))
			found[type].size = *symbol;
	}
}

/* Tells which layout a table of input devices has. Where its size fits whole entries of the earlier layout, the table
 * has the later one only if its size fits that, too, and each entry would begin with match flags. */
static const struct kind *kind_of_table(const struct reading *r, enum device_type type, uint64_t table_size,
					struct place place)
{
	unsigned word = r->object.elf->layout->word;
	size_t size = entry_size(&kinds[type], word);

	if (type != INPUT || !table_size || table_size % entry_size(&old_input, word))
		return &kinds[type];
	for (; span_size(place.bytes) >= size; place.bytes.p += size)
		if (word_at(r, &place) > MATCH_FLAGS)
			return &old_input;
	return place.bytes.p == place.bytes.end ? &kinds[type] : &old_input;
}

/* Moves *place from a 2.4 module's pointer to the table itself. Returns the size of an entry in bytes. */
static uint64_t follow_pointer(const struct reading *r, const struct found *found, struct place *place)
{
	struct place size;

	if (!found->size.section)
		bad("device table whose entries have no size");
	if (!follow(r, place, place))
		bad_at("pointer to a device table leads nowhere", place->offset);
	size = place_of(r, found->size.section, found->size.value);
	return word_at(r, &size);
}

static void read_found(const struct reading *r, enum device_type type, const struct found *found)
{
	struct place place = place_of(r, found->table.section, found->table.value);
	const struct kind *kind = &kinds[type];
	uint64_t size = found->table.size;

	if (r->old) {
		size = follow_pointer(r, found, &place);
	} else {
		if (size && size < span_size(place.bytes))
			place.bytes.end = place.bytes.p + size;
		kind = kind_of_table(r, type, size, place);
		size = entry_size(kind, r->object.elf->layout->word);
	}
	read_table(r, type, kind, place, size);
}

void tables_read(const struct elf *elf, uint32_t types, bool old, device_found *tell, void *context)
{
	struct reading r = { .old = old, .tell = tell, .context = context };
	struct found found[DEVICE_TYPES] = { 0 };

	object_open(&r.object, elf);
	for (uint32_t i = 1; i < r.object.symbol_count; i++) {
		struct symbol symbol = object_symbol(&r.object, i);

		if (symbol.section && symbol.section != NONE && strncmp(symbol.name, "__mod", 5) == 0)
			note_symbol(found, &symbol, old ? "__module_" : "__mod_");
	}
	for (enum device_type type = 0; type < DEVICE_TYPES; type++)
		if (types & 1U << type && found[type].table.section)
			read_found(&r, type, &found[type]);
}
