"""Endpoints, gathered step by step from the dense solution.

Every step is added in all patients at once (`gather`), by the values and slopes of outputs at its two ends. Here is
what is seldom needed: a look inside the step where it has an extremum larger than those so far, or crosses a level.
"""

import numpy as np

from speciosa.engine.codes import BELOW, FAR, MEAN, PEAK_TIME, TROUGH_TIME, WIDTH
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import (
    call,
    call_table,
    get_float64,
    get_int64,
    number,
    set_float64,
    set_int64,
    set_number,
)
from speciosa.engine.stepper.lanes import near

_ROOT_STEPS = 40
# how closely a place in a step is found, as a share of the step
_PLACE = 1e-9
# An extremum that the last look moved by less than this share of the step is right to about its fourth power.
_MOVED, _MOST_LOOKS = 1e-2, 4


def clear_endpoints(c: int, lane: int) -> None:
    """Begins the endpoints of a new patient. Where steps are looked into for any of them, all are."""
    looked_into = number(c, at.E_LEVELS) > 0 or number(c, at.V_EVENTS) > 0
    set_float64(c, at.LOOK, lane, -FAR if looked_into else FAR)
    set_int64(c, at.E_WANTED, lane, 0)
    for w in range(number(c, at.E_ROWS)):
        value = 0.0
        if w < number(c, at.E_EXTREMES):
            value = -FAR
        elif w >= number(c, at.E_LEVELS):
            value = np.nan
        set_float64(c, at.E_VALUE, w * WIDTH + lane, value)
        set_float64(c, at.E_TIME, w * WIDTH + lane, np.nan)


def _candidate(c: int, lane: int, w: int, value: float, time: float) -> None:
    """A value, times the sign of its extreme, that the solution has taken."""
    k = w * WIDTH + lane
    if value > get_float64(c, at.E_VALUE, k):
        set_float64(c, at.E_VALUE, k, value)
        set_float64(c, at.E_TIME, k, time)


def observe_present(c: int, lane: int) -> None:
    """After events: the values now may be extreme themselves."""
    time = get_float64(c, at.T, lane)
    close = near(time)
    for w in range(number(c, at.E_EXTREMES)):
        if get_float64(c, at.E_BEGIN, w) - close <= time < get_float64(c, at.E_END, w) - close:
            value = get_float64(c, at.OUT, get_int64(c, at.E_OUTPUT, w) * WIDTH + lane)
            _candidate(c, lane, w, get_float64(c, at.E_SIGN, w) * value, time)
    for w in range(number(c, at.E_LEVELS), number(c, at.E_ROWS)):
        if abs(time - get_float64(c, at.E_BEGIN, w)) <= close:
            value = get_float64(c, at.OUT, get_int64(c, at.E_OUTPUT, w) * WIDTH + lane)
            set_float64(c, at.E_VALUE, w * WIDTH + lane, value)


def open_windows(c: int, lane: int) -> None:
    """After a stop: which outputs are followed until the next, as bits, and which of them for their areas."""
    wanted, areas = 0, 0
    if not get_int64(c, at.SEEKING, lane):
        wanted = _followed(c, lane, 0, number(c, at.E_LEVELS))
        areas = _followed(c, lane, number(c, at.E_EXTREMES), number(c, at.E_AREAS))
    set_int64(c, at.E_WANTED, lane, wanted)
    set_int64(c, at.E_WANTED_AREAS, lane, areas)


def _followed(c: int, lane: int, first: int, last: int) -> int:
    """Outputs whose windows are open from now on, as bits."""
    time, bits = get_float64(c, at.T, lane), 0
    close = near(time)
    for w in range(first, last):
        if get_float64(c, at.E_BEGIN, w) - close <= time < get_float64(c, at.E_END, w) - close:
            bits |= 1 << get_int64(c, at.E_OUTPUT, w) % 62
    return bits


def unknown_now(c: int, halted: int) -> int:
    """Outputs that are asked for and not known as they are now in every halted patient, as bits; all where any may have changed.

    What was followed up to now is known; a dose changes only what depends on the states that it enters, or on their neighbours.
    """
    if number(c, at.TIMES) or number(c, at.DECISIONS):
        return -1
    bits = 0
    for lane in range(WIDTH):
        if not halted >> lane & 1:
            continue
        if get_float64(c, at.FLAG, lane) > 1.0:
            return -1
        if get_int64(c, at.SEEKING, lane):
            continue
        wanted = _followed(c, lane, 0, number(c, at.E_LEVELS))
        known = get_int64(c, at.E_WANTED, lane)
        if get_float64(c, at.FLAG, lane) > 0.0:
            known &= ~number(c, at.TOUCHED)
        bits |= wanted & ~known
        time = get_float64(c, at.T, lane)
        for w in range(number(c, at.E_LEVELS), number(c, at.E_ROWS)):
            if abs(time - get_float64(c, at.E_BEGIN, w)) <= near(time):
                bits |= 1 << get_int64(c, at.E_OUTPUT, w) % 62
    return bits


def followed_by(c: int, lanes: int) -> int:
    """Outputs that are followed in any of some patients, as bits."""
    wanted = 0
    for lane in range(WIDTH):
        if lanes >> lane & 1:
            wanted |= get_int64(c, at.E_WANTED, lane)
    return wanted


def observe_step(c: int, accepted: int) -> None:
    """Adds the accepted steps (bits of `accepted`) to what is followed. Where the model has events, the outputs are known."""
    wanted, areas = 0, 0
    for lane in range(WIDTH):
        if accepted >> lane & 1:
            wanted |= get_int64(c, at.E_WANTED, lane)
            areas |= get_int64(c, at.E_WANTED_AREAS, lane)
            if get_int64(c, at.E_WANTED, lane) == 0:
                accepted &= ~(1 << lane)
    if wanted == 0:
        return
    if areas:
        for lane in range(WIDTH):
            set_float64(c, at.AT, lane, 0.5)
        set_int64(c, at.WANTED, 0, areas)
        call(c, at.INSIDE)
    if number(c, at.V_EVENTS) == 0:
        present(c, wanted)
    set_number(c, at.E_ACCEPTED, accepted)
    if call_table(c, at.GATHER) == 0:
        return
    looks, most = 0, _MOST_LOOKS * number(c, at.E_EXTREMES)
    while _look_inside(c, looks >= most):
        looks += 1
    for w in range(number(c, at.E_EXTREMES), number(c, at.E_LEVELS)):
        closer = get_int64(c, at.E_CLOSER, w)
        if closer:
            set_int64(c, at.WANTED, 0, 1 << get_int64(c, at.E_OUTPUT, w) % 62)
            for lane in range(WIDTH):
                if closer >> lane & 1:
                    _add_part_above(c, lane, w)


def present(c: int, wanted: int) -> None:
    """The outputs asked for, as bits, as they are now; -1 for all."""
    set_int64(c, at.WANTED, 0, wanted)
    call(c, at.PRESENT)


def _slope(c: int, field: int, row: int) -> float:
    """A slope; that of a power at 0, which is 0 times infinity, counts as flat."""
    slope = get_float64(c, field, row)
    return slope if slope - slope == 0.0 else 0.0


def _look_inside(c: int, last: bool) -> bool:
    """Looks at the solution in every lane where an extremum is thought to be. Returns whether there was one."""
    asked, wanted = 0, 0
    for w in range(number(c, at.E_EXTREMES)):
        if get_int64(c, at.E_CLOSER, w):
            wanted |= 1 << get_int64(c, at.E_OUTPUT, w) % 62
        closer = get_int64(c, at.E_CLOSER, w) & ~asked
        if closer:
            for lane in range(WIDTH):
                if closer >> lane & 1:
                    set_float64(c, at.AT, lane, get_float64(c, at.E_PLACE, w * WIDTH + lane))
            asked |= closer
    if asked == 0:
        return False
    set_int64(c, at.WANTED, 0, wanted)
    call(c, at.INSIDE)
    for w in range(number(c, at.E_EXTREMES)):
        closer = get_int64(c, at.E_CLOSER, w)
        if closer:
            for lane in range(WIDTH):
                if closer >> lane & 1 and _look(c, lane, w, last):
                    closer &= ~(1 << lane)
            set_int64(c, at.E_CLOSER, w, closer)
    return True


def _look(c: int, lane: int, w: int, last: bool) -> bool:
    """Finds an extremum by what is seen at a place in the step. Returns whether that is near enough, or has to be.

    There, value and slope are known; the cubic from there to the end of the step on the other side of the extremum says
    where it is and how large.
    """
    row, sign = get_int64(c, at.E_OUTPUT, w) * WIDTH + lane, get_float64(c, at.E_SIGN, w)
    place, length = get_float64(c, at.AT, lane), get_float64(c, at.USED, lane)
    value, slope = (
        sign * get_float64(c, at.SEEN, row),
        sign * _slope(c, at.SEEN_SLOPE, row) * length,
    )
    # how far it is to the end beyond the extremum, and the value and slope there, both seen from here
    left, end, beyond = 1.0 - place, get_float64(c, at.OUT, row), _slope(c, at.SLOPE, row)
    if slope < 0.0:
        left, end, beyond = -place, get_float64(c, at.OUT0, row), _slope(c, at.SLOPE0, row)
    start, finish, end = slope * left, sign * beyond * length * left, sign * end
    share = _cubic_extremum(value, end, start, finish) if slope != 0.0 else 0.0
    place += share * left
    set_float64(c, at.E_PLACE, w * WIDTH + lane, place)
    if abs(share * left) > _MOVED and not last:
        return False
    rest = 1.0 - share
    bend = rest * share * (rest * start - share * finish)
    value += (3.0 - 2.0 * share) * share * share * (end - value) + bend
    _candidate(c, lane, w, value, get_float64(c, at.T0, lane) + place * length)
    return True


def _cubic_extremum(first: float, last: float, start: float, finish: float) -> float:
    """Where the cubic with these values and slopes, of unlike signs, at 0 and 1 has its extremum."""
    a = 3.0 * (start + finish - 2.0 * (last - first))
    b = 2.0 * (3.0 * (last - first) - 2.0 * start - finish)
    root = np.sqrt(max(b * b - 4.0 * a * start, 0.0))
    # the form that does not cancel
    below = -b + root if start > 0.0 else -b - root
    place: float = 2.0 * start / below
    return min(max(place, 0.0), 1.0)


def _add_part_above(c: int, lane: int, w: int) -> None:
    """The part of a step above a level that it crosses."""
    row = get_int64(c, at.E_OUTPUT, w) * WIDTH + lane
    share = _share_above(
        c,
        lane,
        get_int64(c, at.E_OUTPUT, w),
        get_float64(c, at.E_THRESHOLD, w),
        get_float64(c, at.OUT0, row),
        get_float64(c, at.OUT, row),
        _slope(c, at.SLOPE0, row),
        _slope(c, at.SLOPE, row),
    )
    k = w * WIDTH + lane
    set_float64(
        c, at.E_VALUE, k, get_float64(c, at.E_VALUE, k) + share * get_float64(c, at.USED, lane)
    )


def _share_above(
    c: int, lane: int, o: int, level: float, first: float, last: float, start: float, finish: float
) -> float:
    """The share of a step during which an output is above a level."""
    hump = start > 0.0 > finish and max(first, last) <= level
    dip = start < 0.0 < finish and min(first, last) > level
    if not hump and not dip:
        return _monotone(c, lane, o, level, 0.0, 1.0, first, last)
    turn = _root(c, lane, o, 0.0, at.SEEN_SLOPE, 0.0, 1.0, start, finish, _PLACE)
    middle = get_float64(c, at.SEEN, o * WIDTH + lane)
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
        set_float64(c, at.AT, lane, place)
        call(c, at.INSIDE)
        value = get_float64(c, row, o * WIDTH + lane) - level
        if value == 0.0 or abs(place - last) < close:
            break
        if value * fb < 0.0:
            a, fa = b, fb
        else:
            fa *= 0.5
        b, fb = place, value
    return place


def read_endpoint(c: int, lane: int, e: int) -> float:
    """An endpoint of a patient whose follow-up is over; NaN where there was nothing to see."""
    kind, w = get_int64(c, at.E_KIND, e), get_int64(c, at.E_ROW, e)
    value = get_float64(c, at.E_VALUE, w * WIDTH + lane)
    covered = min(get_float64(c, at.T, lane), get_float64(c, at.E_END, w)) - get_float64(
        c, at.E_BEGIN, w
    )
    if w < number(c, at.E_EXTREMES):
        value *= get_float64(c, at.E_SIGN, w)
    if kind == PEAK_TIME or kind == TROUGH_TIME:
        value = get_float64(c, at.E_TIME, w * WIDTH + lane)
    elif kind == MEAN:
        value /= covered
    elif kind == BELOW:
        value = max(covered, 0.0) - value
    return value if abs(value) < FAR else np.nan
