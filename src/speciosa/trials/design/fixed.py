"""Sizes and power of two-arm trials: means, rates, survival; with one look or group-sequential."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import ceil, exp, expm1, inf, log, sqrt
from typing import Any

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from speciosa.trials.design.door import Door
from speciosa.trials.design.sequential import GroupSequential
from speciosa.trials.design.t_test import t_power

_LARGEST = 1e9


@dataclass(frozen=True, slots=True)
class Size:
    """How many people a trial needs, or what power it has.

    Attributes:
        kind: ``means``, ``rates`` or ``survival``.
        alpha: error of the first kind, of both sides where `sided` is 2.
        sided: 1 or 2.
        power: that asked for, or that of the size asked for.
        n_total: people at which the power is reached exactly, in all; seldom whole.
        n_per_arm: in the treated and in the control arm.
        people: each arm rounded up.
        events: that must be seen, for survival.
        n_max: largest size of a group-sequential trial, events in its place are `events` times its inflation.
        expected_n_H1: its expected size under the effect.
        expected_n_H0: and without an effect.
        cumulative_reject_H1: its power so far, by look.
    """

    kind: str
    alpha: float
    sided: int
    power: float
    n_total: float
    n_per_arm: tuple[float, float]
    people: tuple[int, int]
    events: float | None = None
    n_max: float | None = None
    expected_n_H1: float | None = None
    expected_n_H0: float | None = None
    cumulative_reject_H1: tuple[float, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The size as one object of JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What every size has in common."""

    alpha: float
    sided: int
    ratio: float
    power: float | None
    size: float | None
    design: GroupSequential | None

    def check(self, door: Door) -> None:
        door.between("alpha", self.alpha, 0, 0.5)
        door.one_of("sided", self.sided, (1, 2))
        door.between("ratio", self.ratio, 0, 1000)
        if (self.power is None) == (self.size is None):
            found = "neither" if self.power is None else "both"
            door.fault("power, size", "one of them", found)
        if self.power is not None:
            door.between("power", self.power, self.alpha if 0 < self.alpha < 0.5 else 0, 1)
        if self.size is not None:
            door.between("size", self.size, 4, _LARGEST, closed=True)
        if self.design is not None:
            self._check_design(door, self.design)

    def _check_design(self, door: Door, design: GroupSequential) -> None:
        if self.power is None:
            door.fault("size", "power, to size a group-sequential trial", "a size")
        asked = (self.alpha, self.sided, self.power)
        if asked != (design.alpha, design.sided, round(design.power[-1], 9)):
            words = f"alpha {design.alpha:g}, sided {design.sided}, power {design.power[-1]:g}"
            door.fault("design", "the alpha, sided and power of the size", words)

    @property
    def level(self) -> float:
        return self.alpha / self.sided

    @property
    def gain(self) -> float:
        """The quantile of the power that is asked for."""
        return float(ndtri(0.5 if self.power is None else self.power))

    def result(self, kind: str, power: float, n_total: float, rate: float | None = None) -> Size:
        """The size; `rate` is the share of people who have an event."""
        treated = n_total * self.ratio / (1 + self.ratio)
        arms = (treated, n_total - treated)
        design = self.design
        largest = None if design is None else n_total * design.inflation_factor
        scale = 1.0 if design is None else design.inflation_factor
        return Size(
            kind,
            self.alpha,
            self.sided,
            power,
            n_total,
            arms,
            (ceil(arms[0] * scale - 1e-9), ceil(arms[1] * scale - 1e-9)),
            None if rate is None else n_total * rate,
            largest,
            None if design is None else n_total * design.average_n_ratio_H1,
            None if design is None else n_total * design.average_n_ratio_H0,
            () if design is None else design.power,
        )


def size_means(
    effect: float,
    sd: float = 1.0,
    *,
    power: float | None = None,
    size: float | None = None,
    alpha: float = 0.025,
    sided: int = 1,
    ratio: float = 1.0,
    design: GroupSequential | None = None,
) -> Size:
    r"""People for a difference of two means by the t test, with the noncentral t distribution.

    .. math:: \lambda = \frac{|\Delta|}{\sigma}\sqrt{N}\,\frac{\sqrt r}{1+r}, \qquad \nu = N - 2

    Args:
        effect: the difference :math:`\Delta`.
        sd: standard deviation :math:`\sigma` in each arm.
        power: to be reached; or
        size: people in all, whose power is asked.
        alpha: error of the first kind, of both sides where `sided` is 2.
        sided: 1 or 2.
        ratio: people in the treated arm for each in the control arm, :math:`r`.
        design: a group-sequential one of the same error and power.

    Raises:
        InputError: with all that is wrong.

    Source:
        Julious SA. Stat Med 2004;23:1921 (doi:10.1002/sim.1783).

    Example:
        >>> round(size_means(1, 2.4, power=0.8).n_total, 2)
        182.78
    """
    plan, door = _Plan(alpha, sided, ratio, power, size, design), Door()
    plan.check(door)
    door.between("sd", sd, 0, inf)
    if not 0 < abs(effect) < inf:
        door.fault("effect", "a difference other than 0", f"{effect:g}")
    elif sd > 0 and abs(effect) / sd > 100:
        door.fault("effect", "at most 100 standard deviations", f"{effect / sd:g}")
    door.close()
    unit = abs(effect) / sd * sqrt(ratio) / (1 + ratio)

    def reach(people: float) -> float:
        return t_power(unit * sqrt(people), people - 2, plan.level, sided)

    if size is not None:
        return plan.result("means", reach(size), size)
    return plan.result("means", float(power or 0), _solved(reach, float(power or 0), 3.0))


def size_rates(
    treated: float,
    control: float,
    *,
    power: float | None = None,
    size: float | None = None,
    alpha: float = 0.025,
    sided: int = 1,
    ratio: float = 1.0,
    design: GroupSequential | None = None,
) -> Size:
    r"""People for a difference of two rates by the test that pools them under the null hypothesis.

    .. math:: n_2 = \frac{\left(z_{1-\alpha}\sqrt{(1+1/r)\,\bar p(1-\bar p)} + z_{1-\beta}\sqrt{p_1(1-p_1)/r + p_2(1-p_2)}\right)^2}
        {(p_1-p_2)^2}

    Args:
        treated: the rate :math:`p_1`.
        control: the rate :math:`p_2`.
        power: to be reached; or
        size: people in all, whose power is asked.
        alpha: error of the first kind, of both sides where `sided` is 2.
        sided: 1 or 2.
        ratio: people in the treated arm for each in the control arm, :math:`r`.
        design: a group-sequential one of the same error and power.

    Raises:
        InputError: with all that is wrong.

    Source:
        Fleiss JL, Tytun A, Ury HK. Biometrics 1980;36:343 (doi:10.2307/2529990), without the continuity correction.

    Example:
        >>> round(size_rates(0.42, 0.28, power=0.8).n_total, 2)
        362.05
    """
    plan, door = _Plan(alpha, sided, ratio, power, size, design), Door()
    plan.check(door)
    door.between("treated", treated, 0, 1)
    door.between("control", control, 0, 1)
    if treated == control:
        door.fault("treated, control", "two different rates", f"{treated:g} twice")
    door.close()
    pooled = (ratio * treated + control) / (1 + ratio)
    under_null = sqrt((1 + 1 / ratio) * pooled * (1 - pooled))
    under_effect = sqrt(treated * (1 - treated) / ratio + control * (1 - control))
    gap, bound = abs(treated - control), float(-ndtri(plan.level))
    if size is not None:
        reach = (gap * sqrt(size / (1 + ratio)) - bound * under_null) / under_effect
        return plan.result("rates", float(ndtr(reach)), size)
    controls = ((bound * under_null + plan.gain * under_effect) / gap) ** 2
    return plan.result("rates", float(power or 0), controls * (1 + ratio))


def size_survival(
    hazard_ratio: float,
    median_control: float,
    accrual: float,
    follow_up: float,
    *,
    power: float | None = None,
    size: float | None = None,
    alpha: float = 0.025,
    sided: int = 1,
    ratio: float = 1.0,
    design: GroupSequential | None = None,
) -> Size:
    r"""Events and people for the log-rank test, with exponential survival and uniform accrual.

    .. math:: D = \frac{(1+r)^2}{r}\,\frac{(z_{1-\alpha}+z_{1-\beta})^2}{(\ln HR)^2}, \qquad
        P_i = 1 - e^{-\lambda_i f}\,\frac{1-e^{-\lambda_i a}}{\lambda_i a}

    Args:
        hazard_ratio: treated to control.
        median_control: median time to event in the control arm.
        accrual: time :math:`a` over which people enter, in the unit of the median.
        follow_up: time :math:`f` from the last entry to the end.
        power: to be reached; or
        size: people in all, whose power is asked.
        alpha: error of the first kind, of both sides where `sided` is 2.
        sided: 1 or 2.
        ratio: people in the treated arm for each in the control arm, :math:`r`.
        design: a group-sequential one of the same error and power.

    Raises:
        InputError: with all that is wrong.

    Source:
        Schoenfeld DA. Biometrika 1981;68:316 (doi:10.1093/biomet/68.1.316).

    Example:
        >>> found = size_survival(0.7, 6, 12, 12, power=0.8)
        >>> round(found.events, 2), round(found.n_total, 2)
        (246.79, 304.26)
    """
    plan, door = _Plan(alpha, sided, ratio, power, size, design), Door()
    plan.check(door)
    door.between("hazard_ratio", hazard_ratio, 0, inf)
    door.between("median_control", median_control, 0, inf)
    door.between("accrual", accrual, 0, inf, closed=True)
    door.between("follow_up", follow_up, 0, inf, closed=True)
    if hazard_ratio == 1:
        door.fault("hazard_ratio", "a number other than 1", "1")
    if accrual == 0 and follow_up == 0:
        door.fault("accrual, follow_up", "some time in which events happen", "0 and 0")
    door.close()
    hazard = log(2) / median_control
    shares = [_event_share(h, accrual, follow_up) for h in (hazard * hazard_ratio, hazard)]
    rate = (ratio * shares[0] + shares[1]) / (1 + ratio)
    unit, bound = abs(log(hazard_ratio)) * sqrt(ratio) / (1 + ratio), float(-ndtri(plan.level))
    if size is not None:
        reach = float(ndtr(unit * sqrt(size * rate) - bound))
        return plan.result("survival", reach, size, rate)
    events = ((bound + plan.gain) / unit) ** 2
    return plan.result("survival", float(power or 0), events / rate, rate)


def _event_share(hazard: float, accrual: float, follow_up: float) -> float:
    entering = hazard * accrual
    late = -expm1(-entering) / entering if entering > 1e-12 else 1.0
    return 1 - exp(-hazard * follow_up) * late


def _solved(reach: Callable[[float], float], power: float, low: float) -> float:
    high = 8.0
    while reach(high) < power and high < _LARGEST:
        high *= 2
    if reach(high) < power:
        door = Door()
        door.fault("effect", f"one that {_LARGEST:g} people can show", "a smaller one")
        door.close()
    if reach(low) >= power:
        return low
    return float(brentq(lambda n: reach(n) - power, low, high, xtol=1e-9, rtol=1e-12))
