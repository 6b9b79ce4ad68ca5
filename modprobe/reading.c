/* reading.c: modules, read by a process that has no rights, as a damaged module may take over the process that reads it.
 * The files are opened before, a few at a time; what is to be printed of each is left in shared memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "modprobe.h"

/* How many files are open at once; bytes of memory shared among them; and bytes of scratch memory that do not go back to the
 * system between them. */
enum { FILES = 32, SHARED = 128 << 20, KEEP = 1 << 20 };

/* What was found in a file. No bools, as a hostile process may leave any byte here. */
struct outcome {
	struct reason reason; /* why reading failed; "": it did not */
	uint32_t size;        /* of the text */
	uint8_t done;         /* read or given up */
	char text[];
};

/* The files that wait to be read. */
static struct {
	struct reading files[FILES];
	uint32_t count;
	struct arena shared; /* an outcome for each */
} waiting;

static struct outcome *outcome_of(uint32_t number, size_t *room)
{
	size_t share = waiting.shared.size / FILES;

	*room = share - sizeof(struct outcome);
	return (void *)(waiting.shared.start + number * share);
}

/* ---- in a process of its own ---- */

struct task {
	struct probe *p;
	const struct reading *file;
};

static void read_file(void *context)
{
	const struct task *task = context;

	task->file->read(task->p, task->file);
}

static void read_one(struct probe *p, uint32_t number)
{
	size_t used = p->scratch.used, room;
	struct outcome *outcome = outcome_of(number, &room);
	struct task task = { p, &waiting.files[number] };
	struct fault fault;

	p->out = (struct text){ .start = outcome->text, .capacity = room, .fd = -1 };
	if (!attempt(read_file, &task, &fault))
		fault_text(&outcome->reason, &fault);
	arena_rewind(&p->scratch, used, KEEP);
	outcome->size = (uint32_t)p->out.size;
	outcome->done = true;
}

/* ---- in the process that has opened the files, and prints ---- */

/* Has a process read the files from this number on, and waits for its end. It may open no file: all are open. */
static void read_from(struct probe *p, uint32_t number)
{
	int status, pid = fork_bound();

	if (pid < 0)
		bad_in("process that reads modules", error_text(errno));
	if (!pid) {
		confine(permissions_begin(false));
		for (; number < waiting.count; number++)
			read_one(p, number);
		_exit(0);
	}
	if (!await_process(pid, &status))
		bad("a process that reads modules is lost");
}

static void print(struct probe *p, uint32_t number)
{
	size_t room;
	struct outcome *outcome = outcome_of(number, &room);
	struct reading *file = &waiting.files[number];

	outcome->reason.text[REASON_SIZE - 1] = 0;
	add_span(&p->out, span_of(outcome->text, outcome->size <= room ? outcome->size : 0));
	if (!outcome->done)
		error(file->name, ": the process that read it died");
	else if (*outcome->reason.text)
		error(file->name, ": ", outcome->reason.text);
	p->status |= !outcome->done || *outcome->reason.text;
	*outcome = (struct outcome){ 0 };
	close(file->fd);
}

/* Where a process dies, another one goes on. The file is given up that a process died of which it was the first. */
void finish_reading(struct probe *p)
{
	uint32_t next = 0;
	size_t room;

	while (next < waiting.count) {
		uint32_t first = next;

		read_from(p, first);
		while (next < waiting.count && outcome_of(next, &room)->done)
			next++;
		next += next == first;
	}
	for (uint32_t i = 0; i < waiting.count; i++)
		print(p, i);
	waiting.count = 0;
}

static int open_file(struct probe *p, const char *path)
{
	struct location place;

	if (path)
		return running_open(p->base, path);
	place = modules_place(p);
	path = join_path(&p->memory, place.path, "modules.builtin.modinfo");
	return open_inside(place.base, path, FILE_FLAGS(REGULAR_FILE));
}

void begin_reading(struct probe *p, struct reading file)
{
	if (!waiting.shared.size)
		arena_reserve_alone(&waiting.shared, "shared memory", SHARED, true);
	while ((file.fd = open_file(p, file.path)) < 0 && errno == EMFILE && waiting.count)
		finish_reading(p);
	file.failed = errno;
	waiting.files[waiting.count++] = file;
	if (waiting.count == FILES)
		finish_reading(p);
}
