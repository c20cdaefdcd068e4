"""`manage.py demo`: from an empty folder to a link in the terminal, and down again on Ctrl+C."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connections

from recweb.runtime import home, spawn, state, static
from recweb.runtime.address import address, elsewhere, environment, listen
from recweb.runtime.postgres import ServiceError
from recweb.runtime.services import Busy, Lock, Services
from recweb.runtime.supervisor import Supervisor, product

COLLECT = ("collectstatic", "--noinput", "--clear", "--verbosity", "0")
DATA_SECONDS = 12.0
FREE_MB = 500
MANAGE = str(home.BASE / "manage.py")


@dataclass(frozen=True)
class Options:
    host: str
    port: int
    open: bool
    reset: bool
    yes: bool
    empty: bool


class Demo:
    def __init__(self, options: Options, write: Callable[[str], object]) -> None:
        self.options = options
        self.folder = home.home()
        self.write = write
        self.loading: subprocess.Popen[bytes] | None = None

    def say(self, text: str) -> None:
        self.write(text)
        sys.stdout.flush()

    def run(self) -> None:
        home.prepare(self.folder)
        lock = Lock(self.folder)
        try:
            lock.take()
        except Busy:
            self._second()
            return
        try:
            self._first()
        finally:
            lock.free()

    def _first(self) -> None:
        if self.options.reset:
            reset(self.folder, self.options.yes)
        self._check_disk()
        killed = state.end_leftovers(self.folder)
        if killed:
            self.say(f"Ended {killed} processes that an earlier start had left behind.")
        listening, port = listen(self.options.host, self.options.port)
        if port != self.options.port:
            self.say(f"Port {self.options.port} is busy: taking {port}.")
        supervisor = self._supervisor(port)
        try:
            self._start(supervisor, listening)
            supervisor.run(self._look_at_loading)
        finally:
            self._stop(supervisor)
            listening.close()

    def _supervisor(self, port: int) -> Supervisor:
        pid = os.getpid()
        stack: state.Stack = {"pid": pid, "started": state.started(pid), "port": port}
        services = Services(
            self.folder,
            database=settings.EMBEDDED,
            broker="BROKER_URL" not in os.environ,
        )
        supervisor = Supervisor(self.folder, services, stack, self.say)
        supervisor.listen()
        state.write(self.folder, stack)
        return supervisor

    def _start(self, supervisor: Supervisor, listening: socket.socket) -> None:
        url = address(self.options.host, supervisor.stack["port"])
        env = environment(self.folder, self.options.host)
        self.say(f"Data folder: {self.folder}")
        made = "" if static.collected() else static.mark()
        collecting = self._manage(*COLLECT, env=env) if made else None  # beside what follows
        self.say("Starting Postgres and Valkey ...")
        supervisor.services.start()
        supervisor.remember()
        self.say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)
        users = credentials(self.folder, url)
        supervisor.stack["demo_users"] = {role: user["username"] for role, user in users.items()}
        self.say("Starting two workers, the clock and the web server ...")
        web, *others = product(self.folder, env, listening.fileno())
        for child in others:
            supervisor.start(child)
        self._load(env)
        if collecting is not None:  # the web server reads the list of static files as it starts
            if self._join(collecting, supervisor, "collectstatic"):
                static.mark_file().write_text(made)
        supervisor.start(web)
        wait_for(f"{url}/healthz", supervisor)
        self._wait_for_data(supervisor)
        if supervisor.asked_to_stop:
            return
        supervisor.stack |= {"url": url, "ready": True}
        supervisor.remember()
        link = f"{url}/?token={login(users)}"
        connections.close_all()
        self.say(f"recweb is ready: {link}  (Ctrl+C stops everything)")
        for name in elsewhere(self.options.host):
            self.say(f"Other machines reach it at http://{name}:{supervisor.stack['port']}/")
        if self.options.open:
            webbrowser.open(link)

    def _load(self, env: dict[str, str]) -> None:
        if not self.options.empty and "load_demo" in get_commands():
            self.say("Loading the demo data ...")
            self.loading = self._manage("load_demo", env=env)

    def _wait_for_data(self, supervisor: Supervisor) -> None:
        """Until the demo's rows are there, but never long: its models are trained meanwhile."""
        if self.loading is None:
            return
        versions = apps.get_model("datasets", "Version").objects.filter(n_interactions__gt=0)
        until = time.monotonic() + DATA_SECONDS
        while self.loading is not None and time.monotonic() < until:
            supervisor.look()
            self._look_at_loading()
            if supervisor.asked_to_stop or versions.exists():
                return
            time.sleep(0.1)

    def _look_at_loading(self) -> None:
        """A failure is said once, and is no reason to keep the rest from the user."""
        if self.loading is None or self.loading.poll() is None:
            return
        if self.loading.returncode != 0:
            self.say(f"The demo data is not complete: {self._failed('load_demo')}")
        self.loading = None

    def _failed(self, name: str) -> str:
        log = self.folder / "logs" / f"{name}.log"
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        return f"{name} failed; the end of {log}:\n{tail}"

    def _manage(self, *words: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
        """Another command of ours beside us, its words into the log."""
        log = self.folder / "logs" / f"{words[0]}.log"
        return spawn.spawn([sys.executable, MANAGE, *words], log, env=env)

    def _join(self, process: subprocess.Popen[bytes], supervisor: Supervisor, name: str) -> bool:
        """Wait for its good end; False when we are asked to stop before."""
        while process.poll() is None and not supervisor.asked_to_stop:
            supervisor.look()
            time.sleep(0.02)
        if process.poll() is None:
            spawn.stop(process, signal.SIGTERM, 5.0)
            return False
        if process.returncode != 0:
            raise ServiceError(self._failed(name))
        return True

    def _stop(self, supervisor: Supervisor) -> None:
        connections.close_all()
        self.say("Stopping everything ...")
        if self.loading is not None:
            spawn.stop(self.loading, signal.SIGTERM, 2.0)
        supervisor.stop()
        self.say("Stopped. The data is kept; `python3 manage.py demo` starts again.")

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.folder).free / 2**20
        if free < FREE_MB:
            raise ServiceError(
                f"Only {free:.0f} MB are free in {self.folder}, {FREE_MB} are needed. Nothing was "
                "touched: make room, or set RECWEB_HOME to a folder on a larger disk."
            )

    def _second(self) -> None:
        """Somebody serves this folder already: give a fresh link to it."""
        if self.options.reset:
            raise ServiceError("recweb is running here: stop it (Ctrl+C there), then --reset.")
        until = time.monotonic() + 90
        while not (stack := state.living(self.folder)).get("ready"):
            if time.monotonic() > until:
                raise ServiceError(
                    f"Another process holds {self.folder} and does not become ready; see "
                    f"{self.folder / 'logs'}."
                )
            time.sleep(0.1)
        users = json.loads((self.folder / "credentials.json").read_text())["users"]
        link = f"{stack['url']}/?token={login(users)}"
        self.say(f"recweb is already running: {link}")
        if self.options.open:
            webbrowser.open(link)


def credentials(folder: Path, url: str) -> dict[str, dict[str, str]]:
    """The three demo users: made once, then only the address is brought up to date."""
    file = folder / "credentials.json"
    users: dict[str, dict[str, str]] = {}
    if file.exists():
        users = json.loads(file.read_text())["users"]
    if not users:
        # by name: people stands to the right of runtime, which may not import it
        users = import_module("recweb.people.accounts").make_demo_users()
    state.write_private(file, json.dumps({"base_url": url, "users": users}, indent=1))
    return users


def login(users: dict[str, dict[str, str]]) -> str:
    """A fresh one-time token for the demo's analyst."""
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.get(username=users["analyst"]["username"])
    return str(import_module("recweb.people.accounts").login_link(user))


def wait_for(url: str, supervisor: Supervisor, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not supervisor.asked_to_stop:
        supervisor.look()
        try:
            with urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            pass
        if time.monotonic() > until:
            log = supervisor.folder / "logs" / "web.log"
            raise ServiceError(f"The web server does not answer after {seconds:.0f} s; see {log}")
        time.sleep(0.05)


def reset(folder: Path, yes: bool) -> None:
    """Delete what the folder holds, after asking. Only where everything in it is ours."""
    ours = {*home.FOLDERS, "postgres", "credentials.json"}
    strange = sorted(path.name for path in folder.iterdir() if path.name not in ours)
    if strange:
        raise ServiceError(
            f"{folder} holds {strange[0]}, which is not recweb's: nothing was deleted. Move it "
            "away, or set RECWEB_HOME."
        )
    if not yes:
        try:
            answer = input(f"Delete every dataset, model and user in {folder}? Type yes: ")
        except EOFError:  # nobody there to ask
            answer = "no"
        if answer.strip().lower() != "yes":
            raise ServiceError("Nothing was deleted.")
    state.end_leftovers(folder)
    for path in folder.iterdir():
        if path.name != "run":  # holds the lock that we hold
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    state.clear(folder)
    home.prepare(folder)
