/* insmod.c: the command insmod, which loads one module from a file, and nothing that it needs. */
#include <errno.h>

#include "modprobe.h"

/* The words behind the file's name, as they are, separated by blanks. */
static const char *parameters(struct probe *p)
{
	struct text text;

	text_open(&text, &p->memory);
	for (const char **word = p->names + 1; *word; word++) {
		text_string(&text, text.size ? " " : "");
		text_string(&text, *word);
	}
	return arena_text(&p->memory, &text);
}

void insmod(struct probe *p)
{
	const char *words;
	int failed;

	if (!begin_run(p, "f force\ns syslog\nv verbose\np probe\nV version\nh help\n") || !needs_name(p, "no file"))
		return;
	words = parameters(p);
	show_step(p, "insmod", *p->names, words);
	failed = running_insert(&p->scratch, NULL, *p->names, words, p->force_versions, p->force_vermagic);
	p->status = failed != 0;
	/* A file that is not there has been reported. */
	if (failed && failed != ENODATA)
		error("could not insert module ", *p->names, ": ",
		      failed == EEXIST ? error_text(EEXIST) : insertion_error(failed));
}
