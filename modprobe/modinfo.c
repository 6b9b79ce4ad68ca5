/* modinfo.c: the command modinfo, which shows what a module says of itself in its section .modinfo, and who signed it. Of
 * what is part of the kernel, modules.builtin.modinfo says as much.
 *
 * The file is read by a process of its own, which can do nothing but read; what it has to say it leaves in memory. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../elffile.h"
#include "modprobe.h"

enum { SHOWN_MAX = 16 << 20, PARAMETERS_MAX = 1 << 16, LABEL_WIDTH = 16, BYTES_IN_LINE = 20 };

/* A parameter of the module; parts that are not known have no .p. */
struct parameter {
	struct span description, type;
};

/* Shared by the run and the process that reads. */
struct shown {
	size_t size; /* of the text */
	bool failed;
	struct reason reason;
	char text[];
};

/* ---- writing ---- */

static void add_span(struct view *v, struct span s)
{
	text_add(v->out, s.p, span_size(s));
}

static void add_label(struct view *v, struct span key)
{
	size_t used = span_size(key) + 1;

	add_span(v, key);
	text_string(v->out, ":");
	/* As kmod does it: a key that is too long is followed by as many blanks as it is too long. */
	pad(v->out, 0, used < LABEL_WIDTH ? LABEL_WIDTH - used : used - LABEL_WIDTH);
}

static void end_value(struct view *v)
{
	text_add(v->out, &v->separator, 1);
}

/* Adds the key of a field, where all fields are shown; false when the field is not to be shown. */
static bool add_key(struct view *v, struct span key)
{
	if (v->field)
		return span_is(key, v->field);
	if (v->separator) {
		add_label(v, key);
	} else {
		add_span(v, key);
		text_string(v->out, "=");
	}
	return true;
}

static void show_field(struct view *v, struct span key, struct span value)
{
	if (!add_key(v, key))
		return;
	add_span(v, value);
	end_value(v);
}

static struct span words(const char *string)
{
	return span_of(string, strlen(string));
}

/* A field that is not among those of the module itself: without -F, it has a label in any case. */
static void show_own_field(struct view *v, const char *key, const char *value)
{
	if (v->field && strcmp(v->field, key) != 0)
		return;
	if (!v->field)
		add_label(v, words(key));
	text_string(v->out, value);
	end_value(v);
}

static void show_bytes(struct view *v, const char *key, struct span bytes)
{
	if (!add_key(v, words(key)))
		return;
	for (unsigned i = 1; bytes.p < bytes.end; i++) {
		uint8_t byte = *bytes.p++;

		text_add(v->out, &"0123456789ABCDEF"[byte >> 4], 1);
		text_add(v->out, &"0123456789ABCDEF"[byte & 15], 1);
		if (bytes.p < bytes.end)
			text_string(v->out, i % BYTES_IN_LINE ? ":" : ":\n\t\t");
	}
	end_value(v);
}

/* ---- parameters ---- */

static void note_parameter(struct view *v, bool type, struct span value)
{
	const uint8_t *colon = memchr(value.p, ':', span_size(value));
	uint32_t count = v->names.count, id;
	struct parameter *parameter;

	if (!colon)
		return;
	id = names_borrow(&v->names, (const char *)value.p, (size_t)(colon - value.p));
	parameter = &v->parameters[id];
	if (id == count)
		*parameter = (struct parameter){ 0 };
	value.p = colon + 1;
	*(type ? &parameter->type : &parameter->description) = value;
}

/* The parameter that was named last comes first. */
static void show_parameters(struct view *v)
{
	for (uint32_t id = v->names.count; id--;) {
		struct parameter *p = &v->parameters[id];
		struct name *name = &v->names.entries[id];

		if (!v->field)
			add_label(v, words("parm"));
		text_add(v->out, name->string, name->length);
		text_string(v->out, ":");
		add_span(v, p->description);
		if (!p->description.p && !v->field) {
			add_span(v, p->type);
		} else if (p->type.p) {
			text_string(v->out, " (");
			add_span(v, p->type);
			text_string(v->out, ")");
		}
		end_value(v);
	}
}

/* ---- fields ---- */

static void show_string(struct view *v, struct span string)
{
	const uint8_t *equals = memchr(string.p, '=', span_size(string));
	struct span key = { string.p, equals ? equals : string.end },
		    value = { equals ? equals + 1 : string.end, string.end };
	bool parameters = !v->field || strcmp(v->field, "parm") == 0, type = span_is(key, "parmtype");

	if (parameters && (type || span_is(key, "parm")))
		note_parameter(v, type, value);
	else
		show_field(v, key, value);
}

/* Strings of what is part of the kernel begin with its name and a point. */
static bool cut_name(const struct view *v, struct span *string)
{
	size_t length = v->builtin ? strlen(v->builtin) + 1 : 0;

	if (!length)
		return string->p < string->end;
	if (span_size(*string) < length || memcmp(string->p, v->builtin, length - 1) != 0 ||
	    string->p[length - 1] != '.')
		return false;
	string->p += length;
	return true;
}

static void show_signature(struct view *v, struct span module)
{
	struct signature s;

	if (!signature_read(module, &s))
		return;
	show_field(v, words("sig_id"), words(s.id));
	show_field(v, words("signer"), s.signer);
	show_bytes(v, "sig_key", s.key);
	show_field(v, words("sig_hashalgo"), words(s.algorithm));
	show_bytes(v, "signature", s.value);
}

static struct span strings_of(struct span module)
{
	struct memory_source memory = source_of(module);
	struct elf elf;

	elf_open(&elf, &memory.source);
	if (!elf.sections[MODINFO].present)
		bad("has no section .modinfo");
	return elf_bytes(&elf, elf.sections[MODINFO], ".modinfo");
}

void view_bytes(struct view *v, struct span bytes)
{
	struct span strings = v->builtin ? bytes : strings_of(bytes), string;

	names_init(&v->names, v->memory, PARAMETERS_MAX, 0, v->key);
	v->parameters = arena_take(v->memory, PARAMETERS_MAX, sizeof(*v->parameters), sizeof(void *));
	while (next_string(&strings, &string))
		if (cut_name(v, &string))
			show_string(v, string);
	if (!v->builtin)
		show_signature(v, bytes);
	show_parameters(v);
}

/* ---- the process that reads ---- */

struct reader {
	struct probe *p;
	struct view view;
	int fd;
};

static void read_file(void *context)
{
	struct reader *reader = context;

	view_bytes(&reader->view, module_bytes(reader->fd, &reader->p->scratch));
}

_Noreturn static void work(struct reader *reader, struct shown *shown)
{
	struct text text = { .start = shown->text, .capacity = SHOWN_MAX, .fd = -1 };
	struct fault fault;

	reader->view.out = &text;
	confine();
	shown->failed = !attempt(read_file, reader, &fault);
	if (shown->failed)
		fault_text(&shown->reason, &fault);
	shown->size = text.size;
	_exit(0);
}

/* Nothing that the process may have left can steer a terminal. */
static void add_shown(struct text *out, char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((uint8_t)text[i] < ' ' && text[i] && text[i] != '\n' && text[i] != '\t') || text[i] == 0x7f)
			text[i] = '?';
	text_add(out, text, size);
}

/* Shows what a process tells that reads the open file. */
static void show_file(struct reader *reader, const char *name)
{
	struct probe *p = reader->p;
	struct shown *shown = (struct shown *)(void *)p->shared.start;
	int status = 0, pid = fork_bound();

	if (pid == 0)
		work(reader, shown);
	close(reader->fd);
	if (pid > 0 && await_process(pid, &status) && !status && !shown->failed && shown->size <= SHOWN_MAX) {
		add_shown(&p->out, shown->text, shown->size);
		return;
	}
	p->status = 1;
	shown->reason.text[REASON_SIZE - 1] = 0;
	error(name, ": ", pid < 0 || status ? "the process that was to read it failed" : shown->reason.text);
}

/* ---- the command ---- */

static int open_builtin(struct probe *p)
{
	struct location place = modules_place(p);

	return open_inside(place.base, join_path(&p->memory, place.path, "modules.builtin.modinfo"),
			   FILE_FLAGS(REGULAR_FILE));
}

static void show_ko(struct probe *p, struct ko *ko)
{
	const char *path = ko_path(p->catalog, ko), *field = p->given['F'];
	struct reader reader = { .p = p, .view = { .out = &p->out, .field = field, .memory = &p->scratch } };

	reader.view.separator = p->given['0'] ? 0 : '\n';
	reader.view.builtin = path ? NULL : ko->name;
	reader.view.key = random_key();
	if (!path)
		show_own_field(&reader.view, "name", ko->name);
	show_own_field(&reader.view, "filename", path ? path : "(builtin)");
	if (field && strcmp(field, "filename") == 0)
		return;
	reader.fd = path ? running_open(p->base, path) : open_builtin(p);
	if (reader.fd >= 0) {
		show_file(&reader, path ? path : ko->name);
	} else if (path) {
		error(path, ": ", error_text(errno));
		p->status = 1;
	}
}

/* The modules that are meant: with -m, by a name that is no alias. */
static struct item *modules_of(struct probe *p, const char *name)
{
	struct item *list = p->given['m'] || !plain_length(base_name(name)) ? NULL : look_up_path(p->catalog, name);

	return list ? list : find_modules(p, name);
}

/* An option that is short for -F. */
static const struct {
	char letter, field[12];
} shortcuts[] = { { 'a', "author" }, { 'd', "description" }, { 'l', "license" }, { 'p', "parm" }, { 'n', "filename" } };

void modinfo(struct probe *p)
{
	static const char *const no_configuration[] = { NULL };
	static struct catalog catalog;

	p->catalog = &catalog;
	if (!begin_run(p, "a author\nd description\nl license\np parameters\nn filename\n0 null\nm modname\nF=field\n"
			  "k=set-version\nb=basedir\nV version\nh help\n") ||
	    !needs_name(p, "no module"))
		return;
	for (size_t i = 0; i < COUNT_OF(shortcuts); i++)
		if (p->given[(uint8_t)shortcuts[i].letter])
			p->given['F'] = shortcuts[i].field;
	p->base = p->given['b'] ? base_open(&p->memory, p->given['b']) : NULL;
	p->release = p->given['k'];
	catalog_open(&catalog, &p->memory, modules_place(p), NULL, no_configuration);
	arena_reserve(&p->shared, "what is shown", sizeof(struct shown) + SHOWN_MAX, true);
	for (const char **name = p->names; *name; name++)
		for (struct item *i = modules_of(p, *name); i; i = i->next)
			show_ko(p, i->ko);
}
