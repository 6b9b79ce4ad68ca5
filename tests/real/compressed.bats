# Compressed modules: whatever their form, what we write is what we write for the plain ones (which other files compare
# with kmod's), but for the paths in modules.dep and its index.
load common

# paths_as_in_base: text from standard input, each path of a plain module replaced by that of the same module in BASE.
paths_as_in_base() {
	(cd "$BASE/lib/modules/$RELEASE" && find . -name '*.ko*' -printf '%P\n') >paths
	perl -pe 'BEGIN { open my $in, "paths"; %path = map { /(.*\.ko)/ => /(.*)/ } <$in> }
		s/([^\s:]+\.ko)(?=[\s:])/$path{$1} || "a path that BASE lacks"/ge'
}

dump_dep() { "$BATS_TEST_DIRNAME/index-dump" "$(written "$1" modules.dep.bin)"; }

# same_as_plain: of the modules of BASE is said what is said of those of PLAIN, and nothing is complained about.
same_as_plain() {
	local status=0 plain=$BATS_TEST_TMPDIR/plain
	OURS=$plain BASE=$PLAIN ours --strict
	OURS=$BATS_TEST_TMPDIR/compressed
	ours --strict >messages 2>&1 || status=$?
	same /dev/null messages "what is complained about"
	[ "$status" = 0 ]

	paths_as_in_base <"$(written "$plain" modules.dep)" >expected
	at_least 1000 expected
	same expected "$(written "$OURS" modules.dep)" modules.dep

	dump_dep "$plain" | paths_as_in_base >expected
	dump_dep "$OURS" >actual
	at_least 1000 expected
	same expected actual "the content of modules.dep.bin"

	diff -r -x modules.dep -x modules.dep.bin "$plain" "$OURS"
	[ "$(ls "$OURS/lib/modules/$RELEASE" | wc -l)" = 11 ]
}

# compressed KERNEL FORM
compressed() {
	kernel "$1" "$2"
	BASE=$PLAIN-$2
	same_as_plain
}

@test "cloud: .ko.gz" { compressed cloud gzip; }
@test "s390x: .ko.gz" { compressed s390x gzip; }
@test "armhf: .ko.gz" { compressed armhf gzip; }

@test "cloud: .ko.xz" { compressed cloud xz; }
@test "s390x: .ko.xz" { compressed s390x xz; }
@test "armhf: .ko.xz" { compressed armhf xz; }

@test "cloud: .ko.xz with the filter for x86, and CRC64" { compressed cloud xz-x86; }

@test "cloud: .ko.zst, level 3" { compressed cloud zstd; }
@test "s390x: .ko.zst, level 3" { compressed s390x zstd; }
@test "armhf: .ko.zst, level 3" { compressed armhf zstd; }

@test "cloud: .ko.zst, level 19" { compressed cloud zstd-19; }
@test "s390x: .ko.zst, level 19" { compressed s390x zstd-19; }
@test "armhf: .ko.zst, level 19" { compressed armhf zstd-19; }

# every_fourth TURN FROM SUFFIX: copies each fourth module of a tree to BASE; there, SUFFIX follows the .ko of its name.
every_fourth() {
	local from=$2/lib/modules/$RELEASE to=$BASE/lib/modules/$RELEASE path
	(cd "$from" && find . -name '*.ko*' | sort | awk -v turn="$1" 'NR % 4 == turn') >turn
	while read -r path; do
		cp "$from/$path" "$to/${path%.ko*}.ko$3"
	done <turn
}

# by_turns KERNEL PLAIN GZIP XZ ZSTD: all four forms in one tree, with these suffixes.
by_turns() {
	kernel "$1" gzip xz zstd
	BASE=$BATS_TEST_TMPDIR/mixed
	find "$PLAIN/lib/modules/" -type d -printf "$BASE/lib/modules/%P\0" | xargs -0 mkdir -p
	cp "$PLAIN/lib/modules/$RELEASE"/modules.* "$BASE/lib/modules/$RELEASE"
	every_fourth 0 "$PLAIN" "$2"
	every_fourth 1 "$PLAIN-gzip" "$3"
	every_fourth 2 "$PLAIN-xz" "$4"
	every_fourth 3 "$PLAIN-zstd" "$5"
	same_as_plain
}

@test "cloud: plain, gzip, xz and zstd in one tree" { by_turns cloud "" .gz .xz .zst; }
@test "s390x: plain, gzip, xz and zstd in one tree" { by_turns s390x "" .gz .xz .zst; }
@test "armhf: plain, gzip, xz and zstd in one tree" { by_turns armhf "" .gz .xz .zst; }

# What a file holds is told by its first bytes.
@test "cloud: every suffix lies" { by_turns cloud .zst .xz .gz ""; }
@test "s390x: every suffix lies" { by_turns s390x .zst .xz .gz ""; }
@test "armhf: every suffix lies" { by_turns armhf .zst .xz .gz ""; }
