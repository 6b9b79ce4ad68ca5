# The executables themselves: what a release must be.
load common

# each FUNCTION: calls it with each program, and with the number of bytes that the program stays below.
each() {
	"$1" "$DEPMOD" 100000
	"$1" "$MODPROBE" 80000
	"$1" "$DEPMOD_OLD" 100000
}

is_hard() { SIZE_LIMIT=$2 "$PROJECT/tests/check-hardening" "$1" "$PROJECT"/build/base/report.o; }

@test "nothing is missing of what tests/check-hardening looks for" { each is_hard; }

@test "the rooms that hold buffers on the stack guard it" {
	for room in base/inside base/report publish; do
		readelf -sW "$PROJECT/build/$room.o" | grep -q __stack_chk_fail
	done
}

# guards_of PID: in how many places of its data, the stack aside, the process has random bytes of the kernel as the
# number that guards the stack. One or two bytes of the number are 0 instead.
guards_of() {
	perl -e 'my ($pid, $found) = ($ARGV[0], 0);
		sub bytes {
			open my $file, "<:raw", "/proc/$pid/$_[0]" or die;
			sysseek $file, $_[1], 0;
			sysread $file, my $bytes, $_[2];
			return $bytes;
		}
		my %auxiliary = unpack "L!*", bytes("auxv", 0, 4096);
		my $number = substr bytes("mem", $auxiliary{25}, length pack "L!", 0), 2;
		for (split /\n/, bytes("maps", 0, 65536)) {
			my ($start, $end) = /^(\w+)-(\w+) rw/ or next;
			$found += () = bytes("mem", hex $start, hex($end) - hex $start) =~ /\Q$number/g
				unless /\[stack/ || hex($end) - hex $start > 1 << 20;
		}
		print $found' "$1"
}

# waiting PROGRAM: it waits for a file that never ends; $maps is what it has in memory by then, a line each, as
# /proc/PID/maps has it, and $file its path there; $guards is what guards_of() says.
waiting() {
	local arguments=(-b root -C empty -F pipe -e "$RELEASE") pid writer
	file=$(realpath "$1")
	[ -p pipe ] || mkfifo pipe
	case $1 in
	"$MODPROBE") arguments=(-d root -S "$RELEASE" -C pipe -D a) ;;
	"$DEPMOD_OLD") arguments=(--map) ;;
	esac
	sleep 60 <>pipe 3>&- &
	writer=$!
	"$1" "${arguments[@]}" <pipe >said 2>&1 3>&- &
	pid=$!
	for _ in {1..100}; do
		[ "$(realpath "/proc/$pid/exe")" != "$file" ] || ! grep -q '^State:.S' "/proc/$pid/status" || break
		sleep 0.05
	done
	maps=$(cat "/proc/$pid/maps")
	echo "$maps"
	guards=$(guards_of $pid)
	kill $pid $writer
	wait || true
}

executes_its_file() {
	waiting "$1"
	[ "$(grep -c " r-xp .* $file\$" <<<"$maps")" = 1 ]
	[ -z "$(grep ' ..x' <<<"$maps" | grep -vE " r-xp .* $file\$| \[(vdso|vsyscall)\]\$")" ]
	[ -z "$(grep ' .wx' <<<"$maps")" ]
}

@test "none is packed: what is executed is the file, and nothing is both writable and executable" { each executes_its_file; }

# mapped ADDRESS: how that byte of the file is mapped, and from where.
mapped() {
	perl -e 'my ($file, $address) = @ARGV;
		my @maps = map { /^(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)/ or die; [hex $1, hex $2, $3, $4] } <STDIN>;
		my ($first) = grep { $_->[3] eq $file } @maps;
		$address += $first->[0];
		print "$$_[2] $$_[3]\n" for grep { $address >= $$_[0] && $address < $$_[1] } @maps' "$file" "$1" <<<"$maps"
}

is_read_only() {
	local start size
	waiting "$1"
	read -r start size < <(readelf -lW "$file" | awk '$1 == "GNU_RELRO" { print $3, $6 }')
	[ $((size)) -gt 0 ]
	[ "$(mapped $((start)))" = "r--p $file" ]
	[ "$(mapped $((start + size - 1)))" = "r--p $file" ]
}

@test "what is written only until all is relocated, is read-only from then on" { each is_read_only; }

guards_with_random_bytes() {
	waiting "$1"
	[ "$guards" -gt 0 ]
}

@test "the number that guards the stack is random" { each guards_with_random_bytes; }

@test "it runs in an empty root directory" {
	mkdir -p bare/lib/modules/6.1.0
	cp "$DEPMOD" bare/depmod
	if [ "$(id -u)" = 0 ]; then enter=(chroot bare); else enter=(unshare -r chroot bare); fi
	"${enter[@]}" /depmod -V >/dev/null 2>&1 || skip "another root directory cannot be entered here"
	run "${enter[@]}" /depmod 6.1.0
	[ "$status" = 0 ]
	[ -e bare/lib/modules/6.1.0/modules.dep ]
	cp "$MODPROBE" bare/modprobe
	run "${enter[@]}" /modprobe -S 6.1.0 -c
	[ "$status" = 0 ]
	cp "$DEPMOD_OLD" bare/depmod.old
	run "${enter[@]}" /depmod --map 6.1.0
	[ "$status" = 0 ]
	[ -e bare/lib/modules/6.1.0/modules.pcimap ]
}
