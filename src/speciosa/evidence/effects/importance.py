"""Whether an effect matters: where its interval lies beside the smallest difference that would.

The minimal important difference (MID) splits the scale into three: an important decrease, little or no difference, an
important increase. An interval may lie in one of them or in several (Schunemann 2016, doi:10.1016/j.jclinepi.2016.03.012).
"""

import math

from speciosa.errors import EvidenceError, Fault

NEITHER = "little or no difference"


def half_range(mid: float, ratio: bool) -> float:
    """A minimal important difference as a distance from no effect on the analysis scale.

    Args:
        mid: a ratio above or below 1 (1.25 and 0.8 say the same), or a difference above 0.
        ratio: whether the measure is a ratio, analysed as a logarithm.

    Raises:
        EvidenceError: a ratio of 0 or less or of 1, or a difference of 0 or less.

    Example:
        >>> round(half_range(0.8, ratio=True), 6) == round(half_range(1.25, ratio=True), 6)
        True
        >>> half_range(1.0, ratio=False)
        1.0
    """
    if not (math.isfinite(mid) and mid > 0 and not (ratio and mid == 1)):
        wanted = "a ratio above 0 other than 1, as 1.25" if ratio else "a difference above 0"
        raise EvidenceError(Fault("minimal important difference", wanted, f"{mid:g}"))
    return abs(math.log(mid)) if ratio else mid


def importance(low: float, high: float, half: float) -> str:
    """Where an interval lies beside the range of little or no difference, from ``-half`` to ``half``.

    Example:
        >>> importance(0.3, 0.9, 0.2), importance(0.1, 0.9, 0.2), importance(-0.1, 0.1, 0.2)
        ('important increase', 'increase, perhaps unimportant', 'little or no difference')
        >>> importance(-0.5, 0.1, 0.2), importance(-0.5, 0.5, 0.2)
        ('important decrease or little difference', 'important decrease to important increase')
    """
    if high < 0:
        return importance(-high, -low, half).replace("increase", "decrease")
    if -half <= low and high <= half:
        return NEITHER
    if low >= half:
        return "important increase"
    if low > 0:
        return "increase, perhaps unimportant"
    if low < -half and high > half:
        return "important decrease to important increase"
    return f"important {'increase' if high > half else 'decrease'} or little difference"


def regions(low: float, high: float, half: float) -> frozenset[str]:
    """The parts of the scale that an interval reaches: ``below``, ``within`` and ``above`` the range of little difference.

    Example:
        >>> sorted(regions(-0.5, 0.1, 0.2))
        ['below', 'within']
    """
    reached = {
        "below": low < -half,
        "within": low <= half and high >= -half,
        "above": high > half,
    }
    return frozenset(name for name, yes in reached.items() if yes)
