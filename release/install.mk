# Releases, and installing. DESTDIR is put before the paths of all directories.

#: make release         the programs for all architectures, in build/release
#: make install         installs programs, manual pages and completions below PREFIX (/usr/local)
#: make uninstall       removes what install brought, with the same settings
#: make divert          on Debian: takes the place of kmod's commands in /sbin and /bin, whatever apt does to kmod
#: make undivert        gives it back

release:
	@tests/setup release
	@release/build $(VERSION)

PREFIX = /usr/local
SBINDIR = $(PREFIX)/sbin
MANDIR = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/$(if $(and $(filter /usr,$(PREFIX)),$(wildcard /etc/debian_version)),vendor-completions,site-functions)
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d

# Links to modprobe: it is these commands, too.
LINKS = modinfo insmod rmmod lsmod kmod
COMPLETED = modprobe $(LINKS)

PAGES = $(wildcard man/*)
PAGES_5 = $(filter %.5,$(PAGES))
PAGES_8 = $(filter %.8,$(PAGES))

# All that is installed: files, and links.
INSTALLED = $(addprefix '$(DESTDIR)$(SBINDIR)'/,$(notdir $(PROGRAMS))) $(INSTALLED_DATA)
INSTALLED_DATA = '$(DESTDIR)$(BASHDIR)'/depmod '$(DESTDIR)$(ZSHDIR)'/_depmod '$(DESTDIR)$(FISHDIR)'/depmod.fish \
	$(PAGES_5:man/%='$(DESTDIR)$(MANDIR)'/man5/%) $(PAGES_8:man/%='$(DESTDIR)$(MANDIR)'/man8/%)
INSTALLED_LINKS = $(addprefix '$(DESTDIR)$(SBINDIR)'/,$(LINKS)) \
	$(COMPLETED:%='$(DESTDIR)$(BASHDIR)'/%) $(COMPLETED:%='$(DESTDIR)$(FISHDIR)'/%.fish) '$(DESTDIR)$(MANDIR)'/man5/modules.dep.bin.5

# Puts the version into manual pages, which show it below their text.
build/man/%: man/% about.c release/install.mk
	@mkdir -p build/man
	sed 's/^\.Os$$/.Os depmod $(VERSION)/' $< >$@

# Whether what is done is done to this system: DESTDIR is no other directory.
HERE = [ -z '$(DESTDIR)' ] || [ '$(DESTDIR)/' -ef / ]

# Files that somebody else owns stay as they are, and then nothing is installed. Below DESTDIR nobody owns anything.
owners:
	@[ -n '$(FORCE)' ] || ! { $(HERE); } || packaging/owners $(INSTALLED) $(INSTALLED_LINKS) || \
		{ echo 'make install: nothing was installed; FORCE=1 overwrites these files$(if $(wildcard /usr/bin/dpkg-divert),; make divert takes the place of kmod)'; exit 1; } >&2

# Shells look for completions in a file of the command's name, so the others get links to those of depmod. A program takes its name
# when it is complete: whatever happens, there is one.
install: all $(PAGES:%=build/%) | owners
	install -d '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(MANDIR)/man8' \
		'$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'
	for program in $(PROGRAMS); do \
		to='$(DESTDIR)$(SBINDIR)'/$${program##*/}; \
		install -m 755 $$program "$$to.new" && mv -f "$$to.new" "$$to" || { rm -f "$$to.new"; exit 1; }; \
	done
	for link in $(LINKS); do ln -sfn modprobe '$(DESTDIR)$(SBINDIR)'/$$link || exit; done
	install -m 644 $(PAGES_5:%=build/%) '$(DESTDIR)$(MANDIR)/man5'
	install -m 644 $(PAGES_8:%=build/%) '$(DESTDIR)$(MANDIR)/man8'
	ln -sf modules.dep.5 '$(DESTDIR)$(MANDIR)/man5/modules.dep.bin.5'
	install -m 644 completions/depmod.bash '$(DESTDIR)$(BASHDIR)/depmod'
	install -m 644 completions/_depmod '$(DESTDIR)$(ZSHDIR)'
	install -m 644 completions/depmod.fish '$(DESTDIR)$(FISHDIR)'
	for command in $(COMPLETED); do \
		ln -sf depmod '$(DESTDIR)$(BASHDIR)'/$$command && ln -sf depmod.fish '$(DESTDIR)$(FISHDIR)'/$$command.fish || exit; \
	done

# Leaves alone links that lead elsewhere, and links in place of installed files: another package may have made them. A system
# keeps a modprobe: what `make divert` took comes back first, and the only one is not removed.
uninstall:
	@[ -n '$(FORCE)' ] || ! { $(HERE); } || LINKS='$(LINKS)' packaging/divert leave '$(SBINDIR)'
	for link in $(INSTALLED_LINKS); do \
		case $$(readlink "$$link") in modprobe | depmod | depmod.fish | modules.dep.5) rm "$$link" ;; esac || exit; \
	done
	for file in $(INSTALLED); do \
		[ -L "$$file" ] || rm -f "$$file" || exit; \
	done
	rm -f $(HOOKS)
	[ ! -d '$(DESTDIR)$(DRACUTDIR)/99depmod' ] || rmdir '$(DESTDIR)$(DRACUTDIR)/99depmod'

divert: all here
	@LINKS='$(LINKS)' packaging/divert add $(PROGRAMS)

undivert: here
	@LINKS='$(LINKS)' FORCE='$(FORCE)' packaging/divert remove

here:
	@$(HERE) || { echo 'make divert and make undivert are for the system that they run on, and have no DESTDIR' >&2; exit 1; }

# What makes an initramfs calls them from then on, each time.
HOOKDIR = /etc/initramfs-tools/hooks
DRACUTDIR = /usr/lib/dracut/modules.d
HOOKS = '$(DESTDIR)$(HOOKDIR)'/depmod $(addprefix '$(DESTDIR)$(DRACUTDIR)'/99depmod/,module-setup.sh replace-kmod)

#: make hooks           has initramfs-tools and dracut put the installed programs in place of kmod's into what they make
hooks:
	@[ -x '$(DESTDIR)$(SBINDIR)/modprobe' ] || { echo 'make hooks: make install comes first' >&2; exit 1; }
	@mkdir -p build
	@sed 's,^programs=.*,programs='\''$(SBINDIR)'\'',' packaging/hooks/replace-kmod >build/replace-kmod
	@[ -d '$(DESTDIR)$(HOOKDIR)' ] || [ -d '$(DESTDIR)$(DRACUTDIR)' ] || { echo 'make hooks: neither initramfs-tools nor dracut is here' >&2; exit 1; }
	[ ! -d '$(DESTDIR)$(HOOKDIR)' ] || install -m 755 build/replace-kmod '$(DESTDIR)$(HOOKDIR)/depmod'
	[ ! -d '$(DESTDIR)$(DRACUTDIR)' ] || { install -d '$(DESTDIR)$(DRACUTDIR)/99depmod' && \
		install -m 755 build/replace-kmod packaging/hooks/99depmod/module-setup.sh '$(DESTDIR)$(DRACUTDIR)/99depmod'; }

#: make deb             a package for Debian, in build/deb, that does the same
deb: all
	@LINKS='$(LINKS)' packaging/deb $(VERSION)

.PHONY: release hooks deb owners install uninstall divert undivert here
