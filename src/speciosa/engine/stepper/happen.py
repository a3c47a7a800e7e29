"""What happens to a patient at an event: doses, infusions, resets, replacements, covariates."""

from speciosa.engine.codes import (
    COVARIATE,
    DOSE,
    FAR,
    ON_ITS_WAY,
    REPLACE,
    RESET,
    WHEN_GIVEN,
    WIDTH,
)
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import call, number, put, put_whole, real, whole
from speciosa.engine.stepper.lanes import (
    add_record,
    any_given,
    cancel_given_before,
    keep_running,
    length_of,
    near,
    next_end,
    next_start,
)


def reset_states(c: int, lane: int) -> None:
    """Returns all states to their initial values."""
    for i in range(number(c, at.STATES)):
        put(c, at.Y, i * WIDTH + lane, real(c, at.INITIAL, i * WIDTH + lane))


def sum_infusions(c: int, table: int, lane: int) -> None:
    """Adds up the running infusions of each state."""
    for i in range(number(c, at.STATES)):
        put(c, at.INFUSION, i * WIDTH + lane, 0.0)
    first = table * number(c, at.RECORDS)
    for k in range(first + whole(c, at.LOW, table), first + whole(c, at.SIZE, table)):
        running = whole(c, at.STARTED, k) - whole(c, at.ENDED, k)
        if running > 0 and whole(c, at.KIND, k) == DOSE and real(c, at.LENGTH, k) > 0.0:
            row = whole(c, at.TARGET_STATE, whole(c, at.TARGET, k)) * WIDTH + lane
            put(c, at.INFUSION, row, real(c, at.INFUSION, row) + running * real(c, at.FLOW, k))


def _give(c: int, table: int, lane: int, k: int) -> int:
    """Gives one dose of a record: at once, as the begin of an infusion, or on its way. Returns how many records that adds."""
    target, mode, amount = whole(c, at.TARGET, k), whole(c, at.MODE, k), real(c, at.AMOUNT, k)
    length, enters = real(c, at.LENGTH, k), amount
    if mode != ON_ITS_WAY:
        enters = real(c, at.BIOAVAILABILITY, target * WIDTH + lane) * amount
    late = 0.0
    if mode == WHEN_GIVEN:
        length = length_of(c, lane, target, amount, real(c, at.OVER, k), real(c, at.PACE, k))
        late = real(c, at.LAG, target * WIDTH + lane)
    elif length >= FAR:
        return 0
    added = 0
    flow = enters / length if late <= 0.0 and length > 0.0 else 0.0
    same = flow == real(c, at.FLOW, k) and length == real(c, at.LENGTH, k)
    if not same and whole(c, at.STARTED, k) > whole(c, at.ENDED, k):
        keep_running(c, table, k)
        added = 1
    if flow > 0.0 or (length > 0.0 and late <= 0.0):
        put(c, at.FLOW, k, flow)
        put(c, at.LENGTH, k, length)
        return added
    # nothing of this dose runs in this record
    put_whole(c, at.ENDED, k, whole(c, at.STARTED, k) + 1)
    if late > 0.0:
        _send(c, table, k, late, enters, length)
        return added + 1
    row = whole(c, at.TARGET_STATE, target) * WIDTH + lane
    put(c, at.Y, row, real(c, at.Y, row) + enters)
    return added


def _send(c: int, table: int, k: int, late: float, enters: float, length: float) -> None:
    """Sends the dose that record `k` gives now on its way: it acts after its lag."""
    target, given, order = whole(c, at.TARGET, k), real(c, at.GIVEN, k), whole(c, at.ORDER, k)
    base = real(c, at.BASE, k) + whole(c, at.STARTED, k) * real(c, at.EVERY, k) + late
    n = add_record(c, table, base, given, DOSE, target, order)
    put(c, at.AMOUNT, n, enters)
    put(c, at.LENGTH, n, length)
    put_whole(c, at.MODE, n, ON_ITS_WAY)


def apply_events(c: int, table: int, lane: int) -> int:
    """Does all that is due now. Returns the record that asks for a steady state, or -1."""
    time = real(c, at.T, lane)
    limit = time + near(time)
    first = table * number(c, at.RECORDS)
    last = first + whole(c, at.SIZE, table)
    k = first + whole(c, at.LOW, table)
    while k < last and real(c, at.BASE, k) <= limit:
        while next_end(c, k) <= limit:
            put_whole(c, at.ENDED, k, whole(c, at.ENDED, k) + 1)
        k += 1
    asked = -1
    k = first + whole(c, at.LOW, table)
    while k < last and real(c, at.BASE, k) <= limit and asked < 0:
        while next_start(c, k) <= limit:
            if whole(c, at.KIND, k) == DOSE:
                last += _give(c, table, lane, k)
            elif _other(c, table, lane, k, time):
                asked = k
            put_whole(c, at.STARTED, k, whole(c, at.STARTED, k) + 1)
        k += 1
    sum_infusions(c, table, lane)
    return asked


def _other(c: int, table: int, lane: int, k: int, time: float) -> bool:
    """Does what is not a dose. Returns whether a steady state is asked for."""
    put_whole(c, at.ENDED, k, whole(c, at.ENDED, k) + 1)
    kind, target, amount = whole(c, at.KIND, k), whole(c, at.TARGET, k), real(c, at.AMOUNT, k)
    if kind == RESET:
        reset_states(c, lane)
        cancel_given_before(c, table, time, whole(c, at.ORDER, k))
    elif kind == REPLACE:
        put(c, at.Y, target * WIDTH + lane, amount)
    elif kind == COVARIATE:
        put(c, at.COVARIATE, target * WIDTH + lane, amount)
        call(c, at.PREPARE)
    else:
        return any_given(c, lane, whole(c, at.STEADY, k))
    return False
