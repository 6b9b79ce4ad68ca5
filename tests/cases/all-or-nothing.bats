# Files are all replaced or none is: on a full disk, on a read-only one, in a directory that may not be written to, and
# with something in the place of a temporary file.
load common
load invariants

# privately COMMAND...: with mounts of its own that nobody else sees.
privately() {
	if [ "$(id -u)" = 0 ]; then unshare -m "$@"; else unshare -Urm "$@"; fi
}

# needs_mounts: skips a test where nobody may mount anything.
needs_mounts() {
	mkdir -p out/disk
	privately mount -t tmpfs none out/disk 2>/dev/null || skip "nothing can be mounted here"
}

# set_up: a tree with files that no run writes, and what each output file will be.
set_up() {
	local i values=()
	small_tree
	for i in $(seq 150); do
		values+=(--alias "pci:v0000000000$i*" --softdep "pre: other_module_$i" --export "symbol_$i")
	done
	module kernel/h.ko "${values[@]}"
	command=("$DEPMOD" --jobs 1 -b root -C conf "$RELEASE")
	"${command[@]}" -o expected
	expected=$(contents "expected/lib/modules/$RELEASE")
	OUT=$TREE
	old_files "$OUT"
	before=$(contents "$OUT")
}

# succeeded: the run that just was has done what it should, and left nothing else.
succeeded() {
	exits 0
	[ "$(contents "$OUT")" = "$expected" ] || { contents "$OUT"; return 1; }
}

# refused REASON NAME: the run that just was has failed, said so of NAME, and changed nothing.
refused() {
	exits 1
	grep -qE "^depmod: ERROR: .*$2.*: $1\$" <<<"$output" || {
		printf 'no message says "%s" of %s:\n%s\n' "$1" "$2" "$output"
		return 1
	}
	[ "$(contents "$OUT")" = "$before" ] || { diff <(echo "$before") <(contents "$OUT"); return 1; }
}

# fills_up SIZE OPTION...: a run into a new disk of that size, which holds old files. If it fails, $full gets the name
# of the file that there was no room for.
fills_up() {
	rm -rf after
	mkdir after
	run privately bash -c '
		mount -t tmpfs -o "$1" none out/disk
		cp old/* out/disk
		ln -sfn /disk "out/lib/modules/$2"
		shift 2
		"$@"
		status=$?
		cp out/disk/* out/disk/.[!.]* after 2>/dev/null
		exit $status' - "$1" "$RELEASE" "${command[@]}" -o out "${@:2}"
	OUT=after
	if [ "$status" = 0 ]; then
		says_nothing
		succeeded
	else
		refused 'No space left on device' 'could not (write|create) .*modules'
		full+=" $(sed -n 's/.*\/\.*\(modules\.[a-z.]*\): No space.*/\1/p' <<<"$output" | sed 's/\.new$//') "
	fi
}

set_up_disk() {
	needs_mounts
	set_up
	old_files old
	mkdir -p out/lib/modules out/disk
	full=
	# Of a tmpfs, with a page for each old file; and those that the new ones will take.
	used=11
	wanted=$(find expected -type f -printf '%s\n' | awk '{ pages += int(($1 + 4095) / 4096) } END { print pages }')
}

# all_were_full: each output file in its turn was the one that there was no room for.
all_were_full() {
	local name
	for name in $OUTPUTS; do
		[[ "$full" == *" $name "* ]] || { echo "never failed at $name, but at $full"; return 1; }
	done
}

@test "a full disk, at each of the files" {
	set_up_disk
	for ((room = 0; room <= wanted; room++)); do fills_up "nr_blocks=$((used + room)),nr_inodes=100"; done
	[ "$status" = 0 ]
	all_were_full
	tell "$(wc -w <<<"$full") full disks"
}

@test "a full disk, with several processes" {
	set_up_disk
	for ((room = 0; room <= wanted; room++)); do fills_up "nr_blocks=$((used + room)),nr_inodes=100" --jobs 2; done
	[ "$status" = 0 ]
	tell "$(wc -w <<<"$full") full disks"
}

@test "a disk without inodes, at each of the files" {
	set_up_disk
	# The root directory takes one, too, and so does the lock.
	for ((room = 0; room <= 11; room++)); do fills_up "nr_inodes=$((2 + used + room))"; done
	[ "$status" = 0 ]
	all_were_full
}

@test "a read-only file system" {
	needs_mounts
	set_up
	run privately sh -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && "$@"' - \
		"$TREE" "${command[@]}"
	refused 'Read-only file system' "$TREE"
}

@test "a directory that somebody else may not write to" {
	[ "$(id -u)" = 0 ] || skip "only the superuser can be somebody else"
	set_up
	chmod a+rX "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	install -m 755 "$DEPMOD" depmod
	somebody=(setpriv --reuid 65534 --regid 65534 --clear-groups ./depmod)
	run "${somebody[@]}" -b root -C conf "$RELEASE"
	refused 'Permission denied' "$TREE"
	mkdir out
	run "${somebody[@]}" -b root -C conf -o out "$RELEASE"
	refused 'Permission denied' out/lib
	[ -z "$(ls out)" ]
}

@test "a temporary name that leads elsewhere is not written through" {
	set_up
	mkdir precious
	echo precious >precious/file
	for link in "ln -s $PWD/precious/file" "ln -s $PWD/precious/none" "ln precious/file"; do
		for name in $OUTPUTS; do $link "$OUT/.$name.new"; done
		run "${command[@]}"
		succeeded
		[ "$(cat precious/*)" = precious ]
		[ "$(stat -c %h precious/file)" = 1 ]
	done
}

@test "a temporary name that comes back while the run goes on is not written through" {
	needs_tracing
	set_up
	echo precious >precious
	for name in $OUTPUTS; do
		ln -s "$PWD/precious" "$OUT/.$name.new"
		# As if it were made anew between its removal and the creation of the file.
		run strace -qq -o /dev/null -e trace=unlinkat -P "$OUT/.$name.new" -P ".$name.new" \
			-e inject=unlinkat:retval=0 "${command[@]}"
		before+=$'\n'$(contents "$OUT" | grep -F " .$name.new")
		refused 'File exists' "\\.$name\\.new"
		[ "$(cat precious)" = precious ]
		rm "$OUT/.$name.new"
		before=${before%$'\n'*}
	done
}

@test "a directory in the place of a temporary file is an error that names it" {
	set_up
	for name in $OUTPUTS; do
		mkdir "$OUT/.$name.new"
		before=$(contents "$OUT")
		run "${command[@]}"
		refused 'File exists' "\\.$name\\.new"
		rmdir "$OUT/.$name.new"
	done
}

@test "a FIFO or a device in the place of a temporary file is replaced" {
	set_up
	mkfifo "$OUT/.modules.dep.new"
	[ "$(id -u)" != 0 ] || mknod "$OUT/.modules.alias.new" c 1 7
	run timeout 20 "${command[@]}"
	succeeded
}

@test "what a killed run left is removed, by a run that succeeds and by one that fails" {
	set_up
	for name in $OUTPUTS; do echo left >"$OUT/.$name.new"; done
	run timeout 20 "${command[@]}"
	succeeded

	old_files "$OUT"
	for name in $OUTPUTS; do echo left >"$OUT/.$name.new"; done
	run bash -c 'trap "" XFSZ; ulimit -f 1; "$@"' - "${command[@]}"
	refused 'File too large' 'modules.alias'
}

@test "all files are written and closed before the first rename, and nothing comes between the renames" {
	needs_tracing
	set_up
	for jobs in 1 2; do
		strace -f -y -qq -o trace "${command[@]}" --jobs $jobs
		sed -E 's/^[0-9]+ +//' trace | perl -ne '
			$closed{$1} = 0 if /^openat\(.*"(\.modules\S*\.new)", O_WRONLY\|O_CREAT\|O_EXCL\|.*O_NOFOLLOW/;
			$closed{$1} = 1 if /^close\(\d+<.*\/(\.modules\S*\.new)>/;
			die "written to without O_EXCL: $_" if /^open.*O_(WRONLY|RDWR|CREAT)/ and !/O_EXCL/ and !/"\.modules\.lock"/;
			die "between the renames: $_" if $renames and $renames < 11 and !/^renameat2/;
			next unless /^renameat2/;
			$renames++;
			die "not all was written: $_" if 11 != grep { $_ } values %closed;
			END { die "$renames renames\n" if $renames != 11 }'
	done
}
