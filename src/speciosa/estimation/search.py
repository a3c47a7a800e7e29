"""Minimising the objective: quasi-Newton with exact gradients, begun with the curvature that the subjects' own gradients tell."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.evaluation import Evaluation, UnsolvedError

GRADIENT_LIMIT = 1e-2
"""Largest derivative of the objective by a coordinate (a logarithm, or a covariate's coefficient in its own unit, scaled by its
standard error where that is below 1) with which a search has converged."""
DECREASE_LIMIT = 1e-8
"""Decrease of the objective that a further step promises, below which a search ends."""
MOST_ROUNDS = 500
_LONGEST_STEP = 1.0
_ARMIJO = 1e-4
_NOISE = 1e-9
_LEAST_KNOWN = 0.1
"""Information of each subject on a logarithm of a standard deviation; it is 2 where random effects are seen without error."""
_GONE, _BACK = np.log(0.01), np.log(0.1)
"""Standard deviation that counts as lost, and the one with which it is tried again."""

_LEAST_SHARE = 9.0
"""How far the logarithm of a standard deviation may fall below its start: to 1e-4 of it, which is as good as none."""
_NEAR = 4.0
"""How near to its bound a standard deviation counts as none: within 0.7% of its start."""

Objective = Callable[[Floats, Floats], Evaluation]
"""From coordinates, and random effects to begin with, to an evaluation."""


@dataclass(frozen=True)
class Search:
    """How a search ended.

    Attributes:
        x: coordinates.
        evaluation: there.
        curvature: half the second derivatives as far as they were learnt.
        rounds: steps that were taken.
        gradient_max: largest derivative by a coordinate, in units of its standard error where that is below 1.
        converged: whether gradient and promised decrease are within their limits.
        message: why it ended, in words.
        held: coordinates that ended next to their lower bound: standard deviations that the data show nothing of.
    """

    x: Floats
    evaluation: Evaluation
    curvature: Floats
    rounds: int
    gradient_max: float
    converged: bool
    message: str
    held: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def lowest(start: Floats, deviations: Integers) -> Floats:
    """Lower bounds of all coordinates: only logarithms of standard deviations have one."""
    found = np.full(len(start), -np.inf)
    found[deviations] = start[deviations] - _LEAST_SHARE
    return found


def minimise(
    objective: Objective,
    x: Floats,
    effects: Floats,
    spreads: Integers,
    low: Floats,
    progress: Callable[[int, float], None] = lambda rounds, value: None,
) -> Search:
    """Minimises from `x`, of which the objective must be finite.

    Args:
        objective: what is minimised.
        x: start.
        effects: random effects to begin with, ``(subjects, effects)``.
        spreads: coordinates that are logarithms of standard deviations of random effects.
        low: bounds below which coordinates do not go.
        progress: told of each round.

    Raises:
        UnsolvedError: the objective is not finite at the start.
    """
    x = np.maximum(x, low)
    now = objective(x, effects)
    if not len(x):
        return Search(x, now, np.zeros((0, 0)), 0, 0.0, True, "nothing to estimate")
    curvature = first_curvature(now, spreads)
    rounds, message = 0, ""
    for rounds in range(1, MOST_ROUNDS + 1):
        step = _free_step(x, now, curvature, low)
        promised = -0.5 * float(step @ now.gradient)
        if promised < DECREASE_LIMIT:
            message = "the next step promises nothing"
            break
        progress(rounds, now.total)
        longest = float(np.abs(step).max())
        if longest > _LONGEST_STEP:
            step *= _LONGEST_STEP / longest
        found = _line(objective, x, now, step, low)
        if found is None:
            fresh = first_curvature(now, spreads)
            if np.allclose(fresh, curvature, rtol=1e-3):
                message = "no step decreases the objective"
                break
            curvature = fresh
            step = _free_step(x, now, curvature, low)
            if -0.5 * float(step @ now.gradient) < DECREASE_LIMIT:
                message = "no step decreases the objective"
                break
            continue
        reached, after = found
        curvature = _updated(curvature, reached - x, after.gradient - now.gradient)
        x, now = reached, after
    else:
        message = f"{MOST_ROUNDS} rounds were not enough"
    free = _free(x, now, low)
    largest = scaled_gradient(now.gradient[free], curvature[np.ix_(free, free)])
    converged = largest <= GRADIENT_LIMIT and not message.startswith(str(MOST_ROUNDS))
    return Search(
        x, now, curvature, rounds, largest, converged, message, np.flatnonzero(x <= low + _NEAR)
    )


def _free(x: Floats, now: Evaluation, low: Floats) -> Integers:
    """Coordinates that are not held by their bound."""
    return np.flatnonzero(~((x <= low) & (now.gradient >= 0)))


def _free_step(x: Floats, now: Evaluation, curvature: Floats, low: Floats) -> Floats:
    free = _free(x, now, low)
    step = np.zeros(len(x))
    step[free] = -_solve(curvature[np.ix_(free, free)], now.gradient[free])
    return step


def scaled_gradient(gradient: Floats, curvature: Floats) -> float:
    """The largest derivative, each in units of the coordinate's standard error where that is below 1."""
    spread = 1 / np.sqrt(np.maximum(np.diag(curvature), 1.0))
    return float(np.abs(gradient * spread).max(initial=0.0))


def first_curvature(now: Evaluation, spreads: Integers) -> Floats:
    """Second derivatives of the objective as the subjects' gradients tell them: half the sum of their outer products.

    That is Fisher's information where the model is right (Berndt, Hall, Hall and Hausman 1974). The objective is minus twice a log
    likelihood, of which the outer products of scores are a quarter of those of its gradients. A standard deviation that is near 0
    has almost no gradient, and would be moved far: it counts as known from a few subjects at least.
    """
    g = now.gradients
    found = 0.5 * g.T @ g
    floor = np.full(len(found), 1e-8)
    floor[spreads] = _LEAST_KNOWN * len(g)
    own = np.diag(found)
    return found + np.diag(np.maximum(floor - own, 0.0) + 1e-3 * np.maximum(own, floor))


def lifted(objective: Objective, at: Search, spreads: Integers) -> Floats | None:
    """Coordinates from which to search again where a standard deviation has run to 0, though a larger one is better.

    Next to 0 the objective hardly changes with the logarithm of a standard deviation, so that a search can end there by mistake.
    """
    gone = [k for k in spreads if at.x[k] < _GONE]
    best: Floats | None = None
    total = at.evaluation.total
    for k in gone:
        x = at.x.copy()
        x[k] = _BACK
        try:
            after = objective(x, np.zeros_like(at.evaluation.modes))
        except (UnsolvedError, np.linalg.LinAlgError):
            continue
        if after.total < total:
            best, total = x, after.total
    return best


def _solve(curvature: Floats, gradient: Floats) -> Floats:
    try:
        return np.asarray(cho_solve(cho_factor(curvature), gradient))
    except LinAlgError:
        return gradient / np.maximum(np.diag(curvature), 1e-8)


def _line(
    objective: Objective, x: Floats, now: Evaluation, step: Floats, low: Floats
) -> tuple[Floats, Evaluation] | None:
    """Where along a step the objective decreases enough; None where it does nowhere."""
    share = 1.0
    for _ in range(40):
        reached = np.maximum(x + share * step, low)
        slope = float(now.gradient @ (reached - x))
        try:
            after = objective(reached, now.modes_after(reached - x))
        except (UnsolvedError, np.linalg.LinAlgError):
            share *= 0.25
            continue
        rise = after.total - now.total
        if rise <= _ARMIJO * slope + _NOISE * abs(now.total) * 1e-3:
            return reached, after
        if abs(slope) < _NOISE * max(abs(now.total), 1.0) * 1e-3:
            return None
        share *= min(max(-0.5 * slope / (rise - slope), 0.1), 0.5)
    return None


def _updated(curvature: Floats, step: Floats, change: Floats) -> Floats:
    """The update of Broyden, Fletcher, Goldfarb and Shanno, damped so that the curvature stays positive (Powell 1978)."""
    turned = curvature @ step
    along, seen = float(step @ turned), float(step @ change)
    if not along > 0:
        return curvature
    if seen < 0.2 * along:
        share = 0.8 * along / (along - seen)
        change = share * change + (1 - share) * turned
        seen = float(step @ change)
    if not seen > 0:
        return curvature
    found: Floats = curvature - np.outer(turned, turned) / along + np.outer(change, change) / seen
    return found
