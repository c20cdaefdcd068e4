"""The wizard: from files to a profile, and what it says of those that it cannot take."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from recweb.datasets import imports
from recweb.datasets.models import Dataset, Import, Item
from recweb.datasets.names import free_slug
from recweb.people.models import Preference, User
from tests.datasets.conftest import MOVIES, RATINGS, Login, bring, files, text_of, work_off

pytestmark = pytest.mark.django_db


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
    done = text_of(client.get("/datasets/films/done/"))
    assert "Version 1 has" in done and "Only administrators see this dataset so far." in done


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


def test_an_encoding_that_is_sure_is_said_and_another_may_be_chosen(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    text = "用户ID,商品ID,评分\n张三,书,4\n李四,笔,5\n".encode("gbk")
    client.post("/datasets/shop/upload/", files(interactions=text))
    batch = Import.objects.get()
    shown = text_of(client.get("/datasets/shop/map/"))
    assert "It is read as GBK / GB 18030" in shown
    assert "张三" in shown
    client.post("/datasets/shop/map/", {"reread": "1", f"f{batch.pk}-read-encoding": "latin-1"})
    chosen = text_of(client.get("/datasets/shop/map/"))
    assert '<option value="latin-1" selected>' in chosen
    assert "Read it as GBK / GB 18030" in chosen


def test_bad_03_latin_letters_wait_for_somebody_who_has_seen_them(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    text = "id,title\n1,Café\n2,Björk\n".encode("cp1252")
    client.post("/datasets/shop/upload/", files(items=text))
    batch = Import.objects.get()
    shown = text_of(client.get("/datasets/shop/map/"))
    assert "its bytes do not prove what it is" in shown
    assert "2,Björk" in shown
    assert f'value="gb18030:{batch.pk}"' in shown  # beside the question, not folded away
    client.post("/datasets/shop/map/", {f"f{batch.pk}-item": "id", f"f{batch.pk}-title": "title"})
    batch.refresh_from_db()
    assert (batch.state, batch.options["encoding"]) == ("checking", "cp1252")
    work_off()
    assert set(Item.objects.values_list("title", flat=True)) == {"Café", "Björk"}


def test_of_two_encodings_that_fit_the_other_one_is_a_press_away(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    text = "user,item\nann,서울의 밤\nbob,한국 영화\ncat,사랑의 노래\n".encode("cp949")
    client.post("/datasets/shop/upload/", files(interactions=text))
    batch = Import.objects.get()
    first = text_of(client.get("/datasets/shop/map/"))
    assert f'value="euc-kr:{batch.pk}"' in first
    client.post("/datasets/shop/map/", {"reread": f"euc-kr:{batch.pk}"})
    batch.refresh_from_db()
    assert batch.options["encoding"] == "euc-kr"
    assert f'value="gb18030:{batch.pk}"' in text_of(client.get("/datasets/shop/map/"))


def test_what_becomes_of_the_other_columns_is_said_before_the_import(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    log = "user,item,tags\nann,1,odd\nbob,2,even\n"
    items = "item_id,title,studio,image_vector\n1,Dumbo,Disney,0.5 0.25 1\n2,Heat,Regency,\n"
    client.post("/datasets/shop/upload/", files(interactions=log, items=items))
    shown = text_of(client.get("/datasets/shop/map/"))
    assert "<dt>Not read</dt><dd><code>tags</code>" in shown
    assert "<dt>Vectors</dt><dd><code>image_vector</code>" in shown
    assert "<dt>Kept beside the fields</dt><dd><code>studio</code>" in shown


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


def test_a_refused_file_can_be_mapped_again_and_then_nothing_of_the_refusal_blocks(
    shop: Dataset, ann: User, login: Login
) -> None:
    batch = bring(shop, "interactions", "user,item,time\na,x,01/02/2020\nb,y,03/02/2020\n")
    client, address = login(ann), f"/datasets/shop/imports/{batch.pk}/decide/"
    refused = text_of(client.get("/datasets/shop/check/"))
    assert "Say which it is" in refused
    assert 'value="again"' in refused
    assert client.post(address, {"decision": "again"})["Location"] == "/datasets/shop/map/"
    mapped = text_of(client.get("/datasets/shop/map/"))
    assert "It was refused before: a.csv: Line 2" in mapped
    assert "<details open>" in mapped  # where the order of dates is said
    chosen = {"user": "user", "item": "item", "at": "time", "read-day_first": "1"}
    client.post("/datasets/shop/map/", {f"f{batch.pk}-{name}": chosen[name] for name in chosen})
    work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == ("loaded", 2)
    assert "/datasets/shop/done/" in text_of(client.get("/datasets/shop/check/"))
    assert client.post(address, {"decision": "again"}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "loaded"  # only a refused file goes back


def test_a_refusal_is_read_in_the_readers_language(shop: Dataset, ann: User, login: Login) -> None:
    batch = bring(shop, "interactions", "user,item,time\na,x,01/02/2020\nb,y,03/02/2020\n")
    client = login(ann)
    pages = ("check/", "", f"imports/{batch.pk}/")
    for page in pages:
        assert "Say which it is" in text_of(client.get(f"/datasets/shop/{page}")), page
    Preference.objects.update_or_create(user=ann, defaults={"language": "zh-hans"})
    for page in pages:
        shown = text_of(client.get(f"/datasets/shop/{page}"))
        assert "Say which it is" not in shown, page
        assert "请指定格式" in shown and "没有导入任何内容，文件已保留。" in shown, page


def test_the_order_that_a_date_shows_is_chosen_for_somebody_to_confirm(
    shop: Dataset, ann: User, login: Login
) -> None:
    batch = bring(shop, "interactions", "user,item,time\na,x,02/03/2020\nb,y,28/03/2020\n")
    client = login(ann)
    assert batch.state == "refused"
    shown = "“28/03/2020” in line 3 can only be day/month/year."
    assert shown in text_of(client.get("/datasets/shop/check/"))
    client.post(f"/datasets/shop/imports/{batch.pk}/decide/", {"decision": "again"})
    mapped = text_of(client.get("/datasets/shop/map/"))
    assert shown in mapped
    assert '<option value="1" selected>day/month/year</option>' in mapped


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


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "PNG"),
        (b"", "0 bytes"),
        (b"\n \n", "empty"),
    ],
)
def test_a_file_that_nobody_can_read_makes_no_dataset(
    ann: User, shop: Dataset, login: Login, settings: Any, data: bytes, words: str
) -> None:
    answer = login(ann).post("/datasets/new/", {"name": "Films", **files(interactions=data)})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "Nothing was stored" in text_of(answer)
    assert not Dataset.objects.filter(name="Films").exists()
    assert not list(settings.UPLOADS.iterdir())


def test_the_page_says_how_large_a_file_may_be(ann: User, login: Login, settings: Any) -> None:
    settings.UPLOAD_LIMIT = 7 * 2**20
    assert "At most 7" in text_of(login(ann).get("/datasets/new/"))


def test_a_refused_file_is_said_on_the_overview(ann: User, loaded: Dataset, login: Login) -> None:
    assert bring(loaded, "interactions", "a,b\n1,2\n", "wrong.csv").state == "refused"
    shown = text_of(login(ann).get("/datasets/shop/"))
    assert "wrong.csv" in shown
    assert "columns" in shown.lower()
    bring(loaded, "interactions", RATINGS + "9,10,4,1298861799\n", "right.csv")
    assert "wrong.csv" not in text_of(login(ann).get("/datasets/shop/"))


def test_what_was_chosen_about_the_first_line_stays_and_is_in_sight(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    client.post("/datasets/shop/upload/", files(interactions="1,31\n1,10\n2,31\n"))
    batch = Import.objects.get()
    client.post("/datasets/shop/map/", {"reread": "1", f"f{batch.pk}-read-header": "0"})
    for _ in range(2):
        shown = text_of(client.get("/datasets/shop/map/"))
        assert '<option value="0" selected>' in shown
        assert "<details open>" in shown
        client.post("/datasets/shop/map/", {"reread": "1", f"f{batch.pk}-read-header": "0"})


def test_step_three_keeps_the_counts_of_what_is_in_while_the_rest_runs(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    client.post("/datasets/shop/upload/", files(interactions=RATINGS, items=MOVIES))
    for batch in Import.objects.all():
        imports.begin(batch, ann)
    work_off()
    shown = text_of(client.get("/datasets/shop/check/"))
    assert shown.count("rows in") == 1
    assert "job-progress" in shown


def test_a_dataset_may_begin_with_its_catalogue_and_is_told_what_it_lacks(
    ann: User, shop: Dataset, login: Login
) -> None:
    client = login(ann)
    assert "A dataset may begin with its catalogue" in text_of(client.get("/datasets/new/"))
    bring(shop, "items", MOVIES, "movies.csv")
    shown = text_of(client.get("/datasets/shop/check/"))
    assert "nothing can be trained until" in shown
    bring(shop, "interactions", RATINGS, "ratings.csv")
    assert "nothing can be trained until" not in text_of(client.get("/datasets/shop/check/"))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("电影评分", "dypf"),
        ("淘宝 Taobao 2024", "tb-taobao-2024"),
        ("Café", "cafe"),
        ("さくら", "dataset"),
    ],
)
def test_a_chinese_name_gives_an_address_of_its_own(shop: Dataset, name: str, slug: str) -> None:
    assert free_slug(name) == slug
    Dataset.objects.create(slug=slug, name=name, owner=shop.owner)
    assert free_slug(name) == f"{slug}-2"


def test_the_decimal_comma_that_most_rows_show_is_chosen_for_somebody_to_confirm(
    shop: Dataset, ann: User, login: Login
) -> None:
    lines = [f"u{n % 7};i{n % 5};{n % 5},5;{1_600_000_000 + n}" for n in range(60)]
    text = "\n".join(["user;item;rating;timestamp", *lines, "u1;i9;4;1600009000"])
    batch = bring(shop, "interactions", text)
    assert (batch.state, batch.accepted) == ("waiting", 1)
    client = login(ann)
    client.post(f"/datasets/shop/imports/{batch.pk}/decide/", {"decision": "again"})
    mapped = text_of(client.get("/datasets/shop/map/"))
    assert '<option value="," selected>' in mapped and "<details open>" in mapped
