/* A module that another one needs. */
#include <linux/module.h>

int boil(void);

int boil(void)
{
	return 100;
}
EXPORT_SYMBOL_GPL(boil);

MODULE_ALIAS("kitchen:kettle*");
MODULE_LICENSE("GPL");
