# Programs that call depmod, or read what it writes: each with kmod's depmod, and with ours in its place, on a Debian made
# for it by tests/real/debian. What comes of it is the same.
load common

# on_debian CALLER LINES: calls CALLER once with each depmod in place. What it prints is the same, and at least so many
# LINES; there are
#   SYSTEM   the Debian; whatever CALLER leaves there, the next one finds
#   RELEASE  the version of its kernel
#   TREE     where its modules are
on_debian() {
	[ "$(id -u)" = 0 ] || skip "only root can change the root directory"
	command -v debootstrap >/dev/null || skip "there is no debootstrap"
	SYSTEM=$BATS_FILE_TMPDIR/debian
	[ -d "$SYSTEM" ] || make_system
	RELEASE=$(basename "$SYSTEM"/boot/vmlinuz-*)
	RELEASE=${RELEASE#vmlinuz-}
	TREE=$SYSTEM/lib/modules/$RELEASE
	for PROGRAM in kmod ours; do
		put_in_place
		"$1" >"$PROGRAM"
	done
	at_least "$2" kmod
	same kmod ours "what comes of it"
}

# make_system: with the two programs in /programs, and in place of the system's depmod a script that writes down how it
# was called.
make_system() {
	"$BATS_TEST_DIRNAME/debian" >made
	cp -a "$(cat made)" "$SYSTEM.part"
	mkdir -p "$SYSTEM.part/programs/kmod" "$SYSTEM.part/programs/ours"
	ln -s /bin/kmod "$SYSTEM.part/programs/kmod/depmod"
	cp "$DEPMOD" "$SYSTEM.part/programs/ours/depmod"
	rm "$SYSTEM.part/sbin/depmod"
	printf '%s\n' '#!/bin/sh' 'echo "$*" >>/calls' 'exec /programs/current/depmod "$@"' >"$SYSTEM.part/sbin/depmod"
	chmod +x "$SYSTEM.part/sbin/depmod"
	mv "$SYSTEM.part" "$SYSTEM"
}

# put_in_place: PROGRAM's depmod, with nothing left of what another one wrote.
put_in_place() {
	echo "with the depmod of $PROGRAM:" # bats shows it when something fails
	ln -sfn "$PROGRAM" "$SYSTEM/programs/current"
	forget_calls
	find "$TREE/" -maxdepth 1 -name 'modules.*' ! -name modules.builtin ! -name modules.builtin.modinfo \
		! -name modules.order -delete
}

forget_calls() { : >"$SYSTEM/calls"; }

# called PATTERN...: depmod was, since put_in_place or the last time we asked; a pattern for the arguments of each call.
called() {
	local actual
	actual=$(cat "$SYSTEM/calls")
	[[ $actual == $(printf '%s\n' "$@") ]] || {
		printf 'depmod was called:\n%s\nexpected:\n%s\n' "$actual" "$(printf '%s\n' "$@")" >&2
		return 1
	}
	forget_calls
}

# inside COMMAND...: in the system. What it says is shown when the test fails.
ENVIRONMENT=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C)
inside() { chroot "$SYSTEM" "${ENVIRONMENT[@]}" "$@"; }

# inside_with_proc COMMAND...: for those that do not do without.
inside_with_proc() {
	unshare --mount true 2>/dev/null || skip "nothing may be mounted here"
	unshare --mount sh -ec 'mount -t proc proc "$0/proc"; exec chroot "$0" "$@"' "$SYSTEM" "${ENVIRONMENT[@]}" "$@"
}

# ---- what is compared ----

# entries FILE: of a binary index. kmod 34 and later write nodes in pre-order, as we do; before that in post-order.
entries() {
	"$BATS_TEST_DIRNAME/index-dump" "$1" >entries 2>not_in_pre_order ||
		"$BATS_TEST_DIRNAME/index-dump" --post-order "$1" >entries
	cat entries
}

# knows_weakdep: weak dependencies are newer than kmod 30.
knows_weakdep() { grep -q weakdep "$SYSTEM/bin/kmod"; }

# meaning DIRECTORY: what depmod's files there say. kmod writes symbols in the order of its hash table.
meaning() {
	local name weakdep=
	! knows_weakdep || weakdep=weakdep
	for name in dep alias softdep devname $weakdep; do
		sed "s/^/modules.$name: /" "$1/modules.$name"
	done
	sed 's/^/modules.symbols: /' "$1/modules.symbols" | sort
	for name in dep alias symbols builtin builtin.alias; do
		entries "$1/modules.$name.bin" | sed "s/^/modules.$name.bin: /"
	done
}

# in_any_order: that without the order of modules, and the priorities of entries that go with it. Modules that
# modules.order does not list stand in no order with kmod, so that two of them may change places.
in_any_order() { sed -E 's/^(modules.*bin: [^\t]*\t)[0-9]*\t/\1/' | sort; }

# contents IMAGE: all that an initramfs holds; modules' files by what they mean. It is unpacked into a directory `root`.
contents() {
	local inner=usr/lib/modules/$RELEASE
	rm -rf root
	mkdir root
	(cd root && cpio -i --quiet) <"$1"
	[ -d "root/$inner" ] || inner=lib/modules/$RELEASE
	cd root
	find . ! -name modules.weakdep -printf '%y %m %p %l\n' | sort
	find . -type f ! -path "./$inner/modules.*" -print0 | sort -z | xargs -0 cksum
	(cd "$inner" && cksum modules.order modules.builtin modules.builtin.modinfo)
	cd ..
	meaning "root/$inner"
}

# ---- those that call it ----

kernel_package() {
	rm -rf "$SYSTEM/etc/kernel/postinst.d" # these are tried one by one
	inside sh "/var/lib/dpkg/info/linux-image-$RELEASE.postinst" configure >&2
	called "$RELEASE"
	meaning "$TREE"
}

@test "the package of a kernel, when it is installed" { on_debian kernel_package 10000; }

kernel_install() {
	inside KERNEL_INSTALL_VERBOSE=1 /usr/lib/kernel/install.d/50-depmod.install add "$RELEASE" >&2
	called "-a $RELEASE"
	meaning "$TREE"
}

@test "systemd's kernel-install" { on_debian kernel_install 10000; }

# copy_kettle: the sources of modules that are not the kernel's own.
copy_kettle() {
	rm -rf "$SYSTEM/usr/src/kettle-1.0"
	cp -R "$BATS_TEST_DIRNAME/kettle" "$SYSTEM/usr/src/kettle-1.0"
}

# The headers lack the map of symbols without which scripts/depmod.sh does nothing; this one has gaps.
modules_install() {
	local headers=$SYSTEM/usr/src/linux-headers-$RELEASE target=$SYSTEM/target/lib/modules/$RELEASE
	copy_kettle
	awk '$3 == "vmlinux" { print "ffffffff81000000 r __ksymtab_" $2 }' "$headers/Module.symvers" |
		sed 0~50d >"$headers/System.map"
	rm -rf "$SYSTEM/target"
	mkdir -p "$target"
	cp -al "$TREE"/{kernel,modules.order,modules.builtin,modules.builtin.modinfo} "$target"
	inside make -C "/usr/src/linux-headers-$RELEASE" M=/usr/src/kettle-1.0 INSTALL_MOD_PATH=/target \
		modules modules_install >make.said 2>&1
	called "-b */depmod.* $RELEASE" "-ae -F System.map -b /target $RELEASE"
	meaning "$target" >meaning
	grep -q '^modules.dep: extra/lid.ko: .*extra/kettle.ko' meaning
	in_any_order <meaning
	grep '^depmod: ' make.said | sort >symbols
	at_least 100 symbols
	cat symbols
}

@test "make modules_install, with the kernel's scripts/depmod.sh" { on_debian modules_install 10000; }

initramfs_tools() {
	inside mkinitramfs -c gzip -o /tmp/initramfs "$RELEASE" >&2
	called "$RELEASE" "-a -b /var/tmp/mkinitramfs_* $RELEASE"
	gzip -d <"$SYSTEM/tmp/initramfs" >initramfs
	contents initramfs
}

@test "initramfs-tools' mkinitramfs" { on_debian initramfs_tools 3000; }

dracut() {
	inside depmod "$RELEASE"
	called "$RELEASE"
	inside_with_proc dracut --force --no-hostonly --no-compress --kver "$RELEASE" --quiet /tmp/dracut >&2
	called "-a -b /var/tmp/dracut.*/initramfs $RELEASE"
	contents "$SYSTEM/tmp/dracut"
}

@test "dracut" { on_debian dracut 3000; }

dkms() {
	copy_kettle
	inside_with_proc dkms install kettle/1.0 -k "$RELEASE" >&2
	called "-a $RELEASE -F /boot/System.map-$RELEASE"
	meaning "$TREE" >installed
	grep -qx 'modules.dep: updates/dkms/lid.ko: updates/dkms/kettle.ko kernel/lib/libcrc32c.ko' installed
	grep -qx 'modules.dep: updates/dkms/dummy.ko:' installed # in place of the kernel's
	[ "$(grep -c '^modules.dep: .*/dummy.ko:' installed)" = 1 ]
	inside_with_proc dkms remove kettle/1.0 --all >&2
	called "-a $RELEASE -F /boot/System.map-$RELEASE"
	in_any_order <installed
	meaning "$TREE"
}

@test "dkms, installing and removing modules" { on_debian dkms 20000; }

# ---- those that read what it writes ----

# as_running: the system's modules are those of the kernel that runs, for programs that know no other way.
as_running() {
	inside depmod "$RELEASE"
	called "$RELEASE"
	ln -sfn "$RELEASE" "$SYSTEM/lib/modules/$(uname -r)"
}

# Names, aliases, symbols; it reads the text files only. Each is asked for in a process of its own.
busybox() {
	as_running
	{
		sed 's/:.*//; s,.*/,,; s/\.ko.*//' "$TREE/modules.dep"
		awk 'NR % 8 == 0 && $1 == "alias" { print $2 }' "$TREE/modules.alias" | sed 's/\[\(.\)[^]]*\]/\1/g; s/[*?]/0/g'
		sort "$TREE/modules.symbols" | awk 'NR % 20 == 0 { print $2 }'
	} >"$SYSTEM/asked"
	inside busybox modprobe -l
	inside busybox sh -c 'while read -r name; do echo "$name:"; busybox modprobe -D "$name"; done <asked 2>&1'
}

@test "BusyBox's modprobe" { on_debian busybox 3000; }

# The nodes in /dev that a kernel's modules want before they are loaded.
static_nodes() {
	local format
	as_running
	for format in human devname tmpfiles; do
		inside kmod static-nodes --format=$format --output=/run/static-nodes.conf
		cat "$SYSTEM/run/static-nodes.conf"
	done
	rm -rf "$SYSTEM/nodes"
	mkdir "$SYSTEM/nodes"
	inside_with_proc systemd-tmpfiles --root=/nodes --create --boot /run/static-nodes.conf
	inside find /nodes/dev -printf '%y %m %p\n' | sort >nodes
	inside stat -c '%n %t:%T' /nodes/dev/net/tun >tun
	grep -qx '/nodes/dev/net/tun a:c8' tun
	cat nodes
}

@test "kmod static-nodes and systemd-tmpfiles" { on_debian static_nodes 30; }

# Both ways in which libkmod reads indexes: a file at a time, and all of them in memory.
libkmod() {
	local way
	gcc -Wall -Wextra "$BATS_TEST_DIRNAME/lookup.c" -lkmod -o lookup
	ours_with_modules
	all_aliases >aliases
	at_least 3000 aliases
	for way in FILE MEMORY; do
		./lookup "$KMOD/lib/modules/$RELEASE" $way <aliases | relative | has_form >expected
		at_least 10000 expected
		./lookup "$OURS/lib/modules/$RELEASE" $way <aliases | relative >actual
		same expected actual "what libkmod finds"
	done
}

@test "cloud: libkmod finds the same for each alias" { on cloud libkmod; }
@test "s390x: libkmod finds the same for each alias" { on s390x libkmod; }
