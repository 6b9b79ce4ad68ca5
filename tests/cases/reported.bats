# What people who do this job reported of depmods and modprobes, in mailing lists and trackers: how it is here.
load common
load modprobe
load invariants

# ---- modprobe ----

@test "--remove-holders and --remove-dependencies remove; without -r, too" {
	modules one
	rules 'remove one echo removed' 'install one echo loaded'
	for option in --remove-holders --remove-dependencies; do
		probe_alone $option one
		exits 0
		prints removed
	done
}

@test "--show-alias is another name of --resolve-alias" {
	module kernel/one.ko --alias 'pci:v1*'
	index
	for option in --show-alias --resolve-alias -R; do
		probe_alone $option pci:v1d2
		exits 0
		prints one
	done
}

@test "--show-exports and --show-modversions take names and aliases, of several modules, too" {
	module kernel/one.ko --export first=1 --need second=2 --alias both
	module kernel/two.ko --export second=2 --alias both
	zstd -q --rm "$TREE/kernel/two.ko"
	index
	for name in one ./root/lib/modules/$RELEASE/kernel/one.ko; do
		probe_alone --show-exports "$name"
		exits 0
		prints $'0x00000001\tfirst'
	done
	probe_alone --show-modversions one
	prints $'0x00000002\tsecond'
	probe_alone --show-exports both
	exits 0
	prints $'0x00000001\tfirst' $'0x00000002\tsecond'
	probe_alone --show-exports two one
	prints $'0x00000002\tsecond' $'0x00000001\tfirst'
	cp "$TREE/kernel/one.ko" other.ko
	probe_alone --show-exports other.ko
	exits 0
	prints $'0x00000001\tfirst'
	probe_alone --show-exports three
	exits 1
	warns "modprobe: FATAL: Module three not found in directory $TREE"
	echo kernel/inner.ko >"$TREE/modules.builtin"
	index
	probe_alone --show-exports inner
	exits 1
	warns "modprobe: ERROR: inner is part of the kernel, and has no file"
}

@test "lines that end in CR LF are lines, in modprobe.d and in depmod.d" {
	modules a b
	printf 'softdep a pre: b\r\nblacklist \\\r\nb\r\noptions a x=1\r\n' >rules.conf
	probe_alone -D a # kmod 30 reads CR as a part of the last word
	exits 0
	prints "insmod kernel/b.ko" "insmod kernel/a.ko x=1"
	probe_alone -c
	[ "${lines[0]}" = "blacklist b" ]
	module updates/a.ko
	printf 'search \\\r\nkernel updates\r\n' >depmod.conf
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko: kernel/b.ko:
}

# with_command_line LINE [OPTION...]: as probe_alone, where that is the kernel's command line.
with_command_line() {
	unshare -rm true 2>/dev/null || skip "no mounting here"
	printf '%s\n' "$1" >cmdline
	shift
	[ -e rules.conf ] || : >rules.conf
	run --separate-stderr unshare -rm sh -c 'mount --bind cmdline /proc/cmdline && exec "$@"' - \
		"$MODPROBE" -d "$ROOT" -S "$RELEASE" -C rules.conf "$@"
	output=$(relative <<<"$output")
}

@test "command line: a quote without a partner does not bring the newline of /proc/cmdline along" {
	modules a
	with_command_line 'quiet a.t="x' -D a
	exits 0
	prints 'insmod kernel/a.ko t="x'
}

@test "command line: a bad name is told of once, with -v" {
	modules a
	with_command_line 'a[.t=1 modprobe.blacklist=b],a "a b.c=1" init=/sbin/a.b .x a.z=1' -v -n a
	exits 0
	prints 'insmod kernel/a.ko z=1'
	[ "$(grep -v 'no such config' <<<"$stderr")" = "modprobe: INFO: ignored on the kernel's command line, as it names no module: a[
modprobe: INFO: ignored on the kernel's command line, as it names no module: b]
modprobe: INFO: ignored on the kernel's command line, as it names no module: a b.c=1" ]
	with_command_line 'a[.t=1' -n a
	warns_of_nothing
}

@test "modules.weakdep counts as a line of modprobe.d does; -c has one blank between words" {
	module kernel/one.ko --softdep 'pre:  two   post: three ' --weakdep ' two  three'
	index
	rules $'weakdep  x   y \t z' $'softdep x \t pre:   y '
	probe_alone -c
	exits 0
	[ "$(grep dep <<<"$output")" = "softdep one pre: two post: three
softdep x pre: y
weakdep one two three
weakdep x y z" ]
	warns_of_nothing
}

@test "an alias with blanks is the same in the text and in the index" {
	module kernel/space.ko --alias 'acpi*:FOO BAR:*' --alias 'two  blanks' --alias ' first' --alias 'last '
	index
	for form in index text; do
		for name in 'acpi0:FOO BAR:1' 'two  blanks' ' first' 'last '; do
			probe_alone -D "$name"
			exits 0
			prints "insmod kernel/space.ko"
		done
		for name in 'acpi0:FOO' 'two blanks' first last; do
			probe_alone -D "$name"
			exits 1
		done
		rm -f "$TREE/modules.alias.bin"
	done
}

# ---- all that is written is read back as it was meant ----

# random_values SEED: modules of random values, chosen so that what means something to a reader comes often. The
# directory `meant` gets, by file, what is to be read.
random_values() {
	perl -e '
		srand shift;
		my ($tree, $make) = @ARGV;
		my @pieces = ("a" .. "e", 0 .. 3, " ", " ", "\\", "\\", "#", "\"", "\x27", "pre:", "post:", "alias", "=", ".",
			",", "%", "\$", "`", "/", "{", "}", "~", "\x80", "\xff", ":", "*", "?", "_", "softdep", "|", ";", "&");
		sub value { join "", map $pieces[rand @pieces], 1 .. rand(9) }
		mkdir "meant";
		my %file = map { open my $file, ">", "meant/$_"; ($_, $file) } qw(alias softdep weakdep symbols devname);
		my %symbol;
		for my $name ("one", "t\\wo", "#three", "f\"o\x27ur~", "fi;v&e\$x") {
			my (@options, $devname);
			for (1 .. 20) {
				my ($a, $s, $w, $symbol) = map value(), 1 .. 4;
				push @options, map s/\\/\\\\/gr, "--alias", $a, "--softdep", $s, "--weakdep", $w;
				print {$file{alias}} "alias $a $name\n";
				s/^ +| +$//g, s/ +/ /g for $s, $w;
				print {$file{softdep}} "softdep $name $s\n" if $s ne "";
				print {$file{weakdep}} "weakdep $name $w\n" if $w ne "";
				push @options, "--export", $symbol =~ s/[=]//gr . "_$name";
				$symbol{$options[-1]} = $name;
			}
			$devname = value() . "x";
			push @options, "--alias", "devname:" . $devname =~ s/\\/\\\\/gr, "--alias", "char-major-1-2";
			print {$file{alias}} "alias devname:$devname $name\nalias char-major-1-2 $name\n";
			print {$file{devname}} "$name $devname c1:2\n" if $devname !~ / / && $name !~ /^#/;
			system($make, @options, "$tree/kernel/$name.ko") == 0 or die;
		}
		print {$file{symbols}} "alias symbol:$_ $symbol{$_}\n" for sort keys %symbol;' "$1" "$TREE" "$MKMODULE"
}

@test "whatever modules say, what was written is read as it was meant" {
	for seed in $(seq 20); do
		rm -rf "$TREE/kernel" meant
		mkdir "$TREE/kernel"
		random_values "$seed"
		order 'kernel/one.ko' 'kernel/t\wo.ko' 'kernel/#three.ko' $'kernel/f"o\'ur~.ko' 'kernel/fi;v&e$x.ko'
		index -q
		exits 0
		diff <(tail -n +2 "$TREE/modules.alias") meant/alias
		diff <(tail -n +2 "$TREE/modules.symbols") meant/symbols
		diff <(tail -n +2 "$TREE/modules.devname") meant/devname
		: >rules.conf
		rm "$TREE"/modules.*.bin
		modprobe_of_ours -q -c >read
		diff <(grep -a '^softdep' read) meant/softdep
		diff <(grep -a '^weakdep' read) meant/weakdep
		diff <(grep -a '^alias' read) <(cat meant/alias meant/symbols | sed 's/-/_/g')
		[ "$(wc -l <"$TREE/modules.dep")" = 5 ]
		for path in "$TREE"/kernel/*; do
			name=${path##*/}
			[ "$(modprobe_of_ours -q -i -D "${name%.ko}")" = "insmod $path " ]
		done
	done
}

@test "a soft dependency that ends in a backslash swallows nothing; one without words is no line" {
	module kernel/a.ko --softdep 'pre: x\\' --softdep '' --softdep '  '
	module kernel/b.ko --softdep 'pre: a'
	index
	exits 0
	file_is modules.softdep '# Soft dependencies extracted from modules themselves.' 'softdep a pre: x\\' 'softdep b pre: a'
	loads b
	prints "insmod kernel/a.ko" "insmod kernel/b.ko"
	warns_of_nothing
}

@test "modules.devname has three words a line, and no comment but the first" {
	module kernel/a.ko --alias 'devname:one two' --alias char-major-1-2
	module kernel/b.ko --alias devname: --alias char-major-1-3
	module 'kernel/#c.ko' --alias devname:c --alias char-major-1-4
	module kernel/d.ko --alias devname:net/d --alias block-major-1-5
	index
	exits 0
	file_is modules.devname '# Device nodes to trigger on-demand module loading.' 'd net/d b1:5'
	for name in a '#c'; do says "ERROR: module $name has the device name "; done
}

# ---- modprobe again ----

@test "-w takes numbers as C writes them, however large" {
	modules one
	rules 'remove one echo removed'
	for number in 0 100 0x10 0X1f 017 5000000000 99999999999999999999 0xffffffffffffffff; do
		probe_alone -r -w $number one
		exits 0
		prints removed
	done
	for number in '' -1 1s 0x 08 0xg ' 1' 1.5; do
		probe_alone -r -w "$number" one
		exits 1
		warns "modprobe: ERROR: --wait needs milliseconds, not $number (--help lists the options)"
	done
}

# with_modules LINES COMMAND...: where /proc/modules has these lines, and there is no /sys that knows better.
with_modules() {
	unshare -rm true 2>/dev/null || skip "no mounting here"
	printf '%s\n' "$1" >modules
	shift
	run --separate-stderr unshare -rm sh -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys && cp modules /proc && exec "$@"' - "$@"
}

@test "-w: ever longer pauses between the tries, until the time is over" {
	needs_tracing
	modules one
	with_modules 'one 16384 0 - Live 0x0' strace -o trace -e trace=delete_module -e inject=delete_module:error=EAGAIN \
		"$MODPROBE" -d root -S "$RELEASE" -C empty -r -w 1000 one
	exits 1
	[ "$(wc -l <trace)" -ge 10 ]
	[ "$(wc -l <trace)" -le 20 ]
	with_modules 'one 16384 0 - Live 0x0' strace -o trace -e trace=delete_module -e inject=delete_module:error=EAGAIN:when=1..3 \
		"$MODPROBE" -d root -S "$RELEASE" -C empty -r -w 9999 one
	exits 1 # by the kernel's own answer at last, which is that this is not permitted
	[ "$(grep -c delete_module trace)" = 4 ]
}

@test "--remove-holders: holders of holders go first" {
	modules nvidia nvidia-modeset:nvidia nvidia-drm:nvidia-modeset
	with_modules 'nvidia 1 1 nvidia_modeset, Live 0x0
nvidia_modeset 1 1 nvidia_drm, Live 0x0
nvidia_drm 1 0 - Live 0x0' "$MODPROBE" -d root -S "$RELEASE" -C empty --remove-holders -n nvidia
	exits 0
	prints 'rmmod nvidia_drm' 'rmmod nvidia_modeset' 'rmmod nvidia'
}

@test "of several modules behind an alias, the last decides whether it has failed" {
	module kernel/one.ko --alias both
	module kernel/two.ko --alias both
	index
	rules 'install one exit 1' 'install two echo two'
	probe both
	exits 0
	prints two
	rules 'install one echo one' 'install two exit 1'
	probe both
	exits 1
	prints one
	probe -a both one
	exits 1
}

@test "a misspelt name: which module was probably meant" {
	modules nvme_core dm-crypt
	for form in index text; do
		for name in nvme-cor nvmecore nvme_croe; do
			probe_alone $name
			exits 1
			warns "modprobe: FATAL: Module $name not found in directory $TREE, did you mean nvme_core?"
		done
		probe_alone -a dmcrypt
		warns "modprobe: WARNING: Module dmcrypt not found in directory $TREE, did you mean dm_crypt?"
		probe_alone something
		warns "modprobe: FATAL: Module something not found in directory $TREE"
		[[ $stderr != *"did you mean"* ]]
		probe_alone -q nvmecore
		warns_of_nothing
		rm -f "$TREE"/modules.*.bin
	done
}

@test "-S of a version that is not there: those that are" {
	modules one
	mkdir -p root/lib/modules/6.2.0/build root/lib/modules/6.10.0/kernel
	"$MKMODULE" root/lib/modules/6.10.0/kernel/two.ko
	mkdir root/lib/modules/6.3.0
	echo "three.ko:" >root/lib/modules/6.3.0/modules.dep
	run "$MODPROBE" -d "$ROOT" -S 6.9 one
	exits 1
	[ "$output" = "modprobe: FATAL: Module one not found in directory $ROOT/lib/modules/6.9, which is not there
modprobe: there are modules for 6.1.0, 6.10.0, 6.3.0" ]
	rm -r root/lib/modules/6.[13]*
	run "$MODPROBE" -d "$ROOT" -S 6.9 one
	says_line "modprobe: ERROR: no kernel's modules are in $ROOT/lib/modules"
}

@test "a kernel without modules, or without depmod's files, says so" {
	index
	probe_alone one
	exits 1
	warns "modprobe: FATAL: Module one not found in directory $TREE, as this kernel has no modules"
	rm "$TREE"/modules.dep*
	probe_alone one
	exits 1
	warns "modprobe: FATAL: Module one not found in directory $TREE, where depmod has not run"
}

# ---- depmod ----

@test "-n with files and a version that has no directory: a warning, and the lines" {
	"$MKMODULE" --export one --alias x g.ko
	"$MKMODULE" --need one h.ko
	for jobs in 1 2; do
		run --separate-stderr "$DEPMOD" --jobs $jobs -C empty -b root -n 9.9.9 "$PWD/g.ko" "$PWD/h.ko"
		exits 0
		[ "${lines[0]}" = "$PWD/g.ko:" ]
		[ "${lines[1]}" = "$PWD/h.ko: $PWD/g.ko" ]
		[ "${lines[3]}" = "alias x g" ]
		[ "$stderr" = "depmod: WARNING: could not open directory $ROOT/lib/modules/9.9.9/: No such file or directory" ]
	done
	run "$DEPMOD" -C empty -b root 9.9.9 "$PWD/g.ko"
	exits 1
	says_line "depmod: ERROR: could not open directory $ROOT/lib/modules/9.9.9/: No such file or directory"
	[ ! -e root/lib/modules/9.9.9 ]
}

@test "-w: a name that stands twice among one module's symbols is no duplicate" {
	module kernel/a.ko --export NAMESPACE --export one --export NAMESPACE
	index -w
	exits 0
	says_nothing
	module kernel/b.ko --export NAMESPACE
	index -w
	[ "$output" = 'depmod: WARNING: duplicate symbol NAMESPACE in kernel/a.ko and kernel/b.ko' ]
}

@test "everybody may read what was written, whatever the umask" {
	module kernel/a.ko
	for mask in 077 0 027; do
		rm -rf out "$TREE"/modules.{dep,alias}*
		run sh -c 'umask $1; shift; "$@"' - $mask "$DEPMOD" -C empty -b root "$RELEASE"
		exits 0
		[ "$(stat -c %a "$TREE"/modules.{dep,dep.bin,alias,devname} | sort -u)" = 644 ]
		run sh -c 'umask $1; shift; "$@"' - $mask "$DEPMOD" -C empty -b root -o out "$RELEASE"
		exits 0
		[ "$(find out -type d -exec stat -c %a {} + | sort -u)" = 755 ]
		[ "$(find out -type f -exec stat -c %a {} + | sort -u)" = 644 ]
	done
}

@test "a version's directory without a module is none: for --all-versions, and for the hint" {
	module kernel/a.ko
	mkdir -p root/lib/modules/6.2.0 root/usr/src/headers/kernel root/lib/modules/6.3.0/kernel
	"$MKMODULE" root/usr/src/headers/kernel/x.ko
	ln -s /usr/src/headers root/lib/modules/6.2.0/build
	ln -s build root/lib/modules/6.2.0/source
	run "$DEPMOD" -C empty -b root --all-versions
	exits 0
	says_nothing
	[ "$(find root -name modules.dep)" = "root/lib/modules/$RELEASE/modules.dep" ]
	run "$DEPMOD" -C empty -b root 9.9.9
	[ "$output" = "depmod: ERROR: could not open directory $ROOT/lib/modules/9.9.9/: No such file or directory
depmod: to index what is there: depmod -b root -C empty 6.1.0" ]
}

@test "modules.usbmap: fifteen blanks between bInterfaceSubClass and bInterfaceProtocol" {
	module kernel/a.ko --alias 'usb:v0001p0002d*dc*dsc*dp*ic03isc04ip05in*'
	index --map
	exits 0
	grep -qF '0x03            0x04               0x05               0x0' "$TREE/modules.usbmap"
}

@test "a System.map without an exported symbol, as Debian's: one message, and -e says no more" {
	module kernel/a.ko --need one
	echo 'ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package' >map
	run "$DEPMOD" -C empty -b root -ae -F map "$RELEASE"
	exits 0
	[ "$output" = 'depmod: WARNING: map holds no exported symbol, so that -e can tell nothing' ]
	run "$DEPMOD" -C empty -b root -aeu -F map "$RELEASE"
	exits 0
	run "$DEPMOD" -C empty -b root -F map "$RELEASE"
	says_nothing
}

# ---- what was probably meant ----

@test "-b to the directory of all versions" {
	module kernel/a.ko
	run "$DEPMOD" -C empty -b root/lib/modules "$RELEASE"
	exits 1
	[ "$output" = "depmod: ERROR: could not open directory $ROOT/lib/modules/lib/modules/$RELEASE/: No such file or directory
depmod: did you mean -b $ROOT?" ]
}

@test "two versions; a directory as a file; a file without a version" {
	module kernel/a.ko
	run "$DEPMOD" -C empty -b root "$RELEASE" 6.2.0
	exits 1
	[ "$output" = 'depmod: ERROR: one run is for one VERSION (or --all-versions), not also for 6.2.0 (--help lists the options)' ]
	run "$DEPMOD" -C empty -b root "$RELEASE" "$PWD/empty"
	exits 1
	[ "$output" = "depmod: ERROR: $PWD/empty: is a directory, which -b or -m would name" ]
	for name in foo.ko ./foo.ko.xz /x/foo.ko; do
		run "$DEPMOD" -C empty -b root $name
		exits 1
		[ "$output" = "depmod: ERROR: Bad version passed $name, did you mean VERSION FILE...? (--help lists the options)" ]
	done
}

@test "-o that cannot be made: why, and nothing is left behind" {
	module kernel/a.ko
	: >file
	run "$DEPMOD" -C empty -b root -o file/x "$RELEASE"
	exits 1
	[ "$output" = "depmod: ERROR: could not open directory $PWD/file/x/lib/modules/$RELEASE/: Not a directory" ]
	mkdir some
	: >some/lib
	run "$DEPMOD" -C empty -b root -o some "$RELEASE"
	exits 1
	[ "$output" = "depmod: ERROR: could not open directory $PWD/some/lib/modules/$RELEASE/: Not a directory" ]
	run "$DEPMOD" -C empty -b root -o /proc/x "$RELEASE"
	exits 1
	[ "$output" = "depmod: ERROR: could not make directory /proc/x/lib/modules/$RELEASE/: No such file or directory" ]
	for failure in '-E map' '-F /none'; do
		run "$DEPMOD" -C empty -b root -o new/deep $failure "$RELEASE"
		exits 1
		[ ! -e new ]
		mkdir new
		run "$DEPMOD" -C empty -b root -o new/deep $failure "$RELEASE"
		exits 1
		[ -z "$(ls new)" ]
		rmdir new
	done
}

@test "--explain resolves an alias" {
	module kernel/a.ko --alias 'pci:v00001AF4d*' --alias fs-a
	module kernel/b.ko --alias 'pci:v*'
	index --explain pci:v00001AF4d00001000
	exits 0
	says_line 'name:           a'
	says_line 'depmod: pci:v00001AF4d00001000 is an alias of b, too'
	index --explain fs_a
	exits 0
	says_line 'name:           a'
	index --explain pci:x
	exits 1
	says "depmod: ERROR: no module pci:x in $TREE/"
}

@test "each module that is left out is named in a cycle, or as one that needs such a module" {
	module kernel/a.ko --export a --need b
	module kernel/b.ko --export b --need c
	module kernel/c.ko --export c --need a --need d
	module kernel/d.ko --export d --need c
	module kernel/e.ko --export e --need d
	module kernel/f.ko --need e
	index
	exits 1
	says_line 'depmod: ERROR: Found 4 modules in dependency cycles!'
	says_line 'depmod: ERROR: leaving out kernel/a.ko, which is in a cycle with b'
	says_line 'depmod: ERROR: leaving out kernel/d.ko, which is in a cycle with c'
	says_line 'depmod: ERROR: leaving out kernel/e.ko, which needs d'
	says_line 'depmod: ERROR: leaving out kernel/f.ko, which needs e'
}

@test "a link with a module's name that leads nowhere counts for --strict" {
	module kernel/a.ko
	ln -s nowhere "$TREE/kernel/b.ko"
	index
	exits 0
	index --strict
	exits 1
	says_line 'depmod: ERROR: cannot follow kernel/b.ko: No such file or directory'
	file_is modules.dep kernel/a.ko:
	run "$DEPMOD" -C empty -b root -A "$RELEASE"
	exits 0
	ln -sf nowhere "$TREE/kernel/b.ko"
	rm "$TREE/kernel/b.ko"
	ln -s nowhere "$TREE/kernel/b"
	index --strict
	exits 0
}
