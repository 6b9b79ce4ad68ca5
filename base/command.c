/* command.c: the beginning and the end of every command: signals, the environment, the rest of standard output. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

void command_begin(const char *name)
{
	(void)signal(SIGXFSZ, SIG_IGN); /* a file that grows too large becomes an error of write(2) */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL); /* the program that started this one may have ignored it */
	report_setup((struct report_settings){ .program = name });
}

int command_end(struct text *standard_output, int status)
{
	text_flush(standard_output);
	if (!standard_output->error)
		return status;
	if (standard_output->error != EPIPE)
		error("could not write to standard output: ", error_text(standard_output->error));
	return 1;
}

uint64_t random_key(void)
{
	uint64_t key;

	/* Without getrandom(2), the random address of the stack has to do. */
	if (syscall(SYS_getrandom, &key, sizeof(key), 1) != sizeof(key))
		key = (uintptr_t)__builtin_frame_address(0);
	return key;
}

const char *environment_value(const char *name)
{
	size_t length = strlen(name);

	for (char **e = environ; *e; e++)
		if (strncmp(*e, name, length) == 0)
			return *e + length;
	return "";
}
