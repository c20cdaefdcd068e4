"""From a pinned version to what a model trains on. For the worker: training is imported inside."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from recweb.datasets import exports
from recweb.datasets.models import Version
from recweb.experiments.models import Experiment

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from training.features import Positives
    from training.log import Items
    from training.split import Split

Progress = Callable[[int, int, str], None]
POSITIVE, CONFIDENCE = 2, 1.0  # a label from 2 on trains, with confidence 1 + value (api.md)


def load_split(experiment: Experiment, progress: Progress) -> "Split":
    """The split of the run, its items with text vectors when the model reads text, and its
    labels in train. Raises training.split.SplitError when the data allow no such split."""
    from training.split import split

    liked, items = _load(experiment, progress)
    parts = split(liked, experiment.split, seed=experiment.seed, items=items)
    return with_labels(parts, experiment.label_pairs)


def load_whole(experiment: Experiment, progress: Progress) -> "Split":
    """Everything in train, labels too: what a published model is fitted on."""
    from training.split import everything

    liked, items = _load(experiment, progress)
    return with_labels(everything(liked, items), experiment.label_pairs)


def _load(experiment: Experiment, progress: Progress) -> "tuple[Positives, Items]":
    from training.features import Rule, positives
    from training.log import load_log

    log = load_log(exports.version_folder(experiment.version) / "log")
    rules = experiment.rules or [{"event": name} for name in log.event_names]
    encoder = str(experiment.params.get("encoder", "auto"))
    items = load_items(
        experiment.version, text=reads_text(experiment), progress=progress, encoder=encoder
    )
    return positives(log, [Rule(**rule) for rule in rules]), items


def load_items(
    version: Version, *, text: bool, progress: Progress, encoder: str = "auto"
) -> "Items":
    """Raises training.encoders.folders.Refused when an admin's encoder is not to be read."""
    from training.log import load_items as load

    items = load(exports.version_folder(version) / "items")
    if not text:
        return items
    from training.encoders import pick

    cache = Path(settings.ARTIFACTS) / "vectors"
    vectors, _chosen = pick.encode(encoder, items.texts, progress=progress, cache=cache)
    return replace(items, vectors=vectors)


def reader_notes(experiment: Experiment, items: "Items") -> list[dict[str, str]]:
    """What the analyst should know of how the texts were read, in each language."""
    if not reads_text(experiment):
        return []
    from training.encoders import pick

    chosen = pick.choose(str(experiment.params.get("encoder", "auto")), items.texts)
    return [{name: chosen.said(name) for name in ("en", "zh-hans")}] if chosen.note else []


def reads_text(experiment: Experiment) -> bool:
    from training import registry

    return registry.reads_text(experiment.model, experiment.params)


def with_labels(parts: "Split", pairs: list[list[Any]]) -> "Split":
    """Relevant labels join train; held-out parts stay as they are."""
    chosen = [pair for pair in pairs if pair[2] >= POSITIVE]
    if not chosen:
        return parts
    labels = _matrix(chosen, [CONFIDENCE + pair[2] for pair in chosen], parts).astype("float32")
    at = parts.train_at
    if at is not None:
        # what somebody says now counts as the newest; from 1 on, because `maximum` takes what is
        # not there for 0, and the places of a log without times lie below it
        low, at = float(at.data.min()) - 1.0, at.copy()
        at.data -= low
        newest = [float(at.data.max())] * len(chosen)
        at = at.maximum(_matrix(chosen, newest, parts)).tocsr()
        at.data += low
    return replace(parts, train=parts.train.maximum(labels).tocsr(), train_at=at)


def labelled(parts: "Split", pairs: list[list[Any]]) -> "csr_matrix | None":
    """Every labelled pair, whatever its value: out of the candidates of parent and child alike."""
    return _matrix(pairs, [1.0] * len(pairs), parts) if pairs else None


def _matrix(pairs: list[list[Any]], values: list[float], parts: "Split") -> "csr_matrix":
    import numpy as np
    from scipy.sparse import csr_matrix

    users = np.array([pair[0] for pair in pairs], np.int64)
    items = np.array([pair[1] for pair in pairs], np.int64)
    data = np.array(values, np.float64)
    made = csr_matrix((data, (users, items)), shape=(parts.n_users, parts.n_items))
    made.data = np.minimum(made.data, data.max())  # a pair named twice is one pair
    return made
