"""The whole product in a folder of its own: both servers, web, two workers and the clock."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from recweb.runtime import home, state

ROOT = Path(__file__).resolve().parent.parent
# a test waits for leases and for the reconciler: short ones, real all the same
SHORT = {"JOB_LEASE_SECONDS": "6", "RECONCILE_SECONDS": "1"}
NOT_OURS = ("DATABASE_URL", "BROKER_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "RECWEB_WEB")


def first_port() -> int:
    """Two test processes at once must not both find the same port free."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return 18000 + 500 * int(worker.removeprefix("gw"))


class Stack:
    """`manage.py demo` as a user starts it, with the handles that tests need."""

    def __init__(self, folder: Path, *, words: list[str] | None = None, **env: str) -> None:
        self.home = folder
        self.words = words if words is not None else ["--empty"]
        given = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        self.env = {**given, **SHORT, **env, "RECWEB_HOME": str(folder)}
        self.process: subprocess.Popen[str] | None = None
        self.output = folder.with_name(folder.name + ".out")
        self.started = 0.0  # by the monotonic clock

    def start(self, seconds: float = 120.0) -> "Stack":
        self.started = time.monotonic()
        command = [sys.executable, "manage.py", "demo", "--port", str(first_port()), *self.words]
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=out, stderr=out, text=True
            )
        self.wait(lambda: self.link is not None or self.process.poll() is not None, seconds)  # type: ignore[union-attr]
        assert self.link is not None, f"the stack did not start:\n{self.said}"
        return self

    @property
    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    @property
    def link(self) -> str | None:
        """The one-time login link of the analyst."""
        found = re.search(r"^recweb is (?:ready|already running): (\S+)", self.said, re.MULTILINE)
        return found.group(1) if found else None

    @property
    def base_url(self) -> str:
        return str(self.credentials["base_url"])

    @property
    def credentials(self) -> dict[str, Any]:
        """var/credentials.json: base_url and users[role] with username, password, token."""
        known: dict[str, Any] = json.loads((self.home / "credentials.json").read_text())
        return known

    @property
    def pids(self) -> dict[str, int]:
        """postgres, valkey, web, train, quick, beat, supervisor -> process id, as of now."""
        stack = state.read(self.home)
        children = {name: child["pid"] for name, child in stack.get("children", {}).items()}
        return {**children, "supervisor": stack["pid"]} if stack else {}

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> int:
        pid = self.pids[name]
        os.kill(pid, how)
        return pid

    def wait(self, done: Callable[[], object], seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, f"waited {seconds:g} s in vain; it said:\n{self.said}"
            time.sleep(0.05)

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def get(self, path: str, role: str | None = None) -> tuple[int, dict[str, Any]]:
        """GET a JSON answer, as that demo user when a role is given."""
        headers = {"Accept": "application/json"}
        if role is not None:
            headers["Authorization"] = f"Token {self.credentials['users'][role]['token']}"
        try:
            with urlopen(Request(self.base_url + path, headers=headers), timeout=10) as answer:
                return answer.status, json.load(answer)
        except OSError as error:
            if not hasattr(error, "code"):
                raise
            return error.code, json.loads(error.read() or b"{}")  # type: ignore[attr-defined]

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Straight into its database, as the role that the product uses."""
        import psycopg2

        folder = home.socket_folder(self.home, "postgres")
        line = psycopg2.connect(host=str(folder), dbname="recweb", user="recweb")
        try:
            with line, line.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            line.close()

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 60.0) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self.process is not None:
            self.process.wait()
        state.end_leftovers(self.home)

    def discard(self) -> None:
        self.stop()
        shutil.rmtree(self.home.parent, ignore_errors=True)


def new(**env: str) -> Stack:
    """A stack in a fresh folder, not started."""
    return Stack(Path(tempfile.mkdtemp(prefix=f"recweb-test-{os.getpid()}-")) / "var", **env)
