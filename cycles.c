/* cycles.c: modules that need each other in a circle, which no loader can load. They are the strongly
 * connected components of the dependency graph (Tarjan 1972, here without recursion). A component comes out
 * after all that it needs, so it is known at once whether it needs a cyclic one. */
#include "depmod.h"

/* What the search knows of a module. */
struct mark {
	uint32_t order;     /* when it was first seen, from 1 on; 0 before; NONE once it is left out here */
	uint32_t low;       /* the earliest open one that it is known to reach */
	uint32_t component; /* the number of its component, from 1 on; 0: it is open, in none yet */
	uint32_t below;     /* the module that was opened last before it */
	uint32_t user;      /* the module whose dependency led here, or NONE */
	uint32_t edge;      /* in graph->direct: the dependency to follow next */
	uint32_t parent;    /* for the message: the module of the cycle that needs it, plus 1; 0: none yet */
	uint32_t next;      /* for the message: the module behind it in the queue of last_before() */
};

struct search {
	struct graph *graph;
	const struct tree *tree;
	struct mark *marks;     /* by module */
	uint32_t open;          /* the module that was opened last */
	const char **last_part; /* of the message: a NULL is behind it, and room for the other parts before it */
	uint32_t seen, components, cyclic;
};

/* Breadth first from `start` through its component, to the module that needs `start` itself. */
static uint32_t last_before(const struct search *s, uint32_t start)
{
	const struct graph *graph = s->graph;
	struct mark *marks = s->marks;
	uint32_t last = start;

	for (uint32_t m = start;; m = marks[m].next) {
		for (uint32_t i = graph->first[m]; i < graph->first[m + 1]; i++) {
			uint32_t to = graph->direct[i];

			if (to == start)
				return m;
			if (marks[to].component != marks[start].component || marks[to].parent)
				continue;
			marks[to].parent = m + 1;
			marks[last].next = to;
			last = to;
		}
	}
}

/* Parents lead backwards through the cycle, so the message is put together from its end. `start` has no parent:
 * 0 - 1 is NONE. */
static void report_cycle(const struct search *s, uint32_t start)
{
	const char **part = s->last_part;

	*part = s->tree->modules[start].name;
	for (uint32_t m = last_before(s, start); m != NONE; m = s->marks[m].parent - 1) {
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

/* Takes the component that `root` closes off the open modules, and decides whether it can stay. */
static void close_component(struct search *s, uint32_t root)
{
	uint32_t size = 0, lowest = root, last = s->open, m;

	s->components++;
	do {
		m = s->open;
		s->open = s->marks[m].below;
		s->marks[m].component = s->components;
		lowest = m < lowest ? m : lowest;
		size++;
	} while (m != root);
	if (size > 1) {
		s->cyclic += size;
		report_cycle(s, lowest);
	} else if (!needs_left_out(s, root)) {
		return;
	}
	for (m = last; m != s->open; m = s->marks[m].below) {
		s->graph->left_out[m] = true;
		s->marks[m].order = NONE;
	}
}

static void enter(struct search *s, uint32_t m, uint32_t user)
{
	s->seen++;
	s->marks[m] = (struct mark){
		.order = s->seen,
		.low = s->seen,
		.below = s->open,
		.user = user,
		.edge = s->graph->first[m],
	};
	s->open = m;
}

/* Both return the module to go on with. */
static uint32_t follow_edge(struct search *s, uint32_t m)
{
	struct mark *mark = &s->marks[m];
	uint32_t to = s->graph->direct[mark->edge++];
	const struct mark *other = &s->marks[to];

	if (!other->order) {
		enter(s, to, m);
		return to;
	}
	if (!other->component && other->order < mark->low)
		mark->low = other->order;
	return m;
}

static uint32_t leave(struct search *s, uint32_t m)
{
	const struct mark *mark = &s->marks[m];
	uint32_t user = mark->user;

	if (mark->low == mark->order)
		close_component(s, m);
	if (user != NONE && mark->low < s->marks[user].low)
		s->marks[user].low = mark->low;
	return user;
}

static void visit_from(struct search *s, uint32_t m)
{
	enter(s, m, NONE);
	while (m != NONE)
		m = s->marks[m].edge < s->graph->first[m + 1] ? follow_edge(s, m) : leave(s, m);
}

/* Says of the module why it is left out: for a dependency that is, too. One in the same cycle is the better reason. */
static void report_reason(const struct search *s, uint32_t m)
{
	const struct graph *graph = s->graph;
	uint32_t reason = NONE;
	bool together = false;

	for (uint32_t i = graph->first[m]; i < graph->first[m + 1] && !together; i++) {
		uint32_t to = graph->direct[i];

		if (s->marks[to].order != NONE)
			continue;
		reason = to;
		together = s->marks[to].component == s->marks[m].component;
	}
	error("leaving out ", s->tree->modules[m].path, together ? ", which is in a cycle with " : ", which needs ",
	      s->tree->modules[reason].name);
}

static void report_left_out(const struct search *s)
{
	struct number count;

	error("Found ", decimal(&count, s->cyclic), " modules in dependency cycles!");
	for (uint32_t m = 0; m < s->tree->count; m++)
		if (s->marks[m].order == NONE)
			report_reason(s, m);
}

uint32_t leave_out_cycles(struct graph *graph, const struct tree *tree, struct arena *arena)
{
	size_t n = tree->count, parts = 2 * n + 3;
	struct search s = {
		.graph = graph,
		.tree = tree,
		.open = NONE,
		.marks = (struct mark *)(void *)new_words(arena, n * sizeof(*s.marks) / sizeof(uint32_t), 0),
		.last_part = arena_take(arena, parts, sizeof(*s.last_part), 8),
	};

	s.last_part += parts - 2;
	s.last_part[1] = NULL;
	for (uint32_t m = 0; m < n; m++)
		if (!s.marks[m].order)
			visit_from(&s, m);
	report_left_out(&s);
	return s.cyclic;
}
