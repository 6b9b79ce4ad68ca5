/* modprobe/rules.c and lookup.c: a file of modprobe.d, a NUL, and the kernel's command line; and what these rules make of a few
 * modules. */
#include <stdlib.h>

#include "../../modprobe/modprobe.h"
#include "fuzz.h"

struct input {
	struct span rules, line;
};

static const char *const no_paths[] = { "/dev/null", NULL }; /* a file that is there */

static bool is_normalized(const char *name)
{
	for (; *name; name++) {
		CHECK(*name != '-');
		CHECK(*name != ']');
		if (*name == '[')
			CHECK((name = strchr(name, ']')) != NULL);
	}
	return true;
}

static void check_rules(const struct rules *rules)
{
	for (const struct rule *r = rules->rules; r; r = r->next) {
		CHECK(r->kind < RULE_KINDS);
		CHECK(is_normalized(r->name));
		CHECK((r->kind == BLACKLIST) == !r->value);
		if (r->kind == ALIAS_OF)
			CHECK(is_normalized(r->value) && !strpbrk(r->value, " \t\n"));
		say("%s %s %s\n", rule_command(r->kind), r->name, r->value ? r->value : "");
	}
}

static void say_items(struct catalog *c, const char *what, const struct item *list)
{
	uint32_t count = 0;

	say("%s:\n", what);
	for (; list; list = list->next) {
		const char *install = ko_command(c, list->ko, INSTALL);

		CHECK(count++ < 4096);
		say("%s %s %s %s %d %d\n", list->ko->name, list->ko->path ? list->ko->path : "",
		    ko_parameters(c, list->ko, "x"), install ? install : "", ko_is_blacklisted(c, list->ko),
		    list->ko->plain);
	}
}

static void look_up_some(struct catalog *c)
{
	static const char *const names[] = { "a", "b", "c-d", "pci:v1", "symbol:x", "none" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct item *list = look_up(c, names[i]);

		say_items(c, names[i], list);
		for (uint32_t n = 0; list && n < 4; list = list->next, n++)
			say_items(c, "plan", plan_loading(c, list->ko, n == 1));
	}
}

static void read_it(void *input)
{
	static const char dependencies[] = "a.ko: b.ko\nb.ko:\nkernel/c_d.ko.xz: b.ko a.ko\n";
	static const char aliases[] = "alias pci:v1* a\nalias pci:* b\n";
	const struct input *in = input;
	struct arena memory = memory_for("memory");
	struct catalog *c = arena_take(&memory, 1, sizeof(*c), 64);
	size_t used = memory.used;

	serve("/dev/null", in->rules);
	serve("/proc/cmdline", in->line);
	serve("/none/modules.dep", span_of(dependencies, sizeof(dependencies) - 1));
	serve("/none/modules.alias", span_of(aliases, sizeof(aliases) - 1));
	catalog_open(c, &memory, (struct location){ NULL, "/none" }, NULL, no_paths, true);
	rules_complete(c->rules);
	check_rules(c->rules);
	look_up_some(c);
	CHECK(was_read("/dev/null"));
	serve_nothing();
	CHECK(memory.used > used);
}

static void read_served(void *input)
{
	struct fault fault;

	if (!attempt(read_it, input, &fault)) {
		serve_nothing();
		say_fault(&fault);
	}
}

/* Lines that say nothing, put behind, must change nothing. */
static void read_longer(const struct input *in)
{
	static const char nothing[] = "\n \t\n# nothing";
	size_t size = span_size(in->rules), more = sizeof(nothing) - 1;
	uint8_t *longer = malloc(size + more);
	struct input second = { span_of(longer, size + more), in->line };

	CHECK(longer);
	memcpy(longer, in->rules.p, size);
	memcpy(longer + size, nothing, more);
	begin_second_run();
	read_served(&second);
	check_same_runs();
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	struct input in = { .rules = span_of(data, end ? (size_t)(end - data) : size) };

	in.line = end ? span_of(end + 1, size - (size_t)(end + 1 - data)) : in.rules;
	run_twice(read_served, &in);
	if (!joins_next_line(in.rules))
		read_longer(&in);
	return 0;
}
