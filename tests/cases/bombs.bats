# A small file that holds an endless one costs itself, and no more memory than there is for any module: 512 MiB of
# content for each worker.
load common
load invariants

# In KiB: the content of a module, and what a run takes beside it.
LIMIT=$((512 * 1024))
REST=$((40 * 1024))

# almost_zeros: 1 GiB; with so few other bytes that it makes a bomb, and enough that it does not look like one at once.
almost_zeros() {
	perl -e 'srand 1; for (1 .. 1 << 14) { print "\0" x 65000, pack "C*", map { rand 256 } 1 .. 536 }'
}

# Of each kind 1 GiB in one piece, and 4 GiB of zeros in pieces.
setup_file() {
	cd "$BATS_FILE_TMPDIR"
	head -c 1G /dev/zero | pigz -1 >gz.ko.gz
	almost_zeros | xz -T 0 -0 >xz.ko.xz
	almost_zeros | zstd -q >zst.ko.zst
	head -c 64M /dev/zero >piece
	gzip -c piece >gz
	xz -0 -c piece >xz
	zstd -q -c piece >zst
	for i in $(seq 64); do
		for kind in gz xz zst; do cat $kind >>"$kind-pieces.ko.$kind"; done
	done
}

# bombs FILE...: they come into the tree.
bombs() {
	mkdir -p "$TREE/bombs"
	cp "$@" "$TREE/bombs"
}

# A tree of sound modules.
sound() {
	module kernel/a.ko --need one --alias sound
	module kernel/z.ko --export one --pad 100000
	gzip -n "$TREE/kernel/z.ko"
}

# peak OPTION...: a run whose peak is measured: $together for all processes, $largest for one alone.
peak() {
	run --separate-stderr "$PROJECT/tests/bench/peak" "$DEPMOD" -b root -C empty "$@" "$RELEASE"
	read -r together largest <<<"$output"
	exits 0
}

# only_bombs COUNT: so many are named, and all else is there.
only_bombs() {
	[ "$(grep -c '^depmod: ERROR: bombs/.*: output too large$' <<<"$stderr")" = "$1" ]
	[ "$(wc -l <<<"$stderr")" = "$1" ]
	file_is modules.dep 'kernel/a.ko: kernel/z.ko.gz' kernel/z.ko.gz:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias sound a'
}

# costs_itself BOMB
costs_itself() {
	sound
	bombs "$BATS_FILE_TMPDIR/$1"
	peak --jobs 2
	only_bombs 1
	echo "together $together"
	[ "$together" -lt $((LIMIT + REST)) ]
	tell "$(stat -c %s "$TREE"/bombs/*) bytes; peak $((together / 1024)) MiB"
}

@test "gzip, 1 GiB" { costs_itself gz.ko.gz; }

@test "xz, 1 GiB" { costs_itself xz.ko.xz; }

@test "zstd, 1 GiB" { costs_itself zst.ko.zst; }

@test "gzip, 4 GiB in 64 members" { costs_itself gz-pieces.ko.gz; }

@test "xz, 4 GiB in 64 streams" { costs_itself xz-pieces.ko.xz; }

@test "zstd, 4 GiB in 64 frames" { costs_itself zst-pieces.ko.zst; }

@test "all at once: each worker stays within its limit, and gives back what it took" {
	sound
	bombs "$BATS_FILE_TMPDIR"/*.ko.*
	peak --jobs 1
	only_bombs 6
	[ "$together" -lt $((LIMIT + REST)) ]
	peak --jobs 2
	only_bombs 6
	[ "$largest" -lt $((LIMIT + REST)) ]
	[ "$together" -lt $((2 * LIMIT + REST)) ]
}

@test "files without an end that begin as if they were compressed" {
	sound
	mkdir "$TREE/bombs"
	printf '\037\213\010\0' >"$TREE/bombs/gz.ko.gz"
	printf '\3757zXZ\0\0\004' >"$TREE/bombs/xz.ko.xz"
	printf '\050\265\057\375\044' >"$TREE/bombs/zst.ko.zst"
	truncate -s 100G "$TREE"/bombs/*
	peak --jobs 2
	echo "$stderr"
	echo "largest $largest"
	[ "$(grep -c '^depmod: ERROR: bombs/.*: file is too large$' <<<"$stderr")" = 3 ]
	[ "$(wc -l <<<"$stderr")" = 3 ]
	file_is modules.dep 'kernel/a.ko: kernel/z.ko.gz' kernel/z.ko.gz:
	[ "$largest" -lt $((LIMIT + REST)) ]
}
