"""Stiff differential equations in jets, by the method Radau IIA of order 5 with steps of its own. Compiled by `native`.

A step solves for its three stages in all derivatives at once: Newton's method with the Jacobian of the values, which is what all
derivatives have in common, gives one order of derivatives after the other. Source of the method and of its error: Hairer and
Wanner, Solving Ordinary Differential Equations II, 2nd ed., Springer 1996, IV.8, doi:10.1007/978-3-642-05221-7.
"""

import math

from speciosa.engine.linear.exp import exp_of
from speciosa.estimation.equations.arrays import (
    NOT_FINITE,
    NOW,
    OK,
    STEP,
    TIME,
    TOO_STIFF,
    Program,
    Room,
)
from speciosa.estimation.equations.slopes import NEAR_NOTHING, is_number, slopes
from speciosa.estimation.equations.tape import run
from speciosa.estimation.jet.arithmetic import Jets, constant
from speciosa.estimation.jet.dense import eliminate, solve_eliminated

_TOLERANCE = 1e-6
"""Of the estimated error, which is of third order: what is reached is closer by far."""
_SOLVED = 1e-9
"""Last change of a stage, as a share of its state, with which it counts as solved."""
_AS_GOOD = 1e-8
"""The same where rounding keeps it from falling further."""
_LOST = 1e6
"""The same with which it will not be solved; derivatives may grow before they fall, one order after the other."""
_MOST_STEPS, _MOST_ROUNDS, _MANY_ROUNDS = 20_000, 16, 9
_LEAST, _MOST = 0.2, 6.0

_ROOT = 2.449489742783178
"""Of 6."""
_REAL = 3.0 + 2.080083823051904 - 1.4422495703074083
"""The real eigenvalue of the inverse of the method's matrix: 3 + 3^(2/3) - 3^(1/3)."""

_FIRST, _BEGIN = 3, 6
"""Stages: slopes are the first three, changes of the states the next three, slopes at the beginning the last."""


def advance_stiff(j: Jets, of: Program, room: Room, at: float) -> int:
    """Moves all states on from a share `at` of the time in `STEP` to its end; returns how it ended."""
    n, plain = of.states, is_number(j, STEP)
    whole = j.x[STEP, 0]
    share = 1.0 - at
    if room.peak[n] > 0.0:
        share = min(share, room.peak[n] / whole)
    fresh, rejected = True, False
    for _step in range(_MOST_STEPS):
        share = min(share, 1.0 - at)
        if fresh:
            slopes(j, of, of.state, at, _BEGIN, plain)
            _jacobian(j, of, room, at)
            fresh = False
        error = _step_of(j, of, room, at, share, plain)
        if not math.isfinite(error):
            rejected = True
            share *= 0.25
            if share < 1e-14:
                return NOT_FINITE
            continue
        factor = 0.9 * exp_of(-0.25 * math.log(max(error, 1e-10)))
        if error > 1.0:
            rejected = True
            share *= max(_LEAST, min(factor, 0.9))
            if share < 1e-14:
                return TOO_STIFF
            continue
        for s in range(n):
            for k in range(j.size):
                j.x[of.state + s, k] += j.x[_change(of, 2, s), k]
            room.peak[s] = max(room.peak[s], abs(j.x[of.state + s, 0]))
        at += share
        if at < 1.0 - 1e-14:
            room.peak[n] = share * whole
        else:
            return OK
        most = 1.0 if rejected or room.stiff[1] > _MANY_ROUNDS else _MOST
        share *= min(most, max(_LEAST, factor))
        fresh, rejected = True, False
    return TOO_STIFF


def _change(of: Program, stage: int, s: int) -> int:
    """The row of a stage's change of a state."""
    return of.stage + (_FIRST + stage) * of.states + s


def _weight(stage: int, other: int) -> float:
    """The matrix of Radau IIA with three stages."""
    if stage == 0:
        if other == 0:
            return (88.0 - 7.0 * _ROOT) / 360.0
        if other == 1:
            return (296.0 - 169.0 * _ROOT) / 1800.0
        return (-2.0 + 3.0 * _ROOT) / 225.0
    if stage == 1:
        if other == 0:
            return (296.0 + 169.0 * _ROOT) / 1800.0
        if other == 1:
            return (88.0 + 7.0 * _ROOT) / 360.0
        return (-2.0 - 3.0 * _ROOT) / 225.0
    if other == 0:
        return (16.0 - _ROOT) / 36.0
    if other == 1:
        return (16.0 + _ROOT) / 36.0
    return 1.0 / 9.0


def _node(stage: int) -> float:
    if stage == 0:
        return (4.0 - _ROOT) / 10.0
    return (4.0 + _ROOT) / 10.0 if stage == 1 else 1.0


def _jacobian(j: Jets, of: Program, room: Room, at: float) -> None:
    """Derivatives of the rates by the states, as values: the program in jets of which each state is a direction."""
    v, n = room.by_state, of.states
    for row in range(v.x.shape[0]):
        constant(v, j.x[row, 0], row)
    v.x[TIME, 0] = j.x[NOW, 0] + at * j.x[STEP, 0]
    for s in range(n):
        v.x[of.state + s, 1 + s] = 1.0
    run(v, of.tape, of.group_end, of.rates_end)
    for s in range(n):
        for k in range(n):
            room.jacobian[s * n + k] = v.x[of.rate_row[s], 1 + k]


def _step_of(j: Jets, of: Program, room: Room, at: float, share: float, plain: bool) -> float:
    """Solves the stages of a step; returns its error as a share of what is allowed, infinite where they have no solution."""
    n, size, length = of.states, j.size, share * j.x[STEP, 0]
    for i in range(3 * n):
        for k in range(3 * n):
            own = -length * _weight(i // n, k // n) * room.jacobian[(i % n) * n + k % n]
            room.matrix[i * 3 * n + k] = own + (1.0 if i == k else 0.0)
    if not eliminate(3 * n, room.matrix, room.pivots):
        return math.inf
    for i in range(3 * n):
        for k in range(size):
            j.x[of.stage + _FIRST * n + i, k] = 0.0
    before = math.inf
    for done in range(_MOST_ROUNDS):
        moved = _improve(j, of, room, at, share, plain)
        if moved < _SOLVED or (moved < _AS_GOOD and moved > 0.5 * before):
            room.stiff[1] = done
            return _error_of(j, of, room, share, length)
        if not moved < _LOST:
            return math.inf
        before = moved
    return math.inf


def _improve(j: Jets, of: Program, room: Room, at: float, share: float, plain: bool) -> float:
    """One round of Newton's method; the largest change, as a share of its state."""
    n, size = of.states, j.size
    for stage in range(3):
        for s in range(n):
            for k in range(size):
                j.x[of.trial + s, k] = j.x[of.state + s, k] + j.x[_change(of, stage, s), k]
        slopes(j, of, of.trial, at + share * _node(stage), stage, plain)
    for stage in range(3):
        for s in range(n):
            for k in range(size):
                total = 0.0
                for other in range(3):
                    total += _weight(stage, other) * j.x[of.stage + other * n + s, k]
                room.right[(stage * n + s) * size + k] = (
                    share * total - j.x[_change(of, stage, s), k]
                )
    solve_eliminated(3 * n, size, room.matrix, room.pivots, room.right)
    largest = 0.0
    for stage in range(3):
        for s in range(n):
            value = _size_of(j, of, room, s)
            for k in range(size):
                change = room.right[(stage * n + s) * size + k]
                row = _change(of, stage, s)
                j.x[row, k] += change
                own = max(value, abs(j.x[of.state + s, k]), abs(j.x[row, k]))
                ratio = abs(change) / own
                if not math.isfinite(ratio):
                    return math.inf
                largest = max(largest, ratio)
    return largest


def _size_of(j: Jets, of: Program, room: Room, s: int) -> float:
    """Of a state, what errors are measured by."""
    end = abs(j.x[of.state + s, 0] + j.x[_change(of, 2, s), 0])
    value = max(abs(j.x[of.state + s, 0]), end)
    value = max(value, NEAR_NOTHING * room.peak[s], 1e-200)
    return float(value)


def _error_of(j: Jets, of: Program, room: Room, share: float, length: float) -> float:
    """The error of values and first derivatives, as a share of what is allowed."""
    n, columns = of.states, min(j.directions + 1, j.size)
    for s in range(n):
        for k in range(n):
            room.matrix[s * n + k] = (_REAL if s == k else 0.0) - length * room.jacobian[s * n + k]
        for k in range(columns):
            total = share * j.x[of.stage + _BEGIN * n + s, k]
            total += (-13.0 - 7.0 * _ROOT) / 3.0 * j.x[_change(of, 0, s), k]
            total += (-13.0 + 7.0 * _ROOT) / 3.0 * j.x[_change(of, 1, s), k]
            room.right[s * columns + k] = total - j.x[_change(of, 2, s), k] / 3.0
    if not eliminate(n, room.matrix, room.pivots):
        return math.inf
    solve_eliminated(n, columns, room.matrix, room.pivots, room.right)
    largest = 0.0
    for s in range(n):
        value = _size_of(j, of, room, s)
        for k in range(columns):
            own = value
            if k > 0:
                end = abs(j.x[of.state + s, k] + j.x[_change(of, 2, s), k])
                own = max(value, abs(j.x[of.state + s, k]), end)
            largest = max(largest, abs(room.right[s * columns + k]) / (_TOLERANCE * own))
    return largest
