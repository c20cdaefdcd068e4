"""The pages of datasets and explorers: they show what is there, in at most 15 queries."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recweb.datasets.models import Dataset, Import, Member
from recweb.people.models import Token, User
from tests.datasets.conftest import MOVIES, RATINGS, bring, person, work_off

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
TABS = "overview interactions users items quality versions members settings".split()
BAD = RATINGS + '4,31,"=cmd|x",1260759144\n'


def files(**given: str | bytes) -> dict[str, Any]:
    return {
        kind: SimpleUploadedFile(f"{kind}.csv", text.encode() if isinstance(text, str) else text)
        for kind, text in given.items()
    }


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_the_list_shows_what_one_may_see(
    loaded: Dataset, bob: User, cat: User, login: Login
) -> None:
    shown = text_of(login(bob).get("/datasets/"))
    assert "/datasets/shop/" in shown
    assert "/datasets/new/" not in shown  # an analyst does not upload
    stranger = text_of(login(cat).get("/datasets/"))
    assert "/datasets/shop/" not in stranger
    assert "You belong to no dataset" in stranger


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_works(
    loaded: Dataset, bob: User, login: Login, tab: str, django_assert_max_num_queries: Any
) -> None:
    client = login(bob)
    with django_assert_max_num_queries(15):
        response = client.get(f"/datasets/shop/?tab={tab}")
    assert response.status_code == 200
    assert len(response.content) < 150_000


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_works_before_anything_was_imported(
    shop: Dataset, ann: User, login: Login, tab: str
) -> None:
    response = login(ann).get(f"/datasets/shop/?tab={tab}")
    assert response.status_code == 200


def test_an_unknown_tab_is_the_overview_and_an_unknown_version_is_404(
    loaded: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    assert 'id="counts"' in text_of(client.get("/datasets/shop/?tab=x"))
    assert client.get("/datasets/shop/?version=99").status_code == 404
    assert client.get("/datasets/nothing/").status_code == 404


def test_interactions_are_filtered_by_user_and_item(
    loaded: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    shown = text_of(client.get("/datasets/shop/?tab=interactions&user=1&item=31"))
    assert "1 rows" in shown
    assert "Dangerous Minds" in shown
    missing = text_of(client.get("/datasets/shop/?tab=interactions&user=nobody"))
    assert "There is no user “nobody” here." in missing


def test_the_wizard_goes_from_two_files_to_a_profile(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    sent = {"name": "Films", **files(interactions=RATINGS, items=MOVIES)}
    first = client.post("/datasets/new/", sent)
    assert (first.status_code, first["Location"]) == (302, "/datasets/films/map/")
    mapped = text_of(client.get("/datasets/films/map/"))
    assert "Dangerous Minds" in mapped  # decoded rows are shown
    items, ratings = Import.objects.filter(dataset__slug="films").order_by("pk")
    chosen = {
        f"f{ratings.pk}-user": "userId",
        f"f{ratings.pk}-item": "movieId",
        f"f{ratings.pk}-value": "rating",
        f"f{ratings.pk}-at": "timestamp",
        f"f{items.pk}-item": "movieId",
        f"f{items.pk}-title": "title",
        f"f{items.pk}-categories": "genres",
    }
    started = client.post("/datasets/films/map/", chosen)
    assert (started.status_code, started["Location"]) == (302, "/datasets/films/check/")
    assert "job-done" in text_of(client.get("/datasets/films/check/"))
    work_off()
    work_off()
    checked = text_of(client.get("/datasets/films/check/"))
    assert "/datasets/films/done/" in checked
    assert checked.count("rows in") == 2
    films = Dataset.objects.get(slug="films")
    assert films.version is not None
    assert films.version.number == 1  # the catalogue came first: one version, with titles
    assert "Version 1 has" in text_of(client.get("/datasets/films/done/"))


def test_a_wrong_mapping_is_said_beside_its_field(ann: User, shop: Dataset, login: Login) -> None:
    client = login(ann)
    client.post("/datasets/shop/upload/", files(interactions=RATINGS))
    batch = Import.objects.get()
    answer = client.post(
        "/datasets/shop/map/", {f"f{batch.pk}-user": "userId", f"f{batch.pk}-item": "userId"}
    )
    assert answer.status_code == 422
    assert "is already taken for User" in text_of(answer)
    batch.refresh_from_db()
    assert batch.state == "uploaded"


def test_another_encoding_may_be_chosen_and_stays(ann: User, shop: Dataset, login: Login) -> None:
    client = login(ann)
    text = "用户ID,商品ID,评分\n张三,书,4\n李四,笔,5\n".encode("gbk")
    client.post("/datasets/shop/upload/", files(interactions=text))
    batch = Import.objects.get()
    refused = text_of(client.get("/datasets/shop/map/"))
    assert "Nothing was imported" in refused or "张三" in refused
    client.post("/datasets/shop/map/", {"reread": "1", f"f{batch.pk}-read-encoding": "gb18030"})
    shown = text_of(client.get("/datasets/shop/map/"))
    assert "张三" in shown
    assert '<option value="gb18030" selected>' in shown


def test_flt_15_the_same_file_for_a_second_dataset_is_asked_about(
    ann: User, loaded: Dataset, login: Login
) -> None:
    client = login(ann)
    again = client.post("/datasets/new/", {"name": "Twin", **files(interactions=RATINGS)})
    batch = Import.objects.get(dataset=loaded, kind="interactions")
    assert again.status_code == 409
    assert f"/datasets/shop/imports/{batch.pk}/" in text_of(again)
    assert not Dataset.objects.filter(name="Twin").exists()
    meant = {"name": "Twin", "again": "on", **files(interactions=RATINGS)}
    assert client.post("/datasets/new/", meant).status_code == 302


def test_a_form_without_a_file_is_422_and_stores_nothing(
    ann: User, shop: Dataset, login: Login, settings: Any
) -> None:
    client = login(ann)
    assert client.post("/datasets/new/", {"name": "x"}).status_code == 422
    assert client.post("/datasets/shop/upload/", {}).status_code == 422
    long_name = SimpleUploadedFile("名" * 90 + ".csv", b"a,b\n")
    assert client.post("/datasets/shop/upload/", {"items": long_name}).status_code == 422
    assert not Import.objects.exists()
    assert not list(settings.UPLOADS.iterdir())


def test_the_script_is_told_where_to_go(ann: User, shop: Dataset, login: Login) -> None:
    answer = login(ann).post(
        "/datasets/shop/upload/", files(interactions=RATINGS), headers={"X-Upload": "1"}
    )
    assert (answer.status_code, answer["X-Next"]) == (204, "/datasets/shop/map/")


def test_bad_rows_are_shown_with_reason_and_a_harmless_csv(
    shop: Dataset, ann: User, login: Login
) -> None:
    batch = bring(shop, "interactions", BAD)
    client = login(ann)
    page = text_of(client.get(f"/datasets/shop/imports/{batch.pk}/"))
    assert "is not a number" in page
    assert "Import the 7 good rows" in page
    csv = client.get(f"/datasets/shop/imports/{batch.pk}/bad-rows.csv")
    body = b"".join(csv.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "attachment" in csv["Content-Disposition"]
    assert not any(line.startswith(("=", '"=')) for line in body.split(","))
    decided = client.post(f"/datasets/shop/imports/{batch.pk}/decide/", {"decision": "accept"})
    assert decided.status_code == 302
    work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.accepted, batch.quarantined) == ("loaded", 7, 1)


def test_a_refused_file_can_be_mapped_again_and_then_nothing_of_the_refusal_blocks(
    shop: Dataset, ann: User, login: Login
) -> None:
    batch = bring(shop, "interactions", "user,item,time\na,x,01/02/2020\nb,y,03/02/2020\n")
    client, address = login(ann), f"/datasets/shop/imports/{batch.pk}/decide/"
    refused = text_of(client.get("/datasets/shop/check/"))
    assert "Say which it is" in refused
    assert 'value="again"' in refused
    assert client.post(address, {"decision": "again"})["Location"] == "/datasets/shop/map/"
    chosen = {"user": "user", "item": "item", "at": "time", "read-day_first": "1"}
    client.post("/datasets/shop/map/", {f"f{batch.pk}-{name}": chosen[name] for name in chosen})
    work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == ("loaded", 2)
    assert "/datasets/shop/done/" in text_of(client.get("/datasets/shop/check/"))
    assert client.post(address, {"decision": "again"}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "loaded"  # only a refused file goes back


def test_an_analyst_may_not_decide(shop: Dataset, bob: User, login: Login) -> None:
    batch = bring(shop, "interactions", BAD)
    client = login(bob)
    assert "An admin decides." in text_of(client.get(f"/datasets/shop/imports/{batch.pk}/"))
    answer = client.post(f"/datasets/shop/imports/{batch.pk}/decide/", {"decision": "accept"})
    assert answer.status_code == 403


def test_sec_15_an_upload_never_comes_back_as_a_page(
    shop: Dataset, ann: User, bob: User, login: Login, settings: Any
) -> None:
    evil = b"user,item\n<html><script>alert(1)</script>,x\n"
    batch = bring(shop, "interactions", evil, "x.html")
    path = f"/datasets/shop/imports/{batch.pk}/file/"
    answer = login(ann).get(path)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert login(bob).get(path).status_code == 403
    stored = [path.name for path in settings.UPLOADS.iterdir()]
    assert stored == [batch.stored]
    assert (settings.UPLOADS / batch.stored).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\x",
        "/abs.csv",
        "C:\\x.csv",
        "a/../../b",
        "CON",
        "<img src=x>.csv",
    ],
)
def test_sec_16_a_name_is_never_a_path(
    shop: Dataset, ann: User, login: Login, settings: Any, name: str
) -> None:
    canary = settings.UPLOADS.parent / "canary"
    canary.write_text("untouched")
    before = {path.name for path in settings.UPLOADS.parent.iterdir()}
    file = SimpleUploadedFile("x.csv", RATINGS.encode())
    file._name = name  # what the client says, past Django's own cleaning of it
    login(ann).post("/datasets/shop/upload/", {"interactions": file})
    assert {path.name for path in settings.UPLOADS.parent.iterdir()} == before
    assert canary.read_text() == "untouched"
    for batch in Import.objects.all():
        assert (settings.UPLOADS / batch.stored).read_bytes() == RATINGS.encode()
        page = text_of(login(ann).get(f"/datasets/shop/imports/{batch.pk}/"))
        assert "<img src=x>" not in page


def test_settings_and_rules_are_saved_or_refused(loaded: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    path = "/datasets/shop/settings/"
    good = {
        "name": "Shop 2", "source": "", "repeats_wanted": "on", "rule0-counts": "on",
        "rule0-minimum": "3.5", "rule0-confidence": "value", "rule0-weight": "2",
    }  # fmt: skip
    assert client.post(path, good).status_code == 302
    loaded.refresh_from_db()
    assert (loaded.name, loaded.repeats_wanted) == ("Shop 2", True)
    rule = {"event": "rating", "minimum": 3.5, "confidence": "value", "weight": 2.0}
    assert loaded.rules == [rule]
    assert client.post(path, {**good, "rule0-weight": "-1", "name": "x"}).status_code == 422
    loaded.refresh_from_db()
    assert loaded.name == "Shop 2"


def test_a_serving_token_is_shown_once_and_scoped(loaded: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    page = text_of(client.post("/datasets/shop/token/", {"name": "till"}))
    token = Token.objects.get(name="till")
    assert token.dataset_id == loaded.pk
    assert token.start in page
    assert page.count(token.start) >= 1
    later = text_of(client.get("/datasets/shop/?tab=settings"))
    full = page.split('id="token" class="id">')[1].split("<")[0]
    assert full not in later


def test_members_are_added_and_removed_by_an_admin_only(
    loaded: Dataset, ann: User, bob: User, cat: User, login: Login
) -> None:
    client = login(ann)
    client.post("/datasets/shop/members/", {"user": cat.pk, "do": "add"})
    assert Member.objects.filter(dataset=loaded, user=cat).exists()
    assert login(cat).get("/datasets/shop/").status_code == 200
    client.post("/datasets/shop/members/", {"user": cat.pk, "do": "remove"})
    assert login(cat).get("/datasets/shop/").status_code == 404
    assert login(bob).post("/datasets/shop/members/", {"user": cat.pk}).status_code == 403


def test_delete_needs_the_typed_slug(loaded: Dataset, ann: User, login: Login) -> None:
    client = login(ann)
    assert client.get("/datasets/shop/delete/").status_code == 200
    assert client.post("/datasets/shop/delete/", {"confirm": "Shop"}).status_code == 422
    assert client.post("/datasets/shop/delete/", {"confirm": "shop"}).status_code == 302
    assert client.get("/datasets/shop/").status_code == 404
    assert work_off("quick").state == "done"


@pytest.mark.parametrize("kind", ["users", "items"])
def test_explore_finds_and_the_pages_say_what_the_log_says(
    loaded: Dataset, bob: User, login: Login, kind: str, django_assert_max_num_queries: Any
) -> None:
    client = login(bob)
    with django_assert_max_num_queries(15):
        assert client.get(f"/explore/?kind={kind}").status_code == 200
    assert client.get(f"/{kind}/shop/").status_code == 302
    name = "1" if kind == "users" else "31"
    client.get(f"/{kind}/shop/{name}/")  # a first visit is remembered for the checklist
    with django_assert_max_num_queries(15):
        page = client.get(f"/{kind}/shop/{name}/")
    assert page.status_code == 200
    assert "Dangerous Minds" in text_of(page)
    missing = client.get(f"/{kind}/shop/nobody/")
    assert missing.status_code == 404
    assert "is not in version 1" in text_of(missing)


def test_chinese_titles_are_found_by_a_part(loaded: Dataset, bob: User, login: Login) -> None:
    page = text_of(login(bob).get("/explore/?kind=items&q=变形"))
    assert "/items/shop/99/" in page


def test_bad_46_ids_of_any_kind_have_a_page(shop: Dataset, ann: User, login: Login) -> None:
    ids = ["a/b", "{{7*7}}", "😀 ?#&", "<b>x</b>", "100%25"]
    lines = "".join(f'"{name}","{name}",3,{1260759144 + n}\n' for n, name in enumerate(ids))
    assert bring(shop, "interactions", "user,item,rating,timestamp\n" + lines).state == "loaded"
    client = login(ann)
    for name in ids:
        for kind in ("users", "items"):
            page = client.get(f"/{kind}/shop/{quote(name, safe='')}/")
            assert page.status_code == 200, name
            assert "<b>x</b>" not in text_of(page)
    assert (
        "49"
        not in text_of(client.get(f"/users/shop/{quote('{{7*7}}', safe='')}/"))
        .split("<h1")[1]
        .split("</h1>")[0]
    )


def test_strangers_get_404_everywhere(loaded: Dataset, cat: User, login: Login) -> None:
    client = login(cat)
    batch = loaded.imports.first()
    assert batch is not None
    for path in (
        "/datasets/shop/",
        f"/datasets/shop/imports/{batch.pk}/",
        f"/datasets/shop/imports/{batch.pk}/bad-rows.csv",
        "/users/shop/",
        "/users/shop/1/",
        "/items/shop/31/",
        "/explore/?dataset=shop",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post("/datasets/shop/settings/", {"name": "x"}).status_code == 404


def test_an_annotator_sees_no_data_pages(loaded: Dataset, login: Login) -> None:
    dan = person("dan", "Annotator")
    Member.objects.create(dataset=loaded, user=dan)
    client = login(dan)
    for path in ("/datasets/", "/datasets/shop/", "/explore/", "/users/shop/1/"):
        assert client.get(path).status_code == 403
