"""Who a user is, is nobody's business outside: keyed hashes, rounded times, consent.

A session id often is a user's in other words (a cookie, a login), so it becomes a hash as well.
"""

import dataclasses
import hashlib
import hmac
from typing import Any

from recweb.datasets import tasks
from recweb.datasets.models import Dataset, Import, Kind
from recweb.runtime import home

LONG = 32  # hexadecimal digits of a pseudonym: 128 bits
ROUNDINGS = (0, 60, 3600, 86400)  # seconds


def key(dataset_id: int) -> bytes:
    """The dataset's own secret, in the secrets store (0600); without it no hash can be undone."""
    return home.secret(f"dataset-{int(dataset_id)}").encode()


def mac(dataset_id: int, outside_id: str) -> str:
    """HMAC-SHA256 of an outside id under the dataset's key: 64 hexadecimal digits."""
    return of(key(dataset_id), outside_id)


def of(secret: bytes, outside_id: str) -> str:
    text = outside_id.encode("utf-8", "surrogatepass")
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


def pseudonym(dataset_id: int, outside_id: str) -> str:
    """What stands for an id in files that leave, and in a dataset that asked for it at import."""
    return mac(dataset_id, outside_id)[:LONG]


def session(secret: bytes, text: str) -> str:
    """What stands for a session; unlike the pseudonym of a user who has the same id."""
    return of(secret, f"session\0{text}")[:LONG]


def wants_pseudonyms(dataset: Dataset) -> bool:
    return bool(dataset.privacy.get("pseudonyms"))


def apply(batch: Import, found: Any) -> Any:
    """The file's rows as the dataset wants to know them: pseudonyms for ids, rounded times.

    found: Interactions or People of training.clean."""
    made = found
    dataset = batch.dataset
    if wants_pseudonyms(dataset) and batch.kind != Kind.ITEMS:
        secret = key(dataset.pk)
        ids = tuple(of(secret, text)[:LONG] for text in made.user_ids)
        made = dataclasses.replace(made, user_ids=ids)
        if batch.kind == Kind.INTERACTIONS and made.extras is not None:
            made.extras.rename(lambda text: session(secret, text))
    step = int(dataset.privacy.get("round") or 0)
    if step > 1 and batch.kind == Kind.INTERACTIONS and made.at is not None:
        for each in tasks.workspace().slices(len(made.at), made.at):
            made.at[each] = made.at[each] // step * step
    return made


def hide(batch: Import) -> None:
    """Nothing that names people stays of the file itself: bad rows, notes, the bytes."""
    batch.bad_rows.all().update(text="", args={})
    batch.notes = []
    batch.save(update_fields=["notes"])
    batch.path.unlink(missing_ok=True)
