# A machine of 24 MiB with one core: a memory cgroup of that size holds depmod, what it writes, and the modules' pages in the
# cache; see tests/bench/cgroup.
load common

# in_24_mib KERNEL [FORM]: nothing is killed, and all is written as with more memory.
in_24_mib() {
	kernel "$@"
	BASE=$PLAIN${2:+-$2}
	OURS=$BATS_TEST_TMPDIR/roomy
	ours --jobs 1
	# The cache must not have the modules already: the kernel counts a page for whom it is read.
	find "$BASE/lib/modules/$RELEASE/" -name '*.ko*' -exec sh -c 'for m; do dd if="$m" iflag=nocache count=0 status=none; done' - {} +
	run "$PROJECT/tests/bench/cgroup" 24 "$DEPMOD" --jobs 1 -b "$BASE" -o "$BATS_TEST_TMPDIR/tight" -C "$NOTHING" "$RELEASE"
	[ "$status" != 77 ] || skip "$output"
	echo "$output"
	[ "$status" = 0 ]
	grep -qx 'killed 0' <<<"$output"
	[ "$(wc -l <<<"$output")" = 3 ]
	diff -r roomy tight
	[ "$(ls "tight/lib/modules/$RELEASE" | wc -l)" = 11 ]
	echo "# ${2:-plain}: $output" | paste -sd' ' >&3
}

@test "in 24 MiB: Debian's cloud kernel, plain" { in_24_mib cloud; }
@test "in 24 MiB: Debian's cloud kernel, gzip" { in_24_mib cloud gzip; }
@test "in 24 MiB: Debian's cloud kernel, xz" { in_24_mib cloud xz; }
@test "in 24 MiB: Debian's cloud kernel, zstd" { in_24_mib cloud zstd; }
@test "in 24 MiB: Debian's whole amd64 kernel, plain" { in_24_mib amd64; }
