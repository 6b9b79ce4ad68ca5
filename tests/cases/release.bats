# The executable itself: what a release must be.
load common

@test "nothing is missing of what tests/check-hardening looks for" {
	UNPACKER=yes "$PROJECT/tests/check-hardening" "$DEPMOD"
	SIZE_LIMIT=500000 "$PROJECT/tests/check-hardening" "$PROJECT/build/program" "$PROJECT"/build/{scan,report,publish}.o
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
