"""/tradeoff/: its four states, its data block, and the one request that it may make."""

import json
import re
from typing import Any

import numpy as np
import pytest
from django.conf import settings

from recweb.datasets.models import Dataset, Member
from recweb.experiments import data
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job
from recweb.tuning import lists as listing
from recweb.tuning.models import Frontier
from recweb.tuning.shelf import shelf
from tests.tuning import planted
from tests.tuning.conftest import Shop


def block(page: Any) -> dict[str, Any]:
    found = re.search(r'id="tradeoff-data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    facts: dict[str, Any] = json.loads(found.group(1))
    return facts


def opened(shop: Shop, **query: Any) -> str:
    page = shop.browser().get("/tradeoff/", {"run": shop.run.pk} | query)
    assert page.status_code == 200
    return page.content.decode()


def test_the_page_carries_the_whole_grid(shop: Shop) -> None:
    facts = block(opened(shop))
    assert len(facts["grid"]) == 21
    assert [one["kind"] for one in facts["people"]] == ["new", "narrow", "heavy"]
    for one in facts["people"]:
        assert len(one["lists"]) == 21
        assert one["lists"][0] == one["first"]
        named = {code for listed in one["lists"] for code in listed}
        assert {str(code) for code in named} <= set(one["items"])


def test_the_list_at_03_is_the_apis(shop: Shop) -> None:
    facts = block(opened(shop, diversity=0.3))
    at = facts["grid"].index(0.3)
    for one in facts["people"]:
        answer = (
            shop.api()
            .get(f"experiments/{shop.run.pk}/lists/", user=one["id"], diversity=0.3)
            .json()
        )
        listed = [one["items"][str(code)]["id"] for code in one["lists"][at]]
        assert listed == [row["item"] for row in answer["items"]]
        assert answer["ild"] == pytest.approx(one["ild"][at + 1], abs=1e-4)


def test_the_list_is_the_frontiers(shop: Shop) -> None:
    from training import store

    arrays, _meta = store.read(settings.ARTIFACTS / shop.frontier.folder)
    facts = block(opened(shop, users=["u3", "u14"]))
    for one in facts["people"]:
        row = arrays["users"].tolist().index(one["code"])
        for at, listed in enumerate(one["lists"]):
            assert listed == [code for code in arrays["lists"][at, row].tolist() if code >= 0]
            ild = float(arrays["ild-10"][row, at])
            assert one["ild"][at + 1] == pytest.approx(ild, abs=2e-4)


def test_it_reads_without_scripts(shop: Shop) -> None:
    page = opened(shop, diversity=0)
    assert page.count('class="rank num"') == 30
    assert "0 of 10 new" in page
    assert "The figures as a table" in page
    assert re.search(r"nDCG@10 <strong>0\.\d+", page)


def test_the_figures_stand_on_what_is_named(shop: Shop) -> None:
    page = opened(shop)
    for words in ("validation", "user-temporal", "distance: categories", "leak", "Test is sealed"):
        assert words in page
    assert str(shop.frontier.points["n"]) in page


def test_the_suggestion_says_why(shop: Shop) -> None:
    page, points = opened(shop), shop.frontier.points
    said = re.search(r'id="why-knee">(.*?)</p>', page)
    assert said is not None
    ends = [f"{points[name]:.2f}" for name in ("knee", "knee_lo", "knee_hi")]
    assert all(end in said[1] for end in ends) and "ILD@10" in said[1]
    Frontier.objects.update(points=points | {"knee": None})
    assert "why-knee" not in opened(shop).replace('aria-describedby="why-knee"', "")


def test_an_address_opens_the_same_view(shop: Shop) -> None:
    facts = block(opened(shop, diversity="0.335", users=["u5", "u5", "ghost"], a="0.1"))
    assert facts["weight"] == 0.335
    assert 0.335 in facts["grid"]
    assert [one["id"] for one in facts["people"]] == ["u5"]
    assert facts["pins"] == {"a": 0.1, "b": None}
    assert "There is no user “ghost”" in opened(shop, users=["ghost"])


def test_a_cut_address_still_opens(shop: Shop) -> None:
    assert block(opened(shop, diversity="0,3"))["weight"] == shop.frontier.points["knee"]


def test_it_fits_the_budgets(shop: Shop, django_assert_max_num_queries: Any) -> None:
    planted.tune(planted.train(shop.dataset, shop.bob, "pop"), shop.bob)
    browser = shop.browser()
    query = {"run": shop.run.pk, "users": [f"u{n}" for n in range(6)]}
    browser.get("/tradeoff/", query)
    with django_assert_max_num_queries(15):
        page = browser.get("/tradeoff/", query)
    assert len(page.content) <= 150_000


def test_without_a_run_the_best_one_is_shown(shop: Shop) -> None:
    planted.tune(planted.train(shop.dataset, shop.bob, "random"), shop.bob)
    page = shop.browser().get("/tradeoff/").content.decode()
    assert block(page)["run"] == shop.run.pk
    assert "random" in page  # faint, behind it


def test_without_any_run_it_says_what_to_do(shop: Shop) -> None:
    Frontier.objects.all().delete()
    Experiment.objects.all().delete()
    page = shop.browser().get("/tradeoff/").content.decode()
    assert "No run is done yet" in page
    assert "/experiments/new/" in page


def test_without_a_frontier_one_click_orders_it(shop: Shop) -> None:
    run = planted.train(shop.dataset, shop.bob, "pop")
    browser = shop.browser()
    assert "has no trade-off yet" in browser.get("/tradeoff/", {"run": run.pk}).content.decode()
    back = browser.post(f"/experiments/{run.pk}/frontier/")
    assert back["Location"] == f"/tradeoff/?run={run.pk}"
    assert "re-ranked at 21 weights" in browser.get(back["Location"]).content.decode()
    planted.work_off()
    assert "tradeoff-data" in browser.get(back["Location"]).content.decode()


def test_a_failed_frontier_says_why(shop: Shop) -> None:
    run = planted.train(shop.dataset, shop.bob, "pop")
    (settings.ARTIFACTS / run.folder / "validation" / "users.npy").unlink()
    browser = shop.browser()
    browser.post(f"/experiments/{run.pk}/frontier/")
    assert planted.work_off().state == "failed"
    page = browser.get("/tradeoff/", {"run": run.pk}).content.decode()
    assert "users" in page
    assert "Work out the trade-off" in page


def test_lost_files_leave_the_curve_and_say_so(shop: Shop) -> None:
    Experiment.objects.filter(pk=shop.run.pk).update(folder="gone/attempt-1")
    page = opened(shop)
    assert "The files of this run cannot be read" in page
    assert block(page)["people"] == []


# ---- the one request ---------------------------------------------------------------------------
def lists(shop: Shop, **query: Any) -> Any:
    return shop.browser().get("/tradeoff/lists/", {"run": shop.run.pk} | query)


def test_a_weight_between_the_points_comes_exactly(shop: Shop) -> None:
    answer = lists(shop, diversity="0.333", users=["u3", "u4"]).json()
    assert answer["weights"] == [0.333]
    for one in answer["people"]:
        api = (
            shop.api()
            .get(f"experiments/{shop.run.pk}/lists/", user=one["id"], diversity=0.333)
            .json()
        )
        listed = [one["items"][str(code)]["id"] for code in one["lists"][0]]
        assert listed == [row["item"] for row in api["items"]]


def test_a_person_is_added_by_id_or_by_chance(shop: Shop) -> None:
    one = lists(shop, users="u9").json()["people"][0]
    assert (one["id"], len(one["lists"])) == ("u9", 21)
    chance = lists(shop, random="1", users="u9").json()["people"][0]
    assert chance["id"] != "u9"


def test_an_unknown_person_is_named(shop: Shop) -> None:
    answer = lists(shop, users="ghost")
    assert answer.status_code == 404
    assert "ghost" in answer.json()["error"]["message"]


def test_somebody_without_held_out_items_gets_a_list_from_the_log(shop: Shop) -> None:
    """A new file brings a user whom the run never saw."""
    import io

    from recweb.datasets import imports

    text = "userId,itemId,rating,timestamp\nfresh,i0,5,1500000000\nfresh,i5,5,1500000060\n"
    given = io.BytesIO(text.encode())
    imports.start_import(
        shop.dataset, "interactions", given, "new.csv", shop.ann, rules=planted.RULES
    )
    planted.work_off("import")
    one = lists(shop, users="fresh").json()["people"][0]
    assert (one["held_out"], one["n"], one["fallback"]) == (False, 2, False)
    titles = {one["items"][str(code)]["id"] for code in one["lists"][0]}
    assert not titles & {"i0", "i5"}


# ---- finalise ----------------------------------------------------------------------------------
def test_finalise_opens_test_once_and_writes_down_who(shop: Shop) -> None:
    browser = shop.browser()
    back = browser.post(f"/experiments/{shop.run.pk}/finalise/", {"diversity": "0.3"})
    assert back.status_code == 302
    again = browser.post(f"/experiments/{shop.run.pk}/finalise/", {"diversity": "0.4"}, follow=True)
    assert "being finalised at this moment" in again.content.decode()
    job = planted.work_off()
    assert job.state == "done", job.error
    shop.run.refresh_from_db()
    assert (shop.run.finalised_by, shop.run.finalised_weight) == (shop.bob, 0.3)
    assert 0 < shop.run.metrics["test"]["ndcg@10"]["mean"] < 1
    row = Frontier.objects.get(pk=shop.frontier.pk)
    assert row.test_points["weights"] == [0.0, 0.3]
    own = shop.run.metrics["test"]["ndcg@10"]["mean"]
    assert row.test_points["metrics"]["ndcg@10"]["mean"][0] == pytest.approx(own, abs=2e-6)
    first, chosen = row.test_points["verdicts"]  # popularity, by an independent way
    base = popular_on_test(shop.run)
    cell = first["metrics"]["ndcg@10"]
    assert cell["baseline_mean"] == pytest.approx(base, abs=2e-6)
    assert cell["difference"] == pytest.approx(own - base, abs=4e-6)
    assert chosen["metrics"]["ild@10"]["difference"] > first["metrics"]["ild@10"]["difference"]
    refused = browser.post(
        f"/experiments/{shop.run.pk}/finalise/", {"diversity": "0.5"}, follow=True
    )
    assert "finalised already" in refused.content.decode()
    assert Job.objects.filter(kind="finalise").count() == 1
    page = opened(shop)
    assert "Test, opened once" in page
    assert "On test, diversity 0.00:" in page and "On test, diversity 0.30:" in page


def popular_on_test(run: Experiment) -> float:
    """nDCG@10 of the most used items of train that are new to the user, by a plain loop."""
    split = data.load_split(run, lambda *_: None)
    fame = np.asarray((split.train > 0).sum(axis=0)).ravel()
    values = []
    for user in range(split.n_users):
        seen = set(split.train[user].indices) | set(split.validation[user].indices)
        truth = set(split.test[user].indices) - seen
        if truth:
            ranked = [
                item for item in np.lexsort((np.arange(len(fame)), -fame)) if item not in seen
            ]
            gain = sum(1 / np.log2(r + 2) for r, item in enumerate(ranked[:10]) if item in truth)
            values.append(gain / sum(1 / np.log2(r + 2) for r in range(min(10, len(truth)))))
    return float(np.mean(values))


def test_finalise_by_api(shop: Shop) -> None:
    api = shop.api()
    wrong = api.post(f"experiments/{shop.run.pk}/finalise/", {"diversity": 3})
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "diversity")
    assert api.post(f"experiments/{shop.run.pk}/finalise/", {"diversity": 0.3}).status_code == 202
    planted.work_off()
    assert api.post(f"experiments/{shop.run.pk}/finalise/", {"diversity": 0.3}).status_code == 409
    opened = api.get(f"experiments/{shop.run.pk}/frontier/").json()["test"]
    assert [point["diversity"] for point in opened["points"]] == [0.0, 0.3]
    shop.run.refresh_from_db()
    mean = shop.run.metrics["test"]["ndcg@10"]["mean"]
    assert opened["points"][0]["ndcg@10"]["mean"] == pytest.approx(mean, abs=2e-6)


# ---- who ---------------------------------------------------------------------------------------
def test_strangers_find_nothing_and_annotators_may_not(shop: Shop) -> None:
    paths = [f"/tradeoff/?run={shop.run.pk}", f"/tradeoff/lists/?run={shop.run.pk}&users=u1"]
    for path in paths:
        assert shop.browser(shop.cat).get(path).status_code == 404
        assert shop.browser(shop.dan).get(path).status_code == 403
    for verb in ("frontier", "finalise"):
        path = f"experiments/{shop.run.pk}/{verb}/"
        assert shop.browser(shop.cat).post("/" + path).status_code == 404
        assert shop.api(shop.cat).post(path).status_code == 404
    assert shop.browser(shop.cat).get("/lists/users/shop/u1/").status_code == 404


# ---- a user's page -----------------------------------------------------------------------------
def test_the_models_lists_stand_side_by_side_with_why(
    shop: Shop, django_assert_max_num_queries: Any
) -> None:
    planted.train(shop.dataset, shop.bob, "pop")
    browser = shop.browser()
    browser.get("/lists/users/shop/u5/")
    with django_assert_max_num_queries(15):
        page = browser.get("/lists/users/shop/u5/").content.decode()
    assert "EASE" in page
    assert "because of" in page
    assert page.count("<details>") == 20


def test_nothing_that_was_held_out_is_a_reason_before_any_tradeoff_is_ordered(shop: Shop) -> None:
    run = planted.train(shop.dataset, shop.bob, "itemknn")
    assert not Frontier.objects.filter(experiment=run).exists()
    found = shelf(run)
    for user in found.validation["users"].tolist():
        taste = found.taste(shop.dataset.pk, user)
        assert len(taste.history) and taste.truth
        assert not taste.truth & set(taste.history.tolist())
        listed = listing.lists(found, taste, [0.0]).items[0]
        for item, behind in listing.reasons(found, taste, listed).items():
            assert item not in {source for source, _share, _kind in behind}


def test_a_strange_user_or_dataset_is_404(shop: Shop) -> None:
    Member.objects.filter(user=shop.dan).delete()
    assert shop.browser().get("/lists/users/shop/ghost/").status_code == 404
    Dataset.objects.create(slug="other", name="Other", owner=shop.ann)
    assert shop.browser().get("/lists/users/other/u1/").status_code == 404
