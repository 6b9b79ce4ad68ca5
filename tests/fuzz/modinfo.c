/* modinfo.c: a byte that chooses the options of modinfo, and a module. Whatever it is, only text comes out that cannot steer
 * a terminal, and a signature's parts lie within the module. Then the same bytes as modules.builtin.modinfo. */
#include "../../modprobe/modprobe.h"
#include "fuzz.h"

enum { FIELD = 7, NULLS = 8, BUILTIN = 16 }; /* bits of the first byte */

static const char *const fields[FIELD + 1] = {
	NULL, "parm", "license", "sig_id", "signature", "alias", "parmtype", ""
};

struct input {
	uint8_t options;
	struct span bytes;
};

static void check_text(const struct text *text, bool nulls)
{
	for (size_t i = 0; i < text->size; i++) {
		uint8_t c = (uint8_t)text->start[i];

		CHECK((c >= ' ' && c != 0x7f) || c == '\n' || c == '\t' || (!c && nulls));
		say("%02x", c);
	}
}

static void check_inside(struct span part, struct span whole)
{
	CHECK(part.p <= part.end);
	CHECK(part.p == part.end || (part.p >= whole.p && part.end <= whole.end));
}

static void check_signature(struct span module)
{
	struct signature s;

	if (!signature_read(module, &s))
		return;
	CHECK(*s.id && *s.algorithm);
	check_inside(s.signer, module);
	check_inside(s.key, module);
	check_inside(s.value, module);
	say("%s %s %zu %zu %zu\n", s.id, s.algorithm, span_size(s.signer), span_size(s.key), span_size(s.value));
}

static void view_input(void *context)
{
	const struct input *in = context;
	struct arena memory = memory_for("text");
	struct text text;
	struct view view = {
		.out = &text,
		.field = fields[in->options & FIELD],
		.builtin = in->options & BUILTIN ? "a" : NULL,
		.separator = in->options & NULLS ? 0 : '\n',
	};

	check_signature(in->bytes);
	text_open(&text, &memory);
	view_bytes(&view, in->bytes);
	check_text(&text, in->options & NULLS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { 0 };

	if (!size)
		return 0;
	in.options = *data;
	in.bytes = span_of(data + 1, size - 1);
	run_twice(view_input, &in);
	return 0;
}
