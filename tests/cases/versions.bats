# Which kernels there are: --all-versions; what is said when the one that is asked for is not there; usr/lib/modules.
load common

# kernel RELEASE [NAME [BASE]]: a kernel with one module.
kernel() {
	local TREE=${3-$ROOT}/lib/modules/$1
	mkdir -p "$TREE"
	: >"$TREE/modules.order"
	: >"$TREE/modules.builtin"
	: >"$TREE/modules.builtin.modinfo"
	module "kernel/${2-m}.ko"
}

all_versions() { run --separate-stderr "$DEPMOD" -C empty --all-versions "$@"; }

# listed RELEASE: its modules.dep.
listed() { cat "root/lib/modules/$1/modules.dep"; }

# messages_are LINE...: all that went to standard error.
messages_are() {
	[ "$stderr" = "$(printf '%s\n' "$@")" ] || {
		printf 'messages:\n%s\nexpected:\n%s\n' "$stderr" "$(printf '%s\n' "$@")"
		return 1
	}
}

setup_kernels() {
	rm -r "$TREE"
	kernel 6.1.0-18-amd64 a
	kernel 5.10.0-9-amd64 b
	kernel 6.1.0-9-amd64 c
}

@test "--all-versions indexes every kernel, each as its own run would" {
	setup_kernels
	cp -a root expected
	for release in 5.10.0-9-amd64 6.1.0-18-amd64 6.1.0-9-amd64; do "$DEPMOD" -C empty -b expected $release; done
	all_versions -b root
	exits 0
	says_nothing
	[ -z "$stderr" ]
	[ "$(listed 6.1.0-18-amd64) $(listed 5.10.0-9-amd64) $(listed 6.1.0-9-amd64)" = \
		'kernel/a.ko: kernel/b.ko: kernel/c.ko:' ]
	diff -r expected root
}

@test "--all-versions takes what is a version and a directory, or a link to one" {
	setup_kernels
	mv root/lib/modules/6.1.0-9-amd64 root/elsewhere
	ln -s /elsewhere root/lib/modules/6.1.0-9-amd64
	ln -s nowhere root/lib/modules/6.2
	mkdir root/lib/modules/{build,extra-6.1,.6.1,6,6.x}
	for dir in build extra-6.1 .6.1 6 6.x; do "$MKMODULE" "root/lib/modules/$dir/a.ko"; done
	: >root/lib/modules/6.3
	all_versions -b root
	exits 0
	[ -z "$stderr" ]
	[ "$(find root -name modules.dep | sort)" = "$(printf '%s\n' root/elsewhere/modules.dep \
		root/lib/modules/5.10.0-9-amd64/modules.dep root/lib/modules/6.1.0-18-amd64/modules.dep)" ]
}

@test "--all-versions: one that fails does not stop the others; exit status 1" {
	setup_kernels
	mkdir root/lib/modules/6.1.0-18-amd64/modules.dep
	all_versions -b root
	exits 1
	messages_are "depmod: ERROR: could not replace $ROOT/lib/modules/6.1.0-18-amd64/modules.dep: Is a directory"
	[ "$(listed 5.10.0-9-amd64)" = kernel/b.ko: ]
	[ "$(listed 6.1.0-9-amd64)" = kernel/c.ko: ]
	[ -z "$(find root -name '.*.new')" ]
}

@test "--all-versions: messages say in which kernel's tree a file is" {
	setup_kernels
	echo text >root/lib/modules/6.1.0-9-amd64/kernel/c.ko
	ln -s nowhere root/lib/modules/5.10.0-9-amd64/kernel/x.ko
	rm root/lib/modules/6.1.0-18-amd64/modules.{order,builtin}
	all_versions -b root
	exits 0
	messages_are \
		"depmod: ERROR: cannot follow $ROOT/lib/modules/5.10.0-9-amd64/kernel/x.ko: No such file or directory" \
		"depmod: WARNING: could not open $ROOT/lib/modules/6.1.0-18-amd64/modules.order: No such file or directory" \
		"depmod: WARNING: could not open $ROOT/lib/modules/6.1.0-18-amd64/modules.builtin: No such file or directory" \
		"depmod: ERROR: $ROOT/lib/modules/6.1.0-9-amd64/kernel/c.ko: neither ELF nor a known compression"
	all_versions -b root --strict -q
	exits 1
}

@test "--all-versions: a process that is killed costs its kernel alone" {
	setup_kernels
	strace -f -qq -o trace -e trace=none true 2>/dev/null || skip "strace may not trace here"
	run --separate-stderr strace -f -qq -o trace -e trace=flock -P "$ROOT/lib/modules/6.1.0-18-amd64/.modules.lock" \
		-e inject=flock:signal=KILL "$DEPMOD" -C empty -b root --jobs 1 --all-versions
	exits 1
	messages_are 'depmod: ERROR: the process for 6.1.0-18-amd64 died'
	[ "$(listed 6.1.0-9-amd64)" = kernel/c.ko: ]
}

@test "--all-versions where no process can be had: an error for each kernel" {
	setup_kernels
	strace -f -qq -o trace -e trace=none true 2>/dev/null || skip "strace may not trace here"
	run --separate-stderr strace -f -qq -o trace -e inject=fork,clone:error=EAGAIN:when=2 \
		"$DEPMOD" -C empty -b root --jobs 1 --all-versions
	exits 1
	messages_are 'depmod: ERROR: could not begin with 6.1.0-18-amd64: Resource in use or lacking'
	[ "$(listed 6.1.0-9-amd64)" = kernel/c.ko: ]
	[ ! -e root/lib/modules/6.1.0-18-amd64/modules.dep ]
}

@test "--all-versions with -n, -A, -o and -m" {
	setup_kernels
	all_versions -b root -n
	exits 0
	[ "$(grep ko: <<<"$output")" = $'kernel/b.ko:\nkernel/a.ko:\nkernel/c.ko:' ]
	[ -z "$(find root -name modules.dep)" ]
	all_versions -b root -A
	rm root/lib/modules/6.1.0-9-amd64/modules.dep
	for name in root/lib/modules/*/modules.alias; do echo marked >"$name"; done
	all_versions -b root -A
	exits 0
	[ "$(grep -L marked root/lib/modules/*/modules.alias)" = root/lib/modules/6.1.0-9-amd64/modules.alias ]
	mv root/lib/modules root/other
	all_versions -b root -m other -o out
	exits 0
	[ "$(cat out/other/{5.10.0-9,6.1.0-18,6.1.0-9}-amd64/modules.dep)" = $'kernel/b.ko:\nkernel/a.ko:\nkernel/c.ko:' ]
}

@test "--all-versions where there is none is an error" {
	rm -r "$TREE"
	all_versions -b root
	exits 1
	messages_are "depmod: ERROR: no kernel's modules are in $ROOT/lib/modules"
	all_versions -b gone
	exits 1
	messages_are "depmod: ERROR: no kernel's modules are in $PWD/gone/lib/modules"
	: >root/lib/modules/6.1
	all_versions -b root -m lib/modules/6.1
	exits 1
	messages_are "depmod: FATAL: cannot go on: $ROOT/lib/modules/6.1: Not a directory"
}

@test "--all-versions with a version is refused" {
	all_versions -b root "$RELEASE"
	exits 1
	messages_are "depmod: ERROR: --all-versions takes no version, and so not $RELEASE (--help lists the options)"
	[ ! -e "$TREE/modules.dep" ]
}

@test "a version that is not there: the error has the commands for those that are" {
	setup_kernels
	run --separate-stderr "$DEPMOD" -C empty -b root -m /lib/modules 6.2
	exits 1
	messages_are "depmod: ERROR: could not open directory $ROOT/lib/modules/6.2/: No such file or directory" \
		'depmod: to index what is there: depmod -b root -m /lib/modules -C empty 5.10.0-9-amd64' \
		'depmod: to index what is there: depmod -b root -m /lib/modules -C empty 6.1.0-18-amd64' \
		'depmod: to index what is there: depmod -b root -m /lib/modules -C empty 6.1.0-9-amd64'
	rm -r root/lib/modules/{5,6.1.0-1}*
	run --separate-stderr "$DEPMOD" -C empty -b root -b empty -o out 6.2
	exits 1
	messages_are "depmod: WARNING: could not open directory $ROOT/lib/modules/6.2/: No such file or directory" \
		"depmod: WARNING: could not open directory $PWD/empty/lib/modules/6.2/: No such file or directory" \
		'depmod: to index what is there: depmod -b root -b empty -o out -C empty 6.1.0-9-amd64'
	[ ! -e out ]
}

@test "the running version, when it is not there" {
	module kernel/a.ko
	run --separate-stderr "$DEPMOD" -C empty -b root
	exits 1
	messages_are "depmod: ERROR: could not open directory $ROOT/lib/modules/$(uname -r)/: No such file or directory" \
		'depmod: to index what is there: depmod -b root -C empty 6.1.0'
}

@test "no version is there at all" {
	rm -r "$TREE"
	run --separate-stderr "$DEPMOD" -C empty -b root 6.2
	exits 1
	messages_are "depmod: ERROR: could not open directory $ROOT/lib/modules/6.2/: No such file or directory" \
		"depmod: ERROR: no kernel's modules are in $ROOT/lib/modules"
}

@test "a command can be typed as it stands, whatever the names" {
	rm -r root
	kernel '6.1; touch x $(touch x)' m "it's here"
	run --separate-stderr "$DEPMOD" -C empty -b "it's here" 6.2
	exits 1
	[ "${stderr_lines[1]}" = "depmod: to index what is there: depmod -b 'it'\\''s here' -C empty '6.1; touch x \$(touch x)'" ]
	run sh -c "$(sed "s,.*: depmod,'$DEPMOD'," <<<"${stderr_lines[1]}")"
	exits 0
	[ -e "it's here/lib/modules/6.1; touch x \$(touch x)/modules.dep" ]
	[ ! -e x ]
}

@test "who asked only to look is told a command that only looks" {
	module kernel/a-b.ko
	before=$(fingerprint)
	for looking in -n '--explain a-b' --dot '--dot a-b'; do
		run --separate-stderr "$DEPMOD" -b root -C empty -C 'no such' $looking 6.2
		exits 1
		says_nothing
		messages_are "depmod: ERROR: could not open directory $ROOT/lib/modules/6.2/: No such file or directory" \
			"depmod: to look at what is there: depmod -b root -C empty -C 'no such' $looking 6.1.0"
		run --separate-stderr sh -c "$(sed "s,.*: depmod,'$DEPMOD'," <<<"${stderr_lines[1]}")"
		exits 0
		[[ "$output" == *a?b* ]]
	done
	[ "$(fingerprint)" = "$before" ]
}

# usr: the tree stands in usr/lib/modules alone.
usr() {
	mkdir -p root/usr
	mv root/lib root/usr/lib
	TREE=$ROOT/usr/lib/modules/$RELEASE
}

@test "without -m, usr/lib/modules is used where there is no lib/modules" {
	module kernel/a.ko
	usr
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
	[ ! -e root/lib ]
	run --separate-stderr "$DEPMOD" -C empty -b root 6.2
	messages_are "depmod: ERROR: could not open directory $ROOT/usr/lib/modules/6.2/: No such file or directory" \
		'depmod: to index what is there: depmod -b root -C empty 6.1.0'
	rm "$TREE/modules.dep"
	all_versions -b root
	exits 0
	file_is modules.dep kernel/a.ko:
}

@test "lib/modules is used when it is there, and when neither is" {
	usr
	mkdir -p root/lib/modules
	index
	exits 1
	says "$ROOT/lib/modules/$RELEASE"
	rm -r root/usr root/lib
	index
	exits 1
	says "$ROOT/lib/modules/$RELEASE"
}

@test "with -m, nothing else is tried" {
	usr
	index -m lib/modules
	exits 1
	says "$ROOT/lib/modules/$RELEASE"
}

@test "with -o, the files go to the same place below the other directory" {
	module kernel/a.ko
	usr
	index -o out
	exits 0
	[ "$(cat "out/usr/lib/modules/$RELEASE/modules.dep")" = kernel/a.ko: ]
	[ ! -e out/lib ]
	[ ! -e "$TREE/modules.dep" ]
}

@test "a tree that may not be written to: the error names -o" {
	needs_permissions
	module kernel/a.ko
	chmod a-w "$TREE"
	run without_privilege "$DEPMOD" -b root -C empty "$RELEASE"
	exits 1
	[ "$output" = "depmod: ERROR: could not write to directory $TREE/ (-o DIR writes below DIR instead): Permission denied" ]
	run without_privilege "$DEPMOD" -b root -C empty -o out "$RELEASE"
	chmod u+w "$TREE"
	exits 0
	says_nothing
	[ "$(cat "out/lib/modules/$RELEASE/modules.dep")" = kernel/a.ko: ]
}

@test "a read-only file system: the error names -o" {
	unshare -rm true 2>/dev/null || skip "nothing can be mounted here"
	module kernel/a.ko
	run unshare -rm sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && "$@"' - "$ROOT" \
		"$DEPMOD" -b "$ROOT" -C empty "$RELEASE"
	exits 1
	[ "$output" = "depmod: ERROR: could not write to directory $TREE/ (-o DIR writes below DIR instead): Read-only file system" ]
}
