/* progress.c: one line on a terminal while the work takes its time. A process of its own looks at the work now and then,
 * so that nothing is counted or waited for elsewhere for the line's sake. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "depmod.h"

enum { FIRST_MILLISECONDS = 1000, THEN_MILLISECONDS = 250 };

static pid_t watcher;
static const bool *line_shown;

/* The number only grows, so nothing of an earlier line is left. */
static void show(uint32_t done, uint32_t total)
{
	char buffer[80];
	struct text text = { .start = buffer, .capacity = sizeof(buffer), .fd = STDERR_FILENO };
	struct number a, b, c;

	text_string(&text, "\r");
	text_string(&text, decimal(&a, done));
	text_string(&text, " of ");
	text_string(&text, decimal(&b, total));
	text_string(&text, " modules, ");
	text_string(&text, decimal(&c, (uint64_t)done * 100 / total));
	text_string(&text, " %");
	text_flush(&text);
}

void progress_begin(uint32_t (*done)(const void *), const void *context, uint32_t total, bool *shown)
{
	uint16_t size[4];
	pid_t self;

	if (!total || syscall(SYS_ioctl, STDERR_FILENO, TIOCGWINSZ, size))
		return;
	line_shown = shown;
	self = getpid();
	watcher = _Fork();
	if (watcher)
		return;
	/* A run that is killed takes nobody along. */
	for (int wait = FIRST_MILLISECONDS; poll(NULL, 0, wait) == 0 && getppid() == self; wait = THEN_MILLISECONDS) {
		*shown = true;
		show(done(context), total);
	}
	_exit(0);
}

void progress_end(void)
{
	static const char over[] = "\r                                                  \r";
	struct text text = { .start = (char *)over, .size = sizeof(over) - 1, .fd = STDERR_FILENO };

	if (watcher > 0) {
		kill(watcher, SIGKILL);
		waitpid(watcher, NULL, 0);
		if (*line_shown)
			text_flush(&text);
	}
	watcher = 0;
}
