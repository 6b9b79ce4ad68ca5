/* Needs what jbd exports, what it does not, and what is weak; a function that is declared only is no need. */
#include "old.h"

int hidden(void);

int (*start)(int) = journal_start;

int init_module(void)
{
	return start(1) + (optional ? optional() : 0);
}

void cleanup_module(void)
{
	journal_stop(hidden());
}

MODULE_LICENSE("GPL");
