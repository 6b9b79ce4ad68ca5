# depmod: one static file. `make` builds ./depmod, `make size` prints what each room costs,
# `make demo` shows it at work, `make test` runs everything, also `make lint` and `make check-hardening`.

ROOMS = main depmod modprobe help options arguments shell lookup rules database running config conf scan load kernel resolve cycles output closure publish index confine facts module \
	inflate crc unxz lzma2 bcj check unzstd literals sequences fse xxh64 elf \
	glob regex hash sort path file arena span text report
DECODERS = inflate lzma2 literals sequences fse xxh64
FAST = $(DECODERS) elf facts hash sort index
OBJECTS = $(ROOMS:%=build/%.o)

WARNINGS = -Wall -Wextra -Wshadow -Wconversion
SAFE = -D_FILE_OFFSET_BITS=64 -fPIE -fstack-protector
SMALL = -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables
LINK_SAFE = -Wl,-z,relro,-z,now,-z,noexecstack,-z,noseparate-code,--gc-sections,--build-id=none,-s

# The release build: musl-gcc, where it is installed and no other compiler is asked for. Debian's does not know
# -static-pie and would silently link a program that needs a loader, so gcc itself gets the pieces by hand.
ifeq ($(origin CC),default)
MUSL_GCC := $(shell command -v musl-gcc)
endif
ifneq ($(MUSL_GCC),)
CC = $(MUSL_GCC)
MUSL := $(shell $(MUSL_GCC) -static -\#\#\# none.o 2>&1 | sed -n 's/.* -L\([^ ]*musl[^ ]*\) .*/\1/p')
# Optimised across rooms; the objects hold ordinary code too, for `make size`.
ACROSS = -flto -ffat-lto-objects
OBJECTS += build/libc.o
build/libc.o: OPTIMISE = $(SMALLEST) -fno-builtin -fno-tree-loop-distribute-patterns
# Padding before loops, and in the decoders copies of their heads and the best order of blocks, cost four kilobytes and gain
# nothing that can be measured.
PACKED = -falign-functions=1 -falign-loops=1 -falign-jumps=1 -falign-labels=1
$(DECODERS:%=build/%.o): PACKED += -fno-tree-ch -freorder-blocks-algorithm=simple
LINK = $(or $(REALGCC),gcc) -nostdlib -static-pie $(LINK_SAFE) -flto=auto -flto-partition=one $(SMALLEST) -o $@ $(MUSL)/rcrt1.o $(MUSL)/crti.o $(OBJECTS) \
	$(MUSL)/libc.a -lgcc -lgcc_eh $(MUSL)/libc.a $(MUSL)/crtn.o
else
LINK = $(CC) $(CFLAGS) -static $(LINK_SAFE) -o $@ $(OBJECTS) && \
	echo 'note: built without musl-gcc; it works, but is not the release build'
endif

depmod: $(OBJECTS)
	$(LINK)

SMALLEST := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os)
OPTIMISE = $(SMALLEST)
$(FAST:%=build/%.o): OPTIMISE = -O2 $(PACKED)

build/%.o: %.c depmod.h Makefile build/compiler | build
	$(CC) -std=c11 $(WARNINGS) $(SAFE) $(SMALL) $(OPTIMISE) $(ACROSS) $(CFLAGS) -c $< -o $@

build/help.o: build/help.inc
build/help.inc: help/depmod help/modprobe | build
	@for text in $^; do cat $$text; printf '\0'; done | gzip -9n | od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g' >$@

# Another compiler or other flags: everything anew.
build/compiler: always | build
	@echo '$(CC) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CFLAGS)' >$@

build:
	@mkdir -p $@

# Code and constants of each room in bytes, largest last, then the whole.
size: depmod
	@size $(OBJECTS) | awk 'NR > 1 { sub(".*/", "", $$6); print $$1 + $$2, $$6 }' | sort -n
	@wc -c depmod

# ---- tests ----

# Rooms are tested as they are, but with the C library and the sanitizers of the host.
TEST_CC = gcc
TEST_CFLAGS = -std=c11 -g -O1 $(WARNINGS) -fsanitize=address,undefined -fno-sanitize-recover=all
TESTED = $(filter-out main depmod modprobe help,$(ROOMS))
UNITS = $(patsubst tests/unit/%.c,build/unit/%,$(filter-out %-streams.c,$(wildcard tests/unit/*.c)))

demo:
	@tests/setup build
	@$(MAKE) -s depmod build/mkmodule
	@tests/demo

test:
	@tests/run

tests: build/mkmodule $(UNITS) build/streams/inflate build/streams/unxz build/streams/unzstd $(if $(shell command -v clang),fuzzers)

# What real compressors make, for the tests of the decoders.
build/streams/%: tests/unit/make-%-streams
	@rm -rf $@
	@mkdir -p build/streams
	$< $@.part && mv $@.part $@

build/mkmodule: tests/mkmodule.c | build
	$(TEST_CC) -std=c11 -O1 $(WARNINGS) $< -o $@

build/test-%.o: %.c depmod.h Makefile | build
	$(TEST_CC) $(TEST_CFLAGS) -c $< -o $@

build/unit/%: tests/unit/%.c $(wildcard tests/unit/*.h) $(TESTED:%=build/test-%.o)
	@mkdir -p build/unit
	$(TEST_CC) $(TEST_CFLAGS) -I. $(filter-out %.h,$^) -lcmocka -llzma -lzstd -lz -o $@

# Fuzzing: see tests/fuzz/run. Hidden symbols, so that libz does not call our crc32().
FUZZ_CFLAGS = -std=c11 -g -O1 $(WARNINGS) -fvisibility=hidden -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_OUTSIDE = report arena_reserve file_read directory_open directory_next directory_close
FUZZERS = $(patsubst tests/fuzz/%.c,build/fuzz/%,$(filter-out %/outside.c,$(wildcard tests/fuzz/*.c)))

build/fuzz/%.o: %.c depmod.h Makefile
	@mkdir -p build/fuzz
	clang $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -c $< -o $@

build/fuzz/%: tests/fuzz/%.c tests/fuzz/outside.c $(wildcard tests/fuzz/*.h) $(TESTED:%=build/fuzz/%.o)
	clang $(FUZZ_CFLAGS) -fsanitize=fuzzer $(FUZZ_OUTSIDE:%=-Wl,--wrap=%) $(filter-out %.h,$^) -llzma -lzstd -lz -o $@

fuzzers: $(FUZZERS) build/fuzz/seeds

build/fuzz/seeds: tests/fuzz/make-seeds build/mkmodule
	@rm -rf $@ $@.part
	$< $@.part && mv $@.part $@

# What checkers say that run nothing, and whether the executable is as hard to abuse as it can be.
LINTERS = gcc clang-tidy cppcheck
LINTED = $(OBJECTS:build/%.o=%.c) $(wildcard tests/*.c tests/unit/*.c tests/bench/*.c tests/fuzz/*.c)

lint: build/help.inc
	@WARNINGS='$(WARNINGS)' tests/lint '$(LINTERS)' $(LINTED)

check-hardening: depmod
	@tests/check-hardening depmod $(OBJECTS)

clean:
	rm -rf build depmod

always:

.PHONY: always size demo test tests fuzzers lint check-hardening clean
