# FILE operands: only these modules.
load common

@test "only the named modules are indexed" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	module kernel/c.ko
	run "$DEPMOD" -b root -C empty "$RELEASE" "$TREE/kernel/a.ko" "$TREE/kernel/b.ko"
	exits 0
	says_nothing
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
}

@test "a path relative to the working directory is the same file" {
	module kernel/a.ko
	module kernel/b.ko
	run "$DEPMOD" -b root -C empty "$RELEASE" "root/lib/modules/$RELEASE/kernel/b.ko"
	exits 0
	file_is modules.dep kernel/b.ko:
	cd "$TREE/kernel"
	run "$DEPMOD" -b "$ROOT" -C "$BATS_TEST_TMPDIR/empty" "$RELEASE" a.ko
	exits 0
	file_is modules.dep kernel/a.ko:
}

@test "a path as modules.dep has it is taken from the tree, where there is no such file here" {
	module kernel/a.ko
	module kernel/b.ko --alias in-the-tree
	run "$DEPMOD" -b root -C empty "$RELEASE" kernel/b.ko
	exits 0
	says_nothing
	file_is modules.dep kernel/b.ko:
	mkdir kernel
	"$MKMODULE" --alias here kernel/b.ko
	run "$DEPMOD" -b root -C empty "$RELEASE" kernel/b.ko
	exits 0
	file_is modules.dep "$PWD/kernel/b.ko:"
}

@test "from the root directory, a relative path is the absolute one without its slash" {
	"$MKMODULE" elsewhere.ko
	module kernel/a.ko
	here=${PWD#/}
	cd /
	run "$DEPMOD" -b "$here/root" -C "$here/empty" "$RELEASE" "$here/elsewhere.ko" "$here/root/lib/modules/$RELEASE/kernel/a.ko"
	exits 0
	says_nothing
	file_is modules.dep "/$here/elsewhere.ko:" kernel/a.ko:
}

@test "a module outside the tree is listed by its absolute path" {
	"$MKMODULE" --alias outside elsewhere.ko
	run "$DEPMOD" -b root -C empty "$RELEASE" "$PWD/elsewhere.ko"
	exits 0
	file_is modules.dep "$PWD/elsewhere.ko:"
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias outside elsewhere'
}

@test "their order is that of modules.order, not of the command line" {
	module kernel/a.ko
	module kernel/b.ko
	order kernel/b.ko kernel/a.ko
	run "$DEPMOD" -b root -C empty "$RELEASE" "$TREE/kernel/a.ko" "$TREE/kernel/b.ko"
	file_is modules.dep kernel/b.ko: kernel/a.ko:
}

@test "-a means all modules in spite of named ones" {
	module kernel/a.ko
	module kernel/b.ko
	run "$DEPMOD" -a -b root -C empty "$RELEASE" "$TREE/kernel/a.ko"
	exits 0
	file_is modules.dep kernel/a.ko: kernel/b.ko:
}

@test "a file that is missing is an error, and nothing is written" {
	module kernel/a.ko
	run "$DEPMOD" -b root -C empty "$RELEASE" "$TREE/kernel/a.ko" "$TREE/kernel/gone.ko"
	exits 1
	says "ERROR: $TREE/kernel/gone.ko: No such file"
	[ ! -e "$TREE/modules.dep" ]
}

@test "a file that is no module by its name is an error" {
	echo text >"$TREE/kernel/readme"
	run "$DEPMOD" -b root -C empty "$RELEASE" "$TREE/kernel/readme"
	exits 1
	says "ERROR: $TREE/kernel/readme: not a module"
	[ ! -e "$TREE/modules.dep" ]
}

@test "a base directory with a blank in its name is none of modules.dep's business" {
	module kernel/a.ko
	module kernel/b.ko
	mv root 'the root'
	run "$DEPMOD" -b 'the root' -C empty "$RELEASE" kernel/b.ko
	exits 0
	says_nothing
	[ "$(cat "the root/lib/modules/$RELEASE/modules.dep")" = kernel/b.ko: ]
}

@test "a file that is named twice is no duplicate of itself" {
	module kernel/a.ko
	run "$DEPMOD" -w -v -b root -C empty "$RELEASE" "$TREE/kernel/a.ko" kernel/a.ko
	exits 0
	says_not duplicate
	file_is modules.dep kernel/a.ko:
}

@test "a FIFO is an error, and is not waited for" {
	mkfifo "$TREE/kernel/x.ko"
	run timeout 10 "$DEPMOD" -b root -C empty "$RELEASE" "$TREE/kernel/x.ko"
	exits 1
	says "$TREE/kernel/x.ko"
}

@test "a damaged one is an error for itself alone" {
	module kernel/a.ko
	echo text >"$TREE/kernel/b.ko"
	run "$DEPMOD" -b root -C empty "$RELEASE" "$TREE/kernel/a.ko" "$TREE/kernel/b.ko"
	exits 0
	says 'ERROR: '
	says kernel/b.ko
	file_is modules.dep kernel/a.ko:
}
