#!/usr/bin/env bash
# fuzz.sh TIME: runs every fuzz target of the project for TIME, one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
grep -rln --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed 's/^func //' | while read -r target; do
		echo "== $dir $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" "$dir"
	done
done
