"""One training from start to end, in the worker's child process.

1. the split of the pinned version     4. both held-out parts are ranked and measured
2. the model, resumed when interrupted 5. the verdict against the baseline, paired by user
3. its bundle                          6. one fenced update publishes the attempt's folder
"""

import platform
import resource
import shutil
import time
from collections.abc import Callable
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.experiments import artifacts, curves, data, measuring, segments
from recweb.experiments.models import Experiment, Role
from recweb.jobs.models import State
from recweb.jobs.run import Failure, Run
from training import control, registry
from training.bundle import common
from training.distance import Distance, choose
from training.endpoint.settings import REASONS as REFUSALS
from training.endpoint.settings import Unanswered
from training.engine import diverged
from training.evaluate import evaluate
from training.split import CHOSEN, REASONS, Split, SplitError
from training.store import Checkpoint, read, write

PACKAGES = ("numpy", "scipy", "implicit", "torch", "transformers", "polars")
Load = Callable[[Experiment, data.Progress], Split]
SHARES = {"prepare": (0, 15), "fit": (15, 60), "validation": (60, 80), "test": (80, 95)}


def train(run: Run) -> None:
    experiment = Experiment.objects.select_related("dataset", "version").get(pk=run.target_id or 0)
    clock = Clock()
    with run.fenced():
        Experiment.objects.filter(pk=experiment.pk).update(state=State.RUNNING, started=Now())
    split = prepare(run, experiment)
    distance = choose(split.items, split.train)
    model = fit(run, experiment, taught(run, experiment, split))
    bundle(run.folder / "model", model, split, distance)
    exclude = data.labelled(split, experiment.label_pairs)
    # test is measured now and sealed: only Finalise reads that folder
    parts = {}
    for part in ("validation", "test"):
        parts[part] = evaluate(
            model.scores,
            split,
            part,
            distance=distance,
            exclude=exclude,
            progress=step(run, part, part),
        )
        measuring.save(run.folder / part, parts[part], split, part, exclude)
    measuring.save_history(run.folder / "history", split, parts["validation"].users)
    rng = np.random.default_rng(experiment.seed)
    run.progress(96, 100, _("compare with the baseline"), "%")
    measured = split_facts(split, parts["validation"], parts["test"], distance)
    facts = {
        "split_facts": measured | {"notes": notes(run, experiment, split, model)},
        "metrics": {
            "validation": measuring.summary(parts["validation"], rng),
            "segments": segments.summary(parts["validation"], split, exclude, experiment.seed),
        },
        "verdict": measuring.verdict(experiment, split, distance, parts["validation"], rng),
        "labels_facts": measuring.bought(experiment, split, distance, parts["validation"], rng),
    }
    clock.device = getattr(model, "device_", "cpu")  # of those that the engine trains
    publish(run, experiment, facts, clock)


def prepare(run: Run, experiment: Experiment) -> Split:
    split = _read(run, experiment, data.load_split)
    if split.validation.nnz == 0:
        raise Failure(words(REASONS, "empty-part", {"name": split.name, "part": "validation"}))
    run.log(
        f"split {split.name}: {split.train.nnz} train, {split.validation.nnz} validation, "
        f"{split.test.nnz} test positives of {split.n_users} users and {split.n_items} items"
    )
    return split


def taught(run: Run, experiment: Experiment, split: Split) -> Split:
    """What the model gets to see: of a control, events that carry no taste. Measuring and masks
    stay with the true log."""
    if experiment.role != Role.CONTROL:
        return split
    run.log("the control: training events are on items drawn by popularity")
    return control.shuffled(split, np.random.default_rng(experiment.seed))


def _read(run: Run, experiment: Experiment, load: Load) -> Split:
    report = step(run, "prepare", "read the log")
    report(0, 1, "read the log")
    try:
        return load(experiment, report)
    except SplitError as error:
        raise Failure(words(REASONS, error.code, error.details)) from None


def fit(run: Run, experiment: Experiment, split: Split) -> Any:
    made = registry.load_model(experiment.model)(**experiment.params)
    run.log(f"fit {experiment.model} {experiment.params}")
    states = Checkpoint(run.checkpoints)
    try:
        fitted = made.fit(
            split,
            rng=np.random.default_rng(experiment.seed),
            progress=step(run, "fit", "fit"),
            checkpoint=states,
        )
    except diverged.Diverged as error:
        raise Failure(words(diverged.REASONS, error.code, error.details)) from None
    except Unanswered as error:
        raise Failure(words(REFUSALS, error.code, error.details)) from None
    for damage in states.skipped:
        run.log(f"a damaged checkpoint was left out: {damage}")
    keep_curves(run)
    return fitted


def keep_curves(run: Run) -> None:
    """What the training noted goes along with what it publishes."""
    noted = run.checkpoints / curves.NAME
    if noted.is_file():
        run.folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(noted, run.folder / curves.NAME)


def bundle(folder: Path, model: Any, split: Split, distance: Distance) -> None:
    arrays = {**model.serving(), **common(split.train, distance.vectors)}
    meta = {**model.serving_meta(), "distance": distance.source, "n_items": split.n_items}
    write(folder, arrays, meta)


def fit_final(run: Run, experiment: Experiment) -> Path:
    """Raises Failure when the data no longer allow the split."""
    split = _read(run, experiment, data.load_whole)
    _settle(experiment)
    # items decide, not the split: the distance of the published lists is the one that was tuned
    distance = choose(split.items, split.train)
    model = fit(run, experiment, split)
    bundle(run.folder / "model", model, split, distance)
    return run.folder / "model"


def _settle(experiment: Experiment) -> None:
    """What the candidate chose on validation stays chosen: there is none left to choose on."""
    parent = experiment.parent
    if parent is None or not parent.folder:
        return
    _arrays, meta = read(artifacts.folder(parent) / "model", verify=False)
    meta = meta | meta.get("settled", {})
    for name, value in experiment.params.items():
        if value is None and name in meta:
            experiment.params[name] = meta[name]
    experiment.save(update_fields=["params"])


def step(run: Run, part: str, text: str) -> data.Progress:
    """Progress of one part of the whole bar."""
    low, high = SHARES[part]

    def report(done: int, total: int, words: str) -> None:
        share = low + (high - low) * done / max(total, 1)
        run.progress(share, 100, ": ".join(dict.fromkeys((text, words))), "%")

    return report


def notes(run: Run, experiment: Experiment, split: Split, model: Any) -> list[dict[str, str]]:
    """What the run found out that no figure says, by language: how its texts were read, what of
    the model is in use."""
    assert split.items is not None
    found = data.reader_notes(experiment, split.items)
    found += getattr(model, "notes", list)()  # of the few models that have something to say
    for each in found:
        run.log(each["en"])
    return found


def split_facts(split: Split, validation: Any, test: Any, distance: Distance) -> dict[str, Any]:
    return {
        "name": split.name,
        "leak": split.leak,
        "because": split.chosen_because,
        "n_users": split.n_users,
        "n_items": split.n_items,
        "n_train": int(split.train.nnz),
        "n_validation": int(split.validation.nnz),
        "n_test": int(split.test.nnz),
        "n_evaluated": len(validation.users),
        "n_without": validation.n_without,
        "n_test_users": len(test.users),
        "distance": distance.source,
    }


def publish(run: Run, experiment: Experiment, facts: dict[str, Any], clock: "Clock") -> None:
    folder = run.folder.relative_to(settings.ARTIFACTS)
    with run.fenced():
        Experiment.objects.filter(pk=experiment.pk).update(
            state=State.DONE,
            finished=Now(),
            folder=str(folder),
            resources=clock.spent(run.folder),
            config=config(experiment),
            **facts,
        )
    run.log("published")


def config(experiment: Experiment) -> dict[str, Any]:
    return {
        "fingerprint": experiment.version.fingerprint,
        "code_version": settings.VERSION,
        "python": platform.python_version(),
        "packages": {name: package_version(name) for name in PACKAGES},
    }


def words(table: dict[str, tuple[str, str]], code: str, details: dict[str, Any]) -> str:
    """The sentence of a code in the language of the job's owner (English when unknown)."""
    from django.utils.translation import get_language

    return table[code][(get_language() or "en").startswith("zh")].format(**details)


def because(code: str, language: str) -> str:
    """Why auto did not take one cut in time."""
    return CHOSEN[code][language.startswith("zh")] if code in CHOSEN else ""


class Clock:
    """What the run cost."""

    def __init__(self) -> None:
        self.wall = time.monotonic()
        self.device = "cpu"

    def spent(self, folder: Path) -> dict[str, Any]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return {
            "wall_seconds": round(time.monotonic() - self.wall, 2),
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
            "peak_mb": used.ru_maxrss // 1024,
            "size_bytes": size,
            "device": self.device,
        }
