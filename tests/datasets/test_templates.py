"""Mappings that are kept for the next file, and rules that are tried before they are saved."""

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recweb.datasets.models import Dataset, Import, MapTemplate
from recweb.people.models import User
from tests.datasets.conftest import RATINGS, bring, work_off

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
ODD = "who;what;when\nann;book;03/04/2024\nbob;pen;04/04/2024\n"


def upload(client: Client, text: str, name: str) -> Import:
    file = SimpleUploadedFile(name, text.encode())
    client.post("/datasets/shop/upload/", {"interactions": file})
    return Import.objects.get(file_name=name)


def test_a_kept_mapping_serves_the_next_file(ann: User, shop: Dataset, login: Login) -> None:
    client = login(ann)
    first = upload(client, ODD, "one.csv")
    key = f"f{first.pk}"
    chosen = {f"{key}-user": "who", f"{key}-item": "what", f"{key}-at": "when"}
    chosen |= {f"{key}-read-day_first": "1", f"{key}-keep": "  Our   shop "}
    client.post("/datasets/shop/map/", chosen)
    work_off()
    kept = MapTemplate.objects.get()
    assert (kept.name, kept.options["day_first"]) == ("Our shop", True)
    second = upload(client, ODD.replace("book", "cup"), "two.csv")
    assert "Our shop" in client.get("/datasets/shop/map/").content.decode()
    key = f"f{second.pk}"
    client.post("/datasets/shop/map/", {"reread": "1", f"{key}-read-template": str(kept.pk)})
    page = client.get("/datasets/shop/map/").content.decode()
    assert '<option value="who" selected>' in page
    second.refresh_from_db()
    assert (second.mapping, second.options) == (kept.mapping, kept.options)


def test_the_api_keeps_and_uses_one(ann: User, shop: Dataset, login: Login) -> None:
    client = login(ann)
    made = client.post(
        "/api/v1/templates/",
        {
            "name": "Odd", "mapping": {"user": "who", "item": "what", "at": "when"},
            "options": {"day_first": True},
        },
        content_type="application/json",
    )  # fmt: skip
    assert made.status_code == 201, made.content
    listed = client.get("/api/v1/templates/").json()
    assert [row["name"] for row in listed["kept"]] == ["Odd"]
    assert len(listed["industries"]) == 15
    url = "/api/v1/datasets/shop/imports/"
    file = io.BytesIO(ODD.encode())
    file.name = "odd.csv"
    assert client.post(url, {"file": file, "template": "Odd"}).status_code == 202
    work_off()
    assert Import.objects.get().accepted == 2
    file.seek(0)
    assert client.post(url, {"file": file, "template": "None"}).status_code == 422
    body = {"name": "Odd"}
    dropped = client.delete("/api/v1/templates/", body, content_type="application/json")
    assert dropped.status_code == 204
    assert not MapTemplate.objects.exists()


def test_a_trade_is_named_on_the_map_with_its_warning(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    upload(client, "patient_id,program_id,event\nx,walk,start\nx,walk,finish\n", "h.csv")
    page = client.get("/datasets/shop/map/").content.decode()
    assert "Health" in page
    assert "medical advice" in page


def test_no_user_column_can_be_said_on_the_map(ann: User, shop: Dataset, login: Login) -> None:
    client = login(ann)
    batch = upload(client, "session_id,item_id\ns1,i1\ns2,i1\ns1,i2\n", "anon.csv")
    key = f"f{batch.pk}"
    chosen = {f"{key}-item": "item_id", f"{key}-session": "session_id"}
    assert client.post("/datasets/shop/map/", chosen).status_code == 422
    started = client.post("/datasets/shop/map/", {**chosen, f"{key}-read-anonymous": "1"})
    assert started.status_code == 302
    work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == ("loaded", 3)


def test_rules_are_tried_on_real_events(bob: User, shop: Dataset, login: Login) -> None:
    bring(shop, "interactions", RATINGS)
    rule = {"event": "rating", "minimum": 3.0, "confidence": "value", "weight": 2.0}
    answer = login(bob).post(
        "/api/v1/datasets/shop/rules/", {"rules": [rule]}, content_type="application/json"
    )
    events = answer.json()["events"]
    assert len(events) == 7
    assert all(
        row["confidence"] == (2 * row["value"] if row["value"] >= 3 else 0) for row in events
    )
    form = {"rule0-counts": "on", "rule0-minimum": "4", "rule0-confidence": "one"}
    page = login(bob).post("/datasets/shop/rules/", {**form, "rule0-weight": "1"})
    assert page.content.decode().count("positive, confidence 1") == 3
    none = login(bob).post(
        "/datasets/shop/rules/", {"rule0-confidence": "one", "rule0-weight": "1"}
    )
    assert "nothing to learn from" in none.content.decode()
    wrong = {**form, "rule0-weight": "0"}
    assert login(bob).post("/datasets/shop/rules/", wrong).status_code == 422
    shop.refresh_from_db()
    assert shop.rules[0]["minimum"] == 2.5  # nothing was saved


@pytest.mark.parametrize(
    ("industry", "column", "event", "confidence"),
    [
        ("music", "weight", "play", "log"),
        ("music", "rating", "rating", "one"),  # the column's own name says more
        ("shop", "weight", "view", "one"),  # no event of a shop has a value
        ("", "weight", "view", "one"),
    ],
)
def test_values_without_an_event_count_as_the_chosen_trade_has_it(
    shop: Dataset, industry: str, column: str, event: str, confidence: str
) -> None:
    lines = [f"u{n % 9},a{n % 7},{1 + n % 5}" for n in range(60)]
    mapping = {"user": "user", "item": "artist", "value": column}
    options = {"industry": industry} if industry else {}
    text = "\n".join([f"user,artist,{column}", *lines])
    batch = bring(shop, "interactions", text, accept=True, mapping=mapping, options=options)
    assert batch.state == "loaded", batch.refusal
    shop.refresh_from_db()
    (rule,) = shop.rules
    assert (rule["event"], rule["confidence"]) == (event, confidence)
