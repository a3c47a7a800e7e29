"""Decisions in a running simulation: at given times a condition on the patient may change what is done."""

from speciosa.engine.codes import DOSE, END, FAR, GIVE, SCALE, WHEN_GIVEN, WIDTH
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import get_float64, get_int64, number, set_float64, set_int64
from speciosa.engine.stepper.lanes import add_record, near

_LAST_ORDER = 1 << 40


def clear_decisions(c: int, lane: int) -> None:
    """Begins the decisions of a new patient."""
    count = number(c, at.DECISIONS)
    for k in range(lane * count, (lane + 1) * count):
        set_int64(c, at.D_NEXT, k, 0)
        set_int64(c, at.D_FIRED, k, 0)
        set_float64(c, at.D_LAST, k, -FAR)


def next_decision(c: int, lane: int) -> float:
    """When the next decision is due."""
    best, count = FAR, number(c, at.DECISIONS)
    for d in range(count):
        i = get_int64(c, at.D_NEXT, lane * count + d)
        best = min(best, get_float64(c, at.D_TIMES, d * number(c, at.DECISION_TIMES) + i))
    return best


def decide(c: int, lane: int) -> int:
    """Takes the decisions that are due. Returns 0 nothing done, 1 something given or changed, 2 follow-up ended."""
    time, done = get_float64(c, at.T, lane), 0
    count, times = number(c, at.DECISIONS), number(c, at.DECISION_TIMES)
    for d in range(count):
        k = lane * count + d
        i = get_int64(c, at.D_NEXT, k)
        if get_float64(c, at.D_TIMES, d * times + i) > time + near(time):
            continue
        set_int64(c, at.D_NEXT, k, i + 1)
        met = get_float64(c, at.OUT, get_int64(c, at.D_CONDITION, d) * WIDTH + lane) > 0.5
        waited = time - get_float64(c, at.D_LAST, k) >= get_float64(c, at.D_WAIT, d) - near(time)
        if not met or not waited or get_int64(c, at.D_FIRED, k) >= get_int64(c, at.D_MOST, d):
            continue
        set_int64(c, at.D_FIRED, k, get_int64(c, at.D_FIRED, k) + 1)
        set_float64(c, at.D_LAST, k, time)
        row = get_int64(c, at.LANE_ROW, lane)
        set_int64(c, at.D_LOG, (d * number(c, at.ROWS) + row) * times + i, 1)
        if get_int64(c, at.D_ACTION, d) == END:
            return 2
        done = 1
        _act(c, lane, d, time)
    return done


def _act(c: int, lane: int, d: int, time: float) -> None:
    name, action = get_int64(c, at.D_TARGET, d), get_int64(c, at.D_ACTION, d)
    amount = get_float64(c, at.OUT, get_int64(c, at.D_NUMBER, d) * WIDTH + lane)
    if action == GIVE:
        for target in range(number(c, at.TARGETS)):
            if get_int64(c, at.TARGET_NAME, target) == name and amount > 0.0:
                _give(c, lane, d, time, target, amount)
        return
    first = lane * number(c, at.RECORDS)
    for k in range(first, first + get_int64(c, at.SIZE, lane)):
        of = name < 0 or get_int64(c, at.TARGET_NAME, get_int64(c, at.TARGET, k)) == name
        # what was given stays as it was given: it runs, or is on its way, in records of its own
        if get_int64(c, at.KIND, k) == DOSE and get_int64(c, at.MODE, k) == WHEN_GIVEN and of:
            if action == SCALE:
                set_float64(c, at.AMOUNT, k, get_float64(c, at.AMOUNT, k) * amount)
            else:
                set_int64(c, at.COUNT, k, get_int64(c, at.STARTED, k))


def _give(c: int, lane: int, d: int, time: float, target: int, amount: float) -> None:
    k = add_record(c, lane, time, time, DOSE, target, _LAST_ORDER)
    set_float64(c, at.AMOUNT, k, amount)
    set_float64(c, at.OVER, k, get_float64(c, at.D_OVER, d))
    set_float64(c, at.EVERY, k, get_float64(c, at.D_EVERY, d))
    set_int64(c, at.COUNT, k, get_int64(c, at.D_COUNT, d))
    set_int64(c, at.MODE, k, WHEN_GIVEN)
