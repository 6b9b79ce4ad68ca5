/* decode: decodes files in one process, to time the decoders or to compare what they give.
 *
 *     decode [-c] [FILE...]
 *
 * Takes the names from standard input when no FILE is given. A file's format is told by its first
 * bytes. Prints files, bytes out and CPU seconds, those of decoding alone; with -c the decoded
 * bytes instead. tests/bench/decoders builds it with the objects of the release; by hand:
 *
 *     cc -O2 -o build/decode tests/bench/decode.c gunzip.c inflate.c base/crc.c base/span.c {xz,zstd}/[a-z]*.c
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../depmod.h"
#include "../../xz/xz.h"
#include "../../zstd/zstd.h"

static const size_t CAPACITY = 256 << 20;

enum { WORK_SIZE = 4 << 20 };

_Static_assert((int)WORK_SIZE >= (int)GUNZIP_WORK_SIZE && (int)WORK_SIZE >= (int)UNXZ_WORK_SIZE &&
               (int)WORK_SIZE >= (int)UNZSTD_WORK_SIZE, "one work area for every decoder");

struct run {
	bool copy; /* to standard output */
	uint8_t *out, *work;
	uint64_t files, failures, bytes;
	double seconds;
};

struct job {
	struct run *run;
	struct span in;
	size_t size; /* of the output */
};

static void *reserve(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("decode: mmap");
		exit(1);
	}
	return memory;
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void decode(void *argument)
{
	struct job *const job = argument;
	struct run *const run = job->run;
	decoder *by_format;

	if (span_size(job->in) < 4)
		bad("unknown format");
	switch (be32(job->in.p)) {
	case 0xfd377a58:
		by_format = unxz;
		break;
	case 0x28b52ffd:
		by_format = unzstd;
		break;
	default:
		if (be16(job->in.p) != 0x1f8b)
			bad("unknown format");
		by_format = gunzip;
	}
	job->size = by_format(job->in, run->out, CAPACITY, run->work);
}

static void decode_bytes(struct run *run, const char *path, struct span in)
{
	struct job job = { .run = run, .in = in };
	struct fault fault;
	double begin = cpu_seconds();
	bool good = attempt(decode, &job, &fault);

	run->seconds += cpu_seconds() - begin;
	run->files++;
	run->bytes += job.size;
	if (!good) {
		fprintf(stderr, "decode: %s: %s\n", path, fault.why);
		run->failures++;
	} else if (run->copy) {
		fwrite(run->out, 1, job.size, stdout);
	}
}

static void decode_file(struct run *run, const char *path)
{
	int file = open(path, O_RDONLY);
	struct stat status;
	void *bytes;

	if (file < 0 || fstat(file, &status) || status.st_size == 0) {
		fprintf(stderr, "decode: %s: cannot be read, or empty\n", path);
		exit(1);
	}
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	close(file);
	if (bytes == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	decode_bytes(run, path, span_of(bytes, (size_t)status.st_size));
	munmap(bytes, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
	struct run run = { .out = reserve(CAPACITY), .work = reserve(WORK_SIZE) };
	char path[4096];
	int i = 1;

	if (i < argc && strcmp(argv[i], "-c") == 0) {
		run.copy = true;
		i++;
	}
	if (i == argc)
		while (fgets(path, sizeof path, stdin)) {
			path[strcspn(path, "\n")] = 0;
			decode_file(&run, path);
		}
	for (; i < argc; i++)
		decode_file(&run, argv[i]);
	if (!run.copy)
		printf("%llu files, %llu bytes out, %.3f s\n", (unsigned long long)run.files,
		       (unsigned long long)run.bytes, run.seconds);
	return run.failures != 0;
}
