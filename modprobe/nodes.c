/* nodes.c: `kmod static-nodes`, which tells the device nodes that are to be there before their modules are loaded: who
 * opens one has its module loaded. depmod has written them to modules.devname. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "modprobe.h"

/* How a node is told: for people, for systemd-tmpfiles, or as modules.devname has it. Each form has a name, and a text
 * with numbers of parts. */
static const char forms[] = "human\0"
			    "Module: \1\n\tDevice node: /dev/\2\n\t\tType: \4 device\n\t\tMajor: \5\n\t\tMinor: \6\n\0"
			    "tmpfiles\0"
			    "\3! /dev/\2 0600 - - - \5:\6\n\0"
			    "devname\0"
			    "\1 \2 \3\5:\6\n\0";
enum { MODULE = 1, NAME, KIND, KIND_WORD, MAJOR, MINOR, PART_COUNT };
enum { TMPFILES = 't' };

static void print_form(struct text *out, const char *form, const char *const *parts)
{
	for (; *form; form++)
		if (*form < PART_COUNT)
			text_string(out, parts[(uint8_t)*form]);
		else
			text_add(out, form, 1);
}

/* Reads `MODULE NAME cMAJOR:MINOR`, or b for a block device. */
static bool read_node(struct arena *memory, struct span line, const char **parts)
{
	struct span word;
	char *device, *colon;

	for (unsigned part = MODULE; part <= KIND; part++) {
		next_word(&line, &word);
		parts[part] = arena_copy(memory, word);
	}
	device = arena_copy(memory, word);
	colon = strchr(device, ':');
	if (!colon || (*device != 'c' && *device != 'b'))
		return false;
	*colon = 0;
	parts[KIND] = *device == 'c' ? "c" : "b";
	parts[KIND_WORD] = *device == 'c' ? "character" : "block";
	parts[MAJOR] = device + 1;
	parts[MINOR] = colon + 1;
	return true;
}

/* systemd-tmpfiles is to make the directory first. */
static void print_directory(struct text *out, const char *name)
{
	const char *slash = strrchr(name, '/');

	if (!slash)
		return;
	text_string(out, "d /dev/");
	text_add(out, name, (size_t)(slash - name));
	text_string(out, " 0755 - - -\n");
}

static void print_nodes(struct probe *p, const char *form, struct span content)
{
	const char *parts[PART_COUNT];
	struct span line;

	while (next_line(&content, &line)) {
		if (line.p < line.end && *line.p == '#')
			continue;
		if (!read_node(&p->memory, line, parts)) {
			error("modules.devname: no device node: ", arena_copy(&p->memory, line));
			p->status = 1;
			continue;
		}
		if (*form == TMPFILES)
			print_directory(&p->out, parts[NAME]);
		print_form(&p->out, form + strlen(form) + 1, parts);
	}
}

/* Opens the file for writing, and makes the directories above it. Errors of these show when the file is opened. */
static int create(struct arena *memory, const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); *path && slash; slash = strchr(slash + 1, '/'))
		(void)mkdir(arena_string(memory, path, (size_t)(slash - path)), 0755);
	/* open() of the library is larger. */
	return (int)syscall(SYS_openat, CURRENT_DIRECTORY, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

/* Has the text go to the file; false after a message. */
static bool redirect(struct probe *p, const char *path)
{
	int fd = create(&p->memory, path);

	if (fd < 0)
		return fails(p, path, errno);
	p->out.fd = fd;
	return true;
}

/* The form of that name; "" when there is none. */
static const char *form_named(const char *name)
{
	const char *form = forms;

	while (*form && strcmp(form, name) != 0)
		form = nth_string(form, 2);
	return form;
}

void static_nodes(struct probe *p)
{
	const char *path, *form = forms;
	struct span content;
	int failed;

	if (!begin_command(p, "f=format\no=output\nh help\n"))
		return;
	if (p->given['f'])
		form = form_named(value_of(p, 'f'));
	path = join_path(&p->memory, modules_place(p).path, "modules.devname");
	failed = file_read(&p->memory, CURRENT_DIRECTORY, path, REGULAR_FILE, &content);
	if (!*form)
		p->status =
			wrong_usage("a format is human, tmpfiles or devname, not ", value_of(p, 'f')) == WRONG_USAGE;
	else if (failed == ENOENT)
		warning(path, ": ", error_text(failed));
	else if (failed)
		fails(p, path, failed);
	else if (!p->given['o'] || redirect(p, value_of(p, 'o')))
		print_nodes(p, form, content);
}
