# -b more than once: trees that are laid one over the other, as system extensions are, and indexed into one directory.
load common

# extension NAME: from here on, module() and order() are about the tree ./NAME, whose modules stand in usr/lib.
extension() {
	TREE=$BATS_TEST_TMPDIR/$1/usr/lib/modules/$RELEASE
	mkdir -p "$TREE"
}

# together [OPTION...]: root and below it ./one and ./two where they are there, into ./out.
together() {
	local conf=$BATS_TEST_TMPDIR/depmod.conf bases=(-b root) name
	[ -e "$conf" ] || conf=$BATS_TEST_TMPDIR/empty
	for name in one two; do [ ! -d $name ] || bases+=(-b $name); done
	run "$DEPMOD" "${bases[@]}" -o out -C "$conf" "$@" "$RELEASE"
	TREE=$BATS_TEST_TMPDIR/out/usr/lib/modules/$RELEASE
}

@test "a later tree adds modules, whose paths stay relative" {
	module kernel/a.ko --export one
	extension one
	module updates/b.ko --need one --export two --alias b
	extension two
	module kernel/c.ko --need two
	together
	exits 0
	says_nothing
	file_is modules.dep 'kernel/a.ko:' 'kernel/c.ko: updates/b.ko kernel/a.ko' 'updates/b.ko: kernel/a.ko'
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias b b'
	[ "$(find . -name 'modules.dep*' | sort)" = "$(printf '%s\n' "./out/usr/lib/modules/$RELEASE/modules.dep"{,.bin})" ]
}

@test "at the same path the later tree's file replaces" {
	module kernel/a.ko --alias of-root
	module kernel/b.ko --alias of-root
	extension one
	module kernel/a.ko --alias of-one
	module kernel/b.ko --alias of-one
	extension two
	module kernel/a.ko --alias of-two
	together
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko: kernel/b.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias of-two a' 'alias of-one b'
}

@test "at different paths the usual rules say which module counts, whichever tree it is in" {
	module kernel/a.ko --alias of-root
	module updates/b.ko --alias of-root
	module kernel/c.ko --alias of-root
	module kernel/z/d.ko --alias of-root
	extension one
	module updates/a.ko --alias of-one
	module kernel/b.ko --alias of-one
	module other/c.ko --alias of-one
	module kernel/y/d.ko --alias of-one
	config 'override c 6.1.* other'
	together
	exits 0
	file_is modules.dep kernel/y/d.ko: other/c.ko: updates/a.ko: updates/b.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias of-one d' 'alias of-one c' \
		'alias of-one a' 'alias of-root b'
}

@test "-w tells which file is used, and in which tree" {
	module kernel/a.ko
	extension one
	module kernel/a.ko
	together -w
	says_line "depmod: WARNING: duplicate module a: $PWD/one/usr/lib/modules/6.1.0/kernel/a.ko is used, not $ROOT/lib/modules/6.1.0/kernel/a.ko"
}

@test "--explain names the trees, and the later one as the rule at the same path" {
	module kernel/a.ko
	extension one
	module kernel/a.ko
	extension two
	module kernel/z/a.ko
	TREE=$BATS_TEST_TMPDIR/out
	run "$DEPMOD" -b root -b one -b two -C empty --explain a "$RELEASE"
	exits 0
	says "file:           $PWD/one/usr/lib/modules/$RELEASE/kernel/a.ko"
	output=$(echo $output) # without the folds
	says "instead of: $ROOT/lib/modules/$RELEASE/kernel/a.ko by later tree"
	says "instead of: $PWD/two/usr/lib/modules/$RELEASE/kernel/z/a.ko by byte order"
}

@test "--explain and --dot of a module that no tree has: all are named" {
	module kernel/ab.ko
	extension one
	for question in --explain --dot; do
		run "$DEPMOD" -b root -b one -C empty $question abc "$RELEASE"
		exits 1
		says "no module abc in $ROOT/lib/modules/$RELEASE/
depmod: ERROR: no module abc in $PWD/one/usr/lib/modules/$RELEASE/, did you mean ab?"
	done
}

@test "modules.order: a later tree's lines stand after those of the earlier" {
	for name in a b c; do module kernel/$name.ko; done
	printf 'kernel/c.ko\nkernel/b.ko' >"$TREE/modules.order"
	extension one
	for name in b d e; do module kernel/$name.ko; done
	order kernel/e.ko kernel/b.ko
	together
	exits 0
	says_nothing
	file_is modules.dep kernel/c.ko: kernel/e.ko: kernel/b.ko: kernel/a.ko: kernel/d.ko:
}

@test "modules.builtin and modules.builtin.modinfo of all trees count" {
	printf 'kernel/one.ko' >"$TREE/modules.builtin"
	printf 'one.alias=first\0one.alias=secon' >"$TREE/modules.builtin.modinfo"
	extension one
	printf 'kernel/two.ko\n' >"$TREE/modules.builtin"
	printf 'two.alias=third\0' >"$TREE/modules.builtin.modinfo"
	together
	exits 0
	[ "$output" = 'depmod: ERROR: modules.builtin.modinfo ends within a string' ]
	entries_are modules.builtin.bin 'one 0 ' 'two 0 '
	entries_are modules.builtin.alias.bin 'first 0 one' 'third 0 two'
}

@test "that a later tree has none of these files is not worth a warning; that the first has none is" {
	module kernel/a.ko
	rm "$TREE/modules.builtin"
	extension one
	module kernel/b.ko
	together
	exits 0
	[ "$output" = "depmod: WARNING: could not open $ROOT/lib/modules/6.1.0/modules.builtin: No such file or directory" ]
}

@test "a tree without that version adds nothing, and is named; so is one that cannot be read" {
	module kernel/a.ko
	mkdir one
	together
	exits 0
	[ "$output" = "depmod: WARNING: could not open directory $PWD/one/lib/modules/6.1.0/: No such file or directory" ]
	[ "$(cat out/lib/modules/$RELEASE/modules.dep)" = kernel/a.ko: ]
	rm -r out
	mkdir -p one/usr/lib/modules
	: >one/usr/lib/modules/$RELEASE
	together
	exits 1
	[ "$output" = "depmod: ERROR: could not open directory $PWD/one/usr/lib/modules/6.1.0/: Not a directory" ]
	[ ! -e out ]
}

@test "messages say in which tree a file is" {
	module kernel/a.ko
	extension one
	mkdir "$TREE/kernel"
	echo text >"$TREE/kernel/b.ko"
	ln -s nowhere "$TREE/kernel/c.ko"
	printf 'kernel/x.ko:' >"$TREE/kernel/d e.ko"
	together
	exits 0
	says_line "depmod: ERROR: $PWD/one/usr/lib/modules/6.1.0/kernel/b.ko: neither ELF nor a known compression"
	says_line "depmod: ERROR: cannot follow $PWD/one/usr/lib/modules/6.1.0/kernel/c.ko: No such file or directory"
	says "modules.dep: $PWD/one/usr/lib/modules/6.1.0/kernel/d e.ko"
	file_is modules.dep kernel/a.ko:
	module=one/usr/lib/modules/$RELEASE/kernel/b.ko
	"$MKMODULE" --need unknown $module
	system_map
	together -e -F map
	says_line "depmod: WARNING: $PWD/$module needs unknown symbol unknown"
}

@test "external directories are looked through once" {
	module kernel/a.ko
	mkdir extra
	"$MKMODULE" extra/x.ko
	echo text >extra/y.ko
	extension one
	module kernel/b.ko
	config "external * $PWD/extra"
	together
	exits 0
	[ "$output" = "depmod: ERROR: $PWD/extra/y.ko: neither ELF nor a known compression" ]
	file_is modules.dep "$PWD/extra/x.ko:" kernel/a.ko: kernel/b.ko:
}

@test "files that are named are found in whichever tree they are" {
	module kernel/a.ko --export one
	module kernel/b.ko
	extension one
	module kernel/b.ko --need one
	run "$DEPMOD" -b root -b one -o out -C empty "$RELEASE" "$TREE/kernel/b.ko" "root/lib/modules/$RELEASE/kernel/a.ko"
	exits 0
	says_nothing
	[ "$(cat "out/usr/lib/modules/$RELEASE/modules.dep")" = $'kernel/a.ko:\nkernel/b.ko: kernel/a.ko' ]
}

@test "-A: a newer module in any of the trees counts" {
	module kernel/a.ko
	extension one
	module kernel/b.ko
	extension two
	module kernel/c.ko
	together
	find . -exec touch -h -d '2020-01-01' {} +
	for name in root/lib/modules/$RELEASE/kernel/a.ko one/usr/lib/modules/$RELEASE/kernel/b.ko \
		two/usr/lib/modules/$RELEASE/kernel/c.ko; do
		echo marked >"out/usr/lib/modules/$RELEASE/modules.alias"
		together -A
		exits 0
		[ "$(cat "out/usr/lib/modules/$RELEASE/modules.alias")" = marked ]
		touch -d 2020-01-02 $name
		together -A
		exits 0
		[ "$(cat "out/usr/lib/modules/$RELEASE/modules.alias")" != marked ]
		find . -exec touch -h -d '2020-01-01' {} +
	done
}

@test "--all-versions: every kernel that one of the trees has" {
	module kernel/a.ko
	extension one
	module kernel/b.ko
	RELEASE=6.2.0
	extension one
	module kernel/c.ko
	touch "$TREE"/modules.{order,builtin,builtin.modinfo}
	run "$DEPMOD" -b root -b one -o out -C empty --all-versions
	exits 0
	says_nothing
	[ "$(cat out/usr/lib/modules/6.1.0/modules.dep)" = $'kernel/a.ko:\nkernel/b.ko:' ]
	[ "$(cat out/usr/lib/modules/6.2.0/modules.dep)" = kernel/c.ko: ]
}

# Two hundred modules of all forms, three trees, every path that can be in one, two or three of them.
@test "the outcome is that of the trees laid over each other" {
	for i in $(seq 200); do
		for name in root one two; do
			[ $name = root ] || extension $name
			case $((i % 7)):$name in 1:one | 2:two | 3:root | 4:one | 4:two | 5:root | 5:two | 6:root | 6:one) continue ;; esac
			module "$((i % 5))/m$i.ko" --export "s$i" --need "s$((i + 7))" --alias "$name:$i"
		done
		TREE=$ROOT/lib/modules/$RELEASE
	done
	gzip -n root/lib/modules/$RELEASE/1/*.ko
	zstd -q --rm one/usr/lib/modules/$RELEASE/1/*.ko
	mkdir -p merged/usr
	cp -a root/lib merged/usr/lib
	cp -a one/usr two/usr merged/usr/..
	config 'search 3 1 built-in'
	"$DEPMOD" -b merged -C depmod.conf -o expected "$RELEASE"
	for jobs in 1 3; do
		rm -rf out
		together --jobs $jobs
		exits 0
		says_nothing
		[ "$(wc -l <"$TREE/modules.dep")" -gt 150 ]
		diff -r expected out
	done
}

@test "without -o they are refused" {
	module kernel/a.ko
	run "$DEPMOD" -b root -b one -C empty "$RELEASE"
	exits 1
	[ "$output" = 'depmod: ERROR: more than one -b needs -o (--help lists the options)' ]
	[ ! -e "$TREE/modules.dep" ]
}

@test "--map reads the files of each root, a named one too, wherever it is started" {
	module kernel/a.ko --device pci=1,2
	extension one
	module kernel/b.ko --device pci=3,4
	local file top=$BATS_TEST_TMPDIR
	mkdir -p elsewhere/kernel
	"$MKMODULE" --device pci=5,6 elsewhere/kernel/a.ko
	cd elsewhere
	for file in "" "$top/root/lib/modules/$RELEASE/kernel/a.ko"; do
		"$DEPMOD" --map -b "$top/root" -b "$top/one" -o "$top/out" -C "$top/empty" "$RELEASE" $file 2>messages
		[ ! -s messages ] || ! grep -v 'could not open' messages
		[ "$(awk '!/^#/ { print $1, $2 }' "$(find "$top/out" -name modules.pcimap)")" = \
			"a 0x00000001$([ -n "$file" ] || printf '\nb 0x00000003')" ]
	done
}
