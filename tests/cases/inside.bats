# -b, -o, and modprobe's -d: the base directory is the root for every link on the way, with openat2(2) and without.
load common
load modprobe
load invariants

# both_ways TEST: as the kernel has it, and where it lacks openat2(2), as before Linux 5.6.
both_ways() {
	"$1"
	needs_tracing
	without_openat2 "$DEPMOD" depmod
	without_openat2 "$MODPROBE" modprobe
	DEPMOD=$PWD/depmod MODPROBE=$PWD/modprobe
	rm -rf root host new
	mkdir -p "$TREE/kernel"
	touch "$TREE"/modules.{order,builtin,builtin.modinfo}
	"$1"
}

without_openat2() {
	printf '#!/bin/sh\nexec strace -f -qq -o /dev/null -e trace=openat2 -e inject=openat2:error=ENOSYS "%s" "$@"\n' "$1" >"$2"
	chmod +x "$2"
}

# host_tree DIRECTORY: what a host has there, and what nobody may touch.
host_tree() {
	mkdir -p "$1"
	echo "the host's" | tee "$1"/modules.{dep,dep.bin,alias,alias.bin} >/dev/null
	"$MKMODULE" "$1/hosts.ko"
	before=$(find "$1" -type f -exec cksum {} +)
}

untouched() {
	[ "$(find "$1" -type f -exec cksum {} +)" = "$before" ] || { find "$1" -type f -exec ls -l {} +; return 1; }
}

absolute_lib() {
	module kernel/a.ko
	mkdir root/usr
	mv root/lib root/usr/lib
	ln -s /usr/lib root/lib
	index
	exits 0
	says_nothing
	[ "$(cat root/usr/lib/modules/$RELEASE/modules.dep)" = kernel/a.ko: ]
	run "$DEPMOD" -C empty -b root --all-versions
	exits 0
	run "$MODPROBE" -d root -S "$RELEASE" -C empty -D a
	exits 0
	[ "$output" = "insmod $ROOT/lib/modules/$RELEASE/kernel/a.ko " ]
}

@test "/lib is an absolute link to /usr/lib: that of the base is meant" { both_ways absolute_lib; }

version_outside() {
	host_tree host
	rmdir "$TREE/kernel"
	rm -r "$TREE"
	for target in "$PWD/host" ../../../host ../../../../../../../../../../../..$PWD/host; do
		ln -sfn "$target" "$TREE"
		index
		exits 1
		says "depmod: ERROR: could not open directory $TREE/: No such file or directory"
		untouched host
	done
}

@test "VERSION's directory is a link that leads outside: nothing there is written or read" { both_ways version_outside; }

output_outside() {
	module kernel/a.ko
	host_tree host
	mkdir -p new/lib/modules
	ln -s "$PWD/host" "new/lib/modules/$RELEASE"
	index -o new
	exits 1
	says "depmod: ERROR: could not make directory $PWD/new/lib/modules/$RELEASE/: "
	untouched host
	rm "new/lib/modules/$RELEASE"
	ln -s /inner "new/lib/modules/$RELEASE"
	mkdir new/inner
	index -o new
	exits 0
	[ "$(cat new/inner/modules.dep)" = kernel/a.ko: ]
	untouched host
}

@test "-o: links in the output directory lead no further than it" { both_ways output_outside; }

lists_outside() {
	module kernel/a.ko
	echo 'kernel/secret.ko' >secret
	printf 'secret.alias=x\0' >modinfo
	ln -sf "$PWD/secret" "$TREE/modules.builtin"
	ln -sf ../../../../modinfo "$TREE/modules.builtin.modinfo"
	ln -sf "$PWD/secret" "$TREE/modules.order"
	index
	exits 0
	for name in order builtin builtin.modinfo; do
		says_line "depmod: WARNING: could not open $TREE/modules.$name: No such file or directory"
	done
	[ ! -s "$TREE/modules.builtin.bin" ]
	mkdir root/etc
	echo kernel/inner.ko >root/etc/list
	ln -sf /etc/list "$TREE/modules.builtin"
	index
	entries_are modules.builtin.bin 'inner 0 '
}

@test "modules.builtin and its like may be links, but not out of the base" { both_ways lists_outside; }

linked_modules() {
	mkdir -p store root/inner/deep host
	"$MKMODULE" --alias outside store/a.ko
	"$MKMODULE" --alias inside root/inner/deep/b.ko
	"$MKMODULE" --alias host host/h.ko
	ln -s "$PWD/store/a.ko" "$TREE/kernel/a.ko"
	ln -s /inner/deep/b.ko "$TREE/kernel/b.ko"
	ln -s /inner "$TREE/kernel/linked"
	ln -s "$PWD/host" "$TREE/kernel/outside"
	ln -s "$PWD/host" "$TREE/kernel/c.ko"
	ln -s /dev/null "$TREE/kernel/d.ko"
	index
	exits 0
	file_is modules.dep kernel/a.ko: kernel/b.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias outside a' 'alias inside b'
	for name in outside c.ko d.ko; do
		says_line "depmod: ERROR: cannot follow kernel/$name: No such file or directory"
	done
	index -A
	exits 0
	"$MKMODULE" --alias 'pci:v00000001d00000002sv*sd*bc*sc*i*' root/inner/deep/other.ko
	ln -s /inner/deep/other.ko "$TREE/kernel/p.ko"
	index --map
	exits 0
	grep -q '^p *0x00000001 0x00000002' "$TREE/modules.pcimap"
	rm root/inner/deep/other.ko "$TREE/kernel/p.ko"
	index --explain b
	says_line 'form:           plain ELF 64-bit little-endian x86-64'
	rm "$TREE/kernel/b.ko"
	index
	file_is modules.dep kernel/a.ko: kernel/linked/deep/b.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias outside a' 'alias inside b'
	touch -d 2100-01-01 root/inner/deep/b.ko
	echo old >"$TREE/modules.dep"
	index -A
	file_is modules.dep kernel/a.ko: kernel/linked/deep/b.ko:
}

@test "a module may be a link out of the base, but only to a regular file; a directory may not" { both_ways linked_modules; }

links_around() {
	ln -s loop root/loop
	ln -sfn /loop/x "$TREE/kernel/a.ko"
	ln -sfn / "$TREE/kernel/root"
	long=$(printf 'x/%.0s' $(seq 2040))
	ln -sfn "/$long" "$TREE/kernel/long"
	run timeout 20 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	says_line "depmod: ERROR: cannot follow kernel/a.ko: Too many symbolic links"
	file_is modules.dep
}

@test "links in a circle, to the base itself, of four thousand bytes" { both_ways links_around; }

database_outside() {
	module kernel/a.ko --softdep 'pre: b'
	module kernel/b.ko
	index
	mkdir -p host
	mv "$TREE"/modules.{dep,dep.bin,softdep} host
	for name in dep dep.bin softdep; do ln -s "$PWD/host/modules.$name" "$TREE/modules.$name"; done
	probe_alone -D a
	exits 1
	mv host root/inner
	for name in dep dep.bin softdep; do ln -sf "/inner/modules.$name" "$TREE/modules.$name"; done
	probe_alone -D a
	exits 0
	prints 'insmod kernel/b.ko' 'insmod kernel/a.ko'
}

@test "modprobe -d reads what depmod wrote inside of the base alone" { both_ways database_outside; }

# ---- --config-from-base ----

@test "--config-from-base: depmod.d of the base counts, not this system's" {
	module updates/a.ko --alias updates
	module extra/a.ko --alias extra
	mkdir -p root/etc/depmod.d root/usr/lib/depmod.d root/ext host
	echo 'search extra updates' >root/usr/lib/depmod.d/x.conf
	run "$DEPMOD" -b root --config-from-base "$RELEASE"
	exits 0
	file_is modules.dep extra/a.ko:
	run "$DEPMOD" -b root "$RELEASE"
	file_is modules.dep updates/a.ko:
	ln -s /dev/null root/etc/depmod.d/x.conf
	run "$DEPMOD" -b root --config-from-base "$RELEASE"
	exits 0
	says_line "depmod: ERROR: cannot read $ROOT/etc/depmod.d/x.conf: No such file or directory"
	echo 'search built-in' >"$PWD/host/y.conf"
	ln -sf "$PWD/host/y.conf" root/etc/depmod.d/x.conf
	run "$DEPMOD" -b root --config-from-base "$RELEASE"
	says_line "depmod: ERROR: cannot read $ROOT/etc/depmod.d/x.conf: No such file or directory"
	ln -sf /usr/lib/depmod.d/x.conf root/etc/depmod.d/x.conf
	run "$DEPMOD" -b root --config-from-base "$RELEASE"
	exits 0
	says_nothing
	file_is modules.dep extra/a.ko:
	config 'search updates'
	run "$DEPMOD" -b root --config-from-base -C depmod.conf "$RELEASE"
	file_is modules.dep updates/a.ko:
}

@test "--config-from-base: external directories are below the base" {
	module kernel/a.ko
	mkdir -p root/ext/deep root/etc/depmod.d
	"$MKMODULE" --alias ext root/ext/deep/e.ko
	ln -s ext root/extra
	echo 'search external built-in' >root/etc/depmod.d/x.conf
	echo 'external * /extra' >>root/etc/depmod.d/x.conf
	run "$DEPMOD" -b root --config-from-base "$RELEASE"
	exits 0
	says_nothing
	file_is modules.dep /extra/deep/e.ko: kernel/a.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias ext e'
}

@test "--config-from-base: modprobe.d of the base counts, not this system's" {
	modules a b
	mkdir -p root/etc/modprobe.d
	echo 'softdep a pre: b' >root/etc/modprobe.d/x.conf
	run "$MODPROBE" -d root -S "$RELEASE" --config-from-base -D a
	exits 0
	[ "${lines[0]}" = "insmod $TREE/kernel/b.ko " ]
	run "$MODPROBE" -d root -S "$RELEASE" -D a
	[ "${lines[0]}" = "insmod $TREE/kernel/a.ko " ]
	mkfifo root/etc/modprobe.d/y.conf
	run timeout 10 "$MODPROBE" -d root -S "$RELEASE" --config-from-base -D a
	exits 0
	says_line "modprobe: ERROR: cannot read $ROOT/etc/modprobe.d/y.conf: Invalid argument"
}
