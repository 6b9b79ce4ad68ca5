# What every case begins with: its own temporary tree of a kernel called 6.1.0, and the programs under test.
# `load common` in a .bats file.

bats_require_minimum_version 1.5.0
load ../said

PROJECT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
DEPMOD=${DEPMOD:-$PROJECT/depmod}
MODPROBE=${MODPROBE:-$PROJECT/modprobe/modprobe}
DEPMOD_OLD=${DEPMOD%/*}/depmod.old # where depmod looks for it
MKMODULE=${MKMODULE:-$PROJECT/build/mkmodule}
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

# entries_of NAME: of a binary index each `KEY PRIORITY VALUE`, in the order of the file.
entries_of() {
	perl -e 'local $/; my $d = <>; my ($magic, $version, $root) = unpack "N3", $d;
		die "not an index\n" unless $magic == 0xb007f457 && $version == 0x00020001;
		sub text { my $end = index $d, "\0", $_[0]; my $s = substr $d, $_[0], $end - $_[0]; $_[0] = $end + 1; $s }
		sub word { $_[0] += 4; unpack "N", substr $d, $_[0] - 4, 4 }
		sub node {
			my ($offset, $key) = @_;
			my ($at, @children) = ($offset & 0x0fffffff);
			$key .= text($at) if $offset & 0x80000000;
			if ($offset & 0x20000000) {
				my ($first, $last) = unpack "CC", substr $d, $at, 2;
				$at += 2;
				for ($first .. $last) { my $child = word($at); push @children, [$child, $key . chr] if $child }
			}
			if ($offset & 0x40000000) {
				for (1 .. word($at)) { my $priority = word($at); print "$key $priority ", text($at), "\n" }
			}
			node(@$_) for @children;
		}
		node($root, "")' "$TREE/$1"
}

# entries_are NAME LINE...: all that a binary index holds.
entries_are() {
	local name=$1 expected actual
	shift
	expected=$([ $# = 0 ] || printf '%s\n' "$@")
	actual=$(entries_of "$name")
	[ "$actual" = "$expected" ] || {
		printf '%s holds:\n%s\nexpected:\n%s\n' "$name" "$actual" "$expected"
		return 1
	}
}

# in_all_kinds FUNCTION: calls it once for each class and byte order, each time with no modules in the tree;
# "${kind[@]}" is what mkmodule is to be told.
in_all_kinds() {
	local class byte_order
	for class in 32 64; do
		for byte_order in little big; do
			kind=(--class "$class" --order "$byte_order")
			echo "${kind[*]}:"
			rm -rf "$TREE/kernel"
			mkdir "$TREE/kernel"
			"$@"
		done
	done
}

# symvers LINE...: the kernel's Module.symvers, tabs written as they are.
symvers() { printf '%b\n' "$@" >"$BATS_TEST_TMPDIR/symvers"; }

# system_map NAME...: a System.map of a kernel that exports these symbols, and one that no test needs.
system_map() {
	printf 'ffffffff81000000 T _text\nffffffff82000000 r __ksymtab_unneeded\n' >"$BATS_TEST_TMPDIR/map"
	[ $# = 0 ] || printf 'ffffffff82000000 r __ksymtab_%s\n' "$@" >>"$BATS_TEST_TMPDIR/map"
}

# without_privilege COMMAND...: as a user whom file permissions stop; the superuser gives that up first.
without_privilege() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --bounding-set=-dac_override,-dac_read_search \
			--inh-caps=-dac_override,-dac_read_search "$@"
	else
		"$@"
	fi
}

# Skips a test where permissions do not stop anybody.
needs_permissions() {
	: >"$BATS_TEST_TMPDIR/forbidden"
	chmod 0 "$BATS_TEST_TMPDIR/forbidden"
	[ "$(without_privilege sh -c 'cat "$1" 2>/dev/null || echo stopped' - "$BATS_TEST_TMPDIR/forbidden" \
		2>/dev/null)" = stopped ] || skip "file permissions stop nobody here"
}

# The content of the whole tree, to see whether anything was touched.
fingerprint() { (cd "$ROOT" && find . -printf '%p %y %s %T@ %i\n' | LC_ALL=C sort && find . -type f -exec cksum {} + | LC_ALL=C sort); }
