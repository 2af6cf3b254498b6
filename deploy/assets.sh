#!/usr/bin/env bash
# assets.sh: builds the pages' styles and scripts when they are missing or their sources are newer.
set -euo pipefail
cd "$(dirname "$0")/../cmd/triage/web/assets"
stamp=node_modules/.built
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
	npm ci --no-audit --no-fund --loglevel=error
	touch node_modules/.package-lock.json
fi
if [ ! -e ../static/manifest.json ] || [ ! -e "$stamp" ] || [ -n "$(find . -path ./node_modules -prune -o -type f -newer "$stamp" -print -quit)" ]; then
	npm run --silent build
	touch "$stamp"
fi
