"""Makes the small random model that the Go tests run: two layers, 32 numbers, 600 pieces; and what it says of a few texts.

python tiny.py ../../encoder/model/vocab.txt ../../encoder/testdata/tiny

Needs torch, transformers, onnx, onnxruntime and tokenizers.
"""

import pathlib
import sys

import torch
from torch import nn
from transformers import BertConfig, BertModel

import export
import scores

PIECES = 600
WORDS = "the bins were not emptied again council tax they lied about and library is open staff thank you street road".split()


def vocabulary(full):
    """The first 104 lines, where the special pieces stand, a few words, then characters in the order of the whole vocabulary."""
    lines = pathlib.Path(full).read_text().splitlines()
    short = [p for p in lines[104:] if len(p.removeprefix("##")) == 1]
    known = set(lines)
    return (lines[:104] + [w for w in WORDS if w in known] + short)[:PIECES]


def main():
    full, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    pieces = vocabulary(full)
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n")
    torch.manual_seed(4)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, max_position_embeddings=192
    )
    config._attn_implementation = "eager"
    bert = BertModel(config, add_pooling_layer=False)
    for p in bert.parameters():  # random enough that every text has numbers of its own
        if p.dim() > 1:
            nn.init.normal_(p, std=0.3)
    encoder = export.Encoder(bert, nn.Linear(32, 5), nn.Linear(32, 3))
    manifest = {"version": "tiny", "heads": ["one", "two", "three", "four", "five"], "pairs": ["asserts", "denies", "quotes"]}
    export.export(encoder, folder / "vocab.txt", manifest, folder)
    scores.write(folder, folder / "scores.jsonl")


if __name__ == "__main__":
    main()
