/* facts.c: the facts that are kept of a module, as elf.c finds them. Each distinct name is stored once, in a table, and
 * gets a number, so that a need takes four bytes. */
#include "depmod.h"

enum {
	SHOWN = 100, /* bytes of a refused value that the message shows */
	/* Limits for one module, more than ten times what any real module has. A module beyond them fails alone, where
	 * it could otherwise use up the memory for all modules. */
	VALUES_MAX = 1 << 16,
	VALUES_SIZE = 1 << 20, /* bytes: the files have room for many such modules */
	NAMES_SIZE = 16 << 20, /* bytes */
};

/* The module being read. */
struct reading {
	struct keeper *keeper;
	struct facts *facts;
	uint32_t module;
	uint32_t next;     /* index of the need that the next version record is probably about */
	uint32_t values;   /* number of values kept or refused so far */
	size_t names_used; /* bytes of names that earlier modules took */
};

/* The name of a need, in the module's own bytes. Comparing with it is quicker than a search in the table of names. */
struct spelling {
	const char *name;
	size_t length;
};

/* For each name: the module that needed it last. */
struct mark {
	uint32_t module, place; /* the module's number + 1; index of the name among its needs */
};

_Static_assert(sizeof(struct mark) == 8 && sizeof(struct spelling) <= 16, "WORKER_SYMBOLS counts on it");

COLD void keeper_share(struct keeper *k, uint64_t key)
{
	uint32_t names;

	arena_reserve(&k->facts, "facts", WORKER_FACTS, true);
	/* A quarter of the memory is for names: an entry, slots and some 28 bytes for each name. */
	names = (uint32_t)(k->facts.size / 256);
	names_init(&k->names, &k->facts, names, names * (size_t)28, key);
}

COLD void keeper_prepare(struct keeper *k)
{
	struct arena own;

	arena_reserve(&own, "symbols of a module", WORKER_SYMBOLS, false);
	k->room = (uint32_t)arena_share(SYMBOLS_OF_MODULE);
	k->marks = arena_take(&own, k->names.capacity, sizeof(struct mark), 64);
	k->spellings = arena_take(&own, k->room, sizeof(struct spelling), 64);
	k->needs = arena_take(&own, k->room, sizeof(uint32_t), 64);
	k->need_crcs = arena_take(&own, k->room, sizeof(uint32_t), 64);
	k->exports = arena_take(&own, k->room, sizeof(uint32_t), 64);
	k->export_crcs = arena_take(&own, k->room, sizeof(uint32_t), 64);
}

/* The kind of a modinfo string, or 0; *value is set to what follows its `=`. */
static char kind_of(const char *string, size_t length, const char **value)
{
	static const struct {
		char kind;
		uint8_t length;
		char key[10];
	} kinds[] = { { ALIAS, 6, "alias=" }, { SOFTDEP, 8, "softdep=" }, { WEAKDEP, 8, "weakdep=" } };

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (string[0] == kinds[i].key[0] && length >= kinds[i].length &&
		    memcmp(string, kinds[i].key, kinds[i].length) == 0) {
			*value = string + kinds[i].length;
			return kinds[i].kind;
		}
	return 0;
}

static void append_value(struct reading *r, char kind, const char *value, size_t length)
{
	char *copy;

	if (++r->values > VALUES_MAX || r->facts->values_size + length > VALUES_SIZE)
		bad_in(".modinfo", "too many values");
	copy = arena_take(&r->keeper->facts, length + 2, 1, 1);
	copy[0] = kind;
	copy_bytes(copy + 1, value, length);
	copy[length + 1] = 0;
	r->facts->values_size += (uint32_t)length + 2;
}

/* Refuses control characters, as a newline would forge a line of a text file, and values that are too long for an
 * index. */
static bool refuse(struct reading *r, const char *value, size_t length)
{
	if (!has_control(value, length) && length <= VALUE_MAX)
		return false;
	append_value(r, REFUSED, value, length < SHOWN ? length : SHOWN);
	r->facts->refused = true;
	return true;
}

static void keep_value(struct reading *r, char kind, const char *value, size_t length)
{
	struct facts *facts = r->facts;

	append_value(r, kind, value, length);
	facts->aliases += kind == ALIAS;
	facts->softdeps += kind == SOFTDEP;
	facts->weakdeps += kind == WEAKDEP;
	facts->has_devname |= kind == ALIAS && length > 8 && memcmp(value, "devname:", 8) == 0;
}

/* Strings end with one or more NULs; the last string may end with the section instead. */
static void keep_modinfo(void *context, struct span strings)
{
	struct reading *r = context;

	for (struct span one; next_string(&strings, &one);) {
		const char *string = (const char *)one.p, *value;
		size_t length = span_size(one);
		char kind = kind_of(string, length, &value);

		if (kind && !refuse(r, string, length))
			keep_value(r, kind, value, length - (size_t)(value - string));
	}
}

COLD static void keep_aliases(void *context, struct span strings)
{
	struct reading *r = context;

	for (struct span one; next_string(&strings, &one);) {
		const char *alias = (const char *)one.p;

		if (*alias && !refuse(r, alias, span_size(one)))
			keep_value(r, ALIAS, alias, span_size(one));
	}
}

static void check_count(const struct reading *r, uint32_t count)
{
	if (count == r->keeper->room || r->keeper->names.used - r->names_used > NAMES_SIZE)
		bad("too many symbols");
}

static void keep_export(void *context, const char *name, size_t length, uint32_t crc)
{
	struct reading *r = context;
	struct keeper *k = r->keeper;
	uint32_t at = r->facts->export_count;

	if (refuse(r, name, length))
		return;
	check_count(r, at);
	k->exports[at] = names_add(&k->names, name, length);
	k->export_crcs[at] = crc;
	r->facts->export_count++;
}

INLINE void add_need(struct reading *r, uint32_t name, uint32_t weak, struct spelling spelling)
{
	struct keeper *k = r->keeper;
	uint32_t at = r->facts->need_count;

	check_count(r, at);
	k->marks[name] = (struct mark){ r->module + 1, at };
	k->needs[at] = name | weak;
	k->need_crcs[at] = 0;
	k->spellings[at] = spelling;
	r->facts->need_count++;
}

static void keep_need(void *context, const char *name, size_t length, bool weak)
{
	struct reading *r = context;
	uint32_t id = names_add(&r->keeper->names, name, length);

	if (r->keeper->marks[id].module != r->module + 1)
		add_need(r, id, weak ? WEAK_NEED : 0, (struct spelling){ name, length });
}

/* Whether the version record is about the need after the last one found: mostly, records are in the order of needs. */
static bool is_next(const struct reading *r, const char *name, size_t length)
{
	const struct spelling *guess = &r->keeper->spellings[r->next];

	return r->next < r->facts->need_count && guess->length == length && same_bytes(guess->name, name, length);
}

/* The CRC belongs to a need of the same name; a name that .symtab does not mention is a need too. */
static void keep_version(void *context, const char *name, size_t length, uint32_t crc)
{
	struct reading *r = context;

	if (!is_next(r, name, length)) {
		uint32_t id = names_add(&r->keeper->names, name, length);

		r->next = r->keeper->marks[id].place;
		if (r->keeper->marks[id].module != r->module + 1) {
			r->next = r->facts->need_count;
			add_need(r, id, 0, (struct spelling){ name, length });
		}
	}
	r->keeper->need_crcs[r->next++] = crc;
}

static uint32_t *keep_words(struct arena *to, const uint32_t *words, uint32_t count)
{
	uint32_t *copy = arena_take(to, count, sizeof(*copy), sizeof(*copy));

	memcpy(copy, words, count * sizeof(*copy));
	return copy;
}

void keep_module(struct keeper *k, int fd, uint32_t module, const struct load_options *options, struct facts *facts)
{
	struct reading r = {
		.keeper = k,
		.facts = facts,
		.module = module,
		.names_used = k->names.used,
	};
	struct elf_sink sink = {
		.context = &r,
		.wants_crcs = options->wants_crcs,
		.modinfo = keep_modinfo,
		.aliases = keep_aliases,
		.export = keep_export,
		.need = keep_need,
		.version = keep_version,
	};
	struct source *source;

	/* The values form one piece: nothing else is taken from this memory until all values are there. */
	facts->values = (char *)k->facts.start + k->facts.used;
	source = module_source(fd, &k->scratch, false);
	elf_read(source, &sink);
	facts->form = elf_form(source->head);
	facts->compression = source->compression;
	facts->exports = keep_words(&k->facts, k->exports, facts->export_count);
	facts->needs = keep_words(&k->facts, k->needs, facts->need_count);
	if (options->wants_crcs) {
		facts->export_crcs = keep_words(&k->facts, k->export_crcs, facts->export_count);
		facts->need_crcs = keep_words(&k->facts, k->need_crcs, facts->need_count);
	}
}

/* Whether the arena holds all of that array, and the array is aligned. */
static bool holds(const struct arena *arena, const void *p, size_t count, size_t size)
{
	size_t at = (uintptr_t)p - (uintptr_t)arena->start;

	return at <= arena->size && count <= (arena->size - at) / size && at % size == 0;
}

/* Whether all values are such as keep_modinfo() lets through: none forges a line. */
static bool values_sound(const struct facts *facts)
{
	const char *p = facts->values, *end = p + facts->values_size;

	while (p < end) {
		size_t length = length_within(p + 1, (const uint8_t *)end);

		if ((*p != ALIAS && *p != SOFTDEP && *p != WEAKDEP && *p != REFUSED) || length > VALUE_MAX ||
		    (*p != REFUSED && has_control(p + 1, length)))
			return false;
		p += length + 2;
	}
	return true;
}

static bool exports_sound(const struct keeper *k, const struct facts *facts)
{
	for (uint32_t i = 0; i < facts->export_count; i++) {
		const struct name *name = &k->names.entries[facts->exports[i]];

		if (name->length > VALUE_MAX || has_control(name->string, name->length))
			return false;
	}
	return true;
}

/* Whether each id, without the bits of `mask`, is that of a name. */
static bool ids_sound(const struct keeper *k, const uint32_t *ids, uint32_t count, uint32_t mask)
{
	if (!holds(&k->facts, ids, count, sizeof(*ids)))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if ((ids[i] & ~mask) >= k->names.count)
			return false;
	return true;
}

static bool crcs_sound(const struct keeper *k, const uint32_t *crcs, uint32_t count)
{
	return !crcs || holds(&k->facts, crcs, count, sizeof(*crcs));
}

bool facts_sound(const struct facts *facts, const struct keeper *k)
{
	uint32_t size = facts->values_size;

	return size <= VALUES_SIZE + 2 && holds(&k->facts, facts->values, size, 1) &&
	       (!size || !facts->values[size - 1]) && values_sound(facts) &&
	       ids_sound(k, facts->exports, facts->export_count, 0) && exports_sound(k, facts) &&
	       ids_sound(k, facts->needs, facts->need_count, WEAK_NEED) &&
	       crcs_sound(k, facts->export_crcs, facts->export_count) &&
	       crcs_sound(k, facts->need_crcs, facts->need_count);
}

struct values values_of(const struct facts *facts, char kind)
{
	return (struct values){ facts->values, facts->values + facts->values_size, kind };
}

const char *next_value(struct values *values, size_t *length)
{
	while (values->p < values->end) {
		const char *string = values->p;

		*length = length_within(string + 1, (const uint8_t *)values->end);
		values->p += *length + 2;
		if (*string == values->kind)
			return string + 1;
	}
	return NULL;
}
