"""Every number that a monograph prints carries its source and how it was seen."""

import re

import pytest

from speciosa.errors import UnknownNameError
from speciosa.facts import monograph, records, references, rows, substances
from speciosa.facts.monographs.lines import Monograph
from speciosa.facts.products import products

_BRACKET = re.compile(r"\[(?P<sources>[^\[\]]+|.*\[.*\].*); (?P<rest>[^\]]+)\]$")
SEEN = {
    "fulltext",
    "abstract",
    "repository",
    "recall",
    "judgement",
    "guess",
    "selected",
    "none",
    "bibliography",
}


def _studies() -> list[str]:
    names = [row.cells["study"] for table in ("studies", "trial-arms") for row in rows(table)]
    return sorted(set(names))


def _unsourced(found: Monograph) -> list[str]:
    """Printed lines with a digit that do not end in a source and a way of having been seen."""
    headings = {found.title, *(section.title for section in found.sections)}
    bad = []
    for line in str(found).splitlines()[1:]:
        text = line.strip()
        if not re.search(r"\d", text) or text in headings:
            continue
        match = _BRACKET.search(text)
        if match is None or not match["sources"].strip():
            bad.append(text)
            continue
        words = re.split(r"[;,] ?", match["rest"] + ";" + match["sources"])
        if not any(word.removesuffix(" or better").strip() in SEEN for word in words):
            bad.append(text)
    return bad


@pytest.mark.parametrize("name", sorted(substances()))
def test_every_number_of_a_substance_is_sourced(name: str) -> None:
    found = monograph(name, full=True)
    assert found.kind == "substance"
    assert _unsourced(found) == []
    assert _unsourced(monograph(name)) == []


def test_every_number_of_products_claims_and_studies_is_sourced() -> None:
    names = [*products(), *(row.cells["id"] for row in rows("claims")), *_studies()]
    bad = {name: lines for name in names if (lines := _unsourced(monograph(name, full=True)))}
    assert bad == {}


def test_every_number_of_references_and_facts_is_sourced() -> None:
    facts = [row.cells["id"] for table in ("parameters", "risks", "legal") for row in rows(table)]
    names = [*list(references())[::25], *facts[::40]]
    bad = {name: lines for name in names if (lines := _unsourced(monograph(name, full=True)))}
    assert bad == {}


def test_sources_are_documents_of_the_bibliography() -> None:
    known = set(references()) | {"guess", "model sheet", "legal table", "none"}
    for name in ("mitragynine", "buprenorphine", "tramadol"):
        for section in monograph(name, full=True).sections:
            if section.title != "Legal status" and section.title != "Evidence: claims":
                strange = {key for line in section.lines for key in line.sources} - known
                assert strange == set(), section.title


def test_a_monograph_of_mitragynine_has_all_its_sections() -> None:
    titles = [section.title for section in monograph("mitragynine").sections]
    for word in (
        "What it is",
        "Products and content",
        "Pharmacokinetics",
        "Receptors",
        "Effects",
        "Interactions",
        "Safety",
        "Evidence",
        "Legal status",
        "Open questions",
    ):
        assert any(title.startswith(word) for title in titles), word


def test_the_monograph_holds_every_parameter_of_the_substance() -> None:
    shown = {line.fact for line in monograph("tramadol", full=True).lines}
    assert {row.id for row in records("parameters", substance="tramadol")} <= shown


def test_a_short_monograph_says_that_it_left_rows_out() -> None:
    short = monograph("buprenorphine")
    assert all(len(section.lines) <= 12 or not section.left_out for section in short.sections)
    assert "More rows: add --all." in str(short)
    assert "More rows" not in str(monograph("buprenorphine", full=True))


def test_a_claim_shows_verdict_support_contradiction_and_sources() -> None:
    found = monograph("c07")
    labels = {line.label for line in found.lines}
    assert {"Verdict", "Would support it", "Would contradict it", "olsen2019notes"} <= labels
    assert found.title == "Kratom carries lower overdose risk than traditional opioids"


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="mitragynine"):
        monograph("mitragynin")


def test_a_fact_says_which_models_take_it_and_why() -> None:
    text = str(monograph("kratom-0037"))
    assert "mitragynine, disposition fu: 0.035; backed out of a published" in text
    assert "Selected for the models" not in str(monograph("r051"))


def test_a_measurement_collected_twice_is_told_on_both_rows() -> None:
    assert "says again: receptors-0122" in str(monograph("receptors-0162"))
    assert "said again by: receptors-0162" in str(monograph("receptors-0122"))
