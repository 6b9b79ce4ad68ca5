/* zstd-streams: FILE as zstd in ways that the zstd program does not offer.
 *
 *     zstd-streams FILE
 *
 * Writes FILE.WAY.zst, and FILE.WAY as a link to FILE beside it, for each way: strategies, window
 * sizes, block sizes, literals and block splitting forced on or off, several frames with skippable
 * ones between them. Build: cc -o zstd-streams tests/unit/zstd-streams.c -lzstd
 */
#define _POSIX_C_SOURCE 200809L
#define ZSTD_STATIC_LINKING_ONLY
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

enum { SETTINGS = 6 };

struct way {
	const char *name;
	struct {
		ZSTD_cParameter parameter;
		int value;
	} setting[SETTINGS]; /* parameter 0 ends them */
	size_t flush; /* a block ends after every `flush` bytes; 0 for libzstd's own choice */
	int frames;
};

#define LEVEL(n) { ZSTD_c_compressionLevel, n }
#define STRATEGY(s) { ZSTD_c_strategy, s }
#define WINDOW(log) { ZSTD_c_windowLog, log }

static const struct way ways[] = {
	{ "fast", { STRATEGY(ZSTD_fast) }, 0, 1 },
	{ "dfast", { STRATEGY(ZSTD_dfast) }, 0, 1 },
	{ "greedy", { STRATEGY(ZSTD_greedy) }, 0, 1 },
	{ "lazy", { STRATEGY(ZSTD_lazy) }, 0, 1 },
	{ "lazy2", { STRATEGY(ZSTD_lazy2) }, 0, 1 },
	{ "btlazy2", { STRATEGY(ZSTD_btlazy2) }, 0, 1 },
	{ "btopt", { STRATEGY(ZSTD_btopt) }, 0, 1 },
	{ "btultra", { STRATEGY(ZSTD_btultra) }, 0, 1 },
	{ "btultra2", { STRATEGY(ZSTD_btultra2) }, 0, 1 },
	{ "window-10", { WINDOW(10), LEVEL(1) }, 0, 1 },
	{ "window-10-19", { WINDOW(10), LEVEL(19) }, 0, 1 },
	{ "window-11-5", { WINDOW(11), LEVEL(5) }, 0, 1 },
	{ "window-12-3", { WINDOW(12), LEVEL(3) }, 0, 1 },
	{ "window-13-9", { WINDOW(13), LEVEL(9) }, 0, 1 },
	{ "window-14-13", { WINDOW(14), LEVEL(13) }, 0, 1 },
	{ "window-15-16", { WINDOW(15), LEVEL(16) }, 0, 1 },
	{ "window-16-22", { WINDOW(16), LEVEL(22) }, 0, 1 },
	{ "window-17-1", { WINDOW(17), LEVEL(1) }, 0, 1 },
	{ "window-27", { WINDOW(27), LEVEL(3) }, 0, 1 },
	{ "long-window-16",
	  { WINDOW(16), LEVEL(3), { ZSTD_c_enableLongDistanceMatching, ZSTD_ps_enable } }, 0, 1 },
	{ "match-min-3", { LEVEL(13), { ZSTD_c_minMatch, 3 } }, 0, 1 },
	{ "match-min-7", { LEVEL(1), { ZSTD_c_minMatch, 7 } }, 0, 1 },
	{ "target-block", { LEVEL(3), { ZSTD_c_targetCBlockSize, 64 } }, 0, 1 },
	{ "target-block-19", { LEVEL(19), { ZSTD_c_targetCBlockSize, 1300 } }, 0, 1 },
	{ "raw-literals", { LEVEL(3), { ZSTD_c_literalCompressionMode, ZSTD_ps_disable } }, 0, 1 },
	{ "huffman-literals",
	  { LEVEL(3), { ZSTD_c_literalCompressionMode, ZSTD_ps_enable } }, 0, 1 },
	{ "split-blocks", { LEVEL(3), { ZSTD_c_useBlockSplitter, ZSTD_ps_enable } }, 0, 1 },
	{ "whole-blocks", { LEVEL(19), { ZSTD_c_useBlockSplitter, ZSTD_ps_disable } }, 0, 1 },
	{ "blocks-of-1000", { LEVEL(3) }, 1000, 1 },
	{ "blocks-of-200", { LEVEL(19) }, 200, 1 },
	{ "blocks-of-3000-no-size", { LEVEL(7), { ZSTD_c_contentSizeFlag, 0 } }, 3000, 1 },
	{ "frames", { LEVEL(3), { ZSTD_c_checksumFlag, 1 } }, 0, 3 },
	{ "frames-no-size", { LEVEL(9), { ZSTD_c_contentSizeFlag, 0 } }, 0, 5 },
};

static char *text, *out;
static size_t text_size, out_size;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static size_t proven(size_t result)
{
	if (ZSTD_isError(result)) {
		fprintf(stderr, "zstd-streams: %s\n", ZSTD_getErrorName(result));
		exit(1);
	}
	return result;
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

/* One frame of text[begin..end) to out + at, a skippable frame behind it; returns their end. */
static size_t write_frame(ZSTD_CCtx *context, const struct way *way, size_t begin, size_t end,
                          size_t at)
{
	const size_t piece = way->flush ? way->flush : text_size + 1;
	ZSTD_outBuffer to = { out, out_size, at };

	proven(ZSTD_CCtx_setPledgedSrcSize(context, end - begin));
	for (; end - begin > piece; begin += piece) {
		ZSTD_inBuffer from = { text + begin, piece, 0 };

		proven(ZSTD_compressStream2(context, &to, &from, ZSTD_e_flush));
	}
	ZSTD_inBuffer from = { text + begin, end - begin, 0 };
	proven(ZSTD_compressStream2(context, &to, &from, ZSTD_e_end));
	if (way->frames > 1)
		to.pos += proven(ZSTD_writeSkippableFrame(out + to.pos, out_size - to.pos, "skip",
		                                          4, 7));
	return to.pos;
}

static void write_stream(const char *path, const struct way *way)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	const size_t part = text_size / (size_t)way->frames;
	size_t size = 0;
	char name[4096];
	FILE *file;

	for (int i = 0; i < SETTINGS && way->setting[i].parameter; i++)
		proven(ZSTD_CCtx_setParameter(context, way->setting[i].parameter,
		                              way->setting[i].value));
	for (int i = 0; i < way->frames; i++)
		size = write_frame(context, way, (size_t)i * part,
		                   i + 1 < way->frames ? (size_t)(i + 1) * part : text_size, size);
	ZSTD_freeCCtx(context);
	snprintf(name, sizeof name, "%s.%s", path, way->name);
	unlink(name);
	if (link(path, name))
		die(name);
	strcat(name, ".zst");
	file = fopen(name, "wb");
	if (!file || fwrite(out, 1, size, file) != size || fclose(file))
		die(name);
}

int main(int count, char **arguments)
{
	if (count != 2) {
		fprintf(stderr, "usage: zstd-streams FILE\n");
		return 1;
	}
	read_text(arguments[1]);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		write_stream(arguments[1], &ways[i]);
	return 0;
}
