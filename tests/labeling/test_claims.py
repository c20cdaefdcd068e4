"""Fifty annotators at one queue (FLT-10), leases that really run out (FLT-11), double submits
(FLT-12), a web server that is killed (FLT-13). Real connections, real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, urlopen

import psutil
import pytest
from django.db import connection
from django.test import Client

from recweb.datasets.models import Dataset, Member
from recweb.labeling import answers, claims
from recweb.labeling.models import Label, Lease, Queue, Sample
from recweb.people.models import Token, User
from tests.datasets.conftest import person
from tests.killing import kill_all
from tests.labeling import crowd
from tests.labeling.conftest import make_queue

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent
PEOPLE = 50


@pytest.fixture
def shop(transactional_db: None) -> Dataset:
    return Dataset.objects.create(slug="shop", name="Shop", owner=person("ann", "Admin"))


@pytest.fixture
def annotators(shop: Dataset) -> list[User]:
    made = [person(f"n{n}", "Annotator") for n in range(PEOPLE)]
    Member.objects.bulk_create(Member(dataset=shop, user=user) for user in made)
    return made


def size(pytestconfig: pytest.Config) -> int:
    return 5000 if pytestconfig.getoption("--long") else 500


def test_fifty_people_never_share_a_sample(
    shop: Dataset, annotators: list[User], pytestconfig: pytest.Config
) -> None:
    n = size(pytestconfig)
    queue = make_queue(shop, shop.owner, size=n)
    seen = crowd.work(queue, annotators)
    assert (crowd.counted(queue), crowd.doubles(queue), seen.refused) == (n, 0, 0)
    assert Sample.objects.filter(queue=queue).exclude(wanted=0).count() == 0


def test_three_people_each_when_three_are_asked(shop: Dataset, annotators: list[User]) -> None:
    queue = make_queue(shop, shop.owner, size=60, overlap=3)
    crowd.work(queue, annotators)
    assert (crowd.counted(queue), crowd.doubles(queue)) == (180, 0)
    given = Label.objects.values_list("sample", "annotator")
    assert len(set(given)) == 180


def test_without_the_row_lock_the_same_test_finds_doubles(
    shop: Dataset, annotators: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard is what keeps them apart: a claim that does not lock its row, and a column whose
    constraint does not stop it, hand one sample to several people."""
    monkeypatch.setattr(claims, "ROW_LOCK", "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'labeling_sample'::regclass "
            "AND contype = 'c' AND conname LIKE '%wanted%'"
        )
        (name,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE labeling_sample DROP CONSTRAINT {name}")
    try:
        queue = make_queue(shop, shop.owner, size=500)
        crowd.work(queue, annotators)
        assert crowd.doubles(queue) > 10
    finally:
        Queue.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE labeling_sample ADD CONSTRAINT {name} CHECK (wanted >= 0)")


def test_a_lease_runs_out_by_the_databases_clock(
    shop: Dataset, annotators: list[User], settings: Any
) -> None:
    settings.LABEL_LEASE_SECONDS = 1.0
    dan, eva = annotators[:2]
    queue = make_queue(shop, shop.owner, size=1)
    mine = claims.take(queue, dan)[0]
    assert claims.take(queue, eva) == []
    until = time.monotonic() + 10
    while not (theirs := claims.take(queue, eva)):
        assert time.monotonic() < until, "the queue stuck"
        time.sleep(0.05)
    assert theirs[0].sample_id == mine.sample_id
    assert Lease.objects.get(token=mine.token).state == "lost"
    late = answers.answer(mine.sample_id, mine.token, dan, answers.Given(1))
    good = answers.answer(mine.sample_id, theirs[0].token, eva, answers.Given(3))
    assert (late.late, good.late) == (True, False)
    assert Label.objects.count() == 2 and Sample.objects.get().wanted == 0


def test_twenty_posts_at_once_are_one_label(shop: Dataset, annotators: list[User]) -> None:
    queue = make_queue(shop, shop.owner, size=1)
    dan = annotators[0]
    held = claims.take(queue, dan)[0]
    path = f"/api/v1/queues/{queue.pk}/samples/{held.sample_id}/label/"
    body = {"lease": str(held.token), "value": 2, "seconds": 1.5}
    token = Token.make(dan, "t")

    def post(headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            answer = Client().post(
                path, body, content_type="application/json",
                headers={"Authorization": f"Token {token}", **headers},
            )  # fmt: skip
            return answer.status_code, answer.content
        finally:
            connection.close()

    for headers in ({"Idempotency-Key": "same"}, {}):
        with ThreadPoolExecutor(20) as pool:
            found = set(pool.map(post, [headers] * 20))
        assert len(found) == 1 and found.pop()[0] == 200
        assert Label.objects.count() == 1


class Web:
    """gunicorn on the test's own database; kill -9 takes its workers, once also its master."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = log
        self.start()

    def start(self) -> None:
        parts = urlsplit(os.environ["DATABASE_URL"])
        name = connection.settings_dict["NAME"]
        env = {
            **os.environ,
            "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
            "DJANGO_SETTINGS_MODULE": "recweb.settings",
            "RECWEB_WEB": "1",
        }
        words = ["gunicorn", "recweb.wsgi:application", "--bind", f"127.0.0.1:{self.port}"]
        words += ["--worker-class", "gthread", "--workers", "1", "--threads", "4", "--preload"]
        with self.log.open("a") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words, "--no-control-socket"],
                cwd=ROOT, env=env, stdout=out, stderr=out,
            )  # fmt: skip

    def kill(self, whole: bool) -> None:
        kill_all(psutil.Process(self.process.pid).children())
        if whole:
            self.process.kill()
            self.process.wait()
            self.start()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def post(self, path: str, token: str, body: dict[str, Any], key: str = "") -> Any:
        request = Request(
            f"http://127.0.0.1:{self.port}/api/v1/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Token {token}",
             **({"Idempotency-Key": key} if key else {})},
        )  # fmt: skip
        with urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def insist(self, path: str, token: str, body: dict[str, Any], key: str = "") -> Any:
        """As a client does: the same request again until the server has answered it."""
        until = time.monotonic() + 60
        while True:
            try:
                return self.post(path, token, body, key)
            except HTTPError as error:
                assert error.code >= 500, error.read()
            except (URLError, OSError, HTTPException):  # cut off in the middle: not acknowledged
                pass
            assert time.monotonic() < until, self.log.read_text()[-2000:]
            time.sleep(0.05)


@pytest.fixture
def web(tmp_path: Path, transactional_db: None) -> Iterator[Web]:
    made = Web(tmp_path / "web.log")
    yield made
    made.stop()


@pytest.mark.fault
def test_no_acknowledged_label_is_lost_when_the_web_server_is_killed(
    web: Web, shop: Dataset, annotators: list[User], pytestconfig: pytest.Config
) -> None:
    n, kills = (2000, 5) if pytestconfig.getoption("--long") else (200, 3)
    queue = make_queue(shop, shop.owner, size=n)
    people = [(user, Token.make(user, "t")) for user in annotators[:4]]
    acknowledged: dict[int, tuple[int, int]] = {}  # label -> sample, value
    over = threading.Event()

    def label(row: tuple[User, str]) -> None:
        _user, token = row
        while (found := web.insist(f"queues/{queue.pk}/next/", token, {})) is not None:
            sample, value = found["sample"], found["sample"] % 4
            body = {"lease": found["lease"], "value": value}
            made = web.insist(
                f"queues/{queue.pk}/samples/{sample}/label/", token, body, key=found["lease"]
            )
            acknowledged[made["id"]] = (sample, value)

    def murder() -> None:
        for turn in range(kills):
            while len(acknowledged) < n * (turn + 1) // (kills + 1):
                if over.wait(0.02):
                    return
            web.kill(whole=turn == 1)

    web.insist(f"queues/{queue.pk}/next/", people[0][1], {})
    with ThreadPoolExecutor(len(people) + 1) as pool:
        killer = pool.submit(murder)
        try:
            list(pool.map(label, people))
        finally:
            over.set()
        killer.result()
    kept = {
        label: (sample, value)
        for label, sample, value in Label.objects.values_list("pk", "sample", "value")
    }
    assert len(acknowledged) == n
    assert {label: kept.get(label) for label in acknowledged} == acknowledged
    assert len(kept) == n and crowd.doubles(queue) == 0
