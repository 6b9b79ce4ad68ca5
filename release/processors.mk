# What makes the programs small on a processor. MACHINE is what the compiler calls it.
MACHINE := $(shell $(CC) -dumpmachine)
LAYOUT = -Wl,-T,release/program.ld

# Passes of the compiler that make code larger, although it is asked for few bytes: what is computed before a loop and kept, for
# one, takes a register, and instructions to save and restore it.
SMALLER = -fno-move-loop-invariants -fno-tree-loop-im -fno-tree-ch -fno-caller-saves -fno-partial-inlining

# Eight registers, and no addresses relative to the instruction, make more code of everything: only what matters most is made for
# speed. Nobody needs a stack that is aligned to 16 bytes, or structures of eight bytes returned in memory.
ifneq ($(filter i386% i486% i586% i686%,$(MACHINE)),)
PROCESSOR = -mpreferred-stack-boundary=2 -freg-struct-return -fno-inline-functions-called-once
FAST = inflate zstd/sequences
DECODERS =
endif

# All of a program is near enough for addresses of one instruction.
ifneq ($(filter aarch64%,$(MACHINE)),)
PROCESSOR = -mcmodel=tiny -fno-shrink-wrap
FAST = elf
endif

# Registers are saved and restored by a few functions for all.
ifneq ($(filter riscv%,$(MACHINE)),)
PROCESSOR = -msave-restore
endif

# Code for these is larger by a third and more, and no limit holds for them: all of it is made small.
ifneq ($(filter s390x% mips64el% powerpc64le%,$(MACHINE)),)
FAST =
DECODERS =
endif
