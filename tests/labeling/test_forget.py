"""ABU-10: labels about an erased user go with the samples, others stay."""

import pytest

from recweb.datasets.models import Dataset
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
