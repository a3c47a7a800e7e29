"""BOIN, the Bayesian optimal interval design for finding a tolerated dose: boundaries, decision table, operating characteristics.

Sources: Liu S, Yuan Y. J R Stat Soc C 2015;64:507 (doi:10.1111/rssc.12089); conventions of the R package BOIN, whose numbers the
tests hold.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil, floor, log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from speciosa.population.streams import uniforms
from speciosa.trials.design.door import Door

_NEEDED_TO_ELIMINATE = 3
# Added events of the estimates that are made monotone, so that doses without events have a variance.
_PRIOR = 0.05
_TRIALS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Boin:
    """Boundaries and decision table of a BOIN design; the table's lists are by number of people treated at a dose, from 1.

    Attributes:
        target: the toxicity rate that is looked for.
        lambda_e: escalate at or below this observed rate.
        lambda_d: de-escalate at or above it.
        cohorts: how many at most.
        cohort_size: people in each.
        escalate_if_at_most: events.
        deescalate_if_at_least: events.
        eliminate_if_at_least: events at which the dose and those above are given up; None where none suffices.
    """

    target: float
    lambda_e: float
    lambda_d: float
    cohorts: int
    cohort_size: int
    cutoff: float
    escalate_if_at_most: tuple[int, ...]
    deescalate_if_at_least: tuple[int, ...]
    eliminate_if_at_least: tuple[int | None, ...]

    def as_dict(self) -> dict[str, Any]:
        """The design as one object of JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class DoseFinding:
    """What a dose-finding design does when the toxicity rates are as assumed; lists are by dose.

    Attributes:
        toxicity: the true rates.
        trials: how many were simulated.
        selected_percent: how often each dose was chosen.
        selected_percent_se: its Monte-Carlo error.
        patients: treated at each dose, on average.
        toxicities: events at each dose, on average.
        percent_stop: how often no dose was chosen.
    """

    toxicity: tuple[float, ...]
    trials: int
    selected_percent: tuple[float, ...]
    selected_percent_se: tuple[float, ...]
    patients: tuple[float, ...]
    toxicities: tuple[float, ...]
    percent_stop: float

    def as_dict(self) -> dict[str, Any]:
        """The characteristics as one object of JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


def boin(
    target: float,
    *,
    cohorts: int = 10,
    cohort_size: int = 3,
    under: float = 0.6,
    over: float = 1.4,
    cutoff: float = 0.95,
) -> Boin:
    r"""Boundaries and decision table of a BOIN design.

    .. math:: \lambda_e = \frac{\ln\frac{1-\phi_1}{1-\phi}}{\ln\frac{\phi(1-\phi_1)}{\phi_1(1-\phi)}}, \qquad
        \lambda_d = \frac{\ln\frac{1-\phi}{1-\phi_2}}{\ln\frac{\phi_2(1-\phi)}{\phi(1-\phi_2)}}

    Args:
        target: toxicity rate :math:`\phi`.
        cohorts: how many at most.
        cohort_size: people in each.
        under: :math:`\phi_1/\phi`, the highest rate that is deemed too low.
        over: :math:`\phi_2/\phi`, the lowest that is deemed too high.
        cutoff: a dose is given up when the rate exceeds the target with more than this posterior probability, uniform prior,
            after 3 people or more.

    Raises:
        InputError: with all that is wrong.

    Source:
        Liu S, Yuan Y. J R Stat Soc C 2015;64:507 (doi:10.1111/rssc.12089).

    Example:
        >>> found = boin(0.3)
        >>> round(found.lambda_e, 4), round(found.lambda_d, 4), found.eliminate_if_at_least[2]
        (0.2365, 0.3585, 3)
    """
    door = Door()
    door.between("target", target, 0.01, 0.6, closed=True)
    door.whole("cohorts", cohorts, 1, 200)
    door.whole("size", cohort_size, 1, 50)
    door.between("under", under, 0, 1)
    door.between("over", over, 1, 1 / target if 0 < target < 1 else 2)
    door.between("cutoff", cutoff, 0.5, 1)
    door.close()
    low, high = under * target, over * target
    lambda_e = log((1 - low) / (1 - target)) / log(target * (1 - low) / (low * (1 - target)))
    lambda_d = log((1 - target) / (1 - high)) / log(high * (1 - target) / (target * (1 - high)))
    people = range(1, cohorts * cohort_size + 1)
    return Boin(
        target,
        lambda_e,
        lambda_d,
        cohorts,
        cohort_size,
        cutoff,
        tuple(floor(lambda_e * n) for n in people),
        tuple(ceil(lambda_d * n) for n in people),
        tuple(_eliminating(n, target, cutoff) for n in people),
    )


def _eliminating(people: int, target: float, cutoff: float) -> int | None:
    """The fewest events that give a dose up."""
    if people < _NEEDED_TO_ELIMINATE:
        return None
    events = np.arange(people + 1)
    sure = np.flatnonzero(1 - betainc(events + 1, people - events + 1, target) > cutoff)
    return int(sure[0]) if sure.size else None


def boin_characteristics(
    design: Boin, toxicity: Sequence[float], *, trials: int = 10_000, seed: int = 1, start: int = 1
) -> DoseFinding:
    """How often a BOIN design chooses each dose when the true rates are given.

    The chosen dose is the one whose rate, made monotone over the doses that were tried and not given up, is nearest to the
    target; among equals the highest below it and the lowest above it. Trial number i is the same whatever the number of trials.

    Args:
        design: by `boin`.
        toxicity: true rates, by dose.
        trials: to be simulated.
        seed: of the random numbers.
        start: the first dose, from 1.

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> found = boin_characteristics(boin(0.3), (0.05, 0.15, 0.3, 0.45, 0.6), trials=2000)
        >>> 50 < found.selected_percent[2] < 60
        True
    """
    door = Door()
    check_rates(door, "toxicity", toxicity)
    door.whole("trials", trials, 1, 10_000_000)
    door.whole("start", start, 1, max(len(toxicity), 1))
    door.close()
    rates = np.asarray(toxicity, dtype=float)
    chosen = np.zeros(len(rates) + 1)
    treated, events = np.zeros(len(rates)), np.zeros(len(rates))
    for first in range(0, trials, _TRIALS_AT_ONCE):
        block = range(first, min(first + _TRIALS_AT_ONCE, trials))
        n, y, out = _courses(design, rates, block, seed, start - 1)
        picks = selected(n, y, out, design.target)
        chosen += np.bincount(picks + 1, minlength=len(rates) + 1)
        treated += n.sum(0)
        events += y.sum(0)
    return summarised(toxicity, trials, chosen, treated, events)


def check_rates(door: Door, where: str, rates: Sequence[float]) -> None:
    """True or guessed toxicity rates: 2 to 30, within 0 and 1, not decreasing."""
    if not 2 <= len(rates) <= 30:
        door.fault(where, "rates of 2 to 30 doses", len(rates))
    for dose, rate in enumerate(rates, 1):
        door.between(f"{where}, dose {dose}", rate, 0, 1, closed=True)
    if any(b < a for a, b in zip(rates, rates[1:], strict=False)):
        door.fault(where, "rates that do not fall as the dose rises", ", ".join(map(str, rates)))


def summarised(
    toxicity: Sequence[float],
    trials: int,
    chosen: NDArray[np.float64],
    treated: NDArray[np.float64],
    events: NDArray[np.float64],
) -> DoseFinding:
    """Counts over trials as characteristics; `chosen` begins with those that chose no dose."""
    share = chosen / trials
    return DoseFinding(
        tuple(map(float, toxicity)),
        trials,
        tuple(float(100 * p) for p in share[1:]),
        tuple(float(100 * np.sqrt(p * (1 - p) / trials)) for p in share[1:]),
        tuple(map(float, treated / trials)),
        tuple(map(float, events / trials)),
        float(100 * share[0]),
    )


def _courses(
    design: Boin, rates: NDArray[np.float64], trials: range, seed: int, start: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """People and events by trial and dose, and the lowest dose given up, for a block of trials."""
    count, doses, size = len(trials), len(rates), design.cohort_size
    draws = uniforms(seed, "boin: toxicity", trials, range(design.cohorts * size))
    n = np.zeros((count, doses), dtype=np.int64)
    y = np.zeros((count, doses), dtype=np.int64)
    out = np.full(count, doses)
    dose = np.full(count, start)
    row = np.arange(count)
    up = np.array((0, *design.escalate_if_at_most))
    down = np.array((0, *design.deescalate_if_at_least))
    never = design.cohorts * size + 1
    end = np.array((never, *(never if e is None else e for e in design.eliminate_if_at_least)))
    for cohort in range(design.cohorts):
        active = out > 0
        hits = (draws[cohort * size : (cohort + 1) * size] < rates[dose]).sum(0)
        n[row, dose] += size * active
        y[row, dose] += hits * active
        people, seen = n[row, dose], y[row, dose]
        out = np.where(active & (seen >= end[people]), np.minimum(out, dose), out)
        higher = active & (seen <= up[people]) & (dose + 1 < out)
        lower = active & ((seen >= down[people]) | (dose >= out)) & (dose > 0)
        dose = dose + higher - lower
    return n, y, out


def selected(
    n: NDArray[np.int64], y: NDArray[np.int64], out: NDArray[np.int64], target: float
) -> NDArray[np.int64]:
    """The dose chosen in each trial, from 0; -1 for none.

    The rates are made monotone by the max-min formula of isotonic regression, with the inverse of their variances as weights.
    """
    doses = n.shape[1]
    allowed = (n > 0) & (np.arange(doses) < out[:, None])
    events, rest = y + _PRIOR, n - y + _PRIOR
    rate = events / (events + rest)
    variance = events * rest / ((events + rest) ** 2 * (events + rest + 1))
    weight = np.where(allowed, 1 / variance, 0.0)
    total = np.concatenate((np.zeros((len(n), 1)), np.cumsum(weight * rate, 1)), 1)
    weights = np.concatenate((np.zeros((len(n), 1)), np.cumsum(weight, 1)), 1)
    monotone = np.full(n.shape, -np.inf)
    for low in range(doses):
        best = np.full(len(n), np.inf)
        for high in range(doses - 1, low - 1, -1):
            span = weights[:, high + 1] - weights[:, low]
            mean = (total[:, high + 1] - total[:, low]) / np.where(span > 0, span, 1)
            best = np.where(span > 0, np.minimum(best, mean), best)
            # `best` is the least mean from `low` over all ends at or above `high`.
            monotone[:, high] = np.maximum(monotone[:, high], np.where(np.isinf(best), -1, best))
    nudged = monotone + 1e-10 * np.arange(1, doses + 1)
    gap = np.where(allowed, np.abs(nudged - target), np.inf)
    pick = gap.argmin(1)
    return np.where(allowed.any(1) & (out > 0), pick, -1)
