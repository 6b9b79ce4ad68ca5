# The executable itself: what a release must be.
load common

segments() { readelf -lW "$DEPMOD"; }

@test "it is under 100,000 bytes" {
	[ "$(wc -c <"$DEPMOD")" -lt 100000 ]
}

@test "it is static and position-independent, and needs no loader" {
	readelf -hW "$DEPMOD" | grep -q 'Type: *DYN'
	[[ "$(segments)" != *INTERP* ]]
	[[ "$(readelf -dW "$DEPMOD")" != *NEEDED* ]]
}

@test "what is relocated is read-only afterwards, and all of it at once" {
	segments | grep -q GNU_RELRO
	# With the last page of RELRO the global offset table ends, too: nothing is bound later.
	[[ "$(readelf -SW "$DEPMOD")" != *.got.plt* ]]
}

@test "no segment can be written and executed, the stack among them" {
	segments | grep -q 'GNU_STACK.* RW '
	[ -z "$(segments | grep -E '^ +(LOAD|GNU_STACK)' | grep 'W.*E')" ]
}

@test "it is stripped" {
	readelf -SW "$DEPMOD" | grep -q .text
	[[ "$(readelf -SW "$DEPMOD")" != *.symtab* ]]
	[[ "$(readelf -SW "$DEPMOD")" != *.debug* ]]
}

@test "the rooms that hold buffers on the stack guard it" {
	for room in scan report publish; do
		readelf -sW "$PROJECT/build/$room.o" | grep -q __stack_chk_fail
	done
}

@test "it runs in an empty root directory" {
	mkdir -p bare/lib/modules/6.1.0
	cp "$DEPMOD" bare/depmod
	if [ "$(id -u)" = 0 ]; then enter=(chroot bare); else enter=(unshare -r chroot bare); fi
	"${enter[@]}" /depmod -V >/dev/null 2>&1 || skip "another root directory cannot be entered here"
	run "${enter[@]}" /depmod 6.1.0
	[ "$status" = 0 ]
	[ -e bare/lib/modules/6.1.0/modules.dep ]
}
