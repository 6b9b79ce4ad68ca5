/* sizes.h: how much memory each part of the work may take. It is address space: reserved once, and only touched as
 * needed. On a 64-bit host there is enough for 100,000 modules; where the system grants less, arena_plan() halves all
 * of it. */
#ifndef SIZES_H
#define SIZES_H

#include <stddef.h>
#include <stdint.h>

/* A mark for each name of a worker; a spelling and four words, and a fifth to align, for each symbol. */
#define WORKER_SYMBOLS (WORKER_FACTS / 256 * 8 + SYMBOLS_OF_MODULE * (size_t)(5 * 4 + 16))

#if SIZE_MAX > UINT32_MAX
enum { JOBS_MAX = 64, MODULES_MAX = 1 << 20 };
#define SYMBOLS_MAX (UINT32_C(4) << 20)
#define SYMBOLS_OF_MODULE (UINT32_C(1) << 18) /* needs, or exports, of one module */
#define RUN_MEMORY ((size_t)4 << 30)          /* tree, graph, configuration */
#define SCRATCH_MEMORY ((size_t)1 << 30)      /* input files, tables for a while */
#define SHARED_MEMORY ((size_t)256 << 20)     /* what all workers share */
#define OUTPUT_MEMORY ((size_t)1 << 30)       /* each of four: a file, the keys of an index, its values, strings */
#define WORKER_FACTS ((size_t)1 << 30)        /* what one worker learns */
#define WORKER_SCRATCH ((size_t)1 << 30)      /* one module: file, decoded, sections */
#define DECODED_LIMIT ((size_t)512 << 20)     /* a module larger than this is no module; */
#define FILE_LIMIT ((size_t)256 << 20)        /* nor is a compressed file */
#else
enum { JOBS_MAX = 4, MODULES_MAX = 1 << 17 };
#define SYMBOLS_MAX (UINT32_C(1) << 20)
#define SYMBOLS_OF_MODULE (UINT32_C(1) << 18)
#define RUN_MEMORY ((size_t)256 << 20)
#define SCRATCH_MEMORY ((size_t)128 << 20)
#define SHARED_MEMORY ((size_t)32 << 20)
#define OUTPUT_MEMORY ((size_t)128 << 20)
#define WORKER_FACTS ((size_t)128 << 20)
#define WORKER_SCRATCH ((size_t)320 << 20)
#define DECODED_LIMIT ((size_t)192 << 20)
#define FILE_LIMIT ((size_t)96 << 20)
#endif

#endif
