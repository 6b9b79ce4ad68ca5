# What tests/real/kernels and tests/real/debian have in common: to fetch something, once, into a cache that tests which
# run side by side share. Sourced; both set, before they begin with it, $name: what is fetched, into $cache/$name.
cache=$PWD/tests/cache
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
	rm -rf --one-file-system "$work" "$cache/$name" "$cache/$name"-*
	mkdir "$work"
}

# finish STAMP: it is there, and need not be fetched again.
finish() {
	rm -rf "$work" "$cache/$name.failed"
	echo "$1" >"$cache/$name.stamp"
	work=
}
