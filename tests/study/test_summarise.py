"""From patients to outcomes: means over the patients that were solved, and comparisons of the same people."""

import numpy as np
import polars as pl
import pytest

from speciosa.errors import StudyError
from speciosa.outcomes import Outcomes
from speciosa.study.endpoints import definitions
from speciosa.study.question.read import parse_study
from speciosa.study.result import ArmRun, StudyRun
from speciosa.study.summarise import summarise
from speciosa.study.tables import courses_table, patients_table

STUDY = """
title = "t"
question = "q"
[population]
patients = 3
draws = 2
[[arms]]
name = "A"
regimen = "5 g kratom_leaf oral"
[[arms]]
name = "B"
regimen = "none"
"""
KNOWN = {key: definitions()[key] for key in ("pain_relief", "breathing_fall", "responders")}
COURSE = {"output": ["pain_nrs"], "unit": ["1"], "time_h": [0.0]}
COURSE |= {"median": [5.0], "low": [4.0], "high": [6.0]}


def arm(name: str, substances=("mitragynine",), **values) -> ArmRun:
    table = {key: np.array(rows, dtype=np.float32) for key, rows in values.items()}
    return ArmRun(name, table, pl.DataFrame(COURSE), substances, (), {}, {})


def study_run(*arms: ArmRun) -> StudyRun:
    outcomes = Outcomes.concat(summarise(each, KNOWN) for each in arms)
    return StudyRun(parse_study(STUDY), KNOWN, arms, outcomes)


A = arm(
    "A", pain_relief=[[1, 2, np.nan], [4, np.nan, np.nan]], responders=[[1, 0, np.nan], [1, 1, 0]]
)
B = arm(
    "B", (), pain_relief=[[1, 3, 5], [1, 1, 1]], breathing_fall=[[0.1, 0.2, 0.3], [0.0, 0.1, 0.2]]
)


def test_patients_that_failed_never_count_as_zeros() -> None:
    outcomes = summarise(A, KNOWN)
    assert outcomes.draws("Pain relief", "A").tolist() == pytest.approx([1.5, 4.0])
    assert outcomes.draws(KNOWN["responders"].title, "A").tolist() == pytest.approx([0.5, 2 / 3])


def test_an_outcome_that_a_draw_has_not_is_not_estimable() -> None:
    gap = arm("A", pain_relief=[[1, 2, 3], [np.nan] * 3], responders=[[1, 1, 0], [0, 0, 0]])
    outcomes = summarise(gap, KNOWN)
    assert outcomes.names == [KNOWN["responders"].title]
    assert study_run(gap, B).missing == [
        ("A", "Pain relief"),
        ("A", KNOWN["breathing_fall"].title),
        ("B", KNOWN["responders"].title),
    ]


def test_rows_say_their_unit_direction_basis_and_sources() -> None:
    table = summarise(A, KNOWN).table
    relief = table.filter(pl.col("outcome") == "Pain relief").row(0, named=True)
    assert relief["unit"] == "points" and relief["direction"] == "benefit"
    assert relief["basis"] == "simulated" and relief["sources"] == ["model:mitragynine"]
    assert summarise(B, KNOWN).table["sources"].to_list()[0] == ["model:effects"]


def test_better_compares_the_same_people_and_leaves_failures_out() -> None:
    """1 ties with 1, 2 loses to 3, 4 beats 1."""
    run = study_run(A, B)
    assert run.better("pain_relief", "A", "B") == pytest.approx((0.5 + 0 + 1) / 3)
    assert run.better("pain_relief", "B", "A") == pytest.approx((0.5 + 1 + 0) / 3)


def test_better_is_less_where_more_is_a_risk() -> None:
    other = arm("A", breathing_fall=[[0.05, 0.25, 0.3], [0.1, 0.0, np.nan]])
    run = study_run(other, B)
    assert run.better("breathing_fall", "A", "B") == pytest.approx((1 + 0 + 0.5 + 0 + 1) / 5)
    lost = study_run(arm("A", breathing_fall=[[np.nan] * 3] * 2), B)
    assert np.isnan(lost.better("breathing_fall", "A", "B"))


def test_patients_as_a_table() -> None:
    table = patients_table(study_run(A, B))
    assert table["arm"].to_list() == ["A"] * 6 + ["B"] * 6
    assert table["draw"].to_list() == [0, 0, 0, 1, 1, 1] * 2
    assert table["patient"].to_list() == [0, 1, 2] * 4
    assert table["pain_relief [points]"].to_list()[6:] == [1, 3, 5, 1, 1, 1]
    assert table["breathing_fall [share]"].to_list()[:6] == [None] * 6
    exposed = arm("A", **{"auc:morphine": [[1, 2, 3]] * 2, "cmax:morphine": [[1, 2, 3]] * 2})
    assert {"auc:morphine [nmol*h/L]", "cmax:morphine [nmol/L]"} <= set(
        patients_table(study_run(exposed, B)).columns
    )
    assert courses_table(study_run(A, B))["arm"].to_list() == ["A", "B"]


@pytest.mark.parametrize(
    "text", [STUDY.partition("[[arms]]")[0], STUDY.partition("[[arms]]")[0] + "arms = []"]
)
def test_a_study_without_arms_is_refused(text: str) -> None:
    with pytest.raises(StudyError) as caught:
        parse_study(text.replace("[population]\npatients = 3\ndraws = 2\n", ""))
    assert len(caught.value.faults) == 1 and "arms" in caught.value.faults[0].where
