"""ABU-10: one user is forgotten everywhere, and nothing brings the user back."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings as site
from django.db import connection
from django.test import Client

from recweb.datasets import erasure, exports, imports, privacy, tasks, vacuum
from recweb.datasets.models import Dataset, Erased, Import, Interaction, Person
from recweb.jobs import logfile
from recweb.people.models import Audit, Idempotency, User
from recweb.runtime import home, postgres
from tests.datasets.conftest import MOVIES, bring, text_of, work_off

Login = Callable[[User], Client]
CANARY = "canary-7f3a9c51e2"
LOG = f"""userId,movieId,rating,timestamp
1,31,2.5,1260759144
{CANARY},31,5,1260759150
{CANARY},10,4,1260759151
2,10,3,1260759199
{CANARY},10,bad rating,1260759151
"""
JSON = "application/json"


@pytest.fixture(autouse=True)
def own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "_list", lambda: tmp_path / "erased.jsonl")


def erase(client: Client, user: str = CANARY) -> Any:
    given = {"user": user, "confirm": user}
    return client.post("/api/v1/datasets/shop/erase/", given, content_type=JSON)


def with_canary(loaded: Dataset, ann: User) -> Import:
    """A second file, with the user in it who will be erased; version 2 stands on it."""
    batch = bring(loaded, "interactions", LOG, "more.csv", options={})
    assert batch.state == "waiting"  # one bad row of five is more than 5 %
    imports.accept(batch, ann)
    work_off()
    batch.refresh_from_db()
    return batch


@pytest.mark.django_db
def test_abu_10_everything_about_a_user_goes(loaded: Dataset, ann: User, login: Login) -> None:
    batch = with_canary(loaded, ann)
    Idempotency.objects.create(
        user=ann, key="k", route="/x", body_hash="", status=200, body=f'{{"user": "{CANARY}"}}'
    )
    logfile.write(1, f"looked at {CANARY} twice")
    old = loaded.versions.get(number=2)
    code = Person.objects.get(dataset=loaded, outside_id=CANARY).code
    assert erase(login(ann)).status_code == 202
    assert work_off("quick").state == "done"
    assert not Interaction.objects.filter(dataset_id=loaded.pk, user_code=code).exists()
    assert not Person.objects.filter(outside_id__contains=CANARY).exists()
    batch.refresh_from_db()
    assert not batch.path.exists()
    assert not batch.bad_rows.filter(text__contains=CANARY).exists()
    assert not Idempotency.objects.exists()
    assert CANARY not in (Path(site.JOB_LOGS) / "1.log").read_text()
    old.refresh_from_db()
    assert old.redacted is not None
    assert code not in tasks.load_version(old)[0].users  # its arrays, too
    mac = privacy.mac(loaded.pk, CANARY)
    assert Erased.objects.get().mac == mac
    assert Erased.objects.get().counts["events"] == 2
    row = Audit.objects.get(action="erase")
    assert row.detail == {"user_hash": mac}
    # every other user is as before
    assert Interaction.objects.filter(dataset_id=loaded.pk).count() == 9


@pytest.mark.django_db
def test_abu_10_versions_say_what_is_gone_from_them(
    loaded: Dataset, ann: User, login: Login
) -> None:
    with_canary(loaded, ann)
    erase(login(ann))
    assert work_off("quick").state == "done"
    old, newest = loaded.versions.get(number=2), loaded.version
    assert newest is not None
    assert (newest.number, newest.n_interactions) == (3, 7 + 1)  # one row was there already
    # the row stays in the arrays, and is counted nowhere
    assert (newest.n_users, newest.n_people, newest.profile["counts"]["users"]) == (4, 3, 3)
    assert newest.density == 7 / (3 * newest.n_items)  # 8 events of 7 pairs
    # the old version's figures are those of its making, and its page says what is gone from it
    assert (old.n_people, old.n_interactions) == (4, 10)
    assert old.gone == (1, 2, 3, 8)
    client = login(ann)
    told = "users 1, their events 2. Its figures are those of its making; left are 3 users and 8 "
    for path in ("?version=2", "diff/?from=2&to=3"):
        assert told in text_of(client.get(f"/datasets/shop/{path}")), path
    versions = client.get("/api/v1/datasets/shop/").json()["versions"]
    erased = {row["number"]: row["erased"] for row in versions}
    assert erased[2] == {"users": 1, "events": 2, "users_left": 3, "events_left": 8}
    assert erased[3] is None
    listed = text_of(client.get("/datasets/shop/?tab=versions"))
    assert "with one exception" in listed
    assert '4 <small class="warn">− 1 erased<' in listed
    assert '10 <small class="warn">− 2 erased<' in listed
    assert "erased since" not in text_of(client.get("/datasets/shop/"))  # the newest lacks nothing
    assert "erased-" not in text_of(client.get("/datasets/shop/?tab=users"))


@pytest.mark.django_db
def test_where_nobody_counted_an_erasure_is_said_without_a_number(
    loaded: Dataset, ann: User, login: Login
) -> None:
    shutil.rmtree(exports.version_folder(loaded.versions.get()))  # then nobody counts its events
    client = login(ann)
    erase(client, "2")
    work_off("quick")
    old = loaded.versions.get(number=1)
    assert old.gone == (1, None, None, None)
    assert "their events are gone from it" in text_of(client.get("/datasets/shop/?version=1"))
    assert "less those of erased users" in text_of(client.get("/datasets/shop/?tab=versions"))


@pytest.mark.django_db
def test_abu_10_who_stands_in_bad_rows_alone_goes_too(
    loaded: Dataset, ann: User, login: Login
) -> None:
    log = f"userId,movieId,rating,timestamp\n{CANARY},31,bad rating,1260759150\n2,31,1,1260759160\n"
    batch = bring(loaded, "interactions", log, "more.csv", options={})
    imports.accept(batch, ann)
    work_off()
    client, number = login(ann), loaded.versions.latest("number").number
    row = batch.bad_rows.get(text__contains=CANARY)
    assert not Person.objects.filter(outside_id=CANARY).exists()
    assert erase(client, CANARY[:-1]).status_code == 404  # a part of a name is nobody's
    assert erase(client).status_code == 202
    assert work_off("quick").state == "done"
    assert not batch.bad_rows.filter(text__contains=CANARY).exists()
    assert not batch.path.exists()
    assert (Erased.objects.get().sought, Erased.objects.get().counts["bad_rows"]) == ("", 1)
    assert loaded.versions.latest("number").number == number, "no event went"
    assert erase(client).status_code == 404
    Erased.objects.all().delete()  # a restored backup brings the bad row again
    row.save(force_insert=True)
    assert erasure.replay() == 1
    assert work_off("quick").state == "done"
    assert not batch.bad_rows.filter(text__contains=CANARY).exists()
    assert erasure.replay() == 0


@pytest.mark.django_db
def test_abu_10_a_file_does_not_bring_the_user_back(
    loaded: Dataset, ann: User, login: Login
) -> None:
    assert erase(login(ann), "2").status_code == 202
    work_off("quick")
    again = (
        "userId,movieId,rating,timestamp\n2,31,4,835355493\n2,10,5,835355681\n5,10,5,835355682\n"
    )
    batch = bring(loaded, "interactions", again, "again.csv", options={})
    assert (batch.state, batch.rows_in) == ("loaded", 3)
    assert batch.reasons == {"erased-user": 2}
    assert batch.rows_in == batch.accepted + batch.duplicates + batch.quarantined
    assert not batch.path.exists()  # the file names the user
    assert not Person.objects.filter(dataset=loaded, outside_id="2").exists()
    bring(loaded, "users", "user,city\n2,Paris\n5,Rome\n", "users.csv")
    assert not Person.objects.filter(dataset=loaded, outside_id="2").exists()


@pytest.mark.django_db
def test_abu_10_a_restored_backup_is_erased_again(loaded: Dataset, ann: User, login: Login) -> None:
    erase(login(ann), "2")
    work_off("quick")
    nobody = Person.objects.get(dataset=loaded, outside_id__startswith="erased-")
    # what a restore does: the list in the database and the erasure itself are gone
    Erased.objects.all().delete()
    Person.objects.filter(dataset=loaded, code=nobody.code).update(outside_id="2")
    assert erasure.replay() == 1
    assert work_off("quick").state == "done"
    assert not Person.objects.filter(dataset=loaded, outside_id="2").exists()
    assert erasure.replay() == 0


@pytest.mark.django_db
def test_erasing_is_the_admins_and_asks_twice(
    loaded: Dataset, ann: User, bob: User, login: Login
) -> None:
    assert erase(login(bob), "2").status_code == 403
    admin = login(ann)
    wrong = admin.post(
        "/api/v1/datasets/shop/erase/", {"user": "2", "confirm": "3"}, content_type=JSON
    )
    assert wrong.status_code == 400
    nobody = erase(admin, "nobody")
    assert (nobody.status_code, nobody.json()["error"]["field"]) == (404, "user")
    for user, confirm in (("2", "x"), ("a\0", "a\0")):
        page = admin.post("/datasets/shop/erase/", {"user": user, "confirm": confirm})
        assert page.status_code == 422
    assert Person.objects.filter(dataset=loaded, outside_id="2").exists()
    assert not Erased.objects.exists()
    assert admin.post("/datasets/shop/erase/", {"user": "2", "confirm": "2"}).status_code == 302


@pytest.mark.django_db
def test_what_a_file_was_once_refused_for_forgets_the_user_too(
    loaded: Dataset, ann: User, login: Login
) -> None:
    batch = bring(loaded, "interactions", "canary,31,5\ncanary,10,4\n", "bare.csv")
    assert batch.state == "refused" and "canary" in json.dumps(batch.refusal)
    assert imports.again(batch)
    batch.refresh_from_db()
    assert "canary" in json.dumps(batch.facts)
    bring(loaded, "interactions", "user_id,item_id\ncanary,31\n", "b.csv")
    assert erase(login(ann), "canary").status_code == 202
    work_off("quick")
    batch.refresh_from_db()
    assert "canary" not in json.dumps([batch.facts, batch.refusal, batch.notes, batch.options])


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    yield


def at_the_server(*statements: str) -> Any:
    """What the last of these answers, in its first cell."""
    given = connection.get_connection_params()
    line = psycopg2.connect(host=given["host"], dbname=given["dbname"], user="postgres")
    line.autocommit = True
    with line.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        found = cursor.fetchone() if cursor.description else None
    line.close()
    return found and found[0]


NEXT = ("SELECT pg_current_xact_id()", "SELECT pg_switch_wal()")  # segment of the server's log


def test_abu_10_a_canary_is_found_nowhere(
    committed: None, ann: User, shop: Dataset, login: Login
) -> None:
    """pg_dump, the data directory, uploads, artifacts and logs: no byte of the id is left."""
    at_the_server(*NEXT * 5)
    bring(shop, "items", MOVIES, "movies.csv")
    batch = bring(shop, "interactions", LOG.replace("bad rating", "4"), "log.csv")
    assert batch.state == "loaded"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE datasets_person")
    # as every few minutes: parts of the log wait, old bytes and all, for their next use
    assert at_the_server(*NEXT, "CHECKPOINT", vacuum.AHEAD) > 2
    places = [Path(site.UPLOADS), Path(site.ARTIFACTS), Path(site.JOB_LOGS), home.home()]
    assert holds(places)  # the search finds it while it is there
    client = login(ann)
    assert CANARY.encode() in client.get("/explore/?dataset=shop&kind=users").content
    assert erase(client).status_code == 202
    assert work_off("quick").state == "done"
    assert Erased.objects.get().counts["traces_kept"] == 0
    assert holds(places) == []
    dumped = dump()
    assert b"erased-" in dumped
    assert CANARY.encode() not in dumped
    assert exports.version_folder(shop.versions.get(number=2)).exists()


def holds(places: list[Path]) -> list[str]:
    found = subprocess.run(
        ["grep", "-rlaF", CANARY, *map(str, places)], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def dump() -> bytes:
    given = connection.get_connection_params()
    command = [
        str(postgres.binaries() / "pg_dump"), "-h", str(given["host"]), "-U", str(given["user"]),
        "--no-sync", str(given["dbname"]),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=True, env={**os.environ}).stdout


@pytest.mark.django_db
def test_an_upload_that_waits_and_names_the_user_is_cancelled(
    loaded: Dataset, ann: User, login: Login
) -> None:
    import io

    from recweb.datasets import imports

    bring(loaded, "interactions", LOG.replace("bad rating", "4"), "log.csv")
    text = f"userId,movieId,rating,timestamp\n{CANARY},31,1,1260759999\n"
    waiting, _job = imports.start_import(
        loaded, "interactions", io.BytesIO(text.encode()), "next.csv", ann, confirm=False
    )
    erase(login(ann))
    work_off("quick")
    assert Import.objects.get(pk=waiting.pk).state == "cancelled"
    assert not waiting.path.exists()


@pytest.mark.django_db
def test_a_file_that_an_erasure_took_is_offered_no_more(
    loaded: Dataset, ann: User, login: Login
) -> None:
    good = bring(loaded, "interactions", LOG.replace("bad rating", "4"), "log.csv")
    refused = bring(loaded, "interactions", f"a,b\n{CANARY},31\n", "other.csv")
    client = login(ann)
    pages = [f"/datasets/shop/imports/{batch.pk}/" for batch in (good, refused)]
    before = [text_of(client.get(page)) for page in pages]
    assert all("Download the file" in page for page in before)
    assert 'value="again"' in before[1]
    erase(client)
    work_off("quick")
    for page in (text_of(client.get(page)) for page in pages):
        assert "Download the file" not in page
        assert "removed when a user was erased" in page
        assert "the file is kept" not in page
        assert 'value="again"' not in page


def test_the_servers_log_is_used_again_when_it_could_not_be_written_over(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vacuum, "AHEAD", "SELECT 1/0")
    assert vacuum.traces(0) == ["write-ahead log"]
    kept = "SELECT count(*) FROM pg_file_settings WHERE name = 'wal_recycle'"
    assert at_the_server(kept) == 0
