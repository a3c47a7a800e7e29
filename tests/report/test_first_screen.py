"""The first screen says what the numbers say, for any numbers."""

import re

import numpy as np
import pytest
from markupsafe import Markup
from tests.report.made import SHIPPED, made, random_study, shipped

from speciosa import facts
from speciosa.comparison import Comparison
from speciosa.comparison.findings import Finding, Simulated, disagree, findings
from speciosa.comparison.trial_figures import TrialFigure, graded, own_substances, plan
from speciosa.evidence.ledger.certainty import LEVELS
from speciosa.report.arm_names import label
from speciosa.report.first.bottom_line import MOST_WORDS, bottom_line, bottom_line_html
from speciosa.report.first.table import findings_table
from speciosa.report.sections.sources import Sources
from speciosa.report.words import number_needed, people, signed

MANY = range(200)
HARD = 9.0


def plain_text(html: Markup) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", str(html)).split())


def table_of(comparison: Comparison) -> str:
    rows = findings(comparison.run)
    labels = {arm.name: label(arm) for arm in comparison.study.arms}
    return str(findings_table(rows, labels, comparison.study.reference, Sources()))


@pytest.mark.parametrize("part", range(8))
def test_random_studies_say_what_their_numbers_say(part: int) -> None:
    for number in [n for n in MANY if n % 8 == part]:
        comparison = made(random_study(number), np.random.default_rng(number))
        said = " ".join(each.words for each in bottom_line(comparison.run))
        rows = {row.key: row for row in findings(comparison.run)}
        _check_simulated(said, rows)
        _check_studies(said, rows)
        _check_stops(said, comparison)
        shown = re.sub(r"</p>", " ", str(bottom_line_html(comparison.run)))
        assert len(re.sub(r"<[^>]+>", "", shown).split()) <= MOST_WORDS
        assert "(" not in said


def _check_simulated(said: str, rows: dict[str, Finding]) -> None:
    """Each simulated difference of the main outcome that is said is the one of the arm that is named."""
    for key, start in (
        ("pain_relief", "[Pp]ain falls by"),
        ("withdrawal_first_week", "ithdrawal is"),
    ):
        found = re.search(
            rf"{start} (\S+) of \d+ points (\w+) with arm (\w)", said.replace("Arm ", "arm ")
        )
        if not found or key not in rows:
            continue
        cell = rows[key].cells[f"Arm {found[3]}"]
        assert cell.simulated is not None
        assert float(found[1]) == pytest.approx(abs(cell.simulated.median), abs=0.5)
        up = cell.simulated.median > 0
        assert (
            found[2]
            == {"pain_relief": ("less", "more"), "withdrawal_first_week": ("lower", "higher")}[key][
                up
            ]
        )


def _check_studies(said: str, rows: dict[str, Finding]) -> None:
    """Each review of pain relief that is sure enough is said with its figure, and nothing else of the kind."""
    cells = rows["pain_relief"].cells.values() if "pain_relief" in rows else ()
    figures = {c.trial.row: c.trial for c in cells if c.trial is not None and c.trial.first}
    found = re.search(r"In trials, (.*?) of 10 points more than", said)
    if not figures:
        assert found is None
        return
    assert found is not None
    told = sorted(float(number) for number in re.findall(r" by (\d+\.\d+)", found[1]))
    assert told == pytest.approx(sorted(f.estimate for f in figures.values()), abs=0.05)
    opioids = [f.estimate for f in figures.values() if f.who == "opioids"]
    named = re.search(r"opioids (?:eased pain )?by (\d+\.\d+)", found[1])
    assert (named is None) == (not opioids)
    assert named is None or float(named[1]) == pytest.approx(opioids[0], abs=0.05)


def _check_stops(said: str, comparison: Comparison) -> None:
    run = comparison.run
    title = run.definitions["breathing_stops"].title
    means = {
        arm.name: drawn.mean()
        for arm in run.arms
        if len(drawn := run.outcomes.draws(title, arm.name))
    }
    worst = max(means.values(), default=0.0)
    assert ("Breathing stops" in said) == (worst > 1e-3)
    assert ("Without help they die" in said) == (worst > 0.5)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("number", range(10))
def test_nothing_contradicts_a_sure_trial_unsaid(name: str, number: int) -> None:
    comparison = shipped(name, number)
    html = table_of(comparison)
    for row in findings(comparison.run):
        line = re.search(rf'<tr id="finding-{row.key.replace("_", "-")}">.*?</tr>', html, re.DOTALL)
        assert line is not None
        cells = re.findall(r"<td.*?</td>", line[0], re.DOTALL)
        for cell, drawn in zip(row.cells.values(), cells, strict=True):
            if cell.trial is None or not cell.trial.first or cell.trial.kind != "difference":
                continue
            bold = plain_text(Markup(re.search(r"<b>.*?</b>", drawn)[0]))  # type: ignore[index]
            assert bold == signed(cell.trial.estimate, row.unit)
            if cell.simulated is not None and _far(cell.simulated, cell.trial, row):
                assert "the two disagree" in drawn


def _far(simulated: Simulated, trial: TrialFigure, row: Finding) -> bool:
    low = trial.estimate if trial.low is None else trial.low
    high = trial.estimate if trial.high is None else trial.high
    return simulated.low > high or simulated.high < low


def test_every_sure_row_of_the_facts_stands_somewhere() -> None:
    """A row of at least moderate certainty is beside an outcome, or the file says why it is not."""
    used = {entry["row"] for entry in plan()["figure"]} | set(plan()["elsewhere"])
    sure = [
        row["id"]
        for row in facts.table("studies").iter_rows(named=True)
        if row["seen"] not in facts.ASSUMED
        and (level := graded(str(row["risk_of_bias"] or ""))) is not None
        and LEVELS.index(level) >= LEVELS.index("moderate")
    ]
    assert sorted(set(sure) - used) == []
    assert len(sure) > 10


def test_rows_beside_the_outcomes_are_facts_that_were_seen() -> None:
    for entry in plan()["figure"]:
        assert facts.fact(entry["row"]).id == entry["row"]
    for entry in plan()["meaning"].values():
        for key in ("row", "yardstick_row"):
            assert key not in entry or facts.fact(entry[key]).reference


@pytest.mark.parametrize("name", SHIPPED)
def test_an_arm_without_a_figure_says_why(name: str) -> None:
    html = table_of(shipped(name, 1))
    for cell in re.findall(r'<td class="gap">.*?</td>', html, re.DOTALL):
        assert "no figure: " in cell
    assert "not estimable" not in html


def test_figures_of_studies_keep_to_what_the_studies_gave() -> None:
    study = random_study(1)
    by_dose = {arm.regimen: arm for arm in study.arms}
    for regimen, arm in by_dose.items():
        assert (regimen == "none") == (not own_substances(arm))


@pytest.mark.parametrize(
    ("simulated", "estimate", "ends", "apart"),
    [
        ((2.4, 1.9, 3.0), 0.4, (0.3, 0.5), True),  # three times what trials find
        ((0.6, 0.4, 0.9), 0.69, (0.56, 0.82), False),
        ((1.05, 0.7, 1.6), 0.69, (0.56, 0.82), False),
        ((-0.5, -0.6, -0.4), 0.5, (0.4, 0.6), True),
        ((0.01, -0.2, 0.3), 0.1, (-0.3, 0.5), False),
    ],
)
def test_disagreement_is_of_size_or_way(
    simulated: tuple[float, float, float],
    estimate: float,
    ends: tuple[float, float],
    apart: bool,
) -> None:
    figure = TrialFigure(
        "x", "difference", estimate, *ends, "no drug", None, "high", False, "", "", "row", "ref"
    )
    assert disagree(Simulated(*simulated), figure, 1.0, share=False) is apart


def test_one_in_how_many_is_never_said_of_an_unsure_difference() -> None:
    assert number_needed(Simulated(0.2, 0.1, 0.3)) == 5
    assert number_needed(Simulated(0.2, -0.1, 0.3)) is None
    assert number_needed(Simulated(0.0, 0.0, 0.0)) is None


def test_no_false_zeros() -> None:
    rng = np.random.default_rng(2)
    for value in [*rng.uniform(-1, 1, 100), *(10.0 ** rng.uniform(-12, 0, 200))]:
        for unit in ("share", "points", "ms", "of 100"):
            shown = signed(float(value), unit)
            assert not re.search(r"[+-]0(\.0+)?( |$)|e-\d", shown), (value, unit, shown)
    assert people(0.0) == "0"


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("number", range(5))
def test_the_bottom_line_reads_easily(name: str, number: int) -> None:
    textstat = pytest.importorskip("textstat")
    said = [each.words for each in bottom_line(shipped(name, number).run)]
    names = {
        word
        for arm in shipped(name, number).study.arms
        for word in re.findall(r"[A-Za-z0-9-]+", arm.name)
        if len(word) > 3
    }
    # names of medicines are the reader's own: each counts as a short word
    easy = re.sub(
        "|".join(sorted(map(re.escape, names), key=len, reverse=True)),
        "drug",
        " ".join(said),
        flags=re.IGNORECASE,
    )
    easy = re.sub(r"\d+\.\d+", "5", easy)  # a decimal point is no end of a sentence
    assert textstat.flesch_kincaid_grade(easy) <= HARD, easy


def test_a_study_of_one_kind_of_pain_is_told_nothing_of_the_other() -> None:
    chronic, acute = (
        {row.key for row in findings(shipped(name, 1).run)} for name in ("default", "acute")
    )
    assert {"pain_relief", "responders"} <= chronic and not chronic & {
        "acute_relief",
        "acute_responders",
    }
    assert {"acute_relief", "acute_responders"} <= acute and not acute & {
        "pain_relief",
        "responders",
    }


def test_a_number_needed_to_treat_stands_as_the_people_of_one_in_so_many() -> None:
    """Ibuprofen 400 mg: one in 2.5, 2.4 to 2.6 (Derry 2009); the study gives that dose, and of acetaminophen 1 g."""
    row = next(row for row in findings(shipped("acute", 1).run) if row.key == "acute_responders")
    trial = row.cells["Ibuprofen"].trial
    assert trial is not None
    assert (trial.estimate, trial.low, trial.high) == pytest.approx((1 / 2.5, 1 / 2.6, 1 / 2.4))
    assert row.cells["Ibuprofen with acetaminophen"].trial is None
    assert row.cells["Kratom leaf"].trial is None
