/* config.c: depmod.d, the directories and files that say what is searched and who wins. */
#include "depmod.h"

struct reading {
	struct conf conf;
	struct config *config;
	struct words **search_end, **external_end, **exclude_end; /* where the lists go on */
	const char *release;
};

/* NULL at the end of the line. */
static char *word_of(struct reading *r, struct span *line)
{
	struct span word;

	return next_word(line, &word) ? arena_copy(r->conf.memory, word) : NULL;
}

static void append_all(struct reading *r, struct words ***end, struct span rest)
{
	const char *word;

	while ((word = word_of(r, &rest)))
		append_word(r->conf.memory, end, word);
}

static bool for_this_kernel(const struct reading *r, const char *pattern)
{
	bool valid = true;

	if (strcmp(pattern, "*") == 0 || regex_matches(pattern, r->release, &valid))
		return true;
	conf_say(&r->conf, valid ? INFO : ERROR,
		 valid ? "not for this kernel: " : "not a regular expression: ", pattern);
	return false;
}

static void read_override(struct reading *r, struct span rest)
{
	const char *name = word_of(r, &rest), *kernel = word_of(r, &rest), *directory = word_of(r, &rest);
	struct words *entry;

	if (!name || !kernel || !directory) {
		conf_say(&r->conf, ERROR, "override needs NAME KERNEL SUBDIR", "");
	} else if (for_this_kernel(r, kernel)) {
		entry = arena_take(r->conf.memory, 1, sizeof(*entry), sizeof(void *));
		*entry = (struct words){ join_path(r->conf.memory, directory, name), r->config->override };
		r->config->override = entry;
	}
}

static void read_external(struct reading *r, struct span rest)
{
	const char *kernel = word_of(r, &rest);
	char *directory = word_of(r, &rest);

	if (!kernel || !directory) {
		conf_say(&r->conf, ERROR, "external needs KERNEL DIR", "");
	} else if (*directory != '/') {
		conf_say(&r->conf, ERROR, "external directory is not absolute: ", directory);
	} else if (for_this_kernel(r, kernel)) {
		directory[1 + unslashed_length(directory + 1)] = 0;
		append_word(r->conf.memory, &r->external_end, directory);
	}
}

static void read_line(struct conf *conf, struct span line)
{
	struct reading *r = (struct reading *)conf;
	const char *command = word_of(r, &line);

	if (!command || *command == '#')
		return;
	if (strcmp(command, "search") == 0)
		append_all(r, &r->search_end, line);
	else if (strcmp(command, "override") == 0)
		read_override(r, line);
	else if (strcmp(command, "external") == 0)
		read_external(r, line);
	else if (strcmp(command, "exclude") == 0)
		append_all(r, &r->exclude_end, line);
	else if (strcmp(command, "include") == 0 || strcmp(command, "make_map_files") == 0)
		conf_say(conf, INFO, "not supported, ignored: ", command);
	else
		conf_say(conf, ERROR, "ignoring a line that begins with ", command);
}

static void index_words(struct names *names, const struct words *words, struct arena *memory)
{
	uint32_t count = 0;

	for (const struct words *w = words; w; w = w->next)
		count++;
	if (count)
		names_init(names, memory, count, 0, random_key());
	for (const struct words *w = words; w; w = w->next)
		names_borrow(names, w->word, strlen(w->word));
}

void config_index(struct config *config, struct arena *memory)
{
	index_words(&config->overrides, config->override, memory);
	index_words(&config->excludes, config->exclude, memory);
}

void config_read(struct config *config, struct arena *memory, const struct base *base, const char *const *paths,
		 const char *release)
{
	struct reading r = {
		.conf = { .memory = memory, .base = base, .directory = "depmod.d", .read_line = read_line },
		.config = config,
		.search_end = &config->search,
		.external_end = &config->external,
		.exclude_end = &config->exclude,
		.release = release,
	};

	*config = (struct config){ .base = base };
	conf_read(&r.conf, paths);
	if (!config->search) {
		append_word(memory, &r.search_end, "updates");
		append_word(memory, &r.search_end, "built-in");
	}
	config_index(config, memory);
}

/* ---- who wins ---- */

static bool starts_with_directory(const char *path, const char *directory)
{
	size_t length = unslashed_length(directory);

	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

static bool is_external(const struct config *config, const char *path, uint32_t *rank, const char **word)
{
	for (const struct words *w = config->external; w; w = w->next, ++*rank)
		if (starts_with_directory(path, *word = w->word))
			return true;
	return false;
}

/* The place of the first `search` word that the path falls under; smaller wins. *word is the word. */
static uint32_t rank_of(const struct config *config, const char *path, const char **word)
{
	uint32_t rank = 0, built_in = NONE;

	for (const struct words *w = config->search; w; w = w->next, rank++) {
		*word = w->word;
		if (strcmp(w->word, "built-in") == 0)
			built_in = rank;
		else if (strcmp(w->word, "external") == 0 ? is_external(config, path, &rank, word)
							  : starts_with_directory(path, w->word))
			return rank;
	}
	*word = built_in == NONE ? "what is not listed" : "built-in";
	return built_in;
}

/* The place of the override word that is the path without its suffix; smaller wins, and NONE where there is none. */
static uint32_t override_of(const struct config *config, const char *path)
{
	const char *name = base_name(path);

	return names_find(&config->overrides, path, (size_t)(name - path) + stem_length(name));
}

bool wins(const struct config *config, const struct module *module, const struct module *rival,
	  struct rule_of_choice *rule)
{
	const char *path = module->path, *other = rival->path;
	uint32_t rank, other_rank;

	*rule = (struct rule_of_choice){ .name = "later tree" };
	if (strcmp(path, other) == 0)
		return module->root > rival->root;
	rank = override_of(config, path);
	other_rank = override_of(config, other);
	if (rank != other_rank) {
		rule->name = "override";
		rule->word = config->overrides.entries[rank < other_rank ? rank : other_rank].string;
		return rank < other_rank;
	}
	rule->name = "search";
	rank = rank_of(config, path, &rule->word);
	other_rank = rank_of(config, other, &rule->other_word);
	if (rank != other_rank)
		return rank < other_rank;
	*rule = (struct rule_of_choice){ .name = "byte order" };
	return strcmp(path, other) < 0;
}
