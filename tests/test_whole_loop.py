"""The loop through the HTTP API alone: upload, train, tune, publish, recommend, label, retrain.

Real Postgres, Valkey, web server and workers; data with planted taste, so what is right is known.
"""

import json
import time
import uuid
from collections import Counter
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
import pytest

from tests import planted
from tests.stack import Stack

pytestmark = pytest.mark.fault


class Api:
    def __init__(self, stack: Stack, role: str) -> None:
        self.base = f"{stack.base_url}/api/v1/"
        self.token = stack.credentials["users"][role]["token"]

    def call(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Token {self.token}"}
        if body is not None:
            headers |= {"Content-Type": kind, "Idempotency-Key": uuid.uuid4().hex}
        request = Request(self.base + path, data=body, headers=headers, method=method)
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def get(self, path: str, **query: Any) -> Any:
        status, found = self.call("GET", f"{path}?{urlencode(query)}" if query else path)
        assert status == 200, (path, status, found)
        return found

    def post(self, path: str, body: dict[str, Any] | None = None, *wanted: int) -> Any:
        status, found = self.call("POST", path, json.dumps(body or {}).encode())
        assert status in (wanted or (200, 201, 202)), (path, status, found)
        return found

    def upload(self, path: str, text: str, name: str, **fields: str) -> Any:
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        ]
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: text/csv\r\n\r\n{text}\r\n--{mark}--\r\n"
        )
        body = "".join(parts).encode()
        status, found = self.call("POST", path, body, f"multipart/form-data; boundary={mark}")
        assert status in (201, 202), (status, found)
        return found

    def wait(self, job: dict[str, Any], seconds: float = 90) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while True:
            row: dict[str, Any] = self.get(f"jobs/{job['id']}/")
            if row["state"] in ("done", "failed", "cancelled"):
                assert row["state"] == "done", row
                return row
            assert time.monotonic() < until, row
            time.sleep(0.1)


def test_the_whole_loop(stack: Stack) -> None:
    admin, analyst, annotator = (Api(stack, role) for role in ("admin", "analyst", "annotator"))
    made = planted.files(n_users=240, n_items=180)
    slug = upload(admin, made, [analyst, annotator], stack)
    ease, _pop = train(analyst, slug)
    weight = tune(analyst, ease)
    policy = publish(analyst, slug, ease, weight)
    assert (policy["state"], policy["dataset"]) == ("published", slug)
    assert recommend(analyst, slug, made) > 2 / len(planted.TOPICS), "the planted taste should lead"
    queue = label(analyst, annotator, ease, made)
    facts = retrain(analyst, queue, ease)
    assert facts["n"] == 30 == sum(facts["by_arm"].values())
    assert 0 < facts["n_relevant"] <= 30


def upload(admin: Api, made: planted.Files, members: list[Api], stack: Stack) -> str:
    slug = f"planted-{uuid.uuid4().hex[:8]}"
    users = [stack.credentials["users"][role]["username"] for role in ("analyst", "annotator")]
    admin.post("datasets/", {"slug": slug, "name": "Planted", "members": users})
    for kind, text in (("items", made.items), ("interactions", made.ratings)):
        found = admin.upload(f"datasets/{slug}/imports/", text, f"{kind}.csv", kind=kind)
        admin.wait(found["job"])
    rows = admin.get(f"datasets/{slug}/imports/")["results"]
    for row in rows:
        assert row["rows_in"] == row["accepted"] + row["duplicates"] + row["quarantined"]
    assert members[0].get(f"datasets/{slug}/")["slug"] == slug
    return slug


def train(analyst: Api, slug: str) -> tuple[dict[str, Any], dict[str, Any]]:
    runs = []
    for model, params in (("pop", {}), ("ease", {"l2": 50.0})):
        found = analyst.post(
            "experiments/", {"dataset": slug, "model": model, "params": params, "split": "auto"}
        )
        analyst.wait(found["job"])
        runs.append(found)
    pop, ease = (analyst.get(f"experiments/{run['id']}/") for run in runs)
    metrics = analyst.get(f"experiments/{ease['id']}/metrics/", against=pop["id"])
    assert "test" not in metrics or not metrics["test"]
    part = metrics["validation"]
    assert part["ndcg@10"]["lo"] < part["ndcg@10"]["mean"] < part["ndcg@10"]["hi"]
    return ease, pop


def tune(analyst: Api, run: dict[str, Any]) -> float:
    found = analyst.post(f"experiments/{run['id']}/frontier/")
    if "job" in found:
        analyst.wait(found["job"])
    points = analyst.get(f"experiments/{run['id']}/frontier/", reranker="mmr")["points"]
    ild = [point["ild@10"]["mean"] for point in points]
    assert len(ild) == 21 and ild[-1] > ild[0]
    lists = analyst.get(f"experiments/{run['id']}/lists/", user="u0", diversity=0.3, k=10)
    assert len(lists["items"]) == 10
    return 0.3


def publish(analyst: Api, slug: str, run: dict[str, Any], weight: float) -> dict[str, Any]:
    wanted = {
        "experiment": run["id"],
        "diversity": weight,
        "highest": 0.6,
        "comment": "the whole loop",
        "name": "loop",
    }
    policy = analyst.post("policies/", wanted)
    analyst.wait(analyst.post(f"policies/{policy['id']}/publish/")["job"])
    row: dict[str, Any] = analyst.get(f"policies/{policy['id']}/")
    return row


def recommend(analyst: Api, slug: str, made: planted.Files) -> float:
    """The share of twelve people's lists that is of their planted taste."""
    seen = {line.split(",")[1] for line in made.ratings.splitlines() if line.startswith("u0,")}
    answer = analyst.get("recommend/", dataset=slug, user="u0", k=10)
    ids = [row["item"] for row in answer["items"]]
    assert len(ids) == 10 and not seen & set(ids) and not answer["fallback"]
    plain = analyst.get("recommend/", dataset=slug, user="u0", k=10, diversity=0)
    assert plain["ild"] <= answer["ild"]
    shares = []
    for user in range(12):
        rows = analyst.get("recommend/", dataset=slug, user=f"u{user}", k=10, diversity=0)["items"]
        taste = user % len(planted.TOPICS)
        shares.append(np.mean([made.topic[int(row["item"][1:])] == taste for row in rows]))
    stranger = analyst.get("recommend/", dataset=slug, user="nobody", k=5)
    assert stranger["fallback"] is True and len(stranger["items"]) == 5
    status, refused = analyst.call("GET", f"recommend/?dataset={slug}&user=u0&diversity=0.9")
    assert status == 400 and refused["error"]["field"] == "diversity"
    return float(np.mean(shares))


def label(analyst: Api, annotator: Api, run: dict[str, Any], made: planted.Files) -> dict[str, Any]:
    """The annotator answers by what the history shows, as a person would."""
    found = analyst.post("queues/", {"experiment": run["id"], "name": "loop", "size": 40})
    analyst.wait(found["job"])
    queue: dict[str, Any] = found["queue"]
    for _ in range(30):
        held = annotator.post(f"queues/{queue['id']}/next/")
        taste = Counter(topic for row in held["history"] for topic in row["topics"])
        liked = taste.most_common(1)[0][0] in held["item"]["topics"]
        annotator.post(
            f"queues/{queue['id']}/samples/{held['sample']}/label/",
            {"lease": held["lease"], "value": 3 if liked else 0, "seconds": 1.5},
        )
    assert annotator.get(f"queues/{queue['id']}/progress/")["mine"] == 30
    return queue


def retrain(analyst: Api, queue: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    same = {name: run[name] for name in ("dataset", "model", "params", "split")}
    found = analyst.post("experiments/", {**same, "parent": run["id"], "labels_from": queue["id"]})
    analyst.wait(found["job"])
    facts: dict[str, Any] = analyst.get(f"experiments/{found['id']}/")["labels"]
    change = facts["metrics"]["ndcg@10"]
    assert change["lo"] <= change["difference"] <= change["hi"]
    return facts
