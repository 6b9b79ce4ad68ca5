/* tables.c: the lines of a module for map files of both series. Each must be one line, and tell the same when told
 * anew. Aliases are those of the module. */
#include "pieces.h"

enum { ALIASES_MAX = 1 << 16 };

struct lines {
	struct pieces *pieces;
	bool old;
	char aliases[ALIASES_MAX];
	uint32_t size;
};

static void hear_line(void *context, enum map map, const char *line, size_t length)
{
	const struct lines *l = context;

	CHECK(map < (l->old ? PNPBIOSMAP + 1 : MAPS_NOW));
	CHECK(strlen(line) == length && !has_control(line, length));
	CHECK(*line == (map == INPUTMAP ? '0' : ' '));
	say("%d%s\n", map, line);
}

/* Values as struct facts has them; strings of .modinfo are taken for aliases, whatever they are. */
static void hear_strings(void *context, struct span strings)
{
	struct lines *l = context;

	while (strings.p < strings.end) {
		size_t length = length_within((const char *)strings.p, strings.end);

		if (length + 2 > ALIASES_MAX - l->size)
			return;
		l->aliases[l->size++] = ALIAS;
		memcpy(l->aliases + l->size, strings.p, length);
		l->size += (uint32_t)length;
		l->aliases[l->size++] = 0;
		strings.p += length + (strings.p + length < strings.end);
	}
}

static void hear_nothing(void *context, const char *name, size_t length, uint32_t crc)
{
	(void)context, (void)name, (void)length, (void)crc;
}

static void hear_no_need(void *context, const char *name, size_t length, bool weak)
{
	(void)context, (void)name, (void)length, (void)weak;
}

static void hear_more(void *context, const struct elf *elf)
{
	struct lines *l = context;
	struct facts facts = { .values = l->aliases, .values_size = l->size };

	if (l->old)
		old_map_lines(elf, hear_line, l);
	else
		map_lines(elf, values_of(&facts, ALIAS), hear_line, l);
}

static void tell_lines(void *input)
{
	struct lines *l = input;
	struct elf_sink sink = {
		.context = l, .modinfo = hear_strings, .aliases = hear_strings, .export = hear_nothing, .need = hear_no_need,
		.version = hear_nothing, .more = hear_more,
	};

	l->size = 0;
	elf_read(&l->pieces->source, &sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lines lines;

	if (!is_elf(span_of(data, size)))
		return 0;
	lines.pieces = pieces_of(span_of(data, size));
	for (int old = 0; old < 2; old++) {
		lines.old = old;
		run_twice(tell_lines, &lines);
		free_pieces(lines.pieces);
	}
	return 0;
}
