# The command line of modprobe, and MODPROBE_OPTIONS.
load common
load modprobe

@test "--help and --version are said on standard output" {
	run --separate-stderr "$MODPROBE" --help
	exits 0
	warns_of_nothing
	[ "${lines[0]}" = "Usage: modprobe [OPTION]... MODULE [PARAMETER=VALUE]..." ]
	local help=$output
	run "$MODPROBE" -h
	[ "$output" = "$help" ]
	run --separate-stderr "$MODPROBE" -V
	exits 0
	warns_of_nothing
	[ "$output" = "$("$DEPMOD" -V | sed '1s/^depmod /modprobe /')" ]
	[[ "$output" == 'modprobe '* ]]
}

@test "every option of the help is known" {
	local option
	for option in $("$MODPROBE" --help | grep -oE -- '--[a-z-]+' | sort -u); do
		run "$MODPROBE" "$option"
		says_not "unknown"
		says_not "ambiguous"
	done
}

@test "without a module there is nothing to do, and that is an error" {
	modules one
	probe
	exits 1
	warns "no module is named"
	probe -a -q
	exits 1
}

@test "wrong options are errors" {
	modules one
	probe --nonsense one
	exits 1
	warns "unknown option --nonsense"
	probe -Z one
	exits 1
	warns "unknown option -Z"
	probe -D -S
	exits 1
	warns "a value is missing for -S"
	probe --dirname
	exits 1
	probe -r -w soon one
	exits 1
	warns "--wait needs milliseconds, not soon"
}

# under_name NAME COMMAND...: the program, told that this is its name.
under_name() { bash -c 'exec -a "$0" "$@"' "$@"; }

@test "a program does the same under any name that begins with its own, or without one" {
	local name
	modules one
	for name in modprobe ./modprobe /sbin/modprobe modprobe-0.1-x86_64 ''; do
		[ "$(under_name "$name" "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C empty -D one)" = "insmod $TREE/kernel/one.ko " ]
		run under_name "$name" "$MODPROBE" --nonsense
		exits 1
		says "modprobe: ERROR: unknown option --nonsense"
	done
	for name in depmod ./depmod /sbin/depmod depmod-0.1-x86_64 ''; do
		run under_name "$name" "$DEPMOD" -n -b root -C empty "$RELEASE"
		exits 0
		[ "${lines[0]}" = kernel/one.ko: ]
	done
	run perl -e 'exec { shift } ()' "$MODPROBE" # no argument at all
	says "no module is named"
}

@test "under any other name nothing is done" {
	local name before
	modules one
	for name in depmod lsmod2 other /sbin/static-nodes list; do
		run --separate-stderr under_name "$name" "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C empty -D one
		exits 1
		[ -z "$output" ]
		[ "$stderr" = "modprobe: ERROR: '${name##*/}' is no command; there are modprobe, modinfo, insmod, rmmod, lsmod and kmod" ]
	done
	rm -f "$TREE"/modules.dep*
	before=$(fingerprint)
	for name in lsmod modprobe modinfo other /sbin/kmod; do
		run under_name "$name" "$DEPMOD" -b root -C empty "$RELEASE"
		exits 1
		says "depmod: ERROR: '${name##*/}' is no name of depmod; modinfo, insmod, rmmod, lsmod and kmod are links to modprobe"
	done
	[ "$(fingerprint)" = "$before" ]
}

@test "a module may be called modprobe or depmod" {
	modules modprobe depmod
	run "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C empty -D depmod
	says "kernel/depmod.ko"
	run "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C empty -D modprobe
	says "kernel/modprobe.ko"
}

@test "MODPROBE_OPTIONS stands before the command line" {
	modules one
	export MODPROBE_OPTIONS="-D"
	probe one a=1
	prints "insmod kernel/one.ko a=1"
	export MODPROBE_OPTIONS="-n -v"
	probe one
	prints "insmod kernel/one.ko"
	export MODPROBE_OPTIONS="-q"
	probe two
	exits 1
	warns_of_nothing
}

@test "MODPROBE_OPTIONS: quotes hold words together" {
	modules one
	mkdir 'with blank'
	echo alias x one >'with blank/a.conf'
	export MODPROBE_OPTIONS='-R -C "with blank"'
	probe x
	prints one
	export MODPROBE_OPTIONS="-C 'with blank' -R"
	probe_alone x # kmod finds an empty word behind the quotes
	prints one
	export MODPROBE_OPTIONS="--config='with blank' -R"
	probe x
	prints one
	export MODPROBE_OPTIONS="" # nothing
	probe -R one
	prints one
}

@test "MODPROBE_OPTIONS: any number of blanks, a quote without end" {
	modules one
	export MODPROBE_OPTIONS="  -D   -q  "
	probe_alone one # kmod finds empty words
	prints "insmod kernel/one.ko"
	export MODPROBE_OPTIONS="-C 'nowhere -D"
	probe_alone -R one
	prints one
}

@test "MODPROBE_OPTIONS: any number of words" {
	modules one two
	export MODPROBE_OPTIONS
	MODPROBE_OPTIONS=$(printf -- '-v %.0s' $(seq 1500))
	probe_alone -n one
	exits 0
	prints "insmod kernel/one.ko"
	MODPROBE_OPTIONS="-a -R ext4 xfs btrfs vfat nfs cifs fuse"
	probe_alone overlay udf jfs one two
	exits 1
	prints one two
	for name in ext4 xfs btrfs vfat nfs cifs fuse overlay udf jfs; do
		warns "modprobe: WARNING: Module $name not found in directory $TREE"
	done
	MODPROBE_OPTIONS=
	for i in $(seq 12); do
		echo "options one a$i" >"long name of number $i.conf"
		MODPROBE_OPTIONS+=" -C 'long name of number $i.conf'"
	done
	probe_alone -D one
	[ "$(wc -w <<<"$output")" = 14 ]
	run --separate-stderr "$MODPROBE" -d root -S "$RELEASE" $(printf -- '-C %s ' $(seq 20000)) -n one
	exits 0
	MODPROBE_OPTIONS=$(printf 'x%.0s' $(seq 60000))
	probe_alone -n one
	exits 1
}

@test "-c needs no module" {
	modules one
	probe -c
	exits 0
	probe --showconfig
	exits 0
	[[ "$output" == *"alias symbol:one one"* ]]
}

@test "-c with a broken pipe or a full disk is an error" {
	modules one
	[ -c /dev/full ] || skip "no /dev/full"
	run sh -c '"$@" >/dev/full' - "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C empty -c
	exits 1
	says "No space left on device"
}

@test "-s sends messages to the log and not to the terminal" {
	modules one
	[ -S /dev/log ] || [ -w /dev ] || skip "there is no log here, and no right to make one"
	if [ ! -S /dev/log ]; then
		perl -MIO::Socket::UNIX -e '
			$log = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/dev/log") or die "$!";
			$log->recv($message, 2048); print $message; unlink "/dev/log"' >logged 2>&1 3>&- &
		for ((i = 0; i < 100; i++)); do [ -S /dev/log ] && break || sleep 0.05; done
	fi
	run "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C empty -s two
	exits 1
	[ -z "$output" ]
	[ ! -e logged ] || { wait; grep -x "<26>modprobe: FATAL: Module two not found in directory .*" logged; }
}

@test "--show-modversions: needs with their CRCs; --show-exports: exports" {
	module kernel/one.ko --export out=0x12345678 --export other=1 --need in=0xabcdef01 --weak maybe=2 --need plain
	index
	probe --show-modversions "$TREE/kernel/one.ko"
	exits 0
	prints $'0xabcdef01\tin' $'0x00000002\tmaybe'
	probe --dump-modversions "$TREE/kernel/one.ko"
	prints $'0xabcdef01\tin' $'0x00000002\tmaybe'
	probe --show-exports "$TREE/kernel/one.ko"
	exits 0
	prints $'0x12345678\tout' $'0x00000001\tother'
}

show_symbols() {
	module kernel/one.ko "${kind[@]}" --export out=0x12345678 --need in=0xabcdef01
	probe --show-modversions "$TREE/kernel/one.ko"
	exits 0
	prints $'0xabcdef01\tin'
	probe --show-exports "$TREE/kernel/one.ko"
	prints $'0x12345678\tout'
}

@test "--show-modversions and --show-exports: of either class and byte order" { in_all_kinds show_symbols; }

@test "--show-modversions and --show-exports: of compressed modules" {
	module kernel/one.ko --export out=0x12345678 --need in=0xabcdef01
	xz --check=crc32 "$TREE/kernel/one.ko"
	probe --show-modversions "$TREE/kernel/one.ko.xz"
	prints $'0xabcdef01\tin'
	probe --show-exports "$TREE/kernel/one.ko.xz"
	prints $'0x12345678\tout'
}

# kmod follows links as if the base were not one.
@test "--show-modversions and --show-exports: of a module behind a link, which is followed below the base" {
	module kernel/one.ko --export out=0x12345678 --need in=0xabcdef01
	mkdir -p "$ROOT/elsewhere/than-in-the-tree"
	mv "$TREE/kernel/one.ko" "$ROOT/elsewhere/than-in-the-tree"
	ln -s /elsewhere/than-in-the-tree/one.ko "$TREE/kernel/one.ko"
	index
	exits 0
	probe_alone --show-exports one
	exits 0
	prints $'0x12345678\tout'
	probe_alone --show-modversions one
	prints $'0xabcdef01\tin'
	ln -sf /elsewhere/none.ko "$TREE/kernel/one.ko"
	probe_alone --show-exports one
	exits 1
	warns "one.ko: No such file or directory"
}

@test "--show-modversions and --show-exports: of what is no module, or nothing" {
	probe --show-modversions "$TREE/kernel"
	exits 1
	probe --show-exports "$TREE/none.ko"
	exits 1
	warns "$TREE/none.ko: No such file or directory"
	echo nonsense >nonsense.ko
	probe --show-exports nonsense.ko
	exits 1
	warns "nonsense.ko"
	module kernel/bad.ko --export a --defect truncated
	probe_alone --show-exports "$TREE/kernel/bad.ko"
	exits 1
}

@test "-l: the files of all modules, or of those whose names match a pattern" {
	modules one two-three:one four
	probe_alone -l
	exits 0
	prints kernel/four.ko kernel/one.ko kernel/two-three.ko
	probe_alone -l 'two*'
	prints kernel/two-three.ko
	probe_alone -l 'two-*' one
	prints kernel/one.ko kernel/two-three.ko
	probe_alone --list nothing
	exits 0
	prints ""
	rm "$TREE"/modules.dep.bin
	probe_alone -l 'f*'
	prints kernel/four.ko
}
