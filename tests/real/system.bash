# A Debian of a test file's own, for tests that change one; loaded after common.
#   SYSTEM   the Debian; what one test leaves there, the next one finds
load ../said

# copy_debian [PATTERN...]: makes SYSTEM, unless it is there; without the files of those patterns.
copy_debian() {
	[ "$(id -u)" = 0 ] || skip "only root can change the root directory"
	command -v debootstrap >/dev/null || skip "there is no debootstrap"
	SYSTEM=$BATS_FILE_TMPDIR/debian
	[ ! -d "$SYSTEM" ] || return 0
	"$BATS_TEST_DIRNAME/debian" >made
	mkdir "$SYSTEM.part"
	tar -C "$(cat made)" "${@/#/--exclude=}" -cf - . | tar -C "$SYSTEM.part" -xf -
	mv "$SYSTEM.part" "$SYSTEM"
}

# inside COMMAND...: in the system. What it says is shown when the test fails.
ENVIRONMENT=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive)
inside() { chroot "$SYSTEM" "${ENVIRONMENT[@]}" "$@"; }

# inside_with_proc COMMAND...: for those that do not do without.
inside_with_proc() {
	unshare --mount true 2>/dev/null || skip "nothing may be mounted here"
	unshare --mount sh -ec 'mount -t proc proc "$0/proc"; exec chroot "$0" "$@"' "$SYSTEM" "${ENVIRONMENT[@]}" "$@"
}

# disk: makes boot/disk, whose system says that it was booted, whatever init is called.
disk() {
	rm -rf root boot
	mkdir -p root/{bin,dev,proc,sys,run} boot
	cp "$(command -v busybox)" root/bin
	printf '%s\n' '#!/bin/busybox sh' 'busybox echo booted >/dev/ttyS1' 'busybox sleep 1' 'busybox reboot -f' >root/init
	chmod +x root/init
	mkdir root/sbin
	cp root/init root/sbin/init
	truncate -s 16M boot/disk
	mke2fs -q -t ext4 -d root boot/disk
}
