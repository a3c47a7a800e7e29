"""A dose that kills is said first: in `check`, in the outcomes and on the first screen; one far above all reported is refused."""

from pathlib import Path

import pytest

from speciosa.comparison import question
from speciosa.errors import InputError
from speciosa.report.first.bottom_line import bottom_line
from speciosa.study.question.read import parse_study
from speciosa.study.run import run_study

STUDY = """
title = "By vein"
question = "What does it do?"
indication = "pain"
{confirm}
[population]
patients = 20
draws = 4
[follow_up]
until = "12 h"
outcomes = ["acute_relief"]
[[arms]]
name = "dose"
regimen = "{dose} fentanyl iv"
[[arms]]
name = "nothing"
regimen = "none"
"""


def text(dose: str, confirm: str = "") -> str:
    return STUDY.format(dose=dose, confirm=f'confirm = "{confirm}"' if confirm else "")


def test_a_deadly_dose_is_told_before_relief() -> None:
    run = run_study(parse_study(text("2 mg")))
    assert "breathing_stops" in run.definitions
    shares = run.outcomes.draws("Patients whose breathing stops", "dose")
    assert shares.min() > 0.9
    first = bottom_line(run)[0]
    assert first.part == "danger" and first.words.startswith("Breathing stops")
    assert first.words.endswith("Without help they die.")


def test_a_usual_dose_is_not_burdened_with_it() -> None:
    run = run_study(parse_study(text("0.03 mg")))
    assert "breathing_stops" not in run.definitions
    assert "Breathing stops" not in "".join(one.words for one in bottom_line(run))


def test_check_warns_from_the_table(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text("2 mg"), encoding="utf-8")
    assert any("warning" in note and "1 in 1,000" in note for note in question(path)[1])
    path.write_text(text("0.03 mg"), encoding="utf-8")
    assert not any("warning" in note for note in question(path)[1])


def test_a_dose_above_ten_times_the_largest_reported_is_refused_until_confirmed() -> None:
    with pytest.raises(InputError, match="10 times the largest dose labelled"):
        parse_study(text("40 mg"))
    meant = "an error of the pump is simulated"
    assert parse_study(text("40 mg", meant)).confirm == meant
    arm = text("40 mg").replace('fentanyl iv"', f'fentanyl iv"\nconfirm = "{meant}"')
    assert parse_study(arm).arms[0].confirm == meant


def test_free_breathing_is_followed_in_short_studies_only() -> None:
    short = text("0.1 mg").replace('["acute_relief"]', '["ventilation_lowest", "arrest"]')
    run = run_study(parse_study(short))
    assert 0.5 < run.outcomes.draws("Lowest ventilation", "dose").mean() < 6.0
    with pytest.raises(InputError, match="at most 48 h"):
        parse_study(short.replace('"12 h"', '"21 d"'))
