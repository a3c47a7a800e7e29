"""Small-study effects: Egger's regression, Begg's rank correlation, trim and fill.

An asymmetric funnel may come from missing studies, from true differences of small studies or from chance; with fewer
than ten studies none of these tests can tell, and the results say so.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.pairwise.fit import Fit, fit


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """A test of funnel asymmetry: its statistic, p-value and, for Egger, the effect at se = 0."""

    name: str
    statistic: float
    p: float
    limit: float | None
    few: bool


@dataclass(frozen=True, eq=False, slots=True)
class TrimAndFill:
    """The pooled effect with mirror images of the studies that stick out.

    Attributes:
        missing: how many studies seem to be missing.
        side: on which side of the funnel, ``left`` or ``right``.
        values, variances: the effects that were filled in.
        fit: the model with them.
    """

    missing: int
    side: str
    values: Floats
    variances: Floats
    fit: Fit

    @property
    def estimate(self) -> float:
        """The pooled effect with the filled studies."""
        return float(self.fit.beta[0])


def egger(
    values: Floats,
    variances: Floats,
    *,
    model: str = "mixed",
    method: str = "REML",
    test: str = "z",
) -> Asymmetry:
    """Regression of the effect on its standard error; the slope tests asymmetry.

    Args:
        values: effects of at least 3 studies.
        variances: their sampling variances.
        model: ``mixed``, a meta-regression with its own tau-squared, or ``linear``, the classical
            weighted regression with a residual variance and t (Egger 1997,
            doi:10.1136/bmj.315.7109.629; Sterne and Egger 2005).
        method: estimator of tau-squared in the meta-regression.
        test: of the meta-regression.

    Raises:
        EvidenceError: fewer than 3 studies or all of one precision.
    """
    k, se = len(values), np.sqrt(variances)
    if k < 3 or np.ptp(se) == 0:
        found = f"{k} studies" if k < 3 else "equal standard errors"
        raise EvidenceError(Fault("Egger's test", "3 studies of different precision", found))
    if model not in ("mixed", "linear"):
        raise EvidenceError(Fault("model", "mixed or linear", model))
    X = np.column_stack([np.ones(k), se])
    if model == "mixed":
        one = fit(values, variances, X, method=method, test=test)
        return Asymmetry(
            "Egger (mixed)",
            float(one.statistic[1]),
            float(one.p_values[1]),
            float(one.beta[0]),
            k < 10,
        )
    w = 1 / variances
    bread = np.linalg.inv(X.T @ (w[:, None] * X))
    beta = bread @ (X.T @ (w * values))
    residual = float((w * (values - X @ beta) ** 2).sum()) / (k - 2)
    statistic = float(beta[1] / np.sqrt(residual * bread[1, 1]))
    p = float(2 * stdtr(k - 2, -abs(statistic)))
    return Asymmetry("Egger (linear)", statistic, p, float(beta[0]), k < 10)


def begg(values: Floats, variances: Floats) -> Asymmetry:
    """Kendall's tau of the standardised effects with their variances.

    Exact p-value without ties (Begg and Mazumdar 1994, doi:10.2307/2533446).
    """
    from scipy.stats import kendalltau  # a second to load

    if len(values) < 3:
        raise EvidenceError(Fault("Begg's test", "at least 3 studies", str(len(values))))
    w = 1 / variances
    pooled = float((w * values).sum() / w.sum())
    spread = np.maximum(variances - 1 / w.sum(), 0)
    with np.errstate(all="ignore"):
        standard = (values - pooled) / np.sqrt(spread)
    found = kendalltau(standard, variances)
    return Asymmetry("Begg", float(found.statistic), float(found.pvalue), None, len(values) < 10)


def trim_and_fill(
    values: Floats,
    variances: Floats,
    *,
    method: str = "REML",
    test: str = "z",
    estimator: str = "L0",
    side: str | None = None,
) -> TrimAndFill:
    """Duval and Tweedie's trim and fill.

    Effects on the crowded side are trimmed until the rank statistic of the rest is symmetric, then
    put back with their mirror images (Duval and Tweedie 2000, doi:10.1111/j.0006-341X.2000.00455.x).

    Args:
        values: effects of the studies.
        variances: their sampling variances.
        method: estimator of tau-squared of the pooled effect.
        test: of the pooled effect.
        estimator: ``L0`` (linear), ``R0`` (runs) or ``Q0`` (quadratic) estimate of the number
            missing.
        side: where studies are missing, ``left`` or ``right``; None lets the slope of Egger's
            regression decide (left where all studies have one precision).
    """
    if estimator not in ("L0", "R0", "Q0"):
        raise EvidenceError(Fault("estimator", "L0, R0 or Q0", estimator))
    if side is None:
        X = np.column_stack([np.ones(len(values)), np.sqrt(variances)])
        sloped = len(values) > 2 and np.linalg.matrix_rank(X) == 2
        slope = fit(values, variances, X, method=method).beta[1] if sloped else 0.0
        side = "right" if slope < 0 else "left"
    if side not in ("left", "right"):
        raise EvidenceError(Fault("side", "left or right", side))
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * values, kind="stable")
    y, v = sign * values[order], variances[order]
    k, missing, centre = len(y), 0, 0.0
    for _ in range(100):
        kept = slice(0, k - missing)
        centre = float(fit(y[kept], v[kept], method=method).beta[0])
        count = min(_missing(y - centre, estimator), k - 1)
        if count == missing:
            break
        missing = count
    filled = sign * (2 * centre - y[k - missing :])
    extra = v[k - missing :]
    refitted = fit(
        np.concatenate([values, filled]),
        np.concatenate([variances, extra]),
        method=method,
        test=test,
    )
    return TrimAndFill(missing, side, filled, extra, refitted)


def _missing(centred: Floats, estimator: str) -> int:
    """Number of studies missing on the left, from the signed ranks of the centred effects."""
    k = len(centred)
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1, k + 1)
    ranks *= np.sign(centred)
    if estimator == "R0":
        count = k - float((-ranks[ranks < 0]).max(initial=0)) - 1
    else:
        positive = float(ranks[ranks > 0].sum())
        if estimator == "L0":
            count = (4 * positive - k * (k + 1)) / (2 * k - 1)
        else:
            root = 2 * k**2 - 4 * positive + 0.25
            count = k - 0.5 - np.sqrt(max(root, 0.0))
    return max(0, int(np.round(count)))
