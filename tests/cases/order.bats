# modules.order: which module comes first.
load common

@test "modules stand in the order that it lists" {
	module kernel/a.ko
	module kernel/b.ko
	module kernel/c.ko
	order kernel/c.ko kernel/a.ko kernel/b.ko
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/c.ko: kernel/a.ko: kernel/b.ko:
}

@test "it names compressed modules without their suffix" {
	module kernel/a.ko
	module kernel/b.ko
	gzip -n "$TREE/kernel/a.ko" "$TREE/kernel/b.ko"
	order kernel/b.ko kernel/a.ko
	index
	file_is modules.dep kernel/b.ko.gz: kernel/a.ko.gz:
}

@test "unlisted modules follow, in byte order of their path" {
	for name in z.ko a/c.ko a.ko a-b.ko A-2.ko ab.ko listed.ko; do module "kernel/$name"; done
	module b.ko
	order kernel/listed.ko
	index
	file_is modules.dep kernel/listed.ko: b.ko: kernel/A-2.ko: kernel/a-b.ko: kernel/a.ko: \
		kernel/a/c.ko: kernel/ab.ko: kernel/z.ko:
}

@test "comments and lines that name no module are ignored" {
	module kernel/a.ko
	module kernel/b.ko
	order '# kernel/a.ko' '' kernel/gone.ko kernel/b.ko 'kernel/a.ko extra' kernel/a kernel/a.ko
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/b.ko: kernel/a.ko:
}

@test "of a repeated line one counts, and the module is listed once" {
	module kernel/a.ko
	module kernel/b.ko
	module kernel/c.ko
	order kernel/a.ko kernel/b.ko kernel/a.ko kernel/c.ko
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/b.ko: kernel/a.ko: kernel/c.ko:
}

@test "a last line without a newline counts" {
	module kernel/a.ko
	module kernel/b.ko
	printf 'kernel/b.ko' >"$TREE/modules.order"
	index
	file_is modules.dep kernel/b.ko: kernel/a.ko:
}

@test "NULs and endless lines in it do no harm" {
	module kernel/a.ko
	module kernel/b.ko
	{
		head -c 100000 /dev/zero
		printf '\nkernel/b.ko\n'
		head -c 100000 /dev/zero | tr '\0' x
	} >"$TREE/modules.order"
	index
	exits 0
	file_is modules.dep kernel/b.ko: kernel/a.ko:
}

@test "without it there is a warning, and byte order" {
	module kernel/b.ko
	module kernel/a.ko
	rm "$TREE/modules.order"
	index
	exits 0
	says 'WARNING: '
	says modules.order
	file_is modules.dep kernel/a.ko: kernel/b.ko:
}

@test "the order goes through all text files" {
	module kernel/a.ko --alias xx --softdep 'pre: x' --weakdep x --alias devname:a --alias char-major-1-1
	module kernel/b.ko --alias yy --softdep 'pre: y' --weakdep y --alias devname:b --alias char-major-1-2
	order kernel/b.ko kernel/a.ko
	index
	file_is modules.alias '# Aliases extracted from modules themselves.' \
		'alias yy b' 'alias devname:b b' 'alias char-major-1-2 b' \
		'alias xx a' 'alias devname:a a' 'alias char-major-1-1 a'
	file_is modules.softdep '# Soft dependencies extracted from modules themselves.' \
		'softdep b pre: y' 'softdep a pre: x'
	file_is modules.weakdep '# Weak dependencies extracted from modules themselves.' \
		'weakdep b y' 'weakdep a x'
	file_is modules.devname '# Device nodes to trigger on-demand module loading.' 'b b c1:2' 'a a c1:1'
}
