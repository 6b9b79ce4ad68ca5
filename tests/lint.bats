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

@test "no room calls one that stands above it in depmod.h" {
	run "$BATS_TEST_DIRNAME/check-layers"
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "a call upwards is seen" {
	cp "$BATS_TEST_DIRNAME"/../*.[ch] "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	echo 'int upwards(void) { return depmod(0); }' >>text.c
	run "$BATS_TEST_DIRNAME/check-layers"
	[ "$status" = 1 ]
	[ "$output" = 'text.c calls depmod(), which stands above it: main.c, depmod.c, modprobe.c: the commands' ]
}
