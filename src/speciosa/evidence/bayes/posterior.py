"""Posteriors of the Bayesian random-effects model: of tau, and of effects as mixtures of normals over tau."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr

from speciosa.evidence.bayes.quadrature import TauRule, distribution
from speciosa.evidence.effects.measures import Floats


@dataclass(frozen=True, eq=False, slots=True)
class Mixture:
    """A posterior that is a mixture of normals over tau; shapes ``(nodes,)``.

    Attributes:
        weights: posterior mass of the nodes of tau.
        means, sds: of the normal at each node.
        moments: order of the highest moment that exists.
    """

    weights: Floats
    means: Floats
    sds: Floats
    moments: int

    def mean(self) -> float:
        """Posterior mean; NaN where it does not exist."""
        if self.moments < 1:
            return np.nan
        return float((self.weights * self.means).sum())

    def sd(self) -> float:
        """Posterior standard deviation; infinite where the tail of tau is too heavy."""
        if self.moments < 2:
            return np.inf
        gap = self.means - self.mean()
        return float(np.sqrt((self.weights * (self.sds**2 + gap**2)).sum()))

    def probability_below(self, value: float) -> float:
        """P(parameter < value)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(self.sds > 0, (value - self.means) / self.sds, 0.0)
        return float((self.weights * ndtr(z)).sum())

    def density(self, value: float) -> float:
        """Density at `value`."""
        z = (value - self.means) / self.sds
        return float((self.weights * np.exp(-(z**2) / 2) / self.sds).sum() / np.sqrt(2 * np.pi))

    def quantile(self, p: float) -> float:
        """The value that is exceeded with probability 1 - p."""
        centre, step = float(np.average(self.means, weights=self.weights)), self._step()
        low, high = centre - step, centre + step
        while self.probability_below(low) > p:
            step *= 2
            low -= step
        while self.probability_below(high) < p:
            step *= 2
            high += step
        return float(brentq(lambda x: self.probability_below(x) - p, low, high, xtol=1e-12))

    def mode(self) -> float:
        """Where the density is highest."""
        low, high = self.quantile(0.05), self.quantile(0.95)
        grid = np.linspace(low, high, 101)
        best = int(np.argmax([self.density(float(x)) for x in grid]))
        around = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 100)]))
        found = minimize_scalar(
            lambda x: -self.density(float(x)), bounds=around, options={"xatol": 1e-10}
        )
        return float(found.x)

    def shortest(self, level: float = 0.95) -> tuple[float, float]:
        """The shortest interval of that probability."""
        return _shortest(self.quantile, level, first=0.025)

    def _step(self) -> float:
        order = np.argsort(self.sds)
        middle = int(np.searchsorted(np.cumsum(self.weights[order]), 0.5))
        return float(self.sds[order][min(middle, len(order) - 1)]) + 1e-6


@dataclass(frozen=True, eq=False, slots=True)
class TauPosterior:
    """The posterior of tau.

    Attributes:
        rule: the rule of integration.
        unnormalised: density up to `total`, its integral.
        moments: order of the highest moment that exists.
    """

    rule: TauRule
    unnormalised: Callable[[Floats], Floats]
    total: float
    moments: int

    def density(self, tau: float) -> float:
        """Density at `tau`."""
        return float(self.unnormalised(np.array([tau]))[0] / self.total)

    def mean(self) -> float:
        """Posterior mean; infinite with a flat prior and fewer than four studies."""
        if self.moments < 1:
            return np.inf
        mass = self.rule.weights * self.unnormalised(self.rule.nodes)
        return float((mass * self.rule.nodes).sum() / self.total)

    def sd(self) -> float:
        """Posterior standard deviation; infinite where the tail is too heavy."""
        if self.moments < 2:
            return np.inf
        mass = self.rule.weights * self.unnormalised(self.rule.nodes) / self.total
        return float(np.sqrt((mass * (self.rule.nodes - self.mean()) ** 2).sum()))

    def quantile(self, p: float) -> float:
        """The value that is exceeded with probability 1 - p."""
        below = distribution(self.rule, self.unnormalised, self.total)

        def gap(x: float) -> float:
            return below(float(self.rule.tau(np.array(x)))) - p

        if p <= 0:
            return 0.0
        x = float(brentq(gap, 0.0, 1 - 1e-12, xtol=1e-14))
        return float(self.rule.tau(np.array(x)))

    def mode(self) -> float:
        """Where the density is highest."""
        heights = self.unnormalised(self.rule.nodes)
        best = int(np.argmax(heights))
        if best == 0:  # the first node lies within some millionths of 0
            return 0.0
        low = float(self.rule.nodes[best - 1])
        high = float(self.rule.nodes[min(best + 1, len(heights) - 1)])
        found = minimize_scalar(
            lambda t: -float(self.unnormalised(np.array([t]))[0]),
            bounds=(low, high),
            options={"xatol": 1e-10},
        )
        return float(found.x)

    def shortest(self, level: float = 0.95) -> tuple[float, float]:
        """The shortest interval of that probability."""
        return _shortest(self.quantile, level, first=0.0)


def _shortest(
    quantile: Callable[[float], float], level: float, first: float
) -> tuple[float, float]:
    """The interval of probability `level` with the least width, over its lower tail.

    `first` is the share of the room that the lower tail has at least: a density that falls from
    its start has its shortest interval there.
    """
    room = 1 - level

    def width(low: float) -> float:
        return quantile(low + level) - quantile(low)

    grid = room * np.concatenate([[first], np.linspace(0.05, 0.95, 19), [0.975]])
    widths = [width(float(low)) for low in grid]
    best = int(np.argmin(widths))
    around = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)]))
    found = minimize_scalar(width, bounds=around, method="bounded", options={"xatol": 1e-9})
    low = float(grid[best]) if widths[best] <= float(found.fun) else float(found.x)
    return quantile(low), quantile(low + level)
