import re
from collections.abc import Callable

import pytest
from django.test import Client

from recweb.datasets.models import Dataset
from recweb.labeling.models import Label, Lease, Queue
from recweb.people.models import User
from tests.labeling.conftest import make_queue

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]


def fields(html: str) -> dict[str, str]:
    form = html[html.index('id="answer"') :]
    return {
        name: re.search(rf'name="{name}" value="([^"]+)"', form).group(1)  # type: ignore[union-attr]
        for name in ("sample", "lease")
    }


def test_the_list_shows_what_waits_for_me(queue: Queue, dan: User, login: Login) -> None:
    html = login(dan).get("/label/").content.decode()
    assert "Which films?" in html and f'href="/label/{queue.pk}/"' in html
    assert "New queue" not in html and "/queue/" not in html


def test_an_empty_list_says_what_to_do(shop: Dataset, bob: User, dan: User, login: Login) -> None:
    assert "appears here" in login(dan).get("/label/").content.decode()
    assert 'href="/label/new/"' in login(bob).get("/label/").content.decode()


def test_three_samples_are_in_the_page(queue: Queue, dan: User, login: Login) -> None:
    html = login(dan).get(f"/label/{queue.pk}/").content.decode()
    assert html.count('<article class="sample"') == 3
    assert "Film 0" in html and "Would this person want this?" in html
    assert Lease.objects.filter(annotator=dan, state="held").count() == 3
    login(dan).get(f"/label/{queue.pk}/")
    assert Lease.objects.count() == 3


def test_it_labels_without_script(queue: Queue, dan: User, login: Login) -> None:
    client = login(dan)
    page = f"/label/{queue.pk}/"
    sent = fields(client.get(page).content.decode())
    answer = client.post(f"{page}answer/", {**sent, "value": "3", "note": "n", "flagged": "1"})
    assert answer.status_code == 302 and answer["Location"] == page
    label = Label.objects.get()
    assert (label.value, label.note, label.flagged) == (3, "n", True)
    client.post(f"{page}answer/", {**fields(client.get(page).content.decode()), "do": "skip"})
    assert Lease.objects.filter(state="skipped").count() == 1
    client.post(f"{page}answer/", {"do": "undo"})
    client.post(f"{page}answer/", {"do": "undo"})
    assert not Label.objects.filter(closed=None).exists()
    assert fields(client.get(page).content.decode())["sample"] == sent["sample"]


def test_an_earlier_answer_can_be_changed_without_script(
    queue: Queue, dan: User, login: Login
) -> None:
    client = login(dan)
    page = f"/label/{queue.pk}/"
    sent = fields(client.get(page).content.decode())
    client.post(f"{page}answer/", {**sent, "value": "3"})
    earlier = f"{page}past/{sent['sample']}/"
    html = client.get(page).content.decode()
    assert f'href="{earlier}"' in html
    html = client.get(earlier).content.decode()
    assert re.search(r'value="3" aria-pressed="true"', html)
    client.post(f"{page}answer/", {"sample": sent["sample"], "value": "1"})
    assert Label.objects.get(closed=None).value == 1


@pytest.mark.parametrize(
    "sent", [{}, {"value": "3"}, {"value": "9"}, {"lease": "x", "value": "1"}, {"sample": "x"}]
)
def test_a_broken_form_changes_nothing(
    queue: Queue, dan: User, login: Login, sent: dict[str, str]
) -> None:
    client = login(dan)
    page = f"/label/{queue.pk}/"
    found = fields(client.get(page).content.decode())
    body = {"sample": found["sample"], **sent} if sent else {}
    answer = client.post(f"{page}answer/", body, follow=True)
    assert answer.status_code == 200 and "Nothing was changed" in answer.content.decode()
    assert not Label.objects.exists()


@pytest.mark.parametrize("state", ["paused", "closed", "selecting", "failed"])
def test_a_queue_that_is_not_open_says_so(
    queue: Queue, dan: User, login: Login, state: str
) -> None:
    Queue.objects.update(state=state)
    client = login(dan)
    html = client.get(f"/label/{queue.pk}/").content.decode()
    assert 'id="not-open"' in html and not Lease.objects.exists()
    assert client.post(f"/label/{queue.pk}/more/").status_code == 409


def test_the_end_of_a_queue_says_thank_you(
    shop: Dataset, bob: User, dan: User, login: Login
) -> None:
    queue = make_queue(shop, bob, size=1)
    client = login(dan)
    sent = fields(client.get(f"/label/{queue.pk}/").content.decode())
    client.post(f"/label/{queue.pk}/answer/", {**sent, "value": "0"})
    html = client.get(f"/label/{queue.pk}/").content.decode()
    assert 'Answers that you gave here: <output id="gave">1</output>. Thank you.' in html
    listed = client.get("/label/").content.decode()
    assert "Nothing waits." in listed and "dan" in listed


def test_what_waits_for_others_is_not_nothing(
    queue: Queue, dan: User, eva: User, login: Login
) -> None:
    client, page = login(dan), f"/label/{queue.pk}/"
    for _n in range(6):
        client.post(f"{page}answer/", {**fields(client.get(page).content.decode()), "do": "skip"})
    listed = client.get("/label/").content.decode()
    assert "6 samples wait for others." in listed and "Nothing waits." not in listed
    assert "nothing for you; 6 wait for others" in listed
    login(eva).get(page)  # she holds three of them now
    assert "6 samples wait for others." in client.get("/label/").content.decode()
    Queue.objects.update(state="paused")
    assert "Nothing waits." in client.get("/label/").content.decode()


def test_nobody_sees_the_answers_of_others(
    queue: Queue, dan: User, eva: User, bob: User, login: Login
) -> None:
    page = f"/label/{queue.pk}/"
    sent = fields(login(dan).get(page).content.decode())
    login(dan).post(f"{page}answer/", {**sent, "value": "3", "note": "CANARY"})
    for path in ("", "review/", "queue/", f"past/{sent['sample']}/"):
        answer = login(eva).get(page + path)
        assert answer.status_code == (200 if not path else 302 if "past" in path else 403)
        assert "CANARY" not in answer.content.decode()
    html = login(bob).get(f"{page}review/").content.decode()
    assert "CANARY" in html and "dan" in html


def test_disagreements_come_first_in_the_review(
    shop: Dataset, bob: User, dan: User, eva: User, login: Login
) -> None:
    queue = make_queue(shop, bob, size=3, overlap=2)
    for sample, (mine, theirs) in zip(
        queue.samples.order_by("order"), [(1, 1), (2, 1), (0, 3)], strict=True
    ):
        for user, value in ((dan, mine), (eva, theirs)):
            lease = Lease.objects.create(sample=sample, annotator=user, until=queue.created)
            Label.objects.create(sample=sample, annotator=user, value=value, lease=lease.token)
    html = login(bob).get(f"/label/{queue.pk}/review/").content.decode()
    assert html.index("Film 2") < html.index("Film 1") < html.index("Film 0")
    page = login(bob).get(f"/label/{queue.pk}/queue/").content.decode()
    assert "33.3" in page  # one of three pairs of answers is equal


def test_the_analyst_sees_answers_by_arm_and_person(
    queue: Queue, bob: User, dan: User, login: Login
) -> None:
    page = f"/label/{queue.pk}/"
    for value in ("3", "0"):
        sent = fields(login(dan).get(page).content.decode())
        login(dan).post(f"{page}answer/", {**sent, "value": value, "seconds": "4"})
    html = login(bob).get(f"{page}queue/").content.decode()
    assert "Retrain with these labels" in html and ">dan<" in html
    assert re.search(r'>uncertain</th><td class="num">0</td>.*<td class="num">1</td>', html)


def test_a_retrain_without_relevant_labels_is_refused_in_words(
    queue: Queue, bob: User, login: Login
) -> None:
    answer = login(bob).post(f"/label/{queue.pk}/retrain/", follow=True)
    assert "Nobody has answered yet" in answer.content.decode()
    assert not queue.experiment.children.exists()


def test_the_form_is_filled_from_the_run(queue: Queue, bob: User, login: Login) -> None:
    html = login(bob).get(f"/label/new/?run={queue.experiment_id}").content.decode()
    assert f'value="{queue.experiment_id}" selected' in html


def test_a_wrong_form_keeps_what_was_typed(queue: Queue, bob: User, login: Login) -> None:
    answer = login(bob).post("/label/new/", {"name": "Kept", "size": "0", "overlap": "1"})
    html = answer.content.decode()
    assert answer.status_code == 422 and 'value="Kept"' in html and "_error" in html
    assert Queue.objects.count() == 1


def test_a_new_queue_opens_its_page(queue: Queue, bob: User, login: Login) -> None:
    body = {"experiment": queue.experiment_id, "size": "20", "overlap": "1", "seed": "0"}
    answer = login(bob).post("/label/new/", body, follow=True)
    one = Queue.objects.latest("pk")
    assert answer.status_code == 200 and one.state == "selecting"
    assert f"Labels for pop, queue {one.pk}</h1>" in answer.content.decode()
    login(bob).post("/label/new/", body)
    two = Queue.objects.latest("pk")
    listed = login(bob).get("/label/", headers={"Accept-Language": "zh-hans"}).content.decode()
    for made in (one, two):
        assert f"pop 的标注，队列 {made.pk}</a>" in listed


def test_pausing_from_the_page(queue: Queue, bob: User, login: Login) -> None:
    login(bob).post(f"/label/{queue.pk}/state/", {"state": "paused"})
    assert Queue.objects.get().state == "paused"
    answer = login(bob).post(f"/label/{queue.pk}/state/", {"state": "nonsense"}, follow=True)
    assert "A queue can be" in answer.content.decode()


def test_strangers_find_nothing(queue: Queue, cat: User, login: Login) -> None:
    client, page = login(cat), f"/label/{queue.pk}/"
    assert "Which films?" not in client.get("/label/").content.decode()
    for path in ("", "queue/", "review/", "past/1/"):
        assert client.get(page + path).status_code == 404
    for path in ("answer/", "more/", "state/", "retrain/"):
        assert client.post(page + path).status_code == 404


def test_annotators_only_label(queue: Queue, dan: User, login: Login) -> None:
    client, page = login(dan), f"/label/{queue.pk}/"
    for path in ("/label/new/", f"{page}queue/", f"{page}review/"):
        assert client.get(path).status_code == 403
    for path in ("/label/new/", f"{page}state/", f"{page}retrain/"):
        assert client.post(path).status_code == 403


def test_pages_ask_the_database_little(
    queue: Queue, shop: Dataset, bob: User, dan: User, login: Login,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:  # fmt: skip
    for _ in range(4):
        make_queue(shop, bob)
    one = f"/label/{queue.pk}/"
    for user, path in ((dan, "/label/"), (dan, one), (bob, f"{one}queue/"), (bob, f"{one}review/")):
        client = login(user)
        client.get(path)
        with django_assert_max_num_queries(15):  # type: ignore[attr-defined]
            client.get(path)
