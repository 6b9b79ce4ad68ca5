# README.md: every command in it is run. Those of RECIPES.md are, too, by tests/real/recipes.bats and images.bats.
PROJECT=$BATS_TEST_DIRNAME/..
DEPMOD=${DEPMOD:-$PROJECT/depmod}
MODPROBE=${MODPROBE:-$PROJECT/modprobe/modprobe}
DEPMOD_OLD=${DEPMOD%/*}/depmod.old

# A small system to run them in: the tree of 6.1.0 below /mnt and modules, the running kernel's, and an extension. What make
# builds is in its root directory, too, where it would be here.
setup_file() {
	cd "$BATS_FILE_TMPDIR"
	export RUNNING=$(uname -r)
	for place in root/mnt root/ext root/modules; do mkdir -p $place/lib/modules/6.1.0/kernel; done
	"$PROJECT/build/mkmodule" root/mnt/lib/modules/6.1.0/kernel/jbd2.ko --export journal
	"$PROJECT/build/mkmodule" root/mnt/lib/modules/6.1.0/kernel/ext4.ko --need journal --alias fs-ext4
	"$PROJECT/build/mkmodule" root/ext/lib/modules/6.1.0/kernel/more.ko --need journal
	cp -R root/mnt/lib root/modules
	cp -R root/mnt/lib root
	cp -R root/lib/modules/6.1.0 "root/lib/modules/$RUNNING"
	mkdir root/bin root/tmp root/modprobe
	cp "$DEPMOD" "$DEPMOD_OLD" "$MODPROBE" root/bin
	ln -s modprobe root/bin/modinfo
	cp "$DEPMOD" "$DEPMOD_OLD" root
	cp "$MODPROBE" root/modprobe
	cp /bin/busybox root/bin/sh
	echo 'ffffffff81000000 T printk' >root/System.map
}

setup() { cd "$BATS_FILE_TMPDIR/root"; }

# commands: each line of README.md that is one, without what is said of it.
commands() { sed -n 's/^    \(.*\)$/\1/p' "$PROJECT/README.md" | sed 's/   *[#a-z].*$//; s/ #.*$//; s/ *$//'; }

# try COMMAND: runs it, in the small system where it is one of ours; by its path, as a shell may have a modprobe of its own.
try() {
	case $1 in
	'make test') return ;; # which is what runs this
	'make demo') make -s -C "$PROJECT" demo ;;
	'make install' | 'make install PREFIX=/usr/local' | 'make uninstall') make -s -C "$PROJECT" ${1#make } DESTDIR="$PWD/installed" ;;
	'make divert' | 'make deb') make -s -n -C "$PROJECT" ${1#make } ;; # see tests/real/packages.bats
	'make install '*) (set -- $1; for word; do shift; set -- "$@" "${word/DESTDIR=/DESTDIR=$PWD/}"; done; make -s -C "$PROJECT" "${@:2}") ;;
	*' | dot -Tsvg') (set -o pipefail; chroot . /bin/sh -c "/bin/${1% | *}" | dot -Tsvg >graph.svg) ;;
	'modprobe ext4') chroot . /bin/sh -c "/bin/modprobe -n ext4" ;;
	'depmod --explain'*) chroot . /bin/sh -c "/bin/depmod && /bin/$1" ;;
	depmod* | modprobe* | modinfo*) chroot . /bin/sh -c "/bin/$1" ;;
	*) PATH=$PATH:/bin bash -ec "$1" ;;
	esac
}

@test "every command of README.md does what it says" {
	count=0
	while read -r command; do
		echo "$command"
		PATH=/bin:/sbin:/usr/bin:/usr/sbin try "$command" >said </dev/null
		count=$((count + 1))
	done < <(commands)
	[ "$count" -ge 18 ]
}

@test "afterwards everything is where README.md says" {
	[ -s "lib/modules/$RUNNING/modules.dep.bin" ]
	[ -s mnt/lib/modules/6.1.0/modules.dep.bin ]
	[ "$(cat tmp/x/lib/modules/6.1.0/modules.dep)" = 'kernel/ext4.ko: kernel/jbd2.ko
kernel/jbd2.ko:' ]
	grep -qx 'kernel/more.ko: kernel/jbd2.ko' out/lib/modules/6.1.0/modules.dep
	[ -s out/lib/modules/6.1.0/modules.dep ]
	grep -q '<svg' graph.svg
	grep -q 'ext4&#45;&gt;jbd2' graph.svg
}

# targets: what README.md's text has make do.
targets() { grep -v '^    ' "$PROJECT/README.md" | grep -oE '`make[^`]*`' | tr -d '`' | sort -u; }

@test "what README.md's text has make do, make knows" {
	targets >said
	[ "$(wc -l <said)" -ge 5 ]
	while read -r command; do
		echo "$command"
		eval "$command -n -s -C '$PROJECT'" >planned </dev/null
	done <said
	run make -n -C "$PROJECT" nonsense
	[ "$status" = 2 ]
}

# The folders of rooms.
FOLDERS=(base xz zstd modprobe old)

@test "no line is longer than 120 characters" {
	[ "$(wc -l <"$PROJECT/README.md")" -ge 80 ]
	run awk 'length > 120' "$PROJECT"/{README,RECIPES}.md
	[ -z "$output" ]
}

@test "the files that README.md's text names are there" {
	grep -ohE "\b(tests|release|packaging|man|completions|help|$(tr ' ' '|' <<<"${FOLDERS[*]}"))/[a-z0-9_./-]*\b|\b[a-z0-9_]+\.[ch]\b" \
		"$PROJECT"/{README,RECIPES}.md | sort -u >said
	[ "$(wc -l <said)" -ge 12 ]
	while read -r path; do
		echo "$path"
		[ -e "$PROJECT/$path" ] || compgen -G "$PROJECT/*/$path" # what a folder holds may be named without it
	done <said
	for program in tests/run release/build tests/bench/{run,plot}; do
		grep -qx "$program" said
		[ -x "$PROJECT/$program" ]
	done
}

@test "make CC='gcc -static' works, too" {
	targets | grep -qx "make CC='gcc -static'"
	sources static
	make -s -C static CC='gcc -static' CFLAGS=-O0
	cmp <(static/depmod --help) <("$DEPMOD" --help)
	cmp <(static/modprobe/modprobe --help) <("$MODPROBE" --help)
	cmp <(static/depmod.old --help) <("$DEPMOD_OLD" --help)
	for program in depmod modprobe/modprobe depmod.old; do [ -z "$(readelf -lW static/$program | grep INTERP)" ]; done
}

# sources DIRECTORY: a copy of all that make needs, without anything that was built.
sources() {
	mkdir -p "$1/tests"
	(cd "$PROJECT" && cp -R ./*.c ./*.h Makefile help release "${FOLDERS[@]}" "$OLDPWD/$1")
	cp "$PROJECT"/tests/{Makefile,setup,demo,mkmodule.c} "$1/tests"
	find "$1" -name '*.o' -delete
	rm -f "$1/modprobe/modprobe"
}

@test "make demo works for a user who may install nothing, and has no musl" {
	local home program
	[ "$(id -u)" = 0 ] || skip "only root can become another user"
	home=$(mktemp -d /tmp/demo.XXXXXX)
	cd "$home"
	sources sources
	mkdir bin
	for program in /usr/bin/*; do
		case $program in */musl-gcc | */sudo | */busybox) ;; *) ln -s "$program" bin ;; esac
	done
	chmod 755 .
	chown -R nobody sources
	run setpriv --reuid nobody --regid nogroup --clear-groups env -i PATH="$home/bin" HOME=/nonexistent make -C sources demo CFLAGS=-O0
	rm -rf "$home"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *'built without musl-gcc'* ]]
	[[ $output == *'kernel/fs/ext4.ko.gz: kernel/fs/jbd2.ko kernel/lib/crc16.ko'* ]]
	[[ $output != *'built without'*'built without'* ]]
}
