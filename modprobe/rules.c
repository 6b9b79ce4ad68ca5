/* rules.c: rules about modules, from modprobe.d and the kernel's command line. */
#include "modprobe.h"

enum { KEPT = 1 << 16 }; /* bytes of memory for a key, which the next one uses again */

static const char commands[RULE_KINDS][10] = {
	[BLACKLIST] = "blacklist", [INSTALL] = "install",   [REMOVE] = "remove",     [ALIAS_OF] = "alias",
	[PARAMETERS] = "options",  [SOFT_RULE] = "softdep", [WEAK_RULE] = "weakdep",
};

const char *rule_command(enum rule_kind kind)
{
	return commands[kind];
}

static void add_rule(struct rules *rules, enum rule_kind kind, const char *name, const char *value)
{
	struct rule *rule = arena_take(rules->conf.memory, 1, sizeof(*rule), sizeof(void *));

	*rule = (struct rule){ .kind = kind, .name = name, .value = value, .number = rules->count++ };
	*rules->last = rule;
	rules->last = &rule->next;
}

const struct rule *next_rule(const struct rule *rule, enum rule_kind kind)
{
	while (rule && rule->kind != kind)
		rule = rule->next;
	return rule;
}

static char *keep(struct rules *rules, struct span word)
{
	return arena_copy(rules->conf.memory, word);
}

/* The words of the line, with one blank between them. */
static char *words_of(struct rules *rules, struct span line)
{
	struct text text;
	struct span word;

	text_open(&text, rules->conf.memory);
	while (next_word(&line, &word)) {
		text_string(&text, text.size ? " " : "");
		text_add(&text, word.p, span_size(word));
	}
	return arena_text(rules->conf.memory, &text);
}

/* The rest of the line behind the name and one blank; NULL when there is none. Of soft and weak dependencies, only the
 * words count. Only blanks separate parameters, so tabs between them become blanks. */
static char *rest_of(struct rules *rules, enum rule_kind kind, struct span line)
{
	char *rest;

	line.p += line.p < line.end;
	rest = kind == SOFT_RULE || kind == WEAK_RULE ? words_of(rules, line) : keep(rules, line);
	for (char *p = rest; kind == PARAMETERS && *p; p++)
		if (*p == '\t')
			*p = ' ';
	return *rest ? rest : NULL;
}

/* Adds the rule of a line, of which the first word is read already. False when the line is malformed. */
static bool read_rule(struct rules *rules, enum rule_kind kind, struct span line)
{
	struct span word;
	char *name, *value = NULL;

	if (!next_word(&line, &word))
		return false;
	name = keep(rules, word);
	if (kind == ALIAS_OF && next_word(&line, &word))
		value = keep(rules, word);
	else if (kind != ALIAS_OF && kind != BLACKLIST)
		value = rest_of(rules, kind, line);
	if (!normalize(name) || (kind != BLACKLIST && !value) || (kind == ALIAS_OF && !normalize(value)))
		return false;
	add_rule(rules, kind, name, value);
	return true;
}

/* Drops each backslash: the character behind it stands for itself. */
static struct span without_backslashes(struct rules *rules, struct span line)
{
	char *start = keep(rules, line), *to = start;

	for (const char *p = start; *p; p++) {
		p += *p == '\\' && p[1];
		*to++ = *p;
	}
	return span_of(start, (size_t)(to - start));
}

static void read_line(struct conf *conf, struct span line)
{
	struct rules *rules = (struct rules *)conf;
	struct span command;

	line = without_backslashes(rules, line);
	if (!next_word(&line, &command) || *command.p == '#')
		return;
	for (enum rule_kind kind = 0; kind < RULE_KINDS; kind++)
		if (span_is(command, commands[kind])) {
			if (!read_rule(rules, kind, line))
				conf_say(conf, ERROR, "ignoring a bad line that begins with ", commands[kind]);
			return;
		}
	conf_say(conf, ERROR, "ignoring a line that begins with ", keep(rules, command));
}

/* ---- the kernel's command line ---- */

static void bad_name(const char *word)
{
	info("ignored on the kernel's command line, as it names no module: ", word);
}

/* NAME,NAME... */
static void read_blacklist(struct rules *rules, char *names)
{
	while (*names) {
		size_t length = strcspn(names, ",");
		bool last = !names[length];

		names[length] = 0;
		if (length && normalize(names))
			add_rule(rules, BLACKLIST, names, NULL);
		else if (length)
			bad_name(names);
		names += length + !last;
	}
}

/* MODULE.PARAMETER[=VALUE]. Where a boot loader put quotes around the whole word, they move around the value. */
static void read_parameter(struct rules *rules, char *word, bool quoted)
{
	char *parameter = strchr(word, '.'), *value = strchr(word, '=');

	if (!parameter || parameter == word || (value && value < parameter))
		return;
	if (word[strcspn(word, "= ")] == ' ') {
		bad_name(word);
		return;
	}
	*parameter++ = 0;
	if (!normalize(word)) {
		bad_name(word);
		return;
	}
	if (strcmp(word, "modprobe") == 0 && strncmp(parameter, "blacklist=", 10) == 0) {
		read_blacklist(rules, parameter + 10);
		return;
	}
	if (quoted && value) {
		struct text text;

		text_open(&text, rules->conf.memory);
		text_add(&text, parameter, (size_t)(value + 1 - parameter));
		text_string(&text, "\"");
		text_string(&text, value + 1);
		text_add(&text, "\"", 2);
		parameter = arena_take(rules->conf.memory, text.size, 1, 1);
	}
	if (parameter[strcspn(parameter, ".=")] != '.')
		add_rule(rules, PARAMETERS, word, parameter);
}

/* Blanks separate words, except inside quotes. The file /proc/cmdline has a newline behind the command line. */
static void read_command_line(struct rules *rules, struct span text)
{
	char *p;

	text.end -= text.p < text.end && text.end[-1] == '\n';
	p = keep(rules, text);
	while (*(p += strspn(p, " \t\n\v\f\r"))) {
		bool quoted = *p == '"', inside = quoted;
		char *word = p += quoted, *end;

		for (; *p && (inside || !strchr(" \t\n\v\f\r", *p)); p++)
			inside ^= *p == '"';
		end = p;
		p += *p != 0;
		*end = 0;
		if (quoted && end > word && end[-1] == '"')
			end[-1] = 0;
		read_parameter(rules, word, quoted);
	}
}

/* ---- rules by name ---- */

static bool has_patterns(enum rule_kind kind)
{
	return kind != BLACKLIST && kind != PARAMETERS;
}

/* What rules are found by: their kind and name, in new memory. All patterns of a kind have one key, without a name. */
static struct span key_of(struct arena *memory, enum rule_kind kind, const char *name)
{
	size_t length = strlen(name);
	char *key = arena_take(memory, length + 2, 1, 1);

	*key = (char)kind;
	memcpy(key + 1, name, length + 1);
	return span_of(key, length + 1);
}

/* Makes lists of the rules with one key: anew when there are more rules. */
static void index_rules(struct rules *rules)
{
	struct arena *memory = rules->conf.memory;
	const struct rule ***end = arena_take(memory, rules->count, sizeof(*end), sizeof(void *));

	rules->first = arena_take(memory, rules->count, sizeof(void *), sizeof(void *));
	names_init(&rules->keys, memory, rules->count + 1, 0, 0);
	for (struct rule *r = rules->rules; r; r = r->next) {
		bool pattern = has_patterns(r->kind) && r->name[strcspn(r->name, "*?[\\")];
		struct span key = key_of(memory, r->kind, pattern ? "" : r->name);
		uint32_t known = rules->keys.count;
		uint32_t id = names_borrow(&rules->keys, (const char *)key.p, span_size(key));

		r->same = NULL;
		*(id == known ? &rules->first[id] : end[id]) = r;
		end[id] = &r->same;
	}
}

static const struct rule *first_of(const struct rules *rules, enum rule_kind kind, const char *name)
{
	struct arena *memory = rules->conf.memory;
	size_t used = memory->used;
	struct span key = key_of(memory, kind, name);
	uint32_t id = names_find(&rules->keys, (const char *)key.p, span_size(key));

	arena_rewind(memory, used, KEPT);
	return id == NONE ? NULL : rules->first[id];
}

struct matches rules_for(const struct rules *rules, enum rule_kind kind, const char *name, const char *alias)
{
	struct matches matches = { .exact = *name ? first_of(rules, kind, name) : NULL };

	if (has_patterns(kind)) {
		matches.text = name;
		matches.other = first_of(rules, kind, "");
	} else if (alias && strcmp(alias, name) != 0) {
		matches.other = first_of(rules, kind, alias);
	}
	return matches;
}

const struct rule *next_match(struct matches *m)
{
	const struct rule *next;

	while (m->other && m->text && !glob_matches(m->other->name, m->text))
		m->other = m->other->same;
	if (m->other && (!m->exact || m->other->number < m->exact->number)) {
		next = m->other;
		m->other = next->same;
	} else if ((next = m->exact)) {
		m->exact = next->same;
	}
	return next;
}

/* ---- the whole ---- */

void rules_read(struct rules *rules, struct arena *memory, const struct base *base, const char *const *paths,
		struct location directory, bool soft)
{
	const char *const more[] = { join_path(memory, directory.path, "modules.softdep"),
				     join_path(memory, directory.path, "modules.weakdep"), NULL };

	*rules = (struct rules){
		.conf = { .memory = memory,
			  .base = base,
			  .directory = "modprobe.d",
			  .more = soft ? more : NULL,
			  .more_base = directory.base,
			  .aliases = true,
			  .read_line = read_line },
	};
	rules->last = &rules->rules;
	conf_read(&rules->conf, paths);
	index_rules(rules);
}

void rules_complete(struct rules *rules)
{
	uint32_t count = rules->count;
	struct span line;

	if (rules->complete)
		return;
	rules->complete = true;
	if (file_read(rules->conf.memory, CURRENT_DIRECTORY, "/proc/cmdline", ANY_FILE, &line) == 0)
		read_command_line(rules, line);
	if (rules->count > count)
		index_rules(rules);
}
