/* about.c: what --help and --version print. Help texts are kept as gzip files, as the decoder is there anyway. */
#include "depmod.h"

/* The only place of the version; the Makefile reads it here. */
#define VERSION "0.1"

enum { HELP_MAX = 8192 }; /* bytes */

void print_about(struct text *out, char what, const char *name, struct span help, unsigned number)
{
	static _Alignas(64) uint8_t work[GUNZIP_WORK_SIZE + HELP_MAX + 1];
	uint8_t *text = work + GUNZIP_WORK_SIZE;

	if (what == 'h') {
		gunzip(help, text, HELP_MAX, work);
		text_string(out, nth_string((const char *)text, number));
	} else {
		text_line(out, name, " " VERSION "\n+GZIP +XZ +ZSTD", (char *)NULL);
	}
}
