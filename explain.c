/* explain.c: one module explained: lines of a label and words, folded at 80 columns; lists in byte order. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "depmod.h"

struct page {
	const struct inquiry *inquiry;
	struct arena *scratch;
	const struct module *module;
	const struct facts *facts; /* the module's, */
	uint32_t number;           /* and its number */
	struct text text;          /* lines that are not folded yet: label, tab, words */
	struct key *words;         /* words of the list that is being collected */
	uint32_t count;
	struct closure closure;
};

/* ---- which module ---- */

/* Whether a module of the right name is meant: a path must lead to its file, and a link is a file of its own. */
static bool is_asked(const struct inquiry *q, const struct module *module)
{
	return !strchr(q->module, '/') ||
	       is_same_file(q->tree->roots[module->root].directory, q->module, module->path, AT_SYMLINK_NOFOLLOW);
}

static bool is_builtin(const struct inquiry *q, const char *name)
{
	struct span rest, line;

	for (uint32_t r = 0; r < q->tree->root_count; r++)
		if (!find_beside(q->tree, r, "modules.builtin", q->scratch, &rest))
			while (next_line(&rest, &line))
				if (strcmp(module_name(q->scratch, arena_copy(q->scratch, line)), name) == 0)
					return true;
	return false;
}

static void tell_missing(const struct inquiry *q, const char *name)
{
	struct nearest nearest = { .word = span_of(name, strlen(name)) };

	if (is_builtin(q, name)) {
		error(q->module, " is no module here: it is built into the kernel");
		return;
	}
	for (uint32_t m = 0; m < q->tree->count; m++)
		nearest_try(&nearest, span_of(q->tree->modules[m].name, q->tree->modules[m].name_length));
	/* A part that is NULL ends the message. */
	for (uint32_t r = 0; r < q->tree->root_count; r++)
		error("no module ", q->module, " in ", q->tree->roots[r].name,
		      nearest.found.p && r + 1 == q->tree->root_count ? ", did you mean " : NULL,
		      (const char *)nearest.found.p, "?");
}

static bool has_alias(const struct inquiry *q, uint32_t m, const char *asked)
{
	struct values values = values_of(q->loaded->facts[m], ALIAS);
	size_t length;

	for (const char *alias; (alias = next_value(&values, &length));) {
		char *pattern = arena_string(q->scratch, alias, length);

		if (normalize(pattern) && glob_matches(pattern, asked))
			return true;
	}
	return false;
}

/* The first module that has the alias, as modprobe would load it first; the others are named. */
static uint32_t find_alias(const struct inquiry *q)
{
	char *asked = arena_string(q->scratch, q->module, strlen(q->module));
	uint32_t found = NONE;

	normalize(asked);
	for (uint32_t m = q->tree->count; m--;)
		if (has_alias(q, m, asked)) {
			if (found != NONE)
				REPORT(PLAIN, q->module, " is an alias of ", q->tree->modules[found].name, ", too");
			found = m;
		}
	return found;
}

/* The name leads to the module that counts; only a path can mean one of the shadowed files of that name. */
uint32_t find_module(const struct inquiry *q, const struct module **shadowed)
{
	const char *name = module_name(q->scratch, q->module);
	uint32_t alias;

	*shadowed = NULL;
	for (uint32_t m = 0; m < q->tree->count; m++) {
		if (strcmp(q->tree->modules[m].name, name) != 0)
			continue;
		if (is_asked(q, &q->tree->modules[m]))
			return m;
		for (const struct shadowed *s = q->tree->shadowed; s; s = s->next)
			if (strcmp(s->module.name, name) == 0 && is_asked(q, &s->module)) {
				*shadowed = &s->module;
				return m;
			}
	}
	alias = find_alias(q);
	if (alias == NONE)
		tell_missing(q, name);
	return alias;
}

/* ---- lines and lists ---- */

/* Prints the label and then words, in lines of at most 79 columns unless a word alone is longer. */
static void fold(struct text *out, struct span line)
{
	enum { LABEL = 16, WIDTH = 79 };
	static const char blanks[] = "\n                ";
	const size_t label = (size_t)((const uint8_t *)memchr(line.p, '\t', span_size(line)) - line.p);
	size_t column = LABEL - 1;
	const char *before = "";
	struct span word;

	text_add(out, line.p, label);
	text_add(out, blanks + 1, LABEL - label);
	line.p += label;
	for (; next_word(&line, &word); before = " ") {
		column += 1 + span_size(word);
		if (column > WIDTH && *before) {
			before = blanks;
			column = LABEL + span_size(word);
		}
		text_string(out, before);
		text_add(out, word.p, span_size(word));
	}
	text_add(out, "\n", 1);
}

static void collect(struct page *p, const char *word, size_t length)
{
	struct key *key = arena_take(p->scratch, 1, sizeof(*key), 8);

	if (!p->count++)
		p->words = key;
	*key = (struct key){ .string = word, .length = (uint32_t)length };
}

/* Returns how many were collected, for the last time. */
static uint32_t sort_collected(struct page *p)
{
	uint32_t count = p->count;

	sort_strings(p->words, arena_take(p->scratch, count, sizeof(*p->words), 8), count);
	p->count = 0;
	return count;
}

static bool equal(const struct key *a, const struct key *b)
{
	return a->length == b->length && memcmp(a->string, b->string, a->length) == 0;
}

/* A line of what was collected, if anything was; `before` stands before the first word. Words that end in a colon are
 * counted, others told once. */
static void put_list(struct page *p, const char *before)
{
	const struct key *end = p->words + sort_collected(p);
	struct number number;
	uint32_t same = 1;

	for (const struct key *word = p->words; word < end; word++, same++) {
		if (word + 1 < end && equal(word, word + 1))
			continue;
		text_string(&p->text, before);
		text_harmless(&p->text, word->string, word->length);
		if (word->length && word->string[word->length - 1] == ':') {
			text_string(&p->text, " ");
			text_string(&p->text, decimal(&number, same));
		}
		before = ", ";
		same = 0;
	}
	text_add(&p->text, "\n", end > p->words);
}

/* ---- the file ---- */

static const char *machine_name(uint16_t machine, struct number *number)
{
	static const uint16_t numbers[] = { 62, 3, 4, 8, 15, 18, 20, 21, 22, 40, 42, 43, 183, 243, 258, 0x9026 };
	static const char names[] = "x86-64\0"
				    "i386\0"
				    "m68k\0"
				    "mips\0"
				    "parisc\0"
				    "sparc\0"
				    "ppc\0"
				    "ppc64\0"
				    "s390\0"
				    "arm\0"
				    "sh\0"
				    "sparc64\0"
				    "aarch64\0"
				    "riscv\0"
				    "loongarch\0"
				    "alpha";

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (numbers[i] == machine)
			return nth_string(names, i);
	return decimal(number, machine);
}

static void put_form(struct page *p)
{
	const struct elf_form form = p->facts->form;
	const char *compression = compression_name(p->facts->compression);
	struct number number;

	text_line(&p->text, "form:\t", *compression ? compression : "plain",
		  form.wide ? " ELF 64-bit " : " ELF 32-bit ", form.big ? "big-endian " : "little-endian ",
		  machine_name(form.machine, &number), (char *)NULL);
}

static void put_shadowed(struct page *p, const struct module *shadowed)
{
	struct rule_of_choice rule;

	wins(p->inquiry->config, p->module, shadowed, &rule);
	/* A part that is NULL ends the line. */
	text_line(&p->text, "instead of:\t", root_of(p->inquiry->tree, shadowed, false), shadowed->path, " by ",
		  rule.name, rule.word ? " " : NULL, rule.word, rule.other_word ? " before " : NULL, rule.other_word,
		  (char *)NULL);
}

/* The other files of its name, and why they do not count. */
static void put_all_shadowed(struct page *p)
{
	const struct shadowed *shadowed = p->inquiry->tree->shadowed, *l;
	uint32_t count;

	for (l = shadowed; l; l = l->next)
		if (strcmp(l->module.name, p->module->name) == 0)
			collect(p, l->module.path, l->module.path_length);
	count = sort_collected(p);
	for (uint32_t i = 0; i < count; i++)
		for (l = shadowed; l; l = l->next)
			if (l->module.path == p->words[i].string)
				put_shadowed(p, &l->module);
}

static void put_path(struct page *p, const char *label, const struct module *module)
{
	text_line(&p->text, label, root_of(p->inquiry->tree, module, false), module->path, (char *)NULL);
}

static void put_file(struct page *p, const struct module *shadowed)
{
	text_line(&p->text, "name:\t", p->module->name, (char *)NULL);
	if (shadowed)
		put_path(p, "not used:\t", shadowed);
	put_path(p, "file:\t", p->module);
	put_all_shadowed(p);
	if (p->inquiry->graph->left_out[p->number])
		text_line(&p->text, "left out:\t",
			  p->facts->failed ? p->inquiry->loaded->reasons[p->module->file].text
					   : "in a dependency cycle, or needs a module that is",
			  (char *)NULL);
	if (!p->facts->failed)
		put_form(p);
}

/* ---- what it needs, and what needs it ---- */

/* The symbols that it needs of that owner. What is weak may have none. */
static void collect_needs(struct page *p, uint32_t owner)
{
	const struct facts *facts = p->facts;
	const uint32_t *supplier = p->inquiry->graph->supplier[facts->worker];
	const struct name *names = p->inquiry->loaded->keepers[facts->worker].names.entries;

	for (uint32_t i = 0; i < facts->need_count; i++) {
		uint32_t id = facts->needs[i] & ~WEAK_NEED;

		if (supplier[id] == owner && (owner != NONE || id == facts->needs[i]))
			collect(p, names[id].string, names[id].length);
	}
}

static void put_needs(struct page *p)
{
	const struct graph *graph = p->inquiry->graph;

	for (uint32_t i = graph->first[p->number]; i < graph->first[p->number + 1]; i++) {
		text_string(&p->text, "needs:\t");
		text_string(&p->text, p->inquiry->tree->modules[graph->direct[i]].name);
		collect_needs(p, graph->direct[i]);
		put_list(p, ": ");
	}
}

/* Where the kernel's symbols are not known, the kernel is taken to have every symbol that no module has. */
static void put_kernel(struct page *p)
{
	bool known = p->inquiry->kernel_known;
	struct number number;

	if (known)
		collect_needs(p, NONE);
	put_list(p, "nobody has:\t");
	collect_needs(p, known ? OWNER_KERNEL : NONE);
	text_line(&p->text, "kernel symbols:\t", decimal(&number, p->count), (char *)NULL);
	p->count = 0;
}

/* Modules that it needs, or that need it (`users`), in that way. */
static void put_others(struct page *p, bool users, enum need how, const char *label)
{
	const struct graph *graph = p->inquiry->graph;
	const struct tree *tree = p->inquiry->tree;

	for (uint32_t m = 0; m < tree->count; m++) {
		uint32_t from = users ? m : p->number, to = users ? p->number : m;

		if (needs(graph, from, to, &p->closure) == how)
			collect(p, tree->modules[m].name, tree->modules[m].name_length);
	}
	put_list(p, label);
}

/* ---- what it says ---- */

/* Aliases that name a bus (the part before their first colon) are counted by bus. */
static void put_aliases(struct page *p)
{
	struct values values = values_of(p->facts, ALIAS);
	size_t length;

	for (const char *alias; (alias = next_value(&values, &length));) {
		const char *colon = memchr(alias, ':', length);

		collect(p, alias, colon ? (size_t)(colon - alias) + 1 : length);
	}
	put_list(p, "aliases:\t");
}

static void put_values(struct page *p, char kind, const char *label)
{
	struct values values = values_of(p->facts, kind);
	size_t length;

	for (const char *value; (value = next_value(&values, &length));)
		text_line(&p->text, label, value, (char *)NULL);
}

/* ---- the whole ---- */

bool explain(const struct inquiry *q)
{
	const struct module *shadowed;
	struct page p = { .inquiry = q, .scratch = q->scratch, .number = find_module(q, &shadowed) };
	struct span rest, line;

	if (p.number == NONE)
		return false;
	p.module = &q->tree->modules[p.number];
	p.facts = q->loaded->facts[p.number];
	closure_init(&p.closure, q->tree->count, q->scratch);
	text_open(&p.text, q->memory);
	put_file(&p, shadowed);
	put_needs(&p);
	put_others(&p, false, INDIRECTLY, "  indirectly:\t");
	put_kernel(&p);
	put_others(&p, true, DIRECTLY, "needed by:\t");
	put_others(&p, true, INDIRECTLY, "  indirectly:\t");
	put_aliases(&p);
	put_values(&p, SOFTDEP, "soft:\t");
	put_values(&p, WEAKDEP, "weak:\t");
	for (rest = span_of(p.text.start, p.text.size); next_line(&rest, &line);)
		fold(q->out, line);
	return true;
}

/* ---- the graph, in Graphviz's language (https://graphviz.org/doc/info/lang.html) ---- */

/* Between quotes, only a quote is special; a backslash is doubled all the same, as one may stand before a quote. */
static void put_name(struct text *out, const char *before, const char *name, const char *end)
{
	text_string(out, before);
	for (; *name; name++) {
		text_add(out, "\\", *name == '"' || *name == '\\');
		text_add(out, name, 1);
	}
	text_string(out, end);
}

static void put_edge(const struct inquiry *q, uint32_t m, const char *to, const char *end)
{
	put_name(q->out, "\t\"", q->tree->modules[m].name, "\" -> \"");
	put_name(q->out, "", to, end);
}

/* Values are `pre: NAME... post: NAME...`, or names alone. A name may also be an alias. */
static void put_soft(const struct inquiry *q, uint32_t m, char kind, const char *end)
{
	struct values values = values_of(q->loaded->facts[m], kind);
	struct span rest, word;
	size_t length;

	for (const char *value; (value = next_value(&values, &length));)
		for (rest = span_of(value, length); next_word(&rest, &word);) {
			char *name = arena_copy(q->scratch, word);

			normalize(name);
			if (word.end[-1] != ':')
				put_edge(q, m, name, end);
		}
}

/* The module that was asked for is bold, another that is left out of the index red. */
static void put_module(const struct inquiry *q, uint32_t m, const bool *shown, bool asked)
{
	const struct graph *graph = q->graph;

	put_name(q->out, "\t\"", q->tree->modules[m].name,
		 asked                ? "\" [style=bold];\n"
		 : graph->left_out[m] ? "\" [color=red];\n"
				      : "\";\n");
	for (uint32_t i = graph->first[m]; i < graph->first[m + 1]; i++)
		if (shown[graph->direct[i]])
			put_edge(q, m, q->tree->modules[graph->direct[i]].name, "\";\n");
	put_soft(q, m, SOFTDEP, "\" [style=dashed];\n");
	put_soft(q, m, WEAKDEP, "\" [style=dotted];\n");
}

bool dot(const struct inquiry *q)
{
	uint32_t count = q->tree->count;
	bool *shown = arena_take(q->memory, count, sizeof(*shown), 1);
	struct closure closure;
	const struct module *shadowed;
	uint32_t asked = NONE;

	if (q->module) {
		asked = find_module(q, &shadowed);
		if (asked == NONE)
			return false;
	}
	closure_init(&closure, count, q->memory);
	text_string(q->out, "digraph modules {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (uint32_t m = 0; m < count; m++)
		shown[m] = asked == NONE || m == asked || needs(q->graph, m, asked, &closure) ||
			   needs(q->graph, asked, m, &closure);
	for (uint32_t m = 0; m < count; m++)
		if (shown[m])
			put_module(q, m, shown, m == asked);
	text_string(q->out, "}\n");
	return true;
}
