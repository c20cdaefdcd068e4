"""Slugs: what a dataset is called in addresses."""

from bisect import bisect_right

from django.utils.text import slugify

from recweb.datasets.models import Dataset

RESERVED = ("new", "deleted")
# GB 2312 puts its 3,755 common characters in the order of their pinyin: with which one each
# letter begins. No syllable begins with I, U or V.
LETTERS = "abcdefghjklmnopqrstwxyz"
FIRST = [code.encode("gb2312") for code in "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"]
LAST = "座".encode("gb2312")


def free_slug(name: str) -> str:
    """From the name, Chinese by the first letters of its pinyin, and not taken."""
    base = slugify(initials(name))[:50].strip("-") or "dataset"
    taken = set(Dataset.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken and base not in RESERVED:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def initials(text: str) -> str:
    """The text with each common Chinese character as one letter: 电影评分 is dypf."""
    return "".join(map(_letter, text))


def _letter(character: str) -> str:
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return character
    if len(code) != 2 or not FIRST[0] <= code <= LAST:
        return character
    return LETTERS[bisect_right(FIRST, code) - 1]
