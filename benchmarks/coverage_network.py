"""Which reference numbers of networks are reproduced; printed by `python -m benchmarks.coverage_evidence`."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from benchmarks.coverage_evidence import Check, relative
from tests.evidence import test_bayes_network as bayes
from tests.evidence import test_binomial_network as sampled
from tests.evidence import test_network as network
from tests.evidence.network_reference import smoking_arms, value

from speciosa.evidence.bayes.binomial_nuts import binomial_network
from speciosa.evidence.bayes.binomial_sampling import Sampler
from speciosa.evidence.bayes.network import bayesian_network
from speciosa.evidence.network.mantel_haenszel import mantel_haenszel_network
from speciosa.evidence.network.read import read_network

FREQUENTIST, BAYESIAN = "expected_nma_frequentist", "expected_nma_bayesian"
SHARE = "worst as a share of 4 Monte Carlo errors and rounding, more for spread and tails"
NOT_COVERED = (
    (FREQUENTIST, "SUCRA, additive components",
     "named in the list of contents but not in the file; tested by closed forms and against P-scores"),
    (BAYESIAN, "quartiles of multinma", "25% and 75% are not computed; median and 95% limits are"),
    (BAYESIAN, "thrombolytics", "named in the list of contents but not in the file"),
)  # fmt: skip


def checks() -> Iterator[Check]:
    yield from _frequentist()
    yield _mantel_haenszel()
    yield from _quadrature()
    yield from _sampler()


def _frequentist() -> Iterator[Check]:
    for label, iterated, tolerance, note in (
        ("common, DL: estimates, direct, indirect, Q, splits, P-scores", False, "1e-8", ""),
        ("REML, ML: the same", True, "1e-5",
         "Senn 2013 with tau2_covariance='diagonal'; absolute below 0.1"),
    ):  # fmt: skip
        worst, rows = 0.0, 0
        for dataset, model, quantity in network.GROUPS:
            if ("ML" in model and "design" not in model) != iterated:
                continue
            if (dataset, model, quantity) in network.STOPPED_SHORT:
                continue
            group = network.EXPECTED.filter(dataset=dataset, model=model, quantity=quantity)
            for one, other, expected in group.select("treat1", "treat2", "value").iter_rows():
                found = value(dataset, model, quantity, one, other)
                worst = max(worst, abs(found - expected) / max(abs(expected), 0.1))
                rows += 1
        yield Check(FREQUENTIST, label, rows, worst, tolerance, note)
    stopped = network.EXPECTED.filter(dataset="parkinson", quantity="tau").filter(
        pl.col("model").is_in([model for _, model, _ in network.STOPPED_SHORT])
    )
    yield Check(
        FREQUENTIST,
        "tau of Parkinson, REML and ML",
        len(stopped),
        max(stopped["value"].abs()),
        "1e-5",
        "absolute; ours is 0, where the likelihood is highest",
    )


def _mantel_haenszel() -> Check:
    expected = network.EXPECTED.filter(model="MH common")
    found = mantel_haenszel_network(read_network(smoking_arms()))
    place = {name: i for i, name in enumerate(found.treatments)}
    worst = 0.0
    for quantity, one, other, number in expected.select(
        "quantity", "treat1", "treat2", "value"
    ).iter_rows():
        matrix = found.effect if quantity == "TE" else found.se
        worst = max(worst, relative(float(matrix[place[one], place[other]]), number))
    return Check(FREQUENTIST, "Mantel-Haenszel", len(expected), worst, "1e-8")


def _quadrature() -> Iterator[Check]:
    worst, rows = 0.0, 0
    for model, parameter in bayes.GROUPS:
        group = bayes.EXPECTED.filter(dataset="parkinson", model=model, parameter=parameter)
        found = bayes.posterior(model)
        heterogeneity = parameter in ("sd.d", "tau")
        name = parameter.replace("d.T4.T", "").removeprefix("d[").rstrip("]")
        ours = found.tau if heterogeneity else found.contrast({name: 1.0})
        for statistic, number in group.select("statistic", "value").iter_rows():
            if statistic in bayes.STATISTICS:
                allowed = bayes.draws_error(group, statistic)
                allowed *= 4 if heterogeneity and statistic == "q97.5" else 1
                worst = max(worst, abs(ours[bayes.STATISTICS[statistic]] - number) / allowed)
                rows += 1
    yield Check(BAYESIAN, "Parkinson by quadrature, gemtc and multinma", rows, worst, "1", SHARE)
    group = bayes.EXPECTED.filter(pl.col("model").str.starts_with("normal approximation"))
    found = bayesian_network(bayes.network("hasselblad1998"), reference="no_contact")
    gaps = []
    for parameter, statistic, number in group.select("parameter", "statistic", "value").iter_rows():
        name = parameter.removeprefix("d[").rstrip("]")
        ours = found.tau if parameter == "tau" else found.contrast({name: 1.0})
        gaps.append(abs(ours[statistic] - number))
    yield Check(
        BAYESIAN,
        "smoking by quadrature",
        len(gaps),
        max(gaps),
        "6e-4",
        "absolute, printed to 3 decimals",
    )


def _sampler() -> Iterator[Check]:
    names = {
        "Group counselling": "grp_counseling",
        "Individual counselling": "ind_counseling",
        "Self-help": "self_help",
    }
    found = binomial_network(smoking_arms(), reference="no_contact", sampler=Sampler(2000, 1000))
    worst, rows = 0.0, 0
    expected = bayes.EXPECTED.filter(
        pl.col("model").str.starts_with("multinma RE consistency")
        | pl.col("model").str.starts_with("relative effects")
    )
    for parameter, statistic, number in expected.select(
        "parameter", "statistic", "value"
    ).iter_rows():
        if statistic not in sampled.STATISTICS:
            continue
        name = parameter.removeprefix("d.no_contact.").removeprefix("d[").rstrip("]")
        ours = (
            found.tau if name in ("tau", "sd.d") else found.contrast({names.get(name, name): 1.0})
        )
        error = {"mean": 1.0, "sd": 0.75, "q50": 1.3}.get(statistic, 3.0) * ours["sd"]
        allowed = 4 * error / np.sqrt(found.diagnostics.ess_bulk) + 0.006
        worst = max(worst, abs(ours[sampled.STATISTICS[statistic]] - number) / allowed)
        rows += 1
    yield Check(BAYESIAN, "smoking, binomial, sampled: gemtc and multinma", rows, worst, "1", SHARE)
