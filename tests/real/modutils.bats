# Modules of the 2.4 series as compilers make them: the sources stand in old/. Real ones cannot be had any more.

bats_require_minimum_version 1.5.0

PROJECT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
DEPMOD=${DEPMOD:-$PROJECT/depmod}
MODULES=/lib/modules/2.4.20/kernel

setup() {
	cd "$BATS_TEST_TMPDIR"
	TREE=$BATS_TEST_TMPDIR/root/lib/modules/2.4.20
	mkdir -p "$TREE/kernel/fs/jbd" "$TREE/kernel/fs/ext3" "$TREE/kernel/drivers"
}

# compiler_for MACHINE: also how many hexadecimal digits a long has there.
compiler_for() {
	case $1 in
	i386) compiler=(i686-linux-gnu-gcc -fno-pic) digits=8 ;;
	s390x) compiler=(s390x-linux-gnu-gcc) digits=16 ;;
	mips) compiler=(clang --target=mips-linux-gnu -fno-pic -mno-abicalls) digits=8 ;;
	powerpc | arm) compiler=(clang --target="$1-linux-gnu") digits=8 ;;
	*) compiler=(clang --target="$1-linux-gnu") digits=16 ;;
	esac
	command -v "${compiler[0]}" >/dev/null || skip "no ${compiler[0]}"
}

# compile SOURCE OBJECT [OPTION...]
compile() {
	"${compiler[@]}" -std=gnu11 -O2 -ffreestanding -fno-common -Wall -Wextra -Wno-missing-field-initializers "${@:3}" \
		-c "$BATS_TEST_DIRNAME/old/$1" -o "$2"
}

# tree [OPTION...]: the modules; `map` is the kernel's System.map.
tree() {
	compile jbd.c "$TREE/kernel/fs/jbd/jbd.o" "$@"
	compile ext3.c "$TREE/kernel/fs/ext3/ext3.o" "$@"
	compile kernel.c kernel.o "$@"
	nm kernel.o >map
}

index() { run "$DEPMOD" -b root -C /dev/null -e "$@" 2.4.20; }

dep_is() {
	printf "$1" >expected
	diff expected "$TREE/modules.dep"
}

symbols_are_found() {
	local jbd=$MODULES/fs/jbd/jbd.o ext3=$MODULES/fs/ext3/ext3.o
	compiler_for "$1"
	tree
	index -F map
	[ "$status" = 0 ]
	[ "$output" = "$(printf '%b\n' "depmod: *** Unresolved symbols in $BATS_TEST_TMPDIR/root$ext3" 'depmod: \thidden')" ]
	dep_is "$ext3:\t$jbd\n\n$jbd:\n\n"
	tree -DVERSIONS
	gzip -n "$TREE/kernel/fs/jbd/jbd.o"
	index -F map
	[ "$status" = 0 ]
	[ "$output" = "$(printf '%b\n' "depmod: *** Unresolved symbols in $BATS_TEST_TMPDIR/root$ext3" 'depmod: \thidden')" ]
	dep_is "$ext3:\t$jbd.gz\n\n$jbd.gz:\n\n"
	printf 'c0100000 printk_R1b7d4074\n' >map
	index -uqF map
	[ "$status" = 1 ]
	[ -z "$output" ]
}

# long NUMBER: as driver data is shown.
long() { printf "0x%0${digits}x" "$1"; }

tables_are_found() {
	compiler_for "$1"
	compile devices.c "$TREE/kernel/drivers/my-dev.ices.o"
	: >map
	index -F map
	[ "$status" = 0 ]
	[ -z "$output" ]
	dep_is "$MODULES/drivers/my-dev.ices.o:\n\n"
	(cd "$TREE" && cat modules.generic_string modules.{pci,isapnp,usb,parport,ieee1394,pnpbios}map) >actual
	sed 's/\$$//' >expected <<-END
		# module             id=string
		my-dev               parport_lowlevel=parport_pc
		# pci module         vendor     device     subvendor  subdevice  class      class_mask driver_data
		my-dev               0x00008086 0x00001229 0xffffffff 0xffffffff 0x00000000 0x00000000 $(long 0)
		my-dev               0x000010ec 0x00008139 0x00001186 0x00001300 0x00020000 0x00ffff00 $(long 0x12345678)
		# isapnp module      cardvendor carddevice driver_data vendor     function   ...
		my-dev               0xffff     0xffff     $(long 7)  0x630e     0x0100
		my-dev               0x8c0e     0x2400     $(long 9)  0x8c0e     0x2411     0x8c0e     0x2212    $
		# usb module         match_flags idVendor idProduct bcdDevice_lo bcdDevice_hi bDeviceClass bDeviceSubClass bDeviceProtocol bInterfaceClass bInterfaceSubClass bInterfaceProtocol driver_info
		my-dev               0x0003      0x046d   0xc001    0x0100       0x9999       0x00         0x00            0x00            0x00            0x00               0x00               $(long 0)
		my-dev               0x0380      0x0000   0x0000    0x0000       0x0000       0x00         0x00            0x00            0x03            0x01               0x02               $(long 5)
		my-dev               0x0070      0x0000   0x0000    0x0000       0x0000       0x09         0x08            0x07            0x00            0x00               0x00               $(long 0)
		# module             pattern
		my-dev               vendor:IOMEGA*
		my-dev               model:ZIP
		# ieee1394 module    match_flags vendor_id model_id specifier_id version
		my-dev               0x0000000c  0x000000  0x000000 0x00609e     0x010483
		# module             id
		my-dev               PNP0501
		my-dev               PNP0510
	END
	diff expected actual
}

# For 2.6, too.
empty_tables_are_found() {
	local later=$BATS_TEST_TMPDIR/root/lib/modules/2.6.20
	compiler_for "$1"
	compile empty.c "$TREE/kernel/drivers/a.o"
	mkdir -p "$later/kernel"
	compile empty.c "$later/kernel/a.ko" -DNOW
	[ "$(nm "$TREE/kernel/drivers/a.o" | grep -c ' b ')" = 2 ]
	: >map
	index -F map --strict
	[ "$status" = 0 ]
	[ -z "$output" ]
	run "$DEPMOD" -b root -C /dev/null --map --strict 2.6.20
	[ "$status" = 0 ]
	[[ "$output" != *ERROR* ]]
	for series in "$TREE" "$later"; do
		[ "$(cat "$series"/modules.{pci,ieee1394,usb}map | grep -v ^# | cut -c 1-42)" = \
			"a                    0x0003      0x046d   " ]
	done
}

@test "i386: dependencies, unresolved symbols, versions" { symbols_are_found i386; }
@test "i386: device tables" { tables_are_found i386; }
@test "i386: empty device tables" { empty_tables_are_found i386; }
@test "s390x: dependencies, unresolved symbols, versions" { symbols_are_found s390x; }
@test "s390x: device tables" { tables_are_found s390x; }
@test "s390x: empty device tables" { empty_tables_are_found s390x; }
@test "powerpc: dependencies, unresolved symbols, versions" { symbols_are_found powerpc; }
@test "powerpc: device tables" { tables_are_found powerpc; }
@test "mips: dependencies, unresolved symbols, versions" { symbols_are_found mips; }
@test "mips: device tables" { tables_are_found mips; }
@test "mips64el: dependencies, unresolved symbols, versions" { symbols_are_found mips64el; }
@test "mips64el: device tables" { tables_are_found mips64el; }
@test "arm: dependencies, unresolved symbols, versions" { symbols_are_found arm; }
@test "arm: device tables" { tables_are_found arm; }
