# How the last `run` ended, and what it said. `load ../said` in a .bats file.

# says TEXT: among the messages of the last run is a line with TEXT.
says() {
	[[ "$output" == *"$1"* ]] || {
		printf 'no message has: %s\nmessages:\n%s\n' "$1" "$output"
		return 1
	}
}

says_nothing() {
	[ -z "$output" ] || {
		printf 'unexpected messages:\n%s\n' "$output"
		return 1
	}
}

# says_line LINE: one of the messages is exactly LINE.
says_line() {
	grep -qxF -- "$1" <<<"$output" || {
		printf 'no message is: %s\nmessages:\n%s\n' "$1" "$output"
		return 1
	}
}

# says_not TEXT: no message of the last run has TEXT.
says_not() {
	[[ "$output" != *"$1"* ]] || {
		printf 'a message has: %s\nmessages:\n%s\n' "$1" "$output"
		return 1
	}
}

# exits STATUS: how the last run ended.
exits() {
	[ "$status" = "$1" ] || {
		printf 'exit status %s, expected %s; messages:\n%s\n' "$status" "$1" "$output"
		return 1
	}
}
