# Releases, and installing. DESTDIR is put before the paths of all directories.

#: make release         the programs for all architectures, in build/release
#: make install         installs programs, manual pages and completions below PREFIX (/usr/local)
#: make uninstall       removes what install brought, with the same settings

release:
	@tests/setup release
	@release/build $(VERSION)

PREFIX = /usr/local
SBINDIR = $(PREFIX)/sbin
MANDIR = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d

PAGES = $(wildcard man/*)
PAGES_5 = $(filter %.5,$(PAGES))
PAGES_8 = $(filter %.8,$(PAGES))

# Puts the version into manual pages, which show it below their text.
build/man/%: man/% about.c release/install.mk
	@mkdir -p build/man
	sed 's/^\.Os$$/.Os depmod $(VERSION)/' $< >$@

# Shells look for completions in a file of the command's name, so modprobe gets links to those of depmod.
install: all $(PAGES:%=build/%)
	install -d '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(MANDIR)/man8' \
		'$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'
	install -m 755 $(PROGRAMS) '$(DESTDIR)$(SBINDIR)'
	install -m 644 $(PAGES_5:%=build/%) '$(DESTDIR)$(MANDIR)/man5'
	install -m 644 $(PAGES_8:%=build/%) '$(DESTDIR)$(MANDIR)/man8'
	ln -sf modules.dep.5 '$(DESTDIR)$(MANDIR)/man5/modules.dep.bin.5'
	install -m 644 completions/depmod.bash '$(DESTDIR)$(BASHDIR)/depmod'
	install -m 644 completions/_depmod '$(DESTDIR)$(ZSHDIR)'
	install -m 644 completions/depmod.fish '$(DESTDIR)$(FISHDIR)'
	ln -sf depmod '$(DESTDIR)$(BASHDIR)/modprobe'
	ln -sf depmod.fish '$(DESTDIR)$(FISHDIR)/modprobe.fish'


# Leaves alone links that lead elsewhere, and links in place of installed files: another package may have made them.
uninstall:
	for link in '$(DESTDIR)$(BASHDIR)/modprobe' '$(DESTDIR)$(FISHDIR)/modprobe.fish' '$(DESTDIR)$(MANDIR)/man5/modules.dep.bin.5'; do \
		case $$(readlink "$$link") in depmod | depmod.fish | modules.dep.5) rm "$$link" ;; esac || exit; \
	done
	for file in $(addprefix '$(DESTDIR)$(SBINDIR)'/,$(notdir $(PROGRAMS))) '$(DESTDIR)$(BASHDIR)'/depmod '$(DESTDIR)$(ZSHDIR)'/_depmod \
		'$(DESTDIR)$(FISHDIR)'/depmod.fish $(PAGES_5:man/%='$(DESTDIR)$(MANDIR)'/man5/%) $(PAGES_8:man/%='$(DESTDIR)$(MANDIR)'/man8/%); do \
		[ -L "$$file" ] || rm -f "$$file" || exit; \
	done

.PHONY: release install uninstall
