/* streams.h: what real compressors made, for the tests of the decoders. The directory STREAMS (see tests/tap) has
 * pairs: NAME with a suffix, and NAME, what it decodes to. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void check_stream(const char *name, const uint8_t *bytes, size_t size, const uint8_t *text,
			  size_t text_size);

/* The whole file in a block of exactly its size, so that a step beyond it is seen. */
static uint8_t *read_stream(const char *directory, const char *name, size_t *size)
{
	char path[4096];
	uint8_t *bytes;
	FILE *file;
	long end = -1;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (file && fseek(file, 0, SEEK_END) == 0)
		end = ftell(file);
	if (end < 0)
		fail_msg("%s: cannot be read", path);
	rewind(file);
	*size = (size_t)end;
	bytes = malloc(*size + !*size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void check_pair(const char *directory, const char *name, size_t plain_length, check_stream *check)
{
	char plain[4096];
	size_t size, text_size;
	uint8_t *bytes, *text;

	snprintf(plain, sizeof(plain), "%.*s", (int)plain_length, name);
	bytes = read_stream(directory, name, &size);
	text = read_stream(directory, plain, &text_size);
	check(name, bytes, size, text, text_size);
	free(text);
	free(bytes);
}

static void each_stream(const char *suffix, check_stream *check)
{
	const char *directory = getenv("STREAMS");
	DIR *files = directory ? opendir(directory) : NULL;
	const struct dirent *entry;
	size_t found = 0;

	if (!files) {
		skip();
		return;  /* as skip() does, which no checker knows */
	}
	while ((entry = readdir(files))) {
		size_t length = strlen(entry->d_name), tail = strlen(suffix);

		if (length <= tail || strcmp(entry->d_name + length - tail, suffix) != 0)
			continue;
		check_pair(directory, entry->d_name, length - tail, check);
		found++;
	}
	closedir(files);
	assert_int_not_equal(found, 0);
}
