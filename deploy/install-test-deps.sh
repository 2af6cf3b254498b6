#!/usr/bin/env bash
# Installs what the tests talk to: Debian's servers, browser and text reader, and npm packages; each stage's own install.sh says which. Where
# it may not install (no root, no sudo without a password, no apt-get, no npm) it says so and ends well: the tests that need what is
# missing are skipped and say what they need.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p build

missing=()
need() { command -v "$2" >/dev/null || missing+=("$1"); } # PACKAGE PROGRAM
need chromium chromium       # the pages, through chromedp
need tesseract-ocr tesseract # the text in pictures
need curl curl

root=()
[ "$(id -u)" = 0 ] || root=(sudo -n)
may=
if command -v apt-get >/dev/null && "${root[@]}" true 2>/dev/null; then may=yes; fi

quietly() { # NAME CMD...: output into build/, its end shown when CMD fails
	local log=build/install-$1.log
	shift
	"$@" >"$log" 2>&1 || { echo "could not be installed: $* (the end of $log follows)" >&2; tail -5 "$log" >&2; }
}

# The tests start every server themselves: none may start with its package.
policy=/usr/sbin/policy-rc.d made=
if [ -n "$may" ] && [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null && "${root[@]}" chmod +x $policy && made=yes
fi
trap '[ -z "$made" ] || "${root[@]}" rm -f $policy' EXIT

if [ ${#missing[@]} -gt 0 ]; then
	if [ -n "$may" ]; then
		echo "installing ${missing[*]}"
		quietly lists "${root[@]}" apt-get update -qq
		quietly own "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
	else
		echo "not installed, and this account may not install: ${missing[*]}" >&2
	fi
fi
for script in sources/sourcestest/install.sh escalate/escalatetest/install.sh classify/opinion/llama/install.sh; do
	[ ! -x $script ] || quietly "$(basename "$(dirname $script)")" $script
done
exit 0
