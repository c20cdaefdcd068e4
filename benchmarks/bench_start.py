"""Seconds from `demo` to ready and to the first frontier, and what a web worker weighs.

Bars (performance.md): ready <= 20 s, first frontier <= 90 s on two cores, a web process without
torch < 200 MB. Starts a demo of its own in a temporary folder, and stops it. Exits 1 on a miss.

Run: python benchmarks/bench_start.py
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil  # noqa: E402

from tests import stack as stacks  # noqa: E402

MB = 2**20


def ask(stack: stacks.Stack, path: str) -> dict[str, object]:
    token = stack.credentials["users"]["analyst"]["token"]
    request = Request(
        f"{stack.base_url}/api/v1/{path}", headers={"Authorization": f"Token {token}"}
    )
    with urlopen(request, timeout=10) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def first_frontier(stack: stacks.Stack) -> bool:
    jobs = ask(stack, "jobs/")["results"]
    return any(job["kind"] == "frontier" and job["state"] == "done" for job in jobs)  # type: ignore[attr-defined, index]


def web_workers(stack: stacks.Stack) -> list[psutil.Process]:
    return psutil.Process(stack.pids["web"]).children()


def main() -> int:
    stack = stacks.Stack(
        Path(tempfile.mkdtemp(prefix="recweb-bench-")) / "var",
        words=[],
        JOB_LEASE_SECONDS="60",  # as a user starts it, not as the tests do
        RECONCILE_SECONDS="5",
    )
    begin = time.monotonic()
    try:
        stack.start()
        ready = time.monotonic() - begin
        stack.wait(lambda: first_frontier(stack), 180)
        frontier = time.monotonic() - begin
        for _ in range(40):
            ask(stack, "experiments/")
        heaviest = max(worker.memory_info().rss for worker in web_workers(stack)) / MB
        heavy = any(
            "torch" in mapped.path
            for worker in web_workers(stack)
            for mapped in worker.memory_maps()
        )
    finally:
        stack.discard()
    rows = [
        ("demo ready", ready, 20.0, "s"),
        ("first frontier", frontier, 90.0, "s"),
        ("heaviest web worker", heaviest, 200.0, "MB"),
        ("web workers with torch", float(heavy), 0.0, ""),
    ]
    missed = 0
    for name, value, bar, unit in rows:
        bad = value > bar
        missed += bad
        print(f"{name:24s} {value:8.1f} {unit:3s} bar {bar:g} {unit}{'  MISSED' if bad else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
