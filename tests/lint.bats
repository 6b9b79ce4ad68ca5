# What static checkers say of the C files: see tests/lint, and .clang-tidy for what they are not asked. Other versions have
# other opinions; `make lint` asks them, too.

settled() {
	[[ "$("$1" --version | tr '\n' ' ')" == *"$2"* ]] || skip "the settings are for $1 of version ${2# }"
}

checked_by() { make -s --no-print-directory -C "$BATS_TEST_DIRNAME/.." lint LINTERS="$1"; }

@test "gcc's analyzer has nothing to say" {
	settled gcc ' 12.'
	checked_by gcc
}

@test "clang-tidy has nothing to say" {
	settled clang-tidy ' version 14.'
	checked_by clang-tidy
}

@test "cppcheck has nothing to say" {
	settled cppcheck ' 2.10'
	checked_by cppcheck
}

@test "all is laid out as clang-format does" {
	settled clang-format ' version 14.'
	cd "$BATS_TEST_DIRNAME/.."
	clang-format --dry-run -Werror --fallback-style=none ./*.[ch] {base,xz,zstd,modprobe,old}/*.[ch]
}

@test "no room calls or includes what does not stand below it" {
	cd "$BATS_TEST_DIRNAME/.."
	run tests/check-layers
	echo "$output"
	[ "$status" = 0 ]
	[ -z "$output" ]
}

# with LINE FILE: what check-layers says of all headers and rooms with that line at the end of the file.
with() {
	cd "$BATS_TEST_DIRNAME/.."
	cp --parents ./*.[ch] {base,xz,zstd,modprobe,old}/*.[ch] "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	echo "$1" >>"$2"
	run "$BATS_TEST_DIRNAME/check-layers"
	echo "$output"
}

# complains TEXT: that, and nothing else.
complains() { [ "$status" = 1 ] && [ "$output" = "$1" ]; }

@test "a call upwards within a header is seen" {
	with 'bool upwards(void) { return module_compression(0) && regex_matches("", "", NULL); }' elf.c
	complains "elf.c calls module_compression(), which does not stand below it: depmod.h, module.c: one module's bytes"
}

@test "a call upwards by a macro is seen" {
	with 'void upwards(void) { error("no"); }' base/arena.c
	complains 'base/arena.c calls error(), which does not stand below it: base/base.h, report.c: messages'
}

@test "a call from a folder to one above it is seen" {
	with 'bool upwards(void) { return can_be_listed(""); }' base/path.c
	complains 'base/path.c calls can_be_listed(), which does not stand below it: depmod.h, scan.c: which files are modules, and which of them counts'
}

@test "a call from one program's folder to another's is seen" {
	with 'bool aside(void) { return is_old_directory("", 0); }' modprobe/rules.c
	complains 'modprobe/rules.c calls is_old_directory(), which does not stand below it: old/old.h, modulesconf.c: modules.conf of the 2.4 series'
}

@test "a call from the top to a program's folder is seen" {
	with 'const char *upwards(void) { return rule_command(INSTALL); }' depmod.c
	complains 'depmod.c calls rule_command(), which does not stand below it: modprobe/modprobe.h, rules.c: modprobe.d'
}

@test "a header that includes one above it is seen" {
	with '#include "../depmod.h"' base/base.h
	complains 'base/base.h includes depmod.h, which does not stand below it'
}

@test "a room that includes a header beside it is seen" {
	with '#include "../zstd/zstd.h"' xz/unxz.c
	complains 'xz/unxz.c includes zstd/zstd.h, which does not stand below it'
}

@test "a room that no header has is seen" {
	with 'int one(void) { return 1; }' base/new.c
	complains 'base/new.c stands in no section'
}

@test "bad() may be called from anywhere, and a static function may have a name that is used above" {
	with 'static void scan_objects(void) { bad(""); } void below(void) { scan_objects(); }' base/span.c
	[ "$status" = 0 ]
	[ -z "$output" ]
}
