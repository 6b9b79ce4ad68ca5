/* showing.c: what modprobe shows in place of doing anything: the configuration, and the symbols of modules. */
#include "modprobe.h"

/* What text_line() does, in a fifth of its time: there are tens of thousands of aliases. */
static void print_alias(void *context, struct span key, uint32_t priority, struct span value)
{
	static const char command[] = "alias ";
	enum { LENGTH = sizeof(command) - 1 };
	struct text *out = context;
	size_t key_size = span_size(key) + 1, value_size = span_size(value) + 1, size = LENGTH + key_size + value_size;
	char *line;

	(void)priority;
	if (size > out->capacity) {
		text_line(out, command, key.p, " ", value.p, (char *)NULL);
		return;
	}
	line = text_room(out, size);
	memcpy(line, command, LENGTH);
	line += LENGTH;
	copy_bytes(line, (const char *)key.p, key_size);
	line += key_size;
	line[-1] = ' ';
	copy_bytes(line, (const char *)value.p, value_size);
	line[value_size - 1] = '\n';
}

void show_configuration(struct probe *p)
{
	struct catalog *c = p->catalog;
	size_t used;

	rules_complete(c->rules);
	for (enum rule_kind kind = 0; kind < RULE_KINDS; kind++)
		for (const struct rule *r = c->rules->rules; (r = next_rule(r, kind)); r = r->next)
			text_line(&p->out, rule_command(kind), " ", r->name, r->value ? " " : "",
				  r->value ? r->value : "", (char *)NULL);
	text_string(&p->out, "\n# End of configuration files. Dumping indexes now:\n\n");
	used = p->memory.used;
	database_each(c->database, TABLE_ALIASES, print_alias, &p->out);
	/* Nothing more is asked of the aliases, and memory that has been in use costs less than new memory. */
	arena_rewind(&p->memory, used, p->memory.size - used);
	database_each(c->database, TABLE_SYMBOLS, print_alias, &p->out);
}

/* Prints the path of a module, from a line of modules.dep, when its name matches one of the patterns. */
static void list_file(void *context, struct span key, uint32_t priority, struct span value)
{
	struct probe *p = context;
	bool matches = !p->name_count;

	(void)priority;
	for (const char **pattern = p->names; *pattern; pattern++)
		matches |= glob_matches(*pattern, (const char *)key.p);
	if (!matches)
		return;
	text_add(&p->out, value.p, strcspn((const char *)value.p, ":"));
	text_string(&p->out, "\n");
}

void list_files(struct probe *p)
{
	for (const char **pattern = p->names; *pattern; pattern++) {
		char *name = arena_string(&p->memory, *pattern, strlen(*pattern));

		if (normalize(name))
			*pattern = name;
	}
	database_each(p->catalog->database, TABLE_DEPENDENCIES, list_file, p);
}

static void show_crc(void *context, const char *name, size_t length, uint32_t crc)
{
	struct probe *p = context;

	text_string(&p->out, "0x");
	text_hex(&p->out, crc, 8);
	text_string(&p->out, "\t");
	text_add(&p->out, name, length);
	text_string(&p->out, "\n");
}

static void read_symbols(struct probe *p, const struct reading *file)
{
	struct elf_sink sink = {
		.context = p,
		.wants_crcs = true,
		.export = p->given[SHOW_EXPORTS] ? show_crc : NULL,
		.version = p->given[SHOW_VERSIONS] ? show_crc : NULL,
	};

	if (file->fd < 0)
		bad(error_text(file->failed));
	elf_read(module_source(file->fd, &p->scratch, false), &sink);
}

static void show_symbols_of_file(struct probe *p, const char *path)
{
	begin_reading(p, (struct reading){ .name = path, .path = path, .read = read_symbols });
}

/* A name that is no module's may be a file in the working directory. */
static void show_symbols_of(struct probe *p, const char *name)
{
	struct item *list = is_path(name) ? NULL : look_up(p->catalog, name);

	if (!list && (is_path(name) || look_up_path(p->catalog, name)))
		show_symbols_of_file(p, name);
	else if (!list)
		not_found(p, name);
	for (; list; list = list->next) {
		const char *path = ko_path(p->catalog, list->ko);

		if (path)
			show_symbols_of_file(p, path);
		else
			error(list->ko->name, " is part of the kernel, and has no file");
		p->status |= !path;
	}
}

void show_symbols(struct probe *p)
{
	for (const char **name = p->names; *name; name++)
		show_symbols_of(p, *name);
	finish_reading(p);
}
