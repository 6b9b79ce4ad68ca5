/* old.h: depmod.old, for older systems: kernels before 2.6, and the map files by which hotplug scripts of the 2.4 and
 * 2.6 series found modules for devices. A section is a room, which calls only rooms whose sections stand below its
 * own, and those of depmod.h. A damaged module is an error message, and costs itself or its lines in map files. */
#ifndef OLD_H
#define OLD_H

#include "../elffile.h"

/* ---- words ----------------------------------------------------------------------------------- */

enum { OLD_FILES = 8 };

/* What modules.conf says. Given are the release; what begins each path of a module and of a file that is written; and
 * the directory of all versions, with a `/` at its end. */
struct modulesconf {
	const char *release, *base, *output, *modules;
	const char *path;             /* of the file; NULL: there is none */
	const char *files[OLD_FILES]; /* where they go; NULL: to the version's directory */
	struct words *paths;          /* directories that there are, those that count more first */
	struct words *prune;          /* names that are passed over */
};

struct object_file {
	const char *path, *shown; /* the second as modules.dep has it */
	uint32_t first, count;    /* its symbols among all */
	bool left_out;
};

/* A module that exports a symbol, and the number of the next one that does. */
struct exporter {
	uint32_t module, next;
};

/* One run, for one release. */
struct old_run {
	const struct options *options;
	const struct releases *releases;
	uint64_t key;
	const char *output;
	struct arena *memory, *scratch;
	struct text *out; /* standard output */
	struct modulesconf conf;
	struct object_file *modules;
	uint32_t count;
	struct names names; /* of symbols; the kernel's come first */
	uint32_t kernel_symbols;
	struct arena symbols;                        /* numbers of names */
	uint32_t modules_read, symbols_known, begun; /* for -v */
	struct exporter *exporters;
	uint32_t *first_exporter; /* by name */
	struct text files[OLD_FILES];
	struct publication places[OLD_FILES]; /* their directories */
	uint32_t place[OLD_FILES], place_count;
	bool named; /* modules were, and the files are to be printed */
	int status;
};

/* ---- mapfiles.c: map files of kernels since 2.6, for depmod --map ------------------------------ */

/* Reads the modules that standard input names, with so many processes, and prints their map files. Returns 1 after an
 * error message: a module's tables could not be read, or, when the end is missing, something else went wrong. */
int print_map_files(uint32_t jobs, struct arena *memory, struct arena *scratch, struct text *out);

/* ---- modutils.c: modules of kernels before 2.6 ------------------------------------------------ */

/* Paths, ended by NULL, of the modules that were named or, where none was, of all that there are. */
const char **modules_to_read(struct old_run *run);

/* The steps: run->modules; the kernel's symbols (false after an error message); what modules export and need, and their
 * lines of map files; then modules.dep. */
void find_old_modules(struct old_run *run);
bool read_old_kernel(struct old_run *run);
void read_old_modules(struct old_run *run);
void resolve_old_modules(struct old_run *run);

/* ---- ksyms.c: the kernel's symbols ------------------------------------------------------------ */

/* For symbols_read(): a line of /proc/ksyms, or of a System.map of the 2.4 series. */
void read_ksyms_line(struct kernel_symbols *symbols, struct span line);

/* ---- oldtree.c: which files are modules of the 2.4 series -------------------------------------- */

/* Absolute paths, ended by NULL, of all modules below the paths of the configuration, in the order in which they count;
 * each file once, however many links lead to it. *unread is set when a part could not be read. */
const char **old_modules(const struct modulesconf *conf, bool *unread, struct arena *memory, struct arena *scratch);

/* ---- modulesconf.c: modules.conf of the 2.4 series -------------------------------------------- */

/* The names of the files that are written, in the order in which they are shown; modules.dep comes first. */
const char *old_file_name(uint32_t number);

/* Reads the file `named`, which may be NULL, or the one that the environment or the system has. False after an error
 * message: there is no file of that name. */
bool modulesconf_read(struct modulesconf *conf, struct arena *memory, const char *named);

/* Whether a directory of that name, of a version, comes before others. */
bool is_old_directory(const char *name, size_t length);

/* ---- maps.c: files by which older systems find modules for devices ---------------------------- */

/* The first MAPS_NOW are those of the 2.6 series, in the order in which they are written. */
enum map {
	PCIMAP,
	USBMAP,
	CCWMAP,
	IEEE1394MAP,
	ISAPNPMAP,
	INPUTMAP,
	OFMAP,
	SERIOMAP,
	GENERIC_STRING,
	PARPORTMAP,
	PNPBIOSMAP,
	MAPS_NOW = GENERIC_STRING,
	MAPS_OLD = 7
};

/* Those of the 2.4 series, in their order. */
extern const uint8_t old_maps[MAPS_OLD];

const char *map_name(enum map map);

/* The header line of a map file; and a line of it, for the module in the file `path`. */
void map_begin(struct text *text, enum map map);
void map_add(struct text *text, const char *path, const char *line);

/* Tells the lines of a module, less its name: from its aliases, and for buses that it has none for from its device
 * tables; or as it was in the 2.4 series. Damaged tables end in bad(). */
typedef void map_line(void *context, enum map map, const char *line, size_t length);
void map_lines(const struct elf *elf, struct values aliases, map_line *tell, void *context);
void old_map_lines(const struct elf *elf, map_line *tell, void *context);

/* ---- modalias.c: what aliases say of devices --------------------------------------------------- */

/* The first ones are those of the 2.6 series, the last ones from PCI on those of 2.4. */
enum device_type {
	CCW,
	PNP,
	PNP_CARD,
	INPUT,
	SERIO,
	OF,
	PCI,
	USB,
	IEEE1394,
	ISAPNP,
	ISAPNP_CARD,
	PARPORT,
	PNPBIOS,
	DEVICE_TYPES
};

enum { DEVICE_NUMBERS = 20, INPUT_ARRAYS = 9, INPUT_WORDS = 12 };

/* What an entry says. Its numbers stand in the order of its fields, an EISA id as two. */
struct device {
	enum device_type type;
	unsigned word; /* bytes of a long */
	bool old;      /* of the 2.4 series */
	uint64_t numbers[DEVICE_NUMBERS];
	struct span strings[3];
	uint64_t bits[INPUT_ARRAYS][INPUT_WORDS]; /* INPUT: evbit, keybit and so on; */
	uint32_t arrays;                          /* so many of them */
};

/* Fills in what the alias says; the rest, but for .word, must be 0. False when it is none of a device, or malformed. */
bool modalias_read(const char *alias, struct device *device);

/* ---- tables.c: device tables ------------------------------------------------------------------ */

typedef void device_found(void *context, const struct device *device);

/* Tells all entries of the tables of these types (bits 1 << TYPE), of the 2.4 series or the 2.6 series. Damage ends in
 * bad(). */
void tables_read(const struct elf *elf, uint32_t types, bool old, device_found *tell, void *context);

/* Packs an id of three letters (or `@`) and four hexadecimal digits, which may be followed by more. An empty one is 0,
 * 0; one that stands for any device 0xffff, 0xffff; false when it is none of these. */
bool eisa_id(struct span id, uint64_t *vendor, uint64_t *device);

/* ---- ksymtab.c: what a module of the 2.4 series exports and needs ------------------------------ */

typedef void ksymtab_found(void *context, const char *name, bool export);
void ksymtab_read(const struct elf *elf, struct arena *scratch, ksymtab_found *tell, void *context);

/* ---- object.c: any symbol, section and relocation of an ELF file ------------------------------ */

struct object {
	const struct elf *elf;
	struct span symbols, strings, indices;
	uint32_t symbol_count;
};

struct symbol {
	const char *name;
	uint64_t value, size;
	uint32_t section;      /* 0: undefined; NONE: defined, but in no section */
	uint8_t binding, type; /* STB_ and STT_ */
};

struct relocation {
	uint64_t offset;  /* in the section that is relocated */
	uint64_t addend;  /* unless it stands in place */
	uint32_t section; /* which that is */
	uint32_t symbol;
	bool in_place;
};

/* An integer of 1, 2, 4 or 8 bytes in the file's byte order. */
uint64_t elf_integer(const struct elf *elf, const uint8_t *p, unsigned size);

/* A damaged symbol table ends in bad(); none is an empty one. The ELF file must stay. */
void object_open(struct object *object, const struct elf *elf);
struct symbol object_symbol(const struct object *object, uint32_t number);

/* The first section of that name, or 0. */
uint32_t section_named(const struct elf *elf, const char *name);

/* Tells all relocations of a section, or of all sections (0). */
void each_relocation(const struct elf *elf, uint32_t section,
		     void (*tell)(void *context, const struct relocation *relocation), void *context);

#endif
