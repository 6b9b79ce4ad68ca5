# A kernel that runs: depmod and modprobe in an emulator, with busybox and a few modules beside them. It is booted once;
# tests/real/guest holds what is tried there, and each test looks at what came out of one group of it.
load common

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	export DEPMOD MODPROBE
	"$BATS_TEST_DIRNAME/kernels" cloud >kernels.out 2>reason || return 0
	"$BATS_TEST_DIRNAME/boot" "$(head -n 1 kernels.out)" boot >boot.out 2>&1 || true
}

# group NAME: began, came to its end, and everything in between is as it should be.
group() {
	local boot=$BATS_FILE_TMPDIR/boot
	[ -s "$BATS_FILE_TMPDIR/kernels.out" ] || skip "$(tail -n 1 "$BATS_FILE_TMPDIR/reason")"
	command -v qemu-system-x86_64 >/dev/null || skip "there is no emulator"
	sed -n "/^begin $1$/,/^end $1$/p" "$boot/said" >group || true
	if ! grep -q '^ok ' group || grep -q '^not ok ' group || ! grep -q '^end ' group; then
		echo "where the emulator is run: $(cat "$BATS_FILE_TMPDIR/boot.out")"
		echo "what the guest said:"
		cat group
		echo "the kernel's last messages:"
		tail -n 20 "$boot/kernel"
		return 1
	fi
}

@test "without /proc, without /sys, with one of them" { group bare; }
@test "modules by name: load, load again, remove, --first-time" { group names; }
@test "dependencies are loaded first, and removed with what needed them" { group dependencies; }
@test "a module in use is not removed; --wait waits until it is not" { group use; }
@test "eight at once" { group together; }
@test "modules that the kernel has built in" { group builtin; }
@test "parameters from the command line and from modprobe.d" { group parameters; }
@test "the kernel's command line: MODULE.PARAMETER=VALUE, modprobe.blacklist=" { group command-line; }
@test "modules by alias and by symbol" { group aliases; }
@test "the blacklist" { group blacklist; }
@test "the modules of all devices, by their modaliases" { group devices; }
@test "modules that the kernel itself asks for" { group kernel; }
@test "files: plain, gzip, xz with CRC32, CRC64 and the filter for x86, zstd" { group files; }
@test "damaged files are refused, with a reason" { group damaged; }
@test "--force-vermagic, --force-modversion, --force" { group forced; }
@test "insmod: all forms, parameters, and what is refused" { group insmod; }
@test "rmmod: several, used ones, --wait, --all" { group rmmod; }
@test "lsmod, modinfo and static-nodes say what kmod's say" { group lsmod; }
@test "install and remove commands" { group commands; }
@test "commands that lead in a circle" { group circles; }
@test "soft dependencies" { group soft; }
@test "the binary indexes alone" { group indexes; }
@test "the text files alone" { group texts; }
