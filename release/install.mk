# ---- releases ----

release:
	@tests/setup release
	@release/build $(VERSION)

# ---- installing: DESTDIR goes before all of these ----

PREFIX = /usr/local
SBINDIR = $(PREFIX)/sbin
MANDIR = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d

LINKS = $(filter-out depmod,$(COMMANDS))
PAGES = $(wildcard man/*)

# Pages name the version below their text.
build/man/%: man/% help.c Makefile
	@mkdir -p build/man
	sed 's/^\.Os$$/.Os depmod $(VERSION)/' $< >$@

# A shell looks for completions under the name of the command.
install: depmod $(PAGES:%=build/%)
	install -d '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(MANDIR)/man8' \
		'$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'
	install -m 755 depmod '$(DESTDIR)$(SBINDIR)'
	install -m 644 $(filter %.5,$(PAGES:%=build/%)) '$(DESTDIR)$(MANDIR)/man5'
	install -m 644 $(filter %.8,$(PAGES:%=build/%)) '$(DESTDIR)$(MANDIR)/man8'
	install -m 644 completions/depmod.bash '$(DESTDIR)$(BASHDIR)/depmod'
	install -m 644 completions/_depmod '$(DESTDIR)$(ZSHDIR)'
	install -m 644 completions/depmod.fish '$(DESTDIR)$(FISHDIR)'
	ln -sf modules.dep.5 '$(DESTDIR)$(MANDIR)/man5/modules.dep.bin.5'
	for name in $(LINKS); do \
		ln -sf depmod '$(DESTDIR)$(SBINDIR)'/$$name && ln -sf depmod '$(DESTDIR)$(BASHDIR)'/$$name && \
		ln -sf depmod.fish '$(DESTDIR)$(FISHDIR)'/$$name.fish || exit; \
	done

# Links of these names that lead elsewhere are not ours, nor are links where files were installed.
uninstall:
	for link in $(addprefix '$(DESTDIR)$(SBINDIR)'/,$(LINKS)) $(addprefix '$(DESTDIR)$(BASHDIR)'/,$(LINKS)) \
		$(addprefix '$(DESTDIR)$(FISHDIR)'/,$(LINKS:=.fish)) '$(DESTDIR)$(MANDIR)'/man5/modules.dep.bin.5; do \
		case $$(readlink "$$link") in depmod | depmod.fish | modules.dep.5) rm "$$link" ;; esac || exit; \
	done
	for file in '$(DESTDIR)$(SBINDIR)'/depmod '$(DESTDIR)$(BASHDIR)'/depmod '$(DESTDIR)$(ZSHDIR)'/_depmod \
		'$(DESTDIR)$(FISHDIR)'/depmod.fish $(addprefix '$(DESTDIR)$(MANDIR)'/man5/,$(notdir $(filter %.5,$(PAGES)))) \
		$(addprefix '$(DESTDIR)$(MANDIR)'/man8/,$(notdir $(filter %.8,$(PAGES)))); do \
		[ -L "$$file" ] || rm -f "$$file" || exit; \
	done

