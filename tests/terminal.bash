# What a run looks like on a terminal. `load ../terminal` in a .bats file.

# on_screen COMMAND: carried out by a shell on a terminal; $shown is what came to it, with `<` for carriage returns. Tests
# that run in the background ignore Ctrl-C, and all below them, unless told otherwise. A process
# that is left behind keeps the terminal open: that fails after a minute.
on_screen() {
	command -v script >/dev/null || skip "there is no script(1)"
	timeout 60 env --default-signal=INT script -qefc "$1" typescript >/dev/null
	shown=$(sed '1d;$d' typescript | tr '\r' '<')
	echo "$shown"
}

# ctrl_c COMMAND: the same, of a run that waits for the named pipe `map` and is interrupted once its line has come, or after
# four seconds. At last the shell says "prompt", and the exit status. The pipe ends a second later.
ctrl_c() {
	local writer
	rm -f map typescript
	mkfifo map
	sleep 60 >map 3>&- &
	writer=$!
	on_screen "trap : INT; $1; echo prompt \$?" < <(
		for _ in {1..40}; do ! grep -qs modules typescript || break; sleep 0.1; done
		printf '\003'
		sleep 1
		kill $writer
	)
}
