/* modalias.c: reads aliases by which modules say what devices they are for. scripts/mod/file2alias.c of the kernel made
 * them from device tables; here they are turned back into entries of these. */
#include "old.h"

enum { RANGE = 5 }; /* in place of digits: two numbers, the ends of a range of numbers with four digits */

/* An alias begins with `name`. `pattern` has, for each number that follows, the letters before it, how many hexadecimal
 * digits it has, and its place in device.numbers (a: the first). */
static const struct bus {
	char name[10], pattern[40];
	uint8_t type;
} buses[] = {
	{ "pci:", "v8ad8bsv8csd8dbc2hsc2ii2j", PCI },
	{ "usb:", "v4bp4cd5ddc2fdsc2gdp2hic2iisc2jip2kin2m", USB },
	{ "ccw:", "t4bm2ddt4cdm2e", CCW },
	{ "ieee1394:", "ven8bmo8csp8dver8e", IEEE1394 },
	{ "serio:", "ty2apr2did2cex2b", SERIO },
	{ "input:", "b4bv4cp4de4e", INPUT },
	{ "pnp:", "", PNP },
	{ "of:", "", OF },
};

/* Appends up to `digits` hexadecimal digits from *string to the number *value; false when there are none. */
static bool read_hex(const char **string, unsigned digits, uint64_t *value)
{
	const char *p = *string;

	for (; digits && ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'F')); digits--, p++)
		*value = *value << 4 | (unsigned)(*p <= '9' ? *p - '0' : *p - 'A' + 10);
	if (p == *string)
		return false;
	*string = p;
	return true;
}

/* Reads a range of numbers with four digits: the digits that all of them share, then maybe [A-B] for the next digit,
 * then maybe `*` for the rest. *low gets the lowest number, the place behind it the highest. */
static bool read_range(const char **string, uint64_t *low)
{
	const char *p = *string;
	uint64_t *high = low + 1;
	unsigned digits = 4;
	bool any = read_hex(&p, digits, low);

	digits -= (unsigned)(p - *string);
	*high = *low;
	if (digits && *p == '[') {
		const char *last = strchr(p, ']');

		p++;
		any = read_hex(&p, 1, low) && last && last-- > p && read_hex(&last, 1, high) && *last == ']';
		p = last;
		if (!any)
			return false;
		p++;
		digits--;
	}
	*low <<= digits * 4;
	*high = (*high + 1) << digits * 4;
	--*high;
	*string = p + (*p == '*');
	return any;
}

/* Reads numbers from the alias at p, up to letters that the pattern does not have. A bit of *given (two for a range) is
 * set for each number that is not `*`. Returns the rest of the alias; NULL when a number is malformed. */
static const char *read_numbers(const char *p, const char *pattern, uint64_t *numbers, uint32_t *given)
{
	for (uint32_t bit = 0; *pattern; pattern += 2) {
		size_t letters = strcspn(pattern, "0123456789");
		unsigned digits = (unsigned)pattern[letters] - '0';
		uint64_t *number = &numbers[pattern[letters + 1] - 'a'];

		if (strncmp(p, pattern, letters) != 0)
			return p;
		p += letters;
		pattern += letters;
		if (*p == '*')
			p++;
		else if (digits == RANGE ? read_range(&p, number) : read_hex(&p, digits, number))
			*given |= (digits == RANGE ? 3U : 1U) << bit;
		else
			return NULL;
		bit += digits == RANGE ? 2 : 1;
	}
	return p;
}

/* Reads -e*N,*N,*k*N,*r*...: for each array its letter and the numbers of its bits. Older kernels have no array w, of
 * switches. Returns the rest of the alias; NULL when it is malformed. */
static const char *read_arrays(const char *p, struct device *d)
{
	static const char letters[] = "ekramlsfw";

	if (*p++ != '-')
		return NULL;
	for (; d->arrays < INPUT_ARRAYS && *p == letters[d->arrays]; d->arrays++) {
		uint64_t number = 0;

		p += 1 + (p[1] == '*');
		for (; read_hex(&p, 3, &number); number = 0) {
			if (number / 64 >= INPUT_WORDS)
				return NULL;
			d->bits[d->arrays][number / 64] |= UINT64_C(1) << number % 64;
			d->numbers[0] |= 0x10U << d->arrays;
			p += *p == ',';
			p += *p == '*';
		}
	}
	return d->arrays < INPUT_ARRAYS - 1 ? NULL : p;
}

/* Turns the numbers of an alias into those of a table's entry, with its defaults, masks and match flags. Returns the
 * rest of the alias; NULL when it is malformed. */
static const char *finish_numbers(const char *p, struct device *d, uint32_t given)
{
	static const uint8_t serio[] = { 0, 3, 2, 1 }; /* by bit of `given`: place in numbers */

	switch (d->type) {
	case PCI:
		for (int i = 0; i < 4; i++)
			if (!(given & 1U << i))
				d->numbers[i] = UINT32_MAX;
		d->numbers[4] = d->numbers[7] << 16 | d->numbers[8] << 8 | d->numbers[9];
		for (int i = 0; i < 3; i++)
			if (given & 0x10U << i)
				d->numbers[5] |= UINT64_C(0xff0000) >> 8 * i;
		return p;
	case SERIO:
		for (int i = 0; i < 4; i++)
			if (!(given & 1U << i))
				d->numbers[serio[i]] = 0xff;
		return p;
	case INPUT: d->numbers[0] = given; return read_arrays(p, d);
	default: d->numbers[0] = given; return p;
	}
}

/* Reads dID; or cID, then dID for each function of the card. The card's functions begin at number d. */
static const char *read_pnp(const char *p, struct device *d)
{
	uint64_t *numbers = d->numbers;

	d->type = *p == 'c' ? PNP_CARD : PNP;
	if (*p != 'c' && *p != 'd')
		return NULL;
	do {
		struct span id = span_of(p + 1, strlen(p + 1));

		if (!eisa_id(id, &numbers[0], &numbers[1]) || id.p == id.end)
			return NULL;
		p += 8;
		numbers += numbers == d->numbers ? 3 : 2;
	} while (d->type == PNP_CARD && *p == 'd' && numbers < &d->numbers[3 + 2 * 8]);
	return p;
}

/* Reads NnameTtype, then maybe *Ccompatible, then maybe `*`. */
static const char *read_of(const char *p, struct device *d)
{
	const char *type = strchr(p, 'T'), *end;

	if (*p != 'N' || !type)
		return NULL;
	d->strings[0] = span_of(p + 1, (size_t)(type - p - 1));
	for (end = ++type; *end && (end[0] != '*' || (end[1] && end[1] != 'C')); end++)
		;
	d->strings[1] = span_of(type, (size_t)(end - type));
	if (*end && end[1])
		d->strings[2] = span_of(end + 2, strlen(end + 2) - ends_in(end, strlen(end), "*"));
	return "";
}

static bool read_alias(const char *alias, const struct bus *bus, struct device *d)
{
	uint32_t given = 0;
	const char *rest;

	switch (bus->type) {
	case PNP: rest = read_pnp(alias, d); break;
	case OF: rest = read_of(alias, d); break;
	default:
		rest = read_numbers(alias, bus->pattern, d->numbers, &given);
		if (rest)
			rest = finish_numbers(rest, d, given);
	}
	return rest && (!*rest || strcmp(rest, "*") == 0);
}

bool modalias_read(const char *alias, struct device *device)
{
	for (size_t i = 0; i < COUNT_OF(buses); i++) {
		size_t length = strlen(buses[i].name);

		if (strncmp(alias, buses[i].name, length) != 0)
			continue;
		device->type = buses[i].type;
		return read_alias(alias + length, &buses[i], device);
	}
	return false;
}
