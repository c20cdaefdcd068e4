"""/api/v1/experiments/{id}/frontier/ and lists/."""

from typing import Any

import pytest

from tests.tuning import planted
from tests.tuning.conftest import Shop


def test_the_frontier_has_every_metric_at_every_weight(shop: Shop) -> None:
    body = shop.api().get(f"experiments/{shop.run.pk}/frontier/", reranker="mmr").json()
    assert (body["reranker"], body["part"], body["distance"]) == ("mmr", "validation", "categories")
    assert [point["diversity"] for point in body["points"]] == [n / 20 for n in range(21)]
    assert set(body["points"][3]["ndcg@10"]) == {"mean", "lo", "hi"}
    assert body["test"] is None


def test_a_lacking_frontier_is_409_and_post_makes_it(shop: Shop) -> None:
    run, api = planted.train(shop.dataset, shop.bob, "pop"), shop.api()
    path = f"experiments/{run.pk}/frontier/"
    assert api.get(path).json()["error"]["code"] == "no_frontier"
    assert api.post(path).status_code == 202
    planted.work_off()
    assert len(api.get(path).json()["points"]) == 21


def test_a_users_list_with_history_moves_and_reasons(shop: Shop) -> None:
    path = f"experiments/{shop.run.pk}/lists/"
    first = shop.api().get(path, user="u5").json()
    body = shop.api().get(path, user="u5", diversity=0.5, k=7).json()
    assert len(body["items"]) == 7
    assert len(first["items"]) == 10
    assert first["changed"] == 0
    assert {row["moved"] for row in first["items"]} == {0}
    places = {row["item"]: place for place, row in enumerate(first["items"])}
    for place, row in enumerate(body["items"]):
        if row["moved"] is not None:
            assert places[row["item"]] - place == row["moved"]
    assert body["history"]
    assert body["items"][0]["reasons"][0]["title"]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"user": "u5", "diversity": "1.2"}, 400, "diversity"),
        ({"user": "u5", "k": "0"}, 400, "k"),
        ({"user": "u5", "reranker": "magic"}, 400, "reranker"),
        ({"user": "ghost"}, 404, "user"),
        ({}, 400, "user"),
        ({"user": "u5", "colour": "red"}, 400, "colour"),
    ],
)
def test_it_names_what_is_wrong(shop: Shop, query: dict[str, Any], status: int, field: str) -> None:
    answer = shop.api().get(f"experiments/{shop.run.pk}/lists/", **query)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)


def test_foreign_runs_are_404(shop: Shop) -> None:
    for path in ("frontier/", "lists/?user=u5"):
        assert shop.api(shop.cat).get(f"experiments/{shop.run.pk}/{path}").status_code == 404
