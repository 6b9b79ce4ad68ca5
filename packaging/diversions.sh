# packaging/diversions.sh: functions that put our files in place of another package's on Debian, and give them back. Sourced
# by packaging/divert, and part of the package's own scripts (see packaging/deb). Whoever sources it sets
#
#   by        --local, or --package NAME: on whose behalf dpkg-divert works
#   fail      a function that says why it cannot be done, and ends
#
# What a package owns at PATH is at PATH.kmod while it is diverted, and whatever dpkg does to that package, it does there. At
# no moment is there nothing at PATH: the other's file is copied before the diversion is made, and what comes takes its name at once.
# Each step may be the last one of a run; the next run, in whichever direction, goes on from there.

# both_names PATH...: with /usr before it, too, where /sbin is a link to /usr/sbin. Newer packages have /usr/sbin in their
# lists, older ones /sbin, and to dpkg these are two files.
both_names() {
	for path; do
		echo "$path"
		case $path in /usr/*) continue ;; esac
		[ ! "${path%/*}" -ef "/usr${path%/*}" ] || echo "/usr$path"
	done
}

# backwards LINES
backwards() { echo "$1" | sed '1!G;h;$!d'; }

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

# is_diverted PATH: by us.
is_diverted() {
	diverter=$(dpkg-divert --listpackage "$1")
	[ -n "$diverter" ] || return 1
	[ "$diverter" = "${by#--package }" ] || [ "$by $diverter" = "--local LOCAL" ] ||
		fail "$1 is diverted already, on behalf of $diverter"
	[ "$(dpkg-divert --truename "$1")" = "$1.kmod" ] || [ "$by" != --local ] || fail "$1 is diverted already"
}

# other_name PATH: by which the same file is known, where /sbin is a link to /usr/sbin.
other_name() { case $1 in /usr/*) echo "${1#/usr}" ;; *) echo "/usr$1" ;; esac }

# copy PATH COPY: at once or not at all.
copy() {
	rm -f "$2.new"
	cp -a "$1" "$2.new"
	mv -fT "$2.new" "$2"
}

# keep PATH: a copy of what is there; unless its other name is diverted already, and what is there is ours.
keep() {
	is_there "$1" && ! is_diverted "$(other_name "$1")" || return 0
	copy "$1" "$1.kmod"
}

# divert PATHS: one a line.
divert() {
	for path in $1; do
		is_diverted "$path" || :
	done
	for path in $1; do
		! is_diverted "$path" || continue
		keep "$path"
		dpkg-divert --quiet $by --no-rename --divert "$path.kmod" --add "$path"
	done
}

# give_back PATHS: those that divert diverted, in the opposite order. Where the other package is no longer there, nothing
# is put at PATH. What was at PATH.kmod goes last: without it, divert would take what is at PATH for ours.
give_back() {
	for path in $(backwards "$1"); do
		! is_there "$path.kmod" || ! is_diverted "$path" || copy "$path.kmod" "$path"
	done
	for path in $(backwards "$1"); do
		! is_diverted "$path" || dpkg-divert --quiet $by --no-rename --remove "$path"
	done
	for path in $1; do
		rm -f "$path.kmod" "$path.kmod.new" "$path.new"
	done
}
