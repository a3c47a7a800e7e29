"""Bootstrap by subject: subjects drawn with replacement, which is to count each as often as it was drawn."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.evaluation import Evaluation, UnsolvedError
from speciosa.estimation.search import Objective, Search, minimise
from speciosa.population.streams import uniforms


def resampled(
    objective: Objective,
    best: Search,
    spreads: Integers,
    low: Floats,
    replicates: int,
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[Floats, int]:
    """Coordinates of every replicate that converged, ``(converged, coordinates)``, and how many did not.

    Each search begins at the estimates. Subjects of a replicate are keyed by seed and replicate: the same bytes again.

    Args:
        objective: of all subjects.
        best: the fit.
        spreads: see `speciosa.estimation.search.minimise`.
        low: see there.
        replicates: how many.
        seed: of the draws.
        progress: told of each replicate.
    """
    count = len(best.evaluation.subjects)
    found, failed = [], 0
    for k in range(replicates):
        drawn = np.floor(uniforms(seed, f"bootstrap {k}", range(count))[0] * count).astype(np.int64)
        weights = np.bincount(drawn, minlength=count).astype(float)

        def weighted(x: Floats, effects: Floats, weights: Floats = weights) -> Evaluation:
            at = objective(x, effects)
            subjects = weights * at.subjects
            gradients = weights[:, None] * at.gradients
            return replace(at, total=float(subjects.sum()), subjects=subjects, gradients=gradients)

        try:
            one = minimise(weighted, best.x, best.evaluation.modes, spreads, low)
        except (UnsolvedError, np.linalg.LinAlgError):
            failed += 1
            continue
        if one.converged:
            found.append(one.x)
        else:
            failed += 1
        progress(k + 1)
    return np.array(found).reshape(-1, len(best.x)), failed
