# modules.dep: who needs whom.
load common

@test "a module that exports what another needs is its dependency" {
	module kernel/a.ko --need shared
	module kernel/b.ko --export shared=0x1234
	index
	[ "$status" = 0 ]
	says_nothing
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' 'kernel/b.ko:'
}

@test "dependencies are transitive, and in the order of the whole tree" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one --need two
	module kernel/c.ko --export two
	index
	file_is modules.dep 'kernel/a.ko: kernel/b.ko kernel/c.ko' 'kernel/b.ko: kernel/c.ko' 'kernel/c.ko:'
}

@test "a symbol's owner is the last module that exports it" {
	module kernel/a.ko --need shared
	module kernel/b.ko --export shared
	module kernel/c.ko --export shared
	index
	says_nothing
	file_is modules.dep 'kernel/a.ko: kernel/c.ko' kernel/b.ko: kernel/c.ko:
	order kernel/c.ko kernel/b.ko
	index
	file_is modules.dep kernel/c.ko: kernel/b.ko: 'kernel/a.ko: kernel/b.ko'
}

@test "a module is never its own dependency" {
	module kernel/a.ko --export one --need one --need two
	module kernel/b.ko --export two
	index
	exits 0
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
}

@test "a module that exports a symbol with others needs it from the last one" {
	module kernel/a.ko --export one --need one
	module kernel/b.ko --export one
	index
	exits 0
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
}

@test "a dependency is listed once, however many symbols come from it" {
	module kernel/a.ko --need one --need two --need three --need one
	module kernel/b.ko --export one --export two --export three
	index
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
}

@test "a need that nobody supplies is no dependency, and nothing is said of it" {
	module kernel/a.ko --need printk --need one
	module kernel/b.ko --export one
	index
	says_nothing
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
}

@test "dependencies keep the suffix of their own files" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	gzip -n "$TREE/kernel/b.ko"
	index
	file_is modules.dep 'kernel/a.ko: kernel/b.ko.gz' kernel/b.ko.gz:
}

@test "direct dependencies stand in reverse of the order in which they are first needed" {
	module kernel/a.ko --need three --need one --need two
	for name in one two three; do module "kernel/$name.ko" --export $name; done
	index
	file_is modules.dep 'kernel/a.ko: kernel/two.ko kernel/one.ko kernel/three.ko' \
		kernel/one.ko: kernel/three.ko: kernel/two.ko:
}

@test "names that only __versions has come after those of the symbol table" {
	module kernel/a.ko --version one=1 --need two=2 --need three=3
	for name in one two three; do module "kernel/$name.ko" --export $name=1; done
	index
	file_is modules.dep 'kernel/a.ko: kernel/one.ko kernel/three.ko kernel/two.ko' \
		kernel/one.ko: kernel/three.ko: kernel/two.ko:
}

@test "a diamond: what is needed by both stands last" {
	module kernel/a.ko --need b --need c
	module kernel/b.ko --export b --need d
	module kernel/c.ko --export c --need d
	module kernel/d.ko --export d
	index
	file_is modules.dep 'kernel/a.ko: kernel/c.ko kernel/b.ko kernel/d.ko' \
		'kernel/b.ko: kernel/d.ko' 'kernel/c.ko: kernel/d.ko' kernel/d.ko:
}

@test "-v tells each dependency once, with the symbol that it is first needed for" {
	module kernel/a.ko --need one --need two --need three --need unknown --need own --export own
	module kernel/b.ko --export one --export two
	module kernel/c.ko --export three --need one
	run --separate-stderr "$DEPMOD" -v -b root -C empty "$RELEASE"
	exits 0
	[[ "$stderr" =~ ^'depmod: INFO: 3 modules, 4 symbols, 0 aliases, 11 files, '[0-9]+\.[0-9][0-9]' seconds'$ ]]
	[ "$(grep -F kernel/a.ko <<<"$output" | grep -c 'needs "one"')" = 1 ]
	says_line "$TREE/kernel/a.ko needs \"one\": $TREE/kernel/b.ko"
	says_line "$TREE/kernel/a.ko needs \"three\": $TREE/kernel/c.ko"
	says_line "$TREE/kernel/c.ko needs \"one\": $TREE/kernel/b.ko"
	says_not unknown
	says_not own
}

# The expected order in these has been compared with kmod 30.

@test "order of numbers: a small graph, with a symbol of two exporters" {
	module kernel/m3.ko --export s3 --need s0 --need s5 --need dup --version s4=7
	module kernel/m1.ko --export s1
	module kernel/m0.ko --export s0 --export dup
	module kernel/m5.ko --export s5 --need s0 --weak s2 --weak s1
	module kernel/m4.ko --export s4 --need dup
	module kernel/m2.ko --export s2 --export dup --weak s0
	order kernel/m3.ko kernel/m1.ko kernel/m0.ko kernel/m5.ko kernel/m4.ko kernel/m2.ko
	index
	exits 0
	says_nothing
	file_is modules.dep \
		'kernel/m3.ko: kernel/m4.ko kernel/m5.ko kernel/m1.ko kernel/m2.ko kernel/m0.ko' \
		'kernel/m1.ko:' \
		'kernel/m0.ko:' \
		'kernel/m5.ko: kernel/m1.ko kernel/m2.ko kernel/m0.ko' \
		'kernel/m4.ko: kernel/m2.ko kernel/m0.ko' \
		'kernel/m2.ko: kernel/m0.ko'
}

@test "order of numbers: a graph of 19 modules" {
	module kernel/m9.ko --export s9=7 --export dup=7
	module kernel/m5.ko --export s5=7 --need s0=7 --need s9=7
	module kernel/m6.ko --export s6=7 --version s1=7 --need s13=7 --need dup=7
	module kernel/m0.ko --export s0=7 --need s12=7 --need s4=7 --weak s16 --version s1=7 --need s2=7
	module kernel/m16.ko --export s16=7 --need s9=7
	module kernel/m13.ko --export s13=7 --export dup=7
	module kernel/m7.ko --export s7=7 --need s12=7 --need dup=7
	module kernel/m4.ko --export s4=7 --version s9=7 --need s16=7 --need s17=7
	module kernel/m17.ko --export s17=7
	module kernel/m11.ko --export s11=7 --weak s9
	module kernel/m3.ko --export s3=7 --need s1=7
	module kernel/m10.ko --export s10=7
	module kernel/m14.ko --export s14=7
	module kernel/m1.ko --export s1=7
	module kernel/m18.ko --export s18=7 --version s17=7 --need s11=7 --need s16=7 --need s2=7
	module kernel/m2.ko --export s2=7 --need s11=7 --need s17=7 --need s9=7 --need s13=7
	module kernel/m15.ko --export s15=7 --need s4=7 --need s18=7 --need s12=7 --need s17=7
	module kernel/m12.ko --export s12=7
	module kernel/m8.ko --export s8=7
	order kernel/m9.ko kernel/m5.ko kernel/m6.ko kernel/m0.ko kernel/m16.ko kernel/m13.ko kernel/m7.ko kernel/m4.ko kernel/m17.ko kernel/m11.ko kernel/m3.ko kernel/m10.ko kernel/m14.ko kernel/m1.ko kernel/m18.ko kernel/m2.ko kernel/m15.ko kernel/m12.ko kernel/m8.ko
	index
	exits 0
	says_nothing
	file_is modules.dep \
		'kernel/m9.ko:' \
		'kernel/m5.ko: kernel/m0.ko kernel/m1.ko kernel/m2.ko kernel/m13.ko kernel/m11.ko kernel/m4.ko kernel/m17.ko kernel/m16.ko kernel/m9.ko kernel/m12.ko' \
		'kernel/m6.ko: kernel/m1.ko kernel/m13.ko' \
		'kernel/m0.ko: kernel/m1.ko kernel/m2.ko kernel/m13.ko kernel/m11.ko kernel/m4.ko kernel/m17.ko kernel/m16.ko kernel/m9.ko kernel/m12.ko' \
		'kernel/m16.ko: kernel/m9.ko' \
		'kernel/m13.ko:' \
		'kernel/m7.ko: kernel/m13.ko kernel/m12.ko' \
		'kernel/m4.ko: kernel/m17.ko kernel/m16.ko kernel/m9.ko' \
		'kernel/m17.ko:' \
		'kernel/m11.ko: kernel/m9.ko' \
		'kernel/m3.ko: kernel/m1.ko' \
		'kernel/m10.ko:' \
		'kernel/m14.ko:' \
		'kernel/m1.ko:' \
		'kernel/m18.ko: kernel/m2.ko kernel/m13.ko kernel/m11.ko kernel/m17.ko kernel/m16.ko kernel/m9.ko' \
		'kernel/m2.ko: kernel/m13.ko kernel/m11.ko kernel/m17.ko kernel/m9.ko' \
		'kernel/m15.ko: kernel/m18.ko kernel/m2.ko kernel/m13.ko kernel/m11.ko kernel/m4.ko kernel/m17.ko kernel/m16.ko kernel/m9.ko kernel/m12.ko' \
		'kernel/m12.ko:' \
		'kernel/m8.ko:'
}

@test "order of numbers: another graph of 22 modules" {
	module kernel/m16.ko --export s16=7 --need s8=7 --need s11=7
	module kernel/m10.ko --export s10=7 --version s5=7
	module kernel/m20.ko --export s20=7
	module kernel/m14.ko --export s14=7 --need s16=7
	module kernel/m8.ko --export s8=7
	module kernel/m13.ko --export s13=7 --need s0=7 --weak s10 --need s2=7 --weak s9
	module kernel/m0.ko --export s0=7 --need s8=7
	module kernel/m17.ko --export s17=7
	module kernel/m6.ko --export s6=7
	module kernel/m7.ko --export s7=7
	module kernel/m4.ko --export s4=7
	module kernel/m19.ko --export s19=7 --need s8=7 --version s11=7 --weak s0
	module kernel/m21.ko --export s21=7 --version s19=7
	module kernel/m11.ko --export s11=7 --need s8=7
	module kernel/m3.ko --export s3=7
	module kernel/m18.ko --export s18=7 --need s14=7 --need s0=7
	module kernel/m12.ko --export s12=7 --need s19=7
	module kernel/m2.ko --export s2=7 --need s17=7 --need s1=7 --need s16=7 --need s0=7
	module kernel/m1.ko --export s1=7
	module kernel/m5.ko --export s5=7 --need s11=7
	module kernel/m15.ko --export s15=7 --need s2=7 --need s16=7
	module kernel/m9.ko --export s9=7 --need s0=7
	order kernel/m16.ko kernel/m10.ko kernel/m20.ko kernel/m14.ko kernel/m8.ko kernel/m13.ko kernel/m0.ko kernel/m17.ko kernel/m6.ko kernel/m7.ko kernel/m4.ko kernel/m19.ko kernel/m21.ko kernel/m11.ko kernel/m3.ko kernel/m18.ko kernel/m12.ko kernel/m2.ko kernel/m1.ko kernel/m5.ko kernel/m15.ko kernel/m9.ko
	index
	exits 0
	says_nothing
	file_is modules.dep \
		'kernel/m16.ko: kernel/m11.ko kernel/m8.ko' \
		'kernel/m10.ko: kernel/m5.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m20.ko:' \
		'kernel/m14.ko: kernel/m16.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m8.ko:' \
		'kernel/m13.ko: kernel/m9.ko kernel/m2.ko kernel/m0.ko kernel/m16.ko kernel/m1.ko kernel/m17.ko kernel/m10.ko kernel/m5.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m0.ko: kernel/m8.ko' \
		'kernel/m17.ko:' \
		'kernel/m6.ko:' \
		'kernel/m7.ko:' \
		'kernel/m4.ko:' \
		'kernel/m19.ko: kernel/m0.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m21.ko: kernel/m19.ko kernel/m0.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m11.ko: kernel/m8.ko' \
		'kernel/m3.ko:' \
		'kernel/m18.ko: kernel/m14.ko kernel/m0.ko kernel/m16.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m12.ko: kernel/m19.ko kernel/m0.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m2.ko: kernel/m0.ko kernel/m16.ko kernel/m1.ko kernel/m17.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m1.ko:' \
		'kernel/m5.ko: kernel/m11.ko kernel/m8.ko' \
		'kernel/m15.ko: kernel/m2.ko kernel/m0.ko kernel/m16.ko kernel/m1.ko kernel/m17.ko kernel/m11.ko kernel/m8.ko' \
		'kernel/m9.ko: kernel/m0.ko kernel/m8.ko'
}

@test "order of numbers: another graph of 18 modules" {
	module kernel/m16.ko --export s16=7
	module kernel/m8.ko --export s8=7 --need s6=7
	module kernel/m1.ko --export s1=7 --need s3=7 --version s11=7 --weak s17 --need s6=7 --need s0=7 --need dup=7
	module kernel/m13.ko --export s13=7
	module kernel/m12.ko --export s12=7
	module kernel/m2.ko --export s2=7
	module kernel/m14.ko --export s14=7 --need s11=7 --weak dup
	module kernel/m7.ko --export s7=7 --need s5=7 --need s12=7 --need s11=7 --need s10=7 --need s17=7
	module kernel/m4.ko --export s4=7 --need s6=7 --weak s10
	module kernel/m10.ko --export s10=7 --need s6=7
	module kernel/m15.ko --export s15=7
	module kernel/m17.ko --export s17=7 --version s6=7
	module kernel/m11.ko --export s11=7 --need s4=7
	module kernel/m0.ko --export s0=7
	module kernel/m9.ko --export s9=7
	module kernel/m3.ko --export s3=7 --need s7=7
	module kernel/m5.ko --export s5=7 --export dup=7
	module kernel/m6.ko --export s6=7 --export dup=7 --need s5=7
	order kernel/m16.ko kernel/m8.ko kernel/m1.ko kernel/m13.ko kernel/m12.ko kernel/m2.ko kernel/m14.ko kernel/m7.ko kernel/m4.ko kernel/m10.ko kernel/m15.ko kernel/m17.ko kernel/m11.ko kernel/m0.ko kernel/m9.ko kernel/m3.ko kernel/m5.ko kernel/m6.ko
	index
	exits 0
	says_nothing
	file_is modules.dep \
		'kernel/m16.ko:' \
		'kernel/m8.ko: kernel/m6.ko kernel/m5.ko' \
		'kernel/m1.ko: kernel/m0.ko kernel/m3.ko kernel/m7.ko kernel/m17.ko kernel/m11.ko kernel/m4.ko kernel/m10.ko kernel/m12.ko kernel/m6.ko kernel/m5.ko' \
		'kernel/m13.ko:' \
		'kernel/m12.ko:' \
		'kernel/m2.ko:' \
		'kernel/m14.ko: kernel/m11.ko kernel/m4.ko kernel/m10.ko kernel/m6.ko kernel/m5.ko' \
		'kernel/m7.ko: kernel/m17.ko kernel/m11.ko kernel/m4.ko kernel/m10.ko kernel/m12.ko kernel/m6.ko kernel/m5.ko' \
		'kernel/m4.ko: kernel/m10.ko kernel/m6.ko kernel/m5.ko' \
		'kernel/m10.ko: kernel/m6.ko kernel/m5.ko' \
		'kernel/m15.ko:' \
		'kernel/m17.ko: kernel/m6.ko kernel/m5.ko' \
		'kernel/m11.ko: kernel/m4.ko kernel/m10.ko kernel/m6.ko kernel/m5.ko' \
		'kernel/m0.ko:' \
		'kernel/m9.ko:' \
		'kernel/m3.ko: kernel/m7.ko kernel/m17.ko kernel/m11.ko kernel/m4.ko kernel/m10.ko kernel/m12.ko kernel/m6.ko kernel/m5.ko' \
		'kernel/m5.ko:' \
		'kernel/m6.ko: kernel/m5.ko'
}
