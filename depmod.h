/* depmod.h: the one header. Read from top to bottom it is the architecture:
 *
 *   options + depmod.d  ->  scan  ->  load (per module, in parallel)  ->  resolve  ->  output  ->  publish
 *                          paths     bytes -> facts                      graph       file bytes   files replaced
 *
 * A section a room (a .c file); a room calls only rooms that stand below it. What a section does not
 * offer is static in its file. The words: a module is a .ko file, compressed or not; an export is a
 * symbol it supplies, a need one it leaves undefined; the owner of a symbol is the module that supplies
 * it; an index is a modules.*.bin trie.
 */
#ifndef DEPMOD_H
#define DEPMOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- words every room uses ---------------------------------------------------------------------- */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Untrusted bytes: p <= end always. */
struct span {
	const uint8_t *p, *end;
};

/* Why some work on untrusted bytes ended: "WHAT: WHY at offset N", the first and last part where known. */
struct fault {
	const char *what;
	const char *why;
	uint64_t offset;
	bool has_offset;
};

/* ---- config.c: depmod.d -------------------------------------------------------------------------- */

struct words {
	const char *word;
	struct words *next;
};

/* Every list stands in the order of the configuration. */
struct config {
	struct words *search;    /* directory below the tree, or one of the keywords built-in and external */
	struct words *override;  /* SUBDIR/NAME of a file that wins whatever search says; a later one goes first */
	struct words *external;  /* absolute directories outside the tree */
	struct words *exclude;   /* names of directories that are never entered */
};

struct arena;

/* Reads the files and directories of `paths` (ended by NULL), or the standard ones below `base` when paths
 * is NULL, highest precedence first, for the kernel `release`. Words are kept in `memory`. A bad line, and
 * a file that cannot be read, is an error message; the rest counts. A path that is not there is nothing. */
void config_read(struct config *config, struct arena *memory, const char *const *paths, const char *release);

/* ---- regex.c: POSIX extended regular expressions, for KERNEL patterns ------------------------------ */

/* Whether `pattern` matches anywhere in `text` (both NUL-ended), as POSIX.1-2017 chapter 9.4 says, in the C
 * locale, without back-references. *valid tells whether the pattern is well formed; a malformed one, or
 * one beyond the matcher's limits, matches nothing. Time is bounded by pattern size times text length. */
bool regex_matches(const char *pattern, const char *text, bool *valid);

/* ---- inflate.c: gzip ------------------------------------------------------------------------------ */

/* The three decoders share one contract. The whole input comes in one span; the output goes to out[0] up to
 * out[capacity - 1], and is its own window; the number of bytes produced is returned. Nothing outside `in`
 * is read and nothing outside the capacity is written, not even by a wide copy. `work` is uninitialised
 * memory of the stated size, aligned to 64 bytes, and holds nothing between calls. Damaged or
 * unsupported input ends in bad(); so does output that would exceed the capacity. */

enum { INFLATE_WORK_SIZE = 32 * 1024 };

/* Decodes RFC 1952 members one after another, each RFC 1951 data, CRC and length verified. */
size_t gunzip(struct span in, uint8_t *out, size_t capacity, void *work);

/* ---- crc.c: CRC-32 as gzip, xz and Ethernet use it (RFC 1952 section 8) ---------------------------- */

enum { CRC32_TABLE_SIZE = 8 * 256 };

void crc32_make_table(uint32_t *table);

/* The CRC of `size` bytes that follow bytes with the CRC `crc`; 0 to begin. */
uint32_t crc32(const uint32_t *table, uint32_t crc, const uint8_t *bytes, size_t size);

/* ---- span.c: untrusted bytes ---------------------------------------------------------------------- */

/* Runs work(argument). Whatever it runs may call bad(), which ends it at once and only it: attempt()
 * then returns false and says why in *fault. Attempts nest; the innermost one is left. */
bool attempt(void (*work)(void *), void *argument, struct fault *fault);

_Noreturn void bad(const char *why);
_Noreturn void bad_at(const char *why, uint64_t offset);
_Noreturn void bad_in(const char *what, const char *why);
_Noreturn void bad_fault(struct fault fault);

struct span span_of(const void *bytes, size_t size);
size_t span_size(struct span s);

/* Cuts the first `size` bytes off s; bad(why) when it has fewer. */
struct span take(struct span *s, uint64_t size, const char *why);

/* The `size` bytes at `offset` of s; bad_at(why, offset) when they are not all inside. */
struct span cut(struct span s, uint64_t offset, uint64_t size, const char *why);

/* The string at `offset` of s, proven to end inside it; else bad_at(why, offset). */
const char *string_at(struct span s, uint64_t offset, const char *why);

/* Integers from bytes, whatever the host's own order and alignment. */
static inline uint16_t le16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static inline uint32_t le32(const uint8_t *p) { return le16(p) | (uint32_t)le16(p + 2) << 16; }
static inline uint64_t le64(const uint8_t *p) { return le32(p) | (uint64_t)le32(p + 4) << 32; }
static inline uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t be32(const uint8_t *p) { return (uint32_t)be16(p) << 16 | be16(p + 2); }
static inline uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }

#endif
