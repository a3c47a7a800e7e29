"""Data simulated from a fit at the design of its own data.

Times to events are not simulated: their records do not say when another event would have been looked for.
"""

import numpy as np
from scipy.special import expit, ndtr

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.likelihood.kinds import (
    BINARY,
    NEGATIVE_BINOMIAL,
    ORDERED,
    POISSON,
)
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.residuals import residual_variance
from speciosa.population.streams import normals


def simulated_values(joint: Joint, x: Floats, replicates: int, seed: int) -> Floats:
    """Observations of new subjects with the covariates, doses and times of the data, ``(replicates, observations)``.

    Measurements on the scale of the residual model, as if none were censored; categories and counts; NaN of times to events. Random
    numbers are keyed by seed, replicate and subject or observation.

    Args:
        joint: the model with its data.
        x: coordinates of the estimates.
        replicates: how many data sets.
        seed: of the random numbers.
    """
    at = joint.design.individuals(x)
    effects, subjects = joint.design.effects, range(joint.subjects)
    turns, none = range(replicates), np.zeros(0, dtype=np.int64)
    factor = np.linalg.cholesky(at.spread.matrix) if effects else np.zeros((0, 0))
    z = [normals(seed, f"simulated effect {e}", subjects, turns) for e in range(effects)]
    count = len(joint.design.prepared.lines)
    noise = normals(seed, "simulated residual", range(count), turns)
    found = np.zeros((replicates, count))
    for k in turns:
        own = np.array([column[k] for column in z]).reshape(effects, len(subjects)).T @ factor.T
        value = joint.predict(at, own, none, 0).value
        found[k] = value + np.sqrt(residual_variance(joint, at, value)) * noise[k]
        _discrete(joint, at.residual, value, noise[k], found[k])
    return found


def _discrete(joint: Joint, residual: Floats, value: Floats, noise: Floats, found: Floats) -> None:
    """Fills in categories and counts: the quantiles of their distributions at the shares that the noise has."""
    from scipy.stats import nbinom, poisson

    observed = joint.design.prepared.likelihood.observed
    share = ndtr(noise)
    with np.errstate(all="ignore"):
        for kind in np.unique(observed.kind):
            rows = np.flatnonzero(observed.kind == kind)
            f, u = value[rows], share[rows]
            if kind == BINARY:
                found[rows] = u < expit(f)
            elif kind == POISSON:
                found[rows] = poisson.ppf(u, f)
            elif kind == NEGATIVE_BINOMIAL:
                d = np.exp(residual[observed.first[rows]])
                found[rows] = nbinom.ppf(u, 1 / d, 1 / (1 + d * f))
            elif kind == ORDERED:
                found[rows] = 1.0
                threshold = np.zeros(len(rows))
                for k in range(int(observed.residuals[rows].max())):
                    there = k < observed.residuals[rows]
                    own = residual[np.where(there, observed.first[rows] + k, 0)]
                    threshold = own if k == 0 else threshold + np.exp(own)
                    found[rows] += there & (u >= expit(threshold - f))
