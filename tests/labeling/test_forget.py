"""ABU-10: labels about an erased user go with the samples, others stay."""

from collections.abc import Callable

import pytest
from django.test import Client

from recweb.datasets.models import Dataset
from recweb.labeling import gold, tallies
from recweb.labeling.forget import forget
from recweb.labeling.models import Label, Lease, Sample
from recweb.people.models import User
from tests.labeling.conftest import make_queue

pytestmark = pytest.mark.django_db


def test_abu_10_labels_about_the_user_go(shop: Dataset, bob: User, dan: User) -> None:
    queue = make_queue(shop, bob)
    for sample in queue.samples.all():
        lease = Lease.objects.create(sample=sample, annotator=dan, until="2030-01-01T00:00Z")
        Label.objects.create(sample=sample, annotator=dan, value=2, lease=lease.token)
    mine = queue.samples.filter(user_code=0).count()
    before = Sample.objects.count()
    assert forget(shop.pk, 0) == {"samples": mine, "labels": mine}
    assert mine > 0
    assert Sample.objects.count() == Label.objects.count() == before - mine
    assert not Sample.objects.filter(user_code=0).exists()
    assert forget(shop.pk + 1, 1) == {"samples": 0, "labels": 0}


def test_nothing_is_waited_for_of_what_is_gone(
    shop: Dataset, bob: User, dan: User, login: Callable[[User], Client]
) -> None:
    queue = make_queue(shop, bob, size=6, overlap=2)
    sample = queue.samples.filter(user_code=1).first()
    assert sample is not None
    gold.mark(sample, 3, bob)
    chosen = make_queue(shop, bob, size=6, state="selecting")
    forget(shop.pk, 0)
    queue.refresh_from_db()
    assert (queue.size, queue.golds) == (4, 1)
    client = login(bob)
    listed = client.get("/label/").content.decode()
    assert "0 of 6 answers" in listed
    assert "of 6 wanted" in client.get(f"/label/{queue.pk}/queue/").content.decode()
    assert tallies.progress(queue, dan)["wanted"] == 6
    forget(shop.pk, 1)
    forget(shop.pk, 2)
    queue.refresh_from_db()
    chosen.refresh_from_db()
    assert (queue.size, queue.golds, chosen.size) == (0, 0, 6)
    listed = client.get("/label/").content.decode()
    card = listed.split(f'id="queue-{queue.pk}"')[1].split("</li>")[0]
    assert "No samples." in card and "answers" not in card and "nothing left" not in card
    page = login(dan).get(f"/label/{queue.pk}/").content.decode()
    assert "This queue has no samples now" in page
