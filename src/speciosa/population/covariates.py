"""Distributions of what makes patients differ and can be seen: weight, age, phenotype, sex.

Every distribution turns one uniform number into a value by inversion. So a person keeps their rank when a range is
narrowed, and truncation is exact (no rejection, and no piling up at the bounds).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from speciosa.errors import Fault

_TOTAL_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value in everybody.

    Example:
        >>> Constant(70.0).at(np.array([0.1, 0.9])).tolist()
        [70.0, 70.0]
    """

    value: float

    def faults(self, where: str) -> list[Fault]:
        """All that is wrong with the numbers given."""
        if isfinite(self.value):
            return []
        return [Fault(where, "a finite value", f"{self.value}")]

    def at(self, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value at each quantile, of the same shape."""
        return np.full(quantile.shape, self.value)


@dataclass(frozen=True, slots=True)
class Uniform:
    """Equally likely anywhere between `low` and `high`.

    Example:
        >>> Uniform(18, 68).at(np.array([0.0, 0.5])).tolist()
        [18.0, 43.0]
    """

    low: float
    high: float

    def faults(self, where: str) -> list[Fault]:
        """All that is wrong with the numbers given."""
        return _range_faults(where, self.low, self.high, finite=True)

    def at(self, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value at each quantile, of the same shape."""
        return self.low + (self.high - self.low) * quantile


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal with `mean` and `sd` before truncation to the range from `low` to `high`.

    Example:
        >>> Normal(70, 12, low=50, high=120).at(np.array([1e-9, 0.5])).round(1).tolist()
        [50.0, 70.7]
    """

    mean: float
    sd: float
    low: float = -inf
    high: float = inf

    def faults(self, where: str) -> list[Fault]:
        """All that is wrong with the numbers given."""
        found = _spread_faults(where, "sd", self.sd)
        if not isfinite(self.mean):
            found.append(Fault(where, "a finite mean", f"{self.mean}"))
        found += _range_faults(where, self.low, self.high)
        return found or _mass_faults(where, self.mean, self.sd, self.low, self.high)

    def at(self, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value at each quantile, of the same shape."""
        if self.sd == 0:
            return np.full(quantile.shape, self.mean)
        return _truncated(self.mean, self.sd, self.low, self.high, quantile)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Log-normal with `median` and coefficient of variation `cv` before truncation to `low` to `high`.

    The SD of the logarithm is ``sqrt(log(1 + cv**2))``.

    Example:
        >>> LogNormal(70, 0.2, low=45, high=140).at(np.array([0.5])).round(1).tolist()
        [70.2]
    """

    median: float
    cv: float
    low: float = 0.0
    high: float = inf

    def faults(self, where: str) -> list[Fault]:
        """All that is wrong with the numbers given."""
        found = _spread_faults(where, "cv", self.cv)
        if not 0 < self.median < inf:
            found.append(Fault(where, "a median above 0", f"{self.median}"))
        found += _range_faults(where, self.low, self.high)
        if self.low < 0:
            found.append(Fault(where, "low of 0 or more", f"{self.low}"))
        if found:
            return found
        mean, sd, low, high = self._logs()
        return _mass_faults(where, mean, sd, low, high)

    def at(self, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value at each quantile, of the same shape."""
        if self.cv == 0:
            return np.full(quantile.shape, self.median)
        return np.clip(np.exp(_truncated(*self._logs(), quantile)), self.low, self.high)

    def _logs(self) -> tuple[float, float, float, float]:
        low = log(self.low) if self.low > 0 else -inf
        high = log(self.high) if self.high < inf else inf
        return log(self.median), sqrt(log(1 + self.cv**2)), low, high


@dataclass(frozen=True)
class Categorical:
    """One of several groups, such as the phenotypes of an enzyme, with their frequencies.

    Attributes:
        frequencies: share of each group; they sum to 1.
        values: the number that stands for a group in the model, such as an activity; when left out, its position
            0, 1, ...

    Example:
        >>> cyp2d6 = Categorical({"poor": 0.07, "normal": 0.9, "ultrarapid": 0.03},
        ...                      {"poor": 0.0, "normal": 1.0, "ultrarapid": 2.0})
        >>> cyp2d6.at(np.array([0.05, 0.5, 0.99])).tolist()
        [0.0, 1.0, 2.0]
    """

    frequencies: Mapping[str, float]
    values: Mapping[str, float] = field(default_factory=dict)

    def faults(self, where: str) -> list[Fault]:
        """All that is wrong with the numbers given."""
        found = [
            Fault(f"{where}, {group}", "a frequency from 0 to 1", f"{share}")
            for group, share in self.frequencies.items()
            if not 0 <= share <= 1
        ]
        total = sum(self.frequencies.values())
        if not found and abs(total - 1) > _TOTAL_TOLERANCE:
            found.append(Fault(where, "frequencies that sum to 1", f"{total:.6g}"))
        if self.values and set(self.values) != set(self.frequencies):
            differing = sorted(set(self.values) ^ set(self.frequencies))
            found.append(
                Fault(where, "a value for each group that has a frequency", ", ".join(differing))
            )
        found += [
            Fault(f"{where}, {group}", "a finite value", f"{value}")
            for group, value in self.values.items()
            if not isfinite(value)
        ]
        return found

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups in the order given."""
        return tuple(self.frequencies)

    def group_at(self, quantile: NDArray[np.float64]) -> NDArray[np.int64]:
        """Position of the group at each quantile, of the same shape."""
        edges = np.cumsum(list(self.frequencies.values()))[:-1]
        return np.searchsorted(edges, quantile, side="right")

    def at(self, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value at each quantile, of the same shape."""
        numbers = [self.values.get(group, float(i)) for i, group in enumerate(self.groups)]
        return np.asarray(numbers)[self.group_at(quantile)]


Single = Constant | Uniform | Normal | LogNormal


@dataclass(frozen=True)
class ByGroup:
    """A distribution of its own in each group of a categorical covariate, such as height by sex.

    Example:
        >>> height = ByGroup("sex", {"female": Normal(163, 7), "male": Normal(176, 7)})
        >>> height.within(np.array([0.5, 0.5]), np.array([0, 1]), ("female", "male")).tolist()
        [163.0, 176.0]
    """

    covariate: str
    choices: Mapping[str, Single]

    def faults(self, where: str) -> list[Fault]:
        """All that is wrong with the numbers given."""
        return [
            fault
            for group, choice in self.choices.items()
            for fault in choice.faults(f"{where}, {self.covariate} {group}")
        ]

    def within(
        self, quantile: NDArray[np.float64], member: NDArray[np.int64], groups: Sequence[str]
    ) -> NDArray[np.float64]:
        """The value at each quantile within each person's group, of the same shape.

        Args:
            quantile: in (0, 1).
            member: position in `groups` of each person's group.
            groups: the groups, in the order of the categorical covariate.
        """
        columns = [self.choices[group].at(quantile) for group in groups]
        return np.choose(member, columns)


Covariate = Single | Categorical | ByGroup


def _truncated(
    mean: float, sd: float, low: float, high: float, quantile: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Quantiles of a truncated normal; worked out in the lower tail, where probabilities keep their digits."""
    a, b = (low - mean) / sd, (high - mean) / sd
    if a > 0:
        mirrored = _truncated(-mean, sd, -high, -low, 1 - quantile)
        return -mirrored
    below, above = ndtr(a), ndtr(b)
    values: NDArray[np.float64] = mean + sd * ndtri(below + quantile * (above - below))
    return np.clip(values, low, high)


def _spread_faults(where: str, name: str, value: float) -> list[Fault]:
    if 0 <= value < inf:
        return []
    return [Fault(where, f"{name} of 0 or more", f"{value}")]


def _range_faults(where: str, low: float, high: float, finite: bool = False) -> list[Fault]:
    if not low < high or (finite and not (isfinite(low) and isfinite(high))):
        return [Fault(where, "low below high", f"{low:g} and {high:g}")]
    return []


def _mass_faults(where: str, mean: float, sd: float, low: float, high: float) -> list[Fault]:
    """A range so far out that next to nobody is in it is a mistake, and inversion would lose its digits."""
    if sd == 0:
        inside = low <= mean <= high
    else:
        near = max(low, min(mean, high))
        inside = abs(near - mean) <= 8 * sd
    return [] if inside else [Fault(where, "a range that the distribution reaches", "none of it")]
