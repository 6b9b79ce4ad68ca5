/* dot.c: dependencies as a graph in Graphviz's language (https://graphviz.org/doc/info/lang.html). */
#include "depmod.h"

/* Between quotes, only a quote is special; a backslash is doubled all the same, as one may stand before a quote. */
static void put_name(struct text *out, const char *before, struct span name)
{
	text_string(out, before);
	text_add(out, "\"", 1);
	for (; name.p < name.end; name.p++) {
		text_add(out, "\\", *name.p == '"' || *name.p == '\\');
		text_add(out, name.p, 1);
	}
	text_add(out, "\"", 1);
}

static struct span name_of(const struct inquiry *q, uint32_t m)
{
	return span_of(q->tree->modules[m].name, q->tree->modules[m].name_length);
}

static void put_edge(const struct inquiry *q, uint32_t m, struct span to, const char *end)
{
	put_name(q->out, "\t", name_of(q, m));
	put_name(q->out, " -> ", to);
	text_string(q->out, end);
}

/* Values are `pre: NAME... post: NAME...`, or names alone. A name may also be an alias. */
static void put_soft(const struct inquiry *q, uint32_t m, char kind, const char *end)
{
	struct values values = values_of(&q->loaded->facts[m], kind);
	struct span rest, word;
	size_t length;

	for (const char *value; (value = next_value(&values, &length));)
		for (rest = span_of(value, length); next_word(&rest, &word);) {
			char *name = arena_copy(q->scratch, word);

			normalize(name);
			if (word.end[-1] != ':')
				put_edge(q, m, span_of(name, span_size(word)), end);
		}
}

/* Red: left out of the index. */
static void put_module(const struct inquiry *q, uint32_t m, const bool *shown)
{
	const struct graph *graph = q->graph;

	put_name(q->out, "\t", name_of(q, m));
	text_string(q->out, graph->left_out[m] ? " [color=red];\n" : ";\n");
	for (uint32_t i = graph->first[m]; i < graph->first[m + 1]; i++)
		if (shown[graph->direct[i]])
			put_edge(q, m, name_of(q, graph->direct[i]), ";\n");
	put_soft(q, m, SOFTDEP, " [style=dashed];\n");
	put_soft(q, m, WEAKDEP, " [style=dotted];\n");
}

bool dot(const struct inquiry *q)
{
	uint32_t count = q->tree->count;
	bool *shown = arena_take(q->memory, count, sizeof(*shown), 1);
	struct closure closure;
	const struct module *loser;
	uint32_t asked = q->module ? find_module(q, &loser) : NONE;

	if (q->module && asked == NONE)
		return false;
	closure_init(&closure, count, q->memory);
	text_string(q->out, "digraph modules {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (uint32_t m = 0; m < count; m++)
		shown[m] = asked == NONE || m == asked || needs(q->graph, m, asked, &closure) ||
			   needs(q->graph, asked, m, &closure);
	for (uint32_t m = 0; m < count; m++)
		if (shown[m])
			put_module(q, m, shown);
	text_string(q->out, "}\n");
	return true;
}
