# The binary files as another reader sees them: kmod's modprobe finds in them what stands in the text.
load common

# asked OPTION...: modprobe about our tree, without a configuration of its own.
asked() {
	local PATH=$PATH:/usr/sbin:/sbin
	[[ "$(modprobe -V 2>/dev/null)" == kmod* ]] || skip "kmod's modprobe is not installed"
	run modprobe -C empty -d "$ROOT" -S "$RELEASE" "$@"
	output=$(sed 's/ *$//' <<<"$output")
}

# only_binary: leaves of the text files those that modprobe has no other form of.
only_binary() { rm "$TREE"/modules.{dep,alias,symbols}; }

@test "an alias leads to its module" {
	module kernel/a.ko --alias 'pci:v00008086d*sv*' --alias plain
	module kernel/b.ko --alias 'pci:v000010ECd*sv*'
	index
	only_binary
	asked -R pci:v00008086d00001234sv0
	[ "$output" = a ]
	asked -R pci:v000010ECd00001234sv0
	[ "$output" = b ]
	asked -R plain
	[ "$output" = a ]
	asked -R nothing
	exits 1
}

@test "a pattern with brackets, question marks and dashes" {
	module kernel/a.ko --alias 'usb:v04-?p[0-3]x*'
	index
	only_binary
	asked -R usb:v04-7p2xyz
	[ "$output" = a ]
	asked -R usb:v04-7p4xyz
	exits 1
}

@test "several modules for one alias come in module order" {
	module kernel/z.ko --alias shared
	module kernel/a.ko --alias shared
	module kernel/m.ko --alias 'share*'
	order kernel/z.ko kernel/m.ko kernel/a.ko
	index
	only_binary
	asked -R shared
	exits 0
	[ "$output" = $'z\nm\na' ]
}

@test "a module is found by name, with dashes or underscores" {
	module kernel/snd-hda.ko --need one
	module kernel/core.ko --export one
	index
	only_binary
	for name in snd-hda snd_hda; do
		asked -D $name
		[ "$output" = "insmod $TREE/kernel/core.ko
insmod $TREE/kernel/snd-hda.ko" ]
	done
}

@test "dependencies are loaded in an order that works" {
	module kernel/a.ko --need one --need two
	module kernel/b.ko --export one --need three
	module kernel/c.ko --export two
	module kernel/d.ko --export three --need two
	index
	only_binary
	asked -D a
	[ "$output" = "insmod $TREE/kernel/c.ko
insmod $TREE/kernel/d.ko
insmod $TREE/kernel/b.ko
insmod $TREE/kernel/a.ko" ]
}

@test "soft dependencies are loaded before and after" {
	module kernel/a.ko --softdep 'pre: b post: c'
	module kernel/b.ko
	module kernel/c.ko
	index
	only_binary
	asked -D a
	[ "$output" = "insmod $TREE/kernel/b.ko
insmod $TREE/kernel/a.ko
insmod $TREE/kernel/c.ko" ]
}

@test "a symbol leads to its owner" {
	module kernel/a.ko --export one
	module kernel/b.ko --export two
	index
	only_binary
	asked -R symbol:two
	[ "$output" = b ]
}

@test "a built-in module is known as such" {
	printf '%s\n' kernel/fs/ext-4.ko kernel/lib/zlib.ko >"$TREE/modules.builtin"
	index
	only_binary
	rm "$TREE/modules.builtin"
	asked -D ext_4
	exits 0
	[ "$output" = 'builtin ext_4' ]
	asked -D ext_5
	exits 1
}

@test "a built-in module's alias leads to it" {
	printf '%s\n' kernel/fs/ext4.ko >"$TREE/modules.builtin"
	printf 'ext4.alias=fs-ext[34]\0ext4.license=GPL\0' >"$TREE/modules.builtin.modinfo"
	index
	only_binary
	asked -D fs-ext3
	exits 0
	says 'builtin ext4'
}

@test "-c shows every alias and symbol of the text files" {
	for i in $(seq 30); do
		module "kernel/m-$i.ko" --export "sym$i" --alias "pci:v000$i*" --alias "x-[$((i % 4))-9]-$i" \
			--softdep "pre: m$((i + 1))"
	done
	index
	sed -n 's/^alias //p' "$TREE/modules.alias" "$TREE/modules.symbols" |
		sed -E ':a; s/^(([^][-]|\[[^]]*\])*)-/\1_/; ta' | LC_ALL=C sort >expected
	only_binary
	asked -c
	exits 0
	sed -n 's/^alias //p' <<<"$output" | LC_ALL=C sort >actual
	[ "$(wc -l <actual)" = 90 ]
	diff expected actual
	[ "$(grep -c '^softdep m_' <<<"$output")" = 30 ]
}

@test "keys that are the beginning of others are found" {
	names=(a ab abc abcd b abd ac)
	for name in "${names[@]}"; do module "kernel/$name.ko" --alias "al:$name"; done
	index
	only_binary
	for name in "${names[@]}"; do
		asked -R "al:$name"
		[ "$output" = "$name" ]
		asked -D "$name"
		[ "$output" = "insmod $TREE/kernel/$name.ko" ]
	done
	asked -R al:abcde
	exits 1
}

@test "an empty tree is understood" {
	index
	only_binary
	asked -R anything
	exits 1
	asked -c
	exits 0
}
