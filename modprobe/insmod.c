/* insmod.c: the command insmod, which loads one module from a file, and nothing that it needs. */
#include <errno.h>

#include "modprobe.h"

void insmod(struct probe *p)
{
	const char *words;
	int failed;

	if (!begin_command(p, "p probe\nf force\ns syslog\nv verbose\nV version\nh help\n") ||
	    !needs_name(p, "no file"))
		return;
	words = given_parameters(p);
	show_step(p, "insmod", *p->names, words);
	failed = running_insert(&p->scratch, NULL, *p->names, words, p->given[FORCE], p->given[FORCE]);
	p->status = failed != 0;
	/* A file that is not there has been reported. */
	if (failed && failed != ENODATA)
		error("could not insert module ", *p->names, ": ", insertion_error(failed));
}
