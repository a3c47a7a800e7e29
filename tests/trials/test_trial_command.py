"""A whole trial by the command line: JSON, tables, and the lock that repeats it."""

import json

import polars as pl
import pytest
from tests.trials.test_trial_files import GOOD

import speciosa as sp

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
