/* text.c: bytes being written, and lines and words being read; in place of stdio. */
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "base.h"

void text_open(struct text *text, struct arena *arena)
{
	*text = (struct text){ .start = (char *)arena->start + arena->used,
			       .capacity = arena->size - arena->used,
			       .fd = -1 };
}

void text_flush(struct text *text)
{
	size_t done = 0;

	while (done < text->size && !text->error) {
		ssize_t n = write(text->fd, text->start + done, text->size - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			text->error = n == 0 ? ENOSPC : errno;
	}
	text->size = 0;
}

void text_add(struct text *text, const void *bytes, size_t size)
{
	while (size > text->capacity - text->size) {
		size_t part = text->capacity - text->size;

		if (text->fd < 0)
			bad_in("output file", "grows too large");
		memcpy(text->start + text->size, bytes, part);
		text->size = text->capacity;
		text_flush(text);
		bytes = (const char *)bytes + part;
		size -= part;
	}
	memcpy(text->start + text->size, bytes, size);
	text->size += size;
}

char *text_room(struct text *text, size_t size)
{
	if (size > text->capacity - text->size && text->fd >= 0)
		text_flush(text);
	if (size > text->capacity - text->size)
		bad_in("output file", "grows too large");
	text->size += size;
	return text->start + text->size - size;
}

void text_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_harmless(struct text *text, const char *bytes, size_t size)
{
	for (; size--; bytes++)
		text_add(text, (uint8_t)*bytes < ' ' || *bytes == 0x7f ? "?" : bytes, 1);
}

void text_line(struct text *text, ...)
{
	const char *part;
	va_list list;

	va_start(list, text);
	while ((part = va_arg(list, const char *)))
		text_string(text, part);
	va_end(list);
	text_add(text, "\n", 1);
}

const char *decimal(struct number *buffer, uint64_t value)
{
	/* cppcheck-suppress ctuuninitvar; it is about to be written */
	char *p = buffer->digits + sizeof(buffer->digits) - 1;

	*p = 0;
	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	return p;
}

bool parse_unsigned(const char **string, uint32_t *value)
{
	const char *p = *string;
	uint64_t sum = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		sum = sum * 10 + (uint64_t)(*p - '0');
		if (sum > UINT32_MAX)
			return false;
	}
	if (p == *string)
		return false;
	*string = p;
	*value = (uint32_t)sum;
	return true;
}

bool next_line(struct span *rest, struct span *line)
{
	const uint8_t *end;

	if (rest->p == rest->end)
		return false;
	end = memchr(rest->p, '\n', span_size(*rest));
	*line = (struct span){ rest->p, end ? end : rest->end };
	rest->p = end ? end + 1 : rest->end;
	return true;
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

bool next_word(struct span *line, struct span *word)
{
	while (line->p < line->end && blank(*line->p))
		line->p++;
	word->p = line->p;
	while (line->p < line->end && !blank(*line->p))
		line->p++;
	word->end = line->p;
	return word->p < word->end;
}

bool next_string(struct span *rest, struct span *string)
{
	if (rest->p == rest->end)
		return false;
	string->p = rest->p;
	string->end = rest->p + length_within((const char *)rest->p, rest->end);
	rest->p = string->end + (string->end < rest->end);
	return true;
}

bool span_is(struct span s, const char *string)
{
	size_t length = strlen(string);

	return span_size(s) == length && memcmp(s.p, string, length) == 0;
}

/* Eight bytes of the string: those from number i on or, where it ends before, its last eight. Of a shorter string all,
 * and its first byte again in place of those that are missing. */
INLINE uint64_t eight_at(const char *string, size_t length, size_t i)
{
	uint64_t word;

	if (length >= 8)
		return any64(string + (i < length - 8 ? i : length - 8));
	word = ONES * (uint8_t)*string;
	while (i < length)
		word = word << 8 | (uint8_t)string[i++];
	return word;
}

/* A byte is below 0x20 where subtracting 0x20 borrows and its high bit is clear; it is 0x7f where adding 1 to its low
 * seven bits sets the high one, which it had not. */
bool has_control(const char *string, size_t length)
{
	for (size_t i = 0; i < length; i += 8) {
		uint64_t word = eight_at(string, length, i);

		if (((word - ONES * 0x20) | ((word & ~HIGH) + ONES)) & ~word & HIGH)
			return true;
	}
	return false;
}

bool has_any(const char *string, size_t length, char a, char b, char c)
{
	uint64_t all_a = ONES * (uint8_t)a, all_b = ONES * (uint8_t)b, all_c = ONES * (uint8_t)c;

	for (size_t i = 0; i < length; i += 8) {
		uint64_t word = eight_at(string, length, i);

		if (zero_byte(word ^ all_a) | zero_byte(word ^ all_b) | zero_byte(word ^ all_c))
			return true;
	}
	return false;
}

bool is_ascii(const char *string, size_t length)
{
	uint64_t all = 0;

	for (size_t i = 0; i < length; i += 8)
		all |= eight_at(string, length, i);
	return !(all & HIGH);
}

const char *nth_string(const char *strings, size_t number)
{
	while (number--)
		strings += strlen(strings) + 1;
	return strings;
}

unsigned hex_digit(uint8_t c)
{
	uint8_t lower = c | 32;

	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	return lower >= 'a' && lower <= 'f' ? lower - (unsigned)'a' + 10 : 16;
}

void text_hex(struct text *text, uint64_t value, unsigned digits)
{
	unsigned count = 16;

	while (count > digits && !(value >> (count * 4 - 4)))
		count--;
	while (count--)
		text_add(text, &"0123456789abcdef"[value >> count * 4 & 15], 1);
}
