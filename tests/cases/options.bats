# The command line: every option in every form, and wrong usage.
load common

# refused WHAT ARGUMENT...: an error message that has WHAT and a hint, nothing else said, nothing written.
refused() {
	local what=$1
	shift
	run --separate-stderr "$DEPMOD" -b "$ROOT" -C empty "$@"
	exits 1
	says_nothing
	[ "${#stderr_lines[@]}" = 1 ]
	output=$stderr
	says 'depmod: ERROR: '
	says "$what"
	says '--help'
	[ ! -e "$TREE/modules.dep" ]
}

@test "--version prints the program's name first, and the compressions on a second line" {
	for form in -V --version --versi; do
		run --separate-stderr "$DEPMOD" $form
		exits 0
		[ -z "$stderr" ]
		[ "${#lines[@]}" = 2 ]
		[[ "${lines[0]}" == 'depmod '* ]]
		[[ "${lines[1]}" == '+GZIP'* ]]
	done
}

@test "--help goes to standard output, within 80 columns, with exit status 0" {
	for form in -h --help --he; do
		run --separate-stderr "$DEPMOD" $form
		exits 0
		[ -z "$stderr" ]
		[[ "${lines[0]}" == [Uu]sage:* ]]
		[ -z "$(awk 'length > 80' <<<"$output")" ]
	done
}

@test "--help names every option" {
	run "$DEPMOD" --help
	for name in all quick basedir moduledir outdir config errsyms symvers filesyms show dry-run \
		symbol-prefix quiet root unresolved-error syslog verbose warn map version help jobs strict explain dot; do
		says "--$name"
	done
	for letter in a A b m o C e E F n P q r u s v w V h; do
		says "-$letter"
	done
}

@test "-V and -h win over what comes after them, and nothing is written" {
	module kernel/a.ko
	index -V
	exits 0
	says '+GZIP'
	index -h
	exits 0
	[ ! -e "$TREE/modules.dep" ]
}

@test "-b, --basedir: below which directory the tree stands" {
	module kernel/a.ko
	for form in '-b root' -broot '--basedir root' --basedir=root '--base root' --ba=root -broot/ '-b ./root//'; do
		rm -f "$TREE/modules.dep"
		run "$DEPMOD" -C empty $form "$RELEASE"
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko:
	done
}

@test "-m, --moduledir: the module directory, below the base even when it begins with a slash" {
	module kernel/a.ko
	mkdir -p root/usr/lib
	mv root/lib/modules root/usr/lib/modules
	TREE=$ROOT/usr/lib/modules/$RELEASE
	for form in '-m usr/lib/modules' -musr/lib/modules '--moduledir usr/lib/modules' \
		--moduledir=usr/lib/modules --mod=usr/lib/modules '-m /usr/lib/modules' '-m usr/lib/modules/'; do
		rm -f "$TREE/modules.dep"
		index $form
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko:
	done
	[ ! -e root/lib/modules ]
}

@test "-o, --outdir: written below another directory, which is created" {
	module kernel/a.ko
	for form in '-o out' -oout '--outdir out' --outdir=out --out=out "-o $PWD/out" '-o out/'; do
		rm -rf out
		index $form
		exits 0
		says_nothing
		[ "$(cat "out/lib/modules/$RELEASE/modules.dep")" = kernel/a.ko: ]
		[ ! -e "$TREE/modules.dep" ]
	done
}

@test "-o and -m: below both" {
	module kernel/a.ko
	module kernel/b.ko
	order kernel/b.ko
	mkdir -p root/usr/lib
	mv root/lib/modules root/usr/lib/modules
	index -m usr/lib/modules -o out
	exits 0
	says_nothing
	[ "$(cat "out/usr/lib/modules/$RELEASE/modules.dep")" = $'kernel/b.ko:\nkernel/a.ko:' ]
	[ ! -e "root/usr/lib/modules/$RELEASE/modules.dep" ]
	[ ! -e out/lib ]
}

@test "-C, --config: a file or a directory instead of the default configuration" {
	module kernel/a.ko
	module kernel/hidden/b.ko
	mkdir conf.d
	echo 'exclude hidden' >conf.d/x.conf
	for form in '-C conf.d' -Cconf.d '--config conf.d' --config=conf.d --conf=conf.d '-C conf.d/x.conf'; do
		rm -f "$TREE/modules.dep"
		run "$DEPMOD" -b root $form "$RELEASE"
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko:
	done
}

@test "-E, --symvers and -e, --errsyms: the kernel's symbols from Module.symvers" {
	module kernel/a.ko --need known=1 --need unknown=1
	symvers '0x00000001\tknown\tvmlinux\tEXPORT_SYMBOL\t'
	for form in '-e -E symvers' -eEsymvers '-aeE symvers' '--errsyms --symvers symvers' \
		'--errs --symv=symvers' '--symvers=symvers -e'; do
		index $form
		exits 0
		[ "$output" = "depmod: WARNING: $TREE/kernel/a.ko needs unknown symbol unknown" ]
	done
}

@test "-F, --filesyms and -e, --errsyms: the kernel's symbols from System.map" {
	module kernel/a.ko --need known --need unknown
	system_map known
	for form in '-e -F map' -eFmap '-aeF map' '--errsyms --filesyms map' '--err --file=map' '--filesyms=map -e'; do
		index $form
		exits 0
		[ "$output" = "depmod: WARNING: $TREE/kernel/a.ko needs unknown symbol unknown" ]
	done
}

@test "-e without -E or -F says so, and goes on" {
	module kernel/a.ko --need unknown
	index -e
	exits 0
	says '-e needs -E or -F'
	says_not 'unknown symbol'
	file_is modules.dep kernel/a.ko:
}

@test "-P, --symbol-prefix: one character that symbols may begin with" {
	module kernel/a.ko --need _one
	module kernel/b.ko --export one
	for form in '-P _' -P_ '--symbol-prefix _' --symbol-prefix=_ --symbol=_ -aP_; do
		rm -f "$TREE/modules.dep"
		index $form
		exits 0
		says_nothing
		file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
	done
}

@test "-n, --show, --dry-run: to standard output" {
	module kernel/a.ko
	for form in -n --show --dry-run --dry --sho -an; do
		index $form
		exits 0
		says_line kernel/a.ko:
		[ ! -e "$TREE/modules.dep" ]
	done
}

@test "-A, --quick: nothing is done when all is up to date" {
	module kernel/a.ko
	index
	echo marked >"$TREE/modules.alias"
	for form in -A --quick --quic -aA; do
		index $form
		exits 0
		says_nothing
		[ "$(cat "$TREE/modules.alias")" = marked ]
	done
}

@test "-a, --all: all modules, as without it" {
	module kernel/a.ko
	for form in -a --all --al '-a -a'; do
		rm -f "$TREE/modules.dep"
		index $form
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko:
	done
}

@test "-v, --verbose: each dependency with its symbol, to standard output" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	for form in -v --verbose --verb -av; do
		run --separate-stderr "$DEPMOD" -b root -C empty $form "$RELEASE"
		exits 0
		says_line "$TREE/kernel/a.ko needs \"one\": $TREE/kernel/b.ko"
	done
}

@test "-w, --warn: duplicate symbols" {
	module kernel/a.ko --export one
	module kernel/b.ko --export one
	index
	says_nothing
	for form in -w --warn --war -aw; do
		index $form
		exits 0
		says 'WARNING: duplicate symbol one'
	done
}

@test "-q, --quiet: no warnings, but errors" {
	module kernel/a.ko
	rm "$TREE/modules.builtin"
	for form in -q --quiet --quie -aq; do
		index $form
		exits 0
		says_nothing
	done
	echo text >"$TREE/kernel/b.ko"
	index -q
	says 'ERROR: '
	says kernel/b.ko
}

@test "-r, --root is accepted: modules of any owner count" {
	module kernel/a.ko
	for form in -r --root -rq; do
		rm -f "$TREE/modules.dep"
		index $form
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko:
	done
}

@test "-u, --unresolved-error is accepted, and harmless when nothing is missing" {
	module kernel/a.ko --need known
	system_map known
	for form in -u --unresolved-error --unres; do
		index $form -e -F map
		exits 0
		says_nothing
	done
}

@test "--strict: exit status 1 when a module could not be read, and the rest is written" {
	module kernel/a.ko
	index --strict
	exits 0
	echo text >"$TREE/kernel/b.ko"
	index
	exits 0
	rm "$TREE/modules.dep"
	index --strict
	exits 1
	file_is modules.dep kernel/a.ko:
	index --stri
	exits 1
}

@test "--jobs takes a number from 1 on" {
	module kernel/a.ko
	module kernel/b.ko
	for form in '--jobs 1' --jobs=1 --jobs=2 --job=7 --jobs=1000000; do
		rm -f "$TREE/modules.dep"
		index $form
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko: kernel/b.ko:
	done
}

@test "options stand before and after the version" {
	module kernel/a.ko --need unknown
	system_map
	run "$DEPMOD" "$RELEASE" -b root -C empty
	exits 0
	file_is modules.dep kernel/a.ko:
	rm "$TREE/modules.dep"
	run "$DEPMOD" -a -b root "$RELEASE" -F map -C empty -e
	exits 0
	says 'needs unknown symbol unknown'
	file_is modules.dep kernel/a.ko:
}

@test "after -- everything is an operand" {
	module kernel/a.ko
	run "$DEPMOD" -b root -C empty -- "$RELEASE"
	exits 0
	file_is modules.dep kernel/a.ko:
	rm "$TREE/modules.dep"
	run "$DEPMOD" -b root -C empty -- -a
	exits 1
	says 'Bad version passed -a'
	[ ! -e "$TREE/modules.dep" ]
}

@test "bundled letters may end in one that takes a value" {
	module kernel/a.ko --need _one
	module kernel/b.ko --export one
	run "$DEPMOD" -anbroot -C empty -P_ "$RELEASE"
	exits 0
	says_line 'kernel/a.ko: kernel/b.ko'
	run "$DEPMOD" -anb root -C empty -wP _ "$RELEASE"
	exits 0
	says_line 'kernel/a.ko: kernel/b.ko'
}

@test "of an option given twice the last one counts" {
	module kernel/a.ko
	run "$DEPMOD" -m empty -C empty -b root -m lib/modules "$RELEASE"
	exits 0
	file_is modules.dep kernel/a.ko:
}

@test "a release may go on with anything after its two numbers" {
	for release in 6.1 6.1.0-13-amd64 6.12.0_rc1+ 10.0.0 5.10.odd~name; do
		mkdir -p "root/lib/modules/$release"
		run "$DEPMOD" -b root -C empty "$release"
		exits 0
		[ -f "root/lib/modules/$release/modules.dep" ]
	done
}

@test "an unknown short option is refused" { refused -Z -Z "$RELEASE"; }

@test "an unknown letter among bundled ones is refused" { refused -Z -aZ "$RELEASE"; }

@test "an unknown long option is refused" { refused --frobnicate --frobnicate "$RELEASE"; }

@test "an abbreviation that could mean several options is refused" { refused --ver --ver "$RELEASE"; }

@test "a long option that takes no value is refused with one" { refused --all --all=yes "$RELEASE"; }

@test "a short option without its value is refused" { refused -F "$RELEASE" -F; }

@test "a long option without its value is refused" { refused --basedir "$RELEASE" --basedir; }

@test "a version that does not begin with two numbers is refused" {
	for release in x 6 6. 6.x .1 linux-6.1 -; do
		refused "Bad version passed $release" "$release"
	done
}

@test "an empty version is refused, and called empty" { refused 'Bad version passed: an empty one' ''; }

@test "a version's directory in place of the version is refused, with the version" {
	refused 'Bad version passed /lib/modules/6.1.0-9-amd64, did you mean 6.1.0-9-amd64?' /lib/modules/6.1.0-9-amd64
}

@test "a version that is a path is refused" { refused 'Bad version passed' 6.1/../6.1.0; }

@test "-E and -F together are refused" {
	symvers
	system_map
	refused -E -E symvers -F map "$RELEASE"
}

@test "-P with two characters is refused" { refused 'single character' -P __ "$RELEASE"; }

@test "-P with no character is refused" { refused 'single character' --symbol-prefix= "$RELEASE"; }

@test "--jobs 0, a word or a number too large is refused" {
	refused --jobs --jobs 0 "$RELEASE"
	refused --jobs --jobs=two "$RELEASE"
	refused --jobs --jobs=2x "$RELEASE"
	refused --jobs --jobs=-1 "$RELEASE"
	refused --jobs --jobs=99999999999999999999 "$RELEASE"
}

@test "without a version it is the running kernel's" {
	mkdir -p "root/lib/modules/$(uname -r)"
	run "$DEPMOD" -b root -C empty
	exits 0
	[ -f "root/lib/modules/$(uname -r)/modules.dep" ]
	[ ! -e "$TREE/modules.dep" ]
}
