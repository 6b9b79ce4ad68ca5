# What keeps the whole from being written: exit status 1, and the old files are still whole.
load common

# An indexed tree to which a module has come since.
setup_old() {
	module kernel/a.ko --alias old
	index
	exits 0
	module kernel/b.ko --alias new
	before=$(outputs)
}

outputs() { (cd "$TREE" && LC_ALL=C ls -A && cksum modules.*); }

untouched() {
	local after
	after=$(outputs)
	[ "$after" = "$before" ] || {
		diff <(echo "$before") <(echo "$after")
		return 1
	}
}

@test "a missing module directory is an error that names it" {
	run "$DEPMOD" -b root -C empty 6.2.0
	exits 1
	says 'depmod: ERROR: '
	says "$ROOT/lib/modules/6.2.0"
	says 'No such file or directory'
	[ ! -e root/lib/modules/6.2.0 ]
}

@test "a missing base directory is an error that names it" {
	run "$DEPMOD" -b gone -C empty "$RELEASE"
	exits 1
	says "$PWD/gone/lib/modules/$RELEASE"
	[ ! -e gone ]
}

@test "a missing module directory is an error with -o and -n too" {
	run "$DEPMOD" -b gone -o out -C empty "$RELEASE"
	exits 1
	run "$DEPMOD" -b gone -n -C empty "$RELEASE"
	exits 1
	[ ! -e out ]
}

@test "a file in the place of the module directory is an error" {
	: >root/lib/modules/6.2.0
	run "$DEPMOD" -b root -C empty 6.2.0
	exits 1
	says 'Not a directory'
}

@test "a directory that may not be written to: exit status 1, the old files are whole" {
	needs_permissions
	setup_old
	chmod a-w "$TREE"
	run without_privilege "$DEPMOD" -b root -C empty "$RELEASE"
	chmod u+w "$TREE"
	exits 1
	says 'ERROR: '
	says "$TREE"
	says 'Permission denied'
	untouched
}

@test "a file in the place of the output directory is an error that names it" {
	setup_old
	: >out
	index -o out
	exits 1
	says out/lib/modules
	untouched
	rm out
	mkdir -p out/lib/modules
	: >"out/lib/modules/$RELEASE"
	index -o out
	exits 1
	says out/lib/modules
}

@test "an output directory that cannot be created is an error" {
	needs_permissions
	module kernel/a.ko
	mkdir out
	chmod a-w out
	run without_privilege "$DEPMOD" -b root -o out -C empty "$RELEASE"
	exits 1
	says 'Permission denied'
	says out/
}

@test "a directory in the place of any output file: the old files are whole" {
	for name in dep.bin alias symbols.bin devname; do
		setup_old
		rm "$TREE/modules.$name"
		mkdir "$TREE/modules.$name"
		before=$(cd "$TREE" && LC_ALL=C ls -A && cksum modules.* 2>/dev/null) || true
		index
		exits 1
		says "modules.$name"
		after=$(cd "$TREE" && LC_ALL=C ls -A && cksum modules.* 2>/dev/null) || true
		diff <(echo "$before") <(echo "$after")
		rmdir "$TREE/modules.$name"
		rm "$TREE/kernel/b.ko"
	done
}

@test "no room for a file: exit status 1, the old files are whole, and nothing else is left" {
	module kernel/a.ko --alias old
	index
	for i in $(seq 60); do module "kernel/m$i.ko" --alias "something-long-enough-$i"; done
	before=$(outputs)
	run bash -c 'trap "" XFSZ; ulimit -f 1; "$@"' - "$DEPMOD" -b root -C empty "$RELEASE"
	exits 1
	says 'ERROR: '
	says 'too large'
	untouched
}

@test "killed in the middle of writing: the old files are whole" {
	module kernel/a.ko --alias old
	index
	for i in $(seq 60); do module "kernel/m$i.ko" --alias "something-long-enough-$i"; done
	before=$(cd "$TREE" && cksum modules.*)
	run bash -c 'ulimit -c 0; ulimit -f 1; "$@"' - "$DEPMOD" -b root -C empty "$RELEASE"
	[ "$status" != 0 ]
	[ "$(cd "$TREE" && cksum modules.*)" = "$before" ]
	index
	exits 0
	[ "$(wc -l <"$TREE/modules.dep")" = 61 ]
	[ -z "$(find "$TREE" -maxdepth 1 -name '.*' -type f)" ]
}

@test "links in the place of output files are replaced, not written through" {
	module kernel/a.ko
	echo precious >victim
	for name in dep alias dep.bin; do ln -s "$PWD/victim" "$TREE/modules.$name"; done
	ln -s "$PWD/victim" "$TREE/.modules.dep.new"
	index
	exits 0
	[ "$(cat victim)" = precious ]
	[ ! -L "$TREE/modules.dep" ]
	file_is modules.dep kernel/a.ko:
}

@test "closed standard streams do no harm" {
	module kernel/a.ko
	echo text >"$TREE/kernel/b.ko"
	run bash -c '"$@" <&- >&- 2>&-' - "$DEPMOD" -v -b root -C empty "$RELEASE"
	file_is modules.dep kernel/a.ko:
	[ -z "$(grep -rl ERROR "$TREE")" ]
}

@test "runs at the same time leave whole files" {
	for i in $(seq 20); do module "kernel/m$i.ko" --export "s$i" --need "s$((i + 1))" --alias "a$i"; done
	index -o expected
	for i in 1 2 3 4 5 6; do "$DEPMOD" -b root -C empty "$RELEASE" & done
	wait
	for file in "expected/lib/modules/$RELEASE"/*; do cmp "$file" "$TREE/$(basename "$file")"; done
	[ -z "$(find "$TREE" -maxdepth 1 -name '.*' -type f)" ]
}
