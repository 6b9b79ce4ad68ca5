# What makes the commands pleasant to use: progress on a terminal, sums, a guess at what was meant, help that fits.
load common
load invariants
load ../terminal

# on_terminal OPTION...: a run of thirty modules whose standard error is a terminal, and in which a process that reads
# them, or a system call like $slow, is held up for more than a second.
on_terminal() {
	needs_tracing
	for i in $(seq 30); do module "kernel/m$i.ko"; done
	held_up "$@"
}

held_up() {
	local slow=${slow:-pread64:delay_enter=2000000:when=20}
	on_screen "strace -f -qq -ttt -o trace -e trace=write,nanosleep,${slow%%:*} -e inject=$slow \
		'$DEPMOD' -b root -C empty $* $RELEASE" </dev/null
}

blank='<                                                  <'

@test "a run that takes its time shows how far it is, and erases that" {
	on_terminal --jobs 1
	[[ "$shown" =~ ^('<'[0-9]+' of 30 modules, '[0-9]+' %')+"$blank"$ ]]
	[[ "$shown" == *'<6 of 30 modules, 20 %<'* ]]
	[ "$(wc -l <"$TREE/modules.dep")" = 30 ]
}

@test "with workers, too" {
	on_terminal --jobs 2
	[[ "$shown" =~ ^('<'[0-9]+' of 30 modules, '[0-9]+' %')+"$blank"$ ]]
}

@test "messages come when the line is gone" {
	module kernel/a.ko
	echo text >"$TREE/kernel/b.ko"
	on_terminal --jobs 1
	[[ "$shown" == *" %$blank"'depmod: ERROR: kernel/b.ko: neither ELF nor a known compression<' ]]
}

@test "the first second is silent, and the line comes at most four times a second" {
	on_terminal --jobs 1
	[ "$(grep -oE 'nanosleep.*tv_nsec=[0-9]+' trace | uniq)" = 'nanosleep({tv_sec=0, tv_nsec=250000000' ]
	awk 'NR == 1 { begun = $2 } /write\(2/ { exit $2 - begun < 0.95 }' trace
}

@test "while modules are being looked for, the line says how many there are" {
	slow=getdents64:delay_enter=2000000:when=3
	for jobs in 1 2; do
		on_terminal --jobs $jobs
		[[ "$shown" =~ ^('<'[0-9]+' modules')+('<'[0-9]+' of 30 modules, '[0-9]+' %')*"$blank"$ ]]
	done
	mkfifo map
	sleep 1.6 >map &
	slow=close:delay_enter=0:when=1
	held_up -F map
	[[ "$shown" =~ ^('<30 modules')+"$blank"$ ]]
}

@test "when all modules have been read, the line stays until all is on the disk" {
	slow=fsync:delay_enter=2000000:when=1
	on_terminal --sync
	[[ "$shown" =~ ^('<30 of 30 modules, 100 %')+"$blank"$ ]]
}

@test "it is the run's first second that is silent, not that of each kernel" {
	slow=pread64:delay_enter=400000:when=11
	on_terminal --jobs 1
	[ -z "$shown" ]
	cp -R root/lib/modules/$RELEASE root/lib/modules/6.2.0
	RELEASE=
	slow=pread64:delay_enter=700000:when=11
	held_up --jobs 1 --all-versions
	[[ "$shown" =~ ^('<'[0-9]+' of 30 modules, '[0-9]+' %')+"$blank"$ ]]
}

@test "after a message about the tree, the line comes all the same" {
	rm "$TREE/modules.order"
	on_terminal --jobs 1
	[[ "$shown" =~ ^'depmod: WARNING: could not open '[^%]*/modules.order[^%]*('<'[0-9]+' of 30 modules, '[0-9]+' %')+"$blank"$ ]]
}

@test "what goes to standard output comes when the line is gone" {
	for option in -n -v; do
		on_terminal --jobs 1 $option
		[[ "$shown" =~ ^('<'[0-9]+' of 30 modules, '[0-9]+' %')+"$blank"[^%]*$ ]]
		[ "$(wc -l <<<"$shown")" -ge 1 ]
	done
}

# interrupt WORD...: taking the line away takes it half a second.
interrupt() {
	needs_tracing
	ctrl_c "strace -D -f -qq -o trace -e trace=kill -e inject=kill:delay_enter=500000 $* \
		'$DEPMOD' -b root -C empty -F map $RELEASE"
}

@test "Ctrl-C leaves no line, and erases nothing of a prompt" {
	module kernel/a.ko
	interrupt
	[[ "$shown" =~ ^('<1 modules')+'^C'('<1 modules')*"$blank"'prompt 130<'$ ]]
	[ ! -e "$TREE/modules.dep" ]
	cp -R "$TREE" root/lib/modules/6.2.0
	RELEASE=--all-versions interrupt
	[[ "$shown" =~ ^('<1 modules')+'^C'('<1 modules')*"$blank"'prompt 130<'$ ]]
	[ ! -e "$TREE/modules.dep" ]
}

@test "Ctrl-C that is ignored stays ignored, and ends a run that has no line" {
	module kernel/a.ko
	interrupt env --ignore-signal=INT
	[[ "$shown" =~ ^('<1 modules')+'^C'('<1 '('of 1 ')?'modules'(', 100 %')?)*"$blank"'prompt 0<'$ ]]
	[ -e "$TREE/modules.dep" ]
	rm "$TREE/modules.dep"
	RELEASE="-q $RELEASE" interrupt
	[[ "$shown" =~ ^'^C<'?'prompt 130<'$ ]]
	[ ! -e "$TREE/modules.dep" ]
}

@test "-q, and a standard error that is no terminal, know nothing of it" {
	on_terminal --jobs 1 -q
	[ -z "$shown" ]
	[ -z "$(grep nanosleep trace)" ]
	held_up --jobs 1 '2>messages'
	[ ! -s messages ]
	[ -z "$shown" ]
	[ -z "$(grep nanosleep trace)" ]
}

@test "a run that is killed leaves no process that shows how far it is" {
	needs_tracing
	for i in $(seq 30); do module "kernel/m$i.ko"; done
	on_screen "strace -f -qq -o trace -e trace=getdents64,exit_group -e inject=getdents64:signal=KILL:when=3 \
		'$DEPMOD' --jobs 1 -b root -C empty $RELEASE; echo over" </dev/null
	# The run, and its worker with it, which may have begun only after that, and sees that it is alone.
	[ "$(grep -c 'killed by SIGKILL\|exit_group(1)' trace)" = 2 ]
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

# program_of COMMAND: what is run for it.
program_of() {
	case $1 in
	depmod) echo "$DEPMOD" ;;
	depmod.old) echo "$DEPMOD_OLD" ;;
	modprobe) echo "$MODPROBE" ;;
	esac
}

# meant WORD GUESS [COMMAND]: a misspelt option, and what the message makes of it. depmod.old speaks as depmod.
meant() {
	local word=$1 guess=$2 command=${3:-depmod}
	run "$(program_of "$command")" "--$word" 6.1.0
	exits 1
	[ "$output" = "${command%.old}: ERROR: unknown option --$word${guess:+, did you mean --$guess?} (--help lists the options)" ] || {
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
	meant errsmys errsyms depmod.old
}

@test "a word that resembles none, an endless one: no guess" {
	meant frobnicate ''
	meant dept ''
	meant xyz ''
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
	says_line 'depmod: ERROR: ambiguous option --s, did you mean --symvers, --show, --symbol-prefix, --syslog, --strict, --sync? (--help lists the options)'
	run "$MODPROBE" --re one
	says_line 'modprobe: ERROR: ambiguous option --re, did you mean --remove, --remove-holders, --remove-dependencies, --resolve-alias? (--help lists the options)'
}

# options_in FILE: the names of a command's options as its source has them, those that mean the same in one line.
options_in() {
	perl -ne '$on = 1 if /known\[\] =/; next unless $on; $names{$1} .= " $2" while /"(\\?.)[ =]([a-z-]+)\\n"/g; exit if /;$/;
		END { print "$_\n" for sort values %names }' "$PROJECT/$1"
}

@test "every help text fits 80 columns, and has every option by one of its names at least" {
	for command in depmod modprobe; do
		run "$(program_of $command)" --help
		exits 0
		[ "${#lines[@]}" -gt 20 ]
		[ -z "$(awk 'length > 80' <<<"$output")" ]
		[ -z "$(grep -P '[^ -~]' <<<"$output")" ]
		source=options.c
		[ $command = depmod ] || source=modprobe/modprobe.c
		[ "$(options_in $source | wc -l)" -ge 20 ]
		while read -r names; do
			[[ "$output " =~ --(${names// /|})[^a-z-] ]] || {
				echo "$command --help has none of: $names"
				return 1
			}
		done < <(options_in $source)
	done
	run "$DEPMOD_OLD" --help
	[ "${#lines[@]}" -gt 20 ]
	[ -z "$(awk 'length > 80' <<<"$output")" ]
	[ -z "$(grep -P '[^ -~]' <<<"$output")" ]
}
