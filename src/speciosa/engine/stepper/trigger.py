"""Events of the model in a running simulation: when their conditions come to hold, what waits, and what is done.

After each step the gaps of all comparisons are known at both ends. Where one has changed its sides, or by the cubic through
values and slopes has touched the other side in between, the place is found on the solution and the step is taken again up to
there. At that stop the comparison is held to have changed (`V_FORCE`), so that rounding cannot make it change twice; any other
comparison is judged anew only where its gap has jumped.
"""

from speciosa.engine.codes import FAR, MOST_AT_ONCE, MOST_WAITING, WIDTH
from speciosa.engine.dosing import near
from speciosa.engine.stepper.loop import Loop
from speciosa.engine.stepper.observe import present

_TRIES = 200
_CLOSE = 1e-2
# A cubic leaves the range of its ends by at most a quarter of its steeper slope.
_MOST_BEND = 0.25
_NOWHERE = 2.0
# An event that so often came back sooner than the time before, and at last so soon, comes back without end before some time.
_MOST_SHRUNK, _SOON = 8, 1e-8


def clear_triggers(c: Loop, lane: int) -> None:
    """Begins the events of a new patient."""
    for e in range(c.triggers.events):
        c.triggers.true[e, lane] = c.triggers.initially[e]
        c.triggers.shrunk[e, lane] = 0
        c.triggers.acted[e, lane] = -FAR
        c.triggers.since[e, lane] = FAR
    for r in range(c.triggers.compared):
        c.triggers.force[r, lane] = 0
        c.triggers.last[r, lane] = FAR
        c.space.judged[r, lane] = 0.0
    c.triggers.fresh[lane] = 1
    c.triggers.landing[lane] = 0
    c.triggers.waiting[lane] = 0
    c.triggers.done[lane] = 0
    c.triggers.done_at[lane] = -FAR


def next_action(c: Loop, lane: int) -> float:
    """When the next event that was set off acts."""
    best = FAR
    for k in range(lane * MOST_WAITING, lane * MOST_WAITING + c.triggers.waiting[lane]):
        best = min(best, c.triggers.due[k])
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


def _differs(c: Loop, lane: int, r: int, gap: float) -> bool:
    """Whether a comparison is not as it is held, at some gap."""
    held = c.space.judged[r, lane] > 0.5
    return _holds(c.triggers.sign[r], gap) != held


def locate(c: Loop, accepted: int, halted: int) -> int:
    """Looks for comparisons that change within the accepted steps. Steps in which one does are taken back, to end where it does.

    Returns whose step is taken again, and shifted by `WIDTH` who is there already and halts.
    """
    again, there = 0, 0
    for lane in range(WIDTH):
        if not accepted >> lane & 1:
            continue
        place = _NOWHERE
        if not (c.triggers.landing[lane] and halted >> lane & 1):
            place = _first_change(c, lane)
        if place > 1.0:
            for r in range(c.triggers.compared):
                gap = c.space.out[c.triggers.gap + r, lane]
                c.triggers.last[r, lane] = gap
            continue
        begin, used = c.space.t0[lane], c.space.used[lane]
        c.triggers.landing[lane] = 1
        if (1.0 - place) * used <= near(begin + used):
            c.space.stop[lane] = c.space.t[lane]
            there |= 1 << lane
            continue
        _take_back(c, lane)
        if place * used <= near(begin):
            c.space.stop[lane] = begin
            there |= 1 << lane
        else:
            c.space.stop[lane] = begin + place * used
            c.space.h[lane] = place * used
        again |= 1 << lane
    if again:
        c.kernel.start(c.space.memory)
        for lane in range(WIDTH):
            if again >> lane & 1:
                c.space.flag[lane] = 0.0
    return again | there << WIDTH


def _take_back(c: Loop, lane: int) -> None:
    """Returns a patient to the begin of the last step."""
    for i in range(c.size.states):
        c.space.y[i, lane] = c.space.y0[i, lane]
    c.space.t[lane] = c.space.t0[lane]
    outputs, first = c.size.outputs, c.triggers.gap
    for i in range(outputs + c.triggers.compared):
        value = i if i < outputs else first + i - outputs
        before = c.space.out0[i, lane]
        c.space.out[value, lane] = before
        c.space.slope[i, lane] = c.space.slope0[i, lane]
    c.space.flag[lane] = 1.0


def _first_change(c: Loop, lane: int) -> float:
    """Where in the last step a comparison changes first, as a share of the step; marks those that change there."""
    first = _NOWHERE
    used, close = c.space.used[lane], near(c.space.t[lane])
    for r in range(c.triggers.compared):
        c.triggers.force[r, lane] = 0
        place = _NOWHERE
        gap = c.space.out[c.triggers.gap + r, lane]
        if c.triggers.sign[r] != 4:
            if _differs(c, lane, r, gap):
                place = _between(c, lane, r, 1.0, gap)
            else:
                place = _touch(c, lane, r, gap)
        c.triggers.place[r, lane] = place
        first = min(first, place)
    for r in range(c.triggers.compared):
        place = c.triggers.place[r, lane]
        if place <= 1.0 and (place - first) * used <= close:
            c.triggers.force[r, lane] = 1
    return first


def _gap_at(c: Loop, lane: int, r: int, place: float) -> float:
    """The gap of a comparison at a place in the last step."""
    c.space.at[lane] = place
    c.space.wanted[0] = c.triggers.gap_bits
    c.kernel.inside(c.space.memory)
    return c.space.seen[c.triggers.gap + r, lane]


def _between(c: Loop, lane: int, r: int, high: float, above: float) -> float:
    """Where a comparison changes that has changed at `high`: by the Illinois rule, every third time by halving."""
    low, below = 0.0, c.space.out0[c.size.outputs + r, lane]
    used = c.space.used[lane]
    close = _CLOSE * near(c.space.t[lane])
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


def _touch(c: Loop, lane: int, r: int, last: float) -> float:
    """Where a comparison changes that is at the end of the step as at its begin, and not in between; beyond 1 if nowhere."""
    row, used = c.size.outputs + r, c.space.used[lane]
    first = c.space.out0[row, lane]
    start, finish = c.space.slope0[row, lane] * used, c.space.slope[row, lane] * used
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
        if side * c.space.seen_slope[row, lane] < 0.0:
            low = middle
        else:
            high = middle
        if (high - low) * used <= near(c.space.t[lane]):
            break
    return _NOWHERE


def set_off(c: Loop, halted: int) -> int:
    """All events set off or due now in halted patients, with what they set off in turn. Returns in whom there is no end."""
    endless, working = 0, halted
    while working:
        present(c, c.triggers.gap_bits)
        for lane in range(WIDTH):
            if working >> lane & 1:
                _judge(c, lane)
        present(c, c.triggers.row_bits)
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
            c.kernel.start(c.space.memory)
    return endless


def _judge(c: Loop, lane: int) -> None:
    """Comparisons as they are now: changed where that is why the patient halted, anew where the gap has jumped."""
    c.triggers.landing[lane] = 0
    for r in range(c.triggers.compared):
        gap = c.space.out[c.triggers.gap + r, lane]
        if c.triggers.force[r, lane]:
            c.space.judged[r, lane] = 1.0 - c.space.judged[r, lane]
        elif gap != c.triggers.last[r, lane]:
            c.space.judged[r, lane] = 1.0 if _holds(c.triggers.sign[r], gap) else 0.0
        c.triggers.force[r, lane] = 0
        c.triggers.last[r, lane] = gap


def _value(c: Loop, lane: int, e: int, which: int) -> float:
    """Of an event now: 0 whether its condition holds, 1 its priority, 2 its delay, from 3 on what its states become."""
    return c.space.out[c.triggers.row[e] + which, lane]


def _note(c: Loop, lane: int) -> int:
    """Notes events that are set off now, and forgets those whose condition holds no more. Returns -1 if too many wait, else 1."""
    for e in range(c.triggers.events):
        before, now = c.triggers.true[e, lane], _value(c, lane, e, 0) > 0.5
        c.triggers.true[e, lane] = 1 if now else 0
        if now and not before:
            k = c.triggers.waiting[lane]
            if k >= MOST_WAITING:
                return -1
            _wait(c, lane, e, lane * MOST_WAITING + k)
            c.triggers.waiting[lane] = k + 1
        elif before and not now and not c.triggers.persistent[e]:
            k = 0
            while k < c.triggers.waiting[lane]:
                if c.triggers.whose[lane * MOST_WAITING + k] == e:
                    _forget(c, lane, k)
                else:
                    k += 1
    return 1


def _wait(c: Loop, lane: int, e: int, k: int) -> None:
    most, first = c.triggers.most, c.triggers.first[e]
    c.triggers.whose[k] = e
    c.triggers.due[k] = c.space.t[lane] + max(_value(c, lane, e, 2), 0.0)
    for a in range(c.triggers.first[e + 1] - first):
        c.triggers.kept[k * most + a] = _value(c, lane, e, 3 + a)


def _forget(c: Loop, lane: int, k: int) -> None:
    """Takes an event off those that wait; the others keep their order."""
    most, last = c.triggers.most, c.triggers.waiting[lane] - 1
    for i in range(lane * MOST_WAITING + k, lane * MOST_WAITING + last):
        c.triggers.whose[i] = c.triggers.whose[i + 1]
        c.triggers.due[i] = c.triggers.due[i + 1]
        for a in range(most):
            c.triggers.kept[i * most + a] = c.triggers.kept[(i + 1) * most + a]
    c.triggers.waiting[lane] = last


def _act(c: Loop, lane: int) -> int:
    """Does the event that is due and comes first. Returns 1 if there was one, 0 if none, -1 if they have no end."""
    time, best, chosen = c.space.t[lane], -FAR, -1
    for k in range(c.triggers.waiting[lane]):
        if c.triggers.due[lane * MOST_WAITING + k] <= time + near(time):
            urgent = _value(c, lane, c.triggers.whose[lane * MOST_WAITING + k], 1)
            if chosen < 0 or urgent > best:
                best, chosen = urgent, k
    if chosen < 0:
        return 0
    if c.triggers.done_at[lane] != time:
        c.triggers.done_at[lane] = time
        c.triggers.done[lane] = 0
    c.triggers.done[lane] += 1
    if c.triggers.done[lane] > MOST_AT_ONCE:
        return -1
    k = lane * MOST_WAITING + chosen
    e, most = c.triggers.whose[k], c.triggers.most
    if _ever_sooner(c, lane, e, time):
        return -1
    first = c.triggers.first[e]
    for a in range(c.triggers.first[e + 1] - first):
        value = _value(c, lane, e, 3 + a)
        if c.triggers.at_trigger[e]:
            value = c.triggers.kept[k * most + a]
        c.space.y[c.triggers.state[first + a], lane] = value
    _forget(c, lane, chosen)
    c.space.flag[lane] = 2.0
    c.lanes.fresh[lane] = 1
    return 1


def _ever_sooner(c: Loop, lane: int, e: int, time: float) -> bool:
    """Whether an event comes back ever sooner, as the bounces of a ball do that comes to rest: no later time is reached."""
    since, before = time - c.triggers.acted[e, lane], c.triggers.since[e, lane]
    if since <= 0.0:
        return False
    shrunk = c.triggers.shrunk[e, lane] + 1 if since < 0.999 * before else 0
    c.triggers.shrunk[e, lane] = shrunk
    c.triggers.acted[e, lane] = time
    c.triggers.since[e, lane] = since
    return shrunk >= _MOST_SHRUNK and since <= _SOON * max(1.0, abs(time))
