/* load.c: from files to facts. Workers are processes that fork after the tree is known. Each takes the next
 * module by one shared counter, reads or decompresses it, has it parsed, and keeps what was
 * learned in its own slice of shared memory, where the parent finds it at the same address. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "depmod.h"

enum {
	SPARE_WORKERS = 32,        /* replacements for workers that die */
	WORKERS_MAX = JOBS_MAX + SPARE_WORKERS,
	KEEP = 1 << 20,            /* memory of a finished module that the next one will want */
};

/* One for all workers, in shared memory: the first module that nobody took. */
struct progress {
	atomic_uint next;
};

struct loading {
	const struct tree *tree;
	const struct load_options *options;
	struct facts *facts;       /* by module, shared */
	struct progress *progress;
	struct keeper *workers;
	pid_t pids[WORKERS_MAX];
	uint32_t started;
	bool died;                 /* a worker did, perhaps while it changed its table of names */
};

/* One module in a worker's hands. */
struct job {
	struct keeper *keeper;
	struct facts *facts;
	const char *path;
	uint32_t number;
	int directory, fd;
	bool wants_crcs;
};

static void read_module(void *context)
{
	struct job *job = context;

	keep_module(job->keeper, job->fd, job->number, job->wants_crcs, job->facts);
}

/* What the module that failed left behind goes. Memory for all modules that one alone has taken a quarter of
 * is not lacking: that module is the trouble. */
static void forget(struct job *job, const struct keeper *before, struct fault fault)
{
	struct keeper *k = job->keeper;

	if (k->facts.used - before->facts.used > k->facts.size / 4 ||
	    k->names.count - before->names.count > k->names.capacity / 4 ||
	    k->names.used - before->names.used > k->names.size / 4)
		fault.passing = false;
	if (k->names.count != before->names.count)
		names_rewind(&k->names, before->names.count, before->names.used);
	arena_rewind(&k->facts, before->facts.used, KEEP);
	*job->facts = (struct facts){ .fault = fault };
}

static void take_job(struct job *job, uint32_t worker)
{
	struct keeper *k = job->keeper, before = *k;
	struct fault fault;

	*job->facts = (struct facts){ .worker = worker };
	job->fd = open_again(job->directory, job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (job->fd < 0) {
		job->facts->fault = system_fault(errno);
	} else if (!attempt(read_module, job, &fault)) {
		forget(job, &before, fault);
	}
	if (job->fd >= 0)
		close(job->fd);
	arena_rewind(&k->scratch, 0, KEEP);
	k->whole_names = k->names.count;
	job->facts->done = true;
}

/* `alone`: in a process that does nothing else, and needs no right to. */
static void work(struct loading *l, uint32_t self, bool alone)
{
	struct keeper *k = &l->workers[self];
	uint32_t number;

	arena_reserve(&k->scratch, "module", WORKER_SCRATCH, false);
	keeper_prepare(k);
	if (alone)
		confine();
	while ((number = atomic_fetch_add(&l->progress->next, 1)) < l->tree->count) {
		struct job job = {
			.keeper = k, .number = number, .facts = &l->facts[number],
			.path = l->tree->modules[number].path, .directory = l->tree->directory,
			.wants_crcs = l->options->wants_crcs,
		};

		take_job(&job, self);
	}
}

static void work_alone(void *context)
{
	struct loading *l = context;

	work(l, l->started, true);
}

static void prepare_next(void *context)
{
	struct loading *l = context;

	keeper_share(&l->workers[l->started], l->options->key);
}

/* False when no process or no memory for it can be had; then the caller does the work itself. */
static bool start_worker(struct loading *l)
{
	struct fault fault;
	pid_t pid;

	if (l->started == WORKERS_MAX || !attempt(prepare_next, l, &fault))
		return false;
	pid = _Fork();  /* no threads, so no handlers to run */
	if (pid == 0)
		_exit(!attempt(work_alone, l, &fault));
	if (pid < 0)
		return false;
	l->pids[l->started++] = pid;
	return true;
}

/* A worker that dies costs the module it was on; what it had finished stands in its slice. */
static void await_workers(struct loading *l)
{
	for (uint32_t i = 0; i < l->started; i++) {  /* replacements come after the others */
		int status;

		while (waitpid(l->pids[i], &status, 0) < 0)
			if (errno != EINTR)
				bad_in("workers", error_text(errno));
		l->died |= status != 0;
		if (status && atomic_load(&l->progress->next) < l->tree->count)
			start_worker(l);
	}
}

uint32_t usable_cores(void)
{
	cpu_set_t cores;

	return sched_getaffinity(0, sizeof(cores), &cores) ? 1 : (uint32_t)CPU_COUNT(&cores);
}

void load(struct loaded *loaded, const struct tree *tree, const struct load_options *options,
	  struct arena *shared)
{
	struct loading l = { .tree = tree, .options = options };
	uint32_t jobs = options->jobs ? options->jobs : usable_cores();

	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	/* Memory for this is fresh, so all of it is zero. */
	l.facts = arena_take(shared, tree->count, sizeof(*l.facts), 64);
	l.progress = arena_take(shared, 1, sizeof(*l.progress), 64);
	l.workers = arena_take(shared, WORKERS_MAX + 1, sizeof(*l.workers), 64);
	while (jobs > 1 && tree->count > 1 && l.started < jobs && start_worker(&l))
		;
	await_workers(&l);
	if (atomic_load(&l.progress->next) < tree->count) {
		keeper_share(&l.workers[l.started], options->key);
		work(&l, l.started, false);
		l.started++;
	}
	for (uint32_t i = 0; i < tree->count; i++)
		if (!l.facts[i].done)
			l.facts[i] = (struct facts){ .fault = { .why = "the process that read it died" } };
	loaded->facts = l.facts;
	loaded->names = arena_take(shared, l.started, sizeof(*loaded->names), 16);
	loaded->workers = l.started;
	for (uint32_t i = 0; i < l.started; i++) {
		loaded->names[i] = &l.workers[i].names;
		if (l.died)
			names_rewind(loaded->names[i], l.workers[i].whole_names, l.workers[i].names.used);
	}
}
