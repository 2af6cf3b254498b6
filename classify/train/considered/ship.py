"""From a trained encoder to the files that ship, and what those files say of posts."""

import hashlib
import json
import os
import shutil

import numpy as np
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

import data
from model import base_folder


VERSION = "earshot-minilm@1"


def export(model, heads, out):
    """Writes model.onnx (int8, per channel), vocab.txt, manifest.json and SHA256SUMS."""
    os.makedirs(out, exist_ok=True)
    model = model.eval().float()
    ids, mask, kind = data.batch([data.single([2000, 2001, 2002]), data.single([2003])])
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {n: {0: "batch", 1: "pieces"} for n in names} | {n: {0: "batch"} for n in ("tags", "pair", "embedding")}
    full = f"{out}/full.onnx"
    torch.onnx.export(
        model, (ids, mask, kind), full, input_names=names, output_names=["tags", "pair", "embedding"], dynamic_axes=axes, opset_version=17, dynamo=False
    )
    quantize_dynamic(full, f"{out}/model.onnx", per_channel=True, weight_type=QuantType.QInt8)
    os.remove(full)
    shutil.copy(base_folder() + "/vocab.txt", f"{out}/vocab.txt")
    with open(f"{out}/manifest.json", "w") as f:
        # one text at a time: dynamic quantisation takes one scale from all the numbers of a layer
        json.dump({"version": VERSION, "heads": heads, "pairs": data.STANCES, "dim": 384, "max": data.MAX_TEXT, "batch": 1}, f)
        f.write("\n")
    with open(f"{out}/SHA256SUMS", "w") as f:
        for name in ("model.onnx", "vocab.txt", "manifest.json"):
            f.write(f"{hashlib.sha256(open(f'{out}/{name}', 'rb').read()).hexdigest()}  {name}\n")


class Runner:
    def __init__(self, path):
        o = ort.SessionOptions()
        o.intra_op_num_threads = 2
        self.session = ort.InferenceSession(path, o, providers=["CPUExecutionProvider"])

    def run(self, rows, size=32):
        out = [None, None, None]
        for b in data.batches(rows, size, 0):
            ids, mask, kind = (t.numpy() for t in data.batch([rows[i] for i in b]))
            got = self.session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": kind})
            for k, g in enumerate(got):
                if out[k] is None:
                    out[k] = np.zeros((len(rows), g.shape[1]), dtype=np.float32)
                out[k][b] = g
        return out


NEAR = 3  # facts nearest by vector that are read beside a text, beside the nearest by words


def write_scores(path, posts, facts, out):
    """One JSON object a post: logits of the heads, and for each fact read beside it the cosine and the logits of the stances."""
    if not posts:
        return
    r = Runner(path)
    tags, _, vectors = r.run([data.single(p.ids) for p in posts])
    where, fact_rows = [], []
    for w in sorted({p.world for p in posts}):
        for f in facts[w].values():
            where.append((w, f.id))
            fact_rows.append(data.single(f.ids))
    _, _, fact_vectors = r.run(fact_rows)
    pairs = []
    for i, p in enumerate(posts):
        near = sorted(((float(vectors[i] @ fact_vectors[j]), f) for j, (w, f) in enumerate(where) if w == p.world), reverse=True)
        cos = dict((f, c) for c, f in near)
        read = [f for _, f in near[:NEAR]] + [f for f in p.near[:2] if f not in {g for _, g in near[:NEAR]}]
        pairs += [(i, f, cos[f]) for f in read]
    _, stance, _ = r.run([data.pair(posts[i].ids, facts[posts[i].world][f].ids) for i, f, _ in pairs])
    by = {}
    for (i, f, c), z in zip(pairs, stance):
        by.setdefault(i, []).append({"fact": f, "cos": round(c, 4), "z": [round(float(x), 3) for x in z]})
    with open(out, "w") as f:
        for i, p in enumerate(posts):
            f.write(json.dumps({"id": p.id, "tags": [round(float(x), 3) for x in tags[i]], "facts": by.get(i, [])}) + "\n")
