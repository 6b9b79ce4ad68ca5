# What every run must leave behind, however it ended: whole files, and nothing else. After `load common`.

OUTPUTS="modules.dep modules.dep.bin modules.alias modules.alias.bin modules.softdep modules.weakdep modules.symbols
	modules.symbols.bin modules.builtin.bin modules.builtin.alias.bin modules.devname"

# small_tree: modules in every form and place, so that each output file has something to say.
small_tree() {
	module kernel/a.ko --export one=1 --alias 'pci:v1*'
	module kernel/b.ko --need one=1 --export two --softdep 'pre: a'
	module kernel/c.ko --need two --alias devname:net/tun --alias char-major-10-200
	module kernel/d.ko --need one=1 --alias 'usb:v2*' --weakdep b
	module kernel/e.ko --need two --alias 'of:N*'
	gzip -n "$TREE/kernel/c.ko"
	xz --check=crc32 "$TREE/kernel/d.ko"
	zstd -q --rm "$TREE/kernel/e.ko"
	mkdir -p "$ROOT/elsewhere" extra conf
	"$MKMODULE" --need one=1 --alias linked "$ROOT/elsewhere/f.ko"
	ln -s ../../../../elsewhere "$TREE/kernel/linked"
	ln -s . "$TREE/kernel/A"
	"$MKMODULE" --need two --alias extra extra/g.ko
	order kernel/e.ko kernel/a.ko
	echo kernel/fs/ext4.ko >"$TREE/modules.builtin"
	printf 'ext4.alias=fs-ext4\0' >"$TREE/modules.builtin.modinfo"
	printf '%s\n' 'search external updates built-in' "external * $PWD/extra" >conf/x.conf
	system_map three
}

# tree_of WORD COUNT: a tree below ./WORD of which every output file tells the word, often. Its modules are of six
# kinds, each there COUNT times and once more.
tree_of() {
	local TREE=$1/lib/modules/$RELEASE i values=()
	for i in $(seq "$2"); do values+=(--alias "$1:d$i*" --export "$1_e$i"); done
	for i in 1 2 3 4 5 6; do
		module "kernel/$1$i.ko" --export "$1$i=$i" --need "$1$((i + 1))=$i" --alias "devname:$1$i" \
			--alias char-major-10-1 --softdep "pre: $1$i" --weakdep "$1$i" "${values[@]}"
	done
	gzip -n "$TREE/kernel/$1"[12].ko
	xz --check=crc32 "$TREE/kernel/$1"[34].ko
	perl -e 'for my $i (1 .. shift) { link $_, s/(\d\.ko)/-$i-$1/r for @ARGV }' "$2" "$TREE"/kernel/*
	: >"$TREE/modules.order"
	echo "kernel/$1.ko" >"$TREE/modules.builtin"
	printf '%s.alias=%s\0' "$1" "$1" >"$TREE/modules.builtin.modinfo"
}

# old_files DIRECTORY: every output file there holds what no run writes.
old_files() {
	local name
	mkdir -p "$1"
	rm -f "$1"/.modules.*
	for name in $OUTPUTS; do echo "old $name" >"$1/$name"; done
	touch -d 2001-01-01 "$1/modules.dep"
}

# contents DIRECTORY: a line for each output file and each temporary one there.
contents() {
	(cd "$1" 2>/dev/null && shopt -s nullglob && cksum $OUTPUTS .[!.]*) 2>/dev/null || true
}

# needs_tracing: skips a test where strace can inject nothing.
needs_tracing() {
	strace -f -qq -o trace -e trace=chdir -e inject=chdir:error=EIO true 2>/dev/null ||
		skip "strace may not trace here"
}

# tell TEXT...: a remark in the report.
tell() { echo "# $*" >&3; }

# each_whole DIRECTORY OLD NEW: each output file there is as contents() said it was in OLD or in NEW. Sets
# $changed to the number of those that are as in NEW.
each_whole() {
	local now
	now=$(contents "$1" | grep -v ' \.')
	changed=$(grep -cxF -e "$3" <<<"$now") || true
	[ "$(wc -l <<<"$now")" = 11 ] && [ -z "$(grep -vxF -e "$2" -e "$3" <<<"$now")" ] || {
		printf 'neither old nor new:\n%s\n' "$now"
		return 1
	}
}
