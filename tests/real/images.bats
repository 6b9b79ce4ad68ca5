# Images that are to boot a disk, made by Debian's own programs with our programs in them: by the hooks of make hooks, and on a
# system that has no kmod at all, where our package stands in for it. They are compared with what comes out with kmod, and
# booted. See tests/real/debian.
load common
load system

# on_debian: the system, its kernel's version, and our programs in /usr/local.
on_debian() {
	copy_debian
	cd "$BATS_FILE_TMPDIR"
	RELEASE=$(basename "$SYSTEM"/boot/vmlinuz-*)
	RELEASE=${RELEASE#vmlinuz-}
	[ ! -e "$SYSTEM/usr/local/sbin/modprobe" ] || return 0
	make -s -C "$PROJECT" install DESTDIR="$SYSTEM" >&2
	mkdir -p images
	ask_for_a_report
}

# ask_for_a_report: what is to be said before the disk's own system takes over, on the second serial line: by scripts that
# initramfs-tools and dracut put into their images.
ask_for_a_report() {
	cat >"$SYSTEM/report" <<-'END'
		#!/bin/sh
		[ "$1" != prereqs ] || exit 0
		{
			/sbin/modprobe -V | head -n 1
			/sbin/modprobe -v dummy numdummies=3
			ls -d /sys/class/net/dummy2
			/sbin/modprobe -r dummy
			ls -d /sys/class/net/dummy2 /sys/module/dummy
			grep -c '^virtio_blk ' /proc/modules
		} >/dev/ttyS1 2>/dev/null
	END
	chmod +x "$SYSTEM/report"
	cp "$SYSTEM/report" "$SYSTEM/etc/initramfs-tools/scripts/local-bottom/report"
}

# disk: what the image is to find and to start.
disk() {
	rm -rf root boot
	mkdir -p root/{bin,dev,proc,sys,run} boot
	cp "$(command -v busybox)" root/bin
	printf '%s\n' '#!/bin/busybox sh' 'busybox echo booted >/dev/ttyS1' 'busybox sleep 1' 'busybox reboot -f' >root/init
	chmod +x root/init
	truncate -s 16M boot/disk
	mke2fs -q -t ext4 -d root boot/disk
}

# boots IMAGE: to the disk's own system, and what was reported on the way is right.
boots() {
	command -v qemu-system-x86_64 >/dev/null || skip "there is no emulator"
	[ "$(dpkg --print-architecture)" = amd64 ] || skip "the emulator is for another processor"
	disk
	"$BATS_TEST_DIRNAME/emulate" "$SYSTEM/boot/vmlinuz-$RELEASE" "$1" boot root=/dev/vda rw init=/init net.ifnames=0
	tr -d '\r' <boot/said >said
	cat said >&2
	sed -i "s,^insmod .*/kernel/,insmod kernel/," said
	[ "$(cat said)" = "$("$MODPROBE" -V | head -n 1)
insmod kernel/drivers/net/dummy.ko numdummies=3
/sys/class/net/dummy2
1
booted" ]
}

# contents IMAGE: the files that it holds, with their sizes; modules' indexes by their names alone, and no dates.
contents() {
	gzip -dc "$1" | cpio -tv --quiet 2>/dev/null | awk '/^[-dl]/ {
		size = $1 ~ /^-/ && $9 !~ /modules\.|ld.so.cache|modules.txt/ ? $5 : ""
		print $1, size, $9, $10, $11 }' | sed 's/ *$//' | LC_ALL=C sort -k 3
}

# differs IMAGE OTHER PATTERN...: what OTHER has not, or has otherwise, is what a pattern (of names) says, all of it.
differs() {
	contents "$1" >contents
	contents "$2" >other
	at_least 400 contents
	diff contents other | sed -n 's/^[<>] [^ ]* *[0-9]* *\([^ ]*\).*/\1/p' | LC_ALL=C sort -u >differ
	same <(printf '%s\n' "${@:3}" | LC_ALL=C sort -u) differ "what differs"
}

# size IMAGE: unpacked, and as it is.
size() { echo "$(gzip -dc "$1" | wc -c) $(wc -c <"$1")"; }

# smaller IMAGE OTHER: unpacked. Both sizes are told.
smaller() {
	local sizes
	sizes="$(size "$1") $(size "$2")"
	set -- $sizes
	echo "# unpacked $1 and $3 bytes, compressed $2 and $4" >&3
	[ "$1" -lt "$3" ]
}

# image MAKER NAME: by mkinitramfs or dracut.
image() {
	case $1 in
	mkinitramfs) inside mkinitramfs -c gzip -o "/tmp/$2" "$RELEASE" >&2 ;;
	dracut) inside_with_proc dracut --force --no-hostonly --gzip --kver "$RELEASE" --quiet \
		--include /report /usr/lib/dracut/hooks/pre-pivot/report.sh "/tmp/$2" >&2 ;;
	esac
	cp "$SYSTEM/tmp/$2" "images/$2"
}

# with_hooks COMMAND...
with_hooks() {
	make -s -C "$PROJECT" hooks DESTDIR="$SYSTEM" >&2
	"$@"
	rm -r "$SYSTEM"/{etc/initramfs-tools/hooks/depmod,usr/lib/dracut/modules.d/99depmod}
}

@test "initramfs-tools, with the hook: ours in place of kmod, which is smaller, and boots" {
	on_debian
	image mkinitramfs initramfs-kmod
	with_hooks image mkinitramfs initramfs-hook
	differs images/initramfs-kmod images/initramfs-hook usr/bin/kmod usr/sbin/{modprobe,rmmod}
	smaller images/initramfs-hook images/initramfs-kmod
	boots images/initramfs-hook
}

@test "initramfs-tools without udev, with the hook: kmod's libraries stay out, too" {
	on_debian
	mv "$SYSTEM/usr/share/initramfs-tools/hooks/udev" "$BATS_TEST_TMPDIR"
	image mkinitramfs bare-kmod
	with_hooks image mkinitramfs bare-hook
	mv "$BATS_TEST_TMPDIR/udev" "$SYSTEM/usr/share/initramfs-tools/hooks"
	contents images/bare-kmod | grep -q libcrypto
	run -1 grep -E 'lib(crypto|zstd|lzma|kmod)' <(contents images/bare-hook)
	smaller images/bare-hook images/bare-kmod
	[ $(($(gzip -dc images/bare-kmod | wc -c) - $(gzip -dc images/bare-hook | wc -c))) -gt 5000000 ]
}

@test "dracut, with the module: ours in place of kmod, and boots" {
	on_debian
	image dracut dracut-kmod
	with_hooks image dracut dracut-hook
	differs images/dracut-kmod images/dracut-hook usr/bin/{kmod,lsmod} usr/sbin/{depmod,insmod,lsmod,modinfo,modprobe,rmmod}
	smaller images/dracut-hook images/dracut-kmod
	boots images/dracut-hook
}
