"""What the explorers draw stands on every event, not on the newest that the table shows."""

import pytest

from recweb.datasets import rows
from recweb.datasets.models import Dataset
from tests.datasets.conftest import MOVIES, bring

pytestmark = pytest.mark.django_db
DAY = 86_400
START = 1_577_836_800  # 2020-01-01


def test_popularity_by_month_counts_every_event_once(shop: Dataset) -> None:
    bring(shop, "items", MOVIES, "movies.csv")
    lines = [f"u{n},31,{START + n * DAY}" for n in range(300)]
    bring(shop, "interactions", "user,item,timestamp\n" + "\n".join(lines) + "\n")
    bring(shop, "interactions", f"user,item,timestamp\n{lines[0]}\nu0,10,{START}\n", "more.csv")
    (item,) = rows.titled(shop.pk, "31")
    user = rows.user_code(shop.pk, "u0")
    assert user is not None
    months = rows.months(shop.pk, item, "item")
    assert sum(n for _month, n in months) == 300  # the repeated line counts once
    assert months[0] == ("2020-01", 31)
    assert months[1] == ("2020-02", 29)
    assert rows.months(shop.pk, user, "user") == [("2020-01", 2)]
    # u0: Dangerous Minds (Drama), GoldenEye (Action, Adventure, Thriller)
    assert dict(rows.taste(shop.pk, user)) == {
        "Action": 0.5, "Adventure": 0.5, "Drama": 0.5, "Thriller": 0.5,
    }  # fmt: skip
