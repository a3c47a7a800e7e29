"""Endpoints, gathered step by step from the dense solution.

Every step is added in all patients at once (`gather`), by the values and slopes of outputs at its two ends. Here is
what is seldom needed: a look inside the step where it has an extremum larger than those so far, or crosses a level.
"""

import numpy as np

from speciosa.engine.codes import BELOW, FAR, MEAN, PEAK_TIME, TROUGH_TIME, WIDTH
from speciosa.engine.compiler.by_address import LaneFloats
from speciosa.engine.dosing import near
from speciosa.engine.stepper.loop import Loop

_ROOT_STEPS = 40
# how closely a place in a step is found, as a share of the step
_PLACE = 1e-9
# An extremum that the last look moved by less than this share of the step is right to about its fourth power.
_MOVED, _MOST_LOOKS = 1e-2, 4


def clear_endpoints(c: Loop, lane: int) -> None:
    """Begins the endpoints of a new patient. Where steps are looked into for any of them, all are."""
    looked_into = c.followed.levels > 0 or c.triggers.events > 0
    c.space.look[lane] = -FAR if looked_into else FAR
    c.followed.wanted[lane] = 0
    c.followed.since[lane] = -2
    for w in range(c.followed.rows):
        value = 0.0
        if w < c.followed.extremes:
            value = -FAR
        elif w >= c.followed.levels:
            value = np.nan
        c.followed.value[w, lane] = value
        c.followed.time[w, lane] = np.nan


def _candidate(c: Loop, lane: int, w: int, value: float, time: float) -> None:
    """A value, times the sign of its extreme, that the solution has taken."""
    if value > c.followed.value[w, lane]:
        c.followed.value[w, lane] = value
        c.followed.time[w, lane] = time


def observe_present(c: Loop, lane: int) -> None:
    """After events: the values now may be extreme themselves."""
    time = c.space.t[lane]
    close = near(time)
    for w in range(c.followed.extremes):
        if c.watch.begin[w] - close <= time < c.watch.end[w] - close:
            value = c.space.out[c.watch.output[w], lane]
            _candidate(c, lane, w, c.followed.sign[w] * value, time)
    for w in range(c.followed.levels, c.followed.rows):
        if abs(time - c.watch.begin[w]) <= close:
            value = c.space.out[c.watch.output[w], lane]
            c.followed.value[w, lane] = value


def open_windows(c: Loop, lane: int) -> None:
    """After a stop: what is followed until the next, and the outputs of that, as bits, and which of them for their areas.

    Windows open and close at halts, so between two of them what is followed stays as it is.
    """
    seeking = c.search.seeking[lane]
    since = -1 if seeking else c.lanes.halt[lane]
    if since == c.followed.since[lane]:
        return
    c.followed.since[lane] = since
    wanted, areas = 0, 0
    time, here = c.space.t[lane], 1 << lane
    close = near(time)
    for w in range(c.followed.levels):
        lanes = c.followed.open[w] & ~here
        if not seeking and c.watch.begin[w] - close <= time < c.watch.end[w] - close:
            lanes |= here
            bit = 1 << c.watch.output[w] % 62
            wanted |= bit
            if c.followed.extremes <= w < c.followed.areas:
                areas |= bit
        c.followed.open[w] = lanes
    c.followed.wanted[lane] = wanted
    c.followed.wanted_areas[lane] = areas


def _followed(c: Loop, lane: int) -> int:
    """Outputs whose windows are open from now on, as bits."""
    time, bits = c.space.t[lane], 0
    close = near(time)
    for w in range(c.followed.levels):
        if c.watch.begin[w] - close <= time < c.watch.end[w] - close:
            bits |= 1 << c.watch.output[w] % 62
    return bits


def unknown_now(c: Loop, halted: int) -> int:
    """Outputs that are asked for and not known as they are now in every halted patient, as bits; all where any may have changed.

    What was followed up to now is known; a dose changes only what depends on the states that it enters, or on their neighbours.
    """
    if c.size.times or c.size.decisions:
        return -1
    bits = 0
    for lane in range(WIDTH):
        if not halted >> lane & 1:
            continue
        if c.space.flag[lane] > 1.0:
            return -1
        if c.search.seeking[lane]:
            continue
        wanted = known = c.followed.wanted[lane]
        time, next_halt = c.space.t[lane], c.lanes.halt[lane]
        moved = c.observed.halts[next_halt] <= time + near(time)
        if moved or c.followed.since[lane] != next_halt:
            wanted = _followed(c, lane)
        if c.space.flag[lane] > 0.0:
            known &= ~c.followed.touched
        bits |= wanted & ~known
        for w in range(c.followed.levels, c.followed.rows):
            if abs(time - c.watch.begin[w]) <= near(time):
                bits |= 1 << c.watch.output[w] % 62
    return bits


def followed_by(c: Loop, lanes: int) -> int:
    """Outputs that are followed in any of some patients, as bits."""
    wanted = 0
    for lane in range(WIDTH):
        if lanes >> lane & 1:
            wanted |= c.followed.wanted[lane]
    return wanted


def observe_step(c: Loop, accepted: int) -> None:
    """Adds the accepted steps (bits of `accepted`) to what is followed. Where the model has events, the outputs are known."""
    wanted, areas = 0, 0
    for lane in range(WIDTH):
        if accepted >> lane & 1:
            wanted |= c.followed.wanted[lane]
            areas |= c.followed.wanted_areas[lane]
            if c.followed.wanted[lane] == 0:
                accepted &= ~(1 << lane)
    if wanted == 0:
        return
    if areas:
        for lane in range(WIDTH):
            c.space.at[lane] = 0.5
        c.space.wanted[0] = areas
        c.kernel.sample(c.space.memory)
    if c.triggers.events == 0:
        present(c, wanted)
    if c.followed.gather(c, accepted) == 0:
        return
    looks, most = 0, _MOST_LOOKS * c.followed.extremes
    while _look_inside(c, looks >= most):
        looks += 1
    for w in range(c.followed.extremes, c.followed.levels):
        closer = c.followed.closer[w]
        if closer:
            c.space.wanted[0] = 1 << c.watch.output[w] % 62
            for lane in range(WIDTH):
                if closer >> lane & 1:
                    _add_part_above(c, lane, w)


def present(c: Loop, wanted: int) -> None:
    """The outputs asked for, as bits, as they are now; -1 for all."""
    c.space.wanted[0] = wanted
    c.kernel.present(c.space.memory)


def _slope(slopes: LaneFloats, o: int, lane: int) -> float:
    """A slope; that of a power at 0, which is 0 times infinity, counts as flat."""
    slope = slopes[o, lane]
    return slope if slope - slope == 0.0 else 0.0


def _look_inside(c: Loop, last: bool) -> bool:
    """Looks at the solution in every lane where an extremum is thought to be. Returns whether there was one."""
    asked, wanted = 0, 0
    for w in range(c.followed.extremes):
        if c.followed.closer[w]:
            wanted |= 1 << c.watch.output[w] % 62
        closer = c.followed.closer[w] & ~asked
        if closer:
            for lane in range(WIDTH):
                if closer >> lane & 1:
                    c.space.at[lane] = c.followed.place[w, lane]
            asked |= closer
    if asked == 0:
        return False
    c.space.wanted[0] = wanted
    c.kernel.inside(c.space.memory)
    for w in range(c.followed.extremes):
        closer = c.followed.closer[w]
        if closer:
            for lane in range(WIDTH):
                if closer >> lane & 1 and _look(c, lane, w, last):
                    closer &= ~(1 << lane)
            c.followed.closer[w] = closer
    return True


def _look(c: Loop, lane: int, w: int, last: bool) -> bool:
    """Finds an extremum by what is seen at a place in the step. Returns whether that is near enough, or has to be.

    There, value and slope are known; the cubic from there to the end of the step on the other side of the extremum says
    where it is and how large.
    """
    o, sign = c.watch.output[w], c.followed.sign[w]
    place, length = c.space.at[lane], c.space.used[lane]
    value, slope = (
        sign * c.space.seen[o, lane],
        sign * _slope(c.space.seen_slope, o, lane) * length,
    )
    # how far it is to the end beyond the extremum, and the value and slope there, both seen from here
    left, end, beyond = 1.0 - place, c.space.out[o, lane], _slope(c.space.slope, o, lane)
    if slope < 0.0:
        left, end, beyond = -place, c.space.out0[o, lane], _slope(c.space.slope0, o, lane)
    start, finish, end = slope * left, sign * beyond * length * left, sign * end
    share = _cubic_extremum(value, end, start, finish) if slope != 0.0 else 0.0
    place += share * left
    c.followed.place[w, lane] = place
    if abs(share * left) > _MOVED and not last:
        return False
    rest = 1.0 - share
    bend = rest * share * (rest * start - share * finish)
    value += (3.0 - 2.0 * share) * share * share * (end - value) + bend
    _candidate(c, lane, w, value, c.space.t0[lane] + place * length)
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


def _add_part_above(c: Loop, lane: int, w: int) -> None:
    """The part of a step above a level that it crosses."""
    o = c.watch.output[w]
    share = _share_above(
        c,
        lane,
        o,
        c.watch.level[w],
        c.space.out0[o, lane],
        c.space.out[o, lane],
        _slope(c.space.slope0, o, lane),
        _slope(c.space.slope, o, lane),
    )
    c.followed.value[w, lane] += share * c.space.used[lane]


def _share_above(
    c: Loop, lane: int, o: int, level: float, first: float, last: float, start: float, finish: float
) -> float:
    """The share of a step during which an output is above a level."""
    hump = start > 0.0 > finish and max(first, last) <= level
    dip = start < 0.0 < finish and min(first, last) > level
    if not hump and not dip:
        return _monotone(c, lane, o, level, 0.0, 1.0, first, last)
    turn = _root(c, lane, o, 0.0, c.space.seen_slope, 0.0, 1.0, start, finish, _PLACE)
    middle = c.space.seen[o, lane]
    left = _monotone(c, lane, o, level, 0.0, turn, first, middle)
    return left + _monotone(c, lane, o, level, turn, 1.0, middle, last)


def _monotone(
    c: Loop, lane: int, o: int, level: float, a: float, b: float, first: float, last: float
) -> float:
    """The part of [a, b] above a level, for an output that crosses it once or not."""
    if first > level and last > level:
        return b - a
    if first <= level and last <= level:
        return 0.0
    place = _root(c, lane, o, level, c.space.seen, a, b, first - level, last - level, _PLACE)
    return b - place if last > level else place - a


def _root(
    c: Loop,
    lane: int,
    o: int,
    level: float,
    seen: LaneFloats,
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
        c.space.at[lane] = place
        c.kernel.inside(c.space.memory)
        value = seen[o, lane] - level
        if value == 0.0 or abs(place - last) < close:
            break
        if value * fb < 0.0:
            a, fa = b, fb
        else:
            fa *= 0.5
        b, fb = place, value
    return place


def read_endpoint(c: Loop, lane: int, e: int) -> float:
    """An endpoint of a patient whose follow-up is over; NaN where there was nothing to see."""
    kind, w = c.watch.kind[e], c.watch.row[e]
    value = c.followed.value[w, lane]
    covered = min(c.space.t[lane], c.watch.end[w]) - c.watch.begin[w]
    if w < c.followed.extremes:
        value *= c.followed.sign[w]
    if kind == PEAK_TIME or kind == TROUGH_TIME:
        value = c.followed.time[w, lane]
    elif kind == MEAN:
        value /= covered
    elif kind == BELOW:
        value = max(covered, 0.0) - value
    return value if abs(value) < FAR else np.nan
