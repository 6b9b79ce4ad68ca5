/* removing.c: removing modules, with those that only they needed. Functions of type int return 0 or an errno. */
#include <errno.h>
#include <poll.h>

#include "modprobe.h"

enum { LONGEST_PAUSE = 128 }; /* between two tries to remove a module, in milliseconds */

/* Messages are those of kmod, whose rmmod and modprobe do not say the same. */
static bool is_rmmod(const struct probe *p)
{
	return p->command == COMMAND_RMMOD;
}

/* Says why a module is not removed. */
static void refuse(const struct probe *p, const char *name, const char *why, const char *more)
{
	REPORT(is_rmmod(p) ? ERROR : FATAL, "Module ", name, why, more, is_rmmod(p) ? "" : ".");
}

static int remove_loaded(struct probe *p, const char *name)
{
	int failed = 0;

	show_step(p, "rmmod", name, NULL);
	if (p->given[DRY_RUN])
		return 0;
	for (uint32_t left = p->wait, pause = 1;; left -= pause, pause *= pause < LONGEST_PAUSE ? 2 : 1) {
		failed = running_remove(name, p->given[FORCE_VERSIONS] && p->given[FORCE_VERMAGIC]);
		if (failed != EAGAIN || !left)
			break;
		pause = pause < left ? pause : left;
		poll(NULL, 0, (int)pause);
	}
	if (failed == ENOENT && !p->given[FIRST_TIME])
		failed = 0;
	if (failed && is_rmmod(p))
		error("could not remove module ", name, ": ", error_text(failed));
	else if (failed)
		error("could not remove '", name, "': ", error_text(failed));
	return failed;
}

/* Why a module is removed: a person named it, it uses another one that is removed, or it is a soft dependency. */
enum cause { NAMED, HOLDER, SOFT };

static int remove_ko(struct probe *p, struct ko *ko, enum cause cause);

/* Removes soft dependencies from the last to the first. */
static void remove_soft(struct probe *p, const struct item *list)
{
	if (!list)
		return;
	remove_soft(p, list->next);
	(void)remove_ko(p, list->ko, SOFT);
}

/* Removes the modules that use this one, and first those that use them. */
static int remove_holders(struct probe *p, const struct ko *ko)
{
	int failed = 0;

	for (struct words *w = running_holders(&p->memory, ko->name); w && !failed; w = w->next)
		failed = remove_ko(p, ko_named(p->catalog, w->word), HOLDER);
	return failed;
}

/* False when there is nothing to remove, as the module is built in or not loaded; *failed is then an errno where that
 * counts as a failure, else 0. */
static bool is_removable(struct probe *p, struct ko *ko, enum cause cause, int *failed)
{
	*failed = 0;
	if (ko_is_builtin(p->catalog, ko)) {
		if (cause == NAMED)
			refuse(p, ko->name, " is builtin", is_rmmod(p) ? "." : "");
		*failed = cause == NAMED ? ENOENT : 0;
		return false;
	}
	if (running_state(&p->scratch, ko->name) != ABSENT)
		return true;
	if (p->given[FIRST_TIME]) {
		refuse(p, ko->name, is_rmmod(p) ? " is not currently loaded" : " is not in kernel", "");
		*failed = ENOENT;
	}
	return false;
}

static bool in_use(struct probe *p, const struct ko *ko)
{
	struct words *holders;
	struct text text;

	if (p->wait || !running_uses(&p->scratch, ko->name))
		return false;
	holders = running_holders(&p->memory, ko->name);
	text_open(&text, &p->memory);
	text_string(&text, holders ? " by:" : "");
	for (; holders; holders = holders->next) {
		text_string(&text, " ");
		text_string(&text, holders->word);
	}
	refuse(p, ko->name, " is in use", arena_text(&p->memory, &text));
	return true;
}

/* Removes dependencies that nothing uses any more, from the last to the first, as each may need those before it. */
static void remove_unused(struct probe *p, const struct item *list)
{
	if (!list)
		return;
	remove_unused(p, list->next);
	if (running_state(&p->scratch, list->ko->name) == LIVE && !running_uses(&p->scratch, list->ko->name))
		remove_loaded(p, list->ko->name);
}

/* Removes the module, whose holders have gone, by the command or, where that is NULL, itself. */
static int remove_alone(struct probe *p, struct ko *ko, const char *command)
{
	int failed;

	if (command) {
		command = replace_all(&p->memory, command, "$CMDLINE_OPTS", "");
		show_step(p, "remove", command, NULL);
		return p->given[DRY_RUN] ? 0 : run_rule(p, "remove", ko, command, "");
	}
	/* A holder that was the last one to need the module may have taken it along. */
	failed = running_state(&p->scratch, ko->name) == ABSENT ? 0 : remove_loaded(p, ko->name);
	if (failed)
		return failed;
	ko_path(p->catalog, ko); /* looks up the dependencies as well */
	remove_unused(p, ko->dependencies);
	return 0;
}

static int remove_ko(struct probe *p, struct ko *ko, enum cause cause)
{
	bool with_holders = p->given[REMOVE_HOLDERS] && cause != SOFT;
	struct item *before = NULL, *after = NULL;
	const char *command = NULL;
	int failed = 0;

	if (ko->leaving)
		return 0;
	ko->leaving = true;
	if (!p->given[IGNORE_COMMANDS]) {
		ko_soft(p->catalog, ko, &before, &after);
		command = ko_command(p->catalog, ko, REMOVE);
	}
	if (!command && !is_removable(p, ko, cause, &failed))
		return failed;
	remove_soft(p, after);
	if (with_holders && remove_holders(p, ko))
		return EBUSY;
	if (!command && !(with_holders && p->given[DRY_RUN]) && in_use(p, ko))
		return EBUSY;
	failed = remove_alone(p, ko, command);
	if (!failed)
		remove_soft(p, before);
	return failed;
}

void remove_named(struct probe *p)
{
	for (const char **name = p->names; *name; name++)
		for (struct item *i = find_modules(p, *name); i; i = i->next)
			if (remove_ko(p, i->ko, NAMED)) {
				p->status = 1;
				break;
			}
}

bool remove_one(struct probe *p, const char *name)
{
	struct ko *ko = ko_named(p->catalog, name);
	int failed;

	return is_removable(p, ko, NAMED, &failed) && (p->given[FORCE_VERSIONS] || !in_use(p, ko)) &&
	       !remove_loaded(p, name);
}
