"""What a record of doses means, for every solver: which times are one, how long a dose enters, what is still to come of it.

Functions of numbers, which compiled solvers call as they are.
"""

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.codes import FAR
from speciosa.engine.compiler.by_address import Integers

NEAR = 1e-10
"""Times closer than this share of their size, or than this many hours, are one."""

_MOST_BACK = 1e5


def near(time: float) -> float:
    """Times closer to this one are the same.

    Example:
        >>> near(0.5)
        1e-10
    """
    return NEAR * max(1.0, abs(time))


def near_each(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """`near` of many times."""
    return np.asarray(NEAR * np.maximum(1.0, np.abs(times)))


def same(time: float, other: float) -> bool:
    """Whether two times are the same."""
    return abs(time - other) <= near(other)


def dose_length(
    amount: float, share: float, rate: float, over: float, own_rate: float, own_over: float
) -> float:
    """How long a dose enters: by its rate or duration or else those of its target; 0 at once, `FAR` without end.

    Args:
        amount: of the dose; an infusion by rate without an amount never ends.
        share: of it that enters (bioavailability), which lengthens what is given by rate.
        rate: of the record; 0 for none.
        over: duration of the record in hours; 0 for none.
        own_rate: of its target; 0 for none.
        own_over: duration of its target; 0 for none.

    Example:
        >>> dose_length(100.0, 0.5, 25.0, 0.0, 0.0, 0.0)
        2.0
    """
    if rate > 0.0:
        return share * amount / rate if amount > 0.0 else FAR
    if over != 0.0:
        return over
    if own_rate != 0.0:
        return share * amount / own_rate
    return own_over


def doses_back(hours: float, every: float) -> int:
    """How many doses of an endless series were given within some hours before now: those in their lag or running.

    Example:
        >>> doses_back(30.0, 12.0)
        3
    """
    if every <= 0.0:
        return 0
    back = np.ceil(hours / every - 1e-12)
    # NaN fails both comparisons
    return int(back) if 0.0 <= back < _MOST_BACK else 0


def begins_regimen(steady: Integers, first: int, r: int) -> bool:
    """Whether record `r` is the first, from record `first` on, of its regimen at steady state."""
    for k in range(first, r):
        if steady[k] == steady[r]:
            return False
    return True
