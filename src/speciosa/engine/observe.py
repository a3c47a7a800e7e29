"""Endpoints, gathered step by step from the dense solution.

A step is examined by the values and slopes of an output at its two ends: a slope that changes sign means an extremum
inside, which is then located on the interpolant; an area is integrated by the rule of order 6 that takes the values and
slopes at the ends and the value in the middle.
"""

import numpy as np

from speciosa.engine import field as at
from speciosa.engine.access import call, number, put, real, whole
from speciosa.engine.codes import ABOVE, AREA, AT, MEAN, PEAK_TIME, TROUGH_TIME, WIDTH
from speciosa.engine.lanes import near

_ROOT_STEPS = 40
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
        put(c, at.E_TIME, lane * count + e, np.nan)


def _candidate(c: int, lane: int, e: int, value: float, time: float) -> None:
    k = lane * number(c, at.ENDPOINTS) + e
    best = real(c, at.E_VALUE, k)
    if (value > best) if whole(c, at.E_KIND, e) <= PEAK_TIME else (value < best):
        put(c, at.E_VALUE, k, value)
        put(c, at.E_TIME, k, time)


def _copy_ends(c: int, lane: int, values: int, slopes: int) -> None:
    outputs = number(c, at.OUTPUTS)
    for o in range(outputs):
        put(c, values, lane * outputs + o, real(c, at.OUT, o * WIDTH + lane))
        slope = real(c, at.SLOPE, o * WIDTH + lane)
        # a power at 0 has a slope of 0 times infinity: taken as flat
        put(c, slopes, lane * outputs + o, slope if slope - slope == 0.0 else 0.0)


def observe_present(c: int, lane: int) -> None:
    """After events: the values now begin the next step, and may be extreme themselves."""
    _copy_ends(c, lane, at.G0, at.D0)
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
    if number(c, at.AREAS):
        for lane in range(WIDTH):
            put(c, at.AT, lane, 0.5)
        call(c, at.SAMPLE)
        for lane in range(WIDTH):
            if accepted >> lane & 1:
                _add_middle(c, lane)
    call(c, at.PRESENT)
    for lane in range(WIDTH):
        if accepted >> lane & 1:
            _copy_ends(c, lane, at.G1, at.D1)
    for lane in range(WIDTH):
        if accepted >> lane & 1:
            for e in range(number(c, at.ENDPOINTS)):
                if whole(c, at.E_KIND, e) != AT and _in_window(c, lane, e):
                    _examine(c, lane, e)
            outputs = number(c, at.OUTPUTS)
            for k in range(lane * outputs, (lane + 1) * outputs):
                put(c, at.G0, k, real(c, at.G1, k))
                put(c, at.D0, k, real(c, at.D1, k))


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
            value = real(c, at.OUT, whole(c, at.E_OUTPUT, e) * WIDTH + lane)
            _add(c, lane, e, 16.0 / 30.0 * real(c, at.USED, lane) * value)


def _add(c: int, lane: int, e: int, value: float) -> None:
    k = lane * number(c, at.ENDPOINTS) + e
    put(c, at.E_VALUE, k, real(c, at.E_VALUE, k) + value)


def _examine(c: int, lane: int, e: int) -> None:
    """One accepted step and one endpoint whose window it lies in."""
    kind, o = whole(c, at.E_KIND, e), whole(c, at.E_OUTPUT, e)
    k = lane * number(c, at.OUTPUTS) + o
    first, last = real(c, at.G0, k), real(c, at.G1, k)
    start, finish = real(c, at.D0, k), real(c, at.D1, k)
    begin, length = real(c, at.T0, lane), real(c, at.USED, lane)
    if kind <= TROUGH_TIME:
        sign = 1.0 if kind <= PEAK_TIME else -1.0
        if sign * start > 0.0 > sign * finish:
            # a hump lies below the crossing of the tangents at its ends
            bound = first + start * (last - first - finish * length) / (start - finish)
            best = real(c, at.E_VALUE, lane * number(c, at.ENDPOINTS) + e)
            if sign * bound > sign * best:
                # a value is flat about its extremum: its error is the square of the place's
                close = _PLACE if kind == PEAK_TIME or kind == TROUGH_TIME else _PLACE_OF_VALUE
                place = _root(c, lane, o, 0.0, at.SLOPE, 0.0, 1.0, start, finish, close)
                value = real(c, at.OUT, o * WIDTH + lane)
                _candidate(c, lane, e, value, begin + place * length)
        _candidate(c, lane, e, last, begin + length)
    elif kind == AREA or kind == MEAN:
        ends = 7.0 * (first + last) / 30.0 + length * (start - finish) / 60.0
        _add(c, lane, e, length * ends)
    else:
        threshold = real(c, at.E_THRESHOLD, e)
        above = _share_above(c, lane, o, threshold, first, last, start, finish)
        _add(c, lane, e, length * (above if kind == ABOVE else 1.0 - above))


def _share_above(
    c: int, lane: int, o: int, level: float, first: float, last: float, start: float, finish: float
) -> float:
    """The share of a step during which an output is above a level."""
    hump = start > 0.0 > finish and max(first, last) <= level
    dip = start < 0.0 < finish and min(first, last) > level
    if not hump and not dip:
        return _monotone(c, lane, o, level, 0.0, 1.0, first, last)
    turn = _root(c, lane, o, 0.0, at.SLOPE, 0.0, 1.0, start, finish, _PLACE)
    middle = real(c, at.OUT, o * WIDTH + lane)
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
    place = _root(c, lane, o, level, at.OUT, a, b, first - level, last - level, _PLACE)
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
