/* symbols.c and old/ksyms.c: System.map or Module.symvers, or what the 2.4 series had, as the first byte of the input
 * says, with or without a prefix. What is read must be what a simpler reader finds. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>

#include "../../old/old.h"
#include "fuzz.h"

enum { NAMES_MAX = 4096 };

enum kind { SYSTEM_MAP, MODULE_SYMVERS, OLD_SYMBOLS };

struct input {
	enum kind kind;
	char prefix;
	struct span content;
};

static void read_it(void *argument)
{
	static symbol_line *const read_line[] = { read_map_line, read_symvers_line, read_ksyms_line };
	const struct input *in = argument;
	struct arena memory = memory_for("memory"), crcs = memory_for("CRCs"), scratch = memory_for("scratch");
	const uint32_t *crc = (const uint32_t *)(const void *)crcs.start;
	struct names names;
	struct kernel_symbols symbols = {
		.names = &names, .crcs = &crcs, .scratch = &scratch, .path = "kernel", .prefix = in->prefix,
	};

	names_init(&names, &memory, NAMES_MAX, 1 << 20, run_key());
	serve("kernel", in->content);
	CHECK(symbols_read(&symbols, read_line[in->kind]) == 0);
	serve_nothing();
	CHECK(scratch.used == 0 && crcs.used == names.count * sizeof(*crc));
	for (uint32_t i = 0; i < names.count; i++) {
		const struct name *name = &names.entries[i];

		CHECK(names_find(&names, name->string, name->length) == i);
		say("%.*s %x\n", (int)name->length, name->string, crc[i]);
	}
}

/* ---- the simpler reader ---- */

struct export {
	char *name;
	uint32_t crc;
};

struct symbols {
	struct export list[NAMES_MAX];
	size_t count;
};

static void add_symbol(struct symbols *s, const char *name, uint32_t crc)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->list[i].name, name) == 0) {
			s->list[i].crc = crc;
			return;
		}
	CHECK(s->count < NAMES_MAX);
	s->list[s->count++] = (struct export){ strcpy(malloc(strlen(name) + 1), name), crc };
}

static bool is_hex(const char *word)
{
	size_t length;

	word += strncmp(word, "0x", 2) == 0 || strncmp(word, "0X", 2) == 0 ? 2 : 0;
	length = strlen(word);
	return length && length <= 16 && strspn(word, "0123456789abcdefABCDEF") == length;
}

/* The rest of the string behind the prefix, or the string. */
static char *skip(char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0 ? string + strlen(prefix) : string;
}

/* [ADDR] NAME or [ADDR] T __kstrtab_NAME */
static void simple_old_line(struct symbols *s, char *line)
{
	bool has_address = *line != ' ' && *line != '\t';
	char *rest, *address = has_address ? strtok_r(line, " \t", &rest) : NULL;
	char *name = strtok_r(address ? NULL : line, " \t", &rest), *plain, *more;

	if (!name)
		return;
	more = name[1] ? NULL : strtok_r(NULL, " \t", &rest);
	if (more) {
		name = skip(more, "__kstrtab_");
		if (name == more)
			return;
		plain = skip(name, "__dot_");
		if (plain == name)
			plain = skip(name, "__sparc_dot_");
		if (plain != name) {
			name = plain - 1;
			*name = '.';
		}
	}
	name = skip(name, "GPLONLY_");
	if (*name)
		add_symbol(s, name, 0);
}

static void simple_line(struct symbols *s, const struct input *in, char *line)
{
	static const char exported[] = "__ksymtab_";
	char *rest, *word[3];

	if (in->kind == OLD_SYMBOLS) {
		if (*line && !strchr(line, '['))
			simple_old_line(s, line);
		return;
	}
	for (int i = 0; i < 3; i++) {
		word[i] = strtok_r(i ? NULL : line, " \t", &rest);
		if (!word[i])
			return;
	}
	if (in->kind == MODULE_SYMVERS) {
		bool prefixed = in->prefix && *word[1] == in->prefix;

		if (strcmp(word[2], "vmlinux") == 0 && is_hex(word[0]))
			add_symbol(s, word[1] + prefixed, (uint32_t)strtoull(word[0], NULL, 16));
	} else {
		char *name = word[2] + (in->prefix && *word[2] == in->prefix);
		size_t length = sizeof(exported) - 1;

		if (strncmp(name, exported, length) == 0 && name[length])
			add_symbol(s, name + length, 0);
	}
}

static void read_simply(const struct input *in)
{
	static struct symbols s;
	size_t size = span_size(in->content);
	char *copy = malloc(size + 1), *end;

	CHECK(copy);
	memcpy(copy, in->content.p, size);
	copy[size] = 0;
	for (char *line = copy; line < copy + size; line = end + 1) {
		end = line + strcspn(line, "\n");
		*end = 0;
		simple_line(&s, in, line);
	}
	add_symbol(&s, "__this_module", 0);
	add_symbol(&s, "_GLOBAL_OFFSET_TABLE_", 0);
	add_symbol(&s, "TOC.", 0);
	for (size_t i = 0; i < s.count; i++) {
		say("%s %x\n", s.list[i].name, s.list[i].crc);
		free(s.list[i].name);
	}
	s.count = 0;
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	if (!size)
		return 0;
	in.kind = (data[0] & 4) ? OLD_SYMBOLS : (data[0] & 1) ? MODULE_SYMVERS : SYSTEM_MAP;
	in.prefix = data[0] & 2 ? '_' : 0;
	in.content = span_of(data + 1, size - 1);
	run_twice(read_it, &in);
	if (memchr(data, 0, size))
		return 0;
	hear_messages = false;
	begin_input();
	read_it(&in);
	begin_second_run();
	read_simply(&in);
	check_same_runs();
	hear_messages = true;
	return 0;
}
