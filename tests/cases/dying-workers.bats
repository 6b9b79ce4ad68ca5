# A worker that dies costs the module it was on: that is named, all else is written, and the run ends as ever.
load common
load invariants

many_modules() {
	local i
	for i in $(seq "$1"); do
		module "kernel/m$i.ko" --alias "mark$i" --export "s$i" --need "s$((i + 1))" --pad 20000
	done
	gzip -n "$TREE"/kernel/m?.ko
	xz --check=crc32 "$TREE"/kernel/m1?.ko
}

# dies_at CALL SIGNAL N OPTION...: a run in which each worker is sent the signal at its Nth such call.
dies_at() {
	run bash -c 'ulimit -c 0; exec "$@"' - timeout 60 strace -f -qq -o trace -e trace="$1" \
		-e inject="$1:signal=$2:when=$3" "$DEPMOD" -b "$ROOT" -C empty -o out "${@:4}" "$RELEASE"
}

# named: the modules that the last run has named as lost, one a line; it has said nothing else.
named() {
	grep . <<<"$output" |
		sed 's/^depmod: ERROR: //
			s/: the process that read it died$//
			s/: no process could be had that reads it$//'
}

# all_but_named: the output files are those of a tree where what was named is no module.
all_but_named() {
	local path
	rm -rf without expected
	cp -a root without
	while read -r path; do echo text >"without/lib/modules/$RELEASE/$path"; done < <(named)
	"$DEPMOD" -q -b without -C empty -o expected "$RELEASE" 2>/dev/null
	diff -r "expected/lib/modules/$RELEASE" "out/lib/modules/$RELEASE"
}

@test "by any signal, at any module" {
	needs_tracing
	many_modules 30
	local deaths=0 signal n jobs
	for signal in TERM SEGV BUS ABRT SYS; do
		for n in 1 2 5 9 14; do
			for jobs in 2 3; do
				dies_at pread64 $signal $n --jobs $jobs
				exits 0
				lost=$(named | wc -l)
				[ "$lost" -ge 1 ]
				[ "$lost" = "$(grep -c 'killed by SIG' trace)" ]
				all_but_named
				deaths=$((deaths + lost))
			done
		done
	done
	tell "$deaths deaths"
}

# SIGKILL is what the system sends when memory is short: the module is not at fault.
@test "killed by the system: the module is read once more, with nobody beside, and nothing is lost" {
	needs_tracing
	many_modules 30
	"$DEPMOD" -b root -C empty -o expected "$RELEASE"
	for n in 40 50 60; do
		dies_at pread64 KILL $n --jobs 1
		exits 0
		says_nothing
		grep -q 'killed by SIGKILL' trace
		diff -r expected out
	done
}

@test "killed by the system again: the run ends, and the old files stay" {
	needs_tracing
	many_modules 11
	mkdir -p "out/lib/modules/$RELEASE"
	old_files "out/lib/modules/$RELEASE"
	before=$(contents "out/lib/modules/$RELEASE")
	dies_at pread64 KILL 1 --jobs 2
	exits 1
	says 'FATAL: cannot go on: kernel/m'
	says ': the process that read it died'
	[ "$(contents "out/lib/modules/$RELEASE")" = "$before" ]
}

@test "--strict makes it exit status 1, with the same files" {
	needs_tracing
	many_modules 30
	dies_at pread64 SEGV 9 --jobs 2 --strict
	exits 1
	[ -n "$(named)" ]
	all_but_named
}

@test "before its first module, each time: the run ends, and the old files stay" {
	needs_tracing
	many_modules 30
	mkdir -p "out/lib/modules/$RELEASE"
	old_files "out/lib/modules/$RELEASE"
	before=$(contents "out/lib/modules/$RELEASE")
	for n in 2 3; do
		dies_at prctl KILL $n --jobs 2
		exits 1
		says 'FATAL: cannot go on: kernel/m1.ko.gz: '
		[ "$(contents "out/lib/modules/$RELEASE")" = "$before" ]
		grep -q 'killed by' trace
	done
}

@test "at every module: all are named, and there is an end to new workers" {
	needs_tracing
	many_modules 60
	dies_at pread64 SEGV 1 --jobs 2
	exits 0
	[ "$(named | sort -u | wc -l)" = 60 ]
	[ "$(grep -c . "out/lib/modules/$RELEASE/modules.dep")" = 0 ]

	for i in $(seq 61 300); do ln "$TREE/kernel/m60.ko" "$TREE/kernel/m$i.ko"; done
	dies_at pread64 SEGV 1 --jobs 2
	exits 1
	says 'FATAL: cannot go on: kernel/m'
	says ': no process could be had that reads it'
	[ "$(grep -c 'killed by' trace)" -lt 200 ]
}

@test "the process that writes modules.alias: the old files are whole, and nothing else is left" {
	needs_tracing
	many_modules 30
	old_files "$TREE"
	before=$(contents "$TREE")
	for name in alias alias.bin weakdep; do
		run strace -f -qq -o trace -e trace=openat -P ".modules.$name.new" -e inject=openat:signal=KILL:when=1 \
			"$DEPMOD" --jobs 2 -b "$ROOT" -C empty "$RELEASE"
		exits 1
		says 'ERROR: the process that wrote modules.alias died'
		[ "$(contents "$TREE")" = "$before" ]
	done
}

# memory_limited_to BYTES: a group for processes that may use so much; $group is its directory.
memory_limited_to() {
	local top limit
	for top in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		limit=memory.limit_in_bytes
		[ -e $top/memory.limit_in_bytes ] || limit=memory.max
		group=$top/depmod-test-$$
		mkdir "$group" 2>/dev/null || continue
		[ ! -e "$group/memory.swap.max" ] || echo 0 >"$group/memory.swap.max"
		{ echo "$1" >"$group/$limit"; } 2>/dev/null && return
		rmdir "$group"
	done
	group=
	skip "no memory can be limited here"
}

teardown() { [ -z "${group-}" ] || rmdir "$group"; }

@test "out of memory" {
	memory_limited_to $((100 << 20))
	many_modules 30
	head -c 400M /dev/zero | gzip -1 >"$TREE/kernel/m31.ko.gz"
	run sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group" \
		"$DEPMOD" --jobs 2 -b "$ROOT" -C empty -o out "$RELEASE"
	exits 1
	echo "$output"
	[ "$output" = 'depmod: FATAL: cannot go on: kernel/m31.ko.gz: the process that read it died' ]
	[ ! -e "out" ]
	rm "$TREE/kernel/m31.ko.gz"
	run sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group" \
		"$DEPMOD" --jobs 2 -b "$ROOT" -C empty -o out "$RELEASE"
	exits 0
	[ "$(grep -c . "out/lib/modules/$RELEASE/modules.dep")" = 30 ]
}

@test "however many die, modules are opened by processes without rights alone" {
	needs_tracing
	many_modules 60
	run strace -f -qq -o trace -e trace=pread64,openat,prctl -e inject=pread64:signal=SEGV:when=3 \
		"$DEPMOD" --jobs 2 -b "$ROOT" -C empty -o out "$RELEASE"
	exits 0
	[ "$(grep -c 'killed by SIGSEGV' trace)" -ge 50 ]
	awk '/PR_SET_SECCOMP/ { confined[$1] = 1 }
		/openat.*[.]ko/ && !/O_PATH/ { modules++; free += !confined[$1] }
		END { exit free || modules < 60 }' trace
}
