# The files that are written: which, and what is in them.
load common

ALIAS_HEADER='# Aliases extracted from modules themselves.'
SYMBOLS_HEADER='# Aliases for symbols, used by symbol_request().'
SOFTDEP_HEADER='# Soft dependencies extracted from modules themselves.'
WEAKDEP_HEADER='# Weak dependencies extracted from modules themselves.'

@test "eleven files are written, and no others" {
	module kernel/a.ko
	index
	exits 0
	[ "$(cd "$TREE" && LC_ALL=C ls -A)" = 'kernel
modules.alias
modules.alias.bin
modules.builtin
modules.builtin.alias.bin
modules.builtin.bin
modules.builtin.modinfo
modules.dep
modules.dep.bin
modules.devname
modules.order
modules.softdep
modules.symbols
modules.symbols.bin
modules.weakdep' ]
}

@test "they may be read by everybody, and written by their owner" {
	module kernel/a.ko
	umask 022
	index
	for file in "$TREE"/modules.{dep,alias,softdep,weakdep,symbols,dep.bin,alias.bin,symbols.bin,devname}; do
		[ "$(stat -c %a "$file")" = 644 ]
	done
}

@test "an empty directory is fine: modules.dep has 0 bytes" {
	rm -r "$TREE"/*
	index
	exits 0
	says 'WARNING: '
	says_not 'ERROR: '
	[ -f "$TREE/modules.dep" ]
	[ ! -s "$TREE/modules.dep" ]
	[ -s "$TREE/modules.dep.bin" ]
	file_is modules.alias "$ALIAS_HEADER"
	file_is modules.softdep "$SOFTDEP_HEADER"
	file_is modules.weakdep "$WEAKDEP_HEADER"
	file_is modules.symbols "$SYMBOLS_HEADER"
	[ ! -s "$TREE/modules.devname" ]
	[ ! -s "$TREE/modules.builtin.bin" ]
	[ ! -s "$TREE/modules.builtin.alias.bin" ]
}

@test "an index without any key is its header alone" {
	module kernel/a.ko
	index
	for file in alias.bin symbols.bin; do
		[ "$(od -An -tx1 "$TREE/modules.$file" | tr -d ' \n')" = b007f457000200010000000c ]
	done
}

@test "modules.dep.bin has the lines of modules.dep" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	index
	entries_are modules.dep.bin 'a 0 kernel/a.ko: kernel/b.ko' 'b 1 kernel/b.ko:'
}

@test "the directory below -b appears in no file" {
	module kernel/a.ko --need one --alias mark
	module kernel/b.ko --export one
	index
	[ -z "$(grep -rlF "$BATS_TEST_TMPDIR" "$TREE")" ]
}

@test "modules.symbols is in byte order of the symbols" {
	module kernel/a.ko --export zz --export _b --export B
	module kernel/b.ko --export a --export a.1 --export a1
	index
	file_is modules.symbols "$SYMBOLS_HEADER" 'alias symbol:B a' 'alias symbol:_b a' 'alias symbol:a b' \
		'alias symbol:a.1 b' 'alias symbol:a1 b' 'alias symbol:zz a'
}

@test "modules.symbols names the owner, once" {
	module kernel/a.ko --export one --export one
	module kernel/b.ko --export one
	index
	file_is modules.symbols "$SYMBOLS_HEADER" 'alias symbol:one b'
}

@test "modules.alias keeps aliases as they are" {
	module kernel/a-b.ko --alias 'pci:v0000-8086[0-9]*' --alias 'unmatched[' --alias 'x y' --alias 'net-pf-[0-9]'
	index
	exits 0
	file_is modules.alias "$ALIAS_HEADER" 'alias pci:v0000-8086[0-9]* a_b' 'alias unmatched[ a_b' \
		'alias x y a_b' 'alias net-pf-[0-9] a_b'
}

@test "an unmatched bracket is a warning, and only that alias is not in the binary file" {
	for alias in 'open[bracket' 'closed]bracket' 'two[a]]brackets'; do
		module kernel/a.ko --alias "$alias" --alias kept
		index
		exits 0
		says 'WARNING: '
		says "$alias"
		file_is modules.alias "$ALIAS_HEADER" "alias $alias a" 'alias kept a'
		entries_are modules.alias.bin 'kept 0 a'
	done
}

@test "dashes become underscores in the binary file, except in brackets" {
	module kernel/a.ko --alias 'a-b[c-d]e-f'
	index
	says_nothing
	entries_are modules.alias.bin 'a_b[c-d]e_f 0 a'
}

@test "a repeated alias of one module is a warning under -w" {
	module kernel/a.ko --alias mark --alias mark
	index
	says_nothing
	file_is modules.alias "$ALIAS_HEADER" 'alias mark a' 'alias mark a'
	index -w
	exits 0
	says 'WARNING: '
	says 'mark'
}

@test "the same alias of two modules is no duplicate" {
	module kernel/a.ko --alias mark
	module kernel/b.ko --alias mark
	index -w
	exits 0
	says_nothing
	file_is modules.alias "$ALIAS_HEADER" 'alias mark a' 'alias mark b'
}

# forges_nothing OPTION VALUE: such a value is refused with a warning, others of the module are kept.
forges_nothing() {
	module kernel/a.ko --alias kept "$1" "$2" --alias kept2
	index
	exits 0
	says 'WARNING: '
	says kernel/a.ko
	says_not $'\e'
	file_is modules.alias "$ALIAS_HEADER" 'alias kept a' 'alias kept2 a'
	file_is modules.softdep "$SOFTDEP_HEADER"
	file_is modules.weakdep "$WEAKDEP_HEADER"
	entries_are modules.alias.bin 'kept 0 a' 'kept2 0 a'
}

@test "a newline in an alias is refused" { forges_nothing --alias 'x a\nalias evil'; }

@test "a newline in a softdep is refused" { forges_nothing --softdep 'pre: b\nsoftdep evil'; }

@test "a newline in a weakdep is refused" { forges_nothing --weakdep 'b\nweakdep evil'; }

@test "a newline at the beginning or end of a value is refused" {
	forges_nothing --alias '\nevil'
	forges_nothing --alias 'evil\n'
}

@test "other control characters are refused" {
	for byte in 01 08 09 0d 1b 1f 7f; do forges_nothing --alias "evil\\x$byte"; done
}

@test "every refused value of a module is warned about" {
	module kernel/a.ko --alias 'first\nx' --softdep 'second\nx'
	index
	says first
	says second
}

@test "a newline in a devname reaches no file" {
	module kernel/a.ko --alias 'devname:x\nevil c1:3' --alias char-major-1-3
	index
	exits 0
	says 'WARNING: '
	[ -z "$(grep -r evil "$TREE"/modules.*)" ]
}

@test "bytes of 0x80 and up stay in the text, and out of the binary file with a warning" {
	module kernel/a.ko --alias 'caf\xc3\xa9' --alias kept
	index
	exits 0
	says 'WARNING: '
	file_is modules.alias "$ALIAS_HEADER" $'alias caf\xc3\xa9 a' 'alias kept a'
	entries_are modules.alias.bin 'kept 0 a'
}

@test "bytes of 0x80 and up in softdeps stay" {
	module kernel/a.ko --softdep 'pre: caf\xc3\xa9'
	index
	exits 0
	says_nothing
	file_is modules.softdep "$SOFTDEP_HEADER" $'softdep a pre: caf\xc3\xa9'
}

@test "a symbol with a control character forges no line" {
	module kernel/a.ko --export $'one\nalias evil' --export two
	index
	exits 0
	[ -z "$(grep -x 'alias evil a' "$TREE/modules.symbols")" ]
	grep -qx 'alias symbol:two a' "$TREE/modules.symbols"
}

@test "devname: a character device" {
	module kernel/a.ko --alias char-major-10-200 --alias devname:net/tun
	index
	says_nothing
	file_is modules.devname '# Device nodes to trigger on-demand module loading.' 'a net/tun c10:200'
}

@test "devname: a block device" {
	module kernel/a-b.ko --alias devname:loop-control --alias block-major-7-0
	index
	says_nothing
	file_is modules.devname '# Device nodes to trigger on-demand module loading.' 'a_b loop-control b7:0'
}

@test "devname: several modules, and of each the first device" {
	module kernel/a.ko --alias devname:one --alias char-major-1-1 --alias devname:other --alias char-major-9-9
	module kernel/b.ko --alias char-major-1-2
	module kernel/c.ko --alias devname:three --alias char-major-10-* --alias char-major-10-55
	index
	says_nothing
	file_is modules.devname '# Device nodes to trigger on-demand module loading.' 'a one c1:1' 'c three c10:55'
}

@test "devname: without numbers it is an error message, and skipped" {
	module kernel/a.ko --alias devname:one --alias char-major-x-1 --alias char-major-1 --alias 'block-major-1-*'
	module kernel/b.ko --alias devname:two --alias char-major-1-2
	index
	exits 0
	says 'ERROR: '
	says one
	file_is modules.devname '# Device nodes to trigger on-demand module loading.' 'b two c1:2'
}

@test "devname: without any entry the file is empty" {
	module kernel/a.ko --alias char-major-1-1
	index
	[ -f "$TREE/modules.devname" ]
	[ ! -s "$TREE/modules.devname" ]
}

@test "builtin: names become keys, without directory and suffix" {
	printf '%s\n' kernel/fs/ext4/ext4.ko kernel/lib/zlib-inflate.ko >"$TREE/modules.builtin"
	index
	exits 0
	says_nothing
	entries_are modules.builtin.bin 'ext4 0 ' 'zlib_inflate 0 '
}

@test "builtin: without modules.builtin a warning, and an empty file" {
	rm "$TREE/modules.builtin"
	index
	exits 0
	says 'WARNING: '
	says 'modules.builtin:'
	[ -f "$TREE/modules.builtin.bin" ]
	[ ! -s "$TREE/modules.builtin.bin" ]
}

@test "builtin: without modules.builtin.modinfo a warning, and an empty file" {
	rm "$TREE/modules.builtin.modinfo"
	index
	exits 0
	says 'WARNING: '
	says modules.builtin.modinfo
	[ -f "$TREE/modules.builtin.alias.bin" ]
	[ ! -s "$TREE/modules.builtin.alias.bin" ]
}

@test "builtin: an empty file is an index without keys" {
	index
	says_nothing
	for file in builtin.bin builtin.alias.bin; do
		[ "$(od -An -tx1 "$TREE/modules.$file" | tr -d ' \n')" = b007f457000200010000000c ]
	done
}

@test "builtin: a bad line is an error message, and the rest counts" {
	printf '%s\n' kernel/fs/one.ko '# comment' '/absolute.ko' kernel/fs/other.ko >"$TREE/modules.builtin"
	index
	exits 0
	says 'ERROR: '
	says '# comment'
	says /absolute.ko
	[ "${#lines[@]}" = 2 ]
	entries_are modules.builtin.bin 'one 0 ' 'other 0 '
}

@test "builtin: a string that is no NAME.key=value is an error message, and the rest counts" {
	printf 'one.alias=first\0nonsense\0two.license=GPL\0two.alias=second\0' >"$TREE/modules.builtin.modinfo"
	index
	exits 0
	says 'ERROR: '
	says nonsense
	[ "${#lines[@]}" = 1 ]
	entries_are modules.builtin.alias.bin 'first 0 one' 'second 0 two'
}

@test "builtin: a string without an end is an error message, and the rest counts" {
	printf 'one.alias=first\0two.alias=second' >"$TREE/modules.builtin.modinfo"
	index
	exits 0
	says 'ERROR: '
	says modules.builtin.modinfo
	entries_are modules.builtin.alias.bin 'first 0 one'
}

@test "builtin: aliases are normalized, and an unmatched bracket is a warning" {
	printf 'one.alias=a-b[c-d]e\0one.alias=evil[\0' >"$TREE/modules.builtin.modinfo"
	index
	exits 0
	says 'WARNING: '
	says 'evil['
	entries_are modules.builtin.alias.bin 'a_b[c-d]e 0 one'
}

@test "output of an earlier run is replaced, not added to" {
	module kernel/a.ko --alias one
	module kernel/b.ko --alias two
	index
	rm "$TREE/kernel/b.ko"
	index
	file_is modules.dep kernel/a.ko:
	file_is modules.alias "$ALIAS_HEADER" 'alias one a'
	index
	file_is modules.dep kernel/a.ko:
}

@test "a module's index is its priority in the binary files" {
	module kernel/a.ko --alias shared --export one
	module kernel/b-c.ko --alias shared --alias 'x*' --export two
	order kernel/b-c.ko kernel/a.ko
	index
	entries_are modules.dep.bin 'a 1 kernel/a.ko:' 'b_c 0 kernel/b-c.ko:'
	entries_are modules.alias.bin 'shared 0 b_c' 'shared 1 a' 'x* 0 b_c'
	entries_are modules.symbols.bin 'symbol:one 1 a' 'symbol:two 0 b_c'
}

@test "a symbol that is not ASCII is left out of the binary file, from between its neighbours" {
	module kernel/a.ko --export bd --export $'bb\xc3' --export a --export bc --export $'\xc3'
	index
	says $'WARNING: left out of the binary index, as it is not 7-bit ASCII: symbol:bb\xc3'
	[ "${#lines[@]}" = 2 ]
	entries_are modules.symbols.bin 'symbol:a 0 a' 'symbol:bc 0 a' 'symbol:bd 0 a'
	[ "$(sed 1d "$TREE/modules.symbols")" = $'alias symbol:a a\nalias symbol:bb\xc3 a\nalias symbol:bc a\nalias symbol:bd a\nalias symbol:\xc3 a' ]
}

@test "duplicates are kept in the binary file" {
	module kernel/a.ko --alias mark --alias mark --alias a-b --alias a_b
	index
	entries_are modules.alias.bin 'a_b 0 a' 'a_b 0 a' 'mark 0 a' 'mark 0 a'
}

@test "builtin: of equal aliases the one that stands later comes first" {
	printf 'one.alias=shared\0two.alias=shared\0' >"$TREE/modules.builtin.modinfo"
	index
	entries_are modules.builtin.alias.bin 'shared 0 two' 'shared 0 one'
}

@test "keys that are the beginning of others, at every length" {
	for name in a ab abc abcdef abd b; do module "kernel/$name.ko"; done
	index
	entries_are modules.dep.bin 'a 0 kernel/a.ko:' 'ab 1 kernel/ab.ko:' 'abc 2 kernel/abc.ko:' \
		'abcdef 3 kernel/abcdef.ko:' 'abd 4 kernel/abd.ko:' 'b 5 kernel/b.ko:'
}

@test "a module whose name has bytes of 0x80 and up stays in the text, and out of the binary file with a warning" {
	module $'kernel/caf\xc3\xa9.ko'
	module kernel/a.ko
	index
	exits 0
	says 'WARNING: '
	file_is modules.dep kernel/a.ko: $'kernel/caf\xc3\xa9.ko:'
	entries_are modules.dep.bin 'a 0 kernel/a.ko:'
}
