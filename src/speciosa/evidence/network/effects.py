"""From arms to contrasts: every measure a network can be analysed on, with the conventions of R's meta and netmeta.

Zero cells: where any arm of a study has no event, or nothing but events, 0.5 is added to the events (and to the
non-events, for OR and RD) of *all* its arms. A study without any event in any arm, or with events only, holds no
information on a ratio and is left out by name. Every measure gives contrasts that add up within a study.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.evidence.network.data import Arm, Matrix

Vector = NDArray[np.float64]
ZERO_CELL_INCREMENT = 0.5
# How a note on that begins; what takes counts as they are leaves it out.
ZERO_CELLS, RARE = "Where a cell is zero", "Rare events"
BINARY, RATES, CONTINUOUS = ("OR", "RR", "RD", "ASD"), ("IRR", "IRD"), ("MD", "SMD", "ROM")
RATIOS = ("OR", "RR", "IRR", "ROM", "HR")
MEASURES = (*BINARY, *RATES, *CONTINUOUS)
NAMES = {
    "OR": "odds ratio",
    "RR": "risk ratio",
    "RD": "risk difference",
    "ASD": "arcsine difference",
    "IRR": "incidence rate ratio",
    "IRD": "incidence rate difference",
    "MD": "mean difference",
    "SMD": "standardised mean difference",
    "ROM": "ratio of means",
    "HR": "hazard ratio",
}


@dataclass(frozen=True)
class StudyEffects:
    """Contrasts of one study, or the reason why it has none."""

    effect: Matrix
    variance: Matrix
    excluded: str = ""


def arm_effects(
    arms: Sequence[Arm], measure: str, increment: float = ZERO_CELL_INCREMENT
) -> StudyEffects:
    """All contrasts of one study on `measure` and their variances, from its arms.

    Args:
        arms: two or more arms, already checked.
        measure: one of `MEASURES`.
        increment: what a zero cell adds to the counts of every arm of its study.

    Returns:
        Row minus column; `excluded` states why a study carries no information on the measure.

    Example:
        >>> two = arm_effects([Arm("a", events=10, n=20), Arm("b", events=5, n=20)], "OR")
        >>> round(float(two.effect[0, 1]), 4), round(float(two.variance[0, 1]), 4)
        (1.0986, 0.4667)
    """
    if measure in BINARY:
        return _binary(_column(arms, "events"), _column(arms, "n"), measure, increment)
    if measure in RATES:
        return _rates(_column(arms, "events"), _column(arms, "time"), measure, increment)
    mean = _column(arms, "mean")
    if measure == "MD":
        return _independent(mean, np.array([_mean_variance(arm) for arm in arms]))
    n, sd = _column(arms, "n"), _column(arms, "sd")
    if measure == "ROM":
        return _independent(np.log(mean), sd**2 / (n * mean**2))
    return _standardised(mean, sd, n)


def _column(arms: Sequence[Arm], name: str) -> Vector:
    return np.array([getattr(arm, name) for arm in arms], dtype=float)


def _mean_variance(arm: Arm) -> float:
    if arm.se is not None:
        return arm.se**2
    assert arm.sd is not None and arm.n is not None
    return arm.sd**2 / arm.n


def _independent(value: Vector, variance: Vector) -> StudyEffects:
    """Contrasts of independent arms: differences of values, sums of variances."""
    spread = variance[:, None] + variance[None, :]
    np.fill_diagonal(spread, 0.0)
    return StudyEffects(value[:, None] - value[None, :], spread)


def _binary(events: Vector, n: Vector, measure: str, increment: float) -> StudyEffects:
    zero_cell = bool(((events == 0) | (events == n)).any())
    if measure in ("OR", "RR") and zero_cell:
        if (events == 0).all():
            return _uninformative("no event in any arm", len(n))
        if (events == n).all():
            return _uninformative("nothing but events in every arm", len(n))
    if measure == "ASD":
        return _independent(np.arcsin(np.sqrt(events / n)), 1 / (4 * n))
    added = increment if zero_cell else 0.0
    with_event, without = events + added, n - events + added
    if measure == "OR":
        return _independent(np.log(with_event / without), 1 / with_event + 1 / without)
    if measure == "RR":
        # meta adds the increment once to n, not twice as the Cochrane variant does.
        total = n + added
        return _independent(np.log(with_event / total), 1 / with_event - 1 / total)
    total = with_event + without
    return _independent(events / n, with_event * without / total**3)


def _rates(events: Vector, time: Vector, measure: str, increment: float) -> StudyEffects:
    if measure == "IRR" and (events == 0).all():
        return _uninformative("no event in any arm", len(time))
    counted = events + (increment if (events == 0).any() else 0.0)
    if measure == "IRR":
        return _independent(np.log(counted / time), 1 / counted)
    return _independent(events / time, counted / time**2)


def _standardised(mean: Vector, sd: Vector, n: Vector) -> StudyEffects:
    """Cohen's d with the standard deviation pooled over all arms, so that contrasts and variances add up.

    Crippa and Orsini 2016, doi:10.1186/s12874-016-0189-0, equations 4 and 5.
    """
    pooled = np.sqrt(((n - 1) * sd**2).sum() / (n - 1).sum())
    effect = (mean[:, None] - mean[None, :]) / pooled
    variance = 1 / n[:, None] + 1 / n[None, :] + effect**2 / (2 * n.sum())
    np.fill_diagonal(variance, 0.0)
    return StudyEffects(effect, variance)


def _uninformative(reason: str, arms: int) -> StudyEffects:
    return StudyEffects(np.zeros((arms, arms)), np.zeros((arms, arms)), reason)


def display(measure: str) -> Callable[[float], float]:
    """How a value on the analysis scale is shown: ratios are taken out of their logarithm."""
    if measure in RATIOS:
        return lambda value: float(np.exp(np.clip(value, -700, 700)))
    return float
