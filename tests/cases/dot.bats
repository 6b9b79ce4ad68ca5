# --dot: the dependencies as Graphviz reads them.
load common

# graph_is LINE...: the statements between the header and the end, on standard output; and Graphviz takes them.
graph_is() {
	exits 0
	[ -z "$stderr" ]
	[ "$output" = "$(printf 'digraph modules {\n\trankdir=LR;\n\tnode [shape=box];\n'
		printf '\t%s;\n' "$@"
		echo '}')" ] || {
		printf 'it says:\n%s\n' "$output"
		return 1
	}
	dot -Tsvg >picture.svg 2>complaints <<<"$output"
	[ -s picture.svg ]
	[ ! -s complaints ]
	[ ! -e "$TREE/modules.dep" ]
}

dot_of() { run --separate-stderr "$DEPMOD" -b "$ROOT" -C empty --dot "$@"; }

some_modules() {
	module kernel/a-b.ko --need one --softdep 'pre: x-y z post: d'
	module kernel/c.ko --export one --need two --weakdep e
	module kernel/d.ko --export two
	module kernel/e.ko
}

@test "all modules; soft dependencies are dashed, weak ones dotted" {
	some_modules
	for jobs in 1 3; do
		dot_of --jobs $jobs "$RELEASE"
		graph_is '"a_b"' '"a_b" -> "c"' '"a_b" -> "x_y" [style=dashed]' '"a_b" -> "z" [style=dashed]' \
			'"a_b" -> "d" [style=dashed]' '"c"' '"c" -> "d"' '"c" -> "e" [style=dotted]' '"d"' '"e"'
	done
}

@test "one module, what it needs and what needs it, with VERSION in any place" {
	some_modules
	module kernel/f.ko --need two
	module kernel/g.ko --need one --need two
	for operands in "c $RELEASE" "$RELEASE c" "kernel/c.ko $RELEASE"; do
		dot_of $operands
		graph_is '"a_b"' '"a_b" -> "c"' '"a_b" -> "x_y" [style=dashed]' '"a_b" -> "z" [style=dashed]' \
			'"a_b" -> "d" [style=dashed]' '"c" [style=bold]' '"c" -> "d"' '"c" -> "e" [style=dotted]' '"d"' \
			'"g"' '"g" -> "c"' '"g" -> "d"'
	done
	run --separate-stderr "$DEPMOD" -b "$ROOT" -C empty c "$RELEASE" --dot
	[ "${lines[3]}" = $'\t"a_b";' ]
}

@test "quotes and backslashes in names" {
	module 'kernel/q"q\.ko' --need one
	module 'kernel/{x}->;.ko' --export one
	dot_of "$RELEASE"
	graph_is '"q\"q\\"' '"q\"q\\" -> "{x}_>;"' '"{x}_>;"'
}

@test "a cycle is shown, its modules in red, with exit status 1" {
	module kernel/a.ko --need b --export a
	module kernel/b.ko --need a --export b
	dot_of "$RELEASE"
	exits 1
	[[ $stderr == *'Cycle detected: a -> b -> a'* ]]
	status=0 stderr=
	graph_is '"a" [color=red]' '"a" -> "b"' '"b" [color=red]' '"b" -> "a"'
}

@test "the module that was asked for is bold, by whatever name; others that are left out are red" {
	module kernel/a.ko --need b --export a --alias some:thing
	module kernel/b.ko --need a --export b
	module kernel/c.ko --alias other:thing
	for asked in c kernel/c.ko other:thing; do
		dot_of "$asked" "$RELEASE"
		status=0 stderr=
		graph_is '"c" [style=bold]'
	done
	dot_of some:thing "$RELEASE"
	exits 1
	status=0 stderr=
	graph_is '"a" [style=bold]' '"a" -> "b"' '"b" [color=red]' '"b" -> "a"'
}

@test "an unknown module, and one operand too many, are errors" {
	module kernel/a.ko
	dot_of b "$RELEASE"
	exits 1
	says_nothing
	[ "$stderr" = "depmod: ERROR: no module b in $TREE/" ]
	dot_of a b
	exits 1
	[[ $stderr == *'Bad version passed b'* ]]
}

@test "--explain and --dot exclude each other" {
	module kernel/a.ko
	for order in '--explain a --dot' '--dot --explain a' '--dot a --explain a'; do
		run --separate-stderr "$DEPMOD" -b "$ROOT" -C empty $order "$RELEASE"
		exits 1
		says_nothing
		[ "$stderr" = 'depmod: ERROR: --explain and --dot exclude each other (--help lists the options)' ]
	done
}

@test "-v and -A change nothing" {
	some_modules
	index
	rm "$TREE/modules.dep.bin"
	before=$(fingerprint)
	dot_of "$RELEASE"
	echo "$output" >expected
	for option in -v -A; do
		dot_of $option "$RELEASE"
		cmp expected - <<<"$output"
	done
	[ "$(fingerprint)" = "$before" ]
}
