/* base.h: rooms (.c files) that all programs use: bytes, memory, text, files, messages. Each section is one room with
 * the functions that it offers. A room calls only rooms whose sections stand further down; only bad(), which ends work
 * on damaged data, may be called from anywhere. */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- words ---- */

enum { CURRENT_DIRECTORY = -100 }; /* AT_FDCWD */
enum file_kind { REGULAR_FILE, ANY_FILE };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Untrusted bytes: from p[0] up to end[-1]. p <= end always. */
struct span {
	const uint8_t *p, *end;
};

/* In place of the number of a module, a symbol or a place: there is none. */
#define NONE UINT32_MAX

/* A decoder of compressed data gets the whole input in one span. The output goes to out[0] up to out[capacity - 1],
 * from where matches copy earlier output; the size of the output is returned. Nothing outside `in` is read, and nothing
 * outside the capacity is written, not even by a wide copy. `work` is memory of the size that each decoder states,
 * aligned to 64 bytes; nothing in it is kept between calls. Damaged or unsupported input ends in bad(); so does output
 * that would exceed the capacity. */
typedef size_t decoder(struct span in, uint8_t *out, size_t capacity, void *work);

/* Why some work on untrusted bytes ended: "WHAT: WHY at offset N", where WHAT and N may be unknown. */
struct fault {
	const char *what; /* file, section or arena; NULL: unknown */
	const char *why;
	uint64_t offset; /* in bytes */
	bool has_offset;
	bool transient; /* the system failed, and may not fail another time; the bytes are not at fault */
};

/* The text of a fault, cut off where it does not fit. */
enum { REASON_SIZE = 128 };

struct reason {
	char text[REASON_SIZE];
};

/* A piece of memory that is handed out in order; see arena.c. */
struct arena {
	const char *name;
	uint8_t *start;
	size_t used, size;
	bool shared;    /* with other processes; and no single module is at fault when it is full */
	char limit[40]; /* the reason given when it is full */
};

/* Bytes being written; see text.c. */
struct text {
	char *start;
	size_t size, capacity;
	int fd;    /* file that bytes go to when there is no more room; -1: none */
	int error; /* errno of the first write that failed; else 0 */
};

/* For sorting. */
struct key {
	uint64_t chunk; /* number for sort_chunks(); set by sort_strings() */
	const char *string;
	uint32_t length, item; /* of the string, in bytes; number of the thing that the key belongs to */
};

/* How reading a command line ends. */
enum verdict { GO_ON, WRONG_USAGE, DONE };

/* Kinds of messages. A kind decides how a message begins, and whether -q and -v matter to it. */
enum level { FATAL, ERROR, WARNING, UNRESOLVED, PLAIN, INDENTED, INFO };

/* A list of words. */
struct words {
	const char *word;
	struct words *next;
};

/* How to read configuration files, such as those of depmod.d, and the line that is being read. */
struct conf {
	struct arena *memory;
	const char *directory;           /* in the standard places: "depmod.d" */
	const struct base *base;         /* where the standard places are */
	const char *const *more;         /* more files, ended by NULL, that may be missing; or NULL */
	const struct base *more_base;    /* where those are */
	bool aliases;                    /* files that end in .alias are read, too */
	void (*trim)(struct span *line); /* shortens a line before it is joined to the next; or NULL */
	void (*read_line)(struct conf *conf, struct span line); /* called for each line, after joining */
	const char *path;                                       /* of the line that is being read */
	uint32_t line;                                          /* its number, from 1 on */
};

/* ---- command.c: the beginning and the end of every command ------------------------------------- */

/* Sets signals as the rooms need them; from here on messages begin with the program's name. */
void command_begin(const char *name);

/* Writes out the rest of standard output. Returns the exit status: `status`, or 1 after an error message when standard
 * output could not be written. */
int command_end(struct text *standard_output, int status);

/* A number that nobody can foresee, for hashes. */
uint64_t random_key(void);

/* The value of an environment variable, or "". `name` ends in "=". */
const char *environment_value(const char *name);

/* ---- arguments.c: command lines ------------------------------------------------------------- */

struct arguments {
	char **next;       /* words of the command line, ended by NULL */
	const char *known; /* options: "l name\n" each, or "l=name\n" if it takes a value, where l is the letter */
	enum verdict (*option)(void *context, char letter, const char *value);
	enum verdict (*operand)(void *context, char *word);
	void *context;
};

/* Calls option() or operand() for each option and operand in turn, until one of them does not return GO_ON, and returns
 * what the last one did. An option whose letter is below ' ' has only its long name. */
enum verdict parse_arguments(struct arguments *arguments);

/* Prints an error message of the two parts; returns WRONG_USAGE. */
enum verdict wrong_usage(const char *what, const char *word);

/* ---- conf.c: files like those of depmod.d ---------------------------------------------------- */

enum { CONFIG_FILES_MAX = 1024 };

/* Reads the files and directories of `paths` (ended by NULL), or conf->directory in the standard places when `paths` is
 * NULL. Files are read in the order of their names; of equal names, only the file of highest precedence. A file that
 * cannot be read is an error message; a file that does not exist is not. */
void conf_read(struct conf *conf, const char *const *paths);

/* A message about the line being read. */
void conf_say(const struct conf *conf, enum level level, const char *what, const char *word);

/* ---- nearest.c: suggestions for a misspelt word ------------------------------------------------ */

struct nearest {
	struct span word;
	struct span found; /* the best candidate; .p is NULL while there is none */
	unsigned distance; /* of .found from .word: number of bytes that differ */
};

/* Puts the candidate into nearest->found when it is nearer to the word than all before, and at most a third of the
 * word's bytes is wrong. */
void nearest_try(struct nearest *nearest, struct span candidate);

/* ---- glob.c: shell patterns, for aliases ----------------------------------------------------- */

/* Whether the pattern matches all of the text. */
bool glob_matches(const char *pattern, const char *text);

/* ---- regex.c: POSIX extended regular expressions, for KERNEL patterns ------------------------ */

/* Whether `pattern` matches anywhere in `text` (both NUL-ended), as POSIX.1-2017 chapter 9.4 says, in the C
 * locale, without back-references. *valid tells whether the pattern is well formed; a malformed one, or
 * one beyond the matcher's limits, matches nothing. Time is bounded by pattern size times text length. */
bool regex_matches(const char *pattern, const char *text, bool *valid);

/* ---- confine.c: a worker's rights ------------------------------------------------------------ */

/* Makes the open directory this process's root directory: no path, and no link, leads out of it, and confine() takes all
 * other ways to leave it. False where the process has no right to do so, or the kernel cannot take these ways. */
bool enter_for_good(int directory);

/* Begins the list of the files that this process may read once it is confined: for permit(); `all_files`: it may read all
 * that it can name. -1 where the kernel has no such lists (Landlock: Linux 5.13), so that it may read them anyway. */
int permissions_begin(bool all_files);

/* Permit to read all files below the open directory, or the file at a path, which may be a link to it. */
void permit(int permissions, int directory);
void permit_file(int permissions, int directory, const char *path);

/* From here on the process can only read files, those on the list alone, and end. Where the kernel cannot restrict a
 * process so, nothing changes. Closes the list. */
void confine(int permissions);

/* ---- cores.c: other processes, and the processors that they may use ---------------------------- */

/* The number of processors that this process may use; 1 where it is not known. */
uint32_t usable_cores(void);

/* Moves the process `pid` to any core but this one, where there is another. Otherwise a system whose idle cores look
 * busy (a virtual machine) may let a new process wait behind its parent for milliseconds. */
void run_elsewhere(int pid);

/* As fork(2). The new process is killed when this one dies, however that comes about. */
int fork_bound(void);

/* Waits until the process ends. *status is as waitpid(2) has it. False after an error message; *status is -1 then. */
bool await_process(int pid, int *status);

/* ---- crc.c: CRC-32 as gzip, xz and Ethernet use it (RFC 1952 section 8) ---------------------- */

enum { CRC32_TABLE_SIZE = 8 * 256 }; /* number of uint32_t */

void crc32_make_table(uint32_t *table);

/* The CRC of a text: `crc` is that of its bytes so far (0 for none), which are followed by these `size` bytes. */
uint32_t crc32(const uint32_t *table, uint32_t crc, const uint8_t *bytes, size_t size);

/* ---- inside.c: paths below a base directory ---------------------------------------------------- */

/* A base directory (-b, -o, -d). In place of a pointer to one, NULL is the system's own root. */
struct base {
	const char *name; /* absolute path without a slash at its end */
	int directory;    /* open */
	int error;        /* errno of opening it, or 0 */
};

/* Opens the base; NULL for the system's own root. */
const struct base *base_open(struct arena *memory, const char *path);

/* The path as it is from outside: BASE/PATH. */
const char *below_base(struct arena *memory, const struct base *base, const char *path);

/* As openat(2), for what is there already. `path` begins with a slash, and the base stands for the root: no link and no
 * `..` leads out of it. From the system's own root, `path` may be any. */
int open_inside(const struct base *base, const char *path, int flags);

/* The same; *real becomes the absolute path of what was opened, without links. */
int open_real(const struct base *base, const char *path, int flags, struct arena *memory, const char **real);

/* As stat_again(), file_read() and directory_open(), for such paths. */
struct stat;
struct directory;
int stat_inside(const struct base *base, const char *path, struct stat *st);
int read_inside(struct arena *arena, const struct base *base, const char *path, enum file_kind kind,
		struct span *content);
int list_inside(struct directory *directory, const struct base *base, const char *path);

/* Directories that make_inside() has made, the last ones of the path. */
struct made {
	const struct base *base;
	unsigned count;
	char *path; /* below the base */
};

/* Opens a directory, and makes what is missing of it; `path` is absolute from the system's own root, too. Where that
 * fails, nothing is left behind. unmake() removes what was made, as far as it is empty. */
int make_inside(const struct base *base, const char *path, int flags, struct arena *memory, struct made *made);
void unmake(const struct made *made);

/* ---- path.c: paths and names of modules ------------------------------------------------------ */

/* The part behind the last slash. */
const char *base_name(const char *path);

/* The length of a file's name without its suffixes: up to the first dot. */
size_t stem_length(const char *name);

/* Whether the string of that length ends in `end`, and has more bytes than that. */
bool ends_in(const char *string, size_t length, const char *end);

/* The length of a module's file name up to and with `.ko`; 0 for other names. */
size_t plain_length(const char *name);

/* Whether the name ends in .o or .o.gz, as modules of the 2.4 series do. */
bool is_object(const char *path);

/* The path itself when it begins with a slash; else the path below the working directory. */
const char *absolute_path(struct arena *memory, const char *path);

/* Changes a name or alias to the form that is compared and stored in indexes: `-` becomes `_`, except between brackets.
 * False when a bracket has no partner. */
bool normalize(char *name);

/* The length of the path without slashes at its end. */
size_t unslashed_length(const char *path);

/* DIRECTORY/NAME with one slash between them, or NAME alone when the directory is "". */
char *join_path(struct arena *memory, const char *directory, const char *name);

/* The file name up to its first dot, with `_` for `-`. */
const char *module_name(struct arena *memory, const char *path);

/* ---- file.c: reading files and directories --------------------------------------------------- */

/* An errno as a fault. It is `transient` when the system is short of memory or of descriptors. Functions below end in
 * bad() for such a fault, as going on would lose a good file or directory. */
struct fault system_fault(int error);

/* Returns the errno, or ends in bad() when it is such a fault. */
int check_transient(const char *path, int error);

/* openat(2) and stat(2), tried again after a signal. Reading the file leaves its access time alone, where the system
 * allows that. open_again() returns a descriptor, or -1 and errno; stat_again() returns 0 or an errno. */
int open_again(int directory, const char *path, int flags);
int stat_again(int directory, const char *path, struct stat *st);

/* How directories are opened, and files that are no modules. */
#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define FILE_FLAGS(kind) (O_RDONLY | O_CLOEXEC | O_NOCTTY | ((kind) == ANY_FILE ? 0 : O_NONBLOCK))

/* Whether both paths lead to one file. With AT_SYMLINK_NOFOLLOW as `flags`, a symbolic link is a file of its own. */
bool is_same_file(int directory, const char *a, const char *b, int flags);

/* Whether time a is later than time b. */
struct timespec;
bool is_newer(const struct timespec *a, const struct timespec *b);

/* Reads the whole file into the arena. REGULAR_FILE refuses a FIFO, a device or a directory without waiting for it.
 * Returns 0 or an errno; ends in bad() when the disk fails (EIO). */
int file_read(struct arena *arena, int directory, const char *path, enum file_kind kind, struct span *content);

/* The same with a file that is open already, and is closed. `fd` may be -1, with an errno: that is what is returned
 * then. */
int file_take(struct arena *arena, int fd, const char *path, enum file_kind kind, struct span *content);

/* Reads the rest of an open file into the arena; returns 0 or an errno. */
int read_all(struct arena *arena, int fd, struct span *content);

/* Reads bytes of an open file, from the offset on. Returns how many: fewer than `size` only where the file ends. Ends in
 * bad() when that fails. */
size_t read_at(int fd, uint8_t *to, size_t size, uint64_t offset);

enum { DIRECTORY_BUFFER = 32768, SMALLEST_ENTRY = 24 }; /* in bytes */

struct directory {
	const char *path;
	int fd, error;      /* open; errno, or 0 */
	bool as_told;       /* to be set after opening: names keep the order in which the system gives them */
	uint32_t at, count; /* entries[at] is next, of `count` that the system gave at once */
	struct key entries[DIRECTORY_BUFFER / SMALLEST_ENTRY], spare[DIRECTORY_BUFFER / SMALLEST_ENTRY];
	uint8_t records[DIRECTORY_BUFFER];
};

/* Opens the directory at `path`, which is relative to the open directory `at`. Returns 0 or an errno. */
int directory_open(struct directory *directory, int at, const char *path);

/* The same with a directory that is open already as `fd`; or -1, with an errno, which is returned then. */
int directory_begin(struct directory *directory, int fd, const char *path);
void directory_close(struct directory *directory);

/* The next name except . and .., valid until the next call, and its type as in <dirent.h>; DT_UNKNOWN only when the file
 * cannot be looked at. NULL at the end or, with an errno in directory->error, when reading failed; the directory is closed
 * then. Names that the system gives at once are put into the order of inodes, unless .as_told is set: a disk reads files
 * faster in this order than in that of a directory. */
const char *directory_next(struct directory *directory, unsigned char *type);

/* ---- sort.c ---------------------------------------------------------------------------------- */

/* Sort n keys, by the bytes of their strings (of which none is 0) or by .chunk. Equal keys keep their order. `spare` is
 * room for n keys. sort_strings() leaves in the .chunk of every key but the first how many bytes its string and that of
 * the key before both begin with. */
void sort_strings(struct key *keys, struct key *spare, size_t n);
void sort_chunks(struct key *keys, struct key *spare, size_t n);

/* ---- report.c: messages ---------------------------------------------------------------------- */

struct report_settings {
	const char *program; /* messages begin with this name; NULL: with the same as before, at first "depmod" */
	bool quiet, verbose; /* without warnings; with INFO */
	bool silent;         /* no messages at all */
	bool syslog;         /* messages go to /dev/log, where it exists */
};

void report_setup(struct report_settings settings);

/* Gives one message of several parts, which are ended by NULL. */
void report(enum level level, const char *const *parts);

/* Gives the message "SUBJECT: FAULT". */
void report_fault(enum level level, const char *subject, const struct fault *fault);

/* Puts the text of the fault into *reason, and returns it. */
const char *fault_text(struct reason *reason, const struct fault *fault);

/* Gives the sums and the time that -v ends with. `begun` is what times(2) returned when the run began. */
void report_sums(uint32_t modules, uint32_t symbols, uint32_t aliases, uint32_t files, uint32_t begun);

/* The meaning of an errno in words. */
const char *error_text(int number);

/* As report(), with the parts as arguments, at most REPORT_PARTS_MAX: the code for a call is smaller than with an
 * array. */
enum { REPORT_PARTS_MAX = 16 };
void report_parts(enum level level, ...) __attribute__((sentinel));

#define REPORT(level, ...) report_parts(level, __VA_ARGS__, (char *)NULL)
#define error(...) REPORT(ERROR, __VA_ARGS__)
#define warning(...) REPORT(WARNING, __VA_ARGS__)
#define info(...) REPORT(INFO, __VA_ARGS__)

/* ---- progress.c: a line on a terminal while the work takes its time -------------------------- */

/* Shared by the run and the process that shows its progress. */
struct progress {
	uint32_t found; /* number of modules found so far */
	uint32_t total; /* number of all modules; 0: not known yet */
};

/* Notes that the run begins: no progress is shown in its first second. */
void progress_clock(void);

/* Begins to show progress, if standard error is a terminal and no line of progress is there: one line tells how many
 * modules are done, until progress_end(), a message, or Ctrl-C, which ends the run. It may begin again after a message.
 * done() returns the number; another process calls it, with which *progress is in shared memory. */
void progress_begin(uint32_t (*done)(const void *context), const void *context, const struct progress *progress);
void progress_end(void);

/* For a new process that never gives messages: it takes no part in the line any more. In particular, Ctrl-C ends it
 * at once: the handler would make a system call that a confined process may not make. */
void progress_leave(void);

/* While held, Ctrl-C does not end this process: it waits for another process, which may still have to erase its line.
 * Ctrl-C takes effect when it is not held any more. */
void progress_hold(bool held);

/* ---- arena.c: memory ------------------------------------------------------------------------- */

/* Finds out whether the system grants `total` bytes of address space. Where it does not, the sizes of all arenas are
 * halved until it does: arena_share() returns what is left of a size. */
void arena_plan(size_t total);
size_t arena_share(size_t size);

/* Reserves address space of arena_share(size) bytes, `shared` with processes that are forked later, or ends in
 * bad(). */
void arena_reserve(struct arena *arena, const char *name, size_t size, bool shared);

/* The same without a plan: where the system does not grant as much, the sizes of this arena and all later ones are
 * halved. For programs that touch little of an arena, and run so short that huge pages would cost more than they
 * save. */
void arena_reserve_alone(struct arena *arena, const char *name, size_t size, bool shared);

/* Memory for `count` objects of `size` bytes each, not cleared; bad() when the arena is full. `alignment` is a power of
 * two, 64 at most. */
void *arena_take(struct arena *arena, size_t count, size_t size, size_t alignment);

/* Ends a text that text_open() began in the arena: adds a NUL, and takes the memory that the text uses. */
char *arena_text(struct arena *arena, struct text *text);

/* A copy of the bytes, with a NUL behind them. */
char *arena_string(struct arena *arena, const char *string, size_t length);
char *arena_copy(struct arena *arena, struct span bytes);

/* An array of `count` numbers, all of that value. */
uint32_t *new_words(struct arena *arena, size_t count, uint32_t value);

/* A copy of the string with `with` in place of every `what`. */
const char *replace_all(struct arena *memory, const char *string, const char *what, const char *with);

/* Adds a word at the end of a list: *end is where its next entry goes. */
void append_word(struct arena *memory, struct words ***end, const char *word);

/* Frees all that was taken after the arena had used `used` bytes. Pages that lie more than `keep` bytes further on are
 * given back to the system. */
void arena_rewind(struct arena *arena, size_t used, size_t keep);

/* ---- text.c: bytes being written, lines and words being read --------------------------------- */

/* Begins an empty text in the free memory of the arena. Nothing may be taken from the arena until arena_text(), or
 * until the text is not needed any more. */
void text_open(struct text *text, struct arena *arena);

/* Adds bytes. A text that is full is written to its file; bad() where it has none. */
void text_add(struct text *text, const void *bytes, size_t size);

/* Adds `size` bytes that the caller has to fill, no more than a text with a file has room for. */
char *text_room(struct text *text, size_t size);

void text_string(struct text *text, const char *string);

/* Adds bytes with `?` in place of control characters, which could steer a terminal or forge a line. */
void text_harmless(struct text *text, const char *bytes, size_t size);

/* Adds strings, which are ended by NULL, and a newline. */
void text_line(struct text *text, ...) __attribute__((sentinel));

/* Writes the text to its file and empties it. Sets text->error when that fails. */
void text_flush(struct text *text);

struct number {
	char digits[24];
};

/* The number in decimal digits, in *buffer. */
const char *decimal(struct number *buffer, uint64_t value);

/* Reads a decimal number from *string on, and moves *string behind it. False when there are no digits, or the number
 * does not fit. */
bool parse_unsigned(const char **string, uint32_t *value);

/* Cut the next line (without its newline) off *rest, or the next word off *line; false when there is none. */
bool next_line(struct span *rest, struct span *line);
bool next_word(struct span *line, struct span *word);

/* Cuts the next string off *rest, with its NUL, which *string is without. False when there is none. */
bool next_string(struct span *rest, struct span *string);

/* Whether the bytes are those of the string. */
bool span_is(struct span s, const char *string);

/* Whether the string has a control character; has a, b or c; has only ASCII characters. */
bool has_control(const char *string, size_t length);
bool has_any(const char *string, size_t length, char a, char b, char c);
bool is_ascii(const char *string, size_t length);

/* The string with that number, from 0 on, of strings that stand one behind the other, each ended by NUL. */
const char *nth_string(const char *strings, size_t number);

/* The value of a hexadecimal digit; 16 for any other character. */
unsigned hex_digit(uint8_t c);

/* Adds the number with so many hexadecimal digits, or more where it needs more. */
void text_hex(struct text *text, uint64_t value, unsigned digits);

/* ---- span.c: untrusted bytes ----------------------------------------------------------------- */

/* Runs work(argument). All functions that it calls may call bad(), which ends this work at once: attempt() then returns
 * false, and *fault says why. Attempts nest; bad() ends the innermost one. */
bool attempt(void (*work)(void *), void *argument, struct fault *fault);

/* End the innermost attempt(); the parameters are members of struct fault. */
_Noreturn void bad(const char *why);
_Noreturn void bad_at(const char *why, uint64_t offset);
_Noreturn void bad_in(const char *what, const char *why);
_Noreturn void bad_fault(struct fault fault);

struct span span_of(const void *bytes, size_t size);

static inline size_t span_size(struct span s)
{
	return (size_t)(s.end - s.p);
}

/* Cuts the first `size` bytes off s; bad(why) when it has fewer. */
struct span take(struct span *s, uint64_t size, const char *why);

/* As take(), for compressed data: bad(DATA_ENDS). */
#define DATA_ENDS "compressed data ends too early"
struct span take_data(struct span *s, uint64_t size);

/* The `size` bytes at `offset` of s; bad_at(why, offset) when they are not all inside. */
struct span cut(struct span s, uint64_t offset, uint64_t size, const char *why);

/* The string at `offset` of s; bad_at(why, offset) when it does not end inside s. */
const char *string_at(struct span s, uint64_t offset, const char *why);

/* Eight bytes in the host's own order: for comparing and hashing, where order does not matter. */
static inline uint64_t any64(const void *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* In place of memcmp() and memcpy(), for names, which are many and short. Both work eight bytes at a time; the last eight
 * may overlap those before. */
static inline bool same_bytes(const char *a, const char *b, size_t size)
{
	size_t i = 0;

	if (size < 8) {
		while (i < size && a[i] == b[i])
			i++;
		return i == size;
	}
	for (; i + 8 <= size; i += 8)
		if (any64(a + i) != any64(b + i))
			return false;
	return any64(a + size - 8) == any64(b + size - 8);
}

void copy_bytes(char *to, const char *from, size_t size);

#define INLINE static inline __attribute__((always_inline))
/* For functions that run seldom, in rooms that are built for speed: made small, and never copied into their callers. */
#define COLD __attribute__((cold, noinline))
/* For the loops in such rooms that take the time. They must not call COLD functions: the compiler would take them for
 * cold, too. */
#define HOT __attribute__((hot, noinline))

/* Integers from bytes, little-endian or big-endian, whatever the host's own byte order and alignment. The compiler
 * makes one load of each. */
/* clang-format off */
INLINE uint16_t le16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
INLINE uint32_t le32(const uint8_t *p) { return le16(p) | (uint32_t)le16(p + 2) << 16; }
INLINE uint64_t le64(const uint8_t *p) { return le32(p) | (uint64_t)le32(p + 4) << 32; }
INLINE uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
INLINE uint32_t be32(const uint8_t *p) { return (uint32_t)be16(p) << 16 | be16(p + 2); }
INLINE uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }
/* clang-format on */

INLINE void put_le32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
	p[2] = (uint8_t)(value >> 16);
	p[3] = (uint8_t)(value >> 24);
}

INLINE void put_be32(uint8_t *p, uint32_t value)
{
	put_le32(p, __builtin_bswap32(value));
}

/* Written out, because compilers make one store of this form. */
INLINE void put_le64(uint8_t *p, uint64_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
	p[2] = (uint8_t)(value >> 16);
	p[3] = (uint8_t)(value >> 24);
	p[4] = (uint8_t)(value >> 32);
	p[5] = (uint8_t)(value >> 40);
	p[6] = (uint8_t)(value >> 48);
	p[7] = (uint8_t)(value >> 56);
}

/* For a pattern of 1 to 7 bytes (the index) that repeats: the number to multiply it with to fill eight bytes, and how
 * many of the eight belong to whole patterns. */
extern const uint64_t repeat_factor[8];
extern const uint8_t repeat_step[8];

/* Repeats the `distance` (1 to 7) bytes before `to`, from `to` up to end[-1]. Up to 7 bytes more may be written. */
INLINE void copy_repeating(uint8_t *to, size_t distance, const uint8_t *end)
{
	const unsigned unused_bits = 64 - 8 * (unsigned)distance;
	const uint64_t bytes = le64(to - distance) << unused_bits >> unused_bits;
	const uint64_t repeated = bytes * repeat_factor[distance];

	do {
		put_le64(to, repeated);
		to += repeat_step[distance];
	} while (to < end);
}

/* Eight bytes in one number: each is 1; each has only its high bit set. */
#define ONES UINT64_C(0x0101010101010101)
#define HIGH (ONES << 7)

/* Not 0 when one of the eight bytes is zero: subtracting 1 from a zero byte sets its high bit, which was not set
 * before. The lowest bit that is set in the result is the high bit of the lowest zero byte. */
INLINE uint64_t zero_byte(uint64_t word)
{
	return (word - ONES) & ~word & HIGH;
}

/* The length of a string that ends with NUL or at `end`. Eight bytes at a time, while there are as many. */
static inline size_t length_within(const char *string, const uint8_t *end)
{
	const uint8_t *p = (const uint8_t *)string;

	for (; (size_t)(end - p) >= 8; p += 8) {
		uint64_t zero = zero_byte(le64(p));

		if (zero)
			return (size_t)(p - (const uint8_t *)string) + (size_t)__builtin_ctzll(zero) / 8;
	}
	while (p < end && *p)
		p++;
	return (size_t)(p - (const uint8_t *)string);
}

/* The integer of `size` (1, 2, 4 or 8) bytes; `big`: big-endian. */
INLINE uint64_t integer_at(const uint8_t *p, unsigned size, bool big)
{
	switch (size) {
	case 1: return *p;
	case 2: return big ? be16(p) : le16(p);
	case 4: return big ? be32(p) : le32(p);
	default: return big ? be64(p) : le64(p);
	}
}

#endif
