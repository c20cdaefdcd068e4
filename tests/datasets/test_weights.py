"""Learned event weights: ordered on the settings page, shown with their interval, taken."""

import pytest

from recweb.datasets.models import Dataset
from recweb.people.models import User
from tests.datasets.conftest import Login, bring, text_of, work_off

pytestmark = pytest.mark.django_db
DAY = 86_400


def shop_log(users: int = 400) -> str:
    """Every look may be followed by a cart; with one six in ten buy, without one in twenty."""
    rows = ["user,item,event,timestamp"]
    for user in range(users):
        at, item, cart = 1_600_000_000 + user * 9000, user % 17, user % 3 == 0
        rows.append(f"u{user},i{item},view,{at}")
        if cart:
            rows.append(f"u{user},i{item},cart,{at + 60}")
        if user % 5 < 3 if cart else user % 20 == 1:
            rows.append(f"u{user},i{item},purchase,{at + 120}")
    return "\n".join(rows) + f"\nlast,i0,view,{1_600_000_000 + users * 9000 + 40 * DAY}\n"


def test_learned_weights_are_shown_and_taken(shop: Dataset, bob: User, login: Login) -> None:
    bring(shop, "interactions", shop_log())
    client = login(bob)
    page = text_of(client.get("/datasets/shop/?tab=settings"))
    assert "<option selected>purchase</option>" in page
    answer = client.post(
        "/datasets/shop/weights/", {"do": "learn", "target": "purchase", "days": "7"}
    )
    assert answer.status_code == 302
    assert work_off("quick").state == "done"
    page = text_of(client.get("/datasets/shop/?tab=settings"))
    assert "Take the learned weights" in page
    found = client.get("/api/v1/datasets/shop/weights/").json()
    cart = next(row for row in found["weights"] if row["event"] == "cart")
    odds = (0.6 / 0.4) / (0.05 / 0.95)
    assert cart["low"] < odds < cart["high"]
    before = {rule["event"]: rule["weight"] for rule in Dataset.objects.get(pk=shop.pk).rules}
    client.post("/datasets/shop/weights/", {"do": "take"})
    rules = {rule["event"]: rule["weight"] for rule in Dataset.objects.get(pk=shop.pk).rules}
    assert set(rules) == set(before)
    assert rules["view"] == 1.0
    assert rules["cart"] == pytest.approx(cart["times"], abs=0.001)
    assert rules["purchase"] >= rules["cart"]


def test_without_times_the_page_says_why(shop: Dataset, bob: User, login: Login) -> None:
    rows = "".join(f"{n},{n},{event}\n" for n in range(9) for event in ("view", "cart", "buy"))
    bring(shop, "interactions", "user,item,event\n" + rows)
    client = login(bob)
    client.post("/datasets/shop/weights/", {"do": "learn", "target": "buy", "days": "7"})
    assert work_off("quick").state == "done"
    assert "no times" in text_of(client.get("/datasets/shop/?tab=settings"))
    assert client.post("/datasets/shop/weights/", {"do": "take"}).status_code == 302
    assert Dataset.objects.get(pk=shop.pk).rules, "nothing to take changes nothing"


def test_it_refuses_strangers_and_unknown_events(
    loaded: Dataset, bob: User, cat: User, login: Login
) -> None:
    asked = {"do": "learn", "target": "rent", "days": "7"}
    assert login(cat).post("/datasets/shop/weights/", asked).status_code == 404
    answer = login(bob).post("/datasets/shop/weights/", asked, follow=True)
    assert "Nothing was started" in text_of(answer)
    wrong = login(bob).post(
        "/api/v1/datasets/shop/weights/", {"target": "rent"}, content_type="application/json"
    )
    assert wrong.status_code == 422


def test_a_log_shorter_than_the_window_is_called_short(
    shop: Dataset, bob: User, login: Login
) -> None:
    rows = "".join(
        f"u{n},i{n},{event},{1_600_000_000 + n * 60}\n"
        for n in range(90)
        for event in ("view", "cart", "purchase")
    )
    bring(shop, "interactions", "user,item,event,timestamp\n" + rows)
    client = login(bob)
    client.post("/datasets/shop/weights/", {"do": "learn", "target": "purchase", "days": "7"})
    assert work_off("quick").state == "done"
    shown = text_of(client.get("/datasets/shop/?tab=settings"))
    assert "it spans 0.0618 days. Choose fewer days." in shown


def test_with_one_kind_of_event_the_page_says_what_is_lacking(
    loaded: Dataset, bob: User, login: Login
) -> None:
    shown = text_of(login(bob).get("/datasets/shop/?tab=settings"))
    assert "This one has 1 kind of event" in shown
