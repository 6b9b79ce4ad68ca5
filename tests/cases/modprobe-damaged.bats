# modprobe with files that are missing or damaged.
load common
load modprobe

# Of each kind of question one.
some_modules() {
	module kernel/low.ko --export low
	module kernel/one.ko --alias 'pci:v1*' --need low
	echo kernel/two.ko >"$TREE/modules.builtin"
	printf '%s\0' two.alias=usb:v2* two.license=GPL >"$TREE/modules.builtin.modinfo"
	index
	exits 0
}

# finds_all: each question has its answer still.
finds_all() {
	probe_alone -D one
	exits 0
	prints "insmod kernel/low.ko" "insmod kernel/one.ko"
	probe_alone -a -R one pci:v17 symbol:low two usb:v23
	exits 0
	prints one one low two two
}

@test "without binary indexes the text files are searched, with a warning of each" {
	some_modules
	rm "$TREE"/modules.*.bin
	finds_all
	local name text
	for name in dep alias symbols builtin builtin.alias; do
		text=modules.$name
		[ $name != builtin.alias ] || text=modules.builtin.modinfo
		grep -qx "modprobe: WARNING: .*/$RELEASE/modules.$name.bin: No such file or directory; reading $text instead" \
			<<<"$stderr"
	done
	[ "$(grep -c . <<<"$stderr")" = 5 ]
}

@test "without text files the binary indexes are enough" {
	some_modules
	rm "$TREE"/modules.{dep,alias,symbols,builtin,builtin.modinfo}
	finds_all
	warns_of_nothing
}

@test "in place of a damaged index the text is searched, with a warning that says what is wrong" {
	some_modules
	printf damage >"$TREE/modules.alias.bin"
	finds_all
	warns "modules.alias.bin: not a binary index of version 2; reading modules.alias instead"
	printf '\260\007\364\127\0\2\0\1\177\377\377\377' >"$TREE/modules.dep.bin"
	finds_all
	warns "modules.dep.bin: a node beyond the end at offset 268435455; reading modules.dep instead"
	: >"$TREE/modules.symbols.bin"
	rm "$TREE/modules.builtin.bin" "$TREE/modules.builtin.alias.bin"
	mkdir "$TREE/modules.builtin.bin"
	finds_all
	warns "modules.symbols.bin: not a binary index of version 2; reading modules.symbols instead"
	warns "modules.builtin.bin: Invalid argument; reading modules.builtin instead"
}

@test "an index that breaks off anywhere is no reason to find less" {
	some_modules
	local name size
	for name in dep alias symbols builtin builtin.alias; do
		cp "$TREE/modules.$name.bin" whole
		for ((size = $(stat -c %s whole) - 1; size >= 0; size -= 1 + size / 8)); do
			head -c $size whole >"$TREE/modules.$name.bin"
			finds_all
			warns "modules.$name.bin: "
		done
		cp whole "$TREE/modules.$name.bin"
	done
	finds_all
	warns_of_nothing
}

@test "-c prints all there is in the text" {
	some_modules
	probe -c
	local expected=$output
	rm "$TREE"/modules.{alias,symbols}.bin
	probe_alone -c
	[ "$output" = "$expected" ]
	head -c 30 /dev/zero >"$TREE/modules.alias.bin"
	probe_alone -c
	exits 0
	[ "$output" = "$expected" ]
}

@test "lines of any kind in the text files are survived" {
	some_modules
	rm "$TREE"/modules.*.bin
	head -c 3000 /bin/sh >>"$TREE/modules.alias"
	printf '\nalias pci:v1* low\nalias\nalias x\nalias [ y\n: :\n:\n\nalias a] b' >>"$TREE/modules.alias"
	head -c 3000 /bin/sh >>"$TREE/modules.dep"
	printf '\n:\n: x\nkernel/other.ko\n/abs/three.ko: one.ko :\n' >>"$TREE/modules.dep"
	head -c 3000 /bin/sh >>"$TREE/modules.builtin.modinfo"
	probe_alone -R pci:v1
	exits 0
	prints one low
	probe_alone -D three
	exits 0
	[[ $output == *"insmod /abs/three.ko" ]]
}

@test "without both there is nothing, and it is said that nothing was found" {
	some_modules
	rm "$TREE"/modules.{alias,alias.bin}
	probe_alone -D pci:v1
	exits 1
	warns "Module pci:v1 not found in directory $TREE"
	probe_alone -D one
	exits 0
	warns_of_nothing
}

@test "a thousand questions of a long text are no question of memory" {
	some_modules
	rm "$TREE"/modules.*.bin
	for i in $(seq 1 9999); do echo "alias pci:v0000$i* a_long_module_name_$i"; done >"$TREE/modules.alias"
	seq 7000 7999 | sed 's/^/pci:v0000/' >questions
	probe_alone -a -R $(cat questions)
	exits 0
	[ "$(wc -l <<<"$output")" = 4000 ] # 7123 fits 7, 71, 712 and 7123
}
