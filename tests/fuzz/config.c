/* config.c: a file of depmod.d. Every word must be one that the lists can hold, and a line that says nothing, put
 * behind it, must change nothing. */
#include <stdlib.h>

#include "fuzz.h"

static void say_words(const char *name, const struct words *words)
{
	say("%s:\n", name);
	for (; words; words = words->next) {
		CHECK(!strpbrk(words->word, " \t\n"));
		say("%s\n", words->word);
	}
}

static void read_it(void *input)
{
	static const char *const paths[] = { "/dev/null", NULL }; /* a file that is there */
	struct arena memory = memory_for("memory");
	struct config config;

	serve("/dev/null", *(struct span *)input);
	config_read(&config, &memory, NULL, paths, "6.1.0-18-amd64");
	CHECK(was_read("/dev/null"));
	serve_nothing();
	CHECK(config.search);
	say_words("search", config.search);
	say_words("override", config.override);
	say_words("external", config.external);
	say_words("exclude", config.exclude);
	for (const struct words *w = config.external; w; w = w->next)
		CHECK(*w->word == '/');
}

static void read_longer(struct span in)
{
	static const char nothing[] = "\n \t\n# nothing";
	size_t size = span_size(in), more = sizeof(nothing) - 1;
	uint8_t *longer = malloc(size + more);
	struct span content = span_of(longer, size + more);
	struct fault fault;

	CHECK(longer);
	memcpy(longer, in.p, size);
	memcpy(longer + size, nothing, more);
	begin_second_run();
	if (!attempt(read_it, &content, &fault))
		say_fault(&fault);
	check_same_runs();
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);

	run_twice(read_it, &in);
	if (!joins_next_line(in))
		read_longer(in);
	return 0;
}
