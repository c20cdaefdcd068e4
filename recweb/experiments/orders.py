"""Start a run, in one transaction with its job; refuse what cannot work before it starts."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.datasets.models import Dataset, Version
from recweb.experiments import estimates, needs
from recweb.experiments.models import Experiment, Role
from recweb.jobs import orders as jobs
from recweb.lib import numbers
from training import registry

if TYPE_CHECKING:
    from recweb.people.models import User

SPLITS = ("auto", "temporal", "user-temporal", "leave-last", "random", "cold-item", "cold-user")
SEEDS = 2**31


class Refused(ValueError):
    """A field that cannot be, in words that say what may."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def start(
    dataset: Dataset,
    *,
    model: str,
    owner: "User",
    params: dict[str, Any] | None = None,
    split: str = "auto",
    rules: list[dict[str, Any]] | None = None,
    seed: int = 0,
    version: Version | None = None,
    parent: Experiment | None = None,
    labels_from: int | None = None,
    label_pairs: list[list[Any]] | None = None,
    name: str = "",
    role: str = Role.CANDIDATE,
    quota: bool = True,
) -> Experiment:
    pinned = pin(dataset, version)
    meant = dataset.rules if rules is None else rules
    _refuse_unknown_events(pinned, meant)
    checked = check(pinned, model, params or {}, split, seed, needs.data_of(pinned, rules))
    with transaction.atomic():
        experiment = Experiment.objects.create(
            dataset=dataset,
            version=pinned,
            name=name[:120],
            model=model,
            params=checked,
            split=split,
            rules=meant,
            seed=seed,
            parent=parent,
            labels_from=labels_from,
            label_pairs=within(pinned, label_pairs or []),
            role=role,
            owner=owner,
        )
        _order(experiment, owner, quota)
    return experiment


def _order(experiment: Experiment, owner: "User", quota: bool) -> None:
    def title() -> str:
        names = {"model": model_name(experiment.model), "data": experiment.dataset.name}
        if experiment.role == Role.CONTROL:
            return _("Train %(model)s on %(data)s, shuffled") % names
        return _("Train %(model)s on %(data)s") % names

    job = jobs.order(
        "train",
        owner=owner,
        title=title,
        dataset_id=experiment.dataset_id,
        target_id=experiment.pk,
        quota=quota,
    )
    experiment.job_id = job.pk
    experiment.save(update_fields=["job_id"])


def within(version: Version, pairs: list[list[Any]]) -> list[list[Any]]:
    """Labels of users and items that the version has: those of newer ones it cannot learn from.
    Raises Refused when none is left."""
    known = [pair for pair in pairs if pair[0] < version.n_users and pair[1] < version.n_items]
    if pairs and not known:
        words = _(
            "Version %(n)d has none of the users and items of these labels. Train a newer one."
        )
        raise Refused("labels_from", words % {"n": version.number})
    return known


def pin(dataset: Dataset, version: Version | None) -> Version:
    """The version that the run will stand on. Raises Refused."""
    pinned = version or dataset.version
    if pinned is None:
        raise Refused("dataset", _("This dataset has no data yet: import a log first."))
    if pinned.dataset_id != dataset.pk:
        raise Refused("version", _("That version belongs to another dataset."))
    return pinned


def check(
    version: Version,
    model: str,
    params: dict[str, Any],
    split: str,
    seed: int,
    data: needs.Data | None = None,
) -> dict[str, Any]:
    """The parameters with their defaults. Raises Refused naming the field and the mend.

    data: what the version has, for whoever asks about many models."""
    if model not in registry.models():
        known = ", ".join(sorted(registry.models()))
        raise Refused(
            "model",
            _("There is no model “%(model)s”. Known: %(known)s.")
            % {"model": model, "known": known},
        )
    if split not in SPLITS:
        raise Refused(
            "split",
            _("There is no split “%(split)s”. Known: %(known)s.")
            % {"split": split, "known": ", ".join(SPLITS)},
        )
    if not 0 <= seed < SEEDS:
        raise Refused("seed", _("The seed must lie between 0 and %(top)d.") % {"top": SEEDS - 1})
    found = data or needs.data_of(version)
    _refuse_missing(version, model, split, found)
    try:
        checked = registry.check_params(model, params)
    except registry.ParamError as error:
        raise Refused(f"params.{error.field}", wrong(error)) from None
    if lack := needs.unmet(model, checked, split, found):
        raise Refused(f"params.{lack[0]}", lack[1])
    if fault := registry.encoder_fault(checked, get_language() or "en"):
        raise Refused("params.encoder", fault)
    _refuse_too_large(version, model, checked)
    return checked


def wrong(error: registry.ParamError) -> str:
    """What is wrong with a parameter, in the reader's language."""
    facts = {"field": error.field, "given": str(error.given)[:80],
             "choices": ", ".join(map(str, error.choices)) or "–"}  # fmt: skip
    if error.code == "unknown":
        return _("There is no parameter “%(field)s”. Known: %(choices)s.") % facts
    if error.choices:
        return _("%(field)s must be one of %(choices)s, not “%(given)s”.") % facts
    facts |= {"low": f"{error.low:g}", "high": f"{error.high:g}"}
    if error.code == "type":
        words = _("%(field)s must be a number of the right kind from %(low)s to %(high)s, not "
                  "“%(given)s”.")  # fmt: skip
        return words % facts
    return _("%(field)s must lie from %(low)s to %(high)s, not at %(given)s.") % facts


def _refuse_unknown_events(version: Version, rules: list[dict[str, Any]]) -> None:
    """Rules of which none names an event of the log leave nothing to learn from."""
    known = [name for name, n in version.profile.get("events", []) if n]
    asked = list(dict.fromkeys(str(rule["event"]) for rule in rules))
    if known and asked and not set(asked) & set(known):
        words = _("No event of this version is named %(asked)s. It has: %(known)s.")
        listed = {"asked": ", ".join(asked[:5]), "known": ", ".join(known[:20])}
        raise Refused("rules", words % listed)


def _refuse_missing(version: Version, model: str, split: str, data: needs.Data) -> None:
    """What the data lack, before a job is spent on finding out."""
    if version.n_users < 2 or version.n_items < 2:
        raise Refused(
            "dataset",
            _("Training needs at least 2 users and 2 items; this version has %(users)d and "
              "%(items)d.") % {"users": version.n_users, "items": version.n_items},
        )  # fmt: skip
    found = needs.lacking(model, split, data)
    if found is not None:
        raise Refused(*found)


def _refuse_too_large(version: Version, model: str, params: dict[str, Any]) -> None:
    """A training that would be stopped for its memory is not begun."""
    mb, limit = estimates.memory(version, model, params), int(settings.JOB_MEMORY_MB)
    if mb <= limit:
        return
    name = estimates.largest(version, model, params)
    facts = {"name": model_name(model), "mb": numbers.count(mb), "limit": numbers.count(limit),
             "field": name}  # fmt: skip
    if name:
        raise Refused(
            f"params.{name}",
            _("%(name)s would need about %(mb)s MB of memory with this %(field)s, and a training "
              "may take %(limit)s MB. Choose a smaller one.") % facts,
        )  # fmt: skip
    raise Refused(
        "model",
        _("%(name)s would need about %(mb)s MB of memory on this data, and a training may take "
          "%(limit)s MB. Choose a model that grows with the events alone (itemknn, ials), or ask "
          "an admin to raise JOB_MEMORY_MB.") % facts,
    )  # fmt: skip


def model_name(model: str) -> str:
    """In the reader's language."""
    names: dict[str, str] = registry.models().get(model, {}).get("name", {})
    return names.get(get_language() or "en", names.get("en", model))


def archive(experiments: list[Experiment]) -> None:
    from django.db.models.functions import Now

    Experiment.objects.filter(pk__in=[run.pk for run in experiments]).update(archived=Now())


def pin_baseline(experiment: Experiment) -> None:
    """What somebody chose to hold the others against. Raises Refused."""
    if experiment.role != Role.CANDIDATE:
        raise Refused("experiment", _("Only a run of the table can be the baseline. The pinned "
                                      "one stays."))  # fmt: skip
    if not experiment.measured:
        words = _("%(run)s has no figures (%(state)s), so nothing can be held against it. The "
                  "pinned baseline stays.")  # fmt: skip
        facts = {"run": experiment, "state": experiment.get_state_display()}
        raise Refused("experiment", words % facts)
    set_baseline(experiment)


def set_baseline(experiment: Experiment) -> None:
    """One pinned baseline a dataset; one that was just ordered has its figures later."""
    with transaction.atomic():
        mine = Experiment.objects.filter(dataset=experiment.dataset_id, role=Role.CANDIDATE)
        mine.filter(is_baseline=True).update(is_baseline=False)
        mine.filter(pk=experiment.pk).update(is_baseline=True)
