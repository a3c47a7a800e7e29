"""Ten things that people come for, each in a real browser from the first page on, with the clicks that it takes.

Typing is no click; opening a list is one, choosing from it another.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from speciosa.report.number import shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MOST_CLICKS = 6
_IN_SIGHT = """(id) => {
  const box = document.getElementById(id).getBoundingClientRect();
  return box.top >= 0 && box.top < window.innerHeight / 2;
}"""


def type_in(visit: Any, selector: str, words: str) -> None:
    visit.click(selector)
    visit.page.keyboard.type(words)


def whole(visit: Any, name: str, *words: str) -> str:
    """The text of a page once it holds all of the words, in full size where it simulates."""
    visit.page.wait_for_function(
        """([name, words]) => {
          const view = document.getElementById(`view_${name}`);
          return view.dataset.stage === 'whole' && words.every((word) => view.innerText.includes(word));
        }""",
        arg=[name, list(words)],
        timeout=60_000,
    )
    return str(visit.page.inner_text(f"#view_{name}"))


@pytest.fixture
def start(visit: Any) -> Any:
    visit.open().view("compare")
    yield visit
    assert visit.complaints == []
    print(f"clicks: {visit.clicks}")
    assert 0 < visit.clicks <= MOST_CLICKS


def test_a_clinician_compares_extract_with_oxycodone_in_a_poor_metaboliser(start: Any) -> None:
    start.click("#tab-patient")
    start.click("button[data-fills='cyp2d6']")
    start.choose("#choose-arm1", "kratom-extract")
    start.choose("#choose-arm2", "oxycodone")
    said = whole(start, "patient", "poor CYP2D6 metabolisers", "Kratom extract", "Oxycodone")
    assert "Pain relief" in said and "Known:" in said
    assert start.page.get_attribute("button[data-fills='cyp2d6']", "aria-pressed") == "true"


def test_a_clinician_asks_whether_citalopram_may_be_taken_with_it(start: Any) -> None:
    start.click("#tab-interactions")
    type_in(start, "#together", "citalopram")
    said = whole(start, "interactions", "Kratom with citalopram: moderate")
    assert "Serotonin toxicity" in said


def test_a_reader_asks_whether_it_is_legal_in_ohio(start: Any) -> None:
    start.click("#tab-legal")
    type_in(start, "#place", "Ohio")
    said = whole(start, "legal", "Ohio: kratom leaf legal; 7-OH scheduled")
    assert "In the whole country" in said and "91 FR 40917" in said


def test_a_patient_asks_whether_to_stop_oxycodone_at_once_or_to_taper(start: Any) -> None:
    start.click("#tab-withdrawal")
    start.choose("#choose-from", "oxycodone")
    said = whole(start, "withdrawal", "10 mg every 6 h", "Taper over 7 days")
    assert "Differences from Stop at once" in said and "Worst withdrawal" in said


def test_a_clinician_asks_what_follows_when_methadone_takes_the_place(start: Any) -> None:
    start.click("#tab-withdrawal")
    start.choose("#choose-from", "oxycodone")
    start.choose("#instead", "methadone")
    said = whole(start, "withdrawal", "Methadone instead", "10 mg every 6 h")
    assert "then 30 mg methadone" in said


def test_a_regulator_asks_what_trials_say_of_methadone_against_buprenorphine(start: Any) -> None:
    start.click("#tab-evidence")
    start.choose("#pool", "buprenorphine-methadone-retention-all")
    said = whole(start, "evidence", "Buprenorphine against methadone: every trial")
    start.page.wait_for_function(_IN_SIGHT, arg="at-pool")
    assert "Certainty of the evidence" in said


def test_a_regulator_asks_where_a_number_comes_from(start: Any) -> None:
    start.click("#tab-sources")
    type_in(start, "#q", "7-hydroxymitragynine")
    start.click("#view_sources button[data-entry='7_hydroxymitragynine']")
    start.page.wait_for_selector("#entry-title:has-text('7-Hydroxymitragynine')")
    links = "#view_sources td a[href^='https://doi.org/']"
    assert start.page.locator(links).count() > 10


def test_a_patient_asks_about_pregnancy(start: Any) -> None:
    start.click("#tab-sources")
    type_in(start, "#q", "pregnant")
    start.click("#view_sources button:has-text('pregnancy')")
    start.page.wait_for_selector("#entry-title:has-text('pregnancy')")
    assert "kratom" in start.page.inner_text("#view_sources").casefold()


def test_a_toxicologist_asks_what_a_sedative_does_beside_a_7_oh_tablet(start: Any) -> None:
    start.click("#tab-patient")
    type_in(start, "#find-arm1", "7-oh tablet")
    start.page.keyboard.press("Enter")
    start.choose("#beside", "5 mg midazolam oral every 24 h x 21")
    said = whole(start, "patient", "7-OH tablet", "midazolam")
    assert "Largest fall of the drive to breathe" in said
    assert "nobody measured the breathing of people after kratom together with midazolam" in said


def test_a_scientist_saves_the_study_and_gets_the_same_numbers_by_command_line(
    start: Any, tmp_path: Path
) -> None:
    arm = "arm1=10 mg oxycodone oral every 6 h x 12&name1=Oxycodone&arm2=absent"
    start.page.goto(f"{start.address}?{arm}&days=5&patients=12&draws=20")
    whole(start, "compare", "Every outcome")
    start.click("#keep summary")
    with start.page.expect_download() as saved:
        start.click("#save-study")
    study = tmp_path / "study.toml"
    saved.value.save_as(study)
    command = [sys.executable, "-m", "speciosa", "compare", str(study), "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    table = pl.read_parquet(tmp_path / "outcomes.parquet")
    found = table.group_by("arm", "outcome", "unit").agg(pl.col("value").median())
    said = start.page.inner_text("#view_compare .by-arm")
    for row in found.filter(pl.col("outcome") == "Pain relief").iter_rows(named=True):
        assert shown(row["value"], row["unit"]) in said


def test_a_reader_keeps_a_result_and_compares_it_with_another_dose(start: Any) -> None:
    whole(start, "compare", "Kratom leaf, low")
    start.click("#keep-result")
    start.page.wait_for_selector("#kept tbody tr.about >> nth=0")
    start.choose("#choose-arm1", "kratom-extract")
    whole(start, "compare", "Kratom extract")
    start.click("#keep-result")
    start.page.wait_for_selector("#kept tbody tr.about >> nth=1")
    said = start.page.inner_text("#kept")
    assert "Kratom leaf, low" in said and "Kratom extract" in said and "2 g every 8 h" in said
    start.page.reload()
    start.page.wait_for_selector("#kept tbody tr.about >> nth=1")
    assert start.page.inner_text("#kept").count("Open again") == 2
    start.click("#kept button[data-drop='0']")
    start.page.wait_for_function("document.querySelectorAll('#kept tr.about').length === 1")
    assert "Kratom extract" in start.page.inner_text("#kept")
