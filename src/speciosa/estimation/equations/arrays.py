"""What the compiled solver of models written as equations works on."""

from typing import NamedTuple

from speciosa.estimation.equations.tape import Tape
from speciosa.estimation.jet.arithmetic import Jets
from speciosa.estimation.jet.table import Floats, Integers

# Rows of the jets; 0 to 2 are room for `compose`.
A, B, C, D = 3, 4, 5, 6
STEP, NOW, TIME, GIVEN, LENGTH, ENTRY_RATE, ENTER, LAST_HAZARD = 8, 9, 10, 11, 12, 13, 14, 15
FIRST_FREE = 16

STAGES = 7
MOST_PENDING = 100

OK, NOT_FINITE, TOO_MANY, TOO_STIFF, NO_STEADY_STATE = range(5)
"""How a subject ended."""


class Program(NamedTuple):
    """A model as a program.

    Attributes:
        tape: all instructions: those of a group of records first, then of the rates, then of each output.
        group_end: where those of a group end, from 0.
        rates_end: where those of the rates end, from there.
        output_begin, output_end, output_row: of each output, and the row where it is found.
        rate_row, initial_row: of each state.
        parameter: row of the first parameter of the fit.
        covariate: row of the first covariate.
        state: row of the first state; after the states of the model comes the cumulative hazard, where there is one.
        states: how many states are integrated.
        stage: row of the first slope, of which each state has `STAGES`.
        trial: row of the first state of a trial step.
        flow: row of the first constant input.
        pending: row of the first dose under way.
        hazard: output that is a hazard, -1 for none.
        target_first: of each dose target, where its entries begin, and their count at the end.
        target_state: of each entry, its state.
        share_row, lag_row: of each entry, bioavailability and lag.
        duration_row, rate_of_entry_row: of each entry, -1 for none.
        scale: of each parameter of the fit, see `records.EXPONENTIAL`.
        shape: of each parameter of the fit, of the Box-Cox scale.
        back: 1 where the parameters of a record hold for the time before it too.
        moving: 1 where rates depend on time.
        linear: 1 where rates are linear in the states, by what only a group of records fixes.
        modes: row of the first number of its modes, see `modes`.
        matrix_row: of each rate and state the coefficient, ``(states * states,)``; -1 for 0.
        constant_row: of each rate what it is without states; -1 for 0.
    """

    tape: Tape
    group_end: int
    rates_end: int
    output_begin: Integers
    output_end: Integers
    output_row: Integers
    rate_row: Integers
    initial_row: Integers
    parameter: int
    covariate: int
    state: int
    states: int
    stage: int
    trial: int
    flow: int
    pending: int
    hazard: int
    target_first: Integers
    target_state: Integers
    share_row: Integers
    lag_row: Integers
    duration_row: Integers
    rate_of_entry_row: Integers
    scale: Integers
    shape: Floats
    back: int
    moving: int
    linear: int
    modes: int
    matrix_row: Integers
    constant_row: Integers


class Room(NamedTuple):
    """Work space beside the jets.

    Attributes:
        peak: the largest value of each state so far, and the length of the last step.
        kind, place: of each dose under way: 0 a bolus, 1 the begin, 2 the end of an infusion; its state.
        waiting: how many there are, in its first element.
        before: states before an interval of a series.
        roots: of a linear model the eigenvalues, of the group of records that is solved.
        vectors, inverses: its eigenvectors in columns, and the inverse of that, flat.
        modal: in its first element whether the states move on by modes now.
        stiff: in its first element whether they move on by the method for stiff equations, then the rounds of its last step.
        by_state: jets of which each state is a direction.
        jacobian: derivatives of the rates by the states, flat.
        matrix, pivots, right: room to solve for the stages of a step.
    """

    peak: Floats
    kind: Integers
    place: Integers
    waiting: Integers
    before: Floats
    roots: Floats
    vectors: Floats
    inverses: Floats
    modal: Integers
    stiff: Integers
    by_state: Jets
    jacobian: Floats
    matrix: Floats
    pivots: Integers
    right: Floats
