/* load.c: from files to facts. Workers are processes that fork after the tree is known. Each takes the next
 * module by one shared counter, reads or decompresses it, has it parsed, and keeps what was
 * learned in its own slice of shared memory, where the parent finds it at the same address. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "depmod.h"

enum {
	SPARE_WORKERS = 96,        /* replacements for workers that die */
	WORKERS_MAX = JOBS_MAX + SPARE_WORKERS,
	KEEP = 1 << 20,            /* memory of a finished module that the next one will want */
	LINE = 128,                /* what processors pass between them at once: no two workers write to one */
	CHUNKS = 32, LARGEST_CHUNK = 16,
};

/* What a worker tells of its table of names, which only it can see to the end. Written after each module: the
 * table of a worker that dies is what it was then. */
struct account {
	_Alignas(LINE) uint32_t names;
	size_t names_used;
};

/* In memory that all workers share. */
struct progress {
	_Alignas(LINE) atomic_uint next;  /* the first module that nobody took */
	bool shown;                /* for progress_begin() */
	struct account accounts[WORKERS_MAX + 1];
};

struct loading {
	const struct tree *tree;
	const struct load_options *options;
	struct facts *facts;       /* by module, shared */
	struct reason *reasons;
	struct progress *progress;
	struct keeper *keepers;    /* by worker; each works with the copy that it has after the fork */
	pid_t pids[WORKERS_MAX];
	uint32_t started, jobs;
	uint32_t chunk;            /* modules that a worker takes at once */
};

/* One module in a worker's hands. */
struct job {
	struct keeper *keeper;
	struct facts *facts;
	uint32_t number;
	int fd;
	const struct load_options *options;
};

static void read_module(void *context)
{
	struct job *job = context;

	keep_module(job->keeper, job->fd, job->number, job->options, job->facts);
}

static void note_failure(struct loading *l, uint32_t module, const struct fault *fault)
{
	fault_text(&l->reasons[module], fault);
	l->facts[module] = (struct facts){ .begun = true, .failed = true, .passing = fault->passing };
}

/* What the module that failed left behind goes. Memory for all modules that one alone has taken a quarter of
 * is not lacking: that module is the trouble. */
static void forget(struct keeper *k, const struct keeper *before, struct fault *fault)
{
	if (k->facts.used - before->facts.used > k->facts.size / 4 ||
	    k->names.count - before->names.count > k->names.capacity / 4 ||
	    k->names.used - before->names.used > k->names.size / 4)
		fault->passing = false;
	if (k->names.count != before->names.count)
		names_rewind(&k->names, before->names.count, before->names.used);
	arena_rewind(&k->facts, before->facts.used, KEEP);
}

static void take_job(struct loading *l, uint32_t worker, uint32_t number)
{
	struct keeper *k = &l->keepers[worker], before = *k;
	const struct module *module = &l->tree->modules[number];
	struct job job = {
		.keeper = k, .number = number, .facts = &l->facts[number], .options = l->options,
	};
	struct fault fault;

	*job.facts = (struct facts){ .worker = worker, .begun = true };
	job.fd = open_again(l->tree->roots[module->root].directory, module->path,
			    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (job.fd < 0) {
		fault = system_fault(errno);
		note_failure(l, number, &fault);
	} else if (!attempt(read_module, &job, &fault)) {
		forget(k, &before, &fault);
		note_failure(l, number, &fault);
	}
	if (job.fd >= 0)
		close(job.fd);
	arena_rewind(&k->scratch, 0, KEEP);
	l->progress->accounts[worker].names = k->names.count;
	l->progress->accounts[worker].names_used = k->names.used;
	job.facts->done = true;
}

/* `alone`: in a process that does nothing else, and needs no right to. */
static void work(struct loading *l, uint32_t self, bool alone)
{
	struct keeper *k = &l->keepers[self];
	uint32_t from;

	arena_reserve(&k->scratch, "module", WORKER_SCRATCH, false);
	keeper_prepare(k);
	if (alone)
		confine();
	while ((from = atomic_fetch_add(&l->progress->next, l->chunk)) < l->tree->count)
		for (uint32_t i = from; i < from + l->chunk && i < l->tree->count; i++)
			if (!l->facts[i].begun)
				take_job(l, self, i);
}

static void work_alone(void *context)
{
	struct loading *l = context;

	work(l, l->started, true);
}

static void prepare_next(void *context)
{
	struct loading *l = context;

	keeper_share(&l->keepers[l->started], l->options->key);
}

/* False when no process or no memory for it can be had. */
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

/* Waits for the workers from that one on; whether all ended well. */
static bool await_workers(const struct loading *l, uint32_t first)
{
	bool well = true;

	for (uint32_t i = first; i < l->started; i++) {
		int status;

		while (waitpid(l->pids[i], &status, 0) < 0)
			if (errno != EINTR)
				bad_in("workers", error_text(errno));
		well &= status == 0;
	}
	return well;
}

static uint32_t left(const struct loading *l)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < l->tree->count; i++)
		count += !l->facts[i].begun;
	return count;
}

/* A worker that dies costs the module it was on; what it had taken and not begun is left to the next round.
 * Returns how many modules nobody began. */
static uint32_t work_in_rounds(struct loading *l)
{
	uint32_t remaining = l->tree->count, before;

	if (l->jobs < 2 || remaining < 2)
		return remaining;
	do {
		uint32_t first = l->started;

		before = remaining;
		atomic_store(&l->progress->next, 0);
		while (l->started - first < l->jobs && start_worker(l))
			;
		if (l->started > first && await_workers(l, first))
			return 0;
		remaining = left(l);
	} while (remaining && remaining < before);
	return remaining;
}

uint32_t usable_cores(void)
{
	uint64_t cores[64] = { 0 };
	uint32_t count = 0;

	syscall(SYS_sched_getaffinity, 0, sizeof(cores), cores);
	for (size_t i = 0; i < COUNT_OF(cores); i++)
		for (uint64_t set = cores[i]; set; set &= set - 1)
			count++;
	return count ? count : 1;
}

/* What other processes left is believed when it leads nowhere but into their own memory. */
static void check_work(struct loading *l)
{
	for (uint32_t w = 0; w < l->started; w++) {
		const struct account *account = &l->progress->accounts[w];

		names_adopt(&l->keepers[w].names, account->names, account->names_used);
	}
	for (uint32_t i = 0; i < l->tree->count; i++) {
		struct facts *facts = &l->facts[i];
		struct fault fault = { .why = "the process that read it died" };

		l->reasons[i].text[REASON_SIZE - 1] = 0;
		if (!facts->begun)
			fault.why = "not read, as too many processes died";
		else if (facts->done && (facts->failed || (facts->worker < l->started &&
							   facts_sound(facts, &l->keepers[facts->worker]))))
			continue;
		note_failure(l, i, &fault);
	}
}

static uint32_t done(const void *context)
{
	const struct loading *l = context;
	uint32_t count = 0;

	for (uint32_t i = 0; i < l->tree->count; i++)
		count += l->facts[i].done;
	return count;
}

void load(struct loaded *loaded, const struct tree *tree, const struct load_options *options,
	  struct arena *shared, struct arena *memory)
{
	struct loading l = { .tree = tree, .options = options };

	l.jobs = options->jobs ? options->jobs : usable_cores();
	if (l.jobs > JOBS_MAX)
		l.jobs = JOBS_MAX;
	l.chunk = tree->count / (l.jobs * CHUNKS) + 1;
	if (l.chunk > LARGEST_CHUNK)
		l.chunk = LARGEST_CHUNK;
	/* Memory for this is fresh, so all of it is zero. */
	l.facts = arena_take(shared, tree->count, sizeof(*l.facts), LINE);
	l.reasons = arena_take(shared, tree->count, sizeof(*l.reasons), LINE);
	l.progress = arena_take(shared, 1, sizeof(*l.progress), LINE);
	l.keepers = arena_take(memory, WORKERS_MAX + 1, sizeof(*l.keepers), LINE);
	if (options->show_progress)
		progress_begin(done, &l, tree->count, &l.progress->shown);
	if (work_in_rounds(&l) && l.started < WORKERS_MAX) {
		atomic_store(&l.progress->next, 0);
		keeper_share(&l.keepers[l.started], options->key);
		work(&l, l.started++, false);
	}
	progress_end();
	check_work(&l);
	*loaded = (struct loaded){
		.facts = l.facts, .reasons = l.reasons, .keepers = l.keepers, .workers = l.started,
	};
}
