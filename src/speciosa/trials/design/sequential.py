"""Group-sequential designs: boundaries, power, how much larger the trial may become and how large it is on average.

Source: Jennison C, Turnbull BW. Group sequential methods with applications to clinical trials. Chapman and Hall/CRC 2000
(doi:10.1201/9780367805326). Conventions (non-binding futility unless asked, inflation against the fixed design of the same error
and power) are those of the R package rpact, whose numbers the tests hold.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import inf, isfinite, sqrt
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from speciosa.trials.design.brownian import exits, smallest_step
from speciosa.trials.design.door import Door
from speciosa.trials.design.spending import (
    FUNCTIONS,
    NAMES,
    SHAPES,
    shaped_bounds,
    spending_bounds,
    spent,
)
from speciosa.trials.design.t_test import t_power

MOST_LOOKS, SMALLEST_STEP = 50, 0.001
_SHAPE_OPTION = {"wang-tsiatis": "delta", "hwang-shih-decani": "gamma", "kim-demets": "rho"}


@dataclass(frozen=True, slots=True)
class GroupSequential:
    """A group-sequential design; lists are by look.

    Attributes:
        fractions: of the information.
        spending: name of the boundary or spending function.
        alpha: error of the first kind, of both sides where `sided` is 2.
        sided: 1 or 2; two-sided bounds are symmetric.
        z_upper: bounds of Z for rejection.
        z_futility: bounds of Z for futility at the looks before the last; empty without.
        binding: whether the error relies on stopping for futility.
        alpha_spent: error of the first kind spent so far, futility left out unless it binds.
        p_nominal: one-sided level of each look.
        power: the probability of rejection so far, under the effect for which the trial is planned.
        futility: the probability of having stopped for futility so far, under that effect and under none.
        drift: the expected Z at the last look under that effect.
        inflation_factor: largest size, relative to the fixed design of the same error and power.
        average_n_ratio_H1: expected size relative to it, under the effect.
        average_n_ratio_H0: the same without an effect.
    """

    fractions: tuple[float, ...]
    spending: str
    alpha: float
    sided: int
    z_upper: tuple[float, ...]
    z_futility: tuple[float, ...]
    binding: bool
    alpha_spent: tuple[float, ...]
    p_nominal: tuple[float, ...]
    power: tuple[float, ...]
    futility_H1: tuple[float, ...]
    futility_H0: tuple[float, ...]
    drift: float
    inflation_factor: float
    average_n_ratio_H1: float
    average_n_ratio_H0: float

    @property
    def _lower(self) -> tuple[float, ...]:
        if self.sided == 2:
            return tuple(-z for z in self.z_upper)
        # At the last look not to reject is to stop.
        return (*self.z_futility, self.z_upper[-1]) if self.z_futility else _none(self.fractions)

    def stops(self, drift: float) -> tuple[np.ndarray, np.ndarray]:
        """The probabilities of rejection, on either side, and of stopping for futility, at each look."""
        above, below = exits(self.fractions, self._lower, self.z_upper, drift)
        return (above + below, np.zeros_like(below)) if self.sided == 2 else (above, below)

    def average(self, drift: float) -> float:
        """The expected size relative to the largest one."""
        rejected, futile = self.stops(drift)
        ends = (rejected + futile)[:-1]
        return float(ends @ np.array(self.fractions[:-1])) + 1 - float(ends.sum())

    def as_dict(self) -> dict[str, Any]:
        """The design as one object of JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


def _none(times: Sequence[float]) -> tuple[float, ...]:
    return (-inf,) * len(times)


def group_sequential(
    looks: int | Sequence[float] = 3,
    *,
    spending: str = "obrien-fleming",
    alpha: float = 0.025,
    power: float = 0.9,
    sided: int = 1,
    gamma: float | None = None,
    rho: float | None = None,
    delta: float | None = None,
    futility: Sequence[float] = (),
    binding: bool = False,
) -> GroupSequential:
    r"""A group-sequential design, by recursive numerical integration.

    Args:
        looks: how many, equally spaced, or their information fractions, the last one 1.
        spending: ``obrien-fleming``, ``pocock`` and ``wang-tsiatis`` are bounds :math:`c\,t^{\Delta-1/2}`;
            ``lan-demets-obrien-fleming``, ``lan-demets-pocock``, ``hwang-shih-decani`` and ``kim-demets`` spend the error by a
            function of the information.
        alpha: error of the first kind; of both sides together where `sided` is 2.
        power: to be reached under the effect.
        sided: 1 or 2.
        gamma: of Hwang, Shih and DeCani.
        rho: of Kim and DeMets.
        delta: of Wang and Tsiatis.
        futility: bounds of Z at the looks before the last, below which the trial stops; one-sided designs only.
        binding: whether the bounds for rejection rely on the futility bounds. Not to rely is the default since a committee
            may go on, and the error still holds.

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> found = group_sequential(3, power=0.9)
        >>> [round(z, 3) for z in found.z_upper], round(found.inflation_factor, 4)
        ([3.471, 2.454, 2.004], 1.0161)
    """
    times = _checked(looks, spending, alpha, power, sided, gamma, rho, delta, futility)
    bottom = (*futility, -inf) if futility and binding else _none(times)
    if spending in FUNCTIONS:
        shape = float((gamma if spending == "hwang-shih-decani" else rho) or 0.0)
        levels = [spent(spending, alpha, t, sided, shape) for t in times]
        upper = spending_bounds(times, levels, sided, bottom)
    else:
        exponent = SHAPES[spending]
        upper = shaped_bounds(
            times, alpha, sided, float(delta or 0.0) if exponent is None else exponent, bottom
        )
    _crossed(futility, upper)
    under_null = tuple(-z for z in upper) if sided == 2 else bottom
    errors = exits(times, under_null, upper, 0.0)[0] * sided
    draft = GroupSequential(
        fractions=tuple(times),
        spending=spending,
        alpha=alpha,
        sided=sided,
        z_upper=tuple(upper),
        z_futility=tuple(map(float, futility)),
        binding=binding,
        alpha_spent=tuple(map(float, np.cumsum(errors))),
        p_nominal=tuple(float(ndtr(-z)) for z in upper),
        power=(),
        futility_H1=(),
        futility_H0=(),
        drift=0.0,
        inflation_factor=1.0,
        average_n_ratio_H1=1.0,
        average_n_ratio_H0=1.0,
    )
    return _powered(draft, power)


def _fixed_drift(alpha: float, sided: int, power: float) -> float:
    """The drift at which a single look has the power, rejections on the wrong side counted where two-sided."""
    bound = float(-ndtri(alpha / sided))
    if sided == 1:
        return bound + float(ndtri(power))
    return float(
        brentq(lambda d: ndtr(d - bound) + ndtr(-d - bound) - power, 0.0, 60.0, xtol=1e-12)
    )


def _powered(draft: GroupSequential, power: float) -> GroupSequential:
    """The design with the drift that reaches a power, and what follows from it."""
    drift = brentq(lambda d: float(draft.stops(d)[0].sum()) - power, 0.0, 60.0, xtol=1e-11)
    fixed = _fixed_drift(draft.alpha, draft.sided, power)
    inflation = (drift / fixed) ** 2
    rejected, futile = draft.stops(drift)
    last = slice(None, -1)
    return replace(
        draft,
        drift=float(drift),
        power=tuple(map(float, np.cumsum(rejected))),
        futility_H1=tuple(map(float, np.cumsum(futile[last]))) if draft.z_futility else (),
        futility_H0=tuple(map(float, np.cumsum(draft.stops(0.0)[1][last])))
        if draft.z_futility
        else (),
        inflation_factor=inflation,
        average_n_ratio_H1=inflation * draft.average(drift),
        average_n_ratio_H0=inflation * draft.average(0.0),
    )


@dataclass(frozen=True, slots=True)
class PowerAt:
    """What a group-sequential trial of two equal arms of a given size does at standardised differences of means.

    Attributes:
        size: people in all.
        effects: differences in standard deviations.
        overall_reject: power at each.
        expected_n: expected size at each.
        cumulative_reject: power so far, by look, at each.
    """

    size: float
    effects: tuple[float, ...]
    overall_reject: tuple[float, ...]
    expected_n: tuple[float, ...]
    cumulative_reject: tuple[tuple[float, ...], ...]


def power_at(design: GroupSequential, size: float, effects: Sequence[float]) -> PowerAt:
    """Power and expected size of a trial of two equal arms whose largest size is given.

    The drift is the one at which a single look of the same size would have the power of the t test, so that the estimated
    standard deviation is accounted for.

    Args:
        design: with its looks and bounds.
        size: people in all, if the trial does not stop early.
        effects: standardised differences of means.

    Raises:
        InputError: a size below 4, an effect that is not finite.

    Example:
        >>> found = power_at(group_sequential(3), 200, (0.0, 0.4))
        >>> [round(p, 3) for p in found.overall_reject]
        [0.025, 0.797]
    """
    door = Door()
    door.between("size", size, 4, 1e9, closed=True)
    for place, effect in enumerate(effects, 1):
        door.between(f"effects, number {place}", effect, -100, 100, closed=True)
    door.close()
    level = design.alpha / design.sided
    rejected, sizes = [], []
    for effect in effects:
        reach = t_power(abs(effect) * sqrt(size) / 2, size - 2, level, 1)
        drift = float(-ndtri(level) + ndtri(min(reach, 1 - 1e-16))) * (1 if effect >= 0 else -1)
        rejected.append(tuple(map(float, np.cumsum(design.stops(drift)[0]))))
        sizes.append(size * design.average(drift))
    return PowerAt(
        float(size),
        tuple(map(float, effects)),
        tuple(r[-1] for r in rejected),
        tuple(sizes),
        tuple(rejected),
    )


def _checked(
    looks: int | Sequence[float],
    spending: str,
    alpha: float,
    power: float,
    sided: int,
    gamma: float | None,
    rho: float | None,
    delta: float | None,
    futility: Sequence[float],
) -> list[float]:
    """The information fractions, or every fault."""
    door = Door()
    times = _times(looks, door)
    door.one_of("spending", spending, NAMES)
    door.between("alpha", alpha, 0, 0.5)
    door.one_of("sided", sided, (1, 2))
    door.between("power", power, alpha if 0 < alpha < 0.5 else 0, 1)
    shapes = {"delta": delta, "gamma": gamma, "rho": rho}
    bounds = {"delta": (-5.0, 0.5), "gamma": (-500.0, 500.0), "rho": (1e-3, 100.0)}
    for name, value in shapes.items():
        needed = _SHAPE_OPTION.get(spending) == name
        if needed and value is None:
            door.fault(name, f"a number, since spending is {spending}", "none")
        elif value is not None and not needed:
            owner = next(k for k, v in _SHAPE_OPTION.items() if v == name)
            door.fault(name, f"none, since it belongs to {owner}", f"{value:g} with {spending}")
        elif value is not None:
            door.between(name, value, *bounds[name], closed=True)
    if len(futility):
        if sided == 2:
            door.fault(
                "futility", "none in a two-sided design", f"{len(futility)} bounds", "Use sided 1."
            )
        if times and len(futility) != len(times) - 1:
            door.fault(
                "futility",
                f"{len(times) - 1} bounds, one for each look before the last",
                len(futility),
            )
        if not all(map(isfinite, futility)):
            door.fault("futility", "finite bounds of z", ", ".join(map(str, futility)))
    door.close()
    return times


def _times(looks: int | Sequence[float], door: Door) -> list[float]:
    if isinstance(looks, int):
        door.whole("looks", looks, 1, MOST_LOOKS)
        return [k / looks for k in range(1, looks + 1)] if 0 < looks <= MOST_LOOKS else []
    if isinstance(looks, float | str):
        door.fault("looks", "a whole number, or information fractions", looks)
        return []
    times = [float(t) for t in looks]
    shown = ", ".join(f"{t:g}" for t in times)
    if not 1 <= len(times) <= MOST_LOOKS:
        door.fault("looks", f"1 to {MOST_LOOKS} information fractions", len(times))
    elif not all(map(isfinite, times)) or times[-1] != 1 or times[0] <= 0:
        door.fault("looks", "information fractions above 0, the last one 1", shown)
    elif smallest_step(times) < SMALLEST_STEP:
        door.fault("looks", f"fractions that increase by {SMALLEST_STEP:g} or more", shown)
    else:
        return times
    return []


def _crossed(futility: Sequence[float], upper: Sequence[float]) -> None:
    door = Door()
    for look, (low, high) in enumerate(zip(futility, upper, strict=False), 1):
        if low >= high:
            door.fault(
                f"futility, look {look}", f"a bound below that for rejection, {high:.4f}", low
            )
    door.close()
