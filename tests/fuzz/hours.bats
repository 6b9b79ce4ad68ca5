# `make fuzz HOURS=n` keeps what it found out; see tests/fuzz/run.
bats_require_minimum_version 1.5.0

setup() {
	command -v clang >/dev/null || skip "no clang"
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tests/fuzz build/fuzz/seeds/deep
	cp "$BATS_TEST_DIRNAME/run" tests/fuzz
	printf 'build/fuzz/%%: tests/fuzz/%%.c\n\tclang -fsanitize=fuzzer $< -o $@\n' >Makefile
	echo seed >build/fuzz/seeds/deep/seed
}

# target LIMIT: its letters are found one after the other; it crashes at the LIMITth.
target() {
	cat >tests/fuzz/deep.c <<-END
		#include <stddef.h>
		#include <stdint.h>
		int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
		static volatile unsigned reached;
		int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
		{
			if (size > 0 && data[0] == 'd') {
				reached = 1;
				if (size > 1 && data[1] == 'e') {
					reached = 2;
					if (size > 2 && data[2] == 'p')
						reached = 3;
				}
			}
			if (reached >= $1)
				__builtin_trap();
			return 0;
		}
	END
	rm -f build/fuzz/deep
}

@test "a target's corpus outlives a run, the fewest inputs that reach as much" {
	target 4
	run tests/fuzz/run -H 0.0002 -k kept
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" =~ ^deep:\ [1-9][0-9]*\ executions,\ coverage\ [1-9][0-9]*,\ .*,\ 0\ crashes$ ]]
	once=$(ls kept/corpus/deep)
	[ "$(wc -l <<<"$once")" -ge 4 ] && [ "$(wc -l <<<"$once")" -le 8 ]
	head -c 3 -q kept/corpus/deep/* | grep -q dep
	for i in $(seq 50); do echo "nothing $i" >kept/corpus/deep/more$i; done
	run tests/fuzz/run -H 0.0002 -k kept deep
	[ "$status" = 0 ]
	[ "$(ls kept/corpus/deep | wc -l)" -le 8 ]
	head -c 3 -q kept/corpus/deep/* | grep -q dep
}

@test "a crash: exit status 1, its input is kept and tried again" {
	target 3
	run tests/fuzz/run -H 0.002 -k kept
	echo "$output"
	[ "$status" != 0 ]
	[[ "$output" == *" 1 crashes"* ]]
	found=$(sed -n 's/^deep: FOUND //p' <<<"$output")
	[[ "$found" == kept/found/deep/crash-* ]]
	[[ "$(cat "$found")" == dep* ]]
	run ! build/fuzz/deep "$found"
	run tests/fuzz/run -t 1 -k kept
	[ "$status" != 0 ]
	[[ "$output" == *"FOUND $found"* ]]
	target 4
	run tests/fuzz/run -t 1 -k kept
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" == *" 0 crashes"* ]]
}

@test "the project's own targets, as make calls them" {
	cd "$BATS_TEST_DIRNAME/../.."
	run tests/fuzz/run -H 0.001 -k "$BATS_TEST_TMPDIR/kept" config regex
	echo "$output"
	[ "$status" = 0 ]
	[ "$(grep -c ' 0 crashes$' <<<"$output")" = 2 ]
	[ "$(ls "$BATS_TEST_TMPDIR/kept/corpus/regex" | wc -l)" -gt 20 ]
	make help | grep -q '^make fuzz HOURS=n '
	make -n fuzz HOURS=0.1 | grep -qF 'tests/fuzz/run -H 0.1 -k tests/cache/fuzz'
}
