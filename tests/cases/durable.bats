# Without -b and -o, and with --sync, everything is on the disk before the run ends: the files before the first one is
# renamed, the directory after the last one.
load common
load invariants

# traced COMMAND...: what it writes, syncs and renames, in order, one a line: files by their names, the directory as a
# dot.
traced() {
	local call='write|f(data)?sync|sync(fs)?|renameat2'
	strace -f -y -qq -o trace "$@"
	sed -nE "s/^[0-9]+ +//
		/ = -1 /d
		s/^($call)\(.*[\/\"](\.?modules\.[a-z.]*).*/\1 \4/p
		s/^($call)\(.*\/$RELEASE>.*/\1 ./p
		s/^($call)\(.*/\1 -/p" trace >steps
}

# all_is_synced: each file when all was written to it and before the first rename; the directory after the renames.
all_is_synced() {
	perl -ne '
		chomp;
		my ($call, $name) = split;
		die "synced as a whole: $_\n" if $call =~ /^sync/;
		if ($call eq "write" and $name =~ /^\.m/) { $pending{$name}++; $written{$name}++ }
		elsif ($call =~ /^f(data)?sync$/ and $name ne ".") { delete $pending{$name}; $synced{$name}++ }
		elsif ($call eq "renameat2") {
			die "not synced: @{[%pending]}\n" if %pending;
			$renames++;
			$directory = 0;
		}
		elsif ($call eq "fsync") { $directory = 1 }
		END {
			$renames == 11 or die "$renames renames\n";
			11 == keys %synced or die "synced: @{[sort keys %synced]}\n";
			11 == keys %written or die "written: @{[sort keys %written]}\n";
			$directory or die "the directory is not synced after the renames\n";
		}' steps || { cat steps; return 1; }
}

nothing_is_synced() {
	grep -q renameat2 steps
	[ -z "$(grep sync steps)" ] || { cat steps; return 1; }
}

# live OPTION...: a run in the tree as the machine's own.
live() { traced "${enter[@]}" /depmod "$@" "$RELEASE"; }

set_up_live() {
	set_up
	if [ "$(id -u)" = 0 ]; then enter=(chroot root); else enter=(unshare -r chroot root); fi
	install -m 755 "$DEPMOD" root/depmod
	"${enter[@]}" /depmod -V >/dev/null 2>&1 || skip "another root directory cannot be entered here"
}

set_up() {
	needs_tracing
	small_tree
	command=("$DEPMOD" -b root -C conf "$RELEASE")
}

@test "the machine's own tree: all is synced" {
	set_up_live
	for jobs in 1 2; do
		live --jobs $jobs
		all_is_synced
	done
}

@test "the machine's own tree with --no-sync: nothing is" {
	set_up_live
	live --no-sync
	nothing_is_synced
	live --sync --no-sync
	nothing_is_synced
}

@test "the machine's own tree, replaced for the first time" {
	set_up_live
	live
	all_is_synced
	rm "$TREE"/modules.{dep,alias,devname}
	live
	all_is_synced
}

@test "with -b or -o, nothing is synced" {
	set_up_live
	traced "${command[@]}"
	nothing_is_synced
	traced "${command[@]}" -o out
	nothing_is_synced
	live -o /
	nothing_is_synced
}

@test "with -b or -o and --sync, all is" {
	set_up
	for jobs in 1 2; do
		traced "${command[@]}" --jobs $jobs --sync
		all_is_synced
		traced "${command[@]}" --jobs $jobs -o out --sync
		all_is_synced
	done
	traced "${command[@]}" --no-sync --sync
	all_is_synced
}

@test "a disk that cannot be synced: the files before the renames are an error that changes nothing" {
	set_up
	old_files "$TREE"
	before=$(contents "$TREE")
	for n in 1 6 11; do
		run strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=$n \
			"${command[@]}" --jobs 1 --sync
		exits 1
		says 'could not write'
		says 'I/O error'
		[ "$(contents "$TREE")" = "$before" ]
	done
}

@test "a disk that cannot be synced: the directory after them is an error, too" {
	set_up
	run strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=12 \
		"${command[@]}" --jobs 1 --sync
	exits 1
	says "could not sync $TREE"
	[ "$(contents "$TREE" | wc -l)" = 11 ]
}
