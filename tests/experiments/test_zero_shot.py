import json
from typing import Any

import pytest

from recweb.datasets.models import Dataset
from recweb.experiments import orders, shelf
from recweb.jobs import logfile
from recweb.people.models import User
from tests.datasets.conftest import work_off
from tests.experiments.conftest import Login, trained
from tests.training.endpoint.server import Talk, serving

pytestmark = pytest.mark.django_db
KEY = "sk-secret-0123456789"
PARAMS = {"first": "pop", "people": 5}


def first_to_last(talk: Talk, seen: dict[str, Any]) -> None:
    offered = json.loads(seen["body"]["messages"][1]["content"])["candidates"]
    talk.say(json.dumps({"order": [*map(int, reversed(offered)), 4711]}))


def test_a_run_asks_the_endpoint_and_says_what_was_dropped(
    films: Dataset, ann: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LLM_URL", raising=False)
    with pytest.raises(orders.Refused, match="LLM_URL and LLM_MODEL"):
        orders.start(films, model="zero_shot", owner=ann, split="random")
    with serving(first_to_last) as server:
        monkeypatch.setenv("LLM_URL", server.url)
        monkeypatch.setenv("LLM_MODEL", "tiny")
        monkeypatch.setenv("LLM_KEY", KEY)
        assert login(ann).get("/experiments/new/?dataset=shop").status_code == 200
        assert not server.seen  # a page asks nobody
        place = next(place for place in shelf.plan(films.version).refused
                     if place.model == "zero_shot")  # fmt: skip
        assert "another host" in place.refused  # one click on the shelf sends nothing away
        run = trained(films, ann, "zero_shot", split="random", params=PARAMS)
        assert len(server.seen) == 5
    assert "Dropped: 5 entries that were not offered" in run.split_facts["notes"][0]["en"]
    page = login(ann).get(f"/experiments/{run.pk}/").content.decode()
    assert "Dropped: 5 entries" in page and KEY not in page


def test_a_refused_key_is_said_and_never_shown(
    films: Dataset, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda talk, seen: talk.send(str(seen["headers"]), 401)) as server:
        for name, value in {"URL": server.url, "MODEL": "tiny", "KEY": KEY}.items():
            monkeypatch.setenv(f"LLM_{name}", value)
        orders.start(films, model="zero_shot", owner=ann, split="random", params=PARAMS)
        job = work_off("train")
    assert job.state == "failed" and "correct LLM_KEY" in job.error
    assert KEY not in job.error + job.trace + str(logfile.read(job.pk))
