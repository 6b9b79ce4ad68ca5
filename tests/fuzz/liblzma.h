/* liblzma.h: memory for liblzma, taken anew for each input: its dictionaries are large. */
#include <lzma.h>
#include <sys/mman.h>

enum { LIBLZMA_MEMORY = 80 << 20, LIBLZMA_LIMIT = 72 << 20 };

static uint8_t *liblzma_memory;
static size_t liblzma_used;

static void *liblzma_take(void *opaque, size_t count, size_t size)
{
	uint8_t *taken = liblzma_memory + liblzma_used;

	(void)opaque;
	size = (count * size + 63) & ~(size_t)63;
	if (size > LIBLZMA_MEMORY - liblzma_used)
		return NULL;
	liblzma_used += size;
	return taken;
}

static void liblzma_return(void *opaque, void *memory)
{
	(void)opaque, (void)memory;
}

static const lzma_allocator *liblzma_allocator(void)
{
	static const lzma_allocator allocator = { liblzma_take, liblzma_return, NULL };

	if (!liblzma_memory)
		liblzma_memory = mmap(NULL, LIBLZMA_MEMORY, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(liblzma_memory != MAP_FAILED);
	liblzma_used = 0;
	return &allocator;
}
