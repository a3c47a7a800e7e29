"""The records of one patient as a list of single events in order of time.

Compiled by `native`. Kinds below `BREAK` add to a state or to its infusion; the others begin a
new piece of the solution.
"""

import math

from speciosa.engine.codes import COVARIATE, DOSE, FAR, HALT, REPLACE, RESET
from speciosa.engine.compiler.built_in import vector_range
from speciosa.engine.dosing import begins_regimen, dose_length, doses_back, near, same
from speciosa.engine.linear.arrays import EVEN, Events, Numbers, Records
from speciosa.engine.linear.order import sort, sort_by_time

BOLUS, FLOW, BREAK = 0, 1, 2
TO_INITIAL, TO_VALUE, TO_COVARIATE, TO_STEADY = 2, 3, 4, 5
STEADY_INTERVAL_H = 24.0


def _put(
    events: Events, count: int, time: float, kind: int, place: int, value: float, rank: float
) -> int:
    events.time[count] = time
    events.kind[count] = kind
    events.place[count] = place
    events.value[count] = value
    events.rank[count] = rank
    events.order[count] = 2 * count
    if kind == FLOW:
        events.about[1] = 1
    if events.about[2] != place:
        events.about[2] = place if count == 0 else -2
    return count + 1


def _comes_after(records: Records, r: int, time: float, k: int) -> bool:
    """Whether record `r` comes after record `k` at `time`."""
    later = records.time[r] - time
    if abs(later) <= near(time):
        return r > k
    return bool(later > 0.0)


def _cancelled_at(records: Records, begin: int, end: int, r: int) -> float:
    """When a reset, a halt or a later steady state ends what record `r` began."""
    earliest = FAR
    for k in range(begin, end):
        ends = records.kind[k] == RESET or records.kind[k] == HALT
        if (
            records.steady[k] > 0
            and records.added[k] == 0
            and begins_regimen(records.steady, begin, k)
        ):
            ends = records.steady[k] != records.steady[r]
        if ends and records.time[k] < earliest and _comes_after(records, k, records.time[r], r):
            earliest = records.time[k]
    return earliest


def _halted_at(records: Records, begin: int, end: int, r: int, until: float) -> bool:
    """Whether a halt ends what record `r` began: what enters at that time, of records before the halt, still does."""
    for k in range(begin, end):
        if records.kind[k] == HALT and same(records.time[k], until):
            if _comes_after(records, k, records.time[r], r):
                return True
    return False


def _version_at(records: Records, begin: int, end: int, time: float, rank: float, r: int) -> int:
    """How many covariates have changed when a dose of record `r` is given."""
    version = 0
    for k in range(begin, end):
        if records.kind[k] != COVARIATE:
            continue
        changed = records.time[k]
        if same(changed, time):
            version += 1 if changed < rank or (changed == rank and k < r) else 0
        elif changed < time:
            version += 1
    return version


def room_needed(records: Records, schedule: int, numbers: Numbers, base: int, last: int) -> int:
    """At least as many events as come of the records of a patient, whose numbers begin at `base` and end before `last`."""
    room = 1
    for r in range(records.first[schedule], records.first[schedule + 1]):
        doses = records.doses[r]
        if records.steady[r] > 0:
            most = 0
            for row in range(base, last):
                lag, length = dose_shape(records, r, numbers, row)
                most = max(most, doses_back(lag + length, records.every[r]))
            doses += most
        room += 2 * doses + 1
    return room


def list_events(
    records: Records, schedule: int, numbers: Numbers, base: int, changing: bool, events: Events
) -> int:
    """Writes the events of a patient in order; returns how many, -1 where a lag or duration is not finite.

    Args:
        records: of all schedules.
        schedule: the one of this patient.
        numbers: `Numbers` of the solver.
        base: first row of this patient in them.
        changing: whether covariates change.
        events: filled here.
    """
    begin, end = records.first[schedule], records.first[schedule + 1]
    if records.plain and _enter_at_once(numbers, base):
        return _list_plain(records, begin, end, numbers, base, events)
    breaks = False
    for r in range(begin, end):
        breaks |= records.kind[r] != DOSE or records.steady[r] > 0
    count = 0
    events.about[0] = 1 if breaks else 0
    events.about[1] = 0
    events.about[2] = -1
    for r in range(begin, end):
        kind, time = records.kind[r], records.time[r]
        if kind == RESET:
            count = _put(events, count, time, TO_INITIAL, 0, 0.0, time)
        elif kind == REPLACE:
            count = _put(events, count, time, TO_VALUE, records.target[r], records.amount[r], time)
        elif kind == COVARIATE:
            count = _put(events, count, time, TO_COVARIATE, 0, 0.0, time)
        elif kind == DOSE:
            until = _cancelled_at(records, begin, end, r) if breaks else FAR
            if records.steady[r] > 0 and begins_regimen(records.steady, begin, r):
                count = _put(events, count, time, TO_STEADY, r, 0.0, time)
            count = _list_doses(
                records, r, begin, end, until, numbers, base, changing, events, count
            )
            if count < 0:
                return -1
    sort(events, count, breaks)
    return count


def _enter_at_once(numbers: Numbers, base: int) -> bool:
    """Whether no target has a duration of its own, and lags are numbers."""
    for i in range(numbers.lag.shape[1]):
        if numbers.duration[base, i] != 0.0 or numbers.entry_rate[base, i] != 0.0:
            return False
        if not math.isfinite(numbers.lag[base, i]):
            return False
    return True


def _list_plain(
    records: Records, begin: int, end: int, numbers: Numbers, base: int, events: Events
) -> int:
    """The events of single doses that enter at once."""
    if records.target_of_all >= 0:
        _list_one_target(records, begin, end - begin, numbers, base, events)
        return end - begin
    count, single, last, ordered = 0, -1, -1e300, True
    for r in range(begin, end):
        target = records.target[r]
        time, state = records.time[r] + numbers.lag[base, target], records.state[target]
        events.time[count] = time
        events.kind[count] = BOLUS
        events.place[count] = state
        events.value[count] = numbers.bioavailability[base, target] * records.amount[r]
        ordered &= last <= time
        last = time
        if single != state:
            single = state if count == 0 else -2
        count += 1
    events.about[0] = 0
    events.about[1] = 0
    events.about[2] = single
    if not ordered:
        sort_by_time(events, count)
    return count


def _list_one_target(
    records: Records, begin: int, count: int, numbers: Numbers, base: int, events: Events
) -> None:
    """The events of single doses in order that enter one target at once."""
    target = records.target_of_all
    lag, share, state = (
        numbers.lag[base, target],
        numbers.bioavailability[base, target],
        records.state[target],
    )
    for k in range(0, count - EVEN + 1, EVEN):
        for i in vector_range(EVEN):
            events.time[k + i] = records.time[begin + k + i] + lag
            events.value[k + i] = share * records.amount[begin + k + i]
            events.kind[k + i] = BOLUS
            events.place[k + i] = state
    for k in range(count // EVEN * EVEN, count):
        events.time[k] = records.time[begin + k] + lag
        events.value[k] = share * records.amount[begin + k]
        events.kind[k] = BOLUS
        events.place[k] = state
    events.about[0] = 0
    events.about[1] = 0
    events.about[2] = state


def dose_shape(records: Records, r: int, numbers: Numbers, base: int) -> tuple[float, float]:
    """Lag, and length of the infusion: 0 for none, `FAR` for one without end."""
    target = records.target[r]
    length = dose_length(
        records.amount[r],
        numbers.bioavailability[base, target],
        records.rate[r],
        records.duration[r],
        numbers.entry_rate[base, target],
        numbers.duration[base, target],
    )
    return numbers.lag[base, target], length


def _list_doses(
    records: Records,
    r: int,
    begin: int,
    end: int,
    until: float,
    numbers: Numbers,
    base: int,
    changing: bool,
    events: Events,
    count: int,
) -> int:
    target, time, every = records.target[r], records.time[r], records.every[r]
    state, steady = records.state[target], records.steady[r] > 0
    regimen = _regimen_of(events, records, r, count) if steady else -1
    row, back, halted = base, 0, until < FAR and _halted_at(records, begin, end, r, until)
    if steady and changing:
        row += _version_at(records, begin, end, time, time, events.place[regimen])
    lag, length = dose_shape(records, r, numbers, row)
    if length >= FAR:
        if time >= until:
            return count
        return _put_flow(events, count, time, until, state, records.rate[r], time + lag, 2 * count)
    if steady and math.isfinite(lag) and math.isfinite(length):
        back = doses_back(lag + length, every)
    for i in range(-back, records.doses[r]):
        due = time + i * every
        if changing and i >= 0:
            # lag, length and bioavailability belong to the dose: they are those of when it is given
            row = base + _version_at(records, begin, end, due, time, r)
        if i >= 0 and (changing or i == 0):
            lag, length = dose_shape(records, r, numbers, row)
        if not (math.isfinite(lag) and math.isfinite(length)):
            return -1
        enters = due + lag
        over = enters + length
        at = max(enters, time) if i < 0 else enters
        late = at >= until and not (halted and length <= 0.0 and same(at, until))
        if late or (i < 0 and over <= time + near(time) and length > 0.0):
            continue
        if i < 0 and length <= 0.0 and enters < time - near(time):
            continue
        rank, order = time + lag, 2 * count
        if i < 0 and same(at, time):
            # what was under way at a steady state belongs to it
            rank, order = time, events.order[regimen] + 1
        elif i < 0:
            rank -= back * every
        elif changing:
            rank = enters if lag > 0.0 else time
        amount = numbers.bioavailability[row, target] * records.amount[r]
        count = _put_dose(events, count, at, min(over, until), state, amount, length, rank, order)
    return count


def _put_dose(
    events: Events,
    count: int,
    begin: float,
    end: float,
    state: int,
    amount: float,
    length: float,
    rank: float,
    order: int,
) -> int:
    """A bolus, or an infusion of so many hours that ends then."""
    if length > 0.0:
        return _put_flow(events, count, begin, end, state, amount / length, rank, order)
    if amount == 0.0:
        return count
    count = _put(events, count, begin, BOLUS, state, amount, rank)
    events.order[count - 1] = order
    return count


def _put_flow(
    events: Events,
    count: int,
    begin: float,
    end: float,
    state: int,
    flow: float,
    rank: float,
    order: int,
) -> int:
    """An infusion and its end, which comes before all else at its time; none where it has no end."""
    if flow == 0.0:
        return count
    count = _put(events, count, begin, FLOW, state, flow, rank)
    events.order[count - 1] = order
    if end < FAR:
        count = _put(events, count, end, FLOW, state, -flow, -FAR)
    return count


def _regimen_of(events: Events, records: Records, r: int, count: int) -> int:
    """The event at which the regimen of record `r` is at steady state."""
    for e in range(count - 1, -1, -1):
        if events.kind[e] == TO_STEADY and records.steady[events.place[e]] == records.steady[r]:
            return e
    return 0
