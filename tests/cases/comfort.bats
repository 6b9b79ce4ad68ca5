# What makes the commands pleasant to use: progress on a terminal, sums, a guess at what was meant, help that fits.
load common
load invariants

# on_terminal OPTION...: a run of thirty modules whose standard error is a terminal, and in which a process that reads
# them is held up for more than a second. $shown is what came to the terminal, with `<` for carriage returns.
on_terminal() {
	needs_tracing
	command -v script >/dev/null || skip "there is no script(1)"
	for i in $(seq 30); do module "kernel/m$i.ko"; done
	held_up "$@"
}

held_up() {
	script -qec "strace -f -qq -o trace -e trace=close,poll,ppoll -e inject=close:delay_enter=2000000:when=11 \
		'$DEPMOD' -b root -C empty $* $RELEASE" typescript >/dev/null </dev/null
	shown=$(sed '1d;$d' typescript | tr '\r' '<')
}

blank='<                                                  <'

@test "a run that takes its time shows how far it is, and erases that" {
	on_terminal --jobs 1
	echo "$shown"
	[[ "$shown" =~ ^('<'[0-9]+' of 30 modules, '[0-9]+' %')+"$blank"$ ]]
	[[ "$shown" == *'<6 of 30 modules, 20 %<'* ]]
	[ "$(wc -l <"$TREE/modules.dep")" = 30 ]
}

@test "with workers, too" {
	on_terminal --jobs 2
	echo "$shown"
	[[ "$shown" =~ ^('<'[0-9]+' of 30 modules, '[0-9]+' %')+"$blank"$ ]]
}

@test "messages come when the line is gone" {
	module kernel/a.ko
	echo text >"$TREE/kernel/b.ko"
	on_terminal --jobs 1
	echo "$shown"
	[[ "$shown" == *" %$blank"'depmod: ERROR: kernel/b.ko: neither ELF nor a known compression<' ]]
}

@test "the first second is silent, and the line comes at most four times a second" {
	on_terminal --jobs 1
	grep -oE 'poll\(.*' trace |
		sed -E 's/.*NULL, 0, ([0-9]+).*/\1/; s/.*tv_sec=1, tv_nsec=0.*/1000/; s/.*tv_sec=0, tv_nsec=250000000.*/250/' >waits
	cat waits
	[ "$(uniq waits)" = $'1000\n250' ]
}

@test "-q, and a standard error that is no terminal, know nothing of it" {
	on_terminal --jobs 1 -q
	[ -z "$shown" ]
	[ -z "$(grep poll trace)" ]
	held_up --jobs 1 '2>messages'
	[ ! -s messages ]
	[ -z "$shown" ]
	[ -z "$(grep poll trace)" ]
}

@test "a run that is killed leaves no process that shows how far it is" {
	needs_tracing
	for i in $(seq 30); do module "kernel/m$i.ko"; done
	timeout 60 script -qec "strace -f -qq -o trace -e trace=close,exit_group -e inject=close:signal=KILL:when=11 \
		'$DEPMOD' --jobs 1 -b root -C empty $RELEASE; echo over" typescript >/dev/null </dev/null
	[ "$(grep -c 'killed by SIGKILL' trace)" = 1 ]
	[ "$(grep -c 'exit_group(0)' trace)" = 1 ]
	[ "$(sed '1d;$d' typescript | tr -d '\r' | grep -v Killed)" = over ]
}

@test "-v ends with sums: what is in the files" {
	module kernel/a.ko --export one --export two --alias x --alias y --alias z
	module kernel/b.ko --need one --export three --alias u
	module kernel/c.ko --need five --export four --alias v
	module kernel/d.ko --need four --export five
	echo text >"$TREE/kernel/e.ko"
	for form in '' -n; do
		run --separate-stderr "$DEPMOD" -v $form -b root -C empty "$RELEASE"
		exits 1 # for the cycle
		echo "$stderr"
		files=11
		[ -z "$form" ] || files=0
		[[ "${stderr_lines[-1]}" =~ ^"depmod: INFO: 2 modules, 3 symbols, 4 aliases, $files files, "[0-9]+\.[0-9][0-9]" seconds"$ ]]
	done
	says_not seconds
	index
	says_not seconds
	index -v -A
	says_not seconds
}

# meant WORD GUESS [COMMAND...]: a misspelt option, and what the message makes of it.
meant() {
	local word=$1 guess=$2
	shift 2
	run "$DEPMOD" "$@" "--$word" 6.1.0
	exits 1
	[ "$output" = "${1:-depmod}: ERROR: unknown or ambiguous option --$word${guess:+, did you mean --$guess?} (--help lists the options)" ] || {
		echo "$output"
		return 1
	}
}

@test "a misspelt long option: what was probably meant" {
	meant errsmys errsyms          # two change places
	meant errsymbs errsyms         # one too many
	meant ersyms errsyms           # one too few
	meant errsyns errsyms          # another
	meant fliesym=map filesyms     # two faults, and a value
	meant moduledri=lib moduledir
	meant unresolve-eror unresolved-error
	meant al-version all-versions
	meant frist-time first-time modprobe
	meant ignroe-install ignore-install modprobe
}

@test "a word that resembles none, an abbreviation of several, an endless one: no guess" {
	meant frobnicate ''
	meant xyz ''
	meant ver ''
	meant x ''
	meant = ''
	meant "$(printf 'errsyms%0100d' 0)" ''
}

@test "kmod's abbreviations still mean what they did, whatever options came since" {
	module kernel/a.ko
	for form in --al --errs --d --s; do
		index $form
		[ $form = --s ] || exits 0
	done
	says 'unknown or ambiguous option --s '
}

# options_in FILE: the names of a command's options as its source has them, those that mean the same in one line.
options_in() {
	perl -ne '$on = 1 if /known\[\] =/; next unless $on; $names{$1} .= " $2" while /"(\\?.)[ =]([a-z-]+)\\n"/g; exit if /;$/;
		END { print "$_\n" for sort values %names }' "$PROJECT/$1"
}

@test "every help text fits 80 columns, and has every option by one of its names at least" {
	for command in depmod modprobe; do
		run "$DEPMOD" ${command#depmod} --help
		exits 0
		[ "${#lines[@]}" -gt 20 ]
		[ -z "$(awk 'length > 80' <<<"$output")" ]
		[ -z "$(grep -P '[^ -~]' <<<"$output")" ]
		source=options.c
		[ $command = depmod ] || source=modprobe.c
		[ "$(options_in $source | wc -l)" -ge 20 ]
		while read -r names; do
			[[ "$output " =~ --(${names// /|})[^a-z-] ]] || {
				echo "$command --help has none of: $names"
				return 1
			}
		done < <(options_in $source)
	done
}
