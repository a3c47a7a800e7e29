"""The search from each start, by the method that the fit file names."""

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.evaluation import UnsolvedError
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.reported import reported
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
        try:
            at = objective(first, np.zeros((joint.subjects, design.effects)))
        except UnsolvedError as wrong:
            raise UnsolvedError(f"{wrong}{why_unsolved(joint, first)}") from wrong
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
        except UnsolvedError as wrong:
            if not k and how.starts == 1:
                raise UnsolvedError(f"{wrong}{why_unsolved(joint, x)}") from wrong
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


def why_unsolved(joint: Joint, x: Floats) -> str:
    """What is wrong at the typical parameters of a start, as a sentence with the numbers there."""
    design, prepared = joint.design, joint.design.prepared
    try:
        at = design.individuals(x)
    except (UnsolvedError, np.linalg.LinAlgError):
        return ""
    none = np.zeros(0, dtype=np.int64)
    with np.errstate(all="ignore"):
        predicted = joint.predict(at, np.zeros((joint.subjects, design.effects)), none, 0)
        values = prepared.likelihood.values(predicted.value, at.residual)
    told = reported(design, x)
    start = ", ".join(f"{n} {v:.4g}" for n, v in zip(told.names, told.values, strict=True))
    lost = prepared.ids[predicted.failed]
    if len(lost):
        return f" At {start} the model has no finite prediction for subject {lost[0]:g}."
    bad = np.flatnonzero(~np.isfinite(values))
    if not len(bad):
        return f" It began at {start}."
    i = int(bad[0])
    kind, f = design.question.errors[prepared.endpoint[i]].kind, predicted.value[i]
    way = ""
    if kind in ("proportional", "power") and f == 0:
        way = f" A {kind} error has no variance there: leave the record out, or give it an additive part."
    return (
        f" At {start} the prediction of line {prepared.lines[i]} is {f:.4g}, with which the observation has no likelihood"
        f" (kind {kind!r}).{way}"
    )


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
