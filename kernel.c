/* kernel.c: the kernel's own symbols, from System.map (-F) or Module.symvers (-E); of the 2.4 series, from /proc/ksyms,
 * too. They are the first names of the symbol table; a CRC stands beside each. */
#include "depmod.h"

struct kernel {
	struct names *names;
	struct arena *crcs, *scratch;
	const char *path;
	char prefix;
	uint32_t line;
};

static void add_symbol(struct kernel *k, const void *name, size_t length, uint32_t crc)
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

static void report_line(const struct kernel *k, const char *what)
{
	struct number line;

	error(k->path, ":", decimal(&line, k->line), ": ", what);
}

static void skip_prefix(const struct kernel *k, struct span *name)
{
	if (k->prefix && name->p < name->end && *name->p == (uint8_t)k->prefix)
		name->p++;
}

/* Eight bytes above all that divides words, and above a few more. */
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
static void read_map_line(struct kernel *k, struct span line)
{
	static const char exported[] = "__ksymtab_";
	size_t length = sizeof(exported) - 1;
	struct span address, type, name;

	if (!k->prefix && exports_nothing(line, exported, length))
		return;
	if (!next_word(&line, &address) || !next_word(&line, &type) || !next_word(&line, &name)) {
		report_line(k, "not a line of the form ADDRESS TYPE NAME");
		return;
	}
	skip_prefix(k, &name);
	if (span_size(name) > length && memcmp(name.p, exported, length) == 0)
		add_symbol(k, name.p + length, span_size(name) - length, 0);
}

static bool parse_crc(struct span word, uint32_t *crc)
{
	uint64_t value = 0;

	if (span_size(word) > 2 && word.p[0] == '0' && (word.p[1] | 32) == 'x')
		word.p += 2;
	if (word.p == word.end || span_size(word) > 16)
		return false;
	for (; word.p < word.end; word.p++) {
		uint8_t c = *word.p, lower = c | 32;

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value << 4 | (uint64_t)(lower - 'a' + 10);
		else
			return false;
	}
	*crc = (uint32_t)value;
	return true;
}

/* `0xCRC SYMBOL WHERE EXPORT_TYPE [NAMESPACE]`; only what vmlinux exports counts. */
static void read_symvers_line(struct kernel *k, struct span line)
{
	struct span crc, name, where;
	uint32_t value;

	if (!next_word(&line, &crc) || !next_word(&line, &name) || !next_word(&line, &where)) {
		report_line(k, "not a line of the form CRC SYMBOL MODULE");
		return;
	}
	if (!span_is(where, "vmlinux"))
		return;
	if (!parse_crc(crc, &value)) {
		report_line(k, "invalid symbol version");
		return;
	}
	skip_prefix(k, &name);
	add_symbol(k, name.p, span_size(name), value);
}

static bool cut_off(struct span *name, const char *prefix)
{
	size_t length = strlen(prefix);

	if (span_size(*name) < length || memcmp(name->p, prefix, length) != 0)
		return false;
	name->p += length;
	return true;
}

/* Assemblers took no dot here, and SPARC's had a word more. */
static void put_dot(const struct kernel *k, struct span *name)
{
	char *dotted;

	if (!cut_off(name, "__dot_") && !cut_off(name, "__sparc_dot_"))
		return;
	dotted = arena_take(k->scratch, span_size(*name) + 1, 1, 1);
	dotted[0] = '.';
	memcpy(dotted + 1, name->p, span_size(*name));
	*name = span_of(dotted, span_size(*name) + 1);
}

/* `ADDR NAME` of /proc/ksyms, where the address may be blank and a module's name in brackets may follow; or
 * `ADDR T __kstrtab_NAME` of System.map. */
static void read_old_line(struct kernel *k, struct span line)
{
	struct span name, more;

	if (memchr(line.p, '[', span_size(line)))
		return;
	if ((*line.p != ' ' && *line.p != '\t' && !next_word(&line, &name)) || !next_word(&line, &name)) {
		report_line(k, "neither ADDRESS SYMBOL nor ADDRESS TYPE SYMBOL");
		return;
	}
	if (span_size(name) == 1 && next_word(&line, &more)) {
		name = more;
		if (!cut_off(&name, "__kstrtab_"))
			return;
		put_dot(k, &name);
	}
	cut_off(&name, "GPLONLY_");
	if (name.p < name.end)
		add_symbol(k, name.p, span_size(name), 0);
}

int kernel_read(const char *path, enum kernel_file kind, char prefix, struct names *names,
		struct arena *crcs, struct arena *scratch)
{
	static const char always[][22] = { "__this_module", "_GLOBAL_OFFSET_TABLE_", "TOC.", "mod_use_count_" };
	struct kernel k = { .names = names, .crcs = crcs, .scratch = scratch, .path = path, .prefix = prefix };
	struct span content = { 0 }, line;
	size_t kept = scratch->used;
	int failed = path ? file_read(scratch, CURRENT_DIRECTORY, path, ANY_FILE, &content) : 0;

	if (failed)
		return failed;
	while (next_line(&content, &line)) {
		k.line++;
		if (line.p == line.end)
			continue;
		if (kind == MODULE_SYMVERS)
			read_symvers_line(&k, line);
		else if (kind == OLD_SYMBOLS)
			read_old_line(&k, line);
		else
			read_map_line(&k, line);
	}
	for (size_t i = 0; i < COUNT_OF(always) - (kind != OLD_SYMBOLS); i++)
		add_symbol(&k, always[i], strlen(always[i]), 0);
	arena_rewind(scratch, kept, 0);
	return 0;
}
