"""Endpoints, gathered step by step from the dense solution.

A step is examined by the values and slopes of an output at its two ends: a slope that changes sign means an extremum
inside, which is then located on the interpolant; an area is integrated by the rule of order 6 that takes the values and
slopes at the ends and the value in the middle.
"""

import numpy as np

from speciosa.engine import field as at
from speciosa.engine.access import call, number, put, put_whole, real, whole
from speciosa.engine.codes import ABOVE, AREA, AT, MEAN, PEAK_TIME, TROUGH_TIME, WIDTH
from speciosa.engine.lanes import near

_ROOT_STEPS = 40
# A place this wrong, as a share of the step, makes an extremum wrong by its square.
_CLOSE = 2e-4
# how closely a place in a step is found, as a share of the step
_PLACE, _PLACE_OF_VALUE = 1e-9, 3e-4


def clear_endpoints(c: int, lane: int) -> None:
    """Begins the endpoints of a new patient."""
    count = number(c, at.ENDPOINTS)
    for e in range(count):
        kind = whole(c, at.E_KIND, e)
        value = 0.0
        if kind <= PEAK_TIME:
            value = -np.inf
        elif kind <= TROUGH_TIME:
            value = np.inf
        elif kind == AT:
            value = np.nan
        put(c, at.E_VALUE, lane * count + e, value)
        put(c, at.E_EXACT, lane * count + e, value)
        put(c, at.E_TIME, lane * count + e, np.nan)
        put_whole(c, at.E_PENDING, lane * count + e, 0)


def _candidate(c: int, lane: int, e: int, value: float, time: float) -> None:
    """A value that the solution has taken for certain."""
    k = lane * number(c, at.ENDPOINTS) + e
    sign = 1.0 if whole(c, at.E_KIND, e) <= PEAK_TIME else -1.0
    if sign * (value - real(c, at.E_EXACT, k)) > 0.0:
        put(c, at.E_EXACT, k, value)
        put(c, at.E_EXACT_TIME, k, time)
    if sign * (value - real(c, at.E_VALUE, k)) > 0.0:
        put(c, at.E_VALUE, k, value)
        put(c, at.E_TIME, k, time)
        put_whole(c, at.E_PENDING, k, 0)


def _slope(c: int, field: int, row: int) -> float:
    """A slope; that of a power at 0, which is 0 times infinity, counts as flat."""
    slope = real(c, field, row)
    return slope if slope - slope == 0.0 else 0.0


def observe_present(c: int, lane: int) -> None:
    """After events: the values now may be extreme themselves."""
    time = real(c, at.T, lane)
    close = near(time)
    count = number(c, at.ENDPOINTS)
    for e in range(count):
        kind, begin = whole(c, at.E_KIND, e), real(c, at.E_BEGIN, e)
        value = real(c, at.OUT, whole(c, at.E_OUTPUT, e) * WIDTH + lane)
        if kind == AT:
            if abs(time - begin) <= close:
                put(c, at.E_VALUE, lane * count + e, value)
        elif kind <= TROUGH_TIME and begin - close <= time < real(c, at.E_END, e) - close:
            _candidate(c, lane, e, value, time)


def observe_step(c: int, accepted: int) -> None:
    """Adds the accepted steps (bits of `accepted`) to the endpoints of their windows."""
    areas = False
    for e in range(number(c, at.ENDPOINTS)):
        kind = whole(c, at.E_KIND, e)
        if kind == AREA or kind == MEAN:
            for lane in range(WIDTH):
                areas = areas or (accepted >> lane & 1 > 0 and _in_window(c, lane, e))
    if areas:
        for lane in range(WIDTH):
            put(c, at.AT, lane, 0.5)
        call(c, at.SAMPLE)
        for lane in range(WIDTH):
            if accepted >> lane & 1:
                _add_middle(c, lane)
    call(c, at.PRESENT)
    for lane in range(WIDTH):
        if accepted >> lane & 1:
            for e in range(number(c, at.ENDPOINTS)):
                if whole(c, at.E_KIND, e) != AT and _in_window(c, lane, e):
                    _examine(c, lane, e)


def _in_window(c: int, lane: int, e: int) -> bool:
    begin, end = real(c, at.T0, lane), real(c, at.T, lane)
    opens, closes = real(c, at.E_BEGIN, e), real(c, at.E_END, e)
    return begin >= opens - near(begin) and end <= closes + near(end)


def _add_middle(c: int, lane: int) -> None:
    """The middle's part of the area of a step."""
    count = number(c, at.ENDPOINTS)
    for e in range(count):
        kind = whole(c, at.E_KIND, e)
        if (kind == AREA or kind == MEAN) and _in_window(c, lane, e):
            value = real(c, at.SEEN, whole(c, at.E_OUTPUT, e) * WIDTH + lane)
            _add(c, lane, e, 16.0 / 30.0 * real(c, at.USED, lane) * value)


def _add(c: int, lane: int, e: int, value: float) -> None:
    k = lane * number(c, at.ENDPOINTS) + e
    put(c, at.E_VALUE, k, real(c, at.E_VALUE, k) + value)


def _examine(c: int, lane: int, e: int) -> None:
    """One accepted step and one endpoint whose window it lies in."""
    kind, o = whole(c, at.E_KIND, e), whole(c, at.E_OUTPUT, e)
    row = o * WIDTH + lane
    first, last = real(c, at.OUT0, row), real(c, at.OUT, row)
    start, finish = _slope(c, at.SLOPE0, row), _slope(c, at.SLOPE, row)
    begin, length = real(c, at.T0, lane), real(c, at.USED, lane)
    if kind <= TROUGH_TIME:
        sign = 1.0 if kind <= PEAK_TIME else -1.0
        if sign * start > 0.0 > sign * finish:
            _extremum(c, lane, e, sign, first, last, start * length, finish * length)
        _candidate(c, lane, e, last, begin + length)
    elif kind == AREA or kind == MEAN:
        ends = 7.0 * (first + last) / 30.0 + length * (start - finish) / 60.0
        _add(c, lane, e, length * ends)
    else:
        threshold = real(c, at.E_THRESHOLD, e)
        above = _share_above(c, lane, o, threshold, first, last, start, finish)
        _add(c, lane, e, length * (above if kind == ABOVE else 1.0 - above))


def _extremum(
    c: int, lane: int, e: int, sign: float, first: float, last: float, start: float, finish: float
) -> None:
    """An extremum inside a step, `start` and `finish` its slopes per step, if it is the largest so far.

    The cubic through values and slopes at the ends says where it is and how large. The step is kept, so that the
    solution itself is looked at only where the extremum still stands at the end.
    """
    place = _cubic_extremum(first, last, start, finish)
    rest = 1.0 - place
    bend = rest * rest * place * start - rest * place * place * finish
    value = first + (3.0 - 2.0 * place) * place * place * (last - first) + bend
    k = lane * number(c, at.ENDPOINTS) + e
    if not sign * (value - real(c, at.E_VALUE, k)) > 0.0:
        return
    put(c, at.E_VALUE, k, value)
    put(c, at.E_PLACE, k, place)
    put_whole(c, at.E_PENDING, k, 1)
    rows = number(c, at.STEP_ROWS)
    for row in range(rows):
        put(c, at.E_STEP, k * rows + row, real(c, at.T0, row * WIDTH + lane))


def settle(c: int, lane: int) -> None:
    """Looks at the solution where an extremum was seen, before the patient's constants change or it is done with.

    The last step of the lane is lost.
    """
    rows = number(c, at.STEP_ROWS)
    for e in range(number(c, at.ENDPOINTS)):
        k = lane * number(c, at.ENDPOINTS) + e
        if not whole(c, at.E_PENDING, k):
            continue
        put_whole(c, at.E_PENDING, k, 0)
        for row in range(rows):
            put(c, at.T0, row * WIDTH + lane, real(c, at.E_STEP, k * rows + row))
        o = whole(c, at.E_OUTPUT, e)
        place = _flat_place(c, lane, o, real(c, at.E_PLACE, k))
        sign = 1.0 if whole(c, at.E_KIND, e) <= PEAK_TIME else -1.0
        put(c, at.E_VALUE, k, real(c, at.E_EXACT, k))
        put(c, at.E_TIME, k, real(c, at.E_EXACT_TIME, k))
        value = real(c, at.SEEN, o * WIDTH + lane)
        if sign * (value - real(c, at.E_EXACT, k)) > 0.0:
            put(c, at.E_VALUE, k, value)
            put(c, at.E_TIME, k, real(c, at.T0, lane) + place * real(c, at.USED, lane))


def _slope_at(c: int, lane: int, o: int, place: float) -> float:
    put(c, at.AT, lane, place)
    call(c, at.INSIDE)
    return real(c, at.SEEN_SLOPE, o * WIDTH + lane)


def _flat_place(c: int, lane: int, o: int, guess: float) -> float:
    """Where near a guess the slope of an output is zero; the output is left there."""
    a, b = 0.0, 1.0
    fa, fb = _slope_at(c, lane, o, a), _slope_at(c, lane, o, b)
    place = guess
    for _ in range(_ROOT_STEPS):
        slope = _slope_at(c, lane, o, place)
        if slope * fb > 0.0:
            b, fb = place, slope
        else:
            a, fa = place, slope
        following = a + (b - a) * fa / (fa - fb)
        if slope == 0.0 or not abs(following - place) >= _CLOSE:
            break
        place = following
    return place


def _cubic_extremum(first: float, last: float, start: float, finish: float) -> float:
    """Where the cubic with these values and slopes, of unlike signs, at 0 and 1 has its extremum."""
    a = 3.0 * (start + finish - 2.0 * (last - first))
    b = 2.0 * (3.0 * (last - first) - 2.0 * start - finish)
    root = np.sqrt(max(b * b - 4.0 * a * start, 0.0))
    # the form that does not cancel
    below = -b + root if start > 0.0 else -b - root
    place: float = 2.0 * start / below
    return min(max(place, 0.0), 1.0)


def _share_above(
    c: int, lane: int, o: int, level: float, first: float, last: float, start: float, finish: float
) -> float:
    """The share of a step during which an output is above a level."""
    hump = start > 0.0 > finish and max(first, last) <= level
    dip = start < 0.0 < finish and min(first, last) > level
    if not hump and not dip:
        return _monotone(c, lane, o, level, 0.0, 1.0, first, last)
    turn = _root(c, lane, o, 0.0, at.SEEN_SLOPE, 0.0, 1.0, start, finish, _PLACE)
    middle = real(c, at.SEEN, o * WIDTH + lane)
    left = _monotone(c, lane, o, level, 0.0, turn, first, middle)
    return left + _monotone(c, lane, o, level, turn, 1.0, middle, last)


def _monotone(
    c: int, lane: int, o: int, level: float, a: float, b: float, first: float, last: float
) -> float:
    """The part of [a, b] above a level, for an output that crosses it once or not."""
    if first > level and last > level:
        return b - a
    if first <= level and last <= level:
        return 0.0
    place = _root(c, lane, o, level, at.SEEN, a, b, first - level, last - level, _PLACE)
    return b - place if last > level else place - a


def _root(
    c: int,
    lane: int,
    o: int,
    level: float,
    row: int,
    a: float,
    b: float,
    fa: float,
    fb: float,
    close: float,
) -> float:
    """Where in a step an output reaches a level, or its slope is zero, by the Illinois rule; the output is left there."""
    place = b
    for _ in range(_ROOT_STEPS):
        last = place
        place = (a * fb - b * fa) / (fb - fa)
        place = min(max(place, min(a, b)), max(a, b))
        put(c, at.AT, lane, place)
        call(c, at.INSIDE)
        value = real(c, row, o * WIDTH + lane) - level
        if value == 0.0 or abs(place - last) < close:
            break
        if value * fb < 0.0:
            a, fa = b, fb
        else:
            fa *= 0.5
        b, fb = place, value
    return place
