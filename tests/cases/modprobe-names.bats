# modprobe: what a name stands for, and what is loaded with it.
load common
load modprobe

@test "-D lists what a module needs, in the order of loading" {
	modules low middle:low high:middle:low
	loads high
	prints "insmod kernel/low.ko" "insmod kernel/middle.ko" "insmod kernel/high.ko"
	loads low
	prints "insmod kernel/low.ko"
}

@test "-n -v says the same and does nothing" {
	modules low high:low
	probe -n -v high
	exits 0
	prints "insmod kernel/low.ko" "insmod kernel/high.ko"
	probe --dry-run --verbose high
	prints "insmod kernel/low.ko" "insmod kernel/high.ko"
}

@test "a path as modules.dep has it is below the module directory" {
	modules low high:low
	probe_alone -D kernel/high.ko
	exits 0
	prints "insmod kernel/low.ko" "insmod kernel/high.ko"
	for name in kernel kernel/ kernel/none.ko; do
		probe -D $name
		exits 1
		warns "FATAL: Module $name not found in directory $TREE"
	done
}

@test "a version's directory that is not there is said to be missing" {
	run "$MODPROBE" -d "$ROOT" -S 6.9 -D one
	exits 1
	says_line "modprobe: FATAL: Module one not found in directory $ROOT/lib/modules/6.9, which is not there"
}

@test "-n alone says what would be done, as later kmods do" {
	modules low one:low
	probe_alone -n one a=1
	exits 0
	prints "insmod kernel/low.ko" "insmod kernel/one.ko a=1"
	warns_of_nothing
	probe_alone -n -q one
	prints "insmod kernel/low.ko" "insmod kernel/one.ko"
}

@test "- and _ are the same in names, but not in paths" {
	modules with-hyphens with_lines
	loads with_hyphens
	prints "insmod kernel/with-hyphens.ko"
	loads with-hyphens
	prints "insmod kernel/with-hyphens.ko"
	loads with-lines
	prints "insmod kernel/with_lines.ko"
}

@test "a compressed module is loaded from its file" {
	module kernel/one.ko
	gzip "$TREE/kernel/one.ko"
	index
	loads one
	prints "insmod kernel/one.ko.gz"
}

@test "an alias of a module leads to it, with any device that fits" {
	module kernel/one.ko --alias 'pci:v00008086d*sv*sd*bc*' --alias one-for-all
	index
	loads pci:v00008086d00001234sv00000000sd00000000bc02
	prints "insmod kernel/one.ko"
	loads one_for-all
	prints "insmod kernel/one.ko"
	probe -D pci:v00008087d00001234sv00000000sd00000000bc02
	exits 1
}

@test "brackets in an alias stand for one character" {
	module kernel/one.ko --alias 'usb:v04B8p01[0-2a]*d-[0-9]'
	index
	probe -R 'usb:v04B8p011xd_3'
	prints one
	probe -R 'usb:v04B8p01axd-3'
	prints one
	probe -R 'usb:v04B8p013xd_3'
	exits 1
	prints ""
}

@test "an alias of several modules loads them all" {
	module kernel/b.ko --alias 'pci:v1d*'
	module kernel/a.ko --alias 'pci:v1d2'
	module kernel/c.ko --alias 'pci:v*'
	order kernel/b.ko kernel/a.ko kernel/c.ko
	index
	loads pci:v1d2
	probe -R pci:v1d2
	prints b a c
}

@test "symbol: leads to the module that supplies it" {
	modules one two
	probe -R symbol:two
	exits 0
	prints two
	probe -R symbol:three
	exits 1
}

@test "a name is no pattern" {
	modules one
	probe -R 'o*'
	exits 1
	probe -R 'on?'
	exits 1
}

@test "a bracket without a partner stands for nothing" {
	modules one
	probe -R 'one['
	exits 1
	probe -R 'one]'
	exits 1
}

@test "-R prints the names, of each question in turn" {
	module kernel/one-first.ko --alias net-1
	module kernel/two.ko --alias net-1
	order kernel/one-first.ko kernel/two.ko
	index
	probe -R net-1
	prints one_first two
	probe -a -R two one-first
	prints two one_first
}

@test "a module that is built in is named so by -D and is no failure" {
	modules one
	echo kernel/drivers/built-in-one.ko >"$TREE/modules.builtin"
	printf '%s\0' built_in_one.alias=pci:v7* built_in_one.license=GPL >"$TREE/modules.builtin.modinfo"
	index
	loads built-in-one
	prints "builtin built_in_one"
	loads pci:v7d8
	prints "builtin built_in_one"
	probe -R pci:v7d8
	prints built_in_one
	probe -n -v built-in-one
	exits 0
	prints ""
}

@test "a module that is missing is said, with status 1, and where it was looked for" {
	modules one
	probe two
	exits 1
	prints ""
	warns "modprobe: FATAL: Module two not found in directory $TREE"
}

@test "-q says nothing of a missing module, and fails all the same" {
	modules one
	probe -q two
	exits 1
	warns_of_nothing
	probe -q -R two
	exits 1
	warns_of_nothing
}

@test "-a takes several names; one that is missing does not stop the others" {
	modules one two three:one
	loads -a two three
	prints "insmod kernel/two.ko" "insmod kernel/one.ko" "insmod kernel/three.ko"
	probe -D -a two four one
	exits 1
	prints "insmod kernel/two.ko" "insmod kernel/one.ko"
	warns "WARNING: Module four not found in directory $TREE"
}

@test "a path stands for the module in it, whatever is indexed" {
	modules low one:low
	cp "$TREE/kernel/one.ko" ./elsewhere.ko
	probe_alone -D ./elsewhere.ko # kmod 31 and later do the same
	exits 0
	prints "insmod $PWD/elsewhere.ko"
	probe_alone -D "$PWD/elsewhere.ko"
	prints "insmod $PWD/elsewhere.ko"
}

# What the kernel asks for may be chosen by anybody who may write to a file of /sys: CVE-2014-9645.
@test "a path that nobody can have meant is a name: with .., without a module's suffix, with -q, from where one is" {
	modules low one:low
	mkdir below
	cp "$TREE/kernel/one.ko" evil.ko
	cp "$TREE/kernel/one.ko" evil-iosched
	cd below
	for name in ../evil.ko ./../evil.ko "$PWD/../evil.ko" "$PWD/.." "$PWD/../evil-iosched" ../evil-iosched \
		kernel/../../../../../../evil.ko kernel/../kernel/one.ko; do
		probe_alone -D "$name"
		exits 1
		prints ""
		warns "Module $name not found in directory $TREE"
	done
	cd ..
	for name in "$PWD/evil-iosched" ./evil-iosched; do
		probe_alone -D "$name"
		exits 1
		prints ""
	done
	for name in "$PWD/evil.ko" ./evil.ko; do
		probe_alone -q -D "$name"
		exits 1
		prints ""
		probe_alone -D "$name"
		exits 0
	done
	for suffix in .gz .xz .zst; do
		cp evil.ko "evil.ko$suffix"
		probe_alone -D "./evil.ko$suffix"
		exits 0
	done
	probe_alone -q -D kernel/one.ko
	exits 0
	prints "insmod kernel/low.ko" "insmod kernel/one.ko"
}

@test "a path to an indexed module brings what it needs along" {
	modules low one:low
	probe_alone -D "$TREE/kernel/one.ko"
	exits 0
	prints "insmod kernel/low.ko" "insmod kernel/one.ko"
}

@test "a path to nothing is a failure" {
	modules one
	probe_alone -D ./none.ko
	exits 1
	prints ""
	warns "Module ./none.ko not found"
}

@test "parameters go to the module that was asked for, and not to what it needs" {
	modules low one:low
	loads one debug=1 name=value flag
	prints "insmod kernel/low.ko" "insmod kernel/one.ko debug=1 name=value flag"
}

@test "a parameter with a blank in its value is put in quotes" {
	modules one
	loads one 'dyndbg=file x.c +p' 'a="b c"' "d='e f'" 'g h' 'empty='
	prints "insmod kernel/one.ko dyndbg=\"file x.c +p\" a=\"b c\" d='e f' g h empty="
}

@test "a parameter may look like an option behind --" {
	modules one
	loads -- one -x --all
	prints "insmod kernel/one.ko -x --all"
}

@test "options may stand behind names" {
	modules one
	probe one -D
	exits 0
	prints "insmod kernel/one.ko"
	probe one a=1 -n b=2 -v
	prints "insmod kernel/one.ko a=1 b=2"
}

@test "-S, -d: another kernel's modules, below another root, be it usr/lib or lib" {
	modules one
	mkdir -p other/usr/lib/modules
	cp -R "$TREE" other/usr/lib/modules/5.5
	run "$MODPROBE" -d other -S 5.5 -D one
	exits 0
	says_line "insmod $PWD/other/usr/lib/modules/5.5/kernel/one.ko "
	mkdir -p other/lib/modules
	run "$MODPROBE" -d other -S 5.5 -D one
	exits 1
	says "not found in directory $PWD/other/lib/modules/5.5"
}

@test "without an index every name is missing, and nothing breaks" {
	probe -D one
	exits 1
	rm -r "$TREE"
	probe -D one
	exits 1
	prints ""
}
