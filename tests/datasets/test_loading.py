"""A file becomes part of the log, wholly or not at all."""

import io
import random
import shutil
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from recweb.datasets import arrays, imports, partitions, tasks
from recweb.datasets.exports import version_folder
from recweb.datasets.models import Dataset, Import, Interaction, Item, Person, Quarantined
from recweb.jobs import fence, work
from recweb.people.models import User
from tests.datasets.conftest import MOVIES, RATINGS, bring, work_off

pytestmark = pytest.mark.django_db
HEADER, *LINES = RATINGS.strip().split("\n")


def csv(*lines: str) -> str:
    return "\n".join([HEADER, *lines]) + "\n"


def test_a_ratings_file_becomes_rows_and_a_version(shop: Dataset) -> None:
    batch = bring(shop, "interactions", RATINGS)
    assert (batch.state, batch.rows_in, batch.accepted) == ("loaded", 7, 7)
    assert Interaction.objects.filter(dataset_id=shop.pk).count() == 7
    assert shop.version is not None
    assert (shop.version.n_interactions, shop.version.n_users, shop.version.n_items) == (7, 3, 4)
    assert Person.objects.get(dataset=shop, outside_id="1").n_events == 3
    assert Item.objects.get(dataset=shop, outside_id="31").n_events == 2


def test_the_arrays_say_what_the_file_says(loaded: Dataset) -> None:
    assert loaded.version is not None
    log, items = tasks.load_version(loaded.version)
    people = list(
        Person.objects.filter(dataset=loaded).order_by("code").values_list("outside_id", flat=True)
    )
    films = list(
        Item.objects.filter(dataset=loaded).order_by("code").values_list("outside_id", flat=True)
    )
    assert log.at is not None
    found = {
        f"{people[u]},{films[i]},{v},{t}"
        for u, i, v, t in zip(log.users, log.items, log.values, log.at, strict=True)
    }
    assert found == set(LINES)
    assert log.at.tolist() == sorted(log.at.tolist())
    assert items.titles[films.index("99")] == "变形金刚 (2007)"
    assert items.topic_names == tuple(sorted(items.topic_names))
    assert items.years[films.index("10")] == 1995


def test_rows_in_is_accepted_and_duplicates_and_quarantined(shop: Dataset) -> None:
    more = [f"9,{n},3.0,1260759182" for n in range(40)]
    batch = bring(shop, "interactions", csv(*LINES, *more, LINES[0], "4,31,77,1260759144"))
    assert (batch.rows_in, batch.accepted, batch.duplicates, batch.quarantined) == (49, 47, 1, 1)
    bad = Quarantined.objects.get(batch=batch)
    assert (bad.line, bad.column, bad.code) == (50, "rating", "value-out-of-range")
    assert bad.text == "4,31,77,1260759144"


def test_over_five_percent_bad_rows_wait_for_a_decision(shop: Dataset, ann: User) -> None:
    batch = bring(shop, "interactions", csv(*LINES, "4,31,nonsense,1260759144"))
    assert batch.state == "waiting"
    assert batch.facts["decision"] == "bad-rows"
    assert shop.version is None
    assert not Interaction.objects.filter(dataset_id=shop.pk).exists()
    assert imports.accept(batch, ann) is not None
    work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.accepted, batch.quarantined) == ("loaded", 7, 1)
    assert imports.accept(batch, ann) is None  # asked and answered


def test_a_discarded_file_leaves_nothing_and_may_come_again(
    shop: Dataset, django_capture_on_commit_callbacks: Any
) -> None:
    text = csv(*LINES, "4,31,nonsense,1260759144")
    batch = bring(shop, "interactions", text)
    with django_capture_on_commit_callbacks(execute=True):
        assert imports.discard(batch)
    assert not batch.path.exists()
    assert not batch.bad_rows.exists()
    assert bring(shop, "interactions", text).state == "waiting"


def test_a_refused_file_names_what_is_wrong(shop: Dataset) -> None:
    batch = bring(shop, "interactions", "nobody,thing\n1,2\n", "odd.csv")
    assert batch.state == "refused"
    assert batch.job is not None
    assert batch.job.state == "failed"
    assert "odd.csv" in batch.job.error
    assert "user_id" in batch.job.error
    assert "Nothing was imported" in batch.job.error


def test_bad_42_same_file_again_and_in_other_order(shop: Dataset) -> None:
    first = bring(shop, "interactions", RATINGS)
    with pytest.raises(imports.AlreadyThere) as caught:
        bring(shop, "interactions", RATINGS, "copy.csv")
    assert caught.value.batch == first
    shuffled = bring(shop, "interactions", csv(*reversed(LINES)))
    assert shuffled.state == "loaded"
    assert (shuffled.facts["new_rows"], shuffled.facts["already_there"]) == (0, 7)
    one, two = shop.versions.order_by("number")
    assert one.fingerprint == two.fingerprint
    assert (two.n_interactions, two.profile["replaced"]) == (7, 7)


def test_flt_16_overlapping_files_count_each_event_once(shop: Dataset) -> None:
    lines = [f"{n % 13},{n % 29},{n % 5 + 1}.0,{1260759144 + n}" for n in range(200)]
    bring(shop, "interactions", csv(*lines[:100]))
    second = bring(shop, "interactions", csv(*lines[70:170]))
    assert (second.accepted, second.facts["already_there"]) == (100, 30)
    assert shop.version is not None
    assert (shop.version.n_interactions, shop.version.profile["replaced"]) == (170, 30)


def test_the_last_line_wins_across_files(shop: Dataset) -> None:
    bring(shop, "interactions", RATINGS)
    bring(shop, "interactions", csv("1,31,5.0,1260759144"))
    assert shop.version is not None
    log, _ = tasks.load_version(shop.version)
    user = Person.objects.get(dataset=shop, outside_id="1").code
    item = Item.objects.get(dataset=shop, outside_id="31").code
    assert log.values[(log.users == user) & (log.items == item)].tolist() == [5.0]
    assert Interaction.objects.filter(dataset_id=shop.pk).count() == 8  # rows never change


def test_the_fingerprint_is_of_content_not_of_order_or_files(shop: Dataset, ann: User) -> None:
    other = Dataset.objects.create(slug="other", name="Other", owner=ann)
    mixed = list(LINES)
    random.Random(3).shuffle(mixed)
    bring(shop, "interactions", RATINGS)
    bring(other, "interactions", csv(*mixed[:3]))
    bring(other, "interactions", csv(*mixed[3:]))
    assert shop.version is not None
    assert other.version is not None
    assert shop.version.fingerprint == other.version.fingerprint
    bring(other, "interactions", csv("1,31,5.0,1260759144"))
    assert other.version.fingerprint != shop.version.fingerprint


def test_an_old_version_keeps_its_titles(loaded: Dataset) -> None:
    old = loaded.version
    bring(loaded, "items", MOVIES.replace("Dumbo", "Jumbo"), "movies2.csv")
    new = loaded.version
    assert old is not None
    assert new is not None
    assert new.fingerprint != old.fingerprint
    dumbo = Item.objects.get(dataset=loaded, outside_id="1029").code
    assert tasks.load_version(old)[1].titles[dumbo] == "Dumbo (1941)"
    assert tasks.load_version(new)[1].titles[dumbo] == "Jumbo (1941)"


def test_an_export_made_again_is_the_same_byte_for_byte(loaded: Dataset) -> None:
    assert loaded.version is not None
    first = version_folder(loaded.version)
    manifests = {part: (first / part / "manifest.json").read_bytes() for part in ("log", "items")}
    shutil.rmtree(first)
    again = version_folder(loaded.version)
    for part, manifest in manifests.items():
        assert (again / part / "manifest.json").read_bytes() == manifest


def test_ids_are_text_007_is_not_7(shop: Dataset) -> None:
    bring(shop, "interactions", csv("007,1,3.0,1260759144", "7,1,3.0,1260759144"))
    assert Person.objects.filter(dataset=shop).count() == 2


def test_a_gbk_file_is_read_as_chosen(shop: Dataset) -> None:
    text = "商品ID,标题,类别\n1,变形金刚,动作|科幻\n".encode("gbk")
    batch = bring(shop, "items", text, "电影.csv", options={"encoding": "gb18030"})
    assert batch.state == "loaded"
    item = Item.objects.get(dataset=shop, outside_id="1")
    assert (item.title, item.topics) == ("变形金刚", ["动作", "科幻"])


def test_bad_43_items_that_no_catalogue_knows_are_counted(loaded: Dataset, ann: User) -> None:
    batch = bring(loaded, "interactions", csv("1,777,3.0,1260759144", "1,31,3.0,1260759145"))
    assert batch.state == "loaded"  # half is not more than half
    assert batch.facts["unknown_items"] == 0.5
    assert loaded.version is not None
    assert loaded.version.profile["quality"]["unlisted_items"] == 1
    assert loaded.version.profile["quality"]["cold_items"] == 1
    mostly = bring(loaded, "interactions", csv("1,778,3.0,1260759144", "1,779,3.0,1260759145"))
    assert (mostly.state, mostly.facts["decision"]) == ("waiting", "unknown-items")


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_the_whole_of_it(shop: Dataset) -> None:
    batch, _ = imports.start_import(
        shop, "interactions", io.BytesIO(RATINGS.encode()), "a.csv", shop.owner
    )
    claimed = fence.claim("import", "test:1")
    assert claimed is not None
    work.perform(claimed, child=False)
    claimed.refresh_from_db()
    batch.refresh_from_db()
    assert (claimed.state, batch.state) == ("done", "loaded")
    assert Interaction.objects.filter(dataset_id=shop.pk).count() == 7


def test_the_table_itself_refuses_what_is_no_number(shop: Dataset) -> None:
    bring(shop, "interactions", RATINGS)
    for value in ("NaN", "Infinity", "-Infinity"):
        with pytest.raises(IntegrityError), transaction.atomic():
            partitions.run(
                "INSERT INTO datasets_interaction (dataset_id, import_id, line, user_code, event, "
                "value) SELECT dataset_id, import_id, 99, 0, 0, %s FROM datasets_interaction "
                "LIMIT 1",
                value,
            )


def test_an_event_that_a_later_file_brings_gets_its_rule(shop: Dataset) -> None:
    for name, rows in (("view", "1,1\n2,1\n3,2\n"), ("addtocart", "1,1\n"), ("cart", "2,1\n")):
        bring(shop, "interactions", f"user,item\n{rows}", f"{name}.csv", options={"event": name})
        shop.refresh_from_db()
        if name == "addtocart":  # somebody takes it out: it must not come back
            shop.rules = [rule for rule in shop.rules if rule["event"] != "addtocart"]
            shop.save()
    weights = {rule["event"]: rule["weight"] for rule in shop.rules}
    assert weights == {"view": 1.0, "cart": 2.0}


def test_codes_once_given_stay(shop: Dataset) -> None:
    bring(shop, "interactions", RATINGS)
    before = dict(Item.objects.filter(dataset=shop).values_list("outside_id", "code"))
    bring(shop, "interactions", csv("0,0,3.0,1260759144", "zz,31,3.0,1260759145"))
    after = dict(Item.objects.filter(dataset=shop).values_list("outside_id", "code"))
    assert after == {**before, "0": 4}


def test_reading_gives_back_what_copy_wrote(shop: Dataset) -> None:
    batch = bring(
        shop,
        "interactions",
        "user,item,event,value,timestamp\n"
        "a,x,view,,1260759144\na,,search,,1260759145\nb,x,play,12.5,1260759146\n",
    )
    assert batch.state == "loaded", batch.refusal
    rows = arrays.read(shop.pk, batch.pk)
    assert rows.items.tolist() == [0, -1, 0]
    assert [None if v != v else v for v in rows.values.tolist()] == [None, None, 12.5]
    assert Interaction.objects.get(dataset_id=shop.pk, line=3).item_code is None
    assert Import.objects.get(pk=batch.pk).accepted == 3
