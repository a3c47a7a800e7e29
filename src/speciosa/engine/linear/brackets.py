"""Parts of a curve of which both ends are known with their slopes, and what the cubic between them says.

Compiled by `native`.
"""

import math

from speciosa.engine.linear.arrays import Brackets

_HALVINGS, _NEWTON_STEPS = 4, 4


def cubic(brackets: Brackets, k: int, place: float) -> float:
    """The cubic through values and slopes at the ends, at a place from 0 to 1."""
    length, back = brackets.time_b[k] - brackets.time_a[k], 1.0 - place
    ends = brackets.a[k] * (1.0 + 2.0 * place) * back * back
    ends += brackets.b[k] * (3.0 - 2.0 * place) * place * place
    slopes = brackets.slope_a[k] * back - brackets.slope_b[k] * place
    return float(ends + length * place * back * slopes)


def cubic_slope(brackets: Brackets, k: int, place: float) -> float:
    """Its slope by place."""
    length, back = brackets.time_b[k] - brackets.time_a[k], 1.0 - place
    middle = 6.0 * place * back * (brackets.b[k] - brackets.a[k])
    begin = back * (1.0 - 3.0 * place) * brackets.slope_a[k]
    end = place * (3.0 * place - 2.0) * brackets.slope_b[k]
    return float(middle + length * (begin + end))


def turning_place(brackets: Brackets, k: int) -> float:
    """Where the cubic turns, its slopes at the ends having opposite signs: the root of a parabola."""
    length = brackets.time_b[k] - brackets.time_a[k]
    low, high = length * brackets.slope_a[k], length * brackets.slope_b[k]
    rise = brackets.b[k] - brackets.a[k]
    second, first = 3.0 * (low + high) - 6.0 * rise, 6.0 * rise - 4.0 * low - 2.0 * high
    root = math.sqrt(max(first * first - 4.0 * second * low, 0.0))
    # of the two forms of the solution, each root in the one that loses no digits
    q = -0.5 * (first + (root if first >= 0.0 else -root))
    if q != 0.0 and 0.0 <= low / q <= 1.0:
        return float(low / q)
    if second != 0.0 and 0.0 <= q / second <= 1.0:
        return float(q / second)
    return 0.5


def zero_place(brackets: Brackets, k: int) -> float:
    """Where the cubic is 0, its ends having opposite signs: halving first, then Newton's rule within what is left."""
    low, high, place = 0.0, 1.0, 0.5
    rises = brackets.b[k] > 0.0
    for step in range(_HALVINGS + _NEWTON_STEPS):
        value = cubic(brackets, k, place)
        if (value > 0.0) == rises:
            high = place
        else:
            low = place
        slope = cubic_slope(brackets, k, place)
        if step >= _HALVINGS and slope != 0.0:
            place -= value / slope
        if step < _HALVINGS or not low <= place <= high:
            place = 0.5 * (low + high)
    return place


def narrow(brackets: Brackets, k: int, time: float, value: float, slope: float, turn: bool) -> None:
    """Keeps the part that still holds the turn, or the zero."""
    here = slope if turn else value
    begin = brackets.slope_a[k] if turn else brackets.a[k]
    if (here > 0.0) != (begin > 0.0):
        brackets.time_b[k] = time
        brackets.b[k] = value
        brackets.slope_b[k] = slope
    else:
        brackets.time_a[k] = time
        brackets.a[k] = value
        brackets.slope_a[k] = slope
