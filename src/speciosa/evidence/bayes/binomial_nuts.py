"""Bayesian network meta-analysis of counts with their binomial likelihood, by the no-U-turn sampler of nutpie.

No zero-cell correction and no normal approximation. The result carries its diagnostics and is refused when they fail.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from speciosa.errors import ConvergenceError, EvidenceError, Fault
from speciosa.evidence.bayes.binomial_model import BASELINE_SD, BinomialModel, binomial_model
from speciosa.evidence.bayes.binomial_sampling import Diagnostics, Sampler, diagnose, sample
from speciosa.evidence.bayes.deviance import Deviance
from speciosa.evidence.bayes.network_posterior import (
    NetworkPosterior,
    Priors,
    connected_network,
    plain_values,
)
from speciosa.evidence.bayes.summary import Model
from speciosa.evidence.network.data import Network
from speciosa.evidence.network.designs import parameters
from speciosa.evidence.network.ranking import Ranks, SmallValues, rank_draws
from speciosa.evidence.network.read import Source
from speciosa.evidence.network.result import default_reference


@dataclass(frozen=True)
class BinomialResult(NetworkPosterior):
    """Posterior draws of a binomial network model.

    Attributes:
        draws: shape ``(draws, len(names))``, log odds ratios.
        tau_draws, omega_draws: shape ``(draws,)``.
        deviance: fit.
        diagnostics: of the sampler.
    """

    draws: NDArray[np.float64]
    tau_draws: NDArray[np.float64]
    omega_draws: NDArray[np.float64]
    deviance: Deviance
    diagnostics: Diagnostics

    @cached_property
    def tau(self) -> dict[str, float]:
        """Posterior of the heterogeneity standard deviation."""
        return _summary(self.tau_draws, self.level)

    @cached_property
    def omega(self) -> dict[str, float]:
        """Posterior of the spread within a class."""
        return _summary(self.omega_draws, self.level)

    def contrast(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Posterior of a combination of parameters by name."""
        vector = np.array([weights.get(name, 0.0) for name in self.names])
        return _summary(self.draws @ vector, self.level)

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row an ordered pair: posterior mean, sd, median, quartiles, interval, predictive interval, probability below 0."""
        count = len(self.treatments)
        values = np.zeros((len(self.draws), count))
        values[:, 1:] = self.draws[:, : count - 1]
        noise = np.random.default_rng(1).standard_normal(len(self.draws)) * self.tau_draws
        rows = []
        for i, one in enumerate(self.treatments):
            for j, other in enumerate(self.treatments):
                if i != j:
                    difference = values[:, i] - values[:, j]
                    new = _summary(difference + (noise if i < j else -noise), self.level)
                    rows.append(
                        {"treat1": one, "treat2": other}
                        | _summary(difference, self.level)
                        | {"pi_low": new["low"], "pi_high": new["high"]}
                    )
        return pl.DataFrame(rows)

    @cached_property
    def ranks(self) -> Ranks:
        """Rank probabilities."""
        count = len(self.treatments)
        values = np.zeros((len(self.draws), count))
        values[:, 1:] = self.draws[:, : count - 1]
        return rank_draws(values, self.treatments, self.small_values)

    @property
    def sucra(self) -> dict[str, float]:
        """Surface under the cumulative ranking curve."""
        return dict(zip(self.treatments, self.ranks.sucra.tolist(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """The result as plain values, under the keys of the frequentist one, and Bayesian ones beside them."""
        checks = self.diagnostics
        found = plain_values(
            self,
            "Bayes, binomial likelihood, NUTS",
            float(np.mean(self.tau_draws**2)),
            self.table,
            self.sucra,
            self.tau,
            self.deviance,
        )
        return {
            **found,
            "priors": f"{self.priors}, study levels N(0, {BASELINE_SD:g}^2)",
            "diagnostics": {
                "rhat": checks.rhat,
                "ess_bulk": checks.ess_bulk,
                "ess_tail": checks.ess_tail,
                "divergences": checks.divergences,
                "draws": checks.draws,
            },
        }


def _summary(values: NDArray[np.float64], level: float) -> dict[str, float]:
    tails = [0.5, (1 - level) / 2, (1 + level) / 2, 0.25, 0.75]
    median, low, high, q25, q75 = np.quantile(values, tails).tolist()
    return {
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)),
        "median": median,
        "low": low,
        "high": high,
        "q25": q25,
        "q75": q75,
        "below_0": float((values < 0).mean()),
    }


def binomial_network(
    source: Source | Network,
    *,
    model: Model = "random",
    reference: str | None = None,
    priors: Priors | None = None,
    small_values: SmallValues = "desirable",
    level: float = 0.95,
    consistent: bool = True,
    classes: Mapping[str, str] | None = None,
    sampler: Sampler | None = None,
    distinct: Sequence[str] = (),
) -> BinomialResult:
    """Samples the posterior of log odds ratios of a network of counts.

    Studies without an event in any arm are left out by name: they would inform nothing but their own level.

    Args:
        source: a table of arms with events and n, or a `Network` of them.
        model: ``random``, or ``common`` without heterogeneity.
        reference: treatment that effects are relative to.
        priors: priors; vague ones by default.
        small_values: whether small values are good.
        level: coverage of the intervals.
        consistent: False fits unrelated effects, one a comparison with each study's first arm.
        classes: class of each treatment; treatments of one class then borrow from each other.
        sampler: how to sample.
        distinct: treatments whose names are alike although they are different.

    Raises:
        EvidenceError: faults of the data.
        ConvergenceError: diagnostics that fail.
        MissingExtraError: nutpie or arviz is not installed.
    """
    network = connected_network(source, "OR", reference, distinct)
    if network.measure != "OR":
        raise EvidenceError(Fault("binomial likelihood", "the measure OR", network.measure))
    priors, sampler = priors or Priors(), sampler or Sampler()
    if priors.tau is not None and priors.tau.family != "half-normal":
        raise EvidenceError(
            Fault("prior, tau", "half-normal with a binomial likelihood", priors.tau.family,
                  "The normal likelihood takes it.")
        )  # fmt: skip
    base = reference or default_reference(network)
    setup = parameters(network, base, consistent, classes or {})
    posterior = binomial_model(
        network, setup, model == "random", priors.effect_sd, priors.tau_prior.scale, priors.omega_sd
    )
    draws, divergences = sample(posterior, sampler)
    beta, tau, omega = posterior.natural(draws)
    checks = diagnose(
        beta, tau if model == "random" else None, omega if setup.classes else None, divergences
    )
    if checks.failures:
        raise ConvergenceError(
            "The posterior was not sampled well enough to be used: "
            + "; ".join(checks.failures)
            + ". "
            "Sample longer, raise target_accept, or use tighter priors."
        )
    flat = draws.reshape(-1, draws.shape[-1])
    return BinomialResult(
        network,
        base,
        model,
        level,
        small_values,
        priors,
        setup.names,
        beta.reshape(-1, beta.shape[-1]),
        tau.ravel(),
        omega.ravel(),
        _binomial_deviance(posterior, flat),
        checks,
    )


def _binomial_deviance(model: BinomialModel, draws: NDArray[np.float64]) -> Deviance:
    """Dbar, and pD by the deviance at the posterior mean of each arm's fitted probability."""
    probability = 1 / (1 + np.exp(-np.clip(model.linear_predictor(draws), -700, 700)))
    expected = float(model.deviance(probability).sum(axis=1).mean())
    at_mean = float(model.deviance(probability.mean(axis=0)).sum())
    return Deviance(expected, expected - at_mean, len(model.events), "arm")
