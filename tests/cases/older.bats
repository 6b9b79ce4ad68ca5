# depmod.old: when depmod runs it, where it is looked for, and that nothing is written where it is missing or says nonsense.
# What it does for old kernels is in modutils.bats, what stands in map files in maps.bats.
load common
load invariants

MAPS="modules.pcimap modules.usbmap modules.ccwmap modules.ieee1394map modules.isapnpmap modules.inputmap modules.ofmap
	modules.seriomap"

# trees: a kernel of each series, with a module.
trees() {
	module kernel/a.ko --device pci=1,2
	OLD=$ROOT/lib/modules/2.4.20
	mkdir -p "$OLD/kernel"
	"$MKMODULE" --class 32 --ksymtab one "$OLD/kernel/o.o"
	: >map
}

# alone OPTION...: depmod, where no depmod.old is.
alone() {
	mkdir -p alone
	cp "$DEPMOD" alone
	run env PATH= alone/depmod -b root -C empty -F map "$@"
}

# is_missed: what the last run said is that there is no depmod.old.
is_missed() {
	exits 1
	[ "${#lines[@]}" = 1 ]
	says 'depmod: ERROR: '
	says 'need the program depmod.old, which is neither beside this one nor in PATH'
}

# fake DIRECTORY LINE...: a depmod.old there, a script.
fake() {
	mkdir -p "$1"
	{ echo '#!/bin/sh'; printf '%s\n' "${@:2}"; } >"$1/depmod.old"
	chmod +x "$1/depmod.old"
}

# beside [OPTION...]: a depmod with a depmod.old beside it that fake() made, in ./beside.
beside() {
	cp "$DEPMOD" beside
	run beside/depmod -b root -C empty "$@"
}

# ---- when ----

@test "which versions are old, and are not depmod's" {
	local release
	mkdir map
	for release in 1.0 1.2.13 2.0 2.4.20 2.5.75 2.5.75-mm1; do
		alone "$release"
		is_missed
	done
	for release in 0.0 0.0.0 0.1 2.6 2.6.0 2.10.1 2.40.1 3.0 3.2 10.2 12.4.0; do
		rm -rf root
		TREE=$ROOT/lib/modules/$release
		module kernel/a.ko --alias one
		run env PATH= alone/depmod -b root -C empty -q "$release"
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko:
		[ -s "$TREE/modules.dep.bin" ]
	done
}

@test "for old versions, .o files and map files, depmod runs what is beside it; else not" {
	trees
	fake beside "printf '%s\\n' \"\$@\" >'$PWD/called'" 'exit 7' # for map files it begins in the tree
	beside -F map -e 2.4.20
	exits 7
	[ "$(cat called)" = "$(printf '%s\n' -b root -C empty -F map -e 2.4.20)" ]
	rm called
	beside "$OLD/kernel/o.o"
	exits 7
	[ "$(cat called)" = "$(printf '%s\n' -b root -C empty "$OLD/kernel/o.o")" ]
	rm called
	beside -m usr/lib/modules -- 2.4.20 b.o.gz
	exits 7
	[ "$(tail -n 2 called)" = $'2.4.20\nb.o.gz' ]
	rm called
	beside --map "$RELEASE"
	exits 1
	grep -qx -- --map called
	[ -z "$(grep -E '^-[a-z]*[qs]' called)" ]
	rm called
	beside --map -qs "$RELEASE"
	exits 1
	grep -qx -- --map called
	grep -qE '^-[a-z]*q' called
	grep -qE '^-[a-z]*s' called
	rm called
	for form in '' '--map --explain a' '--map --dot' -n -A -V -h '-V 2.4.20' '--help --map'; do
		beside $form "$RELEASE"
		exits 0
		[ ! -e called ]
	done
}

@test "the work is done: an old version, its .o file, and map files" {
	trees
	run "$DEPMOD" -b root -C empty -F map 2.4.20
	exits 0
	says_nothing
	[ "$(cat "$OLD/modules.dep")" = $'/lib/modules/2.4.20/kernel/o.o:' ]
	run "$DEPMOD" -F map "$OLD/kernel/o.o"
	exits 0
	[ "${lines[0]}" = "$OLD/kernel/o.o:" ]
	run "$DEPMOD" -b root -C empty --map "$RELEASE"
	exits 0
	says_nothing
	[ "$(tail -n 1 "$TREE/modules.pcimap" | cut -c 1-33)" = 'a                    0x00000001 0' ]
}

@test "depmod.old is not for later kernels" {
	trees
	before=$(fingerprint)
	for form in "$RELEASE" 2.6 2.6.0 3.0 0.0 0.0.0 "--map $RELEASE" "-n $RELEASE" "-A $RELEASE" "--all-versions $RELEASE" ''; do
		run "$DEPMOD_OLD" -b root -C empty $form
		exits 1
		[ "${#lines[@]}" = 1 ]
		says "depmod: ERROR: kernels since 2.6 are depmod's"
	done
	[ "$(fingerprint)" = "$before" ]
}

# ---- where ----

@test "without it: an error, and nothing is written, whatever it was to do" {
	trees
	before=$(fingerprint)
	for form in 2.4.20 '-n 2.4.20' '-A 2.4.20' '-q 2.4.20' '-o out 2.4.20' root/lib/modules/2.4.20/kernel/o.o \
		"$RELEASE root/lib/modules/2.4.20/kernel/o.o" nowhere.o.gz "--map $RELEASE" "-n --map $RELEASE" "-A --map $RELEASE" \
		"-q --map -o out $RELEASE" "--map $RELEASE $TREE/kernel/a.ko"; do
		alone $form
		is_missed
		[ ! -e out ]
		[ "$(fingerprint)" = "$before" ]
	done
}

@test "without it, what needs no depmod.old is done" {
	trees
	alone "$RELEASE"
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
	[ -z "$(find "$TREE" -name 'modules.*map')" ]
}

@test "--all-versions without it: the new version is indexed, the old one fails" {
	trees
	alone --all-versions
	is_missed
	file_is modules.dep kernel/a.ko:
	[ "$(ls "$OLD")" = kernel ]
	run "$DEPMOD" -b root -C empty -F map --all-versions
	exits 0
	says_nothing
	[ -s "$OLD/modules.dep" ]
}

@test "--all-versions --map without it: no version is touched" {
	trees
	before=$(fingerprint)
	alone --all-versions --map
	exits 1
	[ "${#lines[@]}" = 2 ]
	[ "$(fingerprint)" = "$before" ]
}

@test "in PATH, where it is not beside: the first that can be run; of an empty place nothing is taken" {
	trees
	mkdir -p alone first
	cp "$DEPMOD" alone
	fake . 'echo here'
	fake second 'echo second'
	fake third 'echo third'
	echo text >first/depmod.old
	run env PATH=":nowhere::first:$PWD/second:third:" alone/depmod -b root 2.4.20
	exits 0
	[ "$output" = second ]
	run env PATH=: alone/depmod -b root 2.4.20
	is_missed
	run env -u PATH alone/depmod -b root 2.4.20
	is_missed
	run env PATH="$(dirname "$(realpath "$DEPMOD_OLD")")" alone/depmod -b root -C empty --map "$RELEASE"
	exits 0
	says_nothing
	[ -s "$TREE/modules.pcimap" ]
}

@test "beside counts before PATH" {
	trees
	fake beside 'echo beside'
	fake path 'echo path'
	PATH=$PWD/path:$PATH beside 2.4.20
	exits 0
	[ "$output" = beside ]
}

@test "beside is where the file is, not a link to it; by a path, in PATH, under another name" {
	trees
	mkdir links
	fake real 'echo real'
	fake links 'echo links'
	cp "$DEPMOD" real/depmod
	ln -s ../real/depmod links/depmod
	ln -s depmod links/depmod-other
	for command in links/depmod links/depmod-other ./real/depmod "$PWD/links/../real/depmod"; do
		run "$command" -b root 2.4.20
		exits 0
		[ "$output" = real ]
	done
	rm links/depmod.old
	PATH=$PWD/links:$PATH run depmod -b root 2.4.20
	[ "$output" = real ]
	(cd links && ./depmod 2.4.20) >said
	[ "$(cat said)" = real ]
}

@test "a depmod.old that cannot be run: an error" {
	trees
	fake beside
	for damage in 'echo text' ': '; do
		$damage >beside/depmod.old
		beside 2.4.20
		exits 1
		says 'depmod: ERROR: could not run '
		says '/beside/depmod.old: '
		beside --map "$RELEASE"
		exits 1
		says '/beside/depmod.old'
		[ "$(ls "$OLD" "$TREE" | grep -c map)" = 0 ]
	done
}

# ---- map files, from what depmod.old says ----

# old_maps: old files, those of maps among them; what is there is in $before.
old_maps() {
	OUTPUTS="$OUTPUTS $MAPS" old_files "$TREE"
	before=$(everything)
}

# everything: of the tree's output files, each, those of maps among them, and temporary ones.
everything() {
	OUTPUTS="$OUTPUTS $MAPS" contents "$TREE"
}

# answer LINE...: a depmod.old that does this, for depmod --map on a tree of old files.
answer() {
	old_maps
	fake beside "$@"
	beside --map --jobs 2 "$RELEASE"
}

# refused LINE...: that is an error, and the old files stay.
refused() {
	answer "$@"
	exits 1
	says "depmod: ERROR: no map files came from $PWD/beside/depmod.old"
	[ "$(everything)" = "$before" ] || { printf 'after %s:\n%s\n' "$*" "$(everything)"; return 1; }
}

@test "what a good one says is written, beside the other files" {
	trees
	answer "cat >'$PWD/paths'" 'printf "modules.pcimap\0one\ntwo\n\0modules.ofmap\0\0\0"'
	exits 0
	says_nothing
	[ "$(tr '\0' '\n' <paths)" = kernel/a.ko ]
	file_is modules.pcimap one two
	file_is modules.ofmap
	file_is modules.usbmap 'old modules.usbmap'
	file_is modules.dep kernel/a.ko:
	[ -z "$(find "$TREE" -name '.*.new')" ]
}

@test "nothing, garbage, or half of it" {
	trees
	refused 'exit 0'
	refused 'exit 1'
	refused 'cat >/dev/null'
	refused 'kill -KILL $$'
	refused 'echo garbage'
	refused 'cat /bin/sh'
	refused 'printf "modules.pcimap"'
	refused 'printf "modules.pcimap\0"'
	refused 'printf "modules.pcimap\0text"'
	refused 'printf "modules.pcimap\0text\0"'
	refused 'printf "modules.pcimap\0text\0modules.ofmap\0te"; kill -KILL $$'
	refused 'printf "modules.pcimap\0text\0\0more"'
	refused 'printf "modules.pcimap\0text\0\0\0"'
	refused 'cat >/dev/null; "'"$DEPMOD_OLD"'" --map </dev/null | head -c 700'
}

@test "names that are none, or too many" {
	local name
	trees
	for name in ../modules.pcimap modules./pcimap modules../../../x modules.pcimap/ /modules.pcimap pcimap modules. \
		.modules.pcimap modules "modules.$(printf 'x%.0s' {1..40})" 'Modules.pcimap'; do
		refused "printf '$name\\0text\\0\\0'"
		refused "printf 'modules.pcimap\\0text\\0$name\\0text\\0\\0'"
	done
	refused 'for i in 1 2 3 4 5 6 7 8 9; do printf "modules.map$i\0text\0"; done; printf "\0"'
	[ -z "$(find . -name x)" ]
	answer 'cat >/dev/null' 'for i in 1 2 3 4 5 6 7 8; do printf "modules.map$i\0text\0"; done; printf "\0"'
	exits 0
	file_is modules.map8 text
}

@test "with -n, nothing is said of the rest when map files are missing" {
	trees
	fake beside 'exit 1'
	before=$(fingerprint)
	beside --map -n "$RELEASE"
	exits 1
	says 'no map files came from'
	[ "$(fingerprint)" = "$before" ]
}

@test "a depmod.old that says much, and reads nothing: the run ends, one way or the other" {
	trees
	old_maps
	for i in $(seq 300); do ln "$TREE/kernel/a.ko" "$TREE/kernel/$(printf 'a%0240d' "$i").ko"; done
	fake beside 'exec <&-' 'printf "modules.pcimap\0"' 'yes | head -c 1000000' 'printf "\0\0"'
	cp "$DEPMOD" beside
	run timeout 20 beside/depmod -b root -C empty --map "$RELEASE"
	case $status in
	0)
		[ "$(wc -c <"$TREE/modules.pcimap")" = 1000000 ]
		[ "$(wc -l <"$TREE/modules.dep")" = 301 ]
		;;
	1) [ "$(everything)" = "$before" ] ;;
	*) false ;;
	esac
}

@test "when it fails and all is there, all is written; --strict makes that exit status 1" {
	trees
	for script in 'exit 1' 'kill -KILL $$'; do
		fake beside 'cat >/dev/null' 'printf "modules.pcimap\0one\n\0\0"' "$script"
		beside --map "$RELEASE"
		exits 0
		file_is modules.pcimap one
		rm "$TREE/modules.pcimap"
		beside --map --strict "$RELEASE"
		exits 1
		file_is modules.pcimap one
	done
}

@test "whatever standard descriptors are closed" {
	local closed
	trees
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '<&- >&- 2>&-'; do
		rm -f "$TREE"/modules.*map
		run bash -c '"$@" '"$closed" - "$DEPMOD" -b root -C empty --map "$RELEASE"
		exits 0
		[ -s "$TREE/modules.pcimap" ]
		run bash -c '"$@" '"$closed" - "$DEPMOD" -b root -C empty -F map 2.4.20
		exits 0
		[ -s "$OLD/modules.dep" ]
	done
}

@test "the base directory may have any name" {
	local name
	trees
	mkdir empty-base
	for name in '-x' 'with blank' $'with\nnewline' 'a\b%s'; do
		cp -R root "./$name"
		run "$DEPMOD" -b "./$name" -C empty --map "$RELEASE"
		exits 0
		says_nothing
		grep -q '^a ' "./$name/lib/modules/$RELEASE/modules.pcimap"
		rm -rf out
		run "$DEPMOD" -q -b "./$name" -b empty-base -o out -C empty --map "$RELEASE"
		exits 0
		says_nothing
		grep -q '^a ' "out/lib/modules/$RELEASE/modules.pcimap"
	done
}

@test "modules of several trees, and elsewhere, are in the maps" {
	trees
	mkdir -p second/lib/modules/$RELEASE/kernel extra
	"$MKMODULE" --device pci=3,4 "second/lib/modules/$RELEASE/kernel/b.ko"
	"$MKMODULE" --device pci=5,6 extra/c.ko
	printf '%s\n' 'search external updates built-in' "external * $PWD/extra" >conf
	run "$DEPMOD" -q -b root -b second -o out -C conf --map "$RELEASE"
	exits 0
	says_nothing
	[ "$(grep -v ^# "out/lib/modules/$RELEASE/modules.pcimap" | cut -c 1-31 | sort)" = "$(
		printf '%-20s 0x0000000%d\n' a 1 b 3 c 5)" ]
	run "$DEPMOD" -q -b root -C conf --map "$RELEASE"
	exits 0
	[ "$(grep -v ^# "$TREE/modules.pcimap" | cut -c 1-31 | sort)" = "$(printf '%-20s 0x0000000%d\n' a 1 c 5)" ]
}

# ---- all or nothing ----

set_up_old_maps() {
	needs_tracing
	small_tree
	module kernel/a.ko --export one=1 --alias 'pci:v1*' --device pci=1,2
	old_maps
}

@test "map files are replaced with the others, or none is" {
	local n
	set_up_old_maps
	for n in {1..19}; do
		run strace -f -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:error=EIO:when=$n \
			"$DEPMOD" --jobs 1 -b root -C conf --map "$RELEASE"
		exits 1
		says 'could not replace'
		[ "$(everything)" = "$before" ]
	done
	run strace -f -qq -o trace -e trace=renameat2 "$DEPMOD" --jobs 1 -b root -C conf --map "$RELEASE"
	exits 0
	[ "$(grep -c renameat2 trace)" = 19 ]
	[ "$(everything | wc -l)" = 19 ]
	[ -z "$(grep -l '^old' "$TREE"/modules.*)" ]
}

@test "a killed run: each file is old or new, the other stands beside it; the next run, failed or not, leaves nothing of it" {
	local n new
	set_up_old_maps
	"$DEPMOD" -q -b root -C conf -o new --map "$RELEASE"
	new=$(TREE=new/lib/modules/$RELEASE everything)
	for n in 1 4 10 13 19; do
		old_maps
		run strace -f -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=KILL:when=$n \
			"$DEPMOD" --jobs 1 -b root -C conf --map "$RELEASE"
		[ -z "$(everything | grep -v ' \.' | grep -vxF -e "$before" -e "$new")" ]
		[ "$(everything | grep -c ' \.')" = 20 ] # 19, and the lock
		if [ $n != 10 ]; then
			run "$DEPMOD" -b root -C conf --map -F nowhere "$RELEASE"
			exits 1
			[ -z "$(everything | grep ' \.')" ] || { echo "left: $(everything)"; return 1; }
		fi
		run "$DEPMOD" -b root -C conf --map "$RELEASE"
		exits 0
		[ "$(everything)" = "$new" ]
	done
}

# Errors on the way to depmod.old and back, and in itself.
@test "a system call that fails: all is there, or nothing has changed and it is told, or one module is named" {
	local call error count n good runs=0
	set_up_old_maps
	command=("$DEPMOD" --jobs 1 -b root -C conf --map "$RELEASE")
	strace -f -qq -o trace "${command[@]}"
	good=$(everything)
	while read -r call error; do
		# The most often that one process makes it.
		count=$(awk -v call="$call" '$2 ~ "^" call "\\(" && ++n[$1] > most { most = n[$1] } END { print most + 0 }' trace)
		[ "$count" -gt 0 ] || continue
		for ((n = 1; n <= count; n++)); do
			old_maps
			# To strace's way of failing a call a confined process's filter says no.
			run timeout 20 strace -f -qq -o /dev/null -e trace="$call,prctl" -e inject=prctl:error=EINVAL \
				-e inject="$call:error=$error:when=$n" "${command[@]}"
			runs=$((runs + 1))
			case $status in
			0) [ "$(everything)" = "$good" ] || says kernel/ || says "$PWD/extra/" ;;
			1)
				says 'depmod: '
				[ "$(everything)" = "$before" ]
				;;
			*) false ;;
			esac || { echo "$call $error $n: status $status: $output"; everything; return 1; }
		done
	done <<-'END'
		pipe2 EMFILE
		dup3 EBUSY
		fchdir EACCES
		fork EAGAIN
		clone EAGAIN
		execve ENOMEM
		wait4 EINTR
		read EIO
		read EINTR
		write EIO
		write EINTR
		pread64 ENOMEM
		pread64 EIO
		openat EMFILE
		open EMFILE
		mmap ENOMEM
	END
	tell "$runs runs"
	[ "$runs" -gt 30 ]
}

# ---- the filter ----

# filter PATH...: depmod.old on these; what it prints is in the file `printed`.
filter() {
	status=0
	printf '%s\0' "$@" | "$DEPMOD_OLD" --map >printed 2>messages || status=$?
	output=$(cat messages)
}

@test "as a filter: paths in, each ended by NUL; name NUL content NUL for each file, NUL at the end" {
	local name
	trees
	module kernel/b.ko --class 32 --order big --device pci=3,4
	xz --check=crc32 "$TREE/kernel/b.ko"
	run "$DEPMOD" -b root -C empty --map "$RELEASE"
	exits 0
	filter "$TREE/kernel/a.ko" "root/lib/modules/$RELEASE/kernel/b.ko.xz"
	exits 0
	says_nothing
	for name in $MAPS; do
		printf '%s\0' "$name"
		cat "$TREE/$name"
		printf '\0'
	done >expected
	printf '\0' >>expected
	cmp expected printed
	printf '%s\0%s' "$TREE/kernel/a.ko" "$TREE/kernel/b.ko.xz" | "$DEPMOD_OLD" --map >without-end
	cmp expected without-end
}

@test "as a filter: no paths, headers alone" {
	run bash -c '"$1" --map </dev/null | tr "\0" @' - "$DEPMOD_OLD"
	exits 0
	[ "$(grep -c '^.*# ' <<<"$output")" = 8 ]
	[ "$(tail -c 3 <<<"$output")" = @@ ]
}

@test "as a filter: a path that leads nowhere, or to no module: an error, and the others are complete" {
	trees
	module kernel/b.ko --device pci=3,4
	echo text >"$TREE/kernel/bad.ko"
	filter "$TREE/kernel/a.ko" "$TREE/kernel/b.ko"
	exits 0
	cp printed expected
	filter "$TREE/kernel/a.ko" '' "$TREE/kernel/b.ko" /nowhere/b.ko # the file, and what it is called
	exits 0
	cmp printed expected
	for bad in nowhere.ko "$TREE/kernel" "$TREE/kernel/bad.ko"; do
		filter "$TREE/kernel/a.ko" "$bad" "$TREE/kernel/b.ko"
		exits 1
		[ "$(wc -l <messages)" = 1 ]
		says "depmod: ERROR: $bad: left out of the maps: "
		cmp printed expected
	done
}

@test "as a filter: no end without all before it" {
	trees
	[ -c /dev/full ] || skip "no /dev/full"
	run sh -c 'echo "$2" | "$1" --map >/dev/full' - "$DEPMOD_OLD" "$TREE/kernel/a.ko"
	exits 1
	says 'depmod: ERROR: could not write to standard output: No space left on device'
	run sh -c '"$1" --map <"$2"' - "$DEPMOD_OLD" "$TREE"
	exits 1
	[ "$output" = 'depmod: FATAL: cannot go on: standard input: Is a directory' ]
}

# readers CALL ACTION LINE...: the filter, in whose processes that call comes to this.
readers() {
	local call=$1 action=$2
	shift 2
	status=0
	printf '%s\0' "$@" | timeout 60 strace -f -qq -o trace -e trace="$call" -e inject="$call:$action" "$DEPMOD_OLD" --map \
		>printed 2>messages || status=$?
	output=$(cat messages)
}

@test "as a filter: a process that dies costs the module it was on" {
	local n lost
	needs_tracing
	for n in {1..9}; do module "kernel/m$n.ko" --device "pci=$n,2"; done
	for n in 1 2 5 9; do
		for signal in SEGV SYS; do
			readers pread64 "signal=$signal:when=$n" "$TREE"/kernel/m?.ko
			exits 1
			lost=$(grep -c 'm[1-9].ko: left out of the maps: the process that read it died$' messages)
			[ "$lost" = "$(wc -l <messages)" ]
			[ "$lost" -ge 1 ]
			[ "$(grep -ac '^m[1-9] ' printed)" = $((9 - lost)) ]
			sed 's,.*/\(m[1-9]\)\.ko: left.*,\1,' messages >lost
			[ -z "$(grep -a '^m[1-9] ' printed | cut -d ' ' -f 1 | grep -xFf lost)" ]
			[ "$(tail -c 2 printed | od -An -tx1)" = ' 00 00' ]
		done
	done
}

@test "as a filter: a process that is killed, as when memory is short, ends it without the mark of completeness" {
	needs_tracing
	for n in {1..9}; do module "kernel/m$n.ko" --device "pci=$n,2"; done
	readers pread64 "signal=KILL:when=2" "$TREE"/kernel/m?.ko
	exits 1
	grep -q 'm[1-9].ko: left out of the maps: the process that read it died$' messages
	[ ! -s printed ]
}

@test "as a filter: modules are read by processes that may do nothing else" {
	needs_tracing
	trees
	printf '%s\0' "$TREE/kernel/a.ko" | strace -f -qq -o trace "$DEPMOD_OLD" --map >printed
	grep -q 'prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER' trace
	reader=$(sed -n 's/^\([0-9]*\) .*PR_SET_SECCOMP.*/\1/p' trace)
	[ "$(sed -n "s/^\([0-9]*\) .*kernel\/a\.ko.*/\1/p" trace | sort -u)" = "$reader" ]
}
