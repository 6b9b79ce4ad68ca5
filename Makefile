# depmod: one static file. `make` builds ./depmod, `make size` prints what each room costs,
# `make demo` shows it at work, `make test` runs everything, also `make lint` and `make check-hardening`;
# `make install` is at the end.

# Where it stands once.
VERSION := $(shell sed -n 's/^\#define VERSION "\(.*\)"/\1/p' help.c)

# In the order of main.c's list; the executable is called like the first one, and the others are links to it.
COMMANDS = depmod modprobe
ROOMS = main depmod modutils modprobe help options arguments shell lookup rules database running config modulesconf conf kernels oldtree scan load kernel \
	resolve cycles dot explain output closure publish index confine facts maps modalias tables ksymtab object module \
	gunzip inflate crc unxz lzma2 bcj check unzstd literals sequences fse xxh64 elf \
	nearest glob regex hash path tree file sort arena span text report progress
DECODERS = inflate lzma2 literals sequences fse xxh64
FAST = $(DECODERS) elf facts hash sort index output text
UNPACKER = unpack inflate span
PACK = gzip -9n
BARE = tail -c +11 | head -c -8  # without header and trailer
OBJECTS = $(ROOMS:%=build/%.o)

WARNINGS = -Wall -Wextra -Wshadow -Wconversion
SAFE = -D_FILE_OFFSET_BITS=64 -fPIE -fstack-protector
SMALL = -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables
LINK_SAFE = -Wl,--no-dynamic-linker,-z,relro,-z,now,-z,noexecstack,--gc-sections,--build-id=none,--exclude-libs=ALL,-s

# The release build: musl-gcc, where it is installed and no other compiler is asked for. Debian's does not know
# -static-pie and would silently link a program that needs a loader, so gcc itself gets the pieces by hand. For another
# processor: CROSS=aarch64-linux-gnu- MUSL=LIBRARIES MUSL_INCLUDE=HEADERS; see release/build.
ifdef CROSS
CC = $(CROSS)gcc -nostdinc -isystem "$(MUSL_INCLUDE)" -isystem $(shell $(CROSS)gcc -print-file-name=include)
else ifeq ($(origin CC),default)
ifneq ($(shell command -v musl-gcc),)
CC = musl-gcc
MUSL := $(shell $(CC) -static -\#\#\# none.o 2>&1 | sed -n 's/.* -L\([^ ]*musl[^ ]*\) .*/\1/p')
endif
endif
ifdef MUSL
# Optimised across rooms; the objects hold ordinary code too, for `make size`.
ACROSS = -flto -ffat-lto-objects
OBJECTS += build/libc.o build/relro.o
build/libc.o: private OPTIMISE = $(SMALLEST) -fno-builtin -fno-tree-loop-distribute-patterns
LINK = $(CROSS)$(or $(REALGCC),gcc) -nostdlib -static-pie $(LINK_SAFE) -flto=auto -flto-partition=one $(SMALLEST) -o $@ "$(MUSL)"/rcrt1.o "$(MUSL)"/crti.o $(filter %.o,$^) \
	"$(MUSL)"/libc.a -lgcc -lgcc_eh "$(MUSL)"/libc.a "$(MUSL)"/crtn.o

# Where code is larger than that of x86_64 and ARM, size goes before speed: LZMA2 takes ten times as long as deflate to unpack,
# some milliseconds.
MACHINE := $(shell $(CC) -dumpmachine)
ifeq ($(filter x86_64% arm%,$(MACHINE)),)
UNPACKER = unpack lzma2 span
FAST := $(filter-out output text,$(FAST))
PACK = xz --format=raw --lzma2=preset=9e,lc=0,lp=2,pb=2
BARE = cat
build/unpack.o: private CFLAGS += -DPACKED_AS_LZMA2
endif
ifneq ($(filter mips%,$(MACHINE)),)
SAFE += -mno-relax-pic-calls
FAST =
endif
build/unpack.o: private OPTIMISE = $(SMALLEST) -fno-builtin -fno-tree-loop-distribute-patterns

# The program is compressed; what unpacks it (see unpack.c) is an executable like it, but that it has no relocations, and
# that its code and constants share pages, which saves as much as they are large on some processors.
depmod: $(UNPACKER:%=build/%.o) build/libc.o
	$(LINK) -Wl,-z,noseparate-code,-z,norelro,-z,common-page-size=1024
	@$(CROSS)strip -R .comment -R .gnu.attributes $@

build/unpack.o: build/program.inc
# What stands behind the last segment is for debuggers and linkers.
build/loaded: build/program
	@head -c "$$(($$(readelf -lW $< | awk '$$1 == "LOAD" { end = $$2 " + " $$5 } END { print end }')))" $< >$@ && [ -s $@ ]

# A compressor that is missing or fails ends the build: what it wrote must become the same again.
build/packed: build/loaded
	@$(PACK) <$< >$@ && $(PACK) -d <$@ | cmp - $<

build/program.inc: build/packed
	@{ echo 'static const uint8_t packed[] = {' && <$< $(BARE) | $(NUMBERS) && \
		echo "}; enum { PROGRAM_SIZE = $$(wc -c <build/loaded) };"; } >$@

build/program: $(OBJECTS)
	$(LINK) -Wl,-z,separate-code
else
depmod: $(OBJECTS)
	$(CC) $(CFLAGS) -static $(LINK_SAFE) -o $@ $(OBJECTS)
	@echo 'note: built without musl-gcc; it works, but is not the release build'
endif

SMALLEST := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os)
ifdef MUSL
# Instructions in the order in which they come to mind are more alike, and so are packed better: by 2 %, and 9 % on MIPS.
SMALLEST += -fno-schedule-insns2 -fno-move-loop-invariants
endif
OPTIMISE = $(SMALLEST)
$(FAST:%=build/%.o): OPTIMISE = -O2
# Bytes as a list that C takes.
NUMBERS = od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g'

build/%.o: %.c depmod.h Makefile build/compiler | build
	$(CC) -std=c11 $(WARNINGS) $(SAFE) $(SMALL) $(OPTIMISE) $(ACROSS) $(CFLAGS) -c $< -o $@

build/help.o: build/help.inc
build/help.inc: $(COMMANDS:%=help/%) | build
	@for text in $^; do cat $$text; printf '\0'; done | $(NUMBERS) >$@

# Another compiler or other flags: everything anew.
build/compiler: always | build
	@echo '$(CC) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CFLAGS)' >$@

build:
	@mkdir -p $@

# Code and constants of each room in bytes, largest last, then the whole.
size: depmod
	@size $(OBJECTS) | awk 'NR > 1 { sub(".*/", "", $$6); print $$1 + $$2, $$6 }' | sort -n
	@wc -c $(wildcard build/program) depmod

# ---- tests ----

# Rooms are tested as they are, but with the C library and the sanitizers of the host.
TEST_CC = gcc
TEST_CFLAGS = -std=c11 -g -O1 $(WARNINGS) -fsanitize=address,undefined -fno-sanitize-recover=all
TESTED = $(filter-out main depmod modutils modprobe help,$(ROOMS))
UNITS = $(patsubst tests/unit/%.c,build/unit/%,$(filter-out %-streams.c,$(wildcard tests/unit/*.c)))

demo:
	@tests/setup build
	@$(MAKE) -s depmod build/mkmodule
	@tests/demo

test:
	@tests/run

tests: build/mkmodule $(UNITS) build/streams/gunzip build/streams/unxz build/streams/unzstd $(if $(shell command -v clang),fuzzers)

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

build/unit/load: private TEST_CFLAGS += -Wl,--wrap=confine,--wrap=keep_module
build/unit/maps: | build/mkmodule

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
LINTED = $(OBJECTS:build/%.o=%.c) $(if $(MUSL),unpack.c) $(wildcard tests/*.c tests/unit/*.c tests/bench/*.c tests/fuzz/*.c tests/real/*.c)

lint: build/help.inc $(if $(MUSL),build/program.inc)
	@tests/check-layers
	@WARNINGS='$(WARNINGS)' tests/lint '$(LINTERS)' $(LINTED)

check-hardening: depmod
ifdef MUSL
	@UNPACKER=yes tests/check-hardening depmod $(OBJECTS)
	@SIZE_LIMIT=500000 tests/check-hardening build/program $(OBJECTS)
else
	@tests/check-hardening depmod $(OBJECTS)
endif

# ---- releases ----

release:
	@tests/setup release
	@release/build $(VERSION)

# ---- installing: DESTDIR goes before all of these ----

PREFIX = /usr/local
SBINDIR = $(PREFIX)/sbin
MANDIR = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d

LINKS = $(filter-out depmod,$(COMMANDS))
PAGES = $(wildcard man/*)

# Pages name the version below their text.
build/man/%: man/% help.c Makefile
	@mkdir -p build/man
	sed 's/^\.Os$$/.Os depmod $(VERSION)/' $< >$@

# A shell looks for completions under the name of the command.
install: depmod $(PAGES:%=build/%)
	install -d '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(MANDIR)/man8' \
		'$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'
	install -m 755 depmod '$(DESTDIR)$(SBINDIR)'
	install -m 644 $(filter %.5,$(PAGES:%=build/%)) '$(DESTDIR)$(MANDIR)/man5'
	install -m 644 $(filter %.8,$(PAGES:%=build/%)) '$(DESTDIR)$(MANDIR)/man8'
	install -m 644 completions/depmod.bash '$(DESTDIR)$(BASHDIR)/depmod'
	install -m 644 completions/_depmod '$(DESTDIR)$(ZSHDIR)'
	install -m 644 completions/depmod.fish '$(DESTDIR)$(FISHDIR)'
	ln -sf modules.dep.5 '$(DESTDIR)$(MANDIR)/man5/modules.dep.bin.5'
	for name in $(LINKS); do \
		ln -sf depmod '$(DESTDIR)$(SBINDIR)'/$$name && ln -sf depmod '$(DESTDIR)$(BASHDIR)'/$$name && \
		ln -sf depmod.fish '$(DESTDIR)$(FISHDIR)'/$$name.fish || exit; \
	done

# Links of these names that lead elsewhere are not ours, nor are links where files were installed.
uninstall:
	for link in $(addprefix '$(DESTDIR)$(SBINDIR)'/,$(LINKS)) $(addprefix '$(DESTDIR)$(BASHDIR)'/,$(LINKS)) \
		$(addprefix '$(DESTDIR)$(FISHDIR)'/,$(LINKS:=.fish)) '$(DESTDIR)$(MANDIR)'/man5/modules.dep.bin.5; do \
		case $$(readlink "$$link") in depmod | depmod.fish | modules.dep.5) rm "$$link" ;; esac || exit; \
	done
	for file in '$(DESTDIR)$(SBINDIR)'/depmod '$(DESTDIR)$(BASHDIR)'/depmod '$(DESTDIR)$(ZSHDIR)'/_depmod \
		'$(DESTDIR)$(FISHDIR)'/depmod.fish $(addprefix '$(DESTDIR)$(MANDIR)'/man5/,$(notdir $(filter %.5,$(PAGES)))) \
		$(addprefix '$(DESTDIR)$(MANDIR)'/man8/,$(notdir $(filter %.8,$(PAGES)))); do \
		[ -L "$$file" ] || rm -f "$$file" || exit; \
	done

clean:
	rm -rf build depmod

.DELETE_ON_ERROR:

always:

.PHONY: always size demo test tests fuzzers lint check-hardening release install uninstall clean
