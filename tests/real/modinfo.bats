# modinfo beside kmod's, on whole kernels: all that it says of each module and of each part of the kernel, with every option,
# byte for byte. Compressed with xz and zstd (kmod of Debian 12 cannot read gzip): one answer each.
load common

# compare KERNEL [OPTION...]: ours and kmod's say the same of all names.
compare() {
	[[ $(modinfo -V 2>&1) == kmod* ]] || skip "there is no kmod to compare with"
	local kernel=$1
	shift
	[ -n "${PLAIN:-}" ] || prepare "$kernel"
	xargs modinfo -b "$OURS" -k "$RELEASE" "$@" <names >theirs 2>their-messages
	xargs ./modinfo -b "$OURS" -k "$RELEASE" "$@" <names >said 2>messages
	cmp theirs said
	[ ! -s messages ] || { head -n 5 messages; return 1; }
}

# prepare KERNEL [FORM]: indexes beside the modules, a link to our program, and all names; RELEASE and OURS as of common.
prepare() {
	kernel "$1" ${2:+"$2"}
	BASE=$PLAIN${2:+-$2} OURS=$PWD/tree
	ours_with_modules
	cp "$BASE/lib/modules/$RELEASE"/modules.builtin* "$OURS/lib/modules/$RELEASE"
	ln -s "$MODPROBE" modinfo
	sed 's/:.*//; s,.*/,,; s/\.ko.*//' "$OURS/lib/modules/$RELEASE"/modules.{dep,builtin} | sort -u >names
	[ "$(grep -c . names)" -gt 1000 ]
}

all_options() {
	compare "$1"
	compare "$1" -0
	for option in -a -d -l -p -n -m "-p -0" "-F alias" "-F depends" "-F firmware" "-F softdep" "-F name" "-F parmtype" \
		"-F vermagic" "-F sig_id" "-F signer" "-F sig_key" "-F sig_hashalgo" "-F signature" "-F nothing"; do
		compare "$1" $option
	done
	[ -s said ] || compare "$1" -F license
	[ -s said ]
}

@test "modinfo: amd64" { all_options amd64; }
@test "modinfo: armhf" { all_options armhf; }
@test "modinfo: s390x" { all_options s390x; }

@test "modinfo: modules compressed with xz and with zstd" {
	local form
	for form in xz zstd; do
		rm -rf tree modinfo
		prepare cloud $form
		compare cloud
		[ -s said ]
	done
}
