/* running.c: the running kernel: which modules it has, loading one and removing one. What /sys does not tell is looked
 * up in /proc/modules. Without both, loading or removing is tried, and the kernel's answer counts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "modprobe.h"

/* Flags of finit_module(2) and delete_module(2) */
enum { IGNORE_VERSIONS = 1, IGNORE_VERMAGIC = 2, COMPRESSED_FILE = 4 };

/* "/sys/module/NAME/FILE" */
static const char *sys_path(struct arena *scratch, const char *name, const char *file)
{
	return join_path(scratch, join_path(scratch, "/sys/module", name), file);
}

/* The first word of a file; "" when the file is missing or empty. */
static const char *first_word(struct arena *scratch, const char *path)
{
	struct span content, line, word;

	if (file_read(scratch, CURRENT_DIRECTORY, path, ANY_FILE, &content) || !next_line(&content, &line) ||
	    !next_word(&line, &word))
		return "";
	return arena_copy(scratch, word);
}

/* A word of the module's line in /proc/modules, which has from column 0 on: name, size, uses, holders, state. */
static const char *listed(struct arena *scratch, const char *name, int column)
{
	struct span content, line, word;

	if (file_read(scratch, CURRENT_DIRECTORY, "/proc/modules", ANY_FILE, &content))
		return "";
	while (next_line(&content, &line)) {
		if (!next_word(&line, &word) || !span_is(word, name))
			continue;
		while (column-- && next_word(&line, &word))
			;
		return column < 0 ? arena_copy(scratch, word) : "";
	}
	return "";
}

/* Whether /sys tells of modules: then those that it does not have are not loaded. Looked up once. */
static bool sys_tells(void)
{
	static int known;

	if (!known)
		known = access("/sys/module", F_OK) ? -1 : 1;
	return known > 0;
}

enum module_state running_state(struct arena *scratch, const char *name)
{
	const char *state = first_word(scratch, sys_path(scratch, name, "initstate"));

	if (!*state && sys_tells())
		return ABSENT;
	if (!*state)
		state = listed(scratch, name, 4);
	if (strcmp(state, "live") == 0 || strcmp(state, "Live") == 0)
		return LIVE;
	/* Without /sys and /proc nobody knows whether the module is loaded. */
	return *state || access("/proc/modules", F_OK) ? CHANGING : ABSENT;
}

uint32_t running_uses(struct arena *scratch, const char *name)
{
	const char *uses = first_word(scratch, sys_path(scratch, name, "refcnt"));
	uint32_t count = 0;

	if (!*uses)
		uses = listed(scratch, name, 2);
	parse_unsigned(&uses, &count);
	return count;
}

struct words *running_holders(struct arena *memory, const char *name)
{
	const char *listing = listed(memory, name, 3);
	struct words *holders = NULL;

	/* "a,b," or "-" */
	while (*listing && *listing != '-') {
		size_t length = strcspn(listing, ",");
		struct words *holder = arena_take(memory, 1, sizeof(*holder), sizeof(void *));

		*holder = (struct words){ arena_string(memory, listing, length), holders };
		holders = holder;
		listing += length;
		listing += *listing == ',';
	}
	return holders;
}

/* Whether the kernel may have failed because it could not decompress the file, which can be done here. */
static bool worth_another_try(int failed)
{
	return failed == ENOSYS || failed == EINVAL || failed == EOPNOTSUPP || failed == ENOEXEC;
}

static int insert_file(int fd, const char *parameters, int flags)
{
	return syscall(SYS_finit_module, fd, parameters, flags) ? errno : 0;
}

/* One module being loaded. */
struct insertion {
	struct arena *scratch;
	const char *parameters;
	int fd, failed; /* the open file; errno of the last try, or 0 */
	bool no_versions, no_vermagic;
};

/* Cuts off the mark at the end that says that a signature stands before it. Changed bytes no longer match the
 * signature, and the kernel refuses a module with a wrong signature; without the mark the module counts as unsigned. */
static struct span without_signature(struct span bytes)
{
	static const char mark[] = "~Module signature appended~\n";
	const size_t length = sizeof(mark) - 1;

	if (span_size(bytes) >= length && memcmp(bytes.end - length, mark, length) == 0)
		bytes.end -= length;
	return bytes;
}

static void insert_bytes(void *context)
{
	struct insertion *i = context;
	struct span bytes = module_bytes(i->fd, i->scratch);

	if (i->no_versions || i->no_vermagic) {
		struct memory_source memory = source_of(bytes);

		elf_force(&memory.source, i->no_versions, i->no_vermagic);
		bytes = without_signature(bytes);
	}
	i->failed = syscall(SYS_init_module, bytes.p, span_size(bytes), i->parameters) ? errno : 0;
}

/* Has the kernel read the file itself or, where it cannot, gives it the decompressed bytes. */
static int insert(struct insertion *i, const char *path)
{
	const char *form = module_form(i->fd);
	int flags = (i->no_versions ? IGNORE_VERSIONS : 0) | (i->no_vermagic ? IGNORE_VERMAGIC : 0);
	struct fault fault;

	i->failed = ENOSYS;
	if (!*form)
		i->failed = insert_file(i->fd, i->parameters, flags);
	else if (strcmp(form, first_word(i->scratch, "/sys/module/compression")) == 0)
		i->failed = insert_file(i->fd, i->parameters, flags | COMPRESSED_FILE);
	if (*form ? !worth_another_try(i->failed) : i->failed != ENOSYS)
		return i->failed;
	if (attempt(insert_bytes, i, &fault))
		return i->failed;
	report_fault(ERROR, path, &fault);
	return ENOEXEC;
}

/* A link inside the base may lead out of it, but only to a regular file. */
static int open_module(const struct base *base, const char *path)
{
	size_t length = base ? strlen(base->name) : 0;
	struct stat st;
	int fd;

	if (!base || strncmp(path, base->name, length) != 0 || path[length] != '/')
		return module_open(CURRENT_DIRECTORY, path);
	fd = open_inside(base, path + length, FILE_FLAGS(REGULAR_FILE));
	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = module_open(CURRENT_DIRECTORY, path);
	if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

int running_insert(struct arena *scratch, const struct base *base, const char *path, const char *parameters,
		   bool no_versions, bool no_vermagic)
{
	struct insertion i = {
		.scratch = scratch,
		.parameters = parameters,
		.no_versions = no_versions,
		.no_vermagic = no_vermagic,
	};
	size_t used = scratch->used;
	int failed;

	i.fd = open_module(base, path);
	if (i.fd < 0) {
		failed = errno;
		error(path, ": ", error_text(failed));
		return failed == ENOENT ? ENODATA : failed;
	}
	failed = insert(&i, path);
	close(i.fd);
	arena_rewind(scratch, used, 0);
	return failed;
}

int running_remove(const char *name, bool force)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK | (force ? O_TRUNC : 0)) ? errno : 0;
}
