"""Priors of tau by type of outcome: the tables, the posteriors against a fine grid, and the network."""

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import lognorm, norm, t

from speciosa.errors import EvidenceError
from speciosa.evidence.bayes.network import bayesian_network
from speciosa.evidence.bayes.network_posterior import Priors
from speciosa.evidence.bayes.pairwise import bayesian_meta_analysis
from speciosa.evidence.bayes.priors import TauPrior, informative, parse_prior
from speciosa.evidence.network.read import read_network

DATA = Path(__file__).parent / "data"
PAIRS = [
    ("magnesium", "turner:all-cause mortality:pharmacological vs placebo"),
    ("bcg", "turner:infection / onset of new disease:pharmacological vs placebo"),
    ("hypericum", "turner:mental health:pharmacological vs placebo"),
    ("expectancy", "rhodes:mental health:non-pharmacological"),
    ("stroke", "rhodes:resource use:non-pharmacological"),
]


def trials(name: str) -> tuple[np.ndarray, np.ndarray]:
    table = pl.read_csv(DATA / f"bm_{name}.csv")
    return table["effect"].to_numpy(), table["se"].to_numpy() ** 2


@pytest.mark.parametrize(("name", "words"), PAIRS)
def test_a_fine_grid_of_log_tau(name: str, words: str) -> None:
    """Seventeen numbers a case to 1e-4, by the trapezoidal rule over log tau with scipy's densities."""
    y, v = trials(name)
    prior = parse_prior(words)
    log_tau = np.linspace(-25, 8, 60_001)
    w = 1 / (v[None] + np.exp(2 * log_tau)[:, None])
    mean = (w * y).sum(axis=1) / w.sum(axis=1)
    log = 0.5 * (np.log(w).sum(axis=1) - np.log(w.sum(axis=1)))
    log -= 0.5 * (w * (y - mean[:, None]) ** 2).sum(axis=1)
    z = (log_tau - np.log(prior.scale)) / prior.spread
    log += norm.logpdf(z) if prior.family == "log-normal" else t(5).logpdf(z)
    mass = np.exp(log - log.max())
    mass /= mass.sum()
    below = np.cumsum(mass) - mass / 2
    sd, new_sd = w.sum(axis=1) ** -0.5, np.sqrt(1 / w.sum(axis=1) + np.exp(2 * log_tau))
    found = bayesian_meta_analysis(y, v, tau_prior=prior)
    close = 1e-4 if prior.family == "log-normal" else 1e-3  # a log-t has a pole at 0
    for p in (0.025, 0.25, 0.5, 0.75, 0.975):
        for posterior, spread in ((found.mu, sd), (found.new, new_sd)):
            at = posterior.quantile(p)
            assert mass @ ndtr((at - mean) / spread) == pytest.approx(p, rel=1e-4)
        assert found.tau.quantile(p) == pytest.approx(
            np.exp(np.interp(p, below, log_tau)), rel=close
        )
    assert found.mu.mean() == pytest.approx(mass @ mean, rel=1e-4)
    variance = mass @ (sd**2 + mean**2) - (mass @ mean) ** 2
    assert found.mu.sd() == pytest.approx(np.sqrt(variance), rel=1e-4)


def test_densities_are_those_of_log_tau_squared() -> None:
    """tau-squared log-normal (mu, sigma) is tau log-normal (mu/2, sigma/2); likewise log-t with 5 degrees of freedom."""
    tau = np.geomspace(1e-3, 10, 50)
    turner = informative("turner", "pain", "pharmacological vs placebo")
    assert turner.density(tau) == pytest.approx(lognorm(turner.spread, scale=turner.scale).pdf(tau))
    assert (2 * np.log(turner.scale), 2 * turner.spread) == pytest.approx((-1.83, 1.52))
    rhodes = informative("rhodes")
    z = (np.log(tau) - np.log(rhodes.scale)) / rhodes.spread
    assert rhodes.density(tau) == pytest.approx(t(5).pdf(z) / (tau * rhodes.spread))
    for prior in (turner, rhodes):
        mass = quad(
            lambda x, p=prior: float(p.density(np.array([np.exp(x)]))[0] * np.exp(x)),
            -40,
            40,
            limit=500,
        )[0]
        assert mass == pytest.approx(1, rel=1e-5)


def test_the_table_is_whole() -> None:
    from importlib.resources import files

    text = (files("speciosa.evidence") / "data" / "heterogeneity-priors.csv").read_text(
        encoding="utf-8"
    )
    rows = list(csv.DictReader(text.splitlines()))
    turner = [row for row in rows if row["source"] == "turner"]
    rhodes = [row for row in rows if row["source"] == "rhodes"]
    assert (len(turner), len(rhodes)) == (1 + 16 * 5, 1 + 8 * 3 * 3)
    for row in rows:
        prior = informative(row["source"], row["outcome"], row["comparison"], row["area"])
        assert 2 * np.log(prior.scale) == pytest.approx(float(row["location"]))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("turner:nausea", "all-cause mortality"),
        ("turner:mortality:pharmacological vs placebo", "one of"),
        ("turner:pain", "comparison"),
        ("log-normal:0.2,0", "spread above 0"),
        ("half-normal:0.5,1", "family:scale"),
        ("turner:any:pharmacological vs placebo", "type of outcome"),
    ],
)
def test_words_that_fit_none_or_several_are_refused(words: str, told: str) -> None:
    with pytest.raises(EvidenceError, match=told):
        parse_prior(words)


def test_a_network_of_two_treatments_has_the_posterior_of_the_pair() -> None:
    y, v = trials("magnesium")
    rows = {"study": [f"s{i}" for i in range(len(y))], "treat1": ["x"] * len(y), "treat2": ["p"] * len(y),
            "effect": list(y), "se": list(np.sqrt(v))}  # fmt: skip
    network = read_network(rows, measure="SMD", reference="p")
    for prior in (
        TauPrior("log-normal", 0.14, 0.67),
        informative("rhodes"),
        TauPrior("half-normal", 0.5),
    ):
        pair = bayesian_meta_analysis(y, v, tau_prior=prior, mu_prior=(0.0, 100.0))
        found = bayesian_network(network, reference="p", priors=Priors(tau=prior))
        row = found.contrast({"x": 1.0})
        assert row["median"] == pytest.approx(pair.mu.quantile(0.5), rel=1e-3)
        assert row["low"] == pytest.approx(pair.mu.quantile(0.025), rel=2e-3)
    with pytest.raises(EvidenceError, match="of a network"):
        Priors(tau=TauPrior("half-cauchy", 1.0))


def test_the_table_is_that_of_the_paper() -> None:
    """Turner 2015 (doi:10.1002/sim.6381) gives 80 settings; in its data all-cause mortality varied 0.17 (0.10 to 0.26) as much
    as other outcomes (Turner 2012, doi:10.1093/ije/dys041)."""
    path = Path(informative.__code__.co_filename).parents[1] / "data" / "heterogeneity-priors.csv"
    rows = pl.read_csv(path).filter(pl.col("source") == "turner", pl.col("outcome") != "any")
    assert (len(rows), rows["outcome"].n_unique(), rows["comparison"].n_unique()) == (80, 16, 5)
    assert len(rows.unique(["outcome", "comparison"])) == 80
    death = pl.col("outcome") == "all-cause mortality"
    for (_,), part in rows.group_by("comparison"):
        others = part.filter(~death)["location"].mean()
        assert 0.10 < np.exp(part.filter(death)["location"].item() - others) < 0.26


def test_the_least_varied_of_rhodes_are_those_its_abstract_names() -> None:
    """Rhodes 2015 (doi:10.1016/j.jclinepi.2014.08.012): least in obstetric outcomes and between two medicines."""
    path = Path(informative.__code__.co_filename).parents[1] / "data" / "heterogeneity-priors.csv"
    rows = pl.read_csv(path).filter(pl.col("source") == "rhodes", pl.col("outcome") != "any")
    for (_, _), part in rows.group_by("comparison", "area"):
        assert part.sort("location")["outcome"][0] == "obstetric outcome"
    drugs = rows.filter(pl.col("comparison") == "pharmacological vs pharmacological")
    other = rows.filter(pl.col("comparison") == "pharmacological vs placebo")
    both = drugs.join(other, on=["outcome", "area"])
    assert len(both) == 24 and (both["location"] < both["location_right"]).all()
