r"""Standard errors that stay right where effects of one cluster depend on each other in a way that nobody knows.

The sandwich of a weighted fit with residuals summed by cluster,
:math:`V = \frac{m}{m-p} B \left(\sum_c X_c' W_c e_c e_c' W_c X_c\right) B`, and t intervals with m - p degrees of freedom, m
clusters and p coefficients (Hedges, Tipton and Johnson 2010, doi:10.1002/jrsm.5; the small-sample factor is that of
metafor's ``robust``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.pairwise.fit import Fit


@dataclass(frozen=True, eq=False, slots=True)
class Robust:
    """Coefficients with cluster-robust standard errors, each of shape ``(p,)``.

    Attributes:
        clusters: how many.
        df: degrees of freedom of the intervals, clusters less coefficients.
        estimate, se, statistic, p, ci_low, ci_high: by coefficient, the intercept first.
    """

    clusters: int
    df: int
    estimate: Floats
    se: Floats
    statistic: Floats
    p: Floats
    ci_low: Floats
    ci_high: Floats


def robust(
    fitted: Fit, values: Floats, variances: Floats, design: Floats, cluster: Sequence[str]
) -> Robust:
    """Cluster-robust errors of a fit.

    Args:
        fitted: the model; its weights 1/(v + tau2) are kept.
        values: effects, shape ``(k,)``.
        variances: their variances.
        design: shape ``(k, p)``.
        cluster: of each effect.

    Raises:
        EvidenceError: no more clusters than coefficients.

    Example:
        >>> from speciosa.evidence.pairwise.fit import fit
        >>> y, v, X = np.array([0.1, 0.3, 0.2]), np.full(3, 0.04), np.ones((3, 1))
        >>> found = robust(fit(y, v, X, method="EE"), y, v, X, ["a", "b", "c"])
        >>> found.df, float(found.se[0].round(4))
        (2, 0.0577)
    """
    names = list(dict.fromkeys(cluster))
    count, p = len(names), design.shape[1]
    if count <= p:
        raise EvidenceError(Fault("--cluster", f"more than {p} clusters", str(count)))
    w = 1 / (variances + fitted.tau2)
    bread = np.linalg.inv(design.T @ (w[:, None] * design))
    scores = (w * (values - design @ fitted.beta))[:, None] * design
    place = np.array([names.index(name) for name in cluster])
    summed = np.zeros((count, p))
    np.add.at(summed, place, scores)
    covariance = count / (count - p) * bread @ summed.T @ summed @ bread
    se, df = np.sqrt(np.diag(covariance)), count - p
    statistic = fitted.beta / se
    half = float(stdtrit(df, 0.5 + fitted.level / 2)) * se
    return Robust(
        count,
        df,
        fitted.beta,
        np.asarray(se),
        np.asarray(statistic),
        np.asarray(2 * stdtr(df, -np.abs(statistic))),
        fitted.beta - half,
        fitted.beta + half,
    )
