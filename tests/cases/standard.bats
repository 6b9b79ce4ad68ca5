# The five standard directories of depmod.d, highest first. They are shown in a root directory of their own.
load common

setup_root() {
	if [ "$(id -u)" = 0 ]; then enter=(chroot root); else enter=(unshare -r chroot root); fi
	cp "$DEPMOD" root/depmod
	chmod 755 root/depmod
	"${enter[@]}" /depmod -V >/dev/null 2>&1 || skip "another root directory cannot be entered here"
	for name in etc run usr/local/lib usr/lib lib; do
		mkdir -p "root/$name/depmod.d"
		module "${name//\//_}/${name//\//_}.ko"
	done
}

@test "all five are read" {
	setup_root
	for name in etc run usr/local/lib usr/lib lib; do
		echo "exclude ${name//\//_}" >"root/$name/depmod.d/$(tr / _ <<<"$name").conf"
	done
	module kernel/a.ko
	run "${enter[@]}" /depmod "$RELEASE"
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
}

@test "a name in a higher directory hides the same name in lower ones" {
	setup_root
	for name in etc run usr/local/lib usr/lib lib; do
		rm -rf "$TREE/${name//\//_}"
	done
	module one/a.ko
	module two/a.ko
	higher=(usr/lib usr/local/lib run etc)
	for name in "${higher[@]}"; do
		echo "search two" >root/lib/depmod.d/x.conf
		echo "search one" >"root/$name/depmod.d/x.conf"
		run "${enter[@]}" /depmod "$RELEASE"
		exits 0
		file_is modules.dep one/a.ko:
		echo "search two" >"root/$name/depmod.d/x.conf"
		run "${enter[@]}" /depmod "$RELEASE"
		file_is modules.dep two/a.ko:
	done
}

@test "files are sorted by name over all directories" {
	setup_root
	module one/a.ko
	module two/a.ko
	echo search two >root/etc/depmod.d/20.conf
	echo search one >root/lib/depmod.d/10.conf
	run "${enter[@]}" /depmod "$RELEASE"
	exits 0
	[ "$(grep -c '^one/a.ko:' "$TREE/modules.dep")" = 1 ]
	mv root/lib/depmod.d/10.conf root/lib/depmod.d/30.conf
	run "${enter[@]}" /depmod "$RELEASE"
	[ "$(grep -c '^two/a.ko:' "$TREE/modules.dep")" = 1 ]
}

@test "with -C none of them is read" {
	setup_root
	echo exclude etc >root/etc/depmod.d/x.conf
	run "${enter[@]}" /depmod -C /gone "$RELEASE"
	exits 0
	grep -q '^etc/etc.ko:' "$TREE/modules.dep"
	run "${enter[@]}" /depmod "$RELEASE"
	[ -z "$(grep '^etc/etc.ko:' "$TREE/modules.dep")" ]
}

@test "without -b the tree is the machine's own" {
	setup_root
	rm -r "$TREE"/{etc,run,usr_lib,usr_local_lib,lib}
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	run "${enter[@]}" /depmod -v "$RELEASE"
	exits 0
	says_line "/lib/modules/$RELEASE/kernel/a.ko needs \"one\": /lib/modules/$RELEASE/kernel/b.ko"
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
}
