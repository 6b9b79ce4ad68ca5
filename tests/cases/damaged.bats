# Files that are no sound modules: each costs itself, gets one message, and nothing else.
load common

# A tree of sound modules, one of which needs another. What comes on to it is the test's.
setup_sound() {
	module kernel/a.ko --need one --alias sound
	module kernel/z.ko --export one
}

# left_out NAME REASON: of the tree only kernel/NAME is left out, with one message that gives the reason, under
# any number of processes; the exit status tells of it when asked to.
left_out() {
	for jobs in 1 3; do
		rm -f "$TREE"/modules.{dep,alias,symbols}
		index --jobs $jobs
		exits 0
		[ "${#lines[@]}" = 1 ] || { printf 'said:\n%s\n' "$output"; return 1; }
		[[ "$output" == "depmod: ERROR: "*"kernel/$1: "* ]] || { printf 'said:\n%s\n' "$output"; return 1; }
		says "$2"
		file_is modules.dep 'kernel/a.ko: kernel/z.ko' kernel/z.ko:
		file_is modules.alias '# Aliases extracted from modules themselves.' 'alias sound a'
		file_is modules.symbols '# Aliases for symbols, used by symbol_request().' 'alias symbol:one z'
	done
	rm "$TREE/modules.dep"
	index --strict
	exits 1
	file_is modules.dep 'kernel/a.ko: kernel/z.ko' kernel/z.ko:
}

# refused DEFECT REASON: in all kinds of modules, plain and compressed.
refused() {
	check() {
		setup_sound
		for compressed in no yes; do
			rm -f "$TREE/kernel/bad.ko" "$TREE/kernel/bad.ko.gz"
			module kernel/bad.ko "${kind[@]}" --export two=1 --export three=2 --need one=1 --alias evil \
				--defect "$1"
			if [ $compressed = yes ]; then
				gzip -n "$TREE/kernel/bad.ko"
				# What is left of a file without its magic may not even be recognised as a module.
				left_out bad.ko.gz ''
			else
				left_out bad.ko "$2"
			fi
		done
	}
	local class byte_order
	for kind in '--class 64 --order little' '--class 32 --order big'; do
		echo "$kind:"
		kind=($kind)
		rm -rf "$TREE/kernel"
		mkdir "$TREE/kernel"
		check "$@"
	done
}

@test "an ELF file cut in the middle" { refused truncated 'beyond the end of the file'; }

@test "an ELF header cut short" { refused short-header 'ELF header'; }

@test "neither ELF nor compressed" { refused no-magic 'neither ELF nor'; }

@test "an ELF class that is none" { refused bad-class 'class'; }

@test "a byte order that is none" { refused bad-order 'byte order'; }

@test "an ELF file that is not relocatable" { refused bad-type 'relocatable'; }

@test "no section table" { refused no-sections 'section table'; }

@test "a section table beyond the end of the file" { refused table-outside 'section table'; }

@test "a section table whose end wraps around" { refused table-overflow 'section table'; }

@test "section headers of another size" { refused entry-size 'section headers'; }

@test "a section beyond the end of the file" { refused section-outside '.symtab'; }

@test "a section whose end wraps around" { refused section-overflow '.symtab'; }

@test "symbols' names without an end" { refused strings-unterminated '.strtab'; }

@test "sections' names without an end" { refused names-unterminated 'section names'; }

@test "a symbol's name beyond the names" { refused name-outside '.strtab'; }

@test "sections' names in a section that does not exist" { refused shstrndx-outside 'section names'; }

@test "symbols that are not whole" { refused symtab-size '.symtab'; }

@test "version records that are not whole" { refused versions-size '__versions'; }

@test "a version's name without an end" { refused versions-unterminated '__versions'; }

@test "no symbol table" { refused no-symtab 'symbol table'; }

@test "symbols without names" { refused no-strtab 'symbol table'; }

@test "sections are found by their names, so a wrong sh_link changes nothing" {
	module kernel/a.ko --need one --defect link-outside
	module kernel/z.ko --export one=1 --defect link-outside
	index --strict
	exits 0
	says_nothing
	file_is modules.dep 'kernel/a.ko: kernel/z.ko' kernel/z.ko:
}

@test "long versions: CRCs that are not whole" {
	setup_sound
	module kernel/bad.ko --long-versions --need one=1 --defect versions-size
	left_out bad.ko __version_ext
}

@test "long versions: a name without an end" {
	setup_sound
	module kernel/bad.ko --long-versions --need one=1 --defect versions-unterminated
	left_out bad.ko __version_ext_names
}

@test "a CRC outside its section, when CRCs are compared" {
	module kernel/a.ko --export one
	for defect in crc-outside crc-section-outside; do
		module kernel/bad.ko --export two=2 --defect $defect
		: >symvers
		index -e -E symvers
		exits 0
		[ "${#lines[@]}" = 1 ]
		says 'ERROR: '
		says kernel/bad.ko
		says CRC
		file_is modules.dep kernel/a.ko:
		index --strict -E symvers
		exits 1
	done
}

@test "a text file" {
	setup_sound
	echo 'this is no module' >"$TREE/kernel/bad.ko"
	left_out bad.ko 'neither ELF nor'
}

@test "an empty file" {
	setup_sound
	: >"$TREE/kernel/bad.ko"
	left_out bad.ko 'empty'
}

@test "a file of one, two and four bytes" {
	setup_sound
	for bytes in '\177' '\037\213' '\177ELF' '\0'; do
		printf "$bytes" >"$TREE/kernel/bad.ko"
		left_out bad.ko ''
	done
}

@test "a large file of zeros" {
	setup_sound
	truncate -s 1G "$TREE/kernel/bad.ko"
	left_out bad.ko 'neither ELF nor'
}

@test "gzip cut short, at its end and in the middle" {
	setup_sound
	"$MKMODULE" --pad 5000 --alias evil good.ko
	gzip -n good.ko
	for size in 2 9 10 11 40 $(($(stat -c %s good.ko.gz) / 2)) $(($(stat -c %s good.ko.gz) - 1)); do
		head -c "$size" good.ko.gz >"$TREE/kernel/bad.ko.gz"
		left_out bad.ko.gz ''
	done
}

# spoiled OFFSET: a gzip file whose byte there, from its end, is another.
spoiled() {
	"$MKMODULE" --pad 5000 --alias evil good.ko
	gzip -nf good.ko
	cp good.ko.gz "$TREE/kernel/bad.ko.gz"
	local at=$(($(stat -c %s good.ko.gz) - $1)) byte
	byte=$(od -An -tu1 -j $at -N1 good.ko.gz)
	printf "$(printf '\\%03o' $((byte ^ 1)))" | dd of="$TREE/kernel/bad.ko.gz" bs=1 seek=$at conv=notrunc status=none
}

@test "gzip with a wrong CRC" {
	setup_sound
	spoiled 8
	left_out bad.ko.gz CRC
}

@test "gzip with a wrong length" {
	setup_sound
	spoiled 4
	left_out bad.ko.gz length
}

@test "gzip followed by something else is what the gzip holds" {
	module kernel/a.ko --alias sound
	gzip -n "$TREE/kernel/a.ko"
	printf 'something else' >>"$TREE/kernel/a.ko.gz"
	index --strict
	exits 0
	says_nothing
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias sound a'
}

@test "gzip of something else" {
	setup_sound
	echo 'this is no module' | gzip -n >"$TREE/kernel/bad.ko.gz"
	left_out bad.ko.gz ELF
}

@test "gzip of nothing" {
	setup_sound
	gzip -n </dev/null >"$TREE/kernel/bad.ko.gz"
	left_out bad.ko.gz ELF
}

@test "a compression that is unknown" {
	setup_sound
	printf 'BZh91AY&SY\0\0\0\0\0\0\0' >"$TREE/kernel/bad.ko"
	left_out bad.ko 'compression'
}

@test "an unreadable file" {
	needs_permissions
	setup_sound
	module kernel/bad.ko --alias evil
	chmod 0 "$TREE/kernel/bad.ko"
	run without_privilege "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	[ "${#lines[@]}" = 1 ]
	says 'ERROR: '
	says kernel/bad.ko
	says 'Permission denied'
	file_is modules.dep 'kernel/a.ko: kernel/z.ko' kernel/z.ko:
	run without_privilege "$DEPMOD" --strict -b root -C empty "$RELEASE"
	exits 1
}

@test "many damaged files among sound ones: each has its message" {
	setup_sound
	for i in $(seq 50); do echo text >"$TREE/kernel/bad$i.ko"; done
	index
	exits 0
	[ "${#lines[@]}" = 50 ]
	for i in $(seq 50); do says "kernel/bad$i.ko: "; done
	file_is modules.dep 'kernel/a.ko: kernel/z.ko' kernel/z.ko:
}

@test "a damaged module's exports do not count, so another's do" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	module kernel/c.ko --export one --defect strings-unterminated --need x
	index
	exits 0
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' kernel/b.ko:
}

@test "what a damaged module alone exports is unknown" {
	module kernel/a.ko --need one
	module kernel/c.ko --export one --need x --defect strings-unterminated
	system_map
	index -e -F map
	exits 0
	says kernel/c.ko
	says "$TREE/kernel/a.ko needs unknown symbol one"
	file_is modules.dep kernel/a.ko:
}
