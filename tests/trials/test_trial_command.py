"""A whole trial by the command line: JSON, tables, and the lock that repeats it."""

import json

import polars as pl
import pytest
from tests.trials.test_trial_files import CROSSOVER, GOOD, WITHDRAWAL

import speciosa as sp
from speciosa.trials.question.read import parse_trial

KEYS = [
    "power", "power_se", "type_1", "bias", "coverage", "expected_size", "looks", "size", "size_low", "size_high",
    "assurance", "harms", "warnings",
]  # fmt: skip
TRIAL = (
    GOOD
    + """
[estimand]
strategy = { discontinued = "hypothetical", rescue = "treatment policy" }
[dropout]
model = "mar"
completed = 0.8
[rescue]
when = "pain_nrs > 7"
dose = "1 g acetaminophen oral"
[simulation]
replicates = 60
truth = 2000
"""
)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    from typer.testing import CliRunner

    from speciosa.cli import app, commands

    commands.register(app)
    folder = tmp_path_factory.mktemp("trial")
    (folder / "trial.toml").write_text(TRIAL)
    run = CliRunner().invoke(
        app, ["trial", str(folder / "trial.toml"), "--out", str(folder / "out"), "--json"]
    )
    assert run.exit_code == 0, run.output
    return folder, json.loads(run.stdout)


def test_json_has_the_keys_of_the_contract(done):
    assert list(done[1]) == KEYS
    assert done[1]["size"] == 60
    assert done[1]["assurance"] is None


def test_tables_hold_each_trial_and_one_trial_whole(done):
    trials = pl.read_parquet(done[0] / "out" / "trials.parquet")
    assert len(trials) == 60
    assert trials["rejected"].mean() == pytest.approx(done[1]["power"])
    people = pl.read_parquet(done[0] / "out" / "patients.parquet")
    assert len(people) == 60 * 3
    assert people.filter(pl.col("ABLFL") == "Y")["AVAL"].null_count() == 0
    stopped = people.filter((pl.col("DISCFL") == "Y") & (pl.col("ADY") > pl.col("DISCDY")))
    assert len(stopped) > 0
    assert stopped["AVAL"].null_count() == len(stopped)


def test_the_page_says_first_what_is_assumed(done):
    page = (done[0] / "out" / "trial.html").read_text()
    words = page[page.index("Result") :]
    assert "This rests on assumptions." in words[:600]
    assert "60 people with" not in words
    assert words.count("<svg") >= 3
    for strategy in ("treatment policy", "hypothetical", "composite", "principal stratum"):
        assert strategy in words


def test_the_lock_repeats_the_trial(done):
    again = sp.trial(done[0] / "out" / "trial.lock.toml", threads=1, chunk=7)
    assert again.as_dict() == done[1]


SHORT = "[simulation]\nreplicates = 200\ntruth = 4000\n"


def test_a_crossover_measures_each_person_under_both():
    found = sp.trial(parse_trial(CROSSOVER.replace("size = 60", "size = 24") + SHORT))
    first = found.comparisons[0]
    assert found.arms == ("Naproxen, then Placebo", "Placebo, then Naproxen")
    assert first.truth.value < -0.2
    # a week's naproxen is gone after a week, so nothing is carried over
    assert abs(first.bias) < 4 * first.bias_se
    parallel = sp.trial(parse_trial(GOOD.replace("size = 60", "size = 24") + SHORT))
    assert found.power > parallel.power + 0.2


def test_a_withdrawal_trial_randomises_those_who_did_well():
    found = sp.trial(parse_trial(WITHDRAWAL + SHORT))
    assert found.example.y.shape == (2, 1, 60)
    # they were let in by a fall of 30%, so they begin far below the people of the pool, and those who stop lose what the drug gave
    assert found.example.y[0].mean() < 4.0
    assert found.comparisons[0].truth.value < -0.3
    assert any("of those who begin the run-in are randomised" in line for line in found.warnings)


ESCALATING = """
title = "Doses of naproxen"
[population]
patients = 60
draws = 3
[[arms]]
name = "100 mg"
regimen = "100 mg naproxen oral"
[[arms]]
name = "500 mg"
regimen = "500 mg naproxen oral"
[[arms]]
name = "1000 mg"
regimen = "1000 mg naproxen oral"
[design]
kind = "KIND"
visits = ["0 d", "1 d"]
toxicity = "nausea_probability > 0.2"
target = 0.3
prior = [0.1, 0.2, 0.4]
[endpoint]
output = "pain_nrs"
[simulation]
replicates = 200
"""


@pytest.mark.parametrize("kind", ["3+3", "boin", "crm"])
def test_doses_are_tried_at_the_rates_of_the_people(kind, tmp_path):
    from speciosa.report.sections.trial_page import dose_page
    from speciosa.trials.operating.saving import save_trial

    found = sp.trial(parse_trial(ESCALATING.replace("KIND", kind)))
    assert list(found.as_dict()) == KEYS
    doses = found.doses()
    assert doses["toxicity"].is_sorted()
    assert doses["selected"].sum() + found.found.percent_stop / 100 == pytest.approx(1)
    assert found.as_dict()["harms"]["nausea_probability > 0.2"] == pytest.approx(
        float((doses["people"] * doses["toxicity"]).sum()), rel=0.1, abs=0.2
    )
    save_trial(found, tmp_path)
    assert len(pl.read_parquet(tmp_path / "trials.parquet")) == 3
    assert "100 mg, 500 mg, 1000 mg are tried in this order" in dose_page(found)
