/* rmmod.c: the command rmmod, which removes the modules that are named, and no others. */
#include "modprobe.h"

/* Removes all modules that nothing uses, and then those that nothing uses any more. A module may come back each time, so
 * the rounds are limited. */
static void remove_all_unused(struct probe *p)
{
	struct span list, columns[MODULE_COLUMNS];
	unsigned rounds = 100;
	bool any;

	do {
		any = false;
		if (running_modules(&p->memory, &list))
			return;
		while (next_module(&list, columns))
			any |= span_is(columns[MODULE_USES], "0") &&
			       !running_remove(arena_copy(&p->memory, columns[MODULE_NAME]), false);
	} while (any && rounds--);
}

void rmmod(struct probe *p)
{
	if (!begin_command(p, "a all\nw wait\nf force\ns syslog\nv verbose\nV version\nh help\n"))
		return;
	open_catalog(p, NULL, no_configuration);
	p->given[FIRST_TIME] = true;
	p->given[FORCE_VERSIONS] = p->given[FORCE_VERMAGIC] = p->given[FORCE];
	p->wait = p->given['w'] ? UINT32_MAX : 0;
	if (p->given['a'])
		remove_all_unused(p);
	else if (needs_name(p, "no module"))
		for (const char **name = p->names; *name; name++)
			p->status |= !remove_one(p, module_name(&p->memory, *name));
}
