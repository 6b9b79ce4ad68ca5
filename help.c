/* help.c: what --help and --version print. The texts stand in help/, a file a command. */
#include "depmod.h"

/* Stands here alone; the Makefile reads it. */
#define VERSION "0.1"

/* All of them, a NUL behind each. */
static const char texts[] = {
#include "build/help.inc"
};

void print_about(struct text *out, char what, uint32_t command)
{
	const char *text = texts;

	if (what == 'V') {
		text_string(out, command ? "modprobe" : "depmod");
		text_string(out, " " VERSION "\n+GZIP +XZ +ZSTD\n");
		return;
	}
	while (command--)
		text += strlen(text) + 1;
	text_string(out, text);
}
