"""Takes the weights back out of the model that ships, as near as int8 kept them, so that training can go on from it.

    python resume.py ../../encoder/model OUT.pt
"""

import json
import sys

import onnx
import torch
from onnx import numpy_helper

from model import Encoder


def weights(graph):
    """Tensors by the names that Encoder gives them, but for the word vectors, which training leaves as they are. What ship.evened moved from
    what flows between layers into the weights is moved back."""
    held = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    out = {k.replace(".inner.", "."): v for k, v in held.items() if k.endswith((".weight", ".bias")) and not k.startswith("onnx::")}

    def full(quantized):
        name = quantized.removesuffix("_quantized")
        return (held[quantized].float() - held[name + "_zero_point"].float()) * held[name + "_scale"].float()

    for k in ("position", "token_type"):
        name = f"body.embeddings.{k}_embeddings.weight"
        out[name] = full(name + "_quantized")
    for n in graph.node:
        if n.op_type != "MatMulInteger":
            continue
        at = n.name.removeprefix("/").removesuffix("/MatMul_quant").removesuffix("/Gemm_MatMul_quant").replace("/", ".")
        w = full(n.input[1])
        if ".inner." in at:
            w *= held[at.split(".inner.")[0] + ".by"].unsqueeze(1)
        out[at.replace(".inner.", ".") + ".weight"] = w.T.contiguous()
    return out


def main(folder, to):
    with open(folder + "/manifest.json") as f:
        model = Encoder(len(json.load(f)["heads"]))
    kept = weights(onnx.load(folder + "/model.onnx").graph)
    missing, unknown = model.load_state_dict(kept, strict=False)
    if unknown or [k for k in missing if "word_embeddings" not in k]:
        sys.exit(f"{folder} holds another model: {missing}, {unknown}")
    torch.save(model.state_dict(), to)


if __name__ == "__main__":
    main(*sys.argv[1:])
