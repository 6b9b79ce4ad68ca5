# Two files with the same module name: which one wins.
load common

# both PATH PATH...: modules there.
both() { for path; do module "$path"; done; }

# kept PATH...: what the index is of.
kept() {
	index
	exits 0
	says_nothing
	file_is modules.dep "${@/%/:}"
}

@test "by default updates wins over the rest" {
	both kernel/a.ko updates/a.ko
	kept updates/a.ko
}

@test "by default updates wins over what comes before it by its name" {
	both extra/a.ko updates/deep/a.ko
	kept updates/deep/a.ko
}

@test "an empty configuration leaves the default" {
	both kernel/a.ko updates/a.ko
	config '# nothing'
	kept updates/a.ko
}

@test "names are compared with dashes as underscores, and up to the first dot" {
	both kernel/a-b.ko updates/a_b.x.ko.gz
	kept updates/a_b.x.ko.gz
}

@test "the first listed directory wins" {
	both extra/a.ko kernel/a.ko weak/a.ko
	config 'search weak extra built-in'
	kept weak/a.ko
	config 'search extra weak built-in'
	kept extra/a.ko
}

@test "built-in stands for every path in no listed directory" {
	both extra/a.ko kernel/a.ko
	config 'search built-in extra'
	kept kernel/a.ko
	config 'search extra built-in'
	kept extra/a.ko
}

@test "where built-in is not listed, such paths rank last" {
	both kernel/a.ko updates/a.ko
	config 'search updates'
	kept updates/a.ko
	both aaa/b.ko kernel/b.ko
	config 'search kernel'
	index
	file_is modules.dep kernel/a.ko: kernel/b.ko:
	both extra/c.ko other/c.ko
	config 'search nothing'
	index
	file_is modules.dep aaa/b.ko: extra/c.ko: kernel/a.ko:
}

@test "a search line replaces the default" {
	both kernel/a.ko updates/a.ko extra/a.ko
	config 'search extra built-in'
	kept extra/a.ko
	rm -r "$TREE/extra"
	kept kernel/a.ko
}

@test "several search lines accumulate" {
	both one/a.ko two/a.ko kernel/a.ko two/b.ko kernel/b.ko
	config 'search one' 'search two built-in'
	index
	file_is modules.dep one/a.ko: two/b.ko:
}

@test "a search word may be a path of several directories" {
	both kernel/drivers/a.ko kernel/net/a.ko
	config 'search kernel/net built-in'
	kept kernel/net/a.ko
}

@test "a search word is a whole directory's name, not the beginning of one" {
	both kernel/a.ko updates-old/a.ko
	config 'search updates built-in'
	kept kernel/a.ko
}

@test "a search word with a slash at its end is the same directory" {
	both kernel/a.ko updates/a.ko
	config 'search updates/ built-in'
	kept updates/a.ko
}

@test "a tie is settled by the path in byte order" {
	both kernel/z/a.ko kernel/b/a.ko kernel/c/a.ko
	kept kernel/b/a.ko
	both updates/Z/a.ko updates/a/a.ko
	kept updates/Z/a.ko
}

@test "a plain module wins over a compressed one beside it" {
	module kernel/a.ko --alias plain
	"$MKMODULE" --alias compressed "$TREE/kernel/a.ko.gz"
	kept kernel/a.ko
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias plain a'
}

@test "override wins over search" {
	both kernel/a.ko updates/a.ko
	config 'search updates built-in' 'override a * kernel'
	kept kernel/a.ko
}

@test "override takes a path of several directories, and ignores the suffix" {
	both kernel/drivers/net/a.ko.gz updates/a.ko
	config 'override a * kernel/drivers/net'
	kept kernel/drivers/net/a.ko.gz
}

@test "override for another path or name does nothing" {
	both kernel/a.ko updates/a.ko
	config 'override a * extra' 'override b * kernel' 'override a * kernel/deep' 'override a * ker'
	kept updates/a.ko
}

@test "of several overrides the last one wins" {
	both one/a.ko two/a.ko three/a.ko
	config 'override a * two' 'override a * three'
	kept three/a.ko
	config 'override a * three' 'override a * two'
	kept two/a.ko
}

@test "override holds for a kernel that its pattern matches" {
	both kernel/a.ko updates/a.ko
	config 'override a ^6\.1\. kernel'
	kept kernel/a.ko
	config 'override a ^6\.2\. kernel'
	kept updates/a.ko
}

@test "external directories belong to the index, by absolute path" {
	mkdir -p outside/deep
	"$MKMODULE" --export one outside/deep/b.ko
	module kernel/a.ko --need one
	config "external * $PWD/outside"
	index
	exits 0
	says_nothing
	file_is modules.dep "$PWD/outside/deep/b.ko:" "kernel/a.ko: $PWD/outside/deep/b.ko"
}

@test "the keyword external gives them their rank" {
	mkdir outside
	"$MKMODULE" outside/a.ko
	module kernel/a.ko
	module updates/a.ko
	config 'search external updates built-in' "external * $PWD/outside"
	kept "$PWD/outside/a.ko"
	config 'search updates external built-in' "external * $PWD/outside"
	kept updates/a.ko
	rm -r "$TREE/updates"
	kept "$PWD/outside/a.ko"
	config 'search updates built-in external' "external * $PWD/outside"
	kept kernel/a.ko
}

@test "external directories are ranked among themselves as they are listed" {
	mkdir one two
	"$MKMODULE" one/a.ko
	"$MKMODULE" two/a.ko
	config 'search external' "external * $PWD/two" "external * $PWD/one"
	kept "$PWD/two/a.ko"
}

@test "external holds for a kernel that its pattern matches" {
	mkdir outside
	"$MKMODULE" outside/b.ko
	module kernel/a.ko
	config "external 6.2 $PWD/outside"
	kept kernel/a.ko
	config "external 6.1 $PWD/outside"
	kept "$PWD/outside/b.ko" kernel/a.ko
}

@test "an external directory that is missing is an error message, and the rest is written" {
	module kernel/a.ko
	config "external * $PWD/gone"
	index
	exits 0
	says "$PWD/gone"
	file_is modules.dep kernel/a.ko:
}

@test "the loser is named under -w and under -v, and else not" {
	both kernel/a.ko updates/a.ko
	index
	says_nothing
	for option in -w -v; do
		index $option
		exits 0
		says 'WARNING: '
		says kernel/a.ko
		says updates/a.ko
	done
	index -w -q
	says_nothing
}

@test "every loser is named" {
	both kernel/a.ko updates/a.ko extra/a.ko
	index -w
	says kernel/a.ko
	says extra/a.ko
	says updates/a.ko
}

@test "the loser's content does not count" {
	module kernel/a.ko --alias loser --export one
	module updates/a.ko --alias winner
	module kernel/b.ko --need one
	index
	file_is modules.dep kernel/b.ko: updates/a.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias winner a'
}

@test "modules.order that lists the loser does not move the winner" {
	both kernel/a.ko updates/a.ko kernel/b.ko kernel/z.ko
	order kernel/z.ko kernel/a.ko
	kept kernel/z.ko kernel/b.ko updates/a.ko
}
