"""Rows that were put aside come again: only those, and every row stands in one account."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from recweb.datasets.models import Dataset, Import, Quarantined
from recweb.people.models import User
from tests.datasets.conftest import RATINGS, bring, work_off

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
BAD = "4,,3.0,1298861761\n5,10,99,1298861762\n6,10,4.0,never\n"
# twenty ratings, so that their scale can be told
MANY = "".join(f"{n},31,{n % 5 + 1},{1_298_000_000 + n}\n" for n in range(100, 160))


@pytest.fixture
def dirty(shop: Dataset) -> Import:
    batch = bring(shop, "interactions", RATINGS + MANY + BAD)
    assert (batch.rows_in, batch.accepted, batch.quarantined) == (70, 67, 3)
    return batch


def sound() -> bool:
    return all(
        row.rows_in == row.accepted + row.duplicates + row.quarantined
        for row in Import.objects.all()
    )


def fields(*texts: str) -> dict[str, str]:
    rows = Quarantined.objects.order_by("line")
    return {f"row-{row.pk}": text for row, text in zip(rows, texts, strict=False)}


def test_only_the_changed_rows_come_again(dirty: Import, ann: User, login: Login) -> None:
    client = login(ann)
    url = f"/datasets/shop/imports/{dirty.pk}/mend/"
    page = client.get(url).content.decode()
    assert "5,10,99,1298861762" in page
    assert "userId,movieId,rating,timestamp" in page
    old = [row.text for row in Quarantined.objects.order_by("line")]
    answer = client.post(url, fields("4,1029,3.0,1298861761", old[1], old[2]))
    assert answer["Location"] == "/datasets/shop/check/"
    assert Import.objects.get(pk=dirty.pk).quarantined == 3  # until the row is in
    work_off()
    dirty.refresh_from_db()
    made = Import.objects.get(mends=dirty)
    assert (made.rows_in, made.accepted, made.state) == (1, 1, "loaded")
    assert (dirty.rows_in, dirty.quarantined, dirty.facts["mended"]) == (69, 2, 1)
    assert dirty.reasons == {"value-out-of-range": 1, "time-unreadable": 1}
    assert sound()
    assert dirty.rows_in + made.rows_in == 70
    version = dirty.dataset.version
    assert version is not None
    assert (version.number, version.n_interactions) == (2, 68)
    shown = client.get(f"/datasets/shop/imports/{dirty.pk}/").content.decode()
    assert f"/datasets/shop/imports/{made.pk}/" in shown
    # the file is the same: it has as many rows as before
    words = " ".join(re.sub("<[^>]+>", "", shown).split())
    aside = "67 accepted + 0 duplicates + 2 put aside + 1 sent again, counted in a later file"
    assert aside in words
    files = client.get("/datasets/shop/?tab=versions").content.decode()
    assert '<td class="num">70</td><td class="num">67</td>' in files
    told = client.get(f"/api/v1/datasets/shop/imports/{dirty.pk}/").json()
    assert told["rows_in"] + told["mended"] == 70


def test_a_row_that_is_still_bad_is_put_aside_again(dirty: Import, ann: User, login: Login) -> None:
    url = f"/api/v1/datasets/shop/imports/{dirty.pk}/mend/"
    rows = [
        {"line": 71, "text": "6,10,4.0,1298861763"},
        {"line": 70, "text": "5,10,98,1298861762"},  # the scale of the whole file still holds
    ]
    answer = login(ann).post(url, {"rows": rows}, content_type="application/json")
    assert answer.status_code == 202, answer.content
    assert answer.json()["import"]["mends"] == dirty.pk
    work_off()
    made = Import.objects.get(mends=dirty)
    assert made.state == "loaded"  # half of it is bad, and nobody is asked again
    assert list(made.bad_rows.values_list("line", flat=True)) == [70]  # of the first file
    assert "one-time" not in [note["code"] for note in made.notes]
    dirty.refresh_from_db()
    assert made.reasons == {"value-out-of-range": 1}
    assert (dirty.rows_in, made.rows_in, dirty.quarantined) == (68, 2, 1)
    assert sound()


def test_what_does_not_get_in_waits_where_it_was(dirty: Import, ann: User, login: Login) -> None:
    client = login(ann)
    url = f"/datasets/shop/imports/{dirty.pk}/mend/"
    client.post(url, fields("4,1029,99,1298861761"))
    again = client.post(url, fields("4,1029,98,1298861761"))
    assert again.status_code == 422  # somebody is at it already
    work_off()
    made = Import.objects.get(mends=dirty)
    assert (made.state, made.path.exists()) == ("cancelled", False)
    assert not Quarantined.objects.exclude(mend=None).exists()
    dirty.refresh_from_db()
    assert (dirty.rows_in, dirty.quarantined) == (70, 3)
    assert dirty.reasons == {"value-out-of-range": 2, "time-unreadable": 1}  # the id is there now
    assert (
        "None of the mended rows is right yet"
        in client.get("/datasets/shop/check/").content.decode()
    )
    assert 'value="4,1029,99,1298861761"' in client.get(url).content.decode()
    client.post(url, fields("4,1029,5,1298861761"))
    work_off()
    dirty.refresh_from_db()
    assert (dirty.rows_in, dirty.quarantined, sound()) == (69, 2, True)


@pytest.mark.parametrize(
    ("text", "options", "good", "rows"),
    [
        ("ann 7 8\nbob 9 7\nann 9\n", {"format": "sequences"}, "cat 9 8", 2),
        ("ann,7,4\nbob,8,5\ncat,9,x\n", {"header": False}, "cat,9,5", 1),
    ],
)
def test_rows_of_a_file_without_a_header_are_mended(
    shop: Dataset, ann: User, login: Login, text: str, options: Any, good: str, rows: int
) -> None:
    columns = {"user": "1", "item": "2", "value": "3"} if "header" in options else None
    batch = bring(
        shop, "interactions", text, "a.txt", accept=True, options=options, mapping=columns
    )
    assert list(batch.bad_rows.values_list("line", flat=True)) == [3]
    login(ann).post(f"/datasets/shop/imports/{batch.pk}/mend/", fields(good))
    work_off()
    made = Import.objects.get(mends=batch)
    assert (made.state, made.quarantined, made.rows_in) == ("loaded", 0, rows)


@pytest.mark.parametrize("text", ["a\nb", "x" * 20_001, "", " "])
def test_a_row_is_one_line_and_says_something(
    dirty: Import, ann: User, login: Login, text: str
) -> None:
    url = f"/api/v1/datasets/shop/imports/{dirty.pk}/mend/"
    body = {"rows": [{"line": 70, "text": text}]}
    answer = login(ann).post(url, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["row"]) == (422, 70)
    assert Import.objects.count() == 1


@pytest.mark.parametrize("rows", [None, [], [7], [{"line": "7", "text": ""}], [{"line": 5}]])
def test_what_is_sent_must_be_rows(dirty: Import, ann: User, login: Login, rows: Any) -> None:
    url = f"/api/v1/datasets/shop/imports/{dirty.pk}/mend/"
    answer = login(ann).post(url, {"rows": rows}, content_type="application/json")
    assert answer.status_code == 422


def test_nothing_changed_is_said(dirty: Import, ann: User, login: Login) -> None:
    old = [row.text for row in Quarantined.objects.order_by("line")]
    answer = login(ann).post(f"/datasets/shop/imports/{dirty.pk}/mend/", fields(*old))
    assert answer.status_code == 422
    assert "No row was changed" in answer.content.decode()
