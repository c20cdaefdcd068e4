"""Help, about, errors, search, language and theme."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings

from recweb.datasets.models import Dataset
from recweb.people.models import Preference
from tests.pages import cast as casting
from tests.pages.cast import Cast
from tests.pages.conftest import Login
from training import registry

ROOT = Path(settings.BASE_DIR)


@pytest.mark.parametrize("path", ["/help/", "/help/models/", "/about/", "/search"])
def test_it_needs_login(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 302


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_metric_method_and_model_is_explained(
    cast: Cast, login: Login, language: str
) -> None:
    client = login(cast.cat, language)
    glossary = client.get("/help/").content.decode()
    models = client.get("/help/models/").content.decode()
    for specs, page in (
        (registry.metrics(), glossary),
        (registry.rerankers(), glossary),
        (registry.strategies(), glossary),
        (registry.models(), models),
    ):
        assert specs
        for key, spec in specs.items():
            assert f'id="{key}"' in page
            assert casting_text(spec["name"][language]) in page
    assert len(glossary) <= 150_000


def casting_text(words: str) -> str:
    from django.utils.html import escape

    return escape(words)


def test_about_says_where_the_data_lies(cast: Cast, login: Login) -> None:
    page = login(cast.bob).get("/about/").content.decode()
    assert str(settings.HOME) in page and settings.VERSION in page and "MIT" in page


def test_an_unknown_address_is_a_page_with_the_request_number(cast: Cast, login: Login) -> None:
    answer = login(cast.bob).get("/nowhere/", headers={"x-request-id": "abcdef123456"})
    page = answer.content.decode()
    assert answer.status_code == 404 and "abcdef123456" in page and 'id="side"' in page


def test_an_unknown_api_address_is_json(cast: Cast, login: Login) -> None:
    answer = login(cast.bob).get("/api/v1/nowhere/")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"


def test_a_form_from_elsewhere_is_refused_in_words(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.bob)
    answer = client.post("/home/checklist/", {"hidden": "1"})
    assert answer.status_code == 403 and "You may not do this" in answer.content.decode()


def test_a_failure_of_ours_needs_neither_database_nor_translations(cast: Cast) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.bob)
    with override_settings(ROOT_URLCONF="tests.pages.broken_urls"):
        answer = client.get("/help/", headers={"x-request-id": "abcdef123456"})
    page = answer.content.decode()
    assert answer.status_code == 500 and "abcdef123456" in page and "服务器出错了" in page


def test_search_finds_pages_data_runs_users_and_items(
    cast: Cast, films: Dataset, login: Login
) -> None:
    run = casting.experiment(cast, films, "ease", name="Tuesday's try")
    client = login(cast.bob)

    def kinds(text: str) -> set[str]:
        return {row["kind"] for row in client.get("/search", {"q": text}).json()["results"]}

    assert "page" in kinds("about") and "page" in kinds("")
    found = client.get("/search", {"q": "tuesday"}).json()["results"]
    assert [row["name"] for row in found] == [str(run)]
    assert "dataset" in kinds("电影")
    assert "item" in kinds("long way") and "user" in kinds("u1")


def test_search_shows_strangers_and_annotators_no_rows(
    cast: Cast, films: Dataset, login: Login
) -> None:
    for user in (cast.dan, cast.cat):
        for text in ("films", "long way", "u1"):
            assert login(user).get("/search", {"q": text}).json()["results"] == []


def test_a_hostile_search_is_harmless(cast: Cast, films: Dataset, login: Login) -> None:
    client = login(cast.bob)
    for text in ("%", "'; --", "\x00", "9" * 400, "<script>"):
        assert client.get("/search", {"q": text}).status_code == 200


def test_what_an_address_with_nul_asks_for_is_not_there(
    cast: Cast, films: Dataset, login: Login
) -> None:
    client = login(cast.bob)
    for query in ("/jobs/?kind=%00", "/jobs/?state=%00", "/?dataset=%00", "/explore/?dataset=%00"):
        named = client.get(query.replace("%00", "none-such")).status_code
        assert client.get(query).status_code == named, query
    error = client.get("/api/v1/jobs/?kind=%00").json()["error"]
    assert (error["code"], error["field"]) == ("malformed", "kind")


def test_language_and_theme_are_kept_with_the_account(cast: Cast, login: Login) -> None:
    client = login(cast.bob)
    answer = client.post("/language/", {"language": "zh-hans", "next": "/help/"})
    assert answer["Location"] == "/help/"
    client.post("/theme/", {"theme": "dark"})
    kept = Preference.objects.get(user=cast.bob)
    assert (kept.language, kept.theme) == ("zh-hans", "dark")
    page = client.get("/help/").content.decode()
    assert 'lang="zh-CN"' in page and 'data-bs-theme="dark"' in page


def test_a_switch_leads_to_no_other_host_and_takes_no_other_word(cast: Cast, login: Login) -> None:
    client = login(cast.bob)
    answer = client.post("/language/", {"language": "zh-hans", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    client.post("/theme/", {"theme": "pink"})
    assert Preference.objects.get(user=cast.bob).theme == "auto"


def test_before_login_the_choice_lies_in_a_cookie(client: Client, db: None) -> None:
    client.post("/theme/", {"theme": "dark"})
    assert 'data-bs-theme="dark"' in client.get("/login/").content.decode()


def test_words_for_scripts_are_served(client: Client, db: None) -> None:
    answer = client.get("/jsi18n/")
    assert answer.status_code == 200 and "gettext" in answer.content.decode()


def test_no_template_or_script_names_another_host() -> None:
    found = []
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/js/*.js")]
    files += ROOT.glob("static/css/*.css")
    assert len(files) > 30
    for path in files:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        if re.search(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", text):
            found.append(path.name)
    assert found == []


def test_no_template_holds_inline_script_or_style() -> None:
    bad = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|javascript:|<script(?![^>]*\bsrc=)")
    found = [p.name for p in ROOT.glob("templates/**/*.html") if bad.search(p.read_text())]
    assert found == []


def test_vendored_files_are_those_we_looked_at() -> None:
    vendor = ROOT / "static" / "vendor"
    listed = dict(
        reversed(line.split()) for line in (vendor / "SHA256SUMS").read_text().splitlines()
    )
    there = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name not in {"SHA256SUMS", "README.md"}
    }
    assert there == listed
    for folder in {name.split("/")[0] for name in there}:
        assert f"{folder}/LICENSE" in there


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (ROOT / "static/vendor/bootstrap-icons-1.13.2/icons.svg").read_text()
    there = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = set()
    for path in ROOT.glob("templates/**/*.html"):
        used |= set(re.findall(r'_icon\.html" with name="([^"]+)"', path.read_text()))
    assert used and used <= there


def test_the_key_map_reaches_the_page_as_data(cast: Cast, login: Login) -> None:
    Preference.objects.create(user=cast.bob, keys={"g h": "g x"}, keys_on=False)
    page = login(cast.bob).get("/help/").content.decode()
    block = re.search(r'<script id="key-map" type="application/json">(.*?)</script>', page)
    assert block and json.loads(block.group(1)) == {"g h": "g x"}
    assert 'data-keys="off"' in page
