"""What a run would take: measured where it was, by a rule elsewhere, refused where it cannot be."""

import pytest

from recweb.datasets.models import Dataset, Version
from recweb.experiments import estimates, forms, orders
from recweb.experiments.estimates_fitted import FIT
from recweb.experiments.models import Experiment
from recweb.people.models import User
from tests.experiments.conftest import Login, made
from training import registry

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


def test_what_has_such_a_matrix_for_a_part_is_refused_and_else_not(films: Dataset) -> None:
    version = large(films)
    for model, params in (("blend", {}), ("hybrid", {"base": "ease"})):
        with pytest.raises(orders.Refused, match="would need about"):
            orders.check(version, model, params, "auto", 0)
    for model, params in (("blend", {"first": "itemknn"}), ("hybrid", {})):
        assert orders.check(version, model, params, "auto", 0)


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


def test_every_model_has_its_seconds() -> None:
    assert set(FIT) == set(registry.models())


# processor's seconds of a run after its log is read: MovieLens 100K and the demo by the model's own
# help page, a planted log of a million events, and Amazon Beauty
MEASURED = [
    ("mf_ssm", 100_000, 943, 1_682, 5.0),
    ("mf_ssm", 100_000, 671, 9_066, 12.0),
    ("ials", 80_000, 943, 1_682, 0.6),
    ("pop", 1_000_000, 20_000, 10_000, 4.3),
    ("ials", 1_000_000, 20_000, 10_000, 7.6),
    ("puresvd", 1_000_000, 20_000, 10_000, 5.0),
    ("itemknn", 1_000_000, 20_000, 10_000, 14.7),
    ("itemknn", 198_215, 22_332, 12_086, 17.0),
    ("rp3beta", 1_000_000, 20_000, 10_000, 14.0),
    ("rp3beta", 198_215, 22_332, 12_086, 16.5),
]


@pytest.mark.parametrize(("model", "events", "users", "items", "seconds"), MEASURED)
def test_the_rule_is_within_twice_of_what_was_measured_elsewhere(
    model: str, events: int, users: int, items: int, seconds: float
) -> None:
    version = Version(n_interactions=events, n_users=users, n_items=items)
    told = estimates.rule_seconds(model, version)
    told -= estimates.START + estimates.READ * events / 100_000
    assert seconds / 2 < told < seconds * 2


@pytest.mark.parametrize(
    ("events", "users", "items"),
    [(100_004, 671, 9_066), (198_215, 22_332, 12_086), (92_834, 1_892, 17_632)],
)
def test_the_presets_stand_in_the_order_of_their_time(events: int, users: int, items: int) -> None:
    version = Version(n_interactions=events, n_users=users, n_items=items)
    spent = [
        estimates.rule_seconds(model, version) * longer
        for _key, _name, model, _params, longer in forms.PRESETS
    ]
    assert all(spent[at] <= spent[at + 1] + 1 for at in (0, 1)), spent  # a second is no difference
