/* output.c: the content of each output file. A text file and the index that goes with it are made from the
 * same pass: values in modules.dep.bin are the lines of modules.dep. */
#include <sys/stat.h>

#include "depmod.h"

/* Files in the order in which they are written. Those of after_dependencies() come before ALIASES. */
enum file_number {
	DEP,
	DEP_BIN,
	ALIASES,
	ALIASES_BIN,
	SOFTDEPS,
	WEAKDEPS,
	SYMBOLS,
	SYMBOLS_BIN,
	BUILTIN_BIN,
	BUILTIN_ALIASES_BIN,
	DEVNAME,
};

/* Lengths: of what lines of modules.alias begin with, and those of modules.symbols; of what keys of symbols do. */
enum { ALIAS_HEAD = 6, SYMBOL_HEAD = 13, SYMBOL_PREFIX = SYMBOL_HEAD - ALIAS_HEAD };

struct output {
	const struct output_options *options;
	const struct tree *tree;
	const struct loaded *loaded;
	const struct graph *graph;
	struct text text;          /* the file being made */
	struct arena keys, values; /* of the index being made */
	struct arena strings;      /* what keys and values point to; all three are emptied after each index */
};

/* The module's values of a kind. Aliases need not be gone through for dependencies that the module has none of. */
static struct values values_in(const struct output *o, uint32_t module, char kind)
{
	const struct facts *facts = o->loaded->facts[module];

	if (o->graph->left_out[module] || (kind != ALIAS && !(facts->softdeps | facts->weakdeps)))
		return (struct values){ 0 };
	return values_of(facts, kind);
}

/* ---- indexes ---- */

static struct key *first_key(const struct output *o)
{
	return (struct key *)(void *)o->keys.start;
}

static struct key *next_key(const struct output *o)
{
	return (struct key *)(void *)(o->keys.start + o->keys.used);
}

static struct index_value *values_of_index(const struct output *o)
{
	return (struct index_value *)(void *)o->values.start;
}

/* The number of the value among those of the index. */
static uint32_t add_value(struct output *o, const char *string, uint32_t length, uint32_t priority)
{
	struct index_value *value = arena_take(&o->values, 1, sizeof(*value), sizeof(void *));

	*value = (struct index_value){ string, length, priority };
	return (uint32_t)(value - values_of_index(o));
}

/* Adds the name of each module as a value, whose number is the module's. */
static void add_module_names(struct output *o)
{
	for (uint32_t m = 0; m < o->tree->count; m++)
		add_value(o, o->tree->modules[m].name, o->tree->modules[m].name_length, m);
}

static const char left_out[] = "left out of the binary index, ";

static void add_key(struct output *o, const char *string, uint32_t length, uint32_t value)
{
	if (length > VALUE_MAX)
		warning(left_out, "as it is too long: the value of ", values_of_index(o)[value].string);
	else if (is_ascii(string, length))
		*(struct key *)arena_take(&o->keys, 1, sizeof(struct key), sizeof(void *)) =
			(struct key){ 0, string, length, value };
	else
		warning(left_out, "as it is not 7-bit ASCII: ", arena_string(&o->strings, string, length));
}

/* Among equal keys of equal priority, an index has the one added later first: index_write() keeps the order
 * of keys, so they are turned around. */
static void reverse_keys(struct key *from, struct key *to)
{
	for (; from < to; from++) {
		struct key key = *--to;

		*to = *from;
		*from = key;
	}
}

static void warn_of_duplicates(const struct index *index)
{
	for (uint32_t i = 1; i < index->count; i++) {
		const struct key *a = &index->keys[i - 1], *b = &index->keys[i];

		if (a->item == b->item && b->chunk == a->length && b->chunk == b->length)
			warning("duplicate module alias: ", a->string, " ", index->values[a->item].string);
	}
}

/* Forgets the keys and values of the last index. */
static void forget_index(struct output *o)
{
	o->keys.used = o->values.used = o->strings.used = 0;
}

/* Writes the keys collected since the last index. Those that are sorted already are symbols, no two of which are the same. */
static void write_index(struct output *o, bool sorted)
{
	struct index index = {
		.keys = first_key(o),
		.count = (uint32_t)(next_key(o) - first_key(o)),
		.values = values_of_index(o),
		.sorted = sorted,
	};

	index.spare = arena_take(&o->keys, index.count, sizeof(struct key), sizeof(void *));
	index_write(&o->text, &index);
	if (o->options->warn && !sorted)
		warn_of_duplicates(&index);
	forget_index(o);
}

static void add_alias(struct output *o, const char *alias, uint32_t length, uint32_t value)
{
	char *copy;

	if (!has_any(alias, length, '-', '[', ']')) {
		add_key(o, alias, length, value);
		return;
	}
	copy = arena_string(&o->strings, alias, length);
	if (normalize(copy))
		add_key(o, copy, length, value);
	else
		warning(left_out, "unmatched bracket: alias ", alias, " of ", values_of_index(o)[value].string);
}

/* ---- modules.dep ---- */

static void put(struct output *o, const char *bytes, size_t size)
{
	copy_bytes(text_room(&o->text, size), bytes, size);
}

static void put_path(struct output *o, uint32_t module)
{
	put(o, o->tree->modules[module].path, o->tree->modules[module].path_length);
}

/* Each line is also a value of modules.dep.bin. */
static void write_dep(struct output *o)
{
	struct closure closure;

	closure_init(&closure, o->tree->count, &o->strings);
	for (uint32_t m = 0; m < o->tree->count; m++) {
		const struct module *module = &o->tree->modules[m];
		size_t start = o->text.size;
		uint32_t needed;

		if (o->graph->left_out[m])
			continue;
		put_path(o, m);
		put(o, ":", 1);
		needed = all_dependencies(o->graph, m, &closure);
		for (uint32_t i = 0; i < needed; i++) {
			put(o, " ", 1);
			put_path(o, closure.list[i].item);
		}
		add_key(o, module->name, module->name_length,
			add_value(o, o->text.start + start, (uint32_t)(o->text.size - start), m));
		put(o, "\n", 1);
	}
}

/* ---- aliases and soft dependencies ---- */

/* Adds a line that names the module behind `length` bytes, which the caller has to fill. */
static char *new_line(struct output *o, size_t length, uint32_t module)
{
	const struct module *to = &o->tree->modules[module];
	char *line = text_room(&o->text, length + 1 + to->name_length + 1), *end = line + length;

	*end++ = ' ';
	copy_bytes(end, to->name, to->name_length);
	end[to->name_length] = '\n';
	return line;
}

static void put_alias(struct output *o, const char *alias, uint32_t length, uint32_t module)
{
	char *line = new_line(o, ALIAS_HEAD + (size_t)length, module);

	memcpy(line, "alias ", ALIAS_HEAD); /* NOLINT(bugprone-not-null-terminated-result): the alias follows */
	copy_bytes(line + ALIAS_HEAD, alias, length);
}

static void put_header(struct output *o, const char *what)
{
	text_line(&o->text, "# ", what, " extracted from modules themselves.", (char *)NULL);
}

static void write_alias(struct output *o)
{
	put_header(o, "Aliases");
	add_module_names(o);
	for (uint32_t m = 0; m < o->tree->count; m++) {
		struct values values = values_in(o, m, ALIAS);
		struct key *first = next_key(o);
		size_t length;

		for (const char *alias; (alias = next_value(&values, &length));) {
			put_alias(o, alias, (uint32_t)length, m);
			add_alias(o, alias, (uint32_t)length, m);
		}
		reverse_keys(first, next_key(o));
	}
}

/* Adds words of configuration, in which a backslash makes the next character stand for itself. */
static void put_words(struct output *o, const char *words)
{
	text_string(&o->text, " ");
	for (; *words; words++) {
		if (*words == '\\')
			text_add(&o->text, words, 1);
		text_add(&o->text, words, 1);
	}
}

/* Lines of WORD NAME VALUE, for each value of the kind that is not blank. */
static void write_soft(struct output *o, const char *word, char kind, const char *what)
{
	put_header(o, what);
	for (uint32_t m = 0; m < o->tree->count; m++) {
		struct values values = values_in(o, m, kind);
		size_t length;

		for (const char *value; (value = next_value(&values, &length));)
			if (strspn(value, " ") < length) {
				text_string(&o->text, word);
				put_words(o, o->tree->modules[m].name);
				put_words(o, value);
				text_string(&o->text, "\n");
			}
	}
}

/* ---- symbols ---- */

static bool has_module(const struct output *o, uint32_t symbol)
{
	uint32_t owner = o->graph->owner[symbol];

	return owner < o->tree->count && !o->graph->left_out[owner];
}

/* The symbol's key is a part of its line in modules.symbols. */
static void write_symbol(struct output *o, const struct name *symbol, uint32_t owner)
{
	char *line = new_line(o, SYMBOL_HEAD + (size_t)symbol->length, owner);

	memcpy(line, "alias symbol:", SYMBOL_HEAD); /* NOLINT(bugprone-not-null-terminated-result): the name follows */
	copy_bytes(line + SYMBOL_HEAD, symbol->string, symbol->length);
	add_key(o, line + ALIAS_HEAD, SYMBOL_PREFIX + symbol->length, owner);
}

/* Symbols are sorted by their bytes. The keys of the index come in the same order, and take the memory of the
 * sorted symbols one after the other. */
static void write_sorted(struct output *o, const struct key *keys, uint32_t count)
{
	uint64_t shared = 0; /* by the symbol and the last one that became a key */

	for (uint32_t i = 0; i < count; i++) {
		uint32_t symbol = keys[i].item;
		struct key *key = next_key(o);

		if (shared > keys[i].chunk)
			shared = keys[i].chunk;
		write_symbol(o, &o->graph->symbols.entries[symbol], o->graph->owner[symbol]);
		if (key < next_key(o)) {
			key->chunk = SYMBOL_PREFIX + shared;
			shared = UINT64_MAX;
		}
	}
}

static void write_symbols(struct output *o)
{
	const struct names *symbols = &o->graph->symbols;
	struct key *keys = arena_take(&o->keys, symbols->count, sizeof(*keys), sizeof(void *)), *spare;
	uint32_t count = 0;

	for (uint32_t i = 0; i < symbols->count; i++)
		if (has_module(o, i))
			keys[count++] = (struct key){ 0, symbols->entries[i].string, symbols->entries[i].length, i };
	o->keys.used = count * sizeof(*keys);
	spare = arena_take(&o->keys, count, sizeof(*spare), sizeof(void *));
	sort_strings(keys, spare, count);
	o->keys.used = 0;
	text_string(&o->text, "# Aliases for symbols, used by symbol_request().\n");
	add_module_names(o);
	write_sorted(o, keys, count);
}

/* ---- builtin ---- */

/* Writes the index of a file that stands beside the modules of each root. Where no root has it, the index stays
 * empty. */
static void write_index_of(struct output *o, const char *name, void (*add)(struct output *, struct span *content))
{
	struct key *first = next_key(o);
	struct span content;
	bool found = false;

	add_value(o, "", 0, 0); /* its number is NO_VALUE */
	for (uint32_t root = 0; root < o->tree->root_count; root++)
		for (found |= read_beside(o->tree, root, name, &o->strings, &content); content.p < content.end;)
			add(o, &content);
	reverse_keys(first, next_key(o));
	if (found)
		write_index(o, false);
}

/* The number of the value that all built-in modules have: an empty one. */
enum { NO_VALUE = 0 };

static bool is_letter(uint8_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static void add_builtin(struct output *o, struct span *content)
{
	struct span line;
	const char *name;

	next_line(content, &line);
	name = arena_copy(&o->strings, line);
	if (!is_letter((uint8_t)*name)) {
		error("invalid line in modules.builtin: ", name);
		return;
	}
	name = module_name(&o->strings, name);
	add_key(o, name, (uint32_t)strlen(name), NO_VALUE);
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
	if (strncmp(key, ".alias=", 7) != 0)
		return;
	name = arena_string(&o->strings, string, (size_t)(key - string));
	add_alias(o, value + 1, (uint32_t)strlen(value + 1), add_value(o, name, (uint32_t)(key - string), 0));
}

/* ---- modules.devname ---- */

struct device {
	uint32_t major, minor;
};

/* PREFIXMAJOR-MINOR; nothing else changes *device. */
static bool parse_device(const char *alias, const char *prefix, struct device *device)
{
	size_t length = strlen(prefix);
	uint32_t major;

	if (strncmp(alias, prefix, length) != 0)
		return false;
	alias += length;
	if (!parse_unsigned(&alias, &major) || *alias++ != '-' || !parse_unsigned(&alias, &device->minor))
		return false;
	device->major = major;
	return true;
}

static void add_devname(struct output *o, uint32_t module)
{
	struct values values = values_in(o, module, ALIAS);
	const char *name = o->tree->modules[module].name, *devname = NULL, *type = NULL;
	struct device device = { 0 };
	struct number major, minor;
	size_t length;

	for (const char *alias; !(devname && type) && (alias = next_value(&values, &length));) {
		if (strncmp(alias, "devname:", 8) == 0)
			devname = alias + 8;
		else if (parse_device(alias, "char-major-", &device))
			type = "c";
		else if (parse_device(alias, "block-major-", &device))
			type = "b";
	}
	if (!devname)
		return;
	if (!*devname || strchr(devname, ' ') || *name == '#')
		type = NULL;
	if (!type) {
		error("module ", name, " has the device name ", devname,
		      " but no major and minor number, or one of the names cannot be written: ignored");
		return;
	}
	if (!o->text.size)
		text_string(&o->text, "# Device nodes to trigger on-demand module loading.\n");
	text_line(&o->text, name, " ", devname, " ", type, decimal(&major, device.major), ":",
		  decimal(&minor, device.minor), (char *)NULL);
}

static void write_devname(struct output *o)
{
	for (uint32_t m = 0; m < o->tree->count; m++)
		if (o->loaded->facts[m]->has_devname)
			add_devname(o, m);
}

/* ---- the set ---- */

/* Without pointers, each of which would cost a relocation besides. */
static const char names[][26] = {
	[DEP] = "modules.dep",
	[DEP_BIN] = "modules.dep.bin",
	[ALIASES] = "modules.alias",
	[ALIASES_BIN] = "modules.alias.bin",
	[SOFTDEPS] = "modules.softdep",
	[WEAKDEPS] = "modules.weakdep",
	[SYMBOLS] = "modules.symbols",
	[SYMBOLS_BIN] = "modules.symbols.bin",
	[BUILTIN_BIN] = "modules.builtin.bin",
	[BUILTIN_ALIASES_BIN] = "modules.builtin.alias.bin",
	[DEVNAME] = "modules.devname",
};

/* An index is made of the keys that the file before it collected. */
static void write_file(struct output *o, enum file_number number)
{
	switch (number) {
	case DEP: write_dep(o); break;
	case ALIASES: write_alias(o); break;
	case SOFTDEPS: write_soft(o, "softdep", SOFTDEP, "Soft dependencies"); break;
	case WEAKDEPS: write_soft(o, "weakdep", WEAKDEP, "Weak dependencies"); break;
	case SYMBOLS: write_symbols(o); break;
	case BUILTIN_BIN: write_index_of(o, "modules.builtin", add_builtin); break;
	case BUILTIN_ALIASES_BIN: write_index_of(o, "modules.builtin.modinfo", add_builtin_alias); break;
	case DEVNAME: write_devname(o); break;
	default: write_index(o, number == SYMBOLS_BIN); break;
	}
}

_Static_assert(COUNT_OF(names) + MAP_FILES_MAX <= OUTPUT_FILES_MAX, "publish.c has room for every file");

static bool belongs(enum file_number number, enum file_set set)
{
	return set == ALL_FILES || (number >= ALIASES && number <= WEAKDEPS) == (set == VALUE_FILES);
}

bool outputs_complete(int directory)
{
	struct stat st;

	for (enum file_number i = 0; i < COUNT_OF(names); i++)
		if (stat_again(directory, names[i], &st))
			return false;
	return true;
}

void adopt_outputs(struct publication *publication, enum file_set set)
{
	for (enum file_number i = 0; i < COUNT_OF(names); i++)
		if (belongs(i, set))
			publish_adopt(publication, names[i]);
}

bool write_outputs(const struct output_options *options, const struct tree *tree, const struct loaded *loaded,
		   const struct graph *graph, publish_function *publish, void *context)
{
	struct output o = { .options = options, .tree = tree, .loaded = loaded, .graph = graph };
	struct arena content;

	arena_reserve(&content, "output", OUTPUT_MEMORY, false);
	arena_reserve(&o.keys, "index", OUTPUT_MEMORY, false);
	arena_reserve(&o.values, "values", OUTPUT_MEMORY, false);
	arena_reserve(&o.strings, "aliases", OUTPUT_MEMORY, false);
	for (enum file_number i = 0; i < COUNT_OF(names); i++) {
		if (i == ALIASES && options->after_dependencies && !options->after_dependencies(context))
			return false;
		if (!belongs(i, options->set))
			continue;
		if (options->text_only && ends_in(names[i], strlen(names[i]), ".bin")) {
			forget_index(&o);
			continue;
		}
		text_open(&o.text, &content);
		write_file(&o, i);
		if (!publish(context, names[i], span_of(o.text.start, o.text.size)))
			return false;
		/* The index of such a file quotes it, where there is one. */
		content.used = i == DEP || i == SYMBOLS ? o.text.size : 0;
	}
	return true;
}
