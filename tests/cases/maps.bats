# The map files of older systems (--map), from device tables of modules in both classes and both byte orders, and from
# aliases.
load common

PCI='# pci module         vendor     device     subvendor  subdevice  class      class_mask driver_data'
USB='# usb module         match_flags idVendor idProduct bcdDevice_lo bcdDevice_hi bDeviceClass bDeviceSubClass bDeviceProtocol bInterfaceClass bInterfaceSubClass bInterfaceProtocol driver_info'
CCW='# ccw module         match_flags cu_type cu_model dev_type dev_model'
IEEE1394='# ieee1394 module    match_flags vendor_id model_id specifier_id version'
ISAPNP='# isapnp module      cardvendor carddevice driver_data vendor     function   ...'
INPUT='# module         matchBits bustype vendor product version evBits keyBits relBits absBits mscBits ledBits sndBits ffBits [swBits] driver_info'
OF='# of module          name                 type                 compatible'
SERIO='# serio module       type extra id   proto'

# map_from NAME OPTION... -- LINE...: a module of all kinds with these options gives these lines.
map_from() {
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	check() {
		module kernel/my-mod.ko "${kind[@]}" "${options[@]}"
		index --map --strict
		exits 0
		says_nothing
		file_is "$name" "$@"
	}
	in_all_kinds check "$@"
}

@test "all map files are written beside the others, each with its header" {
	module kernel/a.ko
	index --map
	exits 0
	says_nothing
	file_is modules.pcimap "$PCI"
	file_is modules.usbmap "$USB"
	file_is modules.ccwmap "$CCW"
	file_is modules.ieee1394map "$IEEE1394"
	file_is modules.isapnpmap "$ISAPNP"
	file_is modules.inputmap "$INPUT"
	file_is modules.ofmap "$OF"
	file_is modules.seriomap "$SERIO"
	[ "$(find "$TREE" -type f -name 'modules.*' | wc -l)" = 22 ]
	file_is modules.dep kernel/a.ko:
}

@test "without --map there are none" {
	module kernel/a.ko --device pci=1,2 --alias 'pci:v00000001d00000002sv*sd*bc*sc*i*'
	index
	exits 0
	[ -z "$(find "$TREE" -name 'modules.*map')" ]
}

@test "-n prints them after modules.dep, in order" {
	module kernel/a.ko --device serio=1,2,3,4 --device pci=1,2
	index --map -n
	exits 0
	[ "$output" = "kernel/a.ko:
$PCI
a                    0x00000001 0x00000002 0x00000000 0x00000000 0x00000000 0x00000000 0x0
$USB
$CCW
$IEEE1394
$ISAPNP
$INPUT
$OF
$SERIO
a                    0x01 0x02  0x03 0x04
# Aliases extracted from modules themselves.
# Soft dependencies extracted from modules themselves.
# Weak dependencies extracted from modules themselves.
# Aliases for symbols, used by symbol_request()." ]
	[ -z "$(find "$TREE" -name 'modules.*map')" ]
}

@test "a module's name is its file's up to the first dot, and no longer than its column needs" {
	module kernel/a-b_c.d.ko --device serio=1,2,3,4
	module kernel/twenty-characters-it.ko --device serio=1,2,3,4
	module kernel/twenty-characters-and-more.ko --device serio=1,2,3,4
	gzip -n "$TREE/kernel/a-b_c.d.ko"
	index --map
	file_is modules.seriomap "$SERIO" 'a-b_c                0x01 0x02  0x03 0x04' \
		'twenty-characters-and-more 0x01 0x02  0x03 0x04' \
		'twenty-characters-it 0x01 0x02  0x03 0x04'
}

@test "any number of processes writes the same" {
	for i in 1 2 3 4 5 6 7 8 9; do
		module "kernel/m$i.ko" --device "pci=$i,2" --device "usb=3,$i,7" --need "s$((i % 3))"
	done
	index --map --jobs 1
	exits 0
	cp -R "$TREE" first
	index --map --jobs 3
	exits 0
	diff -r first "$TREE"
	[ "$(grep -c '^m' "$TREE/modules.pcimap")" = 9 ]
}

@test "modules that are left out are in no map" {
	module kernel/a.ko --export a=1 --need b --device pci=1,2
	module kernel/b.ko --export b=1 --need a --device pci=3,4
	module kernel/c.ko --device pci=5,6
	index --map --jobs 3
	exits 1
	file_is modules.pcimap "$PCI" \
		'c                    0x00000005 0x00000006 0x00000000 0x00000000 0x00000000 0x00000000 0x0'
}

# ---- device tables ----

@test "pci" {
	map_from modules.pcimap --device pci=0x8086,0x1229,0xffffffff,0xffffffff,0x20000,0xffff00,0x77 \
		--device pci=0x10ec,0x8139,3,4,5,6 -- "$PCI" \
		'my-mod               0x00008086 0x00001229 0xffffffff 0xffffffff 0x00020000 0x00ffff00 0x0' \
		'my-mod               0x000010ec 0x00008139 0x00000003 0x00000004 0x00000005 0x00000006 0x0'
}

@test "usb, whose table ends where vendor and both classes are 0" {
	map_from modules.usbmap --device usb=0x03ff,0x1234,0x5678,0x0100,0x0200,9,8,7,6,5,4,0x77 \
		--device usb=0x10,0,0,0,0,9 --device usb=0x80,0,0,0,0,0,0,0,8 --device usb=1,2,3 -- "$USB" \
		'my-mod               0x03ff      0x1234   0x5678    0x0100       0x0200       0x09         0x08            0x07            0x06            0x05               0x04               0x0' \
		'my-mod               0x0010      0x0000   0x0000    0x0000       0x0000       0x09         0x00            0x00            0x00            0x00               0x00               0x0' \
		'my-mod               0x0080      0x0000   0x0000    0x0000       0x0000       0x00         0x00            0x00            0x08            0x00               0x00               0x0' \
		'my-mod               0x0001      0x0002   0x0003    0x0000       0x0000       0x00         0x00            0x00            0x00            0x00               0x00               0x0'
	map_from modules.usbmap --device usb=1,2 --device usb=0x20,0,1,2,3,0,8,7,0,6,5 --device usb=1,3 -- "$USB" \
		'my-mod               0x0001      0x0002   0x0000    0x0000       0x0000       0x00         0x00            0x00            0x00            0x00               0x00               0x0'
}

@test "ccw, whose table ends where types and models are 0" {
	map_from modules.ccwmap --device ccw=3,0x3990,0x3390,0xc2,0x0a --device ccw=2,0,0,1 --device ccw=8,0,0,0,1 \
		--device ccw=15 --device ccw=1,1 -- "$CCW" \
		'my-mod               0x0003      0x3990  0xc2      0x3390  0x0a' \
		'my-mod               0x0002      0x0000  0x01      0x0000  0x00' \
		'my-mod               0x0008      0x0000  0x00      0x0000  0x01'
}

@test "ieee1394" {
	map_from modules.ieee1394map --device ieee1394=12,0,0,0x609e,0x10483 --device ieee1394=1,0x1234567,2 \
		-- "$IEEE1394" \
		'my-mod               0x0000000c  0x000000  0x000000 0x00609e     0x010483' \
		'my-mod               0x00000001  0x1234567  0x000002 0x000000     0x000000'
}

@test "pnp and cards of several functions" {
	map_from modules.isapnpmap --device pnp=PNP0501,0x77 --device pnp=PNPb02f --device pnp=ANYDEVS --device pnp=@P@0001 \
		--device pnp_card=CTL0028,0x77,CTL0031,PNPB02F --device pnp_card=ESS0968 \
		--device pnp_card=AAA0000,0,AAA0001,AAA0002,AAA0003,AAA0004,AAA0005,AAA0006,AAA0007,ZZZFFFF -- "$ISAPNP" \
		'my-mod               0xffff     0xffff     0x00000000  0xd041     0x0105    ' \
		'my-mod               0xffff     0xffff     0x00000000  0xd041     0x2fb0    ' \
		'my-mod               0xffff     0xffff     0x00000000  0xffff     0xffff    ' \
		'my-mod               0xffff     0xffff     0x00000000  0x0002     0x0100    ' \
		'my-mod               0x8c0e     0x2800     0x00000000  0x8c0e     0x3100     0xd041     0x2fb0    ' \
		'my-mod               0x7316     0x6809     0x00000000 ' \
		'my-mod               0x2104     0x0000     0x00000000  0x2104     0x0100     0x2104     0x0200     0x2104     0x0300     0x2104     0x0400     0x2104     0x0500     0x2104     0x0600     0x2104     0x0700     0x5a6b     0xffff    '
}

@test "what is no id of Plug and Play is left out" {
	map_from modules.isapnpmap --device pnp=PNPCXXX --device pnp=pnp0501 --device pnp=PNP05 --device pnp=PNP0500 \
		--device pnp_card=XX00000,0,PNP0500 --device pnp_card=CTL0028,0,PNPXXXX,PNP0501 -- "$ISAPNP" \
		'my-mod               0xffff     0xffff     0x00000000  0xd041     0x0005    ' \
		'my-mod               0x8c0e     0x2800     0x00000000  0xd041     0x0105    '
}

# input_map TYPE MORE: `MORE` is what kernels since 2.6.14 have more. Words of 32 bits, and of 64, look different.
input_map() {
	local options=(
		--device "$1=0x00f,3,0x46d,0xc001,0x110,1+2,3,4,5,6,7,8,9,${3}0x1234"
		--device "$1=0x1ff0,3,0x46d,0xc001,0x110,1+3,30+116+511,0+1,0+63,4,1,2,64+127,$3"
		--device "$1=0x20,3,4,5,6,1,,,,,,,,$3" --device "$1=0,,,,,,,,,,,,,${3}1"
	)
	check() {
		module kernel/my-mod.ko --class "$1" --order "$2" "${options[@]}"
		index --map --strict
		exits 0
		says_nothing
		file_is modules.inputmap "$INPUT" "${@:3}"
	}
	for byte_order in little big; do
		check 64 $byte_order "my-mod              0xf  0x3  0x46d  0xc001  0x110  0  0  0  0  0  0  0  0$2  0x1234" \
			"my-mod              0x1ff0  0x0  0x0  0x0  0x0  a  8000000000000000:0:0:0:0:0:10000000000000:40000000  3  8000000000000001  10  2  4  8000000000000001:0$2  0x0" \
			"my-mod              0x20  0x0  0x0  0x0  0x0  0  0  0  0  0  0  0  0$2  0x0" \
			"my-mod              0x0  0x0  0x0  0x0  0x0  0  0  0  0  0  0  0  0$2  0x1"
		check 32 $byte_order "my-mod              0xf  0x3  0x46d  0xc001  0x110  0  0  0  0  0  0  0  0$2  0x1234" \
			"my-mod              0x1ff0  0x0  0x0  0x0  0x0  a  80000000:0:0:0:0:0:0:0:0:0:0:0:100000:0:0:40000000  3  80000000:1  10  2  4  80000000:1:0:0$2  0x0" \
			"my-mod              0x20  0x0  0x0  0x0  0x0  0  0  0  0  0  0  0  0$2  0x0" \
			"my-mod              0x0  0x0  0x0  0x0  0x0  0  0  0  0  0  0  0  0$2  0x1"
	done
}

@test "input, before there were switches" { input_map input-before-2.6.14 '' ''; }

@test "input, with switches that are not asked for" { input_map input '  0' ','; }

@test "input: switches" {
	map_from modules.inputmap --device input=0x1000,,,,,,,,,,,,,0+5 --device input=0xef0,,,,,,,,,,,,,1 -- "$INPUT" \
		'my-mod              0x1000  0x0  0x0  0x0  0x0  0  0  0  0  0  0  0  0  21  0x0' \
		'my-mod              0xef0  0x0  0x0  0x0  0x0  0  0  0  0  0  0  0  0  0  0x0'
}

# equal_maps NARROW WIDE TYPE MORE: tables of so many entries and an empty one, as large as some of the other layout.
equal_maps() {
	local count=([32]=$1 [64]=$2)
	check() {
		module kernel/my-mod.ko "${kind[@]}" --device "$2=0xf,3,0x46d,0xc001,0x110" --repeat "${count[kind[1]]}"
		index --map --strict
		exits 0
		says_nothing
		file_is modules.inputmap "$INPUT" "$(yes "$1" | head -n "${count[kind[1]]}")"
	}
	in_all_kinds check "my-mod              0xf  0x3  0x46d  0xc001  0x110  0  0  0  0  0  0  0  0$4  0x0" "$3"
}

@test "input: what layout it is when the size would do for both" {
	equal_maps 31 19 input-before-2.6.14 ''
	equal_maps 30 18 input '  0'
}

@test "input: a table whose symbol has no size is of the later kind" {
	map_from modules.inputmap --defect table-unsized --device input=0x1000,,,,,,,,,,,,,0+5 -- "$INPUT" \
		'my-mod              0x1000  0x0  0x0  0x0  0x0  0  0  0  0  0  0  0  0  21  0x0'
}

@test "of" {
	map_from modules.ofmap --device 'of=mac io,,AAPL	x' --device of=,serial --device of=a,b,c,0x77 \
		--device of=1234567890123456789012345678901234,t -- "$OF" \
		'my-mod               mac_io               *                    AAPL_x' \
		'my-mod               *                    serial               *' \
		'my-mod               a                    b                    c' \
		'my-mod               12345678901234567890123456789012 t                    *'
}

@test "serio, whose table ends where type and protocol are 0" {
	map_from modules.seriomap --device serio=1,0xff,2,3 --device serio=2 --device serio=0,0,0,4 --device serio=0,1,2 \
		--device serio=5 -- "$SERIO" \
		'my-mod               0x01 0xff  0x02 0x03' \
		'my-mod               0x02 0x00  0x00 0x00' \
		'my-mod               0x00 0x00  0x00 0x04'
}

# Of the last entry, all but what says so may be set; what stands behind it is nothing.
@test "where tables of pci, usb, ieee1394, pnp, cards and of end" {
	map_from modules.pcimap --device pci=1 --device pci=0,2,3,4,5,6,7 --device pci=8 -- "$PCI" \
		'my-mod               0x00000001 0x00000000 0x00000000 0x00000000 0x00000000 0x00000000 0x0'
	map_from modules.usbmap --device usb=1,2 --device usb=0x3ff,0,2,3,4,0,6,7,0,9,10,11 --device usb=1,3 -- "$USB" \
		'my-mod               0x0001      0x0002   0x0000    0x0000       0x0000       0x00         0x00            0x00            0x00            0x00               0x00               0x0'
	map_from modules.ieee1394map --device ieee1394=1 --device ieee1394=0,2,3,4,5,6 --device ieee1394=7 -- "$IEEE1394" \
		'my-mod               0x00000001  0x000000  0x000000 0x000000     0x000000'
	map_from modules.isapnpmap --device pnp=PNP0501 --device pnp=,1 --device pnp=PNP0502 --device pnp_card=CTL0028 \
		--device pnp_card=,1,CTL0031,PNPB02F --device pnp_card=ESS0968 -- "$ISAPNP" \
		'my-mod               0xffff     0xffff     0x00000000  0xd041     0x0105    ' \
		'my-mod               0x8c0e     0x2800     0x00000000 '
	map_from modules.ofmap --device of=a --device of=,b --device of=,,c --device of=,,,1 --device of=d -- "$OF" \
		'my-mod               a                    *                    *' \
		'my-mod               *                    b                    *' \
		'my-mod               *                    *                    c'
}

@test "several tables in one module" {
	check() {
		module kernel/a.ko "${kind[@]}" --device pci=1 --device usb=1,2 --device serio=3 --device pci=2
		index --map --strict
		exits 0
		file_is modules.pcimap "$PCI" \
			'a                    0x00000001 0x00000000 0x00000000 0x00000000 0x00000000 0x00000000 0x0' \
			'a                    0x00000002 0x00000000 0x00000000 0x00000000 0x00000000 0x00000000 0x0'
		file_is modules.usbmap "$USB" \
			'a                    0x0001      0x0002   0x0000    0x0000       0x0000       0x00         0x00            0x00            0x00            0x00               0x00               0x0'
		file_is modules.seriomap "$SERIO" 'a                    0x03 0x00  0x00 0x00'
	}
	in_all_kinds check
}

@test "tables are found with more sections than a symbol can number" {
	module kernel/a.ko --sections 65300 --device serio=1,2,3,4
	index --map --strict
	exits 0
	file_is modules.seriomap "$SERIO" 'a                    0x01 0x02  0x03 0x04'
}

@test "tables of the 2.4 series do not count" {
	map_from modules.pcimap --tables rela --device pci=1,2 -- "$PCI"
}

# ---- aliases ----

@test "a bus has its lines from aliases when there are any, else from tables" {
	map_from modules.pcimap --alias 'pci:v00000001d*sv*sd*bc*sc*i*' --device pci=2,3 --device serio=1 -- "$PCI" \
		'my-mod               0x00000001 0xffffffff 0xffffffff 0xffffffff 0x00000000 0x00000000 0x0'
	file_is modules.seriomap "$SERIO" 'my-mod               0x01 0x00  0x00 0x00'
	map_from modules.pcimap --alias 'pci:what' --alias 'virtio_pci:v00000001d*sv*sd*bc*sc*i*' --device pci=2,3 -- "$PCI" \
		'my-mod               0x00000002 0x00000003 0x00000000 0x00000000 0x00000000 0x00000000 0x0'
}

@test "devices of Plug and Play, and cards of them, are one bus" {
	map_from modules.isapnpmap --alias 'pnp:dPNP0501*' --device pnp_card=CTL0028 --device pnp=PNP0502 -- "$ISAPNP" \
		'my-mod               0xffff     0xffff     0x00000000  0xd041     0x0105    '
	map_from modules.isapnpmap --alias 'pnp:cESS0968*' --device pnp_card=CTL0028 --device pnp=PNP0502 -- "$ISAPNP" \
		'my-mod               0x7316     0x6809     0x00000000 '
}

@test "aliases of pci" {
	map_from modules.pcimap --alias 'pci:v00008086d00001229sv0000103Csd0000ABCDbc01sc02i03*' \
		--alias 'pci:v*d*sv*sd*bc0Csc03i*' --alias 'pci:v0000104Cd*sv*sd*bc0Csc*i*' -- "$PCI" \
		'my-mod               0x00008086 0x00001229 0x0000103c 0x0000abcd 0x00010203 0x00ffffff 0x0' \
		'my-mod               0xffffffff 0xffffffff 0xffffffff 0xffffffff 0x000c0300 0x00ffff00 0x0' \
		'my-mod               0x0000104c 0xffffffff 0xffffffff 0xffffffff 0x000c0000 0x00ff0000 0x0'
}

@test "aliases of usb" {
	map_from modules.usbmap --alias 'usb:v1234p5678d*dc*dsc*dp*ic*isc*ip*in*' \
		--alias 'usb:v*p*d*dc09dsc08dp07ic06isc05ip04*' --alias 'usb:v05ACp*d*dc*dsc*dp*ic03isc01ip02in03*' -- "$USB" \
		'my-mod               0x0003      0x1234   0x5678    0x0000       0x0000       0x00         0x00            0x00            0x00            0x00               0x00               0x0' \
		'my-mod               0x03f0      0x0000   0x0000    0x0000       0x0000       0x09         0x08            0x07            0x06            0x05               0x04               0x0' \
		'my-mod               0x0781      0x05ac   0x0000    0x0000       0x0000       0x00         0x00            0x00            0x03            0x01               0x02               0x0'
}

@test "ranges of device releases in aliases of usb" {
	map_from modules.usbmap --alias 'usb:v0001p0002d0110dc*dsc*dp*ic*isc*ip*in*' --alias 'usb:v0001p0002d01*dc*dsc*dp*ic*isc*ip*in*' \
		--alias 'usb:v0001p0002d010[2-9]dc*dsc*dp*ic*isc*ip*in*' --alias 'usb:v0001p0002d[1-9]*dc*dsc*dp*ic*isc*ip*in*' \
		--alias 'usb:v0001p0002d00[2-9A-E]*dc*dsc*dp*ic*isc*ip*in*' --alias 'usb:v0001p0002d0*dc*dsc*dp*ic*isc*ip*in*' -- "$USB" \
		'my-mod               0x000f      0x0001   0x0002    0x0110       0x0110       0x00         0x00            0x00            0x00            0x00               0x00               0x0' \
		'my-mod               0x000f      0x0001   0x0002    0x0100       0x01ff       0x00         0x00            0x00            0x00            0x00               0x00               0x0' \
		'my-mod               0x000f      0x0001   0x0002    0x0102       0x0109       0x00         0x00            0x00            0x00            0x00               0x00               0x0' \
		'my-mod               0x000f      0x0001   0x0002    0x1000       0x9fff       0x00         0x00            0x00            0x00            0x00               0x00               0x0' \
		'my-mod               0x000f      0x0001   0x0002    0x0020       0x00ef       0x00         0x00            0x00            0x00            0x00               0x00               0x0' \
		'my-mod               0x000f      0x0001   0x0002    0x0000       0x0fff       0x00         0x00            0x00            0x00            0x00               0x00               0x0'
}

@test "aliases of ccw" {
	map_from modules.ccwmap --alias 'ccw:t3990mC2dt3390dm0A*' --alias 'ccw:t*m*dt3277dm*' --alias 'ccw:t3088m08dt*dm*' -- "$CCW" \
		'my-mod               0x000f      0x3990  0xc2      0x3390  0x0a' \
		'my-mod               0x0004      0x0000  0x00      0x3277  0x00' \
		'my-mod               0x0003      0x3088  0x08      0x0000  0x00'
}

@test "aliases of ieee1394" {
	map_from modules.ieee1394map --alias 'ieee1394:ven*mo*sp0000609Ever00010483*' \
		--alias 'ieee1394:ven00001234mo00000005sp*ver*' -- "$IEEE1394" \
		'my-mod               0x0000000c  0x000000  0x000000 0x00609e     0x010483' \
		'my-mod               0x00000003  0x001234  0x000005 0x000000     0x000000'
}

@test "aliases of pnp" {
	map_from modules.isapnpmap --alias 'pnp:dPNP0501*' --alias 'pnp:cCTL0028dCTL0031dPNPb02f*' --alias pnp:cESS0968 \
		--alias 'pnp:d@P@0001*' --alias 'pnp:d?P@0001*' -- "$ISAPNP" \
		'my-mod               0xffff     0xffff     0x00000000  0xd041     0x0105    ' \
		'my-mod               0x8c0e     0x2800     0x00000000  0x8c0e     0x3100     0xd041     0x2fb0    ' \
		'my-mod               0x7316     0x6809     0x00000000 ' \
		'my-mod               0xffff     0xffff     0x00000000  0x0002     0x0100    '
}

@test "aliases of input" {
	local byte_order
	for byte_order in little big; do
		module kernel/a.ko --order $byte_order --class 64 --alias 'input:b0003v046DpC001e0110-e*1,*k*110,*200,*r*0,*1,*a*3F,*m*l*s*f*w*F,*' \
			--alias 'input:b*v*p*e*-e*k*r*a*m*l*s*f*'
		module kernel/b.ko --order $byte_order --class 32 --alias 'input:b0003v*p*e*-e*1,*k*2,*21,*r*a*m*l*s*f*w*'
		index --map --strict
		exits 0
		file_is modules.inputmap "$INPUT" \
			'a                   0x10ff  0x3  0x46d  0xc001  0x110  2  1:0:0:0:10000:0:0:0:0  3  8000000000000000  0  0  0  0  8000  0x0' \
			'a                   0x0  0x0  0x0  0x0  0x0  0  0  0  0  0  0  0  0  0x0' \
			'b                   0x31  0x3  0x0  0x0  0x0  2  2:4  0  0  0  0  0  0  0  0x0'
	done
}

@test "aliases of serio" {
	map_from modules.seriomap --alias 'serio:ty06pr*id*ex*' --alias 'serio:ty01pr02id03ex04*' -- "$SERIO" \
		'my-mod               0x06 0xff  0xff 0xff' \
		'my-mod               0x01 0x04  0x03 0x02'
}

@test "aliases of of; the one for more compatible strings beside it is no other device" {
	map_from modules.ofmap --alias 'of:N*T*Cfsl,etsec' --alias 'of:N*T*Cfsl,etsecC*' --alias 'of:Nmac-ioTserial*CAAPL,x_y' \
		--alias 'of:NswimT*' --alias 'of:N*Tserial' --alias 'of:NzoomT*C*' --alias 'of:NzoomT*' --alias 'of:NtTdC*' \
		--alias 'of:NtTd' --alias 'of:N*T*CaCC*' --alias 'of:N*T*CaC' -- "$OF" \
		'my-mod               *                    *                    fsl,etsec' \
		'my-mod               mac-io               serial               AAPL,x_y' \
		'my-mod               swim                 *                    *' \
		'my-mod               *                    serial               *' \
		'my-mod               zoom                 *                    *' \
		'my-mod               t                    d                    *' \
		'my-mod               *                    *                    aC'
}

@test "aliases of of that end in a wildcard, as they did once; a compatible string may end in C" {
	map_from modules.ofmap --alias 'of:N*T*Cfsl,etsec*' --alias 'of:N*T*Cx,abC*' --alias 'of:N*T*Cx,ab*' \
		--alias 'of:Nmac-ioTserial*CAAPL,x_y*' --alias 'of:N*Tserial*' -- "$OF" \
		'my-mod               *                    *                    fsl,etsec' \
		'my-mod               *                    *                    x,abC' \
		'my-mod               *                    *                    x,ab' \
		'my-mod               mac-io               serial               AAPL,x_y' \
		'my-mod               *                    serial               *'
}

@test "malformed aliases give no line" {
	local alias options=()
	for alias in pci:v0000800g pci:vd pci:v00008086d00001229x usb:v1234p5678d01[2-] usb:v1234p5678d01[] \
		usb:v1234p5678d[g-1]dc*dsc* ccw:t39900 ieee1394:venmo input:b*v*p*e* input:b*v*p*e*-e*k* \
		'input:b*v*p*e*-e*k*300,*r*a*m*l*s*f*' 'input:b*v*p*e*-e*k*r*a*m*l*s*f*x' serio:ty1g pnp: pnp:d pnp:dPNP050 \
		pnp:dPNP0501x pnp:cPNP0501d pnp:xPNP0501 of: of:x of:Nx of:Tx; do
		options+=(--alias "$alias")
	done
	map_from modules.pcimap "${options[@]}" -- "$PCI"
	file_is modules.usbmap "$USB"
	file_is modules.ccwmap "$CCW"
	file_is modules.ieee1394map "$IEEE1394"
	file_is modules.isapnpmap "$ISAPNP"
	file_is modules.inputmap "$INPUT"
	file_is modules.ofmap "$OF"
	file_is modules.seriomap "$SERIO"
}

# ---- .modalias ----

@test "aliases in .modalias count like others, with and without --map" {
	check() {
		module kernel/a.ko "${kind[@]}" --alias first --modalias 'pci:v00000001d*sv*sd*bc*sc*i*' --modalias '' --modalias third
		module kernel/b.ko "${kind[@]}" --modalias a-b
		index --strict
		exits 0
		says_nothing
		file_is modules.alias '# Aliases extracted from modules themselves.' 'alias first a' \
			'alias pci:v00000001d*sv*sd*bc*sc*i* a' 'alias third a' 'alias a-b b'
		entries_are modules.alias.bin 'a_b 1 b' 'first 0 a' 'pci:v00000001d*sv*sd*bc*sc*i* 0 a' 'third 0 a'
		index --map
		file_is modules.pcimap "$PCI" \
			'a                    0x00000001 0xffffffff 0xffffffff 0xffffffff 0x00000000 0x00000000 0x0'
	}
	in_all_kinds check
}

@test "an alias in .modalias cannot forge a line" {
	module kernel/a.ko --modalias 'x a\nalias y' --modalias z
	index
	exits 0
	says 'kernel/a.ko: left out, as it is too long or holds control characters: x a?alias y'
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias z a'
}

# ---- damage ----

# lines_lost REASON OPTION...: a module of these options has no lines in maps, for that reason; all else is as without it.
lines_lost() {
	local reason=$1
	shift
	check() {
		for jobs in 1 3; do
			module kernel/a.ko "${kind[@]}" --need one --device serio=1,2,3,4
			module kernel/bad.ko "${kind[@]}" --export one=1 --alias x --device pci=1,2 "$@"
			index --map --jobs $jobs
			exits 0
			[ "${#lines[@]}" = 1 ] || { printf 'said:\n%s\n' "$output"; return 1; }
			says "depmod: ERROR: kernel/bad.ko: left out of the maps: $reason"
			file_is modules.pcimap "$PCI"
			file_is modules.seriomap "$SERIO" 'a                    0x01 0x02  0x03 0x04'
			file_is modules.dep 'kernel/a.ko: kernel/bad.ko' kernel/bad.ko:
			file_is modules.alias '# Aliases extracted from modules themselves.' 'alias x bad'
		done
		index --map --strict
		exits 1
		index --strict
		exits 0
		says_nothing
	}
	local class byte_order
	in_all_kinds check "$@"
}

@test "a table without an end" {
	lines_lost 'device table without an end at offset ' --defect table-endless
}

# What follows would look like its last entry.
@test "a table without an end, and another one behind it" {
	lines_lost 'device table without an end at offset 4' --device of= --defect table-endless
}

@test "a table outside its section" {
	lines_lost 'device table outside its section at offset 1048592' --defect table-beyond
}

@test "a table in a section that does not exist" {
	lines_lost 'device table in a section that does not exist' --defect table-nowhere
}

@test "control characters in a table" { lines_lost "device's name holds control characters" --device 'of=,,a' --device "of=$(printf 'a\eb')"; }

@test "a table of more entries than any module has" {
	lines_lost 'device tables: too many values' --device serio=1 --repeat 66000
}
