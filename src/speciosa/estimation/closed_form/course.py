"""Amounts from one moment to the next, as jets of a time that may itself be one. Compiled by `native`.

The amounts are kept as parts of modes: `Z` holds, of each mode, what it gives to each compartment. With a depot of rate constant
ka, a mode of rate l receives from it ka times the divided difference of the exponential, ``(exp(-l t) - exp(-ka t)) / (ka - l)``,
which is taken as a series where the two rates are alike.
"""

from speciosa.estimation.closed_form.arrays import (
    DECAY,
    DECAY_GUT,
    FED,
    FLOW,
    FLOW_GUT,
    GAIN,
    GAIN_GUT,
    GAP,
    GUT,
    KA,
    LAMBDA,
    MIDDLE,
    PROJECTOR,
    ROLE,
    SHARE,
    STEP,
    A,
    B,
    C,
    Structure,
    Z,
)
from speciosa.estimation.jet.arithmetic import (
    Jets,
    add,
    constant,
    copy,
    exponential,
    hyperbolic_share,
    multiply,
    multiply_add,
    scale,
    share_lost,
    subtract,
)

_ALIKE = 0.5


def empty(j: Jets, of: Structure) -> None:
    """No drug anywhere, and none entering."""
    for i in range(9):
        constant(j, 0.0, Z + i)
    constant(j, 0.0, GUT)
    constant(j, 0.0, FLOW)
    constant(j, 0.0, FLOW_GUT)


def is_zero(j: Jets, a: int) -> bool:
    """Whether a jet and all its derivatives are 0."""
    for k in range(j.size):
        if j.x[a, k] != 0.0:
            return False
    return True


def put(j: Jets, of: Structure, place: int, amount: int) -> None:
    """Adds an amount, in a row, to a compartment."""
    if place == 0:
        add(j, GUT, amount, GUT)
        return
    for i in range(of.compartments):
        for r in range(of.compartments):
            multiply_add(j, PROJECTOR + 9 * i + 3 * r + place - 1, amount, Z + 3 * i + r)


def central(j: Jets, of: Structure, into: int) -> None:
    """The amount in the central compartment."""
    copy(j, Z, into)
    for i in range(1, of.compartments):
        add(j, into, Z + 3 * i, into)


def change_modes(j: Jets, of: Structure, room: int) -> None:
    """Parts of modes anew, after the parameters have changed."""
    n = of.compartments
    for r in range(n):
        copy(j, Z + r, room + r)
        for i in range(1, n):
            add(j, room + r, Z + 3 * i + r, room + r)
    for i in range(n):
        for r in range(n):
            constant(j, 0.0, Z + 3 * i + r)
            for c in range(n):
                multiply_add(j, PROJECTOR + 9 * i + 3 * r + c, room + c, Z + 3 * i + r)


def prepare(j: Jets, of: Structure) -> None:
    """What a time, in `STEP`, leaves of each mode and gives to it."""
    if of.depot > 0:
        multiply(j, ROLE + KA, STEP, A)
        scale(j, -1.0, A, B)
        exponential(j, B, DECAY_GUT)
        if not is_zero(j, FLOW_GUT):
            share_lost(j, A, B)
            multiply(j, B, STEP, GAIN_GUT)
    flows = not (is_zero(j, FLOW) and is_zero(j, FLOW_GUT))
    for i in range(of.compartments):
        multiply(j, LAMBDA + i, STEP, A)
        scale(j, -1.0, A, B)
        exponential(j, B, DECAY + i)
        if flows:
            share_lost(j, A, B)
            multiply(j, B, STEP, GAIN + i)
        if of.depot > 0:
            _fed(j, i)


def _fed(j: Jets, i: int) -> None:
    """The divided difference of the exponential at the rate of a mode and that of the depot."""
    subtract(j, ROLE + KA, LAMBDA + i, A)
    multiply(j, A, STEP, B)
    if abs(j.x[B, 0]) >= 2.0 * _ALIKE:
        subtract(j, DECAY + i, DECAY_GUT, A)
        multiply(j, A, GAP + i, FED + i)
        return
    scale(j, 0.5, B, B)
    hyperbolic_share(j, B, SHARE)
    add(j, ROLE + KA, LAMBDA + i, A)
    multiply(j, A, STEP, B)
    scale(j, -0.5, B, B)
    exponential(j, B, MIDDLE)
    multiply(j, MIDDLE, STEP, B)
    multiply(j, B, SHARE, FED + i)


def advance(j: Jets, of: Structure) -> None:
    """Moves all amounts on by the time in `STEP`."""
    if is_zero(j, STEP):
        return
    prepare(j, of)
    flows_gut = not is_zero(j, FLOW_GUT)
    flows = not is_zero(j, FLOW)
    absorbs = of.depot > 0 and not is_zero(j, GUT)
    if absorbs:
        multiply(j, ROLE + KA, GUT, C)
    for i in range(of.compartments):
        for r in range(of.compartments):
            multiply(j, Z + 3 * i + r, DECAY + i, A)
            copy(j, A, Z + 3 * i + r)
        if not (absorbs or flows or flows_gut):
            continue
        constant(j, 0.0, A)
        if absorbs:
            multiply_add(j, C, FED + i, A)
        if flows:
            multiply_add(j, FLOW, GAIN + i, A)
        if flows_gut:
            subtract(j, GAIN + i, FED + i, B)
            multiply_add(j, FLOW_GUT, B, A)
        for r in range(of.compartments):
            multiply_add(j, PROJECTOR + 9 * i + 3 * r, A, Z + 3 * i + r)
    if of.depot > 0:
        multiply(j, GUT, DECAY_GUT, A)
        copy(j, A, GUT)
        if flows_gut:
            multiply_add(j, FLOW_GUT, GAIN_GUT, GUT)
