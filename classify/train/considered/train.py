"""Trains the encoder on the exported corpus: once for each fold of worlds held out, whose readings of those worlds the layers above learn
from, and then the one that ships, from the mean of the folds' weights over all of the corpus.

    python train.py POSTS.jsonl OUT [--folds 3] [--epochs 3] [--rate 1.2e-4] [--start FOLDER] [--final posts12,posts17,posts96] [--only N] [--shares 1:0.15,40:1] [--begin FILE.pt]
        [--keep 0] [--full] [--threads 1]
"""

import argparse
import os
import random
import time

import numpy as np
import torch
from torch.nn import functional as F

import data
import ship
import turn
from model import Encoder, tokenizer

RATE, HEAD_RATE, BATCH = 1.2e-4, 1e-3, 32
LAST_RATE, LAST_EPOCHS, LAST_SHARE = 4e-5, 1, 0.5  # of the one that ships, over a share of the posts: the folds, of which it is the mean, have seen all
PAIR_WEIGHT, SEARCH_WEIGHT, TEMPERATURE = 2.0, 0.3, 0.05


def pos_weights(posts, n):
    y = np.array([p.truth[:n] for p in posts])
    pos = np.maximum((y == 1).sum(0), 1)
    return torch.tensor(np.sqrt(np.maximum((y == 0).sum(0), 1) / pos), dtype=torch.float32)


def tag_loss(logits, truth, weights):
    n = data.FIRST_SERVICE
    y = truth[:, :n]
    loss = F.binary_cross_entropy_with_logits(logits[:, :n], y.clamp(min=0), pos_weight=weights, reduction="none")
    loss = (loss * (y >= 0)).sum() / (y >= 0).sum()
    service = truth[:, n:].argmax(1)
    known = truth[:, n:].max(1).values > 0
    if known.any():
        loss = loss + 0.1 * F.cross_entropy(logits[known][:, n:], service[known])
    return loss


def stance_truth(stances):
    return [float(k in stances) for k in data.STANCES]


def mean(states):
    """The mean of several models' weights."""
    return {k: sum(s[k] for s in states) / len(states) if v.is_floating_point() else v for k, v in states[0].items()}


def sample_pairs(posts, facts, rng, tok):
    """Each post beside the facts it touches, some of them with another number, beside other versions of them, and beside some it does not
    touch: mostly those retrieval takes for them. Rows as data.pair makes them, with the stances that are true."""
    out = []

    def add(text, fact, stances):
        out.append((data.pair(text, fact), stance_truth(stances)))

    for p in posts:
        known = facts[p.world]

        def beside(f, stances):
            add(p.beside.get(f, p.ids), known[f].ids, stances)

        for f, stances in p.stances.items():
            beside(f, stances)
            if "agrees" in stances and (t := turn.turned(p.read, known[f].read, rng)):
                add(data.pieces(tok, t[0]), data.pieces(tok, t[1]), {t[2]})
        for _, v, stances in rng.sample(p.versions, min(VERSIONS, len(p.versions))):
            add(p.ids, v.ids, stances)
        wrong = [f for f in p.near if f not in p.stances]
        if p.stances:
            if wrong:
                beside(rng.choice(wrong[:3]), ())
            if rng.random() < 0.4:
                beside(rng.choice([f for f in known if f not in p.stances]), ())
        elif wrong and rng.random() < 0.5:
            beside(wrong[0] if rng.random() < 0.5 else rng.choice(wrong), ())
    return out


VERSIONS = 1  # of a post's, in one epoch
SEARCH_EVERY = 8  # steps
GROUP = 8  # texts, and as many facts, of one search step


def search_group(touching, rng):
    """Texts of one world, each with a fact that it touches or a version of that, no fact twice."""
    world = rng.choice(touching)[0].world
    mine, group, seen = [t for t in touching if t[0].world == world], [], set()
    rng.shuffle(mine)
    for p, f, known in mine:
        if f not in seen and len(group) < GROUP:
            seen.add(f)
            group.append((p, rng.choice([known] + [v for of, v, stances in p.versions if of == f and stances])))
    return group if len(group) == GROUP else []


def search_loss(model, group):
    """In-batch softmax over the facts that texts of one world touch."""
    _, _, v = model(*data.batch([data.single(p.ids) for p, _ in group] + [data.single(f.ids) for _, f in group]))
    z = v[:GROUP] @ v[GROUP:].T / TEMPERATURE
    return F.cross_entropy(z, torch.arange(GROUP))


def dulled(row, rng):
    """Half of the time the row with one piece in ten unreadable, so that no single word decides."""
    ids, second = row
    if rng.random() < 0.5:
        return row
    return [data.MASK if 0 < i < len(ids) - 1 and rng.random() < 0.1 else x for i, x in enumerate(ids)], second


class Halves:
    """Reckons with halves (bfloat16), or whatever numbers it is given, what is kept and stepped in full numbers."""

    def __init__(self, model, groups, numbers=torch.bfloat16):
        model.body.to(numbers)
        self.model, self.pairs, full = model, [], []
        for params, rate in groups:
            kept = [p.detach().float().clone() for p in params]
            self.pairs += list(zip(params, kept))
            full.append({"params": kept, "lr": rate})
        self.opt = torch.optim.AdamW(full, weight_decay=0.01, fused=True)

    def step(self, loss):
        for p, _ in self.pairs:
            p.grad = None
        loss.backward()
        for p, kept in self.pairs:
            kept.grad = torch.zeros_like(kept) if p.grad is None else p.grad.float()
        torch.nn.utils.clip_grad_norm_([kept for _, kept in self.pairs], 1.0)
        self.opt.step()
        self.write()

    @torch.no_grad()
    def write(self):
        for p, kept in self.pairs:
            p.copy_(kept)

    def done(self):
        """The model in full numbers."""
        self.model.float()
        self.write()
        return self.model.eval()


def fit(posts, facts, heads, tok, epochs, seed, log, rate=RATE, start=None, numbers=torch.bfloat16):
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = Encoder(len(heads))
    if start:
        model.load_state_dict(start)
    weights = pos_weights(posts, data.FIRST_SERVICE)
    head = list(model.tags.parameters()) + list(model.pair.parameters())
    model.body.embeddings.word_embeddings.weight.requires_grad_(False)  # 12 of 33 million numbers; learning them takes a third of the time
    body = [p for p in model.body.parameters() if p.requires_grad]
    halves = Halves(model, [(body, rate), (head, rate * HEAD_RATE / RATE)], numbers)
    rows = [data.single(p.ids) for p in posts]
    pairs = sample_pairs(posts, facts, random.Random(seed), tok)
    steps = epochs * (len(rows) // BATCH + len(pairs) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        halves.opt, lambda s: min(1.0, (s + 1) / max(1, steps // 10)) * max(0.02, (steps - s) / steps)
    )
    touching = [(p, f, facts[p.world][f]) for p in posts for f in p.stances]

    model.train()
    start = time.time()
    for epoch in range(epochs):
        pairs = sample_pairs(posts, facts, rng, tok)
        pair_rows = [row for row, _ in pairs]
        todo = [("tags", b) for b in data.batches(rows, BATCH, rng.random(), full=True)] + [("pair", b) for b in data.batches(pair_rows, BATCH, rng.random(), full=True)]
        rng.shuffle(todo)
        sums = {"tags": [], "pair": [], "search": []}
        for n, (kind, b) in enumerate(todo):
            if kind == "tags":
                z, _, _ = model(*data.batch([dulled(rows[i], rng) for i in b]))
                loss = tag_loss(z, torch.tensor([posts[i].truth for i in b], dtype=torch.float32), weights)
            else:
                _, z, _ = model(*data.batch([pair_rows[i] for i in b]))
                y = torch.tensor([pairs[i][1] for i in b])
                loss = PAIR_WEIGHT * F.binary_cross_entropy_with_logits(z, y)
            sums[kind].append(loss.item())
            if n % SEARCH_EVERY == 0 and touching:
                group = search_group(touching, rng)
                if group:
                    s = search_loss(model, group)
                    sums["search"].append(s.item())
                    loss = loss + SEARCH_WEIGHT * s
            halves.step(loss)
            schedule.step()
        log(f"  epoch {epoch + 1}: " + ", ".join(f"{k} {np.mean(v):.3f}" for k, v in sums.items() if v) + f", {time.time() - start:.0f} s")
    return halves.done()


def shown(posts, facts, rng):
    """Some texts, alone and beside the facts they touch."""
    some = rng.sample(posts, min(200, len(posts)))
    return [data.single(p.ids) for p in some] + [data.pair(p.beside.get(f, p.ids), facts[p.world][f].ids) for p in some for f in p.stances]


def shares(s):
    """The share of posts by the number of the world from which on it holds; of worlds before the first named, all."""
    return {1: 1.0} | {int(world): float(part) for world, part in (x.split(":") for x in s.split(","))}


def share(parts, world):
    return parts[max(k for k in parts if k <= number(world))]


def times(share, rng):
    """How often a post is read in an epoch: of a share of 1.5, once or twice."""
    return int(share) + (rng.random() < share % 1)


def number(world):
    return int(world.removeprefix("posts"))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("posts")
    a.add_argument("out")
    a.add_argument("--folds", type=int, default=3)
    a.add_argument("--epochs", type=int, default=3)
    a.add_argument("--rate", type=float, default=RATE)
    a.add_argument("--start", help="folder whose folds these begin from; none: from the base model")
    a.add_argument("--begin", help="weights that the one that ships begins from, as resume.py takes them out of a model; none: the mean of the folds'")
    a.add_argument("--keep", type=float, default=0.0, help="share of the weights it began from in the one that ships, against forgetting")
    a.add_argument("--final", default="posts12,posts17,posts96", help="worlds that nothing is learnt from")
    a.add_argument("--only", type=int, default=-2, help="this fold only; -1 is the one that ships")
    a.add_argument("--shares", type=shares, help="share of the posts to learn, from a world on: 1:0.15,19:0.35,40:2 (twice); none: all, of the one that ships half")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--full", action="store_true", help="reckon in full numbers: half as long again where the processor has AMX, two thirds of the time where it has not")
    a.add_argument("--threads", type=int, default=1, help="two folds side by side are faster than one on two threads")
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    numbers = torch.float32 if o.full else torch.bfloat16
    os.makedirs(o.out, exist_ok=True)
    tok = tokenizer()
    heads, posts, facts = data.load(o.posts, tok)
    final = set(filter(None, o.final.split(",")))
    worlds = sorted({p.world for p in posts} - final, key=number)
    for fold in list(range(o.folds)) + [-1]:
        if o.only not in (-2, fold):
            continue
        held = set(worlds[fold :: o.folds]) if fold >= 0 else final
        print(f"fold {fold}: held {','.join(sorted(held))}", flush=True)
        rng = random.Random(o.seed)
        part = o.shares or {1: 1.0 if fold >= 0 else LAST_SHARE}
        learn = [p for p in posts if p.world not in held | final for _ in range(times(share(part, p.world), rng))]
        log = lambda s: print(s, flush=True)
        if fold >= 0:
            start = torch.load(f"{o.start}/fold{fold}.pt") if o.start else None
            m = fit(learn, facts, heads, tok, o.epochs, o.seed, log, o.rate, start, numbers)
        else:
            start = torch.load(o.begin) if o.begin else mean([torch.load(f"{o.out}/fold{k}.pt") for k in range(o.folds)])
            m = fit(learn, facts, heads, tok, LAST_EPOCHS, o.seed, log, LAST_RATE, start, numbers)
            new = m.state_dict()
            m.load_state_dict({k: o.keep * start[k] + (1 - o.keep) * v if v.is_floating_point() else v for k, v in new.items()})
        torch.save(m.state_dict(), f"{o.out}/fold{fold}.pt")
        ship.export(m, heads, f"{o.out}/fold{fold}", shown(learn, facts, random.Random(o.seed)))


if __name__ == "__main__":
    main()
