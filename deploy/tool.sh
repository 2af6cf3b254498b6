#!/usr/bin/env bash
# tool.sh FILE PACKAGE: installs PACKAGE at the version that FILE's name ends with (-v1.2.3), for this machine, as FILE.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$(dirname "$1")"
into=$(mktemp -d)
trap 'rm -rf "$into"' EXIT
GOBIN=$into GOFLAGS= go install "$2@v${1##*-v}"
mv "$into/$(basename "$2")" "$1"
