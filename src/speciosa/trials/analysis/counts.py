r"""Shares of responders by logistic regression with standardisation, rates of visits with an event by negative binomial regression.

The difference of shares is that between the whole trial in the arm and the whole trial in the reference, by the fitted regression
on arm and baseline; its error holds even where the regression does not (M-estimation). Rates have variance :math:`\mu +
\kappa\mu^2` with one dispersion for both arms and time under treatment as exposure.

Sources: Ge M, Durham LK, Meyer RD, Xie W, Thomas N. Drug Inf J 2011;45:481, doi:10.1177/009286151104500409; Ye T, Bannick M, Yi
Y, Shao J. Stat Theory Relat Fields 2023;7:159, doi:10.1080/24754269.2023.2205802; Lawless JF. Can J Stat 1987;15:209,
doi:10.2307/3314912.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, ndtri

from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.events import responders
from speciosa.trials.analysis.result import Found

Array = NDArray[np.float64]
_STEPS, _RIDGE = 30, 1e-9
_GOLDEN = (5**0.5 - 1) / 2


def logistic(data: Compared, change: float, better: int, alpha: float) -> Found:
    """The difference of shares of responders, standardised over the baseline of everybody.

    Args:
        data: of two arms.
        change: relative change from baseline that makes a responder; who is not seen is none.
        better: whether more responders are better.
        alpha: one-sided.
    """
    kept = data.kept.astype(np.float64)
    count = np.maximum(kept.sum(1), 1.0)
    y = np.where(data.kept, responders(data, change), 0.0)
    b = np.where(data.kept, data.baseline, 0.0)
    b = np.where(data.kept, b - (b.sum(1) / count)[:, None], 0.0)
    columns = [np.ones_like(b), np.broadcast_to(data.treated.astype(np.float64), b.shape), b]
    trials = len(y)
    beta, information = np.zeros((trials, 3)), np.zeros((trials, 3, 3))
    for _ in range(_STEPS):
        p = expit(sum(beta[:, i, None] * columns[i] for i in range(3)))
        weight = kept * p * (1 - p)
        score = np.stack([(kept * columns[i] * (y - p)).sum(1) for i in range(3)], axis=1)
        information = _crossed(weight, columns)
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        beta = beta + np.clip(step, -3, 3)
        if np.abs(step).max(initial=0.0) < 1e-9:
            break
    rates, slopes = [], []
    for arm in (1.0, 0.0):
        p = expit(beta[:, :1] + arm * beta[:, 1:2] + beta[:, 2:] * b)
        rates.append(p)
        weight = kept * p * (1 - p)
        slopes.append(np.stack([weight.sum(1), arm * weight.sum(1), (weight * b).sum(1)], axis=1) / count[:, None])  # fmt: skip
    gap = rates[0] - rates[1]
    estimate = (kept * gap).sum(1) / count
    p = expit(sum(beta[:, i, None] * columns[i] for i in range(3)))
    lean = np.linalg.solve(information / count[:, None, None], (slopes[0] - slopes[1])[:, :, None])[:, :, 0]  # fmt: skip
    pull = sum(lean[:, i, None] * columns[i] for i in range(3)) * (y - p)
    influence = kept * (gap - estimate[:, None] + pull)
    # both parts of a person together, less three fitted numbers
    se = np.sqrt((influence**2).sum(1) / count / np.maximum(count - 3, 1.0))
    sound = (np.abs(beta) < 25).all(1) & (se > 0)
    se = np.where(sound, se, np.nan)
    reach = -float(ndtri(alpha)) * se
    return Found(estimate, estimate - reach, estimate + reach, better * estimate / se)


def _crossed(weight: Array, columns: list[Array]) -> Array:
    size = len(columns)
    found = np.empty((len(weight), size, size))
    for i in range(size):
        for j in range(i, size):
            found[:, i, j] = found[:, j, i] = (weight * columns[i] * columns[j]).sum(1)
    return found + _RIDGE * np.eye(size)


def negative_binomial(data: Compared, better: int, alpha: float) -> Found:
    """The log ratio of rates of visits with an event, by maximum likelihood.

    Args:
        data: of two arms, with counts.
        better: 1 where events are wanted, -1 where they are not.
        alpha: one-sided.
    """
    assert data.counts is not None
    counts, under = data.counts
    here = data.kept & (under > 0)
    c, t = np.where(here, counts, 0.0), np.where(here, under, 0.0)
    low, high = np.full(len(c), np.log(1e-5)), np.full(len(c), np.log(50.0))
    groups = (data.treated, ~data.treated)
    # golden section on the logarithm of the dispersion, whose profile has one maximum
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    fa, fb = _profile(c, t, groups, np.exp(a)), _profile(c, t, groups, np.exp(b))
    for _ in range(_STEPS):
        left = fa[0] > fb[0]
        low, high = np.where(left, low, a), np.where(left, b, high)
        a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        fa, fb = _profile(c, t, groups, np.exp(a)), _profile(c, t, groups, np.exp(b))
    kappa = np.exp((low + high) / 2)
    _, means, information = _profile(c, t, groups, kappa)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.log(means[0] / means[1])
        se = np.sqrt(1 / information[0] + 1 / information[1])
    sound = (means[0] > 0) & (means[1] > 0)
    estimate, se = np.where(sound, estimate, np.nan), np.where(sound, se, np.nan)
    reach = -float(ndtri(alpha)) * se
    return Found(estimate, estimate - reach, estimate + reach, better * estimate / se)


def _profile(
    c: Array, t: Array, groups: tuple[NDArray[np.bool_], NDArray[np.bool_]], kappa: Array
) -> tuple[Array, list[Array], list[Array]]:
    """The likelihood at a dispersion, at the rates that are best there; rates and the information of their logarithms."""
    k = kappa[:, None]
    total, rates, informations = np.zeros(len(c)), [], []
    for group in groups:
        hits, span = c[:, group], t[:, group]
        rate = hits.sum(1) / np.maximum(span.sum(1), 1e-12)
        for _ in range(12):
            mu = rate[:, None] * span
            weight = 1 / (1 + k * mu)
            slope = (mu * weight).sum(1)
            step = ((hits - mu) * weight).sum(1) / np.maximum(slope, 1e-12)
            rate = rate * np.exp(np.clip(step, -1, 1))
        mu = rate[:, None] * span
        inner = np.where(mu > 0, hits * np.log(np.maximum(k * mu, 1e-300) / (1 + k * mu)), 0.0)
        value = gammaln(hits + 1 / k) - gammaln(1 / k) + inner - np.log1p(k * mu) / k
        total = total + np.where(span > 0, value, 0.0).sum(1)
        rates.append(rate)
        informations.append((mu / (1 + k * mu)).sum(1))
    return total, rates, informations
