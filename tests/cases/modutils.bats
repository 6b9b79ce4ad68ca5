# Kernels of the 2.4 series and older: what depmod of modutils did.
load common
load invariants

RELEASE=2.4.20
K=/lib/modules/$RELEASE/kernel

# old PATH [OPTION...]: a module of 32 bits, as most were.
old() { module "$1" --class 32 "${@:2}"; }

# dep_is TEXT: all of modules.dep, newlines and tabs as \n and \t.
dep_is() { text_is "$TREE/modules.dep" "$1"; }

text_is() {
	printf "$2" >expected
	cmp -s expected "$1" || {
		printf '%s is:\n%s\nexpected:\n%s\n' "$1" "$(cat -A "$1")" "$(cat -A expected)"
		return 1
	}
}

# all_said LINE...: the messages of the last run, all of them; \t is a tab.
all_said() {
	local expected=
	[ $# = 0 ] || expected=$(printf '%b\n' "$@")
	[ "$output" = "$expected" ] || {
		printf 'said:\n%s\nexpected:\n%s\n' "$output" "$expected"
		return 1
	}
}

# kernel LINE...: a System.map or copy of /proc/ksyms that `index` uses from then on, with mod_use_count_ and so on added
# by depmod itself.
kernel() {
	[ $# = 0 ] || printf '%b\n' "$@" >map
	[ $# != 0 ] || : >map
}

# with_kernel [OPTION...]
with_kernel() { index -F map "$@"; }

# unresolved MODULE [SYMBOL...]: with -e, exactly this is reported, of one module. (Not in "lines": `run` sets that.)
unresolved() {
	local wanted=("depmod: *** Unresolved symbols in $ROOT$K/$1")
	shift
	for symbol; do wanted+=("depmod: \\t$symbol"); done
	with_kernel -e
	exits 0
	all_said "${wanted[@]}"
}

# inside: "${enter[@]}" /depmod is our depmod, with root/ as the root directory, and depmod.old beside it.
inside() {
	enter=(chroot root)
	[ "$(id -u)" = 0 ] || enter=(unshare -r chroot root)
	install -m 755 "$DEPMOD" "$DEPMOD_OLD" root
	"${enter[@]}" /depmod -V >/dev/null 2>&1 || skip "another root directory cannot be entered here"
}

maps_headers='# module             id=string
# pci module         vendor     device     subvendor  subdevice  class      class_mask driver_data
# isapnp module      cardvendor carddevice driver_data vendor     function   ...
# usb module         match_flags idVendor idProduct bcdDevice_lo bcdDevice_hi bDeviceClass bDeviceSubClass bDeviceProtocol bInterfaceClass bInterfaceSubClass bInterfaceProtocol driver_info
# module             pattern
# ieee1394 module    match_flags vendor_id model_id specifier_id version
# module             id'

# ---- which kernels ----

@test "versions from 1.x to 2.5 are old, and others are not" {
	local release
	for release in 1.0 1.3.100 2.0.40 2.2.26 2.3.51 2.4 2.4.37.11-custom 2.5 2.5.75 2.6.0 2.40.1 2.50 3.0 3.2 6.1.0 \
		0.0 0.0.0 0.99 10.2; do
		rm -rf root
		TREE=$ROOT/lib/modules/$release
		module kernel/a.o
		module kernel/b.ko
		kernel
		run "$DEPMOD" -b root -C empty -F map -q "$release"
		exits 0
		case $release in
		1.* | 2.[0-5] | 2.[0-5].*) dep_is "/lib/modules/$release/kernel/a.o:\n\n" ;;
		*) dep_is "kernel/b.ko:\n" ;;
		esac
	done
}

# ---- which files ----

@test "modules end in .o or .o.gz, and keep that in modules.dep" {
	old kernel/a.o --ksymtab one
	old kernel/b.o --use one
	old kernel/c.ko
	old kernel/d.o.old
	old kernel/.e.o
	old kernel/o
	gzip -n "$TREE/kernel/a.o"
	kernel
	with_kernel
	exits 0
	says_nothing
	dep_is "$K/a.o.gz:\n\n$K/b.o:\t$K/a.o.gz\n\n"
}

@test "modules of one name stand side by side" {
	old kernel/a.o
	old misc/a.o
	kernel
	with_kernel
	exits 0
	says_nothing
	dep_is "$K/a.o:\n\n/lib/modules/$RELEASE/misc/a.o:\n\n"
}

@test "order: the kernel's own directories, others, files; in each, entries in byte order" {
	local path
	for path in z.o extra/a.o extra/a-b.o extra/a/z.o kernel/b.o kernel/b/a.o kernel/b-.o net/a.o; do old "$path"; done
	kernel
	with_kernel
	exits 0
	says_nothing
	dep_is "$(for path in kernel/b/a.o kernel/b-.o kernel/b.o net/a.o extra/a/z.o extra/a-b.o extra/a.o z.o; do
		printf '/lib/modules/%s:\\n\\n' "$RELEASE/$path"
	done)"
}

@test "links to modules, as in pcmcia/, are the modules themselves" {
	mkdir -p "$TREE/pcmcia" "$TREE/fs" elsewhere
	old kernel/a.o
	mv "$TREE/kernel/a.o" elsewhere/b.o
	old kernel/c.o
	ln -s ../kernel/c.o "$TREE/pcmcia/c.o"
	ln -s ../kernel/c.o "$TREE/fs/first.o"
	ln -s "$PWD/elsewhere/b.o" "$TREE/pcmcia/b.o"
	kernel
	with_kernel
	exits 0
	says_nothing
	dep_is "$K/c.o:\n\n/lib/modules/$RELEASE/pcmcia/b.o:\n\n"
}

@test "links to directories, and directories by other names, bring no file twice" {
	mkdir -p root/opt "$TREE/kernel/net"
	old kernel/net/a.o
	old kernel/b.o
	ln "$TREE/kernel/b.o" "$TREE/kernel/same.o"
	ln -s kernel/net "$TREE/net"
	ln -s "$RELEASE" root/lib/modules/boot
	"$MKMODULE" root/opt/c.o
	ln -s opt root/other
	kernel
	with_kernel
	exits 0
	says_nothing
	dep_is "$K/b.o:\n\n$K/net/a.o:\n\n$K/same.o:\n\n"
	config path=/other path=/opt/ path=//opt path=/lib/modules/boot/kernel/net keep path=/other/../opt/.
	with_kernel
	exits 0
	says_nothing
	dep_is "/opt/c.o:\n\n/lib/modules/boot/kernel/net/a.o:\n\n"
	config path=/other
	with_kernel
	dep_is '/other/c.o:\n\n'
}

@test "build/ is not searched, nor are links that lead nowhere" {
	old build/a.o
	old kernel/b.o
	ln -s nowhere.o "$TREE/kernel/c.o"
	kernel
	with_kernel
	exits 0
	all_said "depmod: ERROR: cannot follow $TREE/kernel/c.o: No such file or directory"
	dep_is "$K/b.o:\n\n"
}

@test "/lib/modules/boot, of the first two numbers, and directories that once stood there are searched, too" {
	mkdir -p root/lib/modules/{boot,2.4,fs,net,other}
	old kernel/a.o
	for path in boot 2.4 fs net other; do "$MKMODULE" "root/lib/modules/$path/$path.o"; done
	kernel
	with_kernel
	exits 0
	dep_is "/lib/modules/boot/boot.o:\n\n$K/a.o:\n\n/lib/modules/2.4/2.4.o:\n\n/lib/modules/fs/fs.o:\n\n/lib/modules/net/net.o:\n\n"
}

@test "no directory of that version: an error, and nothing is made" {
	old kernel/a.o
	run "$DEPMOD" -b root -C empty -F /dev/null 2.4.21
	exits 1
	all_said "depmod: ERROR: could not open directory $ROOT/lib/modules/2.4.21/: No such file or directory
depmod: to index what is there: depmod -b root -C empty 2.4.20"
	[ ! -e root/lib/modules/2.4.21 ]
}

@test "an empty version: files without entries" {
	kernel
	with_kernel
	exits 0
	says_nothing
	[ -f "$TREE/modules.dep" ] && [ ! -s "$TREE/modules.dep" ]
	[ "$(cd "$TREE" && cat modules.generic_string modules.{pci,isapnp,usb,parport,ieee1394,pnpbios}map)" = "$maps_headers" ]
	[ "$(cd "$TREE" && echo modules.*)" = "modules.builtin modules.builtin.modinfo modules.dep modules.generic_string \
modules.ieee1394map modules.isapnpmap modules.order modules.parportmap modules.pcimap modules.pnpbiosmap modules.usbmap" ]
}

# ---- exports and needs ----

needs_are_found() {
	module kernel/a.o "${kind[@]}" --use one --use two "$@"
	module kernel/b.o "${kind[@]}" --ksymtab one
	module kernel/c.o "${kind[@]}" --ksymtab two
	with_kernel -e
	exits 0
	says_nothing
	dep_is "$K/a.o:\t$K/b.o \\\\\n\t$K/c.o\n\n$K/b.o:\n\n$K/c.o:\n\n"
}

@test "dependencies, a line each, of any class and byte order, whatever kind of relocations there are" {
	kernel
	in_all_kinds needs_are_found
	in_all_kinds needs_are_found --rel
	in_all_kinds needs_are_found --rela
	kind=(--class 64 --order little --machine 8)
	rm -r "$TREE/kernel"
	needs_are_found --rela
}

@test "with __ksymtab, only what stands there is exported" {
	old kernel/a.o --use one
	old kernel/b.o --use two
	old kernel/c.o --ksymtab one --global two
	kernel
	unresolved b.o two
	dep_is "$K/a.o:\t$K/c.o\n\n$K/b.o:\n\n$K/c.o:\n\n"
}

@test "with __ksymtab, of which EXPORT_NO_SYMBOLS left nothing, nothing is exported" {
	old kernel/a.o --use one
	old kernel/b.o --no-symbols --global one
	kernel
	unresolved a.o one
	dep_is "$K/a.o:\n\n$K/b.o:\n\n"
}

@test "without it, all that is global and defined is exported" {
	old kernel/a.o --use one --use two --use three --use four
	old kernel/b.o --global one --local two --global-weak four
	old kernel/c.o --common three
	kernel
	unresolved a.o two four
	dep_is "$K/a.o:\t$K/b.o \\\\\n\t$K/c.o\n\n$K/b.o:\n\n$K/c.o:\n\n"
}

@test "GPLONLY_ before a name is not part of it" {
	old kernel/a.o --use one
	old kernel/b.o --ksymtab GPLONLY_one
	kernel
	with_kernel -e
	says_nothing
	dep_is "$K/a.o:\t$K/b.o\n\n$K/b.o:\n\n"
}

@test "needs are undefined symbols that a relocation uses and that are not weak" {
	old kernel/a.o --use one --need two --use-weak three --weak four
	old kernel/b.o --ksymtab one --ksymtab two --ksymtab three --ksymtab four
	kernel
	with_kernel -e
	says_nothing
	dep_is "$K/a.o:\t$K/b.o\n\n$K/b.o:\n\n"
}

@test "dependencies are direct ones, even in a circle, and none is named twice" {
	old kernel/a.o --use one --use two --use three --ksymtab four
	old kernel/b.o --ksymtab one --ksymtab two --use three
	old kernel/c.o --ksymtab three --use four
	kernel
	with_kernel -e
	exits 0
	says_nothing
	dep_is "$K/a.o:\t$K/b.o \\\\\n\t$K/c.o\n\n$K/b.o:\t$K/c.o\n\n$K/c.o:\t$K/a.o\n\n"
}

@test "among exporters, one in the same directory counts, then the first" {
	old kernel/fs/a.o --use one
	old kernel/fs/c.o --ksymtab one
	old kernel/lib/b.o --ksymtab one
	old kernel/net/d.o --use one
	old kernel/net/e.o --ksymtab one
	old kernel/net/f.o --ksymtab one
	old kernel/video/g.o --use one
	kernel
	with_kernel -e
	says_nothing
	[ "$(grep $'\t' "$TREE/modules.dep")" = "$(printf '%s:\t%s\n' "$K/fs/a.o" "$K/fs/c.o" "$K/net/d.o" "$K/net/e.o" \
		"$K/video/g.o" "$K/fs/c.o")" ]
}

@test "a directory below is not the same one, nor is one whose name begins alike" {
	old kernel/first/a.o --ksymtab one
	old kernel/fs/b.o --use one
	old kernel/fs/deep/c.o --ksymtab one
	old kernel/fs2/d.o --ksymtab one
	old kernel/fs2/deep/e.o --use one
	kernel
	with_kernel -e
	says_nothing
	[ "$(grep $'\t' "$TREE/modules.dep")" = "$(printf '%s:\t%s\n' "$K/fs/b.o" "$K/first/a.o" "$K/fs2/deep/e.o" "$K/first/a.o")" ]
}

@test "the kernel's symbols count before modules'" {
	old kernel/a.o --use one
	old kernel/b.o --ksymtab one
	kernel 'c0000000 r __kstrtab_one'
	with_kernel -e
	says_nothing
	dep_is "$K/a.o:\n\n$K/b.o:\n\n"
}

@test "mod_use_count_ and __this_module are always there" {
	old kernel/a.o --use mod_use_count_ --use __this_module --use module_layout
	kernel
	unresolved a.o module_layout
}

# ---- device tables ----

tables_are_written() {
	local word=8
	[[ "${kind[*]}" != *64* ]] || word=16
	module kernel/my-mod.o "${kind[@]}" "$@" --modstring parport_lowlevel=parport_pc --device pci=0x8086,0x1229,0xffffffff \
		--device usb=3,0x46d,0xc001,1,2,3,4,5,6,7,8,9 --device isapnp=1,2,3,4,5 --device parport=model:ZIP \
		--device ieee1394=1,2,3,4,5 --device pnpbios=PNP0501
	with_kernel --strict
	exits 0
	says_nothing
	dep_is "$K/my-mod.o:\n\n"
	[ "$(cd "$TREE" && tail -qn +2 modules.generic_string modules.{pci,isapnp,usb,parport,ieee1394,pnpbios}map)" = "$(
		printf 'my-mod               %s\n' parport_lowlevel=parport_pc \
			"0x00008086 0x00001229 0xffffffff 0x00000000 0x00000000 0x00000000 $(printf "0x%0${word}x" 0)" \
			"0x0001     0x0002     $(printf "0x%0${word}x" 5)  0x0003     0x0004" \
			"0x0003      0x046d   0xc001    0x0001       0x0002       0x03         0x04            0x05            0x06            0x07               0x08               $(printf "0x%0${word}x" 9)" \
			model:ZIP '0x00000001  0x000002  0x000003 0x000004     0x000005' PNP0501)" ]
}

@test "map files: what device tables and .modstring say" {
	kernel
	in_all_kinds tables_are_written --tables rel
	in_all_kinds tables_are_written --tables rela
}

@test "map files: tables of the 2.6 series say nothing, nor do aliases" {
	old kernel/a.o --device pci=1,2 --alias 'pci:v00000001d00000002sv*sd*bc*sc*i*'
	kernel
	with_kernel --strict
	exits 0
	says_nothing
	[ "$(cd "$TREE" && cat modules.generic_string modules.{pci,isapnp,usb,parport,ieee1394,pnpbios}map)" = "$maps_headers" ]
}

@test "a damaged table costs the module's lines, not the module" {
	local defect reason
	old kernel/a.o --use one
	kernel
	while read -r defect reason; do
		echo "$defect:"
		old kernel/b.o --ksymtab one --device pci=1,2 --device pci=3,4 --device parport=x --tables rel \
			--modstring x --defect "$defect"
		with_kernel -e
		exits 0
		all_said "depmod: ERROR: $ROOT$K/b.o: $reason"
		dep_is "$K/a.o:\t$K/b.o\n\n$K/b.o:\n\n"
		[ "$(cd "$TREE" && cat modules.generic_string modules.{pci,isapnp,usb,parport,ieee1394,pnpbios}map)" = "$maps_headers" ]
	done <<-'END'
		table-endless pattern without an end at offset 0
		table-beyond device table outside its section at offset 1048704
		table-nowhere device table in a section that does not exist
		pointer-unrelocated pointer to a device table leads nowhere at offset 128
		pointer-nowhere device table outside its section at offset 16
		entry-size-zero device table with entries of an impossible size at offset 0
		entry-size-huge device table with entries of an impossible size at offset 1610612736
		entry-size-missing device table whose entries have no size
	END
}

# ---- versions of symbols ----

@test "with -F a need is looked for without its version, when with it there is none" {
	local symbol suffix
	old kernel/a.o --use one_R1b7d4074 --use two_Rsmp_0123ABCD --use three_Rsmp_x_00000000 --use four_R1_R89abcdef \
		--use five_R1b7d4074
	kernel 'c0 r __kstrtab_one' 'c0 r __kstrtab_two' 'c0 r __kstrtab_three' 'c0 r __kstrtab_four_R1'
	old kernel/b.o --ksymtab five
	old kernel/c.o --ksymtab five_R1b7d4074
	with_kernel -e
	says_nothing
	dep_is "$K/a.o:\t$K/c.o\n\n$K/b.o:\n\n$K/c.o:\n\n"
}

@test "what is no version is part of the name" {
	old kernel/a.o --use one_R1b7d407 --use two_R1b7d407g --use three_r1b7d4074 --use four1b7d4074 --use _R1b7d4074
	kernel 'c0 r __kstrtab_one' 'c0 r __kstrtab_two' 'c0 r __kstrtab_three' 'c0 r __kstrtab_four'
	unresolved a.o one_R1b7d407 two_R1b7d407g three_r1b7d4074 four1b7d4074 _R1b7d4074
}

@test "without -F versions must be the same" {
	old kernel/a.o --use one_R1b7d4074
	old kernel/b.o --ksymtab one
	[ ! -e /proc/ksyms ] || skip "this kernel is of the 2.4 series"
	index -e
	all_said "depmod: WARNING: the kernel's symbols are not known: no -F, and no /proc/ksyms" \
		"depmod: *** Unresolved symbols in $ROOT$K/a.o" 'depmod: \tone_R1b7d4074'
	dep_is "$K/a.o:\n\n$K/b.o:\n\n"
}

@test ".NAME is the code of NAME" {
	old kernel/a.o --use .one --use .two_R1b7d4074 --use .three
	old kernel/b.o --ksymtab one
	kernel 'c0 r __kstrtab_two'
	unresolved a.o .three
	dep_is "$K/a.o:\t$K/b.o\n\n$K/b.o:\n\n"
}

# ---- the kernel's symbols ----

@test "System.map: __kstrtab_NAME are the exports, with dots and GPLONLY_ as they were meant" {
	old kernel/a.o --use one --use .two --use .three --use four --use five --use six --use dot_seven
	kernel 'c0100000 T five' 'c0100000 R __kstrtab_one' 'c0100000\t?\t__kstrtab___dot_two' 'c0100000 r __kstrtab___sparc_dot_three' \
		'c0100000 r __kstrtab_GPLONLY_four' 'c0100000 r __ksymtab_six' '         U __kstrtab_dot_seven' 'c0100000 A __kstrtab_'
	unresolved a.o five six
}

@test "a copy of /proc/ksyms: names, but not those of modules" {
	old kernel/a.o --use one_R1b7d4074 --use two --use three --use four --use five
	kernel 'c0100000 one_R1b7d4074' '         two' 'c0100000 three\t[module]' 'c0100000\tGPLONLY_four' 'c0100000 __insmod_x\t[x]' \
		'c0100000 __kstrtab_five'
	unresolved a.o three five
}

@test "without -F, the running kernel's /proc/ksyms" {
	old kernel/a.o --use one_R1b7d4074 --use two --use three
	mkdir root/proc
	printf '%b\n' 'c0100000 one_R1b7d4074' 'c0100000 two\t[module]' 'c0100000 three_R1b7d4074' >root/proc/ksyms
	inside
	run "${enter[@]}" /depmod -e "$RELEASE"
	exits 0
	all_said "depmod: *** Unresolved symbols in $K/a.o" 'depmod: \ttwo' 'depmod: \tthree'
	dep_is "$K/a.o:\n\n"
}

@test "lines that say nothing are told, and the others count" {
	old kernel/a.o --use one --use two
	kernel 'c0100000' 'c0100000 one' '   ' '' 'c0100000 two'
	with_kernel -e
	exits 0
	all_said 'depmod: ERROR: map:1: neither ADDRESS SYMBOL nor ADDRESS TYPE SYMBOL' \
		'depmod: ERROR: map:3: neither ADDRESS SYMBOL nor ADDRESS TYPE SYMBOL'
}

@test "a file of symbols that is not there ends it, and the old files stay" {
	old kernel/a.o
	echo old >"$TREE/modules.dep"
	index -F nowhere
	exits 1
	all_said 'depmod: FATAL: could not load nowhere: No such file or directory'
	dep_is 'old\n'
	[ -z "$(ls -A "$TREE" | grep '\.new$')" ]
}

# ---- options ----

@test "unresolved symbols: the module; -e their names; -q nothing; -u exit status 1" {
	old kernel/a.o --use one --use two
	old kernel/b.o --use three
	kernel
	with_kernel
	exits 0
	all_said "depmod: *** Unresolved symbols in $ROOT$K/a.o" "depmod: *** Unresolved symbols in $ROOT$K/b.o"
	for option in -u --unresolved-error; do
		with_kernel "$option" -e
		exits 1
		all_said "depmod: *** Unresolved symbols in $ROOT$K/a.o" 'depmod: \tone' 'depmod: \ttwo' \
			"depmod: *** Unresolved symbols in $ROOT$K/b.o" 'depmod: \tthree'
		dep_is "$K/a.o:\n\n$K/b.o:\n\n"
	done
	for option in -q -eq --quiet; do
		with_kernel "$option"
		exits 0
		says_nothing
	done
	with_kernel -qu
	exits 1
	says_nothing
	kernel 'c0 one' 'c0 two' 'c0 three'
	with_kernel -eu
	exits 0
	says_nothing
}

@test "-n shows modules.dep and all maps, and writes nothing" {
	old kernel/a.o --use one
	old kernel/b.o --ksymtab one
	kernel
	before=$(fingerprint)
	for option in -n --show --dry-run; do
		run --keep-empty-lines "$DEPMOD" -b root -C empty -F map "$option" "$RELEASE"
		exits 0
		[ "$output" = "$(printf '%s:\t%s\n\n%s:\n\n%s' "$K/a.o" "$K/b.o" "$K/b.o" "$maps_headers")"$'\n' ]
		[ "$before" = "$(fingerprint)" ]
	done
}

@test "-v tells each module that is looked at, and how much there was" {
	old kernel/a.o --use one --ksymtab two
	old kernel/b.o --ksymtab one --ksymtab two --ksymtab three
	kernel
	with_kernel -v
	exits 0
	output=$(sed 's/, [0-9]*\.[0-9][0-9] seconds$/, some seconds/' <<<"$output")
	all_said "$K/a.o" "$K/b.o" 'depmod: INFO: 2 modules, 3 symbols, 0 aliases, 8 files, some seconds'
	old kernel/c.o --ksymtab four --defect truncated
	with_kernel -v
	says 'depmod: INFO: 2 modules, 3 symbols, 0 aliases, 8 files, '
}

@test "-A does nothing while no module and no configuration is newer than any file" {
	local file
	old kernel/a.o
	kernel
	config keep
	touch -d 2003-01-01 "$TREE/kernel/a.o" depmod.conf
	with_kernel -A
	exits 0
	dep_is "$K/a.o:\n\n"
	for file in modules.dep modules.usbmap modules.generic_string; do
		touch -d 2004-01-01 "$TREE"/modules.*
		rm "$TREE/$file"
		with_kernel -A
		[ -e "$TREE/$file" ]
	done
	for file in "$TREE/kernel/a.o" depmod.conf; do
		touch -d 2004-01-01 "$TREE"/modules.*
		echo old >"$TREE/modules.dep"
		touch -d 2004-01-02 "$TREE/modules.dep" "$file"
		with_kernel --quick
		dep_is "$K/a.o:\n\n"
		touch -d 2003-01-01 "$file"
	done
	touch -d 2004-01-01 "$TREE"/modules.*
	echo old >"$TREE/modules.dep"
	with_kernel -A -e
	exits 0
	says_nothing
	dep_is 'old\n'
	with_kernel -a
	dep_is "$K/a.o:\n\n"
}

@test "-A after a run that was killed: all anew" {
	old kernel/a.o
	kernel
	with_kernel
	touch -d 2003-01-01 "$TREE/kernel/a.o"
	echo old >"$TREE/modules.dep"
	: >"$TREE/.modules.dep.new"
	: >"$TREE/.modules.lock"
	with_kernel -A
	exits 0
	dep_is "$K/a.o:\n\n"
	[ ! -e "$TREE/.modules.dep.new" ]
}

@test "-r, -s and UNAME_MACHINE are accepted" {
	old kernel/a.o
	kernel
	for option in -r --root -s --syslog -ars; do
		UNAME_MACHINE=sparc64 with_kernel "$option"
		exits 0
		says_nothing
		dep_is "$K/a.o:\n\n"
	done
}

@test "-o: written elsewhere, with the same paths" {
	old kernel/a.o
	kernel
	with_kernel -o out
	exits 0
	text_is "out/lib/modules/$RELEASE/modules.dep" "$K/a.o:\n\n"
	[ -f "out/lib/modules/$RELEASE/modules.pcimap" ]
	[ ! -e "$TREE/modules.dep" ]
}

@test "-b: any slashes at its end, or none at all" {
	old kernel/a.o --use one
	kernel
	for base in root root/ ./root// "$ROOT///"; do
		run "$DEPMOD" -b "$base" -C empty -F map "$RELEASE"
		exits 0
		dep_is "$K/a.o:\n\n"
	done
}

@test "files are named: the result goes to standard output" {
	old kernel/a.o --use one
	old kernel/b.o --ksymtab one
	kernel
	cp "$TREE/kernel/b.o" .
	before=$(fingerprint)
	run --keep-empty-lines "$DEPMOD" -b root -F map "$TREE/kernel/a.o" b.o
	exits 0
	[ "$output" = "$(printf '%s:\t%s\n\n%s:\n\n%s' "$K/a.o" "$PWD/b.o" "$PWD/b.o" "$maps_headers")"$'\n' ]
	run --keep-empty-lines "$DEPMOD" -F map 2.4.20 ./b.o
	exits 0
	[ "$output" = "$(printf '%s:\n\n%s' "$PWD/b.o" "$maps_headers")"$'\n' ]
	gzip -n b.o
	run --keep-empty-lines "$DEPMOD" -F map b.o.gz
	exits 0
	[ "$output" = "$(printf '%s:\n\n%s' "$PWD/b.o.gz" "$maps_headers")"$'\n' ]
	[ "$before" = "$(fingerprint)" ]
}

# named_from DIRECTORY BASE FILE SHOWN: modules.dep has the file as SHOWN.
named_from() {
	(cd "$1" && "$DEPMOD" -q -b "$2" -F /dev/null "$3") >dep
	[ "$(head -n 1 dep)" = "$4:" ] || { echo "-b $2 $3:"; head -n 1 dep; return 1; }
}

@test "files are named: the base directory is none of their paths, by whatever name it goes" {
	old kernel/a.o
	mkdir root2
	cp "$TREE/kernel/a.o" root2
	ln -s root link
	for base in . ./ .// ../root ../link "$PWD/root2/../root"; do
		named_from root "$base" "lib/modules/$RELEASE/kernel/a.o" "$K/a.o"
	done
	named_from . root "root2/../root//lib/modules/$RELEASE/kernel/a.o" "$K/a.o"
	named_from . root "link$K/a.o" "$K/a.o"
	named_from . root root2/a.o "$PWD/root2/a.o"
	named_from root2 ../root a.o "$PWD/root2/a.o"
	named_from . / root2/a.o "$PWD/root2/a.o"
}

@test "files are named as modules.dep has them" {
	old kernel/a.o
	named_from . root "$K/a.o" "$K/a.o"
	run "$DEPMOD" -qb root -F /dev/null "$K/b.o"
	exits 1
	says_line "depmod: ERROR: $K/b.o: No such file or directory"
}

@test "a named file that cannot be read: the others are, and the exit status is 1" {
	old kernel/a.o
	old kernel/b.o --defect truncated
	kernel
	run "$DEPMOD" -F map nowhere.o "$TREE/kernel/a.o" "$TREE/kernel/b.o"
	exits 1
	says_line "depmod: ERROR: $PWD/nowhere.o: No such file or directory"
	says "depmod: ERROR: $TREE/kernel/b.o: "
	says_line "$TREE/kernel/a.o:"
}

@test "-a or -A with files: all modules of the version" {
	old kernel/a.o
	old kernel/b.o
	kernel
	run "$DEPMOD" -b root -C empty -F map -a 2.4.20 "$TREE/kernel/a.o"
	exits 0
	dep_is "$K/a.o:\n\n$K/b.o:\n\n"
	rm "$TREE/modules.dep"
	run "$DEPMOD" -b root -C empty -F map -A 2.4.20 "$TREE/kernel/a.o"
	exits 0
	dep_is "$K/a.o:\n\n$K/b.o:\n\n"
	mkdir root/lib/modules/6.1.0
	run "$DEPMOD" -b root -C empty -q -a 6.1.0 "$TREE/kernel/a.o"
	exits 0
	[ -e root/lib/modules/6.1.0/modules.dep.bin ]
}

@test "-h and -V" {
	run "$DEPMOD" -h 2.4.20
	exits 0
	says 'VERSION before 2.6'
	says depmod.old
	run "$DEPMOD" -V 2.4.20
	exits 0
	says depmod
}

@test "--explain and --dot are refused" {
	old kernel/a.o
	for option in --explain=a --dot; do
		run "$DEPMOD" -b root "$option" "$RELEASE"
		exits 1
		all_said 'depmod: ERROR: --explain and --dot are not for kernels of the 2.4 series'
	done
	[ ! -e "$TREE/modules.dep" ]
}

# ---- modules.conf ----

@test "path: other directories, with wildcards, and the default ones with keep" {
	old kernel/a.o
	for path in x1/b x2/b x3/c y/d .x4/b; do
		mkdir -p "root/opt/$path"
		"$MKMODULE" "root/opt/$path/${path%%/*}.o"
	done
	kernel
	config 'path[net]=/opt/y' 'path=/opt/x?/b  # comment' 'path[misc]=/opt/nowhere' '  path[x]=/opt/*[3]/*'
	with_kernel
	exits 0
	says_nothing
	dep_is "/opt/y/d/y.o:\n\n/opt/x1/b/x1.o:\n\n/opt/x2/b/x2.o:\n\n/opt/x3/c/x3.o:\n\n"
	config keep 'path[net]=/opt/y'
	with_kernel
	dep_is "$K/a.o:\n\n/opt/y/d/y.o:\n\n"
	config 'path[net]=/opt/y' keep 'path[a]=/lib/modules/`uname -r`/kernel' 'path[a]=/opt/y/d'
	with_kernel
	dep_is "/opt/y/d/y.o:\n\n$K/a.o:\n\n"
}

@test "depfile and the like: other places for files, each replaced as the others are" {
	old kernel/a.o
	kernel
	config 'depfile=/var/lib/modules-`kernelversion`.dep' 'generic_stringfile=/var/lib/strings' 'pcimapfile=/var/pci' \
		'isapnpmapfile=/var/isapnp' 'usbmapfile=/var/usb' 'parportmapfile=/var/parport' 'ieee1394mapfile=/var/ieee1394' \
		'pnpbiosmapfile= /var/pnpbios ' 'depfile=/not/this'
	with_kernel
	exits 0
	says_nothing
	text_is root/var/lib/modules-2.4.dep "$K/a.o:\n\n"
	[ "$(cd root/var && cat lib/strings pci isapnp usb parport ieee1394 pnpbios)" = "$maps_headers" ]
	[ "$(cd root/var && find . -type f | wc -l)" = 8 ]
	[ ! -e "$TREE/modules.dep" ]
	rm -r root/var
	with_kernel -o out
	text_is out/var/lib/modules-2.4.dep "$K/a.o:\n\n"
	[ ! -e root/var ]
}

@test "the version's directory need not be there when modules.dep is elsewhere" {
	mkdir -p root/opt
	"$MKMODULE" root/opt/a.o
	rm -r root/lib
	kernel
	config path=/opt depfile=/opt/modules.dep pcimapfile=/opt/pci isapnpmapfile=/opt/isapnp usbmapfile=/opt/usb \
		parportmapfile=/opt/parport ieee1394mapfile=/opt/ieee1394 pnpbiosmapfile=/opt/pnp generic_stringfile=/opt/strings
	with_kernel
	exits 0
	text_is root/opt/modules.dep '/opt/a.o:\n\n'
	[ ! -e root/lib ]
}

@test "one directory by two names" {
	old kernel/a.o
	ln -s "$RELEASE" root/lib/modules/current
	kernel
	config depfile=/lib/modules/current/modules.dep
	with_kernel
	exits 0
	says_nothing
	dep_is "$K/a.o:\n\n"
}

@test "all files or none, wherever they go" {
	old kernel/a.o
	kernel
	mkdir -p root/var/usb root/etc
	echo old >root/etc/dep
	config depfile=/etc/dep usbmapfile=/var/usb
	with_kernel
	exits 1
	says 'usb: Is a directory'
	text_is root/etc/dep 'old\n'
	[ -z "$(find root -name '.*.new')" ]
	[ ! -e "$TREE/modules.pcimap" ]
}

@test "two files in one place: an error, and all stay as they were" {
	old kernel/a.o
	kernel
	mkdir root/etc
	ln -s etc root/link
	echo old >root/etc/map
	config usbmapfile=/etc/map pcimapfile=/link/map
	with_kernel
	exits 1
	all_said "depmod: ERROR: two files would be one: $ROOT/link/map"
	text_is root/etc/map 'old\n'
	config "depfile=/lib/modules/$RELEASE/modules.pcimap"
	with_kernel
	exits 1
	all_said "depmod: ERROR: two files would be one: $TREE/modules.pcimap"
	[ -z "$(find root -name 'modules.*map' -o -name '.*.new')" ]
}

@test "lines for modprobe are passed over, and comments, continued lines, prune" {
	old kernel/a.o
	old attic/b.o
	kernel
	config '# comment \' 'alias eth0 ne' 'options ne io=0x300 \' 'path=/not/this' 'pre-install a echo path=x' 'install x y' \
		'probeall scsi a b' 'above a b' 'define X /x' 'insmod_opt=-f' 'persistdir=/var' 'add prune attic' '' 'nonsense' 'pathx=/y'
	with_kernel
	exits 0
	says_nothing
	dep_is "$K/a.o:\n\n"
}

@test "a comment ends before a backslash joins lines, and a backslash may have blanks behind it" {
	old kernel/a.o
	mkdir -p root/opt/{x,y,z}
	for name in x y z; do "$MKMODULE" "root/opt/$name/$name.o"; done
	kernel
	config '# so it is \' 'path=/opt/x' 'path[net]=/opt/y # and so \' 'path[misc]=/opt/z' 'path=/opt/\ '$'\t' 'nowhere' \
		'path=/opt/x \' '# no more' 'options ne io=0x300 \ ' 'path=/lib/modules' 'options a b \# c \' 'path=/lib'
	with_kernel
	exits 0
	says_nothing
	dep_is '/opt/x/x.o:\n\n/opt/y/y.o:\n\n/opt/z/z.o:\n\n'
}

@test "conditions are passed over, and it is told" {
	old kernel/a.o
	kernel
	mkdir -p root/opt
	config 'if -f /x' 'path=/opt' 'if x' else 'path=/opt' endif 'path=/opt' endif 'path=/lib/modules/`uname -r`'
	with_kernel
	exits 0
	all_said "depmod: WARNING: $PWD/depmod.conf:1: conditions are not understood: passed over up to endif"
	dep_is "$K/a.o:\n\n"
}

@test "include, but not without end" {
	old kernel/a.o
	mkdir -p root/opt
	"$MKMODULE" root/opt/b.o
	kernel
	config "include $PWD/more" 'path=relative'
	printf '%s\n' path=/opt >more
	with_kernel
	exits 0
	all_said "depmod: ERROR: $PWD/depmod.conf:2: not an absolute path: relative"
	dep_is '/opt/b.o:\n\n'
	printf '%s\n' "include $PWD/more" "include $PWD/more" >more
	with_kernel
	exits 0
	says 'too many files are included'
	dep_is "$K/a.o:\n\n"
}

@test "values that only a shell would understand are errors, and run nothing" {
	old kernel/a.o
	kernel
	config 'path=`touch run`' 'depfile=$(touch run)' 'pcimapfile="/x"' 'path='
	with_kernel
	exits 0
	all_said "depmod: ERROR: $PWD/depmod.conf:1: not an absolute path: \`touch run\`" \
		"depmod: ERROR: $PWD/depmod.conf:2: not an absolute path: \$(touch run)" \
		"depmod: ERROR: $PWD/depmod.conf:3: not an absolute path: \"/x\"" \
		"depmod: ERROR: $PWD/depmod.conf:4: not an absolute path: "
	[ ! -e run ]
	dep_is "$K/a.o:\n\n"
}

@test "which file: -C, then MODULECONF, then the system's" {
	local name
	for name in one two three four; do
		mkdir -p "root/opt/$name"
		"$MKMODULE" "root/opt/$name/$name.o"
		echo "path=/opt/$name" >"$name"
	done
	kernel
	MODULECONF=$PWD/one MODULECONFIG=$PWD/two run "$DEPMOD" -b root -F map "$RELEASE"
	dep_is '/opt/one/one.o:\n\n'
	MODULECONFIG=$PWD/two run "$DEPMOD" -b root -F map "$RELEASE"
	dep_is '/opt/two/two.o:\n\n'
	MODULECONF=$PWD/one run "$DEPMOD" -b root -F map -C two -C three "$RELEASE"
	dep_is '/opt/three/three.o:\n\n'
	run "$DEPMOD" -b root -F map -C nowhere "$RELEASE"
	exits 1
	all_said 'depmod: ERROR: cannot read nowhere: No such file or directory'
	inside
	mkdir root/etc
	cp map root
	cp four root/etc/conf.modules
	"${enter[@]}" /depmod -F /map "$RELEASE"
	dep_is '/opt/four/four.o:\n\n'
	cp three root/etc/modules.conf
	"${enter[@]}" /depmod -F /map "$RELEASE"
	dep_is '/opt/three/three.o:\n\n'
}

# ---- damage ----

@test "a damaged module costs itself" {
	local defect reason
	old kernel/c.o --ksymtab one
	kernel
	while read -r defect reason; do
		echo "$defect:"
		old kernel/b.o --ksymtab one --ksymtab two --use three --defect "$defect"
		old kernel/a.o --use one
		with_kernel -e
		exits 0
		all_said "depmod: ERROR: $ROOT$K/b.o: $reason"
		dep_is "$K/a.o:\t$K/c.o\n\n$K/c.o:\n\n"
		with_kernel -q --strict
		exits 1
	done <<-'END'
		truncated section table: reaches beyond the end of the file at offset 272
		short-header ELF header: reaches beyond the end of the file at offset 0
		no-magic neither ELF nor a known compression
		bad-class ELF class is neither 32 nor 64 bits at offset 4
		no-symtab no symbol table
		no-strtab symbol name beyond .strtab at offset 1
		name-outside symbol name beyond .strtab at offset 35
		section-outside .symtab: reaches beyond the end of the file at offset 552
		symtab-size relocation with a symbol that does not exist at offset 0
		strings-unterminated .strtab without an end
		relocation-symbol relocation with a symbol that does not exist at offset 0
		relocation-outside relocations: reaches beyond the end of the file at offset 552
	END
}

@test "damaged compressed modules, empty files, other formats" {
	old kernel/a.o
	old kernel/b.o
	gzip -n "$TREE/kernel/b.o"
	truncate -s -5 "$TREE/kernel/b.o.gz"
	: >"$TREE/kernel/c.o"
	echo text >"$TREE/kernel/d.o"
	echo text | gzip -n >"$TREE/kernel/e.o.gz"
	kernel
	with_kernel
	exits 0
	all_said "depmod: ERROR: $ROOT$K/b.o.gz: compressed data ends too early" \
		"depmod: ERROR: $ROOT$K/c.o: empty file" \
		"depmod: ERROR: $ROOT$K/d.o: neither ELF nor a known compression" \
		"depmod: ERROR: $ROOT$K/e.o.gz: does not hold an ELF file"
	dep_is "$K/a.o:\n\n"
}

@test "modules are read by processes that may do nothing else; one that dies costs its module" {
	needs_tracing
	kernel
	for n in {1..9}; do old "kernel/m$n.o" --export "s$n"; done
	strace -f -qq -o trace "$DEPMOD" -F map --jobs 2 -b root -C /dev/null "$RELEASE"
	if grep -q 'PR_SET_SECCOMP' trace; then
		perl -ne '
			my ($pid) = /^(\d+)/;
			$confined{$pid} = 1 if /PR_SET_SECCOMP/;
			$read++ if /openat\(.*\.o"/ and !/O_PATH/;
			die "unconfined: $_" if (/openat\(.*\.o"/ and !/O_PATH/ or /pread64/) and !$confined{$pid};
			END { $read == 9 or die "$read modules\n" }' trace
	fi
	run strace -f -qq -o trace -e trace=pread64 -e inject=pread64:signal=SEGV:when=3 \
		"$DEPMOD" -F map --jobs 2 -b root -C /dev/null "$RELEASE"
	exits 0
	lost=$(grep -c 'm[1-9].o: the process that read it died$' <<<"$output")
	[ "$lost" -ge 1 ]
	[ "$(grep -c '/m[1-9].o:' "$TREE/modules.dep")" = $((9 - lost)) ]
	cp "$TREE/modules.dep" before
	run strace -f -qq -o trace -e trace=pread64 -e inject=pread64:signal=KILL:when=3 \
		"$DEPMOD" -F map --jobs 2 -b root -C /dev/null "$RELEASE"
	exits 1
	cmp before "$TREE/modules.dep"
}

@test "names that modules.dep cannot hold are refused" {
	old kernel/a.o
	cp "$TREE/kernel/a.o" "$TREE/kernel/b c.o"
	cp "$TREE/kernel/a.o" "$TREE/kernel/d"$'\n'"e.o"
	kernel
	with_kernel
	exits 0
	says 'left out, as its name cannot be written to modules.dep'
	dep_is "$K/a.o:\n\n"
	run "$DEPMOD" -F map "$TREE/kernel/a.o" "$TREE/kernel/b c.o"
	exits 1
	says_line "depmod: ERROR: left out, as its name cannot be written to modules.dep: $TREE/kernel/b c.o"
	says_line "$TREE/kernel/a.o:"
}

@test "the base directory may have any name" {
	old kernel/a.o
	kernel
	mv root "r o:o"
	run "$DEPMOD" -b "r o:o" -C empty -F map "$RELEASE"
	exits 0
	says_nothing
	text_is "r o:o/lib/modules/$RELEASE/modules.dep" "$K/a.o:\n\n"
}
