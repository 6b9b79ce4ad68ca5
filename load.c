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

/* What a worker owns. `names` and `facts` are shared with the parent, the rest is its own. */
struct worker {
	struct names names;
	struct arena facts;
	struct arena scratch;      /* the file, the decoded module, decoder work */
	struct arena needs, need_crcs, exports, export_crcs;
	uint32_t *mark;            /* by name: the last module that needed it, plus 1 */
	uint32_t *place;           /* by name: where among that module's needs */
	pid_t pid;
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
	struct worker *workers;
	uint32_t started, running;
};

/* One module in a worker's hands. */
struct job {
	struct worker *worker;
	struct facts *facts;
	const char *path;
	uint32_t number, worker_number;
	int directory, fd;
	bool wants_crcs;
	const char *refused;       /* the last value or symbol that would forge lines */
	size_t refused_length;
};

static bool wanted_modinfo(const char *string)
{
	return strncmp(string, "alias=", 6) == 0 || strncmp(string, "softdep=", 8) == 0 ||
	       strncmp(string, "weakdep=", 8) == 0;
}

/* A newline in a value would forge a line of a text file. */
static bool refuse_control(struct job *job, const char *value, size_t length)
{
	if (!has_control(value, length))
		return false;
	job->refused = value;
	job->refused_length = length;
	return true;
}

/* Strings ended by one or more NUL; the last one may end with the section instead. */
static void keep_modinfo(void *context, struct span strings)
{
	struct job *job = context;
	struct arena *arena = &job->worker->facts;

	if (!job->facts->modinfo)
		job->facts->modinfo = (char *)arena->start + arena->used;
	while (strings.p < strings.end) {
		const char *string = (const char *)strings.p;
		const uint8_t *end = memchr(strings.p, 0, span_size(strings));
		size_t length = (size_t)((end ? end : strings.end) - strings.p);

		strings.p += length + (end != NULL);
		if (length <= 7 || !wanted_modinfo(string))
			continue;
		if (refuse_control(job, string, length))
			continue;
		arena_string(arena, string, length);
		job->facts->modinfo_size += (uint32_t)length + 1;
	}
}

static void add_word(struct arena *arena, uint32_t word)
{
	*(uint32_t *)arena_take(arena, 1, sizeof(word), sizeof(word)) = word;
}

static void keep_export(void *context, const char *name, size_t length, uint32_t crc)
{
	struct job *job = context;
	struct worker *w = job->worker;

	if (refuse_control(job, name, length))
		return;
	add_word(&w->exports, names_add(&w->names, name, length));
	add_word(&w->export_crcs, crc);
	job->facts->export_count++;
}

static void add_need(struct job *job, uint32_t name, uint32_t weak, uint32_t crc)
{
	struct worker *w = job->worker;

	w->mark[name] = job->number + 1;
	w->place[name] = job->facts->need_count++;
	add_word(&w->needs, name | weak);
	add_word(&w->need_crcs, crc);
}

static void keep_need(void *context, const char *name, size_t length, bool weak)
{
	struct job *job = context;
	uint32_t id = names_add(&job->worker->names, name, length);

	if (job->worker->mark[id] != job->number + 1)
		add_need(job, id, weak ? WEAK_NEED : 0, 0);
}

/* The CRC belongs to a need of the same name; a name that .symtab does not mention is a need too. */
static void keep_version(void *context, const char *name, size_t length, uint32_t crc)
{
	struct job *job = context;
	struct worker *w = job->worker;
	uint32_t id = names_add(&w->names, name, length);

	if (w->mark[id] == job->number + 1)
		((uint32_t *)(void *)w->need_crcs.start)[w->place[id]] = crc;
	else
		add_need(job, id, 0, crc);
}

static uint32_t *keep_words(struct arena *to, const struct arena *words)
{
	uint32_t *copy = arena_take(to, words->used, 1, sizeof(*copy));

	memcpy(copy, words->start, words->used);
	return copy;
}

static void read_module(void *context)
{
	struct job *job = context;
	struct worker *w = job->worker;
	struct elf_sink sink = {
		.context = job, .wants_crcs = job->wants_crcs, .modinfo = keep_modinfo,
		.export = keep_export, .need = keep_need, .version = keep_version,
	};

	module_read(job->fd, &w->scratch, &sink);
	if (job->refused)
		job->facts->refused = arena_string(&w->facts, job->refused, job->refused_length);
	job->facts->exports = keep_words(&w->facts, &w->exports);
	job->facts->needs = keep_words(&w->facts, &w->needs);
	if (job->wants_crcs) {
		job->facts->export_crcs = keep_words(&w->facts, &w->export_crcs);
		job->facts->need_crcs = keep_words(&w->facts, &w->need_crcs);
	}
}

static void take_job(struct job *job)
{
	struct worker *w = job->worker;
	struct fault fault;
	size_t kept = w->facts.used;

	job->fd = openat(job->directory, job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	*job->facts = (struct facts){ .worker = job->worker_number };
	if (job->fd < 0) {
		*job->facts = (struct facts){ .done = true, .fault.why = strerror(errno) };
		return;
	}
	if (!attempt(read_module, job, &fault)) {
		arena_rewind(&w->facts, kept, KEEP);
		*job->facts = (struct facts){ .fault = fault };
	}
	job->facts->done = true;
	close(job->fd);
	arena_rewind(&w->scratch, 0, KEEP);
	w->needs.used = w->need_crcs.used = w->exports.used = w->export_crcs.used = 0;
}

/* ---- workers ---- */

/* Names take a quarter of the slice: entry, slots and some 28 bytes each. */
static void prepare_worker(struct worker *w, uint64_t key)
{
	uint32_t names;

	arena_reserve(&w->facts, "facts", WORKER_FACTS, true);
	names = (uint32_t)(w->facts.size / 256);
	names_init(&w->names, &w->facts, names, names * (size_t)28, key);
}

static void prepare_private(struct worker *w)
{
	struct arena marks;

	arena_reserve(&w->scratch, "module", WORKER_SCRATCH, false);
	arena_reserve(&marks, "marks", w->names.capacity * 2 * sizeof(uint32_t), false);
	w->mark = (uint32_t *)(void *)marks.start;
	w->place = w->mark + w->names.capacity;
	arena_reserve(&w->needs, "needs", WORKER_WORDS, false);
	arena_reserve(&w->need_crcs, "needs", WORKER_WORDS, false);
	arena_reserve(&w->exports, "exports", WORKER_WORDS, false);
	arena_reserve(&w->export_crcs, "exports", WORKER_WORDS, false);
}

static void work(struct loading *l, uint32_t self)
{
	struct worker *w = &l->workers[self];
	uint32_t number;

	prepare_private(w);
	while ((number = atomic_fetch_add(&l->progress->next, 1)) < l->tree->count) {
		struct job job = {
			.worker = w, .worker_number = self, .number = number, .facts = &l->facts[number],
			.path = l->tree->modules[number].path, .directory = l->tree->directory,
			.wants_crcs = l->options->wants_crcs,
		};

		take_job(&job);
	}
}

/* False when no process can be had; then the caller does the work itself. */
static bool start_worker(struct loading *l)
{
	uint32_t self = l->started;
	pid_t pid;

	if (self == WORKERS_MAX)
		return false;
	prepare_worker(&l->workers[self], l->options->key);
	pid = fork();
	if (pid == 0) {
		work(l, self);
		_exit(0);
	}
	if (pid < 0)
		return false;
	l->workers[self].pid = pid;
	l->started++;
	l->running++;
	return true;
}

/* A worker that dies costs the module it was on; what it had finished stands in its slice. */
static void await_workers(struct loading *l)
{
	while (l->running) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		l->running--;
		if (status && atomic_load(&l->progress->next) < l->tree->count)
			start_worker(l);
	}
}

static uint32_t usable_cores(void)
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
	l.facts = arena_take(shared, tree->count, sizeof(*l.facts), 64);
	l.progress = arena_take(shared, 1, sizeof(*l.progress), 64);
	l.workers = arena_take(shared, WORKERS_MAX + 1, sizeof(*l.workers), 64);
	while (jobs > 1 && tree->count > 1 && l.started < jobs && start_worker(&l))
		;
	await_workers(&l);
	if (atomic_load(&l.progress->next) < tree->count) {
		prepare_worker(&l.workers[l.started], options->key);
		work(&l, l.started++);
	}
	for (uint32_t i = 0; i < tree->count; i++)
		if (!l.facts[i].done)
			l.facts[i] = (struct facts){ .fault = { .why = "the process that read it died" } };
	loaded->facts = l.facts;
	loaded->names = arena_take(shared, l.started, sizeof(*loaded->names), 16);
	loaded->workers = l.started;
	for (uint32_t i = 0; i < l.started; i++)
		loaded->names[i] = &l.workers[i].names;
}
