# depmod.d: files, their precedence, and what may stand in them. Exclusion shows which lines count.
load common

# Four directories with a module each.
setup_directories() { for name in one two three four; do module "$name/$name.ko"; done; }

# hidden NAME...: exactly these of the four were excluded.
hidden() {
	local name expected=()
	for name in four one three two; do
		[[ " $* " == *" $name "* ]] || expected+=("$name/$name.ko:")
	done
	file_is modules.dep "${expected[@]}"
}

@test "all *.conf files of a directory count, and no others" {
	setup_directories
	mkdir conf.d
	echo exclude one >conf.d/a.conf
	echo exclude two >conf.d/b.conf
	echo exclude three >conf.d/c.conf.dpkg-old
	echo exclude four >conf.d/readme
	echo exclude four >conf.d/.d.conf
	run "$DEPMOD" -b root -C conf.d "$RELEASE"
	exits 0
	says_nothing
	hidden one two
}

@test "a file named by -C counts whatever it is called" {
	setup_directories
	echo exclude one >odd-name
	run "$DEPMOD" -b root -C odd-name "$RELEASE"
	exits 0
	hidden one
}

@test "files are read sorted by name: search words add up in that order" {
	module one/a.ko
	module two/a.ko
	mkdir conf.d
	echo search two >conf.d/20.conf
	echo search one >conf.d/10.conf
	run "$DEPMOD" -b root -C conf.d "$RELEASE"
	file_is modules.dep one/a.ko:
	mv conf.d/20.conf conf.d/05.conf
	run "$DEPMOD" -b root -C conf.d "$RELEASE"
	file_is modules.dep two/a.ko:
}

@test "several -C are sorted by name over all of them" {
	module one/a.ko
	module two/a.ko
	mkdir high low
	echo search two >high/20.conf
	echo search one >low/10.conf
	run "$DEPMOD" -b root -C high -C low "$RELEASE"
	exits 0
	file_is modules.dep one/a.ko:
}

@test "a name in an earlier -C hides the same name in a later one" {
	setup_directories
	mkdir high low
	echo exclude one >high/x.conf
	echo exclude two >low/x.conf
	echo exclude three >low/y.conf
	run "$DEPMOD" -b root -C high -C low "$RELEASE"
	exits 0
	hidden one three
	run "$DEPMOD" -b root -C low -C high "$RELEASE"
	hidden two three
}

@test "a link to /dev/null or an empty file hides the same name" {
	setup_directories
	mkdir high low
	ln -s /dev/null high/x.conf
	: >high/y.conf
	echo exclude one >low/x.conf
	echo exclude two >low/y.conf
	run "$DEPMOD" -b root -C high -C low "$RELEASE"
	exits 0
	says_nothing
	hidden
}

@test "a missing -C is no error; -v names it" {
	setup_directories
	run "$DEPMOD" -b root -C gone -C gone.conf "$RELEASE"
	exits 0
	says_nothing
	hidden
	run "$DEPMOD" -v -b root -C gone -C empty "$RELEASE"
	exits 0
	says 'no such configuration: gone'
	says_not 'no such configuration: empty'
}

@test "an unreadable file is an error message naming it, and the rest counts" {
	needs_permissions
	setup_directories
	mkdir conf.d
	echo exclude one >conf.d/a.conf
	echo exclude two >conf.d/b.conf
	chmod 0 conf.d/a.conf
	run without_privilege "$DEPMOD" -b root -C conf.d "$RELEASE"
	exits 0
	says 'ERROR: '
	says conf.d/a.conf
	hidden two
}

@test "a directory called x.conf is an error message naming it" {
	setup_directories
	mkdir -p conf.d/x.conf
	echo exclude one >conf.d/y.conf
	run "$DEPMOD" -b root -C conf.d "$RELEASE"
	exits 0
	says conf.d/x.conf
	hidden one
}

@test "blank lines and comments are ignored" {
	setup_directories
	config '' '# exclude one' '#exclude one' '   ' $'\t' 'exclude two'
	index
	exits 0
	says_nothing
	hidden two
}

@test "a comment may be indented" {
	setup_directories
	config '  # exclude one' $'\t# exclude one' 'exclude two'
	index
	exits 0
	says_nothing
	hidden two
}

@test "words are separated by blanks and tabs, in any number" {
	setup_directories
	config $'\t exclude \t one\t\ttwo  \t'
	index
	exits 0
	says_nothing
	hidden one two
}

@test "a backslash at a line's end joins the next one" {
	setup_directories
	config 'exclude one \' '  two \' 'three' 'exclude four'
	index
	exits 0
	says_nothing
	hidden one two three four
}

@test "a joined line may break a word" {
	setup_directories
	config 'exc\' 'lude on\' 'e'
	index
	exits 0
	says_nothing
	hidden one
}

@test "a comment goes on over a backslash" {
	setup_directories
	config '# exclude one \' 'exclude two' 'exclude three'
	index
	exits 0
	says_nothing
	hidden three
}

@test "a backslash at the end of the file is no harm" {
	setup_directories
	printf 'exclude one \\' >depmod.conf
	index
	exits 0
	hidden one
	printf 'exclude one \\\n' >depmod.conf
	index
	exits 0
	hidden one
}

@test "a last line without a newline counts" {
	setup_directories
	printf 'exclude one' >depmod.conf
	index
	exits 0
	hidden one
}

@test "an exclude line takes several words, and several lines add up" {
	setup_directories
	config 'exclude one two' 'exclude three'
	index
	hidden one two three
}

@test "include and make_map_files are accepted in silence, and named under -v" {
	setup_directories
	config 'include /etc/other' 'make_map_files no' 'exclude one'
	index
	exits 0
	says_nothing
	hidden one
	index -v
	exits 0
	says include
	says make_map_files
}

# complains LINE: about the second line of three, and takes the other two.
complains() {
	setup_directories
	config 'exclude one' "$1" 'exclude two'
	index
	exits 0
	says 'depmod: ERROR: '
	says "$BATS_TEST_TMPDIR/depmod.conf:2: "
	[ "${#lines[@]}" = 1 ]
	hidden one two
}

@test "bad line: an unknown word" { complains 'blacklist foo'; }

@test "bad line: a known word with something before or after it" { complains 'searches one'; }

@test "bad line: capitals" { complains 'EXCLUDE three'; }

@test "bad line: override without anything" { complains 'override'; }

@test "bad line: override without KERNEL" { complains 'override one'; }

@test "bad line: override without SUBDIR" { complains 'override one *'; }

@test "bad line: override with a pattern that is none" { complains 'override one [6 kernel'; }

@test "bad line: override with an unmatched parenthesis" { complains 'override one (6 kernel'; }

@test "bad line: external without DIR" { complains 'external *'; }

@test "bad line: external without anything" { complains 'external'; }

@test "bad line: external with a relative directory" { complains 'external * one'; }

@test "bad line: external with a pattern that is none" { complains 'external +6 /one'; }

@test "bad line: bytes that steer a terminal are not shown as they are" {
	complains $'\e[31mred'
	says_not $'\e'
}

@test "several bad lines are all named, with their numbers" {
	setup_directories
	config bad1 '' 'exclude one \' two bad5 '#' bad7
	index
	exits 0
	says "depmod.conf:1: "
	says "depmod.conf:5: "
	says "depmod.conf:7: "
	[ "${#lines[@]}" = 3 ]
	hidden one two
}

@test "a file of endless lines and NULs does no harm" {
	setup_directories
	{
		echo exclude one
		head -c 100000 /dev/zero
		echo
		head -c 100000 /dev/zero | tr '\0' x
		echo
		echo exclude two
	} >depmod.conf
	index
	exits 0
	hidden one two
}

# matches PATTERN, matches_not PATTERN: as the KERNEL of an override, against 6.1.0.
matches() {
	rm -rf "$TREE/kernel" "$TREE/updates"
	module kernel/a.ko
	module updates/a.ko
	config "override a $1 kernel"
	index
	exits 0
	says_nothing
	echo "pattern $1"
	file_is modules.dep kernel/a.ko:
}

matches_not() {
	rm -rf "$TREE/kernel" "$TREE/updates"
	module kernel/a.ko
	module updates/a.ko
	config "override a $1 kernel"
	index
	exits 0
	says_nothing
	echo "pattern $1"
	file_is modules.dep updates/a.ko:
}

@test "KERNEL: a star is every kernel" { matches '*'; }

@test "KERNEL: text matches anywhere" {
	matches 6.1.0
	matches 6
	matches 1.0
	matches_not 6.2
	matches_not 6.1.0-1
}

@test "KERNEL: anchors" {
	matches ^6.1
	matches 1.0$
	matches ^6.1.0$
	matches_not ^1
	matches_not 6$
}

@test "KERNEL: a dot is any byte, with a backslash only a dot" {
	matches 6.1
	matches '6\.1'
	matches '^......?$'
	matches_not '6\.\.'
	matches_not '.......'
}

@test "KERNEL: repetition" {
	matches '^6+\.1*[.]0?$'
	matches '^([0-9]\.){2}0$'
	matches '^([0-9]\.?){3,}$'
	matches_not '^([0-9]\.){3}$'
}

@test "KERNEL: brackets and classes" {
	matches '^[5-7]\.[[:digit:]]'
	matches '^[^a-z]+$'
	matches_not '[[:alpha:]]'
}

@test "KERNEL: alternatives" {
	matches '^(5\.10|6\.1)\.'
	matches 'x|0'
	matches_not '^(5\.10|6\.2)\.'
}
