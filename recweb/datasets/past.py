"""The catalogue as it was when a version was made."""

from typing import Any

import numpy as np

from recweb.datasets import catalogue, tasks
from recweb.datasets.catalogue import Facts
from recweb.datasets.models import ImportState, Kind, Version


def facts(version: Version) -> Facts:
    """The table's rows while no item file came since; else the version's own item files again.

    Raises FileNotFoundError when one of those files is gone.
    """
    graphs = version.imports.filter(kind=Kind.TRIPLES).values_list("pk", flat=True)
    now = catalogue.read(version.dataset_id).first(version.n_items)
    now = now.told(version.dataset_id, list(graphs))
    later = version.dataset.imports.filter(kind=Kind.ITEMS, state=ImportState.LOADED)
    if not later.exclude(versions=version).exists():
        return now
    n = len(now)
    place = {text: code for code, text in enumerate(now.ids)}
    rows: list[tuple[Any, ...]] = [("", (), float("nan"), "", {}, False)] * n
    for batch in version.imports.filter(kind=Kind.ITEMS).order_by("loaded", "pk"):
        found: Any = tasks.clean(batch, lambda rows, done, total: None)
        columns = zip(
            found.item_ids,
            found.titles,
            found.categories,
            found.years.tolist(),
            found.descriptions,
            found.attributes,
            strict=True,
        )
        adds = batch.options.get("adds")
        for name, title, topics, year, text, attributes in columns:
            if adds:
                *same, old, named = rows[place[name]]
                kept = {key: value for key, value in old.items() if key not in adds}
                rows[place[name]] = (*same, kept | attributes, named)
                continue
            shown = "" if title == name else title  # as catalogue.upsert keeps it
            rows[place[name]] = (shown, tuple(topics), year, text, attributes, True)
    titles, topics, years, texts, attributes, listed = zip(*rows, strict=True) if n else ((),) * 6
    return Facts(
        ids=now.ids,
        titles=titles,
        topics=topics,
        years=np.array(years, dtype=np.float32),
        texts=texts,
        attributes=attributes,
        listed=np.array(listed, dtype=bool),
        edges=now.edges,
    )
