/* base.h: what every room of every program stands on: bytes, memory, text, files, messages. A section is a room, which
 * calls only rooms whose sections stand below its own, and bad(), the one way out of bad data, from anywhere. */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- words ---- */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Untrusted bytes: p <= end always. */
struct span {
	const uint8_t *p, *end;
};

/* No module, no symbol, no place. */
#define NONE UINT32_MAX

/* A decoder of compressed data gets the whole input in one span. The output goes to out[0] up to out[capacity - 1],
 * and is its own window; the number of bytes is returned. Nothing outside `in` is read and nothing outside the
 * capacity is written, not even by a wide copy. `work` is memory of the size that each decoder states, aligned to 64
 * bytes; nothing in it holds between calls. Damaged or unsupported input ends in bad(); so does output that would
 * exceed the capacity. */
typedef size_t decoder(struct span in, uint8_t *out, size_t capacity, void *work);

/* Why some work on untrusted bytes ended: "WHAT: WHY at offset N", the first and last part where known. */
struct fault {
	const char *what;
	const char *why;
	uint64_t offset;
	bool has_offset;
	bool transient; /* the system failed, not the bytes: it may do better another time */
};

/* A fault in words, cut off where it does not fit. */
enum { REASON_SIZE = 128 };

struct reason {
	char text[REASON_SIZE];
};

/* A piece of memory that is handed out in order; see arena.c. */
struct arena {
	const char *name;
	uint8_t *start;
	size_t used, size;
	bool shared;    /* by all modules: one that finds it full has not filled it alone */
	char limit[40]; /* what is said when it is full */
};

/* Bytes being written; see text.c. */
struct text {
	char *start;
	size_t size, capacity;
	int fd;    /* where they go when there is no more room; -1: nowhere */
	int error; /* errno of the first write that failed */
};

/* For sorting: a string, what it stands for, and the part of it that is being compared. */
struct key {
	uint64_t chunk;
	const char *string;
	uint32_t length, item;
};

/* What reading a command line leads to. */
enum verdict { GO_ON, WRONG_USAGE, DONE };

/* How a message begins, and who wants it. */
enum level { FATAL, ERROR, WARNING, UNRESOLVED, PLAIN, INDENTED, INFO };

/* A list of words. */
struct words {
	const char *word;
	struct words *next;
};

/* A file like those of depmod.d, being read. */
struct conf {
	struct arena *memory;
	const char *directory;           /* depmod.d, below the standard places */
	const char *first;               /* a file that counts, too, or NULL */
	bool aliases;                    /* files that end in .alias count, too */
	void (*trim)(struct span *line); /* before it is joined to another; or NULL */
	void (*read_line)(struct conf *conf, struct span line);
	const char *path; /* of the line being read */
	uint32_t line;
};

/* ---- command.c: what all commands begin and end with ------------------------------------------ */

/* Sets signals to what the program counts on; messages begin with its name from here on. */
void command_begin(const char *name);

/* Writes out what is left of standard output, with an error message where that fails. Returns the exit status:
 * `status`, or 1 then. */
int command_end(struct text *standard_output, int status);

/* Prints the help text ('h'), or name and version ('V') of the command. */
void print_about(struct text *out, char what, const char *name, const char *help);

/* A number that nobody can foresee, for hashes. */
uint64_t random_key(void);

/* The value of the environment variable `NAME=`, or "". */
const char *environment_value(const char *name);

/* ---- arguments.c: command lines ------------------------------------------------------------- */

struct arguments {
	char **next;       /* ended by NULL */
	const char *known; /* for each option "l name\n", or "l=name\n" when it takes a value */
	enum verdict (*option)(void *context, char letter, const char *value);
	enum verdict (*operand)(void *context, char *word);
	void *context;
};

/* Tells of every option and operand, until one of them is not GO_ON. A letter below ' ' cannot be typed, only
 * its name. */
enum verdict parse_arguments(struct arguments *arguments);

/* An error message of the two parts; returns WRONG_USAGE. */
enum verdict wrong_usage(const char *what, const char *word);

/* ---- conf.c: files like those of depmod.d ---------------------------------------------------- */

enum { CONFIG_FILES_MAX = 1024 };

/* Reads the files and directories of `paths` (ended by NULL), or the standard ones when `paths` is NULL,
 * highest precedence first, in the order of their names. A file that cannot be read is an error message; one
 * that is not there is nothing. */
void conf_read(struct conf *conf, const char *const *paths);

/* A message about the line being read. */
void conf_say(const struct conf *conf, enum level level, const char *what, const char *word);

/* ---- nearest.c: what a misspelt word was meant to be ------------------------------------------ */

struct nearest {
	struct span word;
	struct span found; /* .p is NULL: nothing is near */
	unsigned distance;
};

/* Keeps the candidate in nearest->found when it is nearer to the word than all before, and at most a third of the
 * word wrong. */
void nearest_try(struct nearest *nearest, struct span candidate);

/* ---- glob.c: shell patterns, for aliases ----------------------------------------------------- */

bool glob_matches(const char *pattern, const char *text);

/* ---- regex.c: POSIX extended regular expressions, for KERNEL patterns ------------------------ */

/* Whether `pattern` matches anywhere in `text` (both NUL-ended), as POSIX.1-2017 chapter 9.4 says, in the C
 * locale, without back-references. *valid tells whether the pattern is well formed; a malformed one, or
 * one beyond the matcher's limits, matches nothing. Time is bounded by pattern size times text length. */
bool regex_matches(const char *pattern, const char *text, bool *valid);

/* ---- confine.c: a worker's rights ------------------------------------------------------------ */

/* From here on the process can only read files and end; where the kernel has no such thing, nothing
 * changes. */
void confine(void);

/* ---- cores.c: the processors that this process may use --------------------------------------- */

/* How many there are; 1 where that is not known. */
uint32_t usable_cores(void);

/* Has the process go on on any core but this one, where there is another. Left to itself, a system whose idle cores
 * look busy (a virtual machine) may keep a new process waiting behind its parent for milliseconds. */
void run_elsewhere(int pid);

/* ---- crc.c: CRC-32 as gzip, xz and Ethernet use it (RFC 1952 section 8) ---------------------- */

enum { CRC32_TABLE_SIZE = 8 * 256 };

void crc32_make_table(uint32_t *table);

/* The CRC of `size` bytes that follow bytes with the CRC `crc`; 0 to begin. */
uint32_t crc32(const uint32_t *table, uint32_t crc, const uint8_t *bytes, size_t size);

/* ---- path.c: paths and names of modules ------------------------------------------------------ */

const char *base_name(const char *path);

/* How much of a file's name stands before its suffixes: what is up to the first dot. */
size_t stem_length(const char *name);

/* Whether the string of that length ends so, and is longer. */
bool ends_in(const char *string, size_t length, const char *end);

/* Whether the name ends in .o or .o.gz, as modules of the 2.4 series do. */
bool is_object(const char *path);

/* As it is when it begins with a slash; else below the working directory. */
const char *absolute_path(struct arena *memory, const char *path);

/* As names and aliases are compared and stored in indexes: with `_` for `-`, but for those in `[...]`. False
 * when a bracket has no partner. */
bool normalize(char *name);

/* Without the slashes at the end. */
size_t unslashed_length(const char *path);

/* DIRECTORY/NAME with one slash between them, or NAME alone when the directory is "". */
char *join_path(struct arena *memory, const char *directory, const char *name);

/* The file name up to its first dot, with `_` for `-`. */
const char *module_name(struct arena *memory, const char *path);

/* ---- file.c: reading files and directories --------------------------------------------------- */

enum { CURRENT_DIRECTORY = -100 }; /* AT_FDCWD */
enum file_kind { REGULAR_FILE, ANY_FILE };

/* What an errno says of a file. The system's own trouble (out of memory or of descriptors) is `transient`.
 * Where it meets the functions below, it ends the whole work in bad(): to go on would be to lose something
 * for nothing. */
struct fault system_fault(int error);

/* openat(2), for reading without a trace where that may be, and stat(2), tried again when a signal came between. The
 * second returns 0 or an errno. */
int open_again(int directory, const char *path, int flags);
struct stat;
int stat_again(int directory, const char *path, struct stat *st);

/* Whether both paths lead to one file. With AT_SYMLINK_NOFOLLOW as `flags` a link is a file of its own. */
bool is_same_file(int directory, const char *a, const char *b, int flags);

/* Whether the time a is later than b. */
struct timespec;
bool is_newer(const struct timespec *a, const struct timespec *b);

/* The whole file into `arena`. REGULAR_FILE refuses a FIFO, a device or a directory without waiting for it.
 * Returns 0 or an errno; a file that is there but breaks off (EIO) ends the work, too. */
int file_read(struct arena *arena, int directory, const char *path, enum file_kind kind, struct span *content);

/* All that is still to be read from an open file; 0 or an errno. */
int read_all(struct arena *arena, int fd, struct span *content);

enum { DIRECTORY_BUFFER = 32768, SMALLEST_ENTRY = 24 };

struct directory {
	const char *path;
	int fd, error;
	uint32_t at, count; /* of the entries in hand */
	struct key entries[DIRECTORY_BUFFER / SMALLEST_ENTRY], spare[DIRECTORY_BUFFER / SMALLEST_ENTRY];
	uint8_t records[DIRECTORY_BUFFER];
};

int directory_open(struct directory *directory, int at, const char *path);
void directory_close(struct directory *directory);

/* The next name but . and .., good until the next call, and its type as in <dirent.h>; NULL at the end, or
 * when directory->error tells why not; then it is closed. As far as they come at once, names are in the order of
 * inodes: what stands there is read from a disk faster than in the order of a directory. */
const char *directory_next(struct directory *directory, unsigned char *type);

/* ---- sort.c ---------------------------------------------------------------------------------- */

/* Both are stable; `spare` is room for n keys. By the strings' bytes (of which none is 0), or by .chunk. */
void sort_strings(struct key *keys, struct key *spare, size_t n);
void sort_chunks(struct key *keys, struct key *spare, size_t n);

/* ---- report.c: messages ---------------------------------------------------------------------- */

struct report_settings {
	const char *program; /* what messages begin with; NULL: as before, depmod at first */
	bool quiet, verbose;
	bool silent; /* nothing at all */
	bool syslog; /* to /dev/log, where it is */
};

void report_setup(struct report_settings settings);

/* One message of several parts, ended by NULL. */
void report(enum level level, const char *const *parts);
void report_fault(enum level level, const char *subject, const struct fault *fault);
const char *fault_text(struct reason *reason, const struct fault *fault);

/* The end of what -v tells; `begun` is what times(2) said then. */
void report_sums(uint32_t modules, uint32_t symbols, uint32_t aliases, uint32_t files, uint32_t begun);

/* What an errno means. */
const char *error_text(int number);

/* The parts as arguments, which take fewer bytes than an array; REPORT_PARTS_MAX at most. */
enum { REPORT_PARTS_MAX = 16 };
void report_parts(enum level level, ...) __attribute__((sentinel));

#define REPORT(level, ...) report_parts(level, __VA_ARGS__, (char *)NULL)
#define error(...) REPORT(ERROR, __VA_ARGS__)
#define warning(...) REPORT(WARNING, __VA_ARGS__)
#define info(...) REPORT(INFO, __VA_ARGS__)

/* ---- progress.c: a line on a terminal while the work takes its time -------------------------- */

/* What the run and the process that shows its progress have in common. */
struct progress {
	uint32_t found; /* modules, while there may be more */
	uint32_t total; /* all of them; 0: not known */
};

/* The run begins: its first second is silent, however many kernels it is for. */
void progress_clock(void);

/* From then on, when standard error is a terminal, one line tells how many of the modules are done(), until
 * progress_end(), or a message, after which it may begin again. done() is called by another process; *progress is in
 * memory shared with that. Does nothing when there is a line already. Ctrl-C, of which the run dies, erases the line,
 * too. */
void progress_begin(uint32_t (*done)(const void *context), const void *context, const struct progress *progress);
void progress_end(void);

/* In a process that will never say anything: the line is none of its business, on Ctrl-C neither, when one that is
 * confined would die of asking whether it is. */
void progress_leave(void);

/* For whoever waits for a process that may have a line: Ctrl-C ends the one who waits after that, not before. */
void progress_hold(bool held);

/* ---- arena.c: memory ------------------------------------------------------------------------- */

/* Finds out whether the system grants `total` bytes of address space; where not, all sizes become a half, a
 * quarter and so on: arena_share() of what they are meant to be. */
void arena_plan(size_t total);
size_t arena_share(size_t size);

/* Address space of arena_share(size) bytes, `shared` with processes forked later. None to be had ends in
 * bad(). */
void arena_reserve(struct arena *arena, const char *name, size_t size, bool shared);

/* Room for `count` objects of `size` bytes, not cleared. `alignment` is a power of two, 64 at most. */
void *arena_take(struct arena *arena, size_t count, size_t size, size_t alignment);

/* The text, which was opened with the arena's room, with a NUL behind: it stays. */
char *arena_text(struct arena *arena, struct text *text);

/* A copy of the bytes, with a NUL behind; and words that all have one value. */
char *arena_string(struct arena *arena, const char *string, size_t length);
char *arena_copy(struct arena *arena, struct span bytes);
uint32_t *new_words(struct arena *arena, size_t count, uint32_t value);

/* A copy with `with` in place of every `what`. */
const char *replace_all(struct arena *memory, const char *string, const char *what, const char *with);

/* Adds a word at the end of the list. */
void append_word(struct arena *memory, struct words **list, const char *word);

/* Back to where `used` was; pages beyond `keep` more bytes go back to the system. */
void arena_rewind(struct arena *arena, size_t used, size_t keep);

/* ---- text.c: bytes being written, lines and words being read --------------------------------- */

/* An empty text with all of the arena's room; nothing else may be taken from it until it is done. */
void text_open(struct text *text, struct arena *arena);

void text_add(struct text *text, const void *bytes, size_t size);

/* Room for so many bytes, which the caller fills, in a text that goes nowhere (fd is -1). */
char *text_room(struct text *text, size_t size);

void text_string(struct text *text, const char *string);

/* With `?` for what would steer a terminal or forge a line. */
void text_harmless(struct text *text, const char *bytes, size_t size);
/* The strings, ended by NULL, and a newline. */
void text_line(struct text *text, ...) __attribute__((sentinel));
void text_flush(struct text *text);

struct number {
	char digits[24];
};

const char *decimal(struct number *buffer, uint64_t value);

/* Reads digits from *string on and moves it behind them; false when there are none, or too many. */
bool parse_unsigned(const char **string, uint32_t *value);

/* Cut the next line (without its newline) or word off; false when there is none. */
bool next_line(struct span *rest, struct span *line);
bool next_word(struct span *line, struct span *word);
bool span_is(struct span s, const char *string);
/* Whether among the bytes is a control character; one of three; none beyond ASCII. */
bool has_control(const char *string, size_t length);
bool has_any(const char *string, size_t length, char a, char b, char c);
bool is_ascii(const char *string, size_t length);

/* The value of a hexadecimal digit; 16 for any other character. */
unsigned hex_digit(uint8_t c);

/* Appends the number with so many hexadecimal digits, or more where it needs them. */
void text_hex(struct text *text, uint64_t value, unsigned digits);

/* ---- span.c: untrusted bytes ----------------------------------------------------------------- */

/* Runs work(argument). Whatever it runs may call bad(), which ends it at once and only it: attempt()
 * then returns false and says why in *fault. Attempts nest; the innermost one is left. */
bool attempt(void (*work)(void *), void *argument, struct fault *fault);

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

/* The same for compressed data. */
#define DATA_ENDS "compressed data ends too early"
struct span take_data(struct span *s, uint64_t size);

/* The `size` bytes at `offset` of s; bad_at(why, offset) when they are not all inside. */
struct span cut(struct span s, uint64_t offset, uint64_t size, const char *why);

/* The string at `offset` of s, proven to end inside it; else bad_at(why, offset). */
const char *string_at(struct span s, uint64_t offset, const char *why);

/* Eight bytes as they lie in memory: for comparing and hashing, where order does not matter. */
static inline uint64_t any64(const void *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* memcmp() and strlen() are calls, and names are short and many. */
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

static inline void copy_bytes(char *to, const char *from, size_t size)
{
	size_t i = 0;
	uint64_t last;

	if (size < 8) {
		for (; i < size; i++)
			to[i] = from[i];
		return;
	}
	last = any64(from + size - 8);
	for (; i + 8 <= size; i += 8)
		memcpy(to + i, from + i, 8);
	memcpy(to + size - 8, &last, 8);
}

/* Integers from bytes, whatever the host's own order and alignment. Each becomes one load, so none is a
 * call. */
#define INLINE static inline __attribute__((always_inline))
/* Not worth many bytes, nor copies: what runs seldom in rooms that are built for speed. */
#define COLD __attribute__((cold, noinline))
/* The loops that such rooms are about. They call nothing that is COLD, which would make them cold, too. */
#define HOT __attribute__((hot, noinline))

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

/* Written out, compilers make one store of it. */
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

/* For 1 to 7 bytes that repeat: what they multiply with to fill eight, and how many of the eight are whole
 * repetitions. */
extern const uint64_t repeat_factor[8];
extern const uint8_t repeat_step[8];

/* Repeats the `distance` bytes before `to`, 1 to 7 of them, from there to `end`, and up to 7 bytes beyond. */
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

/* A number for eight bytes at once: the byte 1 in each, and the high bit of each. */
#define ONES UINT64_C(0x0101010101010101)
#define HIGH (ONES << 7)

/* Not 0 when one of the eight bytes is zero: there subtracting one borrows, and the byte itself has no high bit. Of
 * the high bits that are set then, the lowest is that of the first such byte. */
INLINE uint64_t zero_byte(uint64_t word)
{
	return (word - ONES) & ~word & HIGH;
}

/* The length of a string that ends with NUL, or else with `end`; eight bytes at a time while there are as many. */
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

/* Cuts the next string off, without its NUL; false when there is none. */
static inline bool next_string(struct span *rest, struct span *string)
{
	if (rest->p == rest->end)
		return false;
	string->p = rest->p;
	string->end = rest->p + length_within((const char *)rest->p, rest->end);
	rest->p = string->end + (string->end < rest->end);
	return true;
}

/* Of 1, 2, 4 or 8 bytes. */
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
