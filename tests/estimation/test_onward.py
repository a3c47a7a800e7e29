"""A fit goes on into simulation, and its residuals are as they should be."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import speciosa as sp
from speciosa.errors import InputError
from speciosa.estimation.effects import covariate_effects
from speciosa.estimation.question.read import parse_fit
from speciosa.report.sections.fits.fit_page import fit_page

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def fit(fit_text):
    parameters = {
        "CL": (0.005, 0.05, 'covariates = "WT"'),
        "V": (1.0, 0.05, 'covariates = "WT * (1 + apgar * (APGR < 5))"'),
    }
    error = ['kind = "proportional"', "proportional = 0.1"]
    more = "[coefficients]\napgar = 0.1\n[random]\nblocks = [['CL', 'V']]"
    text = fit_text("phenobarbital.csv", "iv_1cpt", parameters, error, more=more)
    return sp.fit(parse_fit(text, folder=DATA))


def test_population_has_the_variability_of_the_fit(fit):
    people = fit.population(seed=3).draw(4000)
    logs = np.log(np.stack([people.values[name][0] for name in ("CL", "V")]))
    assert np.allclose(np.cov(logs), fit.omega, rtol=0.1, atol=2e-3)
    assert np.exp(np.median(logs[0])) == pytest.approx(fit.numbers["CL"].value, rel=0.02)


def test_population_has_the_uncertainty_of_the_fit(fit):
    centre = fit.population(seed=3).typical_values(4000)["CL"]
    assert np.std(np.log(centre)) == pytest.approx(fit.numbers["CL"].rse, rel=0.1)


def test_fitted_model_predicts_as_the_fit_does(fit):
    """A neonate of the data with the median weight, given its dose."""
    weight = fit.references["WT"]
    result = sp.simulate(fit.model(), "25 mg iv", times=[2.0, 50.0])
    cl, v = (fit.numbers[name].value * weight for name in ("CL", "V"))
    assert np.allclose(
        result["plasma"][0], 25 / v * np.exp(-cl / v * np.array([2.0, 50.0])), rtol=1e-6
    )


def test_simulation_with_uncertainty(fit):
    result = sp.simulate(fit.model(), "25 mg iv every 12 h x 4", patients=20, draws=3, times=[36.0])
    assert set(result.status.tolist()) == {"ok"}


def test_conditional_residuals_are_standard(fit):
    found = fit.predictions["cwres"].drop_nulls().to_numpy()
    assert len(found) == 155
    assert abs(found.mean()) < 0.2 and found.std() == pytest.approx(1.0, abs=0.15)


def test_text_covariates_have_no_model(fit_text, tmp_path):
    rows = ["ID,TIME,AMT,EVID,DV,SEX"]
    for i, sex in enumerate("mfmfmf"):
        rows += [
            f"{i},0,100,1,.,{sex}",
            f"{i},1,.,0,{8 + i % 3},{sex}",
            f"{i},6,.,0,{3 + i % 2},{sex}",
        ]
    (tmp_path / "d.csv").write_text("\n".join(rows), encoding="utf-8")
    parameters = {"CL": (2.0, 0.1, "covariates = \"1 + a * (SEX == 'f')\""), "V": (10.0, 0.0)}
    error = ['kind = "proportional"', "proportional = 0.1"]
    text = fit_text(
        "d.csv", "iv_1cpt", parameters, error, more="[coefficients]\na = 0.1", covariance='"none"'
    )
    with pytest.raises(InputError, match="a column of text"):
        sp.fit(parse_fit(text, folder=tmp_path)).population()


def test_predictive_check(fit):
    check = fit.vpc(100, bins=4)
    inside = check.filter(pl.col("percentile") == 50).select(
        (pl.col("observed") >= pl.col("low")) & (pl.col("observed") <= pl.col("high"))
    )
    assert inside.to_series().sum() >= 2
    corrected = fit.vpc(100, bins=4, corrected=True)
    assert len(corrected) == len(check) == 12


def test_simulated_data_are_the_same_again(fit):
    assert np.array_equal(fit.simulated(3), fit.simulated(5)[:3])


def test_discrepancies_are_standard_normal_for_data_of_the_model(fit):
    """Each simulated data set, put in the place of the observations, has standard discrepancies."""
    errors = fit.npde(300)
    assert np.isfinite(errors).sum() == 155
    assert abs(np.nanmean(errors)) < 0.3 and 0.8 < np.nanstd(errors) < 1.25


def test_page(fit):
    page = fit_page(fit)
    assert page.count("<svg") == 8 and "Shrinkage of random effects" in page


def test_bootstrap_is_the_same_again_and_agrees_with_the_sandwich(fit_text):
    parameters = {"CL": (0.006, 0.1), "V": (1.4, 0.2)}
    error = ['kind = "proportional"', "proportional = 0.13"]
    text = fit_text("phenobarbital.csv", "iv_1cpt", parameters, error, bootstrap=25)
    one, again = (sp.fit(parse_fit(text, folder=DATA)) for _ in range(2))
    assert one.bootstrap.equals(again.bootstrap) and len(one.bootstrap) == 25
    for name in ("CL", "V"):
        spread = one.as_dict()["bootstrap"][name]["se"]
        assert spread == pytest.approx(one.numbers[name].se, rel=0.5)


def test_covariates_stand_at_the_ends_of_their_range(fit):
    rows = covariate_effects(fit)
    assert rows.select("parameter", "covariate").unique().sort("parameter", "covariate").rows() == [
        ("CL", "WT"), ("V", "APGR"), ("V", "WT"),
    ]  # fmt: skip
    weights = fit.joint.design.prepared.columns["WT"]
    subject = fit.joint.design.prepared.group_subject
    first = np.searchsorted(subject, np.arange(len(fit.subjects)))
    low, high = np.quantile(weights[first], [0.05, 0.95]) / np.median(weights[first])
    of_weight = rows.filter((pl.col("parameter") == "CL") & (pl.col("covariate") == "WT"))
    assert of_weight["ratio"].to_list() == pytest.approx([low, high])
    assert of_weight["low"].to_list() == pytest.approx([low, high])  # nothing of it was estimated
    ends = rows.filter(pl.col("covariate") == "APGR")
    effect, se = fit.numbers["apgar"].value, fit.numbers["apgar"].se
    one = ends.filter(pl.col("ratio") > 1.0).row(0, named=True)
    assert one["ratio"] == pytest.approx(1 + effect)
    assert one["high"] == pytest.approx(1 + effect + 1.96 * se, rel=0.03)


def test_the_page_has_individuals_covariates_and_correlations(fit):
    page = fit_page(fit)
    for words in (
        "Individual fits",
        "Effects of covariates",
        "Correlations of the estimates",
        "Quantiles of residuals",
    ):
        assert words in page
