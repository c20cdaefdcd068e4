"""Everything a person reads exists in Simplified Chinese."""

import ast
import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
# without a character of their own: names, formulas, units, signs
SAME: set[str] = {"1 + log(1 + value)", "nDCG@10", "recweb", "CSV", "PNG", ":", ": ", ", ", "; "}

CATALOGUES = ("django", "djangojs")
Entry = dict[str, str]


def entries(name: str) -> list[Entry]:
    """A small reader of .po files: comments under "#", the rest by keyword."""
    found: list[Entry] = []
    now: Entry = {}
    key = ""
    for line in [*(FOLDER / f"{name}.po").read_text().splitlines(), ""]:
        if not line:
            if "msgid" in now:
                found.append(now)
            now, key = {}, ""
        elif line.startswith("#"):
            now["#"] = now.get("#", "") + line
        elif line.startswith('"'):
            now[key] += ast.literal_eval(line)
        else:
            key, _space, text = line.partition(" ")
            now[key] = ast.literal_eval(text)
    return [entry for entry in found if entry["msgid"]]


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_text_is_translated_into_chinese(name: str) -> None:
    found = entries(name)
    assert len(found) > 25
    for entry in found:
        text = entry.get("msgstr", entry.get("msgstr[0]", ""))
        assert text, f"no translation of {entry['msgid']!r}"
        assert "fuzzy" not in entry.get("#", ""), f"only guessed: {entry['msgid']!r}"
        assert CHINESE.search(text) or entry["msgid"] in SAME, f"not Chinese: {text!r}"


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_translation_keeps_what_is_filled_in(name: str) -> None:
    for entry in entries(name):
        if "msgid_plural" in entry:
            assert set(HOLDER.findall(entry["msgstr[0]"])) <= set(
                HOLDER.findall(entry["msgid_plural"])
            )
        else:
            given, kept = HOLDER.findall(entry["msgid"]), HOLDER.findall(entry["msgstr"])
            assert sorted(given) == sorted(kept), entry["msgid"]


def test_the_compiled_files_are_those_of_the_texts() -> None:
    with translation.override("zh-hans"):
        for entry in entries("django"):
            if "msgid_plural" in entry or "msgctxt" in entry:
                continue
            assert translation.gettext(entry["msgid"]) == entry["msgstr"], (
                "locale/ is older than its .po: python manage.py compilemessages -l zh_Hans"
            )


STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(n?p?gettext)\(((?:\s*{STRING}\s*,?)+)", re.S)
IN_PYTHON = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "pgettext_lazy", "npgettext"}
Said = set[tuple[str, str]]  # context and text


def calls(source: str) -> Said:
    """What scripts, and templates as makemessages reads them, give to gettext and its kin."""
    found = set()
    for kind, given in CALL.findall(source):
        texts = [ast.literal_eval(text) for text in re.findall(STRING, given, re.S)]
        found.add((texts[0], texts[1]) if "p" in kind else ("", texts[0]))
    return found


def said_in_python() -> Said:
    found = set()
    for path in ROOT.glob("recweb/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id in IN_PYTHON:
                    given = [part.value for part in node.args if isinstance(part, ast.Constant)]
                    texts = [part for part in given if isinstance(part, str)]
                    context = texts.pop(0) if "pgettext" in node.func.id else ""
                    found |= {(context, text) for text in texts[:1]}
    return found


def said_in_code() -> dict[str, Said]:
    """By catalogue: literals of Python and templates, blocks among them, and of scripts."""
    pages = [templatize(path.read_text()) for path in ROOT.glob("templates/**/*.html")]
    comment = re.compile(r"^\s*//.*$", re.M)
    scripts = [comment.sub("", path.read_text()) for path in ROOT.glob("static/js/*.js")]
    return {
        "django": said_in_python().union(*map(calls, pages)),
        "djangojs": set().union(*map(calls, scripts)),
    }


def test_no_text_is_missing_from_the_catalogue() -> None:
    for name, said in said_in_code().items():
        assert len(said) > {"django": 2000, "djangojs": 100}[name]
        known = {(entry.get("msgctxt", ""), entry["msgid"]) for entry in entries(name)}
        missing = sorted(said - known)
        assert missing == [], "python manage.py makemessages -l zh_Hans, then translate and compile"


def test_the_search_for_said_texts_finds_blocks_too() -> None:
    block = (
        "{% blocktranslate count n=n %}{{ n }} cat{% plural %}{{ n }} cats{% endblocktranslate %}"
    )
    assert calls(templatize(block)) == {("", "%(n)s cat")}
    assert calls(templatize('{% translate "May" context "month" %}')) == {("month", "May")}
    assert calls("""pgettext("one", "Next") + gettext("it's")""") == {("one", "Next"), ("", "it's")}


class Words(HTMLParser):
    """Visible text of a template without its tags, and attributes that are read aloud."""

    SPOKEN = {"title", "aria-label", "placeholder", "alt"}
    QUIET = {"script", "style", "pre", "code", "kbd", "title", "svg"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.QUIET:
            self.inside.append(tag)
        # lang: a text that is in one language on purpose
        if not any(name == "lang" for name, _ in attrs):
            self.found += [value or "" for name, value in attrs if name in self.SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.found.append(data)


NOT_WORDS = {
    "recweb",
    "ild",
    "python",
    "english",
    "简体中文",
    "ndcg",
    "sha",
    "csv",
    "png",
    "json",
    "ctrl",
    "esc",
    "api",
}
STATIC = {"500.html", "503.html"}  # in both languages at once, without translations


def untranslated(text: str) -> list[str]:
    text = re.sub(r"{% ?blocktrans.*?{% ?endblocktrans(late)? ?%}", "", text, flags=re.S)
    text = re.sub(r"{% ?comment.*?endcomment ?%}|{#.*?#}", "", text, flags=re.S)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.S)
    words = Words()
    words.feed(text)
    found = []
    # names of measures (recall@10) and the words of the filter language (state:done, ndcg>0.03)
    notation = re.compile(r"\w+(@\d+|:\w*|[<>=]+[\d.]+)")
    for piece in map(partial(notation.sub, ""), words.found):
        for word in re.findall(r"[A-Za-z]{3,}", piece):
            if word.lower() not in NOT_WORDS:
                found.append(piece.strip()[:60])
                break
    return found


def test_no_template_shows_words_that_cannot_be_translated() -> None:
    files = [p for p in ROOT.glob("templates/**/*.html") if p.name not in STATIC]
    assert len(files) > 30
    found = {str(p.relative_to(ROOT)): untranslated(p.read_text()) for p in files}
    assert {name: words for name, words in found.items() if words} == {}


def test_the_search_for_bare_words_finds_them() -> None:
    assert untranslated("<p>Hello {{ name }}</p>") == ["Hello"]
    assert untranslated('<p title="Hello">{% translate "x" %}</p>') == ["Hello"]
    assert untranslated('{% translate "Hello" %}<code>hello</code>') == []


def test_chinese_has_its_own_punctuation() -> None:
    """Texts of training/ stand beside the code: half-width signs slip in there."""
    narrow = re.compile(r"[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]|\([\u4e00-\u9fff]")
    texts = [entry.get("msgstr", "") for name in CATALOGUES for entry in entries(name)]
    for path in sorted((ROOT / "training").rglob("*.py")):
        for line in ast.walk(ast.parse(path.read_text())):
            if isinstance(line, ast.Constant) and isinstance(line.value, str):
                texts.append(line.value)
    patterns = re.compile(r"^\^|\(\?")
    ours = [text for text in texts if CHINESE.search(text) and not patterns.search(text)]
    assert len(ours) > 2000
    assert [text for text in ours if narrow.search(text)] == []
