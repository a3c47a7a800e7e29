"""The search from each start, by the method that the fit file names."""

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.evaluation import UnsolvedError
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.saem.run import stochastic_approximation
from speciosa.estimation.search import (
    Objective,
    Search,
    first_curvature,
    lifted,
    lowest,
    minimise,
    scaled_gradient,
)
from speciosa.population.streams import normals
from speciosa.progress import Progress

_SCATTER = 0.5
"""Standard deviation of further starts about the first, in coordinates (logarithms)."""


def searched(
    joint: Joint, objective: Objective, progress: Progress
) -> tuple[tuple[float, ...], Search]:
    """The objective at the end of each start, and the best of all.

    Raises:
        UnsolvedError: no start has a finite objective.
    """
    how, design = joint.design.question.estimation, joint.design
    first = design.start()
    if not how.maximise:
        at = objective(first, np.zeros((joint.subjects, design.effects)))
        curvature = first_curvature(at, design.spreads)
        largest = scaled_gradient(at.gradient, curvature) if len(first) else 0.0
        return (at.total,), Search(first, at, curvature, 0, largest, True, "evaluated")
    best: Search | None = None
    ends = []
    for k in range(how.starts):
        x = first
        if k:
            moves = normals(how.seed, f"start {k}", range(len(first)))[0]
            x = first + _SCATTER * moves
        try:
            one = _minimised(joint, objective, x, progress)
        except UnsolvedError:
            if not k and how.starts == 1:
                raise
            ends.append(np.nan)
            continue
        ends.append(one.evaluation.total)
        if best is None or (one.converged, -one.evaluation.total) > (
            best.converged, -best.evaluation.total,
        ):  # fmt: skip
            best = one
    if best is None:
        raise UnsolvedError("No start has a finite objective.")
    return tuple(ends), best


def _minimised(joint: Joint, objective: Objective, x: Floats, progress: Progress) -> Search:
    """One search, taken up again where it has lost a variance that is there; SAEM goes before where it is asked for."""
    how, spreads = joint.design.question.estimation, joint.design.spreads
    low = lowest(joint.design.start(), joint.design.deviations)
    effects = np.zeros((joint.subjects, joint.design.effects))
    if how.method == "SAEM":
        whole = sum(how.iterations)
        x, effects = stochastic_approximation(
            joint, x, how.iterations, how.seed, lambda done: progress("iterations", done, whole)
        )
    for _ in range(1 + len(spreads)):
        found = minimise(
            objective, x, effects, spreads, low, lambda rounds, value: progress("rounds", rounds, 0)
        )
        again = lifted(objective, found, spreads)
        if again is None:
            break
        x = again
    return found
