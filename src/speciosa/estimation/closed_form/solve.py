"""All subjects, record by record: predictions with their derivatives. Compiled by `native`."""

import math
from typing import NamedTuple

from speciosa.engine.compiler.native import native
from speciosa.estimation.closed_form.arrays import (
    NOT_FINITE,
    NOW,
    OK,
    SAVED,
    STEP,
    TOO_MANY,
    V_INVERSE,
    A,
    B,
    Pending,
    Structure,
)
from speciosa.estimation.closed_form.course import advance, central, change_modes, empty
from speciosa.estimation.closed_form.disposition import set_parameters
from speciosa.estimation.closed_form.doses import catch_up, give, steady_state
from speciosa.estimation.jet.arithmetic import Jets, constant, multiply, subtract
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.records import DOSE, OBSERVE, RESET, RESET_DOSE, Records


class Work(NamedTuple):
    """A model with its data.

    Attributes:
        of: the model.
        records: of all subjects.
        pending: room.
    """

    of: Structure
    records: Records
    pending: Pending


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
        j: room for jets, of as many directions as there are active variables.
        work: the model with its data.
        subjects: those to predict.
        base: see `set_parameters`.
        slope: see there.
        active: see there.
        out: filled with the coefficients of each observation, ``(observations, size)``.
        status: filled, see `OK`.
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
    of, records, pending = work.of, work.records, work.pending
    begin, end = records.first[subject], records.first[subject + 1]
    group = records.group[begin]
    set_parameters(j, of, base, slope, active, group)
    empty(j, of)
    pending.waiting[0] = 0
    constant(j, records.time[begin], NOW)
    for r in range(begin, end):
        kind = records.kind[r]
        if of.back > 0 and records.group[r] != group:
            group = records.group[r]
            set_parameters(j, of, base, slope, active, group)
            change_modes(j, of, SAVED)
        if kind == RESET or kind == RESET_DOSE:
            empty(j, of)
            pending.waiting[0] = 0
        else:
            catch_up(j, of, pending, records.time[r])
            _move_to(j, of, records.time[r])
        constant(j, records.time[r], NOW)
        if records.group[r] != group:
            group = records.group[r]
            set_parameters(j, of, base, slope, active, group)
            change_modes(j, of, SAVED)
        if kind == DOSE or kind == RESET_DOSE:
            if not _dose(j, of, records, r, pending):
                return TOO_MANY
        elif kind == OBSERVE and records.observation[r] >= 0:
            central(j, of, A)
            multiply(j, A, V_INVERSE, B)
            if not math.isfinite(j.x[B, 0]):
                return NOT_FINITE
            for k in range(j.size):
                out[records.observation[r], k] = j.x[B, k]
    return OK


def _move_to(j: Jets, of: Structure, time: float) -> None:
    constant(j, time, A)
    subtract(j, A, NOW, STEP)
    advance(j, of)


def _dose(j: Jets, of: Structure, records: Records, r: int, pending: Pending) -> bool:
    if records.steady[r] > 0:
        if not steady_state(j, of, records, r, pending):
            return False
        if records.amount[r] == 0.0:
            return True
    return give(j, of, records, r, pending)
