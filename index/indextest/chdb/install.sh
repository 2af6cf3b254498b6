#!/usr/bin/env bash
# Fetches ClickHouse as a library (libchdb.so, 566 MB) from npm into a folder, build/chdb unless one is named, and builds chdbd beside it.
# Does nothing when both are there. Needs npm and tar; nothing of the package is run at installation.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
dir=${1:-$root/build/chdb}
package=@chdb/lib-linux-x64-gnu
version=26.7.3-stable.1

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "install.sh: the ClickHouse library is for Linux on x86-64; set EARSHOT_TEST_CLICKHOUSE to a server's address instead" >&2; exit 1; }
mkdir -p "$dir"
if [ "$(cat "$dir/version" 2>/dev/null)" != "$version" ]; then
	command -v npm >/dev/null || { echo "install.sh: npm is missing; it fetches the ClickHouse library" >&2; exit 1; }
	work=$(mktemp -d "$dir/fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	(cd "$work" && npm pack --silent --ignore-scripts "$package@$version" >/dev/null && tar xzf ./*.tgz package/libchdb.so)
	mv "$work/package/libchdb.so" "$dir/libchdb.so"
	echo "$version" >"$dir/version"
fi
(cd "$root" && go build -o "$dir/chdbd" ./index/indextest/chdb/cmd/chdbd)
echo "$dir/chdbd -library $dir/libchdb.so -data FOLDER"
