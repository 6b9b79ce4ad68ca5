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

int running_modules(struct arena *memory, struct span *list)
{
	return file_read(memory, CURRENT_DIRECTORY, "/proc/modules", ANY_FILE, list);
}

bool next_module(struct span *list, struct span *columns)
{
	struct span line;

	if (!next_line(list, &line))
		return false;
	for (unsigned i = 0; i < MODULE_COLUMNS; i++)
		next_word(&line, &columns[i]);
	return true;
}

/* A column of the module's line in /proc/modules; "" when there is no such line. */
static const char *listed(struct arena *scratch, const char *name, unsigned column)
{
	struct span content, columns[MODULE_COLUMNS];

	if (running_modules(scratch, &content))
		return "";
	while (next_module(&content, columns))
		if (span_is(columns[MODULE_NAME], name))
			return arena_copy(scratch, columns[column]);
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
		state = listed(scratch, name, MODULE_STATE);
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
		uses = listed(scratch, name, MODULE_USES);
	parse_unsigned(&uses, &count);
	return count;
}

/* The words of "a,b," or "-" */
static struct words *listed_holders(struct arena *memory, const char *listing)
{
	struct words *holders = NULL, **end = &holders;

	while (*listing && *listing != '-') {
		size_t length = strcspn(listing, ",");

		append_word(memory, &end, arena_string(memory, listing, length));
		listing += length;
		listing += *listing == ',';
	}
	return holders;
}

/* A directory has an entry for each holder. They keep the order in which the system tells them, as lsmod shows it. */
struct words *running_holders(struct arena *memory, const char *name)
{
	static struct directory directory; /* static for its size */
	struct words *holders = NULL, **end = &holders;
	unsigned char type;
	const char *holder;

	if (directory_open(&directory, CURRENT_DIRECTORY, sys_path(memory, name, "holders")))
		return listed_holders(memory, listed(memory, name, MODULE_HOLDERS));
	directory.as_told = true;
	while ((holder = directory_next(&directory, &type)))
		append_word(memory, &end, arena_string(memory, holder, strlen(holder)));
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

static void insert_bytes(struct insertion *i)
{
	struct span bytes = module_bytes(i->fd, i->scratch);

	if (i->no_versions || i->no_vermagic) {
		struct memory_source memory = source_of(bytes);

		elf_force(&memory.source, i->no_versions, i->no_vermagic);
		/* Changed bytes no longer match the signature, and the kernel refuses a module with a wrong one. Without
		 * the mark, the module counts as unsigned. */
		cut_mark(&bytes);
	}
	i->failed = syscall(SYS_init_module, bytes.p, span_size(bytes), i->parameters) ? errno : 0;
}

/* Has the kernel read the file itself or, where it cannot, gives it the decompressed bytes. */
static void insert(void *context)
{
	struct insertion *i = context;
	const char *form = compression_name(module_compression(i->fd));
	int flags = (i->no_versions ? IGNORE_VERSIONS : 0) | (i->no_vermagic ? IGNORE_VERMAGIC : 0);

	i->failed = ENOSYS;
	if (!*form)
		i->failed = insert_file(i->fd, i->parameters, flags);
	else if (strcmp(form, first_word(i->scratch, "/sys/module/compression")) == 0)
		i->failed = insert_file(i->fd, i->parameters, flags | COMPRESSED_FILE);
	if (*form ? worth_another_try(i->failed) : i->failed == ENOSYS)
		insert_bytes(i);
}

/* A link inside the base may lead out of it, but only to a regular file. */
int running_open(const struct base *base, const char *path)
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

int running_insert(struct arena *scratch, int fd, const char *path, const char *parameters, bool no_versions,
		   bool no_vermagic)
{
	struct insertion i = {
		.scratch = scratch,
		.fd = fd,
		.parameters = parameters,
		.no_versions = no_versions,
		.no_vermagic = no_vermagic,
	};
	size_t used = scratch->used;
	struct fault fault;

	if (!attempt(insert, &i, &fault)) {
		report_fault(ERROR, path, &fault);
		i.failed = ENOEXEC;
	}
	close(fd);
	arena_rewind(scratch, used, 0);
	return i.failed;
}

int running_remove(const char *name, bool force)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK | (force ? O_TRUNC : 0)) ? errno : 0;
}

const char *insertion_error(int failed)
{
	switch (failed) {
	case EEXIST: return "Module already in kernel";
	case ENOENT: return "Unknown symbol in module, or unknown parameter (see dmesg)";
	case ENOEXEC: return "Invalid module format: made for another kernel? (see dmesg; --force-vermagic)";
	case EBADMSG: return "Bad message: the signature is damaged (see dmesg)";
	case ESRCH: return "Module has wrong symbol version";
	case EKEYREJECTED:
		return "Key was rejected by service: the kernel wants modules with a signature it knows (see dmesg)";
	case ENODATA: return "No such file: has depmod run since the module went?";
	case ECHILD: return "its command failed";
	case EPERM: return "Operation not permitted: not root, or the kernel is locked down";
	case ENODEV: return "No such device";
	default: return error_text(failed);
	}
}
