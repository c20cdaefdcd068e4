"""The live server's handler that knows how many requests it still works on.

A page may be closed while the server answers it; emptying the tables under that request would wait
for its locks, or tear its rows away.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler

PATIENCE = 30.0


class InFlight(StaticFilesHandler):
    """Counts a request from its arrival until its response is closed."""

    running = 0
    changed = threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self._add(1)
        try:
            response = super().__call__(environ, start_response)
        except BaseException:
            self._add(-1)
            raise
        return Counted(response, lambda: self._add(-1))

    @classmethod
    def _add(cls, by: int) -> None:
        with cls.changed:
            cls.running += by
            cls.changed.notify_all()

    @classmethod
    def wait_until_idle(cls) -> None:
        with cls.changed:
            idle = cls.changed.wait_for(lambda: cls.running == 0, timeout=PATIENCE)
        assert idle, f"{cls.running} requests still run {PATIENCE:.0f} s after the pages closed"


class Counted:
    """A response that says when it is closed."""

    def __init__(self, response: Iterable[bytes], closed: Callable[[], None]) -> None:
        self.response = response
        self.closed = closed

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.response)

    def close(self) -> None:
        try:
            close = getattr(self.response, "close", None)
            if close is not None:
                close()
        finally:
            closed, self.closed = self.closed, lambda: None
            closed()
