#!/usr/bin/env bash
# gotest.sh ARGS...: go test -v ARGS with the output of packages that pass cut to go test's own line. Everything is kept in build/test.log.
# Skipped tests are listed with their reason; with EARSHOT_TEST_REQUIRE=1 one skip fails the run.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
log=build/test.log

go test -v "$@" 2>&1 | tee "$log" | awk '
	{ out = out $0 "\n" }
	/^(ok|\?)[ \t]+/ { print; fflush(); out = "" }
	/^FAIL\t/ { printf "%s", out; fflush(); out = "" }
	END { printf "%s", out }'
status=${PIPESTATUS[0]}

if grep -q '^ *--- SKIP' "$log"; then
	skips=$(grep -B1 -A2 '^ *--- SKIP' "$log" | grep -E '^ *--- SKIP|needs ' | sort -u)
	printf 'Skipped:\n%s\n' "$skips" >&2
	if [ "${EARSHOT_TEST_REQUIRE:-}" = 1 ]; then
		echo "gotest.sh: a skip is a failure here, because EARSHOT_TEST_REQUIRE=1" >&2
		[ "$status" -ne 0 ] || status=1
	fi
fi
exit "$status"
