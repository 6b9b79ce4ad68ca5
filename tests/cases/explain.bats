# --explain: one module, for a person.
load common

# explained LINE...: all that is said, on standard output alone, and nothing is written.
explained() {
	exits 0
	[ -z "$stderr" ]
	[ "$output" = "$(printf '%s\n' "$@")" ] || {
		printf 'it says:\n%s\n' "$output"
		return 1
	}
	[ ! -e "$TREE/modules.dep" ]
}

explain() { index_apart --explain "$@"; }

index_apart() {
	local conf=$BATS_TEST_TMPDIR/depmod.conf
	[ -e "$conf" ] || conf=empty
	run --separate-stderr "$DEPMOD" -b "$ROOT" -C "$conf" "$@" "$RELEASE"
}

some_modules() {
	module kernel/fs/a-b.ko --need one --need two --need three --need printk --weak maybe \
		--alias fs-ab --alias pci:v1 --alias usb:x --alias pci:v2 --softdep 'pre: q  post: r' --weakdep w
	module kernel/lib/c.ko --export two --export one --need deep
	module kernel/lib/d.ko --export three
	module kernel/lib/e.ko --export deep
}

@test "an alias that is empty is told of as it is, wherever its memory lies" {
	module kernel/a.ko --alias "" --alias usb:x
	for limit in unlimited 1500000 2500000 4000000 6000000; do
		run --separate-stderr sh -c 'ulimit -v "$0" && exec "$@"' "$limit" "$DEPMOD" -b "$ROOT" -C empty --explain a "$RELEASE"
		exits 0
		grep -x 'aliases: *, usb: 1' <<<"$output"
	done
}

@test "what a module needs, by the symbols, and what it says" {
	some_modules
	for form in a-b a_b a-b.ko kernel/fs/a-b.ko "$TREE/kernel/fs/a-b.ko"; do
		explain "$form"
		explained 'name:           a_b' \
			'file:           kernel/fs/a-b.ko' \
			'form:           plain ELF 64-bit little-endian x86-64' \
			'needs:          c: one, two' \
			'needs:          d: three' \
			'  indirectly:   e' \
			'kernel symbols: 1' \
			'aliases:        fs-ab, pci: 2, usb: 1' \
			'soft:           pre: q post: r' \
			'weak:           w'
	done
}

@test "what needs it, directly and not" {
	some_modules
	module kernel/z.ko --need deep
	explain e
	explained 'name:           e' \
		'file:           kernel/lib/e.ko' \
		'form:           plain ELF 64-bit little-endian x86-64' \
		'kernel symbols: 0' \
		'needed by:      c, z' \
		'  indirectly:   a_b'
}

@test "symbols that nothing supplies, where those of the kernel are known" {
	some_modules
	system_map printk
	explain c -F map
	explained 'name:           c' \
		'file:           kernel/lib/c.ko' \
		'form:           plain ELF 64-bit little-endian x86-64' \
		'needs:          e: deep' \
		'kernel symbols: 0' \
		'needed by:      a_b'
	rm "$TREE/kernel/lib/e.ko"
	explain c -F map
	[[ $output == *'nobody has:     deep'* ]]
	explain a_b -F map
	[[ $output == *$'\nkernel symbols: 1'* ]]
	[[ $output != *'nobody has'* ]]
}

@test "a symbol with control characters does not steer the terminal" {
	system_map
	module kernel/a.ko --need $'x\e[1my\nz'
	explain a -F map
	[ "${lines[3]}" = 'nobody has:     x?[1my?z' ]
}

@test "the form: compression, word size, byte order, architecture" {
	module kernel/a.ko --class 32 --order big --machine 20
	xz --check=crc32 "$TREE/kernel/a.ko"
	explain a
	[ "${lines[2]}" = 'form:           xz ELF 32-bit big-endian ppc' ]
	module kernel/b.ko --machine 999
	explain b
	[ "${lines[2]}" = 'form:           plain ELF 64-bit little-endian 999' ]
}

@test "files that it is used instead of, and by which rule" {
	module kernel/a.ko
	module kernel/z/a.ko
	module updates/a.ko
	explain a
	explained 'name:           a' \
		'file:           updates/a.ko' \
		'instead of:     kernel/a.ko by search updates before built-in' \
		'instead of:     kernel/z/a.ko by search updates before built-in' \
		'form:           plain ELF 64-bit little-endian x86-64' \
		'kernel symbols: 0'
	config 'search kernel' 'override a * kernel/z'
	explain kernel/a.ko
	explained 'name:           a' \
		'not used:       kernel/a.ko' \
		'file:           kernel/z/a.ko' \
		'instead of:     kernel/a.ko by override kernel/z/a' \
		'instead of:     updates/a.ko by override kernel/z/a' \
		'form:           plain ELF 64-bit little-endian x86-64' \
		'kernel symbols: 0'
	config 'search kernel'
	explain a
	[ "${lines[2]}" = 'instead of:     kernel/z/a.ko by byte order' ]
	[ "${lines[3]}" = 'instead of:     updates/a.ko by search kernel before what is not listed' ]
}

@test "a link is not the file that it leads to" {
	module kernel/a.ko
	mkdir "$TREE/updates"
	ln -s ../kernel/a.ko "$TREE/updates/a.ko"
	explain kernel/a.ko
	[ "${lines[1]}" = 'not used:       kernel/a.ko' ]
	explain updates/a.ko
	[ "${lines[1]}" = 'file:           updates/a.ko' ]
}

@test "long lists are folded before the 80th column" {
	for i in $(seq 40); do module "kernel/user$i.ko" --need one; done
	module kernel/a.ko --export one
	explain a
	exits 0
	[ -z "$(awk 'length > 79' <<<"$output")" ]
	[ "$(grep -o 'user[0-9]*' <<<"$output" | sort -u | wc -l)" = 40 ]
	[ "$(sed -n 6p <<<"$output")" = '                user17, user18, user19, user2, user20, user21, user22, user23,' ]
}

@test "a module that could not be read, and one in a cycle, are explained as far as they go" {
	echo text >"$TREE/kernel/a.ko"
	explain a
	exits 0
	[ "$output" = "$(printf '%s\n' 'name:           a' 'file:           kernel/a.ko' \
		'left out:       neither ELF nor a known compression' 'kernel symbols: 0')" ]
	module kernel/b.ko --need c --export b
	module kernel/c.ko --need b --export c
	explain b
	exits 1
	[[ $stderr == *'Cycle detected: b -> c -> b'* ]]
	[ "$output" = "$(printf '%s\n' 'name:           b' 'file:           kernel/b.ko' \
		'left out:       in a dependency cycle, or needs a module that is' \
		'form:           plain ELF 64-bit little-endian x86-64' 'needs:          c: c' \
		'kernel symbols: 0' 'needed by:      c')" ]
}

@test "an unknown module is an error with exit status 1, and a name that is near" {
	module kernel/drm-helper.ko
	module kernel/a.ko
	unknown() {
		explain "$1"
		exits 1
		says_nothing
		[ "$stderr" = "depmod: ERROR: no module $1 in $TREE/$2" ]
	}
	unknown b ''
	unknown unlike-any ''
	unknown drm_hepler ', did you mean drm_helper?'
	unknown other/a.ko ', did you mean a?'
	unknown "$ROOT/a.ko" ', did you mean a?'
}

@test "what is built into the kernel is said to be" {
	module kernel/ext3.ko
	echo kernel/fs/ext4/ext4.ko >"$TREE/modules.builtin"
	for name in ext4 kernel/fs/ext4/ext4.ko; do
		explain $name
		exits 1
		[ "$stderr" = "depmod: ERROR: $name is no module here: it is built into the kernel" ]
	done
}

@test "a tree that cannot be written to, an old index, -A and -v change nothing" {
	some_modules
	explain a-b
	echo "$output" >expected
	index
	before=$(fingerprint)
	for options in -A -v '--jobs 1' '--jobs 3'; do
		explain a-b $options
		exits 0
		cmp expected - <<<"$output"
	done
	[ "$(fingerprint)" = "$before" ]
}

@test "an operand that is no version is refused" {
	module kernel/a.ko
	run "$DEPMOD" -b "$ROOT" word --explain a
	exits 1
	says 'Bad version passed word'
}
