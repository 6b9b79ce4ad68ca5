# Taking over a Debian from kmod, and giving it back: make divert and undivert, make uninstall, and the package of make deb,
# with the real dpkg and apt-get, in a Debian of their own (see tests/real/debian).
load common
load system

# on_debian: the system, with kmod as the archive has it, our sources in /project, and a list of all files in `before`.
on_debian() {
	copy_debian ./usr/src ./lib/modules ./usr/lib/modules
	cd "$BATS_FILE_TMPDIR"
	if [ ! -e before ]; then
		mkdir "$SYSTEM/project"
		cp -a "$PROJECT"/{Makefile,about.c,packaging,release,completions,man,help,depmod,depmod.old,modprobe} "$SYSTEM/project"
		mkdir "$SYSTEM/project/tests"
		cp "$PROJECT/tests/Makefile" "$SYSTEM/project/tests"
		reinstall kmod bash-completion
		everything >before
		[ "$(wc -l <before)" -gt 5000 ]
	fi
}

# everything: each file of the system, and what is in it, but for what dpkg and apt keep for themselves.
everything() {
	(cd "$SYSTEM" && find . -regex '\./\(var\|tmp\|debs\|project\|etc/ld.so.cache\)' -prune -o ! -type d -printf '%y %m %U:%G %s %p %l\n' && find usr etc var/lib/dpkg/info/kmod.* var/lib/dpkg/info/bash-completion.* \
		-type f ! -name ld.so.cache -exec cksum {} +) |
		LC_ALL=C sort
	inside dpkg-divert --list | LC_ALL=C sort
}

all_as_before() {
	everything >after
	same before after "the system"
}

# as_before_removed: what a package leaves that is removed and not purged is its configuration.
as_before_removed() {
	everything | grep -v 'etc/init\.d/depmod\|etc/rcS\.d/S..depmod' >after
	[ -e "$SYSTEM/etc/init.d/depmod" ]
	same before after "the system"
}

# make_in ARGUMENT...: make, in the system, of what is built already.
make_in() { run inside make -s -C /project -o all "$@"; }

# reinstall PACKAGE...: as apt-get install --reinstall does, from the files in /debs.
reinstall() {
	for package; do
		inside sh -c "apt-get install -q -y --reinstall --allow-downgrades /debs/${package}_*.deb" >&2
	done
}

# newer DEB VERSION: a package that differs in its version alone.
newer() {
	local file=newer_${2}_amd64.deb
	inside sh -ec "rm -rf /tmp/newer; dpkg-deb -R $1 /tmp/newer
		sed -i 's/^Version: .*/Version: $2/' /tmp/newer/DEBIAN/control; dpkg-deb -b /tmp/newer /debs/$file" >&2
	echo "/debs/$file"
}

# is_ours: every command, by each of its names.
is_ours() {
	local command
	for command in depmod modprobe; do
		cmp "$SYSTEM/sbin/$command" "$PROJECT/$([ $command = depmod ] || echo $command/)$command"
		[ ! -L "$SYSTEM/sbin/$command" ]
	done
	for command in sbin/modinfo sbin/insmod sbin/rmmod sbin/lsmod bin/lsmod bin/kmod; do
		[ "$(basename "$(readlink "$SYSTEM/$command")")" = modprobe ]
		inside test "/$command" -ef /sbin/modprobe
	done
	[ "$(inside modprobe -V | head -n 1)" = "$("$MODPROBE" -V | head -n 1)" ]
}

@test "make divert takes all commands over, for good; make undivert gives all back" {
	on_debian
	make_in divert
	exits 0
	says_nothing
	is_ours
	everything >taken
	make_in divert # again
	exits 0
	everything | cmp - taken
	reinstall kmod
	is_ours
	everything | cmp - taken
	inside apt-get install -q -y "$(newer '/debs/kmod_*.deb' 99)" >&2
	is_ours
	reinstall kmod # the old one
	is_ours
	make_in undivert
	exits 0
	says_nothing
	all_as_before
	make_in undivert
	exits 0
	all_as_before
}

# dying_at COUNT COMMAND...: ends it before the program that it calls as the COUNTth of those that change something.
dying_at() {
	local program
	rm -rf "$SYSTEM/dying"
	mkdir "$SYSTEM/dying"
	for program in dpkg-divert mv cp ln install rm; do
		printf '%s\n' '#!/bin/sh' 'echo >>/dying/calls' "[ \$(wc -l </dying/calls) != $1 ] || { touch /dying/died; kill -9 \$PPID; exit; }" \
			"exec /usr/bin/$program \"\$@\"" >"$SYSTEM/dying/$program"
		chmod +x "$SYSTEM/dying/$program"
	done
	shift
	run inside env PATH="/dying:/usr/sbin:/usr/bin:/sbin:/bin" "$@"
}

@test "make divert and make undivert may be interrupted anywhere" {
	on_debian
	local add=(env 'LINKS=modinfo insmod rmmod lsmod kmod' packaging/divert add depmod modprobe/modprobe depmod.old)
	local remove=("${add[@]::3}" remove) count turns=0
	set -- sh -c 'cd /project && exec "$@"' -
	for ((count = 3; ; count += 17)); do
		dying_at $count "$@" "${add[@]}"
		[ -e "$SYSTEM/dying/died" ] || break
		inside modprobe -V >&2
		if ((count % 2)); then
			run inside "$@" "${add[@]}"
			exits 0
			is_ours
		fi
		dying_at $count "$@" "${remove[@]}"
		inside modprobe -V >&2
		if ((count % 3)); then
			run inside "$@" "${add[@]}"
			exits 0
			is_ours
		fi
		run inside "$@" "${remove[@]}"
		exits 0
		rm -rf "$SYSTEM/dying"
		all_as_before
		turns=$((turns + 1))
	done
	[ $turns -ge 5 ]
	run inside "$@" "${remove[@]}"
	rm -rf "$SYSTEM/dying"
	all_as_before
}

@test "no system is left without modprobe" {
	on_debian
	make_in install SBINDIR=/sbin
	exits 2
	says "belongs to the package kmod"
	all_as_before
	make_in divert
	make_in uninstall SBINDIR=/sbin # what was diverted comes back
	exits 0
	all_as_before
	make_in divert
	inside dpkg --force-depends --remove kmod >&2
	make_in undivert
	exits 2
	says "without us there would be no modprobe"
	is_ours
	make_in uninstall SBINDIR=/sbin
	exits 2
	is_ours
	inside sh -c 'dpkg -i /debs/kmod_*.deb' >&2
	is_ours
	make_in undivert
	exits 0
	all_as_before
	rm -rf "$SYSTEM/opt"
	make_in install SBINDIR=/opt PREFIX=/opt/x
	exits 0
	inside dpkg --force-depends --remove kmod >&2
	make_in uninstall SBINDIR=/opt PREFIX=/opt/x
	exits 2
	says "/opt/modprobe is the only one here"
	[ -e "$SYSTEM/opt/modprobe" ]
	inside sh -c 'dpkg -i /debs/kmod_*.deb' >&2
	make_in uninstall SBINDIR=/opt PREFIX=/opt/x
	exits 0
	rm -rf "$SYSTEM/opt"
	mkdir "$SYSTEM/opt"
	all_as_before
}

# read_only COMMAND...: in the system, which cannot be written to.
read_only() {
	unshare --mount true 2>/dev/null || skip "nothing may be mounted here"
	run unshare --mount sh -ec 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; cd "$0"; exec chroot . "$@"' \
		"$SYSTEM" "${ENVIRONMENT[@]}" "$@"
}

@test "make divert, undivert and uninstall: what cannot be done changes nothing" {
	on_debian
	local make=(make -s -C /project -o all) goal
	for goal in divert undivert; do
		make_in $goal DESTDIR=/mnt
		exits 2
		says "no DESTDIR"
		all_as_before
	done
	make_in install DESTDIR=/ SBINDIR=/sbin # which is no other directory
	exits 2
	says "belongs to the package kmod"
	all_as_before
	cp "$SYSTEM/project/modprobe/modprobe" modprobe
	printf '\177ELF' >"$SYSTEM/project/modprobe/modprobe" # of another processor, say
	make_in divert
	exits 2
	says "modprobe/modprobe is no program that runs here"
	cp modprobe "$SYSTEM/project/modprobe/modprobe"
	all_as_before
	run chroot --userspec=65534:65534 "$SYSTEM" "${ENVIRONMENT[@]}" "${make[@]}" divert
	exits 2
	says "this is work for root"
	all_as_before
	read_only "${make[@]}" divert
	exits 2
	says "Read-only file system"
	all_as_before
	make_in divert
	everything >taken
	read_only "${make[@]}" divert # all is in place
	exits 0
	says_nothing
	for goal in undivert 'uninstall SBINDIR=/sbin' 'uninstall SBINDIR=/sbin DESTDIR=/'; do
		read_only "${make[@]}" $goal
		exits 2
		says "Read-only file system"
		everything | cmp - taken
	done
	inside dpkg --force-depends --remove kmod >&2
	make_in uninstall SBINDIR=/sbin DESTDIR=/
	exits 2
	says "without us there would be no modprobe"
	is_ours
	inside sh -c 'dpkg -i /debs/kmod_*.deb' >&2
	make_in undivert
	exits 0
	all_as_before
}

# package: ours, made here and put into the system.
package() {
	command -v dpkg-deb >/dev/null || skip "this is no Debian"
	make -s --no-print-directory -C "$PROJECT" deb | sed "s,^,$PROJECT/," >packages
	cp "$(cat packages)" "$SYSTEM/debs"
	DEB=/debs/$(basename "$(cat packages)")
}

# is_installed: all of ours, documents and completions, too.
is_installed() {
	is_ours
	inside dpkg --verify depmod
	[ -z "$(inside dpkg --verify depmod)" ]
	gzip -dc "$SYSTEM/usr/share/man/man8/modprobe.8.gz" | grep -q "^.Os depmod"
	cmp "$SYSTEM/usr/share/bash-completion/completions/modprobe" "$PROJECT/completions/depmod.bash"
	cmp "$SYSTEM/usr/share/zsh/vendor-completions/_depmod" "$PROJECT/completions/_depmod"
	cmp "$SYSTEM/lib/modprobe.d/aliases.conf" "$PROJECT/packaging/aliases.conf"
	cmp "$SYSTEM/etc/init.d/depmod" "$PROJECT/packaging/load-modules"
	[ "$(readlink "$SYSTEM"/etc/rcS.d/S??depmod)" = ../init.d/depmod ]
	[ -f "$SYSTEM/etc/modules" ]
}

@test "the package: installed, kmod installed again and upgraded, upgraded, removed, purged" {
	on_debian
	package
	inside apt-get install -q -y "$DEB" >&2
	is_installed
	reinstall kmod bash-completion
	is_installed
	inside apt-get install -q -y "$(newer '/debs/kmod_*.deb' 99)" >&2
	is_installed
	reinstall kmod
	inside apt-get install -q -y "$(newer "$DEB" 99)" >&2
	is_installed
	inside apt-get remove -q -y depmod >&2
	as_before_removed
	inside apt-get install -q -y "$DEB" >&2
	is_installed
	inside apt-get purge -q -y depmod >&2
	all_as_before
}

@test "the package stands in for kmod, and lets it come back" {
	on_debian
	package
	inside apt-get install -q -y "$DEB" >&2
	inside apt-get remove -q -y kmod >&2 # nothing that needs kmod goes with it
	is_installed
	inside dpkg-query -W -f '${db:Status-Status}\n' initramfs-tools dracut-core dkms "linux-image-cloud-*" | sort | uniq -c >&2
	[ "$(inside dpkg-query -W -f '${db:Status-Status}\n' initramfs-tools dracut-core dkms | sort -u)" = installed ]
	[ ! -e "$SYSTEM/bin/kmod.kmod" ]
	[ ! -e "$SYSTEM/sbin/modprobe.kmod" ]
	run inside apt-get remove -s -q -y depmod
	says "dkms" # what needs it, or kmod, would have to go, or kmod to come
	reinstall kmod
	is_installed
	inside apt-get purge -q -y depmod >&2
	all_as_before
}

# watched COMMAND...: in the system, which is looked at all the time: whether a command of kmod's is missing. Each change of a name
# takes five milliseconds more, so that nothing is overlooked. What was missing is in $SYSTEM/missing.
watched() {
	local watcher calls=unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat
	rm -f "$SYSTEM/stop" "$SYSTEM/missing"
	: >"$SYSTEM/missing"
	inside sh -c 'while [ ! -e /stop ]; do
		for command in /sbin/depmod /sbin/modprobe /sbin/modinfo /sbin/insmod /sbin/rmmod /sbin/lsmod /bin/lsmod /bin/kmod; do
			[ -x $command ] || echo $command >>/missing
		done; done' 3>&- &
	watcher=$!
	run strace -f --seccomp-bpf -qq -o trace -e trace=$calls -e inject=$calls:delay_exit=5000 \
		chroot "$SYSTEM" "${ENVIRONMENT[@]}" "$@"
	: >"$SYSTEM/stop"
	wait $watcher
	sort "$SYSTEM/missing" | uniq -c | tee missing
	grep -q DELAYED trace
	rm "$SYSTEM/stop" "$SYSTEM/missing"
}

@test "make divert, make undivert, the package: at no moment is a command missing" {
	on_debian
	package
	strace -e trace=none true 2>/dev/null || skip "nothing can be traced here"
	for goal in divert undivert; do
		watched make -s -C /project -o all $goal
		exits 0
		[ ! -s missing ]
	done
	all_as_before
	watched dpkg -i "$DEB"
	exits 0
	[ ! -s missing ]
	is_installed
	watched dpkg -i "$DEB" # again
	exits 0
	[ ! -s missing ]
	watched dpkg -r depmod
	exits 0
	[ ! -s missing ]
	as_before_removed
	inside dpkg -i "$DEB" >&2
	inside dpkg -r kmod >&2
	watched sh -c 'apt-get install -q -y /debs/kmod_*.deb depmod-' # kmod replaces it
	exits 0
	[ ! -s missing ]
	as_before_removed
	inside dpkg --purge depmod >&2
	all_as_before
	watched dpkg --force-depends --remove kmod # a missing command is seen
	grep -q modprobe missing
	inside sh -c 'dpkg -i /debs/kmod_*.deb' >&2
	all_as_before
}

@test "the package: its removal may be interrupted anywhere" {
	on_debian
	package
	local count turns=0
	for ((count = 1; ; count += 89)); do
		inside dpkg -i "$DEB" >&2
		is_installed
		dying_at $count dpkg -r depmod
		[ -e "$SYSTEM/dying/died" ] || break
		inside modprobe -V >&2
		rm -rf "$SYSTEM/dying"
		[ "$(inside dpkg-query -W -f '${db:Status-Status}' depmod)" != installed ] || is_installed # dpkg gave up
		if ((count % 2)); then
			inside dpkg -i "$DEB" >&2
			is_installed
		fi
		inside dpkg -r depmod >&2
		as_before_removed
		turns=$((turns + 1))
	done
	[ $turns -ge 5 ]
	rm -rf "$SYSTEM/dying"
	inside dpkg --purge depmod >&2
	all_as_before
}

@test "the package: modules at boot, without systemd" {
	on_debian
	package
	inside dpkg -i "$DEB" >&2
	mkdir -p "$SYSTEM/run/modules-load.d" "$SYSTEM/recorder"
	printf '%s\n' '#!/bin/sh' 'printf "%s\n" "$*"' 'cat' '[ "$1" != fails ]' >"$SYSTEM/recorder/modprobe"
	chmod +x "$SYSTEM/recorder/modprobe"
	sed 's,^PATH=,&/recorder:,' "$SYSTEM/etc/init.d/depmod" >"$SYSTEM/recorder/script"
	chmod +x "$SYSTEM/recorder/script"
	cp -a "$SYSTEM/etc/modules" modules
	printf 'one\n# two\n\nfails\n three  a=[1-9]*  b="x y"\nlast' >"$SYSTEM/etc/modules"
	echo hidden >"$SYSTEM/usr/lib/modules-load.d/x.conf"
	echo ';comment' >"$SYSTEM/etc/modules-load.d/x.conf"
	echo hidden >"$SYSTEM/usr/lib/modules-load.d/y.conf"
	ln -s /dev/null "$SYSTEM/run/modules-load.d/y.conf"
	echo z1 >"$SYSTEM/usr/lib/modules-load.d/z.conf"
	run inside /recorder/script start
	says_nothing # the kernel has no modules here
	touch "$SYSTEM/proc/modules"
	run inside /recorder/script start
	exits 0
	says_nothing # kmod's does it
	chmod -x "$SYSTEM/etc/init.d/kmod"
	rm "$SYSTEM/etc/modules-load.d/modules.conf" # a link to /etc/modules, which is read in any case
	run inside /recorder/script start
	exits 0
	[ "$output" = 'z1
one
fails
three a=[1-9]* b="x y"
last' ]
	run inside /recorder/script stop
	exits 0
	says_nothing
	run inside /recorder/script
	exits 2
	chmod +x "$SYSTEM/etc/init.d/kmod"
	ln -s ../modules "$SYSTEM/etc/modules-load.d/modules.conf"
	rm -r "$SYSTEM/proc/modules" "$SYSTEM/run/modules-load.d" "$SYSTEM/etc/modules-load.d/x.conf" "$SYSTEM"/usr/lib/modules-load.d/[xyz].conf
	cp -a modules "$SYSTEM/etc/modules"
	rm -r "$SYSTEM/recorder"
	inside dpkg --purge depmod >&2
	all_as_before
}

@test "the package: /etc/modules comes and goes with it, where there is no kmod" {
	on_debian
	package
	inside dpkg --force-depends --purge kmod >&2
	[ ! -e "$SYSTEM/etc/modules" ]
	inside dpkg -i "$DEB" >&2
	is_installed
	echo loop >>"$SYSTEM/etc/modules"
	inside dpkg -i "$DEB" >&2
	grep -qx loop "$SYSTEM/etc/modules"
	inside dpkg --force-depends -r depmod >&2
	[ -e "$SYSTEM/etc/modules" ]
	inside dpkg --force-depends --purge depmod >&2
	[ ! -e "$SYSTEM/etc/modules" ]
	inside sh -c 'dpkg -i /debs/kmod_*.deb' >&2
	all_as_before
}

@test "the package and make divert do not get into each other's way" {
	on_debian
	package
	make_in divert
	run inside apt-get install -q -y "$DEB"
	exits 100
	says "is diverted already"
	is_ours
	make_in undivert
	exits 0
	inside dpkg --force-all --purge depmod >&2 || true
	all_as_before
	inside apt-get install -q -y "$DEB" >&2
	make_in divert
	exits 2
	says "on behalf of depmod"
	make_in undivert
	exits 2
	is_installed
	inside apt-get purge -q -y depmod >&2
	all_as_before
}

@test "the package: lintian has nothing to say" {
	command -v lintian >/dev/null || skip "there is no lintian"
	command -v dpkg-deb >/dev/null || skip "this is no Debian"
	make -s --no-print-directory -C "$PROJECT" deb | sed "s,^,$PROJECT/," >packages
	run lintian --allow-root "$(cat packages)"
	exits 0
	says_nothing
}

@test "the package: the same bytes, whenever it is made" {
	command -v dpkg-deb >/dev/null || skip "this is no Debian"
	for turn in 1 2; do
		(umask 0$((turn * 22)) && make -s --no-print-directory -C "$PROJECT" deb) >made
		cksum <"$PROJECT/$(cat made)"
		sleep 1.1
	done >sums
	[ "$(sort -u sums | wc -l)" = 1 ]
}
