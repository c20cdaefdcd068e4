"""A language model reads the catalogue's own texts before it learns who likes them.

mlm: Devlin et al.: BERT (NAACL 2019), §3.1: words are hidden and told from their neighbours; on
texts of the domain, Gururangan et al.: Don't stop pretraining (ACL 2020), §3.
simcse: Gao et al.: SimCSE (EMNLP 2021), eq. 1: a text read twice, with other dropout, is itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training import losses
from training.encoders.reader import Reader

Progress = Callable[[int, int, str], None]
WAYS = ("none", "mlm", "simcse")
BATCH = 64  # texts of a step
HIDDEN = 0.15  # share of the tokens that are hidden
HEAT = 0.05  # temperature of simcse, as in the paper
RATE = {"mlm": 5e-5, "simcse": 1e-5}
HELD, MOST_HELD = 0.1, 512  # share and number of texts that only measure
LOOKS = 5  # times that the held-out loss is taken; the best weights stay


@dataclass(frozen=True)
class Read:
    """Held-out losses before and after; step: whose weights the model holds, 0 = as it was."""

    before: float
    after: float
    step: int


def adapt(
    reader: Reader,
    texts: Sequence[str],
    way: str,
    steps: int,
    *,
    rng: np.random.Generator,
    progress: Progress,
) -> Read:
    """Train every weight of reader.model for `steps` steps on these texts, in place.

    A tenth of the texts only measures, and the weights with its lowest loss are kept: a small
    catalogue is learnt by heart soon. way: "mlm" or "simcse". progress(done, steps, "texts").
    Raises ValueError on another way, fewer than 20 different texts, or a tokenizer without a mask.
    """
    if way not in RATE:
        raise ValueError(f"pretraining must be one of {', '.join(WAYS)}, got {way!r}")
    distinct = sorted({text for text in texts if text})
    if len(distinct) < 20:
        raise ValueError(f"pretraining needs 20 different texts, and there are {len(distinct)}")
    ids = reader.ids(distinct)
    order = rng.permutation(len(ids))
    held = min(MOST_HELD, max(4, int(HELD * len(ids))))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63 - 1)))
        task = _Hidden(reader) if way == "mlm" else _Twice(reader)
        measured = [ids[place] for place in order[:held]]
        taught = [ids[place] for place in order[held:]]
        return _run(reader, task, taught, measured, steps, RATE[way], progress)


def _run(
    reader: Reader,
    task: nn.Module,
    taught: list[list[int]],
    measured: list[list[int]],
    steps: int,
    rate: float,
    progress: Progress,
) -> Read:
    """Steps of AdamW with a falling rate; the best weights by the held-out loss stay."""
    reader.model.requires_grad_(True)
    optimiser = torch.optim.AdamW(task.parameters(), lr=rate, weight_decay=0.01)
    fall = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.1, total_iters=steps)
    before = best = _held_out(task, measured)
    kept, step_of_best = _copy(reader.model), 0
    for step in range(1, steps + 1):
        task.train()
        drawn = torch.randint(len(taught), (min(BATCH, len(taught)),)).tolist()
        optimiser.zero_grad(set_to_none=True)
        task([taught[place] for place in drawn]).backward()
        optimiser.step()
        fall.step()
        if step % max(1, steps // LOOKS) == 0 or step == steps:
            now = _held_out(task, measured)
            if now < best:
                best, kept, step_of_best = now, _copy(reader.model), step
        progress(step, steps, "texts")
    reader.model.load_state_dict(kept)
    reader.model.eval()
    return Read(before, best, step_of_best)


def _held_out(task: nn.Module, measured: list[list[int]]) -> float:
    """Mean loss of the held-out texts, by the same draws every time."""
    task.eval()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        parts = [measured[at : at + BATCH] for at in range(0, len(measured), BATCH)]
        found = [float(task(part)) for part in parts if len(part) > 1]
    return float(np.mean(found))


def _copy(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


class _Hidden(nn.Module):
    """Hidden tokens told by the model, through its own word vectors turned round."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader, self.model = reader, reader.model
        masks = (reader.tokens.token_to_id(name) for name in ("[MASK]", "<mask>"))
        found = [number for number in masks if number is not None]
        if not found:
            raise ValueError("this encoder's tokenizer has no mask: choose simcse")
        self.mask = found[0]
        words: nn.Embedding = reader.model.get_input_embeddings()  # type: ignore[operator]
        self.words = words
        self.turn = nn.Linear(words.embedding_dim, words.embedding_dim)
        nn.init.eye_(self.turn.weight)
        nn.init.zeros_(self.turn.bias)
        self.level = nn.LayerNorm(words.embedding_dim)
        self.offset = nn.Parameter(torch.zeros(words.num_embeddings))

    def forward(self, ids: list[list[int]]) -> Tensor:
        """Mean cross-entropy of the hidden tokens of these texts."""
        tokens, mask = self.reader.padded(ids)
        inner = mask.clone()
        inner[:, 0] = False  # neither the start nor the end of a text is a word
        inner[torch.arange(len(ids)), mask.sum(dim=1) - 1] = False
        hidden = (torch.rand(tokens.shape) < HIDDEN) & inner
        if not hidden.any():
            hidden = inner
        # eight of ten hidden words are masked, one is another word, one stays (§3.1)
        how = torch.rand(tokens.shape)
        given = torch.where(hidden & (how < 0.8), self.mask, tokens)
        other = torch.randint(self.words.num_embeddings, tokens.shape)
        given = torch.where(hidden & (how >= 0.9), other, given)
        states = self.model(input_ids=given, attention_mask=mask.long()).last_hidden_state
        shown = self.level(functional.gelu(self.turn(states[hidden])))
        scores = shown @ self.words.weight.T + self.offset
        return losses.softmax(scores, tokens[hidden]).mean()


class _Twice(nn.Module):
    """A text read twice with other dropout is nearest to itself among the batch."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader, self.model = reader, reader.model

    def forward(self, ids: list[list[int]]) -> Tensor:
        """InfoNCE over the batch; dropout stays on when it is measured, or all would be 0."""
        self.model.train()
        tokens, mask = self.reader.padded(ids)
        one, other = (functional.normalize(self.reader.read(tokens, mask), dim=1) for _ in range(2))
        scores = one @ other.T / HEAT
        off = scores.masked_fill(torch.eye(len(ids), dtype=torch.bool), losses.NEVER)
        return losses.info_nce(scores.diagonal(), off).mean()
