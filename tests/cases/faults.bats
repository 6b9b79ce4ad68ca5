# Any one system call that fails: all is well, or nothing has changed and a message says why, or what could not be
# read is named and everything else is there. strace makes each call of a run fail in its turn, with each error that
# such a call may give.
load common
load invariants

# What the C library does for itself when a process begins or ends.
NOT_OURS=' arch_prctl execve exit exit_group getpid getppid gettid rt_sigprocmask rt_sigreturn set_thread_area set_tid_address '

errors_of() {
	case $1 in
	read | pread64) echo EIO EINTR ENOMEM ;;
	write) echo ENOSPC EINTR EIO ;;
	open | openat) echo EIO EMFILE ENFILE ENOMEM EACCES EINTR ;;
	close) echo EIO EINTR ENOMEM ;;
	*stat* | statx) echo EIO ENOMEM EACCES EMFILE ;;
	getdents64) echo EIO EINTR ENOMEM EACCES EMFILE ;;
	mmap* | munmap | madvise | getcwd) echo ENOMEM ;;
	fork | vfork | clone | clone3) echo EAGAIN ENOMEM ;;
	rename*) echo EIO ENOSPC EINVAL ENOMEM EACCES ;;
	unlink* | access) echo EIO EROFS ENOMEM EACCES ;;
	mkdir*) echo ENOSPC EACCES EIO ENOMEM EMFILE ;;
	fsync) echo EIO ENOSPC EINTR ;;
	flock) echo EINTR ENOLCK ;;
	wait4 | waitid) echo EINTR ;;
	*) echo EINVAL ;;
	esac
}

reason_of() {
	case $1 in
	EACCES) echo 'Permission denied' ;;
	EIO) echo 'I/O error' ;;
	EINTR) echo 'Interrupted system call' ;;
	EINVAL) echo 'Invalid argument|this system lets no program make code' ;;
	EMFILE) echo 'Too many open files' ;;
	ENFILE) echo 'Too many open files in system' ;;
	ENOMEM) echo 'Out of memory|no memory' ;;
	ENOSPC) echo 'No space left on device' ;;
	EROFS) echo 'Read-only file system' ;;
	*) echo "no run may fail of $1" ;;
	esac
}

# Each call that a run makes, with the most often that one process makes it.
calls_made() {
	strace -f -qq -o trace "${command[@]}" >said 2>messages
	sed -n 's/^\([0-9]*\) *\([a-z0-9_]*\)(.*/\1 \2/p' trace | sort | uniq -c |
		awk '$1 > most[$3] { most[$3] = $1 } END { for (call in most) print call, most[call] }' | sort
}

# lost_paths: what the messages of the last run say could not be read, each as `HOW PATH`.
lost_paths() {
	sed -nE 's/^depmod: (ERROR|WARNING): //
		/ needs unknown symbol |^could not remove /d
		s/: [^:]*$//
		/^cannot follow / { s//gone /p; d }
		/^cannot read (all of )?directory / { s//emptied /p; d }
		/^(cannot read|could not open) / { s//gone /p; d }
		s/^/damaged /p' messages | sort -u
}

# result: the output directory and standard output. outcome_without LOST sets $expected to the result of a run whose
# tree lacks what is lost.
result() { contents "$OUT" | grep -vF "$unremoved"; cksum <said; }

outcome_without() {
	local how path
	expected=${outcomes[$1]-}
	[ -z "$expected" ] || return 0
	cp -a "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR.whole"
	while read -r how path; do
		[ -e "$path" ] || path=$TREE/$path
		mv "$path" lost
		case $how in
		emptied) mkdir "$path" ;;
		damaged) echo text >"$path" ;;
		esac
		rm -rf lost
	done <<<"$1"
	fresh
	"${command[@]/#-A/-a}" >said 2>messages
	expected=$(result)
	outcomes[$1]=$expected
	(cd / && rm -rf "$BATS_TEST_TMPDIR" && mv "$BATS_TEST_TMPDIR.whole" "$BATS_TEST_TMPDIR")
	cd "$BATS_TEST_TMPDIR"
}

# one_fault CALL ERROR N: the Nth such call of each process fails; then what must hold is looked at.
one_fault() {
	local status=0 confined=(-e inject=prctl:error=EINVAL) unremoved=' none' expected outcome lost
	# To strace's way of failing a call a confined worker's filter says no.
	[ "$1" != prctl ] || confined=()
	[ "$(contents "$OUT")" = "$before" ] || fresh
	timeout 20 strace -f -qq -o /dev/null -e trace="$1,prctl" "${confined[@]}" -e inject="$1:error=$2:when=$3" \
		"${command[@]}" >said 2>messages || status=$?
	runs=$((runs + 1))
	unremoved=$(sed -n 's/.*could not remove .*\(\.modules\..*\): .*/ \1/p' messages)
	unremoved=${unremoved:- none}
	lost=$(lost_paths)
	case $status in
	0)
		[ "$(result)" != "$good" ] || return 0
		outcome=$(result)
		# What passes must cost nothing.
		[[ " EINTR ENOMEM EMFILE ENFILE EAGAIN " != *" $2 "* ]] || wrong 'a loss for something that passes'
		[ -n "$lost" ] && outcome_without "$lost" && [ "$outcome" = "$expected" ] ||
			wrong "neither whole nor as without $lost"
		;;
	1)
		grep -qE "^depmod: (ERROR|FATAL): .*: ($(reason_of "$2")|no process could be had that reads it)\$" messages ||
			wrong 'no message gives the reason'
		[ -z "$(grep -E '^depmod: FATAL: cannot go on: [^:]*$' messages)" ] || wrong 'no message names the file'
		grep -q '^depmod: ERROR: could not sync .*/: ' messages || [ "$(contents "$OUT")" = "$before" ] ||
			wrong 'the old files are not what they were'
		;;
	*) wrong "exit status" ;;
	esac
}

wrong() {
	failures=$((failures + 1))
	printf '%s: %s %s number %s, exit status %s, messages:\n' "$1" $call $error $n $status
	cat messages
}

# every_fault all|first: each call fails in its turn, with all errors there are for it, or only the first.
every_fault() {
	local call count error errors n runs=0 failures=0 before good unremoved=' none'
	local -A outcomes=()
	needs_tracing
	fresh
	before=$(contents "$OUT")
	calls=$(calls_made)
	good=$(result)
	while read -r call count; do
		[[ "$NOT_OURS" != *" $call "* ]] || continue
		errors=$(errors_of "$call")
		[ "$1" = all ] || errors=${errors%% *}
		for error in $errors; do
			for ((n = 1; n <= count; n++)); do one_fault "$call" "$error" "$n"; done
		done
	done <<<"$calls"
	tell "$runs runs"
	[ $failures = 0 ]
}

# with OPTION...: the run that is looked at; before each, fresh() makes the output directory what it was.
with() {
	small_tree
	OUT=$TREE
	command=("$DEPMOD" -b root -C conf "$@" "$RELEASE")
}

fresh() { old_files "$TREE"; }

@test "one process" {
	with --jobs 1
	every_fault all
}

@test "several processes" {
	with --jobs 2
	every_fault all
}

@test "-o to a new directory, --sync" {
	with --jobs 1 -o out --sync
	OUT=out/lib/modules/$RELEASE
	fresh() { rm -rf out; }
	every_fault first
}

@test "-n, -e and a map" {
	with --jobs 1 -n -e -F map
	every_fault first
}

@test "files that are named" {
	with --jobs 1
	command+=("root/lib/modules/$RELEASE/kernel/a.ko" "$TREE/kernel/b.ko" extra/g.ko)
	every_fault first
}

@test "-A, when there is something to do" {
	with --jobs 1 -A
	find "$TREE" "$ROOT/elsewhere" extra -exec touch -h -d 2000-01-01 {} +
	touch "$TREE/kernel/b.ko"
	every_fault first
}

@test "-A, when there is nothing to do" {
	with --jobs 1 -A
	"${command[@]/#-A/-a}"
	mkdir done
	cp -p "$TREE"/modules.* done
	fresh() { cp -p done/* "$TREE"; }
	every_fault first
}

# every_directory_fault: the calls that have to do with directories fail with all errors; of each, nine calls all over the run.
every_directory_fault() {
	local call count error n runs=0 failures=0 before good unremoved=' none'
	local -A outcomes=()
	needs_tracing
	fresh
	before=$(contents "$OUT")
	calls=$(calls_made | grep -E '^(open|openat|openat2|getdents64|.*stat.*|statx|mkdir.*|rename.*|unlink.*|rmdir|close|readlink.*|fchdir|getcwd) ')
	good=$(result)
	while read -r call count; do
		for error in $(errors_of "$call"); do
			for n in $(for i in 0 1 2 3 4 5 6 7 8; do echo $((1 + i * (count - 1) / 8)); done | uniq); do
				one_fault "$call" "$error" "$n"
			done
		done
	done <<<"$calls"
	tell "$runs runs"
	[ $failures = 0 ]
}

@test "directories: -o to a new one" {
	with --jobs 1 -o out
	OUT=out/lib/modules/$RELEASE
	fresh() { rm -rf out; }
	every_directory_fault
}

@test "directories: two bases" {
	local more=more/lib/modules/$RELEASE
	with --jobs 1 -b more -o out
	OUT=out/lib/modules/$RELEASE
	mkdir -p $more/kernel/deep/deeper
	"$MKMODULE" --need one=1 $more/kernel/deep/deeper/h.ko
	ln -s ../../../../root/elsewhere $more/kernel/linked
	fresh() { old_files "$OUT"; }
	every_directory_fault
}

@test "directories: -A, when there is something to do" {
	with --jobs 1 -A
	find "$TREE" "$ROOT/elsewhere" extra -exec touch -h -d 2000-01-01 {} +
	touch "$TREE/kernel/b.ko"
	every_directory_fault
}
