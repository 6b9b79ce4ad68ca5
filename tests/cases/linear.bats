# No loop over what files say may be quadratic: for four times as much of anything, a run executes about four times as many
# instructions. valgrind counts them, of all processes together.
load common

bats_require_minimum_version 1.5.0

# counted COMMAND...: the instructions of all processes of a run. The word @names stands for all words of the file.
counted() {
	local names=()
	rm -f counts.*
	if [ "${!#}" = @names ]; then
		mapfile -t names <names
		set -- "${@:1:$#-1}" "${names[@]}"
	fi
	valgrind -q --tool=callgrind --trace-children=yes --callgrind-out-file=counts.%p "$@" >said 2>messages || true
	sed -n 's/^summary: //p' counts.* | awk '{ sum += $1 } END { printf "%d\n", sum }'
}

# in_step N MAKE COMMAND...: MAKE n makes an input of n things in an empty tree. From n to 4n, the run's instructions grow to
# at most five times as many, those left out that it takes without any; where a file that is written grows more than its
# input does, as much as that.
in_step() {
	local n=$1 make=$2 size spent=() written=()
	shift 2
	command -v valgrind >/dev/null || skip "no valgrind"
	make -s -C "$PROJECT" "build/counted/bin/$1"
	for size in 0 "$n" $((4 * n)); do
		rm -rf "$BATS_TEST_TMPDIR"/*
		setup
		$make "$size"
		spent+=("$(counted "$PROJECT/build/counted/bin/$1" "${@:2}")")
		written+=("$(cat said messages "$TREE"/modules.* | wc -c)")
	done
	awk -v make="$make" -v n="$n" -v spent="${spent[*]}" -v written="${written[*]}" 'BEGIN {
		split(spent, s); split(written, w)
		more = (s[3] - s[1]) / (s[2] - s[1]); output = (w[3] - w[1]) / (w[2] - w[1])
		most = output > 4 ? 1.25 * output : 5
		printf "# %s %d: %d, %d, %d instructions: %.2f times, output %.2f times\n", make, n, s[1], s[2], s[3], more, output
		exit !(s[2] > s[1] && more <= most)
	}' | tee figures >&3
	[ "${PIPESTATUS[0]}" = 0 ]
}

DEPMOD_RUN=(depmod --jobs 1 -b root -C conf "$RELEASE")

# many PATH N: links to a module, which exports, needs and has an alias.
many() {
	module "$1" --export "some_$2" --need other --alias 'pci:v1d*'
	perl -e 'my ($path, $n) = @ARGV; for my $i (1 .. $n) { link $path, $path =~ s/\.ko$/$i.ko/r or die }' "$TREE/$1" "$2"
	: >conf
}

# numbered N FORMAT...: each format N times, with its number.
numbered() { perl -e 'my $n = shift; for my $format (@ARGV) { printf "$format\n", ($_) x 9 for 1 .. $n }' "$@"; }

options_of() { mapfile -t options < <(numbered "$@"); : >conf; }

modules() { many kernel/m.ko "$1"; }
aliases() { options_of "$1" x%d; module_of --alias; }

# module_of OPTION: a module with the option for each of what options_of has made.
module_of() {
	local one all=()
	for one in "${options[@]}"; do all+=("$1" "$one"); done
	module kernel/m.ko "${all[@]}"
}
similar_aliases() { options_of "$1" 'pci:v0000%04dd*sv*sd*bc*sc*i*'; module_of --alias; }
wild_aliases() { options_of "$1" 'usb:v%04d*'; module_of --alias; }
same_aliases() { options_of "$1" 'same'; module_of --alias; }
softdeps() { options_of "$1" 'pre: m%d'; module_of --softdep; }
weakdeps() { options_of "$1" 'm%d'; module_of --weakdep; }
devnames() { options_of "$1" 'devname:m%d'; module_of --alias; }
exports() { options_of "$1" 'e%d=%d'; module_of --export; }
needs() { options_of "$1" 'e%d=%d'; module_of --need; }
words_of_a_softdep() { : >conf; module kernel/m.ko --softdep "pre: $(numbered $(($1 > 900 ? 900 : $1)) m%d | paste -sd' ')"; }

needs_of_another() {
	options_of "$1" 'e%d=%d'
	module_of --export
	mv "$TREE/kernel/m.ko" "$TREE/kernel/n.ko"
	module_of --need
}

chain() {
	local i
	: >conf
	module kernel/m0.ko --export e0
	for ((i = 1; i <= $1; i++)); do module "kernel/m$i.ko" --export "e$i" --need "e$((i - 1))"; done
}

ring() {
	chain "$1"
	module kernel/m0.ko --export e0 --need "e$1"
}

rings() {
	local i
	: >conf
	for ((i = 0; i < $1; i++)); do
		module "kernel/m$i.ko" --export "e$i" --need "f$i"
		module "kernel/n$i.ko" --export "f$i" --need "e$i"
	done
}

needing_one() {
	module kernel/a.ko --export other
	modules "$1"
}

directories() {
	: >conf
	module kernel/m.ko
	perl -e 'my ($n, $in) = @ARGV; for (1 .. $n) { mkdir "$in/d$_"; link "$in/m.ko", "$in/d$_/m$_.ko" or die }' "$1" "$TREE/kernel"
}

duplicates() {
	directories "$1"
	(cd "$TREE/kernel" && for i in $(seq "$1"); do mv "d$i/m$i.ko" "d$i/m.ko"; done)
}

maze() {
	mkdir -p "$ROOT/elsewhere"
	"$MKMODULE" --alias x "$ROOT/elsewhere/m.ko"
	: >conf
	(cd "$ROOT/elsewhere" && perl -e 'link "m.ko", "m$_.ko" or die for 1 .. 10')
	perl -e 'my ($n, $to) = @ARGV; for (1 .. $n) { symlink "../../../../elsewhere", "$to/l$_" or die }' "$1" "$TREE/kernel"
}

links() {
	module m.so
	: >conf
	perl -e 'my ($n, $to) = @ARGV; for (1 .. $n) { symlink "../m.so", "$to/l$_.ko" or die }' "$1" "$TREE/kernel"
}

broken() {
	: >conf
	perl -e 'my ($n, $to) = @ARGV; for (1 .. $n) { open my $f, ">", "$to/l$_.ko" or die; print $f "text" }' "$1" "$TREE/kernel"
}

# n lines, and n files that each of them may be about.
overrides_of_many() { many kernel/m.ko "$1"; mkdir "$TREE/updates"; ln "$TREE/kernel/m"* "$TREE/updates"; numbered "$1" 'override o%d * kernel' >conf; }
excludes_of_many() { many kernel/m.ko "$1"; numbered "$1" 'exclude x%d' >conf; }

set_of_modules() { many kernel/m.ko 20; mkdir "$TREE/updates"; ln "$TREE/kernel/m"* "$TREE/updates"; }
searches() { set_of_modules; { numbered "$1" 'search s%d'; echo search updates built-in; } >conf; }
overrides() { set_of_modules; numbered "$1" 'override o%d * kernel' >conf; }
externals() { set_of_modules; { numbered "$1" 'external * /nowhere/e%d'; echo search external updates; } >conf; }
excludes() { set_of_modules; numbered "$1" 'exclude x%d' >conf; }
bad_lines() { set_of_modules; numbered "$1" 'bad x%d' >conf; }
externals_that_matter() { mkdir extra; (cd extra; numbered "$1" 'd%d' | xargs -r mkdir); set_of_modules; numbered "$1" "external * $PWD/extra/d%d" >conf; }

module_order() { set_of_modules; numbered "$1" 'kernel/m%d.ko' >"$TREE/modules.order"; }
module_builtin() { set_of_modules; numbered "$1" 'kernel/b%d.ko' >"$TREE/modules.builtin"; }
module_builtin_info() { set_of_modules; numbered "$1" 'b%d.alias=x%d' 'b%d.license=GPL' | tr '\n' '\0' >"$TREE/modules.builtin.modinfo"; }
system_map_lines() { set_of_modules; numbered "$1" 'ffffffff81000000 T __ksymtab_f%d' >map; }
symvers_lines() { set_of_modules; numbered "$1" '0x%08x\tf%d\tvmlinux\tEXPORT_SYMBOL' >symvers; }
# ---- modprobe ----

PROBE=(modprobe -d root -S "$RELEASE" -C rules.conf)

indexed() {
	module kernel/m.ko --alias 'x*'
	"$DEPMOD" -b root -C empty "$RELEASE"
	: >rules.conf
}

aliases_of() { indexed; numbered "$1" 'alias a%d m' >rules.conf; }
wild_aliases_of() { indexed; numbered "$1" 'alias a%d* m' >rules.conf; }
matching_aliases_of() { indexed; numbered "$1" 'alias z* m%d' >rules.conf; }
options_for() { indexed; numbered "$1" 'options m a=%d' >rules.conf; }
options_for_others() { indexed; numbered "$1" 'options m%d a=%d' >rules.conf; }
installs() { indexed; numbered "$1" 'install m%d true' >rules.conf; }
blacklists() { indexed; numbered "$1" 'blacklist m%d' >rules.conf; }
soft_rules() { indexed; numbered "$1" 'softdep m%d pre: n%d' >rules.conf; }
bad_rules() { indexed; numbered "$1" 'nothing m%d pre: n%d' >rules.conf; }

# Modules without needs, and their names in names.
unrelated() {
	module kernel/m.ko --alias 'x*'
	perl -e 'my ($n, $to) = @ARGV; for (1 .. $n) { link "$to/m.ko", "$to/m$_.ko" or die }' "$1" "$TREE/kernel"
	"$DEPMOD" -b root -C empty "$RELEASE"
	numbered "$1" 'm%d' >names
	: >rules.conf
}

soft_chain() {
	unrelated "$1"
	perl -e 'my $n = shift; printf "softdep m%d pre: m%d\n", $_, $_ + 1 for 1 .. $n - 1' "$1" >rules.conf
}

soft_fan() {
	unrelated "$1"
	{ printf 'softdep m pre:'; numbered "$1" ' m%d' | tr -d '\n'; } >rules.conf
}

rules_and_names() {
	unrelated "$1"
	numbered "$1" 'options m%d a=%d' 'softdep m%d pre: m' 'blacklist n%d' 'install n%d true' >rules.conf
}

needed_chain() {
	chain "$1"
	module kernel/top.ko --need "e$1"
	"$DEPMOD" -b root -C empty "$RELEASE"
	: >rules.conf
}

# A pattern of brackets that nothing closes, for a name in which none of them stands.
open_brackets() {
	indexed
	rm "$TREE"/modules.*.bin
	printf 'kernel/%*s.ko:\n' "$1" '' | tr ' ' a >"$TREE/modules.dep"
	printf '*%*s\n' "$1" '' | tr ' ' '[' >names
}

words_in_environment() { indexed; export MODPROBE_OPTIONS=$(numbered "$1" '-C rules.conf' | paste -sd' '); }

@test "depmod: modules" { in_step 500 modules "${DEPMOD_RUN[@]}"; }
@test "depmod: aliases" { in_step 1000 aliases "${DEPMOD_RUN[@]}"; }
@test "depmod: similar aliases" { in_step 1000 similar_aliases "${DEPMOD_RUN[@]}"; }
@test "depmod: wild aliases" { in_step 1000 wild_aliases "${DEPMOD_RUN[@]}"; }
@test "depmod: same aliases" { in_step 1000 same_aliases "${DEPMOD_RUN[@]}"; }
@test "depmod: softdeps" { in_step 1000 softdeps "${DEPMOD_RUN[@]}"; }
@test "depmod: weakdeps" { in_step 1000 weakdeps "${DEPMOD_RUN[@]}"; }
@test "depmod: devnames" { in_step 1000 devnames "${DEPMOD_RUN[@]}"; }
@test "depmod: exports" { in_step 1000 exports "${DEPMOD_RUN[@]}"; }
@test "depmod: needs" { in_step 1000 needs "${DEPMOD_RUN[@]}"; }
@test "depmod: words of a softdep" { in_step 200 words_of_a_softdep "${DEPMOD_RUN[@]}"; }
@test "depmod: needs of another" { in_step 500 needs_of_another "${DEPMOD_RUN[@]}"; }
@test "depmod: chain" { in_step 50 chain "${DEPMOD_RUN[@]}"; }
@test "depmod: ring" { in_step 60 ring "${DEPMOD_RUN[@]}"; }
@test "depmod: rings" { in_step 50 rings "${DEPMOD_RUN[@]}"; }
@test "depmod: needing one" { in_step 300 needing_one "${DEPMOD_RUN[@]}"; }
@test "depmod: directories" { in_step 200 directories "${DEPMOD_RUN[@]}"; }
@test "depmod: duplicates" { in_step 200 duplicates "${DEPMOD_RUN[@]}"; }
@test "depmod: maze" { in_step 200 maze "${DEPMOD_RUN[@]}"; }
@test "depmod: links" { in_step 500 links "${DEPMOD_RUN[@]}"; }
@test "depmod: broken" { in_step 300 broken "${DEPMOD_RUN[@]}"; }
@test "depmod: searches" { in_step 500 searches "${DEPMOD_RUN[@]}"; }
@test "depmod: overrides" { in_step 500 overrides "${DEPMOD_RUN[@]}"; }
@test "depmod: externals" { in_step 500 externals "${DEPMOD_RUN[@]}"; }
@test "depmod: excludes" { in_step 500 excludes "${DEPMOD_RUN[@]}"; }
@test "depmod: overrides of many" { in_step 200 overrides_of_many "${DEPMOD_RUN[@]}"; }
@test "depmod: excludes of many" { in_step 200 excludes_of_many "${DEPMOD_RUN[@]}"; }
@test "depmod: bad lines" { in_step 500 bad_lines "${DEPMOD_RUN[@]}"; }
@test "depmod: externals that matter" { in_step 200 externals_that_matter "${DEPMOD_RUN[@]}"; }
@test "depmod: module order" { in_step 1000 module_order "${DEPMOD_RUN[@]}"; }
@test "depmod: module builtin" { in_step 1000 module_builtin "${DEPMOD_RUN[@]}"; }
@test "depmod: module builtin info" { in_step 1000 module_builtin_info "${DEPMOD_RUN[@]}"; }
@test "depmod -F" { in_step 1000 system_map_lines "${DEPMOD_RUN[@]}" -F map -e; }
@test "depmod -E" { in_step 1000 symvers_lines "${DEPMOD_RUN[@]}" -E symvers -e; }
@test "depmod -w" { in_step 500 modules "${DEPMOD_RUN[@]}" -w; }
@test "depmod -e" { in_step 1000 needs "${DEPMOD_RUN[@]}" -e -F /dev/null; }
@test "depmod --dot" { in_step 500 modules "${DEPMOD_RUN[@]}" --dot; }
@test "depmod --explain" { in_step 1000 needs_of_another "${DEPMOD_RUN[@]}" --explain m; }
@test "modprobe: aliases" { in_step 500 aliases_of "${PROBE[@]}" -R a1; }
@test "modprobe: aliases with stars" { in_step 500 wild_aliases_of "${PROBE[@]}" -R a1; }
@test "modprobe: aliases that match" { in_step 500 matching_aliases_of "${PROBE[@]}" -R zebra; }
@test "modprobe: options of one module" { in_step 500 options_for "${PROBE[@]}" -D m; }
@test "modprobe: options of many modules" { in_step 500 options_for_others "${PROBE[@]}" -D m; }
@test "modprobe: commands" { in_step 500 installs "${PROBE[@]}" -D m; }
@test "modprobe: blacklist" { in_step 500 blacklists "${PROBE[@]}" -b -D m; }
@test "modprobe: soft dependencies of many modules" { in_step 500 soft_rules "${PROBE[@]}" -D m; }
@test "modprobe: bad lines" { in_step 500 bad_rules "${PROBE[@]}" -D m; }
@test "modprobe: modules of one alias" { in_step 200 unrelated "${PROBE[@]}" -D xyz; }
@test "modprobe: many names" { in_step 200 unrelated "${PROBE[@]}" -a -n @names; }
@test "modprobe: a chain of soft dependencies" { in_step 200 soft_chain "${PROBE[@]}" -D m1; }
@test "modprobe: many soft dependencies of one module" { in_step 200 soft_fan "${PROBE[@]}" -D m; }
@test "modprobe: many names, as many rules" { in_step 200 rules_and_names "${PROBE[@]}" -a -n @names; }
@test "modprobe: a chain of dependencies" { in_step 30 needed_chain "${PROBE[@]}" -D top; }
@test "modprobe: brackets without a partner" { in_step 500 open_brackets "${PROBE[@]}" -l @names; }
@test "modprobe: MODPROBE_OPTIONS" { in_step 500 words_in_environment "${PROBE[@]}" -D m; }
@test "modprobe: -c" { in_step 500 options_for_others "${PROBE[@]}" -c; }
@test "modprobe: an unknown name" { in_step 500 unrelated "${PROBE[@]}" unknown; }
