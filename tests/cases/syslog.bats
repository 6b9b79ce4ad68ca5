# -s: messages go to the system's log, a socket called /dev/log. The machine's own is left alone: each test runs with
# root/ as the root directory.
load common

# logged OPTION...: our depmod on the tree; what it told the log is in heard, a message a line, what it said otherwise in said.
logged() {
	enter=(chroot root)
	[ "$(id -u)" = 0 ] || enter=(unshare -r chroot root)
	install -m 755 "$DEPMOD" "$DEPMOD_OLD" root
	"${enter[@]}" /depmod -V >/dev/null 2>&1 || skip "another root directory cannot be entered here"
	mkdir -p root/dev
	status=0
	perl -e 'use Socket;
		chdir "root/dev"; unlink "log";
		socket(LOG, PF_UNIX, SOCK_DGRAM, 0) && bind(LOG, pack_sockaddr_un("log")) or die "no socket: $!\n";
		chdir "../..";
		my $status = system @ARGV;
		while (defined recv(LOG, my $message, 4096, MSG_DONTWAIT)) { print "$message\n" }
		exit $status >> 8' "${enter[@]}" /depmod "$@" "$RELEASE" 2>said >heard || status=$?
}

heard() {
	[ "$(cat heard)" = "$(printf '%s\n' "$@")" ] || {
		printf 'the log heard:\n%s\nexpected:\n%s\nsaid:\n%s\n' "$(cat heard)" "$(printf '%s\n' "$@")" "$(cat said)"
		return 1
	}
	[ ! -s said ] || { cat said; return 1; }
}

@test "-s, --syslog: messages go to the log with facility and severity, none to standard error" {
	module kernel/a.ko --need missing
	module kernel/b.ko --defect truncated
	rm "$TREE/modules.order"
	system_map
	cp map root/map
	for form in -s --syslog -es; do
		logged $form -e -F /map
		exits 0
		heard "<28>depmod: WARNING: could not open /lib/modules/$RELEASE/modules.order: No such file or directory" \
			"<27>depmod: ERROR: kernel/b.ko: section table: reaches beyond the end of the file at offset 144" \
			"<28>depmod: WARNING: /lib/modules/$RELEASE/kernel/a.ko needs unknown symbol missing"
		file_is modules.dep kernel/a.ko:
	done
}

@test "-s: what is fatal goes there, too, and what -v tells of" {
	module kernel/a.ko
	logged -s -F /nowhere
	exits 1
	heard '<26>depmod: FATAL: could not load /nowhere: No such file or directory'
	mkdir -p root/etc/depmod.d
	: >root/etc/depmod.d/a.txt
	logged -sv
	exits 0
	sed -i 's/, 0\.[0-9]* seconds$/, some seconds/' heard
	heard '<30>depmod: INFO: not read, as it does not end in .conf: /etc/depmod.d/a.txt
<30>depmod: INFO: 1 modules, 0 symbols, 0 aliases, 11 files, some seconds'
}

@test "-s: symbols that nothing supplies to modules of the 2.4 series" {
	RELEASE=2.4.20
	TREE=$ROOT/lib/modules/$RELEASE
	module kernel/a.o --class 32 --use one --use two
	: >root/map
	logged -se -F /map
	exits 0
	heard '<28>depmod: *** Unresolved symbols in /lib/modules/2.4.20/kernel/a.o' '<28>depmod: '$'\t''one' '<28>depmod: '$'\t''two'
}

@test "-s: a message is one datagram, however long it is; what does not fit is cut off" {
	local path
	path=$(printf '/directory%s' $(seq 200))
	module kernel/a.ko
	logged -s -F "$path"
	exits 1
	heard "$(cut -c 1-1024 <<<"<26>depmod: FATAL: could not load $path: No such file or directory")"
}

@test "without -s the log hears nothing" {
	module kernel/a.ko --defect truncated
	logged
	exits 0
	[ ! -s heard ]
	grep -qF 'depmod: ERROR: kernel/a.ko: ' said
}

@test "-s without a log: standard error" {
	module kernel/a.ko --defect truncated
	logged
	for log in none file nobody; do
		case $log in
		none) rm root/dev/log ;;
		file) : >root/dev/log ;;
		nobody) rm root/dev/log; perl -e 'use Socket; chdir "root/dev";
			socket(S, PF_UNIX, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_un("log")) or exit 1' ;;
		esac
		run "${enter[@]}" /depmod -s "$RELEASE"
		exits 0
		says 'depmod: ERROR: kernel/a.ko: '
	done
}
