# Completion of depmod, modprobe and its other commands, for fish. LETTERS are those of options that take a value.

# The last value that the line gives to an option: __depmod_value LETTERS LETTER NAME
function __depmod_value -a letters letter name
    set -l words (commandline -opc)
    set -l value
    for i in (seq 2 (count $words))
        set -l parts (string match -r -- "^(?:--$name(?:=|\$)|-[^-$letters]*$letter)(.*)" $words[$i])
        or continue
        set value $parts[2]
        test -n "$value"; or set value $words[(math $i + 1)]
    end
    string replace -r '^~' ~ -- $value
end

# Whether the line has one of these options: __depmod_given LETTERS LETTER... NAME|NAME...
function __depmod_given -a letters flags names
    string match -qr -- "^(--($names)\$|-[^-$letters]*[$flags])" (commandline -opc)[2..]
end

# What on the line is neither an option nor the value of one: __depmod_operands LETTERS NAME|NAME...
function __depmod_operands -a letters names
    set -l value false
    for word in (commandline -opc)[2..]
        if $value
            set value false
        else if string match -qr -- "^(--($names)|-[^-$letters]*[$letters])\$" $word
            set value true
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# The directory of the kernels' directories: __depmod_directory BASE [MODULEDIR]
function __depmod_directory -a base moduledir
    if test -n "$moduledir"
        echo $base/$moduledir
    else if test ! -d $base/lib/modules -a -d $base/usr/lib/modules
        echo $base/usr/lib/modules
    else
        echo $base/lib/modules
    end
end

function __depmod_versions -a directory
    path basename $directory/*.*/ | string match -r '^[0-9].*'
end

# Modules of a kernel; where none is named, of the running one, or of those that are there. With - in place of _, too, where the
# word has one.
function __depmod_modules -a directory
    set -l release $argv[2..]
    test -n "$release"; or set release (uname -r)
    test -n "$argv[2]" -o -d $directory/$release; or set release (__depmod_versions $directory)
    set -l names (cat $directory/$release/modules.{dep,builtin} 2>/dev/null </dev/null |
        string replace -r ':.*' '' | string replace -r '.*/' '' | string replace -r '\..*' '' | string replace -a - _)
    string match -v '' -- $names
    string match -qr '^(--[a-z]*=)?[^-].*-' -- (commandline -ct); and string replace -a _ - -- $names
end

# ---- depmod ----

function __depmod_here
    __depmod_directory "$(__depmod_value bmoCEFP b basedir)" "$(__depmod_value bmoCEFP m moduledir)"
end

function __depmod_words
    __depmod_operands bmoCEFP 'basedir|moduledir|outdir|config|symvers|filesyms|symbol-prefix|jobs|explain'
end

# The version among them.
function __depmod_release
    set -l versions (__depmod_words | string match -r '^[0-9].*\..*'); and echo $versions[1]
end

complete -c depmod -f
complete -c depmod -n 'not __depmod_release >/dev/null' -a '(__depmod_versions (__depmod_here))' -d kernel
complete -c depmod -n '__depmod_given bmoCEFP = dot' -a '(__depmod_modules (__depmod_here) (__depmod_release))' -d module
complete -c depmod -n '__depmod_release >/dev/null; and not __depmod_given bmoCEFP = "dot|explain"' -F
complete -c depmod -s a -l all -d 'All modules'
complete -c depmod -s A -l quick -d 'Nothing when no module is newer than modules.dep'
complete -c depmod -s n -l dry-run -d 'Text files to standard output'
complete -c depmod -l show -d 'Text files to standard output'
complete -c depmod -l all-versions -d 'Every kernel below the module directory'
complete -c depmod -l explain -x -a '(__depmod_modules (__depmod_here) (__depmod_release))' -d 'What is known of a module'
complete -c depmod -l dot -d 'The graph of dependencies, for Graphviz'
complete -c depmod -l map -d 'Also the map files of older systems'
complete -c depmod -l jobs -x -d 'Number of worker processes'
complete -c depmod -l sync -d 'Wait until all is on the disk'
complete -c depmod -l no-sync -d 'Do not wait until all is on the disk'
complete -c depmod -s b -l basedir -x -a '(__fish_complete_directories)' -d 'Look for the module directory below'
complete -c depmod -s m -l moduledir -x -a '(__fish_complete_directories)' -d 'Module directory'
complete -c depmod -s o -l outdir -x -a '(__fish_complete_directories)' -d 'Write below'
complete -c depmod -s C -l config -r -F -d 'In place of depmod.d'
complete -c depmod -l config-from-base -d 'The depmod.d below -b'
complete -c depmod -s e -l errsyms -d 'Report symbols that nothing supplies'
complete -c depmod -s F -l filesyms -r -F -d 'System.map'
complete -c depmod -s E -l symvers -r -F -d 'Module.symvers'
complete -c depmod -s P -l symbol-prefix -x -d 'Character to ignore at the beginning of symbols'
complete -c depmod -s u -l unresolved-error -d 'Exit 1 when -e had something to report'
complete -c depmod -l strict -d 'Exit 1 when a module could not be read'
complete -c depmod -s v -l verbose -d 'Each dependency and its symbol'
complete -c depmod -s w -l warn -d 'Duplicate modules, symbols and aliases'
complete -c depmod -s q -l quiet -d 'No warnings'
complete -c depmod -s s -l syslog -d 'Messages to the system\'s log'
complete -c depmod -s r -l root -d 'For older callers'
complete -c depmod -s V -l version -d 'Version'
complete -c depmod -s h -l help -d 'Help'

# ---- modprobe ----

function __modprobe_here
    __depmod_directory "$(__depmod_value CdSw d dirname)"
end

function __modprobe_words
    __depmod_operands CdSw 'config|dirname|set-version|wait'
end

# What the next word is: a file, a loaded module, a module, or a parameter.
function __modprobe_kind
    if string match -qr '^[./]' -- (commandline -ct); or __depmod_given CdSw = 'show-(modversions|exports)|dump-modversions'
        echo file
    else if __depmod_given CdSw r 'remove(-holders|-dependencies)?'
        echo loaded
    else if __depmod_given CdSw aR 'all|(show|resolve)-alias'; or not count (__modprobe_words) >/dev/null
        echo module
    else
        echo parameter
    end
end

# What modinfo knows of the first operand, with what it says of it.
function __modprobe_parameters
    set -l base (__depmod_value CdSw d dirname)
    set -l release (__depmod_value CdSw S set-version)
    set -l words (__modprobe_words)
    set -lx PATH $PATH /usr/sbin /sbin
    modinfo (test -n "$base"; and printf '%s\n' -b $base) (test -n "$release"; and printf '%s\n' -k $release) -p $words[1] 2>/dev/null |
        string replace -fr '^([A-Za-z0-9_]+):(.*)' '$1=\t$2'
end

complete -c modprobe -f
complete -c modprobe -n 'test (__modprobe_kind) = file' -F
complete -c modprobe -n 'test (__modprobe_kind) = loaded' -a '(cut -d " " -f 1 /proc/modules 2>/dev/null)' -d loaded
complete -c modprobe -n 'test (__modprobe_kind) = module' -d module \
    -a '(__depmod_modules (__modprobe_here) (__depmod_value CdSw S set-version))'
complete -c modprobe -n 'test (__modprobe_kind) = parameter' -a '(__modprobe_parameters)' -d parameter
complete -c modprobe -s a -l all -d 'Load every module named'
complete -c modprobe -s r -l remove -d 'Remove modules'
complete -c modprobe -l remove-holders -d 'Remove modules, and first what uses them'
complete -c modprobe -l remove-dependencies -d 'Remove modules, and first what uses them'
complete -c modprobe -s w -l wait -x -d 'With -r: milliseconds to wait for a module'
complete -c modprobe -l first-time -d 'Fail when there is nothing to do'
complete -c modprobe -s n -l dry-run -d 'Only say what would be done'
complete -c modprobe -l show -d 'Only say what would be done'
complete -c modprobe -s b -l use-blacklist -d 'Names on the blacklist are not loaded'
complete -c modprobe -s i -l ignore-install -d 'Without its own commands'
complete -c modprobe -l ignore-remove -d 'Without its own commands'
complete -c modprobe -s f -l force -d 'No matter versions and kernel'
complete -c modprobe -l force-modversion -d 'No matter the versions of symbols'
complete -c modprobe -l force-vermagic -d 'No matter which kernel it was made for'
complete -c modprobe -s D -l show-depends -d 'What would be loaded'
complete -c modprobe -s R -l show-alias -d 'The modules that a name stands for'
complete -c modprobe -l resolve-alias -d 'The modules that a name stands for'
complete -c modprobe -s c -l show-config -d 'Configuration and aliases'
complete -c modprobe -l showconfig -d 'Configuration and aliases'
complete -c modprobe -s l -l list -d 'The files of all modules'
complete -c modprobe -l show-modversions -d 'Symbols that a module needs'
complete -c modprobe -l dump-modversions -d 'Symbols that a module needs'
complete -c modprobe -l show-exports -d 'Symbols that a module exports'
complete -c modprobe -s v -l verbose -d 'What is done'
complete -c modprobe -s q -l quiet -d 'No messages'
complete -c modprobe -s s -l syslog -d 'Messages to the system\'s log'
complete -c modprobe -s V -l version -d 'Version'
complete -c modprobe -s h -l help -d 'Help'
complete -c modprobe -s d -l dirname -x -a '(__fish_complete_directories)' -d 'Look for lib/modules below'
complete -c modprobe -s S -l set-version -x -a '(__depmod_versions (__modprobe_here))' -d 'Another kernel'
complete -c modprobe -s C -l config -r -F -d 'In place of modprobe.d'
complete -c modprobe -l config-from-base -d 'The modprobe.d below -d'

# ---- modinfo, insmod, rmmod, lsmod ----

function __modinfo_here
    __depmod_directory "$(__depmod_value Fkb b basedir)"
end

complete -c modinfo -f
complete -c modinfo -n 'string match -qr "^[./]" -- (commandline -ct)' -F
complete -c modinfo -n 'not string match -qr "^[./]" -- (commandline -ct)' -d module \
    -a '(__depmod_modules (__modinfo_here) (__depmod_value Fkb k set-version))'
complete -c modinfo -s a -l author -d 'The same as -F author'
complete -c modinfo -s d -l description -d 'The same as -F description'
complete -c modinfo -s l -l license -d 'The same as -F license'
complete -c modinfo -s p -l parameters -d 'The same as -F parm'
complete -c modinfo -s n -l filename -d 'The same as -F filename'
complete -c modinfo -s 0 -l null -d 'NUL behind each value'
complete -c modinfo -s m -l modname -d 'A name, and no alias or file'
complete -c modinfo -s F -l field -x -d 'The values of a field' \
    -a 'alias author depends description filename firmware license name parm signer softdep vermagic version'
complete -c modinfo -s k -l set-version -x -a '(__depmod_versions (__modinfo_here))' -d 'Another kernel'
complete -c modinfo -s b -l basedir -x -a '(__fish_complete_directories)' -d 'Look for lib/modules below'
complete -c modinfo -s V -l version -d 'Version'
complete -c modinfo -s h -l help -d 'Help'

complete -c insmod -f
complete -c insmod -n 'not count (__depmod_operands = =) >/dev/null' -F
complete -c insmod -s f -l force -d 'No matter which kernel it was made for'
complete -c insmod -s v -l verbose -d 'What is done'
complete -c insmod -s s -l syslog -d 'Messages to the system\'s log'
complete -c insmod -s p -l probe -d 'For older callers'
complete -c insmod -s V -l version -d 'Version'
complete -c insmod -s h -l help -d 'Help'

complete -c rmmod -f -a '(cut -d " " -f 1 /proc/modules 2>/dev/null)' -d loaded
complete -c rmmod -s a -l all -d 'All that nothing uses'
complete -c rmmod -s w -l wait -d 'Wait for a module to become unused'
complete -c rmmod -s f -l force -d 'Even while it is in use'
complete -c rmmod -s v -l verbose -d 'What is done'
complete -c rmmod -s s -l syslog -d 'Messages to the system\'s log'
complete -c rmmod -s V -l version -d 'Version'
complete -c rmmod -s h -l help -d 'Help'

complete -c lsmod -f
complete -c lsmod -s v -l verbose -d 'For older callers'
complete -c lsmod -s s -l syslog -d 'For older callers'
complete -c lsmod -s V -l version -d 'Version'
complete -c lsmod -s h -l help -d 'Help'

# ---- kmod ----

# What is behind kmod: nothing, static-nodes, or a command that has the rest of the line to itself.
function __kmod_command
    set -l words (commandline -opc)
    echo $words[2]
end

function __kmod_rest
    set -l words (commandline -opc)
    test "$words[2]" = list; and set words[2] lsmod
    complete -C (string join ' ' -- (string escape -- $words[2..]) (commandline -ct))
end

complete -c kmod -f
complete -c kmod -n 'test -z "$(__kmod_command)"' -a 'modprobe modinfo insmod rmmod lsmod list static-nodes' -d command
complete -c kmod -n 'test -z "$(__kmod_command)"' -s V -l version -d 'Version'
complete -c kmod -n 'test -z "$(__kmod_command)"; or test "$(__kmod_command)" = static-nodes' -s h -l help -d 'Help'
complete -c kmod -n 'test "$(__kmod_command)" = static-nodes' -s f -l format -x -a 'human tmpfiles devname' -d 'How it is told'
complete -c kmod -n 'test "$(__kmod_command)" = static-nodes' -s o -l output -r -F -d 'Write to'
complete -c kmod -n 'contains -- "$(__kmod_command)" modprobe modinfo insmod rmmod lsmod list' -a '(__kmod_rest)'
