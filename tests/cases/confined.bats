# Workers give their rights away before they look at a module. What that leaves them, tests/unit/confine.c shows.
load common
load invariants
load modprobe
load commands

many_modules() {
	for i in $(seq 40); do module "kernel/m$i.ko" --alias "mark$i"; done
	gzip -n "$TREE"/kernel/m?.ko
	xz --check=crc32 "$TREE"/kernel/m1?.ko
	zstd -q --rm "$TREE"/kernel/m2?.ko
}

needs_filters() {
	needs_tracing
	strace -f -qq -o trace -e trace=prctl "$DEPMOD" --jobs 2 -n -b root -C empty "$RELEASE" >/dev/null
	grep -q PR_SET_SECCOMP trace || skip "there are no filters for this architecture"
}

@test "each worker, before the first module: no new privileges, then the filter; after it, nothing but reading" {
	many_modules
	needs_filters
	for jobs in 2 5; do
		strace -f -qq -o trace "$DEPMOD" --jobs $jobs -b root -C empty "$RELEASE"
		JOBS=$jobs perl -ne '
			my ($pid, $call) = /^(\d+) +(?:<\.\.\. )?(\w+)/ or next;
			next if /resumed>/;
			$main //= $pid;
			if (/PR_SET_NO_NEW_PRIVS, 1/) { $promised{$pid} = 1 }
			elsif (/PR_SET_SECCOMP, SECCOMP_MODE_FILTER/) {
				$promised{$pid} or die "the filter first: $_";
				$confined{$pid} = 1;
			}
			elsif ($confined{$pid}) {
				die "not only read: $_"
					unless $call =~ /^(openat|read|pread64|close|madvise|readahead|getrusage|exit_group)$/;
				die "opened for more: $_"
					unless $call ne "openat" or /O_RDONLY/ and !/O_CREAT|O_TRUNC|O_APPEND/;
				$modules{$pid}++ if /^\d+ +openat\(.*\.ko/;
			}
			elsif (/openat\(.*\.ko[."]/) { die "unconfined: $_" }
			elsif ($call eq "pread64") { die "unconfined: $_" }
			END {
				$confined{$main} and die "the one who writes is confined\n";
				keys %confined == $ENV{JOBS} or die "confined: ", scalar keys %confined, "\n";
				my $sum = 0;
				$sum += $_ for values %modules;
				$sum == 40 or die "$sum modules\n";
			}' trace
	done
}

@test "workers that take the places of dead ones are confined, too" {
	many_modules
	needs_filters
	strace -f -qq -o trace -e trace=prctl,pread64 -e inject=pread64:signal=SEGV:when=7 \
		"$DEPMOD" --jobs 2 -q -b root -C empty "$RELEASE" 2>/dev/null
	perl -ne '
		my ($pid) = /^(\d+)/;
		$confined{$pid} = 1 if /PR_SET_SECCOMP/;
		die "unconfined: $_" if /pread64/ and !$confined{$pid};
		END { keys %confined > 4 or die "no new workers\n" }' trace
}

@test "where the kernel has no filters, the work is done without" {
	needs_tracing
	many_modules
	"$DEPMOD" -b root -C empty -o expected "$RELEASE"
	for n in 1 2; do
		run strace -f -qq -o trace -e trace=prctl -e inject=prctl:error=EINVAL:when=$n \
			"$DEPMOD" --jobs 2 -b root -C empty -o out "$RELEASE"
		exits 0
		says_nothing
		diff -r expected out
		rm -r out
	done
}

@test "whatever is opened would be closed when a program is started" {
	needs_tracing
	many_modules
	strace -f -qq -o trace -e trace=openat,open "$DEPMOD" --jobs 2 -b root -C empty "$RELEASE"
	[ "$(grep -c 'open.*O_CLOEXEC' trace)" -gt 40 ]
	[ -z "$(grep 'open.*(' trace | grep -v O_CLOEXEC)" ]
}

# far_modules: three files that a link leads to, one of them in the tree.
far_modules() {
	many_modules
	module far.ko --alias far
	mkdir -p root/elsewhere
	mv "$TREE/far.ko" root/elsewhere
	ln -s /elsewhere/far.ko "$TREE/kernel/far.ko"
	ln -s "$PWD/root/elsewhere/far.ko" "$TREE/kernel/farther.ko"
	ln -s m30.ko "$TREE/kernel/near.ko"
}

# trace_each NAME OPTION...: runs depmod with a file for each process, in which no call is told in two parts: NAME.PID.
trace_each() {
	strace -ff -qq -o "$1" -e trace=landlock_restrict_self,landlock_add_rule,chroot,openat,read "${@:2}"
}

@test "a file behind a link is read in a second round, by workers that may read it alone" {
	needs_tracing
	far_modules
	strace -f -qq -o trace -e trace=landlock_create_ruleset -e inject=landlock_create_ruleset:error=ENOSYS \
		"$DEPMOD" --jobs 2 -b root -C empty -o expected "$RELEASE"
	for alias in "far far" "far farther" "mark30 near"; do
		grep -q "^alias $alias\$" "expected/lib/modules/$RELEASE/modules.alias"
	done
	trace_each calls "$DEPMOD" --jobs 2 -b root -C empty -o out "$RELEASE"
	diff -r expected out
	cat calls.* >trace
	grep -q 'landlock_restrict_self(.* = 0$' trace || skip "this kernel has no Landlock"
	perl -e '
		my %opened;
		for my $name (@ARGV) {
			open my $file, "<", $name;
			my ($rules, $confined) = (0, 0);
			while (<$file>) {
				$rules++ if /landlock_add_rule.* = 0$/;
				$confined = 1 if /landlock_restrict_self/;
				next unless $confined and /openat\(.*?([^"\/]+\.ko[^"]*)".* = \d/;
				push @{$opened{/"\//? "by links": "in the tree"}}, $1;
				die "$rules rules in $name\n" if /"\// and $rules != 3;
			}
		}
		@{$opened{"in the tree"}} == 40 or die "in the tree: @{$opened{q(in the tree)}}\n";
		"@{[sort @{$opened{q(by links)}}]}" eq "far.ko farther.ko m30.ko" or die "by links: @{$opened{q(by links)}}\n"
		' calls.*
}

@test "root: a tree with one root is the root directory of the workers of the first round" {
	needs_tracing
	[ "$(id -u)" = 0 ] || skip "not root"
	far_modules
	trace_each calls "$DEPMOD" --jobs 2 -b root -C empty -o out "$RELEASE"
	local shut_in=0
	for file in $(grep -l chroot calls.*); do
		head -n 1 "$file" | grep -q '^chroot("\.") *= 0'
		! grep -q landlock_add_rule "$file"
		shut_in=$((shut_in + 1))
	done
	[ $shut_in = 2 ]
}

@test "a worker that dies of entering the tree, as a filter may ask for that, costs nothing" {
	needs_tracing
	[ "$(id -u)" = 0 ] || skip "not root"
	far_modules
	"$DEPMOD" -b root -C empty -o expected "$RELEASE"
	run strace -f -qq -o trace -e trace=chroot -e inject=chroot:signal=SYS \
		"$DEPMOD" --jobs 2 -b root -C empty -o out "$RELEASE"
	exits 0
	says_nothing
	diff -r expected out
}

@test "who is not root, without filters, with two roots: the files of the tree are permitted to the workers" {
	needs_tracing
	many_modules
	"$DEPMOD" -b root -C empty -o expected "$RELEASE"
	# A kernel without filters would let root leave the tree by other ways.
	for refused in chroot:error=EPERM seccomp:error=EINVAL; do
		run strace -ff -qq -o calls -e trace=seccomp,chroot,landlock_add_rule,landlock_restrict_self \
			-e inject=$refused "$DEPMOD" --jobs 2 -b root -C empty -o out "$RELEASE"
		exits 0
		says_nothing
		diff -r expected out
		rm -r out
		cat calls.* >trace
		rm calls.*
		[ "$(grep -c 'chroot.* = 0$' trace)" = 0 ]
		grep -q 'landlock_restrict_self(.* = 0$' trace || skip "this kernel has no Landlock"
		[ "$(grep -c 'landlock_add_rule.* = 0$' trace)" = 2 ]
	done
	mkdir -p "more/lib/modules/$RELEASE"
	strace -ff -qq -o calls -e trace=chroot,landlock_add_rule "$DEPMOD" --jobs 2 -b root -b more -C empty -o out "$RELEASE"
	[ "$(cat calls.* | grep -c 'landlock_add_rule.* = 0$')" = 4 ]
	[ "$(cat calls.* | grep -c chroot)" = 0 ]
}

@test "--explain tells of a file what a worker found in it" {
	needs_filters
	module kernel/shown.ko
	gzip -n "$TREE/kernel/shown.ko"
	strace -f -qq -o trace "$DEPMOD" --explain shown --jobs 2 -b root -C empty "$RELEASE" >out
	grep -q '^form: *gzip ELF 64-bit' out
	perl -ne '
		my ($pid) = /^(\d+)/;
		$confined{$pid} = 1 if /PR_SET_SECCOMP/;
		die "unconfined: $_" if /shown\.ko/ and /openat/ and !$confined{$pid} or /pread64/ and !$confined{$pid}' trace
}

# only_confined_read COMMAND...: runs it under strace. No module is read by a process with rights; those without do nothing
# but read what is open. Prints how many modules were read.
only_confined_read() {
	strace -f -y -qq -o trace "$@" >out
	perl -ne '
		my ($pid, $call) = /^(\d+) +(?:<\.\.\. )?(\w+)/ or next;
		next if /resumed>/;
		if (/PR_SET_SECCOMP, SECCOMP_MODE_FILTER/) { $confined{$pid} = 1 }
		elsif ($confined{$pid}) {
			die "not only read: $_" unless $call =~ /^(read|pread64|close|madvise|exit_group)$/;
			$modules{$1} = 1 if /\(\d+<([^>]*\.ko[^>]*)>/;
		}
		elsif (/\(\d+<[^>]*\.ko[^>]*>/) { die "unconfined: $_" unless $call =~ /^(close|fstat|newfstatat|statx)$/ }
		elsif ($call =~ /^mmap/) { die "unconfined: $_" if /\.ko/ }
		END { keys %confined or die "nobody is confined\n"; print scalar keys %modules, "\n" }' trace
}

@test "modinfo and modprobe --show-...: no process that has rights reads a module" {
	needs_filters
	many_modules
	index
	link modinfo
	local names
	names=$(seq -f m%.0f 40)
	for options in "" "-F firmware" "-p" "-0"; do
		[ "$(only_confined_read bin/modinfo -b "$ROOT" -k "$RELEASE" $options $names)" = 40 ]
	done
	[ "$(only_confined_read bin/modinfo "$TREE"/kernel/m*)" = 40 ]
	[ "$(grep -c ^filename: out)" = 40 ]
	for option in --show-exports --show-modversions --dump-modversions; do
		[ "$(only_confined_read "$MODPROBE" -d "$ROOT" -S "$RELEASE" $option m1)" = 1 ]
		[ "$(only_confined_read "$MODPROBE" $option "$TREE/kernel/m1.ko.gz")" = 1 ]
	done
	bin/modinfo -b "$ROOT" -k "$RELEASE" -F filename $names >out
	[ "$(wc -l <out)" = 40 ]
}

@test "modinfo: a module that its reader dies of is an error; the others are shown" {
	needs_tracing
	many_modules
	index
	link modinfo
	# A module's first call is the one for its first bytes.
	strace -f -y -qq -o trace -e trace=pread64 -P "$TREE/kernel/m33.ko" -e inject=pread64:signal=SEGV \
		bin/modinfo -b "$ROOT" -k "$RELEASE" -F alias $(seq -f m%.0f 31 40) >out 2>messages && status=0 || status=$?
	exits 1
	[ "$(cat out)" = "$(seq -f mark%.0f 31 40 | grep -v mark33)" ]
	[ "$(cat messages)" = "modinfo: ERROR: $TREE/kernel/m33.ko: the process that read it died" ]
}

@test "modinfo: fewer files can be open than modules are named" {
	many_modules
	index
	link modinfo
	(ulimit -n 12 && bin/modinfo -b "$ROOT" -k "$RELEASE" -F alias $(seq -f m%.0f 40)) >out
	[ "$(cat out)" = "$(seq -f mark%.0f 40)" ]
}

@test "modinfo: where no process can be had, no module is read" {
	needs_tracing
	module kernel/one.ko --modinfo license=GPL
	index
	link modinfo
	run strace -f -qq -o trace -e trace='?fork,?clone' -e inject='?fork,?clone:error=EAGAIN' \
		bin/modinfo "$TREE/kernel/one.ko"
	exits 1
	says "modinfo: FATAL: cannot go on: process that reads modules: "
	says_not GPL
	run strace -f -qq -o trace -e trace='?fork,?clone' -e inject='?fork,?clone:error=EAGAIN' \
		"$MODPROBE" --show-exports "$TREE/kernel/one.ko"
	exits 1
	says "modprobe: FATAL: cannot go on: process that reads modules: "
}
