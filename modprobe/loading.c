/* loading.c: loading modules, with those that they depend on. Functions of type int return 0 or an errno. */
#include <errno.h>

#include "modprobe.h"

static bool in_kernel(struct probe *p, struct ko *ko)
{
	return ko_is_builtin(p->catalog, ko) || running_state(&p->scratch, ko->name) == LIVE;
}

static int insert_file(struct probe *p, struct ko *ko, const char *parameters)
{
	const char *path = ko_path(p->catalog, ko);
	int fd, failed;

	if (path)
		show_step(p, "insmod", path, parameters);
	else if (ko_is_builtin(p->catalog, ko))
		show_step(p, "builtin", ko->name, NULL);
	if (p->given[DRY_RUN] || p->given[SHOW_DEPENDS])
		return 0;
	if (!path)
		return ENODATA;
	fd = running_open(p->base, path);
	if (fd >= 0)
		return running_insert(&p->scratch, fd, path, parameters, p->given[FORCE_VERSIONS],
				      p->given[FORCE_VERMAGIC]);
	failed = errno;
	error(path, ": ", error_text(failed));
	return failed == ENOENT ? ENODATA : failed;
}

static int insert_one(struct probe *p, struct ko *ko, const char *more)
{
	const char *parameters = ko_parameters(p->catalog, ko, more);
	const char *command = ko->plain ? NULL : ko_command(p->catalog, ko, INSTALL);

	if (!command)
		return insert_file(p, ko, parameters);
	show_step(p, "install", command, parameters);
	return p->given[DRY_RUN] || p->given[SHOW_DEPENDS] ? 0 : run_rule(p, "install", ko, command, parameters);
}

/* Loads one module of the plan for `asked`. That a module is loaded already is a failure only with --first-time, and
 * only of `asked`. */
static int insert_planned(struct probe *p, const struct ko *asked, struct ko *ko, const char *parameters)
{
	int failed = EEXIST;

	if (p->given[SHOW_DEPENDS] || !in_kernel(p, ko))
		failed = insert_one(p, ko, ko == asked ? parameters : NULL);
	if (failed == EEXIST && !(ko == asked && p->given[FIRST_TIME]))
		failed = 0;
	if (failed && !ko->required) {
		info("soft dependency ", ko->name, " was not loaded: ", insertion_error(failed));
		failed = 0;
	} else if (failed && ko != asked) {
		error("could not insert '", ko->name, "', which is needed: ", insertion_error(failed));
	}
	return failed;
}

/* Loads the module with its dependencies. A blacklisted one is loaded only by its own name, without -b. */
static int insert(struct probe *p, struct ko *ko, const char *parameters)
{
	int failed = 0;

	if (!p->given[SHOW_DEPENDS] && in_kernel(p, ko))
		return p->given[FIRST_TIME] ? EEXIST : 0;
	if ((ko->alias || p->given[USE_BLACKLIST]) && ko_is_blacklisted(p->catalog, ko)) {
		info(ko->name, " is on the blacklist");
		return 0;
	}
	for (struct item *i = plan_loading(p->catalog, ko, p->given[IGNORE_COMMANDS]); i && !failed; i = i->next)
		failed = insert_planned(p, ko, i->ko, parameters);
	return failed;
}

/* Of several modules behind one alias, the last decides whether loading has failed. */
static void load_all(struct probe *p, const char *name, const char *parameters)
{
	int failed = 0;

	for (struct item *i = find_modules(p, name); i; i = i->next) {
		if (p->given[RESOLVE])
			text_line(&p->out, i->ko->name, (char *)NULL);
		else
			failed = insert(p, i->ko, parameters);
		if (failed)
			error("could not insert '", i->ko->name, "': ", insertion_error(failed));
	}
	p->status |= failed != 0;
}

/* Puts quotes around a value with a blank, or the kernel would take it for two parameters. */
static void add_parameter(struct text *text, const char *word)
{
	const char *value = strchr(word, '=');
	bool quote = value && value[1] != '"' && value[1] != '\'' && strchr(value, ' ');

	text_string(text, text->size ? " " : "");
	text_add(text, word, quote ? (size_t)(value + 1 - word) : strlen(word));
	if (quote) {
		text_string(text, "\"");
		text_string(text, value + 1);
		text_string(text, "\"");
	}
}

const char *given_parameters(struct probe *p)
{
	struct text text;

	text_open(&text, &p->memory);
	for (const char **word = p->names + 1; *word; word++)
		add_parameter(&text, *word);
	return arena_text(&p->memory, &text);
}

void load_named(struct probe *p)
{
	if (!p->given[ALL] && !p->given[RESOLVE])
		load_all(p, *p->names, given_parameters(p));
	else
		for (const char **name = p->names; *name; name++)
			load_all(p, *name, NULL);
}
