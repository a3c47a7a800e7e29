"""What happens to a patient at an event: doses, infusions, resets, replacements, covariates."""

from speciosa.engine.codes import (
    COVARIATE,
    DOSE,
    FAR,
    HALT,
    ON_ITS_WAY,
    REPLACE,
    RESET,
    WHEN_GIVEN,
    WIDTH,
)
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import (
    call,
    get_float64,
    get_int64,
    number,
    set_float64,
    set_int64,
)
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
        set_float64(c, at.Y, i * WIDTH + lane, get_float64(c, at.INITIAL, i * WIDTH + lane))


def sum_infusions(c: int, table: int, lane: int) -> None:
    """Adds up the running infusions of each state."""
    for i in range(number(c, at.STATES)):
        set_float64(c, at.INFUSION, i * WIDTH + lane, 0.0)
    first = table * number(c, at.RECORDS)
    for k in range(first + get_int64(c, at.LOW, table), first + get_int64(c, at.SIZE, table)):
        running = get_int64(c, at.STARTED, k) - get_int64(c, at.ENDED, k)
        if running > 0 and get_int64(c, at.KIND, k) == DOSE and get_float64(c, at.LENGTH, k) > 0.0:
            row = get_int64(c, at.TARGET_STATE, get_int64(c, at.TARGET, k)) * WIDTH + lane
            set_float64(
                c,
                at.INFUSION,
                row,
                get_float64(c, at.INFUSION, row) + running * get_float64(c, at.FLOW, k),
            )


def _give(c: int, table: int, lane: int, k: int) -> int:
    """Gives one dose of a record: at once, as the begin of an infusion, or on its way. Returns how many records that adds."""
    target, mode, amount = (
        get_int64(c, at.TARGET, k),
        get_int64(c, at.MODE, k),
        get_float64(c, at.AMOUNT, k),
    )
    length, enters = get_float64(c, at.LENGTH, k), amount
    if mode != ON_ITS_WAY:
        enters = get_float64(c, at.BIOAVAILABILITY, target * WIDTH + lane) * amount
    late = 0.0
    if mode == WHEN_GIVEN:
        length = length_of(
            c, lane, target, amount, get_float64(c, at.OVER, k), get_float64(c, at.PACE, k)
        )
        late = get_float64(c, at.LAG, target * WIDTH + lane)
    elif length >= FAR:
        return 0
    added = 0
    flow = enters / length if late <= 0.0 and length > 0.0 else 0.0
    same = flow == get_float64(c, at.FLOW, k) and length == get_float64(c, at.LENGTH, k)
    if not same and get_int64(c, at.STARTED, k) > get_int64(c, at.ENDED, k):
        keep_running(c, table, k)
        added = 1
    if flow > 0.0 or (length > 0.0 and late <= 0.0):
        set_float64(c, at.FLOW, k, flow)
        set_float64(c, at.LENGTH, k, length)
        return added
    # nothing of this dose runs in this record
    set_int64(c, at.ENDED, k, get_int64(c, at.STARTED, k) + 1)
    if late > 0.0:
        _send(c, table, k, late, enters, length)
        return added + 1
    row = get_int64(c, at.TARGET_STATE, target) * WIDTH + lane
    set_float64(c, at.Y, row, get_float64(c, at.Y, row) + enters)
    return added


def _send(c: int, table: int, k: int, late: float, enters: float, length: float) -> None:
    """Sends the dose that record `k` gives now on its way: it acts after its lag."""
    target, given, order = (
        get_int64(c, at.TARGET, k),
        get_float64(c, at.GIVEN, k),
        get_int64(c, at.ORDER, k),
    )
    base = (
        get_float64(c, at.BASE, k)
        + get_int64(c, at.STARTED, k) * get_float64(c, at.EVERY, k)
        + late
    )
    n = add_record(c, table, base, given, DOSE, target, order)
    set_float64(c, at.AMOUNT, n, enters)
    set_float64(c, at.LENGTH, n, length)
    set_int64(c, at.MODE, n, ON_ITS_WAY)


def apply_events(c: int, table: int, lane: int) -> int:
    """Does all that is due now. Returns the record that asks for a steady state, or -1."""
    time = get_float64(c, at.T, lane)
    limit = time + near(time)
    first = table * number(c, at.RECORDS)
    last = first + get_int64(c, at.SIZE, table)
    k = first + get_int64(c, at.LOW, table)
    while k < last and get_float64(c, at.BASE, k) <= limit:
        while next_end(c, k) <= limit:
            set_int64(c, at.ENDED, k, get_int64(c, at.ENDED, k) + 1)
        k += 1
    asked = -1
    k = first + get_int64(c, at.LOW, table)
    while k < last and get_float64(c, at.BASE, k) <= limit and asked < 0:
        while next_start(c, k) <= limit:
            if get_int64(c, at.KIND, k) == DOSE:
                last += _give(c, table, lane, k)
            elif _other(c, table, lane, k, time):
                asked = k
            set_int64(c, at.STARTED, k, get_int64(c, at.STARTED, k) + 1)
        k += 1
    sum_infusions(c, table, lane)
    return asked


def _other(c: int, table: int, lane: int, k: int, time: float) -> bool:
    """Does what is not a dose, after which anything may be different. Returns whether a steady state is asked for."""
    set_float64(c, at.FLAG, lane, 2.0)
    set_int64(c, at.ENDED, k, get_int64(c, at.ENDED, k) + 1)
    kind, target, amount = (
        get_int64(c, at.KIND, k),
        get_int64(c, at.TARGET, k),
        get_float64(c, at.AMOUNT, k),
    )
    if kind == RESET:
        reset_states(c, lane)
        cancel_given_before(c, table, time, get_int64(c, at.ORDER, k))
    elif kind == HALT:
        cancel_given_before(c, table, time, get_int64(c, at.ORDER, k))
    elif kind == REPLACE:
        set_float64(c, at.Y, target * WIDTH + lane, amount)
    elif kind == COVARIATE:
        set_float64(c, at.COVARIATE, target * WIDTH + lane, amount)
        call(c, at.PREPARE)
    else:
        return any_given(c, lane, get_int64(c, at.STEADY, k))
    return False
