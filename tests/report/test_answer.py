"""The answer compares kratom with the best of what else there is, not with the worst."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from speciosa.outcomes import Drawn, Outcomes
from speciosa.report.sections.answer import headline, sentences, trials_sentence
from speciosa.study.endpoints import definitions

DRAWS = 40
LEVELS = {"No drug": 12.0, "Kratom": 8.0, "Methadone": 4.0, "Lofexidine": 9.0}
GIVES = {"No drug": (), "Kratom": ("mitragynine",), "Methadone": ("methadone",)}


@pytest.fixture
def said() -> str:
    """The sentence on withdrawal of a run whose outcomes are known."""
    outcome = definitions()["withdrawal_first_week"]
    noise = np.random.default_rng(3).normal(0, 0.2, DRAWS)
    parts = [
        Outcomes.of_arm(
            arm,
            [Drawn(outcome.title, level + noise, outcome.unit, outcome.direction)],
            "simulated",
            ["x"],
        )
        for arm, level in LEVELS.items()
    ]
    run = SimpleNamespace(
        study=SimpleNamespace(
            indication="withdrawal", reference="No drug", follow_up=SimpleNamespace(outcomes=())
        ),
        definitions={outcome.key: outcome},
        outcomes=Outcomes.concat(parts),
        arms=[
            SimpleNamespace(name=arm, substances=GIVES.get(arm, ("lofexidine",))) for arm in LEVELS
        ],
    )
    return re.sub(r"<[^>]+>", "", str(sentences(run)[0]))  # type: ignore[arg-type]


def test_both_extremes_are_told(said: str) -> None:
    assert "highest with No drug, 12 points" in said
    assert "lowest with Methadone, 4." in said or "lowest with Methadone, 3.9" in said


def test_kratom_is_compared_with_the_best_treatment(said: str) -> None:
    assert "higher with Kratom than with Methadone is above 98%" in said


def test_differences_are_paired(said: str) -> None:
    assert "Kratom -4.0 points (90% interval -4.0 to -4.0)" in said


def test_what_the_study_asks_is_answered_benefits_first() -> None:
    asked = ("breathing_fall", "acute_relief", "nausea")
    run = SimpleNamespace(
        study=SimpleNamespace(indication="pain", follow_up=SimpleNamespace(outcomes=asked)),
        definitions={key: definitions()[key] for key in asked},
    )
    keys = [outcome.key for outcome in headline(run)]  # type: ignore[arg-type]
    assert keys == ["acute_relief", "breathing_fall", "nausea"]


def test_a_study_of_unknown_size_is_told_as_such():
    text = str(trials_sentence())
    assert "None people" not in text
    assert "number of people not stated" in text
