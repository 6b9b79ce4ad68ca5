/* old/maps.c: the lines of a module for map files of both series. Each must be one line, and tell the same when told
 * anew. Aliases are those of the module. */
#include "../../old/old.h"
#include "pieces.h"

enum { ALIASES_MAX = 1 << 16 };

struct lines {
	struct pieces *pieces;
	bool old;
	char aliases[ALIASES_MAX];
	uint32_t size;
};

/* What a map file has of it. */
static void check_added(const char *line, size_t length)
{
	static const char name[] = "m                   ";
	static char bytes[ALIASES_MAX];
	struct text text = { .start = bytes, .capacity = sizeof(bytes), .fd = -1 };

	map_add(&text, "kernel/m.ko", line);
	CHECK(text.size >= length + 2 && bytes[text.size - 1] == '\n' && !has_control(bytes, text.size - 1));
	CHECK(memcmp(bytes, name, sizeof(name) - 1) == 0 && memcmp(bytes + text.size - 1 - length, line, length) == 0);
}

static void hear_line(void *context, enum map map, const char *line, size_t length)
{
	const struct lines *l = context;

	CHECK(map < (l->old ? PNPBIOSMAP + 1 : MAPS_NOW));
	CHECK(strlen(line) == length && !has_control(line, length));
	CHECK(*line == (map == INPUTMAP ? '0' : ' '));
	check_added(line, length);
	say("%d%s\n", map, line);
}

/* Values as struct facts has them; strings of .modinfo are taken for aliases, whatever they are. */
static void take_aliases(struct lines *l, const struct elf *elf, enum wanted wanted)
{
	struct span strings;

	if (!elf->sections[wanted].present)
		return;
	strings = elf_bytes(elf, elf->sections[wanted], "aliases");
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

static void tell_lines(void *input)
{
	struct lines *l = input;
	struct elf elf;

	l->size = 0;
	elf_open(&elf, &l->pieces->source);
	take_aliases(l, &elf, MODINFO);
	take_aliases(l, &elf, MODALIAS);
	if (l->old)
		old_map_lines(&elf, hear_line, l);
	else
		map_lines(&elf, (struct values){ l->aliases, l->aliases + l->size, ALIAS }, hear_line, l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lines lines;

	if (!begins_elf(span_of(data, size)))
		return 0;
	for (int old = 0; old < 2; old++) {
		lines.pieces = pieces_of(span_of(data, size));
		lines.old = old;
		run_twice(tell_lines, &lines);
		free_pieces(lines.pieces);
	}
	return 0;
}
