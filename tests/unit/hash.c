/* hash.c: ids in order, growth, collisions, limits, and no collisions that hold for any key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../depmod.h"

/* A table in a heap block of exactly the room it needs, so that a step beyond it is seen. */
struct table {
	struct names names;
	struct arena arena;
};

static void open_table(struct table *t, uint32_t capacity, size_t bytes, uint64_t key)
{
	size_t slots = 1024;

	while (slots / 2 < capacity)
		slots *= 2;
	t->arena = (struct arena){ .name = "table", .limit = "all is used up" };
	t->arena.size = ((size_t)capacity * sizeof(struct name) + 63) / 64 * 64 +
		       slots * sizeof(uint32_t) + bytes;
	t->arena.start = malloc(t->arena.size);
	memset(t->arena.start, 0xa5, t->arena.size);
	names_init(&t->names, &t->arena, capacity, bytes, key);
	assert_int_equal(t->arena.used, t->arena.size);
}

static void close_table(struct table *t)
{
	free(t->arena.start);
}

static uint32_t add(struct table *t, const char *name)
{
	return names_add(&t->names, name, strlen(name));
}

static uint32_t find(const struct table *t, const char *name)
{
	return names_find(&t->names, name, strlen(name));
}

/* Adding a name that has no place. */
struct attempted {
	struct names *names;
	const char *name;
	size_t length;
	bool borrow;
};

static void try_adding(void *argument)
{
	struct attempted *a = argument;

	if (a->borrow)
		names_borrow(a->names, a->name, a->length);
	else
		names_add(a->names, a->name, a->length);
}

static void refuses(struct table *t, const char *name, bool borrow, const char *why)
{
	struct attempted a = { &t->names, name, strlen(name), borrow };
	struct fault fault = { 0 };

	assert_false(attempt(try_adding, &a, &fault));
	assert_string_equal(fault.what, "names");
	assert_string_equal(fault.why, why);
	assert_false(fault.has_offset);
}

static void ids_are_given_in_order(void **state)
{
	struct table t;

	(void)state;
	open_table(&t, 10, 100, 1);
	assert_int_equal(find(&t, "a"), NONE);
	assert_int_equal(add(&t, "a"), 0);
	assert_int_equal(add(&t, "b"), 1);
	assert_int_equal(add(&t, "a"), 0);
	assert_int_equal(add(&t, "c"), 2);
	assert_int_equal(add(&t, "b"), 1);
	assert_int_equal(find(&t, "c"), 2);
	assert_int_equal(find(&t, "d"), NONE);
	assert_int_equal(t.names.count, 3);
	close_table(&t);
}

static void an_added_name_is_copied_and_ended(void **state)
{
	char name[] = "name";
	struct table t;

	(void)state;
	open_table(&t, 10, 100, 1);
	assert_int_equal(names_add(&t.names, name, 3), 0);
	memset(name, 'x', 4);
	assert_int_equal(find(&t, "nam"), 0);
	assert_int_equal(find(&t, "name"), NONE);
	assert_string_equal(t.names.entries[0].string, "nam");
	assert_int_equal(t.names.entries[0].length, 3);
	close_table(&t);
}

static void a_borrowed_name_stays_where_it_is(void **state)
{
	static const char name[] = "borrowed name";
	struct table t;

	(void)state;
	open_table(&t, 10, 0, 1);
	assert_int_equal(names_borrow(&t.names, name, 8), 0);
	assert_int_equal(names_borrow(&t.names, "borrowed", 8), 0);
	assert_int_equal(names_borrow(&t.names, name, 9), 1);
	assert_ptr_equal(t.names.entries[0].string, name);
	assert_int_equal(find(&t, "borrowed"), 0);
	assert_int_equal(t.names.used, 0);
	close_table(&t);
}

static void the_empty_name_is_a_name(void **state)
{
	struct table t;

	(void)state;
	open_table(&t, 10, 100, 0);
	assert_int_equal(find(&t, ""), NONE);
	assert_int_equal(add(&t, "a"), 0);
	assert_int_equal(find(&t, ""), NONE);
	assert_int_equal(add(&t, ""), 1);
	assert_int_equal(add(&t, ""), 1);
	assert_int_equal(find(&t, ""), 1);
	assert_string_equal(t.names.entries[1].string, "");
	close_table(&t);
}

/* Every string of zero bytes and of one other byte, of each length up to three chunks. */
static void any_bytes_make_a_name_and_length_counts(void **state)
{
	char bytes[25] = "";
	uint32_t id = 0;
	struct table t;

	(void)state;
	open_table(&t, 2000, 100000, 99);
	for (size_t length = 0; length < 25; length++)
		assert_int_equal(names_add(&t.names, bytes, length), id++);
	for (size_t at = 0; at < 25; at++) {
		bytes[at] = (char)0x80;
		for (size_t length = at + 1; length < 25; length++)
			assert_int_equal(names_add(&t.names, bytes, length), id++);
		bytes[at] = '\0';
	}
	for (size_t length = 0; length < 25; length++)
		assert_int_equal(names_find(&t.names, bytes, length), length);
	close_table(&t);
}

static const char *numbered(char *name, uint32_t i)
{
	sprintf(name, "%s_%u%s", i & 1 ? "usb_serial_generic_register" : "m", i,
		i & 2 ? "\xff\x80" : "");
	return name;
}

static void a_hundred_thousand_names_keep_their_ids(void **state)
{
	enum { COUNT = 100000 };
	char name[80];
	struct table t;

	(void)state;
	open_table(&t, COUNT, 4 << 20, UINT64_C(0x0123456789abcdef));
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(add(&t, numbered(name, i)), i);
	for (uint32_t i = 0; i < COUNT; i++) {
		assert_int_equal(find(&t, numbered(name, i)), i);
		assert_string_equal(t.names.entries[i].string, name);
	}
	for (uint32_t i = COUNT; i < 2 * COUNT; i++)
		assert_int_equal(find(&t, numbered(name, i)), NONE);
	assert_int_equal(t.names.count, COUNT);
	close_table(&t);
}

static void slots_grow_when_half_are_full_and_not_beyond_their_room(void **state)
{
	static const uint32_t capacities[] = { 767, 768, 769, 1535, 1536, 1537, 3072, 3073 };
	char name[80];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(capacities); i++) {
		struct table t;

		open_table(&t, capacities[i], 1 << 18, i);
		for (uint32_t id = 0; id < capacities[i]; id++)
			assert_int_equal(add(&t, numbered(name, id)), id);
		refuses(&t, "one more", true, "too many different ones");
		for (uint32_t id = 0; id < capacities[i]; id++)
			assert_int_equal(find(&t, numbered(name, id)), id);
		close_table(&t);
	}
}

static void a_full_table_still_knows_its_names(void **state)
{
	struct table t;

	(void)state;
	open_table(&t, 2, 100, 1);
	add(&t, "a");
	add(&t, "b");
	refuses(&t, "c", false, "too many different ones");
	refuses(&t, "c", true, "too many different ones");
	assert_int_equal(add(&t, "b"), 1);
	assert_int_equal(names_borrow(&t.names, "a", 1), 0);
	assert_int_equal(find(&t, "c"), NONE);
	assert_int_equal(t.names.count, 2);
	close_table(&t);
}

static void a_table_for_no_names_is_empty_and_full(void **state)
{
	struct table t;

	(void)state;
	open_table(&t, 0, 100, 1);
	assert_int_equal(find(&t, "a"), NONE);
	refuses(&t, "a", false, "too many different ones");
	close_table(&t);
}

static void bytes_are_counted_with_each_nul(void **state)
{
	struct table t;

	(void)state;
	open_table(&t, 10, 6, 1);
	refuses(&t, "123456", false, "too long together");
	assert_int_equal(add(&t, "ab"), 0);
	refuses(&t, "cde", false, "too long together");
	assert_int_equal(add(&t, "cd"), 1);
	refuses(&t, "", false, "too long together");
	assert_int_equal(add(&t, "ab"), 0);
	assert_int_equal(names_borrow(&t.names, "cde", 3), 2);
	close_table(&t);
}

/* Numbered names whose search for a slot begins at the same one, as many as are wanted. */
static uint32_t names_of_slot(uint64_t key, uint32_t slot, char (*found)[16], uint32_t wanted)
{
	struct table t;
	uint32_t count = 0;

	open_table(&t, 200000, 4 << 20, key);
	for (uint32_t i = 0; i < 200000 && count < wanted; i++) {
		char name[16];

		sprintf(name, "n%u", i);
		if ((t.names.entries[add(&t, name)].hash & 1023) == slot)
			strcpy(found[count++], name);
	}
	close_table(&t);
	return count;
}

static void names_that_collide_in_a_slot_stay_apart(void **state)
{
	static const uint32_t slots[] = { 0, 500, 1023 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(slots); i++) {
		char found[100][16];
		struct table t;

		assert_int_equal(names_of_slot(5, slots[i], found, 100), 100);
		open_table(&t, 100, 2000, 5);
		for (uint32_t id = 0; id < 100; id++) {
			assert_int_equal(find(&t, found[id]), NONE);
			assert_int_equal(add(&t, found[id]), id);
		}
		for (uint32_t id = 0; id < 100; id++)
			assert_int_equal(find(&t, found[id]), id);
		close_table(&t);
	}
}

/* Two entries given by hand, equal in hash and length. */
static void names_of_equal_hash_stay_apart(void **state)
{
	static const struct name a = { "abc", 3, 77 }, b = { "abd", 3, 77 }, c = { "ab", 2, 77 };
	struct table t;

	(void)state;
	open_table(&t, 10, 0, 1);
	assert_int_equal(names_share(&t.names, &a), 0);
	assert_int_equal(names_share(&t.names, &b), 1);
	assert_int_equal(names_share(&t.names, &c), 2);
	assert_int_equal(names_share(&t.names, &b), 1);
	assert_int_equal(names_share(&t.names, &a), 0);
	close_table(&t);
}

static void the_key_changes_hashes_but_not_ids(void **state)
{
	struct table one, other;
	uint32_t same = 0;
	char name[80];

	(void)state;
	open_table(&one, 5000, 1 << 18, 1);
	open_table(&other, 5000, 1 << 18, UINT64_C(1) << 63);
	for (uint32_t i = 0; i < 5000; i++) {
		assert_int_equal(add(&one, numbered(name, i)), i);
		assert_int_equal(add(&other, name), i);
		same += one.names.entries[i].hash == other.names.entries[i].hash;
	}
	assert_true(same < 5);
	close_table(&one);
	close_table(&other);
}

static void tables_with_one_key_share_entries(void **state)
{
	struct table own, all;
	char name[80];

	(void)state;
	open_table(&own, 3000, 1 << 18, 42);
	open_table(&all, 4000, 1 << 18, 42);
	for (uint32_t i = 0; i < 3000; i++)
		add(&own, numbered(name, i));
	for (uint32_t i = 2000; i < 4000; i++)
		assert_int_equal(add(&all, numbered(name, i)), i - 2000);
	for (uint32_t i = 0; i < 3000; i++)
		assert_int_equal(names_share(&all.names, &own.names.entries[i]),
				 i < 2000 ? 2000 + i : i - 2000);
	assert_ptr_equal(all.names.entries[2000].string, own.names.entries[0].string);
	assert_int_equal(all.names.count, 4000);
	assert_int_equal(find(&all, numbered(name, 0)), 2000);
	close_table(&own);
	close_table(&all);
}

static void hashes_of_like_names_are_spread(void **state)
{
	uint32_t first_slot[256] = { 0 };
	struct table t;

	(void)state;
	open_table(&t, 65536, 4 << 20, 0);
	for (uint32_t i = 0; i < 65536; i++) {
		char name[40];

		sprintf(name, "__crc_symbol_%06u_of_a_module", i);
		first_slot[t.names.entries[add(&t, name)].hash & 255]++;
	}
	for (int i = 0; i < 256; i++)
		assert_in_range(first_slot[i], 128, 512);
	close_table(&t);
}

/* A flip of a chunk's highest bit must not become a known difference that the next chunk takes
 * back: 256 names of 16 chunks, each pair of chunks in one of two forms. */
static void no_names_collide_whatever_the_key(void **state)
{
	struct table t;
	uint32_t same = 0;

	(void)state;
	open_table(&t, 256, 1 << 16, UINT64_C(0x5bd1e995cafef00d));
	for (uint32_t i = 0; i < 256; i++) {
		char name[128];

		memset(name, 'n', sizeof(name));
		for (uint32_t bit = 0; bit < 8; bit++)
			if (i >> bit & 1) {
				name[bit * 16 + 7] ^= (char)0x80;
				name[bit * 16 + 11] ^= (char)0x80;
				name[bit * 16 + 15] ^= (char)0x80;
			}
		names_add(&t.names, name, sizeof(name));
		same += t.names.entries[i].hash == t.names.entries[0].hash;
	}
	close_table(&t);
	assert_in_range(same, 1, 8);
}

/* A table of 1,000 names as another process left it, then spoiled. */
enum { LEFT = 1000, LEFT_BYTES = 1 << 16 };

static void leave(struct table *t, struct names *before)
{
	char name[80];

	open_table(t, 2 * LEFT, LEFT_BYTES, 7);
	*before = t->names;
	for (uint32_t i = 0; i < LEFT; i++)
		add(t, numbered(name, i));
}

/* The table is whole: every name it has is found, and it can grow. */
static void check_table(struct names *names)
{
	uint32_t count = names->count;

	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(names_find(names, names->entries[i].string, names->entries[i].length), i);
	assert_int_equal(names_add(names, "one more", 8), count);
}

static void a_table_is_taken_over_as_it_was_left(void **state)
{
	struct names mine;
	struct table t;

	(void)state;
	leave(&t, &mine);
	names_adopt(&mine, t.names.count, t.names.used);
	names_reopen(&mine);
	assert_int_equal(mine.count, LEFT);
	check_table(&mine);
	close_table(&t);
}

static void slots_left_half_changed_are_made_anew(void **state)
{
	for (int kind = 0; kind < 3; kind++) {
		struct names mine;
		struct table t;

		(void)state;
		leave(&t, &mine);
		for (size_t i = 0; i <= t.names.mask; i++)
			if (kind == 0)
				t.names.slots[i] = 0;
			else if (kind == 1)
				t.names.slots[i] = UINT32_MAX;
			else if (!t.names.slots[i])
				t.names.slots[i] = 1;
		names_adopt(&mine, t.names.count, t.names.used);
		names_reopen(&mine);
		assert_int_equal(mine.count, LEFT);
		check_table(&mine);
		close_table(&t);
	}
}

/* Each spoils one thing that a search would follow out of the table. */
static void lead_astray(struct table *t, int way, uint32_t *count, size_t *used)
{
	struct name *entry = &t->names.entries[LEFT / 2];

	switch (way) {
	case 0: *count = t->names.capacity + 1; break;
	case 1: *used = t->names.size + 1; break;
	case 2: *used = 0; break;
	case 3: entry->string = NULL; break;
	case 4: entry->string = t->names.bytes - 1; break;
	case 5: entry->string = t->names.bytes + t->names.used; break;
	case 6: entry->length = UINT32_MAX; break;
	case 7: entry->length = (uint32_t)t->names.used; break;
	case 8: t->names.bytes[(size_t)(entry->string - t->names.bytes) + entry->length] = 'x'; break;
	case 9: t->names.bytes[entry->string - t->names.bytes + 1] = 0; break;  /* a name that ends twice */
	}
}

static void a_table_that_leads_out_of_itself_is_emptied(void **state)
{
	(void)state;
	for (int way = 0; way < 10; way++) {
		uint32_t count = LEFT;
		struct names mine;
		struct table t;
		size_t used;

		leave(&t, &mine);
		used = t.names.used;
		lead_astray(&t, way, &count, &used);
		names_adopt(&mine, count, used);
		names_reopen(&mine);
		assert_int_equal(mine.count, 0);
		check_table(&mine);
		close_table(&t);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_given_in_order),
		cmocka_unit_test(an_added_name_is_copied_and_ended),
		cmocka_unit_test(a_borrowed_name_stays_where_it_is),
		cmocka_unit_test(the_empty_name_is_a_name),
		cmocka_unit_test(any_bytes_make_a_name_and_length_counts),
		cmocka_unit_test(a_hundred_thousand_names_keep_their_ids),
		cmocka_unit_test(slots_grow_when_half_are_full_and_not_beyond_their_room),
		cmocka_unit_test(a_full_table_still_knows_its_names),
		cmocka_unit_test(a_table_for_no_names_is_empty_and_full),
		cmocka_unit_test(bytes_are_counted_with_each_nul),
		cmocka_unit_test(names_that_collide_in_a_slot_stay_apart),
		cmocka_unit_test(names_of_equal_hash_stay_apart),
		cmocka_unit_test(the_key_changes_hashes_but_not_ids),
		cmocka_unit_test(tables_with_one_key_share_entries),
		cmocka_unit_test(hashes_of_like_names_are_spread),
		cmocka_unit_test(no_names_collide_whatever_the_key),
		cmocka_unit_test(a_table_is_taken_over_as_it_was_left),
		cmocka_unit_test(slots_left_half_changed_are_made_anew),
		cmocka_unit_test(a_table_that_leads_out_of_itself_is_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
