"""Running texts of the registries: names for ids, code for backticks, nothing else let through."""

import pytest
from django.utils import translation

from recweb.datasets.models import Dataset
from recweb.experiments.prose import prose, setting
from recweb.people.models import User
from tests.experiments.conftest import Login


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("that of “mf_ssm”.", "that of “Contrastive MF”."),
        ("alone, ease and ials; a random split", "alone, EASE and iALS; a random split"),
        ("with `shuffled`: <b>", "with <code>shuffled</code>: &lt;b&gt;"),
        ("`mf_ssm` please, my_ease, ease-ful", "<code>mf_ssm</code> please, my_ease, ease-ful"),
    ],
)
def test_ids_are_names_and_backticks_are_code(text: str, said: str) -> None:
    with translation.override("en"):
        assert prose(text, link=False) == said


def test_a_name_leads_to_its_entry_in_both_languages() -> None:
    with translation.override("en"):
        assert prose("as ials") == 'as <a href="/help/models/#ials">iALS</a>'
    with translation.override("zh-hans"):
        found = prose("用mf_ssm的")
    assert found.startswith('用<a href="/help/models/#mf_ssm">') and ">mf_ssm" not in found


def test_what_a_setting_offers_keeps_its_word() -> None:
    with translation.override("en"):
        assert setting("bpr: pairs; `l2`; 0: as mf_ssm") == (
            "bpr: pairs; <code>l2</code>; 0: as Contrastive MF"
        )


@pytest.mark.django_db
def test_no_page_shows_raw_marks(films: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    for path in ("/experiments/new/", "/studies/new/", "/help/models/"):
        page = client.get(path).content.decode()
        bare = page.replace('<a href="/help/models/#mf_ssm">', "").replace("</a>", "")
        assert "`" not in page and "“mf_ssm”" not in page and "“Contrastive MF”" in bare, path
        assert ("Figures of the demo" in page) == (path != "/studies/new/")
