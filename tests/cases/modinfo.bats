# The command modinfo: what a module says of itself. Where kmod is installed, each answer must be the same as its own.
load common
load modprobe
load commands

# info [ARGUMENT...]: of modules of the tree.
info() { alike modinfo -b "$ROOT" -k "$RELEASE" "$@"; }

@test "all fields, with labels, in the order of the module" {
	module kernel/one.ko --modinfo license=GPL --modinfo 'author=A. U. Thor <a@example.org>' --modinfo author=Another \
		--modinfo 'description=Does a thing' --alias 'pci:v00008086d*sv*' --modinfo depends= --modinfo nothing \
		--modinfo a_key_of_more_than_16_bytes=x --modinfo fourteen_bytes=x --modinfo fifteen_bytes_x=x --modinfo =x \
		--modinfo 'two=lines\nof text' --modinfo "vermagic=$RELEASE SMP "
	index
	info one
	exits 0
	[ "${lines[0]}" = "filename:       $TREE/kernel/one.ko" ]
	[ "${lines[1]}" = "license:        GPL" ]
	says_line "a_key_of_more_than_16_bytes:            x"
	info -0 one
}

@test "names, aliases and paths; several of them" {
	module kernel/one.ko --export one --modinfo license=GPL
	module kernel/two.ko --need one --modinfo depends=one
	module kernel/my-three.ko --modinfo author=me
	module kernel/four.ko --alias 'pci:*' --modinfo license=GPL
	module kernel/five.ko --alias 'pci:v1*' --modinfo license=BSD
	index
	info one two
	info my-three my_three
	info pci:v1d2
	info -F license pci:v1d2 one
	info "$TREE/kernel/one.ko" one
	cd "$TREE/kernel"
	link modinfo
	info one.ko five.ko ../kernel/four.ko
	info symbol:one
}

@test "-m: names alone" {
	module kernel/one.ko --alias pci:1 --modinfo license=GPL
	index
	info -m one
	info -m pci:1
	exits 1
	info --modname nothing
	exits 1
}

@test "-F and what is short for it" {
	module kernel/one.ko --modinfo license=GPL --modinfo author=A --modinfo author=B --modinfo description=D \
		--modinfo parm=p:text --modinfo parmtype=p:int
	index
	for option in -a --author -d --description -l --license -p --parameters -n --filename; do info "$option" one; done
	for field in author license LICENSE parm parmtype filename name nothing sig_id; do
		info -F "$field" one
		info -F "$field" -0 one
	done
	info --field=author --null one
}

@test "parameters: descriptions and types of one name stand together, the last one first" {
	module kernel/one.ko --modinfo parm=a:first --modinfo parmtype=a:int --modinfo 'parm=b:with: colon' --modinfo parmtype=c:uint \
		--modinfo parmtype=b:charp --modinfo 'parm=d:' --modinfo parm=a:again --modinfo parm=e:only --modinfo parmtype=:x
	index
	info one
	info -p one
	info -p -0 one
}

@test "what is part of the kernel" {
	modules one
	printf 'kernel/drivers/built-in.ko\nkernel/silent.ko\n' >"$TREE/modules.builtin"
	printf '%s\0' built_in.license=GPL built_in.parm=a:text built_in.parmtype=a:int \
		built_in.alias=platform:x built_in.file=drivers/built-in built_in2.license=no >"$TREE/modules.builtin.modinfo"
	index
	info built-in
	exits 0
	[ "${lines[0]}" = "name:           built_in" ]
	info built_in one
	info platform:x
	info -F filename built_in
	info -F name built_in
	info -0 built_in
	info -p built_in
	ours modinfo -b "$ROOT" -k "$RELEASE" silent # kmod fails
	exits 0
	prints "name:           silent" "filename:       (builtin)"
	info -m built_in
	rm "$TREE/modules.builtin.modinfo"
	info built_in
}

@test "what is not there costs itself" {
	modules one
	info nothing one
	exits 1
	warns "Module nothing not found in directory $TREE"
	info "$TREE/kernel/no.ko"
	exits 1
	info -k 5.0.0 one
	exits 1
	link modinfo
	ours modinfo
	exits 1
	warns "no module is named"
}

@test "modules in any form, of any machine" {
	in_all_kinds in_any_form
}

in_any_form() {
	module kernel/one.ko "${kind[@]}" --modinfo license=GPL --modinfo parm=a:b --export one
	index
	ours modinfo -b "$ROOT" -k "$RELEASE" one
	plain=${output/one.ko/one.ko.FORM}
	for form in gz xz zst; do
		case $form in gz) tool="gzip -n" ;; xz) tool="xz --check=crc32" ;; zst) tool="zstd -q" ;; esac
		$tool <"$TREE/kernel/one.ko" >"one.ko.$form"
		mkdir -p other/lib/modules/$RELEASE
		cp "one.ko.$form" "$TREE/one.ko.$form"
		ours modinfo "$TREE/one.ko.$form"
		exits 0
		[ "$output" = "${plain/kernel\/one.ko.FORM/one.ko.$form}" ]
		rm "$TREE/one.ko.$form"
	done
}

@test "damaged modules cost themselves" {
	modules good
	for defect in truncated no-magic bad-class no-sections table-outside names-unterminated; do
		module "kernel/bad.ko" --modinfo license=GPL --defect $defect
		ours modinfo "$TREE/kernel/bad.ko" "$TREE/kernel/good.ko"
		exits 1
		warns "modinfo: ERROR: $TREE/kernel/bad.ko: "
		says_line "filename:       $TREE/kernel/good.ko"
	done
	module kernel/bad.ko --modinfo license=GPL --modinfo author=me --defect modinfo-unterminated
	alike modinfo "$TREE/kernel/bad.ko"
	module kernel/bad.ko
	ours modinfo "$TREE/kernel/bad.ko"
	exits 1
	warns "has no section .modinfo"
}

@test "characters that could steer a terminal" {
	module kernel/one.ko --modinfo 'author=a\x1b[2Jb\x7f' --modinfo 'description=tab\x09 and \xc3\xa4'
	index
	ours modinfo "$TREE/kernel/one.ko"
	says_line 'author:         a?[2Jb?'
	says_line "description:    tab	 and ä"
}

# signed OPTION...: the module kernel/one.ko with a signature as the kernel's sign-file makes it, by openssl.
signed() {
	module kernel/plain.ko --modinfo license=GPL
	openssl req -new -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 9 "$@" 2>openssl-messages
	openssl cms -sign -binary -noattr -in "$TREE/kernel/plain.ko" -signer cert.pem -inkey key.pem -outform DER -nocerts \
		-md "${hash:-sha256}" -out signature.der
	append signature.der <"$TREE/kernel/plain.ko" >"$TREE/kernel/one.ko"
}

# append FILE [BYTES...]: standard input, the signature, its record and the mark.
append() {
	perl -e 'local $/; binmode STDIN; print <STDIN>; open my $f, "<", shift; my $s = <$f>;
		my @r = @ARGV ? @ARGV : (0, 0, 2, 0, 0);
		print $s, pack("C5x3N", @r[0 .. 4], $r[5] // length $s), "~Module signature appended~\n"' "$@"
}

@test "signatures: PKCS#7" {
	command -v openssl >/dev/null || skip "openssl is not installed"
	local hash
	for hash in sha1 sha224 sha256 sha384 sha512; do
		signed -subj "/O=Some Body/CN=The key of $hash" -set_serial "0x00f1$RANDOM"
		alike modinfo "$TREE/kernel/one.ko"
		says_line "signer:         The key of $hash"
		says_line "sig_hashalgo:   $hash"
	done
	hash=sha256
	signed -subj "/CN=First/O=Other" -set_serial 1
	alike modinfo "$TREE/kernel/one.ko"
	signed -subj "/O=No common name/OU=Last one"
	alike modinfo "$TREE/kernel/one.ko"
	alike modinfo -F signature "$TREE/kernel/one.ko"
	alike modinfo -0 "$TREE/kernel/one.ko"
	xz --check=crc32 "$TREE/kernel/one.ko"
	alike modinfo "$TREE/kernel/one.ko.xz"
}

@test "signatures: the older forms" {
	module kernel/plain.ko --modinfo license=GPL
	printf 'A. SignerKEYIDsignature bytes of some length' >bytes
	for form in 0 1; do
		append bytes 1 4 $form 9 5 30 <"$TREE/kernel/plain.ko" >"$TREE/kernel/one.ko"
		alike modinfo "$TREE/kernel/one.ko"
		says_line "signer:         A. Signer"
	done
}

# What is damaged is no signature, and no failure.
@test "signatures: damaged ones" {
	command -v openssl >/dev/null || skip "openssl is not installed"
	signed -subj "/CN=x"
	size=$(stat -c %s signature.der)
	for record in "0 0 2 0 0 0" "0 0 2 0 0 4294967295" "0 0 2 255 255 $((size))" "2 0 2 0 0" "0 9 2 0 0" "0 0 3 0 0" "0 0 2 0 0 $((size - 1))"; do
		append signature.der $record <"$TREE/kernel/plain.ko" >"$TREE/kernel/one.ko"
		ours modinfo "$TREE/kernel/one.ko"
		exits 0
		warns_of_nothing
	done
	for ((at = 0; at < 160; at++)); do
		perl -e 'local $/; my $s = <STDIN>; substr($s, $ARGV[0], 1) = "\xff"; print $s' "$at" <signature.der >bad.der
		append bad.der <"$TREE/kernel/plain.ko" >"$TREE/kernel/one.ko"
		ours modinfo "$TREE/kernel/one.ko"
		exits 0
		warns_of_nothing
	done
	for ((length = 1; length < size; length += 13)); do
		head -c "$length" signature.der >bad.der
		append bad.der <"$TREE/kernel/plain.ko" >"$TREE/kernel/one.ko"
		ours modinfo -F sig_id "$TREE/kernel/one.ko"
		exits 0
		[ -z "$output" ]
	done
}

@test "more parameters than any module has" {
	local options=() i
	for ((i = 0; i < 5000; i++)); do options+=(--modinfo "parm=p$i:x"); done
	module kernel/one.ko "${options[@]}"
	ours modinfo "$TREE/kernel/one.ko"
	exits 1
	warns "too many parameters"
}
