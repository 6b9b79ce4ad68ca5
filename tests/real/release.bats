# The releases for all architectures: what they are, that the same source gives the same bytes, and that each does the same
# as the native executable, by an emulator of its processor's instructions.
load common
load ../terminal

# copy DIRECTORY: what a release is built from.
copy() {
	mkdir -p "$1/tests"
	cp -R "$PROJECT"/*.c "$PROJECT"/*.h "$PROJECT"/{Makefile,help,release} "$1"
	cp "$PROJECT"/tests/{archive,check-hardening} "$1/tests"
}

setup_file() {
	copy "$BATS_FILE_TMPDIR/copy"
	ln -s "$PROJECT/tests/cache" "$BATS_FILE_TMPDIR/copy/tests/cache"
	"$BATS_FILE_TMPDIR/copy/release/build" 0 >"$BATS_FILE_TMPDIR/said" 2>&1 || { cat "$BATS_FILE_TMPDIR/said" >&2; return 1; }
}

# riscv64 is there where the archive has musl for it.
setup() {
	cd "$BATS_TEST_TMPDIR"
	RELEASE_DIRECTORY=$BATS_FILE_TMPDIR/copy/build/release
	RISCV=
	[ ! -e "$PROJECT/tests/cache/musl-riscv64" ] || RISCV=riscv64
	ARCHITECTURES="aarch64 armhf i386 mips64el ppc64el $RISCV s390x x86_64"
	NOTHING=$BATS_TEST_TMPDIR/no-configuration # the system's own is not for us
	mkdir "$NOTHING"
}

emulator() {
	case $1 in
	x86_64 | i386) ;;
	armhf) echo qemu-arm ;;
	ppc64el) echo qemu-ppc64le ;;
	*) echo "qemu-$1" ;;
	esac
}

@test "there is one for each architecture, of that architecture, below 100,000 bytes, with its checksum" {
	cd "$RELEASE_DIRECTORY"
	[ "$(echo depmod-0-*)" = "$(printf 'depmod-0-%s\n' $ARCHITECTURES | paste -sd ' ')" ]
	sha256sum --quiet -c SHA256SUMS
	[ "$(wc -l <SHA256SUMS)" = "$(wc -w <<<"$ARCHITECTURES")" ]
	for arch in $ARCHITECTURES; do [ "$(wc -c <depmod-0-$arch)" -lt 100000 ]; done
	machines=$(for arch in $ARCHITECTURES; do readelf -h depmod-0-$arch | sed -n 's/^ *Machine: *//p'; done)
	[ "$machines" = "AArch64
ARM
Intel 80386
MIPS R3000
PowerPC64
${RISCV:+RISC-V
}IBM S/390
Advanced Micro Devices X86-64" ]
}

@test "built once more, in another directory, with a blank in its name and another environment, each is the same" {
	copy "once more"
	ln -s "$PROJECT/tests/cache" "once more/tests/cache"
	CFLAGS=-O0 OPTIMISE=-O0 MAKEFLAGS=e XZ_DEFAULTS=-0 XZ_OPT=-0 GZIP=--rsyncable CPATH=/nowhere CDPATH=/ "once more/release/build" 0
	diff "once more/build/release/SHA256SUMS" "$RELEASE_DIRECTORY/SHA256SUMS"
}

# instead_of PROGRAM SCRIPT: what is found under that name from here on.
instead_of() {
	mkdir -p instead
	printf '#!/bin/sh\n%s\n' "$2" >"instead/$1"
	chmod +x "instead/$1"
	PATH=$PWD/instead:$PATH
}

@test "where the compressor is missing, fails, or loses something, there is no release" {
	copy copy
	ln -s "$PROJECT/tests/cache" copy/tests/cache
	for xz in 'exit 127' 'exec /usr/bin/xz "$@" | head -c 10000'; do
		instead_of xz "$xz"
		run copy/release/build 0 s390x
		[ "$status" = 1 ]
		[[ "$output" == *'release/build: s390x: cannot be built' ]]
		[ -z "$(ls copy/build/release | grep -v '^s390x$')" ]
	done
}

@test "riscv64 is left out, with a message, where there is no musl for it; others are errors" {
	copy copy
	mkdir copy/tests/cache
	ln -s "$PROJECT/tests/cache/musl-s390x" copy/tests/cache
	instead_of apt-get 'echo "E: nothing here"; exit 100'
	run copy/release/build 0 riscv64 s390x
	[ "$status" = 0 ]
	[ "${lines[0]}" = 'release/build: riscv64: left out, as there is no musl-dev: E: nothing here' ]
	[ "$(ls copy/build/release)" = $'SHA256SUMS\ndepmod-0-s390x\ns390x' ]
	run copy/release/build 0 armhf s390x
	[ "$status" = 1 ]
	[ "$output" = 'release/build: armhf: no musl-dev: E: nothing here' ]
}

# same_as_native KERNEL: modules of either byte order, plain and compressed.
same_as_native() {
	local tree version arch
	tree=$("$PROJECT/tests/real/kernels" "$1")
	version=$(ls "$tree/lib/modules")
	"$DEPMOD" -C "$NOTHING" -b "$tree" -o native --map "$version"
	[ -s "native/lib/modules/$version/modules.dep.bin" ]
	for arch in $ARCHITECTURES; do
		$(emulator $arch) "$RELEASE_DIRECTORY/depmod-0-$arch" -C "$NOTHING" -b "$tree" -o $arch --map "$version"
		diff -r native $arch
		rm -r $arch
	done
}

@test "each writes the same, byte for byte, of a little-endian tree" {
	same_as_native cloud
}

@test "each writes the same, byte for byte, of a big-endian tree" {
	same_as_native s390x
}

@test "each writes the same of compressed trees" {
	for form in gzip xz zstd; do same_as_native cloud-$form; rm -r native; done
}

@test "each is modprobe, too" {
	tree=$("$PROJECT/tests/real/kernels" cloud)
	version=$(ls "$tree/lib/modules")
	mkdir -p root/lib/modules
	cp -R "$tree/lib/modules/$version" root/lib/modules
	"$DEPMOD" -b root "$version"
	"$DEPMOD" modprobe -C "$NOTHING" -d root -S "$version" -D -a xfs btrfs >native
	[ "$(wc -l <native)" -gt 4 ]
	for arch in $ARCHITECTURES; do
		$(emulator $arch) "$RELEASE_DIRECTORY/depmod-0-$arch" modprobe -C "$NOTHING" -d root -S "$version" -D -a xfs btrfs |
			diff native -
	done
}

# What a handler of signals needs differs from system to system.
@test "Ctrl-C takes the line from the terminal of each" {
	mkdir -p root/lib/modules/6.1.0/kernel
	touch root/lib/modules/6.1.0/modules.{order,builtin,builtin.modinfo}
	for arch in $ARCHITECTURES; do
		ctrl_c "$(emulator $arch) '$RELEASE_DIRECTORY/depmod-0-$arch' -C '$NOTHING' -b root -F map 6.1.0"
		[[ "$shown" =~ ^('<0 modules')+'^C<'' '+'<prompt 130<'$ ]]
	done
}
