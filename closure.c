/* closure.c: all that a module needs, directly or not. */
#include "depmod.h"

void closure_init(struct closure *closure, uint32_t modules, struct arena *arena)
{
	closure->seen = new_words(arena, modules, 0);
	closure->round = 0;
	closure->list = arena_take(arena, modules, sizeof(*closure->list), 8);
	closure->spare = arena_take(arena, modules, sizeof(*closure->spare), 8);
}

uint32_t all_dependencies(const struct graph *graph, uint32_t module, struct closure *c)
{
	uint32_t count = 0, done = 0;

	c->seen[module] = ++c->round;
	for (uint32_t at = module;; at = (uint32_t)c->list[done++].item) {
		for (uint32_t i = graph->first[at]; i < graph->first[at + 1]; i++) {
			uint32_t dependency = graph->direct[i];

			if (c->seen[dependency] == c->round)
				continue;
			c->seen[dependency] = c->round;
			c->list[count++] = (struct key){ .chunk = graph->number[dependency],
							 .item = dependency };
		}
		if (done == count)
			break;
	}
	sort_chunks(c->list, c->spare, count);
	return count;
}

bool needs(const struct graph *graph, uint32_t module, uint32_t other, struct closure *closure)
{
	all_dependencies(graph, module, closure);
	return module != other && closure->seen[other] == closure->round;
}

bool needs_directly(const struct graph *graph, uint32_t module, uint32_t other)
{
	for (uint32_t i = graph->first[module]; i < graph->first[module + 1]; i++)
		if (graph->direct[i] == other)
			return true;
	return false;
}
