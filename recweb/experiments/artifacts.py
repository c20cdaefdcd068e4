"""Where a run's arrays lie, and how a metric's name becomes a file's name. No training here."""

from pathlib import Path

from django.conf import settings

from recweb.experiments.models import Experiment


def folder(experiment: Experiment) -> Path:
    return Path(settings.ARTIFACTS) / experiment.folder


def array_name(metric: str) -> str:
    """ndcg@10 -> ndcg-10: array names are file names."""
    return metric.replace("@", "-")


def metric_name(array: str) -> str:
    head, _dash, k = array.rpartition("-")
    return f"{head}@{k}" if head and k.isdigit() else array
