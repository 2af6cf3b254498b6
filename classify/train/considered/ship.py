"""From a trained encoder to the files that ship."""

import copy
import hashlib
import json
import os
import shutil

import torch
from torch import nn

import data
from export import quantise
from model import BASE


VERSION = "earshot-bge@1"


# Parts of a layer whose input goes through a scale, what reads that input, and how much of its unevenness the weights take over.
EVENED = {"attention.self": (("query", "key", "value"), 0.7), "intermediate": (("dense",), 0.85), "output": (("dense",), 0.85)}
LEAST = 0.05  # of the middle scale: a number that is nearly always nought must not blow up its weights


class Scaled(nn.Module):
    def __init__(self, inner, by):
        super().__init__()
        self.inner = inner
        self.register_buffer("by", by)

    def forward(self, x, *rest, **more):
        return self.inner(x * self.by, *rest, **more)


def evened(model, rows):
    """The same model, as far as full numbers go, for int8. A few of the numbers that flow between layers are twenty times as large as the rest,
    and eight bits over all of them leave the rest coarse; so each is divided by what it reaches over rows, and its weights are multiplied by it
    (SmoothQuant, Xiao et al. 2023, arXiv 2211.10438, with a multiplication of its own since BERT's residuals read the same numbers)."""
    model = copy.deepcopy(model)
    reached = {}

    def watch(part):
        def see(_, given):
            most = given[0].detach().abs().amax((0, 1))
            reached[part] = torch.maximum(reached[part], most) if part in reached else most

        return see

    parts = [(layer, name) for layer in model.body.encoder.layer for name in EVENED]
    hooks = [layer.get_submodule(name).register_forward_pre_hook(watch((layer, name))) for layer, name in parts]
    with torch.no_grad():
        for row in rows:
            ids, mask, kind = data.batch([row])
            n = int(mask.sum())
            model(ids[:, :n], mask[:, :n], kind[:, :n])
    for h in hooks:
        h.remove()
    for layer, name in parts:
        readers, share = EVENED[name]
        part = layer.get_submodule(name)
        readers = [part.get_submodule(r) for r in readers]
        weights = torch.stack([r.weight.detach().abs().amax(0) for r in readers]).amax(0)
        scale = reached[layer, name].clamp(min=1e-3) ** share / weights.clamp(min=1e-5) ** (1 - share)
        scale = (scale / scale.median()).clamp(min=LEAST)
        for r in readers:
            r.weight.data *= scale
        layer.set_submodule(name, Scaled(part, 1 / scale))
    return model


def export(model, heads, out, rows):
    """Writes model.onnx, vocab.txt, manifest.json and SHA256SUMS. rows, as data makes them, show what the numbers reach."""
    os.makedirs(out, exist_ok=True)
    model = evened(model.eval().float(), rows)
    ids, mask, kind = data.batch([data.single([2000, 2001, 2002]), data.single([2003])])
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {n: {0: "batch", 1: "pieces"} for n in names} | {n: {0: "batch"} for n in ("tags", "pair", "embedding")}
    full = f"{out}/full.onnx"
    torch.onnx.export(
        model, (ids, mask, kind), full, input_names=names, output_names=["tags", "pair", "embedding"], dynamic_axes=axes, opset_version=17, dynamo=False
    )
    quantise(full, f"{out}/model.onnx")
    os.remove(full)
    shutil.copy(BASE + "/vocab.txt", f"{out}/vocab.txt")
    with open(f"{out}/manifest.json", "w") as f:
        # one text at a time: dynamic quantisation takes one scale from all the numbers of a layer
        json.dump({"version": VERSION, "heads": heads, "pairs": data.STANCES, "dim": 384, "max": data.MAX_TEXT, "batch": 1}, f)
        f.write("\n")
    with open(f"{out}/SHA256SUMS", "w") as f:
        for name in ("model.onnx", "vocab.txt", "manifest.json"):
            f.write(f"{hashlib.sha256(open(f'{out}/{name}', 'rb').read()).hexdigest()}  {name}\n")
