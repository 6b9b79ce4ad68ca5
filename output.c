/* output.c: the content of each output file. A text file and the index that goes with it are made from the same
 * pass: values in modules.dep.bin are the lines of modules.dep. */
#include <errno.h>

#include "depmod.h"

struct output {
	const struct output_options *options;
	const struct tree *tree;
	const struct loaded *loaded;
	const struct graph *graph;
	struct text text;          /* the file being made */
	struct arena pairs;        /* of the index being made */
	struct arena strings;      /* that pairs point to */
	struct span *dependencies; /* by module: its line of modules.dep, without the newline */
};

static const struct facts *facts_of(const struct output *o, uint32_t module)
{
	return &o->loaded->facts[module];
}

/* ---- modinfo ---- */

struct values {
	const char *p, *end;
	const char *key;           /* with its `=` */
};

static struct values values_of(const struct output *o, uint32_t module, const char *key)
{
	const struct facts *facts = facts_of(o, module);

	if (o->graph->left_out[module])
		return (struct values){ 0 };
	return (struct values){ facts->modinfo, facts->modinfo + facts->modinfo_size, key };
}

static const char *next_value(struct values *values)
{
	while (values->p < values->end) {
		const char *string = values->p;
		size_t length = strlen(values->key);

		values->p += strlen(string) + 1;
		if (strncmp(string, values->key, length) == 0)
			return string + length;
	}
	return NULL;
}

/* ---- indexes ---- */

static bool seven_bits(const char *string)
{
	for (; *string; string++)
		if ((uint8_t)*string >= 0x80)
			return false;
	return true;
}

static void add_pair(struct output *o, struct pair pair)
{
	if (seven_bits(pair.key))
		*(struct pair *)arena_take(&o->pairs, 1, sizeof(pair), sizeof(void *)) = pair;
	else
		warning("left out of the binary index, as it is not 7-bit ASCII: ", pair.key);
}

/* Among equal keys of equal priority, an index has the one added later first: add_index() keeps the order of
 * pairs, so they are turned around. */
static void reverse_pairs(struct pair *from, struct pair *to)
{
	for (; from < to; from++) {
		struct pair pair = *--to;

		*to = *from;
		*from = pair;
	}
}

static void warn_of_duplicates(const struct index *index)
{
	for (uint32_t i = 1; i < index->count; i++) {
		const struct pair *a = &index->pairs[index->keys[i - 1].item];
		const struct pair *b = &index->pairs[index->keys[i].item];

		if (a->priority == b->priority && strcmp(a->key, b->key) == 0 && a->value == b->value)
			warning("duplicate module alias: ", a->key, " ", a->value);
	}
}

/* Writes the pairs collected since the last index. */
static void add_index(struct output *o)
{
	struct index index = {
		.pairs = (const struct pair *)(void *)o->pairs.start,
		.count = (uint32_t)(o->pairs.used / sizeof(struct pair)),
	};

	index.keys = arena_take(&o->pairs, index.count, sizeof(*index.keys), 8);
	index.spare = arena_take(&o->pairs, index.count, sizeof(*index.spare), 8);
	index.shared = arena_take(&o->pairs, index.count, sizeof(*index.shared), 8);
	index_write(&o->text, &index);
	if (o->options->warn)
		warn_of_duplicates(&index);
	o->pairs.used = o->strings.used = 0;
}

/* As indexes store it: `-` is `_` except in `[...]`. NULL when a bracket has no partner. */
static const char *normalize(struct output *o, const char *alias)
{
	char *copy = arena_string(&o->strings, alias, strlen(alias));
	bool inside = false;

	for (char *p = copy; *p; p++) {
		if (*p == '-' && !inside)
			*p = '_';
		else if (*p == ']' && !inside)
			return NULL;
		else if (*p == '[' || *p == ']')
			inside = *p == '[';
	}
	return inside ? NULL : copy;
}

static void add_alias(struct output *o, const char *alias, const char *name, size_t length,
		      uint32_t priority)
{
	const char *key = normalize(o, alias);

	if (key)
		add_pair(o, (struct pair){ key, name, (uint32_t)length, priority });
	else
		warning("left out of the binary index, unmatched bracket: alias ", alias, " of ", name);
}

/* ---- modules.dep ---- */

static void write_dep(struct output *o)
{
	struct closure closure;
	uint32_t count = o->tree->count;

	closure_init(&closure, count, &o->pairs);
	for (uint32_t m = 0; m < count; m++) {
		size_t start = o->text.size;
		uint32_t needed;

		if (o->graph->left_out[m])
			continue;
		text_string(&o->text, o->tree->modules[m].path);
		text_add(&o->text, ":", 1);
		needed = all_dependencies(o->graph, m, &closure);
		for (uint32_t i = 0; i < needed; i++) {
			text_add(&o->text, " ", 1);
			text_string(&o->text, o->tree->modules[closure.list[i].item].path);
		}
		o->dependencies[m] = span_of(o->text.start + start, o->text.size - start);
		text_add(&o->text, "\n", 1);
	}
	o->pairs.used = 0;
}

static void write_dep_bin(struct output *o)
{
	for (uint32_t m = 0; m < o->tree->count; m++) {
		struct span line = o->dependencies[m];

		if (!o->graph->left_out[m])
			add_pair(o, (struct pair){ o->tree->modules[m].name, (const char *)line.p,
						   (uint32_t)span_size(line), m });
	}
	add_index(o);
}

/* ---- aliases and soft dependencies ---- */

static void write_alias(struct output *o)
{
	text_string(&o->text, "# Aliases extracted from modules themselves.\n");
	for (uint32_t m = 0; m < o->tree->count; m++) {
		struct values values = values_of(o, m, "alias=");

		for (const char *alias; (alias = next_value(&values));)
			text_line(&o->text, (const char *const[]){ "alias ", alias, " ",
								   o->tree->modules[m].name, NULL });
	}
}

/* Of one module's equal aliases the last one goes first. */
static void write_alias_bin(struct output *o)
{
	for (uint32_t m = 0; m < o->tree->count; m++) {
		struct values values = values_of(o, m, "alias=");
		const char *name = o->tree->modules[m].name;
		struct pair *pairs = (struct pair *)(void *)(o->pairs.start + o->pairs.used);

		for (const char *alias; (alias = next_value(&values));)
			add_alias(o, alias, name, strlen(name), m);
		reverse_pairs(pairs, (struct pair *)(void *)(o->pairs.start + o->pairs.used));
	}
	add_index(o);
}

static void write_soft(struct output *o, const char *header, const char *key, const char *word)
{
	text_string(&o->text, header);
	for (uint32_t m = 0; m < o->tree->count; m++) {
		struct values values = values_of(o, m, key);

		for (const char *value; (value = next_value(&values));)
			text_line(&o->text, (const char *const[]){
				word, o->tree->modules[m].name, " ", value, NULL });
	}
}

static void write_softdep(struct output *o)
{
	write_soft(o, "# Soft dependencies extracted from modules themselves.\n", "softdep=", "softdep ");
}

static void write_weakdep(struct output *o)
{
	write_soft(o, "# Weak dependencies extracted from modules themselves.\n", "weakdep=", "weakdep ");
}

/* ---- symbols ---- */

static bool has_module(const struct output *o, uint32_t symbol)
{
	uint32_t owner = o->graph->owner[symbol];

	return owner < o->tree->count && !o->graph->left_out[owner];
}

/* In byte order of the symbols; the index takes them in the same order. */
static void write_symbols(struct output *o)
{
	const struct names *symbols = &o->graph->symbols;
	struct key *keys = arena_take(&o->pairs, symbols->count, sizeof(*keys), 8);
	struct key *spare = arena_take(&o->pairs, symbols->count, sizeof(*keys), 8);
	uint32_t count = 0;

	for (uint32_t i = 0; i < symbols->count; i++)
		if (has_module(o, i))
			keys[count++] = (struct key){ .string = symbols->entries[i].string, .item = i };
	sort_strings(keys, spare, count);
	text_string(&o->text, "# Aliases for symbols, used by symbol_request().\n");
	for (uint32_t i = 0; i < count; i++)
		text_line(&o->text, (const char *const[]){
			"alias symbol:", keys[i].string, " ",
			o->tree->modules[o->graph->owner[keys[i].item]].name, NULL });
	o->pairs.used = 0;
}

static void write_symbols_bin(struct output *o)
{
	const struct names *symbols = &o->graph->symbols;

	for (uint32_t i = 0; i < symbols->count; i++) {
		uint32_t owner = o->graph->owner[i];
		const char *name;
		char *key;

		if (!has_module(o, i))
			continue;
		name = o->tree->modules[owner].name;
		key = arena_take(&o->strings, sizeof("symbol:") + symbols->entries[i].length, 1, 1);
		memcpy(key, "symbol:", 7);
		memcpy(key + 7, symbols->entries[i].string, symbols->entries[i].length + 1);
		add_pair(o, (struct pair){ key, name, (uint32_t)strlen(name), owner });
	}
	add_index(o);
}

/* ---- builtin ---- */

/* Inputs beside the modules; a missing one is told, and its index is left empty. */
static bool read_input(struct output *o, const char *name, struct span *content)
{
	int failed = file_read(&o->strings, o->tree->directory, name, REGULAR_FILE, content);

	if (failed)
		warning("could not open ", name, ": ", strerror(failed));
	return !failed;
}

static void add_pairs_of_file(struct output *o, struct span content,
			      void (*add)(struct output *, struct span *content))
{
	struct pair *pairs = (struct pair *)(void *)o->pairs.start;

	while (content.p < content.end)
		add(o, &content);
	reverse_pairs(pairs, (struct pair *)(void *)(o->pairs.start + o->pairs.used));
	add_index(o);
}

static bool is_letter(uint8_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static void add_builtin(struct output *o, struct span *content)
{
	struct span line;
	const char *name;

	next_line(content, &line);
	name = arena_string(&o->strings, (const char *)line.p, span_size(line));
	if (!is_letter((uint8_t)*name))
		error("invalid line in modules.builtin: ", name);
	else
		add_pair(o, (struct pair){ module_name(&o->strings, name), "", 0, 0 });
}

static void write_builtin_bin(struct output *o)
{
	struct span content;

	if (read_input(o, "modules.builtin", &content))
		add_pairs_of_file(o, content, add_builtin);
}

/* NAME.key=value, ended by NUL. */
static void add_builtin_alias(struct output *o, struct span *content)
{
	const uint8_t *end = memchr(content->p, 0, span_size(*content));
	const char *string = (const char *)content->p, *key, *value, *name;

	if (!end) {
		error("modules.builtin.modinfo ends within a string");
		content->p = content->end;
		return;
	}
	content->p = end + 1;
	key = strchr(string, '.');
	value = key ? strchr(key, '=') : NULL;
	if (!value) {
		if (*string)
			error("not NAME.key=value in modules.builtin.modinfo: ", string);
		return;
	}
	if (value - key != sizeof(".alias") - 1 || memcmp(key, ".alias", sizeof(".alias") - 1) != 0)
		return;
	name = arena_string(&o->strings, string, (size_t)(key - string));
	add_alias(o, value + 1, name, (size_t)(key - string), 0);
}

static void write_builtin_alias_bin(struct output *o)
{
	struct span content;

	if (read_input(o, "modules.builtin.modinfo", &content))
		add_pairs_of_file(o, content, add_builtin_alias);
}

/* ---- modules.devname ---- */

/* PREFIXMAJOR-MINOR */
static bool parse_device(const char *alias, const char *prefix, uint32_t *major, uint32_t *minor)
{
	size_t length = strlen(prefix);
	uint32_t a, b;

	if (strncmp(alias, prefix, length) != 0)
		return false;
	alias += length;
	if (!parse_unsigned(&alias, &a) || *alias++ != '-' || !parse_unsigned(&alias, &b))
		return false;
	*major = a;
	*minor = b;
	return true;
}

static void add_devname(struct output *o, uint32_t module)
{
	struct values values = values_of(o, module, "alias=");
	const char *name = o->tree->modules[module].name, *devname = NULL, *type = NULL;
	uint32_t major = 0, minor = 0;
	struct number a, b;

	for (const char *alias; !(devname && type) && (alias = next_value(&values));) {
		if (strncmp(alias, "devname:", 8) == 0)
			devname = alias + 8;
		else if (parse_device(alias, "char-major-", &major, &minor))
			type = "c";
		else if (parse_device(alias, "block-major-", &major, &minor))
			type = "b";
	}
	if (devname && !type)
		error("module ", name, " has the device name ", devname,
		      " but no major and minor number: ignored");
	if (!devname || !type)
		return;
	if (!o->text.size)
		text_string(&o->text, "# Device nodes to trigger on-demand module loading.\n");
	text_line(&o->text, (const char *const[]){ name, " ", devname, " ", type, decimal(&a, major), ":",
						   decimal(&b, minor), NULL });
}

static void write_devname(struct output *o)
{
	for (uint32_t m = 0; m < o->tree->count; m++)
		add_devname(o, m);
}

/* ---- the set ---- */

struct file {
	const char *name;
	void (*write)(struct output *o);
	bool text;
};

static const struct file files[] = {
	{ "modules.dep", write_dep, true },
	{ "modules.dep.bin", write_dep_bin, false },
	{ "modules.alias", write_alias, true },
	{ "modules.alias.bin", write_alias_bin, false },
	{ "modules.softdep", write_softdep, true },
	{ "modules.weakdep", write_weakdep, true },
	{ "modules.symbols", write_symbols, true },
	{ "modules.symbols.bin", write_symbols_bin, false },
	{ "modules.builtin.bin", write_builtin_bin, false },
	{ "modules.builtin.alias.bin", write_builtin_alias_bin, false },
	{ "modules.devname", write_devname, true },
};

_Static_assert(COUNT_OF(files) <= OUTPUT_FILES_MAX, "publish.c has room for every file");

bool write_outputs(const struct output_options *options, const struct tree *tree,
		   const struct loaded *loaded, const struct graph *graph,
		   bool (*publish)(void *context, const char *name, struct span content), void *context)
{
	struct output o = { .options = options, .tree = tree, .loaded = loaded, .graph = graph };
	struct arena content;

	arena_reserve(&content, "output", OUTPUT_MEMORY, false);
	arena_reserve(&o.pairs, "index", OUTPUT_MEMORY, false);
	arena_reserve(&o.strings, "aliases", OUTPUT_MEMORY, false);
	o.dependencies = arena_take(&content, tree->count, sizeof(*o.dependencies), 8);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		if (options->text_only && !files[i].text)
			continue;
		text_open(&o.text, &content);
		files[i].write(&o);
		if (!publish(context, files[i].name, span_of(o.text.start, o.text.size)))
			return false;
		if (i == 0)
			arena_take(&content, o.text.size, 1, 1);  /* modules.dep.bin quotes it */
	}
	return true;
}
