"""A text that states a fact rightly, beside that fact with another number: a contradiction; and both with the same other number: still right."""

import re

WORDS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
NUMBER = re.compile(r"(?<![\w.])£?(\d+(?:,\d{3})*(?:\.\d+)?)|\b(" + "|".join(WORDS[1:]) + r")\b", re.I)


def found(text):
    """Numbers of a text: (start, end, value, whether it is a word)."""
    out = []
    for m in NUMBER.finditer(text):
        if m[2]:
            out.append((m.start(2), m.end(2), float(WORDS.index(m[2].lower())), True))
            continue
        out.append((m.start(1), m.end(1), float(m[1].replace(",", "")), False))
    return out


def written(v, like, word):
    if word and v == int(v) and 0 < v <= 20:
        return WORDS[int(v)]
    if "." in like:
        return f"{v:.{len(like) - like.index('.') - 1}f}"
    s = f"{int(round(v)):,}"
    return s if "," in like or v < 10000 else s.replace(",", "")


def another(v, rng):
    """A number that nobody would call the same."""
    if v <= 31 and v == int(v):
        return float(rng.choice([x for x in range(1, 32) if x != v and abs(x - v) <= max(3, v)]))
    return v * rng.choice([0.4, 0.5, 0.6, 0.7, 0.8, 1.25, 1.4, 1.6, 2, 3])


def replaced(read, k, start, end, word, value):
    """The stretches with the number at start..end of stretch k written otherwise, or None where that changes nothing."""
    t = read[k]["t"]
    new = written(value, t[start:end], word)
    if new == t[start:end]:
        return None
    return read[:k] + [{**read[k], "t": t[:start] + new + t[end:]}] + read[k + 1 :]


def places(read):
    """Numbers of all stretches: (stretch, start, end, value, word)."""
    return [(k, *n) for k, r in enumerate(read) if not r.get("m") for n in found(r["t"])]


def turned(post, fact, rng):
    """Of a post that states a fact rightly, as stretches: (post, fact, stance) with one number that both hold changed in the fact or in both; None
    where they share none."""
    said, stands = places(post), places(fact)
    shared = [f for f in stands if f[3] >= 2 and sum(s[3] == f[3] for s in said) == 1]
    if not shared:
        return None
    k, start, end, value, word = rng.choice(shared)
    other = another(value, rng)
    if any(s[3] == other for s in said):
        return None
    new = replaced(fact, k, start, end, word, other)
    if new is None or rng.random() < 0.5:
        return new and (post, new, "contradicts")
    k, start, end, value, word = next(s for s in said if s[3] == value)
    post = replaced(post, k, start, end, word, other)
    return post and (post, new, "agrees")
