# What a run finds around it: other processes, signals, odd directories.
load common

many_modules() {
	for i in $(seq 60); do module "kernel/m$i.ko" --alias "mark$i" --pad 20000; done
}

@test "children that were there before are nobody's workers" {
	many_modules
	for round in 1 2 3 4 5; do
		run sh -c 'sleep 0.002 & sleep 0.004 & sleep 0.006 & exec "$@"' sh \
			"$DEPMOD" --jobs 2 -b "$ROOT" -C empty "$RELEASE"
		exits 0
		says_nothing
		[ "$(wc -l <"$TREE/modules.dep")" = 60 ]
	done
}

@test "reading leaves no trace; whom files do not belong to, reads them nevertheless" {
	many_modules
	touch -a -d 2001-01-01 "$TREE"/kernel/*.ko # so long ago that the next to read them would be noted
	echo text >probe && touch -a -d 2001-01-01 probe && cat probe >copy
	[ "$(stat -c %X probe)" != "$(date -d 2001-01-01 +%s)" ] || skip "times of access are not kept here"
	index
	exits 0
	[ "$(stat -c %X "$TREE"/kernel/*.ko | sort -u)" = "$(date -d 2001-01-01 +%s)" ]
	[ "$(id -u)" = 0 ] || skip "only the superuser can be somebody else"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/.."
	mkdir -m 777 out
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$DEPMOD" --jobs 2 -b "$ROOT" -C empty -o out "$RELEASE"
	exits 0
	says_nothing
	cmp "$TREE/modules.dep" "out/lib/modules/$RELEASE/modules.dep"
}

@test "whoever starts us may ignore the end of children" {
	many_modules
	run sh -c 'trap "" CHLD; exec "$@"' sh "$DEPMOD" --jobs 2 -b "$ROOT" -C empty "$RELEASE"
	exits 0
	says_nothing
	[ "$(wc -l <"$TREE/modules.dep")" = 60 ]
}

@test "a tree that cannot be read leaves the old files as they are" {
	needs_permissions
	module kernel/a.ko --alias mark
	mkdir out
	run "$DEPMOD" -b "$ROOT" -o out -C empty "$RELEASE"
	exits 0
	before=$(cat out/lib/modules/$RELEASE/* | cksum)
	chmod 000 "$TREE"
	chmod -R a+rwX out
	run without_privilege "$DEPMOD" -b "$ROOT" -o out -C empty "$RELEASE"
	exits 1
	chmod 755 "$TREE"
	[ "$(cat out/lib/modules/$RELEASE/* | cksum)" = "$before" ]
}

@test "an empty -o is the working directory, as an empty -b is" {
	module kernel/a.ko
	mkdir here
	cd here
	run "$DEPMOD" -b "$ROOT" -o '' -C ../empty "$RELEASE"
	exits 0
	[ -e "lib/modules/$RELEASE/modules.dep" ]
}

@test "-q silences the warning about -e, too" {
	module kernel/a.ko
	index -qe
	exits 0
	says_nothing
}

@test "-b ./DIR with files named: they are below the tree" {
	module kernel/a.ko
	run "$DEPMOD" -n -b ./root -C empty "$RELEASE" "$TREE/kernel/a.ko"
	exits 0
	says_line kernel/a.ko:
}

@test "--jobs with little address space" {
	many_modules
	run sh -c 'ulimit -v 3000000 && exec "$@"' sh "$DEPMOD" --jobs 8 -b "$ROOT" -C empty "$RELEASE"
	exits 0
	says_nothing
	[ "$(wc -l <"$TREE/modules.dep")" = 60 ]
}

@test "too little address space: the message says that this is the matter" {
	for i in $(seq 40); do module "kernel/m$i.ko" $(seq -f "--export s${i}_%g" 200); done
	run sh -c 'ulimit -v 20000 && exec "$@"' sh "$DEPMOD" --jobs 1 -b "$ROOT" -C empty "$RELEASE"
	exits 1
	[[ "$output" =~ ^'depmod: FATAL: cannot go on (address space is short): '.*'names: too many different ones'$ ]]
	index
	exits 0
	says_nothing
}

@test "modprobe with little address space" {
	module kernel/x.ko --export x
	module kernel/b-c.ko --need x
	index
	for limit in 20000 50000 100000 400000; do
		run --separate-stderr sh -c 'ulimit -v "$0" && exec "$@"' "$limit" "$MODPROBE" -d root -S "$RELEASE" -C empty -D b-c
		exits 0
		[ -z "$stderr" ]
		[ "$output" = "$(printf 'insmod %s \n' "$TREE"/kernel/{x,b-c}.ko)" ]
	done
}

@test "memory is planned for the jobs there are, and once" {
	local limit
	many_modules
	for limit in 14300000 14600000 15000000 16000000 17000000; do
		module kernel/x.ko --export x --need y
		module kernel/y.ko --export y --need x
		run sh -c 'ulimit -v "$0" && exec "$@"' "$limit" "$DEPMOD" --jobs 2 -b "$ROOT" -C empty "$RELEASE"
		exits 1
		says 'Found 2 modules in dependency cycles!'
		says_not FATAL
		[ "$(wc -l <"$TREE/modules.dep")" = 60 ]
		grep -x 'alias mark60 m60' "$TREE/modules.alias"
	done
	# What one process reserves, all of it: nothing is halved where so much is granted.
	run strace -f -qq -e trace=mmap "$DEPMOD" --jobs 1 -b "$ROOT" -C empty "$RELEASE"
	planned=$(sed -n 's/.*mmap(NULL, \([0-9]*\),.*/\1/p' <<<"$output" | sort -n | tail -n 1)
	run strace -f -qq -e trace=mmap "$DEPMOD" --jobs 8 -b "$ROOT" -C empty "$RELEASE"
	[ "$(sed -n 's/.*mmap(NULL, \([0-9]*\),.*/\1/p' <<<"$output" | sort -n | tail -n 1)" -gt "$planned" ]
}

@test "a run waits for another one that holds the directory, and says so" {
	module kernel/a.ko
	flock -x "$TREE/.modules.lock" sleep 1.6 &
	sleep 0.2
	index
	exits 0
	says 'waiting for another run to end'
	file_is modules.dep kernel/a.ko:
	wait
}

@test "a module with more values than any real one is alone in the loss" {
	module kernel/a.ko --alias mark
	many=$(printf '\\x00alias=b%.0s' $(seq 11000))
	module kernel/b.ko --alias "b$many" --alias "b$many" --alias "b$many" --alias "b$many" \
		--alias "b$many" --alias "b$many"
	for jobs in 1 2; do
		index --jobs "$jobs"
		exits 0
		says 'kernel/b.ko: .modinfo: too many values'
		file_is modules.dep kernel/a.ko:
	done
}

@test "forty modules of aliases that would fill the files cost themselves" {
	module kernel/a.ko --alias mark
	long=$(printf 'x%.0s' $(seq 8000))
	values=()
	for i in $(seq 150); do values+=(--alias "b$i$long"); done
	module kernel/b.ko "${values[@]}"
	for i in $(seq 40); do ln "$TREE/kernel/b.ko" "$TREE/kernel/c$i.ko"; done
	index
	exits 0
	[ "$(grep -c ': .modinfo: too many values$' <<<"$output")" = 41 ]
	file_is modules.dep kernel/a.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias mark a'
}

@test "where nothing that was writable may become executable, it runs as well" {
	local number status=0
	case $(uname -m) in
	x86_64) number=157 ;;
	aarch64 | riscv64) number=167 ;;
	*) skip "the number of prctl(2) is not known here" ;;
	esac
	# PR_SET_MDWE, which a service of systemd's with MemoryDenyWriteExecute=yes has in effect, udev's among them
	local without=(perl -e 'syscall(shift, 65, 1, 0, 0, 0) == 0 or exit 77; exec @ARGV' "$number")
	"${without[@]}" true || status=$?
	[ "$status" != 77 ] || skip "the kernel cannot forbid it (Linux 6.3 can)"
	module kernel/a.ko --alias mark
	run "${without[@]}" "$DEPMOD" --jobs 2 -b "$ROOT" -C empty "$RELEASE"
	exits 0
	says_nothing
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias mark a'
	run "${without[@]}" "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C empty -D mark
	exits 0
}
