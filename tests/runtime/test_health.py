"""/healthz and /readyz over HTTP, against the whole product; then with one part taken away."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.stack import Stack

pytestmark = pytest.mark.fault
PARTS = {"database", "migrations", "broker", "workers", "reconciler", "disk"}


def ready(stack: Stack) -> bool:
    return stack.get("/readyz")[0] == 200


def test_the_process_is_alive(stack: Stack) -> None:
    assert stack.get("/healthz") == (200, {"status": "ok"})


def test_every_part_is_ready(stack: Stack) -> None:
    stack.wait(lambda: ready(stack), 60)
    status, answer = stack.get("/readyz")
    assert status == 200
    assert answer["failing"] == []
    assert set(answer["checks"]) == PARTS


def test_the_doctor_agrees(stack: Stack) -> None:
    stack.wait(lambda: ready(stack), 60)
    done = stack.manage("doctor")
    assert done.returncode == 0, done.stdout
    assert "ok       Migrations: answers" in done.stdout


@contextmanager
def frozen(stack: Stack, *names: str) -> Iterator[None]:
    """Those processes hang: they neither work nor die."""
    pids = [stack.kill(name, signal.SIGSTOP) for name in names]
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_broker_that_hangs_is_named_and_hangs_nobody(stack: Stack) -> None:
    stack.wait(lambda: ready(stack), 60)
    with frozen(stack, "valkey"):
        status, answer = stack.get("/readyz")
        assert status == 503
        assert "broker" in answer["failing"]
        assert stack.get("/healthz")[0] == 200
    stack.wait(lambda: ready(stack), 60)


@pytest.mark.parametrize(
    ("processes", "beat", "part"),
    [
        (["train"], "worker:train", "workers"),
        # a worker does the round of a silent clock, so they must hang, too
        (["beat", "train", "quick"], "reconciler", "reconciler"),
    ],
)
def test_who_was_not_seen_for_a_minute_is_named(
    stack: Stack, processes: list[str], beat: str, part: str
) -> None:
    """FLT-30. The minute is taken from the clock in the row; the process really hangs."""
    stack.wait(lambda: ready(stack), 60)
    late = f"UPDATE jobs_beat SET at = now() - interval '61 seconds' WHERE name = '{beat}'"

    told = f"problem  {part.capitalize()}: {beat} was last seen"
    seen: list[tuple[int, dict[str, Any]]] = []

    def failing() -> bool:
        stack.sql(late)  # each time: a sign of life may have been under way when it froze
        seen.append(stack.get("/readyz"))
        return seen[-1][1]["failing"] == [part]

    def doctor_agrees() -> bool:
        stack.sql(late)
        return told in stack.manage("doctor").stdout

    with frozen(stack, *processes):
        stack.wait(failing, 30)
        status, answer = seen[-1]
        assert status == 503
        assert answer["checks"][part] == "failing"  # a stranger learns no more
        stack.wait(doctor_agrees, 30)
    stack.wait(lambda: ready(stack), 60)
