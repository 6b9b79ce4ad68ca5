/* modprobe/reading.c: what a process that hostile bytes have taken over can make of what is printed, and what becomes of
 * the other files. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../modprobe/modprobe.h"

void __wrap_confine(int permissions);
int __wrap_fork_bound(void);
int __real_fork_bound(void);

static int *confined; /* shared: how many processes gave their rights away */
static bool cannot_fork;

/* The sanitizers call what the process may not. One that crashes has to die: cmocka's handlers would go on in it with the
 * next test. */
void __wrap_confine(int permissions)
{
	const struct rlimit no_core = { 0, 0 };

	(void)signal(SIGSEGV, SIG_DFL);
	setrlimit(RLIMIT_CORE, &no_core);
	close(permissions);
	++*confined;
}

int __wrap_fork_bound(void)
{
	errno = EAGAIN;
	return cannot_fork ? -1 : __real_fork_bound();
}

typedef void shows(struct probe *p, const struct reading *file);

static struct probe p;
static char printed[1 << 16], messages[1 << 16];

/* What the command prints ends up in `printed`, and its messages in `messages`. */
static bool run(void (*work)(void *), struct fault *fault)
{
	FILE *file = tmpfile();
	int kept = dup(2);
	bool ended;

	p.out = (struct text){ .start = printed, .capacity = sizeof(printed) - 1, .fd = -1 };
	p.status = 0;
	*confined = 0;
	dup2(fileno(file), 2);
	ended = attempt(work, &p, fault);
	dup2(kept, 2);
	close(kept);
	printed[p.out.size] = 0;
	rewind(file);
	messages[fread(messages, 1, sizeof(messages) - 1, file)] = 0;
	fclose(file);
	return ended;
}

static void read_well(struct probe *probe, const struct reading *file)
{
	text_line(&probe->out, "content of ", file->name, (char *)NULL);
}

static void damaged(struct probe *probe, const struct reading *file)
{
	read_well(probe, file);
	bad("is damaged");
}

static void crash(struct probe *probe, const struct reading *file)
{
	read_well(probe, file);
	(void)raise(SIGSEGV);
}

static void leave(struct probe *probe, const struct reading *file)
{
	(void)probe, (void)file;
	_exit(0);
}

static void steer(struct probe *probe, const struct reading *file)
{
	(void)file;
	text_string(&probe->out, "a\33[2J\177b\r\tc");
	text_add(&probe->out, "\0d\n", 3);
}

/* Nothing that is left makes sense: the process wrote over all that stands before the text, and the beginning of it. */
static void scribble(struct probe *probe, const struct reading *file)
{
	(void)file;
	memset(probe->out.start - REASON_SIZE - 8, 0xff, REASON_SIZE + 4096);
	_exit(0);
}

static void overflow(struct probe *probe, const struct reading *file)
{
	(void)file;
	for (;;)
		text_line(&probe->out, "more", (char *)NULL);
}

static void wait_for(struct probe *probe, const char *name, shows *read)
{
	begin_reading(probe, (struct reading){ .name = name, .path = "/dev/null", .read = read });
}

static shows *second;

static void read_three(void *context)
{
	wait_for(context, "one", read_well);
	wait_for(context, "two", second);
	wait_for(context, "three", read_well);
	finish_reading(context);
}

/* Has three files read, of which the second one is in the hands of the function. */
static void among_others(shows *function, const char *text, const char *message)
{
	char expected[1024];
	struct fault fault;

	second = function;
	assert_true(run(read_three, &fault));
	snprintf(expected, sizeof(expected), "content of one\n%scontent of three\n", text);
	assert_string_equal(printed, expected);
	assert_string_equal(messages, message);
	assert_int_equal(p.status, *message != 0);
}

static void test_order(void **state)
{
	(void)state;
	among_others(read_well, "content of two\n", "");
	assert_int_equal(*confined, 1);
}

static void test_failures(void **state)
{
	(void)state;
	among_others(damaged, "content of two\n", "depmod: ERROR: two: is damaged\n");
	assert_int_equal(*confined, 1);
	among_others(crash, "", "depmod: ERROR: two: the process that read it died\n");
	assert_int_equal(*confined, 3);
	among_others(leave, "", "depmod: ERROR: two: the process that read it died\n");
}

static void test_hostile(void **state)
{
	struct fault fault;

	(void)state;
	second = scribble;
	assert_true(run(read_three, &fault));
	assert_string_equal(printed, "content of one\ncontent of three\n");
	assert_true(strncmp(messages, "depmod: ERROR: two: \377", 21) == 0);
	assert_int_equal(strlen(messages), 20 + REASON_SIZE - 1 + 1);
	assert_int_equal(p.status, 1);

	second = steer;
	assert_true(run(read_three, &fault));
	assert_int_equal(p.out.size, sizeof("content of one\na?[2J?b?\tc\0d\ncontent of three\n") - 1);
	assert_memory_equal(printed, "content of one\na?[2J?b?\tc\0d\ncontent of three\n", p.out.size);
	assert_int_equal(p.status, 0);
}

static void read_too_much(void *context)
{
	wait_for(context, "endless", overflow);
	finish_reading(context);
}

/* Where the text is to go next has no room for it either, so that this attempt fails; the process has ended before. */
static void test_too_much(void **state)
{
	struct fault fault;

	(void)state;
	assert_false(run(read_too_much, &fault));
	assert_string_equal(fault.why, "grows too large");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void read_many(void *context)
{
	for (int i = 0; i < 1000; i++)
		wait_for(context, "one", i % 100 == 50 ? crash : read_well);
	finish_reading(context);
}

static void test_many(void **state)
{
	size_t count = 0;
	struct fault fault;

	(void)state;
	assert_true(run(read_many, &fault));
	for (const char *s = printed; (s = strstr(s, "content of one\n")); s++)
		count++;
	assert_int_equal(count, 990);
	assert_in_range(*confined, 20, 100);
	count = 0;
	for (const char *s = messages; (s = strstr(s, "one: the process that read it died\n")); s++)
		count++;
	assert_int_equal(count, 10);
}

/* Nobody else reads the files then. */
static void test_no_process(void **state)
{
	struct fault fault;

	(void)state;
	cannot_fork = true;
	second = read_well;
	assert_false(run(read_three, &fault));
	assert_string_equal(fault.what, "process that reads modules");
	assert_string_equal(printed, "");
	assert_int_equal(*confined, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_failures), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_many),  cmocka_unit_test(test_too_much), cmocka_unit_test(test_no_process),
	};

	confined = mmap(NULL, sizeof(*confined), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	arena_reserve_alone(&p.scratch, "scratch memory", 1 << 20, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
