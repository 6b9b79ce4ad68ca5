# -n: the text files to standard output, in their order.
load common

@test "the text files follow one another, each with its header line" {
	module kernel/a.ko --need one --alias 'pci:v*' --alias devname:net/tun --alias char-major-10-200 \
		--softdep 'pre: b' --weakdep c
	module kernel/b.ko --export one
	run --separate-stderr "$DEPMOD" -n -b root -C empty "$RELEASE"
	exits 0
	[ -z "$stderr" ]
	[ "$output" = 'kernel/a.ko: kernel/b.ko
kernel/b.ko:
# Aliases extracted from modules themselves.
alias pci:v* a
alias devname:net/tun a
alias char-major-10-200 a
# Soft dependencies extracted from modules themselves.
softdep a pre: b
# Weak dependencies extracted from modules themselves.
weakdep a c
# Aliases for symbols, used by symbol_request().
alias symbol:one b
# Device nodes to trigger on-demand module loading.
a net/tun c10:200' ]
}

@test "it is the text files' own bytes" {
	module kernel/a.ko --need one --alias xx --softdep 'pre: b'
	module kernel/b.ko --export one
	index
	cat "$TREE"/modules.{dep,alias,softdep,weakdep,symbols,devname} >expected
	"$DEPMOD" -n -b root -C empty "$RELEASE" >actual
	cmp expected actual
}

@test "nothing is written or touched" {
	module kernel/a.ko
	before=$(fingerprint)
	index -n
	exits 0
	[ "$(fingerprint)" = "$before" ]
	index -n -o out
	exits 0
	[ ! -e out ]
}

@test "it works in a tree that may not be written to" {
	needs_permissions
	module kernel/a.ko
	chmod a-w "$TREE"
	run without_privilege "$DEPMOD" -n -b root -C empty "$RELEASE"
	chmod u+w "$TREE"
	exits 0
	says_line kernel/a.ko:
}

@test "an empty tree gives the headers alone" {
	index -n
	exits 0
	[ "$output" = '# Aliases extracted from modules themselves.
# Soft dependencies extracted from modules themselves.
# Weak dependencies extracted from modules themselves.
# Aliases for symbols, used by symbol_request().' ]
}

@test "standard output that cannot be written to is an error" {
	[ -c /dev/full ] || skip "there is no /dev/full"
	module kernel/a.ko
	run sh -c '"$@" 2>&1 >/dev/full' - "$DEPMOD" -n -b root -C empty "$RELEASE"
	exits 1
	says 'ERROR: '
	says 'No space left'
}
