"""What an annotator sees of a sample: what the person chose, and the item. Never arm nor score."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recweb.datasets.clock import moment
from recweb.datasets.models import Item
from recweb.labeling.claims import Held
from recweb.labeling.models import Queue, Sample

SHOWN = 8  # history items in sight


@dataclass(frozen=True)
class Past:
    """Something that the person chose."""

    item: Item
    at: datetime | None
    value: float | None = None  # its stars, where the log has any


@dataclass(frozen=True)
class Shown:
    """One assignment; the token is None when it is only looked at."""

    sample: Sample
    item: Item
    history: list[Past]
    token: uuid.UUID | None = None
    until: datetime | None = None
    value: int | None = None  # the answer given before
    note: str = ""
    flagged: bool = False


def shown(queue: Queue, held: list[Held]) -> list[Shown]:
    samples = Sample.objects.in_bulk([row.sample_id for row in held])
    items = items_of(queue, list(samples.values()))
    return [look(samples[row.sample_id], items, token=row.token, until=row.until) for row in held]


def items_of(queue: Queue, samples: list[Sample]) -> dict[int, Item]:
    codes = {sample.item_code for sample in samples}
    codes |= {int(row[0]) for sample in samples for row in sample.context}
    rows = Item.objects.filter(dataset=queue.dataset_id, code__in=codes)
    return {row.code: row for row in rows}


def look(sample: Sample, items: dict[int, Item], **more: Any) -> Shown:
    history = [
        Past(items[code], moment(at), *value)  # queues of old have no value
        for code, at, *value in sample.context
        if code in items
    ]
    missing = Item(code=sample.item_code, outside_id=f"#{sample.item_code}")  # erased meanwhile
    return Shown(sample, items.get(sample.item_code, missing), history, **more)


def as_json(found: Shown) -> dict[str, Any]:
    return {
        "lease": found.token,
        "until": found.until,
        "sample": found.sample.pk,
        "item": {**_item(found.item), "text": found.item.text},
        "history": [
            {**_item(past.item), "at": past.at, "value": past.value} for past in found.history
        ],
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "item": item.outside_id,
        "title": item.title,
        "topics": item.topics,
        "year": item.year,
    }
