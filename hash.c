/* hash.c: the table of names. Each distinct name gets the next number from 0 on, its id; callers keep what they know of
 * a name in arrays by id.
 *
 * The slots are a hash table of ids, with open addressing and linear probing. When they are half full, their number
 * doubles, in memory that was taken at the start. A slot repeats eight bits of the hash, so that an entry is seldom
 * looked at for another name. The hash is keyed, so that nobody can choose names that collide. Only the names added
 * last are ever removed. */
#include "depmod.h"

enum { FIRST_SLOTS = 1024 };

/* The number of slots that are half full with `capacity` names. */
static size_t most_slots(uint32_t capacity)
{
	size_t slots = FIRST_SLOTS;

	while (slots / 2 < capacity)
		slots *= 2;
	return slots;
}

void names_init(struct names *names, struct arena *arena, uint32_t capacity, size_t bytes, uint64_t key)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);

	/* The constants keep both parts of the key from being 0 when `key` is 0: a factor of 0 would hash all names
	 * alike. */
	*names = (struct names){
		.capacity = capacity,
		.size = bytes,
		.mask = FIRST_SLOTS - 1,
		.keys = { key - odd, (key ^ odd) * odd },
	};
	names->entries = arena_take(arena, capacity, sizeof(*names->entries), 64);
	names->slots = arena_take(arena, most_slots(capacity), sizeof(*names->slots), 64);
	names->bytes = arena_take(arena, bytes, 1, 1);
	memset(names->slots, 0, sizeof(*names->slots) * FIRST_SLOTS);
}

/* The two halves of the product, folded together. Each factor has a part of the key in it, so nobody can choose
 * names that make one factor 0 and the other without effect. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	uint64_t low = (uint64_t)(uint32_t)a * (uint32_t)b, high = (a >> 32) * (b >> 32);
	uint64_t middle = (a >> 32) * (uint32_t)b, other = (uint64_t)(uint32_t)a * (b >> 32);

	return low ^ high ^ (middle << 32 | middle >> 32) ^ (other << 32 | other >> 32);
#endif
}

/* Takes sixteen bytes at a time; the last ones may overlap those before. The host's byte order changes the hash, but a
 * hash only decides where a name is looked for. */
static inline uint32_t hash_of(const uint64_t keys[2], const char *name, size_t length)
{
	const uint8_t *p = (const uint8_t *)name;
	uint64_t hash = keys[0] ^ length, a = 0, b = 0;

	if (length >= 8) {
		size_t i = 0;

		for (; i + 16 < length; i += 16)
			hash = mix(any64(p + i) ^ hash, any64(p + i + 8) ^ keys[1]);
		a = any64(p + (i < length - 8 ? i : length - 8));
		b = any64(p + length - 8);
	} else if (length >= 4) {
		a = le32(p);
		b = le32(p + length - 4);
	} else if (length) {
		a = p[0] | (uint64_t)p[length / 2] << 8;
		b = p[length - 1];
	}
	hash = mix(a ^ hash, b ^ keys[1]);
	return (uint32_t)(hash ^ hash >> 32);
}

_Static_assert(SYMBOLS_MAX < 1u << SLOT_ID_BITS && WORKER_FACTS / 256 < 1u << SLOT_ID_BITS, "ids fit a slot");

static inline uint32_t slot_for(uint32_t id, uint32_t hash)
{
	return (id + 1) | hash >> SLOT_ID_BITS << SLOT_ID_BITS;
}

static inline uint32_t id_in(uint32_t slot)
{
	return (slot & ((1u << SLOT_ID_BITS) - 1)) - 1;
}

/* The slot that the name is in or, when it is not in the table, the empty slot where it belongs. */
static inline uint32_t *slot_of(const struct names *names, uint32_t hash, const char *name, size_t length)
{
	uint32_t mask = names->mask;

	for (uint32_t at = hash & mask;; at = (at + 1) & mask) {
		uint32_t *slot = &names->slots[at];
		const struct name *entry;

		if (!*slot)
			return slot;
		entry = &names->entries[id_in(*slot)];
		if ((*slot ^ hash) >> SLOT_ID_BITS == 0 && entry->hash == hash && entry->length == length &&
		    same_bytes(entry->string, name, length))
			return slot;
	}
}

/* Whether more than half of the slots are taken. */
static bool is_full(const struct names *names)
{
	return names->count > names->mask / 2 + 1;
}

static void grow(struct names *names)
{
	names->mask = names->mask * 2 + 1;
}

/* Puts all entries into empty slots. */
COLD static void rebuild(struct names *names)
{
	uint32_t mask = names->mask;

	memset(names->slots, 0, sizeof(*names->slots) * ((size_t)mask + 1));
	for (uint32_t id = 0; id < names->count; id++) {
		uint32_t at = names->entries[id].hash & mask;

		while (names->slots[at])
			at = (at + 1) & mask;
		names->slots[at] = slot_for(id, names->entries[id].hash);
	}
}

/* Names are taken out in the opposite order of their coming: then none stands behind a slot that becomes empty. */
void names_rewind(struct names *names, uint32_t count, size_t used)
{
	while (names->count > count) {
		uint32_t at = names->entries[--names->count].hash & names->mask;

		while (id_in(names->slots[at]) != names->count)
			at = (at + 1) & names->mask;
		names->slots[at] = 0;
	}
	names->used = used;
}

COLD static bool entries_sound(const struct names *names, uint32_t count, size_t used)
{
	if (count > names->capacity || used > names->size)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct name *entry = &names->entries[i];
		size_t at = (uintptr_t)entry->string - (uintptr_t)names->bytes;

		if (at >= used || entry->length >= used - at ||
		    length_within(entry->string, (const uint8_t *)names->bytes + used) != entry->length)
			return false;
	}
	return true;
}

void names_adopt(struct names *names, uint32_t count, size_t used)
{
	bool sound = entries_sound(names, count, used);

	names->count = sound ? count : 0;
	names->used = sound ? used : 0;
}

void names_reopen(struct names *names)
{
	while (is_full(names))
		grow(names);
	rebuild(names);
}

/* slot_of() for all functions but names_add(), which runs for every symbol of every module and has its own copy. */
static uint32_t *find_slot(const struct names *names, const struct name *name)
{
	return slot_of(names, name->hash, name->string, name->length);
}

COLD static uint32_t find_hash(const struct names *names, const char *name, size_t length)
{
	return hash_of(names->keys, name, length);
}

uint32_t names_find(const struct names *names, const char *name, size_t length)
{
	if (!names->count)
		return NONE;
	return id_in(*find_slot(names, &(struct name){ name, (uint32_t)length, find_hash(names, name, length) }));
}

COLD static uint32_t add(struct names *names, uint32_t *slot, struct name entry)
{
	if (names->count == names->capacity)
		bad_fault((struct fault){ .what = "names", .why = "too many different ones", .transient = true });
	names->entries[names->count] = entry;
	*slot = slot_for(names->count++, entry.hash);
	if (is_full(names)) {
		grow(names);
		rebuild(names);
	}
	return names->count - 1;
}

uint32_t names_add(struct names *names, const char *name, size_t length)
{
	uint32_t hash = hash_of(names->keys, name, length);
	uint32_t *slot = slot_of(names, hash, name, length);
	char *copy = names->bytes + names->used;

	if (*slot)
		return id_in(*slot);
	if (length >= names->size - names->used || length > UINT32_MAX)
		bad_fault((struct fault){ .what = "names", .why = "too long together", .transient = true });
	copy_bytes(copy, name, length);
	copy[length] = 0;
	names->used += length + 1;
	return add(names, slot, (struct name){ .string = copy, .length = (uint32_t)length, .hash = hash });
}

uint32_t names_share(struct names *names, const struct name *name)
{
	uint32_t *slot = find_slot(names, name);

	return *slot ? id_in(*slot) : add(names, slot, *name);
}

uint32_t names_borrow(struct names *names, const char *string, size_t length)
{
	return names_share(names, &(struct name){ .string = string,
						  .length = (uint32_t)length,
						  .hash = find_hash(names, string, length) });
}
