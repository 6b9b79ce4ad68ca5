# What the cases of modinfo, insmod, rmmod, lsmod and kmod begin with: links to our modprobe in `bin`. They load it after
# common and modprobe.

# link NAME...
link() {
	mkdir -p bin
	for name; do ln -sf "$MODPROBE" "bin/$name"; done
}

# ours COMMAND [ARGUMENT...]: as probe_alone does, with one of the links.
ours() {
	link "$1"
	run --separate-stderr "bin/$@"
}

# alike COMMAND [ARGUMENT...]: what ours prints and returns is what kmod's does, where it is installed.
alike() {
	local theirs status_of_theirs=0
	ours "$@"
	[[ $(modprobe -V 2>/dev/null) == kmod* ]] || return 0
	theirs=$("$@" 2>kmods-messages | od -c; exit "${PIPESTATUS[0]}") || status_of_theirs=$?
	[ "$status" = "$status_of_theirs" ] && [ "$("bin/$@" 2>our-messages | od -c)" = "$theirs" ] || {
		printf 'status %s, and prints:\n%s\n%s\nkmod: status %s, and prints:\n%s\n%s\n' "$status" "$output" "$stderr" \
			"$status_of_theirs" "$("$@" 2>&1)" "$(cat kmods-messages)"
		return 1
	}
}
