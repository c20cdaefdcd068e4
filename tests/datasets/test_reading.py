"""How a file is read, said at each of the doors; and read again where it was said wrongly."""

import io
import json
from typing import Any

import pytest
from django.test import Client

from recweb.datasets import imports, reading
from recweb.datasets.map_forms import ReadForm
from recweb.datasets.models import (
    Dataset,
    EventName,
    Import,
    Interaction,
    Kind,
    MapTemplate,
    Person,
)
from recweb.people.models import User
from tests.datasets.conftest import Login, bring, files, text_of, work_off

pytestmark = pytest.mark.django_db
# a decimal comma, an id of a spreadsheet, two days of dwell, and an event that nobody knows
ODD = "user;item;dwell;event\n1E5;a;4,5;pv\nbob;a;172800;buy\nbob;b;7;fly\n"
SAID = {
    "decimal": ",", "damaged": "1", "events": "pv=view, buy", "low": "0", "high": "86400",
    "cap": "1", "zone": "UTC",
}  # fmt: skip
MEANT = {
    "decimal": ",", "keep_damaged_ids": True, "events": {"pv": "view", "buy": "buy"},
    "scale": [0, 86400], "cap": True,
}  # fmt: skip


def waiting(client: Client, text: str) -> tuple[Import, str]:
    client.post("/datasets/shop/upload/", files(interactions=text))
    batch = Import.objects.get(state="uploaded")
    return batch, f"f{batch.pk}"


def account(batch: Import) -> Any:
    values = Interaction.objects.filter(dataset_id=batch.dataset_id).order_by("line")
    return (
        batch.accepted,
        batch.reasons,
        list(values.values_list("value", flat=True)),
        sorted(Person.objects.values_list("outside_id", flat=True)),
        sorted(EventName.objects.values_list("name", flat=True)),
    )


EXPECTED = (2, {"event-unknown": 1}, [4.5, 86400.0], ["1E5", "bob"], ["buy", "view"])


def test_bad_18_27_38_39_are_taken_as_is_said_where_columns_are_mapped(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    batch, key = waiting(client, ODD)
    said = {f"{key}-read-{name}": value for name, value in SAID.items()}
    client.post("/datasets/shop/map/", {**said, "reread": "1"})
    page = text_of(client.get("/datasets/shop/map/"))
    assert 'value="pv=view, buy=buy"' in page  # what was chosen stays
    columns = dict(user="user", item="item", value="dwell", event="event")
    client.post("/datasets/shop/map/", said | {f"{key}-{k}": v for k, v in columns.items()})
    work_off()
    batch.refresh_from_db()
    assert batch.state == "waiting"  # one of three rows
    imports.accept(batch, ann)
    work_off()
    batch.refresh_from_db()
    assert account(batch) == EXPECTED


def test_the_api_takes_the_same_options_and_names_a_wrong_one(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    url = "/api/v1/datasets/shop/imports/"

    def send(options: Any) -> Any:
        file = io.BytesIO(ODD.encode())
        file.name = "odd.csv"
        return client.post(url, {"file": file, "options": json.dumps(options)})

    for wrong, word in (
        ({"speed": 9}, "“speed”"), ({"scale": [5, 1]}, "“scale”"), ({"cap": "yes"}, "“cap”"),
        ({"events": {"pv": 7}}, "“events”"), ({"decimal": ";"}, "“decimal”"),
        ({"zone": 8}, "“zone”"), ({"industry": "mining"}, "“industry”"), ({"now": 0}, "“now”"),
        ({"scale": [0, 10**400]}, "“options”"), ({"event": "a\0b"}, "“options”"),
        ({"events": {"\ud800": "x"}}, "“options”"), ({"events": {"a=b": "x"}}, "“events”"),
        ({"events": {"a": "x，y"}}, "“events”"), ({"events": {" a": "x"}}, "“events”"),
    ):  # fmt: skip
        error = send(wrong).json()["error"]
        assert (error["field"], word in error["message"]) == ("options", True), error
    empty = io.BytesIO()
    empty.name = "odd.csv"
    assert client.post(url, {"file": empty}).json()["error"]["field"] == "file"
    odd = io.BytesIO(b"a,b\n")
    odd.name = "odd.csv"
    kind = client.post(url, {"file": odd, "kind": "films"})
    assert (kind.status_code, kind.json()["error"]["field"]) == (400, "kind")
    assert not Import.objects.exists()
    body = {"name": "Odd", "options": {"speed": 9}}
    kept = client.post("/api/v1/templates/", body, content_type="application/json")
    assert (kept.status_code, kept.json()["error"]["field"]) == (422, "options")
    for shapeless in ({"mapping": [1]}, {"mapping": "user"}, {"rules": 5}, {"rules": {"a": 1}}):
        answer = client.post("/api/v1/templates/", shapeless, content_type="application/json")
        assert answer.json()["error"]["field"] == next(iter(shapeless))
    assert send(MEANT).status_code == 202
    work_off()
    imports.accept(Import.objects.get(), ann)
    work_off()
    assert account(Import.objects.get()) == EXPECTED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pv=view，buy", {"pv": "view", "buy": "buy"}),
        (" , ", {}),
        ("购买=purchase", {"购买": "purchase"}),
    ],
)
def test_events_are_said_in_a_line(text: str, found: dict[str, str]) -> None:
    assert reading.events(text) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [("events", "=view"), ("events", "pv="), ("high", "5"), ("low", "x"), ("zone", "Mars/North")],
)
def test_a_wrong_way_of_reading_is_said_beside_its_field(
    ann: User, shop: Dataset, login: Login, name: str, value: str
) -> None:
    form = ReadForm(Kind.INTERACTIONS, {"zone": "UTC", name: value})
    assert not form.is_valid()
    client = login(ann)
    _, key = waiting(client, ODD)
    sent = {"reread": "1", f"{key}-read-zone": "UTC", f"{key}-read-{name}": value}
    answer = client.post("/datasets/shop/map/", sent)
    assert answer.status_code == 422
    assert str(next(iter(form.errors.values()))[0]) in answer.content.decode().replace(
        "&#x27;", "'"
    )


def test_what_waits_for_a_decision_may_be_read_in_another_way(
    ann: User, shop: Dataset, login: Login
) -> None:
    text = "user;item;rating\na;1;4,5\nb;1;3\nc;2;2,5\n"
    batch = bring(shop, "interactions", text)
    assert (batch.state, batch.reasons) == ("waiting", {"value-decimal-comma": 2})
    client = login(ann)
    page = text_of(client.get(f"/datasets/shop/imports/{batch.pk}/"))
    assert 'value="again"' in page and 'value="accept"' in page
    sent = client.post(f"/datasets/shop/imports/{batch.pk}/decide/", {"decision": "again"})
    assert sent["Location"] == "/datasets/shop/map/"
    batch.refresh_from_db()
    assert (batch.state, batch.rows_in, batch.bad_rows.count()) == ("uploaded", 0, 0)
    key = f"f{batch.pk}"
    chosen = {f"{key}-user": "user", f"{key}-item": "item", f"{key}-value": "rating"}
    kept = {f"{key}-read-decimal": ",", f"{key}-keep": "Our\0shop"}
    client.post("/datasets/shop/map/", chosen | kept)
    assert MapTemplate.objects.get().name == "Our shop"
    work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.accepted, batch.quarantined) == ("loaded", 3, 0)


def test_a_file_without_a_good_row_cannot_be_accepted_at_any_door(
    ann: User, shop: Dataset, login: Login
) -> None:
    options = {"events": {"pv": "view"}}
    batch = bring(shop, "interactions", "user,item,event\na,1,x\nb,2,y\n", options=options)
    assert (batch.state, batch.accepted, batch.quarantined) == ("waiting", 0, 2)
    client = login(ann)
    page = text_of(client.get(f"/datasets/shop/imports/{batch.pk}/"))
    assert 'value="again"' in page and 'value="accept"' not in page
    asked = {"decision": "accept"}
    url = f"/datasets/shop/imports/{batch.pk}/decide/"
    answer = client.post(f"/api/v1{url}", asked, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["field"]) == (409, "decision")
    assert "No row of this file is good" in text_of(client.post(url, asked, follow=True))
    batch.refresh_from_db()
    assert (batch.state, batch.accept_bad, shop.version) == ("waiting", False, None)


def test_a_file_that_cannot_be_read_cannot_be_imported_either(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    batch, _ = waiting(client, 'user,item\nann,1\n"bob,2\n')
    assert 'id="start-import" disabled' not in text_of(client.get("/datasets/shop/map/"))
    batch.options = {"encoding": "utf-16"}
    batch.save()
    page = text_of(client.get("/datasets/shop/map/"))
    assert 'id="start-import" disabled' in page
    assert "A file above cannot be read yet" in page


def test_titles_in_a_log_are_said_before_the_import(ann: User, shop: Dataset, login: Login) -> None:
    client = login(ann)
    waiting(client, "user,item,title\nann,1,Heat\n")
    page = text_of(client.get("/datasets/shop/map/"))
    assert "seem to describe items, which a file of interactions does not: title." in page


def test_the_page_of_a_job_leads_to_what_it_made(
    ann: User, bob: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    batch = bring(shop, "interactions", "user,item\nann,1\nbob,2\nbob,1\n")
    assert batch.job is not None
    assert f'href="/datasets/shop/imports/{batch.pk}/"' in text_of(
        client.get(f"/jobs/{batch.job.pk}/")
    )
    erased = client.post("/datasets/shop/erase/", {"user": "ann", "confirm": "ann"})
    assert 'id="job-made" href="/datasets/shop/privacy/"' in text_of(client.get(erased["Location"]))
    assert 'id="job-made"' not in text_of(login(bob).get(erased["Location"]))  # the admin's page
