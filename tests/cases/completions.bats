# What the shells offer when the tabulator key is pressed.
load common
load shells

setup_file() {
	for shell in bash zsh fish; do command -v $shell >/dev/null || skip "$shell is not installed"; done
}

# Two kernels below `root`, one below `merged`, which has only usr/lib; files; and a running kernel.
kernels() {
	mkdir -p "$ROOT/lib/modules/6.2.0-x" merged/usr/lib/modules/5.10.0 modules/4.0.1 bin
	printf '%s\n' 'kernel/snd-hda-intel.ko.xz: kernel/snd.ko' 'kernel/snd.ko:' 'kernel/snow.ko.gz:' 'kernel/ext4.ko:' \
		>"$TREE/modules.dep"
	printf '%s\n' kernel/built-in.ko >"$TREE/modules.builtin"
	printf '%s\n' kernel/other.ko: >"$ROOT/lib/modules/6.2.0-x/modules.dep"
	printf '#!/bin/sh\necho %s\n' "$RELEASE" >bin/uname
	printf '#!/bin/sh\ncase $* in *" /proc/modules") printf "snd_pcm\\nsnd\\next4\\n" ;; *) exec %s "$@" ;; esac\n' \
		"$(command -v cut)" >bin/cut
	chmod +x bin/*
	: >"file 1"
}

@test "depmod: the versions below the module directory" {
	kernels
	every_shell_offers 'depmod -b root ' 6.1.0 6.2.0-x
	every_shell_offers 'depmod -broot 6.2' 6.2.0-x
	every_shell_offers 'depmod -ab root ' 6.1.0 6.2.0-x
	every_shell_offers 'depmod --basedir=root 6.1' 6.1.0
	every_shell_offers 'depmod --basedir root -a ' 6.1.0 6.2.0-x
	every_shell_offers "depmod -b $ROOT " 6.1.0 6.2.0-x
	every_shell_offers 'depmod -b nowhere '
}

@test "depmod: the versions below another module directory" {
	kernels
	every_shell_offers 'depmod -b . -m modules ' 4.0.1
	every_shell_offers 'depmod -m modules -b . ' 4.0.1
	every_shell_offers 'depmod -b . --moduledir=modules ' 4.0.1
	every_shell_offers 'depmod -b merged ' 5.10.0
	every_shell_offers 'depmod -b root -b merged ' 5.10.0
}

@test "depmod: files behind the version" {
	kernels
	every_shell_offers 'depmod -b root 6.1.0 fi' 'file 1'
}

@test "depmod: values of options" {
	kernels
	every_shell_offers 'depmod -b me' merged
	every_shell_offers 'depmod --outdir=me' merged
	every_shell_offers 'depmod -b fi'
	every_shell_offers 'depmod -F fi' 'file 1'
	every_shell_offers 'depmod -aeE fi' 'file 1'
	every_shell_offers 'depmod --config me' merged
	every_shell_offers 'depmod -P '
	every_shell_offers 'depmod --jobs '
}

@test "depmod --explain: modules of the version that is named, or of the running kernel" {
	kernels
	every_shell_offers 'depmod -b root --explain sn' snd snd_hda_intel snow
	every_shell_offers 'depmod -b root 6.2.0-x --explain ' other
	every_shell_offers 'depmod -b root --explain=bu' built_in
	every_shell_offers 'depmod -b root --explain snd ' 6.1.0 6.2.0-x
	every_shell_offers 'depmod -b root --explain snd 6.1.0 '
}

@test "depmod --dot: modules, and a version before or after" {
	kernels
	every_shell_offers 'depmod -b root --dot ' 6.1.0 6.2.0-x built_in ext4 snd snd_hda_intel snow
	every_shell_offers 'depmod -b root --dot 6.2.0-x ' other
	every_shell_offers 'depmod -b root --dot snd 6' 6.1.0 6.2.0-x
}

@test "depmod: options, long ones alone behind two dashes" {
	every_shell_offers 'depmod --sy' --symbol-prefix --symvers --sync --syslog
	every_shell_offers 'depmod 6.1.0 --stri' --strict
}

@test "modprobe: modules of the running kernel, or of another one" {
	kernels
	every_shell_offers 'modprobe -d root ' built_in ext4 snd snd_hda_intel snow
	every_shell_offers 'modprobe -d root sn' snd snd_hda_intel snow
	every_shell_offers 'modprobe --dirname=root -S 6.2.0-x ' other
	every_shell_offers 'modprobe -droot -vS6.2.0-x ' other
	every_shell_offers 'modprobe -d nowhere '
}

@test "modprobe: a dash is as good as an underscore" {
	kernels
	SHELLS='bash zsh' every_shell_offers 'modprobe -d root snd-h' snd_hda_intel
	SHELLS=fish every_shell_offers 'modprobe -d root snd-h' snd-hda-intel
}

@test "modprobe: behind a module stand parameters, but for -a and -R" {
	kernels
	every_shell_offers 'modprobe -d root snd '
	every_shell_offers 'modprobe -a -d root snd e' ext4
	every_shell_offers 'modprobe -d root -vR snd e' ext4
}

# modinfo_knows MODULE LINE...: the lines of modinfo -p for it; how it was called is in `asked`.
modinfo_knows() {
	printf '%s\n' '#!/bin/sh' "echo \"\$*\" >$BATS_TEST_TMPDIR/asked" "case \"\$*\" in *'-p $1') cat $BATS_TEST_TMPDIR/lines ;; esac" >bin/modinfo
	printf '%s\n' "${@:2}" >lines
	chmod +x bin/modinfo
}

@test "modprobe: parameters of the module, as modinfo -p knows them" {
	kernels
	modinfo_knows snd 'index:Which card: any (array of int)' 'id:A name' 'of two lines' 'cards_limit:Count of cards (int)'
	SHELLS='bash fish' every_shell_offers 'modprobe snd ' cards_limit= id= index=
	SHELLS=zsh every_shell_offers 'modprobe snd ' cards_limit id index # and = as a suffix
	[ "$(cat asked)" = "-p snd" ]
	SHELLS='bash fish' every_shell_offers 'modprobe -v -d root -S 6.2.0-x snd i' id= index=
	[ "$(cat asked)" = "-b root -k 6.2.0-x -p snd" ]
	every_shell_offers 'modprobe ext4 '
	SHELLS=bash every_shell_offers 'modprobe snd index='
	[ "$(offered_by_fish_with_descriptions 'modprobe snd in')" = $'index=\tWhich card: any (array of int)' ]
}

offered_by_fish_with_descriptions() {
	PATH=$PWD/bin:$PATH HOME=$PWD fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$PROJECT/completions/depmod.fish" "$1"
}

@test "where the running kernel is not there, modules of those that are" {
	kernels
	printf '#!/bin/sh\necho 9.9.9\n' >bin/uname
	every_shell_offers 'depmod -b root --explain sn' snd snd_hda_intel snow
	every_shell_offers 'depmod -b root --explain ot' other
	every_shell_offers 'modprobe -d root ot' other
	every_shell_offers 'depmod -b root 6.1.0 --explain ot'
	every_shell_offers 'depmod -b nowhere --explain '
}

@test "modprobe -r: modules that are loaded" {
	kernels
	every_shell_offers 'modprobe -r ' ext4 snd snd_pcm
	every_shell_offers 'modprobe -vr snd' snd snd_pcm
	every_shell_offers 'modprobe --remove ext4 snd' snd snd_pcm
}

@test "modprobe: files and directories" {
	kernels
	every_shell_offers 'modprobe ./fi' 'file 1'
	every_shell_offers 'modprobe --show-exports fi' 'file 1'
	every_shell_offers 'modprobe -C me' merged
	every_shell_offers 'modprobe -d me' merged
	every_shell_offers 'modprobe -d fi'
}

@test "modprobe: versions, and nothing for milliseconds" {
	kernels
	every_shell_offers 'modprobe -d root -S ' 6.1.0 6.2.0-x
	every_shell_offers 'modprobe -d merged --set-version=' 5.10.0
	every_shell_offers 'modprobe -r -w '
}

@test "a directory with blanks in its name" {
	kernels
	mv root 'r s'
	every_shell_offers 'depmod -b "r s" ' 6.1.0 6.2.0-x
	every_shell_offers 'depmod -b r\ s ' 6.1.0 6.2.0-x
	every_shell_offers 'modprobe -d "r s" ex' ext4
}

@test "bash: words come with their quotes" {
	kernels
	mv root 'r s'
	for word in '"r s"' "'r s'" 'r\ s'; do
		run bash --norc -c 'source "$1"; COMP_WORDS=(depmod -b "$2" ""); COMP_CWORD=3; _depmod; echo "${COMPREPLY[@]}"' \
			- "$PROJECT/completions/depmod.bash" "$word"
		[ "$output" = "6.1.0 6.2.0-x" ]
	done
}

@test "names from the disk are run by no shell" {
	kernels
	printf '%s\n' 'kernel/$(touch${IFS}hacked).ko:' 'kernel/`touch${IFS}hacked`.ko:' 'kernel/snd.ko:' >"$TREE/modules.dep"
	mkdir "$ROOT/lib/modules/"{'9.9$(touch hacked)','9.9`touch hacked`'}
	for shell in bash zsh fish; do
		offered "$shell" 'modprobe -d root ' >offered
		grep -qx snd offered
		offered "$shell" 'depmod -b root ' >offered
		grep -qx 6.1.0 offered
		[ ! -e hacked ]
	done
}

@test "modinfo: modules, files, versions, fields" {
	kernels
	every_shell_offers 'modinfo -b root sn' snd snd_hda_intel snow
	every_shell_offers 'modinfo -b root -k 6.2.0-x ' other
	every_shell_offers 'modinfo -F license -b root ext4 bu' built_in
	every_shell_offers 'modinfo -b root -k 6' 6.1.0 6.2.0-x
	every_shell_offers 'modinfo -F de' depends description
	every_shell_offers 'modinfo --fi' --field --filename
}

@test "insmod: a file; rmmod: loaded modules; lsmod: options alone" {
	kernels
	every_shell_offers 'insmod fi' 'file 1'
	every_shell_offers 'insmod -f fi' 'file 1'
	every_shell_offers 'insmod x.ko fi'
	every_shell_offers 'rmmod sn' snd snd_pcm
	every_shell_offers 'rmmod snd e' ext4
	SHELLS='bash fish' every_shell_offers 'lsmod ' # zsh offers options when there is nothing else
}

@test "kmod: commands, and what is theirs" {
	kernels
	every_shell_offers 'kmod ' insmod list lsmod modinfo modprobe rmmod static-nodes
	every_shell_offers 'kmod rmmod sn' snd snd_pcm
	every_shell_offers 'kmod modinfo -b root sn' snd snd_hda_intel snow
	every_shell_offers 'kmod static-nodes -f ' devname human tmpfiles
	every_shell_offers 'kmod static-nodes --fo' --format
}
