/* xz.h: the decoder of .xz files. Damaged ones end in bad(). */
#ifndef XZ_H
#define XZ_H

#include "../base/base.h"

/* ---- unxz.c: xz ------------------------------------------------------------------------------ */

enum { UNXZ_WORK_SIZE = 46 * 1024 };

/* A decoder (see base.h) of the streams of The .xz File Format 1.2.0, one after another, everything verified. */
size_t unxz(struct span in, uint8_t *out, size_t capacity, void *work);

/* ---- lzma2.c: the compressed data of an xz block --------------------------------------------- */

enum { LZMA2_WORK_SIZE = 29 * 1024 };

/* Decodes the chunks at *in, and cuts them and their end mark off, to out[0] up to end[-1]. Returns the end
 * of the output. No distance may exceed the dictionary size. `work` is for 16-bit integers. */
uint8_t *lzma2(struct span *in, uint8_t *out, const uint8_t *end, uint32_t dictionary_size, void *work);

/* ---- filters.c: the filters of xz that may come before LZMA2 ------------------------------------- */

struct filter {
	uint32_t id;
	uint32_t property; /* start offset, or distance */
};

/* The filter with that ID; bad() when it is unknown or the properties are not fit for it. */
struct filter filter_of(uint64_t id, struct span properties);

/* Turns all the content of a block back, in place. */
void filter_undo(struct filter filter, uint8_t *bytes, size_t size);

/* ---- checks.c: the integrity checks of xz beside CRC32 ---------------------------------------- */

enum { CRC64_TABLE_SIZE = 4 * 256, SHA256_SIZE = 32 };

void crc64_make_table(uint64_t *table);
uint64_t crc64(const uint64_t *table, struct span bytes);
void sha256(uint8_t *digest, struct span bytes);

#endif
