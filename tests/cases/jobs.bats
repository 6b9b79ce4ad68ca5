# The same tree gives the same bytes, whatever the number of processes.
load common

@test "one, two or seven processes write the same bytes" {
	for i in $(seq 40); do
		module "kernel/m$i.ko" --export "sym$i" --need "sym$((i * 7 % 41))" --need "sym$((i + 1))x" \
			--weak "sym$((i / 2))" --alias "pci:v0000$((i % 10))*" --alias "m-$((i % 3))" \
			--softdep "pre: m$((i + 1))" --export shared
	done
	gzip -n "$TREE"/kernel/m1?.ko
	echo text >"$TREE/kernel/m5.ko"
	for jobs in 1 2 7; do
		run "$DEPMOD" -wv --jobs $jobs -b root -o "out$jobs" -C empty "$RELEASE"
		sed 's/[0-9.]* seconds$//' <<<"$output" >"said$jobs"
		echo "$status" >>"said$jobs"
	done
	[ "$(ls "out1/lib/modules/$RELEASE" | wc -l)" = 11 ]
	diff -r out1 out2
	diff -r out1 out7
	cmp said1 said2
	cmp said1 said7
}

@test "paths of every length up to the longest that the system takes" {
	local part long
	part=$(printf 'd%.0s' $(seq 250))
	module kernel/a.ko --export a --need b
	(
		cd "$TREE/kernel"
		for i in $(seq 15); do mkdir $part && cd -P $part; done
		# 7 of kernel/, 15 times 251, one more directory, and the name: 4,095 bytes at most
		for length in $(seq 301 324); do
			long=$(printf 'x%.0s' $(seq $((length - 180)))) && mkdir -p "$long" && cd -P "$long"
			"$MKMODULE" --export "of$length" "$(printf 'm%.0s' $(seq 172))$length.ko"
			cd -P ..
		done
	)
	for jobs in 1 2; do
		index --jobs $jobs -o out$jobs
		exits 0
		says_nothing
	done
	[ "$(wc -l <"out1/lib/modules/$RELEASE/modules.dep")" = 25 ]
	[ "$(awk '{ if (length > most) most = length } END { print most - 1 }' "out1/lib/modules/$RELEASE/modules.dep")" = 4095 ]
	diff -r out1 out2
}

@test "running twice writes the same bytes" {
	for i in 1 2 3 4 5 6 7 8 9; do
		module "kernel/m$i.ko" --export "sym$i" --export "other$i" --need "sym$((i - 1))" --alias "x*"
	done
	index -o out1
	index -o out2
	diff -r out1 out2
}

@test "the order in which files were created does not matter" {
	for i in 5 3 1 4 2; do module "kernel/d$((i % 2))/m$i.ko" --export "s$i" --need "s$((i + 1))"; done
	index -o out1
	rm -r "$TREE/kernel"
	for i in 2 4 1 3 5; do module "kernel/d$((i % 2))/m$i.ko" --export "s$i" --need "s$((i + 1))"; done
	index -o out2
	diff -r out1 out2
}

@test "the locale does not matter" {
	module kernel/B.ko
	module kernel/a.ko
	module kernel/_c.ko
	LC_ALL=C index -n
	expected=$output
	LC_ALL=en_US.UTF-8 index -n
	[ "$output" = "$expected" ]
	says_line kernel/_c.ko:
}
