"""How the published contrasts of one study depend on each other: they share the group at the lowest dose.

Relative risks: the crude counts that would give the adjusted estimates fix the correlations, the printed standard errors the
variances (Greenland and Longnecker 1992, doi:10.1093/oxfordjournals.aje.a116237; Orsini 2012, doi:10.1093/aje/kwr265).
Means: the arms are independent, and their differences share the first (Crippa and Orsini 2016, doi:10.1186/s12874-016-0189-0).
"""

from typing import Literal

import numpy as np

from speciosa.evidence.effects.measures import Floats

Design = Literal["cc", "ir", "ci"]
_STEPS, _CLOSE = 200, 1e-10


def fitted_cases(design: Design, cases: Floats, n: Floats, log_ratio: Floats) -> Floats:
    """Cases by dose that have the study's total and give its adjusted ratios exactly.

    Args:
        design: case-control (odds ratios), person-time (``ir``) or cumulative incidence (``ci``).
        cases: observed cases by dose, the reference first.
        n: people (cases and controls) or person-time by dose.
        log_ratio: adjusted log ratios against the reference, 0 first.

    Example:
        >>> found = fitted_cases("ir", np.array([10.0, 20.0]), np.array([100.0, 100.0]), np.array([0.0, np.log(2.0)]))
        >>> found.round(6).tolist()
        [10.0, 20.0]
    """
    total = cases.sum()
    if design != "cc":
        shares = n * np.exp(log_ratio)
        return np.asarray(total * shares / shares.sum())
    # Odds by dose are exp(level + log ratio); the level that gives the total is found by Newton's method.
    level = float(np.log(cases.sum() / (n.sum() - cases.sum())) - np.average(log_ratio, weights=n))
    for _ in range(_STEPS):
        risk = 1 / (1 + np.exp(-(level + log_ratio)))
        step = (total - n @ risk) / (n @ (risk * (1 - risk)))
        level += float(np.clip(step, -1, 1))
        if abs(step) < _CLOSE:
            break
    return np.asarray(n / (1 + np.exp(-(level + log_ratio))))


def of_ratios(design: Design, cases: Floats, n: Floats, log_ratio: Floats, se: Floats) -> Floats:
    """Covariance of a study's log ratios at the doses above the reference, shape ``(doses - 1, doses - 1)``.

    Example:
        >>> cases, ratio, se = np.array([10.0, 20.0, 10.0]), np.array([0.0, 0.7, 0.0]), np.array([0.0, 0.4, 0.5])
        >>> both = of_ratios("ir", cases, np.full(3, 100.0), ratio, se)
        >>> both.diagonal().round(6).tolist(), bool(both[0, 1] > 0)
        ([0.16, 0.25], True)
    """
    fitted = fitted_cases(design, cases, n, log_ratio)
    spread = 1 / fitted
    if design == "cc":
        spread = spread + 1 / (n - fitted)
    elif design == "ci":
        spread = spread - 1 / n
    crude = spread[1:] + spread[0]
    correlation = spread[0] / np.sqrt(np.outer(crude, crude))
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation * np.outer(se[1:], se[1:]))


def of_means(mean: Floats, sd: Floats, n: Floats, standardised: bool) -> tuple[Floats, Floats]:
    """Differences of means from the reference and their covariance; standardised by the SD pooled over all arms.

    Example:
        >>> effect, both = of_means(np.array([0.0, 1.0]), np.array([2.0, 2.0]), np.array([50.0, 50.0]), False)
        >>> effect.tolist(), both.tolist()
        ([1.0], [[0.16]])
    """
    if not standardised:
        spread = sd**2 / n
        return mean[1:] - mean[0], np.diag(spread[1:]) + spread[0]
    pooled = np.sqrt(((n - 1) * sd**2).sum() / (n - 1).sum())
    effect = (mean[1:] - mean[0]) / pooled
    return effect, np.diag(1 / n[1:]) + 1 / n[0] + np.outer(effect, effect) / (2 * n.sum())
