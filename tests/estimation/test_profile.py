"""Intervals by profile likelihood, against closed forms."""

import numpy as np
import pytest

import speciosa as sp
from speciosa.estimation.profile import RISE
from speciosa.estimation.question.read import parse_fit
from speciosa.report.sections.fits.fit_page import fit_page

SEEN = (4.1, 5.3, 3.2, 6.0, 4.4, 5.1, 4.9)
PROGRAM = """
import speciosa as sp

def build():
    m = sp.Model("one number")
    m.output("y", m.parameter("m", 1, "1"), "1")
    return m
"""
FIT = """
data = { file = "d.csv" }
model = { file = "model.py:build" }
parameters.m = { start = 3.0, scale = "normal" }
error.y = { kind = "additive", additive = 2.0 }
estimation = { covariance = "R", profile = ["m", "y.additive", "k"] }
"""


def test_mean_and_standard_deviation_of_a_sample(tmp_path):
    """Their profiles: n log(1 + n d^2 / S) and n (2 e + exp(-2 e) - 1), d a distance and e one of logarithms."""
    (tmp_path / "model.py").write_text(PROGRAM, encoding="utf-8")
    rows = [f"1,{t},{y}" for t, y in enumerate(SEEN)]
    (tmp_path / "d.csv").write_text("\n".join(["ID,TIME,DV", *rows]), encoding="utf-8")
    fit = sp.fit(parse_fit(FIT, folder=tmp_path))
    n, mean, total = len(SEEN), np.mean(SEEN), np.sum((SEEN - np.mean(SEEN)) ** 2)
    reach = np.sqrt(total / n * np.expm1(RISE / n))
    assert fit.profile["m"] == pytest.approx((mean - reach, mean + reach), rel=2e-3)
    for end in fit.profile["y.additive"]:
        e = np.log(end / np.sqrt(total / n))
        assert n * (2 * e + np.expm1(-2 * e)) == pytest.approx(RISE, abs=0.02)
    assert any("No profile of k" in w for w in fit.warnings)
    assert set(fit.as_dict()["profile"]) == {"m", "y.additive"}
    assert "95% intervals by profile likelihood" in fit_page(fit)


def test_variance_that_may_be_none_has_no_lower_end(asked, fit_text):
    """The data of phenobarbital do not tell omega of clearance from 0 very well, and the profile says so."""
    parameters = {"CL": (0.006, 0.1), "V": (1.4, 0.2)}
    error = ['kind = "proportional"', "proportional = 0.13"]
    text = fit_text(
        "phenobarbital.csv",
        "iv_1cpt",
        parameters,
        error,
        profile=["V", "omega2.CL"],
        covariance='"R"',
    )
    fit = sp.fit(asked(text))
    low, high = fit.profile["V"]
    assert low == pytest.approx(fit.numbers["V"].low, rel=0.03)
    assert high == pytest.approx(fit.numbers["V"].high, rel=0.03)
    low, high = fit.profile["omega2.CL"]
    assert 0 <= low < fit.numbers["omega2.CL"].value < high
