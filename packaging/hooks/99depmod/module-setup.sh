#!/bin/bash
# A module of dracut: depmod's programs in place of kmod's. Its number puts it behind those that bring kmod along.
check() { return 0; }

depends() { return 0; }

install() { "$moddir/replace-kmod" "$initdir"; }
