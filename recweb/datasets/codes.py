"""Outside ids to codes: ints from 0 per dataset. An id once numbered keeps its number."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from recweb.datasets.models import EventName, Item, Person
from recweb.datasets.patience import check


class Codes(NamedTuple):
    of: np.ndarray  # int32: position in the file's list of ids -> code
    new: list[str]  # ids without a number until now, in the order of their new codes
    first: int  # code of the first new one

    @property
    def total(self) -> int:
        return self.first + len(self.new)


def assign(table: type[Person] | type[Item], dataset_id: int, ids: Sequence[str]) -> Codes:
    """New ids are numbered in the order of their bytes, so that the file's order means nothing."""
    known = dict(
        table.objects.filter(dataset_id=dataset_id).values_list("outside_id", "code").iterator()
    )
    check()
    new = sorted(text for text in ids if text not in known)  # texts sort as their UTF-8 bytes do
    check()
    first = len(known)
    known.update((text, first + place) for place, text in enumerate(new))
    of = np.fromiter((known[text] for text in ids), dtype=np.int32, count=len(ids))
    return Codes(of, new, first)


def events(dataset_id: int, names: Sequence[str]) -> Codes:
    known = dict(EventName.objects.filter(dataset_id=dataset_id).values_list("name", "code"))
    new = [name for name in names if name not in known]
    first = len(known)
    known.update((name, first + place) for place, name in enumerate(new))
    return Codes(np.array([known[name] for name in names], dtype=np.int16), new, first)
