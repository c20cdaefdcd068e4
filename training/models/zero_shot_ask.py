"""Puts the questions: several at once, what was answered kept, and stops where nobody answers."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from training.endpoint.client import Client
from training.endpoint.ranking import SYSTEM, Answer, question, read
from training.endpoint.settings import Endpoint, Unanswered
from training.models.contract import Progress
from training.split import Split
from training.store import Checkpoint

FIRST = 5  # questions in a row that nobody answers: then nobody will
KEPT = 20  # answers between two states that a resumed run goes on from
FATAL = ("denied", "refused", "large")  # another person's question fares no better
COUNTS = ("asked", "answered", "failed", "unread", "invented", "repeated", "requests", "again")


class Sheet:
    """What is known so far. said float32 (n_users, n): minus the place, NaN = not asked."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.said = np.full(shape, np.nan, dtype=np.float32)
        self.done = np.zeros(shape[0], dtype=bool)
        self.counts = dict.fromkeys(COUNTS, 0)
        self.row = 0  # failures without an answer between them

    def answered(self, user: int, offered: int, found: Answer) -> None:
        """Write an answer down; candidates it leaves out stand behind, in the first order."""
        self.row = 0
        self.done[user] = True
        self.counts["asked"] += 1
        self.counts["invented"] += found.invented
        self.counts["repeated"] += found.repeated
        if found.unread:
            self.counts["unread"] += 1
            return
        self.counts["answered"] += 1
        rest = [place for place in range(offered) if place not in set(found.order)]
        self.said[user, [*found.order, *rest]] = -np.arange(offered, dtype=np.float32)

    def failed(self, error: Unanswered) -> None:
        """Count a question without an answer. Raises `error` where the next fare no better."""
        self.row += 1
        self.counts["asked"] += 1
        self.counts["failed"] += 1
        if error.code in FATAL or self.row >= FIRST:
            raise error


def ask(
    spot: Endpoint,
    split: Split,
    offered: np.ndarray,
    params: dict[str, Any],
    rng: np.random.Generator,
    progress: Progress,
    checkpoint: Checkpoint | None = None,
) -> tuple[np.ndarray, dict[str, int]]:
    """(said float32 (n_users, n), counts). offered int32 (n_users, n), -1 padded: candidates.

    Raises Unanswered: at once where the key or the address is refused, after FIRST failures in a
    row, and in the end where more than half of the questions failed.
    """
    people = _people(split, offered, params["people"], rng)
    sheet, client = Sheet(offered.shape), Client(spot)
    identity = {"model": spot.model, "people": people.tolist(), "params": dict(params)}
    _resume(sheet, checkpoint, identity)
    before = dict(sheet.counts)
    waiting = [int(user) for user in people if not sheet.done[user]]
    pool = ThreadPoolExecutor(spot.parallel)
    going: dict[Future[Answer], int] = {}
    last: Unanswered | None = None
    try:
        while waiting or going:
            while waiting and len(going) < spot.parallel:
                user = waiting.pop(0)
                going[pool.submit(_one, client, split, offered[user], user, params)] = user
            for future in wait(going, timeout=0.5, return_when=FIRST_COMPLETED).done:
                last = _write(sheet, going.pop(future), offered, future) or last
                sheet.counts["requests"] = before["requests"] + client.asked
                sheet.counts["again"] = before["again"] + client.again
                if sheet.counts["asked"] % KEPT == 0:
                    _keep(sheet, checkpoint, identity)
            progress(sheet.counts["asked"], len(people), "questions")
    finally:  # whatever stopped it: no further try, and what was answered is paid for once
        client.stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        _keep(sheet, checkpoint, identity)
    if last is not None and sheet.counts["failed"] * 2 > len(people):
        raise last
    return sheet.said, sheet.counts


def _write(
    sheet: Sheet, user: int, offered: np.ndarray, future: Future[Answer]
) -> Unanswered | None:
    try:
        found = future.result()
    except Unanswered as error:
        sheet.failed(error)
        return error
    sheet.answered(user, int((offered[user] >= 0).sum()), found)
    return None


def _one(
    client: Client, split: Split, offered: np.ndarray, user: int, params: dict[str, Any]
) -> Answer:
    assert split.items is not None
    titles = split.items.titles
    mine = offered[offered >= 0]
    past = _newest(split, user)[: params["history"]]
    asked = question([titles[item] for item in past], [titles[item] for item in mine])
    return read(client.ask(SYSTEM, asked), len(mine))


def _newest(split: Split, user: int) -> Sequence[int]:
    """Items of a user's training history, the newest first; without times the surest first."""
    row = split.train[user]
    by = row.data if split.train_at is None else split.train_at[user].toarray()[0, row.indices]
    return [int(item) for item in row.indices[np.argsort(-by, kind="stable")]]


def _people(split: Split, offered: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Who is asked about: drawn, those with items held out on validation first."""
    known = (np.diff(split.train.indptr) > 0) & ((offered >= 0).sum(axis=1) > 1)
    held = np.diff(split.validation.indptr) > 0
    groups = [rng.permutation(np.flatnonzero(known & side)) for side in (held, ~held)]
    return np.asarray(np.concatenate(groups)[:most], dtype=np.int64)


def _keep(sheet: Sheet, checkpoint: Checkpoint | None, identity: dict[str, Any]) -> None:
    answers = int(sheet.done.sum())
    if checkpoint and answers:
        arrays = {"said": sheet.said, "done": sheet.done}
        checkpoint.save(answers, arrays, {"counts": dict(sheet.counts), "identity": identity})


def _resume(sheet: Sheet, checkpoint: Checkpoint | None, identity: dict[str, Any]) -> None:
    """What an interrupted run was told; what nobody answered is asked again."""
    found = checkpoint.load() if checkpoint else None
    if found is None or found[2].get("identity") != identity:
        if checkpoint:
            checkpoint.clear()
        return
    _, arrays, meta = found
    sheet.said[:], sheet.done[:] = arrays["said"], arrays["done"]
    sheet.counts |= meta["counts"]
    sheet.counts["asked"] -= sheet.counts["failed"]
    sheet.counts["failed"] = 0
