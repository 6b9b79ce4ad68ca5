/* maps.c: the map files by which hotplug scripts of the 2.4 and 2.6 series found modules for devices: a line for each
 * device that a module says it is for, in its device tables or its aliases. */
#include "old.h"

/* NAME_WIDTH: characters that columns of names are filled up to; LINE_MAX: bytes of a line, with its NUL. */
enum { NAME_WIDTH = 20, LINE_MAX = 2048 };

/* For each map, the file's name and header line. */
static const char files[] =
	"modules.pcimap\0"
	"# pci module         vendor     device     subvendor  subdevice  class      class_mask driver_data\n\0"
	"modules.usbmap\0"
	"# usb module         match_flags idVendor idProduct bcdDevice_lo bcdDevice_hi bDeviceClass bDeviceSubClass "
	"bDeviceProtocol bInterfaceClass bInterfaceSubClass bInterfaceProtocol driver_info\n\0"
	"modules.ccwmap\0"
	"# ccw module         match_flags cu_type cu_model dev_type dev_model\n\0"
	"modules.ieee1394map\0"
	"# ieee1394 module    match_flags vendor_id model_id specifier_id version\n\0"
	"modules.isapnpmap\0"
	"# isapnp module      cardvendor carddevice driver_data vendor     function   ...\n\0"
	"modules.inputmap\0"
	"# module         matchBits bustype vendor product version evBits keyBits relBits absBits mscBits ledBits "
	"sndBits ffBits [swBits] driver_info\n\0"
	"modules.ofmap\0"
	"# of module          name                 type                 compatible\n\0"
	"modules.seriomap\0"
	"# serio module       type extra id   proto\n\0"
	"modules.generic_string\0"
	"# module             id=string\n\0"
	"modules.parportmap\0"
	"# module             pattern\n\0"
	"modules.pnpbiosmap\0"
	"# module             id\n";

const uint8_t old_maps[MAPS_OLD] = {
	GENERIC_STRING, PCIMAP, ISAPNPMAP, USBMAP, PARPORTMAP, IEEE1394MAP, PNPBIOSMAP,
};

const char *map_name(enum map map)
{
	return nth_string(files, (size_t)map * 2);
}

void map_begin(struct text *text, enum map map)
{
	text_string(text, nth_string(files, (size_t)map * 2 + 1));
}

void map_add(struct text *text, const char *path, const char *line)
{
	const char *name = base_name(path);
	size_t length = stem_length(name);

	text_add(text, name, length);
	for (; length < NAME_WIDTH; length++)
		text_add(text, " ", 1);
	text_string(text, line);
	text_add(text, "\n", 1);
}

/* ---- lines ---- */

/* The line for each type of device, in the order of enum device_type, without the module's name: %aN is the device's
 * first number (b: the second, and so on) in N hexadecimal digits or more; %a0 has as many digits as a long, for driver
 * data. add_device() appends the parts that no format can express. */
static const char formats[] =
	" %a4      %b4  %d2      %c4  %e2\0"
	" 0xffff     0xffff     0x00000000  %a4     %b4    \0"
	" %a4     %b4     0x00000000 \0"
	"\0"
	" %a2 %b2  %c2 %d2\0"
	"\0"
	" %a8 %b8 %c8 %d8 %e8 %f8 \0"
	" %a4      %b4   %c4    %d4       %e4       %f2         %g2            %h2            %i2            %j2               "
	"%k2               \0"
	" %a8  %b6  %c6 %d6     %e6\0"
	" %a4     %b4     %e0  %c4     %d4\0"
	" %b4     %c4     %a0 \0"
	" \0"
	" ";

static void add_numbers(struct text *text, const char *format, const uint64_t *numbers, unsigned word)
{
	for (; *format; format++) {
		unsigned digits;

		if (*format != '%') {
			text_add(text, format, 1);
			continue;
		}
		digits = (unsigned)format[2] - '0';
		text_add(text, "0x", 2);
		text_hex(text, numbers[format[1] - 'a'], digits ? digits : word * 2);
		format += 2;
	}
}

/* The functions of a card, eight at most: EISA ids, from number d on. A malformed id (NONE) is left out. */
static void add_functions(struct text *text, const struct device *d)
{
	const uint64_t *function = &d->numbers[3];

	for (int i = 0; i < 8 && *function; i++, function += 2)
		if (*function != NONE)
			add_numbers(text, " %a4     %b4    ", function, 0);
}

/* Words of the module's size with `:` between them, from the highest that is not 0 down to the lowest. */
static void add_bits(struct text *text, const uint64_t *bits, unsigned word)
{
	const char *between = "";

	for (unsigned i = INPUT_WORDS * 8 / word; i--;) {
		uint64_t value = bits[i * word / 8] >> i * word % 8 * 8;

		if (word == 4)
			value = (uint32_t)value;
		if (!value && !*between && i)
			continue;
		text_string(text, between);
		text_hex(text, value, 1);
		between = ":";
	}
}

/* Number a has the match flags: a field whose flag is clear is printed as 0. */
static void add_input(struct text *text, const struct device *device)
{
	static const uint64_t nothing[INPUT_WORDS];
	struct device d = *device;
	uint64_t flags = d.numbers[0];

	for (int i = 0; i < 4; i++)
		if (!(flags & 1U << i))
			d.numbers[i + 1] = 0;
	add_numbers(text, "%a1  %b1  %c1  %d1  %e1", d.numbers, d.word);
	for (uint32_t i = 0; i < d.arrays; i++) {
		text_string(text, "  ");
		add_bits(text, flags & 0x10U << i ? d.bits[i] : nothing, d.word);
	}
	add_numbers(text, "  %f1", d.numbers, d.word);
}

/* White space inside a column becomes `_`, as blanks separate columns; an empty column becomes `*`. */
static void add_columns(struct text *text, const struct span *columns, int count)
{
	size_t length;

	while (count--) {
		struct span column = *columns++;

		if (column.p == column.end)
			column = span_of("*", 1);
		text_add(text, " ", 1);
		for (length = 0; column.p < column.end; column.p++, length++)
			text_add(text,
				 *column.p == ' ' || (*column.p >= '\t' && *column.p <= '\r') ? "_"
											      : (const char *)column.p,
				 1);
		for (; count && length < NAME_WIDTH; length++)
			text_add(text, " ", 1);
	}
}

static void add_string(struct text *text, struct span string)
{
	if (span_size(string) > LINE_MAX / 2)
		bad("device's name is too long");
	text_add(text, string.p, span_size(string));
}

static void add_device(struct text *text, const struct device *d)
{
	add_numbers(text, nth_string(formats, d->type), d->numbers, d->word);
	switch (d->type) {
	case INPUT: add_input(text, d); break;
	case OF: add_columns(text, d->strings, 3); break;
	case PARPORT:
	case PNPBIOS: add_string(text, d->strings[0]); break;
	case PNP_CARD:
	case ISAPNP_CARD: add_functions(text, d); break;
	case PCI: add_numbers(text, d->old ? "%g0" : "0x0", d->numbers, d->word); break;
	case USB: add_numbers(text, d->old ? "%l0" : "0x0", d->numbers, d->word); break;
	default: break;
	}
}

/* Where the lines of a module go. */
struct telling {
	map_line *tell;
	void *context;
	char buffer[LINE_MAX]; /* the line being made */
};

static struct text begin_line(struct telling *t)
{
	return (struct text){ .start = t->buffer, .capacity = sizeof(t->buffer), .fd = -1 };
}

static void end_line(struct telling *t, enum map map, struct text *text)
{
	text_add(text, "", 1);
	if (has_control(text->start, text->size - 1))
		bad("device's name holds control characters");
	t->tell(t->context, map, text->start, text->size - 1);
}

/* A device whose EISA id is malformed is left out. */
static void tell_device(void *context, const struct device *device)
{
	static const uint8_t maps[DEVICE_TYPES] = {
		[CCW] = CCWMAP,
		[PNP] = ISAPNPMAP,
		[PNP_CARD] = ISAPNPMAP,
		[INPUT] = INPUTMAP,
		[SERIO] = SERIOMAP,
		[OF] = OFMAP,
		[PCI] = PCIMAP,
		[USB] = USBMAP,
		[IEEE1394] = IEEE1394MAP,
		[ISAPNP] = ISAPNPMAP,
		[ISAPNP_CARD] = ISAPNPMAP,
		[PARPORT] = PARPORTMAP,
		[PNPBIOS] = PNPBIOSMAP,
	};
	struct text text = begin_line(context);

	if ((device->type == PNP || device->type == PNP_CARD) && device->numbers[0] == NONE)
		return;
	add_device(&text, device);
	end_line(context, maps[device->type], &text);
}

/* ---- all lines of a module ---- */

/* Whether `alias` is the other one with C* at its end. Since Linux 4.5 a module has each alias of Open Firmware in both
 * forms, next to each other in either order; this one is for devices that are compatible with more than one thing. */
static bool is_longer_form(const char *alias, const char *other)
{
	size_t length = strlen(other);

	return strncmp(alias, other, length) == 0 && strcmp(alias + length, "C*") == 0;
}

void map_lines(const struct elf *elf, struct values aliases, map_line *tell, void *context)
{
	struct telling t = { .tell = tell, .context = context };
	uint32_t types = (1U << ISAPNP) - 1;
	size_t length;
	const char *before = "", *alias = next_value(&aliases, &length), *after;

	for (; alias; before = alias, alias = after) {
		struct device device = { .word = elf->layout->word };

		after = next_value(&aliases, &length);
		if (is_longer_form(alias, before) || (after && is_longer_form(alias, after)) ||
		    !modalias_read(alias, &device))
			continue;
		tell_device(&t, &device);
		types &= ~(device.type == PNP || device.type == PNP_CARD ? 1U << PNP | 1U << PNP_CARD
									 : 1U << device.type);
	}
	tables_read(elf, types, false, tell_device, &t);
}

/* Each string of the section .modstring is a line. */
static void tell_strings(struct telling *t, const struct elf *elf)
{
	uint32_t section = section_named(elf, ".modstring");
	struct span strings;

	if (!section)
		return;
	strings = elf_bytes(elf, elf_section(elf, section, ""), ".modstring");
	for (struct span one; next_string(&strings, &one);) {
		struct text text = begin_line(t);

		text_add(&text, " ", 1);
		add_string(&text, one);
		if (one.p < one.end)
			end_line(t, GENERIC_STRING, &text);
	}
}

void old_map_lines(const struct elf *elf, map_line *tell, void *context)
{
	struct telling t = { .tell = tell, .context = context };

	tell_strings(&t, elf);
	tables_read(elf, ~((1U << PCI) - 1), true, tell_device, &t);
}
