"""Postgres and Valkey of one folder together, held by one lock."""

import fcntl
import os
from pathlib import Path

from recweb.runtime import home
from recweb.runtime.postgres import Postgres, ServiceError
from recweb.runtime.valkey import Valkey


class Busy(ServiceError):
    """Another process already serves this folder."""


class Lock:
    """Held for as long as we live: the kernel gives it back, also after kill -9."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "run" / "lock"
        self.handle: int | None = None

    def take(self) -> None:
        handle = os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Busy(f"{self.path.parent.parent} is in use by another recweb.") from None
        self.handle = handle

    def free(self) -> None:
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None


class Services:
    """What is not given from outside (DATABASE_URL, BROKER_URL) is started here."""

    def __init__(
        self, folder: Path, *, database: bool = True, broker: bool = True, durable: bool = True
    ) -> None:
        self.folder = folder
        self.postgres = Postgres(folder, durable=durable) if database else None
        self.valkey = Valkey(folder, home.secret("valkey")) if broker else None

    def start(self) -> None:
        try:
            if self.valkey is not None:
                self.valkey.start()
            if self.postgres is not None:
                self.postgres.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for service in (self.valkey, self.postgres):
            if service is not None:
                service.stop()
