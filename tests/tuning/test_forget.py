"""ABU-10: what was fitted with an erased user is served no more; runs say that they are stale."""

from typing import Any

from django.conf import settings

from recweb.datasets.models import Person
from recweb.experiments.models import Experiment
from tests.tuning.conftest import Shop
from tests.tuning.planted import work_off
from tests.tuning.test_policies import published


def test_abu_10_a_published_model_retires_until_it_is_published_again(
    shop: Shop, django_capture_on_commit_callbacks: Any
) -> None:
    policy = published(shop)
    user = Person.objects.filter(dataset=shop.dataset, n_events__gt=0).earliest("code")
    api = shop.api(shop.ann)
    asked = {"dataset": shop.dataset.slug, "user": user.outside_id}
    assert api.get("recommend/", **asked).status_code == 200
    bundle = settings.ARTIFACTS / policy.bundle
    mine, other = [user.code, 1, 3, "chosen"], [user.code + 1, 1, 3, "chosen"]
    Experiment.objects.filter(pk=shop.run.pk).update(label_pairs=[mine, other])
    given = {"user": user.outside_id, "confirm": user.outside_id}
    answer = api.post(f"datasets/{shop.dataset.slug}/erase/", given)
    assert answer.status_code == 202
    assert bundle.exists()
    with django_capture_on_commit_callbacks(execute=True):
        job = work_off("quick")
    assert job.state == "done", job.error
    policy.refresh_from_db()
    assert (policy.state, policy.bundle, policy.can_return) == ("retired", "", False)
    assert not bundle.exists()
    assert api.get("recommend/", **asked).status_code == 409
    assert api.get(f"experiments/{shop.run.pk}/").json()["stale"] is True
    for path in (f"/experiments/{shop.run.pk}/", "/experiments/"):
        assert "stale" in shop.browser().get(path).content.decode()
    shop.run.refresh_from_db()
    assert shop.run.label_pairs == [other]
