# A run that is killed, at whatever moment: each file is wholly old or wholly new, and the next run sees to the rest.
load common
load invariants

# every_kill NEXT...: a run is killed at each of its system calls in turn; then a run with the options NEXT ends
# normally. It finds all made new, or all as it was, and leaves nothing else.
every_kill() {
	local call n before after now kills=0 mixed=0 whole=0
	"${command[@]}"
	after=$(contents "$OUT")
	strace -qq -o trace "${also[@]}" "${command[@]}"
	while read -r n call; do
		fresh
		before=$(contents "$OUT")
		bash -c '"$@"; [ $? = 137 ]' - strace -qq -o /dev/null -e trace="$call,renameat2" \
			"${also[@]}" -e inject="$call:signal=KILL:when=$n" "${command[@]}" &>/dev/null ||
			{ echo "not killed at $call $n"; return 1; }
		each_whole "$OUT" "$before" "$after" || { echo "killed at $call $n"; return 1; }
		kills=$((kills + 1))
		[ "$changed" != 11 ] || whole=$((whole + 1))
		if [ "$changed" != 0 ] && [ "$changed" != 11 ]; then
			mixed=$((mixed + 1))
			[[ "$call" == rename* ]] || { echo "a mixture, killed at $call $n"; return 1; }
		fi
		"${command[@]}" "$@"
		now=$(contents "$OUT")
		[ "$now" = "$after" ] || [[ "$*" = -A && "$changed" = 0 && "$now" = "$before" ]] ||
			{ printf 'after a kill at %s %s, the next run left:\n%s\n' "$call" "$n" "$now"; return 1; }
	done < <(sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' trace | awk '$1 !~ /^exec/ { print ++n[$1], $1 }')
	[ $mixed -ge 10 ]
	[ $whole -ge 10 ]
	tell "$kills kills; $mixed found some files replaced, $whole all"
}

killed() {
	needs_tracing
	tree_of one 0
	OUT=one/lib/modules/$RELEASE
	also=()
	command=("$DEPMOD" --jobs 1 -b one -C empty "$@" "$RELEASE")
}

@test "at each system call in turn" {
	killed
	fresh() { old_files "$OUT"; }
	every_kill
}

@test "then -A: a module was new" {
	killed
	fresh() { old_files "$OUT"; }
	every_kill -A
}

@test "then -A: a module was gone" {
	killed
	fresh() { old_files "$OUT"; touch "$OUT/modules.dep"; }
	every_kill -A
}

# As on vfat or NFS: an old file is gone when the new one has its place.
@test "where files cannot change places; then -A" {
	killed
	also=(-e inject=renameat2:error=EINVAL)
	fresh() { old_files "$OUT"; }
	every_kill -A
}

@test "at random moments, with several processes" {
	tree_of one 100
	tree_of two 100
	run "$BATS_TEST_DIRNAME/kill-at-random" 500 "out/lib/modules/$RELEASE" \
		"$DEPMOD --jobs 2 -q -b one -o out -C empty $RELEASE" \
		"$DEPMOD --jobs 2 -q -b two -o out -C empty $RELEASE"
	echo "$output"
	exits 0
	tell "$output"
}
