#!/usr/bin/env bash
# Real Apache Kafka (KRaft) on loopback, for tests and trials. Needs JDK 17 or newer and Maven; installs them where it may.
#
#   kafka.sh fetch                  jars from Maven Central into build/kafka-libs, once (44 MB)
#   kafka.sh up DIR [NODES [PORT]]  make a cluster in DIR (or start the one there) and wait until it serves; 1 node, port 19092
#   kafka.sh node DIR ID            start node ID again and wait until it serves
#   kafka.sh kill DIR ID [SIGNAL]   signal node ID; KILL by default
#   kafka.sh down DIR               stop every node in order and wait
#
# Node i listens on PORT+2(i-1) for clients and one above for the controllers. DIR/bootstrap holds the list for clients.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
libs=${KAFKA_LIBS:-$root/build/kafka-libs}
heap=${KAFKA_HEAP:--Xms128m -Xmx256m}
ready_within=${KAFKA_READY_SECONDS:-90}

die() { echo "kafka.sh: $*" >&2; exit 1; }

tools() {
  command -v java >/dev/null && command -v mvn >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "Java 17 and Maven are needed: apt-get install default-jdk-headless maven"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends default-jdk-headless maven >/dev/null
}

fetch() {
  [ -e "$libs/.complete" ] && return
  tools
  rm -rf "$libs"
  mkdir -p "$libs"
  mvn -B -q -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$libs" >&2
  touch "$libs/.complete"
}

jvm() { # DIR-OF-NODE CLASS ARGS...
  local dir=$1; shift
  # shellcheck disable=SC2086 # the heap is two words
  exec java $heap -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Djava.io.tmpdir="$dir" \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info -cp "$libs/*" "$@"
}

configure() { # DIR ID NODES PORT VOTERS
  local dir=$1/n$2 port=$(($4 + 2 * ($2 - 1))) replicas=1 insync=1
  if [ "$3" -ge 3 ]; then replicas=3 insync=2; fi
  mkdir -p "$dir"
  [ -e "$dir/data/meta.properties" ] && return
  sed -e "s|@ID@|$2|g; s|@PORT@|$port|g; s|@CONTROLLER@|$((port + 1))|g; s|@VOTERS@|$5|g; s|@DIR@|$dir|g" \
    -e "s|@REPLICAS@|$replicas|g; s|@INSYNC@|$insync|g" "$here/server.properties" >"$dir/server.properties"
  # The cluster's name may be any 16 bytes; one fixed name makes a run repeatable.
  (jvm "$dir" kafka.tools.StorageTool format -t RWFyc2hvdEthZmthVGVzdA -c "$dir/server.properties") >"$dir/format.log" 2>&1 ||
    die "node $2 cannot be formatted: $(tail -3 "$dir/format.log")"
}

start() { # DIR ID
  local dir=$1/n$2
  : >"$dir/log"
  (jvm "$dir" kafka.Kafka "$dir/server.properties") >>"$dir/log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  disown
}

await() { # DIR ID
  local dir=$1/n$2 until=$((SECONDS + ready_within))
  until grep -q 'Kafka Server started' "$dir/log"; do
    kill -0 "$(cat "$dir/pid")" 2>/dev/null || die "node $2 died: $(tail -20 "$dir/log")"
    [ $SECONDS -lt $until ] || die "node $2 did not serve within $ready_within s: $(tail -5 "$dir/log")"
    sleep 0.1
  done
}

up() { # DIR NODES PORT
  local dir=$1 nodes=$2 port=$3 i voters= bootstrap=
  fetch
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  [ "$(cat "$dir/made-for" 2>/dev/null || echo "$nodes $port")" = "$nodes $port" ] || die "$dir was made for nodes and port $(cat "$dir/made-for")"
  echo "$nodes $port" >"$dir/made-for"
  for i in $(seq "$nodes"); do
    voters+=,$i@127.0.0.1:$((port + 2 * (i - 1) + 1))
    bootstrap+=,127.0.0.1:$((port + 2 * (i - 1)))
  done
  for i in $(seq "$nodes"); do configure "$dir" "$i" "$nodes" "$port" "${voters#,}"; done
  for i in $(seq "$nodes"); do start "$dir" "$i"; done
  for i in $(seq "$nodes"); do await "$dir" "$i"; done
  echo "${bootstrap#,}" >"$dir/bootstrap"
}

down() { # DIR
  local f
  for f in "$1"/n*/pid; do kill "$(cat "$f")" 2>/dev/null || true; done
  for f in "$1"/n*/pid; do
    while kill -0 "$(cat "$f")" 2>/dev/null; do sleep 0.1; done
  done
}

case ${1:-} in
fetch) fetch ;;
up) up "${2:?DIR}" "${3:-1}" "${4:-19092}" ;;
node) fetch; start "${2:?DIR}" "${3:?ID}"; await "$2" "$3" ;;
kill) kill -"${4:-KILL}" "$(cat "${2:?DIR}/n${3:?ID}/pid")" ;;
down) down "${2:?DIR}" ;;
*) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
