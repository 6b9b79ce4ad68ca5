/* insmod.c: the command insmod, which loads one module from a file, and nothing that it needs. */
#include <errno.h>

#include "modprobe.h"

/* Loads the file, and says why that failed, as kmod does. Returns 0 or an errno. */
static int insert(struct probe *p, const char *path, const char *parameters)
{
	int fd = module_open(CURRENT_DIRECTORY, path), failed = errno;
	bool found = fd >= 0 || failed == EACCES;
	const char *why = error_text(failed);

	if (fd >= 0) {
		failed = running_insert(&p->scratch, fd, path, parameters, p->given[FORCE], p->given[FORCE]);
		why = failed == EINVAL   ? "Invalid parameters"
		      : failed == EEXIST ? error_text(failed)
					 : insertion_error(failed);
	}
	if (failed)
		error("could not ", found ? "insert" : "load", " module ", path, ": ",
		      arena_string(&p->memory, why, strcspn(why, ":,")));
	return failed;
}

void insmod(struct probe *p)
{
	const char *words;

	if (!begin_command(p, "p probe\nf force\ns syslog\nv verbose\nV version\nh help\n") ||
	    !needs_name(p, "no file"))
		return;
	words = given_parameters(p);
	show_step(p, "insmod", *p->names, words);
	p->status = insert(p, *p->names, words) != 0;
}
