"""Differential equations in jets, by the pair of Dormand and Prince of order 5 with steps of its own. Compiled by `native`.

A step is taken in all derivatives at once, so that they are those of the solution that is computed; values and first derivatives
decide how long it is. Source of the method: Dormand and Prince 1980, doi:10.1016/0771-050X(80)90013-3.
"""

import math

from speciosa.engine.linear.exp import exp_of
from speciosa.estimation.equations.arrays import (
    NOT_FINITE,
    OK,
    STAGES,
    STEP,
    Program,
    Room,
)
from speciosa.estimation.equations.modes import advance_modes
from speciosa.estimation.equations.slopes import NEAR_NOTHING, is_number, is_zero, slopes
from speciosa.estimation.equations.stiff import advance_stiff
from speciosa.estimation.jet.arithmetic import Jets, copy
from speciosa.estimation.jet.table import Floats

TOLERANCE = 1e-8
_MOST_STEPS = 20_000
_LEAST, _MOST = 0.2, 5.0
_UNSTABLE = 2.5
"""Step times rate beyond which a step counts as bound by stability: the method is stable up to 3.3, and steps that are bound settle
at 3.19 without derivatives, at 2.79 with them."""
_BOUND, _FREE = 20, 6
"""Steps bound by stability after which equations count as stiff, and others in a row that begin the count anew."""


def coefficients() -> tuple[Floats, Floats, Floats]:
    """Nodes, weights of the stages flattened, and those of the error.

    Example:
        >>> c, a, e = coefficients()
        >>> bool(abs(a[6 * 7 : 7 * 7].sum() - 1) < 1e-15), bool(abs(e.sum()) < 1e-15)
        (True, True)
    """
    import numpy as np

    c = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
    a = np.zeros((7, 7))
    a[1, :1] = 1 / 5
    a[2, :2] = 3 / 40, 9 / 40
    a[3, :3] = 44 / 45, -56 / 15, 32 / 9
    a[4, :4] = 19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729
    a[5, :5] = 9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656
    a[6, :6] = 35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84
    e = a[6].copy()
    e -= np.array([5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40])
    return c, a.ravel(), e


def advance(j: Jets, of: Program, room: Room, c: Floats, a: Floats, e: Floats) -> int:
    """Moves all states on by the time in `STEP`; returns how it ended."""
    n = of.states
    if n == 0 or is_zero(j, STEP):
        return OK
    if room.modal[0] > 0:
        advance_modes(j, of, room)
        return OK
    plain = is_number(j, STEP)
    if j.x[STEP, 0] == 0.0:
        # only derivatives of the time: one step of the first order is exact to the first
        slopes(j, of, of.state, 0.0, 0, plain)
        for s in range(n):
            for k in range(j.size):
                j.x[of.state + s, k] += j.x[of.stage + s, k]
        return OK
    if room.stiff[0] > 0:
        return advance_stiff(j, of, room, 0.0)
    at, rejected, bound, free = 0.0, False, 0, 0
    share = min(1.0, room.peak[n] / j.x[STEP, 0]) if room.peak[n] > 0.0 else 1.0
    slopes(j, of, of.state, 0.0, 0, plain)
    for _step in range(_MOST_STEPS):
        share = min(share, 1.0 - at)
        for stage in range(1, STAGES):
            for s in range(n):
                for k in range(j.size):
                    total = 0.0
                    for m in range(stage):
                        total += a[stage * STAGES + m] * j.x[of.stage + m * n + s, k]
                    j.x[of.trial + s, k] = j.x[of.state + s, k] + share * total
            slopes(j, of, of.trial, at + share * c[stage], stage, plain)
        error = _error(j, of, room, e, share)
        if not math.isfinite(error):
            if share < 1e-12:
                return NOT_FINITE
            share *= 0.1
            continue
        # the fifth root by logarithms
        factor = 0.9 * exp_of(-0.2 * math.log(max(error, 1e-10)))
        if error <= 1.0:
            if _by_stability(j, of, a, share):
                bound, free = bound + 1, 0
            else:
                free += 1
                bound = bound if free < _FREE else 0
            at += share
            if at < 1.0 - 1e-14:
                room.peak[n] = share * j.x[STEP, 0]
            for s in range(n):
                copy(j, of.trial + s, of.state + s)
                room.peak[s] = max(room.peak[s], abs(j.x[of.state + s, 0]))
                copy(j, of.stage + 6 * n + s, of.stage + s)
            if at >= 1.0 - 1e-14:
                return OK
            if bound >= _BOUND:
                return _go_on(j, of, room, at)
            share *= min(1.0 if rejected else _MOST, max(_LEAST, factor))
            rejected = False
        else:
            rejected = True
            share *= max(_LEAST, min(1.0, factor))
            if share < 1e-14:
                return _go_on(j, of, room, at)
    return _go_on(j, of, room, at)


def _go_on(j: Jets, of: Program, room: Room, at: float) -> int:
    """The rest of the interval, and all that follows in this subject, by the method for stiff equations."""
    room.stiff[0] = 1
    room.peak[of.states] = 0.0
    return advance_stiff(j, of, room, at)


def _by_stability(j: Jets, of: Program, a: Floats, share: float) -> bool:
    """Whether a step is as long as the method stays stable: the rates between two states at its end change more than these.

    Source: Hairer and Wanner 1996 (see `stiff`), IV.2.
    """
    n, rise, apart = of.states, 0.0, 0.0
    for s in range(n):
        rate = j.x[of.stage + 6 * n + s, 0] - j.x[of.stage + 5 * n + s, 0]
        state = 0.0
        for m in range(STAGES - 1):
            weight = a[6 * STAGES + m] - a[5 * STAGES + m]
            state += weight * j.x[of.stage + m * n + s, 0]
        rise += rate * rate
        apart += state * state
    return rise > _UNSTABLE * _UNSTABLE * apart


def _error(j: Jets, of: Program, room: Room, e: Floats, share: float) -> float:
    """The largest error of values and first derivatives, as a share of what is allowed; not finite where a value is not."""
    n, largest = of.states, 0.0
    directions = _first_order(j)
    for s in range(n):
        value = max(abs(j.x[of.state + s, 0]), abs(j.x[of.trial + s, 0]))
        value = max(value, NEAR_NOTHING * room.peak[s], 1e-200)
        for k in range(directions + 1):
            wrong = 0.0
            for m in range(STAGES):
                wrong += e[m] * j.x[of.stage + m * n + s, k]
            size = value
            if k > 0:
                size = max(value, abs(j.x[of.state + s, k]), abs(j.x[of.trial + s, k]))
            ratio = abs(share * wrong) / (TOLERANCE * size)
            if not math.isfinite(ratio):
                return math.inf
            largest = max(largest, ratio)
    return largest


def _first_order(j: Jets) -> int:
    """The number of directions: of the coefficients, those that one product with the value makes."""
    count = 0
    for k in range(1, j.size):
        if j.first[k + 1] - j.first[k] == 2:
            count += 1
    return count
