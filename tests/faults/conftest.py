"""One stand for all fault tests. Scenarios that disturb nobody else run side by side on it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.faults.stand import Stand

Scenario = Callable[[Stand], object]
AT_ONCE = 6  # each starts processes: with all of them, a slow machine keeps no promise of seconds


@pytest.fixture(scope="session")
def stand() -> Iterator[Stand]:
    made = Stand()
    try:
        yield made.start()
    finally:
        made.discard()


class Crowd:
    """Runs scenarios in threads; a test asks for one by its function and gets its failure."""

    def __init__(self, stand: Stand, scenarios: list[Scenario]) -> None:
        self.pool = ThreadPoolExecutor(AT_ONCE)
        self.runs: dict[Scenario, Future[Any]] = {
            scenario: self.pool.submit(scenario, stand) for scenario in scenarios
        }

    def result(self, scenario: Scenario) -> Any:
        return self.runs[scenario].result(timeout=240)
