/* progress.c: one line on a terminal while the work takes its time. A process of its own looks at the work now and then,
 * so that nothing is counted or waited for elsewhere for the line's sake. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

#include "depmod.h"

enum { SILENT_HUNDREDTHS = 100 };

static clock_t begun;
static pid_t watcher;

void progress_clock(void)
{
	begun = times(NULL);
}

static bool late(void)
{
	return times(NULL) - begun >= SILENT_HUNDREDTHS;
}

/* The line only grows, so nothing of an earlier one is left. */
static void show(uint32_t done, const struct progress *progress)
{
	char buffer[80];
	struct text text = { .start = buffer, .capacity = sizeof(buffer), .fd = STDERR_FILENO };
	uint32_t total = progress->total;
	struct number a, b, c;

	if (total)
		text_line(&text, "\r", decimal(&a, done), " of ", decimal(&b, total), " modules, ",
			  decimal(&c, (uint64_t)done * 100 / total), " %", (char *)NULL);
	else
		text_line(&text, "\r", decimal(&a, progress->found), " modules", (char *)NULL);
	text.size--;
	text_flush(&text);
}

/* Whether there is a line or not. */
static void erase(void)
{
	static const char over[] = "\r                                                  \r";

	if (late())
		(void)!write(STDERR_FILENO, over, sizeof(over) - 1);
}

void progress_begin(uint32_t (*done)(const void *), const void *context, const struct progress *progress)
{
	static const unsigned long interrupt[16 / sizeof(long)] = { 1 << (SIGINT - 1) };
	static const long pause[] = { 0, 250000000 };
	uint16_t size[4];
	pid_t self;

	if (watcher || syscall(SYS_ioctl, STDERR_FILENO, TIOCGWINSZ, size))
		return;
	self = getpid();
	watcher = _Fork();
	if (watcher)
		return;
	/* The system calls themselves, as a handler would need more of the library. */
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, interrupt, NULL, _NSIG / 8);
	for (;;)
		if (syscall(SYS_rt_sigtimedwait, interrupt, NULL, pause, _NSIG / 8) > 0)
			erase();  /* Ctrl-C, of which the run dies */
		else if (getppid() != self)
			_exit(0);  /* a run that is killed takes nobody along */
		else if (late())
			show(done(context), progress);
}

void progress_end(void)
{
	if (watcher > 0) {
		kill(watcher, SIGKILL);
		waitpid(watcher, NULL, 0);
		erase();
	}
	watcher = 0;
}
