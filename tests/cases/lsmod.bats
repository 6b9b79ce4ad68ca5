# The command lsmod. Where kmod is installed, it must print the same.
load common
load modprobe
load commands

@test "names, sizes, uses and holders" {
	needs_mounts
	loaded <<-'END'
		nft_chain_nat 16384 3 - Live 0x0000000000000000
		nf_nat 57344 2 nft_chain_nat,xt_MASQUERADE, Live 0x0000000000000000
		a_module_with_a_name_of_forty_characters 4096 0 - Live 0x0000000000000000
		nineteen_characters 123456789 1 [permanent], Live 0x0000000000000000
		x 1 12345 a,b,c,d,e,f,g,h,i,j, Loading 0x0000000000000000 (OE)
	END
	rm -r "sys/module/nineteen_characters/holders/"*
	alike_there lsmod
	exits 0
	[ "${lines[0]}" = "Module                  Size  Used by" ]
	[ "${lines[1]}" = "nft_chain_nat          16384  3" ]
	[ "$(wc -l <<<"$output")" = 6 ]
	alike_there kmod list
}

@test "no module; and no /proc/modules" {
	needs_mounts
	loaded </dev/null
	alike_there lsmod
	prints "Module                  Size  Used by"
	rm proc/modules
	link lsmod
	run --separate-stderr there bin/lsmod
	exits 1
	[ -z "$output" ]
	warns "lsmod: ERROR: could not get list of modules: No such file or directory"
}

@test "without /sys, holders are those of /proc/modules" {
	needs_mounts
	loaded <<<'nf_nat 57344 2 nft_chain_nat,xt_MASQUERADE, Live 0x0'
	rm -r sys/module
	link lsmod
	run --separate-stderr there bin/lsmod
	exits 0
	[ "${lines[1]}" = "nf_nat                 57344  2 nft_chain_nat,xt_MASQUERADE" ]
}

@test "holders in the order in which the system tells them, however many" {
	needs_mounts
	loaded <<<"base 4096 400 $(printf 'holder_with_a_long_name_%s,' {1..400}) Live 0x0"
	alike_there lsmod
	[ "$(grep -o holder_with_a_long_name_ <<<"$output" | wc -l)" = 400 ]
}

@test "a damaged /proc/modules" {
	needs_mounts
	loaded </dev/null
	link lsmod
	head -c 100000 /dev/urandom >proc/modules
	run there bin/lsmod
	exits 0
	printf 'only-a-name\n\n   \nname size\n' >proc/modules
	run there bin/lsmod
	exits 0
}

@test "wrong options and operands" {
	ours lsmod --nonsense
	exits 1
	ours lsmod word
	exits 1
	warns "what is that? word"
	ours lsmod --help
	exits 0
	[ "${lines[0]}" = "Usage: lsmod" ]
}
