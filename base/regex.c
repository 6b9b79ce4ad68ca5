/* regex.c: POSIX extended regular expressions, for the KERNEL patterns of depmod.d.
 *
 * A pattern becomes a small program, whose instructions are the states of a nondeterministic
 * automaton; matching keeps the set of all states that the text read so far can have led to
 * (Thompson 1968). So nothing is tried twice: a byte of text visits each instruction once at most.
 *
 * Limits: INSTRUCTIONS_MAX, BRACKETS_MAX, REPEATS_MAX and DEPTH_MAX below; a pattern beyond one of
 * them is not valid. Memory: 44 KB of stack, and 200 bytes for each | and (. Locale: C, so a
 * character is a byte.
 *
 * Where POSIX leaves a pattern undefined, this is glibc's choice: an alternative may be empty, {,n}
 * means {0,n}, a** means a*, a ) without ( and a } stand for themselves, and * + ? { are errors
 * where nothing that can be repeated stands before them. One choice is not glibc's: a backslash
 * before a letter, a digit or one of < > ` ' is an error: \1 or \d is reported, not misread.
 */
#include "base.h"

enum {
	INSTRUCTIONS_MAX = 2047,
	BRACKETS_MAX = 64, /* bracket expressions in one pattern */
	REPEATS_MAX = 255, /* in {m,n}; POSIX's least RE_DUP_MAX */
	DEPTH_MAX = 64,    /* parentheses in parentheses */
};

/* Some are called as the pattern calls them. Any other, like a plain character's, means BYTE. */
enum operation {
	BYTE,          /* the byte `operand` */
	ANY = '.',     /* any byte */
	BRACKET = '[', /* a byte of brackets[operand] */
	START = '^',   /* the start of the text */
	END = '$',     /* the end of the text */
	JUMP = 256,    /* on at this instruction + operand */
	FORK,          /* both there and at the next */
};

/* Jumps are relative, so a run of instructions may be moved and copied as it is. */
struct instruction {
	int16_t operation, operand;
	uint32_t visited; /* the last time: before which byte of text, counted from 1 */
};

/* Whoever comes to its end, code[length], has found a match. */
struct program {
	const char *at; /* what is still to be compiled of the pattern */
	size_t length, bracket_count;
	struct instruction code[INSTRUCTIONS_MAX];
	bool brackets[BRACKETS_MAX][256]; /* which bytes each has */
};

static _Noreturn void malformed(void)
{
	bad("malformed pattern, or too large");
}

static bool skip(struct program *p, char c)
{
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

/* ---- compiling: bracket expressions --------------------------------------------------------- */

/* Reads NAME:] and returns the bounds of each range of the class. */
static const char *class(struct program *p)
{
	static const char classes[] = "alnum:]09AZaz\0"
				      "alpha:]AZaz\0"
				      "blank:]\t\t  \0"
				      "cntrl:]\1\37\177\177\0"
				      "digit:]09\0"
				      "graph:]!~\0"
				      "lower:]az\0"
				      "print:] ~\0"
				      "punct:]!/:@[`{~\0"
				      "space:]\t\r  \0"
				      "upper:]AZ\0"
				      "xdigit:]09AFaf\0";

	for (const char *entry = classes; entry < classes + sizeof(classes) - 1; entry += strlen(entry) + 1) {
		size_t length = strcspn(entry, "]") + 1;

		if (strncmp(p->at, entry, length) == 0) {
			p->at += length;
			return entry + length;
		}
	}
	malformed();
}

/* Reads x, [.x.] or [=x=]. Returns whether it may be an end of a range. */
static bool element(struct program *p, char *x)
{
	const char *at = p->at;
	char kind = 0;

	if (at[0] == '[')
		kind = at[1];
	if (kind && strchr(".:=", kind)) {
		at += 2;
		if (!at[0] || at[1] != kind || at[2] != ']')
			malformed();
		p->at = at + 2;
	} else {
		kind = '.';
	}
	*x = *at;
	if (!*x)
		malformed();
	p->at++;
	return kind == '.';
}

static bool range_follows(const struct program *p)
{
	return p->at[0] == '-' && p->at[1] != ']';
}

/* The rest of a bracket expression, whose [ has been read. */
static void bracket(struct program *p, bool *has)
{
	bool negated = skip(p, '^');

	memset(has, negated, 256);
	do {
		char range[3];
		const char *bounds = range;

		range[2] = 0;
		if (p->at[0] == '[' && p->at[1] == ':') {
			p->at += 2;
			bounds = class(p);
		} else {
			bool bounding = element(p, &range[0]);

			range[1] = range[0];
			if (bounding && range_follows(p)) {
				p->at++;
				if (!element(p, &range[1]))
					malformed();
			}
		}
		if (range_follows(p))
			malformed();
		for (; *bounds; bounds += 2) {
			uint8_t low = (uint8_t)bounds[0], high = (uint8_t)bounds[1];

			if (high < low)
				malformed();
			memset(has + low, !negated, high - low + 1U);
		}
	} while (!skip(p, ']'));
	has[0] = false;
}

/* ---- compiling: instructions and repetition ------------------------------------------------- */

static void insert(struct program *p, size_t at, int operation, size_t operand)
{
	struct instruction *i = p->code + at;

	if (p->length == INSTRUCTIONS_MAX)
		malformed();
	memmove(i + 1, i, (p->length++ - at) * sizeof(*i));
	*i = (struct instruction){ (int16_t)operation, (int16_t)operand, 0 };
}

static void emit(struct program *p, int operation, size_t operand)
{
	insert(p, p->length, operation, operand);
}

/* Has the code from `start` on repeated as * + ? or {m,n} says, which begins with c. */
static void repeat(struct program *p, size_t start, char c)
{
	size_t count = p->length - start;
	uint32_t min = c == '+', max = 1;
	bool endless = c != '?';

	if (c == '{') {
		if (!parse_unsigned(&p->at, &min) && *p->at != ',')
			malformed();
		max = min;
		endless = skip(p, ',') && !parse_unsigned(&p->at, &max);
		if (max < min || max > REPEATS_MAX || !skip(p, '}'))
			malformed();
	}
	if (max == 0 && !endless) {
		p->length = start;
		return;
	}
	if (min == 0)
		insert(p, start++, FORK, count + 1);
	for (uint32_t copies = 1; copies < max; copies++) {
		if (copies >= min)
			emit(p, FORK, count + 1);
		for (size_t i = start; i < start + count; i++)
			emit(p, p->code[i].operation, (size_t)p->code[i].operand);
	}
	if (endless)
		emit(p, FORK, -count);
}

/* ---- compiling: the grammar ----------------------------------------------------------------- */

/* A character, a bracket expression or an anchor, which begins with c. */
static void single(struct program *p, char c)
{
	size_t operand = (uint8_t)c;

	if (c == '[') {
		operand = p->bracket_count++;
		if (operand == BRACKETS_MAX)
			malformed();
		bracket(p, p->brackets[operand]);
	} else if (c == '\\') {
		operand = (uint8_t)*p->at++;
		c = BYTE;
		if (strchr("0123456789<>`'", (int)operand) || ((operand | 0x20) >= 'a' && (operand | 0x20) <= 'z'))
			malformed();
	}
	emit(p, c, operand);
}

/* Up to the end of the pattern, or of a group, whose ) is read, too. What a | divides becomes
 * FORK right; left; JUMP end; right: what follows the |, which may be divided again; end: */
static void alternatives(struct program *p, int depth)
{
	size_t start = p->length, repeatable = SIZE_MAX;
	char c, end = depth ? ')' : 0;

	if (depth > DEPTH_MAX)
		malformed();
	while ((c = *p->at++) != '|' && c != end) {
		if (!c)
			malformed();
		if (strchr("*+?{", c)) {
			if (repeatable == SIZE_MAX)
				malformed();
			repeat(p, repeatable, c);
			continue;
		}
		repeatable = p->length;
		if (c == '(')
			alternatives(p, depth + 1);
		else
			single(p, c);
		if (c == START || c == END)
			repeatable = SIZE_MAX;
	}
	if (c == '|') {
		insert(p, start, FORK, p->length - start + 2);
		start = p->length;
		emit(p, JUMP, 0);
		alternatives(p, depth);
		p->code[start].operand = (int16_t)(p->length - start);
	}
}

static void compile(void *program)
{
	alternatives(program, 0);
}

/* ---- matching ------------------------------------------------------------------------------- */

/* Whether the instruction takes the byte, which is 0 at the end of the text. */
static bool takes(const struct program *p, const struct instruction *i, uint8_t byte)
{
	if (i->operation == BRACKET)
		return p->brackets[i->operand][byte];
	return i->operation == ANY ? byte : byte == i->operand;
}

/* states[] lists those that the text before a byte can have led to; on the way it grows by those that need no byte.
 * Those behind the byte are put where the first ones were, which have been looked at by then. */
static bool run(struct program *p, const char *text)
{
	uint16_t states[3 * INSTRUCTIONS_MAX]; /* those behind the last byte, and two that each of all leads to */
	size_t next = 0;

	for (uint32_t round = 1;; round++) {
		size_t count = next;

		next = 0;
		states[count++] = 0; /* a match may begin anywhere */
		for (size_t k = 0; k < count; k++) {
			unsigned state = states[k];
			struct instruction *i = &p->code[state];
			bool on;

			if (state == p->length)
				return true;
			if (i->visited == round)
				continue;
			on = i->operation == FORK;
			i->visited = round;
			if (i->operation >= JUMP)
				states[count++] = (uint16_t)(state + (unsigned)i->operand);
			else if (i->operation == START)
				on = round == 1;
			else if (i->operation == END)
				on = !*text;
			else if (takes(p, i, (uint8_t)*text))
				states[next++] = (uint16_t)(state + 1);
			if (on)
				states[count++] = (uint16_t)(state + 1);
		}
		if (!*text++)
			return false;
	}
}

bool regex_matches(const char *pattern, const char *text, bool *valid)
{
	static struct program program; /* too large for a stack */
	struct fault fault;

	program.at = pattern;
	program.length = program.bracket_count = 0;
	*valid = attempt(compile, &program, &fault);
	return *valid && run(&program, text);
}
