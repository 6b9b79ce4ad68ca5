/* span.c: checked reading of untrusted bytes.
 *
 * A span is a run of bytes that came from a file. Checks compare sizes, never pointers: an offset from a file is known
 * to fit before it is added to a pointer. An offset or size that does not fit ends in bad(), which leaves the innermost
 * attempt(). Nothing has to be freed then: arenas are wound back (see arena.c). */
#include <setjmp.h>

#include "base.h"

const uint64_t repeat_factor[8] = {
	0,
	0x0101010101010101,
	0x0001000100010001,
	0x0001000001000001,
	0x0000000100000001,
	0x0000010000000001,
	0x0001000000000001,
	0x0100000000000001,
};
const uint8_t repeat_step[8] = { 0, 8, 8, 6, 8, 5, 6, 7 };

struct handler {
	struct handler *outer;
	struct fault *fault; /* of the caller of attempt() */
	jmp_buf out;
};

static struct handler *innermost;

bool attempt(void (*work)(void *), void *argument, struct fault *fault)
{
	struct handler here = { .outer = innermost, .fault = fault };

	if (setjmp(here.out)) {
		innermost = here.outer;
		return false;
	}
	innermost = &here;
	work(argument);
	innermost = here.outer;
	return true;
}

_Noreturn void bad_fault(struct fault fault)
{
	*innermost->fault = fault;
	longjmp(innermost->out, 1);
}

_Noreturn void bad(const char *why)
{
	bad_fault((struct fault){ .why = why });
}

_Noreturn void bad_at(const char *why, uint64_t offset)
{
	bad_fault((struct fault){ .why = why, .offset = offset, .has_offset = true });
}

_Noreturn void bad_in(const char *what, const char *why)
{
	bad_fault((struct fault){ .what = what, .why = why });
}

void copy_bytes(char *to, const char *from, size_t size)
{
	uint64_t last;

	if (size < 8) {
		while (size--)
			to[size] = from[size];
		return;
	}
	memcpy(&last, from + size - 8, 8);
	for (size_t i = 0; i + 8 <= size; i += 8)
		memcpy(to + i, from + i, 8);
	memcpy(to + size - 8, &last, 8);
}

struct span span_of(const void *bytes, size_t size)
{
	return (struct span){ bytes, (const uint8_t *)bytes + size };
}

struct span take(struct span *s, uint64_t size, const char *why)
{
	struct span child = *s;

	if (size > span_size(*s))
		bad(why);
	s->p += size;
	child.end = s->p;
	return child;
}

struct span take_data(struct span *s, uint64_t size)
{
	return take(s, size, DATA_ENDS);
}

struct span cut(struct span s, uint64_t offset, uint64_t size, const char *why)
{
	if (offset > span_size(s) || size > span_size(s) - offset)
		bad_at(why, offset);
	return span_of(s.p + offset, (size_t)size);
}

const char *string_at(struct span s, uint64_t offset, const char *why)
{
	if (offset >= span_size(s) || !memchr(s.p + offset, 0, span_size(s) - (size_t)offset))
		bad_at(why, offset);
	return (const char *)s.p + offset;
}
