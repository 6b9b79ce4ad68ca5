# modprobe.d: which files are read; and what the kernel's command line says of modules.
load common
load modprobe

# asks [OPTION...] QUESTION...: -R, with no configuration but that of the options.
asks() {
	run --separate-stderr "$MODPROBE" -d "$ROOT" -S "$RELEASE" "$@" -R
	exits 0
	[[ $(modprobe -V 2>/dev/null) == kmod* ]] || return 0
	[ "$output" = "$(modprobe -d "$ROOT" -S "$RELEASE" "$@" -R 2>kmods-messages)" ] || {
		cat kmods-messages
		return 1
	}
}

@test "files of a directory that end in .conf or .alias count, sorted by name" {
	modules one two three four
	mkdir rules.d
	echo alias x two >rules.d/b.conf
	echo alias x one >rules.d/a.alias
	echo alias x three >rules.d/c.conf
	echo alias x four >rules.d/readme
	echo alias x four >rules.d/.d.conf
	echo alias x four >rules.d/e.conf.dpkg-old
	asks -C rules.d x
	prints one two three
	warns_of_nothing
}

@test "a file that is named counts whatever it is called" {
	modules one
	echo alias x one >odd-name
	asks -C odd-name x
	prints one
}

@test "several -C count together, sorted by name over all of them" {
	modules one two three
	mkdir high low
	echo alias x one >high/20.conf
	echo alias x two >low/10.conf
	echo alias x three >low/30.conf
	asks -C high -C low x
	prints two one three
	asks --config=low --config high x
	prints two one three
}

@test "a name in an earlier -C hides the same name in a later one" {
	modules one two three
	mkdir high low
	echo alias x one >high/x.conf
	echo alias x two >low/x.conf
	echo alias x three >low/y.conf
	asks -C high -C low x
	prints one three
	asks -C low -C high x
	prints two three
}

@test "a link to /dev/null hides the same name" {
	modules one two
	mkdir high low
	ln -s /dev/null high/x.conf
	echo alias x one >low/x.conf
	echo alias x two >low/y.conf
	asks -C high -C low x
	prints two
}

@test "rules of a file go before those of modules" {
	modules one two three
	module kernel/one.ko --softdep 'pre: two'
	index
	mkdir rules.d
	echo softdep one pre: three >rules.d/one.conf
	run "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C rules.d -D one
	output=$(relative <<<"$output")
	prints "insmod kernel/two.ko" "insmod kernel/one.ko" # modules.softdep is sorted with the others, as with kmod
	mv rules.d/one.conf rules.d/amend.conf
	run "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C rules.d -D one
	output=$(relative <<<"$output")
	prints "insmod kernel/three.ko" "insmod kernel/one.ko"
	run modprobe -d "$ROOT" -S "$RELEASE" -C rules.d -D one
	output=$(relative <<<"$output")
	prints "insmod kernel/three.ko" "insmod kernel/one.ko"
}

@test "a file or directory that is not there is nothing; one that cannot be read is said, and the others count" {
	modules one
	mkdir rules.d
	ln -s nowhere rules.d/a.conf
	echo alias x one >rules.d/b.conf
	run --separate-stderr "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C rules.d -C none -R x
	exits 0
	prints one
	warns "cannot read rules.d/a.conf: No such file or directory"
}

@test "-c prints all rules by their kinds, then the aliases of all modules" {
	module kernel/one.ko --alias 'pci:v1*' --alias a-b --export of_one
	module kernel/two.ko --softdep 'pre: one'
	index
	rules 'softdep one post: two' 'options one a=1' $'remove one  x\ty' 'alias c-d one' 'install one echo hello' \
		'blacklist t-wo' 'alias e two' 'blacklist three' 'options two b="c d"'
	printf 'quiet\n' >cmdline
	run_with_command_line -c
	prints "blacklist t_wo" "blacklist three" "install one echo hello" $'remove one  x\ty' "alias c_d one" "alias e two" \
		"options one a=1" 'options two b="c d"' "softdep two pre: one" "softdep one post: two" \
		"" "# End of configuration files. Dumping indexes now:" "" \
		"alias a_b one" "alias pci:v1* one" "alias symbol:of_one one"
}

# ---- the kernel's command line ----

# run_with_command_line [OPTION...]: as `probe`, where the file `cmdline` is the kernel's command line.
run_with_command_line() {
	unshare -rm mount --bind cmdline /proc/cmdline 2>/dev/null || skip "no mounting here"
	[ -e rules.conf ] || : >rules.conf
	run --separate-stderr unshare -rm sh -c 'mount --bind cmdline /proc/cmdline && exec "$@"' - \
		"$MODPROBE" -d "$ROOT" -S "$RELEASE" -C rules.conf "$@"
	output=$(relative <<<"$output")
	[[ $(modprobe -V 2>/dev/null) == kmod* ]] || return 0
	unshare -rm sh -c 'mount --bind cmdline /proc/cmdline && exec "$@"' - \
		modprobe -d "$ROOT" -S "$RELEASE" -C rules.conf "$@" 2>kmods-messages | relative >expected || true
	diff expected - <<<"$output"
}

@test "command line: MODULE.PARAMETER=VALUE is an option, behind those of files" {
	modules with-hyphen
	rules 'options with_hyphen a=0'
	printf 'ro with-hyphen.a=1 root=/dev/x.y with_hyphen.flag nothing.z=1 quiet\n' >cmdline
	run_with_command_line -D with-hyphen
	prints "insmod kernel/with-hyphen.ko a=0 a=1 flag"
}

@test "command line: a quoted value may have blanks" {
	modules one
	printf 'one.a="b c" one.d=e" "f "one.dyndbg=file x.c +p" one.g=1' >cmdline
	run_with_command_line -D one
	prints 'insmod kernel/one.ko a="b c" d=e" "f dyndbg="file x.c +p" g=1'
}

@test "command line: modprobe.blacklist= is a list" {
	module kernel/one.ko --alias x
	module kernel/two.ko --alias x
	module kernel/three.ko --alias x
	order kernel/one.ko kernel/two.ko kernel/three.ko
	index
	printf 'modprobe.blacklist=one,none quiet modprobe.blacklist=three\n' >cmdline
	run_with_command_line -D x
	prints "insmod kernel/two.ko"
}

@test "command line: what is no parameter of a module is nothing" {
	modules one
	printf '.a=1 one. one one=2 a=one.b=1 "one.c d" one.e.f=1 -- one.g=1\n' >cmdline
	run_with_command_line -D one
	prints "insmod kernel/one.ko g=1"
}
