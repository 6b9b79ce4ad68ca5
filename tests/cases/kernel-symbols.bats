# The kernel's own symbols: System.map, /proc/kallsyms, Module.symvers; and what -e has to say.
load common

# missing NAME...: exactly these symbols of kernel/a.ko have been reported as unknown.
missing() {
	local name expected=
	for name; do expected+="depmod: WARNING: $TREE/kernel/a.ko needs unknown symbol $name"$'\n'; done
	[ "$output" = "${expected%$'\n'}" ] || {
		printf 'said:\n%s\nexpected:\n%s\n' "$output" "$expected"
		return 1
	}
}

@test "System.map: symbols that begin with __ksymtab_ are the exports" {
	module kernel/a.ko --need one --need two --need three
	printf '%s\n' 'ffffffff81000000 T one' 'ffffffff81000010 T three' \
		'ffffffff82000000 r __ksymtab_one' 'ffffffff82000010 R __ksymtab_two' >map
	index -e -F map
	exits 0
	missing three
}

@test "System.map: 32 bits, tabs, leading blanks, any type" {
	module kernel/a.ko --need one --need two --need three --need four
	printf '%b\n' 'c0000000 r __ksymtab_one' 'c0000000\tr\t__ksymtab_two' '  c0000000  ?  __ksymtab_three' \
		'         U __ksymtab_four' '00000000 a' >map
	printf 'c0000000 r __ksymtab_four' >>map
	index -e -F map
	exits 0
	says_not 'unknown symbol'
}

@test "System.map: whatever blanks there are between words, the third one is the symbol" {
	module kernel/a.ko $(printf -- '--need %s ' one two three four five six)
	printf '%b\n' 'ffffffff81000000 R  __ksymtab_one' 'ffffffff81000000 R \t__ksymtab_two [module]' \
		'ffffffff81000000   R __ksymtab_three' 'c0000000 R  __ksymtab_four and more words' \
		'a T __ksymtab_five x and more words' 'a T __ksymtab_six  and more words' 'ffffffff81000000 R  x' >map
	index -e -F map
	exits 0
	says_not 'unknown symbol'
}

@test "System.map: strings and other sections' names are no exports" {
	module kernel/a.ko --need strings_x --need gpl --need ''
	printf '%s\n' '0 r __kstrtab_strings_x' '0 r __kstrtabns_gpl' '0 r __ksymtab' '0 r __start___ksymtab_gpl' \
		'0 r __ksymtab_' '0 r __ksymtab_unneeded' >map
	index -e -F map
	missing strings_x gpl
}

@test "/proc/kallsyms: a module's name may follow" {
	module kernel/a.ko --need one --need two
	printf '%b\n' '0000000000000000 r __ksymtab_one' '0000000000000000 r __ksymtab_two\t[some_module]' >map
	index -e -F map
	exits 0
	says_nothing
}

@test "System.map through a pipe" {
	module kernel/a.ko --need one --need two
	run bash -c '"$@" -F <(echo 0 r __ksymtab_one)' - "$DEPMOD" -b root -C empty -e "$RELEASE"
	exits 0
	missing two
}

@test "System.map: -P is ignored before __ksymtab_" {
	module kernel/a.ko --need _one --need _two
	printf '%s\n' '0 r ___ksymtab_one' '0 r ___ksymtab_two' >map
	index -P_ -e -F map
	exits 0
	says_nothing
}

@test "System.map: a bad line is an error message with file and line, and the rest counts" {
	module kernel/a.ko --need one --need two --need three
	printf '%s\n' '0 r __ksymtab_one' 'nonsense' '0 r __ksymtab_two' '0 r' '0 r __ksymtab_three' >map
	index -e -F map
	exits 0
	says 'ERROR: map:2: '
	says 'ERROR: map:4: '
	[ "${#lines[@]}" = 2 ]
}

@test "Module.symvers: rows of vmlinux are the exports" {
	module kernel/a.ko --need one=1 --need two=2 --need three=3
	symvers '0x00000001\tone\tvmlinux\tEXPORT_SYMBOL' '0x00000002\ttwo\tdrivers/net/x\tEXPORT_SYMBOL' \
		'0x00000003\tthree\tvmlinux\tEXPORT_SYMBOL_GPL'
	index -e -E symvers
	exits 0
	missing two
}

@test "Module.symvers: with a column for the namespace, empty or not" {
	module kernel/a.ko --need one=1 --need two=2 --need three=3
	symvers '0x00000001\tone\tvmlinux\tEXPORT_SYMBOL\t' '0x00000002\ttwo\tvmlinux\tEXPORT_SYMBOL_GPL\tNAME_SPACE' \
		'0x00000003\tthree\tvmlinux\tEXPORT_SYMBOL\t\t'
	index -e -E symvers
	exits 0
	says_nothing
}

@test "Module.symvers: separated by blanks" {
	module kernel/a.ko --need one=1 --need two=0xabcdef
	symvers '0x00000001 one vmlinux EXPORT_SYMBOL' ' 0x00ABCDEF   two  vmlinux  EXPORT_SYMBOL_GPL  NS'
	index -e -E symvers
	exits 0
	says_nothing
}

@test "Module.symvers: without the type, as it once was" {
	module kernel/a.ko --need one=1
	symvers '0x00000001\tone\tvmlinux'
	index -e -E symvers
	exits 0
	says_nothing
}

@test "Module.symvers: a CRC that is none is an error message with file and line, and the rest counts" {
	module kernel/a.ko --need one=1 --need two=2 --need three=3
	symvers '0x00000001\tone\tvmlinux\tEXPORT_SYMBOL\t' 'crc\ttwo\tvmlinux\tEXPORT_SYMBOL\t' \
		'0x00000003\tthree\tvmlinux\tEXPORT_SYMBOL\t' '0x\tfour\tvmlinux\tEXPORT_SYMBOL\t'
	index -e -E symvers
	exits 0
	says 'ERROR: symvers:2: '
	says 'ERROR: symvers:4: '
	says_line "depmod: WARNING: $TREE/kernel/a.ko needs unknown symbol two"
	[ "${#lines[@]}" = 3 ]
}

@test "Module.symvers: a line of too few words is an error message with file and line" {
	module kernel/a.ko --need one=1
	symvers '0x00000002\ttwo' '0x00000003' '' '0x00000001\tone\tvmlinux\tEXPORT_SYMBOL\t'
	index -e -E symvers
	exits 0
	says 'ERROR: symvers:1: '
	says 'ERROR: symvers:2: '
	[ "${#lines[@]}" = 2 ]
}

@test "Module.symvers: -P is ignored" {
	module kernel/a.ko --need one=1
	symvers '0x00000001\t_one\tvmlinux\tEXPORT_SYMBOL\t'
	index -P_ -e -E symvers
	exits 0
	says_nothing
}

@test "a file that is missing is an error, and nothing is written" {
	module kernel/a.ko
	for option in -E -F; do
		index $option gone
		exits 1
		says gone
		says 'No such file'
		[ ! -e "$TREE/modules.dep" ]
	done
}

@test "a directory instead of a file is an error" {
	module kernel/a.ko
	index -F empty
	exits 1
	says empty
}

@test "an empty file is a kernel that exports nothing" {
	module kernel/a.ko --need one
	: >map
	index -e -E map
	exits 0
	missing one
}

@test "NULs and endless lines do no harm" {
	module kernel/a.ko --need one
	{
		head -c 100000 /dev/zero
		printf '\n0 r __ksymtab_one\n'
		head -c 100000 /dev/zero | tr '\0' x
	} >map
	index -e -F map
	exits 0
	says_not 'unknown symbol'
}

@test "-F and -E without -e say nothing, and change no file" {
	module kernel/a.ko --need one --need unknown
	module kernel/b.ko --export two
	index -o out1
	system_map one
	index -F map -o out2
	exits 0
	says_nothing
	diff -r out1 out2
	symvers '0x00000001\tone\tvmlinux\tEXPORT_SYMBOL\t'
	index -E symvers -o out3
	exits 0
	says_nothing
	diff -r out1 out3
}

@test "each unknown symbol of each module is reported" {
	module kernel/a.ko --need one --need two
	module kernel/b.ko --need one
	system_map
	index -e -F map
	exits 0
	says_line "depmod: WARNING: $TREE/kernel/a.ko needs unknown symbol one"
	says_line "depmod: WARNING: $TREE/kernel/a.ko needs unknown symbol two"
	says_line "depmod: WARNING: $TREE/kernel/b.ko needs unknown symbol one"
	[ "${#lines[@]}" = 3 ]
}

@test "what a module exports is known" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	system_map
	index -e -F map
	says_nothing
}

@test "a weak need is never reported, neither unknown nor with another CRC" {
	module kernel/a.ko --weak unknown --weak one=1
	symvers '0x00000002\tone\tvmlinux\tEXPORT_SYMBOL\t'
	index -e -E symvers
	exits 0
	says_nothing
	system_map one
	index -e -F map
	says_nothing
}

@test "a CRC that differs from the kernel's is reported with -E" {
	module kernel/a.ko --need one=1 --need two=2
	symvers '0x00000001\tone\tvmlinux\tEXPORT_SYMBOL\t' '0x00000003\ttwo\tvmlinux\tEXPORT_SYMBOL\t'
	index -e -E symvers
	exits 0
	[ "$output" = "depmod: WARNING: $TREE/kernel/a.ko disagrees about version of symbol two" ]
}

@test "CRCs are not compared with -F" {
	module kernel/a.ko --need one=1
	module kernel/b.ko --export one=2
	system_map
	index -e -F map
	exits 0
	says_nothing
}

@test "the CRC of a module's export counts instead of the kernel's" {
	module kernel/a.ko --need one=1
	module kernel/b.ko --export one=1
	symvers '0x00000002\tone\tvmlinux\tEXPORT_SYMBOL\t'
	index -e -E symvers
	says_nothing
	module kernel/b.ko --export one=3
	index -e -E symvers
	[ "$output" = "depmod: WARNING: $TREE/kernel/a.ko disagrees about version of symbol one" ]
}

@test "a kernel symbol that a module exports belongs to the module" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	system_map one
	index -F map
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
	file_is modules.symbols '# Aliases for symbols, used by symbol_request().' 'alias symbol:one b'
}

@test "__this_module, _GLOBAL_OFFSET_TABLE_ and TOC. always exist" {
	module kernel/a.ko --need __this_module --need _GLOBAL_OFFSET_TABLE_ --need TOC. --need .TOC.
	system_map
	index -e -F map
	exits 0
	says_nothing
	: >symvers
	index -e -E symvers
	exits 0
	says_nothing
}

@test "-u: exit status 1 when -e had something to report, and all is written" {
	module kernel/a.ko --need unknown
	system_map
	index -e -u -F map
	exits 1
	file_is modules.dep kernel/a.ko:
}
