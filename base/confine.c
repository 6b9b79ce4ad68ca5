/* confine.c: taking a worker's rights away. After this, even code from a hostile module can only read files and end its
 * process: it cannot write a file, start a program, or use the network. This is a seccomp filter (Linux 3.5); which files
 * it can read, Landlock says (Linux 5.13); those of root can have a root directory of their own. A kernel or emulator
 * without these ignores them.
 *
 * A system with musl alone does not have the kernel's headers, so the few numbers from them are given here. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

/* AUDIT_ARCH_… of <linux/audit.h>: the ELF machine, with flags for 64 bits and little-endian. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCHITECTURE 0xc000003e
#elif defined(__i386__)
#define ARCHITECTURE 0x40000003
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#define ARCHITECTURE 0xc00000b7
#elif defined(__arm__) && !defined(__ARMEB__)
#define ARCHITECTURE 0x40000028
#elif defined(__s390x__)
#define ARCHITECTURE 0x80000016
#elif defined(__mips64) && defined(__MIPSEL__) && _MIPS_SIM == _ABI64
#define ARCHITECTURE 0xc0000008
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE 0xc00000f3
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCHITECTURE 0xc0000015
#endif

/* Of capset(2): _LINUX_CAPABILITY_VERSION_3, and what lets root read any file, as a bit. */
enum { CAPABILITY_VERSION = 0x20080522, MAY_READ = 1 << 2 };

/* Root keeps the right to read all files, and no other one. */
static void drop_capabilities(void)
{
	const uint32_t header[2] = { CAPABILITY_VERSION, 0 };
	uint32_t sets[2][3]; /* low and high words of: effective, permitted, inheritable */

	if (syscall(SYS_capget, header, sets))
		return;
	sets[0][0] = sets[0][1] &= MAY_READ;
	sets[0][2] = sets[1][0] = sets[1][1] = sets[1][2] = 0;
	syscall(SYS_capset, header, sets);
}

/* Of landlock(7): LANDLOCK_RULE_PATH_BENEATH, LANDLOCK_ACCESS_FS_READ_FILE, and all rights over files that its first
 * version knows. */
enum { PATH_BENEATH = 1, READ_FILE = 1 << 2, ALL_RIGHTS = (1 << 13) - 1 };

int permissions_begin(bool all_files)
{
	const uint64_t handled = all_files ? ALL_RIGHTS - READ_FILE : ALL_RIGHTS;

	return (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
}

void permit(int permissions, int directory)
{
	const struct {
		uint64_t allowed;
		int32_t fd;
	} rule = { READ_FILE, directory };

	syscall(SYS_landlock_add_rule, permissions, PATH_BENEATH, &rule, 0);
}

/* Only a file: below a directory that a link with a module's name leads to, all files could be read. */
void permit_file(int permissions, int directory, const char *path)
{
	int fd = open_again(directory, path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		permit(permissions, fd);
	close(fd);
}

#ifdef ARCHITECTURE

/* A classic BPF program over the number, the architecture and the arguments of a system call. */
struct instruction {
	uint16_t code;
	uint8_t if_true, if_false; /* number of instructions to skip */
	uint32_t operand;
};

struct program {
	uint16_t length;
	const struct instruction *instructions;
};

enum {
	LOAD = 0x20,
	JUMP_EQUAL = 0x15,
	JUMP_SET = 0x45,
	RETURN = 0x06,
	NUMBER_AT = 0,
	ARCHITECTURE_AT = 4,
	ARGUMENTS_AT = 16,
	FILTER_MODE = 2,
	GET_ACTION_AVAIL = 2, /* of seccomp(2) */
	LOW_WORD = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0,
	THIRD_AT = ARGUMENTS_AT + 2 * 8 + LOW_WORD, /* third argument: openat's flags, madvise's advice */
	DONTNEED = 4,                               /* MADV_DONTNEED; other advice harms who shares the memory */
	READ_ONLY = O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_LARGEFILE | O_NOATIME,
};

#define ALLOW 0x7fff0000
#define KILL 0x80000000

_Static_assert(O_RDONLY == 0, "a flag not in READ_ONLY writes, creates or truncates");

/* Without a filter, root could leave by open_by_handle_at(2), as it keeps the right to read all files. Linux 4.14 tells
 * whether it has filters. */
bool enter_for_good(int directory)
{
	const uint32_t action = ALLOW;

	return !syscall(SYS_seccomp, GET_ACTION_AVAIL, 0, &action) && !syscall(SYS_fchdir, directory) &&
	       !syscall(SYS_chroot, ".");
}

static void enforce_filter(void)
{
	static const struct instruction instructions[] = {
		{ LOAD, 0, 0, ARCHITECTURE_AT },
		{ JUMP_EQUAL, 0, 13, ARCHITECTURE },
		{ LOAD, 0, 0, NUMBER_AT },
		{ JUMP_EQUAL, 12, 0, SYS_readahead },
		{ JUMP_EQUAL, 11, 0, SYS_getrusage },
		{ JUMP_EQUAL, 10, 0, SYS_pread64 },
		{ JUMP_EQUAL, 9, 0, SYS_read },
		{ JUMP_EQUAL, 8, 0, SYS_close },
		{ JUMP_EQUAL, 7, 0, SYS_exit_group },
		{ JUMP_EQUAL, 3, 0, SYS_madvise },
		{ JUMP_EQUAL, 0, 4, SYS_openat },
		{ LOAD, 0, 0, THIRD_AT },
		{ JUMP_SET, 2, 3, ~(uint32_t)READ_ONLY },
		{ LOAD, 0, 0, THIRD_AT },
		{ JUMP_EQUAL, 1, 0, DONTNEED },
		{ RETURN, 0, 0, KILL },
		{ RETURN, 0, 0, ALLOW },
	};
	static const struct program program = { COUNT_OF(instructions), instructions };

	syscall(SYS_prctl, PR_SET_SECCOMP, FILTER_MODE, &program, 0, 0);
}

#else

bool enter_for_good(int directory)
{
	(void)directory;
	return false;
}

static void enforce_filter(void)
{
}

#endif

void confine(int permissions)
{
	drop_capabilities();
	/* Without this promise, the kernel accepts neither of the two. */
	syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (permissions >= 0) {
		syscall(SYS_landlock_restrict_self, permissions, 0);
		close(permissions);
	}
	enforce_filter();
}
