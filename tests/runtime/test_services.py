"""SEC-27: the two servers of this test run are closed to everybody else."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import psutil
import pytest
from django.db import connection

from recweb.runtime import valkey
from recweb.runtime.services import Services
from tests import services as run


@pytest.fixture
def services() -> Services:
    if run.running is None:
        pytest.skip("DATABASE_URL is set: the servers are not ours")
    return run.running


@pytest.mark.django_db
def test_the_test_database_is_a_real_postgres_with_both_extensions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        assert {"pg_trgm", "vector"} <= {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_trigrams_of_chinese_text_are_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(show_trgm('推荐系统'))")
        assert cursor.fetchone()[0] > 0


@pytest.mark.django_db
def test_the_product_is_no_superuser() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_valkey_asks_for_the_password(services: Services) -> None:
    assert services.valkey is not None
    path = services.valkey.socket
    assert valkey.ping(path, None).startswith("-NOAUTH")
    assert valkey.ping(path, "wrong").startswith("-NOAUTH")
    assert valkey.ping(path, services.valkey.password) == "+PONG"


def test_the_password_is_in_no_command_line(services: Services) -> None:
    assert services.valkey is not None
    for process in psutil.process_iter(["cmdline"]):
        assert services.valkey.password not in " ".join(process.info["cmdline"] or [])


def test_both_sockets_live_in_folders_of_one_owner(services: Services) -> None:
    assert services.postgres is not None and services.valkey is not None
    for folder in (services.postgres.run, services.valkey.socket.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_neither_listens_on_the_network(services: Services) -> None:
    assert services.postgres is not None and services.valkey is not None
    for service in (services.postgres, services.valkey):
        assert service.child is not None
        main = psutil.Process(service.child.pid)
        for process in (main, *main.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # the server's own helpers come and go
                assert process.net_connections("inet") == []


def as_user(user: int, group: int, act: Callable[[], object]) -> str:
    """What the act fails with in a fork that has become that user; "" when it succeeds."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
            act()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(into, said.encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_of_the_machine_reaches_neither(services: Services) -> None:
    assert services.postgres is not None and services.valkey is not None
    for path in (services.postgres.run / ".s.PGSQL.5432", services.valkey.socket):
        knock = partial(socket.socket(socket.AF_UNIX).connect, str(path))
        said = as_user(12345, 12345, knock)
        assert said.startswith("PermissionError")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_postgres_refuses_a_user_whom_it_does_not_know(services: Services) -> None:
    """Its own account passes the folders on the way, and is still nobody to the database."""
    assert services.postgres is not None and services.postgres.account is not None
    account = services.postgres.account
    said = as_user(account.pw_uid, account.pw_gid, lambda: services.postgres.connect(user="recweb"))
    assert "Peer authentication failed" in said
