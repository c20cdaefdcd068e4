"""Forms of the trade-off page come back to its address: the same weight, people and pins."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from recweb.tuning.models import Frontier
from tests.tuning.conftest import Shop


def test_finalise_comes_back_to_the_same_people_and_pins(shop: Shop) -> None:
    here = "diversity=0.3&users=u3&users=u9&a=0.1&b=0.65"
    page = shop.browser().get(f"/tradeoff/?run={shop.run.pk}&{here}").content.decode()
    sent = re.search(r'name="back" value="([^"]*)"', page)
    assert sent is not None
    given = {"back": unescape(sent[1]), "diversity": "0.4"}
    answer = shop.browser().post(f"/experiments/{shop.run.pk}/finalise/", given)
    found = urlsplit(answer["Location"])
    assert found.path == "/tradeoff/" and not found.netloc
    kept = {"run": [str(shop.run.pk)], "diversity": ["0.4"], "users": ["u3", "u9"]}
    assert parse_qs(found.query) == kept | {"a": ["0.1"], "b": ["0.65"]}
    page = shop.browser().get(answer["Location"]).content.decode()
    test = page.split('id="test-part"')[1]  # the words go with the part when it is renewed
    assert "being opened, at 0 and at 0.4" in test.split("</section>")[0]
    assert "being opened" not in page.split('id="test-part"')[0]


@pytest.mark.parametrize("verb", ["frontier", "finalise"])
def test_the_way_back_is_our_own_and_holds_what_the_page_knows(shop: Shop, verb: str) -> None:
    many = "&".join(f"users=u{n}" for n in range(9))
    sent = f"?run=7&diversity=zz&a=0.2&b=nan&next=//evil.example&{many}"
    for back, a in ((sent, {"a": ["0.2"]}), ("//evil.example/?x=1", {}), ("https://evil", {})):
        given = {"back": back, "diversity": "zz"}
        answer = shop.browser().post(f"/experiments/{shop.run.pk}/{verb}/", given)
        assert answer["Location"].startswith(f"/tradeoff/?run={shop.run.pk}")
        users = {"users": [f"u{n}" for n in range(6)]} if a else {}
        assert parse_qs(urlsplit(answer["Location"]).query) == {
            "run": [str(shop.run.pk)], **a, **users}  # fmt: skip


def test_working_the_tradeoff_out_keeps_the_address(shop: Shop) -> None:
    Frontier.objects.all().delete()
    here = "diversity=0.35&users=u3&a=0.1"
    page = shop.browser().get(f"/tradeoff/?run={shop.run.pk}&{here}").content.decode()
    sent = re.search(r'name="back" value="([^"]*)"', page)
    assert sent is not None
    given = {"back": unescape(sent[1])}
    answer = shop.browser().post(f"/experiments/{shop.run.pk}/frontier/", given)
    kept = {"run": [str(shop.run.pk)], "diversity": ["0.35"], "users": ["u3"], "a": ["0.1"]}
    assert parse_qs(urlsplit(answer["Location"]).query) == kept
