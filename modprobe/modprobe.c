/* modprobe.c: the command modprobe, which loads and removes modules together with the modules that they depend on. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modprobe.h"

static const uint8_t help[] = {
#include "../build/help/modprobe.inc"
};

enum { LONGEST_PAUSE = 128 }; /* between two tries to remove a module, in milliseconds */
/* SMALL_SCRATCH is for runs that decompress no module. */
enum { MODPROBE_MEMORY = 128 << 20, MODPROBE_SCRATCH = DECODED_LIMIT + (128 << 20), SMALL_SCRATCH = 16 << 20 };

/* Each line is the option's letter, ` ` or `=` (it takes a value), and its long name. An option without a letter has a
 * control character in its place, one of those below. */
/* clang-format off */
static const char known[] =
	"a all\n" "r remove\n" "\1 remove-holders\n" "\1 remove-dependencies\n" "w=wait\n" "R resolve-alias\n"
	"R show-alias\n" "\2 first-time\n" "i ignore-install\n" "i ignore-remove\n" "b use-blacklist\n" "f force\n"
	"\3 force-modversion\n" "\4 force-vermagic\n" "D show-depends\n" "c show-config\n" "c showconfig\n"
	"\5 show-modversions\n" "\5 dump-modversions\n" "\6 show-exports\n" "n dry-run\n" "n show\n"
	"C=config\n" "\7 config-from-base\n" "d=dirname\n" "S=set-version\n" "s syslog\n" "q quiet\n" "v verbose\n"
	"V version\n" "h help\n";
/* clang-format on */

enum { REMOVE_HOLDERS = 1, FIRST_TIME, FORCE_VERSIONS, FORCE_VERMAGIC, SHOW_VERSIONS, SHOW_EXPORTS, CONFIG_FROM_BASE };

/* One run of modprobe: its options, and what it works with. */
struct probe {
	bool all, remove, remove_holders, first_time, ignore_commands, use_blacklist, force_versions, force_vermagic;
	bool show_depends, show_config, show_versions, show_exports, resolve, dry_run, quiet, syslog, verbose;
	bool config_from_base;
	const struct base *base; /* -d */
	const char *release;
	const char **configs, **names;           /* -C; operands; both ended by NULL */
	uint32_t config_count, name_count, wait; /* wait: milliseconds */
	char print;                              /* 'h' or 'V': help or version is to be printed, and no more */
	bool from_environment;                   /* the options being read come from MODPROBE_OPTIONS */
	struct text passed_on;                   /* options that go to any modprobe that our commands call */
	char **arguments;
	struct arena memory, scratch;
	struct catalog catalog;
	struct text out; /* standard output */
	char output[4096];
	const char *shown; /* file whose symbols are being shown */
	int status;        /* exit status */
};

/* ---- options ---- */

/* Reads a number as C writes it: decimal, or after 0x hexadecimal, or after 0 octal. One that is too large becomes the
 * largest. */
static bool parse_number(const char *digits, uint32_t *number)
{
	unsigned base = *digits != '0' ? 10 : (digits[1] | 32) == 'x' ? 16 : 8;
	uint64_t sum = 0;

	digits += base == 16 ? 2 : 0;
	if (!*digits)
		return false;
	for (; *digits; digits++) {
		unsigned digit = hex_digit((uint8_t)*digits);

		if (digit >= base)
			return false;
		sum = sum * base + digit;
		if (sum > UINT32_MAX)
			sum = UINT32_MAX;
	}
	*number = (uint32_t)sum;
	return true;
}

/* Notes an option of the command line for the modprobes that commands call. Options of MODPROBE_OPTIONS reach them
 * anyway, in the environment. */
static void pass_on(struct probe *p, const char *option, const char *value)
{
	const char *quote = value && strchr(value, '"') ? "'" : "\"", *parts[] = { " ", quote, value, quote };

	if (p->from_environment)
		return;
	text_string(&p->passed_on, p->passed_on.size ? " " : "");
	text_string(&p->passed_on, option);
	for (size_t i = 0; value && i < COUNT_OF(parts); i++)
		text_string(&p->passed_on, parts[i]);
}

static enum verdict apply(void *context, char letter, const char *value)
{
	struct probe *p = context;

	switch (letter) {
	case 'a': p->all = true; break;
	case 'b': p->use_blacklist = true; break;
	case 'c': p->show_config = true; break;
	case 'C':
		p->configs[p->config_count++] = value;
		pass_on(p, "-C", value);
		break;
	case 'd': p->base = base_open(&p->memory, value); break;
	case 'D': p->show_depends = true; break;
	case 'f': p->force_versions = p->force_vermagic = true; break;
	case 'i': p->ignore_commands = true; break;
	case 'n': p->dry_run = true; break;
	case 'q':
		p->quiet = true;
		pass_on(p, "-q", NULL);
		break;
	case 'r': p->remove = true; break;
	case 'R': p->resolve = true; break;
	case 's':
		p->syslog = true;
		pass_on(p, "-s", NULL);
		break;
	case 'S': p->release = value; break;
	case 'v':
		p->verbose = true;
		pass_on(p, "-v", NULL);
		break;
	case 'w':
		if (!parse_number(value, &p->wait))
			return wrong_usage("--wait needs milliseconds, not ", value);
		break;
	case REMOVE_HOLDERS: p->remove = p->remove_holders = true; break;
	case FIRST_TIME: p->first_time = true; break;
	case FORCE_VERSIONS: p->force_versions = true; break;
	case FORCE_VERMAGIC: p->force_vermagic = true; break;
	case SHOW_VERSIONS: p->show_versions = true; break;
	case SHOW_EXPORTS: p->show_exports = true; break;
	case CONFIG_FROM_BASE: p->config_from_base = true; break;
	default: p->print = letter; return DONE;
	}
	return GO_ON;
}

static enum verdict add_operand(void *context, char *word)
{
	struct probe *p = context;

	p->names[p->name_count++] = word;
	return GO_ON;
}

/* Cuts the next word off, without its quotes; a blank inside quotes does not end the word. NULL at the end. */
static char *next_option(char **rest)
{
	char *word = *rest += strspn(*rest, " "), *to = word, quote = 0;

	if (!*word)
		return NULL;
	for (; **rest && (quote || **rest != ' '); ++*rest) {
		if (!quote && (**rest == '"' || **rest == '\''))
			quote = **rest;
		else if (quote == **rest)
			quote = 0;
		else
			*to++ = **rest;
	}
	*rest += **rest != 0;
	*to = 0;
	return word;
}

/* The options of MODPROBE_OPTIONS, ended by NULL; *count is raised by their number. */
static char **environment_arguments(struct probe *p, size_t *count)
{
	const char *given = environment_value("MODPROBE_OPTIONS=");
	char *rest = arena_string(&p->memory, given, strlen(given)), *word;
	char **list = arena_take(&p->memory, strlen(given) + 1, sizeof(*list), sizeof(void *)), **next = list;

	while ((word = next_option(&rest)))
		*next++ = word;
	*next = NULL;
	*count += (size_t)(next - list);
	return list;
}

static enum verdict read_options(struct probe *p)
{
	size_t count = 0, size = 1;
	struct arguments line = { environment_arguments(p, &count), known, apply, add_operand, p };
	enum verdict verdict;

	for (char **argument = p->arguments; *argument; argument++, count++)
		size += 3 * strlen(*argument) + sizeof(" -C \"\"");
	p->configs = arena_take(&p->memory, count + 1, sizeof(*p->configs), sizeof(void *));
	p->names = arena_take(&p->memory, count + 1, sizeof(*p->names), sizeof(void *));
	p->passed_on = (struct text){ .start = arena_take(&p->memory, size, 1, 1), .capacity = size, .fd = -1 };
	p->from_environment = true;
	verdict = parse_arguments(&line);
	p->from_environment = false;
	line.next = p->arguments + 1;
	if (verdict == GO_ON)
		verdict = parse_arguments(&line);
	p->configs[p->config_count] = p->names[p->name_count] = NULL;
	text_add(&p->passed_on, "", 1);
	if (verdict == GO_ON && !p->name_count && (!p->show_config || p->show_versions || p->show_exports))
		verdict = wrong_usage("no module is named", "");
	return verdict;
}

/* ---- messages ---- */

/* Prints a step like `insmod PATH PARAMETERS` for -v, -n and -D. */
static void show(struct probe *p, const char *what, const char *object, const char *more)
{
	if (!p->show_depends && !p->verbose && !p->dry_run)
		return;
	text_line(&p->out, what, " ", object, more ? " " : "", more ? more : "", (char *)NULL);
	text_flush(&p->out);
}

/* What an errno means when a module is loaded, and what a person can do about it. */
static const char *insertion_error(int failed)
{
	switch (failed) {
	case EEXIST: return "Module already in kernel";
	case ENOENT: return "Unknown symbol in module, or unknown parameter (see dmesg)";
	case ENOEXEC: return "Invalid module format: made for another kernel? (see dmesg; --force-vermagic)";
	case EKEYREJECTED: return "Key was rejected: the kernel wants modules with a signature it knows (see dmesg)";
	case ENODATA: return "No such file: has depmod run since the module went?";
	case ECHILD: return "its command failed";
	case EPERM: return "Operation not permitted: not root, or the kernel is locked down";
	case ENODEV: return "No such device";
	default: return error_text(failed);
	}
}

/* What is known of modules that are there, for not_found(). */
struct guess {
	struct nearest nearest;
	char meant[256]; /* a copy of .nearest.found, which has no more than 63 bytes */
	bool any;
};

static void guess_name(void *context, const char *key, uint32_t priority, const char *value)
{
	struct guess *guess = context;
	const uint8_t *before = guess->nearest.found.p;
	size_t length = strlen(key);

	(void)priority, (void)value;
	guess->any = true;
	nearest_try(&guess->nearest, span_of(key, length));
	if (guess->nearest.found.p != before) {
		memcpy(guess->meant, key, length + 1);
		guess->nearest.found.p = (const uint8_t *)guess->meant;
	}
}

/* Names the kernels that have modules. */
static void tell_releases(struct probe *p)
{
	struct location directory = { p->base, module_directory(p->base) };
	const struct releases releases = {
		.memory = &p->memory,
		.scratch = &p->scratch,
		.directories = &directory,
		.count = 1,
	};
	const char *const *release = releases_list(&releases);
	struct text text;

	text_open(&text, &p->memory);
	for (; *release; release++) {
		text_string(&text, text.size ? ", " : "");
		text_string(&text, *release);
	}
	if (text.size)
		REPORT(PLAIN, "there are modules for ", arena_text(&p->memory, &text));
}

/* Says that a module is not there, and what may be the reason. */
static void not_found(struct probe *p, const char *name)
{
	struct guess guess = { .nearest.word = span_of(name, strlen(name)) };
	struct database *database = p->catalog.database;
	const char *why = NULL, *meant;
	struct stat st;
	bool gone;

	p->status = 1;
	if (p->quiet)
		return;
	gone = stat_inside(database->place.base, database->place.path, &st) == ENOENT;
	if (gone)
		why = ", which is not there";
	else if (!database_each(database, TABLE_DEPENDENCIES, guess_name, &guess))
		why = ", where depmod has not run";
	else if (!guess.any)
		why = ", as this kernel has no modules";
	meant = guess.nearest.found.p ? guess.meant : NULL;
	/* A part that is NULL ends the message. */
	REPORT(p->all ? WARNING : FATAL, "Module ", name, " not found in directory ", database->directory,
	       meant ? ", did you mean " : why, meant, "?");
	if (gone)
		tell_releases(p);
}

/* ---- loading: functions of type int return 0 or an errno ---- */

static bool in_kernel(struct probe *p, struct ko *ko)
{
	return ko_is_builtin(&p->catalog, ko) || running_state(&p->scratch, ko->name) == LIVE;
}

static int run_rule(struct probe *p, const char *kind, const struct ko *ko, const char *command, const char *parameters)
{
	command = replace_all(&p->memory, command, "$CMDLINE_OPTS", parameters);
	return shell_run(&p->memory, kind, ko->name, command, p->passed_on.start) ? 0 : ECHILD;
}

static int insert_file(struct probe *p, struct ko *ko, const char *parameters)
{
	const char *path = ko_path(&p->catalog, ko);

	if (path)
		show(p, "insmod", path, parameters);
	else if (ko_is_builtin(&p->catalog, ko))
		show(p, "builtin", ko->name, NULL);
	if (p->dry_run || p->show_depends)
		return 0;
	if (!path)
		return ENODATA;
	return running_insert(&p->scratch, p->base, path, parameters, p->force_versions, p->force_vermagic);
}

static int insert_one(struct probe *p, struct ko *ko, const char *more)
{
	const char *parameters = ko_parameters(&p->catalog, ko, more);
	const char *command = ko->plain ? NULL : ko_command(&p->catalog, ko, INSTALL);

	if (!command)
		return insert_file(p, ko, parameters);
	show(p, "install", command, parameters);
	return p->dry_run || p->show_depends ? 0 : run_rule(p, "install", ko, command, parameters);
}

/* Loads one module of the plan for `asked`. That a module is loaded already is a failure only with --first-time, and
 * only of `asked`. */
static int insert_planned(struct probe *p, const struct ko *asked, struct ko *ko, const char *parameters)
{
	int failed = EEXIST;

	if (p->show_depends || !in_kernel(p, ko))
		failed = insert_one(p, ko, ko == asked ? parameters : NULL);
	if (failed == EEXIST && !(ko == asked && p->first_time))
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

	if (!p->show_depends && in_kernel(p, ko))
		return p->first_time ? EEXIST : 0;
	if ((ko->alias || p->use_blacklist) && ko_is_blacklisted(&p->catalog, ko)) {
		info(ko->name, " is on the blacklist");
		return 0;
	}
	for (struct item *i = plan_loading(&p->catalog, ko, p->ignore_commands); i && !failed; i = i->next)
		failed = insert_planned(p, ko, i->ko, parameters);
	return failed;
}

static bool is_path(const char *name)
{
	return *name == '/' || strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0;
}

/* Whether a person means a file. The kernel calls modprobe with names that anybody may have chosen, but always with -q;
 * and no name of a device or protocol looks so. */
static bool is_module_file(const struct probe *p, const char *path)
{
	size_t length = strlen(path);

	return is_path(path) && !p->quiet && !strstr(path, "../") && !ends_in(path, length, "/..") &&
	       plain_length(base_name(path));
}

static struct item *find(struct probe *p, const char *name)
{
	struct item *list = is_module_file(p, name) ? look_up_path(&p->catalog, name) : look_up(&p->catalog, name);

	if (!list && strchr(name, '/'))
		list = look_up_listed(&p->catalog, name);
	if (!list)
		not_found(p, name);
	return list;
}

/* Of several modules behind one alias, the last decides whether loading has failed. */
static void load_all(struct probe *p, const char *name, const char *parameters)
{
	int failed = 0;

	for (struct item *i = find(p, name); i; i = i->next) {
		if (p->resolve)
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

static void load_named(struct probe *p)
{
	struct text text;

	if (p->all || p->resolve) {
		for (const char **name = p->names; *name; name++)
			load_all(p, *name, NULL);
		return;
	}
	text_open(&text, &p->scratch);
	for (const char **word = p->names + 1; *word; word++)
		add_parameter(&text, *word);
	load_all(p, *p->names, arena_string(&p->memory, text.start, text.size));
}

/* ---- removing: functions of type int return 0 or an errno ---- */

static int remove_file(struct probe *p, const struct ko *ko)
{
	int failed = 0;

	show(p, "rmmod", ko->name, NULL);
	if (p->dry_run)
		return 0;
	for (uint32_t left = p->wait, pause = 1;; left -= pause, pause *= pause < LONGEST_PAUSE ? 2 : 1) {
		failed = running_remove(ko->name, p->force_versions && p->force_vermagic);
		if (failed != EAGAIN || !left)
			break;
		pause = pause < left ? pause : left;
		poll(NULL, 0, (int)pause);
	}
	if (failed == ENOENT && !p->first_time)
		failed = 0;
	if (failed)
		error("could not remove '", ko->name, "': ", error_text(failed));
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
		failed = remove_ko(p, ko_named(&p->catalog, w->word), HOLDER);
	return failed;
}

/* False when there is nothing to remove, as the module is built in or not loaded; *failed is then an errno where that
 * counts as a failure, else 0. */
static bool is_removable(struct probe *p, struct ko *ko, enum cause cause, int *failed)
{
	*failed = 0;
	if (ko_is_builtin(&p->catalog, ko)) {
		if (cause == NAMED)
			REPORT(FATAL, "Module ", ko->name, " is builtin.");
		*failed = cause == NAMED ? ENOENT : 0;
		return false;
	}
	if (running_state(&p->scratch, ko->name) != ABSENT)
		return true;
	if (p->first_time) {
		REPORT(FATAL, "Module ", ko->name, " is not in kernel.");
		*failed = ENOENT;
	}
	return false;
}

static bool in_use(struct probe *p, const struct ko *ko)
{
	struct words *holders;

	if (p->wait || !running_uses(&p->scratch, ko->name))
		return false;
	holders = running_holders(&p->memory, ko->name);
	REPORT(FATAL, "Module ", ko->name, " is in use", holders ? " by " : "", holders ? holders->word : "",
	       holders && holders->next ? " and others." : ".");
	return true;
}

/* Removes dependencies that nothing uses any more, from the last to the first, as each may need those before it. */
static void remove_unused(struct probe *p, const struct item *list)
{
	if (!list)
		return;
	remove_unused(p, list->next);
	if (running_state(&p->scratch, list->ko->name) == LIVE && !running_uses(&p->scratch, list->ko->name))
		remove_file(p, list->ko);
}

/* Removes the module, whose holders have gone, by the command or, where that is NULL, itself. */
static int remove_alone(struct probe *p, struct ko *ko, const char *command)
{
	int failed;

	if (command) {
		command = replace_all(&p->memory, command, "$CMDLINE_OPTS", "");
		show(p, "remove", command, NULL);
		return p->dry_run ? 0 : run_rule(p, "remove", ko, command, "");
	}
	/* A holder that was the last one to need the module may have taken it along. */
	failed = running_state(&p->scratch, ko->name) == ABSENT ? 0 : remove_file(p, ko);
	if (failed)
		return failed;
	ko_path(&p->catalog, ko); /* looks up the dependencies as well */
	remove_unused(p, ko->dependencies);
	return 0;
}

static int remove_ko(struct probe *p, struct ko *ko, enum cause cause)
{
	bool with_holders = p->remove_holders && cause != SOFT;
	struct item *before = NULL, *after = NULL;
	const char *command = NULL;
	int failed = 0;

	if (ko->leaving)
		return 0;
	ko->leaving = true;
	if (!p->ignore_commands) {
		ko_soft(&p->catalog, ko, &before, &after);
		command = ko_command(&p->catalog, ko, REMOVE);
	}
	if (!command && !is_removable(p, ko, cause, &failed))
		return failed;
	remove_soft(p, after);
	if (with_holders && remove_holders(p, ko))
		return EBUSY;
	if (!command && !(with_holders && p->dry_run) && in_use(p, ko))
		return EBUSY;
	failed = remove_alone(p, ko, command);
	if (!failed)
		remove_soft(p, before);
	return failed;
}

static void remove_named(struct probe *p)
{
	for (const char **name = p->names; *name; name++)
		for (struct item *i = find(p, *name); i; i = i->next)
			if (remove_ko(p, i->ko, NAMED)) {
				p->status = 1;
				break;
			}
}

/* ---- showing ---- */

static void print_alias(void *context, const char *key, uint32_t priority, const char *value)
{
	(void)priority;
	text_line(context, "alias ", key, " ", value, (char *)NULL);
}

static void show_configuration(struct probe *p)
{
	struct catalog *c = &p->catalog;

	rules_complete(c->rules);
	for (enum rule_kind kind = 0; kind < RULE_KINDS; kind++)
		for (const struct rule *r = c->rules->rules; (r = next_rule(r, kind)); r = r->next)
			text_line(&p->out, rule_command(kind), " ", r->name, r->value ? " " : "",
				  r->value ? r->value : "", (char *)NULL);
	text_string(&p->out, "\n# End of configuration files. Dumping indexes now:\n\n");
	database_each(c->database, TABLE_ALIASES, print_alias, &p->out);
	database_each(c->database, TABLE_SYMBOLS, print_alias, &p->out);
}

static void show_crc(void *context, const char *name, size_t length, uint32_t crc)
{
	struct probe *p = context;

	text_string(&p->out, "0x");
	text_hex(&p->out, crc, 8);
	text_string(&p->out, "\t");
	text_add(&p->out, name, length);
	text_string(&p->out, "\n");
}

static void show_symbols(void *context)
{
	struct probe *p = context;
	struct elf_sink sink = {
		.context = p,
		.wants_crcs = true,
		.export = p->show_exports ? show_crc : NULL,
		.version = p->show_versions ? show_crc : NULL,
	};
	int fd = module_open(CURRENT_DIRECTORY, p->shown);

	if (fd < 0)
		bad(error_text(errno));
	elf_read(module_source(fd, &p->scratch, false), &sink);
	close(fd);
}

static void show_symbols_of_file(struct probe *p, const char *path)
{
	struct fault fault;

	p->shown = path;
	if (!attempt(show_symbols, p, &fault)) {
		report_fault(ERROR, path, &fault);
		p->status = 1;
	}
	arena_rewind(&p->scratch, 0, 0);
}

/* A name that is no module's may be a file in the working directory. */
static void show_symbols_of(struct probe *p, const char *name)
{
	struct item *list = is_path(name) ? NULL : look_up(&p->catalog, name);

	if (!list && (is_path(name) || look_up_path(&p->catalog, name)))
		show_symbols_of_file(p, name);
	else if (!list)
		not_found(p, name);
	for (; list; list = list->next) {
		const char *path = ko_path(&p->catalog, list->ko);

		if (path)
			show_symbols_of_file(p, path);
		else
			error(list->ko->name, " is part of the kernel, and has no file");
		p->status |= !path;
	}
}

/* ---- the command ---- */

static struct location modules_place(struct probe *p)
{
	const char *release = p->release ? p->release : running_release(&p->memory);

	return (struct location){ p->base, join_path(&p->memory, module_directory(p->base), release) };
}

/* Whether the run may come to read modules' files. */
static bool reads_modules(const struct probe *p)
{
	return p->show_versions || p->show_exports ||
	       !(p->show_config || p->remove || p->resolve || p->dry_run || p->show_depends);
}

static void run_command(void *context)
{
	struct probe *p = context;
	enum verdict verdict;

	arena_reserve_alone(&p->memory, "memory", MODPROBE_MEMORY);
	verdict = read_options(p);
	p->status = verdict == WRONG_USAGE;
	if (p->print)
		print_about(&p->out, p->print, "modprobe", span_of(help, sizeof(help)));
	if (verdict != GO_ON)
		return;
	report_setup((struct report_settings){
		.verbose = p->verbose,
		.silent = p->quiet,
		.syslog = p->syslog,
	});
	arena_reserve_alone(&p->scratch, "scratch memory", reads_modules(p) ? MODPROBE_SCRATCH : SMALL_SCRATCH);
	catalog_open(&p->catalog, &p->memory, modules_place(p), p->config_from_base ? p->base : NULL,
		     p->config_count ? p->configs : NULL);
	if (p->show_versions || p->show_exports)
		for (const char **name = p->names; *name; name++)
			show_symbols_of(p, *name);
	else if (p->show_config)
		show_configuration(p);
	else if (p->remove)
		remove_named(p);
	else
		load_named(p);
}

/* Runs modprobe. Returns the exit status. */
static int modprobe(char **arguments)
{
	static struct probe p;
	struct fault fault;

	p.arguments = arguments;
	p.out = (struct text){ .start = p.output, .capacity = sizeof(p.output), .fd = 1 };
	if (!attempt(run_command, &p, &fault)) {
		report_fault(FATAL, "cannot go on", &fault);
		p.status = 1;
	}
	return command_end(&p.out, p.status);
}

int main(int count, char **arguments)
{
	(void)count;
	command_begin("modprobe");
	return modprobe(arguments);
}
