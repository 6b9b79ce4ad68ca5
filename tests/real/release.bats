# The releases for all architectures: what they are, that the same source gives the same bytes, and that each does the same
# as the native executable, by an emulator of its processor's instructions.
load common
load ../terminal

ARCHITECTURES='aarch64 armhf i386 mips64el ppc64el riscv64 s390x x86_64'
NAMES='depmod depmod.old modprobe'

# copy DIRECTORY: what a release is built from.
copy() {
	mkdir -p "$1/tests"
	cp -R "$PROJECT"/*.c "$PROJECT"/*.h "$PROJECT"/{Makefile,base,xz,zstd,modprobe,old,help,release} "$1"
	cp "$PROJECT"/tests/{Makefile,archive,check-hardening} "$1/tests"
	rm -f "$1/modprobe/modprobe"
}

# Beside a release there is a directory for each architecture, where the programs have the names that they are installed by.
setup_file() {
	local arch name
	copy "$BATS_FILE_TMPDIR/copy"
	ln -s "$PROJECT/tests/cache" "$BATS_FILE_TMPDIR/copy/tests/cache"
	"$BATS_FILE_TMPDIR/copy/release/build" 0 >"$BATS_FILE_TMPDIR/said" 2>&1 || { cat "$BATS_FILE_TMPDIR/said" >&2; return 1; }
	for arch in $ARCHITECTURES; do
		mkdir "$BATS_FILE_TMPDIR/$arch"
		for name in $NAMES; do
			cp "$BATS_FILE_TMPDIR/copy/build/release/$name-0-$arch" "$BATS_FILE_TMPDIR/$arch/$name"
		done
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	RELEASE_DIRECTORY=$BATS_FILE_TMPDIR/copy/build/release
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

# program ARCH NAME ARGUMENT...
# Under an emulator, one run in some ten thousand has ended in SIGSEGV, never twice in the same place: it is run again, and
# what is wrong with the program ends so again.
program() {
	local status=0 emulator
	emulator=$(emulator "$1")
	$emulator "$BATS_FILE_TMPDIR/$1/$2" "${@:3}" || status=$?
	[ $status = 139 ] && [ -n "$emulator" ] || return $status
	$emulator "$BATS_FILE_TMPDIR/$1/$2" "${@:3}"
}

# is_runnable ARCH: by the kernel, which is whom depmod asks for depmod.old.
is_runnable() { "$BATS_FILE_TMPDIR/$1/depmod.old" -V >/dev/null 2>&1; }

@test "there are three for each architecture, of that architecture, with their checksums" {
	cd "$RELEASE_DIRECTORY"
	for name in $NAMES; do
		[ "$(echo $name-0-*)" = "$(printf "$name-0-%s\n" $ARCHITECTURES | paste -sd ' ')" ]
		machines=$(for arch in $ARCHITECTURES; do readelf -h $name-0-$arch | sed -n 's/^ *Machine: *//p'; done)
		[ "$machines" = "AArch64
ARM
Intel 80386
MIPS R3000
PowerPC64
RISC-V
IBM S/390
Advanced Micro Devices X86-64" ]
	done
	sha256sum --quiet -c SHA256SUMS
	[ "$(cut -c 67- SHA256SUMS | sort)" = "$(ls | grep -e -0- | sort)" ]
	[ "$(wc -l <SHA256SUMS)" = 24 ]
}

# smaller LIMIT NAME: for the architectures that most have.
smaller() {
	local arch
	for arch in aarch64 armhf i386 riscv64 x86_64; do
		[ "$(wc -c <"$RELEASE_DIRECTORY/$2-0-$arch")" -lt "$1" ] || { wc -c "$RELEASE_DIRECTORY/$2-0-$arch"; return 1; }
	done
}

@test "depmod is below 100,000 bytes" { smaller 100000 depmod; }
@test "modprobe is below 80,000 bytes" { smaller 80000 modprobe; }
@test "depmod.old is below 100,000 bytes" { smaller 100000 depmod.old; }

@test "built once more, in another directory, with a blank in its name and another environment, each is the same" {
	copy "once more"
	ln -s "$PROJECT/tests/cache" "once more/tests/cache"
	CFLAGS=-O0 OPTIMISE=-O0 MAKEFLAGS=e CPATH=/nowhere CDPATH=/ "once more/release/build" 0
	diff "once more/build/release/SHA256SUMS" "$RELEASE_DIRECTORY/SHA256SUMS"
}

# instead_of PROGRAM SCRIPT: what is found under that name from here on.
instead_of() {
	mkdir -p instead
	printf '#!/bin/sh\n%s\n' "$2" >"instead/$1"
	chmod +x "instead/$1"
	PATH=$PWD/instead:$PATH
}

@test "when a compiler fails, there is no release" {
	copy copy
	ln -s "$PROJECT/tests/cache" copy/tests/cache
	instead_of s390x-linux-gnu-gcc 'exit 1'
	run copy/release/build 0 s390x
	[ "$status" = 1 ]
	[[ "$output" == *'release/build: s390x: cannot be built' ]]
	[ -z "$(ls copy/build/release | grep -v '^s390x$')" ]
}

@test "an architecture that there is no musl for is an error" {
	local arch
	copy copy
	mkdir copy/tests/cache
	ln -s "$PROJECT/tests/cache/musl-s390x" copy/tests/cache
	instead_of apt-get 'echo "E: nothing here"; exit 100'
	for arch in riscv64 armhf; do
		run copy/release/build 0 $arch s390x
		[ "$status" = 1 ]
		[ "$output" = "release/build: $arch: no musl-dev: E: nothing here" ]
		[ -z "$(ls copy/build/release)" ]
	done
}

# same_as_native KERNEL: modules of either byte order, plain and compressed. Where the kernel does not run the architecture's
# programs, depmod.old is asked for the map files as depmod would ask it.
same_as_native() {
	local tree version arch without
	tree=$("$PROJECT/tests/real/kernels" "$1")
	version=$(ls "$tree/lib/modules")
	"$DEPMOD" -C "$NOTHING" -b "$tree" -o native --map "$version"
	[ -s "native/lib/modules/$version/modules.dep.bin" ]
	find "$tree/lib/modules" -name '*.ko*' -print0 >paths
	"$DEPMOD_OLD" --map <paths >native-maps
	[ "$(wc -l <native-maps)" -gt 100 ]
	for arch in $ARCHITECTURES; do
		echo "on $arch:"
		if is_runnable $arch; then
			program $arch depmod -C "$NOTHING" -b "$tree" -o $arch --map "$version"
			diff -r native $arch
		else
			program $arch depmod -C "$NOTHING" -b "$tree" -o $arch "$version"
			diff -r -x 'modules.*map' native $arch
		fi
		program $arch depmod.old --map <paths | cmp - native-maps
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

@test "each loads the same, in the same order" {
	tree=$("$PROJECT/tests/real/kernels" cloud)
	version=$(ls "$tree/lib/modules")
	mkdir -p root/lib/modules
	cp -R "$tree/lib/modules/$version" root/lib/modules
	"$DEPMOD" -b root "$version"
	"$MODPROBE" -C "$NOTHING" -d root -S "$version" -D -a xfs btrfs >native
	[ "$(wc -l <native)" -gt 4 ]
	for arch in $ARCHITECTURES; do
		echo "on $arch:"
		program $arch modprobe -C "$NOTHING" -d root -S "$version" -D -a xfs btrfs | cmp - native
	done
}

@test "each does the same for a kernel of the 2.4 series" {
	local class order arch modules=root/lib/modules/2.4.20/kernel
	mkdir -p $modules
	for class in 32 64; do
		for order in little big; do
			"$PROJECT/build/mkmodule" --class $class --order $order --ksymtab a$class$order --use a64big --use none \
				$modules/m$class$order.o
		done
	done
	gzip -n $modules/m32big.o
	: >map
	"$DEPMOD" -C "$NOTHING" -b root -o native -e -F map 2.4.20 2>native.said
	grep -q 'Unresolved symbols' native.said
	for arch in $ARCHITECTURES; do
		echo "on $arch:"
		program $arch depmod.old -C "$NOTHING" -b root -o $arch -e -F map 2.4.20 2>$arch.said
		diff -r native $arch
		diff native.said $arch.said
		! is_runnable $arch || program $arch depmod -C "$NOTHING" -b root -o $arch.both -e -F map 2.4.20 2>$arch.said
		! is_runnable $arch || diff -r native $arch.both
	done
}

# What a handler of signals needs differs from system to system.
@test "Ctrl-C takes the line from the terminal of each" {
	mkdir -p root/lib/modules/6.1.0/kernel
	touch root/lib/modules/6.1.0/modules.{order,builtin,builtin.modinfo}
	for arch in $ARCHITECTURES; do
		ctrl_c "$(emulator $arch) '$BATS_FILE_TMPDIR/$arch/depmod' -C '$NOTHING' -b root -F map 6.1.0"
		[[ "$shown" =~ ^('<0 modules')+'^C<'' '+'<prompt 130<'$ ]]
	done
}
