# --dot and --explain on a real kernel, against kmod's modules.dep, its modinfo, and nm.
load common

# In a modules.dep, each module and all that it needs; the same from the edges of --dot, followed to their ends.
closure_of_file() {
	perl -ne 'sub name { my $n = $_[0] =~ s,.*/,,r; $n =~ s/\..*//; $n =~ tr/-/_/; $n }
		s/:// or die; my ($m, @d) = map { name($_) } split; print join(" ", $m, sort @d), "\n"' "$1" | sort
}
closure_of_graph() {
	perl -ne 'next if /style=/; if (/"(.*)" -> "(.*)"/) { push @{ $d{$1} }, $2 } elsif (/^\t"(.*)"/) { $d{$1} //= [] }
		sub all { my ($m, $seen) = @_; for (@{ $d{$m} }) { $seen->{$_}++ or all($_, $seen) } $seen }
		END { print join(" ", $_, sort keys %{ all($_, {}) }), "\n" for keys %d }' | sort
}

graph() {
	closure_of_file "$(written "$KMOD" modules.dep)" >expected
	at_least 500 expected
	ours --dot >graph
	closure_of_graph <graph >actual
	same expected actual 'what modules need by --dot'
	gvpr 'BEG_G { print(nNodes($G) > 500) }' graph >nodes 2>complaints
	[ "$(cat nodes)" = 1 ]
	[ ! -s complaints ]
	ours --dot --jobs 1 | cmp graph -
}

@test "cloud: --dot, all modules" { on cloud graph; }
@test "s390x: --dot, all modules" { on s390x graph; }
@test "armhf: --dot, all modules" { on armhf graph; }

# What --explain says that a module needs directly, and for which symbols: each in nm's list of its undefined ones, and
# in that of the other's exports.
well_known() {
	local module path other symbol
	for module in xfs btrfs nf_nat libceph; do
		path=$(find "$PLAIN/lib/modules/$RELEASE/kernel" -name "${module//_/[-_]}.ko")
		ours --explain "$module" >explained
		perl -0ne 's/\n {16}/ /g; while (/^needs: +(\S+): (.*)$/mg) { my $m = $1; print "$m $_\n" for split /, /, $2 }' \
			explained | sort >actual
		nm -u "$path" | awk '{ print $2 }' | sort >undefined
		for other in $(modinfo -F depends "$path" | tr , ' '); do
			nm "$(find "$PLAIN/lib/modules/$RELEASE/kernel" -name "${other//_/[-_]}.ko")" |
				sed -n 's/.* __ksymtab_//p' | sort | comm -12 - undefined | sed "s/^/$other /"
		done | sort >expected
		at_least 1 expected
		same expected actual "what $module needs"
		modinfo -F alias "$path" | grep -v : | sort -u >expected
		perl -0ne 's/\n {16}/ /g; print "$_\n" for grep !/:/, split /, /, /^aliases: +(.*)$/m ? $1 : ""' \
			explained | sort >actual
		same expected actual "the aliases of $module"
	done
}

@test "cloud: --explain agrees with nm and modinfo" { on cloud well_known; }
