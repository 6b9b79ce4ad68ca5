/* ksyms.c: the symbols of a kernel of the 2.4 series, from /proc/ksyms or System.map. */
#include "old.h"

/* Cuts the prefix off; false when the name has another beginning. */
static bool cut_off(struct span *name, const char *prefix)
{
	size_t length = strlen(prefix);

	if (span_size(*name) < length || memcmp(name->p, prefix, length) != 0)
		return false;
	name->p += length;
	return true;
}

/* Assemblers did not allow a dot in __kstrtab_ symbols, so `__dot_` stands for it; on SPARC `__sparc_dot_`. */
static void put_dot(const struct kernel_symbols *k, struct span *name)
{
	char *dotted;

	if (!cut_off(name, "__dot_") && !cut_off(name, "__sparc_dot_"))
		return;
	dotted = arena_take(k->scratch, span_size(*name) + 1, 1, 1);
	dotted[0] = '.';
	memcpy(dotted + 1, name->p, span_size(*name));
	*name = span_of(dotted, span_size(*name) + 1);
}

/* `ADDRESS NAME` of /proc/ksyms, where the address may be missing; or `ADDRESS TYPE __kstrtab_NAME` of System.map. A
 * line of /proc/ksyms with `[MODULE]` at its end is about a module's symbol, not the kernel's. */
void read_ksyms_line(struct kernel_symbols *k, struct span line)
{
	struct span name, more;

	if (memchr(line.p, '[', span_size(line)))
		return;
	if ((*line.p != ' ' && *line.p != '\t' && !next_word(&line, &name)) || !next_word(&line, &name)) {
		symbols_complain(k, "neither ADDRESS SYMBOL nor ADDRESS TYPE SYMBOL");
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
		symbols_add(k, name.p, span_size(name), 0);
}
