/* load.c: what workers that hostile bytes have taken over can make of the others' work. The parent, which keeps its
 * rights, must never be brought to read what they have read. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../depmod.h"

enum { FILES = 100, MEMORY = 1 << 26 };

void __wrap_confine(void);
void __wrap_keep_module(struct keeper *keeper, int fd, uint32_t number, const struct load_options *options,
			struct facts *facts);

/* Shared with all workers. */
static struct {
	void (*behave)(struct facts *all, uint32_t number);
	pid_t parent;
	uint32_t by_workers, by_parent;  /* how many files were read */
} *seen;

/* The sanitizers call what workers may not. */
void __wrap_confine(void)
{
}

void __wrap_keep_module(struct keeper *keeper, int fd, uint32_t number, const struct load_options *options,
			struct facts *facts)
{
	(void)fd;
	(void)options;
	*facts = (struct facts){
		.values = (const char *)keeper->facts.start, .begun = true, .worker = facts->worker,
		.exports = (const uint32_t *)(const void *)keeper->facts.start,
		.needs = (const uint32_t *)(const void *)keeper->facts.start,
	};
	__atomic_fetch_add(getpid() == seen->parent ? &seen->by_parent : &seen->by_workers, 1, __ATOMIC_RELAXED);
	seen->behave(facts - number, number);
}

static void honest(struct facts *all, uint32_t number)
{
	(void)all;
	(void)number;
}

static void die_once(struct facts *all, uint32_t number)
{
	(void)all;
	if (number == 42)
		_exit(0);
}

/* As if nobody had ever begun any. */
static void cover_up(struct facts *all, uint32_t number)
{
	(void)number;
	memset(all, 0, FILES * sizeof(*all));
	_exit(0);
}

/* As if all had been read, and had led to what is elsewhere. */
static void lie(struct facts *all, uint32_t number)
{
	(void)number;
	for (uint32_t i = 0; i < FILES; i++)
		all[i] = (struct facts){
			.values = "", .values_size = 1, .worker = i % 2 ? i / 2 : UINT32_MAX - i, .begun = true, .done = true,
		};
	_exit(0);
}

/* All files are the same one, which is there and never read. Returns how many of them failed. */
static uint32_t load(void (*behave)(struct facts *all, uint32_t number), uint32_t jobs)
{
	static struct module modules[FILES];
	struct root root = { .directory = AT_FDCWD };
	struct tree tree = { .roots = &root, .root_count = 1, .modules = modules, .count = FILES };
	struct load_options options = { .jobs = jobs };
	struct arena memory = { 0 }, shared = { 0 };
	struct loaded loaded;
	uint32_t failed = 0;

	*seen = (__typeof__(*seen)){ .behave = behave, .parent = getpid() };
	arena_reserve(&memory, "memory", MEMORY, false);
	arena_reserve(&shared, "shared memory", MEMORY, true);
	tree.loading = load_begin(&tree, &options, &shared, &memory);
	for (uint32_t i = 0; i < FILES; i++)
		modules[i] = (struct module){ .file = load_offer(tree.loading, 0, "/dev/null"), .path = "/dev/null" };
	load_end(tree.loading, &loaded, &memory);
	for (uint32_t i = 0; i < FILES; i++)
		failed += loaded.facts[i].failed;
	return failed;
}

static void each_is_read_once_by_a_worker(void **state)
{
	(void)state;
	for (uint32_t jobs = 2; jobs < 9; jobs++) {
		assert_int_equal(load(honest, jobs), 0);
		assert_int_equal(seen->by_workers, FILES);
		assert_int_equal(seen->by_parent, 0);
	}
}

static void one_job_is_a_worker_too(void **state)
{
	(void)state;
	assert_int_equal(load(honest, 1), 0);
	assert_int_equal(seen->by_workers, FILES);
	assert_int_equal(seen->by_parent, 0);
}

static void a_death_costs_one(void **state)
{
	(void)state;
	assert_int_equal(load(die_once, 2), 1);
	assert_int_equal(seen->by_workers, FILES);
	assert_int_equal(seen->by_parent, 0);
}

static void a_death_that_is_covered_up_does_not_reach_the_parent(void **state)
{
	(void)state;
	for (uint32_t jobs = 2; jobs < 9; jobs++) {
		assert_int_equal(load(cover_up, jobs), FILES);
		assert_true(seen->by_workers >= jobs);
		assert_int_equal(seen->by_parent, 0);
	}
}

static void what_leads_elsewhere_is_not_followed(void **state)
{
	(void)state;
	for (uint32_t jobs = 2; jobs < 9; jobs++) {
		assert_int_equal(load(lie, jobs), FILES);
		assert_int_equal(seen->by_parent, 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_read_once_by_a_worker),
		cmocka_unit_test(one_job_is_a_worker_too),
		cmocka_unit_test(a_death_costs_one),
		cmocka_unit_test(a_death_that_is_covered_up_does_not_reach_the_parent),
		cmocka_unit_test(what_leads_elsewhere_is_not_followed),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return seen == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
