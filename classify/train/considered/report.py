"""A quick look at scores files: F1 of each head at its best threshold, area under the curve, and how well facts are found."""

import json
import sys

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

import data
from model import tokenizer


def best_f1(y, s):
    at = np.argsort(-s)
    tp = np.cumsum(y[at])
    f = 2 * tp / (np.arange(len(y)) + 1 + y.sum())
    return f.max()


def main():
    heads, posts, facts = data.load(sys.argv[1], tokenizer())
    got = {}
    for path in sys.argv[2:]:
        for line in open(path):
            d = json.loads(line)
            got[d["id"]] = d
    posts = [p for p in posts if p.id in got]
    z = np.array([got[p.id]["tags"] for p in posts])
    y = np.array([p.truth for p in posts])
    for k in range(data.FIRST_SERVICE):
        print(f"{heads[k]:14s} n {int(y[:, k].sum()):5d} F1 {best_f1(y[:, k], z[:, k]):.3f} AUC {roc_auc_score(y[:, k], z[:, k]):.3f} AP {average_precision_score(y[:, k], z[:, k]):.3f}")
    known = y[:, data.FIRST_SERVICE :].max(1) > 0
    print("service", (z[known][:, data.FIRST_SERVICE :].argmax(1) == y[known][:, data.FIRST_SERVICE :].argmax(1)).mean())
    against = np.array([max([f["z"][0] for f in got[p.id]["facts"]], default=-9) for p in posts])
    truth = np.array([any("contradicts" in s for s in p.stances.values()) for p in posts], dtype=int)
    print(f"contradiction  F1 {best_f1(truth, against):.3f} AUC {roc_auc_score(truth, against):.3f}")
    found = top = n = 0
    for p in posts:
        for fact in p.stances:
            n += 1
            read = sorted(got[p.id]["facts"], key=lambda f: -max(f["z"]))
            found += any(f["fact"] == fact for f in read)
            top += bool(read) and read[0]["fact"] == fact
    print(f"fact read {found / n:.3f}, first {top / n:.3f} of {n}")


if __name__ == "__main__":
    main()
