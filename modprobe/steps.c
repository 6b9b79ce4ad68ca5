/* steps.c: what one step of loading or removing is: showing it, or having a command of the configuration do it. */
#include <errno.h>

#include "modprobe.h"

void show_step(struct probe *p, const char *what, const char *object, const char *more)
{
	if (!p->given[SHOW_DEPENDS] && !p->given[VERBOSE] && !p->given[DRY_RUN])
		return;
	text_line(&p->out, what, " ", object, more ? " " : "", more ? more : "", (char *)NULL);
	text_flush(&p->out);
}

int run_rule(struct probe *p, const char *kind, const struct ko *ko, const char *command, const char *parameters)
{
	command = replace_all(&p->memory, command, "$CMDLINE_OPTS", parameters);
	return shell_run(&p->memory, kind, ko->name, command, p->passed_on.start) ? 0 : ECHILD;
}
