/* main.c: one executable, several commands: which one is meant, its name tells, or else its first argument. */
#include <signal.h>
#include <stddef.h>

#include "depmod.h"

static const struct {
	char name[12];
	int (*run)(char **arguments);
} commands[] = { { "depmod", depmod }, { "modprobe", modprobe } };

int main(int count, char **arguments)
{
	size_t command = 0;

	(void)signal(SIGXFSZ, SIG_IGN);  /* a file that grows too large is an error like others */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);  /* whoever started us may have ignored it */
	for (int i = 0; i < 2 && i < count; i++)
		for (size_t c = 1; c < COUNT_OF(commands); c++)
			if (!command && strcmp(base_name(arguments[i]), commands[c].name) == 0) {
				command = c;
				arguments += i;
			}
	report_setup((struct report_settings){ .program = commands[command].name });
	return commands[command].run(arguments);
}
