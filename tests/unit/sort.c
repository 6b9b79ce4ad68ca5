/* sort.c: against qsort() and strcmp() of the C library, on strings of many shapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../../base/base.h"

static uint64_t random_state = 1;

static unsigned below(unsigned limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % limit;
}

/* strcmp() compares unsigned bytes; what is equal keeps its order. */
static int compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = strcmp(x->string, y->string);

	return order ? order : (x->item > y->item) - (x->item < y->item);
}

static int compare_chunks(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->chunk != y->chunk)
		return x->chunk < y->chunk ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

/* Keys and room in heap blocks of the exact size. */
static struct key *new_keys(size_t n)
{
	struct key *keys = malloc(n * sizeof(*keys) + !n);

	memset(keys, 0xa5, n * sizeof(*keys));
	return keys;
}

static void check_same(const struct key *keys, const struct key *expected, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(keys[i].string, expected[i].string);
		assert_int_equal(keys[i].item, expected[i].item);
	}
}

/* How many bytes each string shares with the one before. */
static void check_shared(const struct key *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const char *a = keys[i - 1].string, *b = keys[i].string;
		size_t shared = 0;

		while (a[shared] && a[shared] == b[shared])
			shared++;
		assert_int_equal(keys[i].chunk, shared);
	}
}

static void check(const char *const *strings, size_t n)
{
	struct key *keys = new_keys(n), *spare = new_keys(n), *expected = new_keys(n);

	for (size_t i = 0; i < n; i++)
		keys[i] = expected[i] = (struct key){ ~(uint64_t)i, strings[i],
						       (uint32_t)strlen(strings[i]), (uint32_t)i };
	sort_strings(keys, spare, n);
	if (n)
		qsort(expected, n, sizeof(*expected), compare);
	check_same(keys, expected, n);
	check_shared(keys, n);
	free(keys);
	free(spare);
	free(expected);
}

/* A heap block of exactly the string, so that the sanitizer sees a step beyond its end. */
static char *new_string(size_t length, char filler)
{
	char *string = malloc(length + 1);

	memset(string, filler, length);
	string[length] = '\0';
	return string;
}

static void check_and_free(char **strings, size_t n)
{
	check((const char *const *)strings, n);
	for (size_t i = 0; i < n; i++)
		free(strings[i]);
}

static void none_one_and_two(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" }, { "", "a" }, { "a", "" }, { "a", "b" }, { "b", "a" }, { "a", "a" },
		{ "a", "ab" }, { "ab", "a" }, { "12345678", "1234567" }, { "1234567", "12345678" },
		{ "123456781", "12345678" }, { "12345678", "123456781" },
		{ "12345678", "12345678" },
		{ "\x7f", "\x80" }, { "\x80", "\x7f" }, { "\xff", "\x01" }, { "\xff", "" },
		{ "1234567\xff", "12345678" }, { "12345678\xff", "123456788" },
	};

	(void)state;
	check(NULL, 0);
	check(pairs[2], 1);
	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		check(pairs[i], 2);
}

static void random_strings(unsigned alphabet, unsigned longest, size_t n)
{
	char **strings = calloc(n, sizeof(*strings));

	for (size_t i = 0; i < n; i++) {
		strings[i] = new_string(below(longest + 1), 'a');
		for (char *p = strings[i]; *p; p++)
			*p = (char)(255 - below(alphabet));
	}
	check_and_free(strings, n);
	free(strings);
}

static void random_strings_of_every_count_and_length(void **state)
{
	(void)state;
	for (size_t n = 0; n < 64; n++)
		for (unsigned longest = 0; longest < 36; longest += 5)
			random_strings(2, longest, n);
	random_strings(255, 3, 20000);
	random_strings(255, 40, 20000);
	random_strings(2, 12, 20000);
	random_strings(1, 40, 20000);
	random_strings(3, 2, 1000);
}

static void a_long_common_prefix(void **state)
{
	enum { COUNT = 2000 };
	char *strings[COUNT];

	(void)state;
	for (unsigned shared = 0; shared < 300; shared += 37) {
		for (size_t i = 0; i < COUNT; i++) {
			strings[i] = new_string(shared + below(20), 'p');
			for (char *p = strings[i] + shared; *p; p++)
				*p = (char)('o' + below(3));
		}
		check_and_free(strings, COUNT);
	}
}

static void sorted_reversed_and_alternating_input(void **state)
{
	enum { COUNT = 5000 };
	static const unsigned factor[] = { 1, COUNT - 1, COUNT / 2 + 1, 4999, 7 };
	char *strings[COUNT];

	(void)state;
	for (size_t f = 0; f < COUNT_OF(factor); f++) {
		for (unsigned i = 0; i < COUNT; i++) {
			unsigned number = i * factor[f] % COUNT;

			strings[i] = new_string(13, '0');
			for (int at = 12; number; number /= 10)
				strings[i][at--] = (char)('0' + number % 10);
		}
		check_and_free(strings, COUNT);
	}
}

static void equal_strings_keep_their_order(void **state)
{
	static const char *const words[] = { "alias", "b", "", "12345678", "123456789abcdef0",
					     "\xe4" };
	const char *strings[5000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(strings); i++)
		strings[i] = words[below(COUNT_OF(words))];
	check(strings, COUNT_OF(strings));
	for (size_t i = 0; i < COUNT_OF(strings); i++)
		strings[i] = words[4];
	check(strings, COUNT_OF(strings));
}

static void every_byte_has_its_place(void **state)
{
	char *strings[255 * 9];

	(void)state;
	for (unsigned i = 0; i < COUNT_OF(strings); i++) {
		strings[i] = new_string(9, 'x');
		strings[i][i % 9] = (char)(255 - i / 9);
	}
	check_and_free(strings, COUNT_OF(strings));
}

static void a_megabyte_three_times(void **state)
{
	char *strings[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		strings[i] = new_string(1 << 20, 'e');
	check((const char *const *)strings, 3);
	strings[0][(1 << 20) - 1] = 'f';
	check((const char *const *)strings, 3);
	strings[1][0] = 'f';
	check_and_free(strings, 3);
}

/* The strings are the ends of one, as names in a string table may be: "", "a", "aa" ... */
static void strings_that_each_begin_the_next(void **state)
{
	enum { COUNT = 20000, LONGEST = 4096 };
	static const char *strings[COUNT];
	char *longest = new_string(LONGEST, 'a');
	clock_t start = clock();

	(void)state;
	for (unsigned i = 0; i < COUNT; i++)
		strings[i] = longest + below(LONGEST + 1);
	check(strings, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		strings[i] = longest + (i < LONGEST ? i : LONGEST);
	check(strings, COUNT);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 60);
	free(longest);
}

/* Two strings more part at each chunk, so that the recursion is as deep as it can be. */
static void strings_that_part_two_by_two(void **state)
{
	enum { COUNT = 4000 };
	char *strings[COUNT];

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		strings[i] = new_string(i / 2 * 8 + 8, 'a');
		strings[i][i / 2 * 8] = (char)('b' + i % 2);
	}
	check_and_free(strings, COUNT);
}

static void check_chunks(size_t n, unsigned different)
{
	struct key *keys = new_keys(n), *spare = new_keys(n), *expected = new_keys(n);

	for (size_t i = 0; i < n; i++)
		keys[i] = expected[i] = (struct key){
			(uint64_t)below(different) << (i % 2 ? 0 : 40), "", 0, (uint32_t)i };
	sort_chunks(keys, spare, n);
	if (n)
		qsort(expected, n, sizeof(*expected), compare_chunks);
	check_same(keys, expected, n);
	for (size_t i = 0; i < n; i++)
		assert_true(keys[i].chunk == expected[i].chunk);
	free(keys);
	free(spare);
	free(expected);
}

static void chunks_by_number_and_stable(void **state)
{
	(void)state;
	for (size_t n = 0; n < 100; n++) {
		check_chunks(n, 3);
		check_chunks(n, 1000000);
	}
	check_chunks(50000, 1);
	check_chunks(50000, 100);
	check_chunks(50000, 1000000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_one_and_two),
		cmocka_unit_test(random_strings_of_every_count_and_length),
		cmocka_unit_test(a_long_common_prefix),
		cmocka_unit_test(sorted_reversed_and_alternating_input),
		cmocka_unit_test(equal_strings_keep_their_order),
		cmocka_unit_test(every_byte_has_its_place),
		cmocka_unit_test(a_megabyte_three_times),
		cmocka_unit_test(strings_that_each_begin_the_next),
		cmocka_unit_test(strings_that_part_two_by_two),
		cmocka_unit_test(chunks_by_number_and_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
