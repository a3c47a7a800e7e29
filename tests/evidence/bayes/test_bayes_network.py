"""The normal Bayesian model: against other programs, against the frequentist limit, and against a sampler."""

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from tests.evidence.network_reference import DATA, network, table

from speciosa.errors import EvidenceError
from speciosa.evidence.bayes.network import bayesian_network
from speciosa.evidence.bayes.network_posterior import Priors
from speciosa.evidence.network.gls import consistency
from speciosa.evidence.network.result import network_meta_analysis

EXPECTED = table("expected_nma_bayesian.csv")
STATISTICS = {"mean": "mean", "sd": "sd", "q50": "median", "q2.5": "low", "q97.5": "high"}
# multinma prints 2 decimals of 4,000 draws; gemtc 5 of 400,000 correlated ones. MCSE is given for means only, so
# other statistics get that of the mean times a factor for spread and tails.
WIDER = {"mean": 4, "sd": 4, "q50": 5, "q2.5": 10, "q97.5": 10}


def arms():
    return table("data_parkinson_arms.csv").with_columns(pl.col("studyn", "trtn").cast(pl.String))


def posterior(model: str):
    common = "fixed" in model or " FE " in f" {model} "
    sd = 10.0 if "10^2) as coded" in model else 100.0
    data = DATA / "data_parkinson_contrasts.csv" if "contrast-level" in model else arms()
    options = {"reference": "4", "priors": Priors(effect_sd=sd)}
    return bayesian_network(data, measure="MD", model="common" if common else "random", **options)


def draws_error(rows: pl.DataFrame, statistic: str) -> float:
    """Four Monte Carlo standard errors of the mean, wider for other statistics, and rounding."""
    printed = rows["software"][0].startswith("multinma")
    given = rows["mcse"].drop_nulls()
    # multinma prints its Monte Carlo errors with 2 decimals too: up to 0.005 more.
    error = (
        (float(given[0]) if len(given) else 0.0) + 0.005
        if printed
        else float(given[0] if len(given) else 0.0012)
    )
    return WIDER[statistic] * error + (0.006 if printed else 6e-6)


GROUPS = (
    EXPECTED.filter(
        pl.col("dataset") == "parkinson", ~pl.col("parameter").is_in(["Dbar", "pD", "DIC"])
    )
    .select("model", "parameter")
    .unique(maintain_order=True)
    .rows()
)


@pytest.mark.parametrize(("model", "parameter"), GROUPS)
def test_agrees_with_gemtc_and_multinma(model, parameter):
    rows = EXPECTED.filter(dataset="parkinson", model=model, parameter=parameter)
    found = posterior(model)
    if parameter in ("sd.d", "tau"):
        ours = found.tau
    else:
        ours = found.contrast({parameter.replace("d.T4.T", "").removeprefix("d[").rstrip("]"): 1.0})
    for statistic, value in rows.select("statistic", "value").rows():
        if statistic in STATISTICS:
            tolerance = draws_error(rows, statistic)
            # The upper tail of tau is long: its Monte Carlo error is many times that of the mean.
            tolerance *= 4 if parameter in ("sd.d", "tau") and statistic == "q97.5" else 1
            assert ours[STATISTICS[statistic]] == pytest.approx(value, abs=tolerance), statistic


@pytest.mark.parametrize(
    "model", ["consistency fixed; N(0,100^2) on d", "consistency random; half-normal(5) on tau"]
)
def test_deviance_agrees_with_gemtc(model):
    rows = dict(
        EXPECTED.filter(dataset="parkinson", model=model, statistic="value")
        .select("parameter", "value")
        .rows()
    )
    fit = posterior(model).deviance
    assert fit.dbar == pytest.approx(rows["Dbar"], abs=0.02)
    assert fit.pd == pytest.approx(rows["pD"], abs=0.02)
    assert fit.dic == pytest.approx(rows["DIC"], abs=0.03)
    assert (fit.points, fit.unit) == (15, "arm")


def test_smoking_contrasts_agree_with_another_integration():
    rows = EXPECTED.filter(pl.col("model").str.starts_with("normal approximation"))
    found = bayesian_network(network("hasselblad1998"), reference="no_contact")
    for parameter, statistic, value in rows.select("parameter", "statistic", "value").rows():
        name = parameter.removeprefix("d[").rstrip("]")
        ours = found.tau if parameter == "tau" else found.contrast({name: 1.0})
        assert ours[statistic] == pytest.approx(value, abs=6e-4)
    assert len(rows) == 8


def test_quadrature_is_adaptive_integration():
    data = consistency(network("hasselblad1998"))

    def density(tau):
        variance = data.spread + tau**2
        total = np.diag(variance) + 100.0**2 * data.design @ data.design.T
        sign, log = np.linalg.slogdet(total)
        return np.exp(-0.5 * (log + data.y @ np.linalg.solve(total, data.y)) - 0.5 * (tau / 5) ** 2)

    whole = quad(density, 0, 5, epsabs=0, epsrel=1e-11, limit=200)[0]
    mean = quad(lambda t: t * density(t), 0, 5, epsabs=0, epsrel=1e-11, limit=200)[0] / whole
    first = network("hasselblad1998").treatments[0]
    found = bayesian_network(network("hasselblad1998"), reference=first)
    assert found.tau["mean"] == pytest.approx(mean, abs=1e-8)
    below = quad(density, 0, found.tau["low"], epsabs=0, epsrel=1e-11)[0] / whole
    assert below == pytest.approx(0.025, abs=2e-5)


def test_vague_prior_and_known_heterogeneity_is_the_frequentist_answer():
    common = network_meta_analysis(network("senn2013"), model="common", reference="plac")
    found = bayesian_network(
        network("senn2013"), model="common", reference="plac", priors=Priors(1e4)
    )
    for row in common.table.iter_rows(named=True):
        ours = found.table.filter(treat1=row["treat1"], treat2=row["treat2"]).row(0, named=True)
        assert ours["mean"] == pytest.approx(row["effect"], abs=1e-6)
        assert ours["sd"] == pytest.approx(row["se"], rel=1e-6)
        assert ours["low"] == pytest.approx(row["ci_low"], abs=1e-5)
    assert found.tau["mean"] == 0.0


def test_vague_random_effects_are_near_the_frequentist_ones():
    classic = network_meta_analysis(network("senn2013"), reference="plac").against()
    found = bayesian_network(network("senn2013"), reference="plac")
    for name, effect, se in classic.select("treat1", "effect", "se").rows():
        assert found.contrast({name: 1.0})["mean"] == pytest.approx(effect, abs=0.1 * se)


def test_pooling_by_hand_with_an_informative_prior():
    rows = {"study": ["1"], "treat1": ["a"], "treat2": ["p"], "effect": [1.0], "se": [0.5]}
    found = bayesian_network(
        rows, model="common", reference="p", priors=Priors(effect_sd=0.5)
    ).contrast({"a": 1.0})
    assert (found["mean"], found["sd"]) == (pytest.approx(0.5), pytest.approx(np.sqrt(0.125)))
    assert found["low"] == pytest.approx(norm.ppf(0.025, 0.5, np.sqrt(0.125)))


def test_reference_and_order_change_nothing():
    one = bayesian_network(network("senn2013"), reference="plac")
    other = bayesian_network(network("senn2013"), reference="metf")
    row = {"treat1": "rosi", "treat2": "sulf"}
    first, second = (r.table.filter(**row).row(0, named=True) for r in (one, other))
    for name in ("mean", "sd", "low", "high", "pi_high"):
        assert first[name] == pytest.approx(second[name], abs=2e-4)


def test_ranks_by_sobol_are_the_exact_sucra():
    found = bayesian_network(network("senn2013"), reference="plac")
    np.testing.assert_allclose(found.ranks.sucra, list(found.sucra.values()), atol=2e-3)


def test_unrelated_effects_of_two_arm_trials_are_separate_meta_analyses():
    table = {
        "study": ["1", "2", "3", "4"],
        "treat1": ["a", "a", "b", "a"],
        "treat2": ["b", "c", "c", "b"],
        "effect": [1.0, 1.5, 0.1, 0.8],
        "se": [0.2, 0.3, 0.25, 0.3],
    }
    found = bayesian_network(table, model="common", consistent=False, priors=Priors(1e4))
    weights = np.array([25.0, 1 / 0.09])
    pooled = found.contrast({"a : b": 1.0})
    assert abs(pooled["mean"]) == pytest.approx((weights @ [1.0, 0.8]) / weights.sum(), abs=1e-6)


CLASSES = {"piog": "glitazone", "rosi": "glitazone", "sita": "gliptin", "vild": "gliptin"}


def test_sparse_treatments_borrow_from_their_class_visibly():
    alone = bayesian_network(network("senn2013"), reference="plac")
    classed = bayesian_network(network("senn2013"), reference="plac", classes=CLASSES)
    apart = {name: alone.contrast({name: 1.0}) for name in ("sita", "vild")}
    joined = {name: classed.contrast({name: 1.0}) for name in ("sita", "vild")}
    for name in apart:
        assert joined[name]["sd"] < 0.9 * apart[name]["sd"]
    gap = abs(apart["sita"]["mean"] - apart["vild"]["mean"])
    assert abs(joined["sita"]["mean"] - joined["vild"]["mean"]) < gap
    assert joined["sita"]["mean"] < classed.contrast({"class gliptin": 1.0})["mean"] + 0.5
    assert classed.omega["median"] > 0


def test_a_class_without_spread_is_one_treatment():
    narrow = bayesian_network(
        network("senn2013"), reference="plac", classes=CLASSES, priors=Priors(omega_sd=1e-3)
    )
    merged = {"piog": "rosi", "vild": "sita"}
    rows = table("data_senn2013_contrasts.csv").select(
        study="studlab",
        treat1=pl.col("treat1").replace(merged),
        treat2=pl.col("treat2").replace(merged),
        effect="TE",
        se="seTE",
    )
    # Trials within a class say nothing about a merged treatment, so they are left out of both.
    within = rows.filter(pl.col("treat1") == pl.col("treat2"))["study"]
    one = bayesian_network(rows.filter(~pl.col("study").is_in(within.to_list())), reference="plac")
    assert narrow.contrast({"vild": 1.0})["mean"] == pytest.approx(
        one.contrast({"sita": 1.0})["mean"], abs=0.02
    )


def test_priors_and_classes_are_checked():
    with pytest.raises(EvidenceError, match="prior, tau_sd: expected above 0"):
        Priors(tau_sd=0.0)
    with pytest.raises(EvidenceError, match="classes: expected treatments among"):
        bayesian_network(network("senn2013"), classes={"aspirin": "x"})
