"""The records of the eight patients being solved, and what happens next in each.

Table ``lane`` holds the records of the patient in that lane; table ``lane + 8`` those of the regimen whose steady state
is being looked for. A record acts first at BASE (after its lag) and was given at GIVEN; STARTED and ENDED count the
doses and the ends of infusions that have happened. Records are in order of BASE; those before LOW are done.

Lag, length, rate and bioavailability are those of the moment at which a dose is given. Where nothing can change them, they
are worked out when the patient is loaded. Otherwise a record acts at BASE without its lag, and a dose that has to wait
becomes a record of its own, of which all is known (`ON_ITS_WAY`).
"""

import numpy as np

from speciosa.engine.codes import (
    AS_LOADED,
    COVARIATE,
    DOSE,
    FAR,
    ON_ITS_WAY,
    STEADY,
    WHEN_GIVEN,
    WIDTH,
)
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import get_float64, get_int64, number, set_float64, set_int64


def near(time: float) -> float:
    """Times closer than this are the same."""
    return 1e-10 * max(1.0, abs(time))


def clear_table(c: int, table: int) -> None:
    """Empties a table."""
    set_int64(c, at.SIZE, table, 0)
    set_int64(c, at.LOW, table, 0)


def add_record(
    c: int, table: int, base: float, given: float, kind: int, target: int, order: int
) -> int:
    """Puts a record of one dose or event in its place by time, and at one time by order. Returns its index."""
    first = table * number(c, at.RECORDS)
    size = get_int64(c, at.SIZE, table)
    k = first + size
    while k > first + get_int64(c, at.LOW, table) and _comes_later(c, k - 1, base, order):
        _move(c, k - 1, k)
        k -= 1
    set_float64(c, at.BASE, k, base)
    set_float64(c, at.GIVEN, k, given)
    set_float64(c, at.EVERY, k, 0.0)
    set_float64(c, at.AMOUNT, k, 0.0)
    set_float64(c, at.LENGTH, k, 0.0)
    set_float64(c, at.FLOW, k, 0.0)
    set_float64(c, at.OVER, k, 0.0)
    set_float64(c, at.PACE, k, 0.0)
    set_int64(c, at.MODE, k, AS_LOADED)
    set_int64(c, at.COUNT, k, 1)
    set_int64(c, at.TARGET, k, target)
    set_int64(c, at.KIND, k, kind)
    set_int64(c, at.ORDER, k, order)
    set_int64(c, at.STEADY, k, 0)
    set_int64(c, at.STARTED, k, 0)
    set_int64(c, at.ENDED, k, 0)
    set_int64(c, at.SIZE, table, size + 1)
    return k


def _comes_later(c: int, k: int, base: float, order: int) -> bool:
    """Whether a record acts after a time, or at it but later in order."""
    other = get_float64(c, at.BASE, k)
    return other > base or (other == base and get_int64(c, at.ORDER, k) > order)


def _move(c: int, k: int, to: int) -> None:
    for field in (at.BASE, at.GIVEN, at.EVERY, at.AMOUNT, at.LENGTH, at.FLOW, at.OVER, at.PACE):
        set_float64(c, field, to, get_float64(c, field, k))
    for field in (
        at.COUNT, at.TARGET, at.KIND, at.ORDER, at.STEADY, at.STARTED, at.ENDED, at.MODE,
    ):  # fmt: skip
        set_int64(c, field, to, get_int64(c, field, k))


def next_start(c: int, k: int) -> float:
    """When the next dose of a record acts; `FAR` if none is left."""
    i = get_int64(c, at.STARTED, k)
    if i >= get_int64(c, at.COUNT, k):
        return FAR
    return get_float64(c, at.BASE, k) + i * get_float64(c, at.EVERY, k)


def next_end(c: int, k: int) -> float:
    """When the next running infusion of a record ends; `FAR` if none runs."""
    j, length = get_int64(c, at.ENDED, k), get_float64(c, at.LENGTH, k)
    if length <= 0.0 or j >= get_int64(c, at.STARTED, k):
        return FAR
    return get_float64(c, at.BASE, k) + j * get_float64(c, at.EVERY, k) + length


def next_event(c: int, table: int) -> float:
    """When the next thing happens in a table; `FAR` if nothing does."""
    best = FAR
    first = table * number(c, at.RECORDS)
    moving = True
    for k in range(first + get_int64(c, at.LOW, table), first + get_int64(c, at.SIZE, table)):
        if get_float64(c, at.BASE, k) > best:
            break
        start, end = next_start(c, k), next_end(c, k)
        best = min(best, min(start, end))
        running = (
            get_int64(c, at.ENDED, k) < get_int64(c, at.STARTED, k)
            and get_float64(c, at.LENGTH, k) > 0.0
        )
        if moving and start == FAR and not running:
            set_int64(c, at.LOW, table, k + 1 - first)
        else:
            moving = False
    return best


def doses_back(hours: float, every: float) -> int:
    """How many doses of a regimen were given within some hours before now."""
    return int(np.ceil(hours / every - 1e-12))


def refresh_flow(c: int, lane: int, k: int) -> None:
    """Sets the rate at which a record's infusions run from the bioavailability of now."""
    length, target = get_float64(c, at.LENGTH, k), get_int64(c, at.TARGET, k)
    if 0.0 < length < FAR:
        share = get_float64(c, at.BIOAVAILABILITY, target * WIDTH + lane)
        set_float64(c, at.FLOW, k, share * get_float64(c, at.AMOUNT, k) / length)


def keep_running(c: int, table: int, k: int) -> None:
    """Leaves the infusions that run to a copy of their record, which gives no more; later ones may run faster."""
    first = table * number(c, at.RECORDS)
    size = get_int64(c, at.SIZE, table)
    for i in range(first + size, k, -1):
        _move(c, i - 1, i)
    set_int64(c, at.SIZE, table, size + 1)
    set_int64(c, at.COUNT, k + 1, get_int64(c, at.STARTED, k + 1))
    set_int64(c, at.ENDED, k, get_int64(c, at.STARTED, k))


def count_before(base: float, every: float, limit: float, most: int) -> int:
    """How many of the times base, base + every, ... (at most `most`) lie before `limit`."""
    i = 0
    while i < most and base + i * every < limit:
        i += 1
    return i


def cancel_given_before(c: int, table: int, time: float, order: int) -> None:
    """A reset: ends all that was begun before it, doses in their lag and of a running series included."""
    first = table * number(c, at.RECORDS)
    for k in range(first, first + get_int64(c, at.SIZE, table)):
        given = get_float64(c, at.GIVEN, k)
        same = abs(given - time) <= near(time)
        if (given < time and not same) or (same and get_int64(c, at.ORDER, k) < order):
            set_int64(c, at.STARTED, k, get_int64(c, at.COUNT, k))
            set_int64(c, at.ENDED, k, get_int64(c, at.COUNT, k))


def load_records(c: int, lane: int, schedule: int) -> None:
    """Fills a lane with a schedule."""
    clear_table(c, lane)
    first, last = get_int64(c, at.S_FIRST, schedule), get_int64(c, at.S_FIRST, schedule + 1)
    changing = number(c, at.OCCASIONS) > 0 or number(c, at.DECISIONS) > 0
    for r in range(first, last):
        changing = changing or get_int64(c, at.S_KIND, r) == COVARIATE
    for r in range(first, last):
        time, kind, target = (
            get_float64(c, at.S_TIME, r),
            get_int64(c, at.S_KIND, r),
            get_int64(c, at.S_TARGET, r),
        )
        if kind != DOSE:
            k = add_record(c, lane, time, time, kind, target, r)
            set_float64(c, at.AMOUNT, k, get_float64(c, at.S_AMOUNT, r))
            continue
        group = get_int64(c, at.S_STEADY, r)
        if group > 0 and _begins_regimen(c, first, r, group):
            k = add_record(c, lane, time, time, STEADY, target, r)
            set_int64(c, at.STEADY, k, group)
            set_float64(c, at.AMOUNT, k, 1.0 if get_int64(c, at.S_ADDED, r) else 0.0)
        endless = get_float64(c, at.S_RATE, r) > 0.0 and get_float64(c, at.S_AMOUNT, r) == 0.0
        if changing and not endless:
            _load_written(c, lane, r, group)
        else:
            _load_dose(c, lane, r, group)


def _begins_regimen(c: int, first: int, r: int, group: int) -> bool:
    """Whether no record of the schedule before `r` belongs to the same regimen at steady state."""
    for k in range(first, r):
        if get_int64(c, at.S_STEADY, k) == group:
            return False
    return True


def length_of(c: int, lane: int, target: int, amount: float, over: float, pace: float) -> float:
    """How long a dose enters that is given now: by its rate or duration, or those of its target; `FAR` without end."""
    if pace > 0.0:
        # a rate without an amount never ends
        share = get_float64(c, at.BIOAVAILABILITY, target * WIDTH + lane)
        return share * amount / pace if amount > 0.0 else FAR
    if over != 0.0:
        return over
    own = get_float64(c, at.ENTRY_RATE, target * WIDTH + lane)
    if own != 0.0:
        return get_float64(c, at.BIOAVAILABILITY, target * WIDTH + lane) * amount / own
    return get_float64(c, at.DURATION, target * WIDTH + lane)


def _load_written(c: int, lane: int, r: int, group: int) -> None:
    """A record of doses as it is written: what becomes of each is worked out when it is given."""
    time = get_float64(c, at.S_TIME, r)
    k = add_record(c, lane, time, time, DOSE, get_int64(c, at.S_TARGET, r), r)
    set_float64(c, at.EVERY, k, get_float64(c, at.S_EVERY, r))
    set_float64(c, at.AMOUNT, k, get_float64(c, at.S_AMOUNT, r))
    set_float64(c, at.OVER, k, get_float64(c, at.S_DURATION, r))
    set_float64(c, at.PACE, k, get_float64(c, at.S_RATE, r))
    set_int64(c, at.COUNT, k, get_int64(c, at.S_COUNT, r))
    set_int64(c, at.MODE, k, WHEN_GIVEN)
    set_int64(c, at.STEADY, k, group)


def _load_dose(c: int, lane: int, r: int, group: int) -> None:
    """A record of doses that nothing changes."""
    time, target, amount = (
        get_float64(c, at.S_TIME, r),
        get_int64(c, at.S_TARGET, r),
        get_float64(c, at.S_AMOUNT, r),
    )
    late, rate = get_float64(c, at.LAG, target * WIDTH + lane), get_float64(c, at.S_RATE, r)
    length = length_of(c, lane, target, amount, get_float64(c, at.S_DURATION, r), rate)
    k = add_record(c, lane, time + late, time, DOSE, target, r)
    set_float64(c, at.EVERY, k, get_float64(c, at.S_EVERY, r))
    set_float64(c, at.AMOUNT, k, amount)
    set_float64(c, at.LENGTH, k, length)
    set_float64(c, at.FLOW, k, rate)
    refresh_flow(c, lane, k)
    set_int64(c, at.COUNT, k, get_int64(c, at.S_COUNT, r))
    set_int64(c, at.STEADY, k, group)
    if group > 0 and length >= FAR:
        # asleep until its steady state is reached
        set_int64(c, at.STARTED, k, 1)
        set_int64(c, at.ENDED, k, 1)


def add_past(c: int, lane: int, group: int) -> None:
    """The doses of a regimen at steady state that were given before it: those in their lag or running are still to act."""
    first = lane * number(c, at.RECORDS)
    k = first
    while k < first + get_int64(c, at.SIZE, lane):
        if get_int64(c, at.KIND, k) == DOSE and get_int64(c, at.STEADY, k) == group:
            target, every = get_int64(c, at.TARGET, k), get_float64(c, at.EVERY, k)
            if get_int64(c, at.MODE, k) == WHEN_GIVEN:
                amount, over, pace = (
                    get_float64(c, at.AMOUNT, k),
                    get_float64(c, at.OVER, k),
                    get_float64(c, at.PACE, k),
                )
                set_float64(c, at.LENGTH, k, length_of(c, lane, target, amount, over, pace))
                refresh_flow(c, lane, k)
            late, length = (
                get_float64(c, at.LAG, target * WIDTH + lane),
                get_float64(c, at.LENGTH, k),
            )
            if (
                length < FAR
                and every > 0.0
                and late + length > 0.0
                and get_int64(c, at.COUNT, k) > 0
            ):
                # the record itself moves on by one place
                k = _add_before(c, lane, k, late, length, every) + 1
        k += 1


def _add_before(c: int, lane: int, k: int, late: float, length: float, every: float) -> int:
    """Adds what record `k` gave before its steady state, asleep until that is reached. Returns where `k` was."""
    target, before = get_int64(c, at.TARGET, k), doses_back(late + length, every)
    enters = get_float64(c, at.AMOUNT, k) * get_float64(
        c, at.BIOAVAILABILITY, target * WIDTH + lane
    )
    flow, given, group = (
        get_float64(c, at.FLOW, k),
        get_float64(c, at.GIVEN, k),
        get_int64(c, at.STEADY, k),
    )
    base, order = given + late - before * every, get_int64(c, at.ORDER, k)
    n = add_record(c, lane, base, given, DOSE, target, order)
    set_float64(c, at.EVERY, n, every)
    set_float64(c, at.AMOUNT, n, enters)
    set_float64(c, at.LENGTH, n, length)
    set_float64(c, at.FLOW, n, flow)
    set_int64(c, at.COUNT, n, before)
    set_int64(c, at.MODE, n, ON_ITS_WAY)
    set_int64(c, at.STEADY, n, -group)
    set_int64(c, at.STARTED, n, before)
    set_int64(c, at.ENDED, n, before)
    return k


def any_given(c: int, lane: int, group: int) -> bool:
    """Whether a regimen at steady state still gives anything: decisions may have stopped it."""
    first, found = lane * number(c, at.RECORDS), False
    for k in range(first, first + get_int64(c, at.SIZE, lane)):
        found = found or (
            get_int64(c, at.KIND, k) == DOSE
            and get_int64(c, at.STEADY, k) == group
            and get_int64(c, at.COUNT, k) > 0
        )
    return found


def awaken(c: int, lane: int, group: int, time: float) -> None:
    """The records of a regimen that has reached its steady state: what they did before `time` is behind them."""
    first = lane * number(c, at.RECORDS)
    for k in range(first, first + get_int64(c, at.SIZE, lane)):
        if get_int64(c, at.KIND, k) == DOSE and get_int64(c, at.STEADY, k) == -group:
            pass_over(c, k, time)
        elif get_int64(c, at.KIND, k) == DOSE and get_int64(c, at.STEADY, k) == group:
            if get_float64(c, at.LENGTH, k) >= FAR:
                set_int64(c, at.STARTED, k, 1)
                set_int64(c, at.ENDED, k, 0)
    set_int64(c, at.LOW, lane, 0)


def pass_over(c: int, k: int, time: float) -> None:
    """Counts what a record has done before `time`: doses before it, ends of infusions up to it."""
    base, every, length = (
        get_float64(c, at.BASE, k),
        get_float64(c, at.EVERY, k),
        get_float64(c, at.LENGTH, k),
    )
    started = count_before(base, every, time - near(time), get_int64(c, at.COUNT, k))
    ended = started
    if length > 0.0:
        ended = count_before(base + length, every, time + near(time), started)
    set_int64(c, at.STARTED, k, started)
    set_int64(c, at.ENDED, k, ended)
