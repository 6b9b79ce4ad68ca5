/* regex.c: POSIX extended regular expressions, for the KERNEL patterns of depmod.d.
 *
 * A pattern becomes a small program, whose instructions are the states of a nondeterministic
 * automaton; matching keeps the set of all states that the text read so far can have led to
 * (Thompson 1968). So nothing is tried twice: a byte of text visits each instruction once at most.
 *
 * Limits: INSTRUCTIONS_MAX, BRACKETS_MAX, REPEATS_MAX and DEPTH_MAX below; a pattern beyond one of
 * them is not valid. Memory: 23 KB of stack. Locale: C, so a character is a byte.
 *
 * Where POSIX leaves a pattern undefined, this is glibc's choice: an alternative may be empty, {,n}
 * means {0,n}, a** means a*, a ) without ( and a } stand for themselves, and * + ? { are errors
 * where nothing that can be repeated stands before them. One choice is not glibc's: a backslash
 * before a letter, a digit or one of < > ` ' is an error: \1 or \d is reported, not misread.
 */
#include "base.h"

enum {
	INSTRUCTIONS_MAX = 2048,
	BRACKETS_MAX = 64,  /* bracket expressions in one pattern */
	REPEATS_MAX = 255,  /* in {m,n}; POSIX's least RE_DUP_MAX */
	DEPTH_MAX = 64,     /* parentheses in parentheses */
	UNBOUNDED = -1,
};

enum operation {
	BYTE,     /* the byte `operand` */
	ANY,      /* any byte */
	BRACKET,  /* a byte of brackets[operand] */
	START,    /* the start of the text */
	END,      /* the end of the text */
	JUMP,     /* on at this instruction + operand */
	FORK,     /* both there and at the next */
	MATCH,
};

/* Jumps are relative, so a run of instructions may be moved and copied as it is. */
struct instruction {
	int16_t operation, operand;
};

struct bracket {
	uint8_t bits[256 / 8];
};

struct program {
	const char *at;  /* what is still to be compiled of the pattern */
	int depth;       /* parentheses open at `at` */
	size_t length, bracket_count;
	struct instruction code[INSTRUCTIONS_MAX];
	struct bracket brackets[BRACKETS_MAX];
};

static const char malformed[] = "malformed pattern", too_large[] = "pattern too large";

/* ---- compiling: instructions ---------------------------------------------------------------- */

static void insert(struct program *p, size_t at, enum operation operation, size_t operand)
{
	if (p->length == INSTRUCTIONS_MAX)
		bad(too_large);
	struct instruction *i = p->code + at;
	memmove(i + 1, i, (p->length++ - at) * sizeof *i);
	*i = (struct instruction){ (int16_t)operation, (int16_t)operand };
}

static void emit(struct program *p, enum operation operation, size_t operand)
{
	insert(p, p->length, operation, operand);
}

static void emit_copy(struct program *p, size_t start, size_t count)
{
	if (count > INSTRUCTIONS_MAX - p->length)
		bad(too_large);
	memcpy(p->code + p->length, p->code + start, count * sizeof p->code[0]);
	p->length += count;
}

/* ---- compiling: bracket expressions --------------------------------------------------------- */

static void add_range(struct bracket *b, uint8_t low, uint8_t high)
{
	for (unsigned byte = low; byte <= high; byte++)
		b->bits[byte / 8] |= (uint8_t)(1 << byte % 8);
}

/* A class is given by the bounds of its ranges. */
static const struct {
	char name[7], bounds[9];
} classes[] = {
	{ "alnum", "09AZaz" }, { "alpha", "AZaz" }, { "blank", "\t\t  " },
	{ "cntrl", "\1\37\177\177" }, { "digit", "09" }, { "graph", "!~" },
	{ "lower", "az" }, { "print", " ~" }, { "punct", "!/:@[`{~" },
	{ "space", "\t\r  " }, { "upper", "AZ" }, { "xdigit", "09AFaf" },
};

static bool skip(struct program *p, const char *text)
{
	size_t length = strlen(text);
	bool same = strncmp(p->at, text, length) == 0;

	p->at += same ? length : 0;
	return same;
}

/* The rest of [:NAME:], p->at being NAME. */
static void add_class(struct program *p, struct bracket *b)
{
	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		if (!skip(p, classes[i].name))
			continue;
		if (!skip(p, ":]"))
			break;
		for (const char *bound = classes[i].bounds; *bound; bound += 2)
			add_range(b, (uint8_t)bound[0], (uint8_t)bound[1]);
		return;
	}
	bad(malformed);
}

/* The next byte, which is followed by `end`. */
static uint8_t byte_before(struct program *p, const char *end)
{
	if (!*p->at)
		bad(malformed);
	uint8_t byte = (uint8_t)*p->at++;
	if (!skip(p, end))
		bad(malformed);
	return byte;
}

/* x or [.x.], alone or at either end of a range. */
static uint8_t range_end(struct program *p)
{
	if (skip(p, "[."))
		return byte_before(p, ".]");
	if (strncmp(p->at, "[:", 2) == 0 || strncmp(p->at, "[=", 2) == 0)
		bad(malformed);
	return byte_before(p, "");
}

static void bracket_item(struct program *p, struct bracket *b, bool first)
{
	bool hyphen = *p->at == '-';

	if (skip(p, "[:")) {
		add_class(p, b);
		return;
	}
	if (skip(p, "[=")) {
		uint8_t byte = byte_before(p, "=]");
		add_range(b, byte, byte);
		return;
	}
	uint8_t low = range_end(p), high = low;
	if (hyphen && !first && *p->at != ']')
		bad(malformed);
	if (p->at[0] == '-' && p->at[1] != ']') {
		p->at++;
		high = range_end(p);
	}
	if (high < low)
		bad(malformed);
	add_range(b, low, high);
}

/* The rest of a bracket expression, whose [ has been read. */
static void bracket(struct program *p)
{
	if (p->bracket_count == BRACKETS_MAX)
		bad(too_large);
	struct bracket *b = &p->brackets[p->bracket_count];
	uint8_t negated = skip(p, "^") ? 0xff : 0;

	memset(b, 0, sizeof *b);
	for (bool first = true; first || *p->at != ']'; first = false)
		bracket_item(p, b, first);
	p->at++;
	for (size_t i = 0; i < sizeof b->bits; i++)
		b->bits[i] ^= negated;
	emit(p, BRACKET, p->bracket_count++);
}

/* ---- compiling: repetition ------------------------------------------------------------------ */

/* Makes of the code from `start` on one that matches it `min` to `max` times. */
static void repeat(struct program *p, size_t start, int min, int max)
{
	size_t count = p->length - start;
	int copies = 1;

	if (max == 0) {
		p->length = start;
		return;
	}
	for (; copies < min; copies++)
		emit_copy(p, start, count);
	if (max == UNBOUNDED)
		emit(p, FORK, -count);
	for (; copies < max; copies++) {
		emit(p, FORK, count + 1);
		emit_copy(p, start, count);
	}
	if (min == 0)
		insert(p, start, FORK, p->length - start + 1);
}

/* A number of {m,n}, or `otherwise` where none stands. */
static int number(struct program *p, int otherwise)
{
	if (*p->at < '0' || *p->at > '9')
		return otherwise;
	int n = 0;
	for (; *p->at >= '0' && *p->at <= '9'; p->at++) {
		n = n * 10 + (*p->at - '0');
		if (n > REPEATS_MAX)
			bad(too_large);
	}
	return n;
}

/* Applies the repetition at p->at, if there is one, to the code from `start` on. */
static bool repetition(struct program *p, size_t start)
{
	int min = 0, max = UNBOUNDED;

	if (skip(p, "+")) {
		min = 1;
	} else if (skip(p, "?")) {
		max = 1;
	} else if (skip(p, "{")) {
		min = number(p, *p->at == ',' ? 0 : UNBOUNDED);
		max = skip(p, ",") ? number(p, UNBOUNDED) : min;
		if (!skip(p, "}") || min == UNBOUNDED || (max != UNBOUNDED && max < min))
			bad(malformed);
	} else if (!skip(p, "*")) {
		return false;
	}
	repeat(p, start, min, max);
	return true;
}

/* ---- compiling: the grammar ----------------------------------------------------------------- */

static void alternatives(struct program *p);

static void group(struct program *p)
{
	if (++p->depth > DEPTH_MAX)
		bad(too_large);
	alternatives(p);
	if (!skip(p, ")"))
		bad(malformed);
	p->depth--;
}

static void escape(struct program *p)
{
	uint8_t byte = (uint8_t)*p->at;
	uint8_t letter = byte | 0x20;

	if (!byte || strchr("0123456789<>`'", byte) || (letter >= 'a' && letter <= 'z'))
		bad(malformed);
	p->at++;
	emit(p, BYTE, byte);
}

/* One anchor, or one other thing and its repetitions. */
static void piece(struct program *p)
{
	size_t start = p->length;
	char c = *p->at++;

	if (c == '^' || c == '$') {
		emit(p, c == '^' ? START : END, 0);
		return;
	}
	if (strchr("*+?{", c))
		bad(malformed);
	if (c == '(')
		group(p);
	else if (c == '[')
		bracket(p);
	else if (c == '\\')
		escape(p);
	else
		emit(p, c == '.' ? ANY : BYTE, (uint8_t)c);
	while (repetition(p, start)) {
	}
}

static void branch(struct program *p)
{
	while (*p->at && *p->at != '|' && (*p->at != ')' || p->depth == 0))
		piece(p);
}

/* FORK right; left; JUMP end; right: what follows the |; end: and all that again for the next |. */
static void alternatives(struct program *p)
{
	size_t start = p->length;

	branch(p);
	while (skip(p, "|")) {
		insert(p, start, FORK, p->length - start + 2);
		size_t jump = p->length;
		emit(p, JUMP, 0);
		branch(p);
		p->code[jump].operand = (int16_t)(p->length - jump);
	}
}

static void compile(void *argument)
{
	struct program *p = argument;

	alternatives(p);
	emit(p, MATCH, 0);
}

/* ---- matching ------------------------------------------------------------------------------- */

/* A set of instructions: member[] lists it, has[] tells who is in. */
struct states {
	size_t count;
	uint16_t member[INSTRUCTIONS_MAX];
	bool has[INSTRUCTIONS_MAX];
};

static void add(struct states *s, size_t instruction)
{
	if (s->has[instruction])
		return;
	s->has[instruction] = true;
	s->member[s->count++] = (uint16_t)instruction;
}

static void clear(struct states *s)
{
	while (s->count)
		s->has[s->member[--s->count]] = false;
}

static bool accepts(const struct program *p, struct instruction i, uint8_t byte)
{
	if (i.operation == BYTE)
		return byte == i.operand;
	if (i.operation == BRACKET)
		return p->brackets[i.operand].bits[byte / 8] >> byte % 8 & 1;
	return i.operation == ANY;
}

/* From the states `now` before *text, which grow on the way by those that need no byte, to the
 * states `next` behind it. Returns whether `now` contains the match. */
static bool step(const struct program *p, struct states *now, struct states *next,
                 const char *text, bool at_start)
{
	for (size_t k = 0; k < now->count; k++) {
		size_t at = now->member[k];
		struct instruction i = p->code[at];

		if (i.operation == MATCH)
			return true;
		if (i.operation == JUMP || i.operation == FORK)
			add(now, (size_t)((ptrdiff_t)at + i.operand));
		if (i.operation == FORK || (i.operation == START && at_start) ||
		    (i.operation == END && !*text))
			add(now, at + 1);
		if (*text && accepts(p, i, (uint8_t)*text))
			add(next, at + 1);
	}
	return false;
}

static bool run(const struct program *p, const char *text)
{
	struct states states[2];

	memset(states, 0, sizeof states);
	for (size_t i = 0;; i++) {
		struct states *now = &states[i % 2], *next = &states[(i + 1) % 2];

		add(now, 0); /* a match may begin anywhere */
		if (step(p, now, next, text + i, i == 0))
			return true;
		if (!text[i])
			return false;
		clear(now);
	}
}

bool regex_matches(const char *pattern, const char *text, bool *valid)
{
	struct program program;
	struct fault fault;

	program.at = pattern;
	program.depth = 0;
	program.length = program.bracket_count = 0;
	*valid = attempt(compile, &program, &fault);
	return *valid && run(&program, text);
}
