# Manual pages are well formed, and whatever lists options lists the same ones: those that the commands know.
load common
load shells

# Options that are described and still to come.
coming=''

# Two lines an entry of the table `known`: "a all\n", or "\1=jobs\n" for an option that has only a name.
options_of_source() {
	sed -n '/ known\[\] =/,/;$/p' "$1" | grep -oE '"(\\[0-7]+|[A-Za-z])[ =][a-z-]+\\n"' |
		sed -E 's/"(.*)[ =](.*)\\n"/-\1\n--\2/; s/^-\\[0-7]+\n//'
}

# The same for a small command, whose options are handed to begin_command().
options_of_command() {
	sed -n '/begin_command(p,/,/)/p' "$@" | tr -d '\t\n"' | grep -oE '[A-Za-z0][ =][a-z-]+\\n' | sed -E 's/(.)[ =](.*)\\n/-\1\n--\2/'
}

# What stands left of two blanks, and the last paragraph's synonyms.
options_of_help() {
	sed -nE 's/^ +(-.*)/\1/; t cut; /^Accepted for older/,$p; b; :cut; s/   *.*//; p' "$1" | options_in_text
}

options_of_page() { sed -n 's/^\.It Fl/Fl/p' "$1" | grep -oE 'Fl [A-Za-z0-]+' | sed 's/Fl /-/'; }

options_of_completion() { offered "$1" "$2 -" && offered "$1" "$2 --"; }

options_in_text() { grep -oE -- '(^|[ ,])-(-[a-z-]+|[A-Za-z0])' | tr -d ' ,'; }

# lists_the_same WHAT COMMAND...: what the command prints are the options of the source, and no others.
lists_the_same() {
	local what=$1
	shift
	"$@" | sort -u >listed
	[ -s listed ] && [ -s known ]
	comm -13 known listed | grep -vxF -e "${coming// /$'\n'}" | sed "s|^|$what has, and the program has not: |" >differences || true
	comm -23 known listed | sed "s|^|the program has, and $what has not: |" >>differences
	cat differences
	[ ! -s differences ]
}

same_options() { # COMMAND SOURCE
	cd "$BATS_TEST_TMPDIR"
	options_of_source "$PROJECT/$2" | sort -u >known
	[ "$(grep -c . known)" -gt 30 ]
	same_as_known "$1"
}

same_as_known() { # COMMAND
	lists_the_same "help/$1" options_of_help "$PROJECT/help/$1"
	lists_the_same "man/$1.8" options_of_page "$PROJECT/man/$1.8"
	for shell in bash zsh fish; do
		lists_the_same "the completion for $shell" "${offers:-options_of_completion}" "$shell" "$1"
	done
}

@test "depmod: program, help, manual page and completions have the same options" { same_options depmod options.c; }

@test "modprobe: program, help, manual page and completions have the same options" { same_options modprobe modprobe/modprobe.c; }

@test "modinfo, insmod, rmmod, lsmod: program, help, manual page and completions have the same options" {
	cd "$BATS_TEST_TMPDIR"
	for command in modinfo insmod rmmod lsmod; do
		options_of_command "$PROJECT/modprobe/$command.c" | sort -u >known
		[ "$(grep -c . known)" -ge 8 ]
		same_as_known $command
	done
}

offered_by_kmod() { options_of_completion "$1" kmod && options_of_completion "$1" "kmod static-nodes"; }

@test "kmod: program, help, manual page and completions have the same options" {
	cd "$BATS_TEST_TMPDIR"
	options_of_command "$PROJECT"/modprobe/{commands,nodes}.c | sort -u >known
	[ "$(grep -c . known)" = 8 ]
	offers=offered_by_kmod same_as_known kmod
}

@test "depmod.old: every option of its help is one of depmod, and described in its page" {
	options_of_help "$PROJECT/help/depmod.old" | sort -u >listed
	[ "$(grep -c . listed)" -gt 30 ]
	[ -z "$(comm -23 listed <(options_of_source "$PROJECT/options.c" | sort -u))" ]
	[ -z "$(comm -23 listed <(options_of_page "$PROJECT/man/depmod.8" | sort -u))" ]
	grep -qx '\.Xr depmod 8.*' "$PROJECT/man/depmod.old.8"
}

# Whether other pages are installed here, and known to mandoc, is not the point.
@test "mandoc has nothing to say of the manual pages" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	run mandoc -T lint "$PROJECT"/man/*
	output=$(grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' <<<"$output" || true)
	says_nothing
}

@test "every page is found by the name it has" {
	for page in "$PROJECT"/man/*; do
		name=${page##*/}
		title=${name%.*}
		grep -qx ".Dt ${title^^} ${name##*.}" "$page"
		grep -qx ".Nm $title\( ,\)\?" "$page"
		grep -qx ".Os" "$page"
	done
}

@test "pages refer only to pages that are here, or to those of the system" {
	for other in $(sed -nE 's/^\.Xr ([^ ]+) ([0-9]).*/\1.\2/p' "$PROJECT"/man/* | sort -u); do
		[ -e "$PROJECT/man/$other" ] || [[ $other == @(udev|regex).7 ]] || { echo "no page $other"; return 1; }
	done
}

# A name that is only written, or only described, is a mistake in one of the two.
@test "modules.dep(5) describes the files that depmod writes" {
	module kernel/a.ko
	index
	exits 0
	for file in "$TREE"/modules.*; do
		case ${file##*/} in modules.order) continue ;; esac
		grep -qE "^\.(It )?Pa .*\b${file##*/}( |$)" "$PROJECT/man/modules.dep.5" || { echo "not described: $file"; return 1; }
	done
}
