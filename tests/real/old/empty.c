/* Device tables that are empty: compilers put them into .bss. With -DNOW as the 2.6 series marks them. */
#include "old.h"

#ifdef NOW
#undef MODULE_TABLE
#define MODULE_TABLE(type, table) \
	extern const struct type##_id __mod_##type##_table[1] __attribute__((alias(#table)))
#endif

static struct pci_device_id pci[] = { { 0 } };
static struct ieee1394_device_id firewire[] = { { 0 } };
static struct usb_device_id usb[] = { { .match_flags = 3, .idVendor = 0x046d, .idProduct = 0xc001 }, { 0 } };

MODULE_DEVICE_TABLE(pci, pci);
MODULE_DEVICE_TABLE(ieee1394, firewire);
MODULE_DEVICE_TABLE(usb, usb);
