# What is read from one module, in both classes and both byte orders.
load common

@test "exports and needs" {
	check() {
		module kernel/a.ko "${kind[@]}" --need one --need two
		module kernel/b.ko "${kind[@]}" --export one=0x11
		module kernel/c.ko "${kind[@]}" --export two=0x22
		index --strict
		exits 0
		says_nothing
		file_is modules.dep 'kernel/a.ko: kernel/c.ko kernel/b.ko' kernel/b.ko: kernel/c.ko:
		file_is modules.symbols '# Aliases for symbols, used by symbol_request().' \
			'alias symbol:one b' 'alias symbol:two c'
	}
	in_all_kinds check
}

@test "modules of different kinds stand in one tree" {
	module kernel/a.ko --class 32 --order big --need one
	module kernel/b.ko --class 64 --order big --export one=1 --need two
	module kernel/c.ko --class 32 --order little --export two=2 --need three
	module kernel/d.ko --class 64 --order little --export three
	index
	exits 0
	file_is modules.dep 'kernel/a.ko: kernel/b.ko kernel/c.ko kernel/d.ko' \
		'kernel/b.ko: kernel/c.ko kernel/d.ko' 'kernel/c.ko: kernel/d.ko' kernel/d.ko:
}

@test "any machine will do" {
	for machine in 0 2 3 8 20 21 22 40 62 183 243 258 65535; do
		module "kernel/m$machine.ko" --machine "$machine" --need one
	done
	module kernel/b.ko --export one
	index
	exits 0
	says_nothing
	[ "$(grep -c ': kernel/b.ko$' "$TREE/modules.dep")" = 13 ]
}

@test "aliases, soft and weak dependencies, in the order of the file" {
	check() {
		module kernel/a.ko "${kind[@]}" --modinfo license=GPL --alias 'pci:v00008086d*' \
			--softdep 'pre: b c' --alias second --modinfo alias_not=x --weakdep w1 \
			--modinfo parm=alias=no --softdep 'post: d' --weakdep w2
		index
		exits 0
		says_nothing
		file_is modules.alias '# Aliases extracted from modules themselves.' \
			'alias pci:v00008086d* a' 'alias second a'
		file_is modules.softdep '# Soft dependencies extracted from modules themselves.' \
			'softdep a pre: b c' 'softdep a post: d'
		file_is modules.weakdep '# Weak dependencies extracted from modules themselves.' \
			'weakdep a w1' 'weakdep a w2'
	}
	in_all_kinds check
}

@test "an alias of one character is an alias" {
	module kernel/a.ko --alias x --alias '*'
	index
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias x a' 'alias * a'
}

@test "strings of .modinfo may be ended by several NULs, and the last by none" {
	module kernel/a.ko --alias one --modinfo '' --modinfo '' --alias two
	module kernel/b.ko --alias three --defect modinfo-unterminated
	index --strict
	exits 0
	says_nothing
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias one a' 'alias two a' 'alias three b'
}

@test "a module without .modinfo, or with an empty one, is a module" {
	module kernel/a.ko --export one
	module kernel/b.ko --defect modinfo-empty
	index --strict
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko: kernel/b.ko:
}

@test "a module with neither exports nor needs is a module" {
	check() {
		module kernel/a.ko "${kind[@]}"
		index --strict
		exits 0
		says_nothing
		file_is modules.dep kernel/a.ko:
	}
	in_all_kinds check
}

# agrees, disagrees: whether -e has something to say about the version of `one` that a.ko wants.
agrees() {
	index -e -E symvers "$@"
	exits 0
	says_nothing
}

disagrees() {
	index -e -E symvers "$@"
	exits 0
	[ "$output" = "depmod: WARNING: $TREE/kernel/a.ko disagrees about version of symbol one" ]
}

@test "CRC of an export: the value of an absolute __crc_ symbol" {
	: >symvers
	check() {
		module kernel/b.ko "${kind[@]}" --export zero=5 --export one=0xfedcba98 --export two=6
		module kernel/a.ko "${kind[@]}" --need one=0xfedcba98
		agrees
		module kernel/a.ko "${kind[@]}" --need one=0x98badcfe
		disagrees
	}
	in_all_kinds check
}

@test "CRC of an export: in the section that the __crc_ symbol points to" {
	: >symvers
	check() {
		module kernel/b.ko "${kind[@]}" --crc-section --export zero=5 --export one=0xfedcba98 --export two=6
		module kernel/a.ko "${kind[@]}" --need one=0xfedcba98
		agrees
		module kernel/a.ko "${kind[@]}" --need one=4
		disagrees
	}
	in_all_kinds check
}

@test "CRC of a need: __versions gives it" {
	symvers '0xfedcba98\tone\tvmlinux\tEXPORT_SYMBOL\t'
	check() {
		module kernel/a.ko "${kind[@]}" --version __this_module=0 --need one=0xfedcba98
		agrees
		module kernel/a.ko "${kind[@]}" --need one=0xfedcba99
		disagrees
	}
	in_all_kinds check
}

@test "CRC of a need: long versions give it, for names of any length" {
	long=$(printf 'x%.0s' $(seq 200))
	symvers '0xfedcba98\tone\tvmlinux\tEXPORT_SYMBOL\t' "0x01020304\\t$long\\tvmlinux\\tEXPORT_SYMBOL\\t"
	check() {
		module kernel/a.ko "${kind[@]}" --long-versions --need "$long=0x01020304" --need one=0xfedcba98
		agrees
		module kernel/a.ko "${kind[@]}" --long-versions --need "$long=0x01020304" --need one=0xfedcba99
		disagrees
		module kernel/a.ko "${kind[@]}" --long-versions --need "$long=0x01020305" --need one=0xfedcba98
		index -e -E symvers
		[ "$output" = "depmod: WARNING: $TREE/kernel/a.ko disagrees about version of symbol $long" ]
	}
	in_all_kinds check
}

@test "without __crc_ symbols __ksymtab_strings names the exports" {
	check() {
		module kernel/a.ko "${kind[@]}" --need two
		module kernel/b.ko "${kind[@]}" --export one --export two
		index
		file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
		file_is modules.symbols '# Aliases for symbols, used by symbol_request().' \
			'alias symbol:one b' 'alias symbol:two b'
	}
	in_all_kinds check
}

@test "with a __crc_ symbol, __ksymtab_strings does not count" {
	module kernel/a.ko --need one --need two
	module kernel/b.ko --export one
	module kernel/c.ko --export one --export two=2
	index
	file_is modules.dep 'kernel/a.ko: kernel/c.ko kernel/b.ko' kernel/b.ko: kernel/c.ko:
}

@test "a need that only __versions names is a need" {
	check() {
		module kernel/a.ko "${kind[@]}" --version one=1
		module kernel/b.ko "${kind[@]}" --export one=1
		index
		file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
	}
	in_all_kinds check
}

@test "a need that only long versions name is a need" {
	check() {
		module kernel/a.ko "${kind[@]}" --long-versions --version one=1
		module kernel/b.ko "${kind[@]}" --export one=1
		index
		file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
	}
	in_all_kinds check
}

@test "a weak need is a dependency when some module supplies it" {
	check() {
		module kernel/a.ko "${kind[@]}" --weak one --weak nobody
		module kernel/b.ko "${kind[@]}" --export one
		index
		exits 0
		file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
	}
	in_all_kinds check
}

@test "SPARC's register symbols are no needs" {
	for machine in 2 18 43; do
		module "kernel/a$machine.ko" --class 32 --order big --machine $machine --register one --need two
	done
	module kernel/b.ko --export one
	module kernel/c.ko --export two
	index
	file_is modules.dep 'kernel/a18.ko: kernel/c.ko' 'kernel/a2.ko: kernel/c.ko' \
		'kernel/a43.ko: kernel/c.ko' kernel/b.ko: kernel/c.ko:
}

@test "symbols of that type are needs elsewhere" {
	module kernel/a.ko --register one
	module kernel/b.ko --export one
	index
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
}

@test "a leading dot of a need is ignored" {
	module kernel/a.ko --order big --machine 21 --need .one
	module kernel/b.ko --order big --machine 21 --export one
	index
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
	system_map one
	index -e -F map
	says_nothing
}

@test "a leading dot of an export stays" {
	module kernel/b.ko --export .one
	index
	file_is modules.symbols '# Aliases for symbols, used by symbol_request().' 'alias symbol:.one b'
}

@test "-P is ignored on needs and on exports, once" {
	module kernel/a.ko --need _one --need two --need __three
	module kernel/b.ko --export one
	module kernel/c.ko --export _two
	module kernel/d.ko --export _three
	index -P _
	file_is modules.dep 'kernel/a.ko: kernel/c.ko kernel/b.ko' kernel/b.ko: kernel/c.ko: kernel/d.ko:
	file_is modules.symbols '# Aliases for symbols, used by symbol_request().' \
		'alias symbol:one b' 'alias symbol:three d' 'alias symbol:two c'
}

@test "without -P an underscore is a character like any other" {
	module kernel/a.ko --need _one
	module kernel/b.ko --export one
	index
	file_is modules.dep kernel/a.ko: kernel/b.ko:
}

@test "an appended signature changes nothing" {
	check() {
		module kernel/a.ko "${kind[@]}" --need one=1 --alias mark --signature
		module kernel/b.ko "${kind[@]}" --export one=1 --signature
		index --strict
		exits 0
		says_nothing
		file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
		file_is modules.alias '# Aliases extracted from modules themselves.' 'alias mark a'
	}
	in_all_kinds check
}

@test "more sections than 65279" {
	: >symvers
	check() {
		module kernel/a.ko "${kind[@]}" --sections 65300 --need one=0x12345678 --alias mark
		module kernel/b.ko "${kind[@]}" --sections 65280 --crc-section --export zero=1 --export one=0x12345678
		index --strict -e -E symvers
		exits 0
		says_nothing
		file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
		file_is modules.alias '# Aliases extracted from modules themselves.' 'alias mark a'
		module kernel/a.ko "${kind[@]}" --need one=0x12345679
		disagrees
	}
	in_all_kinds check
}

@test "the same compressed with gzip" {
	: >symvers
	check() {
		module kernel/a.ko "${kind[@]}" --need one=0x12345678 --alias mark --pad 5000
		module kernel/b.ko "${kind[@]}" --crc-section --export one=0x12345678 --pad 300000
		gzip -n -9 "$TREE/kernel/a.ko" "$TREE/kernel/b.ko"
		index --strict -e -E symvers
		exits 0
		says_nothing
		file_is modules.dep 'kernel/a.ko.gz: kernel/b.ko.gz' kernel/b.ko.gz:
	}
	in_all_kinds check
}

@test "a name of a symbol may be thousands of bytes long" {
	long=$(printf 'x%.0s' $(seq 5000))
	module kernel/a.ko --need "$long"
	module kernel/b.ko --export "$long"
	index
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
	file_is modules.symbols '# Aliases for symbols, used by symbol_request().' "alias symbol:$long b"
}

@test "a module may have thousands of needs and exports" {
	needs=() exports=()
	for i in $(seq 2000); do needs+=(--need "n$i") exports+=(--export "n$i"); done
	module kernel/a.ko "${needs[@]}"
	module kernel/b.ko "${exports[@]}"
	index
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
	[ "$(wc -l <"$TREE/modules.symbols")" = 2001 ]
}
