/* cores.c: other processes: the processors that they may use, having one begin elsewhere, and waiting for its end. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"

enum { LONG_BITS = 8 * sizeof(long) };

/* The system's set of processors: one bit for each that the process may use. */
struct cores {
	unsigned long bits[4096 / LONG_BITS];
};

static struct cores get_cores(void)
{
	struct cores cores = { 0 };

	syscall(SYS_sched_getaffinity, 0, sizeof(cores), &cores);
	return cores;
}

uint32_t usable_cores(void)
{
	struct cores cores = get_cores();
	uint32_t count = 0;

	for (size_t i = 0; i < COUNT_OF(cores.bits); i++)
		for (unsigned long set = cores.bits[i]; set; set &= set - 1)
			count++;
	return count ? count : 1;
}

void run_elsewhere(int pid)
{
	struct cores cores = get_cores();
	unsigned here;

	if (syscall(SYS_getcpu, &here, NULL, NULL) || here / LONG_BITS >= COUNT_OF(cores.bits))
		return;
	cores.bits[here / LONG_BITS] &= ~(1UL << here % LONG_BITS);
	syscall(SYS_sched_setaffinity, pid, sizeof(cores), &cores);
}

int fork_bound(void)
{
	pid_t parent = getpid(), pid = _Fork(); /* not fork(), which runs handlers of threads: there are no threads */

	if (pid)
		return pid;
	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1); /* it has died already */
	return 0;
}

bool await_process(int pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR) {
			error("could not wait for a process: ", error_text(errno));
			*status = -1;
			return false;
		}
	return true;
}
