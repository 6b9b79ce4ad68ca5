/* zlib-streams: FILE as gzip in every way zlib can write it.
 *
 *     zlib-streams FILE
 *
 * Writes FILE.WAY.gz, and FILE.WAY as a link to FILE beside it, for each way: strategies at some
 * levels, sizes of the window, memory levels, flushes, several members, header fields. Build: cc -o
 * zlib-streams tests/unit/zlib-streams.c -lz
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <zlib.h>

struct way {
	int level, strategy, window_bits, memory_level;
	int flush, piece; /* after every `piece` bytes; 0 for none */
	int members;
	gz_header *header;
};

static const struct way usual = { 6, Z_DEFAULT_STRATEGY, 15, 8, Z_NO_FLUSH, 0, 1, NULL };

static unsigned char *text, *out;
static size_t text_size, out_size;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_text(const char *path)
{
	FILE *file = fopen(path, "rb");
	long end = -1;

	if (file && !fseek(file, 0, SEEK_END))
		end = ftell(file);
	if (end < 0)
		die(path);
	rewind(file);
	text_size = (size_t)end;
	out_size = 2 * text_size + 1000000;
	text = malloc(text_size + 1);
	out = malloc(out_size);
	if (!text || !out || fread(text, 1, text_size, file) != text_size)
		die(path);
	fclose(file);
}

/* One member of text[begin..end) to out + at; returns its end. */
static size_t write_member(const struct way *way, size_t begin, size_t end, size_t at)
{
	const size_t piece = way->piece ? (size_t)way->piece : text_size + 1;
	z_stream z = { 0 };

	if (deflateInit2(&z, way->level, Z_DEFLATED, way->window_bits + 16, way->memory_level,
	                 way->strategy))
		die("deflateInit2");
	if (way->header)
		deflateSetHeader(&z, way->header);
	z.next_in = text + begin;
	z.next_out = out + at;
	z.avail_out = (uInt)(out_size - at);
	for (; end - begin > piece; begin += piece) {
		z.avail_in = (uInt)piece;
		deflate(&z, way->flush);
	}
	z.avail_in += (uInt)(end - begin);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		die("deflate");
	at += z.total_out;
	deflateEnd(&z);
	return at;
}

static void write_stream(const char *path, const char *name, const struct way *way)
{
	const size_t share = text_size / (size_t)way->members;
	char target[4096];
	size_t size = 0;
	FILE *file;

	for (int i = 0; i < way->members; i++) {
		const size_t begin = share * (size_t)i;
		const size_t end = i + 1 < way->members ? begin + share : text_size;

		size = write_member(way, begin, end, size);
	}
	snprintf(target, sizeof target, "%s.%s", path, name);
	unlink(target);
	if (link(path, target))
		die(target);
	snprintf(target, sizeof target, "%s.%s.gz", path, name);
	file = fopen(target, "wb");
	if (!file || fwrite(out, 1, size, file) != size || fclose(file))
		die(target);
}

static void write_levels_and_strategies(const char *path)
{
	static const char *const names[] = { "default", "filtered", "huffman", "rle", "fixed" };
	char name[64];

	for (int strategy = Z_DEFAULT_STRATEGY; strategy <= Z_FIXED; strategy++)
		for (int level = 0; level <= 9; level++) {
			struct way way = usual;

			way.level = level;
			way.strategy = strategy;
			snprintf(name, sizeof name, "zlib-%s-%d", names[strategy], level);
			write_stream(path, name, &way);
		}
}

static void write_sizes(const char *path)
{
	char name[64];

	for (int bits = 9; bits <= 15; bits++)
		for (int memory = 1; memory <= 9; memory++) {
			struct way way = usual;

			way.window_bits = bits;
			way.memory_level = memory;
			snprintf(name, sizeof name, "zlib-window-%d-memory-%d", bits, memory);
			write_stream(path, name, &way);
		}
}

static void write_flushes(const char *path)
{
	static const struct {
		const char *name;
		int flush;
	} flushes[] = {
		{ "partial", Z_PARTIAL_FLUSH },
		{ "sync", Z_SYNC_FLUSH },
		{ "full", Z_FULL_FLUSH },
		{ "block", Z_BLOCK },
	};
	char name[64];

	for (size_t i = 0; i < sizeof flushes / sizeof *flushes; i++)
		for (int piece = 100; piece <= 100000; piece *= 10) {
			struct way way = usual;

			way.flush = flushes[i].flush;
			way.piece = piece;
			if (text_size / (size_t)piece > 5000)
				continue;
			snprintf(name, sizeof name, "zlib-%s-flush-%d", flushes[i].name, piece);
			write_stream(path, name, &way);
		}
}

static void write_members_and_headers(const char *path)
{
	static unsigned char extra[65535], texts[70000];
	gz_header header = { .text = 1, .time = 1, .os = 3, .extra = extra, .extra_len = 7 };
	struct way way = usual;

	way.members = 2;
	write_stream(path, "zlib-2-members", &way);
	way.members = 7;
	write_stream(path, "zlib-7-members", &way);
	way.header = &header;
	write_stream(path, "zlib-extra", &way);
	header.name = texts;
	header.comment = texts;
	header.hcrc = 1;
	write_stream(path, "zlib-all-fields", &way);
	for (size_t i = 0; i + 1 < sizeof texts; i++)
		texts[i] = 'x';
	header.extra_len = sizeof extra;
	way.members = 1;
	write_stream(path, "zlib-long-fields", &way);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: zlib-streams FILE\n", stderr);
		return 2;
	}
	read_text(argv[1]);
	write_levels_and_strategies(argv[1]);
	write_sizes(argv[1]);
	write_flushes(argv[1]);
	write_members_and_headers(argv[1]);
	return 0;
}
