/* older.c: hands work for older systems to the program depmod.old: kernels before 2.6, whose modules are .o files, and
 * the map files by which hotplug scripts found modules for devices. Few need these, so they take no room in depmod.
 *
 * For map files depmod.old is a filter:
 *
 *     standard input     paths of modules, each ended by NUL; where another path leads to the file, NUL and that path,
 *                        ended by NUL, stand before
 *     standard output    for each map file: name, NUL, content, NUL
 *                        then NUL, an empty name: without it the files are not complete */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "depmod.h"

bool is_old(const struct options *o)
{
	const char *p = o->release;
	uint32_t major, minor;

	for (const char **file = o->files; *file && !o->all; file++)
		if (is_object(*file))
			return true;
	return parse_unsigned(&p, &major) && *p++ == '.' && parse_unsigned(&p, &minor) &&
	       (major == 1 || (major == 2 && minor < 6));
}

/* ---- the program ---- */

static const char program_name[] = "depmod.old";

/* The path of depmod.old in the directory, whose name is `length` bytes long; NULL when the program is not there. */
static const char *in_directory(struct arena *memory, const char *directory, size_t length)
{
	const char *path = join_path(memory, arena_string(memory, directory, length), program_name);

	return access(path, X_OK) ? NULL : path;
}

/* Looks beside this program: where the kernel says it is or, without /proc, in the directory that it was called
 * from. */
static const char *beside_itself(struct arena *memory, const char *own_name)
{
	char path[4096];
	long length = syscall(SYS_readlinkat, CURRENT_DIRECTORY, "/proc/self/exe", path, sizeof(path) - 1);

	if (length > 0) {
		path[length] = 0;
		own_name = path;
	}
	return strchr(own_name, '/') ? in_directory(memory, own_name, (size_t)(base_name(own_name) - own_name)) : NULL;
}

const char *find_depmod_old(struct arena *memory, const char *own_name)
{
	const char *found = beside_itself(memory, own_name), *place = environment_value("PATH=");

	for (size_t length; !found && *place; place += length + (place[length] == ':')) {
		length = strcspn(place, ":");
		if (length)
			found = in_directory(memory, place, length);
	}
	if (!found)
		error("kernels before 2.6 and map files need the program depmod.old, ",
		      "which is neither beside this one nor in PATH");
	return found;
}

static void execute(const char *program, char **arguments)
{
	execve(program, arguments, environ);
	error("could not run ", program, ": ", error_text(errno));
}

void become_depmod_old(const char *program, char **arguments, const char *release, struct arena *memory)
{
	size_t count = 0;
	char **all;

	while (arguments[count])
		count++;
	all = arena_take(memory, count + 2, sizeof(*all), sizeof(void *));
	memcpy(all, arguments, count * sizeof(*all));
	all[count] = (char *)(uintptr_t)release;
	all[count + 1] = NULL;
	execute(program, all);
}

/* ---- map files ---- */

/* depmod.old at work as a filter. */
struct filter {
	const char *program;
	const struct options *options;
	const struct tree *tree;
	int to[2], from[2]; /* pipes to its standard input and from its standard output */
	pid_t pid;
};

/* Gives the open file the number of standard input or output. */
static bool set_standard(int file, int standard)
{
	return syscall(SYS_dup3, file, standard, 0) >= 0;
}

/* A number above 2 for an end of a pipe. Where depmod was started with standard input or output closed, the pipe may
 * have got one of their numbers, which set_standard() is to give to another file. */
static int above_standard(int end)
{
	int copy = (int)syscall(SYS_fcntl, end, F_DUPFD_CLOEXEC, 3);

	close(end);
	return copy;
}

/* In the child process. Paths are absolute when the tree has several roots; else they begin at its root, which becomes
 * the working directory. */
static void become_filter(const struct filter *f)
{
	const struct options *o = f->options;
	struct number jobs;

	/* -r fills the place of an option that is not wanted: it has no effect. */
	if ((f->tree->whole_paths || syscall(SYS_fchdir, f->tree->roots[0].directory) == 0) &&
	    set_standard(f->to[0], STDIN_FILENO) && set_standard(f->from[1], STDOUT_FILENO))
		execute(f->program, (char *[]){ "depmod", "--map", "--jobs", (char *)(uintptr_t)decimal(&jobs, o->jobs),
						o->quiet ? "-q" : "-r", o->syslog ? "-s" : "-r", NULL });
	_exit(1);
}

static bool start_filter(struct filter *f)
{
	if (syscall(SYS_pipe2, f->to, O_CLOEXEC) || syscall(SYS_pipe2, f->from, O_CLOEXEC))
		return false;
	f->to[0] = above_standard(f->to[0]);
	f->from[1] = above_standard(f->from[1]);
	f->pid = fork_bound();
	if (f->pid == 0)
		become_filter(f);
	close(f->to[0]);
	close(f->from[1]);
	return f->pid > 0;
}

/* Sends the paths of all modules that are not left out. */
static bool send_paths(const struct filter *f, const struct graph *graph)
{
	char buffer[4096];
	struct text text = { .start = buffer, .capacity = sizeof(buffer), .fd = f->to[1] };

	for (uint32_t m = 0; m < f->tree->count; m++)
		if (!graph->left_out[m]) {
			const struct module *module = &f->tree->modules[m];

			if (module->real) {
				text_add(&text, "", 1);
				text_add(&text, module->real, strlen(module->real) + 1);
			}
			text_string(&text, root_of(f->tree, module, false));
			text_add(&text, module->path, module->path_length + 1);
		}
	text_flush(&text);
	close(f->to[1]);
	return !text.error;
}

/* Whether the name is modules.SOMETHING, without a slash: then it cannot lead out of the output directory. */
static bool is_map_name(struct span name)
{
	return span_size(name) > 8 && span_size(name) < 32 && memcmp(name.p, "modules.", 8) == 0 &&
	       !memchr(name.p, '/', span_size(name));
}

/* Hands each file of the filter's answer to publish(). False when the answer is malformed or breaks off, or publish()
 * returns false. */
static bool publish_maps(struct span answer, publish_function *publish, void *context)
{
	struct span name, content;

	for (uint32_t count = 0; next_string(&answer, &name); count++) {
		if (name.p == name.end)
			return answer.p == answer.end;
		if (count == MAP_FILES_MAX || !is_map_name(name) || !next_string(&answer, &content) ||
		    !publish(context, (const char *)name.p, content))
			return false;
	}
	return false;
}

bool make_map_files(const char *program, const struct options *options, const struct tree *tree,
		    const struct graph *graph, struct arena *memory, publish_function *publish, void *context,
		    bool *damaged)
{
	struct filter f = { .program = program, .options = options, .tree = tree };
	struct span answer;
	int status;
	bool complete;

	if (!start_filter(&f)) {
		error("could not run ", program, ": ", error_text(errno));
		return false;
	}
	complete = send_paths(&f, graph);
	complete &= read_all(memory, f.from[0], &answer) == 0;
	close(f.from[0]);
	(void)await_process(f.pid, &status);
	*damaged = status != 0;
	if (complete && publish_maps(answer, publish, context))
		return true;
	error("no map files came from ", program);
	return false;
}

void forget_map_files(const struct publication *publication, struct arena *memory)
{
	struct directory *directory = arena_take(memory, 1, sizeof(*directory), 8);
	unsigned char type;
	const char *name;

	directory_open(directory, publication->directory, ".");
	while (!directory->error && (name = directory_next(directory, &type)))
		if (strncmp(name, ".modules.", 9) == 0 && ends_in(name, strlen(name), "map.new"))
			unlinkat(publication->directory, name, 0);
}
