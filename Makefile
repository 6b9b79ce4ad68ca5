# Builds three static programs: depmod, modprobe and depmod.old. `make help` lists all targets.

# about.c is the only place of the version.
VERSION := $(shell sed -n 's/^\#define VERSION "\(.*\)"/\1/p' about.c)

# Rooms are .c files. modprobe/ and old/ have the rooms of one program each. The others are linked to all programs, and
# the linker leaves out functions that a program does not use.
PROGRAMS = depmod modprobe/modprobe depmod.old
ALL_ROOMS = $(sort $(basename $(wildcard *.c base/*.c xz/*.c zstd/*.c)))
SHARED = $(filter-out depmod $(if $(MUSL),,base/libc base/start),$(ALL_ROOMS))
ROOMS = depmod $(SHARED) $(sort $(basename $(wildcard modprobe/*.c old/*.c)))
objects = $(patsubst %,build/%.o,$(1) $(SHARED))
# modprobe reads few modules, so that none of its rooms is made for speed.
small_objects = $(patsubst %,build/%.o,$(1) $(filter-out $(DECODERS) $(FAST),$(SHARED)) $(addprefix small/,$(DECODERS) $(FAST)))

# Rooms that take most of the time, and are made for speed. All others are made small.
DECODERS = inflate xz/lzma2 zstd/literals zstd/sequences zstd/fse zstd/xxh64
FAST = elf facts hash base/sort

WARNINGS = -Wall -Wextra -Wshadow -Wconversion
LIMITS = -Wframe-larger-than=16384
SAFE = -D_FILE_OFFSET_BITS=64 -fPIE -fstack-protector
SMALL = -fomit-frame-pointer -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables
OZ := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os)
SMALLEST = $(OZ) $(SMALLER)
OPTIMISE = $(SMALLEST)
LINK_SAFE = -Wl,--no-dynamic-linker,-z,relro,-z,now,-z,noexecstack,--gc-sections,--build-id=none,--exclude-libs=ALL,-s

# The release build uses musl-gcc, where it is installed and no other compiler is asked for. Debian's musl-gcc does not
# know -static-pie and would silently link a program that needs a loader, so gcc itself links, with all files of musl
# named. For another processor: CROSS=aarch64-linux-gnu- MUSL=LIBRARIES MUSL_INCLUDE=HEADERS; see release/build.
ifdef CROSS
CC = $(CROSS)gcc -nostdinc -isystem "$(MUSL_INCLUDE)" -isystem $(shell $(CROSS)gcc -print-file-name=include)
else ifeq ($(origin CC),default)
ifneq ($(shell command -v musl-gcc),)
CC = musl-gcc
MUSL := $(shell $(CC) -static -\#\#\# none.o 2>&1 | sed -n 's/.* -L\([^ ]*musl[^ ]*\) .*/\1/p')
endif
endif
ifdef MUSL
include release/processors.mk
# The compiler optimises across rooms. Objects have ordinary code, too, for `make size`.
ACROSS = -flto -ffat-lto-objects
build/base/libc.o build/base/start.o: private OPTIMISE = $(SMALLEST) -fno-builtin -fno-tree-loop-distribute-patterns
build/base/libc.o: private ACROSS += $(OWN_START)
build/base/start.o: private ACROSS = $(OWN_START) -fno-stack-protector
LINK = $(CROSS)$(or $(REALGCC),gcc) -nostdlib -static-pie $(LINK_SAFE) $(LINK_SMALL) -flto=auto -flto-partition=one $(SMALLEST) $(PROCESSOR) -o $@ \
	$(if $(OWN_START),,"$(MUSL)"/rcrt1.o "$(MUSL)"/crti.o) $(filter %.o,$^) "$(MUSL)"/libc.a -lgcc -lgcc_eh "$(MUSL)"/libc.a \
	$(if $(OWN_START),,"$(MUSL)"/crtn.o)
else
LINK = $(CC) $(CFLAGS) -static $(LINK_SAFE) -o $@ $^
endif

all: $(PROGRAMS) note
note: $(filter $(PROGRAMS),$(MAKECMDGOALS))
ifndef MUSL
	@echo 'note: built without musl-gcc; it works, but is not the release build'
endif

depmod: $(call objects,depmod)
modprobe/modprobe: $(call small_objects,$(sort $(basename $(wildcard modprobe/*.c))))
depmod.old: $(call objects,$(sort $(basename $(wildcard old/*.c))))
$(PROGRAMS): $(if $(MUSL),release/program.ld)
	$(LINK)

UNALIGNED = -falign-functions=1 -falign-jumps=1 -falign-loops=1 -falign-labels=1
$(FAST:%=build/%.o): OPTIMISE = -O2 $(UNALIGNED) $(SMALLER)
$(DECODERS:%=build/%.o): OPTIMISE = -O2 $(UNALIGNED)

HEADERS = $(wildcard *.h */*.h)
NEEDED = $(HEADERS) Makefile $(wildcard release/processors.mk) build/compiler
COMPILE = $(CC) -std=c11 $(WARNINGS) $(LIMITS) $(SAFE) $(SMALL) $(OPTIMISE) $(PROCESSOR) $(ACROSS) $(CFLAGS) -c $< -o $@
build/%.o: %.c $(NEEDED)
	@mkdir -p $(@D)
	$(COMPILE)
build/small/%.o: %.c $(NEEDED)
	@mkdir -p $(@D)
	$(COMPILE)

# Help texts, compressed, as numbers for C.
build/depmod.o: build/help/depmod.inc
build/modprobe/run.o: build/help/modprobe.inc
build/old/old.o: build/help/depmod.old.inc
# Those of the commands of modprobe stand in one file, in the order of `enum command`, each ended by NUL.
build/help/modprobe.inc: $(addprefix help/,modprobe modinfo insmod rmmod lsmod kmod)
build/help/%.inc: help/% Makefile
	@mkdir -p $(@D)
	@for text in $^; do [ "$$text" = Makefile ] || { cat "$$text" && printf '\000'; } || exit; done | gzip -9n | od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g' >$@

# With another compiler or other flags, everything is built again.
build/compiler: always
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CFLAGS)' >$@

# Lists the bytes of code and constants of each room, largest last, then the sizes of the programs.
size: all
	@size $(ROOMS:%=build/%.o) | awk 'NR > 1 { sub("build/", "", $$6); print $$1 + $$2, $$6 }' | sort -n
	@wc -c $(PROGRAMS) | sed '$$d'

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

clean:
	rm -rf build $(PROGRAMS)

#: make                 the programs depmod, modprobe/modprobe and depmod.old
#: make size            lists how many bytes each room (.c file) takes
#: make clean           removes all files that were made; downloads of tests (tests/cache) stay

include tests/Makefile
include release/install.mk

.DELETE_ON_ERROR:
.PHONY: always all note size help clean
