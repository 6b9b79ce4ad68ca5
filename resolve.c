/* resolve.c: who supplies what, and what follows from it: direct dependencies, one order for the whole tree,
 * transitive dependencies. */
#include "depmod.h"

struct resolving {
	const struct tree *tree;
	const struct loaded *loaded;
	const struct resolve_options *options;
	struct arena *arena;
	struct graph *graph;
	uint32_t **symbol; /* by worker, by its name: the symbol in graph->symbols */
	uint32_t *crc;     /* by symbol: the CRC that its owner gives; only where CRCs are wanted */
};

/* ---- owners ---- */

/* Merges the workers' tables of names into one. A name that begins with the -P character is added without it, too,
 * so that the table does not grow later. */
static void merge_names(struct resolving *r)
{
	struct names *symbols = &r->graph->symbols;
	bool adopted = symbols->count == 0 && r->loaded->workers;

	/* Where the kernel's symbols are not known, the first worker's table becomes the merged one. */
	if (adopted) {
		*symbols = r->loaded->keepers[0].names;
		names_reopen(symbols);
	}
	r->symbol = arena_take(r->arena, r->loaded->workers, sizeof(*r->symbol), sizeof(*r->symbol));
	for (uint32_t w = 0; w < r->loaded->workers; w++) {
		const struct names *names = &r->loaded->keepers[w].names;

		r->symbol[w] = new_words(r->arena, names->count, NONE);
		for (uint32_t i = 0; i < names->count; i++) {
			const struct name *name = &names->entries[i];

			r->symbol[w][i] = adopted && w == 0 ? i : names_share(symbols, name);
			if (r->options->prefix && *name->string == r->options->prefix)
				names_add(symbols, name->string + 1, name->length - 1);
		}
	}
}

/* The symbol that a worker's name stands for. Strings are read where the worker left them, which is in sequence. */
static uint32_t symbol_of(const struct resolving *r, uint32_t worker, uint32_t id, bool dot_too)
{
	const struct name *name = &r->loaded->keepers[worker].names.entries[id];
	const char *string = name->string;

	string += dot_too && *string == '.';
	string += *string && *string == r->options->prefix;
	if (string == name->string)
		return r->symbol[worker][id];
	return names_find(&r->graph->symbols, string, name->length - (size_t)(string - name->string));
}

static void note_owner(struct resolving *r, uint32_t symbol, uint32_t module)
{
	uint32_t *owner = &r->graph->owner[symbol];

	if (r->options->warn && *owner < r->tree->count && *owner != module)
		warning("duplicate symbol ", r->graph->symbols.entries[symbol].string, " in ",
			r->tree->modules[*owner].path, " and ", r->tree->modules[module].path);
	*owner = module;
}

/* The last module that exports a symbol owns it. */
static void find_owners(struct resolving *r)
{
	struct graph *graph = r->graph;

	graph->owner = new_words(r->arena, graph->symbols.count, NONE);
	for (uint32_t i = 0; i < r->options->kernel_symbols; i++)
		graph->owner[i] = OWNER_KERNEL;
	if (r->options->kernel_crcs) {
		r->crc = new_words(r->arena, graph->symbols.count, 0);
		memcpy(r->crc, r->options->kernel_crcs, r->options->kernel_symbols * sizeof(*r->crc));
	}
	for (uint32_t m = 0; m < r->tree->count; m++) {
		const struct facts *facts = r->loaded->facts[m];

		if (graph->left_out[m])
			continue;
		for (uint32_t i = 0; i < facts->export_count; i++) {
			uint32_t symbol = symbol_of(r, facts->worker, facts->exports[i], false);

			note_owner(r, symbol, m);
			if (r->crc)
				r->crc[symbol] = facts->export_crcs ? facts->export_crcs[i] : 0;
		}
	}
}

/* For each name of each worker, finds the owner that a need of it leads to, so that a need takes one look into a
 * table. */
static void find_suppliers(struct resolving *r)
{
	r->graph->supplier = arena_take(r->arena, r->loaded->workers, sizeof(uint32_t *), sizeof(uint32_t *));
	for (uint32_t w = 0; w < r->loaded->workers; w++) {
		uint32_t count = r->loaded->keepers[w].names.count;

		r->graph->supplier[w] = new_words(r->arena, count, NONE);
		for (uint32_t i = 0; i < count; i++) {
			uint32_t symbol = symbol_of(r, w, i, true);

			if (symbol != NONE)
				r->graph->supplier[w][i] = r->graph->owner[symbol];
		}
	}
}

/* ---- direct dependencies ---- */

/* Says what -e asks for about the module's need number i. */
static void check_need(struct resolving *r, uint32_t module, uint32_t i)
{
	const struct facts *facts = r->loaded->facts[module];
	uint32_t id = facts->needs[i] & ~WEAK_NEED;
	const char *what = NULL;

	if (facts->needs[i] & WEAK_NEED)
		return;
	if (r->graph->supplier[facts->worker][id] == NONE)
		what = " needs unknown symbol ";
	else if (r->crc && facts->need_crcs && r->crc[symbol_of(r, facts->worker, id, true)] != facts->need_crcs[i])
		what = " disagrees about version of symbol ";
	if (!what)
		return;
	r->graph->unresolved++;
	REPORT(UNRESOLVED, root_of(r->tree, &r->tree->modules[module], true), r->tree->modules[module].path, what,
	       r->loaded->keepers[facts->worker].names.entries[id].string);
}

/* Notes that the module needs another one, the owner, for its need number i. */
static void add_direct(struct resolving *r, uint32_t module, uint32_t owner, uint32_t i)
{
	const struct facts *facts = r->loaded->facts[module];

	new_words(r->arena, 1, owner); /* at the end of .direct: nothing else is taken from the arena meanwhile */
	if (r->options->show)
		text_line(r->options->show, root_of(r->tree, &r->tree->modules[module], true),
			  r->tree->modules[module].path, " needs \"",
			  r->loaded->keepers[facts->worker].names.entries[facts->needs[i] & ~WEAK_NEED].string,
			  "\": ", root_of(r->tree, &r->tree->modules[owner], true), r->tree->modules[owner].path,
			  (char *)NULL);
}

/* Needs are what there is most of: the loop has one branch that is seldom taken. `seen` has one place more than there are
 * modules, for needs that no module supplies. */
static uint32_t find_direct_of(struct resolving *r, uint32_t module, uint32_t *seen)
{
	const struct facts *facts = r->loaded->facts[module];
	const uint32_t *supplier = r->graph->supplier[facts->worker];
	uint32_t modules = r->tree->count, count = 0;

	seen[module] = seen[modules] = module;
	for (uint32_t i = 0; i < facts->need_count; i++) {
		uint32_t owner = supplier[facts->needs[i] & ~WEAK_NEED];

		owner = owner < modules ? owner : modules;
		if (seen[owner] == module)
			continue;
		seen[owner] = module;
		add_direct(r, module, owner, i);
		count++;
	}
	return count;
}

static void find_direct(struct resolving *r)
{
	struct graph *graph = r->graph;
	uint32_t *seen = new_words(r->arena, (size_t)r->tree->count + 1, NONE);

	graph->first = new_words(r->arena, (size_t)r->tree->count + 1, 0);
	graph->direct = new_words(r->arena, 0, 0);
	for (uint32_t m = 0; m < r->tree->count; m++) {
		for (uint32_t i = 0; r->options->report_unresolved && i < r->loaded->facts[m]->need_count; i++)
			check_need(r, m, i);
		graph->first[m + 1] = graph->first[m] + find_direct_of(r, m, seen);
	}
}

/* ---- order ---- */

/* Gives numbers from 0 on: to all modules that nobody uses, last in module order first; then to a
 * dependency as soon as all its users have theirs. Returns how many modules got none, although they are not
 * left out: those in cycles, and what only they use. */
static uint32_t number_modules(struct resolving *r)
{
	struct graph *graph = r->graph;
	uint32_t count = r->tree->count, next = 0, waiting = 0, left = 0;
	uint32_t *users = new_words(r->arena, count, 0);
	uint32_t *stack = new_words(r->arena, count, 0);

	graph->number = new_words(r->arena, count, NONE);
	for (uint32_t m = 0; m < count; m++) {
		if (graph->left_out[m]) {
			users[m] = 1; /* one that never gets a number */
			continue;
		}
		left++;
		for (uint32_t i = graph->first[m]; i < graph->first[m + 1]; i++)
			users[graph->direct[i]]++;
	}
	for (uint32_t m = 0; m < count; m++)
		if (!users[m])
			stack[waiting++] = m;
	while (waiting) {
		uint32_t m = stack[--waiting];

		graph->number[m] = next++;
		for (uint32_t i = graph->first[m]; i < graph->first[m + 1]; i++)
			if (--users[graph->direct[i]] == 0)
				stack[waiting++] = graph->direct[i];
	}
	return left - next;
}

/* ---- the whole ---- */

void graph_begin(struct graph *graph, const struct tree *tree, const struct loaded *loaded, struct arena *arena)
{
	graph->left_out = arena_take(arena, tree->count, sizeof(bool), 1);
	for (uint32_t m = 0; m < tree->count; m++)
		graph->left_out[m] = loaded->facts[m]->failed;
}

void resolve(struct graph *graph, const struct tree *tree, const struct loaded *loaded,
	     const struct resolve_options *options, struct arena *arena)
{
	struct resolving r = {
		.tree = tree,
		.loaded = loaded,
		.options = options,
		.arena = arena,
		.graph = graph,
	};

	merge_names(&r);
	find_owners(&r);
	find_suppliers(&r);
	find_direct(&r);
	if (number_modules(&r)) {
		graph->cyclic = leave_out_cycles(graph, tree, arena);
		number_modules(&r);
	}
}

/* ---- all that a module needs ---- */

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

	c->round += 2;
	c->seen[module] = c->round;
	for (uint32_t at = module;; at = (uint32_t)c->list[done++].item) {
		for (uint32_t i = graph->first[at]; i < graph->first[at + 1]; i++) {
			uint32_t dependency = graph->direct[i];

			if (c->seen[dependency] >= c->round)
				continue;
			c->seen[dependency] = c->round + (at == module);
			c->list[count].chunk = graph->number[dependency];
			c->list[count++].item = dependency;
		}
		if (done == count)
			break;
	}
	sort_chunks(c->list, c->spare, count);
	return count;
}

enum need needs(const struct graph *graph, uint32_t module, uint32_t other, struct closure *closure)
{
	all_dependencies(graph, module, closure);
	if (module == other || closure->seen[other] < closure->round)
		return NOT;
	return closure->seen[other] == closure->round ? INDIRECTLY : DIRECTLY;
}
