/* progress.c: one line on a terminal while the run goes on. A process of its own, the watcher, counts finished modules
 * four times a second, so that the rest of the run need not. The run itself erases the line before it ends: later, a
 * shell's prompt may already be there. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"

enum { SILENT_HUNDREDTHS = 100 };

static clock_t begun;
static pid_t owner, watcher;
static void (*before)(int); /* the handler of SIGINT before progress_begin() */

void progress_clock(void)
{
	begun = times(NULL);
}

static bool late(void)
{
	return times(NULL) - begun >= SILENT_HUNDREDTHS;
}

/* Writes the line over the one before, which it covers: lines only become longer. */
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

/* After the silent second there may be a line; erasing does no harm where there is none. */
static void erase(void)
{
	static const char over[] = "\r                                                  \r";

	if (late())
		(void)!write(STDERR_FILENO, over, sizeof(over) - 1);
}

/* Handles Ctrl-C: erases the line, then lets the signal end the process as usual. */
static void interrupted(int number)
{
	if (getpid() == owner)
		progress_end();
	(void)signal(number, SIG_DFL);
	kill(getpid(), number);
}

static void watch(uint32_t (*done)(const void *), const void *context, const struct progress *progress)
{
	static const long pause[] = { 0, 250000000 };

	(void)signal(SIGINT, SIG_IGN);
	for (;;) {
		/* The system call itself, as the library's function is larger. */
		syscall(SYS_nanosleep, pause, NULL);
		if (getppid() != owner)
			_exit(0); /* the run was killed */
		if (late())
			show(done(context), progress);
	}
}

void progress_begin(uint32_t (*done)(const void *), const void *context, const struct progress *progress)
{
	uint16_t size[4];

	if (watcher || syscall(SYS_ioctl, STDERR_FILENO, TIOCGWINSZ, size))
		return;
	owner = getpid();
	watcher = _Fork();
	if (watcher == 0)
		watch(done, context, progress);
	before = signal(SIGINT, interrupted);
	if (before == SIG_IGN)
		(void)signal(SIGINT, before);
}

void progress_leave(void)
{
	if (watcher)
		(void)signal(SIGINT, before);
	watcher = 0;
}

void progress_end(void)
{
	if (watcher > 0) {
		kill(watcher, SIGKILL);
		waitpid(watcher, NULL, 0);
		erase();
	}
	progress_leave();
}

void progress_hold(bool held)
{
	static const unsigned long interrupt[16 / sizeof(long)] = { 1 << (SIGINT - 1) };

	syscall(SYS_rt_sigprocmask, held ? SIG_BLOCK : SIG_UNBLOCK, interrupt, NULL, _NSIG / 8);
}
