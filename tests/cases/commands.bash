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

# messages_alike COMMAND [ARGUMENT...]: what the last run wrote to standard error is what kmod's COMMAND does, where it is
# installed, but for what its library adds.
messages_alike() {
	local theirs
	[[ $(modprobe -V 2>/dev/null) == kmod* ]] || return 0
	theirs=$("$@" 2>&1 >/dev/null | grep -v ' \.\./libkmod/')
	[ "$stderr" = "$theirs" ] || {
		printf 'messages are:\n%s\nthose of kmod:\n%s\n' "$stderr" "$theirs"
		return 1
	}
}

# A running kernel with modules, for who reads /proc and /sys: a line of /proc/modules each, with the holders of the first
# word as directories in /sys.
loaded() {
	local name size uses holders rest holder
	mkdir -p proc sys/module lib/modules
	while read -r name size uses holders rest; do
		mkdir -p "sys/module/$name/holders"
		echo "$uses" >"sys/module/$name/refcnt"
		echo live >"sys/module/$name/initstate"
		echo "$size" >"sys/module/$name/coresize"
		for holder in ${holders//[,-]/ }; do mkdir -p "sys/module/$name/holders/$holder"; done
		echo "$name $size $uses $holders $rest"
	done >proc/modules
}

# there COMMAND...: with these /proc, /sys and /lib/modules in place of the system's own, on which nothing is changed.
there() {
	unshare -m sh -c 'for d in proc sys lib/modules; do [ ! -d $d ] || mount --bind $d /$d || exit 99; done; exec "$@"' - "$@"
}

needs_mounts() {
	mkdir -p proc
	unshare -m mount --bind proc /proc 2>/dev/null || skip "nothing can be mounted here"
	[ -d /lib/modules ] || skip "there is no /lib/modules"
}

# alike_there COMMAND [ARGUMENT...]: as alike does, with the made-up kernel.
alike_there() {
	link "$1"
	run --separate-stderr there "bin/$@"
	[[ $(modprobe -V 2>/dev/null) == kmod* ]] || return 0
	local theirs status_of_theirs=0
	theirs=$(there "$@" 2>kmods-messages) || status_of_theirs=$?
	[ "$status: $output" = "$status_of_theirs: $theirs" ] || {
		printf 'status %s, and prints:\n%s\n%s\nkmod: status %s, and prints:\n%s\n%s\n' "$status" "$output" "$stderr" \
			"$status_of_theirs" "$theirs" "$(cat kmods-messages)"
		return 1
	}
}
