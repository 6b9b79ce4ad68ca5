/* config.c: files in a directory of its own, what is read from each, and what is said. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../depmod.h"

/* ---- files -------------------------------------------------------------------------------- */

static char top[] = "/tmp/depmod-config-XXXXXX";

static int make_top(void **state)
{
	(void)state;
	return mkdtemp(top) && chdir(top) == 0 ? 0 : -1;
}

static int remove_top(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void write_file(const char *path, const char *content)
{
	write_bytes(path, content, strlen(content));
}

/* ---- what is read, as one string ---------------------------------------------------------- */

static char result[4096], messages[8192];
static size_t size;

static bool is_default_search(const struct words *w)
{
	return w && strcmp(w->word, "updates") == 0 && w->next &&
	       strcmp(w->next->word, "built-in") == 0 && !w->next->next;
}

/* The default search order is not shown; tests/cases/duplicates.bats looks at it. */
static void show(const char *name, const struct words *w)
{
	if (is_default_search(w))
		return;
	if (w)
		size += (size_t)snprintf(result + size, sizeof(result) - size, "%s:", name);
	for (const struct words *first = w; w; w = w->next)
		size += (size_t)snprintf(result + size, sizeof(result) - size, "%s%s",
					 w == first ? " " : ", ", w->word);
	if (size && result[size - 1] != '\n')
		result[size++] = '\n';
	result[size] = '\0';
}

static int redirect(int *own)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*own = dup(2);
	dup2(ends[1], 2);
	close(ends[1]);
	return ends[0];
}

static void restore(int own, int read_end)
{
	size_t used = 0;
	ssize_t n;

	dup2(own, 2);
	close(own);
	while ((n = read(read_end, messages + used, sizeof(messages) - 1 - used)) > 0)
		used += (size_t)n;
	messages[used] = '\0';
	close(read_end);
}

static void read_paths(const char *const *paths)
{
	static uint8_t room[1 << 20];
	struct arena arena = { .name = "test", .start = room, .size = sizeof(room) };
	struct config config;
	int own, read_end = redirect(&own);

	config_read(&config, &arena, NULL, paths, "6.1.0-18-amd64");
	restore(own, read_end);
	size = 0;
	*result = '\0';
	show("search", config.search);
	show("override", config.override);
	show("external", config.external);
	show("exclude", config.exclude);
}

static void expect(const char *expected, const char *said)
{
	assert_string_equal(result, expected);
	assert_string_equal(messages, said);
}

/* One file named `c`. */
static void check(const char *content, const char *expected, const char *said)
{
	write_file("c", content);
	read_paths((const char *const[]){ "c", NULL });
	expect(expected, said);
}

#define SAYS(what) "depmod: ERROR: c:" what "\n"

/* ---- lines -------------------------------------------------------------------------------- */

static void nothing_is_read_from_comments_and_blank_lines(void **state)
{
	(void)state;
	check("", "", "");
	check("\n\n \t \n#search a\n#\n##", "", "");
}

static void search_lines_add_up(void **state)
{
	(void)state;
	check("search updates built-in\nsearch\nsearch external",
	      "search: updates, built-in, external\n", "");
	check("\tsearch\t a  b\t", "search: a, b\n", "");
}

static void excluded_names_add_up(void **state)
{
	(void)state;
	check("exclude a b\nexclude c\nexclude\n", "exclude: a, b, c\n", "");
}

static void a_later_override_stands_first(void **state)
{
	(void)state;
	check("override a * x\noverride b * x/y\n", "override: x/y/b, x/a\n", "");
}

static void the_kernel_is_a_regular_expression(void **state)
{
	(void)state;
	check("override a ^6\\.1\\. x\noverride b ^5 x\noverride c -amd64$ x\n"
	      "override d 6.1.0-18-amd64 x\n",
	      "override: x/d, x/c, x/a\n", "");
	check("external ^6 /a\nexternal ^5 /b\nexternal * /c\n", "external: /a, /c\n", "");
}

static void words_that_are_too_many_are_ignored(void **state)
{
	(void)state;
	check("override a * x more\nexternal * /a more\n", "override: x/a\nexternal: /a\n", "");
}

static void bad_lines_are_named_and_the_rest_counts(void **state)
{
	(void)state;
	check("searched a\nsearch a\n #\nSEARCH b",
	      "search: a\n",
	      SAYS("1: ignoring a line that begins with searched")
	      SAYS("4: ignoring a line that begins with SEARCH"));
	check("override\noverride a\noverride a *\noverride a * x\n", "override: x/a\n",
	      SAYS("1: override needs NAME KERNEL SUBDIR")
	      SAYS("2: override needs NAME KERNEL SUBDIR")
	      SAYS("3: override needs NAME KERNEL SUBDIR"));
	check("external\nexternal *\nexternal * a\nexternal * /a\n", "external: /a\n",
	      SAYS("1: external needs KERNEL DIR") SAYS("2: external needs KERNEL DIR")
	      SAYS("3: external directory is not absolute: a"));
	check("override a [ x\nexternal ( /a\nsearch a\n", "search: a\n",
	      SAYS("1: not a regular expression: [") SAYS("2: not a regular expression: ("));
}

static void control_characters_are_not_sent_to_the_terminal(void **state)
{
	(void)state;
	check("\x1b[2J\n", "", SAYS("1: ignoring a line that begins with ?[2J"));
}

static void what_is_not_supported_is_said_if_asked(void **state)
{
	(void)state;
	check("include a\nmake_map_files yes\noverride a ^5 x\n", "", "");
	report_setup((struct report_settings){ .verbose = true });
	check("include a\nmake_map_files yes\noverride a ^5 x\n", "",
	      "depmod: INFO: c:1: not supported, ignored: include\n"
	      "depmod: INFO: c:2: not supported, ignored: make_map_files\n"
	      "depmod: INFO: c:3: not for this kernel: ^5\n");
	report_setup((struct report_settings){ .verbose = false });
}

static void a_backslash_joins_the_next_line(void **state)
{
	(void)state;
	check("search a \\\nb \\\n c\nexclude d\n", "search: a, b, c\nexclude: d\n", "");
	check("sea\\\nrch a\n", "search: a\n", "");
	check("search a\\\n\nexclude b\n", "search: a\nexclude: b\n", "");
	check("#\\\nsearch a\nsearch b\n", "search: b\n", "");
	check("search a\\", "search: a\n", "");
	check("search a\\\n", "search: a\n", "");
	check("\\\n\\\n\\\n", "", "");
	check("\\", "", "");
	check("search \\a b\\ \n", "search: \\a, b\\\n", "");
}

static void lines_are_counted_through_joins(void **state)
{
	(void)state;
	check("search a \\\n b\nx\n", "search: a, b\n",
	      SAYS("3: ignoring a line that begins with x"));
	check("\n\ny\n", "", SAYS("3: ignoring a line that begins with y"));
}

static void any_bytes_are_survived(void **state)
{
	static const char pool[] = "search override external * /a\\\n\t\0\xff#";
	static char bytes[3000];
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = pool[(random >> 16) % sizeof(pool)];
		}
		write_bytes("c", bytes, sizeof(bytes) - (size_t)round);
		read_paths((const char *const[]){ "empty-of-names", "c", NULL });
	}
}

/* ---- files and directories ---------------------------------------------------------------- */

static void make_directories(void)
{
	mkdir("high", 0755);
	mkdir("low", 0755);
	write_file("high/b.conf", "search high-b\noverride m * high-b\n");
	write_file("high/z.conf", "search high-z\n");
	write_file("low/a.conf", "search low-a\n");
	write_file("low/b.conf", "search low-b\n");
	write_file("low/c.conf", "search low-c\noverride m * low-c\n");
	write_file("low/.hidden.conf", "search hidden\n");
	write_file("low/.conf", "search hidden\n");
	write_file("low/d.conf~", "search other\n");
	write_file("low/README", "no configuration\n");
}

static void files_are_read_by_name_and_a_high_one_hides_a_low_one(void **state)
{
	(void)state;
	make_directories();
	read_paths((const char *const[]){ "high", "missing", "low", NULL });
	expect("search: low-a, high-b, low-c, high-z\noverride: low-c/m, high-b/m\n", "");
	read_paths((const char *const[]){ "low", "high", NULL });
	expect("search: low-a, low-b, low-c, high-z\noverride: low-c/m\n", "");
}

static void a_named_file_counts_by_its_last_part_and_any_suffix(void **state)
{
	(void)state;
	make_directories();
	read_paths((const char *const[]){ "low/README", "low/c.conf", "high", NULL });
	expect("search: high-b, low-c, high-z\noverride: low-c/m, high-b/m\n",
	       "depmod: ERROR: low/README:1: ignoring a line that begins with no\n");
	read_paths((const char *const[]){ "high/b.conf", "low", NULL });
	expect("search: low-a, high-b, low-c\noverride: low-c/m, high-b/m\n", "");
}

static void a_directory_inside_and_a_dangling_link_are_errors(void **state)
{
	(void)state;
	mkdir("odd", 0755);
	mkdir("odd/x.conf", 0755);
	assert_int_equal(symlink("nowhere", "odd/y.conf"), 0);
	write_file("odd/z.conf", "search z\n");
	read_paths((const char *const[]){ "odd", NULL });
	assert_string_equal(result, "search: z\n");
	assert_non_null(strstr(messages, "depmod: ERROR: directories inside directories are not "
			       "supported: odd/x.conf\n"));
	assert_non_null(strstr(messages, "depmod: ERROR: cannot read odd/y.conf: "
			       "No such file or directory\n"));
}

static void a_link_to_nothing_hides_what_is_lower(void **state)
{
	(void)state;
	mkdir("mask", 0755);
	mkdir("masked", 0755);
	assert_int_equal(symlink("/dev/null", "mask/m.conf"), 0);
	write_file("masked/m.conf", "search masked\n");
	read_paths((const char *const[]){ "mask", "masked", NULL });
	expect("", "");
}

static void what_is_missing_is_nothing(void **state)
{
	(void)state;
	read_paths((const char *const[]){ "missing", "missing/too", NULL });
	expect("", "");
	read_paths((const char *const[]){ NULL });
	expect("", "");
}

static void read_the_shut(void *argument)
{
	static uint8_t room[1 << 18];
	struct arena arena = { .name = "test", .start = room, .size = sizeof(room) };
	struct config config;

	config_read(&config, &arena, NULL, argument, "6.1");
}

static void check_shut(const char *path)
{
	const char *const paths[] = { path, NULL };
	struct fault fault = { 0 };

	assert_false(attempt(read_the_shut, (void *)(uintptr_t)paths, &fault));
	assert_true(fault.transient);
	assert_string_equal(fault.why, "Too many open files");
}

/* What can be seen, but not opened: to go on without it would be to lose it for nothing. */
static void no_file_descriptors_left_ends_the_work(void **state)
{
	struct rlimit limit, none;

	(void)state;
	mkdir("shut", 0755);
	write_file("shut.conf", "search a\n");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	check_shut("shut");
	check_shut("shut.conf");
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void files_beyond_the_limit_are_errors(void **state)
{
	unsigned said = 0;
	char path[40];

	(void)state;
	mkdir("many", 0755);
	for (int i = 0; i < CONFIG_FILES_MAX + 3; i++) {
		snprintf(path, sizeof(path), "many/%04d.conf", i);
		write_file(path, "#\n");
	}
	read_paths((const char *const[]){ "many", NULL });
	for (const char *p = messages; (p = strstr(p, "too many files, not read: many/")); p++)
		said++;
	assert_int_equal(said, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_read_from_comments_and_blank_lines),
		cmocka_unit_test(search_lines_add_up),
		cmocka_unit_test(excluded_names_add_up),
		cmocka_unit_test(a_later_override_stands_first),
		cmocka_unit_test(the_kernel_is_a_regular_expression),
		cmocka_unit_test(words_that_are_too_many_are_ignored),
		cmocka_unit_test(bad_lines_are_named_and_the_rest_counts),
		cmocka_unit_test(control_characters_are_not_sent_to_the_terminal),
		cmocka_unit_test(what_is_not_supported_is_said_if_asked),
		cmocka_unit_test(a_backslash_joins_the_next_line),
		cmocka_unit_test(lines_are_counted_through_joins),
		cmocka_unit_test(any_bytes_are_survived),
		cmocka_unit_test(files_are_read_by_name_and_a_high_one_hides_a_low_one),
		cmocka_unit_test(a_named_file_counts_by_its_last_part_and_any_suffix),
		cmocka_unit_test(a_directory_inside_and_a_dangling_link_are_errors),
		cmocka_unit_test(a_link_to_nothing_hides_what_is_lower),
		cmocka_unit_test(what_is_missing_is_nothing),
		cmocka_unit_test(no_file_descriptors_left_ends_the_work),
		cmocka_unit_test(files_beyond_the_limit_are_errors),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
