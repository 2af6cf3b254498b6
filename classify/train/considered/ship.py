"""From a trained encoder to the files that ship."""

import hashlib
import json
import os
import shutil

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

import data
from model import BASE


VERSION = "earshot-bge@1"


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
    shutil.copy(BASE + "/vocab.txt", f"{out}/vocab.txt")
    with open(f"{out}/manifest.json", "w") as f:
        # one text at a time: dynamic quantisation takes one scale from all the numbers of a layer
        json.dump({"version": VERSION, "heads": heads, "pairs": data.STANCES, "dim": 384, "max": data.MAX_TEXT, "batch": 1}, f)
        f.write("\n")
    with open(f"{out}/SHA256SUMS", "w") as f:
        for name in ("model.onnx", "vocab.txt", "manifest.json"):
            f.write(f"{hashlib.sha256(open(f'{out}/{name}', 'rb').read()).hexdigest()}  {name}\n")
