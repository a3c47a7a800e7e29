"""Doses of a model written as equations: what enters at once, what enters later, and for how long. Compiled by `native`."""

from speciosa.estimation.equations.arrays import (
    ENTER,
    ENTRY_RATE,
    GIVEN,
    LENGTH,
    MOST_PENDING,
    OK,
    TOO_MANY,
    A,
    C,
    Program,
    Room,
)
from speciosa.estimation.equations.slopes import is_zero
from speciosa.estimation.jet.arithmetic import (
    Jets,
    add,
    constant,
    copy,
    multiply,
    reciprocal,
    scale,
)
from speciosa.estimation.records import Records

BOLUS, BEGIN, END = 0, 1, 2
"""What waits: a dose at once, the begin of an infusion, its end."""


def forget(j: Jets, of: Program, room: Room, which: int) -> None:
    """Takes one from what waits; the others keep their order."""
    last = room.waiting[0] - 1
    for i in range(which, last):
        copy(j, of.pending + 2 * i + 2, of.pending + 2 * i)
        copy(j, of.pending + 2 * i + 3, of.pending + 2 * i + 1)
        room.kind[i] = room.kind[i + 1]
        room.place[i] = room.place[i + 1]
    room.waiting[0] = last


def put(j: Jets, of: Program, room: Room, state: int, amount: int) -> None:
    """Adds an amount to a state at once."""
    add(j, of.state + state, amount, of.state + state)
    room.peak[state] = max(room.peak[state], abs(j.x[of.state + state, 0]))


def give(j: Jets, of: Program, records: Records, r: int, time: float, room: Room) -> int:
    """A dose into every state of its target."""
    for entry in range(of.target_first[records.place[r]], of.target_first[records.place[r] + 1]):
        ended = _enter(j, of, records, r, entry, time, room)
        if ended != OK:
            return ended
    return OK


def _enter(
    j: Jets, of: Program, records: Records, r: int, entry: int, time: float, room: Room
) -> int:
    """One dose into one state: for how long by its rate or duration, or by those of the model, and after its lag."""
    state, rate = of.target_state[entry], records.rate[r]
    scale(j, records.amount[r], of.share_row[entry], GIVEN)
    constant(j, 0.0, LENGTH)
    if rate > 0.0:
        constant(j, rate, ENTRY_RATE)
        scale(j, 1.0 / rate, GIVEN, LENGTH)
    elif records.duration[r] > 0.0:
        constant(j, records.duration[r], LENGTH)
        scale(j, 1.0 / records.duration[r], GIVEN, ENTRY_RATE)
    elif of.rate_of_entry_row[entry] >= 0:
        copy(j, of.rate_of_entry_row[entry], ENTRY_RATE)
        reciprocal(j, ENTRY_RATE, A)
        multiply(j, GIVEN, A, LENGTH)
    elif of.duration_row[entry] >= 0:
        copy(j, of.duration_row[entry], LENGTH)
        if j.x[LENGTH, 0] > 0.0:
            reciprocal(j, LENGTH, A)
            multiply(j, GIVEN, A, ENTRY_RATE)
    lag = of.lag_row[entry]
    constant(j, time, ENTER)
    lagged = not is_zero(j, lag)
    if lagged:
        add(j, ENTER, lag, ENTER)
    if j.x[LENGTH, 0] <= 0.0:
        if lagged:
            return _later(j, of, room, BOLUS, state, ENTER, GIVEN)
        put(j, of, room, state, GIVEN)
        return OK
    if lagged:
        ended = _later(j, of, room, BEGIN, state, ENTER, ENTRY_RATE)
        if ended != OK:
            return ended
    else:
        add(j, of.flow + state, ENTRY_RATE, of.flow + state)
    add(j, ENTER, LENGTH, C)
    return _later(j, of, room, END, state, C, ENTRY_RATE)


def _later(j: Jets, of: Program, room: Room, kind: int, state: int, time: int, value: int) -> int:
    """Lets a change wait for its time."""
    count = room.waiting[0]
    if count >= MOST_PENDING:
        return TOO_MANY
    copy(j, time, of.pending + 2 * count)
    copy(j, value, of.pending + 2 * count + 1)
    room.kind[count] = kind
    room.place[count] = state
    room.waiting[0] = count + 1
    return OK
