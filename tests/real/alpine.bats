# packaging/APKBUILD, whose functions are called as abuild calls them, of a clean copy of the sources, with no other programs than
# those of an Alpine: BusyBox, make, and a compiler whose C library is musl. What abuild brings itself (it cannot be had here) is
# written anew, as far as its manual pages tell.
load common
load ../said

# alpine: a directory of programs, TOOLS, the sources, and the variables that abuild sets, in ABUILD.
alpine() {
	local program
	command -v busybox >/dev/null || skip "there is no busybox"
	command -v musl-gcc >/dev/null || skip "there is no musl-gcc"
	MUSL=$(find /usr/lib -path '*musl*' -name rcrt1.o | head -n 1)
	TOOLS=$BATS_TEST_TMPDIR/tools
	mkdir "$TOOLS"
	for program in $(busybox --list); do
		ln -s "$(command -v busybox)" "$TOOLS/$program"
	done
	for program in make as ld install; do # Debian's BusyBox has no install
		ln -sf "$(command -v $program)" "$TOOLS/$program"
	done
	rm -f "$TOOLS"/{dpkg,dpkg-deb,rpm}
	compiler
	sources "$BATS_TEST_TMPDIR/src/depmod-0.1"
	startdir=$BATS_TEST_TMPDIR/src/depmod-0.1/packaging
	ABUILD=(env -i PATH="$TOOLS" HOME="$BATS_TEST_TMPDIR" LANG=C.UTF-8 CC=cc CXX=c++ LD=ld JOBS=2
		MAKEFLAGS="-j2 -- SHELL=$TOOLS/sh" CARCH="$(uname -m)" CBUILD="$(uname -m)-alpine-linux-musl" CHOST="$(uname -m)-alpine-linux-musl"
		CFLAGS="-Os -fstack-clash-protection -Wformat -Werror=format-security" LDFLAGS="-Wl,--as-needed,-O1,--sort-common"
		startdir="$startdir" srcdir="$startdir/src" pkgdir="$startdir/pkg/depmod" SOURCE_DATE_EPOCH=1700000000)
}

# compiler: gcc, and cc, of a system whose C library is musl. Debian's musl-gcc cannot link what is static and may be anywhere.
compiler() {
	local name
	for name in gcc cc; do
		cat >"$TOOLS/$name" <<-END
			#!$TOOLS/sh
			case " \$* " in
			*' -dumpmachine '*) echo $(uname -m)-alpine-linux-musl; exit ;;
			*' -print-file-name=rcrt1.o '*) echo $MUSL; exit ;;
			*' -static-pie '*) exec $(command -v gcc) "\$@" ;;
			esac
			export REALGCC=$(command -v gcc)
			exec $(command -v musl-gcc) "\$@"
		END
		chmod +x "$TOOLS/$name"
	done
}

# sources DIRECTORY: a clean copy.
sources() {
	mkdir -p "$1"
	tar -C "$PROJECT" --exclude=./.git --exclude=./build --exclude=./tests/cache --exclude=./depmod --exclude=./depmod.old \
		--exclude=./modprobe/modprobe -cf - . | tar -C "$1" -xf -
}

# with_shell SHELL...: the functions one after the other, each by a shell of its own, in $builddir.
with_shell() {
	local part
	for part in build check package; do
		"${ABUILD[@]}" "$@" -ec 'cd "$startdir"; . ./APKBUILD; cd "$builddir"; '$part || return
	done
}

# split: what abuild's functions for subpackages move out of $pkgdir; prints the files of each package.
split() {
	local name paths path
	cd "$startdir/pkg"
	while read -r name paths; do
		for path in $paths; do
			[ -e "depmod/$path" ] || continue
			mkdir -p "depmod-$name/${path%/*}"
			mv "depmod/$path" "depmod-$name/$path"
		done
	done <<-END
		doc usr/share/doc usr/share/man usr/share/licenses
		bash-completion usr/share/bash-completion/completions
		zsh-completion usr/share/zsh/site-functions
		fish-completion usr/share/fish/vendor_completions.d
	END
	find . ! -type d -printf '%P %M %l\n' | sed 's/ *$//; s/-rwxr-xr-x$/x/; s/-rw-r--r--$//; s/lrwxrwxrwx //; s/ *$//' | LC_ALL=C sort
	cd - >/dev/null
}

expected() {
	local page command
	cat <<-END
		depmod/bin/kmod /sbin/modprobe
		depmod/bin/lsmod /sbin/modprobe
		depmod/sbin/depmod x
		depmod/sbin/depmod.old x
		depmod/sbin/insmod modprobe
		depmod/sbin/lsmod modprobe
		depmod/sbin/modinfo modprobe
		depmod/sbin/modprobe x
		depmod/sbin/rmmod modprobe
		depmod-bash-completion/usr/share/bash-completion/completions/depmod
		depmod-fish-completion/usr/share/fish/vendor_completions.d/depmod.fish
		depmod-zsh-completion/usr/share/zsh/site-functions/_depmod
		depmod-doc/usr/share/licenses/depmod/LICENSE
		depmod-doc/usr/share/man/man5/modules.dep.bin.5 modules.dep.5
	END
	for page in "$PROJECT"/man/*; do
		echo "depmod-doc/usr/share/man/man${page##*.}/${page##*/}"
	done
	for command in modprobe modinfo insmod rmmod lsmod kmod; do
		echo "depmod-bash-completion/usr/share/bash-completion/completions/$command depmod"
		echo "depmod-fish-completion/usr/share/fish/vendor_completions.d/$command.fish depmod.fish"
	done
}

# is_release: the programs are those that make builds here, but for what BusyBox's gzip makes of the help texts.
is_release() {
	grep -qx 'musl-gcc ' "$PROJECT/build/compiler" || return 0
	local program difference
	for program in depmod depmod.old modprobe; do
		difference=$(($(stat -c %s "$startdir/pkg/depmod/sbin/$program") - $(stat -c %s "$PROJECT/$([ $program != modprobe ] || echo modprobe/)$program")))
		[ ${difference#-} -le 256 ]
	done
}

# builds_with SHELL...
builds_with() {
	rm -rf "$startdir/pkg"
	run with_shell "$@"
	exits 0
	says "one static file" # by tests/demo, in check
	says_not "built without musl-gcc"
	is_release
	expected | LC_ALL=C sort >expected
	split >split
	same expected split "what is packaged"
}

@test "APKBUILD: builds, checks, and puts all in its place, with BusyBox's shell and with dash" {
	alpine
	builds_with busybox sh
	[ ! -e "$startdir/src" ]
	! command -v dash >/dev/null || builds_with "$(command -v dash)"
}

@test "APKBUILD: variables are as abuild wants them" {
	run env startdir="$PROJECT/packaging" sh -euc '
		. "$startdir/APKBUILD"
		for variable in pkgname pkgver pkgrel pkgdesc url arch license subpackages provides; do
			eval "[ -n \"\$$variable\" ]"
		done
		[ "$pkgver" = "$(sed -n "s/^#define VERSION \"\(.*\)\"/\1/p" "$builddir/about.c")" ]
		[ "${#pkgdesc}" -lt 128 ]
		[ -z "$source" ] && [ -z "${sha512sums:-}" ]
		for trigger in $triggers; do
			[ -e "$startdir/${trigger%%=*}" ]
			[ "${trigger%%.trigger=*}" = "$pkgname" ]
		done'
	exits 0
	says_nothing
	[ "$(grep -c '^# *Maintainer: .* <.*@.*>$' "$PROJECT/packaging/APKBUILD")" = 1 ]
}

# The directory in which depmod.trigger runs, in a root of its own.
@test "depmod.trigger: a kernel that came has its indexes, of one that is gone nothing stays" {
	[ "$(id -u)" = 0 ] || skip "only root can change the root directory"
	command -v busybox >/dev/null || skip "there is no busybox"
	local modules=root/lib/modules
	mkdir -p root/sbin root/bin root/dev $modules/6.1.0/kernel/fs $modules/6.2.0/updates
	touch root/dev/null $modules/6.1.0/modules.{order,builtin,builtin.modinfo}
	cp "$DEPMOD" root/sbin
	cp "$(command -v busybox)" root/bin
	cp "$PROJECT/packaging/depmod.trigger" root/trigger
	"$PROJECT/build/mkmodule" --alias fs-x $modules/6.1.0/kernel/fs/x.ko
	cp -R $modules/6.1.0 $modules/6.3.0
	run chroot root /bin/busybox sh /trigger /lib/modules/6.1.0 /lib/modules/6.2.0 /lib/modules/6.3.0 /lib/modules/none
	exits 0
	says_nothing
	grep -qx 'alias fs-x x' $modules/6.1.0/modules.alias
	[ ! -e $modules/6.2.0/modules.dep ]
	rm -r $modules/6.[13].0/{kernel,modules.order,modules.builtin,modules.builtin.modinfo}
	mkdir $modules/6.3.0/extra
	touch $modules/6.3.0/extra/mine.ko
	run chroot root /bin/busybox sh /trigger /lib/modules/6.1.0 /lib/modules/6.3.0
	exits 0
	says_nothing
	[ ! -e $modules/6.1.0 ]
	[ "$(find $modules/6.3.0 -type f)" = "$modules/6.3.0/extra/mine.ko" ]
}
