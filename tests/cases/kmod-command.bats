# The command kmod: the others behind their names, and static-nodes. Where kmod is installed, static-nodes must be the same.
load common
load modprobe
load commands

# devname LINE...: what modules.devname of the running kernel says, in the made-up system.
devname() {
	mkdir -p "lib/modules/$(uname -r)"
	printf '%s\n' "$@" >"lib/modules/$(uname -r)/modules.devname"
}

@test "static-nodes, in all formats" {
	needs_mounts
	devname '# Device nodes to trigger on-demand module loading.' 'fuse fuse c10:229' 'btrfs btrfs-control c10:234' \
		'snd_seq snd/seq c116:1' 'deep a/b/c b7:0'
	for format in human tmpfiles devname; do
		alike_there kmod static-nodes --format=$format --output=dir/under/$format
		exits 0
		mv dir/under/$format kmods
		there bin/kmod static-nodes -f $format -o dir/under/$format
		[[ $(modprobe -V 2>/dev/null) != kmod* ]] || cmp kmods dir/under/$format
		[ -s dir/under/$format ]
		[ "$(there bin/kmod static-nodes --format $format)" = "$(cat dir/under/$format)" ]
	done
	[ "$(there bin/kmod static-nodes)" = "$(cat dir/under/human)" ]
	grep -qx 'd /dev/a/b 0755 - - -' dir/under/tmpfiles
	grep -qx 'b! /dev/a/b/c 0600 - - - 7:0' dir/under/tmpfiles
}

@test "static-nodes without modules.devname is no failure; a damaged line is one, and costs itself" {
	needs_mounts
	mkdir -p lib/modules
	link kmod
	run --separate-stderr there bin/kmod static-nodes -o out
	exits 0
	warns "WARNING: "
	[ ! -e out ]
	devname 'fuse fuse c10:229' 'short' 'no number x' 'kind kind d1:2' '' 'loop loop-control c10:237'
	run --separate-stderr there bin/kmod static-nodes -f devname
	exits 1
	prints 'fuse fuse c10:229' 'loop loop-control c10:237'
	warns "no device node: short"
}

@test "static-nodes: what cannot be written, or is no format" {
	needs_mounts
	devname 'fuse fuse c10:229'
	: >file
	link kmod
	run --separate-stderr there bin/kmod static-nodes -o file/out
	exits 1
	warns "file/out: Not a directory"
	run --separate-stderr there bin/kmod static-nodes -o /dev/full
	exits 1
	run --separate-stderr there bin/kmod static-nodes --format=other
	exits 1
	warns "human, tmpfiles or devname"
}

@test "each command behind its name" {
	module kernel/one.ko --modinfo license=GPL
	index
	ours kmod modinfo -b "$ROOT" -k "$RELEASE" -F license one
	prints GPL
	ours kmod modprobe -d "$ROOT" -S "$RELEASE" -C empty -D one
	prints "insmod $TREE/kernel/one.ko "
	ours kmod insmod none.ko
	exits 1
	warns "kmod: ERROR: could not load module none.ko: "
	for command in rmmod insmod lsmod; do
		ours kmod $command --help
		exits 0
		[[ "$output" == "Usage: $command"* ]]
	done
}

@test "help, version, and what is no command" {
	for option in -h --help; do
		ours kmod $option
		exits 0
		[ "${lines[0]}" = "Usage: kmod COMMAND [OPTION]..." ]
	done
	ours kmod -V
	exits 0
	[ "$output" = "$("$DEPMOD" -V | sed '1s/^depmod /kmod /')" ]
	for word in kmod depmod other ''; do
		ours kmod "$word"
		exits 1
		warns "'$word' is no command; there are modprobe, "
	done
	ours kmod
	exits 1
	warns "no command is named"
	ours kmod --nonsense
	exits 1
}
