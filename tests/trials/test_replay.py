"""Published trials: their files and rows hold together, and what was inside the predictive interval stays there."""

from importlib.resources import files

import pytest

from speciosa import facts
from speciosa.trials.question.read import parse_trial
from speciosa.trials.replay import observed, replay

NAMES = list(dict.fromkeys(row["trial"] for row in observed()))
MISSED = {
    ("serrie-2017", "Oxycodone"),
    ("ctn-0027", "Buprenorphine"),
    ("xbot", "Naltrexone"),
}


@pytest.mark.parametrize("name", NAMES)
def test_files_and_rows_hold_together(name):
    text = (files("speciosa.trials") / "replayed" / f"{name}.toml").read_text(encoding="utf-8")
    trial = parse_trial(text, name)
    for row in observed():
        if row["trial"] == name:
            assert row["arm"] in [arm.name for arm in trial.arms if arm.name != trial.reference]
            for fact in filter(None, row["facts"].split("; ")):
                assert row["source"] in facts.fact(fact).reference


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_was_observed_lies_where_it_was_predicted(name):
    for row in replay(name, threads=1):
        assert row.inside == ((name, row.arm) not in MISSED), row
