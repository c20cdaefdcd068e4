"""One uploaded file: its account, its bad rows, the decision about it."""

from typing import Any

import pytest

from recweb.datasets import scrub, tasks
from recweb.datasets.models import Dataset
from recweb.jobs.models import Job, State
from recweb.people.models import User
from tests.datasets.conftest import BAD, RATINGS, TABS, Login, bring, text_of, work_off

pytestmark = pytest.mark.django_db


def test_bad_rows_are_shown_with_reason_and_a_harmless_csv(
    shop: Dataset, ann: User, login: Login
) -> None:
    batch = bring(shop, "interactions", BAD)
    client = login(ann)
    page = text_of(client.get(f"/datasets/shop/imports/{batch.pk}/"))
    assert "is not a number" in page
    assert "Import the 7 good rows" in page
    csv = client.get(f"/datasets/shop/imports/{batch.pk}/bad-rows.csv")
    body = b"".join(csv.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "attachment" in csv["Content-Disposition"]
    assert not any(line.startswith(("=", '"=')) for line in body.split(","))
    decided = client.post(f"/datasets/shop/imports/{batch.pk}/decide/", {"decision": "accept"})
    assert decided.status_code == 302
    work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.accepted, batch.quarantined) == ("loaded", 7, 1)


def test_lists_of_files_do_not_ask_for_each(
    loaded: Dataset, ann: User, login: Login, django_assert_max_num_queries: Any
) -> None:
    for n in range(7):
        assert bring(loaded, "interactions", f"{BAD}{n},31,worse,1\n").state == "waiting"
    client = login(ann)
    job = loaded.imports.latest("pk").job  # and one more is under way
    Job.objects.filter(pk=job.pk).update(state=State.QUEUED, finished=None)
    tabs = [f"/datasets/shop/?tab={tab}" for tab in TABS]
    asked = [f"{tabs[1]}{more}" for more in ("&user=1", "&event=rating", "&user=1&item=31")]
    for path in ("/datasets/shop/check/", *tabs, *asked):
        with django_assert_max_num_queries(15):
            assert client.get(path).status_code == 200, path
    with django_assert_max_num_queries(15):
        rows = client.get("/api/v1/datasets/shop/imports/").json()["results"]
    assert len(rows) == 9
    jobs = {batch.pk: batch.job.pk for batch in loaded.imports.all() if batch.job}
    assert {row["id"]: row["job"] for row in rows} == jobs


def test_an_analyst_may_not_decide(shop: Dataset, bob: User, login: Login) -> None:
    batch = bring(shop, "interactions", BAD)
    client = login(bob)
    assert "An admin decides." in text_of(client.get(f"/datasets/shop/imports/{batch.pk}/"))
    answer = client.post(f"/datasets/shop/imports/{batch.pk}/decide/", {"decision": "accept"})
    assert answer.status_code == 403


def test_sec_15_an_upload_never_comes_back_as_a_page(
    shop: Dataset, ann: User, bob: User, login: Login, settings: Any
) -> None:
    evil = b"user,item\n<html><script>alert(1)</script>,x\n"
    batch = bring(shop, "interactions", evil, "x.html")
    path = f"/datasets/shop/imports/{batch.pk}/file/"
    answer = login(ann).get(path)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert login(bob).get(path).status_code == 403
    stored = [path.name for path in settings.UPLOADS.iterdir()]
    assert stored == [batch.stored]
    assert (settings.UPLOADS / batch.stored).stat().st_mode & 0o777 == 0o600


def test_a_file_that_no_mapping_mends_is_uploaded_corrected_or_discarded(
    shop: Dataset, ann: User, login: Login, django_capture_on_commit_callbacks: Any
) -> None:
    torn = "userId,movieId,rating,timestamp\n" + '1,"31,2.5,1260759144\n' * 9
    batch = bring(shop, "interactions", torn)
    client, here = login(ann), f"/datasets/shop/imports/{batch.pk}/"
    assert batch.refusal is not None
    assert batch.refusal["code"] == "quote-unclosed"
    shown = text_of(client.get(here))
    assert 'value="again"' not in shown
    assert "Upload a corrected file" in shown
    assert 'id="next"' not in text_of(client.get("/datasets/shop/check/"))
    bring(shop, "interactions", RATINGS, "corrected.csv")
    assert 'id="next"' in text_of(client.get("/datasets/shop/check/"))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{here}decide/", {"decision": "discard"})
    batch.refresh_from_db()
    assert (batch.state, batch.path.exists()) == ("cancelled", False)
    assert 'id="next"' in text_of(client.get("/datasets/shop/check/"))


def test_a_discarded_file_keeps_its_reasons_and_offers_no_rows(
    shop: Dataset, ann: User, login: Login
) -> None:
    batch = bring(shop, "interactions", RATINGS + "4,31,nonsense,1260759144\n" * 2)
    client, here = login(ann), f"/datasets/shop/imports/{batch.pk}/"
    waiting = text_of(client.get(here))
    assert f"{here}bad-rows.csv" in waiting
    assert '<strong class="num">× 2</strong>' in waiting
    beside = text_of(client.get("/datasets/shop/check/"))  # where the admin decides
    assert '<strong class="num">× 2</strong>' in beside and "such as: " in beside
    client.post(f"{here}decide/", {"decision": "discard"})
    shown = text_of(client.get(here))
    assert "“nonsense” is not a number" in shown
    assert "value-unreadable" not in shown
    assert "bad-rows.csv" not in shown
    assert scrub.everywhere(shop, "nonsense")["bad_rows"] == 0
    assert "“…” is not a number" in text_of(client.get(here))


def test_a_reason_names_whole_numbers_as_people_write_them() -> None:
    said = tasks.words("value-out-of-range", {"value": "99", "low": 0.5, "high": 5.0})
    assert said == "“99” is outside 0.5 to 5"
