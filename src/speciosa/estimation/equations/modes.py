"""Linear models moved on by their modes, with all derivatives, instead of step by step. Compiled by `native`.

Of states with ``x' = K x + r``, K and r fixed by a group of records, ``x(t) = V (exp(D t) z + t phi(D t) W r)`` with W x(0) = z,
D the eigenvalues, V and W the right and left eigenvectors of K, and phi(y) = (exp(y) - 1) / y. Eigenvalues and vectors of the
values are given; their derivatives follow from ``(D + E) (1 + P) = (1 + P) (D + F)``, E being what of K has derivatives in the
coordinates of the eigenvectors, P without and F with nothing but a diagonal: each round makes the next order exact.
"""

from speciosa.estimation.equations.arrays import STEP, A, B, C, D, Program, Room
from speciosa.estimation.jet.arithmetic import (
    Jets,
    add,
    constant,
    copy,
    exponential,
    multiply,
    multiply_add,
    scale,
    share_lost,
    subtract,
)

TABLES = 5
"""Tables of ``states * states`` rows: V, W, E and two of room."""


def rows_of_modes(states: int) -> int:
    """How many rows the modes of a model need."""
    return TABLES * states * states + 2 * states


def set_modes(j: Jets, of: Program, room: Room) -> None:
    """Eigenvalues and vectors with their derivatives, from the rows of K and what is known of its values."""
    n, square = of.states, of.states * of.states
    right, left = of.modes, of.modes + square
    changed, apart, spare = left + square, left + 2 * square, left + 3 * square
    root = of.modes + TABLES * square
    _turned(j, of, room, changed, spare)
    for i in range(square):
        constant(j, 0.0, apart + i)
    for _round in range(j.order):
        _next_order(j, of, room, changed, apart, spare)
    for i in range(n):
        constant(j, room.roots[i], root + i)
        if j.order > 0:
            add(j, root + i, spare + i * n + i, root + i)
    _vectors(j, of, room, apart, spare, right, left)


def _turned(j: Jets, of: Program, room: Room, changed: int, spare: int) -> None:
    """K in the coordinates of its eigenvectors, without its values; the room ends empty."""
    n = of.states
    for a in range(n):
        for b in range(n):
            constant(j, 0.0, spare + a * n + b)
            for m in range(n):
                row = of.matrix_row[a * n + m]
                if row >= 0:
                    share = room.vectors[m * n + b]
                    for k in range(j.size):
                        j.x[spare + a * n + b, k] += share * j.x[row, k]
    for a in range(n):
        for b in range(n):
            into = changed + a * n + b
            constant(j, 0.0, into)
            for m in range(n):
                share = room.inverses[a * n + m]
                for k in range(j.size):
                    j.x[into, k] += share * j.x[spare + m * n + b, k]
            j.x[into, 0] = 0.0
    for i in range(n * n):
        constant(j, 0.0, spare + i)


def _next_order(j: Jets, of: Program, room: Room, changed: int, apart: int, spare: int) -> None:
    """One more order of P, and of F in the diagonal of the room."""
    n = of.states
    for a in range(n):
        for b in range(n):
            into = spare + a * n + b
            copy(j, changed + a * n + b, into)
            for m in range(n):
                multiply_add(j, changed + a * n + m, apart + m * n + b, into)
    for a in range(n):
        for b in range(n):
            if a != b:
                multiply(j, apart + a * n + b, spare + b * n + b, A)
                subtract(j, spare + a * n + b, A, B)
                distance = room.roots[b] - room.roots[a]
                scale(j, 1.0 / distance, B, apart + a * n + b)


def _vectors(
    j: Jets, of: Program, room: Room, apart: int, spare: int, right: int, left: int
) -> None:
    """``V = V0 (1 + P)`` and ``W = (1 + P)^-1 W0``."""
    n = of.states
    for a in range(n):
        for b in range(n):
            into = right + a * n + b
            constant(j, room.vectors[a * n + b], into)
            for m in range(n):
                share = room.vectors[a * n + m]
                for k in range(j.size):
                    j.x[into, k] += share * j.x[apart + m * n + b, k]
            constant(j, room.inverses[a * n + b], left + a * n + b)
    for _round in range(j.order):
        for a in range(n):
            for b in range(n):
                into = spare + a * n + b
                constant(j, 0.0, into)
                for m in range(n):
                    multiply_add(j, apart + a * n + m, left + m * n + b, into)
        for a in range(n):
            for b in range(n):
                constant(j, room.inverses[a * n + b], A)
                subtract(j, A, spare + a * n + b, left + a * n + b)


def advance_modes(j: Jets, of: Program, room: Room) -> None:
    """Moves all states on by the time in `STEP`."""
    n = of.states
    right, left = of.modes, of.modes + n * n
    root = of.modes + TABLES * n * n
    own = root + n
    entering = False
    for s in range(n):
        row = of.constant_row[s]
        entering = entering or row >= 0 or j.x[of.flow + s, 0] != 0.0
    for i in range(n):
        multiply(j, root + i, STEP, A)
        exponential(j, A, B)
        constant(j, 0.0, C)
        for s in range(n):
            multiply_add(j, left + i * n + s, of.state + s, C)
        multiply(j, B, C, own + i)
        if entering:
            scale(j, -1.0, A, C)
            share_lost(j, C, B)
            multiply(j, B, STEP, C)
            constant(j, 0.0, B)
            for s in range(n):
                copy(j, of.flow + s, D)
                if of.constant_row[s] >= 0:
                    add(j, D, of.constant_row[s], D)
                multiply_add(j, left + i * n + s, D, B)
            multiply_add(j, B, C, own + i)
    for s in range(n):
        constant(j, 0.0, of.state + s)
        for i in range(n):
            multiply_add(j, right + s * n + i, own + i, of.state + s)
        room.peak[s] = max(room.peak[s], abs(j.x[of.state + s, 0]))
