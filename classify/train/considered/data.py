"""The corpus as `go run ./classify/train/export` writes it, in token ids of the encoder's vocabulary."""

import json
import random
from dataclasses import dataclass, field

import torch

CLS, SEP, MASK, PAD = 101, 102, 103, 0
MASKS = {"<staff>": 1, "<member>": 2, "<senior>": 3, "<council>": 4}  # [unused1..4]
MASK_WORDS = {"<staff>": "employee", "<member>": "councillor", "<senior>": "director", "<council>": "council"}  # where their vectors begin
MAX_TEXT, MAX_PAIR_TEXT, MAX_PAIR_FACT = 128, 96, 64  # pieces, special ones included in MAX_TEXT only
STANCES = ["contradicts", "agrees", "asks", "quotes"]
FIRST_SERVICE = 11  # heads before it are yes or no, those from it on are one choice


@dataclass
class Text:
    world: str
    id: str
    ids: list
    read: list  # stretches as exported
    truth: list = field(default_factory=list)
    stances: dict = field(default_factory=dict)  # fact: set of stances
    near: list = field(default_factory=list)
    beside: dict = field(default_factory=dict)  # fact: ids as read beside it, where they differ
    versions: list = field(default_factory=list)  # of the facts that it touches: (fact, Text of the version, set of stances)


def pieces(tokenizer, read):
    """Ids of stretches, without special tokens."""
    out = []
    for s in read:
        if s.get("m"):
            out.append(MASKS[s["t"]])
        else:
            out += tokenizer.encode(s["t"], add_special_tokens=False).ids
    return out


def load(path, tokenizer):
    """Heads, posts, and facts by world."""
    posts, facts, versions, heads = [], {}, [], []
    with open(path, encoding="utf-8") as f:
        for line in f:
            d = json.loads(line)
            if "heads" in d:
                heads = d["heads"]
                continue
            t = Text(d["world"], d.get("id", ""), pieces(tokenizer, d["read"]), d["read"])
            if "of" in d:
                versions.append((d["of"], t, d["stances"]))
                continue
            if d.get("fact"):
                facts.setdefault(t.world, {})[t.id] = t
                continue
            t.truth, t.near = d["truth"], d.get("near", [])
            t.beside = {fact: pieces(tokenizer, read) for fact, read in d.get("beside", {}).items()}
            t.stances = {fact: {stance} for fact, stance in d.get("facts", {}).items()}
            posts.append(t)
    by_id = {p.id: p for p in posts}
    for fact, version, stances in versions:
        for post, stance in stances.items():
            by_id[post].versions.append((fact, version, {stance} - {"none"}))
    return heads, posts, facts


def single(ids):
    return [CLS] + ids[: MAX_TEXT - 2] + [SEP], None


def pair(text, fact):
    a, b = text[:MAX_PAIR_TEXT], fact[:MAX_PAIR_FACT]
    return [CLS] + a + [SEP] + b + [SEP], len(a) + 2


def batch(rows):
    """Tensors of rows as single() and pair() make them, as long as a multiple of 16: few shapes, so that kernels are made once."""
    n = -(-max(len(ids) for ids, _ in rows) // 16) * 16
    ids = torch.zeros(len(rows), n, dtype=torch.long)
    mask = torch.zeros(len(rows), n, dtype=torch.long)
    kind = torch.zeros(len(rows), n, dtype=torch.long)
    for i, (r, second) in enumerate(rows):
        ids[i, : len(r)] = torch.tensor(r)
        mask[i, : len(r)] = 1
        if second is not None:
            kind[i, second : len(r)] = 1
    return ids, mask, kind


def batches(rows, size, seed, full=False):
    """Indices in batches of like length, in random order; full leaves out what does not fill one."""
    r = random.Random(seed)
    at = list(range(len(rows)))
    r.shuffle(at)
    out = []
    for i in range(0, len(at), size * 32):
        chunk = sorted(at[i : i + size * 32], key=lambda k: len(rows[k][0]))
        out += [chunk[k : k + size] for k in range(0, len(chunk), size)]
    if full:
        out = [b for b in out if len(b) == size]
    r.shuffle(out)
    return out
