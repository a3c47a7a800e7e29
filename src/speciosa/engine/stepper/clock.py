"""Conditions on the clock: what holds until the next stop, and when that changes. See `kernel.clock`."""

from speciosa.engine.codes import FAR, WIDTH
from speciosa.engine.dosing import near
from speciosa.engine.stepper.loop import Loop

# where nothing says how fast a condition changes, it is looked at so often until the next stop
_LOOKS = 256
_GROWTH = 1.2
_HALVINGS = 200


def hold(c: Loop, halted: int, after: float) -> None:
    """Sets the conditions of halted patients as they are just after now, or before it where `after` is -1."""
    count = c.size.conditions
    if count == 0:
        return
    for lane in range(WIDTH):
        if halted >> lane & 1:
            time = c.space.t[lane]
            c.space.moment[lane] = time + after * 2.0 * near(time)
    c.kernel.clock(c.space.memory)
    changed = False
    for lane in range(WIDTH):
        if halted >> lane & 1:
            for k in range(count):
                if c.space.truth[k, lane] != c.space.held[k, lane]:
                    c.space.held[k, lane] = c.space.truth[k, lane]
                    c.space.flag[lane] = 2.0
                    c.lanes.fresh[lane] = 1
                    changed = True
    if changed:
        c.kernel.prepare(c.space.memory)


def next_switch(c: Loop, lane: int, time: float, stop: float) -> float:
    """When the next condition on time changes; `stop` where none does before it."""
    for k in range(c.size.conditions):
        begin = time + 2.0 * near(time)
        if begin < stop:
            stop = _change(c, lane, k, begin, stop)
    return stop


def _look(c: Loop, lane: int, k: int, moment: float) -> float:
    """By how much the sides of a condition differ at some time; whether it holds then is left in its row."""
    c.space.moment[lane] = moment
    c.kernel.clock(c.space.memory)
    return c.space.gap[k, lane]


def _change(c: Loop, lane: int, k: int, begin: float, stop: float) -> float:
    """When one condition changes between two times; the second where it does not."""
    first = _look(c, lane, k, begin)
    held = c.space.truth[k, lane]
    spacing = c.space.spacing[k, lane]
    if spacing >= FAR:
        last = _look(c, lane, k, stop)
        if c.space.truth[k, lane] == held:
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
    earlier, now, gap = _look(c, lane, k, before), begin, first
    while now < stop:
        following = min(now + spacing, stop)
        later = _look(c, lane, k, following)
        if c.space.truth[k, lane] != held:
            return _between(c, lane, k, held, now, following)
        if abs(gap) < abs(earlier) and abs(gap) <= abs(later):
            place = _closest(c, lane, k, held, max(before, begin), following)
            if place < following:
                return _between(c, lane, k, held, max(before, begin), place)
        before, earlier, now, gap = now, gap, following, later
        spacing *= growth
    return stop


def _between(c: Loop, lane: int, k: int, held: float, low: float, high: float) -> float:
    """When a condition changes that has changed at `high` and not at `low`, by halving."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        _look(c, lane, k, middle)
        if c.space.truth[k, lane] == held:
            low = middle
        else:
            high = middle
    return high


def _closest(c: Loop, lane: int, k: int, held: float, low: float, high: float) -> float:
    """A time between two at which a condition has changed, where its gap is smallest; `high` if it does not change."""
    share = 0.3819660112501051
    left, right = low + share * (high - low), high - share * (high - low)
    one, end = _look(c, lane, k, left), high
    if c.space.truth[k, lane] != held:
        return left
    other = _look(c, lane, k, right)
    if c.space.truth[k, lane] != held:
        return right
    while high - low > 1e-9 * (1.0 + abs(high)):
        if abs(one) < abs(other):
            high, right, other = right, left, one
            left = low + share * (high - low)
            one = _look(c, lane, k, left)
            if c.space.truth[k, lane] != held:
                return left
        else:
            low, left, one = left, right, other
            right = high - share * (high - low)
            other = _look(c, lane, k, right)
            if c.space.truth[k, lane] != held:
                return right
    return end
