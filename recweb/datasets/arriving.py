"""What a file's rows pass before they enter the log: the erasure list, then the dataset's wishes
about privacy."""

import dataclasses
from typing import Any

import numpy as np
from django.db import transaction

from recweb.datasets import privacy, tasks
from recweb.datasets.models import Erased, Import, Kind
from recweb.jobs.run import Run

REASON = "erased-user"


def welcome(run: Run, batch: Import, found: Any) -> Any:
    """The rows that may enter, users named as the dataset wants it. found: Interactions, People
    or any other kind, which passes. Called with the lock on the dataset's imports."""
    if batch.kind not in (Kind.INTERACTIONS, Kind.USERS):
        return found
    macs = set(Erased.objects.filter(dataset=batch.dataset_id).values_list("mac", flat=True))
    if macs:
        found = _refuse(run, batch, found, macs)
    return privacy.apply(batch, found)


def leave(batch: Import) -> None:
    """The file is in: where it names people whom nobody may name, the file itself goes."""
    refused = batch.reasons.get(REASON, 0)
    if refused or privacy.wants_pseudonyms(batch.dataset):
        privacy.hide(batch)


def _refuse(run: Run, batch: Import, found: Any, macs: set[str]) -> Any:
    secret, alias = privacy.key(batch.dataset_id), privacy.wants_pseudonyms(batch.dataset)
    out = np.array([_is_erased(secret, text, macs, alias) for text in found.user_ids], dtype=bool)
    if not out.any():
        return found
    kept_ids = tuple(text for text, gone in zip(found.user_ids, out, strict=True) if not gone)
    if batch.kind == Kind.USERS:
        rows = ~out
        facts = tuple(f for f, gone in zip(found.attributes, out, strict=True) if not gone)
        made = dataclasses.replace(
            found, user_ids=kept_ids, attributes=facts, lines=found.lines[rows]
        )
        _account(run, batch, int(out.sum()))
        return made
    space, n = tasks.workspace(), len(found.users)
    rows, place = space.room(n, bool), (np.cumsum(~out) - 1).astype(found.users.dtype)
    for each in space.slices(n, found.users, rows):
        rows[each] = ~out[found.users[each]]
        found.users[each] = place[found.users[each]]
    names = ("users", "items", "events", "values", "lines", "at")
    columns = {name: getattr(found, name) for name in names if getattr(found, name) is not None}
    made = dataclasses.replace(found, user_ids=kept_ids, **space.pack(columns, rows))
    _account(run, batch, n - len(made.users))
    if found.extras is not None:
        found.extras.keep(rows)
    return made


def _is_erased(secret: bytes, text: str, macs: set[str], alias: bool) -> bool:
    known = privacy.of(secret, text)
    # who was erased by the pseudonym is known by the hash of that
    return known in macs or (alias and privacy.of(secret, known[: privacy.LONG]) in macs)


def _account(run: Run, batch: Import, refused: int) -> None:
    """rows in = accepted + duplicates + quarantined, as always; no text of theirs is kept."""
    batch.accepted -= refused
    batch.quarantined += refused
    batch.reasons = {**batch.reasons, REASON: refused}
    with run.fenced(), transaction.atomic():
        batch.save(update_fields=["accepted", "quarantined", "reasons"])
    run.log(f"{refused} rows refused: their users were erased")
