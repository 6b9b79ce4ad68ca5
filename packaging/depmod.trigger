#!/bin/sh
# Run by apk with the directories of kernels whose modules have come, changed or gone.
for directory; do
	[ -d "$directory" ] || continue
	if [ -e "$directory/modules.order" ] || [ -d "$directory/kernel" ]; then
		/sbin/depmod "${directory##*/}"
		continue
	fi
	# The kernel is gone, and what depmod wrote about it stayed.
	for name in dep alias symbols builtin builtin.alias; do
		rm -f "$directory/modules.$name.bin"
	done
	for name in dep alias symbols softdep weakdep devname; do
		rm -f "$directory/modules.$name"
	done
	rmdir "$directory" 2>/dev/null || : # there are modules of somebody else's
done
