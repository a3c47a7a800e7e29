"""A single dose after surgery is predicted without its own trials, whatever they saw."""

from dataclasses import replace

import pytest

from speciosa.calibration.left_out import judge_pain, told, write_judged
from speciosa.validation.observed.shipped import OBSERVATIONS
from speciosa.validation.run import read

ALONE = "painkillers-study-0001"
OTHERS = ("painkillers-study-0002", "barden2004relative_placebo")
TOGETHER = "painkillers-study-0034"


@pytest.fixture(scope="module")
def rows():
    names = {ALONE, *OTHERS, TOGETHER}
    return [row for row in read(OBSERVATIONS / "effects.csv").rows if row.id in names]


def judged(rows):
    return {entry.id: entry for entry in judge_pain(rows, [], lambda _: None)}


@pytest.fixture(scope="module")
def seen(rows):
    return judged(rows)


def test_what_a_trial_saw_does_not_move_its_own_prediction(rows, seen):
    other = judged([replace(row, value=0.1) if row.id == ALONE else row for row in rows])
    assert seen[ALONE].how == other[ALONE].how == "left out"
    assert seen[ALONE].predicted == other[ALONE].predicted
    assert other[OTHERS[0]].predicted < seen[OTHERS[0]].predicted


def test_combinations_and_what_lies_within(seen, tmp_path):
    assert seen[TOGETHER].how == "combination"
    for entry in seen.values():
        inside = float(entry.low) <= float(entry.predicted) <= float(entry.high)
        assert entry.within == ("yes" if inside else "no")
    lines = list(told(list(seen.values())))
    assert len(lines) == len(seen) + 2
    written = write_judged(list(seen.values()), tmp_path / "judged.csv").read_text(encoding="utf-8")
    assert len(written.splitlines()) == 1 + len(seen)
