# A disk that has to be read is kept busy: files are asked for before they are read. Where all is in memory, that costs
# nothing. strace makes the system tell of blocks that were read from a disk; tests/unit/ahead.c shows that there is an
# end to what is asked for, tests/unit/load.c that it goes on as long as the disk is read.
load common
load invariants

# traced OPTION...: our depmod; the calls of each process, in a file of its own: trace.PID.
traced() {
	rm -f trace.*
	strace -ff -qq -o trace "${inject[@]}" "$DEPMOD" -b root -C empty "$@" "$RELEASE"
}

# calls NAME: how often the last run made that system call.
calls() { cat trace.* | grep -c "^$1(" || true; }

# On 64-bit systems, ru_inblock is the twelfth word of what getrusage tells.
reads_from_a_disk() {
	needs_tracing
	[ "$(getconf LONG_BIT)" = 64 ] || skip "words of another size"
	inject=(-e "inject=getrusage:poke_exit=@arg2=$(printf '00%.0s' $(seq 88))$(perl -e 'print unpack "H*", pack "Q", 8')")
	strace -qq -o trace "${inject[@]}" true 2>/dev/null || skip "this strace cannot change what the system tells"
}

some_modules() {
	for i in $(seq "$1"); do
		module "kernel/d$((i % 7))/m$i.ko" --alias "mark$i" --export "sym$i" --need "sym$((i - 1))"
	done
	gzip -n "$TREE"/kernel/d1/*.ko
	zstd -q --rm "$TREE"/kernel/d2/*.ko
	cat "$TREE"/kernel/*/* >/dev/null
}

# Per process: what is asked for has not been read by it, is asked for once, and is read later. Prints how many modules
# were asked for.
asked_before_read() {
	perl -ne '
		sub ended { $read{$_} or die "asked for and not read: $_\n" for keys %asked; %open = %read = %asked = () }
		/^openat\(\d+, "(.*\.ko[^"]*)".* = (\d+)/ and $open{$2} = $1;
		if (/^readahead\((\d+), 0, (\d+)/) {
			my $path = $open{$1} // die "of what? $_";
			die "read already: $path\n" if $read{$path};
			die "asked for twice: $path\n" if $asked{$path}++;
			die "not as much as is read of it: $path: $_" unless ($2 == 128 << 10) == ($path =~ /\.ko$/);
			$count++;
		} elsif (/^pread64\((\d+), /) {
			$read{$open{$1}} = 1;
		}
		ended if eof;
		END { print $count // 0, "\n" }' trace.*
}

@test "where all is in memory, a module costs no system call more: nothing is asked for, and a look is rare" {
	needs_tracing
	some_modules 1000
	inject=()
	for jobs in 1 2 5; do
		traced --jobs $jobs
		[ "$(calls readahead)" = 0 ]
		[ "$(cat trace.* | grep -c '^openat(.*/m[0-9]*\.ko')" = 1000 ]
		# A worker looks after its first packet, and after each sixteenth; a packet has up to 32 modules.
		packets=$(cat trace.* | grep -c '^write(.*, 4096) = 4096')
		[ "$packets" -gt 30 ]
		[ "$(calls getrusage)" -ge 1 ]
		[ "$(calls getrusage)" -le $((jobs + packets / 16)) ]
	done
}

@test "when a module had to be read from a disk, others are asked for, each before it is read, and nothing else changes" {
	some_modules 300
	reads_from_a_disk
	"$DEPMOD" -b root -C empty -o expected "$RELEASE"
	"$DEPMOD" -b root -C empty -n "$RELEASE" >printed
	for jobs in 1 3; do
		traced --jobs $jobs -o out
		[ "$(asked_before_read)" -ge 1 ]
		diff -r expected out
		rm -r out
	done
	traced -n --jobs 2 >printed-now
	[ "$(asked_before_read)" -ge 1 ]
	cmp printed printed-now
}

@test "a failure to ask for files matters to nobody" {
	some_modules 100
	reads_from_a_disk
	"$DEPMOD" -b root -C empty -o expected "$RELEASE"
	inject+=(-e inject=readahead:error=EIO)
	traced --jobs 2 -o out
	[ "$(calls readahead)" -ge 1 ]
	diff -r expected out
	# Without the count of blocks, nothing is known of a disk.
	inject=(-e inject=getrusage:error=EPERM)
	traced --jobs 2 -o out
	[ "$(calls readahead)" = 0 ]
	diff -r expected out
}
