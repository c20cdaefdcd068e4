"""GET /api/v1/recommend/: bounds, cold users, seen items, tokens, and the page's own lists."""

from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from recweb.datasets import rows
from recweb.datasets.models import Dataset
from recweb.serving import live
from recweb.serving.live import past
from recweb.tuning.models import Policy, PolicyState
from tests.tuning.conftest import Shop
from tests.tuning.test_policies import published
from training import store
from training.serve import Bundle, recommend


def ask(shop: Shop, **query: Any) -> Any:
    return shop.api().get("recommend/", **({"dataset": "shop", "user": "u7"} | query))


def items(answer: Any) -> list[str]:
    return [row["item"] for row in answer.json()["items"]]


def test_it_answers_what_api_md_says(shop: Shop) -> None:
    policy = published(shop)
    answer = ask(shop)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == [
        "user", "policy", "model", "diversity", "ild", "novelty", "fallback", "items"
    ]  # fmt: skip
    assert (body["user"], body["policy"], body["model"]) == ("u7", policy.pk, "ease")
    assert (body["diversity"], body["fallback"], len(body["items"])) == (0.3, False, 10)
    assert set(body["items"][0]) == {"item", "title", "score", "reasons"}
    assert body["items"][0]["reasons"][0]["kind"] == "contributed"
    assert 0 < body["ild"] <= 1


def test_without_a_policy_it_says_so(shop: Shop) -> None:
    answer = ask(shop)
    assert answer.status_code == 409
    assert "Nothing is published" in answer.json()["error"]["message"]


def test_while_the_first_policy_is_refitted_it_says_so(shop: Shop) -> None:
    published(shop)
    Policy.objects.update(state=PolicyState.FITTING)
    answer = ask(shop)
    assert answer.status_code == 409
    assert "is being refitted" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"k": 0}, "k"),
        ({"k": 101}, "k"),
        ({"k": "ten"}, "k"),
        ({"diversity": 0.05}, "diversity"),
        ({"diversity": 0.7}, "diversity"),
        ({"diversity": "nan"}, "diversity"),
        ({"exclude_seen": "perhaps"}, "exclude_seen"),
        ({"user": ""}, "user"),
        ({"dataset": ""}, "dataset"),
        ({"lambda": 0.3}, "lambda"),
    ],
)
def test_it_names_the_wrong_parameter(shop: Shop, query: dict[str, Any], field: str) -> None:
    published(shop, lowest=0.1, highest=0.6)
    answer = ask(shop, **query)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_a_request_moves_within_the_bounds(shop: Shop) -> None:
    published(shop, lowest=0.0, highest=1.0)
    near, far = ask(shop, diversity=0).json(), ask(shop, diversity=1).json()
    assert far["ild"] > near["ild"]
    assert near["items"][0] == far["items"][0]  # the first pick is the most relevant one


def test_an_unknown_user_gets_the_popular_list_and_is_told(shop: Shop) -> None:
    published(shop)
    answer = ask(shop, user="nobody\u00e9", diversity=0)
    assert (answer.status_code, answer.json()["fallback"]) == (200, True)
    policy = Policy.objects.get()
    bundle = Bundle.load(settings.ARTIFACTS / policy.bundle)
    named = rows.titles(shop.dataset.pk, bundle.arrays["fallback"][:10].tolist())
    wanted = [named[int(code)].outside_id for code in bundle.arrays["fallback"][:10]]
    assert items(answer) == wanted


def test_seen_items_are_left_out_also_those_that_came_after_publishing(shop: Shop) -> None:
    published(shop)
    code = rows.user_code(shop.dataset.pk, "u7")
    assert code is not None
    seen = {event.code for event in rows.history(shop.dataset.pk, code, 1000)}
    names = {named.outside_id for named in rows.titles(shop.dataset.pk, seen - {None}).values()}
    first = items(ask(shop))
    assert not names & set(first)
    add_event(shop.dataset, code, first[0])
    assert first[0] not in items(ask(shop))


def test_all_that_a_busy_user_saw_is_left_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what lies behind the newest events, which alone are folded in."""
    code = rows.user_code(shop.dataset.pk, "u7")
    assert code is not None
    whole = past(shop.dataset.pk, code, shop.run.rules)
    assert len(whole.seen) > 3
    monkeypatch.setattr(live, "MOST", 3)
    short = past(shop.dataset.pk, code, shop.run.rules)
    assert sorted(short.seen) == sorted(whole.seen)
    assert short.liked.tolist() == whole.liked[-len(short.liked) :].tolist()
    assert len(short.liked) <= 3


def add_event(dataset: Dataset, user: int, item: str) -> None:
    """Through the importer, as a new file."""
    import io

    from recweb.datasets import imports
    from tests.tuning.planted import RULES, work_off

    name = rows.user_ids(dataset.pk, [user])[user]
    at = int(timezone.now().timestamp())
    text = f"userId,itemId,rating,timestamp\n{name},{item},5,{at}\n"
    file = io.BytesIO(text.encode())
    imports.start_import(dataset, "interactions", file, "more.csv", dataset.owner, rules=RULES)
    work_off("import")


def test_repeats_come_where_the_dataset_wants_them(shop: Shop) -> None:
    published(shop)
    fresh = items(ask(shop))
    Dataset.objects.filter(pk=shop.dataset.pk).update(repeats_wanted=True)
    repeated = items(ask(shop))
    assert repeated != fresh
    assert repeated == items(ask(shop, exclude_seen="false"))
    assert fresh == items(ask(shop, exclude_seen="true"))


def test_the_live_history_is_what_training_saw(shop: Shop) -> None:
    """Codes, order and confidences of the log's positives, by the same rules."""
    from recweb.experiments import data
    from training.features import Rule, positives
    from training.log import load_log

    log = load_log(data.exports.version_folder(shop.run.version) / "log")
    liked = positives(log, [Rule(**rule) for rule in shop.run.rules])
    for user in range(0, 60, 7):
        mine = liked.users == user
        found = past(shop.dataset.pk, user, shop.run.rules)
        assert found.liked.tolist() == liked.items[mine].tolist()
        assert found.confidences.tolist() == liked.confidence[mine].tolist()


def test_the_bundle_lists_what_the_page_lists(shop: Shop) -> None:
    """The serving path, given the training history of the tuned run, finds the page's list."""
    folder = settings.ARTIFACTS / shop.run.folder
    bundle = Bundle.load(folder / "model")
    arrays, _meta = store.read(settings.ARTIFACTS / shop.frontier.folder)
    past, _meta = store.read(folder / "history")
    assert past["users"].tolist() == arrays["users"].tolist()
    from recweb.experiments import data
    from training.models.contract import quiet

    split = data.load_split(shop.run, quiet)
    for row, user in enumerate(arrays["users"].tolist()):
        start, end = past["history_indptr"][row : row + 2]
        history = np.asarray(past["history_items"][start:end])
        sure = np.asarray(split.train[user, history].todense()).ravel()
        for at in (0, 6, 20):
            weight = float(arrays["weights"][at])
            served = recommend(bundle, user, history, history, 10, weight, confidences=sure)
            own = [pick.item for pick in served.picks if not pick.filled]
            assert own == [code for code in arrays["lists"][at, row].tolist() if code >= 0]


def test_a_serving_token_serves_its_dataset_and_nothing_else(shop: Shop) -> None:
    published(shop)
    other = Dataset.objects.create(slug="other", name="Other", owner=shop.ann)
    api = shop.api(shop.bob, dataset_id=shop.dataset.pk)
    assert api.get("recommend/", dataset="shop", user="u1").status_code == 200
    assert api.get("policies/").status_code == 403
    foreign = shop.api(shop.ann, dataset_id=other.pk)
    assert foreign.get("recommend/", dataset="shop", user="u1").status_code == 404


def test_strangers_annotators_and_nobody_are_refused(shop: Shop) -> None:
    published(shop)
    query = {"dataset": "shop", "user": "u1"}
    refused = shop.api(shop.cat).get("recommend/", **query)
    assert (refused.status_code, refused.json()["error"]["field"]) == (404, "dataset")
    assert "“shop”" in refused.json()["error"]["message"]
    assert shop.api(shop.dan).get("recommend/", **query).status_code == 403
    assert Client().get("/api/v1/recommend/", query).status_code == 401


def test_a_damaged_bundle_is_said_and_no_500(shop: Shop) -> None:
    policy = published(shop)
    path = settings.ARTIFACTS / policy.bundle / "weights.npy"
    path.write_bytes(path.read_bytes()[:-8])
    answer = ask(shop)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "bundle_damaged")
    assert "Roll back" in answer.json()["error"]["message"]


def test_it_asks_few_queries(shop: Shop, django_assert_max_num_queries: Any) -> None:
    published(shop)
    api = shop.api()
    api.get("recommend/", dataset="shop", user="u7")
    with django_assert_max_num_queries(9):
        api.get("recommend/", dataset="shop", user="u7")
