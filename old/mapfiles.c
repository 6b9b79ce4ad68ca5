/* mapfiles.c: the map files of kernels since 2.6, for depmod --map: standard input has the paths of modules, standard
 * output gets the files, both in the form that older.c describes. Each of several processes reads a slice of the
 * modules. They have no rights to do anything else, and the parent checks the results that they leave in shared
 * memory, as a damaged module may take over the process that reads it. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "old.h"

/* Limits for the aliases and lines of one module, in number and bytes, ten times and more what any real module has; and
 * how many bytes of scratch memory do not go back to the system between modules. */
enum { LINES_MAX = 1 << 16, LINES_SIZE = 8 << 20, KEEP = 1 << 20 };

/* The result for one module. Its lines lie in its slice's memory, from offset `from` up to `to`, each between a
 * character for its map ('0' + enum map) and NUL. */
struct outcome {
	uint32_t from, to;
	bool done, failed, transient; /* done: read or given up; failed: see `reason`; transient: as in struct fault */
	struct reason reason;
};

/* The modules that one process reads, and the memory for their lines. */
struct slice {
	uint32_t first, last; /* number of the first module, and of the last one plus 1 */
	struct arena lines;   /* shared */
	pid_t pid;
};

struct run {
	const char **paths, **files; /* of modules: as modules.dep has them; of the files to open */
	uint32_t count;
	struct outcome *outcomes; /* by module; shared */
	struct slice slices[JOBS_MAX];
	uint32_t slice_count, each; /* each: modules in a slice; the last one may have fewer */
	struct arena *scratch;
	struct text *out; /* standard output */
	bool damaged;     /* a module could not be read */
};

/* ---- in a process of its own ---- */

/* One module being read. */
struct reading {
	struct slice *slice;
	struct arena *scratch;
	int fd; /* of the module's file */
	const struct elf *elf;
	uint32_t from, lines; /* where its lines begin in the slice's memory, and how many there are */
};

/* Appends an alias or a line to the slice's memory. */
static void put_value(struct reading *r, char kind, const char *value, size_t length)
{
	char *copy;

	if (++r->lines > LINES_MAX || r->slice->lines.used - r->from + length > LINES_SIZE)
		bad_in("device tables", "too many values");
	copy = arena_take(&r->slice->lines, length + 2, 1, 1);
	copy[0] = kind;
	memcpy(copy + 1, value, length);
	copy[length + 1] = 0;
}

static void put_line(void *context, enum map map, const char *line, size_t length)
{
	put_value(context, (char)('0' + map), line, length);
}

/* Keeps the strings that begin with `before`, without that, as aliases; facts.c keeps the same ones. */
static void put_aliases(struct reading *r, struct span strings, const char *before)
{
	size_t skip = strlen(before);

	for (struct span one; next_string(&strings, &one);) {
		const char *string = (const char *)one.p;
		size_t length = span_size(one);

		if (length > skip && length <= VALUE_MAX && memcmp(string, before, skip) == 0 &&
		    !has_control(string, length))
			put_value(r, ALIAS, string + skip, length - skip);
	}
}

static void put_section(struct reading *r, enum wanted wanted, const char *name, const char *before)
{
	if (r->elf->sections[wanted].present)
		put_aliases(r, elf_bytes(r->elf, r->elf->sections[wanted], name), before);
}

/* Collects the module's aliases; its lines come behind them in the same memory. */
static void read_module(void *context)
{
	struct reading *r = context;
	const char *lines = (const char *)r->slice->lines.start;
	struct values aliases;
	struct elf elf;

	if (r->fd < 0)
		bad_fault(system_fault(errno));
	elf_open(&elf, module_source(r->fd, r->scratch, true));
	r->elf = &elf;
	put_section(r, MODINFO, ".modinfo", "alias=");
	put_section(r, MODALIAS, ".modalias", "");
	aliases = (struct values){ lines + r->from, lines + r->slice->lines.used, ALIAS };
	map_lines(&elf, aliases, put_line, r);
}

static void read_one(struct run *run, struct slice *slice, uint32_t number)
{
	struct outcome *outcome = &run->outcomes[number];
	struct reading r = {
		.slice = slice,
		.scratch = run->scratch,
		.from = (uint32_t)slice->lines.used,
		.fd = module_open(CURRENT_DIRECTORY, run->files[number]),
	};
	struct fault fault;

	outcome->failed = !attempt(read_module, &r, &fault);
	if (outcome->failed) {
		fault_text(&outcome->reason, &fault);
		outcome->transient = fault.transient;
		slice->lines.used = r.from;
	}
	if (r.fd >= 0)
		close(r.fd);
	arena_rewind(run->scratch, 0, KEEP);
	outcome->from = r.from;
	outcome->to = (uint32_t)slice->lines.used;
	outcome->done = true;
}

/* ---- in the parent ---- */

static bool start_reading(struct run *run, struct slice *slice)
{
	slice->pid = fork_bound();
	if (slice->pid)
		return slice->pid > 0;
	confine();
	for (uint32_t i = slice->first; i < slice->last; i++)
		read_one(run, slice, i);
	_exit(0);
}

/* The number of the slice's first module that is not read yet; slice->last when all are. The lines of those before it
 * are kept: only the process that died knew how much memory was in use. */
static uint32_t first_unread(const struct run *run, struct slice *slice)
{
	uint32_t i = slice->first;

	for (; i < slice->last && run->outcomes[i].done; i++)
		if (run->outcomes[i].to > slice->lines.used && run->outcomes[i].to <= slice->lines.size)
			slice->lines.used = run->outcomes[i].to;
	return i;
}

/* Waits until the slice is read. Where its process dies, the module that it was reading has failed, and another process
 * goes on with the next module. False when that cannot be started. */
static bool finish_reading(struct run *run, struct slice *slice)
{
	int status;

	for (;;) {
		(void)await_process(slice->pid, &status);
		slice->first = first_unread(run, slice);
		if (slice->first == slice->last)
			return true;
		run->outcomes[slice->first] = (struct outcome){
			.done = true,
			.failed = true,
			.reason = { "the process that read it died" },
		};
		if (++slice->first == slice->last)
			return true;
		if (!start_reading(run, slice))
			return false;
	}
}

static bool read_all_modules(struct run *run, uint32_t jobs)
{
	bool started = true;

	run->each = run->count / jobs + 1;
	for (uint32_t from = 0; from < run->count && started; from += run->each) {
		struct slice *slice = &run->slices[run->slice_count++];

		slice->first = from;
		slice->last = run->count - from < run->each ? run->count : from + run->each;
		arena_reserve(&slice->lines, "map files", OUTPUT_MEMORY / 4, true);
		started = start_reading(run, slice);
	}
	for (uint32_t i = 0; i < run->slice_count && started; i++)
		started = finish_reading(run, &run->slices[i]);
	if (!started)
		error("could not begin to read modules: ", error_text(errno));
	return started;
}

static struct slice *slice_of(struct run *run, uint32_t number)
{
	return &run->slices[number / run->each];
}

static bool is_sound(const struct outcome *outcome, const struct arena *lines)
{
	return outcome->from <= outcome->to && outcome->to <= lines->size;
}

/* Reports a module that could not be read. False when that was the system's fault and not the module's. */
static bool check_outcome(struct run *run, uint32_t number)
{
	struct outcome *outcome = &run->outcomes[number];

	outcome->reason.text[REASON_SIZE - 1] = 0;
	if (!is_sound(outcome, &run->slices[0].lines))
		*outcome = (struct outcome){ .failed = true, .reason = { "the process that read it left nonsense" } };
	if (!outcome->failed)
		return true;
	error(run->paths[number], ": left out of the maps: ", outcome->reason.text);
	outcome->from = outcome->to = 0;
	run->damaged = true;
	return !outcome->transient;
}

/* Leaves out lines with control characters: a process that its module took over may have left them to forge lines. */
static void print_map(struct run *run, enum map map)
{
	text_string(run->out, map_name(map));
	text_add(run->out, "", 1);
	map_begin(run->out, map);
	for (uint32_t i = 0; i < run->count; i++) {
		const struct outcome *outcome = &run->outcomes[i];
		const char *memory = (const char *)slice_of(run, i)->lines.start;
		struct values lines = { memory + outcome->from, memory + outcome->to, (char)('0' + map) };
		size_t length;

		for (const char *line; (line = next_value(&lines, &length));)
			if (!has_control(line, length))
				map_add(run->out, run->paths[i], line);
	}
	text_add(run->out, "", 1);
}

/* Reads the paths on standard input. */
static void read_list(struct run *run, struct arena *memory)
{
	struct span content, rest, path, file;
	int failed = read_all(memory, STDIN_FILENO, &content);

	if (failed)
		bad_in("standard input", error_text(failed));
	for (rest = content; next_string(&rest, &path);)
		run->count++;
	run->paths = arena_take(memory, 2 * (size_t)run->count, sizeof(*run->paths), sizeof(void *));
	run->files = run->paths + run->count;
	run->count = 0;
	for (rest = content; next_string(&rest, &path); run->count++) {
		bool other = path.p == path.end && next_string(&rest, &file) && next_string(&rest, &path);

		run->paths[run->count] = arena_copy(memory, path);
		run->files[run->count] = other ? arena_copy(memory, file) : run->paths[run->count];
	}
}

int print_map_files(uint32_t jobs, struct arena *memory, struct arena *scratch, struct text *out)
{
	static struct run run;
	struct arena shared;

	run.scratch = scratch;
	run.out = out;
	read_list(&run, memory);
	arena_reserve(&shared, "shared memory", SHARED_MEMORY, true);
	run.outcomes = arena_take(&shared, run.count, sizeof(*run.outcomes), 8);
	if (!read_all_modules(&run, jobs))
		return 1;
	for (uint32_t i = 0; i < run.count; i++)
		if (!check_outcome(&run, i))
			return 1;
	for (enum map map = 0; map < MAPS_NOW; map++)
		print_map(&run, map);
	text_add(out, "", 1);
	return run.damaged;
}
