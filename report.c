/* report.c: what is said to the person, and its form: `depmod: ERROR: PART PART…` on standard error. */
#include <errno.h>

#include "depmod.h"

static struct report_settings settings = { .program = "depmod" };

void report_setup(struct report_settings chosen)
{
	if (!chosen.program)
		chosen.program = settings.program;
	settings = chosen;
}

/* A name from a file may hold bytes that steer a terminal or forge a line: they are shown as `?`. */
static void add_harmless(struct text *text, const char *part)
{
	for (; *part; part++)
		text_add(text, (uint8_t)*part < ' ' || *part == 0x7f ? "?" : part, 1);
}

void report(enum level level, const char *const *parts)
{
	static const char *const label[] = {
		[FATAL] = "FATAL: ", [ERROR] = "ERROR: ", [WARNING] = "WARNING: ",
		[UNRESOLVED] = "WARNING: ", [INFO] = "INFO: ",
	};
	char buffer[1024];
	struct text text = { .start = buffer, .capacity = sizeof(buffer), .fd = 2 };

	if ((level == WARNING && settings.quiet) || (level == INFO && !settings.verbose))
		return;
	text_string(&text, settings.program);
	text_string(&text, ": ");
	text_string(&text, label[level]);
	for (; *parts; parts++)
		add_harmless(&text, *parts);
	text_add(&text, "\n", 1);
	text_flush(&text);
}

static void append(struct reason *reason, size_t *used, const char *part)
{
	while (*part && *used < REASON_SIZE - 1)
		reason->text[(*used)++] = *part++;
	reason->text[*used] = 0;
}

const char *fault_text(struct reason *reason, const struct fault *fault)
{
	struct number offset;
	size_t used = 0;

	append(reason, &used, fault->what ? fault->what : "");
	append(reason, &used, fault->what ? ": " : "");
	append(reason, &used, fault->why);
	append(reason, &used, fault->has_offset ? " at offset " : "");
	append(reason, &used, fault->has_offset ? decimal(&offset, fault->offset) : "");
	return reason->text;
}

void report_fault(enum level level, const char *subject, const struct fault *fault)
{
	struct number offset;

	REPORT(level, subject, ": ", fault->what ? fault->what : "", fault->what ? ": " : "", fault->why,
	       fault->has_offset ? " at offset " : "",
	       fault->has_offset ? decimal(&offset, fault->offset) : "");
}

/* Those that files, memory and processes bring; the C library's table of all costs four times as much. */
const char *error_text(int number)
{
	static const struct {
		uint8_t number;
		char text[31];
	} texts[] = {
		{ EPERM, "Operation not permitted" }, { ENOENT, "No such file or directory" },
		{ EINTR, "Interrupted system call" }, { EIO, "I/O error" },
		{ EAGAIN, "Resource in use or lacking" }, { ENOMEM, "Out of memory" },
		{ EACCES, "Permission denied" }, { EEXIST, "File exists" },
		{ EXDEV, "Cross-device link" }, { ENOTDIR, "Not a directory" },
		{ EISDIR, "Is a directory" }, { EINVAL, "Invalid argument" },
		{ ENFILE, "Too many open files in system" }, { EMFILE, "Too many open files" },
		{ EFBIG, "File too large" }, { ENOSPC, "No space left on device" },
		{ EROFS, "Read-only file system" }, { EPIPE, "Broken pipe" },
		{ ENAMETOOLONG, "File name too long" }, { ELOOP, "Too many symbolic links" },
		{ ENXIO, "No such device or address" }, { ENODEV, "No such device" },
		{ EBADF, "Bad file descriptor" }, { ESPIPE, "Illegal seek" },
		{ EBUSY, "Device or resource busy" },
		{ ECHILD, "No child processes" }, { EOVERFLOW, "Value too large" }, { ENOSYS, "Not implemented" },
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i].number == number)
			return texts[i].text;
	return "Unknown error";
}
