# What bash, zsh and fish offer with the completions of this project; loaded after common.

# offered SHELL LINE: what is offered at the end of a command line, one a line, sorted; without what stands around a name.
offered() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
	HOME=$BATS_TEST_TMPDIR TERM=xterm PATH=$BATS_TEST_TMPDIR/bin:$PATH "offered_by_$1" "$2" |
		sed 's,^--[a-z-]*=,,; s,^\./,,; s,/$,,' | LC_ALL=C sort -u
}

# Quotes and blanks are only for the shells that split the line themselves.
offered_by_bash() {
	bash --norc -c 'source "$1"
		eval "words=($2)"
		[[ $2 != *" " ]] || words+=("")
		for word in "${words[@]}"; do
			if [[ $word == --*=* ]]; then COMP_WORDS+=("${word%%=*}" = "${word#*=}"); else COMP_WORDS+=("$word"); fi
		done
		[[ ${COMP_WORDS[-1]} ]] || [[ $2 != *= ]] || unset "COMP_WORDS[-1]"
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		"_${words[0]}"
		[ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}"' - "$PROJECT/completions/depmod.bash" "$1"
}

offered_by_fish() {
	fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$PROJECT/completions/depmod.fish" "$1" |
		cut -f 1
}

offered_by_zsh() { timeout 60 zsh -f "$BATS_TEST_DIRNAME/complete.zsh" "$PROJECT/completions" "$1" | tr -d '\\\r'; }

# every_shell_offers LINE [WORD...]: these words, and no others.
every_shell_offers() {
	local shell line=$1 actual expected
	shift
	expected=$([ $# = 0 ] || printf '%s\n' "$@")
	for shell in ${SHELLS:-bash zsh fish}; do
		actual=$(offered "$shell" "$line")
		[ "$actual" = "$expected" ] || {
			printf '%s offers, behind %s:\n%s\nexpected:\n%s\n' "$shell" "$line" "$actual" "$expected"
			return 1
		}
	done
}
