"""Data simulated from a fit at the design of its own data: visual predictive checks and prediction discrepancies.

Measurements only: categories, counts and events are not simulated, and censored observations have no discrepancy.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.likelihood.kinds import POWER, SEEN
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.residuals import residual_variance
from speciosa.population.streams import normals

if TYPE_CHECKING:
    import polars as pl

_QUANTILES = (0.05, 0.5, 0.95)


def simulated_values(joint: Joint, x: Floats, replicates: int, seed: int) -> Floats:
    """Measurements of new subjects with the covariates, doses and times of the data, ``(replicates, observations)``.

    On the scale of the residual model; NaN of what is no measurement. Random numbers are keyed by seed, replicate and subject or
    observation.

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
    return found


def predictive_check(
    joint: Joint, simulated: Floats, typical: Floats, *, bins: int = 8, corrected: bool = False
) -> "pl.DataFrame":
    """Percentiles of the observations in bins of time, and what the simulated data sets have.

    Args:
        joint: the model with its data.
        simulated: by `simulated_values`.
        typical: predictions without random effects.
        bins: of time, with about as many observations each.
        corrected: whether values are divided by their typical prediction and multiplied by the bin's median of it (Bergstrand et
            al. 2011, doi:10.1208/s12248-011-9255-z).

    Returns:
        One row a bin and percentile: endpoint, time (median), percentile, observed, and median, 5% and 95% of the simulated ones.
    """
    import polars as pl

    prepared = joint.design.prepared
    observed = prepared.likelihood.observed
    measured = (observed.kind <= POWER) & (observed.known == SEEN)
    rows = []
    for k, error in enumerate(joint.design.question.errors):
        mine = np.flatnonzero(measured & (prepared.endpoint == k))
        if not len(mine):
            continue
        times = prepared.times[mine]
        edges = np.unique(np.quantile(times, np.linspace(0, 1, bins + 1)))
        place = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, max(len(edges) - 2, 0))
        for b in np.unique(place):
            own = mine[place == b]
            scale = np.ones(len(own))
            if corrected:
                scale = np.median(typical[own]) / typical[own]
            seen = np.quantile(observed.value[own] * scale, _QUANTILES)
            among = np.quantile(simulated[:, own] * scale, _QUANTILES, axis=1)
            for q, share in enumerate(_QUANTILES):
                low, middle, high = np.quantile(among[q], (0.05, 0.5, 0.95))
                rows.append(
                    {
                        "endpoint": error.name,
                        "time": float(np.median(prepared.times[own])),
                        "percentile": int(100 * share),
                        "observed": float(seen[q]),
                        "simulated": float(middle),
                        "low": float(low),
                        "high": float(high),
                    }
                )
    return pl.DataFrame(rows)


def discrepancies(joint: Joint, simulated: Floats) -> Floats:
    """Normalised prediction distribution errors of every measurement; NaN elsewhere.

    Observations of a subject and their simulated ones are decorrelated by mean and covariance of the latter; the share of simulated
    ones below an observation, as a normal quantile, is standard normal where the model is right (Brendel et al. 2006,
    doi:10.1007/s11095-006-9067-5).
    """
    likelihood, count = joint.design.prepared.likelihood, len(simulated)
    observed = likelihood.observed
    measured = (observed.kind <= POWER) & (observed.known == SEEN)
    found = np.full(simulated.shape[1], np.nan)
    for s in range(joint.subjects):
        rows = np.flatnonzero((likelihood.subject == s) & measured)
        if not len(rows):
            continue
        among = simulated[:, rows]
        mean, covariance = among.mean(axis=0), np.atleast_2d(np.cov(among, rowvar=False))
        roots = np.linalg.eigvalsh(covariance)
        if not roots[0] > 1e-12 * roots[-1]:
            continue
        inverse = np.linalg.inv(np.linalg.cholesky(covariance))
        own = inverse @ (observed.value[rows] - mean)
        below = ((among - mean) @ inverse.T < own).mean(axis=0)
        found[rows] = ndtri(np.clip(below, 0.5 / count, 1 - 0.5 / count))
    return found
