"""A new version: which files it is made of, its fingerprint, its figures, its arrays."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from recweb.datasets import (
    arrays,
    catalogue,
    exclusion,
    exports,
    fingerprint,
    people,
    profile,
    rules,
    tasks,
)
from recweb.datasets.models import Dataset, Import, ImportState, Kind, Version
from recweb.jobs.run import Run

BIG = 5_000_000  # rows from which the page works out splits only when asked


def loaded(dataset_id: int) -> list[int]:
    """The interaction files of a dataset that are in, oldest first."""
    found = Import.objects.filter(
        dataset_id=dataset_id, kind=Kind.INTERACTIONS, state=ImportState.LOADED
    )
    return list(found.order_by("loaded", "pk").values_list("pk", flat=True))


def make(run: Run, batch: Import, parts: Sequence[arrays.Rows]) -> Version:
    """In the caller's transaction: the version that these parts and the catalogue as it now
    stands make. The lock on the dataset's imports is held."""
    dataset = Dataset.objects.select_for_update().get(pk=batch.dataset_id)
    resolved = arrays.resolve(parts)
    if batch.kind == Kind.INTERACTIONS:
        batch.facts["already_there"] = resolved.overlap
        batch.facts["new_rows"] = batch.accepted - resolved.overlap
    names = people.event_names(dataset.pk)
    industry = str(batch.facts.get("industry", ""))
    if dataset.rules and not batch.rules:
        _new_events(dataset, resolved.rows, names, industry)
    else:
        dataset.rules = batch.rules or rules.default(resolved.rows, names, industry)
        if tasks.templates().get(industry, {}).get("repeats"):
            dataset.repeats_wanted = True
        dataset.save(update_fields=["rules", "repeats_wanted"])
    version = publish(run, dataset, resolved, batch.owner_id, exclusion.standing(dataset))
    version.imports.set([*dataset.imports.filter(state=ImportState.LOADED), batch])
    return version


def _new_events(dataset: Dataset, rows: arrays.Rows, names: tuple[str, ...], industry: str) -> None:
    """A kind of event that no version had gets the rule of the first import; what was ruled, or
    left without a rule, stays as somebody wants it."""
    last = Version.objects.filter(dataset=dataset).order_by("-number").first()
    if last is None or "events" not in last.profile:
        return
    seen = {name for name, n in last.profile["events"] if n}
    fresh = set(names) - seen - {rule["event"] for rule in dataset.rules}
    for found in (rules.default(rows, names, industry), rules.default(rows, names)):
        mine = [rule for rule in found if rule["event"] in fresh]
        if mine:
            dataset.rules = [*dataset.rules, *mine]
            dataset.save(update_fields=["rules"])
            return


def again(run: Run, dataset: Dataset, owner_id: int, excluded: list[exclusion.Row]) -> Version:
    """The same files as the newest version, other users left out. As `make` about locks."""
    last = Version.objects.filter(dataset=dataset).latest("number")
    parts = [arrays.read(dataset.pk, pk) for pk in loaded(dataset.pk)]
    version = publish(run, dataset, arrays.resolve(parts), owner_id, excluded)
    version.imports.set(last.imports.all())
    return version


def publish(
    run: Run,
    dataset: Dataset,
    resolved: arrays.Resolved,
    owner_id: int,
    excluded: list[exclusion.Row],
) -> Version:
    everybody = resolved.rows
    ids, attributes = people.read(dataset.pk)
    facts = catalogue.read(dataset.pk)
    names = people.event_names(dataset.pk)
    run.progress(0.88, 1, _("Working out the fingerprint and the profile"))
    excluded, bots = exclusion.complete(dataset, everybody, attributes, excluded)
    _count(dataset.pk, everybody, len(ids), len(facts))
    n = len(everybody)
    rows = exclusion.without(everybody, excluded)
    run.check()  # between numpy's long steps: a cancel waits for one of them, not for all
    figures = profile.figures(rows, names, facts, len(ids), bots)
    out = exclusion.codes(excluded)
    profile.leave_out(figures, people.nobodies(ids), len(out), n - len(rows))
    figures["replaced"] = resolved.dropped
    if len(rows) < BIG:
        run.check()
        figures["splits"] = tasks.split_sizes(rows, names, len(ids), len(facts), dataset.rules)
    run.check()
    last = Version.objects.filter(dataset=dataset).order_by("-number").first()
    version = Version.objects.create(
        dataset=dataset,
        number=last.number + 1 if last else 1,
        fingerprint=_seal(dataset.pk, rows, ids, attributes, facts, names),
        n_interactions=len(rows),
        n_users=len(ids),
        n_items=len(facts),
        profile=figures,
        excluded=excluded,
        owner_id=owner_id,
    )
    exports.write(version, f"j{run.job.pk}a{run.attempt}", rows, names, facts)
    return version


def _count(dataset_id: int, rows: arrays.Rows, n_users: int, n_items: int) -> None:
    """Events of each user and item, with those of users whom training leaves out."""
    space = tasks.workspace()
    catalogue.count_events("datasets_person", dataset_id, space.counts(rows.users, n_users))
    catalogue.count_events("datasets_item", dataset_id, space.counts(rows.items, n_items))


def _seal(
    dataset_id: int,
    rows: arrays.Rows,
    ids: Sequence[str],
    attributes: Sequence[dict[str, str]],
    facts: catalogue.Facts,
    names: Sequence[str],
) -> str:
    events = fingerprint.of_log(rows, ids, facts.ids, names)
    columns = (facts.ids, facts.titles, facts.topics, facts.years.tolist(), facts.texts)
    listed: list[Any] = [
        row
        for row, named in zip(
            zip(*columns, facts.attributes, strict=True), facts.listed, strict=True
        )
        if named
    ]
    described = [row for row in zip(ids, attributes, strict=True) if row[1]]
    items = fingerprint.of_facts("catalogue", listed)
    users = fingerprint.of_facts("people", described)
    counts = (len(rows), len(listed), len(described))
    graph = catalogue.triples(dataset_id)
    if not graph:  # a version without a knowledge graph keeps the fingerprint that it had
        return fingerprint.seal(events, items, users, counts=counts)
    triples = fingerprint.of_facts("triples", graph)
    return fingerprint.seal(events, items, users, triples, counts=(*counts, len(graph)))
