#!/usr/bin/env bash
# The real ClickHouse engine on loopback, for tests and trials: chdbd of index/indextest/chdb over the library from npm.
#
#   chdb.sh up DIR    start it on the data in DIR and wait; DIR/dsn holds the address for clickhouse-go
#   chdb.sh kill DIR  SIGKILL
#   chdb.sh down DIR  stop it and wait
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
lib=${CHDB_DIR:-$root/build/chdb}

die() { echo "chdb.sh: $*" >&2; exit 1; }

up() { # DIR
	local until=$((SECONDS + 90)) address=127.0.0.1:0
	"$root/index/indextest/chdb/install.sh" "$lib" >/dev/null
	mkdir -p "$1/data"
	# A restart comes back where clients look for it.
	[ ! -s "$1/dsn" ] || address=$(sed 's|^http://||; s|/.*||' "$1/dsn")
	rm -f "$1/ready"
	"$lib/chdbd" -listen "$address" -data "$1/data" -library "$lib/libchdb.so" -ready "$1/ready" >>"$1/log" 2>&1 </dev/null &
	echo $! >"$1/pid"
	disown
	until [ -s "$1/ready" ]; do
		kill -0 "$(cat "$1/pid")" 2>/dev/null || die "the engine died: $(tail -5 "$1/log")"
		[ $SECONDS -lt $until ] || die "the engine did not answer within 90 s: $(tail -5 "$1/log")"
		sleep 0.1
	done
	cp "$1/ready" "$1/dsn"
}

down() { # DIR SIGNAL
	[ -s "$1/pid" ] || return 0
	kill -"$2" "$(cat "$1/pid")" 2>/dev/null || true
	while kill -0 "$(cat "$1/pid")" 2>/dev/null; do sleep 0.1; done
}

case ${1:-} in
up) up "${2:?DIR}" ;;
kill) down "${2:?DIR}" KILL ;;
down) down "${2:?DIR}" TERM ;;
*) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
