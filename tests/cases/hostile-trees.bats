# Trees that nobody would make in good faith: each thing that cannot be indexed is named, and everything else is there.
# (discovery.bats has the simple cases: links that loop, FIFOs, sockets, blanks in names.)
load common
load invariants

# safely [OPTION...]: index, with an end.
safely() {
	run timeout 60 "$DEPMOD" -b root -C empty "$@" "$RELEASE"
	exits 0
}

# in_deep NAME DEPTH COMMAND...: in so many directories, one inside the other, below kernel.
in_deep() {
	NAME=$1 perl -e 'my ($kernel, $depth, @command) = @ARGV;
		chdir $kernel or die;
		for (1 .. $depth) { mkdir $ENV{NAME}; chdir $ENV{NAME} or die "$_: $!\n" }
		exec @command or die' "$TREE/kernel" "${@:2}"
}

@test "a thousand directories, one inside the other" {
	module kernel/a.ko
	in_deep d 1000 "$MKMODULE" --alias deep b.ko
	safely
	says_nothing
	file_is modules.dep kernel/a.ko: "kernel/$(printf 'd/%.0s' $(seq 1000))b.ko:"
	[ "$(entries_of modules.alias.bin)" = 'deep 1 b' ]
}

@test "paths up to the longest that the system opens, and beyond" {
	module kernel/a.ko
	name=$(printf 'n%.0s' $(seq 199))
	# 7 + 20 * 200 bytes, and up to 4095 with a file's name; the system counts a NUL, too.
	in_deep "$name" 20 sh -c '"$1" "$2.ko" && "$1" "$2x.ko"' - "$MKMODULE" "$(printf 'm%.0s' $(seq 85))"
	in_deep "$name" 40 "$MKMODULE" c.ko
	safely
	[ "${#lines[@]}" -ge 2 ]
	[ "$(grep -c '^depmod: ERROR: .*: File name too long$' <<<"$output")" = "${#lines[@]}" ]
	[ "$(sed 's/.*\///' "$TREE/modules.dep" | tr '\n' ' ')" = "a.ko: $(printf 'm%.0s' $(seq 85)).ko: " ]
}

@test "names of 255 bytes" {
	local expected=()
	for suffix in .ko .ko.gz .ko.xz .ko.zst; do
		letter=${suffix##*.}
		name=$(printf "${letter:0:1}%.0s" $(seq $((255 - ${#suffix}))))
		module "kernel/$name$suffix" --alias "of-${letter:0:1}"
		expected+=("kernel/$name$suffix:")
	done
	safely
	says_nothing
	[ "$(sort "$TREE/modules.dep")" = "$(printf '%s\n' "${expected[@]}" | sort)" ]
	[ "$(entries_of modules.dep.bin | wc -l)" = 4 ]
}

@test "every control byte in a file's and in a directory's name is refused, and none is shown" {
	module kernel/a.ko
	for byte in $(seq 1 31) 127; do
		character=$(printf "\\$(printf %03o $byte)."); character=${character%.}
		module "kernel/x${character}y.ko" --alias evil
		module "kernel/d${character}e/z$byte.ko" --alias evil
	done
	safely
	[ "${#lines[@]}" = 64 ]
	[ "$(grep -c '^depmod: ERROR: left out, as its name cannot .* modules.dep: kernel/[xd]?' <<<"$output")" = 64 ]
	[ -z "$(LC_ALL=C tr -d '\n -~' <<<"$output")" ]
	file_is modules.dep kernel/a.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.'
}

@test "names that mean something to a shell, to printf or to a terminal are names like any other" {
	names=('-rf' '*' '$(exit)' '`exit`' "'" '"' '\' '%s%n' '&' ';' '<x>' '~' '!' '[a]' '{b}' '=' '@' ',' '^')
	for name in "${names[@]}"; do module "kernel/$name.ko" --alias "mark"; done
	safely
	says_nothing
	[ "$(LC_ALL=C sort "$TREE/modules.dep")" = "$(printf 'kernel/%s.ko:\n' "${names[@]}" | LC_ALL=C sort)" ]
	[ "$(wc -l <"$TREE/modules.alias")" = $((${#names[@]} + 1)) ]
	[ "$(entries_of modules.dep.bin | wc -l)" = ${#names[@]} ]
}

@test "bytes that are no UTF-8 stay in the text files, and are no control characters" {
	names=($'\x80' $'\xc0\xaf' $'\xff\xfe' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' $'\xe2\x80\xae')
	expected=(kernel/a.ko:)
	for name in "${names[@]}"; do
		module "kernel/$name/x$name.ko"
		expected+=("kernel/$name/x$name.ko:")
	done
	module kernel/a.ko
	safely
	[ "$(grep -c '^depmod: WARNING: left out of the binary index, as it is not 7-bit ASCII: x' <<<"$output")" = 6 ]
	[ "${#lines[@]}" = 6 ]
	[ "$(LC_ALL=C sort "$TREE/modules.dep")" = "$(printf '%s\n' "${expected[@]}" | LC_ALL=C sort)" ]
	[ "$(entries_of modules.dep.bin)" = 'a 0 kernel/a.ko:' ]
}

@test "a base directory whose name forges a line forges none" {
	module kernel/a.ko
	echo text >"$TREE/kernel/b.ko"
	mv root $'ro\nevil.ko: x'
	run "$DEPMOD" -b $'ro\nevil.ko: x' -C empty -o out "$RELEASE"
	exits 0
	[ "${#lines[@]}" = 1 ]
	[ "$(cat "out/lib/modules/$RELEASE/modules.dep")" = kernel/a.ko: ]
	run "$DEPMOD" -b $'gone\ndepmod: FATAL: x' -C empty "$RELEASE"
	exits 1
	[ "${#lines[@]}" = 2 ]
	[[ "${lines[0]}" == 'depmod: ERROR: could not open directory '*'/gone?depmod: FATAL: x/lib/modules/'* ]]
	[[ "${lines[1]}" == "depmod: ERROR: no kernel's modules are in "*'/gone?depmod: FATAL: x/lib/modules' ]]
}

@test "a named file whose path cannot be listed is refused" {
	module kernel/a.ko
	for name in $'x\ny' 'x y' 'x:y' $'x\ty'; do
		"$MKMODULE" "$name.ko"
		run "$DEPMOD" -b root -C empty "$RELEASE" "$PWD/$name.ko"
		exits 1
		says 'not a module'
		[ "${#lines[@]}" = 1 ]
		[ ! -e "$TREE/modules.dep" ]
	done
}

@test "devices called x.ko are not opened" {
	[ "$(id -u)" = 0 ] && mknod probe c 1 5 2>/dev/null && : <probe || skip "no device can be made here"
	module kernel/a.ko
	mknod "$TREE/kernel/zero.ko" c 1 5
	mknod "$TREE/kernel/random.ko.gz" c 1 9
	mknod "$TREE/kernel/tty.ko" c 5 0
	mknod "$TREE/kernel/loop.ko.xz" b 7 0
	mknod "$TREE/kernel/none.ko" c 250 250
	safely
	for name in zero.ko random.ko.gz tty.ko loop.ko.xz none.ko; do
		says_line "depmod: ERROR: not a regular file: kernel/$name"
	done
	[ "${#lines[@]}" = 5 ]
	file_is modules.dep kernel/a.ko:
	needs_tracing
	strace -f -qq -o trace -e trace=open,openat,openat2 "$DEPMOD" -b root -C empty "$RELEASE" 2>/dev/null
	[ -z "$(grep -E 'zero.ko|random.ko|tty.ko|loop.ko|none.ko' trace | grep -v O_PATH)" ]
}

@test "anything in the place of modules.order, modules.builtin and modules.builtin.modinfo" {
	module kernel/a.ko --alias mark
	for name in modules.order modules.builtin modules.builtin.modinfo; do
		for kind in mkdir mkfifo 'truncate -s 100M' 'ln -s /dev/zero' 'ln -s nowhere' "ln -s $name"; do
			rm -rf "$TREE/$name"
			$kind "$TREE/$name"
			safely
			file_is modules.dep kernel/a.ko:
			file_is modules.alias '# Aliases extracted from modules themselves.' 'alias mark a'
			[[ "$kind" = truncate* ]] || says "could not open $TREE/$name: "
		done
		rm -rf "$TREE/$name"
		: >"$TREE/$name"
	done
}

@test "links out of the tree, to the directories above it" {
	module kernel/a.ko --export one
	module kernel/b.ko --need one
	ln -s ../../../.. "$TREE/kernel/up"
	ln -s ../../.. "$TREE/kernel/up2"
	mkdir "$TREE/extra"
	ln -s ../.. "$TREE/extra/up"
	safely
	says_nothing
	[ "$(sed 's/:.*//; s/.*\///' "$TREE/modules.dep")" = $'a.ko\nb.ko' ]
}

@test "a directory that holds itself by a mount" {
	module kernel/a.ko
	mkdir "$TREE/kernel/inner"
	unshare -m sh -c 'mount --bind "$1" "$1/kernel/inner"' - "$TREE" 2>/dev/null ||
		skip "nothing can be mounted here"
	run unshare -m sh -c 'mount --bind "$1" "$1/kernel/inner" && shift && exec "$@"' - "$TREE" \
		timeout 60 "$DEPMOD" -b root -C empty -o out "$RELEASE"
	exits 0
	[ "$(cat "out/lib/modules/$RELEASE/modules.dep")" = kernel/a.ko: ]
}

# changing COMMAND: runs it, again and again, until the file `enough` is there, or a minute has passed.
changing() { perl -e 'until (-e "enough" or time > $^T + 60) { '"$1"' }' "${@:2}" 3>&- & }

teardown() {
	: >"$BATS_TEST_TMPDIR/enough"
	wait
}

# amid_changes: fifty runs; each names nothing but the modules of kernel/odd, and has everything else.
amid_changes() {
	local i others named=0
	for i in $(seq 50); do
		safely --jobs $((i % 3 + 1))
		others=$(grep . <<<"$output" | grep -v '^depmod: ERROR: [a-z :]*kernel/odd') || true
		[ -z "$others" ] || { echo "$others"; return 1; }
		diff <(echo "$expected") <(grep -v '^kernel/odd/' "$TREE/modules.dep")
		[ -z "$output" ] || named=$((named + 1))
	done
	teardown
	tell "50 runs, $named of which named something"
}

sound() {
	for i in $(seq 20); do module "kernel/m$i.ko" --export "s$i" --need "s$((i + 1))"; done
	safely
	expected=$(cat "$TREE/modules.dep")
	module kernel/odd/a.ko --alias a --pad 200000
	module kernel/odd/b.ko --alias b --pad 200000
	module kernel/odd/c.ko --alias c --pad 200000
	module kernel/odd/d.ko --alias d --pad 200000
	gzip -n "$TREE/kernel/odd/b.ko"
	xz --check=crc32 "$TREE/kernel/odd/c.ko"
	zstd -q --rm "$TREE/kernel/odd/d.ko"
}

@test "files that shrink and grow while they are read" {
	sound
	mkdir copies
	cp "$TREE"/kernel/odd/* copies
	changing 'for (@ARGV) {
			my ($name) = m{([^/]*)$};
			truncate $_, int rand -s $_;
			select undef, undef, undef, rand 0.002;
			open my $from, "<:raw", "copies/$name";
			open my $to, "+<:raw", $_;
			local $/;
			print $to readline $from;
			truncate $to, 1000000 + int rand 9000000 if rand() < 0.3;
		}' "$TREE"/kernel/odd/*
	amid_changes
}

@test "files that become FIFOs, devices, directories and links while they are read" {
	sound
	rm "$TREE"/kernel/odd/[b-d]*
	cp "$TREE/kernel/odd/a.ko" module.ko
	mkfifo fifo
	changing 'my ($odd) = @ARGV;
		my $name = "$odd/" . ("a".."f")[rand 6] . ".ko";
		my $what = int rand 6;
		if ($what == 0) { link "module.ko", "new"; rename "new", $name }
		elsif ($what == 1) { link "fifo", "new"; rename "new", $name }
		elsif ($what == 2) { symlink "/dev/zero", "new"; rename "new", $name }
		elsif ($what == 3) { symlink "nowhere", "new"; rename "new", $name }
		elsif ($what == 4) { unlink $name; mkdir $name; link "module.ko", "$name/deep.ko" }
		else { unlink $name, "$name/deep.ko"; rmdir $name }
		unlink "new"; select undef, undef, undef, rand 0.0005' "$TREE/kernel/odd"
	amid_changes
}

@test "directories that come, go and lead around while they are walked" {
	sound
	rm -r "$TREE/kernel/odd"
	mkdir "$TREE/kernel/odd"
	cp "$TREE/kernel/m1.ko" module.ko
	changing 'my ($odd) = @ARGV;
		my $name = "$odd/" . ("a".."f")[rand 6];
		my $what = int rand 4;
		if ($what == 0) { mkdir $name and link "module.ko", "$name/x.ko" }
		elsif ($what == 1) { symlink "..", $name }
		elsif ($what == 2) { rename $name, "$odd/" . ("a".."f")[rand 6] }
		else { unlink "$name/x.ko", $name; rmdir $name }' "$TREE/kernel/odd"
	amid_changes
}
