"""Sessions, context, people without a name, knowledge triples, rules of a trade."""

from pathlib import Path

import pytest
from django.db import connection

from recweb.datasets import catalogue, exports, tasks
from recweb.datasets.models import Dataset, Item, Person, Version
from recweb.people.models import User
from tests import source
from tests.datasets.conftest import RATINGS, Login, bring, files, text_of, work_off

pytestmark = pytest.mark.django_db
INDUSTRIES = source.ROOT / "tests" / "training" / "clean" / "industries"
SEARCHES = """user_id,session_id,query,item_id,event,dwell,position,device,timestamp
u1,s1,"a ""b"" \\ c",,search,,,web,1700000000
u1,s1,红 鞋,i1,click,35,2,web,1700000010
u1,s1,红 鞋,i1,click,36,3,web,1700000010
u2,,,i2,click,4,x1,,1700000110
u2,,,,click,4,1,,1700000120
"""


def rows(dataset: Dataset) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line, session, context FROM datasets_interaction WHERE dataset_id = %s "
            "ORDER BY line",
            [dataset.pk],
        )
        return list(cursor.fetchall())


def test_sessions_and_context_stand_beside_their_events(shop: Dataset) -> None:
    batch = bring(shop, "interactions", SEARCHES, options={"zone": "UTC"}, accept=True)
    assert (batch.accepted, batch.duplicates, batch.quarantined) == (3, 1, 1)
    assert rows(shop) == [
        (2, "s1", '{"query": "a \\"b\\" \\\\ c", "device": "web"}'),
        (4, "s1", '{"query": "红 鞋", "device": "web", "position": 3}'),  # line 3 said it before
        (5, None, '{"position": "x1"}'),
    ]


def test_without_a_user_column_each_session_is_somebody(shop: Dataset) -> None:
    text = "session_id,item_id,timestamp\ns1,i1,1700000000\ns1,i2,1700000001\n,i1,1700000002\n"
    assert bring(shop, "interactions", text).state == "refused"  # not unless it is said
    batch = bring(shop, "interactions", text, "b.csv", options={"anonymous": True})
    assert batch.accepted == 3
    ids = set(Person.objects.values_list("outside_id", flat=True))
    assert ids == {"session-s1", f"row-{batch.sha256[:8]}-4"}


def test_without_user_and_session_each_row_is_somebody(shop: Dataset) -> None:
    batch = bring(shop, "interactions", "item\na\na\nb\n", options={"anonymous": True})
    assert batch.accepted == 3
    other = bring(shop, "interactions", "item\na\nb\nb\n", options={"anonymous": True})
    assert Person.objects.filter(dataset=shop).count() == 6  # nobody of one file is in another
    assert other.facts["already_there"] == 0


def test_triples_speak_of_items(shop: Dataset) -> None:
    bring(shop, "interactions", RATINGS)
    version = shop.version
    assert version is not None
    text = (
        "head,relation,tail\n31,directed_by,Smith\n31,directed_by,Smith\n77,genre,战争\n,genre,x\n"
    )
    batch = bring(shop, "triples", text, accept=True)
    assert (batch.accepted, batch.duplicates, batch.quarantined) == (2, 1, 1)
    assert catalogue.triples(shop.pk) == [("31", "directed_by", "Smith"), ("77", "genre", "战争")]
    assert Item.objects.filter(dataset=shop, outside_id="77").exists()
    newer = shop.version
    assert newer is not None
    assert newer.number == 2
    assert newer.fingerprint != version.fingerprint
    again = bring(shop, "triples", text.replace("\n,genre,x", ""), "more.csv")
    assert again.state == "loaded"
    assert len(catalogue.triples(shop.pk)) == 2


def known(version: Version) -> list[tuple[str, str, str]]:
    """The triples of a version's arrays, in words."""
    _log, items = tasks.load_version(version)
    codes = [] if items.triples is None else items.triples.tolist()
    return [
        (items.titles[item], items.relation_names[relation], items.entity_names[entity])
        for item, relation, entity in codes
    ]


def test_training_is_handed_the_triples_of_its_version(shop: Dataset) -> None:
    bring(shop, "interactions", RATINGS)
    versions = [shop.version]
    for name, text in (("a", "31,directed_by,Smith\n77,genre,战争\n"), ("b", "31,genre,爱情\n")):
        bring(shop, "triples", f"head,relation,tail\n{text}", f"{name}.csv")
        versions.append(shop.version)
    first = [("31", "directed_by", "Smith"), ("77", "genre", "战争")]
    expected = [[], first, [*first[:1], ("31", "genre", "爱情"), first[1]]]
    for version, rows in zip(versions, expected, strict=True):
        assert version is not None
        assert known(version) == rows
        exports.remove({version.folder})
        assert known(version) == rows  # made again from the tables, after newer files came


@pytest.mark.parametrize("path", sorted(INDUSTRIES.iterdir()), ids=lambda path: path.stem)
def test_a_log_of_a_trade_brings_its_rules(shop: Dataset, path: Path) -> None:
    batch = bring(shop, "interactions", path.read_bytes(), path.name)
    assert batch.state == "loaded", batch.refusal
    assert batch.facts["industry"] == path.stem
    shop.refresh_from_db()
    assert shop.rules
    assert shop.repeats_wanted == (path.stem in {"music", "ads", "live", "apps", "city"})


def test_a_template_may_be_refused_or_chosen(shop: Dataset) -> None:
    text = (INDUSTRIES / "shop.csv").read_bytes()
    bring(shop, "interactions", text, options={"industry": "none"})
    shop.refresh_from_db()
    assert {rule["event"]: rule["weight"] for rule in shop.rules} == {
        "view": 1.0, "addtocart": 2.0, "transaction": 4.0
    }  # fmt: skip


def test_sequences_have_an_order_and_no_dates(shop: Dataset, bob: User, login: Login) -> None:
    lines = "".join(f"u{user} {user % 5} {user % 7} {user % 9}\n" for user in range(40))
    batch = bring(shop, "interactions", lines, "log.txt", options={"format": "sequences"})
    assert (batch.rows_in, batch.state) == (120, "loaded")
    version = shop.version
    assert version is not None
    quality = version.profile["quality"]
    assert (quality["has_times"], quality["order_only"], quality["bots"]) == (True, True, [])
    assert version.profile["time"] == []
    splits = version.profile["splits"]
    assert splits["auto"] == {"name": "leave-last", "because": "order-only"}
    assert splits["temporal"]["refused"] == "order-only"
    client = login(bob)
    for path in ("/datasets/shop/?tab=interactions", "/users/shop/u3/", "/datasets/shop/"):
        assert "1906" not in text_of(client.get(path)), path
    history = client.get("/api/v1/datasets/shop/users/u3/").json()["history"]
    assert [event["at"] for event in history] == [None] * 3


def test_counted_lists_come_in_by_the_wizard(shop: Dataset, ann: User, login: Login) -> None:
    client = login(ann)
    client.post("/datasets/shop/upload/", files(interactions="2 7 8\n0\n1 9\n"))
    batch = shop.imports.get()
    page = text_of(client.get("/datasets/shop/map/"))
    assert "Only one column was found" in page
    read = {f"f{batch.pk}-read-format": "counted", f"f{batch.pk}-read-zone": "UTC"}
    client.post("/datasets/shop/map/", {**read, "reread": "1"})
    page = text_of(client.get("/datasets/shop/map/"))
    assert "<td>9</td>" in page
    mapped = {f"f{batch.pk}-user": "user", f"f{batch.pk}-item": "item"}
    assert client.post("/datasets/shop/map/", {**read, **mapped}).status_code == 302
    assert work_off().state == "done"
    ids = set(Person.objects.filter(dataset=shop).values_list("outside_id", flat=True))
    assert ids == {"1", "3"}
