# Map files of real kernels: what their aliases say, entry by entry.
load common

# maps KERNEL WORD NAME=COUNT...: these maps, each of COUNT lines or more.
maps() {
	local map name
	kernel "$1"
	BASE=$PLAIN
	OURS=$BATS_TEST_TMPDIR
	ours --map
	for map in "${@:3}"; do
		name=${map%=*}
		"$PROJECT/tests/real/maps-of" $name "$2" "$(dirname "$(written "$OURS" modules.alias)")" >expected-$name
		tail -n +2 "$(written "$OURS" modules.${name}map)" >actual-$name
		same expected-$name actual-$name "modules.${name}map"
		at_least "${map#*=}" expected-$name
	done
}

@test "amd64: map files say what aliases say" { maps amd64 64 pci=8500 usb=8000 ccw=0 input=6 of=700; }
@test "s390x: map files say what aliases say" { maps s390x 64 pci=3000 usb=6500 ccw=25 input=6 of=80; }
@test "armhf: map files say what aliases say" { maps armhf 32 pci=3800 usb=7500 ccw=0 input=6 of=2200; }

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
