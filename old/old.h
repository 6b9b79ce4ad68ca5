/* old.h: the program depmod.old, for older systems: kernels before 2.6, and the map files by which hotplug scripts of
 * the 2.4 and 2.6 series found modules for devices. Each section describes a room (a .c file), which calls only rooms
 * described below it, and rooms of depmod.h. A damaged module is an error message, and is left out of modules.dep and
 * map files, or of map files alone; the work goes on. */
#ifndef OLD_H
#define OLD_H

#include <sys/types.h>

#include "../elffile.h"

/* ---- words ----------------------------------------------------------------------------------- */

enum { OLD_FILES = 8 }; /* modules.dep and seven map files */

/* The content of modules.conf. The caller gives the first four fields: `base` is put before the path of each module,
 * `output` before the path of each file that is written; `modules` is the directory of all versions, with a `/` at its
 * end. */
struct modulesconf {
	const char *release, *base, *output, *modules;
	const char *path;             /* of modules.conf; NULL: there is none */
	const char *files[OLD_FILES]; /* path of each file that is written; NULL: in the version's directory */
	struct words *paths;          /* directories of modules, all existing, in the order of precedence */
	struct words *prune;          /* names of files and directories that are passed over */
};

/* A module's file. */
struct object_file {
	const char *path, *shown; /* shown: as modules.dep has the path */
	uint32_t first, count;    /* its symbols in old_run.symbols: number of the first one, and how many */
	bool left_out;            /* damaged */
};

/* An entry of the list of all modules that export one symbol. */
struct exporter {
	uint32_t module, next; /* numbers in old_run.modules and old_run.exporters; next: NONE at the end */
};

/* One run, for one release. */
struct old_run {
	const struct options *options;
	const struct releases *releases;
	uint64_t key;           /* for hashes of names */
	struct location output; /* the version's directory, for files that are written */
	struct arena *memory, *scratch;
	struct text *out; /* standard output */
	struct modulesconf conf;
	struct object_file *modules;
	uint32_t count;
	struct readings *readings;                   /* what was read from the modules */
	struct names names;                          /* of symbols; the kernel's come first */
	uint32_t kernel_symbols;                     /* how many of `names` they are */
	struct arena symbols;                        /* exports and needs of all modules, as ids of names */
	uint32_t modules_read, symbols_known, begun; /* for -v: two counts, and what times(2) said at first */
	struct exporter *exporters;                  /* of symbols that modules export */
	uint32_t *first_exporter;                    /* by id of the symbol's name: number in exporters, or NONE */
	struct text files[OLD_FILES];                /* content of the files */
	struct publication places[OLD_FILES];        /* the directories that files go to */
	uint32_t place[OLD_FILES], place_count;      /* by file: number of its directory in `places` */
	bool named; /* the command line names modules: the files are for these, and are printed */
	int status; /* exit status */
};

/* ---- mapfiles.c: map files of kernels since 2.6, for depmod --map ------------------------------ */

/* Reads the modules that standard input names, with `jobs` processes, and prints their map files in the form that
 * older.c describes. Returns 0, or 1 after an error message: a module could not be read or, where the empty name at the
 * end of the output is missing, something else went wrong. */
int print_map_files(uint32_t jobs, struct arena *memory, struct arena *scratch, struct text *out);

/* ---- modutils.c: modules of kernels before 2.6 ------------------------------------------------ */

/* The paths of the modules to read, ended by NULL: those named on the command line, else all that there are. */
const char **modules_to_read(struct old_run *run);

/* The four steps of a run, in this order. The first one fills run->modules. */
void find_old_modules(struct old_run *run);

/* Reads the kernel's symbols. False after an error message. */
bool read_old_kernel(struct old_run *run);

/* Reads the exports and needs of all modules, and makes the content of map files. False after an error message. */
bool read_old_modules(struct old_run *run);

/* Makes the content of modules.dep. */
void resolve_old_modules(struct old_run *run);

/* ---- reading.c: modules, read by processes without rights ------------------------------------- */

/* One module in the hands of the process that reads it. */
struct reader {
	struct arena *values;  /* shared; those of this module begin at offset `from` */
	struct arena *scratch; /* forgotten after each module */
	uint32_t from;
};

/* Calls put_value() for what there is to know of a module; bad() when it is damaged. */
typedef void object_reader(struct reader *reader, const struct elf *elf);

/* The modules that one process reads, and the memory for their values. */
struct slice {
	uint32_t first, last; /* number of the first module, and of the last one plus 1 */
	struct arena values;  /* shared */
	pid_t pid;
};

struct readings {
	const char **files; /* of modules */
	uint32_t count;
	object_reader *read;
	struct arena *scratch;
	/* The rest is reading.c's own. */
	struct outcome *outcomes; /* by module; shared */
	struct slice slices[JOBS_MAX];
	uint32_t slice_count, each; /* each: modules in a slice; the last one may have fewer */
};

/* For an object_reader: keeps a value, as struct values describes, of any kind; bad() when there are too many. And the
 * values of a kind that it has kept of this module. */
void put_value(struct reader *reader, char kind, const char *value, size_t length);
struct values values_put(const struct reader *reader, char kind);

/* Reads all modules with so many processes. Returns false after an error message: no process could be had. */
bool read_objects(struct readings *readings, uint32_t jobs);

/* Why the module could not be read, or NULL; *transient is set when that was the system's fault. */
const char *reading_failed(const struct readings *readings, uint32_t number, bool *transient);

/* The module's values of that kind. A hostile process may have left any bytes in them. */
struct values values_read(struct readings *readings, uint32_t number, char kind);

/* ---- ksyms.c: the kernel's symbols ------------------------------------------------------------ */

/* For symbols_read(): reads a line of /proc/ksyms, or of a System.map of the 2.4 series. */
void read_ksyms_line(struct kernel_symbols *symbols, struct span line);

/* ---- oldtree.c: which files are modules of the 2.4 series -------------------------------------- */

/* The absolute paths, ended by NULL, of all modules below conf->paths, in the order of precedence; each file once,
 * however many symbolic links lead to it. *unread is set when a directory could not be read. */
const char **old_modules(const struct modulesconf *conf, bool *unread, struct arena *memory, struct arena *scratch);

/* ---- modulesconf.c: modules.conf of the 2.4 series -------------------------------------------- */

/* The usual name of a file that is written. The number is its place in the output of -n; modules.dep is number 0. */
const char *old_file_name(uint32_t number);

/* Reads the file `named` or, where that is NULL, the one that the environment names, else the system's. False after an
 * error message: the file is not there. */
bool modulesconf_read(struct modulesconf *conf, struct arena *memory, const char *named);

/* Whether a directory of that name (`length` bytes) in a version's directory has precedence over others. */
bool is_old_directory(const char *name, size_t length);

/* ---- maps.c: files by which older systems find modules for devices ---------------------------- */

/* Map files. The first MAPS_NOW are those of the 2.6 series, in the order in which they are written; MAPS_OLD is how
 * many the 2.4 series has. */
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

/* The map files of the 2.4 series, in the order in which they are written. */
extern const uint8_t old_maps[MAPS_OLD];

/* The file's name, such as modules.pcimap. */
const char *map_name(enum map map);

/* Writes the header line of a map file. */
void map_begin(struct text *text, enum map map);

/* Writes a line of a map file: the name of the module in the file `path`, then `line`. */
void map_add(struct text *text, const char *path, const char *line);

/* Receives a line of a map file, without the module's name at its beginning. */
typedef void map_line(void *context, enum map map, const char *line, size_t length);

/* Tells all lines of a module of the 2.6 series or later: from its aliases and, for types of devices that no alias is
 * for, from its device tables. Damaged tables end in bad(). */
void map_lines(const struct elf *elf, struct values aliases, map_line *tell, void *context);

/* The same for a module of the 2.4 series, from its device tables and its strings in .modstring. */
void old_map_lines(const struct elf *elf, map_line *tell, void *context);

/* ---- modalias.c: what aliases say of devices --------------------------------------------------- */

/* Types of devices, by their bus: up to IEEE1394 those of the 2.6 series, from PCI on those of the 2.4 series. */
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

/* Room in struct device: for numbers; for arrays of bits, and for words of 64 bits in each array. */
enum { DEVICE_NUMBERS = 20, INPUT_ARRAYS = 9, INPUT_WORDS = 12 };

/* An entry of a device table, or what an alias says in its place. */
struct device {
	enum device_type type;
	unsigned word;                            /* bytes of a long in the module */
	bool old;                                 /* of the 2.4 series */
	uint64_t numbers[DEVICE_NUMBERS];         /* in the order of the entry's fields; an EISA id is two numbers */
	struct span strings[3];                   /* in the order of the entry's fields */
	uint64_t bits[INPUT_ARRAYS][INPUT_WORDS]; /* INPUT: the arrays evbit, keybit and so on */
	uint32_t arrays;                          /* how many of `bits` are in use */
};

/* Fills *device from the alias; before, all of it but .word must be 0. False when the alias is malformed, or not for a
 * device of these types. */
bool modalias_read(const char *alias, struct device *device);

/* ---- tables.c: device tables ------------------------------------------------------------------ */

/* Receives an entry. */
typedef void device_found(void *context, const struct device *device);

/* Tells all entries of the module's device tables for these types (bits 1 << TYPE); `old`: the tables are of the 2.4
 * series, not of the 2.6 series. Damage ends in bad(). */
void tables_read(const struct elf *elf, uint32_t types, bool old, device_found *tell, void *context);

/* Turns an EISA id (three letters or `@`, and four hexadecimal digits; what follows is ignored) into two numbers of 16
 * bits, as map files have them. An empty id becomes 0 and 0; ANYDEVS, for any device, 0xffff and 0xffff. False when the
 * id is malformed. */
bool eisa_id(struct span id, uint64_t *vendor, uint64_t *device);

/* ---- ksymtab.c: what a module of the 2.4 series exports and needs ------------------------------ */

/* Receives a symbol that the module exports, or else needs. */
typedef void ksymtab_found(void *context, const char *name, bool export);

/* Tells all exports and needs of the module. Damage ends in bad(). */
void ksymtab_read(const struct elf *elf, struct arena *scratch, ksymtab_found *tell, void *context);

/* ---- object.c: any symbol, section and relocation of an ELF file ------------------------------ */

/* An ELF file with its symbol table. */
struct object {
	const struct elf *elf;
	struct span symbols, strings, indices; /* bytes of .symtab, .strtab, .symtab_shndx */
	uint32_t symbol_count;
};

struct symbol {
	const char *name;
	uint64_t value, size;  /* value: for defined symbols, offset in the section */
	uint32_t section;      /* number; 0: undefined; NONE: defined, but in no section */
	uint8_t binding, type; /* STB_ and STT_ constants */
};

struct relocation {
	uint64_t offset;  /* in the section that is relocated */
	uint64_t addend;  /* 0 when it is in place */
	uint32_t section; /* number of the section that is relocated */
	uint32_t symbol;  /* number of the symbol whose value is put in */
	bool in_place;    /* the addend stands in the section, at `offset` */
};

/* An integer of 1, 2, 4 or 8 bytes in the file's byte order. */
uint64_t elf_integer(const struct elf *elf, const uint8_t *p, unsigned size);

/* Fills *object, which refers to *elf from then on. Without a symbol table there are no symbols; a damaged one ends in
 * bad(). */
void object_open(struct object *object, const struct elf *elf);

/* The symbol with that number; a number beyond the table ends in bad(). */
struct symbol object_symbol(const struct object *object, uint32_t number);

/* The number of the first section of that name; 0 when there is none. */
uint32_t section_named(const struct elf *elf, const char *name);

/* Tells all relocations of the section with that number; 0: of all sections. */
void each_relocation(const struct elf *elf, uint32_t section,
		     void (*tell)(void *context, const struct relocation *relocation), void *context);

#endif
