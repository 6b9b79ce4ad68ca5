# Our modprobe beside kmod's, on what our depmod wrote: as it is, with its text files alone, and with its indexes alone.
load common

# probing KERNEL CHECK: calls CHECK for each of the forms of our directory, with
#   PROBED   the form: whole, text or indexes
#   OURS     where that directory is
probing() {
	[[ $(modprobe -V 2>&1) == kmod* ]] || skip "there is no kmod to compare with"
	kernel "$1"
	FORM=plain BASE=$PLAIN KMOD=$BATS_FILE_TMPDIR/$1
	[ -d "$KMOD" ] || ask_kmod
	for PROBED in whole text indexes; do
		OURS=$BATS_FILE_TMPDIR/$1-$PROBED
		[ -d "$OURS" ] || make_directory
		echo "with $PROBED files of $RELEASE:" # bats shows it when the check fails
		"$2"
	done
}

make_directory() {
	ours
	ln -s "$BASE/lib/modules/$RELEASE/kernel" "$OURS/lib/modules/$RELEASE"
	cp "$BASE/lib/modules/$RELEASE"/modules.{builtin,builtin.modinfo,order} "$OURS/lib/modules/$RELEASE"
	case $PROBED in
	text) rm "$OURS/lib/modules/$RELEASE"/modules.*.bin ;;
	indexes) rm "$OURS/lib/modules/$RELEASE"/modules.{dep,alias,symbols,builtin,builtin.modinfo} ;;
	esac
}

# probe PROGRAM... -- OPTION...: modprobe's answers to all questions of standard input, on standard output, each between
# the question and an empty line. Rules make it answer to what stands between the questions, so that one process does.
probe() {
	local program=()
	for (( ; $# > 0; )); do
		[ "$1" != -- ] || break
		program+=("$1")
		shift
	done
	shift
	printf '%s\n' 'install end_of_answer end of answer' >rules
	tee asked | sed 's/$/\nend_of_answer/' |
		xargs -d '\n' -s 2000000 "${program[@]}" -S "$RELEASE" -C rules -a "$@" 2>said |
		sed 's,/[^ ]*/lib/modules/[^/]*/*,,; s/^install end of answer *$/end_of_answer/' >answers
	[ "$(grep -cx end_of_answer answers)" = "$(wc -l <asked)" ]
	awk 'NR == FNR { asked[NR] = $0; next } FNR == 1 { print asked[n = 1] }
		$0 == "end_of_answer" { print ""; if (++n in asked) print asked[n]; next } { print }' asked answers
}

kmods_answers() { probe modprobe -d "$KMOD" -- "$@"; }
our_answers() { probe "$MODPROBE" -d "$OURS" -- "$@"; }

# of_files and built in, as they are written
module_names() { sed 's/:.*//; s,.*/,,; s/\.ko.*//' "$KMOD/lib/modules/$RELEASE"/modules.{dep,builtin}; }

# What devices and the kernel ask for: for each pattern something that it fits, symbols, and names.
all_aliases() {
	local directory=$KMOD/lib/modules/$RELEASE
	{
		sed -n 's/^alias \([^ ]*\) .*/\1/p' "$directory/modules.alias"
		sed -n 's/^alias \([^ ]*\) .*/\1/p' "$directory/modules.symbols" | awk 'NR % 4 == 1'
		tr '\0' '\n' <"$directory/modules.builtin.modinfo" | sed -n 's/^[^.]*\.alias=//p'
		module_names
	} | sed 's/\[\(.\)[^]]*\]/\1/g; s/\*/7x/g; s/?/0/g' | sort -u
	printf '%s\n' 'pci:*' '*' '**' '?*' 'pci:v*d?' 'usb:v*p*d*' 'symbol:*' symbol: no-such-module 'a[b' 'a]b' '[' '[a-z]'
}

# Text is searched from the beginning to the end for each question: some of them must do.
some_of_them() { awk 'NR % 20 == 0' aliases >some; mv some aliases; }

unknown() { sed -n 's/.* \([^ ]*\) not found .*/\1/p' said; }

resolve() {
	all_aliases >aliases
	at_least 3000 aliases
	[ "$PROBED" != text ] || some_of_them
	kmods_answers -R <aliases >expected
	unknown >expected.unknown
	our_answers -R <aliases >actual
	same expected actual "the answer to modprobe -R"
	unknown >actual.unknown
	same expected.unknown actual.unknown "what is not found"
}

@test "cloud: modprobe -R finds what kmod finds" { probing cloud resolve; }
@test "s390x: modprobe -R finds what kmod finds" { probing s390x resolve; }

show_depends() {
	module_names >names
	[ "$PROBED" != whole ] || kmods_answers -D <names >expected
	at_least 3000 expected
	our_answers -D <names >actual
	same expected actual "the answer to modprobe -D"
}

@test "cloud: modprobe -D loads what kmod loads, for every module" { probing cloud show_depends; }
@test "s390x: modprobe -D loads what kmod loads, for every module" { probing s390x show_depends; }

# What one process keeps of one question must not count for the next: each in a process of its own.
one_by_one() {
	[ "$PROBED" = indexes ] || return 0
	module_names >names
	our_answers -D <names >expected
	while read -r name; do
		echo "$name"
		"$MODPROBE" -d "$OURS" -S "$RELEASE" -C "$NOTHING" -D "$name"
		echo
	done <names | sed 's,/[^ ]*/lib/modules/[^/]*/*,,' >actual
	same expected actual "the answer to modprobe -D"
}

@test "cloud: one process for all modules says the same as one for each" { probing cloud one_by_one; }

# Of soft dependencies kmod prints what it understood, with no blank before post:, and nothing of words before the first
# pre: or post:.
softdeps() { sed '/^softdep /{s/\([^ ]\)post:/\1 post:/; /: /!d}'; }

configuration() {
	modprobe -d "$KMOD" -S "$RELEASE" -C "$NOTHING" -c | softdeps >expected
	at_least 2000 expected
	"$MODPROBE" -d "$OURS" -S "$RELEASE" -C "$NOTHING" -c 2>said | softdeps >actual
	if [ "$PROBED" = text ]; then # in the order of the lines
		sort -o expected expected
		sort -o actual actual
		grep -q 'modules.alias.bin: .*; reading modules.alias instead' said
	else
		[ ! -s said ]
	fi
	same expected actual "the answer to modprobe -c"
}

@test "cloud: modprobe -c prints what kmod prints" { probing cloud configuration; }
@test "s390x: modprobe -c prints what kmod prints" { probing s390x configuration; }

symbols() {
	local name option
	[ "$PROBED" = whole ] || return 0
	find "$BASE/lib/modules/$RELEASE/kernel" -name '*.ko' | sort | awk 'NR % 50 == 1' >files
	at_least 10 files
	while read -r name; do
		for option in --show-modversions --show-exports --dump-modversions; do
			modprobe $option "$name" | sort >expected
			"$MODPROBE" $option "$name" | sort >actual
			same expected actual "the answer to modprobe $option $name"
		done
	done <files
}

@test "cloud: modprobe shows the symbols of files as kmod does" { probing cloud symbols; }
@test "s390x: modprobe shows the symbols of files as kmod does" { probing s390x symbols; }
