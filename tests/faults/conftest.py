"""One stand for all fault tests. Scenarios that disturb nobody else run side by side on it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.faults.stand import Stand

Scenario = Callable[[Stand], object]


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
        self.pool = ThreadPoolExecutor(len(scenarios))
        self.runs: dict[Scenario, Future[Any]] = {
            scenario: self.pool.submit(scenario, stand) for scenario in scenarios
        }

    def result(self, scenario: Scenario) -> Any:
        return self.runs[scenario].result(timeout=120)
