# Settings that make the programs small, by processor. MACHINE is the compiler's name of the processor.
MACHINE := $(shell $(CC) -dumpmachine)

# The smaller of two kinds of table for symbols, of which there are none; and no room for tags that might be added later.
LINK_SMALL = -Wl,-T,release/program.ld,--hash-style=sysv,--spare-dynamic-tags=0

# Processors for which base/start.c begins the process. For others, the C library does.
ifneq ($(filter-out %x32,$(filter x86_64% i386% i486% i586% i686% aarch64% arm% riscv64%,$(MACHINE))),)
OWN_START = -DOWN_START
endif

# Turns off passes of the compiler that make code larger even where it is told to save bytes. A value that is computed
# before a loop and kept, for example, takes a register, and instructions that save and restore the register.
SMALLER = -fno-move-loop-invariants -fno-tree-loop-im -fno-tree-ch -fno-caller-saves -fno-partial-inlining

# Tables stand where the processor's rules ask for, and not on addresses that vectors would need.
ifneq ($(filter x86_64% i386% i486% i586% i686%,$(MACHINE)),)
PROCESSOR = -malign-data=abi
endif

# With only eight registers, and without addresses relative to the instruction, all code is larger: only the most
# important rooms are made for speed. Nothing here needs a stack that is aligned to 16 bytes, or structures of eight
# bytes that are returned in memory.
ifneq ($(filter i386% i486% i586% i686%,$(MACHINE)),)
PROCESSOR += -mpreferred-stack-boundary=2 -freg-struct-return -fno-inline-functions-called-once
SMALLER += -fno-tree-pre -fno-tree-slsr -fno-jump-tables
FAST = inflate zstd/sequences
DECODERS =
endif

# A program is so small that one instruction can form any address in it.
ifneq ($(filter aarch64%,$(MACHINE)),)
PROCESSOR = -mcmodel=tiny -fno-shrink-wrap
FAST = elf
endif

# A few functions save and restore registers for all others.
ifneq ($(filter riscv%,$(MACHINE)),)
PROCESSOR = -msave-restore
endif

# Code for these processors is larger by a third and more, so everything is made small. No limit of size holds for
# them (see release/build).
ifneq ($(filter s390x% mips64el% powerpc64le%,$(MACHINE)),)
FAST =
DECODERS =
endif
