"""The pages of datasets: they show what is there, to those who may see it."""

import re
from typing import Any

import pytest
from django.utils import timezone

from recweb.datasets import exclusion, figures, timeline
from recweb.datasets.models import Dataset, Member, Person
from recweb.jobs.models import Job, State
from recweb.people.models import User
from tests.datasets.conftest import TABS, Login, bring, person, text_of, work_off

QUERIES = ("", "&event=search", "&event=view", "&user=1", "&item=i3&event=view", "&user=out")
TR = re.compile(r"<tr><td>.*?</tr>", re.S)
ROW = re.compile(r"<td[^>]*>(.*?)</td>", re.S)
pytestmark = pytest.mark.django_db
# one row that says another value of what the first file said, and a new one
LATER = "userId,movieId,rating,timestamp\n1,1029,4.5,1260759179\n1,31,3,1298861999\n"


def test_the_list_shows_what_one_may_see(
    loaded: Dataset, bob: User, cat: User, login: Login
) -> None:
    shown = text_of(login(bob).get("/datasets/"))
    assert "/datasets/shop/" in shown
    assert "/datasets/new/" not in shown  # an analyst does not upload
    stranger = text_of(login(cat).get("/datasets/"))
    assert "/datasets/shop/" not in stranger
    assert "You belong to no dataset" in stranger


def test_only_an_import_makes_a_dataset_importing(loaded: Dataset, ann: User, login: Login) -> None:
    Job.objects.update(state=State.DONE, finished=timezone.now())
    job = Job.objects.create(
        kind="train", queue="train", title="Train", owner=ann, dataset_id=loaded.pk
    )
    assert ">ready<" in text_of(login(ann).get("/datasets/"))
    Job.objects.filter(pk=job.pk).update(kind="import")
    assert ">importing<" in text_of(login(ann).get("/datasets/"))


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
    assert "1 row of version 1" in shown
    assert "Dangerous Minds" in shown
    missing = text_of(client.get("/datasets/shop/?tab=interactions&user=nobody"))
    assert "There is no user “nobody” here." in missing


def test_rows_that_a_later_file_replaced_are_not_shown(
    loaded: Dataset, ann: User, login: Login
) -> None:
    bring(loaded, "interactions", LATER, "later.csv")
    version = loaded.version
    assert version is not None
    assert (version.number, version.n_interactions) == (2, 8)  # of nine rows in two files
    client = login(ann)
    shown = text_of(client.get("/datasets/shop/?tab=interactions"))
    assert "8 rows of version 2" in shown
    assert shown.count("Dumbo (1941)") == 2  # of users 1 and 3, one row each
    one = text_of(client.get("/datasets/shop/?tab=interactions&user=1&item=1029"))
    assert "1 row of version 2" in one
    assert 'title="later.csv"' in one  # the last line wins
    rated = text_of(client.get("/datasets/shop/?tab=interactions&event=rating"))
    assert "8 rows of version 2" in rated


def test_a_search_that_a_later_file_replaced_is_not_shown(
    shop: Dataset, ann: User, login: Login
) -> None:
    head = "user,item,event,query,time\n"
    rows = "1,a,view,,1298861759\n1,,search,x,1298861760\n2,b,view,,1298861761\n"
    bring(shop, "interactions", head + rows)
    bring(shop, "interactions", head + "1,,search,y,1298861760\n2,a,view,,1298861762\n", "b.csv")
    version = shop.version
    assert version is not None
    assert version.n_interactions == 4
    client = login(ann)
    shown = text_of(client.get("/datasets/shop/?tab=interactions"))
    assert "4 rows of version 2" in shown
    assert shown.count("a search") == 1
    assert "2 rows of version 2" in text_of(client.get("/datasets/shop/?tab=interactions&user=1"))


def test_a_long_log_shows_the_same_rows_in_the_order_of_time(
    shop: Dataset, ann: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "user,item,event,rating,time\n"
    first = [f"{n % 7},i{n % 11},view,{n % 5},{1298861000 + n % 60}" for n in range(90)]
    first += ["1,,search,,1298861760", "out,i1,view,3,1298861761"]
    later = [f"{n % 7},i{n % 11},view,5,{1298861000 + n % 60}" for n in range(60, 90)]
    bring(shop, "interactions", "\n".join([head.strip(), *first, ""]))
    bring(
        shop,
        "interactions",
        "\n".join([head.strip(), *later, "1,,search,,1298861760", ""]),
        "b.csv",
    )
    code = Person.objects.get(dataset=shop, outside_id="out").code
    exclusion.order(shop, ann, [code], "hand", keep=False)
    work_off("quick")
    client = login(ann)

    def listed(query: str) -> list[tuple[str, ...]]:
        shown = [client.get(f"/datasets/shop/?tab=interactions{query}&page={n}") for n in (1, 2)]
        first, second = (
            [tuple(ROW.findall(row)) for row in TR.findall(text_of(page))] for page in shown
        )
        found = first if first == second else first + second  # the last page stands for the next
        assert found
        return found

    by_file = {query: listed(query) for query in QUERIES}
    monkeypatch.setattr(timeline, "LONG", 0)
    assert listed("&user=out") == by_file["&user=out"]
    for query, rows in by_file.items():
        by_time = listed(query)
        assert sorted(by_time) == sorted(rows)
        assert [row[4] for row in by_time] == sorted(row[4] for row in rows)
    assert "in the order of time" in text_of(client.get("/datasets/shop/?tab=interactions"))


def test_where_a_file_has_no_times_rows_are_the_versions_own_too(
    shop: Dataset, ann: User, login: Login
) -> None:
    timed = "user,item,rating,time\n1,a,2,1298861000\n1,a,3,1298861001\n2,b,4,1298861002\n"
    bring(shop, "interactions", timed)
    bring(shop, "interactions", "user,item,rating\n3,c,5\n", "b.csv")  # from here no time counts
    client = login(ann)
    for query, n in (("", 3), ("&user=1", 1)):
        shown = text_of(client.get(f"/datasets/shop/?tab=interactions{query}"))
        assert f"{n} row{'s' * (n > 1)} of version 2" in shown
        rows = [ROW.findall(row) for row in TR.findall(shown)]
        assert len(rows) == n and [row for row in rows if "3" in row[3]], rows


def test_rows_of_users_who_are_left_out_are_shown_when_asked_for(
    loaded: Dataset, ann: User, login: Login
) -> None:
    code = Person.objects.get(dataset=loaded, outside_id="2").code
    exclusion.order(loaded, ann, [code], "hand", keep=False)
    work_off("quick")
    client = login(ann)
    shown = text_of(client.get("/datasets/shop/?tab=interactions"))
    assert "5 rows of version 2" in shown
    assert "the rows of users whom this version leaves out (1)" in shown
    assert "/users/shop/2/" not in shown
    asked = text_of(client.get("/datasets/shop/?tab=interactions&user=2"))
    assert "2 rows of version 2" in asked


def test_density_is_of_different_pairs_wherever_it_stands(
    loaded: Dataset, ann: User, login: Login
) -> None:
    bring(loaded, "interactions", LATER, "later.csv")  # user 1 rates film 31 once more
    client = login(ann)
    for path in ("/datasets/", "/datasets/shop/", "/?dataset=shop"):
        assert "46.7\u202f%" in text_of(client.get(path)), path  # 7 of 3 x 5 pairs
    assert client.get("/api/v1/datasets/shop/").json()["version"]["density"] == 7 / 15


def test_steps_of_one_day_are_said_without_a_number(shop: Dataset) -> None:
    bring(shop, "interactions", "user,item,time\n1,a,1298861759\n2,b,1299134559\n")
    version = shop.version
    assert version is not None
    captions = [named.chart["caption"] for named in figures.overview(version)]
    assert "Events from 2011-02-28 to 2011-03-03, day by day." in captions


def test_a_log_with_no_default_split_says_why(shop: Dataset, ann: User, login: Login) -> None:
    rows = "1,31,1260759144\n1,10,1260759179\n2,31,835355493\n2,10,835355681\n"
    bring(shop, "interactions", "userId,movieId,timestamp\n" + rows)
    shown = text_of(login(ann).get("/datasets/shop/"))
    assert "Default here" not in shown
    assert "No default here: Split “user-temporal” leaves no events for" in shown


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
