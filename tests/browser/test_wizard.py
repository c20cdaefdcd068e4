"""The wizard as an admin walks it: a good file in parts, a dirty one, a hostile one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from recweb.datasets import partitions, wizard
from recweb.datasets.models import Dataset, Import, Upload
from recweb.people.models import User
from tests.browser.conftest import Opener, axe
from tests.datasets.conftest import person, work_off

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = 20_000  # ms: a busy machine takes its time over a new page
ROWS = "".join(f"u{n % 5},i{n % 9},{1_600_000_000 + n}\n" for n in range(60))


@pytest.fixture
def ann(tmp_path: Path, settings: Any) -> Iterator[User]:
    for name in ("uploads", "artifacts", "spool", "jobs"):
        (tmp_path / name).mkdir()
    settings.UPLOADS, settings.ARTIFACTS = tmp_path / "uploads", tmp_path / "artifacts"
    settings.SPOOL, settings.JOB_LOGS = tmp_path / "spool", tmp_path / "jobs"
    yield person("ann", "Admin")
    for dataset in Dataset.objects.all():
        partitions.drop_dataset(dataset.pk)


def choose(page: Page, name: str, text: str, encoding: str = "utf-8") -> None:
    file: Any = {"name": name, "mimeType": "text/csv", "buffer": text.encode(encoding)}
    page.locator("[name=interactions]").set_input_files(file)
    page.locator("#upload-send").click()


def test_a_good_file_goes_in_parts(
    ann: User, open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wizard, "PARTS_FROM", 100)
    page = open_page("/datasets/new/", ann)
    expect(page.locator("#id_interactions_helptext")).to_contain_text("MB")
    page.locator("[name=name]").fill("Films")
    with page.expect_request(lambda request: request.method == "PUT") as part:
        choose(page, "good.csv", "user,item,time\n" + ROWS)
    assert "/api/v1/uploads/" in part.value.url
    expect(page).to_have_url(f"{page.url.split('/datasets')[0]}/datasets/films/map/", timeout=LONG)
    assert not Upload.objects.exists()
    page.locator("#start-import").click()
    expect(page.locator("#check-next")).to_be_visible(timeout=LONG)
    work_off()
    # the counts come by themselves, without loading the page again
    expect(page.locator(".counts")).to_contain_text("60", timeout=LONG)
    assert Import.objects.get().accepted == 60
    page.goto("/datasets/films/health/")
    page.locator(".panel form button").first.click()
    expect(page.locator("[id^=job-]").first).to_be_visible(timeout=LONG)
    work_off("quick")
    # the report comes by itself, without loading the page again
    expect(page.locator("#checks")).to_be_visible(timeout=LONG)


@pytest.mark.parametrize(("theme", "language"), [("light", "zh-hans"), ("dark", "en")])
def test_a_dirty_and_a_hostile_file(
    ann: User, open_page: Opener, theme: str, language: str
) -> None:
    page = open_page("/datasets/new/", ann, theme=theme, language=language)
    assert axe(page) == []
    page.locator("[name=name]").fill("Shop")
    rows = ROWS.replace("u1,", "ué,") + "u1,,1\n" * 9
    name = "<img src=x onerror=alert(1)>.csv"
    choose(page, name, "user,item,time\n" + rows, encoding="cp1252")
    expect(page.locator("#map-form")).to_be_visible(timeout=LONG)
    expect(page.locator("#map-form [role=alert]")).to_contain_text("ué,i1")  # is it read rightly?
    assert axe(page) == []
    page.locator("#start-import").click()
    expect(page.locator("#check-next")).to_be_visible(timeout=LONG)
    work_off()
    page.reload()
    expect(page.locator(".note.warning")).to_be_visible(timeout=LONG)  # over 5 % are bad
    assert axe(page) == []
    page.goto(f"/datasets/shop/imports/{Import.objects.get().pk}/")
    expect(page.locator("h1")).to_have_text("<img src=x onerror=alert(1)>.csv")
    assert axe(page) == []
    page.locator("[name=decision][value=accept]").click()
    expect(page.locator("#check-next")).to_be_visible(timeout=LONG)
    work_off()
    page.goto(f"/datasets/shop/imports/{Import.objects.get().pk}/mend/")
    assert axe(page) == []
    page.locator("#mend-form input[id^=row-]").first.fill("u1,i1,1700000000")
    page.locator("#mend-form .btn-primary").click()
    expect(page.locator("#check-next")).to_be_visible(timeout=LONG)
    work_off()
    assert Import.objects.get(mends__isnull=False).accepted == 1
    page.goto("/datasets/shop/?tab=settings")
    page.locator("[hx-post$='/rules/']").click()
    expect(page.locator("#tried tbody tr")).to_have_count(20, timeout=LONG)
    assert axe(page) == []
