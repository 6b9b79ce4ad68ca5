# What the cases of modprobe begin with. They load it after common.

PATH=$PATH:/usr/sbin:/sbin

# modules NAME[:NEED...]...: synthetic modules kernel/NAME.ko, each supplying a symbol of its name; then the indexes.
modules() {
	local one name need options
	for one; do
		name=${one%%:*} options=()
		for need in $(tr : ' ' <<<"${one#"$name"}"); do options+=(--need "$need"); done
		module "kernel/$name.ko" --export "${name//-/_}" "${options[@]}"
	done
	index
	exits 0
}

# rules LINE...: the only file of the configuration that `probe` uses.
rules() { printf '%s\n' "$@" >rules.conf; }

modprobe_of_ours() { "$MODPROBE" -d "$ROOT" -S "$RELEASE" -C rules.conf "$@"; }
modprobe_of_kmod() { modprobe -d "$ROOT" -S "$RELEASE" -C rules.conf "$@"; }

# probe [OPTION...]: our modprobe on the tree. $status and $stderr are bats' own; $output is what is on standard output,
# with paths below the tree and no blanks at the ends of lines. Where kmod is installed, it must say and return the same.
probe() {
	local ours theirs
	probe_alone "$@"
	[[ $(modprobe -V 2>/dev/null) == kmod* ]] || return 0
	ours="$status: $output"
	theirs=0
	modprobe_of_kmod "$@" >kmods-output 2>kmods-messages || theirs=$?
	theirs="$theirs: $(relative <kmods-output)"
	[ "$ours" = "$theirs" ] || {
		printf 'status and output are:\n%s\nthose of kmod:\n%s\n%s\n' "$ours" "$theirs" "$(cat kmods-messages)"
		return 1
	}
}

# The same where kmod does something else.
probe_alone() {
	[ -e rules.conf ] || : >rules.conf
	run --separate-stderr modprobe_of_ours "$@"
	output=$(relative <<<"$output")
}

relative() { sed "s,$TREE/,,g; s/ *\$//"; }

# prints LINE...: all of standard output.
prints() {
	local expected
	expected=$(printf '%s\n' "$@")
	[ "$output" = "$expected" ] || {
		printf 'standard output is:\n%s\nexpected:\n%s\nmessages:\n%s\n' "$output" "$expected" "$stderr"
		return 1
	}
}

# warns TEXT: among the messages of the last run is a line with TEXT.
warns() {
	[[ "$stderr" == *"$1"* ]] || {
		printf 'no message has: %s\nmessages:\n%s\n' "$1" "$stderr"
		return 1
	}
}

warns_of_nothing() {
	[ -z "$stderr" ] || {
		printf 'unexpected messages:\n%s\n' "$stderr"
		return 1
	}
}

# loads [OPTION...] QUESTION...: probe -D, which must succeed.
loads() {
	probe -D "$@"
	exits 0
}
