/* lsmod.c: the command lsmod, which lists the loaded modules. */
#include "modprobe.h"

/* A line of /proc/modules begins with name, size and number of uses. */
static void list_module(struct probe *p, struct span line)
{
	struct span name, size, uses;
	const char *before = " ";
	size_t used = p->scratch.used;

	if (!next_word(&line, &name) || !next_word(&line, &size) || !next_word(&line, &uses))
		return;
	text_add(&p->out, name.p, span_size(name));
	pad(&p->out, span_size(name), 20);
	pad(&p->out, span_size(size), 8);
	text_add(&p->out, size.p, span_size(size));
	text_string(&p->out, "  ");
	text_add(&p->out, uses.p, span_size(uses));
	for (struct words *w = running_holders(&p->scratch, arena_copy(&p->scratch, name)); w; w = w->next) {
		text_string(&p->out, before);
		text_string(&p->out, w->word);
		before = ",";
	}
	text_string(&p->out, "\n");
	arena_rewind(&p->scratch, used, 0);
}

void lsmod(struct probe *p)
{
	struct span list, line;
	int failed;

	if (!begin_run(p, "s syslog\nv verbose\nV version\nh help\n"))
		return;
	failed = running_modules(&p->memory, &list);
	if (p->name_count)
		p->status = wrong_usage("what is that? ", *p->names);
	else if (failed)
		fails(p, "could not get list of modules", failed);
	if (p->status)
		return;
	text_string(&p->out, "Module                  Size  Used by\n");
	while (next_line(&list, &line))
		list_module(p, line);
}
