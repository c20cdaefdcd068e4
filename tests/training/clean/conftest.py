from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from training.clean import Interactions, Options, Refused, clean

NOW = 1_700_000_000.0  # November 2023
Read = Callable[..., Interactions]
Refusal = Callable[..., Refused]


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str | bytes, str], Path]:
    def put(content: str | bytes, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture
def read(put: Callable[..., Path]) -> Read:
    """Clean an interactions file of this content, at a fixed hour."""

    def read(
        content: str | bytes, mapping: Mapping[str, str] | None = None, **options: object
    ) -> Interactions:
        chosen = Options(**{"now": NOW, **options})  # type: ignore[arg-type]
        return clean(put(content), "interactions", mapping=mapping, options=chosen)

    return read


@pytest.fixture
def refusal(put: Callable[..., Path]) -> Refusal:
    """The refusal of an interactions file of this content."""

    def refusal(content: str | bytes, name: str = "log.csv", **options: object) -> Refused:
        chosen = Options(**{"now": NOW, **options})  # type: ignore[arg-type]
        with pytest.raises(Refused) as caught:
            clean(put(content, name), "interactions", options=chosen)
        return caught.value

    return refusal
