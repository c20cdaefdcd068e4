"""Training of the cross-encoder by the engine, and its reading of all candidates afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from training import losses
from training.encoders import pick, tuning
from training.encoders.reader import Reader, fast_dtype, in_batches, load, longest_first
from training.engine import state
from training.engine.loop import train
from training.engine.pairs import Pairs
from training.engine.session import session
from training.engine.task import Batch, Scorer, plan_of
from training.models.contract import Progress
from training.split import Split
from training.store import Checkpoint

TITLE = 24  # tokens of an item that are read; the longest part of a title is its end
TOKENS = 4096  # padded tokens that are read at once
USERS = 32  # whose candidates are read from one word of progress to the next


class Judge(nn.Module):
    """The language model and one number from the vector of a sequence."""

    def __init__(self, reader: Reader, model: nn.Module) -> None:
        super().__init__()
        self.reader, self.language = reader, model
        self.score = nn.Linear(reader.width, 1)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Scores (b,) of sequences (b, t)."""
        vectors = self.reader.read(tokens, mask, self.language)
        found: Tensor = self.score(vectors)[:, 0]
        return found


class Sequences:
    """Token numbers of (what a user chose, an item): start, titles of the past, end, title, end."""

    def __init__(self, reader: Reader, split: Split, history: int) -> None:
        assert split.items is not None  # noqa: S101  the model has looked
        ids = reader.ids(split.items.texts)
        history = min(history, max(1, (reader.longest - 1) // 4 - 1))  # three tokens each, and end
        longest = max(1, (reader.longest - 1) // (history + 1) - 1)
        self.bodies = [row[1:-1][: min(TITLE, longest)] for row in ids]
        (self.start, *_, self.end) = reader.ids(["a"])[0]
        self.history, self.train = history, split.train
        self.at = split.train_at

    def past(self, user: int) -> np.ndarray:
        """Items of the user, the newest last; by code where no time is known."""
        rows = slice(self.train.indptr[user], self.train.indptr[user + 1])
        items = self.train.indices[rows]
        if self.at is None:
            return np.asarray(items)
        return np.asarray(items[np.argsort(self.at.data[rows], kind="stable")])

    def of(self, past: np.ndarray, item: int) -> list[int]:
        """The sequence of an item after a past that does not hold it."""
        found = [self.start]
        for each in past[-self.history :]:
            found += [*self.bodies[each], self.end]
        return [*found, *self.bodies[item], self.end]


class Ranking:
    """An event of a user against wrong answers: the right one is to score highest."""

    def __init__(
        self,
        sequences: Sequences,
        module: Judge,
        candidates: np.ndarray,
        params: dict[str, Any],
    ) -> None:
        self.sequences, self.params, self.candidates = sequences, params, candidates
        self.module: nn.Module = module
        self.pairs = Pairs(sequences.train)
        self.examples = min(params["examples"], len(self.pairs))
        taken = np.bincount(sequences.train.indices, minlength=sequences.train.shape[1])
        self.law = torch.from_numpy(taken.astype(np.float64))

    def batch(self, rows: Tensor) -> Batch:
        """Events drawn anew, each with its wrong answers, as numbers of users and items."""
        drawn = torch.randint(len(self.pairs), (len(rows),))
        each = self.pairs.of(drawn, torch.device("cpu"))
        wrong = torch.stack([self._wrong(int(user)) for user in each["users"]])
        items = torch.cat([each["items"][:, None], wrong], dim=1)  # (b, 1 + n), the right one first
        return Batch({"users": each["users"], "items": items, "weights": each["weights"]})

    def loss(self, batch: Batch) -> Tensor:
        """InfoNCE of the right answer, weighted by confidence."""
        items = batch.each["items"]
        rows = []
        for user, row in zip(batch.each["users"].tolist(), items.tolist(), strict=True):
            past = self.sequences.past(user)
            past = past[past != row[0]]  # the answer is not to be read from the past
            rows += [self.sequences.of(past, item) for item in row]
        scores = self._read(rows).reshape(items.shape)
        found = losses.info_nce(scores[:, 0], scores[:, 1:])
        return (batch.each["weights"] * found).mean()

    def scorer(self) -> Scorer:
        """Never asked: the engine is given no validation, which would read every candidate."""
        raise RuntimeError("a re-ranker is judged by two_stage, not by the engine")

    def _wrong(self, user: int) -> Tensor:
        """Half candidates, half by popularity, none that the user took."""
        n = self.params["against"]
        listed = self.candidates[user][self.candidates[user] >= 0]
        law = self.law.clone()
        law[torch.from_numpy(self.sequences.past(user).astype(np.int64))] = 0.0
        if not law.any():
            law = torch.ones_like(law)  # who took everything is told nothing wrong by any item
        found = torch.multinomial(law, n, replacement=True)
        near = (n + 1) // 2 if len(listed) else 0
        if near:
            chosen = torch.randint(len(listed), (near,))
            found[:near] = torch.from_numpy(listed.astype(np.int64))[chosen]
        return found

    def _read(self, rows: list[list[int]]) -> Tensor:
        return scored(self.module, self.sequences, rows)


def scored(module: nn.Module, sequences: Sequences, rows: list[list[int]]) -> Tensor:
    """Scores (n,) of sequences, read longest first in batches of TOKENS."""
    found, places = [], []
    reader: Reader = module.reader  # type: ignore[assignment]
    for batch in in_batches(longest_first(rows), rows, TOKENS):
        found.append(module(*reader.padded([rows[place] for place in batch])))
        places += batch
    back = torch.empty(len(places), dtype=torch.long)
    back[torch.tensor(places)] = torch.arange(len(places))
    return torch.cat(found).float()[back]


def learn(
    params: dict[str, Any],
    split: Split,
    candidates: np.ndarray,
    rng: np.random.Generator,
    progress: Progress,
    checkpoint: Checkpoint | None,
) -> Ranking:
    """The trained task. Raises what the engine and folders.check raise."""
    with session(rng, torch.device("cpu")):
        reader = load(*pick.folder(params["encoder"]))
        steps = params["epochs"] * -(-params["examples"] // params["batch"])
        model = tuning.tuned(reader.model, reader.kind, params["tuning"], params["rank"], steps)
        sequences = Sequences(reader, split, params["history"])
        task = Ranking(sequences, Judge(reader, model), candidates, params)
        plan = plan_of(params | {"precision": _precision(params)}, decay=0.01, clip=1.0)
        known = state.identity("cross_encoder", params, split.train)
        none = replace(split, validation=sparse.csr_matrix(split.validation.shape))
        train(task, plan, none, identity=known, progress=progress, checkpoint=checkpoint)
        task.module.eval()
    return task


def read(task: Ranking, candidates: np.ndarray, progress: Progress) -> np.ndarray:
    """Scores float32 as candidates (n_users, n) of everybody who chose anything, else 0."""
    found = np.zeros(candidates.shape, dtype=np.float32)
    users = np.flatnonzero(np.diff(task.sequences.train.indptr))
    half = _precision(task.params) == "bfloat16"
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        for start, chunk in _chunks(users):
            rows, places = [], []
            for user in chunk:
                past = task.sequences.past(int(user))
                for place, item in enumerate(candidates[user]):
                    if item >= 0:
                        rows.append(task.sequences.of(past, int(item)))
                        places.append((user, place))
            if rows:
                scores = scored(task.module, task.sequences, rows).numpy()
                found[tuple(np.array(places).T)] = scores
            progress(start + len(chunk), len(users), "texts")
    return found


def _chunks(users: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(users), USERS):
        yield start, users[start : start + USERS]


def _precision(params: dict[str, Any]) -> str:
    return fast_dtype() if params["precision"] == "auto" else str(params["precision"])
