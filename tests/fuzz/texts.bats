# What reads text; see tests/fuzz/run.
load common

@test "any depmod.d is read" { fuzz config; }
@test "any modprobe.d and kernel command line is read" { fuzz rules; }
@test "whatever a module says of itself, modinfo writes text" { fuzz modinfo; }
@test "any index is searched, and finds what a look at all of it finds" { fuzz index; }
@test "regex and glibc agree on any pattern" { fuzz regex; }
@test "any tree and modules.order give the order that a simple reader finds" { fuzz order; }
@test "any modules.builtin and modules.builtin.modinfo give the index that a simple reader expects" { fuzz builtin; }
@test "any System.map, /proc/ksyms and Module.symvers are read as a simple reader does" { fuzz kernel; }
@test "any modules.conf is read" { fuzz modulesconf; }
