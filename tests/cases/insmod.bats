# The command insmod, as far as it goes without a kernel that has modules; tests/real/guest has one.
load common
load modprobe
load commands
load invariants

@test "a file that is not there, or is none, is an error" {
	ours insmod none.ko
	exits 1
	messages_alike insmod none.ko
	warns "insmod: ERROR: could not load module none.ko: No such file or directory"
	[ "$(grep -c ERROR <<<"$stderr")" = 1 ]
	ours insmod none/one.ko
	exits 1
	warns "insmod: ERROR: could not load module none/one.ko: No such file or directory"
	ours insmod -
	exits 1
	ours insmod "$ROOT"
	exits 1
	warns "insmod: ERROR: could not insert module $ROOT: "
	[[ $stderr != *FATAL* ]]
}

@test "a file that may not be read" {
	needs_permissions
	echo text >one.ko
	chmod 0 one.ko
	link insmod
	run --separate-stderr without_privilege bin/insmod one.ko
	exits 1
	warns "insmod: ERROR: could not insert module one.ko: Permission denied"
	[ "$(grep -c ERROR <<<"$stderr")" = 1 ]
	messages_alike without_privilege insmod one.ko
}

# Of errors that the kernel gives, and that kmod and we have words for.
@test "what the kernel says, in the words of kmod" {
	needs_tracing
	module kernel/one.ko --modinfo license=GPL
	link insmod
	for error in EEXIST ENOENT ENOEXEC EPERM EINVAL ESRCH EKEYREJECTED ENODEV EBUSY EACCES EBADMSG; do
		refused=(strace -qq -o trace -e trace=finit_module,init_module -e "inject=finit_module,init_module:error=$error")
		run --separate-stderr "${refused[@]}" bin/insmod "$TREE/kernel/one.ko"
		exits 1
		warns "insmod: ERROR: could not insert module $TREE/kernel/one.ko: "
		messages_alike "${refused[@]}" insmod "$TREE/kernel/one.ko"
	done
}

@test "what is no module is refused, by the kernel or before" {
	echo text >text.ko
	module kernel/one.ko --defect truncated
	for file in text.ko "$TREE/kernel/one.ko"; do
		ours insmod "$file"
		exits 1
		warns "could not insert module $file: "
	done
	gzip -n <text.ko | head -c 20 >cut.ko.gz
	ours insmod cut.ko.gz
	exits 1
}

@test "-v shows the file and its parameters; a value with blanks stays one" {
	echo text >text.ko
	ours insmod -v text.ko a=1 b="two words" c
	exits 1
	prints 'insmod text.ko a=1 b="two words" c'
}

@test "wrong options; help" {
	ours insmod
	exits 1
	warns "no file is named"
	ours insmod --nonsense x.ko
	exits 1
	ours insmod -h
	exits 0
	[ "${lines[0]}" = "Usage: insmod [OPTION]... FILE [PARAMETER=VALUE]..." ]
}
