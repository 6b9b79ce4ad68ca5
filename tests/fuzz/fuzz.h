/* fuzz.h: what the fuzz targets share. A target feeds hostile bytes to a room and says what must hold whatever they
 * are. The rooms' ways outside end in outside.c, where the linker leads them: files come from memory, of just their
 * size, so that a step beyond it is seen; messages are collected. */
#ifndef FUZZ_H
#define FUZZ_H

#include "../../depmod.h"

#define CHECK(rule) ((rule) ? (void)0 : broken(__FILE__, __LINE__, #rule))

_Noreturn void broken(const char *file, int line, const char *rule);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- what a run says ---- */

/* Two runs must say the same: results, and messages while `hear_messages` is set. Memory of the second one begins
 * with other bytes; its hashes should have another key, run_key(). */
void begin_input(void);
void begin_second_run(void);
void check_same_runs(void);
uint64_t run_key(void);
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
void say_fault(const struct fault *fault);

extern bool hear_messages;

/* Both runs of one function. It may end in bad(). */
void run_twice(void (*work)(void *input), void *input);

/* ---- what the rooms meet ---- */

/* Until the next serve_nothing(), file_read() finds this at `path`. A target that nobody asks for its file tries nothing:
 * was_read() tells. */
void serve(const char *path, struct span content);
bool was_read(const char *path);
void serve_nothing(void);

/* Whether the last line of a configuration would go on in one that is put behind it. */
bool joins_next_line(struct span in);

/* Below the tree's directory stand files with these relative paths, listed from the first on, or from the last. */
void serve_tree(const char *const *paths, size_t count, bool backwards);

/* Empty memory; that of the same name each time. */
struct arena memory_for(const char *name);

/* ---- what comes out ---- */

/* An index must be well formed; its entries, in order, are said. */
void check_index(struct span index);

#endif
