# `load common` in a .bats file: fuzzes a target for a while.

fuzz() {
	cd "$BATS_TEST_DIRNAME/../.."
	command -v clang >/dev/null || skip "no clang"
	tests/fuzz/run -t "${FUZZ_SECONDS:-20}" "$1"
}
