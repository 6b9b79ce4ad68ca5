/* elf.c: a module. The parser meets it in memory, each piece in a block of its own, and as a file, read piece by piece;
 * both must tell the same. Then the module's facts are kept and written, as the only ones of a tree: whatever the
 * module says, the files must be well formed, and the same when read anew. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pieces.h"

/* ---- what the parser tells ---- */

static void check_name(const char *name, size_t length)
{
	CHECK(length && strlen(name) == length);
}

static void hear_modinfo(void *context, struct span strings)
{
	(void)context;
	CHECK(strings.p < strings.end);
	for (; strings.p < strings.end; strings.p++)
		say("%02x", *strings.p);
	say(" modinfo\n");
}

static void hear_aliases(void *context, struct span strings)
{
	(void)context;
	for (; strings.p < strings.end; strings.p++)
		say("%02x", *strings.p);
	say(" aliases\n");
}

/* A CRC that was not asked for may be anything. */
static void hear_export(void *context, const char *name, size_t length, uint32_t crc)
{
	const struct elf_sink *sink = context;

	check_name(name, length);
	say("export %s %x\n", name, sink->wants_crcs ? crc : 0);
}

static void hear_need(void *context, const char *name, size_t length, bool weak)
{
	(void)context;
	check_name(name, length);
	say("need %s %d\n", name, weak);
}

static void hear_version(void *context, const char *name, size_t length, uint32_t crc)
{
	(void)context;
	check_name(name, length);
	say("version %s %x\n", name, crc);
}

static struct elf_sink sink = {
	.context = &sink, .modinfo = hear_modinfo, .export = hear_export, .need = hear_need,
	.version = hear_version, .aliases = hear_aliases,
};

/* ---- in memory ---- */

static void parse_memory(void *input)
{
	struct pieces *pieces = input;

	elf_read(&pieces->source, &sink);
}

static void tell_from_memory(struct span bytes)
{
	struct pieces *pieces = pieces_of(bytes);
	struct fault fault;

	if (!attempt(parse_memory, pieces, &fault))
		say_fault(&fault);
	free_pieces(pieces);
}

/* ---- as a file ---- */

static int fd_of(struct span bytes)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("module", 0);
	CHECK(ftruncate(fd, 0) == 0);
	CHECK(pwrite(fd, bytes.p, span_size(bytes), 0) == (ssize_t)span_size(bytes));
	return fd;
}

static void parse_file(void *fd)
{
	struct arena scratch = memory_for("scratch");

	elf_read(module_source(*(int *)fd, &scratch, false), &sink);
}

static void tell_from_file(int fd)
{
	struct fault fault;

	if (!attempt(parse_file, &fd, &fault))
		say_fault(&fault);
}

/* ---- its facts ---- */

struct keeping {
	struct keeper keeper;
	int fd;
	bool wants_crcs;
	uint32_t module;
	struct facts facts;
};

static void say_values(const struct facts *facts, char kind, uint32_t count)
{
	struct values values = values_of(facts, kind);
	size_t length;

	for (const char *value; (value = next_value(&values, &length)); count--) {
		CHECK(strlen(value) == length && length <= VALUE_MAX);
		CHECK(kind == REFUSED || !has_control(value, length));
		say("%c %s\n", kind, value);
	}
	CHECK(count == 0 || (kind != ALIAS && kind != SOFTDEP && kind != WEAKDEP));
}

static const char *name_of(const struct keeping *k, uint32_t number)
{
	CHECK(number < k->keeper.names.count);
	return k->keeper.names.entries[number].string;
}

static void say_facts(const struct keeping *k)
{
	const struct facts *f = &k->facts;

	say_values(f, ALIAS, f->aliases);
	say_values(f, SOFTDEP, f->softdeps);
	say_values(f, WEAKDEP, f->weakdeps);
	say_values(f, REFUSED, 0);
	say("%d %d\n", f->has_devname, f->refused);
	for (uint32_t i = 0; i < f->export_count; i++)
		say("%s %x\n", name_of(k, f->exports[i]), k->wants_crcs ? f->export_crcs[i] : 0);
	for (uint32_t i = 0; i < f->need_count; i++)
		say("%s %x %d\n", name_of(k, f->needs[i] & ~WEAK_NEED), k->wants_crcs ? f->need_crcs[i] : 0,
		    f->needs[i] >> 31);
}

static void keep_it(void *input)
{
	struct keeping *k = input;
	struct load_options options = { .wants_crcs = k->wants_crcs };

	keep_module(&k->keeper, k->fd, k->module, &options, &k->facts);
}

/* ---- what is written of it ---- */

static bool starts_with(struct span s, const char *string)
{
	return span_size(s) >= strlen(string) && memcmp(s.p, string, strlen(string)) == 0;
}

/* No module can forge a line. */
static void check_lines(struct span content, const char *first, const char *last)
{
	struct span line;

	CHECK(content.p == content.end || content.end[-1] == '\n');
	while (next_line(&content, &line)) {
		CHECK(!has_control((const char *)line.p, span_size(line)));
		if (starts_with(line, "#"))
			continue;
		CHECK(starts_with(line, first) && span_size(line) >= strlen(last));
		CHECK(memcmp(line.end - strlen(last), last, strlen(last)) == 0);
	}
}

static bool check_file(void *context, const char *name, struct span content)
{
	static const struct {
		const char *name, *first, *last;
	} files[] = {
		{ "modules.dep", "m.ko:", "" }, { "modules.alias", "alias ", " m" },
		{ "modules.softdep", "softdep m ", "" }, { "modules.weakdep", "weakdep m ", "" },
		{ "modules.symbols", "alias symbol:", " m" }, { "modules.devname", "m ", "" },
	};

	(void)context;
	say("%s:\n", name);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (strcmp(name, files[i].name) == 0) {
			check_lines(content, files[i].first, files[i].last);
			say("%.*s", (int)span_size(content), (const char *)content.p);
			return true;
		}
	if (content.p < content.end)
		check_index(content);
	return true;
}

static void write_it(void *input)
{
	struct keeping *k = input;
	struct module module = { .path = "m.ko", .name = "m", .path_length = 4, .name_length = 1 };
	struct root root = { .name = "/", .directory = -1 };
	struct tree tree = { .roots = &root, .root_count = 1, .key = run_key(), .modules = &module, .count = 1 };
	const struct facts *facts = &k->facts;
	struct loaded loaded = { .facts = &facts, .keepers = &k->keeper, .workers = 1 };
	struct output_options how = { .warn = true };
	struct resolve_options resolving = { .report_unresolved = true, .warn = true };
	struct arena memory = memory_for("memory");
	struct graph graph = { 0 };

	names_init(&graph.symbols, &memory, 1 << 16, 1 << 20, run_key());
	graph_begin(&graph, &tree, &loaded, &memory);
	resolve(&graph, &tree, &loaded, &resolving, &memory);
	write_outputs(&how, &tree, &loaded, &graph, check_file, NULL);
}

/* Facts and files. What the module's bytes took goes, as after each that a worker reads. */
static void tell_facts(struct keeping *k)
{
	struct fault fault;

	k->module++;
	k->facts = (struct facts){ 0 };
	if (!attempt(keep_it, k, &fault) || (say_facts(k), !attempt(write_it, k, &fault)))
		say_fault(&fault);
	arena_rewind(&k->keeper.scratch, 0, 0);
}

static void start_keeping(struct keeping *k)
{
	arena_reserve(&k->keeper.scratch, "module", WORKER_SCRATCH, false);
	keeper_share(&k->keeper, 0);
	keeper_prepare(&k->keeper);
}

/* A keeper that holds the same module already, or what was kept until it failed, makes no difference. */
static void tell_facts_twice(int fd, bool wants_crcs)
{
	static struct keeping k;
	struct keeper before;

	if (!k.keeper.room)
		start_keeping(&k);
	before = k.keeper;
	k.fd = fd;
	k.wants_crcs = wants_crcs;
	begin_input();
	tell_facts(&k);
	begin_second_run();
	tell_facts(&k);
	check_same_runs();
	names_rewind(&k.keeper.names, before.names.count, before.names.used);
	arena_rewind(&k.keeper.facts, before.facts.used, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	int fd;

	if (!begins_elf(bytes))
		return 0;
	fd = fd_of(bytes);
	for (int wants_crcs = 0; wants_crcs < 2; wants_crcs++) {
		sink.wants_crcs = wants_crcs;
		begin_input();
		tell_from_memory(bytes);
		begin_second_run();
		tell_from_file(fd);
		check_same_runs();
		tell_facts_twice(fd, wants_crcs);
	}
	return 0;
}
