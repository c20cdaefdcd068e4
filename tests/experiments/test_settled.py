"""What a candidate found by itself is what the published refit is made with."""

import pytest

from recweb.datasets.models import Dataset
from recweb.experiments import artifacts
from recweb.experiments.models import Experiment
from recweb.experiments.training_run import _settle
from recweb.people.models import User
from tests.experiments.conftest import made
from training import registry
from training.store import write

pytestmark = pytest.mark.django_db


def test_a_setting_taken_from_the_log_stays_in_its_own_unit(films: Dataset, bob: User) -> None:
    """The bundle's own alpha is by raw confidence, the setting by its mean: 4 stars on average."""
    params = registry.check_params("ials", {"factors": 8})
    parent = made(films, bob, "ials", params=params, folder="runs/settled")
    meta = {"form": "factors", "alpha": 2.0, "settled": {"alpha": 8.0, "regularization": 30.0}}
    write(artifacts.folder(parent) / "model", {}, meta)
    final = made(films, bob, "ials", params=dict(params), parent=parent)
    _settle(final)
    kept = Experiment.objects.get(pk=final.pk).params
    assert kept == params | {"alpha": 8.0, "regularization": 30.0}
