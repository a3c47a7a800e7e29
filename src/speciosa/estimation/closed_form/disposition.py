"""Parameters of a subject as jets: micro constants, eigenvalues, and what part of a dose each mode holds. Compiled by `native`."""

import math

from speciosa.estimation.closed_form.arrays import (
    CL,
    GAP,
    K10,
    K12,
    K13,
    K21,
    K31,
    KA,
    LAMBDA,
    MATRIX,
    POLYNOMIAL,
    PROJECTOR,
    Q2,
    Q3,
    ROLE,
    ROLES,
    V2,
    V3,
    V_INVERSE,
    A,
    B,
    C,
    Structure,
    V,
)
from speciosa.estimation.jet.arithmetic import (
    Jets,
    add,
    box_cox,
    constant,
    copy,
    exponential,
    logistic,
    multiply,
    multiply_add,
    reciprocal,
    scale,
    subtract,
)
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.records import BOX_COX, EXPONENTIAL, LOGISTIC

_NEWTON = 60
_POLISH = 3


def set_parameters(
    j: Jets, of: Structure, base: Floats, slope: Floats, active: Integers, group: int
) -> None:
    """The parameters of a group of records, and all that follows from them.

    Args:
        j: room.
        of: the model.
        base: parameters on the scale on which individuals vary, ``(groups, parameters)``.
        slope: their derivatives by every variable, flat, ``(groups, parameters x variables)``.
        active: the variables that are directions of the jets.
        group: which.
    """
    parameters = base.shape[1]
    variables = slope.shape[1] // parameters
    for role in range(ROLES):
        p = of.parameter[role]
        if p < 0:
            continue
        constant(j, base[group, p], A)
        if j.order > 0:
            for d in range(active.shape[0]):
                j.x[A, 1 + d] = slope[group, p * variables + active[d]]
        if of.scale[p] == EXPONENTIAL:
            exponential(j, A, ROLE + role)
        elif of.scale[p] == LOGISTIC:
            logistic(j, A, ROLE + role)
        elif of.scale[p] == BOX_COX:
            box_cox(j, A, ROLE + role, of.shape[p])
        else:
            copy(j, A, ROLE + role)
    reciprocal(j, ROLE + V, V_INVERSE)
    multiply(j, ROLE + CL, V_INVERSE, K10)
    if of.compartments > 1:
        _exchange(j, Q2, V2, K12, K21)
    if of.compartments > 2:
        _exchange(j, Q3, V3, K13, K31)
    _eigenvalues(j, of.compartments)
    _projectors(j, of.compartments)
    if of.depot > 0:
        for i in range(of.compartments):
            subtract(j, ROLE + KA, LAMBDA + i, A)
            reciprocal(j, A, GAP + i)


def _exchange(j: Jets, flow: int, volume: int, forth: int, back: int) -> None:
    multiply(j, ROLE + flow, V_INVERSE, forth)
    reciprocal(j, ROLE + volume, A)
    multiply(j, ROLE + flow, A, back)


def _eigenvalues(j: Jets, n: int) -> None:
    """The rates of the modes: roots of the characteristic polynomial, by Newton's rule on jets from the roots of its values."""
    if n == 1:
        copy(j, K10, LAMBDA)
        return
    if n == 2:
        # x^2 - (k10 + k12 + k21) x + k10 k21
        multiply(j, K10, K21, POLYNOMIAL)
        add(j, K10, K12, POLYNOMIAL + 1)
        add(j, POLYNOMIAL + 1, K21, POLYNOMIAL + 1)
    else:
        # x^3 - a2 x^2 + a1 x - a0
        multiply(j, K21, K31, A)
        multiply(j, K10, A, POLYNOMIAL)
        add(j, K10, K13, B)
        multiply(j, B, K21, POLYNOMIAL + 1)
        add(j, K10, K12, B)
        multiply_add(j, B, K31, POLYNOMIAL + 1)
        add(j, POLYNOMIAL + 1, A, POLYNOMIAL + 1)
        add(j, B, K13, POLYNOMIAL + 2)
        add(j, POLYNOMIAL + 2, K21, POLYNOMIAL + 2)
        add(j, POLYNOMIAL + 2, K31, POLYNOMIAL + 2)
    _start(j, n)
    for i in range(n):
        for _k in range(_POLISH):
            _polish(j, n, LAMBDA + i)


def _start(j: Jets, n: int) -> None:
    """Roots of the values of the polynomial: the largest from above, the others of what is left."""
    p, q = j.x[POLYNOMIAL + 1, 0], j.x[POLYNOMIAL, 0]
    if n == 3:
        a2, a1, a0 = j.x[POLYNOMIAL + 2, 0], j.x[POLYNOMIAL + 1, 0], j.x[POLYNOMIAL, 0]
        x = a2
        for _k in range(_NEWTON):
            value = ((x - a2) * x + a1) * x - a0
            step = value / ((3.0 * x - 2.0 * a2) * x + a1)
            x -= step
            if not abs(step) > 1e-15 * x:
                break
        constant(j, x, LAMBDA + 2)
        p, q = a2 - x, a0 / x
    largest = 0.5 * (p + math.sqrt(max(p * p - 4.0 * q, 0.0)))
    constant(j, largest, LAMBDA)
    constant(j, q / largest, LAMBDA + 1)


def _polish(j: Jets, n: int, root: int) -> None:
    """One step of Newton's rule, which doubles the degree to which a root is right."""
    if n == 2:
        subtract(j, root, POLYNOMIAL + 1, A)
        multiply(j, A, root, B)
        add(j, B, POLYNOMIAL, B)
        add(j, A, root, A)
    else:
        subtract(j, root, POLYNOMIAL + 2, A)
        multiply(j, A, root, C)
        add(j, C, POLYNOMIAL + 1, C)
        multiply(j, C, root, B)
        subtract(j, B, POLYNOMIAL, B)
        add(j, A, root, A)
        # derivative: (2 x - a2) x + x^2 - a2 x + a1
        multiply_add(j, A, root, C)
        copy(j, C, A)
    reciprocal(j, A, C)
    multiply(j, B, C, A)
    subtract(j, root, A, root)


def _projectors(j: Jets, n: int) -> None:
    """The projector on each mode: the product of ``(K - other) / (own - other)`` over the other eigenvalues."""
    if n == 1:
        constant(j, 1.0, PROJECTOR)
        return
    for k in range(9):
        constant(j, 0.0, MATRIX + k)
    add(j, K10, K12, MATRIX)
    scale(j, -1.0, K21, MATRIX + 1)
    scale(j, -1.0, K12, MATRIX + 3)
    copy(j, K21, MATRIX + 4)
    if n == 3:
        add(j, MATRIX, K13, MATRIX)
        scale(j, -1.0, K31, MATRIX + 2)
        scale(j, -1.0, K13, MATRIX + 6)
        copy(j, K31, MATRIX + 8)
    for i in range(n):
        other = LAMBDA + (i + 1) % n
        subtract(j, LAMBDA + i, other, A)
        if n == 3:
            third = LAMBDA + (i + 2) % n
            subtract(j, LAMBDA + i, third, B)
            multiply(j, A, B, C)
            copy(j, C, A)
        reciprocal(j, A, C)
        for r in range(n):
            for c in range(n):
                _entry(j, n, i, r, c)


def _entry(j: Jets, n: int, i: int, r: int, c: int) -> None:
    """One entry of a projector; row `C` holds its divisor."""
    other = LAMBDA + (i + 1) % n
    if n == 2:
        _less(j, MATRIX + 3 * r + c, other, r == c, A)
    else:
        third = LAMBDA + (i + 2) % n
        constant(j, 0.0, A)
        for m in range(n):
            _less(j, MATRIX + 3 * r + m, other, r == m, B)
            _less(j, MATRIX + 3 * m + c, third, m == c, V_INVERSE + 1)
            multiply_add(j, B, V_INVERSE + 1, A)
    multiply(j, A, C, PROJECTOR + 9 * i + 3 * r + c)


def _less(j: Jets, entry: int, eigenvalue: int, diagonal: bool, into: int) -> None:
    copy(j, entry, into)
    if diagonal:
        subtract(j, into, eigenvalue, into)
