# What modprobe reads to answer one question: of a large index little, and what cannot be read, the text file has.
load common
load modprobe

ASKED=pci:v000005DCB5A4d0007sv1

# aliases NUMBER: a thousand options of mkmodule, of which one is for ASKED when the number is 7.
aliases() {
	perl -e 'for my $j (1000 .. 1999) { printf "--alias\0pci:v0000%04X%04Xd%04dsv*\0", $j, $j * 31 % 65536, $ARGV[0] }' "$1"
}

# large_index: 20,000 patterns, in more than 400,000 bytes; made once. For ASKED, the answer is mod7.
large_index() {
	local number made=$BATS_FILE_TMPDIR/large
	if [ ! -d "$made" ]; then
		module kernel/low.ko --export low
		for number in {0..19}; do aliases "$number" | xargs -0 "$MKMODULE" --need low "$TREE/kernel/mod$number.ko"; done
		index
		exits 0
		cp -R "$TREE" "$made"
	fi
	cp -R "$made/." "$TREE"
	[ "$(stat -c %s "$TREE/modules.alias.bin")" -gt 400000 ]
}

# traced OPTION... -- QUESTION...: probe_alone under strace, whose options are given.
traced() {
	local options=()
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o /dev/null true || skip "strace may not trace here"
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	: >rules.conf
	run --separate-stderr strace -o trace "${options[@]}" "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C rules.conf "$@"
	output=$(relative <<<"$output")
}

# at_most LIMIT WHAT NUMBER
at_most() {
	[ "$3" -le "$1" ] || {
		printf '%s: %s, and not %s at most\n' "$2" "$3" "$1"
		return 1
	}
}

# costs_at_most CALLS READS BYTES: what the last traced run has asked of the system, and read of files.
costs_at_most() {
	at_most "$1" 'system calls' "$(grep -c '(' trace)"
	at_most "$2" 'reads of indexes' "$(grep -c '^pread64(' trace)"
	at_most "$3" 'bytes read' "$(sed -n 's/^p\{0,1\}read\(64\)\{0,1\}(.* = \([0-9]*\)$/\2/p' trace | awk '{ n += $1 } END { print n + 0 }')"
}

@test "one question reads a few kilobytes of a large index" {
	large_index
	traced -- -R "$ASKED"
	prints mod7
	costs_at_most 45 8 20000
	traced -- -n mod7
	prints "insmod kernel/low.ko" "insmod kernel/mod7.ko"
	costs_at_most 90 14 40000
	traced -- -q -n none
	exits 1
	costs_at_most 55 12 20000
}

@test "a module's file, the command line of the kernel and text files are not read for a name" {
	large_index
	traced -- -R "$ASKED"
	prints mod7
	run grep -E '\.ko|/proc/cmdline|modules\.(alias|dep|symbols|builtin)"' trace
	exits 1
}

@test "soft dependencies are read where they count: not to resolve an alias" {
	large_index
	printf 'softdep mod7 pre: mod3\n' >"$TREE/modules.softdep"
	traced -- -R "$ASKED"
	prints mod7
	[ "$(grep -cE 'modules\.(soft|weak)dep' trace)" = 0 ]
	traced -- -D mod7
	[ "$(grep -cx 'insmod kernel/mod3.ko *' <<<"$output")" = 1 ]
	traced -- -c -R
	[ "$(grep -cx 'softdep mod7 pre: mod3' <<<"$output")" = 1 ]
	traced -- -r -n -R mod7
	grep -q 'modules\.softdep' trace
}

@test "all of an index is asked for at once: few reads, few writes" {
	large_index
	traced -- -c
	exits 0
	[ "$(grep -c '^alias pci:' <<<"$output")" = 20000 ]
	costs_at_most 160 4 2000000
}

@test "where all of an index cannot be read, the text file has all of it" {
	large_index
	local expected fault
	traced -- -c
	expected=$(sort <<<"$output")
	for fault in error=EIO retval=0 retval=1; do
		traced -e inject=pread64:$fault:when=1 -- -c
		exits 0
		[ "$(sort <<<"$output")" = "$expected" ]
		case $fault in
		error=EIO) warns "modules.alias.bin: I/O error; reading modules.alias instead" ;;
		retval=0) warns "modules.alias.bin: the file has become shorter; reading modules.alias instead" ;;
		esac
	done
}

@test "a hundred questions in one run read each index with one open file" {
	large_index
	traced -- -a -R $(for i in {1..100}; do echo "$ASKED"; done)
	[ "$output" = "$(for i in {1..100}; do echo mod7; done)" ]
	[ "$(grep -c 'modules.alias.bin' trace)" = 1 ]
	at_most 350 "system calls" "$(grep -c "(" trace)"
}

@test "modprobe starts with few page faults" {
	[ -x /usr/bin/time ] || skip "time is not installed"
	large_index
	: >rules.conf
	/usr/bin/time -o faults -f %R "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C rules.conf -R "$ASKED"
	at_most 100 'page faults' "$(cat faults)"
}

@test "wherever reading an index fails, the text file answers, with a warning" {
	large_index
	local nth reads
	traced -- -R "$ASKED"
	reads=$(grep -c '^pread64(' trace)
	[ "$reads" -ge 3 ]
	for ((nth = 1; nth <= reads; nth++)); do
		traced -e inject=pread64:error=EIO:when=$nth -- -R "$ASKED"
		exits 0
		prints mod7
		warns "modules.alias.bin: I/O error; reading modules.alias instead"
		[ "$(grep -c . <<<"$stderr")" = 1 ]
	done
}

@test "where it fails after some matches are found, none comes twice" {
	large_index
	local nth whole reads
	module kernel/more.ko --alias 'pci:*' --alias 'pci:v000005*'
	index
	traced -- -R "$ASKED"
	whole=$(sort <<<"$output") reads=$(grep -c '^pread64(' trace)
	[ "$(wc -l <<<"$whole")" = 3 ]
	for ((nth = 1; nth <= reads; nth++)); do
		traced -e inject=pread64:error=EIO:when=$nth -- -R "$ASKED"
		exits 0
		[ "$(sort <<<"$output")" = "$whole" ]
	done
}

@test "a signal does not keep an index from being read" {
	large_index
	traced -e inject=pread64:error=EINTR:when=1+2 -- -R "$ASKED"
	exits 0
	prints mod7
	warns_of_nothing
	[ "$(grep -c EINTR trace)" -ge 3 ]
}

@test "an index that becomes shorter while it is read is no reason to find less" {
	large_index
	traced -- -R "$ASKED"
	: >trace
	(
		until grep -q '^pread64(' trace; do sleep 0.05; done
		truncate -s 100 "$TREE/modules.alias.bin"
		echo done >truncated
	) &
	traced -e inject=pread64:delay_enter=3s:when=2 -- -R "$ASKED"
	wait
	[ "$(cat truncated)" = done ]
	exits 0
	prints mod7
	warns "modules.alias.bin: the file has become shorter; reading modules.alias instead"
}

@test "of an index that is larger than memory, the text file has the content" {
	large_index
	truncate -s 100G "$TREE/modules.alias.bin" || skip "no file can be as large here"
	traced -- -R "$ASKED"
	exits 0
	prints mod7
	warns "modules.alias.bin: Invalid argument; reading modules.alias instead"
	traced -- -c
	exits 0
	[ "$(grep -c '^alias pci:' <<<"$output")" = 20000 ]
}
