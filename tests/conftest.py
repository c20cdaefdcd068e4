"""Fixtures for everybody. Postgres and Valkey are started by tests/settings.py."""

from collections.abc import Iterator

import pytest

from tests import stack as stacks


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also the runs that take many minutes")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # their clock runs from the demo's start: nobody may start it before
    items.sort(key=lambda item: item.path.name != "test_five_minutes.py")
    if config.getoption("--long"):
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="long: python3 manage.py test --long"))


@pytest.fixture(scope="session")
def stack() -> Iterator[stacks.Stack]:
    """The whole product, started once for all tests that drive it over HTTP (tests/stack.py)."""
    made = stacks.new()
    try:
        yield made.start()
    finally:
        made.discard()
