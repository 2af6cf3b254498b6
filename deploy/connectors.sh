#!/bin/sh
# Prints the table of docs/connectors.md: for each connector its lines of code (without tests, comments and empty lines), mentions decoded a second, and
# the memory that a backlog of EARSHOT_BACKLOG mentions (12,000) took.
set -eu
cd "$(dirname "$0")/.."
echo "| connector | lines | mentions/s | backlog |"
echo "|---|---|---|---|"
for f in sources/*/connector.go; do
	d=$(dirname "$f")
	lines=$(find "$d" -maxdepth 1 -name '*.go' ! -name '*_test.go' -exec cat {} + | grep -cvE '^[[:space:]]*(//|$)')
	out=$(go test -v -run '/a_backlog$' -bench Decode -benchtime 1s "./$d" 2>&1 || true)
	rate=$(printf '%s\n' "$out" | sed -n 's/.* \([0-9.]*\) mentions\/s.*/\1/p' | head -1)
	memory=$(printf '%s\n' "$out" | sed -n 's/.*mentions took //p' | head -1)
	echo "| \`$(basename "$d")\` | $lines | ${rate:--} | ${memory:--} |"
done
