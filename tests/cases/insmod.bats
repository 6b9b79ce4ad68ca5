# The command insmod, as far as it goes without a kernel that has modules; tests/real/guest has one.
load common
load modprobe
load commands

@test "a file that is not there, or is none, is an error" {
	ours insmod none.ko
	exits 1
	warns "insmod: ERROR: none.ko: No such file or directory"
	[ "$(grep -c ERROR <<<"$stderr")" = 1 ]
	ours insmod -
	exits 1
	ours insmod "$ROOT"
	exits 1
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
