# What make test leaves behind: tests/tidy, on a cache of its own, and what the next run finds.
load common

# a_cache: a kernel with compressed forms, and one that is somebody else's.
a_cache() {
	mkdir -p cache/{one,one-gzip,one-zstd,one-zstd-19,one-xz,one.part,one-xz.part,musl-one}/lib elsewhere/lib
	echo module | tee cache/{one,one-gzip,one-zstd,one-zstd-19,one-xz,musl-one}/lib/a.ko elsewhere/lib/a.ko >/dev/null
	ln -s a.ko cache/one/lib/link
	chmod 600 cache/one/lib/a.ko
	echo 1 >cache/one.stamp
	echo 1 >elsewhere.stamp
	ln -s ../elsewhere cache/two
	ln -s ../elsewhere cache/two-gzip
	ln -s ../elsewhere.stamp cache/two.stamp
}

listing() { (cd "$1" && find . -printf '%p %y %m %l\n' | LC_ALL=C sort && find . -type f -exec cksum {} +); }

# copy: this project's scripts, so that nothing here is tidied.
copy() {
	mkdir -p project/tests project/build/{streams,fuzz/log,unit}
	cp -R "$PROJECT/tests/real" "$PROJECT/tests/tidy" "$PROJECT/tests/archive" project/tests
}

tidy() { run env CACHE="$PWD/${1:-cache}" project/tests/tidy; }

# unpack_one: as tests/real/kernels does it.
unpack_one() { (CACHE=$PWD/cache && . "$PROJECT/tests/real/common.sh" && name=one && lock && unpack); }

@test "kernels are packed, forms that are made in no time go, and links stay" {
	copy
	a_cache
	listing cache/one >before
	listing elsewhere >others
	tidy
	exits 0
	says_nothing
	[ "$(ls cache | tr '\n' ' ')" = 'musl-one one-xz one-zstd-19 one.lock one.stamp one.tar.zst two two-gzip two.stamp ' ]
	listing elsewhere | diff others -
	[ "$(ls project/build project/build/fuzz | tr '\n' ' ')" = 'project/build: fuzz unit  project/build/fuzz: ' ]
	tidy # again
	exits 0
	unpack_one
	listing cache/one | diff before -
	tidy # what was packed before need not be packed again
	exits 0
	[ ! -e cache/one ]
	unpack_one
	listing cache/one | diff before -
	unpack_one
	listing cache/one | diff before -
}

@test "a cache that is a link belongs to somebody else" {
	copy
	a_cache
	ln -s cache link
	listing cache >before
	tidy link
	exits 0
	listing cache | diff before -
	tidy nowhere
	exits 0
}

@test "make test tidies when it is done" {
	grep -q '^\[ "$all" != 0 \] || tests/tidy || ' "$PROJECT/tests/run"
}
