# modprobe.d: what its lines do.
load common
load modprobe

# ---- alias ----

@test "alias: another name for a module" {
	modules low one:low
	rules 'alias other one'
	loads other
	prints "insmod kernel/low.ko" "insmod kernel/one.ko"
	probe -R other
	prints one
}

@test "alias: a pattern" {
	modules one two
	rules 'alias net-pf-1? one' 'alias char-major-[4-6]-* two'
	probe -R net-pf-10
	prints one
	probe -R net-pf-1
	exits 1
	probe -R char_major_5_1
	prints two
	probe -R char_major_7_1
	exits 1
}

@test "alias: all that fit count, in the order of the lines" {
	modules one two three
	rules 'alias eth* two' 'alias eth0 one' 'alias wlan0 three' 'alias eth? three'
	probe -R eth0
	prints two one three
	loads eth0
	prints "insmod kernel/two.ko" "insmod kernel/one.ko" "insmod kernel/three.ko"
}

@test "alias: it goes before a module of that name" {
	modules one two
	rules 'alias one two'
	loads one
	prints "insmod kernel/two.ko"
}

@test "alias: it hides the aliases of modules" {
	module kernel/one.ko --alias net-1
	module kernel/two.ko
	index
	rules 'alias net-1 two'
	probe -R net-1
	prints two
}

@test "alias: hyphens are as good as underscores in both" {
	modules o-ne
	rules 'alias a-b_c o_n-e' 'alias x_y o-ne'
	probe -R a_b-c
	prints o_n_e
	loads x-y
	prints "insmod kernel/o-ne.ko"
}

@test "alias: one to a module that is not there" {
	modules one
	rules 'alias other off'
	probe -R other
	prints off
	loads other
	prints ""
}

@test "alias: no alias of an alias" {
	modules one
	rules 'alias a b' 'alias b one'
	probe -R a
	prints b
	loads a
	prints ""
}

# ---- blacklist ----

@test "blacklist: an alias does not load the module, its name does" {
	module kernel/one.ko --alias pci:v1
	index
	rules 'blacklist one' 'alias other one'
	loads pci:v1
	prints ""
	loads other
	prints ""
	loads one
	prints "insmod kernel/one.ko"
}

@test "blacklist: with -b its name does not, either" {
	modules o-ne two
	rules 'blacklist o-ne'
	loads -b o_ne
	prints ""
	loads --use-blacklist two
	prints "insmod kernel/two.ko"
}

@test "blacklist: what other modules need is loaded all the same" {
	modules low one:low
	rules 'blacklist low'
	loads -b one
	prints "insmod kernel/low.ko" "insmod kernel/one.ko"
}

@test "blacklist: of several modules behind an alias the others are loaded" {
	module kernel/one.ko --alias x
	module kernel/two.ko --alias x
	order kernel/one.ko kernel/two.ko
	index
	rules 'blacklist one'
	loads x
	prints "insmod kernel/two.ko"
	probe -R x
	prints one two
}

# ---- options ----

@test "options: for the module, wherever it is needed, and before those of the command line" {
	modules low one:low
	rules 'options low a=1 b="x y"' 'options one c' 'options two d'
	loads one e=2
	prints 'insmod kernel/low.ko a=1 b="x y"' 'insmod kernel/one.ko c e=2'
}

@test "options: several lines add up" {
	modules one
	rules 'options one a=1' 'options one a=2' 'options on?e x' 'options o-n-e y' 'options one b'
	loads one
	prints 'insmod kernel/one.ko a=1 a=2 b'
}

@test "options: those of an alias count when it was asked for by the alias" {
	module kernel/one.ko --alias eth-x
	index
	rules 'alias eth0 one' 'alias eth1 one' 'options eth0 irq=1' 'options eth1 irq=2' 'options one debug' \
		'options eth_x irq=3'
	loads eth1
	prints 'insmod kernel/one.ko irq=2 debug'
	loads one
	prints 'insmod kernel/one.ko debug'
	loads eth-x
	prints 'insmod kernel/one.ko debug irq=3'
}

@test "options: blanks stay, tabs become blanks" {
	modules one
	rules $'options\t one \ta=1\tb=2   c'
	loads one
	prints 'insmod kernel/one.ko  a=1 b=2   c'
}

# ---- install, remove ----

@test "install: a command in place of the module; the parameters are shown with it" {
	modules low one:low
	rules 'install one echo $CMDLINE_OPTS here' 'options one a=1'
	loads one b=2
	prints 'insmod kernel/low.ko' 'install echo $CMDLINE_OPTS here a=1 b=2'
	probe -n -v one
	prints 'insmod kernel/low.ko' 'install echo $CMDLINE_OPTS here a=1'
}

@test "install: it is run, with the parameters in the place of \$CMDLINE_OPTS" {
	modules one
	rules 'install one echo "<$CMDLINE_OPTS>" "$MODPROBE_MODULE" $CMDLINE_OPTS' 'options one a=1'
	probe one 'b=c d'
	exits 0
	prints '<a=1 b=c d> one a=1 b=c d' # the shell takes the quotes
	probe one
	prints '<a=1 > one a=1'
}

@test "install: a name that only has a command" {
	modules one
	rules 'install nothing-there echo hello'
	probe nothing_there
	prints hello
	probe -R nothing-there
	prints nothing_there
}

@test "install: the first of several, and patterns" {
	modules one two
	rules 'install t* echo first' 'install two echo second' 'install one echo one' 'install one echo again'
	probe two
	prints first
	probe one
	prints one
}

@test "install: a command that fails is a failure, and is said" {
	modules one
	rules 'install one false'
	probe one
	exits 1
	warns "the install command of one failed with status 1"
}

@test "install: what a module needs may have a command" {
	modules low one:low
	rules 'install low echo low' 'install one echo one'
	probe one
	exits 0
	prints low one
	rules 'install low false' 'install one echo one'
	probe_alone one # kmod goes on
	exits 1
	prints ""
}

@test "install: -i does without the command of the module that was asked for" {
	modules low one:low
	rules 'install one echo one' 'install low echo low' 'softdep one pre: two'
	loads -i one
	prints "install echo low" "insmod kernel/one.ko"
	loads --ignore-install one
	prints "install echo low" "insmod kernel/one.ko"
}

@test "install: a command may call modprobe for the same module with -i" {
	modules one
	ln -s "$MODPROBE" modprobe
	rules "install one $PWD/modprobe -n -v -d $ROOT -S $RELEASE --ignore-install one \$CMDLINE_OPTS && echo done"
	probe one a=1
	exits 0
	prints "insmod kernel/one.ko a=1" "done"
}

@test "install: options that matter are handed to those whom a command calls" {
	modules one
	rules 'install one echo "$MODPROBE_OPTIONS"'
	MODPROBE_OPTIONS='-v' probe_alone -q one
	exits 0
	[[ "${lines[*]}" == *"-v "*'-C "rules.conf" -q'* ]]
}

@test "install: options are handed on as they were, and once, however many commands call each other" {
	modules one two three four
	ln -s "$MODPROBE" modprobe
	mkdir 'with "quotes" and blanks' out
	for name in one two three; do
		next=$(sed 's/one/two/;t;s/two/three/;t;s/three/four/' <<<"$name")
		echo "install $name echo \"\$MODPROBE_OPTIONS\" >out/$name && $PWD/modprobe -q -d $ROOT -S $RELEASE $next"
	done >'with "quotes" and blanks/a.conf'
	echo 'install four echo "$MODPROBE_OPTIONS" >out/four' >>'with "quotes" and blanks/a.conf'
	run --separate-stderr env MODPROBE_OPTIONS=-q "$MODPROBE" -d "$ROOT" -S "$RELEASE" \
		-C 'with "quotes" and blanks' one
	exits 0
	[ "$(cat out/one)" = "-q -C 'with \"quotes\" and blanks'" ]
	[ "$(cat out/two)" = "-q -C 'with \"quotes\" and blanks' -q" ]
	[ "$(cat out/four)" = "-q -C 'with \"quotes\" and blanks' -q -q -q" ]
}

@test "install: a circle of commands ends" {
	modules one
	ln -s "$MODPROBE" modprobe
	rules "install one $PWD/modprobe -d $ROOT -S $RELEASE two" "install two $PWD/modprobe -d $ROOT -S $RELEASE one"
	probe_alone one
	exits 1
	warns "install commands lead in a circle: "
}

@test "remove: a command in place of removing" {
	modules low one:low
	rules 'remove one echo bye $CMDLINE_OPTS' 'remove low echo low'
	probe -r one
	exits 0
	prints "bye"
	probe -r -n -v one
	exits 0
	prints 'remove echo bye'
}

@test "remove: a command that fails is a failure" {
	modules one
	rules 'remove one exit 3'
	probe -r one
	exits 1
	warns "the remove command of one failed with status 3"
}

@test "remove: soft dependencies go, too, in reverse" {
	modules one
	rules 'remove a echo a' 'remove b echo b' 'remove c echo c' 'remove one echo one' 'softdep one pre: a b post: c'
	probe -r one
	exits 0
	prints c one b a
	probe -r --ignore-remove -n one
	exits 0
	prints ""
}

# ---- softdep ----

@test "softdep: loaded before and after" {
	modules one a b c d
	rules 'softdep one pre: a b post: c d'
	loads one
	prints "insmod kernel/a.ko" "insmod kernel/b.ko" "insmod kernel/one.ko" "insmod kernel/c.ko" "insmod kernel/d.ko"
}

@test "softdep: with what they need, each time" {
	modules low a:low b:low one:low
	rules 'softdep one pre: a post: b'
	loads one
	prints "insmod kernel/low.ko" "insmod kernel/low.ko" "insmod kernel/a.ko" "insmod kernel/one.ko" \
		"insmod kernel/low.ko" "insmod kernel/b.ko"
}

@test "softdep: those of what is needed count, too" {
	modules low one:low a b
	rules 'softdep low pre: a post: b'
	loads one
	prints "insmod kernel/a.ko" "insmod kernel/low.ko" "insmod kernel/b.ko" "insmod kernel/one.ko"
}

@test "softdep: of a module itself, which depmod has noted" {
	module kernel/one.ko --softdep 'pre: two'
	module kernel/two.ko --softdep 'post: three'
	module kernel/three.ko
	index
	loads one
	prints "insmod kernel/two.ko" "insmod kernel/three.ko" "insmod kernel/one.ko"
}

@test "softdep: what is not there is no failure" {
	modules one
	rules 'softdep one pre: nothing post: nobody'
	loads one
	prints "insmod kernel/one.ko"
}

@test "softdep: circles end" {
	modules one two three
	rules 'softdep one pre: two' 'softdep two pre: three' 'softdep three pre: one'
	loads one
	prints "insmod kernel/three.ko" "insmod kernel/two.ko" "insmod kernel/one.ko"
	rules 'softdep one pre: one post: one'
	loads one
	prints "insmod kernel/one.ko"
	rules 'softdep one post: two' 'softdep two post: one'
	loads two
	prints "insmod kernel/two.ko" "insmod kernel/one.ko"
}

@test "softdep: the first line for a module is the one that counts" {
	modules one a b
	rules 'softdep one pre: a' 'softdep one pre: b'
	loads one
	prints "insmod kernel/a.ko" "insmod kernel/one.ko"
}

@test "softdep: the install command of a module with one is obeyed, and -v tells of it; kmod loads the module" {
	modules one two three
	rules 'softdep one pre: two post: three' 'install one /bin/false'
	probe_alone -D one
	exits 0
	prints "insmod kernel/two.ko" "install /bin/false" "insmod kernel/three.ko"
	probe_alone -n -v one
	warns "modprobe: INFO: one has soft dependencies and an install command, which is run in place of loading it"
	rules 'softdep one pre: nothing' 'install one /bin/false'
	probe -D one
	prints "install /bin/false"
	probe one
	exits 1
	probe_alone -n -v one
	warns_of_nothing
}

@test "softdep: by an alias, and with hyphens" {
	modules o-ne t-wo
	rules 'softdep o-ne pre: other' 'alias other t_wo'
	loads o_ne
	prints "insmod kernel/t-wo.ko" "insmod kernel/o-ne.ko"
}

@test "softdep: with what is built in" {
	modules one
	echo kernel/two.ko >"$TREE/modules.builtin"
	index
	rules 'softdep one pre: two'
	loads one
	prints "builtin two" "insmod kernel/one.ko"
}

@test "weakdep: known, and loads nothing" {
	modules one two
	rules 'weakdep one two' 'weakdep one' 'alias x one'
	probe_alone -D x
	exits 0
	prints "insmod kernel/one.ko"
	[ "$(grep -c . <<<"$stderr")" = 1 ]
	warns "rules.conf:2: ignoring a bad line that begins with weakdep"
	probe_alone -c
	[[ "$output" == *$'\nweakdep one two\n'* ]]
}

@test "softdep: any number of blanks between the words" {
	modules one a b
	rules $'softdep\tone   pre:  a \t post:\tb  '
	probe_alone -D one # kmod takes two blanks before pre: for a part of it
	prints "insmod kernel/a.ko" "insmod kernel/one.ko" "insmod kernel/b.ko"
}

# ---- lines ----

@test "comments, empty lines and blanks before a word are nothing" {
	modules one
	rules '# comment' '' '   ' $'\t' '#alias a one' $'  \talias \t b   one  '
	probe -R b
	prints one
	warns_of_nothing
	probe -R a
	exits 1
}

@test "a backslash joins the next line" {
	modules one
	rules 'options \' 'one a=1 \' '  b=2' 'alias oth\' 'er one'
	loads other
	prints 'insmod kernel/one.ko a=1   b=2'
}

@test "a backslash before another character is left out" {
	modules one
	rules 'options one a=\"x\" b=\\c' 'install two echo \$HOME \' '  \\n'
	loads one
	prints 'insmod kernel/one.ko a="x" b=\c'
	probe -n -v two
	prints 'install echo $HOME   \n'
}

@test "bad lines are named with file and line, and the others count" {
	modules one
	rules 'alias a' 'blacklist' 'options one' 'options' 'install one' 'softdep one' 'nonsense here' 'alias b]c one' \
		'alias b one'
	probe -R b
	exits 0
	prints one
	warns "rules.conf:1: ignoring a bad line that begins with alias"
	warns "rules.conf:2: ignoring a bad line that begins with blacklist"
	warns "rules.conf:3: ignoring a bad line that begins with options"
	warns "rules.conf:4: ignoring a bad line that begins with options"
	warns "rules.conf:5: ignoring a bad line that begins with install"
	warns "rules.conf:6: ignoring a bad line that begins with softdep"
	warns "rules.conf:7: ignoring a line that begins with nonsense"
	warns "rules.conf:8: ignoring a bad line that begins with alias"
	[ "$(grep -c . <<<"$stderr")" = 8 ]
}

@test "the last line needs no newline" {
	modules one
	printf 'alias a one\nalias b one' >rules.conf
	probe -R b
	prints one
}
