# The releases for all architectures: what they are, that the same source gives the same bytes, and that each does the same
# as the native executable, by an emulator of its processor's instructions.
load common

ARCHITECTURES='aarch64 armhf i386 mips64el ppc64el s390x x86_64'

setup_file() {
	"$PROJECT/release/build" 0 >"$BATS_FILE_TMPDIR/said" 2>&1 || { cat "$BATS_FILE_TMPDIR/said" >&2; return 1; }
	cp -R "$PROJECT/build/release" "$BATS_FILE_TMPDIR"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	RELEASE_DIRECTORY=$BATS_FILE_TMPDIR/release
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
	[ "$(wc -l <SHA256SUMS)" = 7 ]
	for arch in $ARCHITECTURES; do [ "$(wc -c <depmod-0-$arch)" -lt 100000 ]; done
	machines=$(for arch in $ARCHITECTURES; do readelf -h depmod-0-$arch | sed -n 's/^ *Machine: *//p'; done)
	[ "$machines" = "AArch64
ARM
Intel 80386
MIPS R3000
PowerPC64
IBM S/390
Advanced Micro Devices X86-64" ]
}

@test "built once more, in another directory, each is the same" {
	mkdir -p "$BATS_TEST_TMPDIR/elsewhere"
	cd "$PROJECT"
	cp -R ./*.c ./*.h Makefile help release "$BATS_TEST_TMPDIR/elsewhere"
	mkdir "$BATS_TEST_TMPDIR/elsewhere/tests"
	cp tests/archive tests/check-hardening "$BATS_TEST_TMPDIR/elsewhere/tests"
	ln -s "$PWD/tests/cache" "$BATS_TEST_TMPDIR/elsewhere/tests/cache"
	cd "$BATS_TEST_TMPDIR/elsewhere"
	release/build 0
	diff build/release/SHA256SUMS "$RELEASE_DIRECTORY/SHA256SUMS"
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
