"""Doses as jets: what enters at once, what later, and the steady state of what was given for ever. Compiled by `native`.

Conventions are NONMEM's: the lag, bioavailability, duration and rate of a dose are those of its record; a steady state is that at
the time of the record, so that with a lag the last dose of the past may still be under way (``interval - lag`` after it entered).
"""

import numpy as np

from speciosa.estimation.closed_form.arrays import (
    DECAY,
    DECAY_GUT,
    DURATION,
    ENTER,
    ENTRY_RATE,
    FED,
    FLOW,
    FLOW_GUT,
    GIVEN,
    GUT,
    KA,
    LAG,
    LAMBDA,
    LENGTH,
    MOST_PENDING,
    NOW,
    PENDING,
    PROJECTOR,
    RATE,
    REST,
    ROLE,
    SAVED,
    STEP,
    A,
    B,
    C,
    D,
    F,
    Pending,
    Structure,
    Z,
)
from speciosa.estimation.closed_form.course import advance, empty, is_zero, prepare, put
from speciosa.estimation.jet.arithmetic import (
    Jets,
    add,
    constant,
    copy,
    multiply,
    multiply_add,
    reciprocal,
    scale,
    subtract,
)
from speciosa.estimation.records import Records

BOLUS, BEGIN, END = 0, 1, 2
_MOST_OVERLAP = 50


def shape(j: Jets, of: Structure, records: Records, r: int) -> None:
    """How much of a dose enters, in how long and at what rate: rows `GIVEN`, `LENGTH` (0 for a bolus), `ENTRY_RATE`."""
    constant(j, records.amount[r], GIVEN)
    # a depot, or a model without one, has the bioavailability and the lag; what is given beside the depot has neither
    if of.parameter[F] >= 0 and _main(of, records.place[r]):
        scale(j, records.amount[r], ROLE + F, GIVEN)
    constant(j, 0.0, LENGTH)
    rate = records.rate[r]
    if rate > 0.0:
        constant(j, rate, ENTRY_RATE)
        scale(j, 1.0 / rate, GIVEN, LENGTH)
        return
    if rate == -1.0:
        copy(j, ROLE + RATE, ENTRY_RATE)
        reciprocal(j, ENTRY_RATE, A)
        multiply(j, GIVEN, A, LENGTH)
        return
    if records.duration[r] > 0.0:
        constant(j, records.duration[r], LENGTH)
    elif rate == -2.0:
        copy(j, ROLE + DURATION, LENGTH)
    if j.x[LENGTH, 0] > 0.0:
        reciprocal(j, LENGTH, A)
        multiply(j, GIVEN, A, ENTRY_RATE)


def _main(of: Structure, place: int) -> bool:
    return place == 1 - of.depot


def lag_of(j: Jets, of: Structure, records: Records, r: int, into: int) -> None:
    """The lag of a dose."""
    constant(j, 0.0, into)
    if of.parameter[LAG] >= 0 and _main(of, records.place[r]):
        copy(j, ROLE + LAG, into)


def flow_row(place: int) -> int:
    """Which row holds what enters a compartment per hour."""
    return FLOW_GUT if place == 0 else FLOW


def later(j: Jets, pending: Pending, kind: int, place: int, time: int, value: int) -> bool:
    """Remembers what enters later; False where there is no room."""
    count = pending.waiting[0]
    if count >= MOST_PENDING:
        return False
    copy(j, time, PENDING + 2 * count)
    copy(j, value, PENDING + 2 * count + 1)
    pending.kind[count] = kind
    pending.place[count] = place
    pending.waiting[0] = count + 1
    return True


def give(j: Jets, of: Structure, records: Records, r: int, pending: Pending) -> bool:
    """Gives the dose of a record, now or after its lag; False where there is no room for what enters later."""
    shape(j, of, records, r)
    place = records.place[r]
    lag_of(j, of, records, r, D)
    constant(j, records.time[r], ENTER)
    lagged = not is_zero(j, D)
    if lagged:
        add(j, ENTER, D, ENTER)
    if j.x[LENGTH, 0] <= 0.0:
        if lagged:
            return later(j, pending, BOLUS, place, ENTER, GIVEN)
        put(j, of, place, GIVEN)
        return True
    if lagged:
        if not later(j, pending, BEGIN, place, ENTER, ENTRY_RATE):
            return False
    else:
        add(j, flow_row(place), ENTRY_RATE, flow_row(place))
    add(j, ENTER, LENGTH, D)
    return later(j, pending, END, place, D, ENTRY_RATE)


def catch_up(j: Jets, of: Structure, pending: Pending, until: float) -> None:
    """Moves on through all that enters or ends up to a time, in order."""
    while True:
        earliest = -1
        for i in range(pending.waiting[0]):
            time = j.x[PENDING + 2 * i, 0]
            if time <= until and (earliest < 0 or time < j.x[PENDING + 2 * earliest, 0]):
                earliest = i
        if earliest < 0:
            return
        row = PENDING + 2 * earliest
        subtract(j, row, NOW, STEP)
        advance(j, of)
        copy(j, row, NOW)
        place = pending.place[earliest]
        if pending.kind[earliest] == BOLUS:
            put(j, of, place, row + 1)
        elif pending.kind[earliest] == BEGIN:
            add(j, flow_row(place), row + 1, flow_row(place))
        else:
            subtract(j, flow_row(place), row + 1, flow_row(place))
        _forget(j, pending, earliest)


def _forget(j: Jets, pending: Pending, which: int) -> None:
    last = pending.waiting[0] - 1
    for i in range(which, last):
        copy(j, PENDING + 2 * i + 2, PENDING + 2 * i)
        copy(j, PENDING + 2 * i + 3, PENDING + 2 * i + 1)
        pending.kind[i] = pending.kind[i + 1]
        pending.place[i] = pending.place[i + 1]
    pending.waiting[0] = last


def steady_state(j: Jets, of: Structure, records: Records, r: int, pending: Pending) -> bool:
    """The state at a record whose dose has been given for ever; SS 2 adds it to what is there."""
    added = records.steady[r] == 2
    for i in range(12):
        copy(j, Z + i, SAVED + i)
    empty(j, of)
    shape(j, of, records, r)
    if records.interval[r] <= 0.0:
        _constant_infusion(j, of, records, r)
    else:
        if not added:
            pending.waiting[0] = 0
        if not _repeated(j, of, records, r, pending):
            return False
    if added:
        for i in range(12):
            add(j, Z + i, SAVED + i, Z + i)
    return True


def _constant_infusion(j: Jets, of: Structure, records: Records, r: int) -> None:
    """An infusion from ever, which ends at its record: each mode holds its share of the rate, divided by its own rate."""
    place = max(records.place[r], 1)
    if records.place[r] == 0:
        reciprocal(j, ROLE + KA, A)
        multiply(j, ENTRY_RATE, A, GUT)
    for i in range(of.compartments):
        reciprocal(j, LAMBDA + i, A)
        multiply(j, ENTRY_RATE, A, B)
        for k in range(of.compartments):
            multiply(j, PROJECTOR + 9 * i + 3 * k + place - 1, B, Z + 3 * i + k)


def _repeated(j: Jets, of: Structure, records: Records, r: int, pending: Pending) -> bool:
    interval, place = records.interval[r], records.place[r]
    overlap = float(np.floor(j.x[LENGTH, 0] / interval + 1e-12))
    if overlap > _MOST_OVERLAP:
        return False
    constant(j, interval, ENTER)
    _since_dose(j, of, place, overlap, interval)
    _fixed_point(j, of, interval)
    lag_of(j, of, records, r, D)
    if is_zero(j, D):
        # before the next dose: those of the past begin one interval ago
        constant(j, interval, ENTER)
    else:
        turns = int(np.floor(j.x[D, 0] / interval))
        if turns > _MOST_OVERLAP:
            return False
        constant(j, (turns + 1.0) * interval, ENTER)
        subtract(j, ENTER, D, ENTER)
        copy(j, D, SAVED + 14)
        _since_dose(j, of, place, overlap, interval)
        for k in range(1, turns + 1):
            copy(j, SAVED + 14, D)
            if not _to_enter(j, records.time[r] - k * interval, place, pending):
                return False
    return _still_running(j, records, r, place, pending)


def _to_enter(j: Jets, time: float, place: int, pending: Pending) -> bool:
    """A dose of the past that has not entered yet; row `D` holds its lag, of which nothing else may be made before."""
    copy(j, D, SAVED + 12)
    j.x[SAVED + 12, 0] += time
    if j.x[LENGTH, 0] <= 0.0:
        return later(j, pending, BOLUS, place, SAVED + 12, GIVEN)
    if not later(j, pending, BEGIN, place, SAVED + 12, ENTRY_RATE):
        return False
    add(j, SAVED + 12, LENGTH, SAVED + 13)
    return later(j, pending, END, place, SAVED + 13, ENTRY_RATE)


def _since_dose(j: Jets, of: Structure, place: int, overlap: float, interval: float) -> None:
    """From just before a dose to the time `ENTER` after it, infusions of earlier doses running on."""
    flow = flow_row(place)
    if j.x[LENGTH, 0] <= 0.0:
        put(j, of, place, GIVEN)
        copy(j, ENTER, STEP)
        advance(j, of)
        return
    # for what the length has beyond whole intervals, one infusion more is running
    copy(j, LENGTH, REST)
    j.x[REST, 0] -= overlap * interval
    scale(j, overlap + 1.0, ENTRY_RATE, flow)
    if j.x[REST, 0] >= j.x[ENTER, 0]:
        copy(j, ENTER, STEP)
        advance(j, of)
        return
    copy(j, REST, STEP)
    advance(j, of)
    scale(j, overlap, ENTRY_RATE, flow)
    subtract(j, ENTER, REST, STEP)
    advance(j, of)


def _fixed_point(j: Jets, of: Structure, interval: float) -> None:
    """From what one interval leaves of nothing, what it leaves unchanged."""
    constant(j, interval, STEP)
    constant(j, 0.0, FLOW)
    constant(j, 0.0, FLOW_GUT)
    prepare(j, of)
    if of.depot > 0:
        _one_less(j, DECAY_GUT, B)
        multiply(j, GUT, B, A)
        copy(j, A, GUT)
        multiply(j, ROLE + KA, GUT, C)
    for i in range(of.compartments):
        _one_less(j, DECAY + i, B)
        constant(j, 0.0, A)
        if of.depot > 0:
            multiply(j, C, FED + i, A)
        for k in range(of.compartments):
            multiply_add(j, PROJECTOR + 9 * i + 3 * k, A, Z + 3 * i + k)
            multiply(j, Z + 3 * i + k, B, D)
            copy(j, D, Z + 3 * i + k)


def _one_less(j: Jets, decay: int, into: int) -> None:
    """1 / (1 - decay)."""
    scale(j, -1.0, decay, into)
    j.x[into, 0] += 1.0
    reciprocal(j, into, STEP)
    copy(j, STEP, into)


def _still_running(j: Jets, records: Records, r: int, place: int, pending: Pending) -> bool:
    """Infusions of the past that have not ended: dose k of the past began ``ENTER + k interval`` before the record."""
    flow, time = flow_row(place), records.time[r]
    constant(j, 0.0, FLOW)
    constant(j, 0.0, FLOW_GUT)
    if j.x[LENGTH, 0] <= 0.0:
        return True
    for k in range(_MOST_OVERLAP + 1):
        subtract(j, LENGTH, ENTER, B)
        j.x[B, 0] += time - k * records.interval[r]
        if j.x[B, 0] <= time:
            return True
        add(j, flow, ENTRY_RATE, flow)
        if not later(j, pending, END, place, B, ENTRY_RATE):
            return False
    return False
