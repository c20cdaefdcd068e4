"""The frontier job: what it leaves, and that it can be asked for twice."""

from tests.tuning.conftest import Shop


def test_it_leaves_21_weights(shop: Shop) -> None:
    points = shop.frontier.points
    assert len(points["weights"]) == 21
    print(
        points["knee"], points["rules"], points["people"], shop.run.metrics["validation"]["ndcg@10"]
    )
