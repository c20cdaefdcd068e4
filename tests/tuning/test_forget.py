"""ABU-10: what was fitted with an erased user is served no more; runs say that they are stale."""

from html import unescape
from typing import Any

from django.conf import settings

from recweb.datasets.models import Interaction, Person
from recweb.experiments.models import Experiment
from recweb.tuning.models import Policy
from tests.tuning.conftest import Shop
from tests.tuning.planted import work_off
from tests.tuning.test_policies import published
from training.serve import Bundle


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
    everything_says_why(shop, policy)
    assert api.get(f"experiments/{shop.run.pk}/").json()["stale"] is True
    for path in (f"/experiments/{shop.run.pk}/", "/experiments/"):
        assert "stale" in shop.browser().get(path).content.decode()
    shop.run.refresh_from_db()
    assert shop.run.label_pairs == [other]
    it_is_published_again_without_the_user(shop, policy, user)


def everything_says_why(shop: Shop, policy: Policy) -> None:
    words = f"“{policy.name}” was retired because a user was erased"
    answer = shop.api(shop.ann).get("recommend/", dataset=shop.dataset.slug, user="u9")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "no_policy")
    assert words in error["message"] and "Publish it again" in error["message"]
    again = f'action="/policies/{policy.pk}/publish/"'
    for path in ("/policies/", f"/policies/{policy.pk}/"):
        page = unescape(shop.browser().get(path).content.decode())
        assert words in page and again in page, path
    home = unescape(shop.browser().get("/").content.decode())
    assert words in home and f'href="/policies/{policy.pk}/"' in home
    assert words not in unescape(shop.browser(shop.dan).get("/").content.decode())


def it_is_published_again_without_the_user(shop: Shop, policy: Policy, user: Person) -> None:
    before, browser = policy.final, shop.browser()
    assert before is not None
    assert browser.post(f"/policies/{policy.pk}/publish/").status_code == 302
    Policy.objects.filter(pk=policy.pk).update(state="failed")  # as a refit that could not be
    everything_says_why(shop, policy)
    Policy.objects.filter(pk=policy.pk).update(state="fitting")
    coming = shop.api(shop.ann).get("recommend/", dataset=shop.dataset.slug, user="u9").json()
    assert "being refitted" in coming["error"]["message"]
    job = work_off()
    assert job.state == "done", job.error
    policy.refresh_from_db()
    assert policy.state == "published"
    assert policy.final is not None and policy.final.pk != before.pk
    assert not policy.final.stale and policy.final.version.number > before.version.number
    bundle = Bundle.load(settings.ARTIFACTS / policy.bundle)
    left = Interaction.objects.filter(dataset_id=shop.dataset.pk).exclude(user_code=user.code)
    assert bundle.arrays["fallback_scores"].sum() == left.count()
    assert "was retired because" not in browser.get("/policies/").content.decode()
    asked = {"dataset": shop.dataset.slug, "user": "u9"}
    assert shop.api(shop.ann).get("recommend/", **asked).status_code == 200
