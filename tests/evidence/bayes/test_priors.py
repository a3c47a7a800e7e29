"""Priors of tau: words, densities at their ends, how far they reach, and what earlier reviews are asked for."""

import math

import numpy as np
import pytest
from scipy.stats import halfcauchy, halfnorm, lognorm, t

from speciosa.errors import EvidenceError
from speciosa.evidence.bayes.priors import TauPrior, informative, on_scale, parse_prior


@pytest.mark.parametrize(
    ("words", "prior"),
    [
        ("half-normal", TauPrior("half-normal")),
        (" Half-Normal : 0.5 ", TauPrior("half-normal", 0.5)),
        ("uniform", TauPrior("uniform")),
        ("half-cauchy:2", TauPrior("half-cauchy", 2.0)),
        ("exponential:0.1", TauPrior("exponential", 0.1)),
        ("log-normal:0.2,0.7", TauPrior("log-normal", 0.2, 0.7)),
        ("log-t:0.2", TauPrior("log-t", 0.2)),
        ("log-normal", TauPrior("log-normal")),
    ],
)
def test_words(words, prior):
    assert parse_prior(words) == prior


@pytest.mark.parametrize(
    "words",
    [
        "gamma",
        "half-normal:0",
        "half-normal:-1",
        "half-normal:x",
        "half-normal:1,2",
        "uniform:3",
        "log-t:1,2,3",
        "log-normal:1,0",
        "log-normal:0,1",
        "half-normal:nan",
    ],
)
def test_words_that_are_no_prior(words):
    with pytest.raises(EvidenceError, match="prior of tau"):
        parse_prior(words)


@pytest.mark.parametrize(
    ("prior", "law"),
    [
        (TauPrior("log-normal", 0.3, 0.8), lognorm(0.8, scale=0.3)),
        (TauPrior("half-normal", 0.3), halfnorm(scale=0.3)),
        (TauPrior("half-cauchy", 0.3), halfcauchy(scale=0.3)),
    ],
)
def test_densities_and_their_logarithms(prior, law):
    tau = np.array([1e-3, 0.1, 0.3, 1.0, 4.0])
    assert prior.density(tau) == pytest.approx(law.pdf(tau))
    assert prior.log_density(tau) == pytest.approx(law.logpdf(tau))


def test_logarithmic_priors_have_nothing_at_nothing():
    for family in ("log-normal", "log-t"):
        prior = TauPrior(family, 0.3, 0.8)
        assert prior.density(np.array([0.0, -1.0])).tolist() == [0.0, 0.0]
        assert prior.log_density(np.array([0.0]))[0] == pytest.approx(math.log(1e-304))
        assert prior.logarithmic and prior.reach == pytest.approx(0.3 * math.exp(2.4))
    tau = np.array([0.01, 0.3, 2.0])
    z = np.log(tau / 0.3) / 0.8
    assert TauPrior("log-t", 0.3, 0.8).density(tau) == pytest.approx(t(5).pdf(z) / (0.8 * tau))
    plain = TauPrior("half-normal", 0.3, 9.0)
    assert plain.reach == 0.3 and not plain.logarithmic
    assert TauPrior("half-normal", 0.01).log_density(np.array([1.0]))[0] < -4000


@pytest.mark.parametrize(
    ("prior", "told"),
    [
        (TauPrior("uniform"), "tau uniform on [0, infinity), improper"),
        (TauPrior("exponential", 0.25), "tau exponential(0.25)"),
        (TauPrior("log-t", 0.1234, 0.5678), "tau log-t with median 0.123, log spread 0.568"),
        (
            TauPrior("log-normal", 0.1, 0.5, "mine"),
            "tau log-normal with median 0.1, log spread 0.5 (mine)",
        ),
    ],
)
def test_priors_say_what_they_are(prior, told):
    assert str(prior) == told


def test_types_are_found_by_a_part_of_their_name_that_no_other_has():
    assert informative("turner", "PAIN", "pharmacological vs placebo") == informative(
        "turner", "pain", "pharmacological vs placebo"
    )
    whole, other = (
        informative("rhodes", "mental", "non-pharm"),
        informative("rhodes", "mental", "non-pharm", "other"),
    )
    assert whole == other and whole.named.startswith("Rhodes 2015: mental health")
    cancer = informative("rhodes", "mental", "non-pharm", "cancer")
    assert cancer != other and cancer.measure == "SMD" and cancer.family == "log-t"
    assert (
        informative("turner").named == "Turner 2015: any outcome and comparison"
        and informative("turner").measure == "OR"
    )
    for source, outcome, comparison, said in (
        ("smith", "any", "any", "turner or rhodes"),
        ("turner", "any", "pharmacological vs placebo", "a type of outcome beside"),
        ("turner", "nothing like it", "any", "one of"),
        ("rhodes", "mental", "pharmacological", "one of"),
    ):
        with pytest.raises(EvidenceError, match=said):
            informative(source, outcome, comparison)


@pytest.mark.parametrize(
    ("words", "code", "notes"),
    [
        ("turner", "OR", 0),
        ("turner", "PETO", 0),
        ("turner", "RR", 1),
        ("turner", "HR", 1),
        ("turner", "IRR", 1),
        ("turner", "GEN", 1),
        ("rhodes", "SMD", 0),
        ("rhodes", "SMDH", 0),
        ("rhodes", "GEN", 1),
        ("half-normal:1", "MD", 0),
        ("turner", "SMDH", None),
        ("turner", "RD", None),
        ("rhodes", "RR", None),
        ("rhodes", "PETO", None),
        ("rhodes", "MD", None),
    ],
)
def test_priors_belong_to_a_scale(words, code, notes):
    prior = parse_prior(words)
    if notes is None:
        with pytest.raises(EvidenceError, match=f"expected one for {code}"):
            on_scale(prior, code)
    else:
        assert len(on_scale(prior, code)) == notes
