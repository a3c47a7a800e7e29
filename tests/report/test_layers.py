"""What a reader meets in the page: layers, words, and no names or numbers of the program's own."""

import re

import pytest
from tests.report.made import shipped

from speciosa.report.sections.glossary import linked_words
from speciosa.report.texts import texts
from speciosa.report.write import write_report

_OWN = ("exposure", "claims", "legal", "methods", "made", "sources")
# names of the program: product ids, outputs, parameters
_INTERNAL = re.compile(r"\b[a-z0-9]+_[a-z0-9_]+\b")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("layers")
    write_report(shipped("default", 3), place)
    return (place / "report.html").read_text(encoding="utf-8")


def seen(text: str) -> str:
    """The words of the page, drawings and links' addresses aside."""
    bare = re.sub(r"<(style|svg).*?</\1>", " ", text, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", bare)


def test_internal_names_never_show(text: str) -> None:
    said = re.sub(r"https?://\S+", "", seen(text))
    assert sorted(set(_INTERNAL.findall(said))) == []


def test_no_false_zero_and_no_exponent_shows(text: str) -> None:
    said = seen(text)
    assert re.findall(r"(?<![\d.,])[-+]?0\.0+(?![\d.])", said) == []
    assert re.findall(r"\b\d[\d.]*e-?\d+\b", said) == []


def test_pages_of_their_own_come_after_the_main_page(text: str) -> None:
    found = re.findall(r'<section id="([a-z]+)" class="(own)?', text)
    assert found[0][0] == "answer"
    own = [name for name, kind in found if kind]
    assert set(own) == set(_OWN)
    assert [name for name, _ in found][-len(own) :] == own


def test_a_report_on_pain_shows_no_trials_of_addiction(text: str) -> None:
    assert "Opioid use disorder" not in text
    assert 'id="network-' not in text


def test_words_are_explained_at_their_first_use(text: str) -> None:
    for key in ("simulated", "certainty", "interval", "draw"):
        assert f'id="word-{key}"' in text
        assert text.count(f'class="word" href="#word-{key}"') == 1
    assert set(re.findall(r'href="#word-([a-z]+)"', text)) <= set(texts("glossary"))


def test_a_word_is_linked_once_and_never_within_a_link() -> None:
    html = "<h2>Draw</h2><p><a href='#x'>a draw</a> one draw, two draws</p>"
    linked = linked_words(html)
    assert linked.count("word-draw") == 1
    assert "<a href='#x'>a draw</a> one <a class=\"word\"" in linked


def test_nothing_is_bare_not_estimable(text: str) -> None:
    main = text[: text.index('<section id="exposure"')]
    assert not re.search(r">\s*not estimable\s*<", main)
    assert "no figure: no model of what" in seen(main)
