r"""Sample-size re-estimation where interim results are promising, and the conditional power on which it rests.

After n1 of n people the statistic is z1. The second stage, of m people instead of n - n1, gives z2, and the trial ends with

.. math:: Z = \sqrt{t}\,z_1 + \sqrt{1-t}\,z_2, \qquad t = n_1/n

whose weights were fixed before (inverse normal), so that the error holds whatever m is made of z1; or with the statistic of all
people together (plain), which may be taken unchanged where more people come only if the conditional power is high enough.

Sources: Mehta CR, Pocock SJ. Stat Med 2011;30:3267, doi:10.1002/sim.4102; Cui L, Hung HMJ, Wang SJ. Biometrics 1999;55:853,
doi:10.1111/j.0006-341X.1999.00853.x; Lehmacher W, Wassmer G. Biometrics 1999;55:1286, doi:10.1111/j.0006-341X.1999.01286.x; Chen
YHJ, DeMets DL, Lan KKG. Stat Med 2004;23:1023, doi:10.1002/sim.1688.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from speciosa.trials.design.door import Door

Array = NDArray[np.float64]
TESTS = ("inverse normal", "plain")
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_FAR = 9.0


@dataclass(frozen=True, slots=True)
class Promising:
    """A rule for the size of the second stage.

    Attributes:
        size: people planned, in all.
        first: people before the interim look.
        largest: people at most.
        z_final: bound of Z at the end.
        z_stop: bound of Z at the look above which the trial stops with success; infinite without.
        z_futility: bound below which it stops without; minus infinite without.
        cp_low: conditional power from which people are added.
        cp_aim: conditional power that is wanted; from there on nobody is added.
        cp_least: the smallest `cp_low` at which the plain statistic keeps the error.
        test: of all data: ``inverse normal`` or ``plain``.
    """

    size: float
    first: float
    largest: float
    z_final: float
    z_stop: float
    z_futility: float
    cp_low: float
    cp_aim: float
    cp_least: float
    test: str

    @property
    def fraction(self) -> float:
        """Of the people planned, before the look."""
        return self.first / self.size

    def conditional_power(self, z1: Array | float, second: Array | float | None = None) -> Array:
        """The chance of success at the end if the effect is the one seen so far.

        Args:
            z1: at the look.
            second: people of the second stage; those planned where None.
        """
        return _conditional(
            self.fraction,
            self.first,
            self.z_final,
            z1,
            self.size - self.first if second is None else second,
        )

    def size_after(self, z1: Array | float) -> Array:
        """People in all after the look, not rounded: more where the result is promising, else as planned."""
        z = np.asarray(z1, dtype=float)
        power = self.conditional_power(z)
        promising = (power >= self.cp_low) & (power < self.cp_aim)
        wanted = self.first + _second(self.fraction, self.first, self.z_final, z, self.cp_aim)
        grown = np.clip(wanted, self.size, self.largest)
        return np.where(promising, grown, self.size)

    def bound_after(self, z1: Array | float) -> Array:
        """The bound that z of the second stage must reach for success."""
        z, t = np.asarray(z1, dtype=float), self.fraction
        if self.test == "inverse normal":
            return (self.z_final - sqrt(t) * z) / sqrt(1 - t)
        total = self.size_after(z)
        share = self.first / total
        found: Array = (self.z_final - np.sqrt(share) * z) / np.sqrt(1 - share)
        return found

    def at(self, effects: Sequence[float]) -> "PromisingAt":
        """What the trial does at standardised differences of two equal arms."""
        rows = [self._at(effect) for effect in effects]
        return PromisingAt(tuple(map(float, effects)), *zip(*rows, strict=True))

    def _at(self, effect: float) -> tuple[float, float, float, float]:
        drift = effect * sqrt(self.first) / 2
        cuts = [drift - _FAR, drift + _FAR, self.z_stop, self.z_futility]
        cuts += [_z_of(self, level) for level in (self.cp_low, self.cp_aim)]
        cuts += [_z_full(self)]
        edges = np.array(sorted(c for c in cuts if drift - _FAR <= c <= drift + _FAR))
        half = np.diff(edges)[:, None] / 2
        z = (edges[:-1, None] + half * (1 + _POINTS)).ravel()
        mass = (half * _WEIGHTS).ravel() * np.exp(-((z - drift) ** 2) / 2) / sqrt(2 * np.pi)
        total = self.size_after(z)
        then = ndtr(effect * np.sqrt(total - self.first) / 2 - self.bound_after(z))
        stopped, lost = z >= self.z_stop, z < self.z_futility
        success = np.where(stopped, 1.0, np.where(lost, 0.0, then))
        people = np.where(stopped | lost, self.first, total)
        grown = (total > self.size) & ~stopped & ~lost
        fixed = float(ndtr(effect * sqrt(self.size) / 2 - self.z_final))
        if self.z_stop < inf or self.z_futility > -inf:
            planned = ndtr(effect * sqrt(self.size - self.first) / 2 - _planned(self, z))
            fixed = float(mass @ np.where(stopped, 1.0, np.where(lost, 0.0, planned)))
        return float(mass @ success), fixed, float(mass @ people), float(mass @ grown)

    def as_dict(self) -> dict[str, Any]:
        """The rule as one object of JSON: with the statistics at which its zones begin."""
        found = {k: v if abs(v) < inf else None for k, v in asdict(self).items() if k != "test"}
        return found | {
            "test": self.test,
            "z_low": _z_of(self, self.cp_low),
            "z_full": _z_full(self),
            "z_aim": _z_of(self, self.cp_aim),
        }


@dataclass(frozen=True, slots=True)
class PromisingAt:
    """Power and size at standardised differences; lists are by difference.

    Attributes:
        effects: differences in standard deviations.
        power: with re-estimation.
        fixed_power: of the trial as planned.
        expected_n: people on average.
        grows: probability that people are added.
    """

    effects: tuple[float, ...]
    power: tuple[float, ...]
    fixed_power: tuple[float, ...]
    expected_n: tuple[float, ...]
    grows: tuple[float, ...]


def promising(
    size: float,
    *,
    interim: float = 0.5,
    most: float = 2.0,
    alpha: float = 0.025,
    aim: float = 0.8,
    low: float | None = None,
    test: str = "inverse normal",
    z_stop: float = inf,
    z_futility: float = -inf,
    z_final: float | None = None,
) -> Promising:
    r"""A trial whose size grows where its interim result is promising.

    The conditional power under the effect seen so far is

    .. math:: 1 - \Phi\left(\frac{z_\alpha - \sqrt t z_1}{\sqrt{1-t}} - z_1\sqrt{m/n_1}\right)

    Args:
        size: people planned, in two equal arms together.
        interim: share of them before the look.
        most: largest size, as a multiple of the one planned.
        alpha: one-sided error of the first kind.
        aim: conditional power to which people are added, if it takes no more than the largest size.
        low: conditional power from which people are added; where None, the smallest at which the plain statistic keeps the error.
        test: ``inverse normal``, whose error holds with every rule, or ``plain``, for which `low` may not be smaller than that.
        z_stop: bound at the look for early success.
        z_futility: bound at the look for stopping without; the error does not rely on it.
        z_final: bound at the end; the quantile of alpha where None.

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> rule = promising(442, interim=208 / 442, most=2.0, aim=0.8)
        >>> round(rule.cp_least, 2), round(rule.at((0.0,)).power[0], 6)
        (0.36, 0.025)
    """
    door = Door()
    door.between("size", size, 4, 1e9, closed=True)
    door.between("interim", interim, 0.05, 0.95, closed=True)
    door.between("most", most, 1, 100)
    door.between("alpha", alpha, 0, 0.5)
    door.between("aim", aim, 0.05, 1)
    door.one_of("test", test, TESTS)
    if low is not None:
        door.between("low", low, 0, aim, closed=True)
    if z_futility >= z_stop:
        door.fault("z_futility", f"a bound below {z_stop:g}", f"{z_futility:g}")
    door.close()
    final = float(-ndtri(alpha)) if z_final is None else z_final
    least = _least(interim, most, final, aim)
    if test == "plain" and low is not None and low < least - 1e-9:
        door.fault(
            "low",
            f"at least {least:.3f}, where the plain statistic keeps the error",
            f"{low:g}",
            'Or take test = "inverse normal".',
        )
        door.close()
    return Promising(
        float(size), size * interim, size * most, final, z_stop, z_futility, least if low is None else low, aim, least, test,
    )  # fmt: skip


def _conditional(t: float, first: float, final: float, z1: Any, second: Any) -> Array:
    z = np.asarray(z1, dtype=float)
    found: Array = ndtr(z * np.sqrt(second / first) - (final - sqrt(t) * z) / sqrt(1 - t))
    return found


def _second(t: float, first: float, final: float, z1: Array, aim: float) -> Array:
    """People of the second stage that reach a conditional power; infinite without a trend."""
    with np.errstate(divide="ignore", invalid="ignore"):
        root = ((final - sqrt(t) * z1) / sqrt(1 - t) + float(ndtri(aim))) / z1
        return np.where(z1 > 0, first * np.maximum(root, 0.0) ** 2, np.inf)


def _planned(rule: Promising, z1: Array) -> Array:
    t = rule.fraction
    found: Array = (rule.z_final - sqrt(t) * z1) / sqrt(1 - t)
    return found


def _z_of(rule: Promising, level: float) -> float:
    """The statistic at which the conditional power of the plan has a level; it rises with the statistic."""
    t = rule.fraction
    if level <= 0:
        return -inf
    if level >= 1:
        return inf
    return float((float(ndtri(level)) + rule.z_final / sqrt(1 - t)) / (sqrt((1 - t) / t) + sqrt(t / (1 - t))))  # fmt: skip


def _z_full(rule: Promising) -> float:
    """The statistic up to which the largest size is taken."""
    t, ratio = rule.fraction, (rule.largest - rule.first) / rule.first
    quantile = float(ndtri(rule.cp_aim)) if rule.cp_aim < 1 else inf
    return float((quantile + rule.z_final / sqrt(1 - t)) / (sqrt(ratio) + sqrt(t / (1 - t))))


def _least(t: float, most: float, final: float, aim: float) -> float:
    """The smallest conditional power from which the plain statistic keeps the error, to 1e-6.

    There the bound that the conditional error asks of it,
    b = (sqrt(m/m0) (z - sqrt(t) z1) + sqrt(t) z1) / sqrt(n*), with sizes as multiples of the plan, is not above z.
    """
    rule = Promising(1.0, t, most, final, inf, -inf, 0.0, aim, 0.0, "plain")

    def excess(z1: float) -> float:
        total = float(rule.size_after(z1))
        second = (total - t) / (1 - t)
        bound = (sqrt(second) * (final - sqrt(t) * z1) + sqrt(t) * z1) / sqrt(total)
        return bound - final

    top = _z_of(rule, aim) - 1e-9
    grid = np.linspace(0.0, top, 4001)
    above = np.flatnonzero([excess(float(z)) > 1e-12 for z in grid])
    if not above.size:
        return 0.0
    last = int(above[-1])
    if last == len(grid) - 1:
        return aim
    z = brentq(excess, grid[last], grid[last + 1], xtol=1e-10)
    return float(rule.conditional_power(z))
