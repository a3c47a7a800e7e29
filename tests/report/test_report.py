"""The report as a reader meets it: sources, gaps, offline, accessible."""

import re
import tomllib
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from altair.vegalite.v6.schema import core

from speciosa.comparison import Comparison
from speciosa.evidence.ledger.network_library import trial_network
from speciosa.report.figures.figure import spec_of
from speciosa.report.number import NUMBER
from speciosa.report.parts import build

VOID = {"meta", "link", "br", "img", "hr", "input"}
SILENT = {"style", "script", "svg", "title", "nav", "code"}


class Walk(HTMLParser):
    """Gathers what a test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict[str, str | None]]] = []
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.bare: list[str] = []
        self.loads: list[str] = []
        self.headings: list[str] = []
        self.images_without_text = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        for key in ("href", "data-source"):
            value = found.get(key) or ""
            if value.startswith("#"):
                self.targets.append(value[1:])
        if tag not in {"a", "link"} and (
            found.get("src") or found.get("href", "") or ""
        ).startswith("http"):
            self.loads.append(str(found))
        if found.get("role") == "img" and not found.get("aria-label"):
            self.images_without_text += 1
        if tag not in VOID:
            self.stack.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.stack]
        if set(tags) & SILENT:
            return
        if tags and tags[-1] in {"h1", "h2", "h3"}:
            self.headings.append(data)
        sourced = any(
            (tag == "a" and (attrs.get("href") or "").startswith("#")) or attrs.get("data-source")
            for tag, attrs in self.stack
        )
        if not sourced and NUMBER.search(data):
            self.bare.append(data.strip())


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def walk(text: str) -> Walk:
    return Walk(text)


def test_no_number_is_without_a_source(walk: Walk) -> None:
    assert walk.bare == []


def test_every_link_within_the_page_has_its_target(walk: Walk) -> None:
    assert sorted({target for target in walk.targets if target not in walk.ids}) == []


def test_the_walk_finds_a_number_without_a_source() -> None:
    assert Walk("<p>about 42 people</p>").bare == ["about 42 people"]
    assert Walk('<p>about <a href="#x">42</a> people</p>').bare == []


def test_the_page_asks_nothing_of_the_network_and_runs_nothing(text: str, walk: Walk) -> None:
    assert walk.loads == []
    assert "<script" not in text
    assert "url(" not in text.replace("url(#", "")
    assert "default-src 'none'" in text


def test_the_page_is_small_and_every_drawing_is_described(text: str, walk: Walk) -> None:
    assert len(text.encode()) < 6e6
    assert text.count("<svg") >= 8
    assert walk.images_without_text == 0
    assert text.count("<details><summary>The numbers as a table") == text.count("<figure")


def test_what_cannot_be_estimated_is_said(text: str, comparison: Comparison) -> None:
    assert ("Fluoxetine", "Pain relief") in comparison.run.missing
    assert "no figure: no model of what fluoxetine does to it" in text
    assert comparison.weighing is not None
    assert comparison.weighing.unscored == ("Fluoxetine",)


def test_ranks_stand_beside_effects_and_intervals(text: str) -> None:
    section = re.search(r'<section id="weighing".*?</section>', text, re.DOTALL)
    assert section is not None
    body = section[0]
    assert body.index("The effects that are weighed") < body.index(
        "How often each arm takes each rank"
    )
    assert 'class="basis">simulated' in body


def test_all_parts_are_there(walk: Walk) -> None:
    wanted = {"answer", "effects", "courses", "exposure", "evidence", "weighing", "claims", "legal"}
    assert wanted | {"unknown", "methods", "made", "sources"} <= walk.ids


def test_charts_keep_to_their_schema(comparison: Comparison) -> None:
    for figure in build(comparison)[1]:
        for chart in filter(None, (figure.chart, figure.narrow)):
            core.Root.from_dict(spec_of(chart), validate=True)


def test_figures_tables_and_outcomes_are_files_too(folder: Path, comparison: Comparison) -> None:
    names = {figure.name for figure in build(comparison)[1]}
    for kind, suffix in (("figures", "svg"), ("figures", "png"), ("tables", "csv")):
        assert {path.stem for path in (folder / kind).glob(f"*.{suffix}")} == names
    table = pl.read_parquet(folder / "outcomes.parquet")
    assert table.equals(comparison.outcomes.table)
    assert not list(folder.rglob("*.part"))


def test_the_lock_names_what_the_numbers_rest_on(folder: Path) -> None:
    lock = tomllib.loads((folder / "study.lock.toml").read_text(encoding="utf-8"))
    assert lock["study"]["title"] == "A small comparison"
    assert {"numpy", "speciosa"} <= set(lock["lock"]["versions"])
    assert any("7-OH" in arm["name"] for arm in lock["study"]["arms"])
    assert lock["lock"]["facts_used"]


def words(text: str, section: str) -> str:
    """What a reader sees of one section."""
    found = re.search(rf'<section id="{section}".*?</section>', text, re.DOTALL)
    assert found is not None
    shown = re.sub(r"<svg.*?</svg>|<details.*?</details>", "", found[0], flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", shown)).split())


def test_the_answer_gives_the_difference_that_two_intervals_do_not(
    text: str, comparison: Comparison
) -> None:
    gap = comparison.outcomes.difference("Pain relief", "7-OH tablet", "Placebo")
    low, middle, high = np.quantile(gap, [0.05, 0.5, 0.95])
    row = re.search(r'<tr id="finding-pain-relief">.*?</tr>', text, re.DOTALL)
    assert row is not None
    cell = re.sub(r"<[^>]+>", " ", re.findall(r"<td.*?</td>", row[0], re.DOTALL)[0])
    found = re.search(r"([+-][\d.]+) points\s+([+-][\d.]+)\s+to\s+([+-][\d.]+)", cell)
    assert found is not None
    told = [float(number) for number in found.groups()]
    assert told == pytest.approx([middle, low, high], abs=0.051)


def test_the_answer_names_the_arms_that_it_cannot_tell(text: str) -> None:
    said = words(text, "answer")
    assert "What fluoxetine would do." in said
    assert "no figure: no model of what fluoxetine does to it" in said


def test_networks_are_named_and_described_in_words(text: str) -> None:
    said = words(text, "evidence")
    assert "Opioid use disorder: retention" in said
    assert "Not pooled: no chain of trials joins every treatment to every other" in said
    assert "naltrexone_implant" not in text
    assert "treatment as usual" in text


def test_networks_carry_protocol_agreement_and_reviews(text: str) -> None:
    said = words(text, "evidence")
    for name in ("oud_retention", "withdrawal_completion"):
        assert trial_network(name).protocol in said
        assert trial_network(name).review in said
    assert "the network is not coherent" in said
    assert "How sure each comparison is" in said


def test_verdicts_are_said_to_be_judgements(text: str) -> None:
    said = words(text, "claims")
    assert "are judgements" in said
    assert "need not relieve pain alike" in said
