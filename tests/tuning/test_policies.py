"""*Use this weight*, publish with a refit, roll back: by page and by API."""

import re

import numpy as np
import pytest
from django.conf import settings

from recweb.experiments.models import Role
from recweb.lib.numbers import pct, sig3
from recweb.people.models import Audit
from recweb.tuning import orders, releases
from recweb.tuning.models import Policy
from tests.tuning.conftest import Shop
from tests.tuning.planted import work_off
from training.serve import Bundle

FORM = {"name": "Varied", "diversity": "0.3", "lowest": "0.1", "highest": "0.6",
        "comment": "the knee", "shown": "0.3"}  # fmt: skip


def published(shop: Shop, diversity: float = 0.3, **more: float) -> Policy:
    row = releases.draft(shop.run, shop.bob, diversity=diversity, comment="because", **more)
    releases.publish(row, shop.bob)
    job = work_off()
    assert job.state == "done", job.error
    row.refresh_from_db()
    return row


def test_the_form_saves_a_policy_and_orders_its_refit(shop: Shop) -> None:
    page = shop.browser().post(f"/policies/new/?run={shop.run.pk}", FORM)
    row = Policy.objects.get()
    assert page.status_code == 302
    assert page["Location"] == f"/policies/{row.pk}/"
    assert (row.state, row.diversity, row.lowest, row.highest) == ("fitting", 0.3, 0.1, 0.6)
    assert row.owner == shop.bob
    assert row.final is not None
    assert (row.final.role, row.final.parent) == (Role.FINAL, shop.run)


def test_the_form_shows_what_the_weight_means_with_intervals(shop: Shop) -> None:
    metrics, browser = shop.frontier.points["metrics"], shop.browser()
    address = f"/policies/new/?run={shop.run.pk}&diversity=0.3"
    page = browser.get(address).content.decode()
    place = shop.frontier.points["weights"].index(0.3)
    for name, title in (("ndcg@10", "nDCG@10"), ("ild@10", "ILD@10"), ("coverage@10", "Coverage")):
        row = page.split(f'<th scope="row">{title}</th>')[1].split("</tr>")[0]
        show = pct if name == "coverage@10" else sig3
        for at in (0, place):
            assert show(metrics[name]["mean"][at]) in row, name
            for end in ("lo", "hi") if "lo" in metrics[name] else ():
                assert show(metrics[name][end][at]) in row, name
    assert "≈" in browser.get(address.replace("0.3", "0.33")).content.decode()
    broken = browser.post(address, FORM | {"diversity": "nan"}).content.decode()
    assert "What " not in broken.split("<form")[0]


def held(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found is not None, name
    value = re.search(r'value="([^"]*)"', found[0])
    return value[1] if value else ""


def test_another_weight_comes_back_once_with_its_own_figures_and_name(shop: Shop) -> None:
    browser, address = shop.browser(), f"/policies/new/?run={shop.run.pk}"
    first = browser.get(f"{address}&diversity=0.3").content.decode()
    given = {name: held(first, name) for name in ("name", "shown", "lowest", "highest")}
    sent = given | {"comment": "the knee", "diversity": "0.45"}
    silent = browser.post(address, sent | {"comment": ""}).content.decode()
    assert held(silent, "name").endswith(" at 0.45")  # else the next press has the old name
    back = browser.post(address, sent)
    page = back.content.decode()
    assert back.status_code == 422 and not Policy.objects.exists()
    assert "What 0.45 means for all users" in page and "were not shown before" in page
    at = shop.frontier.points["weights"].index(0.45)
    assert sig3(shop.frontier.points["metrics"]["ndcg@10"]["mean"][at]) in page
    assert held(page, "name").endswith(" at 0.45") and "the knee" in page
    again = sent | {name: held(page, name) for name in ("name", "shown")}
    assert browser.post(address, again).status_code == 302
    row = Policy.objects.get()
    assert (row.diversity, row.name) == (0.45, held(page, "name"))


def test_the_part_that_follows_the_weight_keeps_a_name_of_ones_own(shop: Shop) -> None:
    browser, address = shop.browser(), "/policies/new/"
    asked = {"run": shop.run.pk, "diversity": "0.45", "shown": "0.3", "name": f"{shop.run} at 0.3"}
    page = browser.get(address, asked).content.decode()
    assert (held(page, "name"), held(page, "shown")) == (f"{shop.run} at 0.45", "0.45")
    own = browser.get(address, asked | {"name": "Mine at 0.3"}).content.decode()
    assert held(own, "name") == "Mine at 0.3" and "What 0.45 means" in own


@pytest.mark.parametrize("given", ["zz", "nan", "2", ""])
def test_nonsense_in_the_address_is_said(shop: Shop, given: str) -> None:
    asked = {"run": shop.run.pk, "diversity": given}
    page = shop.browser().get("/policies/new/", asked).content.decode()
    assert f"must be a number from 0 to 1, got “{given}”" in page
    assert "means for all users" not in page
    assert (held(page, "diversity"), held(page, "shown")) == ("", "")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("comment", "  ", "Say why"),
        ("diversity", "1.5", "less than or equal to 1"),
        ("diversity", "0.9", "The diversity 0.9 lies outside the bounds 0.1 to 0.6."),
        ("lowest", "0.7", "above the upper"),
    ],
)
def test_the_form_names_what_is_wrong(shop: Shop, field: str, value: str, words: str) -> None:
    page = shop.browser().post(f"/policies/new/?run={shop.run.pk}", FORM | {field: value})
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Policy.objects.exists()


def test_publishing_refits_on_the_whole_log(shop: Shop) -> None:
    row = published(shop)
    assert row.state == "published"
    assert row.published is not None
    bundle = Bundle.load(settings.ARTIFACTS / row.bundle)
    tuned = Bundle.load(settings.ARTIFACTS / shop.run.folder / "model")
    facts = shop.run.split_facts
    everything = facts["n_train"] + facts["n_validation"] + facts["n_test"]
    assert bundle.arrays["fallback_scores"].sum() == everything
    assert tuned.arrays["fallback_scores"].sum() == facts["n_train"]
    assert np.array_equal(bundle.arrays["vectors"], tuned.arrays["vectors"])
    assert row.final is not None
    assert row.final.state == "done"


def test_a_second_policy_retires_the_first_and_rolls_back_to_it(shop: Shop) -> None:
    first, second = published(shop, 0.1), published(shop, 0.6)
    first.refresh_from_db()
    assert (first.state, second.state) == ("retired", "published")
    page = shop.browser().post(f"/policies/{second.pk}/rollback/")
    assert page.status_code == 302
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("published", "retired")
    last = Audit.objects.order_by("-pk").first()
    assert last is not None
    assert (last.action, last.user, last.target) == ("rollback", shop.bob, f"policy {first.pk}")


def test_rolling_back_the_first_policy_is_refused_with_words(shop: Shop) -> None:
    row = published(shop)
    with pytest.raises(orders.Refused, match="no earlier policy"):
        releases.roll_back(row, shop.bob)
    row.refresh_from_db()
    assert row.state == "published"


def test_a_policy_whose_files_are_gone_does_not_come_back(shop: Shop) -> None:
    first, second = published(shop, 0.1), published(shop, 0.6)
    (settings.ARTIFACTS / first.bundle / "manifest.json").unlink()
    with pytest.raises(orders.Refused, match="files of policy 1 are gone"):
        releases.roll_back(second, shop.bob)
    second.refresh_from_db()
    assert second.state == "published"


def test_a_failed_refit_leaves_what_serves(shop: Shop) -> None:
    first = published(shop, 0.1)
    row = releases.draft(shop.run, shop.bob, diversity=0.6, comment="because")
    releases.publish(row, shop.bob)
    assert row.final is not None
    row.final.split = "cold-user"
    row.final.rules = [{"event": "nothing of the kind"}]
    row.final.save()
    job = work_off()
    first.refresh_from_db()
    row.refresh_from_db()
    assert job.state == "failed"
    assert (first.state, row.state, row.final.__class__.objects.get(pk=row.final_id).state) == (
        "published", "failed", "failed")  # fmt: skip
    releases.publish(row, shop.bob)
    assert Policy.objects.get(pk=row.pk).state == "fitting"


def test_publishing_twice_is_refused(shop: Shop) -> None:
    row = published(shop)
    with pytest.raises(orders.Refused, match="serves already"):
        releases.publish(row, shop.bob)


def test_the_api_drafts_publishes_and_rolls_back(shop: Shop) -> None:
    api = shop.api()
    body = {"experiment": shop.run.pk, "diversity": 0.2, "comment": "by API"}
    draft = api.post("policies/", body)
    assert draft.status_code == 201
    assert draft.json()["state"] == "draft"
    number = draft.json()["id"]
    started = api.post(f"policies/{number}/publish/")
    assert (started.status_code, started.json()["job"]["kind"]) == (202, "publish")
    assert api.post(f"policies/{number}/publish/").status_code == 409
    work_off()
    assert api.get(f"policies/{number}/").json()["state"] == "published"
    back = api.post(f"policies/{number}/rollback/")
    assert (back.status_code, back.json()["error"]["code"]) == (409, "conflict")
    listed = api.get("policies/", dataset="shop").json()
    assert [row["id"] for row in listed["results"]] == [number]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"comment": ""}, 422, "comment"),
        ({"diversity": 2}, 400, "diversity"),
        ({"diversity": "nan"}, 400, "diversity"),
        ({"lowest": 0.5}, 422, "diversity"),
        ({"experiment": "x"}, 400, "experiment"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_the_api_names_the_wrong_field(
    shop: Shop, change: dict[str, object], status: int, field: str
) -> None:
    body = {"experiment": shop.run.pk, "diversity": 0.2, "comment": "by API"} | change
    answer = shop.api().post("policies/", body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)


def test_strangers_and_annotators_see_nothing(shop: Shop) -> None:
    row = published(shop)
    for path in (f"/policies/{row.pk}/", f"/policies/new/?run={shop.run.pk}"):
        assert shop.browser(shop.cat).get(path).status_code == 404
        assert shop.browser(shop.dan).get(path).status_code == 403
    for verb in ("publish", "rollback"):
        assert shop.browser(shop.cat).post(f"/policies/{row.pk}/{verb}/").status_code == 404
        assert shop.api(shop.cat).post(f"policies/{row.pk}/{verb}/").status_code == 404
    assert shop.api(shop.cat).get("policies/").json()["count"] == 0


def test_the_list_shows_who_when_why_and_a_call(shop: Shop) -> None:
    published(shop)
    page = shop.browser().get("/policies/").content.decode()
    assert "because" in page
    assert "bob" in page
    assert "/api/v1/recommend/?dataset=shop&amp;user=u0&amp;k=10" in page
