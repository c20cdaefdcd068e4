"""Settings that the data or the split cannot bear are refused with their name, before a job."""

import pytest

from recweb.datasets.models import Dataset
from recweb.experiments import needs, orders
from recweb.jobs.models import Job
from recweb.people.models import User
from training import registry

BARE = needs.Data(timed=False, values=True, rated=True, text=False, topics=False)
RICH = needs.Data(
    timed=True, values=True, rated=True, text=True, topics=True, graph=True, triples=True
)


@pytest.mark.parametrize(
    ("model", "params", "field", "words"),
    [
        ("ease", {"recency": 0.5}, "recency", "the log has no times"),
        ("itemknn", {"recency": 0.9}, "recency", "the log has no times"),
        ("blend", {"second": "markov"}, "second", "needs times"),
        ("feature_mf", {"text": True}, "text", "no item file"),
        ("head_tail", {"text": True}, "text", "no item file"),
        ("mf_diverse", {"distance": "text"}, "distance", "no item file"),
        ("mf_diverse", {"distance": "categories"}, "distance", "categories of items"),
        ("kg_cf", {"source": "both"}, "source", "triples"),
        ("kg_cf", {"source": "catalogue"}, "source", "categories of items"),
    ],
)
def test_what_the_data_lack(model: str, params: dict[str, object], field: str, words: str) -> None:
    checked = registry.check_params(model, params)
    found = needs.unmet(model, checked, "random", BARE)
    assert found is not None and found[0] == field and words in found[1]
    assert needs.unmet(model, checked, "temporal", RICH) is None


def test_usual_settings_ask_for_nothing() -> None:
    for model, spec in registry.models().items():
        if not spec["needs"]:
            assert needs.unmet(model, registry.check_params(model, {}), "random", BARE) is None


BEFORE: list[tuple[str, dict[str, object], str, str]] = [
    ("blend", {"third": "markov"}, "third", "Choose temporal, user-temporal, leave-last"),
    ("blend", {"second": "ease"}, "second", "EASE stands here twice"),
    ("blend", {"third": "ease"}, "third", "EASE stands here twice"),
    ("kg_cf", {"source": "triples"}, "source", "none were uploaded"),
    ("multi_view", {"behaviour": False, "catalogue": False}, "behaviour", "at least one view"),
    ("ease", {"l2": 0}, "l2", "l2 must lie from 1 to 1e+07, not at 0."),
    ("itemknn", {"k": "many"}, "k", "a number of the right kind from 1 to 2000"),
    ("ease", {"solver": "magic"}, "solver", "one of auto, primal, dual, not “magic”"),
    ("ease", {"depth": 1}, "depth", "Known: l2, recency, solver"),
]


@pytest.mark.django_db
def test_a_run_is_refused_before_its_job(films: Dataset, bob: User) -> None:
    films.refresh_from_db()
    for model, params, field, words in BEFORE:
        with pytest.raises(orders.Refused) as refused:
            orders.start(films, model=model, owner=bob, params=params, split="random")
        assert refused.value.field == f"params.{field}", (model, params)
        assert words in refused.value.message
    assert not Job.objects.filter(kind="train").exists()
