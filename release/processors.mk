# What the processors of the release need to be small. Those that have more code for the same get less of it made for speed.
MACHINE := $(shell $(CC) -dumpmachine)
LAYOUT = -Wl,-T,release/program.ld
