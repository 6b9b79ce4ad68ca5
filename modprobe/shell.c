/* shell.c: install and remove commands of modprobe.d. A command may call modprobe again: the environment tells that
 * modprobe which commands are running, so that no command waits for itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modprobe.h"

static const char running[] = "MODPROBE_COMMANDS=", options_name[] = "MODPROBE_OPTIONS=";

/* The variable NAME= with its present value and, behind a blank, `more`. */
static const char *with_more(struct arena *memory, const char *name, const char *more)
{
	const char *value = environment_value(name);
	struct text text;

	text_open(&text, memory);
	text_string(&text, name);
	text_string(&text, value);
	text_string(&text, *value && *more ? " " : "");
	text_string(&text, more);
	return arena_text(memory, &text);
}

/* Whether the command `word` (KIND/MODULE) is running, further up among the processes that called this one. */
static bool is_running(const char *word)
{
	const char *list = environment_value(running);
	struct span rest = span_of(list, strlen(list)), one;

	while (next_word(&rest, &one))
		if (span_is(one, word))
			return true;
	return false;
}

/* The command's environment: three variables that are set here, and ours without any other MODPROBE_ variable. */
static const char **environment(struct arena *memory, const char *word, const char *module, const char *options)
{
	const char *own[] = {
		with_more(memory, running, word),
		with_more(memory, options_name, options),
		replace_all(memory, "MODPROBE_MODULE=$", "$", module),
	};
	const char **list;
	size_t count = 0, used = 0;

	while (environ[count])
		count++;
	list = arena_take(memory, count + COUNT_OF(own) + 1, sizeof(*list), sizeof(void *));
	for (; used < COUNT_OF(own); used++)
		list[used] = own[used];
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "MODPROBE_", 9) != 0)
			list[used++] = *e;
	list[used] = NULL;
	return list;
}

static void execute(const char *command, const char **env)
{
	const char *arguments[] = { "sh", "-c", command, NULL };

	(void)signal(SIGXFSZ, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	execve("/bin/sh", (char **)(uintptr_t)arguments, (char **)(uintptr_t)env);
	_exit(127);
}

bool shell_run(struct arena *memory, const char *kind, const char *module, const char *command, const char *options)
{
	const char *word = join_path(memory, kind, module);
	const char **env = environment(memory, word, module, options);
	struct number number;
	int status = -1;
	pid_t pid;

	if (is_running(word)) {
		error(kind, " commands lead in a circle: ", environment_value(running), " ", word);
		return false;
	}
	pid = _Fork();
	if (pid == 0)
		execute(command, env);
	if (pid > 0)
		(void)await_process(pid, &status);
	if (pid < 0)
		error("the ", kind, " command of ", module, " cannot be run: ", error_text(errno));
	else if (status)
		error("the ", kind, " command of ", module, " failed with status ",
		      decimal(&number, (uint64_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status))),
		      WIFEXITED(status) && WEXITSTATUS(status) == 127 ? " (no /bin/sh, or no such command)" : "");
	return status == 0;
}
