/* cycles.c: modules that need each other in a circle, which no loader can load. They are the strongly
 * connected components of the dependency graph (Tarjan 1972, here without recursion). A component comes out
 * after all that it needs, so it is known at once whether it needs a cyclic one. */
#include "depmod.h"

struct visit {
	uint32_t module, edge;
};

struct search {
	struct graph *graph;
	const struct tree *tree;
	uint32_t *order;           /* by module: when it was first seen, from 1 on; 0 before; NONE once it is left out here */
	uint32_t *low;             /* by module: the earliest open one that it is known to reach */
	uint32_t *component;       /* by module: the component's number, or NONE while open */
	uint32_t *open;            /* stack of those seen that belong to no component yet */
	struct visit *path;        /* stack of those whose dependencies are being visited */
	uint32_t *parent;          /* by module: who needs it, on the way from where a cycle is shown */
	uint32_t *queue;
	const char **last_part;    /* of a message: a NULL is behind it, and room for the others before it */
	uint32_t open_count, depth, seen, components, cyclic;
};

/* Breadth first from `start` through its component, to the module that needs `start` itself. */
static uint32_t last_before(struct search *s, uint32_t start)
{
	const struct graph *graph = s->graph;
	uint32_t head = 0, tail = 0;

	s->parent[start] = NONE;
	for (uint32_t m = start;; m = s->queue[head++]) {
		for (uint32_t i = graph->first[m]; i < graph->first[m + 1]; i++) {
			uint32_t to = graph->direct[i];

			if (to == start)
				return m;
			if (s->component[to] != s->component[start] || s->parent[to] != NONE)
				continue;
			s->parent[to] = m;
			s->queue[tail++] = to;
		}
	}
}

/* The message is put together from its end, as the way back from the end is known. */
static void report_cycle(struct search *s, uint32_t start)
{
	const char **part = s->last_part;

	*part = s->tree->modules[start].name;
	for (uint32_t m = last_before(s, start); m != NONE; m = s->parent[m]) {
		*--part = " -> ";
		*--part = s->tree->modules[m].name;
	}
	*--part = "Cycle detected: ";
	report(ERROR, part);
}

static bool needs_left_out(const struct search *s, uint32_t m)
{
	const struct graph *graph = s->graph;

	for (uint32_t i = graph->first[m]; i < graph->first[m + 1]; i++)
		if (graph->left_out[graph->direct[i]])
			return true;
	return false;
}

/* Takes the component that `root` closes off the open stack, and decides whether it can stay. */
static void close_component(struct search *s, uint32_t root)
{
	uint32_t from = s->open_count, lowest = root;
	bool cyclic, out;

	do {
		uint32_t m = s->open[--from];

		s->component[m] = s->components;
		lowest = m < lowest ? m : lowest;
	} while (s->open[from] != root);
	cyclic = s->open_count - from > 1;
	out = cyclic || needs_left_out(s, root);
	if (cyclic) {
		s->cyclic += s->open_count - from;
		report_cycle(s, lowest);
	}
	for (uint32_t i = from; i < s->open_count && out; i++) {
		s->graph->left_out[s->open[i]] = true;
		s->order[s->open[i]] = NONE;
	}
	s->components++;
	s->open_count = from;
}

static void enter(struct search *s, uint32_t m)
{
	s->order[m] = s->low[m] = ++s->seen;
	s->open[s->open_count++] = m;
	s->path[s->depth++] = (struct visit){ m, s->graph->first[m] };
}

static void follow_edge(struct search *s, struct visit *visit)
{
	uint32_t to = s->graph->direct[visit->edge++];

	if (!s->order[to])
		enter(s, to);
	else if (s->component[to] == NONE && s->order[to] < s->low[visit->module])
		s->low[visit->module] = s->order[to];
}

static void leave(struct search *s, uint32_t m)
{
	s->depth--;
	if (s->low[m] == s->order[m])
		close_component(s, m);
	if (s->depth) {
		uint32_t *low = &s->low[s->path[s->depth - 1].module];

		*low = s->low[m] < *low ? s->low[m] : *low;
	}
}

static void visit_from(struct search *s, uint32_t start)
{
	enter(s, start);
	while (s->depth) {
		struct visit *visit = &s->path[s->depth - 1];

		if (visit->edge < s->graph->first[visit->module + 1])
			follow_edge(s, visit);
		else
			leave(s, visit->module);
	}
}

static void report_left_out(const struct search *s)
{
	struct number count;

	error("Found ", decimal(&count, s->cyclic), " modules in dependency cycles!");
	for (uint32_t m = 0; m < s->tree->count; m++)
		if (s->order[m] == NONE)
			error("leaving out ", s->tree->modules[m].path, ", which cannot be loaded");
}

uint32_t leave_out_cycles(struct graph *graph, const struct tree *tree, struct arena *arena)
{
	uint32_t n = tree->count;
	struct search s = {
		.graph = graph, .tree = tree,
		.order = new_words(arena, n, 0), .low = new_words(arena, n, 0),
		.component = new_words(arena, n, NONE), .open = new_words(arena, n, 0),
		.parent = new_words(arena, n, NONE), .queue = new_words(arena, n, 0),
		.path = arena_take(arena, n, sizeof(*s.path), 8),
		.last_part = arena_take(arena, 2 * (size_t)n + 3, sizeof(*s.last_part), 8),
	};

	s.last_part += 2 * (size_t)n + 1;
	s.last_part[1] = NULL;
	for (uint32_t m = 0; m < n; m++)
		if (!s.order[m])
			visit_from(&s, m);
	report_left_out(&s);
	return s.cyclic;
}
