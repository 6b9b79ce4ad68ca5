/* starts: what it takes to start a program, do a little work and end, many times over.
 *
 *     starts RUNS <COMMANDS
 *
 * Each line of COMMANDS is a name, a tab, and words with single blanks between them: a program's path and its arguments.
 * The commands take turns, and what they print is thrown away. For each, in the same order, a line: the name, the
 * medians of wall time and CPU time in microseconds, that of page faults, and the exit status. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { COMMANDS_MAX = 256, WORDS_MAX = 1024, RUNS_MAX = 100000 };

struct command {
	char *line, *name, *words[WORDS_MAX];
	double *wall, *cpu, *faults;
	int status;
};

extern char **environ;

static void fail(const char *what)
{
	fprintf(stderr, "tests/bench/starts: %s\n", what);
	exit(1);
}

static void *need(void *memory)
{
	if (!memory)
		fail("no memory");
	return memory;
}

static void read_words(struct command *c, char *words)
{
	size_t count = 0;

	for (char *word = strtok(words, " \n"); word; word = strtok(NULL, " \n")) {
		if (count == WORDS_MAX - 1)
			fail("a command has too many words");
		c->words[count++] = word;
	}
	if (!count)
		fail("a line has no command");
}

static size_t read_commands(struct command *commands, size_t runs)
{
	char *line = NULL;
	size_t count = 0, size = 0;

	for (; getline(&line, &size, stdin) > 0; count++) {
		struct command *c = &commands[count];
		char *tab;

		if (count == COMMANDS_MAX)
			fail("too many commands");
		c->line = c->name = need(strdup(line));
		tab = strchr(c->line, '\t');
		if (!tab)
			fail("a line has no tab");
		*tab = '\0';
		read_words(c, tab + 1);
		c->wall = need(calloc(runs, sizeof(double)));
		c->cpu = need(calloc(runs, sizeof(double)));
		c->faults = need(calloc(runs, sizeof(double)));
	}
	free(line);
	return count;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double microseconds(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static void run(struct command *c, size_t round, const posix_spawn_file_actions_t *actions)
{
	struct rusage used;
	double begun = seconds();
	pid_t pid;

	if (posix_spawn(&pid, c->words[0], actions, NULL, c->words, environ) || wait4(pid, &c->status, 0, &used) != pid)
		fail("a command cannot be started");
	c->wall[round] = (seconds() - begun) * 1e6;
	c->cpu[round] = microseconds(used.ru_utime) + microseconds(used.ru_stime);
	c->faults[round] = (double)(used.ru_minflt + used.ru_majflt);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *list, size_t n)
{
	qsort(list, n, sizeof(*list), compare);
	return n % 2 ? list[n / 2] : (list[n / 2 - 1] + list[n / 2]) / 2;
}

int main(int count, char **arguments)
{
	static struct command commands[COMMANDS_MAX];
	long wanted = count == 2 ? strtol(arguments[1], NULL, 10) : 0;
	posix_spawn_file_actions_t actions;
	size_t runs = (size_t)wanted, n;

	if (wanted < 1 || wanted > RUNS_MAX)
		fail("usage: starts RUNS <COMMANDS");
	n = read_commands(commands, runs);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	for (size_t round = 0; round < runs; round++)
		for (size_t i = 0; i < n; i++)
			run(&commands[i], round, &actions);
	for (size_t i = 0; i < n; i++) {
		struct command *c = &commands[i];

		printf("%s %.0f %.0f %.0f %d\n", c->name, median(c->wall, runs), median(c->cpu, runs),
		       median(c->faults, runs), WEXITSTATUS(c->status));
	}
	return 0;
}
