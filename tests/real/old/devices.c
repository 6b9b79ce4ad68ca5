/* A device table of each kind. */
#include "old.h"

static const struct pci_device_id pci[] = {
	{ 0x8086, 0x1229, ~0U, ~0U, 0, 0, 0 },
	{ 0x10ec, 0x8139, 0x1186, 0x1300, 0x020000, 0xffff00, 0x12345678 },
	{ 0 },
};

static const struct usb_device_id usb[] = {
	{ .match_flags = 3, .idVendor = 0x046d, .idProduct = 0xc001, .bcdDevice_lo = 0x0100, .bcdDevice_hi = 0x9999 },
	{ .match_flags = 0x380, .bInterfaceClass = 3, .bInterfaceSubClass = 1, .bInterfaceProtocol = 2, .driver_info = 5 },
	{ .match_flags = 0x70, .bDeviceClass = 9, .bDeviceSubClass = 8, .bDeviceProtocol = 7 },
	{ 0 },
};

static const struct isapnp_device_id isapnp[] = { { 0xffff, 0xffff, 0x630e, 0x0100, 7 }, { 0 } };

static const struct isapnp_card_id cards[] = {
	{ 9, 0x8c0e, 0x2400, { { 0x8c0e, 0x2411 }, { 0x8c0e, 0x2212 } } },
	{ 0 },
};

static const struct parport_device_id parport[] = { { "vendor:IOMEGA*" }, { "model:ZIP" }, { 0 } };

static const struct ieee1394_device_id firewire[] = { { 0xc, 0, 0, 0x00609e, 0x010483, 0 }, { 0 } };

static const struct pnpbios_device_id pnpbios[] = { { "PNP0501", 0 }, { "PNP0510", 1 }, { "", 0 } };

MODULE_DEVICE_TABLE(pci, pci);
MODULE_DEVICE_TABLE(usb, usb);
MODULE_DEVICE_TABLE(isapnp, isapnp);
MODULE_TABLE(isapnp_card, cards);
MODULE_DEVICE_TABLE(parport, parport);
MODULE_DEVICE_TABLE(ieee1394, firewire);
MODULE_DEVICE_TABLE(pnpbios, pnpbios);
MODULE_STRING("parport_lowlevel=parport_pc");
