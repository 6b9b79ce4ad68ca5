# Everything that people and shell scripts read: the text files, -n and -v.
load common

text_files() {
	local name
	ours
	for name in dep alias softdep devname; do
		has_form <"$(written "$KMOD" modules.$name)" >expected
		same expected "$(written "$OURS" modules.$name)" modules.$name
	done

	# kmod writes symbols in the order of its hash table.
	sort "$(written "$KMOD" modules.symbols)" >expected
	at_least 500 expected
	sort "$(written "$OURS" modules.symbols)" >actual
	same expected actual modules.symbols

	# Weak dependencies are newer than kmod 30.
	if [ -e "$(written "$KMOD" modules.weakdep)" ]; then
		same "$(written "$KMOD" modules.weakdep)" "$(written "$OURS" modules.weakdep)" modules.weakdep
	fi
}

@test "cloud: text files are those of kmod" { on cloud text_files; }
@test "s390x: text files are those of kmod" { on s390x text_files; }
@test "armhf: text files are those of kmod" { on armhf text_files; }

# symbols_last FILE: the text of -n, with symbols behind all the rest, sorted; without the section that an older kmod
# lacks.
symbols_last() {
	local weak='^# Weak dependencies'
	[ ! -e "$(written "$KMOD" modules.weakdep)" ] || weak='^$'
	grep -v -e '^alias symbol:' -e "$weak" "$1"
	grep '^alias symbol:' "$1" | sort
}

dry_run() {
	kmods -n >kmod
	ours -n >our
	symbols_last kmod | has_form >expected
	symbols_last our >actual
	at_least 2000 expected
	same expected actual "the output of -n"
	[ ! -e "$OURS" ]
}

@test "cloud: -n prints what kmod prints" { on cloud dry_run; }
@test "s390x: -n prints what kmod prints" { on s390x dry_run; }
@test "armhf: -n prints what kmod prints" { on armhf dry_run; }

# Which symbol of several stands for a dependency is the first that the module needs, in both programs; the lines come
# in the order in which each program meets the modules.
verbose() {
	local tree=$BATS_TEST_TMPDIR/kmod-verbose
	mkdir -p "$tree"
	cp -a "$KMOD/lib" "$tree" # it writes all files once more
	depmod -v -b "$tree" -C "$NOTHING" "$RELEASE" | sed "s,$tree/lib/modules/$RELEASE/,,g" | has_form | sort >expected
	rm -r "$tree"
	at_least 500 expected
	ours -v | relative | sort >actual
	same expected actual "the set of lines of -v"
}

@test "cloud: -v names what kmod names" { on cloud verbose; }
@test "s390x: -v names what kmod names" { on s390x verbose; }
@test "armhf: -v names what kmod names" { on armhf verbose; }

# The work of several processes has to come together in one order, whichever is done first.
any_number_of_jobs() {
	local jobs first=$OURS
	ours --jobs 1
	for jobs in 2 7; do
		OURS=$first-$jobs
		ours --jobs $jobs
		diff -r "$first" "$OURS"
	done
}

@test "cloud: the number of jobs changes nothing" { on cloud any_number_of_jobs; }
@test "s390x: the number of jobs changes nothing" { on s390x any_number_of_jobs; }
@test "armhf: the number of jobs changes nothing" { on armhf any_number_of_jobs; }

second_run() {
	ours
	cp -R "$OURS" "$OURS-first"
	ours
	diff -r "$OURS-first" "$OURS"
	[ "$(find "$OURS" -type f | wc -l)" = 11 ] # and no temporary one
	[ -z "$(find "$OURS" -type f ! -perm 0644)" ]
}

@test "cloud: a second run writes the same, with mode 0644" { on cloud second_run; }
@test "s390x: a second run writes the same, with mode 0644" { on s390x second_run; }
@test "armhf: a second run writes the same, with mode 0644" { on armhf second_run; }
