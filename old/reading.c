/* reading.c: modules, read by several processes that have no rights to do anything else, as a damaged module may take
 * over the process that reads it. Each process reads a slice of the modules, and leaves values in shared memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "old.h"

/* Bytes that the values of one module may take, ten times and more what those of any real module do; and how many bytes
 * of scratch memory do not go back to the system between modules. */
enum { VALUES_SIZE = 32 << 20, KEEP = 1 << 20 };

/* The result for one module: its values lie in its slice's memory, from offset `from` up to `to`. No bools, as a hostile
 * process may leave any byte here. */
struct outcome {
	uint32_t from, to;
	uint8_t done, failed,
		transient; /* done: read or given up; failed: see `reason`; transient: as in struct fault */
	struct reason reason;
};

/* ---- in a process of its own ---- */

/* One module being read. */
struct job {
	const struct readings *readings;
	struct reader reader;
	int fd; /* of the module's file */
};

void put_value(struct reader *reader, char kind, const char *value, size_t length)
{
	char *copy;

	if (reader->values->used - reader->from + length > VALUES_SIZE)
		bad("too many values");
	copy = arena_take(reader->values, length + 2, 1, 1);
	copy[0] = kind;
	memcpy(copy + 1, value, length);
	copy[length + 1] = 0;
}

struct values values_put(const struct reader *reader, char kind)
{
	const char *memory = (const char *)reader->values->start;

	return (struct values){ memory + reader->from, memory + reader->values->used, kind };
}

static void read_object(void *context)
{
	struct job *job = context;
	struct elf elf;

	if (job->fd < 0)
		bad_fault(system_fault(errno));
	elf_open(&elf, module_source(job->fd, job->reader.scratch, true));
	job->readings->read(&job->reader, &elf);
}

static void read_one(const struct readings *readings, struct slice *slice, uint32_t number)
{
	struct outcome *outcome = &readings->outcomes[number];
	struct job job = {
		.readings = readings,
		.reader = { .values = &slice->values,
			    .scratch = readings->scratch,
			    .from = (uint32_t)slice->values.used },
		.fd = module_open(CURRENT_DIRECTORY, readings->files[number]),
	};
	struct fault fault;

	outcome->failed = !attempt(read_object, &job, &fault);
	if (outcome->failed) {
		fault_text(&outcome->reason, &fault);
		outcome->transient = fault.transient;
		slice->values.used = job.reader.from;
	}
	if (job.fd >= 0)
		close(job.fd);
	arena_rewind(readings->scratch, 0, KEEP);
	outcome->from = job.reader.from;
	outcome->to = (uint32_t)slice->values.used;
	outcome->done = true;
}

/* Gives up all rights but reading the slice's files. */
static void give_up_rights(const struct readings *readings, const struct slice *slice)
{
	int permissions = permissions_begin(false);

	for (uint32_t i = slice->first; i < slice->last && permissions >= 0; i++)
		permit_file(permissions, CURRENT_DIRECTORY, readings->files[i]);
	confine(permissions);
}

/* ---- in the parent ---- */

static bool start_reading(const struct readings *readings, struct slice *slice)
{
	slice->pid = fork_bound();
	if (slice->pid)
		return slice->pid > 0;
	give_up_rights(readings, slice);
	for (uint32_t i = slice->first; i < slice->last; i++)
		read_one(readings, slice, i);
	_exit(0);
}

/* The number of the slice's first module that is not read yet; slice->last when all are. The values of those before it
 * are kept: only the process that died knew how much memory was in use. */
static uint32_t first_unread(const struct readings *readings, struct slice *slice)
{
	uint32_t i = slice->first;

	for (; i < slice->last && readings->outcomes[i].done; i++)
		if (readings->outcomes[i].to > slice->values.used && readings->outcomes[i].to <= slice->values.size)
			slice->values.used = readings->outcomes[i].to;
	return i;
}

/* Waits until the slice is read. Where its process dies, the module that it was reading has failed, by the system's fault
 * if it was killed, as when memory is short; another process goes on with the next module. False when that cannot be
 * started. */
static bool finish_reading(const struct readings *readings, struct slice *slice)
{
	int status;

	for (;;) {
		(void)await_process(slice->pid, &status);
		slice->first = first_unread(readings, slice);
		if (slice->first == slice->last)
			return true;
		readings->outcomes[slice->first] = (struct outcome){
			.done = true,
			.failed = true,
			.transient = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
			.reason = { "the process that read it died" },
		};
		if (++slice->first == slice->last)
			return true;
		if (!start_reading(readings, slice))
			return false;
	}
}

static struct slice *slice_of(struct readings *readings, uint32_t number)
{
	return &readings->slices[number / readings->each];
}

/* Whether the values end in their slice's memory, and with NUL. */
static bool is_sound(const struct outcome *outcome, const struct arena *values)
{
	return outcome->from <= outcome->to && outcome->to <= values->size &&
	       (outcome->from == outcome->to || !values->start[outcome->to - 1]);
}

static void check_outcomes(struct readings *readings)
{
	for (uint32_t i = 0; i < readings->count; i++) {
		struct outcome *outcome = &readings->outcomes[i];

		outcome->reason.text[REASON_SIZE - 1] = 0;
		if (!is_sound(outcome, &slice_of(readings, i)->values))
			*outcome = (struct outcome){ .failed = true,
						     .reason = { "the process that read it left nonsense" } };
		if (outcome->failed)
			outcome->from = outcome->to = 0;
	}
}

bool read_objects(struct readings *readings, uint32_t jobs)
{
	struct arena shared;
	bool started = true;

	arena_reserve(&shared, "shared memory", SHARED_MEMORY, true);
	readings->outcomes = arena_take(&shared, readings->count, sizeof(*readings->outcomes), 8);
	readings->each = readings->count / jobs + 1;
	for (uint32_t from = 0; from < readings->count && started; from += readings->each) {
		struct slice *slice = &readings->slices[readings->slice_count++];

		slice->first = from;
		slice->last = readings->count - from < readings->each ? readings->count : from + readings->each;
		arena_reserve(&slice->values, "values", OUTPUT_MEMORY / 4, true);
		started = start_reading(readings, slice);
	}
	for (uint32_t i = 0; i < readings->slice_count && started; i++)
		started = finish_reading(readings, &readings->slices[i]);
	if (!started)
		error("could not begin to read modules: ", error_text(errno));
	else
		check_outcomes(readings);
	return started;
}

const char *reading_failed(const struct readings *readings, uint32_t number, bool *transient)
{
	const struct outcome *outcome = &readings->outcomes[number];

	*transient = outcome->transient != 0;
	return outcome->failed ? outcome->reason.text : NULL;
}

struct values values_read(struct readings *readings, uint32_t number, char kind)
{
	const struct outcome *outcome = &readings->outcomes[number];
	const char *memory = (const char *)slice_of(readings, number)->values.start;

	return (struct values){ memory + outcome->from, memory + outcome->to, kind };
}
