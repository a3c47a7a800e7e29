"""One subject after another: the mode of its random effects, and the pieces of its objective there. Compiled by `native`.

The same as `modes` and `joint` work out for all subjects at once, without a call for every step; the equations are there.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from speciosa.engine.compiler.native import Native, native
from speciosa.estimation.jet.arithmetic import Jets, logarithm
from speciosa.estimation.jet.dense import eigen, factor, solve_factored
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.likelihood.kinds import ONE, TWO, F, Observations, minus_twice_log_of

_ROUNDS, _HALVINGS = 60, 30
_DONE, _NEAR = 1e-9, 1e-4

FOUND, NO_DENSITY, NO_MODE, NO_PIECES = range(4)
"""How a subject ended."""

Solve = Callable[[Jets, Any, int, Floats, Floats, Integers, Floats], int]
"""Predicts the observations of one subject, see `closed_form.solve.solve_subject`."""


class Said(NamedTuple):
    """What is the same in every call.

    Attributes:
        group: where the groups of records of each subject begin.
        first: where the observations of each subject begin.
        logged: of each observation 1 where its prediction is taken on the logarithmic scale.
        observed: all observations.
        random: variables that are random effects.
        active: variables that are directions of the pieces, random effects first.
        none: of each residual parameter -1.
        free: of each residual parameter its direction in `told`, -1 for none.
        place, factor: of every third derivative by the active variables its coefficient, and the factor to it.
    """

    group: Integers
    first: Integers
    logged: Integers
    observed: Observations
    random: Integers
    active: Integers
    none: Integers
    free: Integers
    place: Integers
    factor: Floats


class Space(NamedTuple):
    """Room of one thread.

    Attributes:
        near: jets of the prediction in the random effects, to second order.
        wide: jets in all active variables, to second or third order.
        seen: jets of an observation in its prediction, to second order.
        told: jets in its prediction and the free residual parameters, to the order of `wide`.
        base: parameters with random effects.
        jets: of the observations, in the random effects.
        wider: of the observations, in all active variables.
        gradient, step, effects: of one subject.
        curvature, lower, vectors: of one subject, flat.
    """

    near: Jets
    wide: Jets
    seen: Jets
    told: Jets
    base: Floats
    jets: Floats
    wider: Floats
    gradient: Floats
    step: Floats
    effects: Floats
    curvature: Floats
    lower: Floats
    vectors: Floats


class At(NamedTuple):
    """Parameters of all groups without random effects; see `design.Individuals`."""

    base: Floats
    slope: Floats
    residual: Floats
    precision: Floats


class Found(NamedTuple):
    """What is filled in for each subject; shapes as in `joint.Pieces`, flat but for the first index.

    Attributes:
        modes: begins as the start of the search.
        value, first, second, weighted, change: the pieces; `weighted` is the curvature of the data.
        status: see `FOUND`.
    """

    modes: Floats
    value: Floats
    first: Floats
    second: Floats
    weighted: Floats
    change: Floats
    status: Integers


def place_effects(said: Said, space: Space, at: At, s: int, effects: Floats) -> None:
    """Parameters of a subject's groups with random effects."""
    parameters = at.base.shape[1]
    variables = at.slope.shape[1] // parameters
    for g in range(said.group[s], said.group[s + 1]):
        for p in range(parameters):
            total = at.base[g, p]
            for e in range(said.random.shape[0]):
                total += at.slope[g, p * variables + said.random[e]] * effects[e]
            space.base[g, p] = total


def scaled(j: Jets, logged: int, row: int, jets: Floats) -> None:
    """A prediction on the scale of its observation."""
    if logged > 0:
        for k in range(j.size):
            j.x[F, k] = jets[row, k]
        logarithm(j, F, ONE)
        for k in range(j.size):
            jets[row, k] = j.x[ONE, k]


def _density(said: Said, space: Space, at: At, s: int, effects: Floats) -> float:
    """The joint density at some random effects, from predictions; fills in gradient and curvature."""
    n = said.random.shape[0]
    jets, j, value = space.jets, space.seen, 0.0
    for e in range(n):
        space.gradient[e] = 0.0
    for e in range(n * n):
        space.curvature[e] = 0.0
    for i in range(said.first[s], said.first[s + 1]):
        scaled(space.near, said.logged[i], i, jets)
        minus_twice_log_of(
            j, said.observed, i, jets[i, 0], jets[i, 0], False, at.residual, said.none
        )
        value += j.x[ONE, 0]
        first, second = j.x[ONE, 1], 2.0 * j.x[ONE, 2]
        k = 1 + n
        for e in range(n):
            g = jets[i, 1 + e]
            space.gradient[e] += first * g
            space.curvature[e * n + e] += second * g * g + 2.0 * first * jets[i, k]
            k += 1
            for f in range(e + 1, n):
                space.curvature[e * n + f] += second * g * jets[i, 1 + f] + first * jets[i, k]
                k += 1
    for e in range(n):
        turned = 0.0
        for f in range(n):
            turned += at.precision[e, f] * effects[f]
        value += turned * effects[e]
        space.gradient[e] += 2.0 * turned
        for f in range(e, n):
            space.curvature[e * n + f] += 2.0 * at.precision[e, f]
            space.curvature[f * n + e] = space.curvature[e * n + f]
    for e in range(n):
        if not math.isfinite(space.gradient[e]):
            return math.inf
    for e in range(n * n):
        if not math.isfinite(space.curvature[e]):
            return math.inf
    return value if math.isfinite(value) else math.inf


def _newton(space: Space, n: int) -> float:
    """Newton's step, and half the decrease that it promises; where the curvature is not that of a minimum, it is made so."""
    if factor(n, space.curvature, space.lower):
        for e in range(n):
            space.step[e] = -space.gradient[e]
        solve_factored(n, space.lower, space.step)
    else:
        eigen(n, space.curvature, space.vectors)
        largest = 0.0
        for e in range(n):
            largest = max(largest, abs(space.curvature[e * n + e]))
            space.step[e] = 0.0
        for f in range(n):
            turned = 0.0
            for e in range(n):
                turned += space.vectors[e * n + f] * space.gradient[e]
            root = max(abs(space.curvature[f * n + f]), 1e-8 * largest + 1e-300)
            for e in range(n):
                space.step[e] -= space.vectors[e * n + f] * turned / root
    promised = 0.0
    for e in range(n):
        promised -= 0.5 * space.gradient[e] * space.step[e]
    return promised


def _pieces(said: Said, space: Space, s: int, found: Found, at: At, exact: bool) -> bool:
    """Pieces of the objective from predictions at the mode; whether all is finite."""
    n, active = said.random.shape[0], said.active.shape[0]
    j = space.told
    d = active + j.directions - 1
    _clear(found, s, n, d)
    total = 0.0
    for i in range(said.first[s], said.first[s + 1]):
        jets = space.wider
        scaled(space.wide, said.logged[i], i, jets)
        minus_twice_log_of(
            j, said.observed, i, jets[i, 0], jets[i, 0], False, at.residual, said.free
        )
        total += j.x[ONE, 0]
        _first_and_second(said, space, s, i, found)
        _curvature(said, space, s, i, found, exact)
    found.value[s] = total
    for e in range(n):
        for f in range(e, n):
            if exact:
                found.weighted[s, e * n + f] = 0.5 * found.second[s, e * d + f]
            found.weighted[s, f * n + e] = found.weighted[s, e * n + f]
            for v in range(d):
                found.change[s, (f * n + e) * d + v] = found.change[s, (e * n + f) * d + v]
    return math.isfinite(total)


def _clear(found: Found, s: int, n: int, d: int) -> None:
    for k in range(d):
        found.first[s, k] = 0.0
    for k in range(n * d):
        found.second[s, k] = 0.0
    for k in range(n * n):
        found.weighted[s, k] = 0.0
    for k in range(n * n * d):
        found.change[s, k] = 0.0


def _first_and_second(said: Said, space: Space, s: int, i: int, found: Found) -> None:
    """Adds the first derivatives of one observation, and the second by random effects and everything."""
    n, active, jets = said.random.shape[0], said.active.shape[0], space.wider
    j, free = space.told, space.told.directions - 1
    d = active + free
    by_f, by_ff = j.x[ONE, 1], 2.0 * j.x[ONE, 2 + free]
    for v in range(active):
        found.first[s, v] += by_f * jets[i, 1 + v]
    for v in range(free):
        found.first[s, active + v] += j.x[ONE, 2 + v]
    for e in range(n):
        g = jets[i, 1 + e]
        for v in range(active):
            own = _mixed(jets, i, active, e, v)
            found.second[s, e * d + v] += by_ff * g * jets[i, 1 + v] + by_f * own
        for v in range(free):
            found.second[s, e * d + active + v] += j.x[ONE, 3 + free + v] * g


def _curvature(said: Said, space: Space, s: int, i: int, found: Found, exact: bool) -> None:
    """Adds the expected curvature by random effects, and how it, or the exact one, changes with everything."""
    n, active, jets = said.random.shape[0], said.active.shape[0], space.wider
    j, free = space.told, space.told.directions - 1
    d, weight = active + free, j.x[TWO, 0]
    by_f, by_ff = j.x[ONE, 1], 2.0 * j.x[ONE, 2 + free]
    third = 6.0 * j.x[ONE, _thirds(free)] if exact else 0.0
    for e in range(n):
        g = jets[i, 1 + e]
        for f in range(e, n):
            h, gh, to = jets[i, 1 + f], _mixed(jets, i, active, e, f), (e * n + f) * d
            if not exact:
                found.weighted[s, e * n + f] += weight * g * h
            for v in range(active):
                own, other = _mixed(jets, i, active, e, v), _mixed(jets, i, active, f, v)
                if exact:
                    at3 = (e * active + f) * active + v
                    found.change[s, to + v] += 0.5 * (
                        g * h * third * jets[i, 1 + v]
                        + gh * by_ff * jets[i, 1 + v]
                        + by_ff * (own * h + other * g)
                        + by_f * jets[i, said.place[at3]] * said.factor[at3]
                    )
                else:
                    found.change[s, to + v] += g * h * j.x[TWO, 1] * jets[i, 1 + v] + weight * (
                        own * h + other * g
                    )
            for v in range(free):
                if exact:
                    by_ffv = 2.0 * j.x[ONE, _thirds(free) + 1 + v]
                    found.change[s, to + active + v] += 0.5 * (
                        g * h * by_ffv + gh * j.x[ONE, 3 + free + v]
                    )
                else:
                    found.change[s, to + active + v] += g * h * j.x[TWO, 2 + v]


def _mixed(jets: Floats, i: int, directions: int, e: int, v: int) -> float:
    """The second derivative of a prediction by two directions."""
    coefficient: float = jets[i, _pair(directions, e, v)]
    return coefficient * (2.0 if e == v else 1.0)


def _pair(directions: int, e: int, v: int) -> int:
    """The coefficient of a product of two directions."""
    low, high = min(e, v), max(e, v)
    return 1 + directions + low * directions - (low * (low - 1)) // 2 + high - low


def _thirds(free: int) -> int:
    """The first coefficient of third order in a prediction and free parameters: that of the prediction's cube."""
    q = 1 + free
    return 1 + q + (q * (q + 1)) // 2


def by_subject(solve: Solve) -> Native:
    """The compiled function for one way to predict: fills in modes and pieces of some subjects."""

    def density(work: Any, said: Said, space: Space, at: At, s: int, effects: Floats) -> float:
        place_effects(said, space, at, s, effects)
        if solve(space.near, work, s, space.base, at.slope, said.random, space.jets) != 0:
            return math.inf
        return _density(said, space, at, s, effects)

    def mode(work: Any, said: Said, space: Space, at: At, s: int, found: Found) -> int:
        n, b, tried = said.random.shape[0], found.modes[s], space.effects
        if n == 0:
            return FOUND
        value = density(work, said, space, at, s, b)
        if not math.isfinite(value):
            for e in range(n):
                b[e] = 0.0
            value = density(work, said, space, at, s, b)
            if not math.isfinite(value):
                return NO_DENSITY
        for _round in range(_ROUNDS):
            if _newton(space, n) < _DONE:
                for e in range(n):
                    b[e] += space.step[e]
                return FOUND
            share, taken = 1.0, False
            for _halving in range(_HALVINGS + 1):
                for e in range(n):
                    tried[e] = b[e] + share * space.step[e]
                after = density(work, said, space, at, s, tried)
                if after <= value + 1e-9 * abs(value) + 1e-9 and math.isfinite(after):
                    taken = True
                    break
                share *= 0.5
            if not taken:
                return FOUND
            value = after
            for e in range(n):
                b[e] = tried[e]
        return NO_MODE if _newton(space, n) > _NEAR else FOUND

    @native
    def all_subjects(
        work: Any, said: Said, space: Space, at: At, found: Found, begin: int, end: int, exact: bool
    ) -> None:
        for s in range(begin, end):
            ended = mode(work, said, space, at, s, found)
            if ended == FOUND:
                place_effects(said, space, at, s, found.modes[s])
                failed = solve(space.wide, work, s, space.base, at.slope, said.active, space.wider)
                if failed != 0:
                    ended = NO_PIECES
                elif not _pieces(said, space, s, found, at, exact):
                    ended = NO_PIECES
            found.status[s] = ended

    return all_subjects
