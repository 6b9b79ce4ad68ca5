/* mapfiles.c: the map files of kernels since 2.6, for depmod --map: standard input has the paths of modules, standard
 * output gets the files, both in the form that older.c describes. */
#include <unistd.h>

#include "old.h"

/* Limits for the aliases and lines of one module, in number and bytes, ten times and more what any real module has. */
enum { LINES_MAX = 1 << 16, LINES_SIZE = 8 << 20 };

/* Values of a module are its aliases, and lines of maps, whose kind is '0' + enum map. */
struct run {
	const char **paths; /* of modules, as modules.dep has them */
	struct readings readings;
	struct text *out; /* standard output */
	bool damaged;     /* a module could not be read */
};

/* ---- in a process of its own ---- */

/* One module being read. */
struct lines {
	struct reader *reader;
	uint32_t count;
};

static void put(struct lines *lines, char kind, const char *value, size_t length)
{
	if (++lines->count > LINES_MAX || lines->reader->values->used - lines->reader->from + length > LINES_SIZE)
		bad_in("device tables", "too many values");
	put_value(lines->reader, kind, value, length);
}

static void put_line(void *context, enum map map, const char *line, size_t length)
{
	put(context, (char)('0' + map), line, length);
}

/* Keeps the strings that begin with `before`, without that, as aliases; facts.c keeps the same ones. */
static void put_aliases(struct lines *lines, struct span strings, const char *before)
{
	size_t skip = strlen(before);

	for (struct span one; next_string(&strings, &one);) {
		const char *string = (const char *)one.p;
		size_t length = span_size(one);

		if (length > skip && length <= VALUE_MAX && memcmp(string, before, skip) == 0 &&
		    !has_control(string, length))
			put(lines, ALIAS, string + skip, length - skip);
	}
}

static void put_section(struct lines *lines, const struct elf *elf, enum wanted wanted, const char *name,
			const char *before)
{
	if (elf->sections[wanted].present)
		put_aliases(lines, elf_bytes(elf, elf->sections[wanted], name), before);
}

/* Collects the module's aliases; its lines come behind them in the same memory. */
static void read_values(struct reader *reader, const struct elf *elf)
{
	struct lines lines = { .reader = reader };

	put_section(&lines, elf, MODINFO, ".modinfo", "alias=");
	put_section(&lines, elf, MODALIAS, ".modalias", "");
	map_lines(elf, values_put(reader, ALIAS), put_line, &lines);
}

/* ---- in the parent ---- */

/* Reports a module that could not be read. False when that was the system's fault and not the module's. */
static bool check_module(struct run *run, uint32_t number)
{
	bool transient;
	const char *reason = reading_failed(&run->readings, number, &transient);

	if (!reason)
		return true;
	error(run->paths[number], ": left out of the maps: ", reason);
	run->damaged = true;
	return !transient;
}

/* Leaves out lines with control characters: a process that its module took over may have left them to forge lines. */
static void print_map(struct run *run, enum map map)
{
	text_string(run->out, map_name(map));
	text_add(run->out, "", 1);
	map_begin(run->out, map);
	for (uint32_t i = 0; i < run->readings.count; i++) {
		struct values lines = values_read(&run->readings, i, (char)('0' + map));
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
	struct readings *readings = &run->readings;
	struct span content, rest, path, file;
	int failed = read_all(memory, STDIN_FILENO, &content);

	if (failed)
		bad_in("standard input", error_text(failed));
	for (rest = content; next_string(&rest, &path);)
		readings->count++;
	run->paths = arena_take(memory, 2 * (size_t)readings->count, sizeof(*run->paths), sizeof(void *));
	readings->files = run->paths + readings->count;
	readings->count = 0;
	for (rest = content; next_string(&rest, &path); readings->count++) {
		bool other = path.p == path.end && next_string(&rest, &file) && next_string(&rest, &path);

		run->paths[readings->count] = arena_copy(memory, path);
		readings->files[readings->count] = other ? arena_copy(memory, file) : run->paths[readings->count];
	}
}

int print_map_files(uint32_t jobs, struct arena *memory, struct arena *scratch, struct text *out)
{
	static struct run run;

	run.readings.scratch = scratch;
	run.readings.read = read_values;
	run.out = out;
	read_list(&run, memory);
	if (!read_objects(&run.readings, jobs))
		return 1;
	for (uint32_t i = 0; i < run.readings.count; i++)
		if (!check_module(&run, i))
			return 1;
	for (enum map map = 0; map < MAPS_NOW; map++)
		print_map(&run, map);
	text_add(out, "", 1);
	return run.damaged;
}
