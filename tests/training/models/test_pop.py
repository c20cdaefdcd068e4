import numpy as np

from tests.training.models.planted import fitted, planted


def test_it_orders_items_by_their_training_users() -> None:
    whole = planted(stars=True)  # stars do not count, people do
    counts = (whole.train.toarray() > 0).sum(axis=0)
    made = fitted("pop", whole)
    assert made.scores(np.array([0, 1])).tolist() == [counts.tolist()] * 2
    assert made.serving()["item_scores"].tolist() == counts.tolist()


def test_two_rows_are_not_one_array() -> None:
    rows = fitted("pop", planted()).scores(np.array([0, 1]))
    rows[0] = -1.0  # as masking does
    assert (rows[1] >= 0).all()
