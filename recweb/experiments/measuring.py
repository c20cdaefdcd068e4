"""Per-user arrays of a run: kept, summed up with intervals, and compared user by user."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

from recweb.experiments import artifacts
from recweb.experiments.comparing import SEED
from recweb.experiments.comparison import DRAWN
from recweb.experiments.models import Experiment, Role
from recweb.jobs.models import State
from training import registry
from training.distance import Distance
from training.evaluate import Evaluation, evaluate, held_out
from training.models.contract import quiet
from training.split import Split
from training.stats import bootstrap_table, paired_table
from training.stats import verdict as code_of
from training.store import read, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

HEADLINE = "ndcg@10"
COMPARED = ("ndcg@10", "recall@10", "ild@10", "epc@10")


def save(
    folder: Path, found: Evaluation, split: Split, part: str, exclude: csr_matrix | None
) -> None:
    """What the pages and the frontier read: lists, truth and every metric by user."""
    mask = split.masked(part)
    truth = held_out(getattr(split, part), mask if exclude is None else mask + exclude)
    mine = truth[found.users]
    arrays = {artifacts.array_name(name): values for name, values in found.per_user.items()}
    write(
        folder,
        {
            **arrays,
            "users": found.users,
            "candidates": found.candidates,
            "candidate_scores": found.candidate_scores,
            "truth_indptr": mine.indptr.astype(np.int64),
            "truth_items": mine.indices.astype(np.int32),
            "n_train": np.diff(split.train.indptr)[found.users].astype(np.int32),
        },
        {"overall": found.overall, "n_without": found.n_without, "distance": found.source},
    )


def save_history(folder: Path, split: Split, users: "npt.NDArray[np.integer]") -> None:
    """What the pages give as reasons: the items of users in train and nothing that was held out."""
    history = split.train[users]
    items, values = oldest_first(history, split, users)
    arrays: dict[str, npt.NDArray[Any]] = {
        "users": users.astype(np.int32),
        "history_indptr": history.indptr.astype(np.int64),
        "history_items": items,
        "history_values": values,
    }
    write(folder, arrays, {})


def oldest_first(
    history: csr_matrix, split: Split, users: "npt.NDArray[np.integer]"
) -> "tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]":
    """Items and confidences of each row in the order of time; by code where the log has none."""
    known = history.sorted_indices()
    order = np.arange(known.nnz)
    if split.train_at is not None:
        at = split.train_at[users].sorted_indices()  # the same pairs, so the same places
        order = np.lexsort((at.data, np.repeat(np.arange(len(users)), np.diff(at.indptr))))
    return known.indices[order].astype(np.int32), known.data[order].astype(np.float32)


def summary(found: Evaluation, rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Every metric: mean, 95 % interval over users, n. Measures of all lists have no interval."""
    out = table(found.per_user, rng)
    for name, value in found.overall.items():
        out[name] = {"mean": _number(value), "lo": None, "hi": None, "n": len(found.users)}
    return out


def table(
    per_user: "Mapping[str, npt.NDArray[np.floating]]", rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """{"ndcg@10": (m,)} -> {"ndcg@10": {"mean", "lo", "hi", "n"}}, as JSON takes it."""
    return {
        name: {
            "mean": _number(cell.mean),
            "lo": _number(cell.lo),
            "hi": _number(cell.hi),
            "n": cell.n,
        }
        for name, cell in bootstrap_table(per_user, rng).items()
    }


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if not np.isfinite(value) else round(float(value), 6)


@dataclass(frozen=True)
class Lists:
    """Measured lists. users: (m,) codes; per_user: metric -> (m,)."""

    users: "npt.NDArray[np.integer]"
    per_user: "Mapping[str, npt.NDArray[np.floating]]"


def verdict(
    experiment: Experiment,
    split: Split,
    distance: Distance,
    found: Evaluation,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Against popularity on the same split: code, difference, interval and p by metric."""
    if experiment.model == "pop":
        return {}
    base = popularity(experiment, split, distance, "validation", rng)
    return {"baseline": "pop", **compared(found, base)}


def popularity(
    experiment: Experiment, split: Split, distance: Distance, part: str, rng: np.random.Generator
) -> Evaluation:
    """What every run is held to, on the same users and candidates."""
    model = registry.load_model("pop")().fit(split, rng=rng, progress=quiet)
    exclude = _excluded(experiment, split)
    return evaluate(model.scores, split, part, distance=distance, exclude=exclude)


def bought(
    experiment: Experiment,
    split: Split,
    distance: Distance,
    found: Evaluation,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """What the labels bought: the child against its parent, labelled pairs out of both."""
    parent = experiment.parent
    if parent is None or not experiment.label_pairs or experiment.role == Role.CONTROL:
        return {}
    relevant = [pair for pair in experiment.label_pairs if pair[2] >= 2]
    facts: dict[str, Any] = {
        "n": len(experiment.label_pairs),
        "n_relevant": len(relevant),
        "n_users": len({pair[0] for pair in experiment.label_pairs}),
        "by_arm": dict(Counter(pair[3] for pair in experiment.label_pairs)),
    }
    if parent.state != State.DONE or not parent.folder:
        return facts
    if not _cut_alike(experiment, parent, split):
        return facts | {"apart": True}
    base = evaluate(
        _stored(parent, split.n_items),
        split,
        "validation",
        distance=distance,
        users=found.users,
        exclude=_excluded(experiment, split),
    )
    found_out = compared(found, base)
    return {**found_out, "n_compared": found_out["n"], **facts}


def _cut_alike(experiment: Experiment, parent: Experiment, split: Split) -> bool:
    """Whether the parent was asked for the same held-out items, labels aside: else what it lists
    may be what it never saw, or the child's truth what the parent learnt from."""
    name = parent.split_facts.get("name") or parent.split
    seeds = split.name not in DRAWN or parent.seed == experiment.seed
    mine, its = (experiment.version_id, experiment.rules), (parent.version_id, parent.rules)
    return name == split.name and seeds and mine == its


def _stored(parent: Experiment, n_items: int) -> Any:
    """The parent's scores from its stored candidates: exact for measures of its first places,
    as long as fewer than N - k of a user's candidates carry a label. Not for auc."""
    arrays, _meta = read(artifacts.folder(parent) / "validation", verify=False)
    row_of = {int(user): row for row, user in enumerate(arrays["users"])}

    def scores(users: "npt.NDArray[np.integer]") -> "npt.NDArray[np.float64]":
        out = np.full((len(users), n_items), -np.inf)
        for place, user in enumerate(users):
            row = row_of.get(int(user))
            if row is None:
                continue
            items = arrays["candidates"][row]
            out[place, items[items >= 0]] = arrays["candidate_scores"][row][items >= 0]
        return out

    return scores


def _excluded(experiment: Experiment, split: Split) -> csr_matrix | None:
    from recweb.experiments import data

    return data.labelled(split, experiment.label_pairs)


def compared(found: Evaluation | Lists, base: Evaluation) -> dict[str, Any]:
    """Paired differences on the users that both have, drawn as the compare page draws them: the
    same question has one answer."""
    common, mine, theirs = np.intersect1d(found.users, base.users, return_indices=True)
    out: dict[str, Any] = {"n": len(common), "metrics": {}}
    names = [name for name in COMPARED if name in found.per_user and name in base.per_user]
    firsts = np.column_stack([found.per_user[name][mine] for name in names])
    seconds = np.column_stack([base.per_user[name][theirs] for name in names])
    pairs = paired_table(firsts, seconds, np.random.default_rng(SEED))
    for name, pair, b in zip(names, pairs, seconds.T, strict=True):
        mean = float(np.nanmean(b)) if len(b) and not np.isnan(b).all() else 0.0
        out["metrics"][name] = {
            "code": code_of(pair, mean),
            "baseline_mean": _number(mean),
            "difference": _number(pair.difference),
            "lo": _number(pair.lo),
            "hi": _number(pair.hi),
            "p": _number(pair.p),
            "test": pair.test,
        }
    out["code"] = out["metrics"].get(HEADLINE, {}).get("code", "noise")
    return out
