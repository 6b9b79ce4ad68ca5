/* commands.c: the program has several commands: which one it is to be, the name by which it is started tells. */
#include "modprobe.h"

enum { PROBE_MEMORY = 128 << 20, PROBE_SCRATCH = DECODED_LIMIT + (128 << 20) };

/* Says which commands there are. */
static void unknown_command(struct probe *p, const char *name)
{
	error("'", name, "' is no command; there are modprobe, modinfo, insmod, rmmod, lsmod and kmod");
	p->status = 1;
}

static void run(struct probe *p);

/* `kmod COMMAND ...` is as if COMMAND had been called. */
static void kmod(struct probe *p)
{
	const char *word = p->arguments[1];

	if (!word || *word == '-') {
		if (begin_command(p, "V version\nh help\n"))
			needs_name(p, "no command");
		return;
	}
	p->command = command_named(word);
	p->arguments++;
	if (p->command == COMMAND_KMOD || p->command == COMMAND_COUNT)
		unknown_command(p, word);
	else
		run(p);
}

static void run(struct probe *p)
{
	switch (p->command) {
	case COMMAND_MODPROBE: modprobe(p); break;
	case COMMAND_MODINFO: modinfo(p); break;
	case COMMAND_INSMOD: insmod(p); break;
	case COMMAND_RMMOD: rmmod(p); break;
	case COMMAND_STATIC_NODES: static_nodes(p); break;
	case COMMAND_KMOD: kmod(p); break;
	default: lsmod(p); break;
	}
}

static void begin(void *context)
{
	struct probe *p = context;

	arena_reserve_alone(&p->memory, "memory", PROBE_MEMORY, false);
	arena_reserve_alone(&p->scratch, "scratch memory", PROBE_SCRATCH, false);
	run(p);
}

/* A program that is started without a name is modprobe; so is one whose name goes on, as that of a release's file. */
static enum command command_of(const char *name)
{
	return !*name || strncmp(name, "modprobe", 8) == 0 ? COMMAND_MODPROBE : command_named(name);
}

int main(int count, char **arguments)
{
	static char *none[2];
	static struct probe p;
	const char *name = count ? base_name(*arguments) : "";
	struct fault fault;

	p.command = command_of(name);
	p.arguments = count ? arguments : none;
	p.out = (struct text){ .start = p.output, .capacity = sizeof(p.output), .fd = 1 };
	command_begin(p.command > COMMAND_KMOD ? command_name(COMMAND_MODPROBE) : command_name(p.command));
	if (p.command > COMMAND_KMOD) {
		unknown_command(&p, name);
	} else if (!attempt(begin, &p, &fault)) {
		report_fault(FATAL, "cannot go on", &fault);
		p.status = 1;
	}
	return command_end(&p.out, p.status);
}
