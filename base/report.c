/* report.c: messages for the person, `depmod: ERROR: PART PART…`, on standard error or in the system's log. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/un.h>
#include <unistd.h>

#include "base.h"

static struct report_settings settings = { .program = "depmod" };

void report_setup(struct report_settings chosen)
{
	if (!chosen.program)
		chosen.program = settings.program;
	settings = chosen;
}

/* Has the text go to the system's log, where it exists. A message there begins with its priority (RFC 3164, section
 * 4.1.1): facility "system daemons", and a severity. */
static void open_log(struct text *text, enum level level)
{
	static const char priority[][5] = {
		[FATAL] = "<26>", [ERROR] = "<27>",    [WARNING] = "<28>", [UNRESOLVED] = "<28>",
		[PLAIN] = "<28>", [INDENTED] = "<28>", [INFO] = "<30>",
	};
	static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && syscall(SYS_connect, fd, &address, sizeof(address)) == 0) {
		text->fd = fd;
		text_string(text, priority[level]);
	} else if (fd >= 0) {
		close(fd);
	}
}

/* How many of the bytes fit. The system's log takes one datagram for a message, so the rest is cut off. */
static size_t fitting(const struct text *text, size_t length)
{
	size_t room = text->capacity - text->size;

	return text->fd == 2 || length < room ? length : room;
}

void report(enum level level, const char *const *parts)
{
	static const char label[][10] = {
		[FATAL] = "FATAL: ",        [ERROR] = "ERROR: ", [WARNING] = "WARNING: ",
		[UNRESOLVED] = "WARNING: ", [INDENTED] = "\t",   [INFO] = "INFO: ",
	};
	char buffer[1024];
	struct text text = { .start = buffer, .capacity = sizeof(buffer), .fd = 2 };

	if (settings.silent || (level == WARNING && settings.quiet) || (level == INFO && !settings.verbose))
		return;
	progress_end();
	if (settings.syslog)
		open_log(&text, level);
	text_string(&text, settings.program);
	text_string(&text, ": ");
	text_string(&text, label[level]);
	for (; *parts; parts++)
		text_harmless(&text, *parts, fitting(&text, strlen(*parts)));
	text_add(&text, "\n", text.fd == 2);
	text_flush(&text);
	if (text.fd != 2)
		close(text.fd);
}

void report_parts(enum level level, ...)
{
	const char *parts[REPORT_PARTS_MAX + 1] = { NULL };
	va_list list;

	va_start(list, level);
	for (size_t i = 0; i < REPORT_PARTS_MAX && (parts[i] = va_arg(list, const char *)); i++)
		;
	va_end(list);
	report(level, parts);
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
	       fault->has_offset ? " at offset " : "", fault->has_offset ? decimal(&offset, fault->offset) : "");
}

void report_sums(uint32_t modules, uint32_t symbols, uint32_t aliases, uint32_t files, uint32_t begun)
{
	uint32_t hundredths = (uint32_t)times(NULL) - begun;
	struct number a, b, c, d, e, f;

	info(decimal(&a, modules), " modules, ", decimal(&b, symbols), " symbols, ", decimal(&c, aliases), " aliases, ",
	     decimal(&d, files), " files, ", decimal(&e, hundredths / 100), ".",
	     decimal(&f, hundredths % 100 + 100) + 1, " seconds");
}

static const char *unknown_error(int number)
{
	static char words[40];
	struct text text = { .start = words, .capacity = sizeof(words), .fd = -1 };
	struct number digits;

	text_string(&text, "error number ");
	text_string(&text, decimal(&digits, (unsigned)number));
	text_add(&text, "", 1);
	return words;
}

/* Only errors of files, memory and processes have words: the C library's table of all errors is four times as large. */
const char *error_text(int number)
{
	static const uint8_t numbers[] = {
		EPERM,  ENOENT, EINTR,  EIO,    EAGAIN, ENOMEM, EACCES,    EEXIST, EXDEV,        ENOTDIR,
		EISDIR, EINVAL, ENFILE, EMFILE, EFBIG,  ENOSPC, EROFS,     EPIPE,  ENAMETOOLONG, ELOOP,
		ENXIO,  ENODEV, EBADF,  ESPIPE, EBUSY,  ECHILD, EOVERFLOW, ENOSYS,
	};
	static const char texts[] = "Operation not permitted\0"
				    "No such file or directory\0"
				    "Interrupted system call\0"
				    "I/O error\0"
				    "Resource in use or lacking\0"
				    "Out of memory\0"
				    "Permission denied\0"
				    "File exists\0"
				    "Cross-device link\0"
				    "Not a directory\0"
				    "Is a directory\0"
				    "Invalid argument\0"
				    "Too many open files in system\0"
				    "Too many open files\0"
				    "File too large\0"
				    "No space left on device\0"
				    "Read-only file system\0"
				    "Broken pipe\0"
				    "File name too long\0"
				    "Too many symbolic links\0"
				    "No such device or address\0"
				    "No such device\0"
				    "Bad file descriptor\0"
				    "Illegal seek\0"
				    "Device or resource busy\0"
				    "No child processes\0"
				    "Value too large\0"
				    "Not implemented\0";

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (numbers[i] == number)
			return nth_string(texts, i);
	return unknown_error(number);
}
