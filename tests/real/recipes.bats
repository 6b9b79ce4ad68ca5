# The recipes of RECIPES.md, from a to z; that of a disk that no longer boots is tried by images.bats.
load common
load system

# recipe WORD: the block of RECIPES.md that has the word.
recipe() {
	awk -v word="$1" '/^```sh/ { inside = 1; text = ""; next }
		/^```/ { if (inside && index(text, word)) printf "%s", text; inside = 0 }
		inside { text = text $0 "\n" }' "$PROJECT/RECIPES.md" >recipe
	[ -s recipe ]
}

# some_modules DIRECTORY: those that a disk needs, and what the kernel's package has beside them.
some_modules() {
	mkdir -p "$1/lib/modules/$RELEASE"
	(cd "$PLAIN/lib/modules/$RELEASE" && cp -R --parents kernel/drivers/virtio kernel/drivers/block kernel/lib modules.order \
		modules.builtin modules.builtin.modinfo "$BATS_TEST_TMPDIR/$1/lib/modules/$RELEASE")
}

@test "an initramfs by hand, with an init: it boots" {
	kernel cloud
	command -v qemu-system-x86_64 >/dev/null || skip "there is no emulator"
	some_modules modules
	ln -s "$PROJECT/depmod" depmod
	ln -s "$PROJECT/modprobe" modprobe
	recipe /init
	sed -i "s/6\.1\.0/$RELEASE/" recipe
	sh -e recipe
	[ -s "initramfs/lib/modules/$RELEASE/modules.dep.bin" ]
	disk
	"$BATS_TEST_DIRNAME/emulate" "$PLAIN/boot/vmlinuz-$RELEASE" initramfs.img boot
	[ "$(tr -d '\r' <boot/said)" = booted ]
}

@test "Buildroot: the target's directory" {
	kernel cloud
	some_modules target
	ln -s "$PROJECT" depmod
	recipe '"$1" PREFIX'
	mkdir bin
	ln -s "$DEPMOD" bin/depmod
	PATH=$PWD/bin:$PATH sh -e recipe "$PWD/target"
	cmp target/sbin/modprobe "$MODPROBE"
	[ "$(readlink target/sbin/modinfo)" = modprobe ]
	grep -q '^kernel/drivers/block/virtio_blk.ko:' "target/lib/modules/$RELEASE/modules.dep"
	[ "$(target/sbin/modprobe -d target -S "$RELEASE" -D virtio_blk | wc -l)" -ge 1 ]
}

@test "the root directory of any image: kmod is replaced, and what only it needed is gone" {
	local library
	[ -x /bin/kmod ] || skip "there is no kmod"
	recipe replace-kmod
	grep -qx 'packaging/hooks/replace-kmod image' recipe
	mkdir -p image/{bin,sbin,usr/local/sbin}
	cp /bin/kmod image/bin
	cp "$(command -v sleep)" image/bin
	for library in $(ldd /bin/kmod "$(command -v sleep)" | grep -o '/[^ ]*lib[^ ]*' | grep -v ':$' | sort -u); do
		cp -L --parents "$library" image
	done
	for command in modprobe rmmod lsmod depmod; do ln -s /bin/kmod image/sbin/$command; done
	find image -name 'libc.so*' | grep -q .
	find image -name 'libcrypto*' -o -name 'liblzma*' -o -name 'libzstd*' | grep -q .
	sed "s,^programs=.*,programs=$PWD/programs," "$PROJECT/packaging/hooks/replace-kmod" >replace-kmod
	run sh replace-kmod image # without programs, nothing happens
	exits 0
	says "kmod stays"
	[ -f image/bin/kmod ]
	mkdir programs
	cp "$DEPMOD" "$MODPROBE" programs
	run sh replace-kmod image
	exits 0
	says_nothing
	[ "$(cd image && find . -type l -printf '%p %l\n' | LC_ALL=C sort)" = './bin/kmod /sbin/modprobe
./sbin/lsmod /sbin/modprobe
./sbin/rmmod /sbin/modprobe' ]
	cmp image/sbin/depmod "$DEPMOD"
	cmp image/sbin/modprobe "$MODPROBE"
	find image -name 'libc.so*' | grep -q . # sleep needs it
	[ -z "$(find image -name 'libcrypto*' -o -name 'liblzma*' -o -name 'libzstd*')" ]
	run sh replace-kmod image # again
	exits 0
	says_nothing
}
