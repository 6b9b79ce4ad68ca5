/* lsmod.c: the command lsmod, which lists the loaded modules. */
#include "modprobe.h"

static void list_module(struct probe *p, const struct span *columns)
{
	size_t used = p->scratch.used;
	const char *before = " ";

	add_span(&p->out, columns[MODULE_NAME]);
	pad(&p->out, span_size(columns[MODULE_NAME]), 19);
	text_string(&p->out, " ");
	pad(&p->out, span_size(columns[MODULE_SIZE]), 8);
	add_span(&p->out, columns[MODULE_SIZE]);
	text_string(&p->out, "  ");
	add_span(&p->out, columns[MODULE_USES]);
	for (struct words *w = running_holders(&p->scratch, arena_copy(&p->scratch, columns[MODULE_NAME])); w;
	     w = w->next) {
		text_string(&p->out, before);
		text_string(&p->out, w->word);
		before = ",";
	}
	text_string(&p->out, "\n");
	arena_rewind(&p->scratch, used, 0);
}

void lsmod(struct probe *p)
{
	struct span list, columns[MODULE_COLUMNS];
	int failed;

	if (!begin_command(p, "s syslog\nv verbose\nV version\nh help\n"))
		return;
	failed = running_modules(&p->memory, &list);
	if (p->name_count)
		p->status = wrong_usage("what is that? ", *p->names) == WRONG_USAGE;
	else if (failed)
		fails(p, "could not get list of modules", failed);
	if (p->status)
		return;
	text_string(&p->out, "Module                  Size  Used by\n");
	while (next_module(&list, columns))
		list_module(p, columns);
}
