/* old.h: what <linux/module.h> of the 2.4 series put into a module, as far as depmod looks at it: the same sections,
 * symbols and layouts. No such module can be had today; a compiler makes these. */
#ifdef VERSIONS
#define NAMED_(name, version) name##_R##version
#else
#define NAMED_(name, version) name
#endif
#define NAMED(name, version) NAMED_(name, version)

/* Symbols of kernel and modules, with versions or without. */
#define printk NAMED(printk, 1b7d4074)
#define journal_start NAMED(journal_start, smp_0123abcd)
#define journal_stop NAMED(journal_stop, smp_89abcdef)

#define SECTION(name) __attribute__((section(name), used))
#define QUOTED_(text) #text
#define QUOTED(text) QUOTED_(text)
#define PASTED_(a, b) a##b
#define PASTED(a, b) PASTED_(a, b)

struct module_symbol {
	unsigned long value;
	const char *name;
};

#define EXPORT_AS(string, symbol, name) \
	const char PASTED(__kstrtab_, name)[] SECTION(".kstrtab") = string; \
	const struct module_symbol PASTED(symbol, name) SECTION("__ksymtab") = { \
		(unsigned long)&name, PASTED(__kstrtab_, name) \
	}
#define EXPORT_SYMBOL(name) EXPORT_AS(QUOTED(name), __ksymtab_, name)
#define EXPORT_SYMBOL_GPL(name) EXPORT_AS("GPLONLY_" QUOTED(name), __ksymtab_GPLONLY_, name)

#define MODULE_LICENSE(text) static const char module_license[] SECTION(".modinfo") = "license=" text
#define MODULE_STRING(text) static const char module_string[] SECTION(".modstring") = text

/* A pointer to the table, and how large an entry is. */
#define MODULE_TABLE(type, table) \
	static const unsigned long __module_##type##_size __attribute__((used)) = sizeof(struct type##_id); \
	static const struct type##_id *__module_##type##_table __attribute__((used)) = table
#define MODULE_DEVICE_TABLE(type, table) MODULE_TABLE(type##_device, table)

struct pci_device_id {
	unsigned int vendor, device, subvendor, subdevice, class, class_mask;
	unsigned long driver_data;
};

struct usb_device_id {
	unsigned short match_flags, idVendor, idProduct, bcdDevice_lo, bcdDevice_hi;
	unsigned char bDeviceClass, bDeviceSubClass, bDeviceProtocol;
	unsigned char bInterfaceClass, bInterfaceSubClass, bInterfaceProtocol;
	unsigned long driver_info;
};

struct isapnp_device_id {
	unsigned short card_vendor, card_device, vendor, function;
	unsigned long driver_data;
};

struct isapnp_card_id {
	unsigned long driver_data;
	unsigned short card_vendor, card_device;
	struct {
		unsigned short vendor, function;
	} devs[8];
};

struct parport_device_id {
	const char *pattern;
};

struct ieee1394_device_id {
	unsigned int match_flags, vendor_id, model_id, specifier_id, version;
	void *driver_data;
};

struct pnpbios_device_id {
	char id[8];
	unsigned long driver_data;
};

int printk(const char *format, ...);
int journal_start(int blocks);
int journal_stop(int handle);
extern long mod_use_count_;
extern int optional(void) __attribute__((weak));
extern int never_called(void);

int init_module(void);
void cleanup_module(void);
