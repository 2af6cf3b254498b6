"""Turns a trained encoder into the folder that the Go side reads: model.onnx, vocab.txt, manifest.json, SHA256SUMS.

Layers are fused for the CPU before the weights are made int8, each column by its own scale. The scale of what flows between layers is
taken from the numbers themselves, over everything that is in one run: texts must go through the model one at a time ("batch": 1).
"""

import hashlib
import json
import pathlib
import shutil
import tempfile

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from torch import nn

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OUTPUTS = ["tags", "pair", "embedding"]
FILES = ["model.onnx", "vocab.txt", "manifest.json"]


class Encoder(nn.Module):
    """A BERT under mean pooling with a linear layer for the tags and one for pairs of text and fact."""

    def __init__(self, bert, tags, pair):
        super().__init__()
        self.bert, self.tags, self.pair = bert, tags, pair

    def forward(self, input_ids, attention_mask, token_type_ids):
        seen = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(seen.dtype)
        mean = (seen * mask).sum(1) / mask.sum(1)
        return self.tags(mean), self.pair(mean), nn.functional.normalize(mean, dim=-1)


def to_onnx(encoder, path):
    """Writes encoder in fp32; encoder.bert must have been made with attn_implementation="eager"."""
    ids = torch.full((2, 16), 5)
    axes = {n: {0: "batch", 1: "pieces"} for n in INPUTS} | {n: {0: "batch"} for n in OUTPUTS}
    args = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    with torch.no_grad():
        torch.onnx.export(
            encoder.eval(), args, str(path), dynamo=False, input_names=INPUTS, output_names=OUTPUTS, dynamic_axes=axes, opset_version=17
        )


def fuse(source, target, heads, hidden):
    options = FusionOptions("bert")
    # an addition and a normalisation by themselves are faster in the library than the one kernel for both, and so is the bias
    options.enable_skip_layer_norm = False
    options.enable_bias_gelu = False
    optimizer.optimize_model(str(source), "bert", heads, hidden, options, opt_level=0).save_model_to_file(str(target))


def quantise(source, target):
    """Weights of int8 per channel, with seven bits: docs/decisions/0020."""
    quantize_dynamic(
        str(source), str(target), per_channel=True, weight_type=QuantType.QInt8, reduce_range=True, extra_options={"DefaultTensorType": 1}
    )  # fmt: skip


def export(encoder, vocabulary, manifest, folder):
    """Writes the folder. manifest is version, heads and pairs; the rest of it is filled in."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = encoder.bert.config
    with tempfile.TemporaryDirectory() as work:
        plain, fused = pathlib.Path(work, "plain.onnx"), pathlib.Path(work, "fused.onnx")
        to_onnx(encoder, plain)
        fuse(plain, fused, config.num_attention_heads, config.hidden_size)
        quantise(fused, folder / "model.onnx")
    if pathlib.Path(vocabulary).resolve() != (folder / "vocab.txt").resolve():
        shutil.copy(vocabulary, folder / "vocab.txt")
    full = dict(manifest, dim=config.hidden_size, max=128, batch=1)
    (folder / "manifest.json").write_text(json.dumps(full, indent=1) + "\n")
    sums = "".join(f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in FILES)
    (folder / "SHA256SUMS").write_text(sums)
