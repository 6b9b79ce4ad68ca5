/* nodes.c: `kmod static-nodes`, which tells the device nodes that are to be there before their modules are loaded: who
 * opens one has its module loaded. depmod has written them to modules.devname. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "modprobe.h"

/* How a node is told: for people, for systemd-tmpfiles, or as modules.devname has it. */
enum form { HUMAN, TMPFILES, DEVNAME, FORM_COUNT };
static const char forms[] = "human\0tmpfiles\0devname";

/* A node: `device` is MAJOR:MINOR, `kind` "c" or "b". */
struct node {
	const char *module, *name, *kind, *major, *minor, *device;
};

static void print_node(struct text *out, enum form form, const struct node *n)
{
	const char *slash = strrchr(n->name, '/');

	if (form == HUMAN) {
		text_line(out, "Module: ", n->module, "\n\tDevice node: /dev/", n->name,
			  "\n\t\tType: ", *n->kind == 'c' ? "character" : "block", " device\n\t\tMajor: ", n->major,
			  "\n\t\tMinor: ", n->minor, (char *)NULL);
	} else if (form == DEVNAME) {
		text_line(out, n->module, " ", n->name, " ", n->kind, n->device, (char *)NULL);
	} else {
		if (slash) {
			text_string(out, "d /dev/");
			text_add(out, n->name, (size_t)(slash - n->name));
			text_string(out, " 0755 - - -\n");
		}
		text_line(out, n->kind, "! /dev/", n->name, " 0600 - - - ", n->device, (char *)NULL);
	}
}

/* Reads `MODULE NAME cMAJOR:MINOR`, or b for a block device. */
static bool read_node(struct arena *memory, struct span line, struct node *n)
{
	struct span module, name, device;
	const char *end;
	uint32_t number;

	if (!next_word(&line, &module) || !next_word(&line, &name) || !next_word(&line, &device))
		return false;
	n->module = arena_copy(memory, module);
	n->name = arena_copy(memory, name);
	n->kind = arena_string(memory, (const char *)device.p, 1);
	device.p++;
	n->device = end = arena_copy(memory, device);
	if ((*n->kind != 'c' && *n->kind != 'b') || !parse_unsigned(&end, &number) || *end != ':')
		return false;
	n->major = arena_string(memory, n->device, (size_t)(end - n->device));
	n->minor = ++end;
	return parse_unsigned(&end, &number) && !*end;
}

static void print_nodes(struct probe *p, struct text *out, enum form form, struct span content)
{
	struct span line;
	struct node node;

	while (next_line(&content, &line)) {
		if (line.p < line.end && *line.p == '#')
			continue;
		if (read_node(&p->memory, line, &node)) {
			print_node(out, form, &node);
		} else {
			error("modules.devname: no device node: ", arena_copy(&p->memory, line));
			p->status = 1;
		}
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

	if (fd >= 0)
		p->out.fd = fd;
	else
		error("could not create ", path, ": ", error_text(errno));
	p->status |= fd < 0;
	return fd >= 0;
}

static enum form form_named(const char *name)
{
	enum form form = 0;

	while (form < FORM_COUNT && strcmp(nth_string(forms, form), name) != 0)
		form++;
	return form;
}

void static_nodes(struct probe *p)
{
	const char *path;
	struct span content;
	enum form form;
	int failed;

	if (!begin_run(p, "f=format\no=output\nh help\n"))
		return;
	form = p->given['f'] ? form_named(p->given['f']) : HUMAN;
	if (form == FORM_COUNT) {
		p->status = 1;
		(void)wrong_usage("the format may be human, tmpfiles or devname, not ", p->given['f']);
		return;
	}
	path = join_path(&p->memory, modules_place(p).path, "modules.devname");
	failed = file_read(&p->memory, CURRENT_DIRECTORY, path, REGULAR_FILE, &content);
	if (failed)
		REPORT(failed == ENOENT ? WARNING : ERROR, path, ": ", error_text(failed));
	p->status = failed && failed != ENOENT;
	if (!failed && (!p->given['o'] || redirect(p, p->given['o'])))
		print_nodes(p, &p->out, form, content);
}
