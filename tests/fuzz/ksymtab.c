/* old/ksymtab.c: what a module of the 2.4 series exports and needs. It must be names, the same when told anew, and needs only
 * what a relocation uses. */
#include "../../old/old.h"
#include "pieces.h"

struct input {
	struct pieces *pieces;
	uint32_t needs;
};

static void hear_symbol(void *context, const char *name, bool export)
{
	struct input *in = context;

	CHECK(export || *name);
	in->needs += !export;
	say("%s %d\n", name, export);
}

static void count_use(void *context, const struct relocation *relocation)
{
	(void)relocation;
	++*(uint32_t *)context;
}

static void read_symbols(void *input)
{
	struct input *in = input;
	struct arena scratch = memory_for("scratch");
	struct elf elf;
	uint32_t uses = 0;

	in->needs = 0;
	elf_open(&elf, &in->pieces->source);
	ksymtab_read(&elf, &scratch, hear_symbol, in);
	each_relocation(&elf, 0, count_use, &uses);
	CHECK(in->needs == 0 || uses > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	if (!begins_elf(span_of(data, size)))
		return 0;
	in.pieces = pieces_of(span_of(data, size));
	run_twice(read_symbols, &in);
	free_pieces(in.pieces);
	return 0;
}
