/* signature.c: the signature behind a module, as the kernel's scripts/sign-file.c writes it: the module, then the
 * signer's name and the key's in the older form, the signature, a record of lengths, and a mark.
 *
 * The usual form of a signature is PKCS#7 (RFC 2315), in the encoding DER (X.690): elements of a tag, a length and a
 * content, which may be elements again. Only those that are asked for are looked at. Any byte may be wrong. */
#define _GNU_SOURCE
#include "modprobe.h"

/* The record before the mark: numbers of the algorithm, the hash and the form, lengths of the signer's name and the
 * key's, and at 8 that of the signature. */
enum { RECORD = 12, RECORD_HASH = 1, RECORD_FORM = 2, RECORD_SIGNER = 3, RECORD_KEY = 4, RECORD_LENGTH = 8 };
enum { PGP, X509, PKCS7, FORMS };

static const char forms[] = "PGP\0X509\0PKCS#7";

/* The first eight by their numbers in the record. From sha256 on also by the last numbers of their object identifiers,
 * from 1 on, behind 2.16.840.1.101.3.4.2 */
static const char hashes[] = "md4\0md5\0sha1\0rmd160\0sha256\0sha384\0sha512\0sha224\0"
			     "sha512-224\0sha512-256\0sha3-224\0sha3-256\0sha3-384\0sha3-512\0unknown";
enum {
	ALGORITHMS = 2,
	HASHES = 8,
	SHA1 = 2,
	BEFORE_SHA256 = 3,
	NIST_HASHES = 10,
	UNKNOWN = BEFORE_SHA256 + NIST_HASHES + 1
};
static const uint8_t nist[] = { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2 }, sha1[] = { 0x2b, 0x0e, 3, 2, 0x1a };
static const uint8_t common_name[] = { 0x55, 4, 3 };

/* Tags; ANY is none. */
enum {
	ANY = 0,
	INTEGER = 2,
	OCTETS = 4,
	OBJECT = 6,
	SEQUENCE = 0x30,
	SET = 0x31,
	FIRST = 0xa0,
	SECOND = 0xa1,
	INTO = 0x40
};

static const char damaged[] = "damaged signature";

/* Cuts the next element off *rest, and returns its content; bad() when there is none, or its tag is another one. */
static struct span element(struct span *rest, uint8_t tag)
{
	struct span head = take(rest, 2, damaged);
	uint64_t length = head.p[1];

	if (tag != ANY && *head.p != tag)
		bad(damaged);
	if (length > 127) {
		struct span more = take(rest, length & 127, damaged);

		for (length = 0; more.p < more.end; more.p++)
			length = length << 8 | *more.p;
	}
	return take(rest, length, damaged);
}

/* Goes on along elements of these tags, ended by 0: into one of a tag with INTO, behind any other. Without INTO, one with
 * FIRST or SECOND may be missing. */
static void walk(struct span *rest, const uint8_t *tags)
{
	for (; *tags; tags++) {
		uint8_t tag = *tags & (uint8_t)~INTO;
		struct span content;

		if (*tags == tag && tag >= FIRST && (rest->p == rest->end || *rest->p != tag))
			continue;
		content = element(rest, tag);
		if (*tags != tag)
			*rest = content;
	}
}

/* Whether the element begins with these bytes, and has so many more. */
static bool begins(struct span object, const uint8_t *bytes, size_t size, size_t more)
{
	return span_size(object) == size + more && memcmp(object.p, bytes, size) == 0;
}

/* The issuer's common name or, where it has none, the last part of its name. */
static struct span issuer_name(struct span issuer)
{
	struct span name = span_of("", 0), set, attribute, type;

	while (issuer.p < issuer.end)
		for (set = element(&issuer, SET); set.p < set.end;) {
			attribute = element(&set, SEQUENCE);
			type = element(&attribute, OBJECT);
			name = element(&attribute, ANY);
			if (begins(type, common_name, sizeof(common_name), 0))
				return name;
		}
	return name;
}

static const char *hash_name(struct span object)
{
	unsigned number = UNKNOWN;

	if (begins(object, sha1, sizeof(sha1), 0))
		number = SHA1;
	else if (begins(object, nist, sizeof(nist), 1) && object.end[-1] - 1U < NIST_HASHES)
		number = BEFORE_SHA256 + object.end[-1];
	return nth_string(hashes, number);
}

static void read_pkcs7(struct span rest, struct signature *s)
{
	/* ContentInfo; SignedData: version, algorithms, content, certificates; SignerInfo: version */
	static const uint8_t to_signer[] = {
		SEQUENCE | INTO, OBJECT, FIRST | INTO, SEQUENCE | INTO, INTEGER, SET, SEQUENCE,
		FIRST,           SECOND, SET | INTO,   SEQUENCE | INTO, INTEGER, 0
	};
	static const uint8_t to_value[] = { FIRST, SEQUENCE, 0 };
	struct span who, algorithm;

	walk(&rest, to_signer);
	who = element(&rest, SEQUENCE);
	algorithm = element(&rest, SEQUENCE);
	walk(&rest, to_value);
	s->value = element(&rest, OCTETS);
	s->algorithm = hash_name(element(&algorithm, OBJECT));
	rest = s->signer = issuer_name(element(&who, SEQUENCE));
	next_string(&rest, &s->signer);
	s->key = element(&who, INTEGER);
	while (s->key.p < s->key.end && !*s->key.p)
		s->key.p++;
}

/* Cuts so many bytes off the end. */
static struct span take_end(struct span *rest, size_t size)
{
	if (size > span_size(*rest))
		bad(damaged);
	rest->end -= size;
	return span_of(rest->end, size);
}

/* What signature_read() is called with */
struct reading {
	struct span module;
	struct signature *signature;
};

static void read_signature(void *context)
{
	struct reading *reading = context;
	struct signature *s = reading->signature;
	struct span rest = reading->module;
	const uint8_t *record;

	if (!cut_mark(&rest))
		bad(damaged);
	record = take_end(&rest, RECORD).p;
	if (record[0] >= ALGORITHMS || record[RECORD_HASH] >= HASHES || record[RECORD_FORM] >= FORMS)
		bad(damaged);
	s->id = nth_string(forms, record[RECORD_FORM]);
	s->algorithm = nth_string(hashes, record[RECORD_HASH]);
	s->value = take_end(&rest, be32(record + RECORD_LENGTH));
	s->key = take_end(&rest, record[RECORD_KEY]);
	s->signer = take_end(&rest, record[RECORD_SIGNER]);
	if (record[RECORD_FORM] == PKCS7)
		read_pkcs7(s->value, s);
	else if (s->value.p == s->value.end)
		bad(damaged);
}

bool signature_read(struct span module, struct signature *signature)
{
	struct reading reading = { module, signature };
	struct fault fault;

	return attempt(read_signature, &reading, &fault);
}

bool cut_mark(struct span *module)
{
	static const char mark[] = "~Module signature appended~\n";
	const size_t length = sizeof(mark) - 1;

	if (span_size(*module) < length || memcmp(module->end - length, mark, length) != 0)
		return false;
	module->end -= length;
	return true;
}
