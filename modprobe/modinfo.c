/* modinfo.c: the command modinfo, which shows what a module says of itself in its section .modinfo, and who signed it. Of
 * what is part of the kernel, modules.builtin.modinfo says as much. */
#include "../elffile.h"
#include "modprobe.h"

enum { PARAMETERS_MAX = 4096, LABEL_WIDTH = 16, BYTES_IN_LINE = 20 };

/* A parameter of the module; parts that are not known have no .p. */
struct parameter {
	struct span name, description, type;
};

static struct parameter parameters[PARAMETERS_MAX];

/* ---- writing ---- */

static struct span words(const char *string)
{
	return span_of(string, strlen(string));
}

/* Adds the key of a field, where all fields are shown, with a label for the eye unless -0 asks for `KEY=`; false when the
 * field is not to be shown. */
static bool add_key(struct view *v, struct span key, bool label)
{
	size_t used = span_size(key) + 1;

	if (v->field)
		return span_is(key, v->field);
	add_span(v->out, key);
	text_string(v->out, label ? ":" : "=");
	/* As kmod does it: a key that is too long is followed by as many blanks as it is too long. */
	if (label)
		pad(v->out, 0, used < LABEL_WIDTH ? LABEL_WIDTH - used : used - LABEL_WIDTH);
	return true;
}

static void end_value(struct view *v)
{
	text_add(v->out, &v->separator, 1);
}

static void show_field(struct view *v, struct span key, struct span value, bool label)
{
	if (!add_key(v, key, label))
		return;
	add_span(v->out, value);
	end_value(v);
}

static void show_bytes(struct view *v, const char *key, struct span bytes)
{
	static const char digits[] = "0123456789ABCDEF";

	if (!add_key(v, words(key), v->separator))
		return;
	for (unsigned i = 1; bytes.p < bytes.end; i++) {
		uint8_t byte = *bytes.p++;
		const char hex[] = { digits[byte >> 4], digits[byte & 15], ':' };

		text_add(v->out, hex, bytes.p < bytes.end ? 3 : 2);
		if (i % BYTES_IN_LINE == 0 && bytes.p < bytes.end)
			text_string(v->out, "\n\t\t");
	}
	end_value(v);
}

/* ---- parameters ---- */

static bool same(struct span a, struct span b)
{
	return span_size(a) == span_size(b) && memcmp(a.p, b.p, span_size(a)) == 0;
}

static void note_parameter(struct view *v, bool type, struct span value)
{
	const uint8_t *colon = memchr(value.p, ':', span_size(value));
	struct parameter *p = parameters;
	struct span name = { value.p, colon };

	if (!colon)
		return;
	while (p < parameters + v->count && !same(p->name, name))
		p++;
	if (p == parameters + v->count) {
		if (v->count == PARAMETERS_MAX)
			bad("too many parameters");
		*p = (struct parameter){ .name = name };
		v->count++;
	}
	value.p = colon + 1;
	*(type ? &p->type : &p->description) = value;
}

/* The parameter that was named last comes first. */
static void show_parameters(struct view *v)
{
	while (v->count--) {
		const struct parameter *p = &parameters[v->count];
		bool both = p->description.p || v->field;

		add_key(v, words("parm"), true);
		add_span(v->out, p->name);
		text_string(v->out, ":");
		add_span(v->out, p->description);
		if (p->type.p) {
			text_string(v->out, both ? " (" : "");
			add_span(v->out, p->type);
			text_string(v->out, both ? ")" : "");
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
	bool any = !v->field || strcmp(v->field, "parm") == 0, type = span_is(key, "parmtype");

	if (any && (type || span_is(key, "parm")))
		note_parameter(v, type, value);
	else
		show_field(v, key, value, v->separator);
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
	struct signature s = { 0 };

	if (!signature_read(module, &s))
		return;
	show_field(v, words("sig_id"), words(s.id), v->separator);
	show_field(v, words("signer"), s.signer, v->separator);
	show_bytes(v, "sig_key", s.key);
	show_field(v, words("sig_hashalgo"), words(s.algorithm), v->separator);
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

	while (next_string(&strings, &string))
		if (cut_name(v, &string))
			show_string(v, string);
	if (!v->builtin)
		show_signature(v, bytes);
	show_parameters(v);
}

/* ---- the command ---- */

/* Shows a file or, when the field that was asked for is its name, only that. */
static void show_file(struct probe *p, const struct reading *file)
{
	const char *path = file->path;
	struct view view = {
		.out = &p->out,
		.field = value_of(p, 'F'),
		.builtin = path ? NULL : file->name,
		.separator = p->given['0'] ? 0 : '\n',
	};

	if (!path)
		show_field(&view, words("name"), words(file->name), true);
	show_field(&view, words("filename"), words(path ? path : "(builtin)"), true);
	if (file->fd >= 0)
		view_bytes(&view, module_bytes(file->fd, &p->scratch));
	else if (path && file->failed)
		bad(error_text(file->failed));
}

static void show_ko(struct probe *p, struct ko *ko)
{
	const char *path = ko_path(p->catalog, ko), *field = value_of(p, 'F');
	struct reading file = { .name = path ? path : ko->name, .path = path, .fd = -1, .read = show_file };

	if (field && strcmp(field, "filename") == 0)
		show_file(p, &file);
	else
		begin_reading(p, file);
}

/* With -m, the module of exactly that name: it is no alias and no file. */
static void show_named(struct probe *p, const char *name)
{
	struct ko *ko = ko_named(p->catalog, module_name(&p->memory, name));

	if (ko_path(p->catalog, ko) || ko_is_builtin(p->catalog, ko))
		show_ko(p, ko);
	else
		not_found(p, name);
}

static void show_all(struct probe *p, const char *name)
{
	struct item *list = plain_length(base_name(name)) ? look_up_path(p->catalog, name) : NULL;

	for (list = list ? list : find_modules(p, name); list; list = list->next)
		show_ko(p, list->ko);
}

/* Options that are short for -F, each followed by its field. */
static const char shortcuts[] = "aauthor\0ddescription\0llicense\0pparm\0nfilename\0";

void modinfo(struct probe *p)
{
	if (!begin_command(p,
			   "a author\nd description\nl license\np parameters\nn filename\n0 null\nm modname\nF=field\n"
			   "k=set-version\nb=basedir\nV version\nh help\n") ||
	    !needs_name(p, "no module"))
		return;
	for (const char *s = shortcuts; *s; s += strlen(s) + 1)
		if (p->given[(uint8_t)*s])
			note_option(p, 'F', s + 1);
	set_place(p, 'b', 'k');
	open_catalog(p, NULL, no_configuration);
	for (const char **name = p->names; *name; name++)
		if (p->given['m'])
			show_named(p, *name);
		else
			show_all(p, *name);
	finish_reading(p);
}
