"""What a pickle can do to whoever opens it."""

from pathlib import Path
from typing import Any


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, canary: str) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path(self.canary),)
