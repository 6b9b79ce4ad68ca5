# tests/check-hardening: that it sees what it is there to see. Each test takes one thing from a program that lacks nothing.

CHECK=$BATS_TEST_DIRNAME/../check-hardening

setup() {
	cd "$BATS_TEST_TMPDIR"
	cat >guarded.c <<'END'
void fill(char *to, int n) { while (n--) to[n] = 1; }
static const char *const words[] = { "a", "b" };
int _start(int n) { char buffer[64]; fill(buffer, n); return buffer[n] + words[n & 1][0]; }
END
	echo 'unsigned long __stack_chk_guard; void __stack_chk_fail(void) { for (;;); }' >fail.c
}

compile() { ${CROSS:-}gcc -Os -fPIE -fno-builtin -fstack-protector "$@" -c guarded.c fail.c; }

# link [OPTION...]: the program, as hard as a release, but for the options; and its check. It is never run.
link() {
	${CROSS:-}gcc -Os -fPIE -nostdlib -static-pie -Wl,-z,relro,-z,now,-z,noexecstack,--build-id=none,-s "$@" \
		-o program guarded.o fail.o || return
	run "$CHECK" program guarded.o
	echo "$output"
}

# misses TEXT: of all properties, exactly that one.
misses() { [ "$status" = 1 ] && [ "$(grep -v '^ok ' <<<"$output")" = "MISSING  $1" ]; }

@test "nothing is missing from a program that has it all" {
	compile
	link
	[ "$status" = 0 ]
	[ "$(grep -c '^ok ' <<<"$output")" = 13 ]
}

@test "a fixed address is seen" {
	compile -fno-PIE
	link -static -no-pie
	[ "$status" = 1 ]
	[[ "$output" == *"MISSING  position-independent"* ]]
}

@test "a shared library is not taken for an executable" {
	compile -fPIC
	link -shared -Wl,-Bsymbolic
	misses "marked as an executable, not a library"
}

@test "a loader and libraries are seen" {
	echo 'int main(void) { return 0; }' >dynamic.c
	gcc -Os -fPIE -pie -o dynamic dynamic.c
	run "$CHECK" dynamic
	[ "$status" = 1 ]
	[[ "$output" == *"MISSING  no loader wanted"* ]]
	[[ "$output" == *"MISSING  no libraries, no symbols of others"* ]]
}

@test "data that stays writable after relocation is seen" {
	compile
	link -Wl,-z,norelro
	misses "to be read-only after relocation"
}

@test "data that stays writable after relocation is seen in a program for MIPS, too" {
	CROSS=mips64el-linux-gnuabi64-
	command -v ${CROSS}gcc >/dev/null || skip "no compiler for MIPS"
	compile
	link -Wl,--no-dynamic-linker,-e,_start
	[ "$status" = 0 ]
	link -Wl,--no-dynamic-linker,-e,_start,-z,norelro
	misses "to be read-only after relocation"
}

@test "late binding is seen" {
	compile
	link -Wl,-z,lazy
	misses "all bound at the start"
}

@test "relocations in code are seen" {
	echo '.text; .dc.a _start; .section .note.GNU-stack,"",%progbits' >more.s
	compile
	link -Wl,-z,notext more.s
	misses "no relocations in code"
}

@test "a relocation that base/start.c does not know is seen" {
	cat >choice.c <<'END'
static int one(void) { return 1; }
static void *choose(void) { return one; }
int chosen(void) __attribute__((ifunc("choose")));
int (*const volatile later)(void) = chosen;
END
	compile
	link choice.c
	misses "relocations that only add the program's address"
}

@test "an executable stack is seen" {
	compile
	link -Wl,-z,execstack
	misses "stack not executable"
}

@test "a segment both writable and executable is seen" {
	echo '.section .both,"awx"; .long 0; .section .note.GNU-stack,"",%progbits' >more.s
	compile
	link more.s
	misses "nothing both writable and executable"
}

@test "an unguarded stack is seen" {
	compile -fno-stack-protector
	link
	misses "stack guarded"
}

@test "of objects, one at least must guard its stack" {
	compile
	link
	[ "$status" = 0 ]
	echo 'int nothing;' >more.c
	gcc -c more.c
	run "$CHECK" program more.o
	misses "stack guarded"
	run "$CHECK" program more.o guarded.o
	[ "$status" = 0 ]
}

@test "symbols left in are seen" {
	compile
	gcc -nostdlib -static-pie -Wl,-z,relro,-z,now,-z,noexecstack -o program guarded.o fail.o
	run "$CHECK" program
	misses "stripped"
}

@test "too many bytes are seen" {
	echo 'const char many[100000] = { 1 };' >more.c
	compile
	link more.c
	misses "smaller than 100000 bytes"
	SIZE_LIMIT=200000 run "$CHECK" program
	[ "$status" = 0 ]
}

@test "what is no executable is refused" {
	echo text >program
	run "$CHECK" program
	[ "$status" = 2 ]
}
