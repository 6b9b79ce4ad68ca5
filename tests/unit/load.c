/* load.c: what workers that hostile bytes have taken over can make of the others' work. The parent, which keeps its
 * rights, must never be brought to read what they have read. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../depmod.h"

enum { FILES = 100, MEMORY = 1 << 26 };

/* As a file of the tree, by a path that does not begin with a slash. */
static const char file[] = "../../../../../../../../../../../../dev/null";

void __wrap_confine(int permissions);
uint32_t __wrap_disk_blocks(void);
void __wrap_ask_ahead(int directory, const char *paths);
void __wrap_keep_module(struct keeper *keeper, int fd, uint32_t number, const struct load_options *options,
			struct facts *facts);

/* Shared with all workers. */
static struct {
	void (*behave)(struct facts *all, uint32_t number);
	pid_t parent;
	uint32_t by_workers, by_parent;  /* how many files were read */
	uint32_t failed;                 /* how many files could not be */
	uint32_t asked;                  /* how many were asked for, and how often */
	uint32_t asks;
	bool cold;                       /* each look finds that the disk has been read since the last one */
} *seen;

static struct keeper *writer; /* of the worker that reads at present */

/* The sanitizers call what workers may not. A worker that crashes has to die: cmocka's handlers would go on in it with
 * the next test. */
void __wrap_confine(int permissions)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS };

	for (size_t i = 0; i < COUNT_OF(crashes); i++)
		signal(crashes[i], SIG_DFL);
	close(permissions);
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
	writer = keeper;
	__atomic_fetch_add(getpid() == seen->parent ? &seen->by_parent : &seen->by_workers, 1, __ATOMIC_RELAXED);
	seen->behave(facts - number, number);
}

uint32_t __wrap_disk_blocks(void)
{
	static uint32_t blocks;

	return seen->cold ? ++blocks : 0;
}

/* A worker has read at most the files of the packets before, so that these are ahead of it. */
void __wrap_ask_ahead(int directory, const char *paths)
{
	assert_int_equal(directory, AT_FDCWD);
	__atomic_fetch_add(&seen->asks, 1, __ATOMIC_RELAXED);
	for (; *paths; paths += strlen(paths) + 1)
		__atomic_fetch_add(&seen->asked, 1, __ATOMIC_RELAXED);
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

/* Runs the work in a process of its own, the end of which frees all memory: a program of 32 bits has little. */
static int in_a_process(void (*work)(void *), void *argument)
{
	struct fault fault = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		report_setup((struct report_settings){ .silent = true });
		_exit(!attempt(work, argument, &fault));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* All files are the same one, which is there and never read. Notes how many of them failed. */
static void load_all(void *number_of_jobs)
{
	static struct module modules[FILES];
	struct root root = { .directory = AT_FDCWD };
	struct tree tree = { .roots = &root, .root_count = 1, .modules = modules, .count = FILES };
	struct load_options options = { .jobs = *(const uint32_t *)number_of_jobs };
	struct arena memory = { 0 }, shared = { 0 };
	struct loaded loaded;

	seen->parent = getpid();
	arena_reserve(&memory, "memory", MEMORY, false);
	arena_reserve(&shared, "shared memory", MEMORY, true);
	tree.loading = load_begin(&tree, &options, &shared, &memory);
	for (uint32_t i = 0; i < FILES; i++)
		modules[i] = (struct module){ .file = load_offer(tree.loading, 0, file, false), .path = file };
	load_end(tree.loading, &loaded, &memory);
	for (uint32_t i = 0; i < FILES; i++)
		seen->failed += loaded.facts[i]->failed;
}

/* Returns how many files failed. */
static uint32_t load_from(bool cold, void (*behave)(struct facts *all, uint32_t number), uint32_t jobs)
{
	*seen = (__typeof__(*seen)){ .behave = behave, .cold = cold };
	assert_int_equal(in_a_process(load_all, &jobs), 0);
	return seen->failed;
}

static uint32_t load(void (*behave)(struct facts *all, uint32_t number), uint32_t jobs)
{
	return load_from(false, behave, jobs);
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

/* The first packet of each worker, of one file at that, shows that the disk has to be read. */
static void each_is_asked_for_while_the_disk_is_read(void **state)
{
	(void)state;
	for (uint32_t jobs = 1; jobs < 9; jobs++) {
		assert_int_equal(load_from(true, honest, jobs), 0);
		assert_int_equal(seen->by_workers, FILES);
		assert_in_range(seen->asked, FILES - 2 * jobs, FILES);
		assert_true(seen->asks > 1);
	}
}

static void none_is_asked_for_where_all_is_in_memory(void **state)
{
	(void)state;
	assert_int_equal(load(honest, 2), 0);
	assert_int_equal(seen->asked, 0);
}

static void a_death_costs_no_more_where_a_packet_is_held_back(void **state)
{
	(void)state;
	for (uint32_t jobs = 1; jobs < 9; jobs++) {
		assert_int_equal(load_from(true, die_once, jobs), 1);
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

/* ---- a worker that writes anything anywhere ---- */

enum { ROUNDS = 850, FEW = 6 };

static uint64_t randomness;

static uint32_t any(uint32_t limit)
{
	randomness ^= randomness << 13;
	randomness ^= randomness >> 7;
	randomness ^= randomness << 17;
	return (uint32_t)(randomness >> 20) % limit;
}

/* What a module might say. */
static void keep_something(struct keeper *k, struct facts *facts, uint32_t number)
{
	static const char values[] = "apci:v1*\0spre: x\0wb c\0afs-x\0";
	static const char *const names[] = { "one", "two", "three", "four" };
	uint32_t *ids;

	facts->values = arena_take(&k->facts, sizeof(values) - 1, 1, 1);
	memcpy((char *)(uintptr_t)facts->values, values, sizeof(values) - 1);
	facts->values_size = sizeof(values) - 1;
	facts->aliases = 2;
	facts->softdeps = facts->weakdeps = 1;
	ids = arena_take(&k->facts, 4, sizeof(*ids), sizeof(*ids));
	for (uint32_t i = 0; i < 4; i++)
		ids[i] = names_add(&k->names, names[(i + number) % 4], strlen(names[(i + number) % 4]));
	facts->exports = ids;
	facts->export_count = 1;
	facts->needs = ids + 1;
	facts->need_count = 3;
}

/* Writes over some bytes, often of a kind that means something. */
static void scribble_over(void *memory, size_t size)
{
	static const uint8_t telling[] = { 0, 1, 2, '\n', ' ', 'a', 's', 0x7f, 0x80, 0xff };

	for (uint32_t n = any(4) ? any(3) : any(200); n--;)
		((uint8_t *)memory)[any((uint32_t)size)] = any(2) ? telling[any(sizeof(telling))] : (uint8_t)any(256);
}

static void scribble(struct facts *all, uint32_t number)
{
	randomness = randomness * 31 + number + 1;
	keep_something(writer, &all[number], number);
	scribble_over(all, FEW * sizeof(*all));
	scribble_over(writer->facts.start, writer->facts.used);
	scribble_over(writer->names.bytes, 64);
	scribble_over(writer->names.entries, 8 * sizeof(*writer->names.entries));
	scribble_over(writer->names.slots, 256);
	if (!any(20))
		_exit(0);
}

/* Text files have whole lines, without any control character; lines of soft dependencies begin as they should. */
static bool check_output(void *context, const char *name, struct span content)
{
	const bool text = !strstr(name, ".bin");
	struct span line;

	(void)context;
	while (text && next_line(&content, &line)) {
		assert_false(has_control((const char *)line.p, span_size(line)));
		if (strcmp(name, "modules.softdep") == 0 && *line.p != '#')
			assert_memory_equal(line.p, "softdep m", 9);
	}
	return true;
}

static void scribbled_round(void *context)
{
	static struct module modules[FEW];
	static const char *const paths[] = { "m0.ko", "m1.ko", "m2.ko", "m3.ko", "m4.ko", "m5.ko" };
	struct root root = { .directory = AT_FDCWD };
	struct tree tree = { .roots = &root, .root_count = 1, .modules = modules, .count = FEW };
	struct load_options options = { .jobs = 2 };
	struct resolve_options how = { 0 };
	struct output_options what = { 0 };
	struct arena memory = { 0 }, shared = { 0 };
	struct loaded loaded;
	struct graph graph = { 0 };

	(void)context;
	*seen = (__typeof__(*seen)){ .behave = scribble, .parent = getpid() };
	arena_reserve(&memory, "memory", MEMORY, false);
	arena_reserve(&shared, "shared memory", MEMORY, true);
	tree.loading = load_begin(&tree, &options, &shared, &memory);
	for (uint32_t i = 0; i < FEW; i++)
		modules[i] = (struct module){
			.file = load_offer(tree.loading, 0, file, false),
			.path = paths[i], .path_length = 5, .name = arena_string(&memory, paths[i], 2), .name_length = 2,
		};
	load_end(tree.loading, &loaded, &memory);
	assert_int_equal(seen->by_parent, 0);
	names_init(&graph.symbols, &memory, 1 << 10, 1 << 14, 0);
	graph_begin(&graph, &tree, &loaded, &memory);
	resolve(&graph, &tree, &loaded, &how, &memory);
	assert_true(write_outputs(&what, &tree, &loaded, &graph, check_output, NULL));
}

static void whatever_is_written_nothing_comes_of_it(void **state)
{
	(void)state;
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		int status;

		randomness = round;
		status = in_a_process(scribbled_round, NULL);
		if (status)
			print_error("round %u: status %d\n", round, status);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_written_nothing_comes_of_it),
		cmocka_unit_test(each_is_read_once_by_a_worker),
		cmocka_unit_test(one_job_is_a_worker_too),
		cmocka_unit_test(each_is_asked_for_while_the_disk_is_read),
		cmocka_unit_test(none_is_asked_for_where_all_is_in_memory),
		cmocka_unit_test(a_death_costs_no_more_where_a_packet_is_held_back),
		cmocka_unit_test(a_death_costs_one),
		cmocka_unit_test(a_death_that_is_covered_up_does_not_reach_the_parent),
		cmocka_unit_test(what_leads_elsewhere_is_not_followed),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return seen == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
