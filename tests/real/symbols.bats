# -e: what nothing supplies, and what is not what it was compiled for.
load common

# reports OPTION FILE COUNT: ours are kmod's, of which there are at least COUNT. Each program reports in its own order.
reports() {
	kmods -n -e "$1" "$2" 2>&1 >/dev/null | relative | has_form | sort >expected
	at_least "$3" expected
	ours -n -e "$1" "$2" 2>&1 >/dev/null | relative | sort >actual
	same expected actual "what -e $1 ${2##*/} reports"
}

# The map in Debian's package says only that the real one is elsewhere, so that kmod reports all the kernel's symbols as
# missing. Ours says so in one line.
packaged_map() {
	local map=$PLAIN/boot/System.map-$RELEASE
	kmods -n -e -F "$map" 2>&1 >/dev/null | relative | has_form >kmods-reports
	at_least 5000 kmods-reports
	ours -n -e -F "$map" >/dev/null 2>actual
	echo "depmod: WARNING: $map holds no exported symbol, so that -e can tell nothing" >expected
	same expected actual "what -e -F ${map##*/} reports"
}

@test "cloud: -e -F with a map of nothing" { on cloud packaged_map; }
@test "s390x: -e -F with a map of nothing" { on s390x packaged_map; }
@test "armhf: -e -F with a map of nothing" { on armhf packaged_map; }

# A map as the kernel's build makes it, and one that lacks a symbol here and there.
real_map() {
	awk '$3 == "vmlinux" { print "ffffffff81000000 r __ksymtab_" $2 }' "$PLAIN/Module.symvers" >System.map
	at_least 5000 System.map
	reports -F System.map 0
	sed '0~50d' System.map >System.map-with-gaps
	reports -F System.map-with-gaps 100
}

@test "cloud: -e -F with a map, whole and with gaps" { on cloud real_map; }
@test "s390x: -e -F with a map, whole and with gaps" { on s390x real_map; }
@test "armhf: -e -F with a map, whole and with gaps" { on armhf real_map; }

# The same for Module.symvers; where a checksum is another, the module disagrees.
checksums() {
	reports -E "$PLAIN/Module.symvers" 0
	awk 'NR % 50 == 0 { next } NR % 40 == 0 { sub(/^0x./, "&f"); $1 = substr($1, 1, 10) } { print }' \
		"$PLAIN/Module.symvers" >Module.symvers-changed
	reports -E Module.symvers-changed 200
	[ "$(grep -c 'disagrees about version of symbol' expected)" -ge 100 ]
	[ "$(grep -c 'needs unknown symbol' expected)" -ge 100 ]
}

@test "cloud: -e -E with Module.symvers, whole and changed" { on cloud checksums; }
@test "s390x: -e -E with Module.symvers, whole and changed" { on s390x checksums; }
@test "armhf: -e -E with Module.symvers, whole and changed" { on armhf checksums; }
