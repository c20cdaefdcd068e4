from collections.abc import Iterator
from typing import Any

import pytest

from recweb.access import ROUTES
from tests import tiny


@pytest.fixture
def tiny_site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.tiny"
    for name, row in tiny.ROUTES.items():
        monkeypatch.setitem(ROUTES, name, row)
    yield
