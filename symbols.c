/* symbols.c: the kernel's own symbols, from System.map (-F) or Module.symvers (-E). They are the first names of the
 * symbol table; a CRC stands beside each. */
#include "depmod.h"

void symbols_add(struct kernel_symbols *k, const void *name, size_t length, uint32_t crc)
{
	uint32_t known = k->names->count;
	uint32_t id = names_add(k->names, name, length);

	if (!k->crcs)
		return;
	if (id == known)
		new_words(k->crcs, 1, crc);
	else
		((uint32_t *)(void *)k->crcs->start)[id] = crc;
}

void symbols_complain(const struct kernel_symbols *k, const char *what)
{
	struct number line;

	error(k->path, ":", decimal(&line, k->line), ": ", what);
}

static void skip_prefix(const struct kernel_symbols *k, struct span *name)
{
	if (k->prefix && name->p < name->end && *name->p == (uint8_t)k->prefix)
		name->p++;
}

/* Whether none of eight bytes is a blank or another character below '0': then no word ends among them. */
static bool is_one_piece(const uint8_t *p)
{
	return !((any64(p) - ONES * '0') & HIGH);
}

/* Whether it can be seen at a glance, as of nearly all of some hundred thousand lines, that nothing is exported: an
 * address of 16 or 8 digits, a type of one letter, and another name. */
static bool exports_nothing(struct span line, const char *exported, size_t length)
{
	const uint8_t *p = line.p;

	if (span_size(line) <= 16 || !is_one_piece(p))
		return false;
	p += 8;
	if (*p != ' ' && is_one_piece(p))
		p += 8;
	return (size_t)(line.end - p) > 3 + length && p[0] == ' ' && p[1] > ' ' && p[2] == ' ' && p[3] > ' ' &&
	       memcmp(p + 3, exported, length) != 0;
}

/* `ADDR T NAME`, as nm and /proc/kallsyms print it; a module's name may follow there. */
void read_map_line(struct kernel_symbols *k, struct span line)
{
	static const char exported[] = "__ksymtab_";
	size_t length = sizeof(exported) - 1;
	struct span address, type, name;

	if (!k->prefix && exports_nothing(line, exported, length))
		return;
	if (!next_word(&line, &address) || !next_word(&line, &type) || !next_word(&line, &name)) {
		symbols_complain(k, "not a line of the form ADDRESS TYPE NAME");
		return;
	}
	skip_prefix(k, &name);
	if (span_size(name) > length && memcmp(name.p, exported, length) == 0)
		symbols_add(k, name.p + length, span_size(name) - length, 0);
}

static bool parse_crc(struct span word, uint32_t *crc)
{
	uint32_t value = 0;

	if (span_size(word) > 2 && word.p[0] == '0' && (word.p[1] | 32) == 'x')
		word.p += 2;
	if (word.p == word.end || span_size(word) > 16)
		return false;
	for (; word.p < word.end; word.p++) {
		unsigned digit = hex_digit(*word.p);

		if (digit > 15)
			return false;
		value = value << 4 | digit;
	}
	*crc = value;
	return true;
}

/* `0xCRC SYMBOL WHERE EXPORT_TYPE [NAMESPACE]`; only what vmlinux exports counts. */
void read_symvers_line(struct kernel_symbols *k, struct span line)
{
	struct span crc, name, where;
	uint32_t value;

	if (!next_word(&line, &crc) || !next_word(&line, &name) || !next_word(&line, &where)) {
		symbols_complain(k, "not a line of the form CRC SYMBOL MODULE");
		return;
	}
	if (!span_is(where, "vmlinux"))
		return;
	if (!parse_crc(crc, &value)) {
		symbols_complain(k, "invalid symbol version");
		return;
	}
	skip_prefix(k, &name);
	symbols_add(k, name.p, span_size(name), value);
}

int symbols_read(struct kernel_symbols *k, symbol_line *read_line)
{
	static const char always[] = "__this_module\0"
				     "_GLOBAL_OFFSET_TABLE_\0"
				     "TOC.";
	struct span content = { 0 }, line;
	size_t kept = k->scratch->used;
	int failed = k->path ? file_read(k->scratch, CURRENT_DIRECTORY, k->path, ANY_FILE, &content) : 0;

	if (failed)
		return failed;
	for (k->line = 1; next_line(&content, &line); k->line++)
		if (line.p < line.end)
			read_line(k, line);
	k->exported = k->names->count;
	for (const char *name = always; name < always + sizeof(always); name += strlen(name) + 1)
		symbols_add(k, name, strlen(name), 0);
	arena_rewind(k->scratch, kept, 0);
	return 0;
}
