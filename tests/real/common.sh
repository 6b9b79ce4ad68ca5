# What tests/real/kernels and tests/real/debian have in common: to fetch something, once, into a cache that tests which
# run side by side share. Sourced; both set, before they begin with it, $name: what is fetched, into $cache/$name.
cache=${CACHE:-$PWD/tests/cache}
work= # where it is prepared, while something is fetched

fail() {
	echo "tests/real/${0##*/}: $*" >&2
	[ -z "$work" ] || echo "$*" >"$cache/$name.failed"
	exit 1
}

# lock, unlock: the first that needs it fetches it, the others wait.
lock() {
	mkdir -p "$cache"
	exec 9>"$cache/$name.lock"
	flock 9
}
unlock() { exec 9>&-; }

# begin: an empty $work, unless the last attempt failed a moment ago.
begin() {
	[ -z "$(find "$cache/" -name "$name.failed" -mmin -10)" ] ||
		fail "$(cat "$cache/$name.failed") (tried less than ten minutes ago; remove $cache/$name.failed to try now)"
	work=$cache/$name.part
	rm -rf --one-file-system "$work" "$cache/$name" "$cache/$name"-* "$cache/$name.tar.zst"
	mkdir "$work"
}

# finish STAMP: it is there, and need not be fetched again.
finish() {
	rm -rf "$work" "$cache/$name.failed"
	echo "$1" >"$cache/$name.stamp"
	work=
}

# pack: what is kept of it between two runs of the tests takes a third of the room.
pack() {
	[ -e "$cache/$name.tar.zst" ] || {
		tar -C "$cache" --numeric-owner -cf - "$name" | zstd -q -T0 -o "$cache/$name.tar.zst.part" -f
		mv "$cache/$name.tar.zst.part" "$cache/$name.tar.zst"
	}
	rm -rf --one-file-system "$cache/$name"
}

# unpack: it is there again, if it was packed.
unpack() {
	[ ! -d "$cache/$name" ] && [ -e "$cache/$name.tar.zst" ] || return 0
	rm -rf --one-file-system "$cache/$name.unpacked"
	mkdir "$cache/$name.unpacked"
	zstd -q -dc "$cache/$name.tar.zst" | tar -C "$cache/$name.unpacked" -xpf -
	mv "$cache/$name.unpacked/$name" "$cache/$name"
	rmdir "$cache/$name.unpacked"
}
