/* decoding.h: what the tests of the decoders share: streams as hex, and decoding into exact blocks. A test defines which
 * decoder: DECODER, and the WORK_SIZE that it wants. */
#include <stdlib.h>
#include <string.h>

#include "streams.h"

static void *copy_of(const void *bytes, size_t size)
{
	void *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	return copy;
}

struct run {
	struct span in;
	uint8_t *out;
	size_t capacity, size;
	void *work;
};

static void run_decoder(void *argument)
{
	struct run *run = argument;

	run->size = DECODER(run->in, run->out, run->capacity, run->work);
}

/* Decodes to out[0..capacity). Returns the reason why not, or NULL and the size. The work area is as the decoder left it the
 * last time. */
static const char *decode(const void *in, size_t in_size, void *out, size_t capacity, size_t *size)
{
	static uint8_t *work;
	uint8_t *const input = copy_of(in, in_size);
	struct run run = { .in = span_of(input, in_size), .out = out, .capacity = capacity };
	struct fault fault;
	bool good;

	if (!work) {
		work = aligned_alloc(64, WORK_SIZE);
		assert_non_null(work);
		memset(work, 0xa5, WORK_SIZE);
	}
	run.work = work;
	good = attempt(run_decoder, &run, &fault);
	*size = run.size;
	free(input);
	return good ? NULL : fault.why;
}

/* The same into memory of just `capacity` bytes, whose content must be `text` if that is given. */
static const char *decode_to(const void *in, size_t in_size, size_t capacity, const void *text,
                             size_t text_size)
{
	uint8_t *const out = malloc(capacity ? capacity : 1);
	const char *why;
	size_t size;

	assert_non_null(out);
	why = decode(in, in_size, out, capacity, &size);
	if (!why && text) {
		assert_int_equal(size, text_size);
		assert_memory_equal(out, text, text_size);
	}
	free(out);
	return why;
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t from_hex(uint8_t *bytes, const char *hex)
{
	size_t size = 0;

	for (; *hex; hex++)
		if (*hex != ' ') {
			bytes[size++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
			hex++;
		}
	return size;
}

enum { SPARE = 1 << 20 };  /* room for the fast loops */

static void check_real_stream(const char *name, const uint8_t *bytes, size_t size, const uint8_t *text,
			      size_t text_size)
{
	const char *why = decode_to(bytes, size, text_size, text, text_size);

	if (!why)
		why = decode_to(bytes, size, text_size + SPARE, text, text_size);
	if (why)
		fail_msg("%s: %s", name, why);
	if (text_size && !decode_to(bytes, size, text_size - 1, NULL, 0))
		fail_msg("%s: fits where it cannot", name);
	if (!decode_to(bytes, size - 1, text_size, NULL, 0))
		fail_msg("%s: decoded without its last byte", name);
}
