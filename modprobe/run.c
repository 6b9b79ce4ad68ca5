/* run.c: what the small commands have in common: their options, which are noted by their letters, help and version. */
#include "modprobe.h"

static const uint8_t help[] = {
#include "../build/help/modprobe.inc"
};

static const char commands[] = "modprobe\0modinfo\0insmod\0rmmod\0lsmod\0kmod\0list\0static-nodes\0";

const char *command_name(enum command command)
{
	return nth_string(commands, command);
}

enum command command_named(const char *name)
{
	enum command command = 0;

	while (command < COMMAND_COUNT && strcmp(command_name(command), name) != 0)
		command++;
	return command;
}

enum verdict note_option(struct probe *p, char letter, const char *value)
{
	p->given[(uint8_t)letter] = true;
	p->values[(uint8_t)letter] = value;
	if (letter != 'h' && letter != 'V')
		return GO_ON;
	print_about(&p->out, letter, command_name(p->command), span_of(help, sizeof(help)), p->command);
	return DONE;
}

const char *value_of(const struct probe *p, char letter)
{
	return p->given[(uint8_t)letter] ? p->values[(uint8_t)letter] : NULL;
}

static enum verdict note_small_option(void *context, char letter, const char *value)
{
	return note_option(context, letter, value);
}

enum verdict note_operand(void *context, char *word)
{
	struct probe *p = context;

	p->names[p->name_count++] = word;
	return GO_ON;
}

bool begin_command(struct probe *p, const char *known)
{
	struct arguments line = { p->arguments + 1, known, note_small_option, note_operand, p };
	enum verdict verdict;
	size_t count = 0;

	while (p->arguments[count])
		count++;
	p->names = arena_take(&p->memory, count + 1, sizeof(*p->names), sizeof(void *));
	verdict = parse_arguments(&line);
	p->names[p->name_count] = NULL;
	p->status = verdict == WRONG_USAGE;
	report_setup((struct report_settings){ .verbose = p->given[VERBOSE], .syslog = p->given[SYSLOG] });
	return verdict == GO_ON;
}

bool needs_name(struct probe *p, const char *what)
{
	p->status |= !p->name_count;
	if (!p->name_count)
		(void)wrong_usage(what, " is named");
	return p->name_count != 0;
}

bool fails(struct probe *p, const char *what, int failed)
{
	error(what, ": ", error_text(failed));
	p->status = 1;
	return false;
}

void add_span(struct text *text, struct span bytes)
{
	for (; bytes.p < bytes.end; bytes.p++)
		if (!*bytes.p || *bytes.p == '\n' || *bytes.p == '\t')
			text_add(text, bytes.p, 1);
		else
			text_harmless(text, (const char *)bytes.p, 1);
}

void pad(struct text *text, size_t size, size_t width)
{
	while (size++ < width)
		text_string(text, " ");
}

struct location modules_place(struct probe *p)
{
	const char *release = p->release ? p->release : running_release(&p->memory);

	return (struct location){ p->base, join_path(&p->memory, module_directory(p->base), release) };
}

const char *const no_configuration[] = { NULL };

void open_catalog(struct probe *p, const struct base *base, const char *const *configuration)
{
	static struct catalog catalog;
	bool finds = configuration == no_configuration || (p->given[RESOLVE] && !p->given[SHOW_CONFIG] &&
							   !p->given[REMOVE_THEM] && !p->given[REMOVE_HOLDERS]);

	p->catalog = &catalog;
	catalog_open(&catalog, &p->memory, modules_place(p), base, configuration, !finds);
}

void set_place(struct probe *p, char base, char release)
{
	const char *directory = value_of(p, base);

	p->base = directory ? base_open(&p->memory, directory) : NULL;
	p->release = value_of(p, release);
}
