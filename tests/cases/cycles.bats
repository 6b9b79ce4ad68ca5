# Modules that need each other in a circle.
load common

@test "two modules that need each other are named and left out, and the rest is written" {
	module kernel/a.ko --need two --export one --alias mark --softdep 'pre: x'
	module kernel/b.ko --need one --export two
	module kernel/c.ko --need three --alias kept
	module kernel/d.ko --export three
	index
	exits 1
	says 'ERROR: Cycle detected: a -> b -> a'
	says 'Found 2 modules in dependency cycles!'
	says kernel/a.ko
	says kernel/b.ko
	says_not kernel/c.ko
	file_is modules.dep 'kernel/c.ko: kernel/d.ko' kernel/d.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias kept c'
	file_is modules.softdep '# Soft dependencies extracted from modules themselves.'
	file_is modules.symbols '# Aliases for symbols, used by symbol_request().' 'alias symbol:three d'
}

@test "three modules in a circle" {
	module kernel/a.ko --need two --export one
	module kernel/b.ko --need three --export two
	module kernel/c.ko --need one --export three
	module kernel/d.ko
	index
	exits 1
	says 'Cycle detected: a -> b -> c -> a'
	says 'Found 3 modules in dependency cycles!'
	file_is modules.dep kernel/d.ko:
}

@test "two separate circles are both named" {
	module kernel/a.ko --need b --export a
	module kernel/b.ko --need a --export b
	module kernel/c.ko --need d --export c
	module kernel/d.ko --need c --export d
	module kernel/e.ko
	index
	exits 1
	says 'Cycle detected: a -> b -> a'
	says 'Cycle detected: c -> d -> c'
	says 'Found 4 modules in dependency cycles!'
	file_is modules.dep kernel/e.ko:
}

@test "two circles with a module in common are one set" {
	module kernel/a.ko --need b --export a
	module kernel/b.ko --need a --need c --export b
	module kernel/c.ko --need b --export c
	module kernel/d.ko
	index
	exits 1
	says 'Cycle detected: '
	says 'Found 3 modules in dependency cycles!'
	file_is modules.dep kernel/d.ko:
}

@test "modules that need a cyclic one, directly or not, are left out with a message each" {
	module kernel/a.ko --need b --export a
	module kernel/b.ko --need a --export b
	module kernel/u1.ko --need b --export u1
	module kernel/u2.ko --need u1
	module kernel/v.ko
	index
	exits 1
	says 'Found 2 modules in dependency cycles!'
	says kernel/u1.ko
	says kernel/u2.ko
	says_not kernel/v.ko
	file_is modules.dep kernel/v.ko:
}

@test "modules that a cyclic one needs are kept" {
	module kernel/a.ko --need b --need c --export a
	module kernel/b.ko --need a --export b
	module kernel/c.ko --need d --export c
	module kernel/d.ko --export d
	index
	exits 1
	file_is modules.dep 'kernel/c.ko: kernel/d.ko' kernel/d.ko:
}

@test "the order of those that are kept is as if the others were not there" {
	module kernel/a.ko --need b --need x --need y --export a
	module kernel/b.ko --need a --export b
	module kernel/c.ko --need x --need y
	module kernel/x.ko --export x
	module kernel/y.ko --export y --need x
	index
	exits 1
	file_is modules.dep 'kernel/c.ko: kernel/y.ko kernel/x.ko' kernel/x.ko: 'kernel/y.ko: kernel/x.ko'
}

@test "a circle of weak needs is a circle" {
	module kernel/a.ko --weak b --export a
	module kernel/b.ko --weak a --export b
	index
	exits 1
	says 'Cycle detected: a -> b -> a'
	file_is modules.dep
}

@test "a module that needs its own symbol is no circle" {
	module kernel/a.ko --need a --export a
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
}

@test "-n shows what is left, with exit status 1" {
	module kernel/a.ko --need b --export a
	module kernel/b.ko --need a --export b
	module kernel/c.ko
	index -n
	exits 1
	says 'Cycle detected: a -> b -> a'
	says_line kernel/c.ko:
}

@test "a circle of several hundred modules" {
	module kernel/m0.ko
	for i in $(seq 300); do
		"$MKMODULE" --need "s$((i % 300 + 1))" --export "s$i" "$TREE/kernel/c$i.ko"
	done
	run timeout 20 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 1
	says 'Found 300 modules in dependency cycles!'
	file_is modules.dep kernel/m0.ko:
}

@test "a chain of several hundred modules is no circle" {
	for i in $(seq 400); do
		"$MKMODULE" --need "s$((i + 1))" --export "s$i" "$TREE/kernel/c$i.ko"
	done
	index
	exits 0
	says_nothing
	[ "$(grep '^kernel/c1.ko:' "$TREE/modules.dep" | wc -w)" = 400 ]
}

# With several workers, the files of aliases are written before the circle is known, and again after it.
@test "a circle over an older index: every file is the new one, and nothing else is said" {
	module kernel/c.ko --alias old
	index --jobs 2
	module kernel/a.ko --need b --export a --alias lost
	module kernel/b.ko --need a --export b
	module kernel/c.ko --alias new
	index --jobs 2
	exits 1
	[ "$(wc -l <<<"$output")" = 4 ]
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias new c'
	[ -z "$(find "$TREE" -name '.*.new')" ]
}

@test "a circle in a tree that has no index yet" {
	module kernel/a.ko --need b --export a
	module kernel/b.ko --need a --export b
	module kernel/c.ko --alias new
	index --jobs 2
	exits 1
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias new c'
	file_is modules.dep kernel/c.ko:
	[ -s "$TREE/modules.alias.bin" ]
}
