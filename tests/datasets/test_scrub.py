"""ABU-10: an id is found wherever, and however, it was written down."""

import gzip
import json
from pathlib import Path

import pytest

from recweb.datasets import scrub
from recweb.datasets.models import Dataset
from recweb.jobs.models import Job
from recweb.people.models import Idempotency, User
from tests.datasets.conftest import bring


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_a_file_is_searched_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "file"
    path.write_bytes("用户,物品\n小明,1\n".encode(encoding))
    assert scrub.mentions(path, "小明")
    assert not scrub.mentions(path, "小红")
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert scrub.mentions(path, "小明")
    assert not scrub.mentions(path, "小红")
    path.write_bytes(b"PAR1...")
    assert scrub.mentions(path, "小红")  # cannot be searched: better gone
    path.write_bytes(b'{"user": "\\u5C0F\\u660E"}')  # as some programs write it
    assert scrub.mentions(path, "小明")
    path.write_bytes("u\n€™\n".encode("cp1252"))  # letters that Latin-1 does not have
    assert scrub.mentions(path, "€™")
    path.write_bytes(b"user,item\n1,2\n")
    assert not scrub.mentions(path, "用户1")  # what Latin-1 can write of it is no name of his


@pytest.mark.parametrize("outside_id", ['小"明', "a/b", "甲/7", "back\\slash/é"])
def test_an_id_is_found_however_json_writes_it(tmp_path: Path, outside_id: str) -> None:
    path = tmp_path / "file"
    for line in (json.dumps(outside_id), json.dumps(outside_id, ensure_ascii=False)):
        for text in (line, line.replace("/", "\\/")):
            path.write_text(text, encoding="utf-8")
            assert scrub.mentions(path, outside_id), text


@pytest.mark.django_db
@pytest.mark.parametrize("outside_id", ["小明99", 'q"x77', "back\\s77", '小"明77'])
def test_what_quotes_an_id_is_found_however_it_is_stored(
    loaded: Dataset, ann: User, outside_id: str
) -> None:
    said = {"value": outside_id}
    batch = loaded.imports.latest("pk")
    batch.bad_rows.create(line=1, code="value", args=said)
    batch.notes = [{"code": "odd", "args": said}]
    batch.save()
    body = json.dumps(said, ensure_ascii=False)
    Idempotency.objects.create(user=ann, key="k", route="/x", body_hash="", status=200, body=body)
    scrub.everywhere(loaded, outside_id)
    batch.refresh_from_db()
    assert not (batch.notes or batch.bad_rows.exists() or Idempotency.objects.exists())


@pytest.mark.django_db
def test_the_name_of_a_file_forgets_the_user_with_every_title_made_of_it(
    shop: Dataset, ann: User
) -> None:
    batch = bring(shop, "interactions", "user,item\nann,1\nbob,2\n", f"{'x9y8' * 30}.csv")
    job = batch.job
    assert job is not None and set(job.titles) == {"en", "zh-hans"}
    Job.objects.filter(pk=job.pk).update(title="x9y8" * 50, step="x9y8" * 50)  # full to the brim
    scrub.everywhere(shop, "x9y8")
    batch.refresh_from_db()
    job.refresh_from_db()
    said = json.dumps([batch.file_name, job.title, job.titles], ensure_ascii=False)
    assert "x9y8" not in said and said.count(scrub.MASK) > 3
