# make install and make uninstall.
load common

make_it() { run make -s --no-print-directory -C "$PROJECT" "$@"; }

# installed DIRECTORY: every file below it, with where a link leads to.
installed() { (cd "$1" && find . ! -type d -printf '%P %l\n' | sed 's/ $//' | LC_ALL=C sort); }

files='sbin/depmod
sbin/depmod.old
sbin/insmod modprobe
sbin/kmod modprobe
sbin/lsmod modprobe
sbin/modinfo modprobe
sbin/modprobe
sbin/rmmod modprobe
share/bash-completion/completions/depmod
share/bash-completion/completions/insmod depmod
share/bash-completion/completions/kmod depmod
share/bash-completion/completions/lsmod depmod
share/bash-completion/completions/modinfo depmod
share/bash-completion/completions/modprobe depmod
share/bash-completion/completions/rmmod depmod
share/fish/vendor_completions.d/depmod.fish
share/fish/vendor_completions.d/insmod.fish depmod.fish
share/fish/vendor_completions.d/kmod.fish depmod.fish
share/fish/vendor_completions.d/lsmod.fish depmod.fish
share/fish/vendor_completions.d/modinfo.fish depmod.fish
share/fish/vendor_completions.d/modprobe.fish depmod.fish
share/fish/vendor_completions.d/rmmod.fish depmod.fish
share/man/man5/depmod.d.5
share/man/man5/modprobe.d.5
share/man/man5/modules.dep.5
share/man/man5/modules.dep.bin.5 modules.dep.5
share/man/man8/depmod.8
share/man/man8/depmod.old.8
share/man/man8/insmod.8
share/man/man8/kmod.8
share/man/man8/lsmod.8
share/man/man8/modinfo.8
share/man/man8/modprobe.8
share/man/man8/rmmod.8
share/zsh/site-functions/_depmod'

@test "install: below DESTDIR, in /usr/local" {
	make_it install DESTDIR="$PWD/to"
	exits 0
	[ "$(ls to to/usr)" = $'to:\nusr\n\nto/usr:\nlocal' ]
	[ "$(installed to/usr/local)" = "$files" ]
	[ "$(find to -perm /111 -type f | sort)" = "$(printf 'to/usr/local/sbin/%s\n' depmod depmod.old modprobe)" ]
	[ -z "$(find to ! -type l ! -perm -444)" ]
}

@test "install: what is installed is what is here" {
	make_it install DESTDIR="$PWD/to" PREFIX=/usr
	exits 0
	cmp to/usr/sbin/depmod "$DEPMOD"
	cmp to/usr/sbin/modprobe "$MODPROBE"
	cmp to/usr/sbin/depmod.old "$DEPMOD_OLD"
	cmp to/usr/share/bash-completion/completions/depmod "$PROJECT/completions/depmod.bash"
	cmp to/usr/share/zsh/*/_depmod "$PROJECT/completions/_depmod"
	cmp to/usr/share/fish/vendor_completions.d/depmod.fish "$PROJECT/completions/depmod.fish"
	[ "$(to/usr/sbin/depmod --help)" = "$("$DEPMOD" --help)" ]
	[ "$(to/usr/sbin/modprobe --help)" = "$("$MODPROBE" --help)" ]
	[ "$(to/usr/sbin/depmod.old --help)" = "$("$DEPMOD_OLD" --help)" ]
}

@test "install: every program that make builds, and no other" {
	make_it install DESTDIR="$PWD/to" PREFIX=
	exits 0
	sed -n 's/^PROGRAMS = //p' "$PROJECT/Makefile" | tr ' ' '\n' | sed 's,.*/,,' | LC_ALL=C sort >programs
	[ "$(wc -l <programs)" -ge 3 ]
	find to/sbin -type f -printf '%f\n' | LC_ALL=C sort | diff programs -
	sed -n 's/^LINKS = //p' "$PROJECT/release/install.mk" | tr ' ' '\n' | LC_ALL=C sort >links
	[ "$(wc -l <links)" -ge 5 ]
	find to/sbin -type l -lname modprobe -printf '%f\n' | LC_ALL=C sort | diff links -
	[ -z "$(find to/sbin ! -type d ! -type f ! -lname modprobe)" ]
}

@test "install: what is installed works: depmod finds depmod.old beside itself" {
	make_it install DESTDIR="$PWD/to" PREFIX=/usr
	exits 0
	module kernel/a.ko
	run env PATH= to/usr/sbin/depmod -b root -C empty --map "$RELEASE"
	exits 0
	[ -s "$TREE/modules.pcimap" ]
	run env PATH= to/usr/sbin/modprobe -d root -S "$RELEASE" -C empty -D a
	exits 0
	says "insmod "
}

@test "install: pages name the version that -V prints" {
	make_it install DESTDIR="$PWD/to"
	exits 0
	version=$("$DEPMOD" -V | sed -n 's/^depmod //p')
	[ -n "$version" ]
	for page in to/usr/local/share/man/man?/*; do
		[ "$(grep '^\.Os' "$page")" = ".Os depmod $version" ]
	done
}

@test "install: PREFIX, SBINDIR, MANDIR and the directories of the shells" {
	make_it install DESTDIR="$PWD/to" PREFIX=/opt/x SBINDIR=/sbin MANDIR=/man BASHDIR=/b ZSHDIR=/z FISHDIR=/f
	exits 0
	[ "$(installed to)" = "b/depmod
b/insmod depmod
b/kmod depmod
b/lsmod depmod
b/modinfo depmod
b/modprobe depmod
b/rmmod depmod
f/depmod.fish
f/insmod.fish depmod.fish
f/kmod.fish depmod.fish
f/lsmod.fish depmod.fish
f/modinfo.fish depmod.fish
f/modprobe.fish depmod.fish
f/rmmod.fish depmod.fish
man/man5/depmod.d.5
man/man5/modprobe.d.5
man/man5/modules.dep.5
man/man5/modules.dep.bin.5 modules.dep.5
man/man8/depmod.8
man/man8/depmod.old.8
man/man8/insmod.8
man/man8/kmod.8
man/man8/lsmod.8
man/man8/modinfo.8
man/man8/modprobe.8
man/man8/rmmod.8
sbin/depmod
sbin/depmod.old
sbin/insmod modprobe
sbin/kmod modprobe
sbin/lsmod modprobe
sbin/modinfo modprobe
sbin/modprobe
sbin/rmmod modprobe
z/_depmod" ]
	make_it uninstall DESTDIR="$PWD/to" PREFIX=/opt/x SBINDIR=/sbin MANDIR=/man BASHDIR=/b ZSHDIR=/z FISHDIR=/f
	exits 0
	[ -z "$(installed to)" ]
}

@test "install: again, over what is there" {
	make_it install DESTDIR="$PWD/to"
	make_it install DESTDIR="$PWD/to"
	exits 0
	[ "$(installed to/usr/local)" = "$files" ]
}

@test "install and uninstall: paths with blanks" {
	make_it install DESTDIR="$PWD/a b" PREFIX='/c  d'
	exits 0
	[ "$(installed 'a b/c  d')" = "$files" ]
	make_it uninstall DESTDIR="$PWD/a b" PREFIX='/c  d'
	exits 0
	[ -z "$(installed 'a b')" ]
}

@test "install: a mask of the shell's takes no one's rights" {
	umask 077
	make_it install DESTDIR="$PWD/to"
	exits 0
	[ -z "$(find to/usr ! -type l ! -perm -444)" ]
}

@test "uninstall: all that install brought, and nothing else" {
	make_it install DESTDIR="$PWD/to"
	rm to/usr/local/sbin/insmod
	echo mine >to/usr/local/sbin/insmod
	echo mine >to/usr/local/sbin/depmod.new
	echo mine >to/usr/local/share/man/man8/mine.8
	make_it uninstall DESTDIR="$PWD/to"
	exits 0
	[ "$(installed to/usr/local)" = $'sbin/depmod.new\nsbin/insmod\nshare/man/man8/mine.8' ]
}

@test "uninstall: links of these names that lead elsewhere stay, whatever brought them" {
	make_it install DESTDIR="$PWD/to" PREFIX=/usr SBINDIR=/sbin
	ln -sf /bin/kmod to/sbin/modprobe
	ln -sf /bin/kmod to/sbin/depmod
	ln -sf /bin/kmod to/sbin/depmod.old
	ln -sf kmod to/usr/share/bash-completion/completions/modprobe
	ln -sf elsewhere.5 to/usr/share/man/man5/modules.dep.bin.5
	rm to/usr/share/fish/vendor_completions.d/modprobe.fish
	echo mine >to/usr/share/fish/vendor_completions.d/modprobe.fish
	make_it uninstall DESTDIR="$PWD/to" PREFIX=/usr SBINDIR=/sbin
	exits 0
	says_nothing
	[ "$(installed to)" = "sbin/depmod /bin/kmod
sbin/depmod.old /bin/kmod
sbin/modprobe /bin/kmod
usr/share/bash-completion/completions/modprobe kmod
usr/share/fish/vendor_completions.d/modprobe.fish
usr/share/man/man5/modules.dep.bin.5 elsewhere.5" ]
}

@test "uninstall: what is not there is no error" {
	make_it uninstall DESTDIR="$PWD/nowhere"
	exits 0
	says_nothing
	[ ! -e nowhere ]
}

# ---- what somebody else owns ----

@test "install: what a package owns, it does not overwrite" {
	command -v dpkg-query >/dev/null || skip "this is no Debian"
	local shell
	shell=$(readlink -f /bin/sh) # any package's program will do
	run "$PROJECT/packaging/owners" "$PWD/nowhere" "$shell"
	exits 1
	says_line "$shell belongs to the package $(dpkg-query -S "${shell#/usr}" "$shell" 2>/dev/null | sed 's/: .*//' | head -n 1)"
	[ "${#lines[@]}" = 1 ]
}

@test "install: kmod's links in /sbin stay, and nothing else is installed" {
	[ "$(readlink -f /sbin/modprobe)" = "$(readlink -f /bin/kmod)" ] || skip "there is no kmod"
	before=$(ls -l /sbin/{modprobe,depmod,modinfo})
	make_it install SBINDIR=/sbin PREFIX="$PWD/to"
	exits 2
	says "/sbin/modprobe "
	says "/sbin/modinfo "
	says "FORCE=1"
	[ "$(ls -l /sbin/{modprobe,depmod,modinfo})" = "$before" ]
	[ ! -e to ]
}

@test "install: links that are not ours stay, but with FORCE=1" {
	mkdir sbin
	ln -s /bin/kmod sbin/modprobe
	ln -s modprobe sbin/modinfo # as we make it
	echo old >sbin/depmod
	make_it install SBINDIR="$PWD/sbin" PREFIX="$PWD/to"
	exits 2
	says_line "$PWD/sbin/modprobe is a link to /bin/kmod"
	says_not "modinfo is"
	says_not "depmod is"
	[ ! -e to ]
	[ "$(installed sbin)" = $'depmod\nmodinfo modprobe\nmodprobe /bin/kmod' ]
	make_it install SBINDIR="$PWD/sbin" PREFIX="$PWD/to" FORCE=1
	exits 0
	cmp sbin/modprobe "$MODPROBE"
	[ ! -L sbin/modprobe ]
	make_it install SBINDIR="$PWD/sbin" PREFIX="$PWD/to" # again, without being told
	exits 0
}

@test "install: below DESTDIR nobody owns anything" {
	mkdir -p to/sbin
	ln -s /bin/kmod to/sbin/modprobe
	make_it install DESTDIR="$PWD/to" SBINDIR=/sbin
	exits 0
	cmp to/sbin/modprobe "$MODPROBE"
}

@test "install: a program that cannot be written in full leaves the old one as it is" {
	mkdir -p to/usr/local/sbin tools
	cp /bin/true to/usr/local/sbin/modprobe
	cat >tools/install <<-END
		#!/bin/sh
		case \$* in *modprobe.new) head -c 1000 modprobe/modprobe >"$PWD/to/usr/local/sbin/modprobe.new"; exit 1 ;; esac
		exec $(command -v install) "\$@"
	END
	chmod +x tools/install
	PATH=$PWD/tools:$PATH make_it install DESTDIR="$PWD/to"
	exits 2
	cmp to/usr/local/sbin/modprobe /bin/true
	[ "$(ls to/usr/local/sbin)" = $'depmod\nmodprobe' ]
	make_it install DESTDIR="$PWD/to"
	exits 0
	[ "$(installed to/usr/local)" = "$files" ]
}
