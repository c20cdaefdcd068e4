import json
from typing import Any

import pytest
from django.urls import reverse

from recweb.jobs import logfile
from recweb.jobs.models import Job
from recweb.labeling import prelabels
from recweb.labeling.models import Label, PreLabel, Queue
from recweb.labeling.orders import Refused
from recweb.people.models import User
from tests.datasets.conftest import work_off
from tests.experiments.conftest import Login
from tests.training.endpoint.server import Server, Talk, serving

pytestmark = pytest.mark.django_db
KEY = "sk-secret-0123456789"


def grading(talk: Talk, seen: dict[str, Any]) -> None:
    """2 for each film of an even number, and things that nobody asked for."""
    asked = json.loads(seen["body"]["messages"][1]["content"])
    grades: dict[str, Any] = {
        number: 2 if int(title.split()[1]) % 2 == 0 else 0
        for number, title in asked["candidates"].items()
    }
    talk.say(json.dumps({"grades": {**grades, "99": 3, "tt01": 1, "0": 2}}))


def switched_on(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"URL": server.url, "MODEL": "tiny", "KEY": KEY, "TRIES": "2"}.items():
        monkeypatch.setenv(f"LLM_{name}", value)


def test_each_sample_gets_one_and_the_page_says_how_far_people_agree(
    queue: Queue, bob: User, dan: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, page = login(bob), reverse("queue-prelabel", args=[queue.pk])
    assert page in client.get(reverse("queue", args=[queue.pk])).content.decode()
    monkeypatch.delenv("LLM_URL", raising=False)
    assert "Ask for pre-labels" not in client.get(page).content.decode()
    with serving(grading) as server:
        switched_on(server, monkeypatch)
        assert "Ask for pre-labels" in client.get(page).content.decode()
        assert client.post(reverse("queue-prelabel", args=[queue.pk])).status_code == 302
        assert not server.seen  # a page's request asks nobody
        with pytest.raises(Refused, match="already"):
            prelabels.order(queue, bob)
        job = work_off("train")
        assert job.state == "done", job.error or job.trace
        asked = [seen["body"]["messages"][1]["content"] for seen in server.seen]
    guesses = dict(PreLabel.objects.values_list("sample__item_code", "value"))
    assert guesses == {code: 2 * (code % 2 == 0) for code in range(queue.size)}
    assert "Film 1" in " ".join(asked) and KEY not in str(logfile.read(job.pk))
    assert f"dropped {3 * len(asked)} entries" in str(logfile.read(job.pk))
    for sample in queue.samples.filter(order__lt=4):
        same = sample.item_code != 3
        value = guesses[sample.item_code] if same else 3
        Label.objects.create(sample=sample, annotator=dan, value=value, lease=job_token())
    shown = prelabels.shown(queue)
    assert shown is not None and (shown["both"], shown["equal"]) == (4, 0.75)
    text = client.get(page).content.decode()
    assert "People answered 4 of them, and 75" in text and "Cohen" in text
    with pytest.raises(Refused, match="Every sample"):
        prelabels.order(queue, bob)


def job_token() -> Any:
    import uuid

    return uuid.uuid4()


def test_who_labels_sees_none_of_it_and_may_not_order(
    queue: Queue, dan: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    PreLabel.objects.bulk_create(
        [PreLabel(sample=sample, value=3, model="tiny-secret") for sample in queue.samples.all()]
    )
    client = login(dan)
    text = client.get(reverse("label", args=[queue.pk])).content.decode()
    assert "Film" in text and "tiny-secret" not in text and "re-label" not in text
    part = reverse("queue-prelabel", args=[queue.pk])
    assert client.post(part).status_code == client.get(part).status_code == 403
    assert not Job.objects.exists()


def test_what_was_answered_stays_when_the_endpoint_goes_away(
    queue: Queue, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once(talk: Talk, seen: dict[str, Any]) -> None:
        if seen["number"] == 1:
            grading(talk, seen)
        else:
            talk.send(str(seen["headers"]), 401)

    with serving(once) as server:
        switched_on(server, monkeypatch)
        monkeypatch.setenv("LLM_PARALLEL", "1")
        prelabels.order(queue, bob)
        job = work_off("train")
    assert job.state == "failed" and "correct LLM_KEY" in job.error
    assert KEY not in job.error + job.trace + str(logfile.read(job.pk))
    kept = PreLabel.objects.count()
    assert 0 < kept < queue.size
    with serving(grading) as server:
        switched_on(server, monkeypatch)
        prelabels.order(queue, bob)
        assert work_off("train").state == "done"
    assert PreLabel.objects.count() == queue.size


def test_the_api_orders_it_and_refuses_without_an_endpoint(
    queue: Queue, bob: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LLM_URL", raising=False)
    url, client = reverse("api-queue-prelabel", args=[queue.pk]), login(bob)
    answer = client.post(url, {}, content_type="application/json")
    assert answer.status_code in (409, 422) and "LLM_URL" in answer.json()["error"]["message"]
    monkeypatch.setenv("LLM_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("LLM_MODEL", "tiny")
    answer = client.post(url, {}, content_type="application/json")
    assert answer.status_code == 202 and answer.json()["job"]["kind"] == "prelabel"
