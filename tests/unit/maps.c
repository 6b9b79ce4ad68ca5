/* old/maps.c, tables.c, object.c: the map files of the 2.4 series, from modules that build/mkmodule makes. Those of the 2.6
 * series are in tests/cases/maps.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../old/old.h"

enum { FILE_MAX = 1 << 22 };

#define USB_HEADER \
	"# usb module         match_flags idVendor idProduct bcdDevice_lo bcdDevice_hi bDeviceClass bDeviceSubClass bDeviceProtocol bInterfaceClass bInterfaceSubClass bInterfaceProtocol driver_info\n"

#define MODULE "build/unit/maps.ko"

/* Every kind of file, with tables of 2.4 reached by relocations with addends and without. */
static const struct kind {
	const char *options;
	bool wide;
} kinds[] = {
	{ "--class 32 --order little --tables rel", false }, { "--class 32 --order little --tables rela", false },
	{ "--class 32 --order big --tables rel", false }, { "--class 32 --order big --tables rela", false },
	{ "--class 64 --order little --tables rel", true }, { "--class 64 --order little --tables rela", true },
	{ "--class 64 --order big --tables rel", true }, { "--class 64 --order big --tables rela", true },
	{ "--class 64 --order little --machine 8 --tables rela", true },
	{ "--class 64 --order big --machine 8 --tables rela", true },
};

static char said[1 << 16];
static size_t said_size;

static void say(void *context, enum map map, const char *line, size_t length)
{
	static char bytes[4096];
	struct text text = { .start = bytes, .capacity = sizeof(bytes), .fd = -1 };

	assert_null(context);
	assert_int_equal(strlen(line), length);
	map_add(&text, "/lib/modules/2.4.20/kernel/old.o.gz", line);
	said_size += (size_t)snprintf(said + said_size, sizeof(said) - said_size, "%s: %.*s", map_name(map),
				      (int)text.size, text.start);
}

static void read_lines(void *file)
{
	struct memory_source source = source_of(*(struct span *)file);
	struct elf elf;

	elf_open(&elf, &source.source);
	old_map_lines(&elf, say, NULL);
}

/* The lines of a module that mkmodule makes with these options; or why they could not be read. */
static const char *lines_of(const char *kind, const char *options)
{
	static uint8_t bytes[FILE_MAX];
	char command[4096];
	struct span file;
	struct fault fault;
	struct reason reason;
	FILE *f;

	snprintf(command, sizeof(command), "build/mkmodule %s %s " MODULE, kind, options);
	assert_int_equal(system(command), 0);
	f = fopen(MODULE, "rb");
	assert_non_null(f);
	file = span_of(bytes, fread(bytes, 1, sizeof(bytes), f));
	fclose(f);
	remove(MODULE);
	said[said_size = 0] = 0;
	if (!attempt(read_lines, &file, &fault))
		return strcpy(said, fault_text(&reason, &fault));
	return said;
}

static void expect(const char *options, const char *narrow, const char *wide)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *lines = lines_of(kinds[i].options, options);

		if (strcmp(lines, kinds[i].wide ? wide : narrow) != 0)
			fail_msg("%s %s:\n%s\nexpected:\n%s", kinds[i].options, options, lines,
				 kinds[i].wide ? wide : narrow);
	}
}

static void expect_same(const char *options, const char *expected)
{
	expect(options, expected, expected);
}

static void pci_with_driver_data(void **state)
{
	(void)state;
	expect("--device pci=0x8086,0x1229,0xffffffff,0xffffffff,0x20000,0xffff00,0x77 --device pci=1,2,3,4,5,6,0xfedcba98",
	       "modules.pcimap: old                  0x00008086 0x00001229 0xffffffff 0xffffffff 0x00020000 0x00ffff00 0x00000077\n"
	       "modules.pcimap: old                  0x00000001 0x00000002 0x00000003 0x00000004 0x00000005 0x00000006 0xfedcba98\n",
	       "modules.pcimap: old                  0x00008086 0x00001229 0xffffffff 0xffffffff 0x00020000 0x00ffff00 0x0000000000000077\n"
	       "modules.pcimap: old                  0x00000001 0x00000002 0x00000003 0x00000004 0x00000005 0x00000006 0x00000000fedcba98\n");
}

static void usb_with_driver_info(void **state)
{
	(void)state;
	expect("--device usb=0x3ff,0x1234,0x5678,0x100,0x200,9,8,7,6,5,4,0x77",
	       "modules.usbmap: old                  0x03ff      0x1234   0x5678    0x0100       0x0200       0x09         0x08            "
	       "0x07            0x06            0x05               0x04               0x00000077\n",
	       "modules.usbmap: old                  0x03ff      0x1234   0x5678    0x0100       0x0200       0x09         0x08            "
	       "0x07            0x06            0x05               0x04               0x0000000000000077\n");
}

/* The last entry is one without driver data. */
static void usb_with_nothing_but_driver_info(void **state)
{
	(void)state;
	expect("--device usb=0,0,0,0,0,0,0,0,0,0,0,0x78 --device usb=0x20,0,1,2,3,0,8,7,0,6,5 --device usb=1,2",
	       "modules.usbmap: old                  0x0000      0x0000   0x0000    0x0000       0x0000       0x00         0x00            "
	       "0x00            0x00            0x00               0x00               0x00000078\n",
	       "modules.usbmap: old                  0x0000      0x0000   0x0000    0x0000       0x0000       0x00         0x00            "
	       "0x00            0x00            0x00               0x00               0x0000000000000078\n");
}

static void isapnp_devices_and_cards(void **state)
{
	(void)state;
	expect("--device isapnp=0xffff,0xffff,0xd041,0x0105,0x77 --device isapnp_card=0x78,0x8c0e,0x2800,0x8c0e,0x3100,0xd041,0x2fb0 "
	       "--device isapnp_card=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18",
	       "modules.isapnpmap: old                  0xffff     0xffff     0x00000077  0xd041     0x0105\n"
	       "modules.isapnpmap: old                  0x8c0e     0x2800     0x00000078  0x8c0e     0x3100     0xd041     0x2fb0    \n"
	       "modules.isapnpmap: old                  0x0001     0x0002     0x00000000  0x0003     0x0004     0x0005     0x0006    "
	       " 0x0007     0x0008     0x0009     0x000a     0x000b     0x000c     0x000d     0x000e     0x000f     0x0010    "
	       " 0x0011     0x0012    \n",
	       "modules.isapnpmap: old                  0xffff     0xffff     0x0000000000000077  0xd041     0x0105\n"
	       "modules.isapnpmap: old                  0x8c0e     0x2800     0x0000000000000078  0x8c0e     0x3100     0xd041     0x2fb0    \n"
	       "modules.isapnpmap: old                  0x0001     0x0002     0x0000000000000000  0x0003     0x0004     0x0005     0x0006    "
	       " 0x0007     0x0008     0x0009     0x000a     0x000b     0x000c     0x000d     0x000e     0x000f     0x0010    "
	       " 0x0011     0x0012    \n");
}

/* All but what says that it is the last one may be set. */
static void where_tables_end(void **state)
{
	(void)state;
	expect("--device pci=1 --device pci=0,2,3,4,5,6,7 --device pci=8",
	       "modules.pcimap: old                  0x00000001 0x00000000 0x00000000 0x00000000 0x00000000 0x00000000 0x00000000\n",
	       "modules.pcimap: old                  0x00000001 0x00000000 0x00000000 0x00000000 0x00000000 0x00000000 "
	       "0x0000000000000000\n");
	expect("--device usb=1,2 --device usb=0x3ff,0,2,3,4,0,6,7,0,9,10,0 --device usb=1,3",
	       "modules.usbmap: old                  0x0001      0x0002   0x0000    0x0000       0x0000       0x00         0x00            "
	       "0x00            0x00            0x00               0x00               0x00000000\n",
	       "modules.usbmap: old                  0x0001      0x0002   0x0000    0x0000       0x0000       0x00         0x00            "
	       "0x00            0x00            0x00               0x00               0x0000000000000000\n");
	expect("--device isapnp=1 --device isapnp=0,2,3,4,5 --device isapnp=6",
	       "modules.isapnpmap: old                  0x0001     0x0000     0x00000000  0x0000     0x0000\n",
	       "modules.isapnpmap: old                  0x0001     0x0000     0x0000000000000000  0x0000     0x0000\n");
	expect("--device isapnp_card=0,1 --device isapnp_card=1,0,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18 --device isapnp_card=0,6",
	       "modules.isapnpmap: old                  0x0001     0x0000     0x00000000 \n",
	       "modules.isapnpmap: old                  0x0001     0x0000     0x0000000000000000 \n");
	expect_same("--device ieee1394=1 --device ieee1394=0,2,3,4,5,6 --device ieee1394=7",
		    "modules.ieee1394map: old                  0x00000001  0x000000  0x000000 0x000000     0x000000\n");
	expect_same("--device pnpbios=PNP0501 --device pnpbios=,1 --device pnpbios=PNP0502",
		    "modules.pnpbiosmap: old                  PNP0501\n");
}

static void ieee1394(void **state)
{
	(void)state;
	expect_same("--device ieee1394=12,0,0,0x609e,0x10483,7",
		    "modules.ieee1394map: old                  0x0000000c  0x000000  0x000000 0x00609e     0x010483\n");
}

static void patterns_of_parport(void **state)
{
	(void)state;
	expect_same("--device parport=*CLS:PRINTER*,7 --device 'parport=*MDL:a b*'",
		    "modules.parportmap: old                  *CLS:PRINTER*\nmodules.parportmap: old                  *MDL:a b*\n");
}

static void ids_of_the_pnp_bios(void **state)
{
	(void)state;
	expect_same("--device pnpbios=PNP0c0F,7 --device pnpbios=what",
		    "modules.pnpbiosmap: old                  PNP0c0F\nmodules.pnpbiosmap: old                  what\n");
}

static void strings_of_modstring(void **state)
{
	(void)state;
	expect_same("--modstring drm=x --modstring '' --modstring 'a b=c d'",
		    "modules.generic_string: old                  drm=x\nmodules.generic_string: old                  a b=c d\n");
}

static void nothing_of_2_6(void **state)
{
	(void)state;
	assert_string_equal(lines_of("", "--device pci=1,2 --alias 'pci:v00000001d*sv*sd*bc*sc*i*'"), "");
	assert_string_equal(lines_of("--tables rel", "--device serio=1,2 --device of=a"), "");
	expect_same("", "");
}

static void the_files(void **state)
{
	static const char *const expected[] = {
		"modules.generic_string", "# module             id=string\n",
		"modules.pcimap", "# pci module         vendor     device     subvendor  subdevice  class      class_mask driver_data\n",
		"modules.isapnpmap", "# isapnp module      cardvendor carddevice driver_data vendor     function   ...\n",
		"modules.usbmap", USB_HEADER,
		"modules.parportmap", "# module             pattern\n",
		"modules.ieee1394map", "# ieee1394 module    match_flags vendor_id model_id specifier_id version\n",
		"modules.pnpbiosmap", "# module             id\n",
	};
	static char bytes[1024];

	(void)state;
	for (int i = 0; i < MAPS_OLD; i++) {
		struct text text = { .start = bytes, .capacity = sizeof(bytes), .fd = -1 };

		map_begin(&text, old_maps[i]);
		bytes[text.size] = 0;
		assert_string_equal(map_name(old_maps[i]), expected[2 * i]);
		assert_string_equal(bytes, expected[2 * i + 1]);
	}
}

static void damage(void **state)
{
	static const char *const expected[][2] = {
		{ "--device pci=1 --defect pointer-unrelocated", "pointer to a device table leads nowhere" },
		{ "--device pci=1 --defect pointer-nowhere", "symbol beyond .symtab" },
		{ "--device pci=1 --defect table-nowhere", "device table in a section that does not exist" },
		{ "--device pci=1 --defect table-beyond", "device table outside its section" },
		{ "--device pci=1 --defect entry-size-zero", "device table with entries of an impossible size at offset 0" },
		{ "--device pci=1 --defect entry-size-huge", "device table with entries of an impossible size at offset 1610612736" },
		{ "--device pci=1 --defect entry-size-missing", "device table whose entries have no size" },
		{ "--device pci=1 --need x --defect name-outside", "symbol name beyond .strtab" },
		{ "--device pci=1 --defect strings-unterminated", ".strtab without an end" },
		{ "--device parport=a --defect table-endless", "pattern without an end" },
		{ "--device parport=a --repeat 257", "too many patterns" },
		{ "--modstring \"$(printf 'a\\33=b')\"", "device's name holds control characters" },
		{ "--modstring \"$(printf %01025d 1)\"", "device's name is too long" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(expected); i++)
		for (size_t k = 0; k < COUNT_OF(kinds); k++) {
			const char *reason = lines_of(kinds[k].options, expected[i][0]);

			if (strncmp(reason, expected[i][1], strlen(expected[i][1])) != 0)
				fail_msg("%s %s:\n%s\nexpected:\n%s", kinds[k].options, expected[i][0], reason, expected[i][1]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pci_with_driver_data), cmocka_unit_test(usb_with_driver_info),
		cmocka_unit_test(usb_with_nothing_but_driver_info),
		cmocka_unit_test(isapnp_devices_and_cards), cmocka_unit_test(where_tables_end), cmocka_unit_test(ieee1394),
		cmocka_unit_test(patterns_of_parport), cmocka_unit_test(ids_of_the_pnp_bios),
		cmocka_unit_test(strings_of_modstring), cmocka_unit_test(nothing_of_2_6),
		cmocka_unit_test(the_files), cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}
