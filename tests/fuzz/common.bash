# `load common` in a .bats file: fuzzes a target for a while.

# fuzz TARGET: a target that reaches little tries nothing; the smallest reaches some 140 places.
fuzz() {
	local coverage
	cd "$BATS_TEST_DIRNAME/../.."
	command -v clang >/dev/null || skip "no clang"
	run tests/fuzz/run -t "${FUZZ_SECONDS:-20}" "$1"
	echo "$output"
	[ "$status" = 0 ]
	coverage=$(sed -n "s/^$1: .* coverage \([0-9]*\),.*/\1/p" <<<"$output")
	[ "$coverage" -ge 100 ]
}
