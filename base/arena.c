/* arena.c: memory. Address space is reserved once, in a few large pieces, and touched as needed. An arena hands out its
 * piece in order, and frees by going back to an earlier point: no single object is ever freed, so none is freed
 * twice. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "base.h"

enum { PAGE = 4096, SMALLEST = 1 << 20 };

static void describe_limit(struct arena *arena)
{
	struct text text = { .start = arena->limit, .capacity = sizeof(arena->limit), .fd = -1 };
	struct number mebibytes;

	text_string(&text, "all of ");
	text_string(&text, decimal(&mebibytes, arena->size >> 20));
	text_add(&text, " MiB are used up", sizeof(" MiB are used up"));
}

/* How many times every size is halved, because the system grants little address space. */
static unsigned scarcity;

static void *map(size_t size, bool shared)
{
	int kind = (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_NORESERVE;

	return mmap(NULL, size, PROT_READ | PROT_WRITE, kind, -1, 0);
}

void arena_plan(size_t total)
{
	void *trial = map(total, false);

	for (scarcity = 0; trial == MAP_FAILED && total >> scarcity > SMALLEST;)
		trial = map(total >> ++scarcity, false);
	if (trial != MAP_FAILED)
		munmap(trial, total >> scarcity);
}

size_t arena_share(size_t size)
{
	return size >> scarcity;
}

static void begin(struct arena *arena, const char *name, void *start, size_t size, bool shared)
{
	if (start == MAP_FAILED)
		bad_in(name, "no memory");
	*arena = (struct arena){ .name = name, .start = start, .size = arena_share(size), .shared = shared };
	describe_limit(arena);
}

void arena_reserve(struct arena *arena, const char *name, size_t size, bool shared)
{
	begin(arena, name, map(arena_share(size), shared), size, shared);
}

void arena_reserve_alone(struct arena *arena, const char *name, size_t size, bool shared)
{
	void *start = map(arena_share(size), shared);

	while (start == MAP_FAILED && arena_share(size) > SMALLEST) {
		scarcity++;
		start = map(arena_share(size), shared);
	}
	/* Pages that are huge take longer to be cleared than a short run lasts. */
	if (start != MAP_FAILED)
		(void)madvise(start, arena_share(size), MADV_NOHUGEPAGE);
	begin(arena, name, start, size, shared);
}

void *arena_take(struct arena *arena, size_t count, size_t size, size_t alignment)
{
	size_t at = (arena->used + alignment - 1) & ~(alignment - 1);

	if (at > arena->size || (size && count > (arena->size - at) / size))
		bad_fault((struct fault){ .what = arena->name, .why = arena->limit, .transient = arena->shared });
	arena->used = at + count * size;
	return arena->start + at;
}

char *arena_string(struct arena *arena, const char *string, size_t length)
{
	char *copy = arena_take(arena, length + 1, 1, 1);

	memcpy(copy, string, length);
	copy[length] = 0;
	return copy;
}

char *arena_copy(struct arena *arena, struct span bytes)
{
	return arena_string(arena, (const char *)bytes.p, span_size(bytes));
}

char *arena_text(struct arena *arena, struct text *text)
{
	text_add(text, "", 1);
	return arena_take(arena, text->size, 1, 1);
}

const char *replace_all(struct arena *memory, const char *string, const char *what, const char *with)
{
	struct text text;
	const char *found;

	text_open(&text, memory);
	for (; (found = strstr(string, what)); string = found + strlen(what)) {
		text_add(&text, string, (size_t)(found - string));
		text_string(&text, with);
	}
	text_string(&text, string);
	return arena_text(memory, &text);
}

void append_word(struct arena *memory, struct words ***end, const char *word)
{
	struct words *entry = arena_take(memory, 1, sizeof(*entry), sizeof(void *));

	*entry = (struct words){ .word = word };
	**end = entry;
	*end = &entry->next;
}

uint32_t *new_words(struct arena *arena, size_t count, uint32_t value)
{
	uint32_t *words = arena_take(arena, count, sizeof(*words), sizeof(*words));

	for (size_t i = 0; i < count; i++)
		words[i] = value;
	return words;
}

void arena_rewind(struct arena *arena, size_t used, size_t keep)
{
	size_t kept = (used + keep + PAGE - 1) & ~(size_t)(PAGE - 1);

	if (arena->used > kept)
		madvise(arena->start + kept, arena->used - kept, MADV_DONTNEED);
	arena->used = used;
}
