"""Shares of responders by Newcombe's interval, times to an event by the log-rank test and Cox's model.

Sources: Newcombe RG. Stat Med 1998;17:873,
doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I (method 10); Mantel N.
Cancer Chemother Rep 1966;50:163; Cox DR. J R Stat Soc B 1972;34:187, doi:10.1111/j.2517-6161.1972.tb00899.x.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.result import Found

Array = NDArray[np.float64]
_STEPS = 25


def responders(data: Compared, change: float) -> NDArray[np.bool_]:
    """Whose value at the visit has changed by a share of the baseline or more; who is not seen is none."""
    value, start = data.y[-1], data.baseline
    level = start * (1 + change)
    met = value <= level if change < 0 else value >= level
    found: NDArray[np.bool_] = met & data.seen[-1] & (start != 0)
    return found


def proportion(data: Compared, change: float, better: int, alpha: float) -> Found:
    """The difference of two shares: test that pools them under no difference, interval by Newcombe.

    Args:
        data: of two arms.
        change: relative change from baseline that makes a responder.
        better: whether more responders are better (they are where the change is the wanted one).
        alpha: one-sided.
    """
    met = responders(data, change)
    shares, counts, lows, highs = [], [], [], []
    for group in (data.treated, ~data.treated):
        count = data.kept[:, group].sum(1).astype(np.float64)
        hits = (met & data.kept)[:, group].sum(1).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = hits / count
        low, high = _wilson(share, count, alpha)
        shares.append(share)
        counts.append(count)
        lows.append(low)
        highs.append(high)
    (p1, p2), (n1, n2) = shares, counts
    estimate = p1 - p2
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
        se = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        z = np.where(se > 0, better * estimate / se, 0.0)
    below = estimate - np.sqrt((p1 - lows[0]) ** 2 + (highs[1] - p2) ** 2)
    above = estimate + np.sqrt((highs[0] - p1) ** 2 + (p2 - lows[1]) ** 2)
    return Found(estimate, below, above, z)


def _wilson(share: Array, count: Array, alpha: float) -> tuple[Array, Array]:
    """Wilson's interval of one share."""
    z = -float(ndtri(alpha))
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (share + z * z / (2 * count)) / (1 + z * z / count)
        reach = (
            z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
        )
    return middle - reach, middle + reach


def _risk_sets(data: Compared) -> tuple[Array, Array, Array, Array]:
    """In order of time: events, whether of the treated, and how many of each arm are still at risk."""
    time = np.where(data.kept, data.time, -1.0)
    # at one time events come before who is censored
    order = np.lexsort((~data.event, time), axis=1)
    event = np.take_along_axis(data.event & data.kept, order, 1).astype(np.float64)
    kept = np.take_along_axis(data.kept, order, 1)
    treated = np.take_along_axis(np.broadcast_to(data.treated, kept.shape), order, 1)
    one = (treated & kept).astype(np.float64)
    two = (~treated & kept).astype(np.float64)
    at_risk = [np.cumsum(group[:, ::-1], axis=1)[:, ::-1] for group in (one, two)]
    return event, one, at_risk[0], at_risk[1]


def log_rank(data: Compared, better: int, alpha: float) -> Found:
    """The log-rank test; the estimate is Cox's log hazard ratio.

    Args:
        data: of two arms.
        better: 1 where an event is wanted, -1 where it is not.
        alpha: one-sided.
    """
    event, one, n1, n2 = _risk_sets(data)
    total = np.maximum(n1 + n2, 1)
    expected = event * n1 / total
    variance = (event * n1 * n2 / total**2).sum(1)
    gap = (event * one).sum(1) - expected.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, better * gap / np.sqrt(variance), 0.0)
    fitted = cox(data, better, alpha)
    return Found(fitted.estimate, fitted.low, fitted.high, z)


def cox(data: Compared, better: int, alpha: float) -> Found:
    """The log hazard ratio of the arm by Cox's partial likelihood, with Wald's test and interval."""
    event, one, n1, n2 = _risk_sets(data)
    beta = np.zeros(len(event))
    information = np.ones(len(event))
    hits = (event * one).sum(1)
    total = event.sum(1)
    sound = (hits > 0) & (hits < total)
    for _ in range(_STEPS):
        weight = n1 * np.exp(beta)[:, None]
        share = weight / np.maximum(weight + n2, 1e-12)
        information = np.maximum((event * share * (1 - share)).sum(1), 1e-12)
        step = np.where(sound, (hits - (event * share).sum(1)) / information, 0.0)
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max(initial=0.0) < 1e-10:
            break
    se = np.where(sound, 1 / np.sqrt(information), np.nan)
    reach = -float(ndtri(alpha)) * se
    estimate = np.where(sound, beta, np.nan)
    return Found(estimate, estimate - reach, estimate + reach, better * estimate / se)
