"""A running demo to measure: one of its own, or the one whose var/ folder RECWEB_BENCH names."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))


class Live:
    """base_url and users of a demo that runs, and its API as the analyst."""

    def __init__(self, credentials: dict[str, Any]) -> None:
        self.base = str(credentials["base_url"])
        self.analyst: dict[str, str] = credentials["users"]["analyst"]
        self.place = urlsplit(self.base)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(str(self.place.hostname), self.place.port, timeout=30)

    def ask(
        self,
        line: http.client.HTTPConnection,
        path: str,
        method: str = "GET",
        body: dict[str, Any] | None = None,
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Token {self.analyst['token']}", "Connection": "keep-alive"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        text = None if body is None else json.dumps(body)
        line.request(method, f"/api/v1/{path}", body=text, headers=headers)
        answer = line.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")

    def until(self, what: str, done: Callable[[], Any], seconds: float = 300.0) -> Any:
        """The first true answer of done()."""
        end = time.monotonic() + seconds
        while True:
            found = done()
            if found:
                return found
            if time.monotonic() > end:
                sys.exit(f"waited {seconds:g} s in vain for {what}")
            time.sleep(0.5)

    def tuned_run(self) -> int:
        """A run of the demo data with a frontier."""

        def found() -> int | None:
            line = self.connect()
            status, runs = self.ask(line, "experiments/?dataset=movielens")
            for row in runs.get("results", []) if status == 200 else []:
                path = f"experiments/{row['id']}/frontier/"
                if row["state"] == "done" and row["model"] != "pop":
                    if self.ask(line, path)[0] == 200:
                        return int(row["id"])
                    self.ask(line, path, "POST")
            return None

        return int(self.until("a run with a frontier", found))

    def quiet(self) -> None:
        """Until nothing trains: a measurement next to a training measures the training."""

        def idle() -> bool:
            line = self.connect()
            states = ("queued", "running")
            return not any(self.ask(line, f"jobs/?state={s}")[1].get("count") for s in states)

        self.until("the jobs to end", idle)


@contextmanager
def demo() -> Iterator[Live]:
    folder = os.environ.get("RECWEB_BENCH")
    if folder:
        yield Live(json.loads((Path(folder) / "credentials.json").read_text()))
        return
    from tests import stack as stacks

    made = stacks.new()
    made.words = []
    try:
        yield Live(made.start(300).credentials)
    finally:
        made.discard()


def at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def report(name: str, value: float, bar: float, unit: str, *, least: bool = False) -> bool:
    ok = value >= bar if least else value <= bar
    sign = ">=" if least else "<="
    print(f"{'ok  ' if ok else 'MISS'} {name}: {value:.3g} {unit} (bar {sign} {bar:g})")
    return ok
