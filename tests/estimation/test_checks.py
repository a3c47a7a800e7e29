"""Checks of a fit by simulation, where some observations are censored, categories or counts."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import speciosa as sp
from speciosa.estimation.question.read import parse_fit
from speciosa.report.sections.fits.fit_page import fit_page

DATA = Path(__file__).parent / "data"
ASIS = {"maximise": "false", "covariance": '"none"'}


@pytest.fixture(scope="module")
def censored(fit_text, tmp_path_factory):
    """Data of the model, of which the lowest are censored: half of the late ones."""
    folder = tmp_path_factory.mktemp("censored")
    draw = np.random.default_rng(5)
    rows = ["ID,TIME,AMT,DV,CENS"]
    for i in range(120):
        rate = 0.2 * np.exp(0.3 * draw.normal())
        rows.append(f"{i},0,100,.,0")
        for t in (1, 4, 8, 12):
            seen = 10 * np.exp(-rate * t) * (1 + 0.2 * draw.normal())
            rows.append(f"{i},{t},.,{max(seen, 1.0):.5g},{int(seen < 1.0)}")
    (folder / "d.csv").write_text("\n".join(rows), encoding="utf-8")
    parameters = {"CL": (2.0, 0.09), "V": (10.0, 0.0)}
    error = ['kind = "proportional"', "proportional = 0.2"]
    return sp.fit(parse_fit(fit_text("d.csv", "iv_1cpt", parameters, error, **ASIS), folder=folder))


def test_percentiles_below_the_limit_are_none_and_the_share_is_told(censored):
    check = censored.vpc(100, bins=4)
    late = check.filter(pl.col("time") == 12)
    lowest = late.filter(pl.col("percentile") == 5).row(0, named=True)
    assert lowest["observed"] is None and lowest["simulated"] is None
    share = late.filter(pl.col("statistic") == "below limit").row(0, named=True)
    assert 0.2 < share["observed"] < 0.9
    assert share["low"] <= share["observed"] <= share["high"]
    early = check.filter(pl.col("time") == 1, pl.col("statistic") == "below limit")
    assert early["observed"].to_list() == [0.0]
    assert "Shares of plasma" in fit_page(censored)


def test_discrepancies_of_censored_observations_are_standard(censored):
    errors = censored.npde(300)
    assert np.isfinite(errors).all()
    hidden = censored.predictions["censored"].to_numpy()
    assert abs(errors.mean()) < 0.15 and abs(errors.std() - 1) < 0.12
    assert abs(errors[hidden].mean()) < 0.6


PROGRAM = """
import speciosa as sp

def build():
    m = sp.Model("one number")
    m.output("y", m.parameter("m", 1, "1"), "1")
    return m
"""


def counted(kind, more, scale="log-normal", start="3.0"):
    return f"""
    data = {{ file = "counts.csv" }}
    model = {{ file = "model.py:build" }}
    parameters.m = {{ start = {start}, between = 0.1, scale = "{scale}" }}
    error.y = {{ kind = "{kind}"{more} }}
    estimation = {{ method = "LAPLACE", maximise = false, covariance = "none" }}
    """


@pytest.mark.parametrize(
    ("text", "value", "mean"),
    [
        (counted("poisson", ""), "1", 3 * np.exp(0.05)),
        (counted("negative-binomial", ", overdispersion = 0.5"), "1", 3 * np.exp(0.05)),
        (counted("binary", "", "normal", "0.0"), "1", 0.5),
        (counted("ordered", ", thresholds = [-1.0, 1.0]", "normal", "0.0"), "1", 2.0),
    ],
)
def test_counts_and_categories_are_simulated(text, value, mean, tmp_path):
    (tmp_path / "model.py").write_text(PROGRAM, encoding="utf-8")
    rows = [f"{i},{t},{value}" for i in range(60) for t in range(2)]
    (tmp_path / "counts.csv").write_text("\n".join(["ID,TIME,DV", *rows]), encoding="utf-8")
    fit = sp.fit(parse_fit(text, folder=tmp_path))
    found = fit.simulated(100)
    assert (found == np.round(found)).all()
    assert found.mean() == pytest.approx(mean, rel=0.05)
    check = fit.vpc(50, bins=2)
    shares = {"binary": (0, 1), "ordered": (1, 2, 3)}
    kind = fit.question.errors[0].kind
    expected = {f"share of {k}" for k in shares.get(kind, (0,))}
    assert set(check["statistic"]) == expected | (
        {"percentile", "mean"} - set(shares) if kind not in shares else set()
    )
