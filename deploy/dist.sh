#!/usr/bin/env bash
# dist.sh VERSION OS ARCH: dist/earshot-VERSION-OS-ARCH.tar.gz with the programs, the encoder's library, README, LICENSE
# and the service file, and its SHA-256.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1 os=$2 arch=$3
name=earshot-$version-$os-$arch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name" dist
for program in triage ingest; do
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$work/$name/$program" "./cmd/$program"
done
deploy/encoder.sh "$os" "$arch"
if [ -d "build/encoder/$os-$arch" ]; then
	mkdir "$work/$name/lib"
	cp "build/encoder/$os-$arch"/* deploy/encoder/NOTICE "$work/$name/lib/"
fi
cp LICENSE deploy/earshot.service "$work/$name/"
for f in README.md CHANGELOG.md; do [ ! -e $f ] || cp $f "$work/$name/"; done
when=$(git log -1 --format=%cI 2>/dev/null || date -Is)
tar -C "$work" --sort=name --mtime="$when" --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -n9 >"dist/$name.tar.gz"
(cd dist && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
ls -l "dist/$name.tar.gz"
