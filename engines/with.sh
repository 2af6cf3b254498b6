#!/usr/bin/env bash
# with.sh [-n NODES] [-k] CMD ARGS...: runs CMD with real Apache Kafka and the real ClickHouse engine up on loopback, and stops them afterwards.
# CMD finds them in EARSHOT_TEST_KAFKA (host:port,...) and EARSHOT_TEST_CLICKHOUSE (DSN), and what kafka.sh and chdb.sh need to kill and
# start them in EARSHOT_TEST_KAFKA_DIR and EARSHOT_TEST_CLICKHOUSE_DIR. EARSHOT_TEST_REQUIRE is 1. -n: Kafka nodes, 1 by default. -k: Kafka only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
nodes=1 clickhouse=yes
while getopts n:k o; do
	case $o in
	n) nodes=$OPTARG ;;
	k) clickhouse= ;;
	*) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 2; }

free() { # COUNT: the first of COUNT free neighbouring ports
	local port i
	while :; do
		port=$((20000 + (RANDOM * 2 + RANDOM % 2) % 12000))
		for i in $(seq 0 $(($1 - 1))); do
			if (: <"/dev/tcp/127.0.0.1/$((port + i))") 2>/dev/null; then continue 2; fi
		done
		echo "$port"
		return
	done
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/earshot-engines.XXXXXX")
stop() {
	set +e
	"$here/kafka/kafka.sh" down "$dir/kafka"
	[ -z "$clickhouse" ] || "$here/chdb/chdb.sh" down "$dir/clickhouse"
	if [ "${EARSHOT_TEST_KEEP:-}" = 1 ]; then echo "with.sh: kept $dir" >&2; else rm -rf "$dir"; fi
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir -p "$dir/kafka"
"$here/kafka/kafka.sh" up "$dir/kafka" "$nodes" "$(free $((2 * nodes)))"
EARSHOT_TEST_KAFKA=$(cat "$dir/kafka/bootstrap")
export EARSHOT_TEST_KAFKA EARSHOT_TEST_KAFKA_DIR=$dir/kafka EARSHOT_TEST_REQUIRE=1
echo "with.sh: Apache Kafka on $EARSHOT_TEST_KAFKA" >&2
if [ -n "$clickhouse" ]; then
	"$here/chdb/chdb.sh" up "$dir/clickhouse"
	EARSHOT_TEST_CLICKHOUSE=$(cat "$dir/clickhouse/dsn")
	export EARSHOT_TEST_CLICKHOUSE EARSHOT_TEST_CLICKHOUSE_DIR=$dir/clickhouse
	echo "with.sh: ClickHouse on $EARSHOT_TEST_CLICKHOUSE" >&2
fi
"$@"
