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
			/sbin/modprobe -V | { read -r version; echo "$version"; }
			/sbin/modprobe -v hid-apple fnmode=2
			cat /sys/module/hid_apple/parameters/fnmode
			/sbin/modprobe -v -r hid-apple
			ls -d /sys/module/hid*
			while read -r name _; do [ "$name" != virtio_blk ] || echo "$name"; done </proc/modules
		} >/dev/ttyS1 2>/dev/null
	END
	chmod +x "$SYSTEM/report"
	cp "$SYSTEM/report" "$SYSTEM/etc/initramfs-tools/scripts/local-bottom/report"
}

# boots IMAGE: to the disk's own system, and what was reported on the way is right.
boots() {
	command -v qemu-system-x86_64 >/dev/null || skip "there is no emulator"
	[ "$(dpkg --print-architecture)" = amd64 ] || skip "the emulator is for another processor"
	disk
	"$BATS_TEST_DIRNAME/emulate" "$SYSTEM/boot/vmlinuz-$RELEASE" "$1" boot root=/dev/vda rw init=/init 
	tr -d '\r' <boot/said >said
	cat said >&2
	sed -i "s,^insmod .*/kernel/,insmod kernel/,; s/ *$//" said
	[ "$(cat said)" = "$("$MODPROBE" -V | head -n 1)
insmod kernel/drivers/hid/hid.ko
insmod kernel/drivers/hid/hid-apple.ko fnmode=2
2
rmmod hid_apple
rmmod hid
virtio_blk
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
	printf '%s\n' "${@:3}" | LC_ALL=C sort -u >wanted
	same wanted differ "what differs"
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
		--include /report /usr/lib/dracut/hooks/pre-pivot/00-report.sh "/tmp/$2" >&2 ;;
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
	contents images/bare-hook >bare
	[ -s bare ]
	if grep -E 'lib(crypto|zstd|lzma|kmod)' bare; then return 1; fi
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

# ---- a system that has no kmod ----

# without_kmod: the package in its place, and nothing of what depmod has written.
without_kmod() {
	on_debian
	if [ ! -e without_kmod ]; then
		[ -s images/initramfs-kmod ] || image mkinitramfs initramfs-kmod
		cp "$PROJECT/$(make -s --no-print-directory -C "$PROJECT" deb)" "$SYSTEM/debs/ours.deb"
		rm -r "$SYSTEM/usr/local/sbin"
		inside dpkg -i /debs/ours.deb >&2
		inside dpkg --purge kmod >&2 # without --force-depends
		[ ! -e "$SYSTEM/bin/kmod.kmod" ]
		[ "$(inside readlink -f /bin/kmod)" = "$(inside readlink -f /sbin/modprobe)" ]
		: >without_kmod
	fi
	find "$SYSTEM/lib/modules/$RELEASE" -maxdepth 1 -name 'modules.*' ! -name 'modules.builtin*' ! -name modules.order -delete
	rm -f "$SYSTEM/boot/initrd.img-$RELEASE"
}

# same_image IMAGE: as with kmod, but for its program, the links that lead there, its configuration, and the file of weak
# dependencies, which kmod 30 does not write.
same_image() {
	differs images/initramfs-kmod "$1" usr/bin/kmod usr/sbin/{modprobe,rmmod} usr/lib/modprobe.d/aliases.conf \
		"usr/lib/modules/$RELEASE/modules.weakdep" "${@:2}"
}

@test "without kmod: the kernel's package, by its own scripts: dkms, then update-initramfs" {
	without_kmod
	rm -rf "$SYSTEM/usr/src/kettle-1.0"
	cp -R "$BATS_TEST_DIRNAME/kettle" "$SYSTEM/usr/src/kettle-1.0"
	echo 'AUTOINSTALL="yes"' >>"$SYSTEM/usr/src/kettle-1.0/dkms.conf"
	inside_with_proc dkms add kettle/1.0 >&2
	inside_with_proc sh -e "/var/lib/dpkg/info/linux-image-$RELEASE.postinst" configure >&2
	grep -qx 'updates/dkms/lid.ko: updates/dkms/kettle.ko kernel/lib/libcrc32c.ko' "$SYSTEM/lib/modules/$RELEASE/modules.dep"
	[ -s "$SYSTEM/boot/initrd.img-$RELEASE" ]
	inside_with_proc dkms remove kettle/1.0 --all >&2
	run grep updates "$SYSTEM/lib/modules/$RELEASE/modules.dep"
	[ "$status" = 1 ]
}

# The system is mounted in place of the disk that RECIPES.md speaks of.
@test "a disk that no longer boots, by RECIPES.md's recipe: its initramfs is as with kmod, and boots" {
	without_kmod
	unshare --mount true 2>/dev/null || skip "nothing may be mounted here"
	awk '/^```sh/ { inside = 1; text = ""; next } /^```/ { if (inside && text ~ /update-initramfs/) printf "%s", text; inside = 0 }
		inside { text = text $0 "\n" }' "$PROJECT/RECIPES.md" >recipe
	[ "$(grep -c '^mount /dev/vda /mnt$\|^depmod -b /mnt --all-versions$' recipe)" = 2 ]
	unshare --mount bash -ec 'mount() { if [ "$1" = /dev/vda ]; then command mount --bind "$SYSTEM" "$2"; else command mount "$@"; fi }
		depmod() { "$DEPMOD" "$@"; }
		chroot() { command chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "${@:2}"; }
		SYSTEM=$1 DEPMOD=$2
		. ./recipe' - "$SYSTEM" "$DEPMOD" >&2
	inside sh -c "zstd -dc /boot/initrd.img-$RELEASE || gzip -dc /boot/initrd.img-$RELEASE" 2>/dev/null | gzip -1 >images/rescued
	same_image images/rescued
	boots images/rescued
}

@test "without kmod: dracut" {
	without_kmod
	inside depmod "$RELEASE"
	image dracut dracut-without
	[ -s images/dracut-kmod ] || skip "there is no image of kmod's to compare with"
	differs images/dracut-kmod images/dracut-without usr/bin/{kmod,lsmod} usr/sbin/{depmod,insmod,lsmod,modinfo,modprobe,rmmod} \
		usr/lib/modprobe.d/aliases.conf "usr/lib/modules/$RELEASE/modules.weakdep"
}
