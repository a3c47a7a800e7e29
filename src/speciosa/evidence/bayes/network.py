"""Bayesian network meta-analysis of normal contrasts, by quadrature over the heterogeneity.

Given tau (and, with class effects, the spread omega within a class) everything is jointly normal. The posterior is
therefore a mixture of normals over a grid of (tau, omega), whose moments, quantiles and pairwise probabilities are
computed to the grid's precision.

Priors, stated in every result: relative effects against the reference ``N(0, effect_sd^2)``; ``tau`` half-normal;
with classes, effects of one class ``N(class mean, omega^2)``, class means as vague as the effects, ``omega``
half-normal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.bayes.deviance import Deviance, normal_deviance
from speciosa.evidence.bayes.grid import Grid, posterior_grid
from speciosa.evidence.bayes.network_posterior import (
    NetworkPosterior,
    Priors,
    connected_network,
    plain_values,
)
from speciosa.evidence.bayes.summary import Model, mixture_summary
from speciosa.evidence.network.data import Network
from speciosa.evidence.network.designs import parameters
from speciosa.evidence.network.ranking import Ranks, SmallValues, rank_draws
from speciosa.evidence.network.read import Source
from speciosa.evidence.network.result import default_reference


@dataclass(frozen=True)
class BayesNetwork(NetworkPosterior):
    """Posterior of a normal network model as a mixture of normals.

    Attributes:
        grid: the mixture.
        deviance: fit.
        class_means: names of the classes whose means are the last parameters.
    """

    grid: Grid
    deviance: Deviance
    class_means: tuple[str, ...] = field(default=())

    @cached_property
    def tau(self) -> dict[str, float]:
        """Posterior of the heterogeneity standard deviation: mean, sd, median, quartiles and interval; all 0 without it."""
        return self.grid.tau_summary(self.level)

    @cached_property
    def omega(self) -> dict[str, float]:
        """Posterior of the spread within a class; all 0 without classes."""
        return self.grid.omega_summary(self.level)

    def contrast(self, weights: Mapping[str, float], predictive: bool = False) -> dict[str, float]:
        """Posterior of a combination of parameters: mean, sd, median, quartiles, interval, probability below 0.

        Args:
            weights: coefficient of each parameter by name; those left out are 0.
            predictive: whether to add the heterogeneity, for the effect in a new study.
        """
        vector = np.array([weights.get(name, 0.0) for name in self.names])
        mean = self.grid.beta @ vector
        variance = np.einsum("gij,i,j->g", self.grid.covariance, vector, vector)
        if predictive:
            variance = variance + self.grid.tau**2
        return mixture_summary(
            self.grid.weight, mean, np.sqrt(np.clip(variance, 0, None)), self.level
        )

    def _pair(self, one: str, other: str) -> dict[str, float]:
        return {name: sign for name, sign in ((one, 1.0), (other, -1.0)) if name != self.reference}

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row an ordered pair: posterior mean, sd, median, quartiles, interval, predictive interval, probability below 0."""
        rows = []
        for i, one in enumerate(self.treatments):
            for other in self.treatments[i + 1 :]:
                found = self.contrast(self._pair(one, other))
                new = self.contrast(self._pair(one, other), predictive=True)
                rows.append(
                    {
                        "treat1": one,
                        "treat2": other,
                        **found,
                        "pi_low": new["low"],
                        "pi_high": new["high"],
                    }
                )
                rows.append(_turned(rows[-1]))
        return pl.DataFrame(rows)

    @cached_property
    def sucra(self) -> dict[str, float]:
        """Surface under the cumulative ranking curve, exactly: the mean probability to be better than another."""
        column = "below_0" if self.small_values == "desirable" else "above_0"
        table = self.table.with_columns(above_0=1 - pl.col("below_0"))
        means = dict(table.group_by("treat1").agg(pl.col(column).mean()).iter_rows())
        return {name: means[name] for name in self.treatments}

    @cached_property
    def ranks(self) -> Ranks:
        """Rank probabilities, by a scrambled Sobol sequence over the mixture."""
        count = len(self.treatments)
        draws = np.zeros((2**14, count))
        draws[:, 1:] = self.grid.draws(14, seed=1)[:, : count - 1]
        return rank_draws(draws, self.treatments, self.small_values)

    def to_json(self) -> dict[str, Any]:
        """The result as plain values, under the keys of the frequentist one, and Bayesian ones beside them."""
        found = plain_values(
            self,
            "Bayes, quadrature over tau",
            self.grid.tau2_mean,
            self.table,
            self.sucra,
            self.tau,
            self.deviance,
        )
        return {**found, "priors": str(self.priors)}


def bayesian_network(
    source: Source | Network,
    *,
    measure: str | None = None,
    model: Model = "random",
    reference: str | None = None,
    priors: Priors | None = None,
    small_values: SmallValues = "desirable",
    level: float = 0.95,
    consistent: bool = True,
    classes: Mapping[str, str] | None = None,
    distinct: Sequence[str] = (),
) -> BayesNetwork:
    """The posterior of a network of normal contrasts.

    Args:
        source: a table as `read_network` takes it, or a `Network`.
        measure: effect measure.
        model: ``random``, or ``common`` without heterogeneity.
        reference: treatment that effects are relative to.
        priors: priors; vague ones by default.
        small_values: whether small values are good.
        level: coverage of the intervals.
        consistent: False fits unrelated effects, one a comparison with each study's first arm.
        classes: class of each treatment; treatments of one class then borrow from each other.
        distinct: treatments whose names are alike although they are different.

    Raises:
        EvidenceError: faults of the data.

    Example:
        >>> rows = {"study": ["1", "2"], "treat1": ["a", "a"], "treat2": ["p", "p"],
        ...         "effect": [0.5, 0.7], "se": [0.1, 0.1]}
        >>> found = bayesian_network(rows, model="common", reference="p")
        >>> round(found.contrast({"a": 1.0})["mean"], 4)
        0.6
    """
    network = connected_network(source, measure, reference, distinct)
    priors = priors or Priors()
    base = reference or default_reference(network)
    if classes and not consistent:
        raise EvidenceError(Fault("classes", "a consistency model", "unrelated effects"))
    setup = parameters(network, base, consistent, classes or {})
    tau_prior = priors.tau_prior if model == "random" else None
    grid = posterior_grid(setup, priors.effect_sd, tau_prior, priors.omega_sd)
    return BayesNetwork(
        network,
        base,
        model,
        level,
        small_values,
        priors,
        setup.names,
        grid,
        normal_deviance(network, setup, grid),
        setup.classes,
    )


def _turned(row: dict[str, Any]) -> dict[str, Any]:
    """The same pair the other way round."""
    return row | {
        "treat1": row["treat2"],
        "treat2": row["treat1"],
        "mean": -row["mean"],
        "median": -row["median"],
        "low": -row["high"],
        "high": -row["low"],
        "q25": -row["q75"],
        "q75": -row["q25"],
        "below_0": 1 - row["below_0"],
        "pi_low": -row["pi_high"],
        "pi_high": -row["pi_low"],
    }
