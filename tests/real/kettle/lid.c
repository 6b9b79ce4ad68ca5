/* A module that needs another one, and one of the kernel's. */
#include <linux/crc32c.h>
#include <linux/module.h>

int boil(void);

static int __init lid_init(void)
{
	return boil() == 100 && crc32c(0, "lid", 3) ? 0 : -EIO;
}
module_init(lid_init);

MODULE_SOFTDEP("pre: loop");
MODULE_LICENSE("GPL");
