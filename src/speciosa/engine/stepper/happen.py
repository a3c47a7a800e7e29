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
)
from speciosa.engine.dosing import near
from speciosa.engine.stepper.lanes import (
    add_record,
    any_given,
    cancel_given_before,
    keep_running,
    length_of,
    next_end,
    next_start,
)
from speciosa.engine.stepper.loop import Loop


def reset_states(c: Loop, lane: int) -> None:
    """Returns all states to their initial values."""
    for i in range(c.size.states):
        c.space.y[i, lane] = c.space.initial[i, lane]


def sum_infusions(c: Loop, table: int, lane: int) -> None:
    """Adds up the running infusions of each state."""
    for i in range(c.size.states):
        c.space.infusion[i, lane] = 0.0
    first = table * c.size.records
    for k in range(first + c.records.low[table], first + c.records.size[table]):
        running = c.records.started[k] - c.records.ended[k]
        if running > 0 and c.records.kind[k] == DOSE and c.records.length[k] > 0.0:
            state = c.targets.state[c.records.target[k]]
            c.space.infusion[state, lane] += running * c.records.flow[k]


def _give(c: Loop, table: int, lane: int, k: int) -> int:
    """Gives one dose of a record: at once, as the begin of an infusion, or on its way. Returns how many records that adds."""
    target, mode, amount = (
        c.records.target[k],
        c.records.mode[k],
        c.records.amount[k],
    )
    length, enters = c.records.length[k], amount
    if mode != ON_ITS_WAY:
        enters = c.space.bioavailability[target, lane] * amount
    late = 0.0
    if mode == WHEN_GIVEN:
        length = length_of(c, lane, target, amount, c.records.over[k], c.records.pace[k])
        late = c.space.lag[target, lane]
    elif length >= FAR:
        return 0
    added = 0
    flow = enters / length if late <= 0.0 and length > 0.0 else 0.0
    same = flow == c.records.flow[k] and length == c.records.length[k]
    if not same and c.records.started[k] > c.records.ended[k]:
        keep_running(c, table, k)
        added = 1
    if flow > 0.0 or (length > 0.0 and late <= 0.0):
        c.records.flow[k] = flow
        c.records.length[k] = length
        return added
    # nothing of this dose runs in this record
    c.records.ended[k] = c.records.started[k] + 1
    if late > 0.0:
        _send(c, table, k, late, enters, length)
        return added + 1
    c.space.y[c.targets.state[target], lane] += enters
    return added


def _send(c: Loop, table: int, k: int, late: float, enters: float, length: float) -> None:
    """Sends the dose that record `k` gives now on its way: it acts after its lag."""
    target, given, order = (
        c.records.target[k],
        c.records.given[k],
        c.records.order[k],
    )
    base = c.records.base[k] + c.records.started[k] * c.records.every[k] + late
    n = add_record(c, table, base, given, DOSE, target, order)
    c.records.amount[n] = enters
    c.records.length[n] = length
    c.records.mode[n] = ON_ITS_WAY


def apply_events(c: Loop, table: int, lane: int) -> int:
    """Does all that is due now. Returns the record that asks for a steady state, or -1."""
    time = c.space.t[lane]
    limit = time + near(time)
    first = table * c.size.records
    last = first + c.records.size[table]
    k = first + c.records.low[table]
    while k < last and c.records.base[k] <= limit:
        while next_end(c, k) <= limit:
            c.records.ended[k] += 1
        k += 1
    asked = -1
    k = first + c.records.low[table]
    while k < last and c.records.base[k] <= limit and asked < 0:
        while next_start(c, k) <= limit:
            if c.records.kind[k] == DOSE:
                last += _give(c, table, lane, k)
            elif _other(c, table, lane, k, time):
                asked = k
            c.records.started[k] += 1
        k += 1
    sum_infusions(c, table, lane)
    return asked


def _other(c: Loop, table: int, lane: int, k: int, time: float) -> bool:
    """Does what is not a dose, after which anything may be different. Returns whether a steady state is asked for."""
    c.space.flag[lane] = 2.0
    c.records.ended[k] += 1
    kind, target, amount = (
        c.records.kind[k],
        c.records.target[k],
        c.records.amount[k],
    )
    if kind == RESET:
        reset_states(c, lane)
        cancel_given_before(c, table, time, c.records.order[k])
    elif kind == HALT:
        cancel_given_before(c, table, time, c.records.order[k])
    elif kind == REPLACE:
        c.space.y[target, lane] = amount
    elif kind == COVARIATE:
        c.space.covariate[target, lane] = amount
        c.kernel.prepare(c.space.memory)
    else:
        return any_given(c, lane, c.records.steady[k])
    return False
