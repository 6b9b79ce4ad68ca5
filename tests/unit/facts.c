/* facts.c: what another process left is believed only where it points into that process's own memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../depmod.h"

enum { NAMES = 10 };

static _Alignas(64) uint8_t memory[256];

static struct name names[NAMES];

/* Three exports, two needs, a value; all as it should be. */
static void make(struct keeper *k, struct facts *facts)
{
	static const uint32_t ids[] = { 0, 5, NAMES - 1, 3, 4 | WEAK_NEED };

	for (int i = 0; i < NAMES; i++)
		names[i] = (struct name){ "name", 4, 0 };
	memcpy(memory, ids, sizeof(ids));
	memcpy(memory + 100, "avalue", 7);
	*k = (struct keeper){ .facts = { .start = memory, .size = sizeof(memory) }, .names = { .entries = names, .count = NAMES } };
	*facts = (struct facts){
		.values = (const char *)memory + 100, .values_size = 7,
		.exports = (const uint32_t *)(const void *)memory, .export_count = 3,
		.needs = (const uint32_t *)(const void *)(memory + 12), .need_count = 2,
	};
}

static void facts_in_their_own_memory_are_sound(void **state)
{
	struct keeper k;
	struct facts facts;

	(void)state;
	make(&k, &facts);
	assert_true(facts_sound(&facts, &k));
	facts.export_crcs = facts.exports;
	facts.need_crcs = facts.needs;
	assert_true(facts_sound(&facts, &k));
}

static void spoil(int way, struct keeper *k, struct facts *facts)
{
	static const uint32_t outside[2] = { 0, 0 };
	const uint8_t *end = memory + sizeof(memory);

	switch (way) {
	case 0: facts->values = (const char *)outside; break;
	case 1: facts->values = NULL; break;
	case 2: facts->values_size = sizeof(memory); break;
	case 3: facts->values_size = UINT32_MAX; break;
	case 4: facts->values_size = 6; break;  /* no NUL at the end */
	case 5: facts->exports = outside; break;
	case 6: facts->exports = NULL; break;
	case 7: facts->exports = (const uint32_t *)(const void *)(end - 8); break;
	case 8: facts->export_count = UINT32_MAX; break;
	case 9: k->names.count = NAMES - 1; break;  /* an export's name is not there */
	case 10: facts->exports = facts->needs; facts->export_count = 2; break;  /* WEAK_NEED is no export's */
	case 11: facts->needs = outside; break;
	case 12: facts->need_count = 65; break;
	case 13: k->names.count = 4; facts->export_count = 1; break;  /* a weak need's */
	case 14: facts->export_crcs = outside; break;
	case 15: facts->need_crcs = (const uint32_t *)(const void *)(end - 4); break;
	case 16: memory[100] = 'x'; break;  /* no kind of value */
	case 17: memory[103] = '\n'; break;
	case 18: memory[103] = 0x7f; break;
	case 19: names[5].string = "na\nme"; names[5].length = 5; break;  /* an export's */
	case 20: names[0].length = VALUE_MAX + 1; break;
	case 21: memory[103] = 0; memory[104] = 0; break;  /* then a kind is missing */
	}
}

static void facts_that_lead_elsewhere_are_not(void **state)
{
	(void)state;
	for (int way = 0; way < 22; way++) {
		struct keeper k;
		struct facts facts;

		make(&k, &facts);
		spoil(way, &k, &facts);
		if (facts_sound(&facts, &k))
			fail_msg("way %d went unnoticed", way);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_in_their_own_memory_are_sound),
		cmocka_unit_test(facts_that_lead_elsewhere_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
