"""The objective by each method."""

import math
from dataclasses import replace

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.approximations import apart, assemble, together
from speciosa.estimation.objective.at_modes import evaluated
from speciosa.estimation.objective.evaluation import Evaluation
from speciosa.estimation.objective.joint import Joint, unsolved
from speciosa.estimation.objective.quadrature import by_nodes, grid, sampled


def evaluate(joint: Joint, method: str, x: Floats, start: Floats) -> Evaluation:
    """The objective and its gradient at coordinates `x`; modes are searched from `start`.

    Raises:
        UnsolvedError: a subject without a finite objective or gradient.
        LinAlgError: a covariance that is not positive definite.
    """
    found = _evaluated(joint, method, x, start)
    bad = np.flatnonzero(~np.isfinite(found.gradients).all(axis=1))
    if len(bad):
        raise unsolved(joint, bad, found.modes, "No finite gradient")
    return found


def _evaluated(joint: Joint, method: str, x: Floats, start: Floats) -> Evaluation:
    at = joint.design.individuals(x)
    if method in ("AGQ", "IMP", "SAEM"):
        how, effects = joint.design.question.estimation, joint.design.effects
        pieces, chain, modes = together(joint, at, start, exact=True)
        if method != "AGQ":
            nodes = sampled(how.seed, how.samples, joint.subjects, effects)
            return by_nodes(joint, at, pieces, chain, modes, nodes)
        found = by_nodes(joint, at, pieces, chain, modes, grid(how.nodes, effects))
        return replace(found, error=math.nan, effective=np.zeros(0))
    if method not in ("FO", "FOCE"):
        return evaluated(joint, at, start, exact=method in ("LAPLACE", "NUTS"))
    pieces, chain, modes = apart(joint, at, start, linear=method == "FO")
    return assemble(joint, at, pieces, chain, modes)
