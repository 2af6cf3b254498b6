"""Serves a model as llama.cpp's own server does, until standard input ends.

    python serve.py MODEL.gguf PORT KEY
"""

import sys

import xllamacpp

model, port, key = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel = model, 2048, 1
params.hostnames, params.port, params.api_keys = ["127.0.0.1"], int(port), [key]
server = xllamacpp.Server(params)
sys.stdin.read()
