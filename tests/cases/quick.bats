# -A: nothing is done when modules.dep is at least as new as every module.
load common

# settled: an indexed tree, whose modules are as old as modules.dep.
settled() {
	module kernel/a.ko
	module kernel/deep/b.ko
	gzip -n "$TREE/kernel/deep/b.ko"
	index
	exits 0
	find "$TREE" -exec touch -h -d '2020-01-01 00:00:00' {} +
}

# mark [FILE]: writes into an output file what no run writes; renewed, untouched: whether a run has been over it.
mark() { echo marked >"${1:-$TREE/modules.alias}"; }
renewed() { [ "$(head -c 6 "${1:-$TREE/modules.alias}")" != marked ]; }
untouched() { [ "$(head -c 6 "${1:-$TREE/modules.alias}")" = marked ]; }

@test "up to date: nothing is said, touched or written" {
	settled
	before=$(fingerprint)
	index -A
	exits 0
	says_nothing
	[ "$(fingerprint)" = "$before" ]
}

@test "up to date: no module is opened" {
	settled
	command -v strace >/dev/null || skip "strace is not installed"
	strace -f -e trace=open,openat -o trace true || skip "strace may not trace here"
	run strace -f -e trace=open,openat -o trace "$DEPMOD" -A -b root -C empty "$RELEASE"
	exits 0
	grep -q openat trace
	[ -z "$(grep -F .ko trace)" ]
}

@test "up to date: what has a bad name or leads nowhere is not complained about" {
	settled
	ln -s nowhere "$TREE/kernel/c.ko"
	touch -h -d '2020-01-01 00:00:00' "$TREE/kernel/c.ko"
	index -A
	exits 0
	says_nothing
}

@test "a newer module has everything written" {
	settled
	touch -d '2020-01-01 00:00:01' "$TREE/kernel/deep/b.ko.gz"
	mark
	index -A
	exits 0
	renewed
}

@test "a module that is newer by a nanosecond counts" {
	settled
	touch -d '2020-01-01 00:00:00.000000001' "$TREE/kernel/a.ko"
	mark
	index -A
	renewed
}

@test "a link's target counts, not the link" {
	settled
	cp "$TREE/kernel/a.ko" target.ko
	touch -d '2020-01-01 00:00:00' target.ko
	ln -s "$PWD/target.ko" "$TREE/kernel/c.ko"
	mark
	index -A
	exits 0
	untouched
	touch -d '2020-01-02 00:00:00' target.ko
	index -A
	exits 0
	renewed
}

@test "a missing modules.dep has everything written" {
	settled
	rm "$TREE/modules.dep"
	index -A
	exits 0
	file_is modules.dep kernel/a.ko: kernel/deep/b.ko.gz:
}

@test "any file that is missing has everything written" {
	settled
	for name in dep dep.bin alias alias.bin softdep weakdep symbols symbols.bin builtin.bin builtin.alias.bin devname; do
		rm "$TREE/modules.$name"
		index -A
		exits 0
		[ -f "$TREE/modules.$name" ]
		find "$TREE" -exec touch -h -d '2020-01-01 00:00:00' {} +
	done
}

@test "a run that was killed, or that is at work, has everything written" {
	settled
	mark
	: >"$TREE/.modules.lock"
	index -A
	exits 0
	renewed
	[ ! -e "$TREE/.modules.lock" ]
}

@test "newer files that are no modules do not matter" {
	settled
	touch "$TREE/kernel/notes" "$TREE/modules.order" "$TREE/kernel"
	mark
	index -A
	exits 0
	untouched
}

@test "modules in excluded directories and in build do not matter" {
	settled
	module kernel/hidden/c.ko
	module build/d.ko
	config 'exclude hidden'
	mark
	index -A
	exits 0
	untouched
}

@test "a newer module of an external directory counts" {
	settled
	mkdir extra
	"$MKMODULE" extra/e.ko
	config "external * $PWD/extra"
	index -A
	exits 0
	file_is modules.dep "$PWD/extra/e.ko:" kernel/a.ko: kernel/deep/b.ko.gz:
}

@test "times of 1970 are times like any others" {
	settled
	find "$TREE" -exec touch -h -d '1970-01-01 00:00:00 UTC' {} +
	mark
	index -A
	exits 0
	untouched
}

@test "with -o, the modules.dep there is what counts" {
	settled
	index -A -o out
	exits 0
	[ -f "out/lib/modules/$RELEASE/modules.dep" ]
	mark "out/lib/modules/$RELEASE/modules.alias"
	index -A -o out
	untouched "out/lib/modules/$RELEASE/modules.alias"
}

@test "a missing module directory is still an error" {
	run "$DEPMOD" -A -b root -C empty 6.2.0
	exits 1
	says "$ROOT/lib/modules/6.2.0"
}

@test "what goes wrong is said once when there is something to do" {
	settled
	rm "$TREE/modules.dep"
	ln -s nowhere "$TREE/kernel/c.ko"
	index -A
	exits 0
	[ "$(grep -c kernel/c.ko <<<"$output")" = 1 ]
	touch "$TREE/kernel/deep/b.ko.gz" -d '2100-01-01'
	index -A
	[ "$(grep -c kernel/c.ko <<<"$output")" = 1 ]
}

@test "with files, -A is as without, as it is for kmod" {
	settled
	touch "$TREE/kernel/a.ko"
	run "$DEPMOD" -A -b "$ROOT" -C empty "$RELEASE" "$TREE/kernel/a.ko"
	exits 0
	file_is modules.dep kernel/a.ko: kernel/deep/b.ko.gz:
}
