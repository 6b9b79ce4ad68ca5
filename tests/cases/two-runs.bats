# Two runs in one directory at the same time: one after the other, and whoever reads meanwhile reads whole files.
load common
load invariants

# set_up: `one` and `two` write out what expected-one and expected-two have.
set_up() {
	local word
	for word in one two; do
		tree_of $word 50
		"$DEPMOD" -b $word -o expected-$word -C empty "$RELEASE"
		cat >$word.sh <<-END
			exec "$DEPMOD" --jobs \$1 -b $word -o out -C empty "$RELEASE"
		END
	done
	OUT=out/lib/modules/$RELEASE
	one=$(contents "expected-one/lib/modules/$RELEASE")
	two=$(contents "expected-two/lib/modules/$RELEASE")
	[ -z "$(grep -xF "$one" <<<"$two")" ]
}

@test "both succeed, and the files are all of the one or all of the other" {
	set_up
	local i now ones=0 twos=0
	for i in $(seq 60); do
		sh one.sh $((i % 3 + 1)) 2>>messages & first=$!
		sh two.sh $((i % 2 + 1)) 2>>messages & second=$!
		wait $first
		wait $second
		now=$(contents "$OUT")
		case $now in
		"$one") ones=$((ones + 1)) ;;
		"$two") twos=$((twos + 1)) ;;
		*) diff <(echo "$one") <(echo "$now"); diff <(echo "$two") <(echo "$now"); return 1 ;;
		esac
	done
	[ ! -s messages ]
	tell "60 times two runs: $ones times the files of the one, $twos of the other"
}

@test "readers see whole files, of the one or of the other" {
	set_up
	sh one.sh 1
	perl -e '
		use strict;
		use POSIX ":sys_wait_h";
		my ($out, $seconds, @expected) = @ARGV;
		my @names = map { "modules.$_" } qw(dep dep.bin alias alias.bin symbols.bin devname);
		sub slurp { open my $f, "<:raw", $_[0] or die "$_[0]: $!\n"; local $/; readline $f }
		my %whole = map { my $name = $_; $name => [map { slurp("$_/$name") } @expected] } @names;
		my @writers = map { my $script = $_; fork // die or do {
			my $end = time + $seconds;
			while (time < $end) { system("sh", $script, 1 + int rand 2) == 0 or exit 1 }
			exit 0 } } qw(one.sh two.sh);
		my ($reads, @seen) = (0, 0, 0);
		for (my $running = @writers; $running;) {
			for my $name (@names) {
				my $content = slurp("$out/$name");
				my ($which) = grep { $content eq $whole{$name}[$_] } 0, 1;
				defined $which or die "$name is neither\n";
				$seen[$which]++;
				$reads++;
			}
			while (waitpid(-1, WNOHANG) > 0) {
				die "a run failed\n" if $?;
				$running--;
			}
		}
		$seen[0] and $seen[1] or die "only one was seen\n";
		print "$reads reads: $seen[0] of the one, $seen[1] of the other\n"
	' "$OUT" 4 "expected-one/lib/modules/$RELEASE" "expected-two/lib/modules/$RELEASE" >said
	tell "$(cat said)"
}

@test "the second one begins with what is there when the first one ends" {
	module kernel/a.ko
	flock -x "$TREE/.modules.lock" sh -c 'sleep 0.5; "$@"' - "$MKMODULE" "$TREE/kernel/b.ko" &
	sleep 0.2
	index
	exits 0
	file_is modules.dep kernel/a.ko: kernel/b.ko:
	wait
}

@test "what a run with -n shows needs no lock" {
	module kernel/a.ko
	flock -x "$TREE/.modules.lock" sleep 2 3>&- &
	sleep 0.2
	index -n
	exits 0
	says_line kernel/a.ko:
	kill $!
}

@test "where directories cannot be locked, a run goes on without" {
	needs_tracing
	module kernel/a.ko
	for error in ENOLCK ENOSYS EOPNOTSUPP EINVAL; do
		rm -f "$TREE/modules.dep"
		run strace -qq -o /dev/null -e trace=flock -e inject=flock:error=$error \
			"$DEPMOD" -b "$ROOT" -C empty "$RELEASE"
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko:
	done
}

@test "waiting ends after a while, with an error that names the directory" {
	needs_tracing
	small_tree
	old_files "$TREE"
	before=$(contents "$TREE")
	# Every try fails, and no time passes between them.
	pauses=?poll,?ppoll,?ppoll_time64,?nanosleep,?clock_nanosleep,?clock_nanosleep_time64
	run strace -qq -o /dev/null -e trace=flock,$pauses -e inject=flock:error=EAGAIN -e inject=$pauses:retval=0 \
		"$DEPMOD" -b "$ROOT" -C empty "$RELEASE"
	exits 1
	says "waiting for another run to end in $TREE"
	says "could not lock $TREE"
	rm "$TREE/.modules.lock" # for this run, it was another one's
	[ "$(contents "$TREE")" = "$before" ]
}

@test "nobody who may only read the directory can hold up a run" {
	[ "$(id -u)" = 0 ] || skip "only root can be another user"
	module kernel/a.ko
	chmod -R a+rX "$BATS_RUN_TMPDIR"
	setpriv --reuid 65534 --regid 65534 --clear-groups flock -x "$TREE" sleep 20 3>&- &
	sleep 0.3
	run timeout 5 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	says_nothing
	kill $!
	run setpriv --reuid 65534 --regid 65534 --clear-groups touch "$TREE/.modules.lock"
	exits 1
	: >"$TREE/.modules.lock"
	chmod 600 "$TREE/.modules.lock"
	run setpriv --reuid 65534 --regid 65534 --clear-groups flock "$TREE/.modules.lock" true
	[ "$status" != 0 ]
}

@test "a killed run takes its workers along, and the lock: the next one need not wait" {
	for i in $(seq 40); do module "kernel/m$i.ko"; done
	mkfifo map
	for signal in KILL TERM HUP; do
		env --default-signal=HUP "$DEPMOD" -b root -C empty --jobs 3 -F map "$RELEASE" 3>&- &
		run=$!
		sleep 0.3
		workers=$(pgrep -P $run)
		[ "$(wc -w <<<"$workers")" = 3 ]
		kill -STOP $workers # one that reads on for a long time
		kill -$signal $run
		wait $run || true
		sleep 0.1
		for worker in $workers; do
			! kill -0 "$worker" 2>/dev/null || grep -q '^State:.*Z' "/proc/$worker/status"
		done
		[ -e "$TREE/.modules.lock" ]
		run timeout 5 "$DEPMOD" -b root -C empty "$RELEASE"
		exits 0
		says_nothing
		[ ! -e "$TREE/.modules.lock" ]
		rm "$TREE/modules.dep"
	done
}
