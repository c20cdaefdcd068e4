"""What a run would take: measured where it was, by a rule elsewhere, refused where it cannot be."""

import pytest

from recweb.datasets.models import Dataset, Version
from recweb.experiments import estimates, orders
from recweb.experiments.models import Experiment
from recweb.people.models import User
from tests.experiments.conftest import Login, made

pytestmark = pytest.mark.django_db


def large(dataset: Dataset, **more: int) -> Version:
    """The same version, as if it had that many users and items."""
    version = dataset.version
    assert version is not None
    sizes = {"n_users": 60_000, "n_items": 60_000, **more}
    Version.objects.filter(pk=version.pk).update(**sizes)
    version.refresh_from_db()
    return version


def test_a_matrix_that_does_not_fit_is_refused_before_the_job(
    films: Dataset, bob: User, login: Login
) -> None:
    large(films)
    body = {"dataset": "shop", "model": "ease"}
    answer = login(bob).post("/api/v1/experiments/", body, content_type="application/json")
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, "model")
    assert "EASE would need about" in error["message"] and "12\u202f000 MB" in error["message"]
    assert not Experiment.objects.exists()


def test_long_vectors_that_do_not_fit_name_their_field(
    films: Dataset, bob: User, login: Login
) -> None:
    version = large(films, n_users=900_000)
    form = {"dataset": "shop", "model": "ials", "split": "auto", "seed": "0", "ials.factors": 1024}
    answer = login(bob).post("/experiments/new/", form)
    page = answer.content.decode()
    assert answer.status_code == 422 and 'id="id_ials.factors_error"' in page
    assert "Choose a smaller one" in page
    assert orders.check(version, "ials", {"factors": 16}, "auto", 0)["factors"] == 16


def test_what_was_measured_to_fit_is_not_refused(films: Dataset, bob: User) -> None:
    version = large(films)
    params = {"l2": 300.0, "recency": 1.0, "solver": "auto"}
    with pytest.raises(orders.Refused):
        orders.check(version, "ease", params, "auto", 0)
    made(films, bob, "ease", params=params, resources={"wall_seconds": 900, "peak_mb": 9000})
    assert orders.check(version, "ease", params, "auto", 0) == params


def test_seconds_are_whole(films: Dataset, bob: User, login: Login) -> None:
    made(films, bob, "ease", resources={"wall_seconds": 6.61, "peak_mb": 300})
    assert films.version is not None
    assert estimates.by_model(films.version)["ease"].seconds == 8
    page = login(bob).get("/experiments/new/").content.decode()
    assert "about 8 s, 300 MB" in page and "8.00 s" not in page
