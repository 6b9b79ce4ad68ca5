# What the tests on real kernels begin with: a kernel, which is fetched, and our depmod on it. Variables of all tests:
#   RELEASE  the version of the kernel
#   PLAIN    the unpacked package
#   BASE     what our depmod reads: PLAIN, or the same with compressed modules
#   OURS     where our depmod shall write
# Most tests compare ours with what the installed kmod makes of the plain form: `on KERNEL CHECK` runs CHECK for two
# forms, with
#   FORM     plain or gzip
#   KMOD     what kmod's depmod reads and has written

PROJECT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
DEPMOD=${DEPMOD:-$PROJECT/depmod}
MODPROBE=${MODPROBE:-$PROJECT/modprobe/modprobe}
DEPMOD_OLD=${DEPMOD%/*}/depmod.old
PATH=/usr/sbin:/sbin:$PATH # kmod's place, before any depmod that stands elsewhere
export LC_ALL=C

setup() {
	umask 022
	cd "$BATS_TEST_TMPDIR"
	NOTHING=$BATS_TEST_TMPDIR/no-configuration # the system's own is not for us
	mkdir "$NOTHING"
}

# kernel NAME [FORM...]: has the kernel fetched, and its modules compressed in each of the forms.
kernel() {
	local forms=("${@:2}")
	"$PROJECT/tests/real/kernels" "$1" "${forms[@]/#/$1-}" >kernels.out 2>kernels.err ||
		skip "$(tail -n 1 kernels.err)"
	PLAIN=$(head -n 1 kernels.out)
	RELEASE=$(ls "$PLAIN/lib/modules")
}

on() {
	local check=$2
	[[ $(depmod -V 2>&1) == kmod* ]] || skip "there is no kmod to compare with"
	kernel "$1" gzip
	KMOD=$BATS_FILE_TMPDIR/$1
	[ -d "$KMOD" ] || ask_kmod
	for FORM in plain gzip; do
		BASE=$PLAIN
		[ "$FORM" = plain ] || BASE=$PLAIN-gzip
		OURS=$BATS_TEST_TMPDIR/$FORM
		echo "with $FORM modules of $RELEASE:" # bats shows it when the check fails
		"$check"
	done
}

# ask_kmod: once for each kernel and test file. kmod 30 cannot write elsewhere than beside the modules, so it gets a
# directory of its own, whose entries lead into the unpacked package.
# kmod lets readdir's order settle which comes first of modules that modules.order does not list, and which of two with
# one name wins; we take the order of paths. Debian's kernels list every module, once, so nothing differs here.
ask_kmod() {
	mkdir -p "$KMOD/lib/modules/$RELEASE"
	ln -s "$PLAIN/lib/modules/$RELEASE"/* "$KMOD/lib/modules/$RELEASE"
	depmod -b "$KMOD" -C "$NOTHING" "$RELEASE"
}

# ours [OPTION...]: our depmod on the kernel's tree.
ours() { "$DEPMOD" -b "$BASE" -o "$OURS" -C "$NOTHING" "$@" "$RELEASE"; }

# ours_with_modules: modprobe wants to see the modules that an index speaks of.
ours_with_modules() {
	ours
	ln -s "$BASE/lib/modules/$RELEASE/kernel" "$OURS/lib/modules/$RELEASE"
}

# kmods [OPTION...]: kmod's depmod, with options that write nothing.
kmods() { depmod -b "$KMOD" -C "$NOTHING" "$@" "$RELEASE"; }

# written WHERE NAME: the path of an output file, WHERE being $OURS, or $KMOD, say.
written() { echo "$1/lib/modules/$RELEASE/$2"; }

# all_aliases: what devices and the kernel ask for: an alias of each pattern, every symbol, what is built in, and names.
all_aliases() {
	local directory=$KMOD/lib/modules/$RELEASE
	{
		awk '$1 == "alias" { print $2 }' "$directory/modules.alias" "$directory/modules.symbols"
		tr '\0' '\n' <"$directory/modules.builtin.modinfo" | sed -n 's/^[^.]*\.alias=//p'
		module_names
	} | sed 's/\[\(.\)[^]]*\]/\1/g; s/\*/7x/g; s/?/0/g' | sort -u
}

# module_names: of files, as they are written; those built in, too.
module_names() {
	sed 's/:.*//; s,.*/,,; s/\.ko.*//' "$KMOD/lib/modules/$RELEASE"/modules.{dep,builtin}
}

# has_form: kmod's text from standard input, for the form at hand: with compressed modules each path ends in .ko.gz.
has_form() {
	if [ "$FORM" = gzip ]; then
		sed -E 's/\.ko(:| |$)/.ko.gz\1/g'
	else
		cat
	fi
}

# relative: without the directories before the version's own.
relative() { sed -E "s,($BASE|$OURS|$KMOD)/lib/modules/$RELEASE/,,g"; }

# same EXPECTED ACTUAL WHAT: two files hold the same bytes; the first differences are shown where not.
same() {
	cmp -s "$1" "$2" && return
	echo "$3 differs (< expected, > ours):"
	diff -a "$1" "$2" | head -n 20
	return 1
}

# at_least COUNT FILE: a comparison of nothing with nothing would always succeed.
at_least() {
	local lines
	lines=$(wc -l <"$2")
	[ "$lines" -ge "$1" ] || {
		echo "$2 has only $lines lines"
		return 1
	}
}
