/* help.c: what --help and --version print. The texts stand in help/, a file a command, and here compressed. */
#include "depmod.h"

#define VERSION "0.1"

enum { LONGEST = 65536 };

/* All of them, a NUL behind each. */
static const uint8_t texts[] = {
#include "build/help.inc"
};

void print_about(struct text *out, char what, uint32_t command, struct arena *scratch)
{
	char *text = arena_take(scratch, LONGEST, 1, 1);

	if (what == 'V') {
		text_string(out, "depmod " VERSION "\n+GZIP +XZ +ZSTD\n");
		return;
	}
	gunzip(span_of(texts, sizeof(texts)), (uint8_t *)text, LONGEST, arena_take(scratch, INFLATE_WORK_SIZE, 1, 64));
	while (command--)
		text += strlen(text) + 1;
	text_string(out, text);
}
