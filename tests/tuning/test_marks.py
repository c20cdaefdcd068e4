"""Good, bad and odd on a user's page: answers of one queue, and samples for the annotators."""

import re
import shutil
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from recweb.datasets.models import Item, Person
from recweb.experiments import artifacts
from recweb.experiments.models import Experiment
from recweb.labeling import (
    answers,
    claims,
    gold,
    mark_views,
    marks,
    orders,
    shadows,
    snapshot,
    tallies,
)
from recweb.labeling.forget import forget
from recweb.labeling.models import Arm, Label, Queue, Sample
from tests.tuning.conftest import Shop
from training import store

ADDRESS = "/label/marks/shop/u1/"


def listed(browser: Client, shown: str = "u1") -> list[str]:
    """Outside ids of the list's items that the log says nothing of."""
    page = browser.get(f"/lists/users/shop/{shown}/").content.decode()
    said = browser.get(f"/users/shop/{shown}/").content.decode()
    found = re.findall(r'name="item" value="([^"]+)"', page)
    return [item for item in found if f"/items/shop/{item}/" not in said]


def press(shop: Shop, browser: Client, item: str, mark: str, **more: Any) -> Any:
    sent = {"run": shop.run.pk, "item": item, "mark": mark}
    return browser.post(ADDRESS, sent, headers={"HX-Request": "true"}, **more)


def pressed(page: str) -> list[str]:
    return re.findall(r'-(good|bad|odd)" name="mark" value="none" aria-pressed="true"', page)


def test_a_mark_is_an_answer_that_can_be_taken_back(shop: Shop) -> None:
    browser = shop.browser()
    item = listed(browser)[0]
    for mark, value in (("good", 3), ("good", 3), ("bad", 0)):
        answer = press(shop, browser, item, mark).content.decode()
        assert pressed(answer) == [mark]
        (label,) = Label.objects.filter(closed=None)
        assert (label.value, label.annotator, label.late) == (value, shop.bob, False)
    assert Label.objects.count() == 2, "the same again is no second answer; the first one is kept"
    assert pressed(browser.get("/lists/users/shop/u1/").content.decode()) == ["bad"]
    assert pressed(shop.browser(shop.ann).get("/lists/users/shop/u1/").content.decode()) == []
    queue = Queue.objects.get()
    assert (queue.size, queue.experiment, queue.dataset) == (1, shop.run, shop.dataset)
    assert pressed(press(shop, browser, item, "none").content.decode()) == []
    queue.refresh_from_db()
    assert not Label.objects.filter(closed=None).exists() and queue.size == 0
    assert claims.take(queue, shop.dan) == [], "a mark taken back asks nobody"
    sample = Sample.objects.get()
    for known in (3, None):
        gold.mark(sample, known, shop.bob)
        queue.refresh_from_db()
        assert queue.size == queue.golds, "none but those with a known answer"
    assert claims.take(queue, shop.dan) == []
    press(shop, browser, item, "good")
    forget(shop.dataset.pk, sample.user_code)
    queue.refresh_from_db()
    assert queue.size == 0 and not Sample.objects.exists()


def test_the_queue_of_marks_is_named_in_the_language_of_who_reads(shop: Shop) -> None:
    browser = shop.browser()
    press(shop, browser, listed(browser)[0], "good")
    queue = Queue.objects.get()
    for language, name in (("en", "Marked on users’ pages"), ("zh-hans", "用户页面上的标记")):
        shown = browser.get(f"/label/{queue.pk}/", headers={"Accept-Language": language})
        assert re.search(rf"<h1[^>]*>\s*{name}", shown.content.decode())


def test_odd_asks_the_annotators_and_not_the_one_who_marked(shop: Shop) -> None:
    browser = shop.browser()
    item, other = listed(browser)[:2]
    press(shop, browser, item, "bad")
    assert pressed(press(shop, browser, item, "odd").content.decode()) == ["odd"]
    assert pressed(press(shop, shop.browser(shop.ann), item, "odd").content.decode()) == ["odd"]
    queue = Queue.objects.get()
    assert claims.take(queue, shop.bob) == []
    known = mark_views.context(shop.run, Person.objects.get(outside_id="u1").code)
    assert known
    (held,) = claims.take(queue, shop.dan)
    sample = Sample.objects.get(pk=held.sample_id)
    assert (sample.arm, sample.wanted) == (Arm.MARKED, 0), "asked once, whoever else finds it odd"
    assert sample.context == known, "what the model knew of this person"
    review = browser.get(f"/label/{queue.pk}/review/").content.decode()
    assert "bob" in review and "ann" in review
    press(shop, browser, other, "odd")
    press(shop, browser, other, "none")
    assert len(claims.take(queue, shop.dan, 5)) == 1
    for who, mark in ((shop.bob, "odd"), (shop.ann, "odd"), (shop.bob, "none")):
        press(shop, shop.browser(who), other, mark)
    assert len(claims.take(queue, shop.dan, 5)) == 2, "ann still finds it odd"


def test_who_found_it_odd_sees_what_was_answered(shop: Shop) -> None:
    browser, lists = shop.browser(), "/lists/users/shop/u1/"
    item, other = listed(browser)[:2]
    for one in (item, other):
        assert "Answered" not in press(shop, browser, one, "odd").content.decode()
    queue = Queue.objects.get()
    for held in claims.take(queue, shop.dan, 2)[:1]:
        answers.answer(held.sample_id, held.token, shop.dan, answers.Given(2))
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(lists).content.decode()
    assert len(queries) <= 15
    said = re.findall(r"Answered: ([^<]*)", page)
    assert set(said) == {"2 Clearly"} and "dan" not in page
    shown = page.count(f'name="item" value="{item}"')
    assert len(said) == shown > 0, "by the pair that was answered, in each list that has it"
    assert "2 明确" in browser.get(lists, headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "Answered" not in shop.browser(shop.ann).get(lists).content.decode()
    assert "Answered" not in press(shop, browser, item, "none").content.decode()


def test_they_are_neither_chosen_nor_random_and_a_model_learns_from_them(shop: Shop) -> None:
    browser = shop.browser()
    one, two = listed(browser)[:2]
    press(shop, browser, one, "good")
    press(shop, browser, two, "bad")
    queue = Queue.objects.get()
    given = tallies.given(queue, tallies.cells(queue))
    assert [(row["arm"], row["values"]) for row in given["arms"]] == [("marked", [1, 0, 0, 1])]
    assert shadows.divide(snapshot.pairs(queue)) == shadows.Arms([], [], [])
    child = orders.retrain(queue, shop.bob)
    assert sorted(pair[2:] for pair in child.label_pairs) == [[0, "marked"], [3, "marked"]]
    assert child.parent == shop.run
    page = browser.get(f"/label/{queue.pk}/queue/").content.decode()
    assert "Compare with random labels" not in page and "Retrain with these labels" in page
    assert 'id="retrains"' in page and ">Uncertain<" not in page, "there are none of these"
    newer = {"item_code": shop.run.version.n_items}  # an item that the run does not know
    Sample.objects.filter(labels__value=0).update(**newer)
    again = orders.retrain(queue, shop.bob)
    assert [pair[2] for pair in again.label_pairs] == [3] and again.name.endswith("+ 1 labels")


def test_what_is_refused(shop: Shop) -> None:
    browser = shop.browser()
    taken = shop.api().get(f"experiments/{shop.run.pk}/lists/", user="u1").json()["history"][0]
    item = listed(browser)[0]
    for wrong, mark in ((taken["item"], "good"), (item, "splendid")):
        answer = press(shop, browser, wrong, mark)
        assert answer.status_code == 422 and 'role="status" class="bad"' in answer.content.decode()
    assert press(shop, shop.browser(shop.dan), item, "good").status_code == 403
    assert press(shop, shop.browser(shop.cat), item, "good").status_code == 404
    gone = press(shop, browser, "ghost", "good")
    assert gone["HX-Redirect"] == "/users/shop/u1/", "a page does not fit into the chips"
    page = browser.post(ADDRESS, {"item": "ghost", "mark": "good"}, follow=True)
    assert page.content.decode().count("There is no such item or run here.") == 2
    whom, code = Person.objects.get(outside_id="u1"), Item.objects.get(outside_id=item).code
    with pytest.raises(orders.Refused, match="could not be shown"):
        marks.mark(shop.run, shop.bob, (whom.code, code), "odd", None)
    assert not Queue.objects.exists()
    assert Client(enforce_csrf_checks=True).post(ADDRESS, {}).status_code in (302, 403)


def test_without_script_the_page_comes_back(shop: Shop) -> None:
    browser = shop.browser()
    sent = {"run": shop.run.pk, "item": listed(browser)[0], "mark": "good"}
    answer = browser.post(ADDRESS, sent, follow=True)
    assert answer.redirect_chain == [("/users/shop/u1/", 302)]
    assert "Kept as your answer: 3" in answer.content.decode()
    orders.set_state(Queue.objects.get(), "paused")
    sent["mark"] = "bad"
    assert "This queue is paused" in browser.post(ADDRESS, sent, follow=True).content.decode()
    assert Label.objects.get().value == 3


def test_nobody_is_asked_where_the_past_cannot_be_told_from_what_was_held_out(shop: Shop) -> None:
    whom = Person.objects.get(outside_id="u1").code
    past, meta = store.read(artifacts.folder(shop.run) / "history")
    kept = past["users"] != whom
    rows = np.repeat(kept, np.diff(past["history_indptr"]))
    sizes = np.diff(past["history_indptr"])[kept]
    other = Experiment.objects.get(pk=shop.run.pk)
    other.pk, other.folder = None, f"{other.folder}-other"
    other.save()
    shutil.copytree(artifacts.folder(shop.run), artifacts.folder(other))
    left = {name: past[name][rows] for name in ("history_items", "history_values")}
    left |= {"users": past["users"][kept], "history_indptr": np.r_[0, np.cumsum(sizes)]}
    store.write(artifacts.folder(other) / "history", left, meta)
    assert mark_views.context(other, whom) is None
    someone = int(past["users"][kept][0])
    assert mark_views.context(other, someone)
    press(shop, shop.browser(), listed(shop.browser())[0], "good")
    assert mark_views.context(other, whom), "as the run knows it that will learn from the answers"
    known = mark_views.context(shop.run, someone)
    left["history_items"] = left["history_items"][::-1]  # another split holds out other events
    store.write(artifacts.folder(other) / "history", left, meta)
    assert mark_views.context(other, someone) == known
