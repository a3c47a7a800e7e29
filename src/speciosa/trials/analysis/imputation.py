r"""Reference-based multiple imputation, many trials at once, where people who leave do not come back.

Each visit is regressed on arm and on what came before, among those seen: a multivariate normal with one covariance and a mean an
arm. For each imputation the parameters are drawn from their posterior under Jeffreys' prior, and each missing value from

.. math:: y_j = m_j + \sum_{k<j} \gamma_{jk} (y_k - m_k) + \epsilon_j

where m is the mean that a person of the arm last seen at visit d would follow: its own arm's (MAR); the reference's after d (J2R,
jump to reference); the reference's all along (CR, copy reference); its own at d and the reference's increments from there (CIR).
People of the reference follow their own. The values are compared by analysis of covariance and joined by Rubin's rules with Barnard
and Rubin's degrees of freedom.

Sources: Carpenter JR, Roger JH, Kenward MG. J Biopharm Stat 2013;23:1352, doi:10.1080/10543406.2013.834911; Barnard J, Rubin DB.
Biometrika 1999;86:948, doi:10.1093/biomet/86.4.948.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.means import ancova_parts
from speciosa.trials.analysis.result import Found, by_t

Array = NDArray[np.float64]
_USE = 4096
"""First use of random numbers here: beyond those of the conduct."""


@dataclass(frozen=True)
class _Fit:
    """The regression of one visit in each trial: estimate, factor of its covariance, residual squares, degrees of freedom."""

    beta: Array
    root: Array
    rest: Array
    df: Array


def imputed(
    data: Compared,
    reference: str,
    imputations: int,
    better: int,
    margin: float,
    alpha: float,
    tip: float = 0.0,
) -> Found:
    """The difference at the last visit.

    Args:
        data: of two arms, with the random numbers of its people.
        reference: ``MAR``, ``J2R``, ``CR`` or ``CIR``.
        imputations: how many.
        better: 1 where more is better, -1 where less is.
        margin: of non-inferiority.
        alpha: one-sided.
        tip: how much worse than imputed those who left the arm are taken to be.
    """
    visits = len(data.y)
    values = np.concatenate((data.baseline[None], data.y))
    seen = np.concatenate((np.ones_like(data.seen[:1]), data.seen)) & data.kept[None]
    fits = [_fit(values, seen, data.treated, visit) for visit in range(1, visits + 1)]
    estimates, variances = [], []
    complete = np.zeros(0)
    for number in range(imputations):
        filled = _filled(values, seen, fits, data, reference, _USE + number * 4 * (visits + 1))
        if tip:
            filled = np.where(data.treated & ~seen[-1], filled - better * tip, filled)
        estimate, variance, complete = ancova_parts(filled, data.baseline, data.kept, data.treated)
        estimates.append(estimate)
        variances.append(variance)
    return _joined(np.stack(estimates), np.stack(variances), complete, better, margin, alpha)


def _fit(values: Array, seen: NDArray[np.bool_], treated: NDArray[np.bool_], visit: int) -> _Fit:
    """A visit regressed on intercept, arm and the visits before."""
    here = seen[visit]
    arm = np.broadcast_to(treated.astype(np.float64), here.shape)
    columns = [np.ones(here.shape), arm, *values[:visit]]
    cut = [np.where(here, column, 0.0) for column in columns]
    size, trials = len(columns), len(here)
    normal, right = np.empty((trials, size, size)), np.empty((trials, size))
    for a in range(size):
        for b in range(a, size):
            normal[:, a, b] = normal[:, b, a] = (cut[a] * columns[b]).sum(1)
        right[:, a] = (cut[a] * values[visit]).sum(1)
    df = here.sum(1).astype(np.float64) - size
    sound = df > 0
    normal[~sound] = np.eye(size)
    ridge = 1e-10 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(size)
    beta = np.linalg.solve(normal + ridge, right[:, :, None])[:, :, 0]
    gap = np.where(here, values[visit], 0.0)
    for a in range(size):
        gap = gap - beta[:, a, None] * cut[a]
    root = np.linalg.inv(np.linalg.cholesky(normal + ridge))
    return _Fit(beta, np.swapaxes(root, 1, 2), (gap * gap).sum(1), np.where(sound, df, np.nan))


def _filled(
    values: Array,
    seen: NDArray[np.bool_],
    fits: list[_Fit],
    data: Compared,
    reference: str,
    use: int,
) -> Array:
    """The last visit with what is missing drawn once."""
    streams = data.streams
    assert streams is not None
    own = [values[0].mean(1)]
    other = [own[0]]
    slopes, spreads = [], []
    for step, fit in enumerate(fits):
        size = fit.beta.shape[1]
        # the first numbers of a use are those of the parameters, which belong to the trial
        chance = streams.uniform(use + 4 * step)[:, 0]
        sigma = np.sqrt(fit.rest / chdtri(np.maximum(np.nan_to_num(fit.df, nan=1.0), 1.0), chance))
        moved = (fit.root @ streams.normal(use + 4 * step + 1)[:, :size, None])[:, :, 0]
        beta = fit.beta + sigma[:, None] * moved
        past = beta[:, 2:]
        for means, arm in ((own, 1.0), (other, 0.0)):
            before = np.stack(means, axis=1)
            means.append(beta[:, 0] + arm * beta[:, 1] + (past * before).sum(1))
        slopes.append(past)
        spreads.append(np.where(np.isnan(fit.df), np.nan, sigma))
    follow = _means(np.stack(own), np.stack(other), seen, data.treated, reference)
    drawn = values.copy()
    for visit in range(1, len(values)):
        missing = ~seen[visit]
        if not missing.any():
            continue
        noise = streams.normal(use + 4 * (visit - 1) + 2) * spreads[visit - 1][:, None]
        value = follow[visit] + noise
        for k in range(visit):
            value = value + slopes[visit - 1][:, k, None] * (drawn[k] - follow[k])
        drawn[visit] = np.where(missing, value, drawn[visit])
    last: Array = drawn[-1]
    return last


def _means(
    own: Array,
    other: Array,
    seen: NDArray[np.bool_],
    treated: NDArray[np.bool_],
    reference: str,
) -> Array:
    """The mean that each person follows, shape ``(visits, trials, people)``."""
    last = seen.sum(0) - 1
    arm = np.where(treated, own[:, :, None], other[:, :, None])
    if reference == "MAR":
        return arm
    base = np.broadcast_to(other[:, :, None], arm.shape)
    if reference == "CR":
        return np.where(treated, base, arm)
    visit = np.arange(len(own))[:, None, None]
    after = treated & (visit > np.maximum(last, 0))
    jump = base
    if reference == "CIR":
        place = np.maximum(last, 0)[None]
        jump = np.take_along_axis(arm, place, 0) + base - np.take_along_axis(base, place, 0)
    return np.where(after, jump, arm)


def _joined(
    estimates: Array, variances: Array, complete: Array, better: int, margin: float, alpha: float
) -> Found:
    """Rubin's rules."""
    many = len(estimates)
    estimate, within = estimates.mean(0), variances.mean(0)
    between = estimates.var(0, ddof=1)
    total = within + (1 + 1 / many) * between
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (1 + 1 / many) * between / total
        old = np.where(share > 0, (many - 1) / share**2, np.inf)
        seen = (complete + 1) / (complete + 3) * complete * (1 - share)
        df = 1 / (1 / old + 1 / seen)
    return by_t(estimate, np.sqrt(total), df, better, margin, alpha)
