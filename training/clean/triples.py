"""A knowledge graph as rows: item, relation, entity. The same triple again is a duplicate.

Where no column says the relation, as in a file of tags, the entity's column does by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from training.clean.account import Account
from training.clean.ids import Ids
from training.clean.report import Options, Progress, Triples
from training.clean.table import Fault, Table


def clean_triples(
    table: Table, given: Mapping[str, str] | None, options: Options, progress: Progress | None
) -> Triples:
    """Check every row of a table of triples. Raises Refused; lets through what progress raises."""
    account = Account(table, "triples", given, options)
    usual = account.mapping["entity"].strip() or "relation"
    if "relation" not in account.places:
        account.note("relation-assumed", relation=usual)
    names = {field: Ids(options) for field in ("item", "relation", "entity")}
    found: dict[tuple[int, ...], None] = {}
    duplicates = 0
    for chunk in account.table.chunks(progress):
        faults: dict[int, Fault] = {}
        columns = []
        for field, ids in reversed(names.items()):  # the leftmost fault is the one that is said
            if field not in account.places:
                columns.append([ids[usual]] * len(chunk))
                continue
            codes = ids.codes(chunk.cells(account.places[field])).tolist()
            for place, code in enumerate(codes):
                if code < 0:
                    faults[place] = (account.mapping[field], *ids.fault(code))
            columns.append(codes)
        faults |= account.headers(chunk)
        account.chunk(chunk, faults)
        for place, row in enumerate(zip(*reversed(columns), strict=True)):
            if place not in faults:
                duplicates += row in found
                found[row] = None
    report = account.report(accepted=len(found), duplicates=duplicates)
    texts = [names[field].texts for field in names]
    item, relation, entity = (
        tuple(texts[place][row[place]] for row in found) for place in range(3)
    )
    return Triples(report, item, relation, entity)
