"""The layers of BERT without padding, for reading many short texts: same weights, less work.

Devlin, Chang, Lee, Toutanova: BERT (NAACL 2019). The texts of a batch stand one after the other,
so the layers multiply real tokens alone; only attention goes length by length. In bfloat16 the
weights are packed once for the processor, and bias, activation and sum go with the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Run = tuple[int, int, int]  # first token, texts, tokens of each


@dataclass(frozen=True)
class Dense:
    """One layer x -> x W' + b. packed: weight in the processor's own order, bfloat16 only."""

    weight: Tensor
    bias: Tensor
    packed: bool

    def __call__(self, x: Tensor) -> Tensor:
        """(n, i) -> (n, o)."""
        if self.packed:
            return self._packed(x, "none", [], "")
        return functional.linear(x, self.weight, self.bias)

    def gelu(self, x: Tensor) -> Tensor:
        """The exact GELU of the layer."""
        if self.packed:
            return self._packed(x, "gelu", [], "none")
        return functional.gelu(functional.linear(x, self.weight, self.bias))

    def plus(self, x: Tensor, rest: Tensor) -> Tensor:
        """The layer plus `rest` (n, o)."""
        if self.packed:
            summed: Tensor = _ops()._linear_pointwise.binary(x, rest, self.weight, self.bias, "add")
            return summed
        return functional.linear(x, self.weight, self.bias).add_(rest)

    def _packed(self, x: Tensor, *then: object) -> Tensor:
        made: Tensor = _ops()._linear_pointwise(x, self.weight, self.bias, *then)
        return made


@dataclass(frozen=True)
class Block:
    """One layer of the encoder. asked: queries (scaled already), keys and values in one."""

    asked: Dense
    told: Dense
    wider: Dense
    narrower: Dense
    norms: tuple[nn.LayerNorm, nn.LayerNorm]


class Bert:
    """A transformers BertModel in eval mode, read without padding. Only for inference."""

    def __init__(self, model: nn.Module, *, packed: bool) -> None:
        parts: Any = model  # transformers gives its parts no types
        self.heads = int(parts.config.num_attention_heads)
        first = parts.embeddings
        self.words: Tensor = first.word_embeddings.weight  # (v, d)
        kind = first.token_type_embeddings.weight[0]  # a text alone is of the first kind
        self.places: Tensor = first.position_embeddings.weight + kind  # (longest, d)
        self.norm: nn.LayerNorm = first.LayerNorm
        self.blocks = [_block(layer, self.heads, packed) for layer in parts.encoder.layer]

    def __call__(self, ids: Sequence[Sequence[int]]) -> Tensor:
        """Last hidden state of every token (sum of lengths, d), text after text."""
        with torch.no_grad():
            runs = _runs(ids)
            tokens = torch.tensor([number for row in ids for number in row])
            place = torch.cat([torch.arange(length).repeat(texts) for _, texts, length in runs])
            state: Tensor = self.norm(self.words[tokens] + self.places[place])
            for block in self.blocks:
                seen = self._attention(block.asked(state), runs)
                state = block.norms[0](block.told.plus(seen, state))
                state = block.norms[1](block.narrower.plus(block.wider.gelu(state), state))
        return state

    def vectors(self, ids: Sequence[Sequence[int]], pool: str) -> Tensor:
        """float32 (len(ids), d), not scaled; pool: "mean" of a text's tokens or "cls", its first.

        Fastest when texts of one length are neighbours.
        """
        state = self(ids).float()
        found = []
        for start, texts, length in _runs(ids):
            mine = state[start : start + texts * length].view(texts, length, -1)
            found.append(mine[:, 0] if pool == "cls" else mine.mean(dim=1))
        return torch.cat(found)

    def _attention(self, asked: Tensor, runs: Sequence[Run]) -> Tensor:
        """(n, 3 d) queries, keys, values -> (n, d) what each token takes from its own text."""
        out = asked.new_empty(len(asked), asked.shape[1] // 3)
        for start, texts, length in runs:
            rows = slice(start, start + texts * length)
            apart = asked[rows].view(texts, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            query, key, value = apart.reshape(3, texts * self.heads, length, -1)
            # in two plain products: for a dozen tokens the fused attention takes twice as long
            share = torch.bmm(query, key.transpose(1, 2)).softmax(dim=-1)
            taken = torch.bmm(share, value).view(texts, self.heads, length, -1)
            out[rows].view(texts, length, self.heads, -1).copy_(taken.transpose(1, 2))
        return out


def reads(model: nn.Module, kind: str) -> bool:
    """Whether `Bert` computes what this model does: a plain BERT with the exact GELU."""
    config: Any = model.config
    return (
        kind == "bert"
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", None) in (None, "absolute")
        and not getattr(config, "is_decoder", False)
    )


def can_pack() -> bool:
    """Whether this processor multiplies packed bfloat16 weights."""
    there = all(hasattr(_ops(), name) for name in ("_linear_pointwise", "_reorder_linear_weight"))
    return there and bool(_ops()._is_mkldnn_bf16_supported())


def _block(layer: Any, heads: int, packed: bool) -> Block:
    attention = layer.attention
    parts = (attention.self.query, attention.self.key, attention.self.value)
    weight = torch.cat([part.weight.detach() for part in parts])
    bias = torch.cat([part.bias.detach() for part in parts])
    width = len(weight) // 3
    for whole in (weight, bias):  # 1 / sqrt(width of a head), once instead of for every pair
        whole[:width] = (whole[:width].float() / (width / heads) ** 0.5).to(whole.dtype)
    rest = (attention.output.dense, layer.intermediate.dense, layer.output.dense)
    told, wider, narrower = (_dense(part.weight, part.bias, packed) for part in rest)
    norms = attention.output.LayerNorm, layer.output.LayerNorm
    return Block(_dense(weight, bias, packed), told, wider, narrower, norms)


def _dense(weight: Tensor, bias: Tensor, packed: bool) -> Dense:
    weight = weight.detach()
    if packed:
        weight = _ops()._reorder_linear_weight(weight)
    return Dense(weight, bias.detach(), packed)


def _runs(ids: Sequence[Sequence[int]]) -> list[Run]:
    """Neighbours of one length."""
    found, start = [], 0
    for length, same in groupby(len(row) for row in ids):
        texts = sum(1 for _ in same)
        found.append((start, texts, length))
        start += texts * length
    return found


def _ops() -> Any:
    """Operators of torch that torch.compile makes use of; they have no public name."""
    return torch.ops.mkldnn
