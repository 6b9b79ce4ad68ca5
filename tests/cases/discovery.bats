# Which files of a tree are modules, and what they are called.
load common
load invariants

# name_is PATH NAME: a module there is called that.
name_is() {
	module "$1" --alias mark
	index
	exits 0
	file_is modules.alias '# Aliases extracted from modules themselves.' "alias mark $2"
}

@test "modules end in .ko" {
	module kernel/a.ko
	module kernel/b.o
	module kernel/c.ko.old
	module kernel/d.KO
	module kernel/ko
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
}

@test "or in .ko.gz, and keep that suffix in modules.dep" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one
	gzip -n "$TREE/kernel/a.ko" "$TREE/kernel/b.ko"
	index
	exits 0
	says_nothing
	file_is modules.dep 'kernel/a.ko.gz: kernel/b.ko.gz' kernel/b.ko.gz:
}

@test "or in .ko.xz or .ko.zst, which are modules by their name" {
	module kernel/a.ko.xz
	module kernel/b.ko.zst
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko.xz: kernel/b.ko.zst:
}

@test "content decides, not the suffix: a .ko that is gzip" {
	module kernel/a.ko --alias one
	gzip -n "$TREE/kernel/a.ko"
	mv "$TREE/kernel/a.ko.gz" "$TREE/kernel/a.ko"
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias one a'
}

@test "content decides, not the suffix: a .ko.gz that is plain" {
	module kernel/a.ko.gz --alias one
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko.gz:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias one a'
}

@test "gzip of every level, in several members, with a name inside" {
	module kernel/m0.ko --pad 100000 --alias zero
	for level in 1 6 9; do
		gzip "-$level" -c "$TREE/kernel/m0.ko" >"$TREE/kernel/m$level.ko.gz"
	done
	{
		head -c 1000 "$TREE/kernel/m0.ko" | gzip -c
		tail -c +1001 "$TREE/kernel/m0.ko" | gzip -c
	} >"$TREE/kernel/two.ko.gz"
	gzip -N "$TREE/kernel/m0.ko"
	index --strict
	exits 0
	says_nothing
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias zero m0' 'alias zero m1' \
		'alias zero m6' 'alias zero m9' 'alias zero two'
}

@test "a dash in a name becomes an underscore" { name_is kernel/snd-hda-intel.ko snd_hda_intel; }

@test "a name ends at the first dot" { name_is kernel/a-b.c-d.ko a_b; }

@test "a compressed module's name ends at the first dot" { name_is kernel/x.y.ko.gz x; }

@test "a name may begin with a digit and keep its capitals" { name_is kernel/8021Q-x.ko 8021Q_x; }

@test "a tree is walked to its depths" {
	deep=$(printf 'd%s/' $(seq 60))
	module "${deep}a.ko"
	module b.ko
	index
	exits 0
	file_is modules.dep b.ko: "${deep}a.ko:"
}

@test "a directory of a thousand modules is read to its end" {
	module kernel/m0.ko
	for i in $(seq 1000); do ln "$TREE/kernel/m0.ko" "$TREE/kernel/a-name-that-takes-room-$i.ko"; done
	index
	exits 0
	says_nothing
	[ "$(wc -l <"$TREE/modules.dep")" = 1001 ]
}

@test "build and source are not entered, wherever they are" {
	module kernel/a.ko
	module build/b.ko
	module source/c.ko
	module kernel/build/d.ko
	module kernel/source/e.ko
	module kernel/builder/f.ko
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko: kernel/builder/f.ko:
}

@test "build and source as links are not followed" {
	module kernel/a.ko
	mkdir elsewhere
	"$MKMODULE" elsewhere/b.ko
	ln -s "$PWD/elsewhere" "$TREE/build"
	ln -s nowhere "$TREE/source"
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
}

@test "excluded directories are not entered, wherever they are" {
	module kernel/a.ko
	module hidden/b.ko
	module kernel/hidden/deep/c.ko
	module kernel/secret/d.ko
	module kernel/hidden2/e.ko
	config 'exclude hidden secret'
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko: kernel/hidden2/e.ko:
}

@test "a link to a file is followed and listed where it stands" {
	"$MKMODULE" --alias mark target.ko
	ln -s "$PWD/target.ko" "$TREE/kernel/a.ko"
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.' 'alias mark a'
}

@test "a link to a directory is followed" {
	mkdir -p "$ROOT/elsewhere/deep"
	"$MKMODULE" "$ROOT/elsewhere/deep/a.ko"
	for target in /elsewhere ../../../../../elsewhere; do
		ln -sfn "$target" "$TREE/kernel/linked"
		index
		exits 0
		says_nothing
		file_is modules.dep kernel/linked/deep/a.ko:
	done
}

@test "the version's directory may itself be a link" {
	module kernel/a.ko
	mv "$TREE" "$ROOT/elsewhere"
	ln -s /elsewhere "$TREE"
	index
	exits 0
	says_nothing
	[ "$(cat "$ROOT/elsewhere/modules.dep")" = kernel/a.ko: ]
}

@test "links that lead around end the walk" {
	module kernel/a.ko
	ln -s . "$TREE/kernel/self"
	ln -s .. "$TREE/kernel/up"
	mkdir "$TREE/x" "$TREE/y"
	ln -s ../y "$TREE/x/to-y"
	ln -s ../x "$TREE/y/to-x"
	run timeout 10 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	file_is modules.dep kernel/a.ko:
}

@test "a maze of links is left after a while, with few words" {
	module kernel/a.ko
	for i in $(seq 12); do mkdir "$TREE/d$i"; done
	for i in $(seq 12); do
		for j in $(seq 12); do [ $i = $j ] || echo "../d$j $TREE/d$i/to$j"; done
	done | xargs -n 2 ln -s
	run timeout 20 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	[ "${#lines[@]}" -le 100 ]
	file_is modules.dep kernel/a.ko:
}

@test "in a maze of 1,560 links between directories of 1,200 files, each file is found" {
	module m.ko
	perl -e 'my $tree = shift;
		for my $d (1 .. 40) {
			mkdir "$tree/d$d";
			link "$tree/m.ko", "$tree/d$d/m${d}_$_.ko" for 1 .. 30;
			$_ != $d && symlink "../d$_", "$tree/d$d/to$_" for 1 .. 40;
		}' "$TREE"
	run timeout 300 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	says 'too many links to directories; not followed from here on: '
	[ "${#lines[@]}" = 1 ]
	[ "$(wc -l <"$TREE/modules.dep")" = 1201 ]
}

@test "links that lead to themselves are an error message, and the walk goes on" {
	module kernel/a.ko
	ln -s loop.ko "$TREE/kernel/loop.ko"
	run timeout 10 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	says 'ERROR: '
	says kernel/loop.ko
	file_is modules.dep kernel/a.ko:
}

@test "a dangling link is an error message, and the walk goes on" {
	module kernel/a.ko
	ln -s nowhere "$TREE/kernel/b.ko"
	module kernel/c.ko
	index
	exits 0
	says 'ERROR: '
	says kernel/b.ko
	says 'No such file'
	file_is modules.dep kernel/a.ko: kernel/c.ko:
}

@test "a FIFO called x.ko is not opened" {
	module kernel/a.ko
	mkfifo "$TREE/kernel/x.ko"
	run timeout 10 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	says 'ERROR: '
	says kernel/x.ko
	file_is modules.dep kernel/a.ko:
}

@test "a link to a FIFO is not opened" {
	module kernel/a.ko
	mkfifo fifo
	ln -s "$PWD/fifo" "$TREE/kernel/x.ko"
	run timeout 10 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	says kernel/x.ko
	file_is modules.dep kernel/a.ko:
}

@test "a FIFO in the place of modules.order or modules.builtin is not waited for" {
	module kernel/a.ko
	for name in order builtin builtin.modinfo; do
		rm "$TREE/modules.$name"
		mkfifo "$TREE/modules.$name"
	done
	run timeout 10 "$DEPMOD" -b root -C empty "$RELEASE"
	exits 0
	says 'WARNING: '
	says modules.order
	says modules.builtin.modinfo
	file_is modules.dep kernel/a.ko:
}

@test "a socket called x.ko is an error message" {
	module kernel/a.ko
	cd "$TREE/kernel"
	perl -e 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, pack_sockaddr_un("x.ko")) or exit 1'
	index
	exits 0
	says 'ERROR: '
	says kernel/x.ko
	file_is modules.dep kernel/a.ko:
}

@test "a device called x.ko is an error message" {
	module kernel/a.ko
	ln -s /dev/null "$TREE/kernel/x.ko"
	index
	exits 0
	says 'ERROR: '
	says kernel/x.ko
	file_is modules.dep kernel/a.ko:
}

@test "a directory called x.ko is a directory" {
	module kernel/x.ko/a.ko
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/x.ko/a.ko:
}

@test "other files, links and FIFOs are passed over in silence" {
	module kernel/a.ko
	: >"$TREE/kernel/readme"
	mkfifo "$TREE/kernel/fifo"
	ln -s fifo "$TREE/kernel/null"
	ln -s readme "$TREE/kernel/link"
	index
	exits 0
	says_nothing
	file_is modules.dep kernel/a.ko:
}

@test "a file called only .ko has no name, and is no module" {
	module kernel/.ko --alias mark
	module kernel/.hidden.ko --alias mark
	module kernel/a.ko
	index
	exits 0
	file_is modules.dep kernel/a.ko:
	file_is modules.alias '# Aliases extracted from modules themselves.'
}

@test "a path that modules.dep cannot hold is an error message, and never forges a line" {
	module kernel/a.ko
	module $'kernel/b\nc.ko'
	module 'kernel/d e.ko'
	module 'kernel/f:g/h.ko'
	index
	exits 0
	says 'ERROR: '
	says 'kernel/d e.ko'
	says 'kernel/f:g/h.ko'
	file_is modules.dep kernel/a.ko:
}

@test "an unreadable directory: all of them are named, and the old files stay" {
	needs_permissions
	module kernel/a.ko
	module kernel/closed/b.ko
	echo old >"$TREE/modules.dep"
	chmod 0 "$TREE/kernel/closed"
	run without_privilege "$DEPMOD" -b root -C empty "$RELEASE"
	chmod 700 "$TREE/kernel/closed"
	exits 1
	says_line 'depmod: ERROR: cannot read directory kernel/closed: Permission denied'
	says_line 'depmod: ERROR: nothing is written, as not all of the tree could be read'
	file_is modules.dep old
	[ ! -e "$TREE/modules.alias" ]
}

@test "a file system that does not tell what is a directory, a file or a link" {
	needs_tracing
	[ "$(id -u)" = 0 ] || skip "only root can mount a disk"
	local i
	for i in $(seq 20); do module "kernel/deep/er/m$i.ko" --alias "mark$i"; done
	module far.ko --alias far
	mkdir -p "$ROOT/elsewhere"
	mv "$TREE/far.ko" "$ROOT/elsewhere"
	ln -s /elsewhere/far.ko "$TREE/kernel/far.ko"
	ln -s deep "$TREE/kernel/linked"
	mkdir "$TREE/kernel/no-file.ko"
	mkdir disk
	truncate -s 8M image
	mkfs.ext4 -q -O ^filetype image
	"$DEPMOD" -b root -C empty -o expected "$RELEASE" 2>messages || cat messages
	run unshare -m sh -c 'mount -o loop image disk || exit 99
		cp -a root/. disk
		exec strace -ff -qq -o calls -e trace=openat "$@"' - \
		"$DEPMOD" --jobs 2 -b disk -C empty -o out "$RELEASE"
	[ "$status" != 99 ] || skip "nothing can be mounted here"
	exits 0
	diff -r expected out
	[ "$output" = "$(sed 's,/root/,/disk/,' messages)" ]
	cat calls.* >trace
	# What no link leads to is read at once, and needs no permission of its own.
	[ "$(grep -c 'openat.*"kernel/deep/er/m[0-9]*\.ko", O_RDONLY.* = [0-9]' trace)" = 20 ]
	! grep -q 'openat.*"kernel/deep.*O_PATH' trace
}
