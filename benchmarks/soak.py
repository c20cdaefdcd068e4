"""The whole product under mixed load for a while: what grows, what leaks, what is left over.

python benchmarks/soak.py --minutes 30     (FLT-34; a quarter of the time is for warming up)

Pages, recommendations, labels, uploads, trainings and cancels at once. At the end: memory, open
files and connections of every process against the second quarter, the queue drained, no answer
above 499, no zombie, and no process left after the stop.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil  # noqa: E402

from benchmarks.live import report  # noqa: E402
from tests import planted  # noqa: E402
from tests import stack as stacks  # noqa: E402
from tests import test_whole_loop as loop  # noqa: E402

GROWTH, SLACK_MB = 0.10, 12.0
EVERY = 5.0  # seconds between two looks
MODELS = ("pop", "itemknn", "ease")


class Load:
    """Threads that do what people do until they are told to stop."""

    def __init__(self, stack: stacks.Stack) -> None:
        self.stack = stack
        self.over = threading.Event()
        self.statuses: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.threads: list[threading.Thread] = []
        self.admin, self.analyst, self.annotator = (
            loop.Api(stack, role) for role in ("admin", "analyst", "annotator")
        )

    def spawn(self, name: str, turn: Callable[[int], object], pause: float) -> None:
        def go() -> None:
            number = 0
            while not self.over.wait(pause):
                try:
                    turn(number)
                    self.done[name] += 1
                except Exception as error:
                    self.statuses[f"{name}: {type(error).__name__} {str(error)[:160]}"] += 1
                number += 1

        thread = threading.Thread(target=go, name=name, daemon=True)
        thread.start()
        self.threads.append(thread)

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(60)


def prepare(load: Load) -> tuple[str, int]:
    """A dataset, runs, a frontier, a published policy: the dataset's slug and the run's number."""
    people = [load.analyst, load.annotator]
    slug = loop.upload(load.admin, planted.files(n_users=240, n_items=180), people, load.stack)
    ease, _pop = loop.train(load.analyst, slug)
    loop.publish(load.analyst, slug, ease, loop.tune(load.analyst, ease))
    return slug, int(ease["id"])


def begin(load: Load, slug: str, run: int) -> None:
    browser = visitor(load)
    paths = ["/", "/experiments/", f"/tradeoff/?run={run}", f"/datasets/{slug}/", "/jobs/",
             f"/users/{slug}/", f"/items/{slug}/", f"/experiments/{run}/", "/help/"]  # fmt: skip
    for n in range(2):
        load.spawn(f"page {n}", lambda k: browser(paths[k % len(paths)]), 0.3)
        load.spawn(f"recommend {n}", lambda k: recommend(load, slug, k), 0.1)
    load.spawn("label", lambda k: label(load, run), 0.2)
    load.spawn("train", lambda k: train(load, slug, k), 1.0)
    load.spawn("upload", lambda k: upload(load, slug, k), 20.0)


def visitor(load: Load) -> Callable[[str], None]:
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(str(load.stack.link), timeout=30).read()

    def visit(path: str) -> None:
        try:
            with opener.open(load.stack.base_url + path, timeout=60) as answer:
                assert "login" not in answer.url, answer.url
                answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code}") from None

    return visit


def recommend(load: Load, slug: str, k: int) -> None:
    load.analyst.get("recommend/", dataset=slug, user=f"u{k % 260}", diversity=(k % 7) / 10)


def label(load: Load, run: int) -> None:
    """One answer; a new queue when the last one is empty."""
    queues = load.annotator.get("queues/")["results"]
    waiting = next((row for row in queues if row["state"] == "open" and row["waiting"]), None)
    if waiting is None:
        if not any(row["state"] == "selecting" for row in queues):
            made = load.analyst.post("queues/", {"experiment": run, "size": 200})
            load.analyst.wait(made["job"])
        return
    status, found = load.annotator.call("POST", f"queues/{waiting['id']}/next/", b"{}")
    if status == 200:
        path = f"queues/{waiting['id']}/samples/{found['sample']}/label/"
        load.annotator.post(path, {"lease": found["lease"], "value": found["sample"] % 4})


def train(load: Load, slug: str, k: int) -> None:
    """A run, waited for; every fifth is cancelled."""
    body = {"dataset": slug, "model": MODELS[k % len(MODELS)], "seed": k}
    job = load.analyst.post("experiments/", body)["job"]
    if k % 5 == 4:
        load.analyst.post(f"jobs/{job['id']}/cancel/")
        return
    load.analyst.wait(job, 120)


def upload(load: Load, slug: str, k: int) -> None:
    rows = [f"u{n % 240},i{(n * 7 + k) % 180},4,{1_500_000_000 + k * 1000 + n}" for n in range(50)]
    text = "user,item,rating,timestamp\n" + "\n".join(rows) + "\n"
    path = f"datasets/{slug}/imports/"
    answer = load.admin.upload(path, text, f"{uuid.uuid4().hex}.csv", kind="interactions")
    load.admin.wait(answer["job"], 120)


class Watch:
    """Memory (MB), open files and children of every process of the product, every few seconds."""

    def __init__(self, stack: stacks.Stack) -> None:
        self.stack = stack
        self.seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.zombies = 0

    def look(self) -> None:
        now = time.monotonic()
        for name, pid in self.stack.pids.items():
            if name == "postgres":
                continue  # its backends share their memory: counted by connections below
            family = [psutil.Process(pid)]
            if name != "supervisor":
                family += family[0].children()
            if name in ("train", "quick"):  # a job's process comes and goes
                family = [one for one in family if "run_job" not in " ".join(_words(one))]
            self.zombies += sum(_status(one) == psutil.STATUS_ZOMBIE for one in family)
            self.seen[f"{name} MB"].append((now, sum(_memory(one) for one in family)))
            self.seen[f"{name} files"].append((now, sum(_files(one) for one in family)))
            self.seen[f"{name} processes"].append((now, len(family)))
        ((lines,),) = self.stack.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = 'recweb'"
        )
        self.seen["connections"].append((now, lines))

    def growth(self, name: str) -> tuple[float, float]:
        """Medians of the second and of the last quarter."""
        values = [value for _at, value in self.seen[name]]
        quarter = max(len(values) // 4, 1)
        return statistics.median(values[quarter : 2 * quarter]), statistics.median(
            values[-quarter:]
        )


def _words(one: psutil.Process) -> list[str]:
    return _of(one.cmdline, [])


def _status(one: psutil.Process) -> str:
    return _of(one.status, "")


def _memory(one: psutil.Process) -> float:
    """What would be free without it, in MB."""
    return _of(lambda: one.memory_full_info().uss / 2**20, 0.0)


def _files(one: psutil.Process) -> float:
    return _of(one.num_fds, 0)


def _of(ask: Callable[[], Any], default: Any) -> Any:
    try:
        return ask()
    except psutil.Error:  # gone meanwhile
        return default


def judge(load: Load, watch: Watch) -> bool:
    fine = True
    for name in sorted(watch.seen):
        before, after = watch.growth(name)
        bar = before * (1 + GROWTH) + (SLACK_MB if name.endswith("MB") else 4)
        fine &= report(f"{name}, from {before:.4g}", after, bar, name.split()[-1])
    fine &= report("zombies", watch.zombies, 0, "seen")
    for words, n in load.statuses.most_common(10):
        print(f"MISS {n} x {words}")
    return fine and not load.statuses


def drained(load: Load, seconds: float = 90.0) -> bool:
    until = time.monotonic() + seconds
    live = "SELECT count(*) FROM jobs_job WHERE state IN ('queued', 'running', 'cancelling')"
    while (left := load.stack.sql(live)[0][0]) and time.monotonic() < until:
        time.sleep(0.5)
    taken = seconds - (until - time.monotonic())
    return report(f"jobs left, after {taken:.0f} s", left, 0, "jobs")


def leftovers(stack: stacks.Stack) -> bool:
    """Processes of that home after the product was stopped."""
    stack.stop()
    left = []
    for one in psutil.process_iter():
        if (
            _of(one.environ, {}).get("RECWEB_HOME") == str(stack.home)
            and one.pid != psutil.Process().pid
        ):
            left.append(" ".join(_words(one))[:100])
    print(*left, sep="\n")
    return report("processes after the stop", len(left), 0, "processes")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    minutes = parser.parse_args().minutes
    stack = stacks.new()
    try:
        load = Load(stack.start(300))
        slug, run = prepare(load)
        watch = Watch(stack)
        begin(load, slug, run)
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until:
            time.sleep(EVERY)
            watch.look()
        load.stop()
        print(f"{minutes:g} minutes:", ", ".join(f"{k} {n}" for k, n in sorted(load.done.items())))
        fine = drained(load)
        fine &= judge(load, watch)
        fine &= leftovers(stack)
        return 0 if fine else 1
    finally:
        stack.discard()


if __name__ == "__main__":
    sys.exit(main())
