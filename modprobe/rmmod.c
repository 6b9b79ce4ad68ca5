/* rmmod.c: the command rmmod, which removes the modules that are named, and no others. */
#include "modprobe.h"

/* Says why the module is not loaded. */
static void report_absent(struct probe *p, const char *name)
{
	struct database database = { .place = modules_place(p), .memory = &p->memory };
	bool builtin;

	database.directory = database.place.path;
	builtin = database_find(&database, TABLE_BUILTINS, name) != NULL;
	error("Module ", name, builtin ? " is builtin." : " is not currently loaded");
}

/* Whether nothing uses the module; a message says what does. */
static bool is_unused(struct probe *p, const char *name)
{
	struct words *holders = running_holders(&p->memory, name);
	struct text text;

	if (!running_uses(&p->scratch, name))
		return true;
	text_open(&text, &p->scratch);
	text_string(&text, holders ? " by:" : "");
	for (; holders; holders = holders->next) {
		text_string(&text, " ");
		text_string(&text, holders->word);
	}
	error("Module ", name, " is in use", arena_text(&p->scratch, &text));
	return false;
}

static bool remove_module(struct probe *p, const char *name)
{
	if (running_state(&p->scratch, name) == ABSENT) {
		report_absent(p, name);
		return false;
	}
	return (p->force_versions || p->wait || is_unused(p, name)) && !remove_loaded(p, name);
}

/* Removes all modules that nothing uses, and then those that nothing uses any more. A module may come back each time, so
 * the rounds are limited. */
static void remove_all_unused(struct probe *p)
{
	bool any = true;

	for (unsigned rounds = 0; any && rounds < 100; rounds++) {
		struct span list, line, name, word;

		any = false;
		if (running_modules(&p->scratch, &list))
			return;
		while (next_line(&list, &line))
			if (next_word(&line, &name) && next_word(&line, &word) && next_word(&line, &word) &&
			    span_is(word, "0") && !running_remove(arena_copy(&p->scratch, name), false))
				any = true;
	}
}

void rmmod(struct probe *p)
{
	if (!begin_run(p, "f force\ns syslog\nv verbose\nw wait\na all\nV version\nh help\n"))
		return;
	p->first_time = true;
	p->wait = p->given['w'] ? UINT32_MAX : 0;
	if (p->given['a'])
		remove_all_unused(p);
	else if (needs_name(p, "no module"))
		for (const char **name = p->names; *name; name++)
			p->status |= !remove_module(p, module_name(&p->memory, *name));
}
