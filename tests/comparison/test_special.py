"""Special people: the same people with one thing changed, and words only for what the models hold."""

import numpy as np
import pytest

from speciosa.comparison import Comparison, compare
from speciosa.comparison.findings import unit_of
from speciosa.report.sections.methods import unknown_html
from speciosa.report.sections.sources import Sources
from speciosa.report.sections.special_part import special_html
from speciosa.study.endpoints import definitions
from speciosa.study.question.read import parse_study
from speciosa.study.run import run_study

FACTOR, LEAST = 1.25, {"share": 0.01, "of 100": 1.0, "points": 0.1, "ms": 1.0}
"""From what changes on levels and effects are told."""
STUDY = """
title = "Special"
question = "In whom does it act otherwise?"
[population]
patients = 8
draws = 20
covariates = "{who}"
[follow_up]
until = "4 d"
[[arms]]
name = "Tramadol"
regimen = "50 mg tramadol oral every 6 h x 8"
[[arms]]
name = "Morphine"
regimen = "15 mg morphine oral every 6 h x 8"
[[arms]]
name = "Naproxen"
regimen = "500 mg naproxen oral every 12 h x 4"
[[arms]]
name = "Placebo"
regimen = "none"
"""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(parse_study(STUDY.format(who="")))


def of(comparison: Comparison, group: str, arm: str):  # type: ignore[no-untyped-def]
    return next(each for each in comparison.special if (each.group, each.arm) == (group, arm))


def test_a_poor_metaboliser_makes_little_of_what_acts_in_tramadol(comparison: Comparison) -> None:
    """Poor metabolisers have less O-desmethyltramadol: by two fifths as the label has it, by more in this model."""
    found = of(comparison, "metaboliser", "Tramadol")
    assert found.levels["o_desmethyltramadol"] < 0.6
    assert found.changes["breathing_fall"].high < 0


def test_weak_kidneys_keep_the_active_glucuronide_of_morphine(comparison: Comparison) -> None:
    found = of(comparison, "kidneys", "Morphine")
    assert found.levels["morphine_6_glucuronide"] > 2
    assert found.changes["breathing_fall"].low > 0


def test_a_change_is_that_of_two_studies_run_apart(comparison: Comparison) -> None:
    usual = "age=45; hepatic=normal; cyp2d6=normal"
    runs = [
        run_study(parse_study(STUDY.format(who=who))) for who in (usual, f"{usual}; egfr=severe")
    ]
    title = "Largest fall of the drive to breathe"
    before, after = (run.outcomes.draws(title, "Morphine") for run in runs)
    told = of(comparison, "kidneys", "Morphine").changes["breathing_fall"]
    apart = np.quantile(100 * (after - before), [0.5, 0.05, 0.95])
    assert (told.median, told.low, told.high) == pytest.approx(tuple(apart), rel=1e-6)
    areas, more = (run.arm("Morphine").values["auc:morphine_6_glucuronide"] for run in runs)
    factor = of(comparison, "kidneys", "Morphine").levels["morphine_6_glucuronide"]
    assert factor == pytest.approx(float(np.median(more / areas)), rel=1e-6)


def test_changes_are_told_from_a_least_size_on_largest_first(comparison: Comparison) -> None:
    """Levels by how many times they change, either way; changes by how often they hold the least that is told."""
    folds = [[abs(np.log(x)) for x in each.levels.values()] for each in comparison.special]
    assert any(len(each) > 1 for each in folds)
    assert all(each == sorted(each, reverse=True) for each in folds)
    assert all(fold >= np.log(FACTOR) for each in folds for fold in each)
    sizes = [
        [abs(change.median) / LEAST[unit_of(definitions()[key])[0]] for key, change in each.changes.items()]
        for each in comparison.special
    ]  # fmt: skip
    assert any(len(each) > 1 for each in sizes)
    assert all(each == sorted(each, reverse=True) for each in sizes)
    assert all(size >= 1 for each in sizes for size in each)
    assert all(change.sure for each in comparison.special for change in each.changes.values())


def test_what_no_model_holds_is_said_to_be_unknown(comparison: Comparison) -> None:
    assert not of(comparison, "kidneys", "Naproxen").modelled
    assert not any(each.arm == "Placebo" for each in comparison.special)
    said = str(special_html(comparison, Sources()))
    assert "not modelled" in said and "Pregnancy and the newborn, never simulated" in said
    assert "What weak kidneys change with Naproxen" in str(unknown_html(comparison))


def test_a_study_of_such_people_is_not_held_against_them() -> None:
    found = compare(parse_study(STUDY.format(who="cyp2d6=poor; age=70"))).special
    assert {each.group for each in found} == {"kidneys", "liver"}
