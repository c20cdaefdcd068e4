"""GET /api/v1/recommend/ of the demo, 8 clients, against real gunicorn. Exits 1 on a miss.

Run: python benchmarks/bench_recommend.py   (starts a demo; RECWEB_BENCH=var uses one that runs)
"""

from __future__ import annotations

import random
import sys
import threading
import time

from live import Live, at, demo, report

CLIENTS, EACH = 8, 150


def publish(live: Live, diversity: float) -> None:
    """A policy by the API, as anybody would."""
    line = live.connect()
    body = {"experiment": live.tuned_run(), "diversity": diversity, "comment": "benchmark"}
    status, policy = live.ask(line, "policies/", "POST", body)
    if status != 201:
        sys.exit(f"the policy was refused: {policy}")
    live.ask(line, f"policies/{policy['id']}/publish/", "POST", {})
    path = f"policies/{policy['id']}/"
    live.until("the refit", lambda: live.ask(live.connect(), path)[1]["state"] == "published")


class Client(threading.Thread):
    """One keep-alive connection that asks for one random user after another."""

    def __init__(self, live: Live, seed: int, query: str) -> None:
        super().__init__()
        self.live, self.query = live, query
        self.rng = random.Random(seed)
        self.spent: list[float] = []
        self.wrong = 0

    def run(self) -> None:
        line = self.live.connect()
        for _ in range(EACH):
            path = f"recommend/?dataset=movielens&user={self.rng.randint(1, 671)}{self.query}"
            start = time.perf_counter()
            status, body = self.live.ask(line, path)
            self.spent.append((time.perf_counter() - start) * 1e3)
            self.wrong += status != 200 or len(body["items"]) != 10


def load(live: Live, query: str) -> tuple[list[float], float, int]:
    clients = [Client(live, seed, query) for seed in range(CLIENTS)]
    start = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - start
    spent = [ms for client in clients for ms in client.spent]
    return spent, len(spent) / seconds, sum(client.wrong for client in clients)


def measure(live: Live) -> bool:
    publish(live, 0.3)
    live.quiet()
    load(live, "")  # every process has the bundle now
    good = True
    for name, query in (("without re-ranking", "&diversity=0"), ("re-ranked", "&diversity=0.3")):
        spent, rate, wrong = load(live, query)
        print(f"     {name}: {rate:.0f} req/s, median {at(spent, 0.5):.0f} ms, {wrong} wrong")
        good &= report(f"recommend, {CLIENTS} clients, {name}, p95", at(spent, 0.95), 100, "ms")
        good &= report("  answers that were not ten items", wrong, 0, "")
    return good


if __name__ == "__main__":
    with demo() as running:
        sys.exit(not measure(running))
