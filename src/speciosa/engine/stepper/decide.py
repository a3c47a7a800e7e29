"""Decisions in a running simulation: at given times a condition on the patient may change what is done."""

from speciosa.engine.codes import DOSE, END, FAR, GIVE, SCALE, WHEN_GIVEN
from speciosa.engine.dosing import near
from speciosa.engine.stepper.lanes import add_record
from speciosa.engine.stepper.loop import Loop

_LAST_ORDER = 1 << 40


def clear_decisions(c: Loop, lane: int) -> None:
    """Begins the decisions of a new patient."""
    for d in range(c.size.decisions):
        c.decided.next[d, lane] = 0
        c.decided.fired[d, lane] = 0
        c.decided.last[d, lane] = -FAR


def next_decision(c: Loop, lane: int) -> float:
    """When the next decision is due."""
    best = FAR
    for d in range(c.size.decisions):
        best = min(best, c.decisions.times[d, c.decided.next[d, lane]])
    return best


def decide(c: Loop, lane: int) -> int:
    """Takes the decisions that are due. Returns 0 nothing done, 1 something given or changed, 2 follow-up ended."""
    time, done = c.space.t[lane], 0
    for d in range(c.size.decisions):
        i = c.decided.next[d, lane]
        if c.decisions.times[d, i] > time + near(time):
            continue
        c.decided.next[d, lane] = i + 1
        met = c.space.out[c.decisions.condition[d], lane] > 0.5
        waited = time - c.decided.last[d, lane] >= c.decisions.wait[d] - near(time)
        if not met or not waited or c.decided.fired[d, lane] >= c.decisions.most[d]:
            continue
        c.decided.fired[d, lane] += 1
        c.decided.last[d, lane] = time
        c.results.log[d, c.lanes.row[lane], i] = 1
        if c.decisions.action[d] == END:
            return 2
        done = 1
        _act(c, lane, d, time)
    return done


def _act(c: Loop, lane: int, d: int, time: float) -> None:
    name, action = c.decisions.target[d], c.decisions.action[d]
    amount = c.space.out[c.decisions.number[d], lane]
    if action == GIVE:
        for target in range(c.size.targets):
            if c.targets.name[target] == name and amount > 0.0:
                _give(c, lane, d, time, target, amount)
        return
    first = lane * c.size.records
    for k in range(first, first + c.records.size[lane]):
        of = name < 0 or c.targets.name[c.records.target[k]] == name
        # what was given stays as it was given: it runs, or is on its way, in records of its own
        if c.records.kind[k] == DOSE and c.records.mode[k] == WHEN_GIVEN and of:
            if action == SCALE:
                c.records.amount[k] *= amount
            else:
                c.records.count[k] = c.records.started[k]


def _give(c: Loop, lane: int, d: int, time: float, target: int, amount: float) -> None:
    k = add_record(c, lane, time, time, DOSE, target, _LAST_ORDER)
    c.records.amount[k] = amount
    c.records.over[k] = c.decisions.over[d]
    c.records.every[k] = c.decisions.every[d]
    c.records.count[k] = c.decisions.count[d]
    c.records.mode[k] = WHEN_GIVEN
