/* decoder.h: what the targets of the decoders share. Ours and the library's must give the same answer and the same
 * bytes; ours must not care how much room there is, nor what its memory held before. A target defines ours(),
 * theirs() and the corners where they differ. */
#include <stdlib.h>
#include <sanitizer/asan_interface.h>

#include "fuzz.h"

/* What is refused may have been decoded in part. Of that the first PARTIAL bytes are looked at, as far as they are
 * surely not what a wide copy wrote too much. */
enum { CAPACITY = 1 << 20, GUARD = 4096, PARTIAL = 8192, TOO_MUCH = 64 };

enum answer { ACCEPTED, DENIED, UNKNOWN };

/* With `work` of WORK_SIZE bytes, which the target defines. Returns the size of the output, or ends in bad(). */
static size_t ours(struct span in, uint8_t *out, size_t capacity, void *work);

static enum answer theirs(struct span in, uint8_t *out, size_t capacity, size_t *size);

/* Whether we may refuse for this reason what they accept; and the other way round, accept what they refuse. */
static bool may_refuse(const char *why);
static bool may_accept(struct span in);

/* Whether what was decoded until then is as they have it: not so where filters come after all. */
static bool parts_alike(const char *why);

struct decoding {
	struct span in;
	uint8_t *out;
	size_t capacity, size;
	void *work;
};

static void decode(void *argument)
{
	struct decoding *d = argument;

	d->size = ours(d->in, d->out, d->capacity, d->work);
}

/* Why it was refused, or NULL. */
static const char *why_not(struct decoding *d, uint8_t fill)
{
	static _Alignas(64) uint8_t work[WORK_SIZE];
	struct fault fault;

	memset(work, fill, sizeof(work));
	d->work = work;
	d->size = 0;
	return attempt(decode, d, &fault) ? NULL : fault.why;
}

/* `just_enough` bytes of room are the same as plenty, one less is too little. */
static void decode_tightly(struct span in, const uint8_t *expected, size_t just_enough)
{
	uint8_t *out = malloc(just_enough + !just_enough);
	struct decoding d = { .in = in, .out = out, .capacity = just_enough };

	CHECK(out);
	CHECK(!why_not(&d, 0xa5));
	CHECK(d.size == just_enough && memcmp(out, expected, just_enough) == 0);
	if (just_enough) {
		d.out++;
		d.capacity--;
		CHECK(why_not(&d, 0x5a));
	}
	free(out);
}

static inline bool one_of(const char *why, const char *const *whys)
{
	for (; *whys; whys++)
		if (strcmp(why, *whys) == 0)
			return true;
	return false;
}

static size_t same_length(const uint8_t *a, const uint8_t *b)
{
	size_t length = 0;

	while (length < PARTIAL && a[length] == b[length])
		length++;
	return length < TOO_MUCH ? 0 : length - TOO_MUCH;
}

/* Output, from memory that held one thing or another before: what is the same in both was decoded. Before and behind
 * it nothing may be touched. */
struct output {
	uint8_t before[GUARD], bytes[CAPACITY], behind[GUARD];
};

static struct output our_output[2], their_output[2];

static void prepare(struct output *output, uint8_t fill)
{
	ASAN_POISON_MEMORY_REGION(output->before, GUARD);
	ASAN_POISON_MEMORY_REGION(output->behind, GUARD);
	memset(output->bytes, fill, PARTIAL);
}

static void compare_parts(struct span in)
{
	size_t size, length, other_length;

	prepare(&their_output[1], 0xff);
	theirs(in, their_output[1].bytes, CAPACITY, &size);
	length = same_length(our_output[0].bytes, our_output[1].bytes);
	other_length = same_length(their_output[0].bytes, their_output[1].bytes);
	CHECK(memcmp(our_output[0].bytes, their_output[0].bytes, length < other_length ? length : other_length) == 0);
}

static void compare(struct span in)
{
	struct decoding first = { .in = in, .out = our_output[0].bytes, .capacity = CAPACITY };
	struct decoding second = { .in = in, .out = our_output[1].bytes, .capacity = CAPACITY };
	enum answer answer;
	const char *why;
	size_t size;

	prepare(&our_output[0], 0);
	prepare(&our_output[1], 0xff);
	prepare(&their_output[0], 0);
	why = why_not(&first, 0);
	CHECK(why_not(&second, 0xff) == why);
	answer = theirs(in, their_output[0].bytes, CAPACITY, &size);
	if (!why) {
		decode_tightly(in, our_output[0].bytes, first.size);
		CHECK(answer != DENIED || may_accept(in));
		CHECK(answer != ACCEPTED || (size == first.size && memcmp(our_output[0].bytes, their_output[0].bytes, size) == 0));
	} else {
		CHECK(answer != ACCEPTED || may_refuse(why));
		if (parts_alike(why))
			compare_parts(in);
	}
}
