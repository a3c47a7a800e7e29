r"""How many people a sequential multiple assignment trial (SMART) takes to compare two of its treatment strategies.

A strategy is a first treatment and what follows for those who do not answer to it. Only a share of a trial's people is consistent
with a strategy: those who answer count for all strategies that begin as they did, the others for one, so they weigh more and the
trial is larger than one of two arms by a factor:

.. math:: N = \frac{4 (z_{1-\alpha} + z_{1-\beta})^2}{\delta^2} (1-\rho^2)\,\mathrm{DE}

Sources: Seewald NJ, Kidwell KM, Nahum-Shani I, Wu T, McKay JR, Almirall D. Stat Methods Med Res 2020;29:1891,
doi:10.1177/0962280219877520; Oetting AI, Levy JA, Weiss RD, Murphy SA. Statistical methodology for a SMART design in the
development of adaptive treatment strategies. In: Causality and psychopathology. Oxford 2011; Murphy SA. Stat Med 2005;24:1455,
doi:10.1002/sim.2022.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil, inf, sqrt
from typing import Any

from scipy.special import ndtr, ndtri

from speciosa.trials.design.door import Door

AGAIN = ("non-responders", "everybody", "non-responders of one")


@dataclass(frozen=True, slots=True)
class StrategySize:
    """Size and power of a SMART.

    Attributes:
        n_total: people at which the power is reached exactly, or as given.
        people: the same, rounded up to pairs.
        power: of the comparison.
        inflation: how much larger it is than a trial of two arms.
    """

    n_total: float
    people: int
    power: float
    inflation: float

    def as_dict(self) -> dict[str, Any]:
        """The size as one object of JSON."""
        return asdict(self)


def size_smart(
    effect: float,
    *,
    response: float | Sequence[float] = 0.5,
    power: float | None = None,
    size: float | None = None,
    alpha: float = 0.025,
    sided: int = 1,
    correlation: float = 0.0,
    again: str = "non-responders",
) -> StrategySize:
    """People to compare two strategies that begin differently, of means with one standard deviation.

    Args:
        effect: difference in standard deviations.
        response: share of people who answer to the first treatments, one for both or one each.
        power: to be reached.
        size: people in all, to ask their power.
        alpha: error of the first kind, of both sides where `sided` is 2.
        sided: 1 or 2.
        correlation: of the endpoint with the baseline for which the analysis adjusts.
        again: who is randomised a second time: ``non-responders`` (2 - r), ``everybody`` (2), or ``non-responders of one`` of the
            first treatments ((3 - r) / 2).

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> size_smart(0.3, response=0.4, power=0.8, alpha=0.05, sided=2).people
        560
    """
    rates = [response] if isinstance(response, int | float) else list(response)
    door = Door()
    door.between("effect", abs(effect), 0, 10)
    if len(rates) not in (1, 2):
        door.fault("response", "one share, or one for each first treatment", len(rates))
    for rate in rates:
        door.between("response", rate, 0, 1, closed=True)
    door.between("alpha", alpha, 0, 0.5)
    door.one_of("sided", sided, (1, 2))
    door.between("correlation", correlation, -0.999, 0.999, closed=True)
    door.one_of("again", again, AGAIN)
    if (power is None) == (size is None):
        door.fault("power, size", "one of both", "neither" if power is None else "both")
    if power is not None:
        door.between("power", power, alpha if 0 < alpha < 0.5 else 0, 1)
    if size is not None:
        door.between("size", size, 4, inf)
    door.close()
    rate = sum(rates) / len(rates)
    inflation = {"everybody": 2.0, "non-responders": 2 - rate}.get(again, (3 - rates[0]) / 2)
    bound, share = float(-ndtri(alpha / sided)), (1 - correlation**2) * inflation
    if power is not None:
        total = 4 * (bound + float(ndtri(power))) ** 2 / effect**2 * share
    else:
        total = float(size or 0.0)
        power = float(ndtr(abs(effect) * sqrt(total / share) / 2 - bound))
    return StrategySize(total, 2 * ceil(total / 2 - 1e-9), power, inflation)
