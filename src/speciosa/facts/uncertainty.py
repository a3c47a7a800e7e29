"""How sure a number is: from what was printed and how it was seen to a distribution of its typical value.

One rule for every selected parameter, so that no model decides for itself how far to trust a number. It speaks about
the uncertainty of the *typical* value, not about how patients differ (that is the omega of a model sheet). Steps:

1. What the source printed gives the standard error on the log scale: SD or CV over the root of n, standard errors and
   confidence intervals as they are, ranges and quartiles through the expected spread of n normal values.
2. The kind of source gives a floor: nothing is surer than `FLOORS` allows, however small its printed error.
3. What was measured elsewhere than in people gets a translation error on top, `TRANSLATION`, added in quadrature.

Positive quantities become log-normal, fractions between 0 and 1 logit-normal with the same spread of the value.
The table is in ``docs/uncertainty.md`` and a test compares the two.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from speciosa.errors import Fault, InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Shape = Literal["lognormal", "logitnormal", "fixed"]

FLOORS = {
    "calibration": 0.05,
    "fulltext": 0.10,
    "repository": 0.10,
    "abstract": 0.15,
    "derived": 0.25,
    "recall": 0.50,
    "judgement": 0.50,
    "guess": 0.60,
}
"""Least coefficient of variation of a typical value, by how the number was seen."""

TRANSLATION = {"human": 0.0, "in vitro": 0.60, "animal": 0.80, "unknown": 0.60}
"""Coefficient of variation added in quadrature when a number stands for people but was not measured in them."""

WIDEST = 2.0
"""No parameter is given more than this coefficient of variation: wider says only that nothing is known."""

_UNKNOWN_N = 6
_HUMAN = {"human", "humans", "man", "woman"}
_ANIMAL = {"rat", "rats", "mouse", "mice", "dog", "rabbit", "pig", "monkey", "rhesus", "guinea pig"}
_PREPARATION = re.compile(
    r"microsom|hepatocyte|recombinant|radioligand|GTPgamma|cAMP|BRET|HEK|CHO\b|C6 cells|Caco|MDCK|membranes|oocyte"
    r"|electrophysiol|patch clamp|\bhERG|GIRK|human (?:MOR|KOR|DOR|NOP|alpha|5-HT|SERT|NET|Nav)",
)
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_INTERVAL = re.compile(rf"\s*({_NUMBER})\s*(?:-|–|to|\.\.|,)\s*({_NUMBER})\s*")


@dataclass(frozen=True, slots=True)
class Distribution:
    """What is believed about the typical value of one quantity.

    Attributes:
        shape: ``lognormal`` (positive), ``logitnormal`` (between 0 and 1) or ``fixed``.
        center: the median.
        sigma: standard deviation on the transformed scale (log or logit); 0 where fixed.
        reason: which step of the rule decided the width, in words.

    Example:
        >>> belief = Distribution("lognormal", 25.0, 0.3, "abstract")
        >>> [round(float(x), 1) for x in belief.interval(0.90)]
        [15.3, 40.9]
    """

    shape: Shape
    center: float
    sigma: float
    reason: str = ""

    def at(self, z: "ArrayLike") -> "NDArray[np.float64]":
        """The value at a standard normal deviate `z`; feed random numbers to sample."""
        import numpy as np  # slow to load, and a monograph does without

        deviate = np.asarray(z, dtype=float)
        if self.shape == "fixed" or self.sigma == 0:
            return np.full(deviate.shape, self.center)
        if self.shape == "lognormal":
            return np.asarray(self.center * np.exp(self.sigma * deviate))
        logit = math.log(self.center / (1 - self.center)) + self.sigma * deviate
        return np.asarray(1 / (1 + np.exp(-logit)))

    def interval(self, level: float = 0.90) -> tuple[float, float]:
        """The central interval that holds `level` of the belief."""
        import numpy as np
        from scipy.special import ndtri

        reach = float(ndtri(0.5 + level / 2))
        low, high = self.at(np.array([-reach, reach]))
        return float(low), float(high)

    @property
    def cv(self) -> float:
        """Coefficient of variation of the value (first order for fractions)."""
        if self.shape == "lognormal":
            return math.sqrt(math.expm1(self.sigma**2))
        return self.sigma * (1 - self.center) if self.shape == "logitnormal" else 0.0


def believe(
    value: float,
    *,
    spread_type: str = "none",
    spread: str | float | None = None,
    n: int | None = None,
    seen: str = "recall",
    species: str = "human",
    setting: str = "",
    statistic: str = "mean",
    fraction: bool = False,
    derived: bool = False,
) -> Distribution:
    """The distribution of the typical value of a quantity, from one printed number.

    Args:
        value: the printed typical value, in its unit; above 0, or inside 0 to 1 for a fraction.
        spread_type: ``sd``, ``se``, ``cv%``, ``range``, ``iqr``, ``ci90``, ``ci95`` or ``none``; ``unstated`` where
            the source prints +- without saying which, then taken as a standard error.
        spread: the printed spread, a number or an interval such as ``"3.1-4.5"``, in the unit of `value`.
        n: subjects behind the number; 6 is assumed where none is given.
        seen: how the number was seen, one of `FLOORS`.
        species: ``human``, an animal, or a cell or tissue preparation (``in vitro``).
        setting: system and assay in words, by which human receptors and microsomes are told from people.
        statistic: ``mean``, ``median``, ``geomean``, ``typical``, ``single``; a median is 1.25 times less sure than a
            mean of as many.
        fraction: the quantity lies between 0 and 1.
        derived: the number was computed from others rather than printed.

    Raises:
        InputError: a value out of range, an unknown spread type or way of having been seen, an unreadable spread.

    Example:
        >>> round(believe(25, spread_type="sd", spread=10, n=16, seen="fulltext").cv, 2)
        0.1
        >>> round(believe(25, seen="recall").cv, 2), round(believe(25, seen="recall", species="rat").cv, 2)
        (0.5, 0.94)
    """
    faults = _faults(value, spread_type, seen, fraction)
    if faults:
        raise InputError(faults)
    printed = _standard_error(value, spread_type.strip().lower() or "none", spread, n)
    if statistic == "median":
        printed *= math.sqrt(math.pi / 2)
    source = "derived" if derived and FLOORS[seen] < FLOORS["derived"] else seen
    floor, abroad = FLOORS[source], TRANSLATION[origin(species, setting)]
    cv = min(math.hypot(max(printed, floor), abroad), WIDEST)
    words = "printed spread" if printed > floor else f"floor for {source}"
    return spread_about(
        value, cv, f"{words}, not measured in people" if abroad else words, fraction
    )


def spread_about(
    center: float, cv: float, reason: str = "", fraction: bool = False
) -> Distribution:
    """The distribution with a median and a coefficient of variation.

    Log-normal, with sigma^2 = ln(1 + cv^2); for a fraction logit-normal, with sigma = cv / (1 - center) below one half
    (so that the value has this coefficient of variation) and, by symmetry, cv / center above.

    Example:
        >>> low, high = spread_about(0.3, 0.15, fraction=True).interval()
        >>> round(low, 2), round(high, 2)
        (0.23, 0.38)
    """
    if not fraction:
        return Distribution("lognormal", center, math.sqrt(math.log1p(cv**2)), reason)
    sigma = cv / (1 - center) if center <= 0.5 else cv / center
    return Distribution("logitnormal", center, sigma, reason)


def origin(species: str, setting: str = "") -> str:
    """Where a number was measured: ``human``, ``in vitro``, ``animal`` or ``unknown``.

    Args:
        species: as the fact says; the species of a receptor or of microsomes is not that of a subject.
        setting: the system and assay of the fact, which betray a preparation of cells or tissue.

    Example:
        >>> origin("human"), origin("guinea pig"), origin("human", "human MOR radioligand binding, HEK293"), origin("")
        ('human', 'animal', 'in vitro', 'unknown')
    """
    text = species.strip().lower()
    if not text:
        return "unknown"
    if text in _ANIMAL:
        return "animal"
    if text not in _HUMAN:
        return "in vitro"
    return "in vitro" if _PREPARATION.search(setting) and "in vivo" not in setting else "human"


def interval(text: str | float) -> tuple[float, float]:
    """The two ends of a printed interval, such as ``3.1-4.5`` or ``9.8e-06 to 1e-04``.

    Example:
        >>> interval("9.792e-06-1.033e-04")
        (9.792e-06, 0.0001033)
    """
    match = _INTERVAL.fullmatch(str(text))
    if match is None:
        raise InputError(Fault("spread", "two numbers such as '3.1-4.5'", repr(text)))
    low, high = float(match[1]), float(match[2])
    return (low, high) if low <= high else (high, low)


@lru_cache(maxsize=256)
def expected_range(n: int) -> float:
    """Expected range of n standard normal values (the constant d2 of quality control).

    Source: Tippett LHC, Biometrika 1925;17:364, doi:10.1093/biomet/17.3-4.364. Integral of
    1 - F^n - (1 - F)^n over the line, F the standard normal distribution.

    Example:
        >>> [round(expected_range(n), 3) for n in (2, 5, 10)]
        [1.128, 2.326, 3.078]
    """
    import numpy as np
    from scipy.special import ndtr

    x = np.linspace(-9.0, 9.0, 4001)
    below = ndtr(x)
    return float(np.trapezoid(1 - below**n - (1 - below) ** n, x))


def _faults(value: float, spread_type: str, seen: str, fraction: bool) -> list[Fault]:
    faults = []
    if fraction and not 0 < value < 1:
        faults.append(Fault("value", "a fraction between 0 and 1, both excluded", f"{value:g}"))
    elif not fraction and not 0 < value < math.inf:
        faults.append(Fault("value", "a number above 0", f"{value:g}"))
    if seen not in FLOORS:
        faults.append(Fault("seen", "one of " + ", ".join(FLOORS), repr(seen)))
    if (spread_type.strip().lower() or "none") not in _SPREADS:
        faults.append(Fault("spread_type", "one of " + ", ".join(_SPREADS), repr(spread_type)))
    return faults


_SPREADS = ("none", "sd", "se", "cv%", "unstated", "range", "iqr", "ci90", "ci95")


def _standard_error(value: float, kind: str, spread: str | float | None, n: int | None) -> float:
    """Standard error of the typical value relative to it."""
    if kind == "none" or spread is None or spread == "":
        return 0.0
    size = max(n or _UNKNOWN_N, 2)
    if kind in {"sd", "se", "cv%", "unstated"}:
        try:
            width = abs(float(spread))
        except ValueError as error:
            raise InputError(
                Fault("spread", f"a number, as its type is {kind}", repr(spread))
            ) from error
        relative = width / 100 if kind == "cv%" else width / value
        return relative if kind in {"se", "unstated"} else relative / math.sqrt(size)
    low, high = interval(spread)
    if low > 0:
        width = math.log(high / low)
    else:
        width = (high - low) / value
    if kind in {"ci90", "ci95"}:
        return width / (2 * (1.6449 if kind == "ci90" else 1.96))
    spread_of_patients = width / (1.349 if kind == "iqr" else expected_range(size))
    return spread_of_patients / math.sqrt(size)
