# The command rmmod, as far as it goes without a kernel that has modules; tests/real/guest has one.
load common
load modprobe
load commands
load invariants

@test "a module that is not loaded, part of the kernel, or in use is an error each" {
	needs_mounts
	loaded <<-'END'
		used 4096 2 holder,other, Live 0x0
		single 4096 1 holder, Live 0x0
		counted 4096 1 - Live 0x0
		holder 4096 0 - Live 0x0
	END
	mkdir -p "lib/modules/$(uname -r)"
	echo kernel/built-in.ko >"lib/modules/$(uname -r)/modules.builtin"
	"$DEPMOD" -b . -C empty "$(uname -r)" 2>/dev/null || true
	link rmmod
	run --separate-stderr there bin/rmmod absent
	exits 1
	warns "rmmod: ERROR: Module absent is not currently loaded"
	messages_alike there rmmod absent
	run --separate-stderr there bin/rmmod built-in
	exits 1
	warns "rmmod: ERROR: Module built_in is builtin."
	messages_alike there rmmod built-in
	run --separate-stderr there bin/rmmod used counted single
	exits 1
	warns "rmmod: ERROR: Module used is in use by: "
	warns "rmmod: ERROR: Module counted is in use"
	messages_alike there rmmod used counted single
}

@test "names may be files' names, and each is tried" {
	needs_mounts
	loaded </dev/null
	link rmmod
	run --separate-stderr there bin/rmmod dir/some-module.ko.xz other
	exits 1
	warns "Module some_module is not currently loaded"
	warns "Module other is not currently loaded"
}

# The system has no module of these names, and whoever runs the test may not remove any.
@test "what the kernel says" {
	needs_mounts
	loaded <<<'made_up_module 4096 0 - Live 0x0'
	link rmmod
	run --separate-stderr there bin/rmmod -v made_up_module
	exits 1
	[ "$output" = "rmmod made_up_module" ]
	warns "could not remove module made_up_module: "
	run --separate-stderr there bin/rmmod -f made_up_module
	exits 1
	warns "could not remove module made_up_module: "
}

@test "what the kernel says, in the words of kmod" {
	needs_mounts
	needs_tracing
	loaded <<<'made_up_module 4096 0 - Live 0x0'
	link rmmod
	for error in EPERM EBUSY ENOENT EINVAL; do
		refused=(there strace -qq -o trace -e trace=delete_module -e "inject=delete_module:error=$error")
		run --separate-stderr "${refused[@]}" bin/rmmod made_up_module
		exits 1
		warns "rmmod: ERROR: could not remove module made_up_module: "
		messages_alike "${refused[@]}" rmmod made_up_module
	done
}

@test "-a removes what nothing uses, and is content when that is nothing" {
	needs_mounts
	loaded <<<'made_up_module 4096 0 - Live 0x0'
	link rmmod
	run --separate-stderr there bin/rmmod -a
	exits 0
	warns_of_nothing
}

@test "wrong options; help" {
	ours rmmod
	exits 1
	warns "no module is named"
	ours rmmod --nonsense x
	exits 1
	ours rmmod --help
	exits 0
	[ "${lines[0]}" = "Usage: rmmod [OPTION]... MODULE..." ]
}
