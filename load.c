/* load.c: from files to facts, while the tree is still being walked. Workers are processes. Through one pipe, they get
 * packets of files that the walk has found. A worker reads or decompresses its files, has them parsed, and keeps the
 * facts in its own part of shared memory, where the parent finds them at the same address. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "depmod.h"

enum {
	SPARE_WORKERS = 96, /* replacements for workers that die */
	WORKERS_MAX = JOBS_MAX + SPARE_WORKERS,
	KEEP = 1 << 20,     /* bytes of a finished module's memory that are kept for the next module */
	LINE = 128,         /* bytes of the largest cache line: no two workers write to the same line */
	CHUNKS = 8,         /* packets that a worker should get, of the files known so far */
	LARGEST_CHUNK = 32, /* files in a packet */
	SELDOM = 16,        /* packets between two looks at whether the disk is read */
	PACKET = 4096,      /* bytes: PIPE_BUF, so that each packet is written, and read, as a whole */
};

/* Files for one worker: the number of the first file, the root that all of them are below, and their paths, up to an
 * empty one. A packet without any path says that there are no more files. */
struct packet {
	uint32_t first, root;
	char paths[PACKET - 2 * sizeof(uint32_t)];
};

/* The size of a worker's table of names, which the parent cannot know otherwise. The worker writes it after each
 * module: when the worker dies, names up to its last finished module count. */
struct account {
	_Alignas(LINE) uint32_t names;
	size_t names_used;
};

struct loading {
	const struct tree *tree;
	const struct load_options *options;
	struct facts *facts;       /* by file, shared */
	struct reason *reasons;    /* by file, shared */
	struct account *accounts;  /* by worker, shared */
	struct progress *progress; /* shared */
	struct keeper *keepers;    /* by worker; each worker uses its own copy, which it gets when it is forked */
	pid_t pids[WORKERS_MAX];
	bool killed[WORKERS_MAX]; /* by worker: by the system, and not for what its module did */
	uint32_t first, started;  /* number of this round's first worker; of the next worker to start */
	uint32_t files, capacity; /* how many files there are, and can be */
	int in, out;              /* ends of the pipe; -1: not open here */
	int permissions;          /* in a worker: which files it may read; -1: all that it can reach */
	struct packet packet;     /* is being filled */
	uint32_t packed;          /* number of files in the packet */
	size_t size;              /* bytes of their paths */
};

/* One module in a worker's hands. */
struct job {
	struct keeper *keeper;
	struct facts *facts;
	uint32_t number; /* of the file */
	int fd;
	const struct load_options *options;
};

static void read_module(void *context)
{
	struct job *job = context;

	keep_module(job->keeper, job->fd, job->number, job->options, job->facts);
}

static struct facts failed_facts(bool transient)
{
	return (struct facts){ .begun = true, .done = true, .failed = true, .transient = transient };
}

static void note_failure(struct loading *l, uint32_t file, const struct fault *fault)
{
	fault_text(&l->reasons[file], fault);
	l->facts[file] = failed_facts(fault->transient);
}

/* Takes back the memory that a failed module has used. Where this module alone took a quarter of the memory for all
 * modules, the module is at fault, and not the system. */
static void forget(struct keeper *k, const struct keeper *before, struct fault *fault)
{
	if (k->facts.used - before->facts.used > k->facts.size / 4 ||
	    k->names.count - before->names.count > k->names.capacity / 4 ||
	    k->names.used - before->names.used > k->names.size / 4)
		fault->transient = false;
	if (k->names.count != before->names.count)
		names_rewind(&k->names, before->names.count, before->names.used);
	arena_rewind(&k->facts, before->facts.used, KEEP);
}

/* Reads one file, whose path is relative to the root, and notes its facts or why it failed. */
static void take_job(struct loading *l, uint32_t worker, uint32_t number, uint32_t root, const char *path)
{
	struct keeper *k = &l->keepers[worker], before = *k;
	struct job job = {
		.keeper = k,
		.number = number,
		.facts = &l->facts[number],
		.options = l->options,
	};
	struct fault fault;

	*job.facts = (struct facts){ .worker = worker, .begun = true };
	job.fd = module_open(l->tree->roots[root].directory, path);
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
	l->accounts[worker].names = k->names.count;
	l->accounts[worker].names_used = k->names.used;
	job.facts->done = true;
}

static void prepare_work(struct loading *l)
{
	struct keeper *k = &l->keepers[l->started];

	arena_reserve(&k->scratch, "module", WORKER_SCRATCH, false);
	keeper_prepare(k);
}

/* ---- workers ---- */

/* Whether a worker needs the descriptor: for packets, or to open files. */
static bool needs_descriptor(const struct loading *l, int fd)
{
	bool needed = fd == l->in;

	for (uint32_t i = 0; i < l->tree->root_count; i++)
		needed |= fd == l->tree->roots[i].directory;
	return needed;
}

/* Closes what a worker does not need, so that nothing can be had from it: standard input, the lock. The highest number
 * that it needs is known; those behind it go with one system call, where the kernel has that. */
static void close_others(const struct loading *l)
{
	int highest = l->in, fd;

	for (uint32_t i = 0; i < l->tree->root_count; i++)
		if (l->tree->roots[i].directory > highest)
			highest = l->tree->roots[i].directory;
	for (fd = 0; fd <= highest; fd++)
		if (!needs_descriptor(l, fd))
			close(fd);
	if (syscall(SYS_close_range, fd, ~0U, 0))
		while (fd < 64)
			close(fd++);
}

/* Gets the next packet; false when the pipe has ended. A worker that a hostile module has taken over may have put
 * anything into the pipe, so the end of the paths is set here, and the root must exist: the first one always does, but
 * in a tree without roots it is of use to absolute paths alone. */
static bool receive(const struct loading *l, struct packet *packet)
{
	ssize_t n;

	do
		n = read(l->in, packet, sizeof(*packet));
	while (n < 0 && errno == EINTR);
	memset(packet->paths + sizeof(packet->paths) - 2, 0, 2);
	return n == sizeof(*packet) && (!packet->root || packet->root < l->tree->root_count);
}

typedef void on_file(struct loading *l, uint32_t file, uint32_t root, const char *path);

/* Calls the function for each module that no worker has begun to read. */
static void each_left(struct loading *l, on_file *call)
{
	for (uint32_t i = 0; i < l->tree->count; i++) {
		const struct module *module = &l->tree->modules[i];

		if (!l->facts[module->file].begun)
			call(l, module->file, module->root, path_to_open(module));
	}
}

static void permit_left(struct loading *l, uint32_t file, uint32_t root, const char *path)
{
	(void)file;
	permit_file(l->permissions, l->tree->roots[root].directory, path);
}

static void permit_roots(const struct loading *l)
{
	for (uint32_t i = 0; i < l->tree->root_count; i++)
		permit(l->permissions, l->tree->roots[i].directory);
}

/* Gives up all rights but reading files: in the first round those of the tree, later those that are left. Root can be shut
 * into a tree with one root: there, the kernel need not look for a permission whenever a file is opened. */
static void give_up_rights(struct loading *l, bool first_round)
{
	bool shut_in = first_round && l->tree->root_count == 1 && enter_for_good(l->tree->roots[0].directory);

	l->permissions = permissions_begin(shut_in);
	if (l->permissions >= 0 && !first_round)
		each_left(l, permit_left);
	else if (l->permissions >= 0 && !shut_in)
		permit_roots(l);
	confine(l->permissions);
}

/* Reads all files of the packet, which has none after that. */
static void take_packet(struct loading *l, struct packet *packet)
{
	for (const char *path = packet->paths; *path && packet->first < l->capacity; path += strlen(path) + 1)
		take_job(l, l->started, packet->first++, packet->root, path);
	*packet->paths = 0;
}

/* Gets packets and reads their files. While the disk has to be read, a packet is held back until the files of the next
 * one have been asked for. Where all is in memory, the look whether that is so is rare enough to cost nothing. */
static void work_through_packets(struct loading *l)
{
	struct packet held = { 0 }, next;
	uint32_t before = 0, blocks;
	bool cold = false, more = true;

	for (uint32_t n = 0; more; n++) {
		more = receive(l, &next) && *next.paths;
		if (cold && more)
			ask_ahead(l->tree->roots[next.root].directory, next.paths);
		take_packet(l, &held);
		held = next;
		if (!cold && more)
			take_packet(l, &held);
		if (cold || n % SELDOM == 0) {
			blocks = disk_blocks();
			cold = blocks != before;
			before = blocks;
		}
	}
}

/* The whole life of a worker process. */
static void work(void *context)
{
	struct loading *l = context;

	prepare_work(l);
	close_others(l);
	give_up_rights(l, !l->first);
	work_through_packets(l);
}

static void prepare_next(void *context)
{
	struct loading *l = context;

	keeper_share(&l->keepers[l->started], l->options->key);
}

/* Starts a process that runs task(). False when there is no memory for it, or no process can be had. */
static bool start_worker(struct loading *l, void (*task)(void *loading))
{
	struct fault fault;
	pid_t pid;

	if (l->started == WORKERS_MAX || !attempt(prepare_next, l, &fault))
		return false;
	pid = fork_bound();
	if (pid == 0) {
		progress_leave();
		_exit(!attempt(task, l, &fault));
	}
	if (pid < 0)
		return false;
	l->pids[l->started++] = pid;
	return true;
}

static void close_pipe(struct loading *l)
{
	if (l->out >= 0)
		close(l->out);
	l->out = -1;
}

/* Starts workers that read from a new pipe. The parent closes its own reading end, so that writing fails once all
 * workers have died. */
static void begin_round(struct loading *l, uint32_t workers)
{
	int ends[2];

	l->first = l->started;
	/* System calls without the library's functions, which are larger. */
	if (syscall(SYS_pipe2, ends, O_CLOEXEC))
		return;
	syscall(SYS_fcntl, ends[1], F_SETPIPE_SZ, 1 << 20); /* the walk should not have to wait */
	l->in = ends[0];
	l->out = ends[1];
	while (l->started - l->first < workers && start_worker(l, work))
		;
	close(l->in);
	l->in = -1; /* no later worker keeps whatever gets that number */
	if (l->started == l->first)
		close_pipe(l);
}

/* Sends the packet. One without files says that there are no more files. */
static void send(struct loading *l)
{
	ssize_t n;

	memset(l->packet.paths + l->size, 0, sizeof(l->packet.paths) - l->size);
	do
		n = write(l->out, &l->packet, sizeof(l->packet));
	while (n < 0 && errno == EINTR);
	l->packed = 0;
	l->size = 0;
	if (n < 0)
		close_pipe(l);
}

/* How many files a packet gets: few at first, so that the modules of a small tree, too, are shared evenly. */
static uint32_t chunk(const struct loading *l)
{
	uint32_t fair = l->files / (l->options->jobs * CHUNKS) + 1;

	return fair < LARGEST_CHUNK ? fair : LARGEST_CHUNK;
}

/* Puts the file into a packet. Where there are no workers, or its path is too long, it is left to the end. */
static void pass_on(struct loading *l, uint32_t file, uint32_t root, const char *path)
{
	size_t length = strlen(path) + 1, room = sizeof(l->packet.paths) - 1;

	if (l->packed && (length > room - l->size || root != l->packet.root || file != l->packet.first + l->packed))
		send(l);
	if (l->out < 0 || length > room)
		return;
	if (!l->packed) {
		l->packet.first = file;
		l->packet.root = root;
	}
	memcpy(l->packet.paths + l->size, path, length);
	l->size += length;
	if (++l->packed >= chunk(l))
		send(l);
}

/* A file that may lie outside of its root, because of a link or as an external one, is left to the second round, in which
 * each such file is permitted. */
uint32_t load_offer(struct loading *l, uint32_t root, const char *path, bool linked)
{
	if (l->files == l->capacity)
		bad_in("modules", "too many files");
	if (!linked && *path != '/')
		pass_on(l, l->files, root, path);
	l->progress->found = ++l->files;
	return l->files - 1;
}

/* Tells each worker that there are no more files. */
static void end_files(struct loading *l)
{
	if (l->out >= 0 && l->packed)
		send(l);
	for (uint32_t i = l->first; i < l->started && l->out >= 0; i++)
		send(l);
}

/* Waits for all workers of this round, and notes which of them the system killed, as it does when memory is short. */
static void await_workers(struct loading *l)
{
	int status;

	for (uint32_t i = l->first; i < l->started; i++) {
		if (!await_process(l->pids[i], &status))
			bad("a process that reads modules is lost");
		l->killed[i] = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	close_pipe(l);
}

/* ---- the parent ---- */

uint32_t worker_count(uint32_t asked)
{
	uint32_t count = asked ? asked : usable_cores();

	return count < JOBS_MAX ? count : JOBS_MAX;
}

/* Counts the modules that are done; called in the process that shows progress. Hostile workers may have changed the
 * total. */
static uint32_t done(const void *context)
{
	const struct loading *l = context;
	uint32_t count = 0;

	for (uint32_t i = 0; i < l->progress->total && i < l->capacity; i++)
		count += l->facts[i].done;
	return count;
}

static void show_progress(struct loading *l)
{
	if (l->options->show_progress)
		progress_begin(done, l, l->progress);
}

struct loading *load_begin(const struct tree *tree, const struct load_options *options, struct arena *shared,
			   struct arena *memory)
{
	struct loading *l = arena_take(memory, 1, sizeof(*l), LINE);

	*l = (struct loading){ .tree = tree, .options = options, .in = -1, .out = -1 };
	/* Memory for this is fresh, so all of it is zero. */
	l->accounts = arena_take(shared, WORKERS_MAX + 1, sizeof(*l->accounts), LINE);
	l->progress = arena_take(shared, 1, sizeof(*l->progress), LINE);
	l->capacity = (uint32_t)((shared->size - shared->used - LINE) / (sizeof(*l->facts) + sizeof(*l->reasons)));
	l->facts = arena_take(shared, l->capacity, sizeof(*l->facts), LINE);
	l->reasons = arena_take(shared, l->capacity, sizeof(*l->reasons), 1);
	l->keepers = arena_take(memory, WORKERS_MAX + 1, sizeof(*l->keepers), LINE);
	show_progress(l);
	begin_round(l, options->jobs);
	return l;
}

/* The number of modules that no worker has begun to read. */
static uint32_t left(const struct loading *l)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < l->tree->count; i++)
		count += !l->facts[l->tree->modules[i].file].begun;
	return count;
}

static void take_alone(struct loading *l, uint32_t file, uint32_t root, const char *path)
{
	take_job(l, l->started, file, root, path);
}

static void work_alone(void *context)
{
	prepare_work(context);
	close_others(context);
	give_up_rights(context, false);
	each_left(context, take_alone);
}

/* Whether the file could not be read for a reason that lies with the system, so that it may be read another time. */
static bool failed_by_system(const struct loading *l, const struct facts *facts)
{
	if (facts->begun && !facts->done)
		return facts->worker < l->started && l->killed[facts->worker];
	return !facts->begun || (facts->failed && facts->transient);
}

/* Has one worker read, with nobody beside it, what the system kept the others from reading. */
static void try_again(struct loading *l)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < l->tree->count; i++) {
		struct facts *facts = &l->facts[l->tree->modules[i].file];

		if (failed_by_system(l, facts)) {
			*facts = (struct facts){ 0 };
			count++;
		}
	}
	l->first = l->started;
	if (count && start_worker(l, work_alone))
		await_workers(l);
}

/* After the first round, files behind links are left. When a worker dies, the module that it was reading is lost; modules
 * that it had taken but not begun are left to the next round, too, and in the end to a single worker. The parent, which has
 * all rights, never reads a module itself. */
static void work_in_rounds(struct loading *l)
{
	uint32_t before = NONE, remaining;

	await_workers(l);
	while ((remaining = left(l)) && remaining < before && l->started > l->first) {
		before = remaining;
		begin_round(l, remaining < l->options->jobs ? remaining : l->options->jobs);
		each_left(l, pass_on);
		end_files(l);
		await_workers(l);
	}
	try_again(l);
}

/* Believes what a worker left about the file only when all of it lies in that worker's own memory. */
static void check_work(struct loading *l, uint32_t file)
{
	struct facts *facts = &l->facts[file];
	struct fault fault = { .why = "the process that read it died", .transient = failed_by_system(l, facts) };

	if (!facts->begun)
		fault.why = "no process could be had that reads it";
	else if (facts->done && !facts->failed && !facts->transient && facts->worker < l->started &&
		 facts_sound(facts, &l->keepers[facts->worker]))
		return;
	if (facts->done && facts->failed) {
		l->reasons[file].text[REASON_SIZE - 1] = 0;
		*facts = failed_facts(facts->transient);
	} else {
		note_failure(l, file, &fault);
	}
}

void load_end(struct loading *l, struct loaded *loaded, struct arena *memory)
{
	const struct tree *tree = l->tree;

	end_files(l);
	l->progress->total = l->files;
	show_progress(l);
	work_in_rounds(l);
	for (uint32_t w = 0; w < l->started; w++)
		names_adopt(&l->keepers[w].names, l->accounts[w].names, l->accounts[w].names_used);
	*loaded = (struct loaded){
		.facts = arena_take(memory, tree->count, sizeof(void *), sizeof(void *)),
		.reasons = l->reasons,
		.keepers = l->keepers,
		.workers = l->started,
	};
	for (uint32_t i = 0; i < tree->count; i++) {
		check_work(l, tree->modules[i].file);
		loaded->facts[i] = &l->facts[tree->modules[i].file];
	}
}
