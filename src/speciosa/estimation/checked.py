"""What is observed against what is simulated from a fit: visual predictive checks and prediction discrepancies."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.likelihood.kinds import (
    ABOVE,
    BELOW,
    EVENTS,
    POWER,
    SEEN,
)
from speciosa.estimation.objective.joint import Joint
from speciosa.population.streams import uniforms

if TYPE_CHECKING:
    import polars as pl

_QUANTILES = (0.05, 0.5, 0.95)


def predictive_check(
    joint: Joint, simulated: Floats, typical: Floats, *, bins: int = 8, corrected: bool = False
) -> "pl.DataFrame":
    """Percentiles of the observations in bins of time, and what the simulated data sets have.

    Censored observations and simulated values below the limit of an endpoint count as lowest; percentiles below it are null, and
    the share below it has a row of its own. Of categories there are only shares; of counts there are the mean and the share of 0
    too.

    Args:
        joint: the model with its data.
        simulated: by `simulated_values`.
        typical: predictions without random effects.
        bins: of time, with about as many observations each.
        corrected: whether measurements are divided by their typical prediction and multiplied by the bin's median of it (Bergstrand
            et al. 2011, doi:10.1208/s12248-011-9255-z).

    Returns:
        One row a bin and statistic: endpoint, time (median), statistic (``percentile``, ``below limit``, ``share of 2``, ``mean``),
        percentile, observed, and median, 5% and 95% of the simulated ones.
    """
    import polars as pl

    prepared = joint.design.prepared
    observed = prepared.likelihood.observed
    rows: list[dict[str, object]] = []
    checked = (observed.kind != EVENTS) & np.isin(observed.known, (SEEN, BELOW))
    for k, error in enumerate(joint.design.question.errors):
        mine = np.flatnonzero(checked & (prepared.endpoint == k))
        if not len(mine):
            continue
        limit = _limit(
            observed.value[mine],
            observed.known[mine],
            error.lloq,
            bool(error.kind == "log-additive" and not error.logged),
        )
        for own in _bins(prepared.times, mine, bins):
            head = {"endpoint": error.name, "time": float(np.median(prepared.times[own]))}
            seen, among = observed.value[own], simulated[:, own]
            if error.kind in ("binary", "ordered"):
                first = int(error.kind == "ordered")
                categories = range(first, len(error.starts) + 2)
                found = [_share_of(category, seen, among) for category in categories]
            else:
                scale = np.median(typical[own]) / typical[own] if corrected else np.ones(len(own))
                low = (observed.known[own] == BELOW) | (seen < limit)
                among = np.where(among < limit, -np.inf, among * scale)
                found = _of_values(np.where(low, -np.inf, seen * scale), among, limit > -np.inf)
                if error.kind in ("poisson", "negative-binomial"):
                    found += [_share_of(0, seen, simulated[:, own])]
                    found += [_row("mean", None, (seen * scale).mean(), among.mean(axis=1))]
            rows += [head | one for one in found]
    return pl.DataFrame(rows, infer_schema_length=None)


def _share_of(category: int, seen: Floats, among: Floats) -> dict[str, object]:
    shares = (among == category).mean(axis=1)
    return _row(f"share of {category}", None, float((seen == category).mean()), shares)


def _of_values(seen: Floats, among: Floats, limited: bool) -> list[dict[str, object]]:
    """Percentiles, and the share below the limit where there is one; values below it are minus infinity."""
    quantiles = zip(_QUANTILES, _quantiles(seen), _quantiles(among), strict=True)
    found = [_row("percentile", int(100 * q), one, many) for q, one, many in quantiles]
    if limited:
        below = float((seen == -np.inf).mean()), (among == -np.inf).mean(axis=1)
        found.append(_row("below limit", None, *below))
    return found


def _limit(value: Floats, known: Integers, lloq: float | None, logarithm: bool) -> float:
    """Below what values of an endpoint are censored: the limit that is said, or the highest of those in the data."""
    if lloq is not None:
        return float(np.log(lloq)) if logarithm else lloq
    return float(value[known == BELOW].max()) if (known == BELOW).any() else -np.inf


def _bins(times: Floats, mine: Integers, bins: int) -> list[Integers]:
    """Observations by time, about as many in each bin."""
    own = times[mine]
    edges = np.unique(np.quantile(own, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(edges, own, side="right") - 1, 0, max(len(edges) - 2, 0))
    return [mine[place == b] for b in np.unique(place)]


def _quantiles(values: Floats) -> Floats:
    """Quantiles over the last axis; minus infinity where one lies among values that are."""
    finite = np.isfinite(values)
    found = np.quantile(np.where(finite, values, -1e300), _QUANTILES, axis=-1)
    return np.where(found < -1e200, -np.inf, found)


def _row(
    statistic: str, percentile: int | None, observed: float, simulated: Floats
) -> dict[str, object]:
    found = np.where(np.isfinite(simulated), simulated, -1e300)
    low, middle, high = np.quantile(
        found,
        (0.05, 0.5, 0.95),
        method="closest_observation" if (found < -1e200).any() else "linear",
    )
    return {
        "statistic": statistic,
        "percentile": percentile,
        "observed": _number(observed),
        "simulated": _number(middle),
        "low": _number(low),
        "high": _number(high),
    }


def _number(value: float) -> float | None:
    return float(value) if value > -1e200 else None


def discrepancies(joint: Joint, simulated: Floats, seed: int) -> Floats:
    """Normalised prediction distribution errors of every measurement; NaN elsewhere.

    Observations of a subject and their simulated ones are decorrelated by mean and covariance of the latter; the share of simulated
    ones below an observation, as a normal quantile, is standard normal where the model is right (Brendel et al. 2006,
    doi:10.1007/s11095-006-9067-5). In the place of a censored observation stands a draw from the simulated ones within its limits
    (Nguyen et al. 2012, doi:10.1007/s10928-012-9264-2).

    Args:
        joint: the model with its data.
        simulated: by `speciosa.estimation.simulated.simulated_values`.
        seed: of what is drawn.
    """
    likelihood, count = joint.design.prepared.likelihood, len(simulated)
    measured = likelihood.observed.kind <= POWER
    value = _drawn(joint, simulated, seed)
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
        own = inverse @ (value[rows] - mean)
        below = ((among - mean) @ inverse.T < own).mean(axis=0)
        found[rows] = ndtri(np.clip(below, 0.5 / count, 1 - 0.5 / count))
    return found


def _drawn(joint: Joint, simulated: Floats, seed: int) -> Floats:
    """Observations, and for censored ones a simulated value within their limits; the nearest limit where none is."""
    observed = joint.design.prepared.likelihood.observed
    found = observed.value.copy()
    u = uniforms(seed, "censored discrepancy", range(len(found)))[0]
    for i in np.flatnonzero((observed.kind <= POWER) & (observed.known != SEEN)):
        ends = sorted((observed.value[i], observed.other[i]))
        if observed.known[i] == BELOW:
            ends = [-np.inf, observed.value[i]]
        elif observed.known[i] == ABOVE:
            ends = [observed.value[i], np.inf]
        within = simulated[(simulated[:, i] > ends[0]) & (simulated[:, i] < ends[1]), i]
        if len(within):
            found[i] = np.quantile(within, u[i])
    return found
