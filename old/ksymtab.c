/* ksymtab.c: what a module of the 2.4 series exports and needs. EXPORT_SYMBOL put a pair of words with the symbol
 * __ksymtab_NAME into the section __ksymtab; without that section every global symbol is exported. An undefined symbol
 * is a need when a relocation uses it. */
#include "old.h"

enum { STB_GLOBAL = 1, STB_WEAK = 2 };

/* One module being read. */
struct reading {
	struct object object;
	uint8_t *used;    /* by symbol: whether a relocation uses it */
	uint32_t exports; /* number of the section __ksymtab, or 0 */
};

static void note_use(void *context, const struct relocation *relocation)
{
	struct reading *r = context;

	if (relocation->symbol >= r->object.symbol_count)
		bad_at("relocation with a symbol that does not exist", relocation->offset);
	r->used[relocation->symbol] = true;
}

static bool is_export(const struct reading *r, const struct symbol *symbol)
{
	return symbol->section && symbol->binding == STB_GLOBAL && (!r->exports || symbol->section == r->exports);
}

static bool is_need(const struct reading *r, const struct symbol *symbol, uint32_t number)
{
	return !symbol->section && symbol->binding != STB_WEAK && r->used[number];
}

/* The name without the prefix, where it has that. */
static const char *without(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(name, prefix, length) == 0 ? name + length : name;
}

void ksymtab_read(const struct elf *elf, struct arena *scratch, ksymtab_found *tell, void *context)
{
	struct reading r = { .exports = section_named(elf, "__ksymtab") };

	object_open(&r.object, elf);
	if (!r.object.symbol_count)
		bad("no symbol table");
	r.used = arena_take(scratch, r.object.symbol_count, 1, 1);
	memset(r.used, 0, r.object.symbol_count);
	each_relocation(elf, 0, note_use, &r);
	for (uint32_t i = 1; i < r.object.symbol_count; i++) {
		struct symbol symbol = object_symbol(&r.object, i);
		const char *name = symbol.name;

		if (is_export(&r, &symbol)) {
			if (r.exports)
				name = without(name, "__ksymtab_");
			tell(context, without(name, "GPLONLY_"), true);
		} else if (is_need(&r, &symbol, i) && *name) {
			tell(context, name, false);
		}
	}
}
