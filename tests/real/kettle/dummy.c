/* A module with the name of one of the kernel's. */
#include <linux/module.h>

MODULE_VERSION("1.0");
MODULE_ALIAS("kitchen:dummy");
MODULE_LICENSE("GPL");
