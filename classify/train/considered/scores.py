"""Writes what a model says of a few texts on the Python side, for the Go side to be compared with.

python scores.py ../../encoder/model ../../encoder/testdata/shipped.jsonl
"""

import json
import pathlib
import sys

import numpy as np
import onnxruntime

import golden

TEXTS = [
    "The bins were not emptied again, third time this month!",
    "thank you to the staff at the library",
    "Council tax up 12% and they lied about it",
    "x",
    "",
    "😂 Siân, Zażółć gęślą jaźń 漢字",
    "the council " * 200,
]


def rows(t):
    yield from (golden.line(t, s) for s in TEXTS)
    yield from (golden.line(t, a, fact=b) for a, b in golden.PAIRS)
    yield from (golden.line(t, s, golden.find(s, w)) for s, w in golden.MASKED)


def write(folder, target):
    folder = pathlib.Path(folder)
    t = golden.tokenizer(str(folder / "vocab.txt"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, disabled_optimizers=["SkipLayerNormFusion"])  # as the Go side has it
    with open(target, "w") as out:
        for r in rows(t):
            ids = np.array([r["ids"]])
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": (np.arange(ids.shape[1]) >= r["split"])[None].astype(np.int64)}
            tags, pair, embedding = session.run(["tags", "pair", "embedding"], feed)
            r |= {"tags": tags[0].tolist(), "pair": pair[0].tolist(), "embedding": embedding[0][:8].tolist()}
            out.write(json.dumps(r, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2])
