"""All subjects of a model written as equations, record by record. Compiled by `native`.

Observations of an endpoint of events give ``H - H before - d log h``: the cumulative hazard since the last record less, where the
event happened (d = 1), the logarithm of the hazard; twice that is minus twice the logarithm of the likelihood.
"""

import math
from typing import NamedTuple

from speciosa.engine.compiler.native import native
from speciosa.estimation.equations.arrays import (
    LAST_HAZARD,
    NO_STEADY_STATE,
    NOT_FINITE,
    NOW,
    OK,
    STEP,
    TIME,
    A,
    B,
    Program,
    Room,
)
from speciosa.estimation.equations.dosing import BEGIN, BOLUS, forget, give, put
from speciosa.estimation.equations.integrate import advance
from speciosa.estimation.equations.linear import APART, CONDITION
from speciosa.estimation.equations.modes import set_modes
from speciosa.estimation.equations.slopes import NEAR_NOTHING
from speciosa.estimation.equations.tape import run
from speciosa.estimation.jet.arithmetic import (
    Jets,
    add,
    box_cox,
    constant,
    copy,
    exponential,
    logarithm,
    logistic,
    subtract,
)
from speciosa.estimation.jet.eigenvalues import real_modes
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.records import (
    BOX_COX,
    DOSE,
    EXPONENTIAL,
    LOGISTIC,
    OBSERVE,
    RESET,
    RESET_DOSE,
    Records,
)

_MOST_CYCLES = 400
_PERIODIC = 1e-8


class Work(NamedTuple):
    """A model with its data.

    Attributes:
        of: the model.
        records: of all subjects; `place` is the dose target.
        output: of each observation, the output that it observes.
        happened: of each observation, 1 where it is an event.
        covariates: of the model, of each group of records.
        room: work space.
        c: nodes of the method.
        a: its weights.
        e: those of its error.
    """

    of: Program
    records: Records
    output: Integers
    happened: Floats
    covariates: Floats
    room: Room
    c: Floats
    a: Floats
    e: Floats


@native
def predict(
    j: Jets,
    work: Work,
    subjects: Integers,
    base: Floats,
    slope: Floats,
    active: Integers,
    out: Floats,
    status: Integers,
) -> None:
    """Predicts the observations of some subjects.

    Args:
        j: room for jets.
        work: the model with its data.
        subjects: those to predict.
        base: see `closed_form.disposition.set_parameters`.
        slope: see there.
        active: see there.
        out: filled with the coefficients of each observation.
        status: filled.
    """
    for s in range(subjects.shape[0]):
        status[subjects[s]] = solve_subject(j, work, subjects[s], base, slope, active, out)


def solve_subject(
    j: Jets,
    work: Work,
    subject: int,
    base: Floats,
    slope: Floats,
    active: Integers,
    out: Floats,
) -> int:
    """Predicts the observations of one subject; returns how it ended."""
    of, records, room, covariates = work.of, work.records, work.room, work.covariates
    c, a, e = work.c, work.a, work.e
    begin, end = records.first[subject], records.first[subject + 1]
    group = records.group[begin]
    constant(j, records.time[begin], NOW)
    copy(j, NOW, TIME)
    _set_group(j, of, room, covariates, base, slope, active, group)
    _start(j, of, room)
    room.stiff[0] = 0
    for r in range(begin, end):
        kind, ended = records.kind[r], OK
        if of.back > 0 and records.group[r] != group:
            group = records.group[r]
            _set_group(j, of, room, covariates, base, slope, active, group)
        if kind == RESET or kind == RESET_DOSE:
            _start(j, of, room)
        else:
            ended = _catch_up(j, of, room, records.time[r], c, a, e)
        constant(j, records.time[r], NOW)
        copy(j, NOW, TIME)
        if ended == OK and records.group[r] != group:
            group = records.group[r]
            _set_group(j, of, room, covariates, base, slope, active, group)
        if ended == OK and (kind == DOSE or kind == RESET_DOSE):
            ended = _dose(j, of, records, r, room, c, a, e)
        elif ended == OK and kind == OBSERVE and records.observation[r] >= 0:
            i = records.observation[r]
            ended = _observe(j, of, work.output[i], work.happened[i], out, i)
        if ended != OK:
            return ended
    return OK


def _set_group(
    j: Jets,
    of: Program,
    room: Room,
    covariates: Floats,
    base: Floats,
    slope: Floats,
    active: Integers,
    group: int,
) -> None:
    parameters = base.shape[1]
    variables = slope.shape[1] // parameters
    for p in range(parameters):
        constant(j, base[group, p], A)
        if j.order > 0:
            for d in range(active.shape[0]):
                j.x[A, 1 + d] = slope[group, p * variables + active[d]]
        if of.scale[p] == EXPONENTIAL:
            exponential(j, A, of.parameter + p)
        elif of.scale[p] == LOGISTIC:
            logistic(j, A, of.parameter + p)
        elif of.scale[p] == BOX_COX:
            box_cox(j, A, of.parameter + p, of.shape[p])
        else:
            copy(j, A, of.parameter + p)
    for k in range(covariates.shape[1]):
        constant(j, covariates[group, k], of.covariate + k)
    run(j, of.tape, 0, of.group_end)
    room.modal[0] = 0
    if of.linear > 0 and _real_modes(j, of, room):
        room.modal[0] = 1
        set_modes(j, of, room)


def _real_modes(j: Jets, of: Program, room: Room) -> bool:
    """Eigenvalues and vectors of the values of a linear model; whether modes can be used."""
    n = of.states
    for i in range(n * n):
        row = of.matrix_row[i]
        room.jacobian[i] = j.x[row, 0] if row >= 0 else 0.0
    return real_modes(
        n,
        room.jacobian,
        room.roots,
        room.vectors,
        room.inverses,
        room.matrix,
        room.pivots,
        APART,
        CONDITION,
    )


def _start(j: Jets, of: Program, room: Room) -> None:
    """States before the first dose."""
    room.waiting[0] = 0
    for s in range(of.states):
        copy(j, of.initial_row[s], of.state + s)
        constant(j, 0.0, of.flow + s)
        room.peak[s] = abs(j.x[of.state + s, 0])
    if of.hazard >= 0:
        # a cumulative hazard is a term of a log likelihood, of which absolute errors count
        room.peak[of.states - 1] = 1.0 / NEAR_NOTHING
    room.peak[of.states] = 0.0
    constant(j, 0.0, LAST_HAZARD)


def _observe(
    j: Jets, of: Program, output: int, happened: float, out: Floats, observation: int
) -> int:
    run(j, of.tape, of.output_begin[output], of.output_end[output])
    row = of.output_row[output]
    if output == of.hazard:
        total = of.state + of.states - 1
        subtract(j, total, LAST_HAZARD, A)
        copy(j, total, LAST_HAZARD)
        if happened > 0.0:
            logarithm(j, row, B)
            subtract(j, A, B, A)
        row = A
    for k in range(j.size):
        if not math.isfinite(j.x[row, k]):
            return NOT_FINITE
        out[observation, k] = j.x[row, k]
    return OK


def _catch_up(
    j: Jets, of: Program, room: Room, until: float, c: Floats, a: Floats, e: Floats
) -> int:
    """Moves on to a time through all that enters or ends before."""
    while True:
        earliest = -1
        for i in range(room.waiting[0]):
            time = j.x[of.pending + 2 * i, 0]
            if time <= until and (earliest < 0 or time < j.x[of.pending + 2 * earliest, 0]):
                earliest = i
        if earliest < 0:
            break
        row = of.pending + 2 * earliest
        subtract(j, row, NOW, STEP)
        ended = advance(j, of, room, c, a, e)
        if ended != OK:
            return ended
        copy(j, row, NOW)
        state = room.place[earliest]
        if room.kind[earliest] == BOLUS:
            put(j, of, room, state, row + 1)
        elif room.kind[earliest] == BEGIN:
            add(j, of.flow + state, row + 1, of.flow + state)
        else:
            subtract(j, of.flow + state, row + 1, of.flow + state)
        forget(j, of, room, earliest)
    constant(j, until, A)
    subtract(j, A, NOW, STEP)
    return advance(j, of, room, c, a, e)


def _dose(
    j: Jets, of: Program, records: Records, r: int, room: Room, c: Floats, a: Floats, e: Floats
) -> int:
    if records.steady[r] > 0:
        ended = _steady(j, of, records, r, room, c, a, e)
        if ended != OK or records.amount[r] == 0.0:
            return ended
    return give(j, of, records, r, records.time[r], room)


def _steady(
    j: Jets, of: Program, records: Records, r: int, room: Room, c: Floats, a: Floats, e: Floats
) -> int:
    """The state after the dose has been given for ever: intervals are repeated until one leaves all states as they were."""
    time, interval = records.time[r], records.interval[r]
    if records.steady[r] == 2 or interval <= 0.0 or of.moving > 0:
        return NO_STEADY_STATE
    _start(j, of, room)
    for _cycle in range(_MOST_CYCLES):
        for s in range(of.states):
            for k in range(j.size):
                room.before[s * j.size + k] = j.x[of.state + s, k]
        constant(j, time, NOW)
        ended = give(j, of, records, r, time, room)
        if ended == OK:
            ended = _catch_up(j, of, room, time + interval, c, a, e)
        if ended != OK:
            return ended
        for i in range(room.waiting[0]):
            j.x[of.pending + 2 * i, 0] -= interval
        if _as_before(j, of, room):
            constant(j, time, NOW)
            return OK
    return NO_STEADY_STATE


def _as_before(j: Jets, of: Program, room: Room) -> bool:
    for s in range(of.states):
        for k in range(j.size):
            now = j.x[of.state + s, k]
            size = max(abs(now), room.peak[s], 1e-200)
            if not abs(now - room.before[s * j.size + k]) <= _PERIODIC * size:
                return False
    return True
