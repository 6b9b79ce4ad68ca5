/* gunzip.c: gzip files, against zlib used as gzip(1) would: member after member, and what follows ignored when it does
 * not begin like one. */
#define WORK_SIZE GUNZIP_WORK_SIZE
#include "decoder.h"

/* zlib's has other parameters than ours. */
#define crc32 zlib_crc32
#include <zlib.h>
#undef crc32

static size_t ours(struct span in, uint8_t *out, size_t capacity, void *work)
{
	return gunzip(in, out, capacity, work);
}

static bool begins_member(const z_stream *z)
{
	return z->avail_in && z->next_in[0] == 0x1f && (z->avail_in == 1 || z->next_in[1] == 0x8b);
}

static enum answer theirs(struct span in, uint8_t *out, size_t capacity, size_t *size)
{
	static z_stream z;
	int status;

	if (!z.state)
		CHECK(inflateInit2(&z, 15 + 16) == Z_OK);
	z.next_in = (Bytef *)(uintptr_t)in.p;
	z.avail_in = (uInt)span_size(in);
	z.next_out = out;
	z.avail_out = (uInt)capacity;
	do {
		CHECK(inflateReset(&z) == Z_OK);
		status = inflate(&z, Z_FINISH);
	} while (status == Z_STREAM_END && begins_member(&z));
	*size = capacity - z.avail_out;
	return status == Z_STREAM_END ? ACCEPTED : DENIED;
}

static bool may_refuse(const char *why)
{
	(void)why;
	return false;
}

static bool may_accept(struct span in)
{
	(void)in;
	return false;
}

static bool parts_alike(const char *why)
{
	(void)why;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	compare(span_of(data, size));
	return 0;
}
