/* text.c, span.c and report.c: bytes in, bytes out, ways out, and the form of messages. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../base/base.h"

static const uint8_t eight[] = { 0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88 };

static const char five[] = { 'a', 'b', '\0', 'c', 'd' };

struct work {
	struct span span, result;
	uint64_t offset, size;
	struct text *text;
};

static void expect_fault(void (*work)(void *), void *argument, struct fault expected)
{
	struct fault fault = { "-", "-", 77, true, false };

	assert_false(attempt(work, argument, &fault));
	assert_string_equal(fault.why, expected.why);
	if (expected.what)
		assert_string_equal(fault.what, expected.what);
	else
		assert_null(fault.what);
	assert_int_equal(fault.has_offset, expected.has_offset);
	if (expected.has_offset)
		assert_true(fault.offset == expected.offset);
}

/* ---- span.c: spans ------------------------------------------------------------------------ */

static void take_it(void *argument)
{
	struct work *w = argument;

	w->result = take(&w->span, w->size, "too short");
}

static void take_cuts_the_front_off(void **state)
{
	struct work w = { .span = span_of(five, 5), .size = 2 };
	struct fault fault;

	(void)state;
	assert_true(attempt(take_it, &w, &fault));
	assert_ptr_equal(w.result.p, five);
	assert_int_equal(span_size(w.result), 2);
	assert_ptr_equal(w.span.p, five + 2);
	w.size = 0;
	assert_true(attempt(take_it, &w, &fault));
	assert_int_equal(span_size(w.result), 0);
	w.size = 3;
	assert_true(attempt(take_it, &w, &fault));
	assert_int_equal(span_size(w.span), 0);
	w.size = 0;
	assert_true(attempt(take_it, &w, &fault));
}

static void take_refuses_more_than_there_is(void **state)
{
	static const uint64_t sizes[] = { 6, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX - 5,
					  UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct work w = { .span = span_of(five, 5), .size = sizes[i] };

		expect_fault(take_it, &w, (struct fault){ .why = "too short" });
		assert_ptr_equal(w.span.p, five);
		assert_int_equal(span_size(w.span), 5);
	}
}

static void cut_it(void *argument)
{
	struct work *w = argument;

	w->result = cut(w->span, w->offset, w->size, "outside");
}

static void cut_gives_what_is_inside(void **state)
{
	(void)state;
	for (uint64_t offset = 0; offset <= 6; offset++)
		for (uint64_t size = 0; size <= 6; size++) {
			struct work w = { .span = span_of(five, 5), .offset = offset,
					  .size = size };
			struct fault fault = { 0 };

			assert_int_equal(attempt(cut_it, &w, &fault), offset + size <= 5);
			if (offset + size > 5)
				continue;
			assert_ptr_equal(w.result.p, five + offset);
			assert_int_equal(span_size(w.result), size);
		}
}

static void cut_refuses_what_is_outside_at_the_offset(void **state)
{
	static const uint64_t outside[][2] = {
		{ 6, 0 }, { 5, 1 }, { 0, 6 }, { 1, UINT64_MAX }, { UINT64_MAX, 1 },
		{ UINT64_MAX, 0 },
		{ UINT64_MAX, UINT64_MAX }, { UINT64_C(1) << 32, 0 }, { 0, UINT64_C(1) << 32 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(outside); i++) {
		struct work w = { .span = span_of(five, 5), .offset = outside[i][0],
				  .size = outside[i][1] };

		expect_fault(cut_it, &w, (struct fault){ NULL, "outside", outside[i][0], true, false });
	}
}

static void string_it(void *argument)
{
	struct work *w = argument;

	w->result.p = (const uint8_t *)string_at(w->span, w->offset, "no string");
}

static void string_at_gives_strings_that_end(void **state)
{
	(void)state;
	for (uint64_t offset = 0; offset < 3; offset++) {
		struct work w = { .span = span_of(five, 5), .offset = offset };
		struct fault fault;

		assert_true(attempt(string_it, &w, &fault));
		assert_ptr_equal(w.result.p, five + offset);
	}
}

static void string_at_refuses_what_does_not_end_at_the_offset(void **state)
{
	static const uint64_t offsets[] = { 3, 4, 5, 6, UINT64_C(1) << 32, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(offsets); i++) {
		struct work w = { .span = span_of(five, 5), .offset = offsets[i] };

		expect_fault(string_it, &w, (struct fault){ NULL, "no string", offsets[i], true, false });
	}
}

static void integers_from_bytes_at_any_place(void **state)
{
	uint8_t bytes[9];

	(void)state;
	for (int shift = 0; shift < 2; shift++) {
		const uint8_t *p = bytes + shift;

		memcpy(bytes + shift, eight, 8);
		assert_true(le16(p) == 0x8201);
		assert_true(be16(p) == 0x0182);
		assert_true(le32(p) == 0x84038201);
		assert_true(be32(p) == 0x01820384);
		assert_true(le64(p) == UINT64_C(0x8807860584038201));
		assert_true(be64(p) == UINT64_C(0x0182038405860788));
		assert_true(le32(p + 1) == 0x05840382);
		assert_true(be32(p + 3) == 0x84058607);
	}
	memset(bytes, 0xff, sizeof(bytes));
	assert_true(le16(bytes) == UINT16_MAX && be16(bytes) == UINT16_MAX);
	assert_true(le32(bytes) == UINT32_MAX && be32(bytes) == UINT32_MAX);
	assert_true(le64(bytes) == UINT64_MAX && be64(bytes) == UINT64_MAX);
}

/* ---- span.c: attempts --------------------------------------------------------------------- */

static void each_way_out(void *argument)
{
	switch (*(int *)argument) {
	case 0: bad("why");
	case 1: bad_at("why", 0);
	case 2: bad_at("why", UINT64_MAX);
	case 3: bad_in("what", "why");
	default: bad_fault((struct fault){ "what", "why", 5, true, false });
	}
}

static void each_way_out_says_what_it_knows(void **state)
{
	static const struct fault faults[] = {
		{ NULL, "why", 0, false, false }, { NULL, "why", 0, true, false },
		{ NULL, "why", UINT64_MAX, true, false },
		{ "what", "why", 0, false, false }, { "what", "why", 5, true, false },
	};

	(void)state;
	for (int way = 0; way < 5; way++)
		expect_fault(each_way_out, &way, faults[way]);
}

static void nothing(void *argument)
{
	++*(int *)argument;
}

static void work_that_ends_well_leaves_the_fault_alone(void **state)
{
	struct fault fault = { "x", "y", 3, false, false };
	int calls = 0;

	(void)state;
	assert_true(attempt(nothing, &calls, &fault));
	assert_int_equal(calls, 1);
	assert_string_equal(fault.what, "x");
	assert_int_equal(fault.offset, 3);
}

/* Levels attempt the next one down to a depth; the innermost fails, and each passes it on. */
struct nested {
	unsigned depth, left;
};

static void level(void *argument)
{
	struct nested *n = argument;
	unsigned depth = n->depth;
	struct fault fault = { 0 };

	if (!n->depth--)
		bad_at("innermost", 0);
	assert_false(attempt(level, n, &fault));
	assert_int_equal(fault.offset, depth - 1);
	n->left++;
	bad_at("passed on", depth);
}

static void attempts_nest_and_the_innermost_is_left(void **state)
{
	struct nested n = { 20, 0 };

	(void)state;
	expect_fault(level, &n, (struct fault){ NULL, "passed on", 20, true, false });
	assert_int_equal(n.left, 20);
}

static void attempt_within(void *argument)
{
	struct fault inner;
	int *way = argument;

	assert_false(attempt(each_way_out, way, &inner));
	assert_true(attempt(nothing, way, &inner));
	bad_in("outer", "after an attempt inside");
}

static void after_an_attempt_inside_the_outer_one_is_left(void **state)
{
	int way = 0;

	(void)state;
	expect_fault(attempt_within, &way,
		     (struct fault){ .what = "outer", .why = "after an attempt inside" });
	assert_int_equal(way, 1);
}

/* ---- text.c: reading ---------------------------------------------------------------------- */

/* Lines in brackets, so that one string tells them all; the bytes are a heap block. */
static void check_pieces(bool (*next)(struct span *, struct span *), const char *text,
			 const char *expected)
{
	size_t size = strlen(text), at = 0;
	char *bytes = malloc(size + !size), found[200] = "";
	struct span rest, piece;

	memcpy(bytes, text, size);
	rest = span_of(bytes, size);
	while (next(&rest, &piece))
		at += (size_t)snprintf(found + at, sizeof(found) - at, "[%.*s]",
				       (int)span_size(piece),
				       (const char *)piece.p);
	assert_int_equal(span_size(rest), 0);
	assert_string_equal(found, expected);
	free(bytes);
}

static void lines_without_their_newlines(void **state)
{
	(void)state;
	check_pieces(next_line, "", "");
	check_pieces(next_line, "\n", "[]");
	check_pieces(next_line, "a", "[a]");
	check_pieces(next_line, "a\n", "[a]");
	check_pieces(next_line, "a\nb", "[a][b]");
	check_pieces(next_line, "\n\na\n\nb\n\n", "[][][a][][b][]");
	check_pieces(next_line, " a \r\n\tb", "[ a \r][\tb]");
}

static void words_between_blanks_and_tabs(void **state)
{
	(void)state;
	check_pieces(next_word, "", "");
	check_pieces(next_word, " \t ", "");
	check_pieces(next_word, "a", "[a]");
	check_pieces(next_word, " a", "[a]");
	check_pieces(next_word, "a\t ", "[a]");
	check_pieces(next_word, "\tab  c\t\td:e", "[ab][c][d:e]");
	check_pieces(next_word, "a\rb\vc\nd", "[a\rb\vc\nd]");
}

static void a_span_is_a_string_of_its_size(void **state)
{
	(void)state;
	assert_true(span_is(span_of("", 0), ""));
	assert_true(span_is(span_of("abc", 3), "abc"));
	assert_false(span_is(span_of("abc", 2), "abc"));
	assert_false(span_is(span_of("abc", 3), "ab"));
	assert_false(span_is(span_of("abc", 3), "abd"));
	assert_false(span_is(span_of("a\0c", 3), "a"));
}

static void control_characters_are_below_blank_and_delete(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[3] = { 'a', (char)byte, 'b' };

		assert_int_equal(has_control(text, 3), byte < 32 || byte == 127);
		assert_int_equal(has_control(text, 2), byte < 32 || byte == 127);
		assert_false(has_control(text, 1));
	}
	assert_false(has_control("\n", 0));
}

static void numbers_are_written_in_decimal(void **state)
{
	static const struct { uint64_t value; const char *text; } lines[] = {
		{ 0, "0" }, { 1, "1" }, { 9, "9" }, { 10, "10" }, { 1000000, "1000000" },
		{ UINT32_MAX, "4294967295" }, { UINT64_C(1) << 32, "4294967296" },
		{ UINT64_C(9999999999999999999), "9999999999999999999" },
		{ UINT64_C(10000000000000000000), "10000000000000000000" },
		{ UINT64_MAX, "18446744073709551615" },
	};
	struct number number;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_string_equal(decimal(&number, lines[i].value), lines[i].text);
}

static void numbers_are_read_up_to_32_bits(void **state)
{
	static const struct { const char *text; uint32_t value; const char *rest; } lines[] = {
		{ "0", 0, "" }, { "7x", 7, "x" }, { "12 3", 12, " 3" }, { "0x10", 0, "x10" },
		{ "4294967295", UINT32_MAX, "" }, { "4294967295,", UINT32_MAX, "," },
		{ "00000000000000000000000000000000012", 12, "" }, { "1:", 1, ":" },
		{ "1/", 1, "/" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const char *rest = lines[i].text;
		uint32_t value = 99;

		assert_true(parse_unsigned(&rest, &value));
		assert_int_equal(value, lines[i].value);
		assert_string_equal(rest, lines[i].rest);
	}
}

static void no_digits_or_too_many_are_no_number(void **state)
{
	static const char *const texts[] = {
		"", "x", " 1", "-1", "+1", "/", ":", "4294967296", "4294967300", "9999999999",
		"18446744073709551616", "18446744073709551617", "99999999999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const char *rest = texts[i];
		uint32_t value = 99;

		assert_false(parse_unsigned(&rest, &value));
		assert_ptr_equal(rest, texts[i]);
		assert_int_equal(value, 99);
	}
}

/* ---- text.c: writing ---------------------------------------------------------------------- */

static void a_text_takes_all_of_the_arena(void **state)
{
	uint8_t room[16] = "";
	struct arena arena = { .start = room, .used = 3, .size = sizeof(room) };
	struct text text;

	(void)state;
	text_open(&text, &arena);
	text_string(&text, "ab");
	text_add(&text, "\0c", 2);
	text_add(&text, "", 0);
	text_line(&text, "d", "", "ef", (char *)NULL);
	text_line(&text, (char *)NULL);
	assert_int_equal(text.size, 9);
	assert_memory_equal(room, "\0\0\0ab\0cdef\n\n\0\0\0\0", 16);
}

static void add_six(void *argument)
{
	text_add(((struct work *)argument)->text, "123456", 6);
}

static void a_text_without_a_file_refuses_what_has_no_room(void **state)
{
	char *room = malloc(11);
	struct text text = { .start = room, .capacity = 11, .fd = -1 };
	struct work w = { .text = &text };

	(void)state;
	text_string(&text, "12345");
	text_string(&text, "123456");
	assert_int_equal(text.size, 11);
	text.size = 6;
	expect_fault(add_six, &w,
		     (struct fault){ .what = "output file", .why = "grows too large" });
	assert_int_equal(text.size, 6);
	free(room);
}

static size_t read_from(int fd, char *to, size_t room)
{
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, to + size, room - size)) > 0)
		size += (size_t)n;
	close(fd);
	return size;
}

static void a_text_with_a_file_passes_on_what_has_no_room(void **state)
{
	char room[7], found[3000], expected[3000];
	struct text text = { .start = room, .capacity = sizeof(room) };
	int ends[2];
	size_t size = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	text.fd = ends[1];
	for (size_t length = 0; length < 60; length++) {
		memset(expected + size, 'a' + (int)length % 26, length);
		text_add(&text, expected + size, length);
		size += length;
	}
	text_flush(&text);
	text_flush(&text);
	close(ends[1]);
	assert_int_equal(text.error, 0);
	assert_int_equal(read_from(ends[0], found, sizeof(found)), size);
	assert_memory_equal(found, expected, size);
}

static char drained[300000];
static size_t drained_size;
static int drain;

static void drain_the_pipe(int signal)
{
	ssize_t n = read(drain, drained + drained_size, sizeof(drained) - drained_size);

	(void)signal;
	if (n > 0)
		drained_size += (size_t)n;
}

/* The pipe is emptied by a signal that comes while it is full, which ends the write halfway. */
static void interrupted_writes_go_on_where_they_ended(void **state)
{
	static char room[200000];
	struct sigaction action = { .sa_handler = drain_the_pipe };
	struct itimerval timer = { { 0, 2000 }, { 0, 2000 } };
	struct text text = { .start = room, .capacity = sizeof(room) };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	drain = ends[0];
	text.fd = ends[1];
	fcntl(drain, F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = (char)(i * 7 % 251);
	text.size = sizeof(room);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	text_flush(&text);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	close(ends[1]);
	drained_size += read_from(drain, drained + drained_size, sizeof(drained) - drained_size);
	assert_int_equal(text.error, 0);
	assert_int_equal(drained_size, sizeof(room));
	assert_memory_equal(drained, room, sizeof(room));
}

static void the_first_write_that_fails_is_remembered(void **state)
{
	char room[4];
	struct text text = { .start = room, .capacity = sizeof(room), .fd = 9999 };

	(void)state;
	text_string(&text, "abc");
	assert_int_equal(text.error, 0);
	text_string(&text, "abcdefghijkl");
	assert_int_equal(text.error, EBADF);
	text.fd = open("/dev/full", O_WRONLY);
	text_flush(&text);
	assert_int_equal(text.error, EBADF);
	text.error = 0;
	text_string(&text, "abc");
	text_flush(&text);
	assert_int_equal(text.error, ENOSPC);
	assert_int_equal(text.size, 0);
	close(text.fd);
}

/* ---- report.c ----------------------------------------------------------------------------- */

static char message[8192];

/* Standard error is a pipe from here to there. */
static int own_error, read_end;

static void listen_to_errors(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	own_error = dup(2);
	dup2(ends[1], 2);
	close(ends[1]);
	read_end = ends[0];
}

static void expect_message(const char *expected)
{
	dup2(own_error, 2);
	close(own_error);
	message[read_from(read_end, message, sizeof(message) - 1)] = '\0';
	assert_string_equal(message, expected);
}

static void each_level(void)
{
	listen_to_errors();
	for (enum level l = FATAL; l <= INFO; l++)
		REPORT(l, "message");
}

static void each_level_has_its_label(void **state)
{
	(void)state;
	report_setup((struct report_settings){ .verbose = true });
	each_level();
	expect_message("depmod: FATAL: message\ndepmod: ERROR: message\ndepmod: WARNING: message\n"
		       "depmod: WARNING: message\ndepmod: message\ndepmod: \tmessage\ndepmod: INFO: message\n");
}

static void quiet_leaves_out_warnings_but_what_was_asked_for(void **state)
{
	(void)state;
	report_setup((struct report_settings){ .quiet = true });
	each_level();
	expect_message("depmod: FATAL: message\ndepmod: ERROR: message\n"
		       "depmod: WARNING: message\ndepmod: message\ndepmod: \tmessage\n");
	report_setup((struct report_settings){ .quiet = true, .verbose = true });
	each_level();
	expect_message("depmod: FATAL: message\ndepmod: ERROR: message\ndepmod: WARNING: message\n"
		       "depmod: message\ndepmod: \tmessage\ndepmod: INFO: message\n");
}

static void information_is_for_verbose_only(void **state)
{
	(void)state;
	report_setup((struct report_settings){ .quiet = false });
	each_level();
	expect_message("depmod: FATAL: message\ndepmod: ERROR: message\ndepmod: WARNING: message\n"
		       "depmod: WARNING: message\ndepmod: message\ndepmod: \tmessage\n");
}

static void parts_are_joined_and_cannot_steer_a_terminal(void **state)
{
	(void)state;
	listen_to_errors();
	error("a", "", "b c", "\n\r\t\x1b[2J\x7f\x01", "\xc3\xa4~", "%s");
	error(NULL);
	expect_message("depmod: ERROR: ab c????[2J??\xc3\xa4~%s\ndepmod: ERROR: \n");
}

static void a_long_message_is_whole(void **state)
{
	char part[3001] = "", expected[3100];

	(void)state;
	memset(part, 'p', 3000);
	listen_to_errors();
	error(part);
	snprintf(expected, sizeof(expected), "depmod: ERROR: %s\n", part);
	expect_message(expected);
}

static void a_fault_is_told_as_far_as_it_is_known(void **state)
{
	(void)state;
	listen_to_errors();
	report_fault(ERROR, "a.ko", &(struct fault){ .why = "why" });
	report_fault(WARNING, "a.ko", &(struct fault){ .what = "what", .why = "why" });
	report_fault(ERROR, "a.ko", &(struct fault){ NULL, "why", 0, true, false });
	report_fault(FATAL, "a\n", &(struct fault){ "what", "why", UINT64_MAX, true, false });
	expect_message("depmod: ERROR: a.ko: why\ndepmod: WARNING: a.ko: what: why\n"
		       "depmod: ERROR: a.ko: why at offset 0\n"
		       "depmod: FATAL: a?: what: why at offset 18446744073709551615\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(take_cuts_the_front_off),
		cmocka_unit_test(take_refuses_more_than_there_is),
		cmocka_unit_test(cut_gives_what_is_inside),
		cmocka_unit_test(cut_refuses_what_is_outside_at_the_offset),
		cmocka_unit_test(string_at_gives_strings_that_end),
		cmocka_unit_test(string_at_refuses_what_does_not_end_at_the_offset),
		cmocka_unit_test(integers_from_bytes_at_any_place),
		cmocka_unit_test(each_way_out_says_what_it_knows),
		cmocka_unit_test(work_that_ends_well_leaves_the_fault_alone),
		cmocka_unit_test(attempts_nest_and_the_innermost_is_left),
		cmocka_unit_test(after_an_attempt_inside_the_outer_one_is_left),
		cmocka_unit_test(lines_without_their_newlines),
		cmocka_unit_test(words_between_blanks_and_tabs),
		cmocka_unit_test(a_span_is_a_string_of_its_size),
		cmocka_unit_test(control_characters_are_below_blank_and_delete),
		cmocka_unit_test(numbers_are_written_in_decimal),
		cmocka_unit_test(numbers_are_read_up_to_32_bits),
		cmocka_unit_test(no_digits_or_too_many_are_no_number),
		cmocka_unit_test(a_text_takes_all_of_the_arena),
		cmocka_unit_test(a_text_without_a_file_refuses_what_has_no_room),
		cmocka_unit_test(a_text_with_a_file_passes_on_what_has_no_room),
		cmocka_unit_test(interrupted_writes_go_on_where_they_ended),
		cmocka_unit_test(the_first_write_that_fails_is_remembered),
		cmocka_unit_test(each_level_has_its_label),
		cmocka_unit_test(quiet_leaves_out_warnings_but_what_was_asked_for),
		cmocka_unit_test(information_is_for_verbose_only),
		cmocka_unit_test(parts_are_joined_and_cannot_steer_a_terminal),
		cmocka_unit_test(a_long_message_is_whole),
		cmocka_unit_test(a_fault_is_told_as_far_as_it_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
