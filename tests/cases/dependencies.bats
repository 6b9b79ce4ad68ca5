# modules.dep: who needs whom.
load common

@test "a module that exports what another needs is its dependency" {
	module kernel/a.ko --need shared
	module kernel/b.ko --export shared=0x1234
	index
	[ "$status" = 0 ]
	says_nothing
	file_is modules.dep 'kernel/a.ko: kernel/b.ko' 'kernel/b.ko:'
}

@test "dependencies are transitive, and in the order of the whole tree" {
	module kernel/a.ko --need one
	module kernel/b.ko --export one --need two
	module kernel/c.ko --export two
	index
	file_is modules.dep 'kernel/a.ko: kernel/b.ko kernel/c.ko' 'kernel/b.ko: kernel/c.ko' 'kernel/c.ko:'
}
