# The binary indexes: read by a reader of our own, and by kmod's modprobe.
load common

# kmod 34 and later write nodes in pre-order, as we do; before that in post-order: the same nodes, so the same size, but
# other bytes. The reader checks the order of either, and that there is no gap.
kmod_in_pre_order() {
	local version
	version=$(modprobe -V | sed -n 's/^kmod version //p')
	[ "$version" -ge 34 ]
}

dump() { "$BATS_TEST_DIRNAME/index-dump" "$@"; }

indexes() {
	local name order=--post-order
	! kmod_in_pre_order || order=
	ours
	for name in dep alias symbols builtin builtin.alias; do
		local theirs our
		theirs=$(written "$KMOD" modules.$name.bin)
		our=$(written "$OURS" modules.$name.bin)
		dump $order "$theirs" >kmod
		has_form <kmod >expected
		dump "$our" >actual
		at_least 10 expected
		same expected actual "the content of modules.$name.bin"

		[ "$FORM" = plain ] || continue # longer paths, another size
		[ "$(wc -c <"$theirs")" = "$(wc -c <"$our")" ]
		! kmod_in_pre_order || cmp "$theirs" "$our"
	done
}

@test "cloud: binary indexes hold what kmod's hold" { on cloud indexes; }
@test "s390x: binary indexes hold what kmod's hold" { on s390x indexes; }
@test "armhf: binary indexes hold what kmod's hold" { on armhf indexes; }

# probe_each OPTION TREE: the answers to all questions of standard input, asked in one process; after each answer a name
# that does not exist brings a message that says which question it was.
probe_each() {
	sed 'p; s/^/end:/' |
		xargs -d '\n' stdbuf -oL modprobe -d "$2" -S "$RELEASE" -C "$NOTHING" -a "$1" 2>&1 |
		sed "s,$2/lib/modules/$RELEASE/*,,g"
}

# answers_are_the_same OPTION QUESTIONS
answers_are_the_same() {
	at_least 1000 "$2"
	probe_each "$1" "$KMOD" <"$2" | has_form >expected
	[ "$(grep -c 'end:.* not found' expected)" = "$(wc -l <"$2")" ]
	probe_each "$1" "$OURS" <"$2" >actual
	same expected actual "the answer to modprobe $1"
}

configuration() {
	ours_with_modules
	modprobe -d "$KMOD" -S "$RELEASE" -C "$NOTHING" -c >expected
	at_least 2000 expected
	modprobe -d "$OURS" -S "$RELEASE" -C "$NOTHING" -c >actual
	same expected actual "the answer to modprobe -c"
}

@test "cloud: modprobe -c says the same" { on cloud configuration; }
@test "s390x: modprobe -c says the same" { on s390x configuration; }
@test "armhf: modprobe -c says the same" { on armhf configuration; }

resolve() {
	ours_with_modules
	all_aliases >aliases
	answers_are_the_same -R aliases
}

@test "cloud: modprobe -R finds the same for each alias" { on cloud resolve; }
@test "s390x: modprobe -R finds the same for each alias" { on s390x resolve; }
@test "armhf: modprobe -R finds the same for each alias" { on armhf resolve; }

show_depends() {
	ours_with_modules
	module_names >names
	answers_are_the_same -D names
}

@test "cloud: modprobe -D loads the same for each module" { on cloud show_depends; }
@test "s390x: modprobe -D loads the same for each module" { on s390x show_depends; }
@test "armhf: modprobe -D loads the same for each module" { on armhf show_depends; }
