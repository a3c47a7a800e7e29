"""The records of the eight patients being solved, and what happens next in each.

Table ``lane`` holds the records of the patient in that lane; table ``lane + 8`` those of the regimen whose steady state
is being looked for. A record acts first at BASE (after its lag) and was given at GIVEN; STARTED and ENDED count the
doses and the ends of infusions that have happened. Records are in order of BASE; those before LOW are done.

Lag, length, rate and bioavailability are those of the moment at which a dose is given. Where nothing can change them, they
are worked out when the patient is loaded. Otherwise a record acts at BASE without its lag, and a dose that has to wait
becomes a record of its own, of which all is known (`ON_ITS_WAY`).
"""

from speciosa.engine.codes import (
    AS_LOADED,
    COVARIATE,
    DOSE,
    FAR,
    ON_ITS_WAY,
    STEADY,
    WHEN_GIVEN,
)
from speciosa.engine.dosing import begins_regimen, dose_length, doses_back, near
from speciosa.engine.stepper.loop import Loop


def clear_table(c: Loop, table: int) -> None:
    """Empties a table."""
    c.records.size[table] = 0
    c.records.low[table] = 0


def add_record(
    c: Loop, table: int, base: float, given: float, kind: int, target: int, order: int
) -> int:
    """Puts a record of one dose or event in its place by time, and at one time by order. Returns its index."""
    first = table * c.size.records
    size = c.records.size[table]
    k = first + size
    while k > first + c.records.low[table] and _comes_later(c, k - 1, base, order):
        _move(c, k - 1, k)
        k -= 1
    c.records.base[k] = base
    c.records.given[k] = given
    c.records.every[k] = 0.0
    c.records.amount[k] = 0.0
    c.records.length[k] = 0.0
    c.records.flow[k] = 0.0
    c.records.over[k] = 0.0
    c.records.pace[k] = 0.0
    c.records.mode[k] = AS_LOADED
    c.records.count[k] = 1
    c.records.target[k] = target
    c.records.kind[k] = kind
    c.records.order[k] = order
    c.records.steady[k] = 0
    c.records.started[k] = 0
    c.records.ended[k] = 0
    c.records.size[table] = size + 1
    return k


def _comes_later(c: Loop, k: int, base: float, order: int) -> bool:
    """Whether a record acts after a time, or at it but later in order."""
    other = c.records.base[k]
    return other > base or (other == base and c.records.order[k] > order)


def _move(c: Loop, k: int, to: int) -> None:
    r = c.records
    for number in (r.base, r.given, r.every, r.amount, r.length, r.flow, r.over, r.pace):
        number[to] = number[k]
    for whole in (r.count, r.target, r.kind, r.order, r.steady, r.started, r.ended, r.mode):
        whole[to] = whole[k]


def next_start(c: Loop, k: int) -> float:
    """When the next dose of a record acts; `FAR` if none is left."""
    i = c.records.started[k]
    if i >= c.records.count[k]:
        return FAR
    return c.records.base[k] + i * c.records.every[k]


def next_end(c: Loop, k: int) -> float:
    """When the next running infusion of a record ends; `FAR` if none runs."""
    j, length = c.records.ended[k], c.records.length[k]
    if length <= 0.0 or j >= c.records.started[k]:
        return FAR
    return c.records.base[k] + j * c.records.every[k] + length


def next_event(c: Loop, table: int) -> float:
    """When the next thing happens in a table; `FAR` if nothing does."""
    best = FAR
    first = table * c.size.records
    moving = True
    for k in range(first + c.records.low[table], first + c.records.size[table]):
        if c.records.base[k] > best:
            break
        start, end = next_start(c, k), next_end(c, k)
        best = min(best, min(start, end))
        running = c.records.ended[k] < c.records.started[k] and c.records.length[k] > 0.0
        if moving and start == FAR and not running:
            c.records.low[table] = k + 1 - first
        else:
            moving = False
    return best


def refresh_flow(c: Loop, lane: int, k: int) -> None:
    """Sets the rate at which a record's infusions run from the bioavailability of now."""
    length, target = c.records.length[k], c.records.target[k]
    if 0.0 < length < FAR:
        share = c.space.bioavailability[target, lane]
        c.records.flow[k] = share * c.records.amount[k] / length


def keep_running(c: Loop, table: int, k: int) -> None:
    """Leaves the infusions that run to a copy of their record, which gives no more; later ones may run faster."""
    first = table * c.size.records
    size = c.records.size[table]
    for i in range(first + size, k, -1):
        _move(c, i - 1, i)
    c.records.size[table] = size + 1
    c.records.count[k + 1] = c.records.started[k + 1]
    c.records.ended[k] = c.records.started[k]


def count_before(base: float, every: float, limit: float, most: int) -> int:
    """How many of the times base, base + every, ... (at most `most`) lie before `limit`."""
    i = 0
    while i < most and base + i * every < limit:
        i += 1
    return i


def cancel_given_before(c: Loop, table: int, time: float, order: int) -> None:
    """A reset: ends all that was begun before it, doses in their lag and of a running series included."""
    first = table * c.size.records
    for k in range(first, first + c.records.size[table]):
        given = c.records.given[k]
        same = abs(given - time) <= near(time)
        if (given < time and not same) or (same and c.records.order[k] < order):
            c.records.started[k] = c.records.count[k]
            c.records.ended[k] = c.records.count[k]


def load_records(c: Loop, lane: int, schedule: int) -> None:
    """Fills a lane with a schedule."""
    clear_table(c, lane)
    first, last = c.schedule.first[schedule], c.schedule.first[schedule + 1]
    changing = c.size.occasions > 0 or c.size.decisions > 0
    for r in range(first, last):
        changing = changing or c.schedule.kind[r] == COVARIATE
    for r in range(first, last):
        time, kind, target = (
            c.schedule.time_h[r],
            c.schedule.kind[r],
            c.schedule.target[r],
        )
        if kind != DOSE:
            k = add_record(c, lane, time, time, kind, target, r)
            c.records.amount[k] = c.schedule.amount[r]
            continue
        group = c.schedule.steady[r]
        if group > 0 and begins_regimen(c.schedule.steady, first, r):
            k = add_record(c, lane, time, time, STEADY, target, r)
            c.records.steady[k] = group
            c.records.amount[k] = 1.0 if c.schedule.added[r] else 0.0
        endless = c.schedule.rate[r] > 0.0 and c.schedule.amount[r] == 0.0
        if changing and not endless:
            _load_written(c, lane, r, group)
        else:
            _load_dose(c, lane, r, group)


def length_of(c: Loop, lane: int, target: int, amount: float, over: float, pace: float) -> float:
    """How long a dose enters that is given now: by its rate or duration, or those of its target; `FAR` without end."""
    return dose_length(
        amount,
        c.space.bioavailability[target, lane],
        pace,
        over,
        c.space.entry_rate[target, lane],
        c.space.duration[target, lane],
    )


def _load_written(c: Loop, lane: int, r: int, group: int) -> None:
    """A record of doses as it is written: what becomes of each is worked out when it is given."""
    time = c.schedule.time_h[r]
    k = add_record(c, lane, time, time, DOSE, c.schedule.target[r], r)
    c.records.every[k] = c.schedule.every_h[r]
    c.records.amount[k] = c.schedule.amount[r]
    c.records.over[k] = c.schedule.duration_h[r]
    c.records.pace[k] = c.schedule.rate[r]
    c.records.count[k] = c.schedule.count[r]
    c.records.mode[k] = WHEN_GIVEN
    c.records.steady[k] = group


def _load_dose(c: Loop, lane: int, r: int, group: int) -> None:
    """A record of doses that nothing changes."""
    time, target, amount = (
        c.schedule.time_h[r],
        c.schedule.target[r],
        c.schedule.amount[r],
    )
    late, rate = c.space.lag[target, lane], c.schedule.rate[r]
    length = length_of(c, lane, target, amount, c.schedule.duration_h[r], rate)
    k = add_record(c, lane, time + late, time, DOSE, target, r)
    c.records.every[k] = c.schedule.every_h[r]
    c.records.amount[k] = amount
    c.records.length[k] = length
    c.records.flow[k] = rate
    refresh_flow(c, lane, k)
    c.records.count[k] = c.schedule.count[r]
    c.records.steady[k] = group
    if group > 0 and length >= FAR:
        # asleep until its steady state is reached
        c.records.started[k] = 1
        c.records.ended[k] = 1


def add_past(c: Loop, lane: int, group: int) -> None:
    """The doses of a regimen at steady state that were given before it: those in their lag or running are still to act."""
    first = lane * c.size.records
    k = first
    while k < first + c.records.size[lane]:
        if c.records.kind[k] == DOSE and c.records.steady[k] == group:
            target, every = c.records.target[k], c.records.every[k]
            if c.records.mode[k] == WHEN_GIVEN:
                amount, over, pace = (
                    c.records.amount[k],
                    c.records.over[k],
                    c.records.pace[k],
                )
                c.records.length[k] = length_of(c, lane, target, amount, over, pace)
                refresh_flow(c, lane, k)
            late, length = (
                c.space.lag[target, lane],
                c.records.length[k],
            )
            if length < FAR and every > 0.0 and late + length > 0.0 and c.records.count[k] > 0:
                # the record itself moves on by one place
                k = _add_before(c, lane, k, late, length, every) + 1
        k += 1


def _add_before(c: Loop, lane: int, k: int, late: float, length: float, every: float) -> int:
    """Adds what record `k` gave before its steady state, asleep until that is reached. Returns where `k` was."""
    target, before = c.records.target[k], doses_back(late + length, every)
    enters = c.records.amount[k] * c.space.bioavailability[target, lane]
    flow, given, group = (
        c.records.flow[k],
        c.records.given[k],
        c.records.steady[k],
    )
    base, order = given + late - before * every, c.records.order[k]
    n = add_record(c, lane, base, given, DOSE, target, order)
    c.records.every[n] = every
    c.records.amount[n] = enters
    c.records.length[n] = length
    c.records.flow[n] = flow
    c.records.count[n] = before
    c.records.mode[n] = ON_ITS_WAY
    c.records.steady[n] = -group
    c.records.started[n] = before
    c.records.ended[n] = before
    return k


def any_given(c: Loop, lane: int, group: int) -> bool:
    """Whether a regimen at steady state still gives anything: decisions may have stopped it."""
    first, found = lane * c.size.records, False
    for k in range(first, first + c.records.size[lane]):
        found = found or (
            c.records.kind[k] == DOSE and c.records.steady[k] == group and c.records.count[k] > 0
        )
    return found


def awaken(c: Loop, lane: int, group: int, time: float) -> None:
    """The records of a regimen that has reached its steady state: what they did before `time` is behind them."""
    first = lane * c.size.records
    for k in range(first, first + c.records.size[lane]):
        if c.records.kind[k] == DOSE and c.records.steady[k] == -group:
            pass_over(c, k, time)
        elif c.records.kind[k] == DOSE and c.records.steady[k] == group:
            if c.records.length[k] >= FAR:
                c.records.started[k] = 1
                c.records.ended[k] = 0
    c.records.low[lane] = 0


def pass_over(c: Loop, k: int, time: float) -> None:
    """Counts what a record has done before `time`: doses before it, ends of infusions up to it."""
    base, every, length = (
        c.records.base[k],
        c.records.every[k],
        c.records.length[k],
    )
    started = count_before(base, every, time - near(time), c.records.count[k])
    ended = started
    if length > 0.0:
        ended = count_before(base + length, every, time + near(time), started)
    c.records.started[k] = started
    c.records.ended[k] = ended
