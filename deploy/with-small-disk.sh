#!/usr/bin/env bash
# with-small-disk.sh CMD ARGS...: runs CMD with EARSHOT_TEST_SMALL_DISK naming a file system of 64 MiB, made of memory, for the tests that fill
# a disk. Where this account may not mount, CMD runs without, and those tests are skipped.
set -uo pipefail
dir=$(mktemp -d "${TMPDIR:-/tmp}/earshot-small-disk.XXXXXX")
trap 'umount "$dir" 2>/dev/null; rmdir "$dir"' EXIT
if [ "$(uname)" = Linux ] && mount -t tmpfs -o size=64m,mode=0700 earshot-small-disk "$dir" 2>/dev/null; then
	export EARSHOT_TEST_SMALL_DISK=$dir
fi
"$@"
