"""Predicting observed statistics: rows that can be read, rows that cannot, and what the JSON holds."""

import json

import pytest
from typer.testing import CliRunner

from speciosa.care.observed.periods import PeriodError, contrast, period
from speciosa.cli import app
from speciosa.cli.commands import register

PLAN = """
title = "Rows"
[population]
people = 40
draws = 10
[[arms]]
name = "Buprenorphine"
start = "16 mg buprenorphine_naloxone sublingual daily"
[follow_up]
until = "12 wk"
"""
ROWS = """id,arm,quantity,at,value,low,high,n
a,16 mg buprenorphine_naloxone sublingual daily,retained,4 wk,0.76,,,740
b,Buprenorphine,relapsed,12 wk,0.5,,,740
c,Buprenorphine,days of opioid use recorded,d 29-56,1.5,1.2,1.8,740
d,Buprenorphine,mortality ratio,weeks 1-2 after stopping against on treatment,9,5.4,14.9,
e,Buprenorphine,started,4 wk,0.98,,,740
f,2 spoons of hope,retained,4 wk,0.5,,,10
g,Buprenorphine,happiness,4 wk,0.5,,,10
h,Buprenorphine,retained,soon,0.5,,,10
i,380 mg naltrexone_depot depot every 28 d,retained,24 wk,0.3,,,100
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    (folder / "rows.csv").write_text(ROWS, encoding="utf-8")
    register(app)
    words = ["pathway", str(folder / "plan.toml"), "--trial", str(folder / "rows.csv"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_rows_are_predicted_or_named_with_their_reason(report):
    assert {row["id"] for row in report["rows"]} == set("abcdei")
    reasons = {row["id"]: row["reason"] for row in report["not_predicted"]}
    assert set(reasons) == set("fgh")
    assert "spoons" in reasons["f"] and "retained" in reasons["g"] and "24 wk" in reasons["h"]


def test_predictions_lie_in_their_intervals_and_errors_are_of_shares_only(report):
    for row in report["rows"]:
        assert row["low"] <= row["predicted"] <= row["high"], row
    shares = [row for row in report["rows"] if row["id"] in "abei"]
    errors = [(row["predicted"] - row["observed"]) ** 2 for row in shares]
    assert report["summary"]["rmse"] == pytest.approx((sum(errors) / 4) ** 0.5)
    assert 0 <= report["summary"]["coverage_90"] <= 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("out to in", ((1, 0, 53), (0, 0, 53))),
        ("out of treatment vs in treatment", ((1, 0, 53), (0, 0, 53))),
        ("first 2 weeks on against the rest on", ((0, 0, 2), (0, 2, 53))),
        ("weeks 3-4 after stopping against on treatment", ((1, 2, 4), (0, 0, 53))),
        ("first 4 weeks after leaving / rest of time off", ((1, 0, 4), (1, 4, 53))),
        ("first month after cessation versus remainder on treatment", ((1, 0, 4), (0, 4, 53))),
        ("", ((1, 0, 53), (0, 0, 53))),
    ],
)
def test_contrasts_are_read_as_cohorts_write_them(words, expected):
    assert contrast(words) == expected


def test_times_that_mean_nothing_are_refused():
    for words in ("yesterday", "weeks 1-2"):
        with pytest.raises(PeriodError):
            period(words)
