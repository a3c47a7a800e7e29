"""Profile likelihood: how far a number can be moved, with all others fitted anew, until the objective rises by 3.84."""

from dataclasses import replace

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.evaluation import Evaluation, UnsolvedError
from speciosa.estimation.search import Objective, Search, minimise

RISE = 3.841458820694124
"""The 95% quantile of chi-square with one degree of freedom."""
_NEAR = 0.01
_MOST = 15
_FAR = 20.0
"""Coordinates from the estimate beyond which an end counts as infinite: logarithms, or covariates' coefficients."""


def profiled(
    objective: Objective, best: Search, k: int, width: float, spreads: Integers, low: Floats
) -> tuple[float, float]:
    """The ends of the 95% interval of one coordinate; infinite where the objective does not rise enough.

    The square root of the rise is nearly straight, so that a few secants find each end.

    Args:
        objective: of the method.
        best: its minimum.
        k: which coordinate.
        width: distance to begin with, about two standard errors.
        spreads: see `speciosa.estimation.search.minimise`.
        low: see there.
    """
    return (
        best.x[k] - _end(objective, best, k, -width, spreads, low),
        best.x[k] + _end(objective, best, k, width, spreads, low),
    )


def _end(
    objective: Objective, best: Search, k: int, width: float, spreads: Integers, low: Floats
) -> float:
    """The distance to one end."""
    sign, distance = np.sign(width), abs(width)
    inside, outside = 0.0, np.inf
    rest, modes = np.delete(best.x, k), best.evaluation.modes
    for _ in range(_MOST):
        found = _fitted(objective, best, k, sign * distance, rest, modes, spreads, low)
        rise = np.inf if found is None else found.evaluation.total - best.evaluation.total
        if abs(rise - RISE) < _NEAR:
            return float(distance)
        if rise < RISE:
            inside = distance
            assert found is not None
            rest, modes = found.x, found.evaluation.modes
        else:
            outside = distance
        if inside > _FAR:
            return np.inf
        if not np.isfinite(rise):
            distance = 0.5 * (inside + distance)
            continue
        wanted = distance * np.sqrt(RISE / max(rise, 0.05 * RISE))
        if not inside < wanted < outside:
            wanted = 0.5 * (inside + outside)
        distance = float(wanted)
    return float(distance) if outside < np.inf else np.inf


def _fitted(
    objective: Objective,
    best: Search,
    k: int,
    moved: float,
    rest: Floats,
    modes: Floats,
    spreads: Integers,
    low: Floats,
) -> Search | None:
    """All other coordinates fitted with one held; None where there is no finite objective."""

    def held(x: Floats, effects: Floats) -> Evaluation:
        at = objective(np.insert(x, k, best.x[k] + moved), effects)
        turned = None if at.moved is None else np.delete(at.moved, k, axis=2)
        return replace(at, gradients=np.delete(at.gradients, k, axis=1), moved=turned)

    others = np.array([s - (s > k) for s in spreads if s != k], dtype=np.int64)
    try:
        return minimise(held, rest, modes, others, np.delete(low, k))
    except (UnsolvedError, np.linalg.LinAlgError):
        return None
