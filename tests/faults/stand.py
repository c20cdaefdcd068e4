"""Postgres, Valkey, workers and the clock in a folder of their own, all of which may be killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from recweb.runtime import home
from recweb.runtime.postgres import Postgres
from recweb.runtime.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent.parent
LEASE, PERIOD = 6.0, 1.0  # seconds
ENDED = ("done", "failed", "cancelled")
# name -> queues, slots, environment; the lab-* lack guards (drill/holes.py)
WORKERS: dict[str, tuple[str, int, dict[str, str]]] = {
    "quick": ("quick,spare", 4, {}),
    "import": ("import", 8, {}),
    "train0": ("train", 1, {"RECWEB_DEVICE": "0"}),
    "train1": ("train", 1, {"RECWEB_DEVICE": "1"}),
    "lab-a": ("lab-a", 3, {"DRILL_WITHOUT": "alone,no_limit,gentle,brittle"}),
    "lab-b": ("lab-b", 2, {"DRILL_WITHOUT": "alone,unfenced,stubborn"}),
    "lab-c": ("lab-c", 3, {"DRILL_WITHOUT": "alone,claimless"}),
    "lab-d": ("lab-d", 1, {"DRILL_WITHOUT": "alone,silent"}),
}
# started by the scenario that cuts the first of each pair off from the database
CUT_OFF: dict[str, tuple[str, int, dict[str, str]]] = {
    "split-a": ("split", 1, {}),
    "split-b": ("split", 1, {}),
    "lab-split-a": ("lab-split", 1, {"DRILL_WITHOUT": "alone,stubborn"}),
    "lab-split-b": ("lab-split", 1, {"DRILL_WITHOUT": "alone,stubborn"}),
}
# the whole tree of a worker
Tree = list[psutil.Process]


class Stand:
    def __init__(self, lease: float = LEASE, period: float = PERIOD, **env: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix=f"recweb-test-{os.getpid()}-")) / "var"
        outside = {"DATABASE_URL", "BROKER_URL", "SECRET_KEY", "RECWEB_HOME", "RECWEB_WEB"}
        self.env = {name: value for name, value in os.environ.items() if name not in outside}
        self.env |= {
            "RECWEB_HOME": str(self.home),
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "JOB_LEASE_SECONDS": str(lease),
            "RECONCILE_SECONDS": str(period),
            "OPENBLAS_NUM_THREADS": "1",
            "DRILL_WITHOUT": "alone",
            **env,
        }
        self.processes: dict[str, subprocess.Popen[Any]] = {}
        self.trains = threading.Lock()  # one scenario at a time kills a train worker
        self.driving = threading.Lock()  # scenarios run in threads, the driver takes one line each

    def servers(self) -> "Stand":
        home.prepare(self.home)
        password = self.home / "secrets" / "valkey"
        password.write_text("for-this-test-only")
        password.chmod(0o600)
        self.postgres = Postgres(self.home, durable=False)
        # what was acknowledged must outlive a crash of the server (of the machine it need not)
        self.postgres.settings = self.postgres.settings | {"synchronous_commit": "on"}
        self.valkey = Valkey(self.home, "for-this-test-only")
        self.postgres.start()
        self.valkey.start()
        self._migrate("jobs")
        self._migrate("drill", "--run-syncdb")
        return self

    def _migrate(self, *words: str) -> None:
        command = [sys.executable, "-m", "django", "migrate", *words, "--skip-checks"]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def start(self) -> "Stand":
        self.servers()
        self.clock()
        for name in WORKERS:
            self.worker(name)
        for queue in ("quick", "import", "train", "lab-a", "lab-b", "lab-c", "lab-d"):
            self.wait(lambda queue=queue: self.beats(f"worker:{queue}"), 60)
        return self

    def beats(self, name: str) -> bool:
        for ended, process in self.processes.items():
            log = self.home / "logs" / f"{ended}.log"
            assert process.poll() is None, f"{ended} ended:\n{log.read_text()[-2000:]}"
        return bool(self.sql("SELECT 1 FROM jobs_beat WHERE name = %s", name))

    def worker(self, name: str, **more: str) -> None:
        queues, slots, env = {**WORKERS, **CUT_OFF}[name]
        words = ["worker", "-Q", queues, "-c", str(slots), "-n", f"{name}@%h"]
        words += ["--without-gossip", "--without-mingle", "-l", "INFO"]
        self._celery(name, words, **env, **more)

    def clock(self) -> None:
        self._celery("beat", ["beat", "-s", str(self.home / "run" / "beat"), "--pidfile", ""])

    def _celery(self, name: str, words: list[str], **env: str) -> None:
        with (self.home / "logs" / f"{name}.log").open("a") as out:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "recweb", *words],
                cwd=ROOT,
                env=self.env | env,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    # -- orders, through the product's own code
    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        with self.driving:
            return self._ask({"do": do, **words})

    def _ask(self, words: dict[str, Any]) -> dict[str, Any]:
        driver = self.processes.get("driver")
        if driver is None or driver.poll() is not None:
            driver = self.processes["driver"] = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.driver"],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert driver.stdin and driver.stdout
        driver.stdin.write(json.dumps(words) + "\n")
        driver.stdin.flush()
        answer = dict(json.loads(driver.stdout.readline()))
        assert "error" not in answer, answer
        return answer

    def order(self, kind: str = "drill-parse", owner: str = "ann", **params: Any) -> int:
        usual = {"seed": 1, "epochs": 5, "seconds": 0.6}
        return int(self.ask("order", kind=kind, owner=owner, **(usual | params))["id"])

    def order_and_die(self, kind: str, owner: str) -> int:
        """By a process that is killed between its commit and the bell."""
        words = {"do": "order", "kind": kind, "owner": owner, "die": True}
        words |= {"seed": 1, "epochs": 1, "seconds": 0.1}
        command = [sys.executable, "-m", "tests.faults.driver"]
        done = subprocess.run(command, cwd=ROOT, env=self.env, input=json.dumps(words), text=True)
        assert done.returncode == -signal.SIGKILL
        return int(self.sql("SELECT max(id) FROM jobs_job WHERE kind = %s", kind)[0][0])

    # -- what is so
    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        folder = home.socket_folder(self.home, "postgres")
        line = psycopg2.connect(host=str(folder), dbname="recweb", user="recweb")
        try:
            with line, line.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            line.close()

    def job(self, number: int) -> dict[str, Any]:
        names = "state attempt lost worker done total step error trace lease_until".split()
        row = self.sql(f"SELECT {', '.join(names)} FROM jobs_job WHERE id = %s", number)[0]
        return dict(zip(names, row, strict=True))

    def state(self, number: int) -> str:
        return str(self.job(number)["state"])

    def child(self, number: int) -> int:
        """The process that does the job, once it has shown itself."""
        attempt = self.job(number)["attempt"]
        return self._child(number, attempt)

    def _child(self, number: int, attempt: int) -> int:
        line = ["run_job", str(number), str(attempt)]
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if words[-3:] == line and self._ours(process):
                return int(process.pid)
        return 0

    def _ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("RECWEB_HOME") == str(self.home)
        except psutil.Error:
            return False

    def epochs(self, number: int) -> list[int]:
        rows = self.sql("SELECT number FROM drill_epoch WHERE job_id = %s ORDER BY id", number)
        return [row[0] for row in rows]

    def digests(self, number: int) -> list[str]:
        rows = self.sql("SELECT digest FROM drill_result WHERE job_id = %s", number)
        return [row[0] for row in rows]

    def log(self, number: int) -> str:
        path = self.home / "logs" / "jobs" / f"{number}.log"
        return path.read_text() if path.exists() else ""

    def wait(self, done: Callable[[], object], seconds: float = 30.0) -> float:
        began = time.monotonic()
        while True:
            try:
                if done():
                    return time.monotonic() - began
            except psycopg2.OperationalError:
                pass  # the test has stopped it
            assert time.monotonic() - began < seconds, f"waited {seconds:g} s in vain"
            time.sleep(0.05)

    def wait_for(self, found: Callable[[], int], seconds: float = 30.0) -> int:
        """The first answer that is not 0."""
        answers = [0]
        self.wait(lambda: answers.append(found()) or answers[-1], seconds)  # type: ignore[func-returns-value]
        return answers[-1]

    def never(self, happens: Callable[[], object], seconds: float = 1.5) -> None:
        """It does not happen for as long as that: two beats and a report."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert not happens()
            time.sleep(0.1)

    def running(self, kind: str) -> bool:
        """A job of the kind, or a message about one, is being worked on."""
        live = "SELECT 1 FROM jobs_job WHERE kind = %s AND state IN ('running', 'cancelling')"
        return bool(self.sql(live, kind))

    def until(self, number: int, *states: str, seconds: float = 90.0) -> float:
        try:
            return self.wait(lambda: self.state(number) in states, seconds)
        except AssertionError:
            raise AssertionError(
                f"job {number} is {self.job(number)}, not {states}:\n{self.log(number)}"
            ) from None

    def tree(self, name: str) -> Tree:
        main = psutil.Process(self.processes[name].pid)
        return [main, *main.children(recursive=True)]

    def whose(self, job: int) -> str:
        """The worker below which the job's process runs."""
        parents = {process.pid for process in psutil.Process(self.child(job)).parents()}
        return next(name for name in WORKERS if self.processes[name].pid in parents)

    def kill(self, name: str) -> Tree:
        """kill -9 of the worker's main process; who was below it."""
        tree = self.tree(name)
        self.processes[name].kill()
        self.processes[name].wait()
        return tree

    def discard(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                try:
                    members = [process_ for process_ in psutil.Process(process.pid).children(True)]
                except psutil.NoSuchProcess:
                    members = []
                process.kill()
                for member in members:
                    try:
                        member.send_signal(signal.SIGCONT)
                        member.kill()
                    except psutil.NoSuchProcess:
                        continue
            process.wait()
        for service in (getattr(self, "postgres", None), getattr(self, "valkey", None)):
            if service is not None:
                service.stop()
        if not os.environ.get("KEEP_STAND"):
            shutil.rmtree(self.home.parent, ignore_errors=True)
