"""Mappings for the next file: ready-made ones of a trade, and those that an admin kept."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from recweb.datasets import tasks
from recweb.datasets.models import Import, Kind, MapTemplate

if TYPE_CHECKING:
    from recweb.people.models import User
    from training.clean import Preview

LONGEST = 80


def looks_like(batch: Import, seen: "Preview") -> dict[str, str] | None:
    """Name and warning of the ready-made template that the first rows show, or that was chosen."""
    if batch.kind != Kind.INTERACTIONS:
        return None
    column = seen.mapping.get("event")
    place = seen.columns.index(column) if column in seen.columns else -1
    events = tuple({row[place] for row in seen.sample}) if column else ()
    code = batch.options.get("industry") or tasks.recognise(seen.columns, events)
    found = tasks.templates().get(str(code))
    return None if found is None else in_words(str(code), found)


def in_words(code: str, found: dict[str, Any]) -> dict[str, str]:
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    warning = found.get("warning", {}).get(language, "")
    return {"code": code, "name": found["name"][language], "warning": warning}


def keep(name: str, batch: Import, owner: "User") -> MapTemplate | None:
    """The mapping of this file under a name; one of that name is replaced. None without a name."""
    name = " ".join(name.replace("\0", " ").split())[:LONGEST]
    if not name:
        return None
    values = {"mapping": batch.mapping, "options": batch.options, "rules": batch.rules}
    made, _ = MapTemplate.objects.update_or_create(
        name=name, defaults={**values, "kind": batch.kind, "owner": owner}
    )
    return made


def apply(template: MapTemplate | None, batch: Import) -> None:
    """Read this file as another was; columns that it lacks are guessed again."""
    if template is None:
        return
    batch.mapping, batch.options = dict(template.mapping), dict(template.options)
    batch.rules = list(template.rules)
    try:
        tasks.preview(batch)
    except tasks.Unreadable:
        batch.mapping = {}
