"""Writes what the reference tokenizer makes of odd texts, for the Go tokenizer to be compared with.

python golden.py ../../encoder/model/vocab.txt > ../../encoder/testdata/golden.jsonl

A line: {"text": ..., "masks": [[start, end, name], ...], "fact": ..., "ids": [...], "split": N}; start and end are bytes. Needs the Python
package tokenizers.
"""

import json
import random
import sys

from tokenizers import BertWordPieceTokenizer

MAX, PAIR, FACT = 128, 96, 64
MASKS = {"staff": "[unused1]", "member": "[unused2]", "senior": "[unused3]", "council": "[unused4]"}

ODD = [
    "", " ", "\t\n\r", "a", "A", ".", "...", "\u00a0", "\u3000x\u3000", "\u2028a\u2029b", "\u0085", "\x00\x01\x02", "a\x00b", "a\x0bb\x0cc", "\x7f",
    "The bins were NOT emptied!!", "don't can't won't y'all it's", "e.g. i.e. U.K. 9.30am £1,240.50 4.99% 2024/25 #BinDay @council_x",
    "https://example.org/a/b?c=d&e=f#g", "mail me: first.last+tag@example.org", "snake_case kebab-case CamelCase ALLCAPS", "1st 2nd 3rd 22:15 1/2 ½ ²",
    "Café naïve façade ÀÉÎÕÜ ß ŒUVRE Æsop Øre Łódź", "cafe\u0301 nai\u0308ve e\u0301\u0302\u0303", "\u0301", "\u0301\u0301 x", "a\u0301", " \u0301b", "Z" + "\u0301" * 120,
    "İstanbul ISPARTA ıssız", "ΑΣΟΣ ΟΔΟΣ Σ σς", "ЖЁЛТЫЙ Їжак й", "DŽ ǅ ǆ ﬁre oﬃce ﬀ", "Ⅻ ⅻ №5 ™ © ®", "K (kelvin) Å (angstrom) Ω (ohm)",
    "ẞ ᾈ ᾳ ῼ", "a\u037eb\u0387c\u1fefd", "x≠y ≮ ≯", "``quoted'' «guillemets» “curly” ‘single’ „low‟ —dash– ‐hyphen‑", "¿Qué? ¡Sí!", "؟ ، ؛ ٪", "。，！？「」",
    "$100 €100 ¥100 ₹100 ¢ + < = > ^ ` | ~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "Mae'r bin heb ei gasglu eto, pryd mae rhywun yn dod? Dŵr, tŷ, pêl, gŵyl, ŷd, ẁ", "Diolch yn fawr i'r criw ❤️ Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    "Zażółć gęślą jaźń. Śmieci znowu nie odebrane, wstyd!", "Ile jeszcze mamy czekać na wywóz odpadów przy ulicy Łąkowej?", "ŻÓŁĆ", "Bin lorry nahi aayi, teesri baar. Kya mazaaq hai yaar?",
    "Yeh council walay sirf paisay lete hain, kaam kuch nahin karte", "bhai sahab street light kab theek hogi", "کوڑا نہیں اٹھایا گیا", "القمامة لم تُجمع منذ أسبوع", "אשפה לא נאספה שָׁלוֹם",
    "कचरा नहीं उठाया गया क्या", "ময়লা নেওয়া হয়নি", "ਕੂੜਾ ਨਹੀਂ ਚੁੱਕਿਆ", "குப்பை எடுக்கப்படவில்லை", "ขยะยังไม่ได้เก็บ", "Rác chưa được thu gom", "垃圾没有收", "漢字かな交じり文です。テスト", "カタカナ ﾊﾝｶｸ ガギグ か\u3099",
    "쓰레기를 수거하지 않았어요", "한글 각 힣 ᄀᄀ", "混ざったtext漢字abc", "𠀀𪜀𫝀𫠀𬺰 豈 丽", "\uf900\ufaff\U0002f800\U0002fa1f", "㐀㿿一鿿ꀀ",
    "😂😂😂", "👩‍👩‍👧‍👦 family", "👍🏽 👍🏿", "🇬🇧🏴󠁧󠁢󠁷󠁬󠁳󠁿", "❤️ ❤ ☹️ ✓ ★", "bin😂day", "💩💩 the mayor 🐷", "(╯°□°)╯︵ ┻━┻ ¯\\_(ツ)_/¯", "1️⃣ 2️⃣ #️⃣",
    "b\u200bi\u200cn\u200d\ufeff", "id\u00adiot", "\u202ebin\u202c \u2067مرحبا\u2069", "\u2060word\u2061joiner", "\ufffd", "a\ufffdb", "\ue000private\uf8ff", "\U000e0041tag", "\u180e", "\u061c", "a\u034fb",
    "ＦＵＬＬ　ＷＩＤＴＨ １２３", "𝓼𝓬𝓾𝓶 𝗯𝗼𝗹𝗱 𝟙𝟚", "ꜱᴄᴜᴍ ᴏꜰꜰɪᴄᴇ", "іdіоt with Cyrillic", "Ｈello", "ⓐⓑⓒ ⒜ ㊀", "sc*m th3m l0t w@nker", "i d i o t", "s.c.u.m", "soooooooo looooong",
    "a" * 99, "a" * 100, "a" * 101, "a" * 5000, "é" * 100, "é" * 101, "e\u0301" * 100, "漢" * 200, "x" * 100 + "漢", ("word " * 200).strip(), "supercalifragilisticexpialidocious" * 2,
    "antidisestablishmentarianism floccinaucinihilipilification", "unaffable unwanted embeddings tokenization", "##ing ## # ##s", "[CLS] [SEP] [UNK] [PAD] [MASK] [unused1]", "[unused1][unused2]", "<staff>", "[cls]",
    "\u1734 \u166d \U000111c9", "x\u0898y x\u1ac0y", "x\u2e52y x\u061dy", "x\U0001e130y", "\u302e가\u302f", "\U0001d165\U0001d16d", "ག\u0f71\u0f72", "\u0958 \u09dc \u0a33", "Å\u0327\u0301", "ǖ ǘ ǚ", "ệ ờ ữ",
    "ﷺ ﷽", "ﬓ ﬔ", "ŉ ĳ ǈ", "ſ ẛ", "\u2126 \u212a \u212b", "\u0344", "\u0958", "\ufb1d \ufb2c", "①②③", "℃ ℉", "…‥․", "a…b", "‰ ‱ ′ ″", "⁇ ⁈ ‼", "🅰🅱 🆗", "Ƀ ɂ ʔ ʕ",
    "#BinsNotEmptied2025 #ShameOnYou", "RT @user: check this http://t.co/xyz", "lol 😂 ok\r\nnew line\r\n\r\npara", "Most relevant\nGwen P. 3h\nLike Reply 3h", "tab\tseparated\tvalues", "trailing   spaces   ", "   leading",
]

PARTS = list("aAbZ09 .,!?'\"-_/@#£€$%&*()[]\n\t") + [
    "é", "e\u0301", "ŵ", "ł", "ß", "İ", "Σ", "漢", "한", "か\u3099", "😂", "👍🏽", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u00a0", "\ufffd", "\x01", "…", "’", "ﬁ", "Ａ", "𝓼", "ا", "क्ष",
    "bin", "council", "tokenization", "Rubbish", "un", "ing", "[SEP]", "##", "\u0301", "ㅋ", "≠", "\u2028",
]  # fmt: skip

PAIRS = [
    ("They cut the library hours to zero", "Saltmere library opens 9 to 5, Monday to Saturday."),
    ("", "A fact beside nothing"),
    ("council tax went up 12% and nobody says a word", "Council tax rose by 4.99% in April 2026."),
    ("long " * 300, "also long " * 200),
    ("word " * 96, "fact " * 64),
    ("word " * 97, "fact " * 65),
    ("Zażółć gęślą", "垃圾没有收"),
]

MASKED = [
    ("Ask Joan Smith about it", [("Joan Smith", "staff")]),
    ("Joan Smith", [("Joan Smith", "member")]),
    ("ask@Joan!", [("Joan", "senior")]),
    ("Cllr Ann Lee and Bob Roe of Saltmere Council lied", [("Ann Lee", "member"), ("Bob Roe", "staff"), ("Saltmere Council", "council")]),
    ("éJoané", [("Joan", "staff")]),
    ("JoanJoan", [("Joan", "staff"), ("Joan", "staff")]),
    ("😂Siân😂 said", [("Siân", "staff")]),
    (("Joan " * 150).strip(), [("Joan", "staff")] * 150),
]


def tokenizer(vocabulary):
    t = BertWordPieceTokenizer(vocabulary, lowercase=True)
    t._tokenizer.encode_special_tokens = True  # what looks like a special piece in a text is text
    return t


def stretches(text, masks):
    """Yields (text, name): name is None for a stretch that is not masked."""
    at = 0
    for start, end, name in masks:
        yield text[at:start].decode(), None
        yield text[start:end].decode(), name
        at = end
    yield text[at:].decode(), None


def pieces(t, text, masks):
    out = []
    for part, name in stretches(text.encode(), masks):
        out += [t.token_to_id(MASKS[name])] if name else t.encode(part, add_special_tokens=False).ids
    return out


def line(t, text, masks=(), fact=""):
    cls, sep = t.token_to_id("[CLS]"), t.token_to_id("[SEP]")
    limit = PAIR if fact else MAX - 2
    ids = [cls] + pieces(t, text, masks)[:limit] + [sep]
    split = len(ids)
    if fact:
        ids += pieces(t, fact, ())[:FACT] + [sep]
    row = {"text": text, "ids": ids, "split": split}
    if masks:
        row["masks"] = masks
    if fact:
        row["fact"] = fact
    return row


def find(text, wanted):
    at, out = 0, []
    for name, kind in wanted:
        at = text.index(name, at)
        out.append([len(text[:at].encode()), len(text[: at + len(name)].encode()), kind])
        at += len(name)
    return out


def main():
    t = tokenizer(sys.argv[1])
    rows = [line(t, s) for s in ODD]
    rng = random.Random(4)
    rows += [line(t, "".join(rng.choices(PARTS, k=rng.randint(2, 30)))) for _ in range(150)]
    rows += [line(t, a, fact=b) for a, b in PAIRS]
    rows += [line(t, s, find(s, w)) for s, w in MASKED]
    for r in rows:
        print(json.dumps(r, ensure_ascii=True, separators=(",", ":")))


if __name__ == "__main__":
    main()
