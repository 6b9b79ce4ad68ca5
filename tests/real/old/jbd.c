/* Exports two symbols, one of them to free software only; needs one of the kernel. */
#include "old.h"

int journal_start(int blocks)
{
	mod_use_count_++;
	return printk("<7>%d blocks\n", blocks);
}

int journal_stop(int handle)
{
	return handle;
}

int hidden(void);
int hidden(void)
{
	return 0;
}

EXPORT_SYMBOL(journal_start);
EXPORT_SYMBOL_GPL(journal_stop);
MODULE_LICENSE("GPL");
