/* make-tree: writes a made-up tree of many kernel modules in one process, to see how depmod's time grows.
 *
 *     make-tree DIRECTORY MODULES
 *
 * DIRECTORY becomes what lib/modules/VERSION is. A module has about what the modules of a distribution's kernel have:
 * 20 to 80 needs (median 50) with their CRCs, 3 to 4 exports, 6 aliases; 8 to 12 KB. Each directory of 100 modules is
 * a subsystem, whatever the size of the tree: its first ten modules, the cores, are needed by the others, and those of
 * the very first directory, the hubs, by modules everywhere. So a tree ten times as large holds ten times as much, and
 * what one module needs does not grow. The same MODULES always give the same bytes.
 * tests/mkmodule.c makes single modules of every kind; this one only ELF64, little endian, and fast.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	GROUP = 100,             /* modules in a directory */
	CORES = 10,              /* of them, those that the others need */
	CORE_EXPORTS = 20, LEAF_EXPORTS = 2,
	ALIASES = 6,
	KERNEL_SYMBOLS = 8000,   /* what the kernel itself exports */
	NEEDS_MIN = 20, NEEDS_RANGE = 61,
	TEXT_SIZE = 900,
};

enum { SHT_PROGBITS = 1, SHT_SYMTAB = 2, SHT_STRTAB = 3 };
enum { SHN_ABS = 0xfff1, GLOBAL = 1 << 4, VERSION_NAME = 56, HEADER = 64 };
enum kind { NONE, TEXT, MODINFO, VERSIONS, EXPORTS, SYMTAB, STRTAB, NAMES, SECTIONS };

struct bytes {
	uint8_t p[32768];
	size_t size;
};

static struct bytes sections[SECTIONS];

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "make-tree: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- bytes and names ---- */

static void append(struct bytes *b, const void *data, size_t size)
{
	if (size > sizeof(b->p) - b->size) {
		errno = EFBIG;
		fail("section");
	}
	memcpy(b->p + b->size, data, size);
	b->size += size;
}

static void append_number(struct bytes *b, uint64_t value, int size)
{
	for (; size; size--, value >>= 8)
		append(b, &(uint8_t){ (uint8_t)value }, 1);
}

/* Appends the formatted text and its NUL; returns where it begins. */
static uint32_t append_text(struct bytes *b, const char *format, ...)
{
	char text[256];
	size_t start = b->size;
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	append(b, text, strlen(text) + 1);
	return (uint32_t)start;
}

/* A number that looks like chance and is always the same (the finaliser of MurmurHash3). */
static uint32_t chance(uint32_t a, uint32_t b)
{
	uint32_t h = a * 0x9e3779b1u + b;

	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

static const char *word(uint32_t number)
{
	static const char *const words[] = {
		"usb", "snd_soc", "net", "drm", "crypto", "iio", "media", "nf", "hid", "i2c", "spi", "scsi", "mtd", "phy",
		"wlan", "gpio",
	};

	return words[number % (sizeof(words) / sizeof(words[0]))];
}

static const char *verb(uint32_t number)
{
	static const char *const verbs[] = {
		"register", "unregister", "alloc", "free", "get", "put", "read", "write", "enable", "disable", "set_state",
		"lookup", "init",
	};

	return verbs[number % (sizeof(verbs) / sizeof(verbs[0]))];
}

struct name {
	char text[VERSION_NAME];
};

static struct name export_name(uint32_t module, uint32_t number)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%s_%u_%s_%u", word(module / GROUP), module, verb(number), number);
	return name;
}

/* Some names are wanted by nearly all modules, most by few: the square of a chance. */
static struct name kernel_name(uint32_t random)
{
	double x = random / 4294967296.0;
	uint32_t number = (uint32_t)(x * x * KERNEL_SYMBOLS);
	struct name name;

	snprintf(name.text, sizeof(name.text), "%s_%s_%u", verb(number), word(number / 16), number);
	return name;
}

/* ---- a module ---- */

static uint32_t place(uint32_t module)
{
	return module % GROUP;
}

static uint32_t export_count(uint32_t module)
{
	return place(module) < CORES ? CORE_EXPORTS : LEAF_EXPORTS;
}

/* A core needs what stands before it, so that there are no cycles. */
static struct name core_export(uint32_t module, uint32_t random)
{
	uint32_t first = module - place(module);
	uint32_t cores = place(module) < CORES ? place(module) : CORES;

	if (!cores)
		return kernel_name(random);
	/* Three cores a module, not all ten: which ones depends on the module. */
	return export_name(first + chance(module, random % 3) % cores, random / 3 % CORE_EXPORTS);
}

static struct name hub_export(uint32_t module, uint32_t random)
{
	if (module < GROUP)
		return core_export(module, random);
	return export_name(chance(module, random % 2) % CORES, random / 2 % CORE_EXPORTS);
}

/* Of twelve needs two are of the subsystem's cores, one is of a hub, the others are of the kernel. */
static struct name need_name(uint32_t module, uint32_t number)
{
	uint32_t random = chance(module, 1000 + number);

	if (number % 12 < 2)
		return core_export(module, random);
	if (number % 12 == 2)
		return hub_export(module, random);
	return kernel_name(random);
}

static uint32_t crc_of(const char *name)
{
	uint32_t crc = 0;

	while (*name)
		crc = chance(crc, (uint8_t)*name++);
	return crc;
}

static void add_symbol(uint32_t name, uint16_t section, uint64_t value)
{
	struct bytes *b = &sections[SYMTAB];

	append_number(b, name, 4);
	append_number(b, name ? GLOBAL : 0, 2); /* st_info and st_other */
	append_number(b, section, 2);
	append_number(b, value, 8);
	append_number(b, 0, 8);
}

static void add_need(const struct name *name)
{
	struct name padded = { "" };

	strcpy(padded.text, name->text);
	append_number(&sections[VERSIONS], crc_of(name->text), 8);
	append(&sections[VERSIONS], padded.text, sizeof(padded.text));
	add_symbol(append_text(&sections[STRTAB], "%s", name->text), 0, 0);
}

static void add_needs(uint32_t module)
{
	struct name names[NEEDS_MIN + NEEDS_RANGE];
	uint32_t count = NEEDS_MIN + chance(module, 1) % NEEDS_RANGE, kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = 0;

		names[kept] = need_name(module, i);
		while (strcmp(names[j].text, names[kept].text) != 0)
			j++;
		if (j == kept) /* a symbol table holds a name once */
			add_need(&names[kept++]);
	}
}

static void add_exports(uint32_t module)
{
	for (uint32_t i = 0; i < export_count(module); i++) {
		struct name name = export_name(module, i);

		append_text(&sections[EXPORTS], "%s", name.text);
		add_symbol(append_text(&sections[STRTAB], "__crc_%s", name.text), SHN_ABS, crc_of(name.text));
	}
}

static void add_modinfo(uint32_t module)
{
	struct bytes *b = &sections[MODINFO];

	append_text(b, "license=GPL");
	append_text(b, "description=Driver for the device family number %u of a made-up bus", module);
	for (uint32_t i = 0; i < ALIASES; i++) {
		uint32_t random = chance(module, 2000 + i);

		append_text(b, "alias=pci:v%08Xd%08Xsv*sd*bc*sc*i*", chance(module / 10, 2) & 0xffff, random & 0xffff);
	}
	append_text(b, "name=%s_%u", word(module / GROUP), module);
	append_text(b, "vermagic=6.1.0 SMP preempt mod_unload modversions ");
}

static void build(uint32_t module)
{
	static const uint8_t text[TEXT_SIZE];

	for (int i = 0; i < SECTIONS; i++)
		sections[i].size = 0;
	/* Some bytes that nobody reads, more in one module than in the next. */
	for (uint32_t i = 0; i <= chance(module, 3) % 3; i++)
		append(&sections[TEXT], text, sizeof(text));
	append_number(&sections[STRTAB], 0, 1);
	append_number(&sections[NAMES], 0, 1);
	add_modinfo(module);
	add_symbol(0, 0, 0);
	add_needs(module);
	add_exports(module);
}

/* ---- its file ---- */

static void append_header(struct bytes *b, uint64_t table)
{
	static const uint8_t identity[16] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	append(b, identity, sizeof(identity));
	append_number(b, 1, 2);              /* e_type: relocatable */
	append_number(b, 62, 2);             /* e_machine: x86-64 */
	append_number(b, 1, 4);              /* e_version */
	append_number(b, 0, 16);             /* e_entry, e_phoff */
	append_number(b, table, 8);          /* e_shoff */
	append_number(b, 0, 4);              /* e_flags */
	append_number(b, HEADER, 2);         /* e_ehsize */
	append_number(b, 0, 4);              /* e_phentsize, e_phnum */
	append_number(b, HEADER, 2);         /* e_shentsize: as large as the ELF header */
	append_number(b, SECTIONS, 2);       /* e_shnum */
	append_number(b, NAMES, 2);          /* e_shstrndx */
}

static void append_section(struct bytes *b, enum kind kind, uint32_t name, uint64_t offset)
{
	append_number(b, name, 4);
	append_number(b, kind == NONE ? 0 : kind == SYMTAB ? SHT_SYMTAB : kind >= STRTAB ? SHT_STRTAB : SHT_PROGBITS, 4);
	append_number(b, kind >= TEXT && kind <= EXPORTS ? 2 : 0, 8); /* allocated */
	append_number(b, 0, 8);
	append_number(b, offset, 8);
	append_number(b, sections[kind].size, 8);
	append_number(b, kind == SYMTAB ? STRTAB : 0, 4);
	append_number(b, kind == SYMTAB, 4);
	append_number(b, kind == NONE ? 0 : 8, 8);
	append_number(b, kind == SYMTAB ? 24 : 0, 8);
}

static void lay_out(struct bytes *file)
{
	static const char *const names[SECTIONS] = {
		"", ".text", ".modinfo", "__versions", "__ksymtab_strings", ".symtab", ".strtab", ".shstrtab",
	};
	uint32_t name[SECTIONS] = { 0 };
	uint64_t offset[SECTIONS] = { 0 }, end = HEADER;

	for (int i = 1; i < SECTIONS; i++)
		name[i] = append_text(&sections[NAMES], "%s", names[i]);
	for (int i = 1; i < SECTIONS; i++) {
		offset[i] = end;
		end = (end + sections[i].size + 7) / 8 * 8;
	}
	append_header(file, end);
	for (int i = 1; i < SECTIONS; i++) {
		append(file, sections[i].p, sections[i].size);
		append_number(file, 0, (int)(-file->size % 8));
	}
	for (int i = 0; i < SECTIONS; i++)
		append_section(file, (enum kind)i, name[i], offset[i]);
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "wb");

	if (!file)
		fail(path);
	return file;
}

static void finish(FILE *file, const char *path)
{
	if (ferror(file) || fclose(file))
		fail(path);
}

static void make_directory(const char *path)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		fail(path);
}

/* Directories of directories, as below kernel/drivers. Writes the module's path below `root`. */
static void module_path(char *path, size_t size, uint32_t module)
{
	uint32_t group = module / GROUP;
	char parent[32];

	snprintf(parent, sizeof(parent), "kernel/drivers%u", group / 32);
	make_directory(parent);
	snprintf(path, size, "%s/%s%u", parent, word(group), group);
	make_directory(path);
	snprintf(path, size, "%s/%s%u/%s_%u.ko", parent, word(group), group, word(group), module);
}

static void write_module(uint32_t module, FILE *order)
{
	static struct bytes image;
	char path[128];
	FILE *file;

	image.size = 0;
	build(module);
	lay_out(&image);
	module_path(path, sizeof(path), module);
	file = create(path);
	fwrite(image.p, 1, image.size, file);
	finish(file, path);
	fprintf(order, "%s\n", path);
}

int main(int count, char **arguments)
{
	FILE *order;
	uint32_t modules;

	if (count != 3) {
		fputs("usage: make-tree DIRECTORY MODULES\n", stderr);
		return 2;
	}
	modules = (uint32_t)strtoul(arguments[2], NULL, 10);
	make_directory(arguments[1]);
	if (chdir(arguments[1]))
		fail(arguments[1]);
	make_directory("kernel");
	finish(create("modules.builtin"), "modules.builtin");
	finish(create("modules.builtin.modinfo"), "modules.builtin.modinfo");
	order = create("modules.order");
	for (uint32_t module = 0; module < modules; module++)
		write_module(module, order);
	finish(order, "modules.order");
	return 0;
}
