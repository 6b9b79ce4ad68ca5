/* scan.c: the walk over a version's directory: which files are modules, what they are called, which of two
 * with the same name wins, and in which order they stand. Nothing is opened but directories. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "depmod.h"

enum {
	LINKED_MAX = MODULES_MAX / 4, /* entries found through links to directories: more is a maze, not a tree */
};

static const char tree_itself[] = ".";

/* A directory to be read, or read already. */
struct place {
	const char *path;
	struct place *parent, *next;
	dev_t device;
	ino_t inode;
	bool known;  /* device and inode are */
	bool linked; /* a link led here, or above */
};

struct walk {
	const struct config *config;
	struct arena *memory;
	const struct tree *tree;
	uint32_t root;          /* what relative paths are relative to, */
	int directory;          /* as it is open, */
	struct location inside; /* and where that is, when a base is the root for links */
	const char *prefix;     /* before relative paths in messages */
	struct place *first, **last;
	struct directory *listing; /* the directory that is being read */
	uint32_t linked;
	/* A module, to which a link may lead; real: see struct module. */
	void (*found)(struct walk *walk, const char *path, const char *real, bool linked);
	void *context;
	bool objects;   /* modules of the 2.4 series are looked for, */
	bool both;      /* or modules of any kind */
	size_t hidden;  /* bytes at the beginning of each path that no output file will contain */
	bool silent;    /* no messages: another walk over the same tree will give them */
	bool ended;     /* found() does not want more */
	bool lost;      /* a link with the name of a module leads nowhere */
	bool unread;    /* a directory could not be read */
	int root_error; /* why, if it was the tree's own */
};

/* ---- names ---- */

static bool is_module(const struct walk *walk, const char *name)
{
	if (*name != '.' && (walk->objects || walk->both) && is_object(name))
		return true;
	return !walk->objects && plain_length(name) != 0;
}

bool can_be_listed(const char *path)
{
	size_t length = strlen(path);

	return !has_control(path, length) && !has_any(path, length, ' ', ':', ' ');
}

/* ---- the walk ---- */

static void tell(const struct walk *walk, enum level level, const char *what, const char *path, int why)
{
	if (!walk->silent)
		REPORT(level, what, walk->prefix, path, why ? ": " : "", why ? error_text(why) : "");
}

static bool excluded(const struct walk *walk, const char *name)
{
	return strcmp(name, "build") == 0 || strcmp(name, "source") == 0 ||
	       names_find(&walk->config->excludes, name, strlen(name)) != NONE;
}

static struct place *add_place(struct walk *walk, struct place *parent, const char *path, bool linked)
{
	struct place *place = arena_take(walk->memory, 1, sizeof(*place), sizeof(void *));

	*place = (struct place){ .path = path, .parent = parent, .linked = linked };
	*walk->last = place;
	walk->last = &place->next;
	return place;
}

static void know_place(struct place *place, const struct stat *st)
{
	place->device = st->st_dev;
	place->inode = st->st_ino;
	place->known = true;
}

/* The path from the walk's base. */
static const char *inside(const struct walk *walk, const char *path)
{
	return join_path(walk->memory, walk->inside.path, path);
}

/* Finds out what the path leads to. Returns 0 or an errno. */
static int look_at(const struct walk *walk, const char *path, struct stat *st)
{
	if (walk->inside.base)
		return stat_inside(walk->inside.base, inside(walk, path), st);
	return stat_again(walk->directory, path, st);
}

/* A module may be a link out of the base, as build systems make trees of such links; but only to a regular file. *real
 * becomes the path by which that is opened. */
static int look_outside(const struct walk *walk, const char *path, struct stat *st, const char **real)
{
	int failed;

	*real = below_base(walk->memory, walk->inside.base, inside(walk, path));
	failed = stat_again(CURRENT_DIRECTORY, *real, st);
	return !failed && !S_ISREG(st->st_mode) ? ENOENT : failed;
}

/* The same inside of the base: *real has no links. */
static int look_inside(const struct walk *walk, const char *path, const char **real)
{
	int fd = open_real(walk->inside.base, inside(walk, path), O_PATH | O_CLOEXEC, walk->memory, real);

	if (fd < 0)
		return check_transient(path, errno);
	close(fd);
	return 0;
}

/* Returns 0 or an errno. */
static int identify(const struct walk *walk, struct place *place)
{
	struct stat st;
	int failed;

	if (place->known)
		return 0;
	failed = look_at(walk, place->path, &st);
	if (!failed)
		know_place(place, &st);
	return failed;
}

/* Whether what was in the way has gone, or was never there. Any other reason is one to think that something is lost. */
static bool is_gone(int why)
{
	return why == ENOENT || why == ENOTDIR || why == ELOOP || why == ENAMETOOLONG;
}

static void cannot_follow(struct walk *walk, const char *path, bool module, int why)
{
	tell(walk, ERROR, "cannot follow ", path, why);
	walk->unread |= !is_gone(why);
	walk->lost |= module;
}

/* Counts what is found through links to directories. Links that lead to each other make endless paths to a few files,
 * all of which have been found by a short path when there are too many. */
static bool is_maze(struct walk *walk, const char *path)
{
	if (++walk->linked == LINKED_MAX)
		tell(walk, ERROR, "too many links to directories; not followed from here on: ", path, 0);
	return walk->linked >= LINKED_MAX;
}

/* A link to the directory that `st` describes. To one that is `parent` or above it, it would lead around. */
static void add_linked_place(struct walk *walk, struct place *parent, const char *path, const struct stat *st)
{
	for (struct place *place = parent; place; place = place->parent) {
		int failed = identify(walk, place);

		if (failed) {
			cannot_follow(walk, path, false, failed);
			return;
		}
		if (place->device == st->st_dev && place->inode == st->st_ino) {
			tell(walk, INFO, "not followed, as it leads back: ", path, 0);
			return;
		}
	}
	if (!is_maze(walk, path))
		know_place(add_place(walk, parent, path, true), st);
}

static void visit_module(struct walk *walk, const char *path, const char *real, bool linked)
{
	if (can_be_listed(path + walk->hidden))
		walk->found(walk, path, real, linked);
	else
		tell(walk, ERROR, "left out, as its name cannot be written to modules.dep: ", path, 0);
}

/* A link is followed; what it leads to, stat(2) tells. */
static void visit_unknown(struct walk *walk, struct place *parent, const char *path, bool module)
{
	struct stat st;
	const char *real = NULL;
	int failed = look_at(walk, path, &st);

	if (failed == ENOENT && module && walk->inside.base)
		failed = look_outside(walk, path, &st, &real);
	else if (!failed && module && walk->inside.base)
		failed = look_inside(walk, path, &real);
	if (failed)
		cannot_follow(walk, path, module, failed);
	else if (S_ISDIR(st.st_mode))
		add_linked_place(walk, parent, path, &st);
	else if (module && S_ISREG(st.st_mode))
		visit_module(walk, path, real, true);
	else if (module)
		tell(walk, ERROR, "not a regular file: ", path, 0);
}

/* Notes a directory that could not be read. Without the tree's own directory there is nothing to index. */
static void note_unread(struct walk *walk, const struct place *place, const char *what, int why)
{
	tell(walk, ERROR, what, place->path, why);
	walk->unread |= !is_gone(why);
	if (place->path == tree_itself)
		walk->root_error = why;
}

/* Returns 0 or an errno. */
static int open_place(const struct walk *walk, const struct place *place, struct directory *directory)
{
	if (place->linked && walk->inside.base)
		return list_inside(directory, walk->inside.base, inside(walk, place->path));
	return directory_open(directory, walk->directory, place->path);
}

static void read_place(struct walk *walk, struct place *place)
{
	bool real = !place->linked || !walk->inside.base;
	struct directory *directory = walk->listing;
	unsigned char type;
	const char *name;

	if (open_place(walk, place, directory)) {
		note_unread(walk, place, "cannot read directory ", directory->error);
		return;
	}
	while (!walk->ended && (name = directory_next(directory, &type))) {
		bool module = is_module(walk, name);

		if (excluded(walk, name) || (type == DT_REG && !module) ||
		    (place->linked && is_maze(walk, place->path)))
			continue;
		name = join_path(walk->memory, place->path == tree_itself ? "" : place->path, name);
		/* Behind a link, any directory may be one that was read already. */
		if (type == DT_DIR && !place->linked)
			add_place(walk, place, name, false);
		else if (type == DT_REG && real)
			visit_module(walk, name, NULL, place->linked);
		else
			visit_unknown(walk, place, name, module);
	}
	if (directory->error)
		note_unread(walk, place, "cannot read all of directory ", directory->error);
	if (walk->ended)
		directory_close(directory);
}

static void walk_from(struct walk *walk, const char *path, bool linked)
{
	if (!walk->listing)
		walk->listing = arena_take(walk->memory, 1, sizeof(*walk->listing), 8);
	walk->first = NULL;
	walk->last = &walk->first;
	add_place(walk, NULL, path, linked);
	for (struct place *place = walk->first; place && !walk->ended; place = place->next)
		read_place(walk, place);
}

static void walk_everywhere(struct walk *walk)
{
	const struct tree *tree = walk->tree;

	for (walk->root = 0; walk->root < tree->root_count; walk->root++) {
		const struct root *root = &tree->roots[walk->root];

		walk->directory = root->directory;
		walk->inside = root->place;
		walk->prefix = tree->whole_paths ? root->name : "";
		walk_from(walk, tree_itself, false);
	}
	walk->root = 0;
	walk->inside = (struct location){ walk->config->base, "/" };
	walk->prefix = "";
	for (const struct words *w = walk->config->external; w; w = w->next)
		walk_from(walk, w->word, walk->inside.base != NULL);
}

/* ---- modules, of each name one ---- */

struct candidates {
	struct tree *tree;
	const struct config *config;
	struct arena *memory;
	struct names *names; /* of modules; an id is the place in tree->modules */
	bool tell_shadowed;
};

static void keep_shadowed(struct candidates *c, const struct module *module)
{
	struct shadowed *shadowed = arena_take(c->memory, 1, sizeof(*shadowed), sizeof(void *));

	shadowed->module = *module;
	shadowed->next = c->tree->shadowed;
	c->tree->shadowed = shadowed;
}

static void add_module(struct candidates *c, uint32_t root, const char *path, const char *real, bool linked)
{
	struct tree *tree = c->tree;
	const char *name = module_name(c->memory, path);
	uint32_t length = (uint32_t)strlen(name), id = names_borrow(c->names, name, length);
	struct module found = { path, name, (uint32_t)strlen(path), length, root, 0, real };
	struct module *module = &tree->modules[id];
	struct rule_of_choice rule;

	if (id < tree->count && root == module->root && strcmp(path, module->path) == 0)
		return; /* the person named the file twice */
	if (tree->loading)
		found.file = load_offer(tree->loading, root, path_to_open(&found), linked);
	if (id == tree->count) {
		tree->count++;
		*module = found;
		return;
	}
	if (wins(c->config, &found, module, &rule)) {
		struct module shadowed = *module;

		*module = found;
		found = shadowed;
	}
	if (c->tell_shadowed)
		warning("duplicate module ", name, ": ", root_of(tree, module, false), module->path, " is used, not ",
			root_of(tree, &found, false), found.path);
	if (tree->keeps_shadowed)
		keep_shadowed(c, &found);
}

static void found_module(struct walk *walk, const char *path, const char *real, bool linked)
{
	add_module(walk->context, walk->root, path, real, linked);
}

/* ---- order ---- */

/* The line of modules.order that each module stands in, last one if several; NONE if none. Several files count as
 * if they were one. */
static uint32_t *read_order(const struct tree *tree, struct arena *memory)
{
	uint32_t *place = new_words(memory, tree->count, NONE), number = 0;
	struct span content, line;
	struct names paths;

	names_init(&paths, memory, tree->count, 0, tree->key);
	for (uint32_t i = 0; i < tree->count; i++) {
		const char *path = tree->modules[i].path, *name = base_name(path);

		names_borrow(&paths, path, (size_t)(name - path) + plain_length(name));
	}
	for (uint32_t root = 0; root < tree->root_count; root++)
		for (read_beside(tree, root, "modules.order", memory, &content); next_line(&content, &line); number++) {
			uint32_t id = names_find(&paths, (const char *)line.p, span_size(line));

			if (id != NONE)
				place[id] = number;
		}
	return place;
}

/* Those that modules.order lists, as it lists them, then the others by path. */
static void order_modules(struct tree *tree, struct arena *memory)
{
	size_t kept = memory->used;
	struct module *ordered = arena_take(memory, tree->count, sizeof(*ordered), sizeof(void *));
	uint32_t *place = read_order(tree, memory), listed = 0, others = tree->count;
	struct key *keys = arena_take(memory, tree->count, sizeof(*keys), 8);
	struct key *spare = arena_take(memory, tree->count, sizeof(*keys), 8);

	for (uint32_t i = 0; i < tree->count; i++)
		keys[place[i] == NONE ? --others : listed++] = (struct key){ .chunk = place[i],
									     .string = tree->modules[i].path,
									     .length = tree->modules[i].path_length,
									     .item = i };
	sort_chunks(keys, spare, listed);
	sort_strings(keys + listed, spare, tree->count - listed);
	for (uint32_t i = 0; i < tree->count; i++)
		ordered[i] = tree->modules[keys[i].item];
	memcpy(tree->modules, ordered, tree->count * sizeof(*ordered));
	arena_rewind(memory, kept, 0);
}

/* ---- what the person named ---- */

/* The path as modules.dep has it, where it is below a root of the tree; else the path itself. */
static const char *below_tree(const struct tree *tree, const char *path, uint32_t *root)
{
	for (*root = tree->root_count; (*root)--;) {
		const char *name = tree->roots[*root].name;
		size_t length = strlen(name);

		if (strncmp(path, name, length) == 0)
			return path + length;
	}
	*root = 0;
	return path;
}

static int check_named(const char *path, const char *listed)
{
	struct stat st;
	int failed = stat_again(CURRENT_DIRECTORY, path, &st);

	if (failed || S_ISDIR(st.st_mode))
		return failed ? failed : EISDIR;
	return S_ISREG(st.st_mode) && plain_length(base_name(path)) && can_be_listed(listed) ? 0 : EINVAL;
}

/* ---- the whole ---- */

static int add_named(struct candidates *c, const char *const *paths)
{
	int failed = 0;

	for (; *paths && !failed; paths++) {
		uint32_t root;
		const char *path = below_tree(c->tree, *paths, &root);

		failed = check_named(*paths, path);
		if (failed)
			error(*paths, ": ",
			      failed == EISDIR   ? "is a directory, which -b or -m would name"
			      : failed == EINVAL ? "not a module, or of a name that modules.dep cannot have"
						 : error_text(failed));
		else
			add_module(c, root, path, NULL, true);
	}
	return failed;
}

static int add_all(struct candidates *c)
{
	struct walk walk = {
		.tree = c->tree,
		.config = c->config,
		.memory = c->memory,
		.found = found_module,
		.context = c,
	};

	walk_everywhere(&walk);
	c->tree->unread = walk.unread;
	c->tree->lost = walk.lost;
	return walk.root_error;
}

int scan(struct tree *tree, const struct config *config, const char *const *paths, bool tell_shadowed,
	 struct arena *memory, struct arena *scratch)
{
	uint32_t most = (uint32_t)arena_share(MODULES_MAX);
	struct names names;
	struct candidates candidates = { tree, config, memory, &names, tell_shadowed };
	int failed;

	tree->modules = arena_take(memory, most, sizeof(*tree->modules), sizeof(void *));
	names_init(&names, scratch, most, 0, tree->key);
	failed = paths ? add_named(&candidates, paths) : add_all(&candidates);
	if (failed)
		return failed;
	order_modules(tree, scratch);
	arena_rewind(scratch, 0, 0);
	return 0;
}

struct objects {
	object_found *found;
	void *context;
};

static void found_object(struct walk *walk, const char *path, const char *real, bool linked)
{
	const struct objects *objects = walk->context;

	(void)real, (void)linked;
	objects->found(objects->context, path);
}

bool scan_objects(const char *path, size_t hidden, const struct config *config, object_found *found, void *context,
		  struct arena *memory)
{
	struct objects objects = { found, context };
	struct walk walk = {
		.config = config,
		.memory = memory,
		.directory = CURRENT_DIRECTORY,
		.found = found_object,
		.context = &objects,
		.prefix = "",
		.objects = true,
		.hidden = hidden,
	};

	walk_from(&walk, path, false);
	return !walk.unread;
}

static void end_at_first(struct walk *walk, const char *path, const char *real, bool linked)
{
	(void)path, (void)real, (void)linked;
	walk->ended = true;
}

bool has_modules(struct location place, struct arena *memory)
{
	static const struct config no_config;
	const size_t kept = memory->used;
	struct walk walk = {
		.config = &no_config,
		.memory = memory,
		.inside = place,
		.found = end_at_first,
		.both = true,
		.silent = true,
	};

	walk.directory = open_inside(place.base, place.path, DIRECTORY_FLAGS);
	if (walk.directory < 0)
		return errno != ENOENT && errno != ENOTDIR;
	walk_from(&walk, tree_itself, false);
	close(walk.directory);
	arena_rewind(memory, kept, 0);
	return walk.ended || walk.unread;
}

/* Ends the walk at the first module that is newer than it may be, or may be so. */
static void compare_times(struct walk *walk, const char *path, const char *real, bool linked)
{
	struct stat st;

	(void)linked;
	walk->ended = stat_again(walk->directory, real ? real : path, &st) || is_newer(&st.st_mtim, walk->context);
}

bool up_to_date(struct tree *tree, const struct config *config, int directory, const char *file, struct arena *memory)
{
	struct stat st;
	struct walk walk = {
		.tree = tree,
		.config = config,
		.memory = memory,
		.found = compare_times,
		.context = &st.st_mtim,
		.silent = true,
	};

	if (stat_again(directory, file, &st))
		return false;
	walk_everywhere(&walk);
	return !walk.ended && !walk.unread;
}
