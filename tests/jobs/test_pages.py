"""/jobs/, /jobs/<id>/ and the block that renews itself."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from recweb.jobs import ends, fence, logfile, orders
from recweb.jobs.models import Job, State
from recweb.people.models import User

At = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def order(owner: User, kind: str = "test-count", **params: object) -> Job:
    return orders.order(kind, owner=owner, title=f"Count & <b>{owner}</b>", params=params)


def running(owner: User) -> Job:
    order(owner)
    job = fence.claim("quick", "here:1")
    assert job is not None
    return job


def test_the_table_shows_mine(ann: User, at: At) -> None:
    job = order(ann)
    page = at(ann).get("/jobs/").content.decode()
    assert f"/jobs/{job.pk}/" in page
    assert "Count &amp; &lt;b&gt;ann&lt;/b&gt;" in page


def test_the_table_needs_a_login(client: Client) -> None:
    assert client.get("/jobs/").status_code == 302


def test_strangers_see_nothing(ann: User, bob: User, at: At) -> None:
    job = order(ann)
    client = at(bob)
    assert f"/jobs/{job.pk}/" not in client.get("/jobs/").content.decode()
    for path in ("", "block/", "log/"):
        assert client.get(f"/jobs/{job.pk}/{path}").status_code == 404
    for path in ("cancel/", "retry/"):
        assert client.post(f"/jobs/{job.pk}/{path}").status_code == 404
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_an_admin_sees_all(ann: User, ada: User, at: At) -> None:
    assert at(ada).get(f"/jobs/{order(ann).pk}/").status_code == 200


def test_it_filters_by_state_and_kind(ann: User, at: At) -> None:
    waiting, other = order(ann), order(ann, "test-fail")
    orders.cancel(other)
    page = at(ann).get("/jobs/?state=live").content.decode()
    assert f'"/jobs/{waiting.pk}/"' in page and f'"/jobs/{other.pk}/"' not in page
    page = at(ann).get("/jobs/?kind=test-fail").content.decode()
    assert f'"/jobs/{waiting.pk}/"' not in page and f'"/jobs/{other.pk}/"' in page


def test_an_empty_table_says_so(ann: User, at: At) -> None:
    assert "Nothing runs." in at(ann).get("/jobs/").content.decode()


def test_a_silent_worker_is_named(ann: User, at: At) -> None:
    page = at(ann).get("/jobs/").content.decode()
    assert "worker:train" in page and "celery -A recweb worker" in page


@pytest.mark.parametrize("path", ["cancel/", "retry/"])
def test_changing_refuses_get(ann: User, at: At, path: str) -> None:
    assert at(ann).get(f"/jobs/{order(ann).pk}/{path}").status_code == 405


def test_cancel_of_a_waiting_job(ann: User, at: At) -> None:
    job = order(ann)
    assert at(ann).post(f"/jobs/{job.pk}/cancel/").status_code == 302
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def test_the_block_renews_itself_until_the_end(ann: User, at: At) -> None:
    job, client = running(ann), at(ann)
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert f"/jobs/{job.pk}/block/?stamp={job.stamp}" in page and "every 1s" in page
    assert client.get(f"/jobs/{job.pk}/block/?stamp={job.stamp}").status_code == 204
    fence.beat(job.pk, job.attempt, done=3, total=10, step="epoch 3", unit="epochs")
    answer = client.get(f"/jobs/{job.pk}/block/?stamp={job.stamp}")
    assert answer.status_code == 200 and "epoch 3" in answer.content.decode()
    ends.end(job.pk, job.attempt, State.DONE)
    answer = client.get(f"/jobs/{job.pk}/block/?stamp={job.stamp}")
    assert answer.status_code == 286 and answer["HX-Trigger"] == "job-done"
    assert "every" not in answer.content.decode()


def test_a_new_state_is_called_out_once_and_the_facts_know_it(ann: User, at: At) -> None:
    job, client = order(ann), at(ann)
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert not {"Begun", "Ended", "Attempt"} & set(re.findall(r"<dt>(\w+)</dt>", page))
    fence.claim("quick", "here:1")
    answer = client.get(f"/jobs/{job.pk}/block/?stamp={job.stamp}")
    assert answer["HX-Trigger"] == "job-state" and "running" in answer.content.decode()
    seen = Job.objects.get(pk=job.pk).stamp
    fence.beat(job.pk, 1, done=3, total=10, step="epoch 3", unit="epochs")
    assert "HX-Trigger" not in client.get(f"/jobs/{job.pk}/block/?stamp={seen}").headers
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert {"Begun", "Attempt"} <= set(re.findall(r"<dt>(\w+)</dt>", page))


def test_the_place_in_line_moves_up(ann: User, at: At) -> None:
    first, second = order(ann), order(ann)
    assert second.place == 2
    orders.cancel(first)
    answer = at(ann).get(f"/jobs/{second.pk}/block/?stamp={second.stamp}")
    assert "number 1 in line" in answer.content.decode()


def test_the_end_takes_the_cancel_button_away(ann: User, at: At) -> None:
    job, client = running(ann), at(ann)
    seen = job.stamp
    ends.end(job.pk, job.attempt, State.FAILED, "The disk is full.")
    page = client.get(f"/jobs/{job.pk}/block/?stamp={seen}").content.decode()
    assert "The disk is full." in page and "Retry" in page
    assert f"/jobs/{job.pk}/cancel/" not in page


def test_the_trace_is_for_the_admin(ann: User, ada: User, at: At) -> None:
    job = running(ann)
    ends.end(job.pk, job.attempt, State.FAILED, "Words.", "Traceback: inner matters")
    assert "inner matters" not in at(ann).get(f"/jobs/{job.pk}/").content.decode()
    assert "inner matters" in at(ada).get(f"/jobs/{job.pk}/").content.decode()


def test_the_log_goes_on_where_it_stopped(ann: User, at: At) -> None:
    job, client = running(ann), at(ann)
    logfile.path(job.pk).unlink(missing_ok=True)
    logfile.write(job.pk, "one <b>")
    first = client.get(f"/jobs/{job.pk}/log/?after=0").json()
    assert first["lines"][0].endswith("one <b>") and not first["ended"]
    assert client.get(f"/jobs/{job.pk}/log/?after={first['after']}").json()["lines"] == []
    logfile.write(job.pk, "two")
    assert len(client.get(f"/jobs/{job.pk}/log/?after={first['after']}").json()["lines"]) == 1
    assert "one &lt;b&gt;" in client.get(f"/jobs/{job.pk}/").content.decode()
    whole = b"".join(client.get(f"/jobs/{job.pk}/log/").streaming_content)
    assert whole.count(b"\n") == 2


@pytest.mark.parametrize("after", ["-1", "x", "9" * 5000, "٣"])
def test_a_wrong_offset_does_no_harm(ann: User, at: At, after: str) -> None:
    assert at(ann).get(f"/jobs/{order(ann).pk}/log/", {"after": after}).status_code == 200


def test_a_page_takes_few_queries(ann: User, at: At, django_assert_max_num_queries: object) -> None:
    for _ in range(15):
        order(ann)
    client = at(ann)
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        assert client.get("/jobs/").status_code == 200
