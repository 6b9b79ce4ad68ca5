/* module.c: one module's bytes, from an open file: as they are, or decompressed if the file's first bytes say so. Of a
 * plain module, only the pieces that the parser asks for are read. A compressed module is read and decompressed as a
 * whole. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "depmod.h"
#include "xz/xz.h"
#include "zstd/zstd.h"

enum {
	HEAD = 64,       /* bytes: enough to tell what a file is, and for an ELF header */
	BEFORE = 512,    /* bytes before the section table that are read with it: mostly the sections' names */
	PIECE = 1 << 20, /* bytes of a compressed file that are read at once */
	/* A module may be decompressed to SMALL bytes and RATIO bytes for each byte of its file. Only a file that is
	 * meant to use up memory has more. */
	SMALL = 16 << 20,
	RATIO = 256,
};

/* Bytes of a file that were read, from `offset` on. */
struct window {
	struct span bytes;
	uint64_t offset;
};

struct file_source {
	struct source source;
	int fd;
	struct arena *scratch;
	struct window head, last, expected; /* first bytes; last range read; range read for expect() */
};

_Noreturn static void beyond_end(const char *what, uint64_t offset)
{
	bad_fault((struct fault){
		.what = what, .why = "reaches beyond the end of the file", .offset = offset, .has_offset = true });
}

int module_open(int directory, const char *path)
{
	return open_again(directory, path, FILE_FLAGS(REGULAR_FILE));
}

static bool inside(const struct window *window, uint64_t offset, uint64_t size)
{
	uint64_t held = span_size(window->bytes), at = offset - window->offset;

	return offset >= window->offset && at <= held && size <= held - at;
}

static struct span part_of(const struct window *window, uint64_t offset, uint64_t size)
{
	return span_of(window->bytes.p + (offset - window->offset), (size_t)size);
}

/* Reads the range, or as much of it as the file has. */
static struct window read_window(struct file_source *file, uint64_t offset, uint64_t size)
{
	uint8_t *to = arena_take(file->scratch, (size_t)size, 1, 16);

	return (struct window){ span_of(to, read_at(file->fd, to, (size_t)size, offset)), offset };
}

/* The first range asked for is the section table. The bytes right before it, mostly the sections' names, are read with
 * it. */
static struct span read_from_file(struct source *source, uint64_t offset, uint64_t size, const char *what)
{
	struct file_source *file = (struct file_source *)source;
	uint64_t before = file->last.bytes.p ? 0 : offset < BEFORE ? offset : BEFORE;
	const struct window *windows[] = { &file->head, &file->last, &file->expected };

	for (size_t i = 0; i < COUNT_OF(windows); i++)
		if (inside(windows[i], offset, size))
			return part_of(windows[i], offset, size);
	/* A range larger than the memory lies beyond the end of any file that could be read. */
	if (size > file->scratch->size - file->scratch->used - BEFORE || offset > INT64_MAX - size)
		beyond_end(what, offset);
	file->last = read_window(file, offset - before, before + size);
	if (!inside(&file->last, offset, size))
		beyond_end(what, offset);
	return part_of(&file->last, offset, size);
}

static void expect_from_file(struct source *source, uint64_t offset, uint64_t size)
{
	struct file_source *file = (struct file_source *)source;

	if (size < file->scratch->size - file->scratch->used && offset <= INT64_MAX - size)
		file->expected = read_window(file, offset, size);
}

static struct span read_from_memory(struct source *source, uint64_t offset, uint64_t size, const char *what)
{
	struct span bytes = ((struct memory_source *)source)->bytes;

	if (offset > span_size(bytes) || size > span_size(bytes) - offset)
		beyond_end(what, offset);
	return span_of(bytes.p + offset, (size_t)size);
}

static void expect_from_memory(struct source *source, uint64_t offset, uint64_t size)
{
	(void)source, (void)offset, (void)size;
}

/* A form of compression, which is recognised by the first bytes of a file. */
struct format {
	char name[6], magic[6]; /* name as in /sys/module/compression; first bytes */
	uint8_t magic_size;
	uint32_t work_size;
	decoder *decode;
};

static const struct format formats[] = {
	{ "gzip", "\x1f\x8b", 2, GUNZIP_WORK_SIZE, gunzip },
	{ "xz", "\3757zXZ", 6, UNXZ_WORK_SIZE, unxz },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, UNZSTD_WORK_SIZE, unzstd },
};

/* The number of the file's compression: that of its entry in formats[], plus 1; 0 when there is none. */
static uint8_t compression_of(struct span head)
{
	for (unsigned i = 0; i < COUNT_OF(formats); i++)
		if (span_size(head) >= formats[i].magic_size &&
		    memcmp(head.p, formats[i].magic, formats[i].magic_size) == 0)
			return (uint8_t)(i + 1);
	return 0;
}

static struct span decode(const struct format *format, struct arena *scratch, struct span file)
{
	void *work = arena_take(scratch, format->work_size, 1, 64);
	size_t used = scratch->used, room = scratch->size - used, size;
	uint8_t *out;

	if (room > DECODED_LIMIT)
		room = DECODED_LIMIT;
	if (room > SMALL && (room - SMALL) / RATIO > span_size(file))
		room = SMALL + span_size(file) * RATIO;
	/* All room is taken first, so that pages can be given back when the decoder fails; later, only the size of the
	 * output is kept. */
	out = arena_take(scratch, room, 1, 1);
	size = format->decode(file, out, room, work);
	arena_rewind(scratch, used + size, room); /* all pages are kept, as the next module may need as many */
	return span_of(out, size);
}

/* Reads the rest of the file behind `head`, its first bytes, and returns the whole. */
static struct span read_rest(struct arena *scratch, int fd, struct span head)
{
	size_t size = span_size(head), room = scratch->size - scratch->used, n = size == HEAD;

	if (room > FILE_LIMIT)
		room = FILE_LIMIT;
	while (n && room) {
		n = read_at(fd, scratch->start + scratch->used, room < PIECE ? room : PIECE, size);
		arena_take(scratch, n, 1, 1);
		room -= n;
		size += n;
	}
	if (!room)
		bad("file is too large");
	return span_of(head.p, size);
}

static struct span read_head(int fd, struct arena *scratch)
{
	uint8_t *start = arena_take(scratch, HEAD, 1, 64);

	return span_of(start, read_at(fd, start, HEAD, 0));
}

/* All bytes of the module in the file, which begins with `head`: as they are, or decompressed. */
static struct span whole(int fd, struct arena *scratch, struct span head)
{
	uint8_t compression = compression_of(head);
	struct span bytes = read_rest(scratch, fd, head);

	return compression ? decode(&formats[compression - 1], scratch, bytes) : bytes;
}

/* The reason to give for a file that is not ELF. */
static const char *otherwise(struct span head)
{
	if (compression_of(head))
		return "does not hold an ELF file";
	return head.p < head.end ? "neither ELF nor a known compression" : "empty file";
}

struct memory_source source_of(struct span bytes)
{
	struct span head = span_size(bytes) < HEAD ? bytes : span_of(bytes.p, HEAD);

	return (struct memory_source){ { read_from_memory, expect_from_memory, head, otherwise(head), 0 }, bytes };
}

static struct source *source_of_file(int fd, struct arena *scratch, struct span head)
{
	struct file_source *file = arena_take(scratch, 1, sizeof(*file), 8);

	*file = (struct file_source){
		.source = { read_from_file, expect_from_file, head, otherwise(head), 0 },
		.fd = fd,
		.scratch = scratch,
		.head = { head, 0 },
	};
	return &file->source;
}

struct source *module_source(int fd, struct arena *scratch, bool at_once)
{
	struct span head = read_head(fd, scratch), bytes;
	uint8_t compression = compression_of(head);
	struct memory_source *memory;

	if (!compression && !at_once)
		return source_of_file(fd, scratch, head);
	bytes = whole(fd, scratch, head);
	memory = arena_take(scratch, 1, sizeof(*memory), 8);
	*memory = source_of(bytes);
	memory->source.otherwise = otherwise(head);
	memory->source.compression = compression;
	return &memory->source;
}

struct span module_bytes(int fd, struct arena *scratch)
{
	return whole(fd, scratch, read_head(fd, scratch));
}

uint8_t module_compression(int fd)
{
	uint8_t head[HEAD];

	return compression_of(span_of(head, read_at(fd, head, HEAD, 0)));
}

const char *compression_name(uint8_t number)
{
	return number && number <= COUNT_OF(formats) ? formats[number - 1].name : "";
}
