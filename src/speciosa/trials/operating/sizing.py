"""The size that reaches a power: bisection on simulated trials that share their people and their chance.

Trial k of a larger size holds the people of trial k of a smaller one, so powers of two sizes differ by little chance. The search
ends when the bracket is a hundredth wide or the power is within its Monte-Carlo error of the aim; the interval of the size is that
of the power through the slope of the power curve there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt

from scipy.special import ndtr, ndtri

from speciosa.trials.operating.replicates import Replicates

_LEVEL = 1.959963984540054


@dataclass(frozen=True)
class Sized:
    """A size and what is known of it.

    Attributes:
        size: people in all arms; None where no size up to the largest reaches the power.
        low: of the 95% interval that Monte-Carlo error leaves.
        high: of it.
        tried: sizes and their powers, in the order of size.
    """

    size: int | None
    low: int | None
    high: int | None
    tried: tuple[tuple[int, float, float], ...]


def size_for(
    power: float,
    run: Callable[[int], Replicates],
    unit: int,
    least: int,
    largest: int,
    alpha: float,
) -> Sized:
    """Searches the size.

    Args:
        power: that is asked for.
        run: trials of a size.
        unit: people of one round of allocation; sizes are its multiples.
        least: the smallest size tried.
        largest: the largest size tried.
        alpha: one-sided.
    """
    known: dict[int, tuple[float, float]] = {}

    def at(size: int) -> float:
        if size not in known:
            found = run(size)
            known[size] = (found.power(), found.power_se())
        return known[size][0]

    def whole(size: float) -> int:
        return max(least, min(largest, ceil(size / unit) * unit))

    bound = -float(ndtri(alpha))
    size = whole(sqrt(least * largest) / 2)
    low, high = 0, 0
    for _ in range(24):
        found = at(size)
        if found >= power:
            high = size if not high else min(high, size)
        else:
            low = max(low, size)
        if low >= largest or high == least:
            break
        if low and high and high - low <= max(unit, high // 100):
            break
        if abs(found - power) < known[size][1] / 2:
            high = size
            break
        # where the power would be if it were that of a normal statistic, kept inside the bracket
        clipped = min(max(found, 0.03), 0.995)
        drift = (bound + float(ndtri(clipped))) / sqrt(size)
        guess = ((bound + float(ndtri(power))) / drift) ** 2 if drift > 1e-4 else float(largest)
        guess = min(max(guess, size / 6), size * 6)
        if low and high:
            inner = (high - low) / 10
            guess = min(max(guess, low + inner), high - inner)
        further = whole(guess)
        if further in known:
            further = (
                whole((low + high) / 2) if low and high else whole(size * (2 if not high else 0.5))
            )
            if further in known:
                break
        size = further
    tried = tuple((n, *known[n]) for n in sorted(known))
    if not high:
        return Sized(None, None, None, tried)
    found, se = known[high]
    drift = (bound + float(ndtri(min(max(found, 1e-3), 0.9999)))) / sqrt(high)
    density = (
        float(ndtr(drift * sqrt(high) - bound + 1e-4) - ndtr(drift * sqrt(high) - bound)) / 1e-4
    )
    slope = density * drift / (2 * sqrt(high))
    middle = high - (found - power) / slope if slope > 0 else high
    reach = _LEVEL * se / slope if slope > 0 else float(largest)
    return Sized(
        high,
        max(2, int(min(middle - reach, high))),
        ceil(max(middle + reach, high)),
        tried,
    )
