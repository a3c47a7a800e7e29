"""What happens to a patient at an event: doses, infusions, resets, replacements, covariates."""

from speciosa.engine.codes import COVARIATE, DOSE, FAR, REPLACE, RESET, WIDTH
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import call, number, put, put_whole, real, whole
from speciosa.engine.stepper.lanes import (
    cancel_given_before,
    keep_running,
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


def _give(c: int, table: int, lane: int, k: int) -> bool:
    """Gives one dose of a record: at once, or as the begin of an infusion. Returns whether the record was split."""
    target, length = whole(c, at.TARGET, k), real(c, at.LENGTH, k)
    enters = real(c, at.BIOAVAILABILITY, target * WIDTH + lane) * real(c, at.AMOUNT, k)
    if length <= 0.0:
        row = whole(c, at.TARGET_STATE, target) * WIDTH + lane
        put(c, at.Y, row, real(c, at.Y, row) + enters)
    elif length < FAR:
        flow, before = enters / length, whole(c, at.STARTED, k)
        split = flow != real(c, at.FLOW, k) and before > whole(c, at.ENDED, k)
        if split:
            keep_running(c, table, k)
        put(c, at.FLOW, k, flow)
        return split
    return False


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
                if _give(c, table, lane, k):
                    last += 1
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
        return True
    return False
