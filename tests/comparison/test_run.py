"""From a file to a comparison: studies and lock files, what is said where there is nothing to compare."""

import re
from pathlib import Path

import pytest

from speciosa.comparison.run import compare, question
from speciosa.errors import ConvergenceError, StudyError
from speciosa.study.lock import write_lock
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Arm

STUDY = """
title = "Small"
question = "Which?"
[population]
patients = 2
draws = 1
[follow_up]
until = "6 h"
outcomes = ["{outcome}"]
[[arms]]
name = "One"
regimen = "{regimen}"
[[arms]]
name = "None"
regimen = "none"
"""


def study_of(outcome: str = "breathing_fall", regimen: str = "30 mg codeine oral") -> str:
    return STUDY.format(outcome=outcome, regimen=regimen)


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    path = tmp_path / "study.lock.toml"
    write_lock(path, parse_study(study_of()), [])
    return path


def test_a_lock_file_gives_its_study_and_says_nothing_where_nothing_changed(locked: Path) -> None:
    study, notes = question(locked)
    assert study == parse_study(study_of())
    assert notes == question(study)[1]


def test_a_lock_file_says_what_has_changed_since(locked: Path) -> None:
    text = locked.read_text(encoding="utf-8")
    other = re.sub(r'(?m)^speciosa = ".*"$', 'speciosa = "0.0.1"', text)
    assert other != text
    locked.write_text(other, encoding="utf-8")
    notes = [note for note in question(locked)[1] if "lock file" in note]
    assert len(notes) == 1
    assert notes[0].startswith(
        "Numbers may differ from those of the lock file: speciosa: then 0.0.1, now "
    )


def test_a_fault_in_a_lock_file_is_told_with_its_line(locked: Path) -> None:
    text = locked.read_text(encoding="utf-8").replace('"30 mg codeine oral"', '"30 mg codine oral"')
    locked.write_text(text, encoding="utf-8")
    line = text[: text.index("30 mg codine")].count("\n") + 1
    with pytest.raises(
        StudyError, match=rf"study\.lock\.toml, line {line}, arms, 1 \('One'\), regimen"
    ):
        question(locked)


def test_a_study_with_a_part_that_no_study_has_is_no_lock_file(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(study_of() + "[lock]\nversions = {}\n", encoding="utf-8")
    with pytest.raises(StudyError, match="line 16, lock: expected one of title"):
        question(path)


def test_where_no_outcome_can_be_read_there_is_nothing_to_compare() -> None:
    """Withdrawal after stopping is read when treatment is over; this study ends first."""
    text = study_of("withdrawal_peak").replace('until = "6 h"', 'until = "1 d"')
    with pytest.raises(
        ConvergenceError, match="nothing to compare. no outcome is read in this time"
    ):
        compare(parse_study(text), threads=1)


def test_where_nobody_could_be_solved_the_reason_is_told() -> None:
    read = parse_study(study_of())
    arm = Arm(name="One", regimen="1e303 mg/kg morphine iv")
    with pytest.raises(ConvergenceError, match="One: 2 patients left out, not finite."):
        compare(read.model_copy(update={"arms": (arm,)}), threads=1)
