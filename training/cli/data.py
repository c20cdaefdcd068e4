"""Tables to what models train on: one catalogue, one log, and the splits that were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from training import clean
from training.clean import modalities
from training.cli.arguments import Request
from training.cli.formats import Table, bad_share, read, refusal
from training.cli.wrong import Wrong
from training.features import Positives, Rule, multi_hot, positives
from training.log import Items, Log, known
from training.ratings import rated
from training.split import Split, SplitError, split

SEARCHES = ("search", "query", "搜索", "检索")
RATED = ("rating", "评分")
# how much more than a view an event says, as the web has it to begin with
WEIGHTS = {"cart": 2.0, "addtocart": 2.0, "add_to_cart": 2.0, "purchase": 4.0, "transaction": 4.0}


@dataclass(frozen=True)
class Data:
    """All files in one numbering. test: the held-out file of a given split, else None."""

    log: Log
    test: Log | None
    items: Items | None
    ordered: bool
    left_out: int


def load(request: Request) -> Data:
    """Read the files of a request. Raises Wrong."""
    tables = [read(path, request.format) for path in (request.log, request.test) if path]
    catalogue, graph = _catalogue(request), _graph(request)
    users = _codes([table.user_ids for table in tables])
    listed = [part.item_ids for part in (catalogue, graph) if part is not None]
    items = _codes([*(table.item_ids for table in tables), *listed])
    events = _codes([table.event_names for table in tables])
    logs = [_log(table, users, items, events) for table in tables]
    return Data(
        log=logs[0],
        test=logs[1] if len(logs) > 1 else None,
        items=None if catalogue is None and graph is None else _items(catalogue, graph, items),
        ordered=tables[0].ordered,
        left_out=sum(table.left_out for table in tables),
    )


def rules(log: Log, minimum: float | None) -> list[Rule]:
    """Ratings count from `minimum` on, half of the largest unless given; all else counts."""
    made = []
    for code, name in enumerate(log.event_names):
        if name in SEARCHES:
            continue
        least = None
        values = log.values[(log.events == code) & ~np.isnan(log.values)]
        if name in RATED and len(values):
            least = 0.5 * float(values.max()) if minimum is None else minimum
        made.append(Rule(name, minimum=least, weight=WEIGHTS.get(name.casefold(), 1.0)))
    return made


def top_n(request: Request, data: Data) -> Split:
    """The split of the positives, for models that rank. Raises Wrong with the reason."""
    held = None
    if data.test is not None:
        held = positives(data.test, rules(data.log, request.minimum))
    return _split(request, data, liked(request, data), held)


def liked(request: Request, data: Data) -> Positives:
    """The positives of the log. Raises Wrong when it holds none of the kind."""
    chosen = rules(data.log, request.minimum)
    if not chosen:
        raise Wrong(f"{request.log.name} holds searches only: there is nothing to recommend")
    return positives(data.log, chosen)


def explicit(request: Request, data: Data) -> Split:
    """The split of all rated pairs, data = ratings, for models of kind "rating". Raises Wrong."""
    held = None if data.test is None else rated(_rated_only(data.test))
    return _split(request, data, rated(_rated_only(data.log)), held)


def _split(request: Request, data: Data, mine: Positives, held: Positives | None) -> Split:
    if held is not None:
        return _fixed(mine, held, data, request.seed)
    name = request.split
    if data.ordered and name == "temporal":  # an order within each user is no clock for all
        raise Wrong("--split temporal needs times, and sequences have an order only")
    if data.ordered and name == "auto":
        name = "leave-last"
    try:
        made = split(mine, name, seed=request.seed, items=data.items)
    except SplitError as error:
        raise Wrong(f"--split: {error}") from None
    return replace(made, leak=None) if data.ordered else made


def _fixed(mine: Positives, held: Positives, data: Data, seed: int) -> Split:
    if not len(mine) or not len(held):
        where = "--log" if not len(mine) else "--test"
        raise Wrong(f"{where} holds no positive event; see --minimum")
    train, test = matrix(mine, mine.confidence), matrix(held, held.confidence)
    at = None if mine.at is None or held.at is None else mine.at
    leak = None
    if at is not None and held.at is not None and not data.ordered:
        leak = float(np.mean(held.at < at.max()))
    return Split(
        train=train,
        validation=_nothing(train),
        test=test,
        train_at=None if at is None else matrix(mine, at.astype(np.float64)),
        name="given",
        seed=seed,
        leak=leak,
        items=data.items,
    )


def matrix(pairs: Positives, values: np.ndarray) -> sparse.csr_matrix:
    """Csr (n_users, n_items) with sorted indices; a value of 0 stays in the pattern."""
    shape = (pairs.n_users, pairs.n_items)
    made = sparse.csr_matrix((values, (pairs.users, pairs.items)), shape=shape)
    made.sort_indices()
    return made


def _nothing(train: sparse.csr_matrix) -> sparse.csr_matrix:
    """A part of the same shape without any pair."""
    none = np.zeros(0, dtype=np.int32)
    return sparse.csr_matrix((none.astype(np.float32), (none, none)), shape=train.shape)


def _codes(parts: Sequence[tuple[str, ...]]) -> dict[str, int]:
    """Ids of all files in order of appearance -> code."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: code for code, name in enumerate(names)}


def _log(table: Table, users: dict[str, int], items: dict[str, int], events: dict[str, int]) -> Log:
    # in time order, ties in the order of the file
    order = np.arange(len(table.users)) if table.at is None else np.argsort(table.at, kind="stable")
    item_codes = np.array([*(items[name] for name in table.item_ids), -1], dtype=np.int32)
    user_codes = np.array([users[name] for name in table.user_ids], dtype=np.int32)
    event_codes = np.array([events[name] for name in table.event_names], dtype=np.int16)
    return Log(
        users=user_codes[table.users[order]],
        items=item_codes[table.items[order]],  # -1, a search, looks at the last place
        events=event_codes[table.events[order]],
        values=table.values[order],
        at=None if table.at is None else table.at[order],
        event_names=tuple(events),
        n_users=len(users),
        n_items=len(items),
    )


def _catalogue(request: Request) -> clean.Catalogue | None:
    if request.items is None:
        return None
    try:
        found = clean.clean(request.items, "items")
    except clean.Refused as error:
        raise refusal(request.items, error) from None
    bad_share(request.items, found.report)
    return found


def _graph(request: Request) -> clean.Triples | None:
    if request.triples is None:
        return None
    try:
        found = clean.clean(request.triples, "triples")
    except clean.Refused as error:
        raise refusal(request.triples, error) from None
    bad_share(request.triples, found.report)
    return found


def _items(
    catalogue: clean.Catalogue | None, graph: clean.Triples | None, codes: dict[str, int]
) -> Items:
    """In code order; an item that no file of items names is its id."""
    titles = list(codes)
    texts = list(codes)
    categories: list[tuple[str, ...]] = [()] * len(codes)
    years = np.full(len(codes), np.nan, dtype=np.float32)
    if catalogue is not None:
        described = zip(
            catalogue.item_ids, catalogue.titles, catalogue.texts(), catalogue.categories,
            strict=True,
        )  # fmt: skip
        for place, (name, title, text, topics) in enumerate(described):
            code = codes[name]
            titles[code], texts[code], categories[code] = title, text, topics
            years[code] = catalogue.years[place]
    names, topic_rows = multi_hot(categories)
    facts = known(_facts(graph, codes)) if graph is not None else {}
    made = Items(tuple(titles), tuple(texts), names, topic_rows, years, None, **facts)
    return made if catalogue is None else replace(made, modalities=_vectors(catalogue, codes))


def _vectors(catalogue: clean.Catalogue, codes: dict[str, int]) -> dict[str, np.ndarray]:
    """Modality -> vectors in code order, NaN where the catalogue has none."""
    made = {}
    places = [codes[name] for name in catalogue.item_ids]
    for each in modalities.read(catalogue.attributes):
        made[each.name] = np.full((len(codes), each.vectors.shape[1]), np.nan, np.float32)
        made[each.name][places] = each.vectors
    return made


def _facts(graph: clean.Triples, codes: dict[str, int]) -> Iterator[tuple[int, str, str]]:
    rows = zip(graph.item_ids, graph.relations, graph.entities, strict=True)
    return ((codes[item], relation, entity) for item, relation, entity in rows)


def _rated_only(log: Log) -> Log:
    """The log with the values of other events (seconds, plays) wiped: they are no ratings."""
    codes = [code for code, name in enumerate(log.event_names) if name in RATED]
    values = np.where(np.isin(log.events, codes), log.values, np.float32(np.nan))
    return replace(log, values=values)
