# Completion of depmod, modprobe and its other commands, for bash. It reads the whole line first: value[LETTER] of options that take one,
# all options in `given`, operands, and in `expected` the letter of the option whose value is being typed. Names from
# the disk may be hostile: bash expands none of them, and only those of harmless characters are offered.

# _depmod_line LETTERS NAME=LETTER...: the options that take a value, short ones and long ones.
_depmod_line() {
	local letters=$1 i word name next=
	shift
	for ((i = 1; i < ${#COMP_WORDS[@]}; i++)); do
		word=${COMP_WORDS[i]//[\\\'\"]/}
		[[ $word != '~'* ]] || word=$HOME${word:1}
		if ((i == COMP_CWORD)); then
			expected=$next next=
		elif [[ $word == = ]]; then
			continue # of --name=value
		elif [[ $next ]]; then
			value[$next]=$word next=
		elif [[ $word == --* ]]; then
			given+=" $word "
			for name; do [[ ${name%=*} != "${word:2}" ]] || next=${name#*=}; done
		elif [[ $word == -?* ]]; then
			_depmod_letters "${word:1}"
		else
			operands+=("$word")
		fi
	done
	[[ $cur != = ]] || cur=
}

# A bundle of letters; what follows one that takes a value is the value.
_depmod_letters() {
	local rest=$1 letter
	while [[ $rest ]]; do
		letter=${rest:0:1} rest=${rest:1}
		given+=" -$letter "
		if [[ $letters == *"$letter"* ]]; then
			[[ $rest ]] && value[$letter]=$rest || next=$letter
			return
		fi
	done
}

# The directory of the kernels' directories: _depmod_directory BASE [MODULEDIR]
_depmod_directory() {
	local usr=
	[[ -d $1/lib/modules || ! -d $1/usr/lib/modules ]] || usr=usr/
	echo "$1/${2:-${usr}lib/modules}"
}

# Those lines of standard input that begin with START.
_depmod_offer() {
	local word
	while read -r word; do
		[[ $word != "$1"* ]] || COMPREPLY+=("$word")
	done < <(LC_ALL=C grep -x '[A-Za-z0-9_.+~-]*' | LC_ALL=C sort -u)
}

_depmod_versions() { _depmod_offer "$cur" < <(cd -- "$1" 2>/dev/null && printf '%s\n' [0-9]*.*/ | tr -d /); }

# Modules of a kernel; where none is named, of the running one, or of those that are there: _depmod_modules DIRECTORY RELEASE
_depmod_modules() {
	_depmod_offer "${cur//-/_}" < <(cd -- "$1" 2>/dev/null || exit
		release=${2:-$(uname -r)}
		if [[ $2 || -d $release ]]; then
			cat -- "$release"/modules.{dep,builtin}
		else
			cat -- [0-9]*.*/modules.{dep,builtin}
		fi 2>/dev/null | sed 's/:.*//; s,.*/,,; s/\..*//; s/-/_/g; /./!d')
}

# What modinfo knows of the first operand: NAME=, but not behind that.
_modprobe_parameters() {
	[[ ${COMP_WORDS[COMP_CWORD]} != = && ${COMP_WORDS[COMP_CWORD - 1]} != = ]] || return 0
	compopt -o nospace 2>/dev/null
	_depmod_offer "$cur" < <(PATH=$PATH:/usr/sbin:/sbin modinfo ${value[d]:+-b "${value[d]}"} ${value[S]:+-k "${value[S]}"} \
		-p "${operands[0]}" 2>/dev/null | sed -n 's/^\([A-Za-z0-9_]*\):.*/\1/p')
	COMPREPLY=("${COMPREPLY[@]/%/=}")
}

# _depmod_files -f, or -d for directories alone
_depmod_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

_depmod_loaded() { _depmod_offer "${cur//-/_}" < <(cut -d ' ' -f 1 /proc/modules 2>/dev/null); }

_depmod_options() { mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur"); }

_depmod() {
	local cur=${COMP_WORDS[COMP_CWORD]} given= expected= directory word release=
	local -a operands=()
	local -A value=()
	COMPREPLY=()
	_depmod_line bmoCEFP basedir=b moduledir=m outdir=o config=C symvers=E filesyms=F symbol-prefix=P jobs=1 explain=2
	directory=$(_depmod_directory "${value[b]}" "${value[m]}")
	for word in "${operands[@]}"; do [[ $word != [0-9]*.* ]] || release=$word; done
	case $expected in
	b | m | o) _depmod_files -d ;;
	C | E | F) _depmod_files -f ;;
	2) _depmod_modules "$directory" "$release" ;;
	?) ;;
	*)
		if [[ $cur == -* ]]; then
			_depmod_options -a --all -A --quick -n --dry-run --show --all-versions --explain --dot --map --jobs \
				--sync --no-sync -b --basedir -m --moduledir -o --outdir -C --config --config-from-base -e --errsyms \
				-F --filesyms -E --symvers -P --symbol-prefix -u --unresolved-error --strict \
				-v --verbose -w --warn -q --quiet -s --syslog -V --version -h --help -r --root
		elif [[ $given == *' --dot '* ]]; then
			_depmod_modules "$directory" "$release"
			[[ $release ]] || _depmod_versions "$directory"
		elif ((${#operands[@]} == 0)); then
			_depmod_versions "$directory"
		elif [[ $given != *' --explain '* ]]; then
			_depmod_files -f
		fi
		;;
	esac
}

_modprobe() {
	local cur=${COMP_WORDS[COMP_CWORD]} given= expected= directory
	local -a operands=()
	local -A value=()
	COMPREPLY=()
	_depmod_line CdSw config=C dirname=d set-version=S wait=w
	directory=$(_depmod_directory "${value[d]}")
	case $expected in
	d) _depmod_files -d ;;
	C) _depmod_files -f ;;
	S) _depmod_versions "$directory" ;;
	?) ;;
	*)
		if [[ $cur == -* ]]; then
			_depmod_options -a --all -r --remove --remove-holders --remove-dependencies -w --wait --first-time \
				-n --dry-run --show -b --use-blacklist -i --ignore-install --ignore-remove -f --force \
				--force-modversion --force-vermagic -D --show-depends -R --show-alias --resolve-alias \
				-c --show-config --showconfig -l --list --show-modversions --dump-modversions --show-exports \
				-v --verbose -q --quiet -s --syslog -V --version -h --help -d --dirname -S --set-version -C --config \
				--config-from-base
		elif [[ $cur == [./]* || $given == *' --show-'[me]* || $given == *' --dump-'* ]]; then
			_depmod_files -f
		elif [[ $given == *' -r '* || $given == *' --remove'* ]]; then
			_depmod_loaded
		elif [[ ${#operands[@]} == 0 || $given == *' -'[aR]' '* || $given == *' --all '* || $given == *-alias' '* ]]; then
			_depmod_modules "$directory" "${value[S]}"
		else
			_modprobe_parameters
		fi
		;;
	esac
}

_modinfo() {
	local cur=${COMP_WORDS[COMP_CWORD]} given= expected= directory
	local -a operands=()
	local -A value=()
	COMPREPLY=()
	_depmod_line Fkb field=F set-version=k basedir=b
	directory=$(_depmod_directory "${value[b]}")
	case $expected in
	b) _depmod_files -d ;;
	k) _depmod_versions "$directory" ;;
	F) _depmod_options alias author depends description filename firmware license name parm signer softdep vermagic version ;;
	*)
		if [[ $cur == -* ]]; then
			_depmod_options -a --author -d --description -l --license -p --parameters -n --filename -0 --null -m --modname \
				-F --field -k --set-version -b --basedir -V --version -h --help
		elif [[ $cur == [./]* ]]; then
			_depmod_files -f
		else
			_depmod_modules "$directory" "${value[k]}"
		fi
		;;
	esac
}

_insmod() {
	local cur=${COMP_WORDS[COMP_CWORD]} given= expected=
	local -a operands=()
	local -A value=()
	COMPREPLY=()
	_depmod_line ''
	if [[ $cur == -* ]]; then
		_depmod_options -f --force -v --verbose -s --syslog -p --probe -V --version -h --help
	elif ((${#operands[@]} == 0)); then
		_depmod_files -f
	fi
}

_rmmod() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	if [[ $cur == -* ]]; then
		_depmod_options -a --all -w --wait -f --force -v --verbose -s --syslog -V --version -h --help
	else
		_depmod_loaded
	fi
}

_lsmod() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	[[ $cur != -* ]] || _depmod_options -s --syslog -v --verbose -V --version -h --help
}

_depmod_static_nodes() {
	local cur=${COMP_WORDS[COMP_CWORD]} given= expected=
	local -a operands=()
	local -A value=()
	_depmod_line fo format=f output=o
	case $expected in
	f) _depmod_options human tmpfiles devname ;;
	o) _depmod_files -f ;;
	*) [[ $cur != -* ]] || _depmod_options -f --format -o --output -h --help ;;
	esac
}

# The command behind kmod has the rest of the line to itself.
_kmod() {
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		[[ $cur == -* ]] && _depmod_options -V --version -h --help ||
			_depmod_options modprobe modinfo insmod rmmod lsmod list static-nodes
		return
	fi
	COMP_WORDS=("${COMP_WORDS[@]:1}")
	((COMP_CWORD--))
	case $command in
	modprobe | modinfo | insmod | rmmod | lsmod) "_$command" ;;
	list) _lsmod ;;
	static-nodes) _depmod_static_nodes ;;
	esac
}

complete -F _depmod depmod
complete -F _modprobe modprobe
complete -F _modinfo modinfo
complete -F _insmod insmod
complete -F _rmmod rmmod
complete -F _lsmod lsmod
complete -F _kmod kmod
