# What every case begins with: its own temporary tree of a kernel called 6.1.0, and the programs under test.
# `load common` in a .bats file.

PROJECT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
DEPMOD=${DEPMOD:-$PROJECT/depmod}
MKMODULE=$PROJECT/build/mkmodule
RELEASE=6.1.0

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	TREE=$ROOT/lib/modules/$RELEASE
	mkdir -p "$TREE/kernel" "$BATS_TEST_TMPDIR/empty"
	: >"$TREE/modules.order"
	: >"$TREE/modules.builtin"
	: >"$TREE/modules.builtin.modinfo"
	cd "$BATS_TEST_TMPDIR"
}

# module PATH [OPTION...]: a synthetic module below the tree.
module() {
	local path=$TREE/$1
	shift
	mkdir -p "$(dirname "$path")"
	"$MKMODULE" "$@" "$path"
}

# order PATH...: what modules.order says.
order() { printf '%s\n' "$@" >"$TREE/modules.order"; }

# config LINE...: the only file of the configuration that `index` uses.
config() { printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/depmod.conf"; }

# index [OPTION...]: our depmod on the tree; $status and $output are bats' own.
index() {
	local conf=$BATS_TEST_TMPDIR/depmod.conf
	[ -e "$conf" ] || conf=$BATS_TEST_TMPDIR/empty
	run "$DEPMOD" -b "$ROOT" -C "$conf" "$@" "$RELEASE"
}

# file_is NAME LINE...: the whole content of an output file.
file_is() {
	local name=$1 expected actual
	shift
	expected=$([ $# = 0 ] || printf '%s\n' "$@")
	actual=$(cat "$TREE/$name")
	[ "$actual" = "$expected" ] || {
		printf '%s is:\n%s\nexpected:\n%s\n' "$name" "$actual" "$expected"
		return 1
	}
}

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
