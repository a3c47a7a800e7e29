"""Conditions on the clock: what holds until the next stop, and when that changes. See `kernel.clock`."""

from speciosa.engine.codes import FAR, WIDTH
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import call, get_float64, number, set_float64, set_int64
from speciosa.engine.stepper.lanes import near

# where nothing says how fast a condition changes, it is looked at so often until the next stop
_LOOKS = 256
_GROWTH = 1.2
_HALVINGS = 200


def hold(c: int, halted: int, after: float) -> None:
    """Sets the conditions of halted patients as they are just after now, or before it where `after` is -1."""
    count = number(c, at.CONDITIONS)
    if count == 0:
        return
    for lane in range(WIDTH):
        if halted >> lane & 1:
            time = get_float64(c, at.T, lane)
            set_float64(c, at.MOMENT, lane, time + after * 2.0 * near(time))
    call(c, at.CLOCK)
    changed = False
    for lane in range(WIDTH):
        if halted >> lane & 1:
            for k in range(count):
                row = k * WIDTH + lane
                if get_float64(c, at.TRUTH, row) != get_float64(c, at.HELD, row):
                    set_float64(c, at.HELD, row, get_float64(c, at.TRUTH, row))
                    set_float64(c, at.FLAG, lane, 2.0)
                    set_int64(c, at.LANE_FRESH, lane, 1)
                    changed = True
    if changed:
        call(c, at.PREPARE)


def next_switch(c: int, lane: int, time: float, stop: float) -> float:
    """When the next condition on time changes; `stop` where none does before it."""
    for k in range(number(c, at.CONDITIONS)):
        begin = time + 2.0 * near(time)
        if begin < stop:
            stop = _change(c, lane, k * WIDTH + lane, begin, stop)
    return stop


def _look(c: int, lane: int, row: int, moment: float) -> float:
    """By how much the sides of a condition differ at some time; whether it holds then is left in its row."""
    set_float64(c, at.MOMENT, lane, moment)
    call(c, at.CLOCK)
    return get_float64(c, at.GAP, row)


def _change(c: int, lane: int, row: int, begin: float, stop: float) -> float:
    """When one condition changes between two times; the second where it does not."""
    first = _look(c, lane, row, begin)
    held = get_float64(c, at.TRUTH, row)
    spacing = get_float64(c, at.SPACING, row)
    if spacing >= FAR:
        last = _look(c, lane, row, stop)
        if get_float64(c, at.TRUTH, row) == held:
            return stop
        place = begin + (stop - begin) * (first / (first - last))
        return min(max(place, begin), stop)
    growth = 1.0
    if spacing < 0.0:
        spacing, growth = -spacing, _GROWTH
    if not spacing > (stop - begin) * 1e-6:
        spacing = (stop - begin) / _LOOKS
    # a condition may change twice between two looks: where the gap has been smallest, it is looked at more closely
    before = begin - spacing
    earlier, now, gap = _look(c, lane, row, before), begin, first
    while now < stop:
        following = min(now + spacing, stop)
        later = _look(c, lane, row, following)
        if get_float64(c, at.TRUTH, row) != held:
            return _between(c, lane, row, held, now, following)
        if abs(gap) < abs(earlier) and abs(gap) <= abs(later):
            place = _closest(c, lane, row, held, max(before, begin), following)
            if place < following:
                return _between(c, lane, row, held, max(before, begin), place)
        before, earlier, now, gap = now, gap, following, later
        spacing *= growth
    return stop


def _between(c: int, lane: int, row: int, held: float, low: float, high: float) -> float:
    """When a condition changes that has changed at `high` and not at `low`, by halving."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        _look(c, lane, row, middle)
        if get_float64(c, at.TRUTH, row) == held:
            low = middle
        else:
            high = middle
    return high


def _closest(c: int, lane: int, row: int, held: float, low: float, high: float) -> float:
    """A time between two at which a condition has changed, where its gap is smallest; `high` if it does not change."""
    share = 0.3819660112501051
    left, right = low + share * (high - low), high - share * (high - low)
    one, end = _look(c, lane, row, left), high
    if get_float64(c, at.TRUTH, row) != held:
        return left
    other = _look(c, lane, row, right)
    if get_float64(c, at.TRUTH, row) != held:
        return right
    while high - low > 1e-9 * (1.0 + abs(high)):
        if abs(one) < abs(other):
            high, right, other = right, left, one
            left = low + share * (high - low)
            one = _look(c, lane, row, left)
            if get_float64(c, at.TRUTH, row) != held:
                return left
        else:
            low, left, one = left, right, other
            right = high - share * (high - low)
            other = _look(c, lane, row, right)
            if get_float64(c, at.TRUTH, row) != held:
                return right
    return end
