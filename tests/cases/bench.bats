# tests/bench: what `run` says of sizes, and the chart that `plot` draws. Times are never tested.
load common

# table FILE: as tests/bench/run writes it, its figures made up.
table() {
	cat >"$1" <<-'END'
		date     2026-01-02
		machine  Fast & <Small>, 2 cores, 1 GiB
		kmod     99 +ZSTD +XZ -ZLIB
		busybox  v9.8, 300 commands
		kernel   6.1.0-made-up, 1234 modules, 56 MB plain
		rounds   7, BusyBox 3

		size: what this word begins is not of the table

		tree            program           wall s     CPU s     peak  largest   wall x    CPU x
		plain           depmod            0.0500    0.0800      7.9      7.7     1.00     1.00
		plain           depmod-jobs-1     0.0700    0.0700      9.7      9.4     1.40     0.90
		plain           kmod              0.5000    0.4600     74.7     75.9    10.10     5.90
		plain           busybox           2.0000    1.9000     24.2     24.1    40.20    34.30

		gz              depmod            0.3500    0.6900     27.4     23.7     1.00     1.00
		gz              4x-gunzip         1.7500    1.8600        -        -     5.00     2.60

		quick           depmod            0.0090    0.0090      0.4      0.4     1.00     1.00

		size            program         executable  libraries      libc     total
		size            depmod               80000          0         0     80000
		size            kmod                160000    4840000   3000000   8000000
		size            busybox            2000000          0         0   2000000
	END
}

# plot [EDIT...]: draws the table, after sed has changed it so.
plot() {
	local edit edits=()
	for edit; do edits+=(-e "$edit"); done
	table table
	[ $# = 0 ] || sed -i "${edits[@]}" table
	run "$PROJECT/tests/bench/plot" table chart.svg
}

# drawn: the chart was, and it is XML.
drawn() {
	exits 0
	says_nothing
	xmllint --noout chart.svg
}

# texts_are CLASS TEXT...: from the top down.
texts_are() {
	local class=$1 texts
	shift
	texts=$(sed -n "s/<text class=\"$class\"[^>]*>\(.*\)<\/text>/\1/p" chart.svg)
	[ "$texts" = "$([ $# = 0 ] || printf '%s\n' "$@")" ] || {
		printf '%s:\n%s\n' "$class" "$texts"
		return 1
	}
}

# bars_are LINE...: from the top down, the colour of each bar, and the lengths of its parts, as percentages of the
# longest bar.
bars_are() {
	local bars
	bars=$(perl -ne '
		/<rect class="(\w+)" x="[\d.]+" y="(\d+)" width="([\d.]+)" height="14"/ or next;
		$colour{$2} = $1; push @{ $parts{$2} }, $3; $length{$2} += $3;
		END {
			($longest) = sort { $b <=> $a } values %length;
			for my $y (sort { $a <=> $b } keys %parts) {
				print join(" ", $colour{$y}, map { sprintf "%.1f", 100 * $_ / $longest } @{ $parts{$y} }), "\n";
			}
		}' chart.svg)
	[ "$bars" = "$(printf '%s\n' "$@")" ] || {
		printf 'bars:\n%s\n' "$bars"
		return 1
	}
}

@test "the chart shows times and sizes, and says them" {
	plot
	drawn
	texts_are title 'Speed: indexing 6.1.0-made-up with 1234 modules' 'Size: what each needs to run'
	texts_are group 'plain .ko' .ko.gz 'on disk'
	texts_are name depmod kmod BusyBox depmod '4 × gunzip' depmod kmod 'with libraries' BusyBox
	texts_are said '0.050 s' '0.500 s (10.1 ×)' '2.00 s (40.2 ×)' '0.350 s' '1.75 s (5.0 ×)' \
		'80.0 kB' '160 kB (2.0 ×)' '8.00 MB (100.0 ×)' '2.00 MB (25.0 ×)'
	bars_are 'depmod 2.5' 'kmod 25.0' 'busybox 100.0' 'depmod 17.5' 'kmod 87.5' \
		'depmod 1.0' 'kmod 2.0' 'kmod 2.0 60.5 37.5' 'busybox 25.0'
	[ "$(grep -o 'opacity="0.*"' chart.svg)" = $'opacity="0.55"\nopacity="0.30"' ]
}

@test "the chart says what was measured, how and on what" {
	plot
	drawn
	texts_are note 'wall time with warm caches, median of 7 rounds, BusyBox 3; in brackets: times that of depmod' \
		'executables, with all commands that they hold; fainter: shared libraries; faintest: libc' \
		'4 × gunzip: four times libdeflate-gunzip for all files on one core, as this kmod cannot read gzip' \
		'kmod 99; BusyBox v9.8, 300 commands' 'Fast &amp; &lt;Small>, 2 cores, 1 GiB; 2026-01-02'
}

@test "what was not measured is not in the chart" {
	plot '/^size  /d'
	drawn
	texts_are title 'Speed: indexing 6.1.0-made-up with 1234 modules'
	plot '/^plain /d' '/^gz /d' '/^kernel /d'
	drawn
	texts_are title 'Size: what each needs to run'
	plot '/^\S* *kmod /d' '/^kmod /d' '/busybox/d' '/gunzip/d'
	drawn
	texts_are name depmod depmod depmod
	texts_are note 'wall time with warm caches, median of 7 rounds, BusyBox 3; in brackets: times that of depmod' \
		'executables, with all commands that they hold; fainter: shared libraries; faintest: libc' \
		'Fast &amp; &lt;Small>, 2 cores, 1 GiB; 2026-01-02'
}

@test "starts of modprobe are panels of their own, in milliseconds" {
	table table
	cat >>table <<-'END'

		modprobe          program        wall us    CPU us   faults   wall x    CPU x
		modprobe-alias    modprobe           250       200       27     1.00     1.00
		modprobe-alias    kmod              1000       900      216     4.00     4.50
		modprobe-alias    kmod-99           2000       900      216     8.00     4.50
		modprobe-config   modprobe          5000      4000       27     1.00     1.00
		modprobe-hundred  modprobe          5000      4000       27     1.00     1.00
		modprobe-hundred  busybox          50000     40000      127    10.00    10.00
	END
	sed -i -E '/^(plain|gz|quick|size) /d' table
	run "$PROJECT/tests/bench/plot" table chart.svg
	drawn
	texts_are title 'Speed: modprobe, one question' 'Speed: modprobe, a hundred questions in one start'
	texts_are group 'by an alias' '100 aliases'
	texts_are name modprobe kmod modprobe BusyBox
	texts_are said '0.250 ms' '1.00 ms (4.0 ×)' '5.00 ms' '50.0 ms (10.0 ×)'
	bars_are 'depmod 25.0' 'kmod 100.0' 'depmod 10.0' 'busybox 100.0'
	sed -i '/^modprobe-alias *modprobe/d' table
	run "$PROJECT/tests/bench/plot" table chart.svg
	exits 1
	says_line 'tests/bench/plot: table says modprobe-alias of others, not of modprobe'
}

@test "times of runs that find nothing in memory have a panel of their own, with what the disk alone needs" {
	plot '/^quick /i\
zst-cold depmod 0.4000 0.6000 - - 1.00 1.00\
zst-cold readahead 0.3000 0.2000 - - 0.75 0.30\
zst-cold kmod 1.6000 0.9000 - - 4.00 1.50'
	drawn
	texts_are title 'Speed: indexing 6.1.0-made-up with 1234 modules' 'Speed when nothing is in memory yet' \
		'Size: what each needs to run'
	texts_are group 'plain .ko' .ko.gz .ko.zst 'on disk'
	texts_are name depmod kmod BusyBox depmod '4 × gunzip' depmod kmod 'the disk alone' depmod kmod 'with libraries' BusyBox
	bars_are 'depmod 2.5' 'kmod 25.0' 'busybox 100.0' 'depmod 17.5' 'kmod 87.5' \
		'depmod 25.0' 'kmod 100.0' 'busybox 18.8' 'depmod 1.0' 'kmod 2.0' 'kmod 2.0 60.5 37.5' 'busybox 25.0'
}

# refused MESSAGE EDIT...: the table that is so changed; an older chart stays.
refused() {
	local message=$1
	shift
	echo older >chart.svg
	plot "$@"
	exits 1
	says_line "tests/bench/plot: $message"
	[ "$(wc -l <<<"$output")" = 1 ]
	[ "$(cat chart.svg)" = older ]
}

@test "a broken table is refused, with the reason" {
	refused 'table, line 13: not the numbers that belong there: 0.5000 0.4600 74.7 75.9 10.10' '/^plain *kmod/s/ *5.90$//'
	refused 'table, line 13: not the numbers that belong there: fast 0.4600 74.7 75.9 10.10 5.90' '/^plain *kmod/s/0.5000/fast/'
	refused 'table, line 13: not the numbers that belong there: 0.5000 0.4600 74.7 75.9 - 5.90' '/^plain *kmod/s/10.10/-/'
	refused 'table, line 22: not the numbers that belong there: 0 0 0 0' '/^size *depmod/s/80000/0/g'
	refused 'table, line 23: not the numbers that belong there: 160000' '/^size *kmod/s/160000.*/160000/'
	refused 'table says gz of others, not of depmod' '/^gz *depmod/d'
	refused 'table has no line that begins with: date' '/^date /d'
	refused 'table has no line that begins with: kernel' '/^kernel /d'
	refused 'table says of the kernel: 6.1.0-made-up' '/^kernel /s/,.*//'
	refused 'table has neither times of plain, gz, xz or zst nor sizes' '/^tree/,$d'
	run "$PROJECT/tests/bench/plot" nowhere chart.svg
	exits 1
	says_line 'tests/bench/plot: nowhere: No such file or directory; tests/bench/run writes it'
}

@test "the chart in README.md is that of the table" {
	"$PROJECT/tests/bench/plot" "$PROJECT/tests/bench/results.txt" chart.svg
	cmp chart.svg "$PROJECT/tests/bench/chart.svg"
	grep -q '(tests/bench/chart.svg)' "$PROJECT/README.md"
}

# other_programs: a kmod that a link leads to and that needs a library of its own, and a BusyBox that needs none.
other_programs() {
	mkdir bin lib
	echo 'int own(void) { return 0; }' >own.c
	gcc -shared -fPIC own.c -o lib/libown.so
	echo '#include <stdio.h>
		int own(void);
		int main(void) { return puts("kmod version 99") < 0 || own(); }' >kmod.c
	gcc kmod.c -o lib/kmod -Llib -lown -Wl,-rpath,"$PWD/lib"
	ln -s ../lib/kmod bin/depmod
	printf '#!/bin/sh\n[ $# = 0 ] && echo "BusyBox v9.8 (made up)" || printf "cat\\ndepmod\\n"\n' >bin/busybox
	chmod +x bin/busybox
}

# sizes_are LINE...: what tests/bench/run measures with the programs in bin, words with one space between them.
sizes_are() {
	PATH=$PWD/bin:$PATH run --separate-stderr "$PROJECT/tests/bench/run" -d "$DEPMOD" -o sizes size
	exits 0
	[ "$output" = "$(cat sizes)" ]
	[ "$(sed -n 's/  */ /g; /^size /p' sizes)" = "$(printf 'size %s\n' 'program executable libraries libc total' "$@")" ]
}

bytes() { stat -Lc %s "$1"; }

# c_library: the bytes of what a program for the C library alone is linked with.
c_library() {
	local sum=0 file
	echo 'int main(void) { return 0; }' >alone.c
	gcc alone.c -o alone
	for file in $(ldd alone | grep -o '/[^ ]*'); do sum=$((sum + $(bytes "$file"))); done
	echo "$sum"
}

@test "sizes are those of the executables, links followed, of their libraries, and of libc" {
	other_programs
	local ours kmod own libc
	ours=$(bytes "$DEPMOD") kmod=$(bytes lib/kmod) own=$(bytes lib/libown.so) libc=$(c_library)
	[ "$libc" -gt 1000000 ]
	sizes_are "depmod $ours 0 0 $ours" "kmod $kmod $own $libc $((kmod + own + libc))" \
		"busybox $(bytes bin/busybox) 0 0 $(bytes bin/busybox)"
	grep -qx 'busybox  v9.8, 2 commands' sizes
}

@test "sizes are measured without kmod and BusyBox, too, and drawn" {
	mkdir bin
	printf '#!/bin/sh\nexit 127\n' | tee bin/depmod >bin/busybox
	chmod +x bin/*
	sizes_are "depmod $(bytes "$DEPMOD") 0 0 $(bytes "$DEPMOD")"
	run "$PROJECT/tests/bench/plot" sizes chart.svg
	drawn
	texts_are name depmod
}
