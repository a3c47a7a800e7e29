"""Events of the model in a running simulation: when their conditions come to hold, what waits, and what is done.

After each step the gaps of all comparisons are known at both ends. Where one has changed its sides, or by the cubic through
values and slopes has touched the other side in between, the place is found on the solution and the step is taken again up to
there. At that stop the comparison is held to have changed (`V_FORCE`), so that rounding cannot make it change twice; any other
comparison is judged anew only where its gap has jumped.
"""

from speciosa.engine.codes import FAR, MOST_AT_ONCE, MOST_WAITING, WIDTH
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import (
    call,
    get_float64,
    get_int64,
    number,
    set_float64,
    set_int64,
)
from speciosa.engine.stepper.lanes import near
from speciosa.engine.stepper.observe import present

_TRIES = 200
_CLOSE = 1e-2
# A cubic leaves the range of its ends by at most a quarter of its steeper slope.
_MOST_BEND = 0.25
_NOWHERE = 2.0
# An event that so often came back sooner than the time before, and at last so soon, comes back without end before some time.
_MOST_SHRUNK, _SOON = 8, 1e-8


def clear_triggers(c: int, lane: int) -> None:
    """Begins the events of a new patient."""
    for e in range(number(c, at.V_EVENTS)):
        set_int64(c, at.V_TRUE, e * WIDTH + lane, get_int64(c, at.V_INITIALLY, e))
        set_int64(c, at.V_SHRUNK, e * WIDTH + lane, 0)
        set_float64(c, at.V_ACTED, e * WIDTH + lane, -FAR)
        set_float64(c, at.V_SINCE, e * WIDTH + lane, FAR)
    for r in range(number(c, at.V_COMPARED)):
        set_int64(c, at.V_FORCE, r * WIDTH + lane, 0)
        set_float64(c, at.V_LAST, r * WIDTH + lane, FAR)
        set_float64(c, at.JUDGED, r * WIDTH + lane, 0.0)
    set_int64(c, at.V_FRESH, lane, 1)
    set_int64(c, at.V_LANDING, lane, 0)
    set_int64(c, at.V_WAITING, lane, 0)
    set_int64(c, at.V_DONE, lane, 0)
    set_float64(c, at.V_DONE_AT, lane, -FAR)


def next_action(c: int, lane: int) -> float:
    """When the next event that was set off acts."""
    best = FAR
    for k in range(lane * MOST_WAITING, lane * MOST_WAITING + get_int64(c, at.V_WAITING, lane)):
        best = min(best, get_float64(c, at.V_DUE, k))
    return best


def _holds(sign: int, gap: float) -> bool:
    """Whether a comparison holds, by its place in `triggers.SIGNS`."""
    if sign == 0:
        return gap < 0.0
    if sign == 1:
        return gap <= 0.0
    if sign == 2:
        return gap > 0.0
    if sign == 3:
        return gap >= 0.0
    return gap == 0.0 if sign == 4 else gap != 0.0


def _differs(c: int, lane: int, r: int, gap: float) -> bool:
    """Whether a comparison is not as it is held, at some gap."""
    held = get_float64(c, at.JUDGED, r * WIDTH + lane) > 0.5
    return _holds(get_int64(c, at.V_SIGN, r), gap) != held


def locate(c: int, accepted: int, halted: int) -> int:
    """Looks for comparisons that change within the accepted steps. Steps in which one does are taken back, to end where it does.

    Returns whose step is taken again, and shifted by `WIDTH` who is there already and halts.
    """
    again, there = 0, 0
    for lane in range(WIDTH):
        if not accepted >> lane & 1:
            continue
        place = _NOWHERE
        if not (get_int64(c, at.V_LANDING, lane) and halted >> lane & 1):
            place = _first_change(c, lane)
        if place > 1.0:
            for r in range(number(c, at.V_COMPARED)):
                gap = get_float64(c, at.OUT, (number(c, at.V_GAP) + r) * WIDTH + lane)
                set_float64(c, at.V_LAST, r * WIDTH + lane, gap)
            continue
        begin, used = get_float64(c, at.T0, lane), get_float64(c, at.USED, lane)
        set_int64(c, at.V_LANDING, lane, 1)
        if (1.0 - place) * used <= near(begin + used):
            set_float64(c, at.STOP, lane, get_float64(c, at.T, lane))
            there |= 1 << lane
            continue
        _take_back(c, lane)
        if place * used <= near(begin):
            set_float64(c, at.STOP, lane, begin)
            there |= 1 << lane
        else:
            set_float64(c, at.STOP, lane, begin + place * used)
            set_float64(c, at.H, lane, place * used)
        again |= 1 << lane
    if again:
        call(c, at.START)
        for lane in range(WIDTH):
            if again >> lane & 1:
                set_float64(c, at.FLAG, lane, 0.0)
    return again | there << WIDTH


def _take_back(c: int, lane: int) -> None:
    """Returns a patient to the begin of the last step."""
    for i in range(number(c, at.STATES)):
        set_float64(c, at.Y, i * WIDTH + lane, get_float64(c, at.Y0, i * WIDTH + lane))
    set_float64(c, at.T, lane, get_float64(c, at.T0, lane))
    outputs, first = number(c, at.OUTPUTS), number(c, at.V_GAP)
    for i in range(outputs + number(c, at.V_COMPARED)):
        value = i if i < outputs else first + i - outputs
        before = get_float64(c, at.OUT0, i * WIDTH + lane)
        set_float64(c, at.OUT, value * WIDTH + lane, before)
        set_float64(c, at.SLOPE, i * WIDTH + lane, get_float64(c, at.SLOPE0, i * WIDTH + lane))
    set_float64(c, at.FLAG, lane, 1.0)


def _first_change(c: int, lane: int) -> float:
    """Where in the last step a comparison changes first, as a share of the step; marks those that change there."""
    first = _NOWHERE
    used, close = get_float64(c, at.USED, lane), near(get_float64(c, at.T, lane))
    for r in range(number(c, at.V_COMPARED)):
        set_int64(c, at.V_FORCE, r * WIDTH + lane, 0)
        place = _NOWHERE
        gap = get_float64(c, at.OUT, (number(c, at.V_GAP) + r) * WIDTH + lane)
        if get_int64(c, at.V_SIGN, r) != 4:
            if _differs(c, lane, r, gap):
                place = _between(c, lane, r, 1.0, gap)
            else:
                place = _touch(c, lane, r, gap)
        set_float64(c, at.V_PLACE, r * WIDTH + lane, place)
        first = min(first, place)
    for r in range(number(c, at.V_COMPARED)):
        place = get_float64(c, at.V_PLACE, r * WIDTH + lane)
        if place <= 1.0 and (place - first) * used <= close:
            set_int64(c, at.V_FORCE, r * WIDTH + lane, 1)
    return first


def _gap_at(c: int, lane: int, r: int, place: float) -> float:
    """The gap of a comparison at a place in the last step."""
    set_float64(c, at.AT, lane, place)
    set_int64(c, at.WANTED, 0, number(c, at.V_GAP_BITS))
    call(c, at.INSIDE)
    return get_float64(c, at.SEEN, (number(c, at.V_GAP) + r) * WIDTH + lane)


def _between(c: int, lane: int, r: int, high: float, above: float) -> float:
    """Where a comparison changes that has changed at `high`: by the Illinois rule, every third time by halving."""
    low, below = 0.0, get_float64(c, at.OUT0, (number(c, at.OUTPUTS) + r) * WIDTH + lane)
    used = get_float64(c, at.USED, lane)
    close = _CLOSE * near(get_float64(c, at.T, lane))
    for i in range(_TRIES):
        if (high - low) * used <= close or high - low <= 1e-16:
            break
        middle = 0.5 * (low + high)
        if i % 3 != 2 and below * above < 0.0:
            middle = (low * above - high * below) / (above - below)
            # a little beyond, so that both ends close in
            middle = min(max(middle, low + 1e-3 * (high - low)), high - 1e-3 * (high - low))
        gap = _gap_at(c, lane, r, middle)
        if _differs(c, lane, r, gap):
            high, above = middle, gap
        else:
            low, below = middle, gap
    return high


def _touch(c: int, lane: int, r: int, last: float) -> float:
    """Where a comparison changes that is at the end of the step as at its begin, and not in between; beyond 1 if nowhere."""
    row, used = (number(c, at.OUTPUTS) + r) * WIDTH + lane, get_float64(c, at.USED, lane)
    first = get_float64(c, at.OUT0, row)
    start, finish = get_float64(c, at.SLOPE0, row) * used, get_float64(c, at.SLOPE, row) * used
    side = 1.0 if last > 0.0 else -1.0
    if not (side * start < 0.0 < side * finish):
        return _NOWHERE
    least = min(side * first, side * last) - _MOST_BEND * max(-side * start, side * finish)
    if least > 0.0:
        return _NOWHERE
    # the place of the extremum, by halving on the slope
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        gap = _gap_at(c, lane, r, middle)
        if _differs(c, lane, r, gap):
            return _between(c, lane, r, middle, gap)
        if side * get_float64(c, at.SEEN_SLOPE, row) < 0.0:
            low = middle
        else:
            high = middle
        if (high - low) * used <= near(get_float64(c, at.T, lane)):
            break
    return _NOWHERE


def set_off(c: int, halted: int) -> int:
    """All events set off or due now in halted patients, with what they set off in turn. Returns in whom there is no end."""
    endless, working = 0, halted
    while working:
        present(c, number(c, at.V_GAP_BITS))
        for lane in range(WIDTH):
            if working >> lane & 1:
                _judge(c, lane)
        present(c, number(c, at.V_ROW_BITS))
        still = 0
        for lane in range(WIDTH):
            if working >> lane & 1:
                verdict = _note(c, lane)
                if verdict > 0:
                    verdict = _act(c, lane)
                    still |= (1 if verdict > 0 else 0) << lane
                if verdict < 0:
                    endless |= 1 << lane
        working = still
        if working:
            call(c, at.START)
    return endless


def _judge(c: int, lane: int) -> None:
    """Comparisons as they are now: changed where that is why the patient halted, anew where the gap has jumped."""
    set_int64(c, at.V_LANDING, lane, 0)
    for r in range(number(c, at.V_COMPARED)):
        k = r * WIDTH + lane
        gap = get_float64(c, at.OUT, (number(c, at.V_GAP) + r) * WIDTH + lane)
        if get_int64(c, at.V_FORCE, k):
            set_float64(c, at.JUDGED, k, 1.0 - get_float64(c, at.JUDGED, k))
        elif gap != get_float64(c, at.V_LAST, k):
            set_float64(c, at.JUDGED, k, 1.0 if _holds(get_int64(c, at.V_SIGN, r), gap) else 0.0)
        set_int64(c, at.V_FORCE, k, 0)
        set_float64(c, at.V_LAST, k, gap)


def _value(c: int, lane: int, e: int, which: int) -> float:
    """Of an event now: 0 whether its condition holds, 1 its priority, 2 its delay, from 3 on what its states become."""
    return get_float64(c, at.OUT, (get_int64(c, at.V_ROW, e) + which) * WIDTH + lane)


def _note(c: int, lane: int) -> int:
    """Notes events that are set off now, and forgets those whose condition holds no more. Returns -1 if too many wait, else 1."""
    for e in range(number(c, at.V_EVENTS)):
        before, now = get_int64(c, at.V_TRUE, e * WIDTH + lane), _value(c, lane, e, 0) > 0.5
        set_int64(c, at.V_TRUE, e * WIDTH + lane, 1 if now else 0)
        if now and not before:
            k = get_int64(c, at.V_WAITING, lane)
            if k >= MOST_WAITING:
                return -1
            _wait(c, lane, e, lane * MOST_WAITING + k)
            set_int64(c, at.V_WAITING, lane, k + 1)
        elif before and not now and not get_int64(c, at.V_PERSISTENT, e):
            k = 0
            while k < get_int64(c, at.V_WAITING, lane):
                if get_int64(c, at.V_WHOSE, lane * MOST_WAITING + k) == e:
                    _forget(c, lane, k)
                else:
                    k += 1
    return 1


def _wait(c: int, lane: int, e: int, k: int) -> None:
    most, first = number(c, at.V_MOST), get_int64(c, at.V_FIRST, e)
    set_int64(c, at.V_WHOSE, k, e)
    set_float64(c, at.V_DUE, k, get_float64(c, at.T, lane) + max(_value(c, lane, e, 2), 0.0))
    for a in range(get_int64(c, at.V_FIRST, e + 1) - first):
        set_float64(c, at.V_KEPT, k * most + a, _value(c, lane, e, 3 + a))


def _forget(c: int, lane: int, k: int) -> None:
    """Takes an event off those that wait; the others keep their order."""
    most, last = number(c, at.V_MOST), get_int64(c, at.V_WAITING, lane) - 1
    for i in range(lane * MOST_WAITING + k, lane * MOST_WAITING + last):
        set_int64(c, at.V_WHOSE, i, get_int64(c, at.V_WHOSE, i + 1))
        set_float64(c, at.V_DUE, i, get_float64(c, at.V_DUE, i + 1))
        for a in range(most):
            set_float64(c, at.V_KEPT, i * most + a, get_float64(c, at.V_KEPT, (i + 1) * most + a))
    set_int64(c, at.V_WAITING, lane, last)


def _act(c: int, lane: int) -> int:
    """Does the event that is due and comes first. Returns 1 if there was one, 0 if none, -1 if they have no end."""
    time, best, chosen = get_float64(c, at.T, lane), -FAR, -1
    for k in range(get_int64(c, at.V_WAITING, lane)):
        if get_float64(c, at.V_DUE, lane * MOST_WAITING + k) <= time + near(time):
            urgent = _value(c, lane, get_int64(c, at.V_WHOSE, lane * MOST_WAITING + k), 1)
            if chosen < 0 or urgent > best:
                best, chosen = urgent, k
    if chosen < 0:
        return 0
    if get_float64(c, at.V_DONE_AT, lane) != time:
        set_float64(c, at.V_DONE_AT, lane, time)
        set_int64(c, at.V_DONE, lane, 0)
    set_int64(c, at.V_DONE, lane, get_int64(c, at.V_DONE, lane) + 1)
    if get_int64(c, at.V_DONE, lane) > MOST_AT_ONCE:
        return -1
    k = lane * MOST_WAITING + chosen
    e, most = get_int64(c, at.V_WHOSE, k), number(c, at.V_MOST)
    if _ever_sooner(c, lane, e, time):
        return -1
    first = get_int64(c, at.V_FIRST, e)
    for a in range(get_int64(c, at.V_FIRST, e + 1) - first):
        value = _value(c, lane, e, 3 + a)
        if get_int64(c, at.V_AT_TRIGGER, e):
            value = get_float64(c, at.V_KEPT, k * most + a)
        set_float64(c, at.Y, get_int64(c, at.V_STATE, first + a) * WIDTH + lane, value)
    _forget(c, lane, chosen)
    set_float64(c, at.FLAG, lane, 2.0)
    set_int64(c, at.LANE_FRESH, lane, 1)
    return 1


def _ever_sooner(c: int, lane: int, e: int, time: float) -> bool:
    """Whether an event comes back ever sooner, as the bounces of a ball do that comes to rest: no later time is reached."""
    k = e * WIDTH + lane
    since, before = time - get_float64(c, at.V_ACTED, k), get_float64(c, at.V_SINCE, k)
    if since <= 0.0:
        return False
    shrunk = get_int64(c, at.V_SHRUNK, k) + 1 if since < 0.999 * before else 0
    set_int64(c, at.V_SHRUNK, k, shrunk)
    set_float64(c, at.V_ACTED, k, time)
    set_float64(c, at.V_SINCE, k, since)
    return shrunk >= _MOST_SHRUNK and since <= _SOON * max(1.0, abs(time))
