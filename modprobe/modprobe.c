/* modprobe.c: the command modprobe, which loads and removes modules together with the modules that they depend on. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modprobe.h"

static const char help[] = {
#include "../build/help/modprobe.inc"
};

enum { MODPROBE_MEMORY = 256 << 20, MODPROBE_SCRATCH = DECODED_LIMIT + (128 << 20) };

/* Each line is the option's letter, ` ` or `=` (it takes a value), and its long name. An option without a letter has a
 * control character in its place, one of those below. */
/* clang-format off */
static const char known[] =
	"a all\n" "r remove\n" "\1 remove-holders\n" "\1 remove-dependencies\n" "w=wait\n" "R resolve-alias\n"
	"\2 first-time\n" "i ignore-install\n" "i ignore-remove\n" "b use-blacklist\n" "f force\n"
	"\3 force-modversion\n" "\4 force-vermagic\n" "D show-depends\n" "c show-config\n" "c showconfig\n"
	"\5 show-modversions\n" "\5 dump-modversions\n" "\6 show-exports\n" "n dry-run\n" "n show\n"
	"C=config\n" "d=dirname\n" "S=set-version\n" "s syslog\n" "q quiet\n" "v verbose\n" "V version\n" "h help\n";
/* clang-format on */

enum { REMOVE_HOLDERS = 1, FIRST_TIME, FORCE_VERSIONS, FORCE_VERMAGIC, SHOW_VERSIONS, SHOW_EXPORTS };

/* One run of modprobe: its options, and what it works with. */
struct probe {
	bool all, remove, remove_holders, first_time, ignore_commands, use_blacklist, force_versions, force_vermagic;
	bool show_depends, show_config, show_versions, show_exports, resolve, dry_run, quiet, syslog, verbose;
	const char *root, *release;
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
	int status; /* exit status */
};

/* ---- options ---- */

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
	const char *rest = value;

	switch (letter) {
	case 'a': p->all = true; break;
	case 'b': p->use_blacklist = true; break;
	case 'c': p->show_config = true; break;
	case 'C':
		p->configs[p->config_count++] = value;
		pass_on(p, "-C", value);
		break;
	case 'd': p->root = value; break;
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
		if (!parse_unsigned(&rest, &p->wait) || *rest)
			return wrong_usage("--wait needs milliseconds, not ", value);
		break;
	case REMOVE_HOLDERS: p->remove_holders = true; break;
	case FIRST_TIME: p->first_time = true; break;
	case FORCE_VERSIONS: p->force_versions = true; break;
	case FORCE_VERMAGIC: p->force_vermagic = true; break;
	case SHOW_VERSIONS: p->show_versions = true; break;
	case SHOW_EXPORTS: p->show_exports = true; break;
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
	size_t count = 0;
	struct arguments line = { environment_arguments(p, &count), known, apply, add_operand, p };
	enum verdict verdict;

	while (p->arguments[count])
		count++;
	p->configs = arena_take(&p->memory, count + 1, sizeof(*p->configs), sizeof(void *));
	p->names = arena_take(&p->memory, count + 1, sizeof(*p->names), sizeof(void *));
	p->passed_on = (struct text){ .start = arena_take(&p->memory, 65536, 1, 1), .capacity = 65536, .fd = -1 };
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

/* Prints a step like `insmod PATH PARAMETERS` for -v and -D. */
static void show(struct probe *p, const char *what, const char *object, const char *more)
{
	if (!p->show_depends && !p->verbose)
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

static void not_found(struct probe *p, const char *name)
{
	const char *directory = p->catalog.database->directory;
	struct stat st;
	bool gone = stat_again(CURRENT_DIRECTORY, directory, &st) == ENOENT;

	REPORT(p->all ? WARNING : FATAL, "Module ", name, " not found in directory ", directory,
	       gone ? ", which is not there" : "");
	p->status = 1;
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
	return running_insert(&p->scratch, path, parameters, p->force_versions, p->force_vermagic);
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

static struct item *find(struct probe *p, const char *name)
{
	struct item *list = is_path(name) ? look_up_path(&p->catalog, name) : look_up(&p->catalog, name);

	/* In modules.dep, paths begin below the modules' directory. */
	if (!list && strchr(name, '/'))
		list = look_up_path(&p->catalog, join_path(&p->memory, p->catalog.database->directory, name));
	if (!list)
		not_found(p, name);
	return list;
}

static void load_all(struct probe *p, const char *name, const char *parameters)
{
	for (struct item *i = find(p, name); i; i = i->next) {
		int failed = 0;

		if (p->resolve)
			text_line(&p->out, i->ko->name, (char *)NULL);
		else
			failed = insert(p, i->ko, parameters);
		if (failed) {
			error("could not insert '", i->ko->name, "': ", insertion_error(failed));
			p->status = 1;
		}
	}
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
	for (uint32_t waited = 0;; waited++) {
		failed = running_remove(ko->name, p->force_versions && p->force_vermagic);
		if (failed != EAGAIN || waited >= p->wait)
			break;
		poll(NULL, 0, 1);
	}
	if (failed == ENOENT && !p->first_time)
		failed = 0;
	if (failed)
		error("could not remove '", ko->name, "': ", error_text(failed));
	return failed;
}

static int remove_ko(struct probe *p, struct ko *ko, bool asked);

/* Removes the modules from the last to the first; with `stop`, up to the first failure. */
static int remove_list(struct probe *p, const struct item *list, bool stop)
{
	int failed = list && list->next ? remove_list(p, list->next, stop) : 0;

	return list && !(failed && stop) ? remove_ko(p, list->ko, false) : failed;
}

static int remove_holders(struct probe *p, const struct ko *ko)
{
	int failed = 0;

	for (struct words *w = running_holders(&p->memory, ko->name); w && !failed; w = w->next)
		failed = remove_list(p, look_up(&p->catalog, w->word), true);
	return failed;
}

/* False when there is nothing to remove, as the module is built in or not loaded; *failed is then an errno where that
 * counts as a failure, else 0. `asked`: a person named the module. */
static bool is_removable(struct probe *p, struct ko *ko, bool asked, int *failed)
{
	*failed = 0;
	if (ko_is_builtin(&p->catalog, ko)) {
		if (asked)
			REPORT(FATAL, "Module ", ko->name, " is builtin.");
		*failed = asked ? ENOENT : 0;
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

static int remove_ko(struct probe *p, struct ko *ko, bool asked)
{
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
	if (!command && !is_removable(p, ko, asked, &failed))
		return failed;
	remove_list(p, after, false);
	if (asked && p->remove_holders && remove_holders(p, ko))
		return EBUSY;
	if (!command && in_use(p, ko))
		return EBUSY;
	if (!command) {
		failed = remove_file(p, ko);
	} else {
		command = replace_all(&p->memory, command, "$CMDLINE_OPTS", "");
		show(p, "remove", command, NULL);
		failed = p->dry_run ? 0 : run_rule(p, "remove", ko, command, "");
	}
	if (failed)
		return failed;
	if (!command) {
		ko_path(&p->catalog, ko); /* looks up the dependencies as well */
		remove_unused(p, ko->dependencies);
	}
	remove_list(p, before, false);
	return 0;
}

static void remove_named(struct probe *p)
{
	for (const char **name = p->names; *name; name++)
		for (struct item *i = find(p, *name); i; i = i->next)
			if (remove_ko(p, i->ko, true)) {
				p->status = 1;
				break;
			}
}

/* ---- showing ---- */

static void show_configuration(struct probe *p)
{
	struct catalog *c = &p->catalog;

	for (enum rule_kind kind = 0; kind < RULE_KINDS; kind++)
		for (const struct rule *r = c->rules->rules; (r = next_rule(r, kind)); r = r->next)
			text_line(&p->out, rule_command(kind), " ", r->name, r->value ? " " : "",
				  r->value ? r->value : "", (char *)NULL);
	text_string(&p->out, "\n# End of configuration files. Dumping indexes now:\n\n");
	database_print(c->database, TABLE_ALIASES, &p->out);
	database_print(c->database, TABLE_SYMBOLS, &p->out);
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
	int fd = module_open(CURRENT_DIRECTORY, *p->names);

	if (fd < 0)
		bad(error_text(errno));
	elf_read(module_source(fd, &p->scratch, false), &sink);
	close(fd);
}

static void show_symbols_of_file(struct probe *p)
{
	struct fault fault;

	if (!attempt(show_symbols, p, &fault)) {
		report_fault(ERROR, *p->names, &fault);
		p->status = 1;
	}
}

/* ---- the command ---- */

static const char *modules_directory(struct probe *p)
{
	struct arena *memory = &p->memory;
	const char *root = p->root ? absolute_path(memory, p->root) : "";
	const char *release = p->release ? p->release : running_release(memory);

	return join_path(memory, below_base(memory, root, module_directory(memory, root)), release);
}

static void run_command(void *context)
{
	struct probe *p = context;
	enum verdict verdict;

	arena_plan(MODPROBE_MEMORY + MODPROBE_SCRATCH);
	arena_reserve(&p->memory, "memory", MODPROBE_MEMORY, false);
	arena_reserve(&p->scratch, "scratch memory", MODPROBE_SCRATCH, false);
	verdict = read_options(p);
	p->status = verdict == WRONG_USAGE;
	if (p->print)
		print_about(&p->out, p->print, "modprobe", help);
	if (verdict != GO_ON)
		return;
	report_setup((struct report_settings){
		.verbose = p->verbose,
		.silent = p->quiet,
		.syslog = p->syslog,
	});
	if (p->show_versions || p->show_exports) {
		show_symbols_of_file(p);
		return;
	}
	catalog_open(&p->catalog, &p->memory, modules_directory(p), p->config_count ? p->configs : NULL);
	if (p->show_config)
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
