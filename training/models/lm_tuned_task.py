"""What the tuned language model learns, for the engine: its new weights, the head and the users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from training.encoders.reader import Reader, in_batches, longest_first
from training.encoders.tuning import Ranks
from training.encoders.whitening import Whitening
from training.engine.task import Batch, Scorer
from training.models.two_tower_text_task import Contrast
from training.models.two_tower_text_task import Towers as Heads

TOGETHER = 16  # events of one item that share its reading in a step
TOKENS = 4096  # padded tokens that are read at once
BUDGET = "ranks "  # before the names of adalora's averages in a state


class Texts:
    """The items' texts as token numbers, and the model that reads them.

    plain: what else the catalogue says, float32 (n, f0). white: the map of the untouched model's
    unit vectors, which stays fixed, so that the head reads the same directions all along.
    """

    def __init__(self, reader: Reader, texts: Sequence[str], plain: np.ndarray) -> None:
        self.reader, self.ids = reader, reader.ids(texts)
        self.plain = torch.from_numpy(plain.astype(np.float32))
        self.centre = self.matrix = torch.zeros(0)

    def whiten(self, white: Whitening) -> None:
        """Take the map."""
        self.centre = torch.from_numpy(white.mean.astype(np.float32))
        self.matrix = torch.from_numpy(white.matrix.astype(np.float32))

    def units(self, model: nn.Module, codes: Sequence[int]) -> Tensor:
        """Unit vectors (n, d) of these items by the weights of now."""
        ids = [self.ids[code] for code in codes]
        found, places = [], []
        for batch in in_batches(longest_first(ids), ids, TOKENS):
            tokens, mask = self.reader.padded([ids[place] for place in batch])
            found.append(self.reader.read(tokens, mask, model))
            places += batch
        back = torch.empty(len(places), dtype=torch.long)
        back[torch.tensor(places)] = torch.arange(len(places))
        return functional.normalize(torch.cat(found)[back], dim=1)

    def features(self, model: nn.Module, codes: Tensor) -> Tensor:
        """What the head reads (n, f): what is known otherwise, and the text, white and halved."""
        units = self.units(model, codes.tolist())
        with torch.autocast("cpu", enabled=False):  # directions of small spread are enlarged most
            text = (units - self.centre) @ self.matrix
        return torch.cat([self.plain[codes], 0.5 * text], dim=1)


class LanguageTowers(nn.Module):
    """The users and the head of a trained two-tower, over a language model that learns as well.

    Its state holds what learns alone: the rest of the language model is on disk already.
    """

    def __init__(self, texts: Texts, model: nn.Module, heads: Heads) -> None:
        super().__init__()
        self.language, self.user, self.head = model, heads.user, heads.head
        self.texts, self.budget = texts, Ranks(model)
        self._moved = False
        self.register_buffer("all_", torch.arange(len(texts.ids)), persistent=False)

    def train(self, mode: bool = True) -> LanguageTowers:
        """As usual, but the language model reads without dropout: the head was taught so."""
        super().train(mode)
        self.language.eval()
        return self

    def items(self, codes: Tensor | None = None) -> Tensor:
        """Unit vectors (n, d) of some items, or of all."""
        asked = self.get_buffer("all_") if codes is None else codes
        return functional.normalize(self.head(self.texts.features(self.language, asked)), dim=1)

    def users(self, codes: Tensor | None = None) -> Tensor:
        """Unit vectors (n, d) of some users, or of all."""
        found: Tensor = self.user.weight if codes is None else self.user(codes)
        return functional.normalize(found, dim=1)

    def step_comes(self) -> None:
        """A step is about to be computed: what the last one moved counts now."""
        self.settle()
        self._moved = bool(self.budget)

    def settle(self) -> None:
        """Let adalora take away ranks by the gradients of the step that was made."""
        if self._moved:
            self._moved = False
            self.budget.after_step()

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Tensor]:  # type: ignore[override]
        """What learns, and adalora's averages."""
        self.settle()  # whoever looks between two epochs sees whole steps
        learns = {name for name, each in self.named_parameters() if each.requires_grad}
        whole = super().state_dict(*args, **kwargs)
        ranks = {BUDGET + name: each for name, each in self.budget.state().items()}
        return {name: each for name, each in whole.items() if name in learns} | ranks

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Put back what `state_dict` gave."""
        ranks = {key for key in state_dict if key.startswith(BUDGET)}
        self.budget.restore({key[len(BUDGET) :]: state_dict[key] for key in ranks})
        rest = {key: each for key, each in state_dict.items() if key not in ranks}
        return super().load_state_dict(rest, strict=False)


class Tuned(Contrast):
    """As Contrast, an example being up to TOGETHER events of one item: it is read once for all.

    Items stand in a batch as often as they have such groups, and logQ corrects by that.
    """

    def __init__(self, train: sparse.csr_matrix, towers: LanguageTowers, params: Any) -> None:
        self.params, self.device = params, torch.device("cpu")
        self.towers = towers  # type: ignore[assignment]
        self.module = towers
        self.group_items, self.group_users, self.group_weights = grouped(train)
        self.examples = len(self.group_items)
        counts = np.bincount(self.group_items.numpy(), minlength=train.shape[1])
        share = np.maximum(counts, 1) / max(self.examples, 1)
        self.log_share = torch.from_numpy(np.log(share).astype(np.float32))
        self.events = int(train.nnz)

    def batch(self, rows: Tensor) -> Batch:
        """Groups of events, and the items that they stand against: those of the whole batch."""
        towers: Any = self.towers
        towers.step_comes()
        items = self.group_items[rows]
        each = {"users": self.group_users[rows], "items": items}
        return Batch(each | {"weights": self.group_weights[rows]}, {"against": items})

    def loss(self, batch: Batch) -> Tensor:
        """InfoNCE of each event, meaned over events as in an epoch (a group has places unused)."""
        users, weights = batch.each["users"], batch.each["weights"]  # (b, TOGETHER)
        items = batch.each["items"][:, None].expand(users.shape)
        flat = {"users": users.reshape(-1), "items": items.reshape(-1)}
        flat["weights"] = weights.reshape(-1)
        found = super().loss(Batch(flat, batch.shared))
        towers: Any = self.towers
        scale = users.shape[1] * self.examples / max(self.events, 1)
        whole: Tensor = found * scale + towers.budget.crossing()
        return whole

    def scorer(self) -> Scorer:
        """Dots of the vectors of now."""
        half = self.params["precision"] == "bfloat16"
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            users, items = (side.float() for side in self.vectors())
        return lambda asked: (users[torch.from_numpy(asked)] @ items.T).numpy()


def grouped(train: sparse.csr_matrix) -> tuple[Tensor, Tensor, Tensor]:
    """(items (g,), users (g, TOGETHER), weights (g, TOGETHER)): each event once, weight 0 = none.

    Weights are confidences over their mean.
    """
    by_item = sparse.csc_matrix(train)
    counts = np.diff(by_item.indptr)
    mean = float(train.data.mean()) if train.nnz else 1.0
    items = np.repeat(np.arange(len(counts)), counts)
    inside = np.arange(len(items)) - np.repeat(by_item.indptr[:-1], counts)
    groups = -(-counts // TOGETHER)
    first = np.concatenate([[0], np.cumsum(groups)])
    row, column = first[items] + inside // TOGETHER, inside % TOGETHER
    users = np.zeros((first[-1], TOGETHER), np.int64)
    weights = np.zeros((first[-1], TOGETHER), np.float32)
    users[row, column] = by_item.indices
    weights[row, column] = by_item.data / mean
    owners = np.repeat(np.arange(len(counts)), groups)
    return torch.from_numpy(owners), torch.from_numpy(users), torch.from_numpy(weights)
