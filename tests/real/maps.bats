# Map files of real kernels: what their aliases say, entry by entry.
load common

# maps KERNEL WORD COUNT: all there are, COUNT lines or more.
maps() {
	local name
	kernel "$1"
	BASE=$PLAIN
	OURS=$BATS_TEST_TMPDIR
	ours --map
	for name in pci usb ccw input of; do
		"$PROJECT/tests/real/maps-of" $name "$2" "$(dirname "$(written "$OURS" modules.alias)")" >expected-$name
		tail -n +2 "$(written "$OURS" modules.${name}map)" >actual-$name
		same expected-$name actual-$name "modules.${name}map"
	done
	cat expected-* >all
	at_least "$3" all
}

@test "cloud: map files say what aliases say" { maps cloud 64 600; }
@test "s390x: map files say what aliases say" { maps s390x 64 10000; }
@test "armhf: map files say what aliases say" { maps armhf 32 14000; }

# Nothing but the map files is another with --map.
@test "cloud: --map changes no other file" {
	kernel cloud
	BASE=$PLAIN
	OURS=$BATS_TEST_TMPDIR/with
	ours --map
	OURS=$BATS_TEST_TMPDIR/without
	ours
	rm "$(written "$BATS_TEST_TMPDIR/with" '')"/modules.*map
	diff -r with without
}
