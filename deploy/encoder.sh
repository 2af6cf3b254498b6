#!/usr/bin/env bash
# encoder.sh [OS ARCH]: the library that the sentence encoder runs in, for this machine or another, as build/encoder/OS-ARCH/NAME; from npm, at
# the version and with the checksum of deploy/encoder/package-lock.json. Where it cannot be had it says so in a line and ends well: the programs
# then work on fast verdicts.
set -euo pipefail
cd "$(dirname "$0")/.."
os=${1:-$(go env GOOS)} arch=${2:-$(go env GOARCH)}
case $os-$arch in
linux-amd64) from=linux/x64/libonnxruntime.so.1 ;;
linux-arm64) from=linux/arm64/libonnxruntime.so.1 ;;
darwin-arm64) from=darwin/arm64/libonnxruntime.1.dylib ;;
*) echo "encoder: there is no library for $os on $arch; verdicts there are the fast ones"; exit 0 ;;
esac
lock=deploy/encoder/package-lock.json
into=build/encoder/$os-$arch
library=$into/$(basename "$from")
if [ "$library" -nt "$lock" ]; then exit 0; fi
command -v npm >/dev/null || { echo "encoder: npm is missing, so the library is not here; verdicts are the fast ones"; exit 0; }

mkdir -p build
work=$(mktemp -d build/encoder.XXXXXX)
trap 'rm -rf "$work"' EXIT
cp deploy/encoder/package.json "$lock" deploy/encoder/.npmrc "$work/"
if ! (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >build/encoder.log 2>&1; then
	echo "encoder: the library cannot be fetched (build/encoder.log says why); verdicts are the fast ones"
	exit 0
fi
mkdir -p "$into"
cp "$work"/node_modules/onnxruntime-node/bin/napi-v*/"$from" "$work/library"
touch "$work/library"
mv "$work/library" "$library" # whole or not at all
