"""Rates of change of all states in jets. Compiled by `native`."""

from speciosa.estimation.equations.arrays import NOW, STEP, TIME, A, Program
from speciosa.estimation.equations.tape import run
from speciosa.estimation.jet.arithmetic import Jets, multiply

NEAR_NOTHING = 1e-4
"""Of a state's peak: smaller values need no more digits than this."""


def is_zero(j: Jets, a: int) -> bool:
    """Whether a jet and all its derivatives are 0."""
    for k in range(j.size):
        if j.x[a, k] != 0.0:
            return False
    return True


def is_number(j: Jets, a: int) -> bool:
    """Whether a jet has no derivatives."""
    for k in range(1, j.size):
        if j.x[a, k] != 0.0:
            return False
    return True


def slopes(j: Jets, of: Program, from_row: int, share: float, stage: int, plain: bool) -> None:
    """Slopes of all states at a share of the interval, times its length, into the rows of a stage."""
    n = of.states
    for k in range(j.size):
        j.x[TIME, k] = j.x[NOW, k] + share * j.x[STEP, k]
    if from_row != of.state:
        for s in range(n):
            _swap(j, of.state + s, from_row + s)
    run(j, of.tape, of.group_end, of.rates_end)
    if from_row != of.state:
        for s in range(n):
            _swap(j, of.state + s, from_row + s)
    for s in range(n):
        into = of.stage + stage * n + s
        if plain:
            length = j.x[STEP, 0]
            for k in range(j.size):
                j.x[into, k] = length * (j.x[of.rate_row[s], k] + j.x[of.flow + s, k])
        else:
            for k in range(j.size):
                j.x[A, k] = j.x[of.rate_row[s], k] + j.x[of.flow + s, k]
            multiply(j, A, STEP, into)


def _swap(j: Jets, a: int, b: int) -> None:
    for k in range(j.size):
        held = j.x[a, k]
        j.x[a, k] = j.x[b, k]
        j.x[b, k] = held
