"""The encoder: bge-small-en-v1.5 with one linear layer for the heads of a text, one for a text beside a fact, and a unit vector for search."""

import os

import torch
from torch import nn
from torch.nn import functional as F
from tokenizers import Tokenizer
from transformers import BertModel

import data


BASE = os.path.join(os.path.dirname(__file__), "base")  # the folder that base.py makes


def tokenizer():
    return Tokenizer.from_file(BASE + "/tokenizer.json")


class Dropout(nn.Module):
    """Leaves out a tenth, by stretches of one long random row: drawing numbers anew for each layer takes an eighth of the time."""

    RATE, LONG = 0.1, 1 << 24
    row = None

    def forward(self, x):
        if not self.training:
            return x
        if Dropout.row is None:
            Dropout.row = (torch.rand(self.LONG) >= self.RATE) / (1 - self.RATE)
        at = int(torch.randint(self.LONG - x.numel(), ()))
        return x * Dropout.row[at : at + x.numel()].view(x.shape).to(x.dtype)


class Encoder(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.body = BertModel.from_pretrained(BASE, add_pooling_layer=False, attn_implementation="eager", attention_probs_dropout_prob=0.0)
        for m in list(self.body.modules()):
            for name, d in m.named_children():
                if isinstance(d, nn.Dropout) and d.p > 0:
                    setattr(m, name, Dropout())
        words, tok = self.body.embeddings.word_embeddings.weight.data, tokenizer()
        for name, at in data.MASKS.items():
            words[at] = words[tok.encode(data.MASK_WORDS[name], add_special_tokens=False).ids[0]]
        dim = self.body.config.hidden_size
        self.drop = Dropout()
        self.tags = nn.Linear(2 * dim, heads)
        self.pair = nn.Linear(2 * dim, len(data.STANCES))

    def forward(self, input_ids, attention_mask, token_type_ids):
        h = self.body(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state.float()
        m = attention_mask.unsqueeze(-1).float()
        first = h[:, 0]
        both = self.drop(torch.cat([first, (h * m).sum(1) / m.sum(1)], dim=-1))
        return self.tags(both), self.pair(both), F.normalize(first, dim=-1)
