"""Samples whose answer is known: blind, for everybody, at a share; and what they say of people."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.test import Client

from recweb.datasets.models import Dataset
from recweb.labeling import answers, claims, gold, snapshot, tallies
from recweb.labeling.forget import forget
from recweb.labeling.models import Label, Lease, Queue, Sample, Shadow
from recweb.people.models import Audit, User
from tests.labeling.conftest import Api, annotator, make_queue

pytestmark = pytest.mark.django_db
KNOWN = 20


@pytest.fixture
def golden(shop: Dataset, bob: User) -> Queue:
    """200 samples, the last 20 of them known: answer = number mod 4; a tenth of what one gets."""
    queue = make_queue(shop, bob, size=200, gold_share=0.1)
    for sample in queue.samples.filter(order__gte=200 - KNOWN):
        gold.mark(sample, sample.order % 4, bob)
    queue.refresh_from_db()
    return queue


def work(
    queue: Queue, who: User, n: int, value: Callable[[Sample], int], ahead: int = 3
) -> list[int]:
    """Answer n samples as a person does, some in hand at a time; the numbers in that order."""
    done: list[int] = []
    samples = queue.samples.in_bulk()
    while len(done) < n and (held := claims.take(queue, who, ahead)):
        sample = samples[held[0].sample_id]
        answers.answer(sample.pk, held[0].token, who, answers.Given(value(sample), 2.0))
        done.append(sample.order)
    return done


def right(sample: Sample) -> int:
    return sample.order % 4


def test_everybody_gets_them_at_the_queues_share_and_at_other_places(
    golden: Queue, shop: Dataset, dan: User, eva: User
) -> None:
    places = {}
    for who in (dan, eva):
        done = work(golden, who, 80, right)
        places[who.pk] = [place for place, order in enumerate(done) if order >= 200 - KNOWN]
        assert len(set(done)) == 80 and 7 <= len(places[who.pk]) <= 9
    assert places[dan.pk] != places[eva.pk]
    both = Label.objects.filter(sample__gold__isnull=False).values_list("sample", "annotator")
    assert len({sample for sample, _who in both}) < len(both), "several people got the same one"
    assert not Sample.objects.filter(queue=golden, wanted__lt=0).exists()


def test_without_known_answers_a_claim_asks_nothing_more(
    shop: Dataset, bob: User, dan: User, django_assert_num_queries: Any
) -> None:
    plain = make_queue(shop, bob, size=20)
    with django_assert_num_queries(4):  # savepoint, two statements, release
        assert len(claims.take(plain, dan, 3)) == 3


def test_a_share_of_zero_gives_none(golden: Queue, dan: User) -> None:
    golden.gold_share = 0
    assert max(work(golden, dan, 60, right)) < 200 - KNOWN


def test_a_known_sample_is_its_own_label_and_nobody_can_tell_it_by_the_numbers(
    golden: Queue, dan: User
) -> None:
    work(golden, dan, 40, lambda _sample: 1)
    pairs = {(user, item): value for user, item, value, _arm in snapshot.pairs(golden)}
    for sample in golden.samples.filter(gold__isnull=False):
        assert pairs[sample.user_code, sample.item_code] == sample.gold
    n_known = Label.objects.filter(sample__gold__isnull=False).count()
    seen = tallies.progress(golden, dan)
    assert (seen["answered"], seen["mine"]) == (40, 40) and n_known
    (row,) = tallies.table([golden], dan)
    assert seen["wanted"] == 200 - KNOWN + n_known == row["wanted"]
    assert (row["answered"], row["mine_today"]) == (40, 40)


def test_a_lost_or_skipped_known_sample_never_enters_the_common_pool(
    golden: Queue, dan: User, eva: User
) -> None:
    known_ids = set(golden.samples.filter(gold__isnull=False).values_list("pk", flat=True))
    held: list[claims.Held] = []
    for _turn in range(10):
        for row in held:
            answers.answer(row.sample_id, row.token, dan, answers.Given(1))
        held = claims.take(golden, dan, 5)
        if mine := [row for row in held if row.sample_id in known_ids]:
            break
    (known,) = mine
    Lease.objects.filter(token=known.token).update(until="2020-01-01T00:00Z")
    claims.take(golden, eva, 1)
    assert Lease.objects.get(token=known.token).state == "lost"
    assert Sample.objects.get(pk=known.sample_id).wanted == 0
    late = answers.answer(known.sample_id, known.token, dan, answers.Given(2))
    assert not late.late, "nobody else took this person's turn"
    undone = answers.undo(golden, dan, known.sample_id)
    assert undone.lease is not None
    answers.skip(known.sample_id, undone.lease.token, dan)
    assert Sample.objects.get(pk=known.sample_id).wanted == 0


def test_marking_and_unmarking_keep_the_books(queue: Queue, bob: User, dan: User) -> None:
    first = queue.samples.get(order=0)
    gold.mark(first, 3, bob)
    gold.mark(first, 2, bob)
    queue.refresh_from_db()
    first.refresh_from_db()
    assert (queue.golds, first.gold, first.wanted) == (1, 2, 0)
    gold.mark(first, None, bob)
    queue.refresh_from_db()
    first.refresh_from_db()
    assert (queue.golds, first.gold, first.wanted) == (0, None, 1)
    assert Audit.objects.filter(action="gold", user=bob).count() == 3
    held = claims.take(queue, dan)[0]
    answers.answer(held.sample_id, held.token, dan, answers.Given(0))
    gold.mark(first, 1, bob)
    gold.mark(first, None, bob)
    first.refresh_from_db()
    assert first.wanted == 0, "dan has filled its only place"


def test_who_does_not_look_is_told_apart(golden: Queue, shop: Dataset) -> None:
    """Planted: one who knows, one who guesses, one who always says 2, one who is very fast."""
    rng = np.random.default_rng(3)
    ways: dict[str, Callable[[Sample], int]] = {
        "knows": right,
        "guesses": lambda _sample: int(rng.integers(0, 4)),
        "always": lambda _sample: 2,
    }
    for name, way in ways.items():
        work(golden, annotator(shop, name), 60, way)
    Label.objects.filter(annotator__username="guesses").update(seconds=0.4)
    scores = gold.accuracy(golden)
    assert scores["knows"]["exact"] == scores["knows"]["wanted"] == scores["knows"]["kappa"] == 1
    assert scores["knows"]["n"] >= 5 and scores["knows"]["lo"] > scores["always"]["lo"]
    signs = gold.careless(scores, tallies.cells(golden))
    assert "knows" not in signs
    assert {"chance", "always"} <= set(signs["always"])
    assert "fast" in signs["guesses"]


def test_the_interval_is_wilsons() -> None:
    """Newcombe 1998, table I: 81 of 263 and 0 of 20."""
    assert gold.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert gold.wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


def test_annotators_see_nothing_of_it(golden: Queue, dan: User) -> None:
    api = Api(dan)
    for _n in range(15):
        found = api.next(golden)
        assert "gold" not in str(found) and "arm" not in found
        assert api.label(golden, found).status_code == 200
    assert Label.objects.filter(sample__gold__isnull=False).exists()
    sample = golden.samples.first()
    assert sample is not None
    path = f"queues/{golden.pk}/"
    for call in (
        api.get(f"{path}quality/"),
        api.post(f"{path}samples/{sample.pk}/known/", {"value": 1}),
    ):
        assert call.status_code == 403


def test_an_analyst_marks_and_reads_by_the_api(queue: Queue, bob: User, dan: User) -> None:
    api = Api(bob)
    sample = queue.samples.get(order=1)
    path = f"queues/{queue.pk}/samples/{sample.pk}/known/"
    assert api.post(path, {"value": 3}).json() == {"sample": sample.pk, "gold": 3}
    for wrong in ({"value": 4}, {"value": "x"}, {}):
        assert api.post(path, wrong).status_code == 422
    queue.refresh_from_db()
    queue.gold_share = 1.0
    held = claims.take(queue, dan)[0]
    answers.answer(held.sample_id, held.token, dan, answers.Given(2))
    found = api.get(f"queues/{queue.pk}/quality/").json()
    assert found["agreement"] is None
    (row,) = found["people"]
    assert (row["annotator"], row["known"], row["exact"], row["wanted"]) == ("dan", 1, 0.0, 1.0)
    assert api.post(path, {"value": None}).json()["gold"] is None


def test_an_analyst_marks_on_the_page(
    queue: Queue, bob: User, dan: User, login: Callable[[User], Client],
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    client, sample = login(bob), queue.samples.get(order=2)
    review = f"/label/{queue.pk}/review/"
    assert f"known/{sample.pk}/" not in client.get(review).content.decode()
    page = client.get(f"{review}?show=all").content.decode()
    assert f'action="/label/{queue.pk}/known/{sample.pk}/"' in page
    sent = {"gold": "2", "back": f"{review}?show=all"}
    answer = client.post(f"/label/{queue.pk}/known/{sample.pk}/", sent)
    assert answer["Location"] == f"{review}?show=all#sample-{sample.pk}"
    queue.refresh_from_db()
    assert queue.golds == 1
    client.post(f"/label/{queue.pk}/known/{sample.pk}/", {"gold": "7"})
    sample.refresh_from_db()
    assert sample.gold == 2, "a wrong value changes nothing"
    queue.gold_share = 1.0
    held = claims.take(queue, dan)[0]
    answers.answer(held.sample_id, held.token, dan, answers.Given(0))
    client.get(review)  # shows the message of the refused value
    with django_assert_max_num_queries(15):
        page = client.get(f"/label/{queue.pk}/queue/").content.decode()
    assert "1 sample has a known answer" in page
    assert re.search(r"<td class=\"num nowrap\">0\s?% \[0\s?%, 79\.3\s?%\]", page)


def test_an_erased_user_is_in_no_known_sample_and_no_comparison(golden: Queue, bob: User) -> None:
    pairs = [[1, 1, 3, "random"], [2, 1, 0, "random"]]
    row = Shadow.objects.create(queue=golden, pairs=pairs, owner=bob)
    gone = golden.samples.filter(user_code=1)
    n_known = gone.exclude(gold=None).count()
    assert forget(golden.dataset_id, 1)["samples"] > n_known > 0
    golden.refresh_from_db()
    row.refresh_from_db()
    assert golden.golds == KNOWN - n_known and row.pairs == [[2, 1, 0, "random"]]
